r"""Turn MyST Markdown into plain Markdown, for notebooks that are read outside the book.

Used by `notebooks`. Directives become block quotes, headings or nothing, roles become the
text that the site shows; what those say is asked of `resolve(role, content)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

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


def convert(text: str, resolve: Resolve) -> str:
    """The Markdown of one cell without anything that only MyST understands."""
    lines = text.splitlines()
    done: list[str] = []
    words: list[str] = []  # lines of running text, taken together since a link may be broken
    i = 0
    while i < len(lines):
        line = lines[i]
        directive, code = DIRECTIVE.match(line), CODE.match(line)
        if directive or code:
            end = i + 1
            closing = closing_fence((directive or code)["fence"])
            while end < len(lines) and not closing.match(lines[end]):
                end += 1
            done.append(convert_text("\n".join(words), resolve))
            words = []
            if directive:
                body = convert_directive(directive, lines[i + 1 : end], resolve)
                done += [directive["indent"] + new for new in body]
            else:
                done += lines[i : end + 1]
            i = end
        elif not DROPPED_LINE.match(line):
            words.append(line)
        i += 1
    done.append(convert_text("\n".join(words), resolve))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(done)).strip()


def closing_fence(fence: str) -> re.Pattern[str]:
    """What ends the block that `fence` opens."""
    return re.compile(rf" *{re.escape(fence[0])}{{{len(fence)},}} *$")


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
    name, argument = match["name"], match["arg"].strip()
    options: dict[str, str] = {}
    if body and body[0].strip() == "---" and "---" in [line.strip() for line in body[1:]]:
        body = body[[line.strip() for line in body].index("---", 1) + 1 :]
    while body and (option := OPTION.match(body[0])):
        options[option[1]] = option[2] or ""
        body = body[1:]
    if name in DROPPED:
        return []
    if name == "fold":
        heading = convert_text(argument, resolve)
        return ["", f"**{heading}**", ""] if options.get("kind") == "solution" else []
    if name == "claim":
        return quote(f"Claim {argument}", [resolve("card", argument)])
    if name == "recorded":
        command = f"`make experiments NAME={argument}`"
        return ["", f"*Recorded experiment: in a clone of the book, {command} repeats it.*", ""]
    if name == "math":
        return ["", "$$", *body, "$$", ""]
    if name == "literalinclude":
        code = resolve(name, f"{argument}::{options.get('pyobject', '')}").splitlines()
        return ["", f"```{options.get('language', '')}", *code, "```", ""]
    if name in ("code-block", "code", "sourcecode"):
        return ["", f"```{argument}", *body, "```", ""]
    inner = convert("\n".join(body), resolve).splitlines()
    if name == "predict":
        return quote(f"Predict: {convert_text(argument, resolve)}", inner)
    if name in ADMONITIONS:
        title = convert_text(argument, resolve) or name.replace("seealso", "see also").capitalize()
        return quote(title, inner)
    if name in ("figure", "image", "glue:figure"):
        return ["", f"*{' '.join(inner)}*", ""] if inner else []
    # Grids, tables with a caption, and whatever else: the content alone.
    return [
        "",
        *([f"**{convert_text(argument, resolve)}**", ""] if name == "table" else []),
        *inner,
        "",
    ]


def quote(title: str, lines: list[str]) -> list[str]:
    """A block quote under a bold title."""
    return ["", f"> **{title}**", ">", *(f"> {line}".rstrip() for line in lines), ""]
