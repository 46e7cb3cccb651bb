"""Checkers for the chapter on splits."""

import numpy as np
from scipy import stats

from lessons_src.exercises._functions import function_exercise

UNEVEN = np.repeat([0, 1, 2], [50, 30, 23])

COUNTS = function_exercise(
    "stratified_counts(labels, share)",
    [(UNEVEN, 0.2), (np.tile([0, 1], 40), 0.25)],
    lambda labels, share: np.round(share * np.bincount(labels)),
    praise="A random split has these counts only on average; a stratified one has them always.",
    mistakes={
        "That is what stays in the training.": [
            lambda labels, share: np.round((1 - share) * np.bincount(labels))
        ],
        "You give every class the same number. Do the classes have equally many images?": [
            lambda labels, share: np.full(
                labels.max() + 1, np.round(share * len(labels) / (labels.max() + 1))
            )
        ],
        "These are all images of each class, those of the training included.": [
            lambda labels, share: np.bincount(labels)
        ],
        "These are shares of the classes, and counts of images are wanted.": [
            lambda labels, share: np.bincount(labels) / len(labels)
        ],
        "That is the size of the whole test, and one count for each class is wanted.": [
            lambda labels, share: np.round(share * len(labels))
        ],
        "You round every count down: the nearest whole number is wanted.": [
            lambda labels, share: np.floor(share * np.bincount(labels))
        ],
    },
    otherwise="Count the images of each class first; then ask how many of these go to the test.",
)

ROWS = function_exercise(
    "validation_rows(n, share)",
    [(10, 0.25), (60, 0.5)],
    lambda n, share: np.arange(int(n * (1 - share)), n),
    praise="The order of the rows decides, so shuffle rows whose order you do not know.",
    mistakes={
        "These are the first rows. From which end does Keras take them?": [
            lambda n, share: np.arange(n - int(n * (1 - share))),
            lambda n, share: np.arange(int(n * share)),
        ],
        "These are the rows that it keeps for the training.": [
            lambda n, share: np.arange(int(n * (1 - share)))
        ],
        "You round the number of rows held out down; it is that of the others which is.": [
            lambda n, share: np.arange(n - int(n * share), n)
        ],
        "That is how many rows are held out. Which ones are they?": [
            lambda n, share: n - int(n * (1 - share)),
            lambda n, share: int(n * share),
        ],
        "You count rows from 1, and Python counts from 0.": [
            lambda n, share: np.arange(int(n * (1 - share)), n) + 1
        ],
        "You draw rows by chance. What did the little data set of the page show?": [
            lambda n, share: np.random.default_rng(0).permutation(n)[int(n * (1 - share)) :]
        ],
    },
    otherwise="Write the rows of n = 10 on paper, and draw the line behind the rows that are kept.",
)

_rng = np.random.default_rng(5)
TRAIN = _rng.integers(0, 256, (6, 4, 4), dtype=np.uint8)
TEST = _rng.integers(0, 256, (7, 4, 4), dtype=np.uint8)
TEST[2], TEST[4], TEST[5] = TRAIN[5], TRAIN[4], TRAIN[1, :, ::-1]
TEST[0], TEST[6] = TRAIN[3, ::-1], TRAIN[2]  # upside down, which is no copy; and all but a pixel
TEST[6, 0, 0] ^= 1


def places(test: np.ndarray, *known: np.ndarray) -> np.ndarray:
    """Places of the test images that are equal to one of the known ones."""
    equal = [(image == np.concatenate(known)).all(axis=(1, 2)).any() for image in test]
    return np.flatnonzero(equal)


LEAKED = function_exercise(
    "leaked(test, train)",
    [(TEST, TRAIN), (TEST[3:], TRAIN)],
    lambda test, train: places(test, train, train[:, :, ::-1]),
    praise="Copies that were changed in any other way would still escape.",
    mistakes={
        "You find the exact copies, and not those that face the other way.": [
            lambda test, train: places(test, train)
        ],
        "You turn images upside down. Which axis goes from left to right?": [
            lambda test, train: places(test, train, train[:, ::-1])
        ],
        "These are places among the training images. Which of the test images are leaked?": [
            lambda test, train: places(train, test, test[:, :, ::-1])
        ],
        "You say how many there are. Where are they?": [
            lambda test, train: len(places(test, train, train[:, :, ::-1]))
        ],
        "You compare each test image with the training image at the same place alone.": [
            lambda test, train: np.flatnonzero(
                [(a == b).all() for a, b in zip(test, train, strict=False)]
            )
        ],
        "One equal pixel makes no copy: all of them have to be equal.": [
            lambda test, train: np.arange(len(test))
        ],
    },
    otherwise="Try it with two small images and one that is the first of them mirrored.",
)


def ends(right: float, n: float, z: float = 1.96) -> np.ndarray:
    """Wilson's interval, shape (2,)."""
    p = right / n
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (p + z**2 / (2 * n) + half * np.array([-1, 1])) / (1 + z**2 / n)


def wald(right: float, n: float) -> np.ndarray:
    """The plain interval by the normal distribution."""
    p = right / n
    return p + 1.96 * np.sqrt(p * (1 - p) / n) * np.array([-1, 1])


WILSON = function_exercise(
    "wilson_ends(right, images)",
    [(45, 50), (50, 50), (8800, 10_000)],
    ends,
    praise="It stays between 0 and 1, and has a width even where every answer is right.",
    mistakes={
        "That is the plain normal interval, which has no width when all answers are right.": [wald],
        "You never divide by the last line of the formula.": [
            lambda right, n: ends(right, n) * (1 + 1.96**2 / n)
        ],
        "The ends have changed places: the lower one comes first.": [
            lambda right, n: ends(right, n)[::-1]
        ],
        "You return half the width. At which two shares does the interval end?": [
            lambda right, n: np.diff(ends(right, n))[0] / 2,
            lambda right, n: np.diff(ends(right, n))[0],
        ],
        "Your interval is in per cent or in images, and shares are wanted.": [
            lambda right, n: 100 * ends(right, n),
            lambda right, n: n * ends(right, n),
        ],
        "The middle of your interval is the share itself. Wilson's lies nearer to one half.": [
            lambda right, n: ends(right, n) - ends(right, n).mean() + right / n
        ],
    },
    otherwise="Compute the share first, then the numerator's two parts, then divide both ends.",
)


def least(n: int, sd: float, share: float = 0.8, level: float = 0.975) -> float:
    """The gain that n seeds show in this share of comparisons, whose t has this level."""
    steps = 1
    while stats.nct.sf(stats.t.ppf(level, n - 1), n - 1, steps / 1e4 / sd * np.sqrt(n)) < share:
        steps += 1
    return steps / 1e4


def least_if_normal(n: int, sd: float) -> float:
    """The same by the normal distribution, as if the standard deviation were known."""
    return np.ceil((1.959964 + 0.841621) * sd / np.sqrt(n) * 1e4) / 1e4


SEEDS = function_exercise(
    "least_gain(seeds, sd)",
    [(5, 0.004), (10, 0.005), (20, 0.005)],
    least,
    praise="For half of it, it takes about four times as many seeds.",
    mistakes={
        "You take the normal distribution. With so few seeds the standard deviation is a guess, "
        "too, and another distribution allows for it.": [least_if_normal],
        "That is shown in one comparison in two.": [lambda n, sd: least(n, sd, 0.5)],
        "Your interval is cut on one side alone: it covers less than it should.": [
            lambda n, sd: least(n, sd, level=0.95)
        ],
        "You have found the last gain that is too small.": [lambda n, sd: least(n, sd) - 1e-4],
        "Your gain is in points, and a share is wanted.": [lambda n, sd: 100 * least(n, sd)],
    },
    otherwise="Try 0.0001, 0.0002, … and stop at the first gain whose power is large enough.",
)

LABELS = np.array([0, 2, 1, 1, 0, 2])
ANSWERS = np.array(
    [
        [0.70, 0.20, 0.10],
        [0.55, 0.42, 0.03],
        [0.91, 0.01, 0.08],
        [0.10, 0.80, 0.10],
        [0.06, 0.34, 0.60],
        [0.30, 0.30, 0.40],
    ]
)


def of_label(probability: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The probability of each image's own label."""
    return probability[np.arange(len(labels)), labels]


DOUBTFUL = function_exercise(
    "most_doubtful(probability, labels, n)",
    [(ANSWERS, LABELS, 3), (ANSWERS[::-1].copy(), LABELS[::-1].copy(), 2)],
    lambda probability, labels, n: of_label(probability, labels).argsort()[:n],
    praise="Whether the label is wrong or the network, only looking can tell.",
    mistakes={
        "These are the labels that the networks are surest of: turn the order round.": [
            lambda probability, labels, n: of_label(probability, labels).argsort()[::-1][:n]
        ],
        "You return the probabilities. To which images do they belong?": [
            lambda probability, labels, n: np.sort(of_label(probability, labels))[:n]
        ],
        "You look for answers that are unsure of themselves. What have the labels to say?": [
            lambda probability, labels, n: probability.max(axis=1).argsort()[:n]
        ],
        "The right images in another order: the most doubtful comes first.": [
            lambda probability, labels, n: np.sort(of_label(probability, labels).argsort()[:n])
        ],
        "You return the places of all images, and n are wanted.": [
            lambda probability, labels, n: of_label(probability, labels).argsort()
        ],
        "You return classes. Which images are they the classes of?": [
            lambda probability, labels, n: labels[of_label(probability, labels).argsort()[:n]]
        ],
    },
    otherwise="One number for each image first: the probability in the column of its label.",
)

SEEN = np.array([[0.80, 0.84, 0.82], [0.90, 0.85, 0.86]])
FRESH = np.array([[0.81, 0.80, 0.83], [0.87, 0.88, 0.86]])


def winners(chosen_by: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The scores of the networks that `chosen_by` chooses."""
    return scores[np.arange(len(scores)), chosen_by.argmax(axis=1)]


CHOICE = function_exercise(
    "flattered_by(chosen_by, fresh)",
    [(SEEN, FRESH), (FRESH, SEEN)],
    lambda chosen_by, fresh: (winners(chosen_by, chosen_by) - winners(chosen_by, fresh)).mean(),
    praise="One and the same network, on images that had a say and on others that had none.",
    mistakes={
        "You compare the two best scores. Is it the same network that has them?": [
            lambda chosen_by, fresh: (chosen_by.max(axis=1) - fresh.max(axis=1)).mean()
        ],
        "You take the mean of all networks, and only the winner is reported.": [
            lambda chosen_by, fresh: (chosen_by - fresh).mean()
        ],
        "You choose by the other images, those that are to have no say.": [
            lambda chosen_by, fresh: (winners(fresh, chosen_by) - winners(fresh, fresh)).mean()
        ],
        "The sign is turned round: flattery comes out positive.": [
            lambda chosen_by, fresh: (
                winners(chosen_by, fresh) - winners(chosen_by, chosen_by)
            ).mean()
        ],
        "You give one number for each competition, and their mean is wanted.": [
            lambda chosen_by, fresh: winners(chosen_by, chosen_by) - winners(chosen_by, fresh)
        ],
        "You compare the winner with the mean of the others. How does it score itself elsewhere?": [
            lambda chosen_by, fresh: (winners(chosen_by, chosen_by) - fresh.mean(axis=1)).mean()
        ],
    },
    otherwise="For one row: find the winner's column, and read that column in both tables.",
)

EXERCISES = {
    "splits-1": COUNTS,
    "splits-2": ROWS,
    "splits-3": LEAKED,
    "splits-4": WILSON,
    "splits-5": SEEDS,
    "splits-6": DOUBTFUL,
    "splits-7": CHOICE,
}
