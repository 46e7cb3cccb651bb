"""Small records made up by hand, whose right answer is known."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lessons_src.recorded import Record


def record(
    name: str,
    cases: Mapping[str, Mapping[str, Sequence[Any]]],
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    first_seed: int = 1000,
    date: str = "2026-12-01",
) -> Record:
    """A record with these results by case and name, each with one value for each seed."""
    results = {c: {n: np.asarray(v, float) for n, v in r.items()} for c, r in cases.items()}
    count = {len(values) for named in results.values() for values in named.values()}
    (runs,) = count  # as in every record, all results have the same seeds
    return Record(
        name=name,
        set_up="Made up.",
        seeds=tuple(range(first_seed, first_seed + runs)),
        cases={case: dict((settings or {}).get(case, {})) for case in cases},
        results=results,
        made={"date": date},
    )


def around(centre: float, spread: float, runs: int = 10) -> list[float]:
    """Values with exactly this mean, evenly spaced over twice the spread."""
    return list(centre + np.linspace(-spread, spread, runs))
