"""ReLU or sigmoid: the judgements on small records whose right answer is known by hand."""

from itertools import product

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, UNDECIDED, Judgement, Outcome
from book.findings import expectations
from book.findings import printed_figures as topic_figures
from book.findings import relu_vs_sigmoid as topic
from lessons_src.exercises.relu_vs_sigmoid import ORDER
from lessons_src.recorded import Record

RIVALS = ("tanh", "leaky_relu", "gelu")


def also(judgement: Judgement, asked: str) -> Outcome:
    """The one outcome below the headline that asks this."""
    (found,) = [part for part in judgement.also if part.asked == asked]
    return found


def activations(
    leads: dict[tuple[int, str], float] | None = None,
    *,
    zeros: float = 0.7,
    saturated: float = 0.4,
    gelu: float = 0.0,
) -> Record:
    """Sigmoid at 80 %, ReLU ahead by these leads (0 elsewhere), in every epoch."""
    cases = {}
    grid = [*product(topic.NAMES, topic.DEPTHS), *product(RIVALS, (6,))]
    for (name, depth), optimiser in product(grid, topic.OPTIMISERS):
        lead = (leads or {}).get((depth, optimiser), 0.0) if name == "relu" else 0.0
        lead += gelu if name == "gelu" else 0.0
        held = np.array(around(0.8 + lead, 0.001 if name == "relu" else 0.0005))
        cases[f"{name}, {depth} hidden, {optimiser}"] = {
            "val_accuracy": held,
            "train_accuracy": held + 0.01 * depth,
            "val_accuracy_curve": np.repeat(held[:, None], 10, axis=1),
            "train_accuracy_curve": held[:, None] + 0.01 * depth * np.ones(2),
            "zeros": np.full((10, depth), zeros if name == "relu" else 0.0),
            "saturated_curve": np.linspace(0.9, saturated, 10)
            * np.linspace(0.999, 1.001, 10)[:, None],
        }
    return record("activations", cases)


def candidates(lead: float) -> Record:
    """ReLU's test accuracy is ahead by this in the epoch that reproduces what is printed."""
    split, _, epoch = topic_figures.REPRODUCES
    cases = {}
    for name, score in (("sigmoid", 0.5), ("relu", 0.5 + lead)):
        held = np.full((10, 15), 0.9)
        held[:, epoch - 1] = around(score, 0.001 if name == "relu" else 0.0005)
        results = {*topic_figures.wanted("running"), *topic_figures.wanted("final")}
        cases[f"{name}, dropout 0.0, {split}"] = dict.fromkeys(results, held)
    return record("printed-candidates", cases)


def races(leads: dict[tuple[int, str, int, str], float]) -> Record:
    """Sigmoid at 50 % of the test images, ReLU ahead by these leads, after the tenth epoch."""
    cases = {}
    corners = product((1, 2), topic.OPTIMISERS, (32, 1000), ("scaled", "raw"), topic.NAMES)
    for depth, optimiser, batch, pixels, name in corners:
        lead = leads.get((depth, optimiser, batch, pixels), 0.0) if name == "relu" else 0.0
        listing = (depth, optimiser) == (1, topic.ADAM)
        held = np.full((5, 20 if listing else 10), 0.9)
        held[:, 9] = around(0.5 + lead, 0.001 if name == "relu" else 0.0005, 5)
        loss = np.where(held == 0.9, 9.0, 2.2)
        case = f"{name}, {depth} hidden, {optimiser}, batch {batch}, {pixels}"
        cases[case] = {"test_accuracy": held, "test_loss": loss}
    return record("printed-search", cases)


# --- S3.3 and S3.11 ------------------------------------------------------------


@pytest.mark.parametrize(
    ("listing", "printed", "verdict"),
    [
        (0.01, 0.2, HOLDS),
        (0.0, 0.2, IN_PART),
        (0.003, 0.2, UNDECIDED),  # at the margin
        (-0.01, -0.2, DOES_NOT_HOLD),
    ],
)
def test_clear_winner_asks_the_listing_and_the_printed_set_up(listing, printed, verdict) -> None:
    leads = {(1, topic.ADAM): listing, (6, topic.SGD): 0.5}
    made = topic.clear_winner(activations(leads), candidates(printed), races({}))
    assert made.verdict == verdict
    first, second = made.headline
    assert first.interval.estimate == pytest.approx(listing)
    assert second.interval.estimate == pytest.approx(printed)
    assert first.interval.level == second.interval.level == pytest.approx(0.991)
    assert also(made, "6 hidden, SGD 0.01, ten epochs").verdict == HOLDS
    assert not made.provisional


def test_other_readings_of_the_listing_are_asked_too() -> None:
    search = races({(1, topic.ADAM, 1000, "raw"): -0.02})
    made = topic.clear_winner(activations(), candidates(0.2), search)
    outcome = also(made, "the printed listing with batches of 1,000 and raw pixels, test images")
    assert outcome.interval.estimate == pytest.approx(-0.02)
    assert "the opposite is seen" in outcome.sign


@pytest.mark.parametrize("epoch", [1, 3])
def test_lead_after_an_early_epoch_is_that_of_this_epoch(epoch: int) -> None:
    runs = activations()
    runs(f"relu, 4 hidden, {topic.ADAM}", "val_accuracy_curve")[:, epoch - 1] += 0.05
    made = topic.clear_winner(runs, candidates(0.2), races({}))
    outcome = also(made, f"4 hidden, {topic.ADAM}, after epoch {epoch}")
    assert outcome.interval.estimate == pytest.approx(0.05)


def test_lead_with_sgd_is_that_of_the_last_epoch_and_with_adam_of_three() -> None:
    runs = activations()
    for optimiser, lead in ((topic.ADAM, 0.01), (topic.SGD, 0.03)):
        runs(f"relu, 1 hidden, {optimiser}", "val_accuracy_curve")[:, -1] += 0.03
        assert topic.lead(runs, 1, optimiser).estimate == pytest.approx(lead)


@pytest.mark.parametrize(
    ("lead", "verdict"), [(-0.01, HOLDS), (0.002, HOLDS), (0.003, UNDECIDED), (0.01, DOES_NOT_HOLD)]
)
def test_sigmoid_does_well_where_it_is_not_worse(lead: float, verdict: str) -> None:
    made = topic.sigmoid_in_shallow_networks(
        activations({(1, topic.ADAM): lead, (1, topic.SGD): 0.04})
    )
    assert made.verdict == verdict
    assert made.headline[0].interval.estimate == pytest.approx(-lead)
    assert made.headline[0].interval.level == pytest.approx(0.982)
    assert also(made, "the same with SGD").verdict == DOES_NOT_HOLD


# --- The two races ---------------------------------------------------------------


def test_races_are_the_corners_of_the_search_after_ten_epochs() -> None:
    search = races(
        {
            (2, topic.SGD, 1000, "scaled"): 0.25,
            (1, topic.ADAM, 32, "raw"): 0.04,
            (1, topic.ADAM, 1000, "raw"): -0.02,
        }
    )
    with expectations() as unmet:
        assert topic.first_race_lead(search).estimate == pytest.approx(0.25)
        assert topic.second_race_lead(search).estimate == pytest.approx(0)
        assert topic.together(search) == pytest.approx(0)
        assert topic.raw_leads(search) == pytest.approx(0.04)
        assert topic.first_race_loss(search) == pytest.approx(2.2)
    assert not unmet
    with expectations() as unmet:
        topic.together(races({(1, topic.SGD, 32, "scaled"): 0.2}))  # one change alone does it
        topic.second_race_lead(races({(1, topic.ADAM, 32, "scaled"): 0.02}))
    assert len(unmet) == 4


def test_order_of_the_exercise() -> None:
    places = ((1, topic.ADAM), (1, topic.SGD), (6, topic.ADAM), (6, topic.SGD))
    with expectations() as unmet:
        leads = dict(zip(places, (0.001, 0.04, 0.01, 0.7), strict=True))
        assert topic.order_of_leads(activations(leads)) == ORDER
        assert topic.neither_alone(activations(leads)) == pytest.approx(0.65)
        assert topic.listing_lead(activations(leads)).estimate == pytest.approx(0.001)
        assert topic.deep_adam_lead(activations(leads)).estimate == pytest.approx(0.01)
    assert not unmet
    with expectations() as unmet:
        leads = dict(zip(places, (0.1, 0.2, 0.3, 0.4), strict=True))
        assert topic.order_of_leads(activations(leads)) == "ABCD"
    assert unmet


@pytest.mark.parametrize(("tanh", "unmet"), [(0, []), (-0.01, ["at six layers sigmoid lags most"])])
def test_gelu_is_compared_at_six_layers(tanh: float, unmet: list[str]) -> None:
    runs = activations({(6, topic.ADAM): 0.01}, gelu=0.02)
    runs(f"tanh, 6 hidden, {topic.ADAM}", "val_accuracy_curve")[:] += tanh
    with expectations() as found:
        assert topic.gelu_keeps_up(runs).estimate == pytest.approx(0.01)
    assert found == unmet


def test_sentences_on_early_epochs_and_on_guessing() -> None:
    runs = activations({(2, topic.SGD): 0.1, (6, topic.ADAM): 0.1})
    runs(f"relu, 2 hidden, {topic.SGD}", "val_accuracy_curve")[:, 0] += 0.1
    runs(f"sigmoid, 6 hidden, {topic.SGD}", "val_accuracy_curve")[:, -1] = 0.1
    with expectations() as unmet:
        assert topic.early_sgd_lead(runs).estimate == pytest.approx(0.2)
        assert topic.late_sgd_lead(runs).estimate == pytest.approx(0.1)
        assert topic.deep_adam_lead_early(runs).estimate == pytest.approx(0.1)
        assert topic.deep_sgd_sigmoid(runs) == pytest.approx(0.1)
    assert not unmet


@pytest.mark.parametrize(("share", "unmet"), [(0.001, 0), (0.2, 1)])
def test_sentence_on_saturation_as_printed(share: float, unmet: int) -> None:
    shares = np.array(around(share, share / 2))[:, None] * np.ones(10)
    with expectations() as found:
        made = record("saturation", {"two hidden, SGD, batch 1000": {"saturated_curve": shares}})
        assert topic.saturated_as_printed(made) == pytest.approx(share)
    assert len(found) == unmet


# --- S3.4 ------------------------------------------------------------------------


def gradients(loss_for_each_layer: float, flat: float = 0.0) -> Record:
    """The first layer's gradient of sigmoid falls with depth, that of ReLU does not."""
    cases, wobble = {}, np.array(around(0, 0.01))[:, None]
    for depth, (name, loss) in product(
        range(1, 7), (("sigmoid", loss_for_each_layer), ("relu", 0.0))
    ):
        logs = -loss * (depth + 1 - np.arange(1, depth + 2))
        sizes = 10 ** (logs + (wobble if name == "sigmoid" else 0 * wobble) * depth)
        share = np.full((10, depth), flat)
        cases[f"{name}, {depth} hidden, glorot_uniform"] = {
            "gradient_before": sizes,
            "flat_before": share,
            "flat": share,
        }
        if name == "relu":  # He's rule: twice as large in the first layer
            larger = sizes * np.array([10**0.1, *[1.0] * depth])
            cases[f"relu, {depth} hidden, he_normal"] = {
                "gradient_before": larger,
                "flat_before": share,
                "flat": share,
            }
    return record("gradients", cases)


OTHERS = record("saturation", {"raw": {"saturated_curve": [[0.0, 0.2], [0.0, 0.21]]}})


def saturates(share: float, runs: Record) -> Judgement:
    return topic.saturates_and_vanishes(
        activations(saturated=share), runs, gradients(0.5, flat=0.3), OTHERS
    )


@pytest.mark.parametrize(
    ("share", "loss", "verdict"),
    [
        (0.4, 0.6, HOLDS),
        (0.05, 0.6, IN_PART),
        (0.4, 0.2, IN_PART),  # a tenth after six layers, but a factor of 1.6 for each
        (0.05, 0.1, DOES_NOT_HOLD),
        (0.1, 0.6, UNDECIDED),  # exactly a tenth is not more
    ],
)
def test_saturation_and_vanishing(share: float, loss: float, verdict: str) -> None:
    made = saturates(share, gradients(loss))
    assert made.verdict == verdict
    assert made.headline[0].interval.estimate == pytest.approx(share)
    assert made.headline[1].interval.estimate == pytest.approx(10 ** (-6 * loss), rel=1e-3)
    assert made.headline[2].interval.estimate == pytest.approx(loss, abs=1e-3)
    levels = [part.interval.level for part in made.headline]
    assert levels == pytest.approx([0.994, 0.994, 1 - 0.018 / 15])


def test_what_is_asked_besides_of_saturation() -> None:
    made = saturates(0.4, gradients(0.6))
    assert also(made, "saturated at the start, six hidden layers").verdict == DOES_NOT_HOLD
    early = also(made, "saturated after one epoch of the printed listing")
    assert early.interval.estimate == pytest.approx(0.9)
    after = also(made, "saturated after one epoch of SGD, 2 hidden layers")
    assert after.interval.estimate == pytest.approx(0.3)
    assert also(made, "saturated after ten epochs, raw").interval.estimate == pytest.approx(0.205)
    deep = also(made, "saturated after ten epochs, 6 hidden layers, Adam, batch 32")
    assert deep.interval.estimate == pytest.approx(0.4)


def test_every_step_has_to_fall_and_the_one_that_does_not_is_told() -> None:
    runs = gradients(0.6)
    runs("sigmoid, 4 hidden, glorot_uniform", "gradient_before")[:, 0] *= 10
    outcome = saturates(0.4, runs).headline[2]
    assert outcome.verdict == DOES_NOT_HOLD
    assert outcome.interval.estimate == pytest.approx(-0.4, abs=0.01)


def test_sentences_on_gradients() -> None:
    runs = gradients(0.7)
    with expectations() as unmet:
        assert topic.sigmoid_shrinks(runs) == pytest.approx(10**4.2, rel=0.02)
        assert topic.factor_for_each_layer(runs) == pytest.approx(10**0.7, rel=0.01)
        assert topic.saturated_untrained(runs) == 0
        assert topic.he_changes_little(runs) == pytest.approx(0.1)
    assert not unmet
    with expectations() as unmet:
        assert topic.relu_shrinks(runs) == pytest.approx(1)
        assert topic.first_layer_size(runs) == pytest.approx(10**1.8, rel=0.01)
        topic.saturated_untrained(gradients(0.7, flat=0.2))
    assert len(unmet) == 3


# --- S3.7 ------------------------------------------------------------------------


def straight(apart: float) -> Record:
    """The deep linear network is so far behind the flat one, which has 84 %."""
    return record(
        "linear-depth",
        {
            "flat": {"val_accuracy_curve": [[0.84] * 10] * 5},
            "deep, linear": {
                "val_accuracy_curve": np.repeat(
                    np.array(around(0.84 - apart, 0.0005, 5))[:, None], 10, axis=1
                )
            },
        },
    )


@pytest.mark.parametrize(("apart", "verdict"), [(1e-6, HOLDS), (1e-3, DOES_NOT_HOLD)])
def test_linear_layers_are_one_to_rounding(apart: float, verdict: str) -> None:
    sizes = {
        "two hidden": {"largest_difference": [1e-7]},
        "six hidden": {"largest_difference": [apart]},
    }
    made = topic.linear_layers_are_one(record("linear-layers", sizes), straight(0.01))
    assert made.verdict == verdict
    assert made.also[0].interval.estimate == pytest.approx(-0.01)
    assert made.also[0].verdict == DOES_NOT_HOLD
    assert not made.provisional


def test_gains_of_the_bend_are_those_of_the_seeds_that_both_have() -> None:
    runs = activations({(1, topic.ADAM): 0.08, (2, topic.ADAM): 0.09})
    first = np.mean(around(0, 0.001)[:5])  # of five seeds of ten
    with expectations() as unmet:
        assert topic.one_hidden_gain(straight(0.01), runs).estimate == pytest.approx(0.04 + first)
        assert topic.bend_gain(straight(0.01), runs).estimate == pytest.approx(0.06 + first)
        assert topic.linear_loss(straight(0.01)).estimate == pytest.approx(0.01)
        assert topic.flat_accuracy(straight(0.01)) == pytest.approx(0.84)
    assert not unmet


# --- S3.9 ------------------------------------------------------------------------


def test_gap_says_nothing_where_larger_gaps_go_with_better_scores() -> None:
    depth_helps = {(d, o): 0.01 * d for d in topic.DEPTHS for o in topic.OPTIMISERS}
    made = topic.close_figures(activations(depth_helps))
    assert made.verdict == DOES_NOT_HOLD
    assert made.headline[0].interval.level == pytest.approx(0.982)
    assert len(topic.networks(activations())) == 2 * 4 * 2 * 3


def test_gap_tells_where_the_score_falls_with_it_in_all_epochs() -> None:
    runs = activations()
    for (name, epoch), gap in zip(topic.networks(runs), np.linspace(0.01, 0.2, 48), strict=True):
        held, of = 0.9 - 2 * gap, runs.results[name]
        if epoch == topic.TEN:
            of["val_accuracy"][:], of["train_accuracy"][:] = held, held - gap  # its size counts
            of["val_accuracy_curve"][:, 7:] = held
        else:
            of["val_accuracy_curve"][:, epoch - 1] = held
            of["train_accuracy_curve"][:, topic.EARLY.index(epoch)] = held + gap
    made = topic.close_figures(runs)
    assert made.verdict == HOLDS
    assert made.headline[0].interval.estimate == pytest.approx(-1)
    assert also(made, "within SGD").interval.estimate == pytest.approx(-1)
    (first, held), *_ = topic.smallest_gaps(runs, 3)
    assert first == topic.networks(runs)[0]
    assert held == pytest.approx(0.88)


def test_smallest_gap_of_a_network_that_guesses() -> None:
    runs = activations()
    guess = f"sigmoid, 6 hidden, {topic.SGD}"
    for kind in ("val", "train"):
        for name in (f"{kind}_accuracy", f"{kind}_accuracy_curve"):
            runs(guess, name)[:] = 0.1
    with expectations() as unmet:
        assert topic.smallest_gap_accuracy(runs) == pytest.approx(0.1)
    assert not unmet
    asked = "the three smallest gaps belong to networks that learned something"
    outcome = also(topic.close_figures(runs), asked)
    assert outcome.verdict == DOES_NOT_HOLD
    assert outcome.number == "; ".join(f"{guess}, epoch {n}: 10%" for n in (1, 3, 10))


# --- Zeros, seconds and fashions ---------------------------------------------------


@pytest.mark.parametrize(("zeros", "verdict"), [(0.7, HOLDS), (0.05, DOES_NOT_HOLD)])
def test_zeros_of_relu(zeros: float, verdict: str) -> None:
    made = topic.sparse(activations(zeros=zeros))
    assert made.verdict == verdict
    assert [part.verdict for part in made.also] == [verdict, verdict, verdict, DOES_NOT_HOLD]


def sparsity(zeros: list[float], scores: list[float], choosing: list[float]) -> Record:
    """By strength, from none to the largest; the scores that choose are told apart."""

    def made(found: list[float], runs: int) -> Record:
        cases = {}
        for name, zero, score in zip(("relu", *topic.PENALTIES), zeros, found, strict=True):
            held = np.array(around(score, 0.001 if name == "relu" else 0.0005, runs))
            cases[name] = {
                "val_accuracy": held,
                "train_accuracy": held + 0.05,
                "val_accuracy_curve": np.repeat(held[:, None], 20, axis=1),
                "zeros": np.array(around(zero, 0.001, runs))[:, None],
            }
        return record("sparsity", cases)

    record_of = made(scores, 10)
    object.__setattr__(record_of, "choices", made(choosing, 3))
    return record_of


@pytest.mark.parametrize(
    ("zero", "score", "verdict"),
    [(0.1, 0.01, HOLDS), (0.1, 0.0, IN_PART), (0.04, 0.0, DOES_NOT_HOLD), (0.04, 0.01, IN_PART)],
)
def test_zeros_help_at_the_strength_that_other_seeds_choose(zero, score, verdict) -> None:
    zeros = [0.7, 0.71, 0.72, 0.7 + zero, 0.9]
    found = sparsity(zeros, [0.88, 0.95, 0.88, 0.88 + score, 0.88], [0.88, 0.88, 0.87, 0.89, 0.86])
    made = topic.zeros_help(found)
    assert made.verdict == verdict
    assert [part.asked.rpartition(" ")[2] for part in made.headline] == ["0.0001"] * 2
    assert [part.interval.level for part in made.headline] == pytest.approx([0.991] * 2)


def test_zeros_are_ranked_with_accuracy_over_the_strengths() -> None:
    scores = [0.80, 0.81, 0.82, 0.83, 0.84]
    made = topic.zeros_help(sparsity([0.5, 0.6, 0.7, 0.8, 0.9], scores, scores))
    *_, ranks = made.also
    assert ranks.verdict == HOLDS
    assert ranks.interval.estimate == pytest.approx(1)
    made = topic.zeros_help(sparsity([0.9, 0.8, 0.7, 0.6, 0.5], scores, scores))
    assert made.also[-1].verdict == DOES_NOT_HOLD


@pytest.mark.parametrize(
    ("tanh", "leaky", "unmet"), [(0.88, 0.88, 0), (0.9, 0.88, 1), (0.88, 0.87, 1)]
)
def test_sentence_on_networks_without_zeros(tanh: float, leaky: float, unmet: int) -> None:
    scores = {"relu": 0.88, "sigmoid": 0.89, "tanh": tanh, "leaky_relu": leaky}
    cases = {
        name: {"val_accuracy_curve": np.array(around(s, spread))[:, None] * [[1] * 20]}
        for spread, (name, s) in zip((1e-4, 2e-4, 3e-4, 4e-4), scores.items(), strict=True)
    }
    with expectations() as found:
        assert topic.no_zeros(record("sparsity", cases)).estimate == pytest.approx(0.01)
    assert len(found) == unmet


@pytest.mark.parametrize(("slower", "verdict"), [(1.2, HOLDS), (1.05, DOES_NOT_HOLD)])
def test_sigmoid_is_timed_alone_and_in_a_step(slower: float, verdict: str) -> None:
    cases = {
        f"batch {batch}": {
            f"seconds_{part}_{name}": np.array(around(seconds, 0.001)) * factor
            for part, seconds in (("alone", 1.0), ("step", 20.0))
            for name, factor in (("relu", 1), ("sigmoid", slower if part == "alone" else 1.15))
        }
        for batch in (32, 1000)
    }
    made = topic.lighter(record("activation-cost", cases))
    assert made.verdict == verdict
    assert made.headline[0].interval.estimate == pytest.approx(slower)
    assert made.headline[0].interval.level == pytest.approx(0.982)
    share = also(made, "sigmoid's share of a training step, batch 32")
    assert share.interval.estimate == pytest.approx(slower / (20 * 1.15), rel=1e-3)
    assert also(made, "a whole training step, batch 1,000").verdict == HOLDS


@pytest.mark.parametrize(
    ("relu", "silu", "verdict"),
    [(60, 0, HOLDS), (0, 60, HOLDS), (54, 0, HOLDS), (0, 53, DOES_NOT_HOLD)],
)
def test_nine_tenths_of_the_activations_of_every_network(relu, silu, verdict) -> None:
    names = ("VGG16", "VGG19", "ResNet50", "ResNet152", "EfficientNetB0")
    zoo = {name: {"relu": [60], "silu": [0], "all": [60]} for name in names}
    zoo["EfficientNetB7"] = {"relu": [relu], "silu": [silu], "all": [60]}
    made = topic.modern_networks(record("model-zoo", zoo))
    assert made.verdict == verdict
    assert made.also[0].verdict == made.also[1].verdict == HOLDS
    assert made.also[2].verdict == (HOLDS if relu >= 54 else DOES_NOT_HOLD)  # SiLU left out
    assert not made.provisional


def test_live_record_of_the_lesson() -> None:
    curve = np.repeat(np.array(around(0.47, 0.01, 20))[:, None], 10, axis=1)
    curve[:, :-1] = 0.9  # the last epoch alone
    live = {
        "sigmoid_saturated_curve": curve,
        "relu_accuracy": around(0.883, 0.002, 20),
        "sigmoid_accuracy": around(0.88, 0.001, 20),
    }
    made = record("live-relu-vs-sigmoid", {"live": live})
    with expectations() as unmet:
        assert topic.saturated_after_ten(made) == pytest.approx(0.47)
        assert topic.five_epochs_lead(made).estimate == pytest.approx(0.003)
    assert not unmet
