"""Checkers for the chapter on sparse categorical crossentropy."""

import numpy as np
from scipy import special

from lessons_src.exercises._functions import function_exercise

_rng = np.random.default_rng(0)
LOGITS, LABELS = _rng.normal(size=(5, 5)), np.array([3, 0, 4, 1, 1])  # square, as a trap
FAR_APART = np.array([[1000.0, 0.0, 998.0], [-1000.0, -1001.0, -1000.5], [0.0, 1000.0, 5.0]])
FAR_LABELS = np.array([1, 2, 1])


def rows(z: np.ndarray) -> np.ndarray:
    """The number of each row."""
    return np.arange(len(z))


def one_hot(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """A row for each label, with a single 1, in the shape of the logits."""
    return np.eye(z.shape[1])[labels]


def naive(z: np.ndarray) -> np.ndarray:
    """Softmax that large logits break."""
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def stable(z: np.ndarray) -> np.ndarray:
    """Softmax of each row."""
    return special.softmax(z, axis=1)


def costs_of(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """−log p of the right class for each image, shape (n,), from logits, (n, k)."""
    return special.logsumexp(z, axis=1) - z[rows(z), labels]


COSTS = function_exercise(
    "costs_of(z, labels)",
    [(LOGITS, LABELS), (FAR_APART, FAR_LABELS)],
    costs_of,
    praise="The largest logit is taken out and added again, so that no power overflows, the sum "
    "is never 0, and no probability has to be cut off.",
    mistakes={
        "That is one number for all images. Their mean is for later: return one cost each.": [
            lambda z, labels: costs_of(z, labels).mean(),
            lambda z, labels: costs_of(z, labels).sum(),
        ],
        "The sign is turned round: a cost is never negative.": [
            lambda z, labels: -costs_of(z, labels),
        ],
        "You picked all labels from every row. Each image has one label: how do you pick the "
        "label's place in the first row, the next label's in the second, and so on?": [
            lambda z, labels: special.logsumexp(z, axis=1)[:, None] - z[:, labels],
            lambda z, labels: special.logsumexp(z, axis=1) - z[:, labels],
        ],
        "The largest logit was taken out and has to come back: the logarithm of the sum is too "
        "small by it.": [
            lambda z, labels: costs_of(z, labels) - z.max(axis=1),
        ],
        "One part is missing: the formula has the right class's own logit in it, too.": [
            lambda z, labels: special.logsumexp(z, axis=1),
        ],
        "Right for small logits; those of 1000 overflow. What can you take off a row first?": [
            lambda z, labels: -np.log(naive(z)[rows(z), labels]),
            lambda z, labels: np.log(np.exp(z).sum(axis=1)) - z[rows(z), labels],
        ],
        "Your probabilities survive large logits, but one of them is rounded to 0, and its "
        "logarithm is infinite. Put the logits into the formula before you compute.": [
            lambda z, labels: -np.log(stable(z)[rows(z), labels]),
        ],
        "You cut small probabilities off, and so the largest costs are too small. With the "
        "formula in the logits nothing has to be cut off.": [
            lambda z, labels: -np.log(np.maximum(stable(z)[rows(z), labels], 1e-7)),
            lambda z, labels: -np.log(np.clip(stable(z)[rows(z), labels], 1e-7, 1 - 1e-7)),
            lambda z, labels: -np.log(stable(z)[rows(z), labels] + 1e-7),
        ],
        "The largest logit of all images is too large for some of them: each row has its own.": [
            lambda z, labels: (
                z.max() + np.log(np.exp(z - z.max()).sum(axis=1)) - z[rows(z), labels]
            ),
        ],
    },
    otherwise="Compute by hand: two logits of 0 cost ln 2, whichever is right.",
)


def slope_of(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Gradient of the mean cost with respect to the logits, shape (n, k)."""
    return (stable(z) - one_hot(z, labels)) / len(z)


def one_from_all(z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The classes of all labels made smaller in every row."""
    slope = stable(z)
    slope[:, labels] -= 1
    return slope / len(z)


SLOPE = function_exercise(
    "slope_of(z, labels)",
    [(LOGITS, LABELS), (FAR_APART, FAR_LABELS)],
    slope_of,
    praise="What the network said minus what it should have said: the right class is pushed up, "
    "all others down, and together the pushes of an image cancel.",
    mistakes={
        "That is the gradient of the sum of all costs. What does the mean add to it?": [
            lambda z, labels: slope_of(z, labels) * len(z),
        ],
        "The sign is turned round: that is the way to go, and the gradient points uphill.": [
            lambda z, labels: -slope_of(z, labels),
            lambda z, labels: -slope_of(z, labels) * len(z),
        ],
        "Those are the probabilities. Which of an image's logits lowers its cost as it grows?": [
            lambda z, labels: stable(z),
            lambda z, labels: stable(z) / len(z),
        ],
        "Only the right classes get a push. All logits are in the formula's sum: what does its "
        "derivative say about the others?": [
            lambda z, labels: slope_of(z, labels) * one_hot(z, labels),
            lambda z, labels: slope_of(z, labels) * len(z) * one_hot(z, labels),
            lambda z, labels: -one_hot(z, labels) / len(z),
        ],
        "You subtract at the classes of all labels in every row; each row has one label.": [
            one_from_all,
            lambda z, labels: one_from_all(z, labels) * len(z),
        ],
        "Right for small logits; those of 1000 overflow in softmax.": [
            lambda z, labels: (naive(z) - one_hot(z, labels)) / len(z),
        ],
    },
    otherwise="Check by hand on one image with two logits of 0: what comes out for each?",
)


def chance(shares: list[float]) -> float:
    """The entropy of the shares, in nats."""
    return float(special.entr(shares).sum())


CHANCE = function_exercise(
    "chance(shares)",
    [([0.5, 0.25, 0.25],), ([0.1] * 10,), ([0.75, 0.25, 0.0],)],
    chance,
    praise="Who answers with the shares themselves pays their entropy, and a network has to do "
    "better than that before it has learned anything from images.",
    mistakes={
        "That is the loss of giving every class the same. Where shares differ, one can do "
        "better: what would you answer if one class were nearly everything?": [
            lambda shares: np.log(len(shares)),
        ],
        "That is in bits: take the natural logarithm, as the loss does.": [
            lambda shares: chance(shares) / np.log(2),
        ],
        "The sign is turned round: a loss is not negative.": [
            lambda shares: -chance(shares),
            lambda shares: np.sum(np.array(shares) * np.log(shares)),
        ],
        "You take the mean over the classes. An image belongs to a class as often as its share "
        "says: weigh by that, and add up.": [
            lambda shares: chance(shares) / len(shares),
            lambda shares: -np.mean(np.log(shares)),
        ],
        "Those are the costs of the classes without their weights: how often is each paid?": [
            lambda shares: -np.sum(np.log(shares)),
            lambda shares: -np.log(shares),
        ],
        "That looks at one class alone, and the images of the others cost something, too.": [
            lambda shares: -np.log(np.max(shares)),
        ],
        "Right, unless a class has no images: 0 times minus infinity is no number. What does a "
        "class add that never comes?": [
            lambda shares: -np.sum(np.array(shares) * np.log(shares)),
        ],
    },
    otherwise="Two classes of one half each cost ln 2, and a single class costs nothing.",
)

SAID = special.softmax(2 * LOGITS, axis=1)


def tempered(p: np.ndarray, temperature: float) -> np.ndarray:
    """Softmax of logits divided by the temperature, shape (n, k), from their probabilities."""
    powers = p ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


TEMPERED = function_exercise(
    "tempered(p, temperature)",
    [(SAID, 2.0), (SAID, 0.5), (np.array([[1.0, 0.0], [0.5, 0.5]]), 2.0)],
    tempered,
    praise="Above 1 a temperature evens the probabilities out, below 1 it sharpens them, and "
    "the largest stays the largest, so that no answer changes.",
    mistakes={
        "You take softmax of probabilities. It wants logits: what undoes an exponential?": [
            lambda p, temperature: stable(p / temperature),
            lambda p, temperature: stable(p),
        ],
        "Your rows do not sum to 1: what does softmax do last?": [
            lambda p, temperature: p ** (1 / temperature),
            lambda p, temperature: p / temperature,
            lambda p, temperature: np.exp(np.log(p) / temperature),
        ],
        "You make the network surer where it should become less sure: the logits are divided by "
        "the temperature, not multiplied.": [
            lambda p, temperature: tempered(p, 1 / temperature),
        ],
        "Nothing has changed: dividing probabilities by one number and making them sum to 1 "
        "again undoes itself. What has to be divided comes before the exponential.": [
            lambda p, temperature: p,
        ],
        "Your columns sum to 1, or everything together does. A row is an image.": [
            lambda p, temperature: p ** (1 / temperature) / (p ** (1 / temperature)).sum(axis=0),
            lambda p, temperature: p ** (1 / temperature) / (p ** (1 / temperature)).sum(),
        ],
        "Each row's total has to stand beside its row, as a column.": [
            lambda p, temperature: p ** (1 / temperature) / (p ** (1 / temperature)).sum(axis=1),
        ],
    },
    otherwise="At temperature 1 nothing may change, and a very high one makes all classes equal.",
)

MANY = np.repeat([0, 1, 2], [6, 3, 1])
ONE_EMPTY = np.repeat([0, 2], [1, 4])


def per_class(labels: np.ndarray, classes: int) -> np.ndarray:
    """How many images each class has."""
    return np.bincount(labels, minlength=classes)


def balanced_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """A weight for each class, shape (classes,): n / (classes seen · images of the class)."""
    counts = per_class(labels, classes)
    seen = counts > 0
    return np.where(seen, len(labels) / (seen.sum() * np.maximum(counts, 1)), 0.0)


WEIGHTS = function_exercise(
    "balanced_weights(labels, classes)",
    [(MANY, 3), (MANY[::-1], 3), (ONE_EMPTY, 3)],
    balanced_weights,
    praise="Every class that has images has the same say, and the loss keeps its scale, so that "
    "the learning rate need not change.",
    mistakes={
        "That gives a class more the more images it has: it should be the other way.": [
            lambda labels, classes: per_class(labels, classes),
            lambda labels, classes: per_class(labels, classes) / len(labels),
        ],
        "Every class has the same say, but the weights of all images are not 1 on average: by "
        "which one number do yours have to be multiplied?": [
            lambda labels, classes: 1 / per_class(labels, classes),
            lambda labels, classes: len(labels) / per_class(labels, classes),
            lambda labels, classes: per_class(labels, classes).max() / per_class(labels, classes),
            lambda labels, classes: (w := 1 / per_class(labels, classes)) / w.sum(),
            lambda labels, classes: (w := 1 / per_class(labels, classes)) / w.mean(),
        ],
        "You gave one weight to each image; one for each class is wanted.": [
            lambda labels, classes: balanced_weights(labels, classes)[labels],
        ],
        "Right, unless a class has no images: then you divide by 0.": [
            lambda labels, classes: len(labels) / (classes * per_class(labels, classes)),
        ],
        "A class without images has no say. Among how many classes is it shared, then?": [
            lambda labels, classes: np.where(
                per_class(labels, classes) > 0,
                len(labels) / (classes * np.maximum(per_class(labels, classes), 1)),
                0,
            ),
            lambda labels, classes: (
                len(labels) / (classes * np.maximum(per_class(labels, classes), 1))
            ),
        ],
    },
    otherwise="Two classes with 3 and 1 images: the second one's images weigh three times as much.",
)

EXERCISES = {
    "crossentropy-1": COSTS,
    "crossentropy-2": SLOPE,
    "crossentropy-3": CHANCE,
    "crossentropy-4": TEMPERED,
    "crossentropy-5": WEIGHTS,
}
