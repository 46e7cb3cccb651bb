"""What pages train live is compared with recorded runs: what is read, compared, and told.

The builds are of a book of one page, by Sphinx itself: of the book's extensions it has those that
replications rest on.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import nbformat
import pytest
from myst_nb.core.read import read_myst_markdown_notebook
from test_book_build import FAKE_DATA, HEADER, environment, page, ran, write

ROOT = Path(__file__).resolve().parents[1]
slow = pytest.mark.slow
#: Mean 0.84; the interval at 99.9 % is 0.84 ± 3.8834 · 0.010260 · √1.05 = 0.84 ± 0.04083.
SPREAD = [0.83, 0.85] * 10
BAND = "79.9% to 88.1%"
ELSEWHERE = " (on the real images, at full settings)"
PAGE = (
    HEADER
    + """
# First

Here it is {live}`score:.1%`; a run of yours lands at {band}`score:.1%`.

```{code-cell} python
:live: {score: last}

from IPython.display import SVG

from lessons_src.exercises import check

last, other = check("first-1"), 0.85
```

```{code-cell} python
---
live: {gap: difference}
mystnb:
  figure:
    caption: "Gap: {live}`gap:+.1pt` points, yours at {band}`gap:.1pt`."
---
last = "a word"
difference = -0.012
SVG('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>')
```
"""
)
CONF = """\
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
extensions = ["myst_nb", "data_source", "run_notebooks", "replications"]
exclude_patterns = ["_ext", "experiments"]
html_theme = "sphinx_book_theme"
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
"""


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The extension's modules, which are importable only beside their siblings."""
    monkeypatch.syspath_prepend(ROOT / "book" / "_ext")
    import _formats
    import _kernel
    import replications
    import run_notebooks

    return SimpleNamespace(
        formats=_formats, kernel=_kernel, replications=replications, run=run_notebooks
    )


@pytest.fixture
def replications(modules: SimpleNamespace) -> ModuleType:
    """The extension itself."""
    return modules.replications


def make_record(book: Path, results: dict[str, list], name: str = "first") -> None:
    """The record of a page's live set-up."""
    seeds = range(1, 21)
    content = {"name": f"live-{name}", "set_up": "In words.", "seeds": list(seeds), "made": {}}
    content["cases"] = {"live": {"settings": {}, "seconds": 1.0, "results": results}}
    write(book, {f"experiments/live-{name}.json": json.dumps(content)})


# --- One number ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (0.8316, ".1%", "83.2%"),
        (1234.5678, ",.1f", "1,234.6"),
        (-0.0312, ".1%", "−3.1%"),
        (-0.0312, ".1pt", "−3.1"),
        (0.0312, "+.2pt", "+3.12"),
        (-0.0001, ".1pt", "0.0"),
        (-0.0001, "+.1%", "0.0%"),
        (-2e-5, ".0e", "−2e−05"),
        (0.0, ".0e", "0e+00"),
        (float("-inf"), ".1f", "−inf"),
        (0.5, "", "0.5"),
    ],
)
def test_number_is_formatted(modules: SimpleNamespace, value: float, spec: str, text: str) -> None:
    assert modules.formats.formatted(value, spec) == text


@pytest.mark.parametrize("spec", ["nonsense", ".1q", "pt pt"])
def test_impossible_format_is_refused(modules: SimpleNamespace, spec: str) -> None:
    with pytest.raises(ValueError, match=r"format|Invalid"):
        modules.formats.formatted(0.5, spec)


# --- The comparison, and what the roles say -----------------------------------


class Warnings(list):
    """Stands for a logger: keeps what it is told, each with its place."""

    def warning(self, message: str, *args: object, location: str) -> None:
        self.append(f"{location}: {message % args}")

    error = warning


@pytest.fixture
def warnings(replications: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Warnings:
    """What the extension warns of."""
    kept = Warnings()
    monkeypatch.setattr(replications, "LOGGER", kept)
    return kept


def env_of(folder: Path, score: float, *, source: str = "real", quick: bool = False) -> object:
    """As much of a build's environment as is used, the page being part/first."""
    env = SimpleNamespace(srcdir=folder, docname="part/first", noted=[])
    env.config = {"lessons_data": {"source": source}, "lessons_quick": quick}
    env.lessons_runs = {"part/first": {"live": {"score": score}}}
    env.lessons_live = {"part/first": {"score": "first.md:21"}}
    env.note_dependency = env.noted.append
    return env


def compare(replications: ModuleType, env: object) -> None:
    replications.compare(SimpleNamespace(config=env.config), env)


@pytest.mark.parametrize(
    ("score", "inside"), [(0.84, True), (0.8805, True), (0.8815, False), (0.7985, False)]
)
def test_number_has_to_lie_in_the_band(
    replications: ModuleType, warnings: Warnings, tmp_path: Path, score: float, inside: bool
) -> None:
    make_record(tmp_path, {"score": SPREAD})
    compare(replications, env_of(tmp_path, score))
    assert len(warnings) == (0 if inside else 1)
    if not inside:
        told = f"first.md:21: replications: on page part/first the live score is {score}, outside"
        assert warnings[0].startswith(f"{told} of 0.799173 to 0.880827")
        assert "make experiments NAME=live-first" in warnings[0]


def test_runs_that_are_all_alike_leave_room_for_rounding(
    replications: ModuleType, warnings: Warnings, tmp_path: Path
) -> None:
    make_record(tmp_path, {"score": [0.123457] * 20})
    compare(replications, env_of(tmp_path, 0.1234567))
    assert warnings == []
    compare(replications, env_of(tmp_path, 0.12347))
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("source", "quick"), [("synthetic", False), ("real", True), ("synthetic", True)]
)
def test_other_data_and_settings_are_not_compared(
    replications: ModuleType, warnings: Warnings, tmp_path: Path, source: str, quick: bool
) -> None:
    make_record(tmp_path, {"score": SPREAD})
    env = env_of(tmp_path, 0.1, source=source, quick=quick)
    compare(replications, env)
    assert replications.plain_text(env, "part/first", "band", "score:.1%") == BAND + ELSEWHERE
    assert replications.plain_text(env, "part/first", "live", "score:.1%") == "10.0%"
    assert warnings == []


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(
    ("results", "told"),
    [
        ({"loss": SPREAD, "gap": SPREAD}, "live-first has no result 'score', but loss, gap"),
        ({"score": [[0.1, 0.2]] * 20}, "'score' of live-first: need a list of at least two runs"),
    ],
)
def test_number_that_the_record_lacks_is_an_error(
    replications: ModuleType,
    warnings: Warnings,
    tmp_path: Path,
    results: dict,
    told: str,
    quick: bool,
) -> None:
    make_record(tmp_path, results)
    compare(replications, env_of(tmp_path, 0.84, quick=quick))
    assert [w.startswith(f"first.md:21: replications: {told}") for w in warnings] == [True]


def test_without_a_record_nothing_is_compared_and_there_is_no_band(
    replications: ModuleType, warnings: Warnings, tmp_path: Path
) -> None:
    env = env_of(tmp_path, 0.84)
    compare(replications, env)
    assert warnings == []
    assert replications.shown(env, "band", "score:.1%", "first.md:9") == "[score:.1%]"
    told = "first.md:9: replications: {band}`score:.1%`: there is no record live-first"
    assert warnings[0].startswith(told)
    # So that the page is read again as soon as there is one.
    assert env.noted == [str(tmp_path / "experiments" / "live-first.json")]


def test_alt_text_and_notebook_say_what_the_page_says(
    replications: ModuleType, warnings: Warnings, tmp_path: Path
) -> None:
    make_record(tmp_path, {"score": SPREAD})
    env = env_of(tmp_path, -0.012)
    alt = "A line at {live}`score:.1pt`, of {band}`score:.1%`; {value:.1f} and {given}`1%` stay"
    told = f"A line at −1.2, of {BAND}; {{value:.1f}} and {{given}}`1%` stay"
    assert replications.replace_roles(env, alt, "first.md:30") == told
    assert replications.plain_text(env, "part/first", "band", "score:.1%") == BAND
    assert warnings == []
    replications.replace_roles(env, "{live}`sore:.1f` and {live}`score:.1q`", "first.md:30")
    missing, unformatted = warnings
    told = "{live}`sore:.1f`: no cell of this page names 'sore' as live; there are score"
    assert missing == f"first.md:30: replications: {told}"
    assert unformatted.startswith("first.md:30: replications: {live}`score:.1q`: ")
    assert replications.plain_text(env, "part/first", "live", "sore:.1f") == "[sore:.1f]"


# --- What is read, and when ---------------------------------------------------


def notebook_of(path: Path, *cells: str) -> nbformat.NotebookNode:
    """A page of these cells, each with its options, as the build reads it."""
    fences = "\n".join(f"```{{code-cell}} python\n{cell}\n```\n" for cell in cells)
    path.write_text(f"{HEADER}\n{fences}", encoding="utf-8")
    return read_myst_markdown_notebook(path.read_text(encoding="utf-8"), add_source_map=True)


def test_run_is_needed_when_other_numbers_are_asked_for(
    modules: SimpleNamespace, tmp_path: Path
) -> None:
    options = ["", ":live: {a: b}\n", ":live: {a: c}\n", ":live: {d: b}\n"]
    found = [notebook_of(tmp_path / "p.md", f"{option}\nb = c = 1") for option in options]
    assert len({modules.run.code_key(notebook) for notebook in found}) == 4
    again = notebook_of(tmp_path / "p.md", ":live: {a: b}\n:lang: en\n\nb = c = 1")
    assert modules.run.code_key(again) == modules.run.code_key(found[1])


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("{a: b}", "live: a was already read at {path}:16"),
        ("[a, b]", "live: write names and variables"),
        ("{a: 3}", "live: write names and variables"),
        ("{on: b}", "live: write names and variables"),
        ("{c: a.b}", "live: c: 'a.b' is not the name of a variable"),
    ],
)
def test_faulty_metadata_are_told_with_their_place(
    modules: SimpleNamespace, tmp_path: Path, option: str, told: str
) -> None:
    path = tmp_path / "p.md"
    notebook = notebook_of(path, ":live: {a: b}\n\nb = 1", f":live: {option}\n\nb = 2")
    lines = path.read_text(encoding="utf-8").splitlines()
    told = re.escape(told.format(path=path).replace(":16", f":{lines.index('b = 1') + 1}"))
    with pytest.raises(modules.kernel.Failure, match=rf"p\.md:{lines.index('b = 2') + 1}: {told}"):
        modules.kernel.live_places(notebook, str(path))


@slow
def test_number_is_read_right_after_its_cell(modules: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    first = ":live: {a: x, b: y}\n\nimport numpy as np\nx, y = np.float32(0.5), -3"
    notebook = notebook_of(path, first, ":live: {c: x}\n\nx = 0.1 + 0.2", "x = 'gone'\nx")
    facts = asyncio.run(modules.kernel.run_in_kernel(notebook, str(path), 60))
    assert facts["live"] == {"a": 0.5, "b": -3.0, "c": 0.1 + 0.2}
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3]
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    assert [output.data["text/plain"] for output in outputs] == ["'gone'"]


@slow
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("y = 1", "NameError: name 'x' is not defined"),
        ("x = '0.84'", "TypeError: "),
        ("x = [0.84]", "TypeError: "),
        ("x = float('nan')", "but nan"),
    ],
)
def test_variable_without_a_number_is_told_with_its_place(
    modules: SimpleNamespace, tmp_path: Path, code: str, told: str
) -> None:
    path = tmp_path / "p.md"
    notebook = notebook_of(path, "1 + 1", f":live: {{score: x}}\n\n{code}")
    line = path.read_text(encoding="utf-8").splitlines().index(code) + 1
    match = rf"^{re.escape(str(path))}:{line}: live: score: x holds no number.*{told}"
    with pytest.raises(modules.kernel.Failure, match=match):
        asyncio.run(modules.kernel.run_in_kernel(notebook, str(path), 60))


# --- A book of one page -------------------------------------------------------


def build(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Build the book with warnings as errors."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "book", "_build/html"]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def words(folder: Path) -> str:
    """The page's text."""
    return " ".join(page(folder, "first").find("article").get_text().split())


def line_of(text: str) -> int:
    """The line of the page that begins so."""
    return next(i for i, line in enumerate(PAGE.splitlines(), 1) if line.startswith(text))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, built without a warning."""
    folder = tmp_path_factory.mktemp("replications") / "mini"
    write(
        folder,
        {
            "book/conf.py": CONF,
            "book/index.md": "# Index\n\n```{toctree}\nfirst\n```\n",
            "book/first.md": PAGE,
            "lessons_src/__init__.py": "",
            "lessons_src/data.py": FAKE_DATA,
            "lessons_src/exercises/__init__.py": (
                "def check(name):\n    from . import first\n    return first.SCORE\n"
            ),
            "lessons_src/exercises/first.py": "SCORE = 0.8712\n",
            "requirements.lock": "",
        },
    )
    for name in ("settings", "stats", "recorded"):
        shutil.copy(ROOT / "lessons_src" / f"{name}.py", folder / "lessons_src")
    make_record(folder / "book", {"score": SPREAD, "gap": [value - 0.86 for value in SPREAD]})
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "book" / "_ext", folder / "book" / "_ext", ignore=ignore)
    result = build(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    assert ran(result) == ["first"]
    return folder


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the book, to be changed; Sphinx reads all pages of a book that has moved."""
    return shutil.copytree(built, tmp_path / "mini")


@slow
def test_page_tells_its_number_and_the_band(built: Path) -> None:
    assert f"Here it is 87.1%; a run of yours lands at {BAND}." in words(built)
    caption = page(built, "first").find("figcaption").get_text()
    assert "Gap: −1.2 points, yours at −6.1 to 2.1." in caption


@slow
def test_number_outside_of_its_band_fails_every_build(copy: Path) -> None:
    assert build(copy).returncode == 0
    write(copy, {"lessons_src/exercises/first.py": "SCORE = 0.8815\n"})
    for again in (["first"], []):
        result = build(copy)
        assert result.returncode != 0
        assert ran(result) == again
        place = f"first.md:{line_of('from IPython')}: WARNING: replications: "
        told = "on page first the live score is 0.8815, outside of 0.799173 to 0.880827"
        assert place + told in result.stderr
        assert result.stderr.count("WARNING") == 1
    assert "Here it is 88.1%;" in words(copy)  # read again, though its text has not changed


@slow
def test_stand_in_and_quick_build_compare_nothing_and_say_so(copy: Path) -> None:
    write(copy, {"lessons_src/exercises/first.py": "SCORE = 0.2\n"})
    for wish in ({"FASHION_MNIST_SOURCE": "synthetic"}, {"LESSONS_QUICK": "1"}):
        result = build(copy, **wish)
        assert result.returncode == 0, result.stderr
        told = f"Here it is 20.0%; a run of yours lands at {BAND}{ELSEWHERE}."
        assert told in words(copy)


@slow
def test_changed_record_has_its_page_read_again_and_runs_nothing(copy: Path) -> None:
    assert build(copy).returncode == 0
    make_record(copy / "book", {"score": [v + 0.01 for v in SPREAD], "gap": SPREAD})
    result = build(copy)
    assert result.returncode != 0  # the gap
    assert ran(result) == []
    assert "a run of yours lands at 80.9% to 89.1%." in words(copy)


@slow
def test_other_variable_runs_its_page_again(copy: Path) -> None:
    write(copy, {"book/first.md": PAGE.replace("{score: last}", "{score: other}")})
    result = build(copy)
    assert result.returncode == 0, result.stderr
    assert ran(result) == ["first"]
    assert "Here it is 85.0%;" in words(copy)
    # And back: what is in the cache has that page's numbers.
    write(copy, {"book/first.md": PAGE})
    assert ran(build(copy)) == []
    assert "Here it is 87.1%;" in words(copy)


@slow
def test_unknown_names_are_told_with_file_and_line(copy: Path) -> None:
    changed = PAGE.replace("{live}`score:", "{live}`sore:").replace("{band}`score:", "{band}`sore:")
    write(copy, {"book/first.md": changed.replace("{gap: difference}", "{gaps: difference}")})
    result = build(copy)
    assert result.returncode != 0
    # MyST-NB counts a text's lines from the cell above it, and loses the blank ones there.
    for told in (
        "no cell of this page names 'sore' as live; there are score, gaps",
        "live-first has no result 'sore', but score, gap",
    ):
        assert re.search(rf"first\.md:1\d: WARNING: replications: .*{told}", result.stderr)
    told = "ERROR: replications: live-first has no result 'gaps', but score, gap"
    assert f"first.md:{line_of('last = ')}: {told}" in result.stderr


@slow
@pytest.mark.parametrize(
    ("old", "new", "place", "told"),
    [
        ("{score: last}", "{score: lost}", "from IPython", "live: score: lost holds no number"),
        ("{gap: diff", "{score: diff", "last = ", "live: score was already read at "),
    ],
)
def test_number_that_cannot_be_read_stops_the_build(
    copy: Path, old: str, new: str, place: str, told: str
) -> None:
    assert old in PAGE
    write(copy, {"book/first.md": PAGE.replace(old, new)})
    result = build(copy)
    assert result.returncode != 0
    assert f"first.md:{line_of(place)}: {told}" in result.stderr
    assert "The book was not built." in result.stderr
    assert "Traceback" not in result.stderr
