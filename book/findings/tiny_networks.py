"""Tiny networks: what the records say of luck, three improvements, a sweep and four remedies.

Such networks fail now and then, so that a few runs move a mean far: medians of paired differences
are taken, with the interval of the sign test, over a number of seeds that is fixed.
"""

import numpy as np

from book.claims import (
    Judgement,
    below,
    cited,
    confidence,
    gain,
    identity,
    judge,
    share,
)
from book.findings import claim, expect, finding
from book.findings._cut import between, cut
from book.findings._scores import chosen, finite, late, score
from lessons_src.recorded import Record, shared
from lessons_src.stats import Interval, median_interval

TWO_RAW, THREE_RAW = "784–4–4–10, 0 to 255", "784–4–4–4–10, 0 to 255"
TWO_SCALED, THREE_SCALED = "784–4–4–10, scaled", "784–4–4–4–10, scaled"
SWEPT = ENSEMBLE = "784–4–4–4–10"  # cases of records that have no other network
SHORT, LONG = 10, 40  # the project's fewest and most epochs
PRINTED_TRAINING, PRINTED_VALIDATION = 0.8171, 0.803
POINT = 0.01
FEWEST = 10  # seeds for which a matrix and a grid are to be shown


def median_lead(new: np.ndarray, old: np.ndarray, parts: int = 1) -> Interval:
    """Median of new - old, run by run, with the interval of the sign test."""
    return median_interval(np.subtract(*shared(new, old)), confidence(parts, looks=1))


# --- Luck -------------------------------------------------------------------------------------


def set_ups(tiny_networks: Record, rate_sweep: Record) -> dict[str, tuple[Record, str]]:
    """The project's four models: each changes one thing of the one before."""
    return {
        "two layers, raw pixels": (tiny_networks, TWO_RAW),
        "three layers, raw pixels": (tiny_networks, THREE_RAW),
        "three layers, scaled pixels": (tiny_networks, THREE_SCALED),
        "three layers, scaled pixels, swept rate": (rate_sweep, SWEPT),
    }


def printed(record: Record, case: str) -> np.ndarray:
    """Training and validation accuracy as Keras prints them after 40 epochs, shape (seeds, 2)."""
    curves = (record(case, name) for name in ("accuracy_curve", "val_accuracy_curve"))
    return np.column_stack([finite(curve)[:, LONG - 1] for curve in curves])


def best_of_four(tiny_networks: Record, rate_sweep: Record) -> np.ndarray:
    """The printed pair of the best of the four models, for each seed; shape (seeds, 2).

    The best is the one with the highest validation accuracy.
    """
    pairs = np.array(
        shared(*(printed(*place) for place in set_ups(tiny_networks, rate_sweep).values()))
    )
    best = pairs[..., 1].argmax(axis=0)
    return pairs[best, np.arange(pairs.shape[1])]


@claim("N1")
def best_run(tiny_networks: Record, rate_sweep: Record) -> Judgement:
    """Tiny networks reach the printed figures at best."""
    draws = best_of_four(tiny_networks, rate_sweep)
    figures = {"training": PRINTED_TRAINING, "validation": PRINTED_VALIDATION}
    inside, told = [], []
    for (name, figure), values in zip(figures.items(), draws.T, strict=True):
        inside.append(values.min() <= figure <= values.max())
        told.append(
            f"{name} {figure:.2%}, above {(values < figure).mean():.0%} of {len(values)} draws "
            f"({values.min():.1%} to {values.max():.1%})"
        )
    both = tiny_networks, rate_sweep
    seeds = tiny_networks.seeds[: len(draws)]
    also = []
    for model, place in set_ups(*both).items():
        reached = (printed(*place) >= list(figures.values())).all(axis=1)
        asked = f"more than half of single runs reach both figures: {model}"
        also.append(share(asked, int(reached.sum()), len(reached), 0.5, place[0]))
    for model, place in set_ups(*both).items():
        dead = place[0](place[1], "dead").sum(axis=1) > 0
        asked = f"more than half of single runs end with a dead unit: {model}"
        also.append(share(asked, int(dead.sum()), len(dead), 0.5, place[0]))
    return judge(
        identity(
            f"the printed pair lies inside the range of {len(draws)} draws, each the best of four",
            all(inside),
            "; ".join(told),
            *both,
            seeds=seeds,
        ),
        also=also,
        set_up="The project's four models, each with ReLU, Adam, batch 32 and 40 epochs on 48,000 "
        "images. The best of a draw has the highest validation accuracy.",
        weakened="The project tells its four models only in outline.",
    )


# --- Three improvements -----------------------------------------------------------------------


def of_third_layer(tiny_networks: Record) -> Interval:
    """What a third layer of four gains on two, on scaled pixels, ten epochs."""
    ended = cut(tiny_networks, SHORT)
    return median_lead(score(ended, THREE_SCALED), score(ended, TWO_SCALED), parts=3)


@finding
def third_layer(tiny_networks: Record) -> Interval:
    """Three layers of four over two, on scaled pixels, ten epochs."""
    lead = of_third_layer(tiny_networks)
    expect(lead.high <= POINT, "a third layer gains less than a point")
    expect(lead.low < 0 < lead.high, "whether a third layer harms is open")
    return lead


@claim("N2")
def three_improvements(tiny_networks: Record, rate_sweep: Record) -> Judgement:
    """Scaling, depth and the swept rate each improve a tiny network."""

    def of_scaling(epochs: int, parts: int = 1) -> Interval:
        ended = cut(tiny_networks, epochs)
        return median_lead(score(ended, THREE_SCALED), score(ended, THREE_RAW), parts)

    def of_rate(epochs: int, parts: int = 1) -> Interval:
        ended, swept = cut(tiny_networks, epochs), cut(rate_sweep, epochs)
        return median_lead(score(swept, SWEPT), score(ended, THREE_SCALED), parts)

    deep, shallow = (score(cut(tiny_networks, LONG), case) for case in (THREE_RAW, TWO_RAW))
    both = tiny_networks, rate_sweep
    return judge(
        gain(
            "scaled over raw pixels, three layers",
            of_scaling(SHORT, parts=3),
            tiny_networks,
            margin=POINT,
        ),
        gain(
            "three layers over two, scaled pixels",
            of_third_layer(tiny_networks),
            tiny_networks,
            margin=POINT,
        ),
        gain(
            "the rate that a sweep picks over Adam's default, three layers",
            of_rate(SHORT, parts=3),
            *both,
            margin=POINT,
        ),
        also=[
            gain(
                "scaled over raw pixels, 40 epochs", of_scaling(LONG), tiny_networks, margin=POINT
            ),
            gain(
                "three layers over two, raw pixels, 40 epochs",
                median_lead(deep, shallow),
                tiny_networks,
                margin=POINT,
            ),
            gain("the swept rate, 40 epochs", of_rate(LONG), *both, margin=POINT),
        ],
        set_up=f"{tiny_networks.set_up} 10 epochs unless told. Median of the differences, seed by "
        "seed.",
    )


# --- The sweep --------------------------------------------------------------------------------


@claim("N3")
def best_rate(tiny_networks: Record, rate_sweep: Record) -> Judgement:
    """A sweep with a growing rate shows the best rate."""
    grid, swept = cut(tiny_networks, SHORT), cut(rate_sweep, SHORT)
    rates = [THREE_SCALED, *(case for case in tiny_networks.cases if ", rate " in case)]
    best = chosen(grid, rates)
    tenth = late(finite(rate_sweep(SWEPT, "tenth_val_accuracy_curve")))
    found = {
        asked: below(
            f"{asked} scores less than a point below the grid's best",
            median_lead(score(grid, best), values),
            POINT,
            tiny_networks,
            rate_sweep,
            unit="points",
        )
        for asked, values in (
            ("the picked rate", score(swept, SWEPT)),
            ("a tenth of the picked rate", tenth),
        )
    }
    headline, also = found.values()
    rate = best.rpartition("rate ")[2] if ", rate " in best else "0.001"
    return judge(
        headline,
        also=[also],
        set_up="784–4–4–4–10 on scaled pixels, Adam, batch 32, 10 epochs. The grid of five rates "
        f"has its best, {rate}, by other seeds. Median of the losses, seed by seed.",
        weakened="Three seeds chose the grid's best rate.",
    )


# --- Its mistakes -----------------------------------------------------------------------------


def pairs_of(confusion: np.ndarray) -> np.ndarray:
    """Mistakes between each two classes, in both directions; shape (..., 45)."""
    both = confusion + np.swapaxes(confusion, -1, -2)
    return both[..., *np.triu_indices(10, 1)]


def as_the_others(confusion: np.ndarray) -> np.ndarray:
    """Whether a seed's worst pair is among the three worst of the other seeds, shape (seeds,)."""
    pairs = pairs_of(confusion)
    others = pairs.sum(axis=0) - pairs
    worse = (others > np.take_along_axis(others, pairs.argmax(axis=1)[:, None], axis=1)).sum(axis=1)
    return worse < 3


@claim("N4")
def matrix_and_grid(rate_sweep: Record) -> Judgement:
    """A confusion matrix and a grid of predictions show how the network errs."""
    confusion = rate_sweep(SWEPT, "confusion")
    answers, labels = (rate_sweep(SWEPT, f"grid_{name}") for name in ("answer", "label"))
    right = (answers == labels).mean()
    same = as_the_others(confusion)
    return judge(
        identity(
            f"a confusion matrix and a grid of predictions for {FEWEST} seeds or more",
            len(confusion) >= FEWEST and len(answers) >= FEWEST,
            f"{len(confusion)} matrices, and as many grids of {answers.shape[1]} images, of which "
            f"{right:.0%} are right",
            rate_sweep,
            seeds=rate_sweep.seeds,
        ),
        share(
            "the matrix's worst pair is among the three worst of the other seeds pooled",
            int(same.sum()),
            len(same),
            0.9,
            rate_sweep,
            confidence=confidence(looks=1),
        ),
        set_up=f"{rate_sweep.set_up} The finished network; a pair's mistakes in both directions.",
    )


# --- Remedies ---------------------------------------------------------------------------------


def of_ensemble(tiny_ensembles: Record) -> Interval:
    """What five networks gain whose probabilities are averaged, on the mean of the five."""
    joint = tiny_ensembles(ENSEMBLE, "joint")[:, 4]
    return median_lead(joint, tiny_ensembles(ENSEMBLE, "members").mean(axis=1), parts=3)


def of_mirrored(tiny_augmentation: Record, tiny_networks: Record) -> Interval:
    """What images gain that are mirrored anew in every epoch, on images as they are."""
    plain = score(cut(tiny_networks, SHORT), THREE_SCALED)
    return median_lead(score(tiny_augmentation, "mirrored"), plain, parts=3)


def of_convolutions(tiny_convolutional: Record, tiny_networks: Record) -> np.ndarray:
    """What the convolutional network gains on the tiny one, shape (seeds,)."""
    convolved = score(tiny_convolutional, "convolutional")
    return np.subtract(*shared(convolved, score(cut(tiny_networks, SHORT), THREE_SCALED)))


@finding
def ensemble_lead(tiny_ensembles: Record) -> Interval:
    """An ensemble of five over the mean of its members."""
    lead = of_ensemble(tiny_ensembles)
    expect(lead.low > POINT, "the ensemble gains more than a point")
    return lead


@finding
def mirrored_lead(tiny_augmentation: Record, tiny_networks: Record) -> Interval:
    """Mirrored images over images as they are."""
    lead = of_mirrored(tiny_augmentation, tiny_networks)
    expect(lead.low < 0 < lead.high, "what mirrored images do is open")
    return lead


@finding
def least_convolutional_lead(tiny_convolutional: Record, tiny_networks: Record) -> float:
    """The convolutional network over the tiny one, in the seed in which it gains least."""
    least = of_convolutions(tiny_convolutional, tiny_networks).min()
    expect(least > POINT, "the convolutional network gains more than a point in every seed")
    return float(least)


@claim("N5")
def four_remedies(
    tiny_networks: Record,
    tiny_convolutional: Record,
    tiny_augmentation: Record,
    tiny_ensembles: Record,
    tiny_transfer: Record,
    reuse: Record,
) -> Judgement:
    """Convolutions, augmentation, transfer and ensembles would each improve a tiny network."""
    tiny = cut(tiny_networks, SHORT)
    learnt = "features of five classes"
    also = [
        gain(
            "shifted images, mean of five seeds",
            between((tiny_augmentation, "shifted"), (tiny, THREE_SCALED), 0.95),
            tiny_augmentation,
            tiny_networks,
            margin=POINT,
        ),
        *(
            gain(
                f"128 frozen units that learnt {asked}, over {against}",
                between((tiny_transfer, case), place, 0.95),
                tiny_transfer,
                *((tiny_networks,) if place[0] is tiny else ()),
                margin=POINT,
            )
            for case, asked in (("rotations", "rotations"), ("five classes", "five of the classes"))
            for against, place in (
                ("the tiny network", (tiny, THREE_SCALED)),
                ("untrained ones", (tiny_transfer, "none")),
            )
        ),
        *(
            gain(
                f"five new classes from 500 images, on convolutional features learnt on the other "
                f"five, over {other}",
                reuse.difference(learnt, other, "val_accuracy"),
                reuse,
                margin=POINT,
            )
            for other in ("untrained features", "pixels")
        ),
        cited("pre-trained models", "they have to be downloaded, and this book needs no network"),
    ]
    return judge(
        gain(
            "a convolutional network, three epochs",
            median_interval(
                of_convolutions(tiny_convolutional, tiny_networks), confidence(3, looks=1)
            ),
            tiny_convolutional,
            tiny_networks,
            margin=POINT,
        ),
        gain(
            "augmentation: mirrored images",
            of_mirrored(tiny_augmentation, tiny_networks),
            tiny_augmentation,
            tiny_networks,
            margin=POINT,
        ),
        gain(
            "an ensemble of five, over the mean of its members",
            of_ensemble(tiny_ensembles),
            tiny_ensembles,
            margin=POINT,
        ),
        also=also,
        set_up="784–4–4–4–10 on scaled pixels, Adam, batch 32, 10 epochs. Medians of the "
        "differences, seed by seed; of what is also asked, means over five seeds.",
        weakened="The convolutional network is a far larger one.",
    )
