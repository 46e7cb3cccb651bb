"""Recorded experiments of the case study with two hidden layers (claims T1 to T5)."""

from typing import Any

import keras
import numpy as np
from keras import layers

from experiments import FIXED, experiment
from experiments.common import Scores, Split, images, of_rows, split, train
from experiments.dense_design import short
from lessons_src.data import load, scale
from lessons_src.models import dense

HELD_OUT = 5000
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")
SPLITS = {"55,000": {"textbook": True}, "48,000": {"textbook": False}}
STEP = 5  # epochs between two scores of the training and test images


def rows_of(textbook: bool, seed: int) -> Split:
    """The textbook example's split, its first 5,000 images held out; or the seed's own."""
    return of_rows(np.arange(HELD_OUT, 60_000), np.arange(HELD_OUT)) if textbook else split(seed)


def network(rate: float) -> keras.Model:
    """784–300–100–10 with plain SGD."""
    return dense(300, 100, optimizer=keras.optimizers.SGD(rate))


SCORED = (15, 30, 75, 100)  # as long as the wishes are granted, below


@experiment(cases=SPLITS, seeds_per_job=2)
def source_default(seeds: list[int], textbook: bool) -> dict[str, Any]:
    """784–300–100–10, ReLU, SGD at 0.01, batch 32, 100 epochs.

    All training images are scored after epochs 15, 30, 75 and 100.
    """
    results = train(
        lambda: network(0.01),
        seeds,
        data=lambda seed: rows_of(textbook, seed),
        epochs=100,
        curves=CURVES,
        halves=True,
        scored_epochs=SCORED,
    )
    return short(results)


@experiment(cases=SPLITS, seeds=10, seeds_per_job=2)
def source_curves(seeds: list[int], textbook: bool) -> dict[str, Any]:
    """784–300–100–10, ReLU, SGD at 0.1, batch 32, 50 epochs.

    "train_…_curve" and "test_accuracy_curve" are of every fifth epoch: the network as it is then,
    on its training images and on the official test images.
    """
    data, epochs = load(), 50
    test = scale(data.test_images), data.test_labels("as a source's validation images (recorded)")
    scored, on_test = range(STEP, epochs + 1, STEP), []

    def watch(own: Split) -> list[keras.callbacks.Callback]:
        on_test.append(Scores(*test, scored))
        return on_test[-1:]

    results = train(
        lambda: network(0.1),
        seeds,
        data=lambda seed: rows_of(textbook, seed),
        epochs=epochs,
        curves=CURVES,
        scored_epochs=scored,
        callbacks=watch,
    )
    return short(results | {"test_accuracy_curve": [scores.accuracy for scores in on_test]})


RAW_RATES = (1e-3, 1e-4, 1e-5)  # of the raw pixels, besides 0.01
RAW = {f"0 to 255, {rate:g}": {"rate": rate, "factor": 255} for rate in RAW_RATES}


@experiment(
    cases={
        "scaled, 0.01": {"rate": 0.01, "factor": 1},
        "0 to 255, 0.01": {"rate": 0.01, "factor": 255},
        **RAW,
    },
    seeds=FIXED,
    also=RAW,
    choosing={"0 to 255, 0.01", *RAW},
)
def raw_pixels(seeds: list[int], rate: float, factor: int) -> dict[str, Any]:
    """784–300–100–10, ReLU, SGD, batch 32, 10 epochs on 48,000 images."""
    results = train(lambda: network(rate), seeds, change=lambda pixels: pixels * factor, epochs=10)
    return short(results, epochs=10)


WISHES = {
    "L2 0.0001": {"l2": 1e-4, "epochs": 75},
    "dropout 0.2": {"dropout": 0.2, "epochs": 75},
    "Adam 0.001": {"adam": 0.001, "epochs": 15},
    "flip and zoom": {"flip": True, "zoom": 0.1, "epochs": 75},
}
# Their second strengths; of the accuracy alone, which takes fewer epochs.
OTHERS = {
    "L2 0.001": {"l2": 1e-3, "epochs": 30},
    "dropout 0.5": {"dropout": 0.5, "epochs": 30},
    "Adam 0.0003": {"adam": 0.0003, "epochs": 15},
    "flip": {"flip": True, "epochs": 30},
    "all together": {
        "l2": 1e-4,
        "dropout": 0.2,
        "adam": 0.001,
        "flip": True,
        "zoom": 0.1,
        "epochs": 30,
    },
}


@experiment(cases=WISHES | OTHERS, also=OTHERS, seeds_per_job=2)
def wish_list(seeds: list[int], epochs: int, **wish: Any) -> dict[str, Any]:
    """784–300–100–10, ReLU, SGD at 0.01 unless told, batch 32, on 48,000 images.

    "val_loss_curve" and "loss_curve" are of the crossentropy alone, without a penalty.
    """
    entropy = "sparse_categorical_crossentropy"
    curves = (entropy, f"val_{entropy}", "val_accuracy")
    results = train(lambda: wished(**wish), seeds, epochs=epochs, curves=curves)
    kept = {name: results[name] for name in ("train_accuracy", "val_accuracy")}
    named = {
        "loss_curve": results[f"{entropy}_curve"],
        "val_loss_curve": results[f"val_{entropy}_curve"],
        "val_accuracy_curve": results["val_accuracy_curve"],
    }
    return short(kept | named)


def wished(
    l2: float = 0.0,
    dropout: float = 0.0,
    adam: float = 0.0,
    flip: bool = False,
    zoom: float = 0.0,
) -> keras.Model:
    """The network with a penalty, dropout, Adam's rate, layers that change the images."""
    body = [layers.Input((28, 28))]
    if flip:
        body += [layers.Reshape((28, 28, 1)), layers.RandomFlip("horizontal")]
    if zoom:
        body.append(layers.RandomZoom(zoom, fill_mode="constant"))
    body.append(layers.Flatten())
    for units in (300, 100):
        penalty = keras.regularizers.L2(l2) if l2 else None
        body.append(layers.Dense(units, activation="relu", kernel_regularizer=penalty))
        if dropout:
            body.append(layers.Dropout(dropout))
    model = keras.Sequential([*body, layers.Dense(10, activation="softmax")])
    entropy = "sparse_categorical_crossentropy"
    model.compile(
        keras.optimizers.Adam(adam) if adam else keras.optimizers.SGD(0.01),
        entropy,
        metrics=["accuracy", entropy],
    )
    return model


@experiment(cases={"Dense(10)": {"units": 10}}, seeds=1)
def dense_axes(seeds: list[int], units: int) -> dict[str, Any]:
    """Keras's dense layer on 100 training images of 28 by 28, not flattened; nothing is trained.

    Returns:
        "accepted" whether the layer takes them, with the shape of its "output" and the number of
        its "parameters"; "moved": how many of the 28 rows give other outputs where the top row of
        every image is painted white. All but the first are 0 if it does not.
    """
    some = images()[:100]
    painted = some.copy()
    painted[:, 0] = 1
    found = {"accepted": [], "output": [], "parameters": [], "moved": []}
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        layer, shape, moved = layers.Dense(units), (0, 0, 0), 0
        try:
            before = np.asarray(layer(some))
        except ValueError:
            before = None
        if before is not None:
            shape = before.shape
            moved = (np.abs(np.asarray(layer(painted)) - before).max(axis=(0, 2)) > 0).sum()
        found["accepted"].append(int(before is not None))
        found["output"].append(shape)
        found["parameters"].append(layer.count_params() if layer.built else 0)
        found["moved"].append(int(moved))
    return found
