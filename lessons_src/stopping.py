"""Early stopping on a list of losses, without training: where it stops, and what it keeps."""

from collections.abc import Sequence


def early_stop(losses: Sequence[float], patience: int, min_delta: float = 0.0) -> list[int]:
    """The last epoch trained and the best one by then, from 1, as Keras's `EarlyStopping` does."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best] - min_delta:
            best = epoch
        elif epoch - best >= patience:
            break
    return [epoch + 1, best + 1]
