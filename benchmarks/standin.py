"""Draw the stand-in wardrobe in full and compare it with what the book asks of it.

    python -m benchmarks.standin [--seed 0] [--init-seeds 0 1] [--threads 2]

Prints a table, and ends with status 1 if anything is out of its band. Recipes, all on pixels / 255
of the 60,000 training images, scored on the 10,000 test images:

- logistic regression: scikit-learn's, L-BFGS stopped after 100 iterations, C = 1;
- dense network: 784-128(relu)-10(softmax), Adam at 0.001, 10 epochs, batches of 32;
- convolutional network: Conv2D(32, 3x3, relu), MaxPooling2D(2x2), Flatten, Dense(128, relu),
  Dense(10, softmax), Adam at 0.001, 5 epochs, batches of 64.

The networks are trained once for each initialisation seed; every one of them must be in the band.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lessons_src import standin

CLASSES = list(standin.GARMENTS)
UPPER_GARMENTS = [CLASSES.index(c) for c in ("T-shirt/top", "Pullover", "Dress", "Coat", "Shirt")]


class Requirement(NamedTuple):
    """A quantity, the band that it must lie in, and what was measured, once for each seed."""

    name: str
    low: float
    high: float
    measured: Sequence[float]

    @property
    def met(self) -> bool:
        return all(self.low <= value <= self.high for value in self.measured)


def logistic_predictions(x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Labels that logistic regression gives the test images; `x` is (n, 784) in 0 to 1."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the recipe stops before that
        return LogisticRegression(max_iter=100).fit(x, y).predict(x_test)


def network_predictions(
    x: np.ndarray, y: np.ndarray, x_test: np.ndarray, seed: int, convolutional: bool
) -> np.ndarray:
    """Labels that a freshly trained network gives the test images; `x` is (n, 28, 28, 1)."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    front = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D()]
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *(front if convolutional else []),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy")
    epochs, batch_size = (5, 64) if convolutional else (10, 32)
    model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0)
    return model.predict(x_test, batch_size=1000, verbose=0).argmax(axis=1)


def share_among_upper_garments(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Share of the errors whose true and predicted class are both upper garments."""
    wrong = labels != predicted
    within = np.isin(labels, UPPER_GARMENTS) & np.isin(predicted, UPPER_GARMENTS)
    return float((wrong & within).sum() / wrong.sum())


def recall(labels: np.ndarray, predicted: np.ndarray, name: str) -> float:
    """Share of the images of one class that are recognised."""
    return float((predicted[labels == CLASSES.index(name)] == CLASSES.index(name)).mean())


def repeated_images(wardrobe: standin.Wardrobe) -> int:
    """How many of all the images, of both splits, are copies of another."""
    images = np.concatenate([wardrobe.train_images, wardrobe.test_images])
    return len(images) - len({image.tobytes() for image in images})


def calibrate(wardrobe: standin.Wardrobe, init_seeds: Sequence[int]) -> list[Requirement]:
    """Train the three models and hold their results against the bands."""
    x, x_test = (
        images[..., None].astype(np.float32) / 255
        for images in (wardrobe.train_images, wardrobe.test_images)
    )
    y, y_test = wardrobe.train_labels, wardrobe.test_labels
    linear = logistic_predictions(x.reshape(len(x), -1), y, x_test.reshape(len(x_test), -1))
    dense = [network_predictions(x, y, x_test, seed, convolutional=False) for seed in init_seeds]
    convolutional = [network_predictions(x, y, x_test, s, convolutional=True) for s in init_seeds]

    def accuracy(predicted: np.ndarray) -> float:
        return float((predicted == y_test).mean())

    gains = [accuracy(p) - accuracy(linear) for p in dense]
    further = [accuracy(c) - accuracy(d) for c, d in zip(convolutional, dense, strict=True)]
    shares = [share_among_upper_garments(y_test, p) for p in dense]
    return [
        Requirement("logistic regression, accuracy", 0.78, 0.87, [accuracy(linear)]),
        Requirement("dense network, accuracy", 0.83, 0.92, [accuracy(p) for p in dense]),
        Requirement("dense less logistic", 0.02, 1, gains),
        Requirement("convolutional network, accuracy", 0, 1, [accuracy(p) for p in convolutional]),
        Requirement("convolutional less dense", 0.01, 1, further),
        Requirement("dense, errors among upper garments", 0.6, 1, shares),
        *(
            Requirement(
                f"dense, recall of {name}", 0.95, 1, [recall(y_test, p, name) for p in dense]
            )
            for name in ("Trouser", "Bag")
        ),
    ]


def table(requirements: Sequence[Requirement]) -> str:
    """The requirements as aligned plain text."""
    form = "{:36} {:>14} {:>9} {:>9} {:>9}  {}"
    lines = [form.format("requirement", "band", "mean", "least", "most", "met")]
    for r in requirements:
        band = f"{r.low:g} to {r.high:g}"
        values = [f"{f(r.measured):.4f}" for f in (np.mean, min, max)]
        lines.append(form.format(r.name, band, *values, "yes" if r.met else "NO"))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 if all requirements are met, else 1."""
    parser = argparse.ArgumentParser(description="Calibration of the stand-in wardrobe.")
    parser.add_argument("--seed", type=int, default=0, help="seed of the draw")
    parser.add_argument("--init-seeds", type=int, nargs="+", default=[0, 1], help="of the networks")
    parser.add_argument("--threads", type=int, default=2, help="TensorFlow's threads")
    options = parser.parse_args(arguments)

    start, cpu_start = time.perf_counter(), time.process_time()
    wardrobe = standin.draw(seed=options.seed)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start

    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    requirements = [
        Requirement("draw, seconds", 0, 20, [seconds]),
        Requirement("draw, processor seconds", 0, 20, [cpu_seconds]),
        Requirement("repeated images", 0, 0, [repeated_images(wardrobe)]),
        *calibrate(wardrobe, options.init_seeds),
    ]
    print(
        f"Stand-in {standin.fingerprint()}, draw seed {options.seed}, "
        f"network seeds {options.init_seeds}"
    )
    print(table(requirements))
    return 0 if all(r.met for r in requirements) else 1


if __name__ == "__main__":
    sys.exit(main())
