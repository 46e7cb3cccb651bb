"""A dense network from scratch: initialise, forward, loss, backward, step. NumPy is all it needs.

The parameters of a network are a list with a pair for each layer, weights of shape (inputs, units)
and biases of shape (units,). Hidden layers have ReLU, the last one softmax. The chapter
`book/from-scratch.md` shows these functions one after another, without types and docstrings.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

Parameters = list[tuple[np.ndarray, np.ndarray]]


def initialise(sizes: Sequence[int], rng: np.random.Generator) -> Parameters:
    """Fresh parameters for layers of these sizes, such as (784, 128, 10), in float32.

    Weights are uniform in ±√(6 / (inputs + units)), by Glorot and Bengio (2010), as in Keras's
    layers; biases are 0.

    Raises:
        ValueError: there is no layer between fewer than two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"{tuple(sizes)} has no layer: give the sizes of inputs and outputs")
    parameters = []
    for inputs, units in pairwise(sizes):
        limit = np.sqrt(6 / (inputs + units))
        weights = rng.uniform(-limit, limit, (inputs, units))
        weights = weights.astype(np.float32)
        parameters.append((weights, np.zeros(units, np.float32)))
    return parameters


def forward(parameters: Parameters, images: np.ndarray) -> list[np.ndarray]:
    """What every layer gives, the flattened images first and the probabilities last.

    Args:
        images: shape (n, …), already scaled.
    """
    outputs = [images.reshape(len(images), -1)]
    for weights, biases in parameters[:-1]:
        outputs.append(np.maximum(outputs[-1] @ weights + biases, 0))
    weights, biases = parameters[-1]
    outputs.append(softmax(outputs[-1] @ weights + biases))
    return outputs


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of each row, shape (n, classes); large logits do not overflow."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Sparse categorical crossentropy: the mean of −log p of the right class, in nats.

    A probability that was rounded to 0 counts as 10⁻⁷. Keras does so with bare probabilities; for
    a network that ends in softmax it goes back to the logits and has no bound. Neither has
    `backward`: it gives the gradient of the loss without one.
    """
    right = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(right, 1e-7)).mean())


def backward(parameters: Parameters, outputs: list[np.ndarray], labels: np.ndarray) -> Parameters:
    """Gradients of `loss`, unbounded, with respect to the parameters, in the same shapes.

    Args:
        outputs: what `forward` gave for the images that the labels belong to.
    """
    # With respect to the logits the gradient of one image's loss is p − onehot.
    delta = outputs[-1].copy()
    delta[np.arange(len(labels)), labels] -= 1
    delta /= len(labels)
    gradients = []
    for place in reversed(range(len(parameters))):
        gradients.append((outputs[place].T @ delta, delta.sum(axis=0)))
        if place:  # the slope of ReLU is 1 where it gave something, else 0
            delta = (delta @ parameters[place][0].T) * (outputs[place] > 0)
    return gradients[::-1]


def step(parameters: Parameters, gradients: Parameters, learning_rate: float) -> None:
    """Move every parameter against its gradient, in place: one update of plain SGD."""
    for layer, slopes in zip(parameters, gradients, strict=True):
        for values, slope in zip(layer, slopes, strict=True):
            values -= learning_rate * slope


def train(
    parameters: Parameters,
    images: np.ndarray,
    labels: np.ndarray,
    batches: Iterable[np.ndarray],
    learning_rate: float,
) -> np.ndarray:
    """Take one step for each of the batches, arrays of image numbers; the loss before each."""
    losses = []
    for batch in batches:
        outputs = forward(parameters, images[batch])
        losses.append(loss(outputs[-1], labels[batch]))
        gradients = backward(parameters, outputs, labels[batch])
        step(parameters, gradients, learning_rate)
    return np.array(losses)
