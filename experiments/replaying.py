"""Running a few recorded runs again, and comparing them with their record."""

import json
import platform
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from experiments import Experiment
from experiments.jobs import Job
from experiments.machine import processor, versions
from experiments.recording import expected_seconds
from experiments.records import RECORDS
from experiments.running import run
from lessons_src.stats import Interval

STRIDE = 37  # a prime, so that every pair of case and seed has its turn


class Kept(NamedTuple):
    """One case of a record, as its file has it."""

    seeds: list[int]
    machines: list[str]  # the processor of each run
    results: dict[str, np.ndarray]
    made: dict[str, Any]


def kept(name: str) -> dict[str, Kept]:
    """The cases of a record."""
    content = json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))
    made = content["made"]
    return {
        case: Kept(
            of["seeds"],
            [made["machines"][i] for i in of.get("machine", [0] * len(of["seeds"]))],
            {key: np.array(values, dtype=float) for key, values in of["results"].items()},
            made,
        )
        for case, of in content["cases"].items()
    }


def in_turn(known: Mapping[str, Experiment], turn: int, budget: float) -> list[Job]:
    """The replays of this turn, at most `budget` seconds in all.

    Each turn begins with another experiment, and takes other cases and seeds.
    """
    seconds, chosen, names = expected_seconds(known), [], sorted(known)
    for step in range(turn, turn + len(names)):
        name = names[step % len(names)]
        pairs = [(case, seed) for case, of in kept(name).items() for seed in of.seeds]
        # A stride, so that neither the case nor the seed stays the same for many turns; and one
        # more after all pairs, so that the first of a turn is not always of the same few.
        case, seed = pairs[(turn + turn // len(pairs)) * STRIDE % len(pairs)]
        if seconds[name, case] <= budget:
            budget -= seconds[name, case]
            chosen.append(Job(name, case, (seed,)))
    return chosen


def replay(known: Mapping[str, Experiment], jobs: list[Job]) -> list[str]:
    """Run these again, tell how they compare with the record, and return what does not agree."""
    wrong = []
    for job in jobs:
        results = run(known[job.name], job.case, job.seeds)
        told = [*differences(kept(job.name)[job.case], job.seeds[0], results)]
        print(f"{'DIFFERS' if told else 'agrees'}  {job}", flush=True)
        cure = f"the record is not what its code gives; make experiments NAME={job.name} AGAIN=1"
        wrong += [f"{job}: {difference}: {cure}" for difference in told]
    return wrong


def differences(of: Kept, seed: int, results: dict[str, list]) -> Iterator[str]:
    """What of a repeated run does not agree with its record, in words; not in seconds or bytes.

    With the processor, Python and versions of the record the numbers have to be the same; elsewhere
    the last values have to lie where a repetition may land.
    """
    index = of.seeds.index(seed)
    here = platform.python_version(), versions(), processor()
    same = (of.made["python"], of.made["versions"], of.machines[index]) == here
    missing = of.results.keys() ^ results.keys()
    yield from (f"{name} is only in one of them" for name in sorted(missing))
    for name in of.results.keys() & results.keys():
        if name.startswith(("seconds", "bytes")):  # of the machine, and never quite the same
            continue
        old, new = of.results[name], np.array(results[name][0], dtype=float)
        if old[0].shape != new.shape:
            yield f"{name} has the shape {new.shape}, recorded {old[0].shape}"
            continue
        if new.ndim and not same:
            old, new = old[..., -1], new[..., -1]
        for values, value in zip(old.reshape(len(old), -1).T, new.ravel(), strict=True):
            expected = repetition_interval(values, index)
            agrees = np.isclose(value, values[index], 1e-5, 0) if same else value in expected
            if not agrees and not (np.isnan(value) and np.isnan(values[index])):
                yield f"{name} {value:.6g}, recorded {expected:.6g}"
                break


def repetition_interval(values: np.ndarray, index: int, level: float = 0.9999) -> Interval:
    """Where a repetition of run `index` lands, on any machine: a prediction interval around it.

    Elsewhere rounding differs, and training makes a different run of it; so the spread is that of
    the other seeds. It is not taken from the run itself, which may be the one that is wrong. With
    ten seeds a fault of ten of their standard deviations is caught, some two points of accuracy;
    with forty, one of seven. On the machine that made the record, a repetition gives the recorded
    number, and any other is a fault.
    """
    others = np.delete(values, index)
    others = others[np.isfinite(others)]
    spread = others.std(ddof=1) if len(others) > 1 else 0.0
    half = stats.t.ppf((1 + level) / 2, max(len(others) - 1, 1)) * spread * np.sqrt(2)
    centre = float(values[index])
    half = float(max(half, 1e-3 * abs(centre)))  # equal values have no spread to go by
    return Interval(centre, centre - half, centre + half, level)
