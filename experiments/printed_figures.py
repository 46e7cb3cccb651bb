"""Recorded experiments of the case study on printed figures (claims S3.1, S3.2 and S6.1)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from experiments import cases_of, experiment
from experiments.common import Scores
from lessons_src.data import load, scale
from lessons_src.models import dense
from lessons_src.training import repeat

OPTIMISERS = {"Adam 0.001": "adam", "SGD 0.01": "sgd"}  # at Keras's own rates
SPLITS = ("official", "official, a fifth held out", "pooled", "pooled, a fifth held out")
RUNNING = {
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


def logs(
    seeds: Sequence[int],
    *,
    activation: str,
    depth: int,
    optimiser: str,
    batch_size: int,
    split: str,
    pixels: str,
    epochs: int,
    finished: bool,
    dropout: float = 0.0,
) -> dict[str, np.ndarray]:
    """What a log may have said after each epoch, of training and of the test, (seeds, epochs).

    Training is told by Keras's running mean over the epoch and, where `finished`, also by the score
    of the network as it is at the epoch's end. NaN once a run has diverged.
    """
    (x, y), test = series_data(split, pixels)
    scores = []

    def watch() -> list[Scores]:
        scores.append(Scores(x, y))
        return scores[-1:]

    runs = repeat(
        lambda: dense(
            *[128] * depth, activation=activation, dropout=dropout, optimizer=OPTIMISERS[optimiser]
        ),
        x,
        y,
        seeds=seeds,
        callbacks=watch if finished else tuple,
        validation_data=test,
        batch_size=batch_size,
        epochs=epochs,
        verbose=False,
    )
    results = {name: runs.history[of_keras] for name, of_keras in RUNNING.items()}
    if finished:
        results["train_loss"] = [run.loss for run in scores]
        results["train_accuracy"] = [run.accuracy for run in scores]
    return {name: padded(rows, epochs) for name, rows in results.items()}


def padded(runs: Sequence[Sequence[float]], epochs: int) -> np.ndarray:
    """The values of each run to five digits, NaN behind its end, always of the same shape."""
    rows = np.full((len(runs), epochs), np.nan)
    for row, values in zip(rows, runs, strict=True):
        row[: len(values)] = np.round(values, 5)
    return rows


SET_UPS = cases_of(
    "{activation}, {depth} hidden, {optimiser}, batch {batch_size}, {pixels}",
    activation=("sigmoid", "relu"),
    depth=(1, 2),
    optimiser=tuple(OPTIMISERS),
    batch_size=(32, 1000),
    pixels=("scaled", "raw"),
)


def is_listing(depth: int, optimiser: str, **others: Any) -> bool:
    """Whether a set-up is the printed listing, which names neither batch size nor scaling."""
    return (depth, optimiser) == (1, "Adam 0.001")


@experiment(
    cases=SET_UPS,
    seeds=10,
    also={name for name, case in SET_UPS.items() if not is_listing(**case)},
    seeds_per_job=5,
)
def printed_search(seeds: list[int], **case: Any) -> dict[str, Any]:
    """Hidden layers of 128 on the official 60,000 images, scored on the test images.

    The printed listing is watched for 20 epochs, as its claims ask; all others for the 10 that the
    series trains, and their training by the running mean alone.
    """
    listing = is_listing(**case)
    return logs(seeds, split=SPLITS[0], epochs=20 if listing else 10, finished=listing, **case)


CANDIDATE = "{activation}, dropout {dropout}, {split}"
WITH_DROPOUT = cases_of(CANDIDATE, activation=("relu",), dropout=(0.2,), split=SPLITS)


@experiment(
    cases=cases_of(CANDIDATE, activation=("sigmoid", "relu"), dropout=(0.0,), split=SPLITS)
    | WITH_DROPOUT,
    also=WITH_DROPOUT,
    seeds_per_job=5,
)
def printed_candidates(seeds: list[int], dropout: float, **case: Any) -> dict[str, Any]:
    """Two hidden layers of 128, SGD 0.01, batch 1000, scaled pixels, 15 epochs; 20 with dropout."""
    fixed = {"depth": 2, "optimiser": "SGD 0.01", "batch_size": 1000, "pixels": "scaled"}
    epochs = 20 if dropout else 15  # it comes as far later
    return logs(seeds, epochs=epochs, dropout=dropout, finished=True, **fixed, **case)
