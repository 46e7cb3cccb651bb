"""Recorded experiments of the chapter on trial and error (claims S8.1, S8.4, S8.7)."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from experiments import experiment
from experiments.common import images
from lessons_src.data import load, scale
from lessons_src.models import classifier
from lessons_src.training import fit

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]

EPOCHS = 25
LONG = 120
SCORED = (1, 2, 3, 5, 7, 10, 15, 20, 25, 60, LONG)  # epochs after which training images are
SAMPLE = 12_000  # scored, and how many of them at most: as many as there are validation images


def unchanged(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The images themselves."""
    return x


def shifted(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each image where it was, or moved by one pixel in one of eight directions."""
    moved, here = np.zeros_like(x), {-1: slice(1, None), 0: slice(None), 1: slice(-1)}
    # Every ninth image goes the same way: copying slices is much faster than picking rows.
    for i, place in enumerate(rng.permutation(9)):
        down, right = place // 3 - 1, place % 3 - 1
        moved[i::9, here[-down], here[-right]] = x[i::9, here[down], here[right]]
    return moved


def mirrored(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every second image, by chance, turned from left to right."""
    return np.where(rng.random((len(x), 1, 1)) < 0.5, x[:, :, ::-1], x)


CHANGES = {"unchanged": unchanged, "shifted": shifted, "mirrored": mirrored}


@experiment(
    cases={
        "none": {},
        "dropout 0.2": {"dropout": 0.2},
        "dropout 0.5": {"dropout": 0.5},
        "L2 0.0001": {"l2": 1e-4},
        "L2 0.001": {"l2": 1e-3},
        "shifted": {"change": "shifted"},
        "mirrored": {"change": "mirrored"},
        "12,000 images": {"kept": 12_000},
        "3,000 images": {"kept": 3000},
    },
    seeds=5,
)
def cures(seeds: list[int], dropout: float = 0.0, l2: float = 0.0, **case: Any) -> dict[str, Any]:
    """784–128–128–10, ReLU, Adam, batch 128; 25 epochs, each of 48,000 images shown."""
    return histories(seeds, lambda: network(128, 128, dropout=dropout, l2=l2), **case)


@experiment(
    # The fewest weights, where overfitting comes last, if it comes.
    cases={"3,000 images": {"kept": 3000}, "48,000 images": {"kept": 48_000}},
    seeds=5,
)
def overfitting(seeds: list[int], kept: int) -> dict[str, Any]:
    """784–16–10, ReLU, Adam, batch 128; 120 epochs, each of 48,000 images shown."""
    return histories(seeds, lambda: network(16), kept, epochs=LONG)


def network(*units: int, dropout: float = 0.0, l2: float = 0.0) -> keras.Model:
    """Hidden layers with dropout behind each and a penalty on the weights of each, if wanted."""
    hidden = []
    for n in units:
        penalty = keras.regularizers.L2(l2) if l2 else None
        hidden.append(layers.Dense(n, activation="relu", kernel_regularizer=penalty))
        if dropout:
            hidden.append(layers.Dropout(dropout))
    return classifier(layers.Input((28, 28)), layers.Flatten(), *hidden)


def histories(
    seeds: list[int],
    build: Callable[[], keras.Model],
    kept: int = 48_000,
    change: str = "unchanged",
    epochs: int = EPOCHS,
) -> dict[str, Any]:
    """Train on `kept` images; fewer of them are shown several times in an epoch.

    So the cases differ in what the steps see and not in how many steps there are.

    Returns:
        By seed, curves of loss and accuracy on the validation images (all epochs) and on training
        images as they are (the epochs in SCORED), and the accuracy on the test images of the last
        network and of the one with the lowest validation loss. No loss includes the L2 penalty.
    """
    model = build()  # compiled once for all seeds, which start it afresh
    runs = [history(seed, model, build, kept, CHANGES[change], epochs) for seed in seeds]
    return {name: np.array([run[name] for run in runs]) for name in runs[0]}


def history(
    seed: int,
    model: keras.Model,
    build: Callable[[], keras.Model],
    kept: int,
    change: Change,
    epochs: int,
) -> dict[str, Any]:
    """One run of `histories`: the compiled model, trained from the start of a fresh one."""
    data, (train_x, held_out) = load(), images()
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(train_x))[:kept]
    shown, sample = np.resize(order, len(train_x)), order[:SAMPLE]
    x, y = train_x[shown], data.train_labels[shown]

    keras.utils.set_random_seed(seed)
    fresh = build()
    for built in (model, fresh):
        built.optimizer.build(built.trainable_variables)
    for old, new in ((model, fresh), (model.optimizer, fresh.optimizer)):
        for variable, value in zip(old.variables, new.variables, strict=True):
            variable.assign(value)

    curves = {name: [] for name in ("val_loss", "val_accuracy", "train_loss", "train_accuracy")}
    for epoch in range(1, epochs + 1):
        logs = fit(
            model,
            change(x, rng),
            y,
            batch_size=128,
            validation_data=(held_out, data.validation_labels),
            verbose=False,
        ).history
        # Keras's loss is the crossentropy and the penalty, which is no part of the fit.
        penalty = float(sum(model.losses))
        curves["val_loss"].append(logs["val_loss"][0] - penalty)
        curves["val_accuracy"].append(logs["val_accuracy"][0])
        if curves["val_loss"][-1] == min(curves["val_loss"]):
            best = model.get_weights()
        if epoch in SCORED:
            loss, accuracy = model.evaluate(
                train_x[sample], data.train_labels[sample], batch_size=1000, verbose=0
            )
            curves["train_loss"].append(loss - penalty)
            curves["train_accuracy"].append(accuracy)

    def test_accuracy() -> float:
        labels = data.test_labels("what overfitting and its cures are worth (recorded)")
        return model.evaluate(scale(data.test_images), labels, batch_size=1000, verbose=0)[1]

    last = test_accuracy()
    model.set_weights(best)
    kept_curves = {f"{name}_curve": np.round(values, 4) for name, values in curves.items()}
    return {**kept_curves, "test_accuracy": last, "best_test_accuracy": test_accuracy()}
