"""Where jobs run: processes of one machine or of several, of which some die or do not fit."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from small_project import MACHINERY, ROOT, change

from experiments import cluster, servers, workers
from experiments.fingerprint import functions
from experiments.jobs import Job
from experiments.records import code_of
from experiments.servers import ClusterError

DECLARED = '''\
"""An experiment of the tests: no network is trained."""

import os
import time

import numpy as np

from experiments import experiment

RATE = 0.001


@experiment(cases={"low": {"units": 4}, "high": {"units": 8}}, seeds=3, seeds_per_job=1)
def small(seeds, units):
    """A set-up in words."""
    job = f"{units}-{seeds[0]}"
    with open(os.environ["LESSONS_LOG"], "a") as log:
        print(os.getpid(), job, file=log)
    if job == os.environ.get("LESSONS_DEADLY"):
        os._exit(9)
    gate = os.environ.get("LESSONS_HELD_UNTIL")
    while gate and not os.path.exists(gate):
        time.sleep(0.05)
    return {"val_accuracy": [units + RATE * np.random.default_rng(seed).normal() for seed in seeds]}
'''

RECORD = """
import json, signal, sys
from experiments.cluster import each
from experiments.jobs import Job

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
jobs = [Job("small", case, (seed,)) for case in ("low", "high") for seed in (1000, 1001, 1002)]
try:
    for done in each(jobs, processes=int(sys.argv[1]), address=sys.argv[2]):
        assert done.error or (done.machine and done.seconds >= 0)
        print(json.dumps([done.job, done.results, done.error]), flush=True)
except ValueError as error:
    sys.exit(f"error: {error}")
except KeyboardInterrupt:
    sys.exit("Stopped")
"""
SERVE = """
import sys
from experiments import servers

try:
    {}
except ValueError as error:
    sys.exit(f"error: {{error}}")
"""
SCHEDULE = SERVE.format("servers.schedule(port=0)")
WORK = SERVE.format("servers.work_for(sys.argv[1], int(sys.argv[2]))")
LIMIT = 900  # seconds, after which something hangs


class Project:
    """A copy of the machinery, and the processes that run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.gate = folder, folder / "log", folder / "gate"
        self.processes: list[subprocess.Popen] = []
        ignore = shutil.ignore_patterns("__pycache__", "exercises", "records")
        shutil.copytree(ROOT / "lessons_src", folder / "lessons_src", ignore=ignore)
        for name in MACHINERY:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        (folder / "experiments" / "declared.py").write_text(DECLARED)
        # The data are not what is tested, and may not be here.
        path = folder / "experiments" / "workers.py"
        change(path, "load().fingerprint", "real_fingerprint()")
        change(path, "data import load", "data import real_fingerprint")

    def start(self, code: str, *arguments: object, **more: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": str(self.folder),
                "LESSONS_LOG": str(self.log),
                **more,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # so that Ctrl+C reaches it and its own processes alone
        )
        self.processes.append(process)
        return process

    def record(self, processes: int, address: str = "", **more: str) -> tuple[list, str]:
        """What the jobs gave, in their order, and what was told besides."""
        return ended(self.start(RECORD, processes, address, **more))

    def schedule(self, **more: str) -> str:
        """The address of a new scheduler."""
        process = self.start(SCHEDULE, **more)
        first = process.stdout.readline()
        assert first, process.communicate(timeout=LIMIT)
        return first.split()[3].rstrip(";")

    def work(self, address: str, processes: int = 1, **more: str) -> subprocess.Popen:
        """New workers, when they are ready."""
        process = self.start(WORK, address, processes, **more)
        assert process.stdout.readline(), process.communicate(timeout=LIMIT)
        return process

    def begun(self) -> list[tuple[int, str]]:
        """Process and job of all that have begun."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [(int(process), job) for process, job in map(str.split, lines)]

    def listening(self) -> set[str]:
        """Where all processes listen together."""
        found = set()
        for process in self.processes:
            own = psutil.Process(process.pid)
            for one in (own, *own.children(recursive=True)):
                open_ones = one.net_connections("inet")
                found |= {c.laddr.ip for c in open_ones if c.status == psutil.CONN_LISTEN}
        return found

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    for child in psutil.Process(process.pid).children(recursive=True):
                        with contextlib.suppress(psutil.NoSuchProcess):
                            child.kill()
                process.kill()
            process.communicate()


def ended(process: subprocess.Popen) -> tuple[list, str]:
    out, told = process.communicate(timeout=LIMIT)
    return sorted(json.loads(line) for line in out.splitlines()), told


def when(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    one = Project(tmp_path / "project")
    yield one
    one.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list:
    """What the jobs give in one process."""
    one = Project(tmp_path_factory.mktemp("one") / "project")
    results, told = one.record(1)
    one.close()
    assert told == ""
    assert len(results) == 6
    assert len({process for process, _ in one.begun()}) == 1
    return results


# --- Processes of this machine ----------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["the process that computes", "its worker"])
def test_a_process_that_is_killed_costs_nothing_but_its_job(project, whole, whom):
    recorder = project.start(RECORD, 2, "", LESSONS_HELD_UNTIL=str(project.gate))
    when(lambda: len(project.begun()) == 2)
    (first, lost), (other, _) = project.begun()
    computes = psutil.Process(first)
    (computes if whom == "the process that computes" else computes.parent()).kill()
    assert psutil.wait_procs([computes], timeout=LIMIT)[1] == []
    project.gate.touch()
    assert ended(recorder) == (whole, "")
    assert recorder.returncode == 0
    # The job was done again, by the other process or by a new one.
    done_by = [process for process, job in project.begun() if job == lost]
    assert done_by[0] == first
    assert len(done_by) == 2
    assert done_by[1] != first
    assert len(project.begun()) == len(whole) + 1
    assert other in {process for process, _ in project.begun()}


@pytest.mark.slow
def test_dask_draws_no_numbers_from_the_generator_of_a_job(project):
    """Keras takes its seeds from Python's; in a process of dask's that is not left alone."""
    undisturbed = """

def undisturbed():
    import random, threading

    random.seed(1)
    before = random.getstate()
    time.sleep(1)
    return random.getstate() == before and threading.current_thread() is threading.main_thread()
"""
    code = DECLARED.replace("np.random.default_rng(seed).normal()", "undisturbed()") + undisturbed
    (project.folder / "experiments" / "declared.py").write_text(code)
    results, told = project.record(2)
    assert told == ""
    assert [done[1]["val_accuracy"] for done in results] == [[8.001]] * 3 + [[4.001]] * 3


@pytest.mark.slow
def test_a_job_that_kills_its_process_three_times_ends_in_an_error_and_the_others_are_done(
    project, whole
):
    results, told = project.record(2, LESSONS_DEADLY="8-1001")
    assert told == ""
    assert [done for done in results if not done[2]] == [
        done for done in whole if done[0] != ["small", "high", [1001]]
    ]
    (error,) = filter(None, (done[2] for done in results))
    assert error.startswith("small, high, seed 1001: its process died 3 times")
    processes = [process for process, job in project.begun() if job == "8-1001"]
    assert len(set(processes)) == len(processes) == 3


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
@pytest.mark.parametrize("at", ["while the processes start", "within jobs"])
def test_ctrl_c_ends_all_processes_and_tells_nothing_more(project, at):
    recorder = project.start(RECORD, 2, "", LESSONS_HELD_UNTIL=str(project.gate))
    if at == "within jobs":
        when(lambda: len(project.begun()) == 2)
    else:
        when(lambda: len(psutil.Process(recorder.pid).children(recursive=True)) >= 2)
    processes = psutil.Process(recorder.pid).children(recursive=True)
    os.killpg(recorder.pid, signal.SIGINT)
    assert ended(recorder) == ([], "Stopped\n")
    assert psutil.wait_procs(processes, timeout=LIMIT)[1] == []


# --- Workers of a scheduler -------------------------------------------------------------------


@pytest.mark.slow
def test_workers_join_and_leave_and_the_result_is_that_of_one_process(project, whole):
    address, held = project.schedule(), {"LESSONS_HELD_UNTIL": str(project.gate)}
    recorder = project.start(RECORD, 1, address)
    assert recorder.stderr.readline().startswith("waiting for workers: start one by python -m")
    first = project.work(address, **held)
    when(lambda: len(project.begun()) == 1)
    second = project.work(address, 2, **held)
    when(lambda: len(project.begun()) == 3)
    assert project.listening() == {"127.0.0.1"}
    first.terminate()  # in the middle of its job
    assert first.communicate(timeout=LIMIT) == ("", "")
    assert os.name == "nt" or first.returncode == 0
    project.gate.touch()
    assert ended(recorder) == (whole, "")
    jobs = [job for _, job in project.begun()]
    assert len(jobs) == 7  # one twice
    assert jobs.count(jobs[0]) == 2
    assert len({process for process, _ in project.begun()}) == 3
    second.terminate()
    assert second.communicate(timeout=LIMIT) == ("", "")


@pytest.mark.slow
def test_a_worker_with_other_code_gets_no_job(project, whole, tmp_path):
    other = Project(tmp_path / "other")
    change(other.folder / "experiments" / "declared.py", "RATE = 0.001", "RATE = 0.002")
    try:
        address = project.schedule()
        other.work(address)
        recorder = project.start(RECORD, 1, address)
        results, told = ended(recorder)
        assert results == []
        refused, error = told.splitlines()
        assert refused.startswith("refused the worker tcp://127.0.0.1:")
        assert ": code, small: there " in refused
        assert refused.endswith("bring its clone to the commit of this one, and start it again")
        assert error.startswith("error: no worker is left for the jobs: start one by python -m ")
        assert recorder.returncode == 1
        project.work(address)
        results, told = project.record(1, address)
        assert results == whole
        assert told == refused + "\n"
        assert other.begun() == []
    finally:
        other.close()


@pytest.mark.slow
def test_a_worker_is_known_by_the_code_that_it_has_imported(project, whole):
    address, declared = project.schedule(), project.folder / "experiments" / "declared.py"
    project.work(address)
    declared.write_text(DECLARED + "# a comment, which changes no number\n")
    assert project.record(1, address) == (whole, "")
    change(declared, "RATE = 0.001", "RATE = 0.002")
    results, told = project.record(1, address)
    assert results == []
    assert ": code, small: there " in told.splitlines()[0]


@pytest.mark.slow
def test_the_end_of_a_scheduler_ends_all_with_one_line_each(project):
    address = project.schedule()
    worker = project.work(address, LESSONS_HELD_UNTIL=str(project.gate))
    recorder = project.start(RECORD, 1, address)
    when(lambda: len(project.begun()) == 1)
    project.processes[0].kill()
    results, told = ended(recorder)
    assert results == []
    assert told == (
        f"error: the scheduler at {address} is gone: start it again, then its workers; "
        "the same command goes on where it was\n"
    )
    out, told = worker.communicate(timeout=LIMIT)
    assert (out, told) == ("The scheduler has ended, and so have the workers.\n", "")


# --- Other machines ---------------------------------------------------------------------------


def certificate(folder: Path) -> dict[str, str]:
    """One for all machines, made as CONTRIBUTING.md shows, by the variables that name it."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("there is no openssl, to make a certificate")
    folder.mkdir()
    command = "req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=lessons -keyout key.pem"
    subprocess.run(
        [openssl, *command.split(), "-out", "certificate.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    own = str(folder / "certificate.pem")
    return dict(LESSONS_TLS_CA=own, LESSONS_TLS_CERT=own, LESSONS_TLS_KEY=str(folder / "key.pem"))


@pytest.mark.slow
def test_who_has_no_certificate_or_another_one_is_not_answered(
    project, whole, tmp_path, monkeypatch
):
    ours, other = certificate(tmp_path / "ours"), certificate(tmp_path / "other")
    address = project.schedule(**ours)
    assert address.startswith("tls://127.0.0.1:")
    project.work(address, 2, **ours)
    assert project.record(1, address, **ours) == (whole, "")
    monkeypatch.setitem(servers.SETTINGS, "distributed.comm.timeouts.connect", "2s")
    for variables, scheme in ((other, "tls"), ({}, "tcp")):
        for variable, value in variables.items():
            monkeypatch.setenv(variable, value)
        with pytest.raises(ClusterError, match=f"no scheduler answers at {scheme}://127.0.0.1:"):
            servers.work_for(address.replace("tls", scheme), 1)


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:8786", "tcp://example.org:8786"])
def test_an_outside_address_needs_tls(address, monkeypatch):
    for variable in servers.TLS.values():
        monkeypatch.delenv(variable, raising=False)
    told = "use TLS, with LESSONS_TLS_CA, LESSONS_TLS_CERT, LESSONS_TLS_KEY set, and tls://"
    with pytest.raises(ClusterError, match=told):
        next(cluster.each([Job("small", "low", (1,))], processes=1, address=address))
    with pytest.raises(ClusterError, match=told):
        servers.work_for(address, 1)
    with pytest.raises(ClusterError, match="needs TLS, and LESSONS_TLS_CA is '', which is no file"):
        servers.work_for(address.replace("tcp", "tls"), 1)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
def test_a_scheduler_for_others_needs_tls(host, monkeypatch, tmp_path):
    for variable in servers.TLS.values():
        monkeypatch.delenv(variable, raising=False)
    for variable in ("LESSONS_TLS_CA", "LESSONS_TLS_CERT", "LESSONS_TLS_KEY"):
        with pytest.raises(
            ClusterError, match=f"needs TLS, and {variable} is '', which is no file"
        ):
            servers.schedule(host, 0)
        monkeypatch.setenv(variable, __file__)


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8786", "http://127.0.0.1:1", "tcp://h", "tcp://h:x"]
)
def test_what_is_no_address_is_told(address):
    with pytest.raises(ClusterError, match="is no address of a scheduler: write it as tcp://127"):
        servers.work_for(address, 1)


def test_where_no_scheduler_answers_it_is_told(monkeypatch):
    monkeypatch.setitem(servers.SETTINGS, "distributed.comm.timeouts.connect", "200ms")
    with socket.socket() as taken:  # and nobody listens there
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        told = f"no scheduler answers at {address}: start it by python -m experiments --schedule"
        with pytest.raises(ClusterError, match=told):
            servers.work_for(address, 2)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_is_not_outside(host):
    assert not servers._outside(host)


# --- What a worker is asked for ---------------------------------------------------------------


def test_what_differs_is_told_with_its_cure(monkeypatch):
    here = {
        "settings": {"OMP_NUM_THREADS": "1"},
        "versions": {"keras": "3.12.0"},
        "code": {"small": "0123"},
        "data": {"fingerprint": "abcd"},
    }

    def told(threads: int = 1, **other: dict[str, str]) -> str:
        return cluster._difference({**here, **other}, here, threads, "tcp://127.0.0.1:8786")

    command = "start one by python -m experiments --work-for tcp://127.0.0.1:8786"
    assert told() == ""
    assert told(2) == f"it has 2 threads, and not one: {command}"
    settings = "settings, OMP_NUM_THREADS: there unset, here 1"
    assert told(settings={"OMP_NUM_THREADS": "unset"}) == f"{settings}; {command}"
    versions = "versions, keras: there 3.11.0, here 3.12.0; install requirements.lock there"
    assert told(versions={"keras": "3.11.0"}).startswith(versions)
    assert told(code={}).startswith("code, small: there none, here 0123; bring its clone to the ")
    assert told(data={"fingerprint": "x"}).startswith("data, fingerprint: there x, here abcd; set ")


def test_a_worker_is_asked_for_all_that_a_result_may_depend_on(monkeypatch):
    monkeypatch.setattr(workers, "load", lambda: SimpleNamespace(fingerprint="of the data"))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    here = workers.here(["width", "no-such-experiment"], functions())
    assert {"python", "keras", "numpy", "scikit-learn", "tensorflow"} <= here["versions"].keys()
    assert here["code"] == {"width": code_of("width")}
    assert here["data"] == {"fingerprint": "of the data"}
    assert here["settings"]["OMP_NUM_THREADS"] == "7"
