"""The card of a claim (`{claim} S2.7`), links to it, and the ledger for programs, `claims.json`.

The words and the readings stand in `book/claims.toml`, the judgements in `book/findings`; no page
has to run for them. What does not fit together (see `book.readings`) is a warning, and so fails a
build with -W.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from book import findings, readings
from book.claims import NOT_TESTABLE, Judgement, Outcome
from book.readings import Ledger, Reading, Readings, anchor

from .common import day, paragraph, span, stop, texts
from .fold import Fold, folded
from .values import note_files, warn_of_unmet

LOGGER = logging.getLogger(__name__)
CARDS = "claim-cards"  # of a page's metadata, which Sphinx drops when the page is read again
WHY_PROVISIONAL = "seeds below 1000, not yet by the protocol"
APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
FOLLOW = (
    "(() => { const link = document.getElementById(location.hash.slice(1))?.querySelector('a');"
    " if (link) location.replace(link.href); })();"
)


def noted_readings(env: BuildEnvironment) -> Readings:
    """The readings, on which the page that is being read depends from here on."""
    for path in (readings.__file__, readings.CLAIMS):
        env.note_dependency(str(path))
    return readings.today()


class ClaimDirective(SphinxDirective):
    """`{claim} S2.7`: the card."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        claim = self.arguments[0]
        reading = noted_readings(self.env).claims.get(claim)
        if reading is None:
            raise self.error(f"claim: {claim!r} is not in claims.toml")
        made = findings.claims().get(claim)
        if made is None:
            raise self.error(f"claim: no finding judges {claim!r}: add @claim({claim!r})")
        found = readings.judged(claim)
        note_files(self.env, made)
        warn_of_unmet(self.env, made.name, found, self.get_location(), f"{{claim}} {claim}")
        self.env.metadata[self.env.docname].setdefault(CARDS, []).append(claim)
        words = self.parse_text_to_nodes(reading.quoted)
        title = paragraph(
            span(f"Claim {claim}", "claim-id"),
            " ",
            *badges(reading, found.value),
            classes=("claim-verdict",),
        )
        card = nodes.container("", title, classes=["claim-card", css(found.value.verdict)])
        card["ids"].append(anchor(claim))
        card += aspects(words, reading, found.value)
        self.set_source_info(card)
        return [card]


class CardLink(nodes.inline):
    """A link to the card of the claim that is its text; made when the pages are known."""


class ClaimRole(SphinxRole):
    """``{claim}`S3.3` ``: a link to the card."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if self.text not in noted_readings(self.env).claims:
            told = "claims: {claim}`%s`: there is no such claim in claims.toml"
            LOGGER.warning(told, self.text, location=self.get_location())
        return [CardLink("", self.text)], []


class MovedClaims(SphinxDirective):
    """`{moved-claims}`: the cards that once stood on this page, so that old links lead to them."""

    def run(self) -> list[nodes.Node]:
        """A list whose entries bear the old anchors; a script goes on to the card."""
        moved = noted_readings(self.env).moved.get(self.env.docname)
        if not moved:
            raise self.error(f"moved-claims: claims.toml names none for {self.env.docname}")
        links = [CardLink("", claim, ids=[anchor(claim)]) for claim in moved]
        listed = paragraph(*(part for link in links for part in (link, " ")))
        told = f"The cards of this chapter{APOSTROPHE}s claims"
        script = nodes.raw("", f"<script>{FOLLOW}</script>\n", format="html")
        return [folded([told], listed, classes="fold fold-recorded"), script]


def badges(reading: Reading, judgement: Judgement) -> list[nodes.Node]:
    """The verdict as a badge, and what has to be known of it."""
    known = []
    if judgement.provisional:
        known.append(f"provisional: {WHY_PROVISIONAL}")
    if anew := reading.anew:
        known.append(f"read anew on {day(anew['date'])}, after the result: {anew['why']}")
    verdict = nodes.strong("", judgement.verdict, classes=["verdict", css(judgement.verdict)])
    return texts(verdict, *(p for text in known for p in (" ", span(text, "claim-badge"))))


def aspects(claimed: list[nodes.Node], reading: Reading, judgement: Judgement) -> list[nodes.Node]:
    """What stands on the card below its header."""
    parts: dict[str, list[nodes.Node]] = {
        "Asked" if reading.own else "Claimed": claimed,
        "Read as": [paragraph(reading.headline)],
        "Measured": [outcomes(judgement.headline)],
        "Set-up": [paragraph(judgement.set_up)] if judgement.set_up else [],
        "Weakened by": [paragraph(judgement.weakened)] if judgement.weakened else [],
        "Dates": [paragraph(dates(reading, judgement))],
        "Came from": [paragraph(*came_from(judgement))],
    }
    items = [
        nodes.definition_list_item("", nodes.term("", name), nodes.definition("", *content))
        for name, content in parts.items()
        if content
    ]
    return [nodes.definition_list("", *items), *also_asked(reading, judgement)]


def also_asked(reading: Reading, judgement: Judgement) -> list[Fold]:
    """What was asked besides, in a fold; no part of the verdict."""
    if not (judgement.also or reading.also):
        return []
    content = [paragraph(reading.also, classes=("claim-also",))] if reading.also else []
    missing = paragraph("Not yet measured by the protocol.")
    content.append(outcomes(judgement.also) if judgement.also else missing)
    told = "Also asked, which does not change the verdict"
    return [folded([told], *content, classes="fold fold-also")]


def outcomes(found: Sequence[Outcome], *, seeds: bool = False) -> nodes.bullet_list:
    """Each question with its number, its verdict, the sign that its interval shows, its `seeds`."""
    made = nodes.bullet_list("", classes=["claim-outcomes"])
    for part in found:
        line = [f"{capital(part.asked)}: "]
        line += [part.number, level_in_words(part), ". "] if part.number else []
        line.append(span(part.verdict, "verdict", css(part.verdict)))
        known = "; ".join(filter(None, [part.sign, part.reached]))
        line += [f" ({known})"] if known else []
        line += [f" {len(part.seeds)} seeds."] if seeds and part.seeds else []
        made += nodes.list_item("", paragraph(*line))
    return made


def level_in_words(part: Outcome) -> str:
    """The level of the interval, where it is not that of the whole book."""
    if part.interval is None or abs(part.interval.level - 0.95) < 1e-9:
        return ""
    return f" at {100 * part.interval.level:.4g}%"


def dates(reading: Reading, judgement: Judgement) -> str:
    """When the claim was read and when its records were made, and what was known before."""
    told = f"Read on {day(reading.read)}."
    made = sorted({readings.date_of(record) for record in judgement.records})
    if made:
        when = day(made[0]) if len(made) == 1 else f"{day(made[0])} to {day(made[-1])}"
        seeds = sorted({len(p.seeds) for p in judgement.headline if p.seeds})
        runs = " or ".join(map(str, seeds))
        told += f" Recorded on {when}" + (f", {runs} seeds." if seeds else ".")
    return told + (f" {capital(reading.known)}" if reading.known else "")


def came_from(judgement: Judgement) -> list[str | nodes.Node]:
    """The commands that repeat the measurement."""
    if judgement.verdict == NOT_TESTABLE:
        return [f"Cited: others{APOSTROPHE} figures, not ours."]
    if not judgement.records:
        return ["No record answers it yet."]
    kept = [record for record in judgement.records if record.frozen]
    commands = [nodes.literal("", r.command) for r in judgement.records if not r.frozen]
    joined = [part for command in commands for part in (" and ", command)]
    told: list[str | nodes.Node] = ["Repeat it with ", *joined[1:], ". "] if commands else []
    if kept:
        names = ", ".join(record.name for record in kept)
        told.append(f"Kept from the first edition, until it is measured anew: {names}.")
    return told


def capital(text: str) -> str:
    """With a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def css(verdict: str) -> str:
    """The class of a verdict, which has its colour."""
    return f"verdict-{verdict.replace(' ', '-')}"


def ledger(env: BuildEnvironment) -> Ledger:
    """The ledger of this build."""
    cards = {page: known[CARDS] for page, known in env.metadata.items() if CARDS in known}
    return Ledger(readings.today(), findings.claims(), cards)


def remove_json(app: Sphinx) -> None:
    """Leave no ledger of an earlier build where this one fails."""
    if app.builder.format == "html":
        (Path(app.outdir) / "claims.json").unlink(missing_ok=True)


def judge_all(app: Sphinx) -> None:
    """Stop where a reading, a judgement or the verdicts that were kept cannot be used."""
    try:
        ledger(app.env).judgements()
        readings.kept()
    except ValueError as error:
        stop(error)


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of what does not fit together, at every build."""
    made = ledger(env)
    pages = env.found_docs
    changed = made.changed(readings.kept(), pages)
    for place, told in (*made.misplaced(pages), *changed, *made.late()):
        LOGGER.warning("claims: %s", told, location=place)


def link_cards(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make the links to cards, now that all pages are read."""
    pages = ledger(app.env).pages()
    for place in list(doctree.findall(CardLink)):
        claim = place.astext()
        if claim in pages:
            uri = f"{app.builder.get_relative_uri(docname, pages[claim])}#{anchor(claim)}"
            link = nodes.reference("", claim, internal=True, refuri=uri, classes=["claim-link"])
            place.children = []
            place += link


def write_json(app: Sphinx, exception: Exception | None) -> None:
    """Write the ledger for programs."""
    if exception is None and app.builder.format == "html":
        text = json.dumps(
            ledger(app.env).rows(app.builder.get_target_uri), indent=1, ensure_ascii=False
        )
        (Path(app.outdir) / "claims.json").write_text(text + "\n", encoding="utf-8")


def register(app: Sphinx) -> None:
    app.add_node(CardLink)
    app.add_directive("claim", ClaimDirective)
    app.add_directive("moved-claims", MovedClaims)
    app.add_role("claim", ClaimRole())
    app.connect("builder-inited", remove_json, priority=400)  # before stale records are refused
    app.connect("builder-inited", judge_all, priority=510)  # after that
    app.connect("env-updated", check)  # at every build; the other event needs a page read anew
    app.connect("doctree-resolved", link_cards)
    app.connect("build-finished", write_json)
