"""Listings, cures, stops, pairs and single changes: what the records say of trial and error."""

from itertools import combinations, permutations

import numpy as np

from book.claims import (
    Judgement,
    Outcome,
    above,
    confidence,
    every,
    gain,
    identity,
    judge,
    level,
    not_worse,
    of_median,
    share,
)
from book.findings import claim, expect, finding
from book.findings._cut import between, cut
from book.findings._scores import (
    OVERFITS,
    chosen,
    gap,
    late,
    negative,
    positive,
    rise,
    score,
    stopped,
    without_sign,
)
from lessons_src.recorded import Record, shared
from lessons_src.stats import MARGIN, Interval, mean_interval, paired_difference, paired_ratio

NETWORK = "784–128–10"  # the case of the record long-run
CURED = 30  # epochs that the networks with a cure are trained
CURES = {
    "dropout 0.5": "dropout 0.5",
    "dropout 0.2": "dropout 0.2",
    "an L2 penalty of 0.0001": "L2 0.0001",
    "shifts": "shifted",
}
FEWER = "12,000 images"


# --- Listings -----------------------------------------------------------------


def running(listings: Record, reading: str, asked: str) -> Outcome:
    """Do all listings run, read in this way?"""
    count = len(listings.cases)
    runs, shapes = (
        int(sum(listings(case, name)[0] for case in listings.cases))
        for name in (reading, f"{reading}_shape")
    )
    nameless = count - runs - shapes
    number = (
        f"{runs} of {count} run; {nameless} lack a name (NameError), {shapes} get images of "
        "another shape (ValueError)"
    )
    return identity(asked, runs == count, number, listings)


@claim("S0")
def as_printed(listings: Record) -> Judgement:
    """The code listings of the series run as printed."""
    return judge(
        running(listings, "series", "all parts one notebook, in the printed order"),
        also=[
            running(listings, "alone", "each listing alone"),
            running(listings, "part", "each part a notebook"),
        ],
        set_up="The listings were run by hand in the versions that this book pins, training cut "
        "short. What each needs and gives was noted by hand; where they stop is counted from that.",
        weakened="The command repeats the count and not the runs.",
    )


# --- Overfitting and its cures ------------------------------------------------


def smaller_rise(long_run: Record, cures: Record, case: str, level: float = 0.95) -> Interval:
    """Rise of the validation loss without a cure minus that with it, after 30 epochs, in nats."""
    without = rise(cut(long_run, CURED), NETWORK)
    return paired_difference(*shared(without, rise(cures, case)), level)


def smaller_gap(long_run: Record, cures: Record, case: str, level: float = 0.95) -> Interval:
    """Gap without a cure minus that with it, after 30 epochs, as a share."""
    without = gap(cut(long_run, CURED), NETWORK)
    return paired_difference(*shared(without, gap(cures, case)), level)


def better(long_run: Record, cures: Record, case: str) -> Interval:
    """Score with a cure minus that without it, after 30 epochs, as a share."""
    return between((cures, case), (cut(long_run, CURED), NETWORK), 0.95)


@claim("S8.1")
def memorised_and_cured(long_run: Record, cures: Record) -> Judgement:
    """Without dropout the network memorises its training images; dropout of 0.5 cures that."""
    records = long_run, cures

    def rises(asked: str, found: Interval) -> Outcome:
        return gain(asked, found, *records, margin=OVERFITS, unit="nats", digits=3)

    half = "dropout 0.5"
    also = [gain(f"accuracy with {half}", better(*records, half), *records)]
    for name, case in CURES.items():
        if case != half:
            also += [
                rises(f"rise smaller with {name}", smaller_rise(*records, case)),
                gain(f"gap smaller with {name}", smaller_gap(*records, case), *records),
                gain(f"accuracy with {name}", better(*records, case), *records),
            ]
    fewer_rise, fewer_gap, more_right = (
        Interval(-found.estimate, -found.high, -found.low, found.level, found.runs)
        for found in (of(*records, FEWER) for of in (smaller_rise, smaller_gap, better))
    )
    more = "48,000 images over 12,000"
    also += [
        rises(f"rise smaller with {more}", fewer_rise),
        gain(f"gap smaller with {more}", fewer_gap, *records),
        gain(f"accuracy with {more}", more_right, *records),
    ]
    without = rise(cut(long_run, CURED), NETWORK)
    return judge(
        above(
            "rise of the validation loss without dropout",
            mean_interval(without, confidence(2)),
            OVERFITS,
            long_run,
            none=0,
            unit="nats",
            digits=3,
        ),
        # The two questions of the second part share its risk.
        every(
            f"smaller with {half}",
            rises("rise", smaller_rise(*records, half, confidence(4))),
            gain("gap", smaller_gap(*records, half, confidence(4)), *records),
        ),
        also=also,
        set_up="784–128–10, ReLU, Adam, batches of 32, 30 epochs, each of 48,000 images shown; the "
        "network without a cure is the long run of the same seeds, cut after 30.",
        weakened="One strength of each cure but dropout.",
    )


@finding
def dropout_accuracy(long_run: Record, cures: Record) -> Interval:
    """What dropout 0.5 does to the score."""
    return negative(better(long_run, cures, "dropout 0.5"))


@finding
def penalty_accuracy(long_run: Record, cures: Record) -> Interval:
    """What the penalty does to the score."""
    return without_sign(better(long_run, cures, "L2 0.0001"))


@finding
def shifts_accuracy(long_run: Record, cures: Record) -> Interval:
    """What shifted images do to the score."""
    return negative(better(long_run, cures, "shifted"))


@finding
def most_from_a_cure(long_run: Record, cures: Record) -> float:
    """The highest end of the intervals of all cures: more than this none of them gained."""
    most = max(better(long_run, cures, case).high for case in CURES.values())
    expect(most <= MARGIN, "none of the cures raised accuracy by more than the margin")
    return most


# --- Is it inevitable? --------------------------------------------------------


def overfits(width: str, rises: np.ndarray, level: float, record: Record) -> Outcome:
    """Has the validation loss of a width risen again, in the mean over the seeds?"""
    found = mean_interval(rises, level)
    return above(f"{width} units", found, OVERFITS, record, none=0, unit="nats", digits=4)


def of_widths(narrowest: Record, width: Record, long_run: Record) -> list[Outcome]:
    """Of each width: has its validation loss risen again when its training ended?

    The questions share the risk of the headline. Four units rise by little and unevenly, so it is
    their median that is asked, on all seeds at once.
    """
    runs = {int(case): (width, case) for case in width.results} | {128: (long_run, NETWORK)}
    count = len(runs) + len(narrowest.results)
    return [
        *(
            of_median(
                above,
                f"{case} units, the median",
                rise(narrowest, case),
                OVERFITS,
                "it takes six",
                narrowest,
                confidence=confidence(count, looks=1),
                unit="nats",
                digits=4,
            )
            for case in narrowest.results
        ),
        *(
            overfits(f"{units:,}", rise(*runs[units]), confidence(count), runs[units][0])
            for units in sorted(runs)
        ),
    ]


@claim("S8.7")
def inevitable(
    narrowest: Record, width: Record, long_run: Record, half_the_images: Record
) -> Judgement:
    """Overfitting is inevitable without regularisation."""
    epochs = {int(case): width(case, "val_loss_curve").shape[1] for case in width.results}
    epochs |= {int(case): narrowest(case, "val_loss_curve").shape[1] for case in narrowest.results}
    epochs[128] = long_run(NETWORK, "val_loss_curve").shape[1]
    trained = ", ".join(f"{units:,} ({epochs[units]})" for units in sorted(epochs))
    return judge(
        every(
            "rise of the validation loss when training ends, every width",
            *of_widths(narrowest, width, long_run),
        ),
        also=[
            overfits(
                f"with half the images, {case.removesuffix(' units')}",
                rise(half_the_images, case),
                0.95,
                half_the_images,
            )
            for case in half_the_images.results
        ],
        set_up="784–units–10, ReLU, Adam with its default rate, batches of 32; hidden units and, "
        f"in brackets, epochs: {trained}. With half the images four units have 100 epochs, 16 have "
        "60, 128 have 30.",
        weakened="One hidden layer, and one learning rate.",
    )


@finding
def least_units_gap(narrowest: Record) -> Interval:
    """Training minus validation accuracy of four units after 100 epochs."""
    found = mean_interval(gap(narrowest, "4"))
    expect(found.low > MARGIN, "even four units get a gap")
    return found


@finding
def series_gap(series_rates: Record) -> Interval:
    """Training minus validation accuracy with the series' batch and rate, without dropout."""
    return positive(mean_interval(gap(series_rates, "0.01, no dropout")))


# --- When to stop -------------------------------------------------------------

PLATEAU = 50  # epochs, of which a stop may save some


def saved(long_run: Record, patience: int, by: str = "loss") -> np.ndarray:
    """Which share of 50 epochs an early stop leaves out, shape (seeds,)."""
    return 1 - stopped(cut(long_run, PLATEAU), NETWORK, patience, by=by).epochs / PLATEAU


def kept(long_run: Record, patience: int, by: str = "loss", level: float = 0.95) -> Interval:
    """Accuracy of the network that a stop keeps, minus that of the late epochs of the whole run.

    One half of the held-out images stops, the other scores.
    """
    found = stopped(cut(long_run, PLATEAU), NETWORK, patience, by=by)
    return paired_difference(found.accuracy, found.last_accuracy, level)


@claim("S8.4")
def time_to_stop(long_run: Record) -> Judgement:
    """To train past the plateau is a waste, and the curves show when to stop."""

    def saves(asked: str, patience: int, by: str = "loss", level: float = 0.95) -> Outcome:
        found = mean_interval(saved(long_run, patience, by), level)
        return above(asked, found, 0.1, long_run, none=0, unit="%", digits=0)

    sure = confidence(2)
    return judge(
        saves("share of the epochs saved", 5, level=sure),
        not_worse("accuracy of the network that is kept", kept(long_run, 5, level=sure), long_run),
        also=[
            every(
                f"stop on the {by}, patience {patience}",
                saves("saved", patience, by),
                not_worse("accuracy", kept(long_run, patience, by), long_run),
            )
            for by, patience in (
                ("loss", 1),
                ("loss", 2),
                ("loss", 3),
                ("loss", 10),
                ("accuracy", 1),
                ("accuracy", 5),
                ("accuracy", 10),
            )
        ],
        set_up="784–128–10, ReLU, Adam, batches of 32, 50 epochs; the best weights are kept. One "
        "half of the validation images stops the training, the other half scores: at the epoch "
        "kept, against the mean of the last ten epochs.",
        weakened="One network; the stop is replayed on its curves.",
    )


@finding
def stop_by_loss(long_run: Record) -> Interval:
    """What a stop on the validation loss, patience 5, changes on the other half."""
    return without_sign(kept(long_run, 5))


@finding
def stop_by_accuracy(long_run: Record) -> Interval:
    """What a stop on validation accuracy, patience 5, changes on the other half."""
    return positive(kept(long_run, 5, "accuracy"))


@finding
def stalled(long_run: Record) -> Interval:
    """Validation accuracy by epoch 30 minus that by epoch 20, each over its last epochs."""
    curve = long_run(NETWORK, "val_accuracy_curve")
    found = paired_difference(late(curve[:, :30]), late(curve[:, :20]))
    expect(-MARGIN < found.low <= found.high < MARGIN, "judged by the margin, it stalls")
    return found


# --- Confused classes ---------------------------------------------------------

SHIRT, PULLOVER = 6, 2
PAIRS = list(combinations(range(10), 2))


def mistakes(long_run: Record) -> np.ndarray:
    """Mistakes between two classes, both ways, by the finished network, shape (seeds, 45)."""
    tables = long_run(NETWORK, "confusion")[:, -1]  # the last of the epochs looked at
    return np.array([[table[a, b] + table[b, a] for a, b in PAIRS] for table in tables])


def ranks(long_run: Record) -> np.ndarray:
    """Which place shirt and pullover have among the pairs, the worst being 1, shape (seeds,)."""
    counts = mistakes(long_run)
    own = counts[:, PAIRS.index((PULLOVER, SHIRT))]
    return 1 + (counts > own[:, None]).sum(axis=1)


@claim("S8.5")
def shirts_and_pullovers(long_run: Record) -> Judgement:
    """The network confuses shirts with pullovers."""
    counts, places = mistakes(long_run), ranks(long_run)
    own = counts[:, PAIRS.index((PULLOVER, SHIRT))]

    def among(worst: int) -> Outcome:
        hits = int((places <= worst).sum())
        return share(f"among the {worst} worst pairs", hits, len(places), 0.5, long_run)

    pooled = counts.mean(axis=0)
    place = 1 + int((pooled > pooled[PAIRS.index((PULLOVER, SHIRT))]).sum())
    return judge(
        above(
            "mistakes between the two over those of an average pair",
            paired_ratio(own, counts.mean(axis=1), confidence()),
            3,
            long_run,
            none=1,
            unit="times",
            digits=1,
        ),
        also=[
            identity(
                "the worst pair of all 45, over all runs",
                place == 1,
                f"place {place}; {own.mean():.0f} mistakes in a run, the worst pair "
                f"{pooled.max():.0f}",
                long_run,
                seeds=long_run.seeds,
            ),
            among(3),
            among(5),
        ],
        set_up="784–128–10, ReLU, Adam, batches of 32, after 60 epochs, on 12,000 validation "
        "images.",
    )


# --- One thing at a time ------------------------------------------------------

Setting = tuple[str, int, float]  # optimiser, batch size, dropout
BASE: Setting = ("Adam 0.001", 32, 0.0)
SERIES: Setting = ("SGD 0.01", 1000, 0.5)
FACTORS = range(len(BASE))


def named(setting: Setting) -> str:
    """The case of a setting."""
    optimiser, batch_size, dropout = setting
    return f"{optimiser}, batch {batch_size}, dropout {dropout}"


def turned(setting: Setting, *factors: int) -> Setting:
    """A setting with these of its factors at their other level."""
    return tuple(
        (SERIES if value == BASE[i] else BASE)[i] if i in factors else value
        for i, value in enumerate(setting)
    )


def of_setting(single_changes: Record, case: str) -> np.ndarray:
    """The score of a setting; of SGD, which still climbs, the last epoch alone."""
    return score(single_changes, case, climbing=case.startswith("SGD"))


def beyond_sum(single_changes: Record, factors: tuple[int, ...], level: float) -> Interval:
    """The joint effect of some changes minus the sum of their single effects, as a share."""
    base, joint, *singles = shared(
        *(
            of_setting(single_changes, named(turned(BASE, *changed)))
            for changed in ((), factors, *((factor,) for factor in factors))
        )
    )
    return paired_difference(joint - base, sum(single - base for single in singles), level)


def searched(single_changes: Record, crossed: bool) -> np.ndarray:
    """The score of what a search of four runs finds from the series' own setting, shape (seeds,).

    One at a time: each factor is turned once, in some order, and stays if that is better.
    Crossed: two factors, each at both levels. The mean over all orders, or all pairs of factors.
    """
    if crossed:
        ends = [
            chosen(
                single_changes,
                [named(turned(SERIES, *some)) for some in ((), (a,), (b,), (a, b))],
                of_setting,
            )
            for a, b in combinations(FACTORS, 2)
        ]
    else:
        ends = []
        for order in permutations(FACTORS):
            now = SERIES
            for factor in order:
                rivals = {named(one): one for one in (now, turned(now, factor))}
                now = rivals[chosen(single_changes, list(rivals), of_setting)]
            ends.append(named(now))
    return np.mean(shared(*(of_setting(single_changes, end) for end in ends)), axis=0)


@claim("S8.6")
def one_at_a_time(single_changes: Record) -> Judgement:
    """To find out what worked, change one setting at a time, and log the results."""
    names = ("SGD", "batch 1,000", "dropout 0.5")
    search = paired_difference(*shared(*(searched(single_changes, c) for c in (False, True))))
    return judge(
        level(
            "joint effect of SGD, batches of 1,000 and dropout 0.5 minus the sum of the three",
            beyond_sum(single_changes, tuple(FACTORS), confidence()),
            single_changes,
        ),
        also=[
            *(
                level(
                    f"the same of {names[a]} and {names[b]}",
                    beyond_sum(single_changes, (a, b), 0.95),
                    single_changes,
                )
                for a, b in combinations(FACTORS, 2)
            ),
            not_worse(
                "best of four runs, one at a time minus crossed, from the series' setting",
                search,
                single_changes,
            ),
        ],
        set_up="784–128–10, ReLU, 10 epochs. The log of part 8, from one dense layer with Adam "
        "(0.001) and batches of 32: SGD (0.01), batches of 1,000, dropout 0.5. What a search keeps "
        "is chosen on other seeds; crossed are two of the three settings, the third as in the "
        "series.",
        weakened="Two levels of each setting.",
    )
