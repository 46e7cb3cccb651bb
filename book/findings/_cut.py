"""A long run as if it had ended earlier, and differences between cases of two records.

An early stop needs no run of its own, and neither does a short run: the first ten epochs of a run
of sixty are those of a run of ten.
"""

from dataclasses import replace

import numpy as np

from book.claims import confidence
from book.findings._scores import score
from lessons_src.recorded import Record, shared
from lessons_src.stats import Interval, paired_difference

#: After these epochs all training images were scored, one column of "train_…_curve" for each.
SCORED = {"long-run": (10, 20, 30, 60), "width": (30,), "narrowest": (30,)}


def cut(record: Record, epochs: int) -> Record:
    """The record as it would be if every run had ended after so many epochs.

    Accuracy and loss of the finished network are those of its last epoch; on the training images
    only where they were scored then. What else was measured of the finished network is left out.
    """
    scored = SCORED.get(record.name, ())
    results = {case: _cut(named, epochs, scored) for case, named in record.results.items()}
    choices = cut(record.choices, epochs) if record.choices is not None else None
    return replace(record, results=results, choices=choices)


def _cut(
    named: dict[str, np.ndarray], epochs: int, scored: tuple[int, ...]
) -> dict[str, np.ndarray]:
    found = {}
    for name, values in named.items():
        if not name.endswith("_curve"):
            continue
        final = name.removesuffix("_curve")
        if not name.startswith("train_"):
            found[name] = values[..., :epochs]
            if name.startswith("val_"):
                found[final] = found[name][..., -1]
        elif epochs in scored:
            found[final] = dict(zip(scored, np.moveaxis(values, -1, 0), strict=True))[epochs]
    return found


def between(
    one: tuple[Record, str],
    other: tuple[Record, str],
    level: float | None = None,
    *,
    climbing: bool = False,
) -> Interval:
    """Score of one case minus that of another, each with its record; at 98.2 % unless told.

    As `_scores.ahead`, for cases of two experiments on the same seeds.
    """
    both = shared(*(score(*case, climbing=climbing) for case in (one, other)))
    return paired_difference(*both, confidence() if level is None else level)
