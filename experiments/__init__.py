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
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from lessons_src.recorded import CHOOSING, FIRST_SEED, LOOKS

Results = Mapping[str, Any]
#: Seeds for a skewed quantity, whose median is told: all at once, however clear it is.
FIXED = LOOKS[-1]
#: Seeds for what is only asked besides, and never extended.
ALSO = 5
_declared: dict[str, "Experiment"] = {}


@dataclass(frozen=True)
class Experiment:
    """A declared comparison.

    Attributes:
        name: the function's, with hyphens; also the file's.
        run: called with `seeds` and one case's settings; returns named results, each a list or
            an array whose first axis is the seeds. What it gives for a seed depends on no other.
        cases: settings by the name of the case.
        seeds: as many as a case may ever run, in order; cases are compared seed by seed.
        looks: after how many of them it is looked at; a single number where that is fixed.
        also: cases that run ALSO seeds, whatever is decided.
        choosing: cases that run the seeds on which settings are chosen, besides.
        seeds_per_job: how many of them one job trains, one after another. What a stopped run
            loses is the job it was at.
    """

    name: str
    run: Callable[..., Results]
    cases: Mapping[str, Mapping[str, Any]]
    seeds: Sequence[int]
    looks: tuple[int, ...]
    also: frozenset[str]
    choosing: frozenset[str]
    seeds_per_job: int

    @property
    def set_up(self) -> str:
        """What all cases share, in words: the first line of the function's docstring."""
        return self.run.__doc__.strip().splitlines()[0]

    def seeds_of(self, case: str, count: int = 0) -> tuple[int, ...]:
        """The seeds of a case when `count` of the scored ones are wanted, at least a first look."""
        count = ALSO if case in self.also else max(count, self.looks[0])
        return (*(CHOOSING if case in self.choosing else ()), *self.seeds[:count])


def experiment(
    *,
    cases: Mapping[str, Mapping[str, Any]],
    seeds: int | Sequence[int] = LOOKS,
    also: Collection[str] = (),
    choosing: bool | Collection[str] = False,
    seeds_per_job: int | None = None,
) -> Callable[[Callable[..., Results]], Callable[..., Results]]:
    """Declare the decorated function as an experiment (see `Experiment`).

    Args:
        seeds: LOOKS, for as many as decide; or a number, for 1000, 1001, …; or the seeds
            themselves, as in ``range(1, 21)``.
        choosing: cases whose settings compete; True for all.

    Raises:
        ValueError: two experiments have one name, it has no docstring, its cases are not JSON, it
            has no seed or one twice, or names a case that it has not.
    """
    looks = seeds if seeds is LOOKS else (seeds if isinstance(seeds, int) else len(seeds),)
    if isinstance(seeds, int) or seeds is LOOKS:
        seeds = range(FIRST_SEED, FIRST_SEED + looks[-1])
    competing = cases if choosing is True else choosing or ()

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
        if not seeds or len(set(seeds)) < len(seeds):
            told = f"the experiment {name} has the seeds {list(seeds)}"
            raise ValueError(f"{told}: give at least one, and none twice")
        if unknown := {*also, *competing} - cases.keys():
            told = f"the experiment {name} has no case {min(unknown)!r}"
            raise ValueError(f"{told}: name some of {', '.join(cases)}")
        step = seeds_per_job or min(looks[0], 10)
        sets = frozenset(also), frozenset(competing)
        _declared[name] = Experiment(name, run, cases, seeds, tuple(looks), *sets, step)
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
