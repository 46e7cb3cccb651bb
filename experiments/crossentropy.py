"""Recorded experiments of the chapter on sparse categorical crossentropy (claims S7.6, S7.7)."""

from typing import Any

import keras
import numpy as np
from keras import layers
from scipy import optimize, special
from sklearn.metrics import confusion_matrix
from sklearn.utils.class_weight import compute_class_weight

from experiments import cases_of, experiment
from experiments.common import images, train
from lessons_src.data import load
from lessons_src.models import dense
from lessons_src.training import repeat

# --- What the loss is given ----------------------------------------------------


@experiment(
    cases=cases_of(
        "{given}, {pixels}",
        given=("logits", "softmax", "probabilities"),
        pixels=("scaled", "raw"),
    ),
    seeds=5,
)
def loss_input(seeds: list[int], given: str, pixels: str) -> dict[str, Any]:
    """784–128–10, ReLU, Adam with its default rate, batch 32, 5 epochs on 48,000 images."""

    def change(pixels_in_range: np.ndarray) -> np.ndarray:
        return pixels_in_range if pixels == "scaled" else pixels_in_range * 255

    def unseen(model: keras.Model) -> dict[str, Any]:
        """Share of the training images whose class has no more than 10⁻⁷ in the end."""
        said = model.predict(change(images()[0]), batch_size=1000, verbose=0)
        said = special.softmax(said, axis=1) if given == "logits" else said
        labels = load().train_labels
        return {"below_limit": (said[np.arange(len(labels)), labels] <= 1e-7).mean()}

    return train(lambda: network(given), seeds, change=change, measure=unseen, epochs=5)


def network(given: str) -> keras.Model:
    """784–128–10 whose loss gets the logits, finds them behind softmax, or cannot find them."""
    ends = {
        "logits": [layers.Dense(10)],
        "softmax": [layers.Dense(10, activation="softmax")],
        # Keras looks for the softmax that made its input; a layer in between hides it.
        "probabilities": [layers.Dense(10, activation="softmax"), layers.Rescaling(1.0)],
    }
    body = layers.Input((28, 28)), layers.Flatten(), layers.Dense(128, activation="relu")
    model = keras.Sequential([*body, *ends[given]])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=given == "logits")
    model.compile("adam", loss, metrics=["accuracy"])
    return model


# --- A rare class --------------------------------------------------------------

KEPT = 240  # of the 4,800 training images of the rare class: 1 in 20


@experiment(
    cases=cases_of("{rare}, {weights}", rare=("Shirt", "Bag"), weights=("none", "balanced")),
    seeds=5,
    seeds_per_job=1,
)
def rare_class(seeds: list[int], rare: str, weights: str) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 32, 10 epochs; of one class, 240 of 4,800 images are kept."""
    data, (train_x, held_out) = load(), images()
    rare_label = data.class_names.index(rare)
    results = {"answers": [], "corrected_answers": []}
    for seed in seeds:
        own = np.flatnonzero(data.train_labels == rare_label)
        gone = np.random.default_rng(seed).permutation(own)[KEPT:]
        kept = np.setdiff1d(np.arange(len(train_x)), gone)
        labels = data.train_labels[kept]
        classes, counts = np.unique(labels, return_counts=True)
        balanced = compute_class_weight("balanced", classes=classes, y=labels)

        def answers(
            model: keras.Model, counts: np.ndarray = counts, seed: int = seed
        ) -> dict[str, Any]:
            said = model.predict(held_out, batch_size=1000, verbose=0)
            # Bayes' rule: what the network would say if all classes were equally frequent.
            return {
                "answers": table(said.argmax(axis=1)),
                "corrected_answers": table((said / counts).argmax(axis=1)),
            }

        runs = repeat(
            lambda: dense(128),
            train_x[kept],
            labels,
            seeds=[seed],
            measure=answers,
            epochs=10,
            class_weight=dict(enumerate(balanced)) if weights == "balanced" else None,
            verbose=False,
        )
        for name, tables in results.items():
            tables.append(runs.measured[name][0])
    return results


def table(answers: np.ndarray) -> np.ndarray:
    """How many validation images of each class (row) were given each answer (column)."""
    return confusion_matrix(load().validation_labels, answers, labels=range(10))


# --- Two classes ---------------------------------------------------------------


@experiment(
    cases={"sigmoid, one unit": {"units": 1}, "softmax, two units": {"units": 2}},
    seeds=60,  # raised from 20, whose interval was seen not to fit inside the margin
    seeds_per_job=20,
)
def two_classes(seeds: list[int], units: int) -> dict[str, Any]:
    """784–128–units, ReLU, Adam, batch 32, 10 epochs; T-shirts against shirts, 9,600 images."""
    data = load()
    pair = [data.class_names.index(name) for name in ("T-shirt/top", "Shirt")]
    (x, y), held_out = (
        (pixels[np.isin(labels, pair)], (labels[np.isin(labels, pair)] == pair[1]).astype(int))
        for pixels, labels in zip(
            images(), (data.train_labels, data.validation_labels), strict=True
        )
    )

    def build() -> keras.Model:
        end = layers.Dense(units, activation="sigmoid" if units == 1 else "softmax")
        hidden = layers.Dense(128, activation="relu")
        model = keras.Sequential([layers.Input((28, 28)), layers.Flatten(), hidden, end])
        loss = "binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"
        model.compile("adam", loss, metrics=["accuracy"])
        return model

    runs = repeat(build, x, y, seeds=seeds, epochs=10, validation_data=held_out, verbose=False)
    return {name: runs.final(name) for name in ("val_accuracy", "val_loss")}


# --- Calibration ---------------------------------------------------------------

BINS = 10


@experiment(
    cases={
        "10 epochs": {"epochs": 10, "smoothing": 0.0},
        "30 epochs": {"epochs": 30, "smoothing": 0.0},
        "10 epochs, smoothed": {"epochs": 10, "smoothing": 0.1},
        "30 epochs, smoothed": {"epochs": 30, "smoothing": 0.1},
    },
    seeds=5,
)
def calibration(seeds: list[int], epochs: int, smoothing: float) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 32; temperature from one half of the validation images."""
    data, (train_x, held_out) = load(), images()
    half = len(held_out) // 2  # their order is random
    labels = data.validation_labels

    def build() -> keras.Model:
        model = dense(128)
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
        model.compile("adam", loss, metrics=["accuracy"])
        return model

    def measure(model: keras.Model) -> dict[str, Any]:
        said = model.predict(held_out, batch_size=1000, verbose=0).astype(float)
        logits = np.log(np.maximum(said, np.finfo(np.float32).tiny))

        def cost(log_t: float, rows: slice = slice(half)) -> float:
            logs = special.log_softmax(logits[rows] / np.exp(log_t), axis=1)
            return -logs[np.arange(len(logs)), labels[rows]].mean()

        log_t = optimize.minimize_scalar(cost, bounds=(-2, 2), method="bounded").x
        rest = slice(half, None)
        plain, cooled = (
            reliability(special.softmax(logits[rest] / t, axis=1), labels[rest])
            for t in (1.0, np.exp(log_t))
        )
        return {
            "temperature": np.exp(log_t),
            "bins": plain,
            "bins_after": cooled,
            "loss": cost(0.0, rest),
            "loss_after": cost(log_t, rest),
            "accuracy": (said[rest].argmax(axis=1) == labels[rest]).mean(),
        }

    one_hot = keras.utils.to_categorical(data.train_labels, 10)
    runs = repeat(
        build, train_x, one_hot, seeds=seeds, epochs=epochs, measure=measure, verbose=False
    )
    return runs.measured


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """By confidence in steps of a tenth: images, their mean confidence, how many are right.

    Shape (3, BINS): a count, a sum of confidences and a count, so that seeds can be pooled.
    """
    confidence, answers = probabilities.max(axis=1), probabilities.argmax(axis=1)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    each = (None, confidence, answers == labels)
    return np.array([np.bincount(place, weights, BINS) for weights in each])
