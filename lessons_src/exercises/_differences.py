"""Exercises that ask for a paired difference and the verdict on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from lessons_src.exercises import Exercise, Unclear
from lessons_src.stats import MARGIN, Interval, paired_difference, prediction_interval, verdict

# The four words of the rule, each from an interval that it fits.
VERDICTS = {verdict(Interval(0, *ends)) for ends in ((1, 1), (-1, -1), (0, 0), (-1, 1))}


@dataclass(frozen=True, eq=False)
class Judged:
    """An answer, with the accuracies that it is about."""

    interval: Interval
    word: str
    new: np.ndarray
    old: np.ndarray

    @property
    def wanted(self) -> Interval:
        """The right interval."""
        return paired_difference(self.new, self.old)

    @property
    def half(self) -> float:
        """Half the width of the answered interval."""
        return (self.interval.high - self.interval.low) / 2


def difference_exercise(praise: str) -> Exercise:
    """An exercise on the gain of `new` over `old`, accuracies over the same seeds.

    The answer is a pair, the `Interval` of the difference and the verdict by the book's rule.
    """
    return Exercise(
        read=_read,
        right=lambda answer: (
            _interval_is(answer.wanted)(answer) and answer.word == verdict(answer.wanted)
        ),
        praise=praise,
        mistakes=(
            (
                _swapped,
                "The sign is turned round: a gain of the new runs has to come out positive.",
            ),
            (
                lambda answer: not _close(answer.interval.estimate, answer.wanted.estimate),
                "The middle of your interval is not the mean of what each seed gained, "
                "in the same unit as the accuracies.",
            ),
            (
                _half_is(_unpaired),
                "Your interval is that of two unrelated groups. Here each seed ran on both sides: "
                "which column of numbers can you make first, one for each seed?",
            ),
            (
                _half_is(_spread),
                "Your interval tells how far single differences scatter. How sure their mean is "
                "depends on how many there are, too.",
            ),
            (
                _half_is(_normal),
                "Your interval takes the standard deviation as known. From so few seeds it is a "
                "guess itself, and another distribution, with wider tails, allows for that.",
            ),
            (
                _interval_is_prediction,
                "That is where one further run would land; the mean of the runs is asked for.",
            ),
            (
                lambda answer: not _interval_is(answer.wanted)(answer),
                "The middle of your interval is right and its ends are not: look again at its "
                "level, at the factor in front, and at what is divided by what.",
            ),
            (
                lambda answer: answer.word == _by_the_middle(answer.interval),
                "The interval is right, but your verdict looks at its middle alone. What do its "
                "two ends say?",
            ),
            (
                lambda answer: answer.word == _by_zero(answer.interval),
                "The interval is right, but your verdict asks on which side of zero it lies. The "
                "rule has a margin: how large a difference is worth speaking of?",
            ),
        ),
        fallback=lambda answer: (
            "The interval is right, and the rule gives another verdict on it: compare each of its "
            "ends with the margin."
        ),
    )


def _read(answer: Any, new: Any, old: Any) -> Judged:
    try:
        new, old = (np.array(values, dtype=float) for values in (new, old))
    except Exception:  # whatever numpy makes of what is no list of numbers
        new = old = np.empty(0)
    if new.ndim != 1 or new.shape != old.shape or len(new) < 2:
        raise Unclear("`new` and `old` must be lists of accuracies, with one for each seed.")
    # Also true of NaN, which no comparison holds for.
    if not all(((values >= 0) & (values <= 1)).all() for values in (new, old)):
        raise Unclear("`new` and `old` must hold accuracies as shares, from 0 to 1.")
    if (new == old).all():
        raise Unclear("`new` and `old` are the same numbers: has anything changed between them?")
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Unclear("Give a pair: the interval of the difference, and the verdict.")
    interval, word = answer
    if not isinstance(interval, Interval):
        raise Unclear("The first of the pair must be an Interval, with estimate, low and high.")
    ends = (interval.estimate, interval.low, interval.high)
    if not all(isinstance(end, float | int | np.number) and np.isfinite(end) for end in ends):
        raise Unclear("Your interval is made of something else than finite numbers.")
    if not isinstance(word, str) or word.strip().lower() not in VERDICTS:
        raise Unclear("The second of the pair must be one of the rule's four verdicts, as text.")
    return Judged(interval, word.strip().lower(), new, old)


def _close(a: float, b: float) -> bool:
    return abs(a - b) < 1e-6


def _interval_is(wanted: Interval) -> Callable[[Judged], bool]:
    def same(answer: Judged) -> bool:
        fields = ("estimate", "low", "high")
        return all(_close(getattr(answer.interval, f), getattr(wanted, f)) for f in fields)

    return same


def _interval_is_prediction(answer: Judged) -> bool:
    return _interval_is(prediction_interval(answer.new - answer.old))(answer)


def _swapped(answer: Judged) -> bool:
    middle = answer.wanted.estimate
    return not _close(middle, 0) and _close(answer.interval.estimate, -middle)


def _half_is(candidates: Callable[[Judged], list[float]]) -> Callable[[Judged], bool]:
    """Recognise an interval whose half-width is one of the candidates, and is not right."""

    def recognised(answer: Judged) -> bool:
        if _interval_is(answer.wanted)(answer):
            return False
        return any(np.isclose(answer.half, half, rtol=1e-3, atol=0) for half in candidates(answer))

    return recognised


def _unpaired(answer: Judged) -> list[float]:
    """Half-widths that take the two sides for independent: Welch's, pooled, and normal."""
    n = len(answer.new)
    shares = [values.var(ddof=1) / n for values in (answer.new, answer.old)]
    error = np.sqrt(sum(shares))
    if not error:
        return []
    welch = sum(shares) ** 2 / sum(share**2 / (n - 1) for share in shares)
    factors = [stats.t.ppf(0.975, df) for df in (welch, 2 * n - 2, n - 1)]
    return [factor * error for factor in [*factors, stats.norm.ppf(0.975)]]


def _spread(answer: Judged) -> list[float]:
    """Half-widths that are not divided by the root of the number of seeds."""
    gained, n = answer.new - answer.old, len(answer.new)
    factors = (1, 2, stats.norm.ppf(0.975), stats.t.ppf(0.975, n - 1))
    return [factor * gained.std(ddof=ddof) for factor in factors for ddof in (0, 1)]


def _normal(answer: Judged) -> list[float]:
    """Half-widths by the normal distribution's factor."""
    gained, n = answer.new - answer.old, len(answer.new)
    factors = (2, stats.norm.ppf(0.975))
    return [f * gained.std(ddof=ddof) / np.sqrt(n) for f in factors for ddof in (0, 1)]


def _by_the_middle(interval: Interval) -> str:
    """The verdict of those who do not look at the ends."""
    return verdict(Interval(interval.estimate, interval.estimate, interval.estimate))


def _by_zero(interval: Interval) -> str:
    """The verdict of those who ask only whether zero is inside."""
    beyond = 2 * MARGIN * ((interval.low > 0) - (interval.high < 0))
    return verdict(Interval(beyond, beyond, beyond))
