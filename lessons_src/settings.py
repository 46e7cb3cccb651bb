"""The one switch of the book: quick or full."""

import os
import sys
from typing import Literal, TypeVar

T = TypeVar("T")


def quick() -> bool:
    """Whether this is a quick run (`LESSONS_QUICK=1`): fewer seeds, epochs and grid points.

    A quick run shows that every cell works. Its numbers mean little, so a page built this way
    says so, and it is never the default.

    Raises:
        ValueError: the variable holds something other than 0 or 1.
    """
    value = os.environ.get("LESSONS_QUICK", "").strip()
    if value not in ("", "0", "1"):
        raise ValueError(f"LESSONS_QUICK is {value!r}: set it to 1 (quick), 0 (full) or unset it")
    return value == "1"


def choose(full: T, fast: T) -> T:
    """`full` as a rule, `fast` in a quick run: `epochs = choose(10, 2)`."""
    return fast if quick() else full


def building() -> bool:
    """Whether the book's build runs this kernel."""
    return os.environ.get("LESSONS_BUILD") == "1"


def shows_progress(verbose: bool | Literal["auto"]) -> bool:
    """Whether a bar is wanted; "auto": in a terminal or a notebook, but not on a page."""
    if verbose == "auto":
        return not building() and (sys.stderr.isatty() or "ipykernel" in sys.modules)
    return bool(verbose)
