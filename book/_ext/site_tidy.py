"""Keep the site to itself: nothing is fetched from third parties, and no script fails.

Most of this is done by what `_config.yml` leaves out. Here is the rest.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

# The theme settles on light or dark only when its main script has loaded: the page would flash, and
# "no choice yet" would be an error on the console. This runs before anything is drawn; where
# scripts are off, the theme's rules for a page without a choice apply, which are the light ones.
CHOOSE_THEME = """
(() => {
  const root = document.documentElement.dataset;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.mode = root.mode || "auto";
  root.theme = root.mode === "auto" ? (dark ? "dark" : "light") : root.mode;
})();
"""
# Under file:// a browser lets no script read another page, so the results of a search come without
# their excerpts there, instead of with an error for each.
NO_EXCERPTS = (
    'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'
)


def tidy_search(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Add the script that only the page of the search needs."""
    if pagename == "search":
        app.add_js_file(None, body=NO_EXCERPTS, priority=900)


def drop_old_pictures(app: Sphinx, exception: Exception | None) -> None:
    """Delete the pictures of earlier builds, which Sphinx leaves behind."""
    if exception is None and app.builder.format == "html":
        used = {name for _, name in app.env.images.values()}
        for path in Path(app.outdir, app.builder.imagedir).glob("*"):
            if path.name not in used:
                path.unlink()


def register(app: Sphinx) -> None:
    # Jupyter Book sets this for an extension that the book leaves out.
    app.add_config_value("comments_config", {}, "html")
    app.add_js_file(None, body=CHOOSE_THEME, priority=100)
    app.connect("html-page-context", tidy_search)
    app.connect("build-finished", drop_old_pictures)
