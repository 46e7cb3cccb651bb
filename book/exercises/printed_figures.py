"""Checkers for the case study on the figures that the series prints."""

import numpy as np
from scipy import stats

from lessons_src.exercises._functions import function_exercise

SCORES = np.array([0.52, 0.55, 0.49, 0.53, 0.51])


def own_run(scores, *, of_mean=1, of_run=1, quantile=None, ddof=1, below=0.975, free=1):
    """Where a further run lands, at 95 %, shape (2,); others by leaving out or changing a part."""
    n = len(scores)
    quantile = quantile or stats.t.ppf(below, n - free)
    half = quantile * np.std(scores, ddof=ddof) * np.sqrt(of_run + of_mean / n)
    return np.mean(scores) + np.array([-half, half])


EXERCISES = {
    "printed-figures-1": function_exercise(
        [(SCORES,), (SCORES[:3],)],
        own_run,
        "That is the interval of the mean. A further run is spread about the mean by a whole "
        "standard deviation: what stands under the root?",
        [dict(of_run=0), dict(of_run=0, quantile=1.96)],
        "You leave out that the mean itself is uncertain.",
        [dict(of_mean=0), dict(of_mean=0, quantile=1.96)],
        "A few runs know the standard deviation badly. Which distribution's quantile allows for "
        "that?",
        [dict(quantile=1.96), dict(quantile=stats.norm.ppf(0.975))],
        "The quantile leaves a twentieth out on one side alone; both sides share it.",
        dict(below=0.95),
        "The quantile has to have one degree of freedom less than there are runs.",
        dict(free=0),
        "NumPy divides by n unless told otherwise: see the argument ddof of std.",
        dict(ddof=0),
        "Those are the smallest and the largest score seen. Another run may land outside.",
        lambda scores: np.array([min(scores), max(scores)]),
        "Two numbers are wanted: mean less half the width, mean plus half the width.",
        praise="A single printed figure is one run, so the spread of runs counts in full, and the "
        "uncertainty of the mean comes on top.",
    ),
}
