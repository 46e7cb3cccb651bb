"""Checkers for the chapter on sparse categorical crossentropy."""

import numpy as np
from scipy import special

from lessons_src.exercises._common import of_label, shares, softmax
from lessons_src.exercises._functions import function_exercise

_rng = np.random.default_rng(0)
LOGITS, LABELS = _rng.normal(size=(5, 5)), np.array([3, 0, 4, 1, 1])  # square, as a trap
FAR_APART = np.array([[1000.0, 0.0, 998.0], [-1000.0, -1001.0, -1000.5], [0.0, 1000.0, 5.0]])
CASES = [(LOGITS, LABELS), (FAR_APART, np.array([1, 2, 1]))]
MANY, ONE_EMPTY = np.repeat([0, 1, 2], [6, 3, 1]), np.repeat([0, 2], [1, 4])
SAID = softmax(2 * LOGITS)


def costs_of(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """−log p of the right class for each image, shape (n,), from logits, (n, k)."""
    return special.logsumexp(z, axis=1) - of_label(z, labels)


def slope_of(z: np.ndarray, labels: np.ndarray, softmax=softmax) -> np.ndarray:
    """Gradient of the mean cost with respect to the logits, shape (n, k)."""
    return (softmax(z) - one_hot(z, labels)) / len(z)


def one_hot(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """A row for each label, with a single 1, in the shape of the logits."""
    return np.eye(z.shape[1])[labels]


def one_from_all(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The probabilities, less 1 at the classes of all labels in every row."""
    return softmax(z) - np.isin(np.arange(z.shape[1]), labels)


def chance(shares: list[float]) -> float:
    """The entropy of the shares, in nats."""
    return float(special.entr(shares).sum())


def tempered(p: np.ndarray, temperature: float, **wrongly: object) -> np.ndarray:
    """Softmax of logits over a temperature, from their probabilities; wrong as `shares` may be."""
    return shares(p ** (1 / temperature), **wrongly)


def balanced_weights(labels: np.ndarray, classes: int, empty: bool = False) -> np.ndarray:
    """A weight for each class: n / (classes · its images), where `empty` counts such classes."""
    counts = np.bincount(labels, minlength=classes)
    among = classes if empty else (counts > 0).sum()
    return np.where(counts > 0, len(labels) / (among * np.maximum(counts, 1)), 0.0)


def inverse(labels: np.ndarray, classes: int) -> np.ndarray:
    """One over the images of each class."""
    return 1 / np.bincount(labels, minlength=classes)


EXERCISES = {
    "crossentropy-1": function_exercise(
        CASES,
        costs_of,
        "That is one number for all images. Their mean is for later: return one cost each.",
        [lambda z, labels: costs_of(z, labels).mean(), lambda z, labels: costs_of(z, labels).sum()],
        "The sign is turned round: a cost is never negative.",
        lambda z, labels: -costs_of(z, labels),
        "You picked all labels from every row. Each image has one label: how do you pick the "
        "label's place in the first row, the next label's in the second, and so on?",
        lambda z, labels: special.logsumexp(z, axis=1)[:, None] - z[:, labels],
        lambda z, labels: special.logsumexp(z, axis=1) - z[:, labels],
        "The largest logit was taken out and has to come back: the logarithm of the sum is too "
        "small by it.",
        lambda z, labels: costs_of(z, labels) - z.max(axis=1),
        "One part is missing: the formula has the right class's own logit in it, too.",
        lambda z, labels: special.logsumexp(z, axis=1),
        "Right for small logits; those of 1000 overflow. What can you take off a row first?",
        lambda z, labels: -np.log(of_label(shares(np.exp(z)), labels)),
        lambda z, labels: np.log(np.exp(z).sum(axis=1)) - of_label(z, labels),
        "Your probabilities survive large logits, but one of them is rounded to 0, and its "
        "logarithm is infinite. Put the logits into the formula before you compute.",
        lambda z, labels: -np.log(of_label(softmax(z), labels)),
        "You cut small probabilities off, and so the largest costs are too small. With the formula "
        "in the logits nothing has to be cut off.",
        lambda z, labels: -np.log(np.maximum(of_label(softmax(z), labels), 1e-7)),
        lambda z, labels: -np.log(np.clip(of_label(softmax(z), labels), 1e-7, 1 - 1e-7)),
        lambda z, labels: -np.log(of_label(softmax(z), labels) + 1e-7),
        "The largest logit of all images is too large for some of them: each row has its own.",
        lambda z, labels: z.max() + np.log(np.exp(z - z.max()).sum(axis=1)) - of_label(z, labels),
        "Compute by hand: two logits of 0 cost ln 2, whichever is right.",
        praise="The largest logit is taken out and added again, so that no power overflows, the "
        "sum is never 0, and no probability has to be cut off.",
    ),
    "crossentropy-2": function_exercise(
        CASES,
        slope_of,
        "That is the gradient of the sum of all costs. What does the mean add to it?",
        lambda z, labels: slope_of(z, labels) * len(z),
        "The sign is turned round: that is the way to go, and the gradient points uphill.",
        [lambda z, labels: -slope_of(z, labels), lambda z, labels: -len(z) * slope_of(z, labels)],
        "Those are the probabilities. Which of an image's logits lowers its cost as it grows?",
        [lambda z, labels: softmax(z), lambda z, labels: softmax(z) / len(z)],
        "Only the right classes get a push. All logits are in the formula's sum: what does its "
        "derivative say about the others?",
        lambda z, labels: slope_of(z, labels) * one_hot(z, labels),
        lambda z, labels: slope_of(z, labels) * one_hot(z, labels) * len(z),
        lambda z, labels: -one_hot(z, labels) / len(z),
        "You subtract at the classes of all labels in every row; each row has one label.",
        [one_from_all, lambda z, labels: one_from_all(z, labels) / len(z)],
        "Right for small logits; those of 1000 overflow in softmax.",
        dict(softmax=lambda z: shares(np.exp(z))),
        "Check by hand on one image with two logits of 0: what comes out for each?",
        praise="What the network said minus what it should have said: the right class is pushed "
        "up, all others down, and together the pushes of an image cancel.",
    ),
    "crossentropy-3": function_exercise(
        [([0.5, 0.25, 0.25],), ([0.1] * 10,), ([0.75, 0.25, 0.0],)],
        chance,
        "That is the loss of giving every class the same. Where shares differ, one can do better: "
        "what would you answer if one class were nearly everything?",
        lambda shares: np.log(len(shares)),
        "That is in bits: take the natural logarithm, as the loss does.",
        lambda shares: chance(shares) / np.log(2),
        "The sign is turned round: a loss is not negative.",
        [lambda shares: -chance(shares), lambda shares: np.sum(np.array(shares) * np.log(shares))],
        "You take the mean over the classes. An image belongs to a class as often as its share "
        "says: weigh by that, and add up.",
        [lambda shares: chance(shares) / len(shares), lambda shares: -np.mean(np.log(shares))],
        "Those are the costs of the classes without their weights: how often is each paid?",
        [lambda shares: -np.sum(np.log(shares)), lambda shares: -np.log(shares)],
        "That looks at one class alone, and the images of the others cost something, too.",
        lambda shares: -np.log(np.max(shares)),
        "Right, unless a class has no images: 0 times minus infinity is no number. What does a "
        "class add that never comes?",
        lambda shares: -np.sum(np.array(shares) * np.log(shares)),
        "Two classes of one half each cost ln 2, and a single class costs nothing.",
        praise="Who answers with the shares themselves pays their entropy, and a network has to do "
        "better than that before it has learned anything from images.",
    ),
    "crossentropy-4": function_exercise(
        [(SAID, 2.0), (SAID, 0.5), (np.array([[1.0, 0.0], [0.5, 0.5]]), 2.0)],
        tempered,
        "You take softmax of probabilities. It wants logits: what undoes an exponential?",
        [lambda p, t: softmax(p / t), lambda p, t: softmax(p)],
        "Your rows do not sum to 1: what does softmax do last?",
        [lambda p, t: p ** (1 / t), lambda p, t: p / t, lambda p, t: np.exp(np.log(p) / t)],
        "You make the network surer where it should become less sure: the logits are divided by "
        "the temperature, not multiplied.",
        lambda p, t: tempered(p, 1 / t),
        "Nothing has changed: dividing probabilities by one number and making them sum to 1 again "
        "undoes itself. What has to be divided comes before the exponential.",
        lambda p, t: p,
        "Your columns sum to 1, or everything together does. A row is an image.",
        [dict(axis=0), dict(axis=None)],
        "Each row's total has to stand beside its row, as a column.",
        dict(keepdims=False),
        "At temperature 1 nothing may change, and a very high one makes all classes equal.",
        praise="Above 1 a temperature evens the probabilities out, below 1 it sharpens them, and "
        "the largest stays the largest, so that no answer changes.",
    ),
    "crossentropy-5": function_exercise(
        [(MANY, 3), (MANY[::-1], 3), (ONE_EMPTY, 3)],
        balanced_weights,
        "That gives a class more the more images it has: it should be the other way.",
        lambda labels, classes: 1 / inverse(labels, classes),
        lambda labels, classes: 1 / inverse(labels, classes) / len(labels),
        "Every class has the same say, but the weights of all images are not 1 on average: by "
        "which one number do yours have to be multiplied?",
        inverse,
        lambda labels, classes: len(labels) * inverse(labels, classes),
        lambda labels, classes: (w := inverse(labels, classes)) / w.min(),
        lambda labels, classes: (w := inverse(labels, classes)) / w.sum(),
        lambda labels, classes: (w := inverse(labels, classes)) / w.mean(),
        "You gave one weight to each image; one for each class is wanted.",
        lambda labels, classes: balanced_weights(labels, classes)[labels],
        "Right, unless a class has no images: then you divide by 0.",
        lambda labels, classes: len(labels) / classes * inverse(labels, classes),
        "A class without images has no say. Among how many classes is it shared, then?",
        dict(empty=True),
        lambda labels, classes: len(labels) / classes * np.minimum(inverse(labels, classes), 1),
        "Two classes with 3 and 1 images: the second one's images weigh three times as much.",
        praise="Every class that has images has the same say, and the loss keeps its scale, so "
        "that the learning rate need not change.",
    ),
}
