"""What the findings on the regularised network say of records made up by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, UNDECIDED, Outcome
from book.findings import expectations
from book.findings import regularised_network as found
from lessons_src.recorded import Record

EPOCHS, KEPT, TRAINED = 30, 10, 15
FALLING = np.linspace(1, 0.3, EPOCHS)
VALLEY = 0.3 + 0.01 * np.abs(np.arange(1, EPOCHS + 1) - KEPT)  # falls to epoch 10, and rises
SCATTER = np.array(around(0, 0.0001))[:, None]


def verdicts(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.verdict for outcome in outcomes]


def curves(value: Any, epochs: int = EPOCHS, runs: int = 10) -> np.ndarray:
    """Curves of several seeds, scattered a little around a value or a curve."""
    return np.zeros((runs, epochs)) + value + SCATTER[:runs]


def only_at(epoch: int, value: Any, elsewhere: float = 0.5) -> np.ndarray:
    """An accuracy of one epoch, so that reading the wrong one shows."""
    curve = np.full((10, EPOCHS), elsewhere)
    curve[:, epoch - 1] = value
    return curves(curve)


def whole(runs: int = 10, **own: Any) -> Record:
    """Runs whose loss is lowest in epoch 10: an early stop trains 15 epochs and keeps that one.

    The half that stops has other losses than the half that scores, and than the thirds.
    """
    usual = {
        "val_loss": VALLEY,
        "val_accuracy": 0.89,
        "half_loss": VALLEY,
        "half_accuracy": 0.89,
        "test_accuracy": only_at(KEPT, 0.89)[:runs],
        "third_loss": np.stack([curves(VALLEY, runs=runs)] * 3, axis=1),
        "third_accuracy": np.stack([curves(0.89, runs=runs)] * 3, axis=1),
    }
    results: dict[str, Any] = {
        f"{name}_curve": own.pop(name, usual[name])
        if np.ndim(own.get(name, usual[name])) > 1
        else curves(own.pop(name, usual[name]), runs=runs)
        for name in list(usual)
    }
    finished = {
        "train_accuracy": around(0.91, 0.001, runs),
        "val_accuracy": around(0.89, 0.001, runs),
        "weights": np.full((runs, 4), 5.0) + SCATTER[:runs],
        "confusion": np.zeros((runs, 10, 10)),
        "activation": np.zeros((runs, 10, 16)),
        "mistake_probability": np.full((runs, 16), 0.97),
        "probe_pixels": around(0.84, 0.001, runs),
        **{f"probe_layer_{layer}": around(0.87, 0.001, runs) for layer in (1, 2, 3)},
    }
    return record("regularised-network", {found.WHOLE: results | finished | own})


def case(
    value: Any = 0.89, loss: Any = FALLING, epochs: int = EPOCHS, runs: int = 10, **own: Any
) -> dict[str, Any]:
    """Results of a network that was changed."""
    loss = curves(np.asarray(loss)[:epochs], epochs, runs)
    return {
        "val_accuracy_curve": curves(value, epochs, runs),
        "val_loss_curve": loss,
        "half_loss_curve": loss,
        "half_accuracy_curve": curves(value, epochs, runs),
        "train_accuracy": around(0.93, 0.001, runs),
        "val_accuracy": around(0.89, 0.001, runs),
        "train_accuracy_curve": np.full((runs, 2), 0.95),
        "weights": np.full((runs, 4), 6.0) + SCATTER[:runs],
    } | own


def parts(**cases: dict[str, Any]) -> Record:
    """One part changed; a key is a case, underscores stand for spaces."""
    own = {name.replace("_", " "): settings for name, settings in cases.items()}
    names = ["no BatchNorm", "no dropout", "Adam", "ReLU", found.OTHER_ORDER]
    made = {name: case(**own.get(name, {})) for name in names}
    made["all out"] = case(runs=5, **own.get("all out", {}))
    first = {"epochs": 15, "runs": 5} | own.get(found.NORM_FIRST, {})
    return record("regularised-parts", made | {found.NORM_FIRST: case(**first)})


def crossed(**cases: dict[str, Any]) -> Record:
    """Regularised or deep; keys are the first letters of depth and kind, as in `one_r`."""
    names = {
        "one_r": (found.ONE_REGULARISED, {}),
        "three_p": (found.THREE_PLAIN, {}),
        "two_r": (found.TWO_REGULARISED, {"runs": 5}),
        "one_p": (found.ONE_PLAIN, {"runs": 5, "epochs": 20}),
        "two_p": (found.TWO_PLAIN, {"runs": 5, "epochs": 20}),
    }
    return record(
        "regularised-or-deep",
        {name: case(**usual | cases.get(key, {})) for key, (name, usual) in names.items()},
    )


# --- The test (R1) ---------------------------------------------------------------------------


def dropouts(light: float = 0.89, heavy: float = 0.88) -> Record:
    made = {"dropout 0.1": light, "dropout 0.5": heavy}
    return record(
        "regularised-dropout",
        {name: {"test_accuracy": around(value, 0.001, 5)} for name, value in made.items()},
    )


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [(0.89, HOLDS), (0.88, DOES_NOT_HOLD), (0.906, DOES_NOT_HOLD), (0.88505, UNDECIDED)],
)
def test_stopped_network_is_tested_at_the_epoch_kept(accuracy: float, verdict: str) -> None:
    judgement = found.test_accuracy(whole(test_accuracy=only_at(KEPT, accuracy)), dropouts())
    assert judgement.verdict == verdict
    assert judgement.headline[0].interval.level == 0.982
    assert verdicts(judgement.also)[:2] == [HOLDS, DOES_NOT_HOLD]


def test_all_images_stop_where_the_test_images_score() -> None:
    # The half that stops elsewhere is lowest in another epoch, and is not asked here.
    made = whole(half_loss=np.abs(np.arange(EPOCHS) - 19.0))
    assert found.test_accuracy(made, dropouts()).verdict == HOLDS
    assert found.on_test(made, 5).mean() == pytest.approx(0.89)


# --- Overfitting (R2) ------------------------------------------------------------------------


def test_rise_is_that_of_the_other_half_until_the_stop() -> None:
    made = whole()
    # Lowest mean of three: epochs 9 to 11. At the end of 15 epochs: 13 to 15.
    assert found.rises(made) == pytest.approx(0.04 - 0.02 / 3)
    judgement = found.overfits_minimally(made, crossed())
    assert judgement.headline[0].verdict == DOES_NOT_HOLD
    # The half that scores goes on falling: the whole is the mean of the two.
    calm = whole(val_loss=(VALLEY + FALLING) / 2)
    assert found.rises(calm) == pytest.approx(0)
    assert found.overfits_minimally(calm, crossed()).headline[0].verdict == HOLDS
    assert found.overfits_minimally(calm, crossed()).headline[0].interval.level == 0.991


def test_fall_by_two_points_counts_until_the_stop() -> None:
    def fallen(epoch: int, value: float) -> int:
        accuracy = np.full(EPOCHS, 0.89)
        accuracy[epoch - 1] = value
        return int(found.collapsed(whole(val_accuracy=accuracy, half_accuracy=accuracy)).sum())

    assert fallen(12, 0.87) == 10
    assert fallen(12, 0.8701) == 0
    assert fallen(20, 0.5) == 0  # after the stop
    assert fallen(12, 0.95) == 10  # the fall is from the best


def test_that_no_run_in_ten_collapses_leaves_it_open_and_all_ten_refute_it() -> None:
    judgement = found.overfits_minimally(whole(), crossed())
    assert judgement.headline[1].verdict == UNDECIDED
    accuracy = np.full(EPOCHS, 0.89)
    accuracy[11] = 0.8
    every = whole(val_accuracy=accuracy, half_accuracy=accuracy)
    assert found.overfits_minimally(every, crossed()).headline[1].verdict == DOES_NOT_HOLD


def test_gap_beside_the_plain_network_is_that_after_all_epochs() -> None:
    assert found.gap_beside_plain(whole(), crossed()).estimate == pytest.approx(0.02)
    assert found.overfits_minimally(whole(), crossed()).also[0].verdict == HOLDS


# --- Regularising or deepening (R3) ----------------------------------------------------------


def test_regularised_layer_is_held_against_three_plain_ones_both_stopped() -> None:
    def judged(one: Any) -> str:
        shallow = {"value": only_at(KEPT, one), "loss": VALLEY}
        deep = {"value": only_at(KEPT, 0.89), "loss": VALLEY}
        made = crossed(one_r=shallow, three_p=deep)
        return found.regularise_or_deepen(made, whole()).verdict

    assert judged(0.894) == HOLDS
    assert judged(0.892) == DOES_NOT_HOLD
    assert judged(0.88) == DOES_NOT_HOLD
    assert judged(np.linspace(0.885, 0.899, 10)) == UNDECIDED


def test_crossed_comparisons() -> None:
    made = crossed(
        one_r={"value": 0.88},
        two_r={"value": 0.895},
        one_p={"value": 0.87},
        two_p={"value": 0.88},
        three_p={"value": 0.9},
    )
    judgement = found.regularise_or_deepen(made, whole(val_accuracy=0.91, half_accuracy=0.91))
    differences = [0.01, 0.015, 0.01, 0.01, 0.03, 0.015, 0.03]
    assert [part.interval.estimate for part in judgement.also] == pytest.approx(differences)
    # Regularising one, two, three layers; two, three layers over one, plain and regularised.
    assert [len(part.records) for part in judgement.also] == [1, 1, 2, 1, 1, 1, 2]


def test_lead_of_depth_has_the_other_sign() -> None:
    made = crossed(one_r={"value": 0.887}, three_p={"value": 0.89})
    lead = found.depth_lead(made)
    assert lead.estimate == pytest.approx(0.003)
    assert lead.low <= lead.estimate <= lead.high


# --- The early stop (R4, R10) ----------------------------------------------------------------


def test_stop_that_costs_nothing_and_spares_loss_pays() -> None:
    judgement = found.early_stop_pays(whole())
    # Kept: 0.3. The last six epochs, 25 to 30: 0.45 to 0.5.
    assert judgement.headline[1].interval.estimate == pytest.approx(0.175)
    assert verdicts(judgement.headline) == [HOLDS, HOLDS]
    assert len(judgement.also) == 7
    level = np.maximum(FALLING, 0.5)
    made = whole(val_loss=level, half_loss=level)
    assert verdicts(found.early_stop_pays(made).headline) == [HOLDS, DOES_NOT_HOLD]


def test_stop_that_costs_accuracy_does_not_pay() -> None:
    accuracy = np.where(np.arange(1, EPOCHS + 1) > 24, 0.895, 0.89)
    made = whole(val_accuracy=accuracy, half_accuracy=accuracy)
    assert found.early_stop_pays(made).verdict == IN_PART
    assert found.early_stop_pays(made).headline[0].verdict == DOES_NOT_HOLD


def test_loss_in_sentences_is_that_of_the_half_that_scores() -> None:
    made = whole(val_loss=(VALLEY + FALLING) / 2)  # the half that scores has FALLING
    kept = FALLING[KEPT - 1]
    assert found.loss_at_the_end(made).estimate == pytest.approx(FALLING[-1] - kept)
    assert found.loss_saved(made).estimate == pytest.approx(FALLING[-6:].mean() - kept)


def thirds(kept: float, best: float) -> Record:
    """One third stops at epoch 10, another is lowest in 25, a third has these accuracies there."""
    other = np.abs(np.arange(1, EPOCHS + 1) - 25.0)
    accuracy = np.full(EPOCHS, 0.5)
    accuracy[KEPT - 1], accuracy[24] = kept, best
    losses = [curves(VALLEY), curves(other), curves(0.1)]
    scores = [curves(0.7), curves(0.8), accuracy + SCATTER * np.ones(EPOCHS)]
    return whole(third_loss=np.stack(losses, axis=1), third_accuracy=np.stack(scores, axis=1))


def test_stop_is_at_the_best_epoch_if_that_is_no_better() -> None:
    assert found.best_epoch(thirds(0.89, 0.892)).verdict == HOLDS
    judgement = found.best_epoch(thirds(0.89, 0.894))
    assert judgement.verdict == DOES_NOT_HOLD
    assert judgement.headline[0].interval.estimate == pytest.approx(-0.004)


# --- Smoothness and order (R5) ---------------------------------------------------------------


def smoothness(gelu: float = 0.1, relu: float = 0.2) -> Record:
    values = {"GELU": gelu, "ReLU": relu}
    return record(
        "gradient-smoothness",
        {name: {"change": around(value, 0.001)} for name, value in values.items()},
    )


def steps(rise: float, epochs: int = EPOCHS) -> np.ndarray:
    """A loss that rises so much in each epoch."""
    return 0.3 + rise * np.arange(epochs)


def test_smoother_gradients_and_the_calmer_order_hold() -> None:
    calm = whole(val_loss=FALLING)
    rough = {"loss": steps(0.002)}
    judgement = found.smoother_and_steadier(
        smoothness(), calm, parts(dropout_before_BatchNorm=rough)
    )
    assert verdicts(judgement.headline) == [HOLDS, HOLDS]
    assert judgement.headline[0].interval.estimate == pytest.approx(0.5, rel=1e-2)
    assert judgement.headline[0].interval.level == pytest.approx(1 - 0.018 / 3)
    assert "less rough by 0.0020 nats" in judgement.headline[1].number
    # What comes first, with BatchNorm before the activation, was as calm: nothing is gained.
    assert verdicts(judgement.also) == [DOES_NOT_HOLD]


@pytest.mark.parametrize(
    ("relu", "order", "expected"),
    [
        (0.108, {"loss": steps(0.002)}, [DOES_NOT_HOLD, HOLDS]),
        (0.2, {"loss": steps(0.0008)}, [HOLDS, DOES_NOT_HOLD]),
        (0.2, {"loss": steps(0.002), "value": 0.895}, [HOLDS, DOES_NOT_HOLD]),
    ],
)
def test_each_part_can_fail(relu: float, order: dict[str, Any], expected: list[str]) -> None:
    made = smoothness(relu=relu), whole(val_loss=FALLING), parts(dropout_before_BatchNorm=order)
    assert verdicts(found.smoother_and_steadier(*made).headline) == expected


def test_order_before_the_activation_is_compared_over_fifteen_epochs() -> None:
    # Afterwards the network as it is gets rough and bad, which does not count.
    loss = np.concatenate([FALLING[:15], steps(0.01, 15)])
    accuracy = np.repeat([0.9, 0.5], 15)
    first = {"loss": steps(0.002), "value": 0.895}
    judgement = found.smoother_and_steadier(
        smoothness(),
        whole(val_loss=loss, val_accuracy=accuracy),
        parts(**{"BatchNorm before the activation": first}),
    )
    assert verdicts(judgement.also) == [HOLDS]


def test_unrest_of_the_orders_in_a_sentence() -> None:
    rough = parts(dropout_before_BatchNorm={"loss": steps(0.002)})
    found_so = found.order_and_unrest(whole(val_loss=FALLING), rough)
    assert found_so.estimate == pytest.approx(0.002)


# --- Other classifiers (R6) ------------------------------------------------------------------


def classical(line: float, forest: float) -> list[Record]:
    def scored(name: str, values: dict[str, float], runs: int = 10) -> Record:
        made = {case: {"val_accuracy": around(v, 0.0001, runs)} for case, v in values.items()}
        return record(name, made)

    return [
        scored("logistic-regression", {"scikit-learn": line}),
        scored("random-forest", {"100 trees": forest}),
        scored("other-classifiers", {"boosted trees": 0.88, "nearest neighbours": 0.85}, 5),
        record("architectures", {"convolutional": {"val_accuracy_curve": curves(0.91, 10)}}),
    ]


def test_network_gains_over_both_classical_models() -> None:
    judgement = found.classical_models(whole(), *classical(0.85, 0.88))
    assert judgement.verdict == HOLDS
    assert verdicts(judgement.also) == [HOLDS] * 3
    assert judgement.headline[0].interval.level == 0.991
    assert found.classical_models(whole(), *classical(0.85, 0.888)).verdict == IN_PART
    assert found.classical_models(whole(), *classical(0.9, 0.9)).verdict == DOES_NOT_HOLD


def test_network_is_scored_over_its_last_six_epochs() -> None:
    late = np.where(np.arange(1, EPOCHS + 1) > 24, 0.89, 0.5)
    judgement = found.classical_models(whole(val_accuracy=late), *classical(0.85, 0.88))
    assert judgement.headline[0].interval.estimate == pytest.approx(0.04)


# --- The training loop (R7) ------------------------------------------------------------------


def loops(eager: float = 0.0, graph: float = 0.0, tape: float = 0.87) -> tuple[Record, Record]:
    apart = {
        "tape, eager": eager,
        "tape in tf.function": graph,
        "tape without training=True": 0.27,
    }
    accuracy = {"fit": around(0.87, 0.0005), "tape": around(tape, 0.0005)}
    return (
        record("tape-loop", {n: {"apart": [v], "moved": [0.3]} for n, v in apart.items()}),
        record("tape-dropout", {name: {"val_accuracy": v} for name, v in accuracy.items()}),
    )


def test_loop_by_hand_equals_fit_to_rounding() -> None:
    judgement = found.loop_by_hand(*loops())
    assert judgement.verdict == HOLDS
    assert verdicts(judgement.also) == [HOLDS]
    assert found.loop_by_hand(*loops(graph=0.0001)).verdict == IN_PART
    assert verdicts(found.loop_by_hand(*loops(tape=0.86)).also) == [DOES_NOT_HOLD]
    assert found.forgotten(loops()[0]) == 0.27


# --- Inside (R8) -----------------------------------------------------------------------------


def test_probe_on_every_layer_has_to_gain() -> None:
    judgement = found.looking_inside(whole())
    assert judgement.verdict == HOLDS
    assert "16 most confident mistakes, made at 97% or more" in judgement.headline[0].number
    weak = found.looking_inside(whole(probe_layer_2=around(0.842, 0.001)))
    assert verdicts(weak.headline) == [HOLDS, DOES_NOT_HOLD]


def test_look_inside_takes_ten_seeds() -> None:
    assert found.looking_inside(whole(runs=9)).headline[0].verdict == DOES_NOT_HOLD


# --- Weight decay (R9) -----------------------------------------------------------------------


def decays(**cases: dict[str, Any]) -> Record:
    """AdamW without BatchNorm and dropout; keys are decays after an underscore."""
    usual = {"0.004": {}, **{d: {"epochs": 15, "runs": 5} for d in ("0.0001", "0.01", "0.1")}}
    own = {key.removeprefix("d").replace("_", "."): more for key, more in cases.items()}
    return record(
        "plain-decay", {name: case(**more | own.get(name, {})) for name, more in usual.items()}
    )


def test_lighter_weights_and_a_smaller_rise_hold() -> None:
    # 5 over 6 is below 0.9; with Adam the loss rises after epoch 10, with AdamW it falls.
    plain = crossed(three_p={"loss": VALLEY})
    judgement = found.weight_decay(whole(), parts(), plain, decays())
    assert verdicts(judgement.headline) == [HOLDS, HOLDS]
    assert judgement.headline[0].interval.estimate == pytest.approx(5 / 6, rel=1e-3)
    assert judgement.headline[1].interval.estimate == pytest.approx(0.19 - 0.02 / 3)
    heavy = {"weights": np.full((10, 4), 5.1) + SCATTER}
    assert found.weight_decay(whole(), parts(Adam=heavy), plain, decays()).verdict == IN_PART
    same = found.weight_decay(whole(), parts(Adam=heavy), crossed(), decays())
    assert same.verdict == DOES_NOT_HOLD


def test_length_of_weights_is_that_of_one_vector() -> None:
    made = whole(weights=np.tile([3.0, 4.0, 0.0, 0.0], (10, 1)))
    assert found.lengths(made, found.WHOLE) == pytest.approx(5)


def test_other_decays_are_compared_after_fifteen_epochs() -> None:
    # Adam's loss has risen by epoch 15, and falls again later.
    loss = np.concatenate([VALLEY[:15], np.full(15, 0.2)])
    made = crossed(three_p={"loss": loss})
    judgement = found.weight_decay(whole(), parts(), made, decays(d0_1={"loss": VALLEY}))
    told = {part.asked: part.verdict for part in judgement.also}
    asked = "without them, decay {}, 15 epochs: rise smaller by"
    assert told[asked.format("0.01")] == HOLDS
    assert told[asked.format("0.1")] == DOES_NOT_HOLD
    assert judgement.headline[1].verdict == DOES_NOT_HOLD


def test_gap_with_a_strong_decay_is_that_after_fifteen_epochs() -> None:
    # Adam: 0.95 on training images then (the first column), 0.89 on the others.
    assert found.strong_narrowing(crossed(), decays()).estimate == pytest.approx(0.02, abs=1e-4)


# --- Part by part (R11) ----------------------------------------------------------------------


def test_part_does_work_if_its_loss_is_above_the_margin() -> None:
    lost = {"value": 0.88}
    bad = parts(no_BatchNorm=lost, no_dropout=lost, Adam=lost, ReLU=lost, all_out={"value": 0.85})
    judgement = found.parts_that_work(whole(), bad)
    assert verdicts(judgement.headline) == [HOLDS] * 4
    assert verdicts(judgement.also) == [HOLDS]
    assert judgement.headline[0].interval.level == pytest.approx(1 - 0.018 / 4)
    some = found.parts_that_work(whole(), parts(no_dropout=lost))
    assert some.verdict == IN_PART
    assert verdicts(some.headline) == [DOES_NOT_HOLD, HOLDS, DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert found.parts_that_work(whole(), parts()).verdict == DOES_NOT_HOLD


def test_validation_images_that_are_easier() -> None:
    made = whole(test_accuracy=curves(0.88))
    with expectations() as unmet:
        assert found.easier_validation(made).estimate == pytest.approx(0.01)
    assert unmet == []


def test_expectations_of_sentences() -> None:
    with expectations() as unmet:
        found.rise_at_stop(whole())
        assert unmet == ["whether the loss rises by more than 0.01 is open"]
        assert found.collapses(whole()) == 0
        assert len(unmet) == 1
