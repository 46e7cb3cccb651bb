"""Checkers for the case study on tiny networks."""

import numpy as np

from lessons_src.exercises._functions import function_exercise

HEIGHTS = np.linspace(0, 40, 40_001)


def on_top(slopes: np.ndarray, offsets: np.ndarray, heights: np.ndarray = HEIGHTS) -> np.ndarray:
    """The lines that are on top at one of these places."""
    return np.unique((heights[:, None] * slopes + offsets).argmax(axis=1))


REACHABLE = function_exercise(
    "reachable(slopes, offsets)",
    [
        (np.array([1.0, -1.0, 0.0, 0.5, 3.0]), np.array([0.0, 0.0, 0.3, -1.0, -8.1])),
        (np.array([-2.0, 0.0, 0.11, 0.2]), np.array([-1.0, 0.0, -0.12, -0.195])),
        (np.array([2.0, 1.0, 0.0]), np.array([-1.0, -0.49, 0.0])),
    ],
    on_top,
    praise="With one unit, the classes stand in a row, by their slopes.",
    mistakes={
        "You let the unit give negative numbers, which ReLU never does.": [
            lambda m, b: on_top(m, b, np.linspace(-40, 40, 80_001))
        ],
        "You miss short pieces: the whole numbers are not enough.": [
            lambda m, b: on_top(m, b, np.arange(41.0)),
        ],
        "You miss classes that are on top only far out, where the unit gives a large number.": [
            lambda m, b: on_top(m, b, np.linspace(0, 1, 1001))
        ],
        "That is how many there are. Which ones?": [lambda m, b: len(on_top(m, b))],
        "You return all classes. Is there a line that lies below others everywhere?": [
            lambda m, b: np.arange(len(m))
        ],
    },
    otherwise="Draw the lines of the call over h, and follow the top from h = 0 to the right.",
)

WEIGHTS = np.array(
    [[4.0, -1.0, -0.2, -0.3, -0.6], [-0.1, -2.0, 0.0, 0.1, -0.5], [-3.0, -0.4, -0.7, -5.0, -0.1]]
)
BIASES = np.array([-0.1, 0.0, -0.3, -0.1, 0.4])

DEAD = function_exercise(
    "certainly_dead(weights, biases)",
    [(WEIGHTS, BIASES), (-WEIGHTS[:, ::-1], BIASES - 1)],
    lambda w, b: np.flatnonzero((w <= 0).all(axis=0) & (b <= 0)),
    praise="With more inputs it hardly ever happens: all of the signs would have to agree.",
    mistakes={
        "A unit that gets nothing still has its bias. Can it be positive?": [
            lambda w, b: np.flatnonzero((w <= 0).all(axis=0))
        ],
        "A weight of exactly nought wakes no unit either.": [
            lambda w, b: np.flatnonzero((w < 0).all(axis=0) & (b <= 0)),
            lambda w, b: np.flatnonzero((w < 0).all(axis=0) & (b < 0)),
        ],
        "A negative sum of weights is not enough: one input may be large, and the others nought.": [
            lambda w, b: np.flatnonzero((w.sum(axis=0) <= 0) & (b <= 0)),
            lambda w, b: np.flatnonzero(w.sum(axis=0) + b <= 0),
        ],
        "You look along the inputs. Which axis has the units?": [
            lambda w, b: np.flatnonzero((w <= 0).all(axis=1))
        ],
    },
    otherwise="Ask of each unit: is there any input that makes its sum positive?",
)

TRIED = np.array([0.41, 0.757, 0.81, 0.795, 0.717, 0.10, 0.78, 0.80])


def attempts(scores: np.ndarray, target: float, sure: float = 0.95, strictly=False) -> float:
    """The least number of runs of which one reaches the target with this probability."""
    p = (scores > target if strictly else scores >= target).mean()
    k = 1
    while p > 0 and (1 - p) ** k > 1 - sure + 1e-12:
        k += 1
    return k if p > 0 else np.inf


ATTEMPTS = function_exercise(
    "attempts(scores, target)",
    [(TRIED, 0.80), (TRIED, 0.7), (TRIED, 0.05), (TRIED, 0.9)],
    attempts,
    praise="So many attempts stand behind a score that is reported without their number.",
    mistakes={
        "A run that has exactly the target has reached it.": [
            lambda scores, target: attempts(scores, target, strictly=True)
        ],
        "That many runs reach it once on average, and often not at all.": [
            lambda scores, target: 1 / (scores >= target).mean(),
            lambda scores, target: np.ceil(1 / (scores >= target).mean()),
        ],
        "A number of runs is whole: the next one up is wanted.": [
            lambda scores, target: np.log(0.05) / np.log(1 - (scores >= target).mean()),
        ],
        "With so many runs the probability is still too small by a little: round the other way.": [
            lambda scores, target: np.floor(np.log(0.05) / np.log(1 - (scores >= target).mean())),
        ],
        "You never return for a target that no run reaches: infinity is wanted there.": [
            lambda scores, target: attempts(scores, target) if target < 0.81 else 0,
            lambda scores, target: attempts(scores, target) if target < 0.81 else len(scores),
        ],
    },
    otherwise="First the probability that one run fails, then that all of k fail.",
)

RATES = np.array([0.001, 0.002, 0.004, 0.008, 0.016])
LOSSES = np.array(
    [[1.2, 0.9, 0.8, 0.7, 2.0], [1.0, 0.6, 0.9, 1.1, np.nan], [1.9, 1.5, 0.65, 0.7, 1.0]]
)


def factor(rates: np.ndarray, losses: np.ndarray, lowest=np.nanargmin) -> float:
    """The largest of the rates at which each row is lowest, as a multiple of the smallest."""
    picks = rates[lowest(losses, axis=1)]
    return picks.max() / picks.min()


PICKS = function_exercise(
    "factor_between_picks(rates, losses)",
    [(RATES, LOSSES), (RATES, LOSSES[1:])],
    factor,
    praise="If it is large, a single sweep has told you little.",
    mistakes={
        "A loss that is not a number was taken for the lowest: leave those out.": [
            lambda rates, losses: factor(rates, losses, np.argmin)
        ],
        "You pick the rate of the highest loss.": [
            lambda rates, losses: factor(rates, losses, np.nanargmax)
        ],
        "The smallest pick stands above the largest: turn the fraction round.": [
            lambda rates, losses: 1 / factor(rates, losses)
        ],
        "That is a difference, and a factor is wanted.": [
            lambda rates, losses: np.ptp(rates[np.nanargmin(losses, axis=1)])
        ],
        "You average over the seeds first. Each seed is to make a pick of its own.": [
            lambda rates, losses: rates[np.nanargmin(np.nanmean(losses, axis=0))]
        ],
    },
    otherwise="First one pick for each row of losses, then the largest and the smallest of these.",
)

VOTERS = np.array(
    [
        [[0.50, 0.40, 0.10], [0.10, 0.55, 0.35], [0.35, 0.33, 0.32], [0.2, 0.2, 0.6]],
        [[0.45, 0.40, 0.15], [0.20, 0.50, 0.30], [0.30, 0.36, 0.34], [0.6, 0.3, 0.1]],
        [[0.05, 0.90, 0.05], [0.15, 0.45, 0.40], [0.10, 0.15, 0.75], [0.1, 0.2, 0.7]],
    ]
)
TRUE = np.array([1, 1, 2, 2])


def accuracy(probability: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of each network, where there are several."""
    return (probability.argmax(axis=-1) == labels).mean(axis=-1)


def by_majority(probability: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy when each network has one vote; the lower class wins a tie."""
    votes = probability.argmax(axis=2)
    won = [np.bincount(image, minlength=probability.shape[2]).argmax() for image in votes.T]
    return (np.array(won) == labels).mean()


VOTE = function_exercise(
    "gain_of_vote(probability, labels)",
    [(VOTERS, TRUE), (VOTERS[:, ::-1], TRUE[[0, 1, 2, 0]])],
    lambda p, y: accuracy(p.mean(axis=0), y) - accuracy(p, y).mean(),
    praise="A network that is unsure has little weight in such a mean.",
    mistakes={
        "You count votes, and the probabilities are to be averaged.": [
            lambda p, y: by_majority(p, y) - accuracy(p, y).mean()
        ],
        "You compare with the best network. Which one that is, only the labels tell.": [
            lambda p, y: accuracy(p.mean(axis=0), y) - accuracy(p, y).max()
        ],
        "The sign is turned round.": [
            lambda p, y: accuracy(p, y).mean() - accuracy(p.mean(axis=0), y)
        ],
        "That is the accuracy of the vote. How much more is it than that of one network?": [
            lambda p, y: accuracy(p.mean(axis=0), y)
        ],
        "Your gain is in points, and a share is wanted.": [
            lambda p, y: 100 * (accuracy(p.mean(axis=0), y) - accuracy(p, y).mean())
        ],
    },
    otherwise="Two accuracies: of one table of averaged probabilities, and of each network.",
)

EXERCISES = {
    "tiny-networks-1": REACHABLE,
    "tiny-networks-2": DEAD,
    "tiny-networks-3": ATTEMPTS,
    "tiny-networks-4": PICKS,
    "tiny-networks-5": VOTE,
}
