"""Recorded experiments of the case study of leaky ReLU (claims L*)."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from experiments import experiment
from experiments.common import TrainingScores, images, train
from lessons_src.data import load, scale
from lessons_src.models import classifier
from lessons_src.training import repeat, score

SHORT, LONGEST = 10, 150  # epochs; training images are scored after SHORT and at the end
CONSTANT = 40  # epochs at a constant rate; in a first full run the rate fell after epoch 26
KEPT = ("val_accuracy", "val_loss", "learning_rate")  # curves
THRESHOLD = 1e-4  # of the project: a unit whose largest activation lies below is dying


def network(
    units: int = 256,
    slope: float = 0.1,
    initializer: str = "he_normal",
    dropout: float = 0.3,
    bias: float = 0.0,
    learning_rate: float = 0.001,
) -> keras.Model:
    """The project's network; slope 0 is ReLU, and `bias` is where all hidden biases start."""
    hidden = layers.Dense(
        units,
        kernel_initializer=initializer,
        bias_initializer=keras.initializers.Constant(bias),
    )
    body = [hidden, layers.LeakyReLU(negative_slope=slope)]
    if dropout:
        body.append(layers.Dropout(dropout))
    optimizer = keras.optimizers.Adam(learning_rate)
    return classifier(layers.Input((28, 28)), layers.Flatten(), *body, optimizer=optimizer)


def schedule() -> list[keras.callbacks.Callback]:
    """The project's two callbacks, both on validation accuracy."""
    return [
        keras.callbacks.ReduceLROnPlateau("val_accuracy", factor=0.5, patience=5, min_lr=1e-6),
        keras.callbacks.EarlyStopping("val_accuracy", patience=30),
    ]


def unit_health(model: keras.Model) -> dict[str, int]:
    """How many hidden units stay below the threshold, and how many do not vary, over all images.

    "dying": the largest activation over the 48,000 training images is below the threshold.
    "constant": largest and smallest activation are less than the threshold apart.
    """
    flatten, hidden, activation = model.layers[:3]
    highest, lowest = -np.inf, np.inf
    for part in np.split(images()[0], 8):
        outputs = activation(hidden(flatten(part))).numpy()
        highest = np.maximum(highest, outputs.max(axis=0))
        lowest = np.minimum(lowest, outputs.min(axis=0))
    return {
        "dying": int((highest < THRESHOLD).sum()),
        "constant": int((highest - lowest < THRESHOLD).sum()),
    }


@experiment(
    cases={
        "the project's": {},
        "128 units": {"units": 128},
        "glorot_uniform": {"initializer": "glorot_uniform"},
        "ReLU": {"slope": 0.0},
        "batch 32": {"batch_size": 32},
        "batch 128": {"batch_size": 128},
        "no dropout": {"dropout": 0.0},
        "dropout 0.5": {"dropout": 0.5},
    },
    seeds=5,
    seeds_per_job=1,
)
def leaky_full(seeds: list[int], batch_size: int = 64, **change: Any) -> dict[str, Any]:
    """The project's 784–256–10 or one change to it, both callbacks, trained on 48,000 images."""
    data, (x, held_out) = load(), images()
    own = not change and batch_size == 64
    watches = []

    def callbacks() -> list[keras.callbacks.Callback]:
        watches.append(TrainingScores(x, data.train_labels, (SHORT,)))
        return [*schedule(), watches[-1]]

    def scores(model: keras.Model) -> dict[str, Any]:
        trained = score(model, x, data.train_labels)["accuracy"]
        on_test = scores_on_test(model) if own else {}
        return {"train_accuracy": trained, **on_test, **unit_health(model)}

    runs = repeat(
        lambda: network(**change),
        x,
        data.train_labels,
        seeds=seeds,
        validation_data=(held_out, data.validation_labels),
        measure=scores,
        callbacks=callbacks,
        batch_size=batch_size,
        epochs=LONGEST,
        verbose=False,
    )
    # Of equal length for all runs; NaN after the epoch in which a run stopped. Of the changes,
    # accuracy alone, which keeps the record small.
    rest = ((0, 0), (0, LONGEST - int(runs.epochs.max())))
    return {
        **runs.measured,
        "epochs": runs.epochs,
        "short_train_accuracy": [watch.accuracy[0] for watch in watches],
        "short_learning_rate": runs.history["learning_rate"][:, SHORT - 1],
        **{
            f"{name}_curve": np.pad(runs.history[name], rest, constant_values=np.nan)
            for name in (KEPT if own else KEPT[:1])
        },
    }


def scores_on_test(model: keras.Model) -> dict[str, Any]:
    """Test accuracy, and how many test images of each class are right."""
    data = load()
    labels = data.test_labels("the project's network at full length (recorded: leaky-full)")
    answers = model.predict(scale(data.test_images), batch_size=1000, verbose=0).argmax(axis=1)
    right = answers == labels
    return {
        "test_accuracy": right.mean(),
        "test_right": np.bincount(labels[right], minlength=10),
    }


@experiment(cases={"no scheduler": {}}, seeds=5)
def leaky_constant(seeds: list[int]) -> dict[str, Any]:
    """The project's network without its callbacks, 40 epochs at rate 0.001 on 48,000 images."""
    return train(
        network, seeds, curves=["val_accuracy", "val_loss"], batch_size=64, epochs=CONSTANT
    )


SETTINGS = {
    "as it is": {},
    "glorot_uniform": {"initializer": "glorot_uniform"},
    "biases from −1": {"bias": -1.0},
    "rate 0.01": {"learning_rate": 0.01},
    "rate 0.1": {"learning_rate": 0.1},
}


@experiment(
    cases={
        f"{activation}, {setting}": {"slope": slope, **change}
        for activation, slope in (("ReLU", 0.0), ("leaky ReLU", 0.1))
        for setting, change in SETTINGS.items()
    },
    seeds=5,
)
def dying_units(seeds: list[int], **case: Any) -> dict[str, Any]:
    """256 hidden units, otherwise as the project's; batch 64, 2 epochs on 48,000 images."""
    return train(lambda: network(**case), seeds, measure=unit_health, batch_size=64, epochs=2)


@experiment(
    cases={name: {"initializer": name} for name in ("he_normal", "glorot_uniform")}, seeds=10
)
def leaky_gradients(seeds: list[int], initializer: str) -> dict[str, Any]:
    """The hidden weights' gradient before the first step, over 1,000 training images."""
    x, y = images()[0][:1000], load().train_labels[:1000]
    lengths = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model = network(initializer=initializer, dropout=0.0)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, model(x)))
        lengths.append(float(tf.norm(tape.gradient(loss, model.layers[1].kernel))))
    return {"length": lengths}
