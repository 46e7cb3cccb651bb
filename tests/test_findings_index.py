"""What the front page says, on records made up by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.findings import expectations, index
from lessons_src.recorded import Record
from lessons_src.stats import Interval

RUNS = 10


def curves(centre: float, epochs: int, spread: float = 0.001) -> list[list[float]]:
    """Flat curves around this accuracy, one for each seed."""
    return [[value] * epochs for value in around(centre, spread, RUNS)]


def long_run(**changes: Any) -> Record:
    """Sixty epochs; 0.88 in the first ten, and far from it afterwards."""
    curve = np.array(curves(0.88, 60))
    curve[:, 10:] = 0.5
    # After epoch 10: two in a hundred wrong and sure. After epoch 60 all are.
    images = [[[88, 2, 10], [0, 100, 0]]] * RUNS
    loss = [[[20, 25, 55], [0, 100, 0]]] * RUNS
    confusion = np.zeros((RUNS, 2, 10, 10))
    for label in range(10):
        confusion[:, 0, label, label], confusion[:, 0, label, 9] = 80, 20
    confusion[:, 0, 9] = 0  # what is in other classes does not count
    results = {"val_accuracy_curve": curve, "kind_images": images, "kind_loss": loss}
    return record("long-run", {index.DENSE: results | {"confusion": confusion} | changes})


def one(name: str, case: str, result: str, values: Any) -> Record:
    """A record of one result of one case."""
    return record(name, {case: {result: values}})


def two(name: str, result: str, **cases: Any) -> Record:
    """A record of one result of some cases."""
    return record(name, {case: {result: values} for case, values in cases.items()})


VAL = "val_accuracy_curve"


def dense(score: float) -> Interval:
    return index.shuffled_dense(one("permutation", index.DENSE, VAL, curves(score, 10)), long_run())


def convolutional(score: float) -> Interval:
    changed = one("permutation-convolutional", "convolutional", VAL, curves(score, 5))
    ordered = np.array(curves(0.9, 10))
    ordered[:, 5:] = 0.99  # later epochs are not compared
    return index.shuffled_convolutional(changed, one("a", "convolutional", VAL, ordered))


def softmax(score: float) -> Interval:
    return index.no_hidden_layer(one("a", "softmax regression", VAL, curves(score, 10)))


def series(sigmoid: float) -> Interval:
    relu = np.array(curves(0.7, 10))
    relu[:, :-1] = 0  # the last epoch counts
    scores = {"relu": relu, "sigmoid": curves(sigmoid, 10)}
    cases = {f"{name}, 2 hidden, SGD 0.01, batch 1000, scaled": s for name, s in scores.items()}
    return index.far_ahead(two("printed-search", "test_accuracy", **cases))


def race(sigmoid: float) -> Interval:
    scores = {"relu": 0.88, "sigmoid": sigmoid}
    cases = {f"{name}, 1 hidden, Adam 0.001": curves(s, 10) for name, s in scores.items()}
    return index.not_ahead(two("activations", VAL, **cases))


def batches(small: float, equal: str, epochs: tuple[int, int]) -> Record:
    cases = {f"32, {equal}": curves(small, epochs[0]), f"4096, {equal}": curves(0.85, epochs[1])}
    return two("batch-sizes", VAL, **cases)


def by_epochs(small: float) -> Interval:
    return index.small_by_epochs(batches(small, "10 epochs", (10, 10)))


def by_updates(small: float) -> Interval:
    return index.small_by_updates(batches(small, "1,500 updates", (1, 125)))


def images(sure: float) -> Interval:
    kinds = [[[90 - sure, sure, 10], [1, 1, 1]]] * RUNS
    return index.sure_mistakes(long_run(kind_images=kinds))


def loss(sure: float) -> Interval:
    return index.their_loss(long_run(kind_loss=[[[75 - sure, sure, 25], [1, 1, 1]]] * RUNS))


def tops(right: float) -> Interval:
    confusion = np.zeros((RUNS, 2, 10, 10))
    for label in index.TOPS:
        confusion[:, 0, label, label], confusion[:, 0, label, 1] = right, 100 - right
    confusion[:, 0, 1, 1] = 100
    return index.tops_right(long_run(confusion=confusion))


@pytest.mark.parametrize(
    ("finding", "given", "value", "against"),
    [
        (dense, 0.8795, -0.0005, 0.87),
        (convolutional, 0.87, -0.03, 0.895),
        (softmax, 0.85, 0.85, 0.79),
        (series, 0.46, 0.24, 0.65),
        (race, 0.881, -0.001, 0.877),
        (race, 0.879, 0.001, 0.89),
        (by_epochs, 0.89, 0.04, 0.84),
        (by_updates, 0.82, -0.03, 0.86),
        (images, 2, 0.02, 5),
        (loss, 26, 0.26, 35),
        (tops, 77, 0.77, 95),
    ],
)
def test_number_is_right_and_its_sentence_is_guarded(
    finding: Callable[[float], Interval], given: float, value: float, against: float
) -> None:
    with expectations() as unmet:
        assert finding(given).estimate == pytest.approx(value)
    assert unmet == []
    with expectations() as unmet:
        finding(against)
    assert unmet


def test_other_epochs_and_other_classes_do_not_count() -> None:
    run = long_run()
    assert index.sure_mistakes(run).estimate == pytest.approx(0.02)
    assert index.their_loss(run).estimate == pytest.approx(0.25)
    assert index.tops_right(run).estimate == pytest.approx(0.8)
