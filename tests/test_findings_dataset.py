"""What the book says of the dataset, on records made up by hand."""

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, NOT_TESTABLE, UNDECIDED
from book.findings import dataset, expectations
from lessons_src.recorded import Record

ROOT = Path(__file__).resolve().parents[1]
EVEN = (100,) * 10
UNEVEN = (101, 99, *EVEN[2:])


# --- Counts ------------------------------------------------------------------


def counts(training: Mapping[str, Any] = {}, test: Mapping[str, Any] = {}, **fifths: Any) -> Record:
    """As the official files are, but for what is given."""
    whole = {"rows": 28, "columns": 28, "lowest_level": 0, "highest_level": 255}
    cases = {
        "training set": {**whole, "images": 60_000, "classes": (6000,) * 10, **training},
        "test set": {**whole, "images": 10_000, "classes": (1000,) * 10, **test},
        "our fifth": {"classes": EVEN},
        "last fifth": {"classes": UNEVEN},
    }
    cases |= {f"{name} fifth": {"classes": classes} for name, classes in fifths.items()}
    named = {case: {name: [v] for name, v in found.items()} for case, found in cases.items()}
    return record("class-counts", named)


def random_fifths(*, lean: float = 0) -> Record:
    """Draws that scatter evenly around a tenth, the first class `lean` above it."""
    scatter = np.array(around(0, 10, 20))[:, None] * np.array([1, -1] * 5)
    away = np.array([lean, -lean, *[0] * 8])
    return record("random-fifths", {"random fifth": {"classes": 100 + scatter + away}})


def test_files_as_claimed() -> None:
    judgement = dataset.what_the_files_hold(counts())
    assert judgement.verdict == HOLDS
    assert not judgement.provisional  # nothing depends on a seed
    assert "60,000 images of 28 × 28, grey levels 0 to 255, labels 0 to 9" in [
        part.number for part in judgement.headline
    ]


@pytest.mark.parametrize(
    "odd",
    [
        {"images": 59_999},
        {"rows": 27},
        {"columns": 29},
        {"lowest_level": 1},
        {"highest_level": 254},
        {"classes": (0, 12_000, *[6000] * 8)},
        {"classes": (6000,) * 9},
        {"classes": (5999, *[6000] * 9)},  # an image without a label
    ],
)
def test_files_not_as_claimed(odd: dict[str, Any]) -> None:
    assert dataset.what_the_files_hold(counts(training=odd)).verdict == IN_PART


def test_each_official_set_is_asked_about() -> None:
    small = {"images": 5_000, "classes": (500,) * 10}
    assert dataset.what_the_files_hold(counts(test=small)).verdict == IN_PART
    judgement = dataset.what_the_files_hold(counts(training=small, test=small))
    assert judgement.verdict == DOES_NOT_HOLD


def test_equal_classes_are_judged_in_the_official_sets_alone() -> None:
    judgement = dataset.equally_represented(counts(last=UNEVEN, our=UNEVEN), random_fifths())
    assert judgement.verdict == HOLDS
    assert [part.verdict for part in judgement.also] == [HOLDS, DOES_NOT_HOLD, DOES_NOT_HOLD]
    judgement = dataset.equally_represented(counts(last=EVEN), random_fifths())
    assert [part.verdict for part in judgement.also] == [HOLDS, HOLDS, HOLDS]


def test_one_image_more_in_a_class_is_not_equal() -> None:
    odd = {"classes": (1001, 999, *[1000] * 8)}
    assert dataset.equally_represented(counts(test=odd), random_fifths()).verdict == IN_PART
    few = {"classes": (1000,) * 9}
    assert dataset.equally_represented(counts(test=few), random_fifths()).verdict == IN_PART


def test_random_fifth_is_equal_up_to_chance_only() -> None:
    assert dataset.up_to_chance(random_fifths()).verdict == HOLDS
    assert dataset.up_to_chance(random_fifths(lean=2)).verdict == HOLDS
    assert dataset.up_to_chance(random_fifths(lean=8)).verdict == DOES_NOT_HOLD
    assert "90 to 110" in dataset.up_to_chance(random_fifths()).number


def test_sentence_on_equal_classes_takes_all_of_it_for_granted() -> None:
    for odd, expected in (
        ({}, 0),
        ({"our": UNEVEN}, 1),
        ({"last": EVEN}, 1),
        ({"test": {"classes": UNEVEN}}, 1),
    ):
        with expectations() as unmet:
            dataset.counted_equal(counts(**odd))
        assert len(unmet) == expected, odd


# --- Cited -------------------------------------------------------------------


def page_table(page: str, name: str) -> dict[str, Any]:
    """The dictionary of this name in a cell of a page."""
    text = (ROOT / "book" / page).read_text(encoding="utf-8")
    found = re.search(rf"^{name} = (\{{.*?^\}})", text, re.DOTALL | re.MULTILINE)
    assert found, f"{page} has no {name}"
    return ast.literal_eval(found[1])


def test_page_shows_the_cited_table() -> None:
    assert page_table("dataset.md", "both") == dataset.BOTH


def test_harder_is_cited_only() -> None:
    judgement = dataset.harder_than_mnist()
    assert judgement.verdict == NOT_TESTABLE
    assert not judgement.records
    for name in dataset.BOTH:
        assert name in judgement.set_up


def test_factor_is_that_of_the_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "BOTH", {"a": (0.99, 0.9), "b": (0.96, 0.88), "c": (0.9, 0.4)})
    assert dataset.times_low() == pytest.approx(3)
    assert dataset.times_high() == pytest.approx(10)
    assert "3.0 to 10.0 times as many, in all 3" in dataset.harder_than_mnist().headline[0].number


# --- Scaling -----------------------------------------------------------------


def verdicts(outcomes: Sequence[Any]) -> list[str]:
    return [outcome.verdict for outcome in outcomes]


def flat(value: float, epochs: int = 10, runs: int = 10) -> list[list[float]]:
    """Accuracy curves whose last three epochs, and the last of all, are around this value."""
    return [[0.5] * (epochs - 3) + [v] * 3 for v in around(value, 0.0001, runs)]


def long_run(value: float = 0.88) -> Record:
    """784–128–10 with this accuracy by epoch 10; afterwards it is better."""
    curve = [[*run, *[0.99] * 50] for run in flat(value)]
    return record("long-run", {"784–128–10": {"val_accuracy_curve": curve}})


SCALES = {
    "raw, Adam": 0.8,
    "scaled, SGD": 0.7,
    "raw, SGD": 0.3,
    "raw, SGD at a hundredth": 0.68,
    "standardised, Adam": 0.885,
    "standardised, SGD": 0.69,
}


def scales(**centres: float) -> Record:
    """Ten epochs of each case."""
    named = SCALES | {name.replace("_", ", ", 1): value for name, value in centres.items()}
    return record(
        "pixel-scales",
        {case: {"val_accuracy_curve": flat(value)} for case, value in named.items()},
    )


def test_scaling_is_needed_by_both_optimisers() -> None:
    judgement = dataset.scaling_is_needed(long_run(), scales())
    assert judgement.verdict == HOLDS
    adam, sgd = judgement.headline
    assert adam.interval.estimate == pytest.approx(0.08)  # after ten epochs, and not after sixty
    assert sgd.interval.estimate == pytest.approx(0.4)
    assert {round(part.interval.level, 6) for part in judgement.headline} == {0.991}
    assert verdicts(judgement.also) == [HOLDS, HOLDS, HOLDS, HOLDS, DOES_NOT_HOLD]


@pytest.mark.parametrize(("raw", "verdict"), [(0.8768, HOLDS), (0.8772, IN_PART), (0.89, IN_PART)])
def test_gain_of_scaling_counts_beyond_the_margin(raw: float, verdict: str) -> None:
    assert dataset.scaling_is_needed(long_run(), scales(raw_Adam=raw)).verdict == verdict


def test_sgd_is_scored_by_its_last_epoch() -> None:
    made = scales()
    made.results["scaled, SGD"]["val_accuracy_curve"][:, :-1] = 0.1
    judgement = dataset.scaling_is_needed(long_run(), made)
    assert judgement.headline[1].interval.estimate == pytest.approx(0.4)


def test_diverged_run_is_a_guess_and_learns_nothing() -> None:
    made = scales()
    made.results["raw, SGD"]["val_accuracy_curve"][:] = np.nan
    judgement = dataset.scaling_is_needed(long_run(), made)
    assert judgement.headline[1].interval.estimate == pytest.approx(0.6)
    assert verdicts(judgement.also)[:2] == [HOLDS, DOES_NOT_HOLD]


def test_also_asked_of_scales() -> None:
    made = scales(raw_Adam=0.2, standardised_Adam=0.8825)
    made.results["raw, SGD at a hundredth"]["val_accuracy_curve"][:, -1] = 0.7
    judgement = dataset.scaling_is_needed(long_run(), made)
    assert verdicts(judgement.also) == [
        UNDECIDED,
        HOLDS,
        DOES_NOT_HOLD,
        DOES_NOT_HOLD,
        DOES_NOT_HOLD,
    ]


# --- The convolutional network -----------------------------------------------


def architectures(**means: float) -> Record:
    """Ten runs of each network; of the convolutional one what it uses, and the yardsticks."""
    named = {
        "edge_filters": 20,
        "edge_filters_untrained": 15,
        "outline_accuracy": 0.6,
        "area_accuracy": 0.3,
        "texture_accuracy": 0.4,
        "brightness_accuracy": 0.25,
    } | {name: value for name, value in means.items() if name not in ("network", "linear")}
    of_cnn = {
        name: [value] * 10 if "accuracy" not in name else around(value, 0.0001)
        for name, value in named.items()
    }
    curves = {"val_accuracy_curve": flat(means.get("network", 0.92))}
    linear = {"val_accuracy_curve": flat(means.get("linear", 0.85))}
    return record("architectures", {"softmax regression": linear, "convolutional": of_cnn | curves})


def test_good_baseline_holds() -> None:
    judgement = dataset.good_baseline(architectures(), long_run())
    assert judgement.verdict == HOLDS
    assert not judgement.provisional
    assert {round(part.interval.level, 6) for part in judgement.headline} == {0.994}
    assert judgement.headline[0].interval.estimate == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("part", "means"),
    [
        (0, {"network": 0.8829}),  # 0.29 points
        (1, {"edge_filters": 16}),  # one filter more
        (2, {"outline_accuracy": 0.3029}),
    ],
)
def test_part_of_a_good_baseline_fails_at_its_bound(part: int, means: dict[str, float]) -> None:
    judgement = dataset.good_baseline(architectures(**means), long_run())
    expected = [HOLDS] * 3
    expected[part] = DOES_NOT_HOLD
    assert verdicts(judgement.headline) == expected
    assert judgement.verdict == IN_PART


def test_part_of_a_good_baseline_holds_beyond_its_bound() -> None:
    made = architectures(network=0.8832, edge_filters=17, outline_accuracy=0.3034)
    assert dataset.good_baseline(made, long_run()).verdict == HOLDS


def test_textures_and_softmax_do_not_change_the_verdict() -> None:
    made = architectures(texture_accuracy=0.2, linear=0.919)
    judgement = dataset.good_baseline(made, long_run())
    assert judgement.verdict == HOLDS
    assert verdicts(judgement.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert verdicts(dataset.good_baseline(architectures(), long_run()).also) == [HOLDS, HOLDS]


def test_quoted_gains_have_their_signs() -> None:
    found = architectures()
    assert dataset.over_dense(found, long_run()).estimate == pytest.approx(0.04)
    assert dataset.new_edges(found).estimate == pytest.approx(5)
    assert dataset.shapes(found).estimate == pytest.approx(0.3)
    with expectations() as unmet:
        assert dataset.textures(found).estimate == pytest.approx(0.15)
    assert unmet == ["the difference is below 0"]
