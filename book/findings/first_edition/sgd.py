"""Stochastic gradient descent: what the records say of rates, batches, noise and cost."""

from collections.abc import Sequence

import numpy as np

from book.claims import (
    Judgement,
    Outcome,
    above,
    confidence,
    gain,
    identity,
    in_words,
    judge,
    not_worse,
    of_median,
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings.first_edition._printed_figures import NAMES, PRINTED, figures, gives, options
from book.findings.first_edition._scores import at_best, by_others, score
from lessons_src.recorded import Record
from lessons_src.stats import (
    Interval,
    paired_difference,
    paired_ratio,
    prediction_interval,
)

BY_OTHERS = "The best rate of the grid was chosen for each seed by the other four."


# --- Rates -------------------------------------------------------------------


def behind_best(record: Record, case: str, grid: Sequence[str], level: float = 0.95) -> Interval:
    """Score of a case minus that of the best of the grid, which the other seeds choose."""
    scores = np.array([score(record, name, climbing=True) for name in grid])
    return paired_difference(score(record, case, climbing=True), at_best(scores), level)


def grid_of(series_rates: Record, epochs: int) -> list[str]:
    """The cases of the series' network and batches that train for so many epochs, by rate."""
    return [
        name
        for name, case in series_rates.cases.items()
        if case["epochs"] == epochs and "batch_size" not in case
    ]


def calm_best(series_rates: Record) -> Interval:
    """Rate 0.01 minus the best of those rates whose validation loss never rises in ten epochs."""
    calm = [name for name in grid_of(series_rates, 10) if not roughness_at_all(series_rates, name)]
    return behind_best(series_rates, "0.01, 10 epochs", calm)


def roughness_at_all(series_rates: Record, case: str) -> bool:
    """Whether the validation loss rises from any epoch to the next in any run."""
    return bool((np.diff(series_rates(case, "val_loss_curve"), axis=1) > 0).any())


def series_outcome(series_rates: Record, epochs: int) -> Outcome:
    """Is 0.01 not worse than the best rate in the series' set-up?"""
    return not_worse(
        f"rate 0.01 against the best of the grid, {epochs} epochs",
        behind_best(series_rates, f"0.01, {epochs} epochs", grid_of(series_rates, epochs)),
        series_rates,
        digits=1,
    )


@finding
def short_of_best(series_rates: Record) -> Interval:
    """Rate 0.01 minus the best of the grid after ten epochs of the series' set-up."""
    found = behind_best(series_rates, "0.01, 10 epochs", grid_of(series_rates, 10))
    expect(found.high < 0, "0.01 is behind the best rate after ten epochs")
    return found


@finding
def short_of_best_later(series_rates: Record) -> Interval:
    """Rate 0.01 minus the best of the grid after fifty epochs of the series' set-up."""
    found = behind_best(series_rates, "0.01, 50 epochs", grid_of(series_rates, 50))
    expect(found.high < 0, "fifty epochs are not enough for it either")
    return found


@claim("S4.1")
def sweet_spot(series_rates: Record) -> Judgement:
    """Is 0.01 the sweet spot?"""
    return judge(
        series_outcome(series_rates, 10),
        also=[
            series_outcome(series_rates, 50),
            not_worse(
                "rate 0.01 against the best of those whose validation loss never rises, 10 epochs",
                calm_best(series_rates),
                series_rates,
                digits=1,
            ),
        ],
        set_up=series_rates.set_up,
        weakened=BY_OTHERS,
    )


def sgd_cases(learning_rates: Record) -> list[str]:
    """Cases of plain SGD, one hidden layer, batches of 32, by ascending rate."""
    found = [n for n, case in learning_rates.cases.items() if case["optimiser"] == "SGD"]
    return sorted(found, key=lambda name: learning_rates.cases[name]["learning_rate"])


@finding
def short_with_small_batches(learning_rates: Record) -> Interval:
    """Rate 0.01 minus the best of the grid: one hidden layer, batches of 32, ten epochs."""
    found = behind_best(learning_rates, "SGD 1e-02", sgd_cases(learning_rates))
    expect(found.high < 0, "0.01 is behind the best rate with small batches too")
    return found


@claim("S8.2")
def worked_best(series_rates: Record, learning_rates: Record) -> Judgement:
    """Did 0.01 work best?"""
    return judge(
        series_outcome(series_rates, 10),
        also=[
            not_worse(
                "rate 0.01 against the best of the grid, one hidden layer, batches of 32",
                short_with_small_batches(learning_rates),
                learning_rates,
                digits=1,
            )
        ],
        set_up=series_rates.set_up,
        weakened=f"Part 8 does not name its network; this is part 4's. {BY_OTHERS}",
    )


def too_low(learning_rates: Record, level: float) -> Interval:
    """Score of the best rate minus that at a hundredth of it, the best chosen by other seeds."""
    cases = sgd_cases(learning_rates)
    rates = np.array([learning_rates.cases[name]["learning_rate"] for name in cases])
    scores = np.array([score(learning_rates, name, climbing=True) for name in cases])
    best, seeds = by_others(scores), np.arange(scores.shape[1])
    hundredth = [np.abs(np.log(rates / (rates[i] / 100))).argmin() for i in best]
    if not np.allclose(rates[hundredth], rates[best] / 100, rtol=0.05):
        raise ValueError("the grid has no hundredth of its best rate")
    return paired_difference(scores[best, seeds], scores[hundredth, seeds], level)


@claim("S6.5")
def too_high_too_low(learning_rates: Record) -> Judgement:
    """Do too high rates oscillate, and too low ones stagnate?"""
    return judge(
        unmeasured(
            "at ten times the best rate the training loss rises in more than a fifth of the epochs",
            "today's record of one hidden layer and batches of 32 keeps the last epoch only",
        ),
        gain(
            "the best rate over a hundredth of it, by more than a point",
            too_low(learning_rates, confidence(2, looks=1)),
            learning_rates,
            margin=0.01,
            digits=1,
        ),
        also=[
            unmeasured(
                "on a slice of the loss with two parameters",
                "shown in the chapter, for one network; not recorded",
            )
        ],
        set_up=learning_rates.set_up,
        weakened=BY_OTHERS,
    )


# --- Batches -----------------------------------------------------------------

#: Rates of the record `full-batch`, by batch size.
RATES = {
    1: (0.001, 0.003, 0.01),
    32: (0.03, 0.1, 0.3),
    480: (0.03, 0.1, 0.3),
    4800: (0.1, 0.3, 0.5),
}
TO_THE_END = "480 images, batch 32", "480 images, full batch"
LATE = (1050, 1200, 1350, 1500)  # the last four scorings of 1,500 updates
TEN_EPOCHS = {1: 48_000, 32: 1500, 4800: 10}  # updates, by batch size


def value(full_batch: Record, case: str, updates: int | Sequence[int], name: str) -> np.ndarray:
    """A result after so many updates, the mean where there are several, shape (seeds,)."""
    there = np.isin(full_batch(case, "updates")[0], updates)
    return full_batch(case, name)[:, there].mean(axis=1)


def with_own_rate(
    full_batch: Record, size: int, updates: int | Sequence[int], name: str = "val_accuracy"
) -> np.ndarray:
    """A result at the rate with the lowest validation loss, which the other seeds choose."""
    cases = [f"batch {size:,}, {rate:g}" for rate in RATES[size]]
    loss = np.array([value(full_batch, case, updates, "val_loss") for case in cases])
    found = np.array([value(full_batch, case, updates, name) for case in cases])
    return at_best(found, by=-loss)


@finding
def at_equal_epochs(full_batch: Record) -> Interval:
    """Batches of 32 minus the full batch after ten epochs of 4,800 images."""
    found = paired_difference(
        *(with_own_rate(full_batch, size, TEN_EPOCHS[size]) for size in (32, 4800))
    )
    expect(found.low > 0.003, "the mini-batch is ahead at equal epochs")
    return found


@finding
def at_equal_updates(full_batch: Record) -> Interval:
    """Batches of 32 minus the full batch, over the last scorings up to 1,500 updates."""
    found = paired_difference(*(with_own_rate(full_batch, size, LATE) for size in (32, 4800)))
    expect(found.high < -0.003, "the full batch is ahead at equal updates")
    return found


@finding
def full_ahead_whole(full_batch: Record) -> Interval:
    """Full batch minus batches of 32 after 150 updates, on all 48,000 images."""
    small = [f"48,000 images, batch 32, {rate}" for rate in ("0.1", "0.3")]
    return _ahead_after_150(full_batch, "48,000 images, full batch, 0.3", small)


@finding
def full_ahead_few(full_batch: Record) -> Interval:
    """Full batch minus batches of 32 after 150 updates, on 4,800 images."""
    small = [f"batch 32, {rate}" for rate in ("0.1", "0.3")]
    return _ahead_after_150(full_batch, "batch 4,800, 0.3", small)


def _ahead_after_150(full_batch: Record, full: str, small: Sequence[str]) -> Interval:
    scores = np.array([value(full_batch, case, 150, "val_accuracy") for case in small])
    found = paired_difference(value(full_batch, full, 150, "val_accuracy"), at_best(scores))
    expect(found.low > 0.003, "the full batch is ahead after 150 updates")
    return found


def settled(full_batch: Record) -> Interval:
    """Training accuracy at the end on 480 images, batches of 32 minus the full batch."""
    found = paired_difference(*(value(full_batch, c, 3000, "train_accuracy") for c in TO_THE_END))
    expect(found.low == found.high == 0, "both have all training images right in the end")
    return found


@finding
def settled_loss(full_batch: Record) -> Interval:
    """Training loss at the end on 480 images, full batch minus batches of 32."""
    small, full = (value(full_batch, case, 3000, "train_loss") for case in TO_THE_END)
    found = paired_difference(full, small)
    expect(found.low > 0 and found.high < 0.001, "the full batch ends higher by next to nothing")
    return found


@claim("S6.6")
def minibatches(full_batch: Record) -> Judgement:
    """Do mini-batches beat the full batch?"""
    return judge(
        unmeasured(
            "seconds to a training loss of 0.40, full batch over batches of 32",
            "today's record has no seconds, and the full batch of all images at one rate only",
        ),
        also=[
            gain(
                "batches of 32 over the full batch, after ten epochs of 4,800 images",
                at_equal_epochs(full_batch),
                full_batch,
                digits=1,
            ),
            gain(
                "batches of 32 over the full batch, after 1,050 to 1,500 updates",
                at_equal_updates(full_batch),
                full_batch,
                digits=1,
            ),
            gain(
                "escape: training accuracy at the end on 480 images, batches of 32 over the full "
                "batch",
                settled(full_batch),
                full_batch,
            ),
            unmeasured("escape on a toy with two weights", "not recorded"),
        ],
        set_up=full_batch.set_up,
    )


# --- How fast ----------------------------------------------------------------

GOALS = (0.4, 0.35)  # validation losses
SGD, TUNED, MOMENTUM, ADAM = "SGD 0.01", "SGD 0.1", "momentum 0.01", "Adam 0.001"


def first(loss: np.ndarray, target: float, values: np.ndarray | None = None) -> np.ndarray:
    """Epochs, or the values, where each loss first is at the target, shape (seeds,).

    Between two epochs by a straight line; a loss that is there after the first epoch counts as 1.

    Raises:
        ValueError: a loss never is.
    """
    epochs = np.arange(1.0, loss.shape[1] + 1)
    values = np.tile(epochs, (len(loss), 1)) if values is None else values
    found = []
    for curve, row in zip(loss, values, strict=True):
        reached = np.flatnonzero(curve <= target)
        if not len(reached):
            raise ValueError(f"a loss never falls to {target:g}")
        i = reached[0]
        j = max(i - 1, 0)
        part = 0 if i == j else (curve[j] - target) / (curve[j] - curve[i])
        found.append(row[j] + part * (row[i] - row[j]))
    return np.array(found)


def epochs_to(optimisers: Record, case: str, goal: float = 0.4) -> np.ndarray:
    """Epochs to a validation loss, shape (seeds,)."""
    return first(optimisers(case, "val_loss"), goal)


def more_epochs(optimisers: Record, case: str, other: str, goal: float = 0.4) -> Interval:
    """Epochs that a case needs beyond those of another."""
    return paired_difference(*(epochs_to(optimisers, name, goal) for name in (case, other)))


def seconds_to(optimisers: Record, case: str) -> np.ndarray:
    """Seconds to a validation loss of 0.40, shape (seeds,)."""
    return epochs_to(optimisers, case) * optimisers(case, "seconds_per_epoch")


@claim("S6.2")
def slower(optimisers: Record) -> Judgement:
    """Does plain SGD converge more slowly?"""
    return judge(
        *(
            of_median(
                above,
                f"epochs to a validation loss of 0.40, SGD at 0.01 minus {told}",
                epochs_to(optimisers, SGD) - epochs_to(optimisers, other),
                0,
                f"the mean is {in_words(more_epochs(optimisers, SGD, other), 'epochs', 1)}",
                optimisers,
                confidence=confidence(2, looks=1),
                unit="epochs",
            )
            for told, other in (("Adam", ADAM), ("momentum 0.9", MOMENTUM))
        ),
        also=[
            *(
                above(
                    f"SGD at 0.1 needs more epochs to {goal:g} than {told}",
                    more_epochs(optimisers, TUNED, other, goal),
                    0,
                    optimisers,
                    unit="epochs",
                    digits=1,
                )
                for told, other in (("Adam", ADAM), ("momentum 0.9 at 0.01", MOMENTUM))
                for goal in GOALS
            ),
            *(
                above(
                    f"{told} needs more seconds to 0.40 than Adam (ratio above 1)",
                    paired_ratio(seconds_to(optimisers, case), seconds_to(optimisers, ADAM)),
                    1,
                    optimisers,
                    digits=1,
                )
                for told, case in (("SGD at 0.01", SGD), ("SGD at 0.1", TUNED))
            ),
        ],
        set_up=optimisers.set_up,
    )


@claim("S6.4")
def light(optimiser_cost: Record, optimisers: Record) -> Judgement:
    """Does SGD need fewer resources?"""
    adaptive = [name for name in optimiser_cost.cases if name not in ("SGD", "momentum")]

    def less(asked: str, result: str, unit: str) -> Outcome:
        plain = float(optimiser_cost("SGD", result)[0])
        others = {name: float(optimiser_cost(name, result)[0]) for name in adaptive}
        listed = ", ".join(f"{name} {number:,.0f}" for name, number in others.items())
        return identity(
            asked,
            plain < min(others.values()),
            f"{unit}: SGD {plain:,.0f}, {listed}",
            optimiser_cost,
        )

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
            above(
                "an epoch of Adam takes longer than one of SGD (ratio of seconds above 1)",
                paired_ratio(*(optimisers(c, "seconds_per_epoch") for c in (ADAM, SGD))),
                1,
                optimisers,
            ),
            *(
                above(
                    f"Adam takes longer to a validation loss of 0.40 than {told} "
                    "(ratio of seconds above 1)",
                    paired_ratio(seconds_to(optimisers, ADAM), seconds_to(optimisers, case)),
                    1,
                    optimisers,
                )
                for told, case in (("SGD at 0.01", SGD), ("SGD at 0.1", TUNED))
            ),
        ],
        set_up="Counted for 784–128–10, the operations in TensorFlow's graph of an update.",
    )


# --- At equal training loss --------------------------------------------------

LOSSES = {TUNED: (0.3, 0.25, 0.2), SGD: (0.4, 0.35, 0.3)}  # that both sides pass


def at_losses(record: Record, case: str, losses: Sequence[float], name: str) -> np.ndarray:
    """A result where the training loss is first at each of these, their mean, shape (seeds,)."""
    loss = record(case, "train_loss")
    return np.mean([first(loss, target, record(case, name)) for target in losses], axis=0)


def lead_at_losses(record: Record, case: str, other: str, losses: Sequence[float]) -> Interval:
    """Validation accuracy of one case minus that of another at equal training losses."""
    both = (at_losses(record, name, losses, "val_accuracy") for name in (case, other))
    return paired_difference(*both)


@finding
def tuned_lead(optimisers: Record) -> Interval:
    """SGD at 0.1 minus Adam in validation accuracy, in the mean of three training losses."""
    found = lead_at_losses(optimisers, TUNED, ADAM, LOSSES[TUNED])
    expect(found.low > -0.005 and found.high < 0, "SGD is behind, by less than half a point")
    return found


@finding
def untuned_lead(optimisers: Record) -> Interval:
    """SGD at 0.01 minus Adam in validation accuracy, in the mean of three training losses."""
    found = lead_at_losses(optimisers, SGD, ADAM, LOSSES[SGD])
    expect(found.low > 0, "SGD at 0.01 is ahead of Adam")
    return found


def smaller_gap(record: Record, case: str, other: str, losses: Sequence[float]) -> Interval:
    """Gap of another case minus that of this one at equal training losses."""
    gaps = [
        at_losses(record, name, losses, "train_accuracy")
        - at_losses(record, name, losses, "val_accuracy")
        for name in (other, case)
    ]
    return paired_difference(*gaps)


@finding
def tuned_gap(optimisers: Record) -> Interval:
    """Gap of Adam minus that of SGD at 0.1 at equal training losses."""
    found = smaller_gap(optimisers, TUNED, ADAM, LOSSES[TUNED])
    expect(found.low > -0.003 and found.high < 0, "the gap of SGD is a little larger")
    return found


@finding
def untuned_gap(optimisers: Record) -> Interval:
    """Gap of Adam minus that of SGD at 0.01 at equal training losses."""
    found = smaller_gap(optimisers, SGD, ADAM, LOSSES[SGD])
    expect(found.low > -0.003 and found.high < 0.003, "the gaps are level, within 0.3 points")
    return found


@finding
def one_loss_gap(optimisers: Record) -> Interval:
    """As `tuned_gap`, at the lowest of the training losses alone."""
    return smaller_gap(optimisers, TUNED, ADAM, LOSSES[TUNED][-1:])


@finding
def noise_gap(full_batch: Record) -> Interval:
    """Gap of the full batch minus that of batches of 32, at equal training losses, both at 0.1."""
    return smaller_gap(full_batch, "batch 32, 0.1, long", "batch 4,800, 0.1", (0.5, 0.4, 0.3))


@claim("S6.3")
def generalises(optimisers: Record) -> Judgement:
    """Does the noise of mini-batches help to generalise?"""
    return judge(
        unmeasured(
            "batches of 32 over 1,024, plain SGD, at a training loss of 0.30",
            "no record of batches of 1,024 keeps both losses by epoch; today's record compares "
            "batches of 32 with the full batch, on 4,800 images",
        ),
        also=[
            gain(
                "SGD at 0.1 over Adam, in the mean of the training losses 0.3, 0.25 and 0.2",
                tuned_lead(optimisers),
                optimisers,
            ),
            gain(
                "SGD at 0.01 over Adam, in the mean of the training losses 0.4, 0.35 and 0.3",
                untuned_lead(optimisers),
                optimisers,
            ),
        ],
        set_up=optimisers.set_up,
    )


# --- What the series printed -------------------------------------------------

DROPOUTS = ("0.0", "0.2")


def ways(printed_candidates: Record) -> dict[tuple[str, str, str, int], np.ndarray]:
    """The four figures of ReLU, by dropout, split, kind of training figure and epoch."""
    return {
        (dropout, *option): figures(printed_candidates, "relu", option, dropout)[:4]
        for dropout in DROPOUTS
        for option in options(printed_candidates)
    }


def one_hidden_layer(optimisers: Record, epoch: int) -> np.ndarray:
    """The four figures of one hidden layer with batches of 32, shape (4, seeds)."""
    names = "train_accuracy", "val_accuracy", "train_loss", "val_loss"
    return np.array([optimisers(SGD, name)[:, epoch - 1] for name in names])


def gives_others_too(printed_candidates: Record, way: tuple, widest: float = np.inf) -> bool:
    """Whether a way gives the figures printed for sigmoid and for ReLU too, at 99 %."""
    dropout, *option = way
    spans = [
        (prediction_interval(values, level=0.99), figure)
        for name, row in zip(NAMES, PRINTED, strict=True)
        for values, figure in zip(
            figures(printed_candidates, name, tuple(option), dropout), row, strict=False
        )
    ]
    return all(figure in s and (s.high - s.low) / 2 <= widest for s, figure in spans)


@claim("S6.1")
def printed_by_sgd(printed_candidates: Record, optimisers: Record) -> Judgement:
    """Can some set-up of the series have given the printed figures?"""
    found = ways(printed_candidates)
    fitting = {way for way, four in found.items() if gives(four)}
    at_ten = {way for way in found if way[-1] == 10}
    one_layer = [n for n in range(1, 31) if gives(one_hidden_layer(optimisers, n))]
    alike = [w for w in fitting & at_ten if w[0] == "0.0"]  # sigmoid was trained without dropout
    other = [way for way in alike if gives_others_too(printed_candidates, way)]
    tight = [way for way in alike if gives_others_too(printed_candidates, way, 0.05)]
    return judge(
        identity(
            "some set-up gives all four figures at epoch 10",
            bool(fitting & at_ten) or 10 in one_layer,
            f"{len(fitting & at_ten)} of {len(at_ten)} ways with two hidden layers and batches of "
            f"1,000, {int(10 in one_layer)} of 1 with one layer and batches of 32",
            printed_candidates,
            seeds=printed_candidates.seeds,
        ),
        also=[
            identity(
                "some set-up gives them at another epoch",
                bool(fitting - at_ten) or bool(set(one_layer) - {10}),
                f"{len(fitting - at_ten)} of {len(found) - len(at_ten)} ways with two hidden "
                f"layers, {len(set(one_layer) - {10})} of 29 epochs with one",
                printed_candidates,
                seeds=printed_candidates.seeds,
            ),
            identity(
                "one of those at epoch 10 gives the figures of S3.1 and S3.2 as well, by intervals "
                "no wider than ±0.05",
                bool(tight),
                f"{len(tight)} of {len(alike)} ways without dropout; {len(other)} if intervals may "
                "be wider",
                printed_candidates,
                seeds=printed_candidates.seeds,
            ),
        ],
        set_up=f"{printed_candidates.set_up} A way is a split, dropout or none, and the training "
        "figure as Keras prints it or of the finished network.",
        weakened="Training and validation figure are asked about one by one, not the gap between "
        "them.",
    )
