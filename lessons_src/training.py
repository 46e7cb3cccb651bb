"""Training as `keras.Model.fit` does it, several times faster, and the same run over many seeds.

For a small dense network `model.fit` spends most of its time between the steps: 1,500 times an
epoch Python asks TensorFlow for a fifth of a millisecond of arithmetic. `fit` asks once an epoch.
The loop over the batches is compiled together with the model's own `train_step`, so optimiser,
loss, metrics and regularisers are Keras's own and equal batches give equal weights.
"""

import functools
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import ArrayLike
from tqdm import tqdm

from lessons_src import settings
from lessons_src.stats import Interval, mean_interval, prediction_interval

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


def fit(
    model: keras.Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    batch_size: int = 32,
    epochs: int = 1,
    validation_split: float = 0.0,
    validation_data: tuple[ArrayLike, ArrayLike] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] | None = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    verbose: bool | Literal["auto"] = "auto",
) -> keras.callbacks.History:
    """Train a compiled Keras model; what can be given and comes back is as in `keras.Model.fit`.

    Args:
        model: one input, one output, compiled.
        x: inputs, shape (n, *model.input_shape[1:]).
        y: class indices, shape (n,), or one-hot rows, shape (n, classes).
        batch_size: images per step; the last batch of an epoch may be smaller.
        validation_split: share of the *last* rows, before shuffling, that is held out.
        validation_data: (x, y) to score after every epoch; goes before `validation_split`.
        callbacks: Keras callbacks. One that wants to be called at every batch makes the whole
            run take Keras's own loop.
        shuffle: new order every epoch, which `keras.utils.set_random_seed` fixes.
        class_weight: weight of each class in the loss; 1 for a class that is not named.
        verbose: a progress bar; "auto" shows one in a terminal or a notebook, unless the book is
            being built.

    Returns:
        Keras's `History`, with two attributes more: `path` names the loop that ran ("compiled
        epoch", "graph epoch" or "model.fit"), `seconds` is the time that training took.

    Raises:
        ValueError: the model is not compiled, or data or arguments do not fit it. Nothing has
            been trained then.
    """
    x, y, sample_weight, validation_data = _checked(
        model, x, y, batch_size, epochs, validation_split, validation_data, class_weight
    )
    batch_size, epochs = int(batch_size), int(epochs)
    callbacks = keras.tree.flatten(callbacks or [])
    path = _path(model, callbacks)
    started = time.perf_counter()
    with _bar(epochs, "epoch", verbose) as bar:
        watched = [*callbacks, _StopAtNaN(), _Progress(bar)]
        if path == "model.fit":
            history = model.fit(
                x,
                y,
                batch_size=batch_size,
                epochs=epochs,
                validation_data=validation_data,
                callbacks=watched,
                shuffle=shuffle,
                sample_weight=sample_weight,
                verbose=0,
            )
        else:
            program = _program(model, x, y, use_xla=path == "compiled epoch")
            # Python's state, which keras.utils.set_random_seed fixes, seeds the order.
            rng = np.random.default_rng(random.getrandbits(64)) if shuffle else None
            arrays = _tensors(x, y) if sample_weight is None else _tensors(x, y, sample_weight)
            train = functools.partial(program.train, arrays, batch_size, rng)
            test = functools.partial(program.test, _tensors(*validation_data or ()), batch_size)
            steps = -(-len(arrays[0]) // batch_size)
            history = _loop(model, epochs, steps, train, test if validation_data else dict, watched)
    history.path, history.seconds = path, time.perf_counter() - started
    return history


@dataclass(frozen=True)
class Runs:
    """The same experiment over several seeds.

    Attributes:
        seeds: shape (runs,).
        history: for each of Keras's names ("loss", "val_accuracy", …) an array of shape
            (runs, epochs), NaN after the epoch in which a run stopped.
        measured: what `measure` returned, by name, each an array whose first axis is the runs.
        epochs: how many epochs each run did, shape (runs,).
        path: the loop that ran, as in `fit`.
        seconds: training time of each run, shape (runs,); the first includes the compilation.
    """

    seeds: np.ndarray
    history: dict[str, np.ndarray]
    measured: dict[str, np.ndarray]
    epochs: np.ndarray
    path: str
    seconds: np.ndarray

    def final(self, name: str) -> np.ndarray:
        """One number per run, shape (runs,): a measured value, or the last epoch that ran."""
        if name in self.measured:
            return self.measured[name]
        if name not in self.history:
            known = ", ".join([*self.measured, *self.history])
            raise KeyError(f"{name!r} was not recorded; recorded are {known}")
        # Not the last one that is a number: a run that diverged has to be seen as such.
        return self.history[name][np.arange(len(self.seeds)), self.epochs - 1]

    def mean(self, name: str) -> Interval:
        """Mean of `final(name)` over the seeds, with Student's t interval."""
        return mean_interval(self.final(name))

    def prediction(self, name: str) -> Interval:
        """Where one further run's `final(name)` lands, at 95 %."""
        return prediction_interval(self.final(name))


def repeat(
    build: Callable[[], keras.Model],
    x: ArrayLike,
    y: ArrayLike,
    *,
    seeds: Sequence[int],
    measure: Callable[[keras.Model], Mapping[str, Any]] | None = None,
    callbacks: Callable[[], Sequence[keras.callbacks.Callback]] = tuple,
    verbose: bool | Literal["auto"] = "auto",
    **fit_arguments: Any,
) -> Runs:
    """Train the model that `build` returns once for each seed.

    The seed fixes the initial weights, the order of the batches and the dropout masks: on one
    machine, with one number of threads, equal seeds give equal numbers. (A layer of your own that
    draws random numbers must take them from a `SeedGenerator` that it holds, as Keras's do.) The
    model is compiled once, which also holds some 10 MB until Python ends; every seed trains it from
    the fresh weights and optimiser of another `build()`.

    Args:
        build: returns a new compiled model; called once for each seed.
        seeds: different whole numbers.
        measure: called with each trained model; returns named numbers or arrays to keep.
        callbacks: returns new callbacks for each run.
        fit_arguments: passed on to `fit`.

    Raises:
        ValueError: no seeds or equal ones, models that differ in shapes or settings, or what
            `fit` refuses.
    """
    seeds = [int(seed) for seed in seeds]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds is {seeds}: name at least one, each once")
    # The copies for TensorFlow are made once, and not once for each seed.
    x, y = _tensors(*map(_as_array, (x, y)))
    if fit_arguments.get("validation_data") is not None:
        held_out = map(_as_array, fit_arguments["validation_data"])
        fit_arguments["validation_data"] = _tensors(*held_out)
    model, histories, measured = None, [], []
    with _bar(len(seeds), "run", verbose) as bar:
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            fresh = build()
            _build(fresh, x)
            if model is None:
                model, settings = fresh, _settings(fresh)
            elif _settings(fresh) != settings:
                raise ValueError("build() returned models that differ; train each by itself")
            else:
                _start_afresh(model, fresh)
            histories.append(
                fit(model, x, y, callbacks=callbacks(), verbose=False, **fit_arguments)
            )
            measured.append(measure(model) if measure else {})
            bar.update()
    return Runs(
        seeds=np.array(seeds),
        history=_stack([history.history for history in histories]),
        measured={name: np.array([m[name] for m in measured]) for name in measured[0]},
        epochs=np.array([len(history.epoch) for history in histories]),
        path=histories[0].path,
        seconds=np.array([history.seconds for history in histories]),
    )


def _stack(histories: list[dict[str, list[float]]]) -> dict[str, np.ndarray]:
    epochs = max(len(history["loss"]) for history in histories)
    stacked = {
        name: np.full((len(histories), epochs, *np.shape(values[0])), np.nan)
        for name, values in histories[0].items()
    }
    for run, history in enumerate(histories):
        for name, values in history.items():
            stacked[name][run, : len(values)] = values
    return stacked


def _start_afresh(model: keras.Model, fresh: keras.Model) -> None:
    """Give the trained model the state of a new one: weights, optimiser and random seeds."""
    fresh.optimizer.build(fresh.trainable_variables)
    for old, new in ((model, fresh), (model.optimizer, fresh.optimizer)):
        for variable, value in zip(old.variables, new.variables, strict=True):
            variable.assign(value)


def _settings(model: keras.Model) -> list[Any]:
    """Shapes, and what a compiled program has built in: settings of layers, optimiser, loss."""

    def plain(value: Any) -> Any:  # without names and seeds, which differ from model to model
        if isinstance(value, Mapping):
            return {k: plain(v) for k, v in value.items() if k not in ("name", "seed")}
        if isinstance(value, list | tuple):
            return [plain(v) for v in value]
        return value if isinstance(value, str | int | float | None) else type(value).__name__

    parts = _layers(model)
    parts += [part for part in (model.optimizer, model.loss) if hasattr(part, "get_config")]
    return [
        [tuple(variable.shape) for variable in model.variables],
        model.loss if isinstance(model.loss, str) else None,
        *((type(part).__name__, plain(part.get_config())) for part in parts),
    ]


def _build(model: keras.Model, x: np.ndarray | tf.Tensor) -> None:
    """Make the weights of a model that learns its shapes from the data."""
    if model.built:
        return
    if isinstance(model, keras.Sequential):
        model.build((None, *x.shape[1:]))
    else:
        model(x[:1])


def _checked(
    model, x, y, batch_size, epochs, validation_split, validation_data, class_weight
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, tuple[np.ndarray, np.ndarray] | None]:
    """What `fit` was given, as arrays that fit the model; one clear error otherwise."""
    if not getattr(model, "compiled", False):
        raise ValueError("the model is not compiled: call model.compile(optimizer, loss) first")
    for name, value in (("batch_size", batch_size), ("epochs", epochs)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} is {value!r}: it must be a whole number of at least 1")
    if not 0 <= validation_split < 1:
        raise ValueError(f"validation_split is {validation_split}: it must lie in [0, 1)")
    x, y = _checked_arrays(model, x, y, "x", "y")
    if validation_data is not None:
        if len(validation_data) != 2:
            raise ValueError(f"validation_data has {len(validation_data)} parts: it must be (x, y)")
        validation_data = _checked_arrays(model, *validation_data, "validation x", "validation y")
    elif validation_split:
        kept = int(len(x) * (1 - validation_split))
        if kept in (0, len(x)):
            raise ValueError(
                f"validation_split={validation_split} of {len(x)} rows leaves one part empty"
            )
        validation_data = x[kept:], y[kept:]
        x, y = x[:kept], y[:kept]
    if class_weight is None:
        return x, y, None, validation_data
    classes = np.asarray(y)
    classes = classes.argmax(axis=1) if classes.shape[1:] > (1,) else classes.ravel().astype(int)
    of_class = np.array([class_weight.get(c, 1.0) for c in range(classes.max() + 1)], np.float32)
    return x, y, of_class[classes], validation_data


def _checked_arrays(model, x, y, x_name: str, y_name: str) -> tuple[np.ndarray, np.ndarray]:
    given = x, y
    for value, name in ((x, x_name), (y, y_name)):
        if isinstance(value, Mapping | tf.data.Dataset) or value is None:
            raise ValueError(f"{name} is no array: for datasets and dictionaries use model.fit")
    if isinstance(getattr(model, "input_shape", None), list | dict) or isinstance(
        getattr(model, "output_shape", None), list | dict
    ):
        raise ValueError("fit takes a model with one input and one output; use model.fit")
    x, y = _as_array(x), _as_array(y)
    if x.ndim == 0 or y.ndim == 0 or len(x) == 0 or len(x) != len(y):
        raise ValueError(
            f"{x_name} has the shape {x.shape} and {y_name} {y.shape}: as many rows, and not none"
        )
    _build(model, x)
    # A subclassed model does not know its shapes, so it is asked for an answer.
    expected = getattr(model, "input_shape", (None, *x.shape[1:]))
    if len(expected) != x.ndim or any(
        e not in (None, s) for e, s in zip(expected[1:], x.shape[1:], strict=True)
    ):
        raise ValueError(f"{x_name} has shape {x.shape}, the model takes {expected}")
    outputs = getattr(model, "output_shape", None) or tuple(model(x[:1]).shape)
    _check_labels(y, outputs[1:], model.loss, y_name)
    if not np.isfinite([x.min(), x.max()]).all():
        raise ValueError(f"{x_name} holds NaN or infinite values: clean it before training")
    return given if all(map(tf.is_tensor, given)) else (x, y)


def _as_array(values: ArrayLike) -> np.ndarray:
    """As float32 what is some float; of a tensor, its own memory and no copy."""
    values = np.asarray(values)
    return values.astype(np.float32, copy=False) if values.dtype.kind == "f" else values


def _check_labels(y: np.ndarray, outputs: tuple[int, ...], loss: Any, name: str) -> None:
    loss = loss if isinstance(loss, str) else getattr(loss, "name", str(loss))
    indices = y.shape[1:] in ((), (1,))
    if loss == "sparse_categorical_crossentropy":
        if not indices and y.shape[1:] == outputs:
            raise ValueError(
                f"{name} is one-hot, {loss} takes class indices: pass {name}.argmax(axis=1)"
            )
        _check_range(y, outputs[-1] - 1, whole=True, name=name)
    elif loss == "binary_crossentropy":
        _check_range(y, 1, whole=False, name=name)
    elif loss == "categorical_crossentropy" and indices:
        raise ValueError(
            f"{name} holds class indices, {loss} takes one-hot rows: use sparse_{loss}"
        )
    elif y.shape[1:] != outputs and not (indices and outputs == (1,)):
        raise ValueError(f"{name} has shape {y.shape}, the model gives {outputs} for each row")
    if not np.isfinite([y.min(), y.max()]).all():
        raise ValueError(f"{name} holds NaN or infinite values: clean it before training")


def _check_range(y: np.ndarray, top: int, *, whole: bool, name: str) -> None:
    fits = np.isfinite(y).all() and y.min() >= 0 and y.max() <= top
    if not fits or (whole and (y % 1 != 0).any()):
        kind = "whole numbers" if whole else "numbers"
        raise ValueError(
            f"{name} goes from {y.min()} to {y.max()}; its labels must be {kind} from 0 to {top}"
        )


def _loop(model, epochs, steps, train, test, callbacks) -> keras.callbacks.History:
    """Keras's loop over epochs, with one call for all batches of an epoch."""
    callbacks = keras.callbacks.CallbackList(
        callbacks, add_history=True, model=model, epochs=epochs, steps=steps, verbose=0
    )
    model.stop_training = False
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        logs = train()
        logs |= {f"val_{name}": value for name, value in test().items()}
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    model.optimizer.finalize_variable_values(model.trainable_variables)
    callbacks.on_train_end(logs)
    return model.history


class _Program:
    """The compiled training and test epochs of one model, as it was last compiled."""

    def __init__(self, model: keras.Model, x: np.ndarray, y: np.ndarray, use_xla: bool):
        # Every variable must exist before tracing: weights, optimiser state and metrics.
        model.test_step((x[:1], y[:1]))
        model.optimizer.build(model.trainable_variables)
        self.model = model
        self.parts = _parts(model)
        self.train_epoch = tf.function(self._train_epoch, jit_compile=use_xla, autograph=False)
        self.test_epoch = tf.function(self._test_epoch, jit_compile=use_xla, autograph=False)

    def train(
        self, arrays: tuple[tf.Tensor, ...], batch_size: int, rng: np.random.Generator | None
    ) -> Logs:
        if rng:
            # One gather for the epoch, and outside XLA, which copies rows one after another.
            order = tf.constant(rng.permutation(len(arrays[0])), tf.int32)
            arrays = tuple(tf.gather(array, order) for array in arrays)
        self.model.reset_metrics()
        self.train_epoch(arrays, batch_size)
        return self._logs()

    def test(self, arrays: tuple[tf.Tensor, ...], batch_size: int) -> Logs:
        self.model.reset_metrics()
        # Means do not depend on the batches, and large ones have the fewest steps; a sum does.
        summed = getattr(self.model.loss, "reduction", None) == "sum"
        self.test_epoch(arrays, batch_size if summed else min(1000, len(arrays[0])))
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


def _program(model: keras.Model, x: np.ndarray, y: np.ndarray, use_xla: bool) -> _Program:
    """The model's program, made anew only after another `compile`."""
    program, parts = getattr(model, "_lessons_program", None), _parts(model)
    if (
        program is None
        or len(program.parts) != len(parts)
        or any(old is not new for old, new in zip(program.parts, parts, strict=True))
    ):
        program = model._lessons_program = _Program(model, x, y, use_xla)
    return program


def _parts(model: keras.Model) -> list[Any]:
    """What the program was traced with and `compile` or a frozen layer may have replaced."""
    return [model.optimizer, *model.metrics, *model.trainable_variables]


def _path(model: keras.Model, callbacks: Iterable[keras.callbacks.Callback]) -> Path:
    if model.run_eagerly or any(map(_wants_every_batch, callbacks)):
        return "model.fit"
    fast = all(type(layer) in FAST_UNDER_XLA for layer in _layers(model))
    return "compiled epoch" if fast else "graph epoch"


def _layers(model: keras.Model) -> list[keras.Layer]:
    """All layers, those of models within the model included, and not those models themselves."""
    found = model._flatten_layers(include_self=False, recursive=True)
    return [layer for layer in found if not isinstance(layer, keras.Model)]


def _wants_every_batch(callback: keras.callbacks.Callback) -> bool:
    """Whether it has a hook of its own, in its class or (LambdaCallback) set on the object."""
    plain = keras.callbacks.Callback
    hooks = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")
    hooks += ("on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end")
    own = (getattr(getattr(callback, hook), "__func__", None) for hook in hooks)
    return any(mine is not getattr(plain, hook) for mine, hook in zip(own, hooks, strict=True))


def _tensors(*arrays: np.ndarray) -> tuple[tf.Tensor, ...]:
    return tuple(tf.convert_to_tensor(array) for array in arrays)


def _bar(total: int, unit: str, verbose: bool | Literal["auto"] = "auto") -> tqdm:
    if verbose == "auto":
        verbose = not settings.building() and (sys.stderr.isatty() or "ipykernel" in sys.modules)
    return tqdm(total=total, unit=unit, leave=False, disable=not verbose)


class _StopAtNaN(keras.callbacks.Callback):
    """Stop when the loss is no longer a number: no later epoch could bring it back."""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        if not np.isfinite(logs["loss"]):
            self.model.stop_training = True
            warnings.warn(
                f"the loss became {logs['loss']} in epoch {epoch + 1}: training stopped there; "
                "a lower learning rate is the usual cure",
                stacklevel=2,
            )


class _Progress(keras.callbacks.Callback):
    """Show the epochs done and the latest figures on a bar."""

    def __init__(self, bar: tqdm):
        super().__init__()
        self.bar = bar

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        shown = {name: f"{v:.4f}" for name, v in logs.items() if np.ndim(v) == 0}
        self.bar.set_postfix(shown, refresh=False)
        self.bar.update()
