"""The roles of numbers, in prose, in alt texts, where there are no roles, and in notebooks.

`{value}` and `{expect}` are told by `values`, `{live}` and `{band}` by `replications`. `{cited}`
and `{given}` mark typed numbers that are no results, for `make lint`, which reports the others, and
for whoever edits the page: `{cited}` a figure of the source that is cited beside it, `{given}` a
setting, a definition, plain arithmetic.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.writers.html5 import HTML5Translator

from . import replications, values

LOGGER = logging.getLogger(__name__)
MARKS = ("cited", "given")
#: Which module tells a role, and the name under which its faults are told.
TELLERS = {
    "value": (values, "findings"),
    "expect": (values, "findings"),
    "live": (replications, "replications"),
    "band": (replications, "replications"),
}
ROLES = (*TELLERS, *MARKS)
ROLE = re.compile(rf"\{{({'|'.join(ROLES)})\}}`([^`]*)`")


def shown(env: BuildEnvironment, role: str, content: str, location: Any) -> str:
    """The text of ``{role}`content` `` on the page that is being read; faults are warnings."""
    if role in MARKS:
        return content
    module, name = TELLERS[role]
    try:
        module.note(env, role, content, location)
        return module.said(env, env.docname, role, content)
    except ValueError as fault:
        LOGGER.warning("%s: {%s}`%s`: %s", name, role, content, fault, location=location)
        return f"[{content}]"


def plain(env: BuildEnvironment, page: str, role: str, content: str) -> str:
    """The same for a notebook, which is made when the page's faults have been told."""
    try:
        return content if role in MARKS else TELLERS[role][0].said(env, page, role, content)
    except ValueError:
        return f"[{content}]"


def replace_roles(env: BuildEnvironment, text: str, location: Any) -> str:
    """An alt text of the page that is being read, with what its roles say."""
    return ROLE.sub(lambda match: shown(env, match[1], match[2], location), text)


class Cited(nodes.inline):
    """A span that says on hovering what it is; the citation beside it says more, and to all."""


class NumberRole(SphinxRole):
    """Any of these roles."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if self.name == "cited":
            return [Cited("", self.text)], []
        text = shown(self.env, self.name, self.text, self.get_location())
        return [nodes.Text(text)] if text else [], []


def visit_cited(self: HTML5Translator, node: Cited) -> None:
    title = "a source\N{RIGHT SINGLE QUOTATION MARK}s figure, not measured here"
    self.body.append(self.starttag(node, "span", "", CLASS="cited", title=title))


def depart_cited(self: HTML5Translator, node: Cited) -> None:
    self.body.append("</span>")


def register(app: Sphinx) -> None:
    app.add_node(Cited, html=(visit_cited, depart_cited))
    for role in ROLES:
        app.add_role(role, NumberRole())
