"""Checkers for the chapter on the dataset.

The second exercise is code and not data, since what is right depends on the reader's own run.
"""

import operator
from typing import Any

import numpy as np

from lessons_src.data import load
from lessons_src.exercises import Exercise, Unclear, reading
from lessons_src.exercises._answers import Choice, Depending, Parts, Shape
from lessons_src.exercises._differences import Difference

PAIR = "Give a pair: three shapes, each a tuple (mind the comma), and a class's name."
ALL_IMAGES = (
    "You count all official images, but some of them were held out for validation, and are not "
    "among those for training."
)


def shapes_and_class() -> Parts:
    """Three shapes, and the class that is brightest on average, in the data set that is loaded."""
    data = load()
    images, labels = data.train_images, data.train_labels
    n, bags, official = len(images), int((labels == 8).sum()), len(data.full_images)
    names = [
        data.class_names[c] for c in np.argsort([images[labels == c].mean() for c in range(10)])
    ]
    top_halves = Shape(
        (n, 14, 28),
        {
            ALL_IMAGES: [official],
            "The first shape: does axis 1 count rows or columns?": [(n, 28, 14)],
        },
        "The first shape: go through it axis by axis; a colon alone keeps the whole of its axis.",
        request=PAIR,
    )
    brightness = Shape(
        (n,),
        {
            ALL_IMAGES: [official],
            "The second shape: axis=(1, 2) names the axes that go.": [(28, 28)],
        },
        "The second shape: which axes does the mean leave?",
        request=PAIR,
    )
    selected = Shape(
        (bags, 28, 28),
        {"The third shape: how many images carry the label?": [(28, 28)]},
        "The third shape: how many of the training images does the comparison keep, and what of "
        "each of them?",
        request=PAIR,
    )
    brightest = Choice(
        names[-1],
        {
            "The shapes are right. That class is the darkest on average: 0 is black, and 255 is "
            "white.": names[:1]
        },
        "The shapes are right. Another class is brighter: take the mean of the second array over "
        "the images of each class, and compare the ten.",
        options=names,
        request="Give the brightest class by its name, as text out of data.class_names.",
    )
    return Parts(
        parts=[Parts(parts=[top_halves, brightness, selected], request=PAIR), brightest],
        request=PAIR,
        praise="A slice shortens its axis, a mean takes its axes away, a comparison selects "
        "images, and the brightness that is left for each image can be averaged again by class.",
    )


class Place(Exercise):
    """Which of the images asked about is misled, and lies closest to what misleads it."""

    def compare(self, answer: Any, distance: Any, nearest: Any) -> tuple[bool, dict[str, bool]]:
        data = load()
        with reading("Pass distance and nearest as the chapter computed them."):
            distance, nearest = np.array(distance, dtype=float), np.array(nearest)
            given, true = data.train_labels[nearest], data.validation_labels[: len(distance)]
            if not (nearest.shape == distance.shape == true.shape and np.isfinite(distance).all()):
                raise ValueError
        misled = np.flatnonzero(given != true)
        if not len(misled):
            raise Unclear("In this sample no image is misled, so there is none to be found.")
        with reading("Give one whole number: the place of an image among those asked about."):
            place = operator.index(np.array(answer).item())
        # More than one place is right only where distances are equal.
        right = misled[distance[misled] == distance[misled].min()]
        return place in right, {
            "That image lies closest of all, but its neighbour is of its own class. Compare the "
            "two labels first, then search among those that differ.": place == distance.argmin(),
            "That is the number of the training image. The place of the validation image that it "
            "misleads is asked for.": place in nearest[right],
            "That is a place in the shorter list of misled images. Which place has the same image "
            "in the list of all?": place == distance[misled].argmin(),
            "There is no such place: count from 0.": not 0 <= place < len(distance),
            "That image is not misled: its label and that of its neighbour agree.": (
                place not in misled
            ),
            "That image is misled, but another one lies closer to its wrong neighbour.": True,
        }


EXERCISES = {
    "dataset-1": Depending(declare=shapes_and_class),
    "dataset-2": Place(praise="A small distance between pixels is no promise of the same label."),
    "dataset-3": Difference(
        praise="The same seeds on both sides take much of chance out of the comparison, and the "
        "rule asks both ends of the interval, not its middle.",
    ),
}
