"""What a run is scored by, one for the whole book, and what else several topics take from curves.

A curve has one value for each epoch, on its last axis; epochs are counted from 1. The last three
functions pass on a difference, for sentences that take its sign for granted.
"""

import numpy as np
from numpy.typing import ArrayLike

from book.findings import expect
from lessons_src.recorded import Record
from lessons_src.stats import Interval, paired_difference

#: A network overfits when the rise of its validation loss is above this, in nats.
OVERFITS = 0.01


def score(record: Record, case: str, *, climbing: bool = False) -> np.ndarray:
    """Validation accuracy averaged over the last three epochs, shape (seeds,).

    Of more than fifteen epochs it is the last fifth. Of ten epochs of plain SGD, which still climbs
    (`climbing`), it is the last epoch alone; so it is of first-edition records without a curve.
    """
    if climbing or "val_accuracy_curve" not in record.results[case]:
        return record(case, "val_accuracy")
    return late(record(case, "val_accuracy_curve"))


def late(curve: np.ndarray) -> np.ndarray:
    """Mean of a curve over its last fifth, at least three epochs, without the last axis."""
    return curve[..., -max(3, curve.shape[-1] // 5) :].mean(axis=-1)


def ahead(
    record: Record, case: str, other: str, level: float = 0.95, *, climbing: bool = False
) -> Interval:
    """Score of `case` minus that of `other`, seed by seed, as a share."""
    new, old = (score(record, name, climbing=climbing) for name in (case, other))
    return paired_difference(new, old, level)


def gap(record: Record, case: str) -> np.ndarray:
    """Training minus validation accuracy of the finished network, as a share, shape (seeds,)."""
    return record(case, "train_accuracy") - record(case, "val_accuracy")


def rise(record: Record, case: str) -> np.ndarray:
    """How far the validation loss has risen again at the end, in nats, shape (seeds,)."""
    return risen(record(case, "val_loss_curve"))


def risen(curve: np.ndarray) -> np.ndarray:
    """Mean of a loss's last three epochs minus the lowest mean of any three successive epochs.

    0 where the loss still falls. The last axis is gone.
    """
    means = np.lib.stride_tricks.sliding_window_view(curve, 3, axis=-1).mean(axis=-1)
    return means[..., -1] - means.min(axis=-1)


def roughness(record: Record, case: str) -> np.ndarray:
    """Mean rise of the validation loss from one epoch to the next, from epoch 3 on, in nats.

    Falls count as 0, since descent is no unrest. Shape (seeds,).
    """
    steps = np.diff(record(case, "val_loss_curve")[:, 2:], axis=1)
    return np.maximum(steps, 0).mean(axis=1)


def at(curves: np.ndarray, epochs: ArrayLike) -> np.ndarray:
    """Each run's curve in an epoch of its own, shape (seeds,)."""
    return curves[np.arange(len(curves)), np.asarray(epochs) - 1]


def epochs_to(curves: np.ndarray, accuracy: float) -> np.ndarray:
    """The first epoch with this accuracy; one more than were run where there is none."""
    reached = np.column_stack([curves >= accuracy, np.ones(len(curves), bool)])
    return reached.argmax(axis=1) + 1


def by_others(scores: np.ndarray) -> np.ndarray:
    """For each seed, the row of `scores` that is best by the mean of all other seeds.

    So no seed chooses by its own luck. `scores` has a row for each candidate and a column for each
    seed; the larger the better.
    """
    others = scores.sum(axis=1, keepdims=True) - scores
    return others.argmax(axis=0)


def at_best(values: np.ndarray, by: np.ndarray | None = None) -> np.ndarray:
    """The value of each seed with the candidate that is best on the others, shape (seeds,).

    Args:
        values: shape (candidates, seeds).
        by: what the others choose by, of the same shape, the larger the better; else the values.
    """
    chosen = by_others(values if by is None else by)
    return values[chosen, np.arange(values.shape[1])]


def span(values: np.ndarray) -> str:
    """The smallest and the largest of some whole numbers: ``9 to 16``, or ``0``."""
    ends = sorted({int(values.min()), int(values.max())})
    return " to ".join(map(str, ends))


def without_sign(difference: Interval) -> Interval:
    """A difference of which a sentence says that it is not clear."""
    expect(difference.low < 0 < difference.high, "neither of the two is seen ahead")
    return difference


def positive(difference: Interval) -> Interval:
    """A difference of which a sentence says that it is more, or a gain."""
    expect(difference.low > 0, "the difference is above 0")
    return difference


def negative(difference: Interval) -> Interval:
    """A difference of which a sentence says that it is less, or a loss."""
    expect(difference.high < 0, "the difference is below 0")
    return difference
