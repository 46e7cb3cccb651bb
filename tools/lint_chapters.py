"""Check the chapters: their code, which ruff does not see, and their numbers.

jupytext's own parser finds the cells, ruff reads them as the notebook that they are, and with
``--fix`` only the lines between the fences are written back: prose, options and front matter
stay as they were, byte for byte. Numbers that look like results typed by hand are found by
`typed_results`, on pages without code as well.

    python tools/lint_chapters.py [--fix] [chapter.md ...]

Without names: every chapter under book/, and the template. Exit status 1 if something is left
to put right.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jupytext
from jupytext.myst import (
    CODE_DIRECTIVE,
    MystMetadataParsingError,
    get_parser,
    matches_mystnb,
    read_fenced_cell,
)
from typed_results import typed_results

ROOT = Path(__file__).resolve().parent.parent
USUAL_LINES = 12
MOST_LINES = 25
HIDDEN_INPUT = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
WIDTH = ["--line-length", "79"]  # what a page shows of a line without scrolling
# In a chapter a cell's last line may be a bare expression, Greek letters are meant, and `zip`
# needs no more than it takes to read it.
RUFF = ["--extend-ignore", "B018,B905,RUF001,RUF002,RUF003"]


@dataclass
class Cell:
    """The code of one cell, in its chapter's lines from ``start`` up to ``stop``, the fence."""

    start: int
    stop: int
    code: list[str]
    tags: set[str]

    @property
    def hidden(self) -> bool:
        return bool(self.tags & HIDDEN_INPUT)


def find_cells(text: str) -> list[Cell]:
    """The code cells of a chapter, as jupytext and the book see them.

    Raises:
        ValueError: a fence is not closed, or a cell's options cannot be read.
    """
    lines = text.split("\n")
    cells: list[Cell] = []
    nesting = 0
    for token in get_parser().parse(text + "\n"):
        nesting += token.nesting
        if nesting or token.type != "fence" or not token.info.startswith(CODE_DIRECTIVE):
            continue
        opening, stop = token.map[0], token.map[1] - 1
        if stop <= opening or not lines[stop].strip().startswith(token.markup):
            raise ValueError(f"{opening + 1}: the cell that opens here is not closed")
        try:
            options, code = read_fenced_cell(token, len(cells), "Code")
        except MystMetadataParsingError as fault:
            raise ValueError(f"{opening + 1}: {fault}") from fault
        # The parser may drop blank lines at the end, so count from the last line with code on it.
        last = stop
        while last > opening + 1 and not lines[last - 1].strip():
            last -= 1
        while code and not code[-1].strip():
            code = code[:-1]
        tags = options.get("tags", [])
        tags = {tags} if isinstance(tags, str) else set(tags)
        cells.append(Cell(last - len(code) if code else stop, stop, code, tags))
    return cells


def as_notebook(cells: list[Cell]) -> str:
    """A bare notebook of the cells, for ruff."""
    return json.dumps(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "id": f"cell-{number}",
                    "metadata": {},
                    "outputs": [],
                    "source": "\n".join(cell.code),
                }
                for number, cell in enumerate(cells)
            ],
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def ruff(arguments: list[str], chapter: Path, notebook: str) -> str:
    """What ruff prints about the notebook, or the notebook as ruff would have it."""
    name = str(chapter.with_suffix(".ipynb"))
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, *WIDTH, "--stdin-filename", name, "-"],
        input=notebook,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
    )
    if done.returncode > 1:  # 1 stands for faults in the code, 2 for one of ruff's own
        sys.exit(f"{shown(chapter)}: ruff stopped: {done.stderr.strip()}")
    return done.stdout


ROLE = re.compile(r"\{(?:value|live|band|expect|claim)\}`")
# A directive whose argument has backticks vanishes without a warning, since Markdown forbids them
# in an info string; a heading would show the role in the table of contents; YAML takes a value that
# begins with a brace for a mapping.
MISPLACED = (
    (re.compile(r"^ *`{3,}\{[^}]+\} .*"), "in the argument of a fence of backticks: use :::"),
    (re.compile(r"^#{1,6} .*"), "in a heading"),
    (re.compile(r"^ *(?:alt|caption): \{.*"), "begins a value of YAML: quote it, or use >-"),
)


def misplaced_roles(text: str) -> list[tuple[int, str]]:
    """Lines with a role where it does not work, and why."""
    found, formula, fence = [], False, ""
    for number, line in enumerate(text.split("\n"), 1):
        opened = re.match(r" *(`{3,}|~{3,})(?P<info>[^`]*)", line)
        if fence:
            fence = "" if line.strip().startswith(fence) else fence
        elif opened and not opened["info"].strip().startswith("{"):
            fence = opened[1]  # code that is shown as it is
        if fence:
            continue
        roles = [match.start() for match in ROLE.finditer(line)]
        if any((formula + line.count("$$", 0, start)) % 2 for start in roles):
            found.append((number, "a role in a formula is typeset as letters"))
        formula ^= bool(line.count("$$") % 2)
        if not roles:
            continue
        found += [(number, f"a role {why}") for where, why in MISPLACED if where.match(line)]
    return found


def shown(chapter: Path) -> str:
    return chapter.relative_to(ROOT).as_posix() if chapter.is_relative_to(ROOT) else str(chapter)


def sources(notebook: str) -> list[list[str]]:
    """The lines of each cell of a notebook."""
    return ["".join(cell["source"]).splitlines() for cell in json.loads(notebook)["cells"]]


def with_code(text: str, cells: list[Cell], new: list[list[str]]) -> str:
    """The chapter with the cells' lines replaced, and nothing else."""
    lines = text.split("\n")
    for cell, code in reversed(list(zip(cells, new, strict=True))):
        # A fence indented by up to three spaces keeps its indentation.
        fence = lines[cell.stop]
        indent = fence[: len(fence) - len(fence.lstrip(" "))]
        lines[cell.start : cell.stop] = [indent + line if line else line for line in code]
    return "\n".join(lines)


def faults(chapter: Path, cells: list[Cell]) -> list[tuple[int, str, bool]]:
    """What ruff says of the cells: line in the chapter, message, and whether it is no Python."""
    found = []
    report = ruff(["check", "--output-format", "json", *RUFF], chapter, as_notebook(cells))
    for fault in json.loads(report):
        line = cells[(fault["cell"] or 1) - 1].start + fault["location"]["row"]
        broken = fault["code"] in (None, "invalid-syntax")
        found.append((line, f"{fault['code'] or 'invalid-syntax'} {fault['message']}", broken))
    return found


def fixed(chapter: Path, cells: list[Cell]) -> list[list[str]]:
    """The cells' lines as ruff would have them; unchanged where they are no Python."""
    if any(broken for _, _, broken in faults(chapter, cells)):
        return [cell.code for cell in cells]
    notebook = ruff(["check", "--fix-only", "--quiet", *RUFF], chapter, as_notebook(cells))
    return sources(ruff(["format", "--quiet"], chapter, notebook))


def complaints(chapter: Path, cells: list[Cell]) -> list[str]:
    """What is wrong with a chapter's cells, as ``path:line: message``."""
    by_ruff = faults(chapter, cells)
    found = [(line, message) for line, message, _ in by_ruff]
    if not any(broken for _, _, broken in by_ruff):
        formatted = sources(ruff(["format", "--quiet"], chapter, as_notebook(cells)))
        for cell, code in zip(cells, formatted, strict=True):
            if cell.code != code:
                found.append((cell.start + 1, "the cell is not formatted: make format does it"))
    for cell in cells:
        if len(cell.code) > MOST_LINES:
            size = f"the cell has {len(cell.code)} lines, above {MOST_LINES}"
            found.append((cell.start + 1, size))
    return [f"{shown(chapter)}:{line}: {message}" for line, message in sorted(found)]


def long_cells(chapter: Path, cells: list[Cell]) -> list[str]:
    return [
        f"{shown(chapter)}:{cell.start + 1}: {len(cell.code)} lines, above {USUAL_LINES} (no fault)"
        for cell in cells
        if USUAL_LINES < len(cell.code) <= MOST_LINES and not cell.hidden
    ]


def chapters() -> list[Path]:
    """Every page under book/, and the template."""
    paths = [*sorted((ROOT / "book").rglob("*.md")), *sorted((ROOT / "templates").glob("*.md"))]
    parts = {path: path.relative_to(ROOT).parts for path in paths}
    return [path for path in paths if not any(part.startswith(("_", ".")) for part in parts[path])]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--fix", action="store_true", help="put right and format in place what ruff can"
    )
    parser.add_argument("chapters", nargs="*", type=Path)
    options = parser.parse_args(arguments)

    wrong, information, number = [], [], 0
    for chapter in [path.resolve() for path in options.chapters] or chapters():
        text = chapter.read_bytes().decode("utf-8")
        if "\r\n" in text:
            wrong.append(f"{shown(chapter)}:1: the lines end in CR LF; they should end in LF")
            continue
        wrong += [
            f"{shown(chapter)}:{typed.line}: “{typed.excerpt}” {typed.why}"
            for typed in typed_results(text)
        ]
        wrong += [f"{shown(chapter)}:{line}: {why}" for line, why in misplaced_roles(text)]
        if not matches_mystnb(text, ".md"):
            continue
        number += 1
        try:
            cells = find_cells(text)
        except ValueError as fault:
            wrong.append(f"{shown(chapter)}:{fault}")
            continue
        try:
            jupytext.reads(text, "md:myst")
        except Exception as fault:  # whatever it is, `make lab` would stumble over it
            reason = str(fault).strip().splitlines()[0]
            wrong.append(f"{shown(chapter)}:1: jupytext cannot read the chapter: {reason}")
            continue
        if options.fix and cells:
            new = with_code(text, cells, fixed(chapter, cells))
            if new != text:
                chapter.write_bytes(new.encode("utf-8"))
                print(f"{shown(chapter)}: put right")
            cells = find_cells(new)
        if cells:
            wrong += complaints(chapter, cells)
            information += long_cells(chapter, cells)

    for line in [*information, *wrong]:
        print(line)
    print(f"chapters with code: {number}; faults: {len(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
