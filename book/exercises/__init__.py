"""Checkers for the exercises: they say what is wrong and give a hint, never the solution.

    check("dense-design-1", count_parameters)

A module here holds the exercises of one chapter, in its dictionary `EXERCISES`.
"""

import ast
import contextlib
import functools
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

NOTHING_YET = "Nothing to check yet: replace the dots by your answer and run the cell again."


class Unclear(Exception):
    """The answer cannot be read; the message says so to the reader, in one sentence."""


@dataclass(frozen=True)
class Exercise:
    """An exercise, as its checker knows it.

    `judge` gets what `check` is given, and raises `Unclear` for what is no answer. It returns
    whether the answer is right, and hints with whether each applies; the first that does counts.
    """

    judge: Callable[..., tuple[bool, dict[str, bool]]]
    praise: str  # why it is right, in one sentence


@dataclass(frozen=True, repr=False)
class Feedback:
    """What `check` returns; a notebook shows the message, as that of a cell's last line."""

    right: bool
    message: str

    def __repr__(self) -> str:
        return textwrap.fill(self.message, 79)


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
        wanted = list(inspect.signature(exercise.judge).parameters)[1:]
        if given.keys() != set(wanted):
            call = "".join(f", {key}={key}" for key in wanted)
            raise Unclear(f'Call it as the exercise does: check("{name}", answer{call}).')
        right, hints = exercise.judge(answer, **given)
    except Unclear as unclear:
        return Feedback(False, str(unclear))
    if right:
        return Feedback(True, f"Right. {exercise.praise}")
    return Feedback(False, f"Not yet. {next(hint for hint, applies in hints.items() if applies)}")


def known() -> Mapping[str, Exercise]:
    """All exercises by name; a new chapter needs no more than its module.

    Raises:
        ValueError: two exercises have one name; the message names both files and lines.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found: dict[str, Exercise] = {}
    places: dict[str, str] = {}
    for module in (importlib.import_module(f"{__name__}.{n}") for n in names if n[0] != "_"):
        for name, line in _lines(module):
            place = f"{module.__file__}:{line}"
            if name in places:
                raise ValueError(f"{place}: {name!r} is at {places[name]} too: rename one of them")
            places[name] = place
        found |= getattr(module, "EXERCISES", {})
    return found


@functools.cache
def _lines(module: ModuleType) -> list[tuple[str, int]]:
    """The names that a module's `EXERCISES` are written with, each with its line."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXERCISES":
            return [(key.value, key.lineno) for key in node.value.keys]
    return []  # what a chapter imports besides, as its clinic


@contextlib.contextmanager
def reading(request: str) -> Iterator[None]:
    """Take an answer apart: whatever error that ends in, the reader is told the request."""
    try:
        yield
    except Exception:
        raise Unclear(request) from None


def _has_dots(value: Any) -> bool:
    return value is ... or (isinstance(value, tuple | list) and any(map(_has_dots, value)))
