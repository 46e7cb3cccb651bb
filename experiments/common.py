"""What the experiments share: the data of each seed, and what is kept of a run."""

import functools
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from sklearn.model_selection import train_test_split

from lessons_src.data import load, scale
from lessons_src.training import repeat, score


class Split(NamedTuple):
    """What is trained on and what is held out; images in [0, 1], shape (n, 28, 28)."""

    x: np.ndarray
    y: np.ndarray
    held_x: np.ndarray
    held_y: np.ndarray


@functools.cache
def images() -> np.ndarray:
    """The official 60,000 training images in [0, 1], shape (60000, 28, 28)."""
    return scale(load().full_images)


def split(seed: int) -> Split:
    """The seed's own 48,000 and 12,000 of the official 60,000, in equal shares by class.

    The first 6,000 of the 12,000 have equal shares as well, so that one half may stop a training
    and the other score it (`halves`).
    """
    labels = load().full_labels
    kept, held = train_test_split(
        np.arange(len(labels)), test_size=len(labels) // 5, stratify=labels, random_state=seed
    )
    first, second = train_test_split(
        held, test_size=len(held) // 2, stratify=labels[held], random_state=seed
    )
    return of_rows(kept, np.concatenate([first, second]))


def public(seed: int) -> Split:
    """The book's one public split, whatever the seed: that of the lessons' own runs."""
    data = load()
    return of_rows(data.train_indices, data.validation_indices)


def of_rows(kept: np.ndarray, held: np.ndarray) -> Split:
    """The official training images of these rows, to train on and to hold out."""
    labels = load().full_labels
    return Split(images()[kept], labels[kept], images()[held], labels[held])


CURVES = ("val_loss", "val_accuracy")


def train(
    build: Callable[[], keras.Model],
    seeds: Sequence[int],
    *,
    data: Callable[[int], Split] = split,
    change: Callable[[np.ndarray], np.ndarray] = lambda images: images,
    targets: Callable[[np.ndarray], np.ndarray] = lambda labels: labels,
    measure: Callable[[keras.Model, Split], dict[str, Any]] = lambda model, own: {},
    curves: Collection[str] = CURVES,
    halves: bool = False,
    scored_epochs: Collection[int] = (),
    callbacks: Callable[[Split], Sequence[keras.callbacks.Callback]] = lambda own: (),
    **fit_arguments: Any,
) -> dict[str, np.ndarray]:
    """Train on each seed's own split and keep curves and final scores, one row for each seed.

    Training accuracy and loss are those of the finished network over all training images, not
    Keras's mean over an epoch in which the network changed.

    Args:
        data: the split by seed.
        change: applied to all images before all else.
        targets: what the loss takes in place of class indices.
        measure: further results of a trained model, by the model and its split.
        curves: histories to keep as "…_curve", shape (seeds, epochs).
        halves: keep "half_loss_curve" and "half_accuracy_curve" too, of the first half of the
            held-out images; the second half has twice the whole less these.
        scored_epochs: after these, counted from 1, all training images are scored as well:
            "train_loss_curve" and "train_accuracy_curve".
        callbacks: more callbacks of a run, by its split.

    Returns:
        "train_loss", "train_accuracy", "val_loss", "val_accuracy", what `measure` gave, and the
        curves.
    """
    now: list[Split] = []
    of_halves, of_training = [], []

    def of_seed(seed: int) -> dict[str, Any]:
        own = data(seed)
        own = Split(change(own.x), targets(own.y), change(own.held_x), targets(own.held_y))
        now[:] = [own]
        return {"x": own.x, "y": own.y, "validation_data": (own.held_x, own.held_y)}

    def scores(model: keras.Model) -> dict[str, Any]:
        trained = score(model, now[0].x, now[0].y)
        validated = score(model, now[0].held_x, now[0].held_y)
        return {
            "train_loss": trained["loss"],
            "train_accuracy": trained["accuracy"],
            "val_loss": validated["loss"],
            "val_accuracy": validated["accuracy"],
            **measure(model, now[0]),
        }

    def watch() -> list[keras.callbacks.Callback]:
        own, more = now[0], []
        if halves:
            half = len(own.held_x) // 2
            of_halves.append(Scores(own.held_x[:half], own.held_y[:half]))
            more.append(of_halves[-1])
        if scored_epochs:
            of_training.append(Scores(own.x, own.y, scored_epochs))
            more.append(of_training[-1])
        return [*more, *callbacks(own)]

    runs = repeat(
        build,
        seeds=seeds,
        data=of_seed,
        measure=scores,
        callbacks=watch,
        verbose=False,
        **fit_arguments,
    )
    results = {**runs.measured, **{f"{name}_curve": runs.history[name] for name in curves}}
    for name, watched in (("half", of_halves), ("train", of_training)):
        for kind in ("loss", "accuracy") if watched else ():
            results[f"{name}_{kind}_curve"] = in_rows([getattr(one, kind) for one in watched])
    return results


def in_rows(runs: Sequence[Sequence[float]]) -> np.ndarray:
    """Values of each run in a row, NaN behind a run that stopped."""
    rows = np.full((len(runs), max(map(len, runs))), np.nan)
    for row, values in zip(rows, runs, strict=True):
        row[: len(values)] = values
    return rows


def constant_rate(rate: float) -> keras.callbacks.Callback:
    """Sets the learning rate, a variable of the compiled epoch: one program serves all rates."""
    return keras.callbacks.LearningRateScheduler(lambda epoch: rate)


class Scores(keras.callbacks.Callback):
    """Scores these images at the end of each epoch, or of those named, counted from 1."""

    def __init__(self, x: np.ndarray, y: np.ndarray, epochs: Collection[int] = ()) -> None:
        super().__init__()
        self.x, self.y, self.epochs, self.loss, self.accuracy = x, y, epochs, [], []

    def on_epoch_end(self, epoch, logs=None) -> None:
        if not self.epochs or epoch + 1 in self.epochs:
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
