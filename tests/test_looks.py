"""When a comparison stops, and what its intervals are worth then."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_up import record
from scipy import stats
from small_project import change, make, record_of, run

from book.claims import DOES_NOT_HOLD, HOLDS, UNDECIDED, Judgement, confidence, gain, judge
from book.findings import looked_at
from lessons_src.recorded import LOOKS, Record, read
from lessons_src.stats import MARGIN, median_interval

# --- Coverage, simulated ----------------------------------------------------------------------


def coverage(rng: np.random.Generator, effect: float, margin: float, times: int) -> float:
    """How often the interval holds the truth when a comparison stops at the look that decides it.

    Differences are normal with a standard deviation of 1.
    """
    differences = effect + rng.standard_normal((times, LOOKS[-1]))
    covered, open_ = np.zeros(times, bool), np.ones(times, bool)
    for look in LOOKS:
        seen = differences[:, :look]
        half = stats.t.ppf((1 + confidence()) / 2, look - 1) * seen.std(axis=1, ddof=1)
        low, high = (seen.mean(axis=1) + sign * half / np.sqrt(look) for sign in (-1, 1))
        stops = open_ & ((low > margin) | (high <= margin) | (look == LOOKS[-1]))
        covered[stops] = ((low <= effect) & (effect <= high))[stops]
        open_ &= ~stops
    return float(covered.mean())


def test_four_looks_at_982_keep_95_percent_however_one_stops():
    """The worst case is an effect at the margin, where to stop is to err."""
    at_margin = coverage(np.random.default_rng(0), 0.0, 0.0, times=40_000)
    assert at_margin == pytest.approx(0.949, abs=0.005)
    for effect in (-1.0, -0.3, 0.3, 1.0):
        assert coverage(np.random.default_rng(1), effect, 0.0, times=10_000) > 0.945


def test_four_looks_at_95_would_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(globals(), "confidence", lambda: 0.95)
    assert coverage(np.random.default_rng(0), 0.0, 0.0, times=20_000) < 0.90


def test_the_sign_test_keeps_its_level_on_skewed_data_where_student_does_not():
    """Forty log-normal values, as counts of dead units or epochs to a loss scatter."""
    rng = np.random.default_rng(1)
    of_median, of_mean = [], []
    for _ in range(800):
        values = np.exp(1.5 * rng.standard_normal(40))
        interval = median_interval(values)
        of_median.append(1.0 in interval)
        low, high = stats.t.interval(0.95, 39, values.mean(), stats.sem(values))
        of_mean.append(low <= np.exp(1.5**2 / 2) <= high)
    assert np.mean(of_median) == pytest.approx(0.962, abs=0.02)  # by its order statistics
    assert np.mean(of_mean) < 0.90


# --- A headline's parts at their own looks ------------------------------------------------------


def two_parts(width: Record) -> Judgement:
    """Is it a gain, and is that a gain?"""
    return judge(
        gain("it", width.difference("new", "old", "score", confidence(2)), width),
        gain("that", width.difference("other", "old", "score", confidence(2)), width),
        also=[gain("more", width.difference("new", "old", "score"), width)],
    )


def made_up(clear: int, seeds: int) -> Record:
    """New is clearly ahead from `clear` seeds on, the other is level from the first."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.0005, LOOKS[-1])
    new = 2 * MARGIN + np.where(np.arange(LOOKS[-1]) < clear, 20, 1) * noise
    cases = {
        "old": {"score": np.zeros(seeds)},
        "new": {"score": new[:seeds]},
        "other": {"score": noise[:seeds]},
    }
    return record("width", cases, looks=LOOKS)


def test_each_part_is_told_at_the_first_look_that_decides_it():
    judgement = looked_at(two_parts, [made_up(8, 40)])
    first, second = judgement.headline
    assert (first.verdict, second.verdict) == (HOLDS, DOES_NOT_HOLD)
    assert len(first.seeds) > 10
    assert len(second.seeds) == 10  # whatever the other part needed
    assert len(judgement.also[0].seeds) == 10
    whole = two_parts(made_up(8, 40))
    assert len(whole.headline[1].seeds) == 40


def test_what_no_look_decides_is_told_of_the_last():
    width = record(
        "width",
        {
            "old": {"score": np.zeros(20)},
            "new": {"score": MARGIN + 0.01 * (-1.0) ** np.arange(20)},
            "other": {"score": 0.0001 * (-1.0) ** np.arange(20)},
        },
        looks=LOOKS,
    )
    first, second = looked_at(two_parts, [width]).headline
    assert first.verdict == UNDECIDED
    assert (len(first.seeds), len(second.seeds)) == (20, 10)


def test_a_fixed_number_of_seeds_is_looked_at_once():
    fixed = record(
        "width",
        {name: {"score": np.linspace(-0.01, 0.01, 40)} for name in ("old", "new", "other")},
        looks=(40,),
    )
    assert fixed.first(10) is fixed
    assert len(looked_at(two_parts, [fixed]).headline[0].seeds) == 40


# --- The runner -----------------------------------------------------------------------------------

EXPERIMENTS = '''
from experiments import experiment
from lessons_src.recorded import LOOKS


@experiment(
    cases={"old": {"at": 0}, "clear": {"at": 1}, "open": {"at": 0.003}, "besides": {"at": 0}},
    also=["besides"],
    choosing=["old"],
)
def looked(seeds, at):
    """Some have more seeds than others."""
    return {"score": [at + (-1) ** seed * 0.001 for seed in seeds]}
'''
FINDINGS = '''
from book.claims import confidence, gain, judge
from book.findings import claim


@claim("A")
def clear(looked):
    """Decided at the first look."""
    return judge(gain("it", looked.difference("clear", "old", "score", confidence()), looked))


@claim("B")
def open_(looked):
    """Never decided: the difference is the margin, and noise of one sign in each pair."""
    found = looked("open", "score") - looked("open", "score")[::-1] * 0.0001
    looked("besides", "score")
    from lessons_src.stats import mean_interval
    return judge(gain("it", mean_interval(found, confidence()), looked))
'''


@pytest.mark.slow
def test_only_what_an_undecided_headline_reads_is_given_more_seeds(tmp_path: Path):
    project = make(tmp_path / "project")
    (project / "experiments" / "looked.py").write_text(EXPERIMENTS)
    (project / "book" / "findings" / "looked.py").write_text(FINDINGS)
    first = run(project, "--first", "--jobs=1")
    assert first.code == 0, first.err
    counts = {"old": 10, "clear": 10, "open": 10, "besides": 5}
    assert seeds_of(record_of(project, "looked")) == counts
    assert read(record_of(project, "looked")).choices.seeds == (2000, 2001, 2002)
    cost = run(project, "--cost")
    assert "core-minutes  looked" in cost.out or "0.00 core-hours" in cost.out
    before = json.loads(record_of(project, "looked").read_text())
    on = run(project, "--jobs=1")
    assert on.code == 0, on.err
    assert seeds_of(record_of(project, "looked")) == {**counts, "open": 40}
    after = json.loads(record_of(project, "looked").read_text())
    assert after["cases"]["clear"] == before["cases"]["clear"]
    old, new = (c["cases"]["open"]["results"]["score"] for c in (before, after))
    assert new[:10] == old
    assert "up to date" in run(project).out
    shutil.rmtree(project / "book" / "findings" / "__pycache__", ignore_errors=True)
    change(project / "book" / "findings" / "looked.py", 'looked("besides"', 'looked("gone"')
    told = run(project)
    assert told.code == 1
    assert "looked.py:" in told.err
    assert "no case 'gone'" in told.err
    assert "Traceback" not in told.err


def seeds_of(path: Path) -> dict[str, int]:
    """How many scored seeds each case has."""
    return {case: len(results["score"]) for case, results in read(path).results.items()}
