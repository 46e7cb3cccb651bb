"""Judgements on tiny networks, on small records whose right answer is known by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import (
    DOES_NOT_HOLD,
    HOLDS,
    IN_PART,
    NOT_TESTABLE,
    UNDECIDED,
    Outcome,
)
from book.findings import expectations
from book.findings import tiny_networks as tiny
from lessons_src.recorded import Record

RUNS = 40
SCATTER = np.array(around(0, 0.0001, RUNS))[:, None]
GRID = "784–4–4–4–10, rate 0.01"


def verdicts(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.verdict for outcome in outcomes]


def run(
    short: Any = 0.75, long: Any = 0.75, training: Any = 0.76, epochs: int = 40, runs: int = RUNS
) -> dict[str, np.ndarray]:
    """Curves that end at `short` after ten epochs and at `long` after forty."""
    curve = np.full((runs, epochs), 0.5) + SCATTER[:runs]
    curve[:, 5:10] += np.reshape(short, (-1, 1)) - 0.5
    curve[:, 30:] += np.reshape(long, (-1, 1)) - 0.5
    trained = np.full((runs, epochs), 0.5)
    trained[:, -1] = training
    dead = np.zeros((runs, 3))
    return {"val_accuracy_curve": curve, "accuracy_curve": trained, "dead": dead}


def networks(choices: dict[str, float] | None = None, **cases: Any) -> Record:
    """The tiny networks; keys are two_raw, three_raw, two, three, grid."""
    names = {
        "two_raw": (tiny.TWO_RAW, 40),
        "three_raw": (tiny.THREE_RAW, 40),
        "two": (tiny.TWO_SCALED, 10),
        "three": (tiny.THREE_SCALED, 40),
        "grid": (GRID, 10),
    }
    chosen = {"three": 0.7, "grid": 0.6} | (choices or {})
    made = {case: run(epochs=epochs, **cases.get(key, {})) for key, (case, epochs) in names.items()}
    return record(
        "tiny-networks",
        made,
        choices={names[key][0]: run(value, runs=3) for key, value in chosen.items()},
    )


def sweep(tenth: Any = 0.75, **own: Any) -> Record:
    """The networks at the swept rate, with one mistake of an image of class 6 taken for 0."""
    confusion = np.zeros((RUNS, 10, 10))
    confusion[:, 6, 0], confusion[:, 2, 4], confusion[:, 5, 7] = 50, 30, 20
    found = {
        "tenth_val_accuracy_curve": run(tenth, epochs=10)["val_accuracy_curve"],
        "confusion": confusion,
        "grid_answer": np.zeros((RUNS, 12)),
        "grid_label": np.tile([0] * 9 + [1] * 3, (RUNS, 1)),
    }
    more = {name: own.pop(name) for name in found.keys() & own.keys()}
    return record("rate-sweep", {tiny.SWEPT: run(**own) | found | more})


# --- Luck ------------------------------------------------------------------------------------


def test_draw_is_the_best_of_four_by_validation() -> None:
    best = np.tile([0.82, 0.7], RUNS // 2)
    made = networks(three_raw={"long": best, "training": 0.9}, three={"long": 0.77})
    draws = tiny.best_of_four(made, sweep())
    assert draws[:2, 1] == pytest.approx([0.82, 0.77], abs=2e-4)
    assert draws[:2, 0] == pytest.approx([0.9, 0.76])  # the training accuracy of the same run


def test_printed_pair_inside_the_range_of_draws_holds_and_its_place_is_told() -> None:
    best = np.repeat([0.79, 0.82], [30, 10])
    judgement = tiny.best_run(networks(), sweep(long=best, training=best + 0.01))
    assert judgement.verdict == HOLDS
    told = judgement.headline[0]
    assert "training 81.71%, above 75% of 40 draws (80.0% to 83.0%)" in told.number
    assert "validation 80.30%, above 75% of 40 draws" in told.number
    assert len(told.seeds) == RUNS


@pytest.mark.parametrize(
    ("validation", "training"),
    [((0.76, 0.8), (0.77, 0.84)), ((0.76, 0.84), (0.77, 0.81)), ((0.81, 0.84), (0.77, 0.84))],
)
def test_printed_pair_outside_of_the_range_does_not_hold(
    validation: tuple[float, float], training: tuple[float, float]
) -> None:
    found = sweep(long=np.linspace(*validation, RUNS), training=np.linspace(*training, RUNS))
    assert tiny.best_run(networks(), found).verdict == DOES_NOT_HOLD


def test_single_runs_and_dead_units_are_counted_for_each_model() -> None:
    most = np.where(np.arange(RUNS) < 30, 0.81, 0.7)
    dead = {"dead": np.tile([0, 0, 1], (RUNS, 1))}
    made = networks(two_raw={"long": most, "training": 0.82})
    made.results[tiny.THREE_RAW].update(dead)
    judgement = tiny.best_run(made, sweep(long=0.81, training=0.81))
    singles, died = judgement.also[:4], judgement.also[4:]
    assert [part.number.split(" runs")[0] for part in singles] == [
        "30 of 40",
        "0 of 40",
        "0 of 40",
        "0 of 40",  # of the last one the training accuracy is too low
    ]
    assert verdicts(singles)[:2] == [HOLDS, DOES_NOT_HOLD]
    assert verdicts(died) == [DOES_NOT_HOLD, HOLDS, DOES_NOT_HOLD, DOES_NOT_HOLD]


# --- Three improvements ----------------------------------------------------------------------


def test_improvements_are_read_after_ten_epochs() -> None:
    made = networks(
        two_raw={"long": 0.7}, three_raw={"short": 0.6}, two={"short": 0.7}, three={"short": 0.75}
    )
    judgement = tiny.three_improvements(made, sweep(short=0.8))
    assert verdicts(judgement.headline) == [HOLDS] * 3
    estimates = [part.interval.estimate for part in judgement.headline]
    assert estimates == pytest.approx([0.15, 0.05, 0.05])
    assert judgement.headline[0].interval.level == pytest.approx(1 - 0.05 / 3)
    # After forty epochs nothing is left but the third layer on raw pixels.
    assert verdicts(judgement.also) == [DOES_NOT_HOLD, HOLDS, DOES_NOT_HOLD]


def test_median_is_not_moved_by_a_few_failures_and_a_gain_of_a_point_is_none() -> None:
    failed = np.full(RUNS, 0.75)
    failed[:8] = 0.1
    made = networks(three_raw={"short": 0.739}, two={"short": 0.7405}, three={"short": failed})
    judgement = tiny.three_improvements(made, sweep(short=0.755))
    assert verdicts(judgement.headline) == [HOLDS, DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert judgement.verdict == IN_PART


def test_run_that_diverged_scores_a_guess() -> None:
    lost = networks(three={"short": np.full(RUNS, np.nan)})
    judgement = tiny.three_improvements(lost, sweep())
    assert judgement.headline[0].interval.estimate == pytest.approx(0.1 - 0.75, abs=1e-3)


# --- The sweep -------------------------------------------------------------------------------


def test_swept_rate_is_held_against_the_best_of_other_seeds() -> None:
    made = networks(three={"short": 0.75}, grid={"short": 0.79})
    found = sweep(short=0.745, tenth=0.7)
    judgement = tiny.best_rate(made, found)
    assert judgement.verdict == HOLDS  # 0.001 was best on the choosing seeds
    assert "best, 0.001," in judgement.set_up
    assert verdicts(judgement.also) == [DOES_NOT_HOLD]
    other = networks(choices={"grid": 0.8}, three={"short": 0.75}, grid={"short": 0.79})
    assert tiny.best_rate(other, found).verdict == DOES_NOT_HOLD
    assert "best, 0.01," in tiny.best_rate(other, found).set_up


def test_sweep_whose_runs_scatter_is_undecided() -> None:
    scattered = np.linspace(0.7, 0.79, RUNS)
    assert tiny.best_rate(networks(), sweep(short=scattered)).verdict == UNDECIDED


# --- Its mistakes ----------------------------------------------------------------------------


def test_worst_pair_is_compared_with_the_other_seeds_pooled() -> None:
    confusion = np.zeros((3, 10, 10))
    confusion[:, 0, 0] = 1000  # right answers are no mistakes
    confusion[:, 0, 6], confusion[:, 6, 0] = 20, 20  # both directions together are the worst
    confusion[:, 2, 4], confusion[:, 5, 7], confusion[:, 7, 9] = 30, 25, 15
    assert tiny.as_the_others(confusion).tolist() == [True] * 3
    confusion[0, 7, 9] = 99  # the fourth of the others
    assert tiny.as_the_others(confusion).tolist() == [False, True, True]
    confusion[0, 7, 9], confusion[0, 5, 7] = 0, 99  # their third
    assert tiny.as_the_others(confusion).tolist() == [True] * 3


def test_matrix_and_grid_are_shown_and_agree_in_nine_of_ten() -> None:
    judgement = tiny.matrix_and_grid(sweep())
    assert verdicts(judgement.headline) == [HOLDS, HOLDS]
    assert "40 of 40 runs" in judgement.headline[1].number
    assert "75% are right" in judgement.headline[0].number
    odd = np.array(sweep()(tiny.SWEPT, "confusion"))
    odd[0, 8, 9] = 90  # 39 of 40 leave nine of ten open
    assert verdicts(tiny.matrix_and_grid(sweep(confusion=odd)).headline) == [HOLDS, UNDECIDED]
    for seed in range(10):  # each has a worst pair of its own
        odd[seed, seed // 2, 8 + seed % 2] = 90
    assert tiny.matrix_and_grid(sweep(confusion=odd)).verdict == IN_PART


def test_few_seeds_are_not_enough_to_show() -> None:
    few = {name: values[:9] for name, values in sweep().results[tiny.SWEPT].items()}
    judgement = tiny.matrix_and_grid(record("rate-sweep", {tiny.SWEPT: few}))
    assert verdicts(judgement.headline) == [DOES_NOT_HOLD, UNDECIDED]


# --- Remedies --------------------------------------------------------------------------------


def remedies(
    convolved: float = 0.88,
    mirrored: float = 0.77,
    joint: float = 0.78,
    transfer: dict[str, float] | None = None,
    reused: float = 0.95,
) -> list[Record]:
    """What N5 reads, the tiny network's score being 0.75."""
    values = {"rotations": 0.75, "five classes": 0.75, "none": 0.75} | (transfer or {})

    def short(value: float, runs: int, epochs: int = 10) -> dict[str, np.ndarray]:
        return {"val_accuracy_curve": np.full((runs, epochs), value) + SCATTER[:runs]}

    joints = np.full((RUNS, 5), joint) + SCATTER
    return [
        networks(),
        record("tiny-convolutional", {"convolutional": short(convolved, 10, 3)}),
        record("tiny-augmentation", {"mirrored": short(mirrored, RUNS), "shifted": short(0.7, 5)}),
        record(
            "tiny-ensembles",
            {tiny.ENSEMBLE: {"joint": joints, "members": np.full((RUNS, 5), 0.75) + SCATTER}},
        ),
        record("tiny-transfer", {case: short(value, 5) for case, value in values.items()}),
        record(
            "reuse",
            {
                "features of five classes": {"val_accuracy": around(reused, 0.001, 5)},
                "untrained features": {"val_accuracy": around(0.9, 0.001, 5)},
                "pixels": {"val_accuracy": around(0.9, 0.002, 5)},
            },
        ),
    ]


def test_remedies_that_gain_more_than_a_point_hold() -> None:
    judgement = tiny.four_remedies(*remedies())
    assert verdicts(judgement.headline) == [HOLDS] * 3
    assert judgement.headline[0].interval.runs == 10
    assert judgement.also[-1].verdict == NOT_TESTABLE
    levels = [part.interval.level for part in judgement.headline]
    assert levels == pytest.approx([1 - 0.05 / 3] * 3)


@pytest.mark.parametrize(
    ("odd", "part"), [({"convolved": 0.755}, 0), ({"mirrored": 0.755}, 1), ({"joint": 0.755}, 2)]
)
def test_remedy_that_gains_less_fails_alone(odd: dict[str, float], part: int) -> None:
    judgement = tiny.four_remedies(*remedies(**odd))
    expected = [HOLDS] * 3
    expected[part] = DOES_NOT_HOLD
    assert verdicts(judgement.headline) == expected


def test_transfer_is_held_against_the_tiny_network_and_untrained_units() -> None:
    found = remedies(transfer={"rotations": 0.78, "five classes": 0.798, "none": 0.79}, reused=0.9)
    judgement = tiny.four_remedies(*found)
    # Shifted images; rotations and five classes, each over the network and over untrained units;
    # classes that are new, over untrained features and over pixels.
    assert verdicts(judgement.also) == [
        DOES_NOT_HOLD,
        HOLDS,
        DOES_NOT_HOLD,
        HOLDS,
        DOES_NOT_HOLD,
        DOES_NOT_HOLD,
        DOES_NOT_HOLD,
        NOT_TESTABLE,
    ]


def test_remedies_in_sentences() -> None:
    found = remedies()
    with expectations() as unmet:
        assert tiny.ensemble_lead(found[3]).estimate == pytest.approx(0.03)
        assert tiny.least_convolutional_lead(found[1], found[0]) == pytest.approx(0.13)
        assert unmet == []
        assert tiny.mirrored_lead(found[2], found[0]).estimate == pytest.approx(0.02)
        assert len(unmet) == 1  # it is not open
        assert tiny.third_layer(networks(two={"short": 0.74})).estimate == pytest.approx(0.01)
