"""`fit` is Keras in all but speed: ways to compile a model, and callbacks, side by side.

Each way is trained by `fit` and by `model.fit` on the same batches; weights, and the names and
values of the history, have to agree. What `fit` refuses is surely wrong, and told with its cure.
"""

import warnings
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, losses, optimizers

from lessons_src.training import fit, repeat, score

BATCH, EPOCHS = 32, 2
SPARSE = "sparse_categorical_crossentropy"
rng = np.random.default_rng(0)
LABELS = rng.integers(0, 4, 200)
IMAGES = (rng.normal(0.5, 0.2, (4, 6, 6))[LABELS] + rng.normal(0, 0.2, (200, 6, 6))).astype("f4")
HELD_OUT = IMAGES[150:], LABELS[150:]
X, Y = IMAGES[:150], LABELS[:150]  # the last batch of an epoch is smaller


def network(
    *, end: str | None = "softmax", units: int = 4, body: tuple = (), made: type = keras.Sequential
) -> keras.Model:
    keras.utils.set_random_seed(3)
    hidden = [layers.Flatten(), layers.Dense(8, "relu"), *(layer() for layer in body)]
    return made([layers.Input((6, 6)), *hidden, layers.Dense(units, end)])


def compiled(*given: object, network: Callable = network, **settings: object) -> Callable:
    """Builds a network and compiles it with these arguments, made anew by those that are calls."""

    def build() -> keras.Model:
        model = network()
        new = [g() if isinstance(g, Fresh) else g for g in given]
        named = {k: v() if isinstance(v, Fresh) else v for k, v in settings.items()}
        model.compile(*new, **named)
        return model

    return build


class Fresh:
    """What has a state, and must not be shared by two models."""

    def __init__(self, make: Callable) -> None:
        self.make = make

    def __call__(self) -> object:
        return self.make()


def own_loss(labels: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
    return keras.losses.sparse_categorical_crossentropy(labels, answers) * 2


class OwnLoss(losses.Loss):
    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return own_loss(y_true, y_pred)


class OwnStep(keras.Sequential):
    """Reports the length of the gradient."""

    def train_step(self, data: tuple) -> dict[str, tf.Tensor]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss, "grad_norm": tf.linalg.global_norm(gradients)}


class OwnTest(keras.Sequential):
    def test_step(self, data: tuple) -> dict[str, tf.Tensor]:
        return {**super().test_step(data), "seven": tf.constant(7.0)}


class OwnComputation(keras.Sequential):
    def compute_loss(self, *given: object, **named: object) -> tf.Tensor:
        return 3.0 * super().compute_loss(*given, **named)


def in_numpy(labels: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
    found = tf.numpy_function(lambda a: a.max().astype("f4"), [answers], tf.float32)
    return tf.ensure_shape(found, ())


def unlike_xla(labels: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
    found, _ = tf.unique(tf.cast(tf.reshape(labels, [-1]), tf.int32))
    return own_loss(labels, answers) * tf.cast(tf.size(found), tf.float32)


def half(**given: object) -> keras.Model:
    return network(
        body=(lambda: layers.Dense(8, "relu", dtype="mixed_float16"),), end="softmax", **given
    )


def sgd(**given: object) -> Fresh:
    return Fresh(lambda: optimizers.SGD(0.05, **given))


logits = compiled(
    "adam",
    losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
    network=lambda: network(end=None),
)
WAYS = {
    "name of a function": compiled("sgd", SPARSE, metrics=["accuracy"]),
    "name of a class": compiled("sgd", "SparseCategoricalCrossentropy"),
    "the function": compiled("sgd", losses.sparse_categorical_crossentropy),
    "an object": compiled("sgd", losses.SparseCategoricalCrossentropy(name="renamed")),
    "logits": logits,
    "a class that is ignored": compiled(
        "sgd", losses.SparseCategoricalCrossentropy(ignore_class=0)
    ),
    "an own function": compiled("adam", own_loss, metrics=["accuracy"]),
    "an own loss": compiled("adam", OwnLoss(), metrics=["accuracy"]),
    "a summed loss": compiled(
        Fresh(lambda: optimizers.SGD(0.002)), losses.SparseCategoricalCrossentropy(reduction="sum")
    ),
    "several metrics": compiled(
        "sgd", SPARSE, metrics=["accuracy", "sparse_top_k_categorical_accuracy"]
    ),
    "weighted metrics": compiled("sgd", SPARSE, weighted_metrics=["accuracy"]),
    "a metric in NumPy": compiled("sgd", SPARSE, metrics=[in_numpy]),
    "a loss that XLA refuses": compiled("sgd", unlike_xla),
    "no XLA": compiled("sgd", SPARSE, jit_compile=False),
    "XLA": compiled("sgd", SPARSE, jit_compile=True),
    "run eagerly": compiled("sgd", SPARSE, run_eagerly=True),
    "several steps at once": compiled("sgd", SPARSE, steps_per_execution=3),
    "an own step": compiled("sgd", SPARSE, network=lambda: network(made=OwnStep)),
    "an own test step": compiled("sgd", SPARSE, network=lambda: network(made=OwnTest)),
    "an own computation": compiled("sgd", SPARSE, network=lambda: network(made=OwnComputation)),
    "mixed precision": compiled("sgd", SPARSE, network=half),
    "a scaled loss": compiled(
        Fresh(lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.05))), SPARSE
    ),
    "moving average of weights": compiled(sgd(use_ema=True, ema_overwrite_frequency=3), SPARSE),
    "moving average at the end": compiled(sgd(use_ema=True, ema_overwrite_frequency=None), SPARSE),
    "accumulated gradients": compiled(sgd(gradient_accumulation_steps=2), SPARSE),
    "clipped by norm": compiled(sgd(global_clipnorm=0.1), SPARSE),
    "decay of weights": compiled(sgd(weight_decay=0.01), SPARSE),
    "a schedule": compiled(
        Fresh(lambda: optimizers.Adam(optimizers.schedules.CosineDecay(0.01, 8))), SPARSE
    ),
}


def agree(ours: keras.Model, theirs: keras.Model, history: object, wanted: object) -> None:
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
    assert list(history.history) == list(wanted.history)
    for name, values in history.history.items():
        np.testing.assert_allclose(values, wanted.history[name], rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.filterwarnings("ignore:XLA does not compile")
@pytest.mark.filterwarnings("ignore:Model doesn't support")
@pytest.mark.parametrize("build", WAYS.values(), ids=WAYS)
def test_way_to_compile(build: Callable[[], keras.Model]) -> None:
    ours, theirs = build(), build()
    start = ours.get_weights()
    common = dict(batch_size=BATCH, epochs=EPOCHS, shuffle=False, validation_data=HELD_OUT)
    agree(ours, theirs, fit(ours, X, Y, **common), theirs.fit(X, Y, verbose=0, **common))
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(start, ours.get_weights(), strict=True))


BINARY = {
    "binary": ("binary_crossentropy", (LABELS > 1).astype("f4")),
    "focal": (losses.BinaryFocalCrossentropy(), (LABELS > 1).astype("f4")),
    "hinge": ("hinge", np.sign(LABELS - 1.5).astype("f4")),
    "regression": ("mse", LABELS.astype("f4")),
    "huber": (losses.Huber(), LABELS.astype("f4")[:, None]),
}


@pytest.mark.parametrize(("loss", "labels"), BINARY.values(), ids=BINARY)
def test_losses_for_one_unit(loss: object, labels: np.ndarray) -> None:
    build = compiled("sgd", loss, network=lambda: network(units=1, end="sigmoid"))
    ours, theirs = build(), build()
    common = dict(batch_size=BATCH, shuffle=False, validation_split=0.25)
    agree(
        ours,
        theirs,
        fit(ours, IMAGES, labels, **common),
        theirs.fit(IMAGES, labels, verbose=0, **common),
    )


ROWS = np.eye(4, dtype="f4")[LABELS]


@pytest.mark.parametrize(
    "loss",
    ["categorical_crossentropy", losses.CategoricalCrossentropy(label_smoothing=0.1), "mse",
     losses.CategoricalFocalCrossentropy(), "kl_divergence"],
)  # fmt: skip
def test_losses_for_rows(loss: object) -> None:
    build = compiled("sgd", loss, metrics=["accuracy"])
    ours, theirs = build(), build()
    common = dict(batch_size=BATCH, shuffle=False)
    agree(
        ours,
        theirs,
        fit(ours, IMAGES, ROWS, **common),
        theirs.fit(IMAGES, ROWS, verbose=0, **common),
    )


def stop_after_first() -> keras.callbacks.Callback:
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict) -> None:
            self.model.stop_training = True

    return Stop()


def adds_to_logs() -> keras.callbacks.Callback:
    def told(epoch: int, logs: dict) -> None:
        logs["epoch_number"] = float(epoch)

    return keras.callbacks.LambdaCallback(on_epoch_end=told)


SEEN: list[int] = []
CALLBACKS = {
    "early stopping": lambda: keras.callbacks.EarlyStopping("val_loss", patience=0),
    "best weights": lambda: keras.callbacks.EarlyStopping(
        "val_loss", patience=1, restore_best_weights=True, start_from_epoch=1
    ),
    "plateau": lambda: keras.callbacks.ReduceLROnPlateau("val_loss", patience=0, factor=0.3),
    "schedule by epoch": lambda: keras.callbacks.LearningRateScheduler(lambda e, r: r / (e + 1)),
    "NaN": keras.callbacks.TerminateOnNaN,
    "stop": stop_after_first,
    "more logs": adds_to_logs,
    "each epoch": lambda: keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: SEEN.append(epoch)
    ),
    "each batch": lambda: keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: SEEN.append(batch)
    ),
    "each test batch": lambda: keras.callbacks.LambdaCallback(
        on_test_batch_end=lambda batch, logs: SEEN.append(batch)
    ),
    "swapped weights": lambda: keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
    "history": keras.callbacks.History,
}


@pytest.mark.parametrize("callback", CALLBACKS.values(), ids=CALLBACKS)
def test_callback(callback: Callable[[], keras.callbacks.Callback]) -> None:
    build = compiled(sgd(momentum=0.8, use_ema=True), SPARSE, metrics=["accuracy"])
    ours, theirs = build(), build()
    common = dict(batch_size=BATCH, epochs=5, shuffle=False, validation_data=HELD_OUT)
    seen = []
    histories = []
    for model, train in ((ours, fit), (theirs, keras.Model.fit)):
        SEEN.clear()
        histories.append(train(model, X, Y, callbacks=[callback()], verbose=0, **common))
        seen.append([*SEEN])
    agree(ours, theirs, *histories)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("kind", ["npz checkpoint", "csv"])
def test_callback_that_writes(kind: str, tmp_path: object) -> None:
    build = compiled("sgd", SPARSE)
    made = {
        "npz checkpoint": lambda: keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5",
                                                                save_weights_only=True),
        "csv": lambda: keras.callbacks.CSVLogger(str(tmp_path / "log.csv")),
    }[kind]  # fmt: skip
    fit(build(), X, Y, epochs=2, callbacks=[made()])
    names = {"npz checkpoint": {"1.weights.h5", "2.weights.h5"}, "csv": {"log.csv"}}[kind]
    assert {path.name for path in tmp_path.iterdir()} == names


# --- Weights, and XLA -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        {"sample_weight": np.linspace(0, 2, 150)},
        {"sample_weight": np.linspace(0, 2, 150), "validation_split": 0.2},
        {"class_weight": {0: 5.0, 3: 0.1}, "validation_split": 0.2},
        {"validation_data": (*HELD_OUT, np.linspace(0, 3, 50))},
    ],
    ids=["rows", "rows split", "classes", "validation"],
)
def test_weights(more: dict) -> None:
    build = compiled("sgd", SPARSE, metrics=["accuracy"], weighted_metrics=["accuracy"])
    ours, theirs = build(), build()
    common = dict(batch_size=BATCH, epochs=2, shuffle=False, **more)
    agree(ours, theirs, fit(ours, X, Y, **common), theirs.fit(X, Y, verbose=0, **common))


def test_what_xla_refuses_is_told_once_and_trained_without_it() -> None:
    model = WAYS["a metric in NumPy"]()
    with pytest.warns(UserWarning, match="XLA does not compile this model") as told:
        history = fit(model, X, Y, epochs=3)
    assert len(told) == 1
    assert history.path == "graph epoch"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fit(model, X, Y).path == "graph epoch"


@pytest.mark.parametrize(("wish", "path"), [(True, "compiled epoch"), (False, "graph epoch")])
def test_xla_as_asked_for(wish: bool, path: str) -> None:
    model = compiled("sgd", SPARSE)()
    assert fit(model, X, Y).path == "compiled epoch"
    assert fit(model, X, Y, jit_compile=wish).path == path


# --- What is refused --------------------------------------------------------------------------


def generator():
    yield X, Y


WORDS = np.array(["bag", "boot"])[Y % 2]
DATASET = tf.data.Dataset.from_tensor_slices((X, Y)).batch(32)
REFUSED = {
    "text": (dict(y=WORDS), "y holds text.*np.unique"),
    "bytes": (dict(y=WORDS.astype("S")), "y holds text"),
    "objects": (dict(x=np.full(150, None)), "x holds objects"),
    "complex": (dict(x=X * 1j), "x holds complex numbers"),
    "dates": (dict(x=np.full((150, 6, 6), "2020", "datetime64[D]")), "x holds datetime64"),
    "a dataset": (dict(x=DATASET, y=None), "x is no array, but a .*use model.fit"),
    "a generator": (dict(x=generator(), y=None), "x is no array, but a generator"),
    "a dataset to validate": (dict(validation_data=DATASET), "validation_data is a .*model.fit"),
    "a generator to validate": (dict(validation_data=generator()), "validation_data is a gen"),
    "an array to validate": (dict(validation_data=X), "validation_data is a ndarray"),
    "ragged rows": (dict(x=[[1, 2], [3]]), "x has rows of unequal length"),
    "class weights in an array": (dict(class_weight=np.ones(4)), "class_weight is a ndarray.*dict"),
    "class weights in a list": (dict(class_weight=[1, 1]), "class_weight is a list"),
    "both weights": (dict(class_weight={0: 1}, sample_weight=np.ones(150)), "exclude each other"),
    "too few weights": (dict(sample_weight=np.ones(3)), r"sample_weight has the shape \(3,\)"),
    "weights in text": (dict(sample_weight=["a"] * 150), "sample_weight holds text"),
    "validation text": (dict(validation_data=(X, WORDS)), "validation y holds text"),
}


@pytest.mark.parametrize(("given", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_surely_wrong_is_refused_in_our_words(given: dict, words: str) -> None:
    model = compiled("sgd", SPARSE)()
    before = model.get_weights()
    with pytest.raises(ValueError, match=words):
        fit(model, **{"x": X, "y": Y, **given})
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "loss",
    [SPARSE, "SparseCategoricalCrossentropy", losses.sparse_categorical_crossentropy,
     losses.SparseCategoricalCrossentropy(name="other")],
)  # fmt: skip
def test_labels_out_of_range_are_refused_however_the_loss_is_named(loss: object) -> None:
    for labels, words in ((Y + 1, "y goes from 1 to 4"), (np.eye(4)[Y], "y is one-hot")):
        with pytest.raises(ValueError, match=words):
            fit(compiled("sgd", loss)(), X, labels)


def test_own_loss_may_have_any_labels() -> None:
    def odd(labels: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
        return keras.losses.mean_squared_error(labels[:, None], answers)

    odd.__name__ = SPARSE  # a name is nothing to go by
    history = fit(compiled("sgd", odd)(), X, Y * 100.0 - 7)
    assert np.isfinite(history.history["loss"][0])


def test_keras_is_asked_and_its_refusal_told() -> None:
    with pytest.raises(ValueError, match=r"do not take x of shape \(150, 6, 6\) with y of shape"):
        fit(compiled("sgd", "mse")(), X, np.zeros((150, 3, 7)))


# --- Scores, and data by seed ------------------------------------------------------------------


@pytest.mark.parametrize("way", ["several metrics", "own", "an own test step", "run eagerly"])
def test_score_is_what_evaluate_gives(way: str) -> None:
    model = compiled("sgd", OwnLoss(), metrics=["accuracy"])() if way == "own" else WAYS[way]()
    wanted = model.evaluate(*HELD_OUT, verbose=0, return_dict=True)
    found = score(model, *HELD_OUT)
    assert found == pytest.approx(wanted, rel=1e-5)


def test_each_seed_may_have_data_of_its_own() -> None:
    build = compiled("sgd", SPARSE, metrics=["accuracy"])

    def by_seed(seed: int) -> dict:
        order = np.random.default_rng(seed).permutation(200)
        train, rest = order[:150], order[150:]
        held_out = IMAGES[rest], LABELS[rest]
        return {"x": IMAGES[train], "y": LABELS[train], "validation_data": held_out}

    runs = repeat(build, data=by_seed, seeds=[4, 9], epochs=2)
    assert len(set(runs.final("val_loss"))) == 2
    alone = repeat(build, data=by_seed, seeds=[9], epochs=2)
    np.testing.assert_array_equal(runs.history["val_loss"][1], alone.history["val_loss"][0])
    given = by_seed(9)
    fixed = repeat(build, seeds=[9], epochs=2, **given)
    np.testing.assert_array_equal(fixed.history["loss"], alone.history["loss"])


@pytest.mark.parametrize("given", [{}, {"x": X, "y": Y, "data": lambda seed: {"x": X, "y": Y}}])
def test_data_by_seed_or_for_all(given: dict) -> None:
    with pytest.raises(ValueError, match="either x and y, for all seeds, or data, by seed"):
        repeat(compiled("sgd", SPARSE), seeds=[1], **given)
