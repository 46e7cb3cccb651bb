"""Which builds there are: of the whole book, one at a time, as a site or to check its links.

All else that Jupyter Book and Sphinx offer would end in a traceback, or in a part of the book that
looks whole: a page alone has neither its numbers nor its sources, and a builder that writes no
site of many pages has no notebooks, nor folds and predictions that work.

Builders share what was read of the pages. So a site keeps a mark of the reading from which it was
written: where that is not the last one, since another builder read the pages, or a build ended
between reading and writing, Sphinx would take old pages for new, and all are written again.
"""

import os
import uuid
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from .common import ROOT, source_text, stop

BUILDERS = ("html", "dirhtml", "linkcheck")
MARK = ".written-from"  # in the folder of the site
WHOLE = "run `jupyter-book build book`"


def refuse(app: Sphinx, told: str) -> None:
    """Stop, and leave no empty folder for the output, which Sphinx has just made.

    Raises:
        SystemExit: always.
    """
    with suppress(OSError):  # it is not empty
        os.removedirs(app.outdir)
    stop(told)


def refuse_parts(app: Sphinx, config: Config) -> None:
    """Stop where not the whole book is to be built, or not with its own settings."""
    if "sphinx_external_toc" not in app.extensions:  # Jupyter Book's way to build one page
        page = Path(app.srcdir, f"{config.root_doc}.md")
        why = "whose numbers, links and sources need the whole book"
        refuse(app, f"{page} is a single page, {why}: {WHOLE}, which runs only what has changed")
    if not app.srcdir.samefile(ROOT / "book"):
        refuse(app, f"{app.srcdir} is not the folder of the book: {WHOLE} in {ROOT}")
    if app.confdir != app.srcdir:
        why = "finds neither the pictures nor the references"
        refuse(app, f"{app.confdir / 'conf.py'} is no part of the book, and {why}: {WHOLE}")


def find_toc(app: Sphinx, config: Config) -> None:
    """Take `--toc` as seen from where the command was given, as Jupyter Book's own check does."""
    toc = Path(config.external_toc_path)
    if not (app.srcdir / toc).is_file() and toc.is_file():
        config.external_toc_path = toc.resolve().as_posix()


def refuse_a_second(app: Sphinx, config: Config) -> None:
    """Stop where another build is at work in the same folder; the lock ends with the process."""
    lock = FileLock(Path(app.outdir).parent / ".building.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        stop(f"another build is at work in {Path(app.outdir).parent}: wait until it has ended")
    app.connect("build-finished", lambda app, exception: lock.release())


def refuse_other_builders(app: Sphinx) -> None:
    """Stop before anything runs that would be in vain."""
    name = app.builder.name
    if name not in BUILDERS:
        why = "since the pages of this book are made of HTML, with notebooks beside them"
        refuse(app, f"the builder {name} is not supported, {why}: take {' or '.join(BUILDERS)}")


def check_references(app: Sphinx) -> None:
    """Stop where the references are not in UTF-8; what reads them would end in a traceback."""
    for name in app.config.bibtex_bibfiles:
        path = app.srcdir / name
        if path.is_file():
            source_text(path)


def note_reading(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Give what is about to be read a name of its own."""
    env.lessons_before = getattr(env, "lessons_reading", None)
    if names:
        env.lessons_reading = uuid.uuid4().hex


def write_all(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages that have to be written although they were not read: all or none."""
    mark = Path(app.outdir) / MARK
    known = mark.read_text(encoding="ascii") if mark.exists() else ""
    mark.unlink(missing_ok=True)  # until all is written
    if known == env.lessons_before:
        return []
    env.lessons_reading = uuid.uuid4().hex
    return sorted(env.found_docs)


def mark_written(app: Sphinx, exception: Exception | None) -> None:
    """Note from which reading the site is."""
    if exception is None and app.builder.format == "html":
        (Path(app.outdir) / MARK).write_text(app.env.lessons_reading, encoding="ascii")


def register(app: Sphinx) -> None:
    app.connect("config-inited", refuse_parts, priority=50)  # before the data is looked for
    app.connect("config-inited", find_toc, priority=60)
    app.connect("config-inited", refuse_a_second, priority=60)
    app.connect("builder-inited", refuse_other_builders, priority=100)
    app.connect("builder-inited", check_references, priority=110)
    app.connect("env-before-read-docs", note_reading)
    app.connect("env-updated", write_all)
    app.connect("build-finished", mark_written)
