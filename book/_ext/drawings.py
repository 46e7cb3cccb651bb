"""Small drawings as SVG, which take their colours from the style sheet and so suit both themes.

Those of numbers are as true as a figure: a length is a value, a filled square is one of a hundred.
The others are motifs for cards, by which a chapter is known again; they show no data.
"""

import math
from collections.abc import Callable, Sequence
from html import escape
from itertools import pairwise

#: The colours of things are those of `lessons_src.plotting.PALETTE`; see `.drawn` in book.css.
BLUE, RED, GREEN, PURPLE, INK = "blue", "red", "green", "purple", "ink"
COLOUR_OF = {"sigmoid": BLUE, "relu": RED, "leaky_relu": PURPLE}
WIDTH = 220  # of a picture of numbers


def svg(width: float, height: float, parts: Sequence[str], alt: str = "") -> str:
    """A drawing of this size in CSS px; without an alternative text it is an ornament."""
    told = f'role="img" aria-label="{escape(alt)}"' if alt else 'aria-hidden="true"'
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    return f'<svg class="drawn" {size} {told}>{"".join(parts)}</svg>'


# --- Of numbers --------------------------------------------------------------


def bars(values: Sequence[float], labels: Sequence[str], told: Sequence[str], alt: str) -> str:
    """A bar for each value, to the left where it is negative, with its label above it.

    Args:
        told: the values in words, written at the ends of the bars.
    """
    low, high = min(0.0, *values), max(0.0, *values)
    # Numbers stand at the ends of the bars; of long bars both ways, on the other side of the line.
    both = min(-low, high) > 0.35 * (high - low)
    rightwards = high >= -low
    room = 1 if both else 8 + 7.5 * max(map(len, told))
    left, right = (1, WIDTH - room) if rightwards else (room, WIDTH - 1)
    scale = (right - left) / (high - low or 1)
    zero, row = left - low * scale, 48
    parts = []
    for i, (value, label, number) in enumerate(zip(values, labels, told, strict=True)):
        top, length, forward = i * row, abs(value) * scale, value >= 0
        start = zero if forward else zero - length
        away = not forward if both else rightwards  # whether the number stands to the right
        end = max(zero, zero + value * scale) if away else min(zero, zero + value * scale)
        parts += [
            text(0, top + 13, label, "start"),
            f'<rect class="fill {RED if forward else BLUE}" x="{start:.1f}" y="{top + 21}" '
            f'width="{max(length, 1):.1f}" height="16"/>',
            text(end + (6 if away else -6), top + 34, number, "start" if away else "end", "strong"),
            f'<path class="line ink" d="M{zero:.1f} {top + 19}v20"/>',
        ]
    return svg(WIDTH, row * len(values), parts, alt)


def hundred(shares: Sequence[float], labels: Sequence[str], alt: str) -> str:
    """A hundred squares for each share, of which as many are filled as it has percent."""
    pitch, side, gap = 9, 7, 34
    parts = []
    for i, (share, label) in enumerate(zip(shares, labels, strict=True)):
        left, filled = i * (10 * pitch + gap), round(100 * share)
        for kind, squares in (("fill red", range(filled)), ("fill pale", range(filled, 100))):
            at = (f"M{left + pitch * (n % 10)} {pitch * (n // 10)}" for n in squares)
            path = "".join(f"{start}h{side}v{side}h-{side}z" for start in at)
            parts.append(f'<path class="{kind}" d="{path}"/>')
        parts.append(text(left + 5 * pitch - 1, 10 * pitch + 14, label, "middle"))
    width = len(shares) * (10 * pitch + gap) - gap
    return svg(width, 10 * pitch + 20, parts, alt)


def text(x: float, y: float, words: str, anchor: str, kind: str = "") -> str:
    """A line of text."""
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:g}" text-anchor="{anchor}"{style}>{escape(words)}</text>'


# --- Motifs ------------------------------------------------------------------

W, H = 72, 54  # of a motif


def motif(told: str) -> str:
    """The motif of these words: its name, and what it takes.

    Raises:
        ValueError: there is none of this name, or it does not take that.
    """
    name, *arguments = told.split()
    if name not in MOTIFS:
        raise ValueError(f"there is no motif {name!r}, but {', '.join(MOTIFS)}")
    try:
        return svg(W, H, MOTIFS[name](*arguments))
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"the motif {name!r} does not take {arguments}") from error


def line(points: Sequence[tuple[float, float]], colour: str = INK, kind: str = "line") -> str:
    """A line through points."""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path class="{kind} {colour}" d="M{path}"/>'


def dot(x: float, y: float, colour: str = INK, radius: float = 3) -> str:
    """A filled circle."""
    return f'<circle class="fill {colour}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>'


def layers(*units: str) -> list[str]:
    """A network with so many units to a layer."""
    counts = [int(count) for count in units]
    if len(counts) < 2:
        raise ValueError("a network has two layers at least")
    columns = [
        [
            (10 + (W - 20) * i / (len(counts) - 1), H / 2 + (j - (count - 1) / 2) * 9)
            for j in range(count)
        ]
        for i, count in enumerate(counts)
    ]
    ends = [(a, b) for left, right in pairwise(columns) for a in left for b in right]
    mesh = "".join(f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}" for a, b in ends)
    dots = [dot(x, y, BLUE) for column in columns for x, y in column]
    return [f'<path class="thin" d="{mesh}"/>', *dots]


CURVES: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "relu": lambda z: max(0.0, z) / 4,
    "leaky_relu": lambda z: (z if z > 0 else 0.2 * z) / 4,
}


def bends(*names: str) -> list[str]:
    """Activation functions, of sums from -4 to 4."""
    inputs = [z / 4 for z in range(-16, 17)]
    parts = [
        line([(4, 42), (W - 4, 42)], kind="thin"),
        line([(W / 2, 4), (W / 2, 50)], kind="thin"),
    ]
    for name in names:
        points = [(W / 2 + 8 * z, 42 - 34 * CURVES[name](z)) for z in inputs]
        parts.append(line(points, COLOUR_OF[name]))
    return parts


def sliders() -> list[str]:
    """Three settings."""
    parts = []
    for y, x, colour in ((12, 22, BLUE), (27, 50, RED), (42, 34, GREEN)):
        parts += [line([(8, y), (W - 8, y)], kind="thin"), dot(x, y, colour, 5)]
    return parts


def pieces() -> list[str]:
    """The rows of a data set as one bar, cut in three."""
    cuts = ((4, 40, BLUE), (47, 11, RED), (61, 8, GREEN))
    return [
        f'<rect class="fill {colour}" x="{x}" y="17" width="{width}" height="20" rx="2"/>'
        for x, width, colour in cuts
    ]


def valley() -> list[str]:
    """Gradient descent in a long valley, at a rate that leaps from side to side."""
    ovals = [
        f'<ellipse class="thin" cx="36" cy="27" rx="{8.5 * n}" ry="{6 * n}"/>' for n in range(1, 5)
    ]
    x, y, path = -25.0, -15.0, []
    for _ in range(14):
        path.append((36 + x, 27 + y))
        x, y = 0.78 * x, -0.72 * y
    return [*ovals, line(path, GREEN), dot(*path[0], GREEN), dot(36, 27, INK, 2)]


def cost() -> list[str]:
    """What it costs to give the truth a probability: its negative logarithm."""
    points = [(10 + 56 * p, 46 + 8.5 * math.log(p)) for p in (n / 100 for n in range(1, 101))]
    axes = line([(10, 4), (10, 48), (W - 4, 48)], kind="thin")
    return [axes, line(points, BLUE), dot(*points[1], RED, 4)]


def turning() -> list[str]:
    """A training loss that falls, and a validation loss that rises again."""
    steps = [n / 20 for n in range(21)]
    train = [(8 + 58 * t, 8 + 36 * (1 - math.exp(-3.2 * t))) for t in steps]
    valid = [(8 + 58 * t, 8 + 34 * (1 - math.exp(-5 * t)) - 20 * t**2) for t in steps]
    axes = line([(8, 4), (8, 50), (W - 4, 50)], kind="thin")
    return [axes, line(train, BLUE), line(valid, RED)]


def product() -> list[str]:
    """A matrix times a matrix."""
    parts = []
    for left, columns, rows, colour in ((6, 3, 4, BLUE), (42, 3, 3, RED)):
        for n in range(columns * rows):
            x, y = left + 8 * (n % columns), H / 2 - 4 * rows + 8 * (n // columns)
            parts.append(
                f'<rect class="fill {colour}" x="{x}" y="{y:g}" width="6.5" height="6.5" '
                f'opacity="{1 - 0.16 * ((5 * n) % 4):g}"/>'
            )
    return [*parts, text(35.5, H / 2 + 4, "×", "middle")]


def trials() -> list[str]:
    """Settings that were tried, and the best of them."""
    places = ((12, 40), (20, 18), (30, 44), (37, 29), (46, 12), (55, 38), (62, 20), (50, 24))
    best = f'<circle class="line red" cx="{places[-1][0]}" cy="{places[-1][1]}" r="8"/>'
    return [*(dot(x, y, BLUE) for x, y in places), best]


def glass() -> list[str]:
    """A printed curve under a magnifying glass."""
    rows = [line([(6, y), (W - 6, y)], kind="thin") for y in (10, 20, 30, 40, 50)]
    lens = '<circle class="line ground" cx="34" cy="25" r="15"/>'
    seen = line([(23, 31), (29, 27), (34, 24), (40, 21), (45, 20)], RED)
    return [*rows, lens, seen, line([(45, 36), (56, 48)], kind="line thick")]


MOTIFS: dict[str, Callable[..., list[str]]] = {
    made.__name__: made
    for made in (*(layers, bends, sliders, pieces, valley, cost, turning, product, trials, glass),)
}
