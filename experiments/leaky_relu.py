"""Recorded experiments of the case study of leaky ReLU (claims L*).

Half of the held-out images steer the learning rate and the stop, as a project's own validation
images do. The other half scores.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from experiments import cases_of, experiment
from experiments.common import Split, split, train
from lessons_src.data import load, scale
from lessons_src.models import classifier
from lessons_src.training import score

LONGEST = 150  # epochs
THRESHOLD = 1e-4  # of the project: a unit whose largest activation lies below is dying


def network(
    units: int = 256,
    activation: str = "leaky ReLU",
    slope: float = 0.1,
    initializer: str = "he_normal",
    dropout: float = 0.3,
    bias: float = 0.0,
    learning_rate: float = 0.001,
    depth: int = 1,
) -> keras.Model:
    """The project's network; slope 0 is ReLU, and `bias` is where all hidden biases start."""
    body: list[keras.Layer] = []
    for _ in range(depth):
        start = keras.initializers.Constant(bias)
        body.append(layers.Dense(units, kernel_initializer=initializer, bias_initializer=start))
        body.append(bent(activation, slope))
        if dropout:
            body.append(layers.Dropout(dropout))
    optimizer = keras.optimizers.Adam(learning_rate)
    return classifier(layers.Input((28, 28)), layers.Flatten(), *body, optimizer=optimizer)


def bent(activation: str, slope: float) -> keras.Layer:
    """An activation as a layer; the slopes that PReLU learns start where its authors began."""
    if activation == "PReLU":
        return layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25))
    return layers.ELU() if activation == "ELU" else layers.LeakyReLU(negative_slope=slope)


def unit_health(model: keras.Model, own: Split) -> dict[str, float]:
    """What the hidden units' activations over all training images are like.

    "dying": how many units have their largest activation below the threshold. "dead": how many
    give the same for every image. "least_spread": the distance of largest and smallest activation,
    of the unit where it is least.
    """
    flatten, hidden, activation = model.layers[:3]
    highest, lowest = -np.inf, np.inf
    for part in np.array_split(own.x, 8):
        outputs = activation(hidden(flatten(part))).numpy()
        highest = np.maximum(highest, outputs.max(axis=0))
        lowest = np.minimum(lowest, outputs.min(axis=0))
    return {
        "dying": int((highest < THRESHOLD).sum()),
        "dead": int((highest == lowest).sum()),
        "least_spread": float((highest - lowest).min()),
    }


# --- The project at full length ---------------------------------------------------------------


@experiment(
    cases={
        "the project's": {"whole": True},
        "no scheduler": {"whole": True, "scheduler": False},
        "no dropout": {"whole": True, "dropout": 0.0},
        "dropout 0.5": {"whole": True, "dropout": 0.5},
        "ReLU": {"slope": 0.0},
        "128 units": {"units": 128},
        "batch 32": {"batch_size": 32},
        "batch 128": {"batch_size": 128},
        "glorot_uniform": {"initializer": "glorot_uniform"},
    },
    also={"dropout 0.5"},
    seeds_per_job=2,
)
def leaky_full(
    seeds: list[int],
    batch_size: int = 64,
    scheduler: bool = True,
    whole: bool = False,
    **change: Any,
) -> dict[str, Any]:
    """The project's 784–256–10 or one change to it, up to 150 epochs on 48,000 images.

    A `whole` run goes on after its stop. Curves are of the half of the held-out images that scores,
    NaN behind the end of a run; the rest is of the network at its stop.
    """
    stops = []
    own_network = not change and batch_size == 64

    def measured(model: keras.Model, own: Split) -> dict[str, Any]:
        on_test = scores_on_test(model) if own_network else {}
        trained = score(model, own.x, own.y)["accuracy"]
        return {"train_accuracy": trained, **on_test, **unit_health(model, own)}

    def watch(own: Split) -> list[keras.callbacks.Callback]:
        stops.append(Stop(own, measured, goes_on=whole))
        return [FirstHalf(own), *([on_plateaus()] if scheduler else []), stops[-1]]

    kinds = ("accuracy", "loss") if whole else ("accuracy",)  # which keeps the record small
    runs = train(
        lambda: network(**change),
        seeds,
        curves=[
            *(f"{part}_{kind}" for part in ("val", "half") for kind in kinds),
            *(["learning_rate"] if scheduler else []),
        ],
        callbacks=watch,
        batch_size=batch_size,
        epochs=LONGEST,
    )
    results = {name: [stop.found[name] for stop in stops] for name in stops[0].found}
    for kind in kinds:
        curve = 2 * runs[f"val_{kind}_curve"] - runs[f"half_{kind}_curve"]
        results[f"scored_{kind}_curve"] = np.round(filled(curve), 5)
    if scheduler:
        rates = filled(runs["learning_rate_curve"])
        results["first_reduced"] = [first_reduced(own) for own in rates]
        if own_network:
            results["learning_rate_curve"] = rates
    return results


class FirstHalf(keras.callbacks.Callback):
    """Tells the callbacks behind it how the first half of the held-out images scores: "half_…"."""

    def __init__(self, own: Split) -> None:
        super().__init__()
        half = len(own.held_x) // 2
        self.x, self.y = own.held_x[:half], own.held_y[:half]

    def on_epoch_end(self, epoch, logs=None) -> None:
        found = score(self.model, self.x, self.y)
        logs.update({f"half_{name}": value for name, value in found.items()})


def on_plateaus() -> keras.callbacks.Callback:
    """The project's scheduler."""
    return keras.callbacks.ReduceLROnPlateau(
        "half_accuracy", factor=0.5, patience=5, mode="max", min_lr=1e-6
    )


class Stop(keras.callbacks.EarlyStopping):
    """The project's early stopping, which keeps the last weights; measures the network there.

    Where it `goes_on`, training does not stop, and where it never would have, the end is measured.
    """

    def __init__(
        self,
        own: Split,
        measured: Callable[[keras.Model, Split], dict[str, Any]],
        *,
        goes_on: bool,
    ) -> None:
        super().__init__("half_accuracy", patience=30, mode="max")
        self.own, self.measured, self.goes_on = own, measured, goes_on
        self.found: dict[str, Any] = {}

    def on_epoch_end(self, epoch, logs=None) -> None:
        super().on_epoch_end(epoch, logs)
        self.epochs = epoch + 1
        if self.model.stop_training:
            self.look()
            self.model.stop_training = not self.goes_on

    def on_train_end(self, logs=None) -> None:
        super().on_train_end(logs)
        self.look()

    def look(self) -> None:
        """Measure, the first time."""
        if not self.found:
            self.found = {"stop": self.epochs, **self.measured(self.model, self.own)}


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


def filled(curves: np.ndarray) -> np.ndarray:
    """Curves as long as the longest run, with NaN behind."""
    rest = LONGEST - curves.shape[1]
    return np.pad(curves, ((0, 0), (0, rest)), constant_values=np.nan)


def first_reduced(rates: np.ndarray) -> int:
    """The first epoch at a lower rate than the first, from 1; one more than there are if none."""
    lower = np.flatnonzero(rates < rates[0])
    return int(lower[0]) + 1 if len(lower) else LONGEST + 1


# --- Shorter runs -----------------------------------------------------------------------------

SLOPES = {
    **{f"slope {slope:g}": {"slope": slope} for slope in (0.01, 0.03, 0.1, 0.3)},
    "PReLU": {"activation": "PReLU"},
    "ELU": {"activation": "ELU"},
    "ReLU": {"slope": 0.0},
}


@experiment(cases=SLOPES, also=SLOPES)
def leaky_slopes(seeds: list[int], **change: Any) -> dict[str, Any]:
    """784–256–10 as the project's, without its callbacks; 10 epochs on 48,000 images."""
    return train(lambda: network(**change), seeds, measure=unit_health, batch_size=64, epochs=10)


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
    }
)
def dying_units(seeds: list[int], **case: Any) -> dict[str, Any]:
    """256 hidden units, otherwise as the project's; batch 64, 2 epochs on 48,000 images."""
    return train(lambda: network(**case), seeds, measure=unit_health, batch_size=64, epochs=2)


@experiment(
    cases=cases_of(
        "{initializer}, {depth} hidden",
        initializer=("he_normal", "glorot_uniform"),
        depth=(1, 2, 4, 6),
    )
)
def leaky_gradients(seeds: list[int], initializer: str, depth: int) -> dict[str, Any]:
    """The first weights' gradient before the first step, over 1,000 training images, no dropout."""
    lengths = []
    for seed in seeds:
        own = split(seed)
        keras.utils.set_random_seed(seed)
        model = network(initializer=initializer, dropout=0.0, depth=depth)
        with tf.GradientTape() as tape:
            told = model(own.x[:1000])
            loss = keras.losses.sparse_categorical_crossentropy(own.y[:1000], told)
            loss = tf.reduce_mean(loss)
        lengths.append(float(tf.norm(tape.gradient(loss, model.layers[1].kernel))))
    return {"length": lengths}
