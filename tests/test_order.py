"""The order of the book: what is said of a chapter's place is so, and none leans on a later one."""

import ast
import posixpath
import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from lint_chapters import chapters, find_cells  # noqa: E402

from book._ext import contents  # noqa: E402
from book._ext.common import front_matter  # noqa: E402

SERIES = [
    *("dataset", "dense-design", "relu-vs-sigmoid", "tuning"),
    *("splits", "sgd", "crossentropy", "trial-and-error"),
]
TOC = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
PARTS = [[c["file"] for c in part["chapters"]] for part in TOC["parts"] if part.get("numbered")]
NUMBER = {page: number for number, page in enumerate(chain(*PARTS), start=1)}
# A page of evidence has no number of its own; it goes with its chapter.
PLACE = NUMBER | {f"evidence/{page}": number for page, number in NUMBER.items()}
TEXT = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*chapters(), ROOT / "README.md", ROOT / "CONTRIBUTING.md")
}
# What is taught by one chapter, and so not used before it.
TAUGHT = {
    "lessons_src.scratch": "from-scratch",
    "lessons_src.search": "searching",
    "optuna": "searching",
}

SPOKEN = r"chapters?\s+(?P<number>\d+)(?:\s*(?:to|and|–|-)\s*(?P<last>\d+))?"
RELATIVE = r"(?P<way>next|previous|first)\s+(?:chapter|lesson|page)\b"
LINK = r"\[[^\]]*\]\((?P<target>[^)\s]+\.md)\)"
# A link with what is said in it or beside it, on either side.
BESIDE = [LINK] + [
    pattern
    for said in (SPOKEN, RELATIVE)
    for pattern in (rf"{said}[\s,:(]*{LINK}", rf"{LINK}[\s,:(]*{said}")
]


def page_of(name: str) -> str:
    """The page as the table of contents calls it: "dataset" for "book/dataset.md"."""
    return posixpath.normpath(name).removeprefix("book/").removesuffix(".md")


def number_there(name: str, target: str) -> int | None:
    """The number of the chapter to which a text links, if it is one."""
    return PLACE.get(page_of(posixpath.join(posixpath.dirname(name), target)))


def misplaced(name: str, text: str) -> Iterator[str]:
    """What a text says of the places of chapters, and is not so."""
    for said in re.finditer(SPOKEN, text, re.IGNORECASE):
        if not all(1 <= int(n) <= len(NUMBER) for n in said.groups() if n):
            yield f"{said[0]}: there is no such chapter"
    here = PLACE.get(page_of(name), 0)
    places = {"next": here + 1, "previous": here - 1, "first": 1}
    for link in chain.from_iterable(re.finditer(p, text, re.IGNORECASE) for p in BESIDE):
        there = number_there(name, link["target"])
        for said in re.finditer(SPOKEN, link[0], re.IGNORECASE):
            if not said["last"] and int(said["number"]) != there:
                yield f"{link[0]}: that is {there}"
        for said in re.finditer(RELATIVE, link[0], re.IGNORECASE):
            if places[said["way"].lower()] != there:
                yield f"{link[0]}: that is {there}, and this is {here}"


def imported(text: str) -> Iterator[str]:
    """The full names of all that the cells of a page import."""
    for cell in find_cells(text):
        for node in ast.walk(ast.parse("\n".join(cell.code))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def borrowed(page: str, text: dict[str, str]) -> Iterator[str]:
    """What a chapter uses of later ones: their code, their figures, their findings.

    A link is no loan: it may be an outlook, which only a reader can tell.
    """
    own, here = text[page], NUMBER[page]
    for name in imported(own):
        for module, teacher in TAUGHT.items():
            if f"{name}.".startswith(f"{module}.") and here < NUMBER[teacher]:
                yield f"{name}, of {teacher}"
    figures = {
        label: other for other in NUMBER for label in re.findall(r"name: (fig-[\w-]+)", text[other])
    }
    for label in re.findall(r"\{numref\}`(?:[^`<]*<)?(fig-[\w-]+)>?`", own):
        if here < NUMBER[figures[label]]:
            yield f"{label}, of {figures[label]}"
    topics = {posixpath.basename(other): other for other in NUMBER}
    for topic, finding in re.findall(r"\{(?:value|expect)\}`([\w-]+)\.([a-z]\w*)", own):
        if here < NUMBER[topics[topic]]:
            yield f"{topic}.{finding}"


PAGES = {page: TEXT[f"book/{page}.md"] for page in NUMBER}


def test_first_chapters_are_the_parts_of_the_series() -> None:
    assert PARTS[0] == SERIES


def test_numbers_run_on_through_the_parts() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert config["html"]["use_multitoc_numbering"] is True


def test_front_page_has_the_cards_of_every_part_in_its_place() -> None:
    numbered = [part["caption"] for part in TOC["parts"] if part.get("numbered")]
    shown = re.findall(r"^```\{chapter-cards\} (.+)$", TEXT["book/index.md"], re.MULTILINE)
    assert shown == numbered


@pytest.mark.parametrize("page", NUMBER, ids=lambda page: page.replace("/", "-"))
def test_chapter_has_what_its_card_says(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHION_MNIST_SOURCE", "synthetic")  # some cards show garments
    text = contents.card(ROOT / "book" / f"{page}.md", page, NUMBER[page])
    assert len(re.search(r"\} \d+ · (.+)\n", text)[1]) <= 30
    question, minutes = re.search(r"\n\n(.+)\n\n\[(\d+)&nbsp;minutes\]", text).groups()
    assert 20 <= len(question) <= 100
    assert 15 <= int(minutes) <= 65
    summary = front_matter(ROOT / "book" / f"{page}.md")["summary"]
    assert 50 <= len(summary) <= 200


def test_readme_leads_to_every_part_of_the_series() -> None:
    for page in SERIES:
        assert f"](book/{page}.md)" in TEXT["README.md"]


@pytest.mark.parametrize("name", TEXT, ids=lambda name: name.replace("/", "-"))
def test_what_is_said_of_places_is_so(name: str) -> None:
    assert [*misplaced(name, TEXT[name])] == []


@pytest.mark.parametrize("page", NUMBER, ids=lambda page: page.replace("/", "-"))
def test_no_chapter_borrows_from_a_later_one(page: str) -> None:
    assert [*borrowed(page, PAGES)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("book/sgd.md", "as chapter 99 tells"),
        ("book/sgd.md", "chapters 3 to 99"),
        ("book/sgd.md", "in [chapter 5](dense-design.md)"),
        ("book/sgd.md", "in chapter 5\n([tuning](tuning.md))"),
        ("book/sgd.md", "in [tuning](tuning.md), chapter 5,"),
        ("book/case-studies/leaky-relu.md", "see [Chapter 3](../tuning.md)"),
        ("book/sgd.md", "in [the next\nchapter](from-scratch.md)"),
        ("book/sgd.md", "the next chapter, [on splits](splits.md)"),
        ("book/sgd.md", "[the first chapter](tuning.md)"),
    ],
)
def test_wrong_place_is_found(name: str, text: str) -> None:
    assert [*misplaced(name, text)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("book/sgd.md", "chapters 1 to 8; in [chapter 2](dense-design.md), and [here](splits.md)."),
        ("book/sgd.md", "[the next chapter](crossentropy.md) after chapter 5"),
        ("book/index.md", "chapter 3 ([its evidence](evidence/relu-vs-sigmoid.md))"),
        ("book/case-studies/leaky-relu.md", "[the first chapter](../dataset.md)"),
    ],
)
def test_right_place_is_not_blamed(name: str, text: str) -> None:
    assert [*misplaced(name, text)] == []


@pytest.mark.parametrize(
    "loan",
    [
        "```{code-cell} ipython3\nfrom lessons_src import plotting, scratch\n```",
        "```{code-cell} ipython3\nimport optuna\n```",
        "as {numref}`fig-later` shows",
        "{expect}`printed-figures.giving_all`",
    ],
)
def test_loan_of_a_later_chapter_is_found(loan: str) -> None:
    text = dict.fromkeys(NUMBER, "")
    text |= {"sgd": loan, "from-scratch": "    name: fig-later\n"}
    assert [*borrowed("sgd", text)]
    text |= {"sgd": "", "case-studies/printed-figures": loan}
    assert [*borrowed("case-studies/printed-figures", text)] == []
