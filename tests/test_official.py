"""The official files: what is accepted, what is refused and why, and how they are downloaded."""

import gzip
import logging
import os
import re
import socket
import struct
import sys
import threading
import types
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pooch
import pytest
from official_files import CONTENTS, SHAPES, TABLE, ZIPPED, Mirror, fill, idx, values_of, zipped

import lessons_src
from lessons_src import data, official
from lessons_src.official import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, DataError

MIRRORS, FILES = official.MIRRORS, official.FILES
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The small files pass for the official ones; no wishes, caches or mirrors; nothing read."""
    for name in ("FASHION_MNIST_DIR", "FASHION_MNIST_SOURCE", "LESSONS_BUILD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("LESSONS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(official, "FILES", TABLE)
    monkeypatch.setattr(official, "MIRRORS", ())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small files in a folder to which FASHION_MNIST_DIR points."""
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path / "data"))
    return fill(tmp_path / "data")


def gz(name: str) -> str:
    return f"{name}.gz"


def refused(path: Path, words: str) -> None:
    """Loading ends in one line that names the file, the fault and the cure."""
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} .*Cure: [^\n]*$") as caught:
        data.load()
    assert words in str(caught.value)


# --- What is accepted -----------------------------------------------------------------------


def test_the_table_is_the_official_one() -> None:
    assert [file.shape for file in FILES.values()] == [
        (60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,)
    ]  # fmt: skip
    hashes = {h for file in FILES.values() for h in (file.sha256, file.gzip_sha256)}
    assert {len(h) for h in hashes} == {64}
    assert len(hashes) == 8


DOTTED = {name.replace("-idx", ".idx"): content for name, content in CONTENTS.items()}
ANEW = {gz(name): gzip.compress(raw, compresslevel=1, mtime=9) for name, raw in CONTENTS.items()}
MIXED = dict([*ZIPPED.items()][:2]) | dict([*CONTENTS.items()][2:])
WRONGLY_NAMED = {gz(name): content for name, content in CONTENTS.items()}  # a browser unpacked them


@pytest.mark.parametrize("inside", ["", "raw", "FashionMNIST/raw"])
@pytest.mark.parametrize(
    ("files", "form"),
    [
        (ZIPPED, "DIR ("),
        (CONTENTS, "DIR, IDX files, not compressed ("),
        (DOTTED, "DIR, IDX files, not compressed ("),
        (ANEW, "DIR ("),
        (MIXED, "DIR, IDX files, not compressed ("),
        (CONTENTS | ZIPPED, "DIR ("),
        (WRONGLY_NAMED, "DIR ("),
    ],
    ids=["gz", "idx", "idx with a stop", "gz anew", "mixed", "both", "idx called gz"],
)
def test_files_are_known_by_what_is_in_them(
    files: dict[str, bytes],
    form: str,
    inside: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(tmp_path / "data" / inside, files)
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path / "data"))
    fashion = data.load()
    np.testing.assert_array_equal(fashion.full_images, values_of(TRAIN_IMAGES))
    np.testing.assert_array_equal(fashion.full_labels, values_of(TRAIN_LABELS))
    np.testing.assert_array_equal(fashion.test_images, values_of(TEST_IMAGES))
    np.testing.assert_array_equal(fashion.test_labels("test"), values_of(TEST_LABELS))
    assert form in fashion.origin
    assert fashion.fingerprint == data.real_fingerprint()


def test_files_are_opened_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed is what is parsed: a file swapped between the two would go unnoticed."""
    opened: Counter[str] = Counter()
    real_open = Path.open

    def counted(self: Path, *args: object, **kwargs: object) -> object:
        opened[self.name] += 1
        return real_open(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", counted)
    data.load()
    assert {name: opened[name] for name in ZIPPED} == dict.fromkeys(ZIPPED, 1)


# --- What is refused ------------------------------------------------------------------------


def damage(position: int) -> Callable[[bytes], bytes]:
    """Turn over the bits of one byte."""
    return lambda content: (
        content[:position]
        + bytes([content[position] ^ 0xFF])
        + (content[position + 1 :] if position != -1 else b"")
    )


def inside(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Change the contents under the gzip wrapping."""
    return lambda content: zipped(change(gzip.decompress(content)))


def other(content: bytes) -> Callable[[bytes], bytes]:
    return lambda _: content


HEADER = bytes((0, 0, 8, 3)) + struct.pack(">3I", 100, 28, 28)
WRONG_BYTES = {  # what is done to which file, and what must be said of it
    "empty": (TRAIN_IMAGES, other(b""), "is empty"),
    "nothing within": (TRAIN_LABELS, other(zipped(b"")), "is empty"),
    "one byte": (TEST_LABELS, other(b"\x1f"), "is no IDX file"),
    "a zip": (TEST_IMAGES, other(b"PK\x03\x04 a zip archive"), "is no IDX file"),
    "web page": (TRAIN_LABELS, other(b"\n<!DOCTYPE html><title>404"), "is a web page"),
    "web page within": (TRAIN_LABELS, other(zipped(b"<html>")), "is a web page"),
    "a pointer of Git LFS": (TRAIN_IMAGES, other(b"version https://git-lfs"), "is no IDX file"),
    "cut in half": (TRAIN_IMAGES, lambda c: c[: len(c) // 2], "is damaged gzip"),
    "cut in gzip's header": (TRAIN_LABELS, lambda c: c[:5], "is damaged gzip"),
    "cut in gzip's checksum": (TEST_LABELS, lambda c: c[:-3], "is damaged gzip"),
    "wrong checksum": (TEST_IMAGES, damage(-6), "is damaged gzip"),
    "wrong compression method": (TEST_IMAGES, damage(2), "is damaged gzip"),
    "garbage after the gzip data": (TRAIN_LABELS, lambda c: c + b"garbage", "is damaged gzip"),
    "bomb": (TRAIN_IMAGES, other(zipped(HEADER + bytes(50_000_000))), "more than 78,416"),
    "two gzip files in one": (TEST_LABELS, lambda c: c + c, "more than 28"),
    "garbage after the values": (TRAIN_LABELS, inside(lambda r: r + b"x"), "more than 108"),
    "floats": (TRAIN_IMAGES, inside(lambda r: b"\0\0\x0d\x03" + r[4:]), "is no IDX file"),
    "too few images": (TRAIN_IMAGES, other(zipped(idx(np.zeros((99, 28, 28))))), "77,632"),
    "cut inside": (TRAIN_LABELS, inside(lambda r: r[:-1]), "has 107 bytes"),
    "cut and not compressed": (TRAIN_LABELS, lambda c: gzip.decompress(c)[:-1], "has 107 bytes"),
    "label 10": (TRAIN_LABELS, inside(lambda r: r[:-1] + b"\x0a"), "not the official contents"),
    "one pixel": (TEST_IMAGES, inside(damage(-1)), "not the official contents"),
    "digits": (TEST_IMAGES, other(zipped(idx(np.zeros((20, 28, 28))))), "MNIST's digits"),
    "swapped": (TRAIN_IMAGES, other(ZIPPED[gz(TEST_IMAGES)]), f"contents of {TEST_IMAGES}"),
    "swapped, plain": (TRAIN_LABELS, other(CONTENTS[TEST_LABELS]), f"contents of {TEST_LABELS}"),
}


@pytest.mark.parametrize(("name", "spoil", "words"), WRONG_BYTES.values(), ids=WRONG_BYTES)
def test_wrong_bytes_are_refused(
    folder: Path, name: str, spoil: Callable[[bytes], bytes], words: str
) -> None:
    (folder / gz(name)).write_bytes(spoil(ZIPPED[gz(name)]))
    refused(folder / gz(name), words)


def test_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    read = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda s, n: (asked.append(n), read(s, n))[1])
    official._unpacked(zipped(bytes(50_000_000)), TABLE[TRAIN_LABELS])
    assert asked == [TABLE[TRAIN_LABELS].size + 1]


def test_oversized_file_is_not_read_to_its_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(official, "READ_LIMIT", 100_000)
    with (folder / gz(TEST_LABELS)).open("ab") as file:
        file.truncate(2**40 if sys.platform == "linux" else 2**21)  # sparse: takes no space
    refused(folder / gz(TEST_LABELS), "is longer than 100,000 bytes")


def test_missing_file(folder: Path) -> None:
    (folder / gz(TEST_IMAGES)).unlink()
    refused(folder / gz(TEST_IMAGES), "is missing, with and without .gz")


def test_tables_are_no_substitute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path / "kaggle"))
    names = ("fashion-mnist_train.csv", "fashion-mnist_test.csv")
    fill(tmp_path / "kaggle", dict.fromkeys(names, b"label,pixel1\n"))
    refused(tmp_path / "kaggle" / gz(TRAIN_IMAGES), "fashion-mnist_test.csv is not read")


def test_folder_in_place_of_a_file(folder: Path) -> None:
    (folder / gz(TRAIN_LABELS)).unlink()
    (folder / gz(TRAIN_LABELS)).mkdir()
    refused(folder / gz(TRAIN_LABELS), "is a folder, not a file")


@pytest.mark.parametrize(("to_itself", "words"), [(False, "is a link"), (True, "cannot be read")])
def test_broken_link(folder: Path, to_itself: bool, words: str) -> None:
    path = folder / gz(TRAIN_LABELS)
    path.unlink()
    try:
        path.symlink_to(path if to_itself else folder / "nothing")
    except OSError:
        pytest.skip("this system does not let us make links")
    refused(path, words)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_does_not_hang_the_loader(folder: Path) -> None:
    (folder / gz(TRAIN_LABELS)).unlink()
    os.mkfifo(folder / gz(TRAIN_LABELS))
    refused(folder / gz(TRAIN_LABELS), "is not a regular file")


@pytest.mark.parametrize("place", ["nowhere", "data/train-images-idx3-ubyte.gz"])
def test_folder_that_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setenv("FASHION_MNIST_DIR", str(folder.parent / place))
    refused(folder.parent / place / gz(TRAIN_IMAGES), "is missing, as is the folder")


@pytest.mark.parametrize("what", ["open", "stat"])
def test_permission_denied(folder: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, what, refuse)
    refused(folder / gz(TRAIN_IMAGES), "(Permission denied). Cure: make it readable")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="root may read everything, and Windows has other permissions",
)
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_permission_denied_by_the_system(folder: Path, closed: str) -> None:
    target = folder if closed == "folder" else folder / gz(TRAIN_IMAGES)
    target.chmod(0)
    try:
        refused(folder / gz(TRAIN_IMAGES), "cannot be read")
    finally:
        target.chmod(0o700)


def test_overlong_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path / ("x" * 5000)))
    refused(tmp_path / ("x" * 5000) / gz(TRAIN_IMAGES), "")


# --- Download, from a server on this machine ------------------------------------------------


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in that is drawn in no time."""
    arrays = tuple(values_of(name).astype(np.uint8) for name in SHAPES)
    fake = types.SimpleNamespace(cached=lambda _: arrays, fingerprint=lambda: "stand-in-0")
    monkeypatch.setattr(lessons_src, "standin", fake, raising=False)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """The only mirror."""
    server = Mirror()
    monkeypatch.setattr(official, "MIRRORS", (server.address,))
    yield server
    server.close()


def left_in(cache: Path) -> set[str]:
    return {path.name for path in (cache / "fashion-mnist").glob("*")}


def told() -> str:
    """The one warning, in one line, with which the stand-in is taken."""
    with pytest.warns(UserWarning, match="stand-in is used") as warned:
        assert data.load().source == "synthetic"
    assert len(warned) == 1
    message = str(warned[0].message)
    assert "\n" not in message
    assert "Cure: connect to the network" in message
    return message


def test_download_then_no_more_network(
    mirror: Mirror, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fashion = data.load()
    assert fashion.source == "real"
    assert fashion.origin.startswith(f"download from {mirror.address}")
    np.testing.assert_array_equal(fashion.full_images, values_of(TRAIN_IMAGES))
    assert left_in(tmp_path / "cache") == set(ZIPPED)
    assert "100%" in capfd.readouterr().err  # the progress bar
    mirror.asked.clear()
    data._load.cache_clear()
    assert "earlier download" in data.load().origin
    assert mirror.asked == []


def test_download_in_a_build_writes_nothing_on_the_page(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LESSONS_BUILD", "1")
    notes, handler = [], logging.Handler()
    handler.emit = notes.append
    pooch.get_logger().addHandler(handler)
    try:
        assert data.load().source == "real"
    finally:
        pooch.get_logger().removeHandler(handler)
        pooch.get_logger().disabled = False
    assert capfd.readouterr() == ("", "")
    assert notes == []


def test_only_what_is_missing_or_damaged_is_downloaded(mirror: Mirror, tmp_path: Path) -> None:
    cache = fill(tmp_path / "cache" / "fashion-mnist")
    (cache / gz(TEST_LABELS)).write_bytes(b"rubbish")
    (cache / gz(TRAIN_LABELS)).unlink()
    assert data.load().source == "real"
    assert sorted(mirror.asked) == sorted([gz(TEST_LABELS), gz(TRAIN_LABELS)])


def test_wrong_bytes_leave_nothing_behind(
    mirror: Mirror, stand_in: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.contents[gz(TRAIN_LABELS)] = b"rubbish"
    assert f"{mirror.address} {gz(TRAIN_LABELS)}: sent something else" in told()
    assert left_in(tmp_path / "cache") == {gz(TRAIN_IMAGES)}
    monkeypatch.setenv("FASHION_MNIST_SOURCE", "real")
    with pytest.raises(DataError, match="sent something else"):
        data.load()


def test_second_mirror_mends_the_first(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Mirror(ZIPPED | {gz(TRAIN_IMAGES): b"rubbish"})
    monkeypatch.setattr(official, "MIRRORS", ("http://127.0.0.1:9/", other.address, mirror.address))
    try:
        assert data.load().origin.startswith(f"download from {mirror.address}")
    finally:
        other.close()
    assert other.asked == [gz(TRAIN_IMAGES)]


def test_every_mirror_has_its_own_reason(
    mirror: Mirror, stand_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = "http://127.0.0.1:9/"
    monkeypatch.setattr(official, "MIRRORS", (refusing, mirror.address))
    mirror.contents.clear()
    message = told()
    assert f"{refusing} cannot be reached" in message
    assert "refused" in message
    assert f"{mirror.address} answered with the status 404" in message


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (200, "text/html; charset=utf-8", "log in first"),
        (511, "text/html", "log in first"),
        (407, "text/html", "a name and a password"),
        (503, "text/html", "status 503"),
    ],
)
def test_answers_that_are_no_files(
    mirror: Mirror, stand_in: None, status: int, kind: str, words: str
) -> None:
    mirror.status, mirror.kind = status, kind
    assert words in told()
    assert mirror.asked == []


@pytest.mark.parametrize(
    ("status", "words"),
    [(407, "a name and a password"), (403, "through the proxy"), (0, "through")],
)
@pytest.mark.parametrize("scheme", ["https"])
def test_proxy_that_refuses(
    mirror: Mirror,
    stand_in: None,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    words: str,
    scheme: str,
) -> None:
    proxy = mirror.address if status else "http://127.0.0.1:9"
    for name in PROXIES:
        monkeypatch.setenv(name, proxy)
        monkeypatch.setenv(name.upper(), proxy)
    mirror.status = status or 200
    monkeypatch.setattr(official, "MIRRORS", ("https://files.example.org/",))
    message = told()
    assert words in message
    assert "HTTPS_PROXY" in message


def test_missing_certificates_are_named(
    stand_in: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    monkeypatch.setattr(official, "MIRRORS", ("https://127.0.0.1:9/",))
    message = told()
    assert "certificate" in message
    assert "set REQUESTS_CA_BUNDLE" in message


def test_server_that_never_answers(stand_in: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(official, "ANSWER_SECONDS", 0.6)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection, says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr(official, "MIRRORS", (address, address + "other/"))
        assert told().count("answer") == 2


def test_name_server_that_never_answers(stand_in: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No time limit of a connection covers the look-up of the name."""
    done = threading.Event()
    monkeypatch.setattr(official, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(official, "MIRRORS", tuple(f"http://{name}.invalid/" for name in "abcd"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: done.wait(30) and [])
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert told().count("gave no answer") == 4
    done.set()


def test_unknown_name(stand_in: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(official, "MIRRORS", ("http://files.invalid/",))
    assert "has a name that cannot be looked up here" in told()


@pytest.mark.parametrize("line", ["goes dead", "is cut"])
def test_broken_download_leaves_nothing_behind(
    mirror: Mirror, stand_in: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(official, "STALL_SECONDS", 0.5)
    mirror.cut_after = 1000
    if line == "is cut":
        mirror.stalled.set()
    assert f"{mirror.address} {gz(TRAIN_IMAGES)}: " in told()
    assert left_in(tmp_path / "cache") == set()


def test_unwritable_cache(
    mirror: Mirror, stand_in: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a-file").write_text("")
    monkeypatch.setenv("LESSONS_CACHE_DIR", str(tmp_path / "a-file"))
    assert "a-file" in told()


def test_two_downloads_at_once(mirror: Mirror, tmp_path: Path) -> None:
    """Two notebooks that start together on a new machine."""
    faults: list[Exception] = []

    def run() -> None:
        try:
            official.downloaded(tmp_path / "cache" / "fashion-mnist", "none")
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert left_in(tmp_path / "cache") == set(ZIPPED)


@pytest.mark.filterwarnings("ignore:A test tried")
def test_the_real_mirrors_are_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own guard holds: nothing leaves this machine, with a proxy or without."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    faults: dict[str, str] = {}
    monkeypatch.setattr(official, "ANSWER_SECONDS", 1.0)
    assert [*official._answering(MIRRORS, faults)] == []
    assert set(faults) == set(MIRRORS)
