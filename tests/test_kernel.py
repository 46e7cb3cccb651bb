"""A chapter's kernel that does not come up: tried once more, then told in one clear error."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from book._ext import kernel

FACTS = "{'peak_mib': 1.0, 'test_label_reads': []}"


class FakeClient:
    """Stands for nbclient's: its kernel dies as it starts, as often as it is told to."""

    deaths = 0

    def __init__(self, notebook: Any, **options: Any) -> None:
        self.options, self.kc, self.km = options, None, None
        self.started, self.stopped = 0, 0
        FakeClient.last = self

    def create_kernel_manager(self) -> None:
        self.km = SimpleNamespace(has_kernel=True, shutdown_kernel=self.stop)

    async def stop(self, now: bool) -> None:
        self.stopped += 1
        self.km.has_kernel = False

    async def async_start_new_kernel(self, stderr: Any, **options: Any) -> None:
        self.started += 1
        stderr.write(b"what it said last\n")

    async def async_start_new_kernel_client(self) -> None:
        if self.started <= self.deaths:
            raise RuntimeError("Kernel died before replying to kernel_info")
        self.kc = SimpleNamespace(stop_channels=lambda: None, execute_interactive=self.reply)

    async def async_execute_cell(self, cell: Any, index: int) -> None:
        cell.execution_count = index + 1

    async def reply(self, code: str, **options: Any) -> dict[str, Any]:
        found = {"facts": {"data": {"text/plain": FACTS}}}
        return {"content": {"user_expressions": found}}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run a notebook of one cell, whose kernel dies so often before it is ready."""

    def run(deaths: int) -> dict[str, Any]:
        monkeypatch.setattr(kernel, "NotebookClient", FakeClient)
        monkeypatch.setattr(FakeClient, "deaths", deaths)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
        return asyncio.run(kernel.run_in_kernel(notebook, str(tmp_path / "page.md"), 60, {}))

    return run


@pytest.mark.parametrize("deaths", [0, 1])
def test_kernel_is_started_once_more_if_need_be(run, deaths: int) -> None:
    assert run(deaths)["peak_mib"] == 1.0
    client = FakeClient.last
    assert (client.started, client.stopped) == (deaths + 1, deaths + 1)


def test_kernel_may_take_five_minutes(run) -> None:
    run(0)
    assert FakeClient.last.options["startup_timeout"] == 300


def test_kernel_that_never_starts_is_told_with_its_page_and_the_cure(run, tmp_path: Path) -> None:
    with pytest.raises(kernel.Failure) as told:
        run(2)
    message, *last = str(told.value).splitlines()
    assert message.startswith(f"{tmp_path / 'page.md'}: ")
    assert "Kernel died before replying" in message
    assert "LESSONS_JOBS=1" in message
    assert "    what it said last" in last
    assert (FakeClient.last.started, FakeClient.last.stopped) == (2, 2)


def test_interrupted_start_is_no_failure_of_the_page(run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(self: FakeClient) -> None:
        asyncio.current_task().cancel()
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(FakeClient, "async_start_new_kernel_client", interrupted)
    with pytest.raises(asyncio.CancelledError):
        run(0)
    assert FakeClient.last.started == 1
