"""Recorded experiments of the chapter on trial and error (claims S0, S8.1, S8.4, S8.7)."""

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


DATA = "images train_images train_labels test_images test_labels"
# Of each listing of the series, by its part and its place there: the names that it needs, and
# those that it gives. A star marks what it gives only if it gets to its end; a model that was built
# stays, even if its training then fails. `rows_of_784` is a shape: networks that ask for images as
# rows of 784 numbers, while the data stay squares of 28 by 28.
LISTINGS = {
    "1.1": ("", f"plt {DATA}"),
    "1.2": ("X_train", ""),
    "1.3": ("X_train", "Sequential model"),
    "2.1": ("X_train", "Sequential model"),
    "3.1": ("", "Sequential"),
    "4.1": ("", "Sequential model"),
    "4.2": ("model", ""),
    "4.3": ("model train_images rows_of_784", "history*"),
    "4.4": ("model", ""),
    "4.5": ("model test_images rows_of_784", "predicted_classes*"),
    "5.1": ("", f"np {DATA}"),
    "5.2": ("model train_images rows_of_784", "history*"),
    "6.1": ("model", ""),
    "7.1": ("", ""),
    "7.2": ("train_images rows_of_784", "Sequential model"),
    "8.1": ("model", ""),
    "8.2": ("model", ""),
    "8.3": ("model train_images rows_of_784", "history*"),
    "8.4": ("plt history", ""),
    "8.5": ("Sequential", "model"),
    "8.6": ("np predicted_classes test_labels", ""),
}
# Which listings share a notebook: those whose numbers agree in all, one, or none of their figures.
READINGS = {"alone": None, "part": 1, "series": 0}


@experiment(
    cases={
        number: {"number": number, "needs": needs, "gives": gives}
        for number, (needs, gives) in LISTINGS.items()
    },
    seeds=1,
)
def listings(seeds: list[int], number: str, needs: str, gives: str) -> dict[str, Any]:
    """What each listing of the series needs and gives, noted by hand; whether it runs, counted."""
    found = {}
    for reading, figures in READINGS.items():
        missing = missing_names(number, figures)
        found[reading] = [int(not missing)] * len(seeds)
        found[f"{reading}_shape"] = [int(missing[:1] == ["rows_of_784"])] * len(seeds)
    return found


def missing_names(number: str, figures: int | None) -> list[str]:
    """What a listing lacks, in the order in which it needs it, after those before it have run."""
    known: set[str] = set()
    for other, (needs, gives) in LISTINGS.items():
        if other[:figures] != number[:figures]:
            continue
        missing = [name for name in needs.split() if name not in known]
        if other == number:
            return missing
        known |= {g.strip("*") for g in gives.split() if not (missing and "*" in g)}
    raise ValueError(f"there is no listing {number}")
