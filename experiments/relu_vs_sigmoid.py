"""Recorded experiments of the chapter on activation functions (claims S3.*)."""

import timeit
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.model_selection import train_test_split

from experiments import cases_of, experiment
from experiments.common import Clock, TrainingScores, images, train
from lessons_src.data import load, scale
from lessons_src.models import classifier
from lessons_src.training import fit, repeat

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "gelu")
OPTIMISERS = {"Adam 0.001": keras.optimizers.Adam, "SGD 0.01": keras.optimizers.SGD}


def network(
    activation: str,
    depth: int,
    optimiser: str,
    *,
    dropout: float = 0.0,
    initializer: str = "glorot_uniform",
    activity_l1: float = 0.0,
) -> keras.Model:
    """784, `depth` hidden layers of 128 and ten outputs; the optimisers at Keras's own rates."""
    hidden = []
    for _ in range(depth):
        regularizer = keras.regularizers.L1(activity_l1) if activity_l1 else None
        hidden.append(
            layers.Dense(
                128,
                activation=activation,
                kernel_initializer=initializer,
                activity_regularizer=regularizer,
            )
        )
        if dropout:
            hidden.append(layers.Dropout(dropout))
    optimizer = OPTIMISERS[optimiser]()
    return classifier(layers.Input((28, 28)), layers.Flatten(), *hidden, optimizer=optimizer)


@experiment(
    cases=cases_of(
        "{activation}, {depth} hidden, {optimiser}",
        activation=ACTIVATIONS,
        depth=(1, 2, 4, 6),
        optimiser=tuple(OPTIMISERS),
    ),
    seeds=5,
)
def activations(seeds: list[int], **case: Any) -> dict[str, Any]:
    """Hidden layers of 128, batch 32, 10 epochs on 48,000 images."""
    return train(
        lambda: network(**case), seeds, epochs=10, curves=["val_accuracy"], measure=sparseness
    )


def sparseness(model: keras.Model) -> dict[str, list[float]]:
    """Share of exact zeros in each hidden layer's outputs for the validation images."""
    outputs, zeros = images()[1], []
    for layer in model.layers[:-1]:
        outputs = layer(outputs)
        if isinstance(layer, layers.Dense):
            zeros.append(float(np.mean(np.equal(outputs, 0))))
    return {"zeros": zeros}


# --- What the series printed, and which set-up gives it ---------------------

SPLITS = ("official", "official, a fifth held out", "pooled", "pooled, a fifth held out")
KEPT = (1, 5, 8, 9, 10, 11, 12)
MEASURED = {
    "running_loss": "loss",
    "running_accuracy": "accuracy",
    "test_loss": "val_loss",
    "test_accuracy": "val_accuracy",
}


def series_data(split: str, pixels: str) -> tuple[tuple, tuple]:
    """Training and test data as the series describes them, each (images, labels).

    "Pooled" puts all 70,000 images together and draws a fifth for the test, with the series' seed.
    Where a fifth is held out (`validation_split=0.2`), training has the first four fifths.
    """
    data = load()
    labels = data.test_labels("what the series printed, on the series' own splits (S3.1, S3.2)")
    x, y, test_x, test_y = data.full_images, data.full_labels, data.test_images, labels
    if split.startswith("pooled"):
        x, test_x, y, test_y = train_test_split(
            np.concatenate([x, test_x]),
            np.concatenate([y, test_y]),
            test_size=0.2,
            random_state=42,
        )
    if split.endswith("held out"):
        kept = int(len(x) * 0.8)
        x, y = x[:kept], y[:kept]
    if pixels == "scaled":
        return (scale(x), y), (scale(test_x), test_y)
    return (x.astype(np.float32), y), (test_x.astype(np.float32), test_y)


def series_case(
    seeds: list[int],
    *,
    batch_size: int,
    split: str,
    pixels: str,
    epochs: int,
    finished: bool = True,
    **case: Any,
) -> dict[str, Any]:
    """What a log may have said after the epochs in KEPT, of training and of the test.

    Training is told by Keras's running mean over the epoch and, where `finished`, also by the score
    of the network as it is at the epoch's end.
    """
    (x, y), test = series_data(split, pixels)
    scores = []

    def watch() -> list[TrainingScores]:
        scores.append(TrainingScores(x, y, KEPT))
        return scores[-1:]

    runs = repeat(
        lambda: network(**case),
        x,
        y,
        seeds=seeds,
        callbacks=watch if finished else tuple,
        validation_data=test,
        batch_size=batch_size,
        epochs=epochs,
        verbose=False,
    )
    kept = [epoch - 1 for epoch in KEPT if epoch <= epochs]
    results = {name: runs.history[of_keras][:, kept] for name, of_keras in MEASURED.items()}
    if finished:
        results["train_loss"] = [run.loss for run in scores]
        results["train_accuracy"] = [run.accuracy for run in scores]
    return results


@experiment(
    cases=cases_of(
        "{activation}, {depth} hidden, {optimiser}, batch {batch_size}, {pixels}",
        activation=("sigmoid", "relu"),
        depth=(1, 2),
        optimiser=tuple(OPTIMISERS),
        batch_size=(32, 1000),
        pixels=("scaled", "raw"),
    ),
    seeds=5,
)
def printed_search(seeds: list[int], **case: Any) -> dict[str, Any]:
    """Hidden layers of 128, 10 epochs on the official 60,000 images, scored on the test images."""
    return series_case(seeds, epochs=10, split=SPLITS[0], finished=False, **case)


CANDIDATE = "{activation}, dropout {dropout}, {split}"


@experiment(
    cases=cases_of(CANDIDATE, activation=("sigmoid", "relu"), dropout=(0.0,), split=SPLITS)
    | cases_of(CANDIDATE, activation=("relu",), dropout=(0.2,), split=SPLITS),
    seeds=10,
)
def printed_candidates(seeds: list[int], **case: Any) -> dict[str, Any]:
    """Two hidden layers of 128, SGD 0.01, batch 1000, scaled pixels, 12 epochs."""
    fixed = {"depth": 2, "optimiser": "SGD 0.01", "batch_size": 1000, "pixels": "scaled"}
    return series_case(seeds, epochs=12, **fixed, **case)


# --- Gradients, sparsity and cost --------------------------------------------


@experiment(
    cases=cases_of(
        "{activation}, {depth} hidden, {initializer}",
        activation=ACTIVATIONS,
        depth=tuple(range(1, 7)),
        initializer=("glorot_uniform", "he_normal"),
    ),
    seeds=5,
)
def gradients(seeds: list[int], **case: Any) -> dict[str, Any]:
    """Hidden layers of 128; before training, and after one epoch with SGD 0.01 and batch 32."""

    def build() -> keras.Model:
        return network(optimiser="SGD 0.01", **case)

    before = {}
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        for name, value in layer_by_layer(build()).items():
            before.setdefault(f"{name}_before", []).append(value)
    results = train(build, seeds, epochs=1, measure=layer_by_layer)
    return {**before, **{name: results[name] for name in ("gradient", "flat", "val_accuracy")}}


def layer_by_layer(model: keras.Model) -> dict[str, list[float]]:
    """Two numbers for each layer, first to last, over the first 1,000 training images.

    gradient: root mean square of the loss's gradient with respect to the layer's weights, biases
        left out; the last is the output layer's.
    flat: the share of the hidden layer's sums at which the activation's slope is below a tenth of
        what it is at its steepest; hidden layers only.
    """
    hidden, flat = images()[0][:1000], []
    labels = load().train_labels[:1000]
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, model(hidden)))
    found = tape.gradient(loss, [layer.kernel.value for layer in dense])
    hidden = hidden.reshape(len(hidden), -1)
    for layer in dense[:-1]:
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


@experiment(
    cases={
        **{name: {"activation": name, "activity_l1": 0.0} for name in ACTIVATIONS},
        **{
            f"relu, penalty {penalty:g}": {"activation": "relu", "activity_l1": penalty}
            for penalty in (1e-6, 1e-5, 1e-4, 1e-3)
        },
    },
    seeds=5,
)
def sparsity(seeds: list[int], activation: str, activity_l1: float) -> dict[str, Any]:
    """784–128–10, Adam, batch 32, 20 epochs on 48,000 images."""
    return train(
        lambda: network(activation, 1, "Adam 0.001", activity_l1=activity_l1),
        seeds,
        epochs=20,
        measure=sparseness,
    )


@experiment(
    cases={f"batch {size}": {"batch_size": size} for size in (32, 1000)},
    seeds=10,
)
def activation_cost(seeds: list[int], batch_size: int) -> dict[str, Any]:
    """784–128–10, Adam, 3 epochs on 48,000 images; seconds for one batch, both in turn."""
    data, x = load(), images()[0]
    results = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        sums = tf.constant(rng.normal(size=(batch_size, 128)).astype(np.float32))
        for name in ("relu", "sigmoid")[:: 1 if seed % 2 else -1]:  # each goes first in turn
            clock = Clock()
            keras.utils.set_random_seed(seed)
            history = fit(
                network(name, 1, "Adam 0.001"),
                x,
                data.train_labels,
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
    """Seconds for the activation of the sums, compiled as an epoch is; the fastest of five."""

    @tf.function(jit_compile=True)
    def often() -> tf.Tensor:
        total = tf.zeros_like(sums)
        for _ in tf.range(times):
            total = activation(sums + total / 100)  # each needs the last: none can be left out
        return total

    often()
    return min(timeit.repeat(lambda: often().numpy(), number=1, repeat=5)) / times


# --- What needs no training, and what the lesson trains live -----------------


@experiment(cases={"two hidden": {"depth": 2}, "six hidden": {"depth": 6}}, seeds=1)
def linear_layers(seeds: list[int], depth: int) -> dict[str, Any]:
    """Layers of 128 without activation against the product of their matrices, 500 images."""
    x = images()[1][:500].reshape(500, -1)
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


@experiment(cases={"flat": {"depth": 0}, "deep, linear": {"depth": 2}}, seeds=5)
def linear_depth(seeds: list[int], depth: int) -> dict[str, Any]:
    """Hidden layers of 128 without activation, or none; Adam, 10 epochs on 48,000 images."""
    return train(
        lambda: network("linear", depth, "Adam 0.001"), seeds, epochs=10, curves=["val_accuracy"]
    )


FAMILIES = {"VGG": "VGG16", "ResNet": "ResNet50", "EfficientNet": "EfficientNetB0"}


@experiment(cases={family: {"name": name} for family, name in FAMILIES.items()}, seeds=1)
def model_zoo(seeds: list[int], name: str) -> dict[str, Any]:
    """Activations of a network in keras.applications, its classifier left out."""
    model = getattr(keras.applications, name)(weights=None, include_top=False)
    found = [layer.activation.__name__ for layer in model.layers if hasattr(layer, "activation")]
    kinds = {kind: [found.count(kind)] for kind in ("relu", "silu", "sigmoid")}
    return {**kinds, "all": [len(found) - found.count("linear")]}


class Saturation(keras.callbacks.Callback):
    """The share of saturated hidden sums after each epoch, by `layer_by_layer`."""

    def on_train_begin(self, logs=None) -> None:
        self.shares = []

    def on_epoch_end(self, epoch, logs=None) -> None:
        self.shares.append(layer_by_layer(self.model)["flat"][0])


class SigmoidSaturation(Saturation):
    """The share of saturated sums over all hidden layers of sigmoid, for images as they are."""

    def __init__(self, x: np.ndarray) -> None:
        super().__init__()
        self.x = x

    def on_epoch_end(self, epoch, logs=None) -> None:
        outputs, flat = self.x.reshape(len(self.x), -1), []
        for layer in self.model.layers[1:-1]:
            outputs = keras.ops.convert_to_numpy(layer(outputs))
            flat.append(np.mean(outputs * (1 - outputs) < 0.025))
        self.shares.append(float(np.mean(flat)))


SATURATING = {
    "one hidden, Adam, batch 1000": dict(depth=1, optimiser="Adam 0.001", batch_size=1000),
    "one hidden, Adam, batch 32, raw": dict(depth=1, optimiser="Adam 0.001", pixels="raw"),
    "two hidden, Adam, batch 32": dict(depth=2, optimiser="Adam 0.001"),
    "six hidden, Adam, batch 32": dict(depth=6, optimiser="Adam 0.001"),
    "two hidden, SGD, batch 1000": dict(depth=2, optimiser="SGD 0.01", batch_size=1000),
}


@experiment(cases=SATURATING, seeds=5)
def saturation(
    seeds: list[int], depth: int, optimiser: str, batch_size: int = 32, pixels: str = "scaled"
) -> dict[str, Any]:
    """Hidden layers of 128 with sigmoid, 10 epochs on 48,000 images; 1,000 images are asked."""
    data, watches = load(), []
    x = images()[0] if pixels == "scaled" else data.train_images.astype(np.float32)
    repeat(
        lambda: network("sigmoid", depth, optimiser),
        x,
        data.train_labels,
        seeds=seeds,
        epochs=10,
        batch_size=batch_size,
        callbacks=lambda: [watches.append(SigmoidSaturation(x[:1000])) or watches[-1]],
        verbose=False,
    )
    return {"saturated_curve": [watch.shares for watch in watches]}


# Other seeds than the lesson's own run, which has 0.
@experiment(cases={"live": {}}, seeds=range(1, 21))
def live_relu_vs_sigmoid(seeds: list[int]) -> dict[str, Any]:
    """784–128–10, Adam, batch 32, on the public split; the figures that the lesson trains live."""
    data, (x, held_out) = load(), images()
    results = {}
    for name, epochs in (("sigmoid", 10), ("relu", 5)):
        watches = []
        runs = repeat(
            lambda name=name: network(name, 1, "Adam 0.001"),
            x,
            data.train_labels,
            seeds=seeds,
            epochs=epochs,
            validation_data=(held_out, data.validation_labels),
            callbacks=lambda watches=watches: [watches.append(Saturation()) or watches[-1]],
            verbose=False,
        )
        results[f"{name}_accuracy"] = runs.history["val_accuracy"][:, 4]
        shares = np.array([watch.shares for watch in watches])
        results[f"{name}_saturated"] = shares[:, 4]
        if name == "sigmoid":
            results["sigmoid_saturated_curve"] = shares
    return results
