"""Checkers for the chapter on the network from scratch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lessons_src import scratch
from lessons_src.exercises import Unclear, reading
from lessons_src.exercises._functions import function_exercise

_rng = np.random.default_rng(6)


def in_a_row(layers: scratch.Parameters) -> np.ndarray:
    """All numbers of a list of pairs of arrays, laid end to end."""
    return np.concatenate([np.ravel(part) for layer in layers for part in layer])


def case(images: int, *sizes: int) -> tuple[scratch.Parameters, list[np.ndarray], np.ndarray]:
    """Random parameters, what every layer gives for random images, and random labels."""
    parameters = [(w, _rng.normal(size=b.shape)) for w, b in scratch.initialise(sizes, _rng)]
    outputs = scratch.forward(parameters, _rng.normal(size=(images, sizes[0])))
    return parameters, outputs, _rng.integers(sizes[-1], size=images)


PROBABILITIES = _rng.dirichlet(np.ones(10), size=10)
ANSWERED = np.arange(10) * 3 % 10  # a label for each row, and all of them differ
ROUNDED = np.eye(10)[[2, 5]]


def logs(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """−log p of the right class for each image, unrounded."""
    return -np.log(probabilities[np.arange(len(labels)), labels])


LOSS = function_exercise(
    "my_loss(probabilities, labels)",
    [(PROBABILITIES, ANSWERED), (PROBABILITIES[:1], ANSWERED[:1]), (ROUNDED, np.array([2, 7]))],
    scratch.loss,
    praise="One number for each image is picked, and the nine others matter only because all ten "
    "sum to 1.",
    mistakes={
        "You add up over the images. What makes batches of different sizes comparable?": [
            lambda p, y: logs(p, y).sum()
        ],
        "The sign is turned round: a loss has to be large when the right class got little.": [
            lambda p, y: -logs(p, y).mean()
        ],
        "You return a number for each image; they become one number in the end.": [logs],
        "You take the largest probability of each row. Which one belongs to the label?": [
            lambda p, y: -np.log(p.max(axis=1)).mean()
        ],
        "You pick the columns of all labels for every image. Each row has a label of its own: "
        "with what do you have to index the rows?": [lambda p, y: -np.log(p[:, y]).mean()],
        "The logarithm has another base: the book counts in nats.": [
            lambda p, y: logs(p, y).mean() / np.log(2),
            lambda p, y: logs(p, y).mean() / np.log(10),
        ],
        "You take the mean first and the logarithm then, and the two do not commute.": [
            lambda p, y: -np.log(p[np.arange(len(y)), y].mean())
        ],
        "Right as long as no probability is 0. Then the logarithm is infinite: which bound does "
        "the exercise set?": [lambda p, y: logs(p, y).mean()],
    },
    otherwise="Check by hand on one image: with a probability of one half, what must come out?",
)


def backward(
    parameters: scratch.Parameters,
    outputs: list[np.ndarray],
    labels: np.ndarray,
    *,
    delta: Callable = lambda p, onehot: (p - onehot) / len(p),
    slope: Callable = lambda inputs: inputs > 0,
    turned: Callable = np.transpose,
    of_biases: Callable = lambda delta: delta.sum(axis=0),
) -> scratch.Parameters:
    """Gradients as by `scratch.backward`; others by leaving out or changing a part."""
    change = delta(outputs[-1], np.eye(outputs[-1].shape[1])[labels])
    gradients = []
    for place in reversed(range(len(parameters))):
        gradients.insert(0, (outputs[place].T @ change, of_biases(change)))
        change = (change @ turned(parameters[place][0])) * slope(outputs[place])
    return gradients


def wrongly(**parts: Callable) -> Callable:
    """`backward` with some parts replaced."""
    return lambda *arguments: backward(*arguments, **parts)


def gradients_in_a_row(returned: Any, parameters: scratch.Parameters, *_: Any) -> np.ndarray:
    """What a reader's `backward` returned, if it is a list of pairs in the right shapes."""
    with reading(
        "Return a list with a pair for each layer: the gradient of its weights and that of its "
        "biases, both as arrays."
    ):
        shapes = [(np.shape(w), np.shape(b)) for w, b in returned]
        wanted = [(w.shape, b.shape) for w, b in parameters]
    if shapes != wanted:
        raise Unclear(
            f"The layers have the shapes {wanted}, and your gradients {shapes}. A gradient has the "
            "shape of what it belongs to."
        )
    return in_a_row(returned)


BACKWARD = function_exercise(
    "my_backward(parameters, outputs, labels)",
    # Square layers first, in which a wrong order or a missing transposition runs through.
    [case(4, 3, 3, 3), case(5, 4, 3, 2), case(1, 4, 5, 3, 2), case(6, 4, 3)],
    backward,
    read=gradients_in_a_row,
    praise="The error of the output, handed back layer by layer, is all that a layer needs besides "
    "its own inputs.",
    mistakes={
        "Each gradient is too long by the number of images: the loss is a mean.": [
            wrongly(delta=lambda p, onehot: p - onehot)
        ],
        "The last layer is right, and the ones before it are not: what does ReLU do to a gradient "
        "where it gave 0?": [wrongly(slope=lambda inputs: 1)],
        "The gradients of the weights are right, and those of the biases are not: how often is one "
        "bias used in a batch?": [
            wrongly(of_biases=lambda delta: np.zeros(delta.shape[1])),
            wrongly(of_biases=lambda delta: delta.mean(axis=0)),
        ],
        "The sign is turned round: a gradient points to where the loss grows, and the step goes "
        "against it.": [wrongly(delta=lambda p, onehot: (onehot - p) / len(p))],
        "You start from the probabilities. What should the network have said?": [
            wrongly(delta=lambda p, onehot: p / len(p)),
        ],
        "On the way back the sums of a layer meet its weights the other way round: which of the "
        "two axes are the units?": [wrongly(turned=lambda weights: weights)],
        "Your list begins with the last layer.": [lambda *arguments: backward(*arguments)[::-1]],
    },
    otherwise="Compare the gradients of the last layer with finite differences, then the others.",
)

POINT = np.array([[0.3, -0.2, 0.5], [1.1, 0.4, -0.7]])


def bent(w: np.ndarray) -> float:
    """Some smooth function whose slopes all differ, and which curves."""
    return float((np.exp(w) * np.arange(1, w.size + 1).reshape(w.shape)).sum() + w.prod())


def slopes(
    w: np.ndarray, f: Callable, h: float, *, above: float = 1, below: float = 1, width: float = 2
) -> np.ndarray:
    """Finite differences for each entry of w, from `below` steps below to `above` steps above."""
    found = np.zeros(w.shape)
    for place in np.ndindex(w.shape):
        change = np.zeros(w.shape)
        change[place] = h
        found[place] = (f(w + above * change) - f(w - below * change)) / (width * h)
    return found


def never_back(w: np.ndarray, f: Callable, h: float) -> np.ndarray:
    """The same, where every entry stays moved."""
    w, found = w.copy(), np.zeros(w.shape)
    for place in np.ndindex(w.shape):
        w[place] += h
        up = f(w)
        w[place] -= 2 * h
        found[place] = (up - f(w)) / (2 * h)
    return found


SLOPES = function_exercise(
    "numerical_gradient(w, f, h)",
    [(POINT, bent, 0.1), (POINT[0], bent, 0.01), (POINT[:1, :1], bent, 0.1)],
    slopes,
    praise="It needs nothing but the function itself, which is why it can judge any gradient.",
    mistakes={
        "You look to one side only. What does the other side cancel?": [
            lambda w, f, h: slopes(w, f, h, below=0, width=1),
            lambda w, f, h: slopes(w, f, h, above=0, width=1),
        ],
        "Your slopes are twice what they should be: how far apart are the two points?": [
            lambda w, f, h: slopes(w, f, h, width=1)
        ],
        "Your slopes are too small: by what do you divide?": [
            lambda w, f, h: slopes(w, f, h, width=4),
            lambda w, f, h: slopes(w, f, h, below=0),
            lambda w, f, h: slopes(w, f, h, width=2 / h),
        ],
        "The sign is turned round: which of the two values comes first?": [
            lambda w, f, h: slopes(w, f, h, width=-2)
        ],
        "You move all entries at the same time. The slope of one needs the others at rest.": [
            lambda w, f, h: np.full(w.shape, (f(w + h) - f(w - h)) / (2 * h)),
            lambda w, f, h: (f(w + h) - f(w - h)) / (2 * h),
        ],
        "The first slope is right, and the others are not: what is `w` when the second entry's "
        "turn comes?": [never_back],
    },
    otherwise="Try it on a function whose slope you know, such as the sum of the squares.",
)


def step(parameters, gradients, learning_rate, *, weights=True, biases=True, layers=slice(None)):
    """`scratch.step` on a part of the parameters."""
    for layer, found in list(zip(parameters, gradients, strict=True))[layers]:
        for values, slope, wanted in zip(layer, found, (weights, biases), strict=True):
            values -= learning_rate * slope * wanted


STEPPED = [(scratch.initialise(s, _rng), scratch.initialise(s, _rng)) for s in ((3, 4, 2), (4, 3))]
STEPPED = [
    ([(w, b + 0.5) for w, b in layers], [(w, b - 2) for w, b in found]) for layers, found in STEPPED
]

STEP = function_exercise(
    "my_step(parameters, gradients, learning_rate)",
    [(*STEPPED[0], 0.1), (*STEPPED[1], 0.5)],
    step,
    read=lambda _, parameters, *__: in_a_row(parameters),
    in_place=True,
    praise="Everybody who holds these arrays sees the network move, which is what training needs.",
    mistakes={
        "The parameters are what they were. Do you change the arrays, or do you make new ones?": [
            lambda *_: None
        ],
        "That goes uphill: the gradient points to where the loss grows.": [
            lambda p, g, rate: step(p, g, -rate)
        ],
        "Your step has the whole length of the gradient. What makes it shorter?": [
            lambda p, g, rate: step(p, g, 1)
        ],
        "The weights move, and the biases do not.": [
            lambda p, g, rate: step(p, g, rate, biases=False)
        ],
        "The biases move, and the weights do not.": [
            lambda p, g, rate: step(p, g, rate, weights=False)
        ],
        "Only one layer moves. How many pairs does the list have?": [
            lambda p, g, rate: step(p, g, rate, layers=slice(0, 1)),
            lambda p, g, rate: step(p, g, rate, layers=slice(-1, None)),
        ],
    },
    otherwise="Take one weight: its new value is the old one less two factors.",
)

FIRST, SECOND, THIRD, FOURTH = (case(1, 4, 6, 5, 3)[0] for _ in range(4))
SEEN = _rng.normal(size=(7, 2, 2))


def switched(
    first: scratch.Parameters,
    second: scratch.Parameters,
    images: np.ndarray,
    *,
    of: slice = slice(1, -1),
    differ: Callable = lambda a, b: (a > 0) != (b > 0),
) -> int:
    """How many hidden neurons are on in one network and off in the other; others by a part."""
    outputs = (scratch.forward(parameters, images)[of] for parameters in (first, second))
    return sum(differ(a, b).sum() for a, b in zip(*outputs, strict=True))


SWITCHED = function_exercise(
    "switched(first, second, images)",
    [(FIRST, SECOND, SEEN), (THIRD, FOURTH, SEEN), (FIRST, FIRST, SEEN)],
    switched,
    praise="As long as this is 0, both networks follow the same formula on these images, and "
    "nearly equal weights give nearly equal answers.",
    mistakes={
        "You count outputs that differ. Two neurons may both be on and give different numbers.": [
            lambda *given: switched(*given, differ=lambda a, b: a != b),
            lambda *given: switched(*given, differ=lambda a, b: a != b, of=slice(None)),
        ],
        "You look at one hidden layer only: how many does the network have?": [
            lambda *given: switched(*given, of=slice(1, 2)),
            lambda *given: switched(*given, of=slice(-2, -1)),
        ],
        "You return a share. How many are there?": [
            lambda *given: switched(*given) / (7 * 11),
            lambda *given: switched(*given) / 7,
        ],
        "Two networks may have the same number of neurons on, and other ones: compare neuron by "
        "neuron first, and count then.": [
            lambda *given: switched(*given, differ=lambda a, b: 1 * (a > 0) - (b > 0)),
            lambda *given: abs(switched(*given, differ=lambda a, b: 1 * (a > 0) - (b > 0))),
        ],
        "After ReLU no output is below 0. What does one give that is off?": [
            lambda *given: switched(*given, differ=lambda a, b: (a >= 0) != (b >= 0))
        ],
    },
    otherwise="Make a table for one image: on or off, for each hidden neuron of both networks.",
)

EXERCISES = {
    "from-scratch-1": LOSS,
    "from-scratch-2": BACKWARD,
    "from-scratch-3": SLOPES,
    "from-scratch-4": STEP,
    "from-scratch-5": SWITCHED,
}
