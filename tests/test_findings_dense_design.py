"""What the book says of the design of a dense network, on records made up by hand."""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, NOT_TESTABLE, UNDECIDED
from book.findings import _rates, dense_design, expectations
from book.findings._cut import between, cut
from lessons_src.recorded import Record

ROOT = Path(__file__).resolve().parents[1]
DENSE = "784–128–10"


def verdicts(outcomes: Sequence[Any]) -> list[str]:
    return [outcome.verdict for outcome in outcomes]


def curves(value: Callable[[int], float], epochs: int, spread: float = 0.0001) -> np.ndarray:
    """Ten curves around this function of the epoch, counted from 1."""
    centre = np.array([value(epoch) for epoch in range(1, epochs + 1)])
    return centre + np.array(around(0, spread))[:, None]


# --- A long run, cut ---------------------------------------------------------


def test_cut_run_is_as_if_it_had_ended() -> None:
    named = {
        "val_loss_curve": curves(lambda e: 1 / e, 60, 0),
        "val_accuracy_curve": curves(lambda e: e / 100, 60, 0),
        "half_loss_curve": curves(lambda e: 2 / e, 60, 0),
        "train_accuracy_curve": np.tile([0.1, 0.2, 0.3, 0.6], (10, 1)),
        "train_accuracy": [0.6] * 10,
        "confusion": np.zeros((10, 2)),
    }
    made = record("long-run", {DENSE: named})
    ended = cut(replace(made, choices=made), 30)
    assert ended(DENSE, "val_accuracy_curve").shape == (10, 30)
    assert ended(DENSE, "val_accuracy")[0] == pytest.approx(0.3)
    assert ended(DENSE, "val_loss")[0] == pytest.approx(1 / 30)
    assert ended(DENSE, "train_accuracy")[0] == pytest.approx(0.3)
    assert ended.choices(DENSE, "half_loss_curve").shape == (10, 30)
    assert "confusion" not in ended.results[DENSE]  # it is that of the finished network
    assert "train_accuracy" not in cut(made, 15).results[DENSE]  # nobody scored them then


def test_cases_of_two_records_are_compared_on_the_seeds_that_both_have() -> None:
    long, short = (
        record(name, {"a": {"val_accuracy_curve": [[0, *[v] * 3] for v in values]}})
        for name, values in (("one", [0.8, 0.9, 0.7, 0.1]), ("other", [0.7, 0.8, 0.6]))
    )
    found = between((long, "a"), (short, "a"), 0.95)
    assert found.estimate == pytest.approx(0.1)
    assert found.runs == 3
    assert between((long, "a"), (short, "a")).level == pytest.approx(0.982)


# --- How large (S2.1, S2.2) --------------------------------------------------


def sizes(parameters: int = 101_770, features: int = 784, other: int = 1_017_700) -> Record:
    return record(
        "network-sizes",
        {
            DENSE: {"parameters": [parameters], "flattened": [features]},
            "convolutional": {"parameters": [other], "flattened": [5408]},
        },
    )


def seconds(dense: float = 0.5, wide: float = 2, convolutional: float = 5) -> Record:
    named = {"dense": dense, "wide": wide, "convolutional": convolutional}
    of_case = {f"seconds_{name}": around(value, 0.01, 5) for name, value in named.items()}
    return record("network-seconds", {"in turn": of_case})


def test_light_holds_at_exactly_a_tenth() -> None:
    judgement = dense_design.light(sizes(), seconds())
    assert judgement.verdict == HOLDS
    assert not judgement.provisional
    assert verdicts(judgement.also) == [HOLDS, HOLDS]


@pytest.mark.parametrize(
    ("odd", "part"),
    [
        ({"features": 783}, 0),
        ({"parameters": 101_642, "other": 10**7}, 1),  # without the biases of the hidden layer
        ({"other": 1_017_699}, 2),
    ],
)
def test_light_holds_in_part(odd: dict[str, int], part: int) -> None:
    judgement = dense_design.light(sizes(**odd), seconds())
    expected = [HOLDS] * 3
    expected[part] = DOES_NOT_HOLD
    assert verdicts(judgement.headline) == expected
    assert judgement.verdict == IN_PART


def test_slower_and_larger_is_said_so() -> None:
    judgement = dense_design.light(sizes(other=100_000), seconds(dense=6))
    assert verdicts(judgement.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD]


def test_shares_and_ratios_of_sizes_and_seconds() -> None:
    assert dense_design.of_convolutional(sizes(other=203_540)) == pytest.approx(0.5)
    assert dense_design.size_ratio(sizes(other=203_540)) == pytest.approx(2)
    assert dense_design.megabytes(sizes()) == pytest.approx(0.40708)
    assert dense_design.time_ratio(seconds()) == pytest.approx(10, rel=1e-3)
    assert dense_design.seconds_128(seconds()) == pytest.approx(0.5)
    assert dense_design.seconds_1024(seconds()) == pytest.approx(2)
    with expectations() as unmet:
        dense_design.of_convolutional(sizes(other=203_540))
        assert unmet == []
        dense_design.of_convolutional(sizes())  # a tenth itself is not more than a tenth
        dense_design.seconds_1024(seconds(wide=0.5))
        assert len(unmet) == 2


def networks(
    *, dense: float = 0.88, linear: float = 0.85, convolutional: float = 0.91
) -> tuple[Record, Record]:
    """Ten epochs of each at this accuracy; the dense one goes on to 60, and is better then."""
    of_dense = curves(lambda e: dense if e <= 10 else 0.99, 60)
    others = {"softmax regression": linear, "convolutional": convolutional}
    return (
        record("long-run", {DENSE: {"val_accuracy_curve": of_dense}}),
        record(
            "architectures",
            {
                case: {"val_accuracy_curve": curves(lambda e, value=value: value, 10)}
                for case, value in others.items()
            },
        ),
    )


def test_dense_performs_well_by_more_than_the_margin_over_softmax_regression() -> None:
    def judged(linear: float) -> str:
        made = networks(linear=linear)
        return dense_design.well_without_convolutions(*made, sizes(), seconds()).verdict

    assert judged(0.8768) == HOLDS  # 0.32 points
    assert judged(0.8772) == DOES_NOT_HOLD  # 0.28 points
    assert judged(0.89) == DOES_NOT_HOLD


def test_convolutions_do_not_change_the_verdict() -> None:
    far, near = (
        dense_design.well_without_convolutions(
            *networks(convolutional=score), sizes(other=10**5), seconds()
        )
        for score in (0.91, 0.881)
    )
    assert far.verdict == near.verdict == HOLDS
    assert not far.provisional
    assert far.headline[0].interval.level == pytest.approx(0.982)
    assert verdicts(far.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD, HOLDS]
    assert verdicts(near.also)[0] == HOLDS
    assert dense_design.over_linear(*networks()).estimate == pytest.approx(0.03)
    assert dense_design.over_convolutional(*networks()).estimate == pytest.approx(-0.03)


# --- How long (S2.4) ---------------------------------------------------------


def long_run(
    loss: Callable[[int], float], accuracy: Callable[[int], float] = lambda e: 0.9
) -> Record:
    """Ten runs of 60 epochs that follow these curves of the epoch, counted from 1."""
    named = {"val_loss_curve": curves(loss, 60), "val_accuracy_curve": curves(accuracy, 60)}
    return record("long-run", {DENSE: named})


def falls_until(lowest: int, slope: float) -> Callable[[int], float]:
    """A loss that falls until an epoch and rises by `slope` in each after it."""
    return lambda e: 0.3 + (0.05 * (lowest - e) if e < lowest else slope * (e - lowest))


def test_what_happens_after_epoch_20_does_not_count() -> None:
    judgement = dense_design.reliable_epochs(long_run(falls_until(20, 0.1)))
    assert judgement.verdict == HOLDS
    assert not judgement.provisional
    assert judgement.headline[0].interval.level == pytest.approx(0.982)


@pytest.mark.parametrize(("slope", "verdict"), [(0.003, DOES_NOT_HOLD), (0.001, HOLDS)])
def test_overfitting_in_20_epochs_is_a_rise_above_a_hundredth(slope: float, verdict: str) -> None:
    # The three lowest lie around epoch 15 or just after, the last three around 19.
    judgement = dense_design.reliable_epochs(long_run(lambda e: 0.3 + slope * max(e - 15, 0)))
    (rise,) = judgement.headline
    assert rise.interval.estimate == pytest.approx(4 * slope)
    assert judgement.verdict == verdict


def test_other_questions_on_epochs() -> None:
    early = dense_design.reliable_epochs(long_run(falls_until(5, 0.01), lambda e: 0.9 - 0.001 * e))
    assert verdicts(early.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD, DOES_NOT_HOLD]
    late = dense_design.reliable_epochs(long_run(falls_until(15, 0.01), lambda e: 0.8 + 0.001 * e))
    assert verdicts(late.also) == [HOLDS, HOLDS, HOLDS]


def test_later_accuracy_is_that_of_the_last_epochs_before_20_and_10() -> None:
    found = dense_design.later_accuracy(long_run(lambda e: 0.3, lambda e: 0.01 * e))
    assert found.estimate == pytest.approx(0.01 * (18.5 - 9))  # epochs 17 to 20, 8 to 10


def test_epoch_of_the_lowest_loss_counts_from_one() -> None:
    assert dense_design.best_epoch(long_run(falls_until(12, 0.01))).estimate == 12


# --- How wide (S2.5) ---------------------------------------------------------


def widths(
    rises: Mapping[int, float] = {}, gaps: Mapping[int, float] = {}
) -> tuple[Record, Record, Record]:
    """The three records, with these rises by epoch 30 and gaps by the number of units.

    After epoch 30 the loss rises without end, and the gap with it.
    """
    steady = {4: 0.0, 16: 0.01, 128: 0.03, 1024: 0.09}

    def results(units: int, columns: int, epochs: int) -> dict[str, Any]:
        up, apart = rises.get(units, steady[units]), gaps.get(units, steady[units])
        of_training = np.full((10, columns), 0.99)
        of_training[:, 2 if columns > 1 else 0] = 0.88 + apart
        return {
            "val_loss_curve": curves(
                lambda e: 0.3 if e <= 10 else 0.3 + up if e <= 30 else 9, epochs
            ),
            "val_accuracy_curve": curves(lambda e: 0.88, epochs, 0),
            "train_accuracy_curve": of_training + np.array(around(0, 0.0001))[:, None],
        }

    return (
        record("narrowest", {"4": results(4, 1, 100)}),
        record("width", {"1024": results(1024, 1, 30), "16": results(16, 1, 100)}),
        record("long-run", {DENSE: results(128, 4, 60)}),
    )


def test_wider_networks_overfit_more_by_a_hundredth() -> None:
    judgement = dense_design.simpler_overfit_less(*widths())
    assert judgement.verdict == HOLDS
    (headline,) = judgement.headline
    assert headline.interval.estimate == pytest.approx(0.06)
    assert headline.interval.level == pytest.approx(0.982)
    assert verdicts(judgement.also) == [HOLDS] * 5
    assert "4, 16, 128, 1024 units" in judgement.set_up


@pytest.mark.parametrize(
    ("wide", "verdict", "sign"),
    [
        (0.041, HOLDS, "above 0 is seen"),
        (0.039, DOES_NOT_HOLD, "above 0 is seen"),
        (0.02, DOES_NOT_HOLD, "below 0 is seen"),
    ],
)
def test_headline_compares_with_the_light_network(wide: float, verdict: str, sign: str) -> None:
    judgement = dense_design.simpler_overfit_less(*widths(rises={1024: wide}))
    assert judgement.verdict == verdict
    assert judgement.headline[0].sign == sign


def test_gap_and_rise_over_the_narrow_network_are_only_also_asked() -> None:
    made = widths(rises={16: 0.085}, gaps={1024: 0.0328})  # 0.28 points above that of 128
    judgement = dense_design.simpler_overfit_less(*made)
    assert judgement.verdict == HOLDS
    assert verdicts(judgement.also)[:3] == [DOES_NOT_HOLD, DOES_NOT_HOLD, HOLDS]


def test_one_step_decides_whether_it_grows_step_by_step() -> None:
    down = dense_design.simpler_overfit_less(*widths(rises={16: 0.04}, gaps={16: 0.031}))
    rise, gap = down.also[3:]
    assert verdicts([rise, gap]) == [DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert rise.interval.estimate == pytest.approx(-0.01)
    assert gap.interval.estimate == pytest.approx(-0.001)
    assert rise.interval.level == pytest.approx(1 - 0.05 / 3)  # the steps share a risk
    narrowest, width, long = widths(gaps={16: 0.03})
    width.results["16"]["train_accuracy_curve"][:] = np.array(around(0.91, 0.0002))[:, None]
    even = dense_design.simpler_overfit_less(narrowest, width, long)
    assert verdicts(even.also[3:]) == [HOLDS, UNDECIDED]


def test_step_that_goes_down_decides_over_a_less_certain_one() -> None:
    narrowest, width, long = widths(gaps={16: 0.031})
    narrowest.results["4"]["train_accuracy_curve"] = np.array(around(0.88, 0.05))[:, None]
    step = dense_design.simpler_overfit_less(narrowest, width, long).also[4]
    assert step.interval.high < 0


def test_values_of_the_widths() -> None:
    narrowest, width, long = widths()
    assert dense_design.wider_gap(narrowest, width).estimate == pytest.approx(0.09)
    assert dense_design.gap_narrow(narrowest).estimate == pytest.approx(0)
    assert dense_design.gap_wide(width).estimate == pytest.approx(0.09)
    assert dense_design.train_wide(width).estimate == pytest.approx(0.97)
    assert dense_design.val_wide(width).estimate == pytest.approx(0.88)
    narrowest.results["4"]["val_accuracy_curve"][:, 9] = np.linspace(0.7, 0.79, 10)
    assert dense_design.narrow_worst(narrowest) == pytest.approx(0.7)
    assert dense_design.narrow_best(narrowest) == pytest.approx(0.79)
    width.results["1024"]["val_accuracy_curve"][:, 7:10] = 0.89
    assert dense_design.wider(width, long).estimate == pytest.approx(0.01)


# --- Which learning rate (S2.6) ----------------------------------------------


def learning_rates(
    adam: Mapping[float, float],
    sgd: Mapping[float, float],
    *,
    spread: float = 0.0001,
    choosing: Mapping[float, float] = {},
) -> Record:
    """Runs with these scores by rate; Adam's on the choosing seeds may differ."""

    def made(name: str, of_adam: Mapping[float, float], first_seed: int, runs: int) -> Record:
        named = {
            f"{optimiser} {rate:.0e}": (optimiser, rate, score)
            for optimiser, scores in (("Adam", of_adam), ("SGD", sgd))
            for rate, score in scores.items()
        }
        # Adam's score is that of three epochs, SGD's that of the last alone.
        cases = {
            case: {
                "val_accuracy_curve": [
                    [0.1] * 7 + ([v, v, v] if optimiser == "Adam" else [0.1, 0.1, v])
                    for v in around(score, spread, runs)
                ]
            }
            for case, (optimiser, _, score) in named.items()
        }
        settings = {
            case: {"optimiser": optimiser, "learning_rate": rate}
            for case, (optimiser, rate, _) in named.items()
        }
        return record(name, cases, settings=settings, first_seed=first_seed)

    scored = made("learning-rates", adam, 1000, 10)
    return replace(scored, choices=made("learning-rates", {**adam, **choosing}, 2000, 3))


# Half a point below the best lies half a decade away on either side, and a quarter of one.
ADAM = {1e-4: 0.88, 1e-3: 0.89, 1e-2: 0.88}
SGD = {1e-3: 0.85, 1e-2: 0.87, 1e-1: 0.85}


def test_band_is_interpolated_around_the_best() -> None:
    made = learning_rates(ADAM, SGD)
    np.testing.assert_allclose(_rates.band(made, "Adam"), 1.0)
    np.testing.assert_allclose(_rates.band(made, "SGD"), 0.5)
    np.testing.assert_allclose(_rates.band(made, "Adam", 0.01), 2.0)


def test_band_is_around_the_rate_that_other_seeds_chose() -> None:
    made = learning_rates({1e-4: 0.88, 1e-3: 0.80, 1e-2: 0.89}, SGD, choosing={1e-4: 0.9})
    assert _rates.best(made, "Adam") == 1e-4
    assert _rates.behind_best(made, "Adam").estimate == pytest.approx(-0.08)
    np.testing.assert_allclose(_rates.band(made, "Adam"), 0.005 / 0.08)


def test_rates_beyond_the_grid_are_not_compared() -> None:
    ends = {1e-5: 0.99, 1e-1: 0.99}  # of fewer seeds in the record
    made = learning_rates({**ADAM, **ends}, {**SGD, 1e-4: 0.99, 3.2: 0.99})
    assert list(_rates.of(made, "Adam")) == [1e-4, 1e-3, 1e-2]
    assert list(_rates.of(made, "SGD")) == [1e-3, 1e-2, 1e-1]


def test_easy_rate_holds_by_a_wider_band_and_a_good_default() -> None:
    judgement = dense_design.easy_rate(learning_rates(ADAM, SGD))
    assert judgement.verdict == HOLDS
    assert {round(part.interval.level, 6) for part in judgement.headline} == {0.991}
    assert verdicts(judgement.also) == [HOLDS, DOES_NOT_HOLD, HOLDS]  # 0.4 and 0.2 decades
    assert "Adam 0.001, SGD 0.01" in judgement.set_up


def test_bands_must_differ_by_a_quarter_of_a_decade() -> None:
    near = dense_design.easy_rate(learning_rates(ADAM, {1e-3: 0.858, 1e-2: 0.87, 1e-1: 0.858}))
    assert verdicts(near.headline) == [DOES_NOT_HOLD, HOLDS]  # 0.17 decades apart
    assert near.verdict == IN_PART


def test_bad_default_of_adam_is_refuted_and_of_sgd_only_also_asked() -> None:
    adam = {1e-4: 0.88, 1e-3: 0.884, 1e-2: 0.89}
    judgement = dense_design.easy_rate(learning_rates(adam, SGD))
    assert judgement.headline[1].verdict == DOES_NOT_HOLD
    sgd = {1e-3: 0.8, 1e-2: 0.84, 1e-1: 0.87}
    judgement = dense_design.easy_rate(learning_rates(ADAM, sgd))
    assert judgement.headline[1].verdict == HOLDS
    assert judgement.also[0].verdict == DOES_NOT_HOLD


def test_values_of_the_rates() -> None:
    made = learning_rates(ADAM, {1e-3: 0.8, 1e-2: 0.84, 1e-1: 0.87})
    assert dense_design.costs(made).estimate == pytest.approx(0.03)
    assert dense_design.best_gain(made).estimate == pytest.approx(0.02)
    assert (dense_design.top_adam(made), dense_design.top_sgd(made)) == (1e-3, 0.1)
    assert dense_design.best_adam(made) == pytest.approx(0.89)
    assert dense_design.best_sgd(made) == pytest.approx(0.87)
    assert dense_design.default_sgd(made) == pytest.approx(0.84)
    assert dense_design.wider_band(made).estimate == pytest.approx(1 - 0.005 / 0.03)
    with expectations() as unmet:
        dense_design.top_adam(made)
        assert not unmet
        dense_design.top_adam(learning_rates(ADAM, SGD, choosing={1e-4: 0.9}))
    assert len(unmet) == 1  # the best rate is not the default


def test_rates_within_a_point_are_counted() -> None:
    adam = {1e-4: 0.8801, 1e-3: 0.889, 1e-2: 0.8801}
    assert dense_design.more_rates(learning_rates(adam, SGD, spread=0)).estimate == 2


# --- The order of the pixels (S2.7), and what others report (S2.8) ------------


def pixels(
    change: float = 0, of_convolutional: float = -0.03
) -> tuple[Record, Record, Record, Record]:
    """The four records of S2.7, in the order of its parameters."""
    long, architectures = networks(dense=0.88, convolutional=0.91)
    moved = {"val_accuracy_curve": curves(lambda e: 0.88 + change, 10, 0.0006)}
    fallen = {"val_accuracy_curve": curves(lambda e: 0.91 + of_convolutional, 5)[:5]}
    return (
        record("permutation", {DENSE: moved}),
        long,
        record("permutation-convolutional", {"convolutional": fallen}),
        architectures,
    )


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (0.0026, HOLDS),
        (-0.0026, HOLDS),
        (0.003, UNDECIDED),
        (-0.003, UNDECIDED),
        (0.0034, DOES_NOT_HOLD),
        (-0.0034, DOES_NOT_HOLD),
    ],
)
def test_dense_network_is_level_on_either_side(change: float, verdict: str) -> None:
    judgement = dense_design.no_arrangement(*pixels(change))
    assert judgement.verdict == verdict
    assert judgement.headline[0].interval.level == pytest.approx(0.982)


def test_fall_of_the_convolutional_network_is_only_also_asked() -> None:
    for change, verdict in ((-0.03, HOLDS), (0.03, DOES_NOT_HOLD)):
        made = pixels(of_convolutional=change)
        judgement = dense_design.no_arrangement(*made)
        assert judgement.verdict == HOLDS
        assert verdicts(judgement.also) == [verdict]
        assert judgement.also[0].interval.runs == 5
        assert dense_design.permuted_convolutional(*made[2:]).estimate == pytest.approx(
            change, abs=1e-4
        )
        assert dense_design.left_convolutional(made[2]).estimate == pytest.approx(
            0.91 + change, abs=1e-4
        )
    assert dense_design.permuted_dense(*pixels(0.001)[:2]).estimate == pytest.approx(0.001)


def test_larger_networks_are_cited_only() -> None:
    judgement = dense_design.too_few_images()
    assert judgement.verdict == NOT_TESTABLE
    assert not judgement.records


def test_page_shows_the_cited_networks() -> None:
    text = (ROOT / "book" / "dense-design.md").read_text(encoding="utf-8")

    def shown(name: str) -> dict[str, float]:
        found = re.search(rf"^{name} = (\{{.*?^\}})", text, re.DOTALL | re.MULTILINE)
        return ast.literal_eval(found[1])

    name, accuracy = dense_design.LISTED_DENSE
    assert shown("plain_images") == {name: accuracy, **dense_design.PLAIN}
    assert shown("with_augmentation") == dense_design.AUGMENTED
