"""Recorded experiments of the chapter on trial and error (claims S8.1, S8.4, S8.7)."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from experiments import experiment
from experiments.common import TrainingScores, images, train
from lessons_src.data import load, scale
from lessons_src.models import classifier, dense
from lessons_src.training import repeat

EPOCHS, LONG = 30, 80
SCORED = (2, 5, 10, 20, EPOCHS, 50, LONG)  # epochs after which training images are scored


@experiment(
    cases={
        "none": {},
        "dropout 0.5": {"dropout": 0.5},
        "L2 0.0001": {"l2": 1e-4},
        "shifted": {"shift": 1 / 14},
        "12,000 images": {"kept": 12_000},
    },
    seeds=5,
)
def cures(
    seeds: list[int], dropout: float = 0, l2: float = 0, shift: float = 0, kept: int = 48_000
) -> dict[str, Any]:
    """784–128–128–10, ReLU, Adam, batch 128; 30 epochs, each of 48,000 images shown."""

    def build() -> keras.Model:
        if not l2 and not shift:
            return dense(128, 128, dropout=dropout)
        ahead, penalty = [], keras.regularizers.L2(l2) if l2 else None
        if shift:  # by up to two pixels in each direction, black where nothing was
            moved = layers.RandomTranslation(shift, shift, fill_mode="constant")
            ahead = [layers.Reshape((28, 28, 1)), moved]
        hidden = [layers.Dense(128, "relu", kernel_regularizer=penalty) for _ in range(2)]
        return classifier(layers.Input((28, 28)), *ahead, layers.Flatten(), *hidden)

    return histories(build, seeds, EPOCHS, kept)


@experiment(
    # The fewest weights, where overfitting comes last, if it comes.
    cases={f"{units} units": {"units": units} for units in (4, 16)},
    seeds=5,
)
def overfitting(seeds: list[int], units: int) -> dict[str, Any]:
    """784–units–10, ReLU, Adam, batch 128; 60 epochs on 48,000 images."""
    return train(lambda: dense(units), seeds, batch_size=128, epochs=60, curves=["val_loss"])


def histories(
    build: Callable[[], keras.Model], seeds: Sequence[int], epochs: int, kept: int = 48_000
) -> dict[str, np.ndarray]:
    """Train on the first `kept` images; fewer are shown several times, in as many steps.

    Returns:
        Curves, by seed: loss (with an L2 penalty, if there is one) and accuracy on the validation
        images and accuracy on the test images, all epochs; loss and accuracy on the training
        images as they are, of the network as it stood after the epochs in SCORED.
    """
    data, (x, held_out) = load(), images()
    y, shown = data.train_labels, np.resize(np.arange(kept), len(x))
    labels = data.test_labels("what early stopping and the cures of overfitting cost (recorded)")
    test, every = scale(data.test_images), range(1, epochs + 1)
    watches = []

    def watch() -> list[TrainingScores]:
        known = TrainingScores(x[:kept], y[:kept], SCORED)
        watches.append((known, TrainingScores(test, labels, every)))
        return [*watches[-1]]

    runs = repeat(
        build,
        x[shown],
        y[shown],
        seeds=seeds,
        batch_size=128,
        epochs=epochs,
        validation_data=(held_out, data.validation_labels),
        callbacks=watch,
        verbose=False,
    )
    return {
        "val_loss_curve": runs.history["val_loss"],
        "val_accuracy_curve": runs.history["val_accuracy"],
        "test_accuracy_curve": np.array([tested.accuracy for _, tested in watches]),
        "train_loss_curve": np.array([known.loss for known, _ in watches]),
        "train_accuracy_curve": np.array([known.accuracy for known, _ in watches]),
    }
