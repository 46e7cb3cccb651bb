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
    judge,
)
from book.findings import claim, expect, finding
from book.findings._cut import between, cut
from book.findings._scores import ahead, negative, positive, score
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


# --- Scaling -------------------------------------------------------------------

DEFAULT = "the series' first optimiser (Adam, batches of 32)"
LATER = "its later one (SGD 0.01, batches of 1,000)"


@claim("S1.3")
def scaling_is_needed(long_run: Record, pixel_scales: Record) -> Judgement:
    """The pixels have to be scaled to [0, 1] before training."""
    adam = cut(long_run, 10), DENSE

    def of_sgd(case: str, other: str, level: float = 0.95) -> Interval:
        # Ten epochs of it still climb, so that the last one is the score.
        return ahead(pixel_scales, case, other, level, climbing=True)

    def of_adam(case: str, level: float = 0.95) -> Interval:
        return between(adam, (pixel_scales, case), level)

    learns = (
        above(
            f"learns from raw pixels, {name}",
            mean_interval(score(pixel_scales, f"raw, {case}", climbing=case == "SGD")),
            0.2,
            pixel_scales,
            unit="%",
            digits=1,
        )
        for name, case in ((DEFAULT, "Adam"), (LATER, "SGD"))
    )
    standardised = (pixel_scales, "standardised, Adam")
    return judge(
        gain(
            f"scaled over raw pixels, {DEFAULT}",
            of_adam("raw, Adam", confidence(2)),
            long_run,
            pixel_scales,
        ),
        gain(
            f"scaled over raw pixels, {LATER}",
            of_sgd("scaled, SGD", "raw, SGD", confidence(2)),
            pixel_scales,
        ),
        also=[
            *learns,
            gain(
                "scaled over raw pixels at a hundredth of the rate, SGD",
                of_sgd("scaled, SGD", "raw, SGD at a hundredth"),
                pixel_scales,
            ),
            gain(
                f"standardised over scaled pixels, {DEFAULT}",
                between(standardised, adam, 0.95),
                pixel_scales,
                long_run,
            ),
            gain(
                f"standardised over scaled pixels, {LATER}",
                of_sgd("standardised, SGD", "scaled, SGD"),
                pixel_scales,
            ),
        ],
        set_up=pixel_scales.set_up,
    )


# --- What a convolutional network makes of the images ----------------------------


def over(architectures: Record, long_run: Record, level: float) -> Interval:
    """Score of the convolutional network minus that of 784–128–10, after ten epochs."""
    return between((architectures, CONVOLUTIONAL), (cut(long_run, 10), DENSE), level)


@claim("S1.4")
def good_baseline(architectures: Record, long_run: Record) -> Judgement:
    """A small convolutional network is a good baseline that learns edges, shapes, textures."""
    level = confidence(3)
    return judge(
        gain("over 784–128–10", over(architectures, long_run, level), architectures, long_run),
        above(
            "edge-like filters, after training minus before",
            beyond(architectures, "edge_filters", level),
            1,
            architectures,
            none=0,
            unit="of 32",
            digits=1,
        ),
        gain(
            "silhouettes, over what their area tells",
            beyond(architectures, "outline_accuracy", level),
            architectures,
        ),
        also=[
            gain(
                "textures: jumbled squares, over what brightness tells",
                beyond(architectures, "texture_accuracy"),
                architectures,
            ),
            gain(
                "over softmax regression",
                ahead(architectures, CONVOLUTIONAL, LINEAR, 0.95),
                architectures,
            ),
        ],
        weakened="The network saw no silhouettes or jumbles before; one number stands for what an "
        "outline or a texture tells.",
    )


#: What the network scores, and the yardstick beside it.
YARDSTICKS = {
    "edge_filters": "edge_filters_untrained",
    "outline_accuracy": "area_accuracy",
    "texture_accuracy": "brightness_accuracy",
}


def beyond(architectures: Record, name: str, level: float = 0.95) -> Interval:
    """A result of the convolutional network minus its yardstick, seed by seed."""
    new, old = (architectures(CONVOLUTIONAL, key) for key in (name, YARDSTICKS[name]))
    return paired_difference(new, old, level)


@finding
def over_dense(architectures: Record, long_run: Record) -> Interval:
    """Score of the convolutional network minus that of 784–128–10."""
    return positive(over(architectures, long_run, 0.95))


@finding
def new_edges(architectures: Record) -> Interval:
    """Edge-like filters of the trained network minus those before training."""
    return positive(beyond(architectures, "edge_filters"))


@finding
def shapes(architectures: Record) -> Interval:
    """Accuracy on silhouettes minus what their area tells a tree."""
    return positive(beyond(architectures, "outline_accuracy"))


@finding
def textures(architectures: Record) -> Interval:
    """Accuracy on jumbles minus what their brightness tells a tree."""
    return negative(beyond(architectures, "texture_accuracy"))
