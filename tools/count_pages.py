"""Count the code of the pages: what is removed, what is hidden, and what a shown cell lacks.

    python tools/count_pages.py [--json] [--names] [--revision REV] [page.md ...]

Without pages: every page under book/ that has code cells. Of each, and of all together, it counts

- the lines of code, blank ones left out, in cells that are *removed* (`remove-cell`,
  `remove-input`), in cells whose code is *hidden* until it is asked for (`hide-input`,
  `hide-cell`), and in *shown* cells;
- the calls of `judge`, and the ternaries that choose words, in all cells;
- the cells, shown and hidden ones apart, that use a name which only removed cells define. Whoever
  copies what the page shows cannot run them. With ``--names`` each place is listed.

With ``--revision`` the pages are read as they stand in that revision of the repository.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import dis
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from pages import ROOT, Cell, chapters, find_cells, is_page, parse, shown

REMOVED = {"remove-cell", "remove-input"}
HIDDEN = {"hide-cell", "hide-input"}
# What Python and IPython define before the first cell runs.
GIVEN = {*dir(builtins), "display", "get_ipython", "exit", "quit", "In", "Out", "_", "__", "___"}
EVERYTHING = "*"  # bound by `from module import *`, which does not tell what it binds


# --- The names of a cell ----------------------------------------------------


class Use(NamedTuple):
    """A global name that a cell uses, binds or deletes, and the line of the cell, from 1.

    ``later`` says that this happens when a function is called, and not when the cell runs.
    """

    kind: str  # "load", "bind" or "delete"
    name: str
    line: int
    later: bool = False


# What the compiler makes of a global name, outside of functions and in them.
KINDS = {
    f"{operation}_{scope}": kind
    for operation, kind in (("LOAD", "load"), ("STORE", "bind"), ("DELETE", "delete"))
    for scope in ("NAME", "GLOBAL")
}
AT_ONCE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}  # run where they stand


def global_names(tree: ast.Module) -> list[Use]:
    """The uses of global names in a cell, in the order in which Python comes to them.

    The compiler knows them best. It gets one statement at a time, since within one it puts the code
    of `except` behind the rest.
    """
    found: list[Use] = []
    for statement in tree.body:
        code = compile(ast.Module([statement], []), "cell", "exec", dont_inherit=True)
        found += _uses(code, later=False)
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == EVERYTHING:
            found.append(Use("bind", EVERYTHING, statement.lineno))
    return found


def _uses(code: CodeType, *, later: bool) -> Iterator[Use]:
    own: set[str] = set()  # of a class, whose names are its own
    is_class = not code.co_flags & inspect.CO_OPTIMIZED and code.co_name != "<module>"
    for step in dis.get_instructions(code):
        if isinstance(step.argval, CodeType):
            function = step.argval.co_flags & inspect.CO_OPTIMIZED
            yield from _uses(
                step.argval, later=later or (function and step.argval.co_name not in AT_ONCE)
            )
        elif kind := KINDS.get(step.opname):
            if is_class and step.opname == "STORE_NAME":
                own.add(step.argval)
            elif not (is_class and step.opname.endswith("_NAME") and step.argval in own):
                yield Use(kind, step.argval, step.positions.lineno, later)


# --- Cells and pages --------------------------------------------------------


def is_removed(cell: Cell) -> bool:
    """Whether a reader of the page cannot see the code of the cell at all."""
    return bool(cell.tags & REMOVED)


def is_hidden(cell: Cell) -> bool:
    """Whether a reader has to ask for the code of the cell."""
    return bool(cell.tags & HIDDEN) and not is_removed(cell)


class Unseen(NamedTuple):
    """A name which only removed cells define, at its first use in a cell that can be seen."""

    cell: int  # counted from 0
    line: int  # of the page, counted from 1
    name: str


def unseen_names(cells: Sequence[Cell]) -> list[Unseen]:
    """What the visible cells of a page use and only removed cells define.

    What a cell uses when it runs has to be bound by then, in an earlier visible cell or further
    up in its own; what a function uses when it is called, in any visible cell. A name that no cell
    defines is left to ruff, and one that a visible cell defines is taken to be that one, even
    if a removed cell gives it another value.
    """
    uses = [global_names(parse("\n".join(cell.code))) for cell in cells]
    everywhere: dict[bool, set[str]] = {True: set(), False: set()}  # by whether it is removed
    for cell, of_cell in zip(cells, uses, strict=True):
        everywhere[is_removed(cell)] |= {use.name for use in of_cell if use.kind == "bind"}

    found: list[Unseen] = []
    so_far: dict[bool, set[str]] = {True: set(), False: set()}
    for number, (cell, of_cell) in enumerate(zip(cells, uses, strict=True)):
        removed = is_removed(cell)
        for use in of_cell:
            if use.kind == "bind":
                so_far[removed].add(use.name)
                continue
            bound = everywhere if use.later else so_far
            if not removed and _unseen(use.name, visible=bound[False], removed=bound[True]):
                found.append(Unseen(number, cell.start + use.line, use.name))
            if use.kind == "delete" and not use.later:
                so_far[True].discard(use.name)
                so_far[removed].discard(use.name)
    firsts: dict[tuple[int, str], Unseen] = {}
    for place in sorted(found):
        firsts.setdefault((place.cell, place.name), place)
    return list(firsts.values())


def _unseen(name: str, visible: set[str], removed: set[str]) -> bool:
    """Whether a name comes from removed cells; a visible star import may bring any name."""
    if name in GIVEN or name in visible or EVERYTHING in visible:
        return False
    return name in removed or EVERYTHING in removed


@dataclass
class Counts:
    """What is counted of one page, or of all."""

    removed_lines: int = 0
    hidden_lines: int = 0
    shown_lines: int = 0
    judge_calls: int = 0
    word_ternaries: int = 0
    shown_cells_lacking: int = 0  # that use a name which only removed cells define
    hidden_cells_lacking: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def is_judge(node: ast.AST) -> bool:
    """Whether this is a call of `judge`, or of some module's."""
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    return (isinstance(called, ast.Name) and called.id == "judge") or (
        isinstance(called, ast.Attribute) and called.attr == "judge"
    )


def is_word_ternary(node: ast.AST) -> bool:
    """Whether this is an `a if b else c` with a string in one of its branches."""

    def is_string(branch: ast.expr) -> bool:
        literal = isinstance(branch, ast.Constant) and isinstance(branch.value, str)
        return literal or isinstance(branch, ast.JoinedStr)

    return isinstance(node, ast.IfExp) and (is_string(node.body) or is_string(node.orelse))


def count(cells: Sequence[Cell]) -> Counts:
    """The counts of one page."""
    counts = Counts()
    for cell in cells:
        lines = sum(bool(line.strip()) for line in cell.code)
        if is_removed(cell):
            counts.removed_lines += lines
        elif is_hidden(cell):
            counts.hidden_lines += lines
        else:
            counts.shown_lines += lines
        nodes = list(ast.walk(parse("\n".join(cell.code))))
        counts.judge_calls += sum(map(is_judge, nodes))
        counts.word_ternaries += sum(map(is_word_ternary, nodes))
    lacking = [cells[number] for number in {place.cell for place in unseen_names(cells)}]
    counts.hidden_cells_lacking = sum(map(is_hidden, lacking))
    counts.shown_cells_lacking = len(lacking) - counts.hidden_cells_lacking
    return counts


# --- The command ------------------------------------------------------------


def git(*arguments: str) -> str:
    """What git prints.

    Raises:
        SystemExit: git refuses, say because there is no such revision or file.
    """
    done = subprocess.run(["git", *arguments], capture_output=True, cwd=ROOT)
    if done.returncode:
        sys.exit(f"error: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode("utf-8")


def read(named: Sequence[Path], revision: str | None) -> Iterator[tuple[str, list[Cell]]]:
    """The pages that are meant, by path and cells; without names, only those with cells.

    Raises:
        SystemExit: a page is not there or cannot be read.
    """
    if named:
        paths = [shown(path.resolve()) for path in named]
    elif revision is None:
        paths = [shown(path) for path in chapters() if path.is_relative_to(ROOT / "book")]
    else:
        listed = git("ls-tree", "-r", "-z", "--name-only", revision, "--", "book").split("\0")
        paths = [path for path in sorted(listed) if is_page(Path(path))]
    for path in paths:
        try:
            text = (
                (ROOT / path).read_text(encoding="utf-8")
                if revision is None
                else git("show", f"{revision}:{path}")
            )
            cells = find_cells(text)
        except (OSError, ValueError) as fault:
            sys.exit(f"error: {path}: {fault}")
        if cells or named:
            yield path, cells


def table(counts: dict[str, Counts]) -> list[str]:
    """The counts as lines: a page to a line, and the total."""
    heads = ["removed", "hidden", "shown", "judge", "ternaries", "shown lacking", "hidden lacking"]
    rows = counts | {"total": sum(counts.values(), Counts())}
    width = max(map(len, rows))
    lines = [f"{'':{width}}  {'  '.join(heads)}"]
    for name, row in rows.items():
        numbers = [f"{n:{len(head)}}" for n, head in zip(astuple(row), heads, strict=True)]
        lines.append(f"{name:{width}}  {'  '.join(numbers)}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    parser.add_argument(
        "--names",
        action="store_true",
        help="list the names that only removed cells define",
    )
    parser.add_argument("--revision", metavar="REV", help="read the pages of this git revision")
    parser.add_argument("pages", nargs="*", type=Path)
    options = parser.parse_args(arguments)

    counts: dict[str, Counts] = {}
    places: list[str] = []
    for path, cells in read(options.pages, options.revision):
        counts[path] = count(cells)
        places += [f"{path}:{place.line}: {place.name}" for place in unseen_names(cells)]
    if options.json:
        about = {
            "pages": {path: asdict(row) for path, row in counts.items()},
            "total": asdict(sum(counts.values(), Counts())),
        }
        print(json.dumps(about | ({"names": places} if options.names else {}), indent=2))
    else:
        print("\n".join([*table(counts), *(["", *places] if options.names and places else [])]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
