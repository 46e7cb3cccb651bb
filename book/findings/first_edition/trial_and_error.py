"""Listings, cures, stops, pairs and single changes: what the records say of trial and error."""

import numpy as np

from book.claims import (
    Judgement,
    Outcome,
    above,
    confidence,
    gain,
    identity,
    judge,
    not_worse,
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings.first_edition._scores import OVERFITS, ahead, at, gap, late, risen
from lessons_src.recorded import Record
from lessons_src.stats import MARGIN, Interval, mean_interval, paired_difference
from lessons_src.stopping import early_stop

NETWORK = "784–128–10"  # the case of the record long-run
CURES = {
    "dropout 0.5": "dropout 0.5",
    "an L2 penalty of 0.0001": "L2 0.0001",
    "shifts": "shifted",
}
FEWER = "12,000 images"


# --- Listings -----------------------------------------------------------------


def running(listings: Record, reading: str, asked: str) -> Outcome:
    """Do all listings run, read in this way?"""
    count = len(listings.cases)
    runs, shapes = (
        int(sum(listings(case, name)[0] for case in listings.cases))
        for name in (reading, f"{reading}_shape")
    )
    nameless = count - runs - shapes
    number = f"{runs} of {count} run; {nameless} lack a name, {shapes} get images of another shape"
    return identity(asked, runs == count, number, listings)


@claim("S0")
def as_printed(listings: Record) -> Judgement:
    """The code listings of the series run as printed."""
    return judge(
        running(listings, "series", "all parts one notebook, in the printed order"),
        also=[
            running(listings, "alone", "each listing alone"),
            running(listings, "part", "each part a notebook"),
        ],
        set_up="The listings were run by hand in the versions that this book pins, training cut "
        "short. What each needs and gives was noted by hand; where they stop is counted from that.",
        weakened="The command repeats the count and not the runs.",
    )


# --- Overfitting and its cures ------------------------------------------------


def last_gap(cures: Record, case: str) -> np.ndarray:
    """Training minus validation accuracy after the last epoch, shape (seeds,)."""
    return cures(case, "train_accuracy_curve")[:, -1] - cures(case, "val_accuracy_curve")[:, -1]


@claim("S8.1")
def memorised_and_cured(long_run: Record, cures: Record) -> Judgement:
    """Without dropout the network memorises its training images; dropout of 0.5 cures that."""
    also = [unmeasured("dropout 0.2", "not recorded for 30 epochs")]
    for name, case in CURES.items():
        narrower = paired_difference(last_gap(cures, "none"), last_gap(cures, case))
        also += [
            gain(f"gap smaller with {name}, two hidden layers", narrower, cures),
            gain(f"accuracy with {name}, two hidden layers", ahead(cures, case, "none"), cures),
        ]
    narrower = paired_difference(last_gap(cures, FEWER), last_gap(cures, "none"))
    more = "48,000 images over 12,000, two hidden layers"
    also += [
        gain(f"gap smaller with {more}", narrower, cures),
        gain(f"accuracy with {more}", ahead(cures, "none", FEWER), cures),
    ]
    return judge(
        above(
            "rise of the validation loss without dropout",
            mean_interval(
                risen(long_run(NETWORK, "val_loss_curve")[:, :30]), confidence(2, looks=1)
            ),
            OVERFITS,
            long_run,
            unit="nats",
            digits=3,
        ),
        unmeasured(
            "rise and gap smaller with dropout 0.5",
            "recorded for two hidden layers of 128 only, and not for one",
        ),
        also=also,
        set_up="784–128–10, ReLU, Adam, batches of 32, 30 epochs on 48,000 images. Also asked: "
        "784–128–128–10, Adam, batches of 128, 30 epochs.",
    )


@finding
def dropout_on_test(cures: Record) -> Interval:
    """What dropout 0.5 does to test accuracy."""
    found = _on_test(cures, "dropout 0.5")
    expect(found.high < -MARGIN, "dropout 0.5 lowers test accuracy")
    return found


@finding
def penalty_on_test(cures: Record) -> Interval:
    """What the penalty does to test accuracy."""
    found = _on_test(cures, "L2 0.0001")
    expect(found.low <= 0 <= found.high, "whether the penalty lowers test accuracy is open")
    return found


@finding
def shifts_on_test(cures: Record) -> Interval:
    """What shifted images do to test accuracy."""
    found = _on_test(cures, "shifted")
    expect(found.high < 0, "shifting lowers test accuracy")
    expect(found.high >= -MARGIN, "whether by more than the margin is open")
    return found


@finding
def most_from_a_cure(cures: Record) -> float:
    """The highest end of the three intervals: more than this no cure gained on test images."""
    most = max(_on_test(cures, case).high for case in CURES.values())
    expect(most <= MARGIN, "none of the cures raised test accuracy by more than the margin")
    return most


def _on_test(cures: Record, case: str) -> Interval:
    """Test accuracy after the last epoch, less that without a cure."""
    new, old = (cures(name, "test_accuracy_curve")[:, -1] for name in (case, "none"))
    return paired_difference(new, old)


@claim("S8.7")
def inevitable() -> Judgement:
    """Overfitting is inevitable without regularisation."""
    return judge(
        unmeasured(
            "every width of 4–1024 overfits within 100 epochs",
            "curves are recorded for widths of 4, 16 and 128 only, and for 60 epochs",
        )
    )


@finding
def least_units_gap(overfitting: Record) -> Interval:
    """Training minus validation accuracy of four units after 60 epochs."""
    found = mean_interval(gap(overfitting, "4 units"))
    expect(found.low > MARGIN, "even four units get a gap")
    return found


@finding
def series_gap(batch_and_rate: Record) -> Interval:
    """Training minus validation accuracy with the series' batch and rate, five epochs."""
    found = mean_interval(gap(batch_and_rate, "1000, 0.01"))
    expect(0 < found.low <= MARGIN < found.high, "a gap is seen; whether it matters is open")
    return found


# --- When to stop -------------------------------------------------------------


def stop_gain(cures: Record, watched: str, patience: int) -> Interval:
    """Test accuracy of the network that a stop keeps, less the mean of the whole run's last fifth.

    Args:
        watched: "loss" or "accuracy", on the validation images.
    """
    curve = cures("none", f"val_{watched}_curve") * (-1 if watched == "accuracy" else 1)
    test = cures("none", "test_accuracy_curve")
    kept = [early_stop(values, patience)[1] for values in curve]
    return paired_difference(at(test, kept), late(test))


@claim("S8.4")
def time_to_stop(long_run: Record, cures: Record) -> Judgement:
    """To train past the plateau is a waste, and the curves show when to stop."""
    epochs = 50
    curve = long_run(NETWORK, "val_loss_curve")[:, :epochs]
    trained = np.array([early_stop(losses, patience=5)[0] for losses in curve])
    stopped = [("loss", 1), ("loss", 5), ("loss", 10), ("accuracy", 5)]
    return judge(
        above(
            "share of the epochs saved",
            mean_interval(1 - trained / epochs, confidence(2, looks=1)),
            0.1,
            long_run,
            unit="%",
            digits=0,
        ),
        unmeasured(
            "accuracy of the network that is kept",
            "no record has the two halves of the validation images apart",
        ),
        also=[
            not_worse(
                f"stop on the {watched}, patience {patience}, two hidden layers, on test images",
                stop_gain(cures, watched, patience),
                cures,
            )
            for watched, patience in stopped
        ],
        set_up="784–128–10, ReLU, Adam, batches of 32, 50 epochs. Also asked: 784–128–128–10, "
        "batches of 128, 30 epochs; the validation images stop, the test images score.",
        weakened="All validation images stopped the training, not one half of them.",
    )


@finding
def stop_by_loss(cures: Record) -> Interval:
    """What a stop on the validation loss, patience 5, changes on the test images."""
    found = stop_gain(cures, "loss", 5)
    expect(found.low <= 0 <= found.high, "whether a stop on the loss costs accuracy is open")
    return found


@finding
def stop_by_accuracy(cures: Record) -> Interval:
    """What a stop on validation accuracy, patience 5, changes on the test images."""
    found = stop_gain(cures, "accuracy", 5)
    expect(found.low > 0, "a stop on the accuracy gains a little")
    return found


@finding
def stalled(cures: Record) -> Interval:
    """Validation accuracy after epoch 30, less that after epoch 20."""
    curve = cures("none", "val_accuracy_curve")
    found = paired_difference(curve[:, -1], curve[:, 19])
    expect(-MARGIN < found.low <= 0 <= found.high < MARGIN, "by the margin it stalls")
    return found


@finding
def smoothed(cures: Record) -> Interval:
    """Mean validation accuracy of the last five epochs, less that of the five before."""
    curve = cures("none", "val_accuracy_curve")
    found = paired_difference(curve[:, -5:].mean(axis=1), curve[:, -10:-5].mean(axis=1))
    expect(found.low <= 0 <= found.high, "a stall or a small gain")
    return found


# --- Confused classes, and one thing at a time --------------------------------


@claim("S8.5")
def shirts_and_pullovers() -> Judgement:
    """The network confuses shirts with pullovers."""
    return judge(
        unmeasured(
            "shirt and pullover over an average pair", "trained on the page, and not recorded"
        )
    )


@claim("S8.6")
def one_at_a_time() -> Judgement:
    """To find out what worked, change one setting at a time, and log the results."""
    return judge(
        unmeasured(
            "single effects add up to the joint one",
            "no record crosses the settings of the log; batch-and-rate crosses two others",
        ),
        also=[
            unmeasured(
                "one at a time against a crossed grid, same budget",
                "recorded for unequal budgets, and chosen and scored on the same seeds",
            )
        ],
    )
