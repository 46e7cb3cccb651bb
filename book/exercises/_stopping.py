"""A common mistake about early stopping, which two chapters know."""

from collections.abc import Sequence


def stop_at_rises(losses: Sequence[float], patience: int, min_delta: float = 0.0) -> list[int]:
    """The same by one who compares each epoch with the one before, and not with the best."""
    best, waited = 0, 0
    for epoch, loss in enumerate(losses[1:], 1):
        waited = 0 if loss < losses[epoch - 1] - min_delta else waited + 1
        if loss < losses[best] - min_delta:
            best = epoch
        if waited >= patience:
            break
    return [epoch + 1, best + 1]
