"""Schedulers, workers and connections of dask.distributed, set as the book needs them.

Nothing listens outside of this machine without TLS, since whoever reaches a scheduler or a worker
can run anything there; and no dashboard does at all.
"""

import asyncio
import concurrent.futures
import contextlib
import ipaddress
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dask
from distributed import Client, Nanny, Scheduler, Security
from distributed.utils import get_ip

HERE = "127.0.0.1"
PORT = 8786
SILENT = logging.CRITICAL + 1
TLS = {"ca": "LESSONS_TLS_CA", "cert": "LESSONS_TLS_CERT", "key": "LESSONS_TLS_KEY"}
SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,  # so that each death is told
    "distributed.scheduler.no-workers-timeout": "5s",  # of jobs whose worker has left
    "distributed.scheduler.work-stealing": False,  # a job is for the worker that was checked
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.worker.preload": ["experiments.workers"],
    "distributed.worker.daemon": False,  # it has a process of its own
    "distributed.nanny.preload": [],
    # A busy machine is slow, not dead.
    "distributed.scheduler.worker-ttl": None,
    "distributed.comm.timeouts.connect": "60s",
    "distributed.comm.timeouts.tcp": "120s",
    "distributed.admin.tick.limit": "1h",
    # Nothing that takes time, sets threads or listens besides.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.nanny.pre-spawn-environ": {},
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
Run = Callable[[Coroutine[Any, Any, Any]], Any]


class ClusterError(ValueError):
    """The jobs cannot go on; says what to do. Those that were handed in are safe."""


class _Nanny(Nanny):
    """Starts a worker process, and a new one when it has died."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.pre_spawn_env, self.env = {}, {}  # dask would give it another PYTHONHASHSEED

    async def leave(self) -> None:
        """End the process at once, in the middle of a job as well, without blaming the job."""
        with contextlib.suppress(Exception):
            leaving = {"address": self.worker_address, "expected": True, "stimulus_id": "leave"}
            await asyncio.wait_for(self.scheduler.unregister(**leaving), 1)
        self.close_gracefully()  # no new process
        with contextlib.suppress(Exception):  # `close` would wait for one that is just starting
            await self.process.process.kill()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.close(timeout=1), 2)


def schedule(host: str = HERE, port: int = PORT) -> None:
    """Be a scheduler, until Ctrl+C; port 0 takes any that is free.

    Raises:
        ClusterError: the port is taken, or the host is an outside one and there is no TLS.
    """
    _configure()
    with _until_told(), _loop() as run, _scheduler(run, host, port) as scheduler:
        print(f"The scheduler is {scheduler.address}; Ctrl+C ends it.")
        print(f"Workers, on any machine: python -m experiments --work-for {scheduler.address}")
        print(f"Recordings: make experiments CLUSTER={scheduler.address}", flush=True)
        run(scheduler.finished())


def work_for(address: str, processes: int) -> None:
    """Run workers for the scheduler at the address, until Ctrl+C or the scheduler's end.

    Raises:
        ClusterError: no scheduler answers there, or it is an outside one and there is no TLS.
    """
    _configure()
    security = _checked(address)
    with _until_told(), _loop() as run, _workers(run, address, processes, security) as nannies:
        print(f"Workers for {address}: {processes}; Ctrl+C ends them.", flush=True)
        run(_all(nanny.finished() for nanny in nannies))
        print("The scheduler has ended, and so have the workers.")


@contextlib.contextmanager
def connected(processes: int, address: str) -> Iterator[Client]:
    """A connection to the scheduler at the address, or to one of our own with its workers."""
    _configure()
    with contextlib.ExitStack() as stack:
        if address:
            security = _checked(address)
        else:
            run = stack.enter_context(_loop())
            scheduler = stack.enter_context(_scheduler(run, HERE, 0))
            address, security = scheduler.address, scheduler.security
            stack.enter_context(_workers(run, address, processes, security))
        try:
            client = Client(address, security=security, timeout="30s", set_as_default=False)
            stack.callback(client.close, timeout=1)
            settings = client.run_on_scheduler(_settings)
        except OSError:
            raise ClusterError(_unanswered(address)) from None
        except Exception:  # another one does not know this module
            settings = {}
        if settings != SETTINGS:
            told = f"the scheduler at {address} is of another kind or version"
            raise ClusterError(f"{told}: start one by python -m experiments --schedule")
        yield client


@contextlib.contextmanager
def _scheduler(run: Run, host: str, port: int) -> Iterator[Scheduler]:
    tls = _outside(host) or any(os.environ.get(variable) for variable in TLS.values())
    security = _security(f"a scheduler on {host}") if tls else None

    async def start() -> Scheduler:
        return await Scheduler(
            host=host,
            port=port,
            protocol="tls" if tls else "tcp",
            security=security,
            dashboard=False,
            dashboard_address=f"{HERE}:0",
        )

    try:
        scheduler = run(start())
    except OSError as error:
        told = f"no scheduler can listen on {host}, port {port} ({error})"
        raise ClusterError(f"{told}: name others by --host and --port") from None
    try:
        yield scheduler
    finally:
        run(scheduler.close())


@contextlib.contextmanager
def _workers(
    run: Run, address: str, processes: int, security: Security | None
) -> Iterator[list[_Nanny]]:
    place = urlsplit(address)
    host = get_ip(place.hostname) if _outside(place.hostname) else HERE  # as it is seen from there
    nannies = []

    async def start() -> None:
        for _ in range(processes):
            nanny = _Nanny(
                address,
                nthreads=1,
                memory_limit=0,
                host=host,
                protocol=place.scheme,
                security=security,
                dashboard=False,
                dashboard_address=f"{HERE}:0",
                silence_logs=SILENT,
            )
            nannies.append(nanny)
        await _all(nannies)

    try:
        try:
            run(start())
        except (OSError, RuntimeError) as error:  # dask hides the one in the other
            if isinstance(error, OSError) or isinstance(error.__cause__, OSError):
                raise ClusterError(_unanswered(address)) from None
            told = f"a worker does not start ({error})"
            raise ClusterError(f'{told}: see whether python -c "import tensorflow" works') from None
        yield nannies
    finally:
        run(_all(nanny.leave() for nanny in nannies))


async def _all(awaitables: Iterable[Awaitable[Any]]) -> None:
    await asyncio.gather(*awaitables)


@contextlib.contextmanager
def _loop() -> Iterator[Run]:
    """An event loop in a thread of its own, whose processes Ctrl+C does not reach."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)

    def run(what: Coroutine[Any, Any, Any]) -> Any:
        future = asyncio.run_coroutine_threadsafe(what, loop)
        while not future.done():  # on Windows, Ctrl+C does not end a wait
            concurrent.futures.wait([future], timeout=1)
        return future.result()

    # A thread hands its mask on to its threads and processes; starting the tracker would undo it.
    if masks := hasattr(signal, "pthread_sigmask"):  # not on Windows
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    thread.start()
    if masks:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        yield run
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextlib.contextmanager
def _until_told() -> Iterator[None]:
    """Until Ctrl+C, or until a batch system ends the process."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _settings() -> dict[str, object]:
    return {name: dask.config.get(name) for name in SETTINGS}


def _configure() -> None:
    """Let dask be set as here, whatever a user has set up."""
    dask.config.refresh(paths=[], env={})
    dask.config.set(SETTINGS)
    quiet()


def quiet() -> None:
    """Silence dask: what goes wrong is told here, in one line."""
    for name in ("distributed", "distributed.client", "distributed.gc", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(SILENT)


def _checked(address: str) -> Security | None:
    """The certificates for a scheduler's address."""
    parts, port = urlsplit(address), None
    with contextlib.suppress(ValueError):
        port = parts.port
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not port:
        told = f"{address!r} is no address of a scheduler"
        raise ClusterError(f"{told}: write it as tcp://{HERE}:{PORT}, or tls://… for another host")
    if parts.scheme == "tls":
        return _security(address)
    if _outside(parts.hostname):
        told = f"{address} is outside of this machine, and whoever reads along could run anything"
        raise ClusterError(f"{told}: use TLS, with {', '.join(TLS.values())} set, and tls://…")
    return None


def _outside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def _security(place: str) -> Security:
    """The certificates that the environment names; each side shows its own to the other."""
    paths = {what: os.environ.get(variable, "") for what, variable in TLS.items()}
    for what, path in paths.items():
        if not Path(path).is_file():
            told = f"{place} needs TLS, and {TLS[what]} is {path!r}, which is no file"
            raise ClusterError(f"{told}: make one as CONTRIBUTING.md shows, and name it there")
    sides = ("scheduler", "worker", "client")
    own = {f"tls_{side}_{what}": paths[what] for side in sides for what in ("cert", "key")}
    return Security(tls_ca_file=paths["ca"], require_encryption=True, **own)


def _unanswered(address: str) -> str:
    told = f"no scheduler answers at {address}"
    told += " to these certificates" if address.startswith("tls") else ""
    return f"{told}: start it by python -m experiments --schedule, and look at address and port"
