"""Findings on tuning, on small records made up by hand."""

from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, NOT_MEASURED, UNDECIDED, Judgement
from book.findings import expectations
from book.findings.first_edition import tuning
from lessons_src.recorded import Record

SEEDS = 10


def verdicts(judgement: Judgement) -> list[str]:
    """Those of the parts of the headline."""
    return [part.verdict for part in judgement.headline]


def also(judgement: Judgement, asked: str) -> Any:
    """The one outcome below the headline that asks this."""
    (found,) = [part for part in judgement.also if part.asked == asked]
    return found


# --- S2.3 ------------------------------------------------------------------------


def batches(
    epochs: dict[int, list[float]],
    updates: dict[int, list[float]] | None = None,
    seconds: dict[int, float] | None = None,
) -> Record:
    """Accuracies by size, of ten epochs and of 1,500 updates; sizes that are left out are bad.

    A larger batch takes fewer seconds for an epoch, unless `seconds` tells.
    """
    cases = {}
    for budget, given in (("10 epochs", epochs), ("1,500 updates", updates or {})):
        for size in tuning.SIZES:
            if budget == "1,500 updates" and size < 32:
                continue
            steps = -(-48_000 // size)
            done = 10 * steps if budget == "10 epochs" else round(1500 / steps) * steps
            taken = (seconds or {}).get(size, 10 / size)
            cases[f"{size}, {budget}"] = {
                "val_accuracy": given.get(size, [0.5] * SEEDS),
                "seconds_per_epoch": [taken] + [3 * taken] * (SEEDS - 1),
                "updates": [done] * SEEDS,
            }
    return record("batch-size", cases)


@pytest.mark.parametrize("best", [32, 64])
def test_medium_batches_are_the_fastest_good_ones(best: int) -> None:
    found = tuning.balanced_batches(batches({8: [0.89] * SEEDS, best: [0.886] * SEEDS}))
    assert found.verdict == HOLDS
    assert "10 of 10" in found.headline[0].number


def test_a_larger_good_batch_is_faster_still() -> None:
    found = tuning.balanced_batches(batches({32: [0.89] * SEEDS, 128: [0.886] * SEEDS}))
    assert found.verdict == DOES_NOT_HOLD


@pytest.mark.parametrize(("below", "verdict"), [(0.0049, DOES_NOT_HOLD), (0.0051, HOLDS)])
def test_good_is_within_half_a_point_of_the_best(below: float, verdict: str) -> None:
    given = {32: [0.89] * SEEDS, 512: [0.89 - below] * SEEDS}
    assert tuning.balanced_batches(batches(given)).verdict == verdict


@pytest.mark.parametrize(("small", "verdict"), [(9, HOLDS), (8, UNDECIDED)])
def test_more_than_half_of_the_seeds_have_to_show_it(small: int, verdict: str) -> None:
    # Wilson's interval of 9 of 10 begins at 0.60, that of 8 of 10 at 0.49.
    given = {32: [0.89] * SEEDS, 256: [0.88] * small + [0.89] * (SEEDS - small)}
    assert tuning.balanced_batches(batches(given)).verdict == verdict


def test_seconds_are_those_of_the_fastest_run() -> None:
    made = batches({64: [0.89] * SEEDS, 128: [0.89] * SEEDS}, seconds={64: 0.1})
    made.results["128, 10 epochs"]["seconds_per_epoch"] = np.array([0.09] + [9.0] * (SEEDS - 1))
    assert tuning.balanced_batches(made).verdict == DOES_NOT_HOLD


def test_best_is_the_seeds_own() -> None:
    # In half of the seeds 256 is good as well: a share of one half is not above it.
    given = {32: [0.89] * SEEDS, 256: [0.89] * 5 + [0.88] * 5}
    assert tuning.balanced_batches(batches(given)).verdict == UNDECIDED


def test_seconds_decide_and_not_the_size() -> None:
    given = {32: [0.89] * SEEDS, 256: [0.89] * SEEDS}
    slow = batches(given, seconds={256: 5.0})
    assert tuning.balanced_batches(slow).verdict == HOLDS


def test_equal_updates_take_a_large_batch_more_epochs() -> None:
    # An epoch of 4,096 is the faster one, and 1,500 updates are 125 of them.
    everywhere = {size: [0.89] * SEEDS for size in tuning.SIZES}
    seconds = dict.fromkeys(tuning.SIZES, 1.0) | {4096: 0.5}
    found = tuning.balanced_batches(batches(everywhere, everywhere, seconds))
    assert found.verdict == DOES_NOT_HOLD
    asked = "the fastest of the good sizes is 32 or 64, 1,500 updates"
    assert also(found, asked).verdict == HOLDS


def test_each_size_is_compared_with_both_medium_ones() -> None:
    given = {size: [0.88] * SEEDS for size in tuning.SIZES}
    given |= {32: around(0.89, 0.001), 64: around(0.90, 0.001), 128: [0.894] * SEEDS}
    found = tuning.balanced_batches(batches(given, given))
    over_128 = also(found, "32 and 64 over 128, ten epochs")
    assert over_128.interval.estimate == pytest.approx(0.001)
    assert over_128.verdict == DOES_NOT_HOLD
    over_large = also(found, "32 and 64 over 512 and more, 1,500 updates")
    assert over_large.interval.estimate == pytest.approx(0.015)
    assert over_large.verdict == HOLDS
    asked = {part.asked for part in found.also}
    for size in ("8", "16", "128", "256", "512", "1,024", "2,048", "4,096"):
        assert f"32 and 64 over {size}, ten epochs" in asked


# --- S4.2 ------------------------------------------------------------------------


def series(accuracy: float, bump: float, *, small_bump: float = 0.02) -> Record:
    """Batches of 1,000 score `accuracy` and of 32 0.88; each loss rises once, by its bump.

    Ten epochs have seven steps from epoch 3 on, so that the roughness is a seventh of a bump.
    """

    def case(score: list[float], rise: float) -> dict[str, Any]:
        curve = np.linspace(1.0, 0.5, 10)
        curve[6] = curve[5] + rise
        curve[7:] = np.linspace(curve[6], 0.5, 4)[1:]
        return {"val_accuracy": score, "val_loss_curve": [curve + shift for shift in shifts]}

    shifts = around(0, 0.01)
    cases = {
        "0.01, 10 epochs": case(around(accuracy, 0.001), bump),
        "0.01, batch 32": case(around(0.88, 0.001), small_bump),
    }
    return record("series-rates", cases)


def test_smooth_and_no_worse_holds() -> None:
    assert tuning.smooth_and_good(series(0.88, 0.0)).verdict == HOLDS


@pytest.mark.parametrize(("bump", "verdict"), [(0.0129, HOLDS), (0.0131, DOES_NOT_HOLD)])
def test_smoothness_has_a_margin_of_a_thousandth(bump: float, verdict: str) -> None:
    assert verdicts(tuning.smooth_and_good(series(0.88, bump))) == [verdict, HOLDS]


@pytest.mark.parametrize(("score", "verdict"), [(0.8775, HOLDS), (0.8765, DOES_NOT_HOLD)])
def test_no_worse_has_a_margin_of_three_tenths(score: float, verdict: str) -> None:
    made = series(score, 0.0)
    # Both sides have the same spread, seed by seed, so that nothing is left of it.
    assert verdicts(tuning.smooth_and_good(made)) == [HOLDS, verdict]


def test_parts_share_the_risk() -> None:
    levels = {part.interval.level for part in tuning.smooth_and_good(series(0.88, 0)).headline}
    assert levels == {0.975}


def test_rougher_is_not_smoother() -> None:
    found = tuning.smooth_and_good(series(0.88, 0.1))
    assert found.headline[0].sign == "the opposite is seen"


def test_sentence_on_large_batches_expects_a_loss() -> None:
    for accuracy, unmet in ((0.80, 0), (0.88, 1)):
        with expectations() as found:
            lead = tuning.large_batch_lead(series(accuracy, 0.0))
        assert lead.estimate == pytest.approx(accuracy - 0.88)
        assert len(found) == unmet


# --- S4.3 ------------------------------------------------------------------------


def dropped(closing: float, **others: float) -> Record:
    """Dropout of 0.2 closes so much of the gap of the series' set-up; `others` by kind."""
    closings = {"series_train": closing, "series_reported": 0, "Adam_train": 0}
    closings |= {"Adam_reported": 0, **others}
    cases = {}
    for set_up in ("series", "Adam"):
        for share in ("0", "0.2"):
            gaps = {
                kind: 0.06 - (closings[f"{set_up}_{kind}"] if share == "0.2" else 0)
                for kind in ("train", "reported")
            }
            held_out = np.array(around(0.85, 0.01))
            cases[f"{set_up}, {share}"] = {
                "val_accuracy": held_out,
                **{f"{kind}_accuracy": held_out + gap for kind, gap in gaps.items()},
            }
    return record("dropout", cases)


@pytest.mark.parametrize(
    ("closing", "verdict"), [(0.0031, HOLDS), (0.0029, DOES_NOT_HOLD), (-0.05, DOES_NOT_HOLD)]
)
def test_gap_of_the_finished_network_decides(closing: float, verdict: str) -> None:
    others = {"series_reported": 0.05, "Adam_train": 0.05, "Adam_reported": 0.05}
    assert tuning.narrower_gap(dropped(closing, **others)).verdict == verdict


def test_what_else_is_asked_of_the_gap() -> None:
    found = tuning.narrower_gap(dropped(0.01, series_reported=-0.02, Adam_train=0.03))
    estimates = {p.asked: p.interval.estimate for p in found.also if p.interval}
    assert estimates == {
        "gap smaller after 20 epochs of Adam, batches of 32": pytest.approx(0.03),
        "gap smaller in the source's set-up, as Keras prints it": pytest.approx(-0.02),
        "gap smaller after 20 epochs of Adam, batches of 32, as Keras prints it": (
            pytest.approx(0, abs=1e-9)
        ),
    }
    assert also(found, "after 50 epochs of Adam").verdict == NOT_MEASURED


# --- S4.4 and S4.6 ---------------------------------------------------------------


def test_classes_wait_for_a_record() -> None:
    assert tuning.by_class().verdict == NOT_MEASURED


def counted(**wrong: int) -> Record:
    """Ten bytes for each image, and what is told by the batch size as `n32=…`."""
    sizes = (1, 32, 48_000)
    totals = {size: wrong.get(f"n{size}", 10 * size) for size in sizes}
    return record("activation-bytes", {str(n): {"bytes": [b]} for n, b in totals.items()})


def measured(few: list[float], many: list[float]) -> Record:
    return record("memory", {"32": {"bytes_of_step": few}, "48000": {"bytes_of_step": many}})


GROWS = measured(around(5e6, 1e4), around(245e6, 1e5))


def test_memory_grows_image_by_image() -> None:
    found = tuning.memory_of_batches(counted(), GROWS)
    assert found.verdict == HOLDS
    assert found.headline[1].interval.estimate == pytest.approx(240e3 / (48_000 - 32))
    assert not found.headline[0].seeds


@pytest.mark.parametrize("wrong", [{"n32": 321}, {"n48000": 320}])
def test_count_has_to_fit_every_batch(wrong: dict[str, int]) -> None:
    found = tuning.memory_of_batches(counted(**wrong), GROWS)
    assert verdicts(found) == [DOES_NOT_HOLD, HOLDS]


def test_memory_that_does_not_grow_refutes_the_measured_part() -> None:
    flat = measured(around(5e6, 1e4), around(4e6, 1e4))
    assert verdicts(tuning.memory_of_batches(counted(), flat)) == [HOLDS, DOES_NOT_HOLD]


# --- Sentences -------------------------------------------------------------------


def crossed(scores: list[list[float]]) -> Record:
    """Batches of 40 and 1,000, rates of 0.01, 0.1 and 1."""
    sizes, rates = (40, 1000), (0.01, 0.1, 1.0)
    places = {(b, r): scores[i][j] for i, b in enumerate(sizes) for j, r in enumerate(rates)}
    return record(
        "batch-and-rate",
        {f"{b}, {r:g}": {"val_accuracy": around(v, 0.001)} for (b, r), v in places.items()},
        settings={f"{b}, {r:g}": {"batch_size": b, "learning_rate": r} for b, r in places},
    )


def test_walks_turn_one_factor_after_the_other() -> None:
    # From 1,000 and 0.01: the rate first goes to 1, then stays; the batch first finds the best.
    made = crossed([[0.80, 0.90, 0.70], [0.70, 0.75, 0.85]])
    with expectations() as unmet:
        assert tuning.rate_first_short(made).estimate == pytest.approx(0.05)
        assert tuning.batch_first_short(made).estimate == 0
    assert len(unmet) == 1  # that the first walk loses is no longer open
    made = crossed([[0.60, 0.90, 0.70], [0.70, 0.75, 0.85]])
    with expectations() as unmet:
        assert tuning.batch_first_short(made).estimate == pytest.approx(0.05)
    assert unmet == ["turning the batch first arrives at the best cell"]


def test_best_rate_grows_seed_by_seed() -> None:
    scores = {(40, 0.01): [0.8, 0.8], (40, 0.1): [0.7, 0.7]}
    scores |= {(5000, 0.01): [0.5, 0.6], (5000, 0.1): [0.6, 0.5]}
    made = record(
        "batch-and-rate",
        {f"{b}, {r:g}": {"val_accuracy": v} for (b, r), v in scores.items()},
        settings={f"{b}, {r:g}": {"batch_size": b, "learning_rate": r} for b, r in scores},
    )
    with expectations() as unmet:  # ten times as large for one seed, the same for the other
        assert tuning.best_rate_growth(made).estimate == pytest.approx(10**0.5)
    assert unmet == []


def test_leaning_is_narrow_minus_wide() -> None:
    scores = {"8, 0.0001": 0.60, "8, 0.001": 0.70, "8, 0.01": 0.72}
    scores |= {"512, 0.0001": 0.80, "512, 0.001": 0.83, "512, 0.01": 0.79}
    made = record(
        "width-and-rate", {c: {"val_accuracy": around(v, 0.001)} for c, v in scores.items()}
    )
    with expectations() as unmet:
        assert tuning.lean_below(made).estimate == pytest.approx(0.10 - 0.03)
        assert tuning.lean_above(made).estimate == pytest.approx(0.02 + 0.04)
    assert unmet == ["above the default, the two are not told apart"]


@pytest.mark.parametrize("finding", [tuning.dropout_gain_adam, tuning.dropout_gain_series])
def test_gain_of_dropout_is_with_minus_without(finding: Any) -> None:
    scores = {"Adam, 0": 0.88, "Adam, 0.2": 0.87, "series, 0": 0.72, "series, 0.2": 0.71}
    made = record("dropout", {c: {"val_accuracy": around(v, 0.001)} for c, v in scores.items()})
    with expectations() as unmet:
        assert finding(made).estimate == pytest.approx(-0.01)
    assert len(unmet) == (finding is tuning.dropout_gain_adam)  # the other sentence names a loss
