"""Write a page again when a page whose glued numbers it quotes was read again.

MyST-NB puts another page's number in its place when the quoting page is written. Sphinx knows
nothing of this, and would leave an unchanged page as it is, with the old number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from myst_nb.ext.glue.utils import PendingGlueReference

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def note_read(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Remember which pages this build reads."""
    env.lessons_read = set(docnames)


def note_quotes(app: Sphinx, doctree: nodes.document) -> None:
    """Remember which pages this page quotes."""
    if not hasattr(app.env, "lessons_quotes"):
        app.env.lessons_quotes = {}
    quoted = {node.refdoc for node in doctree.findall(PendingGlueReference)}
    app.env.lessons_quotes[app.env.docname] = quoted


def find_quoting(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages to write again."""
    quotes = getattr(env, "lessons_quotes", {})
    return [
        name
        for name in sorted(quotes)
        if name in env.found_docs and quotes[name] & env.lessons_read
    ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("env-before-read-docs", note_read)
    app.connect("doctree-read", note_quotes)
    app.connect("env-updated", find_quoting)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
