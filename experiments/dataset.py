"""Recorded counts and runs of the chapter on the dataset (claims S1.*)."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from sklearn.tree import DecisionTreeClassifier

from experiments import FIXED, experiment
from experiments.common import Split, split, train
from experiments.dense_design import short
from lessons_src.data import load
from lessons_src.models import convolutional, dense
from lessons_src.training import score

PARTS = ("training set", "test set", "our fifth", "last fifth")


@experiment(cases={part: {"part": part} for part in PARTS}, seeds=1)
def class_counts(seeds: list[int], part: str) -> dict[str, Any]:
    """Counted: the official files, our stratified fifth, and the last fifth, which Keras takes."""
    data = load()
    fifth = len(data.full_labels) // 5
    if part == "test set":
        images, labels = data.test_images, data.test_labels("count the classes (S1.1, S1.2)")
    elif part == "our fifth":
        images, labels = data.validation_images, data.validation_labels
    else:
        rows = slice(-fifth if part == "last fifth" else 0, None)
        images, labels = data.full_images[rows], data.full_labels[rows]
    found = {
        "images": len(images),
        "rows": images.shape[1],
        "columns": images.shape[2],
        "lowest_level": images.min(),
        "highest_level": images.max(),
        "classes": np.bincount(labels, minlength=10),
    }
    return {name: [value] * len(seeds) for name, value in found.items()}  # nothing is drawn


@experiment(cases={"random fifth": {}}, seeds=FIXED)
def random_fifths(seeds: list[int]) -> dict[str, Any]:
    """A fifth of the 60,000 official training images, drawn without looking at the classes."""
    labels = load().full_labels
    drawn = (
        np.random.default_rng(seed).choice(labels, len(labels) // 5, replace=False)
        for seed in seeds
    )
    return {"classes": [np.bincount(fifth, minlength=10) for fifth in drawn]}


# --- What scaling is worth -----------------------------------------------------


def scaled(own: Split) -> Split:
    """Pixels in [0, 1], as they are."""
    return own


def raw(own: Split) -> Split:
    """Pixels in [0, 255], as they are in the files."""
    return own._replace(x=np.round(255 * own.x), held_x=np.round(255 * own.held_x))


def standardised(own: Split) -> Split:
    """Mean 0 and standard deviation 1 over all pixels of the training images."""
    mean, deviation = (getattr(own.x, name)(dtype=float) for name in ("mean", "std"))

    def change(pixels: np.ndarray) -> np.ndarray:
        return ((pixels - mean) / deviation).astype(np.float32)

    return own._replace(x=change(own.x), held_x=change(own.held_x))


PIXELS = {"scaled": scaled, "raw": raw, "standardised": standardised}
#: The optimiser of the series' first part and that of its later ones, each with its batches.
OPTIMISERS = {
    "Adam": {"optimiser": "Adam", "learning_rate": 0.001, "batch_size": 32},
    "SGD": {"optimiser": "SGD", "learning_rate": 0.01, "batch_size": 1000},
    "SGD at a hundredth": {"optimiser": "SGD", "learning_rate": 0.0001, "batch_size": 1000},
}


@experiment(
    cases={
        f"{pixels}, {name}": {"pixels": pixels, **OPTIMISERS[name]}
        for pixels, name in (
            ("raw", "Adam"),  # scaled with Adam is `long_run`
            ("scaled", "SGD"),
            ("raw", "SGD"),
            ("raw", "SGD at a hundredth"),
            ("standardised", "Adam"),
            ("standardised", "SGD"),
        )
    },
    also={"raw, SGD at a hundredth", "standardised, Adam", "standardised, SGD"},
)
def pixel_scales(
    seeds: list[int], pixels: str, optimiser: str, learning_rate: float, batch_size: int
) -> dict[str, Any]:
    """784–128–10, ReLU, 10 epochs on 48,000 images."""
    kind = {"Adam": keras.optimizers.Adam, "SGD": keras.optimizers.SGD}[optimiser]
    results = train(
        lambda: dense(128, optimizer=kind(learning_rate)),
        seeds,
        data=lambda seed: PIXELS[pixels](split(seed)),
        batch_size=batch_size,
        epochs=10,
    )
    return short(results, epochs=10)  # raw pixels may make a run diverge


# --- What a convolutional network makes of the images --------------------------


@experiment(
    cases={name: {"network": name} for name in ("softmax regression", "convolutional")},
    seeds_per_job=2,
)
def architectures(seeds: list[int], network: str) -> dict[str, Any]:
    """Adam with its default rate, batch 32, 10 epochs on 48,000 images."""
    if network == "softmax regression":
        return train(dense, seeds, epochs=10)
    first: list[FirstFilters] = []

    def watch(own: Split) -> list[keras.callbacks.Callback]:
        first.append(FirstFilters())
        return first[-1:]

    results = train(
        convolutional,
        seeds,
        change=lambda images: images[..., None],
        measure=what_it_uses,
        callbacks=watch,
        epochs=10,
    )
    return results | {"edge_filters_untrained": [balanced(one.kernel) for one in first]}


class FirstFilters(keras.callbacks.Callback):
    """Keeps the filters as they are before training."""

    def on_train_begin(self, logs=None) -> None:
        self.kernel = self.model.layers[0].get_weights()[0]


def what_it_uses(model: keras.Model, own: Split) -> dict[str, Any]:
    """What a trained convolutional network answers to: edges, shapes, textures.

    Edges: how many of its filters are balanced. Shapes: accuracy on the held-out images when only
    the outline is left, every pixel above 0 being 1. Textures: the same when only the texture is
    left, the image being cut into 16 squares of 7 × 7 that are put together in another order. Both
    have their yardstick: what the outline's area, or the image's brightness, tells by itself.
    """
    held_out = own.held_x[..., 0]
    order = np.random.default_rng(0).permutation(16)
    squares = held_out.reshape(-1, 4, 7, 4, 7).swapaxes(2, 3).reshape(-1, 16, 7, 7)[:, order]
    jumbled = squares.reshape(-1, 4, 4, 7, 7).swapaxes(2, 3).reshape(-1, 28, 28)

    def accuracy(pixels: np.ndarray) -> float:
        return score(model, pixels[..., None], own.held_y)["accuracy"]

    return {
        "edge_filters": balanced(model.layers[0].get_weights()[0]),
        "outline_accuracy": accuracy((held_out > 0).astype(np.float32)),
        "texture_accuracy": accuracy(jumbled),
        "area_accuracy": by_one_number(own, lambda pixels: (pixels > 0).mean(axis=(1, 2, 3))),
        "brightness_accuracy": by_one_number(own, lambda pixels: pixels.mean(axis=(1, 2, 3))),
    }


def by_one_number(own: Split, describe: Callable[[np.ndarray], np.ndarray]) -> float:
    """Accuracy on the held-out images of a decision tree that knows one number of each image."""
    tree = DecisionTreeClassifier(max_leaf_nodes=30, random_state=0)
    tree.fit(describe(own.x)[:, None], own.y)
    return tree.score(describe(own.held_x)[:, None], own.held_y)


def balanced(kernel: np.ndarray) -> int:
    """How many filters, shape (3, 3, 1, n), nearly cancel: |sum| under a quarter of the whole."""
    return int((np.abs(kernel.sum(axis=(0, 1, 2))) < np.abs(kernel).sum(axis=(0, 1, 2)) / 4).sum())
