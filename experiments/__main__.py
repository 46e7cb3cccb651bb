"""Run, check and replay the recorded experiments; `make experiments` calls this.

python -m experiments                 run what is missing or stale, going on where it stopped
python -m experiments width --again   run this one, whatever its record
python -m experiments --check         are all records of today's code? (milliseconds)
python -m experiments --replay        run a few seeds again and compare with the record
"""

import argparse
import datetime
import importlib.metadata
import itertools
import json
import os
import platform
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
# Two processes with one thread each do more work than one with two, and one thread always adds
# in the same order. Set before TensorFlow is imported, here and in the processes started here.
os.environ |= {**dict.fromkeys(THREADS, "1"), "TF_CPP_MIN_LOG_LEVEL": "3", "LESSONS_QUICK": "0"}
os.environ |= {"CUDA_VISIBLE_DEVICES": "-1"}

import joblib  # noqa: E402
import numpy as np  # noqa: E402
from tqdm import tqdm  # noqa: E402

from experiments import Experiment, declared  # noqa: E402
from experiments.records import (  # noqa: E402
    RECORDS,
    WORK,
    code_of,
    digest,
    faults,
    repetition_interval,
    write,
)
from lessons_src.data import load  # noqa: E402
from lessons_src.recorded import read  # noqa: E402

STRIDE = 37  # a prime, so that every pair of case and seed has its turn
SHOWN_VERSIONS = ("keras", "numpy", "scikit-learn", "tensorflow")


def main() -> None:
    """Read the command line and do what it asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments", description=__doc__.split("\n")[0]
    )
    parser.add_argument("names", nargs="*", help="experiments; all unless told")
    parser.add_argument("--again", action="store_true", help="also where the record is up to date")
    parser.add_argument("--check", action="store_true", help="only tell which records are stale")
    parser.add_argument("--replay", action="store_true", help="repeat a few seeds and compare")
    parser.add_argument("--seconds", type=float, default=90, help="a replay's budget (90)")
    today = datetime.date.today().toordinal()
    parser.add_argument("--turn", type=int, default=today, help="which seeds; other ones each day")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at once")
    wish = parser.parse_args()
    if wish.check:
        stop_if(faults())
        print("All records are of today's code.")
        return
    known = declared()
    if unknown := [name for name in wish.names if name not in known]:
        stop_if([f"no experiment is called {unknown[0]!r}; there are {', '.join(known)}"])
    if load().source != "real":
        stop_if(["experiments need Fashion-MNIST itself: set FASHION_MNIST_DIR to its folder"])
    if wish.replay:
        print(f"Turn {wish.turn}; --turn {wish.turn} repeats it.")
        stop_if(replay(in_turn(known, wish.turn, wish.seconds)))
        return
    wanted = {name: known[name] for name in wish.names or known}
    if not wish.again:
        stale = faults()
        wanted = {name: e for name, e in wanted.items() if name in stale}
    if not wanted:
        print("All records are up to date; --again (make: AGAIN=1) repeats them.")
    record(wanted, wish.jobs)


def record(wanted: dict[str, Experiment], processes: int) -> None:
    """Run the jobs that are not done yet, and write each experiment's record when it is whole."""
    jobs, seconds = [], expected_seconds(wanted)
    for name, experiment in wanted.items():
        for case, seeds in experiment.jobs:
            if not part(name, case, seeds).is_file():
                jobs.append((seconds[name, case] * len(seeds), name, case, seeds))
    # The longest first, so that both cores end at about the same time.
    jobs.sort(key=lambda job: -job[0])
    total = sum(job[0] for job in jobs)
    form = "{l_bar}{bar}| {elapsed} gone, {remaining} left {postfix}"
    with tqdm(total=total, bar_format=form) as bar:
        pool = joblib.Parallel(processes, return_as="generator_unordered")
        for weight, name, case in pool(joblib.delayed(do)(*job) for job in jobs):
            bar.set_postfix_str(f"{name}: {case}", refresh=False)
            bar.update(weight)
            if all(part(name, *job).is_file() for job in wanted[name].jobs):
                finish(wanted[name])
    for experiment in wanted.values():  # where all was done and only the record not yet written
        if part(experiment.name, *experiment.jobs[0]).is_file():
            finish(experiment)


def do(weight: float, name: str, case: str, seeds: tuple[int, ...]) -> tuple[float, str, str]:
    """One job, in a process of its own; its results appear whole or not at all."""
    started = time.perf_counter()
    results = run(declared()[name], case, seeds)
    seconds = time.perf_counter() - started
    write(part(name, case, seeds), {"seconds": seconds, "results": results})
    return weight, name, case


def run(experiment: Experiment, case: str, seeds: tuple[int, ...]) -> dict[str, list]:
    """The results of one case for these seeds, as JSON takes them: six digits, None for NaN."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(v) for v in value]
        number = float(f"{value:.6g}")
        return None if not np.isfinite(number) else int(number) if number % 1 == 0 else number

    results = experiment.run(seeds=list(seeds), **experiment.cases[case])
    results = {name: plain(np.asarray(value).tolist()) for name, value in results.items()}
    if wrong := [name for name, value in results.items() if len(value) != len(seeds)]:
        raise ValueError(f"{experiment.name}: {wrong[0]!r} has no value for each seed")
    return results


def part(name: str, case: str, seeds: tuple[int, ...]) -> Path:
    """Where a job's results wait for the others; code that changed finds none of them."""
    safe = re.sub(r"[^\w.-]+", "_", case)
    return WORK / f"{name}-{code_of(name)}" / f"{safe}-seed{seeds[0]}-{len(seeds)}.json"


def finish(experiment: Experiment) -> None:
    """Put the parts together into the record."""
    cases, seconds = {}, 0.0
    for case, settings in experiment.cases.items():
        chunks = [seeds for name, seeds in experiment.jobs if name == case]
        parts = [json.loads(part(experiment.name, case, seeds).read_text()) for seeds in chunks]
        seconds += sum(p["seconds"] for p in parts)
        cases[case] = {
            "settings": settings,
            "seconds": round(sum(p["seconds"] for p in parts), 1),
            "results": {
                name: [value for p in parts for value in p["results"][name]]
                for name in parts[0]["results"]
            },
        }
    content = {
        "name": experiment.name,
        "set_up": experiment.set_up,
        "seeds": list(experiment.seeds),
        "cases": json.loads(json.dumps(cases)),
        "made": {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "seconds": round(seconds, 1),
            "machine": f"{processor()}, one thread for each run, {os.cpu_count()} CPUs",
            "python": platform.python_version(),
            "versions": {name: importlib.metadata.version(name) for name in SHOWN_VERSIONS},
            "data": load().fingerprint,
            "code": code_of(experiment.name),
            "results": digest(cases),
        },
    }
    write(RECORDS / f"{experiment.name}.json", content)
    shutil.rmtree(part(experiment.name, *experiment.jobs[0]).parent)
    tqdm.write(f"{experiment.name}: recorded, {seconds:.0f} s of one core")


def in_turn(known: dict[str, Experiment], turn: int, budget: float) -> list[tuple[str, str, int]]:
    """Experiment, case and seed of the replays of this turn, at most `budget` seconds in all.

    Each turn begins with another experiment; after a round of all, cases and seeds change.
    """
    seconds, chosen, names = expected_seconds(known), [], sorted(known)
    for step in range(turn, turn + len(names)):
        experiment = known[names[step % len(names)]]
        pairs = list(itertools.product(experiment.cases, experiment.seeds))
        # A stride, so that neither the case nor the seed stays the same for many rounds.
        case, seed = pairs[step // len(names) * STRIDE % len(pairs)]
        if seconds[experiment.name, case] <= budget:
            budget -= seconds[experiment.name, case]
            chosen.append((experiment.name, case, seed))
    return chosen


def replay(chosen: list[tuple[str, str, int]]) -> list[str]:
    """Run these again, tell how they compare with the record, and return what does not agree."""
    wrong = []
    for name, case, seed in chosen:
        experiment, record = declared()[name], read(RECORDS / f"{name}.json")
        new = run(experiment, case, (seed,))[experiment.value][0]
        old = record(case, experiment.value)
        expected = repetition_interval(old, record.seeds.index(seed))
        new = np.nan if new is None else new
        agrees = new in expected or (np.isnan(new) and np.isnan(expected.estimate))
        told = f"{name}, {case}, seed {seed}: {experiment.value} {new:.6g}, recorded {expected:.6g}"
        print(f"{'agrees' if agrees else 'DIFFERS'}  {told}", flush=True)
        if not agrees:
            wrong.append(f"{told}: the record is not what its code gives; {record.command} AGAIN=1")
    return wrong


def expected_seconds(wanted: dict[str, Experiment]) -> dict[tuple[str, str], float]:
    """Seconds for one seed of each case, from the last record, where there is one."""
    seconds = {}
    for name, experiment in wanted.items():
        path = RECORDS / f"{name}.json"
        old = json.loads(path.read_text())["cases"] if path.is_file() else {}
        of_case = {
            c: v["seconds"] / len(experiment.seeds) for c, v in old.items() if "seconds" in v
        }
        for case in experiment.cases:
            seconds[name, case] = of_case.get(case, 10.0)
    return seconds


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", info.read_text()) if info.exists() else []
    return names[0].strip() if names else platform.processor() or platform.machine()


def stop_if(problems: dict[str, str] | list[str]) -> None:
    """End with these problems, one a line, if there are any."""
    lines = problems.values() if isinstance(problems, dict) else problems
    if problems:
        sys.exit("\n".join(f"error: {line}" for line in lines))


if __name__ == "__main__":
    main()
