"""Stochastic gradient descent: what the records say of rates, batches, noise and cost."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from book.claims import (
    Judgement,
    Outcome,
    above,
    below,
    confidence,
    gain,
    identity,
    judge,
    not_worse,
    of_median,
    share,
    unmeasured,
)
from book.findings import _rates, claim, expect, finding
from book.findings import printed_figures as printed
from book.findings._scores import ahead, chosen, epochs_to, finite, negative, score
from lessons_src.recorded import Record, shared
from lessons_src.stats import Interval, mean_interval, paired_difference, paired_ratio

#: Ten epochs of plain SGD still climb, so that only the last one counts.
climbed = partial(score, climbing=True)


def shared_difference(a: np.ndarray, b: np.ndarray, sure: float = 0.95) -> Interval:
    """Mean of a - b over the seeds that both have run."""
    return paired_difference(*shared(a, b), sure)


def shared_ratio(a: np.ndarray, b: np.ndarray, sure: float = 0.95) -> Interval:
    """Mean of a / b over the seeds that both have run."""
    return paired_ratio(*shared(a, b), sure)


# --- Is 0.01 the best rate? -----------------------------------------------------

OSCILLATES = 0.2  # the share of the epochs in which a loss rises


def rises(record: Record, case: str) -> np.ndarray:
    """The share of the epochs in which the training loss rises, shape (seeds,)."""
    return (np.diff(record(case, "loss_curve"), axis=1) > 0).mean(axis=1)


def grid_of(series_rates: Record, epochs: int) -> list[str]:
    """The cases of the series' network and batches that train for so many epochs, by rate."""
    return [case for case in series_rates.cases if case.endswith(f", {epochs} epochs")]


def calm(series_rates: Record) -> list[str]:
    """The source's rate, and those of ten epochs whose training loss does not oscillate.

    That is told by the seeds for choosing.
    """
    choices = series_rates.choices
    quiet = [c for c in grid_of(series_rates, 10) if rises(choices, c).mean() <= OSCILLATES]
    return ["0.01, 10 epochs", *quiet]


def behind_best(series_rates: Record, epochs: int, grid: Sequence[str], sure: float) -> Interval:
    """Score of the rate 0.01 minus that of the best of the grid, which is chosen on other seeds."""
    climbing = epochs == 10
    best = chosen(series_rates, grid, climbed if climbing else score)
    return ahead(series_rates, f"0.01, {epochs} epochs", best, sure, climbing=climbing)


def in_series(series_rates: Record, sure: float = 0.95) -> Interval:
    """Rate 0.01 minus the best of the grid, in the series' set-up."""
    return behind_best(series_rates, 10, grid_of(series_rates, 10), sure)


def fifty_epochs(series_rates: Record) -> Interval:
    """The same after fifty epochs."""
    return behind_best(series_rates, 50, grid_of(series_rates, 50), 0.95)


@finding
def short_of_best(series_rates: Record) -> Interval:
    """Rate 0.01 minus the best of the grid after ten epochs of the series' set-up."""
    return negative(in_series(series_rates))


@finding
def short_of_best_later(series_rates: Record) -> Interval:
    """Rate 0.01 minus the best of the grid after fifty epochs of the series' set-up."""
    return negative(fifty_epochs(series_rates))


SET_UP = "784–128–128–10, ReLU, dropout 0.2 twice, SGD, batches of 1,000, on 48,000 images."


@claim("S4.1")
def sweet_spot(series_rates: Record) -> Judgement:
    """Is 0.01 the sweet spot?"""
    against = "rate 0.01 against the best of the grid"
    return judge(
        not_worse(
            f"{against}, 10 epochs", in_series(series_rates, confidence()), series_rates, digits=1
        ),
        also=[
            not_worse(f"{against}, 50 epochs", fifty_epochs(series_rates), series_rates, digits=1),
            not_worse(
                f"{against}, 10 epochs, of those rates whose training loss rises in at most a "
                "fifth of the epochs",
                behind_best(series_rates, 10, calm(series_rates), 0.95),
                series_rates,
                digits=1,
            ),
        ],
        set_up=SET_UP,
        weakened="The grid has about two rates a decade for 10 epochs, and three for 50.",
    )


@finding
def short_with_small_batches(learning_rates: Record) -> Interval:
    """Rate 0.01 minus the best of the grid: one hidden layer, batches of 32, ten epochs."""
    return negative(_rates.behind_best(learning_rates, "SGD"))


@claim("S8.2")
def worked_best(series_rates: Record, learning_rates: Record) -> Judgement:
    """Did 0.01 work best?"""
    return judge(
        not_worse(
            "rate 0.01 against the best of the grid, 10 epochs",
            in_series(series_rates, confidence()),
            series_rates,
            digits=1,
        ),
        also=[
            not_worse(
                "rate 0.01 against the best of the grid, one hidden layer, batches of 32",
                _rates.behind_best(learning_rates, "SGD"),
                learning_rates,
                digits=1,
            )
        ],
        set_up=SET_UP,
        weakened="Part 8 does not name its network; this is part 4's.",
    )


# --- Too high, too low ------------------------------------------------------------


def near(rates: Sequence[float], wanted: float) -> float | None:
    """The rate of a grid that is meant by this one; None where the grid has none."""
    found = min(rates, key=lambda rate: abs(np.log(rate / wanted)))
    return found if abs(np.log(found / wanted)) < 0.1 else None


def too_high(rates: Sequence[float], best: float, stays: Callable[[float], bool]) -> float | None:
    """Ten times the best rate, or the highest that stays finite if that is lower."""
    highest = max(filter(stays, rates))
    return highest if highest < 9 * best else near(rates, 10 * best)


def of_sgd(learning_rates: Record) -> dict[float, str]:
    """All cases of plain SGD by their rates."""
    return {
        settings["learning_rate"]: case
        for case, settings in learning_rates.cases.items()
        if settings["optimiser"] == "SGD"
    }


def oscillation(learning_rates: Record, sure: float) -> Outcome:
    """Does the training loss oscillate when the rate is too high?"""
    cases, best = of_sgd(learning_rates), _rates.best(learning_rates, "SGD")

    def stays(rate: float) -> bool:
        return bool(np.isfinite(learning_rates.choices(cases[rate], "loss_curve")).all())

    rate = too_high(list(cases), best, stays)
    if rate is None:
        return unmeasured("share of the epochs in which the training loss rises", NO_RATE)
    return above(
        f"share of the epochs in which the training loss rises, rate {rate:.2g}, best {best:.2g}",
        mean_interval(rises(learning_rates, cases[rate]), sure),
        OSCILLATES,
        learning_rates,
        unit="%",
        digits=0,
    )


NO_RATE = "the grid has no rate that is ten times, or a hundredth of, its best"


def stagnation(learning_rates: Record, sure: float) -> Outcome:
    """Does a hundredth of the best rate get less far?"""
    cases, best = of_sgd(learning_rates), _rates.best(learning_rates, "SGD")
    rate = near(list(cases), best / 100)
    asked = "the best rate over a hundredth of it, by more than a point"
    if rate is None:
        return unmeasured(asked, NO_RATE)
    both = (climbed(learning_rates, cases[one]) for one in (best, rate))
    difference = shared_difference(*both, sure)
    return gain(asked, difference, learning_rates, margin=0.01, digits=1)


#: Rates of the record two-parameters, in the order of its curves.
SLICE_RATES = (0.002, 0.006, 0.02, 0.06, 0.2, 0.6, 2.0)
LAST_STEPS = 10


def on_slice(two_parameters: Record) -> list[Outcome]:
    """The same two questions on a plane through the weights, of steps in place of epochs."""
    curves = two_parameters("slice", "loss_curve")  # seeds, rates, steps
    for_choosing = two_parameters.choices("slice", "loss_curve")
    late = for_choosing[..., -LAST_STEPS:].mean(axis=(0, 2))
    best = SLICE_RATES[int(np.nanargmin(late))]

    def stays(rate: float) -> bool:
        return bool(np.isfinite(for_choosing[:, SLICE_RATES.index(rate)]).all())

    def of(rate: float) -> np.ndarray:
        return curves[:, SLICE_RATES.index(rate)]

    def descent(rate: float) -> np.ndarray:
        return of(rate)[:, 0] - of(rate)[:, -LAST_STEPS:].mean(axis=1)

    high, low = too_high(SLICE_RATES, best, stays), near(SLICE_RATES, best / 100)
    plane = "on a slice with two parameters"
    share_of_steps = f"{plane}, share of the steps in which the loss rises"
    share_of_way = f"{plane}, what a hundredth of the best rate descends as a share of the best"
    return [
        unmeasured(share_of_steps, NO_RATE)
        if high is None
        else above(
            f"{share_of_steps}, rate {high:g}, best {best:g}",
            mean_interval((np.diff(of(high), axis=1) > 0).mean(axis=1)),
            OSCILLATES,
            two_parameters,
            unit="%",
            digits=0,
        ),
        unmeasured(share_of_way, NO_RATE)
        if low is None
        else below(
            f"{share_of_way}, below half",
            mean_interval(descent(low) / descent(best)),
            0.5,
            two_parameters,
            unit="%",
            digits=0,
        ),
    ]


@claim("S6.5")
def too_high_too_low(learning_rates: Record, two_parameters: Record) -> Judgement:
    """Do too high rates oscillate, and too low ones stagnate?"""
    both = confidence(2)
    return judge(
        oscillation(learning_rates, both),
        stagnation(learning_rates, both),
        also=on_slice(two_parameters),
        set_up=learning_rates.set_up,
        weakened="The training loss is Keras's mean over an epoch. The best rate is the one with "
        "the best accuracy, on other seeds; the grid has two a decade.",
    )


# --- How fast ---------------------------------------------------------------------

GOAL = 0.4  # of the validation loss, or of the training loss where it says so
SGD, MOMENTUM, ADAM = "SGD 0.01", "momentum 0.01", "Adam 0.001"  # of the record convergence


def epochs_of(record: Record, case: str) -> np.ndarray:
    """Epochs to the goal, shape (seeds,); one more than were run where it is not reached."""
    return epochs_to(-record(case, "val_loss_curve"), -GOAL)


def epochs_at_best(learning_rates: Record) -> np.ndarray:
    """The same for SGD at its best rate."""
    best = _rates.best(learning_rates, "SGD")
    return epochs_of(learning_rates, _rates.of(learning_rates, "SGD")[best])


def more_epochs(
    asked: str, a: np.ndarray, b: np.ndarray, *records: Record, sure: float = 0.95
) -> Outcome:
    """Does the first need more epochs than the second, in the median of the seeds?"""
    a, b = shared(a, b)
    means = f"the means are {a.mean():.1f} and {b.mean():.1f} epochs"
    return of_median(above, asked, a - b, 0, means, *records, confidence=sure, unit="epochs")


def seconds_to(epochs: np.ndarray, optimiser_seconds: Record, name: str) -> np.ndarray:
    """What so many epochs take, seed by seed."""
    epochs, seconds = shared(epochs, optimiser_seconds("in turn", f"seconds_{name}"))
    return epochs * seconds


@claim("S6.2")
def slower(convergence: Record, learning_rates: Record, optimiser_seconds: Record) -> Judgement:
    """Does plain SGD converge more slowly?"""
    plain, momentum, adam = (epochs_of(convergence, case) for case in (SGD, MOMENTUM, ADAM))
    tuned = epochs_at_best(learning_rates)
    tuned_adam = epochs_of(learning_rates, _rates.DEFAULTS["Adam"])
    best = f"SGD at its best rate, {_rates.best(learning_rates, 'SGD'):.2g},"
    both = confidence(2, looks=1)
    goal = f"epochs to a validation loss of {GOAL:.2f}"
    seconds = {
        name: partial(seconds_to, optimiser_seconds=optimiser_seconds, name=name)
        for name in ("sgd", "momentum", "adam")
    }
    return judge(
        more_epochs(f"{goal}, SGD at 0.01 minus Adam", plain, adam, convergence, sure=both),
        more_epochs(
            f"{goal}, SGD at 0.01 minus momentum 0.9", plain, momentum, convergence, sure=both
        ),
        also=[
            more_epochs(f"{goal}, {best} minus Adam", tuned, tuned_adam, learning_rates),
            more_epochs(
                f"{goal}, {best} minus momentum 0.9 at 0.01",
                tuned,
                momentum,
                learning_rates,
                convergence,
            ),
            *(
                above(
                    f"{told} needs more seconds to {GOAL:.2f} than {other} (ratio above 1)",
                    shared_ratio(seconds["sgd"](one), seconds[name](epochs)),
                    1,
                    *records,
                    optimiser_seconds,
                    none=1,
                    digits=1,
                )
                for told, one, other, name, epochs, records in (
                    ("SGD at 0.01", plain, "Adam", "adam", adam, (convergence,)),
                    ("SGD at 0.01", plain, "momentum", "momentum", momentum, (convergence,)),
                    (best, tuned, "Adam", "adam", tuned_adam, (learning_rates,)),
                )
            ),
        ],
        set_up=convergence.set_up,
        weakened="Runs are scored once an epoch. Momentum of 0.9 makes steps that add up to ten "
        "times their length.",
    )


@claim("S6.4")
def light(
    optimiser_cost: Record,
    optimiser_seconds: Record,
    convergence: Record,
    learning_rates: Record,
) -> Judgement:
    """Does SGD need fewer resources?"""
    adaptive = [name for name in optimiser_cost.cases if name not in ("SGD", "momentum")]

    def less(asked: str, result: str, unit: str) -> Outcome:
        plain = float(optimiser_cost("SGD", result)[0])
        others = {name: float(optimiser_cost(name, result)[0]) for name in adaptive}
        listed = ", ".join(f"{name} {number:,.0f}" for name, number in others.items())
        number = f"{unit}: SGD {plain:,.0f}, {listed}"
        return identity(asked, plain < min(others.values()), number, optimiser_cost)

    def longer(asked: str, ratio: Interval, *records: Record) -> Outcome:
        told = f"{asked} (ratio of seconds above 1)"
        return above(told, ratio, 1, optimiser_seconds, *records, none=1)

    an_epoch = (optimiser_seconds("in turn", f"seconds_{name}") for name in ("adam", "sgd"))
    adam = seconds_to(epochs_of(convergence, ADAM), optimiser_seconds, "adam")
    plain = seconds_to(epochs_of(convergence, SGD), optimiser_seconds, "sgd")
    tuned_adam = epochs_of(learning_rates, _rates.DEFAULTS["Adam"])
    tuned = seconds_to(epochs_at_best(learning_rates), optimiser_seconds, "sgd")
    to_goal = f"Adam takes longer to a validation loss of {GOAL:.2f} than SGD at"
    return judge(
        less(
            "it keeps fewer bytes than every adaptive optimiser counted",
            "state_bytes",
            "bytes kept",
        ),
        less(
            "an update takes less arithmetic than theirs",
            "operations",
            "operations for each parameter",
        ),
        also=[
            longer("an epoch of Adam takes longer than one of SGD", shared_ratio(*an_epoch)),
            longer(f"{to_goal} 0.01", shared_ratio(adam, plain), convergence),
            longer(
                f"{to_goal} its best rate",
                shared_ratio(seconds_to(tuned_adam, optimiser_seconds, "adam"), tuned),
                learning_rates,
            ),
        ],
        set_up="Counted for 784–128–10, the operations in TensorFlow's graph of an update; seconds "
        "with batches of 32.",
    )


# --- At equal training loss ---------------------------------------------------------

EQUAL = 0.3  # the training loss at which two networks are compared


def first(loss: np.ndarray, target: float) -> np.ndarray:
    """The epoch in which each training loss first is at the target, interpolated, shape (seeds,).

    A loss that is there after the first epoch counts as 1; NaN where it never is.
    """
    found = []
    for curve in loss:
        reached = np.flatnonzero(curve <= target)
        if not len(reached):
            found.append(np.nan)
            continue
        i = int(reached[0])
        part = (curve[i - 1] - target) / (curve[i - 1] - curve[i]) if i else 1.0
        found.append(i + part)
    return np.array(found)


def where(record: Record, case: str, name: str) -> np.ndarray:
    """An accuracy where the training loss is first at EQUAL, shape (seeds,).

    Where it never is, that of the last epoch.
    """
    curves, epochs = finite(record(case, name)), record(case, "train_loss_curve").shape[1]
    places = np.nan_to_num(first(record(case, "train_loss_curve"), EQUAL), nan=epochs)
    counted = np.arange(1, epochs + 1)
    return np.array([np.interp(p, counted, c) for p, c in zip(places, curves, strict=True)])


def missing(record: Record, *cases: str) -> str:
    """Of how many runs it has to be said that they never get there; empty where there are none."""
    never = {
        case: int(np.isnan(first(record(case, "train_loss_curve"), EQUAL)).sum()) for case in cases
    }
    each = [f"{count} runs of {case}" for case, count in never.items() if count]
    return f"{' and '.join(each)} never get there: their last epoch counts." if each else ""


def contestants(equal_loss: Record) -> tuple[str, str, str]:
    """SGD with batches of 32 and of 1,024, and Adam, each at the rate with the best score."""
    groups = (("SGD", 32), ("SGD", 1024), ("Adam", 32))
    return tuple(
        chosen(
            equal_loss,
            [
                case
                for case, settings in equal_loss.cases.items()
                if (settings["optimiser"], settings["batch_size"]) == group
            ],
        )
        for group in groups
    )


def lead(equal_loss: Record, case: str, other: str, sure: float = 0.95) -> Interval:
    """Validation accuracy of one case minus that of another at equal training loss."""
    both = (where(equal_loss, one, "val_accuracy_curve") for one in (case, other))
    return shared_difference(*both, sure)


@finding
def tuned_lead(equal_loss: Record) -> Interval:
    """SGD minus Adam in validation accuracy at equal training loss, each at its best rate."""
    small, _, adam = contestants(equal_loss)
    return lead(equal_loss, small, adam)


@finding
def tuned_gap(equal_loss: Record) -> Interval:
    """Gap of Adam minus that of SGD at equal training loss, each at its best rate."""
    small, _, adam = contestants(equal_loss)
    gaps = (
        where(equal_loss, case, "train_accuracy_curve")
        - where(equal_loss, case, "val_accuracy_curve")
        for case in (adam, small)
    )
    return shared_difference(*gaps)


@claim("S6.3")
def generalises(equal_loss: Record) -> Judgement:
    """Does the noise of mini-batches help to generalise?"""
    small, large, adam = contestants(equal_loss)
    at = f"at a training loss of {EQUAL:.2f}"
    return judge(
        gain(
            f"{small} over {large}, {at}",
            lead(equal_loss, small, large, confidence()),
            equal_loss,
        ),
        also=[gain(f"{small} over {adam}, {at}", lead(equal_loss, small, adam), equal_loss)],
        set_up=equal_loss.set_up,
        weakened=missing(equal_loss, small, large, adam)
        or "The best rates are those with the best accuracy at the end, on other seeds.",
    )


# --- Full batch and mini-batches ------------------------------------------------------

FEW, WHOLE = "4,800 images", "48,000 images"
AT_GOAL = "updates_to_goal"  # a training loss of 0.40
TEN_EPOCHS = {"batch 32": 1500, "full batch": 10}  # updates, on 4,800 images
EQUAL_UPDATES = 450


def after(record: Record, case: str, updates: int, name: str = "val_accuracy") -> np.ndarray:
    """A result after so many updates, shape (seeds,)."""
    at = int(np.flatnonzero(record(case, "updates")[0] == updates)[0])
    return record(case, name)[:, at]


def of_few(full_batch: Record, kind: str, updates: int) -> np.ndarray:
    """Validation accuracy on few images, at the rate that is best for so many updates."""
    cases = [case for case in full_batch.cases if case.startswith(f"{FEW}, {kind}, ")]
    best = chosen(full_batch, cases, lambda record, case: finite(after(record, case, updates)))
    return finite(after(full_batch, best, updates))


def on_few(full_batch: Record, updates: dict[str, int]) -> Interval:
    """Batches of 32 minus the full batch after so many updates each."""
    return shared_difference(*(of_few(full_batch, kind, n) for kind, n in updates.items()))


def at_updates(full_batch: Record, updates: int) -> Interval:
    """The same after equal updates."""
    return on_few(full_batch, dict.fromkeys(TEN_EPOCHS, updates))


@finding
def at_equal_epochs(full_batch: Record) -> Interval:
    """Batches of 32 minus the full batch after ten epochs of 4,800 images."""
    found = on_few(full_batch, TEN_EPOCHS)
    expect(found.low > 0.003, "the mini-batch is ahead at equal epochs")
    return found


@finding
def at_equal_updates(full_batch: Record) -> Interval:
    """Batches of 32 minus the full batch of 4,800 images after 450 updates."""
    found = at_updates(full_batch, EQUAL_UPDATES)
    expect(found.high < -0.003, "the full batch is ahead at equal updates")
    return found


@finding
def full_ahead_few(full_batch: Record) -> Interval:
    """Full batch minus batches of 32 after 150 updates, on 4,800 images."""
    full, small = (of_few(full_batch, kind, 150) for kind in ("full batch", "batch 32"))
    return positive_lead(shared_difference(full, small))


@finding
def full_ahead_whole(full_batch: Record) -> Interval:
    """The same with the full batch of all 48,000 images.

    150 batches of 32 are an epoch of the first 4,800 images, and the first 150 updates of an epoch
    on all.
    """
    (whole,) = (case for case in full_batch.cases if case.startswith(WHOLE))
    small = of_few(full_batch, "batch 32", 150)
    return positive_lead(shared_difference(finite(after(full_batch, whole, 150)), small))


def positive_lead(difference: Interval) -> Interval:
    """A lead that a sentence says matters."""
    expect(difference.low > 0.003, "the full batch is ahead after 150 updates")
    return difference


def quickest_full(full_batch: Record) -> float:
    """The rate with which the full batch of few images is first at the goal, on other seeds."""

    def soon(record: Record, case: str) -> np.ndarray:
        return -np.nan_to_num(record(case, AT_GOAL), nan=np.inf)

    cases = [case for case in full_batch.cases if case.startswith(f"{FEW}, full batch, ")]
    return full_batch.cases[chosen(full_batch, cases, soon)]["learning_rate"]


def quickest_small(equal_loss: Record) -> str:
    """The case of batches of 32 that is first at the goal, on the seeds for choosing."""

    def soon(record: Record, case: str) -> np.ndarray:
        return -np.nan_to_num(first(record(case, "train_loss_curve"), GOAL), nan=np.inf)

    cases = [case for case in equal_loss.cases if case.startswith("SGD ")]
    return chosen(equal_loss, [case for case in cases if case.endswith(", batch 32")], soon)


def sooner(full_batch: Record, equal_loss: Record, optimiser_seconds: Record) -> Outcome:
    """Are batches of 32 sooner at the goal than the full batch of all images?"""
    rate, small = quickest_full(full_batch), quickest_small(equal_loss)
    asked = f"seconds to a training loss of {GOAL:.2f}, full batch over {small} (ratio above 1.1)"
    whole = f"{WHOLE}, full batch, {rate:g}"
    if whole not in full_batch.cases:
        return unmeasured(asked, f"the full batch of all images was not run at the rate {rate:g}")
    # A run that is not there yet when it ends would have needed more, which speaks for the claim.
    most = full_batch.cases[whole]["updates"]
    updates = np.nan_to_num(full_batch(whole, AT_GOAL), nan=most)
    epochs = first(equal_loss(small, "train_loss_curve"), GOAL)
    epochs = np.nan_to_num(epochs, nan=equal_loss.cases[small]["epochs"] + 1)
    both = (
        seconds_to(updates, optimiser_seconds, "full_batch"),
        seconds_to(epochs, optimiser_seconds, "sgd"),
    )
    return above(
        asked,
        shared_ratio(*both, confidence(looks=1)),
        1.1,
        full_batch,
        equal_loss,
        optimiser_seconds,
        none=1,
        digits=0,
    )


def escapes(escape_toy: Record) -> list[Outcome]:
    """Does noise lead out of the shallow valley of a toy, and is it the noise?"""
    found = {case: escape_toy(case, "in_deeper") for case in escape_toy.cases}
    asked = "on a toy with two weights and two valleys, more than half end in the deeper one:"
    return [
        share(f"{asked} steps of {case}", int(ends.sum()), len(ends), 0.5, escape_toy)
        for case, ends in found.items()
    ]


@claim("S6.6")
def minibatches(
    full_batch: Record, equal_loss: Record, optimiser_seconds: Record, escape_toy: Record
) -> Judgement:
    """Do mini-batches beat the full batch?"""
    over = "batches of 32 over the full batch of 4,800 images"
    return judge(
        sooner(full_batch, equal_loss, optimiser_seconds),
        also=[
            gain(f"{over}, after ten epochs", on_few(full_batch, TEN_EPOCHS), full_batch, digits=1),
            gain(
                f"{over}, after {EQUAL_UPDATES} updates",
                at_updates(full_batch, EQUAL_UPDATES),
                full_batch,
                digits=1,
            ),
            *escapes(escape_toy),
        ],
        set_up="784–128–10, ReLU, plain SGD; the full batch is all 48,000 images unless told.",
        weakened="Five seeds. The rate of the full batch was chosen on a tenth of the images; an "
        "epoch's seconds are those of one machine. The toy was made to show an escape.",
    )


# --- What the series printed --------------------------------------------------------

EPOCH = 10  # to which the series trains
DROPOUTS = ("0.0", "0.2")
TWO_LAYERS = "ways with two hidden layers and batches of 1,000"
Way = tuple[str, str, str, int]  # dropout, split, kind of training figure, epoch


def of_candidates(printed_candidates: Record) -> dict[Way, np.ndarray]:
    """The four figures of two hidden layers with batches of 1,000, each of shape (4, seeds)."""
    return {
        (dropout, *option): printed.figures(printed_candidates, "relu", option, dropout)[:4]
        for dropout in DROPOUTS
        for option in printed.options(printed_candidates, "relu", dropout)
    }


def of_others(printed_search: Record) -> dict[tuple[str, str, int], np.ndarray]:
    """Those of ReLU in the other set-ups with SGD 0.01, by set-up, training figure and epoch."""
    return {
        (set_up, kind, epoch): four
        for set_up in printed.set_ups(printed_search)
        if ", SGD 0.01, " in set_up and set_up != printed.SUSPECT
        for kind in printed.kinds(printed_search, f"relu, {set_up}")
        for epoch, four in enumerate(
            printed.after(printed_search, f"relu, {set_up}", kind), start=1
        )
    }


def giving_printed_too(printed_candidates: Record, ways: Sequence[Way], widest: float) -> int:
    """How many of these ways give the figures of S3.1 and S3.2 as well."""
    lost = printed.of_both(printed_candidates, widest)
    # Sigmoid was trained without dropout only.
    return sum(
        not lost[tuple(option)][:, :4].any() for dropout, *option in ways if dropout == "0.0"
    )


@claim("S6.1")
def printed_by_sgd(printed_candidates: Record, printed_search: Record) -> Judgement:
    """Can some set-up of the series have given the printed figures?"""
    groups = {
        TWO_LAYERS: of_candidates(printed_candidates),
        "ways with other set-ups": of_others(printed_search),
    }
    at_ten, at_others = {}, {}  # by group, those that fit and how many there are
    for told, ways in groups.items():
        for found, ten in ((at_ten, True), (at_others, False)):
            asked = [way for way in ways if (way[-1] == EPOCH) == ten]
            found[told] = [way for way in asked if printed.gives(ways[way])], len(asked)

    def count(found: dict[str, tuple[list, int]]) -> str:
        return ", ".join(f"{len(fits)} of {of} {told}" for told, (fits, of) in found.items())

    def some(asked: str, found: dict[str, tuple[list, int]]) -> Outcome:
        return identity(
            asked,
            any(fits for fits, _ in found.values()),
            count(found),
            printed_candidates,
            printed_search,
            seeds=printed_candidates.seeds,
        )

    fitting, _ = at_ten[TWO_LAYERS]
    narrow, wide = (
        giving_printed_too(printed_candidates, fitting, widest)
        for widest in (printed.NARROW, np.inf)
    )
    return judge(
        some("some set-up gives all four figures at epoch 10", at_ten),
        also=[
            some("some set-up gives them at another epoch", at_others),
            identity(
                "one of those at epoch 10 gives the figures of S3.1 and S3.2 as well, by intervals "
                "no wider than ±0.05",
                narrow > 0,
                f"{narrow} of {len(fitting)}; {wide} if intervals may be wider",
                printed_candidates,
                seeds=printed_candidates.seeds,
            ),
        ],
        set_up=f"{printed_candidates.set_up} A way is a split, dropout or none, and the training "
        "figure as Keras prints it or of the finished network. The other set-ups, one hidden layer "
        "or batches of 32 or raw pixels, were run on the official split.",
        weakened="Training and validation figure are asked about one by one, not the gap between "
        "them.",
    )
