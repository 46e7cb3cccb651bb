"""The grids of learning rates: the best of each optimiser, and how many others are as good."""

import numpy as np

from book.findings._scores import chosen, score
from lessons_src.recorded import Record, shared
from lessons_src.stats import Interval, paired_difference

#: Keras's own rates, as the record calls them.
DEFAULTS = {"Adam": "Adam 1e-03", "SGD": "SGD 1e-02"}
GOOD = 0.005  # a good rate is at most half a point below the best
#: The lowest and the highest rate that are compared; those beyond have run five seeds only.
GRID = {"Adam": (1e-4, 1e-2), "SGD": (1e-3, 1.0)}


def of(learning_rates: Record, optimiser: str) -> dict[float, str]:
    """The cases of an optimiser by their rates, from the lowest to the highest."""
    low, high = GRID[optimiser]
    own = {
        settings["learning_rate"]: case
        for case, settings in learning_rates.cases.items()
        if settings["optimiser"] == optimiser
    }
    return {rate: own[rate] for rate in sorted(own) if low <= rate <= high}


def scored(learning_rates: Record, case: str) -> np.ndarray:
    """The score with a rate; of SGD, which still climbs, the last epoch alone."""
    climbing = learning_rates.cases[case]["optimiser"] == "SGD"
    return score(learning_rates, case, climbing=climbing)


def best(learning_rates: Record, optimiser: str) -> float:
    """The best rate of the grid, on the seeds that settings are chosen on."""
    cases = of(learning_rates, optimiser)
    case = chosen(learning_rates, list(cases.values()), scored)
    return next(rate for rate, other in cases.items() if other == case)


def with_best(learning_rates: Record, optimiser: str) -> np.ndarray:
    """The score of each seed with the best rate, shape (seeds,)."""
    return scored(learning_rates, of(learning_rates, optimiser)[best(learning_rates, optimiser)])


def behind_best(learning_rates: Record, optimiser: str, level: float = 0.95) -> Interval:
    """Score with Keras's default rate minus that with the best rate."""
    default = scored(learning_rates, DEFAULTS[optimiser])
    return paired_difference(*shared(default, with_best(learning_rates, optimiser)), level)


def band(learning_rates: Record, optimiser: str, tolerance: float = GOOD) -> np.ndarray:
    """Decades of rates around the best that score within the tolerance of it, shape (seeds,).

    The scores of each seed are interpolated on the logarithm of the rate.
    """
    cases = of(learning_rates, optimiser)
    scores = np.array(shared(*(scored(learning_rates, case) for case in cases.values())))
    top = list(cases).index(best(learning_rates, optimiser))
    logs = np.log10(list(cases))
    return np.array([_width(logs, own, top, own[top] - tolerance) for own in scores.T])


def _width(x: np.ndarray, y: np.ndarray, inside: int, floor: float) -> float:
    """How far the line through the points stays at or above the floor, around one of them."""
    low = high = x[inside]
    for step, stop in ((-1, 0), (1, len(x) - 1)):
        at = inside
        while at != stop and y[at + step] >= floor:
            at += step
        end = x[at]
        if at != stop:
            end += (x[at + step] - x[at]) * (y[at] - floor) / (y[at] - y[at + step])
        low, high = min(low, end), max(high, end)
    return float(high - low)
