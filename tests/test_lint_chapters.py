"""The tool that checks the code in the chapters: what it finds, and what it leaves alone."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import lint_chapters
from pages import find_cells

CHAPTER = """\
---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3 (ipykernel)
---

# A   chapter with  its own  spacing\t

* a list,   `x=1` in the prose

```python
not = checked
```

```{code-cell} ipython3
:tags: [hide-input]

%s
```

:::{note}
The  end, without a newline.
:::"""


@pytest.fixture
def lint(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A function from a chapter to exit status, what was printed, and the chapter afterwards."""

    def run(text: str, *options: str) -> tuple[int, str, str]:
        chapter = tmp_path / "chapter.md"
        chapter.write_bytes(text.encode())
        status = lint_chapters.main([*options, str(chapter)])
        return status, capsys.readouterr().out, chapter.read_bytes().decode()

    return run


@pytest.mark.parametrize("code", ["x = 1\nx", "%%time\ny = 2\n!ls\ny", 'text = """\n`` `\n"""', ""])
def test_clean_chapter_is_left_alone(lint, code: str) -> None:
    status, said, after = lint(CHAPTER % code, "--fix")
    assert (status, after) == (0, CHAPTER % code), said


def test_only_the_code_is_put_right(lint) -> None:
    status, said, after = lint(CHAPTER % "import sys, os\nx=os.sep  \n\n", "--fix")
    assert status == 0, said
    assert after == CHAPTER % "import os\n\nx = os.sep"


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("x=1", "19: the cell is not formatted"),
        ("x = 1\nx = y", "20: F821"),
        ("x = (", "invalid-syntax"),
        ("\n".join(f"x{i} = {i}" for i in range(26)), "19: the cell has 26 lines"),
    ],
)
def test_faults_are_told_with_their_line(lint, code: str, complaint: str) -> None:
    status, said, after = lint(CHAPTER % code)
    assert status == 1
    assert complaint in said
    assert after == CHAPTER % code


def test_code_that_is_no_python_is_not_touched(lint) -> None:
    status, _, after = lint(CHAPTER % "x=(", "--fix")
    assert (status, after) == (1, CHAPTER % "x=(")


@pytest.mark.parametrize(
    "page", [(CHAPTER % "x = 1").replace("* a list", "%s\n\n* a list"), "# No code\n\n%s\n"]
)
def test_result_typed_by_hand_is_a_fault(lint, page: str) -> None:
    line = page[: page.index("%s")].count("\n") + 1
    for options in ([], ["--fix"]):
        status, said, after = lint(page % "It reaches 88.1% here.", *options)
        assert (status, after) == (1, page % "It reaches 88.1% here.")
        assert f"{line}: “It reaches 88.1% here.” looks like a share typed by hand" in said


def test_long_cell_is_mentioned_unless_its_code_is_hidden(lint) -> None:
    hidden = CHAPTER % "\n".join(f"x{i} = {i}" for i in range(13))
    shown = hidden.replace(":tags: [hide-input]\n\n", "")
    assert "13 lines" not in lint(hidden)[1]
    status, said, _ = lint(shown)
    assert status == 0
    assert "13 lines, above 12" in said


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (CHAPTER.replace("  display_name: Python 3 (ipykernel)\n", ""), "jupytext cannot read"),
        (CHAPTER.split(":::")[0].rstrip().removesuffix("```"), "not closed"),
        (CHAPTER.replace("[hide-input]", "[hide"), "could not be read"),
        (CHAPTER.replace(":tags: [hide-input]", "---\nalt: {a} b\n---"), "could not be read"),
        (CHAPTER.replace("\n", "\r\n"), "CR LF"),
    ],
)
def test_chapter_that_cannot_be_read_is_a_fault(lint, text: str, complaint: str) -> None:
    status, said, after = lint(text % "x = 1", "--fix")
    assert status == 1
    assert complaint in said
    assert after == text % "x = 1"


def roles(text: str) -> str:
    """What the tool says of a page's roles, as ``:line: message``."""
    return "\n".join(f":{line}: {why}" for line, why in lint_chapters.misplaced_roles(text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```{fold} It is {value}`a`\n```", ":1: a role in the argument of a fence"),
        ("   ````{predict} By {live}`a`?\n- x\n- y\n````", ":1: a role in the argument"),
        ("# By {value}`a`", ":1: a role in a heading"),
        ("## By {band}`a`", ":1: a role in a heading"),
        ("$$\nx = {value}`a`\n$$ (eq)", ":2: a role in a formula"),
        ("$$x$$ and\n\n$$y = {value}`a`\n$$", ":3: a role in a formula"),
        ("It is $$y = {value}`a`$$ here.", ":1: a role in a formula"),
        ("It is\n$y = {value}`a`$ here.", ":2: a role in a formula"),
        (":::{note}\nWords.\n\n# By {value}`a`\n:::", ":4: a role in a heading"),
        ("```{code-cell}\n---\nalt: {value}`a` of them\n---\n```", ":3: a role begins a value"),
    ],
)
def test_role_where_it_does_not_work_is_named(text: str, told: str) -> None:
    assert told in roles(text)


@pytest.mark.parametrize(
    "text",
    [
        ":::{fold} It is {value}`a`\n:::",
        "In prose {value}`a`, and $$x$$ beside {value}`b`.",
        "| a | {value}`a` |",
        "$$\nx\n$$ and {value}`a`",
        "```sh\necho $$\n```\n\nIn prose {value}`a`.",
        "```{code-cell}\n---\nalt: >-\n  {value}`a` of them\ncaption: Of {value}`a`\n---\n```",
        "````md\n# Shown {value}`a`\n````",
    ],
)
def test_role_where_it_works_is_let_be(text: str) -> None:
    assert roles(text) == ""


@pytest.mark.parametrize(
    ("code", "foreign"),
    [
        ("note(gain=1)", "lost"),
        ("note(gain=1, lost='a')", ""),
        ("lost = 1\nprint('lost')\nnote(gain=1)", "lost"),
        ("%%time\nnote(**{f'{k}ai{k}': 1 for k in 'n'}, lost=1)", ""),
        ("note(**{f'g{k}': 1 for k in 'n'})", "lost"),
        ("names = 'gain', 'lost'\nnote(**dict(zip(names, (1, 2))))", ""),
        ("x = 1", "gain lost"),
    ],
)
def test_value_that_no_cell_of_the_page_notes_is_named(code: str, foreign: str) -> None:
    text = "It {glue:text}`gain:.1f`\nor {glue:text}`lost`.\n\n```{code-cell}\nCODE\n```\n"
    text = text.replace("CODE", code)
    told = list(lint_chapters.foreign_values(text, find_cells(text)))
    lines = {"gain": 1, "lost": 2}
    assert [line for line, _ in told] == [lines[name] for name in foreign.split()]


def test_value_of_another_page_is_a_fault(lint) -> None:
    for page in (CHAPTER % "x = 1", "# No code\n\n* a list\n"):
        status, said, _ = lint(page.replace("* a list", "* a {glue:text}`list`"))
        line = page[: page.index("* a list")].count("\n") + 1
        assert status == 1
        assert f"chapter.md:{line}: {{glue:text}}`list`" in said
