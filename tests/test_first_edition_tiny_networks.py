"""What the findings on tiny networks say of records made up by hand."""

import numpy as np
import pytest
from made_up import record

from book import findings
from book.claims import (
    DOES_NOT_HOLD,
    HOLDS,
    IN_PART,
    NOT_MEASURED,
    NOT_TESTABLE,
    UNDECIDED,
    Judgement,
    Outcome,
)
from book.findings.first_edition import tiny_networks as found
from lessons_src.recorded import Record

RUNS = 40
RATES = ("0.00032", "0.0032", "0.01", "0.032")


def by_name(judgement: Judgement, words: str) -> Outcome:
    """The one outcome whose question has these words."""
    [part] = [p for p in (*judgement.headline, *judgement.also) if words in p.asked]
    return part


def networks(
    three: float = 0.7,
    two: float = 0.7,
    three_raw: float = 0.3,
    two_raw: float = 0.3,
    failed: int = 0,
    last: float | None = None,
) -> Record:
    """Runs with these scores over the last three of ten epochs, and others before.

    So many of those with three layers on scaled pixels fail; `last` is their last epoch's score.
    """
    results = {}
    for (shape, pixels), value in {
        ("4–4–4", "scaled"): three,
        ("4–4", "scaled"): two,
        ("4–4–4", "0 to 255"): three_raw,
        ("4–4", "0 to 255"): two_raw,
    }.items():
        curves = np.full((RUNS, 10), value)
        curves[:, :7] = 0.99
        if (shape, pixels) == ("4–4–4", "scaled"):
            curves[:failed] = 0.1
        final = curves[:, -1] if last is None else np.full(RUNS, last)
        results[f"784–{shape}–10, {pixels}"] = {"val_accuracy_curve": curves, "val_accuracy": final}
    return record("tiny-networks", results)


def sweeps(picked: float = 0.7, tenth: float = 0.7, failed: int = 0, **rates: float) -> Record:
    """Runs at the swept rate, at a tenth of it, and at the rates of the grid."""
    results = {rate: {"val_accuracy": np.full(RUNS, rates.get(f"r{rate}", 0.2))} for rate in RATES}
    swept = np.full(RUNS, picked)
    swept[:failed] = 0.1
    tenths = np.full(RUNS, tenth)
    results["swept"] = {"val_accuracy": swept, "val_accuracy_at_tenth": tenths}
    return record("rate-sweep", results)


# N1: what a best run is


def long_runs(reaching: int, short: bool = False, dead: int = 0) -> Record:
    """20 runs, of which the first few reach both figures after 40 epochs, or after 10 as well.

    The others have one of both figures.
    """
    training, validation = np.full((20, 40), 0.9), np.full((20, 40), 0.5)
    validation[:reaching, 39] = found.PRINTED_VALIDATION
    training[:reaching, 39] = found.PRINTED_TRAINING
    if short:
        validation[:reaching, 9] = found.PRINTED_VALIDATION
    units = np.zeros((20, 3))
    units[:dead, 1] = 1
    curves = {"accuracy_curve": training, "val_accuracy_curve": validation, "dead": units}
    return record("tiny-long", {found.DEEPER: curves})


@pytest.mark.parametrize(
    ("reaching", "verdict"), [(18, HOLDS), (10, UNDECIDED), (2, DOES_NOT_HOLD)]
)
def test_n1_counts_runs_that_reach_both(reaching: int, verdict: str) -> None:
    judgement = found.best_run(long_runs(reaching))
    assert judgement.verdict == NOT_MEASURED
    assert by_name(judgement, "single runs reach both figures in 40").verdict == verdict
    assert by_name(judgement, "single runs reach both figures in 10").interval.estimate == 0


def test_n1_asks_after_ten_epochs_too() -> None:
    judgement = found.best_run(long_runs(18, short=True))
    assert by_name(judgement, "single runs reach both figures in 10").verdict == HOLDS


def test_n1_the_best_of_four_reaches_more_often() -> None:
    judgement = found.best_run(long_runs(10))
    best = by_name(judgement, "best of four reaches both in more than half of draws, 40")
    assert best.interval.estimate == pytest.approx(1 - 0.5**4)
    assert best.verdict == HOLDS  # where single runs leave it open


@pytest.mark.parametrize(("dead", "verdict"), [(18, HOLDS), (10, UNDECIDED), (0, DOES_NOT_HOLD)])
def test_n1_counts_runs_with_dead_units(dead: int, verdict: str) -> None:
    assert by_name(found.best_run(long_runs(5, dead=dead)), "dead unit").verdict == verdict


# N2: three improvements


def test_n2_holds() -> None:
    judgement = found.three_improvements(networks(three=0.75, two=0.7), sweeps(picked=0.8))
    assert judgement.verdict == HOLDS
    measured = [part.interval.estimate for part in judgement.headline]
    assert measured == pytest.approx([0.45, 0.05, 0.05])


@pytest.mark.parametrize(("gained", "verdict"), [(0.011, HOLDS), (0.009, DOES_NOT_HOLD)])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_n2_asks_for_a_point(part: int, gained: float, verdict: str) -> None:
    gains = [0.05, 0.05, 0.05]
    gains[part] = gained
    scaling, layer, rate = gains
    tiny = networks(three=0.7, two=0.7 - layer, three_raw=0.7 - scaling)
    judgement = found.three_improvements(tiny, sweeps(picked=0.7 + rate))
    assert judgement.headline[part].verdict == verdict
    assert judgement.verdict == {HOLDS: HOLDS, DOES_NOT_HOLD: IN_PART}[verdict]


def test_n2_scores_the_last_three_epochs() -> None:
    lead = found.third_layer(networks(three=0.75, two=0.7, last=0.2))
    assert lead.estimate == pytest.approx(0.05)


def test_n2_takes_medians() -> None:
    # A third of the runs fail, which would turn the mean of the differences round.
    tiny = networks(three=0.73, two=0.7, failed=13)
    layer = found.three_improvements(tiny, sweeps(picked=0.8)).headline[1]
    assert layer.interval.estimate == pytest.approx(0.03)
    assert layer.verdict == UNDECIDED


def test_n2_asks_besides() -> None:
    tiny = networks(three=0.7, two=0.7, two_raw=0.64)
    judgement = found.three_improvements(tiny, sweeps(tenth=0.72))
    assert by_name(judgement, "raw pixels, two layers").interval.estimate == pytest.approx(0.06)
    assert by_name(judgement, "a tenth").interval.estimate == pytest.approx(0.02)


def test_runs_are_paired_by_their_seeds() -> None:
    values = np.arange(RUNS) / RUNS
    tiny = record("tiny-networks", {"x": {"val_accuracy": values}})
    other = record("rate-sweep", {"x": {"val_accuracy": [0.5] * 3}}, first_seed=1005)
    assert list(found.like(other.seeds, tiny, values)) == list(values[5:8])


# N3: the swept rate against the grid's best


@pytest.mark.parametrize(
    ("picked", "verdict"),
    [(0.80, HOLDS), (0.75, HOLDS), (0.741, HOLDS), (0.739, DOES_NOT_HOLD), (0.6, DOES_NOT_HOLD)],
)
def test_n3_allows_less_than_a_point(picked: float, verdict: str) -> None:
    judgement = found.best_rate(sweeps(picked=picked, **{"r0.01": 0.75}), networks(three=0.7))
    assert judgement.verdict == verdict


def test_n3_knows_the_default_rate_by_its_last_epoch() -> None:
    # Adam's default is the best of the grid, and is in the other record.
    judgement = found.best_rate(sweeps(picked=0.7), networks(three=0.6, last=0.9))
    assert judgement.headline[0].interval.estimate == pytest.approx(0.2)


def test_n3_asks_for_a_tenth() -> None:
    judgement = found.best_rate(sweeps(picked=0.2, tenth=0.7), networks(three=0.7))
    assert judgement.verdict == DOES_NOT_HOLD
    assert judgement.also[0].verdict == HOLDS


def test_n3_is_open_where_half_of_the_runs_fail() -> None:
    judgement = found.best_rate(sweeps(picked=0.7, failed=RUNS // 2), networks(three=0.7))
    assert judgement.verdict == UNDECIDED


def test_grid_is_chosen_by_the_other_seeds() -> None:
    lucky, steady = np.full(4, 0.5), np.full(4, 0.6)
    lucky[2] = 0.99  # alone in this seed, which must not choose for itself
    results = {"0.01": {"val_accuracy": lucky}, "0.032": {"val_accuracy": steady}}
    results["swept"] = {"val_accuracy": np.zeros(4)}
    sweep = record("rate-sweep", results)
    chosen = found.best_of_grid(sweep, networks(three=0.1))
    assert list(chosen) == [0.5, 0.5, 0.6, 0.5]


# N4 and N5


def test_n4_is_not_measured() -> None:
    judgement = found.matrix_and_grid()
    assert (judgement.verdict, len(judgement.headline)) == (NOT_MEASURED, 2)


def augmented(mirrored: float = 0.7, shifted: float = 0.7) -> Record:
    cases = {"as they are": 0.7, "mirrored": mirrored, "shifted": shifted}
    results = {case: {"val_accuracy": np.full(RUNS, value)} for case, value in cases.items()}
    return record("tiny-augmentation", results)


def voters(joint: float) -> Record:
    """Five members with 0.7 on average, and what the first, the first two … of them make."""
    members = np.tile([0.5, 0.75, 0.75, 0.75, 0.75], (RUNS, 1))
    together = np.full((RUNS, 5), 0.99)
    together[:, 4] = joint
    return record("tiny-ensembles", {found.DEEPER: {"members": members, "joint": together}})


def transferred(rotations: float = 0.7, five: float = 0.7, untrained: float = 0.7) -> Record:
    cases = {"rotations": rotations, "five classes": five, "none": untrained}
    results = {case: {"val_accuracy": np.full(RUNS, value)} for case, value in cases.items()}
    return record("tiny-transfer", results)


def convolutional(*accuracies: float) -> Record:
    return record("architectures", {"convolutional": {"val_accuracy": accuracies}})


def remedies(**records: Record) -> Judgement:
    usual = {
        "tiny_networks": networks(three=0.7),
        "architectures": convolutional(0.9, 0.9),
        "tiny_augmentation": augmented(),
        "tiny_ensembles": voters(0.7),
        "tiny_transfer": transferred(),
    }
    return found.four_remedies(**(usual | records))


@pytest.mark.parametrize(
    ("score", "verdict"), [(0.72, HOLDS), (0.709, DOES_NOT_HOLD), (0.6, DOES_NOT_HOLD)]
)
def test_n5_asks_for_a_point(score: float, verdict: str) -> None:
    mirrored = remedies(tiny_augmentation=augmented(mirrored=score))
    assert mirrored.verdict == NOT_MEASURED  # the convolutional network has five seeds
    assert by_name(mirrored, "mirrored").verdict == verdict
    assert by_name(mirrored, "shifted").verdict == DOES_NOT_HOLD
    together = remedies(tiny_ensembles=voters(score))
    assert by_name(together, "ensemble").verdict == verdict


@pytest.mark.parametrize(
    ("asked", "over"),
    [("rotations, over the tiny", 0.05), ("rotations, over untrained", 0.02)],
)
def test_n5_compares_transfer_with_both_controls(asked: str, over: float) -> None:
    judgement = remedies(tiny_transfer=transferred(rotations=0.75, five=0.6, untrained=0.73))
    assert by_name(judgement, asked).interval.estimate == pytest.approx(over)
    assert by_name(judgement, "classes, over the tiny").verdict == DOES_NOT_HOLD


def test_n5_says_what_cannot_be_tested() -> None:
    assert by_name(remedies(), "pre-trained").verdict == NOT_TESTABLE


# What sentences take for granted


def unmet(name: str, *records: Record) -> int:
    with findings.expectations() as missing:
        getattr(found, name)(*records)
    return len(missing)


def test_third_layer_gains_less_than_a_point_and_may_harm() -> None:
    assert unmet("third_layer", networks(three=0.705, two=0.7, failed=RUNS // 2)) == 0
    assert unmet("third_layer", networks(three=0.75, two=0.7)) == 2
    assert unmet("third_layer", networks(three=0.7, two=0.75)) == 1  # it harms


def test_what_the_remedies_are_said_to_do() -> None:
    assert unmet("ensemble_lead", voters(0.75)) == 0
    assert unmet("ensemble_lead", voters(0.70)) == 1
    assert unmet("mirrored_lead", augmented(mirrored=0.75)) == 1
    tiny = networks(three=0.7)
    assert unmet("least_convolutional_lead", convolutional(0.9, 0.72), tiny) == 0
    assert unmet("least_convolutional_lead", convolutional(0.9, 0.705), tiny) == 1
