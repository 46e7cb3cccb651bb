"""Recorded experiments of the chapter on stochastic gradient descent (claims S6.*)."""

from typing import Any

import keras
import numpy as np

from experiments import experiment
from experiments.common import Clock, TrainingScores, images
from lessons_src.data import load
from lessons_src.models import dense
from lessons_src.training import repeat

EPOCHS = 30


def sgd(rate: float, momentum: float = 0.0, nesterov: bool = False) -> keras.optimizers.SGD:
    """SGD as the cases name it."""
    return keras.optimizers.SGD(rate, momentum=momentum, nesterov=nesterov)


def decaying() -> keras.optimizers.SGD:
    """SGD whose rate falls from 0.1 to 0 along a cosine, over all steps of 30 epochs."""
    steps = EPOCHS * 48_000 // 32
    return keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, steps))


OPTIMISERS = {
    "SGD 0.01": lambda: sgd(0.01),
    "SGD 0.1": lambda: sgd(0.1),
    "momentum 0.01": lambda: sgd(0.01, 0.9),
    "Nesterov 0.01": lambda: sgd(0.01, 0.9, True),
    "SGD 0.1, cosine": decaying,
    "Adam 0.001": lambda: keras.optimizers.Adam(0.001),
}


@experiment(cases={name: {"optimiser": name} for name in OPTIMISERS}, seeds=5)
def optimisers(seeds: list[int], optimiser: str) -> dict[str, Any]:
    """784–128–10, ReLU, batch 32, 30 epochs on 48,000 images; momentum is 0.9."""
    data, (x, held_out) = load(), images()
    scores, clocks = [], []

    def watch() -> list[keras.callbacks.Callback]:
        scores.append(TrainingScores(x, data.train_labels, range(1, EPOCHS + 1)))
        clocks.append(Clock())
        return [scores[-1], clocks[-1]]

    runs = repeat(
        lambda: dense(128, optimizer=OPTIMISERS[optimiser]()),
        x,
        data.train_labels,
        validation_data=(held_out, data.validation_labels),
        seeds=seeds,
        epochs=EPOCHS,
        callbacks=watch,
        verbose=False,
    )
    return {
        "train_loss": [run.loss for run in scores],
        "train_accuracy": [run.accuracy for run in scores],
        "val_loss": runs.history["val_loss"],
        "val_accuracy": runs.history["val_accuracy"],
        "seconds_per_epoch": np.array([clock.median() for clock in clocks]),
    }
