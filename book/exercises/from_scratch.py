"""Checkers for the chapter on the network from scratch."""

from typing import Any

import numpy as np

from lessons_src import scratch
from lessons_src.exercises import Unclear, reading
from lessons_src.exercises._common import of_label
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
# Square layers first, in which a wrong order or a missing transposition runs through.
BATCHES = [case(4, 3, 3, 3), case(5, 4, 3, 2), case(1, 4, 5, 3, 2), case(6, 4, 3)]
POINT = np.array([[0.3, -0.2, 0.5], [1.1, 0.4, -0.7]])


def stepped(*sizes: int) -> tuple[scratch.Parameters, scratch.Parameters]:
    """Parameters and gradients, no bias of which is 0."""
    layers, found = scratch.initialise(sizes, _rng), scratch.initialise(sizes, _rng)
    return [(w, b + 0.5) for w, b in layers], [(w, b - 2) for w, b in found]


STEPPED = [(*stepped(3, 4, 2), 0.1), (*stepped(4, 3), 0.5)]
FIRST, SECOND, THIRD, FOURTH = (case(1, 4, 6, 5, 3)[0] for _ in range(4))
SEEN = _rng.normal(size=(7, 2, 2))


def logs(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """−log p of the right class for each image, unrounded."""
    return -np.log(of_label(probabilities, labels))


def my_backward(parameters, outputs, labels, *, truth=1, n=len, on=np.sign, turn=True, add=np.sum):
    """Gradients as by `scratch.backward`; others by leaving out or changing a part."""
    change = (outputs[-1] - truth * np.eye(outputs[-1].shape[1])[labels]) / n(labels)
    gradients = []
    for (weights, _), inputs in zip(parameters[::-1], outputs[-2::-1], strict=True):
        gradients.insert(0, (inputs.T @ change, add(change, axis=0)))
        change = change @ (weights.T if turn else weights) * on(inputs)
    return gradients


def gradients_in_a_row(returned: Any, parameters: scratch.Parameters, *_: Any) -> np.ndarray:
    """What a reader's `backward` returned, if it is a list of pairs in the right shapes."""
    pairs = "a pair for each layer: the gradient of its weights and that of its biases, both as"
    with reading(f"Return a list with {pairs} arrays."):
        shapes = [(np.shape(w), np.shape(b)) for w, b in returned]
    wanted = [(w.shape, b.shape) for w, b in parameters]
    if shapes != wanted:
        told = f"The layers have the shapes {wanted}, and your gradients {shapes}."
        raise Unclear(f"{told} A gradient has the shape of what it belongs to.")
    return in_a_row(returned)


def bent(w: np.ndarray) -> float:
    """Some smooth function whose slopes all differ, and which curves."""
    return float((np.exp(w) * np.arange(1, w.size + 1).reshape(w.shape)).sum() + w.prod())


def numerical_gradient(w, f, h, *, above=1, below=1, width=2, back=True) -> np.ndarray:
    """Finite differences for each entry of w, in steps of h; an entry may never be put `back`."""
    w, found = w.copy(), np.zeros(w.shape)
    for place in np.ndindex(w.shape):
        kept = w[place]
        w[place] = kept + above * h
        up = f(w)
        w[place] = kept - below * h
        found[place] = (up - f(w)) / (width * h)
        w[place] = kept if back else kept - below * h
    return found


def my_step(parameters, gradients, learning_rate, *, parts=(0, 1), layers=slice(None)) -> None:
    """`scratch.step`, on some layers, and there on the weights (0), the biases (1) or both."""
    for layer, found in list(zip(parameters, gradients, strict=True))[layers]:
        for part in parts:
            layer[part][...] -= learning_rate * found[part]


def switched(first, second, images, *, of=slice(1, -1), differ=lambda a, b: (a > 0) != (b > 0)):
    """How many hidden neurons are on in one network and off in the other; others by a part."""
    outputs = (scratch.forward(parameters, images)[of] for parameters in (first, second))
    return sum(differ(a, b).sum() for a, b in zip(*outputs, strict=True))


EXERCISES = {
    "from-scratch-1": function_exercise(
        [(PROBABILITIES, ANSWERED), (PROBABILITIES[:1], ANSWERED[:1]), (ROUNDED, np.array([2, 7]))],
        scratch.loss,
        "You add up over the images. What makes batches of different sizes comparable?",
        lambda p, y: logs(p, y).sum(),
        "The sign is turned round: a loss has to be large when the right class got little.",
        lambda p, y: -logs(p, y).mean(),
        "You return a number for each image; they become one number in the end.",
        logs,
        "You take the largest probability of each row. Which one belongs to the label?",
        lambda p, y: -np.log(p.max(axis=1)).mean(),
        "You pick the columns of all labels for every image. Each row has a label of its own: with "
        "what do you have to index the rows?",
        lambda p, y: -np.log(p[:, y]).mean(),
        "The logarithm has another base: the book counts in nats.",
        [lambda p, y: logs(p, y).mean() / np.log(2), lambda p, y: logs(p, y).mean() / np.log(10)],
        "You take the mean first and the logarithm then, and the two do not commute.",
        lambda p, y: -np.log(of_label(p, y).mean()),
        "Right as long as no probability is 0. Then the logarithm is infinite: which bound does "
        "the exercise set?",
        lambda p, y: logs(p, y).mean(),
        "Check by hand on one image: with a probability of one half, what must come out?",
        praise="One number for each image is picked, and the nine others matter only because all "
        "ten sum to 1.",
        form="my_loss(probabilities, labels)",
    ),
    "from-scratch-2": function_exercise(
        BATCHES,
        my_backward,
        "Each gradient is too long by the number of images: the loss is a mean.",
        dict(n=lambda labels: 1),
        "The last layer is right, and the ones before it are not: what does ReLU do to a gradient "
        "where it gave 0?",
        dict(on=np.ones_like),
        "The gradients of the weights are right, and those of the biases are not: how often is one "
        "bias used in a batch?",
        [dict(add=lambda change, axis: np.zeros(change.shape[1])), dict(add=np.mean)],
        "The sign is turned round: a gradient points to where the loss grows, and the step goes "
        "against it.",
        dict(n=lambda labels: -len(labels)),
        "You start from the probabilities. What should the network have said?",
        dict(truth=0),
        "On the way back the sums of a layer meet its weights the other way round: which of the "
        "two axes are the units?",
        dict(turn=False),
        "Your list begins with the last layer.",
        lambda *arguments: my_backward(*arguments)[::-1],
        "Compare the gradients of the last layer with finite differences, then the others.",
        praise="The error of the output, handed back layer by layer, is all that a layer needs "
        "besides its own inputs.",
        read=gradients_in_a_row,
    ),
    "from-scratch-3": function_exercise(
        [(POINT, bent, 0.1), (POINT[0], bent, 0.01), (POINT[:1, :1], bent, 0.1)],
        numerical_gradient,
        "You look to one side only. What does the other side cancel?",
        [dict(below=0, width=1), dict(above=0, width=1)],
        "Your slopes are twice what they should be: how far apart are the two points?",
        dict(width=1),
        "Your slopes are too small: by what do you divide?",
        [dict(width=4), dict(below=0), lambda w, f, h: numerical_gradient(w, f, h, width=2 / h)],
        "The sign is turned round: which of the two values comes first?",
        dict(width=-2),
        "You move all entries at the same time. The slope of one needs the others at rest.",
        lambda w, f, h: np.full(w.shape, (f(w + h) - f(w - h)) / (2 * h)),
        lambda w, f, h: (f(w + h) - f(w - h)) / (2 * h),
        "The first slope is right, and the others are not: what is `w` when the second entry's "
        "turn comes?",
        dict(back=False),
        "Try it on a function whose slope you know, such as the sum of the squares.",
        praise="It needs nothing but the function itself, which is why it can judge any gradient.",
    ),
    "from-scratch-4": function_exercise(
        STEPPED,
        my_step,
        "The parameters are what they were. Do you change the arrays, or do you make new ones?",
        lambda *_: None,
        "That goes uphill: the gradient points to where the loss grows.",
        lambda p, g, rate: my_step(p, g, -rate),
        "Your step has the whole length of the gradient. What makes it shorter?",
        lambda p, g, rate: my_step(p, g, 1),
        "The weights move, and the biases do not.",
        dict(parts=[0]),
        "The biases move, and the weights do not.",
        dict(parts=[1]),
        "Only one layer moves. How many pairs does the list have?",
        [dict(layers=slice(0, 1)), dict(layers=slice(-1, None))],
        "Take one weight: its new value is the old one less two factors.",
        praise="Everybody who holds these arrays sees the network move, which is what training "
        "needs.",
        read=lambda _, parameters, *__: in_a_row(parameters),
        in_place=True,
    ),
    "from-scratch-5": function_exercise(
        [(FIRST, SECOND, SEEN), (THIRD, FOURTH, SEEN), (FIRST, FIRST, SEEN)],
        switched,
        "You count outputs that differ. Two neurons may both be on and give different numbers.",
        [dict(differ=lambda a, b: a != b), dict(differ=lambda a, b: a != b, of=slice(None))],
        "You look at one hidden layer only: how many does the network have?",
        [dict(of=slice(1, 2)), dict(of=slice(-2, -1))],
        "You return a share. How many are there?",
        [lambda *given: switched(*given) / (7 * 11), lambda *given: switched(*given) / 7],
        "Two networks may have the same number of neurons on, and other ones: compare neuron by "
        "neuron first, and count then.",
        dict(differ=lambda a, b: 1 * (a > 0) - (b > 0)),
        lambda *given: abs(switched(*given, differ=lambda a, b: 1 * (a > 0) - (b > 0))),
        "After ReLU no output is below 0. What does one give that is off?",
        dict(differ=lambda a, b: (a >= 0) != (b >= 0)),
        "Make a table for one image: on or off, for each hidden neuron of both networks.",
        praise="As long as this is 0, both networks follow the same formula on these images, and "
        "nearly equal weights give nearly equal answers.",
    ),
}
