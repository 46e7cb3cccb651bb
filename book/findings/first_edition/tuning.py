"""Batch, rate, width, dropout and what accuracy hides: what the records say of each."""

import numpy as np

from book.claims import (
    Judgement,
    above,
    confidence,
    gain,
    identity,
    judge,
    not_worse,
    share,
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings.first_edition._scores import ahead, roughness, score
from lessons_src.recorded import Record
from lessons_src.stats import (
    MARGIN,
    Interval,
    mean_interval,
    paired_difference,
    paired_ratio,
)

IMAGES = 48_000
SIZES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
MEDIUM, LARGE = (32, 64), (512, 1024, 2048, 4096)
TOLERANCE = 0.005  # below the best size, as S2.3 is read
SERIES_CASE, SMALL_BATCH = "0.01, 10 epochs", "0.01, batch 32"  # of the record series-rates


# --- Batch size ---------------------------------------------------------------


def mean_score(batch_size: Record, sizes: tuple[int, ...], budget: str) -> np.ndarray:
    """Mean score of these sizes, shape (seeds,)."""
    return np.mean([score(batch_size, f"{n}, {budget}") for n in sizes], axis=0)


def medium_lead(batch_size: Record, sizes: tuple[int, ...], budget: str) -> Interval:
    """Batches of 32 and 64 minus those of `sizes`, as a share."""
    medium, others = (mean_score(batch_size, group, budget) for group in (MEDIUM, sizes))
    return paired_difference(medium, others)


def seconds(batch_size: Record, case: str, size: int) -> float:
    """What a run of a case takes: its epochs, each as long as in the fastest of the runs."""
    epochs = batch_size(case, "updates")[0] / -(-IMAGES // size)
    return epochs * batch_size(case, "seconds_per_epoch").min()


def cheapest_good(batch_size: Record, budget: str) -> np.ndarray:
    """Of the sizes whose score is near that of the best, the fastest one, shape (seeds,)."""
    cases = {n: f"{n}, {budget}" for n in SIZES if f"{n}, {budget}" in batch_size.cases}
    scores = np.array([score(batch_size, case) for case in cases.values()])
    taken = np.array([[seconds(batch_size, case, n)] for n, case in cases.items()])
    good = scores >= scores.max(axis=0) - TOLERANCE
    return np.array(list(cases))[np.where(good, taken, np.inf).argmin(axis=0)]


@claim("S2.3")
def balanced_batches(batch_size: Record) -> Judgement:
    """Batches of 32 to 64 balance speed and generalisation."""
    of_epochs, of_updates = (
        cheapest_good(batch_size, budget) for budget in ("10 epochs", "1,500 updates")
    )
    found = [int(np.isin(sizes, MEDIUM).sum()) for sizes in (of_epochs, of_updates)]
    asked = "the fastest of the good sizes is 32 or 64"
    singly = [
        gain(
            f"32 and 64 over {n:,}, ten epochs",
            medium_lead(batch_size, (n,), "10 epochs"),
            batch_size,
        )
        for n in SIZES
        if n not in MEDIUM
    ]
    pooled = [
        gain(
            f"32 and 64 over 512 and more, {told}",
            medium_lead(batch_size, LARGE, budget),
            batch_size,
        )
        for budget, told in (("10 epochs", "ten epochs"), ("1,500 updates", "1,500 updates"))
    ]
    return judge(
        share(f"{asked}, ten epochs", found[0], len(of_epochs), 0.5, batch_size),
        also=[
            unmeasured("each size at its own best rate", "recorded at Adam's default rate only"),
            share(f"{asked}, 1,500 updates", found[1], len(of_updates), 0.5, batch_size),
            *singly,
            *pooled,
        ],
        weakened="Accuracy of the last epoch, and seconds of one machine.",
    )


@claim("S4.6")
def memory_of_batches(activation_bytes: Record, memory: Record) -> Judgement:
    """Larger batches take more memory."""
    counted = {int(case): activation_bytes(case, "bytes")[0] for case in activation_bytes.cases}
    of_one = counted[1]
    in_step = all(total == images * of_one for images, total in counted.items())
    few, many = (memory(case, "bytes_of_step") for case in ("32", "48000"))
    for_each = mean_interval((many - few) / (48_000 - 32) / 1000)
    return judge(
        identity(
            "counted, each image adds as much",
            in_step and of_one > 0,
            f"{of_one:,.0f} bytes for each image, in batches of 1 to {max(counted):,}",
            activation_bytes,
        ),
        above(
            "measured, a step takes more for each image between 32 and 48,000",
            for_each,
            0,
            memory,
            unit="kB",
            digits=1,
        ),
        weakened="One small network; the step's peak is that of the whole process, on Linux.",
    )


# --- Batch and rate -----------------------------------------------------------


def walk_short(batch_and_rate: Record, rate_first: bool) -> Interval:
    """The best cell of the record minus where a walk from 1,000 and 0.01 ends."""
    settings = list(batch_and_rate.cases.values())
    batches, rates = (
        sorted({setting[name] for setting in settings}) for name in ("batch_size", "learning_rate")
    )
    scores = np.array([[score(batch_and_rate, f"{b}, {r:g}") for r in rates] for b in batches])
    mean = scores.mean(axis=2)
    if rate_first:
        column = mean[batches.index(1000)].argmax()
        end = mean[:, column].argmax(), column
    else:
        row = mean[:, rates.index(0.01)].argmax()
        end = row, mean[row].argmax()
    best = np.unravel_index(mean.argmax(), mean.shape)
    return paired_difference(scores[best], scores[end])


@finding
def best_rate_growth(batch_and_rate: Record) -> Interval:
    """The best rate for batches of 5,000 over that for batches of 40, seed by seed."""
    rates = np.array(sorted({case["learning_rate"] for case in batch_and_rate.cases.values()}))
    small, large = (
        rates[np.argmax([score(batch_and_rate, f"{n}, {r:g}") for r in rates], axis=0)]
        for n in (40, 5000)
    )
    found = paired_ratio(large, small)
    expect(found.low <= 1 <= found.high, "these seeds leave open whether the best rate grows")
    return found


@finding
def rate_first_short(batch_and_rate: Record) -> Interval:
    """What a walk that turns the rate first loses against the best cell."""
    lost = walk_short(batch_and_rate, rate_first=True)
    expect(lost.low <= 0 < lost.high, "these seeds leave open whether the walk loses accuracy")
    return lost


@finding
def batch_first_short(batch_and_rate: Record) -> Interval:
    """What a walk that turns the batch first loses against the best cell."""
    lost = walk_short(batch_and_rate, rate_first=False)
    expect(lost.low == 0 == lost.high, "turning the batch first arrives at the best cell")
    return lost


@finding
def large_batch_lead(series_rates: Record) -> Interval:
    """Batches of 1,000 minus batches of 32 in the series' set-up, as a share."""
    lead = ahead(series_rates, SERIES_CASE, SMALL_BATCH, climbing=True)
    expect(lead.high < -MARGIN, "at a rate of 0.01, batches of 1,000 are worse than those of 32")
    return lead


@claim("S4.2")
def smooth_and_good(series_rates: Record) -> Judgement:
    """A batch size of 1,000 worked well: smooth training and good validation performance."""
    rough = [roughness(series_rates, case) for case in (SMALL_BATCH, SERIES_CASE)]
    return judge(
        gain(
            "roughness with batches of 32 less that with 1,000",
            paired_difference(*rough, confidence(2, looks=1)),
            series_rates,
            margin=0.001,
            unit="nats",
            digits=4,
        ),
        not_worse(
            "accuracy with batches of 1,000 against 32",
            ahead(series_rates, SERIES_CASE, SMALL_BATCH, confidence(2, looks=1), climbing=True),
            series_rates,
        ),
        also=[
            unmeasured("each size at its own best rate", "batches of 32 have one rate only"),
            unmeasured("noise of the gradient", "trained and measured on the page, not recorded"),
        ],
        set_up="784–128–128–10, ReLU, dropout 0.2 twice, SGD 0.01, 10 epochs on 48,000 images.",
    )


# --- Width and rate -----------------------------------------------------------


def lean(width_and_rate: Record, low: float, high: float) -> Interval:
    """What the higher of two rates gains with 8 neurons, minus what it gains with 512."""
    gains = [
        score(width_and_rate, f"{n}, {high:g}") - score(width_and_rate, f"{n}, {low:g}")
        for n in (8, 512)
    ]
    return paired_difference(*gains)


@finding
def lean_below(width_and_rate: Record) -> Interval:
    """Below Adam's default: from a rate of 0.0001 to 0.001."""
    found = lean(width_and_rate, 0.0001, 0.001)
    expect(found.low > 0, "below the default, a higher rate gains the narrow network more")
    return found


@finding
def lean_above(width_and_rate: Record) -> Interval:
    """Above Adam's default: from a rate of 0.001 to 0.01."""
    found = lean(width_and_rate, 0.001, 0.01)
    expect(found.low <= 0 <= found.high, "above the default, the two are not told apart")
    return found


# --- Dropout ------------------------------------------------------------------


def closed(dropout: Record, set_up: str, reported: bool = False) -> Interval:
    """How much smaller dropout of 0.2 makes the gap, as a share.

    Args:
        set_up: "series" or "Adam".
        reported: take the training accuracy that Keras prints, with dropout on.
    """
    name = "reported_accuracy" if reported else "train_accuracy"
    without, with_it = (
        dropout(f"{set_up}, {share}", name) - dropout(f"{set_up}, {share}", "val_accuracy")
        for share in ("0", "0.2")
    )
    return paired_difference(without, with_it)


@claim("S4.3")
def narrower_gap(dropout: Record) -> Judgement:
    """Dropout of 0.2 made the gap between training and validation accuracy smaller."""
    twenty = "gap smaller after 20 epochs of Adam, batches of 32"
    return judge(
        gain("gap smaller in the source's set-up", closed(dropout, "series"), dropout),
        also=[
            unmeasured("after 50 epochs of Adam", "recorded for 20 epochs"),
            gain(twenty, closed(dropout, "Adam"), dropout),
            gain(
                "gap smaller in the source's set-up, as Keras prints it",
                closed(dropout, "series", reported=True),
                dropout,
            ),
            gain(f"{twenty}, as Keras prints it", closed(dropout, "Adam", reported=True), dropout),
        ],
        set_up="784–128–128–10, ReLU, SGD 0.01, batches of 1,000, 10 epochs on 48,000 images.",
    )


@finding
def dropout_gain_adam(dropout: Record) -> Interval:
    """What dropout of 0.2 does to validation accuracy after 20 epochs of Adam."""
    found = ahead(dropout, "Adam, 0.2", "Adam, 0")
    expect(found.low <= 0 <= found.high, "whether dropout of 0.2 gains accuracy is open")
    return found


@finding
def dropout_gain_series(dropout: Record) -> Interval:
    """What dropout of 0.2 does to validation accuracy in the series' set-up."""
    found = ahead(dropout, "series, 0.2", "series, 0", climbing=True)
    expect(found.high < -MARGIN, "dropout of 0.2 costs accuracy in the series' set-up")
    return found


# --- What accuracy hides ------------------------------------------------------


@claim("S4.4")
def by_class() -> Judgement:
    """Precision, recall and F1 show what accuracy does not."""
    live = "trained on the page, and not recorded"
    return judge(
        unmeasured("F1 of the best class over that of the worst", live),
        unmeasured("a class whose precision and recall differ", live),
    )
