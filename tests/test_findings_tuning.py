"""Judgements on tuning, on small records whose right answer is known by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, UNDECIDED, Judgement, Outcome
from book.findings import expectations, tuning
from lessons_src.recorded import Record

SEEDS = 10


def verdicts(judgement: Judgement) -> list[str]:
    return [part.verdict for part in judgement.headline]


def also(judgement: Judgement, asked: str) -> Outcome:
    (found,) = (part for part in judgement.also if part.asked.startswith(asked))
    return found


def flat(values: Sequence[float], epochs: int = 10) -> np.ndarray:
    """Curves without a slope, one for each value."""
    return np.repeat(np.array(values)[:, None], epochs, axis=1)


# --- S2.3 ------------------------------------------------------------------------


def batches(
    scores: Mapping[int, Sequence[float]],
    at_other_rate: Mapping[int, float] | None = None,
    updates: Mapping[int, float] | None = None,
) -> Record:
    """Scores by size at the default rate; 0.5 where none is given."""
    cases, choices = {}, {}
    for size in tuning.SIZES:
        values = scores.get(size, [0.5] * SEEDS)
        cases[f"{size}, 10 epochs"] = {"val_accuracy_curve": flat(values)}
        choices[f"{size}, 10 epochs"] = {"val_accuracy_curve": flat(values[:3])}
        other = (at_other_rate or {}).get(size, 0.4)
        cases[f"{size}, rate 0.003"] = {"val_accuracy_curve": flat([other] * 5)}
        choices[f"{size}, rate 0.003"] = {"val_accuracy_curve": flat([other] * 3)}
        if size >= 32:
            curve = flat([(updates or {}).get(size, 0.5)] * 5, size // 32)
            curve[:, :-1] = 0.1  # the last epoch alone counts
            cases[f"{size}, 1,500 updates"] = {"val_accuracy_curve": curve}
    return record("batch-sizes", cases, choices=choices)


def timed(**slow: float) -> Record:
    """An epoch takes less the larger the batch, unless told."""
    usual = {size: 1 / (rank + 1) for rank, size in enumerate(tuning.SIZES)}
    row = [slow.get(f"n{size}", seconds) for size, seconds in usual.items()]
    # A run on a busy machine does not count.
    rows = [row, row, [100 * value for value in row]]
    return record("batch-seconds", {"in turn": {"seconds_of_epoch": rows}})


@pytest.mark.parametrize(("best", "verdict"), [(32, HOLDS), (64, HOLDS), (128, DOES_NOT_HOLD)])
def test_fastest_of_the_good_sizes_decides(best: int, verdict: str) -> None:
    given = {8: [0.89] * SEEDS, best: [0.886] * SEEDS}
    found = tuning.balanced_batches(batches(given), timed())
    assert found.verdict == verdict
    assert found.headline[0].number.endswith(f"; {best} in 10")
    assert found.headline[0].seeds == tuple(range(1000, 1010))  # not those of the clock
    assert found.headline[0].interval.level == pytest.approx(0.982)


@pytest.mark.parametrize(("below", "verdict"), [(0.0049, DOES_NOT_HOLD), (0.0051, HOLDS)])
def test_good_is_within_half_a_point_of_the_best(below: float, verdict: str) -> None:
    given = {32: [0.89] * SEEDS, 512: [0.89 - below] * SEEDS}
    assert tuning.balanced_batches(batches(given), timed()).verdict == verdict


def test_score_is_that_of_the_last_three_epochs() -> None:
    made = batches({32: [0.89] * SEEDS, 512: [0.89] * SEEDS})
    curve = made.results["512, 10 epochs"]["val_accuracy_curve"]
    curve[:, -1], curve[:, -3:-1] = 0.91, 0.80
    assert tuning.balanced_batches(made, timed()).verdict == HOLDS


# Wilson's interval at 98.2 % of 9 of 10 begins at 0.53, that of 8 of 10 at 0.44.
@pytest.mark.parametrize(("hits", "verdict"), [(9, HOLDS), (8, UNDECIDED), (0, DOES_NOT_HOLD)])
def test_more_than_half_of_the_seeds_have_to_show_it(hits: int, verdict: str) -> None:
    given = {32: [0.89] * SEEDS, 256: [0.88] * hits + [0.89] * (SEEDS - hits)}
    assert tuning.balanced_batches(batches(given), timed()).verdict == verdict


def test_seconds_decide_and_not_the_size() -> None:
    made = batches({32: [0.89] * SEEDS, 256: [0.89] * SEEDS})
    assert tuning.balanced_batches(made, timed()).verdict == DOES_NOT_HOLD
    assert tuning.balanced_batches(made, timed(n256=5.0)).verdict == HOLDS


def test_each_size_may_have_a_rate_of_its_own() -> None:
    given = {32: [0.89] * SEEDS, 256: [0.87] * SEEDS}
    asked = "the fastest of the good sizes is 32 or 64, ten epochs at its own best rate"
    assert also(tuning.balanced_batches(batches(given), timed()), asked).verdict == HOLDS
    found = tuning.balanced_batches(batches(given, {256: 0.89}), timed())
    assert found.verdict == HOLDS
    assert also(found, asked).verdict == DOES_NOT_HOLD
    assert also(found, asked).number.startswith("0 of 5 runs")


def test_rate_is_chosen_on_other_seeds() -> None:
    made = batches({32: [0.89] * SEEDS, 256: [0.87] * SEEDS}, {256: 0.89})
    made.choices.results["256, rate 0.003"]["val_accuracy_curve"][:] = 0.4
    asked = "the fastest of the good sizes is 32 or 64, ten epochs at its own best rate"
    assert also(tuning.balanced_batches(made, timed()), asked).verdict == HOLDS


def test_equal_updates_take_a_large_batch_more_epochs() -> None:
    # An epoch of 4,096 is the faster one, but here 1,500 updates are 128 of them.
    level = dict.fromkeys((32, 4096), 0.89)
    found = tuning.balanced_batches(batches({}, updates=level), timed())
    asked = "the fastest of the good sizes is 32 or 64, 1,500 updates"
    assert also(found, asked).verdict == HOLDS
    found = tuning.balanced_batches(batches({}, updates=level), timed(n4096=0.001))
    assert also(found, asked).verdict == DOES_NOT_HOLD


def test_each_size_is_compared_with_both_medium_ones() -> None:
    given = {size: [0.88] * SEEDS for size in tuning.SIZES}
    given |= {32: around(0.89, 0.001), 64: around(0.90, 0.001), 128: [0.894] * SEEDS}
    found = tuning.balanced_batches(batches(given), timed())
    over_128 = also(found, "32 and 64 over 128,")
    assert over_128.interval.estimate == pytest.approx(0.001)
    assert over_128.verdict == DOES_NOT_HOLD
    assert also(found, "32 and 64 over 4,096,").interval.estimate == pytest.approx(0.015)
    asked = [part.asked for part in found.also if part.asked.startswith("32 and 64 over")]
    assert len(asked) == 8


# --- S4.6 ------------------------------------------------------------------------


def counted(**wrong: int) -> Record:
    """Ten bytes for each image, and what is told by the batch size as `n32=…`."""
    totals = {size: wrong.get(f"n{size}", 10 * size) for size in (1, 32, 48_000)}
    return record("activation-bytes", {str(n): {"bytes": [b]} for n, b in totals.items()})


def measured(few: list[float], many: list[float]) -> Record:
    """Bytes of a step in steps of 32 and of 48,000 images."""
    between = [(a + b) / 2 for a, b in zip(few, many, strict=True)]
    sizes = {"32": few, "1000": between, "48000": many}
    return record("memory", {size: {"bytes_of_step": values} for size, values in sizes.items()})


GROWS = measured(around(5e6, 1e4, 5), around(245e6, 1e5, 5))


def test_memory_grows_image_by_image() -> None:
    found = tuning.memory_of_batches(counted(), GROWS)
    assert found.verdict == HOLDS
    assert found.headline[1].interval.estimate == pytest.approx(240e3 / (48_000 - 32))
    assert found.headline[1].interval.level == 0.975  # two parts, and five runs at once


@pytest.mark.parametrize("wrong", [{"n32": 321}, {"n48000": 320}])
def test_count_has_to_fit_every_batch(wrong: dict[str, int]) -> None:
    found = tuning.memory_of_batches(counted(**wrong), GROWS)
    assert verdicts(found) == [DOES_NOT_HOLD, HOLDS]
    assert found.verdict == IN_PART


def test_memory_that_does_not_grow_refutes_the_measured_part() -> None:
    shrinks = measured(around(5e6, 1e4, 5), around(4e6, 1e4, 5))
    assert verdicts(tuning.memory_of_batches(counted(), shrinks)) == [HOLDS, DOES_NOT_HOLD]


# --- The series' set-up --------------------------------------------------------------

TEN, SMALL, NO_DROPOUT = tuning.SERIES, tuning.SMALL_BATCH, tuning.NO_DROPOUT


def run(accuracy: float, bump: float = 0.0, runs: int = SEEDS) -> dict[str, Any]:
    """Ten epochs that end at this accuracy; the validation loss rises once, by the bump.

    They have seven steps from epoch 3 on, so that the roughness is a seventh of the bump.
    """
    spread = np.array(around(0, 0.01, runs))[:, None]
    loss = np.linspace(1.0, 0.5, 10)
    loss[6] = loss[5] + bump
    loss[7:] = np.linspace(loss[6], 0.5, 4)[1:]
    climb = np.linspace(0.3, accuracy, 10)
    return {
        "val_loss_curve": loss + spread,
        "val_accuracy_curve": climb + spread / 10,
        "val_accuracy": (climb + spread / 10)[:, -1],
        "train_accuracy": (climb + spread / 10)[:, -1],
        "accuracy_curve": climb + spread / 10,
    }


def table(right: Mapping[int, float] | None = None, one_sided: float = 0.0) -> np.ndarray:
    """Counts of ten classes with 1,000 images each; two neighbours are taken for each other.

    So precision, recall and F1 of a class are all its share `right`, by the first of the
    neighbours; 0.8 if not given. Of class 0 as many as `one_sided` go to class 9 and none comes
    back.
    """
    counts = np.zeros((10, 10))
    for c in range(10):
        share = (right or {}).get(c - c % 2, 0.8)
        counts[c, c], counts[c, c - c % 2 + (c + 1) % 2] = 1000 * share, 1000 * (1 - share)
    counts[0, [0, 9]] += 1000 * one_sided * np.array([-1, 1])
    return counts


def series(
    large: Mapping[str, Any] | None = None,
    small: Mapping[str, Any] | None = None,
    *,
    confusion: np.ndarray | None = None,
    for_choosing: np.ndarray | None = None,
    **others: Mapping[str, Any],
) -> Record:
    """Batches of 1,000 and of 32 at the rate 0.01, and at 0.1 as `large_fast`, `small_fast`."""
    asked = {"noise_32": [5.0] * SEEDS, "noise_1000": [1.0] * SEEDS}
    tables = np.stack([table() if confusion is None else confusion] * SEEDS)
    cases = {
        TEN: {**(large or run(0.88)), **asked, "confusion": tables},
        "0.1, 10 epochs": others.get("large_fast", run(0.7)),
        SMALL: small or run(0.88, 0.02),
        "0.1, batch 32": others.get("small_fast", run(0.7)),
        NO_DROPOUT: others.get("no_dropout", run(0.88)),
    }
    choices = {
        case: {name: np.array(values)[:3] for name, values in results.items()}
        for case, results in cases.items()
    }
    if for_choosing is not None:
        choices[TEN]["confusion"] = np.stack([for_choosing] * 3)
    rates = {case: {"learning_rate": float(case.split(",")[0])} for case in cases}
    return record("series-rates", cases, settings=rates, choices=choices)


def test_smooth_and_no_worse_holds() -> None:
    assert tuning.smooth_and_good(series()).verdict == HOLDS


@pytest.mark.parametrize(("bump", "verdict"), [(0.0129, HOLDS), (0.0131, DOES_NOT_HOLD)])
def test_smoothness_has_a_margin_of_a_thousandth(bump: float, verdict: str) -> None:
    found = tuning.smooth_and_good(series(run(0.88, bump)))
    assert verdicts(found) == [verdict, HOLDS]


@pytest.mark.parametrize(("accuracy", "verdict"), [(0.8775, HOLDS), (0.8765, DOES_NOT_HOLD)])
def test_no_worse_has_a_margin_of_three_tenths(accuracy: float, verdict: str) -> None:
    # Both sides have the same spread, seed by seed, so that nothing is left of it.
    assert verdicts(tuning.smooth_and_good(series(run(accuracy)))) == [HOLDS, verdict]


def test_parts_share_the_risk() -> None:
    levels = [part.interval.level for part in tuning.smooth_and_good(series()).headline]
    assert levels == pytest.approx([0.991, 0.991])


def test_rougher_is_not_smoother() -> None:
    found = tuning.smooth_and_good(series(run(0.88, 0.1)))
    assert found.headline[0].sign == "the opposite is seen"


def test_own_best_rates_are_those_of_the_choosing_seeds() -> None:
    made = series(run(0.72), run(0.86, 0.02), large_fast=run(0.85, 0.03), small_fast=run(0.84))
    found = tuning.smooth_and_good(made)
    asked = "the same accuracy, each at its own best rate, 0.01 and 0.1"
    assert also(found, asked).interval.estimate == pytest.approx(-0.01)
    asked = "the same roughness, each at its own best rate, 0.01 and 0.1"
    assert also(found, asked).interval.estimate == pytest.approx((0.02 - 0.03) / 7)
    made.choices.results["0.1, 10 epochs"]["val_accuracy_curve"][:] = 0.1
    assert "0.01 and 0.01" in tuning.smooth_and_good(made).also[0].asked


def test_noise_is_told_as_a_ratio() -> None:
    found = also(tuning.smooth_and_good(series()), "noise of the gradient")
    assert found.interval.estimate == pytest.approx(5)
    assert found.verdict == HOLDS


def test_sentence_on_large_batches_expects_a_loss() -> None:
    for accuracy, unmet in ((0.80, 0), (0.88, 1)):
        with expectations() as found:
            lead = tuning.large_batch_lead(series(run(accuracy)))
        assert lead.estimate == pytest.approx(accuracy - 0.88)
        assert len(found) == unmet


# --- S4.3 ------------------------------------------------------------------------


def with_gap(measured: float, reported: float) -> dict[str, Any]:
    """A run whose gap is one thing for the finished network and another as Keras prints it."""
    made = run(0.85)
    held_out = made["val_accuracy"]
    curve = np.repeat(held_out[:, None], 10, axis=1)
    curve[:, -1] += reported
    return made | {"train_accuracy": held_out + measured, "accuracy_curve": curve}


def dropped(closing: float, **others: float) -> tuple[Record, Record]:
    """Dropout of 0.2 closes so much of the gap of the series' set-up; `others` by kind."""
    closings = {"series_reported": 0.0, "Adam_measured": 0.0, "Adam_reported": 0.0, **others}
    after = {
        "series": with_gap(0.06 - closing, 0.06 - closings["series_reported"]),
        "Adam": with_gap(0.06 - closings["Adam_measured"], 0.06 - closings["Adam_reported"]),
    }
    before = with_gap(0.06, 0.06)
    of_adam = record("dropout-adam", {"0": before, "0.2": after["Adam"]})
    return series(after["series"], no_dropout=before), of_adam


@pytest.mark.parametrize(
    ("closing", "verdict"), [(0.0031, HOLDS), (0.0029, DOES_NOT_HOLD), (-0.05, DOES_NOT_HOLD)]
)
def test_gap_of_the_finished_network_decides(closing: float, verdict: str) -> None:
    others = {"series_reported": 0.05, "Adam_measured": 0.05, "Adam_reported": 0.05}
    found = tuning.narrower_gap(*dropped(closing, **others))
    assert found.verdict == verdict
    assert found.headline[0].interval.level == pytest.approx(0.982)


def test_what_else_is_asked_of_the_gap() -> None:
    found = tuning.narrower_gap(*dropped(0.01, series_reported=-0.02, Adam_measured=0.03))
    estimates = [part.interval.estimate for part in found.also]
    assert estimates == pytest.approx([0.03, -0.02, 0.0], abs=1e-9)
    assert [part.asked.split(",")[0] for part in found.also] == [
        "gap smaller after 50 epochs of Adam",
        "gap smaller in the source's set-up",
        "gap smaller after 50 epochs of Adam",
    ]


def test_gain_of_dropout_is_with_minus_without() -> None:
    made = series(run(0.71), no_dropout=run(0.72))
    of_adam = record("dropout-adam", {"0": run(0.88), "0.2": run(0.86)})
    with expectations() as unmet:
        assert tuning.dropout_gain_series(made).estimate == pytest.approx(-0.01)
        gain = tuning.dropout_gain_adam(of_adam)
    assert gain.estimate < 0
    assert unmet == ["whether dropout of 0.2 gains accuracy is open"]


# --- S4.4 ------------------------------------------------------------------------


def jittered(centre: Sequence[float], spread: float = 0.001) -> np.ndarray:
    """Differences of ten classes over the seeds, shape (seeds, classes)."""
    return np.array(centre) + np.array(around(0, spread))[:, None]


def test_scores_by_class_from_a_table() -> None:
    # Of class 0, 6 of 10 are found; it is answered 8 times.
    counts = np.array([[[6, 4], [2, 8]], [[0, 10], [0, 10]]], float)
    precision, recall, f1 = tuning.by_class(counts)
    assert precision[0] == pytest.approx([6 / 8, 8 / 12])
    assert recall[0] == pytest.approx([0.6, 0.8])
    assert f1[0] == pytest.approx([2 / (8 / 6 + 10 / 6), 2 / (12 / 8 + 10 / 8)])
    assert (precision[1, 0], recall[1, 0], f1[1, 0]) == (0, 0, 0)  # never answered


def test_largest_distance_is_told_whatever_its_sign() -> None:
    found = tuning.largest(jittered([0.0] * 8 + [0.01, -0.05]), 0.95)
    assert found.estimate == pytest.approx(0.05)
    assert 0.048 < found.low < 0.05 < found.high < 0.052
    assert (found.level, found.runs) == (0.95, SEEDS)


def test_classes_share_the_risk() -> None:
    one = np.array(around(0.05, 0.05))[:, None]
    alone = tuning.largest(one, 0.95)
    among_ten = tuning.largest(np.hstack([one, jittered([0.0] * 9)]), 0.95)
    assert among_ten.low < alone.low


def test_undecided_class_leaves_the_largest_open() -> None:
    # One class is clearly near 0; of another it is open whether it is beyond 2 points.
    columns = np.column_stack([around(0.0, 0.001), around(0.02, 0.05)])
    found = tuning.largest(columns, 0.95)
    assert found.low < 0.02 < found.high
    within = tuning.largest(jittered([0.0, 0.01, -0.01]), 0.95)
    assert within.high < 0.02


def test_holm_goes_on_with_milder_levels() -> None:
    sure = 0.95
    noise = np.array(around(0, 0.03))
    width = noise.std(ddof=1) / np.sqrt(SEEDS)
    # In errors beyond the bound: of two columns the first needs 2.685 and the second 2.262.
    two = np.column_stack([noise + 0.02 + 2.8 * width, noise + 0.02 + 2.4 * width])
    assert tuning.apart_after_holm(two, 0.02, sure) == [0, 1]
    one = np.column_stack([noise + 0.02 + 2.8 * width, noise + 0.02 + 2.0 * width])
    assert tuning.apart_after_holm(one, 0.02, sure) == [0]
    none = np.column_stack([noise + 0.02 + 2.4 * width, noise + 0.02 + 2.4 * width])
    assert tuning.apart_after_holm(none, 0.02, sure) == []
    assert tuning.apart_after_holm(-two, 0.02, sure) == [0, 1]


def test_both_parts_on_tables_of_counts() -> None:
    found = tuning.hidden_by_accuracy(series(confusion=table({6: 0.6, 2: 0.95}, one_sided=0.1)))
    assert found.verdict == HOLDS
    f1, apart = found.headline
    assert f1.asked.startswith("F1 of Pullover over Shirt")
    assert f1.interval.estimate == pytest.approx(0.35)
    # T-shirts: 700 of 1,000 found, and answered 900 times.
    assert apart.interval.estimate == pytest.approx(700 / 900 - 700 / 1000)
    assert apart.number.endswith("T-shirt/top; beyond it 2 of ten classes")  # and ankle boots
    assert [part.interval.level for part in found.headline] == pytest.approx([0.991, 0.991])


@pytest.mark.parametrize(("worst", "verdict"), [(0.849, HOLDS), (0.851, DOES_NOT_HOLD)])
def test_classes_have_a_margin_of_five_points(worst: float, verdict: str) -> None:
    shares = {2: 0.9, 6: worst} | dict.fromkeys((0, 4, 8), 0.88)
    found = tuning.hidden_by_accuracy(series(confusion=table(shares)))
    assert verdicts(found) == [verdict, DOES_NOT_HOLD]


def test_even_tables_hide_nothing() -> None:
    found = tuning.hidden_by_accuracy(series(confusion=table()))
    assert verdicts(found) == [DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert "0 of ten classes" in found.headline[1].number


def test_classes_are_chosen_on_other_seeds() -> None:
    chosen = table({2: 0.5, 8: 0.9})
    found = tuning.hidden_by_accuracy(series(confusion=table(), for_choosing=chosen))
    assert found.headline[0].asked.startswith("F1 of Bag over Pullover")
    assert found.headline[0].interval.estimate == pytest.approx(0)


def test_macro_averages_against_accuracy() -> None:
    made = series(confusion=table())  # every class 0.8
    made.results[TEN]["val_accuracy"] = np.full(SEEDS, 0.8)
    found = tuning.hidden_by_accuracy(made)
    assert [part.verdict for part in found.also] == [HOLDS, HOLDS, HOLDS]
    made.results[TEN]["val_accuracy"] = np.full(SEEDS, 0.81)
    found = tuning.hidden_by_accuracy(made)
    assert [part.verdict for part in found.also] == [DOES_NOT_HOLD] * 3
