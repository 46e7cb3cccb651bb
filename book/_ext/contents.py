"""`{chapter-cards}`: a card for each chapter of a part, in the order of the table of contents.

The part is named by its caption. What a card says, the page says itself, in its front matter: the
`question` that it answers, in Markdown; `minutes`, which it takes to read; `motif`, the small
picture (see `drawings.MOTIFS`; `garments 90` shows the first garments of these classes); and
`card_title`, where the title of the page is too long for one. `summary`, one sentence on what the
page is about, describes it to search engines and where its address is shared.
"""

import re
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import drawings, garments
from .common import front_matter, source_text, stop
from .roles import ROLE, plain

CARD = """\
:::{{grid-item-card}} {number} · {title}
:link: /{page}
:link-type: doc
:class-card: chapter-card

{motif}
{question}

[{minutes}&nbsp;minutes]{{.card-minutes}}
:::
"""


def card(path: Path, page: str, number: int) -> str:
    """The card of a page in Markdown.

    Raises:
        SystemExit: the page has no title, no question or no minutes, a motif that there is not, or
            no front matter that can be read.
    """
    told = front_matter(path)
    heading = re.search(r"^# +(.+)$", source_text(path), re.MULTILINE)
    title = told.get("card_title") or (heading and heading[1])
    question, minutes = told.get("question"), told.get("minutes")
    if not title or not isinstance(question, str) or not question.strip():
        stop(f"{path}:1: its card needs a title, and a question in the front matter")
    if not isinstance(minutes, int):
        stop(f"{path}:1: its card needs minutes in the front matter, a whole number")
    try:
        drawn = motif(told.get("motif", ""))
    except ValueError as fault:
        stop(f"{path}:1: {fault}")
    return CARD.format(
        number=number,
        title=title,
        page=page,
        motif=f"```{{raw}} html\n{drawn}\n```\n" if drawn else "",
        question=question.strip(),
        minutes=minutes,
    )


def motif(told: str) -> str:
    """The small picture of these words, as an ornament; nothing where there are none.

    Raises:
        ValueError: there is no such motif.
    """
    name, _, labels = told.partition(" ")
    if name != "garments":
        return drawings.motif(told) if told else ""
    return garments.inline(garments.wardrobe([labels]), drawings.W, drawings.W // 2)


def describe(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Give a page its description from its summary, in plain words."""
    if doctree is None:
        return
    path = Path(app.env.doc2path(pagename))
    summary = front_matter(path).get("summary") if path.suffix == ".md" else None
    if isinstance(summary, str):
        said = ROLE.sub(lambda role: plain(app.env, pagename, role[1], role[2]), summary.strip())
        content = escape(re.sub(r"[*_`]", "", said))
        context["metatags"] += f'\n<meta name="description" content="{content}" />'


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
        grid = "::::{grid} 1 2 2 2\n:gutter: 3\n\n" + "\n".join(cards) + "::::\n"
        return self.parse_text_to_nodes(grid)


def register(app: Sphinx) -> None:
    app.add_directive("chapter-cards", ChapterCards)
    app.connect("html-page-context", describe)
