"""Fashion-MNIST, checked at every load, or openly something else.

`load()` looks in this order, and takes the first that serves:

1. the folder in `FASHION_MNIST_DIR`; a fault in there is an error, never a reason to go on;
2. Keras's own cache, `~/.keras/datasets/fashion-mnist` (or the one under `KERAS_HOME`);
3. a download, kept in the user's cache folder (or in `LESSONS_CACHE_DIR`);
4. the synthetic stand-in of `lessons_src.standin`, with a warning.

`FASHION_MNIST_SOURCE=real` forbids the fourth. `=synthetic` asks for it and wins over
`FASHION_MNIST_DIR`, so that a folder set once for all need not be unset to try the stand-in.

Every file is read once, into memory; those bytes are hashed and, if the hash is the official one,
decompressed. This module does not import TensorFlow.

Source of the data: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for
Benchmarking Machine Learning Algorithms", arXiv:1708.07747.
"""

import functools
import hashlib
import logging
import math
import os
import struct
import threading
import time
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import platformdirs
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from lessons_src.settings import building

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


class OfficialFile(NamedTuple):
    """What is known of an official file: the SHA-256 of its .gz, the shape of its array."""

    sha256: str
    shape: tuple[int, ...]


TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
FILES = {  # in the order of the fields of FashionMNIST
    TRAIN_IMAGES: OfficialFile(
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", (60_000, 28, 28)
    ),
    TRAIN_LABELS: OfficialFile(
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", (60_000,)
    ),
    TEST_IMAGES: OfficialFile(
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", (10_000, 28, 28)
    ),
    TEST_LABELS: OfficialFile(
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", (10_000,)
    ),
}
# MNIST's digits come in files of the same names and shapes, so they are worth recognising.
DIGITS = {
    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
# Keras's mirror first, for it has https; the authors' own address answers to http alone, which
# does no harm to files that are known by their hashes.
MIRRORS = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
HOME_PAGE = "https://github.com/zalandoresearch/fashion-mnist"
READ_LIMIT = 32 * 2**20  # bytes: above the largest official file, below what would hurt
ANSWER_SECONDS = 4.0  # for all mirrors together to answer at all
STALL_SECONDS = 6.0  # for the next bytes of a download that has begun

logger = logging.getLogger(__name__)
_reads_of_test_labels: list[str] = []


class DataError(ValueError):
    """The data cannot be had as asked; the one-line message names the file, the fault, the cure."""


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
    hashes = "".join(file.sha256 for file in FILES.values())
    return "fashion-mnist-" + hashlib.sha256(hashes.encode()).hexdigest()[:16]


def parse_idx(raw: bytes, name: str) -> NDArray[np.uint8]:
    """The read-only array in `raw`, the decompressed contents of the official file `name`.

    The IDX format: two zero bytes, the type (8 for unsigned bytes), the number of dimensions,
    each dimension as a big-endian uint32, then the values (http://yann.lecun.com/exdb/mnist/).

    Raises:
        DataError: wrong type, dimensions or length, or a label above 9.
    """
    shape = FILES[name].shape
    if fault := _idx_fault(raw, shape):
        raise DataError(f"{name} {fault}. Cure: take the official file, from {HOME_PAGE}.")
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


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

    source = os.environ.get("FASHION_MNIST_SOURCE", "").strip().lower() or "auto"
    if source not in ("auto", "real", "synthetic"):
        raise DataError(
            f"FASHION_MNIST_SOURCE is {source!r}, which is unknown. "
            "Cure: set it to auto, real or synthetic, or unset it."
        )
    return _Wishes(
        source,
        place("FASHION_MNIST_DIR", None),
        place("KERAS_HOME", "~/.keras") / "datasets" / "fashion-mnist",
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
    if _holds_any(wishes.keras):
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
        return _downloaded(wishes.cache / "fashion-mnist", cure)
    except DataError as error:
        if wishes.source == "real":
            raise
        warnings.warn(
            f"The synthetic stand-in is used in place of Fashion-MNIST, and its numbers say "
            f"nothing about the real data: {error}",
            stacklevel=3,
        )
    return _stand_in(wishes.cache, "since Fashion-MNIST was neither found nor downloaded")


def _holds_any(folder: Path) -> bool:
    """Whether any of the four names is in the folder, or the folder cannot be looked into."""
    try:
        return any(path.name in FILES for path in folder.iterdir())
    except FileNotFoundError:
        return False
    except OSError:
        return True  # something is there: reading it will tell what


def _official(folder: Path, origin: str, cure: str) -> FashionMNIST:
    """The four files of a folder, each checked; a fault is a DataError that ends in the cure."""
    return _data_set(
        *(_read_file(folder / name, cure) for name in FILES),
        source="real",
        origin=f"{origin} ({folder})",
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


def _read_file(path: Path, cure: str) -> NDArray[np.uint8]:
    """The array in one official file, whose hash is taken of the very bytes that are parsed."""
    official = FILES[path.name]
    try:
        fault = None if path.is_file() else _no_file(path)
        if fault is None:
            with path.open("rb") as file:
                data = file.read(READ_LIMIT + 1)
            if hashlib.sha256(data).hexdigest() != official.sha256:
                fault = _wrong_contents(data, official.shape)
    except OSError as error:
        fault = f"cannot be read ({error.strerror or error})"
        cure = f"make it readable, or {cure}"
    if fault:
        raise DataError(f"{path} {fault}. Cure: {cure}.")
    raw, _ = _inflate(data, _idx_size(official.shape))
    return parse_idx(raw, path.name)


def _no_file(path: Path) -> str:
    """Why there is no regular file to read at this path."""
    if path.is_dir():
        return "is a folder, not a file"
    if path.is_symlink():
        return "is a link that leads to no file"
    try:
        path.stat()  # a refusal to let us look is for the caller; is_file() may have swallowed it
        return "is not a regular file"
    except (FileNotFoundError, NotADirectoryError):
        pass
    if path.parent.exists() and not path.parent.is_dir():
        return f"is missing, since {path.parent.name} is a file and not a folder"
    if not path.parent.exists():
        return "is missing, as is the whole folder"
    if path.with_suffix("").exists():
        return f"is missing ({path.stem}, without .gz, is no substitute)"
    return "is missing"


def _wrong_contents(data: bytes, shape: tuple[int, ...]) -> str:
    """What can be said of bytes that are not those of the official file with this shape."""
    digest = hashlib.sha256(data).hexdigest()
    twin = next((name for name, file in FILES.items() if file.sha256 == digest), None)
    if not data:
        return "is empty"
    if twin:
        return f"has the contents of {twin} (swapped, perhaps)"
    if digest in DIGITS:
        return "holds MNIST's handwritten digits, whose files have the same names"
    if data[:3] == b"\0\0\x08":
        return "is not compressed: it is an IDX file without its gzip wrapping"
    if data[:100].lstrip().startswith(b"<"):
        return "is a web page saved in the file's place"
    if data[:2] != b"\x1f\x8b":
        return "is not a gzip file"
    if len(data) > READ_LIMIT:
        return f"is longer than {READ_LIMIT:,} bytes, which no official file is"
    raw, fault = _inflate(data, _idx_size(shape))
    return (
        fault
        or _idx_fault(raw, shape)
        or "has the right form but not the official contents (its SHA-256 differs); MNIST's "
        "digits, for one, have the same names and shapes"
    )


def _inflate(data: bytes, size: int) -> tuple[bytes, str | None]:
    """Gzip's contents, never more than `size` + 1 bytes of them, and what is wrong if anything."""
    stream = zlib.decompressobj(wbits=31)  # 31: gzip's header and checksum, and no other format
    try:
        raw = stream.decompress(data, size + 1)
    except zlib.error as error:
        return b"", f"is damaged gzip ({error})"
    if len(raw) > size:
        return raw, f"unpacks to more than the expected {size:,} bytes (stopped there)"
    if not stream.eof:
        return raw, f"is cut short: its gzip data does not end within its {len(data):,} bytes"
    if stream.unused_data:
        return raw, f"has {len(stream.unused_data):,} bytes after the end of its gzip data"
    return raw, None


def _idx_size(shape: tuple[int, ...]) -> int:
    return 4 + 4 * len(shape) + math.prod(shape)  # magic number, dimensions, values


def _idx_fault(raw: bytes, shape: tuple[int, ...]) -> str | None:
    """What keeps `raw` from being an IDX file of unsigned bytes in this shape, if anything."""
    magic = bytes((0, 0, 8, len(shape)))
    if not raw:
        return "unpacks to nothing"
    if raw[:4] != magic:
        return f"starts with the magic number {raw[:4].hex()} where {magic.hex()} is expected"
    if len(raw) < 4 + 4 * len(shape):
        return "ends within its IDX header"
    found = struct.unpack_from(f">{len(shape)}I", raw, 4)
    if found != shape:
        return f"declares the shape {found} where {shape} is expected"
    if len(raw) != _idx_size(shape):
        return f"has {len(raw):,} bytes when unpacked where {_idx_size(shape):,} are expected"
    if len(shape) == 1:
        largest = max(raw[8:])
        if largest >= len(CLASS_NAMES):
            return f"has a label {largest}; labels run from 0 to {len(CLASS_NAMES) - 1}"
    return None


def _downloaded(folder: Path, cure: str) -> FashionMNIST:
    """The files downloaded earlier into `folder`, or else downloaded now."""
    if _holds_any(folder):
        try:
            return _official(folder, "earlier download", cure)
        except DataError as error:
            logger.info("Downloading again: %s", error)
    mirror = _download(folder, cure)
    return _official(folder, f"download from {mirror}", cure)


def _download(folder: Path, cure: str) -> str:
    """Fetch what is missing or damaged in `folder`, and say from which mirror.

    A file appears whole and checked, or not at all.
    """
    pooch = _pooch()
    if building():
        pooch.get_logger().disabled = True  # its notes would end up on the page
    failures = []
    for mirror in _answering(MIRRORS):
        fetch = pooch.HTTPDownloader(
            progressbar=not building(),  # and so would the bar
            chunk_size=2**16,
            timeout=STALL_SECONDS,
            headers={"Accept-Encoding": "identity"},  # the .gz itself, not its contents
        )
        try:
            for name, file in FILES.items():
                # Writes to a temporary file of its own, checks the hash, then renames.
                pooch.retrieve(
                    mirror + name, f"sha256:{file.sha256}", name, folder, downloader=fetch
                )
            return mirror
        except (OSError, ValueError) as error:  # requests' own errors are OSErrors
            failures.append(f"{mirror + name}: {' '.join(str(error).split())}")
    what = "; ".join(failures) or f"no mirror answered within {ANSWER_SECONDS:.0f} seconds"
    raise DataError(f"The four files of Fashion-MNIST were not downloaded: {what}. Cure: {cure}.")


def _pooch() -> ModuleType:
    """Imported only to download; in Jupyter it brings a warning about the looks of its bar."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pooch
    return pooch


def _answering(mirrors: tuple[str, ...]) -> Iterator[str]:
    """Those mirrors, in order, that answer within ANSWER_SECONDS, all being asked at once.

    A time limit of the connection alone would not do: it starts anew for each address of a host,
    and does not count the look-up of its name.
    """
    answered, pooch = set(), _pooch()

    def ask(mirror: str) -> None:
        probe = pooch.HTTPDownloader(timeout=ANSWER_SECONDS)
        try:
            if probe(mirror + TEST_LABELS, None, None, check_only=True):
                answered.add(mirror)
        except (OSError, ValueError) as error:
            logger.info("No answer from %s: %s", mirror, error)

    # Daemons, so that one that hangs keeps nobody from leaving Python.
    threads = {m: threading.Thread(target=ask, args=(m,), daemon=True) for m in mirrors}
    for thread in threads.values():
        thread.start()
    deadline = time.monotonic() + ANSWER_SECONDS
    for mirror, thread in threads.items():
        thread.join(max(0.0, deadline - time.monotonic()))
        if mirror in answered:
            yield mirror
