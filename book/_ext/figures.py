"""Figures: alt text with computed numbers, the data source line, and a copy for the dark theme.

What an author writes in a cell's `mystnb` metadata stays as it is in MyST-NB. On top of that the
roles of numbers work in an alt text, where `{name:format}` stands for a value that the page has
glued; every figure of a notebook must have a caption and an alt text, and its caption names the
data unless the cell is tagged `no-data` (a drawing) or `recorded` (numbers of a recorded
experiment).
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any
from urllib.parse import quote

from docutils import nodes
from myst_nb.core.variables import format_plain_text
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from .common import paragraph
from .glued import glued
from .roles import replace_roles

LOGGER = logging.getLogger(__name__)

# The book's plotting style draws with the colours on the left. Black and white are left alone:
# they are for text on a coloured ground, which is the same in both themes.
DARK = {
    "#1f2328": "#e6edf3",  # ink
    "#d0d7de": "#3d444d",  # grid
    "#0072b2": "#58b4e8",  # blue
    "#d55e00": "#ff8f4d",  # vermilion
    "#009e73": "#3fc79a",  # green
    "#b0578d": "#e394c4",  # purple
    "#8a6d00": "#d9b53a",  # ochre
}
COLOUR = re.compile("|".join(DARK), re.IGNORECASE)
# The white patch behind a figure or behind one of its axes: the first path of such a group.
GROUND = re.compile(
    r'(<g id="(?:figure|axes)_\d+">\s*<g id="patch_\d+">\s*<path [^>]*?style="[^"]*?fill: )#ffffff'
)
SIZE = re.compile(r'<svg[^>]*?\swidth="([\d.]+)pt"\s+height="([\d.]+)pt"')
METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
SMALLEST = 9 / 12  # the style's smallest text is 12 CSS px high; it may shrink to 9
RECORDED = (
    "Recorded runs on Fashion-MNIST; the text, or its evidence page, says how to repeat them."
)


class ThemedImage(nodes.image):
    """A picture of a notebook for one theme; `natural` is its width and height in CSS px."""


class Figures(SphinxTransform):
    """Complete the images and figures of a page."""

    default_priority = 8  # before Sphinx collects and numbers them

    def apply(self, **_: Any) -> None:
        known = glued(self.env, self.env.docname)
        for image in list(self.document.findall(nodes.image)):
            self.fill_alt(image, known)
            # What a notebook drew lies in a container by MIME type.
            mime = image.parent.get("mime_type") if image.parent else None
            if mime is None:
                continue
            self.finish_figure(image)
            # A box of its own to scroll in. It also keeps the images apart from the caption, which
            # the theme would hide together with the image that it hides.
            box = nodes.container("", classes=["figure-scroll"])
            image.parent.replace(image, box)
            box += self.themed(image) if mime == "image/svg+xml" else [image]

    def fill_alt(self, image: nodes.image, known: dict[str, str]) -> None:
        """Put the glued values into the alt text, and warn where there is no alt text."""
        place = self.place(image)
        if not image.get("alt", "").strip():
            LOGGER.warning("figures: an image without alt text", location=place)
            return
        text = ""
        try:
            parts = list(Formatter().parse(replace_roles(self.env, image["alt"], place)))
        except ValueError as error:
            LOGGER.warning("figures: in the alt text: %s; a plain { is {{", error, location=place)
            return
        for before, name, spec, _ in parts:
            text += before
            if name is None:
                continue
            if name not in known:
                told = "figures: no glued value %r of this page for the alt text: quote a finding"
                LOGGER.warning(told, name, location=place)
                continue
            text += format_plain_text(known[name], spec or "")
        image["alt"] = text

    def place(self, image: nodes.image) -> str:
        """The file, and the line of the image or of the nearest thing around it that has one."""
        line = next((node.line for node in around(image) if node.line is not None), 1)
        return f"{self.document['source']}:{line}"

    def finish_figure(self, image: nodes.image) -> None:
        """Warn where a notebook's image has no caption, and name the data below the caption."""
        figure = next((node for node in around(image) if isinstance(node, nodes.figure)), None)
        if figure is None or not any(isinstance(c, nodes.caption) for c in figure.children):
            told = "figures: a notebook's figure without a caption"
            LOGGER.warning(told, location=self.place(image))
            return
        boxes = [node for node in around(figure) if isinstance(node, nodes.container)]
        tags = [tag for box in boxes for tag in box.get("cell_metadata", {}).get("tags", [])]
        marks = {*tags, *figure["classes"]}
        if "no-data" in marks or figure.get("sourced"):
            return
        figure["sourced"] = True
        line = RECORDED if "recorded" in marks else self.config["lessons_data"]["source_line"]
        # A legend and not a part of the caption: references quote the caption.
        figure += nodes.legend("", paragraph(line, classes=("data-source",)))

    def themed(self, image: nodes.image) -> list[nodes.image]:
        """The image for the light and for the dark theme.

        The theme hides one of the two by `display: none`, and so from screen readers as well.
        """
        output = Path(self.env.mystnb_config.output_folder)
        svg = (output / Path(image["uri"]).name).read_text(encoding="utf-8")
        # Without matplotlib's note of the date, so that the same picture is the same file.
        svg = GROUND.sub(r"\1none", METADATA.sub("", svg, count=1))
        dark = COLOUR.sub(lambda match: DARK[match[0].lower()], svg)
        size = SIZE.search(svg)
        if size is None:
            return [image]  # drawn by something else than matplotlib
        name = hashlib.sha256(svg.encode()).hexdigest()[:16]
        images = []
        for theme, content in (("light", svg), ("dark", dark)):
            path = output / f"{name}-{theme}.svg"
            path.write_text(content, encoding="utf-8")
            themed = ThemedImage("", **image.attributes)
            themed["uri"] = Path(image["uri"]).with_name(path.name).as_posix()
            themed["classes"] = [*image["classes"], f"only-{theme}"]
            themed["natural"] = [round(float(side) * 96 / 72) for side in size.groups()]
            themed.source, themed.line = image.source, image.line
            images.append(themed)
        return images


def around(node: nodes.Node | None) -> Iterator[nodes.Node]:
    """A node, its parent, the parent of that, and so on."""
    while node is not None:
        yield node
        node = node.parent


def visit_themed_image(self: HTML5Translator, node: ThemedImage) -> None:
    """Write the image; it keeps a width at which its text can be read, and scrolls on a phone."""
    width, height = node["natural"]
    styles = {"min-width": f"{round(width * SMALLEST)}px"}
    styles |= {key: node[key] for key in ("width", "height") if key in node}
    attributes = {
        "src": f"{self.builder.imgpath}/{quote(self.builder.images[node['uri']])}",
        "alt": node.get("alt", ""),
        "loading": "lazy",  # the image of the other theme is not fetched at all
        "width": width,  # so that nothing moves when it comes
        "height": height,
        "style": "; ".join(f"{key}: {value}" for key, value in styles.items()),
    }
    self.body.append(self.emptytag(node, "img", "\n", **attributes))


def register(app: Sphinx) -> None:
    app.add_node(ThemedImage, html=(visit_themed_image, lambda self, node: None))
    app.add_transform(Figures)
