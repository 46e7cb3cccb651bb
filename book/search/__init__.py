"""A worker that searches for a good network: `python -m lessons_src.search --trials 20`.

Any number of workers may search one study at the same time. All that they share is its storage: a
file on one machine, a database for many. Each asks it what has been tried, tries something else,
and writes down what came of it.
"""

import argparse
import contextlib
import functools
import json
import os
import random
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import NoReturn

import keras
import optuna
from optuna.distributions import distribution_to_json
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import BaseTrial, FixedTrial
from sqlalchemy import exc

from lessons_src.data import load, scale
from lessons_src.models import dense
from lessons_src.training import fit

EPOCHS = 6
CURE = "give --storage a file in a folder to write in, or the address of a database that is up, as \
postgresql+psycopg://user@host/database"
stopping = threading.Event()  # a worker that is told to stop does so at the end of an epoch
SEARCHED = slice(None, 6000)  # of the validation images; the other half judges what was found


def suggest(trial: BaseTrial) -> tuple[int, float, float, int]:
    """Units, learning rate, dropout and batch size to try."""
    return (
        trial.suggest_int("units", 32, 256, log=True),
        trial.suggest_float("learning_rate", 1e-4, 3e-2, log=True),
        trial.suggest_float("dropout", 0.0, 0.4),
        trial.suggest_categorical("batch_size", [64, 128, 256]),
    )


def objective(trial: optuna.Trial) -> float:
    """Validation accuracy of what the trial suggests, unless it is pruned."""
    units, learning_rate, dropout, batch_size = suggest(trial)

    def report(epoch: int, logs: dict[str, float]) -> None:
        trial.report(logs["val_accuracy"], step=epoch + 1)
        if stopping.is_set():
            raise KeyboardInterrupt
        if trial.should_prune():
            raise optuna.TrialPruned

    keras.utils.set_random_seed(trial.number)
    history = fit(
        build(units, learning_rate, dropout),
        *images()[0],
        validation_data=images()[1],
        batch_size=batch_size,
        epochs=EPOCHS,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=report)],
        verbose=False,
    )
    return history.history["val_accuracy"][-1]


def build(units: int, learning_rate: float, dropout: float) -> keras.Model:
    """784–units–10 with dropout, compiled."""
    return dense(units, dropout=dropout, optimizer=keras.optimizers.Adam(learning_rate))


@functools.cache
def images() -> tuple[tuple, tuple]:
    """Training images and labels, and those that the search is scored on, made ready once."""
    data = load()
    train = scale(data.train_images), data.train_labels
    scored = scale(data.validation_images[SEARCHED]), data.validation_labels[SEARCHED]
    return tuple(tuple(map(keras.ops.convert_to_tensor, pair)) for pair in (train, scored))


def open_study(name: str, place: str) -> optuna.Study:
    """The study in a file or at a database's address, begun if need be.

    Raises:
        ValueError: it is not a study of this search; the message says why, and the cure.
    """
    study = optuna.create_study(
        study_name=name,
        storage=database(place) if "://" in place else journal(place),
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(),
        load_if_exists=True,
    )
    # Of a study that was there before, Optuna keeps the directions and ignores the one above.
    if study.directions != [optuna.study.StudyDirection.MAXIMIZE]:
        asked = " and ".join(direction.name.lower() for direction in study.directions)
        refuse(name, f"is told to {asked} (optuna create-study minimizes unless told otherwise)")
    found, own = study.user_attrs, {"data": load().fingerprint, "searches": searches()}
    if study.trials and not own.keys() <= found.keys():
        refuse(name, "has trials that this search did not make")
    for key, value in own.items():
        if found.get(key, value) != value:
            refuse(name, f"was begun with other {key}: {found[key]}, and here it is {value}")
        study.set_user_attr(key, value)
    return study


def refuse(study: str, fault: str) -> NoReturn:
    """Raise an error that names the cure."""
    raise ValueError(
        f"study {study} {fault}. Cure: name another --study, or search as it was begun, with the "
        "same program and the same FASHION_MNIST_DIR"
    )


def searches() -> str:
    """What a study is about: the ranges searched, and how a trial is trained and scored."""
    usual = {"units": 128, "learning_rate": 1e-3, "dropout": 0.0, "batch_size": 64}
    suggest(trial := FixedTrial(usual))
    space = {name: json.loads(distribution_to_json(d)) for name, d in trial.distributions.items()}
    return json.dumps({"space": space, "epochs": EPOCHS, "scored on": SEARCHED.stop})


def journal(place: str) -> JournalStorage:
    """A file to which all workers append."""
    lock = JournalFileOpenLock(place)  # unlike the usual one, for Windows too
    if Path(place).is_file():
        lock.acquire()
        try:
            mend(Path(place))
        finally:
            lock.release()
    return JournalStorage(JournalFileBackend(place, lock))


def mend(path: Path) -> None:
    """Take off a last line that was cut short, as when a worker is killed or the disk is full.

    Raises:
        ValueError: the file is no journal, or another of its lines is broken.
    """
    *lines, last = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not is_event(line):
            if number == 1:
                raise ValueError(f"{path} is no journal: give --storage another file")
            raise ValueError(
                f"{path}:{number}: this line of the journal is broken. Cure: end all workers and "
                "delete the line, or give --storage another file"
            )
    if is_event(last):
        with path.open("ab") as file:
            file.write(b"\n")
    elif last and (lines or last.startswith(b'{"op_code"')):
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size - len(last))
        print(f"{path}: the last line was cut short, and is taken off.", file=sys.stderr)
    elif last:
        raise ValueError(f"{path} is no journal: give --storage another file")


def is_event(line: bytes) -> bool:
    """Whether a line of a journal is whole."""
    try:
        return "op_code" in json.loads(line)
    except (ValueError, TypeError):
        return False


def database(address: str) -> RDBStorage:
    """A database that all workers reach."""
    # In seconds; PostgreSQL itself would try for minutes.
    os.environ.setdefault("PGCONNECT_TIMEOUT", "10")
    with warnings.catch_warnings(action="ignore"):  # it is "experimental"
        connect = functools.partial(RDBStorage, address, heartbeat_interval=60)
        # Workers that begin at the same moment all try to make the tables.
        for _ in range(20):
            with contextlib.suppress(exc.IntegrityError, exc.ProgrammingError):
                return connect()
            time.sleep(random.random())
        return connect()


def main() -> None:
    """Search; what goes wrong ends in a line that says so, and the trials before it are kept."""
    parser = argparse.ArgumentParser("python -m lessons_src.search", description=__doc__)
    parser.add_argument("--study", default="fashion-mnist", help="its name")
    parser.add_argument("--storage", default="searches.journal", help="a file, or an address")
    parser.add_argument("--trials", type=int, default=20, help="for this worker to try")
    wish = parser.parse_args()
    if wish.trials < 0:
        parser.error("argument --trials: a number from 0 is wanted")
    try:
        images()  # first, so that a machine without the data leaves no trace
        study = open_study(wish.study, wish.storage)
        # An interrupt between two trials would leave one that runs for ever. SIGTERM is sent by
        # what ends a cluster's jobs.
        for sent in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sent, lambda *_: stopping.set())
        study.optimize(objective, wish.trials)
    except ValueError as error:  # of the data or of a file; it names the cure itself
        sys.exit(f"error: {error}")
    except (OSError, ImportError, exc.SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        cause = " ".join(str(error.__cause__ or error).split()).rstrip(".")
        sys.exit(f"error: {cause}. Cure: {CURE}")
    except KeyboardInterrupt:
        sys.exit("Stopped; the same command goes on with the study.")
