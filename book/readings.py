"""How each claim is read (`claims.toml`), and what all the judgements come to: the ledger.

The findings judge; here their judgements meet the readings, the cards on the pages, and the
verdicts that were kept (`experiments/verdicts.json`). The build shows what comes of it.
"""

import datetime
import functools
import json
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from book import findings
from book.claims import Judgement, Outcome
from book.findings import Finding, Found
from book.sources import SourceError, text_of
from lessons_src.recorded import Record

CLAIMS = Path(__file__).with_name("claims.toml")
VERDICTS = CLAIMS.with_name("experiments") / "verdicts.json"


@dataclass(frozen=True)
class Reading:
    """How a claim is read.

    Attributes:
        source: the key of its source in `references.bib`.
        claimed: its words, in ours.
        headline: the reading that alone gives the verdict.
        read: the day on which the reading was fixed.
        also: what is asked besides.
        known: what was known on that day.
        own: whether the question is the book's and not the source's.
        anew: `date` and `why` of a reading that was changed after its result was known.
    """

    source: str
    claimed: str
    headline: str
    read: datetime.date
    also: str = ""
    known: str = ""
    own: bool = False
    anew: dict[str, Any] | None = None

    @property
    def quoted(self) -> str:
        """The words of the claim with the citation of their source, as Markdown."""
        return self.claimed + ("" if self.own else f" {{cite}}`{self.source}`")


NEEDED = {"claimed", "headline", "read"}
KEYS = {field.name for field in fields(Reading)} - {"source"}


@dataclass(frozen=True)
class Readings:
    """What `claims.toml` says.

    Attributes:
        claims: the readings by the claim's id, in the order of the file.
        homes: the page that has to show the card, by the claim's id.
        moved: the ids of the cards that once stood on a page, by the page.
    """

    claims: dict[str, Reading]
    homes: dict[str, str]
    moved: dict[str, list[str]]


def read(path: Path = CLAIMS) -> Readings:
    """The readings in a file.

    Raises:
        ValueError: it is missing or broken, a claim has no source or no reading, or a reading has
            a key that nobody reads; the message names file and line.
    """
    try:
        text = text_of(path)
        content = tomllib.loads(text)
    except SourceError:
        raise
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be used: {error}") from None
    sources, claims = content.get("sources", {}), {}
    for claim, reading in content.get("claims", {}).items():
        line = text[: text.find(f'[claims."{claim}"]')].count("\n") + 1
        place = f"{path}:{line}: {claim}"
        if claim[:1] not in sources:
            raise ValueError(f"{place} has no source: [sources] has no {claim[:1]!r}")
        if missing := NEEDED - reading.keys():
            raise ValueError(f"{place} has no reading: {', '.join(sorted(missing))} missing")
        if odd := reading.keys() - KEYS:
            raise ValueError(f"{place} has the unknown key {', '.join(sorted(odd))}")
        if "anew" in reading and reading["anew"].keys() != {"date", "why"}:
            raise ValueError(f"{place}: anew needs a date and a why")
        claims[claim] = Reading(sources[claim[:1]], **reading)
    homes = {claim: page for page, own in content.get("homes", {}).items() for claim in own}
    return Readings(claims, homes, content.get("moved", {}))


@functools.cache
def today() -> Readings:
    """The book's own readings; see `read`."""
    return read()


def kept(path: Path = VERDICTS) -> dict[str, str]:
    """The verdicts that were kept, by the claim's id; none where there is no file.

    Raises:
        ValueError: the file is broken; the message names it, the line and the cure.
    """
    cure = "restore it, or delete it and run `make verdicts`"
    try:
        content = json.loads(text_of(path)) if path.exists() else {}
    except SourceError as error:
        raise SourceError(f"{error}, or {cure}") from None
    except ValueError as error:
        raise ValueError(f"{path}:{getattr(error, 'lineno', 1)}: {error}: {cure}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}:1: this is no table of verdicts: {cure}")
    return content


def judged(claim: str) -> Found:
    """The judgement of a claim on today's records.

    Raises:
        FindingError: the finding that judges it fails.
    """
    return findings.evaluate(findings.claims()[claim])


def date_of(record: Record) -> datetime.date:
    """The day on which a record was made."""
    return datetime.date.fromisoformat(record.made["date"])


def anchor(claim: str) -> str:
    """Where on its page the card of a claim is."""
    return f"claim-{claim}".lower().replace(".", "-")


Fault = tuple[str | None, str]  # where, which is a page or a file with its line, and what


@dataclass(frozen=True)
class Ledger:
    """The readings, the findings that judge them, and the pages on which they are shown.

    Attributes:
        readings: of the claims.
        judges: the findings that judge a claim, by its id.
        cards: the claims whose cards a page has, by the page.
    """

    readings: Readings
    judges: Mapping[str, Finding]
    cards: Mapping[str, Collection[str]]

    def judgements(self) -> dict[str, Judgement]:
        """Of the claims that have a reading, in the order of `claims.toml`, on today's records."""
        judges = {c: self.judges[c] for c in self.readings.claims if c in self.judges}
        return {claim: findings.evaluate(made).value for claim, made in judges.items()}

    def pages(self) -> dict[str, str]:
        """The page with the card of a claim, the first of these where there are more."""
        return {c: page for page, own in sorted(self.cards.items(), reverse=True) for c in own}

    def shown(self) -> dict[str, tuple[str, Judgement]]:
        """The page with the card and the judgement, of the claims that have both."""
        pages = self.pages()
        return {c: (pages[c], found) for c, found in self.judgements().items() if c in pages}

    def rows(self, uri: Callable[[str], str] = "{}.html".format) -> list[dict[str, Any]]:
        """The claims that are shown, as plain data; `uri` gives the address of a page."""
        return [
            {
                "id": claim,
                "source": self.readings.claims[claim].source,
                "claimed": self.readings.claims[claim].claimed,
                "headline": self.readings.claims[claim].headline,
                "verdict": judgement.verdict,
                "provisional": judgement.provisional,
                "parts": [plain(part) for part in judgement.headline],
                "also": [plain(part) for part in judgement.also],
                "set_up": judgement.set_up,
                "weakened": judgement.weakened,
                "records": [record.name for record in judgement.records],
                "read": self.readings.claims[claim].read.isoformat(),
                "page": f"{uri(page)}#{anchor(claim)}",
            }
            for claim, (page, judgement) in self.shown().items()
        ]

    def misplaced(self, pages: Collection[str]) -> Iterator[Fault]:
        """Claims without a reading, a judgement or a card, and cards in the wrong place.

        Args:
            pages: those of the build, which may leave some of the book's out.
        """
        claims, homes = self.readings.claims, self.readings.homes
        for claim in sorted(self.judges.keys() - claims):
            made = self.judges[claim]
            yield made.place, f"{made.name} judges {claim}, which has no reading in claims.toml"
        seen: dict[str, str] = {}
        for page, own in sorted(self.cards.items()):
            for claim in own:
                if claim in seen:
                    yield page, f"{claim} has a card on {seen[claim]} too"
                seen[claim] = page
                if homes.get(claim) != page:
                    home = homes.get(claim, "none")
                    yield page, f"claims.toml gives {claim} another home: {home}"
        for claim, page in homes.items():
            if page in pages and claim not in seen:
                yield page, f"this page has to show {{claim}} {claim}"
        for claim in claims:
            if claim not in self.judges:
                yield None, f"no finding judges {claim}: add @claim({claim!r})"
            elif claim not in homes and claim not in seen:
                yield None, f"claims.toml gives {claim} no home, and no page shows it"

    def changed(self, kept: Mapping[str, str], pages: Collection[str] = ()) -> Iterator[Fault]:
        """Verdicts on shown claims that differ from those that were kept, and those of no claim.

        Args:
            kept: the verdicts, by the claim's id.
            pages: those of the build; a claim whose page it leaves out keeps its verdict.
        """
        shown = self.shown()
        for claim, (page, judgement) in shown.items():
            was, now = kept.get(claim), judgement.verdict
            told = f"the verdict on {claim} is now {now!r}, and was {was!r}"
            cure = "If that is right, and the text around it too, `make verdicts` keeps it"
            if now != was:
                yield page, f"{told}. {cure}"
        elsewhere = {c for c, page in self.readings.homes.items() if pages and page not in pages}
        for claim in sorted(kept.keys() - shown - elsewhere):
            told = f"there is a verdict on {claim}, which no page shows"
            yield None, f"{told}: `make verdicts` drops it"

    def late(self) -> Iterator[Fault]:
        """Readings that are younger than a record and do not say so.

        Seeds that were seen before make a judgement provisional, which its card says; of these the
        dates are not compared.
        """
        for claim, (page, judgement) in self.shown().items():
            reading = self.readings.claims[claim]
            for part in judgement.headline:
                early = ", ".join(r.name for r in part.records if date_of(r) < reading.read)
                told = f"{claim} was read on {reading.read}, after its record {early} was made"
                if early and not part.provisional and reading.anew is None:
                    yield page, f"{told}: say so in claims.toml, by anew = {{date = …, why = …}}"


def plain(part: Outcome) -> dict[str, Any]:
    """An outcome as plain data."""
    interval = part.interval
    return {
        "asked": part.asked,
        "verdict": part.verdict,
        "number": part.number,
        "sign": part.sign,
        "reached": part.reached,
        "interval": interval and [interval.estimate, interval.low, interval.high],
        "level": interval and interval.level,
        "seeds": len(part.seeds) or None,
        "provisional": part.provisional,
    }
