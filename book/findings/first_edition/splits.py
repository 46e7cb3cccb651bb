"""Splits: what the records say of hold-outs, copies, choices, and of pairing by seeds."""

import itertools
from collections.abc import Callable

import numpy as np
from scipy import stats

from book.claims import (
    Judgement,
    Outcome,
    above,
    below,
    gain,
    identity,
    judge,
    level,
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings.first_edition._scores import OVERFITS, late, rise, score
from lessons_src.recorded import Record
from lessons_src.stats import (
    MARGIN,
    Interval,
    mean_interval,
    paired_difference,
    prediction_interval,
    wilson,
)

FIFTHS = 39  # random ones, for the interval in which the last has to lie
NETWORKS = (2, 4, 8, 16, 32, 64)  # that compete, as the record `flattery` has them
KEPT = (1, 5, 8, 9, 10, 11, 12)  # the epochs of `printed-candidates`
OURS = "784–128–10"  # the case of `long-run`
THEIRS = "0.01, 10 epochs"  # the case of `series-rates`
RATES_DIFFER = "seeds and rates differ"  # the case of `flattery`


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
    accuracy = long_run(OURS, "val_accuracy_curve")
    later = paired_difference(accuracy[:, -12:].mean(axis=1), accuracy[:, 7:10].mean(axis=1))
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
                later,
                long_run,
            ),
        ],
        set_up=held_out_or_not.set_up,
        weakened="Nothing acted on the score: no early stop, no choice.",
    )


@finding
def validation_lead(cures: Record) -> Interval:
    """Validation minus test accuracy of networks that were neither stopped nor chosen."""
    found = paired_difference(score(cures, "none"), late(cures("none", "test_accuracy_curve")))
    expect(found.low > MARGIN, "the validation images are easier without any early stop")
    return found


# --- Random or stratified, pooled or official --------------------------------


def middle(values: np.ndarray) -> Interval:
    """The mean and the central 95 % of the values: a range of cases, not of a mean."""
    low, high = np.quantile(values, [0.025, 0.975])
    return Interval(float(np.mean(values)), float(low), float(high))


@finding
def pooled_lead(hold_outs: Record) -> Interval:
    """Accuracy on the series' pooled split minus that on the official test images."""
    pooled, official = (
        hold_outs(f"{rows}, seeds differ", "accuracy") for rows in ("pooled", "official")
    )
    ends = stats.ttest_ind(pooled, official, equal_var=False).confidence_interval()
    found = Interval(float(pooled.mean() - official.mean()), float(ends.low), float(ends.high))
    expect(found.low > 0, "the score on the pooled split is the higher one")
    return found


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
                "the score on the series' split stands for that on the official test images",
                pooled_lead(hold_outs),
                hold_outs,
            ),
        ],
        set_up=class_shares.set_up,
        weakened="The recalls by class are those of one network.",
    )


# --- The last fifth ----------------------------------------------------------


@finding
def last_over_random(last_fifth: Record) -> Interval:
    """Accuracy on the last fifth minus the mean of random fifths, over seeds."""
    return last_fifth.difference("last fifth", "random fifth", "accuracy")


@finding
def last_score(last_fifth: Record) -> float:
    """Accuracy on the last fifth, the mean of as many runs as there are random fifths."""
    return float(last_fifth("last fifth", "accuracy")[:FIFTHS].mean())


def of_fair_fifths(last_fifth: Record) -> Interval:
    """Where the accuracy on one more random fifth lands, trained once like the 39 of them."""
    return prediction_interval(last_fifth("random fifth", "accuracy")[:FIFTHS])


def without_training_chance(last_fifth: Record) -> Interval:
    """As `of_fair_fifths`, of a mean over many seeds: what seeds do to one fifth is taken out."""
    fifths = last_fifth("random fifth", "accuracy")[:FIFTHS]
    of_seeds = last_fifth("last fifth", "accuracy").var(ddof=1)
    spread = np.sqrt(max(fifths.var(ddof=1) - of_seeds, 0) + fifths.var(ddof=1) / FIFTHS)
    half = float(stats.t.ppf(0.975, FIFTHS - 1) * spread)
    centre = float(fifths.mean())
    return Interval(centre, centre - half, centre + half)


@finding
def fair_low(last_fifth: Record) -> float:
    """Lower end of where a fair fifth lands."""
    expect(
        last_score(last_fifth) in of_fair_fifths(last_fifth), "the last fifth is like a random one"
    )
    return of_fair_fifths(last_fifth).low


@finding
def fair_high(last_fifth: Record) -> float:
    """Upper end of where a fair fifth lands."""
    return of_fair_fifths(last_fifth).high


@claim("S5.2")
def last_rows(last_fifth: Record, validation_rows: Record) -> Judgement:
    """Is the last fifth a sound hold-out?"""
    fair, last = of_fair_fifths(last_fifth), last_score(last_fifth)
    inside = last in fair
    sorted_score = last_fifth("sorted, last fifth", "accuracy")
    (case,) = validation_rows.cases
    (mean_of_ten,) = validation_rows(case, "mean_of_ten")
    (classes,) = validation_rows(case, "classes")
    p = float(stats.chisquare(classes).pvalue)
    expect(
        inside == (last in without_training_chance(last_fifth)),
        "the verdict does not rest on the chance of training",
    )
    return judge(
        identity(
            "the last fifth is like a random one",
            inside,
            f"{last:.1%} on the last fifth; one more random fifth lands within "
            f"[{fair.low:.1%}, {fair.high:.1%}]",
            last_fifth,
            seeds=last_fifth.seeds[:FIFTHS],
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
                paired_difference(sorted_score, last_fifth("random fifth", "accuracy")),
                last_fifth,
            ),
            identity(
                "shuffled first, as in the series, it has the classes as by chance",
                p > 0.01,
                f"{classes.min():,.0f} to {classes.max():,.0f} images of a class, p = {p:.2f}",
                validation_rows,
            ),
        ],
        set_up=f"{last_fifth.set_up} Of the random fifths, the first {FIFTHS}.",
        weakened="Each random fifth was trained once, so that the interval holds the chance of "
        "training too; with that taken out it is narrower, and the verdict is the same.",
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
    return printed_candidates(case, name)[:, KEPT.index(epoch)]


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
    found = paired_difference(*(long_run(OURS, f"{p}_accuracy") for p in ("train", "val")))
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
    ours = paired_difference(*(series_rates(THEIRS, f"{p}_accuracy") for p in ("train", "val")))
    never_rises(series_rates)  # expects what the last line of the card takes for granted
    return judge(
        below(
            "rise of the validation loss after ten epochs",
            mean_interval(rise(series_rates, THEIRS)),
            OVERFITS,
            series_rates,
            unit="nats",
            digits=3,
        ),
        also=[
            below("gap below 0.3 points", ours, MARGIN, series_rates, unit="points"),
            below(
                "gap below 0.3 points on the series' own split, pooled, a fifth held out",
                pooled_gap(printed_candidates),
                MARGIN,
                printed_candidates,
                unit="points",
            ),
        ],
        set_up=f"{series_rates.set_up} The rate is 0.01, ten epochs.",
        weakened="Ten epochs at this rate leave the network half trained: its loss still falls.",
    )


# --- Choosing by the test ----------------------------------------------------


def flattered(flattery: Record, networks: int, images: int) -> Interval:
    """The winner's score on the images that chose it minus that on others, as a share."""
    values = flattery(RATES_DIFFER, f"optimism_{images}")
    return mean_interval(values[:, NETWORKS.index(networks)])


#: What is also asked: how many compete, and how many images choose.
ASKED = list(itertools.product((500, 5000), (2, 8, 64)))
NO_RECORD = (
    "today's record chooses by 5,000 and by 500 of the test images, among networks that differ in "
    "rate and seed"
)


def contests(flattery: Record, question: Callable[..., Outcome]) -> list[Outcome]:
    """Does the winner's score flatter by more than the margin (`above`), or by less (`below`)?"""
    return [
        question(
            f"the best of {networks}, chosen by {images:,} images",
            flattered(flattery, networks, images),
            MARGIN,
            flattery,
            unit="points",
        )
        for images, networks in ASKED
    ]


@claim("S4.5")
def harmless(flattery: Record) -> Judgement:
    """Does choosing by the test images not flatter?"""
    return judge(
        unmeasured("the best of 8 listed settings, chosen by 10,000 images", NO_RECORD),
        also=[
            *contests(flattery, below),
            unmeasured("the best of 2, 8 or 64, chosen by 10,000 images", NO_RECORD),
        ],
        set_up=f"{flattery.set_up} Parts of the test images.",
    )


@claim("S8.3")
def overestimated(flattery: Record) -> Judgement:
    """Does choosing by the test images flatter by more than the margin?"""
    return judge(
        unmeasured("the best of 64 settings, chosen by 10,000 images", NO_RECORD),
        also=[
            *contests(flattery, above),
            unmeasured("the best of 2, 8 or 64, chosen by 10,000 images", NO_RECORD),
        ],
        set_up=f"{flattery.set_up} Parts of the test images.",
    )


# --- What pairing is worth ---------------------------------------------------


@finding
def pairing_narrows(
    activations: Record,
    architectures: Record,
    batch_and_rate: Record,
    batch_size: Record,
    cures: Record,
    dropout: Record,
    dying_units: Record,
    gradients: Record,
    learning_rates: Record,
    loss_input: Record,
    optimisers: Record,
    permutation: Record,
    permutation_convolutional: Record,
    rate_sweep: Record,
    regularised_or_deep: Record,
    regularised_parts: Record,
    series_rates: Record,
    sparsity: Record,
    tiny_augmentation: Record,
    tiny_networks: Record,
    tiny_transfer: Record,
    two_classes: Record,
    width: Record,
    width_and_rate: Record,
    wish_list: Record,
) -> float:
    """In which share of all pairs of cases the paired interval is the narrower one.

    All records whose cases differ in what is trained, and that keep validation accuracy.
    """
    records = (
        activations, architectures, batch_and_rate, batch_size, cures, dropout, dying_units,
        gradients, learning_rates, loss_input, optimisers, permutation, permutation_convolutional,
        rate_sweep, regularised_or_deep, regularised_parts, series_rates, sparsity,
        tiny_augmentation, tiny_networks, tiny_transfer, two_classes, width, width_and_rate,
        wish_list,
    )  # fmt: skip
    found = [narrower(record) for record in records]
    overall = float(np.mean(np.concatenate(found)))
    by_record = float(np.mean([np.mean(pairs) for pairs in found]))
    expect(max(overall, by_record) < 0.5, "pairing narrows fewer than half of the intervals")
    return overall


def narrower(record: Record) -> list[bool]:
    """For each pair of cases, whether pairing by seeds narrows the interval of the difference.

    Compared is half the width of Student's interval of the paired differences with that of Welch's
    interval, which takes the two sides for unrelated. Cases without any spread are left out.
    """
    scores = [_final(record, case) for case in record.cases]
    scores = [values for values in scores if values.std() > 0]
    return [
        bool(_half(paired_difference(a, b)) < _welch(a, b))
        for a, b in itertools.combinations(scores, 2)
    ]


def _final(record: Record, case: str) -> np.ndarray:
    values = score(record, case)
    return values if values.ndim == 1 else values[:, -1]


def _half(interval: Interval) -> float:
    return (interval.high - interval.low) / 2


def _welch(a: np.ndarray, b: np.ndarray) -> float:
    ends = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    return float(ends.high - ends.low) / 2
