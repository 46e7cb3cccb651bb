"""`{ledger}`, all claims on one page; `{ledger-summary}` and `{ledger-count}`, how many hold.

`{ledger-examples}` has a claim for each verdict.

A claim is a fold: its words and its verdict in the line that is always seen, inside it the reading,
the number with its interval, and what was asked besides. The list is whole without a script;
ledger.js beside this file lets a reader filter it. Any record or finding changes these pages, so
they are read at every build.
"""

from collections import Counter
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.claims import NOT_MEASURED, NOT_TESTABLE, VERDICTS, Judgement
from book.readings import Reading, anchor

from .cards import APOSTROPHE, CardLink, also_asked, badges, css, ledger, noted_readings, outcomes
from .common import paragraph, span
from .fold import Fold, folded

SCRIPT = Path(__file__).with_suffix(".js")
#: The share of errors that one interval at the very edge of its rule makes: one tail of 95 %.
EDGE = 0.025


class LedgerDirective(SphinxDirective):
    """`{ledger}`."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(SCRIPT))
        self.env.note_reread()
        claims = noted_readings(self.env).claims
        judgements = ledger(self.env).judgements()
        rows = [self.row(claim, claims[claim], found) for claim, found in judgements.items()]
        script = f"<script>\n{SCRIPT.read_text(encoding='utf-8')}</script>\n"
        return [
            nodes.container("", *rows, classes=["ledger"]),
            nodes.raw("", script, format="html"),
        ]

    def row(self, claim: str, reading: Reading, judgement: Judgement) -> Fold:
        """One claim."""
        verdict = nodes.inline("", "", *badges(reading, judgement)[:1])
        if judgement.provisional:
            verdict += [nodes.Text(" "), span("provisional", "claim-badge")]
        words = span(reading.claimed, "ledger-claimed")
        source = reading.quoted.removeprefix(reading.claimed).strip()
        source = source or f"nobody: it is this book{APOSTROPHE}s own question"
        row = folded(
            [span(claim, "claim-id"), " ", words, " ", verdict],
            *self.parse_text_to_nodes(f"Claimed by {source}."),
            paragraph(nodes.strong("", "Read as"), f" {reading.headline}"),
            outcomes(judgement.headline, seeds=True),
            *also_asked(reading, judgement),
            paragraph("How it was measured: the card of ", CardLink("", claim), "."),
            classes=f"ledger-row {css(judgement.verdict)}",
        )
        row["ids"].append(f"ledger-{anchor(claim)}")
        return row


class SummaryDirective(SphinxDirective):
    """`{ledger-summary}`: one bar whose parts are as wide as their share, and its legend."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        counts = Counter(found.verdict for found in ledger(self.env).judgements().values())
        found = [(css(name), counts[name], name) for name in VERDICTS if counts[name]]
        parts = [f'<i class="{kind}" style="flex-grow: {n}"></i>' for kind, n, _ in found]
        items = [f'<li class="{kind}"><strong>{n}</strong> {name}</li>' for kind, n, name in found]
        bar = f'<div class="ledger-bar" aria-hidden="true">{"".join(parts)}</div>'
        legend = f'<ul class="ledger-legend">{"".join(items)}</ul>'
        return [nodes.raw("", f"{bar}\n{legend}\n", format="html")]


class ExamplesDirective(SphinxDirective):
    """`{ledger-examples}`: for each verdict that says something, the first claim that has it.

    One that is not provisional goes first. What is not yet measured is no example of anything.
    """

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        claims = noted_readings(self.env).claims
        judgements = ledger(self.env).judgements()
        items = []
        for verdict in VERDICTS:
            having = [c for c, found in judgements.items() if found.verdict == verdict]
            if not having or verdict == NOT_MEASURED:
                continue
            claim = min(having, key=lambda c: judgements[c].provisional)  # the first of these
            found, words = judgements[claim], claims[claim].claimed
            badge = nodes.strong("", verdict, classes=["verdict", css(verdict)])
            line = [badge, " ", words, " ", CardLink("", claim)]
            line += [" ", span("provisional", "claim-badge")] if found.provisional else []
            items.append(nodes.list_item("", paragraph(*line)))
        return [nodes.bullet_list("", *items, classes=["ledger-examples"])] if items else []


class CountDirective(SphinxDirective):
    """`{ledger-count}`: how many readings there are, and how many errors that makes at most."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        found = ledger(self.env).judgements().values()
        answered = [j for j in found if j.verdict not in (NOT_MEASURED, NOT_TESTABLE)]
        chance = sum(any(part.interval for part in j.headline) for j in answered)
        also = sum(part.interval is not None for j in found for part in j.also)
        provisional = sum(j.provisional for j in answered)
        told = (
            f"The ledger holds {len(found)} headline readings, of which {len(answered)} are "
            f"answered by today{APOSTROPHE}s records and {chance} rest on "
            "intervals. A verdict whose true number lies at the very edge of its rule is wrong "
            f"once in {1 / EDGE:.0f} times, so at most some {chance * EDGE:.0f} of these "
            f"verdicts are expected to be wrong by chance, and some {also * EDGE:.0f} of the "
            f"{also} small verdicts on what was also asked. "
            f"{provisional} of the verdicts are provisional: they rest on seeds that were seen "
            "while the readings were chosen."
        )
        return [nodes.paragraph("", told)]


def register(app: Sphinx) -> None:
    app.add_directive("ledger", LedgerDirective)
    app.add_directive("ledger-summary", SummaryDirective)
    app.add_directive("ledger-examples", ExamplesDirective)
    app.add_directive("ledger-count", CountDirective)
