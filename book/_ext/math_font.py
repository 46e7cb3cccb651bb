"""A font for formulae, for readers whose system has none: a part of STIX Two Math.

MathML needs a font that knows how to stretch a bracket or a root. Most computers have one, most
telephones have not. The package ziamath carries STIX Two Math (SIL Open Font License); the
characters that the book may use are taken out of it when the site is built. The style sheet names
the font last, so that a browser loads it only where nothing better is there.
"""

import importlib.util
from pathlib import Path

from fontTools import subset
from sphinx.application import Sphinx

NAME = "book-math.woff"
CHARACTERS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x370, 0x400),  # Greek
    *range(0x2010, 0x2070),  # dashes, dots, primes, spaces
    *range(0x20D0, 0x20F0),  # accents
    *range(0x2100, 0x2150),  # the real numbers and their like
    *range(0x2190, 0x2300),  # arrows, operators
    *range(0x2308, 0x230C),
    *range(0x239B, 0x23B2),  # parts of large brackets
    *range(0x27E6, 0x27EC),
    *range(0x1D400, 0x1D800),  # italic, bold, script, double-struck letters
]


def write_font(app: Sphinx, exception: Exception | None) -> None:
    """Put the font beside the style sheet, unless it is there and newer than this file."""
    target = Path(app.outdir) / "_static" / NAME
    made = target.stat().st_mtime if target.exists() else 0
    if exception or app.builder.format != "html" or made > Path(__file__).stat().st_mtime:
        return
    # Found without an import, which would load the whole package for one of its files.
    package = Path(importlib.util.find_spec("ziamath").origin).parent
    options = subset.Options(flavor="woff", name_IDs=["*"], notdef_outline=True)
    font = subset.load_font(str(package / "fonts" / "STIXTwoMath-Regular.ttf"), options)
    part = subset.Subsetter(options)
    part.populate(unicodes=CHARACTERS)
    part.subset(font)
    subset.save_font(font, str(target), options)


def register(app: Sphinx) -> None:
    app.connect("build-finished", write_font)
