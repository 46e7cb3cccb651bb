"""How numbers are written, compared with recorded runs, and read in the kernel; what is run again.

The functions of the extension by themselves; what a build makes of them is in `test_book_build`.
"""

import asyncio
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from mini_book import BAND, ROOT, SPREAD
from myst_nb.core.read import read_myst_markdown_notebook

from book import formats
from book._ext import execution, kernel, plain_markdown, replications, roles
from lessons_src.stats import Interval

ELSEWHERE = " (on the real images, at full settings)"


# --- One number ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (0.8316, ".1%", "83.2%"),
        (1234.5678, ",.1f", "1,234.6"),
        (-0.0312, ".1%", "−3.1%"),
        (-0.0312, ".1pt", "−3.1"),
        (0.0312, "+.2pt", "+3.12"),
        (-0.0312, "abs .1pt", "3.1"),
        (-0.0001, ".1pt", "0.0"),
        (-0.0001, "+.1%", "0.0%"),
        (-2e-5, ".0e", "−2e−05"),
        (0.0, ".0e", "0e+00"),
        (float("-inf"), ".1f", "−inf"),
        (0.5, "", "0.5"),
        ("a word", "", "a word"),
        (Interval(-0.003, -0.005, 0.001), ".1pt", "−0.3"),
        (Interval(-0.003, -0.005, 0.001), "[.1pt]", "−0.3 points [−0.5, 0.1]"),
        (Interval(0.65, 0.64, 0.66), "[.0%]", "65% [64%, 66%]"),
    ],
)
def test_value_is_told(value: object, spec: str, text: str) -> None:
    assert formats.told(value, spec) == text


@pytest.mark.parametrize(
    ("value", "spec"),
    [(0.5, "nonsense"), (0.5, ".1q"), (0.5, "pt pt"), ("a word", ".1f"), (True, ""), (None, "")],
)
def test_impossible_format_is_refused(value: object, spec: str) -> None:
    with pytest.raises(ValueError, match=r"format|Invalid|quotes"):
        formats.told(value, spec)


def test_code_and_formulae_stay_as_they_are_in_a_notebook() -> None:
    text = "Write `table[0](x)` and $E[X](t)$, as on [the page](page.md), {term}`loss`."
    told = plain_markdown.convert_text(text, lambda role, content: content)
    assert told == "Write `table[0](x)` and $E[X](t)$, as on the page, loss."


# --- The comparison, and what the roles say -----------------------------------


class Warnings(list):
    """Stands for a logger: keeps what it is told, each with its place."""

    def warning(self, message: str, *args: object, location: str) -> None:
        self.append(f"{location}: {message % args}")

    error = warning


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Warnings:
    """What the extension warns of, with its records in a folder of the test."""
    kept = Warnings()
    for module in (replications, roles):
        monkeypatch.setattr(module, "LOGGER", kept)
    monkeypatch.setattr(replications, "RECORDS", tmp_path)
    return kept


def record(folder: Path, runs: list) -> None:
    """The record of the live set-up of the page part/first."""
    content = {"name": "live-first", "set_up": "In words.", "seeds": list(range(20)), "made": {}}
    content["cases"] = {"live": {"settings": {}, "seconds": 1.0, "results": {"score": runs}}}
    (folder / "live-first.json").write_text(json.dumps(content), encoding="utf-8")


def env_of(score: float, *, source: str = "real", quick: bool = False) -> SimpleNamespace:
    """As much of a build's environment as is used."""
    env = SimpleNamespace(docname="part/first", noted=[])
    env.config = {"lessons_data": {"source": source}, "lessons_quick": quick}
    env.lessons_runs = {"part/first": {"live": {"score": score}}}
    env.lessons_live = {"part/first": {"score": "first.md:21"}}
    env.note_dependency = env.noted.append
    return env


def compare(env: SimpleNamespace) -> None:
    replications.compare(SimpleNamespace(config=env.config), env)


@pytest.mark.parametrize(
    ("runs", "score", "inside"),
    [
        (SPREAD, 0.84, True),
        (SPREAD, 0.8805, True),
        (SPREAD, 0.8815, False),
        (SPREAD, 0.7985, False),
        ([0.123457] * 20, 0.1234567, True),  # equal runs leave room for rounding
        ([0.123457] * 20, 0.12347, False),
    ],
)
def test_number_has_to_lie_in_the_band(
    warnings: Warnings, tmp_path: Path, runs: list[float], score: float, inside: bool
) -> None:
    record(tmp_path, runs)
    compare(env_of(score))
    assert len(warnings) == (0 if inside else 1)
    for warning in warnings:
        told = f"first.md:21: replications: on page part/first the live score is {score}, outside"
        assert warning.startswith(told)
        assert "make experiments NAME=live-first" in warning


@pytest.mark.parametrize(
    ("source", "quick"), [("synthetic", False), ("real", True), ("synthetic", True)]
)
def test_other_data_and_settings_are_not_compared(
    warnings: Warnings, tmp_path: Path, source: str, quick: bool
) -> None:
    record(tmp_path, SPREAD)
    env = env_of(0.1, source=source, quick=quick)
    compare(env)
    assert roles.plain(env, "part/first", "band", "score:.1%") == BAND + ELSEWHERE
    assert roles.plain(env, "part/first", "live", "score:.1%") == "10.0%"
    assert warnings == []
    record(tmp_path, [[0.1, 0.2]] * 20)  # what is wrong with the record is so in every build
    compare(env)
    told = "first.md:21: replications: 'score' of live-first: need a list of at least two runs"
    assert [warning.startswith(told) for warning in warnings] == [True]


def test_without_a_record_nothing_is_compared_and_there_is_no_band(
    warnings: Warnings, tmp_path: Path
) -> None:
    env = env_of(0.84)
    compare(env)
    assert warnings == []
    assert roles.shown(env, "band", "score:.1%", "first.md:9") == "[score:.1%]"
    told = "first.md:9: replications: {band}`score:.1%`: there is no record live-first"
    assert warnings[0].startswith(told)
    # So that the page is read again as soon as there is one.
    assert env.noted == [str(tmp_path / "live-first.json")]


# --- What is run again --------------------------------------------------------


def notebook_of(path: Path, *cells: str) -> nbformat.NotebookNode:
    """A page of these cells, each with its options, as the build reads it."""
    header = (ROOT / "tests/mini/book/live.md").read_text(encoding="utf-8").partition("# Live")[0]
    fences = "\n".join(f"```{{code-cell}} python\n{cell}\n```\n" for cell in cells)
    path.write_text(f"{header}\n{fences}", encoding="utf-8")
    return read_myst_markdown_notebook(path.read_text(encoding="utf-8"), add_source_map=True)


def test_run_is_needed_when_code_tags_or_live_numbers_change(tmp_path: Path) -> None:
    options = ["", ":live: {a: b}\n", ":live: {a: c}\n", ":live: {d: b}\n", ":tags: [x]\n"]
    found = [notebook_of(tmp_path / "p.md", f"{option}\nb = c = 1") for option in options]
    found.append(notebook_of(tmp_path / "p.md", "b = c = 2"))
    assert len({execution.code_key(notebook) for notebook in found}) == len(found)
    again = notebook_of(tmp_path / "p.md", ":live: {a: b}\n:lang: en\n\nb = c = 1")
    assert execution.code_key(again) == execution.code_key(found[1])


RECORDS = execution.named_files("recorded")
EXERCISES = execution.named_files("check")
RECORD = next(iter(RECORDS))


@pytest.mark.parametrize(
    ("code", "files"),
    [
        (f'recorded("{RECORD}")', [RECORDS[RECORD]]),
        (f'recorded(\n    "{RECORD}"\n)', [RECORDS[RECORD]]),
        ('recorded("no-such")', RECORDS.values()),
        (f'recorded(f"{RECORD}-{{n}}")', RECORDS.values()),
        ("recorded(name)", RECORDS.values()),
        ('check("sgd-1", answer)', [EXERCISES["sgd"]]),
        ('check("sgd-1", a)\ncheck("tuning-2", b)', [EXERCISES["sgd"], EXERCISES["tuning"]]),
        ("check(name, answer)", EXERCISES.values()),
        ('recheck("sgd-1")', []),
    ],
)
def test_code_names_its_records_and_exercises_or_may_ask_for_any(code: str, files: list) -> None:
    assert execution.named_by(code) == sorted(files)


def test_cache_is_of_all_that_every_page_rests_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock, data, clinic, sgd = (
        tmp_path / name
        for name in (
            "requirements.lock",
            "lessons_src/data.py",
            "exercises/clinic.py",
            "exercises/sgd.py",
        )
    )
    for folder in (data.parent, clinic.parent):
        folder.mkdir()
    monkeypatch.setattr(execution, "ROOT", tmp_path)
    monkeypatch.setattr(execution, "package_folder", lambda name: tmp_path / name.split(".")[-1])
    facts = {"fingerprint": "f", "source": "real", "source_line": "Data: real"}

    def key(quick: bool = False, **other: str) -> str:
        return execution.inputs_hash({"lessons_data": facts | other, "lessons_quick": quick})

    for path in (lock, data, clinic):
        path.write_text("", encoding="utf-8")
    sgd.write_text("EXERCISES = {}", encoding="utf-8")
    keys = [key(), key(quick=True), key(fingerprint="g"), key(source="synthetic")]
    for path in (lock, data, clinic):
        path.write_text("NEW = 1", encoding="utf-8")
        keys.append(key())
    assert len(set(keys)) == len(keys)
    sgd.write_text("EXERCISES = {1: 2}", encoding="utf-8")  # counts for pages that check it
    assert key() == keys[-1]


# --- What is read in the kernel -----------------------------------------------


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("[a, b]", "live: write names and variables"),
        ("{a: 3}", "live: write names and variables"),
        ("{on: b}", "live: write names and variables"),
        ("{c: a.b}", "live: c: 'a.b' is not the name of a variable"),
    ],
)
def test_faulty_metadata_are_told_with_their_place(tmp_path: Path, option: str, told: str) -> None:
    path = tmp_path / "p.md"
    notebook = notebook_of(path, ":live: {a: b}\n\nb = 1", f":live: {option}\n\nb = 2")
    line = path.read_text(encoding="utf-8").splitlines().index("b = 2") + 1
    with pytest.raises(kernel.Failure, match=rf"p\.md:{line}: {re.escape(told)}"):
        kernel.live_places(notebook, str(path))


@pytest.mark.slow
def test_number_is_read_right_after_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    first = ":live: {a: x, b: y}\n\nimport numpy as np\nx, y = np.float32(0.5), -3"
    notebook = notebook_of(path, first, ":live: {c: x}\n\nx = 0.1 + 0.2", "x = 'gone'\nx")
    facts = asyncio.run(kernel.run_in_kernel(notebook, str(path), 60, dict(os.environ)))
    assert facts["live"] == {"a": 0.5, "b": -3.0, "c": 0.1 + 0.2}
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3]
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    assert [output.data["text/plain"] for output in outputs] == ["'gone'"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "told"),
    [("x = '0.84'", "TypeError: "), ("x = [0.84]", "TypeError: "), ("x = float('nan')", "but nan")],
)
def test_variable_without_a_number_is_told_with_its_place(
    tmp_path: Path, code: str, told: str
) -> None:
    path = tmp_path / "p.md"
    notebook = notebook_of(path, "1 + 1", f":live: {{score: x}}\n\n{code}")
    line = path.read_text(encoding="utf-8").splitlines().index(code) + 1
    match = rf"^{re.escape(str(path))}:{line}: live: score: x holds no number.*{told}"
    with pytest.raises(kernel.Failure, match=match):
        asyncio.run(kernel.run_in_kernel(notebook, str(path), 60, dict(os.environ)))
