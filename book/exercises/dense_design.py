"""Checkers for the chapter on designing a dense network."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from lessons_src.exercises._common import shares, softmax
from lessons_src.exercises._differences import Difference
from lessons_src.exercises._functions import function_exercise

_rng = np.random.default_rng(0)
LOGITS = _rng.normal(size=(10, 10))  # square, so that a division along the wrong axis runs through
FAR_APART = np.array([[1000.0 + i for i in range(10)], [-1000.0 + i for i in range(10)]])
WEIGHTS = [_rng.normal(0, s, n) for s, n in ((0.1, (784, 12)), (1, 12), (1, (12, 10)), (1, 10))]
PICTURES = _rng.random((5, 28, 28))
STACK = np.arange(3 * 784).reshape(3, 28, 28)  # every pixel knows its image and its place
ORDER = _rng.permutation(784)


def count_parameters(sizes: list[int], layer: Callable = lambda a, b: (a + 1) * b) -> int:
    """The parameters of dense layers between these sizes: weights, and one bias per output."""
    return sum(layer(inputs, outputs) for inputs, outputs in pairwise(sizes))


def forward(x, w1, b1, w2, b2, *, hidden=lambda sums: np.maximum(sums, 0), end=softmax):
    """Class probabilities, shape (n, 10), of images, (n, 28, 28); others by `hidden` and `end`."""
    return end(hidden(x.reshape(len(x), 784) @ w1 + b1) @ w2 + b2)


def take(images: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Images, shape (n, 28, 28), whose pixel k is the pixel places[k] of the image given."""
    return images.reshape(len(images), 784)[:, places].reshape(images.shape)


EXERCISES = {
    "dense-design-1": function_exercise(
        [([784, 128, 10],), ([784, 10],), ([3, 5, 4, 2],)],
        count_parameters,
        "You count the weights alone. What else does a unit add to its weighted sum?",
        dict(layer=lambda a, b: a * b),
        "Your biases belong to the inputs of a layer. To what is a bias added?",
        dict(layer=lambda a, b: a * b + a),
        "You count one bias for a whole layer. Do all its units share it?",
        dict(layer=lambda a, b: a * b + 1),
        "You return the same number for every list: compute it from the sizes.",
        lambda sizes: count_parameters([784, 128, 10]),
        "You count units. How many numbers does each of them need to weigh its inputs?",
        sum,
        "Draw one layer: which numbers stand beside its lines, and which beside its units?",
        praise="Each unit has a weight for every input and one bias; an input layer has neither.",
    ),
    "dense-design-2": function_exercise(
        [(LOGITS,), (FAR_APART,)],
        softmax,
        "Your columns sum to 1. A row is an image: over which axis do its ten classes lie?",
        lambda z: shares(np.exp(z), axis=0),
        "Your rows do not sum to 1: each image needs a total of its own, by which all its ten "
        "numbers are divided.",
        [np.exp, lambda z: shares(np.exp(z), axis=None)],
        "You divide the logits themselves, of which some are negative. What makes them positive "
        "first?",
        shares,
        "A number that belongs to a row, its total or its maximum, has to stand beside its row, as "
        "a column, and yours meets other rows. Which argument of sum and max does so?",
        lambda z: shares(np.exp(z), keepdims=False),
        lambda z: shares(np.exp(z - z.max(axis=1, keepdims=True)), keepdims=False),
        lambda z: shares(np.exp(z - z.max(axis=1)), keepdims=False),
        lambda z: shares(np.exp(z - z.max(axis=1))),
        "Right for small logits, but a logit of 1000 overflows. Only differences between logits "
        "count: what may you take off a row before exp?",
        lambda z: shares(np.exp(z)),
        "One image's large logits spoil another one's row: what you take off has to come from the "
        "row itself.",
        lambda z: shares(np.exp(z - z.max())),
        "Check by hand on a row with the logits 1 and 0: what must come out?",
        praise="Every row sums to 1, and taking its largest logit off first changes no share but "
        "keeps the exponentials from overflowing.",
        form="my_softmax(z)",
    ),
    "dense-design-3": function_exercise(
        [(PICTURES, *WEIGHTS), (PICTURES[:1], *WEIGHTS), (PICTURES, *(1000 * w for w in WEIGHTS))],
        forward,
        "The hidden layer lets negative sums through: its activation is missing.",
        dict(hidden=lambda sums: sums),
        "The hidden layer takes one largest number over all images. Each sum is to be compared "
        "with 0 by itself: which of NumPy's functions works number by number?",
        dict(hidden=lambda sums: np.max(sums, 0)),
        "The weighted sums are there; something is still to be added to them, in each layer.",
        lambda x, w1, b1, w2, b2: forward(x, w1, 0, w2, 0),
        lambda x, w1, b1, w2, b2: forward(x, w1, 0, w2, b2),
        "The images do not come as rows of 784: flatten each of them, and keep them apart.",
        lambda x, w1, *rest: x @ w1,
        "Those are no probabilities: the ten numbers of each image should sum to 1.",
        dict(end=lambda sums: sums),
        "Right for small sums; large ones overflow in the last step, as in the exercise before.",
        dict(end=lambda sums: shares(np.exp(sums))),
        "Compare the shape after each step with a drawing, then the order of the steps.",
        praise="A dense network is no more than this: flatten, weigh and shift, cut off below "
        "zero, weigh and shift once more, and turn the sums into shares.",
    ),
    "dense-design-4": Difference(
        praise="What one seed does on both sides belongs together, few seeds make a wide interval, "
        "and a verdict has to stand at both of its ends."
    ),
    "dense-design-5": function_exercise(
        [(STACK, ORDER), (STACK[:1], ORDER[::-1])],
        lambda moved, order: take(moved, np.argsort(order)),
        "Nothing has moved. Do you return the new array, or the one that came in?",
        lambda moved, order: moved,
        "You move the pixels once more in the same way. The way back is asked for: where did the "
        "pixel of an old place go?",
        take,
        "You turn the order round, from its end to its beginning. That is not its inverse.",
        lambda moved, order: take(moved, order[::-1]),
        "The order names pixels, and you choose whole images by it, of which there are fewer: on "
        "which axis do pixels lie?",
        lambda moved, order: moved[np.argsort(order)],
        "An order of 784 does not fit an axis of 28: what has to be done to the images first?",
        [lambda moved, order: moved[:, np.argsort(order)], lambda moved, order: moved[:, order]],
        "Every image keeps its own pixels, and each of them goes back to its old place.",
        praise="Every image is treated in the same way, so that each input of the network means "
        "one and the same pixel again.",
        form="restore(moved, order)",
    ),
}
