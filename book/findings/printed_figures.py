"""The figures that the series prints for sigmoid and ReLU: which set-up can have given them?"""

import functools

import numpy as np
from scipy import stats

from book.claims import Judgement, Outcome, identity, judge
from book.findings import claim, expect, finding
from book.findings._scores import span
from lessons_src.recorded import Record
from lessons_src.stats import prediction_interval

NAMES = ("sigmoid", "relu")
#: Training and test accuracy, training and test loss; sigmoid's and ReLU's row.
PRINTED = np.array([[0.5364, 0.5517, 2.1737, 2.1664], [0.7654, 0.7677, 0.7040, 0.7047]])
#: What part 6 prints for its network with SGD: the same four figures, to two digits.
OF_SGD = (0.77, 0.76, 0.68, 0.71)
ROUNDING = 0.005

LISTING = {"depth": 1, "optimiser": "Adam 0.001"}
SUSPECT = "2 hidden, SGD 0.01, batch 1000, scaled"
NARROW = 0.05  # the largest half-width of an interval that counts
#: The training figure is Keras's running mean over the epoch, or that of the finished network.
KINDS = {"running": "running", "final": "train"}
Option = tuple[str, str, int]  # split, kind of training figure, epoch
#: The set-up that reproduces the printed figures: of the suspect's splits, kinds and epochs that
#: which fitted best in the first edition, whose seeds are others than those that are scored.
REPRODUCES: Option = ("official, a fifth held out", "running", 11)


# --- Where one more run lands ------------------------------------------------


def ends(values: np.ndarray) -> np.ndarray:
    """Where one more run lands, at 99 %: both ends, without the axis of the seeds, the last.

    As `prediction_interval`, for many figures at once. NaN where a run has diverged.
    """
    seeds = values.shape[-1]
    half = widths(seeds) * values.std(axis=-1, ddof=1)
    return values.mean(axis=-1) + np.array([-half, half])


@functools.cache
def widths(seeds: int) -> float:
    """How many standard deviations of so many runs make half of the interval at 99 %."""
    return float(stats.t.ppf(0.995, seeds - 1) * np.sqrt(1 + 1 / seeds))


def hits(found: np.ndarray, numbers: np.ndarray, widest: float = np.inf) -> np.ndarray:
    """Which of the numbers one more run may give, by results of shape (…, numbers, seeds).

    Args:
        widest: the largest half-width of an interval that counts.
    """
    low, high = ends(found)
    return (low <= numbers) & (numbers <= high) & ((high - low) / 2 <= widest)


def wanted(kind: str) -> tuple[str, ...]:
    """The results that stand for training and test accuracy, training and test loss."""
    return f"{KINDS[kind]}_accuracy", "test_accuracy", f"{KINDS[kind]}_loss", "test_loss"


# --- The printed listing, and all that the series mentions -------------------


def set_ups(printed_search: Record) -> list[str]:
    """The set-ups that were searched, as their cases are named, without the activation."""
    return list(dict.fromkeys(case.split(", ", 1)[1] for case in printed_search.cases))


def listed(printed_search: Record) -> list[str]:
    """The variants of the printed listing among them."""
    cases = printed_search.cases
    return [s for s in set_ups(printed_search) if cases[f"sigmoid, {s}"].items() >= LISTING.items()]


def after(printed_search: Record, case: str, kind: str) -> np.ndarray:
    """The four figures after each epoch, shape (epochs, 4, seeds)."""
    return np.array([printed_search(case, result) for result in wanted(kind)]).transpose(2, 0, 1)


def kinds(printed_search: Record, case: str) -> list[str]:
    """The kinds of training figure that were recorded of a case."""
    known = printed_search.results[case]
    return [kind for kind in KINDS if f"{KINDS[kind]}_loss" in known]


def gives_after(
    printed_search: Record, name: str, set_up: str, widest: float = np.inf
) -> list[int]:
    """The epochs after which one more run may give all four figures of an activation."""
    case, numbers = f"{name}, {set_up}", PRINTED[NAMES.index(name)]
    given = [
        hits(after(printed_search, case, kind), numbers, widest).all(axis=1)
        for kind in kinds(printed_search, case)
    ]
    return [int(at) + 1 for at in np.flatnonzero(np.any(given, axis=0))]


def told(found: dict[str, list[int]]) -> str:
    """Set-ups with the epochs after which they give the figures."""
    each = [f"{s}, after epoch {', '.join(map(str, at))}" for s, at in found.items() if at]
    return "; ".join(each) or "none"


def by_listing(printed_search: Record, name: str, widest: float, asked: str) -> Outcome:
    """Can the printed listing give the four figures of this activation?"""
    variants = listed(printed_search)
    found = {v: gives_after(printed_search, name, v, widest) for v in variants}
    first = max(printed_search(f"{name}, {v}", "test_loss")[:, 0].mean() for v in variants)
    tried = sum(printed_search(f"{name}, {v}", "test_loss").shape[1] for v in variants)
    number = (
        f"{sum(map(len, found.values()))} of {tried} variants and epochs: {told(found)}; "
        f"test loss after epoch 1 at most {first:.2f}, in the mean of runs"
    )
    return identity(asked, any(found.values()), number, printed_search, seeds=printed_search.seeds)


def by_others(printed_search: Record, name: str) -> Outcome:
    """Can another set-up that the series mentions give the four figures?"""
    others = [s for s in set_ups(printed_search) if s not in listed(printed_search)]
    narrow = {s: gives_after(printed_search, name, s, NARROW) for s in others}
    any_width = {s: gives_after(printed_search, name, s) for s in others}
    return identity(
        "another set-up of the series does after some epoch of 1\N{EN DASH}10, by the running mean "
        "and intervals within ±0.05",
        any(narrow.values()),
        f"{told(narrow)}; by intervals of any width {told(any_width)}",
        printed_search,
        seeds=printed_search.seeds,
    )


@finding
def slowest_listing_loss(printed_search: Record) -> float:
    """Sigmoid's test loss after one epoch of the listing, in the variant where it is highest."""
    variants = listed(printed_search)
    losses = [printed_search(f"sigmoid, {v}", "test_loss").mean(axis=0) for v in variants]
    expect(
        not any(gives_after(printed_search, "sigmoid", v) for v in variants),
        "the printed listing cannot give sigmoid's figures",
    )
    expect(
        all(loss[0] > max(loss[1:]) for loss in losses),
        "sigmoid's test loss is lower after every later epoch",
    )
    return float(max(loss[0] for loss in losses))


@finding
def relu_left_open(printed_search: Record) -> int:
    """Variants of the listing that may give ReLU's figures, by intervals of any width."""
    found = [v for v in listed(printed_search) if gives_after(printed_search, "relu", v)]
    expect(
        all(v.endswith("raw") for v in found),
        "on scaled pixels the listing cannot give ReLU's figures either",
    )
    return len(found)


def distances(printed_search: Record) -> dict[tuple[str, int], float]:
    """The worst of the eight differences from the printed figures, by set-up and epoch."""
    found = {}
    for set_up in set_ups(printed_search):
        both = [after(printed_search, f"{name}, {set_up}", "running") for name in NAMES]
        means = np.array([figures.mean(axis=-1) for figures in both])  # (2, epochs, 4)
        off = np.abs(means - PRINTED[:, None]).max(axis=(0, 2))
        # A set-up whose runs diverged has no mean, and is as far as can be.
        far = np.where(np.isfinite(off), off, np.inf)
        found |= {(set_up, epoch): float(worst) for epoch, worst in enumerate(far, start=1)}
    return found


@finding
def tried(printed_search: Record) -> int:
    """How many set-ups with their epochs were compared in the search."""
    return len(distances(printed_search))


@finding
def nearest_distance(printed_search: Record) -> float:
    """The worst of the eight differences in the set-up and epoch that come nearest."""
    found = distances(printed_search)
    best = min(found, key=found.get)
    expect(best == (SUSPECT, 10), "two hidden layers, SGD, 1,000, scaled come nearest, after 10")
    return found[best]


@finding
def second_distance(printed_search: Record) -> float:
    """The same in the nearest set-up that differs in more than the epoch."""
    found = distances(printed_search)
    first = min(found, key=found.get)[0]
    second = min(far for (set_up, _), far in found.items() if set_up != first)
    expect(second > 5 * found[min(found, key=found.get)], "the first stands apart")
    return second


@finding
def listing_distance(printed_search: Record) -> float:
    """The same in the nearest variant of the printed listing."""
    variants = listed(printed_search)
    found = [far for (s, _), far in distances(printed_search).items() if s in variants]
    expect(min(found) > 0.9, "the printed listing is off by about one, or more")
    return min(found)


# --- Splits, epochs and kinds of training figure -----------------------------


def options(
    printed_candidates: Record, name: str = "sigmoid", dropout: str = "0.0"
) -> list[Option]:
    """All combinations of split, training figure and epoch that were recorded."""
    own = {
        settings["split"]: case
        for case, settings in printed_candidates.cases.items()
        if case.startswith(f"{name}, dropout {dropout}, ")
    }
    return [
        (split, kind, epoch)
        for split, case in own.items()
        for kind in KINDS
        for epoch in range(1, printed_candidates(case, "test_loss").shape[1] + 1)
    ]


def figures(
    printed_candidates: Record, name: str, option: Option, dropout: str = "0.0"
) -> np.ndarray:
    """The four figures and the gaps in accuracy and in loss, shape (6, seeds)."""
    split, kind, epoch = option
    case = f"{name}, dropout {dropout}, {split}"
    found = [printed_candidates(case, result)[:, epoch - 1] for result in wanted(kind)]
    return np.array([*found, found[1] - found[0], found[3] - found[2]])


def with_gaps(printed: np.ndarray) -> np.ndarray:
    """Four printed figures with their two gaps, test minus training, shape (6,)."""
    return np.array([*printed, printed[1] - printed[0], printed[3] - printed[2]])


def misses(
    printed_candidates: Record,
    name: str,
    option: Option,
    dropout: str = "0.0",
    widest: float = np.inf,
) -> np.ndarray:
    """Which of the six printed numbers one more run could not give, at 99 %, shape (6,)."""
    found = figures(printed_candidates, name, option, dropout)
    return ~hits(found, with_gaps(PRINTED[NAMES.index(name)]), widest)


def of_both(printed_candidates: Record, widest: float = np.inf) -> dict[Option, np.ndarray]:
    """Which numbers of both networks each combination misses, shape (2, 6)."""
    return {
        option: np.array(
            [misses(printed_candidates, name, option, widest=widest) for name in NAMES]
        )
        for option in options(printed_candidates)
    }


def reproducing_scores(printed_candidates: Record, name: str) -> np.ndarray:
    """Test accuracies of a network in the set-up that reproduces the figures, shape (seeds,)."""
    return figures(printed_candidates, name, REPRODUCES)[1]


def fitting(printed_candidates: Record) -> list[Option]:
    """The combinations that give all twelve numbers."""
    return [o for o, lost in of_both(printed_candidates).items() if not lost.any()]


@finding
def options_tried(printed_candidates: Record) -> int:
    """How many combinations of split, training figure and epoch were compared."""
    return len(options(printed_candidates))


@finding
def giving_figures(printed_candidates: Record) -> int:
    """How many of them give the eight printed figures, whatever their gaps."""
    return sum(not lost[:, :4].any() for lost in of_both(printed_candidates).values())


@finding
def giving_all(printed_candidates: Record) -> int:
    """How many of them give the gaps as well."""
    found = fitting(printed_candidates)
    expect(bool(found), "some combinations give all twelve numbers")
    expect({kind for _, kind, _ in found} <= {"running"}, "all of them by the running mean")
    return len(found)


@finding
def fitting_epochs(printed_candidates: Record) -> str:
    """The epochs after which a combination gives all twelve numbers, the first and the last."""
    return span(np.array([epoch for *_, epoch in fitting(printed_candidates)] or [0]))


def near_misses(printed_candidates: Record) -> list[Option]:
    """The combinations that miss at most one number of the twelve."""
    return [o for o, lost in of_both(printed_candidates).items() if lost.sum() <= 1]


@finding
def nearly_giving(printed_candidates: Record) -> int:
    """How many of them miss at most one number of the twelve."""
    found = near_misses(printed_candidates)
    expect(len({split for split, *_ in found}) == 4, "with one miss allowed all splits are left")
    expect({kind for _, kind, _ in found} == {"running"}, "the finished network misses more")
    return len(found)


@finding
def nearly_epochs(printed_candidates: Record) -> str:
    """The epochs of those, the first and the last."""
    found = span(np.array([epoch for *_, epoch in near_misses(printed_candidates)] or [0]))
    last = max(epoch for *_, epoch in options(printed_candidates))
    expect(found.split()[-1] == str(last), "they go on to where our runs end")
    return found


@finding
def missed_with_dropout(printed_candidates: Record) -> int:
    """How many of ReLU's six numbers are missed with dropout 0.2, where fewest are."""
    tried = options(printed_candidates, "relu", "0.2")
    lost = [misses(printed_candidates, "relu", o, "0.2") for o in tried]
    expect(any(not each[:4].any() for each in lost), "with dropout ReLU's figures can be met")
    expect(all(each.any() for each in lost), "with dropout ReLU's gaps are not met as well")
    return int(min(each.sum() for each in lost))


@finding
def width_of_accuracy(printed_candidates: Record) -> float:
    """Half-width of the interval for sigmoid's test accuracy in the set-up that reproduces."""
    one = prediction_interval(reproducing_scores(printed_candidates, "sigmoid"), level=0.99)
    expect(PRINTED[0, 1] in one, "sigmoid's printed test accuracy lies in its interval")
    expect((one.high - one.low) / 2 > NARROW, "a wide range of accuracies would have passed")
    return (one.high - one.low) / 2


@finding
def width_of_loss(printed_candidates: Record) -> float:
    """Half-width of the interval for sigmoid's test loss in the set-up that reproduces."""
    losses = figures(printed_candidates, "sigmoid", REPRODUCES)[3]
    one = prediction_interval(losses, level=0.99)
    expect(PRINTED[0, 3] in one, "sigmoid's printed test loss lies in its interval")
    expect((one.high - one.low) / 2 <= NARROW, "sigmoid's loss is told far better")
    return (one.high - one.low) / 2


@finding
def running_gap(printed_candidates: Record) -> float:
    """Sigmoid's test loss minus the running mean of its training loss, where they reproduce.

    The mean over an epoch is that of a network half an epoch younger, so the gap is half the fall.
    """
    split, kind, epoch = REPRODUCES
    before, now = (
        figures(printed_candidates, "sigmoid", (split, kind, e)).mean(axis=1)
        for e in (epoch - 1, epoch)
    )
    gap = float(now[5])
    expect(abs(gap - (now[2] - before[2]) / 2) < 0.001, "the gap is half of what the loss falls by")
    finished = figures(printed_candidates, "sigmoid", (split, "final", epoch))[5].mean()
    expect(abs(finished) < 0.002, "the finished network has next to no gap")
    return gap


# --- All figures of the series together --------------------------------------


def gives(found: np.ndarray) -> bool:
    """Whether one more run may give the four figures of SGD, at 99 % and to their rounding."""
    return near(found, np.array(OF_SGD), ROUNDING)


def gives_with_gaps(found: np.ndarray) -> bool:
    """As `gives`, and the two gaps, which both roundings may shift."""
    gaps = with_gaps(np.array(OF_SGD))[4:]
    return gives(found[:4]) and near(found[4:], gaps, 2 * ROUNDING)


def near(found: np.ndarray, numbers: np.ndarray, rounding: float) -> bool:
    """Whether the numbers lie where one more run lands, or as far beyond as they were rounded."""
    low, high = ends(found)
    return bool(((low - rounding <= numbers) & (numbers <= high + rounding)).all())


@finding
def giving_all_of_the_series(printed_candidates: Record) -> int:
    """How many combinations give the twelve numbers, and the figures of SGD with their gaps."""
    of_sgd = {
        o
        for o in options(printed_candidates)
        if gives_with_gaps(figures(printed_candidates, "relu", o))
    }
    expect({kind for _, kind, _ in of_sgd} == {"final"}, "SGD's figures ask for the finished one")
    found = of_sgd & set(fitting(printed_candidates))
    expect(not found, "no combination gives all figures of the series")
    return len(found)


def in_words(found: list[Option]) -> str:
    """Combinations, how many they are and, where there are any, which."""
    each = [f"{split}, {kind} training figure, epoch {epoch}" for split, kind, epoch in found]
    return f"{len(each)} ({'; '.join(each)})" if each else "none"


def by_candidates(printed_candidates: Record, name: str) -> Outcome:
    """Can the suspect give the four figures, on some split and with or without dropout?"""
    tried = [
        (dropout, option)
        for dropout in ("0.0", "0.2")
        for option in options(printed_candidates, name, dropout)
    ]

    def given(widest: float) -> list[Option]:
        return [
            (f"{split}, dropout {dropout}", kind, epoch)
            for dropout, (split, kind, epoch) in tried
            if not misses(printed_candidates, name, (split, kind, epoch), dropout, widest)[:4].any()
        ]

    narrow, any_width = given(NARROW), given(np.inf)
    return identity(
        f"with {SUSPECT}, some split and epoch does, by intervals within ±0.05",
        bool(narrow),
        f"{in_words(narrow)} of {len(tried)}; {len(any_width)} by intervals of any width",
        printed_candidates,
        seeds=printed_candidates.seeds,
    )


def together(printed_candidates: Record) -> list[Outcome]:
    """Does one set-up give the figures of both networks, and those of SGD as well?"""
    lost = of_both(printed_candidates)
    narrow = [
        option
        for option, missed in of_both(printed_candidates, NARROW).items()
        if not missed[:, :4].any()
    ]
    eight = [o for o in lost if not lost[o][:, :4].any()]
    twelve = [o for o in lost if not lost[o].any()]
    of_relu = {o: figures(printed_candidates, "relu", o) for o in eight}
    as_well = [o for o in eight if gives(of_relu[o][:4])]
    with_all_gaps = [o for o in twelve if gives_with_gaps(of_relu[o])]
    seeds = printed_candidates.seeds
    return [
        identity(
            "one split and epoch of it gives S3.1's and S3.2's figures, by intervals within ±0.05",
            bool(narrow),
            f"{in_words(narrow)} of {len(lost)}; by intervals of any width {len(eight)}, and with "
            f"the gaps between training and test {in_words(twelve)}",
            printed_candidates,
            seeds=seeds,
        ),
        identity(
            "one of them gives S6.1's as well, by intervals of any width",
            bool(as_well),
            f"{in_words(as_well)} of {len(lost)}; with all gaps {in_words(with_all_gaps)}",
            printed_candidates,
            seeds=seeds,
        ),
    ]


def as_printed(printed_search: Record, printed_candidates: Record, name: str) -> Judgement:
    """The judgement of the figures of one activation."""
    every_epoch = "the printed listing gives all four figures after some epoch of 1\N{EN DASH}20"
    return judge(
        by_listing(printed_search, name, NARROW, f"{every_epoch}, by intervals within ±0.05"),
        also=[
            by_listing(printed_search, name, np.inf, f"{every_epoch}, by intervals of any width"),
            by_others(printed_search, name),
            by_candidates(printed_candidates, name),
            *together(printed_candidates),
        ],
        set_up=printed_search.set_up,
        weakened="The listing was run on the official split alone; sigmoid with dropout, and the "
        "other set-ups after epoch 10, were not run.",
    )


@claim("S3.1")
def sigmoid_as_printed(printed_search: Record, printed_candidates: Record) -> Judgement:
    """Can the printed listing give what is printed for sigmoid?"""
    return as_printed(printed_search, printed_candidates, "sigmoid")


@claim("S3.2")
def relu_as_printed(printed_search: Record, printed_candidates: Record) -> Judgement:
    """Can the printed listing give what is printed for ReLU?"""
    return as_printed(printed_search, printed_candidates, "relu")
