"""Solutions: how they are found, that no other cell needs them, and that checkers accept them."""

import ast
import dis
import re
from pathlib import Path

import jupytext
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from lessons_src.exercises import known
from lessons_src.exercises._differences import Difference
from lessons_src.exercises._functions import FunctionExercise

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = [
    path
    for path in [*(ROOT / "book").rglob("*.md"), ROOT / "templates" / "chapter.md"]
    if "kernelspec:" in path.read_text(encoding="utf-8").partition("\n---\n")[0]
]
KNOWN = known()
#: What is compared comes out of the page's run; the tests of the built site see what is said.
NEED_THE_RUN = {"dataset-1", "dataset-2"}
NEED_THE_RUN |= {name for name, exercise in KNOWN.items() if isinstance(exercise, Difference)}
#: Functions whose names a hint may say: all but two are words.
WORDS = {"diagonal", "exp", "max", "mean", "power", "round", "set", "sort", "std", "sum", "where"}
FOLD = "```{{fold}} A solution\n:kind: {}\n```\n\n{}\n\n```{{endfold}}\n```\n"


@pytest.fixture(scope="module")
def parts():
    """`parts` of the extension, imported late, since Sphinx comes with it."""
    from book._ext.solutions import parts

    return parts


def cell(code: str) -> str:
    return f"```{{code-cell}} ipython3\n{code}\n```\n"


def read(text: str) -> list:
    header = "---\njupytext:\n  text_representation:\n    format_name: myst\n---\n\n"
    return jupytext.reads(header + text, fmt="md:myst").cells


def uses_and_binds(code, inside=False):
    """A cell's own names in the order in which they are evaluated, each with whether it is bound.

    What is compiled inside, as a function, counts where it is made; its own names are its own.
    """
    steps = list(dis.get_instructions(code))
    own = {step.argval for step in steps if step.opname == "STORE_NAME"} | {code.co_name}
    for step in steps:
        if hasattr(step.argval, "co_code"):
            yield from uses_and_binds(step.argval, inside=True)
        elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL") and not (inside and step.argval in own):
            yield step.argval, False
        elif step.opname == "STORE_NAME" and not inside:
            yield step.argval, True


def changed(code: str) -> set[str]:
    """The names of what is changed in parts: `table[0] = 1` makes another thing of `table`."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            while isinstance(node, ast.Subscript | ast.Attribute):
                node = node.value
            found |= {getattr(node, "id", None)}
    return found


def needs_solutions(pairs) -> list[str]:
    """The names that cells outside of solutions have from a solution."""
    left, missed = set(), []  # the names as a solution has left them
    for one, solution in pairs:
        if one.cell_type != "code":
            continue
        code = TransformerManager().transform_cell(one.source)
        for name, binds in uses_and_binds(compile(code, "cell", "exec")):
            if binds:
                (left.discard if solution is None else left.add)(name)
            elif solution is None and name in left:
                missed.append(name)
        left |= changed(code) if solution is not None else set()
    return missed


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


def checks(statement):
    """The exercises that a statement checks."""
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return [call.args[0].value for call in calls if getattr(call.func, "id", "") == "check"]


@pytest.fixture(scope="module")
def pages(parts):
    """The statements of each chapter, with the number of the solution that they are in, or None."""
    return [
        [
            (statement, solution)
            for cell, solution in parts(jupytext.read(chapter, fmt="md:myst").cells)
            if cell.cell_type == "code"
            for statement in ast.parse(TransformerManager().transform_cell(cell.source)).body
        ]
        for chapter in CHAPTERS
    ]


def test_every_exercise_is_asked_and_solved_on_one_page(pages):
    asked, solved = [], []
    for number, page in enumerate(pages):
        for statement, solution in page:
            found = asked if solution is None else solved
            found += [(name, number) for name in checks(statement)]
    assert sorted(solved) == sorted(set(asked))
    assert sorted(name for name, _ in solved) == sorted(KNOWN)


def names(node, kind):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, kind)}


def bound(statement):
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    function = isinstance(statement, ast.FunctionDef)
    return {statement.name} if function else names(statement, ast.Store)


def solution_of(name, pages):
    """The check in the solution to an exercise, and the code that it needs, in order.

    From outside of the solution come imports and functions alone, so that nothing is trained.
    """
    places = ((page, place) for page in pages for place in range(len(page)))
    page, place = next((p, i) for p, i in places if p[i][1] is not None and name in checks(p[i][0]))
    last, number = page[place]
    needed, code = names(last, ast.Load), []
    for statement, solution in reversed(page[:place]):
        shared = isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef)
        told = solution == number and not isinstance(statement, ast.Expr)
        if (told or (shared and solution is None)) and bound(statement) & needed:
            needed |= names(statement, ast.Load)
            code.insert(0, statement)
    return last.value, code


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in NEED_THE_RUN])
def test_checker_accepts_the_solution_and_no_hint_names_what_it_calls(name, pages):
    last, code = solution_of(name, pages)
    space = {}
    exec(compile(ast.Module(code, []), name, "exec"), space)
    feedback = eval(compile(ast.Expression(last), name, "eval"), space)
    assert feedback.right, feedback.message
    exercise = KNOWN[name]
    if isinstance(exercise, FunctionExercise):
        *_, own = (d for d in code if getattr(d, "name", "") == last.args[1].id)
        assert exercise.form == f"{own.name}({ast.unparse(own.args)})"
        calls = (node.func for node in ast.walk(own) if isinstance(node, ast.Call))
        called = {ast.unparse(function).rpartition(".")[2] for function in calls} - WORDS
        hints = " ".join([*exercise.mistakes, exercise.otherwise])
        assert not [function for function in called if re.search(rf"\b{function}\b", hints)]
