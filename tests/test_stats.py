import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from lessons_src import stats
from lessons_src.stats import Interval

runs = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30)


@given(runs)
@settings(max_examples=50)
def test_mean_is_scipys_and_a_further_run_less_certain(values):
    ours, further = stats.mean_interval(values), stats.prediction_interval(values)
    wider = np.sqrt(len(values) + 1)
    assert further.high - further.estimate == pytest.approx(
        wider * (ours.high - ours.estimate), abs=1e-6
    )
    if np.ptp(values) == 0:
        assert ours.low == pytest.approx(ours.high) == pytest.approx(values[0])
        return
    theirs = scipy_stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_further_runs_land_inside_as_often_as_said():
    draws = np.random.default_rng(0).normal(0.88, 0.003, size=(1000, 6))
    inside = [row[5] in stats.prediction_interval(row[:5]) for row in draws]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)


def test_against_values_worked_out_by_hand():
    prediction = stats.prediction_interval([1.0, 2.0, 3.0])
    assert prediction.high == pytest.approx(2 + 4.30265 * np.sqrt(4 / 3), abs=1e-4)
    narrow = stats.mean_interval([1.0, 2.0, 3.0], level=0.8)
    assert narrow.high == pytest.approx(2 + 1.88562 / np.sqrt(3), abs=1e-4)
    assert narrow.level == stats.paired_difference([1, 2], [0, 2], level=0.8).level == 0.8
    share, z = stats.wilson(88, 100, level=0.9), 1.644854
    half = z * np.sqrt(0.88 * 0.12 / 100 + z**2 / 40_000) / (1 + z**2 / 100)
    middle = (0.88 + z**2 / 200) / (1 + z**2 / 100)
    assert (share.low, share.high) == pytest.approx((middle - half, middle + half))
    assert (share.estimate, share.level) == (0.88, 0.9)
    assert (stats.wilson(0, 50).low, stats.wilson(50, 50).high) == pytest.approx((0, 1))
    assert stats.MARGIN == 0.003


def test_pairing_removes_what_the_seeds_share():
    rng = np.random.default_rng(0)
    luck = rng.normal(0, 0.01, 5)
    a, b = 0.88 + luck, 0.87 + luck + rng.normal(0, 0.0005, 5)
    difference = stats.paired_difference(a, b)
    assert 0.01 in difference
    assert difference.high - difference.low < 0.005


@pytest.mark.parametrize(
    ("low", "high", "verdict", "standing"),
    [
        (0.004, 0.009, "holds", "ahead"),
        (0.003, 0.009, "undecided", "open"),  # at the margin it is not above it
        (-0.009, 0.009, "undecided", "open"),
        (-0.003, 0.003, "does not hold", "level"),
        (0.001, 0.002, "does not hold", "level"),
        (-0.009, -0.003, "does not hold", "open"),
        (-0.009, -0.004, "does not hold", "behind"),
    ],
)
def test_verdict_on_a_gain_and_standing_of_two_rivals(low, high, verdict, standing):
    interval = Interval((low + high) / 2, low, high)
    assert (stats.verdict(interval), stats.standing(interval)) == (verdict, standing)


def test_ratio_is_that_of_the_logarithms():
    logs = stats.paired_difference(np.log([2.0, 8.0, 4.0]), np.log([1.0, 2.0, 1.0]))
    found = stats.paired_ratio([2, 8, 4], [1, 2, 1])
    assert np.isclose(found.estimate, (2 * 4 * 4) ** (1 / 3))
    assert np.allclose([found.low, found.high], np.exp([logs.low, logs.high]))
    turned = stats.paired_ratio([1, 2, 1], [2, 8, 4])
    assert np.isclose(turned.low, 1 / found.high)
    with pytest.raises(ValueError, match="above 0"):
        stats.paired_ratio([1, 0], [1, 1])


def test_median_interval_is_the_sign_tests():
    # Of ten values, the second smallest and largest: 1 - 2 * 11/1024 = 97.9 %.
    found = stats.median_interval(np.arange(10) ** 3)
    assert (found.estimate, found.low, found.high) == (94.5, 1, 512)
    whole = stats.median_interval([5, 1, 3, 2, 4, 6])  # 1 - 2/64 = 96.9 %
    assert (whole.low, whole.high) == (1, 6)
    five = stats.median_interval([1, 2, 3, 4, 5], 1 - 2 / 32)  # exactly their range
    assert (five.low, five.high) == (1, 5)
    with pytest.raises(ValueError, match="5 runs are too few"):
        stats.median_interval([1, 2, 3, 4, 5])


@pytest.mark.parametrize("n", [6, 8, 9, 20, 40])
def test_median_interval_covers_as_often_as_it_says(n):
    k = int(stats.median_interval(np.arange(1, n + 1)).low)
    assert (
        1 - 2 * scipy_stats.binom.cdf(k - 1, n, 0.5)
        >= 0.95
        > 1 - 2 * scipy_stats.binom.cdf(k, n, 0.5)
    )


def test_an_interval_prints_with_its_ends():
    assert f"{Interval(0.881, 0.879, 0.883):.1%}" == "88.1% [87.9%, 88.3%]"
    assert Interval(0.065, -0.044, 0.086).points() == "6.5 points [\N{MINUS SIGN}4.4, 8.6]"
    assert Interval(0.0, -0.00001, 0.001).points(2) == "0.00 points [0.00, 0.10]"
    assert f"{Interval(-0.01, -0.00001, 0.001):.1%}" == "−1.0% [0.0%, 0.1%]"
    assert f"{Interval(1e-5, 1e-6, 1e-4):.0e}" == "1e-05 [1e-06, 1e-04]"


@pytest.mark.parametrize("values", [[], [1.0], [[1.0, 2.0]], [1.0, np.nan]])
def test_too_few_or_diverged_runs_are_refused(values):
    with pytest.raises(ValueError, match="run"):
        stats.mean_interval(values)


def test_unpaired_runs_are_refused():
    with pytest.raises(ValueError, match="same seeds"):
        stats.paired_difference([1, 2, 3], [1, 2])


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (3, 2), (-1, 2), (0, 0), (0.88, 100)])
def test_impossible_shares_are_refused(successes, trials):
    with pytest.raises(ValueError, match="successes"):
        stats.wilson(successes, trials)
