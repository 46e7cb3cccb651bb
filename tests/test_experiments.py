"""Recorded experiments: what makes a record stale, what a replay catches, what a stop leaves."""

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import experiments
from experiments import experiment, fingerprint
from experiments.records import faults, repetition_interval, write
from lessons_src.recorded import read, recorded

ROOT = Path(__file__).resolve().parents[1]
slow = pytest.mark.slow
#: One fit, since nothing is drawn.
SINGLE = ("logistic-regression",)
#: They train to see whether two things are equal, and an equality needs no five seeds.
EQUALITIES = ("held-out-or-not", "loss-identities", "seeded-split")
DECLARED = '''\
"""Experiments of the tests: no network is trained."""

import os
import time

import numpy as np

from experiments import experiment

RATE = 0.001  # a setting outside of the function


@experiment(cases={"low": {"units": 4}, "high": {"units": 8}}, seeds=4, seeds_per_job=1)
def small(seeds, units):
    """A set-up in words."""
    # Work and not sleep: a record counts the processor's seconds.
    until = time.process_time() + float(os.environ.get("SLOW", 0))
    while time.process_time() < until:
        pass
    values = [units + RATE * np.random.default_rng(seed).normal() for seed in seeds]
    last = [[0, value] for value in values]
    results = {"val_accuracy": values, "curve": [[v, np.nan] for v in values], "last": last}
    # What no replay can give again: that of the machine.
    measured = [time.perf_counter_ns() % 1000 + 1000 * seed for seed in seeds]
    return {**results, "seconds_of_run": measured, "bytes_of_run": measured}


@experiment(cases={"only": {}}, seeds=2)
def other(seeds):
    """Another."""
    if seeds is None:  # never: TensorFlow takes seconds to import
        from lessons_src.models import dense
        from lessons_src.training import fit

        fit(dense(4), None, None)
    return {"val_accuracy": [0.5 for seed in seeds]}
'''


def python(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`python -m experiments …` in the copy."""
    return subprocess.run(
        [sys.executable, "-m", "experiments", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **more},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def run_script(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """A line of Python in the copy."""
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's machinery with two small experiments, both recorded."""
    folder = tmp_path_factory.mktemp("experiments") / "project"
    ignore = shutil.ignore_patterns("__pycache__", "dense_design.py")
    shutil.copytree(ROOT / "lessons_src", folder / "lessons_src", ignore=ignore)
    shutil.copytree(ROOT / "experiments", folder / "experiments", ignore=ignore)
    for path in (folder / "experiments").glob("*.py"):
        if path.stem not in ("__init__", "__main__", "records", "fingerprint"):
            path.unlink()
    (folder / "experiments" / "declared.py").write_text(DECLARED)
    # The data are not what is tested, and may not be here.
    main = folder / "experiments" / "__main__.py"
    main.write_text(main.read_text().replace('load().source != "real"', "False"))
    main.write_text(main.read_text().replace("load().fingerprint", "real_fingerprint()"))
    main.write_text(main.read_text().replace("import load", "import real_fingerprint"))
    result = python(folder)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A copy, to be changed."""
    return shutil.copytree(made, tmp_path / "project")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def stale(folder: Path) -> str:
    """What the copy's own `faults` says of its records; empty when all are fine.

    In this process, since a new one would spend its time on imports.
    """
    ours = {name: sys.modules.pop(name) for name in list(sys.modules) if is_experiments(name)}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        records = importlib.import_module("experiments.records")
        assert Path(records.__file__).is_relative_to(folder)
        return "\n".join(records.faults().values())
    finally:
        sys.path.remove(str(folder))
        for name in filter(is_experiments, list(sys.modules)):
            del sys.modules[name]
        sys.modules.update(ours)


def is_experiments(module: str) -> bool:
    return module.partition(".")[0] == "experiments"


def test_the_records_of_the_book_are_of_todays_code() -> None:
    assert faults() == {}


@pytest.mark.parametrize("path", sorted((ROOT / "book" / "experiments").glob("*.json")), ids=str)
def test_the_records_of_the_book_are_whole(path: Path) -> None:
    if path.stem == "verdicts":
        return
    assert path.stat().st_size < 100_000
    record = read(path)
    trains = "lessons_src.training.fit" in reached_by(record.name)
    assert len(record.seeds) >= 5 or not trains or record.name in (*SINGLE, *EQUALITIES)
    for case in record.cases:
        for name, values in record.results[case].items():
            assert len(values) == len(record.seeds), (case, name)
    assert set(record.made) == {
        *("date", "seconds", "machine", "python", "versions", "data", "code", "results")
    }


@slow
def test_record_has_every_seed_and_what_made_it(made: Path) -> None:
    record = read(made / "book" / "experiments" / "small.json")
    assert record.set_up == "A set-up in words."
    assert record.cases == {"low": {"units": 4}, "high": {"units": 8}}
    assert record.seeds == (0, 1, 2, 3)
    expected = [8 + 0.001 * np.random.default_rng(seed).normal() for seed in range(4)]
    np.testing.assert_allclose(record("high", "val_accuracy"), expected, rtol=1e-5)
    curve = record("low", "curve")
    assert curve.shape == (4, 2)
    assert np.isnan(curve[:, 1]).all()
    assert np.isfinite(curve[:, 0]).all()
    assert record.difference("high", "low", "val_accuracy").estimate == pytest.approx(4)
    assert record.sweep(["low", "high"], "val_accuracy").shape == (2, 3)
    text = (made / "book" / "experiments" / "small.json").read_text()
    assert str(made) not in text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@slow
def test_what_is_not_there_is_named(made: Path) -> None:
    record = read(made / "book" / "experiments" / "small.json")
    with pytest.raises(KeyError, match="no case 'middle', but low, high"):
        record("middle", "val_accuracy")
    with pytest.raises(KeyError, match="no result 'loss', but val_accuracy, curve, last"):
        record("low", "loss")
    with pytest.raises(FileNotFoundError, match="make experiments NAME=never-run"):
        recorded("never-run")


@slow
def test_up_to_date_records_are_not_run_again(made: Path) -> None:
    before = (made / "book" / "experiments" / "small.json").stat().st_mtime_ns
    result = python(made)
    assert "up to date" in result.stdout
    assert (made / "book" / "experiments" / "small.json").stat().st_mtime_ns == before
    assert stale(made) == ""


@slow
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("experiments/declared.py", "RATE = 0.001", "RATE = 0.01"),
        ("experiments/declared.py", '"units": 8', '"units": 16'),
        ("experiments/declared.py", "seeds=4", "seeds=5"),
        ("experiments/declared.py", "units + RATE", "units - RATE"),
        ("experiments/declared.py", "seeds=4,", 'seeds=4, value="curve",'),
    ],
)
def test_changed_setting_makes_its_record_stale(
    project: Path, file: str, old: str, new: str
) -> None:
    change(project / file, old, new)
    told = stale(project)
    assert "small.json is stale" in told
    assert "make experiments NAME=small" in told
    assert "other" not in told


@slow
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lessons_src/models.py", 'activation="softmax"', 'activation="sigmoid"'),
        ("lessons_src/training.py", "reset_metrics()", "reset_states()"),
        ("lessons_src/training.py", "def _for_each_batch(", "WIDTH = 1\n\n\ndef _for_each_batch("),
    ],
)
def test_changed_model_or_training_makes_stale_what_uses_it(
    project: Path, file: str, old: str, new: str
) -> None:
    change(project / file, old, new)
    told = stale(project)
    assert "small" not in told
    assert ("other.json is stale" in told) == ("WIDTH" not in new)


@slow
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lessons_src/plotting.py", '"font.size": 10.5', '"font.size": 11'),
        ("lessons_src/stats.py", "MARGIN = 0.003", "MARGIN = 0.004"),
        ("lessons_src/stats.py", "1 + 1 / len(values)", "1 + 2 / len(values)"),
        ("lessons_src/training.py", "leave=False", "leave=True"),
        ("lessons_src/training.py", "{v:.4f}", "{v:.5f}"),
        ("lessons_src/training.py", "the model is not compiled", "nobody compiled the model"),
        ("lessons_src/training.py", "y: ArrayLike,", "y: object,"),
        ("experiments/declared.py", "seeds_per_job=1", "seeds_per_job=2"),
        ("lessons_src/standin.py", "import ", "import math\nimport "),
        ("lessons_src/data.py", "STALL_SECONDS = 6.0", "STALL_SECONDS = 7.0"),
        ("lessons_src/models.py", "layers.Conv2D(32, 3", "layers.Conv2D(16, 3"),
        ("lessons_src/training.py", '"""Train a compiled Keras model', '"""Train a model'),
        ("experiments/declared.py", "# a setting outside of", "# another word on"),
        ("experiments/declared.py", "A set-up in words.", "Other words."),
        ("experiments/records.py", "level: float = 0.9999", "level: float = 0.99"),
    ],
)
def test_what_the_numbers_do_not_rest_on_makes_nothing_stale(
    project: Path, file: str, old: str, new: str
) -> None:
    change(project / file, old, new)
    assert stale(project) == ""


@slow
def test_number_changed_by_hand_is_noticed_at_once(project: Path) -> None:
    path = project / "book" / "experiments" / "other.json"
    change(path, "[0.5, 0.5]", "[0.5, 0.6]")
    assert "other.json was changed by hand" in stale(project)
    result = python(project, "--check")
    assert result.returncode == 1
    assert "other.json was changed by hand" in result.stderr


@slow
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "cannot be read"),
        ('{"made": {}}', "cannot be read"),
        (None, "has no record"),
    ],
)
def test_damaged_and_missing_records_are_named(
    project: Path, content: str | None, told: str
) -> None:
    path = project / "book" / "experiments" / "other.json"
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    message = stale(project)
    assert told in message
    assert "make experiments NAME=other" in message


@slow
def test_record_of_no_experiment_is_named(project: Path) -> None:
    folder = project / "book" / "experiments"
    shutil.copy(folder / "other.json", folder / "gone.json")
    assert "gone.json is of no declared experiment" in stale(project)


@slow
@pytest.mark.parametrize(
    ("tampered", "about"),
    [
        ("['val_accuracy'][0] += 1e-4", {}),
        ("['curve'][0][0] += 1e-4", {}),
        ("['val_accuracy'][0] += 1", {"python": "3.0"}),
        ("['last'][0][1] += 1", {"machine": "another, one thread for each run, 2 CPUs"}),
    ],
)
def test_replay_agrees_and_catches_a_tampered_number(
    project: Path, tampered: str, about: dict[str, str]
) -> None:
    """Also one that somebody gave a new checksum."""
    path = project / "book" / "experiments" / "small.json"
    for turn in "01":
        result = python(project, "--replay", "--turn", turn)
        assert result.returncode == 0, result.stdout + result.stderr
        assert result.stdout.count("agrees") == 2, result.stdout
    all_turns = (
        "from experiments.__main__ import *; known = declared();"
        "print(sorted({run for turn in range(8) for run in in_turn(known, turn, 1e9)}))"
    )
    small = [("small", case, seed) for case in ("high", "low") for seed in range(4)]
    other = [("other", "only", seed) for seed in range(2)]
    assert run_script(project, all_turns).stdout.strip() == str(other + small)
    script = (
        "import json, pathlib; from experiments.records import digest, write;"
        f"c = json.loads(pathlib.Path({str(path)!r}).read_text());"
        f"c['cases']['low']['results']{tampered};"
        f"c['made'].update({about});"
        "c['made']['results'] = digest(c);"
        f"write(pathlib.Path({str(path)!r}), c)"
    )
    run_script(project, script)
    assert stale(project) == ""
    caught = python(project, "small", "--replay", "--turn", "0")
    assert caught.returncode == 1
    assert f"small, low, seed 0: {tampered[2:].partition(chr(39))[0]} " in caught.stderr
    assert "make experiments NAME=small" in caught.stderr


@slow
def test_killed_run_leaves_nothing_half_written_and_goes_on(project: Path) -> None:
    for record in (project / "book" / "experiments").glob("*.json"):
        record.unlink()
    environment = {**os.environ, "PYTHONPATH": str(project), "SLOW": "1.5"}
    run = subprocess.Popen(
        [sys.executable, "-m", "experiments", "small", "--jobs", "1"],
        cwd=project,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    parts = project / "_build" / "experiments"
    deadline = time.monotonic() + 120
    while len(list(parts.rglob("*.json"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert not list((project / "book" / "experiments").iterdir())
    done = [path for path in parts.rglob("*.json") if not path.name.startswith(".")]
    assert 2 <= len(done) < 8
    for path in done:
        assert json.loads(path.read_text())["results"]["val_accuracy"]
    marks = {path: path.stat().st_mtime_ns for path in done}
    # What is there must not be run again: it would be written anew.
    result = python(project, "small", "--jobs", "1", SLOW="0.3")
    assert result.returncode == 0, result.stderr
    assert marks
    assert not list(parts.rglob("*.json"))
    record = read(project / "book" / "experiments" / "small.json")
    assert record.made["seconds"] < 8 * 1.5
    assert record.made["seconds"] > len(done) * 1.5


@slow
def test_wrong_name_and_wrong_data_are_refused(project: Path) -> None:
    result = python(project, "smaller")
    assert result.returncode == 1
    assert "no experiment is called 'smaller'; there are" in result.stderr
    result = subprocess.run(
        [sys.executable, "-m", "experiments", "--again"],
        cwd=ROOT,
        env={**os.environ, "FASHION_MNIST_SOURCE": "synthetic"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "set FASHION_MNIST_DIR" in result.stderr


def test_repetition_interval_ignores_the_run_itself() -> None:
    values = np.array([0.90, 0.880, 0.881, 0.879, 0.882])
    assert 0.83 not in repetition_interval(values, 0)
    interval = repetition_interval(values, 0, level=0.99)
    assert interval.estimate == 0.90
    assert 0.88 not in interval  # the others say that 0.90 is no run like them
    assert 0.895 in interval
    assert 0.5000001 in repetition_interval(np.full(5, 0.5), 2)  # no spread to go by


def test_write_leaves_the_old_file_where_it_cannot_finish(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write(path, {"a": 1})
    with pytest.raises(TypeError):
        write(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["record.json"]


def test_write_that_cannot_replace_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.json"
    write(path, {"a": 1})

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="full"):
            write(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["record.json"]
    with pytest.raises(UnicodeEncodeError):
        write(path, {"cases": {"\ud800": 1}, "seeds": []})
    assert [p.name for p in tmp_path.iterdir()] == ["record.json"]


BASE = {
    "lessons_src/__init__.py": "",
    "lessons_src/h.py": "def f():\n    return RATE\n\n\nRATE = 1\nunused = 1\n",
    "experiments/__main__.py": "def run():\n    return 6\n",
    "experiments/e.py": "{imports}\n@experiment(cases={{}}, seeds=2)\ndef e(seeds):\n    {body}\n",
}


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that gives the fingerprint of the experiment `e` with these lines."""

    def of(imports: str, body: str, **changes: str) -> str:
        for name, text in {**BASE, "experiments/e.py": ""}.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(changes.get(path.stem, text))
        text = BASE["experiments/e.py"].format(imports=imports, body=body)
        (tmp_path / "experiments" / "e.py").write_text(text)
        fingerprint._module.cache_clear()
        fingerprint._file.cache_clear()
        return fingerprint.fingerprint(fingerprint.functions()["e"])

    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    yield of
    fingerprint._module.cache_clear()
    fingerprint._file.cache_clear()


@pytest.mark.parametrize(
    ("imports", "body"),
    [
        ("from lessons_src.h import f", "f()"),
        ("from lessons_src import h", "h.f()"),
        ("import lessons_src.h as y", "y.f()"),
        ("import lessons_src.h", "lessons_src.h.f()"),
        ("", "from lessons_src.h import f; f()"),
        ("", "from lessons_src import h; h.f()"),
        ("", "import lessons_src.h as y; y.f()"),
        ("try:\n    from lessons_src.h import f\nexcept ImportError:\n    f = None", "f()"),
        ("if True:\n    from lessons_src import h", "h.f()"),
        ("from lessons_src.h import f\nX = []\nfor i in range(3):\n    X.append(f())", "0"),
        ("from lessons_src.h import f\nf()", "0"),
        ("from lessons_src.h import f\nasync def g():\n    return f()", "g()"),
    ],
)
def test_every_way_to_use_a_function_is_followed(code, imports: str, body: str) -> None:
    before = code(imports, body)
    changed = BASE["lessons_src/h.py"].replace("RATE = 1", "RATE = 2")
    assert code(imports, body, h=changed) != before
    assert code(imports, body, h=BASE["lessons_src/h.py"].replace("unused = 1", "")) == before
    assert code(imports, body, h=BASE["lessons_src/h.py"] + "print()\n") != before
    assert code(imports, body, h='"""Words."""\n' + BASE["lessons_src/h.py"]) == before
    assert code(imports, body, __main__="def run():\n    return 5\n") != before


def test_relative_imports_are_followed(code, tmp_path: Path) -> None:
    imports = "from . import other\nfrom .other import g"
    (tmp_path / "experiments").mkdir()
    hashes = set()
    for rate in "12":
        (tmp_path / "experiments" / "other.py").write_text(f"def g():\n    return {rate}\n")
        hashes |= {code(imports, "other.g()"), code(imports, "g()")}
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("from keras.optimizers import Adam as Opt", "from keras.optimizers import SGD as Opt"),
        ("import numpy as Opt", "import math as Opt"),
        ("if A:\n    Opt = 1\nelse:\n    Opt = 2", "if B:\n    Opt = 1\nelse:\n    Opt = 2"),
        ("with A:\n    Opt = 1", "with A:\n    Opt = 2"),
        ("Opt = []\nOpt.append(1)", "Opt = []\nOpt.append(2)"),
        ("import keras as Opt\nOpt.seed = 1", "import keras as Opt\nOpt.seed = 2"),
    ],
)
def test_what_a_name_stands_for_counts(code, one: str, other: str) -> None:
    assert code(one, "Opt()") != code(other, "Opt()")
    assert code(one, "Opt()") == code(f"{one}\nelsewhere = 1", "Opt()")
    program = f'{one}\nif __name__ == "__main__":\n    print()'
    assert code(one, "Opt()") == code(program, "Opt()")


@pytest.mark.parametrize(
    ("imports", "body", "told"),
    [
        ("from lessons_src.h import *", "f()", r"e\.py:1: import names from lessons_src\.h"),
        ("from lessons_src.h import g", "g()", r"e\.py:4: lessons_src\.h has no 'g'"),
        ("from lessons_src import h", "h.g()", r"e\.py:4: lessons_src\.h has no 'g'"),
        ("from lessons_src import nothing", "nothing.g()", r"lessons_src has no 'nothing'"),
        ("from lessons_src import h", "vars(h)", r"e\.py:4: lessons_src\.h is used as a whole"),
        ("def f(:", "f()", r"e\.py:1: invalid syntax"),
    ],
)
def test_what_cannot_be_followed_is_refused(code, imports: str, body: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        code(imports, body)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("import dense", "import dense, nothing as dense", "lessons_src.models has no 'nothing'"),
        ("def other(seeds):", "def other(seeds:", "declared.py:"),
    ],
)
@slow
def test_code_that_cannot_be_followed_is_told_in_a_line(
    project: Path, old: str, new: str, told: str
) -> None:
    change(project / "experiments" / "declared.py", old, new)
    message = stale(project)
    assert told in message
    assert "Traceback" not in message


def reached_by(name: str) -> set[str]:
    """What the fingerprint of an experiment covers, as dotted names."""
    place = fingerprint.functions()[name]
    return {f"{module}.{part}" for module, part in fingerprint.reached(place)}


def test_data_rounding_and_threads_belong_to_every_experiment() -> None:
    for named in fingerprint.functions():
        found = reached_by(named)
        data, runner, training = "lessons_src.data", "experiments.__main__", "lessons_src.training"
        assert {f"{runner}.run", f"{runner}.THREADS"} <= found
        results = read(ROOT / "book" / "experiments" / f"{named}.json").results
        scored = any("val_accuracy" in names for names in results.values())
        if scored or any(name.startswith(data) for name in found):  # else it counts without images
            assert {f"{data}.FashionMNIST", f"{data}._data_set", f"{data}._split"} <= found
        if scored and named not in ("random-forest", *SINGLE):  # these are scikit-learn's
            assert {f"{training}.fit", f"{training}._for_each_batch"} <= found
        assert not {f"{data}.load", f"{training}._bar", f"{training}._Progress"} & found
        assert not any("stats" in name or "standin" in name for name in found)


@slow
def test_experiment_that_the_check_cannot_see_is_refused(project: Path) -> None:
    path = project / "experiments" / "declared.py"
    change(
        path, "import experiment\n", "import experiment\nfrom experiments import experiment as e\n"
    )
    change(path, '@experiment(cases={"only"', '@e(cases={"only"')
    (project / "book" / "experiments" / "other.json").unlink()
    assert "declare other as @experiment" in python(project).stderr


@pytest.mark.parametrize(
    ("doc", "cases", "told"),
    [(None, {"a": {}}, "no docstring"), ("Words.", {"a": {"f": print}}, "JSON does not take")],
)
def test_declaration_is_checked(doc: str | None, cases: dict, told: str) -> None:
    def badly_declared(seeds: list[int]) -> dict: ...

    badly_declared.__doc__ = doc
    with pytest.raises(ValueError, match=told):
        experiment(cases=cases, seeds=2)(badly_declared)


@pytest.mark.parametrize(
    ("seeds", "chosen"), [(3, [0, 1, 2]), (range(1, 4), [1, 2, 3]), ((1000, 7), [1000, 7])]
)
def test_seeds_are_a_number_or_the_seeds_themselves(
    monkeypatch: pytest.MonkeyPatch, seeds: int | Sequence[int], chosen: list[int]
) -> None:
    monkeypatch.setattr("experiments._declared", {})

    @experiment(cases={"only": {}}, seeds=seeds)
    def well_declared(seeds: list[int]) -> dict:
        """Words."""

    declared = experiments._declared["well-declared"]
    assert list(declared.seeds) == chosen
    assert declared.jobs == [("only", tuple(chosen))]


@pytest.mark.parametrize("seeds", [0, [], range(0), [1, 2, 1]])
def test_no_seed_and_seed_given_twice_are_refused(
    monkeypatch: pytest.MonkeyPatch, seeds: int | Sequence[int]
) -> None:
    monkeypatch.setattr("experiments._declared", {})

    def badly_declared(seeds: list[int]) -> dict:
        """Words."""

    told = "the experiment badly-declared has the seeds .*: give at least one, and none twice"
    with pytest.raises(ValueError, match=told):
        experiment(cases={"only": {}}, seeds=seeds)(badly_declared)


@slow
@pytest.mark.parametrize(
    ("results", "told"),
    [
        ('{"val_accuracy": [0.5]}', "'val_accuracy' has not one value for each seed"),
        ('{"val_accuracy": 0.5}', "'val_accuracy' has not one value for each seed"),
        ("{}", "not named results"),
        ("[1 / 0 for _ in seeds]", "ZeroDivisionError"),
    ],
)
def test_error_of_a_job_is_told_in_a_line(project: Path, results: str, told: str) -> None:
    old = '{"val_accuracy": [0.5 for seed in seeds]}'
    change(project / "experiments" / "declared.py", old, results)
    result = python(project)
    assert result.returncode == 1
    assert "other, only, seeds 0 to 1: " in result.stderr
    assert told in result.stderr
    assert "Traceback" not in result.stderr


@slow
def test_record_without_every_seed_is_named(project: Path) -> None:
    path = project / "book" / "experiments" / "other.json"
    script = (
        "import json, pathlib; from experiments.records import digest, write;"
        f"path = pathlib.Path({str(path)!r}); c = json.loads(path.read_text());"
        "c['cases']['only']['results']['val_accuracy'] = [0.5];"
        "c['made']['results'] = digest(c); write(path, c)"
    )
    run_script(project, script)
    assert "other.json does not have a result for every seed" in stale(project)
    assert "other.json does not have" in python(project, "other", "--replay").stderr
    assert python(project, "small", "--check").returncode == 0
    change(path, '"seeds": [0, 1]', '"seeds": [0]')
    assert "other.json was changed by hand" in stale(project)


@slow
def test_cases_whose_names_differ_in_signs_only_keep_apart(project: Path) -> None:
    change(project / "experiments" / "declared.py", '{"low"', '{"low +": {"units": 2}, "low *"')
    result = python(project)
    assert result.returncode == 0, result.stderr
    record = read(project / "book" / "experiments" / "small.json")
    assert record("low +", "val_accuracy")[0] == pytest.approx(2, abs=0.1)
    assert record("low *", "val_accuracy")[0] == pytest.approx(4, abs=0.1)


@slow
def test_again_runs_what_is_up_to_date(project: Path) -> None:
    path = project / "book" / "experiments" / "other.json"
    before = path.stat().st_mtime_ns
    assert python(project, "other", "--again").returncode == 0
    assert path.stat().st_mtime_ns > before


@slow
def test_two_runs_at_once_are_refused(project: Path) -> None:
    lock = project / "_build" / "experiments" / "lock"
    hold = f"from filelock import FileLock as L; k = L({str(lock)!r}); k.acquire(); input('\\n')"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=-1, stdout=-1) as other:
        other.stdout.readline()
        result = python(project, "other", "--again")
        assert result.returncode == 1
        assert f"another run is at it, and holds {lock}" in result.stderr
        other.kill()  # without a chance to tidy up
    assert python(project, "other", "--again").returncode == 0


@slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process")
def test_parts_of_other_code_are_not_used_and_a_stop_says_how_to_go_on(project: Path) -> None:
    """Ctrl-C, then a changed setting."""
    run = subprocess.Popen(
        [sys.executable, "-m", "experiments", "small", "--again", "--jobs", "1"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project), "SLOW": "0.5"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    parts = project / "_build" / "experiments"
    deadline = time.monotonic() + 120
    while len(list(parts.rglob("*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, told = run.communicate()
    assert run.returncode == 130
    assert "Stopped; the same command goes on where it was." in told
    assert "Traceback" not in told
    change(project / "experiments" / "declared.py", "units + RATE", "units - RATE")
    assert python(project, "small").returncode == 0
    record = read(project / "book" / "experiments" / "small.json")
    expected = [8 - 0.001 * np.random.default_rng(seed).normal() for seed in range(4)]
    np.testing.assert_allclose(record("high", "val_accuracy"), expected, rtol=1e-5)


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_number_of_jobs_is_checked(jobs: str) -> None:
    result = python(ROOT, f"--jobs={jobs}")
    assert result.returncode == 2
    assert f"{jobs!r} is not a whole number from 1" in result.stderr


def test_arrays_are_read_only() -> None:
    record = recorded("width")
    with pytest.raises(ValueError, match="read-only"):
        record("32", "val_accuracy")[0] = 1


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [('"set_up":', '"units": "%", "set_up":', "units"), ('"seconds":', '"second":', "second")],
)
def test_record_with_an_unknown_key_is_refused(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    path = tmp_path / "width.json"
    shutil.copy(ROOT / "book" / "experiments" / path.name, path)
    change(path, old, new)
    with pytest.raises(
        ValueError, match=rf"width\.json is not a record .*line \d+: unknown key '{key}'"
    ):
        read(path)


def test_record_that_an_installation_lacks_is_told_without_a_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("lessons_src.recorded.FOLDERS", (tmp_path / "none", tmp_path))
    with pytest.raises(FileNotFoundError, match="in the installed package lessons_src: in a clone"):
        recorded("nope")
