"""Leaky ReLU and dying units: what the records say of each choice that the project made."""

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
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings.first_edition._scores import at, epochs_to, late, risen, span
from book.sources import text_of
from lessons_src.data import CLASS_NAMES
from lessons_src.recorded import Record
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
UNITS = 256
SHORT = 10  # epochs after which every run was scored besides
ROUNDS_TO_NINETY = 0.895, 0.905  # the project expects an accuracy of 90 %
SETTINGS = ("as it is", "glorot_uniform", "biases from −1", "rate 0.01", "rate 0.1")
STEERED = "One fixed split; the images that score also steered the schedule and the stop"
PAGE = Path(__file__).resolve().parents[2] / "case-studies" / "leaky-relu.md"
#: Figures of the page that hold the project's five plots; the first holds two of them.
PICTURES = {"samples": 2, "history": 1, "activations": 1, "classes": 1}


# --- Scores of runs that stop by themselves ---------------------------------------------------


def settled(record: Record, case: str) -> np.ndarray:
    """Validation accuracy over the last fifth of each run's epochs, at least three, shape (seeds,).

    The curves of a record are of equal length; after the epoch in which a run stopped they are NaN.
    """
    runs = (curve[np.isfinite(curve)] for curve in record(case, "val_accuracy_curve"))
    return np.array([late(run) for run in runs])


def early(record: Record, case: str) -> np.ndarray:
    """Validation accuracy over epochs 8 to 10, shape (seeds,)."""
    return record(case, "val_accuracy_curve")[:, SHORT - 3 : SHORT].mean(axis=1)


def at_the_stop(record: Record, case: str, name: str = "val_accuracy_curve") -> np.ndarray:
    """A curve's value in the epoch in which each run stopped, shape (seeds,)."""
    curve = record(case, name)
    return at(curve, np.isfinite(curve).sum(axis=1))


def over(
    record: Record,
    change: str,
    score: Callable[[Record, str], np.ndarray] = settled,
    sure: float = 0.95,
) -> Interval:
    """What the project's own choice gains over a change, seed by seed, as a share."""
    return paired_difference(score(record, OWN), score(record, change), sure)


def gap(record: Record, case: str, *, short: bool = False) -> np.ndarray:
    """Training minus validation accuracy, both of the network as it is then, shape (seeds,).

    At the stop, or after ten epochs (`short`).
    """
    if short:
        reached = record(case, "val_accuracy_curve")[:, SHORT - 1]
        return record(case, "short_train_accuracy") - reached
    return record(case, "train_accuracy") - at_the_stop(record, case)


def rise(record: Record, case: str) -> np.ndarray:
    """By how much the validation loss has risen again at the stop, in nats, shape (seeds,)."""
    runs = (curve[np.isfinite(curve)] for curve in record(case, "val_loss_curve"))
    return np.array([risen(run) for run in runs])


# --- Counts, whose medians need many seeds ----------------------------------------------------


def more_dying(asked: str, record: Record, relu: str, leaky: str, sure: float = 0.95) -> Outcome:
    """Has ReLU more dying units than leaky ReLU, by more than one of 256?"""
    many, few = (record(case, "dying") for case in (relu, leaky))
    why = f"{span(many)} of {UNITS} units die with ReLU, {span(few)} with leaky ReLU"
    return of_median(above, asked, many - few, 1, why, record, confidence=sure)


def none_constant(asked: str, record: Record, *cases: str) -> Outcome:
    """Does every unit vary, in all runs of these cases?"""
    most = max(int(record(case, "constant").max()) for case in cases)
    number = f"the most in any run: {most} of {UNITS}"
    return identity(asked, most == 0, number, record, seeds=record.seeds)


# --- The claims -------------------------------------------------------------------------------


def rounds_to_ninety(asked: str, accuracy: Interval, record: Record) -> Outcome:
    """Does the interval of an accuracy lie between 0.895 and 0.905?"""
    return inside(asked, accuracy, *ROUNDS_TO_NINETY, record, unit="%")


@claim("L1")
def about_ninety(leaky_full: Record) -> Judgement:
    """The network reaches about 90 %."""
    test, validation = leaky_full(OWN, "test_accuracy"), settled(leaky_full, OWN)
    return judge(
        rounds_to_ninety("test accuracy rounds to 90%", mean_interval(test), leaky_full),
        also=[
            rounds_to_ninety(
                "validation accuracy rounds to 90%", mean_interval(validation), leaky_full
            )
        ],
        set_up="784–256–10, leaky ReLU, dropout 0.3, Adam, batch 64, both callbacks, at the stop.",
        weakened="The project does not say on which images it expects its accuracy.",
    )


@claim("L2")
def dying_units_are_rare(leaky_full: Record, dying_units: Record) -> Judgement:
    """Leaky ReLU leaves hardly any dying units, and ReLU does not."""
    shared = confidence(2, looks=1)
    own = leaky_full(OWN, "dying") / UNITS
    at_most = "at most 1% of the units of leaky ReLU are dying"
    few = f"{span(own * UNITS)} of {UNITS} units are dying"
    return judge(
        more_dying("dying units, ReLU minus leaky ReLU", leaky_full, "ReLU", OWN, shared),
        of_median(
            below, at_most, own, 0.01, few, leaky_full, confidence=shared, unit="%", digits=2
        ),
        also=[
            none_constant("at full length no unit of leaky ReLU is constant", leaky_full, OWN),
            none_constant(
                "after two epochs no unit of leaky ReLU is constant, in any of five settings",
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
        gain("256 units over 128, full length", over(leaky_full, "128 units"), leaky_full),
        also=[
            gain(
                "256 units over 128, after ten epochs",
                over(leaky_full, "128 units", early),
                leaky_full,
            ),
        ],
        weakened=f"{STEERED}.",
    )


@claim("L4")
def start_helps_the_gradient(
    leaky_gradients: Record, leaky_full: Record, gradients: Record
) -> Judgement:
    """The initialiser he_normal improves the flow of the gradient."""
    own, other = (leaky_full(case, "val_accuracy_curve") for case in (OWN, "glorot_uniform"))
    new, old = epochs_to(own, 0.88), epochs_to(other, 0.88)
    return judge(
        above(
            "first-layer gradient at the start, he_normal over glorot_uniform",
            first_gradient(leaky_gradients),
            1.1,
            leaky_gradients,
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
            above(
                "the same of six hidden layers of 128 units",
                deep_gradient(gradients),
                1.1,
                gradients,
                unit="times",
                digits=1,
            ),
        ],
        set_up="The length of the hidden weights' gradient over 1,000 training images.",
        weakened="Measured without dropout.",
    )


@claim("L5")
def schedule_and_stop_stabilise(leaky_full: Record, leaky_constant: Record) -> Judgement:
    """Halving the rate on plateaus and stopping early make the training more stable."""
    last = leaky_constant("no scheduler", "val_loss_curve").shape[1]
    return judge(
        unmeasured(
            "roughness from the first reduction to the stop, lower with the scheduler",
            f"no runs at a constant rate as long as these; today's end after {last} epochs",
        ),
        unmeasured(
            "early stopping against the whole run", "no run went on after it would have stopped"
        ),
        also=[
            gain(
                f"scheduler alone: roughness from the first reduction to epoch {last}, lower by",
                smoother(leaky_full, leaky_constant),
                leaky_full,
                leaky_constant,
                margin=0.001,
                unit="nats",
                digits=4,
            ),
            gain(
                f"scheduler alone: accuracy over the last fifth of {last} epochs",
                scheduled(leaky_full, leaky_constant),
                leaky_full,
                leaky_constant,
            ),
            unmeasured("early stopping alone", "no run went on after it would have stopped"),
        ],
        set_up="784–256–10, leaky ReLU, dropout 0.3, Adam, batch 64.",
    )


@claim("L6")
def promised_pictures(leaky_full: Record) -> Judgement:
    """The promised pictures and tables are shown."""
    right = leaky_full(OWN, "test_right")
    runs, classes = right.shape
    worst, best = (place(right[0]) for place in (np.argmin, np.argmax))
    named = np.bincount(right.argmin(axis=1), minlength=classes)
    shown = pictures_on(text_of(PAGE))
    images = leaky_full.seeds
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
            seeds=images,
        ),
        identity(
            "the best and the worst class are named",
            worst != best,
            f"in the first run {CLASS_NAMES[best]}, {by_class(right[0], best):.1%}, and "
            f"{CLASS_NAMES[worst]}, {by_class(right[0], worst):.1%}",
            leaky_full,
            seeds=images,
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
def leaky_beats_relu(leaky_full: Record) -> Judgement:
    """Leaky ReLU beats ReLU in accuracy."""
    unknown = "not recorded"
    return judge(
        gain("leaky ReLU over ReLU, full length", over(leaky_full, "ReLU"), leaky_full),
        also=[
            gain(
                "leaky ReLU over ReLU, after ten epochs",
                over(leaky_full, "ReLU", early),
                leaky_full,
            ),
            unmeasured("slopes of 0.01 to 0.3 over ReLU", unknown),
            unmeasured("PReLU and ELU over ReLU", unknown),
        ],
        weakened=f"{STEERED}. One slope, 0.1.",
    )


@claim("L8")
def sixty_four_is_best(leaky_full: Record) -> Judgement:
    """A batch size of 64 is the best."""
    sizes = ("32", "128")
    return judge(
        *(
            not_worse(
                f"batches of 64 against {size}, full length",
                over(leaky_full, f"batch {size}", settled, confidence(2, looks=1)),
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
        weakened=f"{STEERED}. One learning rate for all three sizes.",
    )


@claim("L9")
def dropout_prevents_overfitting(leaky_full: Record) -> Judgement:
    """Dropout of 0.3 prevents overfitting."""
    none, half = "no dropout", "dropout 0.5"
    has = f"with dropout 0.3 it rises by {mean_interval(rise(leaky_full, OWN)):.3f} nats"
    narrowed = [
        gain(
            f"the gap {when} is narrower with dropout {less} than with {more}, by",
            paired_difference(
                gap(leaky_full, wide, short=short), gap(leaky_full, narrow, short=short)
            ),
            leaky_full,
        )
        for less, narrow, more, wide in (("0.3", OWN, "none", none), ("0.5", half, "0.3", OWN))
        for when, short in (("at the stop", False), ("after ten epochs", True))
    ]
    return judge(
        unmeasured(
            "without dropout the validation loss rises",
            "the loss of the runs without dropout was not kept",
        ),
        unmeasured(
            "with dropout 0.3 it rises less",
            f"the loss of the runs without dropout was not kept; {has}",
        ),
        also=[
            *narrowed,
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
    )


# --- What the claims and the text share -------------------------------------------------------


def pictures_on(page: str) -> int:
    """How many of the project's five plots a page's text draws."""
    lines = [line.strip() for line in page.splitlines()]
    return sum(plots for name, plots in PICTURES.items() if f"name: fig-leaky-{name}" in lines)


def by_class(right: np.ndarray, place: int) -> Interval:
    """Accuracy of a class with Wilson's interval, from the right answers of 1,000 images each."""
    return wilson(int(right[place]), 1000)


def first_reductions(leaky_full: Record) -> np.ndarray:
    """The place of the first epoch at a reduced rate, counted from 0, shape (seeds,)."""
    rates = leaky_full(OWN, "learning_rate_curve")
    return (rates < rates[:, :1]).argmax(axis=1)


def smoother(leaky_full: Record, leaky_constant: Record) -> Interval:
    """By how much less the validation loss rises between epochs, with the scheduler, in nats.

    Mean rise from one epoch to the next, falls counted as 0, from the first reduction of a seed to
    the end of the runs at a constant rate.
    """
    constant = leaky_constant("no scheduler", "val_loss_curve")
    halved = leaky_full(OWN, "val_loss_curve")[:, : constant.shape[1]]

    def rises(losses: np.ndarray) -> np.ndarray:
        """From the last epoch at the full rate on."""
        starts = first_reductions(leaky_full) - 1
        steps = (np.diff(loss[start:]) for loss, start in zip(losses, starts, strict=True))
        return np.array([np.maximum(step, 0).mean() for step in steps])

    return paired_difference(rises(constant), rises(halved))


def scheduled(leaky_full: Record, leaky_constant: Record) -> Interval:
    """What the scheduler gains in accuracy by the end of the runs at a constant rate."""
    constant = leaky_constant("no scheduler", "val_accuracy_curve")
    last = constant.shape[1]
    halved = leaky_full(OWN, "val_accuracy_curve")[:, :last]
    scores = [curve[:, -max(3, last // 5) :].mean(axis=1) for curve in (halved, constant)]
    return paired_difference(*scores)


def first_gradient(leaky_gradients: Record) -> Interval:
    """How many times as long the first gradient is with he_normal as with glorot_uniform."""
    he, glorot = (leaky_gradients(kind, "length") for kind in ("he_normal", "glorot_uniform"))
    return paired_ratio(he, glorot)


def deep_gradient(gradients: Record) -> Interval:
    """The same of the first of six hidden layers of leaky ReLU."""
    he, glorot = (
        gradients(f"leaky_relu, 6 hidden, {kind}", "gradient_before")[:, 0]
        for kind in ("he_normal", "glorot_uniform")
    )
    return paired_ratio(he, glorot)


# --- What sentences of the page rely on -------------------------------------------------------


@finding
def early_deaths(dying_units: Record) -> float:
    """Dying units of ReLU after two epochs at the project's settings, of 256."""
    for setting in SETTINGS:
        relu, leaky = (
            dying_units(f"{name}, {setting}", "dying") for name in ("ReLU", "leaky ReLU")
        )
        expect((relu > leaky).all(), f"ReLU has more dying units in every run ({setting})")
        constant = dying_units(f"leaky ReLU, {setting}", "constant")
        expect(constant.max() == 0, f"no unit of leaky ReLU is constant ({setting})")
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
def validation_lead(leaky_full: Record, cures: Record) -> Interval:
    """Validation minus test accuracy of the project's network when it stopped."""
    found = paired_difference(at_the_stop(leaky_full, OWN), leaky_full(OWN, "test_accuracy"))
    expect(found.low > 0, "validation is higher")
    unwatched = plain_lead(cures)
    alike = unwatched.low < found.high and found.low < unwatched.high
    expect(alike, "runs without any callback show about the same difference")
    return found


@finding
def unwatched_lead(cures: Record) -> Interval:
    """Validation minus test accuracy after 30 epochs of plain training, without any callback."""
    found = plain_lead(cures)
    expect(found.low > 0, "validation is higher without any callback as well")
    return found


def plain_lead(cures: Record) -> Interval:
    """Validation minus test accuracy in the last epoch of the runs without a cure."""
    validation, test = (cures("none", f"{part}_accuracy_curve")[:, -1] for part in ("val", "test"))
    return paired_difference(validation, test)


def unrest(curves: np.ndarray) -> np.ndarray:
    """Mean change of accuracy from epoch to epoch, the last ten of these epochs, shape (seeds,)."""
    return np.abs(np.diff(curves[:, -11:], axis=1)).mean(axis=1)


@finding
def unrest_at_the_end(leaky_full: Record, leaky_constant: Record) -> Interval:
    """Mean change from epoch to epoch in the last ten epochs before the stop, as a share."""
    constant = leaky_constant("no scheduler", "val_accuracy_curve")
    curves = leaky_full(OWN, "val_accuracy_curve")
    early = paired_difference(unrest(constant), unrest(curves[:, : constant.shape[1]]))
    expect(early.low <= 0 <= early.high, "no difference in unrest is seen by epoch 40")
    runs = (curve[None, np.isfinite(curve)] for curve in curves)
    late = mean_interval([unrest(run)[0] for run in runs])
    expect(
        late.high < mean_interval(unrest(constant)).low, "the end is calmer than epochs 31 to 40"
    )
    return late


@finding
def smoother_by(leaky_full: Record, leaky_constant: Record) -> Interval:
    """By how much less the validation loss rises between epochs with the scheduler, in nats."""
    found = smoother(leaky_full, leaky_constant)
    expect(found.low > 0, "with the scheduler the validation loss is smoother")
    expect(found.low <= 0.001 < found.high, "whether by more than 0.001 is open")
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
        if change != OWN
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
def gradient_six_layers_down(gradients: Record) -> Interval:
    """The same with six hidden layers."""
    found = deep_gradient(gradients)
    expect(found.low > 1.1, "with six hidden layers he_normal makes the gradient longer")
    return found


@finding
def rise_with_dropout(leaky_full: Record) -> Interval:
    """By how much the validation loss has risen at the stop with dropout of 0.3, in nats."""
    found = mean_interval(rise(leaky_full, OWN))
    expect(found.low > 0 and found.high < 0.01, "it rises by less than is called overfitting")
    return found


@finding
def gap_narrowed(leaky_full: Record) -> Interval:
    """By how much dropout of 0.3 narrows the gap at the stop."""
    pairs = [
        (gap(leaky_full, "no dropout", short=s), gap(leaky_full, OWN, short=s)) for s in (0, 1)
    ]
    stop, ten = (paired_difference(*pair) for pair in pairs)
    expect(stop.low > 0 and ten.low > 0, "dropout narrows the gap at both lengths")
    expect(mean_interval(gap(leaky_full, OWN)).low > MARGIN, "a gap is left")
    return stop


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
