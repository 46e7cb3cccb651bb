"""Sparse categorical crossentropy: what the records say of the loss, rare classes, certainty."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from book.claims import (
    DOES_NOT_HOLD,
    Judgement,
    Outcome,
    above,
    confidence,
    gain,
    identity,
    judge,
    level,
    not_worse,
)
from book.findings import claim, expect, finding
from book.findings._scores import ahead, negative, positive, without_sign
from lessons_src.recorded import Record, shared
from lessons_src.stats import (
    MARGIN,
    Interval,
    mean_interval,
    paired_difference,
    paired_ratio,
    standing,
    verdict,
)

#: Two results are equal "to rounding" if they agree to one part in 100,000: sums of numbers of 32
#: bits lose some of the six digits that each of them surely keeps.
EQUAL_DIGITS = 5
NETWORK = "784–128–10"
TRAINED = (
    "784–128–10 after ten epochs (Adam, batch 32), all 12,000 held-out images. "
    "To rounding means to one part in 100,000."
)


# --- The loss itself ----------------------------------------------------------


def to_rounding(asked: str, identities: Record, result: str) -> Outcome:
    """Whether two ways of computing agree to rounding; recorded is the number of equal digits."""
    digits = identities(NETWORK, result).min()
    return identity(asked, digits >= EQUAL_DIGITS, f"equal to {digits:.0f} digits", identities)


@claim("S7.1")
def one_loss(loss_identities: Record) -> Judgement:
    """Sparse and one-hot crossentropy have the same values and gradients."""
    return judge(
        to_rounding("the values of all images", loss_identities, "one_hot_values"),
        to_rounding("the gradients of all parameters", loss_identities, "one_hot_gradients"),
        set_up=TRAINED,
    )


@claim("S7.2")
def memory(label_forms: Record) -> Judgement:
    """Whole-number labels take fewer bytes than one-hot rows."""
    taken = {True: [], False: []}
    for case, settings in label_forms.cases.items():
        taken[bool(settings["rows"])].append(label_forms(case, "bytes").max() / 1e6)
    whole, rows = taken[False], taken[True]
    number = f"{min(whole):.2f} to {max(whole):.2f} MB, rows {min(rows):.2f} to {max(rows):.2f} MB"
    return judge(
        identity(
            "the largest form of whole numbers takes less than the smallest of rows",
            max(whole) < min(rows),
            number,
            label_forms,
        ),
        set_up="All 60,000 official training labels, in the types that this book and Keras use.",
    )


@claim("S7.3")
def right_class_alone(loss_identities: Record) -> Judgement:
    """The loss looks at the right class's probability alone."""
    pushed = loss_identities(NETWORK, "others_pushed").max()
    part = loss_identities(NETWORK, "share_of_push").mean()
    return judge(
        to_rounding(
            "the value of the loss, the nine other probabilities exchanged",
            loss_identities,
            "exchanged_values",
        ),
        identity(
            "the push on the other logits is 0",
            bool(pushed == 0),
            f"{pushed:.1%} of them are pushed, with {part:.0%} of all push",
            loss_identities,
        ),
        set_up=TRAINED,
    )


EPOCHS = (10, 60)  # after which `long_run` looks at its answers
RIGHT, CONFIDENT, OTHER = [0], [1], [2]  # kinds of answers: right; mistakes above 0.9, and not
MISTAKES = CONFIDENT + OTHER


def dearer(
    long_run: Record,
    measure: str,
    these: list[int],
    those: list[int],
    epochs: int = EPOCHS[-1],
    sure: float = 0.95,
) -> Interval:
    """How many times as much an answer of these kinds has of a measure as one of those.

    Args:
        measure: "loss", or "gradient" for its length in the ten logits; means over the images.
    """
    sums, images = (
        long_run(NETWORK, f"kind_{name}")[:, EPOCHS.index(epochs)] for name in (measure, "images")
    )
    means = (sums[:, kinds].sum(axis=1) / images[:, kinds].sum(axis=1) for kinds in (these, those))
    return paired_ratio(*means, sure)


@claim("S7.4")
def confident_mistakes(long_run: Record) -> Judgement:
    """Confident mistakes cost more than others."""
    last, first = EPOCHS[-1], EPOCHS[0]

    def asked(told: str, ratio: Interval) -> Outcome:
        return above(told, ratio, 1.1, long_run, none=1, unit="times")

    return judge(
        asked(
            "mean loss of mistakes with a probability above 0.9 over that of the other mistakes",
            dearer(long_run, "loss", CONFIDENT, OTHER, sure=confidence()),
        ),
        also=[
            asked(
                f"the same after {first} epochs",
                dearer(long_run, "loss", CONFIDENT, OTHER, epochs=first),
            ),
            asked(
                "mean loss of mistakes over that of right answers",
                dearer(long_run, "loss", MISTAKES, RIGHT),
            ),
            *(
                asked(
                    f"gradient in the logits of such mistakes over that of the others, {n} epochs",
                    dearer(long_run, "gradient", CONFIDENT, OTHER, epochs=n),
                )
                for n in EPOCHS
            ),
        ],
        set_up=f"After {last} epochs unless told; the 12,000 held-out images.",
        weakened="one architecture, trained far beyond its lowest validation loss",
    )


@claim("S7.5")
def example(one_hot_example: Record) -> Judgement:
    """The source's example of one-hot rows."""
    rows = one_hot_example("0, 2, 1", "rows")[0].astype(int).tolist()
    printed = [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    return judge(
        identity(
            "Keras's to_categorical gives these rows", rows == printed, f"{rows}", one_hot_example
        )
    )


@claim("S7.6")
def pairs_with_softmax(
    loss_identities: Record, extreme_logits: Record, loss_input: Record
) -> Judgement:
    """The loss behind a softmax equals the loss from the logits."""
    return judge(
        to_rounding("the values of all images", loss_identities, "softmax_values"),
        to_rounding("the gradients of all logits", loss_identities, "softmax_gradients"),
        also=[
            at_extremes(
                "logits of ±100, behind Keras's softmax", extreme_logits, "Keras's softmax"
            ),
            at_extremes(
                "logits of ±100, behind a softmax that Keras cannot see",
                extreme_logits,
                "softmax by hand",
            ),
            *(
                level(
                    f"accuracy on {pixels} pixels, behind a softmax that Keras cannot see, level "
                    "with that behind one that it sees",
                    hidden_lead(loss_input, pixels),
                    loss_input,
                )
                for pixels in ("scaled", "raw")
            ),
        ],
        set_up=f"Keras's own softmax, whose logits the loss finds. {TRAINED}",
        weakened="one library, Keras with TensorFlow",
    )


def at_extremes(asked: str, extreme: Record, case: str) -> Outcome:
    """Whether loss and slope are there what they are from the logits."""
    loss, slope, wanted, wanted_slope = (
        extreme(name, result)[0] for name in (case, "logits") for result in ("loss", "slope")
    )
    so = np.allclose((loss, slope), (wanted, wanted_slope), rtol=10.0**-EQUAL_DIGITS, atol=0)
    told = f"loss {loss:.1f}, slope {slope:.1f}; from logits {wanted:.1f} and {wanted_slope:.1f}"
    return identity(asked, bool(so), told.replace("-", "−"), extreme)


def hidden_lead(loss_input: Record, pixels: str) -> Interval:
    """Score behind a hidden softmax minus that behind one that Keras sees."""
    return ahead(loss_input, f"probabilities, {pixels}", f"softmax, {pixels}", 0.95)


@finding
def hidden_softmax_lead(loss_input: Record) -> Interval:
    """Accuracy behind a hidden softmax minus that behind Keras's, on scaled pixels."""
    return without_sign(hidden_lead(loss_input, "scaled"))


@finding
def softmax_lead(loss_input: Record) -> Interval:
    """Accuracy behind Keras's softmax minus that from logits, on scaled pixels."""
    return without_sign(ahead(loss_input, "softmax, scaled", "logits, scaled", 0.95))


# --- Rare classes -------------------------------------------------------------

KEPT = 1 / 10  # of the images of the rare class
BY_SEED = "by seed"  # another class for another seed
NOTHING = "none", "recalls"
WEIGHTS = "balanced", "recalls"
CORRECTION = "none", "corrected_recalls"


def recalls(rare_class: Record, rare: str, way: tuple[str, str]) -> np.ndarray:
    """Share of each class that is recognised, shape (seeds, 10)."""
    weights, answers = way
    return rare_class(f"{rare}, {weights}", answers)


def is_rare(rare_class: Record, rare: str, way: tuple[str, str]) -> np.ndarray:
    """Whether a class is the rare one, shape (seeds, 10)."""
    return rare_class(f"{rare}, {way[0]}", "rare")[:, None] == np.arange(10)


def rare_recall(rare_class: Record, rare: str, way: tuple[str, str]) -> np.ndarray:
    """Share of the rare class that is recognised, shape (seeds,)."""
    return recalls(rare_class, rare, way)[is_rare(rare_class, rare, way)]


def alike(rare_class: Record, rare: str, way: tuple[str, str]) -> np.ndarray:
    """Mean recall over the classes, shape (seeds,)."""
    return recalls(rare_class, rare, way).mean(axis=1)


def as_trained(rare_class: Record, rare: str, way: tuple[str, str]) -> np.ndarray:
    """Accuracy where the class is as rare as it was in training, shape (seeds,)."""
    frequent = np.where(is_rare(rare_class, rare, way), KEPT, 1)
    return np.average(recalls(rare_class, rare, way), axis=1, weights=frequent)


def change(
    rare_class: Record,
    rare: str,
    measure: Callable[[Record, str, tuple[str, str]], np.ndarray],
    way: tuple[str, str],
    against: tuple[str, str] = NOTHING,
    sure: float = 0.95,
) -> Interval:
    """What a way of treating the rare class changes in a measure, seed by seed."""
    both = (measure(rare_class, rare, one) for one in (way, against))
    return paired_difference(*shared(*both), sure)


@claim("S7.7")
def imbalance_and_two_classes(
    rare_class: Record, two_classes: Record, single_unit: Record
) -> Judgement:
    """Class weights for rare classes, and binary crossentropy for two."""
    cut = {BY_SEED: "a class", "Shirt": "shirts", "Bag": "bags"}
    slope = single_unit_slope(single_unit)
    return judge(
        gain(
            "mean recall with class weights over that without, one class cut to a tenth",
            change(rare_class, BY_SEED, alike, WEIGHTS, sure=confidence(2)),
            rare_class,
        ),
        gain(
            "accuracy, one sigmoid unit over two softmax units", unit_lead(two_classes), two_classes
        ),
        also=[
            *(
                not_worse(
                    f"accuracy not worse with class weights, {name} as rare as in training",
                    change(rare_class, rare, as_trained, WEIGHTS),
                    rare_class,
                )
                for rare, name in cut.items()
            ),
            *(
                gain(
                    f"mean recall with class weights, {cut[rare]} cut to a tenth",
                    change(rare_class, rare, alike, WEIGHTS),
                    rare_class,
                )
                for rare in ("Shirt", "Bag")
            ),
            *(
                gain(
                    f"recall of the rare class with class weights, {name} cut to a tenth",
                    change(rare_class, rare, rare_recall, WEIGHTS),
                    rare_class,
                )
                for rare, name in cut.items()
            ),
            identity(
                "the sparse loss trains a single unit",
                slope > 0,
                f"for class 0 its slope is {slope:.0f}, whatever the unit says",
                single_unit,
            ),
        ],
        set_up="Seed s cuts class s mod 10. Two classes: shirts and T-shirts.",
        weakened="one pair of classes; weights in proportion to rarity, and no others",
    )


def unit_lead(two_classes: Record) -> Interval:
    """Score of one sigmoid unit minus that of two softmax units, as on the card."""
    return ahead(two_classes, "sigmoid, one unit", "softmax, two units", confidence(2))


@finding
def unit_lead_all(two_classes: Record) -> Interval:
    """One sigmoid unit minus two softmax units, with the interval of the card."""
    found = without_sign(unit_lead(two_classes))
    expect(verdict(found) == DOES_NOT_HOLD, "a gain above the margin is ruled out")
    return found


@finding
def unit_loss_lead(two_classes: Record) -> Interval:
    """Validation loss of one sigmoid unit minus that of two softmax units, in nats."""
    return positive(two_classes.difference("sigmoid, one unit", "softmax, two units", "val_loss"))


@finding
def single_unit_slope(single_unit: Record) -> float:
    """How steep the sparse loss of a single unit is for an image of class 0."""
    steepest = max(abs(single_unit(case, "slope")[0]) for case in single_unit.cases)
    expect(steepest == 0, "the sparse loss sends a single unit no gradient")
    return float(steepest)


@finding
def shirts_found(rare_class: Record) -> Interval:
    """Share of rare shirts that is recognised without weights."""
    return mean_interval(rare_recall(rare_class, "Shirt", NOTHING))


@finding
def shirts_found_weighted(rare_class: Record) -> Interval:
    """Share of rare shirts that is recognised with weights."""
    return mean_interval(rare_recall(rare_class, "Shirt", WEIGHTS))


@finding
def bags_found(rare_class: Record) -> Interval:
    """Share of rare bags that is recognised without weights."""
    return mean_interval(rare_recall(rare_class, "Bag", NOTHING))


@finding
def shirts_weighted(rare_class: Record) -> Interval:
    """What weights change in the recall of rare shirts."""
    return positive(change(rare_class, "Shirt", rare_recall, WEIGHTS))


@finding
def shirts_weighted_alike(rare_class: Record) -> Interval:
    """What weights change in mean recall, shirts being rare."""
    return positive(change(rare_class, "Shirt", alike, WEIGHTS))


@finding
def shirts_weighted_as_trained(rare_class: Record) -> Interval:
    """What weights change in accuracy where shirts stay rare."""
    return negative(change(rare_class, "Shirt", as_trained, WEIGHTS))


@finding
def bags_weighted_alike(rare_class: Record) -> Interval:
    """What weights change in mean recall, bags being rare."""
    return without_sign(change(rare_class, "Bag", alike, WEIGHTS))


@finding
def shirts_corrected_alike(rare_class: Record) -> Interval:
    """What the correction changes in mean recall, shirts being rare."""
    return positive(change(rare_class, "Shirt", alike, CORRECTION))


@finding
def bags_corrected_alike(rare_class: Record) -> Interval:
    """What the correction changes in mean recall, bags being rare."""
    return positive(change(rare_class, "Bag", alike, CORRECTION))


@finding
def shirts_corrected_as_trained(rare_class: Record) -> Interval:
    """What the correction changes in accuracy where shirts stay rare."""
    return negative(change(rare_class, "Shirt", as_trained, CORRECTION))


@finding
def bags_corrected_as_trained(rare_class: Record) -> Interval:
    """What the correction changes in accuracy where bags stay rare."""
    return without_sign(change(rare_class, "Bag", as_trained, CORRECTION))


@finding
def shirts_rivals_alike(rare_class: Record) -> Interval:
    """Weights minus correction in mean recall, shirts being rare."""
    return without_sign(change(rare_class, "Shirt", alike, WEIGHTS, CORRECTION))


@finding
def shirts_rivals_as_trained(rare_class: Record) -> Interval:
    """Weights minus correction in accuracy where shirts stay rare."""
    found = negative(change(rare_class, "Shirt", as_trained, WEIGHTS, CORRECTION))
    expect(found.high > -MARGIN, "whether it matters is open")
    return found


@finding
def bags_rivals_alike(rare_class: Record) -> Interval:
    """Weights minus correction in mean recall, bags being rare."""
    return behind(change(rare_class, "Bag", alike, WEIGHTS, CORRECTION))


@finding
def bags_rivals_as_trained(rare_class: Record) -> Interval:
    """Weights minus correction in accuracy where bags stay rare."""
    return behind(change(rare_class, "Bag", as_trained, WEIGHTS, CORRECTION))


def behind(difference: Interval) -> Interval:
    """A difference of which a sentence says that it is a loss, and one that matters."""
    expect(standing(difference) == "behind", "the loss is above the margin")
    return difference


# --- Calibration --------------------------------------------------------------

BINS = 10
TEN, THIRTY = 0, 1  # places of the epochs after which `calibration` looks


def error(calibration: Record, epochs: int, case: str = "plain", bins: str = "bins") -> np.ndarray:
    """Expected calibration error, shape (seeds,).

    The mean distance, over ten bins, of the mean confidence and the share of right answers,
    weighted by the images in each.
    """
    images, confident, right = np.moveaxis(calibration(case, bins)[:, epochs], 1, 0)
    return np.abs(confident - right).sum(axis=1) / images.sum(axis=1)


def after(calibration: Record, epochs: int, name: str, case: str = "plain") -> np.ndarray:
    """A result after so many epochs, shape (seeds,)."""
    return calibration(case, name)[:, epochs]


def difference(one: ArrayLike, other: ArrayLike) -> Interval:
    """One minus the other, for the seeds that both have."""
    return paired_difference(*shared(one, other))


@finding
def error_30(calibration: Record) -> Interval:
    """Calibration error after 30 epochs."""
    return mean_interval(error(calibration, THIRTY))


@finding
def error_30_cooled(calibration: Record) -> Interval:
    """Calibration error after 30 epochs, with the fitted temperature."""
    return mean_interval(error(calibration, THIRTY, bins="bins_after"))


@finding
def temperature_30(calibration: Record) -> Interval:
    """The temperature fitted after 30 epochs."""
    return mean_interval(after(calibration, THIRTY, "temperature"))


@finding
def overconfidence_cooled(calibration: Record) -> Interval:
    """Confidence minus accuracy after 30 epochs, with the fitted temperature."""
    images, confident, right = after(calibration, THIRTY, "bins_after").sum(axis=2).T
    return negative(mean_interval((confident - right) / images))


@finding
def error_growth(calibration: Record) -> Interval:
    """Calibration error after 30 epochs minus that after ten."""
    return positive(difference(error(calibration, THIRTY), error(calibration, TEN)))


@finding
def error_cooling(calibration: Record) -> Interval:
    """What the fitted temperature takes off the calibration error after 30 epochs."""
    cooled = error(calibration, THIRTY, bins="bins_after")
    return positive(difference(error(calibration, THIRTY), cooled))


@finding
def loss_cooling(calibration: Record) -> Interval:
    """What the fitted temperature takes off the loss after 30 epochs, in nats."""
    both = (after(calibration, THIRTY, name) for name in ("loss", "loss_after"))
    return positive(difference(*both))


@finding
def chance_error(calibration: Record) -> float:
    """The mean calibration error that chance alone would make, were each bin calibrated."""
    rng, errors = np.random.default_rng(0), []
    for case in calibration.cases:
        for images, confident, _ in calibration(case, "bins_after").reshape(-1, 3, BINS):
            some = images > 0
            n, total = images[some].astype(int), confident[some]
            right = rng.binomial(n, np.minimum(total / n, 1), (500, len(n)))
            errors.append(np.abs(right - total).sum(axis=1).mean() / n.sum())
    return float(np.mean(errors))


@finding
def error_30_smoothed(calibration: Record) -> Interval:
    """Calibration error after 30 epochs with smoothed labels."""
    return mean_interval(error(calibration, THIRTY, "smoothed"))


@finding
def error_smoothing(calibration: Record) -> Interval:
    """Calibration error after 30 epochs, with smoothed labels minus without."""
    both = (error(calibration, THIRTY, case) for case in ("smoothed", "plain"))
    return positive(difference(*both))


@finding
def temperature_smoothed(calibration: Record) -> Interval:
    """The temperature fitted after 30 epochs with smoothed labels."""
    found = mean_interval(after(calibration, THIRTY, "temperature", "smoothed"))
    expect(found.high < 1, "with smoothed labels the network is not sure enough")
    return found


@finding
def error_smoothing_cooled(calibration: Record) -> Interval:
    """Calibration error with smoothed labels minus without, both with fitted temperatures."""
    both = (error(calibration, THIRTY, case, "bins_after") for case in ("smoothed", "plain"))
    return negative(difference(*both))


@finding
def loss_smoothing_cooled(calibration: Record) -> Interval:
    """Loss with smoothed labels minus without, both with fitted temperatures, in nats."""
    both = (after(calibration, THIRTY, "loss_after", case) for case in ("smoothed", "plain"))
    return positive(difference(*both))


@finding
def accuracy_smoothing(calibration: Record) -> Interval:
    """Accuracy after 30 epochs, with smoothed labels minus without."""
    both = (after(calibration, THIRTY, "accuracy", case) for case in ("smoothed", "plain"))
    return without_sign(difference(*both))


@finding
def loss_growth(calibration: Record) -> Interval:
    """Loss after 30 epochs minus that after ten, in nats."""
    both = (after(calibration, epochs, "loss") for epochs in (THIRTY, TEN))
    return positive(difference(*both))


@finding
def loss_growth_cooled(calibration: Record) -> Interval:
    """The same with fitted temperatures."""
    both = (after(calibration, epochs, "loss_after") for epochs in (THIRTY, TEN))
    return without_sign(difference(*both))
