"""`fit` against `keras.Model.fit`: the same batches give the same weights, only sooner."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers, optimizers, regularizers
from scipy import stats as scipy_stats

from lessons_src import stats, training
from lessons_src.training import fit, repeat

STEPS, BATCH = 100, 32
SCHEDULE = optimizers.schedules.ExponentialDecay(0.05, decay_steps=20, decay_rate=0.9)


@pytest.fixture(scope="module")
def task():
    """Ten noisy clusters in 8x8 'images', learnable but not at once: x (4000, 8, 8), y (4000,)."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, 4000)
    centres = rng.normal(0.5, 0.15, (10, 8, 8))
    return (centres[y] + rng.normal(0, 0.25, (4000, 8, 8))).astype("float32"), y


def dense(optimizer="sgd", *, between=(), l2=0.0, loss="sparse_categorical_crossentropy"):
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            layers.Input((8, 8)),
            layers.Flatten(),
            layers.Dense(24, activation="relu", kernel_regularizer=regularizers.L2(l2)),
            *(layer() for layer in between),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def conv():
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def assert_same(ours, theirs, history, keras_history, tolerance=1e-5):
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)
    assert list(history.history) == list(keras_history.history)
    assert history.epoch == keras_history.epoch
    assert history.params == keras_history.params
    for name, values in history.history.items():
        np.testing.assert_allclose(values, keras_history.history[name], rtol=1e-3, atol=1e-4)


MODELS = {
    "sgd with momentum": lambda: dense(optimizers.SGD(0.05, momentum=0.9)),
    "nesterov": lambda: dense(optimizers.SGD(0.05, momentum=0.9, nesterov=True)),
    "adam": lambda: dense(optimizers.Adam(0.001)),
    "adamw": lambda: dense(optimizers.AdamW(0.001, weight_decay=0.01)),
    "moving average of weights": lambda: dense(
        optimizers.SGD(0.05, use_ema=True, ema_overwrite_frequency=None)
    ),
    "clipped gradients": lambda: dense(optimizers.SGD(0.05, clipnorm=0.5)),
    "l2": lambda: dense(optimizers.SGD(0.05), l2=0.01),
    "batch normalisation": lambda: dense("sgd", between=[layers.BatchNormalization]),
    "schedule": lambda: dense(optimizers.SGD(SCHEDULE)),
    "a convolution": conv,
}


@pytest.mark.parametrize("build", MODELS.values(), ids=MODELS)
def test_equal_batches_give_equal_weights(task, build):
    x, y = task[0][: STEPS * BATCH], task[1][: STEPS * BATCH]
    ours, theirs = build(), build()
    if "conv2d" in ours.layers[0].name:
        x = x[..., None]
    start = [w.copy() for w in ours.get_weights()]
    history = fit(ours, x, y, batch_size=BATCH, shuffle=False)
    keras_history = theirs.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0)
    assert_same(ours, theirs, history, keras_history)
    assert history.path == ("graph epoch" if "conv2d" in ours.layers[0].name else "compiled epoch")
    assert history.seconds > 0
    assert any(np.abs(a - b).max() > 0.01 for a, b in zip(start, ours.get_weights(), strict=True))


@pytest.mark.parametrize("rows", [STEPS * BATCH - 13, BATCH + 1, BATCH, BATCH - 1, 1])
def test_a_last_partial_batch(task, rows):
    x, y = task[0][:rows], task[1][:rows]
    ours, theirs = dense(), dense()
    history = fit(ours, x, y, batch_size=BATCH, shuffle=False)
    keras_history = theirs.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0)
    assert_same(ours, theirs, history, keras_history)


@pytest.mark.parametrize(
    "arguments",
    [
        {"validation_split": 0.25},
        {"validation_split": 0.25, "class_weight": {0: 5.0, 3: 0.2}},
        {"validation_data": "given"},
    ],
    ids=["split", "class weights", "given"],
)
def test_validation_and_class_weights(task, arguments):
    x, y = task[0][:1200], task[1][:1200]
    if "validation_data" in arguments:
        arguments = {"validation_data": (task[0][1200:2333], task[1][1200:2333])}
    ours, theirs = dense("adam"), dense("adam")
    common = dict(batch_size=BATCH, epochs=2, shuffle=False, **arguments)
    history, keras_history = fit(ours, x, y, **common), theirs.fit(x, y, verbose=0, **common)
    assert_same(ours, theirs, history, keras_history)


def test_one_hot_labels(task):
    x, y = task[0][:640], np.eye(10, dtype="float32")[task[1][:640]]
    ours, theirs = (dense("adam", loss="categorical_crossentropy") for _ in range(2))
    weights = {2: 3.0}
    common = dict(batch_size=BATCH, shuffle=False, class_weight=weights)
    assert_same(ours, theirs, fit(ours, x, y, **common), theirs.fit(x, y, verbose=0, **common))


def test_a_summed_loss_is_summed_over_the_same_batches(task):
    summed = keras.losses.SparseCategoricalCrossentropy(reduction="sum")
    ours, theirs = (dense(optimizers.SGD(0.001), loss=summed) for _ in range(2))
    common = dict(batch_size=BATCH, shuffle=False, validation_split=0.3)
    x, y = task[0][:640], task[1][:640]
    assert_same(ours, theirs, fit(ours, x, y, **common), theirs.fit(x, y, verbose=0, **common))


def test_other_tasks_than_classification(task):
    def regression(loss):
        keras.utils.set_random_seed(7)
        model = keras.Sequential([layers.Input((8, 8)), layers.Flatten(), layers.Dense(1)])
        model.compile(optimizers.SGD(0.001), loss)
        return model

    x = task[0][:320]
    for loss, y in (("mse", x.mean(axis=(1, 2)) * 5 - 2), ("hinge", np.sign(x[:, 0, 0] - 0.5))):
        ours, theirs = regression(loss), regression(loss)
        history = fit(ours, x, y, shuffle=False)
        assert_same(ours, theirs, history, theirs.fit(x, y, shuffle=False, verbose=0))


def test_a_metric_may_be_an_array(task):
    model = dense(loss="categorical_crossentropy")
    model.compile("adam", "categorical_crossentropy", metrics=[keras.metrics.F1Score()])
    history = fit(model, task[0][:320], np.eye(10, dtype="float32")[task[1][:320]], epochs=2)
    assert np.shape(history.history["f1_score"]) == (2, 10)


def test_batch_sizes_of_numpy(task):
    assert fit(dense(), task[0][:64], task[1][:64], batch_size=np.int64(32)).history["loss"]


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
    orders = []
    for shuffle in (True, False):
        collect = Collect()
        model = keras.Sequential([layers.Input((2,)), collect, layers.Dense(2, "softmax")])
        model.compile(optimizers.SGD(0.0), "sparse_categorical_crossentropy")
        fit(model, x, np.zeros(64, int), batch_size=16, shuffle=shuffle)
        orders.append(collect.seen.numpy())
    np.testing.assert_array_equal(np.sort(orders[0]), np.arange(64))
    assert not np.array_equal(orders[0], np.arange(64))
    np.testing.assert_array_equal(orders[1], np.arange(64))


def test_the_plain_path_passes_everything_on(task):
    class EveryBatch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    x, y = task[0][:640], task[1][:640]
    common = dict(shuffle=False, validation_split=0.25, class_weight={0: 5.0, 3: 0.2}, epochs=2)
    ours, theirs = dense("adam"), dense("adam")
    history = fit(ours, x, y, callbacks=[EveryBatch()], **common)
    assert history.path == "model.fit"
    assert_same(ours, theirs, history, theirs.fit(x, y, verbose=0, **common))


def test_pixels_as_stored_give_what_floats_give(task):
    x = (task[0][:640] * 50).clip(0, 255).astype("uint8")
    stored, floats = dense("adam"), dense("adam")
    fit(stored, x, task[1][:640], shuffle=False)
    fit(floats, x.astype("float32"), task[1][:640], shuffle=False)
    for a, b in zip(stored.get_weights(), floats.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


CALLBACKS = {
    "early stopping": lambda: keras.callbacks.EarlyStopping(
        "val_loss", patience=1, restore_best_weights=True
    ),
    "plateau": lambda: keras.callbacks.ReduceLROnPlateau("val_loss", patience=0, factor=0.3),
}


@pytest.mark.parametrize("callback", CALLBACKS.values(), ids=CALLBACKS)
def test_callbacks_act_as_under_model_fit(task, callback):
    # So high a rate on so few images that both callbacks have something to do.
    x, y, held = task[0][:160], task[1][:160], (task[0][160:400], task[1][160:400])
    ours, theirs = (dense(optimizers.SGD(0.5, momentum=0.8)) for _ in range(2))
    common = dict(batch_size=BATCH, epochs=20, shuffle=False, validation_data=held)
    history = fit(ours, x, y, callbacks=[callback()], **common)
    keras_history = theirs.fit(x, y, callbacks=[callback()], verbose=0, **common)
    assert history.path == "compiled epoch"
    assert_same(ours, theirs, history, keras_history, tolerance=2e-4)
    rates = history.history.get("learning_rate", [0.5])
    assert len(history.epoch) < 20 or rates[-1] < rates[0]


def test_whole_runs_agree_within_their_interval(task):
    x, y, held = task[0][:3000], task[1][:3000], (task[0][3000:], task[1][3000:])

    def final(run):
        keras.utils.set_random_seed(run)
        ours, theirs = build(), build()
        theirs.set_weights(ours.get_weights())
        common = dict(epochs=6, batch_size=BATCH, validation_data=held)
        a = fit(ours, x, y, **common).history["val_accuracy"][-1]
        return a - theirs.fit(x, y, verbose=0, **common).history["val_accuracy"][-1]

    def build():
        model = keras.Sequential(
            [
                layers.Input((8, 8)),
                layers.Flatten(),
                layers.Dense(24, "relu"),
                layers.Dropout(0.2),
                layers.Dense(10, "softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    differences = [final(run) for run in range(6)]
    assert scipy_stats.ttest_1samp(differences, 0).pvalue > 0.001
    assert np.abs(differences).max() < 0.05


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
        patch.setattr(training, "FAST_UNDER_XLA", (*training.FAST_UNDER_XLA, Spy))
        assert fit(model, x, y, batch_size=32).path == "compiled epoch"
    kept = spy.total.numpy() / 3200
    np.testing.assert_allclose(kept, 0.7, atol=5 * np.sqrt(0.21 / 3200))
    assert kept.mean() == pytest.approx(0.7, abs=5 * np.sqrt(0.21 / 160_000))
    assert (spy.distinct.numpy() > 0).all()
    assert (spy.distinct.numpy() < 100).all()


def test_the_history_names_the_path(task):
    class EveryBatch(keras.callbacks.Callback):
        calls = 0

        def on_train_batch_end(self, batch, logs=None):
            self.calls += 1

    x, y = task[0][:320], task[1][:320]
    counter = EveryBatch()
    assert fit(dense(), x, y).path == "compiled epoch"
    assert fit(conv(), x[..., None], y).path == "graph epoch"
    assert fit(dense(), x, y, callbacks=[counter]).path == "model.fit"
    assert counter.calls == 10
    batches = []
    on_object = keras.callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: batches.append(b))
    assert fit(dense(), x, y, callbacks=[on_object]).path == "model.fit"
    assert len(batches) == 10
    epochs = []
    each_epoch = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: epochs.append(e))
    assert fit(dense(), x, y, epochs=3, callbacks=[each_epoch]).path == "compiled epoch"
    assert epochs == [0, 1, 2]


def test_models_that_learn_their_shape_from_the_data(task):
    x, y = task[0][:640], task[1][:640]
    late = keras.Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])

    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.flatten, self.dense = layers.Flatten(), layers.Dense(10, activation="softmax")

        def call(self, inputs):
            return self.dense(self.flatten(inputs))

    for model in (late, Subclassed()):
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = fit(model, x, y, epochs=3, validation_split=0.2)
        assert history.path == "compiled epoch"
        assert history.history["loss"][-1] < history.history["loss"][0]
        with pytest.raises(ValueError, match="y goes from 1 to 10"):
            fit(model, x, y + 1)


def test_shuffling_obeys_the_global_seed(task):
    def weights(seed):
        model = dense()
        keras.utils.set_random_seed(seed)
        fit(model, *task, epochs=2)
        return model.get_weights()[0]

    np.testing.assert_array_equal(weights(1), weights(1))
    assert np.abs(weights(1) - weights(2)).max() > 1e-3


def test_a_loss_that_is_no_number_stops_the_run_and_says_so(task):
    model = dense(optimizers.SGD(1e30))
    with pytest.warns(UserWarning, match=r"loss became nan in epoch \d+.*learning rate"):
        history = fit(model, *task, epochs=50)
    assert len(history.epoch) < 50
    assert np.isnan(history.history["loss"][-1])


def test_training_can_go_on_and_be_compiled_anew(task):
    model = dense("adam")
    first = fit(model, *task).history["loss"][0]
    assert fit(model, *task).history["loss"][0] < first
    model.layers[1].trainable = False
    model.compile(optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    frozen = [w.copy() for w in model.layers[1].get_weights()]
    fit(model, *task)
    for before, after in zip(frozen, model.layers[1].get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


X, Y = np.zeros((20, 8, 8), "float32"), np.arange(20) % 10
BAD = {
    "batch size 0": (dict(batch_size=0), "batch_size is 0"),
    "a share as batch size": (dict(batch_size=0.5), "batch_size is 0.5"),
    "no epochs": (dict(epochs=0), "epochs is 0"),
    "everything held out": (dict(validation_split=1.0), "validation_split is 1.0"),
    "nothing to train on": (dict(validation_split=0.96), "leaves one part empty"),
    "empty": (dict(x=X[:0], y=Y[:0]), r"x has the shape \(0, 8, 8\)"),
    "unequal": (dict(y=Y[:5]), r"x has the shape .* and y \(5,\)"),
    "wrong image shape": (dict(x=X[:, :7]), r"x has shape \(20, 7, 8\), the model takes"),
    "channel too many": (dict(x=X[..., None]), r"x has shape \(20, 8, 8, 1\)"),
    "label too high": (dict(y=Y + 1), r"y goes from 1 to 10; its labels .* from 0 to 9"),
    "half a label": (dict(y=Y / 2), "must be whole numbers from 0 to 9"),
    "True epochs": (dict(epochs=True), "epochs is True"),
    "a dictionary": (dict(y={"a": Y}), "y is no array.*use model.fit"),
    "nothing": (dict(y=None), "y is no array"),
    "weighted validation": (dict(validation_data=(X, Y, Y)), "validation_data has 3 parts"),
    "label below 0": (dict(y=Y - 1), "y goes from -1 to 8"),
    "label NaN": (dict(y=np.full(20, np.nan)), "y goes from nan"),
    "wrong one-hot": (dict(y=np.eye(9)[Y % 9] * 10), "y goes from 0.0 to 10.0"),
    "NaN": (dict(x=np.where(X == 0, np.nan, X)), "x holds NaN"),
    "infinite": (dict(x=np.where(X == 0, np.inf, X)), "x holds NaN or infinite"),
    "bad validation": (dict(validation_data=(X, Y + 1)), "validation y goes from 1 to 10"),
    "short validation": (dict(validation_data=(X, Y[:5])), "validation x has the shape"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_before_training(arguments, message):
    model = dense()
    before = [w.copy() for w in model.get_weights()]
    with pytest.raises(ValueError, match=message):
        fit(model, **{"x": X, "y": Y, **arguments})
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_model_that_was_not_compiled_is_refused():
    with pytest.raises(ValueError, match=r"not compiled.*model\.compile"):
        fit(keras.Sequential([layers.Input((8, 8)), layers.Flatten(), layers.Dense(10)]), X, Y)


def test_one_hot_labels_with_a_sparse_loss_are_refused_and_named():
    with pytest.raises(ValueError, match="one-hot"):
        fit(dense(), X, np.eye(10)[Y])
    with pytest.raises(ValueError, match="one-hot"):
        fit(dense(loss="categorical_crossentropy"), X, Y)


class TestRepeat:
    @pytest.fixture
    def traces(self, monkeypatch):
        """Counts how often a training epoch is traced, which is once for each compilation."""
        count = []
        original = training._Program._train_epoch

        def counted(self, *arguments):
            count.append(1)
            return original(self, *arguments)

        monkeypatch.setattr(training._Program, "_train_epoch", counted)
        return count

    @staticmethod
    def build():
        model = keras.Sequential(
            [
                layers.Input((8, 8)),
                layers.Flatten(),
                layers.Dense(16, "relu"),
                layers.Dropout(0.2),
                layers.Dense(10, "softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    def test_one_compilation_serves_all_seeds(self, task, traces):
        runs = repeat(self.build, *task, seeds=range(5), epochs=2, validation_split=0.2)
        assert len(traces) == 1
        assert runs.history["val_loss"].shape == (5, 2)
        assert len(set(runs.final("val_loss"))) == 5
        assert runs.path == "compiled epoch"

    def test_a_seed_gives_the_same_run_alone_or_among_others(self, task):
        common = dict(epochs=3, validation_split=0.2)
        among = repeat(self.build, *task, seeds=[3, 1, 4], **common)
        alone = repeat(self.build, *task, seeds=[4], **common)
        for name, values in alone.history.items():
            np.testing.assert_array_equal(values[0], among.history[name][2])

    def test_a_changed_rate_and_a_stopped_run_do_not_reach_the_next_seed(self, task):
        def callbacks():
            return [
                keras.callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=0, min_delta=9),
                keras.callbacks.EarlyStopping("loss", patience=1, min_delta=9),
            ]

        runs = repeat(self.build, *task, seeds=[0, 1], epochs=5, callbacks=callbacks)
        alone = repeat(self.build, *task, seeds=[1], epochs=5, callbacks=callbacks)
        np.testing.assert_array_equal(runs.history["loss"][1], alone.history["loss"][0])
        np.testing.assert_allclose(runs.history["learning_rate"][:, 0], 0.001)

    def test_measures_every_trained_model(self, task):
        runs = repeat(
            self.build,
            *task,
            seeds=[0, 1, 2],
            measure=lambda m: {"norm": np.linalg.norm(m.get_weights()[0])},
        )
        assert runs.final("norm").shape == (3,)
        assert len(set(runs.final("norm"))) == 3
        assert runs.final("norm").mean() in runs.mean("norm")
        with pytest.raises(KeyError, match=r"'nrom' was not recorded; recorded are norm"):
            runs.final("nrom")

    def test_the_last_epoch_of_a_run_that_stopped_is_its_final_one(self):
        values = np.array([[0.5, 0.6, np.nan], [0.5, 0.6, 0.7]])
        ran = np.array([2, 3])
        runs = training.Runs(np.arange(2), {"a": values}, {}, ran, "model.fit", np.ones(2))
        np.testing.assert_array_equal(runs.final("a"), [0.6, 0.7])

    def test_a_run_that_diverged_is_not_hidden(self, task):
        def rates():
            return [keras.callbacks.LearningRateScheduler(lambda e, _: 0.01 if e < 2 else 1e30)]

        with pytest.warns(UserWarning, match="loss became nan"):
            runs = repeat(dense, *task, seeds=[0, 1], epochs=4, callbacks=rates)
        assert np.isnan(runs.final("loss")).all()
        with pytest.raises(ValueError, match="NaN"):
            runs.mean("loss")

    def test_a_further_run_is_predicted_from_the_runs(self, task):
        runs = repeat(self.build, *task, seeds=range(3))
        values = runs.final("loss")
        expected = stats.prediction_interval(values)
        assert runs.prediction("loss") == expected
        assert runs.mean("loss").high < expected.high

    def test_models_that_learn_their_shape_from_the_data(self, task):
        def build():
            model = keras.Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])
            model.compile("adam", "sparse_categorical_crossentropy")
            return model

        assert len(set(repeat(build, *task, seeds=[0, 1]).final("loss"))) == 2

    def test_settings_that_change_between_seeds_are_no_one_experiment(self, task):
        rates = iter([0.1, 0.4])
        with pytest.raises(ValueError, match="models that differ"):
            repeat(
                lambda: dense(between=[lambda: layers.Dropout(next(rates))]), *task, seeds=[0, 1]
            )

    @pytest.mark.parametrize("seeds", [[], [1, 1]])
    def test_seeds_must_differ(self, task, seeds):
        with pytest.raises(ValueError, match="name at least one, each once"):
            repeat(self.build, *task, seeds=seeds)

    def test_models_of_different_shapes_are_no_one_experiment(self, task):
        widths = iter([8, 9])

        def build():
            model = keras.Sequential(
                [
                    layers.Input((8, 8)),
                    layers.Flatten(),
                    layers.Dense(next(widths), "relu"),
                    layers.Dense(10, "softmax"),
                ]
            )
            model.compile("adam", "sparse_categorical_crossentropy")
            return model

        with pytest.raises(ValueError, match="models that differ"):
            repeat(build, *task, seeds=[0, 1])

    def test_many_models_bring_no_warning_of_retracing(self, task, caplog):
        x, y = task[0][:64], task[1][:64]
        for _ in range(8):
            fit(self.build(), x, y)
        assert "retracing" not in caplog.text

    def test_nothing_is_printed_while_the_book_is_built(self, task, monkeypatch, capsys):
        monkeypatch.setenv("LESSONS_BUILD", "1")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            repeat(self.build, *task, seeds=[0])
        assert capsys.readouterr() == ("", "")
