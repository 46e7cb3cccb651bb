"""Recorded experiments of the chapter on designing a dense network (claims S2.*, S1.4)."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from sklearn.tree import DecisionTreeClassifier

from experiments import experiment
from experiments.common import images, train
from lessons_src.data import load
from lessons_src.models import convolutional, dense
from lessons_src.training import score

RATES = tuple(float(f"{rate:.1e}") for rate in np.geomspace(1e-5, 3.1622777, 12))
RATE_NAMES = [f"{rate:.0e}" for rate in RATES]
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")
OPTIMISERS = {"Adam": keras.optimizers.Adam, "SGD": keras.optimizers.SGD}


@experiment(
    cases={
        "softmax regression": {"network": "dense", "units": []},
        "784–128–10": {"network": "dense", "units": [128]},
        "convolutional": {"network": "convolutional", "units": []},
    },
    seeds=5,
    seeds_per_job=1,
)
def architectures(seeds: list[int], network: str, units: list[int]) -> dict[str, Any]:
    """Adam with its default rate, batch 32, 10 epochs on 48,000 images."""
    if network == "dense":
        return train(lambda: dense(*units), seeds, epochs=10)
    return train(
        convolutional,
        seeds,
        change=lambda images: images[..., None],
        measure=what_it_uses,
        epochs=10,
    )


def what_it_uses(model: keras.Model) -> dict[str, Any]:
    """What a trained convolutional network answers to: edges, shapes, textures.

    Edges: how many of its filters are balanced, and how many in a network that was not trained.
    Shapes: validation accuracy when only the outline is left, every pixel above 0 being 1.
    Textures: the same when only the texture is left, the image being cut into 16 squares of 7 × 7
    that are put together in another order. Each has its yardstick: what the outline's area, or the
    image's brightness, tells by itself.
    """
    labels = load().validation_labels
    held_out = images()[1]
    order = np.random.default_rng(0).permutation(16)
    squares = held_out.reshape(-1, 4, 7, 4, 7).swapaxes(2, 3).reshape(-1, 16, 7, 7)[:, order]
    shuffled = squares.reshape(-1, 4, 4, 7, 7).swapaxes(2, 3).reshape(-1, 28, 28)

    def accuracy(pixels: np.ndarray) -> float:
        return score(model, pixels[..., None], labels)["accuracy"]

    return {
        "edge_filters": balanced(model.layers[0].get_weights()[0]),
        "edge_filters_untrained": balanced(convolutional().layers[0].get_weights()[0]),
        "outline_accuracy": accuracy((held_out > 0).astype(np.float32)),
        "texture_accuracy": accuracy(shuffled),
        "area_accuracy": by_one_number(lambda pixels: (pixels > 0).mean(axis=(1, 2))),
        "brightness_accuracy": by_one_number(lambda pixels: pixels.mean(axis=(1, 2))),
    }


def by_one_number(describe: Callable[[np.ndarray], np.ndarray]) -> float:
    """Validation accuracy of a decision tree that knows one number of each image."""
    data, (train_x, held_out) = load(), images()
    tree = DecisionTreeClassifier(max_leaf_nodes=30, random_state=0)
    tree.fit(describe(train_x)[:, None], data.train_labels)
    return tree.score(describe(held_out)[:, None], data.validation_labels)


def balanced(kernel: np.ndarray) -> int:
    """How many filters, shape (3, 3, 1, n), nearly cancel: |sum| under a quarter of the whole."""
    return int((np.abs(kernel.sum(axis=(0, 1, 2))) < np.abs(kernel).sum(axis=(0, 1, 2)) / 4).sum())


@experiment(
    cases={str(units): {"units": units} for units in (4, 8, 16, 32, 64, 128, 256, 512, 1024)},
    seeds=5,
)
def width(seeds: list[int], units: int) -> dict[str, Any]:
    """784–units–10, ReLU, Adam with its default rate, batch 32, 10 epochs on 48,000 images."""
    return train(lambda: dense(units), seeds, epochs=10)


@experiment(
    cases={
        f"{optimiser} {name}": {"optimiser": optimiser, "learning_rate": rate}
        for optimiser in OPTIMISERS
        for name, rate in zip(RATE_NAMES, RATES, strict=True)
    },
    seeds=5,
)
def learning_rates(seeds: list[int], optimiser: str, learning_rate: float) -> dict[str, Any]:
    """784–128–10, ReLU, batch 32, 10 epochs on 48,000 images."""
    return train(
        lambda: dense(128, optimizer=OPTIMISERS[optimiser](learning_rate)), seeds, epochs=10
    )


PIXELS = {"in place": {"permuted": False}, "permuted": {"permuted": True}}


@experiment(cases=PIXELS, seeds=20, seeds_per_job=10)
def permutation(seeds: list[int], permuted: bool) -> dict[str, Any]:
    """784–128–10, ReLU, Adam with its default rate, batch 32, 10 epochs on 48,000 images."""
    return train(lambda: dense(128), seeds, change=permute if permuted else keep, epochs=10)


@experiment(cases=PIXELS, seeds=5, seeds_per_job=1)
def permutation_convolutional(seeds: list[int], permuted: bool) -> dict[str, Any]:
    """Conv2D(32, 3 × 3), pooling, dense 128, Adam, batch 32, 5 epochs on 48,000 images."""
    order = permute if permuted else keep
    return train(convolutional, seeds, change=lambda pixels: order(pixels)[..., None], epochs=5)


def permute(pixels: np.ndarray) -> np.ndarray:
    """All images, shape (n, 28, 28), with their pixels moved in the same way."""
    order = np.random.default_rng(28).permutation(784)
    return pixels.reshape(-1, 784)[:, order].reshape(-1, 28, 28)


def keep(pixels: np.ndarray) -> np.ndarray:
    """The images as they are."""
    return pixels


@experiment(cases={"784–128–10": {}}, seeds=10, seeds_per_job=5)
def long_run(seeds: list[int]) -> dict[str, Any]:
    """784–128–10, ReLU, Adam with its default rate, batch 32, 60 epochs on 48,000 images."""
    return train(lambda: dense(128), seeds, epochs=60, curves=CURVES)


BATCHES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
IMAGES = 48_000


@experiment(
    cases={
        f"{batch_size}, {budget}": {"batch_size": batch_size, "updates": updates}
        for budget, updates in (("10 epochs", None), ("1,500 updates", 1500))
        for batch_size in BATCHES
        if updates is None or batch_size >= 32  # smaller ones take more updates in an epoch
    },
    seeds=5,
)
def batch_size(seeds: list[int], batch_size: int, updates: int | None) -> dict[str, Any]:
    """784–128–10, ReLU, Adam with its default rate, on 48,000 images."""
    steps = -(-IMAGES // batch_size)
    epochs = 10 if updates is None else round(updates / steps)
    results = train(lambda: dense(128), seeds, batch_size=batch_size, epochs=epochs)
    return {**results, "updates": np.full(len(seeds), steps * epochs)}


@experiment(
    cases={
        "784–128–10": {"network": "dense", "units": [128]},
        "convolutional": {"network": "convolutional", "units": []},
    },
    seeds=1,
)
def network_sizes(seeds: list[int], network: str, units: list[int]) -> dict[str, Any]:
    """Built and not trained: the parameters that Keras counts, and what flattening gives."""
    model = dense(*units) if network == "dense" else convolutional()
    (flat,) = (layer for layer in model.layers if isinstance(layer, keras.layers.Flatten))
    found = {"parameters": model.count_params(), "flattened": flat.output.shape[-1]}
    return {name: [value] * len(seeds) for name, value in found.items()}  # nothing is drawn
