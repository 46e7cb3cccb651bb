"""What a chapter cost; `kernel` has its kernel run this after the last cell.

Seconds tell little: they depend on the machine and on what else it does. So the kernel also
measures, then and there, what an epoch costs of the network that the book trains most.
"""

import os
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any


def _lessons_measure() -> dict[str, Any]:
    """MiB at the peak, CPU seconds until now and of an epoch, and what was loaded and read."""
    data = sys.modules.get("lessons_src.data")
    return {
        "peak_mib": _lessons_peak() / 2**20,
        "cpu_seconds": sum(os.times()[:4]),  # with those of the processes that it started
        "epoch_seconds": _lessons_epoch_seconds(),
        "tensorflow": "tensorflow" in sys.modules,
        "test_label_reads": list(data.test_label_reads()) if data else [],
    }


def _lessons_peak() -> int:
    """The most memory that this process held, in bytes."""
    if sys.platform == "linux":
        # Not ru_maxrss, which starts at the size of the process that launched this one.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _lessons_epoch_seconds() -> float | None:
    """CPU seconds of an epoch of 784–128–10 in NumPy: 48,000 images, Adam, batches of 32.

    They are shuffled, and 100 of the 1,500 steps are taken. `lessons_src.training.fit` needs about
    as many seconds, beside other programs too: there, steps alone do not become slower, but
    shuffling, which waits for the memory, takes several times as long. None without NumPy.
    """
    np = sys.modules.get("numpy")
    if np is None:
        return None
    random = np.random.default_rng(0)
    x = random.random((32, 784), np.float32)
    target = np.eye(10, dtype=np.float32)[random.integers(10, size=32)]
    images, order = np.ones((48_000, 784), np.float32), random.permutation(48_000)
    times = []
    for _ in range(5):
        start = time.process_time()
        images[order]
        shuffled = time.process_time() - start
        first, last = (
            random.standard_normal(shape, np.float32) / 20 for shape in ((784, 128), (128, 10))
        )
        moments = [(w, np.zeros_like(w), np.zeros_like(w)) for w in (first, last)]
        start = time.process_time()
        for _ in range(100):
            hidden = np.maximum(x @ first, 0)
            scores = np.exp(hidden @ last)
            error = (scores / scores.sum(axis=1, keepdims=True) - target) / 32
            back = (error @ last.T) * (hidden > 0)
            for (w, m, v), g in zip(moments, (x.T @ back, hidden.T @ error), strict=True):
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                w -= 0.001 * m / (np.sqrt(v) + 1e-7)
        times.append(shuffled + 15 * (time.process_time() - start))
    return statistics.median(times)
