"""Two hidden layers and a wish list: a recipe that was not told, its losses, and five wishes."""

import numpy as np

from book.claims import (
    Judgement,
    Outcome,
    above,
    confidence,
    every,
    gain,
    identity,
    judge,
    level,
    not_worse,
    of_median,
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings._cut import between, cut
from book.findings._scores import (
    OVERFITS,
    at,
    chosen,
    epochs_to,
    finite,
    gap,
    rise,
    roughness,
    score,
    span,
    stopped,
)
from lessons_src.recorded import Record, shared
from lessons_src.stats import (
    Interval,
    mean_interval,
    median_interval,
    paired_difference,
    prediction_interval,
    standing,
    verdict,
)

#: What the project published, by the curve that a record has of it.
PUBLISHED = {"accuracy_curve": 0.9584, "val_accuracy_curve": 0.8956}
TEXTBOOK, OWN = "55,000", "48,000"  # the cases, named after the images that train
LONGEST = 100  # epochs that the text allows
EXAMPLE = 30  # epochs of the textbook example


# --- Which settings give both figures ---------------------------------------------------------


def fitting(record: Record, case: str) -> np.ndarray:
    """The epochs, from 1, whose 99 % prediction intervals hold both published figures."""
    inside = [
        [figure in prediction_interval(epoch, 0.99) for epoch in record(case, name).T]
        for name, figure in PUBLISHED.items()
    ]
    return np.flatnonzero(np.all(inside, axis=0)) + 1


def epochs_of(record: Record, case: str) -> int:
    """How many epochs a case ran."""
    return record(case, "val_accuracy_curve").shape[1]


def exhausted(record: Record, case: str) -> bool:
    """Whether longer runs could not fit: none is allowed, or too much has been learnt already."""
    name = "accuracy_curve"
    past = prediction_interval(record(case, name)[:, -1], 0.99).low > PUBLISHED[name]
    return epochs_of(record, case) >= LONGEST or past


@claim("T1")
def both_figures(source_default: Record, source_curves: Record) -> Judgement:
    """784–300–100–10 with SGD reaches 95.84 % and 89.56 %."""
    places = {
        f"rate {rate}, {images} images": (record, case)
        for rate, record in (("0.01", source_default), ("0.1", source_curves))
        for case, images in ((TEXTBOOK, "55,000 and 5,000"), (OWN, "48,000 and 12,000"))
    }
    hits = {told: fitting(*place) for told, place in places.items()}
    epochs = {told: epochs_of(*place) for told, place in places.items()}
    fits = sum(map(len, hits.values()))
    asked = "some allowed set-up gives both figures at one epoch"
    number = (
        f"{fits} of {sum(epochs.values())} epochs do, in {len(places)} set-ups with batches of 32"
    )
    seeds = min(source_default.seeds, source_curves.seeds, key=len)
    searched = all(exhausted(*place) for place in places.values())
    landed = [
        prediction_interval(source_default(TEXTBOOK, name)[:, EXAMPLE - 1], 0.99)
        for name in PUBLISHED
    ]
    return judge(
        identity(asked, fits > 0, number, source_default, source_curves, seeds=seeds)
        if fits or searched
        else unmeasured(asked, f"{number}; longer runs are allowed"),
        also=[
            *(
                identity(
                    f"{told}: one of the epochs 1 to {epochs[told]} gives both",
                    len(hits[told]) > 0,
                    in_words(hits[told]),
                    record,
                    seeds=record.seeds,
                )
                for told, (record, _) in places.items()
            ),
            identity(
                f"the textbook example gives both: rate 0.01, 55,000 images, {EXAMPLE} epochs",
                EXAMPLE in hits["rate 0.01, 55,000 and 5,000 images"],
                "one of its runs lands at {:.1%} on training and at {:.1%} on validation "
                "images".format(*landed),
                source_default,
                seeds=source_default.seeds,
            ),
        ],
        set_up="784–300–100–10, ReLU, SGD, batch 32. The training figure is Keras's mean over "
        "the epoch; the intervals are those of one run, at 99%.",
        weakened="Of many epochs one fits by luck more easily; other rates and batches may fit.",
    )


def in_words(epochs: np.ndarray) -> str:
    """Which epochs these are."""
    if not len(epochs):
        return "no epoch does"
    return f"{len(epochs)} do, from epoch {epochs[0]} to {epochs[-1]}"


def matching(record: Record, case: str) -> int | None:
    """Of the epochs that fit, from 1, the one whose mean training accuracy is nearest."""
    fits = fitting(record, case)
    if not len(fits):
        return None
    means = record(case, "accuracy_curve").mean(axis=0)[fits - 1]
    return int(fits[np.abs(means - PUBLISHED["accuracy_curve"]).argmin()])


# --- Overfitting ------------------------------------------------------------------------------

BY = 75  # the epoch by which it is to overfit, and the length of the runs with a wish


def overfitting(record: Record, epochs: int, rate: str, sure: float) -> Outcome:
    """Does the textbook's split overfit by this epoch?"""
    return above(
        f"rise of the validation loss by epoch {epochs}, rate {rate}",
        mean_interval(rise(cut(record, epochs), TEXTBOOK), sure),
        OVERFITS,
        record,
        unit="nats",
        digits=3,
    )


def levelling(record: Record, end: int, sure: float) -> Interval:
    """Change of the validation loss as a multiple of the fall of the training loss.

    Over the last fifth of the first `end` epochs, each end the mean of three epochs.
    """
    start = end - end // 5

    def change(name: str) -> np.ndarray:
        """From `start` to `end`, shape (seeds,)."""
        curve = record(TEXTBOOK, name)
        return curve[:, end - 3 : end].mean(axis=1) - curve[:, start - 3 : start].mean(axis=1)

    return mean_interval(change("val_loss_curve") / -change("loss_curve"), sure)


def levelled(record: Record, rate: str, sure: float) -> Outcome:
    """Has the validation loss levelled off before the epoch that matches the published figures?"""
    end = matching(record, TEXTBOOK)
    asked = "the validation loss changes by less than half of what the training loss falls, "
    if end is None:
        told = f"{asked}before the matching epoch, rate {rate}"
        return unmeasured(told, "no epoch gives both published figures")
    return level(
        f"{asked}in epochs {end - end // 5} to {end}, rate {rate}: change over fall",
        levelling(record, end, sure),
        record,
        margin=0.5,
        unit="",
    )


@claim("T2")
def overfits_and_levels_off(source_default: Record, source_curves: Record) -> Judgement:
    """It overfits after a point, while its validation loss levels off."""
    fast = epochs_of(source_curves, TEXTBOOK)
    return judge(
        overfitting(source_default, BY, "0.01", confidence(2)),
        levelled(source_default, "0.01", confidence(2)),
        also=[
            overfitting(source_curves, fast, "0.1", 0.95),
            levelled(source_curves, "0.1", 0.95),
        ],
        set_up="784–300–100–10, ReLU, SGD, batch 32, 55,000 training and 5,000 validation images.",
        weakened="One fixed split; the matching epoch was found on the same runs.",
    )


# --- Raw pixels -------------------------------------------------------------------------------

SCALED, RAW = "scaled, 0.01", "0 to 255, 0.01"
FAST_ENOUGH = 0.85
CALM = 0.001  # nats for each epoch
#: The loss of a guess. So rough is a run that diverged: it lost all there is to learn.
DIVERGED = float(np.log(10))


def epochs_until(record: Record, case: str) -> np.ndarray:
    """Epochs to a validation accuracy of 0.85, one more than were run where it is not reached."""
    return epochs_to(finite(record(case, "val_accuracy_curve")), FAST_ENOUGH)


def unrest(record: Record, case: str) -> np.ndarray:
    """Roughness of the validation loss, shape (seeds,)."""
    broken = ~np.isfinite(record(case, "val_loss_curve")).all(axis=1)
    return np.where(broken, DIVERGED, roughness(record, case))


@claim("T3")
def scaling_helps(raw_pixels: Record) -> Judgement:
    """Scaling the pixels makes training stabler and faster."""
    sure = confidence(2, looks=1)
    slower = np.subtract(*(epochs_until(raw_pixels, case) for case in (RAW, SCALED)))
    rougher = np.subtract(*(unrest(raw_pixels, case) for case in (RAW, SCALED)))
    rates = [case for case in raw_pixels.cases if case != SCALED]
    best = chosen(raw_pixels, rates, by=lambda *place: score(*place, climbing=True))
    runs, broken = raw_pixels.pair(RAW, RAW, "val_loss")
    diverged = int((~np.isfinite(broken)).sum())
    return judge(
        of_median(
            above,
            "epochs to a validation accuracy of 0.85, raw minus scaled",
            slower,
            0,
            f"{span(slower)} epochs",
            raw_pixels,
            confidence=sure,
        ),
        gain(
            "the validation loss is less rough with scaled pixels, by",
            median_interval(rougher, sure),
            raw_pixels,
            margin=CALM,
            unit="nats an epoch",
            digits=4,
        ),
        also=[
            above(
                f"epochs to 0.85, raw ({best}) minus scaled",
                paired_difference(
                    *shared(epochs_until(raw_pixels, best), epochs_until(raw_pixels, SCALED))
                ),
                0,
                raw_pixels,
                digits=1,
            ),
            gain(
                f"less rough with scaled pixels than with raw ones ({best}), by",
                paired_difference(*shared(unrest(raw_pixels, best), unrest(raw_pixels, SCALED))),
                raw_pixels,
                margin=CALM,
                unit="nats an epoch",
                digits=4,
            ),
        ],
        set_up=f"{raw_pixels.set_up} The same rate, 0.01, on both sides; medians of the "
        f"differences. {diverged} of {len(runs)} runs on raw pixels diverged.",
        weakened="A run that diverges counts as rough as the whole loss of a guess.",
    )


# --- Wishes -----------------------------------------------------------------------------------

L2, DROPOUT, ADAM, AUGMENTED = "L2 0.0001", "dropout 0.2", "Adam 0.001", "flip and zoom"
PATIENCE = 5
REACHED = 0.88


def calmer(wish_list: Record, base: Record, case: str, sure: float) -> Outcome:
    """Does the validation loss rise less than the baseline's, by more than 0.01 nats?"""
    less = paired_difference(*shared(rise(base, OWN), rise(wish_list, case)), sure)
    records = wish_list, base
    return gain("rise smaller by", less, *records, margin=OVERFITS, unit="nats", digits=3)


def wished(wish_list: Record, source_default: Record, case: str, sure: float) -> Interval:
    """Accuracy of a wish minus that of the baseline after as many epochs."""
    same = cut(source_default, epochs_of(wish_list, case))
    return between((wish_list, case), (same, OWN), sure)


def last_losses(record: Record) -> np.ndarray:
    """Mean loss of the last three epochs, on the half that scores, shape (seeds,)."""
    second = 2 * record(OWN, "val_loss_curve") - record(OWN, "half_loss_curve")
    return second[:, -3:].mean(axis=1)


@claim("T4")
def wishes_help(wish_list: Record, source_default: Record) -> Judgement:
    """Early stopping, an L2 penalty, dropout, Adam and augmentation would improve it."""
    sure = confidence(8)  # five parts, three of which ask for two things
    base = cut(source_default, BY)
    both = wish_list, source_default

    def higher(case: str, sure: float = 0.95) -> Interval:
        return wished(wish_list, source_default, case, sure)

    def as_good(case: str) -> Outcome:
        return not_worse("accuracy higher by", higher(case, sure), *both)

    def of_stop(patience: int, sure: float = 0.95) -> Outcome:
        kept = stopped(base, OWN, patience)
        change = paired_difference(kept.accuracy, kept.last_accuracy, sure)
        told = "accuracy higher by" if patience == PATIENCE else f"accuracy, patience {patience}"
        return not_worse(told, change, source_default)

    # Both rises are counted from the same lowest losses, so that these fall out.
    spared = last_losses(base) - stopped(base, OWN, PATIENCE).loss
    slow, fast = shared(
        epochs_to(base(OWN, "val_accuracy_curve"), REACHED),
        epochs_to(wish_list(ADAM, "val_accuracy_curve"), REACHED),
    )
    kept = stopped(base, OWN, PATIENCE)
    others = [case for case in wish_list.cases if case not in (L2, DROPOUT, AUGMENTED)]
    return judge(
        every(
            f"early stopping, patience {PATIENCE}: rise smaller, accuracy not worse",
            gain(
                "rise smaller by",
                mean_interval(spared, sure),
                source_default,
                margin=OVERFITS,
                unit="nats",
                digits=3,
            ),
            of_stop(PATIENCE, sure),
        ),
        every(
            "L2 penalty of 0.0001: rise smaller, accuracy not worse",
            calmer(wish_list, base, L2, sure),
            as_good(L2),
        ),
        every(
            "dropout of 0.2: rise smaller, accuracy not worse",
            calmer(wish_list, base, DROPOUT, sure),
            as_good(DROPOUT),
        ),
        of_median(
            above,
            "epochs to an accuracy of 0.88, SGD minus Adam",
            slow - fast,
            0,
            f"{span(fast)} epochs with Adam, {span(slow)} with SGD",
            *both,
            confidence=sure,
        ),
        gain("flip and zoom over none", higher(AUGMENTED, sure), *both),
        also=[
            gain(
                "accuracy, early stopping over the whole run",
                paired_difference(kept.accuracy, kept.last_accuracy),
                source_default,
            ),
            *(
                gain(
                    f"accuracy, {case} over the baseline, {epochs_of(wish_list, case)} epochs",
                    higher(case),
                    *both,
                )
                for case in (L2, DROPOUT, *others)
            ),
            *(of_stop(patience) for patience in (2, 3, 4, 6, 7, 8)),
        ],
        set_up=f"784–300–100–10, ReLU, SGD at 0.01 (Adam at 0.001), batch 32, {BY} epochs unless "
        "told. The early stop looks at one half of the validation images, the other scores it.",
        weakened="One learning rate of SGD; of the second strengths, 30 epochs (Adam 15).",
    )


# --- One dimension or more --------------------------------------------------------------------


@claim("T5")
def one_dimension_only(dense_axes: Record) -> Judgement:
    """A dense layer takes only one-dimensional input."""
    (accepted,), (output,), (parameters,), (moved,) = (
        dense_axes("Dense(10)", name) for name in ("accepted", "output", "parameters", "moved")
    )
    shape = ", ".join(f"{size:.0f}" for size in output)
    return judge(
        identity(
            "input of shape (100, 28, 28) is refused",
            not accepted,
            f"the layer turns it into ({shape})" if accepted else "it raises an error",
            dense_axes,
        ),
        also=[
            identity(
                "each row of an image is computed by itself, with the same few weights",
                moved == 1 and parameters == (28 + 1) * 10,
                f"a row painted white changes the outputs of {moved:.0f} of 28 rows; "
                f"{parameters:.0f} weights and biases",
                dense_axes,
            )
        ],
    )


# --- What sentences of the page rely on -------------------------------------------------------


@finding
def rows_that_move(dense_axes: Record) -> int:
    """Rows with other outputs where one row of the image is painted white."""
    case = "Dense(10)"
    expect(bool(dense_axes(case, "accepted")[0]), "the layer takes images that are not flattened")
    moved = int(dense_axes(case, "moved")[0])
    expect(moved == 1, "no unit sees two rows at once")
    return moved


@finding
def fits_slow(source_curves: Record, source_default: Record) -> int:
    """How many epochs at a rate of 0.01 fit both figures."""
    expect(not len(fitting(source_curves, TEXTBOOK)), "at a rate of 0.1 no epoch fits")
    reached = source_curves(TEXTBOOK, "accuracy_curve").mean(axis=0).max()
    expect(reached < PUBLISHED["accuracy_curve"], "at a rate of 0.1 the runs end too soon")
    fits = fitting(source_default, TEXTBOOK)
    expect(len(fits) > 0, "a rate of 0.01 gives both figures")
    top = source_default(TEXTBOOK, "accuracy_curve").mean(axis=0).max()
    expect(top > PUBLISHED["accuracy_curve"], "its mean curve passes the published figure")
    return len(fits)


@finding
def first_fit(source_default: Record) -> int:
    """The first epoch at a rate of 0.01 that fits both figures."""
    return int(fitting(source_default, TEXTBOOK)[0])


@finding
def last_fit(source_default: Record) -> int:
    """The last epoch at a rate of 0.01 that fits both figures."""
    fits = fitting(source_default, TEXTBOOK)
    expect(fits[-1] - fits[0] + 1 == len(fits), "all epochs between the first and the last fit")
    return int(fits[-1])


@finding
def nearest_fit(source_default: Record) -> int:
    """Of the epochs that fit, the one that comes nearest in training accuracy."""
    found = matching(source_default, TEXTBOOK)
    assert found is not None, "no epoch fits"
    return found


def lands(record: Record, name: str) -> Interval:
    """Where one run of one's own lands in the nearest epoch, at 99 %."""
    return prediction_interval(record(TEXTBOOK, name)[:, nearest_fit(record) - 1], 0.99)


@finding
def lands_training(source_default: Record) -> Interval:
    """Training accuracy of one further run in the nearest epoch, at 99 %."""
    return lands(source_default, "accuracy_curve")


@finding
def lands_validation(source_default: Record) -> Interval:
    """Validation accuracy of one further run in the nearest epoch, at 99 %."""
    return lands(source_default, "val_accuracy_curve")


@finding
def fits_own_split(source_default: Record) -> int:
    """How many epochs at a rate of 0.01 fit both figures on 48,000 and 12,000 images."""
    found = len(fitting(source_default, OWN))
    expect(found > 0, "the book's own split gives both figures as well")
    return found


@finding
def reached_fast(source_curves: Record) -> float:
    """Mean training accuracy in the last epoch at a rate of 0.1."""
    return float(source_curves(TEXTBOOK, "accuracy_curve")[:, -1].mean())


@finding
def epochs_for_as_much(source_curves: Record, source_default: Record) -> int:
    """Epochs at a rate of 0.01 until the training accuracy is that of the last epoch at 0.1."""
    means = source_default(TEXTBOOK, "accuracy_curve").mean(axis=0)
    epochs = int((means >= reached_fast(source_curves)).argmax()) + 1
    tenfold = 10 * epochs_of(source_curves, TEXTBOOK)
    expect(1 < epochs < tenfold, "it takes fewer epochs than ten times as many")
    return epochs


@finding
def top_slow(source_default: Record) -> float:
    """The highest mean training accuracy at a rate of 0.01."""
    return float(source_default(TEXTBOOK, "accuracy_curve").mean(axis=0).max())


def every_fifth(record: Record, scored: str, curve: str) -> Interval:
    """A score of the network as it stands minus one of the curves, every fifth epoch."""
    pair = record(TEXTBOOK, scored), record(TEXTBOOK, curve)[:, 4::5]
    return mean_interval(np.subtract(*pair).mean(axis=1))


@finding
def finished_lead(source_curves: Record) -> Interval:
    """Training accuracy of the finished network minus Keras's mean over the epoch."""
    found = every_fifth(source_curves, "train_accuracy_curve", "accuracy_curve")
    expect(found.low > 0, "the finished network is ahead of the mean over the epoch")
    return found


@finding
def test_lag(source_curves: Record) -> Interval:
    """Accuracy on the test images minus that on the 5,000 held out, same networks."""
    found = every_fifth(source_curves, "test_accuracy_curve", "val_accuracy_curve")
    expect(found.high < 0, "the test images are the harder ones")
    return found


def fives(record: Record, name: str = "val_loss_curve") -> np.ndarray:
    """Means of a curve over five epochs, shape (seeds, blocks)."""
    values = record(TEXTBOOK, name)
    return values.reshape(len(values), -1, 5).mean(axis=2)


def from_lowest(record: Record) -> Interval:
    """Rise of the validation loss from its lowest five epochs to the last, as a share."""
    blocks = fives(record)
    return mean_interval(blocks[:, -1] / blocks[:, blocks.mean(axis=0).argmin()] - 1)


def at_the_end(record: Record) -> Interval:
    """Change of the validation loss from the five epochs before the last five, as a share."""
    blocks = fives(record)
    return mean_interval(blocks[:, -1] / blocks[:, -2] - 1)


@finding
def risen_slow(source_default: Record) -> Interval:
    """Rise of the validation loss from its lowest five epochs to the 75th, at a rate of 0.01."""
    ended = cut(source_default, BY)
    found = from_lowest(ended)
    expect(found.low > 0, "at a rate of 0.01 the validation loss has risen")
    falls = fives(ended, "loss_curve")
    expect((np.diff(falls, axis=1) < 0).all(), "the training loss falls throughout")
    return found


@finding
def risen_fast(source_curves: Record) -> Interval:
    """The same at a rate of 0.1, to the last epoch."""
    found = from_lowest(source_curves)
    expect(found.low <= 0 <= found.high, "at a rate of 0.1 twenty epochs leave it open")
    return found


@finding
def changed_late_slow(source_default: Record) -> Interval:
    """Change of the validation loss over the ten epochs before the 75th, at a rate of 0.01."""
    found = at_the_end(cut(source_default, BY))
    expect(found.low <= 0 <= found.high, "no change is seen over the last ten epochs")
    return found


@finding
def changed_late_fast(source_curves: Record) -> Interval:
    """The same at a rate of 0.1, before the last epoch."""
    found = at_the_end(source_curves)
    expect(found.low <= 0 <= found.high, "no change is seen over the last ten epochs")
    return found


@finding
def overfits_by(source_default: Record) -> Interval:
    """The rise of the validation loss by epoch 75 at a rate of 0.01, in nats."""
    found = mean_interval(rise(cut(source_default, BY), TEXTBOOK), confidence(2))
    expect(found.low > OVERFITS, "it overfits")
    return found


@finding
def levels_off(source_default: Record) -> Interval:
    """Change of the validation loss over the fall of the training loss before the match."""
    found = levelling(source_default, nearest_fit(source_default), confidence(2))
    expect(found.low < 0.5 < found.high, "whether it changes by less than half as much is open")
    return found


def wish_gains(wish_list: Record, source_default: Record) -> dict[str, Interval]:
    """What each wish changes in accuracy, as a share, against as many epochs of the baseline."""
    gains = {
        case: between(
            (wish_list, case), (cut(source_default, epochs_of(wish_list, case)), OWN), 0.95
        )
        for case in wish_list.cases
    }
    kept = stopped(cut(source_default, BY), OWN, PATIENCE)
    return gains | {"early stopping": paired_difference(kept.accuracy, kept.last_accuracy)}


@finding
def dropout_gain(wish_list: Record, source_default: Record) -> Interval:
    """What dropout gains over the baseline."""
    gains = wish_gains(wish_list, source_default)
    stand = {case: standing(found) for case, found in gains.items()}
    expect(stand[DROPOUT] == "ahead", "dropout gains more than the margin")
    expect(stand["all together"] == "behind", "all together lose more than the margin")
    same = {case for case in (L2, AUGMENTED, ADAM) if stand[case] == "level"}
    expect(same == {L2, AUGMENTED}, "L2 and flip and zoom are level with the baseline")
    adam, stop = gains[ADAM], gains["early stopping"]
    expect(verdict(adam) == "undecided" and adam.low > 0, "Adam gains, by an open amount")
    expect(stop.low <= 0 <= stop.high and stand["early stopping"] == "open", "the stop is open")
    best = max(gains, key=lambda case: gains[case].estimate)
    expect(best == DROPOUT, "dropout gains most")
    return gains[DROPOUT]


@finding
def together_loss(wish_list: Record, source_default: Record) -> Interval:
    """What the four wishes together change in accuracy."""
    return wish_gains(wish_list, source_default)["all together"]


#: After these epochs of the baseline all its training images were scored.
SCORED = (15, 30, 75, 100)


def base_gap(source_default: Record, epochs: int) -> np.ndarray:
    """Training minus validation accuracy of the baseline after one of these epochs."""
    trained = source_default(OWN, "train_accuracy_curve")[:, SCORED.index(epochs)]
    return trained - source_default(OWN, "val_accuracy_curve")[:, epochs - 1]


@finding
def gap_with_adam(wish_list: Record, source_default: Record) -> Interval:
    """By how much Adam changes the gap; the other wishes make it smaller."""
    changes = {
        case: paired_difference(
            *shared(gap(wish_list, case), base_gap(source_default, epochs_of(wish_list, case)))
        )
        for case in (L2, DROPOUT, ADAM, AUGMENTED, "all together")
    }
    base = cut(source_default, BY)
    curves = base(OWN, "accuracy_curve") - base(OWN, "val_accuracy_curve")
    kept = stopped(base, OWN, PATIENCE).kept
    others = [found for case, found in changes.items() if case != ADAM]
    others.append(paired_difference(at(curves, kept), curves[:, -1]))
    expect(all(found.high < 0 for found in others), "all wishes but Adam make the gap smaller")
    expect(changes[ADAM].low > 0, "Adam makes the gap wider")
    trained = source_default(OWN, "train_accuracy_curve")[:, SCORED.index(BY)]
    fits = wish_list.mean(AUGMENTED, "train_accuracy"), mean_interval(trained)
    expect(fits[0].high < fits[1].low, "with flip and zoom the images are fitted less closely")
    return changes[ADAM]
