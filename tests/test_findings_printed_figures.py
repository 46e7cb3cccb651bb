"""Printed figures: which set-up can have given them, on small records made up by hand."""

import numpy as np
import pytest
from made_up import around, record
from scipy import stats

from book.claims import DOES_NOT_HOLD, HOLDS
from book.findings import expectations
from book.findings import printed_figures as topic
from lessons_src.stats import prediction_interval

LISTED = "1 hidden, Adam 0.001, batch 32, raw"
SET_UPS = (LISTED, "1 hidden, Adam 0.001, batch 1000, scaled", topic.SUSPECT)
BETTER = (1, 1, -1, -1)  # which way these go as a network learns
SPLITS = ("official", "official, a fifth held out", "pooled")
EPOCHS, LAST = 20, 15  # of the listing, and of the candidates


def runs(centre: float, half_width: float) -> np.ndarray:
    """Ten runs with this mean and this half-width of their 99 % prediction interval."""
    shape = np.array(around(0, 1))
    unit = stats.t.ppf(0.995, 9) * shape.std(ddof=1) * np.sqrt(1.1)
    return centre + shape * half_width / unit


def course(
    name: str, given_at: int = 0, half_width: float = 0.02, epochs: int = EPOCHS
) -> dict[str, np.ndarray]:
    """Results whose four figures are given after one epoch and are past in all others."""
    printed = topic.PRINTED[topic.NAMES.index(name)]
    past = 0.1 * (np.arange(1, epochs + 1) != given_at)
    found = {
        result: np.array([runs(number + sign * p, half_width) for p in past]).T
        for result, number, sign in zip(topic.wanted("running"), printed, BETTER, strict=True)
    }
    return found | {f"train_{n}": found[f"running_{n}"] + 0.5 for n in ("accuracy", "loss")}


def search(courses: dict[tuple[str, str], dict[str, np.ndarray]], first_seed: int = 1000):
    """Two variants of the listing and another set-up; past what is printed if nothing is said."""
    cases, settings = {}, {}
    for set_up in SET_UPS:
        depth, optimiser, *_ = set_up.split(", ")
        for name in topic.NAMES:
            case = f"{name}, {set_up}"
            cases[case] = courses.get((name, set_up), course(name))
            settings[case] = {"depth": int(depth[0]), "optimiser": optimiser}
    return record("printed-search", cases, settings=settings, first_seed=first_seed)


def candidates(change=None, half_width: float = 0.01):
    """Every option gives the printed numbers by narrow intervals, unless `change` says otherwise.

    Args:
        change: of a case and its results, which it changes.
    """
    cases, settings = {}, {}
    for split in SPLITS:
        for name, dropout in (("sigmoid", "0.0"), ("relu", "0.0"), ("relu", "0.2")):
            case = f"{name}, dropout {dropout}, {split}"
            printed = topic.PRINTED[topic.NAMES.index(name)]
            named = {
                result: np.repeat(runs(number, half_width)[:, None], LAST, axis=1)
                for result, number in zip(topic.wanted("running"), printed, strict=True)
            }
            named |= {f"train_{n}": named[f"running_{n}"].copy() for n in ("accuracy", "loss")}
            if change:
                change(case, named)
            cases[case], settings[case] = named, {"split": split}
    return record("printed-candidates", cases, settings=settings)


def judged(name: str, found, candidate=None):
    claims = {"sigmoid": topic.sigmoid_as_printed, "relu": topic.relu_as_printed}
    return claims[name](found, candidate or candidates())


def test_ends_are_those_of_the_prediction_interval() -> None:
    values = np.random.default_rng(0).normal(size=(3, 2, 7))
    for place in np.ndindex(3, 2):
        found = prediction_interval(values[place], level=0.99)
        assert topic.ends(values)[:, *place] == pytest.approx([found.low, found.high])


# --- The headline ------------------------------------------------------------


@pytest.mark.parametrize("name", topic.NAMES)
@pytest.mark.parametrize("epoch", [0, 1, 13, 20])
def test_listing_gives_the_figures_after_some_epoch_or_none(name: str, epoch: int) -> None:
    found = search({(name, LISTED): course(name, epoch)})
    made = judged(name, found)
    assert made.verdict == (HOLDS if epoch else DOES_NOT_HOLD)
    assert (f"{LISTED}, after epoch {epoch};" in made.headline[0].number) is bool(epoch)
    (other,) = set(topic.NAMES) - {name}
    assert judged(other, found).verdict == DOES_NOT_HOLD


def test_figure_of_the_finished_network_counts_as_well() -> None:
    given = course("relu", 3)
    for name in ("accuracy", "loss"):
        running = given[f"running_{name}"]
        given[f"train_{name}"], given[f"running_{name}"] = running, running + 0.5
    assert judged("relu", search({("relu", LISTED): given})).verdict == HOLDS
    given["train_loss"] = given["train_loss"] + 0.5  # but not half of it of either kind
    given["running_accuracy"] = given["running_accuracy"] - 0.5
    assert judged("relu", search({("relu", LISTED): given})).verdict == DOES_NOT_HOLD


@pytest.mark.parametrize("figure", range(4))
def test_all_four_figures_have_to_be_given(figure: int) -> None:
    given, result = course("sigmoid", 20), topic.wanted("running")[figure]
    given[result] = course("sigmoid")[result]
    assert judged("sigmoid", search({("sigmoid", LISTED): given})).verdict == DOES_NOT_HOLD


@pytest.mark.parametrize(("half_width", "holds"), [(0.0499, True), (0.0501, False)])
def test_interval_that_is_too_wide_proves_nothing(half_width: float, holds: bool) -> None:
    wide = course("relu", 8, half_width)
    made = judged("relu", search({("relu", LISTED): wide, ("relu", topic.SUSPECT): wide}))
    assert (made.verdict == HOLDS) is holds
    any_width, other, *_ = made.also
    assert any_width.verdict == HOLDS
    assert (other.verdict == HOLDS) is holds
    assert f"{topic.SUSPECT}, after epoch 8" in other.number.partition(";")[2]


def test_run_that_diverged_gives_nothing() -> None:
    given = course("relu", 8)
    given["test_loss"][3, 7] = np.nan
    assert judged("relu", search({("relu", LISTED): given})).verdict == DOES_NOT_HOLD


@pytest.mark.parametrize(("first_seed", "provisional"), [(0, True), (1000, False)])
def test_verdict_that_rests_on_seen_seeds_is_provisional(first_seed, provisional) -> None:
    assert judged("sigmoid", search({}, first_seed)).provisional is provisional


def test_another_set_up_is_told_apart_from_the_listing() -> None:
    given = {("sigmoid", topic.SUSPECT): course("sigmoid", 9)}
    made = judged("sigmoid", search(given))
    assert made.verdict == DOES_NOT_HOLD
    listing, other, *_ = made.also
    assert (listing.verdict, other.verdict) == (DOES_NOT_HOLD, HOLDS)
    assert f"{topic.SUSPECT}, after epoch 9;" in other.number


# --- What the case study tells of the search ---------------------------------


def test_slowest_listing_is_the_variant_that_is_highest_after_one_epoch() -> None:
    fast, slow = course("sigmoid"), course("sigmoid")
    fast["test_loss"][:] = np.linspace(0.5, 0.3, EPOCHS)
    slow["test_loss"][:] = np.linspace(0.9, 0.2, EPOCHS)
    variants = {("sigmoid", SET_UPS[0]): fast, ("sigmoid", SET_UPS[1]): slow}
    with expectations() as unmet:
        assert topic.slowest_listing_loss(search(variants)) == pytest.approx(0.9)
    assert not unmet
    slow["test_loss"][:, -1] = 1.0
    with expectations() as unmet:
        topic.slowest_listing_loss(search(variants))
    assert unmet


@pytest.mark.parametrize(("set_up", "unmet"), [(SET_UPS[0], 0), (SET_UPS[1], 1)])
def test_variants_that_may_give_relu_are_counted_and_have_to_be_raw(set_up, unmet) -> None:
    with expectations() as found:
        assert topic.relu_left_open(search({("relu", set_up): course("relu", 2, 0.4)})) == 1
    assert len(found) == unmet


def test_distance_is_the_worst_of_eight_and_that_of_a_diverged_run_is_infinite() -> None:
    given = {(name, topic.SUSPECT): course(name, 10) for name in topic.NAMES}
    given["relu", topic.SUSPECT]["test_loss"][:, 9] += 0.03
    given["sigmoid", LISTED] = course("sigmoid")
    given["sigmoid", LISTED]["running_loss"][:] -= 0.9  # 0.1 below it already
    given["sigmoid", SET_UPS[1]] = course("sigmoid")
    given["sigmoid", SET_UPS[1]]["running_loss"][0] = np.nan
    made = search(given)
    found = topic.distances(made)
    assert found[SET_UPS[1], 4] == np.inf
    with expectations() as unmet:
        assert topic.tried(made) == 3 * EPOCHS
        assert topic.nearest_distance(made) == pytest.approx(0.03)
        assert topic.second_distance(made) == pytest.approx(1.0)
        assert topic.listing_distance(made) == pytest.approx(1.0)
    assert not unmet


# --- Candidates --------------------------------------------------------------


def test_options_are_splits_kinds_and_epochs() -> None:
    found = candidates()
    assert topic.options_tried(found) == len(SPLITS) * 2 * LAST
    assert topic.options(found)[0] == ("official", "running", 1)


@pytest.mark.parametrize("place", range(4))
def test_each_figure_is_asked_for(place: int) -> None:
    def off(case, named):
        if case == "relu, dropout 0.0, pooled":
            named[topic.wanted("running")[place]][:, 11] += 0.015

    found = candidates(off)
    assert topic.misses(found, "relu", ("pooled", "running", 12))[place]
    assert not topic.misses(found, "relu", ("pooled", "running", 11)).any()
    # A test figure is of both kinds of training figure.
    lost = 2 if place in (1, 3) else 1
    assert topic.giving_figures(found) == topic.giving_all(found) == 6 * LAST - lost


@pytest.mark.parametrize(("gap", "kind"), [(4, "accuracy"), (5, "loss")])
def test_gaps_are_asked_for_besides_the_figures(gap: int, kind: str) -> None:
    def off(case, named):
        if case == "relu, dropout 0.0, pooled":
            # All runs are as far apart, so that the figures scatter and their gap does not.
            for name in ("running", "train"):
                named[f"{name}_{kind}"][:] = named[f"test_{kind}"]
            named[f"test_{kind}"][:, 11] += 0.005

    found = candidates(off)
    option = ("pooled", "running", 12)
    assert np.flatnonzero(topic.misses(found, "relu", option)).tolist() == [gap]
    assert topic.giving_figures(found) - topic.giving_all(found) == 2 * LAST  # of that split


def only(*options: topic.Option):
    """Candidates of which these options alone give the numbers."""

    def off(case, named):
        split = case.split(", ", 2)[2]
        for name, values in named.items():
            kinds = {"running": ["running"], "train": ["final"], "test": ["running", "final"]}
            for epoch in range(1, LAST + 1):
                of = kinds[name.partition("_")[0]]
                if not any((split, kind, epoch) in options for kind in of):
                    values[:, epoch - 1] += 0.5

    return candidates(off)


def test_fitting_options_and_their_epochs() -> None:
    found = only(("pooled", "running", 11), ("official", "running", 12))
    with expectations() as unmet:
        assert topic.giving_all(found) == topic.giving_figures(found) == 2
        assert topic.fitting_epochs(found) == "11 to 12"
    assert not unmet
    assert topic.fitting(found) == [("official", "running", 12), ("pooled", "running", 11)]
    with expectations() as unmet:
        assert topic.giving_all(only(("pooled", "final", 3))) == 1
        assert topic.giving_all(only()) == 0
        assert topic.fitting_epochs(only()) == "0"
    assert len(unmet) == 2


def test_one_miss_is_allowed_to_those_that_nearly_fit() -> None:
    found = only(("pooled", "running", 11), ("pooled", "running", 12))
    for name in ("running", "test"):  # after epoch 12 the gap of the accuracies alone is off
        named = found.results["relu, dropout 0.0, pooled"]
        named[f"{name}_accuracy"][:, 11] = runs(0.7654 if name == "running" else 0.7677, 0.01)
    named["test_accuracy"][:, 11] += 0.003
    named["running_accuracy"][:, 11] -= 0.003
    assert topic.misses(found, "relu", ("pooled", "running", 12)).tolist() == [
        *[False] * 4,
        True,
        False,
    ]
    with expectations() as unmet:
        assert topic.giving_all(found) == 1
        assert topic.nearly_giving(found) == 2
        assert topic.nearly_epochs(found) == "11 to 12"
    told = ["with one miss allowed all splits are left", "they go on to where our runs end"]
    assert unmet == told


def test_fits_may_go_on_to_where_the_runs_end() -> None:
    with expectations() as unmet:
        assert topic.nearly_epochs(only(("pooled", "running", LAST))) == str(LAST)
    assert not unmet


def test_set_up_that_reproduces_is_fixed_and_scored_after_its_epoch() -> None:
    split, _, epoch = topic.REPRODUCES

    def off(case, named):
        if case == f"relu, dropout 0.0, {split}":
            named["test_accuracy"][:, epoch - 1] = 0.75

    assert topic.reproducing_scores(candidates(off), "relu").tolist() == [0.75] * 10


def test_widths_are_those_of_the_prediction_interval() -> None:
    def wide(case, named):
        if case.startswith("sigmoid"):
            for name in ("running_accuracy", "train_accuracy", "test_accuracy"):
                named[name] += runs(0, 0.09)[:, None]

    with expectations() as unmet:
        assert topic.width_of_accuracy(candidates(wide)) == pytest.approx(0.1)
        assert topic.width_of_loss(candidates(wide)) == pytest.approx(0.01)
    assert not unmet
    with expectations() as unmet:
        topic.width_of_accuracy(candidates())
    assert unmet


def test_with_dropout_relu_is_asked_in_all_epochs_and_kinds() -> None:
    def lost(case, named):
        if "dropout 0.2" in case:
            named["test_accuracy"] -= 0.005  # within its interval, but the gap is not
            named["test_loss"] += 0.5 * case.endswith("pooled")

    with expectations() as unmet:
        assert topic.missed_with_dropout(candidates(lost)) == 1
        assert not unmet
        assert topic.missed_with_dropout(candidates()) == 0
    assert unmet


def test_running_gap_is_half_the_fall_of_an_epoch() -> None:
    def falling(case, named):
        if case.startswith("sigmoid"):
            later = np.arange(1, LAST + 1) - topic.REPRODUCES[2]
            for name in ("running_loss", "test_loss"):
                named[name] -= 0.0146 * later
            named["train_loss"][:] = named["test_loss"]

    with expectations() as unmet:
        assert topic.running_gap(candidates(falling)) == pytest.approx(-0.0073)
    assert not unmet


# --- All figures of the series together --------------------------------------


@pytest.mark.parametrize(("half_width", "holds"), [(0.04, True), (0.06, False)])
def test_one_set_up_for_both_networks_asks_for_narrow_intervals(half_width, holds) -> None:
    made = judged("relu", search({}), candidates(half_width=half_width))
    *_, alone, both, _ = made.also
    assert {alone.verdict, both.verdict} == {HOLDS if holds else DOES_NOT_HOLD}
    assert f"by intervals of any width {len(SPLITS) * 2 * LAST}," in both.number


@pytest.mark.parametrize(("gap_width", "given"), [(0.001, 0), (0.05, len(SPLITS) * 2 * LAST)])
def test_all_figures_of_the_series_ask_for_both_gaps(gap_width: float, given: int) -> None:
    def rounded(case, named):
        if case.startswith("relu"):
            for values in named.values():
                values += runs(0, 0.05)[:, None]  # shared: the figures scatter, the gaps do not
            for name in ("test_accuracy", "test_loss"):
                named[name] += runs(0, gap_width)[:, None]

    found = candidates(rounded)
    assert topic.giving_all_of_the_series(found) == given
    *_, series = judged("sigmoid", search({}), found).also
    assert series.verdict == HOLDS  # the four figures alone are given
    assert series.number.endswith("with all gaps none") is not bool(given)


def test_figures_of_sgd_may_be_given_by_no_set_up_that_fits() -> None:
    *_, series = judged("sigmoid", search({})).also  # its losses are 0.70, with ± 0.01
    assert series.verdict == DOES_NOT_HOLD


@pytest.mark.parametrize(
    ("off", "given"), [(0.014, True), (0.016, False), (-0.014, True), (-0.016, False)]
)
def test_figures_of_sgd_are_asked_to_their_rounding(off: float, given: bool) -> None:
    four = np.array([runs(number, 0.01) for number in topic.OF_SGD])
    four[1] += off
    assert topic.gives(four) is given


@pytest.mark.parametrize("gap", [4, 5])
@pytest.mark.parametrize(
    ("off", "given"), [(0.011, True), (0.013, False), (-0.011, True), (-0.013, False)]
)
def test_gaps_of_sgd_are_asked_to_both_roundings(gap: int, off: float, given: bool) -> None:
    six = np.array([*(runs(n, 0.05) for n in topic.OF_SGD), runs(-0.01, 0.002), runs(0.03, 0.002)])
    six[gap] += off
    assert topic.gives_with_gaps(six) is given
