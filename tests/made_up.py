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
    looks: tuple[int, ...] = (),
    choices: Mapping[str, Mapping[str, Sequence[Any]]] | None = None,
) -> Record:
    """A record with these results by case and name, each with one value for each seed.

    Args:
        choices: results of the runs with the seeds that settings are chosen on.
    """
    results = {c: {n: np.asarray(v, float) for n, v in r.items()} for c, r in cases.items()}
    counts = [{len(values) for values in named.values()} for named in results.values()]
    assert all(len(of_case) == 1 for of_case in counts)  # as in every record
    runs = max(map(max, counts))
    return Record(
        name=name,
        set_up="Made up.",
        seeds=tuple(range(first_seed, first_seed + runs)),
        cases={case: dict((settings or {}).get(case, {})) for case in cases},
        results=results,
        made={"date": date},
        looks=looks,
        choices=record(name, choices, settings=settings, first_seed=2000) if choices else None,
    )


def around(centre: float, spread: float, runs: int = 10) -> list[float]:
    """Values with exactly this mean, evenly spaced over twice the spread."""
    return list(centre + np.linspace(-spread, spread, runs))
