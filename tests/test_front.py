"""What is drawn for the front page, and how the site is kept light."""

from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from book._ext import drawings, garments, light

LIST = sorted(drawings.MOTIFS)


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def widths(svg: str) -> list[float]:
    return [float(bar.get("width")) for bar in drawn(svg).iter("rect")]


def test_bar_is_as_long_as_its_value() -> None:
    long, short = widths(drawings.bars([24, 6], ["a", "b"], ["24", "6"], "Bars"))
    assert long == pytest.approx(4 * short, abs=0.2)


def test_bars_both_ways_begin_at_one_line() -> None:
    right, left = drawn(drawings.bars([3, -1], ["a", "b"], ["+3", "-1"], "Bars")).iter("rect")
    start = float(right.get("x"))
    assert float(left.get("x")) + float(left.get("width")) == pytest.approx(start, abs=0.2)
    assert float(right.get("width")) == pytest.approx(3 * float(left.get("width")), abs=0.3)


@pytest.mark.parametrize("values", [[0.0], [5, 0.01], [24, -0.1], [-5, 4], [-2, -1], [-2, 0.1]])
def test_bars_and_their_numbers_stay_inside(values: list[float]) -> None:
    told = [f"{value:+.1f} points" for value in values]
    picture = drawn(drawings.bars(values, ["a"] * len(values), told, "Bars"))
    for bar in picture.iter("rect"):
        start = float(bar.get("x"))
        assert 0 <= start <= start + float(bar.get("width")) <= drawings.WIDTH
    numbers = [tag for tag in picture.iter("text") if tag.get("class") == "strong"]
    for tag, words in zip(numbers, told, strict=True):
        start, length = float(tag.get("x")), 7.5 * len(words)
        assert (
            (start - length >= 0)
            if tag.get("text-anchor") == "end"
            else (start + length <= drawings.WIDTH)
        )


def test_as_many_squares_are_filled_as_it_has_percent() -> None:
    paths = drawn(drawings.hundred([0.853, 0.02], ["a", "b"], "Squares")).iter("path")
    assert [path.get("d").count("M") for path in paths] == [85, 15, 2, 98]


def test_words_in_a_drawing_are_escaped() -> None:
    picture = drawn(drawings.bars([1], ["<b> & co"], ["1"], 'A "bar"'))
    assert picture.get("aria-label") == 'A "bar"'
    assert next(picture.iter("text")).text == "<b> & co"


@pytest.mark.parametrize("name", LIST)
def test_motif_is_an_ornament(name: str) -> None:
    arguments = {"layers": " 4 3 2", "bends": " sigmoid relu leaky_relu"}.get(name, "")
    picture = drawn(drawings.motif(name + arguments))
    assert picture.get("aria-hidden") == "true"
    assert len(picture) > 1


@pytest.mark.parametrize("told", ["", "nothing", "bends nothing", "layers", "layers x y", "cost 3"])
def test_motif_that_there_is_not_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match="motif"):
        drawings.motif(told or "-")


@pytest.fixture
def two_of_each(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Two validation images of each class, and one that is not for validation."""
    images = np.arange(21 * 784).reshape(21, 28, 28).astype(np.uint8)
    labels, rows = np.arange(21) % 10, np.arange(1, 21)
    found = SimpleNamespace(full_images=images, full_labels=labels, validation_indices=rows)
    monkeypatch.setattr(garments.data, "load", lambda: found)
    return images


def test_garments_are_validation_images(two_of_each: np.ndarray) -> None:
    assert np.array_equal(garments.garment("T-shirt 0"), two_of_each[10])
    assert np.array_equal(garments.garment("Ankle boot 1"), two_of_each[19])


def test_wardrobe_has_the_next_of_each_class(two_of_each: np.ndarray) -> None:
    sheet = garments.wardrobe(["90", "09"])
    assert sheet.shape == (58, 58)
    corners = [sheet[:28, :28], sheet[:28, 30:], sheet[30:, :28], sheet[30:, 30:]]
    for corner, row in zip(corners, (9, 10, 20, 19), strict=True):
        assert np.array_equal(corner, two_of_each[row])


@pytest.mark.parametrize("told", ["Hat 0", "Shirt", "Shirt -1", "Shirt 2", ""])
def test_garment_that_there_is_not_is_refused(two_of_each: np.ndarray, told: str) -> None:
    with pytest.raises(ValueError, match=r"no garment|has 2 validation images"):
        garments.garment(told)


def test_shuffling_moves_pixels_and_changes_none() -> None:
    image = np.arange(784).reshape(28, 28)
    moved = garments.shuffled(image)
    assert sorted(moved.ravel()) == sorted(image.ravel())
    assert np.mean(moved == image) < 0.05
    assert np.array_equal(garments.shuffled(image), moved)


def test_icons_are_found_by_class_and_by_code(tmp_path: Path) -> None:
    (tmp_path / "_static").mkdir()
    style = r'.fa-bars:before,.fa-navicon:before{content:"\f0c9"}.fa-sun:before{content:"\f185"}'
    (tmp_path / "_static" / "theme.css").write_text(style + r'.tip{--icon:"\f0eb"}', "utf-8")
    (tmp_path / "_static" / "more.css").write_text('a{content:"\uf09b"}', encoding="utf-8")
    (tmp_path / "_static" / "theme.js").write_text('add("fa-solid fa-sun")')
    (tmp_path / "page.html").write_text('<i class="fa-solid fa-navicon"></i>')
    assert light.icons(tmp_path) == {0xF0C9, 0xF185, 0xF0EB, 0xF09B}
