"""The data: what is accepted, what is refused and with which words, and where it comes from.

Most tests work on four tiny files, put in the place of the official ones in the table of
hashes, so that they need neither the data nor the network.
"""

import gzip
import hashlib
import http.server
import logging
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pooch
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import lessons_src
from lessons_src import data
from lessons_src.data import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, DataError

OFFICIAL_FOLDER = os.environ.get("FASHION_MNIST_DIR", "").strip()
SHAPES = {
    TRAIN_IMAGES: (100, 28, 28),
    TRAIN_LABELS: (100,),
    TEST_IMAGES: (20, 28, 28),
    TEST_LABELS: (20,),
}
MIRRORS = data.MIRRORS


def idx(values: np.ndarray) -> bytes:
    """`values` as an IDX file of unsigned bytes."""
    header = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.astype(np.uint8).tobytes()


def zipped(raw: bytes) -> bytes:
    return gzip.compress(raw, mtime=0)


def tiny_values(name: str) -> np.ndarray:
    shape = SHAPES[name]
    if len(shape) == 1:
        return np.arange(shape[0]) % 10
    return np.random.default_rng(len(name) + shape[0]).integers(0, 256, shape)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No wishes, no caches with anything in them, no mirror, nothing read yet."""
    monkeypatch.delenv("FASHION_MNIST_DIR", raising=False)
    monkeypatch.delenv("FASHION_MNIST_SOURCE", raising=False)
    monkeypatch.delenv("LESSONS_BUILD", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("LESSONS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(data, "MIRRORS", ())
    monkeypatch.setattr(data, "_reads_of_test_labels", [])


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Four small files, which pass for the official ones."""
    contents = {name: zipped(idx(tiny_values(name))) for name in SHAPES}
    table = {
        name: data.OfficialFile(hashlib.sha256(content).hexdigest(), SHAPES[name])
        for name, content in contents.items()
    }
    monkeypatch.setattr(data, "FILES", table)
    return contents


def fill(folder: Path, contents: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def folder(tiny: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small files in a folder to which FASHION_MNIST_DIR points."""
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path / "data"))
    return fill(tmp_path / "data", tiny)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A stand-in that is drawn in no time; the list grows by the cache folder of each call."""
    calls: list[Path] = []

    def cached(cache: Path) -> tuple[np.ndarray, ...]:
        calls.append(cache)
        return tuple(tiny_values(name).astype(np.uint8) for name in SHAPES)

    fake = types.SimpleNamespace(cached=cached, fingerprint=lambda: "stand-in-0")
    monkeypatch.setattr(lessons_src, "standin", fake, raising=False)
    return calls


@pytest.fixture(scope="module")
def official() -> data.FashionMNIST:
    """The real data set."""
    if not OFFICIAL_FOLDER:
        pytest.skip("FASHION_MNIST_DIR does not name a folder with the official files")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FASHION_MNIST_DIR", OFFICIAL_FOLDER)
        patch.delenv("FASHION_MNIST_SOURCE", raising=False)
        return data.load()


def message_of(call: Callable[[], object]) -> str:
    with pytest.raises(DataError) as caught:
        call()
    return str(caught.value)


# --- Bad inputs -----------------------------------------------------------------------------


def damage(position: int) -> Callable[[bytes], bytes]:
    """Turn over the bits of one byte."""

    def spoil(content: bytes) -> bytes:
        spoilt = bytearray(content)
        spoilt[position] ^= 0xFF
        return bytes(spoilt)

    return spoil


def raw(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Change the contents under the gzip wrapping."""
    return lambda content: zipped(change(gzip.decompress(content)))


def constant(content: bytes) -> Callable[[bytes], bytes]:
    return lambda _: content


IMAGES_HEADER = bytes((0, 0, 8, 3)) + struct.pack(">3I", 100, 28, 28)
WRONG_BYTES = {  # what is done to which file, and what must be said of it
    "empty": (TRAIN_IMAGES, constant(b""), "is empty"),
    "one byte": (TEST_LABELS, constant(b"\x1f"), "is not a gzip file"),
    "not gzip": (TEST_IMAGES, constant(b"PK\x03\x04 a zip archive"), "is not a gzip file"),
    "web page": (TRAIN_LABELS, constant(b"\n<!DOCTYPE html><title>404"), "is a web page"),
    "decompressed": (TRAIN_IMAGES, gzip.decompress, "is not compressed"),
    "cut in half": (TRAIN_IMAGES, lambda c: c[: len(c) // 2], "is cut short"),
    "cut in gzip's header": (TRAIN_LABELS, lambda c: c[:5], "is cut short"),
    "cut in gzip's checksum": (TEST_LABELS, lambda c: c[:-3], "is cut short"),
    "wrong checksum": (TEST_IMAGES, damage(-6), "is damaged gzip (Error -3"),
    "wrong compression method": (TEST_IMAGES, damage(2), "is damaged gzip (Error -3"),
    "bomb": (TRAIN_IMAGES, constant(zipped(bytes(50_000_000))), "unpacks to more than"),
    "bomb behind a good header": (
        TRAIN_IMAGES,
        constant(zipped(IMAGES_HEADER + bytes(50_000_000))),
        "unpacks to more than the expected 78,416 bytes (stopped there)",
    ),
    "garbage after the gzip data": (TRAIN_LABELS, lambda c: c + b"garbage", "has 7 bytes after"),
    "two gzip files in one": (TEST_LABELS, lambda c: c + c, "bytes after the end"),
    "garbage after the values": (TRAIN_LABELS, raw(lambda r: r + b"x"), "unpacks to more than"),
    "nothing within": (TRAIN_LABELS, raw(lambda r: b""), "unpacks to nothing"),
    "wrong magic number": (TRAIN_IMAGES, raw(lambda r: b"IDX3" + r[4:]), "magic number 49445833"),
    "floats": (TRAIN_IMAGES, raw(lambda r: b"\0\0\x0d\x03" + r[4:]), "magic number 00000d03"),
    "labels under images' name": (
        TEST_IMAGES,
        constant(zipped(idx(np.zeros(20)))),
        "magic number 00000801 where 00000803",
    ),
    "header cut": (TRAIN_IMAGES, raw(lambda r: r[:9]), "ends within its IDX header"),
    "too few images": (TRAIN_IMAGES, constant(zipped(idx(np.zeros((99, 28, 28))))), "(99, 28, 28)"),
    "other image size": (TEST_IMAGES, constant(zipped(idx(np.zeros((20, 14, 14))))), "14, 14"),
    "count in the wrong byte order": (
        TRAIN_LABELS,
        raw(lambda r: r[:4] + r[7:3:-1] + r[8:]),
        "declares the shape (1677721600,)",
    ),
    "fewer values than declared": (TRAIN_LABELS, raw(lambda r: r[:-1]), "has 107 bytes"),
    "label 10": (TRAIN_LABELS, raw(lambda r: r[:-1] + b"\x0a"), "has a label 10"),
    "label 255": (TEST_LABELS, raw(lambda r: r[:8] + b"\xff" + r[9:]), "has a label 255"),
    "one pixel changed": (TEST_IMAGES, raw(damage(-1)), "has the right form but not the official"),
}


def with_words(message: str, path: Path, words: str) -> None:
    """The form of every refusal: one line with the file, the fault and the cure."""
    assert message.startswith(str(path))
    assert words in message
    assert "Cure: " in message
    assert "\n" not in message


@pytest.mark.parametrize(("name", "spoil", "words"), WRONG_BYTES.values(), ids=WRONG_BYTES)
def test_wrong_bytes_are_refused(
    folder: Path, tiny: dict[str, bytes], name: str, spoil: Callable[[bytes], bytes], words: str
) -> None:
    (folder / name).write_bytes(spoil(tiny[name]))
    with_words(message_of(data.load), folder / name, words)


@pytest.mark.parametrize(
    ("one", "other"), [(TRAIN_IMAGES, TEST_IMAGES), (TRAIN_IMAGES, TRAIN_LABELS)]
)
def test_swapped_files_are_recognised(
    folder: Path, tiny: dict[str, bytes], one: str, other: str
) -> None:
    (folder / one).write_bytes(tiny[other])
    (folder / other).write_bytes(tiny[one])
    with_words(
        message_of(data.load), folder / one, f"has the contents of {other} (swapped, perhaps)"
    )


def test_mnist_digits_are_recognised(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = zipped(idx(np.zeros(SHAPES[TRAIN_IMAGES])))
    monkeypatch.setattr(data, "DIGITS", {hashlib.sha256(digits).hexdigest()})
    (folder / TRAIN_IMAGES).write_bytes(digits)
    with_words(message_of(data.load), folder / TRAIN_IMAGES, "MNIST's handwritten digits")


def test_oversized_file_is_not_read_to_its_end(
    folder: Path, tiny: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "READ_LIMIT", 1000)
    with (folder / TEST_LABELS).open("ab") as file:
        file.truncate(2**40 if sys.platform == "linux" else 2**21)  # sparse: takes no space
    for name in (TRAIN_IMAGES, TEST_IMAGES):  # these are rightly longer than the limit set here
        monkeypatch.setitem(data.FILES, name, data.FILES[TRAIN_LABELS]._replace())
        (folder / name).write_bytes(tiny[TRAIN_LABELS])
    with_words(message_of(data.load), folder / TEST_LABELS, "is longer than 1,000 bytes")


def test_missing_file(folder: Path) -> None:
    (folder / TEST_IMAGES).unlink()
    with_words(message_of(data.load), folder / TEST_IMAGES, "is missing.")


def test_missing_file_beside_its_decompressed_twin(folder: Path) -> None:
    (folder / TEST_IMAGES).rename(folder / "t10k-images-idx3-ubyte")
    with_words(message_of(data.load), folder / TEST_IMAGES, "t10k-images-idx3-ubyte, without .gz")


def test_folder_in_place_of_a_file(folder: Path) -> None:
    (folder / TRAIN_LABELS).unlink()
    (folder / TRAIN_LABELS).mkdir()
    with_words(message_of(data.load), folder / TRAIN_LABELS, "is a folder, not a file")


@pytest.mark.parametrize("loop", [False, True], ids=["to nothing", "to itself"])
def test_broken_link(folder: Path, loop: bool) -> None:
    path = folder / TRAIN_LABELS
    path.unlink()
    try:
        path.symlink_to(path if loop else folder / "nothing")
    except OSError:
        pytest.skip("this system does not let us make links")
    with_words(message_of(data.load), path, "is a link that leads to no file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_does_not_hang_the_loader(folder: Path) -> None:
    (folder / TRAIN_LABELS).unlink()
    os.mkfifo(folder / TRAIN_LABELS)
    with_words(message_of(data.load), folder / TRAIN_LABELS, "is not a regular file")


def test_missing_folder(tiny: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path / "nowhere"))
    path = tmp_path / "nowhere" / TRAIN_IMAGES
    with_words(message_of(data.load), path, "is missing, as is the whole folder")


def test_folder_that_is_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHION_MNIST_DIR", str(folder / TRAIN_IMAGES))
    path = folder / TRAIN_IMAGES / TRAIN_IMAGES
    with_words(message_of(data.load), path, "is a file and not a folder")


@pytest.mark.parametrize("what", ["open", "stat"])
def test_permission_denied(folder: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, what, refuse)
    if what == "stat":  # which some versions of Python answer with False
        monkeypatch.setattr(Path, "is_file", lambda _: False)
        monkeypatch.setattr(Path, "is_dir", lambda _: False)
    with_words(
        message_of(data.load), folder / TRAIN_IMAGES, "(Permission denied). Cure: make it readable"
    )


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="root may read everything, and Windows has other permissions",
)
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_permission_denied_by_the_system(folder: Path, closed: str) -> None:
    target = folder if closed == "folder" else folder / TRAIN_IMAGES
    target.chmod(0)
    try:
        with_words(message_of(data.load), folder / TRAIN_IMAGES, "cannot be read")
    finally:
        target.chmod(0o700)


def test_overlong_path(tiny: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path / ("x" * 5000)))
    with_words(message_of(data.load), tmp_path / ("x" * 5000) / TRAIN_IMAGES, "")


def test_unknown_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASHION_MNIST_SOURCE", "fake")
    message = message_of(data.load)
    assert "FASHION_MNIST_SOURCE is 'fake'" in message
    assert "Cure: set it to auto, real or synthetic" in message


# --- Reading --------------------------------------------------------------------------------


def test_parse_idx(tiny: dict[str, bytes]) -> None:
    images = data.parse_idx(gzip.decompress(tiny[TEST_IMAGES]), TEST_IMAGES)
    np.testing.assert_array_equal(images, tiny_values(TEST_IMAGES))
    assert images.dtype == np.uint8
    assert not images.flags.writeable
    message = message_of(lambda: data.parse_idx(b"IDX3", TEST_IMAGES))
    with_words(message, Path(TEST_IMAGES), "magic number 49445833")


@given(st.binary(max_size=12))
def test_parse_idx_refuses_whatever_else(start: bytes) -> None:
    message_of(lambda: data.parse_idx(start, TEST_LABELS))


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_inflate_is_bounded(size: int) -> None:
    raw_bytes, fault = data._inflate(zipped(bytes(50_000_000)), size)
    assert len(raw_bytes) == size + 1
    assert "unpacks to more" in fault


def test_files_are_opened_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is hashed is what is parsed: a file swapped between the two would go unnoticed."""
    opened: Counter[str] = Counter()
    real_open = Path.open

    def counted(self: Path, *args: object, **kwargs: object) -> object:
        opened[self.name] += 1
        return real_open(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", counted)
    data.load()
    assert {name: opened[name] for name in SHAPES} == dict.fromkeys(SHAPES, 1)


def test_load_is_cached_per_setting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = data.load()
    for name in SHAPES:
        (folder / name).unlink()  # a second reading would fail
    assert data.load() is first
    other = folder.rename(folder.with_name("elsewhere"))
    monkeypatch.setenv("FASHION_MNIST_DIR", str(other))
    message_of(data.load)


def test_errors_are_not_cached(folder: Path, tiny: dict[str, bytes]) -> None:
    (folder / TEST_LABELS).unlink()
    message_of(data.load)
    (folder / TEST_LABELS).write_bytes(tiny[TEST_LABELS])
    assert data.load().source == "real"


def test_import_leaves_tensorflow_alone() -> None:
    code = (
        "import sys, lessons_src.data\n"
        "sys.exit(str({'tensorflow', 'keras', 'lessons_src.standin'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stderr.strip(), done.returncode) == ("", 1), done.stderr


# --- The data set ---------------------------------------------------------------------------


def test_the_table_is_the_official_one() -> None:
    shapes = [file.shape for file in data.FILES.values()]
    assert shapes == [(60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,)]
    assert all(len(file.sha256) == 64 for file in data.FILES.values())
    assert len(data.DIGITS | {file.sha256 for file in data.FILES.values()}) == 8
    assert data.CLASS_NAMES[0] == "T-shirt/top"
    assert data.CLASS_NAMES[9] == "Ankle boot"


def test_contents(folder: Path) -> None:
    fashion = data.load()
    np.testing.assert_array_equal(fashion.full_images, tiny_values(TRAIN_IMAGES))
    np.testing.assert_array_equal(fashion.full_labels, tiny_values(TRAIN_LABELS))
    np.testing.assert_array_equal(fashion.test_images, tiny_values(TEST_IMAGES))
    np.testing.assert_array_equal(fashion.test_labels("test"), tiny_values(TEST_LABELS))
    for part, n in (("train", 80), ("validation", 20)):
        indices = getattr(fashion, f"{part}_indices")
        images, labels = (getattr(fashion, f"{part}_{what}") for what in ("images", "labels"))
        np.testing.assert_array_equal(images, fashion.full_images[indices])
        np.testing.assert_array_equal(labels, fashion.full_labels[indices])
        assert images.shape == (n, 28, 28)
        assert np.bincount(labels).tolist() == [n // 10] * 10
    assert fashion.class_names == data.CLASS_NAMES
    assert fashion.source == "real"
    assert str(folder) in fashion.origin
    assert fashion.source_line == "Data: Fashion-MNIST (Zalando Research)"
    assert fashion.fingerprint.startswith("fashion-mnist-")


ARRAYS = ["full_images", "full_labels", "test_images", "train_indices", "validation_indices"]
ARRAYS += ["train_images", "train_labels", "validation_images", "validation_labels"]


@pytest.mark.parametrize("source", ["real", "synthetic"])
def test_nothing_can_be_changed(
    folder: Path, stand_in: list[Path], source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASHION_MNIST_SOURCE", source)
    fashion = data.load()
    for array in [getattr(fashion, name) for name in ARRAYS] + [fashion.test_labels("a test")]:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
    for name in [*ARRAYS, "source"]:
        with pytest.raises(AttributeError):
            setattr(fashion, name, None)
        with pytest.raises(AttributeError):
            delattr(fashion, name)


def test_parts_are_made_once(folder: Path) -> None:
    fashion = data.load()
    assert fashion.train_images is fashion.train_images


def test_repr_is_short_and_keeps_the_secret(folder: Path) -> None:
    text = repr(data.load())
    assert "FashionMNIST: real" in text
    assert "100 images (80 for training, 20 for validation), 20 for the test" in text
    assert len(text) < 160
    assert "labels" not in text
    assert str(folder) not in text  # a page may show it


def test_test_labels_want_a_reason(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    fashion = data.load()
    public = {name for name in dir(fashion) if "test" in name and not name.startswith("_")}
    assert public == {"test_images", "test_labels"}
    for reason in ("", " \n", None, 3):
        with pytest.raises(ValueError, match="needs a reason"):
            fashion.test_labels(reason)
    assert data.test_label_reads() == ()
    with caplog.at_level(logging.INFO, logger="lessons_src.data"):
        fashion.test_labels("final score")
        fashion.test_labels("confusions")
    assert data.test_label_reads() == ("final score", "confusions")
    assert [record.getMessage() for record in caplog.records] == [
        "Test labels read: final score",
        "Test labels read: confusions",
    ]


def test_scale() -> None:
    images = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)
    scaled = data.scale(images)
    assert scaled.dtype == np.float32
    assert (scaled.min(), scaled.max(), scaled.shape) == (0, 1, (4, 8, 8))
    np.testing.assert_array_equal(scaled, images.astype(np.float32) / 255)
    assert data.scale(images[:0]).shape == (0, 8, 8)
    for wrong in (scaled, images.astype(np.int64), images > 3, images.tolist(), None):
        with pytest.raises(TypeError, match="uint8"):
            data.scale(wrong)


# --- The division into training and validation ----------------------------------------------


def fingerprint(*arrays: np.ndarray) -> str:
    joined = b"".join(array.astype("<i8").tobytes() for array in arrays)
    return hashlib.sha256(joined).hexdigest()[:16]


def test_split() -> None:
    labels = np.repeat(np.arange(10), 6000)
    train, validation = data._split(labels)
    assert np.bincount(labels[train]).tolist() == [4800] * 10
    assert np.bincount(labels[validation]).tolist() == [1200] * 10
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(60_000))
    # The same everywhere and for ever: recorded results rest on it.
    assert fingerprint(train, validation) == "2eaf14a913030b70"


@given(st.lists(st.integers(5, 60), min_size=2, max_size=10), st.randoms(use_true_random=False))
def test_any_split_is_one_and_stratified(counts: list[int], random: object) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    random.shuffle(labels)
    assume(len(labels) // 5 >= len(counts))  # else a class could not be in both parts
    train, validation = data._split(labels)
    np.testing.assert_array_equal(
        np.sort(np.concatenate([train, validation])), np.arange(len(labels))
    )
    assert len(validation) == len(labels) // 5
    shares = np.bincount(labels[validation], minlength=len(counts)) / len(validation)
    assert np.all(np.abs(shares - np.array(counts) / len(labels)) * len(validation) <= 1 + 1e-9)


def test_split_of_the_official_data(official: data.FashionMNIST) -> None:
    train, validation = official.train_indices, official.validation_indices
    assert np.bincount(official.train_labels).tolist() == [4800] * 10
    assert np.bincount(official.validation_labels).tolist() == [1200] * 10
    assert len(np.union1d(train, validation)) == 60_000
    assert fingerprint(train, validation) == "f05da0283a1bffe8"


def test_official_data(official: data.FashionMNIST) -> None:
    assert official.source == "real"
    assert official.full_images.shape == (60_000, 28, 28)
    assert official.test_images.shape == (10_000, 28, 28)
    assert np.bincount(official.full_labels).tolist() == [6000] * 10
    # Mean and standard deviation as published with the data's examples: 0.2860 and 0.3530.
    pixels = official.full_images / np.float32(255)
    assert pixels.mean(dtype=np.float64) == pytest.approx(0.2860, abs=5e-5)
    assert pixels.std(dtype=np.float64) == pytest.approx(0.3530, abs=5e-5)
    assert len(repr(official)) < 160


def test_official_data_load_fast(official: data.FashionMNIST) -> None:
    began = time.perf_counter()
    data._load.__wrapped__(data._Wishes("real", Path(OFFICIAL_FOLDER), Path(), Path()))
    assert time.perf_counter() - began < 5  # about half a second on an idle machine


# --- Sources in their order -----------------------------------------------------------------


def keras_folder(tmp_path: Path) -> Path:
    return tmp_path / "keras" / "datasets" / "fashion-mnist"


def test_named_folder_comes_before_keras(folder: Path, tmp_path: Path) -> None:
    fill(keras_folder(tmp_path), {TRAIN_IMAGES: b"rubbish"})
    assert "FASHION_MNIST_DIR" in data.load().origin


def test_keras_cache_comes_before_a_download(
    tiny: dict[str, bytes], tmp_path: Path, mirror: "Mirror", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MIRRORS", (mirror.address,))
    fill(keras_folder(tmp_path), tiny)
    fashion = data.load()
    assert fashion.origin == f"Keras's cache ({keras_folder(tmp_path)})"
    assert mirror.asked == []


def test_keras_home_defaults_to_the_users(
    tiny: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    fill(tmp_path / ".keras" / "datasets" / "fashion-mnist", tiny)
    assert "Keras's cache" in data.load().origin


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_bad_keras_cache_is_passed_over_and_left_alone(
    tiny: dict[str, bytes],
    tmp_path: Path,
    mirror: "Mirror",
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    monkeypatch.setattr(data, "MIRRORS", (mirror.address,))
    path = fill(keras_folder(tmp_path), tiny) / TEST_LABELS
    path.unlink() if fault == "missing" else path.write_bytes(b"rubbish")
    with pytest.warns(UserWarning, match="Keras's copy of the data is passed over") as warned:
        fashion = data.load()
    assert str(path) in str(warned[0].message)
    assert warned[0].filename == __file__  # the caller's line, not ours
    assert "download from" in fashion.origin
    assert path.exists() == (fault == "damaged")


@pytest.mark.parametrize("kind", ["none", "empty"])
def test_nothing_anywhere_gives_the_stand_in_and_one_warning(
    stand_in: list[Path], tmp_path: Path, kind: str
) -> None:
    if kind == "empty":
        keras_folder(tmp_path).mkdir(parents=True)  # as Keras leaves it when a download fails
    with pytest.warns(UserWarning, match="synthetic stand-in is used") as warned:
        fashion = [data.load(), data.load()][1]
    assert data.load() is fashion
    assert len(warned) == 1
    assert "Cure: connect to the network and load again" in str(warned[0].message)
    assert warned[0].filename == __file__
    assert fashion.source == "synthetic"
    assert fashion.source_line == "Data: synthetic stand-in, not Fashion-MNIST"
    assert fashion.fingerprint == "stand-in-0"
    assert stand_in == [tmp_path / "cache"]


@pytest.mark.parametrize("with_folder", [False, True])
def test_synthetic_on_request_wins_in_silence(
    folder: Path,
    stand_in: list[Path],
    mirror: "Mirror",
    monkeypatch: pytest.MonkeyPatch,
    with_folder: bool,
) -> None:
    monkeypatch.setattr(data, "MIRRORS", (mirror.address,))
    monkeypatch.setenv("FASHION_MNIST_SOURCE", " Synthetic ")
    if not with_folder:
        monkeypatch.delenv("FASHION_MNIST_DIR")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fashion = data.load()
    assert fashion.source == "synthetic"
    assert "asked for" in fashion.origin
    assert mirror.asked == []


def test_blank_settings_are_none(
    stand_in: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("FASHION_MNIST_DIR", "FASHION_MNIST_SOURCE"):
        monkeypatch.setenv(variable, " ")
    with pytest.warns(UserWarning, match="stand-in"):
        assert data.load().source == "synthetic"


def test_real_data_or_nothing(
    stand_in: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASHION_MNIST_SOURCE", "real")
    monkeypatch.setattr(data, "MIRRORS", ("http://127.0.0.1:9/",))  # nobody listens there
    message = message_of(data.load)
    assert "no mirror answered within 4 seconds" in message
    assert "or unset FASHION_MNIST_SOURCE" in message
    assert stand_in == []


def test_small_draw_passes_for_a_data_set(small_wardrobe: tuple[np.ndarray, ...]) -> None:
    fashion = data._data_set(*small_wardrobe, source="synthetic", origin="", fingerprint="")
    assert fashion.full_labels.dtype == np.int64
    assert np.bincount(fashion.validation_labels).tolist() == [20] * 10


# --- Download, from a server on this machine ------------------------------------------------


class Mirror:
    """A server of the given files on 127.0.0.1, which keeps the paths it is asked to send."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = dict(contents)
        self.asked: list[str] = []
        self.cut_after: int | None = None  # bytes sent of each file before the line goes dead
        self.stalled = threading.Event()  # set: go on
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                content = mirror.contents.get(self.path[1:])
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()

            def do_GET(self) -> None:
                mirror.asked.append(self.path[1:])
                self.do_HEAD()
                content = mirror.contents.get(self.path[1:], b"")
                self.wfile.write(content[: mirror.cut_after])
                if mirror.cut_after is not None:
                    mirror.stalled.wait(30)

            def log_message(self, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.stalled.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def mirror(tiny: dict[str, bytes]) -> Iterator[Mirror]:
    server = Mirror(tiny)
    yield server
    server.close()


@pytest.fixture
def only_mirror(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    monkeypatch.setattr(data, "MIRRORS", (mirror.address,))
    return mirror


def left_in(cache: Path) -> set[str]:
    return {path.name for path in (cache / "fashion-mnist").glob("*")}


def test_download_then_no_more_network(
    only_mirror: Mirror, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fashion = data.load()
    assert fashion.source == "real"
    assert fashion.origin.startswith(f"download from {only_mirror.address}")
    np.testing.assert_array_equal(fashion.full_images, tiny_values(TRAIN_IMAGES))
    assert left_in(tmp_path / "cache") == set(SHAPES)
    assert "100%" in capfd.readouterr().err  # the progress bar
    only_mirror.asked.clear()
    data._load.cache_clear()
    assert "earlier download" in data.load().origin
    assert only_mirror.asked == []


def test_download_in_a_build_writes_nothing_on_the_page(
    only_mirror: Mirror, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
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


def test_only_what_is_missing_or_damaged_is_downloaded(
    only_mirror: Mirror, tiny: dict[str, bytes], tmp_path: Path
) -> None:
    cache = fill(tmp_path / "cache" / "fashion-mnist", tiny)
    (cache / TEST_LABELS).write_bytes(b"rubbish")
    (cache / TRAIN_LABELS).unlink()
    assert data.load().source == "real"
    assert sorted(only_mirror.asked) == sorted([TEST_LABELS, TRAIN_LABELS])


def test_wrong_bytes_leave_nothing_behind(
    only_mirror: Mirror, stand_in: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_mirror.contents[TRAIN_LABELS] = b"rubbish"
    with pytest.warns(UserWarning, match="train-labels.*does not match") as warned:
        assert data.load().source == "synthetic"
    assert len(warned) == 1
    assert "\n" not in str(warned[0].message)
    assert left_in(tmp_path / "cache") == {TRAIN_IMAGES}
    monkeypatch.setenv("FASHION_MNIST_SOURCE", "real")
    assert only_mirror.address + TRAIN_LABELS in message_of(data.load)


def test_second_mirror_mends_the_first(
    mirror: Mirror, tiny: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Mirror(tiny | {TRAIN_IMAGES: b"rubbish"})
    absent = "http://127.0.0.1:9/"
    monkeypatch.setattr(data, "MIRRORS", (absent, other.address, mirror.address))
    try:
        assert data.load().origin.startswith(f"download from {mirror.address}")
    finally:
        other.close()
    assert other.asked == [TRAIN_IMAGES]


def test_mirror_without_the_files_is_no_mirror(only_mirror: Mirror, stand_in: list[Path]) -> None:
    only_mirror.contents.clear()
    with pytest.warns(UserWarning, match="no mirror answered"):
        data.load()
    assert only_mirror.asked == []


def test_server_that_never_answers(
    tiny: object, stand_in: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection, says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setattr(data, "MIRRORS", (address, address))
        began = time.monotonic()
        with pytest.warns(UserWarning, match="no mirror answered within 4 seconds"):
            assert data.load().source == "synthetic"
    assert time.monotonic() - began < data.ANSWER_SECONDS + 2


def test_name_server_that_never_answers(
    tiny: object, stand_in: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No time limit of a connection covers the look-up of the name."""
    done = threading.Event()
    monkeypatch.setattr(data, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(data, "MIRRORS", tuple(f"http://{name}.invalid/" for name in "abcd"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: done.wait(30) and [])
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    began = time.monotonic()
    with pytest.warns(UserWarning, match="no mirror answered"):
        assert data.load().source == "synthetic"
    assert time.monotonic() - began < 1.5
    done.set()


@pytest.mark.parametrize("line", ["goes dead", "is cut"])
def test_broken_download_leaves_nothing_behind(
    only_mirror: Mirror,
    stand_in: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
) -> None:
    monkeypatch.setattr(data, "STALL_SECONDS", 0.5)
    only_mirror.cut_after = 1000
    if line == "is cut":
        only_mirror.stalled.set()
    began = time.monotonic()
    with pytest.warns(UserWarning, match="were not downloaded: http"):
        assert data.load().source == "synthetic"
    assert time.monotonic() - began < 5
    assert left_in(tmp_path / "cache") == set()


def test_unwritable_cache(
    only_mirror: Mirror, stand_in: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a-file").write_text("")
    monkeypatch.setenv("LESSONS_CACHE_DIR", str(tmp_path / "a-file"))
    with pytest.warns(UserWarning, match="were not downloaded"):
        assert data.load().source == "synthetic"


def test_two_downloads_at_once(only_mirror: Mirror, tmp_path: Path) -> None:
    """Two notebooks that start together on a new machine."""
    target, faults = tmp_path / "cache" / "fashion-mnist", []

    def run() -> None:
        try:
            data._downloaded(target, "none")
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert left_in(tmp_path / "cache") == set(SHAPES)


def test_the_real_mirrors_are_out_of_reach(
    stand_in: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests' own guard holds: nothing leaves this machine, with a proxy or without."""
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable)
        monkeypatch.delenv(variable.upper(), raising=False)
    monkeypatch.setattr(data, "MIRRORS", MIRRORS)
    with pytest.warns(UserWarning, match="no mirror answered"):
        assert data.load().source == "synthetic"
