"""Checkers for the chapter on searching.

The last exercise is code and not data, since a command is text that can be written in many ways.
"""

import math
import shlex
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from lessons_src.exercises import Exercise, reading
from lessons_src.exercises._differences import Difference
from lessons_src.exercises._functions import function_exercise

_rng = np.random.default_rng(0)
EVEN = np.linspace(0, 1, 6)
CROSSING = [_rng.permuted(np.linspace(0.5, 0.9, 8 * n)).reshape(8, n) for n in (6, 8)]  # epochs


def successive_halving(curves: np.ndarray, best=True, afresh=False) -> np.ndarray:
    """The winner's row and the epochs trained; others keep the worse half or begin anew."""
    left, done, spent = np.arange(len(curves)), 0, 0
    for epoch in (1, 2, 4):
        spent += len(left) * (epoch - done)
        done = 0 if afresh else epoch
        order = curves[left, epoch - 1].argsort()
        left = left[(order if best else order[::-1])[len(left) // 2 :]]
    return np.array([left[0], spent + curves.shape[1] - done])


def draws_needed(share: float, sure: float) -> int:
    """The smallest number of draws of which one is in the best `share`, that surely."""
    return math.ceil(math.log(1 - sure) / math.log(1 - share))


class Command(Exercise):
    """The command that each of five machines runs."""

    def compare(self, answer: Any) -> tuple[bool, dict[str, bool]]:
        with reading("Give the command as one line of text, in quotation marks."):
            told = dict(pairwise(shlex.split(answer.strip().replace("=", " "))))
            address = urlsplit(told.get("--storage", ""))
        host, password = address.hostname, "tulip" in answer or address.password is not None
        found = address.scheme.removesuffix("+psycopg"), address.username, host, address.path
        place = found == ("postgresql", "searcher", "db.example.org", "/searches")
        module = told.get("-m") == "lessons_src.search"
        study, trials = told.get("--study") == "autumn", told.get("--trials") == "10"
        return module and study and trials and place and not password, {
            "The password does not belong there: every user of a machine can list its commands. "
            "The text names two better places.": password,
            "The command is the book's own module, run by Python; copy its name from the text.": (
                not module
            ),
            "Without a storage each machine would search a file of its own: which option names "
            "another?": "--storage" not in told,
            "A file is reached by one machine alone, or by those with a common drive. Here a "
            "database server is to be named, by its address.": not host,
            "On each machine that name means this very machine. Which one has the database?": (
                host in ("localhost", "127.0.0.1")
            ),
            "The address has its parts in the wrong places: kind and driver, user, host and "
            "database, as in the text.": not place,
            "All five have to name the same study, the one that the exercise asks for.": not study,
            "Each worker counts the trials that it does itself. How many are those?": True,
        }


EXERCISES = {
    "searching-1": function_exercise(
        [(EVEN, 1e-4, 3e-2), (EVEN, 32, 256)],
        lambda u, low, high: low * (high / low) ** u,
        "That is the linear scale: from one number to the next the same is added. What should be "
        "the same instead?",
        lambda u, low, high: low + (high - low) * u,
        "Those are logarithms, evenly spread. One step is missing, the way back from them.",
        lambda u, low, high: np.log(low) + u * np.log(high / low),
        lambda u, low, high: np.log10(low) + u * np.log10(high / low),
        "The factors are right, but where does it begin? Try u = 0.",
        lambda u, low, high: (high / low) ** u,
        "It runs from the upper end to the lower one: u = 0 should give low.",
        lambda u, low, high: high * (low / high) ** u,
        "A logarithm and a power of different bases have met: take e for both, or 10.",
        lambda u, low, high: 10 ** (np.log(low) + u * np.log(high / low)),
        lambda u, low, high: np.exp(np.log10(low) + u * np.log10(high / low)),
        "What must come out for u = 0, for u = 1, and half-way between them?",
        praise="Equal steps of u are equal factors, so that each doubling gets as many draws.",
        form="log_uniform(u, low, high)",
    ),
    "searching-2": function_exercise(
        [(curves,) for curves in CROSSING],
        successive_halving,
        "You keep the worse half: accuracies should be large.",
        dict(best=False),
        "You train all rows to the end. Those that are dropped cost nothing more.",
        lambda curves: (successive_halving(curves)[0], curves.size),
        lambda curves: (curves[:, -1].argmax(), curves.size),
        "The epochs are right. But a row that was dropped cannot win by what it would have "
        "reached.",
        lambda curves: (curves[:, -1].argmax(), successive_halving(curves)[1]),
        "The epochs are right. The row is to be counted among all eight, not among those left.",
        lambda curves: (0, successive_halving(curves)[1]),
        "You count from the first epoch again in each round; a network goes on from where it was.",
        dict(afresh=True),
        "The winner is right. How many epochs does each round add, and to how many rows? After the "
        "last halving, somebody still has to be trained to the end.",
        lambda curves: successive_halving(curves) - [0, curves.shape[1] - 4],
        "Go through it by hand: who is left after the first epoch, and who after the second?",
        praise="Most epochs go to the networks that looked best early, which need not be the best.",
    ),
    "searching-3": function_exercise(
        [(0.05, 0.95), (0.3, 0.5), (0.001, 0.99)],
        draws_needed,
        "The ends are exchanged: what is the probability that one draw misses?",
        lambda share, sure: math.ceil(math.log(sure) / math.log(share)),
        lambda share, sure: math.ceil(math.log(1 - share) / math.log(1 - sure)),
        "One draw in so many hits on average. That is not yet to be sure of a hit.",
        [lambda share, sure: math.ceil(1 / share), lambda share, sure: 1 / share],
        "The chances of several draws do not add up: two of them may both hit.",
        [lambda share, sure: math.ceil(sure / share), lambda share, sure: sure / share],
        "Draws come in whole numbers, and fewer than you need are too few.",
        lambda share, sure: math.log(1 - sure) / math.log(1 - share),
        lambda share, sure: math.floor(math.log(1 - sure) / math.log(1 - share)),
        lambda share, sure: round(math.log(1 - sure) / math.log(1 - share)),
        "With which probability do two draws both miss, and n of them?",
        praise="All draws miss with a probability that shrinks by the same factor at each draw.",
    ),
    "searching-4": Difference(
        praise="The same networks on the same images: what is left is the luck of the seed that "
        "won."
    ),
    "searching-5": Command(praise="The same line for all, no line of code, and no secret in it."),
}
