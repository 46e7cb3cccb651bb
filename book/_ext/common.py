"""What the other modules share: where the book lies, how a build stops, and parts of a page."""

import re
from pathlib import Path
from typing import Any, NoReturn

import yaml
from docutils import nodes

from book.sources import SourceError, text_of

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT / "book" / "experiments"


def stop(told: object) -> NoReturn:
    """End the build with one message.

    A plain exception would bury it in Sphinx's traceback, and a warning would leave the exit
    status of a build without -W at 0.

    Raises:
        SystemExit: always.
    """
    raise SystemExit(f"The book was not built: {told}") from None


def source_text(path: Path | str) -> str:
    """The text of a source file; see `book.sources`.

    Raises:
        SystemExit: it is not in UTF-8.
    """
    try:
        return text_of(path)
    except SourceError as fault:
        stop(fault)


def front_matter(path: Path | str) -> dict[str, Any]:
    """What a page says between the lines of hyphens at its top; nothing where there are none.

    Raises:
        SystemExit: it is no YAML.
    """
    lines = re.match(r"---\n(.*?)\n---\n", source_text(path), re.DOTALL)
    try:
        return (yaml.safe_load(lines[1]) if lines else None) or {}
    except yaml.YAMLError as fault:
        stop(f"{path}:1: the front matter cannot be read: {' '.join(str(fault).split())}")


def day(date: Any) -> str:
    """29 November 2026."""
    return f"{date.day} {date:%B %Y}"


def texts(*parts: str | nodes.Node) -> list[nodes.Node]:
    """Strings and nodes as nodes."""
    return [nodes.Text(part) if isinstance(part, str) else part for part in parts]


def paragraph(*parts: str | nodes.Node, classes: tuple[str, ...] = ()) -> nodes.paragraph:
    """A paragraph of strings and nodes."""
    return nodes.paragraph("", "", *texts(*parts), classes=[*classes])


def span(text: str, *classes: str) -> nodes.inline:
    """A few words with classes of their own."""
    return nodes.inline("", text, classes=[*classes])
