"""Tell the cells of a chapter that belong to a solution from the others.

Used by `notebooks`. A solution is all that stands between `{fold}` with `:kind: solution`
and its `{endfold}`, the two marks included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import nbformat
from nbformat import NotebookNode

from .plain_markdown import CODE, DIRECTIVE, OPTION, closing_fence


def parts(cells: Iterable[NotebookNode]) -> Iterator[tuple[NotebookNode, int | None]]:
    """The cells in order, text cut where a solution begins or ends.

    Yields:
        A cell, and the number of the solution that it is in, from 0, or None.

    Raises:
        ValueError: a solution is inside another directive, where it could not be cut out.
    """
    kinds: list[str | None] = []  # of the folds that are open
    number = -1
    for cell in cells:
        if cell.cell_type != "markdown":
            yield cell, number if "solution" in kinds else None
            continue
        pieces: list[tuple[list[str], int | None]] = []
        for name, lines in blocks(cell.source):
            if name == "fold":
                kind = next((m[2] for m in map(OPTION.match, lines) if m and m[1] == "kind"), None)
                number += kind == "solution" and "solution" not in kinds
                kinds.append(kind)
            inside = number if "solution" in kinds else None
            if name == "endfold" and kinds:
                kinds.pop()
            if not pieces or pieces[-1][1] != inside:
                pieces.append(([], inside))
            pieces[-1][0].extend(lines)
        for lines, inside in pieces:
            if text := "\n".join(lines).strip("\n"):
                yield nbformat.v4.new_markdown_cell(text), inside


def blocks(text: str) -> Iterator[tuple[str | None, list[str]]]:
    """The directives in a text, each by name, and all else line by line with None for a name."""
    lines = text.splitlines()
    i = 0
    while i < len(lines):
        directive = DIRECTIVE.match(lines[i])
        opening = directive or CODE.match(lines[i])
        end = i
        if opening:
            end += 1
            closing = closing_fence(opening["fence"])
            while end < len(lines) - 1 and not closing.match(lines[end]):
                end += 1
        block = lines[i : end + 1]
        if directive and any(
            (m := DIRECTIVE.match(line)) and m["name"] == "fold" for line in block[1:]
        ):
            raise ValueError(
                f"a fold inside {{{directive['name']}}} cannot be left out: {block[0]}"
            )
        yield directive["name"] if directive else None, block
        i = end + 1
