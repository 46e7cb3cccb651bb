"""Ten training runs with one planted fault each, for the clinic of the chapter on trial and error.

`train` is the healthy procedure. Each patient is that procedure with one thing changed, so that its
cure is the healthy run. To diagnose them first, do not read on below it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from lessons_src.data import load, scale
from lessons_src.models import dense
from lessons_src.settings import choose

SPARSE = "sparse_categorical_crossentropy"
Pixels = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Chart:
    """What is seen of a run: Keras's history by name, and scores.

    `fresh` is the accuracy on 8,000 images that no patient trains on or is watched with, `answers`
    the number of classes that it answers there, `confidence` its mean largest probability.
    """

    first_loss: float  # before the first step
    history: dict[str, list[float]]
    fresh: float
    answers: int
    confidence: float

    def row(self) -> dict[str, float]:
        """A line of a table: the last value of each curve, and the rest."""
        last = {name: values[-1] for name, values in self.history.items()}
        return {
            "loss before": self.first_loss,
            "loss": last["loss"],
            "training": last["accuracy"],
            "validation": last["val_accuracy"],
            "fresh": self.fresh,
            "answers": self.answers,
            "confidence": self.confidence,
        }


def train(
    network: Callable[[], keras.Model] = lambda: dense(128),
    *,
    optimizer: str | keras.optimizers.Optimizer = "adam",
    loss: str | Callable = SPARSE,
    pixels: Pixels = scale,
    new_pixels: Pixels | None = None,
    labels: Callable[[np.ndarray], np.ndarray] = np.asarray,
    extra: tuple[np.ndarray, np.ndarray] | None = None,
    seed: int = 0,
) -> Chart:
    """Train on the first 24,000 training images, 8 epochs, and chart the run; quick, 6,000 and 2.

    Args:
        network: makes the network, 784–128–10 with ReLU unless told; it is compiled here.
        pixels: applied to all images; `new_pixels`, if any, to those that are predicted later.
        labels: applied to the training labels.
        extra: images and labels, the first of which take the place of the last half trained on.
    """
    keras.utils.set_random_seed(seed)
    data, model = load(), network()
    kept, epochs = choose(24_000, 6_000), choose(8, 2)
    x, y = data.train_images[:kept], labels(data.train_labels[:kept])
    if extra:
        half = kept // 2
        x, y = (np.concatenate([a[:half], b[:half]]) for a, b in zip((x, y), extra, strict=True))
    x, held_out = pixels(x), (pixels(data.validation_images), data.validation_labels)
    # XLA takes longer to compile a few short epochs than it saves.
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    first = model.evaluate(x, y, batch_size=2000, verbose=0)[0]
    run = model.fit(
        x, y, 256, epochs, validation_data=held_out, validation_batch_size=2000, verbose=0
    )
    answers = np.array(model((new_pixels or pixels)(data.train_images[-8000:])))
    given = answers.argmax(axis=1)
    return Chart(
        first_loss=float(first),
        history=run.history,
        fresh=float((given == data.train_labels[-8000:]).mean()),
        answers=len(set(given)),
        confidence=float(answers.max(axis=1).mean()),
    )


# --- The patients: one changed thing each -----------------------------------------------------


def patient_a() -> Chart:
    return train(pixels=lambda images: images.astype("float32"))


def patient_b() -> Chart:
    return train(optimizer=keras.optimizers.Adam(1e-7))


def patient_c() -> Chart:
    low = keras.initializers.Constant(-50)
    hidden = layers.Dense(128, activation="relu", bias_initializer=low)
    last = layers.Dense(10, activation="softmax")
    return train(lambda: keras.Sequential([layers.Flatten(), hidden, last]))


def patient_d() -> Chart:
    return train(labels=np.random.default_rng(0).permutation)


def patient_e() -> Chart:
    return train(optimizer=keras.optimizers.Adam(100.0))


def patient_f() -> Chart:
    return train(lambda: keras.Sequential([dense(128), layers.Softmax()]))


def patient_g() -> Chart:
    return train(lambda: dense(128, activation="linear"))


def patient_h() -> Chart:
    def loss(labels, answers):
        return keras.losses.mean_squared_error(labels[:, None], answers)

    return train(loss=loss)


def patient_i() -> Chart:
    data = load()
    return train(extra=(data.validation_images, data.validation_labels))


def patient_j() -> Chart:
    def from_minus_one_to_one(images: np.ndarray) -> np.ndarray:
        return images.astype("float32") / 127.5 - 1

    return train(new_pixels=from_minus_one_to_one)
