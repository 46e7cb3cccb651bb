"""A regularised network: what the records say of its early stop, its depth and its parts.

The records know one split. All of its validation images stopped a run, and so the test images score
it: these had no part in the stop.
"""

from dataclasses import replace

import numpy as np

from book.claims import (
    Judgement,
    Outcome,
    below,
    confidence,
    gain,
    identity,
    inside,
    judge,
    not_worse,
    share,
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings.first_edition._scores import at, late, risen, score
from lessons_src.recorded import Record
from lessons_src.stats import (
    MARGIN,
    Interval,
    mean_interval,
    paired_difference,
    paired_ratio,
    wilson,
)
from lessons_src.stopping import early_stop

WHOLE = "as the source has it"
ONE_PLAIN, ONE_REGULARISED = "one layer, plain", "one layer, regularised"
THREE_PLAIN = "three layers, plain"
OTHER_ORDER = "dropout before BatchNorm"
PATIENCE = 5
CLAIMED = 0.885, 0.905  # what rounds to 0.89 or to 0.90
NATS = 0.01  # a rise of a loss, or a difference of losses, that matters
COLLAPSE = 0.02
FEW = 0.1  # the share of runs that may collapse
ROUNDING = 1e-4
LIGHTER = 0.9
STOPPED = "All validation images of one split stopped the runs, and the test images scored them."
OWN_CHOICE = "The source does not give its dropout, its decay or its patience."


def stops(record: Record, patience: int = PATIENCE) -> tuple[np.ndarray, np.ndarray]:
    """How many epochs an early stop trains, and which one it keeps, from 1; each (seeds,)."""
    replayed = [early_stop(curve, patience) for curve in record(WHOLE, "val_loss_curve")]
    trained, kept = np.array(replayed).T
    return trained, kept


def kept(record: Record, name: str, patience: int = PATIENCE) -> np.ndarray:
    """A curve of the unstopped runs, read at the epoch that an early stop keeps."""
    return at(record(WHOLE, f"{name}_curve"), stops(record, patience)[1])


def last_fifth(record: Record, name: str) -> np.ndarray:
    """A curve of the unstopped runs, averaged over its last fifth."""
    return late(record(WHOLE, f"{name}_curve"))


def gap(accuracies: Record, case: str) -> np.ndarray:
    """Accuracy on training images minus that on test images, of stopped networks."""
    return accuracies(case, "train_accuracy") - accuracies(case, "test_accuracy")


def own_gap(record: Record) -> np.ndarray:
    """The same of the unchanged network."""
    return kept(record, "train_accuracy") - kept(record, "test_accuracy")


@claim("R1")
def test_accuracy(regularised_network: Record, regularised_parts: Record) -> Judgement:
    """The network gets 0.89 to 0.90 of the test images right."""

    def stopped(patience: int) -> Outcome:
        found = mean_interval(kept(regularised_network, "test_accuracy", patience))
        asked = f"dropout 0.3, patience {patience}, inside 88.5% to 90.5%"
        return inside(asked, found, *CLAIMED, regularised_network, unit="%")

    others = [
        inside(
            f"{case}, patience {PATIENCE}",
            regularised_parts.mean(case, "test_accuracy"),
            *CLAIMED,
            regularised_parts,
            unit="%",
        )
        for case in ("dropout 0.1", "dropout 0.5")
    ]
    return judge(
        stopped(PATIENCE),
        also=[*others, *(stopped(patience) for patience in (1, 2, 3, 8))],
        set_up=regularised_network.set_up,
        weakened=f"{OWN_CHOICE} All validation images of one split stopped the runs.",
    )


def rises(record: Record) -> np.ndarray:
    """How far the loss has risen again when an early stop halts, in nats, shape (seeds,)."""
    curves, trained = record(WHOLE, "test_loss_curve"), stops(record)[0]
    return np.array([risen(curve[:n]) for curve, n in zip(curves, trained, strict=True)])


def falls(record: Record) -> np.ndarray:
    """By how much accuracy falls at most from its best so far, until the stop, shape (seeds,)."""
    curves = record(WHOLE, "test_accuracy_curve")
    return np.array(
        [
            (np.maximum.accumulate(curve[:trained]) - curve[:trained]).max()
            for curve, trained in zip(curves, stops(record)[0], strict=True)
        ]
    )


def collapsed(record: Record) -> np.ndarray:
    """Whether a run falls by 2 points or more, shape (seeds,)."""
    return falls(record) > COLLAPSE - 1e-9  # the curves are rounded


@claim("R2")
def overfits_minimally(regularised_network: Record, regularised_or_deep: Record) -> Judgement:
    """The network overfits minimally, and its validation never collapses."""
    fallen = collapsed(regularised_network)
    own = own_gap(regularised_network)
    smaller = paired_difference(gap(regularised_or_deep, THREE_PLAIN), own)
    return judge(
        below(
            "the rise of the loss, in nats, is not above 0.01",
            mean_interval(rises(regularised_network), confidence(2, looks=1)),
            NATS,
            regularised_network,
            digits=3,
        ),
        share(
            "fewer than a tenth of the runs fall by 2 points or more",
            int(fallen.sum()),
            len(fallen),
            FEW,
            regularised_network,
            less=True,
            confidence=confidence(2, looks=1),
        ),
        also=[
            gain(
                "the gap is smaller than that of three plain layers, stopped within 8 epochs",
                smaller,
                regularised_network,
                regularised_or_deep,
            ),
            below(
                "the gap is below a point",
                mean_interval(own),
                0.01,
                regularised_network,
                unit="points",
            ),
        ],
        set_up=f"{regularised_network.set_up} Until an early stop with a patience of {PATIENCE}.",
        weakened=STOPPED,
    )


@finding
def gap_beside_plain(regularised_network: Record, regularised_or_deep: Record) -> Interval:
    """Gap of three plain layers, within 8 epochs, minus that of the stopped network."""
    plain = gap(regularised_or_deep, THREE_PLAIN)
    found = paired_difference(plain, own_gap(regularised_network))
    expect(0 in found, "the gap is not clearly another one than that of three plain layers")
    return found


@finding
def rise_at_stop(regularised_network: Record) -> Interval:
    """How far the loss has risen again when the early stop halts, in nats."""
    found = mean_interval(rises(regularised_network), confidence(2, looks=1))
    expect(found.low < NATS <= found.high, "whether the loss rises by more than 0.01 is open")
    return found


@finding
def collapses(regularised_network: Record) -> int:
    """Runs whose accuracy falls by 2 points or more before the stop."""
    fallen = collapsed(regularised_network)
    found = wilson(int(fallen.sum()), len(fallen), confidence(2, looks=1))
    expect(found.low < FEW <= found.high, "whether fewer than a tenth collapse is open")
    return int(fallen.sum())


def shallow_lead(regularised_parts: Record, regularised_or_deep: Record) -> Interval:
    """One regularised layer, within 30 epochs, minus three plain ones, within 8."""
    return paired_difference(
        regularised_parts(ONE_REGULARISED, "test_accuracy"),
        regularised_or_deep(THREE_PLAIN, "test_accuracy"),
    )


@finding
def depth_lead(regularised_parts: Record, regularised_or_deep: Record) -> Interval:
    """Three plain layers minus one regularised, which has up to 30 epochs."""
    shallow = shallow_lead(regularised_parts, regularised_or_deep)
    expect(shallow.high < 0, "depth is ahead")
    expect(shallow.low < -MARGIN <= shallow.high, "whether by more than 0.3 points is open")
    return Interval(-shallow.estimate, -shallow.high, -shallow.low, shallow.level)


@claim("R3")
def regularise_or_deepen(
    regularised_network: Record, regularised_or_deep: Record, regularised_parts: Record
) -> Judgement:
    """Regularisation is worth more than depth."""
    shallow, shallow_regularised, deep = (
        regularised_or_deep(case, "test_accuracy")
        for case in (ONE_PLAIN, ONE_REGULARISED, THREE_PLAIN)
    )
    lowest = regularised_network(WHOLE, "val_loss_curve")[:, :8].argmin(axis=1) + 1
    deep_regularised = at(regularised_network(WHOLE, "test_accuracy_curve"), lowest)
    stopped = kept(regularised_network, "test_accuracy")
    crossed = (regularised_or_deep,)
    both = (regularised_network, regularised_or_deep)
    also = (
        (
            "one regularised layer over three plain ones, 8 epochs",
            shallow_regularised,
            deep,
            crossed,
        ),
        ("regularising one layer, 8 epochs", shallow_regularised, shallow, crossed),
        ("regularising three, 8 epochs", deep_regularised, deep, both),
        ("regularising three, 30 epochs to the plain ones' 8", stopped, deep, both),
        ("two more layers, plain, 8 epochs", deep, shallow, crossed),
        ("two more layers, regularised, 8 epochs", deep_regularised, shallow_regularised, both),
    )
    return judge(
        gain(
            "one regularised layer over three plain ones",
            shallow_lead(regularised_parts, regularised_or_deep),
            regularised_parts,
            regularised_or_deep,
        ),
        also=[
            gain(asked, paired_difference(new, old), *records) for asked, new, old, records in also
        ],
        set_up="GELU, batch 64, 48,000 images. The regularised layer has up to 30 epochs and a "
        f"patience of {PATIENCE}, the plain ones the best of 8 epochs.",
        weakened=f"{STOPPED} The plain layers had 8 epochs, which favours the claim.",
    )


def of_early_stop(record: Record, patience: int, parts: int = 1) -> Interval:
    """Test accuracy of the network that is kept minus that of the whole run's last fifth."""
    new, old = kept(record, "test_accuracy", patience), last_fifth(record, "test_accuracy")
    return paired_difference(new, old, confidence(parts, looks=1))


def of_stopped_loss(record: Record) -> Interval:
    """Test loss of the whole run's last fifth minus that of the network that is kept."""
    whole, stopped = last_fifth(record, "test_loss"), kept(record, "test_loss")
    return paired_difference(whole, stopped, confidence(2, looks=1))


@finding
def loss_saved(regularised_network: Record) -> Interval:
    """By how much an early stop lowers the test loss, against the last six epochs."""
    found = of_stopped_loss(regularised_network)
    expect(found.low <= NATS < found.high, "whether the loss is lower by 0.01 is open")
    return found


@finding
def loss_at_the_end(regularised_network: Record) -> Interval:
    """Test loss after epoch 30 minus that of the network that an early stop keeps."""
    end = regularised_network(WHOLE, "test_loss_curve")[:, -1]
    found = paired_difference(end, kept(regularised_network, "test_loss"))
    expect(found.low > 0, "the loss is higher after epoch 30")
    return found


@claim("R4")
def early_stop_pays(regularised_network: Record) -> Judgement:
    """An early stop is worth more than extra epochs."""
    return judge(
        not_worse(
            "accuracy of the stopped network against the whole run",
            of_early_stop(regularised_network, PATIENCE, parts=2),
            regularised_network,
        ),
        gain(
            "by how much its loss is lower, in nats",
            of_stopped_loss(regularised_network),
            regularised_network,
            margin=NATS,
            unit="",
            digits=3,
        ),
        also=[
            not_worse(
                f"accuracy, patience {patience}",
                of_early_stop(regularised_network, patience),
                regularised_network,
            )
            for patience in (1, 2, 3, 4, 6, 7, 8)
        ],
        set_up=f"{regularised_network.set_up} An early stop with a patience of {PATIENCE} is "
        "replayed; the whole run is scored over its last six epochs.",
        weakened=STOPPED,
    )


def of_change(regularised_network: Record, regularised_parts: Record, case: str) -> Interval:
    """Test accuracy after one change minus that of the unchanged network, both stopped."""
    changed = regularised_parts(case, "test_accuracy")
    return paired_difference(changed, kept(regularised_network, "test_accuracy"))


@claim("R5")
def smoother_and_steadier(regularised_network: Record, regularised_parts: Record) -> Judgement:
    """GELU gives smoother gradients, and BatchNorm before dropout is the stable order."""
    by_order = paired_difference(
        kept(regularised_network, "test_accuracy"),
        regularised_parts(OTHER_ORDER, "test_accuracy"),
        confidence(3, looks=1),
    )
    return judge(
        unmeasured(
            "the gradient changes less along a step with GELU than with ReLU",
            "the page walks from the first weights instead, through plain layers",
        ),
        not_worse(
            "accuracy with BatchNorm before dropout, rather than after it",
            by_order,
            regularised_network,
            regularised_parts,
        ),
        unmeasured(
            "the validation loss is less rough with this order",
            "the record keeps its mean rise from epoch 1 on, and not the curve",
        ),
        set_up=f"{regularised_parts.set_up} The two orders, stopped.",
        weakened=STOPPED,
    )


@finding
def order_and_unrest(regularised_network: Record, regularised_parts: Record) -> Interval:
    """Mean rise of the validation loss until the stop, dropout before BatchNorm minus after it."""
    curves = regularised_network(WHOLE, "val_loss_curve")
    trained = stops(regularised_network)[0]
    own = [np.diff(c[:end]).clip(0).mean() for c, end in zip(curves, trained, strict=True)]
    found = paired_difference(regularised_parts(OTHER_ORDER, "val_loss_rise"), own)
    expect(0 in found, "neither order is clearly the steadier")
    return found


@claim("R6")
def classical_models(
    regularised_network: Record, logistic_regression: Record, random_forest: Record
) -> Judgement:
    """A dense network competes with classical models."""
    own = score(regularised_network, WHOLE)
    [line] = logistic_regression("scikit-learn", "val_accuracy")
    over_line = gain(
        "the network over logistic regression",
        mean_interval(own - line, confidence(2, looks=1)),
        regularised_network,
    )
    return judge(
        replace(over_line, records=(regularised_network, logistic_regression)),
        gain(
            "the network over a random forest of 100 trees",
            paired_difference(
                own, random_forest("100 trees", "val_accuracy"), confidence(2, looks=1)
            ),
            regularised_network,
            random_forest,
        ),
        set_up=f"{regularised_network.set_up} No early stop: the last six epochs are scored. "
        "Logistic regression draws nothing, so there is one of it.",
        weakened="One split for all runs; its 12,000 validation images score them.",
    )


@claim("R7")
def loop_by_hand(tape_loop: Record) -> Judgement:
    """A training loop with a tape trains the same network as `fit`."""

    def same(case: str) -> Outcome:
        [apart], [moved] = tape_loop(case, "apart"), tape_loop(case, "moved")
        number = f"largest difference {apart:.4f}; 20 steps move a number by up to {moved:.2f}"
        return identity(f"{case}, against fit", apart < ROUNDING, number, tape_loop)

    return judge(same("tape, eager"), same("tape in tf.function"), set_up=tape_loop.set_up)


@finding
def forgotten(tape_loop: Record) -> float:
    """How far a tape without `training=True` is from `fit` after 20 steps."""
    [apart] = tape_loop("tape without training=True", "apart")
    expect(apart >= ROUNDING, "a tape without training=True trains another network")
    return float(apart)


@claim("R8")
def looking_inside() -> Judgement:
    """Pictures of hidden layers, a confusion matrix and its errors tell how the network works."""
    return judge(
        unmeasured(
            "activations, confusion matrix and errors are shown for ten seeds",
            "the page shows them for one run",
        ),
        unmeasured(
            "a linear probe on each hidden layer gains over one on the pixels",
            "the page takes the nearest class mean instead, for one run",
        ),
    )


def narrowing(regularised_network: Record, regularised_parts: Record, strong: bool) -> Interval:
    """Gap with Adam minus that with AdamW, of the default decay or of a strong one."""
    own = own_gap(regularised_network)
    other = gap(regularised_parts, "weight decay 0.1") if strong else own
    return paired_difference(gap(regularised_parts, "Adam"), other)


@finding
def strong_narrowing(regularised_network: Record, regularised_parts: Record) -> Interval:
    """By how much the gap is smaller with a decay of 0.1 than with Adam."""
    found = narrowing(regularised_network, regularised_parts, strong=True)
    expect(found.low > 0, "a decay of 0.1 makes the gap smaller")
    expect(found.low <= MARGIN, "whether by more than 0.3 points is open")
    return found


@claim("R9")
def weight_decay(regularised_network: Record, regularised_parts: Record) -> Judgement:
    """AdamW reduces the overfitting of the weights."""
    both = (regularised_network, regularised_parts)
    adam = regularised_parts("Adam", "test_accuracy")
    strong = regularised_parts("weight decay 0.1", "test_accuracy")
    norms = paired_ratio(
        regularised_parts("weight decay 0.1", "weights"), regularised_parts("Adam", "weights")
    )
    return judge(
        unmeasured(
            "the weights' norm with AdamW, as a multiple of that with Adam",
            "with the default decay it was not recorded",
        ),
        unmeasured(
            "the rise is smaller with AdamW, without dropout and BatchNorm",
            "no record takes both out and keeps the curves",
        ),
        also=[
            below("norm as a multiple of Adam's, decay 0.1", norms, LIGHTER, regularised_parts),
            gain("gap smaller than Adam's, decay 0.004", narrowing(*both, strong=False), *both),
            gain("gap smaller than Adam's, decay 0.1", narrowing(*both, strong=True), *both[1:]),
            gain(
                "accuracy over Adam, decay 0.004",
                paired_difference(kept(regularised_network, "test_accuracy"), adam),
                *both,
            ),
            gain(
                "accuracy over Adam, decay 0.1", paired_difference(strong, adam), regularised_parts
            ),
        ],
        set_up=f"{regularised_parts.set_up} One part changed, each network stopped.",
        weakened=STOPPED,
    )


@claim("R10")
def best_epoch(regularised_network: Record) -> Judgement:
    """Early stopping halts training at the best epoch."""
    lowest = regularised_network(WHOLE, "val_loss_curve").argmin(axis=1) + 1
    behind = paired_difference(
        kept(regularised_network, "test_accuracy"),
        at(regularised_network(WHOLE, "test_accuracy_curve"), lowest),
    )
    return judge(
        unmeasured(
            "the kept network against that of the best epoch",
            "the same images stopped the runs and found the best epoch; on test images, kept "
            f"minus best is {behind.points(2)}",
        ),
        set_up=regularised_network.set_up,
    )


@claim("R11")
def parts_that_work(regularised_network: Record, regularised_parts: Record) -> Judgement:
    """The network needs each of its parts."""

    def stopped(case: str) -> str:
        changed = of_change(regularised_network, regularised_parts, case).points(2)
        return f"the recorded runs were stopped; there, test accuracy changes by {changed}"

    missing = "no record takes it out"
    return judge(
        unmeasured("without batch normalisation it loses more than 0.3 points", missing),
        unmeasured("without dropout", missing),
        unmeasured("with Adam for AdamW", stopped("Adam")),
        unmeasured("with ReLU for GELU", stopped("ReLU")),
        set_up=regularised_network.set_up,
    )


@finding
def easier_validation(regularised_network: Record) -> Interval:
    """Validation accuracy minus test accuracy, without a stop, over the last six epochs."""
    found = paired_difference(
        last_fifth(regularised_network, "val_accuracy"),
        last_fifth(regularised_network, "test_accuracy"),
    )
    expect(found.low > 0, "validation images are easier, stopped or not")
    return found
