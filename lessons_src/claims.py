"""Judge a claim of the sources by what was measured.

The claims stand in `book/claims.toml`. A chapter calls `judge` once for each that it settles; the
page shows the judgement where it says ``{claim} S2.7``, and the build compares its verdict with the
one in `book/experiments/verdicts.json`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from lessons_src import settings, stats
from lessons_src.data import load
from lessons_src.recorded import Record
from lessons_src.report import note
from lessons_src.stats import MARGIN, Interval

#: What one reading of a claim came to: an interval of the claimed gain; or whether it is so, None
#: standing for "these runs do not decide it".
Outcome = Interval | bool | None

NOT_JUDGED = "not judged on this build"
NOT_TESTABLE = "not testable here"


@dataclass(frozen=True)
class Judgement:
    """What the card of a claim shows.

    Attributes:
        id: as in `book/claims.toml`.
        verdict: "holds", "holds only when …", "no difference seen", "undecided", "does not hold",
            "not testable here", or NOT_JUDGED.
        conditions: the verdict under each condition, where they differ; else empty.
        measured: the numbers, with their intervals, in words.
        set_up: what was trained or counted, and on what.
        interval: estimate, lower and upper end of the number that decides, if one does.
        seeds: how many runs each case had; None where nothing was trained.
        records: names of the experiments that the numbers come from; none for a live result.
    """

    id: str
    verdict: str
    conditions: dict[str, str]
    measured: str
    set_up: str
    interval: tuple[float, float, float] | None
    seeds: int | None
    records: tuple[str, ...]

    def __repr__(self) -> str:
        return f"{self.id}: {self.verdict}. Measured: {self.measured}"


def judge(
    claim: str,
    outcome: Outcome | Mapping[str, Outcome] | str,
    *,
    measured: str,
    set_up: str = "",
    interval: Interval | None = None,
    seeds: int | None = None,
    records: Sequence[Record] = (),
    margin: float = MARGIN,
) -> Judgement:
    """Judge a claim and hand the judgement to the page.

    A live result of the stand-in or of a quick run is not judged; a recorded one always is, since
    records are made of the real data at full settings.

    Args:
        outcome: see `decide`; or "not testable here", for a claim that we can only quote on.
        interval: the number that decides, where the outcome itself is none.
        seeds: of a live result; a record knows its own.
        records: where the numbers come from, if they are recorded.
    """
    verdict = outcome if isinstance(outcome, str) else decide(outcome, margin)
    conditions = by_condition(outcome, margin) if isinstance(outcome, Mapping) else {}
    if isinstance(outcome, str) and outcome != NOT_TESTABLE:
        raise ValueError(
            f"{claim}: the verdict {outcome!r} has to be computed: give what decides it"
        )
    if verdict != NOT_TESTABLE and not records and (load().source != "real" or settings.quick()):
        verdict, conditions = NOT_JUDGED, {}
    if interval is None and isinstance(outcome, Interval):
        interval = outcome
    judgement = Judgement(
        id=claim,
        verdict=verdict,
        conditions=conditions if len(set(conditions.values())) > 1 else {},
        measured=measured,
        set_up=set_up or " ".join(f"{r.set_up} {len(r.seeds)} seeds." for r in records),
        interval=interval and (interval.estimate, interval.low, interval.high),
        seeds=min((len(record.seeds) for record in records), default=seeds),
        records=tuple(record.name for record in records),
    )
    note(**{f"claim {claim}": json.dumps(asdict(judgement))})
    return judgement


def decide(outcome: Outcome | Mapping[str, Outcome], margin: float = MARGIN) -> str:
    """The verdict, by the rule fixed before measuring.

    An interval of the claimed gain is judged by `stats.verdict`. A mapping names conditions, or
    readings of the claim, each with its outcome: the verdict is theirs where they agree, and
    "holds only when …" where some hold.

    Raises:
        TypeError: an outcome is neither an interval nor a truth value nor None.
        ValueError: a mapping is empty, or holds another.
    """
    if not isinstance(outcome, Mapping):
        if isinstance(outcome, Interval):
            return stats.verdict(outcome, margin)
        if not isinstance(outcome, bool | np.bool_ | None):
            raise TypeError(f"an outcome is an Interval, True, False or None, not {outcome!r}")
        return "undecided" if outcome is None else "holds" if outcome else "does not hold"
    verdicts = by_condition(outcome, margin)
    found = set(verdicts.values())
    if len(found) == 1:
        return found.pop()
    holding, open_ = (
        " or ".join(condition for condition, verdict in verdicts.items() if verdict == wanted)
        for wanted in ("holds", "undecided")
    )
    if holding:
        return f"holds only when {holding}" + (f"; undecided when {open_}" if open_ else "")
    return "undecided" if open_ else "does not hold"


def by_condition(outcome: Mapping[str, Outcome], margin: float = MARGIN) -> dict[str, str]:
    """The verdict under each condition.

    Raises:
        ValueError: the mapping is empty, or holds another.
    """
    if not outcome or any(isinstance(part, Mapping) for part in outcome.values()):
        raise ValueError(f"conditions need one outcome each, and not none: {outcome!r}")
    return {condition: decide(part, margin) for condition, part in outcome.items()}


def level(difference: Interval, margin: float = MARGIN) -> bool | None:
    """Whether two things are level, as an `Outcome`: the whole interval is inside ±margin."""
    return {"no difference seen": True, "undecided": None}.get(
        stats.verdict(difference, margin), False
    )


def beyond(interval: Interval, bound: float = 0.0) -> bool | None:
    """Whether a quantity is above `bound`, as an `Outcome`: the whole interval is, or is not."""
    return True if interval.low > bound else False if interval.high <= bound else None


def every(*outcomes: Outcome, margin: float = MARGIN) -> bool | None:
    """The parts of a claim taken together, as an `Outcome`: it is so if each of them is.

    Raises:
        ValueError: there are no parts.
    """
    if not outcomes:
        raise ValueError("every() needs the parts of the claim")
    verdicts = {decide(outcome, margin) for outcome in outcomes}
    if verdicts <= {"holds"}:
        return True
    return False if verdicts - {"holds", "undecided"} else None
