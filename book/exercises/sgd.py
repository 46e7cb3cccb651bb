"""Checkers for the chapter on stochastic gradient descent."""

from collections.abc import Callable

import numpy as np

from lessons_src.exercises._functions import function_exercise

_rng = np.random.default_rng(6)
# Symmetric, as every matrix of second derivatives, with directions that are not the axes.
_bases = [np.linalg.qr(_rng.normal(size=(n, n)))[0] for n in (2, 4)]
BOWLS = [(b * bends) @ b.T for b, bends in zip(_bases, ([0.3, 8], [0.1, 1, 2.5, 5]), strict=True)]
SWEPT = np.array([0.001, 0.01, 0.1, 1.0])
HILL = np.array([[0.5, 0.52, 0.51], [0.70, 0.72, 0.74], [0.84, 0.83, 0.85], [0.60, 0.90, 0.45]])
RISING = np.array([[0.5, 0.52], [0.70, 0.72], [0.74, 0.73], [0.80, 0.82]])
BROKEN = np.array([[0.5, np.nan], [0.70, 0.73], [0.72, 0.72], [0.89, np.nan]])
WEIGHTS, VELOCITY, SLOPE = _rng.normal(size=(3, 5))
FALLING = np.array([[0.5, 0.4, 0.3, 0.25], [0.6, 0.35, 0.36, 0.3], [0.7, 0.6, 0.5, 0.45]])


def largest_rate(bends: np.ndarray, over: float = 2, of: Callable = np.max) -> float:
    """2 over the greatest curvature; others by another number, or of another curvature."""
    return over / of(np.linalg.eigvalsh(bends))


def updates(images: int, batch_size: int, epochs: int, batches: Callable = np.ceil) -> float:
    """Steps of training; others by how they round the batches of an epoch."""
    return batches(images / batch_size) * epochs


def mean_or_lost(scores: np.ndarray) -> np.ndarray:
    """Mean over the seeds, and minus infinity where a run broke down."""
    return np.nan_to_num(scores.mean(axis=1), nan=-np.inf)


def read_sweep(rates, scores, of: Callable = mean_or_lost, ends=(0, -1)) -> tuple[float, int]:
    """The best rate, and whether it lies at an end of the sweep; others by a score or an end."""
    best = of(scores).argmax()
    return rates[best], int(rates[best] in [rates[end] for end in ends])


def momentum_step(weights, velocity, gradient, rate, momentum) -> np.ndarray:
    """The weights and the velocity after one step, shape (2, n)."""
    velocity = momentum * velocity - rate * gradient
    return np.array([weights + velocity, velocity])


def cosine(step: np.ndarray, steps: int, rate: float, turns=0.5, lift=1, sign=1) -> np.ndarray:
    """The rate at each step; others by how far the cosine turns, its lift or its sign."""
    return rate * (lift + sign * np.cos(2 * np.pi * turns * step / steps)) / (1 + lift)


def epochs_to(losses, target, first=1.0, there: Callable = np.less_equal) -> np.ndarray:
    """The first epoch of each row that is `there`, NaN without one, and `first` for the first."""
    found = there(losses, target)
    return np.where(found.any(axis=1), found.argmax(axis=1) + first, np.nan)


EXERCISES = {
    "sgd-1": function_exercise(
        [(np.diag([4.0, 0.25]),), *((bowl,) for bowl in BOWLS)],
        largest_rate,
        "You look at the direction that bends least, which is the last to throw you out.",
        dict(of=np.min),
        "Below that rate a step does not even cross to the other side. How far may it go?",
        dict(over=1),
        "You look along the axes only. The direction that bends most may lie between them.",
        [lambda bends: 2 / np.diag(bends).max(), lambda bends: 2 / bends.max()],
        "You return the greatest curvature. Which rate belongs to it?",
        lambda bends: np.linalg.eigvalsh(bends).max(),
        "You add the curvatures up. Each direction runs out of bounds by itself.",
        dict(of=np.sum),
        "Take a matrix with nothing off its diagonal first: there each axis is a bowl of its own.",
        praise="The direction that bends most sets the bound for all of them.",
    ),
    "sgd-2": function_exercise(
        [(48_000, 32, 10), (48_000, 1000, 3), (60_000, 512, 2), (100, 100, 7), (10, 64, 5)],
        updates,
        "You lose the images that do not fill a batch. The network sees them all the same.",
        dict(batches=np.floor),
        "Your number is not whole, and a step is taken or not.",
        dict(batches=float),
        "You fill the last batch of an epoch with images of the next. At the end of each epoch "
        "what is left makes a batch.",
        lambda images, size, epochs: np.ceil(images * epochs / size),
        "That is one epoch. How many are there?",
        lambda images, size, epochs: updates(images, size, 1),
        "You count images. How many steps are taken for them?",
        lambda images, size, epochs: images * epochs,
        "Do it with ten images in batches of four: how many batches, and how large are they?",
        praise="The images that are left over at the end of an epoch make a smaller batch.",
    ),
    "sgd-3": function_exercise(
        [(SWEPT, HILL), (SWEPT, RISING), (SWEPT, BROKEN), (SWEPT, HILL[[2, 1, 0, 3]])],
        read_sweep,
        "One lucky seed decides for you. What of a rate do all its seeds say together?",
        dict(of=lambda scores: np.nanmax(scores, axis=1)),
        "A run that broke down is passed over, so that its rate is judged by the runs that got "
        "through.",
        dict(of=lambda scores: np.nanmean(scores, axis=1)),
        "A score that is not a number wins in your search.",
        dict(of=lambda scores: scores.mean(axis=1)),
        "A sweep has two ends, and the best rate may lie at the lower one.",
        dict(ends=[-1]),
        "The second number is turned round: when should it be 1?",
        lambda *given: (read_sweep(*given)[0], 1 - read_sweep(*given)[1]),
        "You take the rate with the worst score.",
        dict(of=lambda scores: -mean_or_lost(scores)),
        "First one number for each rate, then the place of the best, then the rate there and "
        "where in the sweep it lies.",
        praise="A best rate at the end of a sweep says that the sweep is too short.",
    ),
    "sgd-4": function_exercise(
        [(WEIGHTS, VELOCITY, SLOPE, 0.1, 0.9), (WEIGHTS, VELOCITY, SLOPE, 0.5, 0.0)],
        momentum_step,
        "You climb: the gradient points to where the loss grows.",
        lambda w, v, g, rate, m: momentum_step(w, v, -g, rate, m),
        "The weights move by the old velocity. It has to learn of the gradient first.",
        lambda w, v, g, rate, m: [w + v, m * v - rate * g],
        "The old velocity is not weakened: nothing would ever be forgotten.",
        lambda w, v, g, rate, m: momentum_step(w, v, g, rate, 1),
        "You weaken the gradient as well. That is another convention, with smaller steps.",
        lambda w, v, g, rate, m: momentum_step(w, v, (1 - m) * g, rate, m),
        "The rate is multiplied in twice, or to the velocity too. It belongs to the gradient.",
        lambda w, v, g, rate, m: [w + rate * (m * v - g), m * v - g],
        lambda w, v, g, rate, m: [w + rate * (m * v - rate * g), m * v - rate * g],
        "That is Nesterov's variant, which looks ahead. Plain momentum is wanted.",
        lambda w, v, g, rate, m: [w + m * (m * v - rate * g) - rate * g, m * v - rate * g],
        "The velocity is the second thing to return, the weights are the first.",
        lambda w, v, g, rate, m: momentum_step(w, v, g, rate, m)[::-1],
        "Two lines, as the formulas have it: a new velocity out of the old one and the gradient, "
        "then new weights.",
        praise="With a momentum of nought it is plain gradient descent.",
    ),
    "sgd-5": function_exercise(
        [(np.arange(0, 101, 20), 100, 0.1), (np.arange(4), 3, 2.0)],
        cosine,
        "Your rate falls along a straight line.",
        lambda step, steps, rate: rate * (1 - step / steps),
        "Your rate goes below nought: the cosine runs from 1 to −1, and has to be lifted.",
        dict(lift=0),
        "It begins at twice the rate.",
        lambda step, steps, rate: cosine(step, steps, 2 * rate),
        "It rises from nought: which end of the cosine stands first?",
        dict(sign=-1),
        "It comes back to the first rate at the end: half a turn is enough.",
        dict(turns=1),
        "That is a quarter of a turn, which ends steeply.",
        dict(turns=0.25, lift=0),
        "What must come out at the first step, half-way, and at the last?",
        praise="Flat at both ends and steepest in the middle, where the rate is half of the first.",
    ),
    "sgd-6": function_exercise(
        [(FALLING, 0.35), (FALLING, 0.3), (FALLING, 0.6)],
        epochs_to,
        "A run that never gets there looks like the fastest of all. What should it get?",
        lambda losses, target: (losses <= target).argmax(axis=1) + 1,
        "You count from nought. The first epoch is number one.",
        [dict(first=0.0), lambda losses, target: (losses <= target).argmax(axis=1)],
        "To be exactly at the target is to have reached it.",
        dict(there=np.less),
        "You take the mean over the seeds first, so that one number comes out for all of them.",
        lambda losses, target: (losses.mean(axis=0) <= target).argmax() + 1,
        "You count how many epochs are at the target or below. Which is the first of them?",
        lambda losses, target: (losses <= target).sum(axis=1),
        "That is the last epoch above the target, and the loss may have risen again since the "
        "first below it.",
        lambda losses, target: epochs_to(losses, target) * 0 + 1 + (losses > target).sum(axis=1),
        "For one row: which entries are at the target or below, and where is the first?",
        praise="A run that never gets there has no such epoch, and must not pass for a fast one.",
    ),
}
