"""Checkers for the chapter on activation functions."""

import contextlib
from typing import Any

import numpy as np
from scipy import special

from lessons_src.exercises import NOTHING_YET, Unclear
from lessons_src.exercises._answers import Number, Order
from lessons_src.exercises._differences import Difference
from lessons_src.exercises._functions import function_exercise

_rng = np.random.default_rng(0)
LAYERS = tuple(_rng.normal(size=shape) for shape in ((3, 4), 4, (4, 4), 4))
SQUARE = tuple(_rng.normal(size=shape) for shape in ((4, 4), 4, (4, 4), 4))
SUMS, EXTREME = np.array([-2.0, -0.5, 0.0, 0.5, 3.0]), np.array([-1000.0, 1000.0])
#: Set-ups by their lead of ReLU, smallest first; `book/findings` checks it against the record.
ORDER = "ACBD"


def collapse(w1, b1, w2, b2) -> np.ndarray:
    """The one layer that two linear ones are: its matrix, and below it its row of biases."""
    return np.vstack([w1 @ w2, b1 @ w2 + b2])


def in_one_array(returned: Any, *_: np.ndarray) -> Any:
    """A matrix and its biases as `collapse` has them; anything else as it is."""
    if isinstance(returned, tuple | list) and len(returned) == 2:
        if any(part is ... for part in returned):
            raise Unclear(NOTHING_YET)
        with contextlib.suppress(ValueError, TypeError):
            return np.vstack(returned)
    return returned


def sigmoid_slope(z: np.ndarray) -> np.ndarray:
    """The derivative of sigmoid at each z."""
    return special.expit(z) * special.expit(-z)


EXERCISES = {
    "relu-vs-sigmoid-1": function_exercise(
        [SQUARE, LAYERS],
        collapse,
        "The second matrix has to meet the first layer's biases too: they pass through it.",
        lambda w1, b1, w2, b2: np.vstack([w1 @ w2, b1 + b2]),
        "The biases of the second layer are missing: they are added last of all.",
        lambda w1, b1, w2, b2: np.vstack([w1 @ w2, b1 @ w2]),
        "The first layer's biases are missing: what becomes of them in the second layer?",
        lambda w1, b1, w2, b2: np.vstack([w1 @ w2, b2]),
        "An image meets the first matrix first, as a row on its left. In which order do the two "
        "matrices stand, then?",
        lambda w1, b1, w2, b2: np.vstack([w2 @ w1, b1 @ w2 + b2]),
        lambda w1, b1, w2, b2: np.vstack([w2 @ w1, w2 @ b1 + b2]),
        lambda w1, b1, w2, b2: np.vstack([w1 @ w2, w2 @ b1 + b2]),
        "You multiply number by number. Which sign does NumPy have for the product of matrices?",
        lambda w1, b1, w2, b2: np.vstack([w1 * w2, b1 * w2 + b2]),
        lambda w1, b1, w2, b2: np.vstack([w1 * w2, b1 * b2]),
        "The matrix is right; return the biases as well.",
        lambda w1, b1, w2, b2: w1 @ w2,
        "Write down what happens to a row x in the first layer, put that into the second, and "
        "multiply out.",
        praise="Two weighted sums in a row are one weighted sum, so that only the bend between "
        "them makes a second layer worth its parameters.",
        read=in_one_array,
    ),
    "relu-vs-sigmoid-2": function_exercise(
        [(SUMS,), (EXTREME,)],
        sigmoid_slope,
        "That is sigmoid itself. How steep is it there?",
        special.expit,
        "That is one minus sigmoid: one of the two factors.",
        lambda z: special.expit(-z),
        "That would grow with z on the right. Where is an S steepest, and where is it flat?",
        [lambda z: special.expit(z) * (1 + special.expit(z)), lambda z: np.exp(z)],
        "You put z itself where its sigmoid belongs.",
        lambda z: z * (1 - z),
        "That is the slope of ReLU.",
        lambda z: (z > 0).astype(float),
        "The slope of an S that rises is nowhere negative: check the sign.",
        lambda z: -special.expit(z) * special.expit(-z),
        "Right for small sums, but at −1000 the exponential overflows, and infinity divided by "
        "infinity is no number. Which form of the slope uses the output alone?",
        lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
        "Right for small sums, but at 1000 the exponential overflows, and infinity divided by "
        "infinity is no number. Put sigmoid into the form with the minus sign.",
        lambda z: np.exp(z) / (1 + np.exp(z)) ** 2,
        lambda z: np.exp(z) / (1 + np.exp(z)) * (1 - np.exp(z) / (1 + np.exp(z))),
        "At 0 the slope is a quarter; far to either side it is 0.",
        praise="Once you have the output, the slope needs no further exponential.",
    ),
    "relu-vs-sigmoid-3": Number(
        5,
        {
            "That leaves more than a thousandth, if only a little: count how often you divide by "
            "4.": [4],
            "That is what it takes if each layer leaves a half. How steep is sigmoid at 0?": [10],
            "That is what it takes if each layer leaves a tenth. How steep is sigmoid at 0?": [3],
            "So many layers are more than it needs: after which one does it fall below?": [
                {"above": 5}
            ],
        },
        "Each layer leaves a quarter of what came in. Multiply until it is below 0.001.",
        whole=True,
        request="Give one whole number of layers.",
        praise="Five quarters in a row are 1/1,024; ten layers would leave a millionth.",
    ),
    "relu-vs-sigmoid-4": Order(
        ORDER,
        {
            "You have it from the largest lead to the smallest: turn it round.": [ORDER[::-1]],
            "You let the depth decide first. Look again at what Adam does with a tiny gradient.": [
                "ABCD"
            ],
            "One race has no winner to speak of. Which of the four is the second race of the first "
            "figure?": ["[BCD]..."],
        },
        "In one race sigmoid learns nothing at all: no lead can be larger than there.",
        request='Give the four letters A, B, C and D as one text, such as "ABCD".',
        praise="Depth alone and SGD alone cost sigmoid little; the two together cost it "
        "everything.",
    ),
    "relu-vs-sigmoid-5": Difference(
        praise="A winner has its conditions: with another depth, optimiser or number of epochs the "
        "same two functions may change places."
    ),
}
