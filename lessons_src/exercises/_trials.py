"""Exercises that ask for a function: it is called, and what it returns is compared."""

import copy
import inspect
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons_src.exercises import NOTHING_YET, Exercise, Unclear


@dataclass(frozen=True)
class Raised:
    """What a call came to that ended with an error."""

    text: str

    def mentions(self, *numbers: int) -> bool:
        """Whether the message names one of the numbers, such as the length of an axis."""
        return any(re.search(rf"(?<!\d){number}(?!\d)", self.text) for number in numbers)


@dataclass(frozen=True, eq=False)
class Trials:
    """The calls of a reader's function."""

    cases: Sequence[tuple]  # the arguments of each call; the first case tells mistakes apart
    outcomes: Sequence[np.ndarray | Raised]
    changed: bool  # a call has changed its arguments


def function_exercise(
    form: str,
    cases: Sequence[tuple],
    reference: Callable,
    *,
    praise: str,
    mistakes: tuple[tuple[Callable[[Trials], bool], str], ...],
    otherwise: str,
) -> Exercise:
    """An exercise that asks for a function.

    Args:
        form: how it is to be called, such as "softmax(z)".
        cases: the arguments of each call that is tried.
        reference: a right function.
        otherwise: the hint for numbers that are wrong in no way that is known.
    """

    def read(function: Any) -> Trials:
        return try_out(function, form, cases)

    def fallback(trials: Trials) -> str:
        for case, outcome in zip(trials.cases, trials.outcomes, strict=True):
            wanted = np.asarray(reference(*case))
            if isinstance(outcome, Raised):
                return f"Called with {_told(case)}, your function stops with {outcome.text}."
            if outcome.shape != wanted.shape:
                shapes = f"{_shape(outcome)}, where {_shape(wanted)} is wanted"
                return f"Called with {_told(case)}, your function returns {shapes}."
            if not np.isfinite(outcome).all():
                return f"Called with {_told(case)}, your function returns NaN or infinity."
            if not same(outcome, wanted):
                break
        return f"{otherwise} (It was called with {_told(case)}.)"

    numbers_are_right = right_from(reference, 0)

    def right(trials: Trials) -> bool:
        return numbers_are_right(trials) and not trials.changed

    changes = "The numbers are right, but the function changes what it is given: work on a copy."
    return Exercise(read, right, praise, ((numbers_are_right, changes), *mistakes), fallback)


def try_out(function: Any, form: str, cases: Sequence[tuple]) -> Trials:
    """Call the function once for each case, each time with copies of the arguments.

    Raises:
        Unclear: it is no function, takes other arguments, or does not return numbers.
    """
    name = form.partition("(")[0]
    if not callable(function):
        raise Unclear(
            f"A function is wanted and this is {_kind(function)}: hand over {name} itself, "
            "without calling it."
        )
    try:
        inspect.signature(function).bind(*cases[0])
    except TypeError:
        raise Unclear(f"The function takes other arguments: it will be called as {form}.") from None
    except ValueError:  # some functions written in C do not tell what they take
        pass
    outcomes, changed = [], False
    for case in cases:
        arguments = copy.deepcopy(case)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an overflow shows in what is returned
            try:
                outcome = function(*arguments)
            except Exception as error:  # whatever it is, it is the reader's to see
                outcome = Raised(" ".join(f"{type(error).__name__}: {error}".split())[:200])
        changed |= not all(map(np.array_equal, arguments, case))
        outcomes.append(outcome if isinstance(outcome, Raised) else _numbers(outcome))
    return Trials(cases, outcomes, changed)


def same(outcome: np.ndarray | Raised, wanted: Any) -> bool:
    """Whether an outcome has the shape and, but for rounding, the numbers of what is wanted."""
    wanted = np.asarray(wanted)
    if isinstance(outcome, Raised) or outcome.shape != wanted.shape:
        return False
    return np.allclose(outcome, wanted, rtol=1e-5, atol=1e-7)


def acts_like(*functions: Callable) -> Callable[[Trials], bool]:
    """Recognise a mistake by functions that make it."""

    def recognised(trials: Trials) -> bool:
        return any(same(trials.outcomes[0], f(*trials.cases[0])) for f in functions)

    return recognised


def right_from(reference: Callable, first: int, last: int | None = None) -> Callable:
    """Recognise functions that are right on the cases from `first` up to, not with, `last`."""

    def recognised(trials: Trials) -> bool:
        pairs = list(zip(trials.cases, trials.outcomes, strict=True))[first:last]
        return all(same(outcome, reference(*case)) for case, outcome in pairs)

    return recognised


def _numbers(returned: Any) -> np.ndarray:
    """What was returned, as a new array."""
    if returned is None:
        raise Unclear("Your function returns None: is a return missing?")
    if returned is ...:
        raise Unclear(NOTHING_YET)
    try:
        array = np.array(returned)
    except Exception:  # such as a list of rows of unequal length
        array = np.array(None)
    if array.dtype.kind not in "uif":
        raise Unclear(f"Your function returns {_kind(returned)}, where numbers are wanted.")
    return array


def _kind(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def _shape(array: np.ndarray) -> str:
    return f"an array of shape {array.shape}" if array.ndim else "one number"


def _told(case: tuple) -> str:
    """The arguments of a call in words; the first of them stands for arrays that go with it."""
    first = case[0]
    return f"an array of shape {first.shape}" if isinstance(first, np.ndarray) else repr(first)
