"""Results of recorded experiments, as `make experiments` wrote them into `book/experiments/`."""

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lessons_src.stats import Interval, mean_interval, paired_difference

#: Beside the source in a clone, inside the package in an installation.
FOLDERS = (
    Path(__file__).resolve().parents[1] / "book" / "experiments",
    Path(__file__).resolve().parent / "records",
)
KEYS = {"name", "set_up", "seeds", "cases", "made"}
KEYS_OF_CASE = {"settings", "seconds", "results"}


@dataclass(frozen=True)
class Record:
    """What one experiment gave, on the real data.

    Attributes:
        name: the experiment's; `make experiments NAME=…` repeats it.
        set_up: what all cases share, in words.
        seeds: the same for every case.
        cases: settings by the name of the case, in the order declared.
        results: by case and name, an array whose first axis is the seeds.
        made: date, machine, seconds, versions, and hashes of the data and of the code.
    """

    name: str
    set_up: str
    seeds: tuple[int, ...]
    cases: dict[str, dict[str, Any]]
    results: dict[str, dict[str, np.ndarray]]
    made: dict[str, Any]

    def __call__(self, case: str, name: str) -> np.ndarray:
        """The result `name` of a case, first axis the seeds.

        Raises:
            KeyError: there is no such case or result; the message names those that there are.
        """
        if case not in self.results:
            raise KeyError(f"{self.name} has no case {case!r}, but {', '.join(self.results)}")
        if name not in self.results[case]:
            raise KeyError(
                f"{self.name} has no result {name!r}, but {', '.join(self.results[case])}"
            )
        return self.results[case][name]

    def mean(self, case: str, name: str) -> Interval:
        """Mean over the seeds with Student's t interval."""
        return mean_interval(self(case, name))

    def difference(self, case: str, other: str, name: str) -> Interval:
        """Mean of case - other, seed by seed, with its interval."""
        return paired_difference(self(case, name), self(other, name))

    def sweep(self, cases: Iterable[str], name: str) -> np.ndarray:
        """Mean, lower and upper end of several cases, shape (cases, 3), for `plotting.sweep`."""
        means = [self.mean(case, name) for case in cases]
        return np.array([(mean.estimate, mean.low, mean.high) for mean in means])

    @property
    def command(self) -> str:
        """What repeats the experiment, in a clone of the book."""
        return f"make experiments NAME={self.name}"


@functools.cache
def recorded(name: str) -> Record:
    """The record of the experiment `name`.

    Raises:
        FileNotFoundError: it has not been recorded.
    """
    for folder in FOLDERS:
        path = folder / f"{name}.json"
        if path.is_file():
            return read(path)
    place = FOLDERS[0] if FOLDERS[0].is_dir() else "the installed package lessons_src"
    raise FileNotFoundError(
        f"no record of the experiment {name!r} in {place}: in a clone of the book, run "
        f"`make experiments NAME={name}`"
    )


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
        return Record(
            name=content["name"],
            set_up=content["set_up"],
            seeds=tuple(content["seeds"]),
            cases={name: case["settings"] for name, case in cases.items()},
            results={
                name: {key: _read_only(value) for key, value in case["results"].items()}
                for name, case in cases.items()
            },
            made=content["made"],
        )
    except json.JSONDecodeError as error:
        line, told = error.lineno, error.msg
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        line, told = 1, f"this is no record ({error!r})"
    cure = f"restore it, or run `make experiments NAME={path.stem}`"
    raise ValueError(f"{path}:{line}: {told}: {cure}")


def _refuse_others(found: dict[str, Any], known: set[str], text: str) -> None:
    """What is not read would be lost without a word, as where a key is misspelt."""
    if others := found.keys() - known:
        key = min(others)
        raise json.JSONDecodeError(f"unknown key {key!r}", text, text.index(json.dumps(key)))


def _read_only(values: list) -> np.ndarray:
    array = np.array(values, dtype=float)
    array.setflags(write=False)
    return array
