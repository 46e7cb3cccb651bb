"""How a source file may be written: in UTF-8, with any line ends, and a byte-order mark or none.

The build is tried on the small book of `mini_book`.
"""

import codecs
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from mini_book import STRICT, build, edit, ran, refused

from book.sources import SourceError, text_of

LATIN = "# Café\n\nText.\n".encode("latin-1")
WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "byte-order mark": lambda text: codecs.BOM_UTF8 + text,
    "line ends of Windows": lambda text: text.replace(b"\n", b"\r\n"),
    "both": lambda text: codecs.BOM_UTF8 + text.replace(b"\n", b"\r\n"),
}


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of a file."""
    path.write_bytes(change(path.read_bytes()))


def in_latin(text: bytes) -> bytes:
    """A file's text with an accent that is not UTF-8, in its third line or in its only one."""
    lines = text.split(b"\n")
    lines[min(2, len(lines) - 1)] += b" \xe9"
    return b"\n".join(lines)


@pytest.mark.parametrize("name", WRITTEN)
def test_text_is_the_same_however_it_is_written(tmp_path: Path, name: str) -> None:
    path = tmp_path / "page.md"
    path.write_bytes(WRITTEN[name]("---\na: 1\n---\n\n# Café\n".encode()))
    assert text_of(path) == "---\na: 1\n---\n\n# Café\n"


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_other_encoding_is_told_with_file_line_and_cure(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "page.md"
    path.write_bytes(mark + b"one\r\ntwo\r\n" + LATIN)
    with pytest.raises(SourceError) as told:
        text_of(path)
    assert str(told.value) == f"{path}:3: byte 0xe9 is not UTF-8: save the file in UTF-8"


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITTEN)
def test_page_is_the_same_however_it_is_written(book: Path, name: str) -> None:
    """It has the same outputs and notebooks, and the right lines in errors."""
    notebook = book / "_build/html/notebooks/exercise.ipynb"
    plain = notebook.read_text(encoding="utf-8")
    for file in ("exercise.md", "claims.toml", "_toc.yml", "quotes.md", "findings/record.py"):
        rewrite(book / "book" / file, WRITTEN[name])
    result = build(book, *STRICT)
    assert result.returncode == 0, result.stderr
    assert ran(result) == []
    assert notebook.read_text(encoding="utf-8") == plain
    rewrite(book / "book/exercise.md", lambda t: t.replace(b'check("exercise-1")', b"1 / 0"))
    result = build(book)
    assert result.returncode != 0
    assert re.search(r"/exercise\.md:20: ZeroDivisionError", result.stderr), result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("exercise.md", r"exercise\.md:3: byte 0xe9 is not UTF-8: save the file in UTF-8$"),
        ("quotes.md", r"quotes\.md:3: byte 0xe9 is not UTF-8"),  # without code
        ("claims.toml", r"claims\.toml:3: byte 0xe9 is not UTF-8"),
        ("references.bib", r"references\.bib:2: byte 0xe9 is not UTF-8"),
        ("experiments/small.json", r"small\.json is not in UTF-8 .*: run `make experiments NAME="),
        ("experiments/verdicts.json", r"verdicts\.json:2: byte 0xe9 .*`make verdicts`"),
        ("findings/record.py", r"record\.py:\d+: .*utf-8"),
    ],
)
def test_other_encoding_ends_the_build_in_one_line(
    book: Path,
    file: str,
    told: str,
) -> None:
    rewrite(book / "book" / file, in_latin)
    line = refused(build(book))
    assert re.search(told, line), line
    assert len(line) < 400


@pytest.mark.slow
def test_record_with_a_byte_order_mark_is_named(book: Path) -> None:
    rewrite(book / "book/experiments/small.json", WRITTEN["byte-order mark"])
    line = refused(build(book))
    assert re.search(r"small\.json cannot be read .* BOM .*`make experiments", line), line


@pytest.mark.slow
def test_notebook_with_outputs_of_elsewhere_is_refused(book: Path) -> None:
    foreign = nbformat.v4.new_output("stream", text="made elsewhere")
    cell = nbformat.v4.new_code_cell("stop('x')", outputs=[foreign], execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# R"), cell])
    notebook.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(notebook, book / "book/foreign.ipynb")
    edit(book / "book/_toc.yml", {"- file: quotes": "- file: quotes\n      - file: foreign"})
    line = refused(build(book))
    assert re.search(r"foreign\.ipynb: .*`jupytext --to md:myst .*foreign\.ipynb`", line), line


KERNEL = "kernelspec: {display_name: Python 3, language: python, name: python3}\n"
JUPYTEXT = "jupytext: {text_representation: {extension: .md, format_name: myst}}\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (KERNEL, "", r"/exercise\.md:7: a code cell on a page without a kernel: .*chapter\.md"),
        (f"---\n{JUPYTEXT}{KERNEL}---\n", "", r"/exercise\.md:4: a code cell on a page without"),
        (KERNEL, "kernelspec: {display_name: R, name: ir}\n", r"exercise\.md: the kernel is 'ir'"),
    ],
)
def test_page_whose_code_could_not_run_is_refused(
    book: Path,
    old: str,
    new: str,
    told: str,
) -> None:
    edit(book / "book/exercise.md", {old: new})
    line = refused(build(book))
    assert re.search(told, line), line
