"""What the book says of the design of a dense network, on records made up by hand."""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, NOT_MEASURED, NOT_TESTABLE, UNDECIDED
from book.findings import expectations
from book.findings.first_edition import dense_design
from lessons_src.recorded import Record

ROOT = Path(__file__).resolve().parents[1]
DENSE = "784–128–10"


def verdicts(outcomes: Sequence[Any]) -> list[str]:
    return [outcome.verdict for outcome in outcomes]


# --- How large (S2.1, S2.2) --------------------------------------------------


def sizes(parameters: int = 101_770, features: int = 784, other: int = 1_017_700) -> Record:
    return record(
        "network-sizes",
        {
            DENSE: {"parameters": [parameters], "flattened": [features]},
            "convolutional": {"parameters": [other], "flattened": [5408]},
        },
    )


def architectures(
    *, dense: float = 0.88, linear: float = 0.85, convolutional: float = 0.91, quick: float = 0.2
) -> Record:
    scores = {DENSE: dense, "softmax regression": linear, "convolutional": convolutional}
    return record(
        "architectures",
        {
            case: {
                "val_accuracy": around(score, 0.0001, 5),
                "seconds_per_epoch": around(quick if case == DENSE else 4, 0.01, 5),
            }
            for case, score in scores.items()
        },
        first_seed=0,
    )


def test_light_holds_at_exactly_a_tenth() -> None:
    judgement = dense_design.light(sizes(), architectures())
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
    judgement = dense_design.light(sizes(**odd), architectures())
    expected = [HOLDS] * 3
    expected[part] = DOES_NOT_HOLD
    assert verdicts(judgement.headline) == expected
    assert judgement.verdict == IN_PART


def test_slower_and_larger_is_said_so() -> None:
    judgement = dense_design.light(sizes(other=100_000), architectures(quick=5))
    assert verdicts(judgement.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD]


def test_shares_and_ratios_of_sizes() -> None:
    assert dense_design.of_convolutional(sizes(other=203_540)) == pytest.approx(0.5)
    assert dense_design.size_ratio(sizes(other=203_540)) == pytest.approx(2)
    assert dense_design.megabytes(sizes()) == pytest.approx(0.40708)
    assert dense_design.time_ratio(architectures(quick=1.01)) == pytest.approx(3.99)
    with expectations() as unmet:
        dense_design.of_convolutional(sizes(other=203_540))
        assert unmet == []
        dense_design.of_convolutional(sizes())  # a tenth itself is not more than a tenth
        assert len(unmet) == 1


def test_dense_performs_well_by_more_than_the_margin_over_softmax_regression() -> None:
    judge = dense_design.well_without_convolutions
    assert judge(architectures(linear=0.8768), sizes()).verdict == HOLDS  # 0.32 points
    assert judge(architectures(linear=0.8772), sizes()).verdict == DOES_NOT_HOLD  # 0.28 points
    assert judge(architectures(linear=0.89), sizes()).verdict == DOES_NOT_HOLD


def test_convolutions_do_not_change_the_verdict() -> None:
    judge = dense_design.well_without_convolutions
    far, near = (
        judge(architectures(convolutional=score), sizes(other=10**5)) for score in (0.91, 0.881)
    )
    assert far.verdict == near.verdict == HOLDS
    assert verdicts(far.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD, HOLDS]
    assert verdicts(near.also)[0] == HOLDS


# --- How long (S2.4) ---------------------------------------------------------


def long_run(
    loss: Callable[[int], float], accuracy: Callable[[int], float] = lambda e: 0.9
) -> Record:
    """Ten runs of 60 epochs that follow these curves of the epoch, counted from 1."""
    named = {"val_loss_curve": loss, "val_accuracy_curve": accuracy}
    curves = {
        name: np.array([[curve(epoch) for epoch in range(1, 61)]] * 10)
        + np.array(around(0, 0.0001))[:, None]
        for name, curve in named.items()
    }
    return record("long-run", {DENSE: curves}, first_seed=0)


def falls_until(lowest: int, slope: float) -> Callable[[int], float]:
    """A loss that falls until an epoch and rises by `slope` in each after it."""
    return lambda e: 0.3 + (0.05 * (lowest - e) if e < lowest else slope * (e - lowest))


def test_what_happens_after_epoch_20_does_not_count() -> None:
    judgement = dense_design.reliable_epochs(long_run(falls_until(20, 0.1)))
    assert judgement.verdict == HOLDS
    assert judgement.provisional


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


def width(gaps: Mapping[str, float], spread: float = 0.0001) -> Record:
    """Five runs of each width with these gaps; the validation accuracy is 0.88."""
    return record(
        "width",
        {
            units: {"train_accuracy": around(0.88 + gap, spread, 5), "val_accuracy": [0.88] * 5}
            for units, gap in gaps.items()
        },
        first_seed=0,
    )


STEADY = {"4": 0.01, "16": 0.02, "128": 0.03, "1024": 0.04}


def test_overfitting_of_widths_waits_whatever_the_gaps() -> None:
    judgement = dense_design.simpler_overfit_less(width(STEADY))
    assert judgement.verdict == NOT_MEASURED
    assert verdicts(judgement.also) == [HOLDS, HOLDS, HOLDS]


def test_gap_counts_beyond_the_margin() -> None:
    small = dense_design.simpler_overfit_less(width({**STEADY, "1024": 0.0328}))  # 0.28 points
    assert verdicts(small.also)[:2] == [DOES_NOT_HOLD, HOLDS]
    narrower = dense_design.simpler_overfit_less(width({**STEADY, "1024": 0.01}))
    assert verdicts(narrower.also) == [DOES_NOT_HOLD] * 3


@pytest.mark.parametrize(
    ("middle", "verdict", "estimate"),
    [(0.021, HOLDS, 0.001), (0.019, DOES_NOT_HOLD, -0.001), (0.02, UNDECIDED, 0)],
)
def test_one_step_decides_whether_the_gap_grows_step_by_step(
    middle: float, verdict: str, estimate: float
) -> None:
    gaps = {"1024": 0.04, "128": middle, "16": 0.02, "4": 0.01}  # in no order of their sizes
    made = width(gaps)
    made.results["128"]["train_accuracy"] = np.array(around(0.88 + middle, 0.0002, 5))
    step = dense_design.simpler_overfit_less(made).also[2]
    assert step.verdict == verdict
    assert step.interval.estimate == pytest.approx(estimate, abs=1e-9)


def test_step_that_goes_down_decides_over_a_less_certain_one() -> None:
    made = width({"4": 0.01, "16": 0.02, "128": 0.019, "1024": 0.05})
    made.results["4"]["train_accuracy"] = np.array(around(0.89, 0.05, 5))
    assert dense_design.weakest_step(made).high < 0


def test_wider_gap_is_that_of_the_ends() -> None:
    assert dense_design.wider_gap(width(STEADY)).estimate == pytest.approx(0.03)


# --- Which learning rate (S2.6) ----------------------------------------------


def learning_rates(
    adam: Mapping[float, float],
    sgd: Mapping[float, float],
    *,
    spread: float = 0.0001,
    runs: int = 5,
) -> Record:
    """Runs with these scores by rate."""
    named = {
        f"{optimiser} {rate:.0e}": (optimiser, rate, score)
        for optimiser, scores in (("Adam", adam), ("SGD", sgd))
        for rate, score in scores.items()
    }
    return record(
        "learning-rates",
        {
            case: {"val_accuracy": around(score, spread, runs)}
            for case, (*_, score) in named.items()
        },
        settings={
            case: {"optimiser": optimiser, "learning_rate": rate}
            for case, (optimiser, rate, _) in named.items()
        },
        first_seed=0,
    )


# Half a point below the best lies half a decade away on either side, and a quarter of one.
ADAM = {1e-4: 0.88, 1e-3: 0.89, 1e-2: 0.88}
SGD = {1e-3: 0.85, 1e-2: 0.87, 1e-1: 0.85}


def test_band_is_interpolated_around_the_best() -> None:
    made = learning_rates(ADAM, SGD)
    np.testing.assert_allclose(dense_design.band(made, "Adam"), 1.0)
    np.testing.assert_allclose(dense_design.band(made, "SGD"), 0.5)
    np.testing.assert_allclose(dense_design.band(made, "Adam", 0.01), 2.0)


def test_band_ends_with_the_grid_and_where_a_valley_parts_it() -> None:
    at_the_end = {1e-3: 0.89, 1e-2: 0.88, 1e-1: 0.89 - 1e-6}
    made = learning_rates(at_the_end, SGD)
    np.testing.assert_allclose(dense_design.band(made, "Adam"), 0.5)
    np.testing.assert_allclose(dense_design.band(made, "Adam", 0.02), 2.0)


def test_easy_rate_holds() -> None:
    judgement = dense_design.easy_rate(learning_rates(ADAM, SGD))
    assert judgement.verdict == HOLDS
    assert judgement.provisional
    band, default = judgement.headline
    assert band.interval.estimate == pytest.approx(0.5)
    assert default.interval.estimate == 0
    assert {band.interval.level, default.interval.level} == {0.975}


@pytest.mark.parametrize(("wide", "verdict"), [(0.76, HOLDS), (0.74, IN_PART), (0.5, IN_PART)])
def test_band_has_to_be_wider_by_a_quarter_of_a_decade(wide: float, verdict: str) -> None:
    beside = 0.89 - 0.005 / (wide / 2)  # the line falls by half a point in half of the width
    judgement = dense_design.easy_rate(
        learning_rates({1e-4: beside, 1e-3: 0.89, 1e-2: beside}, SGD)
    )
    assert judgement.headline[0].interval.estimate == pytest.approx(wide - 0.5)
    assert judgement.verdict == verdict


def test_narrower_band_is_said_so() -> None:
    made = learning_rates(ADAM, {1e-3: 0.869, 1e-2: 0.87, 1e-1: 0.869})
    band = dense_design.easy_rate(made).headline[0]
    assert band.verdict == DOES_NOT_HOLD
    assert band.interval.estimate == pytest.approx(1 - 2)


def test_default_is_good_to_within_half_a_point() -> None:
    for top, verdict in ((0.8946, HOLDS), (0.8954, IN_PART)):
        adam = {1e-5: 0.8, 1e-4: top, 1e-3: 0.89, 1e-2: 0.8}
        sgd = {1e-3: 0.5, 1e-2: 0.87, 1e-1: 0.5}
        judgement = dense_design.easy_rate(learning_rates(adam, sgd))
        assert judgement.verdict == verdict
        assert judgement.headline[1].interval.estimate == pytest.approx(0.89 - top)


def test_default_of_sgd_does_not_change_the_verdict() -> None:
    judgement = dense_design.easy_rate(learning_rates(ADAM, {1e-2: 0.8, 1e-1: 0.87, 1e0: 0.8}))
    assert judgement.verdict == HOLDS
    assert judgement.also[0].verdict == DOES_NOT_HOLD


def test_cost_of_the_default_and_the_gain_of_the_best() -> None:
    adam = {1e-4: 0.8, 1e-3: 0.88, 1e-2: 0.89}
    sgd = {1e-3: 0.8, 1e-2: 0.84, 1e-1: 0.87}
    made = learning_rates(adam, sgd)
    assert dense_design.costs(made).estimate == pytest.approx(0.02)
    assert dense_design.best_gain(made).estimate == pytest.approx(0.02)
    with expectations() as unmet:
        dense_design.best_adam(made)
    assert len(unmet) == 1  # the best rate is not the default


def test_rates_within_a_point_are_counted() -> None:
    adam = {1e-4: 0.8801, 1e-3: 0.889, 1e-2: 0.8801}
    assert dense_design.more_rates(learning_rates(adam, SGD, spread=0)).estimate == 2


# --- The order of the pixels (S2.7), and what others report (S2.8) ------------


def pixels(name: str, change: float, spread: float = 0.0005) -> Record:
    cases = {"in place": [0.88] * 10, "permuted": around(0.88 + change, spread)}
    return record(name, {case: {"val_accuracy": v} for case, v in cases.items()}, first_seed=0)


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
    falls = pixels("permutation-convolutional", -0.03)
    assert dense_design.no_arrangement(pixels("permutation", change), falls).verdict == verdict


def test_fall_of_the_convolutional_network_is_only_also_asked() -> None:
    level = pixels("permutation", 0)
    for change, verdict in ((-0.03, HOLDS), (0.03, DOES_NOT_HOLD)):
        other = pixels("permutation-convolutional", change)
        judgement = dense_design.no_arrangement(level, other)
        assert judgement.verdict == HOLDS
        assert verdicts(judgement.also) == [verdict]
        assert dense_design.permuted_convolutional(other).estimate == pytest.approx(change)


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
