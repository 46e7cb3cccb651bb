"""`{build-report}`: what this copy of the book was made from, and what each chapter cost.

The same facts go into `build-report.json` at the root of the site, for tests and for tools. What a
chapter computes is counted in epochs: its CPU seconds in those of an epoch of 784–128–10, which its
kernel measured as well (`measure`).
"""

import importlib.metadata
import json
import os
import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .common import paragraph

VERSIONS = ("tensorflow", "keras", "numpy", "scikit-learn", "matplotlib")


class BuildReport(nodes.General, nodes.Element):
    """Where the report goes; filled when the page is written, since titles are known then."""


class BuildReportDirective(SphinxDirective):
    """`{build-report}`; its page is never up to date."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return [BuildReport()]


def facts(app: Sphinx) -> dict[str, Any]:
    """The report as plain data."""
    order = list(app.env.toctree_includes.get(app.config.root_doc, []))
    runs = app.env.lessons_runs
    names = sorted(runs, key=lambda n: (order.index(n) if n in order else len(order), n))
    units = [run["epoch_seconds"] for run in runs.values() if run.get("epoch_seconds")]
    return {
        **app.config["lessons_data"],
        "quick": app.config["lessons_quick"],
        "built": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "epoch_seconds": statistics.median(units) if units else None,
        "chapters": [
            {
                "page": name,
                "title": app.env.titles[name].astext(),
                "seconds": round(runs[name]["execution_seconds"], 1),
                "start": runs[name]["start"],
                "end": runs[name]["end"],
                "epochs": epochs(runs[name]),
                "tensorflow": runs[name].get("tensorflow"),
                "peak_mib": round(runs[name]["peak_mib"]),
                "test_label_reads": runs[name]["test_label_reads"],
            }
            for name in names
        ],
    }


def epochs(run: dict[str, Any]) -> float | None:
    """What a chapter computed; None where its kernel measured no epoch."""
    unit = run.get("epoch_seconds")
    return round(run["cpu_seconds"] / unit, 1) if unit else None


def row(*cells: nodes.Node | str) -> nodes.row:
    """A row of a table."""
    return nodes.row("", *(nodes.entry("", paragraph(cell)) for cell in cells))


def table(widths: list[int], body: list[nodes.row], head: nodes.row | None = None) -> nodes.table:
    """A table whose columns are as wide as told, in hundredths."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in widths), cols=len(widths))
    group += [nodes.thead("", head)] if head else []
    group += nodes.tbody("", *body)
    return nodes.table("", group, classes=["build-report"])


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the tables in their place."""
    for place in list(doctree.findall(BuildReport)):
        report = facts(app)
        versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
        about = {
            "Data": f"{report['source_line'].removeprefix('Data: ')} ({report['origin']})",
            "Settings": "quick" if report["quick"] else "full",
            "Built": report["built"],
            "Versions": f"Python {report['python']}, {versions}",
            "Machine": f"{report['system']}, {report['cpus']} CPUs; one thread for each chapter",
        }
        if report["epoch_seconds"]:
            told = f"{report['epoch_seconds']:.2f} CPU seconds"
            about["An epoch"] = f"{told} for 784–128–10, 48,000 images in batches of 32"
        rows = []
        for chapter in report["chapters"]:
            reads = chapter["test_label_reads"]
            told = f"{len(reads)}: {'; '.join(reads)}" if reads else "0"
            uri = app.builder.get_relative_uri(docname, chapter["page"])
            link = nodes.reference("", chapter["title"], refuri=uri, internal=True)
            counted = "" if chapter["epochs"] is None else f"{chapter['epochs']:,.0f}"
            cost = (f"{chapter['seconds']:,.1f}", counted, f"{chapter['peak_mib']:,}")
            rows.append(row(link, *cost, told))
        head = row("Chapter", "Seconds", "Epochs", "Peak memory (MiB)", "Reads of the test labels")
        facts_table = table([20, 80], [row(*pair) for pair in about.items()])
        place.replace_self([facts_table, table([34, 12, 12, 16, 26], rows, head)])


def write_json(app: Sphinx, exception: Exception | None) -> None:
    """Write the same facts for programs."""
    if exception is None and app.builder.format == "html":
        path = Path(app.outdir) / "build-report.json"
        path.write_text(json.dumps(facts(app), indent=2) + "\n", encoding="utf-8")


def register(app: Sphinx) -> None:
    app.add_node(BuildReport)
    app.add_directive("build-report", BuildReportDirective)
    app.connect("doctree-resolved", fill)
    app.connect("build-finished", write_json)
