"""Solutions can be left out of a chapter: how they are found, and that nothing else needs them."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jupytext
import pytest
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = [
    path
    for path in [*(ROOT / "book").rglob("*.md"), ROOT / "templates" / "chapter.md"]
    if "kernelspec:" in path.read_text(encoding="utf-8").partition("\n---\n")[0]
]
FOLD = "```{{fold}} A solution\n:kind: {}\n```\n\n{}\n\n```{{endfold}}\n```\n"


@pytest.fixture
def parts():
    """`parts` of the extension, imported late, since Sphinx comes with it."""
    from book._ext.solutions import parts

    return parts


def cell(code: str) -> str:
    return f"```{{code-cell}} ipython3\n{code}\n```\n"


def read(text: str) -> list:
    header = "---\njupytext:\n  text_representation:\n    format_name: myst\n---\n\n"
    return jupytext.reads(header + text, fmt="md:myst").cells


class Names(ast.NodeVisitor):
    """Follow the names of a notebook's cells in the order in which they are evaluated."""

    def __init__(self) -> None:
        self.from_solution: set[str] = set()  # names as a solution has left them
        self.inside = False
        self.missed: list[str] = []
        self.scopes: list[set[str]] = []

    def cell(self, code: str, *, inside: bool) -> list[str]:
        """The names that this cell has from a solution, though it is in none itself."""
        self.inside, self.missed = inside, []
        self.visit(ast.parse(TransformerManager().transform_cell(code)))
        return self.missed

    def bind(self, name: str) -> None:
        if self.scopes:
            self.scopes[-1].add(name)
        elif self.inside:
            self.from_solution.add(name)
        else:
            self.from_solution.discard(name)

    def use(self, name: str) -> None:
        local = any(name in scope for scope in self.scopes)
        if not self.inside and not local and name in self.from_solution:
            self.missed.append(name)

    @contextmanager
    def scope(self, *names: str) -> Iterator[None]:
        self.scopes.append(set(names))
        yield
        self.scopes.pop()

    def in_order(self, *nodes: ast.AST | list | None) -> None:
        for node in nodes:
            for one in node if isinstance(node, list) else [node]:
                if one is not None:
                    self.visit(one)

    def visit_Name(self, node: ast.Name) -> None:
        self.use(node.id) if isinstance(node.ctx, ast.Load) else self.bind(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.in_order(node.value, node.targets)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.in_order(node.value, node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.in_order(node.annotation, node.value, node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.use(node.target.id)
        self.in_order(node.value, node.target)

    def visit_For(self, node: ast.For) -> None:
        self.in_order(node.iter, node.target, node.body, node.orelse)

    def change(self, node: ast.Subscript | ast.Attribute) -> None:
        """`table[0] = 1` in a solution makes another thing of `table`."""
        self.generic_visit(node)
        owner = node.value
        while isinstance(owner, ast.Subscript | ast.Attribute):
            owner = owner.value
        if self.inside and isinstance(node.ctx, ast.Store) and isinstance(owner, ast.Name):
            self.bind(owner.id)

    visit_Subscript = visit_Attribute = change

    def visit_alias(self, node: ast.alias) -> None:
        self.bind((node.asname or node.name).partition(".")[0])

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bind(node.name)
        self.generic_visit(node)

    def function(self, node: ast.FunctionDef | ast.Lambda) -> None:
        """A body may use what the notebook has; its own names are its own."""
        named = node.args
        self.in_order(getattr(node, "decorator_list", []), named.defaults, named.kw_defaults)
        if isinstance(node, ast.FunctionDef):
            self.bind(node.name)
        own = [a.arg for a in ast.walk(named) if isinstance(a, ast.arg)]
        body = node.body if isinstance(node.body, list) else [node.body]
        for inner in (part for statement in body for part in ast.walk(statement)):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                own.append(inner.id)
        with self.scope(*own):
            self.in_order(body)

    visit_FunctionDef = visit_Lambda = function

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.in_order(node.decorator_list, node.bases)
        with self.scope():
            self.in_order(node.body)
        self.bind(node.name)

    def comprehension_of(self, node: ast.ListComp) -> None:
        with self.scope():
            for part in node.generators:
                self.in_order(part.iter, part.target, part.ifs)
            ends = ("key", "value") if isinstance(node, ast.DictComp) else ("elt",)
            self.in_order(*(getattr(node, end) for end in ends))

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = comprehension_of


def needs_solutions(pairs) -> list[str]:
    """The names that cells outside of solutions have from a solution."""
    names = Names()
    return [
        name
        for cell, solution in pairs
        if cell.cell_type == "code"
        for name in names.cell(cell.source, inside=solution is not None)
    ]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_no_cell_needs_what_only_a_solution_defines(chapter, parts):
    cells = jupytext.read(chapter, fmt="md:myst").cells
    assert any(solution is not None for _, solution in parts(cells))
    assert needs_solutions(parts(cells)) == []


def test_there_are_chapters():
    assert {"dataset.md", "chapter.md"} <= {path.name for path in CHAPTERS}


@pytest.mark.parametrize(
    ("solution", "later", "missed"),
    [
        ("found = 1", "print(found)", ["found"]),
        ("found = 1", "def f():\n    return found", ["found"]),
        ("found = 1", "f'{found:.1f}'", ["found"]),
        ("found = 1", "found += 1", ["found"]),
        ("found = 1", "found = found + 1", ["found"]),
        ("found = 1", "[found for x in range(3)]", ["found"]),
        ("found = 1", "{x: 1 for x in found}", ["found"]),
        ("found = 1", "lambda x=found: x", ["found"]),
        ("found = 1", "def f(x=found):\n    found = 2", ["found"]),
        ("found = 1", "%time print(found)", []),  # what stands in a magic is text
        ("import numpy as found", "found.mean", ["found"]),
        ("from os import path as found", "found", ["found"]),
        ("def found():\n    pass", "found()", ["found"]),
        ("class found:\n    pass", "found()", ["found"]),
        ("for found in []:\n    pass", "found", ["found"]),
        ("a, (found, *b) = 1, (2, 3)", "found, b", ["found", "b"]),
        ("with open('x') as found:\n    pass", "found", ["found"]),
        ("print(found := 1)", "found", ["found"]),
        ("table['x'] = 1", "table", ["table"]),  # it is another table without the solution
        ("table[0][1].x = 1", "table", ["table"]),
        ("table += 1", "table", ["table"]),
        ("table = 0", "table", ["table"]),  # the reader's table is the one from before
        ("found = 1", "found = 2\nfound", []),
        ("found = 1", "for found in []:\n    found", []),
        ("found = 1", "import found\nfound.x", []),
        ("found = 1", "def found():\n    found", []),
        ("found = 1", "def f(found):\n    found = found + 1", []),
        ("found = 1", "lambda found: found", []),
        ("found = 1", "[found for found in range(3)]", []),
        ("found = 1", "x.found, f(found=1)", []),
        ("[found for found in range(3)]", "found", []),
        ("def f():\n    found = 1", "found", []),
        ("table.sum(), table[0]", "table", []),
    ],
)
def test_cells_that_need_a_solution_are_known(parts, solution, later, missed):
    text = f"{cell('table = {}')}\n{FOLD.format('solution', cell(solution))}\n{cell(later)}"
    assert needs_solutions(parts(read(text))) == missed
    for kind in ("prediction", "further"):  # these stay in every notebook
        text = f"{FOLD.format(kind, cell(solution))}\n{cell(later)}"
        assert needs_solutions(parts(read(text))) == []


def test_text_is_cut_where_a_solution_begins_and_ends(parts):
    first = FOLD.format("solution", f"one\n\n{cell('1')}\n\n:::{{note}}\ninside\n:::")
    second = FOLD.format("solution", "two")
    other = FOLD.format("further", f"deep\n\n{FOLD.format('solution', cell('3'))}\n\nend")
    found = [
        (cell.source.partition("\n")[0], solution)
        for cell, solution in parts(read(f"before\n\n{first}{second}\nafter\n\n{other}\nlast"))
    ]
    assert found == [
        ("before", None),
        ("```{fold} A solution", 0),
        ("1", 0),
        (":::{note}", 0),
        ("```{fold} A solution", 1),
        ("after", None),
        ("```{fold} A solution", 2),
        ("3", 2),
        ("```{endfold}", 2),
        ("end", None),
    ]


def test_solution_within_a_solution_ends_with_the_outer_one(parts):
    inner = FOLD.format("further", cell("2"))
    text = FOLD.format("solution", f"{inner}\n{cell('3')}") + f"\n{cell('4')}"
    found = [(c.source, solution) for c, solution in parts(read(text)) if c.cell_type == "code"]
    assert found == [("2", 0), ("3", 0), ("4", None)]


def test_fold_shown_as_code_is_none(parts):
    shown = "````md\n" + FOLD.format("solution", "text") + "````\n"
    assert [solution for _, solution in parts(read(shown + "after"))] == [None]


def test_solution_inside_a_directive_is_refused(parts):
    hidden = "::::{admonition} A box\n" + FOLD.format("solution", "told") + "::::\n"
    with pytest.raises(ValueError, match=r"inside \{admonition\}"):
        list(parts(read(hidden)))
