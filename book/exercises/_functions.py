"""Exercises that ask for a function: it is called, and what it returns is compared."""

import copy
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lessons_src.exercises import NOTHING_YET, Exercise, Unclear, reading

CHANGES = "The numbers are right, but the function changes what it is given: work on a copy."


def function_exercise(
    form: str,
    cases: Sequence[tuple],
    right: Callable,
    *,
    praise: str,
    mistakes: Mapping[str, Sequence[Callable]],
    otherwise: str,
    read: Callable[..., Any] = lambda returned, *arguments: returned,
    in_place: bool = False,
) -> Exercise:
    """An exercise that asks for a function.

    Args:
        form: how it is to be called, such as "softmax(z)".
        cases: the arguments of each call that is tried, until one goes wrong.
        right: a right function.
        mistakes: hints, each for those who act like one of these wrong functions.
        otherwise: the hint for numbers that are wrong in none of these ways.
        read: what to compare, from what is returned and the arguments, where that is no one array.
        in_place: the function is to change its first argument and to return nothing.
    """

    def outcome_of(function: Callable, arguments: tuple) -> np.ndarray | str:
        return _call(function, arguments, read, in_place)

    def judge(function: Any) -> tuple[bool, dict[str, bool]]:
        _require_function(function, form, cases[0])
        outcomes = []
        for case in cases:
            arguments = copy.deepcopy(case)
            outcomes.append(outcome_of(function, arguments))
            wanted = outcome_of(right, copy.deepcopy(case))
            if not _same(outcomes[-1], wanted):
                break
            if not all(map(_unchanged, arguments[in_place:], case[in_place:])):
                return False, {CHANGES: True}
        else:
            return True, {}

        def acts_like(wrong: Callable) -> bool:
            tried = zip(cases, outcomes, strict=False)  # up to the case that went wrong
            return all(_same(o, outcome_of(wrong, copy.deepcopy(case))) for case, o in tried)

        hints = {hint: any(map(acts_like, functions)) for hint, functions in mistakes.items()}
        hints[_observed(case, outcomes[-1], wanted, otherwise)] = True
        return False, hints

    return Exercise(judge, praise)


def _require_function(function: Any, form: str, case: tuple) -> None:
    if not callable(function):
        name = form.partition("(")[0]
        raise Unclear(f"A function is wanted: hand over {name} itself, without calling it.")
    try:
        inspect.signature(function).bind(*case)
    except TypeError:
        raise Unclear(f"The function takes other arguments: it will be called as {form}.") from None
    except ValueError:  # some functions written in C do not tell what they take
        pass


def _call(function: Callable, arguments: tuple, read: Callable, in_place: bool) -> np.ndarray | str:
    """What the function returns, as a new array, or the error that it ends with, as text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an overflow shows in what is returned
        try:
            returned = function(*arguments)
        except Exception as error:  # whatever it is, it is the reader's to see
            return " ".join(f"{type(error).__name__}: {error}".split())[:200]
    if returned is None and not in_place:
        raise Unclear("Your function returns None: is a return missing?")
    if returned is ...:
        raise Unclear(NOTHING_YET)
    returned = read(returned, *arguments)
    kind = type(returned).__name__
    with reading(f"Your function returns something of type {kind}; numbers are wanted."):
        array = np.array(returned)  # fails for such as a list of rows of unequal length
        if array.dtype.kind not in "uif":
            raise TypeError
    return array


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
    elif not np.isfinite(outcome).all():
        seen = "returns NaN or infinity"
    else:
        return f"{otherwise} (It was called with {told}.)"
    return f"Called with {told}, your function {seen}."
