"""Recorded experiments of the case study on tiny networks (claims N1 to N5)."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from experiments import FIXED, experiment
from experiments.common import Split, constant_rate, images, split, train
from experiments.dense_design import of_answers, short
from lessons_src import scratch
from lessons_src.models import classifier, convolutional, dense
from lessons_src.training import fit, repeat, score

CURVES = ("accuracy", "val_accuracy")
SHORT, LONG = 10, 40  # the project's fewest and most epochs
DEFAULT = 0.001  # the rate of Adam in Keras
RATES = (3.2e-4, 3.2e-3, 1e-2, 3.2e-2)  # besides the default
GRID = {f"784–4–4–4–10, rate {rate:g}": {"rate": rate, "epochs": SHORT} for rate in RATES}


@experiment(
    cases={
        "784–4–4–10, 0 to 255": {"depth": 2, "factor": 255, "epochs": LONG},
        "784–4–4–4–10, 0 to 255": {"depth": 3, "factor": 255, "epochs": LONG},
        "784–4–4–10, scaled": {"depth": 2, "epochs": SHORT},
        "784–4–4–4–10, scaled": {"depth": 3, "epochs": LONG},
        **GRID,
    },
    seeds=FIXED,
    choosing={"784–4–4–4–10, scaled", *GRID},
)
def tiny_networks(
    seeds: list[int], epochs: int, depth: int = 3, factor: int = 1, rate: float = DEFAULT
) -> dict[str, Any]:
    """ReLU, Adam with its default rate unless told, batch 32, on 48,000 images."""
    at_start = []
    for seed in seeds:  # the weights with which `train` begins
        keras.utils.set_random_seed(seed)
        at_start.append(dead_units(dense(*[4] * depth), split(seed).x * factor))
    results = train(
        lambda: dense(*[4] * depth),
        seeds,
        change=lambda pixels: pixels * factor,
        measure=lambda model, own: {"dead": dead_units(model, own.x)},
        callbacks=lambda own: [constant_rate(rate)],
        curves=CURVES,
        epochs=epochs,
    )
    return short(results | {"dead_at_start": at_start}, epochs)


def dead_units(model: keras.Model, x: np.ndarray) -> list[int]:
    """How many units of each hidden layer give 0 for all images."""
    weights = model.get_weights()
    outputs = scratch.forward(list(zip(weights[::2], weights[1::2], strict=True)), x)
    return [int((output.max(axis=0) <= 0).sum()) for output in outputs[1:-1]]


# From 0.0001 by a factor of ten in ten epochs.
SWEPT = tuple(1e-4 * 10 ** (epoch / 10) for epoch in range(LONG))
SHOWN = 12  # images in the grid of predictions


@experiment(cases={"784–4–4–4–10": {}}, seeds=FIXED)
def rate_sweep(seeds: list[int]) -> dict[str, Any]:
    """784–4–4–4–10, ReLU, Adam, batch 32, on 48,000 images at the rate that a sweep picks.

    The rate grows over 40 epochs. That of the epoch with the lowest training loss serves the same
    seed from a new start, for 40 epochs; a tenth of it for 10 ("tenth_…").

    Returns:
        "picked", "sweep_loss", and of the finished network "confusion" and a grid of predictions
        for held-out images drawn at random: "grid_row", the images' places among the official
        60,000, "grid_label" and "grid_answer".
    """
    data = {seed: split(seed) for seed in seeds}
    swept = repeat(
        lambda: dense(4, 4, 4),
        seeds=seeds,
        data=lambda seed: {"x": data[seed].x, "y": data[seed].y},
        callbacks=lambda: [keras.callbacks.LearningRateScheduler(lambda epoch: SWEPT[epoch])],
        epochs=LONG,
        verbose=False,
    ).history["loss"]
    picked = np.array(SWEPT)[np.nanargmin(swept, axis=1)]
    tenth = with_rates(seeds, picked / 10, epochs=SHORT)
    return {
        **with_rates(seeds, picked, epochs=LONG, measure=what_it_answers),
        **{f"tenth_{name}": values for name, values in tenth.items()},
        "picked": picked,
        "sweep_loss": short({"sweep_curve": swept}, LONG)["sweep_curve"],
    }


def with_rates(
    seeds: Sequence[int], rates: Iterable[float], *, epochs: int, **arguments: Any
) -> dict[str, Any]:
    """784–4–4–4–10, each seed with its own constant rate."""
    left = iter(rates)
    results = train(
        lambda: dense(4, 4, 4),
        seeds,
        callbacks=lambda own: [constant_rate(next(left))],
        curves=CURVES,
        epochs=epochs,
        **arguments,
    )
    return short(results, epochs)


def what_it_answers(model: keras.Model, own: Split) -> dict[str, Any]:
    """Dead units, the confusion matrix, and answers to a few held-out images drawn at random."""
    told = model.predict(own.held_x, batch_size=1000, verbose=0).astype(float)
    some = slice(SHOWN)  # the split has put the held-out images into a random order
    return {
        "dead": dead_units(model, own.x),
        "confusion": of_answers(told, own.held_y)["confusion"],
        "grid_row": [row_of(image) for image in own.held_x[some]],
        "grid_label": own.held_y[some],
        "grid_answer": told[some].argmax(axis=1),
    }


def row_of(image: np.ndarray) -> int:
    """The place of an image among the official 60,000."""
    return int((images() == image).all(axis=(1, 2)).argmax())


CHANGES = {
    "mirrored": lambda: layers.RandomFlip("horizontal"),
    "shifted": lambda: layers.RandomTranslation(1 / 14, 1 / 14, fill_mode="constant"),
}


@experiment(cases={name: {"change": name} for name in CHANGES}, seeds=FIXED, also={"shifted"})
def tiny_augmentation(seeds: list[int], change: str) -> dict[str, Any]:
    """784–4–4–4–10, ReLU, Adam with its default rate, batch 32, 10 epochs on 48,000 images."""

    def build() -> keras.Model:
        return classifier(
            layers.Input((28, 28)),
            layers.Reshape((28, 28, 1)),
            CHANGES[change](),
            layers.Flatten(),
            *(layers.Dense(4, activation="relu") for _ in range(3)),
        )

    return short(train(build, seeds, curves=CURVES, epochs=SHORT))


@experiment(cases={"convolutional": {}}, seeds=10, seeds_per_job=2)
def tiny_convolutional(seeds: list[int]) -> dict[str, Any]:
    """Conv2D(32, 3 × 3), pooling, dense 128, Adam, batch 128, 3 epochs on 48,000 images."""
    results = train(
        convolutional,
        seeds,
        change=lambda pixels: pixels[..., None],
        curves=CURVES,
        batch_size=128,
        epochs=3,
    )
    return short(results)


MEMBERS = 5


@experiment(cases={"784–4–4–4–10": {}}, seeds=FIXED)
def tiny_ensembles(seeds: list[int]) -> dict[str, Any]:
    """Five of the tiny networks on each seed's split, whose probabilities are averaged.

    "members": the validation accuracy of each; "joint": that of the first, the first two, ….
    """
    owns: list[Split] = []

    def data(member: int) -> dict[str, Any]:
        if member % MEMBERS == 0:
            owns[:] = [split(member // MEMBERS)]
        return {"x": owns[0].x, "y": owns[0].y}

    def answers(model: keras.Model) -> dict[str, Any]:
        # In single precision a tenth of a gigabyte for ten seeds.
        return {"told": model.predict(owns[0].held_x, batch_size=1000, verbose=0)}

    runs = repeat(
        lambda: dense(4, 4, 4),
        seeds=[MEMBERS * seed + k for seed in seeds for k in range(MEMBERS)],
        data=data,
        measure=answers,
        epochs=SHORT,
        verbose=False,
    )
    told = runs.measured["told"].reshape(len(seeds), MEMBERS, -1, 10)
    labels = np.array([split(seed).held_y for seed in seeds])[:, None]
    sizes = np.arange(1, MEMBERS + 1)[:, None, None]
    joint = told.cumsum(axis=1) / sizes
    return {
        "members": (told.argmax(axis=3) == labels).mean(axis=2),
        "joint": (joint.argmax(axis=3) == labels).mean(axis=2),
    }


FIRST_FIVE = (0, 1, 2, 3, 4)
PRETEXTS = {name: {"pretext": name} for name in ("rotations", "five classes", "none")}


@experiment(cases=PRETEXTS, also=PRETEXTS)
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

    return short(train(build, seeds, curves=CURVES, epochs=SHORT))


def learnt(seeds: Sequence[int], pretext: str) -> list[list[np.ndarray]]:
    """Weights and biases of 128 units after 5 epochs of another task, for each seed.

    "rotations": by how many quarter turns, 0 to 3, was an image turned? "five classes": the labels
    of five classes, on their images alone.
    """
    if pretext == "none":
        return []

    def data(seed: int) -> dict[str, Any]:
        own = split(seed)
        if pretext == "five classes":
            rows = np.isin(own.y, FIRST_FIVE)
            return {"x": own.x[rows], "y": own.y[rows]}
        turns = np.random.default_rng(seed).integers(4, size=len(own.x))
        turned = np.array([np.rot90(image, k) for image, k in zip(own.x, turns, strict=True)])
        return {"x": turned, "y": turns}

    runs = repeat(
        lambda: dense(128),
        seeds=seeds,
        data=data,
        measure=lambda model: dict(zip("wb", model.layers[1].get_weights(), strict=True)),
        batch_size=128,
        epochs=5,
        verbose=False,
    )
    return list(zip(runs.measured["w"], runs.measured["b"], strict=True))


FEW = 100  # labelled images of each new class
REUSE = {
    "features of five classes": {"features": "learnt"},
    "untrained features": {"features": "untrained"},
    "pixels": {"features": "none"},
}


@experiment(cases=REUSE, also=REUSE)
def reuse(seeds: list[int], features: str) -> dict[str, Any]:
    """A softmax head learns five classes from 500 images, on features of the other five classes.

    The features are what a convolutional network gives that has learnt classes 0 to 4 in two
    epochs; the head learns classes 5 to 9 from 100 images of each, and is scored on all held-out
    images of these.
    """
    found = []
    for seed in seeds:
        own = split(seed)
        keras.utils.set_random_seed(seed)
        body = convolutional()
        if features == "learnt":
            old = np.isin(own.y, FIRST_FIVE)
            fit(body, own.x[old][..., None], own.y[old], batch_size=128, epochs=2, verbose=False)
        extract = keras.Sequential([layers.Input((28, 28, 1)), *body.layers[:-1]])
        places = [np.flatnonzero(own.y == label)[:FEW] for label in range(5, 10)]
        few, new = np.concatenate(places), ~np.isin(own.held_y, FIRST_FIVE)

        def described(x: np.ndarray, extract: keras.Model = extract) -> np.ndarray:
            if features == "none":
                return x.reshape(len(x), -1)
            return extract.predict(x[..., None], batch_size=1000, verbose=0)

        inputs, unseen = described(own.x[few]), described(own.held_x[new])
        head = classifier(layers.Input(inputs.shape[1:]))
        fit(head, inputs, own.y[few], epochs=50, verbose=False)
        found.append(score(head, unseen, own.held_y[new])["accuracy"])
    return {"val_accuracy": found}
