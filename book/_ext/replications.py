"""What a page trains live is a replication: it has to land where recorded runs say that it may.

A cell's `live` metadata name the numbers that its page speaks of (see `execution`). The record
of the page `book/width.md` is the experiment `live-width`: some twenty runs of the same set-up,
with other seeds, whose case `live` has a result for each of these names. At full settings on the
real data a number outside of their prediction interval is a warning, and so fails a build with -W.

``{live}`accuracy:.1%` `` shows the number that this build's run gave, ``{band}`accuracy:.1%` `` the
interval. The formats are those of `book.formats`.
"""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from book.formats import formatted
from lessons_src.recorded import FROZEN, read
from lessons_src.stats import Interval, prediction_interval

from .common import RECORDS

LOGGER = logging.getLogger(__name__)
#: At 95 % two of forty numbers would always be outside, and the same ones in every build.
LEVEL = 0.999
DIGITS = 1e-5  # a record keeps six digits
ELSEWHERE = " (on the real images, at full settings)"


def record_of(page: str) -> Path:
    """The file in which the recorded runs of a page's live set-up are, if there are any."""
    name = f"live-{page.rpartition('/')[2]}.json"
    kept = RECORDS / FROZEN / name
    return kept if kept.is_file() and not (RECORDS / name).is_file() else RECORDS / name


def band(page: str, name: str) -> Interval:
    """Where one more run of the recorded set-up lands.

    Raises:
        ValueError: there is no record, or it has not one number a run under this name.
    """
    path = record_of(page)
    if not path.is_file():
        raise ValueError(f"there is no record {path.stem}: declare it as an experiment and run it")
    record = read(path)
    try:
        return prediction_interval(record("live", name), LEVEL)
    except KeyError as error:
        raise ValueError(error.args[0]) from None
    except ValueError as error:
        raise ValueError(f"{name!r} of {record.name}: {error}") from None


def is_replication(config: Config) -> bool:
    """Whether this build's runs are of the recorded set-up: real data, full settings."""
    return config["lessons_data"]["source"] == "real" and not config["lessons_quick"]


def compare(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of numbers outside of their band, and of names that a record does not have.

    At every build, also where no page was read again: what is wrong stays wrong.
    """
    for page, places in sorted(env.lessons_live.items()):
        record = record_of(page)
        for name, place in places.items() if record.is_file() else ():
            try:
                interval = band(page, name)
            except ValueError as fault:
                LOGGER.error("replications: %s", fault, location=place)
                continue
            value = env.lessons_runs[page]["live"][name]
            room = DIGITS * abs(value)  # equal runs leave none, and are rounded
            inside = interval.low - room <= value <= interval.high + room
            if is_replication(app.config) and not inside:
                told = (
                    f"on page {page} the live {name} is {value:.6g}, outside of {interval.low:.6g} "
                    f"to {interval.high:.6g}, where 99.9 % of runs like those of {record.stem} "
                    "land. If the page should run what they did, find what differs: the cell, the "
                    "data's split, a version; if it should not, change the experiment as well, and "
                    f"then: make experiments NAME={record.stem}"
                )
                LOGGER.warning("replications: %s", told, location=place)


def said(env: BuildEnvironment, page: str, role: str, content: str) -> str:
    """What ``{live}`content` `` or ``{band}`content` `` says on a page.

    Raises:
        ValueError: there is no such number, or it cannot be formatted so.
    """
    name, _, spec = content.partition(":")
    name = name.strip()
    if role == "live":
        values = env.lessons_runs.get(page, {}).get("live", {})
        if name not in values:
            there = ", ".join(values) or "none"
            raise ValueError(f"no cell of this page names {name!r} as live; there are {there}")
        return formatted(values[name], spec)
    interval = band(page, name)
    ends = f"{formatted(interval.low, spec)} to {formatted(interval.high, spec)}"
    return ends if is_replication(env.config) else ends + ELSEWHERE


def note(env: BuildEnvironment, role: str, content: str, location: Any) -> None:
    """Have the page read again when the band changes; a run's numbers see to that themselves."""
    if role == "band":
        env.note_dependency(str(record_of(env.docname)))


def register(app: Sphinx) -> None:
    app.connect("env-updated", compare)
