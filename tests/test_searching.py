"""The search of the chapter on searching: alone, by several processes, in a file, on a server."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import optuna
import pytest
from optuna.trial import TrialState

from lessons_src import search
from lessons_src.data import _data_set

ROOT = Path(__file__).resolve().parent.parent


def quick(trial: optuna.Trial) -> float:
    """What takes the place of training where it does not matter what is tried."""
    return trial.suggest_float("x", 0, 1)


def trials_in(place: str) -> list[optuna.trial.FrozenTrial]:
    storage = search.database(place) if "://" in place else search.journal(place)
    return optuna.load_study(study_name="fashion-mnist", storage=storage).trials


@pytest.fixture
def small(small_wardrobe, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A thousand images and two epochs for a search in this process."""
    data = _data_set(*small_wardrobe, source="synthetic", origin="", fingerprint="small")
    monkeypatch.setattr(search, "load", lambda: data)
    monkeypatch.setattr(search, "EPOCHS", 2)
    search.images.cache_clear()
    yield
    search.images.cache_clear()


@pytest.fixture
def run(
    small: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., str | None]]:
    """The command in this process, in an empty folder; returns what it ends with."""
    monkeypatch.chdir(tmp_path)
    handlers = {sent: signal.getsignal(sent) for sent in (signal.SIGINT, signal.SIGTERM)}

    def command(*arguments: str) -> str | None:
        monkeypatch.setattr(sys, "argv", ["search", *arguments])
        search.stopping.clear()
        try:
            search.main()
        except SystemExit as stop:
            return stop.code

    yield command
    search.stopping.clear()
    for sent, handler in handlers.items():
        signal.signal(sent, handler)


# --- One process ------------------------------------------------------------------------------


def test_equal_seeds_find_the_same(small: None) -> None:
    values = []
    for _ in range(2):
        sampler = optuna.samplers.TPESampler(seed=1)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        study.optimize(search.objective, 1)
        values.append([(trial.params, trial.intermediate_values) for trial in study.trials])
    assert values[0] == values[1]
    assert [list(curve) for _, curve in values[0]] == [[1, 2]]
    assert study.trials[0].value == study.trials[0].intermediate_values[2]


def test_pruned_trial_stops_training(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    built, build = [], search.build
    monkeypatch.setattr(search, "build", lambda *given: built.append(build(*given)) or built[-1])
    monkeypatch.setattr(search, "EPOCHS", 50)
    hopeless = optuna.pruners.ThresholdPruner(lower=1.1)
    study = optuna.create_study(direction="maximize", pruner=hopeless)
    study.optimize(search.objective, 1)
    (trial,) = study.trials
    assert trial.state == TrialState.PRUNED
    assert list(trial.intermediate_values) == [1]
    rows, batch = len(search.images()[0][0]), trial.params["batch_size"]
    assert int(built[0].optimizer.iterations) == -(-rows // batch)


def test_best_network_can_be_built_again() -> None:
    model = search.build(units=40, learning_rate=0.002, dropout=0.1)
    assert model.count_params() == 785 * 40 + 41 * 10
    assert float(model.optimizer.learning_rate) == pytest.approx(0.002)
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [
        0.1
    ]


def test_search_keeps_half_of_the_validation_images_unseen(
    small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_out = search.load().validation_images
    monkeypatch.setattr(search, "SEARCHED", slice(None, len(held_out) // 2))
    scored = search.images()[1][0]
    assert len(scored) == len(held_out) // 2
    assert (scored.numpy() * 255).round().astype("uint8").tolist() == (
        held_out[: len(held_out) // 2].tolist()
    )


# --- Going on, and what goes wrong ------------------------------------------------------------


def test_stopped_worker_leaves_no_trial_hanging_and_the_study_goes_on(
    run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = search.fit

    def stopped(*given: object, **more: object) -> object:
        """Training, told to stop in its first epoch, which is not its last."""
        for sent in (signal.SIGINT, signal.SIGTERM):
            assert callable(signal.getsignal(sent))
            signal.raise_signal(sent)
        return train(*given, **more)

    monkeypatch.setattr(search, "fit", stopped)
    assert run("--trials", "3") == "Stopped; the same command goes on with the study."
    (trial,) = trials_in("searches.journal")
    assert trial.state == TrialState.FAIL
    assert list(trial.intermediate_values) == [1]
    monkeypatch.setattr(search, "objective", quick)
    assert run("--trials", "1") is None
    assert [trial.state for trial in trials_in("searches.journal")][1:] == [TrialState.COMPLETE]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("nowhere/a.journal", "No such file or directory"),
        (".", "Is a directory|Permission denied"),
        ("notes.txt", "notes.txt is no journal: give --storage another file"),
        ("nonsense://x", "Can't load plugin"),
        ("://", "Could not parse"),
        ("mysql://a@127.0.0.1/b", "No module named 'MySQLdb'"),
        ("sqlite:///nowhere/a.db", "unable to open database file"),
    ],
)
def test_storage_that_cannot_be_had_is_told_in_a_line(
    run: Callable, tmp_path: Path, place: str, told: str
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("Buy milk.")
    message = run("--storage", place)
    assert re.search(told, message)
    assert message.startswith("error: ")
    assert "\n" not in message
    assert "--storage" in message
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert notes.read_text() == "Buy milk."


@pytest.mark.parametrize("wish", ["-1", "many", "1.5"])
def test_number_of_trials_is_checked(
    run: Callable, tmp_path: Path, capsys: pytest.CaptureFixture, wish: str
) -> None:
    assert run(f"--trials={wish}") == 2
    assert "argument --trials" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_server_that_is_down_is_told_in_a_line(run: Callable, tmp_path: Path) -> None:
    message = run("--storage", f"postgresql+psycopg://me:secret@127.0.0.1:{free_port()}/x")
    assert "refused" in message
    assert "a database that is up" in message
    assert "secret" not in message
    assert "\n" not in message
    assert not list(tmp_path.iterdir())


def test_missing_data_leave_no_trace(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("FASHION_MNIST_SOURCE", "real")
    message = run("--trials", "1")
    assert "nowhere" in message
    assert "Cure: put the official file there" in message
    assert not list(tmp_path.iterdir())


def test_study_of_other_data_is_refused(run: Callable, tmp_path: Path) -> None:
    study = search.open_study("fashion-mnist", "searches.journal")
    study.set_user_attr("data", "other")
    assert "was begun with other data: other, and here it is small" in run("--trials", "1")
    assert not study.trials
    assert run("--trials", "0", "--study", "another") is None


def test_dead_worker_is_noticed_in_a_database(tmp_path: Path, small: None) -> None:
    place = f"sqlite:///{tmp_path / 'searches.db'}"
    study = search.open_study("fashion-mnist", place)
    storage = search.database(place)
    with pytest.warns(UserWarning, match="Heartbeat"):
        storage.record_heartbeat(study.ask()._trial_id)  # and then its worker dies
    storage.grace_period = -1  # which is as good as waiting
    study = optuna.load_study(study_name="fashion-mnist", storage=storage)
    study.optimize(lambda trial: 0.5, 1)
    assert [trial.state for trial in study.trials] == [TrialState.FAIL, TrialState.COMPLETE]


# --- Several processes ------------------------------------------------------------------------

# Two processes with two trials each in every storage. Nobody begins before both are there, so that
# they really work at the same time.
WORKER = """
import os, pathlib, sys, time, types
from lessons_src import search

def objective(trial):
    trial.set_user_attr("worker", os.getpid())
    return trial.suggest_float("x", 0, 1)

search.load = lambda: types.SimpleNamespace(fingerprint="small")
search.images = lambda: None
search.objective = objective
ready, *places = sys.argv[1:]
for number, place in enumerate(places):
    pathlib.Path(ready, f"{number}-{os.getpid()}").touch()
    while len(list(pathlib.Path(ready).glob(f"{number}-*"))) < 2:
        time.sleep(0.01)
    sys.argv[1:] = ["--storage", place, "--trials", "2"]
    search.main()
"""


@pytest.fixture(scope="module")
def searched(server: str | None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The places that two processes have searched: a file, and a server's database if there is."""
    folder = tmp_path_factory.mktemp("searched")
    places = {"file": str(folder / "searches.journal")} | ({"server": server} if server else {})
    (folder / "ready").mkdir()
    command = [sys.executable, "-c", WORKER, str(folder / "ready"), *places.values()]
    workers = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    told = [worker.communicate()[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], told
    return places


@pytest.mark.parametrize("kind", ["file", "server"])
def test_two_processes_search_one_study(searched: dict[str, str], kind: str) -> None:
    if kind not in searched:
        pytest.skip("no PostgreSQL server is installed here (Debian: apt-get install postgresql)")
    trials = trials_in(searched[kind])
    assert [trial.number for trial in trials] == [0, 1, 2, 3]
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert list(Counter(trial.user_attrs["worker"] for trial in trials).values()) == [2, 2]
    assert len({str(trial.params) for trial in trials}) == 4


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def server() -> Iterator[str | None]:
    """The address of an empty database on a PostgreSQL server of our own, if one is installed."""
    debian = [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin")))]
    found = shutil.which("initdb", path=os.pathsep.join([*debian, os.environ["PATH"]]))
    if found is None or sys.platform == "win32":
        yield None
        return
    programs, port = Path(found).parent, str(free_port())
    folder = tempfile.mkdtemp(prefix="searching-")
    user = {}
    if os.geteuid() == 0:  # as root, PostgreSQL refuses to run
        user = {"user": "postgres"}
        shutil.chown(folder, "postgres")

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, *arguments],
            cwd=folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **user,
        )

    try:
        call("initdb", "-D", "data", "-U", "me", "-A", "trust", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -F"
        call("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")
        try:
            call("createdb", "-h", "127.0.0.1", "-p", port, "-U", "me", "searches")
            yield f"postgresql+psycopg://me@127.0.0.1:{port}/searches"
        finally:
            call("pg_ctl", "-D", "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
