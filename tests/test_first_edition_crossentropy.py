"""The chapter on crossentropy: its judgements and its numbers on records made up by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, NOT_MEASURED, UNDECIDED
from book.findings import expectations
from book.findings.first_edition import crossentropy
from lessons_src.recorded import Record
from lessons_src.stats import Interval

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


def test_confident_mistakes_wait_for_a_record() -> None:
    assert crossentropy.confident_mistakes().verdict == NOT_MEASURED


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
    """Accuracies of five seeds; hidden logits are this far ahead of seen ones."""
    leads = {"scaled": scaled, "raw": raw}
    return record(
        "loss-input",
        {
            f"{given}, {pixels}": {"val_accuracy": np.linspace(0.86, 0.88, 5) + extra}
            for pixels, lead in leads.items()
            for given, extra in (("logits", 0.05), ("softmax", 0), ("probabilities", lead))
        },
        first_seed=0,
    )


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


def tables(label: int, rare: float, others: float) -> np.ndarray:
    """Answers to 1,000 images of each class for five seeds, which are not equally good."""
    recalls = np.full((5, 10), others)
    recalls[:, label] = rare
    recalls += np.linspace(-0.05, 0.05, 5)[:, None]
    right = 1000 * recalls[..., None] * np.eye(10)
    wrong = 1000 * (1 - recalls[..., None]) * np.roll(np.eye(10), 1, axis=1)
    return right + wrong


def rare_classes(
    weights: tuple[float, float] = (0.4, -0.01), correction: tuple[float, float] = (0.0, 0.0)
) -> Record:
    """What weights, and the correction, add to the recall of the rare class and of the others."""
    cases: dict[str, dict[str, Any]] = {}
    for rare, label in (("Shirt", 6), ("Bag", 8)):
        plain, weighted, corrected = (
            tables(label, PLAIN[rare] + own, 0.9 + other)
            for own, other in ((0.0, 0.0), weights, correction)
        )
        cases[f"{rare}, none"] = {"answers": plain, "corrected_answers": corrected}
        cases[f"{rare}, balanced"] = {"answers": weighted, "corrected_answers": 0 * plain + 1}
    return record("rare-class", cases, first_seed=0)


def two(lead: float, spread: float = 0.0, runs: int = 40, first_seed: int = 1000) -> Record:
    """Two classes; one unit is ahead by the lead on average, give or take the spread."""
    softmax = np.linspace(0.8, 0.9, runs)
    sigmoid = softmax + np.random.default_rng(0).permutation(around(lead, spread, runs))
    return record(
        "two-classes",
        {
            "sigmoid, one unit": {"val_accuracy": sigmoid, "val_loss": 0.4 - softmax / 10},
            "softmax, two units": {"val_accuracy": softmax, "val_loss": 0.39 - softmax / 10},
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
    assert part.interval.level == pytest.approx(0.975)  # two parts share the risk
    assert len(part.seeds) == 40
    assert not found.provisional


def test_claim_waits_for_a_class_cut_to_a_tenth() -> None:
    """Whatever two classes say: today's rare classes are another set-up."""
    for lead in (0.01, 0.0, -0.01):
        found = crossentropy.imbalance_and_two_classes(rare_classes(), two(lead), unit())
        assert found.headline[0].verdict == NOT_MEASURED
        assert found.verdict == NOT_MEASURED
    seen = crossentropy.imbalance_and_two_classes(rare_classes(), two(0.0, first_seed=0), unit())
    assert seen.headline[1].provisional
    assert not seen.provisional  # since there is no verdict


def test_weights_are_also_asked_about() -> None:
    """Recall up by 40 points, that of nine others down by one: (40 − 9)/10 = 3.1 points alike.

    As rare as in training, a twentieth: (40/20 − 9)/(9 + 1/20) = −0.77 points.
    """
    found = crossentropy.imbalance_and_two_classes(rare_classes(), two(0.0), unit()).also
    wanted = [0.031, 0.031, 0.4, 0.4, -7 / 905, -7 / 905]
    assert [part.interval.estimate for part in found[:6]] == pytest.approx(wanted)
    assert [part.verdict for part in found[:6]] == [HOLDS] * 4 + [DOES_NOT_HOLD] * 2
    assert all(part.provisional and part.interval.level == 0.95 for part in found[:6])


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
    assert {part.verdict for part in also[:2]} == {alike}
    assert {part.verdict for part in also[4:6]} == {cost}


def test_single_unit_trains_if_it_has_a_slope() -> None:
    for slope, verdict in ((0.0, DOES_NOT_HOLD), (-0.1, HOLDS)):
        found = crossentropy.imbalance_and_two_classes(rare_classes(), two(0.0), unit(slope))
        assert found.also[-1].verdict == verdict


# --- What the page says -------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "so"),
    [
        (0.1, 0.2, "positive"),
        (-0.1, 0.2, "without_sign"),
        (-0.2, 0.1, "without_sign"),
        (-0.2, -0.1, "negative"),
    ],
)
def test_sentence_may_name_the_sign_that_is_seen_and_no_other(low, high, so) -> None:
    for name in ("positive", "without_sign", "negative"):
        difference = Interval((low + high) / 2, low, high)
        value, missed = unmet(getattr(crossentropy, name), difference)
        assert value is difference
        assert missed == (name != so)


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
        ("shirts_weighted_as_trained", (0.4, -0.01), (0, 0), -7 / 905, (0.4, 0)),
        ("bags_rivals_alike", (0.0, 0), (0.1, 0), -0.01, (0.08, 0)),
        ("bags_rivals_as_trained", (0, -0.01), (0, 0.01), -0.18 / 9.05, (0, 0.008)),
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


def test_loss_that_names_a_sign_is_told_from_one_that_matters() -> None:
    """The weights' loss against the correction is seen, and whether it matters is open."""
    wide = {"Shirt, none": {}, "Shirt, balanced": {}}
    plain = tables(6, 0.1, 0.9)
    for centre, spread, so in (
        (-0.01, 0.01, True),
        (-0.01, 0.001, False),  # beyond the margin
        (0.0, 0.01, False),  # no sign
        (0.01, 0.001, False),
    ):
        # What the nine others lose, divided by nine parts in 9.05.
        shift = np.array(around(centre, spread, 5))[:, None, None]
        weighted = plain + 1000 * shift * (np.eye(10) - np.roll(np.eye(10), 1, axis=1))
        wide["Shirt, none"] = {"corrected_answers": plain}
        wide["Shirt, balanced"] = {"answers": weighted}
        missed = unmet(crossentropy.shirts_rivals_as_trained, record("rare-class", wide))[1]
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


def test_first_twenty_runs_and_where_a_gain_is_ruled_out() -> None:
    """The first twenty leads lie around −0.1 points, far apart; the others around it, close."""
    early = np.random.default_rng(0).permutation(around(-0.001, 0.0075, 20))
    lead = np.concatenate([early, around(-0.001, 0.005, 40)])
    softmax = np.full(60, 0.85)
    made = record(
        "two-classes",
        {
            "sigmoid, one unit": {"val_accuracy": softmax + lead},
            "softmax, two units": {"val_accuracy": softmax},
        },
    )
    value, missed = unmet(crossentropy.unit_lead_first, made)
    assert value.estimate == pytest.approx(-0.001)
    assert not missed
    assert crossentropy.unit_lead_all(made).estimate == pytest.approx(-0.001)
    settled = crossentropy.unit_lead_settled(made)
    assert crossentropy.unit_lead(made, settled).high <= 0.003
    assert crossentropy.unit_lead(made, settled - 1).high > 0.003


def test_number_of_runs_that_never_settles_is_told() -> None:
    value, missed = unmet(crossentropy.unit_lead_settled, two(0.01))
    assert (value, missed) == (41, True)
    assert unmet(crossentropy.unit_lead_settled, two(0.0)) == (5, False)
    for finding in (crossentropy.unit_lead_all, crossentropy.unit_lead_first):
        assert unmet(finding, two(0.01))[1]


def test_loss_of_one_unit_is_larger() -> None:
    value, missed = unmet(crossentropy.unit_loss_lead, two(0.0))
    assert value.estimate == pytest.approx(0.01)
    assert not missed


def test_slope_of_a_single_unit_has_to_be_0() -> None:
    assert unmet(crossentropy.single_unit_slope, unit()) == (0, False)
    assert unmet(crossentropy.single_unit_slope, unit(-0.1)) == (0.1, True)


# --- Calibration --------------------------------------------------------------


def bins(gap: float) -> list[np.ndarray]:
    """For five seeds: of 300 images at 90 % it is this much too sure, of 100 at 50 % too unsure."""
    found = np.zeros((3, 10))
    found[:, 9], found[:, 5] = (300, 270, 300 * (0.9 - gap)), (100, 50, 100 * (0.5 + gap))
    return [found] * 5


def calibrations() -> Record:
    """Errors of 2, 6 and 10 points, with fitted temperatures 1, 1 and 0.5."""
    five = np.linspace(-0.001, 0.001, 5)
    cases = {
        "10 epochs": (0.02, 0.01, 0.35, 0.34, 0.88, 1.2),
        "30 epochs": (0.06, -0.01, 0.40, 0.34, 0.88, 1.8),
        "30 epochs, smoothed": (-0.10, 0.005, 0.38, 0.36, 0.88, 0.7),
    }
    return record(
        "calibration",
        {
            case: {
                "bins": bins(gap),
                "bins_after": bins(after),
                "loss": loss + five,
                "loss_after": cooled + five[::-1],
                "accuracy": accuracy + (-1) ** np.arange(5) * five,
                "temperature": temperature + five,
            }
            for case, (gap, after, loss, cooled, accuracy, temperature) in cases.items()
        },
    )


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
        ("error_growth", ("10 epochs", "30 epochs")),
        ("error_smoothing", ("30 epochs", "30 epochs, smoothed")),
        ("error_smoothing_cooled", ("30 epochs", "30 epochs, smoothed")),
        ("temperature_smoothed", ("30 epochs", "30 epochs, smoothed")),
        ("overconfidence_cooled", ("10 epochs", "30 epochs")),
        ("loss_growth", ("10 epochs", "30 epochs")),
        ("loss_smoothing_cooled", ("30 epochs", "30 epochs, smoothed")),
    ],
)
def test_sentences_on_calibration_are_so_one_way_round_only(finding, exchanged) -> None:
    made = calibrations()
    function = getattr(crossentropy, finding)
    assert not unmet(function, made)[1]
    a, b = exchanged
    made.results[a], made.results[b] = made.results[b], made.results[a]
    assert unmet(function, made)[1]


def test_chance_alone_makes_an_error() -> None:
    """Of n images at p, the mean distance of the share from p is about 0.8 √(p(1 − p)/n)."""
    n = 0.75 * np.sqrt(0.9 * 0.1 / 300) + 0.25 * np.sqrt(0.5 * 0.5 / 100)
    assert crossentropy.chance_error(calibrations()) == pytest.approx(
        np.sqrt(2 / np.pi) * n, rel=0.05
    )
