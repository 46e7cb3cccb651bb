"""Offer every chapter as two notebooks that run by themselves, and links to Colab and Binder.

Both come from the chapter's Markdown: its code as it stands, without outputs, and its text in
plain Markdown with the numbers of this build. The reader's leaves the solutions out; the teacher's
has them. Launch links, all to the reader's, exist only where the environment names the repository,
so that a fork gets its own.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import jupytext
import nbformat
from myst_nb.core.variables import format_plain_text
from myst_nb.ext.glue.crossref import read_glue_cache
from sphinx.domains.std import StandardDomain
from sphinx.pycode import ModuleAnalyzer

from .cards import claims_file, judged
from .plain_markdown import convert
from .replications import plain_text as live_text
from .solutions import parts
from .values import plain_text as value_text

if TYPE_CHECKING:
    from docutils import nodes
    from nbformat import NotebookNode
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

REPOSITORY = os.environ.get("GITHUB_REPOSITORY", "")  # owner/name, as GitHub's own runners set it
BRANCH = os.environ.get("GITHUB_REF_NAME", "") or "main"
NOTEBOOKS = "notebooks"  # the branch to which the notebooks are published, and the site's folder
TEACHER = "teacher"  # the folder in it of those with solutions
PACKAGE = f"lessons_src @ git+https://github.com/{REPOSITORY}@{BRANCH}"
INSTALL = f"""\
# Where the book's own module is missing, as on Colab, install it.
try:
    import lessons_src
except ImportError:
    %pip install -q "{PACKAGE}"
"""

BRACES = str.maketrans("", "", "{}")


class Resolver:
    """What the roles of one page say, as plain text."""

    def __init__(self, app: Sphinx, page: str) -> None:
        self.env: BuildEnvironment = app.env
        self.page = page
        self.folder = app.env.mystnb_config.output_folder

    def __call__(self, role: str, content: str) -> str:
        """The text of `{role}`content``."""
        shown = re.fullmatch(r"(.*?)\s*<(.+)>", content)
        text, target = (shown[1], shown[2]) if shown else ("", content)
        if role == "glue:text":
            return self.glued(content)
        if role == "value":
            return value_text(self.page, content)
        if role in ("live", "band"):
            return live_text(self.env, self.page, role, content)
        if role == "expect":
            return ""
        if role == "card":
            return self.card(content)
        if role == "literalinclude":
            return self.code(*content.split("::"))
        if role == "math":
            return f"${content}$"
        if role == "number":
            return self.number(target)
        if role == "eq":
            return f"({self.number(target)})"
        if role in ("cited", "given"):
            return content
        if role.startswith("cite"):
            names = ", ".join(self.source(key.strip()) for key in target.split(","))
            return names if role == "cite:t" else f"({names})"
        if role == "numref":
            return self.figure(text, target)
        if role in ("ref", "doc", "any"):
            return text or self.title(target)
        return text or content.lstrip("~!")

    def glued(self, content: str) -> str:
        """A glued value of this page: `name:format`."""
        name, _, spec = content.partition(":")
        output = read_glue_cache(self.folder, self.page).get(name)
        return format_plain_text(output["data"]["text/plain"], spec) if output else f"`{name}`"

    def card(self, claim: str) -> str:
        """The words of a claim, how it is read, and what was found."""
        reading = claims_file(self.env.srcdir)["claims"].get(claim)
        if reading is None:
            return claim
        found = judged(claim).value
        measured = "; ".join(
            f"{part.asked}: {part.number} ({part.verdict})" if part.number
            else f"{part.asked} ({part.verdict})"
            for part in found.headline
        )  # fmt: skip
        told = "provisional " if found.provisional else ""
        return (
            f"{reading['claimed']} Read as: {reading['headline']} Measured: {measured}. "
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
        domain: StandardDomain = self.env.get_domain("std")
        page, anchor, _ = domain.labels.get(label, ("", "", ""))
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
        page = self.env.path2doc(
            self.env.relfn2path(f"{target.removesuffix('.md')}.md", self.page)[1]
        )
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


def make_notebook(app: Sphinx, page: str, *, solutions: bool) -> NotebookNode:
    """The chapter as a notebook without outputs.

    Where `solutions` are left out, an empty cell for the reader's own work stands in the place of
    each that has code.

    Raises:
        SystemExit: a solution stands where it cannot be left out.
    """
    path = Path(app.env.doc2path(page))
    resolve = Resolver(app, page)
    cells: list[NotebookNode] = [nbformat.v4.new_code_cell(INSTALL)] if REPOSITORY else []
    try:
        found = list(parts(jupytext.read(path, fmt="md:myst").cells))
    except ValueError as fault:
        raise SystemExit(f"The book was not built: {path}: {fault}") from fault
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
    complete = "The same with the solutions to all exercises"
    links = [
        ("Notebook (.ipynb)", f"{url}/{pagename}.ipynb", "fas fa-download", told),
        (
            "Teacher\N{RIGHT SINGLE QUOTATION MARK}s notebook, with solutions",
            f"{url}/{TEACHER}/{pagename}.ipynb",
            "fas fa-download",
            complete,
        ),
    ]
    if REPOSITORY:
        colab = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{NOTEBOOKS}"
        binder = f"https://mybinder.org/v2/gh/{REPOSITORY}/{NOTEBOOKS}?labpath={pagename}.ipynb"
        links.append(("Colab", f"{colab}/{pagename}.ipynb", "fas fa-rocket", "Run on Colab"))
        links.append(("Binder", binder, "fas fa-rocket", "Run on Binder"))
    buttons = [
        {"type": "link", "text": text, "url": url, "icon": icon, "tooltip": tooltip}
        for text, url, icon, tooltip in links
    ]
    group = {"type": "group", "icon": "fas fa-download", "tooltip": told, "buttons": buttons}
    context["header_buttons"].insert(0, {**group, "label": "notebook-buttons"})


def name_repository(app: Sphinx, config: Config) -> None:
    """Turn on the theme's repository buttons, where the environment names a repository."""
    if REPOSITORY:
        config["html_theme_options"] = {
            **config["html_theme_options"],
            "repository_url": f"https://github.com/{REPOSITORY}",
            "repository_branch": BRANCH,
            "path_to_docs": "book",
            "use_repository_button": True,
            "use_edit_page_button": True,
            "use_issues_button": True,
        }


def write_requirements(app: Sphinx, exception: Exception | None) -> None:
    """Tell Binder what to install, beside the notebooks."""
    folder = Path(app.outdir) / NOTEBOOKS
    if exception is None and REPOSITORY and folder.is_dir():
        (folder / "requirements.txt").write_text(f"{PACKAGE}\n", encoding="utf-8")
        (folder / "runtime.txt").write_text("python-3.12\n", encoding="utf-8")


def register(app: Sphinx) -> None:
    """Tell Sphinx what is here."""
    app.connect("config-inited", name_repository)
    app.connect("html-page-context", offer_notebook, priority=502)  # after the theme's buttons
    app.connect("build-finished", write_requirements)
