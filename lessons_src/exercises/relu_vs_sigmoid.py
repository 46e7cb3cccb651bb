"""Checkers for the chapter on activation functions."""

import numpy as np
from scipy import special, stats

from lessons_src.exercises import Exercise
from lessons_src.exercises._differences import judge_difference
from lessons_src.exercises._functions import function_exercise

_rng = np.random.default_rng(0)
LAYERS = tuple(_rng.normal(size=shape) for shape in ((3, 4), 4, (4, 4), 4))
SQUARE = tuple(_rng.normal(size=shape) for shape in ((4, 4), 4, (4, 4), 4))


def collapse(w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray) -> np.ndarray:
    """The one layer that two linear ones are: its matrix, and below it its row of biases."""
    return np.vstack([w1 @ w2, b1 @ w2 + b2])


COLLAPSE = function_exercise(
    "collapse(w1, b1, w2, b2)",
    [SQUARE, LAYERS],
    collapse,
    praise="Two weighted sums in a row are one weighted sum, so that only the bend between them "
    "makes a second layer worth its parameters.",
    mistakes={
        "The second matrix has to meet the first layer's biases too: they pass through it.": [
            lambda w1, b1, w2, b2: np.vstack([w1 @ w2, b1 + b2]),
        ],
        "The biases of the second layer are missing: they are added last of all.": [
            lambda w1, b1, w2, b2: np.vstack([w1 @ w2, b1 @ w2]),
        ],
        "The first layer's biases are missing: what becomes of them in the second layer?": [
            lambda w1, b1, w2, b2: np.vstack([w1 @ w2, b2]),
        ],
        "An image meets the first matrix first, as a row on its left. In which order do the two "
        "matrices stand, then?": [
            lambda w1, b1, w2, b2: np.vstack([w2 @ w1, b1 @ w2 + b2]),
            lambda w1, b1, w2, b2: np.vstack([w2 @ w1, w2 @ b1 + b2]),
        ],
        "You multiply number by number. Which sign does NumPy have for the product of matrices?": [
            lambda w1, b1, w2, b2: np.vstack([w1 * w2, b1 * w2 + b2]),
            lambda w1, b1, w2, b2: np.vstack([w1 * w2, b1 * b2]),
        ],
        "The matrix is right; the row of biases has to stand below it, in the same array.": [
            lambda w1, b1, w2, b2: w1 @ w2,
        ],
    },
    otherwise="Write down what happens to a row x in the first layer, put that into the second, "
    "and multiply out.",
)

SUMS = np.array([-2.0, -0.5, 0.0, 0.5, 3.0])
EXTREME = np.array([-1000.0, 1000.0])


def sigmoid_slope(z: np.ndarray) -> np.ndarray:
    """The derivative of sigmoid at each z."""
    return special.expit(z) * special.expit(-z)


SIGMOID_SLOPE = function_exercise(
    "sigmoid_slope(z)",
    [(SUMS,), (EXTREME,)],
    sigmoid_slope,
    praise="Whoever has the output needs no further exponential for the slope, which is why "
    "training keeps the outputs of the forward pass.",
    mistakes={
        "That is sigmoid itself. How steep is it there?": [special.expit],
        "That is one minus sigmoid: one of the two factors.": [lambda z: special.expit(-z)],
        "That would grow with z on the right. Where is an S steepest, and where is it flat?": [
            lambda z: special.expit(z) * (1 + special.expit(z)),
            lambda z: np.exp(z),
        ],
        "You put z itself where its sigmoid belongs.": [lambda z: z * (1 - z)],
        "That is the slope of ReLU.": [lambda z: (z > 0).astype(float)],
        "The slope of an S that rises is nowhere negative: check the sign.": [
            lambda z: -special.expit(z) * special.expit(-z)
        ],
        "Right for small sums, but at −1000 the exponential overflows, and infinity divided by "
        "infinity is no number. Which form of the slope uses the output alone?": [
            lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2
        ],
        "Right for small sums, but at 1000 the exponential overflows, and infinity divided by "
        "infinity is no number. Put sigmoid into the form with the minus sign.": [
            lambda z: np.exp(z) / (1 + np.exp(z)) ** 2,
            lambda z: np.exp(z) / (1 + np.exp(z)) * (1 - np.exp(z) / (1 + np.exp(z))),
        ],
    },
    otherwise="At 0 the slope is a quarter; far to either side it is 0.",
)

SCORES = np.array([0.52, 0.55, 0.49, 0.53, 0.51])


def ends(scores, *, of_mean=1, of_run=1, quantile=None, ddof=1, below=0.975, free=1):
    """Where a further run lands, at 95 %, shape (2,); others by leaving out or changing a part."""
    n = len(scores)
    quantile = quantile or stats.t.ppf(below, n - free)
    half = quantile * np.std(scores, ddof=ddof) * np.sqrt(of_run + of_mean / n)
    return np.mean(scores) + np.array([-half, half])


OWN_RUN = function_exercise(
    "own_run(scores)",
    [(SCORES,), (SCORES[:3],)],
    ends,
    praise="A single printed figure is one run, so the spread of runs counts in full, and the "
    "uncertainty of the mean comes on top.",
    mistakes={
        "That is the interval of the mean. A further run is spread about the mean by a whole "
        "standard deviation: what stands under the root?": [
            lambda scores: ends(scores, of_run=0),
            lambda scores: ends(scores, of_run=0, quantile=1.96),
        ],
        "You leave out that the mean itself is uncertain.": [
            lambda scores: ends(scores, of_mean=0),
            lambda scores: ends(scores, of_mean=0, quantile=1.96),
        ],
        "A few runs know the standard deviation badly. Which distribution's quantile allows for "
        "that?": [
            lambda scores: ends(scores, quantile=1.96),
            lambda scores: ends(scores, quantile=stats.norm.ppf(0.975)),
        ],
        "The quantile leaves a twentieth out on one side alone; both sides share it.": [
            lambda scores: ends(scores, below=0.95)
        ],
        "The quantile has to have one degree of freedom less than there are runs.": [
            lambda scores: ends(scores, free=0)
        ],
        "NumPy divides by n unless told otherwise: see the argument ddof of std.": [
            lambda scores: ends(scores, ddof=0)
        ],
        "Those are the smallest and the largest score seen. Another run may land outside.": [
            lambda scores: np.array([min(scores), max(scores)])
        ],
    },
    otherwise="Two numbers are wanted: mean less half the width, mean plus half the width.",
)

EXERCISES = {
    "relu-vs-sigmoid-1": COLLAPSE,
    "relu-vs-sigmoid-2": SIGMOID_SLOPE,
    "relu-vs-sigmoid-3": OWN_RUN,
    "relu-vs-sigmoid-4": Exercise(
        judge_difference,
        "A winner has its conditions: with another depth, optimiser or number of epochs the same "
        "two functions may change places.",
    ),
}
