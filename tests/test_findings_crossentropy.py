"""The chapter on crossentropy: its judgements and its numbers on records made up by hand."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, UNDECIDED
from book.findings import crossentropy, expectations
from lessons_src.recorded import Record

# --- The loss itself ----------------------------------------------------------


def identities(**changed: float) -> Record:
    """One network for which all is equal, and all other logits are pushed."""
    results = {
        "one_hot_values": 6,
        "one_hot_gradients": 6,
        "softmax_values": 6,
        "softmax_gradients": 6,
        "exchanged_values": 6,
        "others_pushed": 1.0,
        "share_of_push": 0.5,
    }
    return record(
        "loss-identities", {"784–128–10": {k: [v] for k, v in (results | changed).items()}}
    )


@pytest.mark.parametrize(
    ("values", "gradients", "verdict"),
    [
        (6, 6, HOLDS),
        (5, 5, HOLDS),  # one part in 100,000
        (4, 5, IN_PART),
        (5, 4, IN_PART),
        (4, 4, DOES_NOT_HOLD),
    ],
)
def test_two_losses_are_one_if_values_and_gradients_agree(values, gradients, verdict) -> None:
    found = crossentropy.one_loss(
        identities(
            one_hot_values=values,
            one_hot_gradients=gradients,
            softmax_values=9 - values,
            softmax_gradients=9 - gradients,
            exchanged_values=0,
        )
    )
    assert found.verdict == verdict
    assert not found.provisional


def forms(whole: Sequence[int], rows: Sequence[int]) -> Record:
    """Bytes of some forms of whole numbers and of rows, under names that tell nothing."""
    of = [(False, n) for n in whole] + [(True, n) for n in rows]
    return record(
        "label-forms",
        {f"form {i}": {"bytes": [n]} for i, (_, n) in enumerate(of)},
        settings={f"form {i}": {"rows": is_rows} for i, (is_rows, _) in enumerate(of)},
    )


@pytest.mark.parametrize(
    ("whole", "rows", "verdict"),
    [
        ([60, 480], [600, 4800], HOLDS),
        ([60, 600], [600, 4800], DOES_NOT_HOLD),  # the same is no saving
        ([60, 480], [400, 4800], DOES_NOT_HOLD),
        ([600, 4800], [60, 480], DOES_NOT_HOLD),
    ],
)
def test_largest_whole_numbers_have_to_be_smaller_than_the_smallest_rows(
    whole, rows, verdict
) -> None:
    assert crossentropy.memory(forms(whole, rows)).verdict == verdict


@pytest.mark.parametrize(
    ("digits", "pushed", "verdict"),
    [
        (6, 1.0, IN_PART),
        (5, 0.001, IN_PART),  # one logit that is pushed is enough
        (6, 0.0, HOLDS),
        (4, 1.0, DOES_NOT_HOLD),
        (4, 0.0, IN_PART),
    ],
)
def test_value_and_push_are_two_parts(digits, pushed, verdict) -> None:
    found = crossentropy.right_class_alone(
        identities(exchanged_values=digits, others_pushed=pushed)
    )
    assert found.verdict == verdict
    assert [part.verdict == HOLDS for part in found.headline] == [digits >= 5, pushed == 0]


def answers(cost: dict[int, tuple[float, float, float]], push: float = 1.0) -> Record:
    """Ten seeds; by epoch the mean loss of right answers, of confident mistakes, of others.

    A confident mistake has this many times the gradient of another one. The other way round, the
    numbers of images and the level of a seed's losses are not to count.
    """
    images = np.array([9000, 1000, 500])
    seed = np.linspace(0.9, 1.1, 10)[:, None, None]
    losses = seed * np.array([cost[epochs] for epochs in (10, 60)])
    gradients = seed * np.array([[0.1, 0.7 * push, 0.7]] * 2)
    many = np.broadcast_to(images, losses.shape)
    sums = {"images": many, "loss": losses * many, "gradient": gradients * many}
    return record("long-run", {"784–128–10": {f"kind_{k}": v for k, v in sums.items()}})


@pytest.mark.parametrize(
    ("confident", "verdict"), [(1.2, HOLDS), (1.0, DOES_NOT_HOLD), (0.5, DOES_NOT_HOLD)]
)
def test_confident_mistakes_have_to_be_dearer_by_a_tenth_after_sixty_epochs(
    confident, verdict
) -> None:
    made = answers({10: (0.1, 5.0, 1.0), 60: (0.1, 2 * confident, 2.0)})
    found = crossentropy.confident_mistakes(made)
    (headline,) = found.headline
    assert found.verdict == headline.verdict == verdict
    assert headline.interval.estimate == pytest.approx(confident)
    assert headline.interval.level == pytest.approx(0.982)
    assert not found.provisional


def test_mistakes_are_also_asked_about() -> None:
    """1,000 mistakes at 6 and 500 at 3 nats cost 5 on average, 50 times what a right one costs."""
    made = answers({10: (0.2, 4.0, 2.0), 60: (0.1, 6.0, 3.0)}, push=1.05)
    found = crossentropy.confident_mistakes(made).also
    assert [part.interval.estimate for part in found] == pytest.approx([2, 50, 1.05, 1.05])
    assert [part.verdict for part in found] == [HOLDS, HOLDS, DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert found[-1].sign == "above 1 is seen"


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([[1, 0, 0], [0, 0, 1], [0, 1, 0]], HOLDS),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], DOES_NOT_HOLD),
    ],
)
def test_rows_of_the_example_are_compared_in_their_order(rows, verdict) -> None:
    found = crossentropy.example(record("one-hot-example", {"0, 2, 1": {"rows": [rows]}}))
    assert found.verdict == verdict


def extremes(**changed: tuple[float, float]) -> Record:
    """Loss and slope at ±100; `changed` replaces those of a case."""
    of = {"logits": (200, -1), "Keras's softmax": (200, -1), "softmax by hand": (16.1, 0)}
    return record(
        "extreme-logits", {k: {"loss": [v[0]], "slope": [v[1]]} for k, v in (of | changed).items()}
    )


def inputs(scaled: float = 0.0, raw: float = -0.6) -> Record:
    """Accuracies of five seeds; hidden logits are this far ahead of seen ones.

    The first two of the five epochs are no part of the score.
    """
    leads = {"scaled": scaled, "raw": raw}
    scores = np.linspace(0.86, 0.88, 5)[:, None] + [[0.0, 0.0, -0.01, 0.0, 0.01]]
    return record(
        "loss-input",
        {
            f"{given}, {pixels}": {"val_accuracy_curve": scores + extra * late + early}
            for pixels, lead in leads.items()
            for given, extra, early in (
                ("logits", 0.05, 0.0),
                ("softmax", 0, 0.0),
                ("probabilities", lead, np.array([-0.3, -0.3, 0, 0, 0])),
            )
        },
    )


late = np.array([0, 0, 1, 1, 1])


def test_softmax_is_judged_by_values_and_gradients_on_trained_logits() -> None:
    found = crossentropy.pairs_with_softmax(identities(), extremes(), inputs())
    assert (found.verdict, found.provisional) == (HOLDS, False)
    assert [part.verdict for part in found.also] == [HOLDS, DOES_NOT_HOLD, HOLDS, DOES_NOT_HOLD]
    for changed, verdict in (
        ({"softmax_values": 4}, IN_PART),
        ({"softmax_gradients": 4}, IN_PART),
        ({"softmax_values": 4, "softmax_gradients": 4}, DOES_NOT_HOLD),
        ({"one_hot_values": 4, "exchanged_values": 4}, HOLDS),
    ):
        judged = crossentropy.pairs_with_softmax(identities(**changed), extremes(), inputs())
        assert judged.verdict == verdict


@pytest.mark.parametrize(
    ("case", "told", "verdicts"),
    [
        ("Keras's softmax", (16.1, 0), [DOES_NOT_HOLD, DOES_NOT_HOLD]),
        ("Keras's softmax", (200, 0), [DOES_NOT_HOLD, DOES_NOT_HOLD]),  # value and slope count
        ("Keras's softmax", (199, -1), [DOES_NOT_HOLD, DOES_NOT_HOLD]),
        ("softmax by hand", (200, -1), [HOLDS, HOLDS]),
        ("logits", (16.1, 0), [DOES_NOT_HOLD, HOLDS]),  # the logits are what all is compared with
    ],
)
def test_extreme_logits_are_also_asked_about(case, told, verdicts) -> None:
    found = crossentropy.pairs_with_softmax(identities(), extremes(**{case: told}), inputs())
    assert [part.verdict for part in found.also[:2]] == verdicts
    assert found.verdict == HOLDS


@pytest.mark.parametrize(
    ("lead", "verdict"),
    [(0.0029, HOLDS), (-0.0029, HOLDS), (0.0031, DOES_NOT_HOLD), (-0.0031, DOES_NOT_HOLD)],
)
def test_hidden_logits_are_level_within_the_margin(lead, verdict) -> None:
    scaled = crossentropy.pairs_with_softmax(identities(), extremes(), inputs(scaled=lead)).also[2]
    assert scaled.verdict == verdict
    assert scaled.interval.estimate == pytest.approx(lead)
    raw = crossentropy.pairs_with_softmax(identities(), extremes(), inputs(raw=lead)).also[3]
    assert raw.verdict == verdict


# --- Rare classes -------------------------------------------------------------

PLAIN = {"Shirt": 0.1, "Bag": 0.8}  # recall of the rare class; of the others it is 0.9
BY_SEED = 0.5


def recalls(labels: np.ndarray, rare: float, others: float) -> np.ndarray:
    """Recalls of the ten classes, of which one is rare, for seeds that are not equally good."""
    found = np.where(labels[:, None] == np.arange(10), rare, others)
    return found + np.linspace(-0.05, 0.05, len(labels))[:, None]


def rare_classes(
    weights: tuple[float, float] = (0.4, -0.01),
    correction: tuple[float, float] = (0.0, 0.0),
    by_seed: tuple[float, float] = (0.4, -0.01),
    spread: float = 0.0,
) -> Record:
    """What weights, and the correction, add to the recall of the rare class and of the others.

    Args:
        by_seed: what weights add where another class is rare for another seed; the gain of all ten
            recalls lies around it, as far apart as `spread`.
    """
    cases: dict[str, dict[str, Any]] = {}
    five = {"Shirt": np.full(5, 6), "Bag": np.full(5, 8)}
    for rare, labels in (five | {"by seed": np.arange(10)}).items():
        first = PLAIN.get(rare, BY_SEED)
        added = by_seed if rare == "by seed" else weights
        plain, weighted, corrected = (
            recalls(labels, first + own, 0.9 + other)
            for own, other in ((0.0, 0.0), added, correction)
        )
        if rare == "by seed":
            weighted += np.array(around(0, spread))[:, None]
        cases[f"{rare}, none"] = {"recalls": plain, "corrected_recalls": corrected, "rare": labels}
        cases[f"{rare}, balanced"] = {
            "recalls": weighted,
            "corrected_recalls": 0 * plain,
            "rare": labels,
        }
    return of_cases("rare-class", cases)


def of_cases(name: str, cases: dict[str, dict[str, Any]]) -> Record:
    """A record whose cases have run different numbers of seeds."""
    parts = [record(name, {case: results}) for case, results in cases.items()]
    longest = max(parts, key=lambda part: len(part.seeds))
    results = {case: values for part in parts for case, values in part.results.items()}
    return replace(longest, results=results, cases={case: {} for case in cases})


def two(lead: float, spread: float = 0.0, runs: int = 40, first_seed: int = 1000) -> Record:
    """Two classes; one unit is ahead by the lead on average, give or take the spread.

    Only the last three of ten epochs are a score.
    """
    softmax = np.linspace(0.8, 0.9, runs)
    sigmoid = softmax + np.random.default_rng(0).permutation(around(lead, spread, runs))
    cases = {"sigmoid, one unit": (sigmoid, 0.4), "softmax, two units": (softmax, 0.39)}
    return record(
        "two-classes",
        {
            case: {
                "val_accuracy_curve": np.column_stack(
                    [np.full((runs, 7), loss), accuracy - 0.01, accuracy, accuracy + 0.01]
                ),
                "val_loss": loss - softmax / 10,
            }
            for case, (accuracy, loss) in cases.items()
        },
        first_seed=first_seed,
    )


def unit(slope: float = 0.0) -> Record:
    """The slope of the sparse loss for a single unit, at one of two outputs."""
    said = {"says 0.2": 0.0, "says 0.9": slope}
    return record("single-unit", {k: {"loss": [0.0], "slope": [v]} for k, v in said.items()})


@pytest.mark.parametrize(
    ("lead", "spread", "verdict", "sign"),
    [
        (0.0031, 0, HOLDS, ""),
        (0.0029, 0, DOES_NOT_HOLD, "level; a gain is seen, too small to matter"),
        (-0.0031, 0, DOES_NOT_HOLD, "the opposite is seen"),
        (0.003, 0.01, UNDECIDED, "a gain is seen; whether it matters is open"),
        (0.0, 0.03, UNDECIDED, ""),
    ],
)
def test_one_unit_has_to_gain_more_than_the_margin(lead, spread, verdict, sign) -> None:
    found = crossentropy.imbalance_and_two_classes(rare_classes(), two(lead, spread), unit())
    part = found.headline[1]
    assert (part.verdict, part.sign) == (verdict, sign)
    assert part.interval.level == pytest.approx(0.991)  # two parts share the risk of four looks
    assert len(part.seeds) == 40
    assert not found.provisional


@pytest.mark.parametrize(
    ("own", "other", "spread", "verdict", "sign"),
    [
        (0.031, 0.0, 0, HOLDS, ""),
        (0.2, -0.02, 0, DOES_NOT_HOLD, "level; a gain is seen, too small to matter"),
        (0.4, -0.05, 0, DOES_NOT_HOLD, "the opposite is seen"),
        (0.05, 0.0, 0.005, UNDECIDED, "a gain is seen; whether it matters is open"),
    ],
)
def test_mean_recall_has_to_gain_where_each_seed_cuts_another_class(
    own, other, spread, verdict, sign
) -> None:
    """A gain for one class counts a tenth, for the others nine tenths."""
    made = rare_classes(weights=(0.0, 0.0), by_seed=(own, other), spread=spread)
    part = crossentropy.imbalance_and_two_classes(made, two(0.01), unit()).headline[0]
    assert (part.verdict, part.sign) == (verdict, sign)
    assert part.interval.estimate == pytest.approx((own + 9 * other) / 10)
    assert part.interval.level == pytest.approx(0.991)
    assert part.interval.runs == 10


@pytest.mark.parametrize(
    ("weights", "lead", "verdict"),
    [
        (0.4, 0.01, HOLDS),
        (0.4, 0.0, IN_PART),
        (0.0, 0.01, IN_PART),
        (0.0, 0.0, DOES_NOT_HOLD),
    ],
)
def test_weights_and_binary_crossentropy_are_two_parts(weights, lead, verdict) -> None:
    made = rare_classes(by_seed=(weights, 0.0))
    found = crossentropy.imbalance_and_two_classes(made, two(lead), unit())
    assert found.verdict == verdict
    assert not found.provisional


def test_weights_are_also_asked_about() -> None:
    """Recall up by 40 points, that of nine others down by one: (40 − 9)/10 = 3.1 points alike.

    As rare as in training, a tenth: (40/10 − 9)/(9 + 1/10) = −0.55 points.
    """
    made = rare_classes(by_seed=(0.2, 0.0))
    found = crossentropy.imbalance_and_two_classes(made, two(0.0), unit()).also
    wanted = [0.02 / 9.1, -0.05 / 9.1, -0.05 / 9.1, 0.031, 0.031, 0.2, 0.4, 0.4]
    assert [part.interval.estimate for part in found[:-1]] == pytest.approx(wanted)
    assert [part.verdict for part in found[:-1]] == [HOLDS, *[DOES_NOT_HOLD] * 2, *[HOLDS] * 5]
    assert [part.interval.runs for part in found[:-1]] == [10, 5, 5, 5, 5, 10, 5, 5]
    assert all(part.interval.level == 0.95 for part in found[:-1])


@pytest.mark.parametrize(
    ("own", "other", "alike", "cost"),
    [
        (0.0, 0.0, DOES_NOT_HOLD, HOLDS),  # nothing gained, and nothing lost
        (-0.4, 0.01, DOES_NOT_HOLD, HOLDS),
        (0.0, -0.0029, DOES_NOT_HOLD, HOLDS),
        (0.0, -0.0031, DOES_NOT_HOLD, DOES_NOT_HOLD),
        (0.031, 0.0, HOLDS, HOLDS),
        (0.029, 0.0, DOES_NOT_HOLD, HOLDS),
    ],
)
def test_weights_gain_and_cost_by_the_margin(own, other, alike, cost) -> None:
    also = crossentropy.imbalance_and_two_classes(
        rare_classes(weights=(own, other)), two(0.0), unit()
    ).also
    assert {part.verdict for part in also[3:5]} == {alike}
    assert {part.verdict for part in also[1:3]} == {cost}


def test_single_unit_trains_if_it_has_a_slope() -> None:
    for slope, verdict in ((0.0, DOES_NOT_HOLD), (-0.1, HOLDS)):
        found = crossentropy.imbalance_and_two_classes(rare_classes(), two(0.0), unit(slope))
        assert found.also[-1].verdict == verdict


# --- What the page says -------------------------------------------------------


def unmet(finding: Any, *records: Any) -> tuple[Any, bool]:
    """What a finding gives, and whether its sentence is no longer so."""
    with expectations() as missing:
        value = finding(*records)
    return value, bool(missing)


@pytest.mark.parametrize(
    ("finding", "weights", "correction", "wanted", "wrong_weights"),
    [
        # The rare class's recall, and that of the others; correction: nothing unless told.
        ("shirts_weighted", (0.4, 0), (0, 0), 0.4, (-0.1, 0)),
        ("shirts_weighted_alike", (0.4, -0.01), (0, 0), 0.031, (0, -0.01)),
        ("shirts_weighted_as_trained", (0.4, -0.01), (0, 0), -0.05 / 9.1, (0.4, 0)),
        ("bags_rivals_alike", (0.0, 0), (0.1, 0), -0.01, (0.08, 0)),
        ("bags_rivals_as_trained", (0, -0.01), (0, 0.01), -0.18 / 9.1, (0, 0.008)),
    ],
)
def test_sentences_on_rare_classes(finding, weights, correction, wanted, wrong_weights) -> None:
    function = getattr(crossentropy, finding)
    value, missed = unmet(function, rare_classes(weights, correction))
    assert value.estimate == pytest.approx(wanted)
    assert not missed
    assert unmet(function, rare_classes(wrong_weights, correction))[1]


@pytest.mark.parametrize("rare", ["shirts", "bags"])
def test_correction_gains_by_its_own_answers(rare) -> None:
    function = getattr(crossentropy, f"{rare}_corrected_alike")
    value, missed = unmet(function, rare_classes(correction=(0.2, 0)))
    assert value.estimate == pytest.approx(0.02)
    assert not missed
    assert unmet(function, rare_classes(correction=(-0.2, 0)))[1]


def test_shares_found() -> None:
    made = rare_classes(weights=(0.4, 0))
    assert crossentropy.shirts_found(made).estimate == pytest.approx(0.1)
    assert crossentropy.shirts_found_weighted(made).estimate == pytest.approx(0.5)
    assert crossentropy.bags_found(made).estimate == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("centre", "spread", "so"),
    [
        (-0.01, 0.01, True),
        (-0.01, 0.001, False),  # beyond the margin
        (0.0, 0.01, False),  # no sign
        (0.01, 0.001, False),
    ],
)
def test_loss_that_names_a_sign_is_told_from_one_that_matters(centre, spread, so) -> None:
    """The weights' loss against the correction is seen, and whether it matters is open."""
    labels = np.full(5, 6)
    plain = recalls(labels, 0.1, 0.9)
    weighted = plain + np.array(around(centre, spread, 5))[:, None]
    cases = {
        "Shirt, none": {"corrected_recalls": plain, "rare": labels},
        "Shirt, balanced": {"recalls": weighted, "rare": labels},
    }
    missed = unmet(crossentropy.shirts_rivals_as_trained, record("rare-class", cases))[1]
    assert missed != so


@pytest.mark.parametrize(
    ("finding", "changed"),
    [
        ("hidden_softmax_lead", {"scaled": 0.01}),
        ("softmax_lead", {}),  # logits are always 5 points ahead in the made-up record
    ],
)
def test_sentence_that_sees_no_difference_fails_where_there_is_one(finding, changed) -> None:
    assert unmet(getattr(crossentropy, finding), inputs(**changed))[1]


@pytest.mark.parametrize(("lead", "missed"), [(0.001, False), (0.01, True)])
def test_sentence_on_one_unit_wants_a_gain_ruled_out(lead, missed) -> None:
    value, said = unmet(crossentropy.unit_lead_all, two(lead, spread=0.006))
    assert value.estimate == pytest.approx(lead)
    assert said == missed


def test_loss_of_one_unit_is_larger() -> None:
    value, missed = unmet(crossentropy.unit_loss_lead, two(0.0))
    assert value.estimate == pytest.approx(0.01)
    assert not missed


def test_slope_of_a_single_unit_has_to_be_0() -> None:
    assert unmet(crossentropy.single_unit_slope, unit()) == (0, False)
    assert unmet(crossentropy.single_unit_slope, unit(-0.1)) == (0.1, True)


# --- Calibration --------------------------------------------------------------


def bins(gap: float) -> np.ndarray:
    """Of 300 images at 90 % it is this much too sure, of 100 at 50 % too unsure."""
    found = np.zeros((3, 10))
    found[:, 9], found[:, 5] = (300, 270, 300 * (0.9 - gap)), (100, 50, 100 * (0.5 + gap))
    return found


def calibrations(*exchanged: tuple[str, int]) -> Record:
    """Errors of 2, 6 and 10 points, with fitted temperatures 1, 1 and 0.5.

    Args:
        exchanged: two pairs of a case and a place of an epoch, whose results change places.
    """
    told = {
        ("plain", 0): (0.02, 0.01, 0.35, 0.34, 0.88, 1.2),
        ("plain", 1): (0.06, -0.01, 0.40, 0.34, 0.88, 1.8),
        ("smoothed", 0): (0.04, 0.04, 0.30, 0.30, 0.9, 1.0),
        ("smoothed", 1): (-0.10, 0.005, 0.38, 0.36, 0.88, 0.7),
    }
    if exchanged:
        one, other = exchanged
        told[one], told[other] = told[other], told[one]
    five = np.linspace(-0.001, 0.001, 5)

    def of_case(case: str) -> dict[str, np.ndarray]:
        gaps, after, loss, cooled, accuracy, temperature = (
            np.array(values) for values in zip(told[case, 0], told[case, 1], strict=True)
        )
        return {
            "bins": np.array([[bins(gap) for gap in gaps]] * 5),
            "bins_after": np.array([[bins(gap) for gap in after]] * 5),
            "loss": loss + five[:, None],
            "loss_after": cooled + five[::-1, None],
            "accuracy": accuracy + ((-1) ** np.arange(5) * five)[:, None] * [1, 2],
            "temperature": temperature + five[:, None],
        }

    return record("calibration", {case: of_case(case) for case in ("plain", "smoothed")})


@pytest.mark.parametrize(
    ("finding", "wanted"),
    [
        ("error_30", 0.06),
        ("error_30_cooled", 0.01),
        ("error_30_smoothed", 0.10),
        ("error_growth", 0.04),
        ("error_cooling", 0.05),
        ("error_smoothing", 0.04),
        ("error_smoothing_cooled", -0.005),
        ("overconfidence_cooled", -0.005),  # (300 · −1 + 100 · 1)/400 points
        ("temperature_30", 1.8),
        ("temperature_smoothed", 0.7),
        ("loss_cooling", 0.06),
        ("loss_growth", 0.05),
        ("loss_growth_cooled", 0.0),
        ("loss_smoothing_cooled", 0.02),
        ("accuracy_smoothing", 0.0),
    ],
)
def test_calibration_by_hand(finding, wanted) -> None:
    value, _ = unmet(getattr(crossentropy, finding), calibrations())
    assert value.estimate == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(
    ("finding", "exchanged"),
    [
        ("error_growth", (("plain", 0), ("plain", 1))),
        ("error_smoothing", (("plain", 1), ("smoothed", 1))),
        ("error_smoothing_cooled", (("plain", 1), ("smoothed", 1))),
        ("temperature_smoothed", (("plain", 1), ("smoothed", 1))),
        ("overconfidence_cooled", (("plain", 0), ("plain", 1))),
        ("loss_growth", (("plain", 0), ("plain", 1))),
        ("loss_smoothing_cooled", (("plain", 1), ("smoothed", 1))),
    ],
)
def test_sentences_on_calibration_are_so_one_way_round_only(finding, exchanged) -> None:
    function = getattr(crossentropy, finding)
    assert not unmet(function, calibrations())[1]
    assert unmet(function, calibrations(*exchanged))[1]


def test_chance_alone_makes_an_error() -> None:
    """Of n images at p, the mean distance of the share from p is about 0.8 √(p(1 − p)/n)."""
    n = 0.75 * np.sqrt(0.9 * 0.1 / 300) + 0.25 * np.sqrt(0.5 * 0.5 / 100)
    assert crossentropy.chance_error(calibrations()) == pytest.approx(
        np.sqrt(2 / np.pi) * n, rel=0.05
    )
