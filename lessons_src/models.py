"""The networks that more than one page of the book trains, compiled and ready."""

import keras
from keras import layers


def dense(
    *units: int,
    activation: str = "relu",
    dropout: float = 0.0,
    optimizer: str | keras.optimizers.Optimizer = "adam",
) -> keras.Model:
    """A dense network for images of shape (28, 28): 784, the hidden layers' units, 10.

    Without any units it is softmax regression; `dropout` is the share behind each hidden layer. The
    last layer gives probabilities, shape (n, 10); the loss takes class indices.
    """
    hidden = []
    for n in units:
        hidden.append(layers.Dense(n, activation=activation))
        if dropout:
            hidden.append(layers.Dropout(dropout))
    return classifier(layers.Input((28, 28)), layers.Flatten(), *hidden, optimizer=optimizer)


def convolutional(optimizer: str | keras.optimizers.Optimizer = "adam") -> keras.Model:
    """The series' first network (claim S1.4), for images of shape (28, 28, 1)."""
    return classifier(
        layers.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        optimizer=optimizer,
    )


def classifier(
    *body: keras.KerasTensor | keras.Layer, optimizer: str | keras.optimizers.Optimizer = "adam"
) -> keras.Model:
    """The layers of `body` with a softmax over ten classes behind them, compiled."""
    model = keras.Sequential([*body, layers.Dense(10, activation="softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
