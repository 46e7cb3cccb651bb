"""Fashion-MNIST, checked at every load, or openly something else.

`load()` looks in this order, and takes the first that serves:

1. the folder in `FASHION_MNIST_DIR`; a fault in there is an error, never a reason to go on;
2. Keras's own cache, `~/.keras/datasets/fashion-mnist` (or the one under `KERAS_HOME`);
3. a download, kept in the user's cache folder (or in `LESSONS_CACHE_DIR`);
4. the synthetic stand-in of `lessons_src.standin`, with a warning.

`FASHION_MNIST_SOURCE=real` forbids the fourth. `=synthetic` asks for it and wins over
`FASHION_MNIST_DIR`, so that a folder set once for all need not be unset to try the stand-in.

`lessons_src.official` finds and checks the files. Neither imports TensorFlow.

Source of the data: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for
Benchmarking Machine Learning Algorithms", arXiv:1708.07747.
"""

import functools
import hashlib
import logging
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import platformdirs
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from lessons_src import official
from lessons_src.official import FILES, HOME_PAGE, DataError

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SPLIT_SEED = 2017  # the year in which Fashion-MNIST appeared; any constant would do

logger = logging.getLogger(__name__)
_reads_of_test_labels: list[str] = []


@dataclass(frozen=True, eq=False, repr=False)
class FashionMNIST:
    """The data set, with every array read-only; made by `load()`.

    Images are uint8 grey levels from 0 (background) to 255, shape (n, 28, 28). Labels are int64
    (the files store uint8, which wraps round when labels are subtracted), shape (n,), and index
    `class_names`. The official 60,000 are all in `full_images` and `full_labels`; of these,
    48,000 are for training and 12,000 for validation. The 10,000 test labels are behind
    `test_labels()`.
    """

    full_images: NDArray[np.uint8]
    full_labels: NDArray[np.int64]
    train_indices: NDArray[np.int64]  # into full_images, in the shuffled order of the split
    validation_indices: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    _test_labels: NDArray[np.int64]
    source: str  # "real" or "synthetic"
    origin: str  # where it was found, for people; may name a folder
    fingerprint: str  # the same for the same data, whatever its origin

    # The four below are copies, 47 MB in all, and made only when somebody asks.
    @functools.cached_property
    def train_images(self) -> NDArray[np.uint8]:
        """The 48,000 training images."""
        return _read_only(self.full_images[self.train_indices])

    @functools.cached_property
    def train_labels(self) -> NDArray[np.int64]:
        """The labels of `train_images`, 4,800 of each class."""
        return _read_only(self.full_labels[self.train_indices])

    @functools.cached_property
    def validation_images(self) -> NDArray[np.uint8]:
        """The 12,000 validation images."""
        return _read_only(self.full_images[self.validation_indices])

    @functools.cached_property
    def validation_labels(self) -> NDArray[np.int64]:
        """The labels of `validation_images`, 1,200 of each class."""
        return _read_only(self.full_labels[self.validation_indices])

    def test_labels(self, reason: str) -> NDArray[np.int64]:
        """The test labels, for a reason, which is logged and kept (see `test_label_reads`).

        Raises:
            ValueError: the reason is empty or blank.
        """
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(
                "test_labels() needs a reason in words, such as 'final score of the chosen model'"
            )
        logger.info("Test labels read: %s", reason)
        _reads_of_test_labels.append(reason)
        return self._test_labels

    @property
    def class_names(self) -> tuple[str, ...]:
        """The ten names; a label is an index into them."""
        return CLASS_NAMES

    @property
    def source_line(self) -> str:
        """One line for the caption of a figure."""
        if self.source == "real":
            return "Data: Fashion-MNIST (Zalando Research)"
        return "Data: synthetic stand-in, not Fashion-MNIST"

    def __repr__(self) -> str:
        full, train, validation, test = map(
            len, (self.full_images, self.train_indices, self.validation_indices, self.test_images)
        )
        return (
            f"<FashionMNIST: {self.source}, {self.fingerprint}\n"
            f" {full:,} images ({train:,} for training, {validation:,} for validation), "
            f"{test:,} for the test>"
        )


def load() -> FashionMNIST:
    """The data set, from the first source that serves (see the top of this module).

    One object for each setting of the environment in a process: a second call costs nothing.

    Raises:
        DataError: what the environment asks for cannot be had.

    Warns:
        UserWarning: Keras's copy is damaged and passed over, or the stand-in is used unasked.
    """
    return _load(_wishes())


def test_label_reads() -> tuple[str, ...]:
    """The reasons given in this process to read the test labels, oldest first."""
    return tuple(_reads_of_test_labels)


test_label_reads.__test__ = False  # or pytest would take it for a test wherever it is imported


def scale(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey levels 0..255 (uint8, any shape) as new float32 values in [0, 1].

    Raises:
        TypeError: not a NumPy array of uint8; a second scaling would go unnoticed otherwise.
    """
    if not isinstance(images, np.ndarray):
        raise TypeError(f"scale() takes a NumPy array of uint8, not {type(images).__name__}")
    if images.dtype != np.uint8:
        raise TypeError(f"scale() takes images as stored (uint8), not {images.dtype}")
    return np.divide(images, np.float32(255), dtype=np.float32)


def real_fingerprint() -> str:
    """The fingerprint that the official data have."""
    hashes = "".join(file.gzip_sha256 for file in FILES.values())
    return "fashion-mnist-" + hashlib.sha256(hashes.encode()).hexdigest()[:16]


class _Wishes(NamedTuple):
    """What the environment asks for, in absolute paths: the key of the loaded data."""

    source: str
    folder: Path | None
    keras: Path
    cache: Path


def _wishes() -> _Wishes:
    def place(variable: str, default: Path | str | None) -> Path | None:
        value = os.environ.get(variable, "").strip() or default
        # Path.expanduser raises where nobody has a home, as in some containers.
        return Path(os.path.expanduser(value)).absolute() if value else None  # noqa: PTH111

    # While the book is built, KERAS_HOME holds its own settings; this names the user's folder then.
    keras = place("LESSONS_KERAS_HOME", None) or place("KERAS_HOME", "~/.keras")
    source = os.environ.get("FASHION_MNIST_SOURCE", "").strip().lower() or "auto"
    if source not in ("auto", "real", "synthetic"):
        raise DataError(
            f"FASHION_MNIST_SOURCE is {source!r}, which is unknown. "
            "Cure: set it to auto, real or synthetic, or unset it."
        )
    return _Wishes(
        source,
        place("FASHION_MNIST_DIR", None),
        keras / "datasets" / "fashion-mnist",
        place("LESSONS_CACHE_DIR", platformdirs.user_cache_dir("fashion-mnist-from-the-ground-up")),
    )


@functools.cache
def _load(wishes: _Wishes) -> FashionMNIST:
    if wishes.source == "synthetic":
        return _stand_in(wishes.cache, "asked for by FASHION_MNIST_SOURCE")
    if wishes.folder is not None:
        cure = (
            f"put the official file there, from {HOME_PAGE}, or set FASHION_MNIST_DIR to a folder "
            "that has all four, or unset it"
        )
        return _official(wishes.folder, "folder in FASHION_MNIST_DIR", cure)
    if official.holds_any(wishes.keras):
        cure = "delete the files in that folder; Keras downloads them again when it needs them"
        try:
            return _official(wishes.keras, "Keras's cache", cure)
        except DataError as error:
            warnings.warn(f"Keras's copy of the data is passed over: {error}", stacklevel=3)
    cure = (
        "connect to the network and load again, or set FASHION_MNIST_DIR to a folder with the "
        f"four official files, from {HOME_PAGE}"
    )
    if wishes.source == "real":
        cure += ", or unset FASHION_MNIST_SOURCE to be given the stand-in"
    try:
        folder = wishes.cache / "fashion-mnist"
        return _checked(*official.downloaded(folder, cure), folder)
    except DataError as error:
        if wishes.source == "real":
            raise
        warnings.warn(
            f"The synthetic stand-in is used in place of Fashion-MNIST, and its numbers say "
            f"nothing about the real data: {error}",
            stacklevel=3,
        )
    return _stand_in(wishes.cache, "since Fashion-MNIST was neither found nor downloaded")


def _official(folder: Path, origin: str, cure: str) -> FashionMNIST:
    """The four files of a folder; a fault is a DataError that ends in the cure."""
    return _checked(official.read(folder, cure), origin, folder)


def _checked(found: official.Found, origin: str, folder: Path) -> FashionMNIST:
    return _data_set(
        *found.arrays,
        source="real",
        origin=", ".join(filter(None, [origin, found.form])) + f" ({folder})",
        fingerprint=real_fingerprint(),
    )


def _stand_in(cache: Path, why: str) -> FashionMNIST:
    from lessons_src import standin  # the real data do not need it

    return _data_set(
        *standin.cached(cache),
        source="synthetic",
        origin=f"stand-in drawn by lessons_src.standin, {why}",
        fingerprint=standin.fingerprint(),
    )


def _data_set(
    full_images: np.ndarray,
    full_labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    **about: str,
) -> FashionMNIST:
    full_labels, test_labels = full_labels.astype(np.int64), test_labels.astype(np.int64)
    train, validation = _split(full_labels)
    arrays = full_images, full_labels, train, validation, test_images, test_labels
    return FashionMNIST(*map(_read_only, arrays), **about)


def _split(labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices for training (four fifths) and validation (one fifth), equal shares by class."""
    return tuple(
        train_test_split(
            np.arange(len(labels)),
            test_size=len(labels) // 5,
            stratify=labels,
            random_state=SPLIT_SEED,
        )
    )


def _read_only(array: np.ndarray) -> np.ndarray:
    """A view that nobody can make writeable again, since the array beneath it is not."""
    array.setflags(write=False)
    return array.view()
