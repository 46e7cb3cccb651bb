"""Checkers for the chapter on the dataset."""

from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np

from lessons_src.data import FashionMNIST, load
from lessons_src.exercises import Exercise, Unclear
from lessons_src.exercises._differences import difference_exercise


@dataclass(frozen=True, eq=False)
class Shapes:
    """Three shapes and the name of a class, as answered, beside the data."""

    given: tuple[tuple[int, ...] | int, ...]
    name: str
    data: FashionMNIST

    @cached_property
    def brightness(self) -> np.ndarray:
        """The mean of each training image."""
        return self.data.train_images.mean(axis=(1, 2))

    @cached_property
    def wanted(self) -> tuple[tuple[int, ...], ...]:
        """The three shapes."""
        images, labels = self.data.train_images, self.data.train_labels
        return images[:, :14].shape, self.brightness.shape, images[labels == 8].shape

    def is_name(self, label: int) -> bool:
        """Whether the class named in the answer is the one with this label."""
        return self.data.class_names[label].lower() == self.name

    @cached_property
    def by_class(self) -> np.ndarray:
        """The mean brightness of each class."""
        labels = self.data.train_labels
        return np.array([self.brightness[labels == c].mean() for c in range(10)])


def read_shapes(answer: Any) -> Shapes:
    """Take the answer apart: three shapes and a name."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Unclear("Give a pair: the three shapes, and the name of a class.")
    shapes, name = answer
    if not isinstance(shapes, tuple | list) or len(shapes) != 3:
        raise Unclear("Give the shapes as a tuple of three, each of them a tuple itself.")
    given = tuple(tuple(shape) if isinstance(shape, list) else shape for shape in shapes)
    for shape in given:
        axes = shape if isinstance(shape, tuple) else (shape,)
        if not all(isinstance(axis, Integral) and not isinstance(axis, bool) for axis in axes):
            raise Unclear("A shape is a tuple of whole numbers, and one of yours is not.")
    data = load()
    names = [known.lower() for known in data.class_names]
    if not isinstance(name, str) or name.strip().lower() not in names:
        raise Unclear("Give the brightest class by its name, as text out of data.class_names.")
    return Shapes(given, name.strip().lower(), data)


def _images(given: Shapes) -> int:
    return len(given.data.train_images)


SHAPES = Exercise(
    read=read_shapes,
    right=lambda a: a.given == a.wanted and a.is_name(a.by_class.argmax()),
    praise="A slice shortens its axis, a mean takes its axes away, a comparison selects images, "
    "and the brightness that is left for each image can be averaged again by class.",
    mistakes=(
        (
            lambda a: any(not isinstance(shape, tuple) for shape in a.given),
            "A shape is a tuple even when it has one axis: mind the comma.",
        ),
        (
            lambda a: any(shape[:1] == (len(a.data.full_images),) for shape in a.given),
            "You count all official images; a fifth of them was held out for validation.",
        ),
        (
            lambda a: a.given[0] == (_images(a), 28, 14),
            "The first shape: which axis stands second, the rows of an image or its columns?",
        ),
        (
            lambda a: a.given[0] == (14, 28, 28),
            "The first shape: a colon alone keeps the whole of its axis, and it stands first.",
        ),
        (lambda a: a.given[0] != a.wanted[0], "Look at the first shape again, axis by axis."),
        (
            lambda a: a.given[1] == (28, 28),
            "The second shape: axis=(1, 2) names the axes that go, not those that stay.",
        ),
        (
            lambda a: a.given[1] == (),
            "The second shape: you average over everything; one axis is not named there.",
        ),
        (
            lambda a: a.given[1] == (_images(a), 1, 1),
            "The second shape: an axis that is averaged over goes altogether, unless you ask "
            "for keepdims.",
        ),
        (lambda a: a.given[1] != a.wanted[1], "The second shape: which axes does the mean leave?"),
        (
            lambda a: a.given[2] in ((28, 28), (1, 28, 28)),
            "The third shape: the comparison picks no single image but all that carry the label.",
        ),
        (
            lambda a: a.given[2] == a.data.train_images.shape,
            "The third shape: only the images for which the comparison is true are kept.",
        ),
        (
            lambda a: a.given[2] != a.wanted[2],
            "The third shape: how many training images has a class, and what stays of each?",
        ),
        (
            lambda a: a.is_name(a.by_class.argmin()),
            "The shapes are right. That class is the darkest: 0 is black, and 255 is white.",
        ),
        (
            lambda a: a.is_name(a.data.train_labels[a.brightness.argmax()]),
            "The shapes are right. That class holds the brightest single image; average over the "
            "images of each class before you compare.",
        ),
    ),
    fallback=lambda a: (
        "The shapes are right. Another class is brighter: take the mean of the second array over "
        "the images of each class, and compare the ten."
    ),
)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The place of an image, as answered, beside the distances and nearest training images."""

    place: int
    distance: np.ndarray
    nearest: np.ndarray
    misled: np.ndarray  # the places where the two labels differ

    @cached_property
    def closest(self) -> np.ndarray:
        """The places that are right; more than one only where distances are equal."""
        distances = self.distance[self.misled]
        return self.misled[distances == distances.min()]


def read_place(answer: Any, distance: Any, nearest: Any) -> Neighbours:
    """Take the place, and what it is a place in."""
    data = load()
    try:
        distance, nearest = np.array(distance, dtype=float), np.array(nearest)
        given, true = data.train_labels[nearest], data.validation_labels[: len(distance)]
        fits = nearest.shape == distance.shape == true.shape and np.isfinite(distance).all()
    except Exception:  # whatever numpy makes of arrays that are none
        fits = False
    if not fits:
        raise Unclear("Pass distance and nearest as the chapter computed them.")
    misled = np.flatnonzero(given != true)
    if not len(misled):
        raise Unclear("In this sample no image is misled, so there is none to be found.")
    if isinstance(answer, np.ndarray) and answer.size == 1:
        answer = answer.item()
    if not isinstance(answer, Integral) or isinstance(answer, bool):
        raise Unclear("Give one whole number: the place of an image among those asked about.")
    return Neighbours(int(answer), distance, nearest, misled)


CLOSEST = Exercise(
    read=read_place,
    right=lambda a: a.place in a.closest,
    praise="A small distance between pixels is no promise of the same label.",
    mistakes=(
        (
            lambda a: a.place == a.distance.argmin() and a.place not in a.misled,
            "That image lies closest of all, but its neighbour is of its own class. Compare the "
            "two labels first, then search among those that differ.",
        ),
        (
            lambda a: a.place in a.nearest[a.closest],
            "That is the number of the training image. The place of the validation image that it "
            "misleads is asked for.",
        ),
        (
            lambda a: a.place == a.distance[a.misled].argmin(),
            "That is a place in the shorter list of misled images. Which place has the same image "
            "in the list of all?",
        ),
        (
            lambda a: a.place == a.misled[a.distance[a.misled].argmax()],
            "That image is misled, and lies furthest from its neighbour: a small distance means "
            "close.",
        ),
        (
            lambda a: not 0 <= a.place < len(a.distance),
            "There is no such place: count from 0, among the images that were asked about.",
        ),
        (
            lambda a: a.place not in a.misled,
            "That image is not misled: its label and that of its neighbour agree.",
        ),
    ),
    fallback=lambda a: "That image is misled, but another one lies closer to its wrong neighbour.",
)

EXERCISES = {
    "dataset-1": SHAPES,
    "dataset-2": CLOSEST,
    "dataset-3": difference_exercise(
        "The same seeds on both sides take much of chance out of the comparison, and the rule "
        "asks both ends of the interval, not its middle."
    ),
}
