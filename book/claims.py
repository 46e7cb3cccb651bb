"""How a claim of the sources is judged: one rule for each kind of question, fixed beforehand.

A claim has one *headline*, which a fair reader takes it to say; it may have several parts. What
else was *asked* is shown below it and changes nothing. Each question is put by one of the functions
here, which return an `Outcome`; `judge` puts them together.

| question | holds | does not hold |
|---|---|---|
| `gain` of more than the margin | low > margin | high ≤ margin |
| `not_worse` than by the margin | low > −margin | high ≤ −margin |
| `level` within the margin | the interval inside ±margin | wholly outside |
| `above` or `below` a bound | beyond it | on the other side |
| `inside` a range | the interval inside it | wholly outside |
| `share` of the runs | Wilson's interval above the share | below it |
| `identity`, a count | it is so | it is not |
| `every` one of several questions | all hold | one does not |

Everything else is undecided.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from numpy.typing import ArrayLike

from book import formats
from lessons_src.recorded import FIRST_SEED, LOOKS, Record
from lessons_src.stats import MARGIN, Interval, median_interval, verdict, wilson

HOLDS = "holds"
IN_PART = "holds in part"
DOES_NOT_HOLD = "does not hold"
UNDECIDED = "undecided"
NOT_TESTABLE = "not testable here"
NOT_MEASURED = "not yet measured"

#: All verdicts, in the order in which they are counted.
VERDICTS = (HOLDS, IN_PART, DOES_NOT_HOLD, UNDECIDED, NOT_TESTABLE, NOT_MEASURED)


@dataclass(frozen=True)
class Outcome:
    """What one question came to.

    Attributes:
        asked: the question in a few words, such as "ReLU over sigmoid with one hidden layer".
        verdict: one of `VERDICTS`, but not "holds in part".
        number: what was measured, in words, with its interval; empty where nothing was.
        sign: what the interval shows besides its verdict; empty where that is nothing.
        interval: estimate and ends of the number that decides, if it is one.
        seeds: those of the runs behind the number; none where nothing depends on chance.
        records: the experiments behind it.
        reached: of what is undecided, how well it is known, in words.
    """

    asked: str
    verdict: str
    number: str = ""
    sign: str = ""
    interval: Interval | None = None
    seeds: tuple[int, ...] = ()
    records: tuple[Record, ...] = field(default=(), repr=False)
    reached: str = ""

    @property
    def provisional(self) -> bool:
        """Whether it rests on seeds that were seen while the readings were chosen.

        Those of one of its records are enough. What has no seeds does not depend on chance.
        """
        of_records = (seed for record in self.records for seed in record.seeds)
        return any(seed < FIRST_SEED for seed in (*self.seeds, *of_records) if self.seeds)


@dataclass(frozen=True)
class Judgement:
    """What the card of a claim shows.

    Attributes:
        headline: the outcomes of the parts, of which there is at least one.
        also: what was asked besides; no part of the verdict.
        set_up: what was trained or counted, where the records do not say enough.
        weakened: what is known to weaken the result, in one line.
    """

    headline: tuple[Outcome, ...]
    also: tuple[Outcome, ...] = ()
    set_up: str = ""
    weakened: str = ""
    records: tuple[Record, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = {r.name: r for part in (*self.headline, *self.also) for r in part.records}
        object.__setattr__(self, "records", tuple(found.values()))

    @property
    def verdict(self) -> str:
        """The verdict of the headline."""
        return combined([part.verdict for part in self.headline])

    @property
    def provisional(self) -> bool:
        """Whether the verdict rests on seeds that were seen while the readings were chosen."""
        answered = self.verdict not in (NOT_MEASURED, NOT_TESTABLE)
        return answered and any(part.provisional for part in self.headline)


def judge(
    *headline: Outcome, also: Sequence[Outcome] = (), set_up: str = "", weakened: str = ""
) -> Judgement:
    """Put the outcomes of a claim's parts, and of what was asked besides, together.

    Raises:
        ValueError: there is no headline.
    """
    if not headline:
        raise ValueError("a claim is judged by its headline, which needs at least one outcome")
    return Judgement(headline, tuple(also), set_up, weakened)


def combined(verdicts: Sequence[str]) -> str:
    """The verdict of a headline from those of its parts.

    All hold: holds. Some hold and some are refuted: holds in part. None holds and some are refuted:
    does not hold. Else undecided. A part that was not measured, or cannot be, leaves the headline
    so.
    """
    found = set(verdicts)
    for missing in (NOT_MEASURED, NOT_TESTABLE):
        if missing in found:
            return missing
    if found == {HOLDS}:
        return HOLDS
    if DOES_NOT_HOLD in found:
        return IN_PART if HOLDS in found else DOES_NOT_HOLD
    return UNDECIDED


def confidence(parts: int = 1, *, looks: int = len(LOOKS)) -> float:
    """The level of the intervals of a headline with this many parts.

    Parts share the risk of one. Four looks at 98.2 % keep 95 % whenever one stops (simulated in
    `tests/test_looks.py`); where the number of runs is fixed (`looks=1`), 95 % is 95 %.
    """
    return 1 - (0.05 if looks == 1 else 0.018) / parts


def gain(
    asked: str,
    difference: Interval,
    *records: Record,
    margin: float = MARGIN,
    unit: str = "points",
    digits: int = 2,
) -> Outcome:
    """Is the gain above the margin? `difference` is in the unit of the margin, shares for points.

    Args:
        unit: behind the number; "points" and "%" show shares times 100.
    """
    told, signs = verdict(difference, margin), []
    if told == UNDECIDED:
        signs.append(_sign(difference, told, margin))
    elif told == DOES_NOT_HOLD:
        signs += ["level"] if difference.low > -margin else []
        signs += ["the opposite is seen"] if difference.high < 0 else []
        signs += ["a gain is seen, too small to matter"] if difference.low > 0 else []
    return _outcome(asked, told, difference, records, unit, digits, "; ".join(signs))


def not_worse(
    asked: str,
    difference: Interval,
    *records: Record,
    margin: float = MARGIN,
    unit: str = "points",
    digits: int = 2,
) -> Outcome:
    """Is it at most the margin below? `difference` is the one asked about minus the other."""
    told = verdict(difference, -margin)
    return _outcome(asked, told, difference, records, unit, digits, _sign(difference, told, margin))


def level(
    asked: str,
    difference: Interval,
    *records: Record,
    margin: float = MARGIN,
    unit: str = "points",
    digits: int = 2,
) -> Outcome:
    """Are the two within the margin of each other?"""
    told = _within(difference, -margin, margin)
    return _outcome(asked, told, difference, records, unit, digits, _sign(difference, told, margin))


def inside(
    asked: str,
    value: Interval,
    low: float,
    high: float,
    *records: Record,
    unit: str = "",
    digits: int = 2,
) -> Outcome:
    """Does a quantity lie between two bounds, with its whole interval?"""
    return _outcome(asked, _within(value, low, high), value, records, unit, digits, "")


def above(
    asked: str,
    value: Interval,
    bound: float,
    *records: Record,
    none: float | None = None,
    unit: str = "",
    digits: int = 2,
) -> Outcome:
    """Is a quantity, or a ratio, above the bound? `none` is its value where nothing is seen."""
    return _outcome(asked, verdict(value, bound), value, records, unit, digits, _side(value, none))


def below(
    asked: str,
    value: Interval,
    bound: float,
    *records: Record,
    none: float | None = None,
    unit: str = "",
    digits: int = 2,
) -> Outcome:
    """Is a quantity, or a ratio, below the bound? `none` is its value where nothing is seen."""
    told = HOLDS if value.high < bound else DOES_NOT_HOLD if value.low >= bound else UNDECIDED
    return _outcome(asked, told, value, records, unit, digits, _side(value, none))


def of_median(
    question: Callable[..., Outcome],
    asked: str,
    values: ArrayLike,
    bound: float,
    instead: str,
    *records: Record,
    confidence: float = 0.95,
    unit: str = "",
    digits: int = 1,
) -> Outcome:
    """Is the median `above` or `below` the bound? Not measured where the seeds are too few.

    Args:
        question: one of these two.
        values: one number for each run, shape (n,).
        instead: what the records have, where even the range of all runs covers the median too
            rarely.
    """
    runs = len(values)
    if 2 * 0.5**runs > 1 - confidence:
        return unmeasured(asked, f"{runs} seeds are too few for a median: {instead}")
    found = median_interval(values, confidence)
    return question(asked, found, bound, *records, unit=unit, digits=digits)


def share(
    asked: str,
    successes: int,
    trials: int,
    of: float,
    *records: Record,
    less: bool = False,
    confidence: float = 0.95,
) -> Outcome:
    """Do more than the share `of` of the runs show it (`less`: fewer)?"""
    found = wilson(successes, trials, confidence)
    question = below if less else above
    told = question(asked, found, of, *records).verdict
    number = f"{successes} of {trials} runs, {found:.0%}"
    return Outcome(asked, told, number, "", found, _seeds(records), records)


def identity(
    asked: str, so: bool, number: str = "", *records: Record, seeds: Sequence[int] = ()
) -> Outcome:
    """Is it so? For counts, and for equalities up to rounding.

    Args:
        number: what was counted, in words.
        seeds: of the runs behind it, where it rests on chance.
    """
    told = HOLDS if so else DOES_NOT_HOLD
    return Outcome(asked, told, number, "", None, tuple(seeds), records)


def every(asked: str, *parts: Outcome, telling: Outcome | None = None) -> Outcome:
    """One question that asks for several things at once, of which all have to hold.

    Args:
        telling: the part whose number stands for all, such as the smallest; else all are told.
    """
    verdicts = {part.verdict for part in parts}
    found = (DOES_NOT_HOLD, NOT_MEASURED, NOT_TESTABLE, UNDECIDED)
    told = next((one for one in found if one in verdicts), HOLDS)
    if telling is not None:
        return replace(telling, asked=asked, verdict=told)
    number = "; ".join(
        f"{part.asked} {part.number}" + (f" ({part.sign})" if part.sign else "") for part in parts
    )
    records = tuple({r.name: r for part in parts for r in part.records}.values())
    seeds = min((part.seeds for part in parts if part.seeds), key=len, default=())
    return Outcome(asked, told, number, seeds=seeds, records=records)


def cited(asked: str, number: str = "") -> Outcome:
    """What can only be quoted on here."""
    return Outcome(asked, NOT_TESTABLE, number)


def unmeasured(asked: str, why: str = "") -> Outcome:
    """What today's records do not answer, and why."""
    return Outcome(asked, NOT_MEASURED, why)


def _outcome(
    asked: str,
    told: str,
    interval: Interval,
    records: tuple[Record, ...],
    unit: str,
    digits: int,
    sign: str,
) -> Outcome:
    number, seeds = in_words(interval, unit, digits), _seeds(records)[: interval.runs]
    reached = ""
    if told == UNDECIDED:
        half = replace(interval, estimate=(interval.high - interval.low) / 2)
        reached = f"known to ±{in_words(half, unit, digits).partition(' [')[0]}"
        reached += f" after {len(seeds)} seeds" if seeds else ""
    return Outcome(asked, told, number, sign, interval, seeds, records, reached)


def _within(value: Interval, low: float, high: float) -> str:
    """Whether an interval lies between two bounds, outside of them, or across one."""
    if low < value.low and value.high < high:
        return HOLDS
    return DOES_NOT_HOLD if value.low >= high or value.high <= low else UNDECIDED


def in_words(interval: Interval, unit: str = "", digits: int = 2) -> str:
    """A number with its interval and its unit: ``0.13 points [−0.10, 0.35]``."""
    if kind := {"points": "pt", "%": "%"}.get(unit):
        return formats.told(interval, f"[.{digits}{kind}]")
    number, ends = formats.told(interval, f"[.{digits}f]").split(" ", 1)
    return f"{number} {unit} {ends}" if unit else f"{number} {ends}"


def _sign(difference: Interval, told: str, margin: float) -> str:
    """The sign that an interval shows, whatever its verdict; empty where it shows none."""
    if difference.low <= 0 <= difference.high:
        return ""
    seen = "a gain is seen" if difference.low > 0 else "a loss is seen"
    if told == UNDECIDED:
        return f"{seen}; whether it matters is open"
    small = max(abs(difference.low), abs(difference.high)) <= margin
    return f"{seen}, too small to matter" if small else seen


def _side(value: Interval, none: float | None) -> str:
    """On which side of no difference at all a quantity lies, if its interval shows that."""
    if none is None or value.low <= none <= value.high:
        return ""
    return f"{'above' if value.low > none else 'below'} {none:g} is seen"


def _seeds(records: tuple[Record, ...]) -> tuple[int, ...]:
    """The seeds of the number shown: those of the record that has fewest."""
    return min((record.seeds for record in records), key=len, default=())
