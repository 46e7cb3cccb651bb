from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lessons_src import plotting

FAMILIES = {"left": (0, 1), "right": (2,)}
PLOTS = {
    "image_grid": lambda ax: plotting.image_grid(
        np.zeros((7, 28, 28)), list("abcdefg"), columns=3, row_names=list("xyz"), ax=ax
    ),
    "heat": lambda ax: plotting.heat(np.eye(3) * 50, list("abc"), ax=ax),
    "estimates": lambda ax: plotting.estimates(
        ["a", "b"], [0.8, 0.9], [0.7, 0.88], [0.85, 0.92], ax=ax
    ),
    "curves": lambda ax: plotting.curves({"a": np.ones((5, 3)), "b": np.zeros(3)}, ax=ax),
    "class_map": lambda ax: plotting.class_map(
        np.arange(12.0).reshape(6, 2), [0, 0, 1, 1, 2, 2], list("abc"), FAMILIES, ax=ax
    ),
}


@pytest.fixture(autouse=True)
def no_figures():
    plt.close("all")
    yield
    plt.close("all")


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_draws_on_the_axes_given_and_returns_it(plot):
    _, (ax, other) = plt.subplots(1, 2)
    assert plot(ax) is ax
    assert len(plt.get_fignums()) == 1
    assert not other.has_data()
    assert ax.has_data()


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_makes_its_own_axes_otherwise(plot):
    ax = plot(None)
    assert ax.has_data()
    assert len(plt.get_fignums()) == 1
    ax.figure.canvas.draw()


def test_a_table_writes_what_is_not_zero():
    ax = plotting.heat([[75.2, 0], [1.4, 98]], ["a", "b"])
    assert {text.get_text() for text in ax.texts} == {"75", "1", "98"}


def test_estimates_show_their_intervals_as_given():
    ax = plotting.estimates(["a"], [0.8], [0.7], [0.85])
    (bars,) = ax.containers
    (low, _), (high, _) = bars.lines[2][0].get_segments()[0]
    assert (low, high) == pytest.approx((0.7, 0.85))
    assert ax.texts[0].get_text() == "80.0%"


def test_curves_draw_every_run_and_their_mean():
    values = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.9]])
    ax = plotting.curves({"runs": values})
    mean = next(line for line in ax.lines if line.get_label() == "runs")
    assert len(ax.lines) == 4
    np.testing.assert_allclose(mean.get_ydata(), [0.3, 0.5])
    np.testing.assert_allclose(mean.get_xdata(), [1, 2])


@pytest.mark.parametrize("second", [(0, 0), (0.1, 0), (0, 0.1), (0.1, -0.1)])
def test_names_that_would_meet_move_apart(second):
    points = np.array([[0.0, 0], second, [9, 9]])
    ax = plotting.class_map(points, [0, 1, 2], ["Ankle boot"] * 3, {"all": (0, 1, 2)})
    ax.figure.canvas.draw()
    one, other, far = (text.get_window_extent() for text in ax.texts)
    assert not one.overlaps(other)
    assert ax.transData.inverted().transform(far.get_points()).mean(axis=0) == pytest.approx(
        [9, 9], abs=0.1
    )


def test_the_style_is_that_of_the_dark_themes_colour_table():
    """Each colour of the style must be one that the site knows how to turn for the dark theme."""
    figures = Path(__file__).parent.parent / "book" / "_ext" / "figures.py"
    table = figures.read_text(encoding="utf-8")
    for colour in (plotting.INK, plotting.GRID, *plotting.COLOURS):
        assert f'"{colour}"' in table


def test_a_run_that_stopped_leaves_the_mean_to_the_others():
    ax = plotting.curves({"runs": [[0.5, 0.6], [0.7, np.nan]]})
    mean = next(line for line in ax.lines if line.get_label() == "runs")
    np.testing.assert_allclose(mean.get_ydata(), [0.6, 0.6])


def test_more_series_than_colours_are_refused():
    with pytest.raises(ValueError, match="6 series in one plot: 5"):
        plotting.curves({str(i): [1, 2] for i in range(6)})


def test_image_grid_draws_all_images_by_one_scale():
    images = np.array([np.zeros((2, 2)), np.full((2, 2), 7.0)])
    for limits, scale in ((None, (0, 7)), ((-1, 10), (-1, 10))):
        ax = plotting.image_grid(images, limits=limits)
        assert [image.get_clim() for image in ax.images] == [scale, scale]
