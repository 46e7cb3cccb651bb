"""Findings on trial and error, on small records made up by hand."""

from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, NOT_MEASURED, UNDECIDED, Judgement, Outcome
from book.findings import expectations
from book.findings import trial_and_error as trial
from lessons_src.recorded import Record

EPOCHS = 60


def verdicts(judgement: Judgement) -> list[str]:
    """Those of the parts of the headline."""
    return [part.verdict for part in judgement.headline]


def also(judgement: Judgement, asked: str) -> Outcome:
    """The one outcome below the headline that asks this."""
    (found,) = [part for part in judgement.also if part.asked == asked]
    return found


def rising(rise: float, epochs: int) -> np.ndarray:
    """A loss that is lowest in three epochs in the middle, and this much higher at the end."""
    curve = np.linspace(1.0, 0.3, epochs)
    middle = epochs // 2
    curve[middle - 3 : middle] = 0.3
    curve[middle:] = 0.3 + rise
    return curve


def spread(curve: np.ndarray, width: float = 0.01, runs: int = 10) -> np.ndarray:
    """Runs with this curve, each moved as a whole."""
    return curve + np.array(around(0, width, runs))[:, None]


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
    assert not found.provisional


# --- S8.1 ------------------------------------------------------------------------


def long_run(rise: float = 0.05, **more: Any) -> Record:
    """60 epochs; by epoch 30 the loss has risen by this, the gap is 5 points, accuracy 88 %."""
    loss = np.concatenate([rising(rise, 30), np.full(30, 2.0)])
    held = np.full(EPOCHS, 0.88)
    held[30:] = 0.5
    curves = {
        "val_loss_curve": spread(loss),
        "val_accuracy_curve": spread(held, 0.0005),
        "half_loss_curve": spread(loss),
        "half_accuracy_curve": spread(held, 0.0005),
        "train_accuracy_curve": spread(np.array([0.9, 0.9, 0.93, 0.99]), 0.0005),
    }
    return record("long-run", {trial.NETWORK: curves | more})


def cured(**changes: tuple[float, float, float]) -> Record:
    """Of each case by how much its rise, gap and accuracy exceed those of the long run."""
    cases = {}
    for case in (*trial.CURES.values(), trial.FEWER):
        key = case.partition(" ")[0].replace("12,000", "fewer")
        key += case[-1] if key == "dropout" else ""
        rise, gap, gain = changes.get(key, (0, 0, 0))
        runs = 10 if case == "dropout 0.5" else 5
        held = np.full(30, 0.88 + gain)
        held[:-6] = 0.1  # only the last fifth counts
        cases[case] = {
            "val_loss_curve": spread(rising(0.05 + rise, 30), runs=runs),
            "val_accuracy_curve": spread(held, 0.001, runs),
            "val_accuracy": around(0.88 + gain, 0.001, runs),
            "train_accuracy": around(0.93 + gain + gap, 0.0005, runs),
        }
    made = [record("cures", {case: named}) for case, named in cases.items()]
    for other in made[1:]:
        made[0].results.update(other.results)
        made[0].cases.update(other.cases)
    return made[0]


@pytest.mark.parametrize(
    ("rise", "dropout", "verdict"),
    [
        (0.05, (-0.03, -0.02, 0), HOLDS),
        (0.005, (-0.03, -0.02, 0), DOES_NOT_HOLD),  # no rise, so none that could be smaller
        (0.05, (-0.03, 0.0, 0), IN_PART),  # the gap as well
        (0.05, (-0.005, -0.02, 0), IN_PART),  # and the rise by a hundredth
        (0.01, (-0.06, -0.02, 0), UNDECIDED),  # exactly a hundredth is not more
    ],
)
def test_memorised_and_cured(rise: float, dropout: tuple, verdict: str) -> None:
    of_dropout = (dropout[0], dropout[1], dropout[2])
    found = trial.memorised_and_cured(wobbling(rise), cured(dropout5=of_dropout))
    assert found.verdict == verdict
    first, second = found.headline
    assert first.interval.estimate == pytest.approx(rise)
    assert first.interval.level == pytest.approx(0.991)
    assert "rise" in second.number
    assert "gap" in second.number


def wobbling(rise: float) -> Record:
    """A long run whose rise differs from seed to seed."""
    made = long_run(rise)
    made(trial.NETWORK, "val_loss_curve")[:, 15:30] += np.array(around(0, 0.0005))[:, None]
    return made


def test_cures_are_compared_on_the_seeds_that_both_have() -> None:
    made = cured(
        dropout5=(0, 0, -0.02),
        dropout2=(-0.02, -0.01, 0.01),
        L2=(0, 0, 0),
        shifted=(-0.04, -0.03, 0.02),
        fewer=(0.1, 0.06, -0.03),
    )
    found = trial.memorised_and_cured(wobbling(0.05), made)
    assert also(found, "accuracy with dropout 0.5").verdict == DOES_NOT_HOLD
    assert also(found, "accuracy with dropout 0.5").interval.estimate == pytest.approx(-0.02)
    for name, verdict in (
        ("dropout 0.2", HOLDS),
        ("an L2 penalty of 0.0001", DOES_NOT_HOLD),
        ("shifts", HOLDS),
        ("48,000 images over 12,000", HOLDS),
    ):
        for what in ("rise smaller", "gap smaller", "accuracy"):
            outcome = also(found, f"{what} with {name}")
            assert outcome.verdict == verdict, outcome
            assert outcome.interval.runs == 5
    more = also(found, "rise smaller with 48,000 images over 12,000")
    first = np.mean(around(0, 0.0005)[:5])  # the five seeds of ten
    assert more.interval.estimate == pytest.approx(0.1 - first)


def test_sentences_on_the_cures() -> None:
    with expectations() as unmet:
        made = cured(dropout5=(0, 0, -0.02), dropout2=(0, 0, -0.01), shifted=(0, 0, -0.005))
        assert trial.dropout_accuracy(long_run(), made).estimate == pytest.approx(-0.02)
        assert abs(trial.penalty_accuracy(long_run(), made).estimate) < 0.001
        assert trial.shifts_accuracy(long_run(), made).estimate == pytest.approx(-0.005, abs=0.001)
        assert trial.most_from_a_cure(long_run(), made) < 0.002  # fewer images are no cure
    assert unmet == []
    with expectations() as unmet:
        made = cured(dropout5=(0, 0, 0.02), L2=(0, 0, 0.02), shifted=(0, 0, 0.02))
        assert trial.most_from_a_cure(long_run(), made) > 0.02
        trial.dropout_accuracy(long_run(), made)
        trial.penalty_accuracy(long_run(), made)
        trial.shifts_accuracy(long_run(), made)
    assert len(unmet) == 4


# --- S8.7 ------------------------------------------------------------------------


def of_width(rise: float, epochs: int, runs: int = 10) -> dict[str, np.ndarray]:
    curve = spread(rising(rise, epochs), 0.01, runs)
    curve[:, epochs // 2 :] += np.array(around(0, 0.0005, runs))[:, None]
    return {"val_loss_curve": curve}


def inevitable(four: float = 0.02, eight: float = 0.02, wide: float = 0.5) -> Judgement:
    return trial.inevitable(
        record("narrowest", {"4": of_width(four, 100, 40)}),
        record("width", {"8": of_width(eight, 100), "1024": of_width(wide, 30)}),
        record("long-run", {trial.NETWORK: of_width(0.3, 60)}),
        record("half-the-images", {"4 units": of_width(0.005, 100), "128 units": of_width(1, 30)}),
    )


@pytest.mark.parametrize(
    ("rises", "verdict"),
    [
        ({}, HOLDS),
        ({"four": 0.005}, DOES_NOT_HOLD),
        ({"eight": 0.005}, DOES_NOT_HOLD),
        ({"wide": 0.0}, DOES_NOT_HOLD),
        ({"four": 0.01}, UNDECIDED),
    ],
)
def test_every_width_has_to_overfit(rises: dict[str, float], verdict: str) -> None:
    found = inevitable(**rises)
    assert found.verdict == verdict
    number = found.headline[0].number
    assert all(f"{units} units" in number for units in ("4", "8", "128", "1,024"))
    assert "4 (100), 8 (100), 128 (60), 1,024 (30)" in found.set_up
    assert [part.verdict for part in found.also] == [DOES_NOT_HOLD, HOLDS]


def test_median_of_four_units_waits_for_its_seeds() -> None:
    few = record("narrowest", {"4": of_width(0.02, 100, 5)})
    width = record("width", {"8": of_width(0.02, 100)})
    run = record("long-run", {trial.NETWORK: of_width(0.3, 60)})
    assert trial.inevitable(few, width, run, width).verdict == NOT_MEASURED


@pytest.mark.parametrize(
    ("finding", "name", "case"),
    [
        (trial.least_units_gap, "narrowest", "4"),
        (trial.series_gap, "series-rates", "0.01, no dropout"),
    ],
)
def test_gap_is_training_minus_validation(finding: Any, name: str, case: str) -> None:
    for gap, unmet in ((0.05, False), (0.0, True)):
        known = np.array(around(0.7, 0.01))
        apart = np.array(around(gap, 0.0005))
        made = record(name, {case: {"train_accuracy": known, "val_accuracy": known - apart}})
        with expectations() as found:
            assert finding(made).estimate == pytest.approx(gap, abs=1e-9)
        assert bool(found) == unmet


# --- S8.4 ------------------------------------------------------------------------


def falling_until(epoch: int, kept: float = 0.88, last: float = 0.88, first: float = 0.3) -> Record:
    """The first half's loss falls until this epoch; the second half has these accuracies.

    Args:
        kept: at that epoch.
        last: at all others.
        first: accuracy of the first half, which must not score.
    """
    loss = np.full(EPOCHS, 0.5)
    loss[:epoch] = np.linspace(1.0, 0.4, epoch)
    second = np.full(EPOCHS, last)
    second[epoch - 1] = kept
    halves = spread(np.full(EPOCHS, first), 0.001)
    return long_run(
        half_loss_curve=spread(loss),
        val_loss_curve=(spread(loss) + 9.0) / 2,
        half_accuracy_curve=halves,
        val_accuracy_curve=(halves + spread(second, 0.0005)[::-1]) / 2,
    )


@pytest.mark.parametrize(
    ("epoch", "kept", "share", "result"),
    [
        (10, 0.88, 0.70, [HOLDS, HOLDS]),
        (39, 0.88, 0.12, [HOLDS, HOLDS]),
        (40, 0.88, 0.10, [DOES_NOT_HOLD, HOLDS]),  # a tenth is not more than one
        (55, 0.88, 0.0, [DOES_NOT_HOLD, HOLDS]),  # the run had ended by then
        (10, 0.87, 0.70, [HOLDS, DOES_NOT_HOLD]),
        (10, 0.89, 0.70, [HOLDS, HOLDS]),
    ],
)
def test_stop_by_one_half_is_scored_on_the_other(epoch, kept, share, result) -> None:
    found = trial.time_to_stop(falling_until(epoch, kept))
    saved, right = found.headline
    assert saved.interval.estimate == pytest.approx(share)
    assert verdicts(found) == result
    if epoch < 50:
        assert right.interval.estimate == pytest.approx(kept - 0.88, abs=1e-9)
    assert right.interval.level == saved.interval.level == pytest.approx(0.991)


def test_patience_and_what_is_watched_are_asked_besides() -> None:
    made = falling_until(20, kept=0.9)
    made(trial.NETWORK, "half_loss_curve")[:, 5] += 0.5  # one epoch without an improvement
    found = trial.time_to_stop(made)
    hasty, patient = (also(found, f"stop on the loss, patience {n}") for n in (1, 2))
    assert "saved 88%" in hasty.number
    assert "saved 56%" in patient.number
    assert trial.stop_by_loss(made).estimate == pytest.approx(0.02)
    made(trial.NETWORK, "half_accuracy_curve")[:, 3] += 0.1
    made(trial.NETWORK, "val_accuracy_curve")[:, 3] += 0.1 / 2 + 0.01 / 2
    with expectations() as unmet:
        assert trial.stop_by_accuracy(made).estimate == pytest.approx(0.01)
    assert not unmet


@pytest.mark.parametrize(("later", "unmet"), [(0.001, 0), (0.01, 1)])
def test_stall_is_told_by_the_last_fifths(later: float, unmet: int) -> None:
    made = long_run()
    made(trial.NETWORK, "val_accuracy_curve")[:, 24:30] += later
    with expectations() as found:
        assert trial.stalled(made).estimate == pytest.approx(later)
    assert len(found) == unmet


# --- S8.5 ------------------------------------------------------------------------


def confused(shirt: int, worst: int = 0, runs: int = 10) -> Record:
    """Every pair has ten mistakes, shirt and pullover have more, three others as many as told."""
    tables = np.full((runs, 2, 10, 10), 5.0)
    tables[:, 0] = 77  # of an earlier epoch
    for i in range(runs):
        tables[i, 1, 6, 2], tables[i, 1, 2, 6] = shirt - 5 + i % 2, 5
        for a, b in ((0, 6), (2, 4), (5, 7)) if worst else ():
            tables[i, 1, a, b] = worst - 5
    return record("long-run", {trial.NETWORK: {"confusion": tables}})


@pytest.mark.parametrize(("shirt", "verdict"), [(50, HOLDS), (20, DOES_NOT_HOLD)])
def test_shirts_and_pullovers_against_an_average_pair(shirt: int, verdict: str) -> None:
    found = trial.shirts_and_pullovers(confused(shirt))
    assert found.verdict == verdict
    average = (44 * 10 + shirt + 0.5) / 45
    assert found.headline[0].interval.estimate == pytest.approx((shirt + 0.5) / average, rel=1e-3)
    assert found.headline[0].interval.level == pytest.approx(0.982)
    assert [part.verdict for part in found.also] == [HOLDS] * 3


def test_place_among_the_pairs() -> None:
    made = confused(50, worst=60)  # three are worse
    assert trial.ranks(made).tolist() == [4] * 10
    first, three, five = trial.shirts_and_pullovers(made).also
    assert (first.verdict, three.verdict, five.verdict) == (DOES_NOT_HOLD, DOES_NOT_HOLD, HOLDS)
    assert "place 4" in first.number


# --- S8.6 ------------------------------------------------------------------------


def changes(effects: tuple[float, float, float], together: float = 0.0) -> Record:
    """Scores of all eight settings: 88 %, each change adds its effect, and all three this more."""
    cases, choices = {}, {}
    for number in range(8):
        turned = tuple(factor for factor in trial.FACTORS if number >> factor & 1)
        case = trial.named(trial.turned(trial.BASE, *turned))
        score = 0.88 + sum(effects[f] for f in turned) + (together if len(turned) == 3 else 0)
        for found, runs in ((cases, 10), (choices, 3)):
            width = 0.0005 if turned else 0.0008
            found[case] = {
                "val_accuracy_curve": np.tile(np.array(around(score, width, runs))[:, None], 10)
            }
    made = record("single-changes", cases)
    object.__setattr__(made, "choices", record("single-changes", choices, first_seed=2000))
    return made


def test_names_of_settings_are_those_of_the_record() -> None:
    assert trial.named(trial.BASE) == "Adam 0.001, batch 32, dropout 0.0"
    assert trial.turned(trial.BASE, *trial.FACTORS) == trial.SERIES
    assert trial.turned(trial.SERIES, 1) == ("SGD 0.01", 32, 0.5)


@pytest.mark.parametrize(
    ("together", "verdict"), [(0.0, HOLDS), (0.01, DOES_NOT_HOLD), (-0.003, UNDECIDED)]
)
def test_effects_add_up_or_not(together: float, verdict: str) -> None:
    found = trial.one_at_a_time(changes((-0.04, -0.01, -0.02), together))
    assert found.verdict == verdict
    assert found.headline[0].interval.estimate == pytest.approx(together)
    assert found.headline[0].interval.level == pytest.approx(0.982)
    assert [part.verdict for part in found.also[:3]] == [HOLDS] * 3  # pairs add up


def test_search_of_four_runs_one_at_a_time_and_crossed() -> None:
    made = changes((-0.04, -0.01, -0.02))
    # One at a time ends at the base; crossed, one of the three settings stays the series' own.
    assert trial.searched(made, crossed=False).mean() == pytest.approx(0.88)
    lost = (0.04 + 0.01 + 0.02) / 3
    assert trial.searched(made, crossed=True).mean() == pytest.approx(0.88 - lost)
    assert trial.one_at_a_time(made).also[-1].interval.estimate == pytest.approx(lost)


def test_search_may_be_caught_where_two_changes_help_only_together() -> None:
    made = changes((0.0, 0.0, 0.05))  # dropout helps: the series' own setting is left for nothing
    for found in (made, made.choices):
        for case in found.cases:
            if case.startswith("Adam 0.001, batch 32"):
                found(case, "val_accuracy_curve")[:] += 0.1
            elif case.startswith("SGD 0.01, batch 1000"):
                found(case, "val_accuracy_curve")[:] += 0.02
    # From SGD and 1,000, Adam or 32 alone is a loss; only the pair that crosses both gets out.
    assert trial.searched(made, crossed=False).mean() == pytest.approx(0.95)
    assert trial.searched(made, crossed=True).mean() == pytest.approx((1.03 + 0.95 + 0.95) / 3)
    assert trial.one_at_a_time(made).also[-1].verdict == DOES_NOT_HOLD
