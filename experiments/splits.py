"""Recorded experiments of the chapter on splits (claims S5.*)."""

import hashlib
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import keras
import numpy as np
from sklearn.model_selection import train_test_split

from experiments import common, experiment
from lessons_src.data import load, scale
from lessons_src.models import dense
from lessons_src.training import fit, repeat, score

Part = tuple[np.ndarray, np.ndarray]  # images and labels


@experiment(
    cases={
        "pooled, seeds differ": {"rows": "pooled", "split": "random", "fixed_split": 42},
        "pooled, splits differ": {"rows": "pooled", "split": "random", "fixed_seed": 0},
        "pooled, stratified splits differ": {
            "rows": "pooled",
            "split": "stratified",
            "fixed_seed": 0,
        },
        "official, seeds differ": {"rows": "official", "split": "test", "fixed_split": 0},
    },
    seeds=20,
    seeds_per_job=10,
)
def hold_outs(seeds: list[int], **case: Any) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 128, 5 epochs on all images that are not held out."""
    return held_out_scores(seeds, batch_size=128, epochs=5, **case)


@experiment(
    cases={
        "last fifth": {"rows": "official", "split": "last", "fixed_split": 0},
        "random fifth": {"rows": "official", "split": "random"},
        "sorted, last fifth": {"rows": "sorted", "split": "last", "fixed_split": 0},
    },
    seeds=60,
    seeds_per_job=15,
)
def last_fifth(seeds: list[int], **case: Any) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 256, 3 epochs on four fifths of the official 60,000 images."""
    return held_out_scores(seeds, batch_size=256, epochs=3, **case)


def held_out_scores(
    seeds: list[int],
    rows: str,
    split: str,
    fixed_split: int | None = None,
    fixed_seed: int | None = None,
    **settings: int,
) -> dict[str, Any]:
    """Accuracy on the held-out and on the training images; seeds serve split, training or both."""
    results = {"accuracy": [], "train_accuracy": []}
    # With one split for all, the network is compiled once for all.
    for group in [seeds] if fixed_split is not None else [[seed] for seed in seeds]:
        split_seed = fixed_split if fixed_split is not None else group[0]
        (x, y), (held_x, held_y) = parts(rows, split, split_seed)
        x = scale(x)

        def train_accuracy(model: keras.Model, x: np.ndarray = x, y: np.ndarray = y) -> Any:
            return {"train_accuracy": score(model, x, y)["accuracy"]}

        runs = repeat(
            lambda: dense(128),
            x,
            y,
            seeds=group if fixed_seed is None else [fixed_seed],
            measure=train_accuracy,
            validation_data=(scale(held_x), held_y),
            verbose=False,
            **settings,
        )
        results["accuracy"] += [*runs.final("val_accuracy")]
        results["train_accuracy"] += [*runs.final("train_accuracy")]
    return results


def parts(rows: str, split: str, seed: int) -> tuple[Part, Part]:
    """What is trained on and what is held out, each images (uint8) and labels.

    Args:
        rows: "official" (the 60,000), "sorted" (the same by class), "pooled" (all 70,000).
        split: "test" (the official test images), "last", "random" or "stratified" (a fifth).
    """
    data = load()
    x, y = data.full_images, data.full_labels
    if split == "test":
        return (x, y), (data.test_images, test_labels())
    if rows == "sorted":
        order = y.argsort(kind="stable")
        x, y = x[order], y[order]
    if rows == "pooled":
        x, y = np.concatenate([x, data.test_images]), np.concatenate([y, test_labels()])
    if split == "last":
        kept = int(len(x) * 0.8)
        return (x[:kept], y[:kept]), (x[kept:], y[kept:])
    kept, out = train_test_split(
        np.arange(len(x)),
        test_size=0.2,
        stratify=y if split == "stratified" else None,
        random_state=seed,
    )
    return (x[kept], y[kept]), (x[out], y[out])


def test_labels() -> np.ndarray:
    """The labels of the test images, which the series' split deals out among the others."""
    return load().test_labels("splits of all 70,000 images (recorded: hold-outs)")


# --- Copies of test images among the training images ---------------------------

KEPT = (1, 3, 10, 30)
BLOCKS = (1000, 3000, 10_000)  # the first block is planted in every case but one


@experiment(
    cases={"none": {"change": "exact", "planted": 0}}
    | {
        f"{change}, {planted:,}": {"change": change, "planted": planted}
        for change, numbers in (("exact", BLOCKS), ("shifted", BLOCKS), ("mirrored", BLOCKS[2:]))
        for planted in numbers
    },
    seeds=5,
)
def planted_duplicates(seeds: list[int], change: str, planted: int) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 128, 30 epochs on 48,000 images; copies take others' places."""
    data, scores = load(), []
    labels = data.test_labels("what copies of test images are worth (recorded: planted-duplicates)")
    for seed in seeds:
        rng = np.random.default_rng(seed)
        # The order depends on the seed alone, so that cases can be compared image by image.
        order, replaced = rng.permutation(len(labels)), rng.permutation(len(data.train_labels))
        own, places = order[:planted], replaced[:planted]
        x, y = data.train_images.copy(), data.train_labels.copy()
        x[places], y[places] = changed(data.test_images[own], change, rng), labels[own]
        watch = RightInBlocks(scale(data.test_images[order]), labels[order])
        repeat(
            lambda: dense(128),
            scale(x),
            y,
            seeds=[seed],
            batch_size=128,
            epochs=KEPT[-1],
            callbacks=lambda watch=watch: [watch],
            verbose=False,
        )
        scores.append(watch.scores)
    return {"accuracy": scores}


def changed(images: np.ndarray, change: str, rng: np.random.Generator) -> np.ndarray:
    """Copies as they are, mirrored, or moved by one pixel in one of eight directions."""
    if change == "exact":
        return images
    if change == "mirrored":
        return images[:, :, ::-1]
    steps = [(dy, dx) for dy in (0, 1, 2) for dx in (0, 1, 2) if (dy, dx) != (1, 1)]
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    chosen = rng.integers(len(steps), size=len(images))
    return np.array(
        [
            image[dy : dy + 28, dx : dx + 28]
            for image, (dy, dx) in zip(framed, np.array(steps)[chosen], strict=True)
        ]
    ).reshape(images.shape)


class RightInBlocks(keras.callbacks.Callback):
    """Share of right answers in each block of test images, after each of the epochs in KEPT."""

    def __init__(self, images: np.ndarray, labels: Sequence[int]) -> None:
        super().__init__()
        self.images, self.labels, self.scores = images, labels, []

    def on_epoch_end(self, epoch, logs=None) -> None:
        if epoch + 1 in KEPT:
            answers = self.model.predict(self.images, batch_size=2000, verbose=0).argmax(axis=1)
            blocks = np.split(answers == self.labels, BLOCKS[:-1])
            self.scores.append([float(block.mean()) for block in blocks])


# --- Counts, calculations and identities, for which little or nothing is trained ---

PUBLISHED_SEED = 42  # of the series' splits


@experiment(
    cases={"this book's fit": {"loop": "fit"}, "Keras's model.fit": {"loop": "model.fit"}},
    seeds=range(1000, 1005),
)
def held_out_or_not(seeds: list[int], loop: str) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 128, 3 epochs on 48,000 images, a fifth held out or not."""
    data = load()
    x, y = scale(data.full_images), data.full_labels

    def weights(seed: int, rows: int, **held_out: float) -> list[np.ndarray]:
        keras.utils.set_random_seed(seed)
        model = dense(128)
        settings = {"batch_size": 128, "epochs": 3, **held_out}
        if loop == "fit":
            fit(model, x[:rows], y[:rows], verbose=False, **settings)
        else:
            model.fit(x[:rows], y[:rows], verbose=0, **settings)
        return model.get_weights()

    apart = []
    for seed in seeds:
        watched = weights(seed, 60_000, validation_split=0.2)
        alone = weights(seed, 48_000)
        apart.append(max(np.abs(a - b).max() for a, b in zip(watched, alone, strict=True)))
    return {"largest_difference": apart}


@experiment(
    cases={"a random fifth of 70,000": {"network_seed": 1000}},
    seeds=range(1000, 2000),
    seeds_per_job=1000,
)
def class_shares(seeds: list[int], network_seed: int) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 128, 5 epochs on 48,000 images; each seed draws a split.

    "effect": by how much the split's shares of the classes move the accuracy of a network with
    the recalls of this one; "farthest": images by which a class strays most from 1,400.
    """
    data, (x, held_out) = load(), common.images()
    keras.utils.set_random_seed(network_seed)
    model = dense(128)
    fit(model, x, data.train_labels, batch_size=128, epochs=5, verbose=False)
    right = model.predict(held_out, 1000, verbose=0).argmax(axis=1) == data.validation_labels
    recall = np.array([right[data.validation_labels == c].mean() for c in range(10)])
    pooled = np.repeat(np.arange(10), 7000)  # which image is which does not matter here
    counts = np.array(
        [
            np.bincount(train_test_split(pooled, test_size=0.2, random_state=seed)[1], minlength=10)
            for seed in seeds
        ]
    )
    return {
        "effect": counts @ recall / counts.sum(axis=1) - recall.mean(),
        "farthest": np.abs(counts - 1400).max(axis=1),
    }


@experiment(cases={"validation_split=0.2": {"share": 0.2}}, seeds=1)
def validation_rows(seeds: list[int], share: float) -> dict[str, Any]:
    """Which rows Keras holds out: of ten numbered ones, and the classes in those of the series.

    "mean_of_ten": the mean of the rows held out among 0 … 9; "classes": images of each class that
    are held out after the series' split of all 70,000 images, which shuffles them.
    """

    def label(y_true: Any, y_pred: Any) -> Any:
        return y_true

    numbered = np.arange(10.0).reshape(10, 1)
    (_, y), _ = parts("pooled", "random", PUBLISHED_SEED)
    results = {"mean_of_ten": [], "classes": []}
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        tiny = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        tiny.compile("sgd", "mse", metrics=[label])
        shown = tiny.fit(numbered, numbered, validation_split=share, verbose=0)
        results["mean_of_ten"].append(shown.history["val_label"][0])
        results["classes"].append(np.bincount(y[int(len(y) * (1 - share)) :], minlength=10))
    return results


@experiment(cases={"random_state=42": {"random_state": PUBLISHED_SEED}}, seeds=1)
def seeded_split(seeds: list[int], random_state: int) -> dict[str, Any]:
    """train_test_split of 60,000 rows in fresh processes; 784–128–10, an epoch on 12,000 of them.

    "same_rows", "same_weights": whether two processes agree; "other_weights": whether they still do
    with another seed of training; "kept": which share of the held-out rows is held out again with
    row 0, 12,345, 30,000 or 59,999 gone.
    """
    spawn = multiprocessing.get_context("spawn")
    results = {"same_rows": [], "same_weights": [], "other_weights": [], "kept": []}
    for seed in seeds:
        found = []
        for training_seed in (seed, seed, seed + 1):
            with ProcessPoolExecutor(1, mp_context=spawn) as process:
                found.append(process.submit(of_process, random_state, training_seed).result())
        (rows, weights), (rows_again, weights_again), (_, other) = found
        results["same_rows"].append(float(rows == rows_again))
        results["same_weights"].append(float(weights == weights_again))
        results["other_weights"].append(float(weights == other))
        before = held_out_rows(np.arange(60_000), random_state)
        results["kept"].append(
            [
                np.isin(
                    held_out_rows(np.delete(np.arange(60_000), gone), random_state), before
                ).mean()
                for gone in (0, 12_345, 30_000, 59_999)
            ]
        )
    return results


def of_process(random_state: int, seed: int) -> tuple[str, str]:
    """Hashes of the held-out rows and of the weights after an epoch on some of the others."""
    data = load()
    kept, out = train_test_split(np.arange(60_000), test_size=0.2, random_state=random_state)
    keras.utils.set_random_seed(seed)
    model = dense(128)
    chosen = kept[:12_000]
    fit(model, scale(data.full_images[chosen]), data.full_labels[chosen], verbose=False)
    weights = b"".join(w.tobytes() for w in model.get_weights())
    return hashlib.sha256(out.tobytes()).hexdigest(), hashlib.sha256(weights).hexdigest()


def held_out_rows(rows: np.ndarray, random_state: int) -> np.ndarray:
    """A fifth of the rows."""
    return train_test_split(rows, test_size=0.2, random_state=random_state)[1]
