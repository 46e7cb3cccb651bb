"""Leaky ReLU and dying units: what the records say of each choice that the project made.

Half of the held-out images steered the learning rate and the stop. The other half scores.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from book.claims import (
    Judgement,
    Outcome,
    above,
    below,
    confidence,
    gain,
    identity,
    inside,
    judge,
    not_worse,
    of_median,
    share,
)
from book.findings import claim, expect, finding
from book.findings._scores import OVERFITS, ahead, at, epochs_to, late, risen, span
from book.sources import text_of
from lessons_src.data import CLASS_NAMES
from lessons_src.recorded import Record, shared
from lessons_src.stats import (
    MARGIN,
    Interval,
    mean_interval,
    paired_difference,
    paired_ratio,
    standing,
    verdict,
    wilson,
)

OWN = "the project's"
CONSTANT = "no scheduler"
UNITS = 256
SHORT = 10  # epochs
CALM = 0.001  # nats by which a loss has to be less rough
ROUNDS_TO_NINETY = 0.895, 0.905  # the project expects an accuracy of 90 %
SETTINGS = ("as it is", "glorot_uniform", "biases from −1", "rate 0.01", "rate 0.1")
PAGE = Path(__file__).resolve().parents[1] / "case-studies" / "leaky-relu.md"
#: Figures of the page that hold the project's five plots; the first holds two of them.
PICTURES = {"samples": 2, "history": 1, "activations": 1, "classes": 1}


# --- Scores of runs that stop by themselves ---------------------------------------------------


def accuracies(record: Record, case: str) -> np.ndarray:
    """Accuracy by epoch on the half that scores, NaN behind the end of a run, (seeds, epochs)."""
    return record(case, "scored_accuracy_curve")


def losses(record: Record, case: str) -> np.ndarray:
    """The same of the loss."""
    return record(case, "scored_loss_curve")


def stops(record: Record, case: str) -> np.ndarray:
    """The epoch after which each run stopped, or after which one that went on would have."""
    return record(case, "stop").astype(int)


def until_stop(record: Record, case: str, curves: np.ndarray) -> list[np.ndarray]:
    """Each run's curve up to its stop."""
    return [curve[:stop] for curve, stop in zip(curves, stops(record, case), strict=True)]


def settled(record: Record, case: str) -> np.ndarray:
    """Accuracy over the last fifth of each run's epochs before its stop, at least three."""
    return np.array([late(run) for run in until_stop(record, case, accuracies(record, case))])


def whole(record: Record, case: str) -> np.ndarray:
    """Accuracy over the last fifth of a run that went on after its stop, shape (seeds,)."""
    return late(accuracies(record, case))


def early(record: Record, case: str) -> np.ndarray:
    """Accuracy over epochs 8 to 10, shape (seeds,)."""
    return accuracies(record, case)[:, SHORT - 3 : SHORT].mean(axis=1)


def at_the_stop(record: Record, case: str) -> np.ndarray:
    """Accuracy in the epoch of the stop, shape (seeds,)."""
    return at(accuracies(record, case), stops(record, case))


def over(
    record: Record,
    change: str,
    score: Callable[[Record, str], np.ndarray] = settled,
    sure: float = 0.95,
) -> Interval:
    """What the project's own choice gains over a change, seed by seed, as a share."""
    return paired_difference(*shared(score(record, OWN), score(record, change)), sure)


def gap(record: Record, case: str) -> np.ndarray:
    """Training minus validation accuracy of the network at its stop, shape (seeds,)."""
    return record(case, "train_accuracy") - at_the_stop(record, case)


def rise(record: Record, case: str) -> np.ndarray:
    """How far the validation loss has risen again after all epochs, in nats, shape (seeds,)."""
    return risen(losses(record, case))


def rise_at_the_stop(record: Record, case: str) -> np.ndarray:
    """The same, at the stop."""
    return np.array([risen(run) for run in until_stop(record, case, losses(record, case))])


# --- Counts, by their medians -----------------------------------------------------------------


def more_dying(asked: str, record: Record, relu: str, leaky: str, sure: float = 0.95) -> Outcome:
    """Has ReLU more dying units than leaky ReLU, by more than one of 256?"""
    many, few = record.pair(relu, leaky, "dying")
    why = f"{span(many)} of {UNITS} units die with ReLU, {span(few)} with leaky ReLU"
    return of_median(above, asked, many - few, 1, why, record, confidence=sure)


def none_dead(asked: str, record: Record, *cases: str) -> Outcome:
    """Does every unit answer differently to some images, in all runs of these cases?"""
    most = max(int(record(case, "dead").max()) for case in cases)
    least = min(record(case, "least_spread").min() for case in cases)
    number = f"the most in any run: {most} of {UNITS}; each varies by {least:.2f} or more"
    return identity(asked, most == 0, number, record, seeds=record.seeds)


# --- The claims -------------------------------------------------------------------------------


def rounds_to_ninety(asked: str, accuracy: Interval, record: Record) -> Outcome:
    """Does the interval of an accuracy lie between 0.895 and 0.905?"""
    return inside(asked, accuracy, *ROUNDS_TO_NINETY, record, unit="%")


@claim("L1")
def about_ninety(leaky_full: Record) -> Judgement:
    """The network reaches about 90 %."""
    test = mean_interval(leaky_full(OWN, "test_accuracy"), confidence())
    return judge(
        rounds_to_ninety("test accuracy rounds to 90%", test, leaky_full),
        also=[
            rounds_to_ninety(
                "validation accuracy rounds to 90%",
                mean_interval(settled(leaky_full, OWN)),
                leaky_full,
            )
        ],
        set_up="784–256–10, leaky ReLU, dropout 0.3, Adam, batch 64, both callbacks, at the stop.",
        weakened="The project does not say on which images it expects its accuracy.",
    )


@claim("L2")
def dying_units_are_rare(leaky_full: Record, dying_units: Record) -> Judgement:
    """Leaky ReLU leaves hardly any dying units, and ReLU does not."""
    dying = leaky_full(OWN, "dying")
    few = f"{span(dying)} of {UNITS} units are dying"
    gone, dead = (leaky_full("ReLU", kind) for kind in ("dying", "dead"))
    return judge(
        more_dying(
            "dying units, ReLU minus leaky ReLU", leaky_full, "ReLU", OWN, sure=confidence(2)
        ),
        of_median(
            below,
            "at most 1% of the units of leaky ReLU are dying",
            dying / UNITS,
            0.01,
            few,
            leaky_full,
            confidence=confidence(2),
            unit="%",
            digits=2,
        ),
        also=[
            none_dead("at full length no unit of leaky ReLU is dead", leaky_full, OWN),
            identity(
                "at full length every dying unit of ReLU is dead",
                bool((gone == dead).all()),
                f"{span(gone)} of {UNITS} are dying, {span(dead)} dead",
                leaky_full,
                seeds=leaky_full.seeds,
            ),
            none_dead(
                "after two epochs no unit of leaky ReLU is dead, in any of five settings",
                dying_units,
                *(f"leaky ReLU, {setting}" for setting in SETTINGS),
            ),
            *(
                more_dying(
                    f"dying units after two epochs, ReLU minus leaky ReLU, {setting}",
                    dying_units,
                    f"ReLU, {setting}",
                    f"leaky ReLU, {setting}",
                )
                for setting in SETTINGS
            ),
        ],
        set_up="784–256–10, dropout 0.3, Adam, batch 64, with both callbacks at full length.",
    )


@claim("L3")
def wider_is_better(leaky_full: Record) -> Judgement:
    """256 units have better capacity than 128."""
    return judge(
        gain(
            "256 units over 128, full length",
            over(leaky_full, "128 units", sure=confidence()),
            leaky_full,
        ),
        also=[
            gain(
                "256 units over 128, after ten epochs",
                over(leaky_full, "128 units", early),
                leaky_full,
            ),
        ],
    )


@claim("L4")
def start_helps_the_gradient(leaky_gradients: Record, leaky_full: Record) -> Judgement:
    """The initialiser he_normal improves the flow of the gradient."""
    own, other = shared(*(accuracies(leaky_full, case) for case in (OWN, "glorot_uniform")))
    new, old = epochs_to(own, 0.88), epochs_to(other, 0.88)
    return judge(
        above(
            "first-layer gradient at the start, he_normal over glorot_uniform",
            first_gradient(leaky_gradients, sure=confidence()),
            1.1,
            leaky_gradients,
            none=1,
            unit="times",
        ),
        also=[
            gain(
                "accuracy at full length, he_normal over glorot_uniform",
                over(leaky_full, "glorot_uniform"),
                leaky_full,
            ),
            gain(
                "accuracy after ten epochs, he_normal over glorot_uniform",
                over(leaky_full, "glorot_uniform", early),
                leaky_full,
            ),
            of_median(
                above,
                "epochs to an accuracy of 0.88, glorot_uniform minus he_normal",
                old - new,
                0,
                f"{span(new)} epochs with he_normal, {span(old)} with glorot_uniform",
                leaky_full,
            ),
            *(
                above(
                    f"the same of {depth} hidden layers of {UNITS} units",
                    first_gradient(leaky_gradients, depth),
                    1.1,
                    leaky_gradients,
                    none=1,
                    unit="times",
                )
                for depth in (2, 4, 6)
            ),
        ],
        set_up="The length of the first weights' gradient over 1,000 training images.",
        weakened="Measured without dropout.",
    )


@claim("L5")
def schedule_and_stop_stabilise(leaky_full: Record) -> Judgement:
    """Halving the rate on plateaus and stopping early make the training more stable."""
    last = accuracies(leaky_full, OWN).shape[1]

    def smoothed(asked: str, difference: Interval) -> Outcome:
        return gain(asked, difference, leaky_full, margin=CALM, unit="nats", digits=4)

    return judge(
        smoothed(
            "roughness from the first reduction to the stop, lower with the scheduler by",
            smoother(leaky_full, sure=confidence(2)),
        ),
        not_worse(
            f"early stopping against the whole run of {last} epochs",
            stopping(leaky_full, OWN, confidence(2)),
            leaky_full,
        ),
        also=[
            smoothed(
                f"scheduler alone: roughness from the first reduction to epoch {last}, lower by",
                smoother(leaky_full, stopped=False),
            ),
            gain(
                f"scheduler alone: accuracy over the last fifth of {last} epochs",
                over(leaky_full, CONSTANT, whole),
                leaky_full,
            ),
            not_worse(
                f"early stopping alone, at a constant rate, against the whole run of {last} epochs",
                stopping(leaky_full, CONSTANT),
                leaky_full,
            ),
        ],
        set_up="784–256–10, leaky ReLU, dropout 0.3, Adam, batch 64. The stop keeps the last "
        "weights, as Keras's does by default.",
    )


@claim("L6")
def promised_pictures(leaky_full: Record) -> Judgement:
    """The promised pictures and tables are shown."""
    right = leaky_full(OWN, "test_right")
    runs, classes = right.shape
    worst, best = (place(right[0]) for place in (np.argmin, np.argmax))
    named = np.bincount(right.argmin(axis=1), minlength=classes)
    shown = pictures_on(text_of(PAGE))
    seeds = leaky_full.seeds
    return judge(
        identity(
            "samples raw and scaled, history, activations and accuracy by class are shown",
            shown == sum(PICTURES.values()),
            f"{shown} of {sum(PICTURES.values())} plots are on this page",
        ),
        identity(
            "each class has its accuracy with an interval",
            classes == len(CLASS_NAMES),
            f"{classes} classes",
            leaky_full,
            seeds=seeds,
        ),
        identity(
            "the best and the worst class are named",
            worst != best,
            f"in the first run {CLASS_NAMES[best]}, {by_class(right[0], best):.1%}, and "
            f"{CLASS_NAMES[worst]}, {by_class(right[0], worst):.1%}",
            leaky_full,
            seeds=seeds,
        ),
        also=[
            share(
                f"{CLASS_NAMES[named.argmax()]} is worst in nine of ten runs",
                int(named.max()),
                runs,
                0.9,
                leaky_full,
            )
        ],
        set_up="The project's network at full length, on the 10,000 test images.",
    )


@claim("L7")
def leaky_beats_relu(leaky_full: Record, leaky_slopes: Record) -> Judgement:
    """Leaky ReLU beats ReLU in accuracy."""
    return judge(
        gain(
            "leaky ReLU over ReLU, full length",
            over(leaky_full, "ReLU", sure=confidence()),
            leaky_full,
        ),
        also=[
            gain(
                "leaky ReLU over ReLU, after ten epochs",
                over(leaky_full, "ReLU", early),
                leaky_full,
            ),
            *(
                gain(
                    f"{case} over ReLU, ten epochs",
                    ahead(leaky_slopes, case, "ReLU", 0.95),
                    leaky_slopes,
                )
                for case in leaky_slopes.cases
                if case != "ReLU"
            ),
        ],
        weakened="At full length one slope, 0.1.",
    )


@claim("L8")
def sixty_four_is_best(leaky_full: Record) -> Judgement:
    """A batch size of 64 is the best."""
    sizes = ("32", "128")
    return judge(
        *(
            not_worse(
                f"batches of 64 against {size}, full length",
                over(leaky_full, f"batch {size}", sure=confidence(2)),
                leaky_full,
            )
            for size in sizes
        ),
        also=[
            not_worse(
                f"batches of 64 against {size}, after ten epochs",
                over(leaky_full, f"batch {size}", early),
                leaky_full,
            )
            for size in sizes
        ],
        weakened="One learning rate for all three sizes.",
    )


@claim("L9")
def dropout_prevents_overfitting(leaky_full: Record) -> Judgement:
    """Dropout of 0.3 prevents overfitting."""
    none, half = "no dropout", "dropout 0.5"
    last = accuracies(leaky_full, OWN).shape[1]

    def less(asked: str, more: str, fewer: str, measure: Callable, sure: float = 0.95) -> Outcome:
        both = shared(*(measure(leaky_full, case) for case in (more, fewer)))
        found = paired_difference(*both, sure)
        return gain(asked, found, leaky_full, margin=OVERFITS, unit="nats", digits=3)

    def overfits(asked: str, rises: np.ndarray, sure: float = 0.95) -> Outcome:
        found = mean_interval(rises, sure)
        return above(asked, found, OVERFITS, leaky_full, unit="nats", digits=3)

    return judge(
        overfits(
            f"without dropout the validation loss has risen after {last} epochs, by",
            rise(leaky_full, none),
            confidence(2),
        ),
        less("with dropout 0.3 it rises less, by", none, OWN, rise, confidence(2)),
        also=[
            overfits(
                "without dropout the validation loss has risen at the stop, by",
                rise_at_the_stop(leaky_full, none),
            ),
            less("with dropout 0.3 it rises less by the stop, by", none, OWN, rise_at_the_stop),
            less("with dropout 0.5 it rises less than with 0.3, by", OWN, half, rise),
            *(
                gain(
                    f"the gap at the stop is narrower with dropout {more} than with {fewer}, by",
                    paired_difference(*shared(*(gap(leaky_full, case) for case in cases))),
                    leaky_full,
                )
                for more, fewer, cases in (
                    ("0.3", "none", (none, OWN)),
                    ("0.5", "0.3", (OWN, half)),
                )
            ),
            below(
                "with dropout 0.3 the gap at the stop is below 0.3 points",
                mean_interval(gap(leaky_full, OWN)),
                MARGIN,
                leaky_full,
                unit="points",
            ),
            *(
                gain(f"accuracy, dropout 0.3 over {told}, {when}", difference, leaky_full)
                for told, change in (("none", none), ("0.5", half))
                for when, difference in (
                    ("full length", over(leaky_full, change)),
                    ("after ten epochs", over(leaky_full, change, early)),
                )
            ),
        ],
        set_up="The gap is training minus validation accuracy, dropout off in both.",
        weakened="The scheduler lowers the rate, which holds back a rise as well.",
    )


# --- What the claims and the text share -------------------------------------------------------


def pictures_on(page: str) -> int:
    """How many of the project's five plots a page's text draws."""
    lines = [line.strip() for line in page.splitlines()]
    return sum(plots for name, plots in PICTURES.items() if f"name: fig-leaky-{name}" in lines)


def by_class(right: np.ndarray, place: int) -> Interval:
    """Accuracy of a class with Wilson's interval, from the right answers of 1,000 images each."""
    return wilson(int(right[place]), 1000)


def smoother(leaky_full: Record, *, stopped: bool = True, sure: float = 0.95) -> Interval:
    """By how much less the validation loss rises between epochs, with the scheduler, in nats.

    Mean rise from one epoch to the next, falls counted as 0, from the first reduction of a seed's
    rate to its stop, or to the end; without the scheduler, in the same epochs.
    """
    ends = stops(leaky_full, OWN) if stopped else [None] * len(leaky_full(OWN, "stop"))
    starts = leaky_full(OWN, "first_reduced").astype(int) - 2  # the last epoch at the full rate

    def rises(curves: np.ndarray) -> np.ndarray:
        steps = (
            np.diff(curve[start:end])
            for curve, start, end in zip(curves, starts, ends, strict=False)
        )
        return np.array([np.maximum(step, 0).sum() / max(len(step), 1) for step in steps])

    constant, halved = (losses(leaky_full, case) for case in (CONSTANT, OWN))
    return paired_difference(*shared(rises(constant), rises(halved)), sure)


def stopping(leaky_full: Record, case: str, sure: float = 0.95) -> Interval:
    """Accuracy by the stop minus that by the end, of runs that went on after their stop."""
    return paired_difference(settled(leaky_full, case), whole(leaky_full, case), sure)


def first_gradient(leaky_gradients: Record, depth: int = 1, sure: float = 0.95) -> Interval:
    """How many times as long the first weights' gradient is with he_normal as with the other."""
    cases = (f"{kind}, {depth} hidden" for kind in ("he_normal", "glorot_uniform"))
    return paired_ratio(*leaky_gradients.pair(*cases, "length"), sure)


# --- What sentences of the page rely on -------------------------------------------------------


@finding
def early_deaths(dying_units: Record) -> float:
    """Dying units of ReLU after two epochs at the project's settings, of 256."""
    for setting in SETTINGS:
        relu, leaky = dying_units.pair(f"ReLU, {setting}", f"leaky ReLU, {setting}", "dying")
        expect((relu > leaky).all(), f"ReLU has more dying units in every run ({setting})")
        dead = dying_units(f"leaky ReLU, {setting}", "dead")
        expect(dead.max() == 0, f"no unit of leaky ReLU is dead ({setting})")
    return float(dying_units("ReLU, as it is", "dying").mean())


def leak(dying_units: Record, setting: str) -> Interval:
    """Leaky ReLU minus ReLU in validation accuracy after two epochs."""
    return dying_units.difference(f"leaky ReLU, {setting}", f"ReLU, {setting}", "val_accuracy")


@finding
def leak_at_the_highest_rate(dying_units: Record) -> Interval:
    """Leaky ReLU minus ReLU after two epochs at a rate of 0.1, where nearly all units are gone."""
    *others, highest = (leak(dying_units, setting) for setting in SETTINGS)
    expect(highest.low > 0, "leaky ReLU is ahead where nearly all units of ReLU are gone")
    expect(all(found.low <= 0 for found in others), "in the other settings no gain can be seen")
    return highest


@finding
def leak_with_glorot(dying_units: Record) -> Interval:
    """Leaky ReLU minus ReLU after two epochs with glorot_uniform."""
    behind = [setting for setting in SETTINGS if leak(dying_units, setting).high < 0]
    expect(behind == ["glorot_uniform"], "with glorot_uniform alone leaky ReLU is surely behind")
    return leak(dying_units, "glorot_uniform")


@finding
def fewest_dead_at_the_stop(leaky_full: Record) -> int:
    """The fewest dying units of ReLU in any run at full length."""
    expect(leaky_full(OWN, "dying").max() == 0, "at full length no unit of leaky ReLU is dying")
    return int(leaky_full("ReLU", "dying").min())


@finding
def most_dead_at_the_stop(leaky_full: Record) -> int:
    """The most dying units of ReLU in any run at full length."""
    return int(leaky_full("ReLU", "dying").max())


@finding
def validation_lead(leaky_full: Record) -> Interval:
    """Validation minus test accuracy at the stop, of images that steered nothing."""
    found = lead_over_test(leaky_full, OWN)
    expect(found.low > 0, "validation is higher")
    return found


@finding
def unwatched_lead(leaky_full: Record) -> Interval:
    """The same of plain training at a constant rate."""
    found, steered = (lead_over_test(leaky_full, case) for case in (CONSTANT, OWN))
    expect(found.low > 0, "validation is higher without a scheduler as well")
    alike = found.low < steered.high and steered.low < found.high
    expect(alike, "with the scheduler the difference is about the same")
    return found


def lead_over_test(leaky_full: Record, case: str) -> Interval:
    """Validation minus test accuracy at the stop."""
    return paired_difference(at_the_stop(leaky_full, case), leaky_full(case, "test_accuracy"))


def unrest(curve: np.ndarray) -> float:
    """Mean change of accuracy from epoch to epoch, over the last ten epochs."""
    return float(np.abs(np.diff(curve[-11:])).mean())


@finding
def unrest_at_the_end(leaky_full: Record) -> Interval:
    """Mean change from epoch to epoch in the last ten epochs before the stop, as a share."""
    ends = stops(leaky_full, OWN)
    halved, constant = (
        np.array([unrest(curve[:end]) for curve, end in zip(curves, ends, strict=False)])
        for curves in (accuracies(leaky_full, case) for case in (OWN, CONSTANT))
    )
    calmer = paired_difference(*shared(constant, halved))
    expect(calmer.low > 0, "the end is calmer than the same epochs at a constant rate")
    return mean_interval(halved)


@finding
def smoother_by(leaky_full: Record) -> Interval:
    """By how much less the validation loss rises between epochs with the scheduler, in nats."""
    found = smoother(leaky_full)
    expect(found.low > 0, "with the scheduler the validation loss is smoother")
    expect(found.low <= CALM < found.high, "whether by more than 0.001 is open")
    return found


@finding
def wider_lead(leaky_full: Record) -> Interval:
    """256 units minus 128 at full length."""
    found = over(leaky_full, "128 units")
    expect(found.low > 0, "the wider layer is ahead")
    expect(verdict(found) == "undecided", "whether by more than the margin is open")
    return found


@finding
def behind_relu(leaky_full: Record) -> Interval:
    """Leaky ReLU minus ReLU at full length."""
    both = [over(leaky_full, "ReLU", score) for score in (early, settled)]
    expect(all(found.high < 0 for found in both), "ReLU is ahead at both lengths")
    return both[-1]


@finding
def level_with_smaller_batches(leaky_full: Record) -> Interval:
    """Batches of 64 minus batches of 32 at full length."""
    both = [over(leaky_full, f"batch {size}") for size in (32, 128)]
    expect(all(standing(found) == "level" for found in both), "64 is level with 32 and with 128")
    return both[0]


@finding
def answers_of_ten_epochs(leaky_full: Record) -> int:
    """For how many changes ten epochs give another verdict on a gain than full length."""
    changed = {
        change
        for change in leaky_full.cases
        if change not in (OWN, CONSTANT)
        and verdict(over(leaky_full, change)) != verdict(over(leaky_full, change, early))
    }
    named = {"batch 32", "no dropout", "dropout 0.5"}
    expect(changed == named, "full length answers otherwise for batches of 32 and for dropout")
    return len(changed)


@finding
def gradient_at_the_start(leaky_gradients: Record) -> Interval:
    """How many times as long the first gradient is with he_normal as with glorot_uniform."""
    found = first_gradient(leaky_gradients)
    expect(found.high <= 1.1, "a gradient longer by a tenth is ruled out")
    expect(found.low <= 1 <= found.high, "no difference in length is seen")
    return found


@finding
def gradient_six_layers_down(leaky_gradients: Record) -> Interval:
    """The same with six hidden layers."""
    found = first_gradient(leaky_gradients, 6)
    expect(found.low > 1.1, "with six hidden layers he_normal makes the gradient longer")
    return found


@finding
def rise_with_dropout(leaky_full: Record) -> Interval:
    """By how much the validation loss has risen at the stop with dropout of 0.3, in nats."""
    found = mean_interval(rise_at_the_stop(leaky_full, OWN))
    expect(found.low > 0 and found.high < OVERFITS, "it rises by less than is called overfitting")
    return found


@finding
def gap_narrowed(leaky_full: Record) -> Interval:
    """By how much dropout of 0.3 narrows the gap at the stop."""
    found = paired_difference(*shared(*(gap(leaky_full, case) for case in ("no dropout", OWN))))
    expect(found.low > 0, "dropout narrows the gap")
    expect(mean_interval(gap(leaky_full, OWN)).low > MARGIN, "a gap is left")
    return found


@finding
def worst_class(leaky_full: Record) -> str:
    """The class that every run has the fewest right answers for."""
    right = leaky_full(OWN, "test_right")
    places = {int(run.argmin()) for run in right}
    expect(len(places) == 1, "every run names the same worst class")
    lone = all(meets_none(run, int(run.argmin())) for run in right)
    expect(lone, "the interval of the worst class meets no other")
    return CLASS_NAMES[int(right[0].argmin())]


@finding
def best_class(leaky_full: Record) -> str:
    """The class that every run has the most right answers for."""
    right = leaky_full(OWN, "test_right")
    expect(len({int(run.argmax()) for run in right}) == 1, "every run names the same best class")
    lone = all(meets_none(run, int(run.argmax())) for run in right)
    expect(not lone, "the interval of the best class meets another")
    return CLASS_NAMES[int(right[0].argmax())]


def meets_none(right: np.ndarray, place: int) -> bool:
    """Whether the interval of a class lies apart from those of all others."""
    own, *others = (by_class(right, p) for p in (place, *np.delete(np.arange(len(right)), place)))
    return all(other.high < own.low or own.high < other.low for other in others)
