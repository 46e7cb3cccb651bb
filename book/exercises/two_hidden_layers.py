"""Checkers for the case study with two hidden layers."""

from collections.abc import Sequence

import numpy as np

from lessons_src.exercises._common import stop_at_rises
from lessons_src.exercises._differences import Difference
from lessons_src.exercises._functions import function_exercise
from lessons_src.stopping import early_stop

FIGURES = np.array([0.95, 0.89])
INTERVALS = np.array(
    [
        [[0.90, 0.92], [0.88, 0.90]],
        [[0.94, 0.96], [0.885, 0.90]],
        [[0.93, 0.955], [0.90, 0.91]],
        [[0.97, 0.98], [0.86, 0.88]],
        [[0.945, 0.95], [0.89, 0.92]],
    ]
)
RAGGED = [0.9, 0.6, 0.7, 0.65, 0.5, 0.55, 0.52, 0.51, 0.53, 0.6, 0.4, 0.45]
MATRIX = np.random.default_rng(1).normal(size=(6, 3))


def settings_that_fit(figures, intervals, of=lambda inside: inside.all(axis=1)) -> np.ndarray:
    """The settings all of whose intervals hold their figures; others by what they ask of these."""
    inside = (intervals[..., 0] <= figures) & (figures <= intervals[..., 1])
    return np.flatnonzero(of(inside))


def epochs_trained(losses: Sequence[float], patience: int) -> int:
    """Epochs until the loss has failed `patience` times in a row to be the lowest so far."""
    return early_stop(losses, patience)[0]


def missed(losses: Sequence[float], patience: int) -> int:
    """Epochs until the loss has failed `patience` times in all, in a row or not."""
    failed = [n for n in range(1, len(losses)) if losses[n] >= min(losses[:n])]
    return [*failed, *[len(losses) - 1] * patience][patience - 1] + 1


def for_raw_pixels(matrix: np.ndarray, weights: float = 1 / 255, biases: float = 1.0) -> np.ndarray:
    """The weights and, in the last row, the biases, each times a number."""
    return np.vstack([matrix[:-1] * weights, matrix[-1:] * biases])


EXERCISES = {
    "two-hidden-layers-1": function_exercise(
        [(4, 7, 3), (5, 2, 6)],
        lambda height, width, units: np.array([height * width + 1, width + 1]) * units,
        "Each unit has one number more than it has weights. Which?",
        lambda height, width, units: np.array([height * width, width]) * units,
        "You count one bias for the whole layer. How many units add one?",
        lambda height, width, units: np.array([height * width, width]) * units + 1,
        "Along which axis does the layer work: down the columns, or along the rows?",
        lambda height, width, units: np.array([height * width + 1, height + 1]) * units,
        "Without flattening, do the rows have weights of their own, or share them?",
        lambda height, width, units: np.array([height * width + 1, height * (width + 1)]) * units,
        "The two numbers are in the other order: flattened first.",
        lambda height, width, units: np.array([width + 1, height * width + 1]) * units,
        "Count the inputs of one unit first, then its bias, then the units.",
        praise="Without flattening the layer is smaller, and each unit sees one row at a time.",
        form="dense_counts(height, width, units)",
    ),
    "two-hidden-layers-2": function_exercise(
        [(FIGURES, INTERVALS), (FIGURES, INTERVALS[:3])],
        settings_that_fit,
        "You take settings that fit one of the figures. How many have to fit?",
        dict(of=lambda inside: inside.any(axis=1)),
        "You give the first that fits. Are there others?",
        lambda figures, intervals: settings_that_fit(figures, intervals)[:1],
        lambda figures, intervals: settings_that_fit(figures, intervals)[0],
        "These are the settings that do not fit.",
        dict(of=lambda inside: ~inside.all(axis=1)),
        "You look at one of the figures alone.",
        [dict(of=lambda inside: inside[:, 0]), dict(of=lambda inside: inside[:, 1])],
        "You say how many fit. Which ones are they?",
        lambda figures, intervals: len(settings_that_fit(figures, intervals)),
        "Make a table of settings by figures first: is this figure between these two ends? An end"
        " belongs to its interval.",
        praise="Where more than one fits, the figures do not identify the setting.",
    ),
    "two-hidden-layers-3": function_exercise(
        [(RAGGED, 3), (RAGGED, 2), (RAGGED[:5], 3)],
        epochs_trained,
        "You count every failure. Which of them does a new lowest loss make forgotten?",
        missed,
        "You compare with the epoch before. With which loss is an epoch to be compared?",
        lambda losses, patience: stop_at_rises(losses, patience)[0],
        "You wait for one epoch too many.",
        lambda losses, patience: epochs_trained(losses, patience + 1),
        "You count epochs from 0: how many were trained?",
        lambda losses, patience: epochs_trained(losses, patience) - 1,
        "That is the epoch of the lowest loss of all, which early stopping may never see.",
        lambda losses, patience: int(np.argmin(losses)) + 1,
        lambda losses, patience: int(np.argmin(losses)),
        "That is the epoch whose weights are kept. Training went on after it.",
        lambda losses, patience: int(np.argmin(losses[: epochs_trained(losses, patience)])) + 1,
        "Walk through a list of losses by hand, with two things to remember: the lowest so far, "
        "and how many epochs have failed since.",
        praise="What is trained after the best epoch is the price of patience.",
    ),
    "two-hidden-layers-4": function_exercise(
        [(MATRIX,)],
        for_raw_pixels,
        "The raw pixels are the larger ones: what undoes that?",
        [dict(weights=255), lambda matrix: matrix * 255],
        "Do the biases meet the pixels?",
        lambda matrix: matrix / 255,
        "Nothing has changed, so the sums would be far too large.",
        lambda matrix: matrix,
        "The numbers that meet the pixels are the ones to change.",
        [dict(weights=1, biases=1 / 255), dict(weights=1, biases=255)],
        "That would undo a squared factor. Each sum meets each pixel once.",
        dict(weights=255**-2),
        "Write down a unit's sum for scaled pixels, and put raw pixels in their place.",
        praise="The network is the same function of the image; only the road to it is another.",
    ),
    "two-hidden-layers-5": Difference(
        praise="The same seeds ran on both sides, so their common luck cancels."
    ),
}
