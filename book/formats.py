"""One way to write a number, for every role that shows one."""

import math
from typing import Any

import numpy as np

from lessons_src.stats import MINUS, Interval


def formatted(value: float, spec: str) -> str:
    """A number as Python formats it, with a real minus, and without a sign before a nought.

    Args:
        value: the number.
        spec: what may stand behind the colon of an f-string; or that of a fixed number of digits
            with ``pt`` for the type, as in ``.1pt`` or ``+.1pt``, which gives a share in
            percentage points.

    Raises:
        ValueError: the number cannot be formatted so.
    """
    if spec.endswith("pt"):
        value, spec = 100 * value, spec.removesuffix("pt") + "f"
    text = format(value, spec)
    if math.isfinite(value) and not any(digit in text for digit in "123456789"):
        return text.lstrip("+-")  # rounded to nought
    return text.replace("-", MINUS)


def told(value: Any, spec: str) -> str:
    """A value of any kind that a sentence quotes.

    A word stays as it is. Of an `Interval` the estimate is told, with ``[.1pt]`` as the format the
    ends as well: ``0.3 points [0.1, 0.5]``. ``abs .1pt`` leaves the sign away, for a sentence that
    says which way it goes.

    Raises:
        ValueError: it is neither a number, nor an interval, nor a word, or cannot be formatted so.
    """
    if isinstance(value, str):
        if spec:
            raise ValueError(f"a word takes no format, and not {spec!r}")
        return value
    if isinstance(value, Interval):
        if spec.startswith("[") and spec.endswith("]"):
            spec = spec[1:-1]
            ends = f"[{formatted(value.low, spec)}, {formatted(value.high, spec)}]"
            unit = " points" if spec.endswith("pt") else ""
            return f"{formatted(value.estimate, spec)}{unit} {ends}"
        value = value.estimate
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise ValueError(f"a sentence quotes numbers, intervals and words, and not {value!r}")
    if spec.startswith("abs "):
        value, spec = abs(value), spec.removeprefix("abs ")
    return formatted(value, spec)
