"""Checkers for the chapter on tuning."""

import numpy as np

from lessons_src.exercises._functions import function_exercise

_rng = np.random.default_rng(4)
WHOLE = _rng.normal(size=6)
ESTIMATES = WHOLE + _rng.normal(size=(4, 6))


def errors(estimates: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Squared length of the error of each gradient, shape (batches,)."""
    return ((estimates - whole) ** 2).sum(axis=1)


NOISE = function_exercise(
    "gradient_noise(estimates, whole)",
    [(ESTIMATES, WHOLE), (ESTIMATES[:1], WHOLE)],
    lambda estimates, whole: np.sqrt(errors(estimates, whole).mean()) / np.linalg.norm(whole),
    praise="The length of a typical error, in lengths of what is estimated, has no unit, so that "
    "networks and moments of training can be compared.",
    mistakes={
        "That is the error in the gradient's own unit. In lengths of what is it wanted?": [
            lambda estimates, whole: np.sqrt(errors(estimates, whole).mean())
        ],
        "The squares are never undone: an error four times as long would count sixteen times.": [
            lambda estimates, whole: errors(estimates, whole).mean() / (whole**2).sum(),
            lambda estimates, whole: errors(estimates, whole).mean() / np.linalg.norm(whole),
        ],
        "You take the mean over the weights as well. What makes one length of many numbers?": [
            lambda estimates, whole: (
                np.sqrt(((estimates - whole) ** 2).mean()) / np.linalg.norm(whole)
            )
        ],
        "You take the mean of the lengths. The definition takes the mean before the root.": [
            lambda estimates, whole: (
                np.sqrt(errors(estimates, whole)).mean() / np.linalg.norm(whole)
            )
        ],
        "You measure how far the batches' own mean is off: their errors have cancelled by then.": [
            lambda estimates, whole: (
                np.linalg.norm(estimates.mean(axis=0) - whole) / np.linalg.norm(whole)
            )
        ],
        "You measure how the batches differ from their own mean. From what is the error counted?": [
            lambda estimates, whole: (
                np.sqrt(errors(estimates, estimates.mean(axis=0)).mean()) / np.linalg.norm(whole)
            )
        ],
    },
    otherwise="Go through the formula from the inside: a difference, its squared length, a mean "
    "over the batches, a root, and last the division.",
)

TRIED = np.geomspace(1e-4, 10, 6)
LOSSES = np.array([2.3, 1.9, 0.8, 0.6, 1.4, 5.0])
BROKEN = np.array([2.2, 1.1, 0.7, 0.9, np.nan, np.nan])

SUGGEST = function_exercise(
    "suggest(rates, losses)",
    [(TRIED, LOSSES), (TRIED, BROKEN), (TRIED[::-1], LOSSES)],
    lambda rates, losses: rates[np.nanargmin(losses)] / 10,
    praise="At the lowest loss the rate is at its limit already, so the suggestion keeps away.",
    mistakes={
        "That is the rate where the loss is lowest, which is the limit. How far from it?": [
            lambda rates, losses: rates[np.nanargmin(losses)],
            lambda rates, losses: rates[np.argmin(losses)],
        ],
        "You return a loss, and a rate is wanted: which one stood beside it?": [
            lambda rates, losses: np.nanmin(losses),
            lambda rates, losses: np.nanmin(losses) / 10,
        ],
        "You return a place in the list. Which rate stands there?": [
            lambda rates, losses: np.nanargmin(losses)
        ],
        "You take the highest loss, which is where training is worst.": [
            lambda rates, losses: rates[np.nanargmax(losses)] / 10
        ],
        "A loss that is not a number wins in your search. Which of NumPy's functions passes "
        "over such values?": [lambda rates, losses: rates[np.argmin(losses)] / 10],
    },
    otherwise="Find where the loss is lowest, then the rate of the same step.",
)

# Rows and columns differ in number; the walks from the rows end in different places.
TABLE = np.array([[0.60, 0.85, 0.70, 0.1], [0.70, 0.86, 0.88, 0.2], [0.72, 0.60, 0.75, 0.65]])


def walk(scores: np.ndarray, row: int) -> float:
    """The best score in the column that is best for this row."""
    return scores[:, scores[row].argmax()].max()


WALK = function_exercise(
    "lost_by_walking(scores, row)",
    [(TABLE, 0), (TABLE, 1), (TABLE.T.copy(), 1)],
    lambda scores, row: scores.max() - walk(scores, row),
    praise="What is lost depends on the start alone, and is nothing where factors do not interact.",
    mistakes={
        "You return the score at the end of the walk. How far is it from the best of the table?": [
            walk
        ],
        "You stop after the first step: within the best column, which row is best?": [
            lambda scores, row: scores.max() - scores[row].max()
        ],
        "You take `row` for a column. Along which axis does the walk go first?": [
            lambda scores, row: scores.max() - walk(scores.T, row)
        ],
        "The sign is turned round: what is lost has to come out positive.": [
            lambda scores, row: walk(scores, row) - scores.max()
        ],
        "Your walk always loses nothing: it looks at the whole table, and a walk sees only one "
        "row and one column.": [lambda scores, row: 0.0],
    },
    otherwise="Do it on paper with a table of two by two, and note the two cells where you turn.",
)

OUTPUTS = _rng.random((3, 5))
KEPT = np.array([[1, 0, 1, 1, 0], [0, 1, 1, 1, 1], [1, 1, 0, 0, 1]])

DROP_OUT = function_exercise(
    "drop_out(outputs, kept, share)",
    [(OUTPUTS, KEPT, 0.4), (OUTPUTS, KEPT, 0.2)],
    lambda outputs, kept, share: outputs * kept / (1 - share),
    praise="What is kept is scaled up, so that the next layer gets the same sum on average, "
    "whether neurons are dropped or not.",
    mistakes={
        "The right outputs are zero. The others have to make up for them: by which factor?": [
            lambda outputs, kept, share: outputs * kept
        ],
        "You scale what is kept down. The sums would get smaller still.": [
            lambda outputs, kept, share: outputs * kept * (1 - share)
        ],
        "You divide by the share that goes. Which share stays?": [
            lambda outputs, kept, share: outputs * kept / share
        ],
        "You drop those that are to be kept, and keep the others.": [
            lambda outputs, kept, share: outputs * (1 - kept) / (1 - share),
            lambda outputs, kept, share: outputs * (1 - kept),
        ],
        "You scale the outputs and drop none.": [
            lambda outputs, kept, share: outputs / (1 - share),
            lambda outputs, kept, share: outputs * (1 - share),
        ],
    },
    otherwise="Two things happen to each output: it is kept or not, and what is kept is scaled.",
)

CONFUSED = np.array([[8, 1, 1], [3, 5, 2], [0, 1, 19]])


def class_scores(table: np.ndarray) -> np.ndarray:
    """Precision, recall and F1 of each class, shape (3, classes)."""
    right = table.diagonal()
    answered, true = table.sum(axis=0), table.sum(axis=1)
    return np.array([right / answered, right / true, 2 * right / (answered + true)])


def with_mean(table: np.ndarray) -> np.ndarray:
    """The same with a plain mean in place of F1."""
    precision, recall, _ = class_scores(table)
    return np.array([precision, recall, (precision + recall) / 2])


CLASS_SCORES = function_exercise(
    "class_scores(table)",
    [(CONFUSED,), (CONFUSED[:2, :2],)],
    class_scores,
    praise="Three numbers for each class, out of the diagonal and the sums of the table.",
    mistakes={
        "Precision and recall have changed places: which of them is asked of the answers?": [
            lambda table: class_scores(table)[[1, 0, 2]]
        ],
        "The first two rows are right. The third is their plain mean, and another is wanted.": [
            with_mean
        ],
        "The third row is half of what it should be: look at the numerator of its formula.": [
            lambda table: class_scores(table) * [[1], [1], [0.5]]
        ],
        "Classes are wanted as columns: one row for each of the three scores.": [
            lambda table: class_scores(table).T
        ],
        "You divide by the number of all images. Which of them belong to the class, or were "
        "given its name?": [
            lambda table: np.array([table.diagonal() / table.sum()] * 3),
        ],
    },
    otherwise="Take one class: mark its cell on the diagonal, its row and its column.",
)

EXERCISES = {
    "tuning-1": NOISE,
    "tuning-2": SUGGEST,
    "tuning-3": WALK,
    "tuning-4": DROP_OUT,
    "tuning-5": CLASS_SCORES,
}
