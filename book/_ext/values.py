"""Numbers of `book/findings` in the text: ``{value}`listing_gain:.1pt` `` and ``{expect}`…` ``.

A finding of this page's topic is named alone, another topic's as ``topic.name``; the format is one
of `book.formats`. `{expect}` shows nothing: it stands beside a sentence that has no number but
takes for granted what the finding expects. Nothing here runs a cell. A page depends on the module
of each finding that it quotes, on what that module imports, and on the records behind it.
"""

import ast
import functools
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from book import findings
from book.formats import told

from .common import RECORDS, ROOT, source_text, stop

LOGGER = logging.getLogger(__name__)


def quoted(docname: str, content: str) -> tuple[findings.Finding, str]:
    """The finding that a role on a page quotes, and the format.

    Raises:
        ValueError: there is no such finding.
    """
    name, _, spec = content.partition(":")
    full = name.strip() if "." in name else f"{docname.rpartition('/')[2]}.{name.strip()}"
    return findings.named(full), spec.strip()


def said(env: BuildEnvironment, page: str, role: str, content: str) -> str:
    """What ``{value}`content` `` or ``{expect}`content` `` says on a page.

    Raises:
        ValueError: there is no such finding, it fails, or it cannot be formatted so.
    """
    made, spec = quoted(page, content)
    value = findings.evaluate(made).value
    return told(value, spec) if role == "value" else ""


def note(env: BuildEnvironment, role: str, content: str, location: Any) -> None:
    """Have the page read again when the number may change, and warn where it broke its promise.

    Raises:
        ValueError: there is no such finding, or it fails.
    """
    made, _ = quoted(env.docname, content)
    note_files(env, made)
    found = findings.evaluate(made)
    warn_of_unmet(env, made.name, found, location, f"{{{role}}}`{content}`")


def note_files(env: BuildEnvironment, made: findings.Finding) -> None:
    """Have the page read again when the finding's code or a record behind it changes."""
    records = [RECORDS / f"{record}.json" for record in made.records]
    for path in [*sorted(imported(made.function.__module__)), *records]:
        env.note_dependency(str(path))


@functools.cache
def imported(module: str) -> frozenset[Path]:
    """The files of a module and of those of ours that it imports, and that these import."""
    seen: set[Path] = set()
    waiting = [module]
    while waiting:
        place = ROOT.joinpath(*waiting.pop().split("."))
        path = place.with_suffix(".py")
        path = path if path.is_file() else place / "__init__.py"
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        for node in ast.walk(ast.parse(source_text(path))):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    return frozenset(seen)


def warn_of_unmet(
    env: BuildEnvironment, name: str, found: findings.Found, location: Any, raw: str
) -> None:
    """Name the sentence that takes for granted what is not so on today's records."""
    for expected in found.unmet:
        LOGGER.warning(
            "findings: %s is no longer so: %s. Read the sentence and write it anew: %s",
            name,
            expected,
            sentence(source_text(env.doc2path(env.docname)), raw),
            location=location,
        )


def sentence(text: str, raw: str) -> str:
    """The sentence of a page in which a role stands."""
    for block in re.split(r"\n\s*\n", text):
        if raw in block:
            flat = " ".join(block.split())
            for part in re.split(r"(?<=[.!?:])\s+(?=[A-Z*{\"“(])", flat):
                if raw in part:
                    return f"“{part}”"
    return f"“{raw}”"


def check_topics(app: Sphinx) -> None:
    """Import all findings once, before anything runs."""
    try:
        findings.values()
    except findings.FindingError as error:
        stop(error)


def register(app: Sphinx) -> None:
    app.connect("builder-inited", check_topics, priority=410)
