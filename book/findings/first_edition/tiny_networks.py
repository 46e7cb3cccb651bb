"""Tiny networks: what the records say of luck, three improvements, a sweep and four remedies.

Such networks fail now and then, so that a few runs move a mean far: medians of paired differences
are taken, with the interval of the sign test.
"""

import numpy as np

from book.claims import (
    Judgement,
    above,
    below,
    cited,
    confidence,
    gain,
    judge,
    share,
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings.first_edition._scores import at_best, score
from lessons_src.recorded import Record
from lessons_src.stats import Interval, median_interval, wilson

DEEPER = "784–4–4–4–10"
PRINTED_TRAINING, PRINTED_VALIDATION = 0.8171, 0.803
POINT = 0.01
DEFAULT_RATE = "0.001"


def score_of(record: Record, depth: int, pixels: str) -> np.ndarray:
    """Score of the network with two or three layers of four, one for each seed."""
    return score(record, f"784–{'4–' * depth}10, {pixels}")


def last(record: Record, case: str) -> np.ndarray:
    """Validation accuracy after the last epoch, for records that keep no curve."""
    return record(case, "val_accuracy")


def like(seeds: tuple[int, ...], record: Record, values: np.ndarray) -> np.ndarray:
    """Of the values of a record those with these seeds, in their order."""
    return values[[record.seeds.index(seed) for seed in seeds]]


def median_lead(new: np.ndarray, old: np.ndarray, parts: int = 1) -> Interval:
    """Median of new - old, run by run, with the interval of the sign test."""
    return median_interval(new - old, confidence(parts, looks=1))


def both_reached(record: Record, epochs: int) -> np.ndarray:
    """Whether a run has at least both printed figures after so many epochs, as Keras prints them.

    Shape (seeds,).
    """
    training, validation = (
        record(DEEPER, f"{name}_curve")[:, epochs - 1] for name in ("accuracy", "val_accuracy")
    )
    return (training >= PRINTED_TRAINING) & (validation >= PRINTED_VALIDATION)


def of_four(one: Interval) -> Interval:
    """The share of draws of four runs with at least one that does what a share of runs does."""
    ends = (one.estimate, one.low, one.high)
    return Interval(*(1 - (1 - p) ** 4 for p in ends), one.level)


@claim("N1")
def best_run(tiny_long: Record) -> Judgement:
    """Tiny networks reach the printed figures at best."""
    also = []
    for epochs in (10, 40):
        reached = both_reached(tiny_long, epochs)
        runs = int(reached.sum()), len(reached)
        of_runs = f"more than half of single runs reach both figures in {epochs} epochs"
        of_draws = f"the best of four reaches both in more than half of draws, {epochs} epochs"
        best = of_four(wilson(*runs))
        also.append(share(of_runs, *runs, 0.5, tiny_long))
        also.append(above(of_draws, best, 0.5, tiny_long, unit="%", digits=0))
    dead = tiny_long(DEEPER, "dead").sum(axis=1) > 0
    of_dead = "more than half of single runs end with a dead unit, 40 epochs"
    also.append(share(of_dead, int(dead.sum()), len(dead), 0.5, tiny_long))
    return judge(
        unmeasured(
            "the printed pair lies inside the range of 40 best-of-four draws",
            "four set-ups are asked for, and only the deeper network on scaled pixels was run for "
            f"40 epochs, {len(reached)} times, of which {reached.sum()} reach both figures",
        ),
        also=also,
        set_up=tiny_long.set_up,
    )


def of_third_layer(tiny_networks: Record) -> Interval:
    """What a third layer of four gains on two, on scaled pixels."""
    three, two = (score_of(tiny_networks, depth, "scaled") for depth in (3, 2))
    return median_lead(three, two, parts=3)


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
    default = last(tiny_networks, f"{DEEPER}, scaled")
    default = like(rate_sweep.seeds, tiny_networks, default)
    scaling = {
        depth: (
            score_of(tiny_networks, depth, "scaled"),
            score_of(tiny_networks, depth, "0 to 255"),
        )
        for depth in (2, 3)
    }
    swept = {name: rate_sweep("swept", f"val_accuracy{name}") for name in ("", "_at_tenth")}
    return judge(
        gain(
            "scaled over raw pixels, three layers",
            median_lead(*scaling[3], parts=3),
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
            median_lead(swept[""], default, parts=3),
            tiny_networks,
            rate_sweep,
            margin=POINT,
        ),
        also=[
            gain(
                "scaled over raw pixels, two layers",
                median_lead(*scaling[2]),
                tiny_networks,
                margin=POINT,
            ),
            gain(
                "a tenth of the picked rate over Adam's default",
                median_lead(swept["_at_tenth"], default),
                tiny_networks,
                rate_sweep,
                margin=POINT,
            ),
        ],
        set_up=f"{tiny_networks.set_up} Median of the differences, seed by seed.",
        weakened=f"One split for all runs; {len(tiny_networks.seeds)} seeds, for the rate "
        f"{len(rate_sweep.seeds)}, in place of 40; the rates are scored at the last epoch.",
    )


def best_of_grid(rate_sweep: Record, tiny_networks: Record) -> np.ndarray:
    """Validation accuracy at the best constant rate, for each seed of the sweep.

    Which rate is best for a seed, the mean over the other seeds tells.
    """
    default = last(tiny_networks, f"{DEEPER}, scaled")
    grid = {case: last(rate_sweep, case) for case in rate_sweep.cases if case != "swept"}
    grid[DEFAULT_RATE] = like(rate_sweep.seeds, tiny_networks, default)
    return at_best(np.array(list(grid.values())))


@claim("N3")
def best_rate(rate_sweep: Record, tiny_networks: Record) -> Judgement:
    """A sweep with a growing rate shows the best rate."""
    best = best_of_grid(rate_sweep, tiny_networks)
    found = {
        name: below(
            f"{asked} scores less than a point below the grid's best",
            median_lead(best, rate_sweep("swept", f"val_accuracy{name}")),
            POINT,
            rate_sweep,
            tiny_networks,
            unit="points",
        )
        for name, asked in (("", "the picked rate"), ("_at_tenth", "a tenth of the picked rate"))
    }
    return judge(
        found[""],
        also=[found["_at_tenth"]],
        set_up=f"{rate_sweep.set_up} Median of the losses, seed by seed.",
        weakened=f"One split for all runs, the last epoch, and {len(rate_sweep.seeds)} seeds in "
        "place of 40; for each seed, the other ones chose the grid's best rate.",
    )


@claim("N4")
def matrix_and_grid() -> Judgement:
    """A confusion matrix and a grid of predictions show how the network errs."""
    return judge(
        unmeasured(
            "a confusion matrix and a grid of predictions are shown for ten seeds",
            "the page shows them for one run, the best of its own",
        ),
        unmeasured(
            "the matrix's worst pair is among the three worst of the other seeds, in nine of ten",
            "no record has the confusion matrices of several seeds",
        ),
    )


def of_ensemble(tiny_ensembles: Record) -> Interval:
    """What five networks gain whose probabilities are averaged, on the mean of the five."""
    joint = tiny_ensembles(DEEPER, "joint")[:, 4]
    return median_lead(joint, tiny_ensembles(DEEPER, "members").mean(axis=1), parts=3)


def of_augmentation(tiny_augmentation: Record, change: str, parts: int = 1) -> Interval:
    """What images gain that are changed anew in every epoch, on images as they are."""
    old = last(tiny_augmentation, "as they are")
    return median_lead(last(tiny_augmentation, change), old, parts)


def of_convolutions(architectures: Record, tiny_networks: Record) -> np.ndarray:
    """What the convolutional network gains on the tiny one, shape (seeds,)."""
    tiny = like(architectures.seeds, tiny_networks, last(tiny_networks, f"{DEEPER}, scaled"))
    return last(architectures, "convolutional") - tiny


@finding
def ensemble_lead(tiny_ensembles: Record) -> Interval:
    """An ensemble of five over the mean of its members."""
    lead = of_ensemble(tiny_ensembles)
    expect(lead.low > POINT, "the ensemble gains more than a point")
    return lead


@finding
def mirrored_lead(tiny_augmentation: Record) -> Interval:
    """Mirrored images over images as they are."""
    lead = of_augmentation(tiny_augmentation, "mirrored", parts=3)
    expect(lead.low < 0 < lead.high, "what mirrored images do is open")
    return lead


@finding
def least_convolutional_lead(architectures: Record, tiny_networks: Record) -> float:
    """The convolutional network over the tiny one, in the seed in which it gains least."""
    least = of_convolutions(architectures, tiny_networks).min()
    expect(least > POINT, "the convolutional network gains more than a point in every seed")
    return float(least)


@claim("N5")
def four_remedies(
    tiny_networks: Record,
    architectures: Record,
    tiny_augmentation: Record,
    tiny_ensembles: Record,
    tiny_transfer: Record,
) -> Judgement:
    """Convolutions, augmentation, transfer and ensembles would each improve a tiny network."""
    tiny = like(tiny_transfer.seeds, tiny_networks, last(tiny_networks, f"{DEEPER}, scaled"))
    untrained = last(tiny_transfer, "none")
    also = [
        gain(
            "shifted images",
            of_augmentation(tiny_augmentation, "shifted"),
            tiny_augmentation,
            margin=POINT,
        )
    ]
    for case, asked in (("rotations", "rotations"), ("five classes", "five of the classes")):
        features = last(tiny_transfer, case)
        for old, against in ((tiny, "the tiny network"), (untrained, "untrained ones")):
            also.append(
                gain(
                    f"128 frozen units that learnt {asked}, over {against}",
                    median_lead(features, old),
                    tiny_transfer,
                    *((tiny_networks,) if old is tiny else ()),
                    margin=POINT,
                )
            )
    least = 100 * of_convolutions(architectures, tiny_networks).min()
    return judge(
        unmeasured(
            "a convolutional network",
            f"{len(architectures.seeds)} seeds are too few for the sign test's interval; "
            f"the least gain of a seed is {least:.1f} points",
        ),
        gain(
            "augmentation: mirrored images",
            of_augmentation(tiny_augmentation, "mirrored", parts=3),
            tiny_augmentation,
            margin=POINT,
        ),
        gain(
            "an ensemble of five, over the mean of its members",
            of_ensemble(tiny_ensembles),
            tiny_ensembles,
            margin=POINT,
        ),
        also=[
            *also,
            cited(
                "pre-trained models", "they have to be downloaded, and this book needs no network"
            ),
        ],
        set_up="784–4–4–4–10 on scaled pixels, Adam, 10 epochs; augmentation with batches of 128.",
        weakened=f"One split for all runs, the last epoch, and {len(tiny_augmentation.seeds)} or "
        f"{len(tiny_ensembles.seeds)} seeds in place of 40.",
    )
