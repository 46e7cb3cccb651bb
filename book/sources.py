"""Read a source file of the book, always in the same way."""

from pathlib import Path


class SourceError(ValueError):
    """A file is not in UTF-8; the message begins with the file and the line."""


def text_of(path: Path | str) -> str:
    r"""The text of a file in UTF-8, as Sphinx reads it.

    Every line ends in `\n`, and a byte-order mark, which editors on Windows may write, is left out.
    Otherwise the same page would be another one in the cache, and its first line another one.

    Raises:
        SourceError: it is not in UTF-8.
        OSError: it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        line = fault.object.count(b"\n", 0, fault.start) + 1
        told = f"byte {fault.object[fault.start]:#04x} is not UTF-8: save the file in UTF-8"
        raise SourceError(f"{path}:{line}: {told}") from None
