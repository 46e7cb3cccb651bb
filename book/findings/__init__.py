"""Findings: what the book says of its records, as plain functions that can be tested.

A module here is a topic, named like its page. A function in it takes records, which its parameters
name, and returns a number, an `Interval`, a word, or the judgement of a claim:

    @finding
    def listing_gain(activations: Record) -> Interval:
        "ReLU minus sigmoid, one hidden layer, Adam."
        gain = activations.difference(…)
        expect(gain.low > 0, "ReLU is ahead")
        return gain

    @claim("S3.3")
    def clear_winner(activations: Record, printed_candidates: Record) -> Judgement:
        …

A page quotes it by the role ``{value}`listing_gain:.1pt` ``; a page of another topic by
``{value}`relu-vs-sigmoid.listing_gain:.1pt` ``. The parameter `printed_candidates` stands for the
record `printed-candidates`. A test calls the function with small records made up by hand.

Nothing here is imported by a page's code: a changed finding runs no chapter.
"""

import contextlib
import functools
import importlib
import inspect
import pkgutil
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from book.claims import UNDECIDED, Judgement
from lessons_src.recorded import FROZEN, Record, recorded

F = TypeVar("F", bound=Callable[..., Any])


class FindingError(ValueError):
    """A finding cannot be used; the message begins with its file and line."""


@dataclass(frozen=True)
class Finding:
    """A declared function.

    Attributes:
        topic: its module's name, with hyphens.
        function: from records to a value.
        claim: the id of the claim that it judges; empty where it judges none.
    """

    topic: str
    function: Callable[..., Any]
    claim: str = ""

    @property
    def name(self) -> str:
        """As a page quotes it from elsewhere: ``topic.function``."""
        return f"{self.topic}.{self.function.__name__}"

    @property
    def place(self) -> str:
        """File and line, for messages."""
        code = self.function.__code__
        return f"{code.co_filename}:{code.co_firstlineno}"

    @property
    def edition(self) -> str:
        """The package of its topic: this one, or that of the first edition."""
        return self.function.__module__.rpartition(".")[0]

    @property
    def records(self) -> tuple[str, ...]:
        """Names of the records that it draws on, as `recorded` takes them."""
        folder = f"{FROZEN}/" if self.edition.endswith(".first_edition") else ""
        parameters = inspect.signature(self.function).parameters
        return tuple(folder + name.replace("_", "-") for name in parameters)


@dataclass(frozen=True)
class Found:
    """What a finding gives on today's records, and what is not so that sentences rely on."""

    value: Any
    unmet: tuple[str, ...]


# By edition and name: tests import the new findings of a topic beside those in use.
_values: dict[tuple[str, str], Finding] = {}
_claims: dict[tuple[str, str], Finding] = {}
_unmet: ContextVar[list[str] | None] = ContextVar("unmet", default=None)


def finding(function: F) -> F:
    """Declare a value that pages quote.

    Raises:
        FindingError: it has no docstring, or its topic has another one of this name.
    """
    return _declare(function, "")


def claim(name: str) -> Callable[[F], F]:
    """Declare the judgement of a claim.

    Raises:
        FindingError: it has no docstring, or another finding judges this claim.
    """
    return lambda function: _declare(function, name)


def _declare(function: F, claim: str) -> F:
    made = Finding(function.__module__.rpartition(".")[2].replace("_", "-"), function, claim)
    if not (function.__doc__ or "").strip():
        raise FindingError(f"{made.place}: the finding {made.name} has no docstring")
    for known, name in ((_values, made.name), (_claims, claim)):
        other = known.get((made.edition, name), made) if name else made
        if other.place != made.place:
            raise FindingError(f"{made.place}: {name} is found at {other.place} as well")
    _values[made.edition, made.name] = made
    if claim:
        _claims[made.edition, claim] = made
    return function


def expect(so: bool, sentence: str) -> None:
    """State what a sentence of a page takes for granted.

    While a page is built, what is not so is a warning that names the page; elsewhere nothing
    happens, so that a test may try a finding on any records.
    """
    unmet = _unmet.get()
    if unmet is not None and not so:
        unmet.append(sentence)


@contextlib.contextmanager
def expectations() -> Iterator[list[str]]:
    """Collect what is expected inside, and is not so."""
    unmet: list[str] = []
    token = _unmet.set(unmet)
    try:
        yield unmet
    finally:
        _unmet.reset(token)


@functools.cache
def evaluate(made: Finding) -> Found:
    """The finding on today's records.

    Raises:
        FindingError: it fails, or judges a claim and returns no judgement; the message names it.
    """
    with expectations() as unmet:
        try:
            value = looked_at(made.function, [recorded(name) for name in made.records])
        except Exception as error:
            raise FindingError(f"{made.place}: {made.name} fails: {error!r}") from error
    if made.claim and not isinstance(value, Judgement):
        raise FindingError(f"{made.place}: {made.name} returns {value!r}, and no Judgement")
    return Found(value, tuple(unmet))


def looked_at(function: Callable[..., Any], records: Sequence[Record]) -> Any:
    """What a finding says of records that have been looked at several times, as seeds were added.

    Each part of a headline is what it was at the first look that decided it, whatever other claims
    needed of the same runs; what is also asked is told of the first look. A plain value is that of
    all seeds.
    """
    value = function(*records)
    looks = {look for record in records for look in record.looks if look < len(record.seeds)}
    if not isinstance(value, Judgement) or not looks:
        return value
    with expectations():  # sentences are about all seeds
        earlier = [function(*(r.first(look) for r in records)) for look in sorted(looks)]
    decided = (
        next((part for part in parts if part.verdict != UNDECIDED), parts[-1])
        for parts in zip(*(one.headline for one in (*earlier, value)), strict=True)
    )
    return replace(value, headline=tuple(decided), also=earlier[0].also)


def topics() -> dict[str, str]:
    """The module of each topic, by the topic's name.

    As long as `first_edition` has one, the topic is judged by what the first edition recorded.
    """
    modules = {}
    for package in (__name__, f"{__name__}.first_edition"):
        folders = [str(Path(folder, *package.split(".")[2:])) for folder in __path__]
        for found in pkgutil.iter_modules(folders):
            if not found.ispkg and not found.name.startswith("_"):
                modules[found.name.replace("_", "-")] = f"{package}.{found.name}"
    return dict(sorted(modules.items()))


def _in_use(known: dict[tuple[str, str], Finding]) -> dict[str, Finding]:
    """Those of the modules that judge today, by the second part of their keys."""
    modules = set(topics().values())
    found = {key: made for key, made in known.items() if made.function.__module__ in modules}
    return {name: made for (_, name), made in found.items()}


def values() -> dict[str, Finding]:
    """All findings by their names; imports the modules that declare them.

    Raises:
        FindingError: one of these cannot be imported.
    """
    for module in topics().values():
        try:
            importlib.import_module(module)
        except FindingError:
            raise
        except SyntaxError as error:
            raise FindingError(f"{error.filename}:{error.lineno}: {error.msg}") from error
        except Exception as error:
            *_, last = traceback.extract_tb(error.__traceback__)
            raise FindingError(f"{last.filename}:{last.lineno}: {error!r}") from error
    return _in_use(_values)


def named(name: str) -> Finding:
    """The finding of this full name, ``topic.function``.

    Raises:
        ValueError: there is none; the message says which there are.
    """
    known = values()
    if name not in known:
        topic = name.partition(".")[0]
        if topic not in topics():
            raise ValueError(f"there is no topic {topic!r} in book/findings")
        own = [other for other in known if other.startswith(f"{topic}.")]
        raise ValueError(f"there is no finding {name!r}; there are {', '.join(own) or 'none'}")
    return known[name]


def fresh_claims() -> dict[str, Finding]:
    """The findings on records by the protocol, by the claim's id, of all topics that have some."""
    for module in pkgutil.iter_modules(__path__):
        if not module.ispkg and not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}")
    return {name: made for (edition, name), made in _claims.items() if edition == __name__}


def claims() -> dict[str, Finding]:
    """The findings that judge a claim, by the claim's id."""
    values()
    return _in_use(_claims)
