"""A job, the part of a recording that one process does, and what comes back from it."""

import time
import traceback
from typing import Any, NamedTuple

from experiments import declared
from experiments.machine import processor
from experiments.running import run


class Job(NamedTuple):
    """One case of an experiment, and the seeds that it is trained with."""

    name: str
    case: str
    seeds: tuple[int, ...]

    def __str__(self) -> str:
        first, last = self.seeds[0], self.seeds[-1]
        seeds = f"seed {first}" if first == last else f"seeds {first} to {last}"
        return f"{self.name}, {self.case}, {seeds}"


class Done(NamedTuple):
    """What a job gave: results as a record keeps them, or an error in words."""

    job: Job
    results: dict[str, list[Any]]
    seconds: float  # of the process, so that what else the machine does hardly counts
    machine: str  # the processor
    error: str = ""


def do(job: Job) -> Done:
    """Run a job in this process."""
    started = time.process_time()
    try:
        results = run(declared()[job.name], job.case, job.seeds)
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        return Done(job, {}, 0.0, processor(), f"{job}: {error!r} ({at.filename}:{at.lineno})")
    return Done(job, results, time.process_time() - started, processor())
