"""Exercises that ask for a function: it is called, and what it returns is compared."""

import copy
import functools
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons_src.exercises import NOTHING_YET, Exercise, Unclear, reading

CHANGES = "The numbers are right, but the function changes what it is given: work on a copy."


@dataclass(frozen=True, kw_only=True)
class FunctionExercise(Exercise):
    """An exercise that asks for a function; see `function_exercise`."""

    form: str
    cases: Sequence[tuple]
    right: Callable
    mistakes: Mapping[str, Sequence[Callable]]
    otherwise: str
    read: Callable[..., Any] = lambda returned, *arguments: returned
    in_place: bool = False

    def compare(self, function: Any) -> tuple[bool, dict[str, bool]]:
        self._require_function(function)
        outcomes = []
        for case in self.cases:
            arguments = copy.deepcopy(case)
            outcomes.append(self.outcome(function, arguments))
            wanted = self.outcome(self.right, copy.deepcopy(case))
            if not _same(outcomes[-1], wanted):
                break
            if not all(map(_unchanged, arguments[self.in_place :], case[self.in_place :])):
                return False, {CHANGES: True}
        else:
            return True, {}

        def acts_like(wrong: Callable) -> bool:
            tried = zip(self.cases, outcomes, strict=False)  # up to the case that went wrong
            return all(_same(o, self.outcome(wrong, copy.deepcopy(case))) for case, o in tried)

        hints = {hint: any(map(acts_like, wrong)) for hint, wrong in self.mistakes.items()}
        return False, {**hints, _observed(case, outcomes[-1], wanted, self.otherwise): True}

    def _require_function(self, function: Any) -> None:
        if not callable(function):
            name = self.form.partition("(")[0]
            raise Unclear(f"A function is wanted: hand over {name} itself, without calling it.")
        try:
            inspect.signature(function).bind(*self.cases[0])
        except TypeError:
            told = f"The function takes other arguments: it will be called as {self.form}."
            raise Unclear(told) from None
        except ValueError:  # some functions written in C do not tell what they take
            pass

    def outcome(self, function: Callable, arguments: tuple) -> np.ndarray | str:
        """What a function returns, as a new array, or the error that it ends with, as text."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an overflow shows in what is returned
            try:
                returned = function(*arguments)
            except Exception as error:  # whatever it is, it is the reader's to see
                return " ".join(f"{type(error).__name__}: {error}".split())[:200]
        if returned is None and not self.in_place:
            raise Unclear("Your function returns None: is a return missing?")
        if returned is ...:
            raise Unclear(NOTHING_YET)
        returned = self.read(returned, *arguments)
        kind = type(returned).__name__
        with reading(f"Your function returns something of type {kind}; numbers are wanted."):
            array = np.array(returned)  # fails for such as a list of rows of unequal length
            if array.dtype.kind not in "uif":
                raise TypeError
        return array


def function_exercise(
    cases: Sequence[tuple], right: Callable, *mistakes: Any, form: str = "", **more: Any
) -> FunctionExercise:
    """An exercise that asks for a function.

    Args:
        cases: the arguments of each call that is tried, until one goes wrong.
        right: a right function, named as the reader's; what has a default is ours alone.
        mistakes: hints, each followed by wrong functions, or a list of them, for those who act like
            one. A dictionary stands for the right function with these keyword arguments. The last
            hint, which nothing follows, is for numbers that are wrong in none of these ways.
        form: how the reader's function is called, where the right one has another name.
        more: `praise`; `read`, what to compare, from what is returned and the arguments, where that
            is no one array; `in_place=True`, where the function is to change its first argument
            and to return nothing.
    """
    *mistakes, otherwise = mistakes
    grouped: dict[str, list[Callable]] = {}
    for item in mistakes:
        if isinstance(item, str):
            wrong = grouped.setdefault(item, [])
        else:
            some = item if isinstance(item, list) else [item]
            wrong += [functools.partial(right, **f) if isinstance(f, dict) else f for f in some]
    given = inspect.signature(right).parameters.values()
    names = (p.name for p in given if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD)
    form = form or f"{right.__name__}({', '.join(names)})"
    more |= {"form": form, "cases": cases, "right": right, "otherwise": otherwise}
    return FunctionExercise(mistakes=grouped, **more)


def _unchanged(a: Any, b: Any) -> bool:
    """Whether an argument is still what it was; a NaN stays a NaN."""
    if isinstance(a, list | tuple):  # such as the pairs of arrays that are a network
        return len(a) == len(b) and all(map(_unchanged, a, b))
    return a is b or np.array_equal(a, b, equal_nan=True)


def _same(a: np.ndarray | str, b: np.ndarray | str) -> bool:
    """Whether two outcomes are the same error, or the same numbers but for rounding."""
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a == b
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-5, atol=1e-7, equal_nan=True)


def _observed(case: tuple, outcome: np.ndarray | str, wanted: np.ndarray, otherwise: str) -> str:
    """The hint where no mistake was recognised: what was seen, or else what to think about."""
    first = case[0]  # stands for the arrays that go with it
    told = f"an array of shape {first.shape}" if isinstance(first, np.ndarray) else repr(first)
    if isinstance(first, list) and isinstance(first[0], tuple):
        told = f"layers whose weights have the shapes {[weights.shape for weights, _ in first]}"
    if isinstance(outcome, str):
        seen = f"stops with {outcome}"
    elif outcome.shape != wanted.shape:
        request = f"the shape {wanted.shape}" if wanted.ndim else "one number"
        seen = f"returns an array of shape {outcome.shape}, where {request} is wanted"
    elif (np.isfinite(wanted) & ~np.isfinite(outcome)).any():
        seen = "returns NaN or infinity"
    else:
        return f"{otherwise} (It was called with {told}.)"
    return f"Called with {told}, your function {seen}."
