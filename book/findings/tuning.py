"""Batch, dropout, memory and what accuracy hides: what the records say of each."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from scipy import stats

from book.claims import (
    Judgement,
    Outcome,
    above,
    confidence,
    gain,
    identity,
    judge,
    level,
    not_worse,
    share,
)
from book.findings import claim, expect, finding
from book.findings._scores import ahead, chosen, gap, negative, roughness, score
from lessons_src.data import CLASS_NAMES
from lessons_src.recorded import Record, shared
from lessons_src.stats import (
    MARGIN,
    Interval,
    mean_interval,
    paired_difference,
    paired_ratio,
)

SERIES, SMALL_BATCH = "0.01, 10 epochs", "0.01, batch 32"  # of the record series-rates
#: Ten epochs of plain SGD still climb, so that only the last one counts.
climbed = partial(score, climbing=True)


# --- Batch size ---------------------------------------------------------------

SIZES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
MEDIUM = (32, 64)
TOLERANCE = 0.005  # below the best size, as S2.3 is read

Scores = Mapping[int, np.ndarray]  # by batch size, each of shape (seeds,)


def at_default_rate(batch_sizes: Record) -> Scores:
    """Scores after ten epochs at Adam's default rate."""
    return {size: score(batch_sizes, f"{size}, 10 epochs") for size in SIZES}


def at_own_rate(batch_sizes: Record) -> Scores:
    """Scores after ten epochs at the rate that suits the size best, chosen on other seeds."""
    found = {}
    for size in SIZES:
        rates = [case for case in batch_sizes.cases if case.startswith(f"{size}, rate ")]
        found[size] = score(batch_sizes, chosen(batch_sizes, [f"{size}, 10 epochs", *rates]))
    return found


def at_equal_updates(batch_sizes: Record) -> Scores:
    """Scores after 1,500 updates, of the last epoch alone: the smallest sizes have few."""
    ends = {size: f"{size}, 1,500 updates" for size in SIZES}
    return {size: climbed(batch_sizes, c) for size, c in ends.items() if c in batch_sizes.cases}


def seconds_of(batch_sizes: Record, batch_seconds: Record, budget: str) -> dict[int, float]:
    """What the epochs of a run take, by batch size; an epoch as in the median of the timed runs."""
    timed = np.median(batch_seconds("in turn", "seconds_of_epoch"), axis=0)
    of_epoch = dict(zip(SIZES, timed, strict=True))
    cases = {size: f"{size}, {budget}" for size in SIZES}
    return {
        size: of_epoch[size] * batch_sizes(case, "val_accuracy_curve").shape[1]
        for size, case in cases.items()
        if case in batch_sizes.cases
    }


def cheapest_good(scores: Scores, seconds: Mapping[int, float]) -> np.ndarray:
    """Of the sizes whose score is near that of the seed's best, the fastest one, shape (seeds,)."""
    sizes, rows = np.array(list(scores)), np.array(shared(*scores.values()))
    good = rows >= rows.max(axis=0) - TOLERANCE
    taken = np.array([[seconds[size]] for size in sizes])
    return sizes[np.where(good, taken, np.inf).argmin(axis=0)]


def medium_is_cheapest(
    told: str,
    scores: Scores,
    seconds: Mapping[int, float],
    *records: Record,
    sure: float = 0.95,
) -> Outcome:
    """Is the fastest of the good sizes 32 or 64 in more than half of the seeds?"""
    found = cheapest_good(scores, seconds)
    hits = int(np.isin(found, MEDIUM).sum())
    sizes, counts = np.unique(found, return_counts=True)
    each = ", ".join(f"{size:,} in {count}" for size, count in zip(sizes, counts, strict=True))
    asked = f"the fastest of the good sizes is 32 or 64, {told}"
    outcome = share(asked, hits, len(found), 0.5, *records, confidence=sure)
    # The seeds are those of the scores; the timed runs only tell how long an epoch takes.
    seeds = records[0].seeds[: len(found)]
    return replace(outcome, number=f"{outcome.number}; {each}", seeds=seeds)


def medium_lead(scores: Scores, size: int) -> Interval:
    """The mean score of 32 and 64 minus that of another size, as a share."""
    both = shared(np.mean([scores[n] for n in MEDIUM], axis=0), scores[size])
    return paired_difference(*both)


@claim("S2.3")
def balanced_batches(batch_sizes: Record, batch_seconds: Record) -> Judgement:
    """Batches of 32 to 64 balance speed and generalisation."""
    records = batch_sizes, batch_seconds
    ten_epochs, updates = (
        seconds_of(*records, budget) for budget in ("10 epochs", "1,500 updates")
    )
    scores = at_default_rate(batch_sizes)
    return judge(
        medium_is_cheapest(
            "ten epochs at the default rate", scores, ten_epochs, *records, sure=confidence()
        ),
        also=[
            medium_is_cheapest(
                "ten epochs at its own best rate", at_own_rate(batch_sizes), ten_epochs, *records
            ),
            medium_is_cheapest(
                "1,500 updates, of 32 to 4,096", at_equal_updates(batch_sizes), updates, *records
            ),
            *(
                gain(f"32 and 64 over {n:,}, ten epochs", medium_lead(scores, n), batch_sizes)
                for n in SIZES
                if n not in MEDIUM
            ),
        ],
        set_up="784–128–10, ReLU, Adam, on 48,000 images. Good is a size whose accuracy is within "
        "0.5 points of the best size's; seconds are those of all its epochs.",
        weakened="Seconds of one machine; one small network.",
    )


@claim("S4.6")
def memory_of_batches(activation_bytes: Record, memory: Record) -> Judgement:
    """Larger batches take more memory."""
    counted = {int(case): activation_bytes(case, "bytes")[0] for case in activation_bytes.cases}
    of_one = counted[1]
    in_step = all(total == images * of_one for images, total in counted.items())
    small, *_, large = sorted(memory.cases, key=int)
    few, many = (memory(case, "bytes_of_step") for case in (small, large))
    for_each = (many - few) / (int(large) - int(small)) / 1000
    return judge(
        identity(
            "counted, each image adds as much",
            in_step and of_one > 0,
            f"{of_one:,.0f} bytes for each image, in batches of 1 to {max(counted):,}",
            activation_bytes,
        ),
        above(
            f"measured, a step takes more for each image between {small} and {int(large):,}",
            mean_interval(for_each, confidence(2, looks=1)),
            0,
            memory,
            unit="kB",
            digits=1,
        ),
        weakened="One small network; the step's peak is that of the whole process, on Linux.",
    )


# --- Large batches at the source's rate -----------------------------------------


def smoother(series_rates: Record, small: str, large: str, sure: float = 0.95) -> Interval:
    """Roughness of one case less that of another, in nats."""
    rough = shared(*(roughness(series_rates, case) for case in (small, large)))
    return paired_difference(*rough, sure)


def own_best(series_rates: Record, ending: str) -> str:
    """The case with the best rate among those of a batch size and a number of epochs."""
    return chosen(series_rates, [c for c in series_rates.cases if c.endswith(ending)], climbed)


@claim("S4.2")
def smooth_and_good(series_rates: Record) -> Judgement:
    """A batch size of 1,000 worked well: smooth training and good validation performance."""
    small, large = (own_best(series_rates, end) for end in (", batch 32", ", 10 epochs"))
    rates = [series_rates.cases[case]["learning_rate"] for case in (small, large)]
    told = "each at its own best rate, {:g} and {:g}".format(*rates)
    noise = series_rates(SERIES, "noise_32"), series_rates(SERIES, "noise_1000")
    both = confidence(2)
    smooth = partial(gain, margin=0.001, unit="nats", digits=4)
    return judge(
        smooth(
            "roughness with batches of 32 less that with 1,000",
            smoother(series_rates, SMALL_BATCH, SERIES, both),
            series_rates,
        ),
        not_worse(
            "accuracy with batches of 1,000 against 32",
            ahead(series_rates, SERIES, SMALL_BATCH, both, climbing=True),
            series_rates,
        ),
        also=[
            smooth(
                f"the same roughness, {told}", smoother(series_rates, small, large), series_rates
            ),
            not_worse(
                f"the same accuracy, {told}",
                ahead(series_rates, large, small, 0.95, climbing=True),
                series_rates,
            ),
            above(
                "noise of the gradient after ten epochs, batches of 32 over 1,000 (ratio above 1)",
                paired_ratio(*noise),
                1,
                series_rates,
                none=1,
            ),
        ],
        set_up="784–128–128–10, ReLU, dropout 0.2 twice, SGD 0.01, 10 epochs on 48,000 images.",
        weakened="With batches of 1,000 an epoch has 48 updates, with 32 it has 1,500.",
    )


@finding
def large_batch_lead(series_rates: Record) -> Interval:
    """Batches of 1,000 minus batches of 32 in the series' set-up, as a share."""
    lead = ahead(series_rates, SERIES, SMALL_BATCH, 0.95, climbing=True)
    expect(lead.high < -MARGIN, "at a rate of 0.01, batches of 1,000 are worse than those of 32")
    return lead


# --- Dropout --------------------------------------------------------------------

NO_DROPOUT = "0.01, no dropout"  # of the record series-rates


def reported_gap(record: Record, case: str) -> np.ndarray:
    """Keras's training accuracy of the last epoch, dropout on, minus validation accuracy."""
    return record(case, "accuracy_curve")[:, -1] - record(case, "val_accuracy")


def closed(
    record: Record, without: str, with_it: str, measured=gap, sure: float = 0.95
) -> Interval:
    """How much smaller dropout makes the gap, as a share."""
    return paired_difference(*shared(measured(record, without), measured(record, with_it)), sure)


@claim("S4.3")
def narrower_gap(series_rates: Record, dropout_adam: Record) -> Judgement:
    """Dropout of 0.2 made the gap between training and validation accuracy smaller."""
    source = series_rates, NO_DROPOUT, SERIES
    long = dropout_adam, "0", "0.2"
    printed = "as Keras prints it: of a network with dropout on, while it changes"
    return judge(
        gain(
            "gap smaller in the source's set-up", closed(*source, sure=confidence()), series_rates
        ),
        also=[
            gain("gap smaller after 50 epochs of Adam", closed(*long), dropout_adam),
            gain(
                f"gap smaller in the source's set-up, {printed}",
                closed(*source, reported_gap),
                series_rates,
            ),
            gain(
                f"gap smaller after 50 epochs of Adam, {printed}",
                closed(*long, reported_gap),
                dropout_adam,
            ),
        ],
        set_up="784–128–128–10, ReLU, SGD 0.01, batches of 1,000, 10 epochs on 48,000 images; "
        "Adam with batches of 32.",
    )


@finding
def dropout_gain_adam(dropout_adam: Record) -> Interval:
    """What dropout of 0.2 does to validation accuracy after 50 epochs of Adam."""
    found = ahead(dropout_adam, "0.2", "0", 0.95)
    expect(found.low <= 0 <= found.high, "whether dropout of 0.2 gains accuracy is open")
    return found


@finding
def dropout_gain_series(series_rates: Record) -> Interval:
    """What dropout of 0.2 does to validation accuracy in the series' set-up."""
    return negative(ahead(series_rates, SERIES, NO_DROPOUT, 0.95, climbing=True))


# --- What accuracy hides ----------------------------------------------------------

APART = 0.02  # precision and recall of a class


def by_class(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 from tables of counts, rows true, shape (seeds, classes) each.

    The precision of a class that was never answered is 0, and so is its F1.
    """
    right = np.diagonal(confusion, axis1=1, axis2=2)
    answered, true = confusion.sum(axis=1), confusion.sum(axis=2)
    return right / np.maximum(answered, 1), right / true, 2 * right / (answered + true)


def best_and_worst(series_rates: Record) -> tuple[int, int]:
    """The classes with the highest and the lowest F1, on the seeds for choosing."""
    means = by_class(series_rates.choices(SERIES, "confusion"))[2].mean(axis=0)
    return int(means.argmax()), int(means.argmin())


def largest(differences: np.ndarray, sure: float) -> Interval:
    """The largest mean difference of several classes, whatever its sign, shape (seeds, classes).

    All classes share the risk, as in the first step of Holm's correction.
    """
    count = differences.shape[1]
    found = [mean_interval(column, 1 - (1 - sure) / count) for column in differences.T]
    lows = [max(one.low, -one.high, 0) for one in found]
    highs = [max(-one.low, one.high) for one in found]
    middle = max(abs(one.estimate) for one in found)
    return Interval(middle, max(lows), max(highs), sure, len(differences))


def apart_after_holm(differences: np.ndarray, bound: float, sure: float) -> list[int]:
    """The columns whose mean is beyond ±bound, by Holm's correction over all of them."""
    means = np.abs(differences.mean(axis=0)) - bound
    errors = differences.std(axis=0, ddof=1) / np.sqrt(len(differences))
    with np.errstate(divide="ignore", invalid="ignore"):
        chances = 2 * stats.t.sf(means / errors, len(differences) - 1)
    found = []
    for left, column in zip(range(len(chances), 0, -1), np.argsort(chances), strict=True):
        if not chances[column] < (1 - sure) / left:
            break
        found.append(int(column))
    return found


@claim("S4.4")
def hidden_by_accuracy(series_rates: Record) -> Judgement:
    """Precision, recall and F1 show what accuracy does not."""
    precision, recall, f1 = by_class(series_rates(SERIES, "confusion"))
    best, worst = best_and_worst(series_rates)
    sure = confidence(2)
    apart = precision - recall
    first = int(np.abs(apart.mean(axis=0)).argmax())
    beyond = apart_after_holm(apart, APART, sure)
    one = above(
        "the largest distance between a class's precision and recall is above 2 points",
        largest(apart, sure),
        APART,
        series_rates,
        unit="points",
        digits=1,
    )
    told = f"{one.number}, {CLASS_NAMES[first]}; beyond it {len(beyond)} of ten classes"
    accuracy = series_rates(SERIES, "val_accuracy")
    return judge(
        gain(
            f"F1 of {CLASS_NAMES[best]} over {CLASS_NAMES[worst]}, by more than 5 points",
            paired_difference(f1[:, best], f1[:, worst], sure),
            series_rates,
            margin=0.05,
            digits=1,
        ),
        replace(one, number=told),
        also=[
            *(
                level(
                    f"mean {name} over the classes against accuracy",
                    paired_difference(values.mean(axis=1), accuracy),
                    series_rates,
                )
                for name, values in (("precision", precision), ("F1", f1))
            ),
            identity(
                "mean recall over the classes is the accuracy, to rounding",
                bool(np.abs(recall.mean(axis=1) - accuracy).max() < 1e-5),
                "every class has as many images",
                series_rates,
                seeds=series_rates.seeds,
            ),
        ],
        set_up="784–128–128–10, ReLU, dropout 0.2 twice, SGD 0.01, batches of 1,000, 10 epochs on "
        "48,000 images. The two classes were chosen on other seeds.",
    )
