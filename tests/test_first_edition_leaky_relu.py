"""Judgements on leaky ReLU, on small records whose right answer is known by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import Judgement
from book.findings import expectations
from book.findings.first_edition import leaky_relu
from lessons_src.recorded import Record

LONGEST = 30
CHANGES = (
    "128 units",
    "glorot_uniform",
    "ReLU",
    "batch 32",
    "batch 128",
    "no dropout",
    "dropout 0.5",
)


def curve(
    end: float, early: float | None = None, spread: float = 0.001, runs: int = 10
) -> np.ndarray:
    """Accuracies of runs that stop after 20 to 29 epochs: `early` up to the tenth, then `end`.

    The first epoch is higher than all others: it is no score.
    """
    curves = np.full((runs, LONGEST), np.nan)
    for i, shift in enumerate(np.linspace(-spread, spread, runs)):
        curves[i, : 20 + i % 10] = end + shift
        curves[i, :10] = (end if early is None else early) + shift
        curves[i, 0] = 0.99
    return curves


def full(runs: int = 10, **own: Any) -> Record:
    """The record of full runs in which no change matters, apart from what `own` says of a case.

    A key is a case, with underscores for spaces and `own` for the project's.
    """
    flat = {
        "val_accuracy_curve": curve(0.9, spread=0.0, runs=runs),
        "train_accuracy": [0.9] * runs,
        "short_train_accuracy": [0.9] * runs,
        "short_learning_rate": [0.001] * runs,
        "dying": [0] * runs,
        "constant": [0] * runs,
    }
    rates = np.where(np.arange(LONGEST) < 12, 0.001, 0.0005)
    mine = {
        "test_accuracy": [0.9] * runs,
        "test_right": [[990, 900, 900, 900, 900, 900, 700, 900, 900, 900]] * runs,
        "val_loss_curve": np.where(np.isfinite(curve(0.9, runs=runs)), 0.3, np.nan),
        "learning_rate_curve": [rates] * runs,
    }
    cases = {"the project's": {**flat, **mine}, **{change: dict(flat) for change in CHANGES}}
    for case, results in own.items():
        name = "the project's" if case == "own" else case.replace("_", " ").replace("half", "0.5")
        name = {"glorot uniform": "glorot_uniform"}.get(name, name)
        cases[name] |= results
    return record("leaky-full", cases)


def accuracy(*ends: float, **options: Any) -> dict[str, np.ndarray]:
    """Results of a case whose runs come to this accuracy (and have the second after ten)."""
    return {"val_accuracy_curve": curve(*ends, **options)}


def dying_units(runs: int = 10, **counts: float) -> Record:
    """Two epochs in all settings: as many units die as said, of either activation."""
    cases = {
        f"{name}, {setting}": {
            "dying": [counts.get(short, 0)] * runs,
            "constant": [counts.get(f"{short}_constant", 0)] * runs,
            "val_accuracy": [0.85] * runs,
        }
        for name, short in (("ReLU", "relu"), ("leaky ReLU", "leaky"))
        for setting in leaky_relu.SETTINGS
    }
    return record("dying-units", cases)


def found(judgement: Judgement) -> list[str]:
    """The verdicts of a headline's parts."""
    return [part.verdict for part in judgement.headline]


def asked(judgement: Judgement, word: str) -> Any:
    """The only outcome besides the headline whose question has this word."""
    (outcome,) = [part for part in judgement.also if word in part.asked]
    return outcome


# --- Scores -----------------------------------------------------------------------------------


def test_score_is_the_last_fifth_of_each_run_before_it_stopped() -> None:
    curves = np.full((2, 30), np.nan)
    curves[0, :25] = [*[0.5] * 20, 0.8, 0.9, 0.9, 0.9, 1.0]
    curves[1, :10] = [*[0.5] * 7, 0.6, 0.7, 0.8]  # a fifth were two epochs: three are taken
    made = record("leaky-full", {"the project's": {"val_accuracy_curve": curves}})
    assert leaky_relu.settled(made, "the project's") == pytest.approx([0.9, 0.7])
    assert leaky_relu.early(made, "the project's") == pytest.approx([0.5, 0.7])
    assert leaky_relu.at_the_stop(made, "the project's") == pytest.approx([1.0, 0.8])


# --- The claims -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "told"),
    [
        (0.900, "holds"),
        (0.8965, "holds"),
        (0.895, "undecided"),
        (0.893, "does not hold"),
        (0.907, "does not hold"),
    ],
)
def test_accuracy_rounds_to_ninety_on_the_test_images(test: float, told: str) -> None:
    made = full(own={"test_accuracy": around(test, 0.001), **accuracy(0.95)})
    judgement = leaky_relu.about_ninety(made)
    assert judgement.verdict == told
    assert judgement.headline[0].interval.estimate == pytest.approx(test)
    assert [part.verdict for part in judgement.also] == ["does not hold"]  # 95 % on validation


@pytest.mark.parametrize(
    ("relu", "leaky", "told"),
    [
        (12, 0, ["holds", "holds"]),
        (2, 1, ["does not hold", "holds"]),  # one unit more is not more than one
        (12, 5, ["holds", "does not hold"]),
        (0, 2, ["does not hold", "holds"]),
        (3, 3, ["does not hold", "does not hold"]),
    ],
)
def test_dying_units_are_compared_by_their_medians(relu: int, leaky: int, told: list[str]) -> None:
    made = full(40, ReLU={"dying": [relu] * 40}, own={"dying": [leaky] * 40})
    assert found(leaky_relu.dying_units_are_rare(made, dying_units())) == told


def test_five_seeds_do_not_measure_a_median_and_dead_units_are_no_dying_ones() -> None:
    made = full(5, ReLU={"dying": [12, 9, 16, 11, 13]})
    judgement = leaky_relu.dying_units_are_rare(made, dying_units(5, leaky=3, leaky_constant=1))
    assert found(judgement) == ["not yet measured"] * 2
    assert judgement.verdict == "not yet measured"
    assert "9 to 16 of 256" in judgement.headline[0].number
    assert asked(judgement, "at full length no unit").verdict == "holds"
    assert asked(judgement, "after two epochs no unit").verdict == "does not hold"


@pytest.mark.parametrize(
    ("judging", "change"),
    [(leaky_relu.wider_is_better, "128_units"), (leaky_relu.leaky_beats_relu, "ReLU")],
)
@pytest.mark.parametrize(
    ("end", "ten", "told"),
    [
        (0.895, 0.9, "holds"),
        (0.897, 0.8, "undecided"),
        (0.8975, 0.8, "does not hold"),
        (0.904, 0.8, "does not hold"),
    ],
)
def test_gain_is_that_of_the_end_whatever_ten_epochs_say(
    judging: Callable, change: str, end: float, ten: float, told: str
) -> None:
    judgement = judging(full(**{change: accuracy(end, ten, spread=0.0005)}))
    (headline,) = judgement.headline
    assert headline.verdict == told
    assert headline.interval.estimate == pytest.approx(0.9 - end)
    ten_epochs = asked(judgement, "ten epochs")
    assert ten_epochs.verdict == ("holds" if ten == 0.8 else "does not hold")


def test_interval_below_zero_refutes_a_claimed_gain() -> None:
    judgement = leaky_relu.leaky_beats_relu(full(5, ReLU=accuracy(0.9035, spread=0.001, runs=5)))
    assert judgement.headline[0].interval.high < 0
    assert judgement.verdict == "does not hold"


def start(he: float, glorot: float) -> Record:
    """Lengths of the first gradient, with the same scatter on both sides."""
    scatter = np.array(around(1, 0.2))
    return record(
        "leaky-gradients",
        {"he_normal": {"length": he * scatter}, "glorot_uniform": {"length": glorot * scatter}},
    )


def deep(he: float, glorot: float) -> Record:
    """The same with six hidden layers, of which the first counts."""
    return record(
        "gradients",
        {
            f"leaky_relu, 6 hidden, {kind}": {"gradient_before": [[length, 9, 9, 9, 9, 9, 9]] * 5}
            for kind, length in (("he_normal", he), ("glorot_uniform", glorot))
        },
    )


@pytest.mark.parametrize(
    ("he", "glorot", "told"),
    [(1.2, 1, "holds"), (1.05, 1, "does not hold"), (1, 1.2, "does not hold")],
)
def test_first_gradient_has_to_be_longer_by_a_tenth(he: float, glorot: float, told: str) -> None:
    judgement = leaky_relu.start_helps_the_gradient(start(he, glorot), full(), deep(10, 1))
    assert judgement.verdict == told
    assert judgement.headline[0].interval.estimate == pytest.approx(he / glorot)
    assert asked(judgement, "six hidden").interval.estimate == pytest.approx(10)


def test_fewer_epochs_are_those_of_the_other_initialiser_minus_its_own() -> None:
    late = curve(0.9, 0.85, runs=40)
    made = full(40, glorot_uniform={"val_accuracy_curve": late})
    late[:, 0] = 0.5
    judgement = leaky_relu.start_helps_the_gradient(start(1, 1), made, deep(1, 1))
    epochs = asked(judgement, "epochs to")
    assert epochs.interval.estimate == 10  # the eleventh against the first
    assert epochs.verdict == "holds"


def constant(**results: Any) -> Record:
    """Twenty epochs at a constant rate."""
    flat = {
        "val_accuracy_curve": curve(0.9, spread=0.0)[:, :20],
        "val_loss_curve": np.full((10, 20), 0.3),
    }
    return record("leaky-constant", {"no scheduler": flat | results})


def test_schedule_and_stop_are_not_measured_yet() -> None:
    judgement = leaky_relu.schedule_and_stop_stabilise(full(), constant())
    assert found(judgement) == ["not yet measured"] * 2


@pytest.mark.parametrize(
    ("first", "rough", "told"),
    [
        (1, 0.0, "does not hold"),  # before the first reduction, which epoch 13 has
        (11, 0.05, "holds"),
    ],
)
def test_roughness_counts_rises_from_the_first_reduction_on(
    first: int, rough: float, told: str
) -> None:
    losses = np.full((10, 20), 0.3)
    if first == 1:
        losses[:, 1:11:2] = 0.5
    else:
        losses[:, 12::2] = 0.4  # four rises of 0.1 in eight steps
    made = constant(val_loss_curve=losses)
    roughness = asked(leaky_relu.schedule_and_stop_stabilise(full(), made), "roughness")
    assert roughness.interval.estimate == pytest.approx(rough)
    assert roughness.verdict == told


def test_accuracy_of_the_scheduler_is_compared_over_the_same_epochs() -> None:
    made = constant(val_accuracy_curve=curve(0.89, 0.99, spread=0.0)[:, :20])
    late = curve(0.9, spread=0.0)
    late[:, 20:] = np.where(np.isfinite(late[:, 20:]), 0.5, np.nan)
    judgement = leaky_relu.schedule_and_stop_stabilise(full(own={"val_accuracy_curve": late}), made)
    assert asked(judgement, "accuracy").interval.estimate == pytest.approx(0.01)


def test_pictures_are_counted_on_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    page = leaky_relu.PAGE.read_text(encoding="utf-8")
    assert leaky_relu.pictures_on(page) == 5
    fewer = page.replace("name: fig-leaky-samples\n", "name: fig-leaky-other\n")
    assert leaky_relu.pictures_on(fewer) == 3
    assert found(leaky_relu.promised_pictures(full())) == ["holds"] * 3
    path = tmp_path / "leaky-relu.md"
    path.write_text(fewer, encoding="utf-8")
    monkeypatch.setattr(leaky_relu, "PAGE", path)
    assert found(leaky_relu.promised_pictures(full())) == ["does not hold", "holds", "holds"]


def test_best_and_worst_are_those_of_the_first_run() -> None:
    part = leaky_relu.promised_pictures(full()).headline[2]
    assert "T-shirt/top, 99.0%" in part.number
    assert "Shirt, 70.0%" in part.number


@pytest.mark.parametrize(
    ("shirts", "told"), [(60, "holds"), (56, "undecided"), (30, "does not hold")]
)
def test_worst_class_has_to_be_the_same_in_nine_of_ten_runs(shirts: int, told: str) -> None:
    usual, other = [990, *[900] * 5, 700, *[900] * 3], [990, *[900] * 5, 800, 700, 900, 900]
    right = [usual] * shirts + [other] * (60 - shirts)
    judgement = leaky_relu.promised_pictures(full(60, own={"test_right": right}))
    assert judgement.also[0].verdict == told
    assert judgement.also[0].asked.startswith("Shirt" if shirts >= 30 else "Sneaker")


@pytest.mark.parametrize(
    ("small", "large", "told"),
    [
        (0.900, 0.902, "holds"),  # worse by less than the margin
        (0.905, 0.890, "holds in part"),
        (0.890, 0.905, "holds in part"),
        (0.905, 0.905, "does not hold"),
        (0.903, 0.890, "undecided"),
    ],
)
def test_batches_of_64_are_not_to_be_worse_than_either_other(
    small: float, large: float, told: str
) -> None:
    made = full(batch_32=accuracy(small, 0.8), batch_128=accuracy(large, 0.8))
    judgement = leaky_relu.sixty_four_is_best(made)
    assert judgement.verdict == told
    assert all(part.interval.level == pytest.approx(0.975) for part in judgement.headline)


def test_dropout_is_judged_by_a_loss_that_was_not_recorded() -> None:
    judgement = leaky_relu.dropout_prevents_overfitting(full())
    assert found(judgement) == ["not yet measured"] * 2


def test_gaps_are_those_of_the_stop_and_of_ten_epochs() -> None:
    made = full(
        own={"train_accuracy": [0.92] * 10, "short_train_accuracy": [0.91] * 10},
        no_dropout={"train_accuracy": [0.96] * 10, "short_train_accuracy": [0.912] * 10},
        dropout_half={"train_accuracy": [0.915] * 10, "short_train_accuracy": [0.93] * 10},
    )
    judgement = leaky_relu.dropout_prevents_overfitting(made)
    narrower = [part for part in judgement.also if "narrower" in part.asked]
    assert [part.interval.estimate for part in narrower] == pytest.approx(
        [0.04, 0.002, 0.005, -0.02]
    )
    verdicts = ["holds", "does not hold", "holds", "does not hold"]
    assert [part.verdict for part in narrower] == verdicts
    assert asked(judgement, "is below").interval.estimate == pytest.approx(0.02)
    assert asked(judgement, "is below").verdict == "does not hold"


def test_accuracy_of_dropout_is_over_none_and_over_half() -> None:
    made = full(no_dropout=accuracy(0.89, 0.9), dropout_half=accuracy(0.9, 0.91))
    also = leaky_relu.dropout_prevents_overfitting(made).also
    gains = [part.interval.estimate for part in also if part.asked.startswith("accuracy")]
    assert gains == pytest.approx([0.01, 0, 0, -0.01])


def test_rise_is_that_of_the_loss_at_the_stop() -> None:
    losses = np.full((10, LONGEST), np.nan)
    losses[:, :20] = [*np.linspace(0.6, 0.3, 15), 0.3, 0.3, 0.32, 0.32, 0.32]
    assert leaky_relu.rise(full(own={"val_loss_curve": losses}), "the project's") == pytest.approx(
        [0.02] * 10
    )


# --- Sentences --------------------------------------------------------------------------------


def test_validation_is_compared_with_the_same_runs_on_the_test_images() -> None:
    def cures(lead: float) -> Record:
        curves = {
            "val_accuracy_curve": [[0.5, 0.9]] * 10,
            "test_accuracy_curve": [[0.9, 0.9 - lead]] * 10,
        }
        return record("cures", {"none": curves})

    made = full(own={"test_accuracy": around(0.892, 0.001)})
    with expectations() as unmet:
        assert leaky_relu.validation_lead(made, cures(0.008)).estimate == pytest.approx(0.008)
        assert leaky_relu.unwatched_lead(cures(0.008)).estimate == pytest.approx(0.008)
    assert not unmet
    with expectations() as unmet:  # as if the stop had been the cause
        leaky_relu.validation_lead(made, cures(0.0))
    assert len(unmet) == 1


@pytest.mark.parametrize(
    ("end", "ten", "met"),
    [(0.91, 0.91, True), (0.91, 0.89, False), (0.89, 0.91, False), (0.9003, 0.91, False)],
)
def test_order_that_a_sentence_names_holds_at_both_lengths(
    end: float, ten: float, met: bool
) -> None:
    with expectations() as unmet:
        leaky_relu.behind_relu(full(ReLU=accuracy(end, ten, spread=0.002)))
    assert bool(unmet) is not met


@pytest.mark.parametrize(("narrow", "unmet"), [(0.897, 0), (0.89, 1), (0.9, 2), (0.91, 2)])
def test_lead_of_the_wider_layer_is_guarded(narrow: float, unmet: int) -> None:
    with expectations() as missed:
        leaky_relu.wider_lead(full(**{"128_units": accuracy(narrow)}))
    assert len(missed) == unmet


def test_leak_is_credited_at_the_highest_rate_alone() -> None:
    def made(**leaky: float) -> Record:
        plain = dying_units()
        results = {case: dict(values) for case, values in plain.results.items()}
        for setting, accuracy in leaky.items():
            name = {"high": "rate 0.1", "glorot": "glorot_uniform"}[setting]
            results[f"leaky ReLU, {name}"]["val_accuracy"] = around(accuracy, 0.001)
        return record("dying-units", results)

    with expectations() as unmet:
        leaky_relu.leak_at_the_highest_rate(made(high=0.9, glorot=0.84))
        leaky_relu.leak_with_glorot(made(high=0.9, glorot=0.84))
    assert not unmet
    with expectations() as unmet:
        leaky_relu.leak_at_the_highest_rate(made(glorot=0.9))
        leaky_relu.leak_with_glorot(made(glorot=0.9))
    assert len(unmet) == 3
