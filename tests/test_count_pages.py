"""The tool that counts the code of the pages: planted faults, and what is no fault."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import count_pages  # noqa: E402
from pages import find_cells  # noqa: E402

FRONT = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n# A page\n"
SHOWN, FOLDED, REMOVED = "", "hide-input", "remove-cell"


def page(*cells: tuple[str, str]) -> str:
    """A page of cells, each a tag, or none, and its code."""
    text = FRONT
    for tag, code in cells:
        options = f":tags: [{tag}]\n\n" if tag else ""
        text += f"\nSome words.\n\n```{{code-cell}} ipython3\n{options}{code}\n```\n"
    return text


def found(*cells: tuple[str, str]) -> list[str]:
    """The names of such a page which only removed cells define, each with its line of code."""
    text = page(*cells)
    lines = text.split("\n")
    places = count_pages.unseen_names(find_cells(text))
    for place in places:
        assert re.search(rf"\b{place.name}\b", lines[place.line - 1]), "the line is another's"
    return [place.name for place in places]


@pytest.mark.parametrize(
    "use",
    [
        "print(secret)",
        "secret += 1",
        "secret = secret + 1",
        "secret.field = 1",
        "for secret in secret: pass",
        "del secret",
        "try:\n    pass\nexcept secret:\n    pass",
        "match 1:\n    case secret.ONE:\n        pass",
        "secret: int\nprint(secret)",
        # Inside of functions, and around them
        "def f():\n    def g():\n        return secret\n    return g",
        "def f(secret):\n    def g():\n        global secret\n        print(secret)",
        "f = lambda x: x + secret",
        "class A:\n    def f(self):\n        return secret",
        "def f(*, x=secret): pass",
        "def f(secret=secret): return secret",
        "@secret.register(int)\nclass A: pass",
        "def f() -> secret: pass",
        "class A(metaclass=secret): pass",
        # A class has names of its own, but its functions and comprehensions do not see them
        "class A:\n    secret = secret",
        "class A:\n    secret = 1\n    x = [secret for _ in 'ab']",
        "class A:\n    secret = 1\n    def f(self):\n        return secret",
        # Comprehensions and strings
        "[secret for x in range(3)]",
        "[secret for secret in secret]",
        "[secret for secret in range(3)]\nprint(secret)",
        "sum(x for x in range(3) if x < secret)",
        'f"{1:{secret}}"',
        'print(\n    f"one "\n    f"{secret}"\n)',
        # IPython
        "%matplotlib inline\nprint(secret)",
        "!ls\nfiles = !ls\nprint(secret)",
        "%time print(secret)",
        "%%time\nprint(secret)",
        "%%timeit -n 3 x = 1\nprint(secret)",
        "if True:\n    !ls\n    print(secret)",
    ],
)
def test_planted_fault_is_found(use: str) -> None:
    assert found((REMOVED, "secret = 1"), (SHOWN, use)) == ["secret"]


@pytest.mark.parametrize("visible", [SHOWN, FOLDED, "hide-cell"])
@pytest.mark.parametrize("removed", [REMOVED, "remove-input"])
def test_fault_is_found_whatever_hides_the_cells(visible: str, removed: str) -> None:
    assert found((removed, "secret = 1"), (visible, "print(secret)")) == ["secret"]


@pytest.mark.parametrize(
    "binding",
    [
        "import secret.inner",
        "import numpy as secret",
        "from numpy import *",
        "first, (secret, *rest) = 1, (2, 3)",
        "def secret(): pass",
        "class secret: pass",
        "for i, (secret, _) in {}: pass",
        "with open('x') as secret: pass",
        "[secret := x for x in range(3)]",
        "match {}:\n    case {'a': 1, **secret}:\n        pass",
        "if True:\n    secret = 1\nelse:\n    pass",
        "try:\n    secret = 1\nexcept OSError:\n    pass",
        "def f():\n    global secret\n    secret = 1",
    ],
)
def test_what_binds_a_name(binding: str) -> None:
    use = (SHOWN, "print(secret)")
    assert found((REMOVED, binding), use) == ["secret"]
    assert found((REMOVED, "secret = 1"), (SHOWN, binding), use) == []
    assert found((REMOVED, "secret = 1"), (SHOWN, f"{binding}\nprint(secret)")) == []


@pytest.mark.parametrize(
    "code",
    [
        "x.secret = f(secret=1)",
        "class A(secret=1): pass",
        "'secret {secret}'  # secret",
        "match x:\n    case A(secret=1):\n        pass",
        # Variables of their own
        "{secret: 1 for secret, _ in {}}",
        "lambda *secret: secret",
        "def f(secret, /): return [secret for _ in range(3)]",
        "def f():\n    for x in 'ab':\n        if x:\n            secret\n        secret = x",
        "def f():\n    x: secret = 1\n    return x",
        "def f():\n    import secret\n    return lambda: secret",
        "def f():\n    secret = 1\n    def g():\n        nonlocal secret\n        secret += 1",
        "class A:\n    secret = 1\n    other = secret + 1",
        "def f():\n    class A:\n        secret = 1\n        print(secret)",
        # It only gives the name a value, and may do so where an error is caught
        "global secret\nsecret = 1",
        "try:\n    x = 1\nexcept OSError:\n    secret = 1\nprint(secret)",
        # What is no Python
        "%%bash\necho $secret\nprint(secret)",
        "!echo secret",
        "secret?",
        "print(secret",
        "",
    ],
)
def test_what_is_no_use_of_the_name(code: str) -> None:
    assert found((REMOVED, "secret = 1"), (SHOWN, code)) == []


@pytest.mark.parametrize(
    "cells",
    [
        [(SHOWN, "both = 1"), (REMOVED, "both = 2"), (SHOWN, "print(both)")],
        [(REMOVED, "both = 2"), (SHOWN, "both = 1"), (SHOWN, "print(both)")],
        [(FOLDED, "x = 1"), (SHOWN, "print(x)")],
        [(SHOWN, "x = 1\nprint(x)")],
        [(REMOVED, "x = 1"), (REMOVED, "print(x)")],
        # Defined nowhere: ruff tells it
        [(REMOVED, "x = 1"), (SHOWN, "print(y)")],
        [(SHOWN, "print(x)"), (REMOVED, "x = 1")],
        # Given by Python and IPython
        [(REMOVED, "max = min"), (SHOWN, "print(max(1, 2), __name__)")],
        [(REMOVED, "from IPython.display import display"), (SHOWN, "display(1)")],
        [(REMOVED, "from numpy import *"), (SHOWN, "x = 1\nprint(x, len([]))\nget_ipython()")],
        # A function needs its names when it is called
        [(REMOVED, "x = 1"), (SHOWN, "def f():\n    return x"), (SHOWN, "x = 2\nf()")],
        [(REMOVED, "x = 1"), (SHOWN, "f = lambda: x"), (FOLDED, "import x")],
        [(REMOVED, "x = 1"), (SHOWN, "def f():\n    return [x for _ in 'ab']\nx = 2")],
        [(REMOVED, "x = 1"), (SHOWN, "x = 2\ndel x"), (SHOWN, "print(x)")],
        # A function that takes the name away may never be called
        [(SHOWN, "x = 1\ndef f():\n    global x\n    del x"), (REMOVED, "x = 1"), (SHOWN, "x")],
        # A visible star import may have brought it
        [(REMOVED, "x = 1"), (SHOWN, "from numpy import *"), (SHOWN, "print(x)")],
    ],
)
def test_what_is_no_fault(cells: list[tuple[str, str]]) -> None:
    assert found(*cells) == []


@pytest.mark.parametrize(
    "cells",
    [
        # Too late for what runs at once, be it in another cell or in the same
        [(REMOVED, "x = 1"), (SHOWN, "print(x)"), (SHOWN, "x = 2")],
        [(REMOVED, "x = 1"), (SHOWN, "print(x)\nx = 2")],
        [(REMOVED, "x = 1"), (SHOWN, "def f(a=x): pass"), (SHOWN, "x = 2")],
        [(REMOVED, "x = 1"), (SHOWN, "sum(x for _ in 'ab')"), (SHOWN, "x = 2")],
        # A function may get its name from a removed cell after it
        [(SHOWN, "def f():\n    return x"), (REMOVED, "x = 1"), (SHOWN, "f()")],
        [(SHOWN, "x = 2\ndel x"), (REMOVED, "x = 1"), (SHOWN, "print(x)")],
    ],
)
def test_order_counts(cells: list[tuple[str, str]]) -> None:
    assert found(*cells) == ["x"]


def test_each_cell_and_name_is_told_once_by_its_first_line() -> None:
    text = page(
        (REMOVED, "a, b = 1, 2"),
        (SHOWN, "def f():\n    return b\n\n\nprint(a)\nprint(a, b)"),
        (FOLDED, "x = [\n    a\n    for _ in a\n]"),
    )
    lines = text.split("\n")
    places = count_pages.unseen_names(find_cells(text))
    assert [(place.cell, place.name, lines[place.line - 1]) for place in places] == [
        (1, "b", "    return b"),
        (1, "a", "print(a)"),
        (2, "a", "    a"),
    ]


# --- The counts -------------------------------------------------------------

COUNTED = page(
    (REMOVED, "# a comment\n\nsecret = 1\njudge(secret)"),
    ("remove-input", "x = 'a' if secret else 'b'"),
    (FOLDED, "y = 1\n\nprint(secret)"),
    ("hide-cell", "y = 2 if y else f'{y}'\nclaims.judge(y if y else None)"),
    (SHOWN, "z = 1\nprint(secret, z, judge)"),
    ("remove-stderr", "z = 'a' if z else ('b' if y else 'c')\nprint(judgement(z))"),
)
COUNTS = {
    "removed_lines": 4,
    "hidden_lines": 4,
    "shown_lines": 4,
    "judge_calls": 2,
    "word_ternaries": 4,
    "shown_cells_lacking": 1,
    "hidden_cells_lacking": 1,
}


def test_what_is_counted() -> None:
    assert vars(count_pages.count(find_cells(COUNTED))) == COUNTS


def test_table_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = tmp_path / "one.md", tmp_path / "two.md"
    one.write_text(COUNTED, encoding="utf-8")
    two.write_text("# No code\n", encoding="utf-8")
    assert count_pages.main([str(one), str(two)]) == 0
    heads, *rows = capsys.readouterr().out.splitlines()
    assert "ternaries" in heads
    assert [row.split()[1:] for row in rows] == [
        [str(number) for number in COUNTS.values()],
        ["0"] * len(COUNTS),
        [str(number) for number in COUNTS.values()],
    ]
    assert count_pages.main(["--json", "--names", str(one)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pages"] == {str(one): COUNTS}
    assert told["total"] == COUNTS
    lines = [n for n, line in enumerate(COUNTED.split("\n"), 1) if "print(secret" in line]
    assert told["names"] == [f"{one}:{line}: secret" for line in lines]


@pytest.mark.parametrize("text", [None, page((SHOWN, "x = 1")).rstrip().rstrip("`")])
def test_page_that_cannot_be_read_is_told(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "page.md"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"page\.md"):
        count_pages.main([str(path)])


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_another_revision(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> None:
        person = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=0"]
        subprocess.run(["git", *person, *arguments], cwd=tmp_path, check=True, capture_output=True)

    for path in ("book/inner/one.md", "book/_ext/two.md", "book/three.txt", "four.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(COUNTED, encoding="utf-8")
    (tmp_path / "book" / "no-code.md").write_text("# No code\n", encoding="utf-8")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "The pages")
    (tmp_path / "book" / "inner" / "one.md").unlink()

    monkeypatch.setattr(count_pages, "ROOT", tmp_path)
    assert count_pages.main(["--json", "--revision", "HEAD"]) == 0
    assert json.loads(capsys.readouterr().out)["pages"] == {"book/inner/one.md": COUNTS}
    with pytest.raises(SystemExit, match="no-such-revision"):
        count_pages.main(["--revision", "no-such-revision"])
