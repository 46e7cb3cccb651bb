"""Recorded experiments of the chapter on splits (claims S2.9, S5.*)."""

import functools
import hashlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import keras
import numpy as np
from sklearn.model_selection import train_test_split

from experiments import experiment
from experiments.common import Scores, Split, in_rows, of_rows, split, train
from lessons_src.data import load, scale
from lessons_src.models import dense
from lessons_src.training import fit

PUBLISHED_SEED = 42  # of the series' splits


def pooled() -> tuple[np.ndarray, np.ndarray]:
    """All 70,000 images (uint8) and labels, as the series puts them together."""
    data = load()
    labels = data.test_labels("splits of all 70,000 images (recorded: hold-outs, validation-rows)")
    return (
        np.concatenate([data.full_images, data.test_images]),
        np.concatenate([data.full_labels, labels]),
    )


# --- Which images score ----------------------------------------------------------


def of_pooled(seed: int) -> Split:
    """A random fifth of all 70,000 held out, without looking at the classes."""
    x, y = pooled()
    kept, held = train_test_split(np.arange(len(y)), test_size=0.2, random_state=seed)
    return Split(scale(x[kept]), y[kept], scale(x[held]), y[held])


def official(seed: int) -> Split:
    """The official training and test images, whatever the seed."""
    data = load()
    labels = data.test_labels("compare a pooled split with the official one (recorded: hold-outs)")
    return Split(scale(data.full_images), data.full_labels, scale(data.test_images), labels)


SCORED_ON = {"pooled": of_pooled, "official": official, "validation": split}


@experiment(cases={name: {"held_out": name} for name in SCORED_ON}, also=SCORED_ON)
def hold_outs(seeds: list[int], held_out: str) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 128, 5 epochs on all images that are not held out.

    Scored on a random fifth of the 70,000, on the official test images, or on our own validation
    images; in that case the test images score each epoch, too ("test_accuracy_curve").
    """
    if held_out != "validation":
        return train(lambda: dense(128), seeds, data=SCORED_ON[held_out], batch_size=128, epochs=5)
    test, watched = official(0), []

    def watch(own: Split) -> list[keras.callbacks.Callback]:
        watched.append(Scores(test.held_x, test.held_y))
        return watched[-1:]

    results = train(lambda: dense(128), seeds, callbacks=watch, batch_size=128, epochs=5)
    return results | {"test_accuracy_curve": in_rows([one.accuracy for one in watched])}


# --- The last fifth, which Keras takes ---------------------------------------------

FIFTHS = 39


def fifth(number: int, held_out: str) -> Split:
    """The official 60,000 with a fifth held out: the last one, or the random one of this number.

    "Sorted" has the images in the order of their classes, and holds out the last fifth.
    """
    labels = load().full_labels
    kept = len(labels) * 4 // 5
    if held_out == "random":
        rows = np.random.default_rng(number % FIFTHS).permutation(len(labels))
    else:
        rows = labels.argsort(kind="stable") if held_out == "sorted" else np.arange(len(labels))
    return of_rows(rows[:kept], rows[kept:])


@experiment(
    cases={
        "last fifth": {"held_out": "last", "fifths": 1},
        "random fifths": {"held_out": "random", "fifths": FIFTHS},
        "sorted, last fifth": {"held_out": "sorted", "fifths": 1},
    },
    seeds=5,
    seeds_per_job=1,
)
def last_fifth(seeds: list[int], held_out: str, fifths: int) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 128, 5 epochs on four fifths of the official 60,000 images.

    The random fifths are the same for all seeds; each network has first weights of its own. The
    curves have the shape (seeds, fifths, epochs), the final scores (seeds, fifths).
    """
    numbers = [seed * FIFTHS + number for seed in seeds for number in range(fifths)]
    found = train(
        lambda: dense(128),
        numbers,
        data=functools.partial(fifth, held_out=held_out),
        batch_size=128,
        epochs=5,
    )
    shape = (len(seeds), fifths)
    return {name: values.reshape(*shape, *values.shape[1:]) for name, values in found.items()}


@experiment(cases={"validation_split=0.2": {"share": 0.2}}, seeds=1)
def validation_rows(seeds: list[int], share: float) -> dict[str, Any]:
    """Which rows Keras holds out: of ten numbered ones, and the classes in those of the series.

    "mean_of_ten": the mean of the rows held out among 0 … 9; "classes": images of each class that
    are held out after the series' split of all 70,000 images, which shuffles them.
    """

    def label(y_true: Any, y_pred: Any) -> Any:
        return y_true

    numbered = np.arange(10.0).reshape(10, 1)
    y, _ = train_test_split(pooled()[1], test_size=0.2, random_state=PUBLISHED_SEED)
    results = {"mean_of_ten": [], "classes": []}
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        tiny = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        tiny.compile("sgd", "mse", metrics=[label])
        shown = tiny.fit(numbered, numbered, validation_split=share, verbose=0)
        results["mean_of_ten"].append(shown.history["val_label"][0])
        results["classes"].append(np.bincount(y[int(len(y) * (1 - share)) :], minlength=10))
    return results


# --- Copies of held-out images among the training images ----------------------------


def changed(images: np.ndarray, copies: str, rng: np.random.Generator) -> np.ndarray:
    """Copies as they are, mirrored, or moved by one pixel in one of eight directions."""
    if copies == "exact":
        return images
    if copies == "mirrored":
        return images[:, :, ::-1]
    steps = [(dy, dx) for dy in (0, 1, 2) for dx in (0, 1, 2) if (dy, dx) != (1, 1)]
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    chosen = rng.integers(len(steps), size=len(images))
    moved = [
        image[dy : dy + 28, dx : dx + 28]
        for image, (dy, dx) in zip(framed, np.array(steps)[chosen], strict=True)
    ]
    return np.array(moved)


def with_copies(seed: int, copies: str) -> Split:
    """The seed's split, copies of the first half of the held-out images in others' places."""
    own = split(seed)
    if copies == "none":
        return own
    half, rng = len(own.held_x) // 2, np.random.default_rng(seed)
    places, x, y = rng.permutation(len(own.x))[:half], own.x.copy(), own.y.copy()
    x[places], y[places] = changed(own.held_x[:half], copies, rng), own.held_y[:half]
    return own._replace(x=x, y=y)


@experiment(
    cases={copies: {"copies": copies} for copies in ("none", "exact", "shifted", "mirrored")},
    seeds=5,
)
def planted_duplicates(seeds: list[int], copies: str) -> dict[str, Any]:
    """784–128–10, ReLU, Adam, batch 128, 30 epochs; half of the held-out images have copies.

    Copies of the first half of the held-out images take the places of 6,000 of the 48,000 training
    images; the second half has none.
    """
    return train(
        lambda: dense(128),
        seeds,
        data=functools.partial(with_copies, copies=copies),
        halves=True,
        curves=("val_accuracy",),
        batch_size=128,
        epochs=30,
    )


# --- Counts, calculations and identities, for which little or nothing is trained ------


@experiment(
    cases={"this book's fit": {"loop": "fit"}, "Keras's model.fit": {"loop": "model.fit"}},
    seeds=5,
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
    own = split(network_seed)
    keras.utils.set_random_seed(network_seed)
    model = dense(128)
    fit(model, own.x, own.y, batch_size=128, epochs=5, verbose=False)
    right = model.predict(own.held_x, 1000, verbose=0).argmax(axis=1) == own.held_y
    recall = np.array([right[own.held_y == c].mean() for c in range(10)])
    labels = np.repeat(np.arange(10), 7000)  # which image is which does not matter here
    counts = np.array(
        [
            np.bincount(train_test_split(labels, test_size=0.2, random_state=seed)[1], minlength=10)
            for seed in seeds
        ]
    )
    return {
        "effect": counts @ recall / counts.sum(axis=1) - recall.mean(),
        "farthest": np.abs(counts - 1400).max(axis=1),
    }


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
