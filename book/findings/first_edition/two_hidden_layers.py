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
from book.findings.first_edition._scores import (
    OVERFITS,
    ahead,
    at,
    epochs_to,
    gap,
    rise,
    score,
    span,
)
from lessons_src.recorded import Record
from lessons_src.stats import (
    Interval,
    mean_interval,
    paired_difference,
    prediction_interval,
    standing,
    verdict,
)
from lessons_src.stopping import early_stop

#: What the project published, by the curve that a record has of it.
PUBLISHED = {"accuracy_curve": 0.9584, "val_accuracy_curve": 0.8956}
FAST, SLOW = "0.1", "0.01"  # the cases of the two records, named after their rates
LONGEST = 100  # epochs that the reading of T1 allows
SET_UPS = 4  # that it allows: two rates, two splits
BASE = "baseline"
SHARED = "the images that stop a run would score it too; no record keeps two halves apart"


# --- Which settings give both figures ---------------------------------------------------------


def fitting(record: Record, case: str) -> np.ndarray:
    """The epochs, from 1, whose 99 % prediction intervals hold both published figures."""
    inside = [
        [figure in prediction_interval(epoch, 0.99) for epoch in record(case, name).T]
        for name, figure in PUBLISHED.items()
    ]
    return np.flatnonzero(np.all(inside, axis=0)) + 1


def tried(
    source_curves: Record, source_default: Record, wish_list: Record
) -> dict[str, tuple[Record, str]]:
    """Records and cases of the set-ups that were tried, by what sets them apart."""
    return {
        "rate 0.01, 55,000 and 5,000 images": (source_default, SLOW),
        "rate 0.01, 48,000 and 12,000 images": (wish_list, BASE),
        "rate 0.1, 55,000 and 5,000 images": (source_curves, FAST),
    }


def epochs_of(record: Record, case: str) -> int:
    """How many epochs a case ran."""
    return record(case, "val_accuracy_curve").shape[1]


@claim("T1")
def both_figures(source_curves: Record, source_default: Record, wish_list: Record) -> Judgement:
    """784–300–100–10 with SGD reaches 95.84 % and 89.56 %."""
    found = tried(source_curves, source_default, wish_list)
    hits = {told: fitting(*place) for told, place in found.items()}
    epochs = {told: epochs_of(*place) for told, place in found.items()}
    fits, run = sum(map(len, hits.values())), sum(epochs.values())
    records = [record for record, _ in found.values()]
    seeds = min((record.seeds for record in records), key=len)
    asked = "some allowed set-up gives both figures at one epoch"
    number = f"{fits} of {run} epochs do, in {len(found)} set-ups of batch 32"
    every = len(found) == SET_UPS and min(epochs.values()) >= LONGEST
    return judge(
        identity(asked, fits > 0, number, *records, seeds=seeds)
        if fits or every
        else unmeasured(asked, f"{number}; longer runs and other set-ups are allowed"),
        also=[
            *(
                identity(
                    f"{told}: one of the epochs 1 to {epochs[told]} gives both",
                    len(hits[told]) > 0,
                    in_words(hits[told]),
                    found[told][0],
                    seeds=found[told][0].seeds,
                )
                for told in found
            ),
            unmeasured("the textbook example that the project follows", "not recorded"),
        ],
        set_up="784–300–100–10, ReLU, SGD, batch 32. The training figure is Keras's mean over "
        "the epoch; the intervals are those of one run, at 99%.",
        weakened="Few seeds make wide intervals, and of many epochs one fits by luck more easily.",
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


def levelling(record: Record, case: str, end: int) -> Interval:
    """Change of the validation loss as a multiple of the fall of the training loss, at 97.5 %.

    Over the last fifth of the first `end` epochs, each end the mean of three epochs.
    """
    start = end - end // 5

    def change(name: str) -> np.ndarray:
        """From `start` to `end`, shape (seeds,)."""
        curve = record(case, name)
        return curve[:, end - 3 : end].mean(axis=1) - curve[:, start - 3 : start].mean(axis=1)

    return mean_interval(change("val_loss_curve") / -change("loss_curve"), confidence(2, looks=1))


@claim("T2")
def overfits_and_levels_off(source_curves: Record, source_default: Record) -> Judgement:
    """It overfits after a point, while its validation loss levels off."""
    end = matching(source_default, SLOW)
    asked = "the validation loss changes by less than half of what the training loss falls, "
    return judge(
        above(
            "rise of the validation loss by the last epoch, rate 0.01",
            mean_interval(rise(source_default, SLOW), confidence(2, looks=1)),
            OVERFITS,
            source_default,
            unit="nats",
            digits=3,
        ),
        unmeasured(f"{asked}before the matching epoch", "no epoch gives both published figures")
        if end is None
        else level(
            f"{asked}in epochs {end - end // 5} to {end}: change over fall",
            levelling(source_default, SLOW, end),
            source_default,
            margin=0.5,
            unit="",
        ),
        also=[
            above(
                f"rise of the validation loss by epoch {epochs_of(source_curves, FAST)}, rate 0.1",
                mean_interval(rise(source_curves, FAST)),
                OVERFITS,
                source_curves,
                unit="nats",
                digits=3,
            )
        ],
        set_up="784–300–100–10, ReLU, SGD, batch 32, 55,000 training and 5,000 validation images.",
        weakened="One fixed split; the matching epoch was found on the same runs.",
    )


# --- Raw pixels -------------------------------------------------------------------------------


@claim("T3")
def scaling_helps() -> Judgement:
    """Scaling the pixels makes training stabler and faster."""
    live = "the runs on this page are live, too short and too few; there is no record"
    return judge(
        unmeasured("fewer epochs to an accuracy of 0.85 with scaled pixels, same rate", live),
        unmeasured("a smoother validation loss with scaled pixels, same rate", live),
        also=[unmeasured("both, with raw pixels at their own best rate", live)],
    )


# --- Wishes -----------------------------------------------------------------------------------


def calmer(wish_list: Record, case: str, sure: float) -> Outcome:
    """Does the validation loss rise less than the baseline's, by more than 0.01 nats?"""
    less = paired_difference(rise(wish_list, BASE), rise(wish_list, case), sure)
    return gain("rise smaller by", less, wish_list, margin=OVERFITS, unit="nats", digits=3)


@claim("T4")
def wishes_help(wish_list: Record) -> Judgement:
    """Early stopping, an L2 penalty, dropout, Adam and augmentation would improve it."""
    sure = confidence(8, looks=1)  # five parts, three of which ask for two things

    def as_good(case: str) -> Outcome:
        """Is it not worse than the baseline?"""
        return not_worse("accuracy higher by", ahead(wish_list, case, BASE, sure), wish_list)

    adam, base = (epochs_to(wish_list(case, "val_accuracy_curve"), 0.88) for case in ("Adam", BASE))
    singles = ("L2", "dropout", "Adam", "all together")
    return judge(
        unmeasured("early stopping: rise smaller, accuracy not worse", SHARED),
        every(
            "L2 penalty of 0.0001: rise smaller, accuracy not worse",
            unmeasured(
                "rise smaller by", "an unknown amount, the recorded loss has the penalty in it"
            ),
            as_good("L2"),
        ),
        every(
            "dropout of 0.2: rise smaller, accuracy not worse",
            calmer(wish_list, "dropout", sure),
            as_good("dropout"),
        ),
        of_median(
            above,
            "epochs to an accuracy of 0.88, SGD minus Adam",
            base - adam,
            0,
            f"{span(adam)} epochs with Adam, {span(base)} with SGD",
            wish_list,
            confidence=sure,
        ),
        gain("flip and zoom over none", ahead(wish_list, "flip and zoom", BASE, sure), wish_list),
        also=[
            *(
                gain(f"accuracy, {case} over the baseline", ahead(wish_list, case, BASE), wish_list)
                for case in singles
            ),
            unmeasured("early stopping with a patience of 2 to 8", SHARED),
            unmeasured("two strengths of each wish", "each was recorded at one"),
        ],
        set_up="784–300–100–10, ReLU, SGD at 0.01 (Adam at 0.001), batch 32, 75 epochs.",
        weakened="One fixed split; one strength of each wish, and one learning rate.",
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
    expect(not len(fitting(source_curves, FAST)), "at a rate of 0.1 no epoch fits")
    reached = source_curves(FAST, "accuracy_curve").mean(axis=0).max()
    expect(reached < PUBLISHED["accuracy_curve"], "at a rate of 0.1 the runs end too soon")
    fits = fitting(source_default, SLOW)
    expect(len(fits) > 0, "a rate of 0.01 gives both figures")
    top = source_default(SLOW, "accuracy_curve").mean(axis=0).max()
    expect(top > PUBLISHED["accuracy_curve"], "its mean curve passes the published figure")
    return len(fits)


@finding
def first_fit(source_default: Record) -> int:
    """The first epoch at a rate of 0.01 that fits both figures."""
    return int(fitting(source_default, SLOW)[0])


@finding
def last_fit(source_default: Record) -> int:
    """The last epoch at a rate of 0.01 that fits both figures."""
    fits = fitting(source_default, SLOW)
    expect(fits[-1] - fits[0] + 1 == len(fits), "all epochs between the first and the last fit")
    return int(fits[-1])


@finding
def nearest_fit(source_default: Record) -> int:
    """Of the epochs that fit, the one that comes nearest in training accuracy."""
    found = matching(source_default, SLOW)
    assert found is not None, "no epoch fits"
    return found


def lands(record: Record, name: str) -> Interval:
    """Where one run of one's own lands in the nearest epoch, at 99 %."""
    return prediction_interval(record(SLOW, name)[:, nearest_fit(record) - 1], 0.99)


@finding
def lands_training(source_default: Record) -> Interval:
    """Training accuracy of one further run in the nearest epoch, at 99 %."""
    return lands(source_default, "accuracy_curve")


@finding
def lands_validation(source_default: Record) -> Interval:
    """Validation accuracy of one further run in the nearest epoch, at 99 %."""
    return lands(source_default, "val_accuracy_curve")


@finding
def fits_own_split(wish_list: Record) -> int:
    """How many epochs at a rate of 0.01 fit both figures on 48,000 and 12,000 images."""
    found = len(fitting(wish_list, BASE))
    expect(found > 0, "the book's own split gives both figures as well")
    return found


@finding
def reached_fast(source_curves: Record) -> float:
    """Mean training accuracy in the last epoch at a rate of 0.1."""
    return float(source_curves(FAST, "accuracy_curve")[:, -1].mean())


@finding
def epochs_for_as_much(source_curves: Record, source_default: Record) -> int:
    """Epochs at a rate of 0.01 until the training accuracy is that of the last epoch at 0.1."""
    means = source_default(SLOW, "accuracy_curve").mean(axis=0)
    epochs = int((means >= reached_fast(source_curves)).argmax()) + 1
    tenfold = 10 * epochs_of(source_curves, FAST)
    expect(1 < epochs < tenfold, "it takes fewer epochs than ten times as many")
    return epochs


@finding
def top_slow(source_default: Record) -> float:
    """The highest mean training accuracy at a rate of 0.01."""
    return float(source_default(SLOW, "accuracy_curve").mean(axis=0).max())


def every_fifth(record: Record, finished: str, curve: str) -> Interval:
    """A score of the network as it stands minus one of the curves, every fifth epoch."""
    return mean_interval((record(FAST, finished) - record(FAST, curve)[:, 4::5]).mean(axis=1))


@finding
def finished_lead(source_curves: Record) -> Interval:
    """Training accuracy of the finished network minus Keras's mean over the epoch."""
    found = every_fifth(source_curves, "finished_accuracy", "accuracy_curve")
    expect(found.low > 0, "the finished network is ahead of the mean over the epoch")
    return found


@finding
def test_lag(source_curves: Record) -> Interval:
    """Accuracy on the test images minus that on the 5,000 held out, same networks."""
    found = every_fifth(source_curves, "test_accuracy", "val_accuracy_curve")
    expect(found.high < 0, "the test images are the harder ones")
    return found


def fives(record: Record, case: str, name: str = "val_loss_curve") -> np.ndarray:
    """Means of a curve over five epochs, shape (seeds, blocks)."""
    values = record(case, name)
    return values.reshape(len(values), -1, 5).mean(axis=2)


def from_lowest(record: Record, case: str) -> Interval:
    """Rise of the validation loss from its lowest five epochs to the last, as a share."""
    blocks = fives(record, case)
    return mean_interval(blocks[:, -1] / blocks[:, blocks.mean(axis=0).argmin()] - 1)


def at_the_end(record: Record, case: str) -> Interval:
    """Change of the validation loss from the five epochs before the last five, as a share."""
    blocks = fives(record, case)
    return mean_interval(blocks[:, -1] / blocks[:, -2] - 1)


@finding
def risen_slow(source_default: Record) -> Interval:
    """Rise of the validation loss from its lowest five epochs to the last, at a rate of 0.01."""
    found = from_lowest(source_default, SLOW)
    expect(found.low > 0, "at a rate of 0.01 the validation loss has risen")
    falls = fives(source_default, SLOW, "loss_curve")
    expect((np.diff(falls, axis=1) < 0).all(), "the training loss falls throughout")
    return found


@finding
def risen_fast(source_curves: Record) -> Interval:
    """The same at a rate of 0.1."""
    found = from_lowest(source_curves, FAST)
    expect(found.low <= 0 <= found.high, "at a rate of 0.1 twenty epochs leave it open")
    return found


@finding
def changed_late_slow(source_default: Record) -> Interval:
    """Change of the validation loss over the last ten epochs, at a rate of 0.01."""
    found = at_the_end(source_default, SLOW)
    expect(found.low <= 0 <= found.high, "no change is seen over the last ten epochs")
    return found


@finding
def changed_late_fast(source_curves: Record) -> Interval:
    """The same at a rate of 0.1."""
    found = at_the_end(source_curves, FAST)
    expect(found.low <= 0 <= found.high, "no change is seen over the last ten epochs")
    return found


@finding
def overfits_by(source_default: Record) -> Interval:
    """The rise of the validation loss by epoch 75 at a rate of 0.01, in nats."""
    found = mean_interval(rise(source_default, SLOW), confidence(2, looks=1))
    expect(found.low > OVERFITS, "it overfits")
    return found


@finding
def levels_off(source_default: Record) -> Interval:
    """Change of the validation loss over the fall of the training loss before the match."""
    found = levelling(source_default, SLOW, nearest_fit(source_default))
    expect(found.low < 0.5 < found.high, "whether it changes by less than half as much is open")
    return found


def wish_gains(wish_list: Record) -> dict[str, Interval]:
    """What each wish changes in accuracy, as a share; of early stopping, at the epoch kept."""
    gains = {case: ahead(wish_list, case, BASE) for case in wish_list.cases if case != BASE}
    chosen = at(wish_list(BASE, "val_accuracy_curve"), kept(wish_list))
    return gains | {"early stopping": paired_difference(chosen, score(wish_list, BASE))}


def kept(wish_list: Record) -> list[int]:
    """The epoch that early stopping with a patience of 3 keeps of each run of the baseline."""
    return [early_stop(losses, 3)[1] for losses in wish_list(BASE, "val_loss_curve")]


@finding
def dropout_gain(wish_list: Record) -> Interval:
    """What dropout gains over the baseline."""
    gains = wish_gains(wish_list)
    stand = {case: standing(found) for case, found in gains.items()}
    expect(stand["dropout"] == "ahead", "dropout gains more than the margin")
    expect(stand["all together"] == "behind", "all together lose more than the margin")
    same = {case for case, told in stand.items() if told == "level"}
    expect(same == {"L2", "flip and zoom"}, "L2 and flip and zoom are level with the baseline")
    adam, stop = gains["Adam"], gains["early stopping"]
    expect(verdict(adam) == "undecided" and adam.low > 0, "Adam gains, by an open amount")
    expect(stop.low <= 0 <= stop.high and stand["early stopping"] == "open", "the stop is open")
    best = max(gains, key=lambda case: gains[case].estimate)
    expect(best == "dropout", "dropout gains most")
    return gains["dropout"]


@finding
def together_loss(wish_list: Record) -> Interval:
    """What the four wishes together change in accuracy."""
    return wish_gains(wish_list)["all together"]


@finding
def gap_with_adam(wish_list: Record) -> Interval:
    """By how much Adam changes the gap; the other wishes make it smaller."""
    own = gap(wish_list, BASE)
    changes = {
        case: paired_difference(gap(wish_list, case), own)
        for case in wish_list.cases
        if case != BASE
    }
    others = [found for case, found in changes.items() if case != "Adam"]
    curves = wish_list(BASE, "accuracy_curve") - wish_list(BASE, "val_accuracy_curve")
    others.append(paired_difference(at(curves, kept(wish_list)), curves[:, -1]))
    expect(all(found.high < 0 for found in others), "all wishes but Adam make the gap smaller")
    expect(changes["Adam"].low > 0, "Adam makes the gap wider")
    fits = [wish_list.mean(case, "train_accuracy") for case in ("flip and zoom", BASE)]
    expect(fits[0].high < fits[1].low, "with flip and zoom the images are fitted less closely")
    return changes["Adam"]
