"""Marks for typed numbers that are no results: `{cited}` and `{given}`.

A result is quoted by a role, and `make lint` reports numbers that look like one and are typed.
These roles tell it, and whoever edits the page, what else a number is: `{cited}` a figure of the
source that is cited beside it, `{given}` a setting, a definition, plain arithmetic.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxRole

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

MARK = re.compile(r"\{(?:cited|given)\}`([^`]*)`")


class Cited(nodes.Inline, nodes.TextElement):
    """A span that says on hovering what it is; the citation beside it says more, and to all."""


class CitedRole(SphinxRole):
    """`{cited}`83.5%``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Mark the figure."""
        return [Cited(self.rawtext, self.text)], []


class GivenRole(SphinxRole):
    """`{given}`10%``: for the reader a number like any other."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Show the text alone."""
        return [nodes.Text(self.text)], []


def without_marks(text: str) -> str:
    """An alt text, in which there are no roles, with marked numbers as they are."""
    return MARK.sub(r"\1", text)


def visit_cited(self: HTML5Translator, node: Cited) -> None:
    """Open the span."""
    title = "a source\u2019s figure, not measured here"
    self.body.append(self.starttag(node, "span", "", CLASS="cited", title=title))


def depart_cited(self: HTML5Translator, node: Cited) -> None:
    """Close the span."""
    self.body.append("</span>")


def register(app: Sphinx) -> None:
    """Tell Sphinx what is here."""
    app.add_node(Cited, html=(visit_cited, depart_cited))
    app.add_role("cited", CitedRole())
    app.add_role("given", GivenRole())
