"""Recorded experiments of the case study on a regularised network (claims R1 to R11)."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from experiments import experiment
from experiments.common import Clock, Scores, Split, split, train
from experiments.dense_design import of_answers, short
from lessons_src.data import load, scale
from lessons_src.models import classifier
from lessons_src.training import fit, score

UNITS = (384, 256, 128)
EPOCHS = 30
MIDWAY = 15  # the end of some runs that are only asked besides
SAMPLE = 12_000  # training images that are scored: as many as are held out
WHY = "what a source says of a regularised network's test accuracy (recorded)"


def network(
    units: Sequence[int] = UNITS,
    activation: str = "gelu",
    order: str = "activation, norm, dropout",
    dropout: float = 0.3,
    weight_decay: float = 0.004,
) -> keras.Model:
    """Hidden layers with `order` behind the sums of each, as the source has it, for one-hot labels.

    Behind a third layer comes no BatchNorm. What `order` does not name is left out; without weight
    decay, AdamW is Adam.
    """
    body = [layers.Input((28, 28)), layers.Flatten()]
    for depth, n in enumerate(units):
        body.append(layers.Dense(n))
        for kind in order.split(", "):
            if kind == "activation":
                body.append(layers.Activation(activation))
            elif kind == "dropout":
                body.append(layers.Dropout(dropout))
            elif depth < 2:
                body.append(layers.BatchNormalization())
    model = keras.Sequential([*body, layers.Dense(10, activation="softmax")])
    adam = keras.optimizers.AdamW(weight_decay=weight_decay)
    model.compile(
        adam if weight_decay else "adam", "categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Rows with a single 1, shape (n, 10)."""
    return np.eye(10, dtype=np.float32)[labels]


def trained(seeds: Sequence[int], settings: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    """Train the network with these settings, batch 64, on each seed's own split."""
    arguments = {"epochs": EPOCHS} | arguments
    results = train(lambda: network(**settings), seeds, targets=one_hot, batch_size=64, **arguments)
    return short(results)


def length_of_weights(model: keras.Model, own: Split) -> dict[str, Any]:
    """The norm of the weights of each dense layer, shape (layers,)."""
    kernels = [layer.kernel for layer in model.layers if isinstance(layer, layers.Dense)]
    return {"weights": [float(tf.norm(kernel)) for kernel in kernels]}


@experiment(cases={"as the source has it": {}}, seeds_per_job=2)
def regularised_network(seeds: list[int]) -> dict[str, Any]:
    """384–256–128, GELU, BatchNorm, dropout 0.3, AdamW, batch 64, 30 epochs on 48,000 images.

    "third_…_curve", shape (seeds, 3, epochs), is of each third of the held-out images;
    "train_…_curve" of a quarter of the training images, "test_accuracy_curve" of the official test
    images, all of the network as it stands after each epoch. The rest is of the finished network
    (`inside`).
    """
    data, watched = load(), []
    test = scale(data.test_images), one_hot(data.test_labels(WHY))

    def watch(own: Split) -> list[keras.callbacks.Callback]:
        thirds = zip(np.split(own.held_x, 3), np.split(own.held_y, 3), strict=True)
        seen = Scores(own.x[:SAMPLE], own.y[:SAMPLE])
        watched.append([*(Scores(*third) for third in thirds), seen, Scores(*test)])
        return watched[-1]

    results = trained(
        seeds,
        {},
        curves=("accuracy", "val_loss", "val_accuracy"),
        halves=True,
        callbacks=watch,
        measure=inside,
    )
    curves: dict[str, Any] = {}
    for kind in ("loss", "accuracy"):
        scores = np.array([[getattr(one, kind) for one in run] for run in watched])
        curves[f"third_{kind}_curve"] = scores[:, :3]
        curves[f"train_{kind}_curve"] = scores[:, 3]
        if kind == "accuracy":
            curves[f"test_{kind}_curve"] = scores[:, 4]
    return results | short(curves)


SHOWN = 16  # units of a layer, and confident mistakes


def inside(model: keras.Model, own: Split) -> dict[str, Any]:
    """What a finished network looks like from inside.

    Returns:
        "weights"; "confusion" of the held-out images; "mistake_…": probability, label and answer of
        the most confident mistakes; "activation": what some units of the last hidden layer give on
        average for each class, shape (10, units); "probe_pixels" and "probe_layer_1", …: validation
        accuracy of a softmax regression on the pixels and on each hidden layer.
    """
    labels = own.held_y.argmax(axis=1)
    told = model.predict(own.held_x, batch_size=1000, verbose=0).astype(float)
    answers = told.argmax(axis=1)
    wrong = np.flatnonzero(answers != labels)
    worst = wrong[np.argsort(-told[wrong].max(axis=1))[:SHOWN]]
    found = {"probe_pixels": probed(own, lambda x: x.reshape(len(x), -1))}
    hidden = [layer for layer in model.layers if isinstance(layer, layers.Activation)]
    for number, layer in enumerate(hidden, 1):
        until = keras.Model(model.inputs, layer.output)
        found[f"probe_layer_{number}"] = probed(
            own, lambda x, until=until: until.predict(x, batch_size=1000, verbose=0)
        )
    last = until.predict(own.held_x, batch_size=1000, verbose=0)[:, :SHOWN]
    return {
        **length_of_weights(model, own),
        **found,
        "confusion": of_answers(told, labels)["confusion"],
        "mistake_probability": told[worst].max(axis=1),
        "mistake_label": labels[worst],
        "mistake_answer": answers[worst],
        "activation": np.round([last[labels == label].mean(axis=0) for label in range(10)], 3),
    }


def probed(own: Split, describe: Callable[[np.ndarray], np.ndarray]) -> float:
    """Validation accuracy of a softmax regression on what describes an image.

    Each number is brought to mean 0 and spread 1, so that no layer learns faster for its scale.
    """
    rows, unseen = describe(own.x), describe(own.held_x)
    mean, spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    probe = classifier(layers.Input(rows.shape[1:]))
    labels, held = own.y.argmax(axis=1), own.held_y.argmax(axis=1)
    fit(probe, (rows - mean) / spread, labels, batch_size=128, epochs=10, verbose=False)
    return score(probe, (unseen - mean) / spread, held)["accuracy"]


PLAIN = {"order": "activation", "weight_decay": 0.0}
CROSSED = {
    "one layer, regularised": {"units": UNITS[:1]},
    "three layers, plain": {"units": UNITS, **PLAIN},
}
# A plain network is stopped long before.
ALSO_CROSSED = {
    "two layers, regularised": {"units": UNITS[:2]},
    "one layer, plain": {"units": UNITS[:1], "epochs": 20, **PLAIN},
    "two layers, plain": {"units": UNITS[:2], "epochs": 20, **PLAIN},
}


@experiment(cases=CROSSED | ALSO_CROSSED, also=ALSO_CROSSED, seeds_per_job=2)
def regularised_or_deep(seeds: list[int], epochs: int = EPOCHS, **settings: Any) -> dict[str, Any]:
    """GELU, batch 64, 48,000 images; regularised by BatchNorm, dropout 0.3 and AdamW, or plain.

    All training images are scored after the fifteenth epoch, and at the end.
    """
    more = {"halves": True, "scored_epochs": (MIDWAY,), "measure": length_of_weights}
    return trained(seeds, settings, epochs=epochs, **more)


PARTS = {
    "no BatchNorm": {"order": "activation, dropout"},
    "no dropout": {"order": "activation, norm"},
    "Adam": {"weight_decay": 0.0},
    "ReLU": {"activation": "relu"},
    "dropout before BatchNorm": {"order": "activation, dropout, norm"},
}
ALSO_PARTS = {
    "all out": {"activation": "relu", **PLAIN},
    "BatchNorm before the activation": {"order": "norm, activation, dropout", "epochs": MIDWAY},
}


@experiment(cases=PARTS | ALSO_PARTS, also=ALSO_PARTS, seeds_per_job=2)
def regularised_parts(seeds: list[int], epochs: int = EPOCHS, **settings: Any) -> dict[str, Any]:
    """384–256–128, GELU, BatchNorm, dropout 0.3, AdamW, batch 64; one of these changed."""
    return trained(seeds, settings, epochs=epochs, measure=length_of_weights)


DROPOUTS = {f"dropout {rate:g}": {"rate": rate} for rate in (0.1, 0.5)}


@experiment(cases=DROPOUTS, also=DROPOUTS, seeds_per_job=1)
def regularised_dropout(seeds: list[int], rate: float) -> dict[str, Any]:
    """384–256–128 as the source has it with another dropout, stopped with a patience of 5."""
    data = load()
    test = scale(data.test_images), one_hot(data.test_labels(WHY))
    stop = {"patience": 5, "restore_best_weights": True}
    return trained(
        seeds,
        {"dropout": rate},
        curves=(),
        callbacks=lambda own: [keras.callbacks.EarlyStopping(**stop)],
        measure=lambda model, own: {"test_accuracy": score(model, *test)["accuracy"]},
    )


DECAYS = {"0.004": {"decay": 0.004}}
ALSO_DECAYS = {f"{decay:g}": {"decay": decay, "epochs": MIDWAY} for decay in (1e-4, 1e-2, 1e-1)}


@experiment(cases=DECAYS | ALSO_DECAYS, also=ALSO_DECAYS, seeds_per_job=2)
def plain_decay(seeds: list[int], decay: float, epochs: int = EPOCHS) -> dict[str, Any]:
    """384–256–128, GELU, AdamW, without BatchNorm and dropout, batch 64, on 48,000 images."""
    settings = {"order": "activation", "weight_decay": decay}
    return trained(seeds, settings, epochs=epochs, measure=length_of_weights)


LENGTH = 0.1  # of the step, over all weights
LOOKED_AT = 6000  # training images that the gradient is of


@experiment(cases={name: {"activation": name.lower()} for name in ("GELU", "ReLU")})
def gradient_smoothness(seeds: list[int], activation: str) -> dict[str, Any]:
    """384–256–128 as the source has it, with GELU or ReLU, after one epoch of batch 64.

    "change": how far the gradient of the loss over 6,000 training images, dropout off, moves along
    a step of length 0.1 against itself, as a share of its length.
    """

    def change(model: keras.Model, own: Split) -> dict[str, float]:
        x, y = tf.constant(own.x[:LOOKED_AT]), tf.constant(own.y[:LOOKED_AT])

        def gradient() -> list[tf.Tensor]:
            with tf.GradientTape() as tape:
                answers = model(x, training=False)
                loss = tf.reduce_mean(keras.losses.categorical_crossentropy(y, answers))
            return tape.gradient(loss, model.trainable_variables)

        before = gradient()
        length = tf.linalg.global_norm(before)
        for variable, slope in zip(model.trainable_variables, before, strict=True):
            variable.assign_sub(LENGTH * slope / length)
        moved = [new - old for new, old in zip(gradient(), before, strict=True)]
        return {"change": float(tf.linalg.global_norm(moved) / length), "length": float(length)}

    return trained(seeds, {"activation": activation}, epochs=1, measure=change)


def fit_and_ask(seeds: Sequence[int], build: Callable[[int], Any]) -> dict[str, list[float]]:
    """Train a classifier of scikit-learn on the pixels of each seed's split."""
    found = []
    for seed in seeds:
        own = split(seed)
        model = build(seed).fit(own.x.reshape(-1, 784), own.y)
        found.append(float(model.score(own.held_x.reshape(-1, 784), own.held_y)))
    return {"val_accuracy": found}


@experiment(cases={"100 trees": {}}, seeds_per_job=1)
def random_forest(seeds: list[int]) -> dict[str, Any]:
    """Random forest of 100 trees on the pixels of 48,000 images."""
    return fit_and_ask(seeds, lambda seed: RandomForestClassifier(100, random_state=seed))


@experiment(cases={"scikit-learn": {}}, seeds_per_job=1)
def logistic_regression(seeds: list[int]) -> dict[str, Any]:
    """Logistic regression of scikit-learn (lbfgs, max_iter 1000) on the pixels of 48,000 images."""
    return fit_and_ask(seeds, lambda seed: LogisticRegression(max_iter=1000))


CLASSICAL = {
    "boosted trees": lambda seed: HistGradientBoostingClassifier(max_iter=20, random_state=seed),
    "nearest neighbours": lambda seed: KNeighborsClassifier(5, algorithm="brute"),
}


@experiment(cases={name: {"name": name} for name in CLASSICAL}, also=CLASSICAL, seeds_per_job=1)
def other_classifiers(seeds: list[int], name: str) -> dict[str, Any]:
    """Boosted trees (20 rounds) or 5 nearest neighbours, on the pixels of 48,000 images."""
    return fit_and_ask(seeds, CLASSICAL[name])


@experiment(cases={"alternating": {}}, seeds=2, seeds_per_job=1)
def classifier_seconds(seeds: list[int]) -> dict[str, Any]:
    """Seconds to train on 48,000 images: two classical models, and an epoch of the network."""
    found = []
    for seed in seeds:
        own, clock = split(seed), Clock()
        keras.utils.set_random_seed(seed)
        settings = {"batch_size": 64, "epochs": 4, "callbacks": [clock], "verbose": False}
        fit(network(), own.x, one_hot(own.y), **settings)
        took = {"seconds_epoch": clock.median()}
        classical = {
            "logistic_regression": LogisticRegression(max_iter=1000),
            "random_forest": RandomForestClassifier(100, random_state=seed),
        }
        for name, model in classical.items():
            started = time.perf_counter()
            model.fit(own.x.reshape(-1, 784), own.y)
            took[f"seconds_{name}"] = time.perf_counter() - started
        found.append(took)
    return {name: [took[name] for took in found] for name in found[0]}


STEPS = 20
DECIMALS = 4  # the last of them is a tenth of a step of Adam, and far more than rounding


@experiment(
    cases={
        "tape, eager": {"graph": False, "training": True},
        "tape in tf.function": {"graph": True, "training": True},
        "tape without training=True": {"graph": False, "training": False},
    },
    seeds=1,
)
def tape_loop(seeds: list[int], graph: bool, training: bool) -> dict[str, Any]:
    """384–256–128, GELU, BatchNorm, no dropout, AdamW, 20 steps of batch 64: a tape against fit."""
    apart, moved = [], []
    for seed in seeds:
        own = split(seed)
        x, y = own.x[: 64 * STEPS], one_hot(own.y[: 64 * STEPS])
        first, by_fit, by_tape = (first_weights(seed) for _ in range(3))
        by_fit.fit(x, y, batch_size=64, shuffle=False, verbose=0)
        step = tf.function(tape_step) if graph else tape_step
        for i in range(0, len(x), 64):
            step(by_tape, tf.constant(x[i : i + 64]), tf.constant(y[i : i + 64]), training)
        apart.append(largest_difference(by_tape, by_fit))
        moved.append(largest_difference(by_fit, first))
    return {"apart": apart, "moved": moved}


def first_weights(seed: int) -> keras.Model:
    """The network with its first weights, and without dropout."""
    keras.utils.set_random_seed(seed)
    return network(dropout=0.0)


def tape_step(model: keras.Model, x: tf.Tensor, y: tf.Tensor, training: bool) -> None:
    """A step of the loop that is written by hand."""
    with tf.GradientTape() as tape:
        answers = model(x, training=training)
        loss = tf.reduce_mean(keras.losses.categorical_crossentropy(y, answers))
    slopes = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(slopes, model.trainable_variables)


def largest_difference(model: keras.Model, other: keras.Model) -> float:
    """Between any two numbers that belong together, those that are only kept included."""
    pairs = zip(model.get_weights(), other.get_weights(), strict=True)
    return round(float(max(np.abs(a - b).max() for a, b in pairs)), DECIMALS)


@experiment(cases={"fit": {"tape": False}, "tape": {"tape": True}}, seeds=10, seeds_per_job=2)
def tape_dropout(seeds: list[int], tape: bool) -> dict[str, Any]:
    """384–256–128 as the source has it, dropout included, 2 epochs of batch 64: a tape or fit."""
    found = []
    for seed in seeds:
        own = split(seed)
        y = one_hot(own.y)
        keras.utils.set_random_seed(seed)
        model = network()
        if tape:
            step, rng = tf.function(tape_step), np.random.default_rng(seed)
            for _ in range(2):
                for rows in np.array_split(rng.permutation(len(y)), len(y) // 64):
                    step(model, tf.constant(own.x[rows]), tf.constant(y[rows]), True)
        else:
            fit(model, own.x, y, batch_size=64, epochs=2, verbose=False)
        found.append(score(model, own.held_x, one_hot(own.held_y))["accuracy"])
    return {"val_accuracy": found}
