"""From jobs to records: what is still to do, and putting together what was done.

While a record is made it stands in `book/experiments/parts`, written anew after each job, so that a
stop loses only the jobs at hand; when it is whole it takes the place of the old one. A record may
be extended by more seeds, as long as code, data and versions are the same.
"""

import contextlib
import datetime
import json
import platform
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

from experiments import Experiment
from experiments.cluster import each
from experiments.jobs import Done, Job
from experiments.machine import versions
from experiments.records import PARTS, RECORDS, code_of, digest, write
from lessons_src.data import load
from lessons_src.recorded import CHOOSING, FROZEN

Content = dict[str, Any]
#: How many scored seeds a case is to have, by experiment and case; else those of the first look.
Counts = Mapping[tuple[str, str], int]
GUESS = 10.0  # seconds of a run that was never made


def record(
    wanted: Mapping[str, Experiment],
    counts: Counts,
    *,
    again: bool = False,
    processes: int = 1,
    address: str = "",
) -> list[str]:
    """Do the jobs that are not done yet, and write each experiment's record when it is whole.

    Returns:
        Errors of jobs, in words; the other jobs are done all the same.
    """
    contents = {name: _begun(one, again) for name, one in wanted.items()}
    jobs = {name: to_do(one, contents[name], counts) for name, one in wanted.items()}
    seconds, left = expected_seconds(wanted), {name: len(todo) for name, todo in jobs.items()}

    def weight(job: Job) -> float:
        return seconds[job.name, job.case] * len(job.seeds)

    # The longest first, so that all processes end at about the same time.
    queue = sorted((job for todo in jobs.values() for job in todo), key=weight, reverse=True)
    # ... but an experiment's jobs together, so that records become whole one after another.
    dearest = {name: max(map(weight, todo), default=0.0) for name, todo in jobs.items()}
    queue.sort(key=lambda job: (-dearest[job.name], job.name))
    for name, one in wanted.items():
        if not left[name] and contents[name]["cases"]:
            _finish(one, contents[name])
    errors, form = [], "{l_bar}{bar}| {elapsed} gone, {remaining} left {postfix}"
    with tqdm(total=sum(map(weight, queue)), bar_format=form) as bar:
        for done in each(queue, processes=processes, address=address):
            name = done.job.name
            if done.error:
                errors.append(done.error)
                continue
            _add(contents[name], wanted[name], done)
            left[name] -= 1
            write(PARTS / f"{name}.json", _stamped(wanted[name], contents[name]))
            bar.set_postfix_str(f"{name}: {done.job.case}", refresh=False)
            bar.update(weight(done.job))
            if not left[name]:
                _finish(wanted[name], contents[name])
    return errors


def to_do(experiment: Experiment, content: Content, counts: Counts) -> list[Job]:
    """The jobs of which the content has no results yet."""
    jobs = []
    for case in experiment.cases:
        has = set(content["cases"].get(case, {}).get("seeds", ()))
        wanted = experiment.seeds_of(case, counts.get((experiment.name, case), 0))
        seeds = [seed for seed in wanted if seed not in has]
        number = -(-len(seeds) // experiment.seeds_per_job)
        size = -(-len(seeds) // number) if number else 1
        chunks = [tuple(seeds[i : i + size]) for i in range(0, len(seeds), size)]
        jobs += [Job(experiment.name, case, chunk) for chunk in chunks]
    return jobs


def expected_seconds(wanted: Mapping[str, Experiment]) -> dict[tuple[str, str], float]:
    """Seconds for one seed of each case, from the newest record that knows the case, or a guess."""
    seconds = {}
    for name, experiment in wanted.items():
        of_case: dict[str, float] = {}
        for folder in (RECORDS / FROZEN, RECORDS, PARTS):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                old = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
                for case, of in old["cases"].items():
                    of_case[case] = of["seconds"] / len(of.get("seeds") or old["seeds"])
        known = sorted(of_case.values())
        guess = known[len(known) // 2] if known else GUESS
        for case in experiment.cases:
            seconds[name, case] = of_case.get(case, guess)
    return seconds


def cost(wanted: Mapping[str, Experiment], counts: Counts) -> dict[str, float]:
    """Core-seconds that each experiment would still take."""
    seconds = expected_seconds(wanted)
    return {
        name: sum(
            seconds[name, job.case] * len(job.seeds)
            for job in to_do(one, _begun(one, again=False), counts)
        )
        for name, one in wanted.items()
    }


def _begun(experiment: Experiment, again: bool) -> Content:
    """What there is of a record by today's code, data and versions; the parts before the whole."""
    for folder in (PARTS, *(() if again else (RECORDS,))):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            text = (folder / f"{experiment.name}.json").read_text(encoding="utf-8")
            content = json.loads(text)
            made, now = content["made"], _made(experiment)
            if all(made[key] == now[key] for key in ("code", "data", "python", "versions")):
                for case in content["cases"].values():
                    case.setdefault("machine", [0] * len(case["seeds"]))
                return content
    return {"name": experiment.name, "cases": {}, "made": {"machines": []}}


def _made(experiment: Experiment) -> dict[str, Any]:
    """What a record says of how it was made, but for machines, seconds and checksum."""
    return {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "versions": versions(),
        "data": load().fingerprint,
        "code": code_of(experiment.name),
    }


def _add(content: Content, experiment: Experiment, done: Done) -> None:
    """Put what a job gave to the rest, in the order of the declared seeds."""
    machines = content["made"]["machines"]
    if done.machine not in machines:
        machines.append(done.machine)
    new = {
        "seeds": list(done.job.seeds),
        "machine": [machines.index(done.machine)] * len(done.job.seeds),
        **{f"results.{name}": values for name, values in done.results.items()},
    }
    case = content["cases"].get(done.job.case)
    old = {} if case is None else {"seeds": case["seeds"], "machine": case["machine"]}
    old |= {} if case is None else {f"results.{k}": v for k, v in case["results"].items()}
    if old and old.keys() != new.keys():
        raise ValueError(f"{done.job} has other results than runs before: delete {PARTS}")
    both = {name: [*old.get(name, ()), *values] for name, values in new.items()}
    order = {seed: i for i, seed in enumerate((*CHOOSING, *experiment.seeds))}
    rows = sorted(range(len(both["seeds"])), key=lambda row: order[both["seeds"][row]])
    both = {name: [values[row] for row in rows] for name, values in both.items()}
    content["cases"][done.job.case] = {
        "settings": experiment.cases[done.job.case],
        "seconds": round((case or {"seconds": 0.0})["seconds"] + done.seconds, 1),
        "seeds": both.pop("seeds"),
        "machine": both.pop("machine"),
        "results": {name.removeprefix("results."): values for name, values in both.items()},
    }


def _stamped(experiment: Experiment, content: Content) -> Content:
    """The content as a file has it: cases in their order, and what made it."""
    cases = {name: content["cases"][name] for name in experiment.cases if name in content["cases"]}
    machines = content["made"]["machines"]
    if len(machines) == 1:
        cases = {n: {k: v for k, v in c.items() if k != "machine"} for n, c in cases.items()}
    made = _made(experiment)
    made["seconds"] = round(sum(case["seconds"] for case in cases.values()))
    made["machines"] = machines
    stamped = {
        "name": experiment.name,
        "set_up": experiment.set_up,
        "looks": list(experiment.looks),
        "cases": cases,
        "made": made,
    }
    made["results"] = digest(stamped)
    return stamped


def _finish(experiment: Experiment, content: Content) -> None:
    """Let a whole record take its place, where the file does not have it already."""
    part, path = PARTS / f"{experiment.name}.json", RECORDS / f"{experiment.name}.json"
    if not part.is_file():
        return
    write(path, _stamped(experiment, content))
    part.unlink()
    with contextlib.suppress(OSError):  # unless it holds others
        PARTS.rmdir()
    seconds = sum(case["seconds"] for case in content["cases"].values())
    tqdm.write(f"{experiment.name}: recorded, {seconds:.0f} s of one core")
