"""Designing a dense network: size, epochs, width, learning rate, and the order of the pixels."""

from collections.abc import Callable
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
    of_median,
)
from book.findings import claim, expect, finding
from book.findings._cut import between, cut
from book.findings._rates import (
    DEFAULTS,
    GOOD,
    GRID,
    band,
    behind_best,
    best,
    of,
    scored,
    with_best,
)
from book.findings._scores import (
    OVERFITS,
    gap,
    late,
    negative,
    positive,
    rise,
    risen,
    score,
    without_sign,
)
from lessons_src.recorded import Record, shared
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
TIMED = "in turn"  # the case of `network-seconds`

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
    small, large = sizes(network_sizes)
    expect(0.1 < small / large < 1, "fewer, but more than a tenth")
    return small / large


@finding
def size_ratio(network_sizes: Record) -> float:
    """How many times as many parameters the convolutional network has."""
    return 1 / of_convolutional(network_sizes)


def sizes(network_sizes: Record) -> list[int]:
    """Parameters of the dense and of the convolutional network."""
    return [int(network_sizes(case, "parameters")[0]) for case in (DENSE, CONVOLUTIONAL)]


@finding
def time_ratio(network_seconds: Record) -> float:
    """How many times as long an epoch of the convolutional network took."""
    found = 1 / seconds(network_seconds, "convolutional").estimate
    expect(found > 2, "the dense network is far cheaper")
    return found


def seconds(network_seconds: Record, other: str) -> Interval:
    """Seconds of an epoch of 784–128–10 over those of another network, timed in turn."""
    both = (network_seconds(TIMED, f"seconds_{name}") for name in ("dense", other))
    return paired_ratio(*both)


def fewer_parameters(network_sizes: Record) -> Outcome:
    """Has 784–128–10 fewer parameters than the convolutional network?"""
    small, large = sizes(network_sizes)
    asked = "fewer parameters than the convolutional network"
    return identity(asked, small < large, f"{small:,} against {large:,}", network_sizes)


def fewer_seconds(network_seconds: Record) -> Outcome:
    """Does an epoch of 784–128–10 take less time than one of the convolutional network?"""
    asked = "seconds of an epoch, over those of the convolutional network"
    return below(asked, seconds(network_seconds, "convolutional"), 1, network_seconds)


@claim("S2.1")
def light(network_sizes: Record, network_seconds: Record) -> Judgement:
    """Flattening gives 784 features, and a 784–128–10 network is light."""
    features = int(network_sizes(DENSE, "flattened")[0])
    small, large = sizes(network_sizes)
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
            fewer_seconds(network_seconds),
        ],
    )


def over(long_run: Record, architectures: Record, other: str, level: float) -> Interval:
    """Score of 784–128–10 minus that of another kind of network, after ten epochs."""
    return between((cut(long_run, 10), DENSE), (architectures, other), level)


@claim("S2.2")
def well_without_convolutions(
    long_run: Record, architectures: Record, network_sizes: Record, network_seconds: Record
) -> Judgement:
    """Dense networks perform well without the complexity of convolutions."""
    over_softmax = over(long_run, architectures, LINEAR, confidence())
    against = over(long_run, architectures, CONVOLUTIONAL, 0.95)
    return judge(
        gain("over softmax regression", over_softmax, long_run, architectures),
        also=[
            level("level with the convolutional network", against, long_run, architectures),
            fewer_parameters(network_sizes),
            fewer_seconds(network_seconds),
        ],
        set_up="Adam with its default rate, batch 32, ten epochs of 48,000 images.",
    )


@finding
def over_linear(long_run: Record, architectures: Record) -> Interval:
    """Score of 784–128–10 minus that of softmax regression."""
    return positive(over(long_run, architectures, LINEAR, 0.95))


@finding
def over_convolutional(long_run: Record, architectures: Record) -> Interval:
    """Score of 784–128–10 minus that of the convolutional network."""
    return negative(over(long_run, architectures, CONVOLUTIONAL, 0.95))


# --- How long ----------------------------------------------------------------


def rise_by(long_run: Record, epochs: int, level: float = 0.95) -> Interval:
    """Rise of the validation loss in the first so many epochs, in nats."""
    return mean_interval(risen(long_run(DENSE, "val_loss_curve")[:, :epochs]), level)


@finding
def rise_by_20(long_run: Record) -> Interval:
    """Rise of the validation loss by epoch 20, in nats."""
    found = rise_by(long_run, 20)
    expect(found.low > OVERFITS, "by epoch 20 the rise is above the bound of overfitting")
    return found


def later(long_run: Record) -> Interval:
    """Validation accuracy by epoch 20 minus that by epoch 10, each over its last epochs."""
    curve = long_run(DENSE, "val_accuracy_curve")
    return paired_difference(late(curve[:, :20]), late(curve[:, :10]))


@finding
def later_accuracy(long_run: Record) -> Interval:
    """Validation accuracy by epoch 20 minus that by epoch 10."""
    return positive(later(long_run))


def lowest(long_run: Record) -> np.ndarray:
    """The epoch of the lowest validation loss, shape (seeds,)."""
    return long_run(DENSE, "val_loss_curve").argmin(axis=1) + 1


@finding
def best_epoch(long_run: Record) -> Interval:
    """The epoch of the lowest validation loss, the median over the seeds."""
    return median_interval(lowest(long_run))


@finding
def long_accuracy(long_run: Record) -> Interval:
    """Validation accuracy after the last epoch."""
    return long_run.mean(DENSE, "val_accuracy")


@finding
def long_train(long_run: Record) -> Interval:
    """Accuracy of the finished networks on the training images."""
    return long_run.mean(DENSE, "train_accuracy")


@claim("S2.4")
def reliable_epochs(long_run: Record) -> Judgement:
    """10 to 20 epochs are reliable, without overfitting."""

    def rises(epochs: int, level: float = 0.95) -> Outcome:
        asked = f"rise of the validation loss in {epochs} epochs"
        found = rise_by(long_run, epochs, level)
        return below(asked, found, OVERFITS, long_run, unit="nats", digits=4)

    return judge(
        rises(20, confidence()),
        also=[
            rises(10),
            of_median(
                above,
                "the validation loss is lowest after more than ten epochs, the median",
                lowest(long_run),
                10,
                "it takes six",
                long_run,
                unit="epochs",
            ),
            not_worse("accuracy from epoch 10 to epoch 20", later(long_run), long_run),
        ],
        weakened="One architecture and one optimiser; the first epochs of runs of 60.",
    )


# --- How wide ----------------------------------------------------------------

Runs = tuple[Record, str]  # a record and its case
EPOCHS = 30


def of_widths(narrowest: Record, width: Record, long_run: Record) -> dict[int, Runs]:
    """The runs of each width after 30 epochs, from the narrowest to the widest."""
    runs = {128: (cut(long_run, EPOCHS), DENSE)}
    for record in (narrowest, width):
        ended = cut(record, EPOCHS)
        runs |= {int(case): (ended, case) for case in record.results}
    return dict(sorted(runs.items()))


def growth(
    measured: Callable[[Record, str], np.ndarray], wide: Runs, narrow: Runs, level: float = 0.95
) -> Interval:
    """What is measured of the wider network minus that of the narrower one."""
    return paired_difference(*shared(measured(*wide), measured(*narrow)), level)


def weakest_step(measured: Callable[[Record, str], np.ndarray], runs: dict[int, Runs]) -> Interval:
    """Of the steps from each width to the next, the one that decides whether all are up.

    One that goes down if there is one, else the one whose lower end is lowest. The steps share a
    risk of 5 %.
    """
    level = confidence(len(runs) - 1, looks=1)
    steps = [growth(measured, runs[b], runs[a], level) for a, b in pairwise(runs)]
    down = min(steps, key=lambda step: step.high)
    return down if down.high <= 0 else min(steps, key=lambda step: step.low)


@claim("S2.5")
def simpler_overfit_less(narrowest: Record, width: Record, long_run: Record) -> Judgement:
    """Simpler models are less prone to overfitting."""
    runs = of_widths(narrowest, width, long_run)

    def more(narrow: int, level: float = 0.95) -> Outcome:
        return above(
            f"rise of the validation loss in 30 epochs, 1,024 minus {narrow} units",
            growth(rise, runs[1024], runs[narrow], level),
            OVERFITS,
            width,
            *([long_run] if narrow == 128 else []),
            none=0,
            unit="nats",
            digits=3,
        )

    wider_gaps = (
        gain(
            f"gap after 30 epochs, 1,024 over {narrow} units",
            growth(gap, runs[1024], runs[narrow]),
            width,
            *([long_run] if narrow == 128 else []),
        )
        for narrow in (128, 16)
    )
    steps = (
        gain(
            f"smallest step of the {name} from one width to the next",
            weakest_step(measured, runs),
            *(narrowest, width, long_run),
            margin=0,
            unit=unit,
            digits=digits,
        )
        for name, measured, unit, digits in (
            ("rise", rise, "nats", 4),
            ("gap", gap, "points", 2),
        )
    )
    return judge(
        more(128, confidence()),
        also=[more(16), *wider_gaps, *steps],
        set_up="784–units–10, ReLU, Adam with its default rate, batch 32; "
        f"{', '.join(map(str, runs))} units.",
        weakened="Simpler means narrower here; depth is not varied.",
    )


@finding
def gap_narrow(narrowest: Record) -> Interval:
    """The gap with 4 units, after 30 epochs."""
    return mean_interval(gap(cut(narrowest, EPOCHS), "4"))


@finding
def gap_wide(width: Record) -> Interval:
    """The gap with 1,024 units, after 30 epochs."""
    return mean_interval(gap(cut(width, EPOCHS), "1024"))


@finding
def wider_gap(narrowest: Record, width: Record) -> Interval:
    """The gap with 1,024 units minus that with 4, after 30 epochs."""
    wide, narrow = (cut(width, EPOCHS), "1024"), (cut(narrowest, EPOCHS), "4")
    return positive(growth(gap, wide, narrow))


@finding
def wider(width: Record, long_run: Record) -> Interval:
    """Score of 1,024 units minus that of 128, after ten epochs."""
    found = between((cut(width, 10), "1024"), (cut(long_run, 10), DENSE), 0.95)
    expect(0 < found.low <= MARGIN < found.high, "a gain is seen; whether it matters is open")
    return found


@finding
def train_wide(width: Record) -> Interval:
    """Training accuracy with 1,024 units, after 30 epochs."""
    return cut(width, EPOCHS).mean("1024", "train_accuracy")


@finding
def val_wide(width: Record) -> Interval:
    """Validation accuracy with 1,024 units, after 30 epochs."""
    return cut(width, EPOCHS).mean("1024", "val_accuracy")


@finding
def seconds_128(network_seconds: Record) -> float:
    """Seconds of an epoch with 128 units, the median."""
    return float(np.median(network_seconds(TIMED, "seconds_dense")))


@finding
def seconds_1024(network_seconds: Record) -> float:
    """Seconds of an epoch with 1,024 units, the median."""
    expect(seconds(network_seconds, "wide").high < 1, "the wider network takes longer")
    return float(np.median(network_seconds(TIMED, "seconds_wide")))


def of_four(narrowest: Record) -> np.ndarray:
    """Validation accuracy with 4 units after ten epochs, shape (seeds,)."""
    return cut(narrowest, 10)("4", "val_accuracy")


@finding
def narrow_worst(narrowest: Record) -> float:
    """Validation accuracy of the worst seed with 4 units."""
    return float(of_four(narrowest).min())


@finding
def narrow_best(narrowest: Record) -> float:
    """Validation accuracy of the best seed with 4 units."""
    return float(of_four(narrowest).max())


# --- Which learning rate -----------------------------------------------------


def wider_band_by(learning_rates: Record, tolerance: float, level: float = 0.95) -> Interval:
    """Adam's band minus SGD's, in decades."""
    bands = (band(learning_rates, name, tolerance) for name in ("Adam", "SGD"))
    return paired_difference(*shared(*bands), level)


@claim("S2.6")
def easy_rate(learning_rates: Record) -> Judgement:
    """Adam makes the learning rate easy to choose."""

    def bands(within: str, tolerance: float, level: float = 0.95) -> Outcome:
        asked = f"width of the band of rates within {within} of the own best, Adam minus SGD"
        found = wider_band_by(learning_rates, tolerance, level)
        return gain(asked, found, learning_rates, margin=0.25, unit="decades")

    def default(optimiser: str, level: float = 0.95) -> Outcome:
        asked = f"{optimiser}'s default rate within 0.5 points of the best of the grid"
        found = behind_best(learning_rates, optimiser, level)
        return not_worse(asked, found, learning_rates, margin=GOOD)

    tops = (f"{name} {best(learning_rates, name):g}" for name in GRID)
    return judge(
        bands("0.5 points", GOOD, confidence(2)),
        default("Adam", confidence(2)),
        also=[default("SGD"), bands("0.2 points", 0.002), bands("one point", 0.01)],
        set_up=f"{learning_rates.set_up} The best rates, chosen on other seeds: {', '.join(tops)}.",
        weakened="Two rates in a decade, between which the scores are interpolated.",
    )


@finding
def top_adam(learning_rates: Record) -> float:
    """Adam's best rate."""
    found = best(learning_rates, "Adam")
    expect(found == 1e-3, "Adam's best rate of the grid is Keras's default")
    return found


@finding
def top_sgd(learning_rates: Record) -> float:
    """SGD's best rate."""
    return best(learning_rates, "SGD")


@finding
def best_adam(learning_rates: Record) -> float:
    """Mean score of Adam with its best rate."""
    expect(top_adam(learning_rates) == 1e-3, "it is Keras's default")
    return float(with_best(learning_rates, "Adam").mean())


@finding
def best_sgd(learning_rates: Record) -> float:
    """Mean score of SGD with its best rate."""
    return float(with_best(learning_rates, "SGD").mean())


@finding
def default_sgd(learning_rates: Record) -> float:
    """Mean score of SGD with Keras's default rate."""
    return float(scored(learning_rates, DEFAULTS["SGD"]).mean())


@finding
def more_rates(learning_rates: Record) -> Interval:
    """Rates within one point of the best: how many more Adam has than SGD."""
    counts = []
    for optimiser in GRID:
        top = with_best(learning_rates, optimiser)
        scores = (scored(learning_rates, case) for case in of(learning_rates, optimiser).values())
        top, *others = shared(top, *scores)
        counts.append((np.array(others) >= top - 0.01).sum(axis=0))
    return without_sign(paired_difference(*shared(*counts)))


@finding
def wider_band(learning_rates: Record) -> Interval:
    """Adam's band of good rates minus SGD's, in decades."""
    return without_sign(wider_band_by(learning_rates, GOOD))


@finding
def costs(learning_rates: Record) -> Interval:
    """What keeping Keras's default costs SGD more than Adam, against the best rate of each."""
    short = []
    for name, case in DEFAULTS.items():
        top, default = shared(with_best(learning_rates, name), scored(learning_rates, case))
        short.append(top - default)
    adam, sgd = shared(*short)
    return positive(paired_difference(sgd, adam))


@finding
def best_gain(learning_rates: Record) -> Interval:
    """Adam minus SGD, each with its best rate."""
    tops = (with_best(learning_rates, name) for name in GRID)
    found = without_sign(paired_difference(*shared(*tops)))
    expect(standing(found) == "open", "nor do these seeds say that the two are level")
    return found


# --- The order of the pixels -------------------------------------------------


def permuted(permutation: Record, long_run: Record, level: float) -> Interval:
    """784–128–10 on permuted pixels minus in place, after ten epochs."""
    return between((permutation, DENSE), (cut(long_run, 10), DENSE), level)


def of_order(permutation_convolutional: Record, architectures: Record) -> tuple[Runs, Runs]:
    """The convolutional network's runs of five epochs: in place, and on permuted pixels."""
    in_place = cut(architectures, 5), CONVOLUTIONAL
    return in_place, (permutation_convolutional, CONVOLUTIONAL)


@claim("S2.7")
def no_arrangement(
    permutation: Record,
    long_run: Record,
    permutation_convolutional: Record,
    architectures: Record,
) -> Judgement:
    """Dense layers assume nothing about how the pixels are arranged."""
    return judge(
        level(
            "permuted minus in place",
            permuted(permutation, long_run, confidence()),
            permutation,
            long_run,
        ),
        also=[
            gain(
                "what the convolutional network loses in five epochs",
                between(*of_order(permutation_convolutional, architectures), 0.95),
                permutation_convolutional,
                architectures,
            )
        ],
        set_up=permutation.set_up,
        weakened="One permutation.",
    )


@finding
def permuted_dense(permutation: Record, long_run: Record) -> Interval:
    """784–128–10 on permuted pixels minus in place."""
    found = permuted(permutation, long_run, 0.95)
    expect(standing(found) == "level", "the dense network stays level")
    return found


@finding
def permuted_convolutional(permutation_convolutional: Record, architectures: Record) -> Interval:
    """The convolutional network on permuted pixels minus in place."""
    in_place, moved = of_order(permutation_convolutional, architectures)
    found = between(moved, in_place, 0.95)
    expect(found.high < -MARGIN, "the convolutional network falls")
    return found


@finding
def left_convolutional(permutation_convolutional: Record) -> Interval:
    """Score of the convolutional network on permuted pixels."""
    return mean_interval(score(permutation_convolutional, CONVOLUTIONAL))


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
