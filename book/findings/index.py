"""Findings of the front page: five results that were not expected, and one of the question there.

Each takes what a chapter records and says no more than that chapter does.
"""

import numpy as np

from book.findings import expect, finding
from book.findings._scores import ahead, finite, late, negative, positive, score
from lessons_src.recorded import Record, shared
from lessons_src.stats import MARGIN, Interval, mean_interval, paired_difference

DENSE = "784–128–10"
#: T-shirt/top, pullover, coat and shirt: all that is worn above the waist, dresses aside.
TOPS = [0, 2, 4, 6]
#: Of the answers that `long_run` keeps, those after its tenth epoch.
TENTH_EPOCH = 0
WRONG_AND_SURE = 1  # of the kinds of answers in that record


def after(record: Record, case: str, epochs: int) -> np.ndarray:
    """Score of a run as if it had ended after so many epochs, shape (seeds,)."""
    return late(finite(record(case, "val_accuracy_curve"))[:, :epochs])


# --- 1. The order of the pixels ----------------------------------------------


@finding
def shuffled_dense(permutation: Record, long_run: Record) -> Interval:
    """Shuffled minus ordered pixels, 784–128–10, ten epochs, as a share."""
    both = shared(score(permutation, DENSE), after(long_run, DENSE, 10))
    change = paired_difference(*both)
    expect(change.low > -MARGIN and change.high < MARGIN, "shuffling changes next to nothing")
    return change


@finding
def shuffled_convolutional(permutation_convolutional: Record, architectures: Record) -> Interval:
    """Shuffled minus ordered pixels, the small convolutional network, five epochs, as a share."""
    case = "convolutional"
    both = shared(score(permutation_convolutional, case), after(architectures, case, 5))
    change = paired_difference(*both)
    expect(change.high < -0.01, "shuffling costs the convolutional network points")
    return change


# --- 2. No hidden layer ------------------------------------------------------


@finding
def no_hidden_layer(architectures: Record) -> Interval:
    """Score of softmax regression after ten epochs of Adam."""
    found = mean_interval(score(architectures, "softmax regression"))
    expect(found.low > 0.8, "four of five are right without a hidden layer")
    return found


# --- 3. ReLU and sigmoid -----------------------------------------------------

SERIES = "{}, 2 hidden, SGD 0.01, batch 1000, scaled"


@finding
def far_ahead(printed_search: Record) -> Interval:
    """ReLU minus sigmoid, two hidden layers, plain SGD, batches of 1,000, after ten epochs.

    On the test images, which the series scored; it is the race that chapter 3 begins with.
    """
    ends = (
        finite(printed_search(SERIES.format(name), "test_accuracy"))[:, -1]
        for name in ("relu", "sigmoid")
    )
    found = paired_difference(*shared(*ends))
    expect(found.low > 0.1, "ReLU is far ahead")
    return found


@finding
def not_ahead(activations: Record) -> Interval:
    """ReLU minus sigmoid, one hidden layer, Adam, batches of 32, ten epochs."""
    found = ahead(activations, *(f"{a}, 1 hidden, Adam 0.001" for a in ("relu", "sigmoid")))
    expect(found.low > -MARGIN and found.high < MARGIN, "the two are level")
    return found


# --- 4. Small batches --------------------------------------------------------


@finding
def small_by_epochs(batch_sizes: Record) -> Interval:
    """Batches of 32 minus batches of 4,096, Adam, ten epochs each."""
    return positive(ahead(batch_sizes, "32, 10 epochs", "4096, 10 epochs"))


@finding
def small_by_updates(batch_sizes: Record) -> Interval:
    """The same after 1,500 updates each."""
    return negative(ahead(batch_sizes, "32, 1,500 updates", "4096, 1,500 updates"))


# --- 5. Wrong and sure -------------------------------------------------------


@finding
def sure_mistakes(long_run: Record) -> Interval:
    """Share of the held-out images that are answered wrong at 0.9 or more, after ten epochs."""
    found = share_of_kind(long_run, "kind_images")
    expect(found.low > 0.01 and found.high < 0.03, "they are some two in a hundred images")
    return found


@finding
def their_loss(long_run: Record) -> Interval:
    """Their share of the loss over the held-out images."""
    found = share_of_kind(long_run, "kind_loss")
    expect(found.low > 0.2 and found.high < 0.3, "they make a quarter of the loss")
    return found


def share_of_kind(long_run: Record, name: str) -> Interval:
    """What is wrong and sure, as a share of all kinds of answers."""
    kinds = long_run(DENSE, name)[:, TENTH_EPOCH]
    return mean_interval(kinds[:, WRONG_AND_SURE] / kinds.sum(axis=1))


# --- The question on the front page ------------------------------------------


@finding
def tops_right(long_run: Record) -> Interval:
    """Share of T-shirts, pullovers, coats and shirts that 784–128–10 gets right, ten epochs."""
    confusion = long_run(DENSE, "confusion")[:, TENTH_EPOCH][:, TOPS]
    right = confusion[:, range(len(TOPS)), TOPS].sum(axis=1)
    found = mean_interval(right / confusion.sum(axis=(1, 2)))
    expect(found.low > 0.6 and found.high < 0.85, "about three quarters, not nearly all")
    return found
