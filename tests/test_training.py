"""`fit` against `keras.Model.fit`: the same batches give the same weights, only sooner."""

import logging
import sys
import warnings
from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, optimizers, regularizers

from lessons_src import _epochs, stats, training
from lessons_src.models import classifier
from lessons_src.training import fit, repeat

BATCH = 32
SCHEDULE = optimizers.schedules.ExponentialDecay(0.05, decay_steps=20, decay_rate=0.9)


@pytest.fixture(scope="module", autouse=True)
def logged() -> Iterator[list[str]]:
    """What TensorFlow writes to its log while these tests run."""
    told, handler = [], logging.Handler()
    handler.emit = lambda entry: told.append(entry.getMessage())
    tf.get_logger().addHandler(handler)
    yield told
    tf.get_logger().removeHandler(handler)


@pytest.fixture(scope="module")
def task():
    """Ten noisy clusters in 8x8 'images', learnable but not at once: x (4000, 8, 8), y (4000,)."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, 4000)
    centres = rng.normal(0.5, 0.15, (10, 8, 8))
    return (centres[y] + rng.normal(0, 0.25, (4000, 8, 8))).astype("float32"), y


@pytest.fixture
def without_xla(monkeypatch):
    """The loop that other layers take: the same code, and compiled in a third of the time."""
    monkeypatch.setattr(_epochs, "FAST_UNDER_XLA", ())


def dense(
    optimizer="sgd", *, between=(), loss="sparse_categorical_crossentropy", metrics=("accuracy",)
):
    """8 × 8–24–10, the same weights every time."""
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            layers.Input((8, 8)),
            layers.Flatten(),
            layers.Dense(24, activation="relu", kernel_regularizer=regularizers.L2(0.001)),
            *(layer() for layer in between),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def conv():
    keras.utils.set_random_seed(7)
    return classifier(
        layers.Input((8, 8, 1)),
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
    )


def drawing(
    units=16, rate=0.2, optimizer="adam", loss="sparse_categorical_crossentropy", **options
):
    """Draws weights and dropout masks, and learns its shape from the data."""
    model = classifier(layers.Flatten(), layers.Dense(units, "relu"), layers.Dropout(rate))
    model.compile(optimizer, loss, **options)
    return model


def assert_same(ours, theirs, history, keras_history, tolerance=1e-5):
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)
    assert list(history.history) == list(keras_history.history)
    assert history.epoch == keras_history.epoch
    assert history.params == keras_history.params
    for name, values in history.history.items():
        np.testing.assert_allclose(values, keras_history.history[name], rtol=1e-3, atol=1e-4)


# Each has several things that could go wrong: a test has to notice, not to say which it was.
MODELS = {
    "schedule, momentum, clipped gradients, batch normalisation": lambda: dense(
        optimizers.SGD(SCHEDULE, momentum=0.9, nesterov=True, clipnorm=0.5),
        between=[layers.BatchNormalization],
    ),
    "decay and moving average of weights": lambda: dense(
        optimizers.AdamW(0.001, weight_decay=0.01, use_ema=True, ema_overwrite_frequency=None)
    ),
    "a convolution": conv,
}


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_equal_batches_give_equal_weights(task, build):
    x, y = task[0][:3200], task[1][:3200]
    ours, theirs = build(), build()
    convolves = "conv2d" in ours.layers[0].name
    if convolves:
        x = x[..., None]
    start = [w.copy() for w in ours.get_weights()]
    history = fit(ours, x, y, batch_size=np.int64(BATCH), shuffle=False)
    keras_history = theirs.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0)
    assert_same(ours, theirs, history, keras_history)
    assert history.path == ("graph epoch" if convolves else "compiled epoch")
    assert history.seconds > 0
    assert any(np.abs(a - b).max() > 0.01 for a, b in zip(start, ours.get_weights(), strict=True))


def test_validation_class_weights_and_pixels_as_stored(task):
    pixels, y = (task[0][:1200] * 50).clip(0, 255).astype("uint8"), task[1][:1200]
    common = dict(validation_split=0.25, class_weight={0: 5.0, 3: 0.2}, shuffle=False, epochs=2)
    ours, theirs = dense("adam"), dense("adam")
    history = fit(ours, pixels, y, **common)
    assert_same(ours, theirs, history, theirs.fit(pixels / 255 * 255, y, verbose=0, **common))


def test_validation_data_and_one_hot_labels(task, without_xla):
    x, y = task[0], np.eye(10, dtype="float32")[task[1]]
    common = dict(class_weight={2: 3.0}, shuffle=False, validation_data=(x[640:1773], y[640:1773]))
    ours, theirs = (dense("adam", loss="categorical_crossentropy") for _ in range(2))
    history = fit(ours, x[:640], y[:640], **common)
    assert_same(ours, theirs, history, theirs.fit(x[:640], y[:640], verbose=0, **common))


def test_a_summed_loss_is_summed_over_the_same_batches_of_any_number_of_rows(task, without_xla):
    summed = keras.losses.SparseCategoricalCrossentropy(reduction="sum")
    ours, theirs = (dense(optimizers.SGD(0.001), loss=summed) for _ in range(2))
    for rows in (BATCH, BATCH + 1, 4 * BATCH - 13, 2):
        x, y = task[0][:rows], task[1][:rows]
        common = dict(batch_size=BATCH, shuffle=False, validation_split=0.3)
        assert_same(ours, theirs, fit(ours, x, y, **common), theirs.fit(x, y, verbose=0, **common))


def test_other_tasks_than_classification(task):
    def regression(loss, **options):
        keras.utils.set_random_seed(7)
        model = keras.Sequential([layers.Input((8, 8)), layers.Flatten(), layers.Dense(1)])
        model.compile(optimizers.SGD(0.001), loss, **options)
        return model

    x = task[0][:320]
    y = x.mean(axis=(1, 2)) * 5 - 2
    ours, theirs = regression("mse"), regression("mse")
    history = fit(ours, x, y, shuffle=False)
    assert_same(ours, theirs, history, theirs.fit(x, y, shuffle=False, verbose=0))
    # A model that runs step by step trains by Keras's loop, and costs no compilation.
    for loss, labels in (("hinge", np.sign(y)), ("binary_crossentropy", y.clip(0, 1))):
        history = fit(regression(loss, run_eagerly=True), x[:BATCH], labels[:BATCH])
        assert history.path == "model.fit"
        assert np.isfinite(history.history["loss"]).all()


def test_a_metric_may_be_an_array(task, without_xla):
    model = dense(loss="categorical_crossentropy", metrics=[keras.metrics.F1Score()])
    history = fit(model, task[0][:320], np.eye(10, dtype="float32")[task[1][:320]], epochs=2)
    assert np.shape(history.history["f1_score"]) == (2, 10)


def test_every_row_is_seen_once_in_an_epoch_and_in_another_order():
    class Collect(layers.Layer):
        """Keeps the first number of every row that it is shown, in order."""

        def build(self, shape):
            self.seen = self.add_weight(shape=(64,), initializer="zeros", trainable=False)
            self.place = self.add_weight(
                shape=(), initializer="zeros", trainable=False, dtype="int32"
            )

        def call(self, inputs, training=False):
            if training:
                rows = keras.ops.slice_update(self.seen.value, [self.place.value], inputs[:, 0])
                self.seen.assign(rows)
                self.place.assign(self.place + inputs.shape[0])
            return inputs

    x = np.stack([np.arange(64), np.ones(64)], axis=1).astype("float32")
    collect, orders = Collect(), []
    model = keras.Sequential([layers.Input((2,)), collect, layers.Dense(2, "softmax")])
    model.compile(optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    for shuffle in (True, True, False):
        collect.place.assign(0)
        fit(model, x, np.zeros(64, int), batch_size=16, shuffle=shuffle)
        orders.append(collect.seen.numpy())
    for one, other in zip(orders, (orders[1], orders[2], orders[0]), strict=True):
        assert not np.array_equal(one, other)
        np.testing.assert_array_equal(np.sort(one), np.arange(64))
    np.testing.assert_array_equal(orders[2], np.arange(64))


def test_shuffling_obeys_the_global_seed(task, without_xla):
    model = dense()
    start = model.get_weights()

    def weights(seed):
        model.set_weights(start)
        keras.utils.set_random_seed(seed)
        fit(model, *task)
        return model.get_weights()[0]

    np.testing.assert_array_equal(weights(1), first := weights(1))
    assert np.abs(first - weights(2)).max() > 1e-3


def test_callbacks_that_want_every_batch_take_kerass_loop(task):
    seen = []

    class EveryBatch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batch)

    on_object = keras.callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: seen.append(b))
    x, y = task[0][:640], task[1][:640]
    common = dict(shuffle=False, validation_split=0.25, class_weight={0: 5.0, 3: 0.2}, epochs=2)
    ours, theirs = dense("adam"), dense("adam")
    for callback in (EveryBatch(), on_object):
        seen.clear()
        history = fit(ours, x, y, callbacks=[callback], **common)
        assert history.path == "model.fit"
        assert seen == [*range(15)] * 2
        assert_same(ours, theirs, history, theirs.fit(x, y, verbose=0, **common))


def test_callbacks_act_as_under_model_fit(task, without_xla):
    # So high a rate on so few images that both have something to do.
    x, y, held = task[0][:160], task[1][:160], (task[0][160:400], task[1][160:400])
    ours, theirs = (dense(optimizers.SGD(0.5, momentum=0.8)) for _ in range(2))
    common = dict(batch_size=BATCH, epochs=20, shuffle=False, validation_data=held)

    def callbacks():
        return [
            keras.callbacks.ReduceLROnPlateau("val_loss", patience=0, factor=0.3),
            keras.callbacks.EarlyStopping(
                "val_loss", min_delta=0.02, patience=2, restore_best_weights=True
            ),
        ]

    history = fit(ours, x, y, callbacks=callbacks(), **common)
    keras_history = theirs.fit(x, y, callbacks=callbacks(), verbose=0, **common)
    assert_same(ours, theirs, history, keras_history, tolerance=2e-4)
    rates = history.history["learning_rate"]
    assert rates[-1] < rates[0]
    assert len(history.epoch) < 20


def test_whole_runs_with_dropout_agree_on_average(task):
    x, y = task[0][:3000], task[1][:3000]
    common = dict(epochs=2, batch_size=100)

    def build():
        model = drawing(units=24, rate=0.5, optimizer=optimizers.Adam(0.01))
        model.build((None, 8, 8))
        return model

    def loss(model):
        return {"without dropout": -np.log(model(x).numpy()[range(len(y)), y]).mean()}

    ours = repeat(build, x, y, seeds=range(5), measure=loss, **common).final("without dropout")
    theirs, model = [], build()
    model.optimizer.build(model.trainable_variables)
    for seed in range(5):
        keras.utils.set_random_seed(seed)
        training._start_afresh(model, build())
        model.fit(x, y, verbose=0, **common)
        theirs += loss(model).values()
    # Five times its standard error; a share of 0.4 to drop, in place of 0.5, makes -0.18 of it.
    assert np.mean(ours - theirs) == pytest.approx(0, abs=0.15)


def test_dropout_drops_its_share_and_differs_from_step_to_step():
    class Spy(layers.Layer):
        """Adds up how often each unit passed the dropout before it."""

        def build(self, shape):
            self.total = self.add_weight(shape=shape[1:], initializer="zeros", trainable=False)
            self.distinct = self.add_weight(shape=shape[1:], initializer="zeros", trainable=False)

        def call(self, inputs, training=False):
            if training:
                kept = keras.ops.cast(inputs > 0, "float32")
                self.total.assign(self.total + keras.ops.sum(kept, axis=0))
                self.distinct.assign(self.distinct + kept[0])
            return inputs

    spy = Spy()
    model = keras.Sequential(
        [layers.Input((50,)), layers.Dropout(0.3), spy, layers.Dense(2, "softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = np.ones((3200, 50), "float32"), np.zeros(3200, int)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_epochs, "FAST_UNDER_XLA", (*_epochs.FAST_UNDER_XLA, Spy))
        assert fit(model, x, y, batch_size=32).path == "compiled epoch"
    kept = spy.total.numpy() / 3200
    np.testing.assert_allclose(kept, 0.7, atol=5 * np.sqrt(0.21 / 3200))
    assert kept.mean() == pytest.approx(0.7, abs=5 * np.sqrt(0.21 / 160_000))
    assert (spy.distinct.numpy() > 0).all()
    assert (spy.distinct.numpy() < 100).all()


def test_models_that_learn_their_shape_from_the_data(task):
    x, y = task[0][:640], task[1][:640]

    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.body = keras.Sequential([layers.Flatten(), layers.Dense(10, "softmax")])

        def call(self, inputs):
            return self.body(inputs)

    for model in (keras.Sequential([layers.Flatten(), layers.Dense(10, "softmax")]), Subclassed()):
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        with pytest.raises(ValueError, match="y goes from 1 to 10"):
            fit(model, x, y + 1)
        history = fit(model, x, y, epochs=3)
        assert history.path == "compiled epoch"
        assert history.history["loss"][-1] < history.history["loss"][0]


def test_training_can_go_on_and_be_compiled_anew(task, without_xla):
    model, epochs = dense("adam"), []
    each_epoch = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: epochs.append(e))
    history = fit(model, *task, epochs=2, callbacks=[each_epoch])
    assert (history.path, epochs) == ("graph epoch", [0, 1])
    assert fit(model, *task).history["loss"][0] < history.history["loss"][-1]
    model.layers[1].trainable = False
    model.compile(optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    frozen, free = (layer.get_weights() for layer in model.layers[1:])
    fit(model, *task)
    for before, after in zip(frozen, model.layers[1].get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert not np.array_equal(free[0], model.layers[2].get_weights()[0])


def test_many_models_bring_no_warning_of_retracing(task, without_xla, logged):
    model = dense()
    for rows in range(1, 6):  # a new number of rows is traced as a new model is
        fit(model, task[0][:rows], task[1][:rows])
    assert not [line for line in logged if "retracing" in line]
    tf.get_logger().warning("of something else")
    assert logged[-1] == "of something else"


X, Y = np.zeros((20, 8, 8), "float32"), np.arange(20) % 10
BAD = {
    "batch size 0": (dict(batch_size=0), "batch_size is 0"),
    "a share as batch size": (dict(batch_size=0.5), "batch_size is 0.5"),
    "no epochs": (dict(epochs=0), "epochs is 0"),
    "True epochs": (dict(epochs=True), "epochs is True"),
    "everything held out": (dict(validation_split=1.0), "validation_split is 1.0"),
    "nothing to train on": (dict(validation_split=0.96), "validation_split=0.96 of 20 rows"),
    "empty": (dict(x=X[:0], y=Y[:0]), r"x has the shape \(0, 8, 8\)"),
    "unequal": (dict(y=Y[:5]), r"x has the shape .* and y \(5,\)"),
    "wrong image shape": (dict(x=X[:, :7]), r"x has shape \(20, 7, 8\).*\(None, 8, 8\)"),
    "channel too many": (dict(x=X[..., None]), r"x has shape \(20, 8, 8, 1\)"),
    "label too high": (dict(y=Y + 1), "y goes from 1 to 10; .* from 0 to 9"),
    "label below 0": (dict(y=Y - 1), "y goes from -1 to 8"),
    "half a label": (dict(y=Y / 2), "y .* whole numbers from 0 to 9"),
    "label NaN": (dict(y=np.full(20, np.nan)), "y goes from nan"),
    "one-hot": (dict(y=np.eye(10)[Y]), r"y is one-hot.*argmax"),
    "wrong one-hot": (dict(y=np.eye(9)[Y % 9] * 10), "y goes from 0.0 to 10.0"),
    "a dictionary": (dict(y={"a": Y}), "y is no array.*model.fit"),
    "nothing": (dict(y=None), "y is no array"),
    "NaN": (dict(x=np.where(X == 0, np.nan, X)), "x holds NaN"),
    "infinite": (dict(x=np.where(X == 0, np.inf, X)), "x holds NaN or infinite"),
    "bad validation": (dict(validation_data=(X, Y + 1)), "validation y goes from 1 to 10"),
    "short validation": (dict(validation_data=(X, Y[:5])), "validation x has the shape"),
}


@pytest.fixture(scope="module")
def untrained():
    return dense()


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_before_training(untrained, arguments, message):
    before = untrained.get_weights()
    with pytest.raises(ValueError, match=message):
        fit(untrained, **{"x": X, "y": Y, **arguments})
    for a, b in zip(before, untrained.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_models_and_labels_that_do_not_fit_are_refused():
    flat = [layers.Input((8, 8)), layers.Flatten(), layers.Dense(10)]
    with pytest.raises(ValueError, match=r"not compiled.*model\.compile"):
        fit(keras.Sequential(flat), X, Y)
    with pytest.raises(ValueError, match=r"class indices.*use sparse_categorical_crossentropy"):
        fit(dense(loss="categorical_crossentropy"), X, Y)
    with pytest.raises(
        ValueError, match=r"do not take .* y of shape \(20, 9\): Incompatible shapes: "
    ):
        fit(dense(loss="mse"), X, np.eye(9)[Y % 9])
    with pytest.raises(ValueError, match="y holds NaN"):
        fit(dense(loss="mse"), X, np.full((20, 10), np.nan))
    one, other = layers.Input((8,)), layers.Input((8,))
    model = keras.Model([one, other], layers.Dense(10)(layers.Add()([one, other])))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="one input and one output"):
        fit(model, X, Y)


def test_progress_is_shown_in_a_notebook_but_not_while_the_book_is_built(task, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)

    def model():
        model = dense()
        model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
        return model

    x, y, one = task[0][:BATCH], task[1][:BATCH], model()
    for building, verbose, shown in (
        ("0", "auto", True),
        ("1", "auto", False),
        ("1", True, True),
        ("0", False, False),
    ):
        monkeypatch.setenv("LESSONS_BUILD", building)
        fit(one, x, y, verbose=verbose)
        said = capsys.readouterr()
        assert (said.out, bool(said.err)) == ("", shown)
    monkeypatch.setenv("LESSONS_BUILD", "1")
    repeat(model, x, y, seeds=[0])
    assert capsys.readouterr() == ("", "")


class TestRepeat:
    def test_one_compilation_serves_all_seeds_and_each_is_a_run_of_its_own(self, task, monkeypatch):
        traces, original = [], _epochs.Program._train_epoch
        monkeypatch.setattr(
            _epochs.Program, "_train_epoch", lambda *a: traces.append(1) or original(*a)
        )

        def callbacks():  # so that each run changes its rate, and is stopped
            return [
                keras.callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=0, min_delta=9),
                keras.callbacks.EarlyStopping("loss", patience=2, min_delta=9),
            ]

        options = dict(epochs=5, validation_split=0.2, callbacks=callbacks)
        options["measure"] = lambda m: {"norm": np.linalg.norm(m.get_weights()[0])}
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            among = repeat(drawing, *task, seeds=[3, 1, 4], **options)
        assert len(traces) == 1
        assert among.path == "compiled epoch"
        assert among.history["val_loss"].shape == (3, 3)
        np.testing.assert_allclose(among.history["learning_rate"][:, 0], 0.001)
        assert among.history["learning_rate"][0, -1] < 0.001
        for name in ("val_loss", "norm"):
            assert len(set(among.final(name))) == 3
        alone = repeat(drawing, *task, seeds=[4], **options)
        assert alone.final("norm") == among.final("norm")[2]
        for name, values in alone.history.items():
            np.testing.assert_array_equal(values[0], among.history[name][2])

    def test_a_result_is_that_of_the_last_epoch_of_each_run(self):
        values = np.array([[0.5, 0.6, np.nan], [0.5, 0.6, 0.7]])
        norms, ran = np.array([1.0, 3.0]), np.array([2, 3])
        runs = training.Runs(
            np.arange(2), {"a": values}, {"norm": norms}, ran, "model.fit", np.ones(2)
        )
        np.testing.assert_array_equal(runs.final("a"), [0.6, 0.7])
        assert runs.mean("norm") == stats.mean_interval(norms)
        assert runs.prediction("norm") == stats.prediction_interval(norms)
        with pytest.raises(KeyError, match=r"'nrom' was not recorded; recorded are norm, a"):
            runs.final("nrom")

    def test_a_loss_that_is_no_number_stops_its_run_and_is_not_hidden(self, task, without_xla):
        def rates():
            return [keras.callbacks.LearningRateScheduler(lambda e, _: 0.01 if e < 2 else 1e30)]

        with pytest.warns(UserWarning, match=r"loss became nan in epoch \d+.*learning rate"):
            runs = repeat(dense, *task, seeds=[0, 1], epochs=9, callbacks=rates)
        assert (runs.epochs < 9).all()
        assert np.isnan(runs.final("loss")).all()
        assert np.isfinite(runs.history["loss"][:, 0]).all()
        with pytest.raises(ValueError, match="NaN"):
            runs.mean("loss")

    @pytest.mark.parametrize(
        "other",
        [
            dict(rate=0.4),
            dict(units=9),
            dict(optimizer=optimizers.Adam(0.01)),
            dict(loss="categorical_crossentropy"),
        ],
        ids=lambda other: next(iter(other)),
    )
    def test_models_that_differ_are_no_one_experiment(self, task, other):
        settings = iter([{}, other])
        with pytest.raises(ValueError, match="models that differ"):
            repeat(
                lambda: drawing(**next(settings), run_eagerly=True),
                task[0][:BATCH],
                task[1][:BATCH],
                seeds=[0, 1],
            )

    @pytest.mark.parametrize("seeds", [[], [1, 1]])
    def test_seeds_must_differ(self, task, seeds):
        with pytest.raises(ValueError, match="name at least one, each once"):
            repeat(drawing, *task, seeds=seeds)
