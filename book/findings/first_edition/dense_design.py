"""Designing a dense network: size, epochs, width, learning rate, and the order of the pixels."""

from itertools import pairwise

import numpy as np

from book.claims import (
    Judgement,
    Outcome,
    above,
    below,
    cited,
    confidence,
    gain,
    identity,
    judge,
    level,
    not_worse,
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings.first_edition._scores import (
    OVERFITS,
    ahead,
    at_best,
    by_others,
    gap,
    late,
    risen,
    score,
)
from lessons_src.recorded import Record
from lessons_src.stats import (
    MARGIN,
    Interval,
    mean_interval,
    median_interval,
    paired_difference,
    paired_ratio,
    standing,
)

DENSE, CONVOLUTIONAL, LINEAR = "784–128–10", "convolutional", "softmax regression"
ONE_SPLIT = "One public split, scored after the last epoch."

# --- How large ---------------------------------------------------------------


@finding
def parameters(network_sizes: Record) -> int:
    """Of 784–128–10, by Keras; by hand they are as many."""
    found = int(network_sizes(DENSE, "parameters")[0])
    expect(found == by_hand(), "counted by hand they are as many")
    return found


def by_hand() -> int:
    """The parameters of 784–128–10: a weight for each input of a unit, and a bias."""
    return (784 * 128 + 128) + (128 * 10 + 10)


@finding
def megabytes(network_sizes: Record) -> float:
    """What the parameters take as float32, four bytes each."""
    return 4 * parameters(network_sizes) / 1e6


@finding
def first_share(network_sizes: Record) -> float:
    """The share of the parameters that is in the first matrix."""
    found = 784 * 128 / parameters(network_sizes)
    expect(found > 0.95, "the first layer is nearly everything")
    return found


@finding
def of_convolutional(network_sizes: Record) -> float:
    """Parameters of 784–128–10 as a share of those of the convolutional network."""
    found = float(network_sizes(DENSE, "parameters")[0])
    found /= float(network_sizes(CONVOLUTIONAL, "parameters")[0])
    expect(0.1 < found < 1, "fewer, but more than a tenth")
    return found


@finding
def size_ratio(network_sizes: Record) -> float:
    """How many times as many parameters the convolutional network has."""
    return 1 / of_convolutional(network_sizes)


@finding
def time_ratio(architectures: Record) -> float:
    """How many times as long an epoch of the convolutional network took, at its quickest."""
    slow, quick = (architectures(c, "seconds_per_epoch").min() for c in (CONVOLUTIONAL, DENSE))
    expect(slow > 2 * quick, "the dense network is far cheaper")
    return float(slow / quick)


def fewer_parameters(network_sizes: Record) -> Outcome:
    """Has 784–128–10 fewer parameters than the convolutional network?"""
    small, large = (int(network_sizes(c, "parameters")[0]) for c in (DENSE, CONVOLUTIONAL))
    asked = "fewer parameters than the convolutional network"
    return identity(asked, small < large, f"{small:,} against {large:,}", network_sizes)


def fewer_seconds(architectures: Record) -> Outcome:
    """Does an epoch of 784–128–10 take less time than one of the convolutional network?"""
    seconds = (architectures(case, "seconds_per_epoch") for case in (DENSE, CONVOLUTIONAL))
    asked = "seconds of an epoch, over those of the convolutional network"
    return below(asked, paired_ratio(*seconds), 1, architectures)


@claim("S2.1")
def light(network_sizes: Record, architectures: Record) -> Judgement:
    """Flattening gives 784 features, and a 784–128–10 network is light."""
    features = int(network_sizes(DENSE, "flattened")[0])
    small, large = (int(network_sizes(c, "parameters")[0]) for c in (DENSE, CONVOLUTIONAL))
    return judge(
        identity("784 features", features == 784, f"{features}", network_sizes),
        identity(
            "101,770 parameters, by hand and by Keras",
            by_hand() == small == 101_770,
            f"{by_hand():,} and {small:,}",
            network_sizes,
        ),
        identity(
            "a tenth or less of the convolutional network's parameters",
            10 * small <= large,
            f"{small / large:.1%} of {large:,}",
            network_sizes,
        ),
        also=[
            identity(
                "fewer bytes, as float32",
                small < large,
                f"{4 * small:,} against {4 * large:,}",
                network_sizes,
            ),
            fewer_seconds(architectures),
        ],
    )


@claim("S2.2")
def well_without_convolutions(architectures: Record, network_sizes: Record) -> Judgement:
    """Dense networks perform well without the complexity of convolutions."""
    against = ahead(architectures, DENSE, CONVOLUTIONAL)
    return judge(
        gain("over softmax regression", ahead(architectures, DENSE, LINEAR), architectures),
        also=[
            level("level with the convolutional network", against, architectures),
            fewer_parameters(network_sizes),
            fewer_seconds(architectures),
        ],
        weakened=ONE_SPLIT,
    )


@finding
def over_linear(architectures: Record) -> Interval:
    """Validation accuracy of 784–128–10 minus that of softmax regression."""
    found = ahead(architectures, DENSE, LINEAR)
    expect(found.low > 0, "the hidden layer is worth something")
    return found


@finding
def over_convolutional(architectures: Record) -> Interval:
    """Validation accuracy of 784–128–10 minus that of the convolutional network."""
    found = ahead(architectures, DENSE, CONVOLUTIONAL)
    expect(found.high < 0, "the dense network is behind")
    return found


# --- How long ----------------------------------------------------------------


def rise_by(long_run: Record, epochs: int) -> Interval:
    """Rise of the validation loss in the first so many epochs, in nats."""
    return mean_interval(risen(long_run(DENSE, "val_loss_curve")[:, :epochs]))


@finding
def rise_by_20(long_run: Record) -> Interval:
    """Rise of the validation loss by epoch 20, in nats."""
    found = rise_by(long_run, 20)
    expect(found.low > OVERFITS, "by epoch 20 the rise is above the bound of overfitting")
    return found


@finding
def later_accuracy(long_run: Record) -> Interval:
    """Validation accuracy by epoch 20 minus that by epoch 10, each over its last epochs."""
    curve = long_run(DENSE, "val_accuracy_curve")
    found = paired_difference(late(curve[:, :20]), late(curve[:, :10]))
    expect(found.low > 0, "accuracy still rises from epoch 10 to epoch 20")
    return found


@finding
def best_epoch(long_run: Record) -> Interval:
    """The epoch of the lowest validation loss, the median over the seeds."""
    return median_interval(long_run(DENSE, "val_loss_curve").argmin(axis=1) + 1)


@finding
def long_accuracy(long_run: Record) -> Interval:
    """Validation accuracy after the last epoch."""
    return mean_interval(long_run(DENSE, "val_accuracy_curve")[:, -1])


@finding
def long_train(long_run: Record) -> Interval:
    """Accuracy of the finished networks on the training images."""
    return long_run.mean(DENSE, "train_accuracy")


@claim("S2.4")
def reliable_epochs(long_run: Record) -> Judgement:
    """10 to 20 epochs are reliable, without overfitting."""

    def rises(epochs: int) -> Outcome:
        asked = f"rise of the validation loss in {epochs} epochs"
        return below(asked, rise_by(long_run, epochs), OVERFITS, long_run, unit="nats", digits=4)

    return judge(
        rises(20),
        also=[
            rises(10),
            above(
                "the validation loss is lowest after more than ten epochs",
                best_epoch(long_run),
                10,
                long_run,
                unit="epochs",
                digits=1,
            ),
            not_worse(
                "accuracy does not fall from epoch 10 to epoch 20",
                later_accuracy(long_run),
                long_run,
            ),
        ],
        weakened="One public split; the first epochs of runs of 60.",
    )


# --- How wide ----------------------------------------------------------------


def gap_growth(width: Record, wide: str, narrow: str, parts: int = 1) -> Interval:
    """The gap of the wider network minus that of the narrower one."""
    return paired_difference(gap(width, wide), gap(width, narrow), confidence(parts, looks=1))


def weakest_step(width: Record) -> Interval:
    """Of the steps of the gap from each width to the next, the one that decides whether all are up.

    One that goes down if there is one, else the one whose lower end is lowest. The steps share a
    risk of 5 %.
    """
    widths = sorted(width.results, key=int)
    parts = len(widths) - 1
    steps = [gap_growth(width, wide, narrow, parts) for narrow, wide in pairwise(widths)]
    down = min(steps, key=lambda step: step.high)
    return down if down.high <= 0 else min(steps, key=lambda step: step.low)


@claim("S2.5")
def simpler_overfit_less(width: Record) -> Judgement:
    """Simpler models are less prone to overfitting."""
    also = [
        gain(f"gap after ten epochs, 1,024 over {narrow} units", growth, width)
        for narrow, growth in ((n, gap_growth(width, "1024", n)) for n in ("128", "16"))
    ]
    asked = "smallest step of the gap from one width to the next, after ten epochs"
    also.append(gain(asked, weakest_step(width), width, margin=0))
    return judge(
        unmeasured(
            "rise of the validation loss in 30 epochs, 1,024 over 128 units",
            "widths are recorded for ten epochs, without the curve of the loss",
        ),
        also=also,
    )


@finding
def gap_narrow(width: Record) -> Interval:
    """The gap with 4 units."""
    return mean_interval(gap(width, "4"))


@finding
def gap_wide(width: Record) -> Interval:
    """The gap with 1,024 units."""
    return mean_interval(gap(width, "1024"))


@finding
def wider_gap(width: Record) -> Interval:
    """The gap with 1,024 units minus that with 4."""
    found = gap_growth(width, "1024", "4")
    expect(found.low > 0, "the gap is larger with 1,024 units than with 4")
    return found


@finding
def wider(width: Record) -> Interval:
    """Validation accuracy of 1,024 units minus that of 128."""
    found = ahead(width, "1024", "128")
    expect(0 < found.low <= MARGIN < found.high, "a gain is seen; whether it matters is open")
    return found


@finding
def train_wide(width: Record) -> Interval:
    """Training accuracy with 1,024 units."""
    return width.mean("1024", "train_accuracy")


@finding
def val_wide(width: Record) -> Interval:
    """Validation accuracy with 1,024 units."""
    return width.mean("1024", "val_accuracy")


@finding
def seconds_128(width: Record) -> float:
    """Seconds of an epoch with 128 units, at its quickest."""
    return float(width("128", "seconds_per_epoch").min())


@finding
def seconds_1024(width: Record) -> float:
    """Seconds of an epoch with 1,024 units, at its quickest."""
    found = float(width("1024", "seconds_per_epoch").min())
    expect(found > seconds_128(width), "the wider network takes longer")
    return found


@finding
def narrow_worst(width: Record) -> float:
    """Validation accuracy of the worst seed with 4 units."""
    return float(width("4", "val_accuracy").min())


@finding
def narrow_best(width: Record) -> float:
    """Validation accuracy of the best seed with 4 units."""
    return float(width("4", "val_accuracy").max())


# --- Which learning rate -----------------------------------------------------

#: Keras's own rates, as the record calls them.
DEFAULTS = {"Adam": "Adam 1e-03", "SGD": "SGD 1e-02"}
GOOD = 0.005  # good means at most half a point below the best


def of(learning_rates: Record, optimiser: str) -> list[str]:
    """The cases of an optimiser, from the lowest rate to the highest."""
    settings = learning_rates.cases
    own = [case for case in settings if settings[case]["optimiser"] == optimiser]
    return sorted(own, key=lambda case: settings[case]["learning_rate"])


def grid(learning_rates: Record, optimiser: str) -> tuple[np.ndarray, np.ndarray]:
    """The rates, shape (n,), and the scores with each of them, shape (n, seeds)."""
    cases = of(learning_rates, optimiser)
    rates = np.array([learning_rates.cases[case]["learning_rate"] for case in cases])
    return rates, np.array([score(learning_rates, case) for case in cases])


def with_best(learning_rates: Record, optimiser: str) -> np.ndarray:
    """The score of each seed with the rate that is best on the others, shape (seeds,)."""
    return at_best(grid(learning_rates, optimiser)[1])


def behind_best(learning_rates: Record, optimiser: str, parts: int = 1) -> Interval:
    """Score with Keras's default rate minus that with the best rate, chosen on the other seeds."""
    default = score(learning_rates, DEFAULTS[optimiser])
    return paired_difference(
        default, with_best(learning_rates, optimiser), confidence(parts, looks=1)
    )


def band(learning_rates: Record, optimiser: str, tolerance: float = GOOD) -> np.ndarray:
    """Decades of rates around the best that score within the tolerance of it, shape (seeds,).

    Of each seed, the scores are interpolated on the logarithm of the rate, and the best rate is the
    one of the other seeds.
    """
    rates, scores = grid(learning_rates, optimiser)
    logs = np.log10(rates)
    return np.array(
        [
            _width(logs, own, best, own[best] - tolerance)
            for own, best in zip(scores.T, by_others(scores), strict=True)
        ]
    )


def _width(x: np.ndarray, y: np.ndarray, inside: int, floor: float) -> float:
    """How far the line through the points stays at or above the floor, around one of them."""
    low = high = x[inside]
    for step, stop in ((-1, 0), (1, len(x) - 1)):
        at = inside
        while at != stop and y[at + step] >= floor:
            at += step
        end = x[at]
        if at != stop:
            end += (x[at + step] - x[at]) * (y[at] - floor) / (y[at] - y[at + step])
        low, high = min(low, end), max(high, end)
    return float(high - low)


def wider_band_by(learning_rates: Record, tolerance: float, parts: int = 1) -> Interval:
    """Adam's band minus SGD's, in decades."""
    adam, sgd = (band(learning_rates, name, tolerance) for name in ("Adam", "SGD"))
    return paired_difference(adam, sgd, confidence(parts, looks=1))


@claim("S2.6")
def easy_rate(learning_rates: Record) -> Judgement:
    """Adam makes the learning rate easy to choose."""

    def bands(within: str, tolerance: float, parts: int = 1) -> Outcome:
        asked = f"width of the band of rates within {within} of the own best, Adam minus SGD"
        found = wider_band_by(learning_rates, tolerance, parts)
        return gain(asked, found, learning_rates, margin=0.25, unit="decades")

    def default(optimiser: str, parts: int = 1) -> Outcome:
        asked = f"{optimiser}'s default rate within 0.5 points of the best of the grid"
        found = behind_best(learning_rates, optimiser, parts)
        return not_worse(asked, found, learning_rates, margin=GOOD)

    rates, scores = grid(learning_rates, "Adam")
    chosen = rates[by_others(scores)]
    expect(bool((chosen == 1e-3).all()), "Adam's best rate is the default, whichever seeds choose")
    return judge(
        bands("0.5 points", GOOD, 2),
        default("Adam", 2),
        also=[default("SGD"), bands("0.2 points", 0.002), bands("one point", 0.01)],
        set_up="The best of twelve rates is chosen, for each seed, on the four other seeds. For "
        "Adam it is the default each time.",
        weakened="One public split, scored after the last epoch; two rates in a decade.",
    )


def best_rate(learning_rates: Record, optimiser: str) -> tuple[float, float]:
    """The rate with the best mean over all seeds, and that mean."""
    rates, scores = grid(learning_rates, optimiser)
    means = scores.mean(axis=1)
    return float(rates[means.argmax()]), float(means.max())


@finding
def top_adam(learning_rates: Record) -> float:
    """Adam's best rate."""
    found = best_rate(learning_rates, "Adam")[0]
    expect(found == 1e-3, "Adam's best rate of the grid is Keras's default")
    return found


@finding
def top_sgd(learning_rates: Record) -> float:
    """SGD's best rate."""
    return best_rate(learning_rates, "SGD")[0]


@finding
def best_adam(learning_rates: Record) -> float:
    """Mean validation accuracy of Adam with its best rate."""
    rate, mean = best_rate(learning_rates, "Adam")
    expect(rate == 1e-3, "Adam's best rate of the grid is Keras's default")
    return mean


@finding
def best_sgd(learning_rates: Record) -> float:
    """Mean validation accuracy of SGD with its best rate."""
    return best_rate(learning_rates, "SGD")[1]


@finding
def default_sgd(learning_rates: Record) -> float:
    """Mean validation accuracy of SGD with Keras's default rate."""
    return float(score(learning_rates, DEFAULTS["SGD"]).mean())


@finding
def more_rates(learning_rates: Record) -> Interval:
    """Rates within one point of the best of each seed: how many more Adam has than SGD."""
    counts = []
    for optimiser in ("Adam", "SGD"):
        _, scores = grid(learning_rates, optimiser)
        counts.append((scores >= scores.max(axis=0) - 0.01).sum(axis=0))
    found = paired_difference(*counts)
    expect(found.low < 0 < found.high, "the counts do not tell the two apart")
    return found


@finding
def wider_band(learning_rates: Record) -> Interval:
    """Adam's band of good rates minus SGD's, in decades."""
    found = wider_band_by(learning_rates, GOOD)
    expect(found.low < 0 < found.high, "the bands do not tell the two apart")
    return found


@finding
def costs(learning_rates: Record) -> Interval:
    """What keeping Keras's default costs SGD more than Adam, against the best rate of each."""
    short = {
        name: with_best(learning_rates, name) - score(learning_rates, case)
        for name, case in DEFAULTS.items()
    }
    found = paired_difference(short["SGD"], short["Adam"])
    expect(found.low > 0, "the default costs SGD more than Adam")
    return found


@finding
def best_gain(learning_rates: Record) -> Interval:
    """Adam minus SGD, each with its best rate, chosen on the other seeds."""
    found = paired_difference(*(with_best(learning_rates, name) for name in ("Adam", "SGD")))
    expect(found.low < 0 < found.high, "these seeds do not tell the two apart")
    expect(standing(found) == "open", "nor do they say that the two are level")
    return found


# --- The order of the pixels -------------------------------------------------


@claim("S2.7")
def no_arrangement(permutation: Record, permutation_convolutional: Record) -> Judgement:
    """Dense layers assume nothing about how the pixels are arranged."""
    falls = ahead(permutation_convolutional, "in place", "permuted")
    return judge(
        level("permuted minus in place", ahead(permutation, "permuted", "in place"), permutation),
        also=[
            gain(
                "what the convolutional network loses in five epochs",
                falls,
                permutation_convolutional,
            )
        ],
        weakened="One permutation, one public split, scored after the last epoch.",
    )


@finding
def permuted_dense(permutation: Record) -> Interval:
    """784–128–10 on permuted pixels minus in place."""
    found = ahead(permutation, "permuted", "in place")
    expect(standing(found) == "level", "the dense network stays level")
    return found


@finding
def permuted_convolutional(permutation_convolutional: Record) -> Interval:
    """The convolutional network on permuted pixels minus in place."""
    found = ahead(permutation_convolutional, "permuted", "in place")
    expect(found.high < -MARGIN, "the convolutional network falls")
    return found


@finding
def left_convolutional(permutation_convolutional: Record) -> Interval:
    """Validation accuracy of the convolutional network on permuted pixels."""
    return permutation_convolutional.mean("permuted", "val_accuracy")


# --- What others report ------------------------------------------------------

#: Right answers on Fashion-MNIST's test images, from the table of the makers' repository
#: (zalando2017) as it stood in March 2022: networks trained on the images as they are, and on
#: moved, turned or flipped copies as well.
LISTED_DENSE = ("dense 256–128–100", 0.8833)
PLAIN = {"AlexNet": 0.899, "SqueezeNet": 0.900, "VGG16": 0.935, "GoogLeNet": 0.937}
AUGMENTED = {
    "ResNet18": 0.949,
    "MobileNet": 0.950,
    "DenseNet-BC": 0.954,
    "wide ResNet 28-10": 0.959,
    "wide ResNet 40-4": 0.967,
}


@claim("S2.8")
def too_few_images() -> Judgement:
    """60,000 images are not enough to justify networks such as ResNet or EfficientNet."""
    name, accuracy = LISTED_DENSE
    deep = f"{plain_low():.1%} to {plain_high():.1%}"
    enlarged = f"{augmented_low():.1%} to {augmented_high():.1%}"
    return judge(
        cited(
            "what the makers' table lists",
            f"deeper networks without augmentation {deep}, with it {enlarged}; {name} "
            f"{accuracy:.1%}; no EfficientNet",
        ),
        set_up="Training such networks takes hours without a graphics card.",
        weakened="The makers of the dataset did not check what people sent in.",
    )


@finding
def plain_low() -> float:
    """The lowest of the deeper networks that were trained without augmentation."""
    return min(PLAIN.values())


@finding
def plain_high() -> float:
    """The highest of them."""
    return max(PLAIN.values())


@finding
def augmented_low() -> float:
    """The lowest of the deeper networks that were trained with augmentation."""
    return min(AUGMENTED.values())


@finding
def augmented_high() -> float:
    """The highest of them."""
    found = max(AUGMENTED.values())
    expect(found > plain_high(), "the best had their data enlarged")
    return found
