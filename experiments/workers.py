"""What a worker of dask.distributed does: it has a process of its own compute, and waits for it.

Apart from each other, neither disturbs the other. dask's threads draw from Python's global random
numbers, from which Keras takes its seeds, so that a job in their process would give other results
from time to time; and while XLA compiles, no other thread of a process gets on.
"""

import contextlib
import functools
import hashlib
import importlib.metadata
import multiprocessing
import os
import platform
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from book.surroundings import PINNED
from experiments import declared
from experiments.fingerprint import PACKAGES, ROOT, Place, fingerprint, functions
from experiments.fingerprint import _module as module_of
from experiments.jobs import Done, Job, do
from experiments.machine import versions
from experiments.servers import quiet
from lessons_src.data import load

Told = dict[str, dict[str, str]]  # values by name, by kind


class Died(Exception):
    """The process that was to compute has died."""


def failed(job: Job, why: str) -> Done:
    """What a job gives that cannot be done."""
    return Done(job, {}, 0.0, "", f"{job}: {why}")


# --- In the worker ------------------------------------------------------------------------------


def dask_setup(worker: object) -> None:
    """Called by dask when a worker starts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process that started it
    quiet()


def dask_teardown(worker: object) -> None:
    """Called by dask when a worker ends, which would wait for its job."""
    if _computer.cache_info().currsize:
        _computer().process.kill()


class _Computer:
    """A process that computes."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,))
        self.process.start()
        theirs.close()  # so that its death is seen


_computer = functools.cache(_Computer)


def compute(what: Callable[..., Any], *arguments: Any) -> Any:
    """Let the other process call `what`.

    Raises:
        Died: it died meanwhile; there will be a new one.
        RuntimeError: `what` raised an error, which is told in words.
    """
    try:
        _computer().pipe.send((what, arguments))
        result, error = _computer().pipe.recv()
    except (EOFError, OSError):
        _computer().process.join()
        _computer.cache_clear()
        raise Died from None
    if error:
        raise RuntimeError(error)
    return result


# --- In the process that computes ---------------------------------------------------------------


def _serve(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError):
        while True:
            what, arguments = pipe.recv()
            try:
                answer = what(*arguments), ""
            except Exception as error:
                answer = None, repr(error)
            pipe.send(answer)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def run_job(job: Job, process: str) -> Done | None:
    """Do the job, if this is still the process that has told what its results depend on."""
    if process != str(os.getpid()):
        return None
    try:
        return do(job)
    except (SystemExit, KeyboardInterrupt) as error:  # they would end the process
        return failed(job, repr(error))


def there(names: Sequence[str]) -> tuple[str, Told]:
    """This process, and what the results of these experiments may depend on in it."""
    return str(os.getpid()), here(names, _imported())


def here(names: Sequence[str], places: Mapping[str, Place]) -> Told:
    """What the results may depend on in this process, apart from the processor."""
    packages = {"python": platform.python_version(), **versions()}
    packages["distributed"] = importlib.metadata.version("distributed")
    return {
        "settings": {name: os.environ.get(name, "unset") for name in (*PINNED, "LESSONS_QUICK")},
        "versions": packages,
        "code": {name: fingerprint(places[name]) for name in names if name in places},
        "data": {"fingerprint": load().fingerprint},
    }


@functools.cache
def _imported() -> dict[str, Place]:
    """Import all experiments, and keep how their code is now, which may change under a process.

    Returns:
        Where they are declared; nothing, where the code has changed while it was imported.
    """
    before, places = _files(), functions()
    for path in _paths():
        with contextlib.suppress(ValueError):  # told when an experiment is followed there
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            module_of(module.removesuffix(".__init__"))
    declared()
    return places if _files() == before else {}


def _paths() -> list[Path]:
    """All files of code in this clone."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def _files() -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in _paths())).hexdigest()
