"""Judgements on leaky ReLU, on small records whose right answer is known by hand."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import Judgement
from book.findings import expectations, leaky_relu
from lessons_src.recorded import Record

LONGEST = 30
OWN = "the project's"
CASES = (
    OWN,
    "no scheduler",
    "no dropout",
    "dropout 0.5",
    "ReLU",
    "128 units",
    "batch 32",
    "batch 128",
    "glorot_uniform",
)
GOES_ON = CASES[:4]


def curve(
    end: float,
    early: float | None = None,
    spread: float = 0.001,
    *,
    after: float | None = None,
    runs: int = 10,
) -> np.ndarray:
    """Accuracies of runs that stop after 20 to 29 epochs: `early` up to the tenth, then `end`.

    The first epoch is higher than all others: it is no score. Behind the stop a run has `after`.
    """
    curves = np.full((runs, LONGEST), np.nan if after is None else after)
    for i, shift in enumerate(np.linspace(-spread, spread, runs)):
        curves[i, : 20 + i % 10] = end + shift
        curves[i, :10] = (end if early is None else early) + shift
        curves[i, 0] = 0.99
    return curves


def full(runs: int = 10, fewer: Mapping[str, int] | None = None, **own: Any) -> Record:
    """The record of full runs in which no change matters, apart from what `own` says of a case.

    A key is a case, with underscores for spaces and `own` for the project's.

    Args:
        fewer: cases that have run fewer seeds than the others.
    """
    flat = {
        "stop": 20 + np.arange(runs) % 10,
        "scored_accuracy_curve": curve(0.9, spread=0.0, after=0.9, runs=runs),
        "train_accuracy": [0.9] * runs,
        "dying": [0] * runs,
        "dead": [0] * runs,
        "least_spread": [0.5] * runs,
        "scored_loss_curve": np.full((runs, LONGEST), 0.3),
        "first_reduced": [13] * runs,
        "test_accuracy": [0.9] * runs,
        "test_right": [[990, 900, 900, 900, 900, 900, 700, 900, 900, 900]] * runs,
    }
    cases = {case: dict(flat) for case in CASES}
    for case, results in own.items():
        name = case.replace("_", " ").replace("half", "0.5")
        cases[{"own": OWN, "glorot uniform": "glorot_uniform"}.get(name, name)] |= results
    made = record("leaky-full", cases)
    cut = {case: (fewer or {}).get(case, runs) for case in CASES}
    results = {
        case: {name: values[: cut[case]] for name, values in made.results[case].items()}
        for case in CASES
    }
    return replace(made, results=results)


def accuracy(*ends: float, **options: Any) -> dict[str, np.ndarray]:
    """Results of a case whose runs come to this accuracy (and have the second after ten)."""
    return {"scored_accuracy_curve": curve(*ends, **options)}


def loss(curve_of_all: Any, runs: int = 10) -> dict[str, np.ndarray]:
    """Results of a case whose loss runs like this in all runs."""
    return {"scored_loss_curve": np.tile(np.asarray(curve_of_all, float), (runs, 1))}


def dying_units(runs: int = 10, **counts: float) -> Record:
    """Two epochs in all settings: as many units die as said, of either activation."""
    cases = {
        f"{name}, {setting}": {
            "dying": [counts.get(short, 0)] * runs,
            "dead": [counts.get(f"{short}_dead", 0)] * runs,
            "least_spread": [0.5] * runs,
            "val_accuracy": [0.85] * runs,
        }
        for name, short in (("ReLU", "relu"), ("leaky ReLU", "leaky"))
        for setting in leaky_relu.SETTINGS
    }
    return record("dying-units", cases)


def slopes(**leads: float) -> Record:
    """Five seeds of ten epochs, all alike but for these leads."""
    names = {"small": "slope 0.01", "large": "slope 0.3", "elu": "ELU", "relu": "ReLU"}
    flat = np.full((5, 10), 0.88) + np.linspace(-0.01, 0.01, 5)[:, None]
    late = np.arange(10) > 6  # the epochs that score
    return record(
        "leaky-slopes",
        {
            name: {"val_accuracy_curve": flat + leads.get(short, 0) * late}
            for short, name in names.items()
        },
    )


def found(judgement: Judgement) -> list[str]:
    """The verdicts of a headline's parts."""
    return [part.verdict for part in judgement.headline]


def levels(judgement: Judgement) -> set[float]:
    """The levels of the headline's intervals."""
    return {round(part.interval.level, 4) for part in judgement.headline}


def asked(judgement: Judgement, word: str) -> Any:
    """The only outcome besides the headline whose question has this word."""
    (outcome,) = [part for part in judgement.also if word in part.asked]
    return outcome


# --- Scores -----------------------------------------------------------------------------------


def test_score_is_the_last_fifth_of_each_run_before_its_stop() -> None:
    curves = np.full((2, 30), 0.1)  # what comes after a stop is no part of the score
    curves[0, :25] = [*[0.5] * 20, 0.8, 0.9, 0.9, 0.9, 1.0]
    curves[1, :10] = [*[0.5] * 7, 0.6, 0.7, 0.8]  # a fifth were two epochs: three are taken
    made = record("leaky-full", {OWN: {"scored_accuracy_curve": curves, "stop": [25, 10]}})
    assert leaky_relu.settled(made, OWN) == pytest.approx([0.9, 0.7])
    assert leaky_relu.early(made, OWN) == pytest.approx([0.5, 0.7])
    assert leaky_relu.at_the_stop(made, OWN) == pytest.approx([1.0, 0.8])
    assert leaky_relu.whole(made, OWN) == pytest.approx([0.25, 0.1])


def test_cases_are_paired_by_the_seeds_that_both_have() -> None:
    lead = np.linspace(0, 0.01, 20)[:, None]
    made = full(
        20,
        {"ReLU": 10, "batch 32": 10},
        own={"scored_accuracy_curve": curve(0.9, spread=0.0, after=0.9, runs=20) + lead},
    )
    headline = leaky_relu.leaky_beats_relu(made, slopes()).headline[0]
    assert headline.interval.estimate == pytest.approx(lead[:10].mean())
    assert len(headline.seeds) == 10
    parts = leaky_relu.sixty_four_is_best(made).headline
    assert [len(part.seeds) for part in parts] == [10, 20]


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
    assert levels(judgement) == {0.982}
    assert [part.verdict for part in judgement.also] == ["does not hold"]  # 95 % on validation
    assert not judgement.provisional


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
    made = full(ReLU={"dying": [relu] * 10}, own={"dying": [leaky] * 10})
    judgement = leaky_relu.dying_units_are_rare(made, dying_units())
    assert found(judgement) == told
    assert levels(judgement) == {0.991}


def test_median_of_ten_seeds_is_sure_of_no_more_than_their_range() -> None:
    counts = [1, *[12] * 9]  # one run of ten in which no more than one unit died
    made = full(ReLU={"dying": counts})
    assert found(leaky_relu.dying_units_are_rare(made, dying_units()))[0] == "undecided"
    made = full(20, ReLU={"dying": [1, *[12] * 19]})
    assert found(leaky_relu.dying_units_are_rare(made, dying_units()))[0] == "holds"


def test_five_seeds_do_not_measure_a_median_and_dead_units_are_no_dying_ones() -> None:
    made = full(5, ReLU={"dying": [12, 9, 16, 11, 13], "dead": [12, 9, 16, 11, 12]})
    judgement = leaky_relu.dying_units_are_rare(made, dying_units(5, leaky=3, leaky_dead=1))
    assert found(judgement) == ["not yet measured"] * 2
    assert judgement.verdict == "not yet measured"
    assert "9 to 16 of 256" in judgement.headline[0].number
    assert asked(judgement, "at full length no unit").verdict == "holds"
    assert asked(judgement, "after two epochs no unit").verdict == "does not hold"
    assert asked(judgement, "every dying unit of ReLU").verdict == "does not hold"


def of_wider(made: Record) -> Judgement:
    return leaky_relu.wider_is_better(made)


def of_relu(made: Record) -> Judgement:
    return leaky_relu.leaky_beats_relu(made, slopes())


@pytest.mark.parametrize(("judging", "change"), [(of_wider, "128_units"), (of_relu, "ReLU")])
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
    assert levels(judgement) == {0.982}
    ten_epochs = asked(judgement, "after ten epochs")
    assert ten_epochs.verdict == ("holds" if ten == 0.8 else "does not hold")


def test_interval_below_zero_refutes_a_claimed_gain() -> None:
    judgement = of_relu(full(5, ReLU=accuracy(0.9035, spread=0.001, runs=5)))
    assert judgement.headline[0].sign == "the opposite is seen"
    assert judgement.verdict == "does not hold"


def test_other_slopes_are_asked_about_after_ten_epochs() -> None:
    judgement = leaky_relu.leaky_beats_relu(full(), slopes(small=0.004, large=-0.004, elu=0.001))
    also = {part.asked.split(" over")[0]: part for part in judgement.also[1:]}
    assert {name: part.verdict for name, part in also.items()} == {
        "slope 0.01": "holds",
        "slope 0.3": "does not hold",
        "ELU": "does not hold",
    }
    assert also["slope 0.01"].interval.estimate == pytest.approx(0.004)
    assert also["slope 0.01"].interval.level == 0.95


def start(**ratios: float) -> Record:
    """Lengths of the first gradient, with the same scatter on both sides; 1 unless told."""
    scatter = np.array(around(1, 0.2))
    cases = {}
    for depth in (1, 2, 4, 6):
        cases[f"he_normal, {depth} hidden"] = {"length": scatter * ratios.get(f"of_{depth}", 1)}
        cases[f"glorot_uniform, {depth} hidden"] = {"length": scatter}
    return record("leaky-gradients", cases)


@pytest.mark.parametrize(
    ("ratio", "told"), [(1.2, "holds"), (1.05, "does not hold"), (0.8, "does not hold")]
)
def test_first_gradient_has_to_be_longer_by_a_tenth(ratio: float, told: str) -> None:
    judgement = leaky_relu.start_helps_the_gradient(start(of_1=ratio, of_6=10), full())
    assert judgement.verdict == told
    assert judgement.headline[0].interval.estimate == pytest.approx(ratio)
    assert levels(judgement) == {0.982}
    assert asked(judgement, "6 hidden").interval.estimate == pytest.approx(10)
    assert [asked(judgement, f"{n} hidden").verdict for n in (2, 4, 6)] == [
        "does not hold",
        "does not hold",
        "holds",
    ]


def test_fewer_epochs_are_those_of_the_other_initialiser_minus_its_own() -> None:
    late = curve(0.9, 0.85)
    made = full(glorot_uniform={"scored_accuracy_curve": late})
    late[:, 0] = 0.5
    judgement = leaky_relu.start_helps_the_gradient(start(), made)
    epochs = asked(judgement, "epochs to")
    assert epochs.interval.estimate == 10  # the eleventh against the first
    assert epochs.verdict == "holds"


ROUGH = [*[0.3] * 12, *[0.4, 0.3] * 9]  # from epoch 13 on, which is the first at a lower rate


def test_schedule_is_judged_by_rises_from_the_first_reduction_to_the_stop() -> None:
    """Rises of 0.1 at every second step: 0.05 a step, or a little more, by an odd count."""
    made = full(**{"no_scheduler": loss(ROUGH)})
    part = leaky_relu.schedule_and_stop_stabilise(made).headline[0]
    by_hand = [0.1 * np.ceil(steps / 2) / steps for steps in range(8, 18)]  # from epoch 12 on
    assert part.interval.estimate == pytest.approx(np.mean(by_hand))
    assert part.verdict == "holds"
    alone = asked(leaky_relu.schedule_and_stop_stabilise(made), "roughness")
    assert alone.interval.estimate == pytest.approx(0.05)  # 18 steps


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, 11),  # before the first reduction both are the same run
        (29, 30),  # after every stop
    ],
)
def test_unrest_at_other_times_does_not_count(first: int, last: int) -> None:
    losses = np.full(LONGEST, 0.3)
    losses[first:last:2] = 0.5
    made = full(**{"no_scheduler": loss(losses)})
    part = leaky_relu.schedule_and_stop_stabilise(made).headline[0]
    assert part.interval.estimate == 0
    assert part.verdict == "does not hold"


@pytest.mark.parametrize(
    ("rise", "told"), [(0.0012, "holds"), (0.0008, "does not hold"), (-0.01, "does not hold")]
)
def test_roughness_has_to_be_lower_by_a_thousandth(rise: float, told: str) -> None:
    """Every step without the scheduler rises by this much, or with it."""
    losses = 0.3 + abs(rise) * np.arange(LONGEST)
    made = full(**{"no_scheduler" if rise > 0 else "own": loss(losses)})
    part = leaky_relu.schedule_and_stop_stabilise(made).headline[0]
    assert part.interval.estimate == pytest.approx(rise)
    assert part.verdict == told


def test_run_whose_rate_is_never_reduced_is_no_smoother() -> None:
    made = full(own={"first_reduced": [LONGEST + 1] * 10}, no_scheduler=loss(ROUGH))
    assert leaky_relu.smoother(made).estimate == 0
    assert leaky_relu.smoother(made, stopped=False).estimate == 0


@pytest.mark.parametrize(
    ("after", "told"),
    [(0.9, "holds"), (0.902, "holds"), (0.91, "does not hold"), (0.8, "holds")],
)
def test_stop_is_compared_with_the_end_of_the_same_run(after: float, told: str) -> None:
    """The last six epochs of thirty are after the stop in part, of each run another number."""
    made = full(own={"scored_accuracy_curve": curve(0.9, spread=0.0, after=after)})
    judgement = leaky_relu.schedule_and_stop_stabilise(made)
    assert judgement.headline[1].verdict == told
    behind = np.mean([min(10 - i, 6) / 6 for i in range(10)])
    assert judgement.headline[1].interval.estimate == pytest.approx((0.9 - after) * behind)
    assert levels(judgement) == {0.991}
    assert asked(judgement, "early stopping alone").interval.estimate == pytest.approx(0)


def test_schedule_and_stop_are_also_asked_about_alone() -> None:
    made = full(**{"no_scheduler": accuracy(0.9, spread=0.0, after=0.89)})
    judgement = leaky_relu.schedule_and_stop_stabilise(made)
    behind = np.mean([min(10 - i, 6) / 6 for i in range(10)])
    for word in ("scheduler alone: accuracy", "early stopping alone"):
        assert asked(judgement, word).interval.estimate == pytest.approx(0.01 * behind)


def test_pictures_are_counted_on_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    page = "".join(f"    name: fig-leaky-{name}\n" for name in leaky_relu.PICTURES)
    path = tmp_path / "leaky-relu.md"
    monkeypatch.setattr(leaky_relu, "PAGE", path)
    for text, shown, told in (
        (page, 5, ["holds"] * 3),
        (page.replace("leaky-samples\n", "leaky-other\n"), 3, ["does not hold", "holds", "holds"]),
    ):
        path.write_text(text, encoding="utf-8")
        assert leaky_relu.pictures_on(text) == shown
        assert found(leaky_relu.promised_pictures(full())) == told


def test_page_of_today_has_all_pictures() -> None:
    assert leaky_relu.pictures_on(leaky_relu.PAGE.read_text(encoding="utf-8")) == 5


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
    assert levels(judgement) == {0.991}
    assert {part.verdict for part in judgement.also} == {"holds"}


def rising(by: float) -> list[float]:
    """A loss that falls up to epoch 15, and rises by as much at its end, after all stops."""
    return [*np.linspace(0.6, 0.3, 15), *[0.3] * 12, *[0.3 + by] * 3]


@pytest.mark.parametrize(
    ("none", "own", "told"),
    [
        (0.05, 0.0, ["holds", "holds"]),
        (0.05, 0.045, ["holds", "does not hold"]),
        (0.005, 0.0, ["does not hold", "does not hold"]),
        (0.0, 0.0, ["does not hold", "does not hold"]),
        (0.05, 0.08, ["holds", "does not hold"]),
    ],
)
def test_dropout_is_judged_by_the_rise_of_the_loss_over_all_epochs(
    none: float, own: float, told: list[str]
) -> None:
    made = full(no_dropout=loss(rising(none)), own=loss(rising(own)))
    judgement = leaky_relu.dropout_prevents_overfitting(made)
    assert found(judgement) == told
    estimates = [part.interval.estimate for part in judgement.headline]
    assert estimates == pytest.approx([none, none - own])
    assert levels(judgement) == {0.991}
    assert asked(judgement, "at the stop, by").interval.estimate < none + 1e-9


def test_rise_at_the_stop_leaves_out_what_comes_after() -> None:
    early = [*np.linspace(0.6, 0.3, 15), *[0.3] * 2, *[0.32] * 3, *[0.5] * 10]
    made = full(no_dropout=loss(early) | {"stop": [20] * 10})
    judgement = leaky_relu.dropout_prevents_overfitting(made)
    assert asked(judgement, "at the stop, by").interval.estimate == pytest.approx(0.02)
    assert asked(judgement, "by the stop, by").interval.estimate == pytest.approx(0.02)
    assert judgement.headline[0].interval.estimate == pytest.approx(0.2)


def test_half_dropped_out_is_also_asked_about() -> None:
    made = full(own=loss(rising(0.05)), dropout_half=loss(rising(0.01)), fewer={"dropout 0.5": 5})
    rises = asked(leaky_relu.dropout_prevents_overfitting(made), "rises less than with 0.3")
    assert rises.interval.estimate == pytest.approx(0.04)
    assert len(rises.seeds) == 5


def test_gaps_are_those_of_the_stop() -> None:
    made = full(
        own={"train_accuracy": [0.92] * 10},
        no_dropout={"train_accuracy": [0.96] * 10},
        dropout_half={"train_accuracy": [0.918] * 10},
    )
    judgement = leaky_relu.dropout_prevents_overfitting(made)
    narrower = [part for part in judgement.also if "narrower" in part.asked]
    assert [part.interval.estimate for part in narrower] == pytest.approx([0.04, 0.002])
    assert [part.verdict for part in narrower] == ["holds", "does not hold"]
    left = asked(judgement, "is below")
    assert left.interval.estimate == pytest.approx(0.02)
    assert left.verdict == "does not hold"


def test_accuracy_of_dropout_is_over_none_and_over_half() -> None:
    made = full(no_dropout=accuracy(0.89, 0.9), dropout_half=accuracy(0.9, 0.91))
    also = leaky_relu.dropout_prevents_overfitting(made).also
    gains = [part.interval.estimate for part in also if part.asked.startswith("accuracy")]
    assert gains == pytest.approx([0.01, 0, 0, -0.01])


# --- Sentences --------------------------------------------------------------------------------


def missed(finding: Callable, *records: Record) -> int:
    """How many sentences that rely on the finding are not so."""
    with expectations() as unmet:
        finding(*records)
    return len(unmet)


def test_validation_is_compared_with_the_same_runs_on_the_test_images() -> None:
    made = full(
        own={"test_accuracy": around(0.892, 0.001)},
        no_scheduler={"test_accuracy": around(0.892, 0.001)},
    )
    assert leaky_relu.validation_lead(made).estimate == pytest.approx(0.008)
    assert leaky_relu.unwatched_lead(made).estimate == pytest.approx(0.008)
    assert missed(leaky_relu.validation_lead, made) == missed(leaky_relu.unwatched_lead, made) == 0
    steered = full(
        own={"test_accuracy": around(0.892, 0.001)}
    )  # as if the scheduler were the cause
    assert missed(leaky_relu.unwatched_lead, steered) == 2


@pytest.mark.parametrize(
    ("end", "ten", "met"),
    [(0.91, 0.91, True), (0.91, 0.89, False), (0.89, 0.91, False), (0.9003, 0.91, False)],
)
def test_order_that_a_sentence_names_holds_at_both_lengths(
    end: float, ten: float, met: bool
) -> None:
    made = full(ReLU=accuracy(end, ten, spread=0.002))
    assert (missed(leaky_relu.behind_relu, made) == 0) is met


@pytest.mark.parametrize(("narrow", "unmet"), [(0.897, 0), (0.89, 1), (0.9, 2), (0.91, 2)])
def test_lead_of_the_wider_layer_is_guarded(narrow: float, unmet: int) -> None:
    assert missed(leaky_relu.wider_lead, full(**{"128_units": accuracy(narrow)})) == unmet


def test_leak_is_credited_at_the_highest_rate_alone() -> None:
    def made(**leaky: float) -> Record:
        plain = dying_units()
        results = {case: dict(values) for case, values in plain.results.items()}
        for setting, reached in leaky.items():
            name = {"high": "rate 0.1", "glorot": "glorot_uniform"}[setting]
            results[f"leaky ReLU, {name}"]["val_accuracy"] = around(reached, 0.001)
        return record("dying-units", results)

    both = leaky_relu.leak_at_the_highest_rate, leaky_relu.leak_with_glorot
    assert [missed(one, made(high=0.9, glorot=0.84)) for one in both] == [0, 0]
    assert [missed(one, made(glorot=0.9)) for one in both] == [2, 1]


def test_deaths_in_every_run_are_wanted_and_no_dead_leaky_unit() -> None:
    assert leaky_relu.early_deaths(dying_units(relu=9)) == 9
    assert missed(leaky_relu.early_deaths, dying_units(relu=9)) == 0
    assert missed(leaky_relu.early_deaths, dying_units(relu=9, leaky_dead=1)) == 5
    assert missed(leaky_relu.early_deaths, dying_units(relu=9, leaky=9)) == 5


def test_unrest_is_that_of_the_last_ten_epochs_before_the_stop() -> None:
    shaky = np.tile([0.9, 0.91], (10, LONGEST // 2))
    calm = curve(0.9, spread=0.0, after=0.5)
    made = full(own={"scored_accuracy_curve": calm}, no_scheduler={"scored_accuracy_curve": shaky})
    assert leaky_relu.unrest_at_the_end(made).estimate == 0
    assert missed(leaky_relu.unrest_at_the_end, made) == 0
    turned = full(
        own={"scored_accuracy_curve": shaky}, no_scheduler={"scored_accuracy_curve": calm}
    )
    assert leaky_relu.unrest_at_the_end(turned).estimate == pytest.approx(0.01)
    assert missed(leaky_relu.unrest_at_the_end, turned) == 1


def test_counts_at_the_stop_are_those_of_relu() -> None:
    made = full(ReLU={"dying": range(5, 15)})
    assert leaky_relu.fewest_dead_at_the_stop(made) == 5
    assert leaky_relu.most_dead_at_the_stop(made) == 14
    assert missed(leaky_relu.fewest_dead_at_the_stop, made) == 0
    assert missed(leaky_relu.fewest_dead_at_the_stop, full(own={"dying": [0] * 9 + [1]})) == 1


def test_other_answers_of_ten_epochs_are_counted() -> None:
    changed = {case: accuracy(0.9, 0.89) for case in ("batch_32", "no_dropout", "dropout_half")}
    assert leaky_relu.answers_of_ten_epochs(full(**changed)) == 3
    assert missed(leaky_relu.answers_of_ten_epochs, full(**changed)) == 0
    # What the scheduler is worth is another question.
    more = full(**changed, no_scheduler=accuracy(0.9, 0.89, after=0.9))
    assert leaky_relu.answers_of_ten_epochs(more) == 3
    assert missed(leaky_relu.answers_of_ten_epochs, full(ReLU=accuracy(0.9, 0.89))) == 1


def test_sentences_on_dropout() -> None:
    made = full(
        own={"train_accuracy": [0.92] * 10, **loss([*[0.3] * 12, *[0.305] * 18])},
        no_dropout={"train_accuracy": [0.96] * 10},
    )
    spread = np.linspace(0, 0.001, 10)[:, None]
    made.results[OWN]["scored_loss_curve"] = made(OWN, "scored_loss_curve") + spread * (
        np.arange(LONGEST) > 12
    )
    assert leaky_relu.rise_with_dropout(made).estimate == pytest.approx(0.0055)
    assert leaky_relu.gap_narrowed(made).estimate == pytest.approx(0.04)
    both = leaky_relu.rise_with_dropout, leaky_relu.gap_narrowed
    assert [missed(one, made) for one in both] == [0, 0]
    assert [missed(one, full()) for one in both] == [1, 2]


def test_worst_and_best_class_are_wanted_in_every_run() -> None:
    made = full(own={"test_right": [[920, *[900] * 5, 700, *[900] * 3]] * 10})
    assert leaky_relu.worst_class(made) == "Shirt"
    assert leaky_relu.best_class(made) == "T-shirt/top"
    both = leaky_relu.worst_class, leaky_relu.best_class
    assert [missed(one, made) for one in both] == [0, 0]
    other = [[900, 900, 895, *[900] * 6, 990]]
    mixed = full(own={"test_right": [[920, *[900] * 5, 700, *[900] * 3]] * 9 + other})
    assert [missed(one, mixed) for one in both] == [2, 1]
