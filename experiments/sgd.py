"""Recorded experiments of the chapter on stochastic gradient descent (claims S6.*)."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments import FIXED, experiment
from experiments.common import Clock, Split, split, train
from experiments.tuning import rounded
from lessons_src.models import dense
from lessons_src.training import fit, repeat, score


def sgd(rate: float, momentum: float = 0.0) -> keras.optimizers.SGD:
    """SGD as the cases name it."""
    return keras.optimizers.SGD(rate, momentum=momentum)


# --- How fast --------------------------------------------------------------------

# Epochs that surely reach a validation loss of 0.40.
CONVERGING = {
    "SGD 0.01": {"optimiser": "SGD", "learning_rate": 0.01, "epochs": 20},
    "momentum 0.01": {"optimiser": "momentum", "learning_rate": 0.01, "epochs": 8},
    "Adam 0.001": {"optimiser": "Adam", "learning_rate": 0.001, "epochs": 8},
}
OPTIMISERS = {
    "SGD": sgd,
    "momentum": lambda rate: sgd(rate, 0.9),
    "Adam": keras.optimizers.Adam,
}


@experiment(cases=CONVERGING, seeds=FIXED)
def convergence(
    seeds: list[int], optimiser: str, learning_rate: float, epochs: int
) -> dict[str, Any]:
    """784–128–10, ReLU, batch 32, on 48,000 images; momentum is 0.9."""
    results = train(
        lambda: dense(128, optimizer=OPTIMISERS[optimiser](learning_rate)), seeds, epochs=epochs
    )
    return rounded(results)


def racing(optimiser: str, batch_size: int, epochs: int, *rates: float) -> dict[str, Any]:
    """The settings of cases of `equal_loss`, by name."""
    fixed = {"optimiser": optimiser, "batch_size": batch_size, "epochs": epochs}
    return {
        f"{optimiser} {rate:g}, batch {batch_size:,}": {"learning_rate": rate, **fixed}
        for rate in rates
    }


SMALL = racing("SGD", 32, 15, 0.03, 0.1, 0.3)
LARGE = racing("SGD", 1024, 60, 0.1, 0.3, 1.0)
ADAM = racing("Adam", 32, 10, 0.0003, 0.001, 0.003)
LEADING = {"SGD 0.1, batch 32", "SGD 0.3, batch 1,024"}  # what may be the best rates


@experiment(
    cases=SMALL | LARGE | ADAM,
    also=(SMALL | LARGE | ADAM).keys() - LEADING,
    choosing=True,
)
def equal_loss(
    seeds: list[int], optimiser: str, learning_rate: float, batch_size: int, epochs: int
) -> dict[str, Any]:
    """784–128–10, ReLU, on 48,000 images, all of which are scored after every epoch."""
    results = train(
        lambda: dense(128, optimizer=OPTIMISERS[optimiser](learning_rate)),
        seeds,
        batch_size=batch_size,
        epochs=epochs,
        curves=("val_accuracy",),
        scored_epochs=range(1, epochs + 1),
    )
    return rounded(results)


# --- Full batch and mini-batches ---------------------------------------------------

GOAL = 0.4  # training loss
COUNTED = (10, 30, 60, 150, 300, 450, 600, 750, 900, 1050, 1200, 1350, 1500)
FEW = {
    **{
        f"4,800 images, full batch, {rate:g}": {"learning_rate": rate, "updates": 450}
        for rate in (0.1, 0.3, 1.0)
    },
    **{
        f"4,800 images, batch 32, {rate:g}": {
            "learning_rate": rate,
            "updates": 1500,
            "batch_size": 32,
        }
        for rate in (0.03, 0.1, 0.3)
    },
}
WHOLE = {"48,000 images, full batch, 0.3": {"learning_rate": 0.3, "updates": 600, "images": 48_000}}


@experiment(cases=FEW | WHOLE, seeds=5, choosing=FEW.keys())
def full_batch(
    seeds: list[int],
    learning_rate: float,
    updates: int,
    images: int = 4800,
    batch_size: int | None = None,
) -> dict[str, Any]:
    """784–128–10, ReLU, plain SGD, on the first training images or all of a split.

    Scored are all these and the held-out images, after those of the updates in COUNTED that end an
    epoch. On all images it stops when the training loss is at GOAL.
    """
    batch_size, courses = batch_size or images, []

    def of_seed(seed: int) -> dict[str, Any]:
        own = split(seed)
        own = Split(own.x[:images], own.y[:images], own.held_x, own.held_y)
        courses.append(Course(own, images // batch_size, updates, stops=images > 4800))
        return {"x": own.x, "y": own.y}

    repeat(
        lambda: dense(128, optimizer=sgd(learning_rate)),
        seeds=seeds,
        data=of_seed,
        batch_size=batch_size,
        epochs=updates * batch_size // images,
        shuffle=batch_size < images,  # a batch of all has no order
        callbacks=lambda: courses[-1:],
        verbose=False,
    )
    return {name: np.array([c.found[name] for c in courses]) for name in courses[0].found}


class Course(keras.callbacks.Callback):
    """Scores the network after counted updates, and waits for the goal.

    `found` has "updates" and, after each of these, "train_loss", "train_accuracy", "val_loss",
    "val_accuracy", NaN behind a stop; and "updates_to_goal", NaN if the goal is never reached.
    With a full batch, what Keras reports of an epoch is the loss before its update.

    Args:
        own: what is trained on and held out.
        steps: updates in an epoch.
        updates: of the whole run.
        stops: whether it ends at the goal.
    """

    def __init__(self, own: Split, steps: int, updates: int, *, stops: bool) -> None:
        super().__init__()
        self.steps, self.stops = steps, stops
        self.sets = {"train": (own.x, own.y), "val": (own.held_x, own.held_y)}
        counted = [n for n in COUNTED if n % steps == 0 and n <= updates]
        self.found = {"updates": counted, "updates_to_goal": np.nan}
        for name in self.sets:
            for kind in ("loss", "accuracy"):
                self.found[f"{name}_{kind}"] = np.full(len(counted), np.nan)

    def on_epoch_end(self, epoch, logs=None) -> None:
        update = (epoch + 1) * self.steps
        if update in self.found["updates"]:
            at = self.found["updates"].index(update)
            for name, images in self.sets.items():
                for kind, value in score(self.model, *images).items():
                    self.found[f"{name}_{kind}"][at] = value
        if self.steps == 1 and np.isnan(self.found["updates_to_goal"]) and logs["loss"] <= GOAL:
            self.found["updates_to_goal"] = update - 1
            self.model.stop_training = self.stops


EXAMPLES = 1000


@experiment(
    cases={"one example": {"batch_size": 1}, "all examples": {"batch_size": EXAMPLES}},
    seeds=FIXED,
)
def escape_toy(seeds: list[int], batch_size: int) -> dict[str, Any]:
    """A toy with two weights and two valleys: 8,000 steps from the shallow one, ever shorter.

    Of an example with the numbers a, the loss is (u² - 1)² + 0.3 u + v² / 2 + a · (u, v). Over all
    1,000 examples a sums up to nothing, so that what is left is a valley near u = 1 and a deeper
    one near u = -1.
    """
    deeper = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        a = rng.normal(scale=2.5, size=(EXAMPLES, 2))
        a -= a.mean(axis=0)
        u, v = 1.0, 1.0
        for rate in np.minimum(0.05, np.linspace(0.15, 0, 8000)):
            rows = rng.choice(EXAMPLES, batch_size, replace=False)
            push = a[rows].mean(axis=0)
            u, v = u - rate * (4 * u * (u**2 - 1) + 0.3 + push[0]), v - rate * (v + push[1])
        deeper.append(u < 0)
    return {"in_deeper": np.array(deeper, float)}


# --- A slice of the loss ------------------------------------------------------------

SLICE_RATES = (0.002, 0.006, 0.02, 0.06, 0.2, 0.6, 2.0)
STEPS = 50


@experiment(cases={"slice": {}}, seeds=5, choosing=True)
def two_parameters(seeds: list[int]) -> dict[str, Any]:
    """784–128–10 on a plane through its weights: 50 steps of gradient descent at seven rates.

    The plane goes along the way of an epoch of SGD 0.1, and across it where the loss of 2,000
    training images bends most at its end. The steps begin beside the first weights.
    """
    return {"loss_curve": np.array([descents(seed) for seed in seeds])}


def descents(seed: int) -> list[list[float]]:
    """The loss before each step and after the last, for each of the rates."""
    own = split(seed)
    keras.utils.set_random_seed(seed)
    model = dense(128, optimizer=sgd(0.1))
    surface = Surface(model, own.x[:2000], own.y[:2000])
    start = surface.place()
    fit(model, own.x, own.y, verbose=False)
    trained = surface.place()
    along = unit(trained - start)
    across = unit(surface.gradient(trained))
    for _ in range(10):
        ahead, back = trained + 0.05 * across, trained - 0.05 * across
        across = unit(surface.gradient(ahead) - surface.gradient(back))
    plane = np.stack([along, unit(across - (across @ along) * along)])
    courses = []
    for rate in SLICE_RATES:
        at, losses = np.array([0.0, 1.5]), []
        for _ in range(STEPS + 1):
            place = start + at @ plane
            losses.append(surface.loss(place))
            at = at - rate * plane @ surface.gradient(place)
        courses.append(losses)
    return courses


def unit(direction: np.ndarray) -> np.ndarray:
    """The same direction with length 1."""
    return direction / np.linalg.norm(direction)


class Surface:
    """The loss of some images over all weights of a model, as one long row."""

    def __init__(self, model: keras.Model, x: np.ndarray, y: np.ndarray) -> None:
        self.model, self.ends = model, np.cumsum([w.size for w in model.get_weights()])[:-1]

        @tf.function
        def found() -> tuple[tf.Tensor, list[tf.Tensor]]:
            with tf.GradientTape() as tape:
                loss = model.compute_loss(y=tf.constant(y), y_pred=model(tf.constant(x)))
            return loss, tape.gradient(loss, [w.value for w in model.trainable_weights])

        self.found: Callable[[], tuple[tf.Tensor, list[tf.Tensor]]] = found

    def place(self) -> np.ndarray:
        """The weights as they are."""
        return np.concatenate([w.ravel() for w in self.model.get_weights()]).astype(float)

    def move(self, place: np.ndarray) -> None:
        """Give the model these weights."""
        parts = np.split(place, self.ends)
        shapes = [w.shape for w in self.model.get_weights()]
        self.model.set_weights([p.reshape(s) for p, s in zip(parts, shapes, strict=True)])

    def loss(self, place: np.ndarray) -> float:
        """The loss at these weights."""
        self.move(place)
        return float(self.found()[0])

    def gradient(self, place: np.ndarray) -> np.ndarray:
        """The gradient of the loss at these weights."""
        self.move(place)
        return np.concatenate([part.numpy().ravel() for part in self.found()[1]]).astype(float)


# --- What an optimiser keeps, what its step computes, and what an epoch takes --------

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


TIMED = {
    "seconds_sgd": ("SGD", 0.01, 32),
    "seconds_momentum": ("momentum", 0.01, 32),
    "seconds_adam": ("Adam", 0.001, 32),
    "seconds_full_batch": ("SGD", 0.3, 48_000),
}
ROUNDS = 4  # of which the first compiles


@experiment(cases={"in turn": {}}, seeds=5)
def optimiser_seconds(seeds: list[int]) -> dict[str, Any]:
    """784–128–10: seconds of an epoch of 48,000 images, batch 32 or full batch, all in turn."""
    models = {
        name: dense(128, optimizer=OPTIMISERS[optimiser](rate))
        for name, (optimiser, rate, _) in TIMED.items()
    }
    taken = {name: [] for name in TIMED}
    for seed in seeds:
        own, clocks = split(seed), {name: [] for name in TIMED}
        keras.utils.set_random_seed(seed)
        for _ in range(ROUNDS):
            for name, (_, _, size) in TIMED.items():
                clock = Clock()
                fit(models[name], own.x, own.y, batch_size=size, callbacks=[clock], verbose=False)
                clocks[name].append(clock.median())
        for name, found in clocks.items():
            taken[name].append(float(np.median(found[1:])))
    return taken
