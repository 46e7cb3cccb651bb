"""Recorded counts of the chapter on the dataset (claims S1.1, S1.2); nothing is trained."""

from typing import Any

import numpy as np

from experiments import experiment
from lessons_src.data import load

PARTS = ("training set", "test set", "our fifth", "last fifth")


@experiment(cases={part: {"part": part} for part in PARTS}, seeds=1)
def class_counts(seeds: list[int], part: str) -> dict[str, Any]:
    """Counted: the official files, our stratified fifth, and the last fifth, which Keras takes."""
    data = load()
    fifth = len(data.full_labels) // 5
    if part == "test set":
        images, labels = data.test_images, data.test_labels("count the classes (S1.1, S1.2)")
    elif part == "our fifth":
        images, labels = data.validation_images, data.validation_labels
    else:
        rows = slice(-fifth if part == "last fifth" else 0, None)
        images, labels = data.full_images[rows], data.full_labels[rows]
    found = {
        "images": len(images),
        "rows": images.shape[1],
        "columns": images.shape[2],
        "lowest_level": images.min(),
        "highest_level": images.max(),
        "classes": np.bincount(labels, minlength=10),
    }
    return {name: [value] * len(seeds) for name, value in found.items()}  # nothing is drawn


@experiment(cases={"random fifth": {}}, seeds=range(1000, 1040))
def random_fifths(seeds: list[int]) -> dict[str, Any]:
    """A fifth of the 60,000 official training images, drawn without looking at the classes."""
    labels = load().full_labels
    drawn = (
        np.random.default_rng(seed).choice(labels, len(labels) // 5, replace=False)
        for seed in seeds
    )
    return {"classes": [np.bincount(fifth, minlength=10) for fifth in drawn]}
