"""Checkers for the chapter on tuning."""

from collections.abc import Callable

import numpy as np

from lessons_src.exercises._functions import function_exercise

_rng = np.random.default_rng(4)
WHOLE = _rng.normal(size=6)
ESTIMATES = WHOLE + _rng.normal(size=(4, 6))
TRIED = np.geomspace(1e-4, 10, 6)
LOSSES = np.array([2.3, 1.9, 0.8, 0.6, 1.4, 5.0])
BROKEN = np.array([2.2, 1.1, 0.7, 0.9, np.nan, np.nan])
# Rows and columns differ in number; the walks from the rows end in different places.
TABLE = np.array([[0.60, 0.85, 0.70, 0.1], [0.70, 0.86, 0.88, 0.2], [0.72, 0.60, 0.75, 0.65]])
OUTPUTS = _rng.random((3, 5))
KEPT = np.array([[1, 0, 1, 1, 0], [0, 1, 1, 1, 1], [1, 1, 0, 0, 1]])
CONFUSED = np.array([[8, 1, 1], [3, 5, 2], [0, 1, 19]])


def squares(estimates: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Squared length of the error of each gradient, shape (batches,)."""
    return ((estimates - whole) ** 2).sum(axis=1)


def gradient_noise(
    estimates, whole, squares: Callable = squares, length: Callable = np.linalg.norm
):
    """Root mean square of the errors, in lengths of the whole gradient; others by a part."""
    return np.sqrt(squares(estimates, whole).mean()) / length(whole)


def suggest(rates, losses, lowest: Callable = np.nanargmin, by: float = 10) -> float:
    """A tenth of the rate with the lowest loss."""
    return rates[lowest(losses)] / by


def walk(scores: np.ndarray, row: int) -> float:
    """The best score in the column that is best for this row."""
    return scores[:, scores[row].argmax()].max()


def class_scores(table: np.ndarray) -> np.ndarray:
    """Precision, recall and F1 of each class, shape (3, classes)."""
    right = table.diagonal()
    answered, true = table.sum(axis=0), table.sum(axis=1)
    return np.array([right / answered, right / true, 2 * right / (answered + true)])


EXERCISES = {
    "tuning-1": function_exercise(
        [(ESTIMATES, WHOLE), (ESTIMATES[:1], WHOLE)],
        gradient_noise,
        "That is the error in the gradient's own unit. In lengths of what is it wanted?",
        dict(length=lambda whole: 1),
        "The squares are never undone: an error four times as long would count sixteen times.",
        lambda estimates, whole: gradient_noise(estimates, whole) ** 2,
        lambda estimates, whole: squares(estimates, whole).mean() / np.linalg.norm(whole),
        "You take the mean over the weights as well. What makes one length of many numbers?",
        dict(squares=lambda estimates, whole: (estimates - whole) ** 2),
        "You take the mean of the lengths. The definition takes the mean before the root.",
        lambda estimates, whole: np.sqrt(squares(estimates, whole)).mean() / np.linalg.norm(whole),
        "You measure how far the batches' own mean is off: their errors have cancelled by then.",
        lambda estimates, whole: gradient_noise(estimates.mean(axis=0, keepdims=True), whole),
        "You measure how the batches differ from their own mean. From what is the error counted?",
        dict(squares=lambda estimates, whole: squares(estimates, estimates.mean(axis=0))),
        "Go through the formula from the inside: a difference, its squared length, a mean over "
        "the batches, a root, and last the division.",
        praise="The length of a typical error, in lengths of what is estimated, has no unit, so "
        "that networks and moments of training can be compared.",
    ),
    "tuning-2": function_exercise(
        [(TRIED, LOSSES), (TRIED, BROKEN), (TRIED[::-1], LOSSES)],
        suggest,
        "That is the rate where the loss is lowest, which is the limit. How far from it?",
        [dict(by=1), dict(by=1, lowest=np.argmin)],
        "You return a loss, and a rate is wanted: which one stood beside it?",
        [lambda rates, losses: np.nanmin(losses), lambda rates, losses: np.nanmin(losses) / 10],
        "You return a place in the list. Which rate stands there?",
        lambda rates, losses: np.nanargmin(losses),
        "You take the highest loss, which is where training is worst.",
        dict(lowest=np.nanargmax),
        "A loss that is not a number wins in your search. Which of NumPy's functions passes over "
        "such values?",
        dict(lowest=np.argmin),
        "Find where the loss is lowest, then the rate of the same step.",
        praise="At the lowest loss the rate is at its limit already, so the suggestion keeps away.",
    ),
    "tuning-3": function_exercise(
        [(TABLE, 0), (TABLE, 1), (TABLE.T.copy(), 1)],
        lambda scores, row: scores.max() - walk(scores, row),
        "You return the score at the end of the walk. How far is it from the best of the table?",
        walk,
        "You stop after the first step: within the best column, which row is best?",
        lambda scores, row: scores.max() - scores[row].max(),
        "You take `row` for a column. Along which axis does the walk go first?",
        lambda scores, row: scores.max() - walk(scores.T, row),
        "The sign is turned round: what is lost has to come out positive.",
        lambda scores, row: walk(scores, row) - scores.max(),
        "Your walk always loses nothing: it looks at the whole table, and a walk sees only one row "
        "and one column.",
        lambda scores, row: 0.0,
        "Do it on paper with a table of two by two, and note the two cells where you turn.",
        praise="What is lost depends on the start alone, and is nothing where factors do not "
        "interact.",
        form="lost_by_walking(scores, row)",
    ),
    "tuning-4": function_exercise(
        [(OUTPUTS, KEPT, 0.4), (OUTPUTS, KEPT, 0.2)],
        lambda outputs, kept, share: outputs * kept / (1 - share),
        "The right outputs are zero. The others have to make up for them: by which factor?",
        lambda outputs, kept, share: outputs * kept,
        "You scale what is kept down. The sums would get smaller still.",
        lambda outputs, kept, share: outputs * kept * (1 - share),
        "You divide by the share that goes. Which share stays?",
        lambda outputs, kept, share: outputs * kept / share,
        "You drop those that are to be kept, and keep the others.",
        lambda outputs, kept, share: outputs * (1 - kept) / (1 - share),
        lambda outputs, kept, share: outputs * (1 - kept),
        "You scale the outputs and drop none.",
        lambda outputs, kept, share: outputs / (1 - share),
        lambda outputs, kept, share: outputs * (1 - share),
        "Two things happen to each output: it is kept or not, and what is kept is scaled.",
        praise="What is kept is scaled up, so that the next layer gets the same sum on average, "
        "whether neurons are dropped or not.",
        form="drop_out(outputs, kept, share)",
    ),
    "tuning-5": function_exercise(
        [(CONFUSED,), (CONFUSED[:2, :2],)],
        class_scores,
        "Precision and recall have changed places: which of them is asked of the answers?",
        lambda table: class_scores(table)[[1, 0, 2]],
        "The first two rows are right. The third is their plain mean, and another is wanted.",
        lambda table: [*(two := class_scores(table)[:2]), two.mean(axis=0)],
        "The third row is half of what it should be: look at the numerator of its formula.",
        lambda table: class_scores(table) * [[1], [1], [0.5]],
        "Classes are wanted as columns: one row for each of the three scores.",
        lambda table: class_scores(table).T,
        "You divide by the number of all images. Which of them belong to the class, or were given "
        "its name?",
        lambda table: np.array([table.diagonal() / table.sum()] * 3),
        "Take one class: mark its cell on the diagonal, its row and its column.",
        praise="Three numbers for each class, out of the diagonal and the sums of the table.",
    ),
}
