"""What a run is scored by, one for the whole book, and what else several topics take from curves.

A curve has one value for each epoch, on its last axis; epochs are counted from 1. A run that
diverged has NaN behind its end, and counts as a guess. The last three functions pass on a
difference, for sentences that take its sign for granted.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from book.claims import confidence
from book.findings import expect
from lessons_src.recorded import Record, shared
from lessons_src.stats import Interval, paired_difference
from lessons_src.stopping import early_stop

#: A network overfits when the rise of its validation loss is above this, in nats.
OVERFITS = 0.01
#: The accuracy of a guess, which a run that diverged scores.
GUESS = 0.1


def score(record: Record, case: str, *, climbing: bool = False) -> np.ndarray:
    """Validation accuracy averaged over the last three epochs, shape (seeds,).

    Of more than fifteen epochs it is the last fifth. Of ten epochs of plain SGD, which still climbs
    (`climbing`), it is the last epoch alone.
    """
    curve = finite(record(case, "val_accuracy_curve"))
    return curve[:, -1] if climbing else late(curve)


def finite(curve: np.ndarray) -> np.ndarray:
    """An accuracy curve with a guess where a run had diverged."""
    return np.where(np.isfinite(curve), curve, GUESS)


def late(curve: np.ndarray) -> np.ndarray:
    """Mean of a curve over its last fifth, at least three epochs, without the last axis."""
    return curve[..., -max(3, curve.shape[-1] // 5) :].mean(axis=-1)


def ahead(
    record: Record,
    case: str,
    other: str,
    level: float | None = None,
    *,
    climbing: bool = False,
) -> Interval:
    """Score of `case` minus that of `other`, seed by seed, as a share; at 98.2 % unless told."""
    both = shared(*(score(record, name, climbing=climbing) for name in (case, other)))
    return paired_difference(*both, confidence() if level is None else level)


def chosen(
    record: Record,
    candidates: Sequence[str],
    by: Callable[[Record, str], np.ndarray] = score,
) -> str:
    """The candidate with the best mean on the seeds that settings are chosen on.

    Args:
        by: what is compared, by record and case, the larger the better.

    Raises:
        ValueError: the record has no runs to choose by.
    """
    if record.choices is None:
        raise ValueError(f"{record.name} has no runs with the choosing seeds: declare choosing=…")
    return max(candidates, key=lambda case: float(np.mean(by(record.choices, case))))


class Stopped(NamedTuple):
    """Runs that were stopped early by one half of the held-out images, each of shape (seeds,).

    Attributes:
        epochs: how many were trained.
        kept: the best epoch by then, to which the weights go back.
        loss, accuracy: on the other half, at the kept epoch.
        last_loss, last_accuracy: on the other half, of the whole run: its late epochs.
    """

    epochs: np.ndarray
    kept: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    last_loss: np.ndarray
    last_accuracy: np.ndarray


def stopped(record: Record, case: str, patience: int, *, by: str = "loss") -> Stopped:
    """Replay an early stop on recorded curves: one half of the images stops, the other scores.

    Needs the curves of an experiment that keeps `halves`.

    Args:
        by: "loss", the lower the better, or "accuracy".
    """
    first = {kind: record(case, f"half_{kind}_curve") for kind in ("loss", "accuracy")}
    second = {kind: 2 * record(case, f"val_{kind}_curve") - first[kind] for kind in first}
    watched = first[by] if by == "loss" else -first[by]
    trained, kept = np.array([early_stop(list(curve), patience) for curve in watched]).T
    return Stopped(
        trained,
        kept,
        at(second["loss"], kept),
        at(second["accuracy"], kept),
        late(second["loss"]),
        late(second["accuracy"]),
    )


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
