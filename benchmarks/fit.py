"""Compare the book's `fit` with `model.fit` and with a loop in NumPy, in one run.

    python -m benchmarks.fit [--rounds 5] [--threads 2]

The sides take turns, a call of five epochs each (two for the convolutional network), over all
60,000 training images, so that whatever else the machine does falls on all of them. The table
gives the median seconds for an epoch, how many times as long the other side takes, the seconds of
each first call (which compiles) and what share of the machine's own matrix-multiply rate our
epoch reaches.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from lessons_src.data import load, scale
from lessons_src.training import fit

EPOCHS = 5


def dense(optimizer: str, rate: float = 0.0) -> keras.Model:
    dropout = [layers.Dropout(rate)] if rate else []
    return compiled(
        [layers.Flatten(), layers.Dense(128, activation="relu"), *dropout], (28, 28), optimizer
    )


def convolutional(optimizer: str) -> keras.Model:
    body = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten()]
    return compiled([*body, layers.Dense(128, activation="relu")], (28, 28, 1), optimizer)


def compiled(body: list, shape: tuple[int, ...], optimizer: str) -> keras.Model:
    model = keras.Sequential([layers.Input(shape), *body, layers.Dense(10, activation="softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


DENSE_FLOPS = 4 * 784 * 128 + 6 * 128 * 10
CONV_FLOPS = 4 * 26 * 26 * 32 * 9 + 6 * 13 * 13 * 32 * 128 + 6 * 128 * 10

#: name, model, batch size, floating-point operations for an image, the ratio to reach
CASES = [
    ("784-128-10, SGD", lambda: dense("sgd"), 32, DENSE_FLOPS, 5.0),
    ("784-128-10, Adam", lambda: dense("adam"), 32, DENSE_FLOPS, 5.0),
    ("784-128-10, SGD", lambda: dense("sgd"), 1000, DENSE_FLOPS, 2.0),
    ("784-128-10, Adam", lambda: dense("adam"), 1000, DENSE_FLOPS, 2.0),
    ("with Dropout(0.2), Adam", lambda: dense("adam", 0.2), 32, DENSE_FLOPS, 4.0),
    ("with Dropout(0.2), Adam", lambda: dense("adam", 0.2), 1000, DENSE_FLOPS, 1.5),
    ("Conv2D(32), Adam", lambda: convolutional("adam"), 32, CONV_FLOPS, 1.0),
]


class NumpyNetwork:
    """784-128-10 with ReLU, softmax and SGD or Adam, written out: what no framework costs."""

    def __init__(self, optimizer: str, seed: int = 0):
        self.rng = np.random.default_rng(seed)
        limits = [(784, 128), (128, 10)]
        weights = [self.rng.uniform(-1, 1, s) * np.sqrt(6 / sum(s)) for s in limits]
        self.parameters = [
            array.astype("float32")
            for weight in weights
            for array in (weight, np.zeros(weight.shape[1]))
        ]
        self.adam = optimizer == "adam"
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in self.parameters]
        self.steps = 0

    def epoch(self, x: np.ndarray, y: np.ndarray, batch_size: int) -> None:
        order = self.rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            self.update(self.gradients(x[rows], y[rows]))

    def gradients(self, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        w1, b1, w2, b2 = self.parameters
        hidden = np.maximum(x @ w1 + b1, 0)
        logits = hidden @ w2 + b2
        error = np.exp(logits - logits.max(axis=1, keepdims=True))
        error /= error.sum(axis=1, keepdims=True)
        error[np.arange(len(y)), y] -= 1
        error /= len(y)
        back = (error @ w2.T) * (hidden > 0)
        return [x.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]

    def update(self, gradients: list[np.ndarray]) -> None:
        self.steps += 1
        for parameter, gradient, (m, v) in zip(
            self.parameters, gradients, self.moments, strict=True
        ):
            if not self.adam:
                parameter -= 0.01 * gradient
                continue
            m += 0.1 * (gradient - m)
            v += 0.001 * (gradient**2 - v)
            rate = 0.001 * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
            parameter -= rate * m / (np.sqrt(v) + 1e-7)


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def matmul_rate() -> float:
    """The machine's own rate for a 1,024 x 1,024 product, operations in a second."""
    a = tf.random.normal((1024, 1024))
    tf.matmul(a, a)
    return 2 * 1024**3 / min(seconds(lambda: tf.matmul(a, a).numpy()) for _ in range(20))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="calls on each side (default 5)")
    parser.add_argument("--threads", type=int, help="threads for TensorFlow (default: its own)")
    arguments = parser.parse_args()
    if arguments.threads:
        tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
        tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)

    data = load()
    x, y = scale(data.full_images), data.full_labels
    flat, rate = x.reshape(len(x), 784), matmul_rate()
    print(f"{data.source_line}; {len(x):,} images; matrix product {rate / 1e9:.0f} GFLOP/s")
    print(
        f"{'network':24} {'batch':>5} {'path':14} {'fit':>7} {'model.fit':>9} {'ratio':>6} "
        f"{'wanted':>6} {'NumPy':>7} {'ratio':>6} {'first call':>15} {'of matmul':>9}"
    )
    missed = 0
    for name, build, batch_size, flops, wanted in CASES:
        ours, theirs = build(), build()
        inputs = x.reshape(-1, *ours.input_shape[1:])
        plain = NumpyNetwork("adam" if "Adam" in name else "sgd") if "784" in name else None
        common = dict(batch_size=batch_size, verbose=0)
        epochs = EPOCHS if plain or "Dropout" in name else 2  # a convolution takes its time
        sides = {
            "fit": lambda n=epochs: fit(ours, inputs, y, epochs=n, **common),  # noqa: B023
            "model.fit": lambda n=epochs: theirs.fit(inputs, y, epochs=n, **common),  # noqa: B023
        }
        first = {side: seconds(lambda run=run: run(1)) for side, run in sides.items()}
        if plain:
            sides["NumPy"] = lambda n=epochs: [
                plain.epoch(flat, y, batch_size)  # noqa: B023
                for _ in range(n)
            ]
        times = {side: [] for side in sides}
        for _ in range(arguments.rounds):
            for side, run in sides.items():
                times[side].append(seconds(run) / epochs)
        median = {side: statistics.median(values) for side, values in times.items()}
        ratio = median["model.fit"] / median["fit"]
        missed += ratio < wanted
        missed += plain is not None and median["NumPy"] < median["fit"]
        numpy = (
            f"{median['NumPy']:7.3f} {median['NumPy'] / median['fit']:5.1f}x" if plain else " " * 14
        )
        print(
            f"{name:24} {batch_size:5} {ours.history.path:14} {median['fit']:7.3f} "
            f"{median['model.fit']:9.3f} {ratio:5.1f}x {wanted:5.1f}x {numpy} "
            f"{first['fit']:6.2f} {first['model.fit']:8.2f} "
            f"{flops * len(x) / median['fit'] / rate:9.0%}",
            flush=True,
        )
    print("seconds for an epoch, medians; first call: fit, model.fit (one epoch and compiling)")
    if missed:
        raise SystemExit(f"{missed} ratio(s) below what is wanted (1 against NumPy)")


if __name__ == "__main__":
    main()
