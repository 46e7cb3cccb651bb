"""Recorded experiments: none may be stale, and `{recorded} width` shows what a page draws on."""

from __future__ import annotations

import ast
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from experiments import fingerprint, records
from lessons_src.recorded import Record, read

from .fold import Fold, Summary

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]


def refuse_stale(app: Sphinx) -> None:
    """Check all records before anything runs.

    Raises:
        SystemExit: naming each record that is not of today's code, and the command that cures it.
    """
    if faults := records.faults():
        raise SystemExit("\n".join(["The book was not built:", *faults.values()]))


class RecordedDirective(SphinxDirective):
    """`{recorded} width`: when, where and how the record was made, with the code, in a fold.

    Two experiments that belong together share one: `{recorded} permutation other`.
    """

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Build the fold."""
        names = self.arguments[0].split()
        told: list[nodes.Node] = []
        content: list[nodes.Node] = []
        for name in names:
            record = self.record(name)
            day = datetime.date.fromisoformat(record.made["date"])
            told += [nodes.Text("; " if told else "Recorded on ")]
            runs = f"{len(record.seeds)} seed" + "s" * (len(record.seeds) > 1)
            told += [nodes.Text(f"{day.day} {day:%B %Y} over {runs}: ")]
            told += [nodes.literal("", record.command)]
            content += self.details(record)
        fold = Fold("", Summary("", "", *told), *content, classes=["fold", "fold-recorded"])
        self.set_source_info(fold)
        return [fold]

    def record(self, name: str) -> Record:
        """What is in the experiment's file; the page depends on it from here on."""
        known = fingerprint.functions()
        if name not in known:
            told = f"recorded: no experiment is called {name!r}; there are {', '.join(known)}"
            raise self.error(told)
        path = records.RECORDS / f"{name}.json"
        self.env.note_dependency(str(path))
        return read(path)

    def details(self, record: Record) -> list[nodes.Node]:
        """The set-up, the machine, and the code of one case."""
        made = record.made
        versions = ", ".join(f"{k} {v}" for k, v in made["versions"].items())
        facts = (
            f"{record.set_up} All runs together took {duration(made['seconds'])} of "
            f"one core ({made['machine']}; Python {made['python']}, {versions}). The code:"
        )
        module, function = fingerprint.functions()[record.name]
        source = ROOT / f"{module.replace('.', '/')}.py"
        self.env.note_dependency(str(source))
        code = nodes.literal_block("", declaration(source, function), language="python")
        return [nodes.paragraph("", facts), code]


def duration(seconds: float) -> str:
    """In words, to two digits or so."""
    return f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"


def declaration(source: Path, function: str) -> str:
    """The function with its decorator, as it stands in the file; the docstring is told above it."""
    text = source.read_text(encoding="utf-8")
    node = next(n for n in ast.parse(text).body if getattr(n, "name", None) == function)
    first = min(d.lineno for d in node.decorator_list)
    docstring = node.body[0]
    lines = text.splitlines()
    return "\n".join(
        [*lines[first - 1 : docstring.lineno - 1], *lines[docstring.end_lineno : node.end_lineno]]
    )


def register(app: Sphinx) -> None:
    """Tell Sphinx what is here."""
    app.add_directive("recorded", RecordedDirective)
    app.connect("builder-inited", refuse_stale)
