"""What `lessons_src.training` is given, as arrays that fit the model; one clear error otherwise.

Refused is what is surely wrong, with the argument and the cure. Whether a loss or a metric takes
the data is for Keras to say.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras.utils import PyDataset

KINDS = {"U": "text", "S": "text", "O": "objects", "c": "complex numbers"}  # of NumPy's dtypes
ENCODE = "np.unique(y, return_inverse=True)[1] numbers the classes"


class Data(NamedTuple):
    """Arrays, or tensors where all of them were given as tensors; weights of shape (n,)."""

    x: Any
    y: Any
    weights: np.ndarray | None
    validation: tuple[Any, ...] | None  # x, y, and weights if there are any


def checked(
    model: keras.Model,
    x: Any,
    y: Any,
    *,
    batch_size: int = 1,
    epochs: int = 1,
    validation_split: float = 0.0,
    validation_data: Any = None,
    class_weight: Any = None,
    sample_weight: Any = None,
) -> Data:
    """The arguments of `fit`.

    Raises:
        ValueError: naming the argument and the cure.
    """
    if not getattr(model, "compiled", False):
        raise ValueError("the model is not compiled: call model.compile(optimizer, loss) first")
    if any(
        isinstance(getattr(model, f"{end}_shape", None), list | dict) for end in ("input", "output")
    ):
        raise ValueError("fit takes a model with one input and one output; use model.fit")
    for name, value in (("batch_size", batch_size), ("epochs", epochs)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} is {value!r}: it must be a whole number of at least 1")
    if not 0 <= validation_split < 1:
        raise ValueError(f"validation_split is {validation_split}: it must lie in [0, 1)")
    x, y = _pair(model, x, y, "")
    weights = _weights(y, class_weight, sample_weight)
    if validation_data is not None:
        if not isinstance(validation_data, tuple | list) or len(validation_data) not in (2, 3):
            kind = type(validation_data).__name__
            raise ValueError(
                f"validation_data is a {kind}: it must be (x, y) or (x, y, weights), arrays all; "
                "for datasets and generators use model.fit"
            )
        held_x, held_y, *rest = validation_data
        held_x, held_y = _pair(model, held_x, held_y, "validation ")
        held_out = held_x, held_y, *(_weights(held_y, None, given) for given in rest)
    elif validation_split:
        kept = int(len(x) * (1 - validation_split))
        if kept in (0, len(x)):
            raise ValueError(
                f"validation_split={validation_split} of {len(x)} rows leaves one part empty"
            )
        parts = (x, y) if sample_weight is None else (x, y, weights)
        held_out = tuple(part[kept:] for part in parts)
        x, y, weights = (part if part is None else part[:kept] for part in (x, y, weights))
    else:
        held_out = None
    return Data(x, y, weights, held_out)


def as_array(values: Any) -> np.ndarray:
    """As float32 what is some float; of a tensor, its own memory and no copy."""
    values = np.asarray(values)
    return values.astype(np.float32, copy=False) if values.dtype.kind == "f" else values


def build(model: keras.Model, x: Any) -> None:
    """Make the weights of a model that learns its shapes from the data."""
    if model.built:
        return
    if isinstance(model, keras.Sequential):
        model.build((None, *x.shape[1:]))
    else:
        model(x[:1])


def _weights(y: np.ndarray, class_weight: Any, sample_weight: Any) -> np.ndarray | None:
    """A weight for each row, shape (n,), float32."""
    if sample_weight is not None:
        if class_weight is not None:
            raise ValueError("class_weight and sample_weight exclude each other: give one of them")
        weights = _numbers(sample_weight, "sample_weight")
        if weights.shape != (len(y),):
            raise ValueError(
                f"sample_weight has the shape {weights.shape}: one number for each of the {len(y)} "
                "rows is wanted"
            )
        return weights.astype(np.float32)
    if class_weight is None:
        return None
    if not isinstance(class_weight, Mapping):
        raise ValueError(
            f"class_weight is a {type(class_weight).__name__}: a dictionary from class to weight "
            "is wanted, as by dict(enumerate(weights))"
        )
    classes = np.asarray(y)
    classes = classes.argmax(axis=1) if classes.shape[1:] > (1,) else classes.ravel().astype(int)
    of_class = np.array([class_weight.get(c, 1.0) for c in range(classes.max() + 1)], np.float32)
    return of_class[classes]


def _pair(model: keras.Model, x: Any, y: Any, part: str) -> tuple[Any, Any]:
    given, x_name, y_name = (x, y), f"{part}x", f"{part}y"
    x, y = _numbers(x, x_name), _numbers(y, y_name)
    if x.ndim == 0 or y.ndim == 0 or len(x) == 0 or len(x) != len(y):
        raise ValueError(
            f"{x_name} has the shape {x.shape} and {y_name} {y.shape}: as many rows, and not none"
        )
    build(model, x)
    # A subclassed model does not know its shapes, so it is asked for an answer.
    expected = getattr(model, "input_shape", (None, *x.shape[1:]))
    if len(expected) != x.ndim or any(
        e not in (None, s) for e, s in zip(expected[1:], x.shape[1:], strict=True)
    ):
        raise ValueError(f"{x_name} has shape {x.shape}, the model takes {expected}")
    outputs = getattr(model, "output_shape", None) or tuple(model(x[:1]).shape)
    _check_labels(y, outputs[1:], model.loss, y_name)
    for array, name in ((x, x_name), (y, y_name)):
        if not np.isfinite([array.min(), array.max()]).all():
            raise ValueError(f"{name} holds NaN or infinite values: clean it before training")
    return given if all(map(tf.is_tensor, given)) else (x, y)


def _numbers(values: Any, name: str) -> np.ndarray:
    if values is None or isinstance(values, Mapping | Iterator | tf.data.Dataset | PyDataset):
        raise ValueError(
            f"{name} is no array, but a {type(values).__name__}: for datasets, generators and "
            "dictionaries use model.fit"
        )
    try:
        array = as_array(values)
    except ValueError:
        raise ValueError(f"{name} has rows of unequal length: make an array of it first") from None
    if array.dtype.kind not in "biuf":
        kind = KINDS.get(array.dtype.kind, str(array.dtype))
        cure = ENCODE if name.endswith("y") else "convert it before training"
        raise ValueError(f"{name} holds {kind}, and numbers are wanted: {cure}")
    return array


def _check_labels(y: np.ndarray, outputs: tuple[int, ...], loss: Any, name: str) -> None:
    """Refuse what is wrong for one of Keras's own crossentropies."""
    kind, indices, top = _crossentropy(loss), y.shape[1:] in ((), (1,)), 1
    if kind == "categorical_crossentropy" and indices and outputs != (1,):
        raise ValueError(
            f"{name} holds class indices, {kind} takes one-hot rows: use sparse_{kind}"
        )
    if kind == "sparse_categorical_crossentropy":
        if not indices and y.shape[1:] == outputs:
            raise ValueError(
                f"{name} is one-hot, {kind} takes class indices: pass {name}.argmax(axis=1)"
            )
        top = outputs[-1] - 1
        if (ignored := getattr(loss, "ignore_class", None)) is not None:
            y = y[y != ignored]
    elif kind != "binary_crossentropy":
        return
    whole = kind != "binary_crossentropy"
    fits = y.size == 0 or (np.isfinite(y).all() and y.min() >= 0 and y.max() <= top)
    if not fits or (whole and (y % 1 != 0).any()):
        numbers = "whole numbers" if whole else "numbers"
        raise ValueError(
            f"{name} goes from {y.min()} to {y.max()}; its labels must be {numbers} from 0 to {top}"
        )


def _crossentropy(loss: Any) -> str:
    """Which of Keras's crossentropies a loss is, however it was given; empty for any other."""
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    for name in ("sparse_categorical", "categorical", "binary"):
        function = getattr(keras.losses, f"{name}_crossentropy")
        made = getattr(keras.losses, f"{name.title().replace('_', '')}Crossentropy")
        if loss is function or type(loss) is made:
            return f"{name}_crossentropy"
    return ""
