"""Recorded experiments of the chapter on tuning (claims S4.*)."""

import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np

from experiments import cases_of, experiment
from experiments.common import constant_rate, images, train
from lessons_src.data import load, scale
from lessons_src.models import dense
from lessons_src.training import fit, repeat

OPTIMISERS = {"SGD": keras.optimizers.SGD, "Adam": keras.optimizers.Adam}


# Batches five times as large, and rates of which every second is five times as large: the linear
# rule and the rule of the square root both lead from one of these cases to another.
BATCHES = (40, 200, 1000, 5000)
RATES = tuple(float(f"{0.01 * 5 ** (step / 2):.3g}") for step in range(-1, 7))


@experiment(
    cases=cases_of("{batch_size}, {learning_rate:g}", batch_size=BATCHES, learning_rate=RATES),
    seeds=5,
)
def batch_and_rate(seeds: list[int], batch_size: int, learning_rate: float) -> dict[str, Any]:
    """784–128–10, ReLU, SGD, 5 epochs on 48,000 images."""
    return train(
        lambda: dense(128, optimizer=keras.optimizers.SGD(learning_rate)),
        seeds,
        batch_size=batch_size,
        epochs=5,
    )


WIDTHS = (8, 32, 128, 512)
ADAM_RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)


@experiment(
    cases=cases_of("{units}, {learning_rate:g}", units=WIDTHS, learning_rate=ADAM_RATES),
    seeds=5,
)
def width_and_rate(seeds: list[int], units: int, learning_rate: float) -> dict[str, Any]:
    """784–units–10, ReLU, Adam, batch 32, 5 epochs on 48,000 images."""
    return train(
        lambda: dense(units, optimizer=keras.optimizers.Adam(learning_rate)), seeds, epochs=5
    )


SET_UPS = {
    "series": {"optimiser": "SGD", "learning_rate": 0.01, "batch_size": 1000, "epochs": 10},
    "Adam": {"optimiser": "Adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 20},
}


@experiment(
    cases={
        f"{name}, {share:g}": {"dropout": share, **set_up}
        for name, set_up in SET_UPS.items()
        for share in (0.0, 0.2, 0.5)
    },
    seeds=5,
)
def dropout(
    seeds: list[int],
    dropout: float,
    optimiser: str,
    learning_rate: float,
    batch_size: int,
    epochs: int,
) -> dict[str, Any]:
    """784–128–128–10, ReLU, with dropout behind both hidden layers, on 48,000 images."""
    results = train(
        lambda: dense(128, 128, dropout=dropout, optimizer=OPTIMISERS[optimiser](learning_rate)),
        seeds,
        batch_size=batch_size,
        epochs=epochs,
        curves=("accuracy", "val_loss"),
    )
    # What Keras reports of the last epoch: with dropout switched on, while the network changed.
    reported = results.pop("accuracy_curve")[:, -1]
    return {**results, "reported_accuracy": reported}


SERIES_RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)


@experiment(
    cases={
        f"{rate:g}, {epochs} epochs": {"learning_rate": rate, "epochs": epochs}
        for epochs, rates in ((10, SERIES_RATES), (50, (0.01, 0.2, 0.5)))
        for rate in rates
    }
    | {"0.01, batch 32": {"learning_rate": 0.01, "epochs": 10, "batch_size": 32}},
    seeds=5,
)
def series_rates(
    seeds: list[int], learning_rate: float, epochs: int, batch_size: int = 1000
) -> dict[str, Any]:
    """784–128–128–10, ReLU, dropout 0.2 twice, SGD, batch 1000 unless named, 48,000 images."""
    return train(
        lambda: dense(128, 128, dropout=0.2, optimizer=keras.optimizers.SGD(learning_rate)),
        seeds,
        batch_size=batch_size,
        epochs=epochs,
        curves=("val_loss",),
    )


CANDIDATES = (2, 4, 8, 16, 32, 64)
SPLITS = 50


@experiment(
    cases={
        "seeds and rates differ": {"low": 1e-3, "high": 1e-2},
        "only seeds differ": {"low": 3e-3, "high": 3e-3},
    },
    seeds=5,
    seeds_per_job=1,
)
def flattery(seeds: list[int], low: float, high: float) -> dict[str, Any]:
    """784–64–10, ReLU, Adam, batch 256, 2 epochs on 48,000 images; 64 networks for each seed."""
    groups = [of_group(seed, low, high) for seed in seeds]
    return {name: np.array([group[name] for group in groups]) for name in groups[0]}


def of_group(seed: int, low: float, high: float) -> dict[str, Any]:
    """Train 64 candidates, choose by test images, and see what the choice is worth on others.

    Returns:
        For 2, 4, … 64 candidates, means over many ways to halve the test images: "optimism_5000",
        the winner's score on the images that chose it less its score on the others, which did not;
        "optimism_500", the same for choosing and scoring by 500 images each; "chosen", the
        winner's score on the others. And "mean", the score of all candidates.
    """
    data, (train_x, _) = load(), images()
    test_x = scale(data.test_images)
    rng = np.random.default_rng(seed)
    rates = iter(np.exp(rng.uniform(np.log(low), np.log(high), CANDIDATES[-1])))

    runs = repeat(
        lambda: dense(64),
        train_x,
        data.train_labels,
        seeds=range(1000 * seed, 1000 * seed + CANDIDATES[-1]),
        batch_size=256,
        epochs=2,
        callbacks=lambda: [constant_rate(float(next(rates)))],
        measure=lambda model: {
            "answers": model.predict(test_x, batch_size=2000, verbose=0).argmax(axis=1)
        },
        verbose=False,
    )
    truth = data.test_labels("how much choosing by test images flatters (recorded: flattery)")
    right = runs.measured["answers"] == truth
    orders = [rng.permutation(len(truth)) for _ in range(SPLITS)]

    def choose(images: int) -> tuple[np.ndarray, np.ndarray]:
        """Optimism and fresh score, shape (numbers of candidates,), choosing by so many images."""
        # Either part chooses once, so that it does not matter which of them is the harder one.
        parts = [(order[:images], order[-images:]) for order in orders]
        seen = np.array([right[:, part].mean(axis=1) for ab in parts for part in ab])
        fresh = np.array([right[:, part].mean(axis=1) for ab in parts for part in ab[::-1]])
        best = np.array([seen[:, :n].argmax(axis=1) for n in CANDIDATES])
        each = np.arange(len(seen))
        scores = seen[each, best], fresh[each, best]
        return (scores[0] - scores[1]).mean(axis=1), scores[1].mean(axis=1)

    (optimism, chosen), (of_few, _) = choose(5000), choose(500)
    return {
        "optimism_5000": optimism,
        "optimism_500": of_few,
        "chosen": chosen,
        "mean": right.mean(),
    }


MEMORY_BATCHES = (32, 256, 1000, 4000, 16_000, 48_000)


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
    model, x, y = dense(128), images()[0], load().train_labels
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


@experiment(cases={str(images): {"batch_size": images} for images in (1, *MEMORY_BATCHES)}, seeds=1)
def activation_bytes(seeds: list[int], batch_size: int) -> dict[str, Any]:
    """784–128–10, ReLU: bytes of a batch of pixels, and of what its two dense layers make of it."""
    model, x = dense(128), images()[0][:batch_size]
    outputs = [layer.output for layer in model.layers if layer.weights]
    made = keras.Model(model.inputs, outputs)(x)
    counted = x.nbytes + sum(np.asarray(output).nbytes for output in made)
    return {"bytes": [counted] * len(seeds)}  # nothing depends on the seed
