"""Offer every chapter as two notebooks that run by themselves, and links to Colab and Binder.

Both come from the chapter's Markdown: its code as it stands, without outputs, and its text in
plain Markdown with the numbers of this build. The reader's leaves the solutions out; the teacher's
has them. Launch links, all to the reader's, exist only on a site whose notebooks are published, and
lead to those of its own repository.
"""

import re
from pathlib import Path

import jupytext
import nbformat
from docutils import nodes
from myst_nb.core.variables import format_plain_text
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.pycode import ModuleAnalyzer

from book import readings

from .cards import APOSTROPHE, ledger
from .common import source_text, stop
from .glued import glued
from .plain_markdown import convert
from .repository import built_from, theme_options
from .roles import ROLES, plain
from .solutions import parts

NOTEBOOKS = "notebooks"  # the branch to which the notebooks are published, and the site's folder
TEACHER = "teacher"  # the folder in it of those with solutions
# What every notebook begins with, since it may be run where the book's own package is missing.
INSTALL = """\
# Where the book's own package is missing, as on Colab, install it.
try:
    import lessons_src
except ModuleNotFoundError:
    %pip install -q "{package}"
"""
ASK = """\
# This notebook needs lessons_src, the book's own package.
try:
    import lessons_src
except ModuleNotFoundError:
    raise SystemExit(
        "This notebook needs lessons_src, the book's own package, which is "
        "not installed here.\\nIt is in the repository of the book: open the "
        "notebook in a clone of that, with 'make lab';\\nor install it here, "
        "and run this cell again:\\n"
        '  %pip install "lessons_src @ git+https://ADDRESS-OF-THE-REPOSITORY"'
    ) from None
"""

BRACES = str.maketrans("", "", "{}")


class Resolver:
    """What the roles of one page say, as plain text."""

    def __init__(self, app: Sphinx, page: str) -> None:
        self.env = app.env
        self.page = page

    def __call__(self, role: str, content: str) -> str:
        """The text of `{role}`content``."""
        if role in ROLES:
            return plain(self.env, self.page, role, content)
        shown = re.fullmatch(r"(.*?)\s*<(.+)>", content)
        text, target = shown.groups() if shown else ("", content)
        match role:
            case "glue:text":
                name, _, spec = content.partition(":")
                known = glued(self.env, self.page)
                return format_plain_text(known[name], spec) if name in known else f"`{name}`"
            case "card":
                return self.card(content)
            case "literalinclude":
                return self.code(*content.split("::"))
            case "math":
                return f"${content}$"
            case "number":
                return self.number(target)
            case "eq":
                return f"({self.number(target)})"
            case "numref":
                return self.figure(text, target)
            case "ref" | "doc" | "any":
                return text or self.title(target)
        if role.startswith("cite"):
            names = ", ".join(self.source(key.strip()) for key in target.split(","))
            return names if role == "cite:t" else f"({names})"
        return text or content.lstrip("~!")

    def card(self, claim: str) -> str:
        """The words of a claim, how it is read, and what was found."""
        found = ledger(self.env).judgements().get(claim)
        if found is None:
            return claim
        reading = readings.today().claims[claim]
        measured = "; ".join(
            f"{part.asked}: {part.number} ({part.verdict})" if part.number
            else f"{part.asked} ({part.verdict})"
            for part in found.headline
        )  # fmt: skip
        told = "provisional " if found.provisional else ""
        return (
            f"{reading.claimed} Read as: {reading.headline} Measured: {measured}. "
            f"Verdict: {told}**{found.verdict}**."
        )

    def code(self, path: str, name: str) -> str:
        """A function or a class of a Python file, as the site shows it, or else the whole file."""
        place = self.env.relfn2path(path, self.page)[1]
        analyser = ModuleAnalyzer.for_file(place, "")
        lines = analyser.code.splitlines()
        _, first, last = analyser.find_tags().get(name, ("", 1, len(lines)))
        return "\n".join(lines[first - 1 : last])

    def number(self, label: str) -> str:
        """The number of an equation, with the chapter's as on the site."""
        equation = self.env.get_domain("math").equations.get(label)
        if equation is None:
            return label
        numbers = self.env.toc_fignumbers.get(equation[0], {}).get("displaymath", {})
        number = numbers.get(f"equation-{label}".replace(":", "-"), (equation[1],))
        return ".".join(map(str, number))

    def figure(self, text: str, label: str) -> str:
        """ "Figure 1.2", or the author's own words around the number."""
        page, anchor, _ = self.env.get_domain("std").labels.get(label, ("", "", ""))
        for kind, numbers in self.env.toc_fignumbers.get(page, {}).items():
            if anchor in numbers:
                number = ".".join(map(str, numbers[anchor]))
                form = text or self.env.config.numfig_format.get(kind, "%s")
                return form.replace("{number}", number).replace("%s", number)
        return text or label

    def title(self, target: str) -> str:
        """The title of a labelled section, of a figure, or of a page."""
        target = target.lstrip("#")
        labels = self.env.get_domain("std").labels
        if target in labels:
            return labels[target][2] or self.figure("", target)
        file = self.env.relfn2path(f"{target.removesuffix('.md')}.md", self.page)[1]
        page = self.env.path2doc(file)
        return self.env.titles[page].astext() if page in self.env.titles else target

    def source(self, key: str) -> str:
        """A work as "Xiao et al., 2017"."""
        entry = self.env.get_domain("cite").bibdata.data.entries.get(key)
        if entry is None:
            return key
        people = [" ".join(p.last_names) or str(p) for p in entry.persons.get("author", [])]
        names = " and ".join(people) if len(people) < 3 else f"{people[0]} et al."
        # Braces keep BibTeX from changing a name; they are no part of it.
        return f"{names or key}, {entry.fields.get('year', 'undated')}".translate(BRACES)


def first_cell(package: str) -> str:
    """What gets the book's own package, or says in words how to, where no repository is known."""
    return INSTALL.format(package=package) if package else ASK


def make_notebook(app: Sphinx, page: str, *, solutions: bool) -> NotebookNode:
    """The chapter as a notebook without outputs.

    Where `solutions` are left out, an empty cell for the reader's own work stands in the place of
    each that has code. A solution where it cannot be left out stops the build.
    """
    path = app.env.doc2path(page)
    resolve = Resolver(app, page)
    cells: list[NotebookNode] = [nbformat.v4.new_code_cell(first_cell(app.config.lessons_package))]
    try:
        found = list(parts(jupytext.reads(source_text(path), fmt="md:myst").cells))
    except ValueError as fault:
        stop(f"{path}: {fault}")
    left_out = None
    for cell, solution in found:
        if solution is not None and not solutions:
            if cell.cell_type == "code" and solution != left_out:
                cells.append(nbformat.v4.new_code_cell())
                left_out = solution
            continue
        if cell.cell_type == "code":
            cells.append(nbformat.v4.new_code_cell(cell.source))
            if tags := cell.metadata.get("tags"):
                cells[-1].metadata["tags"] = tags
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            source = f"*{resolve.figure('', figure['name'])}: {figure['caption'].strip()}*" if (
                "name" in figure and "caption" in figure
            ) else ""  # fmt: skip
        else:
            source = cell.source
        if markdown := cell.cell_type != "raw" and source and convert(source, resolve):
            cells.append(nbformat.v4.new_markdown_cell(markdown))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # the same at every build, so that the branch shows real changes
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def offer_notebook(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Write the notebooks of a chapter, and put their buttons into the page's header."""
    if doctree is None or "kernelspec" not in app.env.metadata[pagename]:
        return
    notebooks = Path(app.outdir) / NOTEBOOKS
    for folder, solutions in ((notebooks, False), (notebooks / TEACHER, True)):
        path = folder / f"{pagename}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(make_notebook(app, pagename, solutions=solutions), path)
    url = context["pathto"](NOTEBOOKS, 1)
    told = "Download this chapter as a notebook"
    teachers = f"Teacher{APOSTROPHE}s notebook, with solutions"
    complete = "The same with the solutions to all exercises"
    links = [
        ("Notebook (.ipynb)", f"{url}/{pagename}.ipynb", "fas fa-download", told),
        (teachers, f"{url}/{TEACHER}/{pagename}.ipynb", "fas fa-download", complete),
    ]
    here = built_from()
    if here and here.published:
        colab = f"https://colab.research.google.com/github/{here.name}/blob/{NOTEBOOKS}"
        binder = f"https://mybinder.org/v2/gh/{here.name}/{NOTEBOOKS}?labpath={pagename}.ipynb"
        links.append(("Colab", f"{colab}/{pagename}.ipynb", "fas fa-rocket", "Run on Colab"))
        links.append(("Binder", binder, "fas fa-rocket", "Run on Binder"))
    keys = ("text", "url", "icon", "tooltip")
    buttons = [{"type": "link", **dict(zip(keys, link, strict=True))} for link in links]
    group = {"type": "group", "icon": "fas fa-download", "tooltip": told, "buttons": buttons}
    context["header_buttons"].insert(0, {**group, "label": "notebook-buttons"})


def name_repository(app: Sphinx, config: Config) -> None:
    """Turn on the theme's repository buttons, where the environment names a repository."""
    if here := built_from():
        config["lessons_package"] = here.package
        config["html_theme_options"] = config["html_theme_options"] | theme_options(here)


def write_requirements(app: Sphinx, exception: Exception | None) -> None:
    """Tell Binder what to install, beside the notebooks."""
    folder = Path(app.outdir) / NOTEBOOKS
    package = app.config.lessons_package
    if exception is None and package and folder.is_dir():
        (folder / "requirements.txt").write_text(f"{package}\n", encoding="utf-8")
        (folder / "runtime.txt").write_text("python-3.12\n", encoding="utf-8")


def register(app: Sphinx) -> None:
    # "html": at another commit every page is written again, and with it its notebooks.
    app.add_config_value("lessons_package", "", "html", types=(str,))
    app.connect("config-inited", name_repository)
    app.connect("html-page-context", offer_notebook, priority=502)  # after the theme's buttons
    app.connect("build-finished", write_requirements)
