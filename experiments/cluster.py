"""Where the jobs of a recording run."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from experiments.jobs import Done, Job, do


def each(jobs: Sequence[Job], *, processes: int, address: str = "") -> Iterator[Done]:
    """Do the jobs, and yield what each gave, in the order in which they end."""
    if processes == 1:
        yield from map(do, jobs)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(do, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
