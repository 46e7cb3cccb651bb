"""Recorded experiments: what makes a record stale, what a replay catches, what a stop leaves."""

import functools
import importlib
import json
import operator
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from small_project import ROOT, call, change, copied, make, record_of, run, stale, tamper

import experiments
from experiments import ALSO, experiment, fingerprint
from experiments.records import RECORDS, VERDICTS, faults, write
from experiments.replaying import repetition_interval
from lessons_src.recorded import CHOOSING, FIRST_SEED, LOOKS, read, recorded

RECORDED = sorted(path for path in RECORDS.glob("*.json") if path.stem != VERDICTS)
OF_SCIKIT_LEARN = ("classical-models", "logistic-regression", "random-forest")
#: They train to see whether two things are equal, and an equality needs no five seeds.
EQUALITIES = ("held-out-or-not", "loss-identities", "seeded-split")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's machinery with two small experiments, both recorded."""
    return make(tmp_path_factory.mktemp("experiments") / "project")


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A copy, to be changed."""
    return shutil.copytree(made, tmp_path / "project")


# --- The records of the book ------------------------------------------------------------------


def test_the_records_of_the_book_are_of_todays_code():
    assert faults() == {}


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_records_of_the_book_are_whole_and_cover_what_counts(path):
    assert path.stat().st_size < 500_000
    record, place = read(path), fingerprint.functions()[path.stem]
    found = {f"{module}.{part}" for module, part in fingerprint.reached(place)}
    for case in record.cases:
        counts = {len(values) for values in record.results[case].values()}
        assert len(counts) == 1
        assert counts <= {*record.looks, ALSO}
    assert set(record.made) == {
        *("date", "seconds", "machines", "python", "versions", "data", "code", "results")
    }
    data, training = "lessons_src.data", "lessons_src.training"
    if f"{training}.fit" in found and path.stem not in EQUALITIES:
        assert len(record.seeds) >= ALSO
        assert min(record.seeds) >= FIRST_SEED or path.stem.startswith("live-")
    assert "experiments.running.run" in found
    scored = any("val_accuracy" in results for results in record.results.values())
    if scored or any(part.startswith(data) for part in found):  # else it counts without images
        assert {f"{data}.FashionMNIST", f"{data}._data_set", f"{data}._split"} <= found
    if scored and path.stem not in OF_SCIKIT_LEARN:
        assert {f"{training}.fit", "lessons_src._epochs._for_each_batch"} <= found
    assert not {f"{data}.load", f"{training}._bars"} & found
    assert not any("stats" in part or "standin" in part for part in found)


# --- What is written, and what it is taken for ------------------------------------------------


def test_record_has_every_seed_and_what_made_it(made):
    record = read(record_of(made, "small"))
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
    with pytest.raises(KeyError, match=r"'middle'.* low, high"):
        record("middle", "val_accuracy")
    with pytest.raises(KeyError, match=r"'loss'.* val_accuracy, curve, last"):
        record("low", "loss")
    text = record_of(made, "small").read_text()
    assert str(made) not in text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_record_that_is_not_there_is_named_with_its_cure(monkeypatch, tmp_path):
    with pytest.raises(FileNotFoundError, match="make experiments NAME=never-run"):
        recorded("never-run")
    monkeypatch.setattr("lessons_src.recorded.FOLDERS", (tmp_path / "none", tmp_path))
    with pytest.raises(FileNotFoundError, match="in the installed package lessons_src: in a clone"):
        recorded("never-run")


def test_arrays_are_read_only():
    record = recorded("first-edition/width")
    with pytest.raises(ValueError, match="read-only"):
        record("32", "val_accuracy")[0] = 1


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [('"set_up":', '"units": "%", "set_up":', "units"), ('"seconds":', '"second":', "second")],
)
def test_record_with_an_unknown_key_is_refused(tmp_path, old, new, key):
    path = tmp_path / "width.json"
    shutil.copy(ROOT / "book" / "experiments" / "first-edition" / path.name, path)
    change(path, old, new)
    with pytest.raises(ValueError, match=rf"width\.json:\d+: unknown key '{key}'"):
        read(path)


def test_up_to_date_records_are_run_again_on_demand_only(project):
    def times() -> list[int]:
        return [record_of(project, name).stat().st_mtime_ns for name in ("small", "other")]

    before = times()
    assert stale(project) == ""
    assert "up to date" in call(project).out
    assert times() == before
    assert call(project, "other", "--again").code == 0
    assert times()[0] == before[0]
    assert times()[1] > before[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RATE = 0.001", "RATE = 0.01"),
        ('"units": 8', '"units": 16'),
        ("seeds=range(4)", "seeds=range(5)"),
        ("units + RATE", "units - RATE"),
        ("seeds=range(4),", 'seeds=range(4), value="curve",'),
    ],
)
def test_changed_setting_makes_its_record_stale(project, old, new):
    change(project / "experiments" / "declared.py", old, new)
    told = stale(project)
    assert "small.json is stale" in told
    assert "make experiments NAME=small" in told
    assert "other" not in told


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lessons_src/models.py", 'activation="softmax"', 'activation="sigmoid"'),
        ("lessons_src/_epochs.py", "reset_metrics()", "reset_states()"),
    ],
)
def test_changed_model_or_training_makes_stale_what_uses_it(project, file, old, new):
    change(project / file, old, new)
    assert re.findall(r"(\w+)\.json is stale", stale(project)) == ["other"]


def test_what_the_numbers_do_not_rest_on_makes_nothing_stale(project):
    for file, old, new in (
        ("lessons_src/stats.py", "1 + 1 / len(values)", "1 + 2 / len(values)"),
        ("lessons_src/training.py", "leave=False", "leave=True"),
        ("lessons_src/_checks.py", "the model is not compiled", "nobody compiled the model"),
        ("lessons_src/training.py", "y: ArrayLike,", "y: object,"),
        ("lessons_src/training.py", '"""Train a compiled Keras model', '"""Train a model'),
        ("lessons_src/_epochs.py", "def _for_each_batch(", "WIDTH = 1\n\n\ndef _for_each_batch("),
        ("lessons_src/official.py", "STALL_SECONDS = 6.0", "STALL_SECONDS = 7.0"),
        ("lessons_src/models.py", "layers.Conv2D(32, 3", "layers.Conv2D(16, 3"),
        ("experiments/declared.py", "seeds_per_job=1", "seeds_per_job=2"),
        ("experiments/declared.py", "# a setting outside of", "# another word on"),
        ("experiments/replaying.py", "level: float = 0.9999", "level: float = 0.99"),
    ):
        change(project / file, old, new)
        assert stale(project) == "", (file, old, new)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "other.json cannot be read"),
        ('{"made": {}}', "other.json cannot be read"),
        (("[0.5, 0.5]", "[0.5, 0.6]"), "other.json was changed by hand"),
        (('"seeds": [0, 1]', '"seeds": [0, 2]'), "other.json was changed by hand"),
        (('"data": "fashion', '"data": "stand-in'), "other.json was not made with the official"),
    ],
)
def test_damaged_changed_and_missing_records_are_named(project, content, told):
    path = record_of(project, "other")
    if isinstance(content, str):
        path.write_text(content)
    else:
        change(path, *content)
    assert told in stale(project)
    checked = call(project, "--check")
    assert checked.code == 1
    assert told in checked.err
    assert "make experiments NAME=other" in checked.err
    assert call(project, "small", "--check") == (0, "All records are of today's code.\n", "")


def test_experiment_without_a_record_is_named_and_stops_no_build(project):
    record_of(project, "other").unlink()
    assert stale(project) == ""
    checked = call(project, "--check")
    assert checked.code == 1
    assert "other has no record: run `make experiments NAME=other`" in checked.err
    assert call(project, "--replay", "--turn", "0").code == 0


def test_record_without_every_seed_is_named(project):
    tamper(
        record_of(project, "other"),
        lambda content: content["cases"]["only"]["results"].update(val_accuracy=[0.5]),
    )
    assert "other.json does not have a result for every seed" in stale(project)
    assert "other.json does not have" in call(project, "other", "--replay").err


def test_record_of_no_experiment_is_named(project):
    shutil.copy(record_of(project, "other"), record_of(project, "gone"))
    assert "gone.json is of no declared experiment" in stale(project)


# --- Replays ----------------------------------------------------------------------------------


def test_replay_agrees_and_every_run_has_its_turn(project):
    for turn in "01":
        result = call(project, "--replay", "--turn", turn)
        assert result.code == 0, result.err
        assert result.out.count("agrees") == 2
    with copied(project):
        known = importlib.import_module("experiments").declared()
        replaying = importlib.import_module("experiments.replaying")
        had = {job for turn in range(8) for job in replaying.in_turn(known, turn, 1e9)}
        assert replaying.in_turn(known, 0, -1) == []  # no budget
    small = {("small", case, (seed,)) for case in ("high", "low") for seed in range(4)}
    assert had == small | {("other", "only", (seed,)) for seed in range(2)}


@pytest.mark.parametrize(
    ("place", "amount", "about"),
    [
        (("val_accuracy", 0), 1e-4, {}),
        (("curve", 0, 0), 1e-4, {}),
        (("val_accuracy", 0), 1, {"python": "3.0"}),
        (("last", 0, 1), 1, {"machines": ["another"]}),
    ],
)
def test_replay_catches_a_tampered_number(project, place, amount, about):
    """Also one that somebody gave a new checksum."""

    def change(content: dict[str, Any]) -> None:
        content["made"].update(about)
        *way, last = place
        values = functools.reduce(operator.getitem, way, content["cases"]["low"]["results"])
        values[last] += amount

    tamper(record_of(project, "small"), change)
    assert stale(project) == ""
    caught = call(project, "small", "--replay", "--turn", "0")
    assert caught.code == 1
    assert f"small, low, seed 0: {place[0]} " in caught.err
    assert "make experiments NAME=small" in caught.err


def test_replay_catches_results_of_another_kind(project):
    def change(content: dict[str, Any]) -> None:
        results = content["cases"]["low"]["results"]
        results.update(last=[[1, 2, 3]] * 4, more=results.pop("curve"))

    tamper(record_of(project, "small"), change)
    told = call(project, "small", "--replay", "--turn", "0").err.splitlines()
    assert [line.split(": ")[2].split()[0] for line in told] == ["curve", "more", "last"]


def test_repetition_interval_ignores_the_run_itself():
    values = np.array([0.90, 0.880, 0.881, 0.879, 0.882])
    assert 0.83 not in repetition_interval(values, 0)
    interval = repetition_interval(values, 0, level=0.99)
    assert interval.estimate == 0.90
    assert 0.88 not in interval  # the others say that 0.90 is no run like them
    assert 0.895 in interval
    assert 0.5000001 in repetition_interval(np.full(5, 0.5), 2)  # no spread to go by


# --- Runs, and what ends them -----------------------------------------------------------------


def test_killed_run_leaves_nothing_half_written_and_goes_on(project, tmp_path):
    record_of(project, "small").unlink()
    log, parts = tmp_path / "log", project / "book" / "experiments" / "parts"
    killed = run(project, "small", "--jobs=1", LESSONS_LOG=str(log), LESSONS_KILLED_AT="4-2")
    assert killed.code == 9
    assert not record_of(project, "small").exists()
    assert len(list(parts.glob(".*"))) == 1  # half written, and no part
    content = json.loads((parts / "small.json").read_text())
    assert content["cases"]["low"]["seeds"] == [0, 1]
    for case in content["cases"].values():
        case["seconds"] = 100
    write(parts / "small.json", content)
    result = call(project, "small", LESSONS_LOG=str(log))
    assert result.code == 0, result.err
    ran = log.read_text().split()
    assert sorted(ran) == sorted(["4-2", *(f"{u}-{seed}" for u in (4, 8) for seed in range(4))])
    assert not (parts / "small.json").exists()
    assert read(record_of(project, "small")).made["seconds"] == pytest.approx(100, abs=1)


def test_stop_says_how_to_go_on_and_parts_of_other_code_are_not_used(project):
    """Ctrl-C, then a changed setting."""
    stopped = call(project, "small", "--again", LESSONS_STOPPED_AT="8-1")
    assert stopped.code == 130
    assert "the same command goes on" in stopped.err
    part = read(project / "book" / "experiments" / "parts" / "small.json")
    assert sum(len(results["val_accuracy"]) for results in part.results.values()) == 5
    assert read(record_of(project, "small")).seeds == (0, 1, 2, 3)  # the old one is still there
    change(project / "experiments" / "declared.py", "units + RATE", "units - RATE")
    assert call(project, "small").code == 0
    record = read(record_of(project, "small"))
    expected = [8 - 0.001 * np.random.default_rng(seed).normal() for seed in range(4)]
    np.testing.assert_allclose(record("high", "val_accuracy"), expected, rtol=1e-5)


def test_two_runs_at_once_are_refused(project):
    lock = project / "_build" / "experiments" / "lock"
    hold = f"from filelock import FileLock as L; k = L({str(lock)!r}); k.acquire(); input('\\n')"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=-1, stdout=-1) as other:
        other.stdout.readline()
        result = call(project, "other", "--again")
        assert result.code == 1
        assert f"another run is at it, and holds {lock}" in result.err
        other.kill()  # without a chance to tidy up
    assert call(project, "other", "--again").code == 0


def test_wrong_name_and_wrong_data_are_refused(project, monkeypatch):
    result = call(project, "smaller")
    assert result.code == 1
    assert "'smaller'" in result.err
    assert "small, other" in result.err
    shutil.copy(ROOT / "experiments" / "__main__.py", project / "experiments")
    monkeypatch.setattr("lessons_src.data.load", lambda: mock.Mock(source="synthetic"))
    result = call(project, "--again")
    assert result.code == 1
    assert "set FASHION_MNIST_DIR" in result.err


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_number_of_jobs_is_checked(jobs):
    result = call(ROOT, f"--jobs={jobs}")
    assert result.code == 2
    assert f"{jobs!r} is not a whole number from 1" in result.err


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ('{"val_accuracy": [0.5]}', "'val_accuracy' has not one value for each seed"),
        ('{"val_accuracy": 0.5}', "'val_accuracy' has not one value for each seed"),
        ("{}", "not named results"),
        ("[1 / 0 for _ in seeds]", "ZeroDivisionError"),
    ],
)
def test_error_of_a_job_is_told_in_a_line(project, results, told):
    old = '{"val_accuracy": [0.5 for seed in seeds]}'
    change(project / "experiments" / "declared.py", old, results)
    result = call(project)
    assert result.code == 1
    assert "other, only, seeds 0 to 1: " in result.err
    assert told in result.err
    assert "Traceback" not in result.err


def test_cases_whose_names_differ_in_signs_only_keep_apart(project):
    change(project / "experiments" / "declared.py", '{"low"', '{"low +": {"units": 2}, "low *"')
    result = call(project)
    assert result.code == 0, result.err
    record = read(record_of(project, "small"))
    assert record("low +", "val_accuracy")[0] == pytest.approx(2, abs=0.1)
    assert record("low *", "val_accuracy")[0] == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"a": object()}, TypeError),
        ({"cases": {"\ud800": 1}, "looks": []}, UnicodeEncodeError),
        ({"a": 2}, OSError),
    ],
)
def test_write_leaves_the_old_file_where_it_cannot_finish(tmp_path, monkeypatch, content, error):
    path = tmp_path / "record.json"
    write(path, {"a": 1})
    if error is OSError:
        monkeypatch.setattr(os, "replace", mock.Mock(side_effect=OSError("the disk is full")))
    with pytest.raises(error):
        write(path, content)
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["record.json"]


# --- What is followed -------------------------------------------------------------------------

BASE = {
    "lessons_src/__init__.py": "",
    "lessons_src/h.py": "def f():\n    return RATE\n\n\nRATE = 1\nunused = 1\n",
    "experiments/running.py": "def run():\n    return 6\n",
    "experiments/e.py": "{imports}\n@experiment(cases={{}}, seeds=2)\ndef e(seeds):\n    {body}\n",
}


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that gives the fingerprint of the experiment `e` with these lines."""

    def forget() -> None:
        for part in vars(fingerprint).values():
            if hasattr(part, "cache_clear"):
                part.cache_clear()

    def of(imports: str, body: str, **changes: str) -> str:
        for name, text in {**BASE, "experiments/e.py": ""}.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(changes.get(path.stem, text))
        text = BASE["experiments/e.py"].format(imports=imports, body=body)
        (tmp_path / "experiments" / "e.py").write_text(text)
        forget()
        return fingerprint.fingerprint(fingerprint.functions()["e"])

    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    yield of
    forget()


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
def test_every_way_to_use_a_function_is_followed(code, imports, body):
    before = code(imports, body)
    changed = BASE["lessons_src/h.py"].replace("RATE = 1", "RATE = 2")
    assert code(imports, body, h=changed) != before
    assert code(imports, body, h=BASE["lessons_src/h.py"].replace("unused = 1", "")) == before
    assert code(imports, body, h=BASE["lessons_src/h.py"] + "print()\n") != before
    assert code(imports, body, h='"""Words."""\n' + BASE["lessons_src/h.py"]) == before
    assert code(imports, body, running="def run():\n    return 5\n") != before


def test_relative_imports_are_followed(code, tmp_path):
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
def test_what_a_name_stands_for_counts(code, one, other):
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
def test_what_cannot_be_followed_is_refused(code, imports, body, told):
    with pytest.raises(ValueError, match=told):
        code(imports, body)


def test_code_that_cannot_be_followed_is_told(project):
    path = project / "experiments" / "declared.py"
    change(path, "import dense", "import dense, nothing as dense")
    assert "lessons_src.models has no 'nothing'" in stale(project)
    change(path, "def other(seeds):", "def other(seeds:")
    assert "declared.py:" in stale(project)


# --- Declarations -----------------------------------------------------------------------------


def test_experiment_that_the_check_cannot_see_is_refused(project):
    path = project / "experiments" / "declared.py"
    change(
        path, "import experiment\n", "import experiment\nfrom experiments import experiment as e\n"
    )
    change(path, '@experiment(cases={"only"', '@e(cases={"only"')
    record_of(project, "other").unlink()
    assert "declare other as @experiment" in call(project).err


@pytest.fixture
def none_declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, experiments.Experiment]:
    """What is declared, empty at first."""
    declared = {}
    monkeypatch.setattr("experiments._declared", declared)
    return declared


@pytest.mark.parametrize(
    ("doc", "cases", "seeds", "told"),
    [
        (None, {"a": {}}, 2, "no docstring"),
        ("Words.", {"a": {"f": print}}, 2, "JSON does not take"),
        *(("Words.", {"a": {}}, seeds, "none twice") for seeds in (0, [], range(0), [1, 2, 1])),
    ],
)
def test_declaration_is_checked(none_declared, doc, cases, seeds, told):
    def badly_declared(seeds: list[int]) -> dict: ...

    badly_declared.__doc__ = doc
    with pytest.raises(ValueError, match=f"experiment badly-declared .*{told}"):
        experiment(cases=cases, seeds=seeds)(badly_declared)


@pytest.mark.parametrize(
    ("seeds", "chosen", "looks"),
    [
        (LOOKS, range(1000, 1040), (10, 20, 30, 40)),
        (3, range(1000, 1003), (3,)),
        (range(1, 4), [1, 2, 3], (3,)),
        ((1000, 7), [1000, 7], (2,)),
    ],
)
def test_seeds_are_looks_a_number_or_the_seeds_themselves(none_declared, seeds, chosen, looks):
    declare = experiment(cases={"only": {}}, seeds=seeds)

    def well_declared(seeds: list[int]) -> dict:
        """Words."""

    declare(well_declared)
    declared = none_declared["well-declared"]
    assert list(declared.seeds) == list(chosen)
    assert declared.looks == looks
    assert declared.seeds_of("only") == tuple(chosen)[: looks[0]]
    with pytest.raises(ValueError, match="two experiments are called 'well-declared'"):
        declare(well_declared)


def test_seeds_of_a_case_by_what_it_is_for(none_declared):
    def well_declared(seeds: list[int]) -> dict:
        """Words."""

    cases = {"only": {}, "asked besides": {}, "competes": {}}
    experiment(cases=cases, also=["asked besides"], choosing=["competes"])(well_declared)
    declared = none_declared["well-declared"]
    assert declared.seeds_of("only") == tuple(range(1000, 1010))
    assert declared.seeds_of("only", 20) == tuple(range(1000, 1020))
    assert declared.seeds_of("asked besides", 20) == tuple(range(1000, 1000 + ALSO))
    assert declared.seeds_of("competes") == (*CHOOSING, *range(1000, 1010))
    with pytest.raises(ValueError, match="badly has no case 'no': name some of only, asked"):
        experiment(cases=cases, also=["no"])(mock.Mock(__name__="badly", __doc__="Words."))
