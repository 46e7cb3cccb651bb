"""A book of five pages that needs neither data nor TensorFlow; its sources are in `tests/mini`.

It has the real settings and the real extension; only its chapters, its records and the packages
that they import are small.
"""

import importlib.util
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[1]
REAL = (
    "_config.yml",
    *(f"lessons_src/{name}.py" for name in ("recorded", "report", "settings", "stats")),
    *(f"experiments/{name}.py" for name in ("__init__", "fingerprint", "records", "running")),
    *(f"book/{name}.py" for name in ("claims", "formats", "readings", "sources", "surroundings")),
    "book/findings/__init__.py",
    *("book/_ext", "book/_static"),
)
#: Mean 0.84; the interval at 99.9 % is 0.84 ± 3.8834 · 0.010260 · √1.05 = 0.84 ± 0.04083.
SPREAD = [0.83, 0.85] * 10
WAS_NOT = "The book was not built:"
BAND = "79.9% to 88.1%"
STRICT = ("-W", "-n", "--keep-going")
ALL = ["exercise", "figures", "live", "record"]  # the pages with code
# Of a build's time, most goes into imports: they are made once, and each build is a fork of that.
BUILDS = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
BUILDS.set_forkserver_preload([
    "fontTools.subset", "jsonschema", "jupyter_book.cli.main", "jupyter_book.config", "jupytext",
    "myst_nb.sphinx_ext", "pytest", "scipy.stats", "sphinx_book_theme", "sphinx_design",
    "sphinx_external_toc.collectors", "sphinxcontrib.bibtex", "sqlalchemy.dialects.sqlite",
])  # fmt: skip


def write(folder: Path) -> None:
    """Write the sources of the book."""
    shutil.copytree(ROOT / "tests" / "mini", folder)
    (folder / "requirements.lock").touch()
    for name in REAL:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    record(folder, "small", {"score": [0.6, 0.7]})
    record(folder, "live-live", {"score": SPREAD, "gap": [value - 0.86 for value in SPREAD]})


def record(folder: Path, name: str, results: Mapping[str, list[float]]) -> None:
    """Write the record of an experiment of one case, of today's code and in good order."""
    spec = importlib.util.spec_from_file_location("_", folder / "experiments" / "fingerprint.py")
    code = importlib.util.module_from_spec(spec)  # with the root of the small book
    spec.loader.exec_module(code)
    from experiments.records import digest

    (runs,) = {len(values) for values in results.values()}
    case = {"settings": {}, "seconds": 1.0, "seeds": list(range(runs)), "results": results}
    content = {"name": name, "set_up": "A set-up in words.", "looks": [runs]}
    content["cases"] = {"live" if name.startswith("live-") else "only": case}
    made = {"date": "2026-01-02", "seconds": 120.0, "machines": ["A processor"], "python": "3"}
    made |= {"versions": {"numpy": "2"}, "data": "real", "results": digest(content)}
    content["made"] = made | {"code": code.fingerprint(code.functions()[name])}
    path = folder / "book" / "experiments" / f"{name}.json"
    path.write_text(json.dumps(content), encoding="utf-8")


def edit(path: Path, changes: Mapping[str, str]) -> None:
    """Put new words for old ones, each time they stand there."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{old!r} is not in {path}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a build: the small packages, and no wishes from outside."""
    drop = ("FASHION_MNIST_DIR", "FASHION_MNIST_SOURCE", "LESSONS_QUICK", "GITHUB_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
    return {**kept, "PYTHONPATH": str(folder), "LESSONS_JOBS": "2", "NO_COLOR": "1", **more}


def started(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A program in a process that is started for it, from the root of the small book."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def build(folder: Path, *flags: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`jupyter-book build book`, from the root of the small book; `more` is environment."""
    return jupyter_book(folder, "build", "book", *flags, **more)


def jupyter_book(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Any command of Jupyter Book, from the root of the small book."""
    process = BUILDS.Process(target=_run, args=(folder, words, environment(folder, **more)))
    process.start()
    process.join(timeout=300)
    if process.exitcode is None:
        process.kill()
    told = (folder.with_suffix(end).read_text(encoding="utf-8") for end in (".out", ".err"))
    plain = (re.sub(r"\x1b\[[\d;]*m", "", text) for text in told)  # in no colours
    return subprocess.CompletedProcess(words, process.exitcode, *plain)


def _run(folder: Path, words: tuple[str, ...], environment: dict[str, str]) -> None:
    """What a command's process does, as if Python had just been started in this environment."""
    for number, end in ((1, ".out"), (2, ".err")):
        with folder.with_suffix(end).open("w") as file:
            os.dup2(file.fileno(), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    ours = {"", str(ROOT), str(ROOT / "tests")}
    sys.path[:] = [str(folder), *(place for place in sys.path if place not in ours)]
    from jupyter_book.cli.main import main

    main([*words], prog_name="jupyter-book")


def ran(result: subprocess.CompletedProcess[str]) -> list[str]:
    """The chapters that the build says it ran."""
    return sorted(re.findall(r"^(?:.*: )?running (\S+)$", result.stdout, re.MULTILINE))


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """What a build says that ended before anything ran: one line, and no traceback."""
    assert result.returncode != 0
    assert ran(result) == []
    assert "Traceback" not in result.stderr
    (line,) = [line for line in result.stderr.splitlines() if line.strip() not in ("", WAS_NOT)]
    return line.removeprefix(WAS_NOT).strip()


def page(folder: Path, name: str) -> BeautifulSoup:
    """A page of the built site."""
    text = (folder / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def words(tag: BeautifulSoup) -> str:
    """The text, without its line breaks."""
    return " ".join(tag.get_text(" ").split())
