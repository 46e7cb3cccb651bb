"""Checkers for the case study on tiny networks."""

from collections.abc import Callable

import numpy as np

from lessons_src.exercises._functions import function_exercise

LINES = [
    (np.array([1.0, -1.0, 0.0, 0.5, 3.0]), np.array([0.0, 0.0, 0.3, -1.0, -8.1])),
    (np.array([-2.0, 0.0, 0.11, 0.2]), np.array([-1.0, 0.0, -0.12, -0.195])),
    (np.array([2.0, 1.0, 0.0]), np.array([-1.0, -0.49, 0.0])),
]
WEIGHTS = np.array(
    [[4.0, -1.0, -0.2, -0.3, -0.6], [-0.1, -2.0, 0.0, 0.1, -0.5], [-3.0, -0.4, -0.7, -5.0, -0.1]]
)
BIASES = np.array([-0.1, 0.0, -0.3, -0.1, 0.4])
TRIED = np.array([0.41, 0.757, 0.81, 0.795, 0.717, 0.10, 0.78, 0.80])
RATES = np.array([0.001, 0.002, 0.004, 0.008, 0.016])
LOSSES = np.array(
    [[1.2, 0.9, 0.8, 0.7, 2.0], [1.0, 0.6, 0.9, 1.1, np.nan], [1.9, 1.5, 0.65, 0.7, 1.0]]
)
VOTERS = np.array(
    [
        [[0.50, 0.40, 0.10], [0.10, 0.55, 0.35], [0.35, 0.33, 0.32], [0.2, 0.2, 0.6]],
        [[0.45, 0.40, 0.15], [0.20, 0.50, 0.30], [0.30, 0.36, 0.34], [0.6, 0.3, 0.1]],
        [[0.05, 0.90, 0.05], [0.15, 0.45, 0.40], [0.10, 0.15, 0.75], [0.1, 0.2, 0.7]],
    ]
)
TRUE = np.array([1, 1, 2, 2])


def reachable(slopes: np.ndarray, offsets: np.ndarray, start=0, stop=40, step=0.001) -> np.ndarray:
    """The lines that are on top at one of these heights."""
    heights = np.arange(start, stop + step / 2, step)
    return np.unique((heights[:, None] * slopes + offsets).argmax(axis=1))


def certainly_dead(weights: np.ndarray, biases: np.ndarray, below=np.less_equal) -> np.ndarray:
    """The units that no input wakes."""
    return np.flatnonzero(below(weights, 0).all(axis=0) & (biases <= 0))


def attempts(scores, target, reached: Callable = np.greater_equal, never=np.inf) -> float:
    """The least number of runs of which one reaches the target with a probability of 95 %."""
    p, k = reached(scores, target).mean(), 1
    while p > 0 and (1 - p) ** k > 0.05 + 1e-12:
        k += 1
    return k if p > 0 else never


def factor_between_picks(
    rates: np.ndarray, losses: np.ndarray, lowest: Callable = np.nanargmin
) -> float:
    """The largest of the rates at which each row is lowest, as a multiple of the smallest."""
    picks = rates[lowest(losses, axis=1)]
    return picks.max() / picks.min()


def accuracy(probability: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of each network, where there are several."""
    return (probability.argmax(axis=-1) == labels).mean(axis=-1)


def shares_of_votes(probability: np.ndarray) -> np.ndarray:
    """How many networks vote for each class, for each image; the lower class wins a tie."""
    return (probability.argmax(axis=2)[..., None] == np.arange(probability.shape[2])).mean(axis=0)


def gain_of_vote(probability, labels, joint=lambda p: p.mean(axis=0), single=np.mean) -> float:
    """What the accuracy of the joint answers gains over that of a single network."""
    return accuracy(joint(probability), labels) - single(accuracy(probability, labels))


EXERCISES = {
    "tiny-networks-1": function_exercise(
        LINES,
        reachable,
        "You let the unit give negative numbers, which ReLU never does.",
        dict(start=-40),
        "You miss short pieces: the whole numbers are not enough.",
        dict(step=1),
        "You miss classes that are on top only far out, where the unit gives a large number.",
        dict(stop=1),
        "That is how many there are. Which ones?",
        lambda m, b: len(reachable(m, b)),
        "You return all classes. Is there a line that lies below others everywhere?",
        lambda m, b: np.arange(len(m)),
        "Draw the lines of the call over h, and follow the top from h = 0 to the right.",
        praise="With one unit, the classes stand in a row, by their slopes.",
    ),
    "tiny-networks-2": function_exercise(
        [(WEIGHTS, BIASES), (-WEIGHTS[:, ::-1], BIASES - 1)],
        certainly_dead,
        "A unit that gets nothing still has its bias. Can it be positive?",
        lambda w, b: certainly_dead(w, 0 * b),
        "A weight of exactly nought wakes no unit either.",
        [dict(below=np.less), lambda w, b: np.flatnonzero((w < 0).all(axis=0) & (b < 0))],
        "A negative sum of weights is not enough: one input may be large, and the others nought.",
        lambda w, b: np.flatnonzero((w.sum(axis=0) <= 0) & (b <= 0)),
        lambda w, b: np.flatnonzero(w.sum(axis=0) + b <= 0),
        "You look along the inputs. Which axis has the units?",
        lambda w, b: certainly_dead(w.T, np.zeros(len(w))),
        "Ask of each unit: is there any input that makes its sum positive?",
        praise="With more inputs it hardly ever happens: all of the signs would have to agree.",
    ),
    "tiny-networks-3": function_exercise(
        [(TRIED, 0.80), (TRIED, 0.7), (TRIED, 0.05), (TRIED, 0.9)],
        attempts,
        "A run that has exactly the target has reached it.",
        dict(reached=np.greater),
        "That many runs reach it once on average, and often not at all.",
        lambda scores, target: 1 / (scores >= target).mean(),
        lambda scores, target: np.ceil(1 / (scores >= target).mean()),
        "A number of runs is whole: the next one up is wanted.",
        lambda scores, target: np.log(0.05) / np.log(1 - (scores >= target).mean()),
        "With so many runs the probability is still too small by a little: round the other way.",
        lambda scores, target: np.floor(np.log(0.05) / np.log(1 - (scores >= target).mean())),
        "You never return for a target that no run reaches: infinity is wanted there.",
        [dict(never=0), dict(never=len(TRIED))],
        "First the probability that one run fails, then that all of k fail.",
        praise="So many attempts stand behind a score that is reported without their number.",
    ),
    "tiny-networks-4": function_exercise(
        [(RATES, LOSSES), (RATES, LOSSES[1:])],
        factor_between_picks,
        "A loss that is not a number was taken for the lowest: leave those out.",
        dict(lowest=np.argmin),
        "You pick the rate of the highest loss.",
        dict(lowest=np.nanargmax),
        "The smallest pick stands above the largest: turn the fraction round.",
        lambda rates, losses: 1 / factor_between_picks(rates, losses),
        "That is a difference, and a factor is wanted.",
        lambda rates, losses: np.ptp(rates[np.nanargmin(losses, axis=1)]),
        "You average over the seeds first. Each seed is to make a pick of its own.",
        lambda rates, losses: rates[np.nanargmin(np.nanmean(losses, axis=0))],
        "First one pick for each row of losses, then the largest and the smallest of these.",
        praise="If it is large, a single sweep has told you little.",
    ),
    "tiny-networks-5": function_exercise(
        [(VOTERS, TRUE), (VOTERS[:, ::-1], TRUE[[0, 1, 2, 0]])],
        gain_of_vote,
        "You count votes, and the probabilities are to be averaged.",
        dict(joint=shares_of_votes),
        "You compare with the best network. Which one that is, only the labels tell.",
        dict(single=np.max),
        "The sign is turned round.",
        lambda p, y: -gain_of_vote(p, y),
        "That is the accuracy of the vote. How much more is it than that of one network?",
        dict(single=lambda accuracies: 0),
        "Your gain is in points, and a share is wanted.",
        lambda p, y: 100 * gain_of_vote(p, y),
        "Two accuracies: of one table of averaged probabilities, and of each network.",
        praise="A network that is unsure has little weight in such a mean.",
    ),
}
