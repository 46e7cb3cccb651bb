"""Run one notebook in a kernel of its own, and measure it. Used by `execution`."""

import asyncio
import math
import re
import tempfile
import time
from ast import literal_eval
from pathlib import Path
from typing import IO, Any

from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from book.surroundings import PINNED

from .common import source_text

STARTUP_TIMEOUT = 300  # seconds, of which a busy machine may need more than nbclient's 60

KERNEL_ENV = {
    **PINNED,
    "LESSONS_BUILD": "1",
    # Optuna asks for a progress bar of widgets, which a page does not have.
    "PYTHONWARNINGS": "ignore:IProgress not found",
}

MEASURE = Path(__file__).with_name("measure.py").read_text(encoding="utf-8")


class Failure(Exception):
    """A chapter that failed, told in a few lines."""


class OwnKernel(AsyncKernelManager):
    """Starts the interpreter that builds the book, and not what a user's Jupyter calls python3."""

    @property
    def kernel_spec(self) -> KernelSpec:
        local = {"kernel_provisioner": {"provisioner_name": "local-provisioner"}}
        return KernelSpec(argv=make_ipkernel_cmd(), language="python", metadata=local)


async def run_in_kernel(
    notebook: NotebookNode, path: str, timeout: int, environment: dict[str, str]
) -> dict[str, Any]:
    """Execute `notebook` in place, in the folder of `path`.

    Args:
        timeout: seconds that a cell may take.
        environment: the kernel's, as by `surroundings`.

    Returns:
        execution_seconds (also the start and the end, as POSIX times), what `measure` says, and
        live (the numbers that the cells' metadata ask for, by name).

    Raises:
        Failure: naming the chapter, the line and the error.
    """
    client = NotebookClient(
        notebook,
        timeout=timeout,
        startup_timeout=STARTUP_TIMEOUT,
        kernel_manager_class=OwnKernel,
        kernel_name="python3",
        record_timing=False,  # it would go into the metadata, and so into the key of the cache
        extra_arguments=[
            "--IPKernelApp.log_level=40",
            # What native code writes past Python, as TensorFlow does when it is imported, is not
            # an output of a cell. It goes into a file, and is told only if the kernel dies.
            "--IPKernelApp.capture_fd_output=False",
        ],
    )
    live: dict[str, float] = {}
    index, start = 0, time.time()
    with tempfile.TemporaryFile() as native:
        try:
            await _start(client, path, environment, native)
            for index, cell in enumerate(notebook.cells):
                await client.async_execute_cell(cell, index)
                if declares_figure(cell) and not _has_image(cell):
                    here = place(notebook, index, path)
                    raise Failure(f"{here}: the cell declares a figure, and shows no image")
                if variables := cell.metadata.get("live"):
                    live |= await _read(client, variables, place(notebook, index, path))
            facts = await _measure(client)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            _pass_on_interruption()
            told = describe(notebook, index, path, error)
            if isinstance(error, DeadKernelError):
                told += _last_words(native)
            raise Failure(told) from None
        finally:
            await _shut_down(client)  # whatever happened, Ctrl-C included
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    end = time.time()
    return {"execution_seconds": end - start, "start": start, "end": end, "live": live, **facts}


async def _start(
    client: NotebookClient, path: str, environment: dict[str, str], native: IO[bytes]
) -> None:
    """Start the kernel of a chapter, once more if it does not come up.

    Raises:
        Failure: it did not come up either time.
    """
    for attempt in (1, 2):
        client.create_kernel_manager()
        try:
            await client.async_start_new_kernel(
                cwd=str(Path(path).parent),
                env={**environment, **KERNEL_ENV},
                stdout=native,
                stderr=native,
            )
            await client.async_start_new_kernel_client()
            return
        except RuntimeError as error:  # it died, or was silent for too long
            _pass_on_interruption()
            await _shut_down(client)
            if attempt == 2:
                cure = "free memory, or set LESSONS_JOBS=1, and build again"
                told = f"{path}: the kernel did not start, tried twice ({error}): {cure}"
                raise Failure(told + _last_words(native)) from None


async def _shut_down(client: NotebookClient) -> None:
    """Leave no kernel behind."""
    if client.kc is not None:
        client.kc.stop_channels()
    if client.km is not None and client.km.has_kernel:
        await client.km.shutdown_kernel(now=True)


def _pass_on_interruption() -> None:
    """Go on with Ctrl-C, which looks like a dead kernel.

    Raises:
        CancelledError: the build was interrupted.
    """
    if asyncio.current_task().cancelling():
        raise asyncio.CancelledError from None


def _last_words(native: IO[bytes]) -> str:
    """What native code said last, each line after a line break."""
    native.seek(0)
    lines = native.read().decode(errors="replace").splitlines()
    return "".join(f"\n    {line}" for line in lines[-5:])


async def _measure(client: NotebookClient) -> dict[str, Any]:
    """What `measure` says of the kernel."""
    results = await _evaluate(client, {"facts": "_lessons_measure()"}, after=MEASURE)
    return literal_eval(results["facts"]["data"]["text/plain"])


async def _read(client: NotebookClient, variables: dict[str, str], here: str) -> dict[str, float]:
    """What the variables hold now, by the names of the results; `here` is the cell's file and line.

    Raises:
        Failure: one is missing, or holds no finite number.
    """
    # The nought refuses a string of digits, which `float` alone would take for a number.
    expressions = {name: f"float({variable} + 0)" for name, variable in variables.items()}
    values = {}
    for name, result in (await _evaluate(client, expressions)).items():
        told = f"{here}: live: {name}: {variables[name]} holds no number"
        if result["status"] != "ok":
            raise Failure(f"{told}: {result['ename']}: {result['evalue']}")
        values[name] = float(result["data"]["text/plain"])
        if not math.isfinite(values[name]):
            raise Failure(f"{told}, but {values[name]}")
    return values


async def _evaluate(
    client: NotebookClient, expressions: dict[str, str], after: str = ""
) -> dict[str, dict[str, Any]]:
    """What expressions give in the kernel, once it ran some code; a notebook shows none of this."""
    reply = await client.kc.execute_interactive(
        after,
        silent=True,
        store_history=False,
        user_expressions=expressions,
        output_hook=lambda message: None,
        timeout=60,
    )
    return reply["content"]["user_expressions"]


def live_places(notebook: NotebookNode, path: str) -> dict[str, str]:
    """File and line of the cell from which each live number of a page is read, by its name.

    Raises:
        Failure: the metadata are not names with their variables, or a name stands twice.
    """
    places: dict[str, str] = {}
    for index, cell in enumerate(notebook.cells):
        if "live" not in cell.metadata:
            continue
        variables, here = cell.metadata["live"], place(notebook, index, path)
        if not isinstance(variables, dict) or not all(
            isinstance(text, str) and text for pair in variables.items() for text in pair
        ):
            raise Failure(f"{here}: live: write names and variables, as in {{accuracy: score}}")
        for name, variable in variables.items():
            if not variable.isidentifier():
                raise Failure(f"{here}: live: {name}: {variable!r} is not the name of a variable")
            if name in places:
                raise Failure(f"{here}: live: {name} was already read at {places[name]}")
            places[name] = here
    return places


def declares_figure(cell: NotebookNode) -> bool:
    """Whether a cell's metadata say what its figure is called."""
    declared = cell.metadata.get("mystnb", {}).get("figure")
    return declared is not None and "skip-execution" not in cell.metadata.get("tags", [])


def _has_image(cell: NotebookNode) -> bool:
    return any(kind.startswith("image/") for out in cell.outputs for kind in out.get("data", ()))


def place(notebook: NotebookNode, index: int, path: str) -> str:
    """File and line at which a cell's code begins."""
    return f"{path}:{_first_line(notebook, index, path)}"


def _first_line(notebook: NotebookNode, index: int, path: str) -> int:
    """The line, counted from 1, at which a cell's code begins: after its fence and its options."""
    lines = source_text(path).splitlines()
    source = notebook.cells[index].source.splitlines()
    first = notebook.metadata["source_map"][index]
    while first < len(lines) and lines[first : first + len(source)] != source:
        first += 1
    return first + 1


def describe(notebook: NotebookNode, index: int, path: str, error: Exception) -> str:
    """Name the file, the line and the error, with the few lines that lead to it."""
    source = notebook.cells[index].source.splitlines()
    first = _first_line(notebook, index, path)
    if not isinstance(error, CellExecutionError):
        return f"{path}:{first}: {str(error).strip().splitlines()[0]}"
    trace = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback)
    within = re.findall(r"^Cell In\[\d+\], line (\d+)", trace, re.MULTILINE)
    line = int(within[-1]) if within else 1
    code = source[line - 1].strip() if 0 < line <= len(source) else ""
    frames = re.findall(r"^File (\S+?\.py:\d+, in \w+)", trace, re.MULTILINE)
    called = [f"    called: {frame}" for frame in frames[-3:]]
    message = error.evalue.strip().splitlines() or [""]
    return "\n".join(
        [f"{path}:{first + line - 1}: {error.ename}: {message[0]}", f"    {code}", *called]
        + [f"    {more}" for more in message[1:8]]
    )
