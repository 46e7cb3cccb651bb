"""The clinic: each patient is the healthy run with one thing changed, and with no other."""

from inspect import signature
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from lessons_src.exercises import clinic
from lessons_src.exercises.trial_and_error import DIAGNOSES

#: The argument of `train` that each patient changes.
CHANGED = {
    "A": "pixels",
    "B": "optimizer",
    "C": "network",
    "D": "labels",
    "E": "optimizer",
    "F": "network",
    "G": "network",
    "H": "loss",
    "I": "extra",
    "J": "new_pixels",
}
PIXELS = np.array([[0, 51, 255]], "uint8")
HEALTHY = {name: given.default for name, given in signature(clinic.train).parameters.items()}


@pytest.fixture(scope="module")
def healthy() -> keras.Model:
    """The network of the healthy run."""
    return HEALTHY["network"]()


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A few validation images; the patients need no others to say what they change."""
    labels = np.arange(10)
    found = SimpleNamespace(validation_images=labels[:, None, None], validation_labels=labels)
    monkeypatch.setattr(clinic, "load", lambda: found)
    return found


def given(patient: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a patient gives to `train`; nothing is trained."""
    found = {}

    def train(*network: Any, **arguments: Any) -> None:
        found.update(arguments, **dict(zip(["network"], network, strict=False)))

    monkeypatch.setattr(clinic, "train", train)
    getattr(clinic, f"patient_{patient.lower()}")()
    return found


def settings(network: keras.Model) -> list[tuple[str, dict[str, Any]]]:
    """Kind and settings of each layer, without names; the shape of the images is no setting."""
    layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    found = [(type(layer).__name__, layer.get_config()) for layer in layers]
    return [(kind, {k: v for k, v in own.items() if k != "name"}) for kind, own in found]


def differing(network: keras.Model, other: keras.Model) -> list[str]:
    """Settings in which two networks with the same kinds of layers differ."""
    pairs = zip(settings(network), settings(other), strict=True)
    found = []
    for (kind, own), (other_kind, others) in pairs:
        assert kind == other_kind
        found += [name for name in own if own[name] != others[name]]
    return found


def test_every_patient_has_a_diagnosis_of_its_own() -> None:
    assert set(CHANGED) == set(DIAGNOSES)


@pytest.mark.parametrize("patient", CHANGED)
def test_patient_changes_one_argument(patient: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(given(patient, monkeypatch)) == [CHANGED[patient]]


@pytest.mark.parametrize(("patient", "sign"), [("B", -1), ("E", 1)])
def test_rate_alone_is_wrong(patient: str, sign: int, monkeypatch: pytest.MonkeyPatch) -> None:
    optimizer = given(patient, monkeypatch)["optimizer"]
    usual = keras.optimizers.get(HEALTHY["optimizer"])
    own, others = optimizer.get_config(), usual.get_config()
    assert type(optimizer) is type(usual)
    assert {name for name in own if own[name] != others[name]} <= {"learning_rate", "name"}
    assert sign * np.log10(own["learning_rate"] / others["learning_rate"]) > 2


def test_dead_layer_has_its_biases_alone_changed(
    healthy: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = given("C", monkeypatch)["network"]()
    assert differing(network, healthy) == ["bias_initializer"]
    hidden = keras.Sequential(network.layers[:-1])(np.random.default_rng(0).random((50, 28, 28)))
    assert not np.asarray(hidden).any()


def test_linear_network_has_its_activation_alone_changed(
    healthy: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = given("G", monkeypatch)["network"]()
    assert differing(network, healthy) == ["activation"]


def test_second_softmax_stands_behind_the_healthy_network(
    healthy: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, last = given("F", monkeypatch)["network"]().layers
    assert differing(inner, healthy) == []
    assert isinstance(last, keras.layers.Softmax)


def test_pixels_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    assert given("A", monkeypatch)["pixels"](PIXELS).tolist() == [[0, 51, 255]]
    new = given("J", monkeypatch)["new_pixels"](PIXELS)
    assert np.allclose(new, 2 * clinic.scale(PIXELS) - 1)


def test_labels_are_only_reordered(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.arange(1000) % 10
    shuffled = given("D", monkeypatch)["labels"](labels)
    assert (shuffled != labels).mean() > 0.5
    assert (np.bincount(shuffled) == np.bincount(labels)).all()


def test_leak_is_the_images_that_watch(
    data: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels, labels = given("I", monkeypatch)["extra"]
    assert pixels is data.validation_images
    assert labels is data.validation_labels
