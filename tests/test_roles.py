"""Numbers in the text, without a build: what roles say, and where their faults are told."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils.utils import new_document
from myst_nb.ext.glue.utils import PendingGlueReference

from book import findings
from book._ext import glued, roles, values
from book.findings import Finding, expect
from lessons_src.stats import Interval

ROOT = Path(__file__).resolve().parents[1]


class Warnings(list):
    """Stands for a logger: keeps what it is told."""

    def warning(self, message: str, *args: object, location: object) -> None:
        self.append(f"{location}: {message % args}")


def gain() -> Interval:
    """Made up."""
    expect(False, "the first is ahead")
    return Interval(-0.003, -0.005, -0.001)


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> Warnings:
    """What the roles warn of, where the only finding is `topic.gain`."""
    kept = Warnings()
    for module in (roles, values, glued):
        monkeypatch.setattr(module, "LOGGER", kept)
    monkeypatch.setattr(values, "note_files", lambda env, made: None)
    monkeypatch.setattr(findings, "values", lambda: {"topic.gain": Finding("topic", gain)})
    monkeypatch.setattr(findings, "topics", lambda: {"topic": "book.findings.topic"})
    return kept


@pytest.fixture
def env(tmp_path: Path) -> SimpleNamespace:
    """As much of a build's environment as is used, the page being part/topic."""
    path = tmp_path / "topic.md"
    path.write_text("It is so. The gain is {value}`gain:.1pt` points.\n")
    return SimpleNamespace(docname="part/topic", doc2path=lambda name: str(path))


def test_alt_text_has_no_roles_and_says_what_they_say(warnings: Warnings, env) -> None:
    alt = "From {value}`gain:abs .1pt` of {given}`10%` to {cited}`83.5%`{expect}`gain`, {term}`x`"
    told = roles.replace_roles(env, alt, "p.md:3")
    assert told == "From 0.3 of 10% to 83.5%, {term}`x`"
    assert roles.plain(env, "other", "value", "topic.gain:[.1pt]") == "−0.3 points [−0.5, −0.1]"


def test_sentence_that_is_no_longer_so_is_named(warnings: Warnings, env) -> None:
    assert roles.shown(env, "value", "gain:.1pt", "p.md:3") == "−0.3"
    assert warnings == [
        "p.md:3: findings: topic.gain is no longer so: the first is ahead. Read the sentence and "
        "write it anew: “The gain is {value}`gain:.1pt` points.”"
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("loss", "there is no finding 'topic.loss'; there are topic.gain"),
        ("other.gain", "there is no topic 'other'"),
        ("gain:.1q", "Unknown format code 'q'"),
    ],
)
def test_fault_of_a_role_is_a_warning_with_its_place(
    warnings: Warnings, env, content: str, told: str
) -> None:
    assert roles.shown(env, "value", content, "p.md:3") == f"[{content}]"
    assert warnings[-1].startswith(f"p.md:3: findings: {{value}}`{content}`: {told}")
    assert roles.plain(env, "part/topic", "value", content) == f"[{content}]"


def test_page_depends_on_what_its_finding_imports() -> None:
    module = findings.topics()["sgd"]
    found = {path.relative_to(ROOT).as_posix() for path in values.imported(module)}
    needed = {"sgd", "_scores", "_printed_figures"}  # the third is another topic
    assert "book/findings/__init__.py" in found
    folder = module.rpartition(".")[0].replace(".", "/")
    assert {f"{folder}/{name}.py" for name in needed} <= found
    assert {"book/claims.py", "lessons_src/stats.py"} <= found
    assert f"{folder}/tuning.py" not in found


def test_value_that_another_page_has_glued_is_refused(warnings: Warnings) -> None:
    document = new_document("page.md")
    document += PendingGlueReference("", refdoc="other", key="gain")
    glued.RefuseOtherPages(document).apply()
    assert document.astext() == "[gain]"
    assert "gain is a value of the page other: quote a finding by {value}" in warnings[0]
