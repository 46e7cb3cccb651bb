"""The checkers of the exercises: what they accept, and what they say to typical mistakes."""

import sys
from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special as scipy_special
from scipy import stats as scipy_stats
from sklearn.utils.class_weight import compute_class_weight

from lessons_src import exercises, scratch
from lessons_src.data import _data_set
from lessons_src.exercises import (
    NOTHING_YET,
    check,
    crossentropy,
    dataset,
    dense_design,
    known,
    trial_and_error,
)
from lessons_src.exercises._differences import judge_difference
from lessons_src.stats import (
    Interval,
    mean_interval,
    paired_difference,
    prediction_interval,
    wilson,
)


@pytest.fixture(autouse=True)
def small_data(small_wardrobe, monkeypatch):
    """The chapters' data for the checkers: 800 training and 200 validation images."""
    data = _data_set(*small_wardrobe, source="synthetic", origin="", fingerprint="")
    monkeypatch.setattr(dataset, "load", lambda: data)
    return data


# --- Right answers and typical mistakes, exercise by exercise --------------------------------

OLD = np.array([0.870, 0.874, 0.866])
NEW = OLD + np.array([0.010, 0.004, 0.007])  # likely worth something, but three seeds are few
GAIN = paired_difference(NEW, OLD)
ACCURACIES = {"new": NEW, "old": OLD}
CLEAR = {"new": OLD + np.array([0.0060, 0.0062, 0.0061]), "old": OLD}
SLIGHT = {"new": OLD + np.array([0.0010, 0.0012, 0.0011]), "old": OLD}


def interval_by(half):
    return Interval(GAIN.estimate, GAIN.estimate - half, GAIN.estimate + half)


def unrelated(new, old):
    ends = scipy_stats.ttest_ind(new, old).confidence_interval()
    return Interval(new.mean() - old.mean(), *ends)


def ends_subtracted(new, old):
    a, b = mean_interval(new), mean_interval(old)
    return Interval(a.estimate - b.estimate, a.low - b.high, a.high - b.low)


SPREAD = (NEW - OLD).std(ddof=1)
DIFFERENCES = [
    ((paired_difference(OLD, NEW), "undecided"), ACCURACIES, "sign"),
    ((Interval(0.7, -0.3, 1.7), "holds"), ACCURACIES, "same unit"),
    ((mean_interval(NEW), "holds"), ACCURACIES, "same unit"),
    ((unrelated(NEW, OLD), "undecided"), ACCURACIES, "unrelated"),
    ((ends_subtracted(NEW, OLD), "undecided"), ACCURACIES, "unrelated"),
    ((interval_by(SPREAD), "holds"), ACCURACIES, "scatter"),
    ((prediction_interval(NEW - OLD), "undecided"), ACCURACIES, "scatter"),
    ((interval_by(1.96 * SPREAD / 3**0.5), "holds"), ACCURACIES, "wider tails"),
    ((interval_by(2 * (NEW - OLD).std() / 3**0.5), "holds"), ACCURACIES, "wider tails"),
    ((interval_by(SPREAD / 3**0.5), "holds"), ACCURACIES, "level"),
    ((paired_difference(NEW, OLD, 0.9), "holds"), ACCURACIES, "level"),
    ((GAIN, "holds"), ACCURACIES, "another verdict"),
    ((paired_difference(*SLIGHT.values()), "holds"), SLIGHT, "another verdict"),
]


def by_layer(per_layer):
    return lambda sizes: sum(per_layer(a, b) for a, b in pairwise(sizes))


def right_count(sizes):
    total, before = 0, sizes[0]
    for units in sizes[1:]:
        total += before * units + units
        before = units
    return total


def emptied(sizes):
    total = 0
    while len(sizes) > 1:
        units = sizes.pop()
        total += (sizes[-1] + 1) * units
    return total


def three_sizes(sizes):
    inputs, hidden, outputs = sizes
    return (inputs + 1) * hidden + (hidden + 1) * outputs


COUNTS = [
    (by_layer(lambda a, b: a * b), "weights alone"),
    (by_layer(lambda a, b: (b + 1) * a), "belong to the inputs"),
    (by_layer(lambda a, b: a * b + 1), "whole layer"),
    (sum, "count units"),
    (emptied, "work on a copy"),
    (three_sizes, "[784, 10], your function stops with ValueError"),
    (lambda sizes: 101_770, "same number"),
    (lambda sizes: sizes[0] * sizes[-1], "Draw one layer"),
    (lambda sizes: [right_count(sizes)] * 2, "where one number is wanted"),
]


def exp_rows(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def right_softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def softmax_in_place(z):
    z -= z.max(axis=1, keepdims=True)
    return exp_rows(z)


def no_keepdims(z):
    powers = np.exp(z - z.max(axis=1)[:, None])
    return powers / powers.sum(axis=1)


SOFTMAXES = [
    (lambda z: right_softmax(z.T).T, "columns"),
    (lambda z: np.exp(z) / np.sum(np.exp(z)), "Your rows"),
    (np.exp, "Your rows"),
    (lambda z: z / z.sum(axis=1, keepdims=True), "logits themselves"),
    (lambda z: np.exp(z) / np.exp(z).sum(axis=1), "beside its row"),
    (no_keepdims, "beside its row"),
    (lambda z: exp_rows(z - z.max(axis=1)), "beside its row"),
    (lambda z: (p := np.exp(z - z.max(axis=1))) / p.sum(axis=1), "beside its row"),
    (exp_rows, "overflows"),
    (lambda z: exp_rows(z - z.max()), "another one's row"),
    (softmax_in_place, "work on a copy"),
    (lambda z: right_softmax(np.clip(z, -500, 500)), "logits 1 and 0"),
    (lambda z: right_softmax(z)[0], "shape (10,), where the shape (10, 10) is wanted"),
    (lambda z: right_softmax(z[:3] + z[4:8]), "stops with ValueError"),
    (lambda z: np.where(z > 0, np.nan, right_softmax(z)), "NaN or infinity"),
]


def relu(sums):
    return np.maximum(sums, 0)


def forward_with(flatten=lambda x: x.reshape(len(x), -1), hidden=relu, end=right_softmax):
    return lambda x, w1, b1, w2, b2: end(hidden(flatten(x) @ w1 + b1) @ w2 + b2)


right_forward = forward_with()


def forward_by_loop(x, w1, b1, w2, b2):
    rows = []
    for image in x:
        sums = np.dot(image.ravel(), w1) + b1
        sums[sums < 0] = 0
        rows.append(right_softmax((np.dot(sums, w2) + b2)[None])[0])
    return rows


FORWARDS = [
    (forward_with(hidden=lambda s: np.max(s, 0)), "one largest number"),
    (forward_with(hidden=lambda s: s), "activation is missing"),
    (lambda x, w1, b1, w2, b2: right_forward(x, w1, 0, w2, 0), "something is still to be added"),
    (lambda x, w1, b1, w2, b2: right_forward(x, w1, 0, w2, b2), "something is still to be added"),
    (forward_with(lambda x: x), "rows of 784"),
    (forward_with(end=lambda s: s), "no probabilities"),
    (forward_with(end=exp_rows), "overflow"),
    (forward_with(end=lambda s: s.argmax(axis=1)), "shape (5,), where"),
    (forward_with(lambda x: x.reshape(5, 784)), "(1, 28, 28), your function stops"),
    (lambda x, w1, *rest: right_forward(x, w1.T, *rest), "stops with ValueError"),
    (forward_with(hidden=np.tanh), "order of the steps"),
]


def take(images, places):
    return images.reshape(len(images), -1)[:, places].reshape(images.shape)


def right_restore(moved, order):
    return take(moved, np.argsort(order))


def restore_by_places(moved, order):
    old = np.empty((len(moved), 784))
    old[:, order] = moved.reshape(len(moved), 784)
    return old.reshape(-1, 28, 28)


def restore_in_place(moved, order):
    moved[:] = right_restore(moved, order)
    return moved


RESTORED = [
    (lambda moved, order: moved.copy(), "Nothing has moved"),
    (take, "once more"),
    (lambda moved, order: take(moved, order[::-1]), "from its end"),
    (lambda moved, order: moved[np.argsort(order)], "whole images"),
    (lambda moved, order: moved[:, order], "axis of 28"),
    (restore_in_place, "work on a copy"),
    (lambda moved, order: right_restore(moved, order).reshape(3, -1), "shape (3, 784), where"),
    (lambda moved, order: right_restore(moved, order)[:, ::-1], "keeps its own pixels"),
]


def right_collapse(w1, b1, w2, b2):
    return np.vstack([w1 @ w2, b1 @ w2 + b2])


def collapse_by_images(w1, b1, w2, b2):
    """From what comes out for rows of zeros but for a single one."""
    row = b1 @ w2 + b2
    return [*((one @ w1 + b1) @ w2 + b2 - row for one in np.eye(len(w1))), row]


COLLAPSED = [
    (lambda w1, b1, w2, b2: np.vstack([w1 @ w2, b1 + b2]), "has to meet the first"),
    (lambda w1, b1, w2, b2: np.vstack([w1 @ w2, b1 @ w2]), "added last of all"),
    (lambda w1, b1, w2, b2: np.vstack([w1 @ w2, b2]), "what becomes of them"),
    (lambda w1, b1, w2, b2: np.vstack([w2 @ w1, b1 @ w2 + b2]), "In which order"),
    (lambda w1, b1, w2, b2: np.vstack([w1 * w2, b1 * b2]), "number by number"),
    (lambda w1, b1, w2, b2: w1 @ w2, "return the biases as well"),
    (lambda w1, b1, w2, b2: right_collapse(w1.T, b1, w2, b2), "multiply out"),
    (lambda w1, b1, w2, b2: right_collapse(w1, b1, w2, b2).T, "shape (4, 5), where"),
]


def right_slope(z):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s)


SLOPES = [
    (lambda z: 1 / (1 + np.exp(-z)), "sigmoid itself"),
    (lambda z: 1 - 1 / (1 + np.exp(-z)), "one minus sigmoid"),
    (np.exp, "steepest"),
    (lambda z: z * (1 - z), "z itself"),
    (lambda z: (z > 0) * 1.0, "slope of ReLU"),
    (lambda z: -right_slope(z), "check the sign"),
    (lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2, "at −1000"),
    (lambda z: np.exp(z) / (1 + np.exp(z)) ** 2, "at 1000"),
    (lambda z: right_slope(z) * 4, "At 0 the slope"),
    (lambda z: right_slope(z).max(), "where the shape (5,) is wanted"),
]


def right_run(scores):
    ends = scipy_stats.t(len(scores) - 1).interval(0.95)
    return scores.mean() + np.array(ends) * scores.std(ddof=1) * np.sqrt(1 + 1 / len(scores))


def run_with(spread=lambda n: np.sqrt(1 + 1 / n), quantile=scipy_stats.t, ddof=1, free=1):
    def ends(scores):
        n = len(scores)
        at = quantile(n - free).ppf(0.975) if callable(quantile) else quantile
        half = at * scores.std(ddof=ddof) * spread(n)
        return scores.mean() - half, scores.mean() + half

    return ends


OWN_RUNS = [
    (run_with(lambda n: n**-0.5), "interval of the mean"),
    (run_with(lambda n: 1), "mean itself is uncertain"),
    (run_with(quantile=1.96), "know the standard deviation badly"),
    (run_with(quantile=lambda free: OneSided(free)), "on one side alone"),
    (run_with(free=0), "one degree of freedom"),
    (run_with(ddof=0), "divides by n"),
    (lambda scores: (scores.min(), scores.max()), "smallest and the largest"),
    (lambda scores: run_with()(scores)[1] - run_with()(scores)[0], "shape (2,) is wanted"),
    (lambda scores: run_with()(scores)[::-1], "mean less half the width"),
]


class OneSided:
    def __init__(self, free):
        self.free = free

    def ppf(self, _):
        return scipy_stats.t(self.free).ppf(0.95)


LOG_DRAWS = [
    (lambda u, low, high: np.interp(u, [0, 1], [low, high]), "the linear scale"),
    (lambda u, low, high: np.interp(u, [0, 1], np.log([low, high])), "One step is missing"),
    (lambda u, low, high: np.interp(u, [0, 1], np.log10([low, high])), "One step is missing"),
    (lambda u, low, high: (high / low) ** u, "where does it begin"),
    (lambda u, low, high: np.geomspace(high, low, len(u)), "from the upper end"),
    (lambda u, low, high: 10 ** np.interp(u, [0, 1], np.log([low, high])), "different bases"),
    (lambda u, low, high: np.exp(np.interp(u, [0, 1], np.log10([low, high]))), "different bases"),
    (lambda u, low, high: low * (high / low) ** (u**2), "half-way"),
    (lambda u, low, high: low, "where the shape (6,) is wanted"),
]


def halving_by_lists(curves, keep=slice(4, None), again=False, cost=lambda spent: spent):
    left, before, spent = list(range(8)), 0, 0
    for epoch in (1, 2, 4):
        spent += len(left) * (epoch - before)
        before = 0 if again else epoch
        left = sorted(left, key=lambda row: curves[row][epoch - 1])
        left = left[: len(left) // 2] if keep == "worst" else left[len(left) // 2 :]
    return left[0], cost(spent + len(curves[0]) - before)


HALVINGS = [
    (lambda c: halving_by_lists(c, "worst"), "the worse half"),
    (lambda c: (c[:, -1].argmax(), c.size), "train all rows"),
    (lambda c: (halving_by_lists(c)[0], c.size), "train all rows"),
    (lambda c: (c[:, -1].argmax(), halving_by_lists(c)[1]), "cannot win"),
    (lambda c: (0, halving_by_lists(c)[1]), "among all eight"),
    (lambda c: halving_by_lists(c, again=True), "from the first epoch again"),
    (lambda c: halving_by_lists(c, cost=lambda spent: 16), "to the end"),
    (lambda c: halving_by_lists(c, cost=lambda spent: spent + 1), "by hand"),
    (lambda c: halving_by_lists(c)[0], "where the shape (2,) is wanted"),
]


def draws_by_trying(share, sure):
    n, missed = 0, 1.0
    while missed > 1 - sure:
        n, missed = n + 1, missed * (1 - share)
    return n


DRAWN = [
    (lambda share, sure: np.ceil(np.log(sure) / np.log(share)), "ends are exchanged"),
    (lambda share, sure: np.ceil(np.log(1 - share) / np.log(1 - sure)), "ends are exchanged"),
    (lambda share, sure: 1 / share, "on average"),
    (lambda share, sure: np.ceil(sure / share), "do not add up"),
    (lambda share, sure: np.log(1 - sure) / np.log(1 - share), "whole numbers"),
    (lambda share, sure: draws_by_trying(share, sure) - 1, "whole numbers"),
    (lambda share, sure: draws_by_trying(share, sure) + 1, "both miss"),
]

COMMAND = "python -m experiments.search --study autumn --trials 10 --storage "
ADDRESS = "postgresql+psycopg://searcher@db.example.org/searches"
COMMANDS = [
    (COMMAND + ADDRESS.replace("@", ":tulip@"), "better places"),
    ("PGPASSWORD=tulip " + COMMAND + ADDRESS, "better places"),
    (COMMAND.replace("experiments.search", "search") + ADDRESS, "own module"),
    (COMMAND.replace("--storage ", ""), "a file of its own"),
    (COMMAND + "searches.journal", "by one machine"),
    (COMMAND + "sqlite:///searches.db", "by one machine"),
    (COMMAND + ADDRESS.replace("db.example.org", "localhost"), "this very machine"),
    (COMMAND + ADDRESS.replace("searcher@", ""), "wrong places"),
    (COMMAND + ADDRESS.replace("postgresql+psycopg", "mysql"), "wrong places"),
    (COMMAND.replace("autumn", "spring") + ADDRESS, "the same study"),
    (COMMAND.replace("10", "50") + ADDRESS, "does itself"),
]


def right_noise(estimates, whole):
    lengths = np.linalg.norm(estimates - whole, axis=1)
    return (lengths**2).mean() ** 0.5 / np.linalg.norm(whole)


def spread_of(estimates):
    return np.sqrt(((estimates - estimates.mean(axis=0)) ** 2).sum(axis=1).mean())


NOISES = [
    (lambda e, w: right_noise(e, w) * np.linalg.norm(w), "own unit"),
    (lambda e, w: right_noise(e, w) ** 2, "squares are never undone"),
    (lambda e, w: right_noise(e, w) / np.sqrt(len(w)), "over the weights as well"),
    (
        lambda e, w: np.linalg.norm(e - w, axis=1).mean() / np.linalg.norm(w),
        "mean of the lengths",
    ),
    (lambda e, w: np.linalg.norm((e - w).mean(axis=0)) / np.linalg.norm(w), "have cancelled"),
    (lambda e, w: spread_of(e) / np.linalg.norm(w), "their own mean. From"),
    (lambda e, w: np.abs(e - w).mean(), "from the inside"),
    (lambda e, w: np.linalg.norm(e - w, axis=1), "where one number is wanted"),
]


def right_suggestion(rates, losses):
    finite = np.isfinite(losses)
    return 0.1 * rates[finite][losses[finite].argmin()]


SUGGESTIONS = [
    (lambda rates, losses: 10 * right_suggestion(rates, losses), "which is the limit"),
    (lambda rates, losses: losses.min(), "You return a loss"),
    (lambda rates, losses: int(np.nanargmin(losses)), "place in the list"),
    (lambda rates, losses: rates[losses.argmax()] / 10, "highest loss"),
    (lambda rates, losses: rates[losses.argmin()] / 10, "wins in your search"),
    (lambda rates, losses: rates.min(), "lowest, then"),
    (lambda rates, losses: rates / 10, "where one number is wanted"),
]


def right_walk(scores, row):
    column = max(range(scores.shape[1]), key=lambda j: scores[row, j])
    return max(map(max, scores)) - max(scores[:, column])


def end_of_walk(scores, row):
    return scores[:, np.argmax(scores[row])].max()


WALKS = [
    (end_of_walk, "at the end of the walk"),
    (lambda scores, row: scores.max() - scores[row].max(), "after the first step"),
    (lambda scores, row: right_walk(scores.T, row), "for a column"),
    (lambda scores, row: -right_walk(scores, row), "sign"),
    (lambda scores, row: scores.max() - scores.max(axis=0).max(), "loses nothing"),
    (lambda scores, row: scores.max() - scores.mean(), "two by two"),
]


def right_drop(outputs, kept, share):
    return np.where(kept == 1, outputs / (1 - share), 0)


def drop_in_place(outputs, kept, share):
    outputs[kept == 0] = 0
    return outputs / (1 - share)


DROPPED = [
    (lambda outputs, kept, share: outputs * kept, "make up for them"),
    (lambda outputs, kept, share: outputs * kept * (1 - share), "scale what is kept down"),
    (lambda outputs, kept, share: outputs * kept / share, "share that goes"),
    (lambda outputs, kept, share: outputs * (kept == 0) / (1 - share), "keep the others"),
    (lambda outputs, kept, share: outputs / (1 - share), "drop none"),
    (lambda outputs, kept, share: outputs - kept, "Two things happen"),
    (drop_in_place, "work on a copy"),
]


def right_scores(table):
    rows = []
    for c in range(len(table)):
        precision, recall = table[c, c] / table[:, c].sum(), table[c, c] / table[c].sum()
        rows.append((precision, recall, 2 * precision * recall / (precision + recall)))
    return np.transpose(rows)


def plain_mean(table):
    precision, recall, _ = right_scores(table)
    return [precision, recall, (precision + recall) / 2]


def half_of_it(table):
    precision, recall, f1 = right_scores(table)
    return [precision, recall, f1 / 2]


SCORES = [
    (lambda table: right_scores(table.T), "changed places"),
    (plain_mean, "plain mean"),
    (half_of_it, "half of what it should be"),
    (lambda table: right_scores(table).T, "as columns"),
    (lambda table: [table.diagonal() / table.sum()] * 3, "number of all images"),
    (lambda table: right_scores(table) ** 2, "mark its cell"),
    (lambda table: right_scores(table)[:2], "where the shape (3, 3) is wanted"),
]

# --- The network from scratch ----------------------------------------------------------------


def of_right(probabilities, labels):
    return np.take_along_axis(probabilities, labels[:, None], axis=1)[:, 0]


def right_loss(probabilities, labels):
    picked = [
        -np.log(max(row[label], 1e-7)) for row, label in zip(probabilities, labels, strict=True)
    ]
    return sum(picked) / len(picked)


LOSSES = [
    (lambda p, y: right_loss(p, y) * len(y), "add up over the images"),
    (lambda p, y: -right_loss(p, y), "sign"),
    (lambda p, y: -np.log(of_right(p, y)), "a number for each image"),
    (lambda p, y: -np.log(p.max(axis=1)).mean(), "largest probability"),
    (lambda p, y: -np.log(p[:, y]).mean(), "columns of all labels"),
    (lambda p, y: -np.log2(of_right(p, y)).mean(), "another base"),
    (lambda p, y: -np.log10(of_right(p, y)).mean(), "another base"),
    (lambda p, y: -np.log(of_right(p, y).mean()), "do not commute"),
    (lambda p, y: -np.log(of_right(p, y)).mean(), "infinite"),
    (lambda p, y: -np.log(of_right(p, y) + 1e-2).mean(), "on one image"),
    (lambda p, y: (1 - of_right(p, y)).mean(), "on one image"),
]


def by_walking(
    parameters, outputs, labels, n=None, mask=True, sign=1, onehot=1, turn=True, biases="sum"
):
    delta = outputs[-1].copy()
    delta[np.arange(len(labels)), labels] -= onehot
    delta *= sign / (n or len(labels))
    return from_delta(parameters, outputs, delta, mask, turn, biases)


def from_delta(parameters, outputs, delta, mask=True, turn=True, biases="sum"):
    found = [None] * len(parameters)
    for place in range(len(parameters) - 1, -1, -1):
        of_biases = getattr(delta, biases)(axis=0) if biases else 0 * delta[0]
        found[place] = (outputs[place].T @ delta, of_biases)
        weights = parameters[place][0]
        delta = delta @ (weights.T if turn else weights)
        if mask:
            delta[outputs[place] == 0] = 0
    return found


def walking(**changes):
    return lambda *arguments: by_walking(*arguments, **changes)


def backward_in_place(parameters, outputs, labels):
    delta = outputs[-1]
    delta[np.arange(len(labels)), labels] -= 1
    delta /= len(labels)
    return from_delta(parameters, outputs, delta)


BACKWARDS = [
    (walking(n=1), "too long by the number of images"),
    (walking(mask=False), "what does ReLU do"),
    (walking(biases=None), "those of the biases are not"),
    (walking(biases="mean"), "those of the biases are not"),
    (walking(sign=-1), "sign"),
    (walking(onehot=0), "start from the probabilities"),
    (walking(turn=False), "the other way round"),
    (lambda *arguments: by_walking(*arguments)[::-1], "begins with the last layer"),
    (backward_in_place, "work on a copy"),
    (walking(n=2), "finite differences"),
    (lambda *arguments: [(w.T, b) for w, b in by_walking(*arguments)], "finite differences"),
    (lambda p, outputs, y: by_walking(p, outputs[:1], y), "weights have the shapes [(3, 3), "),
]

NO_GRADIENTS = [
    (walking(biases="cumsum"), "shape of what it belongs to"),
    (lambda *arguments: [w for w, _ in by_walking(*arguments)], "a pair for each layer"),
    (lambda p, outputs, y: by_walking(p[-1:], outputs[-2:], y), "shape of what it belongs to"),
    (lambda *arguments: 3.7, "a pair for each layer"),
    (lambda *arguments: None, "is a return missing"),
    (lambda *arguments: ..., NOTHING_YET),
    (lambda *arguments: [("x", None)] * 2, "shape of what it belongs to"),
]


def numerical(width=2, up=1, down=1, back=2):
    def gradient(w, f, h):
        w, found = w.copy(), []
        for place in np.ndindex(w.shape):
            kept = w[place]
            w[place] = kept + up * h
            above = f(w)
            w[place] = kept - down * h
            found.append((above - f(w)) / (width * h))
            if back:
                w[place] = kept
        return np.reshape(found, w.shape)

    return gradient


def numerical_in_place(w, f, h):
    found = numerical()(w, f, h)
    w += h
    return found


NUMERICALS = [
    (numerical(1, down=0), "one side only"),
    (numerical(1, up=0), "one side only"),
    (numerical(1), "twice"),
    (numerical(4), "too small"),
    (numerical(2, down=0), "too small"),
    (numerical(-2), "sign"),
    (lambda w, f, h: (f(w + h) - f(w - h)) / (2 * h), "all entries at the same time"),
    (numerical(back=None), "the second entry's"),
    (numerical_in_place, "work on a copy"),
    (lambda w, f, h: numerical()(w, f, h) ** 2, "whose slope you know"),
    (lambda w, f, h: numerical()(w, f, h).ravel(), "shape (6,), where the shape (2, 3)"),
]


def new_arrays(parameters, gradients, learning_rate):
    return [
        tuple(v - learning_rate * g for v, g in zip(layer, found, strict=True))
        for layer, found in zip(parameters, gradients, strict=True)
    ]


def stepping(rate=lambda rate: rate, layers=slice(None), parts=(0, 1)):
    def step(parameters, gradients, learning_rate):
        for layer, found in list(zip(parameters, gradients, strict=True))[layers]:
            for part in parts:
                layer[part][...] -= rate(learning_rate) * found[part]

    return step


def step_spoiling(parameters, gradients, learning_rate):
    for layer, found in zip(parameters, gradients, strict=True):
        for values, slope in zip(layer, found, strict=True):
            slope *= learning_rate
            values -= slope


def step_in_list(parameters, gradients, learning_rate):
    parameters[:] = new_arrays(parameters, gradients, learning_rate)


STEPS = [
    (new_arrays, "what they were"),
    (lambda *arguments: None, "what they were"),
    (stepping(lambda rate: -rate), "uphill"),
    (stepping(lambda rate: 1), "whole length"),
    (stepping(parts=(0,)), "the biases do not"),
    (stepping(parts=(1,)), "the weights do not"),
    (stepping(layers=slice(1)), "Only one layer"),
    (stepping(layers=slice(-1, None)), "Only one layer"),
    (step_spoiling, "work on a copy"),
    (stepping(lambda rate: rate**2), "less two factors"),
    (lambda p, g, rate: stepping()(p, g[:1] * 2, rate), "weights have the shapes [(3, 4), (4, 2)]"),
]


def hidden_outputs(parameters, images, layers=slice(1, -1)):
    return np.hstack(scratch.forward(parameters, images)[layers])


def switched_by(outputs=hidden_outputs, differ=lambda a, b: (a > 0) ^ (b > 0), total=np.sum):
    return lambda a, b, images: total(differ(outputs(a, images), outputs(b, images)))


def switched_in(layers):
    return switched_by(lambda parameters, images: hidden_outputs(parameters, images, layers))


def by_numbers(first, second, images):
    on = [(hidden_outputs(parameters, images) > 0).sum() for parameters in (first, second)]
    return abs(int(on[0]) - int(on[1]))


SWITCHES = [
    (switched_by(differ=np.not_equal), "count outputs that differ"),
    (switched_in(slice(1, 2)), "one hidden layer only"),
    (switched_in(slice(2, 3)), "one hidden layer only"),
    (switched_by(total=np.mean), "share"),
    (by_numbers, "neuron by neuron"),
    (lambda *_: 0, "no output is below 0"),
    (switched_by(total=lambda found: found[::2].sum()), "Make a table"),
    (switched_by(total=lambda found: found.sum(axis=1)), "where one number is wanted"),
]

LAYERED = {"from-scratch-2": BACKWARDS, "from-scratch-4": STEPS}


def right_bound(bends):
    return 2 / np.linalg.norm(bends, 2)


BOUNDS = [
    (lambda bends: 2 / np.linalg.eigvalsh(bends)[0], "the last to throw you out"),
    (lambda bends: right_bound(bends) / 2, "to the other side"),
    (lambda bends: 2 / max(bends.diagonal()), "between them"),
    (lambda bends: np.linalg.norm(bends, 2), "You return the greatest curvature"),
    (lambda bends: 2 / bends.trace(), "You add the curvatures up"),
    (lambda bends: right_bound(bends) + 1, "nothing off its diagonal"),
    (np.linalg.eigvalsh, "where one number is wanted"),
]


def updates_by_loop(images, batch_size, epochs):
    return sum(1 for _ in range(epochs) for _ in range(0, images, batch_size))


COUNTED = [
    (lambda images, size, epochs: images // size * epochs, "do not fill a batch"),
    (lambda images, size, epochs: images * epochs / size, "not whole"),
    (lambda images, size, epochs: -(-images * epochs // size), "images of the next"),
    (lambda images, size, epochs: updates_by_loop(images, size, 1), "one epoch"),
    (lambda images, size, epochs: epochs * images, "You count images"),
    (lambda images, size, epochs: size * epochs, "batches of four"),
]


def right_sweep(rates, scores, score=lambda row: sum(row) / len(row), ends=lambda n: (0, n - 1)):
    found = [score(row) if np.isfinite(row).all() else -1 for row in scores]
    best = found.index(max(found))
    return [rates[best], best in ends(len(rates))]


def of_column(rates, found):
    best = int(np.argmax(found))
    return [rates[best], best in (0, len(rates) - 1)]


SWEEPS = [
    (lambda rates, scores: right_sweep(rates, scores, max), "One lucky seed"),
    (lambda rates, scores: of_column(rates, np.nanmean(scores, axis=1)), "is passed over"),
    (lambda rates, scores: of_column(rates, scores.mean(axis=1)), "wins in your search"),
    (lambda rates, scores: right_sweep(rates, scores, ends=lambda n: (n - 1,)), "two ends"),
    (
        lambda rates, scores: [r := right_sweep(rates, scores), [r[0], not r[1]]][1],
        "turned round",
    ),
    (lambda rates, scores: right_sweep(rates, scores, lambda row: -sum(row)), "worst score"),
    (lambda rates, scores: [rates[1], 0], "First one number for each rate"),
    (lambda rates, scores: right_sweep(rates, scores)[0], "where the shape (2,) is wanted"),
]


def right_momentum(w, v, g, rate, m, then=lambda w, v: [w + v, v]):
    return then(w, m * v - rate * g)


def momentum_in_place(w, v, g, rate, m):
    v *= m
    v -= rate * g
    return w + v, v


MOMENTA = [
    (lambda w, v, g, rate, m: right_momentum(w, v, -g, rate, m), "You climb"),
    (lambda w, v, g, rate, m: [w + v, m * v - rate * g], "by the old velocity"),
    (lambda w, v, g, rate, m: right_momentum(w, v / m if m else v, g, rate, m), "forgotten"),
    (lambda w, v, g, rate, m: right_momentum(w, v, (1 - m) * g, rate, m), "another convention"),
    (lambda w, v, g, rate, m: [w + rate * (m * v - g), m * v - g], "multiplied in twice"),
    (
        lambda w, v, g, rate, m: right_momentum(
            w, v, g, rate, m, lambda w, v: [w + m * v - rate * g, v]
        ),
        "looks ahead",
    ),
    (
        lambda w, v, g, rate, m: right_momentum(w, v, g, rate, m, lambda w, v: [v, w + v]),
        "the second thing to return",
    ),
    (lambda w, v, g, rate, m: [w - rate * g, v], "Two lines"),
    (lambda w, v, g, rate, m: w + m * v - rate * g, "where the shape (2, 5) is wanted"),
    (momentum_in_place, "work on a copy"),
]


def right_cosine(step, steps, rate):
    return rate * np.cos(np.pi * step / steps / 2) ** 2


COSINES = [
    (lambda step, steps, rate: rate - rate * step / steps, "straight line"),
    (lambda step, steps, rate: rate * np.cos(np.pi * step / steps), "below nought"),
    (lambda step, steps, rate: 2 * right_cosine(step, steps, rate), "twice the rate"),
    (lambda step, steps, rate: rate - right_cosine(step, steps, rate), "rises from nought"),
    (lambda step, steps, rate: right_cosine(2 * step, steps, rate), "half a turn"),
    (lambda step, steps, rate: rate * np.cos(np.pi * step / steps / 2), "a quarter of a turn"),
    (lambda step, steps, rate: rate * np.exp(-step / steps), "half-way, and at the last"),
    (lambda step, steps, rate: rate, "where the shape (6,) is wanted"),
]


def right_epochs(losses, target, beside=np.nan, start=1):
    found = [np.flatnonzero(row <= target) for row in losses]
    return [places[0] + start if places.size else beside for places in found]


EPOCHS_TO = [
    (lambda losses, target: right_epochs(losses, target, 1), "the fastest of all"),
    (lambda losses, target: right_epochs(losses, target, start=0), "count from nought"),
    (lambda losses, target: right_epochs(losses, target - 1e-9), "exactly at the target"),
    (lambda losses, target: right_epochs([losses.mean(axis=0)], target)[0], "over the seeds"),
    (lambda losses, target: (losses <= target).sum(axis=1), "how many epochs"),
    (
        lambda losses, target: [
            e if np.isnan(e) else 1 + (row > target).sum()
            for e, row in zip(right_epochs(losses, target), losses, strict=True)
        ],
        "risen again",
    ),
    (lambda losses, target: losses.argmin(axis=1) + 7.0, "For one row"),
    (lambda losses, target: right_epochs(losses, target)[0], "where the shape (3,) is wanted"),
]


# --- Splits ----------------------------------------------------------------------------------


def right_counts(labels, share):
    return [round(share * (labels == c).sum()) for c in range(labels.max() + 1)]


STRATIFIED = [
    (lambda labels, share: np.bincount(labels) - right_counts(labels, share), "stays in"),
    (
        lambda labels, share: [round(share * len(labels) / (labels.max() + 1))] * 3,
        "every class the same number",
    ),
    (lambda labels, share: [(labels == c).sum() for c in range(3)], "included"),
    (lambda labels, share: np.bincount(labels) / len(labels), "shares of the classes"),
    (lambda labels, share: sum(right_counts(labels, share)), "size of the whole test"),
    (lambda labels, share: (share * np.bincount(labels)).astype(int), "round every count down"),
    (lambda labels, share: [3, 2, 1], "images of each class first"),
    (lambda labels, share: right_counts(labels, share)[:-1], "where the shape (3,) is wanted"),
]


def right_rows(n, share):
    kept = int((1 - share) * n)
    return list(range(n))[kept:]


HELD_OUT = [
    (lambda n, share: list(range(n))[: int(n * share)], "first rows"),
    (lambda n, share: list(range(n))[: len(right_rows(n, share))], "first rows"),
    (lambda n, share: list(range(int(n * (1 - share)))), "keeps for the training"),
    (lambda n, share: list(range(n))[-int(n * share) :], "held out down"),
    (lambda n, share: len(right_rows(n, share)), "how many rows"),
    (lambda n, share: [row + 1 for row in right_rows(n, share)], "count rows from 1"),
    (
        lambda n, share: np.random.default_rng(0).permutation(n)[int(n * (1 - share)) :],
        "by chance",
    ),
    (lambda n, share: right_rows(n, share)[::-1], "draw the line"),
    (lambda n, share: right_rows(n, share) * 2, "where the shape (3,) is wanted"),
]


def find_leaks(test, train, turn=lambda image: image[:, ::-1]):
    known = {image.tobytes() for image in train} | {turn(image).tobytes() for image in train}
    return [i for i, image in enumerate(test) if image.tobytes() in known]


LEAKS = [
    (lambda test, train: find_leaks(test, train, lambda image: image), "other way"),
    (lambda test, train: find_leaks(test, train, lambda image: image[::-1]), "upside down"),
    (lambda test, train: find_leaks(train, test), "among the training images"),
    (lambda test, train: len(find_leaks(test, train)), "how many there are"),
    (
        lambda test, train: [i for i in range(6) if (test[i] == train[i]).all()],
        "at the same place alone",
    ),
    (lambda test, train: np.arange(len(test)), "One equal pixel"),
    (lambda test, train: find_leaks(test, train)[::-1], "two small images"),
    (lambda test, train: [*find_leaks(test, train), 6], "where the shape (3,) is wanted"),
]


def plain_ends(right, images):
    p = right / images
    half = 1.96 * (p * (1 - p) / images) ** 0.5
    return [p - half, p + half]


def right_ends(right, images):
    """The two shares whose own normal interval ends at the share that was seen."""
    z = 1.96**2
    return np.sort(
        np.roots([1 + z / images, -2 * right / images - z / images, (right / images) ** 2])
    )


WILSONS = [
    (plain_ends, "plain normal interval"),
    (lambda r, n: right_ends(r, n) * (1 + 1.96**2 / n), "last line"),
    (lambda r, n: right_ends(r, n)[::-1], "changed places"),
    (lambda r, n: np.ptp(right_ends(r, n)) / 2, "half the width"),
    (lambda r, n: right_ends(r, n) * 100, "in per cent"),
    (lambda r, n: r / n + np.ptp(right_ends(r, n)) / 2 * np.array([-1, 1]), "is the share"),
    (lambda r, n: [0.8, 0.9], "two parts"),
    (lambda r, n: [*right_ends(r, n), r / n], "where the shape (2,) is wanted"),
]


def power_of(seeds, gain, sd, tail=0.025):
    free = seeds - 1
    return scipy_stats.nct(free, gain / sd * seeds**0.5).sf(scipy_stats.t(free).isf(tail))


def right_gain(seeds, sd, share=0.8, tail=0.025):
    gains = (step / 10_000 for step in range(1, 500))
    return next(gain for gain in gains if power_of(seeds, gain, sd, tail) >= share)


LEAST_GAINS = [
    (
        lambda seeds, sd: np.ceil(2.801585 * sd / np.sqrt(seeds) * 10_000) / 10_000,
        "normal distribution",
    ),
    (lambda seeds, sd: right_gain(seeds, sd, share=0.5), "one comparison in two"),
    (lambda seeds, sd: right_gain(seeds, sd, tail=0.05), "on one side alone"),
    (lambda seeds, sd: right_gain(seeds, sd) - 0.0001, "last gain"),
    (lambda seeds, sd: 100 * right_gain(seeds, sd), "in points"),
    (lambda seeds, sd: 0.0001 + right_gain(seeds, sd), "stop at the first"),
    (lambda seeds, sd: [0.002, 0.003], "where one number is wanted"),
]


def right_doubts(probability, labels, n):
    return sorted(range(len(labels)), key=lambda i: probability[i][labels[i]])[:n]


DOUBTS = [
    (lambda p, y, n: right_doubts(p, y, len(y))[::-1][:n], "surest of"),
    (lambda p, y, n: sorted(p[range(len(y)), y])[:n], "You return the probabilities"),
    (lambda p, y, n: np.argsort(p.max(axis=1))[:n], "unsure of themselves"),
    (lambda p, y, n: sorted(right_doubts(p, y, n)), "in another order"),
    (lambda p, y, n: right_doubts(p, y, len(y)), "places of all images"),
    (lambda p, y, n: y[right_doubts(p, y, n)], "You return classes"),
    (lambda p, y, n: [0, 1, 2], "in the column"),
    (lambda p, y, n: right_doubts(p, y, 1), "where the shape (3,) is wanted"),
]


def right_flattery(seen, fresh):
    pairs = [max(zip(*rows, strict=True)) for rows in zip(seen, fresh, strict=True)]
    return np.mean([first - second for first, second in pairs])


CHOICES = [
    (lambda seen, fresh: np.mean(seen.max(axis=1) - fresh.max(axis=1)), "two best scores"),
    (lambda seen, fresh: seen.mean() - fresh.mean(), "mean of all networks"),
    (lambda seen, fresh: -right_flattery(fresh, seen), "choose by the other"),
    (lambda seen, fresh: -right_flattery(seen, fresh), "sign"),
    (
        lambda seen, fresh: [
            right_flattery(s[None], f[None]) for s, f in zip(seen, fresh, strict=True)
        ],
        "one number for each competition",
    ),
    (lambda seen, fresh: seen.max(axis=1).mean() - fresh.mean(), "mean of the others"),
    (lambda seen, fresh: seen.max() - fresh.min(), "winner's column"),
    (lambda seen, fresh: seen[0] - fresh[0], "where one number is wanted"),
]


# --- Sparse categorical crossentropy -----------------------------------------------------------


def right_costs(z, labels):
    return scipy_special.logsumexp(z, axis=1) - np.take_along_axis(z, labels[:, None], 1)[:, 0]


def costs_one_by_one(z, labels):
    costs = []
    for row, label in zip(z, labels, strict=True):
        costs.append(np.log(np.exp(row - row.max()).sum()) + row.max() - row[label])
    return costs


def probabilities_of(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def picked(z, labels):
    return np.array([row[label] for row, label in zip(z, labels, strict=True)])


def of_all_rows(z, labels):
    return np.log(np.exp(z - z.max()).sum(axis=1)) + z.max() - picked(z, labels)


def costs_in_place(z, labels):
    largest = z.max(axis=1)
    z -= largest[:, None]
    return np.log(np.exp(z).sum(axis=1)) - picked(z, labels)


COSTS = [
    (lambda z, labels: np.mean(costs_one_by_one(z, labels)), "return one cost each"),
    (lambda z, labels: picked(z, labels) - scipy_special.logsumexp(z, axis=1), "never negative"),
    (lambda z, labels: -np.log(probabilities_of(z))[:, labels], "picked all labels"),
    (lambda z, labels: right_costs(z, labels) - z.max(axis=1), "has to come back"),
    (lambda z, labels: np.log(np.exp(z).sum(axis=1)), "One part is missing"),
    (lambda z, labels: -np.log(picked(exp_rows(z), labels)), "take off a row"),
    (lambda z, labels: -np.log(picked(probabilities_of(z), labels)), "rounded to 0"),
    (lambda z, labels: -np.log(picked(probabilities_of(z), labels) + 1e-7), "cut small"),
    (of_all_rows, "each row has its own"),
    (costs_in_place, "work on a copy"),
    (lambda z, labels: right_costs(z, labels) / np.log(2), "two logits of 0"),
]


def right_slope_of(z, labels):
    slope = probabilities_of(z)
    for row, label in zip(slope, labels, strict=True):
        row[label] -= 1
    return slope / len(z)


def step_on_every_row(z, labels):
    slope = probabilities_of(z)
    for label in set(labels):
        slope[:, label] -= 1
    return slope / len(z)


def one_push(z, labels):
    slope = np.zeros(z.shape)
    for row, said, label in zip(slope, probabilities_of(z), labels, strict=True):
        row[label] = said[label] - 1
    return slope / len(z)


def overflowing_slope(z, labels):
    return (exp_rows(z) - np.eye(z.shape[1])[labels]) / len(z)


PUSHES = [
    (lambda z, labels: len(z) * right_slope_of(z, labels), "sum of all costs"),
    (lambda z, labels: -right_slope_of(z, labels), "points uphill"),
    (lambda z, labels: probabilities_of(z) / len(z), "Those are the probabilities"),
    (one_push, "Only the right classes"),
    (step_on_every_row, "in every row"),
    (overflowing_slope, "overflow in softmax"),
    (lambda z, labels: right_slope_of(z, labels) ** 2, "one image with two logits"),
    (lambda z, labels: right_slope_of(z, labels)[0], "where the shape (5, 5) is wanted"),
]


def right_chance(shares):
    return sum(-share * np.log(share) for share in shares if share)


def chance_with_nan(shares):
    shares = np.array(shares)
    return -(shares * np.log(shares)).sum()


CHANCES = [
    (lambda shares: -np.log(1 / len(shares)), "giving every class the same"),
    (lambda shares: sum(-share * np.log2(share) for share in shares if share), "in bits"),
    (lambda shares: -right_chance(shares), "not negative"),
    (lambda shares: right_chance(shares) / len(shares), "mean over the classes"),
    (lambda shares: sum(-np.log(share) for share in shares if share), "without their weights"),
    (lambda shares: -np.log(max(shares)), "one class alone"),
    (chance_with_nan, "no number"),
    (lambda shares: right_chance(shares) ** 2, "one half each"),
]


def right_tempered(p, temperature):
    return probabilities_of(np.log(np.maximum(p, 1e-300)) / temperature)


def raised(p, temperature):
    return np.exp(np.log(p) / temperature)


TEMPERATURES = [
    (lambda p, temperature: probabilities_of(p / temperature), "what undoes an exponential"),
    (raised, "do not sum to 1"),
    (lambda p, temperature: right_tempered(p, 1 / temperature), "not multiplied"),
    (lambda p, t: p / t / (p / t).sum(axis=1, keepdims=True), "Nothing has changed"),
    (lambda p, t: raised(p, t) / raised(p, t).sum(axis=0), "A row is an image"),
    (lambda p, t: raised(p, t) / raised(p, t).sum(axis=1), "as a column"),
    (lambda p, t: right_tempered(p, t + 1), "At temperature 1"),
]


def right_weights(labels, classes):
    counts = [sum(labels == c) for c in range(classes)]
    seen = sum(count > 0 for count in counts)
    return [len(labels) / seen / count if count else 0 for count in counts]


def counted(labels, classes):
    return np.array([sum(labels == c) for c in range(classes)])


def shared_by_all(labels, classes):
    counts = counted(labels, classes)
    return [len(labels) / classes / count if count else 0 for count in counts]


BALANCED = [
    (lambda labels, classes: counted(labels, classes) / len(labels), "the other way"),
    (lambda labels, classes: 1 / counted(labels, classes), "have to be multiplied"),
    (lambda labels, classes: np.array(right_weights(labels, classes))[labels], "for each class"),
    (lambda labels, classes: len(labels) / classes / counted(labels, classes), "divide by 0"),
    (shared_by_all, "Among how many classes"),
    (lambda labels, classes: [1] * classes, "Two classes with 3 and 1"),
]


def reached_by_crossings(slopes, offsets):
    pairs = [(i, j) for i in range(len(slopes)) for j in range(i)]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossings = [(offsets[j] - offsets[i]) / (slopes[i] - slopes[j]) for i, j in pairs]
    places = np.sort([0, *(h for h in crossings if 0 < h < np.inf)])
    asked = np.append((places[1:] + places[:-1]) / 2, places[-1] + 1)
    return sorted({int((h * slopes + offsets).argmax()) for h in asked})


def reached_at(*heights):
    return lambda slopes, offsets: np.unique(
        [(h * slopes + offsets).argmax() for h in np.ravel(heights)]
    )


REACHED = [
    (reached_at(np.linspace(-30, 30, 60_001)), "which ReLU never does"),
    (reached_at(np.arange(41)), "short pieces"),
    (reached_at(np.linspace(0, 1, 501)), "only far out"),
    (lambda slopes, offsets: len(reached_by_crossings(slopes, offsets)), "Which ones"),
    (lambda slopes, offsets: range(len(slopes)), "lies below others"),
    (lambda slopes, offsets: reached_by_crossings(slopes, offsets)[::-1], "Draw the lines"),
]


def right_dead(weights, biases):
    return [u for u in range(len(biases)) if max(*weights[:, u], biases[u]) <= 0]


DEAD_UNITS = [
    (lambda w, b: np.flatnonzero(w.max(axis=0) <= 0), "still has its bias"),
    (lambda w, b: np.flatnonzero((w.max(axis=0) < 0) & (b <= 0)), "wakes no unit either"),
    (lambda w, b: np.flatnonzero((w.sum(axis=0) <= 0) & (b <= 0)), "one input may be large"),
    (lambda w, b: np.flatnonzero(w.sum(axis=0) + b <= 0), "one input may be large"),
    (lambda w, b: np.flatnonzero((w <= 0).all(axis=1)), "Which axis"),
    (lambda w, b: [0, 1], "is there any input"),
]


def right_attempts(scores, target):
    p = np.mean(np.array(scores) >= target)
    if p in (0, 1):
        return 1 if p else float("inf")
    return int(np.ceil(np.log(0.05) / np.log(1 - p)))


def attempts_by(rule):
    return lambda scores, target: rule(np.mean(np.array(scores) >= target))


ATTEMPTS = [
    (lambda scores, target: right_attempts(scores, target + 1e-9), "exactly the target"),
    (attempts_by(lambda p: 1 / p), "once on average"),
    (attempts_by(lambda p: np.ceil(1 / p)), "once on average"),
    (attempts_by(lambda p: np.log(0.05) / np.log(1 - p)), "the next one up"),
    (attempts_by(lambda p: np.log(0.05) // np.log(1 - p)), "round the other way"),
    (lambda scores, target: right_attempts(scores, target) if target < 0.9 else 0, "infinity"),
    (attempts_by(lambda p: 7), "First the probability that one run fails"),
]


def right_factor(rates, losses):
    picks = [rates[np.argmin(np.where(np.isnan(row), np.inf, row))] for row in losses]
    return max(picks) / min(picks)


def picks_of(losses):
    return np.nanargmin(losses, axis=1)


PICKS = [
    (lambda rates, losses: right_factor(rates, np.nan_to_num(losses, nan=-1)), "not a number"),
    (lambda rates, losses: right_factor(rates, -losses), "highest loss"),
    (lambda rates, losses: 1 / right_factor(rates, losses), "turn the fraction round"),
    (lambda rates, losses: np.ptp(rates[picks_of(losses)]), "That is a difference"),
    (lambda rates, losses: rates[np.nanargmin(np.nanmean(losses, axis=0))], "average over"),
    (lambda rates, losses: len(losses), "First one pick"),
]


def right_vote(probability, labels):
    joint = (probability.sum(axis=0).argmax(axis=1) == labels).mean()
    return joint - np.mean([(p.argmax(axis=1) == labels).mean() for p in probability])


def joint_less(total):
    def gain(probability, labels):
        each = [(p.argmax(axis=1) == labels).mean() for p in probability]
        return (probability.mean(axis=0).argmax(axis=1) == labels).mean() - total(each)

    return gain


def majority(probability, labels):
    votes = scipy_stats.mode(probability.argmax(axis=2), axis=0).mode
    return (votes == labels).mean() - (probability.argmax(axis=2) == labels).mean()


VOTES = [
    (majority, "You count votes"),
    (joint_less(max), "the best network"),
    (lambda p, y: -right_vote(p, y), "turned round"),
    (joint_less(lambda each: 0), "accuracy of the vote"),
    (lambda p, y: 100 * right_vote(p, y), "in points"),
    (joint_less(min), "Two accuracies"),
]


# The chapter on trial and error: a diagnosis, the patient, and what is said to it.
DIAGNOSED = [
    ("leak", "A", "by a few points"),
    ("Rate too low ", "A", "near its start"),
    ("dead layer", "A", "all images one answer"),
    ("labels shuffled", "A", "how frequent they are"),
    ("rate too high", "A", "far above its start"),
    ("two softmaxes", "A", "0.24"),
    ("no activation", "A", "looks healthy all over"),
    ("wrong loss", "A", "can start anywhere"),
    ("new pixels differ", "A", "fresh images alone"),
    ("unscaled", "B", "many times ln 10"),
]


def right_stops(listings):
    known, places = set(), []
    for place, (needs, gives) in enumerate(listings):
        if known.issuperset(needs):
            known.update(gives)
        else:
            places.append(place)
    return places


def all_give(listings):
    known, places = set(), []
    for place, (needs, gives) in enumerate(listings):
        places += [place] * (not known.issuperset(needs))
        known.update(gives)
    return places


STOPPED = [
    (all_give, "gives nothing to those behind"),
    (lambda ls: [i for i, _ in enumerate(ls) if i not in right_stops(ls)], "that run"),
    (
        lambda ls: [i - 1 for i in right_stops([([], {n for _, g in ls for n in g}), *ls])],
        "only a later one",
    ),
    (lambda ls: [i for i, (needs, _) in enumerate(ls) if needs], "afresh"),
    (lambda ls: len(right_stops(ls)), "how many stop"),
    (lambda ls: [*right_stops(ls), 9], "of shape"),
]


def right_stop(losses, patience):
    for epoch in range(patience, len(losses)):
        best = int(np.argmin(losses[: epoch + 1]))
        if epoch - best >= patience:
            return epoch + 1, best + 1
    return len(losses), int(np.argmin(losses)) + 1


STOPPINGS = [
    (lambda x, p: right_stop(x, p + 1), "one epoch too long"),
    (lambda x, p: np.array(right_stop(x, p)) - 1, "from 0"),
    (lambda x, p: (min(np.argmin(x) + 1 + p, len(x)), np.argmin(x) + 1), "the whole curve"),
    (lambda x, p: right_stop(x, p)[::-1], "changed places"),
    (lambda x, p: right_stop(x, p)[1], "one of two numbers"),
    (lambda x, p: (p, p), "the best epoch so far"),
]


def right_pair(table):
    both = table + table.T
    np.fill_diagonal(both, -1)
    return sorted(divmod(int(both.argmax()), len(both)))


def one_way(table):
    off = table - np.diag(table.diagonal())
    return sorted(divmod(int(off.argmax()), len(off)))


PAIRS = [
    (lambda t: [t.diagonal().argmax()] * 2, "diagonal holds"),
    (one_way, "one way only"),
    (lambda t: right_pair(t)[::-1], "the wrong way round"),
    (lambda t: sorted(np.argsort(t.sum(axis=1) - t.diagonal())[-2:]), "one by one"),
    (lambda t: [0, 0], "turned over"),
]


def right_effects(base, first, second, both):
    return first - base, second - base, both - (first + second - base)


EFFECTS = [
    (lambda b, f, s, fs: (f - b, s - b, fs - b), "beyond the sum"),
    (lambda b, f, s, fs: (b - f, b - s, f + s - fs - b), "a gain comes out positive"),
    (lambda b, f, s, fs: (fs - s, fs - f, fs - f - s + b), "adds to the other"),
    (lambda b, f, s, fs: (f, s, fs), "the scores themselves"),
    (lambda b, f, s, fs: (0, 0, 0), "all four scores"),
]


def right_counts_of_norm(units):
    before, learnt, kept = 784, 0, 0
    for n in [*units, 10]:
        learnt, before = learnt + (before + 1) * n, n
    for n in units[:-1]:
        learnt, kept = learnt + 2 * n, kept + 2 * n
    return learnt, kept


def changed_count(learnt=lambda units: 0, kept=lambda units: 0):
    def count(units):
        a, b = right_counts_of_norm(units)
        return a + learnt(units), b + kept(units)

    return count


NORMED = [
    (changed_count(lambda u: 2 * u[-1], lambda u: 2 * u[-1]), "Behind the last hidden layer"),
    (changed_count(lambda u: 2 * sum(u[:-1])), "For which of them"),
    (
        changed_count(lambda u: 2 * sum(u[:-1]), lambda u: -2 * sum(u[:-1])),
        "For which of them",
    ),
    (changed_count(lambda u: -2 * sum(u[:-1])), "BatchNorm learns something"),
    (changed_count(lambda u: -10 * (u[-1] + 1)), "the ten answers"),
    (lambda units: right_counts_of_norm(units)[::-1], "changed places"),
    (changed_count(lambda u: 1), "Take one hidden layer first"),
    (lambda units: sum(right_counts_of_norm(units)), "where the shape (2,) is wanted"),
]


def stop_as_keras(losses, patience, min_delta):
    callback = keras.callbacks.EarlyStopping(patience=patience, min_delta=min_delta)
    model = keras.Sequential([keras.layers.Dense(1)])
    callback.set_model(model)
    model.optimizer = None  # the callback asks for no more than a flag
    callback.on_train_begin()
    model.stop_training = False
    best = 0
    for epoch, loss in enumerate(losses):
        lowest = callback.best
        callback.on_epoch_end(epoch, {"val_loss": loss})
        best = epoch if callback.best != lowest else best
        if model.stop_training:
            break
    return epoch + 1, best + 1


def right_halt(losses, patience, min_delta, ahead=0):
    kept = 1
    for trained, loss in enumerate(losses, 1):
        if loss < losses[kept - 1] - min_delta:
            kept = trained
        if trained - kept >= patience + ahead:
            return trained, kept
    return len(losses), kept


def waits_since_rise(losses, patience, min_delta):
    waited, kept = 0, 0
    for epoch in range(1, len(losses)):
        waited = 0 if losses[epoch - 1] - losses[epoch] > min_delta else waited + 1
        kept = epoch if losses[kept] - losses[epoch] > min_delta else kept
        if waited == patience:
            break
    return epoch + 1, kept + 1


HALTED = [
    (lambda losses, p, d: right_halt(losses, p, 0), "no attention to min_delta"),
    (lambda losses, p, d: [right_halt(losses, p, d)[0]] * 2, "You keep the last epoch"),
    (lambda losses, p, d: right_halt(losses, p, d, ahead=1), "one epoch too long"),
    (lambda losses, p, d: right_halt(losses, p, d, ahead=-1), "do not wait long enough"),
    (lambda losses, p, d: np.array(right_halt(losses, p, d)) - 1, "You count from nought"),
    (lambda losses, p, d: [len(losses), losses.index(min(losses)) + 1], "the whole curve"),
    (waits_since_rise, "with the one before"),
    (lambda losses, p, d: [3, 1], "Go through the losses by hand"),
    (lambda losses, p, d: right_halt(losses, p, d)[0], "where the shape (2,) is wanted"),
]


def right_crossing(table):
    (a, b), (c, d) = table
    return (b - a + d - c) / 2, (c - a + d - b) / 2, a + d - b - c


def effects_with(regularising=1, depth=1, together=1):
    def effects(table):
        return np.array(right_crossing(table)) * [regularising, depth, together]

    return effects


CROSSED = [
    (lambda table: right_crossing(table.T), "other way round"),
    (
        lambda table: [
            table[0, 1] - table[0, 0],
            np.diff(table[:, 0])[0],
            right_crossing(table)[2],
        ],
        "one row or column alone",
    ),
    (effects_with(-1, -1, -1), "The sign is turned round"),
    (effects_with(together=-1), "has the wrong sign"),
    (effects_with(together=0.5), "is halved"),
    (
        lambda table: [*right_crossing(table)[:2], table[1, 1] - table[0, 0]],
        "what both changes gain together",
    ),
    (effects_with(2, 2, 1), "First what regularising gains"),
    (lambda table: right_crossing(table)[:2], "where the shape (3,) is wanted"),
]


def right_adamw(w, g, m, s, t, rate, decay, more=0.0):
    m, s = (m * 9 + g + more * w) / 10, (s * 999 + (g + more * w) ** 2) / 1000
    step = m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + 1e-7)
    return (1 - rate * decay) * w - rate * step


def adamw_of_keras(w, g, m, s, t, rate, decay):
    optimizer = keras.optimizers.AdamW(rate, weight_decay=decay)
    variable = keras.Variable(np.float32(w))
    optimizer.build([variable])
    optimizer.iterations.assign(t - 1)
    for state, value in zip(optimizer.variables[2:], (m, s), strict=True):
        state.assign(np.float32(value))
    optimizer.apply([tf.constant(np.float32(g))], [variable])
    return np.array(variable, dtype=float)


ADAMWS = [
    (lambda w, g, m, s, t, r, d: right_adamw(w, g, m, s, t, r, 0, d), "a penalty and not AdamW"),
    (lambda w, g, m, s, t, r, d: right_adamw(w, g, m, s, t, r, 0), "nothing decays"),
    (lambda w, g, m, s, t, r, d: right_adamw(w, g, m, s, t, r, d / r), "not multiplied"),
    (lambda w, g, m, s, t, r, d: right_adamw(w, g, m, s, t, r, -d), "look at its sign"),
    (
        lambda w, g, m, s, t, r, d: (
            w * (1 - r * d) - r * (0.9 * m + 0.1 * g) / (np.sqrt(0.999 * s + 0.001 * g**2) + 1e-7)
        ),
        "the two denominators",
    ),
    (
        lambda w, g, m, s, t, r, d: (
            w - r * (d * w + m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + 1e-7))
        ),
        "as they came",
    ),
    (lambda w, g, m, s, t, r, d: right_adamw(w, m, m, s, t, r, d), "the two new means"),
    (lambda *given: right_adamw(*given).sum(), "where the shape (6,) is wanted"),
]


def right_share(matrix, pairs):
    n = len(matrix)
    counts = [matrix[a, b] + matrix[b, a] for a in range(n) for b in range(a)]
    return sum(sorted(counts, reverse=True)[:pairs]) / sum(counts)


def one_way(matrix, pairs):
    errors = (matrix - np.diag(matrix.diagonal())).ravel()
    return sorted(errors)[-pairs:] @ np.ones(pairs) / errors.sum()


SHARES = [
    (lambda m, n: right_share(m, n) * (1 - m.trace() / m.sum()), "what is on the diagonal"),
    (one_way, "one way only"),
    (lambda m, n: right_share(m, n) * (m.sum() - m.trace()), "a share is wanted"),
    (lambda m, n: right_share(m.max() - m, n) * 0 + 0.5, "Make one number of the two"),
    (lambda m, n: [right_share(m, n)], "where one number is wanted"),
    (lambda m, n: right_share(m, n / 2) if n % 2 == 0 else 0, "stops with TypeError"),
    (lambda m, n: right_share(m, n // 2) + (n % 2) * 0.1, "You count each pair twice"),
    (lambda m, n: 1 - right_share(m, len(m) * (len(m) - 1) // 2 - n), "confused least"),
]

# --- The case study with two hidden layers ---------------------------------------------------


def right_dense(height, width, units):
    return units * (height * width) + units, units * width + units


DENSE_COUNTS = [
    (lambda h, w, u: (h * w * u, w * u), "one number more"),
    (lambda h, w, u: (h * w * u + 1, w * u + 1), "one bias for the whole layer"),
    (lambda h, w, u: ((h * w + 1) * u, (h + 1) * u), "Along which axis"),
    (lambda h, w, u: ((h * w + 1) * u, h * (w + 1) * u), "share them"),
    (lambda h, w, u: right_dense(h, w, u)[::-1], "the other order"),
    (lambda h, w, u: ((h * w + 1) * u, 0), "inputs of one unit first"),
]


def between(figures, intervals):
    return [[a <= f <= b for f, (a, b) in zip(figures, i, strict=True)] for i in intervals]


def right_settings(figures, intervals):
    return [place for place, row in enumerate(between(figures, intervals)) if all(row)]


FITTED = [
    (
        lambda f, i: [n for n, row in enumerate(between(f, i)) if any(row)],
        "one of the figures. How",
    ),
    (lambda f, i: right_settings(f, i)[0], "the first that fits"),
    (lambda f, i: [n for n, row in enumerate(between(f, i)) if not all(row)], "do not fit"),
    (lambda f, i: [n for n, row in enumerate(between(f, i)) if row[1]], "figures alone"),
    (lambda f, i: len(right_settings(f, i)), "how many fit"),
    (lambda f, i: np.array(right_settings(f, i)) + 1, "a table of settings"),
]


def right_epoch(losses, patience):
    for epoch in range(patience, len(losses)):
        if min(losses[epoch - patience + 1 : epoch + 1]) >= min(losses[: epoch - patience + 1]):
            return epoch + 1
    return len(losses)


def first_rise(losses, patience):
    rises = [b >= a for a, b in pairwise(losses)]
    runs = [all(rises[i : i + patience]) for i in range(len(rises) - patience + 1)]
    return runs.index(True) + patience + 1 if any(runs) else len(losses)


def third_failure(losses, patience):
    failed = [n for n, loss in enumerate(losses, 1) if loss > min(losses[:n])]
    return failed[patience - 1] if len(failed) >= patience else len(losses)


EPOCHS_STOPPED = [
    (third_failure, "count every failure"),
    (lambda losses, p: min(right_epoch(losses, p + 1), len(losses)), "one epoch too many"),
    (first_rise, "the epoch before"),
    (lambda losses, p: right_epoch(losses, p) - 1, "from 0"),
    (lambda losses, p: losses.index(min(losses)) + 1, "the lowest loss of all"),
    (
        lambda losses, p: losses.index(min(losses[: right_epoch(losses, p)])) + 1,
        "whose weights are kept",
    ),
    (lambda losses, p: p, "by hand"),
]


def right_raw(matrix):
    raw = matrix.copy()
    raw[:-1] /= 255
    return raw


UNSCALED = [
    (lambda matrix: matrix * 255, "what undoes that"),
    (lambda matrix: np.vstack([matrix[:-1] * 255, matrix[-1]]), "what undoes that"),
    (lambda matrix: matrix / 255, "Do the biases meet"),
    (lambda matrix: +matrix, "far too large"),
    (lambda matrix: 255 * right_raw(matrix), "the ones to change"),
    (lambda matrix: right_raw(right_raw(matrix)), "squared factor"),
    (lambda matrix: matrix - 255, "a unit's sum"),
]


def right_unit_counts(activations, threshold):
    units = activations.T
    dying = sum(max(unit) < threshold for unit in units)
    return dying, sum(max(unit) - min(unit) < threshold for unit in units)


UNIT_COUNTS = [
    (lambda a, t: right_unit_counts(a.T, t), "wrong axis"),
    (
        lambda a, t: (right_unit_counts(abs(a), t)[0], right_unit_counts(a, t)[1]),
        "without the sign",
    ),
    (lambda a, t: ((a < t).sum(), right_unit_counts(a, t)[1]), "You count activations"),
    (lambda a, t: ((a.min(axis=0) < t).sum(), right_unit_counts(a, t)[1]), "the smallest"),
    (lambda a, t: right_unit_counts(a, t)[::-1], "changed places"),
    (lambda a, t: np.array(right_unit_counts(a, t)) / a.shape[1], "These are shares"),
    (lambda a, t: (17, 0), "two numbers of each column"),
]


def right_rates(scores, rate, patience):
    used, best, at = [], -1, 0
    for epoch, score in enumerate(scores):
        used.append(rate)
        if score > best:
            best, at = score, epoch
        elif epoch - at == patience:
            rate, at = rate / 2, epoch
    return used


def rates_by(scores, rate, patience, new_best):
    used, waited = [], 0
    for epoch, score in enumerate(scores):
        used.append(rate)
        waited = 0 if epoch == 0 or new_best(score, scores[:epoch]) else waited + 1
        if waited == patience:
            rate, waited = rate / 2, 0
    return used


def never_again(scores, rate, patience):
    used, waited = [], 0
    for epoch, score in enumerate(scores):
        used.append(rate)
        waited = 0 if epoch == 0 or score > max(scores[:epoch]) else waited + 1
        if waited >= patience:
            rate = rate / 2
    return used


def by_epoch(scores, rate, patience):
    return [rate / 2 ** (epoch // patience) for epoch in range(len(scores))]


PLATEAUS = [
    (never_again, "never starts again"),
    (lambda s, r, p: rates_by(s, r, p + 1, lambda a, b: a > max(b)), "too long"),
    (lambda s, r, p: rates_by(s, r, p, lambda a, b: a >= max(b)), "equal score"),
    (lambda s, r, p: rates_by(s, r, p, lambda a, b: a > b[-1]), "the epoch before"),
    (lambda s, r, p: [*right_rates([*s, 0], r, p)[1:]], "an epoch early"),
    (lambda s, r, p: right_rates(s, r, p)[-1], "every epoch is wanted"),
    (by_epoch, "on paper"),
]


def right_last_epoch(scores, patience):
    for epoch in range(patience, len(scores)):
        if max(scores[: epoch - patience + 1]) >= max(scores[: epoch + 1]):
            return epoch + 1
    return len(scores)


def stop_with_ties(scores, patience):
    for epoch in range(patience, len(scores)):
        if epoch - max(np.flatnonzero(scores[: epoch + 1] == max(scores[: epoch + 1]))) == patience:
            return epoch + 1
    return len(scores)


LAST_EPOCHS = [
    (lambda s, p: right_last_epoch(s, p) - 1, "from 0"),
    (lambda s, p: right_last_epoch(s, p) - p, "best epoch"),
    (lambda s, p: int(np.argmax(s)) + 1, "best epoch"),
    (lambda s, p: min(int(np.argmax(s)) + 1 + p, len(s)), "best epoch of all"),
    (lambda s, p: right_last_epoch(s, p + 1), "too late"),
    (stop_with_ties, "equal score"),
    (lambda s, p: s[right_last_epoch(s, p) - 1], "a score"),
    (lambda s, p: len(s), "in order"),
]


def right_rivals(right, images):
    found = [wilson(r, n) for r, n in zip(right, images, strict=True)]
    found.sort(key=lambda interval: interval.estimate)
    return sum(interval.low <= found[0].high for interval in found[1:])


def shares_below(right, images):
    share = right / images
    worst = share.argmin()
    return sum(share <= wilson(right[worst], images[worst]).high) - 1


def fewest_right(right, images):
    found = [wilson(r, n) for r, n in zip(right, images, strict=True)]
    own = found[np.argmin(right)]
    return sum(i.low <= own.high and i.high >= own.low for i in found) - 1


MET = [
    (lambda r, n: right_rivals(r, n) + 1, "meets itself"),
    (lambda r, n: right_rivals(n - r, n), "the best class"),
    (shares_below, "whose estimate"),
    (fewest_right, "fewer images"),
    (lambda r, n: len(r) - 1 - right_rivals(r, n), "do not meet"),
    (lambda r, n: 17, "wholly above"),
]

ON_DIFFERENCES = [n for n, exercise in known().items() if exercise.judge is judge_difference]
FUNCTIONS = {
    "leaky-relu-1": UNIT_COUNTS,
    "leaky-relu-2": PLATEAUS,
    "leaky-relu-3": LAST_EPOCHS,
    "leaky-relu-5": MET,
    "two-hidden-layers-1": DENSE_COUNTS,
    "two-hidden-layers-2": FITTED,
    "two-hidden-layers-3": EPOCHS_STOPPED,
    "two-hidden-layers-4": UNSCALED,
    "trial-and-error-2": STOPPED,
    "trial-and-error-4": STOPPINGS,
    "trial-and-error-5": PAIRS,
    "trial-and-error-6": EFFECTS,
    "sgd-1": BOUNDS,
    "sgd-2": COUNTED,
    "sgd-3": SWEEPS,
    "sgd-4": MOMENTA,
    "sgd-5": COSINES,
    "sgd-6": EPOCHS_TO,
    "searching-1": LOG_DRAWS,
    "searching-2": HALVINGS,
    "searching-3": DRAWN,
    "splits-1": STRATIFIED,
    "splits-2": HELD_OUT,
    "splits-3": LEAKS,
    "splits-4": WILSONS,
    "splits-5": LEAST_GAINS,
    "splits-6": DOUBTS,
    "splits-7": CHOICES,
    "tiny-networks-1": REACHED,
    "tiny-networks-2": DEAD_UNITS,
    "tiny-networks-3": ATTEMPTS,
    "tiny-networks-4": PICKS,
    "tiny-networks-5": VOTES,
    "tuning-1": NOISES,
    "tuning-2": SUGGESTIONS,
    "tuning-3": WALKS,
    "tuning-4": DROPPED,
    "tuning-5": SCORES,
    "crossentropy-1": COSTS,
    "crossentropy-2": PUSHES,
    "crossentropy-3": CHANCES,
    "crossentropy-4": TEMPERATURES,
    "crossentropy-5": BALANCED,
    "dense-design-1": COUNTS,
    "dense-design-2": SOFTMAXES,
    "dense-design-3": FORWARDS,
    "dense-design-5": RESTORED,
    "relu-vs-sigmoid-1": COLLAPSED,
    "relu-vs-sigmoid-2": SLOPES,
    "printed-figures-1": OWN_RUNS,
    "from-scratch-1": LOSSES,
    "from-scratch-3": NUMERICALS,
    "from-scratch-5": SWITCHES,
    "regularised-network-1": NORMED,
    "regularised-network-2": HALTED,
    "regularised-network-3": CROSSED,
    "regularised-network-4": ADAMWS,
    "regularised-network-5": SHARES,
}
RIGHT_FUNCTIONS = [
    ("leaky-relu-1", right_unit_counts),
    ("leaky-relu-2", right_rates),
    ("leaky-relu-3", right_last_epoch),
    ("leaky-relu-5", right_rivals),
    ("two-hidden-layers-1", right_dense),
    ("two-hidden-layers-2", right_settings),
    ("two-hidden-layers-3", right_epoch),
    ("two-hidden-layers-4", right_raw),
    ("two-hidden-layers-4", lambda m: [*(m[:-1] * (1 / 255)).tolist(), m[-1].tolist()]),
    ("trial-and-error-2", right_stops),
    ("trial-and-error-4", right_stop),
    ("trial-and-error-5", right_pair),
    ("trial-and-error-6", right_effects),
    ("regularised-network-1", right_counts_of_norm),
    ("regularised-network-2", right_halt),
    ("regularised-network-2", stop_as_keras),
    ("regularised-network-3", right_crossing),
    ("regularised-network-4", right_adamw),
    ("regularised-network-4", adamw_of_keras),
    ("regularised-network-5", right_share),
    ("sgd-1", right_bound),
    ("sgd-1", lambda bends: 2 / max(np.linalg.eig(bends).eigenvalues.real)),
    ("sgd-2", updates_by_loop),
    ("sgd-2", lambda images, size, epochs: epochs * np.ceil(images / size)),
    ("sgd-3", right_sweep),
    ("sgd-3", lambda rates, scores: of_column(rates, np.nan_to_num(scores.mean(axis=1), nan=-1))),
    ("sgd-4", right_momentum),
    ("sgd-4", lambda w, v, g, rate, m: (w + m * v - rate * g, m * v - rate * g)),
    ("sgd-5", right_cosine),
    ("sgd-5", lambda t, steps, rate: rate * (1 + np.cos(t * np.pi / steps)) / 2),
    ("sgd-6", right_epochs),
    ("sgd-6", lambda losses, target: np.array(right_epochs(losses, target))),
    ("searching-1", lambda u, low, high: np.exp(np.interp(u, [0, 1], np.log([low, high])))),
    ("searching-1", lambda u, low, high: [low * 10 ** (x * np.log10(high / low)) for x in u]),
    ("searching-2", halving_by_lists),
    ("searching-3", draws_by_trying),
    ("splits-1", right_counts),
    ("splits-2", right_rows),
    ("splits-3", find_leaks),
    ("splits-4", right_ends),
    ("splits-5", right_gain),
    ("splits-6", right_doubts),
    ("splits-7", right_flattery),
    ("tiny-networks-1", reached_by_crossings),
    ("tiny-networks-1", reached_at(np.linspace(0, 40, 40_001))),
    ("tiny-networks-2", right_dead),
    ("tiny-networks-3", right_attempts),
    ("tiny-networks-4", right_factor),
    ("tiny-networks-5", right_vote),
    ("tuning-1", right_noise),
    ("tuning-2", right_suggestion),
    ("tuning-2", lambda rates, losses: rates[np.nanargmin(losses)] / 10),
    ("tuning-3", right_walk),
    ("tuning-3", lambda scores, row: scores.max() - end_of_walk(scores, row)),
    ("tuning-4", right_drop),
    ("tuning-4", lambda outputs, kept, share: outputs * kept / (1 - share)),
    ("tuning-5", right_scores),
    ("tuning-5", lambda table: right_scores(table).tolist()),
    ("crossentropy-1", right_costs),
    ("crossentropy-1", costs_one_by_one),
    ("crossentropy-2", right_slope_of),
    ("crossentropy-3", right_chance),
    ("crossentropy-3", scipy_stats.entropy),
    ("crossentropy-4", right_tempered),
    ("crossentropy-5", right_weights),
    ("dense-design-1", right_count),
    ("dense-design-1", lambda *sizes: float(right_count(*sizes))),
    ("dense-design-2", right_softmax),
    ("dense-design-2", lambda z: [right_softmax(row[None])[0].tolist() for row in z]),
    ("dense-design-2", lambda z: right_softmax(z.astype("float32"))),
    ("dense-design-2", lambda z: np.asarray(keras.ops.softmax(z))),
    ("dense-design-3", right_forward),
    ("dense-design-3", forward_by_loop),
    ("dense-design-5", right_restore),
    ("dense-design-5", restore_by_places),
    ("dense-design-5", lambda moved, order: right_restore(moved, order).astype(float)),
    ("relu-vs-sigmoid-1", right_collapse),
    ("relu-vs-sigmoid-1", collapse_by_images),
    ("relu-vs-sigmoid-1", lambda w1, b1, w2, b2: (w1 @ w2, b1 @ w2 + b2)),
    ("relu-vs-sigmoid-2", right_slope),
    ("relu-vs-sigmoid-2", scipy_stats.logistic.pdf),
    ("printed-figures-1", right_run),
    ("printed-figures-1", run_with()),
    ("from-scratch-1", right_loss),
    ("from-scratch-1", scratch.loss),
    ("from-scratch-2", scratch.backward),
    ("from-scratch-2", by_walking),
    ("from-scratch-2", lambda *arguments: tuple(map(list, by_walking(*arguments)))),
    ("from-scratch-3", numerical()),
    ("from-scratch-3", lambda w, f, h: numerical()(w, f, h).tolist()),
    ("from-scratch-4", scratch.step),
    ("from-scratch-4", stepping()),
    ("from-scratch-4", step_in_list),
    ("from-scratch-5", switched_by()),
]


@pytest.fixture
def shapes(small_data):
    """The right answer to the first exercise: three shapes and a name."""
    images, labels = small_data.train_images, small_data.train_labels
    means = [images[labels == c].mean() for c in range(10)]
    return [(800, 14, 28), (800,), (80, 28, 28)], small_data.class_names[np.argmax(means)]


SHAPES = [
    (0, (1000, 14, 28), "held out"),
    (0, (800, 28, 14), "axis 1"),
    (0, (14, 28, 28), "colon alone"),
    (1, (28, 28), "axes that go"),
    (1, (800, 1, 1), "does the mean leave"),
    (2, (28, 28), "how many images carry"),
    (2, (800, 28, 28), "does the comparison keep"),
    (3, "darkest", "is the darkest"),
    (3, "other", "Another class is brighter"),
]


def wrong_shapes(shapes, data, part, value):
    """The right answer with one part of it replaced."""
    answer, name = list(shapes[0]), shapes[1]
    if part < 3:
        answer[part] = value
        return answer, name
    images, labels = data.train_images, data.train_labels
    order = np.argsort([images[labels == c].mean() for c in range(10)])
    return answer, data.class_names[order[{"darkest": 0, "other": 4}[value]]]


@pytest.fixture
def neighbours(small_data):
    """Six distances and nearest images; places 1, 3 and 4 are misled, and 4 is the closest."""
    nearest = [
        np.flatnonzero(small_data.train_labels == (label + (place in {1, 3, 4})) % 10)[20 + place]
        for place, label in enumerate(small_data.validation_labels[:6])
    ]
    return {"distance": np.array([1.0, 4, 3, 6, 2, 5]), "nearest": np.array(nearest)}


PLACES = [
    (0, "closest of all"),
    ("training image", "number of the training image"),
    (2, "shorter list"),
    (6, "no such place"),
    (-1, "no such place"),
    (5, "neighbour agree"),
    (1, "another one lies closer"),
    (3, "another one lies closer"),
]


LAYERS_LEFT = [
    (4, "divide by 4"),
    (10, "leaves a half"),
    (3, "leaves a tenth"),
    (6, "more than it needs"),
    (1, "Multiply until"),
]
ORDERS = [
    ("DBCA", "turn it round"),
    ("ABCD", "let the depth decide"),
    ("BACD", "no winner to speak of"),
    ("ACDB", "learns nothing"),
]


@pytest.fixture
def wrong_answers(shapes, small_data, neighbours):
    """For each exercise: wrong answers, what else `check` is given, and the hint of each."""
    at = {"training image": neighbours["nearest"][4]}
    return {
        "dataset-1": [(wrong_shapes(shapes, small_data, *w), {}, hint) for *w, hint in SHAPES],
        "dataset-2": [(at.get(place, place), neighbours, hint) for place, hint in PLACES],
        "searching-5": [(command, {}, hint) for command, hint in COMMANDS],
        "relu-vs-sigmoid-3": [(number, {}, hint) for number, hint in LAYERS_LEFT],
        "relu-vs-sigmoid-4": [(order, {}, hint) for order, hint in ORDERS],
        "trial-and-error-1": [(name, {"patient": p}, hint) for name, p, hint in DIAGNOSED],
        **dict.fromkeys(ON_DIFFERENCES, DIFFERENCES),
        **{
            name: [(f, {}, hint) for f, hint in pairs]
            for name, pairs in (FUNCTIONS | LAYERED).items()
        },
    }


def check_wrong(answer, hint, name, **given):
    feedback = check(name, answer, **given)
    assert not feedback.right
    assert hint in feedback.message, feedback.message
    return feedback.message


# --- What the checkers say -------------------------------------------------------------------


@pytest.mark.parametrize(("name", "function"), RIGHT_FUNCTIONS)
def test_right_functions_are_accepted(name, function):
    feedback = check(name, function)
    assert feedback.right, feedback.message
    assert feedback.message == f"Right. {known()[name].praise}"


def test_right_shapes_are_accepted(shapes):
    triple, name = shapes
    assert check("dataset-1", shapes).right
    assert check("dataset-1", ([list(shape) for shape in triple], f" {name.upper()} ")).right


@pytest.mark.parametrize("form", [int, np.int64, np.array, lambda place: np.array([place])])
def test_right_place_is_accepted(neighbours, form):
    assert check("dataset-2", form(4), **neighbours).right


def test_of_two_images_that_lie_equally_close_either_is_right(neighbours):
    neighbours["distance"][1] = 2
    assert check("dataset-2", 1, **neighbours).right
    assert check("dataset-2", 4, **neighbours).right


@pytest.mark.parametrize("name", ON_DIFFERENCES)
@pytest.mark.parametrize(
    ("accuracies", "word"),
    [(ACCURACIES, "undecided"), (CLEAR, "holds"), (SLIGHT, "does not hold")],
)
def test_right_difference_is_accepted(name, accuracies, word):
    gain = paired_difference(*accuracies.values())
    assert check(name, (gain, word), **accuracies).right
    lists = {side: values.tolist() for side, values in accuracies.items()}
    assert check(name, [gain, f" {word.upper()} "], **lists).right


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("relu-vs-sigmoid-3", 5),
        ("relu-vs-sigmoid-3", np.int64(5)),
        ("relu-vs-sigmoid-4", "ACBD"),
        ("relu-vs-sigmoid-4", ["a", "c", "b", "d"]),
        ("relu-vs-sigmoid-4", "A, C, B, D"),
    ],
)
def test_right_numbers_and_orders_are_accepted(name, answer):
    assert check(name, answer).right


@pytest.mark.parametrize("second", ["other", "same"])
def test_two_exercises_of_one_name_are_named_with_their_places(monkeypatch, tmp_path, second):
    """In two modules, or twice in one, where a dictionary would keep the last in silence."""
    head = "from lessons_src.exercises import Exercise\n\n\nEXERCISES = {\n"
    one = head + '    "one-1": Exercise(1, ""),\n'
    twice = one + '    "one-1": Exercise(2, ""),\n}\n'
    files = {"other": {"a": one + "}\n", "b": one + "}\n"}, "same": {"a": twice}}[second]
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setattr(exercises, "__path__", [str(tmp_path)])
    for name in ("a", "b"):
        monkeypatch.delitem(sys.modules, f"lessons_src.exercises.{name}", raising=False)
    places = {"other": (r"b\.py:5", r"a\.py:5"), "same": (r"a\.py:6", r"a\.py:5")}[second]
    with pytest.raises(ValueError, match=".*'one-1' is at .*".join(places)):
        known()


@pytest.mark.parametrize("patient", "ABCDEFGHIJ")
def test_each_patient_has_one_diagnosis(patient):
    right = [name for name in trial_and_error.SIGNS if check_fault(name, patient).right]
    assert right == [trial_and_error.DIAGNOSES[patient]]
    assert check_fault(f" {right[0].upper()}", patient).right
    assert "called A to J" in check_fault(right[0], [patient]).message


def check_fault(name, patient):
    return check("trial-and-error-1", name, patient=patient)


@pytest.mark.parametrize(
    "command",
    [
        COMMAND + ADDRESS,
        COMMAND + ADDRESS.replace("+psycopg", "").replace("org/", "org:5432/"),
        f"OMP_NUM_THREADS=1 {COMMAND.strip()}={ADDRESS} \n",
    ],
)
def test_right_commands_are_accepted(command):
    feedback = check("searching-5", command)
    assert feedback.right, feedback.message


@pytest.mark.parametrize("name", known())
def test_typical_mistakes_get_their_hints_and_every_hint_is_reached(name, wrong_answers, recwarn):
    wrong = wrong_answers[name]
    said = {hint: check_wrong(answer, hint, name, **more) for answer, more, hint in wrong}
    assert len(set(said.values())) == len(said) >= 3
    for answer, more, _ in wrong:
        right, hints = known()[name].judge(answer, **more)
        assert not right
        *declared, last = hints.items()
        assert last[1]  # so that there always is a hint
        assert {f"Not yet. {hint}" for hint, _ in declared} <= set(said.values())
    assert not recwarn.list  # what numpy warns of in an answer does not reach the page


def test_hints_do_not_tell_the_answer(shapes, wrong_answers):
    def said(name):
        return [check(name, answer, **more).message for answer, more, _ in wrong_answers[name]]

    tell_tales = {
        "dataset-1": [shapes[1], *map(str, shapes[0])],
        "dataset-2": ["4"],
        "dense-design-1": ["101", "+ 1", "7850"],
        "dense-design-2": ["keepdims", "axis=1", "z.max"],
        "dense-design-3": ["reshape(", "maximum", " @ "],
        "dense-design-5": ["reshape(", "[:, order]", "argsort"],
        "relu-vs-sigmoid-1": [" @ ", "b1"],
        "relu-vs-sigmoid-2": ["s(1", "1 - ", "1 −"],
        "relu-vs-sigmoid-3": ["five", "1/1", "1024", " 5"],
        "relu-vs-sigmoid-4": ["ACBD", "A, C"],
        "printed-figures-1": ["1 + 1", "ppf", "ddof=1"],
        "crossentropy-1": ["logsumexp", "arange", "max(axis"],
        "crossentropy-2": ["/ len", "-= 1", "arange"],
        "crossentropy-3": ["* np.log", "entropy", "entr("],
        "crossentropy-4": ["** (1", "log(p)", "1 / t"],
        "crossentropy-5": ["bincount", "1 / ", "n / ("],
        "searching-1": ["exp", "** u", "high / low"],
        "searching-2": ["argsort", "len(", " 18", " 20"],
        "searching-3": ["ceil", "1 - s", "59"],
        "searching-5": [ADDRESS, "pgpass", "autumn", " 10 "],
        "sgd-1": ["eig", "2 /", "2/"],
        "sgd-2": ["ceil", "//", "-("],
        "sgd-3": ["argmax", "mean(", "nan_to"],
        "sgd-4": ["rate *", "m * v", "+ v"],
        "sgd-5": ["np.cos", "/ 2", "1 +"],
        "sgd-6": ["argmax", "+ 1", "np.nan"],
        "splits-1": ["bincount", "share *", "* share"],
        "splits-2": ["arange", "1 - share", "1 − share"],
        "splits-3": ["tobytes", "[:, ::-1]", "::-1"],
        "splits-4": ["sqrt", "1.96**2", "z**2"],
        "splits-5": ["ppf", "sf(", "0.8"],
        "splits-6": ["argsort", "[:n]", "arange"],
        "splits-7": ["argmax", "mean()", "arange"],
        "tiny-networks-1": ["triu", "cross", "argmax"],
        "tiny-networks-2": ["<= 0", "axis=0", "biases <="],
        "tiny-networks-3": ["1 - p", "log(", "ceil"],
        "tiny-networks-4": ["nanargmin", "max()", "/ "],
        "tiny-networks-5": ["mean(", "argmax", "axis="],
        "trial-and-error-1": ["unscaled", "0 to 255", "/ 255"],
        "trial-and-error-2": ["issu", "<=", "set("],
        "trial-and-error-4": [">=", "+ 1", "argmin"],
        "trial-and-error-5": ["triu", ".T", "argmax"],
        "trial-and-error-6": [" - ", "both −", "+ base"],
        "two-hidden-layers-1": ["+ 1)", "* units", "width + 1"],
        "two-hidden-layers-2": ["flatnonzero", "all(", "<="],
        "two-hidden-layers-3": ["waited", "== patience", "best ="],
        "two-hidden-layers-4": ["/ 255", "255,"],
        "leaky-relu-1": ["max(", "min(", "ptp"],
        "leaky-relu-2": ["/ 2", "+= 1", "waited"],
        "leaky-relu-3": ["argmax", "range(", "epoch -"],
        "leaky-relu-5": [".low", ".high", "<="],
        "tuning-1": ["sqrt", "norm(", "axis=1"],
        "tuning-2": ["nanargmin", "/ 10", "a tenth"],
        "tuning-3": ["argmax", "[:, "],
        "tuning-4": ["1 - share", "1 − share", "/ (1"],
        "tuning-5": ["diagonal()", "axis=0", "2 *"],
        "from-scratch-1": ["arange", "maximum", "-np"],
        "from-scratch-2": [".T", "> 0", "sum(", "- onehot", "/ n"],
        "from-scratch-3": ["2 * h", "2h", "w + h", "/ ("],
        "from-scratch-5": ["[1:-1]", "!=", "> 0"],
        "regularised-network-1": ["+ 1", "2 *", "pairwise"],
        "regularised-network-2": ["- min_delta", "best =", "break"],
        "regularised-network-3": ["mean(", "[:, 1]", "/ 2"],
        "regularised-network-4": ["w - rate", "0.9 *", "sqrt"],
        "regularised-network-5": ["triu", "matrix.T", "sort("],
        "from-scratch-4": ["-=", "learning_rate *", " - "],
    }
    verdicts = ["holds", "does not hold", "undecided", "seen", f"{GAIN.low:.3f}"[:6]]
    tell_tales |= dict.fromkeys(ON_DIFFERENCES, verdicts)
    assert tell_tales.keys() == known().keys()
    for name, parts in tell_tales.items():
        for message in said(name):
            assert not any(part in message for part in parts), message


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 2), min_size=2, max_size=8), st.floats(0.001, 1))
def test_interval_is_right_as_computed_and_wrong_when_a_part_of_it_is_moved(pairs, change):
    new, old = (np.array(side) for side in zip(*pairs, strict=True))
    gain = paired_difference(new, old)
    computed = np.array([gain.estimate, gain.low, gain.high])
    for moved in (np.zeros(3), *np.eye(3) * change):
        answer = Interval(*computed + moved)
        words = ["holds", "does not hold", "undecided"]
        right = [check("dataset-3", (answer, word), new=new, old=old).right for word in words]
        assert sum(right) == ((new != old).any() and not moved.any())


# --- Answers that are none -------------------------------------------------------------------

GARBAGE = [
    None, True, float("nan"), -1, 3.7, 10**30, 1j, "", "holds", b"x", [], {}, set(), (), ((), ()),
    [[1, 2], [3]], object(), np.array([]), np.array([None]), np.full((2, 2), np.nan), print, len,
    np, int, lambda: 1, lambda a, b, c, d, e, f: 1, (None, None), ([(1,), (2,), "x"], "Bag"),
    (((1.5,), (2,), (3,)), "Bag"), ((800, (2,), (3,)), "Bag"), (GAIN, None), (GAIN, "yes"),
    (None, "holds"), (3, "Bag"), (GAIN, len), (Interval(np.nan, 0, 1), "holds"),
    (Interval("0", None, 1), "holds"),
]  # fmt: skip


@pytest.mark.parametrize("name", known())
def test_answers_that_are_none_get_one_clear_sentence(name, wrong_answers, capfd, recwarn):
    given = wrong_answers[name][0][1]
    for answer in GARBAGE:
        feedback = check(name, answer, **given)
        assert not feedback.right, answer
        assert 20 < len(feedback.message) < 300
        assert feedback.message.endswith((".", "?", ")"))
        assert "object at 0x" not in feedback.message
    assert capfd.readouterr().err == ""
    assert not recwarn.list


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("dataset-1", len, "Give a pair"),
        ("dataset-1", ((800, (2,), (3,)), "Bag"), "mind the comma"),
        ("dataset-1", ([(1,), (2,), (3,)], "Purse"), "by its name"),
        ("dataset-2", len, "one whole number"),
        ("dataset-3", (GAIN, len), "Give a pair"),
        ("dataset-3", (Interval(0, np.nan, 1), "holds"), "finite numbers"),
    ],
)
def test_answers_of_another_form_are_told_the_form(name, answer, said, wrong_answers):
    check_wrong(answer, said, name, **wrong_answers[name][0][1])


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "is a return missing"),
        (..., NOTHING_YET),
        ("101770", "of type str"),
        ([[1, 2], [3]], "of type list"),
        (1j, "of type complex"),
        (float("nan"), "Called with"),
    ],
)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_that_return_no_numbers_get_one_clear_sentence(name, returned, said):
    check_wrong(lambda *_: returned, said, name)


@pytest.mark.parametrize(("function", "said"), NO_GRADIENTS)
def test_gradients_of_another_form_are_told_the_form(function, said):
    check_wrong(function, said, "from-scratch-2")


def test_step_may_return_something_but_dots():
    def step(*arguments):
        stepping()(*arguments)
        return arguments[0]

    assert check("from-scratch-4", step).right
    check_wrong(lambda *_: ..., NOTHING_YET, "from-scratch-4")


@pytest.mark.parametrize("name", FUNCTIONS | LAYERED)
def test_functions_that_raise_or_take_other_arguments_are_told_so(name):
    def fails(*_):
        raise RuntimeError("a fault\nin two lines")

    check_wrong(fails, "stops with RuntimeError: a fault in two lines.", name)
    check_wrong(lambda: 0, "it will be called as", name)
    check_wrong(lambda a, b, c, d, e, f: 0, "it will be called as", name)
    check_wrong(101_770, "without calling it", name)


@pytest.mark.parametrize("answer", [..., (..., "Bag"), (((1,), ..., (2,)), "Bag")])
def test_dots_are_no_answer_yet(answer, wrong_answers):
    for name, wrong in wrong_answers.items():
        feedback = check(name, answer, **wrong[0][1])
        assert (feedback.right, feedback.message) == (False, NOTHING_YET)
    assert check("dataset-3", (GAIN, "holds"), new=..., old=OLD).message == NOTHING_YET


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("dataset-1", {"data": 1}, 'check("dataset-1", answer).'),
        ("dataset-2", {}, 'check("dataset-2", answer, distance=distance, nearest=nearest)'),
        ("dataset-2", {"distance": [1.0], "nearest": None}, "as the chapter computed them"),
        ("dataset-2", {"distance": [1.0, 2], "nearest": [1]}, "as the chapter computed them"),
        ("dataset-2", {"distance": [np.nan], "nearest": [1]}, "as the chapter computed them"),
        ("dataset-2", {"distance": [1.0], "nearest": [10**6]}, "as the chapter computed them"),
        ("dataset-3", {"new": NEW}, "new=new, old=old"),
        ("dataset-3", {"new": NEW, "old": 0.9}, "one for each seed"),
        ("dataset-3", {"new": NEW, "old": OLD[:2]}, "one for each seed"),
        ("dataset-3", {"new": "better", "old": OLD}, "one for each seed"),
        ("dataset-3", {"new": [0.9, np.nan, 0.9], "old": OLD}, "one for each seed"),
        ("dataset-3", {"new": NEW, "old": OLD * 100}, "as shares"),
        ("dataset-3", {"new": OLD, "old": OLD}, "has anything changed"),
    ],
)
def test_what_else_is_given_is_checked(name, given, said):
    check_wrong(0, said, name, **given)


def test_sample_without_a_misled_image_is_told(small_data):
    nearest = np.flatnonzero(small_data.train_labels == small_data.validation_labels[0])[:1]
    check_wrong(0, "no image is misled", "dataset-2", distance=[1.0], nearest=nearest)


@pytest.mark.parametrize("name", ["dataset-9", "", None, 1, ["dataset-1"]])
def test_unknown_exercise_is_an_error_that_names_the_known_ones(name):
    with pytest.raises(ValueError, match=r"no exercise .*there are .*dataset-1, dataset-2, .*-\d$"):
        check(name, 0)


def test_notebook_shows_the_message_in_lines_that_fit():
    feedback = check("dense-design-1", by_layer(lambda a, b: a * b + 3))
    lines = repr(feedback).split("\n")
    assert len(lines) > 1
    assert max(map(len, lines)) <= 79
    assert " ".join(lines) == feedback.message


# --- The references --------------------------------------------------------------------------

logits = arrays(float, st.tuples(st.integers(1, 5), st.just(10)), elements=st.floats(-1e4, 1e4))


@given(logits)
def test_softmax_gives_shares_that_a_shift_does_not_change(z):
    shares = dense_design.softmax(z)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert (shares >= 0).all()
    np.testing.assert_allclose(dense_design.softmax(z + 7.5), shares, atol=1e-9)
    np.testing.assert_allclose(shares, right_softmax(z), atol=1e-12)


@given(logits)
def test_cost_and_its_slope_are_those_of_tensorflow(z):
    labels = np.arange(len(z)) % 10
    variable = tf.Variable(z)
    with tf.GradientTape() as tape:
        costs = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, variable)
        mean = tf.reduce_mean(costs)
    np.testing.assert_allclose(crossentropy.costs_of(z, labels), costs, rtol=1e-9, atol=1e-9)
    slope = tape.gradient(mean, variable)
    np.testing.assert_allclose(crossentropy.slope_of(z, labels), slope, atol=1e-9)


@given(st.lists(st.integers(0, 5), min_size=1))
def test_balanced_weights_are_those_of_scikit_learn(labels):
    labels = np.array(labels)
    seen = np.unique(labels)
    weights = crossentropy.balanced_weights(labels, 6)
    wanted = compute_class_weight("balanced", classes=seen, y=labels)
    np.testing.assert_allclose(weights[seen], wanted)
    assert weights[labels].mean() == pytest.approx(1)
    assert weights.sum() == pytest.approx(weights[seen].sum())


def test_count_and_forward_are_those_of_keras():
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(12, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    assert dense_design.count([784, 12, 10]) == model.count_params()
    model.set_weights(dense_design.WEIGHTS)
    ours = dense_design.forward(dense_design.PICTURES, *dense_design.WEIGHTS)
    np.testing.assert_allclose(ours, model(dense_design.PICTURES), atol=1e-5)


@given(st.permutations(range(784)))
@settings(max_examples=10)
def test_moved_images_are_put_back(order):
    images = dense_design.STACK
    assert check("dense-design-5", right_restore).right
    moved = dense_design.take(images, order)
    np.testing.assert_array_equal(right_restore(moved, np.array(order)), images)
    assert moved[0, 0, 0] == images.reshape(3, 784)[0, order[0]]
