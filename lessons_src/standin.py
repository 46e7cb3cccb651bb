"""A synthetic wardrobe that stands in for Fashion-MNIST when no real data is at hand.

Ten kinds of garment are drawn from a seed: the five upper garments share one torso, the three kinds
of footwear one sole. Shapes are signed distances (in pixels, negative inside), which become soft
masks, so that edges are anti-aliased. What makes the set hard is that neighbouring kinds overlap in
cut, proportion, trimming and texture, and that no garment lies exactly in the middle. No label is
wrong on purpose.

A drawing function takes a `Sheet` for n garments and returns their mask (the share of each pixel
that is covered, 0 to 1) and their tone (the brightness of the cloth, 1 for white), both float32 and
both of a shape that broadcasts to (n, 28, 28).
"""

import hashlib
import logging
import operator
import uuid
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

SIZE = 28  # pixels along each side of an image
TRAIN_PER_CLASS, TEST_PER_CLASS = 6000, 1000  # as in the official set
SHIFT = 2.0  # a garment's centre is at most so many pixels from the image's, along either axis
NOISE = 6.0  # standard deviation of the cloth's grain, in grey levels of 255
DARKEST = 16.0  # grey level below which no cloth falls, lest it vanish in the background
BLOCK = 250  # garments drawn at a time: a block's arrays then stay in the processor's cache

Array = np.ndarray  # float32, broadcasting to (n, 28, 28)
Range = tuple[float, float]

logger = logging.getLogger(__name__)


class Wardrobe(NamedTuple):
    """Images uint8 (n, 28, 28), black behind the garment; labels uint8 (n,), 0 to 9."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


class Sheet:
    """Paper for n drawings: coordinates about each garment's own centre, and dice.

    `x` (n, 1, 28) grows to the right and `y` (n, 28, 1) downwards, in pixels. The dice give one
    number for each drawing, (n, 1, 1).
    """

    def __init__(self, rng: np.random.Generator, n: int) -> None:
        self.rng, self.n = rng, n
        pixels = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
        self.x = pixels[None, :] - self.uniform(-SHIFT, SHIFT)
        self.y = pixels[:, None] - self.uniform(-SHIFT, SHIFT)

    def uniform(self, low: float, high: float) -> Array:
        """Numbers spread evenly from `low` to `high`."""
        return self.rng.uniform(low, high, (self.n, 1, 1)).astype(np.float32)

    def normal(self, mean: float, deviation: float) -> Array:
        """Bell-shaped numbers, none farther than two deviations from the mean."""
        draws = self.rng.standard_normal((self.n, 1, 1), np.float32)
        return mean + deviation * np.clip(draws, -2, 2)

    def chance(self, probability: float) -> Array:
        """1 with the given probability, else 0."""
        return (self.rng.random((self.n, 1, 1)) < probability).astype(np.float32)

    def contrast(self) -> Array:
        """Factors that darken or, less often, brighten visibly."""
        return np.where(self.chance(0.8) > 0, self.uniform(0.4, 0.7), self.uniform(1.4, 1.8))


def inside(distance: Array) -> Array:
    """Soft mask of distance < 0, one pixel wide at the edge."""
    return np.clip(0.5 - distance, 0, 1)


def between(value: Array, low: Array | float, high: Array | float) -> Array:
    """Soft mask of low < value < high."""
    return np.clip(np.minimum(value - low, high - value) + 0.5, 0, 1)


def curve(t: Array, *knots: tuple[Array | float, Array | float]) -> Array:
    """A smooth curve through the knots (place, value), level beyond them."""
    result = knots[0][1]
    for (start, before), (end, after) in pairwise(knots):
        s = np.clip((t - start) / (end - start), 0, 1)
        result = result + (after - before) * (s * s * (3 - 2 * s))
    return result


def paint(tone: Array, mask: Array, factor: Array | float) -> Array:
    """The cloth with its brightness multiplied by `factor` under the mask."""
    return tone * (1 + mask * (factor - 1))


def fabric(sheet: Sheet, plain: float) -> Array:
    """Tone of the cloth: a share `plain` in one colour, the rest striped, checked or printed."""
    x, y, uniform = sheet.x, sheet.y, sheet.uniform
    base, dice, phase = uniform(0.28, 1), uniform(0, 1), uniform(0, 6.28)
    kind = np.floor(4 * (dice - plain) / (1 - plain))  # negative where plain, else 0 to 3
    across, along, checked, printed = ((kind == k).astype(np.float32) for k in range(4))
    rows = np.clip(3 * np.sin(y * uniform(0.8, 2) + phase), -1, 1)
    columns = np.clip(3 * np.sin(x * uniform(0.8, 2) + phase), -1, 1)
    swirls = np.sin(x * uniform(0.8, 2) + 3 * np.sin(y * uniform(0.4, 1) + phase))
    swirls = swirls * np.sin(y * uniform(0.8, 1.8) + 2 * np.sin(x * uniform(0.4, 0.8)))
    wave = (across + checked / 2) * rows + (along + checked / 2) * columns + 1.5 * printed * swirls
    light = 1 + sheet.normal(0, 0.012) * x + sheet.normal(0, 0.006) * y
    return base * (1 + uniform(0.15, 0.5) * wave) * light


class Cut(NamedTuple):
    """What one kind of upper garment tends to: (mean, deviation), or the share that has a thing."""

    length: Range  # pixels from shoulder to hem
    chest: Range  # half its width, in pixels
    waist: Range  # half its width, relative to the chest
    hem: Range  # half its width, relative to the chest
    sleeve: Range  # length, relative to an arm
    neck: Range  # half width of the neckline, in pixels
    depth: Range  # of the neckline, in pixels
    short: float  # sleeves cut short, whatever `sleeve` says
    collar: float
    placket: float  # a line down the front, often with buttons
    pockets: float
    ribbing: float  # bands at hem and cuffs
    emblem: float  # a patch on the chest
    plain: float  # cloth of one colour


TSHIRT = Cut(
    length=(22.8, 1.7), chest=(7.0, 0.75), waist=(0.93, 0.06), hem=(0.98, 0.09),
    sleeve=(0.38, 0.12), neck=(3.0, 0.6), depth=(2.7, 0.9), short=0.7,
    collar=0.08, placket=0.07, pockets=0.03, ribbing=0.05, emblem=0.4, plain=0.58,
)  # fmt: skip
PULLOVER = Cut(
    length=(23.0, 1.6), chest=(7.1, 0.75), waist=(0.96, 0.07), hem=(0.97, 0.09),
    sleeve=(0.92, 0.08), neck=(2.7, 0.5), depth=(1.8, 0.7), short=0.03,
    collar=0.15, placket=0.09, pockets=0.07, ribbing=0.55, emblem=0.25, plain=0.58,
)  # fmt: skip
DRESS = Cut(
    length=(25.3, 1.2), chest=(5.3, 0.75), waist=(0.85, 0.09), hem=(1.22, 0.22),
    sleeve=(0.8, 0.15), neck=(2.7, 0.6), depth=(2.7, 1.0), short=0.75,
    collar=0.06, placket=0.08, pockets=0.02, ribbing=0.05, emblem=0.02, plain=0.58,
)  # fmt: skip
COAT = Cut(
    length=(24.5, 1.4), chest=(7.2, 0.75), waist=(0.95, 0.08), hem=(1.04, 0.1),
    sleeve=(0.95, 0.06), neck=(2.5, 0.5), depth=(3.0, 1.4), short=0.01,
    collar=0.75, placket=0.86, pockets=0.7, ribbing=0.15, emblem=0.01, plain=0.7,
)  # fmt: skip
SHIRT = Cut(
    length=(23.6, 1.7), chest=(6.9, 0.75), waist=(0.92, 0.08), hem=(0.98, 0.1),
    sleeve=(0.9, 0.09), neck=(2.6, 0.6), depth=(2.3, 0.9), short=0.45,
    collar=0.78, placket=0.78, pockets=0.1, ribbing=0.06, emblem=0.06, plain=0.55,
)  # fmt: skip


class Torso(NamedTuple):
    """Where things are on an upper garment, in pixels."""

    side: Array  # distance from the garment's middle line
    down: Array  # distance below the top of the shoulders
    front: Array  # how far down the neckline reaches, at each `side`
    length: Array  # from the top of the shoulders to the hem
    collar: Array  # 1 for a garment with a collar


def upper_garment(sheet: Sheet, cut: Cut) -> tuple[Array, Array]:
    """A body with a neckline and two sleeves."""
    length, chest = sheet.normal(*cut.length), sheet.normal(*cut.chest)
    neck = np.minimum(sheet.normal(*cut.neck), chest - 1)
    drop = sheet.uniform(1.2, 2.6)  # of the shoulder's outer end, below its inner one
    side = np.abs(sheet.x + sheet.normal(0, 0.015) * sheet.y)  # hung a little askew
    down = sheet.y + length / 2

    waist, hem = chest * sheet.normal(*cut.waist), chest * sheet.normal(*cut.hem)
    flank = curve(down, (drop, chest), (0.5 * length, waist), (length, hem))
    shoulder = (side - neck) * (drop / (chest - neck))
    body = inside(side - flank) * between(down, shoulder, length + sheet.normal(0, 0.008) * side**2)
    sleeve, cuff = sleeves(sheet, cut, side - chest, down - drop)

    width, roundness = np.minimum(side / neck, 1), sheet.uniform(0, 1)  # from a V to a U
    front = sheet.normal(*cut.depth) * (1 - width + roundness * (width - width**3))
    torso = Torso(side, down, front, length, sheet.chance(cut.collar))
    hole = inside(down - front) * inside(side - neck)
    lined = np.maximum(torso.collar, sheet.chance(0.6))  # the back shows through the neckline
    back = lined * between(down, 0.4 - 1.4 * torso.collar, front)
    stand = between(down, -torso.collar * sheet.uniform(0.8, 2.2), 2) * inside(side - neck - 0.3)
    mask = np.maximum(np.maximum(body, sleeve), stand * torso.collar) * (1 - hole * (1 - back))

    tone = paint(fabric(sheet, cut.plain), hole, 0.5)
    tone = paint(tone, sleeve * (1 - body), sheet.uniform(0.8, 1.15))
    tone = paint(tone, inside(np.abs(side - flank) - 0.6) * sleeve, sheet.uniform(0.5, 0.95))
    ribs = np.maximum(inside(length - 1.8 - down) * body, cuff * sleeve)
    tone = paint(tone, ribs * sheet.chance(cut.ribbing), sheet.uniform(0.6, 0.85))
    return mask, trimmings(sheet, cut, torso, tone)


def sleeves(sheet: Sheet, cut: Cut, outward: Array, down: Array) -> tuple[Array, Array]:
    """Masks of both sleeves and of their cuffs, from the distances to the shoulder's outer end."""
    short = sheet.chance(cut.short)
    share = short * sheet.uniform(0.03, 0.42) + (1 - short) * sheet.normal(*cut.sleeve)
    reach = 1 + 18.5 * np.clip(share, 0, 1.05)
    angle = curve(share, (0.2, 0.75), (0.9, 0.27)) + sheet.normal(0, 0.06)  # from the vertical
    top, end = sheet.uniform(2.1, 2.9), sheet.uniform(1.3, 1.9)  # half widths
    x, y, sine, cosine = outward + top, down - 0.7 * top, np.sin(angle), np.cos(angle)
    along, across = x * sine + y * cosine, np.abs(x * cosine - y * sine)
    width = top + (end - top) * np.clip(along / 19, 0, 1)
    return inside(across - width) * between(along, -1.5, reach), inside(reach - 1.6 - along)


def trimmings(sheet: Sheet, cut: Cut, torso: Torso, tone: Array) -> Array:
    """The cloth with collar, placket, buttons, pockets and emblem, as far as a garment has them."""
    side, down, front, length = torso.side, torso.down, torso.front, torso.length
    collar = between(down, front, front + sheet.uniform(1.6, 2.6)) * inside(side - 4)
    tone = paint(tone, collar * torso.collar, sheet.contrast())

    placket = inside(side - sheet.uniform(0.1, 0.7)) * inside(front - down)
    placket, pitch = placket * sheet.chance(cut.placket), sheet.uniform(3, 4.5)
    tone = paint(tone, placket, sheet.contrast())
    buttons = inside(np.abs(down % pitch - pitch / 2) - 0.5) * placket
    tone = paint(tone, buttons * sheet.chance(0.6), sheet.contrast())

    inner, place = sheet.uniform(2, 3), sheet.uniform(0.6, 0.75) * length
    pockets = between(side, inner, inner + 2.6) * inside(np.abs(down - place) - 0.5)
    tone = paint(tone, pockets * sheet.chance(cut.pockets), sheet.contrast())

    wide, high = sheet.uniform(1.5, 4), sheet.uniform(1, 3.5)
    ring = np.sqrt((side / wide) ** 2 + ((down - 0.42 * length) / high) ** 2)
    emblem = inside((ring - 1) * np.minimum(wide, high)) * sheet.chance(cut.emblem)
    return paint(tone, emblem, sheet.contrast())


def trouser(sheet: Sheet) -> tuple[Array, Array]:
    """Two legs that part at the crotch."""
    length, crotch = sheet.normal(25, 0.8), sheet.uniform(6.5, 9)
    down = sheet.y + length / 2
    side = np.abs(sheet.x + sheet.normal(0, 0.03) * (down - crotch))
    waist, hip = sheet.uniform(3.0, 4.4), sheet.uniform(4.0, 5.6)
    gap, ankle = sheet.uniform(0.8, 2.6), sheet.uniform(1.9, 3.4)  # half widths at the hem
    outer = curve(down, (0, waist), (crotch, hip), (length, gap + ankle))
    below = np.clip((down - crotch) / (length - crotch), 0, 1)
    inner = np.where(down > crotch, below**0.7 * (gap + 0.6) - 0.6, -SIZE).astype(np.float32)
    mask = between(side, inner, outer) * between(down, 0, length)

    tone = fabric(sheet, plain=0.85)
    tone = paint(tone, inside(np.abs(down - 1.6) - 0.4), sheet.uniform(0.5, 0.9))  # waistband
    crease = inside(np.abs(side - (inner + outer) / 2) - sheet.uniform(0.2, 0.9))
    tone = paint(tone, crease, sheet.uniform(0.8, 1.25))
    fly = inside(side - 0.2) * inside(down - crotch)
    return mask, paint(tone, fly, sheet.uniform(0.5, 0.9))


def bag(sheet: Sheet) -> tuple[Array, Array]:
    """A clutch, satchel or tote: a rounded trapezium, mostly with a flap, a clasp and a handle."""
    half, height = sheet.uniform(7.5, 12.3), sheet.uniform(4.2, 7.5)  # half width, half height
    rise = np.minimum(sheet.uniform(2.5, 9), 25 - 2 * height)  # of the handle above the bag
    carried = sheet.chance(0.8)
    side, y = np.abs(sheet.x), sheet.y - carried * rise / 2
    corner = sheet.uniform(0.5, 4)
    right = np.maximum(side - half - sheet.normal(0, 0.09) * y + corner, 0)
    above = np.maximum(np.abs(y) - height + corner, 0)
    body = inside(np.sqrt(right * right + above * above) - corner)

    foot, reach = sheet.uniform(-1, 0.5) * height, half * sheet.uniform(0.35, 0.98)
    loop = rise + height + foot  # of the handle, above its foot
    ring = np.sqrt((side / reach) ** 2 + ((y - foot) / loop) ** 2)
    strap = inside(np.abs(ring - 1) * np.minimum(loop, reach) - sheet.uniform(0.3, 0.9))
    strap = strap * inside(y - foot) * carried

    tone = fabric(sheet, plain=0.75)
    fold = height * (sheet.uniform(-0.8, 0.5) - sheet.uniform(0, 0.9) * (side / half) ** 2)
    tone = paint(tone, inside(y - fold) * sheet.chance(0.5), sheet.uniform(0.8, 1.2))
    tone = paint(tone, inside(np.abs(y - fold) - 0.4), sheet.uniform(0.4, 0.9))
    clasp = inside(np.maximum(side, np.abs(y - fold)) - sheet.uniform(0.4, 1.2))
    tone = paint(tone, clasp * sheet.chance(0.6), sheet.uniform(0.3, 1.8))
    return np.maximum(body, strap), paint(tone, strap, sheet.uniform(0.6, 1.1))


class Last(NamedTuple):
    """What one kind of footwear ranges over, (low, high) in pixels, or the share that has a thing.

    What a range gives below 0 counts as 0, so that a part may also be missing.
    """

    heel: Range  # height
    platform: Range  # thickness of the sole
    instep: Range  # height of the upper in the middle of the foot
    back: Range  # height of the upper at the heel
    dip: Range  # of the opening, below the back
    shaft: Range  # height of the leg above the foot
    straps: float  # made of straps rather than of a closed upper
    sporty: float  # with a contrasting sole, a stripe and laces


SANDAL = Last(
    heel=(0, 9), platform=(1, 2.4), instep=(3.5, 7), back=(3.5, 7.5), dip=(1, 1),
    shaft=(0, 1.2), straps=0.96, sporty=0.1,
)  # fmt: skip
SNEAKER = Last(
    heel=(0, 0.8), platform=(1.3, 2.8), instep=(5.2, 8), back=(5, 7.5), dip=(0.5, 2),
    shaft=(-3, 3.5), straps=0, sporty=0.85,
)  # fmt: skip
BOOT = Last(
    heel=(0.3, 8), platform=(0.8, 2.2), instep=(5.5, 8), back=(6, 8.5), dip=(0, 0.5),
    shaft=(0.5, 10), straps=0, sporty=0.1,
)  # fmt: skip


class Shoe(NamedTuple):
    """Where things are on a shoe, in pixels."""

    x: Array  # from the middle of the shoe, the toe on the left
    height: Array  # above the sole
    half: Array  # half the shoe's length
    rise: Array  # height of the closed upper at each `x`
    back: Array  # height of the upper at the heel


def footwear(sheet: Sheet, last: Last) -> tuple[Array, Array]:
    """A shoe seen from its side, the toe to the left."""
    heel, platform, instep, back, dip, shaft = (
        np.maximum(sheet.uniform(*span), 0) for span in last[:6]
    )
    half = sheet.uniform(11.2, 12.8) - 0.2 * heel  # a high heel shortens the foot
    x, y = sheet.x, sheet.y - (heel + platform + back + shaft) / 2  # y is 0 on the ground
    t = (x + half) / (2 * half)  # 0 at the toe, 1 at the heel
    underside = -curve(t, (0.3, 0), (0.85, heel))  # of the sole
    height = underside - platform - y
    block = sheet.uniform(0.4, 1) * (7 - 0.6 * heel)  # the higher the heel, the thinner
    slant = sheet.uniform(0, 0.15) * y
    support = between(y, underside - 0.5, 0) * between(x, half - block + slant, half + 0.5 * slant)
    sole = np.maximum(between(height, -platform, 0) * inside(np.abs(x) - half), support)

    toe = sheet.uniform(1.8, 3.4)
    vamp = ((0, 0.2), (0.12, toe), (0.28, toe + 0.5), (0.55, instep))
    shoe = Shoe(x, height, half, curve(t, *vamp, (0.78, back - dip), (0.97, back)), back)
    rear = half - 0.2 * np.abs(height - 0.4 * back)  # a rounded heel
    foot = between(height, -0.5, shoe.rise) * between(x, -half, rear)
    front = half * sheet.uniform(-0.05, 0.3) - sheet.uniform(-0.1, 0.15) * height
    rear = half - 0.12 * back + sheet.uniform(-0.06, 0.06) * (height - back)
    leg = between(x, front, rear) * between(height, 0, back + shaft) * (shaft > 1)
    upper = np.maximum(foot, leg)
    upper = upper * (1 - sheet.chance(last.straps) * (1 - straps(sheet, shoe)))
    tone = leather(sheet, last, shoe, sole * (1 - upper))
    lining = inside(back + shaft - height - sheet.uniform(0.8, 2)) * sheet.chance(0.5)
    return np.maximum(upper, sole), paint(tone, lining, sheet.uniform(0.6, 1.2))


def straps(sheet: Sheet, shoe: Shoe) -> Array:
    """Mask of a sandal's bands: one about the ankle, two across the foot, one behind."""
    x, height, half, back = shoe.x, shoe.height, shoe.half, shoe.back
    mask = inside(np.abs(height - back + 1.2) - sheet.uniform(0.6, 1.0)) * inside(-x)
    for low, high in ((-0.75, -0.35), (-0.3, 0.2), (0.55, 0.9)):
        middle = half * sheet.uniform(low, high) + sheet.uniform(-0.9, 0.9) * height
        mask = np.maximum(mask, inside(np.abs(x - middle) - sheet.uniform(0.7, 1.5)))
    return mask


def leather(sheet: Sheet, last: Last, shoe: Shoe, sole: Array) -> Array:
    """Tone of a shoe; the sporty ones have a contrasting sole, most a stripe, and laces."""
    x, height = shoe.x, shoe.height
    tone, sporty = fabric(sheet, plain=0.88), sheet.chance(last.sporty)
    tone = paint(tone, sole, np.where(sporty > 0, sheet.contrast(), np.float32(0.8)))
    middle = sheet.uniform(-2, 5) + sheet.uniform(0.5, 1.2) * height
    stripe = inside(np.abs(x - middle) - 0.8) * inside(-height) * sheet.chance(0.6)
    tone = paint(tone, stripe * sporty, sheet.contrast())
    laces = between(shoe.rise - height, 0, 2.4) * between(x, -0.4 * shoe.half, 0.15 * shoe.half)
    laces = laces * inside(np.abs(x % 2 - 1) - 0.5)
    return paint(tone, laces * sporty, sheet.contrast())


# In the official order: a garment's label is its place here.
GARMENTS = {
    "T-shirt/top": partial(upper_garment, cut=TSHIRT),
    "Trouser": trouser,
    "Pullover": partial(upper_garment, cut=PULLOVER),
    "Dress": partial(upper_garment, cut=DRESS),
    "Coat": partial(upper_garment, cut=COAT),
    "Sandal": partial(footwear, last=SANDAL),
    "Shirt": partial(upper_garment, cut=SHIRT),
    "Sneaker": partial(footwear, last=SNEAKER),
    "Bag": bag,
    "Ankle boot": partial(footwear, last=BOOT),
}


def draw(
    train_per_class: int = TRAIN_PER_CLASS, test_per_class: int = TEST_PER_CLASS, seed: int = 0
) -> Wardrobe:
    """A whole wardrobe: every kind of garment equally often, in shuffled order.

    The same arguments give the same wardrobe. Raises ValueError, naming the argument, if a count is
    not a whole number of at least 1, or the seed not one of at least 0.
    """
    _check_whole("train_per_class", train_per_class, least=1)
    _check_whole("test_per_class", test_per_class, least=1)
    _check_whole("seed", seed, least=0)
    train, test = np.random.SeedSequence(seed).spawn(2)
    return Wardrobe(*_split(train_per_class, train), *_split(test_per_class, test))


def _check_whole(name: str, value: object, least: int) -> None:
    try:
        fine = not isinstance(value, bool | np.bool_) and operator.index(value) >= least
    except TypeError:
        fine = False
    if not fine:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")


def _split(per_class: int, stream: np.random.SeedSequence) -> tuple[np.ndarray, np.ndarray]:
    """Shuffled images and labels, `per_class` of each kind."""
    shuffle, *streams = (np.random.default_rng(s) for s in stream.spawn(1 + len(GARMENTS)))
    places = shuffle.permutation(per_class * len(GARMENTS)).reshape(len(GARMENTS), per_class)
    images = np.empty((places.size, SIZE, SIZE), np.uint8)
    labels = np.empty(places.size, np.uint8)
    for label, (garment, rng) in enumerate(zip(GARMENTS.values(), streams, strict=True)):
        labels[places[label]] = label
        for start in range(0, per_class, BLOCK):
            block = places[label, start : start + BLOCK]
            images[block] = _develop(rng, *garment(Sheet(rng, len(block))))
    return images, labels


def _develop(rng: np.random.Generator, mask: Array, tone: Array) -> np.ndarray:
    """Grey levels, uint8 (n, 28, 28), of cloth with a grain before a black background."""
    grain = NOISE * rng.standard_normal(mask.shape, np.float32)
    return (mask * np.clip(255 * tone + grain, DARKEST, 255) + 0.5).astype(np.uint8)


def fingerprint() -> str:
    """A hash of what the draw depends on: this module's source, and NumPy's major.minor version."""
    source = Path(__file__).read_text(encoding="utf-8")  # in text mode every line ends in \n
    version = ".".join(np.__version__.split(".")[:2])
    return hashlib.sha256(f"{version}\n{source}".encode()).hexdigest()[:16]


def cached(folder: Path) -> Wardrobe:
    """The full draw, from a file in `folder` if it is there and whole, else drawn and kept there.

    The file is named by `fingerprint`, so another version of the generator never answers. If it
    cannot be written, the draw is returned all the same and the log says why.
    """
    path = Path(folder) / f"standin-{fingerprint()}.npz"
    wardrobe = _read(path)
    if wardrobe is None:
        wardrobe = draw(TRAIN_PER_CLASS, TEST_PER_CLASS)
        try:
            _write(path, wardrobe)
        except OSError as error:
            logger.warning("The stand-in's cache could not be written: %s", error)
    return wardrobe


def _read(path: Path) -> Wardrobe | None:
    """The wardrobe in a file, or None if it cannot be read or is not what was written."""
    try:
        with np.load(path, allow_pickle=False) as file:  # compares the file's own checksums
            wardrobe = Wardrobe(**file)
        for images, labels, per_class in (
            (wardrobe.train_images, wardrobe.train_labels, TRAIN_PER_CLASS),
            (wardrobe.test_images, wardrobe.test_labels, TEST_PER_CLASS),
        ):
            if images.dtype != np.uint8 or labels.dtype != np.uint8:
                raise ValueError("it holds numbers of another type")
            if images.shape != (labels.size, SIZE, SIZE):
                raise ValueError("the images have another shape")
            if np.bincount(labels).tolist() != [per_class] * len(GARMENTS):
                raise ValueError("the labels are not balanced")
    except OSError:
        return None  # most often because there is no file yet
    except Exception as error:  # a damaged file may raise nearly anything
        logger.warning("The stand-in's cache is damaged and is drawn again: %s", error)
        return None
    return wardrobe


def _write(path: Path, wardrobe: Wardrobe) -> None:
    """Write a wardrobe whole or not at all: beside its place first, then moved there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            np.savez(file, **wardrobe._asdict())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
