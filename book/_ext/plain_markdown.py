r"""Turn MyST Markdown into plain Markdown, for notebooks that are read outside the book.

Directives become block quotes, headings or nothing, roles become the text that the site shows; what
those say is asked of `resolve(role, content)`.
"""

import re
from collections.abc import Callable, Iterator

Resolve = Callable[[str, str], str]

# A fence of back-ticks or colons with the name of a directive, and a plain fence of code.
DIRECTIVE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|:{3,})\{(?P<name>[^}]+)\} ?(?P<arg>.*)$")
CODE = re.compile(r"^ *(?P<fence>`{3,}|~{3,})")
OPTION = re.compile(r"^ *:([\w-]+):(?: (.*))?$")
ROLE = re.compile(r"\{([\w:+.-]+)\}`([^`]+)`")
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]*)\)(?:\{[^}]*\})?")
SPAN = re.compile(r"\[([^\[\]]+)\]\{[^}]*\}")
VERBATIM = re.compile(r"(`+[^`]*`+|\$[^$]+\$)")
LABELLED = re.compile(r"^( *)\$\$ *\(([\w:.-]+)\) *$", re.MULTILINE)
DROPPED_LINE = re.compile(r"^ *(\([\w:. -]+\)=|%.*|\{[.#][^}]*\}|\+\+\+.*)$")
ADMONITIONS = {
    "note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "error",
    "seealso", "admonition", "dropdown", "margin", "sidebar", "card",
}  # fmt: skip
DROPPED = {
    "endfold", "bibliography", "build-report", "toctree", "tableofcontents", "contents", "raw",
    "glue", "glue:any", "index", "moved-claims",
}  # fmt: skip


def blocks(text: str) -> Iterator[tuple[re.Match[str] | None, list[str]]]:
    """The lines of a text: directives and fences of code whole, and all else line by line.

    Yields:
        What `DIRECTIVE` or `CODE` makes of the first line, None for a line of text, and the lines.
    """
    lines = text.splitlines()
    while lines:
        opening, end = DIRECTIVE.match(lines[0]) or CODE.match(lines[0]), 1
        if opening:
            fence = opening["fence"]
            closing = re.compile(rf" *{re.escape(fence[0])}{{{len(fence)},}} *$")
            inside = (i for i, line in enumerate(lines) if i and closing.match(line))
            end = next(inside, len(lines) - 1) + 1
        yield opening, lines[:end]
        lines = lines[end:]


def convert(text: str, resolve: Resolve) -> str:
    """The Markdown of one cell without anything that only MyST understands."""
    done: list[str] = []
    words: list[str] = []  # lines of running text, taken together since a link may be broken
    for opening, lines in blocks(text):
        if opening is None:
            words += [line for line in lines if not DROPPED_LINE.match(line)]
            continue
        done.append(convert_text("\n".join(words), resolve))
        words = []
        if opening.re is DIRECTIVE:
            lines = convert_directive(opening, lines[1:-1], resolve)
        done += lines
    done.append(convert_text("\n".join(words), resolve))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(done)).strip()


def convert_text(text: str, resolve: Resolve) -> str:
    """Running text: roles and links to other pages as the words that the site shows."""

    def role(match: re.Match[str]) -> str:
        return resolve(match[1], " ".join(match[2].split()))

    def link(match: re.Match[str]) -> str:
        words, target = match[1], match[2]
        if re.match(r"(https?|mailto):", target):
            return f"[{words}]({target})"
        return words or resolve("any", target)

    def number(match: re.Match[str]) -> str:
        return rf"{match[1]}\tag{{{resolve('number', match[2])}}} $$"

    # Roles first, for they have backticks of their own; what then stands in backticks or between
    # dollars is code or a formula, and no link.
    parts = VERBATIM.split(LABELLED.sub(number, ROLE.sub(role, text)))
    parts[::2] = [SPAN.sub(r"\1", LINK.sub(link, part)) for part in parts[::2]]
    return "".join(parts)


def convert_directive(match: re.Match[str], body: list[str], resolve: Resolve) -> list[str]:
    """A directive as lines of plain Markdown, with an empty line before and after."""
    options: dict[str, str] = {}
    if body and body[0].strip() == "---" and "---" in [line.strip() for line in body[1:]]:
        body = body[[line.strip() for line in body].index("---", 1) + 1 :]
    while body and (option := OPTION.match(body[0])):
        options[option[1]] = option[2] or ""
        body = body[1:]
    made = _converted(match["name"], match["arg"].strip(), options, body, resolve)
    return [match["indent"] + line for line in ["", *made, ""]] if made else []


def _converted(
    name: str, argument: str, options: dict[str, str], body: list[str], resolve: Resolve
) -> list[str]:
    if name in DROPPED or (name == "fold" and options.get("kind") != "solution"):
        return []
    if name == "claim":
        return quote(f"Claim {argument}", [resolve("card", argument)])
    if name == "recorded":
        command = f"`make experiments NAME={argument}`"
        return [f"*Recorded experiment: in a clone of the book, {command} repeats it.*"]
    if name == "math":
        return ["$$", *body, "$$"]
    if name == "literalinclude":
        code = resolve(name, f"{argument}::{options.get('pyobject', '')}").splitlines()
        return [f"```{options.get('language', '')}", *code, "```"]
    if name in ("code-block", "code", "sourcecode"):
        return [f"```{argument}", *body, "```"]
    title, inner = convert_text(argument, resolve), convert("\n".join(body), resolve).splitlines()
    if name == "fold":
        return [f"**{title}**"]
    if name == "predict":
        return quote(f"Predict: {title}", inner)
    if name in ADMONITIONS:
        return quote(title or name.replace("seealso", "see also").capitalize(), inner)
    if name in ("figure", "image", "glue:figure"):
        return [f"*{' '.join(inner)}*"] if inner else []
    # Grids, tables with a caption, and whatever else: the content alone.
    return [f"**{title}**", "", *inner] if name == "table" else inner


def quote(title: str, lines: list[str]) -> list[str]:
    """A block quote under a bold title."""
    return [f"> **{title}**", ">", *(f"> {line}".rstrip() for line in lines)]
