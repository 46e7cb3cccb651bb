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
import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jupytext
from jupytext.myst import CODE_DIRECTIVE, matches_mystnb
from pages import ROOT, Cell, blocks, chapters, find_cells, parse, shown
from typed_results import typed_results

USUAL_LINES = 12
MOST_LINES = 25
HIDDEN_INPUT = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
WIDTH = ["--line-length", "79"]  # what a page shows of a line without scrolling
# In a chapter a cell's last line may be a bare expression, Greek letters are meant, and `zip`
# needs no more than it takes to read it.
RUFF = ["--extend-ignore", "B018,B905,RUF001,RUF002,RUF003"]


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
# in an info string: what is left is a paragraph.
NO_FENCE = re.compile(r"^`{3,}\{[^}]+\}.*", re.MULTILINE)
# YAML takes a value that begins with a brace for a mapping.
NO_YAML = re.compile(r"^ *(?:alt|caption): \{.*", re.MULTILINE)


def misplaced_roles(text: str) -> Iterator[tuple[int, str]]:
    """Lines with a role where it does not work, and why."""
    before = ""
    for token, line, _ in blocks(text):
        suspects: list[tuple[str, str]] = []
        for part in (token, *(token.children or ())):
            if "math" in part.type:
                suspects.append((part.content, "in a formula is typeset as letters"))
        if before == "heading_open":
            suspects.append((token.content, "in a heading"))
        if token.type == "inline":
            why = "in the argument of a fence of backticks: use :::"
            suspects += [(argument, why) for argument in NO_FENCE.findall(token.content)]
        elif token.type == "fence" and token.info.startswith(CODE_DIRECTIVE):
            why = "begins a value of YAML: quote it, or use >-"
            suspects += [(option, why) for option in NO_YAML.findall(token.content)]
            line += 1  # the content begins below the fence
        for suspect, why in suspects:
            if role := ROLE.search(suspect):
                at = token.content.index(suspect) + role.start()
                yield line + token.content.count("\n", 0, at), f"a role {why}"
        before = token.type


def foreign_values(text: str, cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Lines with ``{glue:text}`` of what no cell of this page notes, and why that is wrong."""
    noted: set[str] = set()
    strings: set[str] = set()
    for node in (node for cell in cells for node in ast.walk(parse("\n".join(cell.code)))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.add(re.escape(node.value))
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "note":
            continue
        for keyword in node.keywords:
            if keyword.arg:
                noted.add(re.escape(keyword.arg))
                continue
            # `**{…}`: a name is put together, or is a string from elsewhere on the page.
            noted.add("<strings>")
            for inner in (n for n in ast.walk(keyword.value) if isinstance(n, ast.JoinedStr)):
                parts = [getattr(part, "value", "") for part in inner.values]
                noted.add("".join(re.escape(p) if isinstance(p, str) else ".+" for p in parts))
    if "<strings>" in noted:
        noted |= strings
    known = re.compile("|".join(noted) or "(?!)")
    for match in re.finditer(r"\{glue:text\}`([^`:]+)", text):
        if not known.fullmatch(match[1]):
            line = text.count("\n", 0, match.start()) + 1
            yield line, f"{match[0]}`: no cell of this page notes {match[1]}: quote a finding"


def with_code(text: str, cells: list[Cell], new: list[list[str]]) -> str:
    """The chapter with the cells' lines replaced, and nothing else."""
    lines = text.split("\n")
    for cell, code in reversed(list(zip(cells, new, strict=True))):
        # A fence indented by up to three spaces keeps its indentation.
        fence = lines[cell.stop]
        indent = fence[: len(fence) - len(fence.lstrip(" "))]
        lines[cell.start : cell.stop] = [indent + line if line else line for line in code]
    return "\n".join(lines)


def code_faults(chapter: Path, cells: list[Cell]) -> tuple[list[tuple[int, str]], bool]:
    """What ruff says of the cells, each with its line, and whether one of them is no Python."""
    report = ruff(["check", "--output-format", "json", *RUFF], chapter, as_notebook(cells))
    found, broken = [], False
    for fault in json.loads(report):
        line = cells[(fault["cell"] or 1) - 1].start + fault["location"]["row"]
        broken |= fault["code"] in (None, "invalid-syntax")
        found.append((line, f"{fault['code'] or 'invalid-syntax'} {fault['message']}"))
    return found, broken


def as_ruff_has_it(chapter: Path, cells: list[Cell], *, fix: bool) -> list[list[str]]:
    """The cells' lines in ruff's layout, with `fix` after its fixes; they have to be Python."""
    notebook = as_notebook(cells)
    if fix:
        notebook = ruff(["check", "--fix-only", "--quiet", *RUFF], chapter, notebook)
    formatted = json.loads(ruff(["format", "--quiet"], chapter, notebook))["cells"]
    return ["".join(cell["source"]).splitlines() for cell in formatted]


def check_code(chapter: Path, cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """What is wrong with a chapter's cells, each with its line."""
    found, broken = code_faults(chapter, cells)
    yield from found
    if not broken:
        formatted = as_ruff_has_it(chapter, cells, fix=False)
        for cell, code in zip(cells, formatted, strict=True):
            if cell.code != code:
                yield cell.start + 1, "the cell is not formatted: make format does it"
    for cell in cells:
        if len(cell.code) > MOST_LINES:
            yield cell.start + 1, f"the cell has {len(cell.code)} lines, above {MOST_LINES}"


def long_cells(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Cells that are longer than usual, which is no fault."""
    for cell in cells:
        if USUAL_LINES < len(cell.code) <= MOST_LINES and not cell.tags & HIDDEN_INPUT:
            yield cell.start + 1, f"{len(cell.code)} lines, above {USUAL_LINES} (no fault)"


def read_cells(text: str) -> list[Cell]:
    """The cells of a chapter, which `make lab` has to be able to open as well.

    Raises:
        ValueError: with the line and the reason.
    """
    cells = find_cells(text)
    try:
        jupytext.reads(text, "md:myst")
    except Exception as fault:  # whatever it is, the reader would stumble over it
        reason = str(fault).strip().splitlines()[0]
        raise ValueError(f"1: jupytext cannot read the chapter: {reason}") from fault
    return cells


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
        found = [(typed.line, f"“{typed.excerpt}” {typed.why}") for typed in typed_results(text)]
        found += misplaced_roles(text)
        has_code = matches_mystnb(text, ".md")
        number += has_code
        try:
            cells = read_cells(text) if has_code else []
        except ValueError as fault:
            wrong.append(f"{shown(chapter)}:{fault}")
            continue
        if options.fix and cells and not code_faults(chapter, cells)[1]:
            new = with_code(text, cells, as_ruff_has_it(chapter, cells, fix=True))
            if new != text:
                chapter.write_bytes(new.encode("utf-8"))
                print(f"{shown(chapter)}: put right")
            text, cells = new, find_cells(new)
        found += foreign_values(text, cells)
        found += check_code(chapter, cells) if cells else []
        wrong += [f"{shown(chapter)}:{line}: {message}" for line, message in sorted(found)]
        information += [f"{shown(chapter)}:{line}: {said}" for line, said in long_cells(cells)]

    for line in [*information, *wrong]:
        print(line)
    print(f"chapters with code: {number}; faults: {len(wrong)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
