"""The card of a claim (`{claim} S2.7`), links to it, and the checks on all judgements.

The words and the readings stand in `book/claims.toml`, the judgements in `book/findings`; no page
has to run for them. All of them are written to `claims.json` beside the pages, and their verdicts
compared with `book/experiments/verdicts.json`, which `make verdicts` writes: a verdict that differs
is a warning, and so fails a build with -W.
"""

from __future__ import annotations

import datetime
import functools
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from book import findings
from book.claims import NOT_TESTABLE, Judgement, Outcome

from .fold import Fold, Summary
from .values import note_files, warn

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

LOGGER = logging.getLogger(__name__)
KEYS = {"claimed", "headline", "also", "read", "known", "own", "anew"}
PROVISIONAL = "provisional"
WHY_PROVISIONAL = "seeds below 1000, not yet by the protocol"


class ClaimDirective(SphinxDirective):
    """`{claim} S2.7`: the card."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the card, and remember that this page has it."""
        claim = self.arguments[0]
        self.env.note_dependency(str(Path(self.env.srcdir) / "claims.toml"))
        known = claims_file(self.env.srcdir)
        if claim not in known["claims"]:
            raise self.error(f"claim: {claim!r} is not in claims.toml")
        if claim not in findings.claims():
            raise self.error(f"claim: no finding judges {claim!r}: add @claim({claim!r})")
        made = findings.claims()[claim]
        found = judged(claim)
        note_files(self.env, made)
        warn(self.env, made.name, found, self.get_location(), f"{{claim}} {claim}")
        store(self.env).setdefault(self.env.docname, []).append(claim)
        words = self.parse_text_to_nodes(quoted(known, claim))
        card = nodes.container("", classes=["claim-card", css(found.value.verdict)])
        card["ids"].append(anchor(claim))
        card += header(claim, known["claims"][claim], found.value)
        card += aspects(words, known["claims"][claim], found.value)
        self.set_source_info(card)
        return [card]


class CardLink(nodes.Inline, nodes.TextElement):
    """A link to the card of a claim; `claim` is its id. Made when the pages are known."""


class ClaimRole(SphinxRole):
    """``{claim}`S3.3` ``: a link to the card."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Leave the link to be made; the page is read again where a card may have moved."""
        self.env.note_dependency(str(Path(self.env.srcdir) / "claims.toml"))
        if self.text not in claims_file(self.env.srcdir)["claims"]:
            told = "claims: {claim}`%s`: there is no such claim in claims.toml"
            LOGGER.warning(told, self.text, location=self.get_location())
        return [CardLink("", self.text, claim=self.text)], []


class MovedClaims(SphinxDirective):
    """`{moved-claims}`: the cards that once stood on this page, so that old links lead to them."""

    def run(self) -> list[nodes.Node]:
        """A list whose entries bear the old anchors; a script goes on to the card."""
        self.env.note_dependency(str(Path(self.env.srcdir) / "claims.toml"))
        moved = claims_file(self.env.srcdir).get("moved", {}).get(self.env.docname, [])
        if not moved:
            raise self.error(f"moved-claims: claims.toml names none for {self.env.docname}")
        links = nodes.paragraph("", "")
        for claim in moved:
            link = CardLink("", claim, claim=claim, ids=[anchor(claim)])
            links += [link, nodes.Text(" ")]
        script = nodes.raw("", f"<script>{FOLLOW}</script>\n", format="html")
        return [Fold("", Summary("", "The cards of this chapter\N{RIGHT SINGLE QUOTATION MARK}s "
                "claims"), links, classes=["fold", "fold-recorded"]), script]  # fmt: skip


FOLLOW = (
    "(() => { const link = document.getElementById(location.hash.slice(1))?.querySelector('a');"
    " if (link) location.replace(link.href); })();"
)


def header(claim: str, reading: dict[str, Any], judgement: Judgement) -> nodes.paragraph:
    """The id, the verdict, and the badges."""
    line = nodes.paragraph("", "", classes=["claim-verdict"])
    line += [nodes.inline("", f"Claim {claim}", classes=["claim-id"]), nodes.Text(" ")]
    line += badges(reading, judgement)
    return line


def badges(reading: dict[str, Any], judgement: Judgement) -> list[nodes.Node]:
    """The verdict as a badge, and what has to be known of it."""
    made: list[nodes.Node] = [
        nodes.strong("", judgement.verdict, classes=["verdict", css(judgement.verdict)])
    ]
    if judgement.provisional:
        told = f"{PROVISIONAL}: {WHY_PROVISIONAL}"
        made += [nodes.Text(" "), nodes.inline("", told, classes=["claim-badge"])]
    if anew := reading.get("anew"):
        told = f"read anew on {day(anew['date'])}, after the result: {anew['why']}"
        made += [nodes.Text(" "), nodes.inline("", told, classes=["claim-badge"])]
    return made


def aspects(
    claimed: list[nodes.Node], reading: dict[str, Any], judgement: Judgement
) -> list[nodes.Node]:
    """What stands on the card below its header."""
    parts: list[tuple[str, list[nodes.Node]]] = [
        ("Asked" if reading.get("own") else "Claimed", claimed),
        ("Read as", [nodes.paragraph("", reading["headline"])]),
        ("Measured", [outcomes(judgement.headline)]),
    ]
    if judgement.set_up:
        parts.append(("Set-up", [nodes.paragraph("", judgement.set_up)]))
    if judgement.weakened:
        parts.append(("Weakened by", [nodes.paragraph("", judgement.weakened)]))
    parts.append(("Dates", [nodes.paragraph("", dates(reading, judgement))]))
    parts.append(("Came from", [nodes.paragraph("", "", *came_from(judgement))]))
    terms = nodes.definition_list()
    for name, content in parts:
        terms += nodes.definition_list_item(
            "", nodes.term("", name), nodes.definition("", *content)
        )
    also = also_asked(reading, judgement)
    return [terms, *([also] if also else [])]


def also_asked(reading: dict[str, Any], judgement: Judgement) -> Fold | None:
    """What was asked besides, in a fold; no part of the verdict."""
    if not judgement.also and "also" not in reading:
        return None
    content: list[nodes.Node] = []
    if "also" in reading:
        content.append(nodes.paragraph("", reading["also"], classes=["claim-also"]))
    if judgement.also:
        content.append(outcomes(judgement.also))
    else:
        content.append(nodes.paragraph("", "Not yet measured by the protocol."))
    title = "Also asked, which does not change the verdict"
    return Fold("", Summary("", title), *content, classes=["fold", "fold-also"])


def outcomes(found: tuple[Outcome, ...]) -> nodes.bullet_list:
    """Each question with its number, its verdict and the sign that its interval shows."""
    made = nodes.bullet_list("", classes=["claim-outcomes"])
    for part in found:
        line = nodes.paragraph("", f"{capital(part.asked)}: ")
        if part.number:
            line += [nodes.Text(part.number), nodes.Text(level_in_words(part)), nodes.Text(". ")]
        line += nodes.inline("", part.verdict, classes=["verdict", css(part.verdict)])
        if part.sign:
            line += nodes.Text(f" ({part.sign})")
        made += nodes.list_item("", line)
    return made


def level_in_words(part: Outcome) -> str:
    """The level of the interval, where it is not that of the whole book."""
    if part.interval is None or abs(part.interval.level - 0.95) < 1e-9:
        return ""
    return f" at {100 * part.interval.level:.4g}%"


def dates(reading: dict[str, Any], judgement: Judgement) -> str:
    """When the claim was read and when its records were made, and what was known before."""
    told = f"Read on {day(reading['read'])}."
    made = sorted({date_of(record) for record in judgement.records})
    if made:
        span = day(made[0]) if len(made) == 1 else f"{day(made[0])} to {day(made[-1])}"
        seeds = sorted({len(p.seeds) for p in judgement.headline if p.seeds})
        runs = " or ".join(map(str, seeds))
        told += f" Recorded on {span}" + (f", {runs} seeds." if seeds else ".")
    return told + (f" {capital(reading['known'])}" if "known" in reading else "")


def date_of(record: Any) -> datetime.date:
    """The day on which a record was made."""
    return datetime.date.fromisoformat(record.made["date"])


def came_from(judgement: Judgement) -> list[nodes.Node]:
    """The commands that repeat the measurement."""
    if judgement.verdict == NOT_TESTABLE:
        return [nodes.Text("Cited: others\N{RIGHT SINGLE QUOTATION MARK} figures, not ours.")]
    if not judgement.records:
        return [nodes.Text("No record answers it yet.")]
    parts: list[nodes.Node] = [nodes.Text("Repeat it with ")]
    for i, record in enumerate(judgement.records):
        parts += [nodes.Text(" and ")] if i else []
        parts.append(nodes.literal("", record.command))
    return [*parts, nodes.Text(".")]


def capital(text: str) -> str:
    """With a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def day(date: datetime.date) -> str:
    """29 November 2026."""
    return f"{date.day} {date:%B %Y}"


def css(verdict: str) -> str:
    """The class of a verdict, which has its colour."""
    return f"verdict-{verdict.replace(' ', '-')}"


def anchor(claim: str) -> str:
    """Where on its page a claim's card is."""
    return nodes.make_id(f"claim-{claim}")


@functools.cache
def judged(claim: str) -> findings.Found:
    """The judgement of a claim on today's records.

    Raises:
        SystemExit: the finding fails, or returns something else; the message names file and line.
    """
    made = findings.claims()[claim]
    try:
        found = findings.evaluate(made)
    except ValueError as error:
        raise SystemExit(f"The book was not built: {error}") from None
    if not isinstance(found.value, Judgement):
        told = f"{made.place}: {made.name} returns {found.value!r}, and no Judgement"
        raise SystemExit(f"The book was not built: {told}")
    return found


def claims_file(folder: str | Path) -> dict[str, dict[str, Any]]:
    """`claims.toml`: sources by the letter of their ids, ids by page, readings by id.

    Raises:
        SystemExit: naming the file, if it is missing or broken, a claim has no source or no
            reading, or a reading has keys that nobody reads.
    """
    path = Path(folder) / "claims.toml"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SystemExit(f"The book was not built: {path} cannot be used: {error!r}") from None


@functools.lru_cache(maxsize=4)
def _read(path: Path, _: int) -> dict[str, dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    known = tomllib.loads(text)
    lines = text.splitlines()
    for claim, reading in known["claims"].items():
        line = next((i for i, t in enumerate(lines, 1) if t == f'[claims."{claim}"]'), 1)
        place = f"{path}:{line}: {claim}"
        if claim[:1] not in known["sources"]:
            raise ValueError(f"{place} has no source")
        if missing := {"claimed", "headline", "read"} - reading.keys():
            raise ValueError(f"{place} has no reading: {', '.join(sorted(missing))} missing")
        if odd := reading.keys() - KEYS:
            raise ValueError(f"{place} has the unknown key {', '.join(sorted(odd))}")
        if "anew" in reading and reading["anew"].keys() != {"date", "why"}:
            raise ValueError(f"{place}: anew needs a date and a why")
    return known


def quoted(known: dict[str, dict[str, Any]], claim: str) -> str:
    """The words of a claim with the citation of its source, as Markdown."""
    reading = known["claims"][claim]
    cite = "" if reading.get("own") else f" {{cite}}`{known['sources'][claim[0]]}`"
    return reading["claimed"] + cite


def store(env: BuildEnvironment) -> dict[str, list[str]]:
    """The claims whose cards each page has."""
    if not hasattr(env, "lessons_cards"):
        env.lessons_cards = {}
    return env.lessons_cards


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Drop the cards of a page that is read again or gone."""
    store(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: Any) -> None:
    """Take over the cards that another process has read."""
    store(env).update({k: v for k, v in store(other).items() if k in docnames})


def home(env: BuildEnvironment, claim: str) -> str | None:
    """The page that has the claim's card."""
    return next((page for page, own in sorted(store(env).items()) if claim in own), None)


def link_cards(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make the links to cards, now that all pages are read."""
    for place in list(doctree.findall(CardLink)):
        page, claim = home(app.env, place["claim"]), place["claim"]
        if page is None:
            continue
        uri = app.builder.get_relative_uri(docname, page)
        place.children = []
        place += nodes.reference(
            "", claim, internal=True, refuri=f"{uri}#{anchor(claim)}", classes=["claim-link"]
        )


def collect(env: BuildEnvironment) -> list[dict[str, Any]]:
    """All judged claims in the order of claims.toml, as plain data."""
    known = claims_file(env.srcdir)
    rows = []
    for claim, reading in known["claims"].items():
        page = home(env, claim)
        if page is None or claim not in findings.claims():
            continue
        judgement = judged(claim).value
        rows.append(
            {
                "id": claim,
                "source": known["sources"][claim[0]],
                "claimed": reading["claimed"],
                "headline": reading["headline"],
                "verdict": judgement.verdict,
                "provisional": judgement.provisional,
                "parts": [plain(part) for part in judgement.headline],
                "also": [plain(part) for part in judgement.also],
                "set_up": judgement.set_up,
                "weakened": judgement.weakened,
                "records": [record.name for record in judgement.records],
                "read": reading["read"].isoformat(),
                "page": f"{page}.html#{anchor(claim)}",
            }
        )
    return rows


def plain(part: Outcome) -> dict[str, Any]:
    """An outcome for programs."""
    ends = part.interval and [part.interval.estimate, part.interval.low, part.interval.high]
    return {
        "asked": part.asked,
        "verdict": part.verdict,
        "number": part.number,
        "sign": part.sign,
        "interval": ends,
        "level": part.interval and part.interval.level,
        "seeds": len(part.seeds) or None,
        "provisional": part.provisional,
    }


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of cards in the wrong place, of claims without one or unjudged, of changes and dates.

    Raises:
        SystemExit: naming the file, if the stored verdicts cannot be read.
    """
    known, judges = claims_file(app.srcdir), findings.claims()
    homes = known.get("homes", {})
    at = {claim: page for page, own in homes.items() for claim in own}
    for claim in sorted(judges.keys() - known["claims"].keys()):
        told = "claims: %s judges %s, which has no reading in claims.toml"
        LOGGER.warning(told, judges[claim].name, claim, location=judges[claim].place)
    shown: dict[str, str] = {}
    for page, own in sorted(store(env).items()):
        for claim in own:
            if claim in shown:
                LOGGER.warning(
                    "claims: %s has a card on %s too", claim, shown[claim], location=page
                )
            shown[claim] = page
            if at.get(claim) != page:
                told = "claims: claims.toml gives %s another home: %s"
                LOGGER.warning(told, claim, at.get(claim, "none"), location=page)
    for claim, page in at.items():
        if page in env.found_docs and claim not in shown:
            LOGGER.warning("claims: this page has to show {claim} %s", claim, location=page)
    for claim in known["claims"]:
        if claim not in judges:
            LOGGER.warning("claims: no finding judges %s: add @claim(%r)", claim, claim)
        elif claim not in at and claim not in shown:
            LOGGER.warning("claims: claims.toml gives %s no home, and no page shows it", claim)
    env.lessons_ledger = collect(env)
    compare(env, Path(app.srcdir) / "experiments" / "verdicts.json")
    check_dates(env)


def compare(env: BuildEnvironment, path: Path) -> None:
    """Warn of verdicts that differ from the stored ones."""
    try:
        stored = dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(f"The book was not built: {path} cannot be used: {error!r}") from None
    for claim in env.lessons_ledger:
        name, now = claim["id"], claim["verdict"]
        if now != stored.get(name):
            LOGGER.warning(
                "claims: the verdict on %s is now %r, and was %r. If that is right, and the text "
                "around it too, `make verdicts` keeps it",
                name,
                now,
                stored.get(name),
                location=claim["page"].partition(".html")[0],
            )
    for name in sorted(stored.keys() - {claim["id"] for claim in env.lessons_ledger}):
        told = "claims: there is a verdict on %s, which no page shows: `make verdicts` drops it"
        LOGGER.warning(told, name)


def check_dates(env: BuildEnvironment) -> None:
    """Warn of a reading that is younger than its record and does not say so.

    Seeds that were seen before make a judgement provisional, which its card says; of these the
    dates are not compared.
    """
    known = claims_file(env.srcdir)["claims"]
    for claim in env.lessons_ledger:
        reading, judgement = known[claim["id"]], judged(claim["id"]).value
        if "anew" in reading:
            continue
        for part in judgement.headline:
            early = [r.name for r in part.records if date_of(r) < reading["read"]]
            if early and not part.provisional:
                told = (
                    "claims: %s was read on %s, after its record %s was made: say so in "
                    "claims.toml, by anew = {date = …, why = …}"
                )
                page = claim["page"].partition(".html")[0]
                LOGGER.warning(told, claim["id"], reading["read"], ", ".join(early), location=page)


def remove_json(app: Sphinx) -> None:
    """Leave no ledger of an earlier build where this one fails."""
    (Path(app.outdir) / "claims.json").unlink(missing_ok=True)


def write_json(app: Sphinx, exception: Exception | None) -> None:
    """Write the ledger for programs."""
    if exception is None and app.builder.format == "html":
        text = json.dumps(app.env.lessons_ledger, indent=1, ensure_ascii=False)
        (Path(app.outdir) / "claims.json").write_text(text + "\n", encoding="utf-8")


def register(app: Sphinx) -> None:
    """Tell Sphinx what is here."""
    span = (
        lambda self, node: self.body.append(self.starttag(node, "span", "")),
        lambda self, node: self.body.append("</span>"),
    )
    app.add_node(CardLink, html=span)
    app.add_directive("claim", ClaimDirective)
    app.add_directive("moved-claims", MovedClaims)
    app.add_role("claim", ClaimRole())
    app.connect("builder-inited", remove_json, priority=400)  # before stale records are refused
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", link_cards)
    app.connect("build-finished", write_json)
