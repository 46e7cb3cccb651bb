"""Exercises whose answers are declared as data, so that a page can check them without Python.

Mistakes are hints, each with the wrong answers that it is for.
"""

import inspect
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, asdict, dataclass, field
from typing import Any

import numpy as np

from lessons_src.exercises import Exercise, Feedback, reading


@dataclass(frozen=True)
class Value(Exercise):
    """An exercise with one answer."""

    answer: Any
    mistakes: Mapping[str, Sequence]
    otherwise: str = ""  # the hint for all other wrong answers
    _: KW_ONLY
    request: str  # what is said to an answer that cannot be read
    kind: str = field(default="", init=False)

    data = asdict  # all that it takes to check an answer, fit for JSON

    def read(self, answer: Any) -> Any:
        """The answer in the form in which it is compared; after any error, `request` is said."""

    def same(self, found: Any, declared: Any) -> bool:
        return found == declared

    def compare(self, answer: Any) -> tuple[bool, dict[str, bool]]:
        with reading(self.request):
            found = self.read(answer)
        hints = {
            hint: any(self.same(found, wrong) for wrong in answers)
            for hint, answers in self.mistakes.items()
        }
        return self.same(found, self.answer), {**hints, self.otherwise: True}


@dataclass(frozen=True, kw_only=True)
class Number(Value):
    """A number; a mistake may be a range: `{"above": 5}`, `{"below": 0}`, or both in one."""

    kind: str = field(default="number", init=False)
    tolerance: float = 0.0
    whole: bool = False

    def read(self, answer: Any) -> float:
        number, kind = np.array(answer).item(), np.array(answer).dtype.kind
        if kind not in "uif" or not np.isfinite(number) or (self.whole and number % 1):
            raise TypeError
        return number

    def same(self, found: float, declared: Any) -> bool:
        if isinstance(declared, dict):
            return declared.get("above", -np.inf) < found < declared.get("below", np.inf)
        return abs(found - declared) <= self.tolerance


@dataclass(frozen=True, kw_only=True)
class Shape(Value):
    """The shape of an array; a mistake may be one size, wherever it stands in the shape."""

    kind: str = field(default="shape", init=False)

    def read(self, answer: Any) -> list[int]:
        return [operator.index(size) for size in answer]

    def same(self, found: list[int], declared: Any) -> bool:
        return declared in found if isinstance(declared, int) else found == list(declared)


@dataclass(frozen=True, kw_only=True)
class Choice(Value):
    """One of some names, in capitals or not."""

    kind: str = field(default="choice", init=False)
    options: Sequence[str]

    def read(self, answer: Any) -> str:
        (name,) = (o for o in self.options if o.lower() == answer.strip().lower())
        return name


@dataclass(frozen=True, kw_only=True)
class Order(Value):
    """Letters in an order; a mistake is a pattern, such as "B..." for all that begin with B."""

    kind: str = field(default="order", init=False)

    def read(self, answer: Any) -> str:
        order = re.sub("[ ,]", "", "".join(answer)).upper()
        if sorted(order) != sorted(self.answer):
            raise ValueError
        return order

    def same(self, found: str, declared: str) -> bool:
        return bool(re.fullmatch(declared, found))


@dataclass(frozen=True, kw_only=True)
class Parts(Exercise):
    """Several answers in one, of which the first that is wrong gets its hint."""

    parts: Sequence[Exercise]
    request: str
    kind: str = field(default="parts", init=False)

    data = asdict

    def compare(self, answer: Any) -> tuple[bool, dict[str, bool]]:
        with reading(self.request):
            pairs = list(zip(self.parts, answer, strict=True))
        compared = [part.compare(one) for part, one in pairs]
        return next((found for found in compared if not found[0]), compared[-1])


@dataclass(frozen=True, kw_only=True)
class Depending(Exercise):
    """An exercise that is declared from the data set, or from what `check` is given."""

    declare: Callable[..., Value | Parts]

    @property
    def given(self) -> list[str]:
        return list(inspect.signature(self.declare).parameters)

    def feedback(self, answer: Any, **given: Any) -> Feedback:
        return self.declare(**given).feedback(answer)
