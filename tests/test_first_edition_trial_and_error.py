"""Findings on trial and error, on small records made up by hand."""

from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, NOT_MEASURED, Judgement
from book.findings import expectations
from book.findings.first_edition import trial_and_error as trial
from lessons_src.recorded import Record

SEEDS = 10
EPOCHS = 30


def verdicts(judgement: Judgement) -> list[str]:
    """Those of the parts of the headline."""
    return [part.verdict for part in judgement.headline]


def also(judgement: Judgement, asked: str) -> Any:
    """The one outcome below the headline that asks this."""
    (found,) = [part for part in judgement.also if part.asked == asked]
    return found


# --- S0 --------------------------------------------------------------------------


def noted(**runs: list[int]) -> Record:
    """Three listings, and whether each runs, by reading; those that do not lack a name."""
    cases = {}
    for i, number in enumerate(("1.1", "1.2", "2.1")):
        cases[number] = {}
        for reading in ("alone", "part", "series"):
            cases[number][reading] = [runs.get(reading, [1, 1, 1])[i]]
            cases[number][f"{reading}_shape"] = [runs.get(f"{reading}_shape", [0, 0, 0])[i]]
    return record("listings", cases)


def test_all_parts_in_one_notebook_decide() -> None:
    assert trial.as_printed(noted(alone=[1, 0, 0], part=[1, 1, 0])).verdict == HOLDS
    assert trial.as_printed(noted(series=[1, 0, 1])).verdict == DOES_NOT_HOLD


def test_what_stops_a_listing_is_counted() -> None:
    made = noted(series=[1, 0, 0], series_shape=[0, 0, 1], part=[1, 0, 1])
    found = trial.as_printed(made)
    assert [int(n) for n in found.headline[0].number.split() if n.isdigit()] == [1, 3, 1, 1]
    assert also(found, "each part a notebook").verdict == DOES_NOT_HOLD
    assert also(found, "each listing alone").verdict == HOLDS


# --- S8.1 ------------------------------------------------------------------------


def long_run(rise: float, *, after: float = 0.0) -> Record:
    """60 epochs; the loss has risen by `rise` at epoch 30, and by `after` more at the end."""
    down, up = np.linspace(1.0, 0.3, 20), np.full(10, 0.3 + rise)
    curve = np.concatenate([down, up, np.full(30, 0.3 + rise + after)])
    curve[17:20] = 0.3  # three epochs, whose mean is the lowest
    curves = [curve + shift for shift in around(0, 0.01)]
    return record("long-run", {trial.NETWORK: {"val_loss_curve": curves}})


def cured(**changes: tuple[float, float]) -> Record:
    """Of each case by how much its gap and its accuracy exceed 5 points and 0.88."""
    cases = {}
    for case in ("none", "dropout 0.5", "L2 0.0001", "shifted", "12,000 images"):
        gap, gain = changes.get(case.split()[0].strip(",").replace("12,000", "fewer"), (0, 0))
        held_out = np.tile(np.array(around(0.88 + gain, 0.002))[:, None], EPOCHS)
        known = held_out[:, :5] + 0.05 + gap
        cases[case] = {
            "val_loss_curve": np.ones((SEEDS, EPOCHS)),
            "val_accuracy_curve": held_out,
            "test_accuracy_curve": held_out - 0.01,
            "train_accuracy_curve": known,
        }
    return record("cures", cases)


@pytest.mark.parametrize(("rise", "verdict"), [(0.011, HOLDS), (0.009, DOES_NOT_HOLD)])
def test_overfitting_is_a_rise_of_a_hundredth_by_epoch_30(rise: float, verdict: str) -> None:
    found = trial.memorised_and_cured(long_run(rise, after=0.5), cured())
    assert verdicts(found) == [verdict, NOT_MEASURED]
    assert found.headline[0].interval.estimate == pytest.approx(rise)
    assert found.headline[0].interval.level == 0.975
    assert found.verdict == NOT_MEASURED


def test_cures_are_compared_with_none() -> None:
    made = cured(dropout=(-0.03, -0.02), L2=(0, 0.01), shifted=(-0.01, 0), fewer=(0.06, -0.03))
    found = trial.memorised_and_cured(long_run(0.05), made)
    told = {part.asked: part for part in found.also if part.interval}
    estimates = {asked: part.interval.estimate for asked, part in told.items()}
    assert estimates == {
        f"{what} with {cure}, two hidden layers": pytest.approx(value, abs=1e-9)
        for what, cure, value in [
            ("gap smaller", "dropout 0.5", 0.03),
            ("accuracy", "dropout 0.5", -0.02),
            ("gap smaller", "an L2 penalty of 0.0001", 0),
            ("accuracy", "an L2 penalty of 0.0001", 0.01),
            ("gap smaller", "shifts", 0.01),
            ("accuracy", "shifts", 0),
            ("gap smaller", "48,000 images over 12,000", 0.06),
            ("accuracy", "48,000 images over 12,000", 0.03),
        ]
    }
    assert told["accuracy with dropout 0.5, two hidden layers"].verdict == DOES_NOT_HOLD
    assert told["gap smaller with shifts, two hidden layers"].verdict == HOLDS


def test_accuracy_of_a_cure_is_that_of_the_last_fifth() -> None:
    made = cured()
    curve = made("shifted", "val_accuracy_curve").copy()
    curve[:, :-6] = 0.1
    curve[:, -6:] += np.array([0.03, 0, 0, 0, 0, 0])
    made.results["shifted"]["val_accuracy_curve"] = curve
    found = trial.memorised_and_cured(long_run(0.05), made)
    outcome = also(found, "accuracy with shifts, two hidden layers")
    assert outcome.interval.estimate == pytest.approx(0.005)


def test_sentences_on_the_cures() -> None:
    with expectations() as unmet:
        made = cured(dropout=(0, -0.02), L2=(0, 0), shifted=(0, -0.002), fewer=(0, 0.1))
        assert trial.dropout_on_test(made).estimate == pytest.approx(-0.02)
        assert trial.penalty_on_test(made).estimate == pytest.approx(0)
        assert trial.shifts_on_test(made).estimate == pytest.approx(-0.002)
        assert trial.most_from_a_cure(made) == pytest.approx(0)  # fewer images are no cure
    assert unmet == []
    with expectations() as unmet:
        made = cured(dropout=(0, -0.002), L2=(0, 0.02), shifted=(0, -0.02))
        assert trial.most_from_a_cure(made) == pytest.approx(0.02)
        trial.dropout_on_test(made)
        trial.penalty_on_test(made)
        trial.shifts_on_test(made)
    assert len(unmet) == 4


# --- S8.4 ------------------------------------------------------------------------


def falling_until(epoch: int, epochs: int = 60) -> Record:
    """The loss falls until this epoch, and then stays a little higher."""
    curve = np.full(epochs, 0.5)
    curve[:epoch] = np.linspace(1.0, 0.4, epoch)
    curves = np.tile(curve, (SEEDS, 1))
    return record("long-run", {trial.NETWORK: {"val_loss_curve": curves}})


@pytest.mark.parametrize(
    ("epoch", "share", "verdict"),
    [(10, 0.70, HOLDS), (39, 0.12, HOLDS), (41, 0.08, DOES_NOT_HOLD), (60, 0, DOES_NOT_HOLD)],
)
def test_stop_waits_five_epochs_and_has_to_save_a_tenth(
    epoch: int, share: float, verdict: str
) -> None:
    found = trial.time_to_stop(falling_until(epoch), cured())
    assert found.headline[0].interval.estimate == pytest.approx(share)
    assert verdicts(found) == [verdict, NOT_MEASURED]
    assert found.verdict == NOT_MEASURED


def watched(test_at_best: float) -> Record:
    """The loss is lowest after epoch 8, the accuracy highest after epoch 26."""
    made = cured()
    loss = np.full(EPOCHS, 0.5)
    loss[:8] = np.linspace(1.0, 0.4, 8)
    accuracy = np.linspace(0.8, 0.88, EPOCHS)
    accuracy[26:] = 0.86
    test = np.full(EPOCHS, 0.86)
    test[7], test[25] = test_at_best, 0.9
    made.results["none"] |= {
        "val_loss_curve": np.tile(loss, (SEEDS, 1)),
        "val_accuracy_curve": np.tile(accuracy, (SEEDS, 1)),
        "test_accuracy_curve": test + np.array(around(0, 0.001))[:, None],
    }
    return made


@pytest.mark.parametrize(("score", "verdict"), [(0.865, HOLDS), (0.86, DOES_NOT_HOLD)])
def test_kept_epoch_is_held_against_the_last_fifth(score: float, verdict: str) -> None:
    made = watched(score)
    found = trial.time_to_stop(falling_until(10), made)
    # Of the last six epochs one has 0.9, which makes a mean of 0.8667.
    outcome = also(found, "stop on the loss, patience 5, two hidden layers, on test images")
    assert outcome.interval.estimate == pytest.approx(score - (5 * 0.86 + 0.9) / 6)
    assert outcome.verdict == verdict
    assert trial.stop_by_loss(made) == outcome.interval
    outcome = also(found, "stop on the accuracy, patience 5, two hidden layers, on test images")
    assert outcome.interval.estimate == pytest.approx(0.9 - (5 * 0.86 + 0.9) / 6)
    assert trial.stop_by_accuracy(made) == outcome.interval


def test_patience_changes_what_is_kept() -> None:
    made = watched(0.88)
    loss = made("none", "val_loss_curve").copy()
    loss[:, 3] = loss[:, 2] + 0.01  # one epoch without an improvement
    made.results["none"]["val_loss_curve"] = loss
    found = trial.time_to_stop(falling_until(10), made)
    kept = {
        patience: also(
            found, f"stop on the loss, patience {patience}, two hidden layers, on test images"
        ).interval.estimate
        for patience in (1, 5, 10)
    }
    assert kept[1] == pytest.approx(0.86 - (5 * 0.86 + 0.9) / 6)
    assert kept[5] == kept[10] == pytest.approx(0.88 - (5 * 0.86 + 0.9) / 6)


def test_sentences_on_the_stall() -> None:
    for late, unmet in ((0.88, 0), (0.90, 2)):
        made = cured()
        curve = made("none", "val_accuracy_curve").copy()
        curve[:, -5:] += late - 0.88
        curve += np.random.default_rng(0).normal(0, 1e-3, curve.shape)
        made.results["none"]["val_accuracy_curve"] = curve
        with expectations() as found:
            assert trial.stalled(made).estimate == pytest.approx(late - 0.88, abs=2e-3)
            assert trial.smoothed(made).estimate == pytest.approx(late - 0.88, abs=2e-3)
        assert len(found) == unmet


# --- What is not yet measured, and sentences on gaps ---------------------------------


@pytest.mark.parametrize(
    "judged", [trial.inevitable, trial.shirts_and_pullovers, trial.one_at_a_time]
)
def test_claims_that_wait_for_records(judged: Any) -> None:
    assert judged().verdict == NOT_MEASURED


@pytest.mark.parametrize(
    ("finding", "name", "case"),
    [
        (trial.least_units_gap, "overfitting", "4 units"),
        (trial.series_gap, "batch-and-rate", "1000, 0.01"),
    ],
)
def test_gap_is_training_minus_validation(finding: Any, name: str, case: str) -> None:
    for gap, unmet in ((0.05, finding is trial.series_gap), (0.0, True)):
        known = np.array(around(0.7, 0.01))
        apart = np.array(around(gap, 0.0005))
        made = record(name, {case: {"train_accuracy": known, "val_accuracy": known - apart}})
        with expectations() as found:
            assert finding(made).estimate == pytest.approx(gap, abs=1e-9)
        assert bool(found) == unmet
