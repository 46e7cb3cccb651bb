"""Intervals and verdicts: one rule for every comparison in the book.

All intervals are 95 % unless `level` says otherwise. Which one answers which question:

* `mean_interval`: where does the mean over all seeds lie? Student's t over the seeds that ran.
* `prediction_interval`: where will one further run land? Wider, for a reader's own run.
* `wilson`: how sure is a share of test images, such as an accuracy or a recall?
* `paired_difference`: how much better is a than b, run on the same seeds?
* `paired_ratio`: the same as a factor, for sizes and seconds.
* `median_interval`: the median, for skewed quantities, where Student's t covers too rarely.

What an interval says of a claim is told by `verdict`, and of two rivals by `standing`.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

#: A difference in accuracy smaller than this (0.3 points) is of no practical weight.
MARGIN = 0.003
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval, in the unit of the values that it was made from.

    `runs` is the number of runs, or pairs of runs, behind it, where it rests on runs.
    """

    estimate: float
    low: float
    high: float
    level: float = 0.95
    runs: int | None = field(default=None, compare=False)

    def __format__(self, spec: str) -> str:
        """`f"{interval:.1%}"` gives ``88.1% [87.9%, 88.3%]``."""
        estimate, low, high = (
            _signed(f"{value:{spec}}", value) for value in (self.estimate, self.low, self.high)
        )
        return f"{estimate} [{low}, {high}]"

    def points(self, digits: int = 1) -> str:
        """A difference of shares in percentage points: ``6.5 points [4.4, 8.6]``."""
        estimate, low, high = (
            _signed(f"{100 * value:.{digits}f}", value)
            for value in (self.estimate, self.low, self.high)
        )
        return f"{estimate} points [{low}, {high}]"

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Mean over runs with Student's t interval.

    Args:
        values: one number per run, shape (n,), n of at least 2, all finite.

    Raises:
        ValueError: fewer than two values, or one that is not finite.
    """
    values = _runs(values)
    return _student(values, np.sqrt(1 / len(values)), level)


def prediction_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Where one further run of the same experiment lands, if runs are roughly normal.

    The half-width is t · s · √(1 + 1/n), with s the standard deviation of the n runs.

    Raises:
        ValueError: fewer than two values, or one that is not finite.
    """
    values = _runs(values)
    return _student(values, np.sqrt(1 + 1 / len(values)), level)


def wilson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """A share (accuracy, recall) of `trials` images with Wilson's score interval.

    Raises:
        ValueError: no trials, more successes than trials, or a share in place of the count.
    """
    if not 0 <= successes <= trials or trials == 0 or successes != int(successes):
        raise ValueError(
            f"{successes} successes in {trials} trials: need a count, 0 <= successes <= trials"
        )
    interval = stats.binomtest(int(successes), int(trials)).proportion_ci(level, method="wilson")
    return Interval(successes / trials, float(interval.low), float(interval.high), level)


def paired_difference(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> Interval:
    """Mean of a - b with its interval; `a[i]` and `b[i]` come from the same seed.

    Raises:
        ValueError: unequal lengths, fewer than two pairs, or a value that is not finite.
    """
    a, b = _runs(a), _runs(b)
    if len(a) != len(b):
        raise ValueError(f"{len(a)} runs against {len(b)}: pairs need the same seeds on both sides")
    return mean_interval(a - b, level)


def paired_ratio(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> Interval:
    """Geometric mean of a / b with its interval; `a[i]` and `b[i]` come from the same seed.

    Student's t is taken on the logarithms, since a factor of two and one of a half lie equally far
    from none.

    Raises:
        ValueError: unequal lengths, fewer than two pairs, or a value that is not above 0.
    """
    a, b = _runs(a), _runs(b)
    if min(a.min(), b.min()) <= 0:
        raise ValueError("a ratio needs values above 0")
    logs = paired_difference(np.log(a), np.log(b), level)
    return Interval(*map(float, np.exp([logs.estimate, logs.low, logs.high])), level, len(a))


def median_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Median with the interval of the sign test: it assumes no shape of the distribution.

    The ends are order statistics of the n values: the k-th smallest and the k-th largest, k the
    largest number for which fewer than k of n fair coins show heads with a probability of at most
    (1 - level) / 2.

    Raises:
        ValueError: so few values that even their whole range covers less than `level`.
    """
    values = np.sort(_runs(values))
    n = len(values)
    k = int(stats.binom.ppf((1 - level) / 2, n, 0.5)) + 1
    while k > 0 and stats.binom.cdf(k - 1, n, 0.5) > (1 - level) / 2:
        k -= 1
    if k == 0:
        raise ValueError(f"{n} runs are too few for an interval of the median at {level:.1%}")
    return Interval(float(np.median(values)), float(values[k - 1]), float(values[n - k]), level, n)


def verdict(gain: Interval, margin: float = MARGIN) -> str:
    """What the interval of a claimed gain says, by the rule fixed before measuring.

    `"holds"` when the whole interval lies above the margin, `"does not hold"` when it lies at or
    below it: the gain is then too small to matter, or none. Else `"undecided"`.
    """
    if gain.low > margin:
        return "holds"
    return "does not hold" if gain.high <= margin else "undecided"


def standing(difference: Interval, margin: float = MARGIN) -> str:
    """Which of two rivals is ahead, where neither was claimed to be.

    `"ahead"` or `"behind"` when the whole interval lies beyond the margin on that side, `"level"`
    when it lies inside ±margin, else `"open"`.
    """
    if difference.low > margin:
        return "ahead"
    if difference.high < -margin:
        return "behind"
    return "level" if -margin <= difference.low and difference.high <= margin else "open"


def _signed(text: str, value: float) -> str:
    """A formatted number with a real minus, and without one where it was rounded to nought."""
    sign = MINUS if any(digit in text for digit in "123456789") else ""
    return text.replace("-", sign, int(np.signbit(value)))


def _student(values: np.ndarray, scale: float, level: float) -> Interval:
    half = stats.t.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1) * scale
    mean = values.mean()
    return Interval(float(mean), float(mean - half), float(mean + half), level, len(values))


def _runs(values: ArrayLike) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"need a list of at least two runs, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(
            "a run is NaN or infinite: score one that diverged as a guess, and do not leave it out"
        )
    return values
