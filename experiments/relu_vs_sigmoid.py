"""Recorded experiments of the chapter on activation functions (claims S3.3 to S3.11)."""

import timeit
from collections.abc import Collection, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from experiments import cases_of, experiment
from experiments.common import Clock, Split, images, public, train
from lessons_src.data import load
from lessons_src.models import classifier, dense
from lessons_src.training import fit

OPTIMISERS = {"Adam 0.001": "adam", "SGD 0.01": "sgd"}  # at Keras's own rates
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "gelu")
ASKED = 1000  # images over which gradients and saturation are taken


class Saturation(keras.callbacks.Callback):
    """The share of saturated sums over all hidden layers of sigmoid, after each epoch.

    A sum is saturated where the slope, output · (1 − output), is below a tenth of its steepest.
    """

    def __init__(self, x: np.ndarray) -> None:
        super().__init__()
        self.x, self.shares = x, []

    def on_epoch_end(self, epoch, logs=None) -> None:
        outputs, flat = self.x.reshape(len(self.x), -1), []
        for layer in self.model.layers[1:-1]:
            outputs = keras.ops.convert_to_numpy(layer(outputs))
            flat.append(np.mean(outputs * (1 - outputs) < 0.025))
        self.shares.append(float(np.mean(flat)))


def train_layers(
    seeds: Sequence[int], activation: str, depth: int, optimiser: str, **options: Any
) -> dict[str, Any]:
    """Train `depth` hidden layers of 128; with sigmoid, keep "saturated_curve" as well."""
    watches: list[Saturation] = []

    def watch(own: Split) -> list[Saturation]:
        if activation == "sigmoid":
            watches.append(Saturation(own.x[:ASKED]))
        return watches[-1:]

    results = train(
        lambda: dense(*[128] * depth, activation=activation, optimizer=OPTIMISERS[optimiser]),
        seeds,
        callbacks=watch,
        **options,
    )
    if watches:
        results["saturated_curve"] = np.array([one.shares for one in watches])
    return results


def sparseness(model: keras.Model, own: Split) -> dict[str, list[float]]:
    """Share of exact zeros in each hidden layer's outputs for the held-out images."""
    outputs, zeros = own.held_x, []
    for layer in model.layers[:-1]:
        outputs = layer(outputs)
        if isinstance(layer, layers.Dense):
            zeros.append(float(np.mean(np.equal(outputs, 0))))
    return {"zeros": zeros}


RACE = "{activation}, {depth} hidden, {optimiser}"
RIVALS = cases_of(
    RACE, activation=("tanh", "leaky_relu", "gelu"), depth=(6,), optimiser=tuple(OPTIMISERS)
)


@experiment(
    cases=cases_of(
        RACE, activation=("sigmoid", "relu"), depth=(1, 2, 4, 6), optimiser=tuple(OPTIMISERS)
    )
    | RIVALS,
    also=RIVALS,
    seeds_per_job=5,
)
def activations(seeds: list[int], **case: Any) -> dict[str, Any]:
    """Hidden layers of 128, batch 32, 10 epochs on 48,000 images."""
    return train_layers(
        seeds,
        **case,
        epochs=10,
        curves=("val_accuracy",),
        scored_epochs=(1, 3),
        measure=sparseness,
    )


# --- Gradients and saturation --------------------------------------------------


def network(
    activation: str, depth: int, initializer: str = "glorot_uniform", activity_l1: float = 0.0
) -> tuple[keras.Layer | keras.KerasTensor, ...]:
    """Input and `depth` hidden layers of 128, for `classifier`."""
    hidden = [
        layers.Dense(
            128,
            activation=activation,
            kernel_initializer=initializer,
            activity_regularizer=keras.regularizers.L1(activity_l1) if activity_l1 else None,
        )
        for _ in range(depth)
    ]
    return layers.Input((28, 28)), layers.Flatten(), *hidden


def gradient_cases(
    activations: Collection[str], depths: Collection[int], initializers: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Cases of the two experiments on gradients."""
    return cases_of(
        "{activation}, {depth} hidden, {initializer}",
        activation=activations,
        depth=depths,
        initializer=initializers,
    )


BY_KERAS = "glorot_uniform"
UNTRAINED = gradient_cases(ACTIVATIONS, range(1, 7), (BY_KERAS, "he_normal"))


@experiment(
    cases=UNTRAINED,
    also=UNTRAINED.keys() - gradient_cases(("sigmoid", "relu"), range(1, 7), (BY_KERAS,)).keys(),
)
def gradients(seeds: list[int], **case: Any) -> dict[str, Any]:
    """Hidden layers of 128 before training; the gradient over 1,000 images of the seed's own."""
    found = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        rows = np.random.default_rng(seed).choice(len(images()), ASKED, replace=False)
        model = classifier(*network(**case))
        found.append(layer_by_layer(model, images()[rows], load().full_labels[rows]))
    return {f"{name}_before": [one[name] for one in found] for name in found[0]}


TRAINED = gradient_cases(("sigmoid", "relu"), (1, 2, 4, 6), (BY_KERAS,))
TRAINED |= gradient_cases(("relu",), (1, 2, 4, 6), ("he_normal",))


@experiment(cases=TRAINED, also=TRAINED)
def gradients_after_epoch(seeds: list[int], **case: Any) -> dict[str, Any]:
    """Hidden layers of 128 after one epoch with SGD 0.01 and batch 32, on 48,000 images."""
    results = train(
        lambda: classifier(*network(**case), optimizer=OPTIMISERS["SGD 0.01"]),
        seeds,
        epochs=1,
        curves=(),
        measure=lambda model, own: layer_by_layer(model, own.x[:ASKED], own.y[:ASKED]),
    )
    return {name: results[name] for name in ("gradient", "flat", "val_accuracy")}


def layer_by_layer(model: keras.Model, x: np.ndarray, y: np.ndarray) -> dict[str, list[float]]:
    """Two numbers for each layer, first to last, over these images.

    gradient: root mean square of the loss's gradient with respect to the layer's weights, biases
        left out; the last is the output layer's.
    flat: the share of the hidden layer's sums at which the activation's slope is below a tenth of
        what it is at its steepest; hidden layers only.
    """
    hidden, flat = x.reshape(len(x), -1), []
    dense_layers = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, model(x)))
    found = tape.gradient(loss, [layer.kernel.value for layer in dense_layers])
    for layer in dense_layers[:-1]:
        sums = tf.matmul(hidden, layer.kernel) + layer.bias
        slopes = tf.abs(slope(layer.activation, sums))
        steepest = tf.reduce_max(slope(layer.activation, tf.linspace(-5.0, 5.0, 1001)))
        flat.append(float(tf.reduce_mean(tf.cast(slopes < steepest / 10, tf.float32))))
        hidden = layer.activation(sums)
    return {"gradient": [float(tf.sqrt(tf.reduce_mean(g**2))) for g in found], "flat": flat}


def slope(activation: Any, sums: tf.Tensor) -> tf.Tensor:
    """The derivative of an activation at each of the sums."""
    with tf.GradientTape() as tape:
        tape.watch(sums)
        value = activation(sums)
    return tape.gradient(value, sums)


SATURATING = {
    "one hidden, Adam, batch 1000": dict(depth=1, optimiser="Adam 0.001", batch_size=1000),
    "one hidden, Adam, batch 32, raw": dict(depth=1, optimiser="Adam 0.001", pixels="raw"),
    "two hidden, SGD, batch 1000": dict(depth=2, optimiser="SGD 0.01", batch_size=1000),
}


@experiment(cases=SATURATING, also=SATURATING)
def saturation(
    seeds: list[int], depth: int, optimiser: str, batch_size: int = 32, pixels: str = "scaled"
) -> dict[str, Any]:
    """Hidden layers of 128 with sigmoid, 10 epochs on 48,000 images; 1,000 images are asked."""
    results = train_layers(
        seeds,
        "sigmoid",
        depth,
        optimiser,
        change=lambda scaled: scaled * (255 if pixels == "raw" else 1),
        epochs=10,
        batch_size=batch_size,
        curves=("val_accuracy",),
    )
    return {name: results[name] for name in ("saturated_curve", "val_accuracy_curve")}


# --- Zeros and cost ------------------------------------------------------------

PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3)
OTHERS = ("sigmoid", "tanh", "leaky_relu")


@experiment(
    cases={
        "relu": {"activation": "relu", "activity_l1": 0.0},
        **{name: {"activation": name, "activity_l1": 0.0} for name in OTHERS},
        **{f"relu, penalty {p:g}": {"activation": "relu", "activity_l1": p} for p in PENALTIES},
    },
    also=OTHERS,
    choosing={f"relu, penalty {p:g}" for p in PENALTIES},
    seeds_per_job=5,
)
def sparsity(seeds: list[int], activation: str, activity_l1: float) -> dict[str, Any]:
    """784–128–10, Adam, batch 32, 20 epochs on 48,000 images."""
    return train(
        lambda: classifier(*network(activation, 1, activity_l1=activity_l1)),
        seeds,
        epochs=20,
        curves=("val_accuracy",),
        measure=sparseness,
    )


@experiment(cases={f"batch {size}": {"batch_size": size} for size in (32, 1000)})
def activation_cost(seeds: list[int], batch_size: int) -> dict[str, Any]:
    """784–128–10, Adam, 3 epochs on 48,000 images; seconds for one batch, both in turn."""
    x, y = images()[:48_000], load().full_labels[:48_000]
    results = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        sums = tf.constant(rng.normal(size=(batch_size, 128)).astype(np.float32))
        for name in ("relu", "sigmoid")[:: 1 if seed % 2 else -1]:  # each goes first in turn
            clock = Clock()
            keras.utils.set_random_seed(seed)
            history = fit(
                dense(128, activation=name),
                x,
                y,
                batch_size=batch_size,
                epochs=3,
                callbacks=[clock],
                verbose=False,
            )
            step = clock.median() / -(-len(x) // batch_size)
            for key, value in (
                ("seconds_alone", seconds_alone(keras.activations.get(name), sums)),
                ("seconds_step", step),
                ("accuracy", history.history["accuracy"][-1]),
            ):
                results.setdefault(f"{key}_{name}", []).append(value)
    return results


def seconds_alone(activation: Any, sums: tf.Tensor, times: int = 1000) -> float:
    """Seconds for the activation of the sums and its slopes there, the fastest of five.

    Compiled as an epoch is.
    """

    @tf.function(jit_compile=True)
    def often() -> tf.Tensor:
        total = tf.zeros_like(sums)
        for _ in tf.range(times):
            now = sums + total / 100  # each needs the last: none can be left out
            with tf.GradientTape() as tape:
                tape.watch(now)
                value = activation(now)
            total = value + tape.gradient(value, now)
        return total

    often()
    return min(timeit.repeat(lambda: often().numpy(), number=1, repeat=5)) / times


# --- What needs no training, and what the lesson trains live -------------------


@experiment(cases={"two hidden": {"depth": 2}, "six hidden": {"depth": 6}}, seeds=1)
def linear_layers(seeds: list[int], depth: int) -> dict[str, Any]:
    """Layers of 128 without activation against the product of their matrices, 500 images."""
    x = images()[:500].reshape(500, -1)
    apart = []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model = classifier(
            layers.Input((784,)), *(layers.Dense(128, activation="linear") for _ in range(depth))
        )
        weights = [layer.get_weights() for layer in model.layers]
        matrix, row = np.eye(784, dtype=np.float32), np.zeros(784, np.float32)
        for kernel, bias in weights:
            matrix, row = matrix @ kernel, row @ kernel + bias
        sums = x @ matrix + row
        by_hand = np.exp(sums) / np.exp(sums).sum(axis=1, keepdims=True)
        apart.append(float(np.abs(model.predict(x, verbose=0) - by_hand).max()))
    return {"largest_difference": apart}


LINEAR = {"flat": {"depth": 0}, "deep, linear": {"depth": 2}}


@experiment(cases=LINEAR, also=LINEAR)
def linear_depth(seeds: list[int], depth: int) -> dict[str, Any]:
    """Hidden layers of 128 without activation, or none; Adam, 10 epochs on 48,000 images."""
    return train(
        lambda: dense(*[128] * depth, activation="linear"),
        seeds,
        epochs=10,
        curves=("val_accuracy",),
    )


# The smallest and the largest network of each family.
ZOO = ("VGG16", "VGG19", "ResNet50", "ResNet152", "EfficientNetB0", "EfficientNetB7")


@experiment(cases={name: {"name": name} for name in ZOO}, seeds=1)
def model_zoo(seeds: list[int], name: str) -> dict[str, Any]:
    """Activations of a network in keras.applications, its classifier left out."""
    model = getattr(keras.applications, name)(weights=None, include_top=False)
    found = [layer.activation.__name__ for layer in model.layers if hasattr(layer, "activation")]
    kinds = {kind: [found.count(kind)] for kind in ("relu", "silu", "sigmoid")}
    return {**kinds, "all": [len(found) - found.count("linear")]}


# Other seeds than the lesson's own run, which has 0.
@experiment(cases={"live": {}}, seeds=range(1, 21))
def live_relu_vs_sigmoid(seeds: list[int]) -> dict[str, Any]:
    """784–128–10, Adam, batch 32, on the public split; the figures that the lesson trains live."""
    relu, sigmoid = (
        train_layers(
            seeds, name, 1, "Adam 0.001", data=public, epochs=epochs, curves=("val_accuracy",)
        )
        for name, epochs in (("relu", 5), ("sigmoid", 10))
    )
    return {
        "relu_accuracy": relu["val_accuracy_curve"][:, 4],
        "sigmoid_accuracy": sigmoid["val_accuracy_curve"][:, 4],
        "sigmoid_saturated": sigmoid["saturated_curve"][:, 4],
        "sigmoid_saturated_curve": sigmoid["saturated_curve"],
    }
