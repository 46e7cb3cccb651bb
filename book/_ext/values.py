"""Numbers of `book/findings` in the text: ``{value}`listing_gain:.1pt` `` and ``{expect}`…` ``.

A finding of this page's topic is named alone, another topic's as ``topic.name``; the format is one
of `formats`. `{expect}` shows nothing: it stands beside a sentence that has no number but takes
for granted what the finding expects. Nothing here runs a cell. A page depends on the module of each
finding that it quotes, on what that module imports, and on the records behind it.
"""

from __future__ import annotations

import ast
import functools
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from book import findings

from .formats import told

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

ROOT = Path(__file__).resolve().parents[2]

LOGGER = logging.getLogger(__name__)
RECORDS = ROOT / "book" / "experiments"
ROLE = re.compile(r"\{value\}`([^`]+)`")


@functools.cache
def found(name: str) -> findings.Found:
    """What a finding gives, by its full name.

    Raises:
        ValueError: there is no such finding, or it fails; the message says which and where.
    """
    known = findings.values()
    if name not in known:
        topic = name.partition(".")[0]
        if topic not in findings.topics():
            raise ValueError(f"there is no topic {topic!r} in book/findings")
        own = [n for n in known if n.startswith(f"{topic}.")]
        raise ValueError(f"there is no finding {name!r}; there are {', '.join(own) or 'none'}")
    return findings.evaluate(known[name])


def full_name(name: str, docname: str) -> str:
    """`topic.name` of what a page quotes; alone, it is of the page's own topic."""
    return name if "." in name else f"{docname.rpartition('/')[2]}.{name}"


def note_files(env: BuildEnvironment, made: findings.Finding) -> None:
    """Have the page read again when the finding's code or a record behind it changes."""
    module = ROOT / "book" / "findings" / f"{made.topic.replace('-', '_')}.py"
    for path in sorted(imported(module)):
        env.note_dependency(str(path))
    for record in made.records:
        env.note_dependency(str(RECORDS / f"{record}.json"))


@functools.cache
def imported(path: Path) -> frozenset[Path]:
    """A module's file with those of ours that it imports, and that these import."""
    seen, waiting = set(), [path]
    while waiting:
        path = waiting.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                if name.split(".")[0] in ("book", "lessons_src"):
                    place = ROOT.joinpath(*name.split("."))
                    waiting += [place.with_suffix(".py"), place / "__init__.py"]
    return frozenset(seen)


def quoted(env: BuildEnvironment, content: str, location: Any = None) -> str:
    """The text of ``{value}`content` `` on the page that is being read; its faults are warnings."""
    name, _, spec = content.partition(":")
    name = full_name(name.strip(), env.docname)
    try:
        result = found(name)
        note_files(env, findings.values()[name])
        text = told(result.value, spec.strip())
    except (ValueError, TypeError) as error:
        LOGGER.warning("findings: {value}`%s`: %s", content, error, location=location)
        return f"[{content}]"
    warn(env, name, result, location, f"{{value}}`{content}`")
    return text


def warn(env: BuildEnvironment, name: str, result: findings.Found, location: Any, raw: str) -> None:
    """Name the sentence that takes for granted what is not so on today's records."""
    for expected in result.unmet:
        LOGGER.warning(
            "findings: %s is no longer so: %s. Read the sentence and write it anew: %s",
            name,
            expected,
            sentence(Path(env.doc2path(env.docname)).read_text(encoding="utf-8"), raw),
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


def replace_roles(env: BuildEnvironment, text: str, location: Any = None) -> str:
    """An alt text, in which there are no roles, with the values in their places."""
    return ROLE.sub(lambda match: quoted(env, match[1], location), text)


def plain_text(page: str, content: str) -> str:
    """The same for a notebook, which is made when the page's faults have been told."""
    name, _, spec = content.partition(":")
    try:
        return told(found(full_name(name.strip(), page)).value, spec.strip())
    except (ValueError, TypeError):
        return f"[{content}]"


class ValueRole(SphinxRole):
    """``{value}`name:format` ``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Put the value's text in the place of the role."""
        text = quoted(self.env, self.text, self.get_location())
        return [nodes.Text(text)], []


class ExpectRole(SphinxRole):
    """``{expect}`name` ``: nothing is shown."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Check what the finding expects."""
        name = full_name(self.text.strip(), self.env.docname)
        try:
            result = found(name)
            note_files(self.env, findings.values()[name])
        except ValueError as error:
            message = "findings: {expect}`%s`: %s"
            LOGGER.warning(message, self.text, error, location=self.get_location())
        else:
            raw = f"{{expect}}`{self.text}`"  # MyST hands over another spelling
            warn(self.env, name, result, self.get_location(), raw)
        return [], []


def check_topics(app: Sphinx) -> None:
    """Import all findings once, before anything runs.

    Raises:
        SystemExit: naming file and line, if one cannot be imported, or two have one name.
    """
    try:
        findings.values()
    except SyntaxError as error:
        told = f"{error.filename}:{error.lineno}: {error.msg}"
    except Exception as error:
        *_, last = traceback.extract_tb(error.__traceback__)
        known = isinstance(error, ValueError) and ".py:" in str(error)  # from `_declare`
        told = str(error) if known else f"{last.filename}:{last.lineno}: {error!r}"
    else:
        return
    raise SystemExit(f"The book was not built: {told}")


def register(app: Sphinx) -> None:
    """Tell Sphinx what is here."""
    app.add_role("value", ValueRole())
    app.add_role("expect", ExpectRole())
    app.connect("builder-inited", check_topics, priority=410)
