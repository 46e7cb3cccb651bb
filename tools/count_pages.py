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
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lint_chapters import Cell, chapters, find_cells, shown

ROOT = Path(__file__).resolve().parent.parent
REMOVED = {"remove-cell", "remove-input"}
HIDDEN = {"hide-cell", "hide-input"}
# What Python and IPython define before the first cell runs.
GIVEN = {*dir(builtins), "display", "get_ipython", "exit", "quit", "In", "Out", "_", "__", "___"}
EVERYTHING = "*"  # bound by `from module import *`, which does not tell what it binds
# Magics whose arguments or cell are Python; of those, `capture` has no code on its own line.
PYTHON_MAGIC = re.compile(
    r"^([ \t]*)%{1,2}(?:(?:time|timeit)\b(?:[ \t]+-\w+(?:[ \t]*\d+)?)*[ \t]*|capture\b.*)",
    re.MULTILINE,
)


# --- The names of a cell ----------------------------------------------------


class Use(NamedTuple):
    """A global name that a cell uses, binds or deletes, and the line of the cell, from 1.

    ``later`` says that this happens when a function is called, and not when the cell runs.
    """

    kind: str  # "load", "bind" or "delete"
    name: str
    line: int
    later: bool = False


@dataclass
class Scope:
    """The names of one function, class or comprehension, inside the module or another scope."""

    kind: str  # "module", "function", "class" or "comprehension"
    bound: set[str] = field(default_factory=set)
    of_module: set[str] = field(default_factory=set)  # declared global
    loads: list[tuple[str, int]] = field(default_factory=list)  # until all its names are known


class _Uses(ast.NodeVisitor):
    """Collects the uses of global names in the order in which Python comes to them.

    In a function a name is local if it is bound anywhere in it, so that its loads wait until the
    function ends. A class and a comprehension are run line by line, as the module is.
    """

    def __init__(self) -> None:
        self.found: list[Use] = []
        self.scopes = [Scope("module")]

    # What happens to a name

    @property
    def in_function(self) -> bool:
        return any(scope.kind == "function" for scope in self.scopes)

    def load(self, name: str, line: int) -> None:
        """Use a name in the innermost scope."""
        self._load(name, line, len(self.scopes) - 1, own=True)

    def _load(self, name: str, line: int, innermost: int, own: bool) -> None:
        # Outwards from the scope that uses it. The names of a class are its own body's alone.
        for scope in self.scopes[innermost:0:-1]:
            if name in scope.of_module:
                break
            if scope.kind == "function":
                scope.loads.append((name, line))
                return
            if name in scope.bound and (own or scope.kind != "class"):
                return
            own = False
        self.found.append(Use("load", name, line, self.in_function))

    def bind(self, name: str, line: int, kind: str = "bind", walrus: bool = False) -> None:
        """Give a name a value, or take it away; a walrus binds outside of comprehensions."""
        scopes = [scope for scope in self.scopes if not walrus or scope.kind != "comprehension"]
        if scopes[-1].kind == "module" or name in scopes[-1].of_module:
            self.found.append(Use(kind, name, line, self.in_function))
        else:  # a name declared nonlocal too: a function around this one binds it anyway
            scopes[-1].bound.add(name)

    def leave_function(self) -> None:
        """Close a function: what it uses and does not bind comes from around it."""
        function = self.scopes[-1]
        for name, line in function.loads:
            if name not in function.bound:
                self._load(name, line, len(self.scopes) - 2, own=False)
        self.scopes.pop()

    # Names, and what binds them besides assignments

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.load(node.id, node.lineno)
        else:
            kind = "bind" if isinstance(node.ctx, ast.Store) else "delete"
            self.bind(node.id, node.lineno, kind)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.bind(node.target.id, node.lineno, walrus=True)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._all(node.value, node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.load(node.target.id, node.lineno)
        self._all(node.value, node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._all(node.value)
        if self.scopes[-1].kind == "function":  # where no annotation is ever looked up
            self.visit(node.target)
            return
        self._all(node.annotation)
        if node.value or not isinstance(node.target, ast.Name):  # without a value, no name is bound
            self.visit(node.target)

    def _visit_loop(self, node: ast.For | ast.AsyncFor) -> None:
        self._all(node.iter, node.target, node.body, node.orelse)

    visit_For = visit_AsyncFor = _visit_loop

    def visit_alias(self, node: ast.alias) -> None:
        # `import a.b` binds a, `import a.b as c` binds c, and `*` stays a star.
        self.bind(node.asname or node.name.split(".")[0], node.lineno)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._all(node.type)
        if node.name:
            self.bind(node.name, node.lineno)
        self._all(node.body)

    def _visit_pattern(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> None:
        self.generic_visit(node)
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name:
            self.bind(name, node.lineno)

    visit_MatchAs = visit_MatchStar = visit_MatchMapping = _visit_pattern

    def visit_Global(self, node: ast.Global) -> None:
        self.scopes[-1].of_module.update(node.names)

    # Scopes

    def _visit_def(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._all(node.decorator_list)
        self._visit_signature(node.args)
        self._all(node.returns)
        self._visit_function(node.args, node.body)
        self.bind(node.name, node.lineno)

    visit_FunctionDef = visit_AsyncFunctionDef = _visit_def

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_signature(node.args)
        self._visit_function(node.args, node.body)

    def _visit_signature(self, arguments: ast.arguments) -> None:
        """Default values and annotations, which are looked up around the function."""
        self._all(arguments.defaults, arguments.kw_defaults)
        self._all(argument.annotation for argument in _arguments(arguments))

    def _visit_function(self, arguments: ast.arguments, body: ast.expr | list[ast.stmt]) -> None:
        names = {argument.arg for argument in _arguments(arguments)}
        self.scopes.append(Scope("function", names))
        self._all(body)
        self.leave_function()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._all(node.decorator_list, node.bases, node.keywords)
        self.scopes.append(Scope("class"))
        self._all(node.body)
        self.scopes.pop()
        self.bind(node.name, node.lineno)

    def _visit_comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        first, *others = node.generators
        self.visit(first.iter)  # which belongs to the scope around
        self.scopes.append(Scope("comprehension"))
        self._all(first.target, first.ifs, others)
        self._all(*([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]))
        self.scopes.pop()

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._all(node.iter, node.target, node.ifs)

    def _all(self, *nodes: ast.AST | Iterable[ast.AST | None] | None) -> None:
        """Visit nodes and lists of nodes, in this order."""
        for node in nodes:
            if isinstance(node, ast.AST):
                self.visit(node)
            elif node is not None:
                self._all(*node)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*named, *filter(None, (arguments.vararg, arguments.kwarg))]


def global_names(tree: ast.Module) -> list[Use]:
    """The uses of global names in a cell, in the order in which Python comes to them.

    Attributes and the names of keyword arguments are none, nor are the variables of functions,
    classes and comprehensions.
    """
    visitor = _Uses()
    visitor.visit(tree)
    return visitor.found


# --- Cells and pages --------------------------------------------------------


def parse(code: str) -> ast.Module:
    """The syntax tree of a cell, on the lines of the cell.

    IPython's magics become what IPython makes of them. A cell in another language, and one that
    is no Python, which lint_chapters tells, have an empty tree.
    """
    try:
        return ast.parse(code)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

    code = PYTHON_MAGIC.sub(r"\1", code)
    body = code.lstrip("\n")
    try:
        tree = ast.parse(TransformerManager().transform_cell(body))
    except SyntaxError:
        return ast.parse("")
    return ast.increment_lineno(tree, len(code) - len(body))


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


def pages(named: Sequence[Path], revision: str | None) -> Iterator[tuple[str, list[Cell]]]:
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
        paths = [path for path in sorted(listed) if _is_page(PurePosixPath(path))]
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


def _is_page(path: PurePosixPath) -> bool:
    return path.suffix == ".md" and not any(part.startswith(("_", ".")) for part in path.parts)


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
    for path, cells in pages(options.pages, options.revision):
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
