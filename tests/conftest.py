"""What every test gets: no network but this machine's own, and a cache folder of its own."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import mini_book
import pytest

# A busy machine makes an example slow, and not wrong.
hypothesis.settings.register_profile("book", deadline=None)
hypothesis.settings.load_profile("book")


@pytest.fixture(scope="session", autouse=True)
def _sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Cut what a test starts off from the network, and keep downloads out of the user's cache.

    In this process pytest-socket refuses other hosts, by the `addopts` of pyproject.toml.
    """
    with pytest.MonkeyPatch.context() as patch:
        # Processes that a test starts know nothing of that: they meet a proxy that is not there.
        for scheme in ("http", "https", "all"):
            for variable in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY"):
                patch.setenv(variable, "http://127.0.0.1:9")
        for variable in ("no_proxy", "NO_PROXY"):
            patch.setenv(variable, "127.0.0.1,localhost,::1")
        if not os.environ.get("LESSONS_CACHE_DIR"):
            patch.setenv("LESSONS_CACHE_DIR", str(tmp_path_factory.mktemp("lessons-cache")))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names that differ from process to process: two workers must collect the same tests."""
    for item in items:
        if re.search(r"\b0x[0-9a-f]{6,}", item.nodeid):
            raise pytest.UsageError(
                f"{item.nodeid}: an address of memory is part of this test's name; give it ids"
            )


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small book, built without a warning; only to be read."""
    folder = tmp_path_factory.mktemp("book") / "mini"
    mini_book.write(folder)
    result = mini_book.build(folder, *mini_book.STRICT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert mini_book.ran(result) == mini_book.ALL
    return shutil.copytree(folder, folder.with_name("kept"))


@pytest.fixture
def book(built: Path) -> Path:
    """The same, to be changed.

    It lies where it was built: Sphinx would read all pages of a book that has moved.
    """
    folder = built.with_name("mini")
    shutil.rmtree(folder)
    return shutil.copytree(built, folder)


@pytest.fixture(scope="session")
def small_wardrobe():
    """A small draw of the stand-in: 100 training and 20 test images of each class."""
    from lessons_src import standin

    return standin.draw(train_per_class=100, test_per_class=20, seed=0)
