"""Printed figures: which set-up can have given them, on small records made up by hand."""

import numpy as np
import pytest
from made_up import around, record
from scipy import stats

from book.claims import DOES_NOT_HOLD, HOLDS, NOT_MEASURED
from book.findings import expectations
from book.findings.first_edition import printed_figures as topic

LISTED = "1 hidden, Adam 0.001, batch 32, raw"
SET_UPS = (LISTED, "1 hidden, Adam 0.001, batch 1000, scaled", topic.SUSPECT)
LEARNING = (1, 1, -1, -1)  # accuracies rise, losses fall
SPLITS = ("official", "pooled")


def runs(centre: float, half_width: float) -> np.ndarray:
    """Ten runs with this mean and this half-width of their 99 % prediction interval."""
    shape = np.array(around(0, 1))
    unit = stats.t.ppf(0.995, 9) * shape.std(ddof=1) * np.sqrt(1.1)
    return centre + shape * half_width / unit


def course(name: str, progress: list[float], half_width: float = 0.02) -> dict[str, np.ndarray]:
    """Results whose four figures are so far past the printed ones after each recorded epoch."""
    printed = topic.PRINTED[topic.NAMES.index(name)]
    return {
        result: np.array([runs(number + sign * p, half_width) for p in progress]).T
        for result, number, sign in zip(topic.RESULTS, printed, LEARNING, strict=True)
    }


PAST = [0.1] * 5


def search(courses: dict[tuple[str, str], dict[str, np.ndarray]], first_seed: int = 1000):
    """Two variants of the listing and another set-up; past what is printed if nothing is said."""
    cases, settings = {}, {}
    for set_up in SET_UPS:
        depth, optimiser, *_ = set_up.split(", ")
        for name in topic.NAMES:
            case = f"{name}, {set_up}"
            cases[case] = courses.get((name, set_up), course(name, PAST))
            settings[case] = {"depth": int(depth[0]), "optimiser": optimiser}
    return record("printed-search", cases, settings=settings, first_seed=first_seed)


def candidates(change=None):
    """Every option gives the printed numbers by narrow intervals, unless `change` says otherwise.

    Args:
        change: of a case and its results, which it changes.
    """
    cases, settings = {}, {}
    for split in SPLITS:
        for name, dropout in (("sigmoid", "0.0"), ("relu", "0.0"), ("relu", "0.2")):
            case = f"{name}, dropout {dropout}, {split}"
            printed = topic.PRINTED[topic.NAMES.index(name)]
            kept = {
                result: np.repeat(runs(number, 0.01)[:, None], len(topic.KEPT), axis=1)
                for result, number in zip(topic.RESULTS, printed, strict=True)
            }
            kept |= {f"train_{n}": kept[f"running_{n}"].copy() for n in ("accuracy", "loss")}
            if change:
                change(case, kept)
            cases[case], settings[case] = kept, {"split": split}
    return record("printed-candidates", cases, settings=settings)


def judged(name: str, found):
    claims = {"sigmoid": topic.sigmoid_as_printed, "relu": topic.relu_as_printed}
    return claims[name](found, candidates())


# --- The headline ------------------------------------------------------------


COURSES = [
    (PAST, DOES_NOT_HOLD),
    ([-0.1, 0, 0.1, 0.1, 0.1], HOLDS),  # after epoch 5
    ([-0.1, 0.1, 0.1, 0.1, 0.1], NOT_MEASURED),  # passed between epochs 1 and 5
    ([0.1, 0.1, 0.1, 0.1, 0], HOLDS),  # after epoch 10
    ([-0.1, -0.1, -0.1, -0.1, -0.1], NOT_MEASURED),  # perhaps after epoch 11
    ([-0.1, -0.1, -0.1, -0.1, 0.1], DOES_NOT_HOLD),  # no epoch lies between 9 and 10
]


@pytest.mark.parametrize("turn", range(len(COURSES)))
def test_listing_gives_the_figures_or_not_or_is_left_open(turn: int) -> None:
    chosen = dict(zip(topic.NAMES, (COURSES[turn], COURSES[turn - 1]), strict=True))
    found = search({(name, LISTED): course(name, way) for name, (way, _) in chosen.items()})
    for name, (_, verdict) in chosen.items():
        assert judged(name, found).verdict == verdict


@pytest.mark.parametrize("figure", range(4))
def test_all_four_figures_have_to_be_given(figure: int) -> None:
    given = course("sigmoid", [0.1, 0.1, 0.1, 0.1, 0])
    given[topic.RESULTS[figure]] = course("sigmoid", PAST)[topic.RESULTS[figure]]
    assert judged("sigmoid", search({("sigmoid", LISTED): given})).verdict != HOLDS


@pytest.mark.parametrize(("half_width", "holds"), [(0.0499, True), (0.0501, False)])
def test_interval_that_is_too_wide_proves_nothing(half_width: float, holds: bool) -> None:
    wide = course("relu", [0] * 5, half_width)
    found = search({("relu", LISTED): wide, ("relu", topic.SUSPECT): wide})
    made = judged("relu", found)
    assert (made.verdict == HOLDS) is holds
    _, other, *_ = made.also
    assert (other.verdict == HOLDS) is holds
    assert "8, 9, 10" in other.number.partition(";")[2]  # by intervals of any width


@pytest.mark.parametrize(
    ("figure", "early", "left"),
    [
        (None, -0.1, ["epochs 2–4"]),
        ("test_loss", 0.1, []),  # one figure that is past before and after shuts the door
        ("running_accuracy", 0, ["epochs 2–4"]),  # inside is not past
    ],
)
def test_epochs_between_are_open_if_no_figure_shuts_them(figure, early, left) -> None:
    curves = course("relu", [-0.1, 0.1, 0.1, 0.1, 0.1])
    if figure:
        curves[figure] = course("relu", [early, 0.1, 0.1, 0.1, 0.1])[figure]
    found = topic.left_open(search({("relu", LISTED): curves}), "relu", LISTED)
    assert found == [f"{LISTED}, {epochs}" for epochs in left]


@pytest.mark.parametrize(("figure", "shut"), [("running_loss", True), ("test_loss", False)])
def test_only_training_figures_stay_past_after_the_last_epoch(figure: str, shut: bool) -> None:
    curves = course("relu", [-0.1] * 5)
    curves[figure] = course("relu", PAST)[figure]
    found = topic.left_open(search({("relu", LISTED): curves}), "relu", LISTED)
    assert any("11–20" in part for part in found) is not shut


@pytest.mark.parametrize(("first_seed", "provisional"), [(0, True), (1000, False)])
def test_verdict_that_rests_on_seen_seeds_is_provisional(first_seed, provisional) -> None:
    assert judged("sigmoid", search({}, first_seed)).provisional is provisional


def test_another_set_up_is_told_apart_from_the_listing() -> None:
    given = {("sigmoid", topic.SUSPECT): course("sigmoid", [0.1, 0.1, 0.1, 0, 0.1])}
    made = judged("sigmoid", search(given))
    assert made.verdict == DOES_NOT_HOLD
    assert made.also[0].verdict == HOLDS
    assert f"{topic.SUSPECT}, after epoch 9;" in made.also[0].number


# --- The search --------------------------------------------------------------


def test_distance_is_the_worst_of_eight_and_second_is_another_set_up() -> None:
    near = [0.9, 0.5, 0.04, 0.02, 0.03]
    courses = {(n, topic.SUSPECT): course(n, near) for n in topic.NAMES}
    courses["relu", topic.SUSPECT] = course("relu", [0.01] * 5)  # sigmoid's is the worse one
    courses |= {(n, s): course(n, [0.3] * 5) for n in topic.NAMES for s in SET_UPS[:2]}
    found = search(courses)
    assert topic.tried(found) == 15
    assert topic.nearest_distance(found) == pytest.approx(0.02)
    assert topic.second_distance(found) == pytest.approx(0.3)
    assert topic.listing_distance(found) == pytest.approx(0.3)


def test_sentences_on_the_listing_are_guarded() -> None:
    past = {("sigmoid", LISTED): course("sigmoid", [0.1, 0.2, 0.3, 0.4, 0.5])}
    past["sigmoid", SET_UPS[1]] = course("sigmoid", [0.2, 0.3, 0.4, 0.5, 0.6])
    with expectations() as unmet:
        assert topic.slowest_listing_loss(search(past)) == pytest.approx(2.1664 - 0.1)
        topic.relu_left_open(search({("relu", LISTED): course("relu", [-0.1, *PAST[1:]])}))
        assert not unmet
        topic.slowest_listing_loss(search({("sigmoid", LISTED): course("sigmoid", [0] * 5)}))
        topic.relu_left_open(search({}))
    assert len(unmet) == 3


# --- Splits, epochs and kinds of training figure -----------------------------


@pytest.mark.parametrize(("figure", "place"), [("test_accuracy", 4), ("test_loss", 5)])
def test_gap_is_missed_although_both_figures_are_given(figure: str, place: int) -> None:
    def apart(case, kept):
        if case == "relu, dropout 0.0, pooled":
            kept[figure][:, topic.KEPT.index(11)] += 0.005

    found = candidates(apart)
    split = ("pooled", "running", 11)
    assert np.flatnonzero(topic.misses(found, "relu", split)).tolist() == [place]
    assert topic.missed(found, "sigmoid", split) == 0
    assert topic.giving_figures(found) == topic.options_tried(found) == 2 * 2 * 7
    assert topic.giving_all(found) == 26  # all but this one by either kind of training figure
    assert topic.nearly_giving(found) == 28


def test_best_fit_misses_fewest_and_its_scores_are_those_after_its_epoch() -> None:
    def off(case, kept):
        for name, values in kept.items():
            here = "running" in name or "test" in name
            right = topic.KEPT.index(12) if case.endswith("pooled") and here else None
            values += 0.5 * (np.arange(len(topic.KEPT)) != right)

    found = candidates(off)
    assert topic.best_fit(found) == ("pooled", "running", 12)
    assert topic.fitting(found) == [("pooled", "running", 12)]
    assert topic.fitting_scores(found, "relu").mean() == pytest.approx(0.7677)


def test_widths_are_those_of_the_prediction_interval() -> None:
    def wide(case, kept):
        if case.startswith("sigmoid"):
            for name in ("running_accuracy", "train_accuracy", "test_accuracy"):
                kept[name] += runs(0, 0.09)[:, None]

    assert topic.width_of_accuracy(candidates(wide)) == pytest.approx(0.1)
    with expectations() as unmet:
        assert topic.width_of_loss(candidates(wide)) == pytest.approx(0.01)
    assert not unmet


def test_dropout_is_asked_of_relu_alone() -> None:
    def lost(case, kept):
        if "dropout 0.2" in case:
            kept["test_accuracy"] -= 0.005  # within its interval, but the gap is not
            kept["test_loss"] += 0.5 * case.endswith("pooled")

    with expectations() as unmet:
        assert topic.missed_with_dropout(candidates(lost)) == 1
        assert not unmet
        assert topic.missed_with_dropout(candidates()) == 0
    assert unmet


def test_running_gap_is_half_the_fall_of_an_epoch() -> None:
    def falling(case, kept):
        if case.startswith("sigmoid"):
            later = np.arange(len(topic.KEPT)) - topic.KEPT.index(11)
            for name in ("running_loss", "test_loss", "train_loss"):
                kept[name] -= 0.0146 * later
            kept["train_loss"][:] = kept["test_loss"]

    with expectations() as unmet:
        assert topic.running_gap(candidates(falling)) == pytest.approx(-0.0073)
    assert not unmet


@pytest.mark.parametrize(("gap_width", "together"), [(0.001, 0), (0.05, 28)])
def test_all_figures_of_the_series_ask_for_both_gaps(gap_width: float, together: int) -> None:
    def rounded(case, kept):
        if case.startswith("relu"):
            for values in kept.values():
                values += runs(0, 0.05)[:, None]  # shared: the figures scatter, the gaps do not
            for name in ("test_accuracy", "test_loss"):
                kept[name] += runs(0, gap_width)[:, None]

    found = candidates(rounded)
    assert topic.giving_all_of_the_series(found) == together
    made = topic.sigmoid_as_printed(search({}), found)
    *_, both, series = made.also
    assert both.verdict == HOLDS
    assert series.verdict == (HOLDS if together else DOES_NOT_HOLD)


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
