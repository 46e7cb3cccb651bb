"""Recorded experiments: set-ups too wide or too long to run while the book is built.

An experiment is a function in one of this folder's modules, decorated with `experiment`. It trains
one case of a comparison for the seeds that it is given. `make experiments` runs every case and
seed on the real data and keeps the results in `book/experiments/<name>.json`, with a hash of the
code that made them (`experiments.fingerprint`); the chapters read them through
`lessons_src.recorded`. Names of cases and values are those that the pages use.
"""

import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

Results = Mapping[str, Any]
_declared: dict[str, "Experiment"] = {}


@dataclass(frozen=True)
class Experiment:
    """A declared comparison.

    Attributes:
        name: the function's, with hyphens; also the file's.
        run: called with `seeds` and one case's settings; returns named results, each a list or
            an array whose first axis is the seeds.
        cases: settings by the name of the case.
        seeds: run in every case, so that cases can be compared seed by seed.
        seeds_per_job: how many of them one job trains, one after another. What a stopped run
            loses is the job it was at.
    """

    name: str
    run: Callable[..., Results]
    cases: Mapping[str, Mapping[str, Any]]
    seeds: Sequence[int]
    seeds_per_job: int

    @property
    def set_up(self) -> str:
        """What all cases share, in words: the first line of the function's docstring."""
        return self.run.__doc__.strip().splitlines()[0]

    @property
    def jobs(self) -> list[tuple[str, tuple[int, ...]]]:
        """Cases with the seeds that one job trains."""
        step = self.seeds_per_job
        chunks = [tuple(self.seeds[i : i + step]) for i in range(0, len(self.seeds), step)]
        return [(case, chunk) for case in self.cases for chunk in chunks]


def experiment(
    *,
    cases: Mapping[str, Mapping[str, Any]],
    seeds: int | Sequence[int],
    seeds_per_job: int | None = None,
) -> Callable[[Callable[..., Results]], Callable[..., Results]]:
    """Declare the decorated function as an experiment (see `Experiment`).

    Args:
        seeds: their number, for 0, 1, …, or the seeds themselves, as in ``range(1, 21)``.

    Raises:
        ValueError: two experiments have one name, it has no docstring, its cases are not JSON, or
            it has no seed or one twice.
    """
    chosen = range(seeds) if isinstance(seeds, int) else seeds

    def declare(run: Callable[..., Results]) -> Callable[..., Results]:
        name = run.__name__.replace("_", "-")
        if name in _declared:
            raise ValueError(f"two experiments are called {name!r}: rename one of them")
        if not (run.__doc__ or "").strip():
            raise ValueError(
                f"the experiment {name} has no docstring: its first line is the set-up"
            )
        try:
            json.dumps(cases)
        except (TypeError, ValueError) as error:
            told = f"the experiment {name} has cases that JSON does not take ({error})"
            raise ValueError(f"{told}: give names and numbers") from None
        if not chosen or len(set(chosen)) < len(chosen):
            told = f"the experiment {name} has the seeds {list(chosen)}"
            raise ValueError(f"{told}: give at least one, and none twice")
        _declared[name] = Experiment(name, run, cases, chosen, seeds_per_job or len(chosen))
        return run

    return declare


def cases_of(name: str, **options: Sequence) -> dict[str, dict[str, Any]]:
    """All combinations of the options; `name` says in braces what a case is called."""
    combined = (dict(zip(options, values, strict=True)) for values in product(*options.values()))
    return {name.format(**case): case for case in combined}


def declared() -> dict[str, Experiment]:
    """All experiments by name; imports the modules that declare them, and so TensorFlow."""
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}")
    return dict(_declared)
