"""The rule: a truth table for each kind of question, and what has to be so whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import record

from book import claims
from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, NOT_MEASURED, NOT_TESTABLE, UNDECIDED
from lessons_src.stats import Interval, wilson

FRESH = record("fresh", {"only": {"score": [0.5, 0.6]}}, first_seed=1000)
SEEN = record("seen", {"only": {"score": [0.5, 0.6, 0.7]}}, first_seed=0)


def between(low: float, high: float) -> Interval:
    """An interval, the estimate in its middle."""
    return Interval((low + high) / 2, low, high)


# Ends in points; the margin is 0.3, the bound 0.1, the range from 0.1 to 0.3.
TABLE = [
    # question, low, high, verdict, sign
    ("gain", 0.4, 0.9, HOLDS, ""),
    ("gain", 0.3, 0.9, UNDECIDED, "a gain is seen; whether it matters is open"),
    ("gain", -0.2, 0.9, UNDECIDED, ""),
    ("gain", -0.2, 0.3, DOES_NOT_HOLD, "level"),
    ("gain", 0.1, 0.3, DOES_NOT_HOLD, "level; a gain is seen, too small to matter"),
    ("gain", -0.2, -0.1, DOES_NOT_HOLD, "level; the opposite is seen"),
    ("gain", -0.9, -0.4, DOES_NOT_HOLD, "the opposite is seen"),
    ("gain", -0.9, 0.2, DOES_NOT_HOLD, ""),
    ("not_worse", 0.1, 0.9, HOLDS, "a gain is seen"),
    ("not_worse", -0.2, 0.9, HOLDS, ""),
    ("not_worse", -0.2, -0.1, HOLDS, "a loss is seen, too small to matter"),
    ("not_worse", -0.3, 0.9, UNDECIDED, ""),
    ("not_worse", -0.9, -0.1, UNDECIDED, "a loss is seen; whether it matters is open"),
    ("not_worse", -0.9, -0.3, DOES_NOT_HOLD, "a loss is seen"),
    ("level", -0.2, 0.2, HOLDS, ""),
    ("level", 0.1, 0.2, HOLDS, "a gain is seen, too small to matter"),
    ("level", -0.2, 0.3, UNDECIDED, ""),
    ("level", 0.1, 0.9, UNDECIDED, "a gain is seen; whether it matters is open"),
    ("level", -0.9, -0.1, UNDECIDED, "a loss is seen; whether it matters is open"),
    ("level", 0.3, 0.9, DOES_NOT_HOLD, "a gain is seen"),
    ("level", -0.9, -0.3, DOES_NOT_HOLD, "a loss is seen"),
    ("above", 0.11, 0.9, HOLDS, ""),
    ("above", 0.1, 0.9, UNDECIDED, ""),
    ("above", 0.0, 0.1, DOES_NOT_HOLD, ""),
    ("below", 0.0, 0.09, HOLDS, ""),
    ("below", 0.0, 0.1, UNDECIDED, ""),
    ("below", 0.1, 0.9, DOES_NOT_HOLD, ""),
    ("inside", 0.11, 0.29, HOLDS, ""),
    ("inside", 0.1, 0.2, UNDECIDED, ""),
    ("inside", 0.2, 0.3, UNDECIDED, ""),
    ("inside", 0.0, 0.9, UNDECIDED, ""),
    ("inside", 0.0, 0.1, DOES_NOT_HOLD, ""),
    ("inside", 0.3, 0.9, DOES_NOT_HOLD, ""),
]


@pytest.mark.parametrize(("question", "low", "high", "verdict", "sign"), TABLE)
def test_truth_table(question: str, low: float, high: float, verdict: str, sign: str) -> None:
    ask = getattr(claims, question)
    more = {"margin": 0.3} if question in ("gain", "not_worse", "level") else {"bound": 0.1}
    more = {"low": 0.1, "high": 0.3} if question == "inside" else more
    outcome = ask("asked", between(low, high), **more, unit="")
    assert (outcome.verdict, outcome.sign) == (verdict, sign)


@pytest.mark.parametrize(
    ("successes", "trials", "less", "verdict"),
    [
        (40, 40, False, HOLDS),  # Wilson: [0.91, 1]
        (36, 40, False, UNDECIDED),
        (20, 40, False, DOES_NOT_HOLD),
        (20, 40, True, HOLDS),
        (40, 40, True, DOES_NOT_HOLD),
        (36, 40, True, UNDECIDED),
    ],
)
def test_share_of_the_runs_is_judged_by_wilson(successes, trials, less, verdict) -> None:
    outcome = claims.share("asked", successes, trials, 0.9, less=less)
    assert outcome.verdict == verdict
    assert outcome.interval == wilson(successes, trials)


@pytest.mark.parametrize(
    ("low", "high", "sign"),
    [(1.01, 1.02, "above 1 is seen"), (0.8, 0.9, "below 1 is seen"), (0.9, 1.05, "")],
)
def test_ratio_tells_on_which_side_of_none_it_lies(low: float, high: float, sign: str) -> None:
    for ask in (claims.above, claims.below):
        assert ask("asked", between(low, high), 1.1, none=1).sign == sign
        assert ask("asked", between(low, high), 1.1).sign == ""


def test_identity_is_so_or_not() -> None:
    assert claims.identity("asked", True, "0").verdict == HOLDS
    assert claims.identity("asked", np.bool_(False)).verdict == DOES_NOT_HOLD
    assert claims.cited("asked").verdict == NOT_TESTABLE
    assert claims.unmeasured("asked").verdict == NOT_MEASURED


@pytest.mark.parametrize(
    ("runs", "confidence", "verdict"),
    [
        (5, 0.95, NOT_MEASURED),
        (6, 0.95, HOLDS),  # the whole range: 1 - 2/64 = 96.9 %
        (6, 0.975, NOT_MEASURED),
        (7, 0.975, HOLDS),
    ],
)
def test_median_needs_its_seeds(runs: int, confidence: float, verdict: str) -> None:
    values = np.arange(1, runs + 1)
    for ask, bound in ((claims.above, 0.5), (claims.below, 7.5)):
        outcome = claims.of_median(
            ask, "asked", values, bound, "1 to 7", FRESH, confidence=confidence
        )
        assert outcome.verdict == verdict
        if verdict == HOLDS:
            assert outcome.interval == Interval((1 + runs) / 2, 1, runs, confidence)
            assert outcome.seeds == FRESH.seeds
        else:
            assert outcome.number == f"{runs} seeds are too few for a median: 1 to 7"


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([HOLDS, HOLDS], HOLDS),
        ([HOLDS, DOES_NOT_HOLD], DOES_NOT_HOLD),
        ([HOLDS, UNDECIDED], UNDECIDED),
        ([HOLDS, NOT_MEASURED], NOT_MEASURED),
        ([UNDECIDED, NOT_MEASURED], NOT_MEASURED),
        ([DOES_NOT_HOLD, NOT_MEASURED], DOES_NOT_HOLD),  # one is enough
        ([DOES_NOT_HOLD, UNDECIDED], DOES_NOT_HOLD),
        ([HOLDS, NOT_TESTABLE], NOT_TESTABLE),
    ],
)
def test_every_one_has_to_hold(parts: list[str], verdict: str) -> None:
    for order in (parts, parts[::-1]):
        outcomes = [claims.Outcome("", told) for told in order]
        assert claims.every("asked", *outcomes).verdict == verdict


def test_every_one_is_told_or_one_for_all() -> None:
    first = claims.gain("rise smaller by", between(0.1, 0.2), SEEN, unit="nats", digits=1)
    second = claims.not_worse("accuracy higher by", between(-0.2, -0.1), FRESH, margin=0.3, unit="")
    both = claims.every("both", first, second)
    assert both.number == (
        "rise smaller by 0.2 nats [0.1, 0.2]; accuracy higher by −0.15 [−0.20, −0.10] "
        "(a loss is seen, too small to matter)"
    )
    assert (both.records, both.seeds) == ((SEEN, FRESH), FRESH.seeds)
    alone = claims.every("both", first, second, telling=second)
    assert (alone.asked, alone.verdict, alone.number) == ("both", HOLDS, second.number)


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([HOLDS], HOLDS),
        ([HOLDS, HOLDS], HOLDS),
        ([HOLDS, DOES_NOT_HOLD], IN_PART),
        ([HOLDS, DOES_NOT_HOLD, UNDECIDED], IN_PART),
        ([DOES_NOT_HOLD, DOES_NOT_HOLD], DOES_NOT_HOLD),
        ([DOES_NOT_HOLD, UNDECIDED], DOES_NOT_HOLD),
        ([HOLDS, UNDECIDED], UNDECIDED),
        ([UNDECIDED, UNDECIDED], UNDECIDED),
        ([HOLDS, NOT_MEASURED], NOT_MEASURED),
        ([DOES_NOT_HOLD, NOT_MEASURED], NOT_MEASURED),
        ([NOT_TESTABLE], NOT_TESTABLE),
    ],
)
def test_parts_of_a_headline(parts: list[str], verdict: str) -> None:
    assert claims.combined(parts) == verdict
    outcomes = [claims.Outcome(f"part {i}", part) for i, part in enumerate(parts)]
    made = claims.judge(*outcomes, also=[claims.Outcome("besides", DOES_NOT_HOLD)])
    assert made.verdict == verdict  # what was also asked changes nothing


def test_headline_is_needed() -> None:
    with pytest.raises(ValueError, match="headline"):
        claims.judge(also=[claims.cited("besides")])


# In steps of 1/1024, which add and halve without rounding: the rule itself is tried, and not what
# becomes of an end that lies on the margin when the last bit is rounded.
exact = st.integers(-1024, 1024).map(lambda n: n / 1024)
ends = st.tuples(exact, exact).map(sorted)
margins = st.integers(0, 512).map(lambda n: n / 1024)


@given(ends, margins)
def test_claimed_gain_below_zero_is_never_undecided(found: list[float], margin: float) -> None:
    outcome = claims.gain("asked", between(*found), margin=margin)
    if outcome.interval.high < 0:
        assert outcome.verdict == DOES_NOT_HOLD
        assert "the opposite is seen" in outcome.sign
    if outcome.interval.low > 0:
        assert "a gain is seen" in outcome.sign or outcome.verdict == HOLDS


@given(ends, margins, st.floats(0, 1), st.floats(0, 1))
@pytest.mark.parametrize("question", ["gain", "not_worse", "level"])
def test_more_precise_data_never_reopen_a_verdict(
    question: str, found: list[float], margin: float, left: float, right: float
) -> None:
    wide = between(*found)
    estimate = wide.estimate
    narrow = Interval(
        estimate,
        estimate - left * (estimate - wide.low),
        estimate + right * (wide.high - estimate),
    )
    ask = getattr(claims, question)
    before = ask("asked", wide, margin=margin).verdict
    if before != UNDECIDED:
        assert ask("asked", narrow, margin=margin).verdict == before


@given(ends, st.floats(-1, 1))
def test_above_and_below_never_both_hold(found: list[float], bound: float) -> None:
    verdicts = [
        ask("asked", between(*found), bound).verdict for ask in (claims.above, claims.below)
    ]
    assert verdicts.count(HOLDS) <= 1
    if found[0] < bound < found[1]:
        assert verdicts == [UNDECIDED, UNDECIDED]


def test_number_is_told_in_its_unit() -> None:
    tell = claims.in_words
    assert tell(Interval(-0.012, -0.02, 0.001), "points") == "−1.20 points [−2.00, 0.10]"
    assert tell(Interval(2.5, 2, 3), "nats", 1) == "2.5 nats [2.0, 3.0]"
    assert tell(Interval(0.5, 0.25, 0.75), "%", 0) == "50% [25%, 75%]"
    assert tell(Interval(2.5, 2, 3), digits=1) == "2.5 [2.0, 3.0]"


def test_seeds_are_those_of_the_number_shown() -> None:
    fresh = claims.gain("asked", between(0.1, 0.2), FRESH)
    seen = claims.gain("asked", between(0.1, 0.2), SEEN)
    both = claims.gain("asked", between(0.1, 0.2), SEEN, FRESH)
    assert (fresh.seeds, seen.seeds, both.seeds) == (FRESH.seeds, SEEN.seeds, FRESH.seeds)
    assert claims.identity("asked", True, "", FRESH).seeds == ()
    made = claims.judge(fresh, also=[seen])
    assert made.records == (FRESH, SEEN)


def test_verdict_on_seeds_seen_before_is_provisional() -> None:
    fresh, seen = (claims.gain("asked", between(0.1, 0.2), r) for r in (FRESH, SEEN))
    assert not claims.judge(fresh, also=[seen]).provisional
    assert claims.judge(fresh, seen).provisional
    mixed = claims.gain("asked", between(0.1, 0.2), SEEN, FRESH)
    assert claims.judge(mixed).provisional  # also where the fresh record has the fewest seeds
    assert not claims.judge(claims.identity("counted", True, "", SEEN)).provisional
    assert not claims.judge(seen, claims.unmeasured("asked")).provisional
    assert claims.judge(claims.identity("trained", True, "", SEEN, seeds=SEEN.seeds)).provisional


def test_level_is_shared_among_the_parts() -> None:
    assert claims.confidence() == pytest.approx(0.982)
    assert claims.confidence(3) == pytest.approx(0.994)
    assert claims.confidence(looks=1) == pytest.approx(0.95)
    assert claims.confidence(2, looks=1) == pytest.approx(0.975)


def test_what_is_undecided_says_how_well_it_is_known() -> None:
    open_, clear = (Interval(centre, centre - 0.002, centre + 0.002) for centre in (0.003, 0.01))
    assert claims.gain("it", open_).reached == "known to ±0.20 points"
    assert claims.gain("it", clear).reached == ""
