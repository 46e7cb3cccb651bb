"""Verdicts: the rule, its conditions, and what is not judged."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from lessons_src import claims
from lessons_src.claims import NOT_JUDGED, beyond, decide, every, judge, level
from lessons_src.recorded import Record
from lessons_src.stats import Interval

BETTER, WORSE = Interval(0.01, 0.004, 0.016), Interval(-0.01, -0.016, -0.004)
SAME, OPEN = Interval(0.0, -0.002, 0.002), Interval(0.01, -0.001, 0.021)
ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("keep_verdicts", ROOT / "tools" / "keep_verdicts.py")
keep_verdicts = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(keep_verdicts)
RECORD = Record("small", "A set-up.", (0, 1, 2, 3, 4), {}, {}, {})


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (BETTER, "holds"),
        (WORSE, "does not hold"),
        (SAME, "no difference seen"),
        (OPEN, "undecided"),
        (True, "holds"),
        (False, "does not hold"),
        (None, "undecided"),
        ({"a": BETTER, "b": True}, "holds"),
        ({"a": WORSE, "b": False}, "does not hold"),
        ({"a": WORSE, "b": SAME}, "does not hold"),
        ({"a": SAME, "b": SAME}, "no difference seen"),
        ({"a": OPEN, "b": WORSE}, "undecided"),
        ({"a": BETTER, "b": WORSE}, "holds only when a"),
        ({"a": BETTER, "b": SAME, "c": True}, "holds only when a or c"),
        ({"a": OPEN, "b": BETTER, "c": WORSE}, "holds only when b; undecided when a"),
    ],
)
def test_rule(outcome: object, verdict: str) -> None:
    assert decide(outcome) == verdict


def test_margin_can_be_another() -> None:
    assert decide(BETTER, margin=0.005) == "undecided"
    assert decide({"a": BETTER, "b": WORSE}, margin=0.1) == "no difference seen"


@pytest.mark.parametrize(
    ("interval", "wanted"), [(SAME, True), (BETTER, False), (WORSE, False), (OPEN, None)]
)
def test_level(interval: Interval, wanted: bool | None) -> None:
    assert level(interval) is wanted


@pytest.mark.parametrize(
    ("bound", "wanted"), [(0.003, True), (0.004, None), (0.01, None), (0.016, False), (0.1, False)]
)
def test_beyond(bound: float, wanted: bool | None) -> None:
    assert beyond(BETTER, bound) is wanted


def test_every_part_counts() -> None:
    assert every(BETTER, True) is True
    assert every(BETTER, None) is None
    assert every(OPEN, True) is None
    assert every(True, SAME) is False
    assert every(None, False) is False
    assert every(BETTER, margin=0.005) is None
    with pytest.raises(ValueError, match="parts of the claim"):
        every()


@pytest.mark.parametrize("outcome", [0.01, 1, "holds", (0.1, 0.2), np.float64(0.5), {"a": 0.1}])
def test_outcome_of_another_kind_is_refused(outcome: object) -> None:
    with pytest.raises(TypeError, match="an Interval, True, False or None, not "):
        decide(outcome)


def test_conditions_are_neither_none_nor_nested() -> None:
    for outcome in ({}, {"a": {"b": True}}):
        with pytest.raises(ValueError, match="one outcome each"):
            decide(outcome)
    assert decide({"a": np.bool_(True)}) == "holds"


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What `judge` hands to the page, on the real data unless a test says otherwise."""
    handed: dict[str, str] = {}
    monkeypatch.setattr(claims, "note", lambda **values: handed.update(values))
    monkeypatch.setattr(claims, "load", lambda: type("Data", (), {"source": "real"}))
    monkeypatch.delenv("LESSONS_QUICK", raising=False)
    return handed


def test_judgement_is_handed_to_the_page(noted: dict[str, str]) -> None:
    judgement = judge("S9.9", BETTER, measured="1.0 points", set_up="One.", seeds=5)
    assert judgement.verdict == "holds"
    assert repr(judgement) == "S9.9: holds. Measured: 1.0 points"
    assert json.loads(noted["claim S9.9"]) == {
        "id": "S9.9",
        "verdict": "holds",
        "conditions": {},
        "measured": "1.0 points",
        "set_up": "One.",
        "interval": [0.01, 0.004, 0.016],
        "seeds": 5,
        "records": [],
    }


def test_conditions_are_handed_over_where_they_differ(
    noted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = {"a": BETTER, "b": WORSE, "c": OPEN}
    found = {"a": "holds", "b": "does not hold", "c": "undecided"}
    assert judge("S9.9", outcome, measured="").conditions == found
    assert judge("S9.9", {"a": BETTER, "b": True}, measured="").conditions == {}
    monkeypatch.setenv("LESSONS_QUICK", "1")
    assert judge("S9.9", outcome, measured="").conditions == {}


def test_stand_in_and_quick_runs_judge_nothing_live(
    noted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESSONS_QUICK", "1")
    assert judge("S9.9", BETTER, measured="").verdict == NOT_JUDGED
    assert judge("S9.9", BETTER, measured="", records=[RECORD]).verdict == "holds"
    monkeypatch.delenv("LESSONS_QUICK")
    monkeypatch.setattr(claims, "load", lambda: type("Data", (), {"source": "synthetic"}))
    assert judge("S9.9", BETTER, measured="").verdict == NOT_JUDGED
    recorded = judge("S9.9", BETTER, measured="", records=[RECORD])
    assert (recorded.verdict, recorded.seeds) == ("holds", 5)
    assert recorded.set_up == "A set-up. 5 seeds."


def test_verdict_cannot_be_typed(noted: dict[str, str]) -> None:
    assert judge("S9.9", "not testable here", measured="").verdict == "not testable here"
    with pytest.raises(ValueError, match="has to be computed"):
        judge("S9.9", "holds", measured="")


def test_claim_that_is_only_quoted_on_stays_so_on_the_stand_in(
    noted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESSONS_QUICK", "1")
    assert judge("S9.9", "not testable here", measured="").verdict == "not testable here"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A book with the ledger of a full build on the real data, and an older verdict."""
    claims_made = [{"id": "S1.1", "verdict": "holds"}, {"id": "S1.2", "verdict": "undecided"}]
    for path, content in (
        ("_build/html/claims.json", claims_made),
        ("_build/html/build-report.json", {"source": "real", "quick": False}),
        ("book/experiments/verdicts.json", {"S1.1": "undecided", "S1.3": "holds"}),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(json.dumps(content))
    return tmp_path


def test_verdicts_are_kept_and_changes_told(site: Path, capsys: pytest.CaptureFixture) -> None:
    keep_verdicts.main(site)
    told = "S1.1: undecided -> holds\nS1.2: new -> undecided\nS1.3: holds -> gone\n"
    assert capsys.readouterr().out == told
    kept = json.loads((site / "book" / "experiments" / "verdicts.json").read_text())
    assert kept == {"S1.1": "holds", "S1.2": "undecided"}
    keep_verdicts.main(site)
    assert capsys.readouterr().out == "No verdict has changed.\n"


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("claims.json", None, "claims.json is missing: run make book first"),
        ("build-report.json", None, "build-report.json is missing"),
        ("claims.json", [{"id": "S1.2", "verdict": NOT_JUDGED}], "did not judge S1.2"),
        ("build-report.json", {"source": "synthetic", "quick": False}, "on the stand-in"),
        ("build-report.json", {"source": "real", "quick": True}, "quick or on"),
    ],
)
def test_build_whose_verdicts_do_not_count_is_refused(
    site: Path, file: str, content: object, told: str
) -> None:
    path = site / "_build" / "html" / file
    path.unlink()
    if content is not None:
        path.write_text(json.dumps(content))
    stored = site / "book" / "experiments" / "verdicts.json"
    before = stored.read_text()
    with pytest.raises(SystemExit, match=told):
        keep_verdicts.main(site)
    assert stored.read_text() == before
