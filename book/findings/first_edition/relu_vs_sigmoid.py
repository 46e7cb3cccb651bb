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
    unmeasured,
)
from book.findings import claim, expect, finding
from book.findings.first_edition._scores import ahead, gap, score
from book.findings.first_edition.printed_figures import best_fit, fitting_scores
from lessons_src.recorded import Record
from lessons_src.stats import Interval, mean_interval, paired_difference, paired_ratio

DEPTHS = (1, 2, 4, 6)
OPTIMISERS = ADAM, SGD = "Adam 0.001", "SGD 0.01"
PENALTIES = ("1e-06", "1e-05", "0.0001", "0.001")
TENTH = 0.1


# --- The bend ----------------------------------------------------------------


@claim("S3.7")
def linear_layers_are_one(linear_layers: Record, linear_depth: Record) -> Judgement:
    """Without activations, layers in a row are no more than one linear layer."""
    apart = max(linear_layers(case, "largest_difference").max() for case in linear_layers.cases)
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
                ahead(linear_depth, "deep, linear", "flat"),
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
    lost = ahead(linear_depth, "flat", "deep, linear")
    expect(lost.low > 0.005 and lost.high < 0.02, "the deep linear one ends about a point behind")
    return lost


@finding
def one_hidden_gain(linear_depth: Record, activations: Record) -> Interval:
    """What one hidden layer with ReLU adds to none, as a share; Adam, ten epochs."""
    with_relu = score(activations, f"relu, 1 hidden, {ADAM}")
    gained = paired_difference(with_relu, score(linear_depth, "flat"))
    expect(gained.low > 0.02, "one hidden layer with a bend is worth several points")
    second = ahead(activations, f"relu, 2 hidden, {ADAM}", f"relu, 1 hidden, {ADAM}")
    expect(second.low < 0 < second.high, "what a second one adds with Adam is open")
    return gained


@finding
def bend_gain(linear_depth: Record, activations: Record) -> Interval:
    """What ReLU adds to two hidden layers without it, as a share; Adam, ten epochs."""
    with_relu = score(activations, f"relu, 2 hidden, {ADAM}")
    gained = paired_difference(with_relu, score(linear_depth, "deep, linear"))
    expect(gained.low > 0.02, "the bend is worth several points")
    return gained


# --- Slopes multiply ---------------------------------------------------------


def size(gradients: Record, name: str, depth: int, result: str = "gradient_before") -> np.ndarray:
    """Root mean square of each layer's gradient, first to output, shape (seeds, depth + 1)."""
    return gradients(f"{name}, {depth} hidden, glorot_uniform", result)


def powers_lost(gradients: Record, name: str, depth: int) -> np.ndarray:
    """Powers of ten between the output's gradient and the first layer's, before training."""
    found = np.log10(size(gradients, name, depth))
    return found[:, -1] - found[:, 0]


def sigmoid_to_relu(gradients: Record, depth: int, level: float = 0.95) -> Interval:
    """First-layer gradient before training, that of sigmoid over that of ReLU."""
    sigmoid, relu = (size(gradients, name, depth)[:, 0] for name in ("sigmoid", "relu"))
    return paired_ratio(sigmoid, relu, level)


def fall_of_ratio(gradients: Record, depth: int, level: float) -> Interval:
    """By how much the log10 of that ratio is lower with one hidden layer more than `depth`."""
    logs = [
        np.log10(size(gradients, "sigmoid", n)[:, 0] / size(gradients, "relu", n)[:, 0])
        for n in (depth, depth + 1)
    ]
    return paired_difference(*logs, level)


@claim("S3.4")
def saturates_and_vanishes(
    live_relu_vs_sigmoid: Record, gradients: Record, saturation: Record
) -> Judgement:
    """Sigmoid saturates and its gradients vanish, the more so with depth."""
    sure = confidence(3, looks=1)
    saturated = live_relu_vs_sigmoid("live", "sigmoid_saturated_curve")[:, -1]
    steps = [
        above("", fall_of_ratio(gradients, depth, sure), 0.3, gradients) for depth in range(1, 6)
    ]
    smallest = min(steps, key=lambda step: step.interval.low)
    case = "sigmoid, 6 hidden, glorot_uniform"
    return judge(
        above(
            "share of hidden sums saturated after ten epochs of the printed listing",
            mean_interval(saturated, sure),
            TENTH,
            live_relu_vs_sigmoid,
            unit="%",
            digits=0,
        ),
        below(
            "first-layer gradient with six hidden layers, sigmoid over ReLU, before training",
            sigmoid_to_relu(gradients, 6, sure),
            TENTH,
            gradients,
            digits=5,
        ),
        every(
            "fall of its log10 with each further layer",
            *steps,
            telling=replace(smallest, number=f"smallest {smallest.number}"),
        ),
        also=[
            above(
                "saturated at the start, six hidden layers",
                mean_interval(gradients(case, "flat_before").mean(axis=1)),
                TENTH,
                gradients,
                unit="%",
                digits=1,
            ),
            above(
                "saturated after one epoch of SGD, six hidden layers",
                mean_interval(gradients(case, "flat").mean(axis=1)),
                TENTH,
                gradients,
                unit="%",
                digits=1,
            ),
            above(
                "saturated after one epoch of the printed listing",
                mean_interval(live_relu_vs_sigmoid("live", "sigmoid_saturated_curve")[:, 0]),
                TENTH,
                live_relu_vs_sigmoid,
                unit="%",
                digits=0,
            ),
            *(
                above(
                    f"saturated after ten epochs, {case}",
                    mean_interval(saturation(case, "saturated_curve")[:, -1]),
                    TENTH,
                    saturation,
                    unit="%",
                    digits=1,
                )
                for case in saturation.cases
            ),
        ],
        weakened="One public split; over the first 1,000 training images.",
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
    expect(lost.low > 0.35 and lost.high < 0.6, "the first layer's gradient is about a third")
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
def he_changes_little(gradients: Record) -> float:
    """The most that He's rule changes what ReLU's gradient loses on its way, in powers of ten."""

    def lost(start: str, depth: int) -> np.ndarray:
        found = np.log10(gradients(f"relu, {depth} hidden, {start}", "gradient_before"))
        return found[:, -1] - found[:, 0]

    change = [(lost("he_normal", n) - lost("glorot_uniform", n)).mean() for n in range(1, 7)]
    expect(max(map(abs, change)) < 0.2, "a fifth of a power of ten at most")
    first = [
        gradients(f"relu, 6 hidden, {start}", "gradient_before")[:, 0]
        for start in ("he_normal", "glorot_uniform")
    ]
    expect(paired_ratio(*first).low > 1, "larger where the network is deep")
    return float(max(map(abs, change)))


@finding
def saturated_after_ten(live_relu_vs_sigmoid: Record) -> float:
    """Share of saturated hidden sums of the printed listing after ten epochs."""
    share = mean_interval(live_relu_vs_sigmoid("live", "sigmoid_saturated_curve")[:, -1])
    expect(share.low > 0.4 and share.high < 0.5, "nearly half of the sums are saturated")
    return share.estimate


# --- Who takes the step ------------------------------------------------------


def lead(activations: Record, depth: int, optimiser: str, level: float = 0.95) -> Interval:
    """Score of ReLU minus that of sigmoid after ten epochs, as a share."""
    relu, sigmoid = (f"{name}, {depth} hidden, {optimiser}" for name in ("relu", "sigmoid"))
    return ahead(activations, relu, sigmoid, level, climbing=optimiser == SGD)


def lead_after(activations: Record, depth: int, optimiser: str, epoch: int) -> Interval:
    """The same after so many epochs, of which the last alone counts."""
    curves = (
        activations(f"{name}, {depth} hidden, {optimiser}", "val_accuracy_curve")[:, epoch - 1]
        for name in ("relu", "sigmoid")
    )
    return paired_difference(*curves)


@finding
def listing_lead(activations: Record) -> Interval:
    """ReLU minus sigmoid under the printed listing: one hidden layer, Adam, ten epochs."""
    found = lead(activations, 1, ADAM)
    expect(0.001 < found.estimate < 0.004, "about a quarter of a point")
    expect(found.low < 0 < found.high, "who is ahead is open")
    return found


@finding
def deep_adam_lead(activations: Record) -> Interval:
    """ReLU minus sigmoid with six hidden layers and Adam after ten epochs."""
    found = lead(activations, 6, ADAM)
    expect(found.low > 0.006 and found.high < 0.025, "ReLU is ahead by a point or two")
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
    found = float(score(activations, f"sigmoid, 6 hidden, {SGD}", climbing=True).mean())
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
def gelu_keeps_up(activations: Record) -> float:
    """The smallest mean lead of GELU over ReLU with Adam over the depths, as a share."""

    def mean(name: str, depth: int, optimiser: str) -> float:
        case = f"{name}, {depth} hidden, {optimiser}"
        return float(score(activations, case, climbing=optimiser == SGD).mean())

    over = [mean("gelu", depth, ADAM) - mean("relu", depth, ADAM) for depth in DEPTHS]
    expect(min(over) > 0, "GELU has a higher mean than ReLU at every depth")
    rivals = [
        abs(mean("relu", depth, ADAM) - mean(name, depth, ADAM))
        for name in ("tanh", "leaky_relu", "gelu")
        for depth in DEPTHS
    ]
    expect(max(rivals) < lead(activations, 6, ADAM).estimate, "sigmoid lags most, at six layers")
    learned = [mean(name, 6, SGD) for name in ("tanh", "relu", "leaky_relu", "gelu")]
    expect(min(learned) > 0.5, "with SGD and six layers every other function learns")
    return min(over)


def race(
    printed_search: Record, depth: int, optimiser: str, batch: int, pixels: str = "scaled"
) -> Interval:
    """ReLU minus sigmoid on the test images after ten epochs on the official 60,000, as a share."""
    scores = (
        printed_search(
            f"{n}, {depth} hidden, {optimiser}, batch {batch}, {pixels}", "test_accuracy"
        )
        for n in ("relu", "sigmoid")
    )
    return paired_difference(*(score[:, -1] for score in scores))


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
    expect(found.low < 0 < found.high < 0.01, "nobody is ahead for sure")
    return found


@finding
def five_epochs_lead(live_relu_vs_sigmoid: Record) -> Interval:
    """ReLU minus sigmoid after five epochs of the printed listing, on the public split."""
    scores = (live_relu_vs_sigmoid("live", f"{name}_accuracy") for name in ("relu", "sigmoid"))
    found = paired_difference(*scores)
    expect(found.low > 0.001 and found.high < 0.006, "a third of a point or so")
    return found


@finding
def raw_leads(printed_search: Record) -> float:
    """ReLU minus sigmoid under the listing on raw pixels, batches of 32, as a share."""
    small, large = (race(printed_search, 1, ADAM, batch, "raw") for batch in (32, 1000))
    expect(small.low > 0.02, "ahead by several points with batches of 32")
    expect(large.low > -0.03 and large.high < -0.003, "behind by one or two with 1,000")
    return small.estimate


@finding
def together(printed_search: Record) -> float:
    """The largest lead of ReLU after one of the three changes alone, as a share."""
    alone = [(2, ADAM, 32), (1, SGD, 32), (1, ADAM, 1000)]
    largest = max(race(printed_search, *changed).estimate for changed in alone)
    expect(largest < 0.05, "none of the three changes does it alone")
    pairs = [(2, SGD, 32), (1, SGD, 1000), (2, ADAM, 1000)]
    most = max(race(printed_search, *changed).estimate for changed in pairs)
    whole = first_race_lead(printed_search).estimate
    expect(most < 0.1 and whole > most + 0.1, "two of them do not do it either, all three do")
    return largest


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


@finding
def first_race_loss(printed_search: Record) -> float:
    """Test loss of sigmoid at the end of the first race, in nats; guessing costs ln 10 = 2.30."""
    case = f"sigmoid, 2 hidden, {SGD}, batch 1000, scaled"
    loss = mean_interval(printed_search(case, "test_loss")[:, -1])
    expect(loss.low > 1.9 and loss.high < 2.3, "sigmoid's loss has hardly left that of guessing")
    return loss.estimate


@claim("S3.3")
def clear_winner(
    activations: Record, printed_candidates: Record, printed_search: Record
) -> Judgement:
    """ReLU is the clear winner on Fashion-MNIST."""
    sure = confidence(2, looks=1)
    fits = paired_difference(
        *(fitting_scores(printed_candidates, name) for name in ("relu", "sigmoid")), sure
    )
    also = [
        gain(f"{n} hidden, {how}, ten epochs", lead(activations, n, how), activations)
        for how in OPTIMISERS
        for n in DEPTHS
    ]
    also += [
        gain(f"one hidden, {how}, after epoch {n}", lead_after(activations, 1, how, n), activations)
        for how in OPTIMISERS
        for n in (1, 3)
    ]
    also += [
        gain(
            f"the printed listing with batches of {batch:,} and {pixels} pixels, test images",
            race(printed_search, 1, ADAM, batch, pixels),
            printed_search,
        )
        for batch, pixels in ((32, "scaled"), (1000, "scaled"), (32, "raw"), (1000, "raw"))
    ]
    split, kind, epoch = best_fit(printed_candidates)
    return judge(
        gain(
            "under the printed listing, with Keras's batches of 32 and scaled pixels",
            lead(activations, 1, ADAM, sure),
            activations,
        ),
        gain("under the set-up that fits the printed figures best", fits, printed_candidates),
        also=also,
        set_up="The listing names neither batch nor scaling. The best fit: two hidden layers, SGD "
        f"0.01, batches of 1,000, split “{split}”, {kind} training figure, epoch {epoch}.",
        weakened="The best fit was chosen and is scored on the same ten seeds.",
    )


@claim("S3.11")
def sigmoid_in_shallow_networks(activations: Record) -> Judgement:
    """Sigmoid can do well in shallow networks."""

    def behind(optimiser: str) -> Interval:
        names = (f"{name}, 1 hidden, {optimiser}" for name in ("sigmoid", "relu"))
        return ahead(activations, *names, climbing=optimiser == SGD)

    return judge(
        not_worse("sigmoid minus ReLU, one hidden layer, Adam", behind(ADAM), activations),
        also=[not_worse("the same with SGD", behind(SGD), activations)],
    )


# --- Gaps, zeros, seconds and fashions ---------------------------------------


def gap_ranks(activations: Record, optimiser: str = "") -> np.ndarray:
    """Rank correlation of the size of the gap with accuracy over the set-ups, seed by seed."""
    cases = [case for case in activations.cases if case.endswith(optimiser)]
    gaps = np.array([np.abs(gap(activations, case)) for case in cases])
    held = np.array([score(activations, case, climbing=case.endswith(SGD)) for case in cases])
    return np.array([spearmanr(g, h).statistic for g, h in zip(gaps.T, held.T, strict=True)])


@claim("S3.9")
def close_figures(activations: Record) -> Judgement:
    """Training and test figures that lie close show good generalisation."""

    def ranks(asked: str, optimiser: str = "") -> Outcome:
        found = mean_interval(gap_ranks(activations, optimiser))
        return below(asked, found, -0.3, activations)

    smallest = smallest_gap_case(activations)
    told = f"{smallest}, with {activations.mean(smallest, 'val_accuracy').estimate:.0%} right"
    return judge(
        ranks("rank correlation of the size of the gap with accuracy, after ten epochs"),
        also=[
            ranks("within Adam", ADAM),
            ranks("within SGD", SGD),
            identity(
                "the smallest gap belongs to a network that learned something",
                activations.mean(smallest, "val_accuracy").estimate > 0.5,
                told,
                activations,
                seeds=activations.seeds,
            ),
        ],
        weakened="After ten epochs only: training accuracy was not kept for earlier ones. The grid "
        "has five activations; the interval covers the chance of training, not the choice of them.",
    )


def smallest_gap_case(activations: Record) -> str:
    """The set-up with the smallest mean gap in size."""
    return min(activations.cases, key=lambda case: abs(gap(activations, case).mean()))


@finding
def smallest_gap_accuracy(activations: Record) -> float:
    """Validation accuracy of the set-up with the smallest gap, as a share."""
    found = activations.mean(smallest_gap_case(activations), "val_accuracy").estimate
    expect(found < 0.2, "the smallest gap belongs to a network that guesses")
    return found


def zeros(record: Record, case: str) -> np.ndarray:
    """Share of exact zeros among the hidden outputs, mean over the layers, shape (seeds,)."""
    return record(case, "zeros").mean(axis=1)


@claim("S3.6")
def sparse(activations: Record) -> Judgement:
    """ReLU makes activations sparse, since negative sums become zeros."""

    def share(name: str, depth: int) -> Outcome:
        found = mean_interval(zeros(activations, f"{name}, {depth} hidden, {ADAM}"))
        asked = f"share of zeros, {name.replace('relu', 'ReLU')}, {depth} hidden, Adam"
        return above(asked, found, TENTH, activations, unit="%", digits=0)

    return judge(
        share("relu", 1), also=[*(share("relu", n) for n in DEPTHS[1:]), share("sigmoid", 1)]
    )


@claim("S3.8")
def zeros_help(sparsity: Record) -> Judgement:
    """Sparse activations help a network to generalise."""
    why = "all five seeds would choose the strength and score it"
    also = []
    for strength in PENALTIES:
        case = f"relu, penalty {strength}"
        more = paired_difference(zeros(sparsity, case), zeros(sparsity, "relu"))
        narrower = paired_difference(gap(sparsity, "relu"), gap(sparsity, case))
        better = ahead(sparsity, case, "relu")
        also += [
            gain(f"more zeros, penalty {strength}", more, sparsity, margin=0.05, digits=1),
            gain(f"narrower gap, penalty {strength}", narrower, sparsity),
            gain(f"accuracy, penalty {strength}", better, sparsity),
        ]
    return judge(
        unmeasured("more zeros, at the best strength", why),
        unmeasured("accuracy, at the best strength", why),
        also=also,
        weakened="Scored at the last epoch: no curve was kept.",
    )


@finding
def no_zeros(sparsity: Record) -> Interval:
    """Sigmoid, which has no zeros, minus ReLU after 20 epochs, as a share."""
    found = ahead(sparsity, "sigmoid", "relu")
    expect(found.low > -0.003, "sigmoid is not worse than ReLU")
    tanh, leaky = ahead(sparsity, "tanh", "relu"), ahead(sparsity, "leaky_relu", "relu")
    expect(tanh.high < 0, "tanh does worse")
    expect(leaky.low < 0 < leaky.high, "leaky ReLU is open")
    return found


@claim("S3.5")
def lighter(activation_cost: Record) -> Judgement:
    """ReLU is computationally lighter than sigmoid."""

    def times(part: str, batch: int) -> Interval:
        names = (f"seconds_{part}_{name}" for name in ("sigmoid", "relu"))
        return paired_ratio(*(activation_cost(f"batch {batch}", name) for name in names))

    return judge(
        unmeasured(
            "sigmoid over ReLU, timed alone, forward and backward",
            "the record times the forward pass alone: sigmoid takes "
            f"{times('alone', 32).estimate:.1f} times as long there",
        ),
        also=[
            above(
                f"a whole training step, batch {batch:,}",
                times("step", batch),
                1.1,
                activation_cost,
                none=1,
                unit="times",
            )
            for batch in (32, 1000)
        ],
        weakened="One processor.",
    )


@claim("S3.10")
def modern_networks(model_zoo: Record) -> Judgement:
    """Modern networks use ReLU, or a relative such as leaky ReLU, almost exclusively."""

    def shares(*kinds: str) -> dict[str, float]:
        counts = {f: sum(model_zoo(f, kind)[0] for kind in kinds) for f in model_zoo.cases}
        return {family: float(n / model_zoo(family, "all")[0]) for family, n in counts.items()}

    relu, with_silu = shares("relu"), shares("relu", "silu")["EfficientNet"]
    told = ", ".join(f"{family} {share:.0%}" for family, share in relu.items())
    also = [
        identity(f"in {f}", share >= 0.9, f"{share:.0%}", model_zoo) for f, share in relu.items()
    ]
    also.append(
        identity(
            "in EfficientNet, with SiLU counted as a variant",
            with_silu >= 0.9,
            f"{with_silu:.0%}; the others are sigmoids in its side branches",
            model_zoo,
        )
    )
    return judge(
        identity(
            "nine tenths ReLU or a variant in all three families",
            min(relu.values()) >= 0.9,
            told,
            model_zoo,
        ),
        also=also,
        weakened="One network of each family.",
    )
