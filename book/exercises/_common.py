"""What the exercises of several chapters are made of: right functions and common mistakes."""

from collections.abc import Sequence

import numpy as np
from scipy import special


def softmax(z: np.ndarray) -> np.ndarray:
    """Softmax of each row."""
    return special.softmax(z, axis=1)


def shares(powers: np.ndarray, axis: int | None = 1, keepdims: bool = True) -> np.ndarray:
    """The last step of softmax, and what is often made of it."""
    return powers / powers.sum(axis=axis, keepdims=keepdims)


def of_label(table: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The entry of each row, one for each image, in the column of its own label."""
    return table[np.arange(len(labels)), labels]


def stop_at_rises(losses: Sequence[float], patience: int, min_delta: float = 0.0) -> list[int]:
    """Early stopping by one who compares each epoch with the one before, and not with the best."""
    best, waited = 0, 0
    for epoch, loss in enumerate(losses[1:], 1):
        waited = 0 if loss < losses[epoch - 1] - min_delta else waited + 1
        if loss < losses[best] - min_delta:
            best = epoch
        if waited >= patience:
            break
    return [epoch + 1, best + 1]
