"""The score, the rise and the roughness of the protocol, on curves whose values are known."""

import numpy as np
import pytest
from made_up import record

from book.findings.first_edition import _scores
from lessons_src.stats import paired_difference


def one(**curves: list[float]):
    """A record of one case with two equal seeds."""
    return record("one", {"case": {name: [curve, curve] for name, curve in curves.items()}})


def test_score_is_the_mean_of_the_last_three_epochs() -> None:
    runs = one(val_accuracy_curve=[0.1] * 7 + [0.6, 0.7, 0.8])
    assert _scores.score(runs, "case") == pytest.approx([0.7, 0.7])


def test_score_of_a_long_run_is_that_of_its_last_fifth() -> None:
    runs = one(val_accuracy_curve=[0.0] * 16 + [0.6, 0.7, 0.8, 0.9])
    assert _scores.score(runs, "case") == pytest.approx([0.75, 0.75])


def test_score_of_what_still_climbs_is_the_last_epoch() -> None:
    runs = one(val_accuracy_curve=[0.5, 0.6, 0.7], val_accuracy=0.7)
    assert _scores.score(runs, "case", climbing=True) == pytest.approx([0.7, 0.7])
    assert _scores.score(one(val_accuracy=0.8), "case") == pytest.approx([0.8, 0.8])


def test_ahead_is_paired() -> None:
    new, old = [0.5, 0.7, 0.9], [0.4, 0.65, 0.8]
    runs = record("two", {"new": {"val_accuracy": new}, "old": {"val_accuracy": old}})
    assert _scores.ahead(runs, "new", "old", 0.9) == paired_difference(new, old, 0.9)


@pytest.mark.parametrize(
    ("curve", "rise"),
    [
        ([6, 5, 4, 3, 2, 1], 0),  # a falling curve scores 0
        ([4, 1, 1, 1, 2, 3, 4], 2),  # the mean of 2, 3, 4 is 3, the lowest 1
        ([1, 1, 1], 0),
    ],
)
def test_rise_is_measured_from_the_lowest_three_epochs(curve: list[float], rise: float) -> None:
    assert _scores.rise(one(val_loss_curve=curve), "case") == pytest.approx([rise, rise])


@pytest.mark.parametrize(
    ("curve", "rough"),
    [
        ([9, 1, 8, 7, 6], 0),  # epochs 1 and 2 do not count, and descent is no unrest
        ([0, 0, 1, 3, 2, 3], 1),  # rises of 2, 0 and 1
    ],
)
def test_roughness_counts_rises_alone(curve: list[float], rough: float) -> None:
    runs = one(val_loss_curve=np.asarray(curve, float))
    assert _scores.roughness(runs, "case") == pytest.approx([rough, rough])


def test_gap_is_training_minus_validation_accuracy() -> None:
    runs = record("g", {"case": {"train_accuracy": [0.9, 0.8], "val_accuracy": [0.85, 0.85]}})
    assert _scores.gap(runs, "case") == pytest.approx([0.05, -0.05])


def test_curves_of_single_runs_are_scored_alike() -> None:
    curves = np.array([[0.0] * 16 + [0.6, 0.7, 0.8, 0.9], [0.5] * 20])
    assert _scores.late(curves) == pytest.approx([0.75, 0.5])
    assert _scores.late(curves[0]) == pytest.approx(0.75)
    losses = np.array([4.0, 1, 1, 1, 2, 3, 4])
    assert _scores.risen(losses) == pytest.approx(2)
    assert _scores.risen(losses[:4]) == 0


def test_epochs_are_counted_from_one() -> None:
    curves = np.array([[0.8, 0.88, 0.9], [0.88, 0.7, 0.6], [0.8, 0.8, 0.8]])
    assert _scores.at(curves, [1, 2, 3]).tolist() == [0.8, 0.7, 0.8]
    # One that is never reached comes after the last.
    assert _scores.epochs_to(curves, 0.88).tolist() == [2, 1, 4]


def test_no_seed_chooses_its_own_best() -> None:
    #                  lucky once        steady
    scores = np.array([[0.9, 0.4, 0.4], [0.7, 0.7, 0.7]])
    assert _scores.by_others(scores).tolist() == [1, 1, 1]
    scores = np.array([[0.9, 0.9, 0.1], [0.7, 0.7, 0.7]])  # good for all but the last
    assert _scores.by_others(scores).tolist() == [1, 1, 0]
    assert _scores.at_best(scores).tolist() == [0.7, 0.7, 0.1]
    values = np.array([[1, 2, 3], [4, 5, 6]])
    assert _scores.at_best(values, by=scores).tolist() == [4, 5, 3]


@pytest.mark.parametrize(("values", "told"), [([12, 9, 16], "9 to 16"), ([0, 0], "0")])
def test_span_of_whole_numbers(values: list[int], told: str) -> None:
    assert _scores.span(np.array(values)) == told
