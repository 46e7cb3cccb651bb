"""A copy of the project's machinery with two small experiments, for tests of the recorder."""

import contextlib
import importlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from experiments.records import digest, write

ROOT = Path(__file__).resolve().parents[1]
MACHINERY = (
    *("experiments/__init__.py", "experiments/__main__.py", "experiments/cluster.py"),
    *("experiments/fingerprint.py", "experiments/jobs.py", "experiments/looks.py"),
    *("experiments/machine.py", "experiments/recording.py", "experiments/records.py"),
    *("experiments/replaying.py", "experiments/running.py", "experiments/servers.py"),
    "experiments/workers.py",
    *("book/surroundings.py", "book/claims.py", "book/formats.py", "book/findings/__init__.py"),
)

DECLARED = '''\
"""Experiments of the tests: no network is trained."""

import os
import time

import numpy as np

from experiments import experiment

RATE = 0.001  # a setting outside of the function


@experiment(cases={"low": {"units": 4}, "high": {"units": 8}}, seeds=range(4), seeds_per_job=1)
def small(seeds, units):
    """A set-up in words."""
    job = f"{units}-{seeds[0]}"
    with open(os.environ.get("LESSONS_LOG", os.devnull), "a") as log:
        print(job, file=log)
    if job == os.environ.get("LESSONS_STOPPED_AT"):
        raise KeyboardInterrupt
    if job == os.environ.get("LESSONS_KILLED_AT"):  # while it writes what this job gave
        os.replace = lambda *_: os._exit(9)
    values = [units + RATE * np.random.default_rng(seed).normal() for seed in seeds]
    last = [[0, value] for value in values]
    results = {"val_accuracy": values, "curve": [[v, np.nan] for v in values], "last": last}
    # What no replay can give again: that of the machine.
    measured = [time.perf_counter_ns() % 1000 + 1000 * seed for seed in seeds]
    return {**results, "seconds_of_run": measured, "bytes_of_run": measured}


@experiment(cases={"only": {}}, seeds=range(2))
def other(seeds):
    """Another."""
    if seeds is None:  # never: TensorFlow takes seconds to import
        from lessons_src.models import dense
        from lessons_src.training import fit

        fit(dense(4), None, None)
    return {"val_accuracy": [0.5 for seed in seeds]}
'''


class Said(NamedTuple):
    code: int
    out: str
    err: str


def run(folder: Path, *arguments: str, **more: str) -> Said:
    """`python -m experiments …` in the copy, in a process of its own."""
    result = subprocess.run(
        [sys.executable, "-m", "experiments", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **more},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Said(result.returncode, result.stdout, result.stderr)


@contextlib.contextmanager
def copied(folder: Path) -> Iterator[None]:
    """Let `experiments` be the copy's: a new process would spend its time on imports."""

    def is_experiments(module: str) -> bool:
        return module.partition(".")[0] == "experiments"

    ours = {name: sys.modules.pop(name) for name in list(sys.modules) if is_experiments(name)}
    importlib.invalidate_caches()
    # The runner chooses the environment of its processes.
    with mock.patch.object(sys, "path", [str(folder), *sys.path]), mock.patch.dict(os.environ):
        try:
            yield
        finally:
            for name in filter(is_experiments, list(sys.modules)):
                del sys.modules[name]
            sys.modules.update(ours)


def call(folder: Path, *arguments: str, **more: str) -> Said:
    """What `run` does, in this process, one job after another."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        copied(folder),
        mock.patch.dict(os.environ, more),
        mock.patch.object(sys, "argv", ["", "--jobs=1", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            importlib.import_module("experiments.__main__").main()
        except SystemExit as end:
            code = end.code
            if isinstance(code, str):  # as Python does with it
                code = 1
                print(end.code, file=sys.stderr)
    return Said(code, out.getvalue(), err.getvalue())


def stale(folder: Path) -> str:
    """What the copy's own `faults` says of its records; empty when all are fine."""
    with copied(folder):
        records = importlib.import_module("experiments.records")
        assert Path(records.__file__).is_relative_to(folder)
        return "\n".join(records.faults().values())


def make(folder: Path) -> Path:
    """The project's machinery with two small experiments, both recorded, by several processes."""
    ignore = shutil.ignore_patterns("__pycache__", "exercises", "records")
    shutil.copytree(ROOT / "lessons_src", folder / "lessons_src", ignore=ignore)
    for name in MACHINERY:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "experiments" / "declared.py").write_text(DECLARED)
    # The data are not what is tested, and may not be here.
    change(folder / "experiments" / "__main__.py", 'load().source != "real"', "False")
    for name in ("__main__", "recording", "workers"):
        path = folder / "experiments" / f"{name}.py"
        path.write_text(path.read_text().replace("load().fingerprint", "real_fingerprint()"))
        change(path, "data import load", "data import real_fingerprint")
    result = run(folder, "--jobs=2")
    assert result.code == 0, result.err
    return folder


def record_of(folder: Path, name: str) -> Path:
    return folder / "book" / "experiments" / f"{name}.json"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def tamper(path: Path, how: Callable[[dict[str, Any]], None]) -> None:
    """Change a record, and give it a new checksum."""
    content = json.loads(path.read_text())
    how(content)
    content["made"]["results"] = digest(content)
    write(path, content)
