"""What the records say of splits, on small records whose answer is known."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, UNDECIDED
from book.findings import expectations, splits
from lessons_src.recorded import Record

FALLING = np.linspace(1.0, 0.3, 60)


def verdicts(outcomes: Sequence[Any]) -> list[str]:
    return [outcome.verdict for outcome in outcomes]


def scoring(values: Sequence[float], epochs: int = 5) -> np.ndarray:
    """Accuracy curves whose last three epochs have these values, which the score is made of."""
    values = np.asarray(values)[..., None]
    return np.concatenate([np.full((*values.shape[:-1], epochs - 3), 0.2), *[values] * 3], axis=-1)


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
    assert not judgement.provisional
    assert splits.same_weights(held_out(*apart)) == max(apart)


@pytest.mark.parametrize(
    ("up", "verdict"), [(0, DOES_NOT_HOLD), (0.009, DOES_NOT_HOLD), (0.011, HOLDS)]
)
def test_rise_of_the_loss_on_held_out_images(up: float, verdict: str) -> None:
    loss = np.concatenate([np.linspace(1, 0.3, 30), np.full(27, 0.3), np.full(3, 0.3 + up)])
    assert splits.ensures(held_out(0), long_run(loss)).also[0].verdict == verdict
    assert splits.loss_after(long_run(loss)).estimate == pytest.approx(0.3 + up - loss[9])


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


def hold_outs(ahead: float = 0, lead: float = 0.009) -> Record:
    """Pooled over official, and validation over test, by so much."""
    validation = scoring(around(0.88, 0.001, 5))
    curves = {
        "pooled": {"val_accuracy_curve": scoring(around(0.87 + ahead, 0.001, 5))},
        "official": {"val_accuracy_curve": scoring(around(0.87, 0.0012, 5))},
        "validation": {
            "val_accuracy_curve": validation,
            "test_accuracy_curve": validation - lead,
        },
    }
    return record("hold-outs", curves)


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
    assert splits.at_random(shares(effect), hold_outs()).verdict == verdict


def test_one_split_in_forty_on_each_side_may_lie_beyond_the_margin() -> None:
    effect = np.zeros(1000)
    effect[:24], effect[-24:] = -0.05, 0.05
    assert splits.at_random(shares(effect), hold_outs()).verdict == HOLDS
    effect[:27], effect[-27:] = -0.05, 0.05
    assert splits.at_random(shares(effect), hold_outs()).verdict == UNDECIDED


def test_what_is_also_asked_of_a_random_split() -> None:
    effect = np.zeros(1000)
    near = splits.at_random(shares(effect, 70), hold_outs())
    assert verdicts(near.also) == [HOLDS, HOLDS]
    far = splits.at_random(shares(effect, 71), hold_outs(-0.01))
    assert verdicts(far.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert far.verdict == HOLDS  # which does not rest on them


def test_leads_of_images_that_score() -> None:
    assert splits.pooled_lead(hold_outs(0.004)).estimate == pytest.approx(0.004)
    with expectations() as unmet:
        assert splits.validation_lead(hold_outs()).estimate == pytest.approx(0.009)
        assert not unmet
        splits.validation_lead(hold_outs(lead=0.002))
        splits.pooled_lead(hold_outs(-0.004))
    assert len(unmet) == 2


# --- S5.2 --------------------------------------------------------------------


def fifths(last: float, random: Sequence[float], of_seeds: float = 0) -> Record:
    """Five seeds of each; a seed's own luck is the same for all fifths."""
    luck = np.array(around(0, of_seeds, 5))[:, None]
    scores = {
        "last fifth": np.array([last]) + luck,
        "random fifths": np.asarray(random) + luck,
        "sorted, last fifth": np.zeros((5, 1)),
    }
    return record("last-fifth", {c: {"val_accuracy_curve": scoring(v)} for c, v in scores.items()})


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
    assert not judgement.provisional
    assert "39 random fifths" in judgement.set_up


def test_chance_of_training_is_averaged_out() -> None:
    # One seed of five may be far off for all fifths; that makes no fifth fairer than another.
    tame, wild = (splits.fair(fifths(0.86, RANDOM, luck)) for luck in (0, 0.05))
    assert (wild.low, wild.high) == pytest.approx((tame.low, tame.high))
    assert splits.last_over_random(fifths(0.865, RANDOM, 0.05)).estimate == pytest.approx(0.005)


def test_quoted_ends_of_a_fair_fifth() -> None:
    made = fifths(0.861, RANDOM)
    assert splits.last_score(made) == pytest.approx(0.861)
    assert splits.fair_low(made) == pytest.approx(0.8477, abs=1e-4)
    assert splits.fair_high(made) == pytest.approx(0.8723, abs=1e-4)
    with expectations() as unmet:
        splits.fair_low(made)
        assert not unmet
        splits.fair_low(fifths(0.9, RANDOM))
    assert len(unmet) == 1


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
        "val_loss_curve": [loss] * 10,
        "train_accuracy": around(0.75 + gap, 0.0001),
        "val_accuracy": around(0.75, 0.0002),
    }
    later = np.where(np.arange(15) < 10, 0.75 + gap, 0.99)  # after the tenth epoch nobody looks
    theirs = {
        f"relu, dropout 0.2, {split}, a fifth held out": {
            "train_accuracy": later + np.c_[around(0, 0.0001, 5)],
            "test_accuracy": np.full((5, 15), 0.75),
            "test_loss": np.tile(np.linspace(1.4, 0, 15), (5, 1)),
        }
        for split in ("pooled", "official")
    }
    return (
        record("series-rates", {"0.01, 10 epochs": results}),
        record("printed-candidates", theirs),
    )


@pytest.mark.parametrize(
    ("up", "verdict"),
    [(0, HOLDS), (0.009, HOLDS), (0.011, DOES_NOT_HOLD), (-0.1, HOLDS)],
)
def test_the_set_up_overfits_when_its_loss_has_risen(up: float, verdict: str) -> None:
    judgement = splits.no_overfitting(*of_series(up, 0.1))
    assert judgement.verdict == verdict
    assert judgement.headline[0].interval.level == pytest.approx(0.982)
    assert verdicts(judgement.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD]  # a gap is no overfitting


def test_the_gap_is_only_also_asked() -> None:
    judgement = splits.no_overfitting(*of_series(0.02, 0.002))
    assert judgement.verdict == DOES_NOT_HOLD
    assert verdicts(judgement.also) == [HOLDS, HOLDS]


def test_values_of_the_series_set_up() -> None:
    series, candidates = of_series(0, 0.01)
    assert splits.pooled_gap(candidates).estimate == pytest.approx(0.01)
    assert splits.official_gap(candidates).estimate == pytest.approx(0.01)
    assert splits.falls(candidates).estimate == pytest.approx(0.2)  # of epochs 9 and 10
    assert splits.adam_gap(long_run(), candidates).estimate == pytest.approx(0.08)
    with expectations() as unmet:
        assert splits.never_rises(series) == 0
    assert len(unmet) == 1  # it stays level, and does not fall


# --- S4.5 and S8.3 -----------------------------------------------------------


def flattery(**optimism: Mapping[int, float]) -> Record:
    """Mean optimism in points by the images that choose and the number of settings."""
    results = {}
    for images in (500, 5000, 10_000):
        of_networks = dict.fromkeys(splits.NETWORKS, 0.05) | optimism.get(f"by_{images}", {})
        points = np.array([of_networks[n] for n in splits.NETWORKS])
        results[f"optimism_{images}"] = points / 100 + np.array(around(0, 0.0003))[:, None]
    return record("flattery", {"settings differ": results})


def test_harmless_is_the_best_of_eight_by_ten_thousand_images() -> None:
    judgement = splits.harmless(flattery(by_10000={64: 2.0}, by_500={8: 2.0}))
    assert judgement.verdict == HOLDS
    assert len(judgement.also) == 8
    assert verdicts(judgement.also).count(DOES_NOT_HOLD) == 2
    assert judgement.headline[0].interval.level == pytest.approx(0.982)


@pytest.mark.parametrize(
    ("points", "harmless", "flatters"),
    [
        (0.26, HOLDS, DOES_NOT_HOLD),
        (0.30, UNDECIDED, UNDECIDED),
        (0.34, DOES_NOT_HOLD, HOLDS),
        (-0.2, HOLDS, DOES_NOT_HOLD),
    ],
)
def test_flattery_counts_beyond_the_margin(points: float, harmless: str, flatters: str) -> None:
    made = flattery(by_10000={8: points, 64: points})
    assert splits.harmless(made).verdict == harmless
    assert splits.overestimated(made).verdict == flatters


def test_overestimated_is_the_best_of_sixty_four() -> None:
    judgement = splits.overestimated(flattery(by_10000={8: 1.0}))
    assert judgement.verdict == DOES_NOT_HOLD
    assert verdicts(judgement.also).count(HOLDS) == 1
    assert "the best of 64, chosen by 10,000 images" in judgement.headline[0].asked
    assert len({part.asked for part in (*judgement.headline, *judgement.also)}) == 9


# --- What pairing is worth ---------------------------------------------------


def pairs(sign: int) -> Record:
    """Two cases that go up and down together, or against each other, and one without spread."""
    values = np.array(around(0, 0.01, 5))
    cases = {"a": 0.8 + values, "b": 0.9 + 1.1 * sign * values, "c": np.full(5, 0.1)}
    return record("pairs", {c: {"val_accuracy_curve": scoring(v)} for c, v in cases.items()})


def test_pairing_narrows_where_both_sides_go_up_and_down_together() -> None:
    assert splits.narrower(pairs(1)) == [True]
    assert splits.narrower(pairs(-1)) == [False]


def test_share_of_narrower_pairs_is_over_all_records() -> None:
    some = [pairs(1)] * 5 + [pairs(-1)] * 2
    with expectations() as unmet:
        assert splits.pairing_narrows(*some) == pytest.approx(5 / 7)
        assert not unmet
        splits.pairing_narrows(*[pairs(1)] * 7)
    assert unmet
