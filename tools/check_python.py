"""Stop with one clear message unless this Python can run the book.

Runs before anything is installed, and under any Python 3, so it stays plain.
"""

import platform
import sys

command = sys.argv[1] if len(sys.argv) > 1 else "make book"
found = "%d.%d.%d" % sys.version_info[:3]  # noqa: UP031

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "error: the book needs Python 3.11, 3.12 or 3.13, and "
        + sys.executable
        + " is "
        + found
        + ".\n"
        "Install one of them and name it, for instance: " + command + " PYTHON=python3.12\n"
        "If there is a folder .venv already, remove it first: make distclean"
    )

if sys.maxsize < 2**32:
    sys.exit("error: TensorFlow needs a 64-bit Python, and " + sys.executable + " has 32 bits.")

if sys.platform == "darwin" and platform.machine() == "x86_64":
    sys.exit(
        "error: TensorFlow has no wheels for Macs with an Intel processor, nor for a Python that "
        "runs under Rosetta.\nOn an Apple-silicon Mac, install an arm64 Python; otherwise use "
        "Linux or Windows."
    )
