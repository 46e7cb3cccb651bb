"""What the records say of splits, on small records whose answer is known."""

import inspect

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, NOT_MEASURED, UNDECIDED
from book.findings import expectations
from book.findings.first_edition import splits
from lessons_src.recorded import Record

FALLING = np.linspace(1.0, 0.3, 60)


def verdicts(outcomes) -> list[str]:
    return [outcome.verdict for outcome in outcomes]


# --- S2.9 --------------------------------------------------------------------


def long_run(loss: np.ndarray = FALLING, accuracy: np.ndarray | None = None) -> Record:
    accuracy = np.full(60, 0.88) if accuracy is None else accuracy
    curves = {
        "val_loss_curve": [loss + wobble for wobble in around(0, 0.01)],
        "val_accuracy_curve": [accuracy + wobble for wobble in around(0, 0.01)],
        "train_accuracy": around(0.97, 0.001),
        "val_accuracy": around(0.89, 0.001),
    }
    return record("long-run", {"784–128–10": curves})


def held_out(*apart: float) -> Record:
    cases = {str(i): {"largest_difference": [0.0, value]} for i, value in enumerate(apart)}
    return record("held-out-or-not", cases)


@pytest.mark.parametrize(
    ("apart", "verdict"),
    [((0, 0), DOES_NOT_HOLD), ((1e-7, 0), HOLDS), ((0, 0.1), HOLDS)],
)
def test_a_split_ensures_something_only_if_a_weight_of_any_run_differs(apart, verdict) -> None:
    judgement = splits.ensures(held_out(*apart), long_run())
    assert judgement.verdict == verdict
    assert not judgement.headline[0].seeds  # an identity does not rest on chance


@pytest.mark.parametrize(
    ("up", "verdict"), [(0, DOES_NOT_HOLD), (0.009, DOES_NOT_HOLD), (0.011, HOLDS)]
)
def test_rise_of_the_loss_on_held_out_images(up: float, verdict: str) -> None:
    loss = np.concatenate([np.linspace(1, 0.3, 30), np.full(27, 0.3), np.full(3, 0.3 + up)])
    assert splits.ensures(held_out(0), long_run(loss)).also[0].verdict == verdict


def test_accuracy_meanwhile_is_that_of_the_end_over_that_at_ten() -> None:
    before, end = [0.1] * 7 + [0.87] * 3 + [0.1] * 38, [0.90] * 6 + [0.86] * 6
    accuracy = np.array(before + end)
    outcome = splits.ensures(held_out(0), long_run(accuracy=accuracy)).also[1]
    assert outcome.interval.estimate == pytest.approx(0.01)
    assert outcome.verdict == HOLDS


# --- S5.1 --------------------------------------------------------------------


def shares(effect: np.ndarray, farthest: int = 60) -> Record:
    results = {"effect": effect, "farthest": np.full(len(effect), farthest)}
    return record("class-shares", {"a split": results})


def hold_outs(ahead: float) -> Record:
    cases = {
        "pooled, seeds differ": {"accuracy": around(0.87 + ahead, 0.001, 20)},
        "official, seeds differ": {"accuracy": around(0.87, 0.001, 20)},
    }
    return record("hold-outs", cases)


@pytest.mark.parametrize(
    ("effect", "verdict"),
    [
        (np.linspace(-0.003, 0.003, 1000), HOLDS),  # the central 95 % end at 0.00285
        (np.linspace(-0.0033, 0.0033, 1000), UNDECIDED),
        (np.linspace(-0.002, 0.0045, 1000), UNDECIDED),  # one end is enough
        (np.linspace(0.004, 0.006, 1000), DOES_NOT_HOLD),
    ],
)
def test_shares_of_the_classes_by_the_central_95_percent(effect, verdict: str) -> None:
    assert splits.at_random(shares(effect), hold_outs(0)).verdict == verdict


def test_one_split_in_forty_on_each_side_may_lie_beyond_the_margin() -> None:
    effect = np.zeros(1000)
    effect[:24], effect[-24:] = -0.05, 0.05
    assert splits.at_random(shares(effect), hold_outs(0)).verdict == HOLDS
    effect[:27], effect[-27:] = -0.05, 0.05
    assert splits.at_random(shares(effect), hold_outs(0)).verdict == UNDECIDED


def test_what_is_also_asked_of_a_random_split() -> None:
    effect = np.zeros(1000)
    near = splits.at_random(shares(effect, 70), hold_outs(0))
    assert verdicts(near.also) == [HOLDS, HOLDS]
    far = splits.at_random(shares(effect, 71), hold_outs(-0.01))
    assert verdicts(far.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert far.verdict == HOLDS  # which does not rest on them


# --- S5.2 --------------------------------------------------------------------


def fifths(last: float, first: list[float], later: float = 0.86, of_seeds: float = 0.001) -> Record:
    runs = len(first) + 21
    cases = {
        "last fifth": [*around(last, of_seeds, 39), *around(last, of_seeds, 21)],
        "random fifth": [*first, *np.full(21, later)],
        "sorted, last fifth": np.zeros(runs),
    }
    return record("last-fifth", {c: {"accuracy": v} for c, v in cases.items()}, first_seed=0)


def rows(mean: float = 8.5, classes: tuple[int, ...] = (1120,) * 10) -> Record:
    results = {"mean_of_ten": [mean], "classes": [classes]}
    return record("validation-rows", {"a fifth": results})


RANDOM = around(0.86, 0.01, 39)  # standard deviation 0.006, so that a fair one lies within 0.0122


@pytest.mark.parametrize(
    ("last", "verdict"),
    [
        (0.86, HOLDS),
        (0.871, HOLDS),  # far outside the interval of the *mean* of random fifths
        (0.849, HOLDS),
        (0.874, DOES_NOT_HOLD),
        (0.846, DOES_NOT_HOLD),
    ],
)
def test_the_last_fifth_is_compared_with_single_fair_fifths(last: float, verdict: str) -> None:
    judgement = splits.last_rows(fifths(last, RANDOM), rows())
    assert judgement.verdict == verdict
    assert len(judgement.headline[0].seeds) == 39
    assert judgement.provisional


def test_of_the_random_fifths_thirty_nine_count() -> None:
    tame, wild = (splits.last_rows(fifths(0.874, RANDOM, later), rows()) for later in (0.86, 0.99))
    assert tame.headline[0].number == wild.headline[0].number


def test_chance_of_training_must_not_decide_on_the_last_fifth() -> None:
    # All the spread of the random fifths is that of the seeds: as fifths they are all alike.
    with expectations() as unmet:
        judgement = splits.last_rows(fifths(0.865, RANDOM, of_seeds=0.011), rows())
    assert judgement.verdict == HOLDS
    assert len(unmet) == 1
    with expectations() as unmet:
        splits.last_rows(fifths(0.865, RANDOM), rows())
    assert not unmet


def test_which_rows_are_taken_sorted_and_shuffled() -> None:
    fair = splits.last_rows(fifths(0.86, RANDOM), rows()).also
    assert verdicts(fair) == [HOLDS, DOES_NOT_HOLD, HOLDS]
    odd = splits.last_rows(fifths(0.86, RANDOM), rows(0.5, (2240, *[995] * 9))).also
    assert verdicts(odd) == [DOES_NOT_HOLD, DOES_NOT_HOLD, DOES_NOT_HOLD]


# --- S5.3 and S5.4 -----------------------------------------------------------


@pytest.mark.parametrize(("same", "verdict"), [(1, HOLDS), (0, DOES_NOT_HOLD)])
def test_a_seed_is_judged_by_the_rows_alone(same: int, verdict: str) -> None:
    results = {
        "same_rows": [same],
        "same_weights": [1 - same],
        "other_weights": [0],
        "kept": [[0.3, 0.6]],
    }
    judgement = splits.reproducible(record("seeded-split", {"42": results}))
    assert judgement.verdict == verdict
    assert judgement.also[0].verdict == judgement.also[2].verdict == DOES_NOT_HOLD
    assert judgement.also[1].verdict != verdict


def of_series(up: float, gap: float) -> tuple[Record, Record]:
    loss = [*np.linspace(2, 0.7, 5), 0.7, 0.7, *np.full(3, 0.7 + up)]
    results = {
        "val_loss_curve": [loss] * 5,
        "train_accuracy": around(0.75 + gap, 0.0001, 5),
        "val_accuracy": around(0.75, 0.0001, 5),
    }
    ours = {"0.01, 10 epochs": results, "1, 10 epochs": {"val_loss_curve": [[1.0] * 10] * 5}}
    theirs = {
        f"relu, dropout 0.2, {split}, a fifth held out": {
            "train_accuracy": np.full((5, 7), 0.75 + gap) + np.c_[around(0, 0.0001, 5)],
            "test_accuracy": np.full((5, 7), 0.75),
            "test_loss": np.tile(np.linspace(1, 0.7, 7), (5, 1)),
        }
        for split in ("pooled", "official")
    }
    return record("series-rates", ours), record("printed-candidates", theirs)


@pytest.mark.parametrize(
    ("up", "verdict"),
    [(0, HOLDS), (0.009, HOLDS), (0.011, DOES_NOT_HOLD), (-0.1, HOLDS)],
)
def test_overfitting_is_a_rise_of_the_loss_and_no_gap(up: float, verdict: str) -> None:
    judgement = splits.no_overfitting(*of_series(up, gap=0.08))
    assert judgement.verdict == verdict
    assert verdicts(judgement.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert verdicts(splits.no_overfitting(*of_series(up, gap=0.001)).also) == [HOLDS, HOLDS]


def test_fall_of_the_test_loss_is_told_as_a_fall() -> None:
    _, theirs = of_series(0, 0.01)  # from 1 after epoch 1 to 0.7 after epoch 12, in six equal steps
    with expectations() as unmet:
        assert splits.falls(theirs).estimate == pytest.approx(0.1)
    assert not unmet


# --- S4.5 and S8.3 -----------------------------------------------------------


def contest(few: float, many: float) -> Record:
    """Flattery, rising from 0 with 2 networks to these values with 64, by 500 and 5,000 images."""
    wobble = np.c_[around(0, 0.0001, 5)]
    results = {
        "optimism_500": np.linspace(0, few, 6) + wobble,
        "optimism_5000": np.linspace(0, many, 6) + wobble,
    }
    return record("flattery", {"seeds and rates differ": results})


def test_flattery_is_not_measured_for_ten_thousand_images() -> None:
    flattery = contest(0.05, 0.01)
    assert splits.harmless(flattery).verdict == NOT_MEASURED
    assert splits.overestimated(flattery).verdict == NOT_MEASURED


def test_what_is_harmless_and_what_overestimates_are_opposites() -> None:
    # 8 networks are the third of six: 0.02 by 500 images, 0.002 by 5,000.
    flattery = contest(0.05, 0.005)
    harmless, overestimated = splits.harmless(flattery).also, splits.overestimated(flattery).also
    below = [HOLDS, DOES_NOT_HOLD, DOES_NOT_HOLD, HOLDS, HOLDS, DOES_NOT_HOLD]
    assert verdicts(harmless[:6]) == below
    turned = {HOLDS: DOES_NOT_HOLD, DOES_NOT_HOLD: HOLDS}
    assert verdicts(overestimated[:6]) == [turned[verdict] for verdict in below]
    assert harmless[6].verdict == NOT_MEASURED
    assert harmless[1].interval.estimate == pytest.approx(0.02)
    assert harmless[4].interval.estimate == pytest.approx(0.002)


# --- Values that the page quotes ---------------------------------------------


def test_validation_lead_is_that_of_the_last_fifth_of_the_epochs() -> None:
    curve = np.concatenate([np.full(24, 0.2), np.full(6, 0.89)])
    below = np.concatenate([np.full(24, 0.1), np.full(3, 0.01), np.full(2, 0.015), [0.0]])
    results = {
        "val_accuracy_curve": [curve + w for w in around(0, 0.001, 5)],
        "test_accuracy_curve": [curve - below + w for w in around(0, 0.001, 5)],
    }
    found = splits.validation_lead(record("cures", {"none": results}))
    assert found.estimate == pytest.approx(0.01)


def pairs(sign: int) -> Record:
    """Two cases that go up and down together, or against each other, and one without spread."""
    values = np.array(around(0, 0.01, 5))
    cases = {"a": 0.8 + values, "b": 0.9 + 1.1 * sign * values, "c": np.full(5, 0.1)}
    return record("pairs", {c: {"val_accuracy": v} for c, v in cases.items()})


def test_pairing_narrows_where_both_sides_go_up_and_down_together() -> None:
    assert splits.narrower(pairs(1)) == [True]
    assert splits.narrower(pairs(-1)) == [False]


def test_share_of_narrower_pairs_is_over_all_records() -> None:
    count = len(inspect.signature(splits.pairing_narrows).parameters)
    some = [pairs(1)] * 5 + [pairs(-1)] * (count - 5)
    with expectations() as unmet:
        assert splits.pairing_narrows(*some) == pytest.approx(5 / count)
    assert not unmet
    with expectations() as unmet:
        splits.pairing_narrows(*[pairs(1)] * count)
    assert unmet
