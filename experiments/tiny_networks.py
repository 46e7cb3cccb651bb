"""Recorded experiments of the case study on tiny networks (claims N1 to N3 and N5)."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from experiments import cases_of, experiment
from experiments.common import constant_rate, images, train
from lessons_src import scratch
from lessons_src.data import load
from lessons_src.models import classifier, dense
from lessons_src.training import repeat, score

SHAPES = {"784–4–4–10": 2, "784–4–4–4–10": 3}


@experiment(
    cases=cases_of("{network}, {pixels}", network=SHAPES, pixels=("0 to 255", "scaled")), seeds=20
)
def tiny_networks(seeds: list[int], network: str, pixels: str) -> dict[str, Any]:
    """ReLU, Adam with its default rate, batch 32, 10 epochs on 48,000 images."""
    units = [4] * SHAPES[network]
    factor = {"0 to 255": 255, "scaled": 1}[pixels]
    x = images()[0].reshape(-1, 784) * factor
    at_start = []
    for seed in seeds:  # the weights with which `train` begins
        keras.utils.set_random_seed(seed)
        at_start.append(dead_units(dense(*units), x))
    results = train(
        lambda: dense(*units),
        seeds,
        change=lambda pixels: pixels * factor,
        measure=lambda model: {"dead": dead_units(model, x)},
        curves=["val_accuracy"],
        epochs=10,
    )
    return {**results, "dead_at_start": at_start}


@experiment(cases={"784–4–4–4–10": {}}, seeds=20)
def tiny_long(seeds: list[int]) -> dict[str, Any]:
    """784–4–4–4–10, ReLU, Adam with its default rate, batch 32, 40 epochs on 48,000 images."""
    x = images()[0].reshape(-1, 784)
    return train(
        lambda: dense(4, 4, 4),
        seeds,
        measure=lambda model: {"dead": dead_units(model, x)},
        curves=["accuracy", "val_accuracy"],
        epochs=40,
    )


def dead_units(model: keras.Model, x: np.ndarray) -> list[int]:
    """How many units of each hidden layer give 0 for all images, shape (n, 784)."""
    weights = model.get_weights()
    outputs = scratch.forward(list(zip(weights[::2], weights[1::2], strict=True)), x)
    return [int((output.max(axis=0) <= 0).sum()) for output in outputs[1:-1]]


# The rate 0.001, Adam's default, is in tiny_networks.
RATES = (3.2e-4, 3.2e-3, 1e-2, 3.2e-2)
SWEPT = tuple(1e-4 * 10 ** (epoch / 10) for epoch in range(40))


@experiment(
    cases={**{f"{rate:g}": {"rate": rate} for rate in RATES}, "swept": {"rate": None}}, seeds=10
)
def rate_sweep(seeds: list[int], rate: float | None) -> dict[str, Any]:
    """784–4–4–4–10, ReLU, Adam, batch 32, 10 epochs on 48,000 images at a constant rate."""
    if rate is not None:
        return with_rates(seeds, [rate] * len(seeds))
    # The rate grows from 0.0001 by a factor of 10 in 10 epochs, 40 epochs in all. The rate of the
    # epoch whose training loss is lowest, and a tenth of it, serve the same seed from a new start.
    swept = repeat(
        lambda: dense(4, 4, 4),
        images()[0],
        load().train_labels,
        seeds=seeds,
        callbacks=lambda: [keras.callbacks.LearningRateScheduler(lambda epoch: SWEPT[epoch])],
        epochs=len(SWEPT),
        verbose=False,
    ).history["loss"]
    picked = np.array(SWEPT)[np.nanargmin(swept, axis=1)]
    tenth = with_rates(seeds, picked / 10)
    return {
        **with_rates(seeds, picked),
        **{f"{name}_at_tenth": values for name, values in tenth.items()},
        "picked": picked,
        "sweep_loss": swept,
    }


def with_rates(seeds: Sequence[int], rates: Iterable[float]) -> dict[str, Any]:
    """Each seed with its own constant rate, for 10 epochs."""
    data, left = load(), iter(rates)
    x, held_out = images()
    flat = x.reshape(-1, 784)

    def scores(model: keras.Model) -> dict[str, Any]:
        found = score(model, x, data.train_labels)
        told = {"train_loss": found["loss"], "train_accuracy": found["accuracy"]}
        return {**told, "dead": dead_units(model, flat)}

    runs = repeat(
        lambda: dense(4, 4, 4),
        x,
        data.train_labels,
        validation_data=(held_out, data.validation_labels),
        seeds=seeds,
        measure=scores,
        callbacks=lambda: [constant_rate(next(left))],
        epochs=10,
        verbose=False,
    )
    return {"val_accuracy": runs.final("val_accuracy"), **runs.measured}


CHANGES = {
    "as they are": [],
    "mirrored": [lambda: layers.RandomFlip("horizontal")],
    "shifted": [lambda: layers.RandomTranslation(1 / 14, 1 / 14, fill_mode="constant")],
}


@experiment(cases={name: {"change": name} for name in CHANGES}, seeds=8)
def tiny_augmentation(seeds: list[int], change: str) -> dict[str, Any]:
    """784–4–4–4–10, ReLU, Adam with its default rate, batch 128, 10 epochs on 48,000 images."""

    def build() -> keras.Model:
        return classifier(
            layers.Input((28, 28)),
            layers.Reshape((28, 28, 1)),
            *(layer() for layer in CHANGES[change]),
            layers.Flatten(),
            *(layers.Dense(4, activation="relu") for _ in range(3)),
        )

    return train(build, seeds, batch_size=128, epochs=10)


@experiment(cases={"784–4–4–4–10": {}}, seeds=10)
def tiny_ensembles(seeds: list[int]) -> dict[str, Any]:
    """Five networks for each seed, as in tiny-networks, whose probabilities are averaged."""
    members = [5 * seed + k for seed in seeds for k in range(5)]
    held_out, labels = images()[1], load().validation_labels

    def answers(model: keras.Model) -> dict[str, Any]:
        return {"answers": model.predict(held_out, batch_size=1000, verbose=0)}

    runs = repeat(
        lambda: dense(4, 4, 4),
        images()[0],
        load().train_labels,
        seeds=members,
        measure=answers,
        epochs=10,
        verbose=False,
    )
    probability = runs.measured["answers"].reshape(len(seeds), 5, -1, 10)
    sizes = np.arange(1, 6)[:, None, None]
    joint = probability.cumsum(axis=1) / sizes  # of the first, the first two, … of each group
    return {
        "members": (probability.argmax(axis=3) == labels).mean(axis=2),
        "joint": (joint.argmax(axis=3) == labels).mean(axis=2),
    }


FIVE = (0, 1, 2, 3, 4)


@experiment(
    cases={name: {"pretext": name} for name in ("rotations", "five classes", "none")}, seeds=8
)
def tiny_transfer(seeds: list[int], pretext: str) -> dict[str, Any]:
    """128 frozen ReLU units below 4–4–4–10, Adam, batch 32, 10 epochs on 48,000 images."""
    features = iter(learnt(seeds, pretext))

    def build() -> keras.Model:
        frozen = layers.Dense(128, activation="relu", trainable=False)
        model = classifier(
            layers.Input((28, 28)),
            layers.Flatten(),
            frozen,
            *(layers.Dense(4, activation="relu") for _ in range(3)),
        )
        if pretext != "none":
            frozen.set_weights(next(features))
        return model

    return train(build, seeds, epochs=10)


def learnt(seeds: Sequence[int], pretext: str) -> list[list[np.ndarray]]:
    """Weights and biases of 128 units after 5 epochs of another task, for each seed.

    "rotations": by how many quarter turns, 0 to 3, was an image turned? "five classes": the labels
    of five classes, on their images alone.
    """
    if pretext == "none":
        return []
    x, labels = images()[0], load().train_labels
    if pretext == "five classes":
        rows = np.isin(labels, FIVE)
        x, labels = x[rows], labels[rows]
    else:
        labels = np.random.default_rng(4).integers(4, size=len(x))
        x = np.array([np.rot90(image, turns) for image, turns in zip(x, labels, strict=True)])
    runs = repeat(
        lambda: dense(128),
        x,
        labels,
        seeds=seeds,
        measure=lambda model: dict(zip("wb", model.layers[1].get_weights(), strict=True)),
        batch_size=128,
        epochs=5,
        verbose=False,
    )
    return list(zip(runs.measured["w"], runs.measured["b"], strict=True))
