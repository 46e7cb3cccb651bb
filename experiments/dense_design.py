"""Recorded experiments of the chapter on designing a dense network (claims S2.*).

Other chapters read `long_run`, `learning_rates` and the widths as well.
"""

from typing import Any

import keras
import numpy as np

from experiments import FIXED, experiment
from experiments.common import Clock, Split, split, train
from lessons_src.models import convolutional, dense
from lessons_src.training import fit

CURVES = ("loss", "val_loss", "val_accuracy")
SURE = 0.9  # a confident mistake gives its class a higher probability
LOOKED_AT = (10, 60)


@experiment(cases={"784–128–10": {}}, seeds_per_job=5)
def long_run(seeds: list[int]) -> dict[str, Any]:
    """784–128–10, ReLU, Adam with its default rate, batch 32, 60 epochs on 48,000 images.

    All training images are scored after epochs 10, 20, 30 and 60; what the answers to the held-out
    images are like (`of_answers`) is kept of epochs 10 and 60.
    """
    watched = []

    def watch(own: Split) -> list[keras.callbacks.Callback]:
        watched.append(Answers(own))
        return watched[-1:]

    results = train(
        lambda: dense(128),
        seeds,
        epochs=60,
        curves=CURVES,
        halves=True,
        scored_epochs=(10, 20, 30, 60),
        callbacks=watch,
    )
    names = watched[0].found[0]
    kept = {name: [[found[name] for found in one.found] for one in watched] for name in names}
    return short(results) | kept


class Answers(keras.callbacks.Callback):
    """Keeps what the answers to the held-out images are like after the epochs in LOOKED_AT."""

    def __init__(self, own: Split) -> None:
        super().__init__()
        self.own, self.found = own, []

    def on_epoch_end(self, epoch, logs=None) -> None:
        if epoch + 1 in LOOKED_AT:
            told = self.model.predict(self.own.held_x, batch_size=2000, verbose=0)
            self.found.append(of_answers(told.astype(float), self.own.held_y))


def of_answers(told: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """What the probabilities `told`, shape (n, 10), are like, by the true labels.

    Returns:
        "confusion": how many images of a class, by row, were answered by a class, by column; and
        for three kinds of answers, right, wrong and sure (above SURE), wrong and not sure:
        "kind_images", how many there are; "kind_loss", the sum of their losses; "kind_gradient",
        the sum of the lengths of their gradients in the ten logits.
    """
    answers = told.argmax(axis=1)
    confusion = np.zeros((10, 10))
    np.add.at(confusion, (labels, answers), 1)
    of_label = told[np.arange(len(told)), labels]
    loss = -np.log(np.maximum(of_label, np.finfo(np.float32).tiny))  # it may be rounded to 0
    gradient = np.linalg.norm(told - np.eye(10)[labels], axis=1)
    right, sure = answers == labels, told.max(axis=1) > SURE
    kinds = np.array([right, ~right & sure, ~right & ~sure], float)
    return {
        "confusion": confusion,
        "kind_images": kinds.sum(axis=1),
        "kind_loss": kinds @ loss,
        "kind_gradient": kinds @ gradient,
    }


def short(results: dict[str, Any], epochs: int | None = None) -> dict[str, Any]:
    """Curves with four decimals, which is as far as two machines agree.

    Args:
        epochs: that a curve has, with NaN behind the end of a run that diverged; as they are
            where None.
    """
    shortened = dict(results)
    for name in (name for name in results if name.endswith("_curve")):
        curve = np.round(results[name], 4)
        if epochs is not None:
            missing = ((0, 0), (0, epochs - curve.shape[1]))
            curve = np.pad(curve, missing, constant_values=np.nan)
        shortened[name] = curve
    return shortened


# Two rates a decade, so that ten times and a hundredth of a rate are among them.
RATES = tuple(float(f"{10 ** (step / 2):.1e}") for step in range(-10, 2))
OPTIMISERS = {"Adam": keras.optimizers.Adam, "SGD": keras.optimizers.SGD}
#: From a hundredth of a best rate, where it is compared, to where it is far too high.
GRIDS = {
    "Adam": [rate for rate in RATES if rate <= 0.1],
    "SGD": [rate for rate in RATES if rate >= 1e-4],
}
#: Those that show only how it goes on.
ENDS = {
    f"{optimiser} {rate:.0e}"
    for optimiser, rates in GRIDS.items()
    for rate in rates
    if not {"Adam": 1e-4, "SGD": 1e-3}[optimiser] <= rate <= {"Adam": 1e-2, "SGD": 1.0}[optimiser]
}


@experiment(
    cases={
        f"{optimiser} {rate:.0e}": {"optimiser": optimiser, "learning_rate": rate}
        for optimiser, rates in GRIDS.items()
        for rate in rates
    },
    also=ENDS,
    choosing=True,
)
def learning_rates(seeds: list[int], optimiser: str, learning_rate: float) -> dict[str, Any]:
    """784–128–10, ReLU, batch 32, 10 epochs on 48,000 images."""
    results = train(
        lambda: dense(128, optimizer=OPTIMISERS[optimiser](learning_rate)),
        seeds,
        epochs=10,
        curves=CURVES,
    )
    return short(results, epochs=10)


# The fewer units, the longer it takes until the validation loss rises again. 128 units are in
# `long_run`, and the fewest in `narrowest`.
EPOCHS = {8: 100, 16: 100, 32: 60, 64: 30, 256: 30, 512: 30, 1024: 30}


@experiment(
    cases={str(units): {"units": units, "epochs": epochs} for units, epochs in EPOCHS.items()},
    seeds_per_job=5,
)
def width(seeds: list[int], units: int, epochs: int) -> dict[str, Any]:
    """784–units–10, ReLU, Adam with its default rate, batch 32, on 48,000 images.

    All training images are scored after epoch 30.
    """
    return short(
        train(lambda: dense(units), seeds, epochs=epochs, curves=CURVES, scored_epochs=(30,))
    )


@experiment(cases={"4": {"units": 4, "epochs": 100}}, seeds=FIXED)
def narrowest(seeds: list[int], units: int, epochs: int) -> dict[str, Any]:
    """784–4–10, ReLU, Adam with its default rate, batch 32, 100 epochs on 48,000 images.

    All training images are scored after epoch 30.
    """
    return short(
        train(lambda: dense(units), seeds, epochs=epochs, curves=CURVES, scored_epochs=(30,))
    )


@experiment(cases={"784–128–10": {}})
def permutation(seeds: list[int]) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 32, 10 epochs on 48,000 images, all permuted in one way."""
    return train(lambda: dense(128), seeds, change=permute, epochs=10)


@experiment(cases={"convolutional": {}}, seeds=5, seeds_per_job=1)
def permutation_convolutional(seeds: list[int]) -> dict[str, Any]:
    """Conv2D(32, 3 × 3), pooling, dense 128, Adam, batch 32, 5 epochs, all permuted in one way."""
    return train(convolutional, seeds, change=lambda pixels: permute(pixels)[..., None], epochs=5)


def permute(pixels: np.ndarray) -> np.ndarray:
    """All images, shape (n, 28, 28), with their pixels moved in the same way."""
    order = np.random.default_rng(28).permutation(784)
    return pixels.reshape(-1, 784)[:, order].reshape(-1, 28, 28)


NETWORKS = {"784–128–10": lambda: dense(128), "convolutional": convolutional}


@experiment(cases={name: {"network": name} for name in NETWORKS}, seeds=1)
def network_sizes(seeds: list[int], network: str) -> dict[str, Any]:
    """Built and not trained: the parameters that Keras counts, and what flattening gives."""
    model = NETWORKS[network]()
    (flat,) = (layer for layer in model.layers if isinstance(layer, keras.layers.Flatten))
    found = {"parameters": model.count_params(), "flattened": flat.output.shape[-1]}
    return {name: [value] * len(seeds) for name, value in found.items()}  # nothing is drawn


TIMED = {
    "seconds_dense": lambda: dense(128),
    "seconds_wide": lambda: dense(1024),
    "seconds_convolutional": convolutional,
}


@experiment(cases={"in turn": {}}, seeds=5, seeds_per_job=1)
def network_seconds(seeds: list[int]) -> dict[str, Any]:
    """Three networks in turn, an epoch of Adam on 48,000 images each, batch 32.

    784–128–10, 784–1024–10 and the convolutional one: the median of three epochs, after one that
    compiles.
    """
    seconds = {name: [] for name in TIMED}
    for seed in seeds:
        own, clocks = split(seed), {name: [] for name in TIMED}
        keras.utils.set_random_seed(seed)
        models = {name: build() for name, build in TIMED.items()}
        for _ in range(4):
            for name, model in models.items():
                x = own.x[..., None] if name == "seconds_convolutional" else own.x
                clock = Clock()
                fit(model, x, own.y, callbacks=[clock], verbose=False)
                clocks[name].append(clock.median())
        for name, found in clocks.items():
            seconds[name].append(float(np.median(found[1:])))
    return seconds
