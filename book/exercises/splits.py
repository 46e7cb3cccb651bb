"""Checkers for the chapter on splits."""

from collections.abc import Callable

import numpy as np
from scipy import stats

from lessons_src.exercises._common import of_label
from lessons_src.exercises._functions import function_exercise

UNEVEN = np.repeat([0, 1, 2], [50, 30, 23])
_rng = np.random.default_rng(5)
TRAIN = _rng.integers(0, 256, (6, 4, 4), dtype=np.uint8)
TEST = _rng.integers(0, 256, (7, 4, 4), dtype=np.uint8)
TEST[2], TEST[4], TEST[5] = TRAIN[5], TRAIN[4], TRAIN[1, :, ::-1]
TEST[0], TEST[6] = TRAIN[3, ::-1], TRAIN[2]  # upside down, which is no copy; and all but a pixel
TEST[6, 0, 0] ^= 1
LABELS = np.array([0, 2, 1, 1, 0, 2])
ANSWERS = np.array([[0.70, 0.55, 0.91, 0.10, 0.06, 0.30], [0.20, 0.42, 0.01, 0.80, 0.34, 0.30]])
ANSWERS = np.vstack([ANSWERS, 1 - ANSWERS.sum(axis=0)]).T
SEEN = np.array([[0.80, 0.84, 0.82], [0.90, 0.85, 0.86]])
FRESH = np.array([[0.81, 0.80, 0.83], [0.87, 0.88, 0.86]])


def stratified_counts(labels: np.ndarray, share: float, rounded: Callable = np.round) -> np.ndarray:
    """Images of each class that go to the test; others by how they round."""
    return rounded(share * np.bincount(labels))


def leaked(test: np.ndarray, train: np.ndarray, turned=np.s_[:, :, ::-1]) -> np.ndarray:
    """Places of the test images that are equal to a training image, or to one turned."""
    known = np.concatenate([train, train[turned]])
    return np.flatnonzero([(image == known).all(axis=(1, 2)).any() for image in test])


def wilson_ends(right: float, images: float, z: float = 1.96) -> np.ndarray:
    """Wilson's interval, shape (2,)."""
    p, z2 = right / images, z**2 / images
    half = np.sqrt(z2 * p * (1 - p) + z2**2 / 4)
    return (p + z2 / 2 + half * np.array([-1, 1])) / (1 + z2)


def least_gain(seeds: int, sd: float, *, share: float = 0.8, level: float = 0.975) -> float:
    """The gain that so many seeds show in this share of comparisons, whose t has this level."""
    gain, bound = 0.0001, stats.t.ppf(level, seeds - 1)
    while stats.nct.sf(bound, seeds - 1, gain / sd * np.sqrt(seeds)) < share:
        gain = round(gain + 0.0001, 4)
    return gain


def flattered_by(chosen_by: np.ndarray, fresh: np.ndarray, mean: Callable = np.mean) -> np.ndarray:
    """What the winners of `chosen_by` score there, minus what they score elsewhere."""
    winners = chosen_by.argmax(axis=1)
    return mean(of_label(chosen_by, winners) - of_label(fresh, winners))


EXERCISES = {
    "splits-1": function_exercise(
        [(UNEVEN, 0.2), (np.tile([0, 1], 40), 0.25)],
        stratified_counts,
        "That is what stays in the training.",
        lambda labels, share: stratified_counts(labels, 1 - share),
        "You give every class the same number. Do the classes have equally many images?",
        dict(rounded=lambda parts: np.full(len(parts), np.round(parts.mean()))),
        "These are all images of each class, those of the training included.",
        lambda labels, share: stratified_counts(labels, 1),
        "These are shares of the classes, and counts of images are wanted.",
        lambda labels, share: np.bincount(labels) / len(labels),
        "That is the size of the whole test, and one count for each class is wanted.",
        dict(rounded=lambda parts: np.round(parts.sum())),
        "You round every count down: the nearest whole number is wanted.",
        dict(rounded=np.floor),
        "Count the images of each class first; then ask how many of these go to the test.",
        praise="A random split has these counts only on average; a stratified one has them always.",
    ),
    "splits-2": function_exercise(
        [(10, 0.25), (60, 0.5)],
        lambda n, share: np.arange(int(n * (1 - share)), n),
        "These are the first rows. From which end does Keras take them?",
        lambda n, share: np.arange(n - int(n * (1 - share))),
        lambda n, share: np.arange(int(n * share)),
        "These are the rows that it keeps for the training.",
        lambda n, share: np.arange(int(n * (1 - share))),
        "You round the number of rows held out down; it is that of the others which is.",
        lambda n, share: np.arange(n - int(n * share), n),
        "That is how many rows are held out. Which ones are they?",
        [lambda n, share: n - int(n * (1 - share)), lambda n, share: int(n * share)],
        "You count rows from 1, and Python counts from 0.",
        lambda n, share: np.arange(int(n * (1 - share)), n) + 1,
        "You draw rows by chance. What did the little data set of the page show?",
        lambda n, share: np.random.default_rng(0).permutation(n)[int(n * (1 - share)) :],
        "Write the rows of n = 10 on paper, and draw the line behind the rows that are kept.",
        praise="The order of the rows decides, so shuffle rows whose order you do not know.",
        form="validation_rows(n, share)",
    ),
    "splits-3": function_exercise(
        [(TEST, TRAIN), (TEST[3:], TRAIN)],
        leaked,
        "You find the exact copies, and not those that face the other way.",
        dict(turned=np.s_[:]),
        "You turn images upside down. Which axis goes from left to right?",
        dict(turned=np.s_[:, ::-1]),
        "These are places among the training images. Which of the test images are leaked?",
        lambda test, train: leaked(train, test),
        "You say how many there are. Where are they?",
        lambda test, train: len(leaked(test, train)),
        "You compare each test image with the training image at the same place alone.",
        lambda test, train: [i for i, b in enumerate(train[: len(test)]) if (test[i] == b).all()],
        "One equal pixel makes no copy: all of them have to be equal.",
        lambda test, train: np.arange(len(test)),
        "Try it with two small images and one that is the first of them mirrored.",
        praise="Copies that were changed in any other way would still escape.",
    ),
    "splits-4": function_exercise(
        [(45, 50), (50, 50), (8800, 10_000)],
        wilson_ends,
        "That is the plain normal interval, which has no width when all answers are right.",
        lambda right, n: (p := right / n) + np.array([-1.96, 1.96]) * np.sqrt(p * (1 - p) / n),
        "You never divide by the last line of the formula.",
        lambda right, n: wilson_ends(right, n) * (1 + 1.96**2 / n),
        "The ends have changed places: the lower one comes first.",
        lambda right, n: wilson_ends(right, n)[::-1],
        "You return half the width. At which two shares does the interval end?",
        lambda right, n: np.diff(wilson_ends(right, n))[0] / 2,
        lambda right, n: np.diff(wilson_ends(right, n))[0],
        "Your interval is in per cent or in images, and shares are wanted.",
        [lambda right, n: 100 * wilson_ends(right, n), lambda right, n: n * wilson_ends(right, n)],
        "The middle of your interval is the share itself. Wilson's lies nearer to one half.",
        lambda right, n: wilson_ends(right, n) - wilson_ends(right, n).mean() + right / n,
        "Compute the share first, then the numerator's two parts, then divide both ends.",
        praise="It stays between 0 and 1, and has a width even where every answer is right.",
    ),
    "splits-5": function_exercise(
        [(5, 0.004), (10, 0.005), (20, 0.005)],
        least_gain,
        "You take the normal distribution. With so few seeds the standard deviation is a guess, "
        "too, and another distribution allows for it.",
        lambda n, sd: np.ceil((1.959964 + 0.841621) * sd / np.sqrt(n) * 1e4) / 1e4,
        "That is shown in one comparison in two.",
        dict(share=0.5),
        "Your interval is cut on one side alone: it covers less than it should.",
        dict(level=0.95),
        "You have found the last gain that is too small.",
        lambda n, sd: least_gain(n, sd) - 1e-4,
        "Your gain is in points, and a share is wanted.",
        lambda n, sd: 100 * least_gain(n, sd),
        "Try 0.0001, 0.0002, … and stop at the first gain whose power is large enough.",
        praise="For half of it, it takes about four times as many seeds.",
    ),
    "splits-6": function_exercise(
        [(ANSWERS, LABELS, 3), (ANSWERS[::-1].copy(), LABELS[::-1].copy(), 2)],
        lambda p, labels, n: of_label(p, labels).argsort()[:n],
        "These are the labels that the networks are surest of: turn the order round.",
        lambda p, labels, n: of_label(p, labels).argsort()[::-1][:n],
        "You return the probabilities. To which images do they belong?",
        lambda p, labels, n: np.sort(of_label(p, labels))[:n],
        "You look for answers that are unsure of themselves. What have the labels to say?",
        lambda p, labels, n: p.max(axis=1).argsort()[:n],
        "The right images in another order: the most doubtful comes first.",
        lambda p, labels, n: np.sort(of_label(p, labels).argsort()[:n]),
        "You return the places of all images, and n are wanted.",
        lambda p, labels, n: of_label(p, labels).argsort(),
        "You return classes. Which images are they the classes of?",
        lambda p, labels, n: labels[of_label(p, labels).argsort()[:n]],
        "One number for each image first: the probability in the column of its label.",
        praise="Whether the label is wrong or the network, only looking can tell.",
        form="most_doubtful(probability, labels, n)",
    ),
    "splits-7": function_exercise(
        [(SEEN, FRESH), (FRESH, SEEN)],
        flattered_by,
        "You compare the two best scores. Is it the same network that has them?",
        lambda chosen_by, fresh: (chosen_by.max(axis=1) - fresh.max(axis=1)).mean(),
        "You take the mean of all networks, and only the winner is reported.",
        lambda chosen_by, fresh: (chosen_by - fresh).mean(),
        "You choose by the other images, those that are to have no say.",
        lambda chosen_by, fresh: -flattered_by(fresh, chosen_by),
        "The sign is turned round: flattery comes out positive.",
        lambda chosen_by, fresh: -flattered_by(chosen_by, fresh),
        "You give one number for each competition, and their mean is wanted.",
        dict(mean=np.array),
        "You compare the winner with the mean of the others. How does it score itself elsewhere?",
        lambda chosen_by, fresh: (chosen_by.max(axis=1) - fresh.mean(axis=1)).mean(),
        "For one row: find the winner's column, and read that column in both tables.",
        praise="One and the same network, on images that had a say and on others that had none.",
    ),
}
