"""Checkers for the chapter on trial and error. (Who has patients to diagnose does not read on.)"""

from collections.abc import Iterable

import numpy as np

from lessons_src.exercises import reading
from lessons_src.exercises._answers import Choice, Depending
from lessons_src.exercises._differences import Difference
from lessons_src.exercises._functions import function_exercise
from lessons_src.stopping import early_stop

# What a diagnosis would show, for those who give it to another patient.
SIGNS = {
    "unscaled": "Raw pixels make the first loss many times ln 10, and then training brings it down "
    "and learns. Does this run do both?",
    "rate too low": "With too low a rate the loss stays near its start, a little above ln 10, and "
    "still falls a trifle in each epoch. Does this one?",
    "dead layer": "A dead layer gives all images one answer, at a loss of just ln 10. How many "
    "classes does this network answer, and at which loss?",
    "labels shuffled": "Of shuffled labels a network learns only how frequent they are: a loss of "
    "ln 10 and chance accuracy, but answers that still differ from image to image.",
    "rate too high": "Too high a rate throws the loss far above its start, or to NaN. Where does "
    "this one go after the first epoch?",
    "two softmaxes": "Two softmaxes keep the confidence below 0.24 and the loss above 1.46, while "
    "the accuracy gets far above chance. Are these three together here?",
    "no activation": "Without activations a run looks healthy all over, and only ends lower, with "
    "training and validation alike. Compare each column with the healthy run.",
    "wrong loss": "A loss made for other labels can start anywhere, and to lower it need not help "
    "the accuracy. Does this one start where it should, or help?",
    "leak": "A leak flatters the validation by a few points and leaves fresh images as good, and "
    "as surely answered, as a healthy run. Compare these columns.",
    "new pixels differ": "If only new images were treated otherwise, training and validation would "
    "be those of a healthy run, and fresh images alone would fail.",
}
DIAGNOSES = dict(zip("ABCDEFGHIJ", SIGNS, strict=True))
LISTINGS = (([], ["model"]), (["images", "model"], ["history"]), (["history"], []), (["model"], []))
ORDERED = ((["a"], ["b"]), ([], ["a"]), (["a"], ["b"]), (["b", "a"], []))
FALLING = np.array([0.9, 0.6, 0.5, 0.52, 0.51, 0.49, 0.5, 0.55, 0.6, 0.7])
TABLE = np.array([[90, 9, 0, 1], [2, 80, 7, 11], [0, 8, 92, 0], [7, 2, 0, 91]])
OTHER = np.array([[50, 3, 20], [4, 60, 6], [1, 18, 70]])


def diagnosis(patient: str) -> Choice:
    """The name of a fault, for a patient of the clinic, "A" to "J"."""
    with reading("The patients are called A to J."):
        right = DIAGNOSES[patient]
    return Choice(
        right,
        {sign: [name] for name, sign in SIGNS.items() if name != right},
        options=list(SIGNS),
        request=f"Give one of the names of faults as text: {', '.join(SIGNS)}.",
        praise="The fold shows what was changed, and the cure.",
    )


def stops_of(listings: tuple, known: Iterable[str] = (), gives_anyway: bool = False) -> list[int]:
    """Places of the listings that need a name which none that ran before has given."""
    found, known = [], set(known)
    for place, (needs, gives) in enumerate(listings):
        missing = not known.issuperset(needs)
        found += [place] * missing
        known.update(gives if gives_anyway or not missing else ())
    return found


def largest(table: np.ndarray) -> list:
    """Row and column of a table's largest number, the smaller first."""
    return sorted(np.unravel_index(table.argmax(), table.shape))


def worst_pair(table: np.ndarray) -> list:
    """The two classes that are most often taken for each other, the smaller number first."""
    return largest(np.triu(table + table.T, 1))


def effects(base: float, first: float, second: float, both: float) -> np.ndarray:
    """What each change does alone, and what both do beyond the sum of these."""
    return np.array([first - base, second - base, both - first - second + base])


EXERCISES = {
    "trial-and-error-1": Depending(declare=diagnosis),
    "trial-and-error-2": function_exercise(
        [(ORDERED,), (LISTINGS,)],
        stops_of,
        "A listing that has stopped gives nothing to those behind it.",
        dict(gives_anyway=True),
        "These are the listings that run.",
        lambda listings: [i for i in range(len(listings)) if i not in stops_of(listings)],
        "You give a listing names that only a later one makes.",
        lambda listings: stops_of(listings, {name for _, gives in listings for name in gives}),
        "You start each listing afresh; they share what ran before.",
        lambda listings: [i for i, (needs, _) in enumerate(listings) if needs],
        "You say how many stop. Which ones are they?",
        lambda listings: len(stops_of(listings)),
        "Keep one set of names; look at the listings in their order.",
        praise="One name that is missing early can stop many listings after it.",
    ),
    "trial-and-error-3": Difference(praise="A cure of the gap is not yet a cure of the score."),
    "trial-and-error-4": function_exercise(
        [(FALLING, 2), (FALLING, 4), (FALLING[:6], 3)],
        early_stop,
        "You wait one epoch too long.",
        lambda x, p: early_stop(x, p + 1),
        "You count from 0.",
        lambda x, p: np.subtract(early_stop(x, p), 1),
        "You know the whole curve. Who stops early does not see what comes later.",
        lambda x, p: [min(int(x.argmin()) + 1 + p, len(x)), int(x.argmin()) + 1],
        "The two numbers have changed places: the last epoch trained comes first.",
        lambda x, p: early_stop(x, p)[::-1],
        "You give one of two numbers: when does it stop, and which epoch was the best?",
        [lambda x, p: early_stop(x, p)[0], lambda x, p: early_stop(x, p)[1]],
        "Remember the best epoch so far, and ask after each epoch how long ago that was.",
        praise="So does EarlyStopping, which with restore_best_weights also goes back to the best.",
        form="last_and_best(losses, patience)",
    ),
    "trial-and-error-5": function_exercise(
        [(TABLE,), (OTHER,)],
        worst_pair,
        "The diagonal holds what was answered rightly.",
        lambda t: largest(t + t.T),
        "You look one way only. Each pair has two places in the table.",
        lambda t: largest(t - np.diag(np.diag(t))),
        "The right pair, the wrong way round.",
        lambda t: worst_pair(t)[::-1],
        "These are the classes with the most mistakes, one by one, and not as a pair.",
        lambda t: np.sort((t.sum(axis=1) - np.diag(t)).argsort()[-2:]),
        "Add the table to itself turned over, then look on one side of the diagonal.",
        praise="Both directions count, and the diagonal does not.",
    ),
    "trial-and-error-6": function_exercise(
        [(0.80, 0.84, 0.78, 0.81), (0.70, 0.75, 0.72, 0.79)],
        effects,
        "The third number is what both do together. How much is that beyond the sum?",
        lambda base, first, second, both: [first - base, second - base, both - base],
        "The signs are turned round: a gain comes out positive.",
        lambda *scores: -effects(*scores),
        "You measure what each change adds to the other. What does it do alone?",
        lambda base, first, second, both: effects(both, second, first, base) * [-1, -1, 1],
        "You give the scores themselves, and changes are wanted.",
        lambda base, first, second, both: [first, second, both],
        "Three differences; in the third all four scores appear.",
        praise="Where the third number is small, the changes may be tried one at a time.",
    ),
}
