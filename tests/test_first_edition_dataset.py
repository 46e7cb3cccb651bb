"""What the book says of the dataset, on records made up by hand."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, IN_PART, NOT_MEASURED, NOT_TESTABLE, UNDECIDED
from book.findings import expectations
from book.findings.first_edition import dataset
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


def search(**centres: tuple[float, float]) -> Record:
    """Scaled and raw test accuracy after the tenth epoch, by optimiser; others are decoys."""
    cases = {}
    for optimiser, (scaled, raw) in centres.items():
        name = {"adam": "Adam 0.001, batch 32", "sgd": "SGD 0.01, batch 1000"}[optimiser]
        for activation, decoy in (("relu", 0), ("sigmoid", 0.05)):
            for pixels, centre in (("scaled", scaled), ("raw", raw)):
                last = around(centre + decoy, 0.001, 5)
                curve = [[0.5, 0.5, value] for value in last]
                cases[f"{activation}, 1 hidden, {name}, {pixels}"] = {"test_accuracy": curve}
    return record("printed-search", cases, first_seed=0)


def test_scaling_waits_and_tells_what_there_is() -> None:
    judgement = dataset.scaling_is_needed(search(adam=(0.9, 0.8), sgd=(0.7, 0.3)))
    assert judgement.verdict == NOT_MEASURED
    adam, sgd = (part.number for part in judgement.headline)
    assert "10.0 points" in adam
    assert "40.0 points" in sgd
    assert "test images" in adam


def test_learning_from_raw_pixels_is_more_than_a_fifth_right() -> None:
    judgement = dataset.scaling_is_needed(search(adam=(0.9, 0.21), sgd=(0.7, 0.19)))
    assert [part.verdict for part in judgement.also] == [HOLDS, DOES_NOT_HOLD]
    judgement = dataset.scaling_is_needed(search(adam=(0.9, 0.2), sgd=(0.7, 0.3)))
    assert [part.verdict for part in judgement.also] == [UNDECIDED, HOLDS]


# --- The convolutional network -----------------------------------------------


def architectures(**means: float) -> Record:
    """Five runs of each network; of the convolutional one what it uses, and the yardsticks."""
    named = {
        "val_accuracy": 0.92,
        "edge_filters": 20,
        "edge_filters_untrained": 15,
        "outline_accuracy": 0.6,
        "area_accuracy": 0.3,
        "texture_accuracy": 0.4,
        "brightness_accuracy": 0.25,
    } | {name: value for name, value in means.items() if name not in ("dense", "linear")}
    of_cnn = {
        name: [value] * 5 if "accuracy" not in name else around(value, 0.0001, 5)
        for name, value in named.items()
    }
    others = {
        "784–128–10": means.get("dense", 0.88),
        "softmax regression": means.get("linear", 0.85),
    }
    cases = {case: {"val_accuracy": around(value, 0.0001, 5)} for case, value in others.items()}
    return record("architectures", {"convolutional": of_cnn, **cases}, first_seed=0)


def verdicts(**means: float) -> list[str]:
    return [part.verdict for part in dataset.good_baseline(architectures(**means)).headline]


def test_good_baseline_holds() -> None:
    judgement = dataset.good_baseline(architectures())
    assert judgement.verdict == HOLDS
    assert judgement.provisional
    assert {round(part.interval.level, 4) for part in judgement.headline} == {0.9833}


@pytest.mark.parametrize(
    ("part", "means"),
    [
        (0, {"dense": 0.9171}),  # 0.29 points
        (1, {"edge_filters": 16}),  # one filter more
        (2, {"outline_accuracy": 0.3029}),
    ],
)
def test_part_of_a_good_baseline_fails_at_its_bound(part: int, means: dict[str, float]) -> None:
    expected = [HOLDS] * 3
    expected[part] = DOES_NOT_HOLD
    assert verdicts(**means) == expected
    assert dataset.good_baseline(architectures(**means)).verdict == IN_PART


def test_part_of_a_good_baseline_holds_beyond_its_bound() -> None:
    assert verdicts(dense=0.9168, edge_filters=17, outline_accuracy=0.3034) == [HOLDS] * 3


def test_textures_and_softmax_do_not_change_the_verdict() -> None:
    judgement = dataset.good_baseline(architectures(texture_accuracy=0.2, linear=0.919))
    assert judgement.verdict == HOLDS
    assert [part.verdict for part in judgement.also] == [DOES_NOT_HOLD, DOES_NOT_HOLD]
    assert [part.verdict for part in dataset.good_baseline(architectures()).also] == [HOLDS, HOLDS]


def test_quoted_gains_have_their_signs() -> None:
    found = architectures()
    assert dataset.over_dense(found).estimate == pytest.approx(0.04)
    assert dataset.new_edges(found).estimate == pytest.approx(5)
    assert dataset.shapes(found).estimate == pytest.approx(0.3)
    with expectations() as unmet:
        assert dataset.textures(found).estimate == pytest.approx(0.15)
    assert unmet == ["on jumbles the network scores below the tree"]
