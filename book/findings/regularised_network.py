"""A regularised network: what the records say of its early stop, its depth and its parts.

An early stop is replayed on whole runs: one half of the held-out images stops, the other scores.
Where the test images score, all held-out images may stop.
"""

import numpy as np

from book.claims import (
    Judgement,
    Outcome,
    below,
    confidence,
    every,
    gain,
    identity,
    inside,
    judge,
    level,
    not_worse,
    share,
)
from book.findings import claim, expect, finding
from book.findings._cut import between, cut
from book.findings._scores import (
    OVERFITS,
    at,
    gap,
    late,
    rise,
    risen,
    roughness,
    score,
    stopped,
)
from lessons_src.recorded import Record, shared
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
TWO_PLAIN, TWO_REGULARISED = "two layers, plain", "two layers, regularised"
THREE_PLAIN = "three layers, plain"
OTHER_ORDER, NORM_FIRST = "dropout before BatchNorm", "BatchNorm before the activation"
DEFAULT_DECAY = "0.004"
PATIENCE = 5
CLAIMED = 0.885, 0.905  # what rounds to 0.89 or to 0.90
NATS = 0.01  # a difference of losses that matters
CALM = 0.001  # nats for each epoch
COLLAPSE = 0.02
FEW = 0.1  # the share of runs that may collapse
ROUNDING = 1e-4
LIGHTER = SMOOTHER = 0.9
MIDWAY = 15  # epochs of some cases that are only asked besides
FEWEST = 10  # seeds for which a look inside is to be shown
OWN_CHOICE = "The source does not give its dropout, its decay or its patience."


# --- The test (R1) ----------------------------------------------------------------------------


def on_test(record: Record, patience: int) -> np.ndarray:
    """Test accuracy of the network that an early stop keeps, stopped by all held-out images."""
    kept = [early_stop(list(curve), patience)[1] for curve in record(WHOLE, "val_loss_curve")]
    return at(record(WHOLE, "test_accuracy_curve"), kept)


@claim("R1")
def test_accuracy(regularised_network: Record, regularised_dropout: Record) -> Judgement:
    """The network gets 0.89 to 0.90 of the test images right."""

    def of_patience(patience: int, sure: float = 0.95) -> Outcome:
        found = mean_interval(on_test(regularised_network, patience), sure)
        asked = f"dropout 0.3, patience {patience}, inside 88.5% to 90.5%"
        return inside(asked, found, *CLAIMED, regularised_network, unit="%")

    others = [
        inside(
            f"{case}, patience {PATIENCE}",
            regularised_dropout.mean(case, "test_accuracy"),
            *CLAIMED,
            regularised_dropout,
            unit="%",
        )
        for case in ("dropout 0.1", "dropout 0.5")
    ]
    return judge(
        of_patience(PATIENCE, confidence()),
        also=[*others, *(of_patience(patience) for patience in (1, 2, 3, 8))],
        set_up=f"{regularised_network.set_up} An early stop by the validation loss is replayed, "
        "the best epoch kept.",
        weakened=OWN_CHOICE,
    )


# --- Overfitting (R2) -------------------------------------------------------------------------


def until_the_stop(record: Record, kind: str) -> list[np.ndarray]:
    """A curve of the half that scores, of each run as far as it trained."""
    second = 2 * record(WHOLE, f"val_{kind}_curve") - record(WHOLE, f"half_{kind}_curve")
    trained = stopped(record, WHOLE, PATIENCE).epochs
    return [curve[:end] for curve, end in zip(second, trained, strict=True)]


def rises(record: Record) -> np.ndarray:
    """How far the loss has risen again when an early stop halts, in nats, shape (seeds,)."""
    return np.array([risen(curve) for curve in until_the_stop(record, "loss")])


def collapsed(record: Record) -> np.ndarray:
    """Whether a run falls by 2 points or more from its best so far, until the stop, (seeds,)."""
    falls = [
        (np.maximum.accumulate(curve) - curve).max() for curve in until_the_stop(record, "accuracy")
    ]
    return np.array(falls) > COLLAPSE - 1e-9  # the curves are rounded


def narrower(regularised_or_deep: Record, regularised_network: Record) -> Interval:
    """Gap of three plain layers minus that of the regularised network, both after 30 epochs."""
    both = shared(gap(regularised_or_deep, THREE_PLAIN), gap(regularised_network, WHOLE))
    return paired_difference(*both)


@claim("R2")
def overfits_minimally(regularised_network: Record, regularised_or_deep: Record) -> Judgement:
    """The network overfits minimally, and its validation never collapses."""
    fallen = collapsed(regularised_network)
    return judge(
        below(
            "the rise of the loss, in nats, is not above 0.01",
            mean_interval(rises(regularised_network), confidence(2)),
            OVERFITS,
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
            confidence=confidence(2),
        ),
        also=[
            gain(
                "the gap after all 30 epochs is smaller than that of three plain layers, by",
                narrower(regularised_or_deep, regularised_network),
                regularised_network,
                regularised_or_deep,
            ),
        ],
        set_up=f"{regularised_network.set_up} Until an early stop with a patience of {PATIENCE} "
        "by one half of the validation images; the other half tells.",
        weakened=OWN_CHOICE,
    )


@finding
def gap_beside_plain(regularised_network: Record, regularised_or_deep: Record) -> Interval:
    """Gap of three plain layers minus that of the regularised network, both after 30 epochs."""
    found = narrower(regularised_or_deep, regularised_network)
    expect(0 in found, "the gap is not clearly another one than that of three plain layers")
    return found


@finding
def rise_at_stop(regularised_network: Record) -> Interval:
    """How far the loss has risen again when the early stop halts, in nats."""
    found = mean_interval(rises(regularised_network), confidence(2))
    expect(found.low < OVERFITS <= found.high, "whether the loss rises by more than 0.01 is open")
    return found


@finding
def collapses(regularised_network: Record) -> int:
    """Runs whose accuracy falls by 2 points or more before the stop."""
    fallen = collapsed(regularised_network)
    found = wilson(int(fallen.sum()), len(fallen), confidence(2))
    expect(found.low < FEW <= found.high, "whether fewer than a tenth collapse is open")
    return int(fallen.sum())


# --- Regularising or deepening (R3) -----------------------------------------------------------


def kept(record: Record, case: str) -> np.ndarray:
    """Accuracy of the network that an early stop keeps, shape (seeds,)."""
    return stopped(record, case, PATIENCE).accuracy


def shallow_lead(regularised_or_deep: Record, sure: float) -> Interval:
    """One regularised layer minus three plain ones, both stopped."""
    both = (kept(regularised_or_deep, case) for case in (ONE_REGULARISED, THREE_PLAIN))
    return paired_difference(*shared(*both), sure)


@finding
def depth_lead(regularised_or_deep: Record) -> Interval:
    """Three plain layers minus one regularised, both stopped."""
    shallow = shallow_lead(regularised_or_deep, 0.95)
    expect(shallow.high < 0, "depth is ahead")
    expect(shallow.low < -MARGIN <= shallow.high, "whether by more than 0.3 points is open")
    return Interval(
        -shallow.estimate, -shallow.high, -shallow.low, shallow.level, runs=shallow.runs
    )


@claim("R3")
def regularise_or_deepen(regularised_or_deep: Record, regularised_network: Record) -> Judgement:
    """Regularisation is worth more than depth."""
    plain, regularised = (
        {
            "one layer": (regularised_or_deep, one),
            "two layers": (regularised_or_deep, two),
            "three layers": three,
        }
        for one, two, three in (
            (ONE_PLAIN, TWO_PLAIN, (regularised_or_deep, THREE_PLAIN)),
            (ONE_REGULARISED, TWO_REGULARISED, (regularised_network, WHOLE)),
        )
    )
    crossed = [
        *((f"regularising {depth}", regularised[depth], plain[depth]) for depth in plain),
        *(
            (f"{depth} over one, {kind}", networks[depth], networks["one layer"])
            for kind, networks in (("plain", plain), ("regularised", regularised))
            for depth in ("two layers", "three layers")
        ),
    ]
    return judge(
        gain(
            "one regularised layer over three plain ones",
            shallow_lead(regularised_or_deep, confidence()),
            regularised_or_deep,
        ),
        also=[
            gain(
                asked,
                paired_difference(*shared(kept(*new), kept(*old))),
                regularised_or_deep,
                *((regularised_network,) if new[0] is regularised_network else ()),
            )
            for asked, new, old in crossed
        ],
        set_up=f"{regularised_or_deep.set_up} Up to 30 epochs, stopped with a patience of "
        f"{PATIENCE} by one half of the validation images, scored on the other.",
        weakened=OWN_CHOICE,
    )


# --- The early stop (R4, R10) -----------------------------------------------------------------


def loss_spared(record: Record, sure: float) -> Interval:
    """Loss of the whole run's last fifth minus that of the network that is kept."""
    found = stopped(record, WHOLE, PATIENCE)
    return paired_difference(found.last_loss, found.loss, sure)


@claim("R4")
def early_stop_pays(regularised_network: Record) -> Judgement:
    """An early stop is worth more than extra epochs."""

    def of_accuracy(patience: int, sure: float = 0.95) -> Outcome:
        found = stopped(regularised_network, WHOLE, patience)
        return not_worse(
            f"accuracy of the stopped network against the whole run, patience {patience}",
            paired_difference(found.accuracy, found.last_accuracy, sure),
            regularised_network,
        )

    return judge(
        of_accuracy(PATIENCE, confidence(2)),
        gain(
            "its loss is lower by",
            loss_spared(regularised_network, confidence(2)),
            regularised_network,
            margin=NATS,
            unit="nats",
            digits=3,
        ),
        also=[of_accuracy(patience) for patience in (1, 2, 3, 4, 6, 7, 8)],
        set_up=f"{regularised_network.set_up} An early stop with a patience of {PATIENCE} is "
        "replayed on one half of the validation images; the other scores it, and the last six "
        "epochs of the whole run.",
        weakened=OWN_CHOICE,
    )


@finding
def loss_saved(regularised_network: Record) -> Interval:
    """By how much an early stop lowers the loss, against the last six epochs."""
    found = loss_spared(regularised_network, confidence(2))
    expect(found.low <= NATS < found.high, "whether the loss is lower by 0.01 is open")
    return found


@finding
def loss_at_the_end(regularised_network: Record) -> Interval:
    """Loss after epoch 30 minus that of the network that an early stop keeps."""
    curves = (regularised_network(WHOLE, f"{part}_loss_curve") for part in ("val", "half"))
    whole, half = (curve[:, -1] for curve in curves)
    found = paired_difference(2 * whole - half, stopped(regularised_network, WHOLE, PATIENCE).loss)
    expect(found.low > 0, "the loss is higher after epoch 30")
    return found


@claim("R10")
def best_epoch(regularised_network: Record) -> Judgement:
    """Early stopping halts training at the best epoch."""
    losses = regularised_network(WHOLE, "third_loss_curve")
    scores = regularised_network(WHOLE, "third_accuracy_curve")[:, 2]
    halted = [early_stop(list(curve), PATIENCE)[1] for curve in losses[:, 0]]
    best = losses[:, 1].argmin(axis=1) + 1
    return judge(
        not_worse(
            "accuracy of the kept network against that of the best of all 30 epochs",
            paired_difference(at(scores, halted), at(scores, best), confidence()),
            regularised_network,
        ),
        set_up=f"{regularised_network.set_up} A third of the validation images stops the run by "
        f"its loss (patience {PATIENCE}), another finds the best epoch by its loss, the last "
        "scores both.",
        weakened="A third of the validation images, 4,000, finds the best epoch with some luck.",
    )


# --- Smoothness and order (R5) ----------------------------------------------------------------


@claim("R5")
def smoother_and_steadier(
    gradient_smoothness: Record, regularised_network: Record, regularised_parts: Record
) -> Judgement:
    """GELU gives smoother gradients, and BatchNorm before dropout is the stable order."""
    sure = confidence(3)  # two parts, of which the second asks for two things
    own = (regularised_network, WHOLE)
    both = regularised_network, regularised_parts

    def calmer(case: str, same: Record, sure: float = 0.95) -> Interval:
        """How much rougher the validation loss is with this case."""
        rough = roughness(regularised_parts, case), roughness(same, WHOLE)
        return paired_difference(*shared(*rough), sure)

    def of_order(asked: str, case: str, same: Record, sure: float = 0.95) -> Outcome:
        return every(
            f"{asked}: accuracy not worse, validation loss less rough",
            not_worse(
                "accuracy higher by", between((same, WHOLE), (regularised_parts, case), sure), *both
            ),
            gain(
                "less rough by",
                calmer(case, same, sure),
                *both,
                margin=CALM,
                unit="nats an epoch",
                digits=4,
            ),
        )

    changes = gradient_smoothness.pair("GELU", "ReLU", "change")
    return judge(
        below(
            "relative change of the gradient along a step, GELU as a multiple of ReLU",
            paired_ratio(*changes, sure),
            SMOOTHER,
            gradient_smoothness,
            none=1,
        ),
        of_order("BatchNorm before dropout, rather than after it", OTHER_ORDER, own[0], sure),
        also=[
            of_order(
                f"BatchNorm after the activation, rather than before it, {MIDWAY} epochs",
                NORM_FIRST,
                cut(regularised_network, MIDWAY),
            )
        ],
        set_up=f"{regularised_parts.set_up} 30 epochs without a stop. The gradient: after one "
        "epoch, over 6,000 training images, along a step of length 0.1.",
        weakened=OWN_CHOICE,
    )


@finding
def order_and_unrest(regularised_network: Record, regularised_parts: Record) -> Interval:
    """Mean rise of the validation loss, dropout before BatchNorm minus after it."""
    both = roughness(regularised_parts, OTHER_ORDER), roughness(regularised_network, WHOLE)
    found = paired_difference(*shared(*both))
    expect(0 in found, "neither order is clearly the steadier")
    return found


# --- Other classifiers (R6) -------------------------------------------------------------------


@claim("R6")
def classical_models(
    regularised_network: Record,
    logistic_regression: Record,
    random_forest: Record,
    other_classifiers: Record,
    architectures: Record,
) -> Judgement:
    """A dense network competes with classical models."""
    own = score(regularised_network, WHOLE)

    def over(asked: str, record: Record, case: str, sure: float = 0.95) -> Outcome:
        other = record(case, "val_accuracy")
        told = f"the network over {asked} ({other.mean():.1%})"
        return gain(told, paired_difference(*shared(own, other), sure), regularised_network, record)

    sure = confidence(2)
    convolved = score(architectures, "convolutional")
    return judge(
        over("logistic regression", logistic_regression, "scikit-learn", sure),
        over("a random forest of 100 trees", random_forest, "100 trees", sure),
        also=[
            over("boosted trees, 20 rounds", other_classifiers, "boosted trees"),
            over("5 nearest neighbours", other_classifiers, "nearest neighbours"),
            gain(
                f"a convolutional network ({convolved.mean():.1%}) over the network",
                paired_difference(*shared(convolved, own)),
                architectures,
                regularised_network,
            ),
        ],
        set_up=f"{regularised_network.set_up} No early stop: the last six epochs are scored "
        f"({own.mean():.1%}). The other models have no settings that were tuned.",
        weakened="Boosted trees have few rounds, for the time that they take.",
    )


# --- The training loop (R7) -------------------------------------------------------------------


@claim("R7")
def loop_by_hand(tape_loop: Record, tape_dropout: Record) -> Judgement:
    """A training loop with a tape trains the same network as `fit`."""

    def same(case: str) -> Outcome:
        [apart], [moved] = tape_loop(case, "apart"), tape_loop(case, "moved")
        number = f"largest difference {apart:.4f}; 20 steps move a number by up to {moved:.2f}"
        return identity(f"{case}, against fit", apart < ROUNDING, number, tape_loop)

    return judge(
        same("tape, eager"),
        same("tape in tf.function"),
        also=[
            level(
                "validation accuracy after two epochs with dropout, tape minus fit",
                tape_dropout.difference("tape", "fit", "val_accuracy"),
                tape_dropout,
            )
        ],
        set_up=tape_loop.set_up,
    )


@finding
def forgotten(tape_loop: Record) -> float:
    """How far a tape without `training=True` is from `fit` after 20 steps."""
    [apart] = tape_loop("tape without training=True", "apart")
    expect(apart >= ROUNDING, "a tape without training=True trains another network")
    return float(apart)


# --- Inside (R8) ------------------------------------------------------------------------------


@claim("R8")
def looking_inside(regularised_network: Record) -> Judgement:
    """Pictures of hidden layers, a confusion matrix and its errors tell how the network works."""
    found = {
        name: regularised_network(WHOLE, name)
        for name in ("activation", "confusion", "mistake_probability")
    }
    runs = min(map(len, found.values()))
    pixels = regularised_network(WHOLE, "probe_pixels")
    probes = [
        gain(
            f"layer {number}",
            paired_difference(
                regularised_network(WHOLE, f"probe_layer_{number}"), pixels, confidence(3)
            ),
            regularised_network,
        )
        for number in (1, 2, 3)
    ]
    return judge(
        identity(
            f"activations, a confusion matrix and the errors for {FEWEST} seeds or more",
            runs >= FEWEST,
            f"{runs} seeds; of each the {found['mistake_probability'].shape[1]} most confident "
            f"mistakes, made at {found['mistake_probability'].min():.0%} or more",
            regularised_network,
            seeds=regularised_network.seeds,
        ),
        every(
            f"a linear probe on each hidden layer gains over that on pixels ({pixels.mean():.1%})",
            *probes,
        ),
        set_up=f"{regularised_network.set_up} The probe is a softmax regression, ten epochs.",
    )


# --- Weight decay (R9) ------------------------------------------------------------------------


def lengths(record: Record, case: str) -> np.ndarray:
    """Norm of all weights as one vector, shape (seeds,)."""
    return np.linalg.norm(record(case, "weights"), axis=1)


def gap_midway(regularised_or_deep: Record) -> np.ndarray:
    """Gap of three plain layers with Adam after 15 epochs, shape (seeds,)."""
    trained = regularised_or_deep(THREE_PLAIN, "train_accuracy_curve")[:, 0]
    return trained - regularised_or_deep(THREE_PLAIN, "val_accuracy_curve")[:, MIDWAY - 1]


@finding
def strong_narrowing(regularised_or_deep: Record, plain_decay: Record) -> Interval:
    """By how much the gap is smaller with a decay of 0.1 than with Adam."""
    found = paired_difference(*shared(gap_midway(regularised_or_deep), gap(plain_decay, "0.1")))
    expect(found.low > 0, "a decay of 0.1 makes the gap smaller")
    expect(found.low <= MARGIN, "whether by more than 0.3 points is open")
    return found


@claim("R9")
def weight_decay(
    regularised_network: Record,
    regularised_parts: Record,
    regularised_or_deep: Record,
    plain_decay: Record,
) -> Judgement:
    """AdamW reduces the overfitting of the weights."""
    both, bare = (regularised_network, regularised_parts), (plain_decay, regularised_or_deep)

    def spared(decay: str, same: Record, sure: float = 0.95) -> Interval:
        """Rise with Adam minus that with AdamW, without BatchNorm and dropout."""
        return paired_difference(*shared(rise(same, THREE_PLAIN), rise(plain_decay, decay)), sure)

    def lighter(new: np.ndarray, old: np.ndarray, sure: float = 0.95) -> Interval:
        return paired_ratio(*shared(new, old), sure)

    def calmer(asked: str, found: Interval) -> Outcome:
        return gain(asked, found, *bare, margin=OVERFITS, unit="nats", digits=3)

    midway = cut(regularised_or_deep, MIDWAY)
    return judge(
        below(
            "norm of the weights, as a multiple of Adam's",
            lighter(
                lengths(regularised_network, WHOLE),
                lengths(regularised_parts, "Adam"),
                confidence(2),
            ),
            LIGHTER,
            *both,
            none=1,
        ),
        calmer(
            "without BatchNorm and dropout the rise is smaller than Adam's, by",
            spared(DEFAULT_DECAY, regularised_or_deep, confidence(2)),
        ),
        also=[
            gain(
                "gap smaller than Adam's, by",
                paired_difference(
                    *shared(gap(regularised_parts, "Adam"), gap(regularised_network, WHOLE))
                ),
                *both,
            ),
            gain(
                "accuracy over Adam",
                between((regularised_network, WHOLE), (regularised_parts, "Adam"), 0.95),
                *both,
            ),
            gain(
                "without BatchNorm and dropout: gap smaller than Adam's, by",
                paired_difference(
                    *shared(gap(regularised_or_deep, THREE_PLAIN), gap(plain_decay, DEFAULT_DECAY))
                ),
                *bare,
            ),
            gain(
                "without them: accuracy over Adam",
                between((plain_decay, DEFAULT_DECAY), (regularised_or_deep, THREE_PLAIN), 0.95),
                *bare,
            ),
            below(
                "without them: norm of the weights, as a multiple of Adam's",
                lighter(
                    lengths(plain_decay, DEFAULT_DECAY), lengths(regularised_or_deep, THREE_PLAIN)
                ),
                LIGHTER,
                *bare,
                none=1,
            ),
            *(
                calmer(
                    f"without them, decay {decay}, {MIDWAY} epochs: rise smaller by",
                    spared(decay, midway),
                )
                for decay in ("0.0001", "0.01", "0.1")
            ),
        ],
        set_up=f"{regularised_parts.set_up} AdamW's decay is Keras's default, 0.004; 30 epochs "
        "without a stop.",
        weakened="One learning rate, AdamW's default.",
    )


# --- Part by part (R11) -----------------------------------------------------------------------


@claim("R11")
def parts_that_work(regularised_network: Record, regularised_parts: Record) -> Judgement:
    """The network needs each of its parts."""

    def of_part(asked: str, case: str, sure: float) -> Outcome:
        lost = between((regularised_network, WHOLE), (regularised_parts, case), sure)
        return gain(asked, lost, regularised_network, regularised_parts)

    sure = confidence(4)
    return judge(
        of_part("accuracy lost without batch normalisation", "no BatchNorm", sure),
        of_part("without dropout", "no dropout", sure),
        of_part("with Adam for AdamW", "Adam", sure),
        of_part("with ReLU for GELU", "ReLU", sure),
        also=[of_part("all out", "all out", 0.95)],
        set_up=f"{regularised_network.set_up} Without a stop: the last six epochs are scored.",
        weakened=OWN_CHOICE,
    )


@finding
def easier_validation(regularised_network: Record) -> Interval:
    """Validation accuracy minus test accuracy, without a stop, over the last six epochs."""
    accuracies = (regularised_network(WHOLE, f"{name}_accuracy_curve") for name in ("val", "test"))
    found = paired_difference(*map(late, accuracies))
    expect(found.low > 0, "validation images are easier, stopped or not")
    return found
