"""What a reader of a page meets as words, piece by piece; used by `typed_results`.

Paragraphs, list items and rows of tables, inside boxes and folds too; the question of a prediction,
but not its options; captions and alt texts; and the strings in the cells, since code chooses words
and prints them. The page is read line by line and not parsed, so that every piece keeps its line.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

import yaml


class Block(NamedTuple):
    """A piece of a page as it was written, and the line, counted from 1, on which it starts."""

    line: int
    text: str
    heads: list[str] | None = None  # of the columns, if it is a row of a table
    beside: str = ""  # where its citation may stand too: an alt text has that of its caption


VERBATIM = {"code-cell", "math", "code", "code-block", "sourcecode", "raw", "bibliography"}
FENCE = re.compile(
    r"^[ >]*(?P<fence>`{3,}(?=[^`]*$)|~{3,}|:{3,}) *(?:\{(?P<name>[^}]+)\})?(?P<rest>.*)$"
)
OPTION = re.compile(r"^\s*:(?!alt|caption)[\w-]+:(?: |$)")
NO_PROSE = re.compile(r"^\s*(?:%.*|\([\w:. -]+\)=|\+\+\+.*)$")
DELIMITER = re.compile(r"^[\s>]*\|?\s*:?-+:?\s*(?:\|\s*:?-*:?\s*)+$")
ITEM = re.compile(r"^[\s>]*(?:(?:[-*+]|\d+[.)])\s+)+")
ROLE = re.compile(r"\{(?P<name>[\w:+-]+)\}`(?P<inner>[^`]*)`")
NO_WORDS = re.compile(
    r"glue(?::\w+)?|value|live|band|expect|claim|cite.*|numref|eq|math|code|cited|given"
)
SPAN = re.compile(r"(?P<sign>`+|\$\$?)(?P<inner>(?:(?!\n\s*\n).)+?)(?P=sign)", re.DOTALL)
VALUE = re.compile(r"(?:[\s\d.,%()\[\]±≈~+\u2212-]|\\pm|\\approx|\\[,%;])+")
ESCAPE = re.compile(r"&#?\w+;|\\(?:xa0|u[0-9a-f]{4}|n|t|(?=\W))")
# Signs that are written in several ways; emphasis, and the spaces that do not break.
SAME = {0x2212: "-", 0x2013: "-", 0x2010: "-", 0x2011: "-", 0x2019: "'", 0xD7: "x", 0xB5: "u"}
SAME |= dict.fromkeys([*b"*_", 0xA0, 0x202F, *range(0x2000, 0x200C)], " ")


def blank(match: re.Match[str], sign: str = "") -> str:
    """Spaces for what was matched, of the same length and on the same lines."""
    return sign + re.sub(r"[^\n]", " ", match[0])[len(sign) :]


def words(text: str) -> str:
    """The text at its length, with what is no word blanked, and ¤ where a value or code stands."""

    def role(match: re.Match[str]) -> str:
        if NO_WORDS.fullmatch(match["name"]):
            return blank(match, "¤")
        shown = re.sub(r"\s*<[^<>]*>$", blank, match["inner"])
        return " " * (len(match["name"]) + 3) + shown + " "

    def span(match: re.Match[str]) -> str:
        # Code and formulae are not read, but "it reaches `88.1%`" is neither.
        sign, inner = match["sign"], match["inner"]
        result = sign[0] == "$" or "%" in inner or re.search(r"\.\d{3}", inner)
        if not (result and VALUE.fullmatch(inner)):
            return blank(match, "¤")
        inner = inner.replace(r"\pm", "±  ")
        return " " * len(sign) + re.sub(r"\\(?:[a-z]+|,)?", blank, inner) + " " * len(sign)

    text = SPAN.sub(span, ROLE.sub(role, text))
    text = re.sub(r"(?<=\])\([^()\s]*\)|<[^<>]*>|\bhttps?://\S+", blank, text)
    for _ in range(2):  # a field of an alt text or an f-string; {name:{width}} needs two rounds
        text = re.sub(r"\{[^{}]*\}", lambda match: blank(match, "¤"), text)
    return ESCAPE.sub(blank, text).translate(SAME)


def page_blocks(text: str) -> Iterator[Block]:
    """All that a reader of the page meets as words, in its order."""
    text = re.sub(r"<!--.*?-->", blank, text, flags=re.DOTALL)
    text = re.sub(r"\A---\n.*?\n---$", blank, text, flags=re.DOTALL | re.MULTILINE)
    lines = [*text.split("\n"), ""]
    opened: list[tuple[str, str]] = []  # the directives around, by fence and name
    paragraph: list[str] = []
    in_options = in_choices = False
    i = 0
    while i < len(lines):
        line, fence = lines[i], FENCE.match(lines[i])
        in_options = in_options and bool(OPTION.match(line))
        heading = line.startswith("#")
        if paragraph and (fence or not line.strip() or ITEM.match(line) or heading):
            yield from paragraph_blocks(i + 1 - len(paragraph), paragraph)
            paragraph = []
        if fence:
            mark, name = fence["fence"], fence["name"]
            if opened and not name and not fence["rest"].strip() and mark.startswith(opened[-1][0]):
                opened.pop()
                in_choices = False
            elif name in VERBATIM or (not name and mark[0] != ":"):
                closing = re.compile(rf"^[ >]*{mark[0]}{{{len(mark)},}}\s*$")
                start = i = i + 1
                while i < len(lines) and not closing.match(lines[i]):
                    i += 1
                if name == "code-cell":
                    yield from cell_blocks(start + 1, lines[start:i])
            else:
                opened.append((mark, name))
                yield Block(i + 1, fence["rest"])
                in_options = True
        elif line.strip() and not in_options:
            # From its first option on, a prediction holds nothing but guesses.
            in_choices |= bool(opened and opened[-1][1] == "predict" and ITEM.match(line))
            if in_choices or NO_PROSE.match(line):
                line = ""
            if paragraph or line:
                paragraph.append(ITEM.sub(blank, line))
        if paragraph and heading:
            yield Block(i + 1, paragraph.pop())
        i += 1


def paragraph_blocks(first: int, lines: list[str]) -> Iterator[Block]:
    """A paragraph as it is, or a table by its rows."""
    rule = next((i for i, line in enumerate(lines) if DELIMITER.match(line)), 0)
    if not rule:
        yield Block(first, "\n".join(lines))
        return
    heads = [head.strip() for head in words(lines[rule - 1]).split("|")]
    for i, line in enumerate(lines):
        if i != rule:
            yield Block(first + i, line, heads)


def cell_blocks(first: int, lines: list[str]) -> Iterator[Block]:
    """The caption and the alt text of a cell, and its strings."""
    lines = textwrap.dedent("\n".join(lines)).split("\n")
    try:
        if lines[0].strip() == "---" and "---" in lines[1:]:
            stop = lines.index("---", 1)
            source = "\n".join(lines[1:stop])
            described = list(captions(yaml.compose(source)))
            for node in described:
                raw = source[node.start_mark.index : node.end_mark.index]
                beside = " ".join(other.value for other in described)
                yield Block(
                    first + 1 + node.start_mark.line,
                    re.sub(r"\A[|>][-+\d]*", blank, raw),
                    beside=beside,
                )
            lines[: stop + 1] = [""] * (stop + 1)
        # Magics and options are no Python.
        code = "\n".join("" if re.match(r"\s*[%!:]", line) else line for line in lines)
        found = list(strings(ast.parse(code)))
    except (yaml.YAMLError, SyntaxError):
        return  # lint_chapters tells it
    for node in found:
        around = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        if not re.search(r"#\s*(?:given|cited)\b", around):
            raw = ast.get_source_segment(code, node) or ""
            raw = re.sub(r"""["']\s*\n?\s*[rbfu]*["']""", blank, raw)  # side by side they are one
            yield Block(first + node.lineno - 1, raw)


def captions(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """The captions and alt texts among the options of a cell."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value in ("caption", "alt") and isinstance(value, yaml.ScalarNode):
            yield value
        yield from captions(value)


def strings(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The strings of a cell: f-strings as a whole, and then the strings inside their fields."""
    inside = ast.iter_child_nodes(node)
    if isinstance(node, ast.JoinedStr):
        yield node
        inside = (part.value for part in node.values if isinstance(part, ast.FormattedValue))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    for child in inside:
        yield from strings(child)
