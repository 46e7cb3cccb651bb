"""What every test gets: no network but this machine's own, and a cache folder of its own."""

import os
import socket
from collections.abc import Iterator

import pytest

LOOPBACK = {"127.0.0.1", "::1", "localhost", "", None}


@pytest.fixture(scope="session", autouse=True)
def _sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Cut the network off, and keep downloads and stand-ins out of the user's cache."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: object) -> None:
        internet = self.family in (socket.AF_INET, socket.AF_INET6)
        if internet and address[0] not in LOOPBACK:
            raise OSError(f"a test tried to reach {address}")
        return connect(self, address)

    def guarded_look_up(host: object, *args: object, **kwargs: object) -> list:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in LOOPBACK:
            raise socket.gaierror(f"a test tried to look up {name}")
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        # Processes that a test starts know nothing of this: they meet a proxy that is not there.
        for scheme in ("http", "https", "all"):
            for variable in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY"):
                patch.setenv(variable, "http://127.0.0.1:9")
        for variable in ("no_proxy", "NO_PROXY"):
            patch.setenv(variable, "127.0.0.1,localhost,::1")
        if not os.environ.get("LESSONS_CACHE_DIR"):
            patch.setenv("LESSONS_CACHE_DIR", str(tmp_path_factory.mktemp("lessons-cache")))
        yield


@pytest.fixture(scope="session")
def small_wardrobe():
    """A small draw of the stand-in: 100 training and 20 test images of each class."""
    from lessons_src import standin

    return standin.draw(train_per_class=100, test_per_class=20, seed=0)
