"""Pictures of the data, made while the book is built: garments as dark ink on no ground.

Level 0 is see-through and 255 is black, so a picture looks on a light page as in the shop's
catalogue; the style sheet inverts it in the dark theme, where it looks as the network is given it.
Only validation images are shown. A garment is named by its class and its number among the
validation images of that class: `Shirt 5` is the sixth.
"""

import base64
import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.writers.html5 import HTML5Translator

from lessons_src import data

GAP = 2  # between two garments, in their own pixels


class Garments(nodes.image):
    """A picture of garments; `natural` is its width and height in their own pixels."""


def garment(told: str) -> np.ndarray:
    """The image of these words, shape (28, 28), 0 to 255.

    Raises:
        ValueError: there is no such class, or it has not so many images.
    """
    kind, _, number = told.strip().rpartition(" ")
    known = {name.split("/")[0]: label for label, name in enumerate(data.CLASS_NAMES)}
    if kind not in known or not number.isdecimal():
        raise ValueError(f"no garment {told!r}: a class and a number, as in 'Shirt 5'")
    return of_label(known[kind], int(number))


def of_label(label: int, number: int) -> np.ndarray:
    """The validation image of this class with this number, counted from 0.

    Raises:
        ValueError: the class has not so many.
    """
    images = data.load()
    rows = images.validation_indices[images.full_labels[images.validation_indices] == label]
    if number >= len(rows):
        raise ValueError(f"{data.CLASS_NAMES[label]} has {len(rows)} validation images")
    return images.full_images[rows[number]]


def shuffled(image: np.ndarray) -> np.ndarray:
    """The same pixels in another order, which is that of the experiment on permutations."""
    order = np.random.default_rng(28).permutation(image.size)
    return image.ravel()[order].reshape(image.shape)


def wardrobe(rows: Sequence[str]) -> np.ndarray:
    """Rows of garments, by the labels of their classes, each the next of its class.

    Raises:
        ValueError: the rows are not labels, or not of one length.
    """
    if len({len(row) for row in rows}) != 1 or not all(row.isdecimal() for row in rows):
        raise ValueError("rows of labels from 0 to 9, all of one length, such as 9083")
    labels = "".join(rows)
    numbers = [labels[:place].count(label) for place, label in enumerate(labels)]
    images = [of_label(int(label), n) for label, n in zip(labels, numbers, strict=True)]
    return tiled(images, len(rows[0]))


def tiled(images: Sequence[np.ndarray], columns: int, gap: int = GAP) -> np.ndarray:
    """Images side by side, with a gap between them."""
    rows, side = -(-len(images) // columns), images[0].shape[0]
    pitch = side + gap
    sheet = np.zeros((rows * pitch - gap, columns * pitch - gap), np.uint8)
    for n, image in enumerate(images):
        top, left = n // columns * pitch, n % columns * pitch
        sheet[top : top + side, left : left + side] = image
    return sheet


def png(sheet: np.ndarray) -> bytes:
    """Black ink on no ground, as dark as the levels say."""
    ink = Image.fromarray(np.stack([np.zeros_like(sheet), sheet], axis=-1), "LA")
    file = io.BytesIO()
    ink.save(file, "PNG", optimize=True)
    return file.getvalue()


def picture(env: BuildEnvironment, sheet: np.ndarray, alt: str, *classes: str) -> Garments:
    """The node of a picture, whose file lies with what was read of the pages.

    It is named by its content: whoever else writes it writes the same.
    """
    content = png(sheet)
    folder = Path(env.doctreedir) / "garments"
    folder.mkdir(exist_ok=True)
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.png"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(content)
        part.replace(path)
    page = Path(env.doc2path(env.docname)).parent
    uri = Path(os.path.relpath(path, page)).as_posix()
    height, width = sheet.shape
    marks = ["garments", *classes]
    return Garments("", uri=uri, alt=alt, classes=marks, natural=[width, height])


def inline(sheet: np.ndarray, width: int, height: int) -> str:
    """The same within a page, as an ornament of this size."""
    uri = base64.b64encode(png(sheet)).decode("ascii")
    return (
        f'<svg class="drawn garments" width="{width}" height="{height}" aria-hidden="true">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{uri}"/></svg>'
    )


def visit_garments(self: HTML5Translator, node: Garments) -> None:
    """Write the image; its size is known before it comes, so that nothing moves then."""
    width, height = node["natural"]
    attributes = {
        "src": f"{self.builder.imgpath}/{quote(self.builder.images[node['uri']])}",
        "alt": node["alt"],
        "width": width,
        "height": height,
    }
    # The theme would lay a white ground under it in the dark.
    node["classes"].append("dark-light")
    self.body.append(self.emptytag(node, "img", "\n", **attributes))


def register(app: Sphinx) -> None:
    app.add_node(Garments, html=(visit_garments, lambda self, node: None))
