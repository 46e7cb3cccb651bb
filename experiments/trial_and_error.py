"""Recorded experiments of the chapter on trial and error (claims S0, S8.1, S8.6, S8.7)."""

from typing import Any

import keras
import numpy as np
from keras import layers

from experiments import cases_of, experiment
from experiments.common import Split, split, train
from lessons_src.models import classifier, dense

# --- Overfitting and its cures --------------------------------------------------

CURES = {
    "dropout 0.5": {"dropout": 0.5},
    "dropout 0.2": {"dropout": 0.2},
    "L2 0.0001": {"l2": 1e-4},
    "shifted": {"shift": 2},
    "12,000 images": {"kept": 12_000},
}


@experiment(cases=CURES, also=CURES.keys() - {"dropout 0.5"}, seeds_per_job=5)
def cures(
    seeds: list[int], dropout: float = 0, l2: float = 0, shift: int = 0, kept: int = 48_000
) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 32; 30 epochs, each of 48,000 images shown.

    The network without a cure is that of `long_run`, after its first 30 epochs.
    """

    def build() -> keras.Model:
        if not l2 and not shift:
            return dense(128, dropout=dropout)
        moved = [Shift(shift)] if shift else []
        penalty = keras.regularizers.L2(l2) if l2 else None
        hidden = layers.Dense(128, "relu", kernel_regularizer=penalty)
        return classifier(layers.Input((28, 28)), *moved, layers.Flatten(), hidden)

    return train(
        build,
        seeds,
        data=lambda seed: repeated(split(seed), kept),
        epochs=30,
        jit_compile=True if shift else None,  # `fit` does not know that it pays for Shift
    )


class Shift(layers.Layer):
    """Moves each image, while training, by up to `most` whole pixels each way; black comes in."""

    def __init__(self, most: int) -> None:
        super().__init__()
        # A matrix with ones beside its diagonal moves the rows of an image, or its columns.
        self.moves = np.array([np.eye(28, k=k, dtype=np.float32) for k in range(-most, most + 1)])
        self.seeds = keras.random.SeedGenerator()

    def call(self, images, training=False):
        if not training:
            return images
        of_each = keras.ops.shape(images)[:1]
        down, across = (
            keras.ops.take(
                self.moves,
                keras.random.randint(of_each, 0, len(self.moves), seed=self.seeds),
                axis=0,
            )
            for _ in range(2)
        )
        return down @ images @ across


def repeated(own: Split, kept: int) -> Split:
    """The first `kept` training images, shown several times to give as many steps as all."""
    shown = np.resize(np.arange(kept), len(own.x))
    return own if kept == len(own.x) else own._replace(x=own.x[shown], y=own.y[shown])


HALF = {
    f"{units} units": {"units": units, "epochs": epochs}
    for units, epochs in ((4, 100), (16, 60), (128, 30))
}


@experiment(cases=HALF, also=HALF)
def half_the_images(seeds: list[int], units: int, epochs: int) -> dict[str, Any]:
    """784–units–10, ReLU, Adam, batch 32, on 24,000 images."""

    def half(seed: int) -> Split:
        own = split(seed)
        return own._replace(x=own.x[:24_000], y=own.y[:24_000])

    return train(lambda: dense(units), seeds, data=half, epochs=epochs)


# --- One thing at a time --------------------------------------------------------

# What the series changes in its own log of mistakes, beginning with one dense layer of 128.
CHANGES = cases_of(
    "{optimiser}, batch {batch_size}, dropout {dropout}",
    optimiser=("Adam 0.001", "SGD 0.01"),
    batch_size=(32, 1000),
    dropout=(0.0, 0.5),
)
# Two changes at once: for searches, while the sum asks for none, for single ones and for all.
DOUBLE = CHANGES.keys() - {
    "Adam 0.001, batch 32, dropout 0.0",
    "Adam 0.001, batch 32, dropout 0.5",
    "Adam 0.001, batch 1000, dropout 0.0",
    "SGD 0.01, batch 32, dropout 0.0",
    "SGD 0.01, batch 1000, dropout 0.5",
}


@experiment(cases=CHANGES, also=DOUBLE, choosing=True, seeds_per_job=5)
def single_changes(
    seeds: list[int], optimiser: str, batch_size: int, dropout: float
) -> dict[str, Any]:
    """784–128–10, ReLU, 10 epochs on 48,000 images."""
    name = {"Adam 0.001": "adam", "SGD 0.01": "sgd"}[optimiser]  # at Keras's own rates
    return train(
        lambda: dense(128, dropout=dropout, optimizer=name),
        seeds,
        epochs=10,
        batch_size=batch_size,
        curves=("val_accuracy",),
    )


# --- Listings -------------------------------------------------------------------
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
