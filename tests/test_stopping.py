"""Early stopping on a list of losses stops where Keras stops, and keeps the epoch that it keeps."""

import keras
import pytest

from lessons_src.stopping import early_stop

FALLS = [0.60, 0.50, 0.45, 0.449, 0.448, 0.46, 0.43, 0.47, 0.48, 0.49, 0.50]
WAVES = [0.40, 0.41, 0.39, 0.395, 0.393, 0.30, 0.31]
LEVEL = [0.5, 0.4, 0.4, 0.4, 0.3]


def by_keras(losses, patience, min_delta):
    callback = keras.callbacks.EarlyStopping(patience=patience, min_delta=min_delta)
    model = keras.Sequential([keras.layers.Dense(1)])
    callback.set_model(model)
    model.optimizer = None  # the callback asks for no more than a flag
    callback.on_train_begin()
    model.stop_training, lowest = False, []
    while not model.stop_training and len(lowest) < len(losses):
        callback.on_epoch_end(len(lowest), {"val_loss": losses[len(lowest)]})
        lowest.append(callback.best)
    return [len(lowest), lowest.index(lowest[-1]) + 1]


@pytest.mark.parametrize("losses", [FALLS, WAVES, LEVEL])
@pytest.mark.parametrize("patience", [1, 2, 3, 50])
@pytest.mark.parametrize("min_delta", [0.0, 0.005, 0.015])
def test_it_stops_and_keeps_as_keras_does(losses, patience, min_delta):
    assert early_stop(losses, patience, min_delta) == by_keras(losses, patience, min_delta)
