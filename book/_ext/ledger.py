"""`{ledger}`, all claims on one page, and `{ledger-summary}`, how many of them hold.

A claim is a fold: its words and its verdict in the line that is always seen, inside it the reading,
the number with its interval, and what was asked besides. The list is whole without a script;
ledger.js beside this file lets a reader filter it. Everything comes from the findings; which page
has the card is known when all pages are read.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from book import findings
from book.claims import NOT_MEASURED, NOT_TESTABLE, VERDICTS, Judgement

from .cards import (
    CardLink,
    also_asked,
    anchor,
    badges,
    claims_file,
    css,
    judged,
    outcomes,
    quoted,
)
from .fold import Fold, Summary

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SCRIPT = Path(__file__).with_suffix(".js")
#: The share of errors that one interval at the very edge of its rule makes: one tail of 95 %.
EDGE = 0.025


class LedgerDirective(SphinxDirective):
    """`{ledger}`."""

    def run(self) -> list[nodes.Node]:
        """Build the list; links to cards are made when the pages are known."""
        self.env.note_dependency(str(Path(self.env.srcdir) / "claims.toml"))
        self.env.note_dependency(str(SCRIPT))
        self.env.note_reread()  # any record or finding changes it
        known = claims_file(self.env.srcdir)
        rows = [
            self.row(known, claim, judged(claim).value)
            for claim in known["claims"]
            if claim in findings.claims()
        ]
        script = f"<script>\n{SCRIPT.read_text(encoding='utf-8')}</script>\n"
        return [
            nodes.container("", *rows, classes=["ledger"]),
            nodes.raw("", script, format="html"),
        ]

    def row(self, known: dict[str, Any], claim: str, judgement: Judgement) -> Fold:
        """One claim."""
        reading = known["claims"][claim]
        number = nodes.inline("", claim, classes=["claim-id"])
        words = nodes.inline("", reading["claimed"], classes=["ledger-claimed"])
        verdict = nodes.inline("", "", *badges(reading, judgement)[:1])
        if judgement.provisional:
            note = nodes.inline("", "provisional", classes=["claim-badge"])
            verdict += [nodes.Text(" "), note]
        line = Summary("", "", number, nodes.Text(" "), words, nodes.Text(" "), verdict)
        link = nodes.paragraph("", "How it was measured: the card of ")
        link += [CardLink("", claim, claim=claim), nodes.Text(".")]
        body: list[nodes.Node] = [
            *self.parse_text_to_nodes(f"Claimed by {self.source(known, claim)}"),
            nodes.paragraph(
                "", "", nodes.strong("", "Read as"), nodes.Text(f" {reading['headline']}")
            ),
            outcomes_with_seeds(judgement),
        ]
        also = also_asked(reading, judgement)
        body += [also] if also else []
        row = Fold("", line, *body, link, classes=["ledger-row", css(judgement.verdict)])
        row["ids"].append(f"ledger-{anchor(claim)}")
        return row

    def source(self, known: dict[str, Any], claim: str) -> str:
        """Who claims it, as Markdown."""
        if known["claims"][claim].get("own"):
            return "nobody: it is this book\N{RIGHT SINGLE QUOTATION MARK}s own question."
        return quoted(known, claim).removeprefix(known["claims"][claim]["claimed"]).strip() + "."


def outcomes_with_seeds(judgement: Judgement) -> nodes.bullet_list:
    """The parts of the headline, each with the number of seeds behind it."""
    made = outcomes(judgement.headline)
    for item, part in zip(made.children, judgement.headline, strict=True):
        if part.seeds:
            item[0] += nodes.Text(f" {len(part.seeds)} seeds.")
    return made


class SummaryDirective(SphinxDirective):
    """`{ledger-summary}`: one bar whose parts are as wide as their share, and its legend."""

    def run(self) -> list[nodes.Node]:
        """Count the verdicts on today's records."""
        self.env.note_reread()
        counts = Counter(judged(claim).value.verdict for claim in listed(self.env.srcdir))
        found = [name for name in VERDICTS if counts[name]]
        parts = [f'<i class="{css(name)}" style="flex-grow: {counts[name]}"></i>' for name in found]
        items = [
            f'<li class="{css(name)}"><strong>{counts[name]}</strong> {name}</li>' for name in found
        ]
        bar = f'<div class="ledger-bar" aria-hidden="true">{"".join(parts)}</div>'
        legend = f'<ul class="ledger-legend">{"".join(items)}</ul>'
        return [nodes.raw("", f"{bar}\n{legend}\n", format="html")]


class CountDirective(SphinxDirective):
    """`{ledger-count}`: how many readings there are, and how many errors that makes at most."""

    def run(self) -> list[nodes.Node]:
        """Count them on today's records."""
        self.env.note_reread()
        found = [judged(claim).value for claim in listed(self.env.srcdir)]
        answered = [j for j in found if j.verdict not in (NOT_MEASURED, NOT_TESTABLE)]
        chance = [j for j in answered if any(part.interval for part in j.headline)]
        also = [part for j in found for part in j.also if part.interval]
        provisional = sum(j.provisional for j in answered)
        told = (
            f"The ledger holds {len(found)} headline readings, of which {len(answered)} are "
            f"answered by today\N{RIGHT SINGLE QUOTATION MARK}s records and {len(chance)} rest on "
            "intervals. A verdict whose true number lies at the very edge of its rule is wrong "
            f"once in {1 / EDGE:.0f} times, so at most some {len(chance) * EDGE:.0f} of these "
            f"verdicts are expected to be wrong by chance, and some {len(also) * EDGE:.0f} of the "
            f"{len(also)} small verdicts on what was also asked. "
            f"{provisional} of the verdicts are provisional: they rest on seeds that were seen "
            "while the readings were chosen."
        )
        return [nodes.paragraph("", told)]


def listed(folder: str) -> list[str]:
    """The claims that have a reading and a judgement, in the order of claims.toml."""
    return [c for c in claims_file(folder)["claims"] if c in findings.claims()]


def register(app: Sphinx) -> None:
    """Tell Sphinx what is here."""
    app.add_directive("ledger", LedgerDirective)
    app.add_directive("ledger-summary", SummaryDirective)
    app.add_directive("ledger-count", CountDirective)
