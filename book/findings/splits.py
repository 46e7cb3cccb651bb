"""Splits: what the records say of hold-outs, choices, and of pairing by seeds."""

import itertools
from collections.abc import Callable

import numpy as np
from scipy import stats

from book.claims import (
    Judgement,
    Outcome,
    above,
    below,
    confidence,
    gain,
    identity,
    judge,
    level,
)
from book.findings import claim, expect, finding
from book.findings._cut import cut
from book.findings._scores import OVERFITS, gap, late, positive, rise, score
from lessons_src.recorded import Record, shared
from lessons_src.stats import (
    MARGIN,
    Interval,
    mean_interval,
    paired_difference,
    prediction_interval,
    wilson,
)

OURS = "784–128–10"  # the case of `long-run`
THEIRS = "0.01, 10 epochs"  # the case of `series-rates`
LISTED = "settings differ"  # the case of `flattery`
NETWORKS = (2, 4, 8, 16, 32, 64)  # how many settings compete there, one column each


# --- Holding out -------------------------------------------------------------


@finding
def same_weights(held_out_or_not: Record) -> float:
    """Largest difference of a weight, trained with and without a fifth held out beside."""
    largest = max(held_out_or_not(c, "largest_difference").max() for c in held_out_or_not.cases)
    expect(largest == 0, "the weights are the same to the last digit")
    return float(largest)


@finding
def loss_after(long_run: Record) -> Interval:
    """Validation loss after 60 epochs minus that after 10, in nats."""
    curve = long_run(OURS, "val_loss_curve")
    found = paired_difference(curve[:, 59], curve[:, 9])
    expect(found.low > 0, "the loss on the images held out rises")
    return found


@claim("S2.9")
def ensures(held_out_or_not: Record, long_run: Record) -> Judgement:
    """Does holding a fifth out change the network?"""
    apart = same_weights(held_out_or_not)
    meanwhile = paired_difference(score(long_run, OURS), score(cut(long_run, 10), OURS))
    return judge(
        identity(
            "holding a fifth out changes the weights",
            apart > 0,
            f"largest difference of a weight {apart:g}",
            held_out_or_not,
        ),
        also=[
            above(
                "the loss on the images held out rises again within 60 epochs, by more than 0.01 "
                "nats",
                mean_interval(rise(long_run, OURS)),
                OVERFITS,
                long_run,
                unit="nats",
            ),
            gain(
                "the accuracy on them grows meanwhile (epochs 49 to 60 over 8 to 10)",
                meanwhile,
                long_run,
            ),
        ],
        set_up=held_out_or_not.set_up,
        weakened="Nothing acted on the score: no early stop, no choice.",
    )


@finding
def validation_lead(hold_outs: Record) -> Interval:
    """Validation minus test accuracy of networks that were neither stopped nor chosen."""
    test = late(hold_outs("validation", "test_accuracy_curve"))
    found = paired_difference(score(hold_outs, "validation"), test)
    expect(found.low > MARGIN, "the validation images are easier without any early stop")
    return found


# --- Random or stratified, pooled or official --------------------------------


def middle(values: np.ndarray) -> Interval:
    """The mean and the central 95 % of the values: a range of cases, not of a mean."""
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(float(np.mean(values)), float(low), float(high))


def pooled_over_official(hold_outs: Record) -> Interval:
    """Score on a random fifth of the 70,000 minus that on the official test images."""
    both = shared(*(score(hold_outs, case) for case in ("pooled", "official")))
    return paired_difference(*both)


@finding
def pooled_lead(hold_outs: Record) -> Interval:
    """Score on a random fifth of the 70,000 minus that on the official test images."""
    return positive(pooled_over_official(hold_outs))


@claim("S5.1")
def at_random(class_shares: Record, hold_outs: Record) -> Judgement:
    """Does a split at random need no stratification?"""
    (case,) = class_shares.cases
    farthest = class_shares(case, "farthest")
    tolerated = 0.05 * 1400
    return judge(
        level(
            "what the shares of the classes do to the accuracy, in the central 95% of the splits",
            middle(class_shares(case, "effect")),
            class_shares,
        ),
        also=[
            above(
                "the share of splits in which every class is within 70 images (5%) of its 1,400 is "
                "above 95%",
                wilson(int((farthest <= tolerated).sum()), len(farthest)),
                0.95,
                class_shares,
                unit="%",
                digits=0,
            ),
            level(
                "the score on a random fifth of the 70,000 stands for that on the official test "
                "images",
                pooled_over_official(hold_outs),
                hold_outs,
            ),
        ],
        set_up=class_shares.set_up,
        weakened="The recalls by class are those of one network.",
    )


# --- The last fifth ----------------------------------------------------------


def of_fifths(last_fifth: Record) -> np.ndarray:
    """The score on each of the random fifths, shape (seeds, fifths)."""
    return score(last_fifth, "random fifths")


def of_last(last_fifth: Record, case: str = "last fifth") -> np.ndarray:
    """The score on the last fifth, shape (seeds,)."""
    return score(last_fifth, case)[:, 0]


def fair(last_fifth: Record) -> Interval:
    """Where the score on one more random fifth lands, each being a mean over the seeds."""
    return prediction_interval(of_fifths(last_fifth).mean(axis=0))


@finding
def last_over_random(last_fifth: Record) -> Interval:
    """Score on the last fifth minus the mean of the random fifths, over the seeds of training."""
    return paired_difference(of_last(last_fifth), of_fifths(last_fifth).mean(axis=1))


@finding
def last_score(last_fifth: Record) -> float:
    """Score on the last fifth, the mean over the seeds."""
    return float(of_last(last_fifth).mean())


@finding
def fair_low(last_fifth: Record) -> float:
    """Lower end of where a fair fifth lands."""
    expect(last_score(last_fifth) in fair(last_fifth), "the last fifth is like a random one")
    return fair(last_fifth).low


@finding
def fair_high(last_fifth: Record) -> float:
    """Upper end of where a fair fifth lands."""
    return fair(last_fifth).high


@claim("S5.2")
def last_rows(last_fifth: Record, validation_rows: Record) -> Judgement:
    """Is the last fifth a sound hold-out?"""
    lands, last = fair(last_fifth), last_score(last_fifth)
    sorted_out = of_last(last_fifth, "sorted, last fifth")
    (case,) = validation_rows.cases
    (mean_of_ten,) = validation_rows(case, "mean_of_ten")
    (classes,) = validation_rows(case, "classes")
    p = float(stats.chisquare(classes).pvalue)
    fifths = of_fifths(last_fifth).shape[1]
    return judge(
        identity(
            "the last fifth is like a random one",
            last in lands,
            f"{last:.1%} on the last fifth; one more random fifth lands within "
            f"[{lands.low:.1%}, {lands.high:.1%}]",
            last_fifth,
            seeds=last_fifth.seeds,
        ),
        also=[
            identity(
                "it takes the last rows, before shuffling",
                mean_of_ten == 8.5,
                f"of the rows 0 to 9 those with the mean {mean_of_ten:g}",
                validation_rows,
            ),
            level(
                "sorted by class, the last fifth is level with random ones",
                paired_difference(sorted_out, of_fifths(last_fifth).mean(axis=1)),
                last_fifth,
            ),
            identity(
                "shuffled first, as in the series, it has the classes as by chance",
                p > 0.01,
                f"{classes.min():,.0f} to {classes.max():,.0f} images of a class, p = {p:.2f}",
                validation_rows,
            ),
        ],
        set_up=f"{last_fifth.set_up} Of {fifths} random fifths, each the mean over "
        f"{len(last_fifth.seeds)} seeds.",
        weakened="One order of the images, as they come in the files.",
    )


@claim("S5.3")
def reproducible(seeded_split: Record) -> Judgement:
    """Does a fixed seed give the same split?"""
    (case,) = seeded_split.cases
    (kept,) = seeded_split(case, "kept")
    same_rows, same_training, other = (
        bool(seeded_split(case, name).all())
        for name in ("same_rows", "same_weights", "other_weights")
    )
    return judge(
        identity(
            "the same seed gives the same rows",
            same_rows,
            "two fresh processes, 12,000 rows held out",
            seeded_split,
        ),
        also=[
            identity("the seed of the split fixes the training", other, "", seeded_split),
            identity(
                "a seed of its own fixes the training, on one machine with one thread",
                same_training,
                "",
                seeded_split,
            ),
            identity(
                "with one row fewer the same rows are held out",
                bool(kept.min() == 1),
                f"{kept.min():.0%} to {kept.max():.0%} of them, depending on the row",
                seeded_split,
            ),
        ],
        weakened="One machine and one version of scikit-learn.",
    )


# --- Did the split prevent overfitting? ---------------------------------------


def of_theirs(printed_candidates: Record, name: str, epoch: int, split: str) -> np.ndarray:
    """A figure of the series' set-up after an epoch, a fifth held out, shape (seeds,)."""
    case = f"relu, dropout 0.2, {split}, a fifth held out"
    return printed_candidates(case, name)[:, epoch - 1]


def gap_of_theirs(printed_candidates: Record, split: str) -> Interval:
    """Training minus test accuracy after ten epochs."""
    both = (of_theirs(printed_candidates, f"{p}_accuracy", 10, split) for p in ("train", "test"))
    return paired_difference(*both)


@finding
def pooled_gap(printed_candidates: Record) -> Interval:
    """Gap in the series' set-up on its own split."""
    return gap_of_theirs(printed_candidates, "pooled")


@finding
def official_gap(printed_candidates: Record) -> Interval:
    """Gap of the same training on the official split."""
    found = gap_of_theirs(printed_candidates, "official")
    expect(found.low > pooled_gap(printed_candidates).high, "the images make the gap, too")
    return found


@finding
def adam_gap(long_run: Record, printed_candidates: Record) -> Interval:
    """Gap after sixty epochs of Adam."""
    found = mean_interval(gap(long_run, OURS))
    others = (gap_of_theirs(printed_candidates, split).high for split in ("pooled", "official"))
    expect(found.low > max(others), "how long a network is trained makes the gap")
    return found


@finding
def falls(printed_candidates: Record) -> Interval:
    """By how much the test loss falls in the last two of the ten epochs, in nats."""
    found = paired_difference(
        *(of_theirs(printed_candidates, "test_loss", epoch, "pooled") for epoch in (8, 10))
    )
    expect(found.low > 0, "the loss still falls, so that the network is not done learning")
    return found


@finding
def never_rises(series_rates: Record) -> float:
    """Largest rise of the validation loss from an epoch to the next, in the series' set-up."""
    largest = float(np.diff(series_rates(THEIRS, "val_loss_curve"), axis=1).max())
    expect(largest < 0, "the validation loss falls from each epoch to the next")
    return largest


@claim("S5.4")
def no_overfitting(series_rates: Record, printed_candidates: Record) -> Judgement:
    """Does the series' set-up not overfit?"""
    never_rises(series_rates)  # expects what the last line of the card takes for granted
    return judge(
        below(
            "rise of the validation loss after ten epochs",
            mean_interval(rise(series_rates, THEIRS), confidence()),
            OVERFITS,
            series_rates,
            unit="nats",
            digits=3,
        ),
        also=[
            below(
                "gap below 0.3 points",
                mean_interval(gap(series_rates, THEIRS)),
                MARGIN,
                series_rates,
                unit="points",
            ),
            below(
                "gap below 0.3 points on the series' own split, pooled, a fifth held out",
                gap_of_theirs(printed_candidates, "pooled"),
                MARGIN,
                printed_candidates,
                unit="points",
            ),
        ],
        set_up=f"{series_rates.set_up} The rate is 0.01, ten epochs.",
        weakened="Ten epochs at this rate leave the network half trained: its loss still falls.",
    )


# --- Choosing by the images that score -----------------------------------------

#: What is asked: how many images choose, and how many settings compete.
CONTESTS = tuple(itertools.product((10_000, 5000, 500), (2, 8, 64)))


def contest(
    flattery: Record,
    question: Callable[..., Outcome],
    images: int,
    networks: int,
    level: float = 0.95,
) -> Outcome:
    """Does the winner's score flatter by more than the margin (`above`), or by less (`below`)?

    Flattery is the score on the images that chose it minus that on as many others.
    """
    values = flattery(LISTED, f"optimism_{images}")[:, NETWORKS.index(networks)]
    return question(
        f"the best of {networks}, chosen by {images:,} images",
        mean_interval(values, level),
        MARGIN,
        flattery,
        none=0,
        unit="points",
    )


def contests(flattery: Record, question: Callable[..., Outcome], networks: int) -> Judgement:
    """The contest of so many settings by 10,000 images, and besides all the others."""
    asked = 10_000, networks
    return judge(
        contest(flattery, question, *asked, confidence()),
        also=[contest(flattery, question, *other) for other in CONTESTS if other != asked],
        set_up=flattery.set_up,
        weakened="The settings differ in rate, units and batch; the less alike they are, the less "
        "the luckiest is chosen.",
    )


@claim("S4.5")
def harmless(flattery: Record) -> Judgement:
    """Is it harmless to choose by the images that score?"""
    return contests(flattery, below, 8)


@claim("S8.3")
def overestimated(flattery: Record) -> Judgement:
    """Does choosing by the images that score flatter by more than the margin?"""
    return contests(flattery, above, 64)


# --- What pairing is worth ---------------------------------------------------


@finding
def pairing_narrows(
    activations: Record,
    architectures: Record,
    cures: Record,
    learning_rates: Record,
    pixel_scales: Record,
    series_rates: Record,
    width: Record,
) -> float:
    """In which share of the pairs of cases the paired interval is the narrower one.

    Of records whose cases differ in what is trained, and whose seeds draw the split as well.
    """
    records = (
        activations, architectures, cures, learning_rates, pixel_scales, series_rates, width
    )  # fmt: skip
    found = float(np.mean(np.concatenate([narrower(record) for record in records])))
    expect(found < 1, "pairing does not narrow every interval")
    return found


def narrower(record: Record) -> list[bool]:
    """For each pair of cases, whether pairing by seeds narrows the interval of the difference.

    Compared is half the width of Student's interval of the paired differences with that of Welch's
    interval, which takes the two sides for unrelated. Cases without any spread are left out.
    """
    scores = [score(record, case) for case in record.results]
    scores = [values for values in scores if values.std() > 0]
    pairs = (shared(a, b) for a, b in itertools.combinations(scores, 2))
    return [bool(_half(paired_difference(a, b)) < _welch(a, b)) for a, b in pairs]


def _half(interval: Interval) -> float:
    return (interval.high - interval.low) / 2


def _welch(a: np.ndarray, b: np.ndarray) -> float:
    ends = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    return float(ends.high - ends.low) / 2
