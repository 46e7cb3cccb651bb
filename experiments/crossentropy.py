"""Recorded experiments of the chapter on sparse categorical crossentropy (claims S7.1 to S7.7).

What a confident mistake costs (S7.4) is measured by `long_run` of the dense network's experiments.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from scipy import optimize, special
from sklearn.utils.class_weight import compute_class_weight

from experiments import cases_of, experiment
from experiments.common import Split, split, train
from lessons_src.data import load
from lessons_src.models import dense
from lessons_src.training import repeat

# --- What the loss is given ----------------------------------------------------

INPUTS = cases_of(
    "{given}, {pixels}",
    given=("logits", "softmax", "probabilities"),
    pixels=("scaled", "raw"),
)


@experiment(cases=INPUTS, also=INPUTS)
def loss_input(seeds: list[int], given: str, pixels: str) -> dict[str, Any]:
    """784–128–10, ReLU, Adam with its default rate, batch 32, 5 epochs on 48,000 images."""

    def change(pixels_in_range: np.ndarray) -> np.ndarray:
        return pixels_in_range if pixels == "scaled" else pixels_in_range * 255

    def unseen(model: keras.Model, own: Split) -> dict[str, Any]:
        """Share of the training images whose class has no more than 10⁻⁷ in the end."""
        said = model.predict(own.x, batch_size=1000, verbose=0)
        said = special.softmax(said, axis=1) if given == "logits" else said
        return {"below_limit": (said[np.arange(len(own.y)), own.y] <= 1e-7).mean()}

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

KEPT = 480  # of the 4,800 training images of the rare class: a tenth
EPOCHS, SCORED = 10, 3  # the last three of ten
BY_SEED = "by seed"  # seed s cuts class s mod 10, so that ten seeds cut each class once

RARE = cases_of("{rare}, {weights}", rare=(BY_SEED, "Shirt", "Bag"), weights=("none", "balanced"))


@experiment(cases=RARE, also={case for case in RARE if not case.startswith(BY_SEED)})
def rare_class(seeds: list[int], rare: str, weights: str) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 32, 10 epochs; of one class, 480 of 4,800 images are kept.

    Results are the recalls of the ten classes among the held-out images, whose classes are equally
    frequent: means over the last three epochs.
    """
    watched = []

    def of_seed(seed: int) -> dict[str, Any]:
        own = split(seed)
        label = seed % 10 if rare == BY_SEED else load().class_names.index(rare)
        of_class = np.random.default_rng(seed).permutation(np.flatnonzero(own.y == label))
        x, y = (np.delete(part, of_class[KEPT:], axis=0) for part in (own.x, own.y))
        classes, counts = np.unique(y, return_counts=True)
        balanced = compute_class_weight("balanced", classes=classes, y=y)
        watched.append(Recalls(own, label, counts))
        weight = dict(enumerate(balanced)) if weights == "balanced" else None
        return {"x": x, "y": y, "class_weight": weight}

    repeat(
        lambda: dense(128),
        seeds=seeds,
        data=of_seed,
        callbacks=lambda: watched[-1:],
        epochs=EPOCHS,
        verbose=False,
    )
    return {
        "rare": [one.label for one in watched],
        "recalls": [np.mean(one.plain, axis=0) for one in watched],
        "corrected_recalls": [np.mean(one.corrected, axis=0) for one in watched],
    }


class Recalls(keras.callbacks.Callback):
    """Recall of each class after each of the last epochs, as answered and corrected.

    Corrected by Bayes' rule: what the network would say if all classes were equally frequent.
    """

    def __init__(self, own: Split, label: int, counts: np.ndarray) -> None:
        super().__init__()
        self.own, self.label, self.counts = own, label, counts
        self.plain, self.corrected = [], []

    def on_epoch_end(self, epoch, logs=None) -> None:
        if epoch >= EPOCHS - SCORED:
            said = self.model.predict(self.own.held_x, batch_size=1000, verbose=0)
            self.plain.append(self.recalls(said))
            self.corrected.append(self.recalls(said / self.counts))

    def recalls(self, said: np.ndarray) -> np.ndarray:
        """Share of each class that is recognised, shape (10,)."""
        labels = self.own.held_y
        right = labels[said.argmax(axis=1) == labels]
        return np.bincount(right, minlength=10) / np.bincount(labels)


# --- Two classes ---------------------------------------------------------------


@experiment(cases={"sigmoid, one unit": {"units": 1}, "softmax, two units": {"units": 2}})
def two_classes(seeds: list[int], units: int) -> dict[str, Any]:
    """784–128–units, ReLU, Adam, batch 32, 10 epochs; T-shirts against shirts, 9,600 images."""

    def build() -> keras.Model:
        end = layers.Dense(units, activation="sigmoid" if units == 1 else "softmax")
        hidden = layers.Dense(128, activation="relu")
        model = keras.Sequential([layers.Input((28, 28)), layers.Flatten(), hidden, end])
        loss = "binary_crossentropy" if units == 1 else "sparse_categorical_crossentropy"
        model.compile("adam", loss, metrics=["accuracy"])
        return model

    return train(build, seeds, data=of_shirts, epochs=10)


def of_shirts(seed: int) -> Split:
    """The seed's split, T-shirts (class 0) and shirts (class 1) alone."""
    t_shirt, shirt = (load().class_names.index(name) for name in ("T-shirt/top", "Shirt"))
    x, y, held_x, held_y = split(seed)
    kept, held = (np.isin(labels, (t_shirt, shirt)) for labels in (y, held_y))
    y, held_y = ((labels == shirt).astype(int) for labels in (y[kept], held_y[held]))
    return Split(x[kept], y, held_x[held], held_y)


# --- Calibration ---------------------------------------------------------------

BINS = 10
LOOKED_AT = (10, 30)  # epochs


@experiment(cases={"plain": {"smoothing": 0.0}, "smoothed": {"smoothing": 0.1}})
def calibration(seeds: list[int], smoothing: float) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 32; temperature from one half of the held-out images.

    After epochs 10 and 30, of the other half: results of shape (seeds, 2, …).
    """
    watched = []

    def build() -> keras.Model:
        model = dense(128)
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
        model.compile("adam", loss, metrics=["accuracy"])
        return model

    def watch(own: Split) -> list[keras.callbacks.Callback]:
        watched.append(Calibrations(own))
        return watched[-1:]

    train(
        build,
        seeds,
        targets=keras.utils.to_categorical,
        callbacks=watch,
        epochs=LOOKED_AT[-1],
    )
    names = watched[0].found[0]
    return {name: [[at[name] for at in one.found] for one in watched] for name in names}


class Calibrations(keras.callbacks.Callback):
    """Fits a temperature on the first half of the held-out images, and tells of the second."""

    def __init__(self, own: Split) -> None:
        super().__init__()
        self.images, self.labels = own.held_x, own.held_y.argmax(axis=1)
        self.found = []

    def on_epoch_end(self, epoch, logs=None) -> None:
        if epoch + 1 in LOOKED_AT:
            half = len(self.labels) // 2
            logits, labels = logits_of(self.model, self.images), self.labels
            temperature = fitted(logits[:half], labels[:half])
            self.found.append(of_certainty(logits[half:], labels[half:], temperature))


def logits_of(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """What the softmax at a model's end is given, shape (n, classes)."""
    hidden = keras.Sequential(model.layers[:-1])(images).numpy()
    kernel, bias = model.layers[-1].get_weights()
    return hidden @ kernel + bias


def cost(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean crossentropy."""
    logs = special.log_softmax(logits.astype(float), axis=1)
    return -logs[np.arange(len(logs)), labels].mean()


def fitted(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature whose crossentropy is least."""
    found = optimize.minimize_scalar(
        lambda log: cost(logits / np.exp(log), labels), bounds=(-2, 2), method="bounded"
    )
    return np.exp(found.x)


def of_certainty(
    logits: np.ndarray, labels: np.ndarray, temperature: float
) -> dict[str, np.ndarray]:
    """Loss and reliability, as trained and with the temperature ("…_after")."""
    found = {"temperature": temperature, "accuracy": (logits.argmax(axis=1) == labels).mean()}
    for name, cooled in (("", logits), ("_after", logits / temperature)):
        found[f"loss{name}"] = cost(cooled, labels)
        found[f"bins{name}"] = reliability(special.softmax(cooled, axis=1), labels)
    return found


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """By confidence in steps of a tenth: images, their mean confidence, how many are right.

    Shape (3, BINS): a count, a sum of confidences and a count, so that seeds can be pooled.
    """
    confidence, answers = probabilities.max(axis=1), probabilities.argmax(axis=1)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    each = (None, confidence, answers == labels)
    return np.array([np.bincount(place, weights, BINS) for weights in each])


# --- What can be counted, or is so -----------------------------------------------

DIGITS = 6  # that a number of 32 bits surely keeps


@experiment(
    cases={
        "whole numbers, uint8": {"rows": False, "dtype": "uint8"},
        "whole numbers, int64": {"rows": False, "dtype": "int64"},
        "one-hot rows, uint8": {"rows": True, "dtype": "uint8"},
        "one-hot rows, float32": {"rows": True, "dtype": "float32"},
        "one-hot rows, float64": {"rows": True, "dtype": "float64"},
    },
    seeds=1,
)
def label_forms(seeds: list[int], rows: bool, dtype: str) -> dict[str, Any]:
    """The labels of all 60,000 official training images, in the computer's memory."""
    labels = load().full_labels
    form = keras.utils.to_categorical(labels) if rows else labels
    return {"bytes": [form.astype(dtype).nbytes for _ in seeds]}


@experiment(cases={"0, 2, 1": {"labels": [0, 2, 1]}}, seeds=1)
def one_hot_example(seeds: list[int], labels: list[int]) -> dict[str, Any]:
    """The labels that the series takes as its example, as Keras's to_categorical turns them."""
    return {"rows": [keras.utils.to_categorical(labels) for _ in seeds]}


@experiment(cases={"784–128–10": {"units": 128}}, seeds=1)
def loss_identities(seeds: list[int], units: int) -> dict[str, Any]:
    """784–units–10, ReLU, Adam, batch 32, 10 epochs; the loss of the 12,000 held-out images."""
    sparse = keras.losses.sparse_categorical_crossentropy

    def of_parameters(
        model: keras.Model, loss: Any, x: np.ndarray, given: np.ndarray
    ) -> list[np.ndarray]:
        """Loss of each image, and the slopes of their mean for all parameters, layer by layer."""
        with tf.GradientTape() as tape:
            values = loss(given, model(x))
            mean = tf.reduce_mean(values)
        return [values.numpy(), *map(np.array, tape.gradient(mean, model.trainable_variables))]

    def of_logits(
        logits: np.ndarray, labels: np.ndarray, end: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """Loss of each image, and its slopes for the ten logits."""
        z = tf.Variable(logits)
        with tf.GradientTape() as tape:
            values = sparse(labels, end(z), from_logits=end is tf.identity)
        return values.numpy(), tape.gradient(values, z).numpy()

    def measure(model: keras.Model, own: Split) -> dict[str, Any]:
        x, labels = own.held_x, own.held_y
        one_hot = keras.utils.to_categorical(labels)
        wrong = np.arange(10) != labels[:, None]
        pairs = zip(
            of_parameters(model, sparse, x, labels),
            of_parameters(model, keras.losses.categorical_crossentropy, x, one_hot),
            strict=True,
        )
        values, *slopes = (digits(a, b) for a, b in pairs)
        logits = logits_of(model, x)
        direct, behind = (
            of_logits(logits, labels, end) for end in (tf.identity, keras.activations.softmax)
        )
        p = model.predict(x, batch_size=1000, verbose=0)
        exchanged = p.copy()
        others = p[wrong].reshape(len(p), 9)
        exchanged[wrong] = np.random.default_rng(0).permuted(others, axis=1).ravel()
        push = np.abs(direct[1])
        return {
            "one_hot_values": values,
            "one_hot_gradients": min(slopes),
            "softmax_values": digits(direct[0], behind[0]),
            "softmax_gradients": digits(direct[1], behind[1]),
            "exchanged_values": digits(sparse(labels, p), sparse(labels, exchanged)),
            "others_pushed": (push[wrong] > 0).mean(),
            "share_of_push": push[wrong].sum() / push.sum(),
        }

    return train(lambda: dense(units), seeds, measure=measure, curves=(), epochs=10)


def digits(a: np.ndarray, b: np.ndarray) -> int:
    """To how many digits two arrays agree, by the length of their difference; at most DIGITS."""
    apart = np.linalg.norm(np.subtract(a, b, dtype=float)) / np.linalg.norm(a)
    return int(-np.log10(np.clip(apart, 10.0**-DIGITS, 1)))


@experiment(
    cases={
        "logits": {"end": "logits"},
        "Keras's softmax": {"end": "softmax"},
        "softmax by hand": {"end": "by hand"},
    },
    seeds=1,
)
def extreme_logits(seeds: list[int], end: str) -> dict[str, Any]:
    """Two classes: the right one has the logit −100, the other one 100; its loss and its slope."""

    def by_hand(z: tf.Tensor) -> tf.Tensor:
        powers = tf.exp(z - tf.reduce_max(z, axis=1, keepdims=True))
        return powers / tf.reduce_sum(powers, axis=1, keepdims=True)

    ends = {"logits": tf.identity, "softmax": keras.activations.softmax, "by hand": by_hand}
    z = tf.Variable([[-100.0, 100.0]])
    with tf.GradientTape() as tape:
        loss = keras.losses.sparse_categorical_crossentropy(
            np.array([0]), ends[end](z), from_logits=end == "logits"
        )
    slope = tape.gradient(loss, z).numpy()
    return {"loss": [loss[0] for _ in seeds], "slope": [slope[0, 0] for _ in seeds]}


@experiment(cases={"says 0.2": {"says": 0.2}, "says 0.9": {"says": 0.9}}, seeds=1)
def single_unit(seeds: list[int], says: float) -> dict[str, Any]:
    """The sparse loss on one unit, for an image of class 0: its value, and the unit's slope."""
    unit = tf.Variable([[says]])
    with tf.GradientTape() as tape:
        loss = keras.losses.sparse_categorical_crossentropy(np.array([0]), unit)
    slope = tape.gradient(loss, unit).numpy()
    return {"loss": [loss[0] for _ in seeds], "slope": [slope[0, 0] for _ in seeds]}
