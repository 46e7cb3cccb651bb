"""Recorded experiments: none may be stale, and `{recorded} width` shows what a page draws on."""

import ast
import datetime

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from experiments import fingerprint, records
from lessons_src.recorded import Record, read

from .common import RECORDS, ROOT, day, paragraph, source_text, stop
from .execution import named_files
from .fold import folded


def refuse_stale(app: Sphinx) -> None:
    """Check all records before anything runs."""
    if faults := records.faults():
        stop("\n".join(["", *faults.values()]))


class RecordedDirective(SphinxDirective):
    """`{recorded} width`: when, where and how the record was made, with the code, in a fold.

    Two experiments that belong together share one: `{recorded} permutation other`.
    """

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        told: list[str | nodes.Node] = []
        content: list[nodes.Node] = []
        for name in self.arguments[0].split():
            record = self.record(name)
            made = datetime.date.fromisoformat(record.made["date"])
            seeds = len(record.seeds)
            when = f"{day(made)} over {seeds} seed{'s' * (seeds > 1)}"
            told += ["; " if told else "Recorded on ", when]
            told += [", for the first edition"] if record.frozen else [": ", command(record)]
            content += self.details(record)
        fold = folded(told, *content, classes="fold fold-recorded")
        self.set_source_info(fold)
        return [fold]

    def record(self, name: str) -> Record:
        """What is in the experiment's file; the page depends on it from here on."""
        path = RECORDS / f"{name}.json"
        if not path.is_file():
            there = ", ".join(sorted(named_files("recorded")))
            raise self.error(f"recorded: there is no record {name!r}; there are {there}")
        self.env.note_dependency(str(path))
        return read(path)

    def details(self, record: Record) -> list[nodes.Node]:
        """The set-up, the machine, the looks that were taken, and the code of one case."""
        made, seconds = record.made, record.made["seconds"]
        versions = ", ".join(f"{k} {v}" for k, v in made["versions"].items())
        took = f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"
        machines = " and ".join(made["machines"] if "machines" in made else [made["machine"]])
        facts = (
            f"{record.set_up} {looks_taken(record)}All runs together took {took} of one core "
            f"({machines}; Python {made['python']}, {versions})."
        )
        if record.frozen:
            return [paragraph(facts)]
        facts += " The code:"
        module, function = fingerprint.functions()[record.name]
        path = ROOT / f"{module.replace('.', '/')}.py"
        self.env.note_dependency(str(path))
        code = declaration(source_text(path), function)
        return [paragraph(facts), nodes.literal_block("", code, language="python")]


def command(record: Record) -> nodes.Node:
    return nodes.literal("", record.command)


def looks_taken(record: Record) -> str:
    """After how many seeds the comparisons were looked at, in words; empty for a fixed number."""
    if len(record.looks) < 2:
        return ""
    taken = [str(look) for look in record.looks if look <= len(record.seeds)]
    counts = {len(next(iter(results.values()))) for results in record.results.values()}
    few = f"; some cases have {min(counts)}" if min(counts) < len(record.seeds) else ""
    return f"Looked at after {', '.join(taken)} seeds (at most {record.looks[-1]}){few}. "


def declaration(text: str, function: str) -> str:
    """The function with its decorator, as it stands in a file; the docstring is told above it."""
    node = next(n for n in ast.parse(text).body if getattr(n, "name", None) == function)
    first = min(d.lineno for d in node.decorator_list)
    docstring, lines = node.body[0], text.splitlines()
    kept = lines[first - 1 : docstring.lineno - 1] + lines[docstring.end_lineno : node.end_lineno]
    return "\n".join(kept)


def register(app: Sphinx) -> None:
    app.add_directive("recorded", RecordedDirective)
    app.connect("builder-inited", refuse_stale)
