"""Tell the cells of a chapter that belong to a solution from the others.

A solution is all that stands between `{fold}` with `:kind: solution` and its `{endfold}`, the two
marks included.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

import nbformat
from nbformat import NotebookNode

from .plain_markdown import DIRECTIVE, OPTION, blocks


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
        for opening, lines in blocks(cell.source):
            name = opening["name"] if opening and opening.re is DIRECTIVE else None
            if name and any((m := DIRECTIVE.match(li)) and m["name"] == "fold" for li in lines[1:]):
                raise ValueError(f"a fold inside {{{name}}} cannot be left out: {lines[0]}")
            if name == "fold":
                kind = next((m[2] for m in map(OPTION.match, lines) if m and m[1] == "kind"), None)
                number += kind == "solution" and "solution" not in kinds
                kinds.append(kind)
            pieces.append((lines, number if "solution" in kinds else None))
            if name == "endfold" and kinds:
                kinds.pop()
        for inside, group in groupby(pieces, key=lambda piece: piece[1]):
            text = "\n".join(line for lines, _ in group for line in lines).strip("\n")
            if text:
                yield nbformat.v4.new_markdown_cell(text), inside
