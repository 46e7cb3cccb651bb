"""The machine and the versions that a number may depend on, apart from code and data."""

import functools
import importlib.metadata
import platform
import re
from pathlib import Path

SHOWN_VERSIONS = ("keras", "numpy", "scikit-learn", "tensorflow")


def versions() -> dict[str, str]:
    """Versions of the libraries that compute."""
    return {name: importlib.metadata.version(name) for name in SHOWN_VERSIONS}


@functools.cache
def processor() -> str:
    """The processor's name, as far as the system tells it, its width and the sizes of its caches.

    Sums over more numbers at once are rounded otherwise, and products of large matrices are cut to
    the caches: two machines of one name gave other digits for batches of thousands.
    """
    path = Path("/proc/cpuinfo")
    info = path.read_text(encoding="utf-8") if path.exists() else ""
    names = re.findall(r"model name\s*: (.+)", info)
    name = names[0].strip() if names else platform.processor() or platform.machine()
    widest = [flag for flag in ("avx512f", "avx2", "avx") if re.search(rf"\b{flag}\b", info)]
    sizes = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"))
    caches = [f"caches {' '.join(size.read_text().strip() for size in sizes)}"] if sizes else []
    told = ", ".join([*widest[:1], *caches])
    return f"{name} ({told})" if told else name
