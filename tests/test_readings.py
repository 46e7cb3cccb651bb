"""The ledger: how `claims.toml` is read, and what does not fit together, each with its place."""

import datetime
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import record

from book import findings, readings
from book.claims import Judgement, above, identity, judge
from book.findings import Finding
from book.readings import Ledger, Reading, Readings
from lessons_src.stats import Interval

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import keep_verdicts  # noqa: E402

TOML = """\
[sources]
S = "someone2020"

[moved]
lesson = ["S1.1"]

[homes]
evidence = ["S1.1", "S1.2"]

[claims."S1.1"]
claimed = "It is high."
headline = "It is above a half."
read = 2026-01-01

[claims."S1.2"]
claimed = "How many are there?"
headline = "There are two."
own = true
read = 2026-01-01
anew = {date = 2026-01-03, why = "a slip."}
"""


def file(folder: Path, old: str = "", new: str = "") -> Path:
    """`claims.toml`, with one change."""
    assert old in TOML
    path = folder / "claims.toml"
    path.write_text(TOML.replace(old, new, 1) if old else TOML, encoding="utf-8")
    return path


# --- What the file says ---------------------------------------------------------


def test_readings_are_read(tmp_path: Path) -> None:
    known = readings.read(file(tmp_path))
    first, second = known.claims.values()
    assert first.quoted == "It is high. {cite}`someone2020`"
    assert second.quoted == "How many are there?"
    assert second.anew == {"date": datetime.date(2026, 1, 3), "why": "a slip."}
    assert known.homes == {"S1.1": "evidence", "S1.2": "evidence"}
    assert known.moved == {"lesson": ["S1.1"]}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[sources]", "[sources", r"claims\.toml cannot be used: .*line 1"),
        ('S = "some', 'T = "some', r"claims\.toml:10: S1\.1 has no source"),
        ("read = 2026-01-01\n", "", r"claims\.toml:10: S1\.1 has no reading: read missing"),
        ("own =", "owns =", r"claims\.toml:15: S1\.2 has the unknown key owns"),
        ("why =", "who =", r"claims\.toml:15: S1\.2: anew needs a date and a why"),
    ],
)
def test_fault_in_the_file_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        readings.read(file(tmp_path, old, new))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"claims\.toml cannot be used"):
        readings.read(tmp_path / "claims.toml")


# --- What does not fit together ---------------------------------------------------

SMALL = record("small", {"only": {"score": [0.6, 0.7]}}, date="2026-01-02")
SEEN = record("seen", {"only": {"score": [0.6, 0.7]}}, date="2026-01-02", first_seed=0)


def high() -> Judgement:
    """Above a half."""
    return judge(above("score", Interval(0.65, 0.6, 0.7), 0.5, SMALL))


def counted() -> Judgement:
    """Counted."""
    return judge(identity("seeds", True, "2", SMALL), weakened="Two seeds.")


def finding(function, claim: str) -> Finding:
    return Finding("topic", function, claim)


def reading(**more) -> Reading:
    return Reading("someone2020", "It is so.", "It is.", datetime.date(2026, 1, 1), **more)


HOMES = {"S1": "here", "S2": "there"}
READINGS = Readings({"S1": reading(), "S2": reading()}, HOMES, {})
JUDGES = {"S1": finding(high, "S1"), "S2": finding(counted, "S2")}
CARDS = {"here": ["S1"], "there": ["S2"]}
PAGES = {"here", "there", "elsewhere"}
KEPT = {"S1": "holds", "S2": "holds"}


def test_nothing_is_told_where_all_is_well() -> None:
    ledger = Ledger(READINGS, JUDGES, CARDS)
    assert [*ledger.misplaced(PAGES), *ledger.changed(KEPT), *ledger.late()] == []
    assert [*Ledger(READINGS, JUDGES, {"here": ["S1"]}).misplaced({"here"})] == []  # a part of it


@pytest.mark.parametrize(
    ("claims", "judges", "cards", "where", "told"),
    [
        (["S1"], ["S1", "S2"], CARDS, r".*\.py:\d+", "topic.counted judges S2, which has no read"),
        (["S1", "S2"], ["S1"], CARDS, "None", r"no finding judges S2: add @claim\('S2'\)"),
        (["S1", "S2", "S3"], ["S1", "S2", "S3"], CARDS, "None", "gives S3 no home, and no page"),
        (["S1", "S2"], ["S1", "S2"], {"here": ["S1"]}, "there", "has to show {claim} S2"),
        (["S1", "S2"], ["S1", "S2"], CARDS | {"elsewhere": ["S2"]}, "elsewhere", "another home"),
        (["S1", "S2"], ["S1", "S2"], CARDS | {"elsewhere": ["S2"]}, "there", "S2 has a card on e"),
    ],
)
def test_claim_in_the_wrong_place_is_told(claims, judges, cards, where, told) -> None:
    known = Readings({claim: reading() for claim in claims}, HOMES, {})
    made = {claim: finding(high if claim == "S1" else counted, claim) for claim in judges}
    found = [*Ledger(known, made, cards).misplaced(PAGES)]
    assert any(re.fullmatch(where, str(page)) and re.search(told, text) for page, text in found)


def test_change_of_a_verdict_is_told_with_the_command() -> None:
    ledger = Ledger(READINGS, JUDGES, CARDS)
    (changed, dropped) = ledger.changed({"S1": "undecided", "S2": "holds", "S3": "holds"})
    assert changed[0] == "here"
    assert "verdict on S1 is now 'holds', and was 'undecided'" in changed[1]
    assert "`make verdicts`" in changed[1]
    assert dropped[0] is None
    assert "verdict on S3, which no page shows: `make verdicts` drops it" in dropped[1]
    assert "and was None" in next(ledger.changed({"S2": "holds"}))[1]


def test_claim_whose_page_is_left_out_keeps_its_verdict() -> None:
    known = Ledger(READINGS, JUDGES, {"here": ["S1"]})
    assert [*known.changed(KEPT, {"here"})] == []
    assert "verdict on S2, which no page shows" in next(known.changed(KEPT, PAGES))[1]


def test_reading_younger_than_its_record_has_to_say_so() -> None:
    young = Reading("someone2020", "It is so.", "It is.", datetime.date(2026, 1, 3))
    told = {"date": datetime.date(2026, 1, 3), "why": "a slip."}

    def late(read: Reading, function) -> list:
        known = Readings({"S1": read}, {}, {})
        return [*Ledger(known, {"S1": finding(function, "S1")}, CARDS).late()]

    ((page, text),) = late(young, high)
    assert page == "here"
    assert "S1 was read on 2026-01-03, after its record small was made" in text
    assert late(replace(young, anew=told), high) == []
    # Seeds that were seen before make it provisional, which the card says.
    seen = judge(above("score", Interval(0.65, 0.6, 0.7), 0.5, SEEN))
    assert late(young, lambda: seen) == []


def test_rows_are_plain_data_in_the_order_of_the_file() -> None:
    ledger = Ledger(READINGS, JUDGES, CARDS)
    assert ledger.rows("{}/".format)[0]["page"] == "here/#claim-s1"
    first, second = ledger.rows()
    assert (first["id"], first["page"], first["verdict"]) == ("S1", "here.html#claim-s1", "holds")
    assert first["parts"][0]["interval"] == [0.65, 0.6, 0.7]
    assert first["parts"][0]["seeds"] == 2
    assert (second["records"], second["weakened"]) == (["small"], "Two seeds.")
    assert second["parts"][0]["interval"] is None


def test_judge_has_to_return_a_judgement() -> None:
    with pytest.raises(findings.FindingError, match=r"\.py:\d+: topic\.<lambda> returns 1, and no"):
        findings.evaluate(finding(lambda: 1, "S1"))
    with pytest.raises(findings.FindingError, match=r"\.py:\d+: topic\.<lambda> fails: Zero"):
        findings.evaluate(finding(lambda: 1 / 0, ""))


# --- The verdicts that were kept --------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{\n"S1": holds}', r"verdicts\.json:2: .*: restore it, or delete it and run `make verd"),
        ('["S1"]', r"verdicts\.json:1: this is no table of verdicts: restore it"),
    ],
)
def test_broken_verdicts_are_told_in_a_line_and_kept(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "verdicts.json"
    path.write_text(text)
    with pytest.raises(SystemExit, match=rf"^error: .*{told}"):
        keep_verdicts.main(path)
    assert path.read_text() == text


def test_verdicts_are_kept_and_their_changes_told(tmp_path: Path, capsys) -> None:
    path = tmp_path / "verdicts.json"
    claim = next(iter(findings.claims()))
    path.write_text('{"X1": "holds"}')
    keep_verdicts.main(path)
    now = readings.kept(path)
    assert now == readings.kept()  # today's records are those of the book
    assert f"{claim}: new -> {now[claim]}\n" in (out := capsys.readouterr().out)
    assert "X1: holds -> gone\n" in out
    keep_verdicts.main(path)
    assert capsys.readouterr().out == "No verdict has changed.\n"
