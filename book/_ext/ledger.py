"""`{ledger}`, the table of all claims, and `{ledger-summary}`, how many of them hold.

Both are filled when their page is written, since the verdicts are known when all pages are read
(see claims.py). The table is whole without a script; ledger.js beside this file lets a reader sort
and filter it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims import anchor, as_sentence, claims_file, css, kind, quoted, verdict
from docutils import nodes
from docutils.utils.smartquotes import smartyPants
from sphinx.util.docutils import SphinxDirective

from lessons_src.claims import NOT_JUDGED, NOT_TESTABLE

if TYPE_CHECKING:
    from sphinx.application import Sphinx

#: The kinds of verdict in the order of the summary.
KINDS = (
    "holds",
    "holds only",
    "no difference seen",
    "undecided",
    "does not hold",
    NOT_TESTABLE,
    NOT_JUDGED,
)
HEADS = {"Claim": 13, "Claimed": 23, "Measured": 38, "Verdict": 26}
SCRIPT = Path(__file__).with_suffix(".js")


class Ledger(nodes.General, nodes.Element):
    """The place of the table; its children are what was claimed, each a container with an id."""


class LedgerSummary(nodes.General, nodes.Element):
    """The place of the summary."""


class LedgerDirective(SphinxDirective):
    """`{ledger}`."""

    def run(self) -> list[nodes.Node]:
        """Read what was claimed now, for its citations; the rest is known later."""
        self.env.note_dependency(str(Path(self.env.srcdir) / "claims.toml"))
        self.env.note_dependency(str(SCRIPT))
        place = Ledger()
        known = claims_file(self.env.srcdir)
        for claim in known["claims"]:
            words = nodes.container("", *self.parse_text_to_nodes(quoted(known, claim)))
            words["claim"] = claim
            place += words
        self.env.note_reread()  # any chapter changes it
        return [place]


class SummaryDirective(SphinxDirective):
    """`{ledger-summary}`."""

    def run(self) -> list[nodes.Node]:
        """Leave the place."""
        self.env.note_reread()
        return [LedgerSummary()]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the table and the summary in their places."""
    ledger = {claim["id"]: claim for claim in app.env.lessons_ledger}
    for place in list(doctree.findall(LedgerSummary)):
        place.replace_self(summary(Counter(kind(c["verdict"]) for c in ledger.values())))
    for place in list(doctree.findall(Ledger)):
        rows = [
            row(app, docname, ledger[words["claim"]], list(words.children))
            for words in place.children
            if words["claim"] in ledger
        ]
        script = f"<script>\n{SCRIPT.read_text(encoding='utf-8')}</script>\n"
        place.replace_self([table(rows), nodes.raw("", script, format="html")])


def row(
    app: Sphinx, docname: str, claim: dict[str, Any], claimed: list[nodes.Node]
) -> list[list[nodes.Node]]:
    """What stands in the cells of a claim; ledger.js reads them by their classes."""
    page, _, place = claim["page"].partition(".html")
    uri = app.builder.get_relative_uri(docname, page)
    link = nodes.reference("", claim["id"], refuri=uri + place, internal=True)
    title = nodes.inline("", app.env.titles[page].astext(), classes=["ledger-page"])
    made = [nodes.inline("", claim["tier"], classes=["ledger-tier"])]
    if claim["seeds"]:
        made.append(nodes.Text(f", {claim['seeds']} seeds"))
    # Sphinx sets the quotation marks of what it reads; this comes after it has read.
    measured, set_up = (smartyPants(claim[key], attr="q") for key in ("measured", "setup"))
    conditions = {smartyPants(text, attr="q"): v for text, v in claim["conditions"].items()}
    small = {"classes": ["ledger-small"]}
    return [
        [
            nodes.paragraph("", "", link, ids=[f"ledger-{anchor(claim['id'])}"]),
            nodes.paragraph("", "", title, **small),
            nodes.paragraph("", "", *made, **small),
        ],
        claimed,
        [nodes.paragraph("", as_sentence(measured))]
        + ([nodes.paragraph("", set_up, **small)] if set_up else []),
        verdict(claim | {"conditions": conditions}),
    ]


def table(rows: list[list[list[nodes.Node]]]) -> nodes.table:
    """The table of these rows."""
    columns = [nodes.colspec(colwidth=width) for width in HEADS.values()]
    group = nodes.tgroup("", *columns, cols=len(columns))
    head = [nodes.entry("", nodes.paragraph("", text)) for text in HEADS]
    group += nodes.thead("", nodes.row("", *head))
    group += nodes.tbody(
        "", *(nodes.row("", *(nodes.entry("", *cell) for cell in cells)) for cells in rows)
    )
    return nodes.table("", group, classes=["ledger"])


def summary(counts: Counter[str]) -> nodes.raw:
    """One bar whose parts are as wide as their share, and its legend."""
    found = [name for name in KINDS if counts[name]]
    parts = [f'<i class="{css(name)}" style="flex-grow: {counts[name]}"></i>' for name in found]
    items = [
        f'<li class="{css(name)}"><strong>{counts[name]}</strong> '
        f"{name}{' when …' if name == 'holds only' else ''}</li>"
        for name in found
    ]
    bar = f'<div class="ledger-bar" aria-hidden="true">{"".join(parts)}</div>'
    legend = f'<ul class="ledger-legend">{"".join(items)}</ul>'
    return nodes.raw("", f"{bar}\n{legend}\n", format="html")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.setup_extension("claims")  # it collects the judgements
    app.add_node(Ledger)
    app.add_node(LedgerSummary)
    app.add_directive("ledger", LedgerDirective)
    app.add_directive("ledger-summary", SummaryDirective)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
