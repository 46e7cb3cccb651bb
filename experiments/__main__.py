"""Run, check and replay the recorded experiments; `make experiments` calls this.

python -m experiments                 run what is missing or stale, going on where it stopped
python -m experiments width --again   run this one, whatever its record
python -m experiments --check         are all records of today's code? (milliseconds)
python -m experiments --replay        run a few seeds again and compare with the record
"""

import argparse
import contextlib
import datetime
import hashlib
import importlib.metadata
import itertools
import json
import os
import platform
import re
import shutil
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from book.surroundings import surroundings

if __name__ == "__main__":
    # Before TensorFlow is imported, here and in the processes started here; tests import this
    # module as well, and keep their own environment.
    _ours = surroundings(os.environ, Path(__file__).parents[1] / "_build" / "experiments-settings")
    os.environ.clear()
    os.environ.update(_ours, LESSONS_QUICK="0")

import joblib
import numpy as np
from filelock import FileLock, Timeout
from tqdm import tqdm

from experiments import Experiment, declared
from experiments.fingerprint import functions
from experiments.records import (
    RECORDS,
    WORK,
    code_of,
    digest,
    faults,
    repetition_interval,
    write,
)
from experiments.running import run
from lessons_src.data import load
from lessons_src.recorded import Record, read

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
    parser.add_argument("--jobs", type=count, default=os.cpu_count(), help="processes at once")
    wish = parser.parse_args()
    try:
        names = functions()
        if unknown := [name for name in wish.names if name not in names]:
            stop_if([f"no experiment is called {unknown[0]!r}; there are {', '.join(names)}"])
        stale = {k: v for k, v in faults().items() if not wish.names or k in wish.names}
        if wish.check or wish.replay:
            stop_if(stale)
        if wish.check:
            print("All records are of today's code.")
            return
        if load().source != "real":
            stop_if(["experiments need Fashion-MNIST itself: set FASHION_MNIST_DIR to its folder"])
        known = declared()
        if odd := known.keys() ^ names.keys():
            stop_if([f"declare {', '.join(sorted(odd))} as @experiment(…), not under other names"])
        wanted = {name: known[name] for name in wish.names or known}
        for name in wanted:
            code_of(name)  # refuses what cannot be followed before anything runs
        if wish.replay:
            print(f"Turn {wish.turn}; --turn {wish.turn} repeats it.")
            stop_if(replay(in_turn(wanted, wish.turn, wish.seconds)))
            return
        if not wish.again:
            wanted = {name: e for name, e in wanted.items() if name in stale}
        if not wanted:
            print("All records are up to date; --again (make: AGAIN=1) repeats them.")
        with locked():
            record(wanted, wish.jobs)
    except ValueError as error:  # of the data, the code or a record; it names what is wrong
        stop_if([str(error)])
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on where it was.", file=sys.stderr)
        sys.exit(130)


def count(text: str) -> int:
    """A number of processes."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Keep other runs out, which would share the parts; the system frees the lock of a dead one."""
    WORK.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(WORK / "lock").acquire(timeout=0)
    except Timeout:
        stop_if([f"another run is at it, and holds {WORK / 'lock'}: wait for it, or end it"])
    with lock:
        yield


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
        for weight, name, case, error in pool(
            joblib.delayed(do)(*job, os.getpid()) for job in jobs
        ):
            stop_if([error] if error else [])
            bar.set_postfix_str(f"{name}: {case}", refresh=False)
            bar.update(weight)
            if all(part(name, *job).is_file() for job in wanted[name].jobs):
                finish(wanted[name])
    for experiment in wanted.values():  # where all was done and only the record not yet written
        if part(experiment.name, *experiment.jobs[0]).is_file():
            finish(experiment)


def do(
    weight: float, name: str, case: str, seeds: tuple[int, ...], parent: int
) -> tuple[float, str, str, str]:
    """One job, in a process of its own; its results appear whole or not at all.

    Returns:
        Weight, name and case, and an error in words, empty where there was none.
    """
    if parent not in (os.getpid(), os.getppid()):
        return weight, name, case, "the run that asked for this job is gone"
    # Of this process, so that what else the machine does at the time hardly counts.
    started = time.process_time()
    try:
        results = run(declared()[name], case, seeds)
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        told = f"{name}, {case}, seeds {seeds[0]} to {seeds[-1]}: {error!r}"
        return weight, name, case, f"{told} ({at.filename}:{at.lineno})"
    seconds = time.process_time() - started
    write(part(name, case, seeds), {"case": case, "seconds": seconds, "results": results})
    return weight, name, case, ""


def part(name: str, case: str, seeds: tuple[int, ...]) -> Path:
    """Where a job's results wait for the others; other code, data or TensorFlow finds none."""
    made_of = f"{code_of(name)}-{load().fingerprint}-{importlib.metadata.version('tensorflow')}"
    # Two names of cases may differ only in what no file's name can hold.
    safe = re.sub(r"[^\w.-]+", "_", case) + "-" + hashlib.sha256(case.encode()).hexdigest()[:8]
    return WORK / f"{name}-{made_of}" / f"{safe}-seed{seeds[0]}-{len(seeds)}.json"


def finish(experiment: Experiment) -> None:
    """Put the parts together into the record."""
    cases, seconds = {}, 0.0
    for case, settings in experiment.cases.items():
        chunks = [seeds for name, seeds in experiment.jobs if name == case]
        paths = [part(experiment.name, case, seeds) for seeds in chunks]
        parts = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        if len({(p["case"], *p["results"]) for p in parts} | {(case, *parts[0]["results"])}) > 1:
            raise ValueError(f"{experiment.name}: the parts of {case!r} do not fit: delete {WORK}")
        took = sum(p["seconds"] for p in parts)
        seconds += took
        cases[case] = {
            "settings": settings,
            "seconds": round(took, 1),
            "results": {
                name: [value for p in parts for value in p["results"][name]]
                for name in parts[0]["results"]
            },
        }
    content = {
        "name": experiment.name,
        "set_up": experiment.set_up,
        "seeds": list(experiment.seeds),
        "cases": cases,
        "made": {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "seconds": round(seconds, 1),
            **surroundings(),
            "data": load().fingerprint,
            "code": code_of(experiment.name),
        },
    }
    content["made"]["results"] = digest(content)
    write(RECORDS / f"{experiment.name}.json", content)
    shutil.rmtree(part(experiment.name, *experiment.jobs[0]).parent)
    tqdm.write(f"{experiment.name}: recorded, {seconds:.0f} s of one core")


def in_turn(known: dict[str, Experiment], turn: int, budget: float) -> list[tuple[str, str, int]]:
    """Experiment, case and seed of the replays of this turn, at most `budget` seconds in all.

    Each turn begins with another experiment, and takes other cases and seeds.
    """
    seconds, chosen, names = expected_seconds(known), [], sorted(known)
    for step in range(turn, turn + len(names)):
        experiment = known[names[step % len(names)]]
        pairs = list(itertools.product(experiment.cases, experiment.seeds))
        # A stride, so that neither the case nor the seed stays the same for many turns; and one
        # more after all pairs, so that the first of a turn is not always of the same few.
        case, seed = pairs[(turn + turn // len(pairs)) * STRIDE % len(pairs)]
        if seconds[experiment.name, case] <= budget:
            budget -= seconds[experiment.name, case]
            chosen.append((experiment.name, case, seed))
    return chosen


def replay(chosen: list[tuple[str, str, int]]) -> list[str]:
    """Run these again, tell how they compare with the record, and return what does not agree."""
    wrong = []
    for name, case, seed in chosen:
        record = read(RECORDS / f"{name}.json")
        results = run(declared()[name], case, (seed,))
        told = [*differences(record, case, seed, results)]
        print(f"{'DIFFERS' if told else 'agrees'}  {name}, {case}, seed {seed}", flush=True)
        cure = f"the record is not what its code gives; {record.command} AGAIN=1"
        wrong += [f"{name}, {case}, seed {seed}: {difference}: {cure}" for difference in told]
    return wrong


def differences(record: Record, case: str, seed: int, results: dict[str, list]) -> Iterator[str]:
    """What of a repeated run does not agree with its record, in words; not in seconds or bytes.

    With the processor, Python and versions of the record the numbers have to be the same; elsewhere
    the last values have to lie where a repetition may land.
    """
    here = surroundings()
    # On the number of CPUs, no result depends.
    told = (str([made.get(key) for key in here]) for made in (record.made, here))
    same = len({re.sub(r", \d+ CPUs", "", line) for line in told}) == 1
    missing = record.results[case].keys() ^ results.keys()
    yield from (f"{name} is only in one of them" for name in sorted(missing))
    for name in record.results[case].keys() & results.keys():
        if name.startswith(("seconds", "bytes")):  # of the machine, and never quite the same
            continue
        old, new = record(case, name), np.array(results[name][0], dtype=float)
        if old[0].shape != new.shape:
            yield f"{name} has the shape {new.shape}, recorded {old[0].shape}"
            continue
        if new.ndim and not same:
            old, new = old[..., -1], new[..., -1]
        index = record.seeds.index(seed)
        for values, value in zip(old.reshape(len(old), -1).T, new.ravel(), strict=True):
            expected = repetition_interval(values, index)
            agrees = np.isclose(value, values[index], 1e-5, 0) if same else value in expected
            if not agrees and not (np.isnan(value) and np.isnan(values[index])):
                yield f"{name} {value:.6g}, recorded {expected:.6g}"
                break


def surroundings() -> dict[str, Any]:
    """What the numbers may depend on apart from code and data."""
    return {
        "machine": f"{processor()}, one thread for each run, {os.cpu_count()} CPUs",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in SHOWN_VERSIONS},
    }


def expected_seconds(wanted: dict[str, Experiment]) -> dict[tuple[str, str], float]:
    """Seconds for one seed of each case, from the last record, where there is one."""
    seconds = {}
    for name, experiment in wanted.items():
        of_case = {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            old = json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))
            of_case = {c: v["seconds"] / len(old["seeds"]) for c, v in old["cases"].items()}
        for case in experiment.cases:
            seconds[name, case] = of_case.get(case, 10.0)
    return seconds


def processor() -> str:
    """The processor's name, as far as the system tells it, its width and the sizes of its caches.

    Sums over more numbers at once are rounded otherwise, and products of large matrices are cut to
    the caches: two machines of one name gave other digits for batches of thousands.
    """
    path = Path("/proc/cpuinfo")
    info = path.read_text(encoding="utf-8") if path.exists() else ""
    names = re.findall(r"model name\s*: (.+)", info)
    name = names[0].strip() if names else platform.processor() or platform.machine()
    widest = [flag for flag in ("avx512f", "avx2", "avx") if re.search(rf"\b{flag}\b", info)]
    sizes = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"))
    caches = [f"caches {' '.join(size.read_text().strip() for size in sizes)}"] if sizes else []
    told = ", ".join([*widest[:1], *caches])
    return f"{name} ({told})" if told else name


def stop_if(problems: dict[str, str] | list[str]) -> None:
    """End with these problems, one a line, if there are any."""
    lines = problems.values() if isinstance(problems, dict) else problems
    if problems:
        sys.exit("\n".join(f"error: {line}" for line in lines))


if __name__ == "__main__":
    main()
