"""Checkers for the exercises: they say what is wrong and give a hint, never the solution.

    check("dense-design-1", count_parameters)

A module here holds the exercises of one chapter, in its dictionary `EXERCISES`. An answer that is a
number, a shape, a choice or an order is declared as data (`_answers`), and a function is tried
(`_functions`). Code of its own has only what depends on the reader's own run or is free text.
"""

import ast
import contextlib
import functools
import importlib
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOTHING_YET = "Nothing to check yet: replace the dots by your answer and run the cell again."


class Unclear(Exception):
    """The answer cannot be read; the message says so to the reader, in one sentence."""


@dataclass(frozen=True, repr=False)
class Feedback:
    """What `check` returns; a notebook shows the message, as that of a cell's last line."""

    right: bool
    message: str

    def __repr__(self) -> str:
        return textwrap.fill(self.message, 79)


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """An exercise, as its checker knows it; each kind has a `compare` of its own."""

    praise: str = ""  # why it is right, in one sentence

    def compare(self, answer: Any, **given: Any) -> tuple[bool, dict[str, bool]]:
        """Whether an answer is right, and hints with whether each applies; the first counts.

        Raises:
            Unclear: it is no answer.
        """

    @property
    def given(self) -> list[str]:
        """What `check` gets besides the answer."""
        return list(inspect.signature(self.compare).parameters)[1:]

    def feedback(self, answer: Any, **given: Any) -> Feedback:
        right, hints = self.compare(answer, **given)
        if right:
            return Feedback(True, f"Right. {self.praise}")
        return Feedback(False, f"Not yet. {next(h for h, applies in hints.items() if applies)}")


def check(name: str, answer: Any, **given: Any) -> Feedback:
    """Check the answer to an exercise, such as "dataset-1".

    Args:
        name: the chapter and the number of the exercise.
        answer: a value or a function, as the exercise asks; dots (`...`) stand for none yet.
        given: what else the exercise names, such as the arrays that the answer was found in.

    Raises:
        ValueError: there is no such exercise.
    """
    exercises = known()
    if not isinstance(name, str) or name not in exercises:
        raise ValueError(f"there is no exercise {name!r}; there are {', '.join(exercises)}")
    exercise = exercises[name]
    try:
        if _has_dots([answer, *given.values()]):
            raise Unclear(NOTHING_YET)
        if given.keys() != set(exercise.given):
            call = "".join(f", {key}={key}" for key in exercise.given)
            raise Unclear(f'Call it as the exercise does: check("{name}", answer{call}).')
        return exercise.feedback(answer, **given)
    except Unclear as unclear:
        return Feedback(False, str(unclear))


def known() -> Mapping[str, Exercise]:
    """All exercises by name; a new chapter needs no more than its module.

    Raises:
        ValueError: two exercises have one name; the message names both files and lines.
    """
    found: dict[str, Exercise] = {}
    places: dict[str, str] = {}
    for path in sorted(path for folder in __path__ for path in Path(folder).glob("[a-z]*.py")):
        for name, line in _lines(path):
            place = f"{path}:{line}"
            if name in places:
                raise ValueError(f"{place}: {name!r} is at {places[name]} too: rename one of them")
            places[name] = place
            found[name] = importlib.import_module(f"{__name__}.{path.stem}").EXERCISES[name]
    return found


@functools.cache
def _lines(path: Path) -> list[tuple[str, int]]:
    """The names that a file's `EXERCISES` are written with, each with its line.

    Read and not imported, since what a chapter imports besides, as its clinic, may be slow.
    """
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXERCISES":
            return [(key.value, key.lineno) for key in node.value.keys]
    return []


@contextlib.contextmanager
def reading(request: str) -> Iterator[None]:
    """Take an answer apart: whatever error that ends in, the reader is told the request."""
    try:
        yield
    except Exception:
        raise Unclear(request) from None


def _has_dots(value: Any) -> bool:
    return value is ... or (isinstance(value, tuple | list) and any(map(_has_dots, value)))
