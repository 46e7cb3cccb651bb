"""Where the jobs of a recording run: processes of this machine, or of many, by dask.distributed.

A worker does one job at a time. It is asked for its versions, code and data before it gets the
first one, and gets the next one when it has handed in the last: so what a stop loses is the jobs at
hand. dask tells which jobs died with their workers, and starts these anew; how often a job did is
counted here.
"""

import queue
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence

from distributed import Client, Future, KilledWorker
from distributed.client import FutureCancelledError
from distributed.scheduler import NoValidWorkerError, NoWorkerError
from tqdm import tqdm

from experiments.fingerprint import functions
from experiments.jobs import Done, Job, do
from experiments.servers import ClusterError, connected
from experiments.workers import Died, Told, compute, failed, here, run_job, there

TRIES = 3  # of a job, before it is held to kill its workers
PATIENCE = 300  # seconds without a worker
CURES = {
    "versions": "install requirements.lock there, and start it again",
    "code": "bring its clone to the commit of this one, and start it again",
    "data": "set FASHION_MNIST_DIR there to the folder of the official files, and start it again",
}


def each(jobs: Sequence[Job], *, processes: int, address: str = "") -> Iterator[Done]:
    """Do the jobs, and yield what each gave, in the order in which they end.

    Args:
        processes: on this machine; one is this very process. Not used with an address.
        address: of a scheduler, whose workers do the jobs; see `schedule` and `work_for`.

    Raises:
        ClusterError: no worker is left that may do them, or the scheduler is gone.
    """
    if processes == 1 and not address:
        yield from map(do, jobs)
    elif jobs:
        with connected(min(processes, len(jobs)), address) as client:
            yield from _handed_out(client, jobs, address)


def _handed_out(client: Client, jobs: Sequence[Job], address: str) -> Iterator[Done]:
    """One job to each worker that has passed, the first jobs first."""
    names = sorted({job.name for job in jobs})
    expected, waiting = here(names, functions()), deque(jobs)
    at_hand: dict[Future, tuple[str, Job | None]] = {}  # no job: what the worker tells of itself
    ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
    process: dict[str, str] = {}  # that computes for a worker, and has passed
    seen, free, refused, deaths = set(), [], set(), Counter()
    last_hope, told = time.monotonic(), False

    def give(worker: str, job: Job | None) -> None:
        what = (there, names) if job is None else (run_job, job, process[worker])
        future = client.submit(compute, *what, workers=[worker], pure=False)
        at_hand[future] = worker, job
        future.add_done_callback(ended.put)

    def refuse(worker: str, fault: str) -> None:
        refused.add(worker)
        _say(f"refused the worker {worker}: {fault}")

    while waiting or any(job for _, job in at_hand.values()):
        threads = _workers(client, address)
        for worker in threads.keys() - seen:
            give(worker, None)
        seen, free = set(threads), [worker for worker in free if worker in threads]
        while free and waiting:
            give(free.pop(), waiting.popleft())
        if at_hand:
            last_hope = time.monotonic()
        elif (threads and refused.issuperset(threads)) or time.monotonic() > last_hope + PATIENCE:
            raise ClusterError(f"no worker is left for the jobs: {_start(address)}")
        elif address and not told:
            told = True
            _say(f"waiting for workers: {_start(address)}")
        try:
            future = ended.get(timeout=1)
        except queue.Empty:
            continue
        worker, job = at_hand.pop(future)
        done = None
        try:
            result = future.result()
        except FutureCancelledError:
            raise _gone(address) from None
        except (Died, KilledWorker, NoValidWorkerError, NoWorkerError) as error:
            deaths[job] += isinstance(error, Died | KilledWorker)  # else it had left before
            if job and deaths[job] < TRIES:
                waiting.appendleft(job)
            elif job:
                done = failed(job, f"its process died {TRIES} times: is there memory enough?")
            elif deaths[job] >= TRIES and not at_hand:
                raise ClusterError(
                    f"processes die while they load code and data: look where {worker} runs "
                    'whether python -c "import tensorflow" works'
                ) from None
            if isinstance(error, Died):  # the worker lives, with a process that nobody knows
                give(worker, None)
        except Exception as error:  # it could not be sent, or not be read there
            if job:
                free.append(worker)
                done = failed(job, repr(error))
            else:
                refuse(worker, f"it answers {error!r}: {_start(address)}")
        else:
            if job is None:
                process[worker], of = result
                if fault := _difference(of, expected, threads.get(worker, 1), address):
                    refuse(worker, fault)
                else:
                    free.append(worker)
            elif result is None:
                waiting.appendleft(job)
                give(worker, None)
            else:
                free.append(worker)
                done = result
        if done:
            yield done


def _workers(client: Client, address: str) -> dict[str, int]:
    """The threads of each worker that there is now."""
    try:
        if client.status == "running":
            return client.nthreads()
    except OSError:
        pass
    raise _gone(address)


def _gone(address: str) -> ClusterError:
    if not address:
        return ClusterError(f"the scheduler of the processes has died: {_start(address)}")
    return ClusterError(
        f"the scheduler at {address} is gone: start it again, then its workers; "
        "the same command goes on where it was"
    )


def _start(address: str) -> str:
    """How to get a worker, as the end of a message."""
    if not address:
        return "run the same command again"
    return f"start one by python -m experiments --work-for {address}"


def _say(line: str) -> None:
    tqdm.write(line, file=sys.stderr)


def _difference(theirs: Told, ours: Told, threads: int, address: str) -> str:
    """What of a worker differs, and the cure; empty where nothing does."""
    if threads != 1:
        return f"it has {threads} threads, and not one: {_start(address)}"
    for what in ours:
        for name in sorted(theirs[what].keys() | ours[what].keys()):
            values = theirs[what].get(name, "none"), ours[what].get(name, "none")
            if len(set(values)) > 1:
                cure = (address and CURES.get(what)) or _start(address)
                return f"{what}, {name}: there {values[0]}, here {values[1]}; {cure}"
    return ""
