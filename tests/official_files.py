"""Four small files that pass for the official ones, and a server of them; for tests of the data."""

import gzip
import hashlib
import http.server
import struct
import threading
from pathlib import Path

import numpy as np

from lessons_src.official import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, OfficialFile

SHAPES = {
    TRAIN_IMAGES: (100, 28, 28),
    TRAIN_LABELS: (100,),
    TEST_IMAGES: (20, 28, 28),
    TEST_LABELS: (20,),
}


def idx(values: np.ndarray) -> bytes:
    """`values` as an IDX file of unsigned bytes."""
    header = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.astype(np.uint8).tobytes()


def zipped(raw: bytes) -> bytes:
    """As the authors compressed their files: without a time."""
    return gzip.compress(raw, mtime=0)


def values_of(name: str) -> np.ndarray:
    """What is in the small file of this name."""
    shape = SHAPES[name]
    if len(shape) == 1:
        return np.arange(shape[0]) % 10
    return np.random.default_rng(len(name) + shape[0]).integers(0, 256, shape)


CONTENTS = {name: idx(values_of(name)) for name in SHAPES}
ZIPPED = {f"{name}.gz": zipped(raw) for name, raw in CONTENTS.items()}
TABLE = {
    name: OfficialFile(
        hashlib.sha256(raw).hexdigest(),
        hashlib.sha256(ZIPPED[f"{name}.gz"]).hexdigest(),
        SHAPES[name],
    )
    for name, raw in CONTENTS.items()
}


def fill(folder: Path, contents: dict[str, bytes] = ZIPPED) -> Path:
    """Write files into a new folder."""
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


class Mirror:
    """A server of the given files on 127.0.0.1, which keeps the paths it is asked to send."""

    def __init__(self, contents: dict[str, bytes] = ZIPPED) -> None:
        self.contents = dict(contents)
        self.asked: list[str] = []
        self.status, self.kind = 200, "application/octet-stream"  # of an answer
        self.cut_after: int | None = None  # bytes sent of each file before the line goes dead
        self.stalled = threading.Event()  # set: go on
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                content = mirror.contents.get(self.path.rpartition("/")[2])
                self.send_response(404 if content is None else mirror.status)
                self.send_header("Content-Type", mirror.kind)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()

            def do_CONNECT(self) -> None:  # asked as a proxy
                self.send_error(mirror.status)

            def do_GET(self) -> None:
                name = self.path.rpartition("/")[2]
                mirror.asked.append(name)
                self.do_HEAD()
                self.wfile.write(mirror.contents.get(name, b"")[: mirror.cut_after])
                if mirror.cut_after is not None:
                    mirror.stalled.wait(30)

            def log_message(self, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self.stalled.set()
        self.server.shutdown()
        self.server.server_close()
