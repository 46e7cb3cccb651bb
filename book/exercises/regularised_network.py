"""Checkers for the case study on a regularised network."""

from itertools import pairwise

import numpy as np

from lessons_src.exercises._functions import function_exercise
from lessons_src.exercises._stopping import stop_at_rises
from lessons_src.stopping import early_stop


def dense_part(units: list[int], answers: int = 10) -> int:
    """Weights and biases of all dense layers."""
    return sum((a + 1) * b for a, b in pairwise([784, *units, answers]))


COUNT = function_exercise(
    "count(units)",
    [([384, 256, 128],), ([50],), ([20, 30],)],
    lambda units: [dense_part(units) + 2 * sum(units[:-1]), 2 * sum(units[:-1])],
    praise="What is only kept has no gradient, and yet has to be saved with the weights.",
    mistakes={
        "Behind the last hidden layer there is no BatchNorm.": [
            lambda units: [dense_part(units) + 2 * sum(units), 2 * sum(units)]
        ],
        "You count all of BatchNorm's numbers as learnt. For which of them is there a gradient?": [
            lambda units: [dense_part(units) + 4 * sum(units[:-1]), 0],
            lambda units: [dense_part(units) + 4 * sum(units[:-1]), 2 * sum(units[:-1])],
        ],
        "BatchNorm learns something, too.": [
            lambda units: [dense_part(units), 2 * sum(units[:-1])],
            lambda units: [dense_part(units), 4 * sum(units[:-1])],
        ],
        "You leave out the layer that gives the ten answers.": [
            lambda units: [
                dense_part(units[:-1], units[-1]) + 2 * sum(units[:-1]),
                2 * sum(units[:-1]),
            ]
        ],
        "The two numbers have changed places.": [
            lambda units: [2 * sum(units[:-1]), dense_part(units) + 2 * sum(units[:-1])]
        ],
    },
    otherwise="Take one hidden layer first: there is nothing to normalise, and nothing kept.",
)

FALLS = [0.60, 0.50, 0.45, 0.449, 0.448, 0.46, 0.43, 0.47, 0.48, 0.49, 0.50]
WAVES = [0.40, 0.41, 0.39, 0.395, 0.393, 0.30, 0.31]


STOP = function_exercise(
    "stop(losses, patience, min_delta)",
    [(FALLS, 2, 0.005), (WAVES, 3, 0.0), (FALLS, 4, 0.0), (WAVES, 3, 0.015), (FALLS, 50, 0.0)],
    early_stop,
    praise="A small min_delta saves the epochs that gain almost nothing.",
    mistakes={
        "You pay no attention to min_delta.": [lambda losses, p, d: early_stop(losses, p, 0.0)],
        "You keep the last epoch. Which was the best one?": [
            lambda losses, p, d: [early_stop(losses, p, d)[0]] * 2
        ],
        "You wait one epoch too long.": [lambda losses, p, d: early_stop(losses, p + 1, d)],
        "You do not wait long enough.": [lambda losses, p, d: early_stop(losses, p - 1, d)],
        "You count from nought. The first epoch is number one.": [
            lambda losses, p, d: [n - 1 for n in early_stop(losses, p, d)]
        ],
        "You look at the whole curve: which epochs were never trained?": [
            lambda losses, p, d: [len(losses), int(np.argmin(losses)) + 1],
            lambda losses, p, d: [early_stop(losses, p, d)[0], int(np.argmin(losses)) + 1],
        ],
        "You compare each epoch with the one before. The comparison is with the best so far.": [
            stop_at_rises
        ],
    },
    otherwise="Go through the losses by hand, and note the best one so far after each.",
)

TABLES = [np.array([[0.86, 0.88], [0.87, 0.92]]), np.array([[0.80, 0.79], [0.85, 0.81]])]


def effects(table: np.ndarray) -> list[float]:
    """Mean gain by column, mean gain by row, and the interaction."""
    by_column, by_row = table[:, 1] - table[:, 0], table[1] - table[0]
    return [by_column.mean(), by_row.mean(), by_column[1] - by_column[0]]


EFFECTS = function_exercise(
    "effects(table)",
    [(table,) for table in TABLES],
    effects,
    praise="With an interaction, neither change has a gain of its own: it depends on the other.",
    mistakes={
        "Rows are depths and columns are regularisation: you have them the other way round.": [
            lambda table: effects(table.T)
        ],
        "You take the gains from one row or column alone. They are to be averaged.": [
            lambda table: [table[0, 1] - table[0, 0], table[1, 0] - table[0, 0], effects(table)[2]],
            lambda table: [table[1, 1] - table[1, 0], table[1, 1] - table[0, 1], effects(table)[2]],
        ],
        "The sign is turned round: a gain comes out positive.": [
            lambda table: [-effect for effect in effects(table)],
            lambda table: [-effects(table)[0], -effects(table)[1], effects(table)[2]],
        ],
        "Your gains are right, the interaction has the wrong sign: deep less shallow.": [
            lambda table: [*effects(table)[:2], -effects(table)[2]]
        ],
        "Your gains are right, the interaction is halved: it is the whole difference.": [
            lambda table: [*effects(table)[:2], effects(table)[2] / 2]
        ],
        "Your gains are right. The interaction is not what both changes gain together.": [
            lambda table: [*effects(table)[:2], table[1, 1] - table[0, 0]]
        ],
    },
    otherwise="First what regularising gains at each depth: two numbers. Then their mean and "
    "their difference.",
)

_rng = np.random.default_rng(9)
STEPS = [
    (w, g, 0.1 * g + 0.02 * m, 0.001 * g**2 + 0.01 * m**2, t, rate, decay)
    for t, rate, decay in ((1, 0.01, 0.1), (7, 0.1, 0.5))
    for w, g, m in [_rng.normal(size=(3, 6))]
]


def adamw(w, g, m, s, t, rate, decay, penalty=0.0, corrected=True):
    """One step; `penalty` is a decay that goes into the gradient, as an L2 penalty would."""
    g = g + penalty * w
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    if corrected:
        m, s = m / (1 - 0.9**t), s / (1 - 0.999**t)
    return w - rate * decay * w - rate * m / (np.sqrt(s) + 1e-7)


ADAMW = function_exercise(
    "adamw(w, g, m, s, t, rate, decay)",
    STEPS,
    adamw,
    praise="The decay goes past the running means, and that is all that the W stands for.",
    mistakes={
        "You put the decay into the gradient, so that it is divided by the root as well. That is "
        "a penalty and not AdamW.": [
            lambda w, g, m, s, t, rate, decay: adamw(w, g, m, s, t, rate, 0.0, decay)
        ],
        "That is Adam: nothing decays.": [
            lambda w, g, m, s, t, rate, decay: adamw(w, g, m, s, t, rate, 0.0)
        ],
        "Your decay is not multiplied by the learning rate.": [
            lambda w, g, m, s, t, rate, decay: adamw(w, g, m, s, t, rate, decay / rate)
        ],
        "You leave out the two denominators that make up for the start at nought.": [
            lambda *given: adamw(*given, corrected=False)
        ],
        "You use the running means as they came, without this step's gradient.": [
            lambda w, g, m, s, t, rate, decay: (
                w
                - rate * decay * w
                - rate * m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + 1e-7)
            )
        ],
        "Your weights grow by the decay: look at its sign.": [
            lambda w, g, m, s, t, rate, decay: adamw(w, g, m, s, t, rate, -decay)
        ],
    },
    otherwise="Compute the two new means first, then their corrected values, then the step.",
)

MATRICES = [_rng.integers(0, 30, (4, 4)) + 100 * np.eye(4, dtype=int) for _ in range(2)]


def share_of_worst(matrix: np.ndarray, pairs: int) -> float:
    """Share of all errors that the most frequent pairs hold, both ways."""
    both = np.triu(matrix + matrix.T, 1)
    return np.sort(both.ravel())[-pairs:].sum() / both.sum()


def _errors(matrix: np.ndarray) -> np.ndarray:
    return matrix * (1 - np.eye(len(matrix), dtype=int))


SHARE = function_exercise(
    "share_of_worst(matrix, pairs)",
    [(MATRICES[0], 2), (MATRICES[1], 1), (MATRICES[0], 3)],
    share_of_worst,
    praise="If few pairs hold most of the errors, these classes are where work pays.",
    mistakes={
        "Right answers are no errors: what is on the diagonal?": [
            lambda matrix, pairs: np.sort(matrix.ravel())[-pairs:].sum() / matrix.sum(),
            lambda matrix, pairs: (
                share_of_worst(matrix, pairs) * _errors(matrix).sum() / matrix.sum()
            ),
        ],
        "You count a pair one way only: shirts taken for coats, and coats taken for shirts.": [
            lambda matrix, pairs: (
                np.sort(_errors(matrix).ravel())[-pairs:].sum() / _errors(matrix).sum()
            ),
            lambda matrix, pairs: (
                np.sort(np.triu(matrix, 1).ravel())[-pairs:].sum() / np.triu(matrix, 1).sum()
            ),
        ],
        "You count each pair twice.": [
            lambda matrix, pairs: (
                np.sort(_errors(matrix + matrix.T).ravel())[-pairs:].sum()
                / _errors(matrix + matrix.T).sum()
            )
        ],
        "You return how many errors there are, and a share is wanted.": [
            lambda matrix, pairs: np.sort(np.triu(matrix + matrix.T, 1).ravel())[-pairs:].sum()
        ],
        "These are the pairs that are confused least.": [
            lambda matrix, pairs: (
                np.sort((matrix + matrix.T)[np.triu_indices(len(matrix), 1)])[:pairs].sum()
                / _errors(matrix).sum()
            )
        ],
    },
    otherwise="Make one number of the two that belong to a pair, then sort these numbers.",
)

EXERCISES = {
    "regularised-network-1": COUNT,
    "regularised-network-2": STOP,
    "regularised-network-3": EFFECTS,
    "regularised-network-4": ADAMW,
    "regularised-network-5": SHARE,
}
