"""Execute the chapters before Sphinx reads them: in parallel, and never with stale outputs.

MyST-NB would run one notebook after another while it reads the pages, and its cache knows nothing
but the notebook: after a change in `lessons_src` the old outputs would stay. Here the cache lives
in a folder named by a hash of everything else that all outputs depend on, and it is filled in
parallel beforehand, so that MyST-NB finds every chapter in it. A chapter runs again as well when a
record or an exercise changed that its code names.

A number that a sentence speaks of is read in the kernel after its cell, where the cell's metadata
say so: `:live: {accuracy: score}` keeps what the variable `score` holds as `accuracy`.
"""

import asyncio
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.cache.db import NbCacheRecord
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from book.surroundings import SETTINGS, surroundings
from lessons_src.recorded import FROZEN

from .common import RECORDS, ROOT, front_matter, source_text, stop
from .kernel import KERNEL_ENV, Failure, declares_figure, live_places, run_in_kernel
from .plain_markdown import DIRECTIVE, blocks

LOGGER = logging.getLogger(__name__)
KERNEL = "python3"  # for all chapters; see `kernel`
KEPT_CACHES = 4  # real and stand-in, full and quick: switching back to one of them runs nothing


def package_folder(name: str) -> Path:
    """The folder from which the kernels will import the package `name`."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        stop(f"the package {name} is not installed; `make book` installs it.")
    return Path(next(iter(spec.submodule_search_locations)))


def inputs_hash(config: Config) -> str:
    """Hash of what the outputs of all chapters depend on; see `named_by` for the rest."""
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes() + b"\0")
    apart = {*named_files("check").values()}
    for package in ("lessons_src", "lessons_src.exercises", "lessons_src.search"):
        folder = package_folder(package)
        for path in sorted({*folder.glob("**/*.py")} - apart):
            name = f"{package}/{path.relative_to(folder).as_posix()}"
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    # What is installed may differ from what is locked, so the versions count as well.
    required = importlib.metadata.requires("lessons_src") or []
    names = [re.match(r"[\w.-]+", item)[0] for item in required if "extra ==" not in item]
    facts = {
        "versions": {n: importlib.metadata.version(n) for n in [*names, "ipykernel", "myst-nb"]},
        "python": platform.python_version(),
        "machine": [platform.system(), platform.machine()],
        "data": [config["lessons_data"][key] for key in ("fingerprint", "source", "source_line")],
        "quick": config["lessons_quick"],
        "kernel": [KERNEL_ENV, SETTINGS],
    }
    digest.update(json.dumps(facts, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def choose_cache(app: Sphinx, config: Config) -> None:
    """Point MyST-NB at the cache for these inputs, and drop the caches of long ago.

    `nb_execution_cache_path` counts as part of Sphinx's environment: with a new path, every page
    is read again, and so no page keeps outputs from the cache before.
    """
    caches = Path(app.outdir).parent / ".jupyter_cache"
    chosen = caches / inputs_hash(config)
    chosen.mkdir(parents=True, exist_ok=True)
    chosen.touch()
    folders = sorted((p for p in caches.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
    for old in folders[:-KEPT_CACHES]:
        shutil.rmtree(old, ignore_errors=True)
    config["nb_execution_cache_path"] = str(chosen)


def named_files(function: str) -> dict[str, Path]:
    """The files that chapters ask for by name, through `recorded` or `check`."""
    if function == "recorded":
        # The verdicts are compared after the chapters have run, and read by none of them.
        return {
            path.relative_to(RECORDS).with_suffix("").as_posix(): path
            for folder in (RECORDS, RECORDS / FROZEN)
            for path in folder.glob("*.json")
            if path.name != "verdicts.json"
        }
    folder = package_folder("lessons_src.exercises")
    # What a chapter imports, as the clinic, counts for all of them.
    paths = [p for p in folder.glob("[a-z]*.py") if "EXERCISES = {" in p.read_text("utf-8")]
    if not paths:  # the cache would not notice that one has changed
        stop(f"there are no exercises in {folder}.")
    return {path.stem.replace("_", "-"): path for path in paths}


def named_by(code: str) -> list[Path]:
    """The records and exercises that the code asks for: all, where a call does not name one.

    Calls are found by their spelling, so the functions must not be given other names.
    """
    found: set[Path] = set()
    for function, named in (("recorded", r'[\w/-]+(?="\s*\))'), ("check", r'[\w-]+(?=-\d+")')):
        files = named_files(function)
        for name in re.findall(rf'\b{function}\((?:\s*"({named}))?', code):
            found |= {files[name]} if name in files else {*files.values()}
    return sorted(found)


def code_key(notebook: NotebookNode) -> str:
    """Hash of the code and of the files that it names; captions and alt texts do not count."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    # Of the metadata, tags can change what happens (skip-execution, raises-exception), `live` what
    # is kept of it, and a figure's name whether an image is missed.
    code = [
        [c.source, c.metadata.get("tags", []), c.metadata.get("live", {}), declares_figure(c)]
        for c in cells
    ]
    digest = hashlib.sha256(json.dumps(code).encode())
    for path in named_by("\n".join(cell.source for cell in cells)):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def find(cache: JupyterCacheAbstract, notebook: NotebookNode) -> NbCacheRecord | None:
    """What the cache has of a notebook, or of an earlier one that has the same code.

    The outputs of the latter are cached anew under this notebook, so that MyST-NB finds them.
    """
    key = code_key(notebook)
    try:
        record = cache.match_cache_notebook(notebook)
        if record.data.get("code") == key:
            return record
    except KeyError:
        pass
    for record in cache.list_cache_records():
        if record.data.get("code") != key:
            continue
        earlier = iter(cache.get_cache_bundle(record.pk).nb.cells)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                source = next(earlier)
                cell.outputs, cell.execution_count = source.outputs, source.execution_count
        return keep(cache, notebook, record.uri, record.data)
    return None


def keep(
    cache: JupyterCacheAbstract, notebook: NotebookNode, path: str, facts: dict[str, Any]
) -> NbCacheRecord:
    """Put a notebook with its outputs into the cache."""
    bundle = CacheBundleIn(notebook, path, data=facts)
    return cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def find_missing(app: Sphinx, cache: JupyterCacheAbstract) -> dict[str, NotebookNode]:
    """The chapters that have to run, by page name; notes the record of every other one.

    Raises:
        Failure: a page does not say rightly which numbers to keep.
    """
    env = app.env
    missing = {}
    for name in sorted(env.found_docs):
        path = env.doc2path(name)
        if Path(path).suffix == ".ipynb":
            cure = f"make a chapter of it by `jupytext --to md:myst {path}`, and delete it"
            stop(f"{path}: its outputs may be of anywhere; {cure}")
        text = source_text(path)
        # The same reader as MyST-NB's own: the keys of the cache have to agree.
        reader = create_nb_reader(path, env.myst_config, env.mystnb_config, text)
        notebook = reader.read(text) if reader else None
        refuse_foreign(path, text, notebook)
        if notebook is None:
            continue
        env.lessons_live[name] = live_places(notebook, path)
        if record := find(cache, notebook):
            env.lessons_runs[name] = record.data
        else:
            missing[name] = notebook
    return missing


def refuse_foreign(path: str, text: str, notebook: NotebookNode | None) -> None:
    """Stop where a page has code that would not run, or not as what it is.

    Raises:
        SystemExit: code cells without a kernel, or another one than this book's; or front matter
            that cannot be read.
    """
    kernel = notebook.metadata.get("kernelspec", {}) if notebook else {}
    line = first_cell(text)
    if not kernel and line:
        front_matter(path)  # it may have one, behind what cannot be read
        cure = "begin the page with the lines between --- of templates/chapter.md"
        stop(f"{path}:{line}: a code cell on a page without a kernel: {cure}")
    name = kernel.get("name", KERNEL)
    if name != KERNEL and kernel.get("language") != "python":
        stop(f"{path}: the kernel is {name!r}, and chapters run in {KERNEL!r} alone")


def first_cell(text: str) -> int:
    """The line, counted from 1, of the first code cell of a page; 0 where there is none."""
    line = 1
    for opening, lines in blocks(text):
        if opening and opening.re is DIRECTIVE and opening["name"] == "code-cell":
            return line
        line += len(lines)
    return 0


async def run_all(app: Sphinx, cache: JupyterCacheAbstract, missing: dict) -> list[Failure]:
    """Execute the missing chapters, `LESSONS_JOBS` at a time, and cache those that succeed."""
    jobs = os.environ.get("LESSONS_JOBS") or str(min(2, os.cpu_count() or 1))
    if not jobs.isdecimal() or int(jobs) < 1:
        raise SystemExit(f"LESSONS_JOBS is {jobs!r}: set it to a whole number from 1, or unset it")
    places = asyncio.Semaphore(int(jobs))
    built = Path(app.outdir).parent
    environment = surroundings(os.environ, built / ".settings")
    timings = built / ".jupyter_cache" / "seconds.json"
    seconds = json.loads(timings.read_text()) if timings.exists() else {}
    failures = []

    async def run(name: str, notebook: NotebookNode) -> None:
        async with places:
            LOGGER.info("running %s", name)
            key = code_key(notebook)  # of the files as they are now: one may change during the run
            path, timeout = app.env.doc2path(name), app.config["nb_execution_timeout"]
            try:
                facts = await run_in_kernel(notebook, path, timeout, environment)
            except Failure as failure:
                failures.append(failure)
                LOGGER.info("%s: FAILED", name)
                return
        record = keep(cache, notebook, path, facts | {"code": key})
        app.env.lessons_runs[name] = record.data  # as later builds will find it
        seconds[name] = facts["execution_seconds"]
        timings.write_text(json.dumps(seconds))
        LOGGER.info("%s: %.1f s, %.0f MiB", name, seconds[name], facts["peak_mib"])

    # The longest first, and the unknown before them: a long one started last would run alone.
    order = sorted(missing, key=lambda name: -seconds.get(name, float("inf")))
    await asyncio.gather(*(run(name, missing[name]) for name in order))
    return failures


def run_missing(app: Sphinx, env: BuildEnvironment, *_: Any) -> list[str]:
    """Run what is not in the cache, before any page is read.

    Returns:
        The pages whose outputs are not those with which they were last read: they have to be read
        again even where their text is the same.

    Raises:
        SystemExit: when a cell failed.
    """
    # Of the last build that came to its end; in one that failed, chapters may have run unread.
    before = getattr(env, "lessons_runs", {})
    env.lessons_runs = {}  # what each page's run gave and cost
    env.lessons_live = {}  # where each live number is read, by page and name
    if app.config["nb_execution_mode"] != "cache":
        return []
    cache = get_cache(app.config["nb_execution_cache_path"])
    try:
        missing = find_missing(app, cache)
        LOGGER.info("%d of %d to run", len(missing), len(missing) + len(env.lessons_runs))
        failures = asyncio.run(run_all(app, cache, missing))
    except Failure as failure:
        failures = [failure]
    if failures:
        raise SystemExit("\n\n".join(["The book was not built.", *map(str, failures)]))
    env.lessons_cached = len(cache.list_cache_records())
    return sorted(name for name, facts in env.lessons_runs.items() if before.get(name) != facts)


def check_nothing_ran_twice(app: Sphinx, env: BuildEnvironment) -> None:
    """Fail when MyST-NB had to execute a notebook itself: the two keys would have diverged."""
    if app.config["nb_execution_mode"] == "cache":
        cache = get_cache(app.config["nb_execution_cache_path"])
        if len(cache.list_cache_records()) != env.lessons_cached:
            raise SystemExit("execution: MyST-NB executed a notebook that was in the cache.")


def register(app: Sphinx) -> None:
    app.connect("config-inited", choose_cache, priority=200)
    app.connect("env-get-outdated", run_missing)
    app.connect("env-updated", check_nothing_ran_twice)
