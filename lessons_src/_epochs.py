"""Epochs as programs: the loop over the batches compiled together with the model's own step.

Optimiser, loss, metrics and regularisers are Keras's own.
"""

import functools
import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any, Literal
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from keras import layers

Path = Literal["compiled epoch", "graph epoch", "model.fit"]
Logs = dict[str, float]

# A program for each model is what we want; TensorFlow suspects a loop that forgot to reuse one.
tf.get_logger().addFilter(lambda r: "triggered tf.function retracing" not in r.getMessage())

# Layers whose epoch XLA was measured to speed up. Any other (convolutions lose under XLA, whose
# kernels for them are slower on a CPU than TensorFlow's own) takes the loop without XLA.
FAST_UNDER_XLA = (
    layers.InputLayer,
    layers.Flatten,
    layers.Reshape,
    layers.Rescaling,
    layers.Dense,
    layers.Activation,
    layers.ReLU,
    layers.LeakyReLU,
    layers.ELU,
    layers.PReLU,
    layers.Softmax,
    layers.BatchNormalization,
    layers.LayerNormalization,
    layers.Dropout,
)

# A model that defines one of these decides by itself what a step is, and what it reports.
OWN_STEPS = ("train_step", "test_step", "make_train_function", "make_test_function")
EVERY_BATCH = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
EVERY_BATCH += ("on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end")


def path_of(
    model: keras.Model,
    callbacks: Iterable[keras.callbacks.Callback],
    jit_compile: bool | None,
) -> Path:
    """Which loop a model takes with these callbacks; `jit_compile` as in `training.fit`."""
    if (
        model.run_eagerly
        or any(_has(callback, *EVERY_BATCH) for callback in callbacks)
        or _has(model, *OWN_STEPS)
    ):
        return "model.fit"
    if jit_compile is None:
        jit_compile = model.jit_compile or all(
            type(layer) in FAST_UNDER_XLA for layer in layers_of(model)
        )
    return "compiled epoch" if jit_compile else "graph epoch"


def _has(thing: Any, *methods: str) -> bool:
    """Whether a model or callback has one of these methods of its own, by class or by itself."""
    plain = keras.Model if isinstance(thing, keras.Model) else keras.callbacks.Callback
    return any(
        getattr(getattr(thing, method), "__func__", None) is not getattr(plain, method)
        for method in methods
    )


def layers_of(model: keras.Model) -> list[keras.Layer]:
    """All layers, those of models within the model included, and not those models themselves."""
    found = model._flatten_layers(include_self=False, recursive=True)
    return [layer for layer in found if not isinstance(layer, keras.Model)]


def in_words(error: Exception) -> str:
    """What Keras or TensorFlow says, in one line, without the names that it has for its parts."""
    told = re.sub(r"\{\{[^}]*\}\}|\[Op:\w+\] name:.*", "", " ".join(str(error).split()))
    return " ".join(told.split())[:300]


class Program:
    """The compiled training and test epochs of one model, as it was last compiled."""

    def __init__(self, model: keras.Model, x: np.ndarray, y: np.ndarray, use_xla: bool):
        # Every variable must exist before tracing: weights, optimiser state and metrics. This is
        # also where Keras is asked whether the loss and the metrics take these data.
        try:
            model.test_step((x[:1], y[:1]))
        except (ValueError, TypeError, tf.errors.OpError) as error:
            raise ValueError(
                f"the model's loss or metrics do not take x of shape {tuple(x.shape)} with y of "
                f"shape {tuple(y.shape)}: {in_words(error)}"
            ) from error
        model.optimizer.build(model.trainable_variables)
        self.model = model
        self.parts = _parts(model)
        self.wished = use_xla
        self._compile(use_xla)
        # Scoring is a single pass, which XLA takes longer to compile than it saves.
        self.test_epoch = tf.function(self._test_epoch, autograph=False)

    def _compile(self, use_xla: bool) -> None:
        self.path: Path = "compiled epoch" if use_xla else "graph epoch"
        self.train_epoch = tf.function(self._train_epoch, jit_compile=use_xla, autograph=False)

    def train(
        self, arrays: tuple[tf.Tensor, ...], batch_size: int, rng: np.random.Generator | None
    ) -> Logs:
        if rng:
            # One gather for the epoch, and outside XLA, which copies rows one after another.
            order = tf.constant(rng.permutation(len(arrays[0])), tf.int32)
            arrays = tuple(tf.gather(array, order) for array in arrays)
        self.model.reset_metrics()
        try:
            self.train_epoch(arrays, batch_size)
        except tf.errors.OpError as error:
            if self.path != "compiled epoch":
                raise
            # It is compiled as a whole before its first step, so nothing has been trained yet.
            warnings.warn(
                f"XLA does not compile this model, which is trained without it, more slowly: "
                f"{str(error).strip().splitlines()[0][:200]}",
                stacklevel=4,
            )
            self._compile(False)
            self.train_epoch(arrays, batch_size)
        return self._logs()

    def test(self, arrays: tuple[tf.Tensor, ...], batch_size: int) -> Logs:
        self.model.reset_metrics()
        # Means over rows do not depend on the batches, and large ones have the fewest steps.
        self.test_epoch(arrays, min(1000, len(arrays[0])) if _means(self.model) else batch_size)
        return self._logs()

    def _train_epoch(self, arrays: tuple[tf.Tensor, ...], batch_size: int) -> None:
        with _philox_dropout():
            _for_each_batch(self.model.train_step, arrays, batch_size)

    def _test_epoch(self, arrays: tuple[tf.Tensor, ...], batch_size: int) -> None:
        _for_each_batch(self.model.test_step, arrays, batch_size)

    def _logs(self) -> Logs:
        # A metric may be an array, such as the F1 score of each class.
        results = {k: np.asarray(v) for k, v in self.model.get_metrics_result().items()}
        return {name: float(v) if v.ndim == 0 else v for name, v in results.items()}


def _means(model: keras.Model) -> bool:
    """Whether loss and metrics are Keras's own, and means over rows; of others nothing is known."""
    loss, known = model.loss, True
    for made in model._compile_metrics.metrics if model._compile_metrics else ():
        known &= "keras" in (getattr(made, "_fn", None) or type(made)).__module__.split(".")
    return (
        known
        and (isinstance(loss, str) or "keras" in getattr(loss, "__module__", "").split("."))
        and getattr(loss, "reduction", "sum_over_batch_size") == "sum_over_batch_size"
        and getattr(loss, "ignore_class", None) is None
    )


def _for_each_batch(step: Callable, arrays: tuple[tf.Tensor, ...], batch_size: int) -> None:
    """Call `step` on slices of `batch_size` rows, and on the rows that remain."""
    rows = arrays[0].shape[0]

    def one(i: tf.Tensor) -> tuple[tf.Tensor]:
        # The size is spelt out since XLA needs to know it when it compiles.
        step(
            tuple(
                tf.slice(a, [i * batch_size] + [0] * (len(a.shape) - 1), [batch_size, *a.shape[1:]])
                for a in arrays
            )
        )
        return (i + 1,)

    steps, rest = divmod(rows, batch_size)
    if steps:
        tf.while_loop(lambda i: i < steps, one, [tf.constant(0)], parallel_iterations=1)
    if rest:
        step(tuple(a[rows - rest :] for a in arrays))


def _philox_dropout():
    """Let Dropout name the generator of its masks, Philox, while an epoch is traced.

    Keras leaves the choice to TensorFlow, and the one that XLA makes by itself is some ten times
    slower on a CPU. The masks come from the layer's own seed and rate either way; they are not
    the ones that `model.fit` would draw, since XLA counts through the generator in another order.
    """
    draw = functools.partial(tf.nn.experimental.stateless_dropout, rng_alg="philox")
    return mock.patch.object(tf.nn.experimental, "stateless_dropout", draw)


def program_of(model: keras.Model, x: np.ndarray, y: np.ndarray, use_xla: bool) -> Program:
    """The model's program, made anew only after another `compile`."""
    program, parts = getattr(model, "_lessons_program", None), _parts(model)
    if (
        program is None
        or len(program.parts) != len(parts)
        or any(old is not new for old, new in zip(program.parts, parts, strict=True))
        or program.wished != use_xla
    ):
        program = model._lessons_program = Program(model, x, y, use_xla)
    return program


def _parts(model: keras.Model) -> list[Any]:
    """What the program was traced with and `compile` or a frozen layer may have replaced."""
    return [model.optimizer, *model.metrics, *model.trainable_variables]


def tensors(*arrays: Any) -> tuple[tf.Tensor, ...]:
    """Arrays as TensorFlow takes them; a tensor is left as it is."""
    return tuple(tf.convert_to_tensor(array) for array in arrays)
