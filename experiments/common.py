"""What the experiments share: the data as the networks take them, and what is kept of a run."""

import functools
import time
from collections.abc import Callable, Container, Sequence
from typing import Any

import keras
import numpy as np

from lessons_src.data import load, scale
from lessons_src.training import repeat, score


@functools.cache
def images() -> tuple[np.ndarray, np.ndarray]:
    """Training and validation images in [0, 1], shapes (48000, 28, 28) and (12000, 28, 28)."""
    data = load()
    return scale(data.train_images), scale(data.validation_images)


def train(
    build: Callable[[], keras.Model],
    seeds: Sequence[int],
    *,
    change: Callable[[np.ndarray], np.ndarray] = lambda images: images,
    measure: Callable[[keras.Model], dict[str, Any]] = lambda model: {},
    curves: Sequence[str] = (),
    **fit_arguments: Any,
) -> dict[str, np.ndarray]:
    """Train on the 48,000 images and keep the final scores, one row for each seed.

    Training accuracy and loss are those of the finished network over all training images, not
    Keras's mean over an epoch in which the network changed.

    Args:
        change: applied to training and validation images before all else.
        measure: further results of a trained model.
        curves: histories to keep, such as "val_loss", shape (seeds, epochs).
    """
    data = load()
    x, held_out = map(change, images())
    scored = held_out, data.validation_labels

    def scores(model: keras.Model) -> dict[str, Any]:
        trained, validated = score(model, x, data.train_labels), score(model, *scored)
        return {
            "train_loss": trained["loss"],
            "train_accuracy": trained["accuracy"],
            "val_loss": validated["loss"],
            "val_accuracy": validated["accuracy"],
            **measure(model),
        }

    if any(name.startswith("val_") for name in curves):
        fit_arguments["validation_data"] = scored
    clocks = []
    runs = repeat(
        build,
        x,
        data.train_labels,
        seeds=seeds,
        measure=scores,
        callbacks=lambda: [clocks.append(Clock()) or clocks[-1]],
        verbose=False,
        **fit_arguments,
    )
    return {
        **runs.measured,
        "seconds_per_epoch": np.array([clock.median() for clock in clocks]),
        **{f"{name}_curve": runs.history[name] for name in curves},
    }


def constant_rate(rate: float) -> keras.callbacks.Callback:
    """Sets the learning rate, a variable of the compiled epoch: one program serves all rates."""
    return keras.callbacks.LearningRateScheduler(lambda epoch: rate)


class TrainingScores(keras.callbacks.Callback):
    """Scores all training images at the end of each of these epochs, counted from 1."""

    def __init__(self, x: np.ndarray, y: np.ndarray, epochs: Container[int]) -> None:
        super().__init__()
        self.x, self.y, self.epochs, self.loss, self.accuracy = x, y, epochs, [], []

    def on_epoch_end(self, epoch, logs=None) -> None:
        if epoch + 1 in self.epochs:
            found = score(self.model, self.x, self.y)
            self.loss.append(found["loss"])
            self.accuracy.append(found["accuracy"])


class Clock(keras.callbacks.Callback):
    """Times the epochs, apart from the first of several, which includes the compilation."""

    def on_train_begin(self, logs=None) -> None:
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None) -> None:
        self.seconds.append(time.perf_counter() - self.started)

    def median(self) -> float:
        """Seconds of an epoch, with its validation where there is one."""
        return float(np.median(self.seconds[1:] or self.seconds))
