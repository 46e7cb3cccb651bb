"""Exercises that ask for a paired difference and the verdict on it.

They are code and not data, since the reader's own runs decide what is right.
"""

from typing import Any

import numpy as np
from scipy import stats

from lessons_src.exercises import Exercise, Unclear, reading
from lessons_src.stats import Interval, paired_difference, verdict

# The three words of the rule, each from an interval that it fits.
VERDICTS = {verdict(Interval(0, *ends)) for ends in ((1, 1), (-1, -1), (-1, 1))}


class Difference(Exercise):
    """A pair: the `Interval` of the gain of `new` over `old`, and the verdict on it.

    Both are accuracies over the same seeds; the verdict is by the book's rule.
    """

    def compare(self, answer: Any, new: Any, old: Any) -> tuple[bool, dict[str, bool]]:
        with reading("`new` and `old` must be lists of accuracies, with one for each seed."):
            new, old = (np.array(values, dtype=float) for values in (new, old))
            wanted = paired_difference(new, old)
        if not all(((values >= 0) & (values <= 1)).all() for values in (new, old)):
            raise Unclear("`new` and `old` must hold accuracies as shares, from 0 to 1.")
        if (new == old).all():
            raise Unclear(
                "`new` and `old` are the same numbers: has anything changed between them?"
            )
        with reading(
            "Give a pair: an Interval of finite numbers, and a verdict of the rule as text."
        ):
            interval, word = answer
            middle, low, high = map(float, (interval.estimate, interval.low, interval.high))
            word = word.strip().lower()
            if word not in VERDICTS or not np.isfinite([middle, low, high]).all():
                raise ValueError
        middle_right = _close(middle, wanted.estimate)
        if middle_right and _close(low, wanted.low) and _close(high, wanted.high):
            return word == verdict(wanted), {
                "The interval is right, and the rule gives another verdict on it: it asks on which "
                "side of the margin both ends lie; neither the middle nor zero decides.": True
            }
        # The wrong intervals that are known have the right middle, so half their widths tells them.
        half, n, gained = (high - low) / 2, len(new), new - old
        root, spread, t = np.sqrt(n), gained.std(ddof=1), stats.t.ppf(0.975, n - 1)
        errors = [values.std(ddof=1) / root for values in (new, old)]
        pooled = stats.t.ppf(0.975, 2 * n - 2)
        unpaired = [t * sum(errors), *(factor * np.hypot(*errors) for factor in (1.96, t, pooled))]
        single = [factor * spread for factor in (1, 1.96, 2, t, t * np.sqrt(1 + 1 / n))]
        normal = [factor * s / root for factor in (1.96, 2) for s in (spread, gained.std())]
        return False, {
            "The sign is turned round: where the new runs are better than the old ones, the gain "
            "has to come out positive.": not middle_right and _close(middle, -wanted.estimate),
            "The middle of your interval is not the mean of what each seed gained, in the same "
            "unit as the accuracies.": not middle_right,
            "Your interval is that of two unrelated groups. Here each seed ran on both sides: "
            "which column of numbers can you make first, one for each seed?": _among(
                half, unpaired
            ),
            "Your interval tells how far single differences scatter. How sure their mean is "
            "depends on how many there are, too.": _among(half, single),
            "Your interval takes the standard deviation as known. From so few seeds it is a guess "
            "itself, and another distribution, with wider tails, allows for it.": _among(
                half, normal
            ),
            "The middle of your interval is right and its ends are not: look again at its level, "
            "at the factor in front, and at what is divided by what.": True,
        }


def _close(a: float, b: float) -> bool:
    return bool(abs(a - b) < 1e-6)


def _among(half: float, candidates: list[float]) -> bool:
    return any(np.isclose(half, candidate, rtol=1e-3, atol=0) for candidate in candidates)
