"""The four official files of Fashion-MNIST: how they are found, checked and downloaded.

A file is known by what is in it: the SHA-256 of its contents, unpacked. So the authors' own .gz,
the same contents compressed anew or not at all, as Kaggle has them, and the folder that torchvision
makes (`FashionMNIST/raw`) all serve. Each file is read once, into memory, and what is hashed is
what is used.
"""

import gzip
import hashlib
import io
import logging
import math
import stat
import threading
import time
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lessons_src.settings import building


class OfficialFile(NamedTuple):
    """What is known of a file: the SHA-256 of its contents and of the .gz, its array's shape."""

    sha256: str
    gzip_sha256: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes of its contents: magic number, dimensions, values."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape)


TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
FILES = {  # in the order of the fields of FashionMNIST
    TRAIN_IMAGES: OfficialFile(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        (60_000, 28, 28),
    ),
    TRAIN_LABELS: OfficialFile(
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        (60_000,),
    ),
    TEST_IMAGES: OfficialFile(
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        (10_000, 28, 28),
    ),
    TEST_LABELS: OfficialFile(
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        (10_000,),
    ),
}
# Where the files may lie in a folder: in it, or as torchvision puts them there.
INSIDE = ("", "raw", "FashionMNIST/raw")
# Keras's mirror first, for it has https; the authors' own address answers to http alone, which
# does no harm to files that are known by their hashes.
MIRRORS = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
HOME_PAGE = "https://github.com/zalandoresearch/fashion-mnist"
READ_LIMIT = 64 * 2**20  # bytes: above the largest official file, below what would hurt
ANSWER_SECONDS = 4.0  # for all mirrors together to answer at all
STALL_SECONDS = 6.0  # for the next bytes of a download that has begun

logger = logging.getLogger(__name__)


class DataError(ValueError):
    """The data cannot be had as asked; the one-line message names the file, the fault, the cure."""


class Found(NamedTuple):
    """The arrays of the four files, in the order of FILES, and in which form they were."""

    arrays: tuple[NDArray[np.uint8], ...]
    form: str  # as "IDX files, not compressed"; empty for the usual one


def holds_any(folder: Path) -> bool:
    """Whether any of the files is in the folder, or the folder cannot be looked into."""
    try:
        return any(path.name.removesuffix(".gz") in FILES for path in folder.iterdir())
    except FileNotFoundError:
        return False
    except OSError:
        return True  # something is there: reading it will tell what


def read(folder: Path, cure: str) -> Found:
    """The four files of a folder, each checked.

    Raises:
        DataError: one is missing or has other contents; the message ends in the cure.
    """
    found = [_read_file(folder, name, cure) for name in FILES]
    forms = {"" if path.suffix == ".gz" else "IDX files, not compressed" for path, _ in found}
    return Found(tuple(array for _, array in found), " and ".join(sorted(forms - {""})))


def _read_file(folder: Path, name: str, cure: str) -> tuple[Path, NDArray[np.uint8]]:
    """A file's path and the read-only array in it."""
    raw, official = b"", FILES[name]
    # Some have "train-images.idx3-ubyte", with a full stop.
    names = [f"{name}.gz", name, name.replace("-idx", ".idx")]
    path, *others = (folder / inside / named for inside in INSIDE for named in names)
    try:
        path = next((place for place in (path, *others) if place.exists()), path)
        if stat.S_ISREG(path.stat().st_mode):
            with path.open("rb") as file:
                raw, fault = _unpacked(file.read(READ_LIMIT + 1), official)
        else:  # opening a pipe would wait for ever
            fault = "is a folder, not a file" if path.is_dir() else "is not a regular file"
    except (FileNotFoundError, NotADirectoryError):
        fault = _missing(path)
    except OSError as error:
        fault = f"cannot be read ({error.strerror or error})"
        cure = f"make it readable, or {cure}"
    if fault:
        raise DataError(f"{path} {fault}. Cure: {cure}.")
    array = np.frombuffer(raw, np.uint8, offset=4 + 4 * len(official.shape))
    return path, array.reshape(official.shape)


def _missing(path: Path) -> str:
    if path.is_symlink():
        return "is a link that leads to no file"
    if not path.parent.is_dir():
        return f"is missing, as is the folder {path.parent.name}"
    if tables := sorted(found.name for found in path.parent.glob("*mnist*.csv")):
        return f"is missing ({tables[0]} is not read: the files are whose names end in ubyte)"
    return "is missing, with and without .gz"


def _unpacked(data: bytes, official: OfficialFile) -> tuple[bytes, str]:
    """A file's contents, of which no more is unpacked than there should be, and their fault."""
    raw, size = data, official.size
    if len(data) > READ_LIMIT:
        return b"", f"is longer than {READ_LIMIT:,} bytes, which no official file is"
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(io.BytesIO(data)) as stream:
                raw = stream.read(size + 1)
        except (OSError, EOFError, zlib.error) as error:
            return b"", f"is damaged gzip ({str(error).rstrip('.')})"
    digest = hashlib.sha256(raw).hexdigest()
    if digest == official.sha256:
        return raw, ""
    if twin := next((name for name, file in FILES.items() if file.sha256 == digest), ""):
        return b"", f"has the contents of {twin} (swapped, perhaps)"
    if not raw:
        return b"", "is empty"
    if raw[:100].lstrip().startswith(b"<"):
        return b"", "is a web page saved in the file's place"
    if raw[:3] != b"\0\0\x08":
        return b"", "is no IDX file of unsigned bytes, compressed or not"
    if len(raw) != size:
        told = f"{len(raw):,}" if len(raw) < size else f"more than {size:,}"
        return b"", f"has {told} bytes, unpacked, where {size:,} are expected"
    return b"", (
        "has not the official contents (by their SHA-256); MNIST's digits, for one, have the same "
        "names and shapes"
    )


# --- Download -------------------------------------------------------------------------------


def downloaded(folder: Path, cure: str) -> tuple[Found, str]:
    """The files downloaded earlier into `folder`, or else downloaded now, and where from.

    Raises:
        DataError: naming what went wrong with each mirror.
    """
    if holds_any(folder):
        try:
            return read(folder, cure), "earlier download"
        except DataError as error:
            logger.info("Downloading again: %s", error)
    mirror = _download(folder, cure)
    return read(folder, cure), f"download from {mirror}"


def _download(folder: Path, cure: str) -> str:
    """Fetch what is missing or damaged in `folder`, and say from which mirror.

    A file appears whole and checked, or not at all.
    """
    pooch = _pooch()
    if building():
        pooch.get_logger().disabled = True  # its notes would end up on the page
    faults: dict[str, str] = {}
    for mirror in _answering(MIRRORS, faults):
        fetch = pooch.HTTPDownloader(
            progressbar=not building(),  # and so would the bar
            chunk_size=2**16,
            timeout=STALL_SECONDS,
            headers={"Accept-Encoding": "identity"},  # the .gz itself, not its contents
        )
        try:
            for name, file in FILES.items():
                name += ".gz"
                # Writes to a temporary file of its own, checks the hash, then renames.
                pooch.retrieve(
                    mirror + name, f"sha256:{file.gzip_sha256}", name, folder, downloader=fetch
                )
            return mirror
        except (OSError, ValueError) as error:  # requests' own errors are OSErrors
            faults[mirror] = f"{name}: {_reason(error)}"
    told = "; ".join(f"{mirror} {faults[mirror]}" for mirror in MIRRORS if mirror in faults)
    raise DataError(f"The four files of Fashion-MNIST were not downloaded: {told}. Cure: {cure}.")


def _pooch() -> ModuleType:
    """Imported only to download; in Jupyter it brings a warning about the looks of its bar."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pooch
    return pooch


def _answering(mirrors: tuple[str, ...], faults: dict[str, str]) -> Iterator[str]:
    """Those mirrors, in order, that answer within ANSWER_SECONDS, all being asked at once.

    A time limit of the connection alone would not do: it starts anew for each address of a host,
    and does not count the look-up of its name. Why the others do not serve goes into `faults`.
    """
    answers: dict[str, str] = {}
    # Daemons, so that one that hangs keeps nobody from leaving Python.
    threads = {
        m: threading.Thread(target=lambda m=m: answers.update({m: _probe(m)}), daemon=True)
        for m in mirrors
    }
    for thread in threads.values():
        thread.start()
    deadline = time.monotonic() + ANSWER_SECONDS
    for mirror, thread in threads.items():
        thread.join(max(0.0, deadline - time.monotonic()))
        fault = answers.get(mirror, f"gave no answer within {ANSWER_SECONDS:.0f} seconds")
        if fault:
            faults[mirror] = fault
        else:
            yield mirror


def _probe(mirror: str) -> str:
    """Why a mirror does not serve; empty if it does."""
    import requests

    try:
        url = f"{mirror}{TEST_LABELS}.gz"
        answer = requests.head(url, timeout=ANSWER_SECONDS, allow_redirects=True)
    except (OSError, ValueError) as error:
        return _reason(error)
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code == 407:
        return PASSWORD
    if answer.status_code == 511 or (answer.ok and kind.startswith("text/html")):
        return (
            "was answered with a web page and not with the file, as by a network that wants you "
            "to log in first: open a browser and do so"
        )
    return "" if answer.ok else f"answered with the status {answer.status_code}"


PASSWORD = (
    "is behind a proxy that wants a name and a password (407): write them into HTTPS_PROXY and "
    "HTTP_PROXY, as http://name:password@host:port"
)


def _reason(error: Exception) -> str:
    """What an error of the network means, and the cure if it is known."""
    from requests import exceptions

    told = " ".join(str(error).split())
    if "407" in told and "roxy" in told:
        return PASSWORD
    if isinstance(error, exceptions.ProxyError):
        return (
            "cannot be reached through the proxy that HTTPS_PROXY or HTTP_PROXY names: correct "
            "it, or unset it"
        )
    if isinstance(error, exceptions.SSLError) or "CA certificate bundle" in told:
        return (
            "has a certificate that is not trusted here, or the certificates are missing: set "
            f"REQUESTS_CA_BUNDLE to the file with those of your network ({told[-120:]})"
        )
    if isinstance(error, exceptions.Timeout):
        return "stopped answering"
    if "resol" in told or "getaddrinfo" in told:
        return "has a name that cannot be looked up here (is there a network?)"
    if isinstance(error, ValueError) and "hash" in told:
        return "sent something else than the official file"
    if isinstance(error, exceptions.ConnectionError):
        return f"cannot be reached ({told.rpartition(': ')[2].strip(chr(39) + ')')})"
    return f"failed ({told})"
