"""A worker that searches for a good network: `python -m lessons_src.search --trials 20`.

Any number of workers may search one study at the same time. All that they share is its storage: a
file on one machine, a database for many. Each asks it what has been tried, tries something else,
and writes down what came of it.
"""

import argparse
import contextlib
import functools
import os
import random
import signal
import sys
import threading
import time
import warnings
from pathlib import Path

import keras
import optuna
from optuna.storages import RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from sqlalchemy import exc

from lessons_src.data import load, scale
from lessons_src.models import dense
from lessons_src.training import fit

EPOCHS = 6
CURE = "give --storage a file in a folder to write in, or the address of a database that is up, as \
postgresql+psycopg://user@host/database"
stopping = threading.Event()  # a worker that is told to stop does so at the end of an epoch
SEARCHED = slice(None, 6000)  # of the validation images; the other half judges what was found


def objective(trial: optuna.Trial) -> float:
    """Validation accuracy of what the trial suggests, unless it is pruned."""
    units = trial.suggest_int("units", 32, 256, log=True)
    learning_rate = trial.suggest_float("learning_rate", 1e-4, 3e-2, log=True)
    dropout = trial.suggest_float("dropout", 0.0, 0.4)
    batch_size = trial.suggest_categorical("batch_size", [64, 128, 256])

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
    """The study in a file or at a database's address, begun if need be."""
    study = optuna.create_study(
        study_name=name,
        storage=database(place) if "://" in place else journal(place),
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(),
        load_if_exists=True,
    )
    here = load().fingerprint
    if study.user_attrs.get("data", here) != here:
        raise ValueError(
            f"study {name} was begun on other data than are found here: "
            "set FASHION_MNIST_DIR as it was there, or name another --study"
        )
    study.set_user_attr("data", here)
    return study


def journal(place: str) -> optuna.storages.JournalStorage:
    """A file to which all workers append."""
    path, start = Path(place), b'{"op_code"'
    if path.is_file() and not (path.read_bytes() or start).startswith(start):
        raise ValueError(f"{place} is no journal: give --storage another file")
    lock = JournalFileOpenLock(place)  # unlike the usual one, for Windows too
    return optuna.storages.JournalStorage(JournalFileBackend(place, lock))


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
