"""What the findings on the regularised network say of records made up by hand."""

import numpy as np
import pytest
from made_up import around, record

from book import findings
from book.claims import (
    DOES_NOT_HOLD,
    HOLDS,
    IN_PART,
    NOT_MEASURED,
    UNDECIDED,
    Judgement,
    Outcome,
)
from book.findings.first_edition import regularised_network as found
from lessons_src.recorded import Record

EPOCHS, KEPT, TRAINED = 30, 10, 15
LOSS = 0.3 + 0.01 * np.abs(np.arange(1, EPOCHS + 1) - KEPT)  # falls to epoch 10, and rises


def valley(*lowest: tuple[int, float]) -> np.ndarray:
    """A loss of 1 in every epoch but these, counted from 1."""
    curve = np.ones(EPOCHS)
    for epoch, loss in lowest:
        curve[epoch - 1] = loss
    return curve


def flat(value: float, **others: float) -> np.ndarray:
    """A curve of one value, but for epochs such as `e10`."""
    curve = np.full(EPOCHS, value)
    for epoch, changed in others.items():
        curve[int(epoch[1:]) - 1] = changed
    return curve


def unstopped(runs: int = 10, **curves: np.ndarray) -> Record:
    """Runs whose loss is lowest at epoch 10: an early stop trains 15 epochs and keeps that one.

    Other epochs have an accuracy of 0.5, so that reading the wrong one shows.
    """
    usual = {
        "val_loss": LOSS,
        "val_accuracy": flat(0.5, e10=0.9),
        "test_accuracy": flat(0.5, e10=0.88),
        "train_accuracy": flat(0.5, e10=0.92),
        "test_loss": np.ones(EPOCHS),
    }
    results = {}
    for name, curve in (usual | curves).items():
        several = curve if np.ndim(curve) == 2 else np.tile(curve, (runs, 1))
        results[f"{name}_curve"] = several
    return record("regularised-network", {found.WHOLE: results})


def spread_at(epoch: int, values: list[float], elsewhere: float = 0.5) -> np.ndarray:
    """Curves of several seeds that differ at one epoch."""
    curves = np.full((len(values), EPOCHS), elsewhere)
    curves[:, epoch - 1] = values
    return curves


def stopped(runs: int = 10, **cases: dict[str, list[float] | float]) -> Record:
    """A record of stopped networks; names of cases with underscores for spaces."""
    usual = {"test_accuracy": 0.88, "train_accuracy": 0.92, "val_loss_rise": 0.001, "weights": 10.0}
    names = [
        *("ReLU", "Adam", "weight decay 0.1", "dropout 0.1", "dropout 0.5"),
        *(found.OTHER_ORDER, found.ONE_PLAIN, found.ONE_REGULARISED, found.THREE_PLAIN),
    ]
    results = {}
    for name in names:
        values = usual | cases.get(name.replace(",", "").replace(" ", "_").replace(".", "_"), {})
        results[name] = {k: np.broadcast_to(v, runs) for k, v in values.items()}
    return record("stopped", results)


def by_name(judgement: Judgement, words: str) -> Outcome:
    """The one outcome whose question has these words."""
    [part] = [p for p in (*judgement.headline, *judgement.also) if words in p.asked]
    return part


# R1: 0.89 to 0.90 of the test images


@pytest.mark.parametrize(
    ("centre", "spread", "verdict"),
    [
        (0.895, 0.002, HOLDS),
        (0.870, 0.002, DOES_NOT_HOLD),
        (0.915, 0.002, DOES_NOT_HOLD),
        (0.885, 0.002, UNDECIDED),  # the lower end of what rounds to it
        (0.905, 0.002, UNDECIDED),
    ],
)
def test_r1_asks_for_the_whole_interval(centre: float, spread: float, verdict: str) -> None:
    accuracy = spread_at(KEPT, around(centre, spread))
    judgement = found.test_accuracy(unstopped(test_accuracy=accuracy), stopped())
    assert judgement.verdict == verdict
    assert judgement.headline[0].interval.estimate == pytest.approx(centre)


def test_r1_replays_other_patiences() -> None:
    losses = valley((2, 0.5), (KEPT, 0.3), (18, 0.2))
    accuracy = np.full((10, EPOCHS), 0.5)
    for epoch, centre in ((2, 0.7), (KEPT, 0.895), (18, 0.8)):
        accuracy[:, epoch - 1] = around(centre, 0.001)
    judgement = found.test_accuracy(unstopped(val_loss=losses, test_accuracy=accuracy), stopped())
    # A patience of 5 never comes as far as epoch 10, one of 8 comes as far as epoch 18.
    kept = {p: by_name(judgement, f"patience {p}, ins").interval.estimate for p in (1, 5, 8)}
    assert kept == {1: pytest.approx(0.7), 5: pytest.approx(0.7), 8: pytest.approx(0.8)}


def test_r1_asks_for_the_other_rates_too() -> None:
    parts = stopped(dropout_0_1={"test_accuracy": around(0.895, 0.001)})
    judgement = found.test_accuracy(unstopped(), parts)
    assert judgement.verdict == DOES_NOT_HOLD  # 0.88, with the rate that is the headline's
    assert by_name(judgement, "dropout 0.1").verdict == HOLDS
    assert by_name(judgement, "dropout 0.5").verdict == DOES_NOT_HOLD


# R2: minimal overfitting, no collapse


def rising(by: float) -> np.ndarray:
    """A loss that falls, rises to the stop by so much, and by far more behind it."""
    curve = np.full(EPOCHS, 0.3)
    curve[:3] = 0.6
    curve[TRAINED - 3 : TRAINED] += by
    curve[TRAINED:] = 9.0
    return curve


@pytest.mark.parametrize(
    ("rise", "verdict"), [(0.0, HOLDS), (0.009, HOLDS), (0.011, DOES_NOT_HOLD)]
)
def test_r2_measures_the_rise_until_the_stop(rise: float, verdict: str) -> None:
    runs = unstopped(runs=80, test_loss=rising(rise), test_accuracy=flat(0.88))
    overfits, falls = found.overfits_minimally(runs, stopped(80)).headline
    assert overfits.verdict == verdict
    assert overfits.interval.estimate == pytest.approx(rise, abs=1e-9)
    assert falls.verdict == HOLDS


@pytest.mark.parametrize(
    ("runs", "fall", "verdict"),
    [
        (80, 0.019, HOLDS),
        (80, 0.02, DOES_NOT_HOLD),  # 2 points are a collapse
        (5, 0.0, UNDECIDED),  # five runs cannot tell
    ],
)
def test_r2_counts_collapses(runs: int, fall: float, verdict: str) -> None:
    accuracy = flat(0.88, e12=0.88 - fall, e25=0.1)  # after the stop, nothing counts
    judgement = found.overfits_minimally(unstopped(runs, test_accuracy=accuracy), stopped(runs))
    assert judgement.headline[1].verdict == verdict
    assert judgement.verdict == {HOLDS: HOLDS, DOES_NOT_HOLD: IN_PART}.get(verdict, UNDECIDED)


def test_r2_compares_the_gap_with_the_plain_network() -> None:
    deep = stopped(three_layers_plain={"train_accuracy": around(0.95, 0.001)})
    judgement = found.overfits_minimally(unstopped(), deep)
    narrower = by_name(judgement, "smaller than that of three")
    assert narrower.verdict == HOLDS
    assert narrower.interval.estimate == pytest.approx(0.07 - 0.04)
    assert by_name(judgement, "below a point").verdict == DOES_NOT_HOLD


# R3: regularise or deepen


@pytest.mark.parametrize(
    ("shallow", "verdict"),
    [
        (0.8840, HOLDS),
        (0.8829, DOES_NOT_HOLD),  # ahead, by less than the margin
        (0.8700, DOES_NOT_HOLD),
    ],
)
def test_r3_needs_a_gain_over_depth(shallow: float, verdict: str) -> None:
    deep = around(0.88, 0.003)
    lead = {"test_accuracy": list(np.array(deep) + shallow - 0.88)}
    parts = stopped(one_layer_regularised=lead)
    crossed = stopped(three_layers_plain={"test_accuracy": deep})
    judgement = found.regularise_or_deepen(unstopped(), crossed, parts)
    assert judgement.verdict == verdict


def test_r3_names_the_opposite() -> None:
    deep, shallow = around(0.88, 0.003), around(0.87, 0.001)
    crossed = stopped(three_layers_plain={"test_accuracy": deep})
    parts = stopped(one_layer_regularised={"test_accuracy": shallow})
    judgement = found.regularise_or_deepen(unstopped(), crossed, parts)
    assert judgement.verdict == DOES_NOT_HOLD
    assert "the opposite is seen" in judgement.headline[0].sign


def test_r3_leaves_a_wide_interval_open() -> None:
    parts = stopped(one_layer_regularised={"test_accuracy": around(0.883, 0.02)})
    judgement = found.regularise_or_deepen(unstopped(), stopped(), parts)
    assert judgement.verdict == UNDECIDED


def test_r3_crosses_within_eight_epochs() -> None:
    crossed = stopped(
        one_layer_plain={"test_accuracy": 0.86},
        one_layer_regularised={"test_accuracy": 0.87},
        three_layers_plain={"test_accuracy": 0.89},
    )
    # The lowest loss of the first eight epochs is at the fourth, and epoch 10 does not count.
    losses, accuracy = valley((4, 0.6), (KEPT, 0.3)), flat(0.5, e4=0.91, e10=0.99)
    whole = unstopped(val_loss=losses, test_accuracy=accuracy)
    judgement = found.regularise_or_deepen(whole, crossed, stopped())
    asked = {
        "three plain ones, 8": -0.02,
        "regularising one layer": 0.01,
        "regularising three, 8": 0.02,
        "layers, plain": 0.03,
        "layers, regularised": 0.04,
    }
    measured = {words: by_name(judgement, words).interval.estimate for words in asked}
    assert measured == pytest.approx(asked)


# R4: stopped against the whole run


def whole_run(accuracy: float, loss: float, early: float = 0.2) -> Record:
    """Runs of which the last six epochs have these scores, and epoch 10 has 0.88 and 0.30."""
    return unstopped(
        test_accuracy=np.array([early] * 9 + [0.88] + [early] * 14 + [accuracy] * 6),
        test_loss=np.array([9.0] * 9 + [0.30] + [9.0] * 14 + [loss] * 6),
    )


@pytest.mark.parametrize(
    ("accuracy", "loss", "verdict"),
    [
        (0.87, 0.32, HOLDS),
        (0.8825, 0.32, HOLDS),  # behind by less than the margin
        (0.8835, 0.32, IN_PART),
        (0.87, 0.305, IN_PART),  # lower, by less than 0.01
        (0.89, 0.30, DOES_NOT_HOLD),
    ],
)
def test_r4_asks_for_accuracy_and_loss(accuracy: float, loss: float, verdict: str) -> None:
    assert found.early_stop_pays(whole_run(accuracy, loss)).verdict == verdict


def test_r4_replays_other_patiences() -> None:
    losses = valley((2, 0.5), (9, 0.3))
    runs = unstopped(val_loss=losses, test_accuracy=flat(0.88, e2=0.7, e9=0.88))
    judgement = found.early_stop_pays(runs)
    assert by_name(judgement, "patience 6").verdict == DOES_NOT_HOLD  # keeps epoch 2
    assert by_name(judgement, "patience 7").verdict == HOLDS  # keeps epoch 9


# R5: gradients, and the order


@pytest.mark.parametrize(
    ("other", "verdict"), [(0.87, HOLDS), (0.882, HOLDS), (0.89, DOES_NOT_HOLD)]
)
def test_r5_compares_the_orders(other: float, verdict: str) -> None:
    parts = stopped(dropout_before_BatchNorm={"test_accuracy": other})
    judgement = found.smoother_and_steadier(unstopped(), parts)
    assert judgement.verdict == NOT_MEASURED
    assert by_name(judgement, "accuracy").verdict == verdict


# R6: classical models


def classical(line: float, trees: float) -> tuple[Record, Record]:
    return (
        record("logistic-regression", {"scikit-learn": {"val_accuracy": [line]}}),
        record("random-forest", {"100 trees": {"val_accuracy": around(trees, 0.0005)}}),
    )


@pytest.mark.parametrize(
    ("line", "trees", "verdict"),
    [
        (0.85, 0.87, HOLDS),
        (0.85, 0.8795, IN_PART),  # ahead of the forest by less than the margin
        (0.88, 0.87, IN_PART),
        (0.90, 0.90, DOES_NOT_HOLD),
    ],
)
def test_r6_needs_a_gain_over_both(line: float, trees: float, verdict: str) -> None:
    accuracy = np.array([0.99] * 24 + [0.88] * 6)  # the last fifth of the unstopped run counts
    curves = accuracy + np.array(around(0, 0.0005))[:, None]
    judgement = found.classical_models(unstopped(val_accuracy=curves), *classical(line, trees))
    assert judgement.verdict == verdict
    assert [len(part.seeds) for part in judgement.headline] == [10, 10]


# R7: a loop by hand


def loops(eager: float, graph: float, forgotten: float = 0.2) -> Record:
    cases = {
        "tape, eager": eager,
        "tape in tf.function": graph,
        "tape without training=True": forgotten,
    }
    results = {case: {"apart": [apart], "moved": [0.3]} for case, apart in cases.items()}
    return record("tape-loop", results, first_seed=0)


@pytest.mark.parametrize(
    ("eager", "graph", "verdict"),
    [
        (0.0, 0.0, HOLDS),
        (0.00009, 0.0, HOLDS),
        (0.0, 0.0001, IN_PART),
        (0.001, 0.0001, DOES_NOT_HOLD),
    ],
)
def test_r7_asks_for_the_same_network(eager: float, graph: float, verdict: str) -> None:
    judgement = found.loop_by_hand(loops(eager, graph))
    assert judgement.verdict == verdict
    assert not judgement.provisional


# R9: AdamW


def test_r9_divides_the_norms() -> None:
    norms = {"weights": around(8.9, 0.01)}
    parts = stopped(weight_decay_0_1=norms, Adam={"weights": 10.0})
    judgement = found.weight_decay(unstopped(), parts)
    assert judgement.verdict == NOT_MEASURED
    assert by_name(judgement, "norm as a multiple").verdict == HOLDS
    heavier = stopped(weight_decay_0_1={"weights": around(9.1, 0.01)})
    assert by_name(found.weight_decay(unstopped(), heavier), "norm as").verdict == DOES_NOT_HOLD


def test_r9_compares_gaps_and_accuracies() -> None:
    parts = stopped(
        Adam={"train_accuracy": 0.95, "test_accuracy": 0.89},  # a gap of 0.06
        weight_decay_0_1={"train_accuracy": 0.90, "test_accuracy": 0.87},  # one of 0.03
    )
    judgement = found.weight_decay(unstopped(), parts)  # one of 0.04, at 0.88
    asked = {
        "Adam's, decay 0.004": 0.02,
        "gap smaller than Adam's, decay 0.1": 0.03,
        "over Adam, decay 0.004": -0.01,
        "over Adam, decay 0.1": -0.02,
    }
    measured = {words: by_name(judgement, words).interval.estimate for words in asked}
    assert measured == pytest.approx(asked)


# What waits for records


def test_r8_r10_and_r11_are_not_measured() -> None:
    whole, parts = unstopped(), stopped()
    assert found.looking_inside().verdict == NOT_MEASURED
    assert found.best_epoch(whole).verdict == NOT_MEASURED
    by_parts = found.parts_that_work(whole, parts)
    assert [part.verdict for part in by_parts.headline] == [NOT_MEASURED] * 4


def test_r10_tells_what_the_record_has() -> None:
    losses = np.where(np.arange(1, EPOCHS + 1) == 20, 0.2, LOSS)  # best after the stop
    accuracy = flat(0.5, e10=0.88, e20=0.89)
    [part] = found.best_epoch(unstopped(val_loss=losses, test_accuracy=accuracy)).headline
    assert "\N{MINUS SIGN}1.00 points" in part.number


# What sentences take for granted


def unmet(name: str, *records: Record) -> int:
    with findings.expectations() as missing:
        getattr(found, name)(*records)
    return len(missing)


@pytest.mark.parametrize(
    ("shallow", "spread", "missing"),
    [
        (0.874, 0.008, 0),
        (0.870, 0.001, 1),  # surely beyond the margin
        (0.8785, 0.001, 1),  # surely within it
        (0.879, 0.008, 1),  # nobody is clearly ahead
        (0.890, 0.001, 2),
    ],
)
def test_depth_is_ahead_and_how_far_is_open(shallow: float, spread: float, missing: int) -> None:
    parts = stopped(one_layer_regularised={"test_accuracy": around(shallow, spread)})
    assert unmet("depth_lead", parts, stopped()) == missing
    lead = found.depth_lead(parts, stopped())
    assert lead.estimate == pytest.approx(0.88 - shallow)
    assert lead.low < lead.estimate < lead.high


@pytest.mark.parametrize(
    ("strong", "missing"),
    [
        (0.917, 0),  # a gap narrower by 0.3 points, more or less
        (0.920, 1),  # zero is inside
        (0.900, 1),  # surely beyond the margin
    ],
)
def test_strong_decay_narrows_and_how_far_is_open(strong: float, missing: int) -> None:
    parts = stopped(weight_decay_0_1={"train_accuracy": around(strong, 0.003)})
    assert unmet("strong_narrowing", unstopped(), parts) == missing


@pytest.mark.parametrize(("plain", "missing"), [(0.92, 0), (0.93, 1), (0.91, 1)])
def test_gap_is_not_clearly_another_one(plain: float, missing: int) -> None:
    deep = stopped(three_layers_plain={"train_accuracy": around(plain, 0.005)})
    assert unmet("gap_beside_plain", unstopped(), deep) == missing


@pytest.mark.parametrize(("rise", "missing"), [(0.0, 1), (0.01, 0), (0.02, 1)])
def test_whether_the_loss_rises_is_open(rise: float, missing: int) -> None:
    curves = np.array([rising(by) for by in around(rise, 0.004)])
    assert unmet("rise_at_stop", unstopped(test_loss=curves)) == missing


@pytest.mark.parametrize(("runs", "fall", "missing"), [(5, 0.0, 0), (80, 0.0, 1), (80, 0.3, 1)])
def test_whether_collapses_are_few_is_open(runs: int, fall: float, missing: int) -> None:
    falling = unstopped(runs, test_accuracy=flat(0.88, e12=0.88 - fall))
    assert unmet("collapses", falling) == missing
    assert found.collapses(falling) == runs * (fall >= 0.02)


@pytest.mark.parametrize(("loss", "missing"), [(0.31, 0), (0.33, 1), (0.29, 1)])
def test_whether_a_stop_saves_loss_is_open(loss: float, missing: int) -> None:
    curves = np.array(
        [whole_run(0.88, by)(found.WHOLE, "test_loss_curve")[0] for by in around(loss, 0.004)]
    )
    runs = unstopped(test_loss=curves)
    assert unmet("loss_saved", runs) == missing
    assert found.loss_saved(runs).estimate == pytest.approx(loss - 0.3)


@pytest.mark.parametrize(("end", "missing"), [(0.31, 0), (0.30, 1), (0.29, 1)])
def test_loss_is_higher_at_the_end(end: float, missing: int) -> None:
    loss = np.array([9.0] * 9 + [0.30] + [0.1] * 19 + [end])
    assert unmet("loss_at_the_end", unstopped(test_loss=loss)) == missing


@pytest.mark.parametrize(("other", "missing"), [(0.02, 0), (0.03, 1), (0.01, 1)])
def test_neither_order_is_the_steadier(other: float, missing: int) -> None:
    # Until the stop after 15 epochs the loss rises once, by 0.28: by 0.02 in each step of 14.
    losses = np.concatenate([np.linspace(0.38, 0.29, KEPT), np.full(EPOCHS - KEPT, 0.57)])
    parts = stopped(dropout_before_BatchNorm={"val_loss_rise": around(other, 0.005)})
    assert unmet("order_and_unrest", unstopped(val_loss=losses), parts) == missing


def test_validation_images_are_easier() -> None:
    easy = np.array([0.1] * 24 + [0.89] * 6)
    hard = np.array([0.9] * 24 + [0.88] * 6)
    runs = unstopped(val_accuracy=easy, test_accuracy=hard)
    assert unmet("easier_validation", runs) == 0
    assert found.easier_validation(runs).estimate == pytest.approx(0.01)
    assert unmet("easier_validation", unstopped(val_accuracy=hard, test_accuracy=easy)) == 1


def test_forgetting_training_shows() -> None:
    assert found.forgotten(loops(0, 0, 0.2)) == 0.2
    assert unmet("forgotten", loops(0, 0, 0.2)) == 0
    assert unmet("forgotten", loops(0, 0, 0.0)) == 1
