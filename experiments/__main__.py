"""Run, check and replay the recorded experiments; `make experiments` calls this.

python -m experiments                 run what is missing or stale, going on where it stopped
python -m experiments width --again   run this one, whatever its record
python -m experiments --cost          what would it take?
python -m experiments --check         are all records of today's code? (milliseconds)
python -m experiments --replay        run a few seeds again and compare with the record
python -m experiments --schedule      be the scheduler of several machines
python -m experiments --work-for tcp://…    run jobs for it, one process a core
"""

import argparse
import contextlib
import datetime
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from book.surroundings import surroundings

if __name__ == "__main__":
    # Before TensorFlow is imported, here and in the processes started here; tests import this
    # module as well, and keep their own environment.
    _ours = surroundings(os.environ, Path(__file__).parents[1] / "_build" / "experiments-settings")
    os.environ.clear()
    os.environ.update(_ours, LESSONS_QUICK="0")

from filelock import FileLock, Timeout

from experiments import Experiment, declared
from experiments.fingerprint import functions
from experiments.looks import next_look
from experiments.recording import cost, record
from experiments.records import WORK, code_of, faults, missing
from experiments.replaying import in_turn, replay
from experiments.servers import HERE, PORT, schedule, work_for
from lessons_src.data import load


def main() -> None:
    """Read the command line and do what it asks for."""
    wish = read_command()
    try:
        if wish.schedule:
            return schedule(wish.host, wish.port)
        if wish.work_for:
            return work_for(wish.work_for, wish.jobs)
        names = functions()
        if unknown := [name for name in wish.names if name not in names]:
            stop_if([f"no experiment is called {unknown[0]!r}; there are {', '.join(names)}"])
        stale = {k: v for k, v in faults().items() if not wish.names or k in wish.names}
        unmade = {k: v for k, v in missing().items() if not wish.names or k in wish.names}
        if wish.check:
            stop_if(stale | unmade)
            print("All records are of today's code.")
            return
        if wish.replay:
            stop_if(stale)
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
            there = {name: one for name, one in wanted.items() if name not in unmade}
            stop_if(replay(known, in_turn(there, wish.turn, wish.seconds)))
        elif wish.cost:
            tell_cost(wanted)
        else:
            with locked():
                run_all(wanted, wish, stale | unmade)
    except ValueError as error:  # of the data, the code or a record; it names what is wrong
        stop_if([str(error)])
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on where it was.", file=sys.stderr)
        sys.exit(130)


def read_command() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments", description=__doc__.split("\n")[0]
    )
    parser.add_argument("names", nargs="*", help="experiments; all unless told")
    parser.add_argument("--again", action="store_true", help="also where the record is up to date")
    parser.add_argument("--first", action="store_true", help="no more than the first look")
    parser.add_argument("--cost", action="store_true", help="only tell what is still to run")
    parser.add_argument("--check", action="store_true", help="only tell which records are stale")
    parser.add_argument("--replay", action="store_true", help="repeat a few seeds and compare")
    parser.add_argument("--seconds", type=float, default=90, help="a replay's budget (90)")
    today = datetime.date.today().toordinal()
    parser.add_argument("--turn", type=int, default=today, help="which seeds; other ones each day")
    parser.add_argument("--jobs", type=count, default=os.cpu_count(), help="processes at once")
    parser.add_argument("--cluster", default="", help="address of a scheduler, for its workers")
    parser.add_argument("--schedule", action="store_true", help="be a scheduler, until Ctrl+C")
    parser.add_argument("--host", default=HERE, help="where it listens (this machine alone)")
    parser.add_argument("--port", type=int, default=PORT, help=f"and its port ({PORT})")
    parser.add_argument("--work-for", default="", help="address of a scheduler, to run its jobs")
    return parser.parse_args()


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


def run_all(
    wanted: dict[str, Experiment], wish: argparse.Namespace, without: dict[str, str]
) -> None:
    """Record what is missing, then what is undecided with more seeds, until nothing is."""
    todo = wanted if wish.again else {k: one for k, one in wanted.items() if k in without}
    counts: dict[tuple[str, str], int] = {}
    if not todo and not (counts := {} if wish.first else next_look(wanted)):
        print("All records are up to date; --again (make: AGAIN=1) repeats them.")
    while todo or counts:
        todo |= {name: wanted[name] for name, _ in counts if name in wanted}
        again = wish.again and not counts
        stop_if(record(todo, counts, again=again, processes=wish.jobs, address=wish.cluster))
        todo, counts = {}, {} if wish.first else next_look(wanted)


def tell_cost(wanted: dict[str, Experiment]) -> None:
    """A line for each experiment that is not whole, and their sum."""
    left = {name: seconds for name, seconds in cost(wanted, next_look(wanted)).items() if seconds}
    for name, seconds in sorted(left.items(), key=lambda item: -item[1]):
        print(f"{seconds / 60:8.1f} core-minutes  {name}")
    print(f"{sum(left.values()) / 3600:8.2f} core-hours in all, up to the next look")


def stop_if(problems: dict[str, str] | list[str]) -> None:
    """End with these problems, one a line, if there are any."""
    lines = problems.values() if isinstance(problems, dict) else problems
    if problems:
        sys.exit("\n".join(f"error: {line}" for line in lines))


if __name__ == "__main__":
    main()
