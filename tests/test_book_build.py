"""The build of the book, tried on the small book of `mini_book`.

Those tests that change something do so where it was built; see the fixtures of `conftest.py`.
"""

import inspect
import json
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
from mini_book import (
    ALL,
    BAND,
    SPREAD,
    STRICT,
    build,
    edit,
    environment,
    page,
    ran,
    record,
    started,
    words,
)

from book._ext import light
from lessons_src import data as real_data
from lessons_src import settings

pytestmark = pytest.mark.slow

COMMAND = shutil.which("jupyter-book", path=str(Path(sys.executable).parent)) or "jupyter-book"


def test_real_data_has_what_the_build_uses() -> None:
    fields = real_data.FashionMNIST.__dataclass_fields__
    assert {"source", "origin", "fingerprint"} <= set(fields)
    assert isinstance(real_data.FashionMNIST.source_line, property)
    assert issubclass(real_data.DataError, ValueError)
    assert isinstance(real_data.test_label_reads(), tuple)


# --- Only the repository matters ------------------------------------------------------------------

SETTINGS_SEEN = """
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# Settings

```{code-cell} python
---
mystnb:
  figure:
    name: fig-seen
    caption: A line.
  image:
    alt: A line.
---
import os, sys, time
import matplotlib.pyplot as plt
"a stray output"
_ = plt.plot([1, 2])
```

```{code-cell} python
---
tags: [no-data]
---
import keras
seen = [plt.rcParams["lines.linewidth"], keras.config.floatx(), keras.config.image_data_format()]
print("seen:", *seen, time.tzname[0], "EXTRA" in globals(), sys.flags.optimize)
print({*os.environ} & {"TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS", "IPYTHON_OF_OURS"})
```
"""


def hostile(folder: Path) -> dict[str, str]:
    """An environment, and settings in a folder, that each would change a page or end a build."""
    files = {
        "keras/keras.json": '{"floatx": "float64", "image_data_format": "channels_first"}',
        "matplotlib/matplotlibrc": "lines.linewidth: 7",
        "ipython/profile_default/ipython_config.py": (
            'c = get_config()\nc.InteractiveShell.ast_node_interactivity = "all"'
        ),
        "ipython/profile_default/startup/extra.py": "EXTRA = 1",
        "start.py": "EXTRA = 1",
        "jupyter/kernels/python3/kernel.json": json.dumps(
            {"argv": ["false", "{connection_file}"], "language": "python", "display_name": "P"}
        ),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return {
        "KERAS_HOME": str(folder / "keras"),
        "KERAS_BACKEND": "torch",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONSTARTUP": str(folder / "start.py"),
        "PYTHONOPTIMIZE": "2",
        "JUPYTER_PATH": str(folder / "jupyter"),
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "of-somebody",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "XLA_FLAGS": "--no_such_flag",
        "TZ": "Asia/Tokyo",
        "HOME": "/dev/null",
    }


def test_no_setting_of_the_user_reaches_a_chapter(book: Path, tmp_path: Path) -> None:
    (book / "book" / "settings.md").write_text(SETTINGS_SEEN.lstrip(), encoding="utf-8")
    edit(book / "book" / "_toc.yml", {"- file: figures": "- file: settings\n      - file: figures"})
    assert build(book, *STRICT, **hostile(tmp_path)).returncode == 0
    seen = page(book, "settings")
    assert [words(out) for out in seen.select(".cell_output .output.stream")] == [
        "seen: 1.5 float32 channels_last UTC False 0 set()"
    ]
    assert len(seen.select("figure img, figure svg")) == 1
    assert "stray" not in words(seen.select_one("main")).replace('"a stray output"', "")
    assert ran(build(book, *STRICT)) == []  # and so the cache need not know of them


def test_figure_that_is_declared_and_not_shown_ends_the_build(book: Path) -> None:
    text = SETTINGS_SEEN.lstrip().replace("_ = plt.plot([1, 2])", "plt.plot([1, 2]); plt.close()")
    (book / "book" / "settings.md").write_text(text, encoding="utf-8")
    edit(book / "book" / "_toc.yml", {"- file: figures": "- file: settings\n      - file: figures"})
    result = build(book, *STRICT)
    assert result.returncode != 0
    line = text.splitlines().index("import os, sys, time") + 1
    told = f"settings.md:{line}: the cell declares a figure, and shows no image"
    assert told in result.stdout + result.stderr


# --- What runs again, and what is read again ------------------------------------------------------


def test_unchanged_build_runs_nothing_and_reads_no_chapter(book: Path) -> None:
    result = started(book, COMMAND, "build", "book", *STRICT)
    assert result.returncode == 0, result.stderr
    assert ran(result) == []
    assert "0 of 4 to run" in result.stdout
    assert "0 added, 2 changed, 0 removed" in result.stdout  # the report and the ledger
    assert [words(output) for output in page(book, "exercise").select(".cell_output")] == [
        "checked",
        "'well done'",
    ]


def test_change_of_prose_runs_nothing(book: Path) -> None:
    changes = {"Prose of": "Other words of", "It rises": "The line rises", "A drawing": "A sketch"}
    edit(book / "book/figures.md", changes)
    result = build(book)
    assert result.returncode == 0, result.stderr
    assert ran(result) == []
    figures = page(book, "figures")
    assert "Other words of" in figures.text
    assert "The line rises to 1,234.5" in figures.find("figcaption").text
    assert figures.find("img", alt="A sketch")


def test_change_of_code_or_package_runs_again_and_renews_every_page(book: Path) -> None:
    edit(book / "book/figures.md", {'"value", numbers.VALUE': '"value", 7.0'})
    assert ran(build(book)) == ["figures"]
    assert "It rises to 7.0" in page(book, "figures").find("figcaption").text
    edit(book / "lessons_src/numbers.py", {"1234.5": "99.0"})  # and no page has changed
    assert ran(build(book)) == ALL
    assert "inside the fold 99.0" in page(book, "figures").text


def test_changed_record_runs_its_page_and_shows_on_pages_that_quote_it(book: Path) -> None:
    for second, mean in ((0.9, "0.75"), (0.3, "0.45"), (0.9, "0.75")):  # the last was there before
        record(book, "small", {"score": [0.6, second]})
        result = build(book, *STRICT)
        assert ran(result) == ["record"]
        assert str(second) in page(book, "record").select_one(".cell_output").text
        assert f"Elsewhere: {mean}" in page(book, "quotes").text
        told = [
            r"record\.md:\d+: WARNING: .*record\.middle is no longer so: .*“The score is {value}`",
            r"quotes\.md:3: WARNING: .*record\.middle is no longer so: .*“{value}`record\.middle:",
            r"record\.md: WARNING: .*verdict on S1\.1 is now 'does not hold', and was 'holds'",
        ]
        so = second > 0.5
        assert [bool(re.search(fault, result.stderr)) for fault in told] == [not so] * 3
        assert (result.returncode == 0) is so, result.stderr


def test_changed_exercise_runs_its_page_and_no_other(book: Path) -> None:
    path = book / "book/exercises/exercise.py"
    edit(path, {"well done": "splendid"})
    # With another option of a cell the cache keeps the earlier outputs beside the later ones.
    cell = "```{code-cell} python\n"
    edit(book / "book/exercise.md", {f"{cell}check": f"{cell}:lang: en\n\ncheck"})
    assert ran(build(book)) == ["exercise"]
    assert "splendid" in page(book, "exercise").text
    edit(path, {"splendid": "well done"})
    result = build(book)
    assert ran(result) == [], "outputs of the same exercise were in the cache"
    assert "well done" in page(book, "exercise").text
    assert "splendid" not in page(book, "exercise").text
    assert "0 added, 2 changed, 0 removed" in build(book).stdout


def test_page_that_ran_in_a_build_that_failed_is_read_in_the_next(book: Path) -> None:
    edit(book / "book/exercises/exercise.py", {"well done": "splendid"})
    edit(book / "book/exercises/live.py", {"0.8712": "1 / 0"})
    failed = build(book)
    assert failed.returncode != 0
    assert ran(failed) == ["exercise", "live"]
    edit(book / "book/exercises/live.py", {"1 / 0": "0.8712"})
    result = build(book)
    assert result.returncode == 0, result.stderr
    assert "splendid" in page(book, "exercise").text


def test_change_of_a_finding_runs_no_chapter_and_shows(book: Path) -> None:
    """Of its wording, its value, or a module that it imports; also on pages of other topics."""
    path = book / "book/findings/record.py"
    edit(path, {".mean()": ".mean() + 0.1", "Two seeds.": "2."})
    result = build(book, *STRICT)
    assert result.returncode == 0, result.stderr
    assert ran(result) == []
    assert "The score is 75.0%" in page(book, "record").text
    assert "Elsewhere: 0.75" in page(book, "quotes").text
    assert "Weakened by 2." in card(book, "S1.1")
    assert "0.75 [0.74, 0.76]" in page(book, "reference/claims").select_one(".ledger").text
    edit(book / "book/findings/_pieces.py", {"0.5": "0.8"})
    result = build(book)
    assert ran(result) == []
    assert "is no longer so: the score is above a half" in result.stderr


# --- Chapters that run ----------------------------------------------------------------------------


def test_chapters_that_fail_fail_the_build_and_are_named(book: Path) -> None:
    edit(book / "book/exercise.md", {'check("exercise-1")': "divisor = 0\n1 / divisor"})
    edit(book / "book/live.md", {"{score: last}": "{score: lost}"})
    dying = "import os; os.write(2, b'dying'); os._exit(1)\n#"
    edit(book / "book/record.md", {"print(small": dying})
    result = build(book)  # without -W, which would make every warning an error
    assert result.returncode != 0
    assert ran(result) == ["exercise", "live", "record"]
    for told in (
        r"/exercise\.md:21: ZeroDivisionError: .*\n    1 / divisor\n",
        r"/live\.md:13: live: score: lost holds no number",
        r"/record\.md:9: Kernel died(.*\n)+    dying\n",
    ):
        assert re.search(told, result.stderr), result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) < 20


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process")
def test_interrupted_build_leaves_no_kernel(book: Path) -> None:
    edit(book / "book/exercise.md", {"time.sleep(1)": "time.sleep(300)"})
    nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [COMMAND, "build", "book"]
    with subprocess.Popen(command, cwd=book, env=environment(book), **nowhere) as process:
        kernels: list[psutil.Process] = []
        deadline = time.monotonic() + 120
        while not kernels and time.monotonic() < deadline:
            time.sleep(0.2)
            kernels = psutil.Process(process.pid).children(recursive=True)
        assert kernels
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) != 0
    _, alive = psutil.wait_procs(kernels, timeout=10)
    assert not alive


def test_chapters_run_at_the_same_time_and_are_reported(built: Path) -> None:
    report = json.loads((built / "_build/html/build-report.json").read_text(encoding="utf-8"))
    chapters = {chapter["page"]: chapter for chapter in report["chapters"]}
    assert list(chapters) == ["figures", "exercise", "record", "live"]
    figures, exercise = chapters["figures"], chapters["exercise"]
    assert max(figures["start"], exercise["start"]) < min(figures["end"], exercise["end"])
    assert figures["test_label_reads"] == ["to show that it is told"]
    assert exercise["test_label_reads"] == []
    assert 20 < exercise["peak_mib"] < figures["peak_mib"] < 2000
    assert report["origin"] == "a folder"  # and not which
    shown = page(built, "reference/build")
    assert "1: to show that it is told" in shown.text
    assert shown.find("a", href="../figures.html", string="Figures")


def pages(folder: Path) -> list[Path]:
    """All pages of the built site, search and index included."""
    site = folder / "_build" / "html"
    found = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    assert {"figures.html", "genindex.html", "search.html"} <= {path.name for path in found}
    return found


def test_stand_in_and_quick_build_are_declared_on_every_page(book: Path) -> None:
    exercise = book / "book/exercises/live.py"
    edit(exercise, {"0.8712": "0.2"})  # outside of its band, which is not that of other data
    result = build(book, *STRICT, FASHION_MNIST_SOURCE="synthetic", LESSONS_QUICK="1")
    assert result.returncode == 0, result.stderr
    assert ran(result) == ALL
    for path in pages(book):
        banner = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").find(
            class_="bd-header-announcement"
        )
        assert banner, path
        assert "synthetic stand-in" in banner.text
        assert "quick build" in banner.text
    assert page(book, "figures").find(class_="data-source").text == "Data: synthetic"
    band = f"{BAND} (on the real images, at full settings)"
    assert f"Here it is 20.0%; a run of yours lands at {band}." in words(page(book, "live"))
    assert "Claim S1.1 holds" in card(book, "S1.1")  # judged on records, which are real
    # Back on the real data, nothing runs, and nothing is left of the stand-in.
    edit(exercise, {"0.2": "0.8712"})
    again = build(book)
    assert ran(again) == []
    assert not page(book, "search").find(class_="build-note")
    assert page(book, "figures").find(class_="data-source").text == "Data: real"


def test_full_build_on_real_data_has_no_banner(built: Path) -> None:
    for path in pages(built):
        assert "build-note" not in path.read_text(encoding="utf-8"), path


# --- What live runs gave, beside what was recorded ------------------------------------------------


def test_page_tells_its_number_and_the_band(built: Path) -> None:
    live = page(built, "live")
    assert f"Here it is 87.1%; a run of yours lands at {BAND}." in words(live)
    assert "Gap: −1.2 points, yours at −6.1 to 2.1." in live.find("figcaption").text
    assert live.find("img", alt="A square at −1.2")


def test_number_outside_of_its_band_fails_every_build(book: Path) -> None:
    edit(book / "book/exercises/live.py", {"0.8712": "0.8815"})
    for again in (["live"], []):
        result = build(book, *STRICT)
        assert result.returncode != 0
        assert ran(result) == again
        told = r"live\.md:13: WARNING: .* 0\.8815, outside of 0\.799173 to 0\.880827"
        assert re.search(told, result.stderr), result.stderr
        assert result.stderr.count("WARNING") == 1
    assert "Here it is 88.1%;" in words(page(book, "live"))  # read again, though unchanged
    record(book, "live-live", {"score": [v + 0.01 for v in SPREAD], "gap": [-0.02] * 19 + [-0.01]})
    result = build(book)
    assert ran(result) == []
    assert "a run of yours lands at 80.9% to 89.1%." in words(page(book, "live"))


def test_other_variable_runs_its_page_again(book: Path) -> None:
    edit(book / "book/live.md", {"{score: last}": "{score: other}"})
    assert ran(build(book, *STRICT)) == ["live"]
    assert "Here it is 85.0%;" in words(page(book, "live"))
    # And back: what is in the cache has that page's numbers.
    edit(book / "book/live.md", {"{score: other}": "{score: last}"})
    assert ran(build(book, *STRICT)) == []
    assert "Here it is 87.1%;" in words(page(book, "live"))


# --- What the pages show --------------------------------------------------------------------------


def test_fold_holds_prose_and_cells(built: Path) -> None:
    fold = page(built, "figures").find("details", class_="fold-prediction")
    assert fold.find("summary").text == "Open when you have chosen"
    assert "It is large." in fold.text
    assert "inside the fold 1234.5" in fold.text
    assert "What we found" not in fold.text


def test_prediction_is_a_set_of_labelled_buttons(built: Path) -> None:
    fieldset = page(built, "figures").find("fieldset")
    assert fieldset.find("legend").text == "How large is it?"
    buttons = fieldset.select("label > input[type=radio]")
    assert [button.parent.text.strip() for button in buttons] == ["small", "large"]
    assert len({button["name"] for button in buttons}) == 1


def test_figures_are_described_and_sourced(built: Path) -> None:
    rising, drawing = page(built, "figures").find_all("figure")
    alts = [image["alt"] for image in rising.find_all("img")]
    assert alts == ["A line that rises to 1,234.5 of 2,000, not 0.65"] * 2
    caption = " ".join(rising.find("figcaption").text.split())
    assert caption == "Figure 1.1 It rises to 1,234.5.# Data: real"
    assert "Data:" not in drawing.find("figcaption").text


def test_figures_have_a_light_and_a_dark_copy(built: Path) -> None:
    light, dark = page(built, "figures").find("figure").find_all("img")
    assert ("only-light" in light["class"], "only-dark" in dark["class"]) == (True, True)
    site = built / "_build" / "html"
    drawn = [(site / image["src"]).read_text(encoding="utf-8") for image in (light, dark)]
    for colour in ("#0072b2", "#1f2328"):
        assert [colour in svg for svg in drawn] == [True, False]
    for svg in drawn:  # the ground is the page's own, behind the figure and behind its axes
        assert svg.count("fill: none") >= 2


def test_figure_of_a_source_is_told_from_our_own(built: Path) -> None:
    (cited,) = page(built, "figures").find_all("span", class_="cited")
    assert cited.text == "83.5%"
    assert "not measured here" in cited["title"]
    sentence = " ".join(cited.find_parent("p").text.split())
    assert sentence.endswith("Others got 83.5% [1], where guessing gives 10%.")


def test_mathematics_is_mathml_without_a_script(built: Path) -> None:
    figures = page(built, "figures")
    assert len(figures.find_all("math")) == 3
    assert not [s for s in figures.find_all("script") if "mathjax" in s.get("src", "").lower()]
    numbers = [number.text.rstrip("#") for number in figures.find_all(class_="eqno")]
    assert numbers == ["(1.1)", "(1.2)"]
    links = [link for link in figures.find_all("a") if link.text in numbers]
    assert [figures.find(id=link["href"][1:]) is not None for link in links] == [True, True]


# --- The notebooks --------------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", ["figures", "teacher/figures"])
def test_notebook_is_in_plain_markdown(built: Path, name: str) -> None:
    text = texts(notebook_of(built, name))
    assert "(One, 2020)" in text
    assert "> **What we found**\n>\n> The value is 1,234.5." in text
    assert "> **Predict: How large is it?**\n>\n> - small\n> - large" in text
    assert "Others got 83.5% (One, 2020), where guessing gives 10%." in text
    assert "See (1.1) and (1.2), and Figure 1.1 in\nthe same page." in text
    assert f"```python\n{inspect.getsource(settings.choose)}```" in text
    assert not re.search(r"\{\w+\}`|^:::|^```\{|^\(\S+\)=$", text, re.MULTILINE)


def test_readers_notebook_has_no_solution_and_room_for_ones_own(built: Path) -> None:
    reader, teacher = notebook_of(built, "figures"), notebook_of(built, "teacher/figures")
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
    ("name", "said"), [("figures", "answered: Ellipsis"), ("teacher/figures", "solved: 2469.0")]
)
def test_notebook_runs_by_itself(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    notebook = notebook_of(built, name)
    monkeypatch.setenv("PYTHONPATH", str(built))  # as if the package were installed
    nbclient.execute(notebook, cwd=str(tmp_path), kernel_name="python3", timeout=60)
    assert "inside the fold 1234.5" in json.dumps(notebook)
    assert said in json.dumps(notebook)


def test_notebook_has_the_values_the_card_and_the_live_numbers(built: Path) -> None:
    told = texts(notebook_of(built, "record"))
    assert "The score is 65.0%, or 65% [64%, 66%]; it is high." in told
    assert "The score is above a half. Read as: The mean score is above 0.5. Measured: mean" in told
    assert "Verdict: provisional **holds**." in told
    assert f"it is 87.1%; a run of yours lands at {BAND}." in texts(notebook_of(built, "live"))


def test_links_lead_to_what_was_built(book: Path) -> None:
    """All but where a page is edited, which needs a branch; and again at another commit."""
    assert "colab" not in str(page(book, "figures"))
    here = {"GITHUB_REPOSITORY": "someone/their-fork", "GITHUB_REF_NAME": "a/b#c"}
    for commit in ("0" * 40, "1" * 40):
        result = build(book, **here, GITHUB_SHA=commit)
        assert result.returncode == 0, result.stderr
        package = f"git+https://github.com/someone/their-fork@{commit}"
        assert package in codes(notebook_of(book, "figures"))[0]
        assert package in codes(notebook_of(book, "teacher/figures"))[0]
        assert package in (book / "_build/html/notebooks/requirements.txt").read_text("utf-8")
    figures = str(page(book, "figures"))
    assert (
        "https://colab.research.google.com/github/someone/their-fork/blob/notebooks/figures.ipynb"
    ) in figures
    assert figures.count("teacher/figures.ipynb") == 1  # the download; launch links are readers'
    assert "https://mybinder.org/v2/gh/someone/their-fork/notebooks" in figures
    assert "https://github.com/someone/their-fork/edit/a/b%23c/book/figures.md" in figures


def test_site_of_a_pull_request_links_to_nothing_that_is_not_there(book: Path) -> None:
    event = book / "event.json"
    event.write_text('{"pull_request": {"head": {"repo": {"full_name": "a/fork"}}}}', "utf-8")
    here = {"GITHUB_REPOSITORY": "someone/book", "GITHUB_REF_NAME": "12/merge"}
    here |= {"GITHUB_HEAD_REF": "topic", "GITHUB_SHA": "0" * 40, "GITHUB_EVENT_PATH": str(event)}
    result = build(book, *STRICT, **here)
    assert result.returncode == 0, result.stderr
    figures = str(page(book, "figures"))
    for text in (figures, json.dumps(notebook_of(book, "figures"))):
        assert "12/merge" not in text
    assert f"https://github.com/someone/book/blob/{'0' * 40}/book/figures.md" in figures
    for button in ("/edit/", "colab", "mybinder"):
        assert button not in figures
    event.write_text('{"pull_request": {"head": {"repo": {"full_name": "someone/book"}}}}', "utf-8")
    assert build(book, *STRICT, **here).returncode == 0
    assert "https://github.com/someone/book/edit/topic/book/figures.md" in str(
        page(book, "figures")
    )


@pytest.mark.parametrize("name", ["figures", "teacher/figures"])
def test_notebook_of_no_repository_says_what_it_needs(
    built: Path, tmp_path: Path, name: str
) -> None:
    notebook = notebook_of(built, name)
    # Elsewhere, as on Colab: without the package.
    missing = "import sys; sys.modules['lessons_src'] = None"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(missing))
    with pytest.raises(nbclient.exceptions.CellExecutionError):
        nbclient.execute(notebook, cwd=str(tmp_path), kernel_name="python3", timeout=60)
    (told,) = [o for cell in notebook.cells for o in cell.get("outputs", []) if "ename" in o]
    assert told.ename == "SystemExit"
    assert "needs lessons_src, the book's own package" in told.evalue
    assert "%pip install" in told.evalue
    assert notebook.cells[1].outputs, "the first cell says so, and not a later one"


# --- The cards of the chapters --------------------------------------------------------------------

CARDS = "See {doc}`figures`.\n\n```{chapter-cards} Chapters\n```"


def with_cards(book: Path) -> None:
    """Put cards on the front page, and what they say into the front matter of each page."""
    edit(book / "book/index.md", {"See {doc}`figures`.": CARDS})
    for name in ("figures", "exercise", "record", "live"):
        told = f"name: python3}}\nquestion: Of {name}?\nminutes: 20\n"
        edit(book / f"book/{name}.md", {"name: python3}\n": told})
    told = "---\nquestion: Of quotes?\nminutes: 9\nmotif: layers 3 2\n---\n\n# Quotes"
    edit(book / "book/quotes.md", {"# Quotes": told})


def test_front_page_has_a_card_for_every_chapter_in_order(book: Path) -> None:
    with_cards(book)
    more = "summary: >-\n  Of *all*: {value}`middle:.1%` & more.\nmotif: garments 06\n"
    changes = {
        "Of record?": "Is it *high*, {value}`record.middle:.1%`?",
        "minutes: 20\n": f"minutes: 20\ncard_title: High or not\n{more}",
    }
    edit(book / "book/record.md", changes)
    result = build(book, *STRICT)
    assert result.returncode == 0, result.stderr
    assert ran(result) == []
    cards = page(book, "index").select(".sd-card")
    assert [words(card.select_one(".sd-card-title")) for card in cards] == [
        *("1 · Figures", "2 · Exercise", "3 · High or not", "4 · Quotes", "5 · Live")
    ]
    links = [card.select_one("a.sd-stretched-link")["href"] for card in cards]
    names = ["figures", "exercise", "record", "quotes", "live"]
    assert links == [f"{name}.html" for name in names]
    assert "Is it high , 65.0%?" in words(cards[2])
    assert cards[2].em.text == "high"
    assert [words(card.select_one(".card-minutes")) for card in cards] == [
        *("20 minutes", "20 minutes", "20 minutes", "9 minutes", "20 minutes")
    ]
    assert [len(card.select("svg[aria-hidden]")) for card in cards] == [0, 0, 1, 1, 0]
    assert cards[2].image["href"].startswith("data:image/png;base64,")
    (description,) = page(book, "record").select("meta[name=description]")
    assert description["content"] == "Of all: 65.0% & more."
    # A chapter elsewhere in the order, and another question: no page but the front page is edited.
    toc = {
        "      - file: live\n": "",
        "      - file: figures": "      - file: live\n      - file: figures",
    }
    edit(book / "book/_toc.yml", toc)
    edit(book / "book/live.md", {"Of live?": "Of life?"})
    result = build(book, *STRICT)
    assert result.returncode == 0, result.stderr
    assert ran(result) == []
    cards = page(book, "index").select(".sd-card")
    assert words(cards[0]).startswith("1 · Live Of life?")
    assert words(cards[1]).startswith("2 · Figures")


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "index.md",
            "} Chapters",
            "} Chapter",
            r"index\.md:5: no .*'Chapter', but Chapters",
        ),
        (
            "live.md",
            "question: Of live?\n",
            "",
            r"live\.md:1: its card needs .* a question",
        ),
        (
            "live.md",
            "minutes: 20",
            "minutes: some",
            r"live\.md:1: its card needs minutes",
        ),
        (
            "live.md",
            "minutes: 20",
            "minutes: 20\nmotif: nothing",
            r"live\.md:1: there is no motif 'nothing', but layers",
        ),
        (
            "live.md",
            "question: Of live?",
            "question: Of: it",
            r"live\.md:1: the front matter",
        ),
    ],
)
def test_card_that_cannot_be_made_ends_the_build(
    book: Path, file: str, old: str, new: str, told: str
) -> None:
    with_cards(book)
    edit(book / "book" / file, {old: new})
    result = build(book)
    assert result.returncode != 0
    assert re.search(told, result.stderr), result.stderr
    assert "Traceback" not in result.stderr


# --- The front page -------------------------------------------------------------------------------

FRONT = """
```{wardrobe}
:alt: Rows of clothes
06
60
```

:::{garment-question} T-shirt or shirt?
:garment: Shirt 1
:choices: T-shirt, Shirt
:alt: A top

It is a shirt, {value}`record.middle:.1%`.
:::

:::{surprise} bars
:values: record.middle:.0pt
:labels: some & all
:unit: points
:alt: A bar of {value}`record.middle:.0pt`

**It is a bar.**
:::

:::{surprise} hundred
:values: record.middle:.0pt
:labels: of 100
:alt: Squares

They are squares.
:::

:::{surprise} shuffled
:garment: T-shirt 0
:alt: A garment, and it shuffled

It is a garment.
:::

```{ledger-examples}
```
"""


def test_front_page_is_drawn_from_data_and_findings(book: Path) -> None:
    edit(book / "book/index.md", {"See {doc}`figures`.": "See {doc}`figures`.\n" + FRONT})
    result = build(book, *STRICT)
    assert result.returncode == 0, result.stderr
    assert ran(result) == []
    front = page(book, "index").article
    sizes = {tag["alt"]: (tag["width"], tag["height"]) for tag in front.select("img.garments")}
    assert sizes == {
        "Rows of clothes": ("58", "58"),
        "A top": ("28", "28"),
        "A garment, and it shuffled": ("68", "28"),
    }
    site = book / "_build" / "html"
    assert all((site / tag["src"]).is_file() for tag in front.select("img.garments"))
    buttons = {words(tag): tag.input["value"] for tag in front.select("fieldset.choices label")}
    assert buttons == {"T-shirt": "wrong", "Shirt": "right"}
    assert words(front.select_one(".garment-answer")) == "It is a shirt, 65.0%."
    bar, squares = front.select(".surprise svg")
    assert bar["aria-label"] == "A bar of 65"
    assert [tag.text for tag in bar.select("text")] == ["some & all", "65 points"]
    assert squares.select_one(".red")["d"].count("M") == 65
    # Of the two that hold, one is provisional, and so the other is the example.
    (example,) = front.select(".ledger-examples li")
    assert words(example) == "holds It is counted. S1.2"
    before = {path: path.read_bytes() for path in site.rglob("*.png")}
    assert ran(build(book, *STRICT)) == []
    assert {path: path.read_bytes() for path in site.rglob("*.png")} == before


FAULTY = {
    "```{wardrobe}\n:alt: Clothes\n06\n1\n```": "wardrobe: rows of labels",
    "```{wardrobe}\n:alt: Clothes\n000\n```": "wardrobe: T-shirt/top has 2 validation images",
    "```{wardrobe}\n06\n```": "wardrobe: it needs :alt:",
    ":::{garment-question} Which?\n:garment: Hat 0\n:alt: A hat\n:::": "no garment 'Hat 0'",
    ":::{garment-question} Which?\n:garment: Shirt 0\n:choices: B, C\n:alt: A top\n:::": (
        "'Shirt', which it is, is none of the choices"
    ),
    ":::{surprise} pie\n:alt: A pie\n:::": "surprise: 'pie' is none of bars, hundred, shuffled",
    ":::{surprise} bars\n:values: record.middle, record.middle\n:labels: a\n:alt: A bar\n:::": (
        "2 values and 1 labels"
    ),
    ":::{surprise} bars\n:values: record.none\n:labels: a\n:alt: A bar\n:::": (
        "there is no finding 'record.none'"
    ),
}


def test_fault_on_the_front_page_is_told_with_its_line(book: Path) -> None:
    path = book / "book" / "index.md"
    waiting = ":::{surprise} bars\n:values: record.waiting\n:labels: a\n:alt: A bar\n:::"
    faulty = "\n\n".join([*FAULTY, waiting])
    edit(path, {"See {doc}`figures`.": f"See {{doc}}`figures`.\n\n{faulty}"})
    with (book / "book" / "findings" / "record.py").open("a", encoding="utf-8") as file:
        file.write('\n\n@finding\ndef waiting(never_run):\n    """Not recorded."""\n    return 1\n')
    text, told = path.read_text(encoding="utf-8"), build(book).stderr
    for directive, fault in FAULTY.items():
        line = text[: text.index(directive)].count("\n") + 1
        assert re.search(rf"index\.md:{line}: ERROR: .*{re.escape(fault)}", told), (
            line,
            fault,
            told,
        )
    assert "never-run" not in told  # what is not measured yet is left out, and no fault
    assert "Traceback" not in told


def test_first_view_is_light(built: Path) -> None:
    site = built / "_build" / "html"
    asked = [tag["src"] for tag in page(built, "figures").select("script[src]")]
    assert not re.search("fontawesome|search", " ".join(asked))
    searching = [tag["src"] for tag in page(built, "search").select("script[src]")]
    assert sum("searchindex.js" in source for source in searching) == 1
    assert not list(site.rglob("fontawesome.js*"))
    wanted = light.icons(site)
    assert {0xF0C9, 0xF140} <= wanted  # a class of the theme, a code of our own style sheet
    names = [f"book-icons-{kind}.woff" for kind in ("solid", "regular", "brands")]
    found = [light.codes(site / "_static" / name) for name in names]
    assert wanted <= set.union(*found)
    assert len(found[0]) < 100
    style = (site / "_static" / "book.css").read_text(encoding="utf-8")
    assert all(f'url("{name}")' in style for name in names)


# --- Values, cards, and the ledger ----------------------------------------------------------------


def card(folder: Path, claim: str) -> str:
    """The text of a claim's card."""
    return words(page(folder, "record").find(id=f"claim-{claim.lower().replace('.', '-')}"))


def test_value_stands_in_the_text(built: Path) -> None:
    assert "The score is 65.0%, or 65% [64%, 66%]; it is high." in page(built, "record").text
    assert "Elsewhere: 0.65, and the card S1.1" in page(built, "quotes").text


def test_card_shows_what_was_claimed_read_measured_and_found(built: Path) -> None:
    told = card(built, "S1.1")
    for part in (
        "Claim S1.1 holds provisional: seeds below 1000",
        "Claimed The score is above a half.",
        "Read as The mean score is above 0.5.",
        "Measured Mean score: 0.65 [0.64, 0.66]. holds",
        "Weakened by Two seeds.",
        "Read on 1 January 2026. Recorded on 2 January 2026, 2 seeds. A trial was known.",
        "Repeat it with make experiments NAME=small .",
        "Is it above 0.8? Mean score above 0.8: 0.65 [0.64, 0.66]. does not hold",
    ):
        assert part in told
    assert "provisional" not in card(built, "S1.2")
    assert "read anew on 3 January 2026, after the result: a slip." in card(built, "S1.2")
    fold = page(built, "record").select_one("details.fold-recorded")
    recorded = "Recorded on 2 January 2026 over 2 seeds: make experiments NAME=small"
    assert recorded in fold.summary.text
    assert "@experiment(cases=" in fold.text
    ledger = json.loads((built / "_build/html/claims.json").read_text(encoding="utf-8"))
    assert [(c["id"], c["verdict"], c["provisional"]) for c in ledger] == [
        ("S1.1", "holds", True),
        ("S1.2", "holds", False),
    ]
    assert ledger[0]["page"] == "record.html#claim-s1-1"
    assert ledger[0]["parts"][0] | {"interval": None} == {
        "asked": "mean score",
        "verdict": "holds",
        "number": "0.65 [0.64, 0.66]",
        "sign": "",
        "reached": "",
        "interval": None,
        "level": 0.95,
        "seeds": 2,
        "provisional": True,
    }


def test_ledger_shows_every_claim_without_its_chapter(built: Path) -> None:
    shown = page(built, "reference/claims")
    first, second = shown.select(".ledger > details")
    assert words(first.summary) == "S1.1 The score is above a half. holds provisional"
    assert "Read as The mean score is above 0.5." in words(first)
    assert "Mean score: 0.65 [0.64, 0.66]. holds 2 seeds." in words(first)
    assert "does not hold" in first.select_one("details.fold-also").text
    assert first.select_one("a.claim-link")["href"] == "../record.html#claim-s1-1"
    assert "provisional" not in second.summary.text
    assert shown.select_one(".ledger-legend").text.split() == ["2", "holds"]
    assert "holds 2 headline readings, of which 2 are answered" in shown.text
    assert not shown.select("script[src*=ledger]")


def test_old_address_of_a_card_leads_to_it(built: Path) -> None:
    moved = page(built, "quotes").find(id="claim-s1-1")
    assert moved.a["href"] == "record.html#claim-s1-1"
    assert page(built, "record").find(id="claim-s1-1")["class"][:1] == ["claim-card"]


# --- Faults that are told: all of them in one build -----------------------------------------------

# A page for each: what stands in its third line, and what is told of that.
ON_A_PAGE = {
    "unknown-finding": ("{value}`record.muddle`", "no finding 'record.muddle'; .*record.middle"),
    "quoted-verdict": ("{value}`record.high`", "quotes numbers, intervals"),
    "failing-finding": ("{value}`record.lost`", "record.lost fails: .*no record.*'smaller'"),
    "expected": ("One. It is high{expect}`record.untrue`.", ": it is so.* “It is high.*untrue`.”"),
    "unknown-card": ("```{claim} S7.7\n```", "'S7.7' is not in claims.toml"),
    "unknown-claim": ("{claim}`S7.7`", "no such claim in claims.toml"),
    "unknown-record": ("```{recorded} smaller\n```", "there is no record 'smaller'"),
    "nothing-moved": ("```{moved-claims}\n```", "claims.toml names none for faults/nothing-moved"),
    "one-option": ("```{predict} Which?\n- This.\n```", "at least two options"),
    "no-alt": ("![](/_static/logo.svg)", "image without alt text"),
    "other-glue": ("{glue:text}`/figures.md::value:.1f`", "value is a value of the page figures"),
    "unknown-glue": ("![A {valve:.1f}](/_static/logo.svg)", "no glued value 'valve'"),
    "brace": ("![A { brace](/_static/logo.svg)", "a plain { is {{"),
    "formula": (r"$\nosuchmacro{1}$", r"\\nosuchmacro"),
    "unlabelled": ("$$\n\\begin{align*}\\label{eq:c} a \\end{align*}\n$$", "unnumbered formula"),
}
# The same elsewhere: where, and what is told. MyST-NB loses lines in the text of a notebook.
ELSEWHERE = [
    (r"/record\.md", "S1.1 has a card on faults/second too"),
    (r"/second\.md", "gives S1.1 another home: record"),
    (r"/record\.md", "the verdict on S1.2 is now 'holds', and was 'undecided'"),
    (r"/record\.md", "S1.2 was read on 2026-01-03, after its record small was made"),
    (r"/figures\.md:\d+", "no glued value 'valve'"),
    (r"/figures\.md:\d+", "no finding 'record.muddle'"),
    (r"/figures\.md:\d+", "image without alt text"),
    (r"/figures\.md:\d+", "figure without a caption"),
    (r"/live\.md:\d+", "no cell of this page names 'sore' as live; .* score, gap"),
    (r"/live\.md:\d+", "live-live has no result 'sore', but score, gaps"),
    (r"/live\.md:\d+", "`gap:.1pt`: live-live has no result 'gap', but score, gaps"),
    (r"/live\.md:\d+", "{live}`gap:.1q`: (Invalid|Unknown) format"),
    (r"/live\.md:29", "ERROR: .*live-live has no result 'gap', but score, gaps"),
]
FINDINGS = '''

@finding
def lost(smaller):
    """Of no record."""


@finding
def untrue(small):
    """Not so."""
    expect(False, "it is so")
    return 0.5
'''


@pytest.fixture(scope="module")
def faults(built: Path) -> list[str]:
    """What a build tells of all these faults, line by line."""
    folder = shutil.copytree(built, built.with_name("faulty"))
    own = folder / "book"
    shown = {name: text for name, (text, _) in ON_A_PAGE.items()}
    shown["second"] = "```{claim} S1.1\n```"
    (own / "faults").mkdir()
    for name, text in shown.items():
        (own / "faults" / f"{name}.md").write_text(f"# {name}\n\n{text}\n", encoding="utf-8")
    toc = "".join(f"      - file: faults/{name}\n" for name in shown)
    edit(own / "_toc.yml", {"  - caption: Reference\n": f"{toc}  - caption: Reference\n"})
    with (own / "findings/record.py").open("a", encoding="utf-8") as file:
        file.write(FINDINGS)
    edit(own / "claims.toml", {'anew = {date = 2026-01-03, why = "a slip."}\n': ""})
    edit(own / "experiments/verdicts.json", {'"S1.2": "holds"': '"S1.2": "undecided"'})
    changes = {"{value:,.1f} of": "{valve:,.1f} of", "`record.middle:": "`record.muddle:"}
    changes |= {
        'alt: "A drawing"': "width: 50%",
        'caption: "A drawing without data."': "align: left",
    }
    edit(own / "figures.md", changes)
    edit(own / "live.md", {"`score:": "`sore:", "{live}`gap:+.1pt`": "{live}`gap:.1q`"})
    record(folder, "live-live", {"score": SPREAD, "gaps": SPREAD})
    result = build(folder, *STRICT)
    assert result.returncode != 0
    assert ran(result) == []
    return result.stderr.splitlines()


@pytest.mark.parametrize("name", ON_A_PAGE)
def test_fault_on_a_page_is_told_with_file_and_line(faults: list[str], name: str) -> None:
    told = rf"/{name}\.md:3: .*{ON_A_PAGE[name][1]}"
    assert any(re.search(told, line) for line in faults), "\n".join(faults)


@pytest.mark.parametrize(("place", "told"), ELSEWHERE)
def test_fault_elsewhere_is_told_with_its_place(faults: list[str], place: str, told: str) -> None:
    assert any(re.search(f"{place}(: )?.*{told}", line) for line in faults), "\n".join(faults)


def test_nothing_else_is_told(faults: list[str]) -> None:
    known = "|".join([told for _, told in (*ON_A_PAGE.values(), *ELSEWHERE)])
    lines = [line for line in faults if "WARNING: " in line or "ERROR: " in line]
    assert [line for line in lines if not re.search(known, line)] == []
    assert not any("Traceback" in line for line in faults)


# --- Faults that end the build, each in a line ----------------------------------------------------

SAYS, READ = "book/findings/record.py", "book/claims.toml"
HIDDEN = "::::{note}\n```{fold} Told\n:kind: solution\n```\n\ntold\n\n```{endfold}\n```\n::::\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (SAYS, "def middle(small):", "def middle(small:", r"record.py:\d+: "),
        (SAYS, '    """The mean score."""\n', "", r"record.py:\d+: .* record.middle has no doc"),
        (SAYS, '"S1.2"', '"S1.1"', r"record.py:\d+: S1.1 is found at .*record.py:\d+ as"),
        (SAYS, "import LIMIT", "import LIMITS", r"record.py:5: .*cannot import name 'LIMITS'"),
        (SAYS, "@finding\n", "LIMIT / 0\n@finding\n", r"record.py:\d+: ZeroDivisionError"),
        (SAYS, "small.seeds", "small.seed", r"record.py:\d+: record.counted fails: .*'seed'"),
        (READ, "read = 2026-01-01\n", "", r"claims.toml:\d+: S1.1 .*read missing"),
        ("book/experiments/verdicts.json", "}", "", r"verdicts.json:\d+: "),
        ("experiments/small.py", "def small(seeds)", "def small(:", "small.py:7: invalid syntax"),
        ("experiments/small.py", "0.6", "0.7", "small.json is stale.*make experiments NAME=small"),
        ("book/index.md", "See {doc}", "```{fold} A\n```\n\nSee {doc}", r"index\.md:3: \{fold"),
        ("book/index.md", "See {doc}", "```{endfold}\n```\n\nSee {doc}", r"md:3: \{endfold"),
        ("book/exercise.md", "# Exercise\n", f"# Exercise\n\n{HIDDEN}", r"exercise\.md: .*{note}"),
        ("book/live.md", "{gap:", "{score:", r"live\.md:29: live: score .* at .*live\.md:13"),
    ],
)
def test_fault_ends_the_build_and_is_named(
    book: Path, file: str, old: str, new: str, told: str
) -> None:
    edit(book / file, {old: new})
    result = build(book, "--keep-going")
    assert result.returncode != 0
    assert ran(result) == []
    assert re.search(told, result.stderr), result.stderr
    assert "Traceback" not in result.stderr
    assert not (book / "_build/html/claims.json").exists()  # not that of an earlier build


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"LESSONS_JOBS": "0"}, "LESSONS_JOBS is '0': set it to a whole number from 1"),
        ({"LESSONS_JOBS": "two"}, "LESSONS_JOBS is 'two'"),
        ({"LESSONS_QUICK": "yes"}, "LESSONS_QUICK is 'yes'"),
        ({"GITHUB_REPOSITORY": "https://github.com/a/b"}, "GITHUB_REPOSITORY is 'https:"),
        ({"FASHION_MNIST_DIR": "somewhere"}, "train-images is truncated. Cure:"),
    ],
)
def test_impossible_wish_ends_the_build(book: Path, more: dict[str, str], told: str) -> None:
    result = build(book, **more)
    assert result.returncode != 0
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_book_without_exercises_is_refused(book: Path) -> None:
    for name in ("exercise", "live"):
        edit(book / f"book/exercises/{name}.py", {"EXERCISES = {": "NONE = {"})
    result = build(book)
    assert result.returncode != 0
    assert f"there are no exercises in {book / 'book/exercises'}" in result.stderr
    assert "Traceback" not in result.stderr
