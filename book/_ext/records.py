"""Recorded experiments: none may be stale, and `{recorded} width` shows what a page draws on."""

from __future__ import annotations

import ast
import datetime
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from fold import Fold, Summary
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))  # for the declarations, which are no part of lessons_src

from experiments import fingerprint, records  # noqa: E402


def refuse_stale(app: Sphinx) -> None:
    """Check all records before anything runs.

    Raises:
        SystemExit: naming each record that is not of today's code, and the command that cures it.
    """
    if faults := records.faults():
        raise SystemExit("\n".join(["The book was not built:", *faults.values()]))


class RecordedDirective(SphinxDirective):
    """`{recorded} width`: when, where and how the record was made, with the code, in a fold."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the fold."""
        name = self.arguments[0]
        path = records.RECORDS / f"{name}.json"
        if name not in fingerprint.functions():
            known = ", ".join(fingerprint.functions())
            raise self.error(f"recorded: no experiment is called {name!r}; there are {known}")
        self.env.note_dependency(str(path))
        record = json.loads(path.read_text(encoding="utf-8"))
        made = record["made"]
        day = datetime.date.fromisoformat(made["date"])
        command = nodes.literal("", f"make experiments NAME={name}")
        told = [
            nodes.Text(f"Recorded on {day.day} {day:%B %Y} over {len(record['seeds'])} seeds; "),
            command,
            nodes.Text(" repeats it"),
        ]
        versions = ", ".join(f"{k} {v}" for k, v in made["versions"].items())
        minutes = f"{made['seconds'] / 60:.0f} minutes of one core"
        facts = (
            f"{record['set_up']} All networks together took {minutes} ({made['machine']}; Python "
            f"{made['python']}, {versions}). The code of one case:"
        )
        module, function = fingerprint.functions()[name]
        source = ROOT / f"{module.replace('.', '/')}.py"
        self.env.note_dependency(str(source))
        code = nodes.literal_block("", declaration(source, function), language="python")
        summary = Summary("", "", *told)
        fold = Fold(
            "", summary, nodes.paragraph("", facts), code, classes=["fold", "fold-recorded"]
        )
        self.set_source_info(fold)
        return [fold]


def declaration(source: Path, function: str) -> str:
    """The function with its decorator, as it stands in the file."""
    text = source.read_text(encoding="utf-8")
    node = next(n for n in ast.parse(text).body if getattr(n, "name", None) == function)
    first = min(d.lineno for d in node.decorator_list)
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.setup_extension("fold")
    app.add_directive("recorded", RecordedDirective)
    app.connect("builder-inited", refuse_stale)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
