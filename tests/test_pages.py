"""Every page of the book: whoever copies its code in order can run it."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from count_pages import is_removed, unseen_names  # noqa: E402
from pages import Cell, chapters, find_cells, parse  # noqa: E402

from book import findings  # noqa: E402

BOOK = ROOT / "book"
PLUMBING = ("lessons_src.report", "book.claims", "myst_nb")  # the build's, not the reader's
PAGES = {
    path.relative_to(BOOK).as_posix(): cells
    for path in chapters()
    if path.is_relative_to(BOOK) and (cells := find_cells(path.read_text(encoding="utf-8")))
}
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.replace("/", "-"))


def imported(cell: Cell) -> Iterator[str]:
    """The full names of all that a cell imports."""
    for node in ast.walk(parse("\n".join(cell.code))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_pages_are_found() -> None:
    assert "relu-vs-sigmoid.md" in PAGES


@by_page
def test_visible_cells_use_nothing_that_only_removed_cells_define(page: str) -> None:
    unseen = unseen_names(PAGES[page])
    assert [f"book/{page}:{place.line}: {place.name}" for place in unseen] == []


@by_page
def test_first_visible_cell_imports_no_plumbing(page: str) -> None:
    first = next((cell for cell in PAGES[page] if not is_removed(cell)), None)
    names = imported(first) if first else ()
    plumbing = tuple(f"{module}." for module in PLUMBING)
    assert [name for name in names if f"{name}.".startswith(plumbing)] == []


@by_page
def test_no_page_judges_a_claim_or_knows_a_finding(page: str) -> None:
    """Judgements are findings, and the key of the execution cache does not know those."""
    names = [name for cell in PAGES[page] for name in imported(cell)]
    assert [n for n in names if n.startswith(("book.claims", "book.", "findings"))] == []


# The pages that have no code of their own to teach: they draw what was recorded.
FROM_RECORDS = [p for p in PAGES if p.startswith("evidence/")] + ["case-studies/printed-figures.md"]


@pytest.mark.parametrize("page", FROM_RECORDS, ids=lambda page: page.replace("/", "-"))
def test_page_of_evidence_starts_without_tensorflow(page: str) -> None:
    lines = [
        ast.unparse(node)
        for cell in PAGES[page]
        for node in ast.walk(parse("\n".join(cell.code)))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert lines
    code = "\n".join([*lines, "import sys", "assert not {'tensorflow', 'keras'} & {*sys.modules}"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_finding_is_quoted_by_a_page() -> None:
    quoted = set()
    for path in chapters():
        for name in re.findall(r"\{(?:value|expect)\}`([^`:]+)", path.read_text(encoding="utf-8")):
            quoted.add(name if "." in name else f"{path.stem}.{name}")
    judging = {made.name for made in findings.claims().values()}
    assert sorted(findings.values().keys() - quoted - judging) == []


def test_every_claim_has_a_reading_a_judgement_and_a_home() -> None:
    known = tomllib.loads((BOOK / "claims.toml").read_text(encoding="utf-8"))
    homes = [claim for own in known["homes"].values() for claim in own]
    assert sorted(homes) == sorted(known["claims"]) == sorted(findings.claims())
