"""Recorded experiments of the chapter on tuning (claims S2.3, S4.*; also S4.5, S8.3 of splits)."""

import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from experiments import ALSO, cases_of, experiment
from experiments.common import Clock, Split, constant_rate, images, split, train
from lessons_src.data import load
from lessons_src.models import dense
from lessons_src.training import fit, repeat

SIZES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
IMAGES = 48_000
DEFAULT_RATE = 0.001  # Adam's in Keras
#: Where the best rate of a size may lie besides the default.
OTHER_RATES = {
    **dict.fromkeys((8, 16), (0.0001, 0.0003)),
    **dict.fromkeys((32, 64, 128, 256), (0.0003, 0.003)),
    **dict.fromkeys((512, 1024, 2048, 4096), (0.003, 0.01)),
}
AT_DEFAULT = {f"{size}, 10 epochs": {"batch_size": size} for size in SIZES}
AT_OTHER_RATES = {
    f"{size}, rate {rate:g}": {"batch_size": size, "learning_rate": rate}
    for size, rates in OTHER_RATES.items()
    for rate in rates
}
# Of smaller sizes 1,500 updates are less than an epoch.
AT_EQUAL_UPDATES = {
    f"{size}, 1,500 updates": {"batch_size": size, "updates": 1500} for size in SIZES if size >= 32
}


@experiment(
    cases=AT_DEFAULT | AT_OTHER_RATES | AT_EQUAL_UPDATES,
    also=AT_OTHER_RATES.keys() | AT_EQUAL_UPDATES.keys(),
    choosing=AT_DEFAULT.keys() | AT_OTHER_RATES.keys(),
)
def batch_sizes(
    seeds: list[int],
    batch_size: int,
    learning_rate: float = DEFAULT_RATE,
    updates: int | None = None,
) -> dict[str, Any]:
    """784–128–10, ReLU, Adam; its default rate, 10 epochs unless told; 48,000 images."""
    steps = -(-IMAGES // batch_size)
    epochs = 10 if updates is None else round(updates / steps)
    results = train(
        lambda: dense(128, optimizer=keras.optimizers.Adam(learning_rate)),
        seeds,
        batch_size=batch_size,
        epochs=epochs,
        curves=("val_accuracy",),
    )
    curve = np.round(results["val_accuracy_curve"], 4)
    return results | {"val_accuracy_curve": curve}


ROUNDS = 4  # of which the first compiles


@experiment(cases={"in turn": {}}, seeds=5)
def batch_seconds(seeds: list[int]) -> dict[str, Any]:
    """784–128–10, ReLU, Adam: seconds of an epoch of 48,000 images by batch size, all in turn."""
    models = {size: dense(128) for size in SIZES}
    taken = []
    for seed in seeds:
        own, clocks = split(seed), {size: [] for size in SIZES}
        keras.utils.set_random_seed(seed)
        for _ in range(ROUNDS):
            for size, model in models.items():
                clock = Clock()
                fit(model, own.x, own.y, batch_size=size, callbacks=[clock], verbose=False)
                clocks[size].append(clock.median())
        taken.append([float(np.median(found[1:])) for found in clocks.values()])
    return {"seconds_of_epoch": taken}


# --- The series' set-up ---------------------------------------------------------

SERIES = "0.01, 10 epochs"
IN_TEN_EPOCHS = {
    f"{rate:g}, 10 epochs": {"learning_rate": rate}
    for rate in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 2.0)
} | {SERIES: {"learning_rate": 0.01, "asked": True}}
IN_FIFTY_EPOCHS = {
    f"{rate:g}, 50 epochs": {"learning_rate": rate, "epochs": 50} for rate in (0.01, 0.1, 0.3)
}
IN_SMALL_BATCHES = {
    f"{rate:g}, batch 32": {"learning_rate": rate, "batch_size": 32}
    for rate in (0.01, 0.03, 0.1, 0.3)
}
COMPETING = IN_TEN_EPOCHS | IN_FIFTY_EPOCHS | IN_SMALL_BATCHES
#: What headlines read: the source's rate with both batch sizes, and what may be the best rate.
LEADING = {SERIES, "0.1, 10 epochs", "0.3, 10 epochs", "0.01, batch 32"}


@experiment(
    cases=COMPETING | {"0.01, no dropout": {"learning_rate": 0.01, "dropout": 0.0}},
    also=COMPETING.keys() - LEADING,
    choosing=COMPETING.keys(),
)
def series_rates(
    seeds: list[int],
    learning_rate: float,
    epochs: int = 10,
    batch_size: int = 1000,
    dropout: float = 0.2,
    asked: bool = False,
) -> dict[str, Any]:
    """784–128–128–10, ReLU, SGD; dropout 0.2, batch 1000, 10 epochs unless told; 48,000 images.

    The accuracy curve is what Keras reports of the training images: with dropout switched on, while
    the network changes. Rate 0.01 in ten epochs is the series' own set-up (`asked_of_series`).
    """
    results = train(
        lambda: dense(128, 128, dropout=dropout, optimizer=keras.optimizers.SGD(learning_rate)),
        seeds,
        batch_size=batch_size,
        epochs=epochs,
        curves=("loss", "accuracy", "val_loss", "val_accuracy"),
        measure=asked_of_series if asked else lambda model, own: {},
    )
    return rounded(results)


def rounded(results: dict[str, Any]) -> dict[str, Any]:
    """Curves with five decimals."""
    return {
        name: np.round(values, 5) if name.endswith("_curve") else values
        for name, values in results.items()
    }


def asked_of_series(model: keras.Model, own: Split) -> dict[str, Any]:
    """What the finished network answers, and how noisy its gradient is.

    Returns:
        "confusion", shape (10, 10): held-out images by true class and answer; "noise_32" and
        "noise_1000": the typical error of the gradient of a batch, in lengths of that of all
        training images, with dropout switched off.
    """
    answers = model.predict(own.held_x, batch_size=2000, verbose=0).argmax(axis=1)
    confusion = np.zeros((10, 10))
    np.add.at(confusion, (own.held_y, answers), 1)
    whole, rng = gradient(model, own.x, own.y), np.random.default_rng(0)
    found = {"confusion": confusion}
    for size in (32, 1000):
        drawn = [rng.choice(len(own.x), size, replace=False) for _ in range(20)]
        errors = [((gradient(model, own.x[r], own.y[r]) - whole) ** 2).sum() for r in drawn]
        found[f"noise_{size}"] = np.sqrt(np.mean(errors)) / np.linalg.norm(whole)
    return found


def gradient(model: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient of the mean loss over these images, as one long row."""
    with tf.GradientTape() as tape:
        loss = model.compute_loss(y=y, y_pred=model(x))
    parts = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    return np.concatenate([part.numpy().ravel() for part in parts])


@experiment(cases={f"{share:g}": {"dropout": share} for share in (0.0, 0.2)}, seeds=ALSO)
def dropout_adam(seeds: list[int], dropout: float) -> dict[str, Any]:
    """784–128–128–10, ReLU, dropout twice, Adam, batch 32, 50 epochs on 48,000 images."""
    results = train(
        lambda: dense(128, 128, dropout=dropout),
        seeds,
        epochs=50,
        curves=("accuracy", "val_loss", "val_accuracy"),
    )
    return rounded(results)


# --- Choosing among settings ------------------------------------------------------

CANDIDATES = (2, 4, 8, 16, 32, 64)
CHOOSING_IMAGES = (500, 5000, 10_000)
HALVINGS = 50
#: Each with both numbers of units and both batch sizes; with the first two, these are the listed 8.
FLATTERED_RATES = (
    *(0.001, 0.004),
    *(0.00115, 0.00132, 0.00152, 0.00174, 0.002, 0.0023, 0.00264),
    *(0.00303, 0.00348, 0.0046, 0.00528, 0.00606, 0.00696, 0.008),
)


@experiment(cases={"settings differ": {}}, seeds_per_job=1)
def flattery(seeds: list[int]) -> dict[str, Any]:
    """784–units–10, ReLU, Adam, 2 epochs on 40,000 images; 64 settings, scored on 20,000 others.

    The settings are all combinations of sixteen rates, 64 or 128 units and batches of 128 or 256,
    each with first weights of its own. Eight of them are listed: those with the first two rates.
    """
    groups = [of_group(seed) for seed in seeds]
    return {name: np.array([group[name] for group in groups]) for name in groups[0]}


def of_group(seed: int) -> dict[str, Any]:
    """Train the settings, choose by unseen images, and see what the choice is worth on others.

    Returns:
        For the first 2, 4, … 64 settings, means over many ways to halve the 20,000 unseen images:
        "optimism_10000", the winner's score on the half that chose it less that on the other;
        "optimism_5000" and "optimism_500", the same by so many images of each half; "chosen", the
        winner's score on the other 10,000. And "mean", the score of all settings.
    """
    right = answered_rightly(seed)
    rng, half = np.random.default_rng(seed), right.shape[1] // 2
    orders = [rng.permutation(2 * half) for _ in range(HALVINGS)]
    found = {"mean": right.mean()}
    for shown in CHOOSING_IMAGES:
        # Either half chooses once, so that it does not matter which of them is the harder one.
        halves = [(order[:shown], order[half : half + shown]) for order in orders]
        seen = np.array([right[:, part].mean(axis=1) for ab in halves for part in ab])
        fresh = np.array([right[:, part].mean(axis=1) for ab in halves for part in ab[::-1]])
        best = np.array([seen[:, :n].argmax(axis=1) for n in CANDIDATES])
        each = np.arange(len(seen))
        chosen = fresh[each, best].mean(axis=1)
        found[f"optimism_{shown}"] = seen[each, best].mean(axis=1) - chosen
        if shown == half:
            found["chosen"] = chosen
    return found


def answered_rightly(seed: int) -> np.ndarray:
    """What each setting answers rightly of the seed's 20,000 unseen images, shape (64, 20000)."""
    own, kept, found = split(seed), 40_000, []  # of 48,000 images in random order
    unseen = np.concatenate([own.x[kept:], own.held_x])
    truth = np.concatenate([own.y[kept:], own.held_y])
    for units, batch_size in ((64, 128), (64, 256), (128, 128), (128, 256)):
        rates, first = iter(FLATTERED_RATES), 100 * seed + len(FLATTERED_RATES) * len(found)
        runs = repeat(
            lambda units=units: dense(units),
            own.x[:kept],
            own.y[:kept],
            seeds=range(first, first + len(FLATTERED_RATES)),
            batch_size=batch_size,
            epochs=2,
            callbacks=lambda rates=rates: [constant_rate(next(rates))],
            measure=lambda model: {
                "right": model.predict(unseen, batch_size=2000, verbose=0).argmax(axis=1) == truth
            },
            verbose=False,
        )
        found.append(runs.measured["right"])
    return np.stack(found, axis=1).reshape(-1, len(truth))  # by rate, then by units and batch


# --- Memory -----------------------------------------------------------------------

MEMORY_BATCHES = (32, 1000, 8000, 48_000)


@experiment(
    cases={str(batch_size): {"batch_size": batch_size} for batch_size in MEMORY_BATCHES},
    seeds=5,
    seeds_per_job=1,
)
def memory(seeds: list[int], batch_size: int) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, one step of model.fit in a fresh process (Linux only)."""
    taken = []
    for seed in seeds:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=spawn) as process:
            taken.append(process.submit(memory_of_training, seed, batch_size).result())
    return {"bytes_of_step": [peak for peak, _ in taken], "bytes_before": [b for _, b in taken]}


def memory_of_training(seed: int, batch_size: int) -> tuple[int, int]:
    """Bytes that a step takes at its peak beyond those before it, and those before.

    A first step with eight images makes what is made only once.
    """
    keras.utils.set_random_seed(seed)
    model, x, y = dense(128), images(), load().full_labels
    for size in (8, batch_size):
        watch = Memory()
        fit(model, x[:size], y[:size], batch_size=size, callbacks=[watch], verbose=False)
    return watch.peak - watch.before, watch.before


class Memory(keras.callbacks.Callback):
    """Resident memory before the epoch, and at its peak during it; takes Keras's own loop."""

    def on_epoch_begin(self, epoch, logs=None) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        self.before = self.bytes_of("VmRSS")

    def on_train_batch_end(self, batch, logs=None) -> None:
        self.peak = self.bytes_of("VmHWM")

    def bytes_of(self, name: str) -> int:
        """A line of what Linux tells of this process."""
        kilobytes = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1]
        return int(kilobytes) * 1024


@experiment(cases=cases_of("{batch_size}", batch_size=(1, *MEMORY_BATCHES)), seeds=1)
def activation_bytes(seeds: list[int], batch_size: int) -> dict[str, Any]:
    """784–128–10, ReLU: bytes of a batch of pixels, and of what its two dense layers make of it."""
    model, x = dense(128), images()[:batch_size]
    outputs = [layer.output for layer in model.layers if layer.weights]
    made = keras.Model(model.inputs, outputs)(x)
    counted = x.nbytes + sum(np.asarray(output).nbytes for output in made)
    return {"bytes": [counted] * len(seeds)}  # nothing depends on the seed
