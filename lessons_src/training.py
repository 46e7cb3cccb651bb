"""Training as `keras.Model.fit` does it, several times faster, and the same run over many seeds.

For a small dense network `model.fit` spends most of its time between the steps: 1,500 times an
epoch Python asks TensorFlow for a fifth of a millisecond of arithmetic. `fit` asks once an epoch.
The loop over the batches is compiled together with the model's own `train_step`, so optimiser,
loss, metrics and regularisers are Keras's own and equal batches give equal weights.
"""

import functools
import random
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from lessons_src import _checks
from lessons_src._epochs import Logs, layers_of, path_of, program_of, tensors
from lessons_src.settings import shows_progress
from lessons_src.stats import Interval, mean_interval, prediction_interval


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
    sample_weight: ArrayLike | None = None,
    jit_compile: bool | None = None,
    verbose: bool | Literal["auto"] = "auto",
) -> keras.callbacks.History:
    """Train a compiled Keras model; what can be given and comes back is as in `keras.Model.fit`.

    Args:
        model: one input, one output, compiled. A model with a `train_step` or `test_step` of its
            own takes Keras's own loop.
        x: inputs, shape (n, *model.input_shape[1:]), numbers.
        y: what the loss takes: class indices, shape (n,), one-hot rows, shape (n, classes), …
        batch_size: images per step; the last batch of an epoch may be smaller.
        validation_split: share of the *last* rows, before shuffling, that is held out.
        validation_data: (x, y) to score after every epoch; goes before `validation_split`.
        callbacks: Keras callbacks. One that wants to be called at every batch makes the whole
            run take Keras's own loop.
        shuffle: new order every epoch, which `keras.utils.set_random_seed` fixes.
        class_weight: weight of each class in the loss; 1 for a class that is not named.
        sample_weight: weight of each row in the loss, shape (n,); not together with class_weight.
        jit_compile: whether XLA compiles the epoch; where None, it does if that was measured to
            pay for all of the model's layers, or if the model was compiled so. (On a CPU,
            `compile(jit_compile=False)` cannot be told from Keras's default.) What XLA refuses
            is trained without it, with a warning.
        verbose: a progress bar; "auto" shows one in a terminal or a notebook, unless the book is
            being built.

    Returns:
        Keras's `History`, with two attributes more: `path` names the loop that ran ("compiled
        epoch", "graph epoch" or "model.fit"), `seconds` is the time that training took.

    Raises:
        ValueError: the model is not compiled, or data or arguments do not fit it. Nothing has
            been trained then.
    """
    given = _checks.checked(
        model,
        x,
        y,
        batch_size=batch_size,
        epochs=epochs,
        validation_split=validation_split,
        validation_data=validation_data,
        class_weight=class_weight,
        sample_weight=sample_weight,
    )
    batch_size, epochs = int(batch_size), int(epochs)
    watched = keras.tree.flatten(callbacks or [])
    path = path_of(model, watched, jit_compile)
    watched += [_StopAtNaN(), *_bars(verbose)]
    started = time.perf_counter()
    if path == "model.fit":
        history = model.fit(
            given.x,
            given.y,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=given.validation,
            callbacks=watched,
            shuffle=shuffle,
            sample_weight=given.weights,
            verbose=0,
        )
    else:
        program = program_of(model, given.x, given.y, use_xla=path == "compiled epoch")
        # Python's state, which keras.utils.set_random_seed fixes, seeds the order.
        rng = np.random.default_rng(random.getrandbits(64)) if shuffle else None
        arrays = tensors(*(part for part in given[:3] if part is not None))
        train = functools.partial(program.train, arrays, batch_size, rng)
        test = functools.partial(program.test, tensors(*given.validation or ()), batch_size)
        steps = -(-len(arrays[0]) // batch_size)
        history = _loop(model, epochs, steps, train, test if given.validation else dict, watched)
        path = program.path
    history.path, history.seconds = path, time.perf_counter() - started
    return history


def score(model: keras.Model, x: ArrayLike, y: ArrayLike) -> Logs:
    """Loss and metrics over all rows, by name, as `model.evaluate` has them; in one compiled call.

    Raises:
        ValueError: the model is not compiled, or the data do not fit it.
    """
    given = _checks.checked(model, x, y)
    path = path_of(model, [], None)
    if path == "model.fit":
        return model.evaluate(given.x, given.y, batch_size=1000, verbose=0, return_dict=True)
    program = program_of(model, given.x, given.y, use_xla=path == "compiled epoch")
    return program.test(tensors(given.x, given.y), 1000)


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
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    seeds: Sequence[int],
    data: Callable[[int], Mapping[str, Any]] | None = None,
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
        x, y: what all seeds train on; or
        data: called with each seed, returns what of `fit`'s arguments depends on it: x, y and,
            where there is one, validation_data. With equal shapes one program serves all seeds.
        seeds: different whole numbers.
        measure: called with each trained model; returns named numbers or arrays to keep.
        callbacks: returns new callbacks for each run.
        fit_arguments: passed on to `fit`.

    Raises:
        ValueError: no seeds or equal ones, both x and data or neither, models that differ in
            shapes or settings, or what `fit` refuses.
    """
    seeds = [int(seed) for seed in seeds]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds is {seeds}: name at least one, each once")
    if (data is None) == (x is None):
        raise ValueError("give either x and y, for all seeds, or data, by seed")
    # The copies for TensorFlow are made once, and not once for each seed.
    shared = _as_tensors({"x": x, "y": y, **fit_arguments} if data is None else fit_arguments)
    model, histories, measured = None, [], []
    for seed in tqdm(seeds, unit="run", leave=False, disable=not shows_progress(verbose)):
        given = shared if data is None else shared | _as_tensors(data(seed))
        keras.utils.set_random_seed(seed)
        fresh = build()
        _checks.build(fresh, given["x"])
        if model is None:
            model, settings = fresh, _settings(fresh)
        elif _settings(fresh) != settings:
            raise ValueError("build() returned models that differ; train each by itself")
        else:
            _start_afresh(model, fresh)
        histories.append(fit(model, callbacks=callbacks(), verbose=False, **given))
        measured.append(measure(model) if measure else {})
    return Runs(
        seeds=np.array(seeds),
        history=_stack([history.history for history in histories]),
        measured={name: np.array([m[name] for m in measured]) for name in measured[0]},
        epochs=np.array([len(history.epoch) for history in histories]),
        path=histories[0].path,
        seconds=np.array([history.seconds for history in histories]),
    )


def _as_tensors(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of `fit` with their arrays as tensors; what is no array is left for `fit`."""
    made = dict(arguments)
    for name in made.keys() & {"x", "y"}:
        made[name] = tensors(_checks.as_array(made[name]))[0]
    if made.get("validation_data") is not None:
        made["validation_data"] = tensors(*map(_checks.as_array, made["validation_data"]))
    return made


def _stack(histories: list[dict[str, list[float]]]) -> dict[str, np.ndarray]:
    epochs = max(len(values) for history in histories for values in history.values())
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

    parts = layers_of(model)
    parts += [part for part in (model.optimizer, model.loss) if hasattr(part, "get_config")]
    return [
        [tuple(variable.shape) for variable in model.variables],
        model.loss if isinstance(model.loss, str) else None,
        *((type(part).__name__, plain(part.get_config())) for part in parts),
    ]


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


def _bars(verbose: bool | Literal["auto"]) -> list[keras.callbacks.Callback]:
    """A bar of the epochs with the latest figures, which vanishes at the end; or none."""
    if not shows_progress(verbose):
        return []
    with warnings.catch_warnings(action="ignore"):  # in Jupyter it complains of missing widgets
        from tqdm.keras import TqdmCallback
    return [TqdmCallback(verbose=0, leave=False, tqdm_class=tqdm)]


class _StopAtNaN(keras.callbacks.Callback):
    """Stop when the loss is no longer a number: no later epoch could bring it back."""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        if not np.isfinite(logs.get("loss", 0.0)):  # a step of its own may not tell it
            self.model.stop_training = True
            warnings.warn(
                f"the loss became {logs['loss']} in epoch {epoch + 1}: training stopped there; "
                "a lower learning rate is the usual cure",
                stacklevel=2,
            )
