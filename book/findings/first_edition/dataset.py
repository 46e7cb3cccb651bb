"""The dataset: what its files hold, what others report on it, and what a convolution sees in it."""

import numpy as np

from book.claims import (
    Judgement,
    Outcome,
    above,
    cited,
    confidence,
    gain,
    identity,
    in_words,
    judge,
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings.first_edition._scores import ahead
from lessons_src.recorded import Record
from lessons_src.stats import Interval, mean_interval, paired_difference

OFFICIAL = {"training set": 60_000, "test set": 10_000}
CONVOLUTIONAL, DENSE, LINEAR = "convolutional", "784–128–10", "softmax regression"

#: Right answers on the test images of MNIST and of Fashion-MNIST: all entries that name both, in
#: the table of the makers' repository (zalando2017).
BOTH = {
    "2 convolutions, augmentation": (0.971, 0.919),
    "2 convolutions, under 100,000 parameters": (0.992, 0.925),
    "2 convolutions, 113,000 parameters": (0.993, 0.922),
    "2 convolutions, 3 dense layers": (0.994, 0.932),
    "2 convolutions, 3 dense, augmentation": (0.994, 0.934),
    "3 convolutions, pooling, normalisation": (0.994, 0.903),
    "3 convolutions, normalisation, pooling": (0.992, 0.921),
    "recurrent and SVM": (0.965, 0.888),
    "recurrent and SVM, with dropout": (0.988, 0.897),
    "ResNet18, augmentation": (0.979, 0.949),
    "gradient-boosted trees": (0.958, 0.898),
    "DENSER, found by evolution": (0.997, 0.953),
}
#: The commit of that repository in which it was read; its last change is older.
TABLE_OF, TABLE_CHANGED = "21 March 2022", "24 April 2021"


def mistakes_for_one() -> list[float]:
    """Mistakes on Fashion-MNIST for one on MNIST, by the entries of the table that name both."""
    return [(1 - fashion) / (1 - digits) for digits, fashion in BOTH.values()]


@finding
def times_low() -> float:
    """The smallest of these factors."""
    found = min(mistakes_for_one())
    expect(found > 1, "every entry has more mistakes on Fashion-MNIST")
    return found


@finding
def times_high() -> float:
    """The largest of these factors."""
    return max(mistakes_for_one())


@claim("S1.5")
def harder_than_mnist() -> Judgement:
    """Fashion-MNIST is harder than MNIST."""
    times = mistakes_for_one()
    pairs = (f"{name}: {digits}, {fashion}" for name, (digits, fashion) in BOTH.items())
    return judge(
        cited(
            "more mistakes than on MNIST",
            f"{min(times):.1f} to {max(times):.1f} times as many, in all {len(BOTH)} entries that "
            f"name both in the table of {TABLE_OF} (last changed on {TABLE_CHANGED})",
        ),
        set_up=f"Right answers on MNIST, then on Fashion-MNIST. {'; '.join(pairs)}.",
        weakened="The makers of the dataset did not check what people sent in.",
    )


# --- What the files hold -----------------------------------------------------


def classes(record: Record, part: str) -> np.ndarray:
    """Images of each class in a part, which is the same for all seeds, shape (10,)."""
    return record(part, "classes")[0]


def spread(counts: np.ndarray) -> str:
    """The smallest and the largest class; one number where they are equal."""
    ends = sorted({int(counts.min()), int(counts.max())})
    return f"{' to '.join(f'{n:,}' for n in ends)} images of a class"


def equal_classes(asked: str, record: Record, part: str) -> Outcome:
    """Has every class the same number of images in this part?"""
    found = classes(record, part)
    return identity(asked, len(found) == 10 and np.ptp(found) == 0, spread(found), record)


@claim("S1.1")
def what_the_files_hold(class_counts: Record) -> Judgement:
    """60,000 and 10,000 images of 28 × 28 pixels, grey levels 0–255, labels 0–9."""
    return judge(*(_whole(class_counts, part, images) for part, images in OFFICIAL.items()))


def _whole(record: Record, part: str, images: int) -> Outcome:
    count, rows, columns, lowest, highest = (
        int(record(part, name)[0])
        for name in ("images", "rows", "columns", "lowest_level", "highest_level")
    )
    labels = classes(record, part)
    so = (count, rows, columns, lowest, highest) == (images, 28, 28, 0, 255)
    so = so and len(labels) == 10 and labels.min() > 0 and labels.sum() == count
    number = (
        f"{count:,} images of {rows} × {columns}, grey levels {lowest} to {highest}, labels "
        f"{np.flatnonzero(labels).min()} to {np.flatnonzero(labels).max()}"
    )
    return identity(f"the {part} is as claimed", bool(so), number, record)


@claim("S1.2")
def equally_represented(class_counts: Record, random_fifths: Record) -> Judgement:
    """Every class is equally represented."""
    also = [
        up_to_chance(random_fifths),
        equal_classes(
            "exactly equal in the last fifth, which Keras takes", class_counts, "last fifth"
        ),
        equal_classes("exactly equal in our stratified fifth", class_counts, "our fifth"),
    ]
    headline = (
        equal_classes(f"exactly equal in the official {part}", class_counts, part)
        for part in OFFICIAL
    )
    return judge(*headline, also=also)


@finding
def counted_equal(class_counts: Record) -> float:
    """Training images of each class, where all classes have as many."""
    parts = (*OFFICIAL, "our fifth")
    expect(
        all(np.ptp(classes(class_counts, part)) == 0 for part in parts),
        "the classes are equal in both official sets and in our fifth",
    )
    expect(np.ptp(classes(class_counts, "last fifth")) > 0, "they are not in the last fifth")
    return float(classes(class_counts, "training set").mean())


def up_to_chance(random_fifths: Record) -> Outcome:
    """Does no class differ from a tenth, on average over the draws, by more than chance explains?

    Ten intervals share a risk of 5 %.
    """
    counts = random_fifths("random fifth", "classes")
    tenth = counts[0].sum() / 10
    so = all(tenth in mean_interval(of_class, confidence(10, looks=1)) for of_class in counts.T)
    number = f"{spread(counts)} in {len(counts)} draws"
    asked = "equal in a random fifth, up to chance"
    return identity(asked, so, number, random_fifths, seeds=random_fifths.seeds)


# --- What is trained ---------------------------------------------------------


@claim("S1.3")
def scaling_is_needed(printed_search: Record) -> Judgement:
    """The pixels have to be scaled to [0, 1] before training."""
    also = [
        above(
            f"learns from raw pixels (test images), {optimiser}",
            mean_interval(test_accuracy(printed_search, case, "raw")),
            0.2,
            printed_search,
            unit="%",
            digits=1,
        )
        for optimiser, case in OPTIMISERS.items()
    ]
    return judge(
        *(scaled_over_raw(printed_search, *named) for named in OPTIMISERS.items()), also=also
    )


#: Part 1's and parts 4–8's optimiser, as the record calls them.
OPTIMISERS = {
    "Adam, batches of 32": "relu, 1 hidden, Adam 0.001, batch 32",
    "SGD 0.01, batches of 1,000": "relu, 1 hidden, SGD 0.01, batch 1000",
}


def test_accuracy(printed_search: Record, case: str, pixels: str) -> np.ndarray:
    """After the tenth epoch, shape (seeds,)."""
    return printed_search(f"{case}, {pixels}", "test_accuracy")[:, -1]


test_accuracy.__test__ = False  # or pytest would take it for a test wherever it is imported


def scaled_over_raw(printed_search: Record, optimiser: str, case: str) -> Outcome:
    """Not the protocol's score: trained on all 60,000 images and scored on the test images."""
    scaled, raw = (test_accuracy(printed_search, case, pixels) for pixels in ("scaled", "raw"))
    instead = in_words(paired_difference(scaled, raw), "points", 1)
    return unmeasured(
        f"scaled over raw pixels, {optimiser}",
        f"so far trained on all 60,000 images and scored on the test images only: {instead}",
    )


@claim("S1.4")
def good_baseline(architectures: Record) -> Judgement:
    """A small convolutional network is a good baseline that learns edges, shapes, textures."""
    level = confidence(3, looks=1)
    over_dense = ahead(architectures, CONVOLUTIONAL, DENSE, level)
    over_linear = ahead(architectures, CONVOLUTIONAL, LINEAR)
    return judge(
        gain("over 784–128–10", over_dense, architectures),
        above(
            "edge-like filters, after training minus before",
            convolutional_gain(architectures, "edge_filters", level),
            1,
            architectures,
            unit="of 32",
            digits=1,
        ),
        gain(
            "silhouettes, over what their area tells",
            convolutional_gain(architectures, "outline_accuracy", level),
            architectures,
        ),
        also=[
            gain(
                "textures: jumbled squares, over what brightness tells",
                convolutional_gain(architectures, "texture_accuracy"),
                architectures,
            ),
            gain("over softmax regression", over_linear, architectures),
        ],
        weakened="One public split, scored after the last epoch; the filters before training are "
        "those of another untrained network; the network saw no silhouettes or jumbles before.",
    )


#: What the network scores, and the yardstick beside it.
YARDSTICKS = {
    "edge_filters": "edge_filters_untrained",
    "outline_accuracy": "area_accuracy",
    "texture_accuracy": "brightness_accuracy",
}


def convolutional_gain(architectures: Record, name: str, level: float = 0.95) -> Interval:
    """A result of the convolutional network minus its yardstick, seed by seed."""
    new, old = (architectures(CONVOLUTIONAL, key) for key in (name, YARDSTICKS[name]))
    return paired_difference(new, old, level)


@finding
def over_dense(architectures: Record) -> Interval:
    """Validation accuracy of the convolutional network minus that of 784–128–10."""
    found = ahead(architectures, CONVOLUTIONAL, DENSE)
    expect(found.low > 0, "the convolutional network is ahead")
    return found


@finding
def new_edges(architectures: Record) -> Interval:
    """Edge-like filters of the trained network minus those of an untrained one."""
    found = convolutional_gain(architectures, "edge_filters")
    expect(found.low > 0, "training adds edge-like filters")
    return found


@finding
def shapes(architectures: Record) -> Interval:
    """Accuracy on silhouettes minus what their area tells a tree."""
    found = convolutional_gain(architectures, "outline_accuracy")
    expect(found.low > 0, "the network beats the tree on silhouettes")
    return found


@finding
def textures(architectures: Record) -> Interval:
    """Accuracy on jumbles minus what their brightness tells a tree."""
    found = convolutional_gain(architectures, "texture_accuracy")
    expect(found.high < 0, "on jumbles the network scores below the tree")
    return found
