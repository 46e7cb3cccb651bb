"""Which builds there are, tried on the small book: each works, or is refused in one line."""

import json
import os
import sys
from pathlib import Path

import mini_book
import pytest
from bs4 import BeautifulSoup
from filelock import FileLock
from mini_book import ALL, STRICT, build, edit, jupyter_book, ran, record, refused, started

pytestmark = pytest.mark.slow

SPHINX = Path(sys.executable).with_name("sphinx-build")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The small book before its first build."""
    folder = tmp_path / "sources"
    mini_book.write(folder)
    return folder


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (".", "is not the folder of the book: run `jupyter-book build book` in "),
        ("book/record.md", "/book/record.md is a single page, "),
        ("book/reference/claims.md", "/book/reference/claims.md is a single page, "),
    ],
)
def test_part_of_the_book_is_refused_and_leaves_nothing(
    sources: Path, source: str, told: str
) -> None:
    (sources / "_toc.yml").write_bytes((sources / "book/_toc.yml").read_bytes())
    for _ in range(2):
        line = refused(jupyter_book(sources, "build", source))
        assert told in line
        assert "`jupyter-book build book`" in line
        assert not (sources / "_build").exists()


@pytest.mark.parametrize("builder", ["singlehtml", "latex", "pdflatex", "custom"])
def test_other_builder_is_refused_and_leaves_the_site(book: Path, builder: str) -> None:
    custom = ("--custom-builder", "text") if builder == "custom" else ()
    line = refused(build(book, "--builder", builder, *custom))
    assert "is not supported" in line
    assert line.endswith("take html or dirhtml or linkcheck")
    assert {path.name for path in (book / "_build").glob("[a-z]*")} == {"html", "jupyter_execute"}
    assert (book / "_build/html/claims.json").exists()


def test_conf_py_beside_the_settings_is_refused(sources: Path) -> None:
    assert jupyter_book(sources, "config", "sphinx", "book").returncode == 0
    result = started(sources, str(SPHINX), "-c", ".", "book", "_build/html")
    assert "/conf.py is no part of the book, " in refused(result)
    assert not (sources / "_build").exists()


def test_second_build_at_the_same_time_is_refused(book: Path) -> None:
    with FileLock(book / "_build" / ".building.lock"):
        assert f"another build is at work in {book / '_build'}: wait" in refused(build(book))
    assert build(book).returncode == 0


# --- What works -----------------------------------------------------------------------------------


def test_dirhtml_is_a_whole_site(book: Path) -> None:
    result = build(book, "--builder", "dirhtml", *STRICT)
    assert result.returncode == 0, result.stderr
    assert ran(result) == []
    site = book / "_build" / "dirhtml"
    pages = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    assert site / "record" / "index.html" in pages
    for path in pages:
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for tag, key in (("a", "href"), ("img", "src"), ("link", "href"), ("script", "src")):
            for link in page.find_all(tag, **{key: True}):
                address, _, anchor = link[key].partition("#")
                address = address.partition("?")[0]
                if ":" in address:
                    continue  # elsewhere
                target = Path(os.path.normpath(path.parent / address)) if address else path
                target = target / "index.html" if target.is_dir() else target
                assert target.is_file(), f"{path}: {link[key]}"
                if anchor and tag == "a":
                    there = BeautifulSoup(target.read_text(encoding="utf-8"), "html.parser")
                    assert there.find(id=anchor), f"{path}: {link[key]}"
    claims = json.loads((site / "claims.json").read_text(encoding="utf-8"))
    assert claims[0]["page"] == "record/#claim-s1-1"


@pytest.mark.parametrize("other", ["dirhtml", "linkcheck"])
def test_site_is_written_anew_after_another_builder_read_its_pages(book: Path, other: str) -> None:
    kept = book / "_build/html/claims.json"
    record(book, "small", {"score": [0.6, 0.9]})
    assert ran(build(book, "--builder", other)) == ["record"]
    assert kept.exists()
    result = build(book)
    assert ran(result) == []
    assert "Elsewhere: 0.75" in mini_book.page(book, "quotes").text


def test_site_is_written_after_a_build_that_ended_before_that(book: Path) -> None:
    record(book, "small", {"score": [0.6, 0.3]})  # another verdict is a warning
    assert build(book, "-W").returncode != 0
    record(book, "small", {"score": [0.6, 0.9]})
    (book / "book/figures.md").touch()
    edit(book / "book/index.md", {"See {doc}": "```{claim} S9\n```\n\nSee {doc}"})
    assert build(book, "-W").returncode != 0
    edit(book / "book/index.md", {"```{claim} S9\n```\n\nSee {doc}": "See {doc}"})
    assert build(book, *STRICT).returncode == 0
    assert "Elsewhere: 0.75" in mini_book.page(book, "quotes").text


def test_site_elsewhere_leaves_the_other_alone(book: Path, tmp_path: Path) -> None:
    before = sorted((book / "_build").rglob("*"))
    result = build(book, "--path-output", str(tmp_path), "--all")
    assert result.returncode == 0, result.stderr
    assert ran(result) == ALL
    assert (tmp_path / "_build/html/index.html").exists()
    assert sorted((book / "_build").rglob("*")) == before


# --- Other tables of contents ---------------------------------------------------------------------


def test_book_without_ledger_and_report_warns_at_every_build(book: Path) -> None:
    edit(
        book / "book/_toc.yml",
        {"      - file: reference/claims\n": "", "      - file: reference/build\n": ""},
    )
    for _ in range(2):
        result = build(book, *STRICT)
        assert result.returncode == 0, result.stderr
        assert ran(result) == []
    edit(book / "book/experiments/verdicts.json", {'"S1.2": "holds"': '"S1.2": "undecided"'})
    for _ in range(2):  # though no page is read again
        result = build(book, *STRICT)
        assert result.returncode != 0
        assert "the verdict on S1.2 is now 'holds', and was 'undecided'" in result.stderr


def test_book_of_other_pages_in_another_order_is_built_without_a_warning(book: Path) -> None:
    """It leaves out the page with the cards, and begins with another one."""
    toc = "format: jb-book\nroot: live\nchapters: [{file: reference/bibliography}, {file: figures}]"
    (book / "other.yml").write_text(f"{toc}\n", encoding="utf-8")
    for _ in range(2):
        result = build(book, "--toc", "other.yml", *STRICT)
        assert result.returncode == 0, result.stderr
        assert ran(result) == []
    assert json.loads((book / "_build/html/claims.json").read_text(encoding="utf-8")) == []
    assert not mini_book.page(book, "figures").find("a", href="record.html")
