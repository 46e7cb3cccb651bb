"""Checkers for the chapter on designing a dense network."""

from itertools import pairwise

import numpy as np
from scipy.special import expit, log_softmax, softmax

from lessons_src.exercises._differences import difference_exercise
from lessons_src.exercises._trials import (
    Raised,
    Trials,
    acts_like,
    function_exercise,
    right_from,
)


def count(sizes: list[int]) -> int:
    """The parameters of dense layers between these sizes: weights, and one bias per output."""
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))


def _per_layer(size):
    """A wrong count that takes `size(inputs, outputs)` for the parameters of a layer."""
    return lambda sizes: sum(size(*pair) for pair in pairwise(sizes))


COUNT = function_exercise(
    "count_parameters(sizes)",
    [([784, 128, 10],), ([784, 10],), ([3, 5, 4, 2],), ([7],)],
    count,
    praise="Each unit has one weight for every input and one bias of its own, and an input layer "
    "only hands numbers on.",
    mistakes=(
        (
            acts_like(_per_layer(lambda a, b: a * b)),
            "You count the weights alone. What else does a unit add to its weighted sum?",
        ),
        (
            acts_like(_per_layer(lambda a, b: a * b + a), _per_layer(lambda a, b: 2 * a * b)),
            "You count too many biases: they belong neither to the inputs nor to the weights. "
            "To what is a bias added?",
        ),
        (
            acts_like(_per_layer(lambda a, b: a * b + 1)),
            "You count one bias for a whole layer. Do all its units share it?",
        ),
        (
            acts_like(sum, lambda sizes: sum(sizes[1:])),
            "You count units. How many numbers does each of them need to weigh its inputs?",
        ),
        (
            acts_like(lambda sizes: np.prod(sizes)),
            "You multiply all sizes together, but a layer is wired to the one before it and to no "
            "other.",
        ),
        (
            acts_like(lambda sizes: count(sizes) + sizes[0]),
            "You give parameters to the input as well. Does anything happen there that could be "
            "learned?",
        ),
        (
            acts_like(lambda sizes: count(sizes[:-1]), lambda sizes: count(sizes) - sizes[-1]),
            "Something of the last layer is missing; it is built like the others.",
        ),
        (
            lambda trials: right_from(count, 0, 1)(trials) and not right_from(count, 1, 3)(trials),
            "Right for one hidden layer; a list may have more sizes than three, or fewer.",
        ),
        (
            right_from(count, 0, 3),
            "Right for networks with layers. What is in a network that has only its input?",
        ),
    ),
    otherwise="Take one layer and draw it: which numbers would you have to write beside the "
    "lines, and which beside the units?",
)

_rng = np.random.default_rng(0)
LOGITS = _rng.normal(size=(10, 10))  # square, so that a division along the wrong axis runs through
LARGE = np.array([[1000.0, *range(9)], [999.0, 1000.0, *[-1000.0] * 8]])
FAR_APART = np.array([[1000.0 + i for i in range(10)], [-1000.0 + i for i in range(10)]])


def softmax_rows(z: np.ndarray) -> np.ndarray:
    """Softmax of each row, shape (n, 10)."""
    return softmax(z, axis=1)


def _not_finite(trials: Trials, case: int) -> bool:
    outcome = trials.outcomes[case]
    return not isinstance(outcome, Raised) and not np.isfinite(outcome).all()


def _misplaced(powers: np.ndarray) -> np.ndarray:
    """A wrong division: the totals of the rows are spread over the columns."""
    return powers / powers.sum(axis=1)


SOFTMAX = function_exercise(
    "softmax(z)",
    [(LOGITS,), (LARGE,), (FAR_APART,), (LOGITS[:1],), (LOGITS[:3],)],
    softmax_rows,
    praise="Every row sums to 1, and taking its largest logit off first changes no share but "
    "keeps the exponentials from overflowing.",
    mistakes=(
        (
            acts_like(lambda z: softmax(z, axis=0)),
            "Your columns sum to 1. A row is an image: over which axis do its ten classes lie?",
        ),
        (
            acts_like(lambda z: softmax(z)),
            "All your numbers together sum to 1. Each image needs its own total.",
        ),
        (
            acts_like(
                lambda z: _misplaced(np.exp(z)),
                lambda z: _misplaced(np.exp(z - z.max(axis=1, keepdims=True))),
                lambda z: _misplaced(np.exp(z - z.max(axis=1))),
                lambda z: softmax_rows(z - z.max(axis=1)),
            ),
            "A number that belongs to a row, its total or its maximum, has to stand beside its "
            "row, as a column, and yours meets other rows. Which argument of sum and max does so?",
        ),
        (
            acts_like(
                lambda z: z / z.sum(axis=1, keepdims=True),
                lambda z: (
                    (z - z.max(axis=1, keepdims=True))
                    / (z - z.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)
                ),
                lambda z: abs(z) / abs(z).sum(axis=1, keepdims=True),
            ),
            "You divide the logits themselves. They can be negative; what makes them positive "
            "first?",
        ),
        (
            acts_like(lambda z: np.exp(z)),
            "Your numbers are positive, but do not sum to 1 yet.",
        ),
        (
            acts_like(lambda z: log_softmax(z, axis=1)),
            "Those are logarithms of probabilities.",
        ),
        (
            lambda t: right_from(softmax_rows, 0, 1)(t) and _not_finite(t, 1),
            "Right for small logits, but a logit of 1000 overflows. Only differences between "
            "logits count: what may you take off a row before exp?",
        ),
        (
            lambda t: right_from(softmax_rows, 0, 1)(t) and _not_finite(t, 2),
            "One image's large logits spoil another one's row: what you take off has to come from "
            "the row itself.",
        ),
    ),
    otherwise="Check by hand on a row of two equal logits: what must come out?",
)

UNITS, IMAGES = 12, 5  # unlike all other sizes, so that an error message tells them apart
WEIGHTS = (
    _rng.normal(scale=0.1, size=(784, UNITS)),
    _rng.normal(size=UNITS),
    _rng.normal(size=(UNITS, 10)),
    _rng.normal(size=10),
)
PICTURES = _rng.random((IMAGES, 28, 28))
SLIPPED = (28, 784 * IMAGES)  # lengths that the first product meets where images are not flattened


def forward(x, w1, b1, w2, b2, *, flatten="C", hidden=lambda s: np.maximum(s, 0), end=softmax_rows):
    """Class probabilities, shape (n, 10), of images of shape (n, 28, 28); w1 has shape (784, u).

    The arguments by name make the typical mistakes.
    """
    rows = x.reshape(len(x), 784, order=flatten)
    return end(hidden(rows @ w1 + b1) @ w2 + b2)


def _variant(**changes):
    return lambda *arguments: forward(*arguments, **changes)


def _relu(sums: np.ndarray) -> np.ndarray:
    return np.maximum(sums, 0)


FORWARD = function_exercise(
    "forward(x, w1, b1, w2, b2)",
    [
        (PICTURES, *WEIGHTS),
        (PICTURES[:1], *WEIGHTS),
        (PICTURES, *WEIGHTS[:2], WEIGHTS[2] * 1000, WEIGHTS[3]),
    ],
    forward,
    praise="A dense network is no more than this: flatten, weigh and shift, cut off below zero, "
    "weigh and shift once more, and turn the sums into shares.",
    mistakes=(
        (
            acts_like(_variant(hidden=lambda s: s)),
            "The hidden layer lets negative sums through: its activation is missing.",
        ),
        (
            acts_like(_variant(hidden=expit), _variant(hidden=np.tanh)),
            "The hidden layer has another activation than the one asked for.",
        ),
        (
            acts_like(
                _variant(end=lambda s: s),
                _variant(end=_relu),
                _variant(end=lambda s: s.argmax(axis=1)),
                _variant(end=lambda s: softmax_rows(s).argmax(axis=1)),
            ),
            "Those are no probabilities: ten numbers for each image should sum to 1.",
        ),
        (
            acts_like(_variant(end=lambda s: softmax(s, axis=0)), _variant(end=softmax)),
            "The last step sums over the wrong numbers: each image has ten shares of its own.",
        ),
        (
            acts_like(_variant(end=lambda s: softmax_rows(_relu(s)))),
            "You cut off negative sums at the output as well; there they still mean something.",
        ),
        (
            acts_like(
                lambda x, w1, b1, w2, b2: forward(x, w1, 0, w2, 0),
                lambda x, w1, b1, w2, b2: forward(x, w1, 0, w2, b2),
                lambda x, w1, b1, w2, b2: forward(x, w1, b1, w2, 0),
            ),
            "The weighted sums are there; something is still to be added to them, in each layer.",
        ),
        (
            acts_like(
                lambda x, w1, b1, w2, b2: softmax_rows(
                    (_relu(x.reshape(len(x), 784) @ w1) + b1) @ w2 + b2
                )
            ),
            "The bias comes too late: it belongs to the sum that the activation is given.",
        ),
        (
            acts_like(
                _variant(flatten="F"),
                lambda x, *rest: forward(x.reshape(784, -1).T.reshape(-1, 28, 28), *rest),
            ),
            "The pixels come in another order than the weights expect: lay the rows of each image "
            "end to end, the top row first.",
        ),
        (
            lambda t: isinstance(t.outcomes[0], Raised) and t.outcomes[0].mentions(*SLIPPED),
            "The images do not come as rows of 784: flatten each of them, and keep them apart.",
        ),
        (
            lambda t: (
                isinstance(t.outcomes[0], Raised)
                and t.outcomes[0].mentions(UNITS)
                and "broadcast" not in t.outcomes[0].text
            ),
            "The weights do not fit: a row of w1 belongs to a pixel and a column to a unit, so "
            "neither matrix has to be turned.",
        ),
        (
            lambda t: right_from(forward, 0, 2)(t) and _not_finite(t, 2),
            "Right for small sums; large ones overflow in the last step, as in the exercise "
            "before.",
        ),
    ),
    otherwise="Compare the shapes after every step with a drawing of the network, then the order "
    "of the steps.",
)

STACK = np.arange(3 * 784).reshape(3, 28, 28)  # every pixel knows its image and its place
ORDER = _rng.permutation(784)


def permute(images: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Images, shape (n, 28, 28), whose pixel k is the pixel order[k] of the image given."""
    return images.reshape(len(images), 784)[:, order].reshape(images.shape)


def _came_from(trials: Trials) -> tuple[np.ndarray, np.ndarray] | None:
    """For each pixel of the first outcome: its image and its place there; None if it has none."""
    out = trials.outcomes[0]
    if isinstance(out, Raised) or out.shape != STACK.shape or not np.isin(out, STACK).all():
        return None
    return np.divmod(out.reshape(len(STACK), 784).astype(int), 784)


def _moved(image_is=None, place_is=None):
    """Recognise by where the pixels came from: tests of their images and of their places."""

    def recognised(trials: Trials) -> bool:
        if (found := _came_from(trials)) is None:
            return False
        tests = zip((image_is, place_is), found, strict=True)
        return all(test(values) for test, values in tests if test)

    return recognised


def _in_place(places: np.ndarray) -> bool:
    return (places == np.arange(784)).all()


def _own(images: np.ndarray) -> bool:
    return (images == np.arange(len(images))[:, None]).all()


def _in_lines(places: np.ndarray) -> bool:
    """Whether whole rows, or whole columns, have moved."""
    rows, columns = np.divmod(places.reshape(-1, 28, 28), 28)
    by_rows = (np.ptp(rows, axis=2) == 0).all() and (columns == np.arange(28)).all()
    by_columns = (np.ptp(columns, axis=1) == 0).all() and (rows.mT == np.arange(28)).all()
    return by_rows or by_columns


def _stops_at_axis(*axes: int):
    def recognised(trials: Trials) -> bool:
        out = trials.outcomes[0]
        return isinstance(out, Raised) and any(
            f"axis {axis} with size" in out.text for axis in axes
        )

    return recognised


PERMUTE = function_exercise(
    "permute(images, order)",
    [
        (STACK, ORDER),
        (STACK, np.arange(784)),
        (STACK[:1], ORDER[::-1]),
    ],
    permute,
    praise="Every image is shuffled in the same way, so that each input of the network still "
    "means one and the same pixel.",
    mistakes=(
        (
            acts_like(
                lambda images, order: permute(images, order).reshape(len(images), -1),
                lambda images, order: permute(images, order).ravel(),
            ),
            "The pixels are in the right order, but lie flat: give the images their old shape "
            "back.",
        ),
        (
            _moved(_own, _in_place),
            "Nothing has moved. Do you return the new array, or the one that came in?",
        ),
        (
            _moved(None, _in_place),
            "Whole images change places and stay as they are. It is the pixels inside each that "
            "should move.",
        ),
        (_stops_at_axis(0), "You index the images with the order, which names pixels."),
        (
            _stops_at_axis(1, 2),
            "An order of 784 numbers does not fit an axis of 28: what has to be done to the "
            "images first?",
        ),
        (
            _moved(lambda images: not _own(images)),
            "Pixels wander from one image into another. Each image keeps its own.",
        ),
        (
            _moved(_own, _in_lines),
            "Whole rows or columns move and stay together. Every pixel should go its own way.",
        ),
        (
            _moved(_own, lambda places: (places != places[0]).any()),
            "Each image is shuffled in a way of its own. What one input means should not depend "
            "on the image.",
        ),
        (
            _moved(_own, lambda places: (places == np.argsort(ORDER)).all()),
            "That is the way back: pixel k goes to place order[k]. The other way round is asked "
            "for.",
        ),
        (
            _moved(_own),
            "All images are shuffled alike, but not in the order that was handed over.",
        ),
    ),
    otherwise="The pixels that come out are not those that went in.",
)

EXERCISES = {
    "dense-design-1": COUNT,
    "dense-design-2": SOFTMAX,
    "dense-design-3": FORWARD,
    "dense-design-4": difference_exercise(
        "What one seed does on both sides belongs together, few seeds make a wide interval, and "
        "a verdict has to stand at both of its ends."
    ),
    "dense-design-5": PERMUTE,
}
