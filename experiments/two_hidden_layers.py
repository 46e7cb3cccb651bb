"""Recorded experiments of the case study with two hidden layers (claims T1, T2, T4, T5)."""

from typing import Any

import keras
import numpy as np
from keras import layers

from experiments import experiment
from experiments.common import TrainingScores, images, train
from lessons_src.data import load, scale
from lessons_src.models import classifier, dense
from lessons_src.training import repeat

HELD_OUT = 5000
CURVES = ("accuracy", "val_accuracy", "val_loss")  # kept of the wishes
STEP = 5  # epochs between two scores of the training and test images


@experiment(cases={"0.1": {"rate": 0.1, "epochs": 20}}, seeds=5)
def source_curves(seeds: list[int], rate: float, epochs: int) -> dict[str, Any]:
    """784–300–100–10, ReLU, SGD at 0.1, batch 32, on 55,000 of the official 60,000 images."""
    return curves(seeds, rate, epochs)


@experiment(cases={"0.01": {"rate": 0.01, "epochs": 75}}, seeds=5, seeds_per_job=1)
def source_default(seeds: list[int], rate: float, epochs: int) -> dict[str, Any]:
    """784–300–100–10, ReLU, SGD at 0.01, batch 32, on 55,000 of the official 60,000 images."""
    return curves(seeds, rate, epochs)


def curves(seeds: list[int], rate: float, epochs: int) -> dict[str, Any]:
    """Keras's curves with the first 5,000 images held out, and scores between the epochs.

    Returns:
        "…_curve" after every epoch, "finished_…" and "test_…" after every fifth: of the network as
        it is then, on the 55,000 and on the official test images.
    """
    data = load()
    x, y = scale(data.full_images), data.full_labels
    trained = x[HELD_OUT:], y[HELD_OUT:]
    test = scale(data.test_images), data.test_labels("as a source's validation images (recorded)")
    finished, on_test, scored = [], [], range(STEP, epochs + 1, STEP)

    def watch() -> list[keras.callbacks.Callback]:
        finished.append(TrainingScores(*trained, scored))
        on_test.append(TrainingScores(*test, scored))
        return [finished[-1], on_test[-1]]

    runs = repeat(
        lambda: dense(300, 100, optimizer=keras.optimizers.SGD(rate)),
        *trained,
        validation_data=(x[:HELD_OUT], y[:HELD_OUT]),
        seeds=seeds,
        epochs=epochs,
        callbacks=watch,
        verbose=False,
    )
    return {
        **{f"{name}_curve": curve for name, curve in runs.history.items()},
        "finished_accuracy": [scores.accuracy for scores in finished],
        "finished_loss": [scores.loss for scores in finished],
        "test_accuracy": [scores.accuracy for scores in on_test],
        "test_loss": [scores.loss for scores in on_test],
    }


@experiment(
    cases={
        "baseline": {},
        "L2": {"l2": 1e-4},
        "dropout": {"dropout": 0.2},
        "Adam": {"adam": True},
        "flip and zoom": {"augmented": True},
        "all together": {"l2": 1e-4, "dropout": 0.2, "adam": True, "augmented": True},
    },
    seeds=5,
    seeds_per_job=1,
)
def wish_list(seeds: list[int], **case: Any) -> dict[str, Any]:
    """784–300–100–10, ReLU, SGD at 0.01 (Adam at 0.001), batch 32, 75 epochs on 48,000 images."""
    return train(lambda: wished(**case), seeds, epochs=75, curves=CURVES)


def wished(
    l2: float = 0.0, dropout: float = 0.0, adam: bool = False, augmented: bool = False
) -> keras.Model:
    """The network with what the case names: a penalty, dropout, Adam, layers that change images."""
    body = [layers.Input((28, 28))]
    if augmented:
        body += [
            layers.Reshape((28, 28, 1)),
            layers.RandomFlip("horizontal"),
            layers.RandomZoom(0.1, fill_mode="constant"),
        ]
    body.append(layers.Flatten())
    for units in (300, 100):
        penalty = keras.regularizers.L2(l2) if l2 else None
        body.append(layers.Dense(units, activation="relu", kernel_regularizer=penalty))
        if dropout:
            body.append(layers.Dropout(dropout))
    optimizer = keras.optimizers.Adam(0.001) if adam else keras.optimizers.SGD(0.01)
    return classifier(*body, optimizer=optimizer)


@experiment(cases={"Dense(10)": {"units": 10}}, seeds=1)
def dense_axes(seeds: list[int], units: int) -> dict[str, Any]:
    """Keras's dense layer on 100 training images of 28 by 28, not flattened; nothing is trained.

    Returns:
        "accepted" whether the layer takes them, with the shape of its "output" and the number of
        its "parameters"; "moved": how many of the 28 rows give other outputs where the top row of
        every image is painted white. All but the first are 0 if it does not.
    """
    some = images()[0][:100]
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
