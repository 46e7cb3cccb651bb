"""Recorded experiments of the case study on a regularised network (claims R1 to R7, R9, R10)."""

import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from experiments import experiment
from experiments.common import Clock, TrainingScores, images
from lessons_src.data import load, scale
from lessons_src.training import repeat, score

UNITS = (384, 256, 128)
EPOCHS = 30
SAMPLE = 12_000  # training images that are scored: as many as there are validation images
WHY = "what the parts of a regularised network are worth (recorded)"


def network(
    units: Sequence[int] = UNITS,
    activation: str = "gelu",
    order: str = "norm, dropout",
    dropout: float = 0.3,
    weight_decay: float = 0.004,
) -> keras.Model:
    """Hidden layers with `order` behind each of them, as the source has it, for one-hot labels.

    Behind a third layer comes no BatchNorm. Without an order, layers are dense only; without weight
    decay, AdamW is Adam.
    """
    body = [layers.Input((28, 28)), layers.Flatten()]
    for depth, n in enumerate(units):
        body.append(layers.Dense(n, activation=activation))
        for kind in order.split(", ") if order else ():
            if kind == "dropout":
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


@experiment(cases={"as the source has it": {}}, seeds=5)
def regularised_network(seeds: list[int]) -> dict[str, Any]:
    """384–256–128, GELU, BatchNorm, dropout 0.3, AdamW, batch 64, 30 epochs on 48,000 images."""
    data, (train_x, held_out) = load(), images()
    y, test_x = one_hot(data.train_labels), scale(data.test_images)
    test_y = one_hot(data.test_labels(WHY))
    every, watched = range(1, EPOCHS + 1), []

    def watch() -> list[keras.callbacks.Callback]:
        seen = TrainingScores(train_x[:SAMPLE], y[:SAMPLE], every)
        watched.append((seen, TrainingScores(test_x, test_y, every), Clock()))
        return [watched[-1][2], *watched[-1][:2]]  # the clock stops before the scoring

    runs = repeat(
        network,
        train_x,
        y,
        seeds=seeds,
        callbacks=watch,
        validation_data=(held_out, one_hot(data.validation_labels)),
        batch_size=64,
        epochs=EPOCHS,
        verbose=False,
    )
    curves = {name: runs.history[name] for name in ("val_loss", "val_accuracy", "accuracy")}
    for name, place in (("train", 0), ("test", 1)):
        curves[f"{name}_loss"] = np.array([scores[place].loss for scores in watched])
        curves[f"{name}_accuracy"] = np.array([scores[place].accuracy for scores in watched])
    kept = {f"{name}_curve": np.round(values, 4) for name, values in curves.items()}
    return {**kept, "seconds_per_epoch": [scores[2].median() for scores in watched]}


def to_the_lowest(
    seeds: list[int], epochs: int, patience: int, **settings: Any
) -> dict[str, np.ndarray]:
    """Stop early, go back to the epoch with the lowest validation loss, and score that network.

    Training images are scored with dropout switched off; "val_loss_rise" is the mean rise of the
    validation loss from epoch to epoch, falls counted as 0.
    """
    data, (train_x, held_out) = load(), images()
    y, held_y = one_hot(data.train_labels), one_hot(data.validation_labels)
    scored = {
        "train": (train_x[:SAMPLE], y[:SAMPLE]),
        "val": (held_out, held_y),
        "test": (scale(data.test_images), one_hot(data.test_labels(WHY))),
    }

    def scores(model: keras.Model) -> dict[str, float]:
        kernels = [layer.kernel for layer in model.layers if isinstance(layer, layers.Dense)]
        found = {"weights": sum(float(np.square(kernel).sum()) for kernel in kernels) ** 0.5}
        for name, pair in scored.items():
            found[f"{name}_accuracy"] = score(model, *pair)["accuracy"]
        return found

    runs = repeat(
        lambda: network(**settings),
        train_x,
        y,
        seeds=seeds,
        measure=scores,
        callbacks=lambda: [
            keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
        ],
        validation_data=(held_out, held_y),
        batch_size=64,
        epochs=epochs,
        verbose=False,
    )
    rises = np.diff(runs.history["val_loss"], axis=1).clip(0)  # NaN behind a run's end
    return {
        **runs.measured,
        "epochs": runs.epochs,
        "val_loss_rise": np.nanmean(rises, axis=1),
    }


PLAIN = {"order": "", "weight_decay": 0.0}


@experiment(
    cases={
        "one layer, plain": {"units": [384], **PLAIN},
        "one layer, regularised": {"units": [384]},
        "three layers, plain": PLAIN,
    },
    seeds=5,
)
def regularised_or_deep(seeds: list[int], **case: Any) -> dict[str, Any]:
    """GELU, batch 64, 8 epochs on 48,000 images, back to the lowest validation loss."""
    return to_the_lowest(seeds, 8, patience=8, **case)


@experiment(
    cases={
        "ReLU": {"activation": "relu"},
        "dropout before BatchNorm": {"order": "dropout, norm"},
        "Adam": {"weight_decay": 0.0},
        "weight decay 0.1": {"weight_decay": 0.1},
        "dropout 0.1": {"dropout": 0.1},
        "dropout 0.5": {"dropout": 0.5},
        "one layer, regularised": {"units": [384]},
    },
    seeds=5,
)
def regularised_parts(seeds: list[int], **case: Any) -> dict[str, Any]:
    """384–256–128, GELU, BatchNorm, AdamW, batch 64, 48,000 images, up to 30 epochs, patience 5."""
    return to_the_lowest(seeds, EPOCHS, patience=5, **case)


def rows_of_pixels() -> tuple[np.ndarray, np.ndarray]:
    """Training and validation images as rows, shapes (48000, 784) and (12000, 784)."""
    train_x, held_out = images()
    return train_x.reshape(-1, 784), held_out.reshape(-1, 784)


def fit_and_ask(classifier: Any) -> dict[str, float]:
    """Train on 48,000 images; accuracy, and what fitting and answering take of the processor."""
    data, (rows, unseen), started = load(), rows_of_pixels(), time.process_time()
    classifier.fit(rows, data.train_labels)
    fitted = time.process_time()
    answers = classifier.predict(unseen)
    return {
        "seconds": fitted - started,
        "seconds_per_image": (time.process_time() - fitted) / len(unseen),
        "val_accuracy": float((answers == data.validation_labels).mean()),
    }


@experiment(cases={"100 trees": {}}, seeds=5, seeds_per_job=1)
def random_forest(seeds: list[int]) -> dict[str, Any]:
    """Random forest of 100 trees on the pixels of 48,000 images."""
    results = []
    for seed in seeds:
        forest = RandomForestClassifier(100, random_state=seed)
        found = fit_and_ask(forest)
        found["nodes"] = sum(tree.tree_.node_count for tree in forest.estimators_)
        results.append(found)
    return {name: [found[name] for found in results] for name in results[0]}


@experiment(cases={"scikit-learn": {}}, seeds=1)
def logistic_regression(seeds: list[int]) -> dict[str, Any]:
    """Logistic regression of scikit-learn (lbfgs, max_iter 1000) on the pixels of 48,000 images."""
    line = LogisticRegression(max_iter=1000)
    found = {**fit_and_ask(line), "iterations": int(line.n_iter_[0])}
    return {name: [value] * len(seeds) for name, value in found.items()}  # nothing is drawn


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
    data, (train_x, _) = load(), images()
    x = train_x[: 64 * STEPS]
    y = one_hot(data.train_labels[: len(x)])
    apart, moved = [], []
    for seed in seeds:
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
