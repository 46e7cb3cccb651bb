"""Checkers for the case study of leaky ReLU."""

from collections.abc import Callable

import numpy as np

from lessons_src.exercises._differences import Difference
from lessons_src.exercises._functions import function_exercise
from lessons_src.stats import wilson
from lessons_src.stopping import early_stop

# Columns: alive; dead; two of leaky ReLU below their bend; constant but high; alive.
ACTIVATIONS = np.array(
    [
        [0.0, 0.0, -0.3, -0.9, 0.70, 0.0],
        [0.9, 0.0, -0.1, -0.4, 0.70, 0.2],
        [0.0, 0.0, -0.2, -0.5, 0.70, 0.1],
        [0.4, 0.0, -0.6, -0.8, 0.70, 0.3],
    ]
)
SCORES = np.array([0.80, 0.84, 0.82, 0.83, 0.84, 0.83, 0.82, 0.86, 0.85, 0.85, 0.85])
LONG = np.array([0.80, 0.84, 0.83, 0.84, 0.86, 0.85, 0.86, *[0.85] * 4, 0.87, *[0.86] * 6])
RIGHT, IMAGES = np.array([71, 84, 70, 98, 78]), np.full(5, 100)
UNEQUAL = np.array([70, 650, 90]), np.array([90, 1000, 99])


def count_units(activations, threshold, *, tops=lambda a: a.max(axis=0), of=np.sum):
    """How many units have their top below the threshold, and how many vary by less than it."""
    low, constant = tops(activations), np.ptp(activations, axis=0)
    return np.array([of(low < threshold), of(constant < threshold)])


def rates_used(scores, rate, patience, *, reset=True, better=np.greater, to_best=True):
    """The rates by the rule; others never reset the counter, or compare otherwise or elsewhere."""
    best, waited, used = -np.inf, 0, []
    for score in scores:
        used.append(rate)
        waited = 0 if better(score, best) else waited + 1
        best = max(best, score) if to_best else score
        if waited >= patience:
            rate, waited = rate / 2, 0 if reset else waited
    return np.array(used)


def last_epoch(scores: np.ndarray, patience: int, least: float = 0.0) -> int:
    """The last epoch by the rule, for which a new best is ahead by more than `least`."""
    return early_stop(-scores, patience, least)[0]


def rivals_of_worst(right: np.ndarray, images: np.ndarray, worst: Callable = np.argmin) -> int:
    """How many intervals meet that of the worst class; others by what they take for the worst."""
    found = [wilson(r, n) for r, n in zip(right, images, strict=True)]
    own = found[worst(right / images)]
    return sum(i.low <= own.high and i.high >= own.low for i in found) - 1


def shares_within(right: np.ndarray, images: np.ndarray) -> int:
    """How many other shares lie below the upper end of the worst class's interval."""
    worst = (right / images).argmin()
    return (right / images <= wilson(right[worst], images[worst]).high).sum() - 1


EXERCISES = {
    "leaky-relu-1": function_exercise(
        [(ACTIVATIONS, 1e-4), (ACTIVATIONS[:, 1:], 0.25)],
        count_units,
        "You go along the wrong axis: the columns are the units.",
        lambda activations, threshold: count_units(activations.T, threshold),
        "You take the size without the sign. Is a negative activation below the threshold?",
        dict(tops=lambda a: abs(a).max(axis=0)),
        "You count activations, and units are wanted.",
        dict(tops=lambda a: a),
        "You take the smallest activation of each unit for the first count.",
        dict(tops=lambda a: a.min(axis=0)),
        "The two counts have changed places.",
        lambda *given: count_units(*given)[::-1],
        "These are shares, and counts are wanted.",
        dict(of=np.mean),
        "Make two numbers of each column first, its largest and its smallest.",
        praise="A unit can be below the threshold and vary, or be above it and always the same.",
    ),
    "leaky-relu-2": function_exercise(
        [(SCORES, 0.001, 2), (SCORES, 0.01, 3)],
        rates_used,
        "The counter never starts again after a halving.",
        dict(reset=False),
        "You wait an epoch too long.",
        lambda s, r, p: rates_used(s, r, p + 1),
        "An equal score counts as a new best with you. Is it one?",
        dict(better=np.greater_equal),
        "You compare with the epoch before. With what does the rule compare?",
        dict(to_best=False),
        "The halved rate comes an epoch early: the epoch that was scored had the old one.",
        lambda s, r, p: rates_used(np.append(s, s[-1]), r, p)[1:],
        "You give the rate at the end, and that of every epoch is wanted.",
        lambda s, r, p: rates_used(s, r, p)[-1],
        "Write best score and counter beside each epoch on paper, for a patience of 2.",
        praise="A plateau is a matter of patience: noise alone can make one, and cost a halving.",
    ),
    "leaky-relu-3": function_exercise(
        [(LONG, 4), (LONG, 20), (LONG, 2)],
        last_epoch,
        "You count epochs from 0.",
        lambda s, p: last_epoch(s, p) - 1,
        "That is the best epoch. How long does the training still wait?",
        lambda s, p: last_epoch(s, p) - p,
        lambda s, p: np.argmax(s[: last_epoch(s, p)]) + 1,
        lambda s, p: np.argmax(s) + 1,
        "You look for the best epoch of all, and a training that has stopped never sees it.",
        lambda s, p: min(np.argmax(s) + 1 + p, len(s)),
        "An equal score counts as a new best with you. Is it one?",
        dict(least=-1e-9),
        "You stop an epoch too late.",
        lambda s, p: last_epoch(s, p + 1),
        "You return a score, and an epoch is wanted.",
        lambda s, p: s[last_epoch(s, p) - 1],
        "Go through the epochs in order, and keep the best so far and where it was.",
        praise="The network that is left is that of the last epoch, unless the best weights are "
        "kept.",
    ),
    "leaky-relu-4": Difference(
        praise="How much is to be dropped out depends on the width and on how long the training is."
    ),
    "leaky-relu-5": function_exercise(
        [(RIGHT, IMAGES), (10 * RIGHT, 10 * IMAGES), UNEQUAL],
        rivals_of_worst,
        "The worst class meets itself: it is no rival of its own.",
        lambda right, images: rivals_of_worst(right, images) + 1,
        "You compare with the best class.",
        dict(worst=np.argmax),
        "You ask whose estimate lies in the interval, and not whose interval meets it.",
        shares_within,
        "The fewest right answers make no worst class where there are fewer images.",
        lambda right, images: rivals_of_worst(right, images, lambda _: right.argmin()),
        "You count the classes that do not meet it.",
        lambda right, images: len(right) - 1 - rivals_of_worst(right, images),
        "Two intervals meet if neither lies wholly above the other.",
        praise="Without rivals the worst is surely the worst; with some, only the sample says so.",
    ),
}
