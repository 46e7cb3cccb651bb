"""The data set: what it holds, how it is divided, and in which order its sources are asked.

Most tests work on four tiny files that pass for the official ones; `test_official` tries these.
"""

import hashlib
import logging
import os
import subprocess
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from official_files import SHAPES, TABLE, ZIPPED, Mirror, fill, values_of

import lessons_src
from book.surroundings import surroundings
from lessons_src import data
from lessons_src import official as files
from lessons_src.official import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, DataError

OFFICIAL_FOLDER = os.environ.get("FASHION_MNIST_DIR", "").strip()


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No wishes, no caches with anything in them, no mirror, nothing read yet."""
    for name in ("FASHION_MNIST_DIR", "FASHION_MNIST_SOURCE", "LESSONS_BUILD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("LESSONS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(files, "MIRRORS", ())
    monkeypatch.setattr(data, "_reads_of_test_labels", [])


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Four small files, which pass for the official ones."""
    monkeypatch.setattr(files, "FILES", TABLE)
    return ZIPPED


@pytest.fixture
def folder(tiny: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small files in a folder to which FASHION_MNIST_DIR points."""
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path / "data"))
    return fill(tmp_path / "data", tiny)


@pytest.fixture
def mirror(tiny: dict[str, bytes]) -> Iterator[Mirror]:
    """A server of the small files."""
    server = Mirror()
    yield server
    server.close()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A stand-in that is drawn in no time; the list grows by the cache folder of each call."""
    calls: list[Path] = []

    def cached(cache: Path) -> tuple[np.ndarray, ...]:
        calls.append(cache)
        return tuple(values_of(name).astype(np.uint8) for name in SHAPES)

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


def test_unknown_source(monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_SOURCE", "fake")
    message = message_of(data.load)
    assert "FASHION_MNIST_SOURCE is 'fake'" in message
    assert "Cure: set it to auto, real or synthetic" in message


def test_load_is_cached_per_setting(folder, monkeypatch):
    first = data.load()
    for name in ZIPPED:
        (folder / name).unlink()  # a second reading would fail
    assert data.load() is first
    other = folder.rename(folder.with_name("elsewhere"))
    monkeypatch.setenv("FASHION_MNIST_DIR", str(other))
    message_of(data.load)


def test_errors_are_not_cached(folder, tiny):
    (folder / f"{TEST_LABELS}.gz").unlink()
    message_of(data.load)
    (folder / f"{TEST_LABELS}.gz").write_bytes(tiny[f"{TEST_LABELS}.gz"])
    assert data.load().source == "real"


def test_import_leaves_tensorflow_alone():
    code = (
        "import sys, lessons_src.data\n"
        "sys.exit(str({'tensorflow', 'keras', 'lessons_src.standin'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stderr.strip(), done.returncode) == ("", 1), done.stderr


# --- The data set ---------------------------------------------------------------------------


def test_contents(folder):
    fashion = data.load()
    np.testing.assert_array_equal(fashion.full_images, values_of(TRAIN_IMAGES))
    np.testing.assert_array_equal(fashion.full_labels, values_of(TRAIN_LABELS))
    np.testing.assert_array_equal(fashion.test_images, values_of(TEST_IMAGES))
    np.testing.assert_array_equal(fashion.test_labels("test"), values_of(TEST_LABELS))
    for part, n in (("train", 80), ("validation", 20)):
        indices = getattr(fashion, f"{part}_indices")
        images, labels = (getattr(fashion, f"{part}_{what}") for what in ("images", "labels"))
        np.testing.assert_array_equal(images, fashion.full_images[indices])
        np.testing.assert_array_equal(labels, fashion.full_labels[indices])
        assert images.shape == (n, 28, 28)
        assert np.bincount(labels).tolist() == [n // 10] * 10
    assert (fashion.class_names[0], fashion.class_names[9]) == ("T-shirt/top", "Ankle boot")
    assert fashion.source == "real"
    assert str(folder) in fashion.origin
    assert fashion.source_line == "Data: Fashion-MNIST (Zalando Research)"
    assert fashion.fingerprint.startswith("fashion-mnist-")


ARRAYS = ["full_images", "full_labels", "test_images", "train_indices", "validation_indices"]
ARRAYS += ["train_images", "train_labels", "validation_images", "validation_labels"]


@pytest.mark.parametrize("source", ["real", "synthetic"])
def test_nothing_can_be_changed(folder, stand_in, source, monkeypatch):
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


def test_parts_are_made_once(folder):
    fashion = data.load()
    assert fashion.train_images is fashion.train_images


def test_repr_is_short_and_keeps_the_secret(folder):
    text = repr(data.load())
    assert "FashionMNIST: real" in text
    assert "100 images (80 for training, 20 for validation), 20 for the test" in text
    assert len(text) < 160
    assert "labels" not in text
    assert str(folder) not in text  # a page may show it


def test_test_labels_want_a_reason(folder, caplog):
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


def test_scale():
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


def test_split():
    labels = np.repeat(np.arange(10), 6000)
    train, validation = data._split(labels)
    assert np.bincount(labels[train]).tolist() == [4800] * 10
    assert np.bincount(labels[validation]).tolist() == [1200] * 10
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(60_000))
    # The same everywhere and for ever: recorded results rest on it.
    assert fingerprint(train, validation) == "2eaf14a913030b70"


@settings(max_examples=50)
@given(st.lists(st.integers(5, 60), min_size=2, max_size=10), st.randoms(use_true_random=False))
def test_any_split_is_one_and_stratified(counts, random):
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


def test_split_of_the_official_data(official):
    train, validation = official.train_indices, official.validation_indices
    assert np.bincount(official.train_labels).tolist() == [4800] * 10
    assert np.bincount(official.validation_labels).tolist() == [1200] * 10
    assert len(np.union1d(train, validation)) == 60_000
    assert fingerprint(train, validation) == "f05da0283a1bffe8"


def test_official_data(official):
    assert official.source == "real"
    assert official.full_images.shape == (60_000, 28, 28)
    assert official.test_images.shape == (10_000, 28, 28)
    assert np.bincount(official.full_labels).tolist() == [6000] * 10
    # Mean and standard deviation as published with the data's examples: 0.2860 and 0.3530.
    mean = official.full_images.mean()
    squared = np.square(official.full_images, dtype=np.uint16).mean()
    assert mean / 255 == pytest.approx(0.2860, abs=5e-5)
    assert np.sqrt(squared - mean**2) / 255 == pytest.approx(0.3530, abs=5e-5)
    assert len(repr(official)) < 160


# --- Sources in their order -----------------------------------------------------------------


def keras_folder(tmp_path: Path) -> Path:
    return tmp_path / "keras" / "datasets" / "fashion-mnist"


def test_named_folder_comes_before_keras(folder, tmp_path):
    fill(keras_folder(tmp_path), {TRAIN_IMAGES: b"rubbish"})
    assert "FASHION_MNIST_DIR" in data.load().origin


def test_keras_cache_comes_before_a_download(tiny, tmp_path, mirror, monkeypatch):
    monkeypatch.setattr(files, "MIRRORS", (mirror.address,))
    fill(keras_folder(tmp_path), tiny)
    fashion = data.load()
    assert fashion.origin == f"Keras's cache ({keras_folder(tmp_path)})"
    assert mirror.asked == []


def test_keras_home_defaults_to_the_users(tiny, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    fill(tmp_path / ".keras" / "datasets" / "fashion-mnist", tiny)
    assert "Keras's cache" in data.load().origin


def test_users_keras_is_looked_at_where_keras_home_is_the_books_own(tiny, tmp_path, monkeypatch):
    fill(keras_folder(tmp_path), tiny)
    settings = surroundings({"KERAS_HOME": str(tmp_path / "keras")}, tmp_path / "settings")
    for name in ("KERAS_HOME", "LESSONS_KERAS_HOME"):
        monkeypatch.setenv(name, settings[name])
    assert data.load().origin == f"Keras's cache ({keras_folder(tmp_path)})"


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_bad_keras_cache_is_passed_over_and_left_alone(tiny, tmp_path, mirror, monkeypatch, fault):
    monkeypatch.setattr(files, "MIRRORS", (mirror.address,))
    path = fill(keras_folder(tmp_path), tiny) / f"{TEST_LABELS}.gz"
    path.unlink() if fault == "missing" else path.write_bytes(b"rubbish")
    with pytest.warns(UserWarning, match="Keras's copy of the data is passed over") as warned:
        fashion = data.load()
    assert str(path) in str(warned[0].message)
    assert warned[0].filename == __file__  # the caller's line, not ours
    assert "download from" in fashion.origin
    assert path.exists() == (fault == "damaged")


@pytest.mark.parametrize("kind", ["none", "empty"])
def test_nothing_anywhere_gives_the_stand_in_and_one_warning(stand_in, tmp_path, kind):
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
def test_synthetic_on_request_wins_in_silence(folder, stand_in, mirror, monkeypatch, with_folder):
    monkeypatch.setattr(files, "MIRRORS", (mirror.address,))
    monkeypatch.setenv("FASHION_MNIST_SOURCE", " Synthetic ")
    if not with_folder:
        monkeypatch.delenv("FASHION_MNIST_DIR")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fashion = data.load()
    assert fashion.source == "synthetic"
    assert "asked for" in fashion.origin
    assert mirror.asked == []


def test_blank_settings_are_none(stand_in, tmp_path, monkeypatch):
    for variable in ("FASHION_MNIST_DIR", "FASHION_MNIST_SOURCE"):
        monkeypatch.setenv(variable, " ")
    with pytest.warns(UserWarning, match="stand-in"):
        assert data.load().source == "synthetic"


def test_real_data_or_nothing(stand_in, tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_SOURCE", "real")
    monkeypatch.setattr(files, "MIRRORS", ("http://127.0.0.1:9/",))  # nobody listens there
    message = message_of(data.load)
    assert "http://127.0.0.1:9/ cannot be reached" in message
    assert "or unset FASHION_MNIST_SOURCE" in message
    assert stand_in == []


def test_small_draw_passes_for_a_data_set(small_wardrobe):
    fashion = data._data_set(*small_wardrobe, source="synthetic", origin="", fingerprint="")
    assert fashion.full_labels.dtype == np.int64
    assert np.bincount(fashion.validation_labels).tolist() == [20] * 10
