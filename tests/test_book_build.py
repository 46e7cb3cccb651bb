"""The build of the book, tried on a book of three pages that needs neither data nor TensorFlow.

It has the real settings and the real extensions; only its chapters and its `lessons_src` are small.
One full build is made for all tests; those that change something do so in a copy, whose cache
already has what did not change.
"""

import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbclient
import nbformat
import psutil
import pytest
from bs4 import BeautifulSoup

from lessons_src import data as real_data
from lessons_src import settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
JUPYTER_BOOK = shutil.which("jupyter-book", path=str(Path(sys.executable).parent)) or "jupyter-book"
HEADER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""
INDEX = """\
# A small book

See {doc}`first`.
"""
FIRST = (
    HEADER
    + r"""
(sec-first)=
# First

Prose of the first chapter with $\frac{1}{2}$, and {cite}`someone2020`.
Others got {cited}`83.5%` {cite}`someone2020`, where guessing gives {given}`10%`.

$$
\mathbf{A} = \begin{pmatrix} a & b \\ c & d \end{pmatrix}
$$ (eq-a)

\begin{align}\label{eq:b}
a &= b \\
  &= \begin{cases} 1 & a > 0 \\ 0 & \text{otherwise} \end{cases}
\end{align}

See {eq}`eq-a` and {eq}`eq:b`, and {numref}`fig-line` in
[the same page](#sec-first). The code of the package:

```{literalinclude} ../lessons_src/settings.py
:language: python
:pyobject: choose
```

```{code-cell} python
import os
import time

import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from myst_nb import glue

from lessons_src import data, numbers

set_matplotlib_formats("svg")
time.sleep(1)
data.test_labels("to show that it is told")
glue("value", numbers.VALUE, display=False)
```

```{code-cell} python
---
mystnb:
  image:
    alt: "A line that rises to {value:,.1f} of {given}`2,000`"
  figure:
    name: fig-line
    caption: "It rises to {glue:text}`value:,.1f`."
---
figure, ax = plt.subplots(figsize=(7, 3))
ax.plot([0, numbers.VALUE], color="#0072b2")
ax.xaxis.label.set_color("#1f2328")
ax.set_xlabel("x");
```

```{code-cell} python
---
tags: [no-data]
mystnb:
  image:
    alt: "A drawing"
  figure:
    caption: "A drawing without data."
---
plt.figure(figsize=(2, 1)).add_subplot();
```

```{predict} How large is it?
- small
- large
```

```{fold} Open when you have chosen
:kind: prediction
```

It is large.

```{code-cell} python
print("inside the fold", numbers.VALUE)
```

```{endfold}
```

```{fold} An answer in words
:kind: solution
```

Words that answer.

```{endfold}
```

**Exercise.** Double the {glue:text}`value:,.0f`.

```{code-cell} python
answer = ...  # twice the value
print("answered:", answer)
```

```{fold} A solution with code
:kind: solution
```

Words that solve.

```{code-cell} python
answer = numbers.VALUE * 2
```

More words that solve.

```{code-cell} python
print("solved:", answer)
```

```{endfold}
```

:::{admonition} What we found
The value is {glue:text}`value:,.1f`.
:::
"""
)
SECOND = (
    HEADER
    + """
# Second

```{code-cell} python
import os
import time

time.sleep(1)
os.write(2, b"what native code says past Python, as TensorFlow does")
print("second")
```

```{code-cell} python
1 + 1
```
"""
)
THIRD = (
    HEADER
    + """
# Third

```{code-cell} python
from lessons_src.recorded import recorded

small = recorded("small")
print(small("only", "score"))
```

The score is {value}`middle:.1%`, or {value}`third.middle:[.0%]`; it is high{expect}`middle`.

```{recorded} small
```

```{claim} S1.1
```

```{claim} S1.2
```
"""
)
FOURTH = """\
# Fourth

Elsewhere: {value}`third.middle:.2f`, and the card {claim}`S1.1`.

```{moved-claims}
```
"""
CLAIMS = """\
[sources]
S = "someone2020"

[moved]
fourth = ["S1.1"]

[homes]
third = ["S1.1", "S1.2"]

[claims."S1.1"]
claimed = "The score is above a half."
headline = "The mean score is above 0.5."
also = "Is it above 0.8?"
read = 2026-01-01
known = "a trial was known."

[claims."S1.2"]
claimed = "It is counted."
headline = "Two seeds are counted."
read = 2026-01-01
"""
FINDINGS = '''\
"""What the small record says."""

from book.findings import claim, expect, finding
from book.findings._pieces import LIMIT
from book.claims import above, identity, judge
from lessons_src.stats import Interval


def score(small):
    """The mean over the seeds, with an interval made up for the test."""
    mean = small("only", "score").mean()
    return Interval(mean, mean - 0.01, mean + 0.01)


@finding
def middle(small):
    """The mean score."""
    expect(score(small).low > LIMIT, "the score is above a half")
    return score(small)


@claim("S1.1")
def high(small):
    """Above a half."""
    return judge(
        above("mean score", score(small), 0.5, small),
        also=[above("mean score above 0.8", score(small), 0.8, small)],
        weakened="Two seeds.",
    )


@claim("S1.2")
def counted(small):
    """Counted."""
    return judge(identity("two seeds", len(small.seeds) == 2, "2", small))
'''
LEDGER = "# Claims\n\n```{ledger-summary}\n```\n\n```{ledger}\n```\n\n```{ledger-count}\n```\n"
VERDICTS = '{"S1.1": "holds", "S1.2": "holds"}'
EXPERIMENT = '''\
"""An experiment."""

from experiments import experiment


@experiment(cases={"only": {}}, seeds=2)
def small(seeds):
    """A set-up in words."""
    return {"score": [0.6 for seed in seeds]}
'''
MAKE_RECORD = """\
import sys

from experiments.records import RECORDS, code_of, digest, write
from lessons_src.data import real_fingerprint

cases = {"only": {"settings": {}, "seconds": 1.0, "results": {"score": [0.6, float(sys.argv[1])]}}}
made = {"date": "2026-01-02", "seconds": 120.0, "machine": "A processor", "python": "3"}
made |= {"versions": {"numpy": "2"}, "data": real_fingerprint(), "code": code_of("small")}
content = {"name": "small", "set_up": "A set-up in words.", "seeds": [0, 1]}
content |= {"cases": cases, "made": made}
made["results"] = digest(content)
write(RECORDS / "small.json", content)
"""
TOC = """\
format: jb-book
root: index
parts:
  - caption: Chapters
    numbered: true
    chapters:
      - file: first
      - file: second
      - file: third
      - file: fourth
  - caption: Reference
    chapters:
      - file: reference/claims
      - file: reference/bibliography
      - file: reference/build
"""
BIBLIOGRAPHY = "@misc{someone2020, author = {One, Some}, title = {A Work}, year = {2020}}\n"
FAKE_DATA = '''\
"""Stands for lessons_src.data: what the build uses of it."""

import os
from types import SimpleNamespace

_reads = []


class DataError(ValueError):
    """A fault in the data."""


def load():
    if os.environ.get("FASHION_MNIST_DIR"):
        raise DataError("train-images is truncated. Cure: take the official file.")
    source = os.environ.get("FASHION_MNIST_SOURCE", "real")
    return SimpleNamespace(
        source=source,
        origin=f"a folder ({os.getcwd()})",
        source_line=f"Data: {source}",
        fingerprint=source,
    )


def real_fingerprint():
    return "real"


def test_labels(reason):
    _reads.append(reason)


def test_label_reads():
    return tuple(_reads)
'''


def write(folder: Path, files: dict[str, str]) -> None:
    """Write the files of a book, by name."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a build: the small package, and no wishes from outside."""
    drop = ("FASHION_MNIST_DIR", "FASHION_MNIST_SOURCE", "LESSONS_QUICK", "GITHUB_REPOSITORY")
    kept = {name: value for name, value in os.environ.items() if name not in drop}
    return {**kept, "PYTHONPATH": str(folder), "LESSONS_JOBS": "2", "NO_COLOR": "1", **more}


def build(folder: Path, *flags: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`jupyter-book build book`, from the root of the small book."""
    command = [JUPYTER_BOOK, "build", "book", *flags]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def ran(result: subprocess.CompletedProcess[str]) -> list[str]:
    """The chapters that the build says it ran."""
    return sorted(re.findall(r"^(?:.*: )?running (\S+)$", result.stdout, re.MULTILINE))


def page(folder: Path, name: str) -> BeautifulSoup:
    """A page of the built site."""
    text = (folder / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def pages(folder: Path) -> list[Path]:
    """All pages of the built site, search and index included."""
    site = folder / "_build" / "html"
    found = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    assert {"first.html", "genindex.html", "search.html"} <= {path.name for path in found}
    return found


def make_record(folder: Path, second: float) -> None:
    """The record of the small experiment; this is what its second seed gave."""
    make = [sys.executable, "-c", MAKE_RECORD, str(second)]
    subprocess.run(make, cwd=folder, env=environment(folder), check=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book, built with warnings as errors."""
    folder = tmp_path_factory.mktemp("book") / "mini"
    write(
        folder,
        {
            "book/index.md": INDEX,
            "book/first.md": FIRST,
            "book/second.md": SECOND,
            "book/third.md": THIRD,
            "book/fourth.md": FOURTH,
            "book/findings/third.py": FINDINGS,
            "book/findings/_pieces.py": "LIMIT = 0.5\n",
            "book/claims.toml": CLAIMS,
            "book/experiments/verdicts.json": VERDICTS,
            "experiments/small.py": EXPERIMENT,
            "book/_toc.yml": TOC,
            "book/references.bib": BIBLIOGRAPHY,
            "book/reference/bibliography.md": "# Bibliography\n\n```{bibliography}\n```\n",
            "book/reference/claims.md": LEDGER,
            "book/reference/build.md": "# About this build\n\n```{build-report}\n```\n",
            "lessons_src/__init__.py": "",
            "lessons_src/data.py": FAKE_DATA,
            "lessons_src/numbers.py": "VALUE = 1234.5\n",
            "requirements.lock": "",
        },
    )
    for name in ("settings", "stats", "report", "recorded"):
        shutil.copy(ROOT / "lessons_src" / f"{name}.py", folder / "lessons_src")
    shutil.copy(ROOT / "book" / "claims.py", folder / "book")
    for name in ("__init__", "__main__", "fingerprint", "records"):
        shutil.copy(ROOT / "experiments" / f"{name}.py", folder / "experiments")
    shutil.copy(ROOT / "book" / "findings" / "__init__.py", folder / "book" / "findings")
    make_record(folder, 0.7)
    shutil.copy(ROOT / "_config.yml", folder)
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("_ext", "_static"):
        shutil.copytree(ROOT / "book" / name, folder / "book" / name, ignore=ignore)
    result = build(folder, "-W", "-n", "--keep-going")
    assert result.returncode == 0, result.stdout + result.stderr
    assert ran(result) == ["first", "second", "third"]
    outputs = [output.text.strip() for output in page(folder, "second").select(".cell_output")]
    assert outputs == ["second", "2"]
    return folder


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the built book, to be changed."""
    return shutil.copytree(built, tmp_path / "mini", symlinks=True)


def test_real_data_has_what_the_build_uses() -> None:
    fields = real_data.FashionMNIST.__dataclass_fields__
    assert {"source", "origin", "fingerprint"} <= set(fields)
    assert isinstance(real_data.FashionMNIST.source_line, property)
    assert issubclass(real_data.DataError, ValueError)
    assert isinstance(real_data.test_label_reads(), tuple)


def test_unchanged_build_runs_nothing(built: Path) -> None:
    result = build(built, "-W", "-n", "--keep-going")
    assert result.returncode == 0, result.stderr
    assert ran(result) == []
    assert "0 of 3 to run" in result.stdout
    assert "rises to 1,234.5" in page(built, "first").text


def test_change_of_prose_runs_nothing(copy: Path) -> None:
    changed = FIRST.replace("Prose of", "Other words of").replace("It rises", "The line rises")
    write(copy, {"book/first.md": changed.replace("A drawing", "A sketch")})
    result = build(copy)
    assert result.returncode == 0, result.stderr
    assert ran(result) == []
    first = page(copy, "first")
    assert "Other words of" in first.text
    assert "The line rises to 1,234.5" in first.find("figcaption").text
    assert first.find("img", alt="A sketch")


def test_change_of_code_or_package_runs_again_and_renews_every_page(copy: Path) -> None:
    build(copy)  # Sphinx reads all pages of a book that has moved; from here on it need not
    write(copy, {"book/first.md": FIRST.replace('"value", numbers.VALUE', '"value", 7.0')})
    result = build(copy)
    assert result.returncode == 0, result.stderr
    assert ran(result) == ["first"]
    assert "It rises to 7.0" in page(copy, "first").find("figcaption").text
    # One line of the package: both chapters run, though no page has changed.
    write(copy, {"lessons_src/numbers.py": "VALUE = 99.0\n"})
    result = build(copy)
    assert result.returncode == 0, result.stderr
    assert ran(result) == ["first", "second", "third"]
    assert "inside the fold 99.0" in page(copy, "first").text


def test_failing_cell_fails_the_build_and_is_named(copy: Path) -> None:
    chapter = SECOND.replace("1 + 1", "divisor = 0\n1 / divisor")
    write(copy, {"book/second.md": chapter})
    line = chapter.splitlines().index("1 / divisor") + 1
    result = build(copy)  # without -W, which would make every warning an error
    assert result.returncode != 0
    told = re.search(r"^.*ZeroDivisionError.*$", result.stderr, re.MULTILINE)
    assert told, result.stderr
    assert f"second.md:{line}: ZeroDivisionError: division by zero" in told[0]
    assert "1 / divisor" in result.stderr
    assert len(result.stderr.splitlines()) < 15


def test_chapter_whose_kernel_dies_is_named(copy: Path) -> None:
    write(copy, {"book/second.md": SECOND.replace("1 + 1", "os._exit(1)")})
    result = build(copy)
    assert result.returncode != 0
    assert re.search(r"second\.md:\d+: Kernel died", result.stderr), result.stderr
    assert "what native code says" in result.stderr


@pytest.mark.parametrize("wish", ["0", "-1", "two"])
def test_impossible_number_of_jobs_is_refused(copy: Path, wish: str) -> None:
    write(copy, {"book/second.md": SECOND.replace("1 + 1", "1 + 2")})
    result = build(copy, LESSONS_JOBS=wish)
    assert result.returncode != 0
    assert f"LESSONS_JOBS is '{wish}': set it to a whole number from 1" in result.stderr
    assert "Traceback" not in result.stderr


def test_code_and_formulae_stay_as_they_are_in_a_notebook() -> None:
    from book._ext.plain_markdown import convert_text

    text = "Write `table[0](x)` and $E[X](t)$, as on [the page](page.md), {term}`loss`."
    told = convert_text(text, lambda role, content: content)
    assert told == "Write `table[0](x)` and $E[X](t)$, as on the page, loss."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process")
def test_interrupted_build_leaves_no_kernel(copy: Path) -> None:
    write(copy, {"book/second.md": SECOND.replace("time.sleep(1)", "time.sleep(300)")})
    command = [JUPYTER_BOOK, "build", "book"]
    with subprocess.Popen(
        command,
        cwd=copy,
        env=environment(copy),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        kernels: list[psutil.Process] = []
        deadline = time.monotonic() + 60
        while not kernels and time.monotonic() < deadline:
            time.sleep(0.2)
            kernels = psutil.Process(process.pid).children(recursive=True)
        assert kernels
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) != 0
    _, alive = psutil.wait_procs(kernels, timeout=10)
    assert not alive


def test_stand_in_and_quick_build_are_declared_on_every_page(copy: Path) -> None:
    result = build(copy, FASHION_MNIST_SOURCE="synthetic", LESSONS_QUICK="1")
    assert result.returncode == 0, result.stderr
    assert ran(result) == ["first", "second", "third"]
    for path in pages(copy):
        banner = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").find(
            class_="bd-header-announcement"
        )
        assert banner, path
        assert "synthetic stand-in" in banner.text
        assert "quick build" in banner.text
    assert page(copy, "first").find(class_="data-source").text == "Data: synthetic"
    # Back on the real data, nothing runs, and nothing is left of the stand-in.
    again = build(copy)
    assert ran(again) == []
    assert not page(copy, "search").find(class_="build-note")
    assert page(copy, "first").find(class_="data-source").text == "Data: real"


def test_data_error_stops_the_build_with_its_message(copy: Path) -> None:
    result = build(copy, FASHION_MNIST_DIR="somewhere")
    assert result.returncode != 0
    assert "train-images is truncated. Cure:" in result.stderr
    assert "Traceback" not in result.stderr


def test_full_build_on_real_data_has_no_banner(built: Path) -> None:
    for path in pages(built):
        assert "build-note" not in path.read_text(encoding="utf-8"), path


def test_fold_holds_prose_and_cells(built: Path) -> None:
    fold = page(built, "first").find("details", class_="fold-prediction")
    assert fold.find("summary").text == "Open when you have chosen"
    assert "It is large." in fold.text
    assert "inside the fold 1234.5" in fold.text
    assert "What we found" not in fold.text


def test_prediction_is_a_set_of_labelled_buttons(built: Path) -> None:
    fieldset = page(built, "first").find("fieldset")
    assert fieldset.find("legend").text == "How large is it?"
    buttons = fieldset.select("label > input[type=radio]")
    assert [button.parent.text.strip() for button in buttons] == ["small", "large"]
    assert len({button["name"] for button in buttons}) == 1


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("no end", "```{fold} A fold\n```\n\ntext\n", 3),
        ("no beginning", "text\n\n```{endfold}\n```\n", 5),
    ],
)
def test_unbalanced_fold_fails(copy: Path, name: str, text: str, line: int) -> None:
    write(copy, {"book/index.md": f"# A book\n\n{text}"})
    result = build(copy)
    assert result.returncode != 0, name
    assert re.search(rf"index\.md:{line}: \{{(end)?fold\}}", result.stderr), result.stderr


def test_figures_are_described_and_sourced(built: Path) -> None:
    first = page(built, "first")
    line, drawing = first.find_all("figure")
    assert [image["alt"] for image in line.find_all("img")] == [
        "A line that rises to 1,234.5 of 2,000",
        "A line that rises to 1,234.5 of 2,000",
    ]
    caption = " ".join(line.find("figcaption").text.split())
    assert caption == "Figure 1.1 It rises to 1,234.5.# Data: real"
    assert "Data:" not in drawing.find("figcaption").text


def test_figure_of_a_source_is_told_from_our_own(built: Path) -> None:
    first = page(built, "first")
    (cited,) = first.find_all("span", class_="cited")
    assert cited.text == "83.5%"
    assert "not measured here" in cited["title"]
    sentence = " ".join(cited.find_parent("p").text.split())
    assert sentence.endswith("Others got 83.5% [1], where guessing gives 10%.")


def test_figures_have_a_light_and_a_dark_copy(built: Path) -> None:
    light, dark = page(built, "first").find("figure").find_all("img")
    assert ("only-light" in light["class"], "only-dark" in dark["class"]) == (True, True)
    site = built / "_build" / "html"
    texts = [(site / image["src"]).read_text(encoding="utf-8") for image in (light, dark)]
    assert "#0072b2" in texts[0]
    assert "#1f2328" in texts[0]
    assert "#0072b2" not in texts[1]
    assert "#1f2328" not in texts[1]
    for text in texts:  # the ground is the page's own, behind the figure and behind its axes
        assert text.count("fill: none") >= 2


def test_faults_of_a_page_are_warnings_that_name_it(copy: Path) -> None:
    faulty = FIRST.replace('alt: "A drawing"', "width: 50%").replace("{value:,.1f}", "{valve:.1f}")
    faulty = faulty.replace('    caption: "A drawing without data."', "    align: left")
    faulty = faulty.replace(r"\frac{1}{2}", r"\nosuchmacro{1}{2}")
    write(copy, {"book/first.md": faulty})
    result = build(copy, "-W", "-n", "--keep-going")
    assert result.returncode != 0
    warnings = result.stderr
    assert "first.md" in warnings
    assert "image without alt text" in warnings
    assert "no glued value 'valve'" in warnings
    assert "figure without a caption" in warnings
    assert r"\nosuchmacro" in warnings


def test_mathematics_is_mathml_without_a_script(built: Path) -> None:
    first = page(built, "first")
    assert len(first.find_all("math")) == 3
    assert not [s for s in first.find_all("script") if "mathjax" in s.get("src", "").lower()]
    numbers = [number.text.rstrip("#") for number in first.find_all(class_="eqno")]
    assert numbers == ["(1.1)", "(1.2)"]
    links = [link for link in first.find_all("a") if link.text in numbers]
    assert [first.find(id=link["href"][1:]) is not None for link in links] == [True, True]


def notebook_of(folder: Path, name: str) -> nbformat.NotebookNode:
    """A notebook of the built site, which is as it should be and holds no outputs."""
    path = folder / "_build" / "html" / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    return notebook


def texts(notebook: nbformat.NotebookNode) -> str:
    """All text of a notebook."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def codes(notebook: nbformat.NotebookNode) -> list[str]:
    """The code of a notebook, cell by cell."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("name", ["first", "teacher/first"])
def test_notebook_is_in_plain_markdown(built: Path, name: str) -> None:
    text = texts(notebook_of(built, name))
    assert "(Some One" not in text
    assert "(One, 2020)" in text
    assert "> **What we found**\n>\n> The value is 1,234.5." in text
    assert "> **Predict: How large is it?**\n>\n> - small\n> - large" in text
    assert "Others got 83.5% (One, 2020), where guessing gives 10%." in text
    assert "See (1.1) and (1.2), and Figure 1.1 in\nthe same page." in text
    assert f"```python\n{inspect.getsource(settings.choose)}```" in text
    assert not re.search(r"\{\w+\}`|^:::|^```\{|^\(\S+\)=$", text, re.MULTILINE)


def test_readers_notebook_has_no_solution_and_room_for_ones_own(built: Path) -> None:
    reader, teacher = notebook_of(built, "first"), notebook_of(built, "teacher/first")
    for told in ("answer in words", "Words that", "solution", "that solve", "VALUE * 2", "solved"):
        assert told in texts(teacher) + "\n".join(codes(teacher)), told
        assert told not in json.dumps(reader), told
    assert "**An answer in words**" in texts(teacher)
    starter = 'answer = ...  # twice the value\nprint("answered:", answer)'
    assert codes(reader)[-2:] == [starter, ""]
    assert codes(teacher)[-3:-1] == [starter, "answer = numbers.VALUE * 2"]
    # Apart from the solutions, the two say the same, and what is no solution stays folded out.
    assert [code for code in codes(reader) if code] == codes(teacher)[:-2]
    assert "**Exercise.** Double the 1,234." in texts(reader)
    assert "It is large." in texts(reader)
    assert texts(reader).endswith("The value is 1,234.5.")


@pytest.mark.parametrize(
    ("name", "said"), [("first", "answered: Ellipsis"), ("teacher/first", "solved: 2469.0")]
)
def test_notebook_runs_by_itself(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    notebook = notebook_of(built, name)
    monkeypatch.setenv("PYTHONPATH", str(built))  # as if the package were installed
    nbclient.execute(notebook, cwd=str(tmp_path), kernel_name="python3", timeout=60)
    assert "inside the fold 1234.5" in json.dumps(notebook)
    assert said in json.dumps(notebook)


def test_solution_that_no_notebook_could_leave_out_stops_the_build(copy: Path) -> None:
    solution = "```{fold} Told\n:kind: solution\n```\n\ntold\n\n```{endfold}\n```"
    write(copy, {"book/second.md": f"{SECOND}\n::::{{note}}\n{solution}\n::::\n"})
    result = build(copy)
    assert result.returncode != 0
    assert re.search(r"second\.md: a fold inside \{note\}", result.stderr), result.stderr
    assert "Traceback" not in result.stderr


def test_notebook_buttons_follow_the_repository(copy: Path) -> None:
    assert "colab" not in str(page(copy, "first"))
    result = build(copy, GITHUB_REPOSITORY="someone/their-fork", GITHUB_REF_NAME="topic")
    assert result.returncode == 0, result.stderr
    first = str(page(copy, "first"))
    colab = "https://colab.research.google.com/github/someone/their-fork/blob/notebooks/first.ipynb"
    assert colab in first
    assert first.count("teacher/first.ipynb") == 1  # the download; the launch links are readers'
    assert "https://mybinder.org/v2/gh/someone/their-fork/notebooks" in first
    assert "https://github.com/someone/their-fork/edit/topic/book/first.md" in first
    notebook = (copy / "_build" / "html" / "notebooks" / "first.ipynb").read_text(encoding="utf-8")
    assert "git+https://github.com/someone/their-fork@topic" in notebook


def test_chapters_run_at_the_same_time_and_are_reported(built: Path) -> None:
    report = json.loads((built / "_build" / "html" / "build-report.json").read_text("utf-8"))
    first, second, third = report["chapters"]
    assert [c["page"] for c in (first, second, third)] == ["first", "second", "third"]
    assert max(first["start"], second["start"]) < min(first["end"], second["end"])
    assert first["test_label_reads"] == ["to show that it is told"]
    assert second["test_label_reads"] == []
    assert 20 < second["peak_mib"] < first["peak_mib"] < 2000
    assert report["origin"] == "a folder"  # and not which
    shown = page(built, "reference/build")
    assert "1: to show that it is told" in shown.text
    assert shown.find("a", href="../first.html", string="First")


def card(folder: Path, claim: str) -> str:
    """The text of a claim's card."""
    found = page(folder, "third").find(id=f"claim-{claim.lower().replace('.', '-')}")
    return " ".join(found.get_text(" ").split())


def warnings(result: subprocess.CompletedProcess[str]) -> str:
    """What a build said, on whatever stream."""
    return result.stdout + result.stderr


def test_value_stands_in_the_text(built: Path) -> None:
    assert "The score is 65.0%, or 65% [64%, 66%]; it is high." in page(built, "third").text
    assert "Elsewhere: 0.65, and the card S1.1" in page(built, "fourth").text
    assert "The score is 65.0%, or 65% [64%, 66%]; it is high." in texts(
        notebook_of(built, "third")
    )


def test_card_shows_what_was_claimed_read_measured_and_found(built: Path) -> None:
    told = card(built, "S1.1")
    assert "Claim S1.1 holds provisional: seeds below 1000" in told
    assert "Claimed The score is above a half." in told
    assert "Read as The mean score is above 0.5." in told
    assert "Measured Mean score: 0.65 [0.64, 0.66]. holds" in told
    assert "Weakened by Two seeds." in told
    assert "Read on 1 January 2026. Recorded on 2 January 2026, 2 seeds. A trial was known." in told
    assert "Repeat it with make experiments NAME=small ." in told
    assert "Is it above 0.8? Mean score above 0.8: 0.65 [0.64, 0.66]. does not hold" in told
    assert "provisional" not in card(built, "S1.2")
    fold = page(built, "third").select_one("details.fold-recorded")
    assert (
        "Recorded on 2 January 2026 over 2 seeds: make experiments NAME=small" in fold.summary.text
    )
    assert "@experiment(cases=" in fold.text
    ledger = json.loads((built / "_build" / "html" / "claims.json").read_text())
    assert [(c["id"], c["verdict"], c["provisional"]) for c in ledger] == [
        ("S1.1", "holds", True),
        ("S1.2", "holds", False),
    ]
    assert ledger[0]["page"] == "third.html#claim-s1-1"
    assert ledger[0]["parts"][0] | {"interval": None} == {
        "asked": "mean score",
        "verdict": "holds",
        "number": "0.65 [0.64, 0.66]",
        "sign": "",
        "interval": None,
        "level": 0.95,
        "seeds": 2,
        "provisional": True,
    }


def test_ledger_shows_every_claim_without_its_chapter(built: Path) -> None:
    shown = page(built, "reference/claims")
    first, second = shown.select(".ledger > details")
    assert " ".join(first.summary.text.split()) == (
        "S1.1 The score is above a half. holds provisional"
    )
    told = " ".join(first.text.split())
    assert "Read as The mean score is above 0.5." in told
    assert "Mean score: 0.65 [0.64, 0.66]. holds 2 seeds." in told
    assert "does not hold" in first.select_one("details.fold-also").text
    assert first.select_one("a.claim-link")["href"] == "../third.html#claim-s1-1"
    assert "provisional" not in second.summary.text
    assert shown.select_one(".ledger-legend").text.split() == ["2", "holds"]
    assert "holds 2 headline readings, of which 2 are answered" in shown.text
    assert not shown.select("script[src*=ledger]")


def test_old_address_of_a_card_leads_to_it(built: Path) -> None:
    moved = page(built, "fourth").find(id="claim-s1-1")
    assert moved.a["href"] == "third.html#claim-s1-1"
    assert page(built, "third").find(id="claim-s1-1")["class"][:1] == ["claim-card"]


def test_change_of_a_finding_runs_no_chapter_and_shows(copy: Path) -> None:
    """Of its wording, its value, or a module that it imports; also on pages of other topics."""
    path = copy / "book" / "findings" / "third.py"
    path.write_text(
        path.read_text().replace(".mean()", ".mean() + 0.1").replace("Two seeds.", "2.")
    )
    result = build(copy, "-W", "-n")
    assert result.returncode == 0, warnings(result)
    assert ran(result) == []
    assert "The score is 75.0%" in page(copy, "third").text
    assert "Elsewhere: 0.75" in page(copy, "fourth").text
    assert "Weakened by 2." in card(copy, "S1.1")
    assert "0.75 [0.74, 0.76]" in page(copy, "reference/claims").select_one(".ledger").text
    write(copy, {"book/findings/_pieces.py": "LIMIT = 0.8\n"})
    result = build(copy)
    assert ran(result) == []
    assert "is no longer so: the score is above a half" in warnings(result)


def test_change_of_a_record_shows_on_pages_that_only_quote_it(copy: Path) -> None:
    make_record(copy, 0.9)
    result = build(copy, "-W", "-n")
    assert result.returncode == 0, warnings(result)
    assert "Elsewhere: 0.75" in page(copy, "fourth").text


def test_sentence_that_is_no_longer_so_is_named(copy: Path) -> None:
    make_record(copy, 0.3)
    result = build(copy, "-W", "--keep-going")
    assert result.returncode != 0
    told = warnings(result)
    assert "third.middle is no longer so: the score is above a half" in told
    assert "The score is {value}`middle:.1%`" in told  # the sentence
    assert re.search(r"third\.md:\d+: WARNING: findings", told)
    assert re.search(r"fourth\.md:\d+: WARNING: findings", told)
    assert "the verdict on S1.1 is now 'does not hold', and was 'holds'" in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{value}`middle:.1%`", "{value}`muddle`", r"third.md:\d+: .*no finding 'third.muddle'; "),
        ("{value}`middle:.1%`", "{value}`other.middle`", r"third.md:\d+: .*no topic 'other'"),
        ("{value}`middle:.1%`", "{value}`middle:.1x`", r"third.md:\d+: .*Unknown format code"),
        ("{value}`middle:.1%`", "{value}`high`", r"third.md:\d+: .*quotes numbers, intervals"),
        ("{expect}`middle`", "{expect}`muddle`", r"third.md:\d+: .*no finding 'third.muddle'; "),
        ("```{claim} S1.2", "```{claim} S7.7", r"third.md:\d+: .*'S7.7' is not in claims.toml"),
        ("```{claim} S1.2\n```", "", "third.*this page has to show {claim} S1.2"),
        ("{recorded} small", "{recorded} smaller", "no experiment is called 'smaller'"),
    ],
)
def test_fault_in_a_role_or_a_card_is_named(copy: Path, old: str, new: str, told: str) -> None:
    path = copy / "book" / "third.md"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    result = build(copy, "-W", "--keep-going")
    assert result.returncode != 0
    assert re.search(told, warnings(result)), warnings(result)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('third = ["S1.1", "S1.2"]', 'third = ["S1.1"]', "gives S1.2 another home: none"),
        ("read = 2026-01-01\n", "", r"claims.toml:\d+: S1.1 has no reading: read missing"),
        ("known =", "knew =", r"claims.toml:\d+: S1.1 has the unknown key knew"),
        ('[claims."S1.2"]', '[claims."S1.3"]', "third.counted judges S1.2, which has no reading"),
        ('[claims."S1.2"]', '[claims."S1.3"]', "no finding judges S1.3"),
    ],
)
def test_fault_in_the_readings_is_named(copy: Path, old: str, new: str, told: str) -> None:
    path = copy / "book" / "claims.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    result = build(copy, "-W", "--keep-going")
    assert result.returncode != 0
    assert re.search(told, warnings(result)), warnings(result)
    assert "Traceback" not in result.stderr


def test_reading_that_is_younger_than_its_record_has_to_say_so(copy: Path) -> None:
    path = copy / "book" / "claims.toml"
    text = path.read_text()
    last = text.rindex("2026-01-01")
    path.write_text(text[:last] + "2026-01-03\n")
    result = build(copy)
    assert "S1.2 was read on 2026-01-03, after its record small was made" in warnings(result)
    path.write_text(text + 'anew = {date = 2026-01-03, why = "a slip."}\n')
    result = build(copy, "-W")
    assert result.returncode == 0, warnings(result)
    assert "read anew on 3 January 2026, after the result: a slip." in card(copy, "S1.2")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "def middle(small):",
            "def middle(smaller):",
            r"third.middle fails: .*no record.*'smaller'",
        ),
        ("def middle(small):", "def middle(small:", r"third.py:\d+: "),
        ('    """The mean score."""\n', "", r"third.py:\d+: the finding third.middle has no doc"),
        ('@claim("S1.2")', '@claim("S1.1")', r"third.py:\d+: S1.1 is found at .*third.py:\d+ as"),
        (
            "_pieces import LIMIT",
            "_pieces import LIMITS",
            r"third.py:4: .*cannot import name 'LIMITS'",
        ),
        ("@finding\n", "LIMIT / 0\n@finding\n", r"third.py:\d+: ZeroDivisionError"),
        ("len(small.seeds)", "len(small.seed)", r"third.py:\d+: third.counted fails: .*'seed'"),
        ("return judge(identity", "return (identity", r"third.py:\d+: third.counted returns"),
    ],
)
def test_fault_in_a_finding_is_named(copy: Path, old: str, new: str, told: str) -> None:
    path = copy / "book" / "findings" / "third.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    result = build(copy, "-W", "--keep-going")
    assert result.returncode != 0
    assert re.search(told, warnings(result)), warnings(result)
    assert "Traceback" not in result.stderr


def test_change_of_verdict_is_a_warning_that_names_the_command(copy: Path) -> None:
    path = copy / "book" / "experiments" / "verdicts.json"
    path.write_text('{"S1.1": "holds", "S1.2": "undecided", "S1.3": "holds"}')
    result = build(copy, "-W", "--keep-going")
    assert result.returncode != 0
    assert "the verdict on S1.2 is now 'holds', and was 'undecided'" in warnings(result)
    assert "a verdict on S1.3, which no page shows: `make verdicts`" in warnings(result)
    assert "S1.1 is now" not in warnings(result)


def test_verdicts_do_not_depend_on_the_data_of_the_build(copy: Path) -> None:
    result = build(copy, "-W", "--keep-going", FASHION_MNIST_SOURCE="synthetic")
    assert result.returncode == 0, warnings(result)
    assert "Claim S1.1 holds" in card(copy, "S1.1")
    assert "Claim S1.2 holds" in card(copy, "S1.2")


def test_card_stands_in_the_notebook(built: Path) -> None:
    told = texts(notebook_of(built, "third"))
    assert "The score is above a half. Read as: The mean score is above 0.5. Measured: mean" in told
    assert "Verdict: provisional **holds**." in told


def test_changed_record_runs_its_page_again_and_no_other(copy: Path) -> None:
    for score in (0.9, 0.8, 0.9):  # the last one was there before
        make_record(copy, score)
        result = build(copy)
        assert ran(result) == ["third"], result.stderr
        assert str(score) in page(copy, "third").select_one(".cell_output").text
    assert ran(build(copy)) == []


def test_record_without_a_name_in_the_code_may_be_any(copy: Path) -> None:
    third = THIRD.replace('recorded("small")', 'recorded("".join("small"))')
    assert third != THIRD
    write(copy, {"book/third.md": third})
    assert ran(build(copy)) == ["third"]
    make_record(copy, 0.9)
    result = build(copy)
    assert ran(result) == ["third"], result.stderr


@pytest.fixture
def exercises(copy: Path) -> Path:
    """The small book with an exercise on two of its pages, built."""
    ask = "\n```{{code-cell}} python\nfrom lessons_src.exercises import check\n{0}\n```\n"
    package = "import importlib\n\ndef check(name):\n    chapter = name.split('-')[0]\n"
    package += "    return importlib.import_module(f'{__name__}.{chapter}').PRAISE\n"
    write(
        copy,
        {
            "book/second.md": SECOND + ask.format('check("second-1")'),
            "book/third.md": THIRD + ask.format('check("third-1")'),
            "lessons_src/exercises/__init__.py": package,
            "lessons_src/exercises/second.py": "PRAISE = 'well'\n",
            "lessons_src/exercises/third.py": "PRAISE = 'good'\n",
        },
    )
    assert ran(build(copy)) == ["first", "second", "third"]  # the package concerns all
    return copy


def test_changed_exercise_runs_its_page_again_and_no_other(exercises: Path) -> None:
    write(exercises, {"lessons_src/exercises/second.py": "PRAISE = 'splendid'\n"})
    result = build(exercises)
    assert ran(result) == ["second"], result.stderr
    assert "splendid" in page(exercises, "second").text
    assert "good" in page(exercises, "third").text
    # The report and the ledger are read at every build, and then no chapter.
    assert "0 added, 2 changed, 0 removed" in build(exercises).stdout


def test_page_that_ran_in_a_build_that_failed_is_read_in_the_next(exercises: Path) -> None:
    third = exercises / "lessons_src/exercises/third.py"
    write(exercises, {"lessons_src/exercises/second.py": "PRAISE = 'splendid'\n"})
    third.write_text("PRAISE = 1 / 0\n")
    failed = build(exercises)
    assert failed.returncode != 0
    assert ran(failed) == ["second", "third"]
    third.write_text("PRAISE = 'good'\n")
    result = build(exercises)
    assert result.returncode == 0, result.stderr
    assert "splendid" in page(exercises, "second").text


def test_exercise_put_back_gives_the_earlier_outputs(exercises: Path) -> None:
    name, second = "lessons_src/exercises/second.py", exercises / "book/second.md"
    # With another option of a cell the cache keeps the earlier outputs beside the later ones.
    option = "```{code-cell} python\n:lang: en\n\nfrom lessons_src.exercises"
    text = second.read_text().replace(option.replace(":lang: en\n\n", ""), option)
    write(exercises, {name: "PRAISE = 'splendid'\n", "book/second.md": text})
    assert option in text
    assert ran(build(exercises)) == ["second"]
    assert "splendid" in page(exercises, "second").text
    write(exercises, {name: "PRAISE = 'well'\n"})
    result = build(exercises)
    assert ran(result) == [], result.stderr
    assert "well" in page(exercises, "second").text
    assert "splendid" not in page(exercises, "second").text


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("book/claims.toml", "[sources", "claims.toml cannot be used"),
        ("book/claims.toml", None, "claims.toml cannot be used"),
        ("book/claims.toml", CLAIMS.replace("S1.1", "T1.1"), "T1.1 has no source"),
        ("book/experiments/verdicts.json", "{", "verdicts.json cannot be used"),
        ("experiments/small.py", "def f(:\n", "small.py:1: invalid syntax"),
    ],
)
def test_broken_files_are_named_in_a_line(
    copy: Path, name: str, text: str | None, told: str
) -> None:
    (copy / name).unlink()
    if text is not None:
        write(copy, {name: text})
    result = build(copy)
    assert result.returncode != 0
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert not (copy / "_build" / "html" / "claims.json").exists()


def test_stale_record_fails_the_build_and_names_the_command(copy: Path) -> None:
    path = copy / "experiments" / "small.py"
    path.write_text(path.read_text().replace("0.6", "0.7"))
    result = build(copy)
    assert result.returncode != 0
    assert "small.json is stale" in result.stdout + result.stderr
    assert "make experiments NAME=small" in result.stdout + result.stderr
    assert not (copy / "_build" / "html" / "claims.json").exists()
    assert ran(result) == []
