"""Read a page as the book does: its cells, its blocks, and what a reader meets as words.

MyST's own parser, with the extensions of `_config.yml`, reads the Markdown; here is what it leaves
to Sphinx, the content of directives, and what is Jupyter's, the cells with their options.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml
from jupytext.myst import CODE_DIRECTIVE, MystMetadataParsingError, read_fenced_cell
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

ROOT = Path(__file__).resolve().parent.parent
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
EXTENSIONS = set(CONFIG["parse"]["myst_enable_extensions"])
PARSER = create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)
DIRECTIVE = re.compile(r"\{(?P<name>[^}]+)\} *(?P<argument>.*)")
VERBATIM = {"code-cell", "math", "code", "code-block", "sourcecode", "raw", "bibliography"}
OPTION = re.compile(r"^[ \t]*:(?!alt|caption)[\w-]+:(?: .*)?$", re.MULTILINE)


def chapters() -> list[Path]:
    """Every page under book/, and the template."""
    paths = [*sorted((ROOT / "book").rglob("*.md")), *sorted((ROOT / "templates").glob("*.md"))]
    return [path for path in paths if is_page(path.relative_to(ROOT))]


def is_page(path: Path) -> bool:
    """Whether a Markdown file of the repository is one, and not the build's."""
    return path.suffix == ".md" and not any(part.startswith(("_", ".")) for part in path.parts)


def shown(chapter: Path) -> str:
    """The path from the root of the repository, for messages."""
    return chapter.relative_to(ROOT).as_posix() if chapter.is_relative_to(ROOT) else str(chapter)


# --- Cells ------------------------------------------------------------------


@dataclass
class Cell:
    """The code of one cell, in its chapter's lines from ``start`` up to ``stop``, the fence."""

    start: int
    stop: int
    code: list[str]
    tags: set[str]


def find_cells(text: str) -> list[Cell]:
    """The code cells of a chapter, as jupytext and the book see them.

    Raises:
        ValueError: a fence is not closed, or a cell's options cannot be read.
    """
    lines = text.split("\n")
    cells: list[Cell] = []
    nesting = 0
    for token in PARSER.parse(text + "\n"):
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


# Magics whose arguments or cell are Python; of those, `capture` has no code on its own line.
PYTHON_MAGIC = re.compile(
    r"^([ \t]*)%{1,2}(?:(?:time|timeit)\b(?:[ \t]+-\w+(?:[ \t]*\d+)?)*[ \t]*|capture\b.*)",
    re.MULTILINE,
)


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


# --- Blocks and words -------------------------------------------------------


class Placed(NamedTuple):
    """A block as the parser gives it, its line from 1, and the directive right around it."""

    token: Token
    line: int
    inside: str


class Words(NamedTuple):
    """A piece of what a reader meets as words, and the line, counted from 1, on which it starts.

    ``source`` is its Markdown, if it is Markdown; ``beside`` is that of all its paragraph, row of a
    table or figure, and ``head`` that of its column.
    """

    line: int
    text: str
    source: str = ""
    beside: str = ""
    head: str = ""


def blocks(text: str, first: int = 1, inside: str = "") -> Iterator[Placed]:
    """The blocks of a page in order, those inside directives and their arguments too."""
    line = first
    for token in PARSER.parse(text):
        line = first + token.map[0] if token.map else line
        yield Placed(token, line, inside)
        directive = DIRECTIVE.match(token.info) if token.type in ("fence", "colon_fence") else None
        if directive and directive["name"] not in VERBATIM:
            yield Placed(PARSER.parseInline(directive["argument"])[0], line, inside)
            yield from blocks(OPTION.sub("", token.content), line + 1, directive["name"])


def page_words(text: str) -> Iterator[Words]:
    """All that a reader meets as words: the text, captions and alt texts, and the cells' strings.

    The summary of the front matter is on the card of the page.
    The options of a prediction are guesses, and left out.
    """
    row: list[Words] = []
    heads: list[str] = []
    in_table = False
    for token, line, inside in blocks(text):
        if token.type == "fence" and token.info.startswith(CODE_DIRECTIVE):
            yield from cell_words(token.content, line + 1)
        elif token.type == "front_matter":
            if summary := (yaml.safe_load(token.content) or {}).get("summary"):
                line += 1 + token.content[: token.content.index("summary:")].count("\n")
                said = spoken(PARSER.parseInline(summary)[0].children)
                yield Words(line, said, summary, summary)
        elif token.type == "tr_open":
            in_table, row = True, []
        elif token.type == "tr_close":
            in_table = False
            heads = heads or [cell.text for cell in row]
            beside = "|".join(cell.source for cell in row)
            for cell, head in zip(row, heads, strict=False):
                yield cell._replace(beside=beside, head="" if cell.text == head else head)
        elif token.type == "table_close":
            heads = []
        elif token.type == "inline" and not (inside == "predict" and token.level > 1):
            piece = Words(line, spoken(token.children), token.content, token.content)
            if in_table:
                row.append(piece)
            else:
                yield piece


NO_WORD = "¤"  # stands for code, a formula, a value or a mark
EXPECTED = "‡"  # stands for {expect}
SPEAKING = {"strong", "emphasis", "term", "doc", "ref", "sub", "sup"}  # roles that show their text
FIELD = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*\}")  # a value, in an alt text or a template
VALUE = re.compile(r"[\s\d.,%±≈~+−-]+")


def spoken(tokens: Iterable[Token] | None) -> str:
    """What Markdown says, on the lines of its source, with a sign in place of what is no word."""
    said = ""
    for token in tokens or ():
        if token.type == "text":
            said += re.sub(r"https?://\S+", NO_WORD, token.content)
        elif token.type in ("softbreak", "hardbreak"):
            said += "\n"
        elif token.type == "image":
            said += spoken(token.children)
        elif token.type == "myst_role":
            name = token.meta["name"]
            text = re.sub(r"\s*<[^<>]*>$", "", token.content)
            said += text if name in SPEAKING else EXPECTED if name == "expect" else NO_WORD
        elif token.type == "code_inline" or token.type.startswith("math"):
            # Code and formulae are not read, but "it reaches `88.1%`" is neither.
            text = re.sub(r"\\(?=[%,;])|\\,", "", token.content.replace(r"\pm", "±"))
            is_value = VALUE.fullmatch(text) and ("%" in text or token.type != "code_inline")
            said += text if is_value else NO_WORD
    return said


def cell_words(content: str, first: int) -> Iterator[Words]:
    """The captions and alt texts of a cell, and its strings."""
    lines = content.split("\n")
    options = ""
    if lines[0] == "---" and "---" in lines[1:]:
        end = lines.index("---", 1)
        options = "\n".join(lines[1:end])
        lines[: end + 1] = [""] * (end + 1)
    try:
        described = list(_captions(yaml.compose(options)))
    except yaml.YAMLError:
        described = []  # lint_chapters tells it
    for node in described:
        source = re.sub(r"\A[|>][-+\d]*", "", options[node.start_mark.index : node.end_mark.index])
        text = FIELD.sub(NO_WORD, spoken(PARSER.parseInline(source)[0].children))
        beside = " ".join(other.value for other in described)
        yield Words(first + 1 + node.start_mark.line, text, source, beside)
    code = ["" if OPTION.match(line) else line for line in lines]
    for node, text in _strings(parse("\n".join(code))):
        around = "\n".join(code[node.lineno - 1 : node.end_lineno])
        if not re.search(r"#\s*(?:given|cited)\b", around):
            yield Words(first + node.lineno - 1, FIELD.sub(NO_WORD, text))


def _captions(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value in ("caption", "alt") and isinstance(value, yaml.ScalarNode):
            yield value
        yield from _captions(value)


def _strings(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """The strings of a cell: f-strings as a whole, and then those inside their fields."""
    inside = ast.iter_child_nodes(node)
    if isinstance(node, ast.JoinedStr):
        parts = [getattr(part, "value", "") for part in node.values]
        yield node, "".join(part if isinstance(part, str) else NO_WORD for part in parts)
        inside = (part for part in parts if isinstance(part, ast.AST))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node, node.value
    for child in inside:
        yield from _strings(child)
