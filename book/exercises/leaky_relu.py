"""Checkers for the case study of leaky ReLU."""

from collections.abc import Callable

import numpy as np

from lessons_src.exercises import Exercise
from lessons_src.exercises._differences import judge_difference
from lessons_src.exercises._functions import function_exercise
from lessons_src.stats import wilson

# Columns: alive; dead; two of leaky ReLU below their bend; constant but high; alive.
ACTIVATIONS = np.array(
    [
        [0.0, 0.0, -0.3, -0.9, 0.70, 0.0],
        [0.9, 0.0, -0.1, -0.4, 0.70, 0.2],
        [0.0, 0.0, -0.2, -0.5, 0.70, 0.1],
        [0.4, 0.0, -0.6, -0.8, 0.70, 0.3],
    ]
)


def tops(activations: np.ndarray) -> np.ndarray:
    """The largest activation of each unit."""
    return activations.max(axis=0)


COUNTS = function_exercise(
    "count_units(activations, threshold)",
    [(ACTIVATIONS, 1e-4), (ACTIVATIONS[:, 1:], 0.25)],
    lambda a, t: np.array([(tops(a) < t).sum(), (np.ptp(a, axis=0) < t).sum()]),
    praise="A unit can be below the threshold and vary, or be above it and always the same.",
    mistakes={
        "You go along the wrong axis: the columns are the units.": [
            lambda a, t: np.array([(a.max(axis=1) < t).sum(), (np.ptp(a, axis=1) < t).sum()])
        ],
        "You take the size without the sign. Is a negative activation below the threshold?": [
            lambda a, t: np.array([(abs(a).max(axis=0) < t).sum(), (np.ptp(a, axis=0) < t).sum()])
        ],
        "You count activations, and units are wanted.": [
            lambda a, t: np.array([(a < t).sum(), (np.ptp(a, axis=0) < t).sum()])
        ],
        "You take the smallest activation of each unit for the first count.": [
            lambda a, t: np.array([(a.min(axis=0) < t).sum(), (np.ptp(a, axis=0) < t).sum()])
        ],
        "The two counts have changed places.": [
            lambda a, t: np.array([(np.ptp(a, axis=0) < t).sum(), (tops(a) < t).sum()])
        ],
        "These are shares, and counts are wanted.": [
            lambda a, t: np.array([(tops(a) < t).mean(), (np.ptp(a, axis=0) < t).mean()])
        ],
    },
    otherwise="Make two numbers of each column first, its largest and its smallest.",
)

SCORES = np.array([0.80, 0.84, 0.82, 0.83, 0.84, 0.83, 0.82, 0.86, 0.85, 0.85, 0.85])


def halvings(
    scores: np.ndarray,
    rate: float,
    patience: int,
    *,
    reset: bool = True,
    late: int = 0,
    better: Callable = np.greater,
    to_best: bool = True,
) -> np.ndarray:
    """The rates by the rule, or by a wrong one.

    Args:
        reset: whether the counter begins again after a halving.
        late: by how many epochs more than `patience` it waits.
        better: what counts as a new best.
        to_best: whether a score is compared with the best, or with the one before.
    """
    best, waited, used = -np.inf, 0, []
    for score in scores:
        used.append(rate)
        waited = 0 if better(score, best) else waited + 1
        best = max(best, score) if to_best else score
        if waited >= patience + late:
            rate, waited = rate / 2, 0 if reset else waited
    return np.array(used)


RATES = function_exercise(
    "rates_used(scores, rate, patience)",
    [(SCORES, 0.001, 2), (SCORES, 0.01, 3)],
    halvings,
    praise="A plateau is a matter of patience: noise alone can make one, and cost a halving.",
    mistakes={
        "The counter never starts again after a halving.": [
            lambda s, r, p: halvings(s, r, p, reset=False)
        ],
        "You wait an epoch too long.": [lambda s, r, p: halvings(s, r, p, late=1)],
        "An equal score counts as a new best with you. Is it one?": [
            lambda s, r, p: halvings(s, r, p, better=np.greater_equal)
        ],
        "You compare with the epoch before. With what does the rule compare?": [
            lambda s, r, p: halvings(s, r, p, to_best=False)
        ],
        "The halved rate comes an epoch early: the epoch that was scored had the old one.": [
            lambda s, r, p: halvings(np.append(s, s[-1]), r, p)[1:]
        ],
        "You give the rate at the end, and that of every epoch is wanted.": [
            lambda s, r, p: halvings(s, r, p)[-1]
        ],
    },
    otherwise="Write best score and counter beside each epoch on paper, for a patience of 2.",
)

LONG = np.array([0.80, 0.84, 0.83, 0.84, 0.86, 0.85, 0.86, *[0.85] * 4, 0.87, *[0.86] * 6])


def stop(scores: np.ndarray, patience: int, *, ties: bool = False) -> int:
    """The last epoch by the rule; `ties` counts an equal score as a new best."""
    best, at = -np.inf, 0
    for epoch, score in enumerate(scores, 1):
        if score > best or (ties and score == best):
            best, at = score, epoch
        if epoch - at == patience:
            return epoch
    return len(scores)


STOP = function_exercise(
    "last_epoch(scores, patience)",
    [(LONG, 4), (LONG, 20), (LONG, 2)],
    stop,
    praise="The network that is left is that of the last epoch, unless the best weights are kept.",
    mistakes={
        "You count epochs from 0.": [lambda s, p: stop(s, p) - 1],
        "That is the best epoch. How long does the training still wait?": [
            lambda s, p: stop(s, p) - p,
            lambda s, p: np.argmax(s[: stop(s, p)]) + 1,
            lambda s, p: np.argmax(s) + 1,
        ],
        "You look for the best epoch of all, and a training that has stopped never sees it.": [
            lambda s, p: min(np.argmax(s) + 1 + p, len(s))
        ],
        "An equal score counts as a new best with you. Is it one?": [
            lambda s, p: stop(s, p, ties=True)
        ],
        "You stop an epoch too late.": [lambda s, p: stop(s, p + 1)],
        "You return a score, and an epoch is wanted.": [lambda s, p: s[stop(s, p) - 1]],
    },
    otherwise="Go through the epochs in order, and keep the best so far and where it was.",
)

RIGHT, IMAGES = np.array([71, 84, 70, 98, 78]), np.full(5, 100)


def meeting(right: np.ndarray, images: np.ndarray, of: Callable = np.argmin) -> int:
    """How many intervals meet that of the worst class, itself included."""
    found = [wilson(r, n) for r, n in zip(right, images, strict=True)]
    own = found[of(right / images)]
    return sum(i.low <= own.high and i.high >= own.low for i in found)


def shares_within(right: np.ndarray, images: np.ndarray) -> int:
    """How many shares lie below the upper end of the worst class's interval."""
    worst = (right / images).argmin()
    return (right / images <= wilson(right[worst], images[worst]).high).sum()


UNEQUAL = np.array([70, 650, 90]), np.array([90, 1000, 99])
RIVALS = function_exercise(
    "rivals_of_worst(right, images)",
    [(RIGHT, IMAGES), (10 * RIGHT, 10 * IMAGES), UNEQUAL],
    lambda right, images: meeting(right, images) - 1,
    praise="Without rivals the worst is surely the worst; with some, only the sample says so.",
    mistakes={
        "The worst class meets itself: it is no rival of its own.": [meeting],
        "You compare with the best class.": [
            lambda right, images: meeting(right, images, np.argmax) - 1
        ],
        "You ask whose estimate lies in the interval, and not whose interval meets it.": [
            lambda right, images: shares_within(right, images) - 1
        ],
        "The fewest right answers make no worst class where there are fewer images.": [
            lambda right, images: meeting(right, images, lambda _: right.argmin()) - 1
        ],
        "You count the classes that do not meet it.": [
            lambda right, images: len(right) - meeting(right, images)
        ],
    },
    otherwise="Two intervals meet if neither lies wholly above the other.",
)

EXERCISES = {
    "leaky-relu-1": COUNTS,
    "leaky-relu-2": RATES,
    "leaky-relu-3": STOP,
    "leaky-relu-4": Exercise(
        judge_difference,
        "How much is to be dropped out depends on the width and on how long the training is.",
    ),
    "leaky-relu-5": RIVALS,
}
