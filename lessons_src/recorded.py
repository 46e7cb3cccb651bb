"""Results of recorded experiments, as `make experiments` wrote them into `book/experiments/`."""

import functools
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lessons_src.stats import Interval, mean_interval, paired_difference

#: Beside the source in a clone, inside the package in an installation.
FOLDERS = (
    Path(__file__).resolve().parents[1] / "book" / "experiments",
    Path(__file__).resolve().parent / "records",
)
#: Where records of the first edition stay, frozen, until the page that draws them is written anew.
FROZEN = "first-edition"
#: Runs of the first edition had seeds below this, and were seen while the readings were chosen.
FIRST_SEED = 1000
#: How many seeds a comparison may have run when it is looked at; it stops when it is decided.
LOOKS = (10, 20, 30, 40)
#: On these, settings are chosen ("the best rate"), and never scored.
CHOOSING = (2000, 2001, 2002)
KEYS = {"name", "set_up", "seeds", "looks", "cases", "made"}
KEYS_OF_CASE = {"settings", "seconds", "seeds", "machine", "results"}
NEEDED_OF_CASE = {"settings", "seconds", "results"}

_asked: ContextVar[set[tuple[str, str]] | None] = ContextVar("asked", default=None)


@dataclass(frozen=True)
class Record:
    """What one experiment gave, on the real data.

    Attributes:
        name: the experiment's; `make experiments NAME=…` repeats it.
        set_up: what all cases share, in words.
        seeds: those of the case that has most; others may have the first few of them.
        cases: settings by the name of the case, in the order declared.
        results: by case and name, an array whose first axis is the case's seeds.
        made: date, machines, seconds, versions, and hashes of the data and of the code.
        looks: after how many seeds it may be looked at; a single number where that is fixed.
        choices: the runs with the seeds that settings are chosen on, as a record of their own.
        frozen: whether it is of the first edition.
    """

    name: str
    set_up: str
    seeds: tuple[int, ...]
    cases: dict[str, dict[str, Any]]
    results: dict[str, dict[str, np.ndarray]]
    made: dict[str, Any]
    looks: tuple[int, ...] = ()
    choices: "Record | None" = None
    frozen: bool = False

    def __call__(self, case: str, name: str) -> np.ndarray:
        """The result `name` of a case, first axis the case's seeds.

        Raises:
            KeyError: there is no such case or result; the message names those that there are.
        """
        if case not in self.results:
            raise KeyError(f"{self.name} has no case {case!r}, but {', '.join(self.results)}")
        if name not in self.results[case]:
            raise KeyError(
                f"{self.name} has no result {name!r}, but {', '.join(self.results[case])}"
            )
        if (asked := _asked.get()) is not None:
            asked.add((self.name, case))
        return self.results[case][name]

    def pair(self, case: str, other: str, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The result of two cases for the seeds that both have run."""
        return shared(self(case, name), self(other, name))

    def mean(self, case: str, name: str) -> Interval:
        """Mean over the seeds with Student's t interval."""
        return mean_interval(self(case, name))

    def difference(self, case: str, other: str, name: str, level: float = 0.95) -> Interval:
        """Mean of case - other, seed by seed, with its interval."""
        return paired_difference(*self.pair(case, other, name), level)

    def sweep(self, cases: Iterable[str], name: str) -> np.ndarray:
        """Mean, lower and upper end of several cases, shape (cases, 3), for `plotting.sweep`."""
        means = [self.mean(case, name) for case in cases]
        return np.array([(mean.estimate, mean.low, mean.high) for mean in means])

    def first(self, count: int) -> "Record":
        """The record as it was after so many seeds, where it may be looked at several times."""
        if len(self.looks) < 2 or count >= len(self.seeds):
            return self
        cut = {
            case: {name: values[:count] for name, values in results.items()}
            for case, results in self.results.items()
        }
        return replace(self, seeds=self.seeds[:count], results=cut)

    @property
    def file(self) -> str:
        """The name under which `recorded` finds it."""
        return f"{FROZEN}/{self.name}" if self.frozen else self.name

    @property
    def command(self) -> str:
        """What repeats the experiment, in a clone of the book."""
        return f"make experiments NAME={self.name}"


def shared(*values: np.ndarray) -> tuple[np.ndarray, ...]:
    """Results of several cases, or records, for the seeds that all have run: the first few."""
    count = min(map(len, values))
    return tuple(array[:count] for array in values)


@contextmanager
def asked() -> Iterator[set[tuple[str, str]]]:
    """Collect which cases are read inside, each with the name of its record."""
    found: set[tuple[str, str]] = set()
    token = _asked.set(found)
    try:
        yield found
    finally:
        _asked.reset(token)


@functools.cache
def recorded(name: str) -> Record:
    """The record of the experiment `name`; of the first edition where it is `first-edition/name`.

    Raises:
        FileNotFoundError: it has not been recorded.
    """
    for folder in FOLDERS:
        path = folder / f"{name}.json"
        if path.is_file():
            return read(path)
    place = FOLDERS[0] if FOLDERS[0].is_dir() else "the installed package lessons_src"
    cure = f"in a clone of the book, run `make experiments NAME={name}`"
    if name.startswith(f"{FROZEN}/"):
        cure = "restore it; what the first edition recorded cannot be made again"
    raise FileNotFoundError(f"no record of the experiment {name!r} in {place}: {cure}")


def read(path: Path) -> Record:
    """The record in a file.

    Raises:
        ValueError: the file is no record, or has a key that no record has; the message names file
            and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
        cases = content["cases"]
        _refuse_others(content, KEYS, text)
        for case in cases.values():
            _refuse_others(case, KEYS_OF_CASE, text)
            if missing := NEEDED_OF_CASE - case.keys():
                raise KeyError(min(missing))
        return _record(content, frozen=path.parent.name == FROZEN)
    except json.JSONDecodeError as error:
        line, told = error.lineno, error.msg
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        line, told = 1, f"this is no record ({error!r})"
    cure = f"restore it, or run `make experiments NAME={path.stem}`"
    raise ValueError(f"{path}:{line}: {told}: {cure}")


def _record(content: dict[str, Any], *, frozen: bool) -> Record:
    """What a file says; the runs with the choosing seeds are set apart."""
    cases = content["cases"]
    seeds = {name: tuple(case.get("seeds") or content["seeds"]) for name, case in cases.items()}
    made = Record(
        name=content["name"],
        set_up=content["set_up"],
        seeds=(),
        cases={name: case["settings"] for name, case in cases.items()},
        results={},
        made=content["made"],
        looks=tuple(content.get("looks", ())),
        frozen=frozen,
    )

    def part(choosing: bool) -> Record | None:
        kept = {
            name: [i for i, seed in enumerate(own) if (seed in CHOOSING) == choosing]
            for name, own in seeds.items()
        }
        results = {
            name: {
                key: _read_only(values if len(rows) == len(values) else [values[i] for i in rows])
                for key, values in cases[name]["results"].items()
            }
            for name, rows in kept.items()
            if rows
        }
        if not results:
            return None
        longest = max(kept, key=lambda name: len(kept[name]))
        own = tuple(seeds[longest][i] for i in kept[longest])
        return replace(made, seeds=own, results=results, looks=() if choosing else made.looks)

    scored, choices = part(False), part(True)
    return replace(scored or made, choices=choices)


def _refuse_others(found: dict[str, Any], known: set[str], text: str) -> None:
    """What is not read would be lost without a word, as where a key is misspelt."""
    if others := found.keys() - known:
        key = min(others)
        raise json.JSONDecodeError(f"unknown key {key!r}", text, text.index(json.dumps(key)))


def _read_only(values: list) -> np.ndarray:
    array = np.array(values, dtype=float)
    array.setflags(write=False)
    return array
