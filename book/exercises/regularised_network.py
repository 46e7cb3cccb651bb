"""Checkers for the case study on a regularised network."""

from itertools import pairwise

import numpy as np

from lessons_src.exercises._common import stop_at_rises
from lessons_src.exercises._functions import function_exercise
from lessons_src.stopping import early_stop

FALLS = [0.60, 0.50, 0.45, 0.449, 0.448, 0.46, 0.43, 0.47, 0.48, 0.49, 0.50]
WAVES = [0.40, 0.41, 0.39, 0.395, 0.393, 0.30, 0.31]
TABLES = [np.array([[0.86, 0.88], [0.87, 0.92]]), np.array([[0.80, 0.79], [0.85, 0.81]])]
_rng = np.random.default_rng(9)
STEPS = [
    (w, g, 0.1 * g + 0.02 * m, 0.001 * g**2 + 0.01 * m**2, t, rate, decay)
    for t, rate, decay in ((1, 0.01, 0.1), (7, 0.1, 0.5))
    for w, g, m in [_rng.normal(size=(3, 6))]
]
MATRICES = [_rng.integers(0, 30, (4, 4)) + 100 * np.eye(4, dtype=int) for _ in range(2)]


def count(units: list[int], *, learnt=2, kept=2, normed=slice(-1), end=(10,)) -> list[int]:
    """What is learnt, and what is only kept; others by what BatchNorm has, and where, or no end."""
    normal = sum(units[normed])
    dense = sum((a + 1) * b for a, b in pairwise([784, *units, *end]))
    return [dense + learnt * normal, kept * normal]


def effects(table: np.ndarray) -> np.ndarray:
    """Mean gain by column, mean gain by row, and the interaction."""
    by_column, by_row = table[:, 1] - table[:, 0], table[1] - table[0]
    return np.array([by_column.mean(), by_row.mean(), by_column[1] - by_column[0]])


def adamw(w, g, m, s, t, rate, decay, *, penalty=0.0, corrected=True, fresh=True):
    """One step; others with a penalty in the gradient, as L2 puts one there, or without a part."""
    g = g + penalty * w
    if fresh:
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
    if corrected:
        m, s = m / (1 - 0.9**t), s / (1 - 0.999**t)
    return w - rate * decay * w - rate * m / (np.sqrt(s) + 1e-7)


def both_ways(matrix: np.ndarray) -> np.ndarray:
    """One number for each pair of classes."""
    return (matrix + matrix.T)[np.triu_indices(len(matrix), 1)]


def share_of_worst(matrix: np.ndarray, pairs: int, errors=both_ways, down=True) -> float:
    """Share of all errors that the most frequent pairs hold; others by what they sort, and how."""
    found = np.sort(errors(matrix))[:: -1 if down else 1]
    return found[:pairs].sum() / found.sum()


EXERCISES = {
    "regularised-network-1": function_exercise(
        [([384, 256, 128],), ([50],), ([20, 30],)],
        count,
        "Behind the last hidden layer there is no BatchNorm.",
        dict(normed=slice(None)),
        "You count all of BatchNorm's numbers as learnt. For which of them is there a gradient?",
        [dict(learnt=4, kept=0), dict(learnt=4)],
        "BatchNorm learns something, too.",
        [dict(learnt=0), dict(learnt=0, kept=4)],
        "You leave out the layer that gives the ten answers.",
        dict(end=()),
        "The two numbers have changed places.",
        lambda units: count(units)[::-1],
        "Take one hidden layer first: there is nothing to normalise, and nothing kept.",
        praise="What is only kept has no gradient, and yet has to be saved with the weights.",
    ),
    "regularised-network-2": function_exercise(
        [(FALLS, 2, 0.005), (WAVES, 3, 0.0), (FALLS, 4, 0.0), (WAVES, 3, 0.015), (FALLS, 50, 0.0)],
        early_stop,
        "You pay no attention to min_delta.",
        lambda losses, p, d: early_stop(losses, p, 0.0),
        "You keep the last epoch. Which was the best one?",
        lambda losses, p, d: [early_stop(losses, p, d)[0]] * 2,
        "You wait one epoch too long.",
        lambda losses, p, d: early_stop(losses, p + 1, d),
        "You do not wait long enough.",
        lambda losses, p, d: early_stop(losses, p - 1, d),
        "You count from nought. The first epoch is number one.",
        lambda losses, p, d: [n - 1 for n in early_stop(losses, p, d)],
        "You look at the whole curve: which epochs were never trained?",
        lambda losses, p, d: [len(losses), int(np.argmin(losses)) + 1],
        lambda losses, p, d: [early_stop(losses, p, d)[0], int(np.argmin(losses)) + 1],
        "You compare each epoch with the one before. The comparison is with the best so far.",
        stop_at_rises,
        "Go through the losses by hand, and note the best one so far after each.",
        praise="A small min_delta saves the epochs that gain almost nothing.",
        form="stop(losses, patience, min_delta)",
    ),
    "regularised-network-3": function_exercise(
        [(table,) for table in TABLES],
        effects,
        "Rows are depths and columns are regularisation: you have them the other way round.",
        lambda table: effects(table.T),
        "You take the gains from one row or column alone. They are to be averaged.",
        lambda table: [*np.diff(table[0]), *np.diff(table[:, 0]), effects(table)[2]],
        lambda table: [*np.diff(table[1]), *np.diff(table[:, 1]), effects(table)[2]],
        "The sign is turned round: a gain comes out positive.",
        [lambda table: -effects(table), lambda table: effects(table) * [-1, -1, 1]],
        "Your gains are right, the interaction has the wrong sign: deep less shallow.",
        lambda table: effects(table) * [1, 1, -1],
        "Your gains are right, the interaction is halved: it is the whole difference.",
        lambda table: effects(table) / [1, 1, 2],
        "Your gains are right. The interaction is not what both changes gain together.",
        lambda table: [*effects(table)[:2], table[1, 1] - table[0, 0]],
        "First what regularising gains at each depth: two numbers. Then their mean and their "
        "difference.",
        praise="With an interaction, neither change has a gain of its own: it depends on the "
        "other.",
    ),
    "regularised-network-4": function_exercise(
        STEPS,
        adamw,
        "You put the decay into the gradient, so that it is divided by the root as well. That is a "
        "penalty and not AdamW.",
        lambda *given: adamw(*given[:-1], 0.0, penalty=given[-1]),
        "That is Adam: nothing decays.",
        lambda *given: adamw(*given[:-1], 0.0),
        "Your decay is not multiplied by the learning rate.",
        lambda *given: adamw(*given[:-1], given[-1] / given[-2]),
        "You leave out the two denominators that make up for the start at nought.",
        dict(corrected=False),
        "You use the running means as they came, without this step's gradient.",
        dict(fresh=False),
        "Your weights grow by the decay: look at its sign.",
        lambda *given: adamw(*given[:-1], -given[-1]),
        "Compute the two new means first, then their corrected values, then the step.",
        praise="The decay goes past the running means, and that is all that the W stands for.",
    ),
    "regularised-network-5": function_exercise(
        [(MATRICES[0], 2), (MATRICES[1], 1), (MATRICES[0], 3)],
        share_of_worst,
        "Right answers are no errors: what is on the diagonal?",
        dict(errors=np.ravel),
        lambda matrix, n: share_of_worst(matrix, n) * both_ways(matrix).sum() / matrix.sum(),
        "You count a pair one way only: shirts taken for coats, and coats taken for shirts.",
        dict(errors=lambda matrix: matrix[~np.eye(len(matrix), dtype=bool)]),
        dict(errors=lambda matrix: np.triu(matrix, 1).ravel()),
        "You count each pair twice.",
        dict(errors=lambda matrix: np.tile(both_ways(matrix), 2)),
        "You return how many errors there are, and a share is wanted.",
        lambda matrix, n: share_of_worst(matrix, n) * both_ways(matrix).sum(),
        "These are the pairs that are confused least.",
        dict(down=False),
        "Make one number of the two that belong to a pair, then sort these numbers.",
        praise="If few pairs hold most of the errors, these classes are where work pays.",
    ),
}
