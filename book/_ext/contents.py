"""`{chapter-cards}`: a card for each chapter of a part, in the order of the table of contents.

The part is named by its caption. What a card says, the page says itself, in its front matter:
`summary`, in Markdown, and `card_title` where the title of the page is too long for one.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .common import front_matter, source_text, stop

CARD = """\
:::{{grid-item-card}} {number} · {title}
:link: /{page}
:link-type: doc

{summary}
:::
"""


def card(path: Path, page: str, number: int) -> str:
    """The card of a page in Markdown.

    Raises:
        SystemExit: the page has no title, no summary, or no front matter that can be read.
    """
    told = front_matter(path)
    heading = re.search(r"^# +(.+)$", source_text(path), re.MULTILINE)
    title = told.get("card_title") or (heading and heading[1])
    summary = told.get("summary")
    if not title or not isinstance(summary, str) or not summary.strip():
        stop(f"{path}:1: its card needs a title, and a summary in the front matter")
    return CARD.format(number=number, title=title, page=page, summary=summary.strip())


class ChapterCards(SphinxDirective):
    """`{chapter-cards}`, whose argument is the caption of a numbered part."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        parts = [part for part in self.config.external_site_map.root.subtrees if part.numbered]
        chapters = [(page, part.caption) for part in parts for page in part.items]
        (caption,) = self.arguments
        cards = []
        for number, (page, of) in enumerate(chapters, start=1):
            if of == caption:
                path = Path(self.env.doc2path(page))
                self.env.note_dependency(str(path))
                cards.append(card(path, page, number))
        if not cards:
            known = ", ".join(part.caption for part in parts)
            source, line = self.get_source_info()
            stop(f"{source}:{line}: no numbered part is called {caption!r}, but {known}")
        self.env.note_dependency(str(Path(self.env.srcdir) / self.config.external_toc_path))
        grid = "::::{grid} 1 2 2 3\n:gutter: 3\n\n" + "\n".join(cards) + "::::\n"
        return self.parse_text_to_nodes(grid)


def register(app: Sphinx) -> None:
    app.add_directive("chapter-cards", ChapterCards)
