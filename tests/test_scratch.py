"""The network from scratch, against finite differences and against Keras."""

import ast
import inspect
from pathlib import Path

import jupytext
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lessons_src import scratch
from lessons_src.models import dense

SIZES = st.lists(st.integers(1, 6), min_size=2, max_size=5)


def in_double(parameters):
    return [tuple(part.astype(np.float64) for part in layer) for layer in parameters]


def some_case(sizes, images, seed):
    """Parameters in double precision with biases that are not 0, images and labels."""
    rng = np.random.default_rng(seed)
    parameters = in_double(scratch.initialise(sizes, rng))
    for _, biases in parameters:
        biases += rng.normal(size=biases.shape)
    x = rng.normal(size=(images, sizes[0]))
    return parameters, x, rng.integers(0, sizes[-1], size=images)


@given(SIZES, st.integers(1, 7), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_forward_gives_probabilities_backward_slopes_and_step_alone_changes_parameters(
    sizes, images, seed
):
    parameters, x, y = some_case(sizes, images, seed)
    outputs = scratch.forward(parameters, x)
    assert [output.shape for output in outputs] == [(images, size) for size in sizes]
    np.testing.assert_allclose(outputs[-1].sum(axis=1), 1)
    assert all((output >= 0).all() for output in outputs[1:])
    given = [array.copy() for array in (*flat(parameters), *outputs)]
    gradients = scratch.backward(parameters, outputs, y)
    for layer, slopes in zip(parameters, gradients, strict=True):
        assert [part.shape for part in layer] == [slope.shape for slope in slopes]
    for old, array in zip(given, (*flat(parameters), *outputs), strict=True):
        np.testing.assert_array_equal(old, array)
    same, slopes = flat(parameters), [array.copy() for array in flat(gradients)]
    scratch.step(parameters, gradients, 0.1)
    for old, array, slope in zip(given, same, slopes, strict=False):
        np.testing.assert_allclose(array, old - 0.1 * slope, atol=1e-15)
    for old, slope in zip(slopes, flat(gradients), strict=True):
        np.testing.assert_array_equal(old, slope)


@given(SIZES, st.integers(1, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_gradients_agree_with_finite_differences(sizes, images, seed):
    parameters, x, y = some_case(sizes, images, seed)
    outputs = scratch.forward(parameters, x)
    # Within the width of the difference no sum of a hidden layer may change its sign.
    hidden = zip(outputs, parameters[:-1], strict=False)
    assume(all((np.abs(output @ w + b) > 1e-3).all() for output, (w, b) in hidden))
    gradients = scratch.backward(parameters, outputs, y)
    for layer, slopes in zip(parameters, gradients, strict=True):
        for values, slope in zip(layer, slopes, strict=True):
            for place in np.ndindex(values.shape):
                kept, ends = values[place], []
                for change in (1e-5, -1e-5):
                    values[place] = kept + change
                    ends.append(scratch.loss(scratch.forward(parameters, x)[-1], y))
                values[place] = kept
                assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(slope[place], abs=1e-6)


@given(SIZES, st.integers(2, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_loss_and_gradient_of_a_batch_are_the_means_over_its_images(sizes, images, seed):
    parameters, x, y = some_case(sizes, images, seed)

    def at(rows):
        outputs = scratch.forward(parameters, x[rows])
        gradients = scratch.backward(parameters, outputs, y[rows])
        return [scratch.loss(outputs[-1], y[rows]), *flat(gradients)]

    alone = [at([row]) for row in range(images)]
    for whole, *parts in zip(at(slice(None)), *alone, strict=True):
        np.testing.assert_allclose(whole, np.mean(parts, axis=0), atol=1e-12)


def flat(parameters):
    return [array for layer in parameters for array in layer]


@pytest.mark.parametrize("units", [(), (16, 12)], ids=str)
def test_loss_gradients_and_training_are_kerass(units):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, size=320)
    x = rng.random((320, 28, 28), dtype=np.float32) * (y[:, None, None] + 1) / 10
    keras.utils.set_random_seed(0)
    model = dense(*units, optimizer=keras.optimizers.SGD(0.1))
    weights = model.get_weights()
    parameters = list(zip(weights[::2], weights[1::2], strict=True))
    for n in (1, 50):
        outputs = scratch.forward(parameters, x[:n])
        with tf.GradientTape() as tape:
            losses = keras.losses.sparse_categorical_crossentropy(y[:n], model(x[:n]))
            kerass = tf.reduce_mean(losses)
        assert scratch.loss(outputs[-1], y[:n]) == pytest.approx(float(kerass), rel=1e-5)
        found = tape.gradient(kerass, [weight.value for weight in model.trainable_weights])
        ours = flat(scratch.backward(parameters, outputs, y[:n]))
        for slope, wanted in zip(ours, found, strict=True):
            np.testing.assert_allclose(slope, wanted, atol=1e-6)
    batches = np.arange(320).reshape(10, 32)
    losses = scratch.train(parameters, x, y, batches, learning_rate=0.1)
    for batch in batches:
        model.train_on_batch(x[batch], y[batch])
    for values, wanted in zip(flat(parameters), model.get_weights(), strict=True):
        np.testing.assert_allclose(values, wanted, atol=1e-5)
    assert losses[-1] < losses[0]


def test_weights_start_as_kerass_do():
    parameters = scratch.initialise((784, 128, 10), np.random.default_rng(0))
    keras.utils.set_random_seed(0)
    for (weights, biases), theirs in zip(parameters, dense(128).get_weights()[::2], strict=True):
        assert weights.shape == theirs.shape
        assert weights.dtype == theirs.dtype
        assert weights.std() == pytest.approx(theirs.std(), rel=0.1)
        assert np.abs(weights).max() == pytest.approx(np.abs(theirs).max(), rel=0.02)
        assert not biases.any()


def test_extreme_logits_and_probabilities_do_not_overflow():
    far = scratch.softmax(np.array([[1000.0, 0.0, -1000.0]]))
    np.testing.assert_array_equal(far, [[1, 0, 0]])
    assert scratch.loss(far, np.array([2])) == pytest.approx(-np.log(1e-7))


@pytest.mark.parametrize("sizes", [(), (784,)])
def test_a_network_without_layers_is_refused(sizes):
    with pytest.raises(ValueError, match="has no layer"):
        scratch.initialise(sizes, np.random.default_rng(0))


def without_types_and_texts(function):
    """A function as its statements say, without docstring, annotations, and checks that raise."""
    for argument in function.args.args:
        argument.annotation = None
    function.returns = None
    function.body = [
        part
        for part in function.body
        if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        and not (isinstance(part, ast.If) and isinstance(part.body[0], ast.Raise))
    ]
    return ast.unparse(function)


def test_the_chapter_shows_the_functions_of_the_module():
    """Whoever changes one of them has to change the other."""

    def functions(code):
        found = (node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef))
        return {function.name: without_types_and_texts(function) for function in found}

    chapter = Path(__file__).resolve().parents[1] / "book" / "from-scratch.md"
    cells = (cell for cell in jupytext.read(chapter).cells if cell.cell_type == "code")
    shown = {}
    for cell in cells:
        for name, text in functions(cell.source).items():
            shown.setdefault(name, []).append(text)
    module = functions(inspect.getsource(scratch))
    assert list(module) == ["initialise", "forward", "softmax", "loss", "backward", "step", "train"]
    for name, text in module.items():
        assert shown.get(name) == [text]
