"""Recorded experiments of the chapter on stochastic gradient descent (claims S6.*)."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments import experiment
from experiments.common import Clock, TrainingScores, images
from lessons_src.data import load
from lessons_src.models import dense
from lessons_src.training import repeat

EPOCHS = 30


def sgd(rate: float, momentum: float = 0.0, nesterov: bool = False) -> keras.optimizers.SGD:
    """SGD as the cases name it."""
    return keras.optimizers.SGD(rate, momentum=momentum, nesterov=nesterov)


def decaying() -> keras.optimizers.SGD:
    """SGD whose rate falls from 0.1 to 0 along a cosine, over all steps of 30 epochs."""
    steps = EPOCHS * 48_000 // 32
    return keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, steps))


OPTIMISERS = {
    "SGD 0.01": lambda: sgd(0.01),
    "SGD 0.1": lambda: sgd(0.1),
    "momentum 0.01": lambda: sgd(0.01, 0.9),
    "Nesterov 0.01": lambda: sgd(0.01, 0.9, True),
    "SGD 0.1, cosine": decaying,
    "Adam 0.001": lambda: keras.optimizers.Adam(0.001),
}


@experiment(cases={name: {"optimiser": name} for name in OPTIMISERS}, seeds=5)
def optimisers(seeds: list[int], optimiser: str) -> dict[str, Any]:
    """784–128–10, ReLU, batch 32, 30 epochs on 48,000 images; momentum is 0.9."""
    data, (x, held_out) = load(), images()
    scores, clocks = [], []

    def watch() -> list[keras.callbacks.Callback]:
        scores.append(TrainingScores(x, data.train_labels, range(1, EPOCHS + 1)))
        clocks.append(Clock())
        return [scores[-1], clocks[-1]]

    runs = repeat(
        lambda: dense(128, optimizer=OPTIMISERS[optimiser]()),
        x,
        data.train_labels,
        validation_data=(held_out, data.validation_labels),
        seeds=seeds,
        epochs=EPOCHS,
        callbacks=watch,
        verbose=False,
    )
    return {
        "train_loss": [run.loss for run in scores],
        "train_accuracy": [run.accuracy for run in scores],
        "val_loss": runs.history["val_loss"],
        "val_accuracy": runs.history["val_accuracy"],
        "seconds_per_epoch": np.array([clock.median() for clock in clocks]),
    }


# --- Full batch, mini-batches, single images ----------------------------------

SUBSET = 4800
COUNTED = (10, 30, 60, *range(150, 1501, 150), 3000, 4800, 6000, 15_000, 24_000, 48_000)


def descent(batch_size: int, learning_rate: float, updates: int, **others: int) -> dict[str, Any]:
    """The settings of a case of `full_batch`."""
    return {
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "updates": updates,
        **{"subset": SUBSET, **others},
    }


@experiment(
    cases={
        **{
            f"batch {size:,}, {rate:g}": descent(size, rate, updates)
            for size, updates, rates in (
                (1, 48_000, (0.001, 0.003, 0.01)),
                (32, 1500, (0.03, 0.1, 0.3)),
                (480, 1500, (0.03, 0.1, 0.3)),
                (SUBSET, 1500, (0.1, 0.3, 0.5)),
            )
            for rate in rates
        },
        "batch 32, 0.1, long": descent(32, 0.1, 15_000),
        "480 images, batch 32": descent(32, 0.1, 3000, subset=480),
        "480 images, full batch": descent(480, 0.1, 3000, subset=480),
        **{
            f"48,000 images, batch 32, {r:g}": descent(32, r, 150, scored=48_000)
            for r in (0.1, 0.3)
        },
        "48,000 images, full batch, 0.3": descent(48_000, 0.3, 150, subset=48_000),
    },
    seeds=5,
)
def full_batch(
    seeds: list[int],
    batch_size: int,
    learning_rate: float,
    updates: int,
    subset: int,
    scored: int | None = None,
) -> dict[str, Any]:
    """784–128–10, ReLU, plain SGD, on 4,800 training images unless the case names others.

    150 batches of 32 are an epoch of the first 4,800 images, and the first 150 updates of an epoch
    on all 48,000: only what they are scored on differs.
    """
    data, pixels = load(), images()
    x, y = pixels[0][:subset], data.train_labels[:subset]
    of = scored or subset
    courses = []

    def watch() -> list[keras.callbacks.Callback]:
        training = pixels[0][:of], data.train_labels[:of]
        held_out = pixels[1], data.validation_labels
        courses.append(Course(subset // batch_size, training, held_out))
        return courses[-1:]

    repeat(
        lambda: dense(128, optimizer=sgd(learning_rate)),
        x,
        y,
        seeds=seeds,
        batch_size=batch_size,
        epochs=updates * batch_size // subset,
        shuffle=batch_size < subset,  # a batch of all has no order
        callbacks=watch,
        verbose=False,
    )
    return {name: [course.found[name] for course in courses] for name in courses[0].found}


class Course(keras.callbacks.Callback):
    """Scores the network after those of the updates in COUNTED that end an epoch.

    Args:
        steps: updates in an epoch.
        training: images and labels.
        held_out: the same for validation.
    """

    def __init__(self, steps: int, training: tuple, held_out: tuple) -> None:
        super().__init__()
        self.steps, self.sets = steps, {"train": training, "val": held_out}
        self.found = {"updates": []}

    def on_epoch_end(self, epoch, logs=None) -> None:
        update = (epoch + 1) * self.steps
        if update not in COUNTED:
            return
        self.found["updates"].append(update)
        for name, (x, y) in self.sets.items():
            shares = self.model(x).numpy()
            right = np.maximum(shares[np.arange(len(y)), y], 1e-7)  # as Keras bounds it
            for result, value in (
                ("loss", -np.log(right).mean()),
                ("accuracy", (shares.argmax(axis=1) == y).mean()),
            ):
                self.found.setdefault(f"{name}_{result}", []).append(float(value))


# --- What an optimiser keeps, and what its step computes -----------------------

ADAPTIVE = ("Adagrad", "RMSprop", "Adam", "AdamW")
ARITHMETIC = frozenset(
    [
        "Mul",
        "Sub",
        "AddV2",
        "Neg",
        "Square",
        "Sqrt",
        "Rsqrt",
        "RealDiv",
        "Pow",
        "Maximum",
        "AssignAdd",
        "AssignSub",
    ]
)


@experiment(
    cases={"SGD": {"name": "SGD"}, "momentum": {"name": "SGD", "momentum": 0.9}}
    | {name: {"name": name} for name in ADAPTIVE},
    seeds=1,
)
def optimiser_cost(seeds: list[int], name: str, **settings: float) -> dict[str, Any]:
    """Bytes that an optimiser keeps for 784–128–10, and operations per parameter of an update."""
    found = {"state_bytes": [], "weight_bytes": [], "operations": []}
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model = dense(128, optimizer=getattr(keras.optimizers, name)(0.01, **settings))
        model.optimizer.build(model.trainable_variables)
        kept = [variable.numpy() for variable in model.optimizer.variables]
        found["state_bytes"].append(sum(array.nbytes for array in kept))
        found["weight_bytes"].append(sum(weight.nbytes for weight in model.get_weights()))
        of_update = getattr(keras.optimizers, name)(0.01, **settings)
        found["operations"].append(operations_per_parameter(of_update))
    return found


def operations_per_parameter(optimizer: keras.optimizers.Optimizer, size: int = 1000) -> int:
    """Arithmetic on arrays of the size of the weights, in TensorFlow's graph of one update."""
    weights = keras.Variable(np.ones(size, "float32"))
    optimizer.build([weights])
    update = tf.function(lambda gradient: optimizer.apply([gradient], [weights]))
    graph = update.get_concrete_function(tf.ones(size)).graph
    return sum(
        operation.type.removesuffix("VariableOp") in ARITHMETIC
        and any(given.shape == (size,) for given in operation.inputs)
        for operation in graph.get_operations()
    )
