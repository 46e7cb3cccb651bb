"""Stands for lessons_src.data: what the build uses of it."""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np

CLASS_NAMES = ("T-shirt/top", *"BCDEF", "Shirt", *"HIJ")

_reads = []


class DataError(ValueError):
    """A fault in the data."""


def load():
    if os.environ.get("FASHION_MNIST_DIR"):
        raise DataError("train-images is truncated. Cure: take the official file.")
    source = os.environ.get("FASHION_MNIST_SOURCE", "real")
    return SimpleNamespace(
        source=source,
        origin=f"a folder ({Path.cwd()})",
        source_line=f"Data: {source}",
        fingerprint=source,
        full_images=np.arange(20 * 28 * 28).reshape(20, 28, 28).astype(np.uint8),
        full_labels=np.arange(20) % 10,
        validation_indices=np.arange(20),
    )


def real_fingerprint():
    return "real"


def test_labels(reason):
    _reads.append(reason)


def test_label_reads():
    return tuple(_reads)
