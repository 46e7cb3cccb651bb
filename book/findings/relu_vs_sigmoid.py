"""ReLU or sigmoid: what the records say of activations, gradients, zeros and gaps."""

from dataclasses import replace

import numpy as np
from scipy.stats import spearmanr

from book.claims import (
    Judgement,
    Outcome,
    above,
    below,
    confidence,
    every,
    gain,
    identity,
    judge,
    level,
    not_worse,
)
from book.findings import claim, expect, finding
from book.findings._scores import ahead, chosen, gap, score, without_sign
from book.findings.printed_figures import REPRODUCES, reproducing_scores
from lessons_src.recorded import Record, shared
from lessons_src.stats import MARGIN, Interval, mean_interval, paired_difference, paired_ratio

NAMES = ("sigmoid", "relu")
DEPTHS = (1, 2, 4, 6)
OPTIMISERS = ADAM, SGD = "Adam 0.001", "SGD 0.01"
LISTING = f"1 hidden, {ADAM}"
EARLY = (1, 3)  # epochs after which the networks of a race were scored as well
PENALTIES = tuple(f"relu, penalty {strength:g}" for strength in (1e-6, 1e-5, 1e-4, 1e-3))
TENTH = 0.1


def case(name: str, depth: int, optimiser: str) -> str:
    """A case of the record `activations`."""
    return f"{name}, {depth} hidden, {optimiser}"


def final(activations: Record, name: str, depth: int, optimiser: str) -> np.ndarray:
    """Score after ten epochs, shape (seeds,)."""
    return score(activations, case(name, depth, optimiser), climbing=optimiser == SGD)


# --- The bend ----------------------------------------------------------------


@claim("S3.7")
def linear_layers_are_one(linear_layers: Record, linear_depth: Record) -> Judgement:
    """Without activations, layers in a row are no more than one linear layer."""
    apart = max(linear_layers(n, "largest_difference").max() for n in linear_layers.cases)
    return judge(
        identity(
            "equal to the product of the matrices, with two and with six hidden layers",
            apart < 1e-5,
            f"largest difference between two probabilities {apart:.0e}",
            linear_layers,
        ),
        also=[
            level(
                "trained for ten epochs, the deep linear network level with the flat one",
                ahead(linear_depth, "deep, linear", "flat", 0.95),
                linear_depth,
            )
        ],
    )


@finding
def flat_accuracy(linear_depth: Record) -> float:
    """Score of the network without hidden layers after ten epochs, as a share."""
    return float(score(linear_depth, "flat").mean())


@finding
def linear_loss(linear_depth: Record) -> Interval:
    """Score of the flat network minus that of the deep linear one, as a share."""
    lost = ahead(linear_depth, "flat", "deep, linear", 0.95)
    expect(lost.low > 0.003 and lost.high < 0.02, "the deep linear one ends about a point behind")
    return lost


@finding
def one_hidden_gain(linear_depth: Record, activations: Record) -> Interval:
    """What one hidden layer with ReLU adds to none, as a share; Adam, ten epochs."""
    with_relu = final(activations, "relu", 1, ADAM)
    gained = paired_difference(*shared(with_relu, score(linear_depth, "flat")))
    expect(gained.low > 0.02, "one hidden layer with a bend is worth several points")
    return gained


@finding
def bend_gain(linear_depth: Record, activations: Record) -> Interval:
    """What ReLU adds to two hidden layers without it, as a share; Adam, ten epochs."""
    with_relu = final(activations, "relu", 2, ADAM)
    gained = paired_difference(*shared(with_relu, score(linear_depth, "deep, linear")))
    expect(gained.low > 0.02, "the bend is worth several points")
    return gained


# --- Slopes multiply ---------------------------------------------------------


def size(gradients: Record, name: str, depth: int, start: str = "glorot_uniform") -> np.ndarray:
    """Root mean square of each layer's gradient, first to output, shape (seeds, depth + 1)."""
    return gradients(f"{name}, {depth} hidden, {start}", "gradient_before")


def powers_lost(
    gradients: Record, name: str, depth: int, start: str = "glorot_uniform"
) -> np.ndarray:
    """Powers of ten between the output's gradient and the first layer's, before training."""
    found = np.log10(size(gradients, name, depth, start))
    return found[:, -1] - found[:, 0]


def sigmoid_to_relu(gradients: Record, depth: int, level: float = 0.95) -> Interval:
    """First-layer gradient before training, that of sigmoid over that of ReLU."""
    both = shared(*(size(gradients, name, depth)[:, 0] for name in NAMES))
    return paired_ratio(*both, level)


def fall_of_ratio(gradients: Record, depth: int, level: float) -> Interval:
    """By how much the log10 of that ratio is lower with one hidden layer more than `depth`."""
    now, deeper = (
        [np.log10(size(gradients, name, n)[:, 0]) for name in NAMES] for n in (depth, depth + 1)
    )
    sigmoid, relu, sigmoid_deeper, relu_deeper = shared(*now, *deeper)
    return paired_difference(sigmoid - relu, sigmoid_deeper - relu_deeper, level)


def falls_each_layer(gradients: Record, parts: int) -> Outcome:
    """Does the log10 of the ratio fall by more than 0.3 with each further layer?

    The steps share the risk of their part. The smallest is told: one that is refuted, if there is.
    """
    steps = [
        above("", fall_of_ratio(gradients, n, confidence(5 * parts)), 0.3, gradients)
        for n in range(1, 6)
    ]
    least = min(steps, key=lambda step: step.interval.high)
    if least.interval.high > 0.3:
        least = min(steps, key=lambda step: step.interval.low)
    return every(
        "fall of its log10 with each further layer",
        *steps,
        telling=replace(least, number=f"smallest {least.number}"),
    )


def saturated(asked: str, shares: np.ndarray, record: Record, level: float = 0.95) -> Outcome:
    """Are more than a tenth of the hidden sums saturated?"""
    found = mean_interval(shares, level)
    return above(f"saturated {asked}", found, TENTH, record, unit="%", digits=1)


@claim("S3.4")
def saturates_and_vanishes(
    activations: Record, gradients: Record, gradients_after_epoch: Record, saturation: Record
) -> Judgement:
    """Sigmoid saturates and its gradients vanish, the more so with depth."""

    def course(depth: int) -> np.ndarray:
        return activations(case("sigmoid", depth, ADAM), "saturated_curve")

    untrained = gradients("sigmoid, 6 hidden, glorot_uniform", "flat_before").mean(axis=1)
    return judge(
        saturated(
            "after ten epochs of the printed listing", course(1)[:, -1], activations, confidence(3)
        ),
        below(
            "first-layer gradient with six hidden layers, sigmoid over ReLU, before training",
            sigmoid_to_relu(gradients, 6, confidence(3)),
            TENTH,
            gradients,
            digits=5,
        ),
        falls_each_layer(gradients, parts=3),
        also=[
            saturated("at the start, six hidden layers", untrained, gradients),
            saturated("after one epoch of the printed listing", course(1)[:, 0], activations),
            *(
                saturated(
                    f"after one epoch of SGD, {depth} hidden layers",
                    gradients_after_epoch(f"sigmoid, {depth} hidden, glorot_uniform", "flat").mean(
                        axis=1
                    ),
                    gradients_after_epoch,
                )
                for depth in (2, 6)
            ),
            *(
                saturated(
                    f"after ten epochs, {depth} hidden layers, Adam, batch 32",
                    course(depth)[:, -1],
                    activations,
                )
                for depth in (2, 6)
            ),
            *(
                saturated(
                    f"after ten epochs, {name}",
                    saturation(name, "saturated_curve")[:, -1],
                    saturation,
                )
                for name in saturation.cases
            ),
        ],
        weakened="Over 1,000 training images.",
    )


@finding
def sigmoid_shrinks(gradients: Record) -> float:
    """The output's gradient over the first layer's, six sigmoid layers; to two digits."""
    lost = mean_interval(powers_lost(gradients, "sigmoid", 6))
    expect(lost.low > 3.8 and lost.high < 4.8, "four powers of ten or so")
    return float(f"{10**lost.estimate:.2g}")


@finding
def relu_shrinks(gradients: Record) -> float:
    """The same with six ReLU layers."""
    lost = mean_interval(powers_lost(gradients, "relu", 6))
    expect(lost.low > 0.3 and lost.high < 0.65, "the first layer's gradient is about a third")
    return float(10**lost.estimate)


@finding
def factor_for_each_layer(gradients: Record) -> float:
    """By what factor the gradient shrinks from one of six sigmoid layers to the one below."""
    logs = np.log10(size(gradients, "sigmoid", 6))
    factor = mean_interval((logs[:, 5] - logs[:, 0]) / 5)
    expect(10**factor.low > 3.5 and 10**factor.high < 5.5, "about what a slope of a quarter takes")
    return float(10**factor.estimate)


@finding
def first_layer_size(gradients: Record) -> float:
    """The typical gradient of the first of six sigmoid layers before training, in millionths."""
    found = mean_interval(1e6 * size(gradients, "sigmoid", 6)[:, 0])
    expect(found.low > 0.5 and found.high < 6, "a few millionths")
    return found.estimate


@finding
def saturated_untrained(gradients: Record) -> float:
    """Share of saturated sums in six untrained sigmoid layers."""
    share = mean_interval(
        gradients("sigmoid, 6 hidden, glorot_uniform", "flat_before").mean(axis=1)
    )
    expect(share.high < 0.001, "hardly any sum is saturated before training")
    return share.estimate


@finding
def saturated_as_printed(saturation: Record) -> float:
    """Share of saturated sums after ten epochs of two hidden layers, SGD and batches of 1,000."""
    shares = mean_interval(saturation("two hidden, SGD, batch 1000", "saturated_curve")[:, -1])
    expect(shares.high < 0.01, "hardly a sum is saturated in the set-up of the printed figures")
    return shares.estimate


@finding
def saturated_after_ten(live_relu_vs_sigmoid: Record) -> float:
    """Share of saturated hidden sums of the printed listing after ten epochs, public split."""
    share = mean_interval(live_relu_vs_sigmoid("live", "sigmoid_saturated_curve")[:, -1])
    expect(share.low > 0.4 and share.high < 0.5, "nearly half of the sums are saturated")
    return share.estimate


@finding
def he_changes_little(gradients: Record) -> float:
    """The most that He's rule changes what ReLU's gradient loses on its way, in powers of ten."""
    starts = ("he_normal", "glorot_uniform")
    change = []
    for depth in range(1, 7):
        he, glorot = shared(*(powers_lost(gradients, "relu", depth, start) for start in starts))
        change.append(float((he - glorot).mean()))
    expect(max(map(abs, change)) < 0.2, "a fifth of a power of ten at most")
    first = shared(*(size(gradients, "relu", 6, start)[:, 0] for start in starts))
    expect(paired_ratio(*first).low > 1, "larger where the network is deep")
    return max(map(abs, change))


# --- Who takes the step ------------------------------------------------------


def lead(activations: Record, depth: int, optimiser: str, level: float = 0.95) -> Interval:
    """Score of ReLU minus that of sigmoid after ten epochs, as a share."""
    rivals = (case(name, depth, optimiser) for name in ("relu", "sigmoid"))
    return ahead(activations, *rivals, level, climbing=optimiser == SGD)


def lead_after(activations: Record, depth: int, optimiser: str, epoch: int) -> Interval:
    """The same after so many epochs, of which the last alone counts."""
    curves = (
        activations(case(name, depth, optimiser), "val_accuracy_curve")[:, epoch - 1]
        for name in ("relu", "sigmoid")
    )
    return paired_difference(*shared(*curves))


@finding
def listing_lead(activations: Record) -> Interval:
    """ReLU minus sigmoid under the printed listing: one hidden layer, Adam, ten epochs."""
    found = lead(activations, 1, ADAM)
    expect(found.low > -MARGIN and found.high < MARGIN, "the two are level")
    return found


@finding
def deep_adam_lead(activations: Record) -> Interval:
    """ReLU minus sigmoid with six hidden layers and Adam after ten epochs."""
    found = lead(activations, 6, ADAM)
    expect(found.low > 0.005 and found.high < 0.025, "ReLU is ahead by a point or two")
    return found


@finding
def deep_adam_lead_early(activations: Record) -> Interval:
    """The same after one epoch."""
    found = lead_after(activations, 6, ADAM, 1)
    expect(found.low > 0.05, "after one epoch sigmoid is far behind")
    return found


@finding
def deep_sgd_sigmoid(activations: Record) -> float:
    """Score of sigmoid with six hidden layers and SGD, as a share."""
    found = float(final(activations, "sigmoid", 6, SGD).mean())
    expect(found < 0.15, "sigmoid guesses")
    return found


@finding
def neither_alone(activations: Record) -> float:
    """What depth and SGD cost sigmoid together beyond what they cost it one by one, as a share."""
    depth, sgd, both = (lead(activations, *race) for race in ((6, ADAM), (1, SGD), (6, SGD)))
    expect(0 < depth.estimate < 0.02 and 0.03 < sgd.estimate < 0.045, "a point or so, some four")
    expect(both.low > 0.5, "together they cost sigmoid everything")
    return both.estimate - depth.estimate - sgd.estimate


@finding
def order_of_leads(activations: Record) -> str:
    """The four set-ups of the exercise, from the smallest lead of ReLU to the largest."""
    races = {"A": (1, ADAM), "B": (1, SGD), "C": (6, ADAM), "D": (6, SGD)}
    leads = {name: lead(activations, *race).estimate for name, race in races.items()}
    order = "".join(sorted(leads, key=leads.get))
    expect(order == "ACBD", "the exercise has the order ACBD")
    return order


@finding
def gelu_keeps_up(activations: Record) -> Interval:
    """GELU minus ReLU with six hidden layers and Adam, as a share."""
    found = ahead(activations, case("gelu", 6, ADAM), case("relu", 6, ADAM), 0.95)
    expect(found.high > 0, "GELU is not seen behind ReLU")
    rivals = ("tanh", "leaky_relu", "gelu")
    means = {
        name: final(activations, name, 6, ADAM).mean() for name in ("sigmoid", "relu", *rivals)
    }
    expect(min(means, key=means.get) == "sigmoid", "at six layers sigmoid lags most")
    learned = [final(activations, name, 6, SGD).mean() for name in ("relu", *rivals)]
    expect(min(learned) > 0.5, "with SGD and six layers every other function learns")
    return found


@finding
def five_epochs_lead(live_relu_vs_sigmoid: Record) -> Interval:
    """ReLU minus sigmoid after five epochs of the printed listing, on the public split."""
    scores = (live_relu_vs_sigmoid("live", f"{name}_accuracy") for name in ("relu", "sigmoid"))
    found = paired_difference(*scores)
    expect(found.low > 0.001 and found.high < 0.006, "a third of a point or so")
    return found


@finding
def early_sgd_lead(activations: Record) -> Interval:
    """ReLU minus sigmoid, two hidden layers, SGD, batches of 32, after one epoch (1,500 steps)."""
    early, late = lead_after(activations, 2, SGD, 1), lead_after(activations, 2, SGD, 10)
    expect(early.low > 0.15 and late.high < 0.12, "more steps close most of the gap")
    return early


@finding
def late_sgd_lead(activations: Record) -> Interval:
    """The same after ten epochs (15,000 steps)."""
    return lead_after(activations, 2, SGD, 10)


# --- The two races of the lesson, on the series' own images ------------------

TEN = 10  # epochs of a race


def race(
    printed_search: Record, depth: int, optimiser: str, batch: int, pixels: str = "scaled"
) -> Interval:
    """ReLU minus sigmoid on the test images after ten epochs on the official 60,000, as a share."""
    scores = (
        printed_search(f"{case(n, depth, optimiser)}, batch {batch}, {pixels}", "test_accuracy")
        for n in ("relu", "sigmoid")
    )
    return paired_difference(*shared(*(score[:, TEN - 1] for score in scores)))


@finding
def first_race_lead(printed_search: Record) -> Interval:
    """The race with two hidden layers, SGD and batches of 1,000."""
    found = race(printed_search, 2, SGD, 1000)
    expect(found.low > 0.15, "ReLU is far ahead in the first race")
    return found


@finding
def second_race_lead(printed_search: Record) -> Interval:
    """The race with one hidden layer, Adam and batches of 32."""
    found = race(printed_search, 1, ADAM, 32)
    expect(found.high < 0.01, "the two can hardly be told apart")
    return without_sign(found)


@finding
def raw_leads(printed_search: Record) -> float:
    """ReLU minus sigmoid under the listing on raw pixels, batches of 32, as a share."""
    small, large = (race(printed_search, 1, ADAM, batch, "raw") for batch in (32, 1000))
    expect(small.low > 0.02, "ahead by several points with batches of 32")
    expect(large.low > -0.05 and large.high < -0.005, "behind by a few with 1,000")
    return small.estimate


@finding
def together(printed_search: Record) -> float:
    """The largest lead of ReLU after one of the three changes alone, as a share."""
    alone = [(2, ADAM, 32), (1, SGD, 32), (1, ADAM, 1000)]
    largest = max(race(printed_search, *changed).estimate for changed in alone)
    expect(largest < 0.05, "none of the three changes does it alone")
    pairs = [(2, SGD, 32), (1, SGD, 1000), (2, ADAM, 1000)]
    most = max(race(printed_search, *changed).estimate for changed in pairs)
    whole = race(printed_search, 2, SGD, 1000).estimate
    expect(most < 0.1 and whole > most + 0.1, "two of them do not do it either, all three do")
    return largest


@finding
def first_race_loss(printed_search: Record) -> float:
    """Test loss of sigmoid at the end of the first race, in nats; guessing costs ln 10 = 2.30."""
    losses = printed_search(f"sigmoid, 2 hidden, {SGD}, batch 1000, scaled", "test_loss")
    loss = mean_interval(losses[:, TEN - 1])
    expect(loss.low > 1.9 and loss.high < 2.3, "sigmoid's loss has hardly left that of guessing")
    return loss.estimate


@claim("S3.3")
def clear_winner(
    activations: Record, printed_candidates: Record, printed_search: Record
) -> Judgement:
    """ReLU is the clear winner on Fashion-MNIST."""
    sure = confidence(2)
    reproduced = shared(
        *(reproducing_scores(printed_candidates, name) for name in ("relu", "sigmoid"))
    )
    also = [
        gain(f"{n} hidden, {how}, ten epochs", lead(activations, n, how), activations)
        for how in OPTIMISERS
        for n in DEPTHS
    ]
    also += [
        gain(
            f"{depth} hidden, {how}, after epoch {n}",
            lead_after(activations, depth, how, n),
            activations,
        )
        for how in OPTIMISERS
        for depth in DEPTHS
        for n in EARLY
    ]
    also += [
        gain(
            f"the printed listing with batches of {batch:,} and {pixels} pixels, test images",
            race(printed_search, 1, ADAM, batch, pixels),
            printed_search,
        )
        for batch, pixels in ((32, "scaled"), (1000, "scaled"), (32, "raw"), (1000, "raw"))
    ]
    split, _, epoch = REPRODUCES
    return judge(
        gain(
            "under the printed listing, with Keras's batches of 32 and scaled pixels",
            lead(activations, 1, ADAM, sure),
            activations,
        ),
        gain(
            "under the set-up that reproduces the printed figures",
            paired_difference(*reproduced, sure),
            printed_candidates,
        ),
        also=also,
        set_up="The listing names neither batch nor scaling. What reproduces the figures: two "
        f"hidden layers, SGD 0.01, batches of 1,000, split “{split}”, epoch {epoch}; "
        "chosen by the first edition's seeds, scored on the test images.",
        weakened="The rates are Keras's own, and not chosen for each activation.",
    )


@claim("S3.11")
def sigmoid_in_shallow_networks(activations: Record) -> Judgement:
    """Sigmoid can do well in shallow networks."""

    def behind(optimiser: str, level: float) -> Interval:
        rivals = (case(name, 1, optimiser) for name in NAMES)
        return ahead(activations, *rivals, level, climbing=optimiser == SGD)

    return judge(
        not_worse(
            "sigmoid minus ReLU, one hidden layer, Adam", behind(ADAM, confidence()), activations
        ),
        also=[not_worse("the same with SGD", behind(SGD, 0.95), activations)],
    )


# --- Gaps --------------------------------------------------------------------

Network = tuple[str, int]  # a case and the epoch after which it was scored


def networks(activations: Record, optimiser: str = "") -> list[Network]:
    """The grid of trained networks: both activations, all depths, optimisers and epochs."""
    return [
        (case(name, depth, how), epoch)
        for name in NAMES
        for depth in DEPTHS
        for how in OPTIMISERS
        for epoch in (*EARLY, TEN)
        if how.endswith(optimiser)
    ]


def gap_and_score(activations: Record, network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Size of the gap, and accuracy on the held-out images, each of shape (seeds,)."""
    name, epoch = network
    if epoch == TEN:
        held = score(activations, name, climbing=name.endswith(SGD))
        return np.abs(gap(activations, name)), held
    held = activations(name, "val_accuracy_curve")[:, epoch - 1]
    trained = activations(name, "train_accuracy_curve")[:, EARLY.index(epoch)]
    return np.abs(trained - held), held


def gap_ranks(activations: Record, optimiser: str = "") -> np.ndarray:
    """Rank correlation of the size of the gap with accuracy over the grid, seed by seed."""
    both = [gap_and_score(activations, network) for network in networks(activations, optimiser)]
    gaps, held = (np.array(shared(*values)) for values in zip(*both, strict=True))
    return np.array([spearmanr(g, h).statistic for g, h in zip(gaps.T, held.T, strict=True)])


def smallest_gaps(activations: Record, count: int) -> list[tuple[Network, float]]:
    """The networks with the smallest mean gaps in size, with their mean accuracy."""
    means = {
        network: [values.mean() for values in gap_and_score(activations, network)]
        for network in networks(activations)
    }
    first = sorted(means, key=lambda network: means[network][0])[:count]
    return [(network, float(means[network][1])) for network in first]


@claim("S3.9")
def close_figures(activations: Record) -> Judgement:
    """Training and test figures that lie close show good generalisation."""

    def ranks(asked: str, optimiser: str = "", level: float = 0.95) -> Outcome:
        found = mean_interval(gap_ranks(activations, optimiser), level)
        return below(asked, found, -0.3, activations, none=0)

    smallest = smallest_gaps(activations, 3)
    return judge(
        ranks("rank correlation of the size of the gap with accuracy", level=confidence()),
        also=[
            ranks("within Adam", ADAM),
            ranks("within SGD", SGD),
            identity(
                "the three smallest gaps belong to networks that learned something",
                all(accuracy > 0.5 for _, accuracy in smallest),
                "; ".join(f"{name}, epoch {n}: {right:.0%}" for (name, n), right in smallest),
                activations,
                seeds=activations.seeds,
            ),
            identity(
                "read as “generalisation is the gap itself”",
                True,
                "true by definition, and then it says nothing of how well a network does",
            ),
        ],
        set_up=f"{len(networks(activations))} networks: sigmoid and ReLU, {len(DEPTHS)} depths, "
        "two optimisers, after 1, 3 and 10 epochs; ranked seed by seed.",
        weakened="The interval covers the chance of training, not the choice of the grid.",
    )


@finding
def smallest_gap_accuracy(activations: Record) -> float:
    """Validation accuracy of the set-up with the smallest gap after ten epochs, as a share."""
    smallest = min(activations.cases, key=lambda name: abs(gap(activations, name).mean()))
    found = activations.mean(smallest, "val_accuracy").estimate
    expect(found < 0.2, "the smallest gap belongs to a network that guesses")
    return found


# --- Zeros, seconds and fashions ---------------------------------------------


def zeros(record: Record, name: str) -> np.ndarray:
    """Share of exact zeros among the hidden outputs, mean over the layers, shape (seeds,)."""
    return record(name, "zeros").mean(axis=1)


@claim("S3.6")
def sparse(activations: Record) -> Judgement:
    """ReLU makes activations sparse, since negative sums become zeros."""

    def share(name: str, depth: int, level: float = 0.95) -> Outcome:
        found = mean_interval(zeros(activations, case(name, depth, ADAM)), level)
        asked = f"share of zeros, {name.replace('relu', 'ReLU')}, {depth} hidden, Adam"
        return above(asked, found, TENTH, activations, unit="%", digits=0)

    return judge(
        share("relu", 1, confidence()),
        also=[*(share("relu", n) for n in DEPTHS[1:]), share("sigmoid", 1)],
    )


def zeros_with_score(sparsity: Record) -> np.ndarray:
    """Rank correlation of the share of zeros with accuracy over the strengths, seed by seed."""
    cases = ("relu", *PENALTIES)
    shares = np.array(shared(*(zeros(sparsity, name) for name in cases)))
    held = np.array(shared(*(score(sparsity, name) for name in cases)))
    return np.array([spearmanr(z, h).statistic for z, h in zip(shares.T, held.T, strict=True)])


@claim("S3.8")
def zeros_help(sparsity: Record) -> Judgement:
    """Sparse activations help a network to generalise."""
    best = chosen(sparsity, PENALTIES)
    more = paired_difference(*shared(zeros(sparsity, best), zeros(sparsity, "relu")), confidence(2))
    narrower = paired_difference(*shared(gap(sparsity, "relu"), gap(sparsity, best)))
    strength = best.rpartition(" ")[2]
    return judge(
        gain(f"more exact zeros, penalty {strength}", more, sparsity, margin=0.05, digits=1),
        gain(
            f"accuracy, penalty {strength}",
            ahead(sparsity, best, "relu", confidence(2)),
            sparsity,
        ),
        also=[
            gain(f"narrower gap, penalty {strength}", narrower, sparsity),
            above(
                "rank correlation of the zeros with accuracy, over no penalty and the strengths",
                mean_interval(zeros_with_score(sparsity)),
                0,
                sparsity,
            ),
        ],
        set_up=f"{sparsity.set_up} L1 penalty on the activations, {strength} chosen on other "
        "seeds of 1e-6, 1e-5, 1e-4 and 1e-3.",
    )


@finding
def no_zeros(sparsity: Record) -> Interval:
    """Sigmoid, which has no zeros, minus ReLU after 20 epochs, as a share."""
    found = ahead(sparsity, "sigmoid", "relu", 0.95)
    expect(found.low > 0, "sigmoid is seen ahead of ReLU")
    without_sign(ahead(sparsity, "tanh", "relu", 0.95))
    without_sign(ahead(sparsity, "leaky_relu", "relu", 0.95))
    return found


def times(activation_cost: Record, part: str, batch: int, level: float = 0.95) -> Interval:
    """Seconds of sigmoid over those of ReLU."""
    names = (f"seconds_{part}_{name}" for name in NAMES)
    return paired_ratio(*(activation_cost(f"batch {batch}", name) for name in names), level)


@claim("S3.5")
def lighter(activation_cost: Record) -> Judgement:
    """ReLU is computationally lighter than sigmoid."""

    def slower(asked: str, part: str, batch: int, level: float = 0.95) -> Outcome:
        found = times(activation_cost, part, batch, level)
        return above(asked, found, 1.1, activation_cost, none=1, unit="times")

    def share(batch: int) -> Outcome:
        alone, step = (
            activation_cost(f"batch {batch}", f"seconds_{part}_sigmoid")
            for part in ("alone", "step")
        )
        asked = f"sigmoid's share of a training step, batch {batch:,}"
        return above(asked, mean_interval(alone / step), TENTH, activation_cost, unit="%", digits=1)

    return judge(
        slower(
            "sigmoid over ReLU, alone, forward and backward, a batch of 32",
            "alone",
            32,
            confidence(),
        ),
        also=[
            slower("the same, a batch of 1,000", "alone", 1000),
            *(share(batch) for batch in (32, 1000)),
            *(
                slower(f"a whole training step, batch {batch:,}", "step", batch)
                for batch in (32, 1000)
            ),
        ],
        weakened="One processor.",
    )


FAMILIES = ("VGG", "ResNet", "EfficientNet")


@claim("S3.10")
def modern_networks(model_zoo: Record) -> Judgement:
    """Modern networks use ReLU, or a relative such as leaky ReLU, almost exclusively."""

    def share(name: str, *kinds: str) -> float:
        return float(sum(model_zoo(name, kind)[0] for kind in kinds) / model_zoo(name, "all")[0])

    def family(of: str, *kinds: str) -> dict[str, float]:
        return {name: share(name, *kinds) for name in model_zoo.cases if name.startswith(of)}

    def told(shares: dict[str, float]) -> str:
        return ", ".join(f"{name} {value:.0%}" for name, value in shares.items())

    generous = {k: v for of in FAMILIES for k, v in family(of, "relu", "silu").items()}
    return judge(
        identity(
            "nine tenths ReLU or a variant in all three families, SiLU counted as one",
            min(generous.values()) >= 0.9,
            told(generous),
            model_zoo,
        ),
        also=[
            identity(
                f"{of}: nine tenths ReLU itself",
                min(family(of, "relu").values()) >= 0.9,
                told(family(of, "relu")),
                model_zoo,
            )
            for of in FAMILIES
        ],
        set_up="Activations of hidden layers, their sigmoids included, in keras.applications.",
        weakened="The smallest and the largest network of each family.",
    )
