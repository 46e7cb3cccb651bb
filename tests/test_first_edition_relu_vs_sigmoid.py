"""ReLU or sigmoid: the judgements on small records whose right answer is known by hand."""

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, NOT_MEASURED, UNDECIDED
from book.findings import expectations
from book.findings.first_edition import printed_figures as topic_figures
from book.findings.first_edition import relu_vs_sigmoid as topic
from lessons_src.exercises.relu_vs_sigmoid import ORDER
from lessons_src.recorded import recorded

NAMES = ("sigmoid", "tanh", "relu", "leaky_relu", "gelu")


def activations(leads: dict[tuple[int, str], float], **more: float):
    """Sigmoid at 80 %, ReLU ahead by these leads (0 elsewhere), in every epoch."""
    cases = {}
    for optimiser in topic.OPTIMISERS:
        for depth in topic.DEPTHS:
            for name in NAMES:
                lead = leads.get((depth, optimiser), 0.0) if name == "relu" else 0.0
                held = np.array(around(0.8 + lead, 0.001 if name == "relu" else 0.0005))
                zeros = more.get("zeros", 0.7) if name == "relu" else 0.0
                cases[f"{name}, {depth} hidden, {optimiser}"] = {
                    "val_accuracy": held,
                    "train_accuracy": held + 0.01 * depth,
                    "val_accuracy_curve": np.repeat(held[:, None], 10, axis=1),
                    "zeros": np.full((10, depth), zeros),
                }
    return record("activations", cases)


def candidates(lead: float):
    """Only the combination that is asked for; ReLU's test accuracy is ahead by the lead."""
    epochs = len(topic_figures.KEPT)
    cases, settings = {}, {}
    for name, score in (("sigmoid", 0.5), ("relu", 0.5 + lead)):
        case = f"{name}, dropout 0.0, official"
        held = np.repeat(np.array(around(score, 0.001))[:, None], epochs, axis=1)
        kept = ("running_accuracy", "test_accuracy", "running_loss", "test_loss")
        cases[case] = dict.fromkeys((*kept, "train_accuracy", "train_loss"), held)
        settings[case] = {"split": "official"}
    return record("printed-candidates", cases, settings=settings)


@pytest.mark.parametrize(
    ("listing", "printed", "verdict"),
    [
        (0.01, 0.2, HOLDS),
        (0.0, 0.2, IN_PART),
        (0.003, 0.2, UNDECIDED),  # at the margin
        (-0.01, -0.2, DOES_NOT_HOLD),
    ],
)
def test_clear_winner_asks_the_listing_and_the_printed_set_up(listing, printed, verdict) -> None:
    leads = {(1, topic.ADAM): listing, (6, topic.SGD): 0.5}
    made = topic.clear_winner(activations(leads), candidates(printed), races({}))
    assert made.verdict == verdict
    first, second = made.headline
    assert first.interval.estimate == pytest.approx(listing)
    assert second.interval.estimate == pytest.approx(printed)
    assert first.interval.level == second.interval.level == pytest.approx(0.975)
    assert {part.asked: part.verdict for part in made.also}[
        "6 hidden, SGD 0.01, ten epochs"
    ] == HOLDS


def races(leads: dict[tuple[int, str, int, str], float]):
    """Sigmoid at 50 % of the test images, ReLU ahead by these leads (0 elsewhere), at the end."""
    cases = {}
    for depth in (1, 2):
        for optimiser in topic.OPTIMISERS:
            for batch in (32, 1000):
                for pixels in ("scaled", "raw"):
                    for name in ("sigmoid", "relu"):
                        lead = leads.get((depth, optimiser, batch, pixels), 0.0)
                        last = around(0.5 + (lead if name == "relu" else 0), 0.001, 5)
                        case = f"{name}, {depth} hidden, {optimiser}, batch {batch}, {pixels}"
                        cases[case] = {"test_accuracy": [[0.9, value] for value in last]}
                        cases[case]["test_loss"] = [[9.0, 2.2]] * 5
    return record("printed-search", cases)


def test_races_are_the_corners_of_the_search() -> None:
    search = races({(2, topic.SGD, 1000, "scaled"): 0.25, (1, topic.ADAM, 32, "scaled"): 0.002})
    assert topic.first_race_lead(search).estimate == pytest.approx(0.25)
    assert topic.second_race_lead(search).estimate == pytest.approx(0.002)
    with expectations() as unmet:
        assert topic.together(search) == pytest.approx(0)
    assert not unmet
    with expectations() as unmet:  # one change alone does it
        topic.together(races({(1, topic.SGD, 32, "scaled"): 0.2}))
    assert unmet


def test_other_readings_of_the_listing_are_asked_too() -> None:
    search = races({(1, topic.ADAM, 1000, "raw"): -0.02})
    made = topic.clear_winner(activations({}), candidates(0.2), search)
    (outcome,) = (part for part in made.also if "1,000 and raw" in part.asked)
    assert outcome.interval.estimate == pytest.approx(-0.02)
    assert "the opposite is seen" in outcome.sign


def test_lead_with_sgd_is_that_of_the_last_epoch_and_with_adam_of_three() -> None:
    runs = activations({})
    for optimiser, lead in ((topic.ADAM, 0.01), (topic.SGD, 0.03)):
        runs(f"relu, 1 hidden, {optimiser}", "val_accuracy_curve")[:, -1] += 0.03
        runs(f"relu, 1 hidden, {optimiser}", "val_accuracy")[:] += 0.03
        assert topic.lead(runs, 1, optimiser).estimate == pytest.approx(lead)


@pytest.mark.parametrize(
    ("lead", "verdict"), [(-0.01, HOLDS), (0.002, HOLDS), (0.003, UNDECIDED), (0.01, DOES_NOT_HOLD)]
)
def test_sigmoid_does_well_where_it_is_not_worse(lead: float, verdict: str) -> None:
    made = topic.sigmoid_in_shallow_networks(activations({(1, topic.ADAM): lead}))
    assert made.verdict == verdict
    assert made.headline[0].interval.estimate == pytest.approx(-lead)


def gradients(loss_for_each_layer: float, jitter: float = 0.01):
    """The first layer's gradient of sigmoid falls with depth, that of ReLU does not."""
    cases, wobble = {}, np.array(around(0, jitter))
    for depth in range(1, 7):
        for name, loss in (("sigmoid", loss_for_each_layer), ("relu", 0.0)):
            logs = -loss * (depth + 1 - np.arange(1, depth + 2))
            sizes = 10 ** (
                logs + (wobble[:, None] if name == "sigmoid" else np.zeros((10, 1))) * depth
            )
            flat = np.zeros((10, depth))
            cases[f"{name}, {depth} hidden, glorot_uniform"] = {
                "gradient_before": sizes, "gradient": sizes, "flat_before": flat, "flat": flat,
            }  # fmt: skip
    return record("gradients", cases)


def saturated(share: float):
    curve = np.repeat(np.array(around(share, 0.001, 20))[:, None], 10, axis=1)
    curve[:, :-1] = 0.9  # the last epoch alone decides
    return record("live", {"live": {"sigmoid_saturated_curve": curve}})


OTHERS = record("saturation", {"six hidden": {"saturated_curve": [[0.0, 0.2], [0.0, 0.21]]}})


@pytest.mark.parametrize(
    ("share", "loss", "verdict"),
    [
        (0.4, 0.6, HOLDS),
        (0.05, 0.6, IN_PART),
        (0.4, 0.2, IN_PART),  # a tenth after six layers, but a factor of 1.6 for each
        (0.05, 0.1, DOES_NOT_HOLD),
        (0.1, 0.6, UNDECIDED),  # exactly a tenth is not more
    ],
)
def test_saturation_and_vanishing(share: float, loss: float, verdict: str) -> None:
    made = topic.saturates_and_vanishes(saturated(share), gradients(loss), OTHERS)
    assert made.verdict == verdict
    assert made.headline[1].interval.estimate == pytest.approx(10 ** (-6 * loss), rel=1e-3)
    assert made.headline[2].interval.estimate == pytest.approx(loss, abs=1e-3)
    assert made.also[-1].interval.estimate == pytest.approx(0.205)


def test_every_step_has_to_fall() -> None:
    runs = gradients(0.6)
    runs("sigmoid, 4 hidden, glorot_uniform", "gradient_before")[:, 0] *= 10
    outcome = topic.saturates_and_vanishes(saturated(0.4), runs, OTHERS).headline[2]
    assert outcome.verdict == DOES_NOT_HOLD


@pytest.mark.parametrize(("apart", "verdict"), [(1e-6, HOLDS), (1e-3, DOES_NOT_HOLD)])
def test_linear_layers_are_one_to_rounding(apart: float, verdict: str) -> None:
    sizes = {
        "two hidden": {"largest_difference": [1e-7]},
        "six hidden": {"largest_difference": [apart]},
    }
    trained = {
        "flat": {"val_accuracy": [0.85, 0.86]},
        "deep, linear": {"val_accuracy": [0.84, 0.85]},
    }
    made = topic.linear_layers_are_one(record("l", sizes), record("d", trained))
    assert made.verdict == verdict
    assert made.also[0].interval.estimate == pytest.approx(-0.01)
    assert not made.provisional


def test_gap_says_nothing_where_larger_gaps_go_with_better_scores() -> None:
    depth_helps = {(d, o): 0.01 * d for d in topic.DEPTHS for o in topic.OPTIMISERS}
    assert topic.close_figures(activations(depth_helps)).verdict == DOES_NOT_HOLD
    runs = activations({})
    for case in runs.cases:  # the larger the gap, the worse
        gap = topic.gap(runs, case)
        runs(case, "val_accuracy")[:] = 0.9 - 2 * gap
        runs(case, "val_accuracy_curve")[:] = (0.9 - 2 * gap)[:, None]
        runs(case, "train_accuracy")[:] = 0.9 - gap
    made = topic.close_figures(runs)
    assert made.verdict == HOLDS
    assert made.headline[0].interval.estimate == pytest.approx(-1)


@pytest.mark.parametrize(("zeros", "verdict"), [(0.7, HOLDS), (0.05, DOES_NOT_HOLD)])
def test_zeros_of_relu(zeros: float, verdict: str) -> None:
    assert topic.sparse(activations({}, zeros=zeros)).verdict == verdict


@pytest.mark.parametrize(("relu", "verdict"), [(58, HOLDS), (60, HOLDS), (53, DOES_NOT_HOLD)])
def test_nine_tenths_of_the_activations(relu: int, verdict: str) -> None:
    zoo = {name: {"relu": [60], "silu": [0], "all": [60]} for name in ("VGG", "ResNet")}
    zoo["EfficientNet"] = {"relu": [relu], "silu": [60 - relu], "all": [60]}
    made = topic.modern_networks(record("zoo", zoo))
    assert made.verdict == verdict
    assert made.also[-1].verdict == HOLDS  # with SiLU counted, all of them
    assert not made.provisional


def test_penalty_is_not_judged_where_it_is_chosen() -> None:
    cases = {
        case: {
            "val_accuracy": [0.88, 0.89],
            "train_accuracy": [0.9, 0.91],
            "zeros": [[0.7], [0.71]],
        }
        for case in ("relu", *(f"relu, penalty {strength}" for strength in topic.PENALTIES))
    }
    cases["relu, penalty 0.001"]["zeros"] = [[0.8], [0.81]]
    made = topic.zeros_help(record("sparsity", cases))
    assert made.verdict == NOT_MEASURED
    more = {part.asked: part for part in made.also}["more zeros, penalty 0.001"]
    assert more.verdict == HOLDS
    assert more.interval.estimate == pytest.approx(0.1)


def test_cost_is_a_ratio_over_relu() -> None:
    cases = {
        f"batch {n}": {
            f"seconds_{part}_{name}": [time, time * 1.001]
            for part in ("alone", "step")
            for name, time in (("relu", 1.0), ("sigmoid", 2.0 if part == "alone" else 1.05))
        }
        for n in (32, 1000)
    }
    made = topic.lighter(record("cost", cases))
    assert made.verdict == NOT_MEASURED
    assert [part.verdict for part in made.also] == [DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert made.also[0].sign == "above 1 is seen"
    assert made.also[0].interval.estimate == pytest.approx(1.05)


def test_order_of_the_exercise_is_that_of_the_record() -> None:
    assert topic.order_of_leads(recorded("first-edition/activations")) == ORDER
    with expectations() as unmet:
        leads = {
            (1, topic.ADAM): 0.1,
            (1, topic.SGD): 0.2,
            (6, topic.ADAM): 0.3,
            (6, topic.SGD): 0.4,
        }
        assert topic.order_of_leads(activations(leads)) == "ABCD"
    assert unmet
