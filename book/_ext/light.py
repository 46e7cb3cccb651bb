"""A light first view: no script for icons, no index of the search where nobody searches.

The theme loads a script that draws a thousand icons, 540 kB compressed, for the dozen that a page
shows; its style sheet shows the same ones from a font. It loads the index of the search with every
page, for a search while one types, which this book does not use. Both lines are left out of the
theme's own templates as they are read; of the font, the icons that the site uses are taken out.
"""

import re
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from jinja2 import DictLoader
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)

SCRIPT = r"<script [^>]*(?:{})[^>]*></script>\s*"
#: Lines that are left out of a template, by its name.
LEFT_OUT = {
    "static/webpack-macros.html": re.compile(SCRIPT.format(r"fontawesome\.js")),
    "pydata_sphinx_theme/layout.html": re.compile(
        SCRIPT.format(r"searchtools\.js|language_data\.js|searchindex\.js")
    ),
}
UNUSED = "_static/scripts/fontawesome.js*"
#: The theme's fonts of icons, by the names that `book.css` has for their parts.
FONTS = {
    f"book-icons-{name}.woff": f"_static/vendor/fontawesome/webfonts/{font}.ttf"
    for name, font in (
        ("solid", "fa-solid-900"),
        ("regular", "fa-regular-400"),
        ("brands", "fa-brands-400"),
    )
}
# In a style sheet: the rule that gives classes their icon, and any icon by its code or as itself.
OF_CLASSES = re.compile(r'((?:\.fa-[\w-]+::?before,?\s*)+)\{content:"\\([0-9a-f]{4,5})"\}')
CLASS = re.compile(r"\bfa-[\w-]+")
CODE = re.compile(r"\\([ef][0-9a-f]{3})\b")
ITSELF = re.compile("[\ue000-\uf8ff]")


def lighten(app: Sphinx) -> None:
    """Have the templates read without those lines, and warn where the theme has none."""
    if app.builder.format != "html":
        return
    bridge, derived = app.builder.templates, {}
    for name, line in LEFT_OUT.items():
        text, *_ = bridge.get_source(bridge.environment, name)
        derived[name], found = line.subn("", text)
        if not found:
            LOGGER.warning("light: the theme's %s has nothing to leave out: see light.py", name)
    bridge.loaders.insert(0, DictLoader(derived))


def icons(site: Path) -> set[int]:
    """The code points of the icons that a site's pages, scripts and style sheets name."""
    of_class: dict[str, int] = {}
    used: set[int] = set()
    for path in (site / "_static").rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        for classes, code in OF_CLASSES.findall(text):
            of_class |= dict.fromkeys(CLASS.findall(classes), int(code, 16))
        text = OF_CLASSES.sub("", text)
        used |= {int(code, 16) for code in CODE.findall(text)} | set(map(ord, ITSELF.findall(text)))
    pages = (path for end in ("*.html", "*.js") for path in site.rglob(end))
    named = {name for path in pages for name in CLASS.findall(path.read_text(encoding="utf-8"))}
    return used | {of_class[name] for name in named if name in of_class}


def write_fonts(app: Sphinx, exception: Exception | None) -> None:
    """Put the parts of the fonts beside the style sheet, where they are not there already."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for path in site.glob(UNUSED):
        path.unlink()
    wanted = icons(site)
    for name, source in FONTS.items():
        target, whole = site / "_static" / name, site / source
        made = target.stat().st_mtime if target.exists() else 0
        there = codes(whole)
        has = wanted & there or {min(there)}  # a font without a sign is none
        if made > Path(__file__).stat().st_mtime and codes(target) == has:
            continue
        options = subset.Options(flavor="woff", name_IDs=["*"], notdef_outline=True)
        font = subset.load_font(str(whole), options)
        part = subset.Subsetter(options)
        part.populate(unicodes=has)
        part.subset(font)
        subset.save_font(font, str(target), options)


def codes(path: Path) -> set[int]:
    """The code points that a font has a sign for."""
    with TTFont(path, lazy=True) as font:
        return set(font.getBestCmap() or ())


def register(app: Sphinx) -> None:
    app.connect("builder-inited", lighten, priority=600)
    app.connect("build-finished", write_fonts)
