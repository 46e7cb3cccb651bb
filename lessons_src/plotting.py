"""The book's plots: each takes arrays and `ax=None`, draws on that axes alone and returns it.

Figures come as SVG. Ink, grid and data colours are the constants below; the site's build swaps
them for lighter ones in the dark theme. Captions say what a figure shows, so plots have no title.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

INK, GRID = "#1f2328", "#d0d7de"
#: Told apart under the common colour-blindnesses, and dark enough for lines on white.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b0578d", "#8a6d00")
#: One colour for one thing, in the whole book.
PALETTE = {
    **dict(zip(("sigmoid", "relu", "tanh", "leaky_relu", "gelu"), COLOURS, strict=True)),
    "linear": INK,
    **dict(zip(("training", "validation", "test"), COLOURS, strict=False)),
    **dict(zip(("SGD", "momentum", "Adam"), COLOURS[2:], strict=True)),
}
#: What things are called in a picture, where that is not their name in Keras.
WORDS = {"relu": "ReLU", "leaky_relu": "leaky ReLU", "gelu": "GELU"}


def use_book_style() -> None:
    """Set matplotlib's defaults for the book and, inside Jupyter, ask for SVG."""
    plt.rcParams.update(
        {
            "figure.figsize": (6.4, 3.4),
            "figure.constrained_layout.use": True,
            "savefig.bbox": "tight",
            "svg.hashsalt": "book",  # the same plot gives the same file
            "font.size": 10.5,
            "axes.labelsize": 10.5,
            "xtick.labelsize": 9.5,
            "ytick.labelsize": 9.5,
            "legend.fontsize": 9.5,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": GRID,
            "grid.linewidth": 0.7,
            "axes.prop_cycle": cycler(color=COLOURS),
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "image.cmap": "gray",
        }
    )
    try:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # outside Jupyter there is nothing to set
        return
    if mpl.get_backend().lower().endswith("inline"):
        set_matplotlib_formats("svg")


def image_grid(
    images: ArrayLike,
    labels: Sequence[str] | None = None,
    *,
    columns: int = 10,
    row_names: Sequence[str] | None = None,
    limits: tuple[float, float] | None = None,
    cmap: str = "gray",
    ax: Axes | None = None,
) -> Axes:
    """Small images side by side, filled row by row.

    Args:
        images: shape (n, height, width), any numbers.
        labels: a line of text above each image, n of them.
        row_names: a name to the left of each row.
        limits: the values drawn darkest and lightest; by default the smallest and largest.
    """
    images = np.asarray(images)
    n, height, width = images.shape
    rows = -(-n // columns)
    lines = max((label.count("\n") + 1 for label in labels), default=0) if labels else 0
    gap, head = 2, 2 + 5 * lines  # in pixels of the images
    if ax is None:
        cell = 6.4 / columns
        _, ax = plt.subplots(figsize=(6.4, rows * cell * (height + head) / (width + gap) + 0.1))
    low, high = limits or (images.min(), images.max())
    for i, image in enumerate(images):
        left, top = i % columns * (width + gap), i // columns * (height + head) + head
        ax.imshow(
            image, extent=(left, left + width, top + height, top), vmin=low, vmax=high, cmap=cmap
        )
        if labels is not None:
            ax.text(left + width / 2, top - 1, labels[i], ha="center", va="bottom", fontsize=9)
    for row, name in enumerate(row_names or []):
        middle = row * (height + head) + head + height / 2
        ax.text(-3, middle, name, ha="right", va="center", fontsize=9.5)
    ax.set(xlim=(0, columns * (width + gap) - gap), ylim=(rows * (height + head), 0))
    ax.set_axis_off()
    return ax


def heat(
    matrix: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    *,
    spec: str = ".0f",
    ax: Axes | None = None,
) -> Axes:
    """A table of shares or counts with its cells shaded and written in.

    Args:
        matrix: shape (rows, columns); a cell of 0 is left blank.
        columns: names of the columns; those of the rows if there are none.
        spec: how a number is written.
    """
    matrix = np.asarray(matrix, dtype=float)
    columns = rows if columns is None else columns
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 0.6 + 0.42 * len(rows)))
    ax.imshow(matrix, cmap="Blues", vmin=0, vmax=matrix.max(), aspect="auto")
    for (row, column), value in np.ndenumerate(matrix):
        if value:
            # Pure black and white keep their colour in both themes, like the cells below them.
            colour = "#ffffff" if value > 0.55 * matrix.max() else "#000000"
            ax.text(column, row, f"{value:{spec}}", ha="center", va="center", color=colour, size=9)
    ax.set_xticks(range(len(columns)), columns, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(rows)), rows)
    ax.grid(False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def estimates(
    names: Sequence[str],
    values: ArrayLike,
    lows: ArrayLike,
    highs: ArrayLike,
    *,
    spec: str = ".1%",
    ax: Axes | None = None,
) -> Axes:
    """Estimates with their intervals, one line each, the first on top; (n,) each."""
    values, lows, highs = (np.asarray(a, dtype=float) for a in (values, lows, highs))
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 0.7 + 0.38 * len(names)))
    places = np.arange(len(names))
    ax.errorbar(values, places, xerr=(values - lows, highs - values), fmt="o", capsize=3)
    for place, value, high in zip(places, values, highs, strict=True):
        ax.annotate(
            f"{value:{spec}}", (high, place), (6, 0), textcoords="offset points", va="center"
        )
    ax.set_yticks(places, names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:{spec}}")
    return ax


def curves(runs: dict[str, ArrayLike], *, per: str = "epoch", ax: Axes | None = None) -> Axes:
    """The course of training: a thin line for each run, a thick one for their mean.

    Args:
        runs: by name, at most five, shape (runs, epochs); a single run may have shape (epochs,).
            After a run has stopped (NaN) the mean is that of the others.
    """
    if ax is None:
        _, ax = plt.subplots()
    for (name, values), colour in zip(runs.items(), _colours(len(runs)), strict=True):
        values = np.atleast_2d(values)
        steps = np.arange(1, values.shape[1] + 1)
        if len(values) > 1:
            ax.plot(steps, values.T, color=colour, linewidth=0.6, alpha=0.5)
        ax.plot(steps, np.nanmean(values, axis=0), "o-", color=colour, markersize=3.5, label=name)
    ax.set_xlabel(per)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()
    return ax


def sweep(
    x: ArrayLike,
    series: dict[str, ArrayLike],
    *,
    base: float | None = 10,
    ax: Axes | None = None,
) -> Axes:
    """A quantity against a setting: a line through the means, and their intervals as a band.

    Args:
        x: the settings tried, shape (n,), ascending.
        series: by name, at most five, each of shape (n, 3): mean, lower and upper end.
        base: of the logarithmic axis of x; None for a linear one.
    """
    if ax is None:
        _, ax = plt.subplots()
    for (name, values), colour in zip(series.items(), _colours(len(series)), strict=True):
        mean, low, high = np.asarray(values, dtype=float).T
        ax.plot(x, mean, "o-", color=colour, markersize=4, label=name)
        ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    if base is not None:
        ax.set_xscale("log", base=base)
    ax.legend()
    return ax


def dots(
    values: ArrayLike,
    place: float,
    name: str,
    *,
    label: str | None = None,
    upright: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """One dot for each run, in a row, in the colour of `name`, with the name beside it.

    Args:
        values: one number per run, shape (n,).
        place: the row's height, or with `upright` the column's place.
        label: written beside the dots instead of the name; "" for nothing.
    """
    ax = ax or plt.subplots()[1]
    values = np.asarray(values, dtype=float)
    # Spread a little, by rank and not by chance, so that equal runs are seen as two.
    places = place + np.linspace(-0.09, 0.09, len(values))
    across, up = (places, values) if upright else (values, places)
    ax.plot(across, up, "o", color=PALETTE[name], markersize=5, alpha=0.75, markeredgewidth=0)
    if label != "":
        at = (place, values.max()) if upright else (values.max(), place)
        name_line(ax, *at, name, label=label, offset=(0, 8) if upright else (8, 0))
    return ax


def line(x: ArrayLike, y: ArrayLike, name: str, *, ax: Axes | None = None, **style: Any) -> Axes:
    """A line in the colour of `name`; x and y have the shape (n,)."""
    ax = ax or plt.subplots()[1]
    ax.plot(x, y, color=PALETTE[name], **style)
    return ax


def name_line(
    ax: Axes,
    x: float,
    y: float,
    name: str,
    *,
    label: str | None = None,
    offset: tuple[float, float] = (0, 0),
) -> Axes:
    """Write at (x, y) what a line is, in its colour, so that no legend has to be decoded."""
    text = label or WORDS.get(name, name)
    ax.annotate(
        text, (x, y), offset, textcoords="offset points", va="center", color=PALETTE[name],
        fontsize=9.5, fontweight="bold",
    )  # fmt: skip
    return ax


def flow(boxes: Sequence[str], arrows: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """What flows through a network: boxes in a row, and above the arrows what is done to it.

    Args:
        boxes: what they hold, n of them.
        arrows: n - 1 operations.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 1.5))
    frame = {"boxstyle": "round,pad=0.45", "facecolor": "none", "edgecolor": COLOURS[0]}
    for i, text in enumerate(boxes):
        ax.text(i, 0, text, ha="center", va="center", bbox=frame, fontsize=9)
    for i, text in enumerate(arrows):
        ends = (i + 0.68, 0), (i + 0.33, 0)
        ax.annotate("", *ends, arrowprops={"arrowstyle": "->", "color": INK})
        ax.text(i + 0.5, 0.32, text, ha="center", va="bottom", fontsize=8.5)
    ax.set(xlim=(-0.4, len(boxes) - 0.6), ylim=(-0.5, 1.15))
    ax.set_axis_off()
    return ax


def class_map(
    points: ArrayLike,
    labels: ArrayLike,
    names: Sequence[str],
    families: dict[str, Sequence[int]],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Images as points in a plane, coloured by family, with each class's name near its centre.

    Args:
        points: shape (n, 2).
        labels: class of each point, shape (n,).
        names: of the classes, by label.
        families: which classes share a colour, at most five families.
    """
    points, labels = np.asarray(points), np.asarray(labels)
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 4.6))
    for (family, members), colour in zip(families.items(), _colours(len(families)), strict=True):
        own = points[np.isin(labels, members)]
        ax.plot(*own.T, "o", color=colour, markersize=2.6, alpha=0.55, label=family)
    extent = np.ptp(points, axis=0)
    places = np.stack([points[labels == c].mean(axis=0) for c in range(len(names))]) / extent
    places[:, 1] += 1e-6 * np.arange(len(names))  # of two in one place, which is to go up?
    for _ in range(100):  # names that would meet, which are wider than high, move apart
        gaps = places[:, None] - places
        meet = (np.abs(gaps) < (0.21, 0.06)).all(axis=-1)
        places[:, 1] += 0.002 * (meet * np.sign(gaps[..., 1])).sum(axis=1)
    for name, place in zip(names, places * extent, strict=True):
        ax.annotate(
            name,
            place,
            ha="center",
            va="center",
            weight="bold",
            color="#000000",
            bbox={"facecolor": "#ffffff", "alpha": 0.8, "edgecolor": "none", "pad": 1.5},
        )
    ax.legend(markerscale=2.5, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(families))
    return ax


def _colours(number: int) -> tuple[str, ...]:
    if number > len(COLOURS):
        raise ValueError(f"{number} series in one plot: {len(COLOURS)} can be told apart")
    return COLOURS[:number]
