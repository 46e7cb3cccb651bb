"""The figures that the series prints for sigmoid and ReLU: which set-up can have given them?"""

import numpy as np

from book.claims import Judgement, Outcome, identity, judge, unmeasured
from book.findings import claim, expect, finding
from lessons_src.recorded import Record
from lessons_src.stats import Interval, prediction_interval

NAMES = ("sigmoid", "relu")
#: Training and test accuracy, training and test loss; sigmoid's and ReLU's row.
PRINTED = np.array([[0.5364, 0.5517, 2.1737, 2.1664], [0.7654, 0.7677, 0.7040, 0.7047]])
#: What part 6 prints for its network with SGD: the same four figures, to two digits.
OF_SGD = (0.77, 0.76, 0.68, 0.71)
ROUNDING = 0.005

LISTING = {"depth": 1, "optimiser": "Adam 0.001"}
SUSPECT = "2 hidden, SGD 0.01, batch 1000, scaled"
RESULTS = ("running_accuracy", "test_accuracy", "running_loss", "test_loss")
BETTER = np.array([1, 1, -1, -1])  # which way these go as a network learns
SEARCHED = (1, 5, 8, 9, 10)  # the epochs that the record of the search keeps
LAST = 20  # the epoch up to which the reading asks
ENDS = ("low", "high")
NARROW = 0.05  # the largest half-width of an interval that counts

KEPT = (1, 5, 8, 9, 10, 11, 12)  # the epochs that the record of candidates keeps
#: The training figure is Keras's running mean over the epoch, or that of the finished network.
KINDS = {"running": "running", "final": "train"}
Option = tuple[str, str, int]  # split, kind of training figure, epoch


# --- The printed listing, and all that the series mentions -------------------


def set_ups(printed_search: Record) -> list[str]:
    """The set-ups that were searched, as their cases are named, without the activation."""
    return list(dict.fromkeys(case.split(", ", 1)[1] for case in printed_search.cases))


def listed(printed_search: Record) -> list[str]:
    """The variants of the printed listing among them."""
    cases = printed_search.cases
    return [s for s in set_ups(printed_search) if cases[f"sigmoid, {s}"].items() >= LISTING.items()]


def spans(printed_search: Record, name: str, set_up: str, at: int) -> list[Interval]:
    """Where the four figures of one more run land after an epoch, at 99 %."""
    case = f"{name}, {set_up}"
    return [prediction_interval(printed_search(case, r)[:, at], level=0.99) for r in RESULTS]


def gives_after(
    printed_search: Record, name: str, set_up: str, widest: float = np.inf
) -> list[int]:
    """The recorded epochs after which one more run may give all four figures.

    Args:
        widest: the largest half-width of an interval that counts.
    """
    numbers = PRINTED[NAMES.index(name)]
    return [
        epoch
        for at, epoch in enumerate(SEARCHED)
        if all(
            number in span and (span.high - span.low) / 2 <= widest
            for span, number in zip(spans(printed_search, name, set_up, at), numbers, strict=True)
        )
    ]


def sides(printed_search: Record, name: str, set_up: str) -> np.ndarray:
    """Where each interval lies: 1 past the printed figure, -1 short of it, 0 around it.

    Shape (4, epochs). A network that learns gets from -1 to 1.
    """
    numbers = PRINTED[NAMES.index(name)]
    after = [spans(printed_search, name, set_up, at) for at in range(len(SEARCHED))]
    low, high = (np.array([[getattr(s, end) for s in row] for row in after]) for end in ENDS)
    return BETTER[:, None] * ((low > numbers).astype(int) - (high < numbers)).T


def left_open(printed_search: Record, name: str, set_up: str) -> list[str]:
    """Epochs up to the twentieth that are not recorded, and may give the figures.

    They cannot where some figure lies on the same side before and after them, nor, after the last
    recorded epoch, where a training figure is past the printed one already.
    """
    side = sides(printed_search, name, set_up)
    same = [side[:, at] * side[:, at + 1] == 1 for at in range(len(SEARCHED) - 1)]
    shut = [*(figures.any() for figures in same), (side[[0, 2], -1] == 1).any()]
    limits = zip(SEARCHED, (*SEARCHED[1:], LAST + 1), shut, strict=True)
    return [
        f"{set_up}, epochs {low + 1}\N{EN DASH}{high - 1}"
        for low, high, closed in limits
        if high > low + 1 and not closed
    ]


def told(found: dict[str, list[int]]) -> str:
    """Set-ups with the epochs after which they give the figures."""
    each = [f"{s}, after epoch {', '.join(map(str, at))}" for s, at in found.items() if at]
    return "; ".join(each) or "none"


def by_listing(printed_search: Record, name: str) -> Outcome:
    """The headline: can the printed listing give the four figures of this activation?"""
    asked = "the printed listing gives all four figures after some epoch, by intervals within ±0.05"
    variants = listed(printed_search)
    found = recorded_of_listing(printed_search, name)
    still = [part for v in variants for part in left_open(printed_search, name, v)]
    if still and found.verdict != "holds":
        return unmeasured(asked, f"not kept in the record, and not excluded: {'; '.join(still)}")
    first = max(printed_search(f"{name}, {v}", "test_loss")[:, 0].mean() for v in variants)
    number = f"{found.number}; test loss after epoch 1 at most {first:.2f}, in the mean of runs"
    return identity(asked, found.verdict == "holds", number, *found.records, seeds=found.seeds)


def recorded_of_listing(printed_search: Record, name: str) -> Outcome:
    """The same of those epochs alone that were recorded."""
    variants = listed(printed_search)
    found = {v: gives_after(printed_search, name, v, NARROW) for v in variants}
    return identity(
        "the printed listing does after epoch 1, 5, 8, 9 or 10",
        any(found.values()),
        f"{sum(map(len, found.values()))} of {len(variants) * len(SEARCHED)} variants and epochs",
        printed_search,
        seeds=printed_search.seeds,
    )


def by_others(printed_search: Record, name: str) -> Outcome:
    """Can another set-up that the series mentions give the four figures?"""
    others = [s for s in set_ups(printed_search) if s not in listed(printed_search)]
    narrow = {s: gives_after(printed_search, name, s, NARROW) for s in others}
    any_width = {s: gives_after(printed_search, name, s) for s in others}
    return identity(
        "another set-up of the series does after epoch 1, 5, 8, 9 or 10, by intervals within ±0.05",
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
        not any(gives_after(printed_search, "sigmoid", v) for v in variants)
        and not any(left_open(printed_search, "sigmoid", v) for v in variants),
        "the printed listing cannot give sigmoid's figures",
    )
    expect(
        all(loss[0] > max(loss[1:]) for loss in losses),
        "sigmoid's test loss goes down from the first epoch on",
    )
    return float(max(loss[0] for loss in losses))


@finding
def relu_left_open(printed_search: Record) -> int:
    """Variants of the listing that may give ReLU's figures after an epoch that was not kept."""
    found = [v for v in listed(printed_search) if left_open(printed_search, "relu", v)]
    expect(
        bool(found) and all(v.endswith("raw") for v in found),
        "for ReLU alone the listing on raw pixels is left open",
    )
    return len(found)


def distances(printed_search: Record) -> dict[tuple[str, int], float]:
    """The worst of the eight differences from the printed figures, by set-up and epoch."""
    found = {}
    for set_up in set_ups(printed_search):
        means = np.array(
            [[printed_search(f"{n}, {set_up}", r).mean(axis=0) for r in RESULTS] for n in NAMES]
        )
        off = np.abs(means - PRINTED[:, :, None]).max(axis=(0, 1))
        found |= {(set_up, epoch): float(far) for epoch, far in zip(SEARCHED, off, strict=True)}
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
    expect(best == (SUSPECT, 9), "two hidden layers, SGD, 1,000 and scaled come nearest, after 9")
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


def options(printed_candidates: Record) -> list[Option]:
    """All combinations of split, training figure and epoch that were recorded."""
    splits = dict.fromkeys(case["split"] for case in printed_candidates.cases.values())
    return [(split, kind, epoch) for split in splits for kind in KINDS for epoch in KEPT]


def figures(
    printed_candidates: Record, name: str, option: Option, dropout: str = "0.0"
) -> np.ndarray:
    """The four figures and the gaps in accuracy and in loss, shape (6, seeds)."""
    split, kind, epoch = option
    case, at = f"{name}, dropout {dropout}, {split}", KEPT.index(epoch)
    wanted = f"{KINDS[kind]}_accuracy", "test_accuracy", f"{KINDS[kind]}_loss", "test_loss"
    found = [printed_candidates(case, result)[:, at] for result in wanted]
    return np.array([*found, found[1] - found[0], found[3] - found[2]])


def with_gaps(printed: np.ndarray) -> np.ndarray:
    """Four printed figures with their two gaps, test minus training, shape (6,)."""
    return np.array([*printed, printed[1] - printed[0], printed[3] - printed[2]])


def misses(
    printed_candidates: Record, name: str, option: Option, dropout: str = "0.0"
) -> np.ndarray:
    """Which of the six printed numbers one more run could not give, at 99 %, shape (6,)."""
    found = figures(printed_candidates, name, option, dropout)
    numbers = with_gaps(PRINTED[NAMES.index(name)])
    return np.array(
        [
            number not in prediction_interval(values, level=0.99)
            for values, number in zip(found, numbers, strict=True)
        ]
    )


def missed(printed_candidates: Record, name: str, option: Option, dropout: str = "0.0") -> int:
    """How many of the printed numbers one more run could not give, at 99 %."""
    return int(misses(printed_candidates, name, option, dropout).sum())


def of_both(printed_candidates: Record) -> dict[Option, np.ndarray]:
    """Which numbers of both networks each combination misses, shape (2, 6)."""
    return {
        option: np.array([misses(printed_candidates, name, option) for name in NAMES])
        for option in options(printed_candidates)
    }


def best_fit(printed_candidates: Record) -> Option:
    """The combination that misses fewest printed numbers of both networks; the first of several."""
    found = of_both(printed_candidates)
    return min(found, key=lambda option: found[option].sum())


def fitting_scores(printed_candidates: Record, name: str) -> np.ndarray:
    """Test accuracies of a network in the best-fitting combination, shape (seeds,)."""
    return figures(printed_candidates, name, best_fit(printed_candidates))[1]


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
    """How many of them give the gaps as well; all by the running mean, after epochs 11 and 12."""
    found = fitting(printed_candidates)
    expect(len(found) == 4, "four combinations give all twelve numbers")
    expect(
        sorted(epoch for *_, epoch in found) == [11, 11, 11, 12],
        "three of them after epoch 11 and one after epoch 12",
    )
    expect({kind for _, kind, _ in found} == {"running"}, "all of them by the running mean")
    expect(
        {split for split, *_ in found}
        == {"official, a fifth held out", "pooled", "pooled, a fifth held out"},
        "three of the four splits are among them",
    )
    return len(found)


@finding
def nearly_giving(printed_candidates: Record) -> int:
    """How many of them miss at most one number of the twelve."""
    found = [o for o, lost in of_both(printed_candidates).items() if lost.sum() <= 1]
    expect(
        {epoch for *_, epoch in found} == {9, 10, 11, 12},
        "with one miss allowed the epochs 9 to 12 are left",
    )
    expect(len({split for split, *_ in found}) == 4, "with one miss allowed all splits are left")
    expect({kind for _, kind, _ in found} == {"running"}, "the finished network misses more")
    return len(found)


@finding
def missed_with_dropout(printed_candidates: Record) -> int:
    """How many of ReLU's six numbers are missed with dropout 0.2, where fewest are."""
    lost = [misses(printed_candidates, "relu", o, "0.2") for o in options(printed_candidates)]
    expect(any(not each[:4].any() for each in lost), "with dropout ReLU's figures can be met")
    expect(all(each.any() for each in lost), "with dropout ReLU's gaps are not met as well")
    return int(min(each.sum() for each in lost))


@finding
def width_of_accuracy(printed_candidates: Record) -> float:
    """Half-width of the interval for sigmoid's test accuracy in the best-fitting combination."""
    span = prediction_interval(fitting_scores(printed_candidates, "sigmoid"), level=0.99)
    expect(PRINTED[0, 1] in span, "sigmoid's printed test accuracy lies in its interval")
    expect(
        best_fit(printed_candidates) == ("official, a fifth held out", "running", 11),
        "the split and the epoch of the cell above are those that fit best",
    )
    return (span.high - span.low) / 2


@finding
def width_of_loss(printed_candidates: Record) -> float:
    """Half-width of the interval for sigmoid's test loss in the best-fitting combination."""
    losses = figures(printed_candidates, "sigmoid", best_fit(printed_candidates))[3]
    span = prediction_interval(losses, level=0.99)
    expect(PRINTED[0, 3] in span, "sigmoid's printed test loss lies in its interval")
    expect((span.high - span.low) / 2 <= NARROW, "sigmoid's loss is told far better")
    return (span.high - span.low) / 2


@finding
def running_gap(printed_candidates: Record) -> float:
    """Sigmoid's test loss minus the running mean of its training loss, where all numbers fit.

    The mean over an epoch is that of a network half an epoch younger, so the gap is half the fall.
    """
    found = [figures(printed_candidates, "sigmoid", o) for o in fitting(printed_candidates)]
    gap = float(np.mean([values[5] for values in found]))
    split, kind, epoch = best_fit(printed_candidates)
    before, now = (
        figures(printed_candidates, "sigmoid", (split, kind, e))[2].mean()
        for e in (epoch - 1, epoch)
    )
    expect(abs(gap - (now - before) / 2) < 0.001, "the gap is half of what the loss falls by")
    finished = [
        figures(printed_candidates, "sigmoid", (split, "final", epoch))[5].mean()
        for split, _, epoch in fitting(printed_candidates)
    ]
    expect(np.abs(finished).max() < 0.002, "the finished network has next to no gap")
    return gap


# --- All figures of the series together --------------------------------------


def gives(found: np.ndarray) -> bool:
    """Whether one more run may give the four figures of SGD, at 99 % and to their rounding."""
    around = [prediction_interval(values, level=0.99) for values in found]
    return all(
        span.low - ROUNDING <= figure <= span.high + ROUNDING
        for span, figure in zip(around, OF_SGD, strict=True)
    )


def gives_with_gaps(found: np.ndarray) -> bool:
    """As `gives`, and the two gaps, which both roundings may shift."""
    around = [prediction_interval(values, level=0.99) for values in found[4:]]
    gaps = OF_SGD[1] - OF_SGD[0], OF_SGD[3] - OF_SGD[2]
    return gives(found[:4]) and all(
        span.low - 2 * ROUNDING <= gap <= span.high + 2 * ROUNDING
        for span, gap in zip(around, gaps, strict=True)
    )


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
    """Combinations with their epochs."""
    told = [f"{split}, {kind} training figure, epoch {epoch}" for split, kind, epoch in found]
    return "; ".join(told) or "none"


def together(printed_candidates: Record) -> list[Outcome]:
    """Does one set-up give the figures of both networks, and those of SGD as well?"""
    lost = of_both(printed_candidates)
    found = [o for o in lost if not lost[o].any()]
    eight = [o for o in lost if not lost[o][:, :4].any()]
    of_relu = {o: figures(printed_candidates, "relu", o) for o in eight}
    as_well = [o for o in found if gives_with_gaps(of_relu[o])]
    without_gaps = [o for o in eight if gives(of_relu[o][:4])]
    return [
        identity(
            f"with {SUSPECT}, one split and epoch gives S3.1's and S3.2's figures and their gaps, "
            "by intervals of any width",
            bool(found),
            f"{len(found)} of {len(lost)}: {in_words(found)}",
            printed_candidates,
            seeds=printed_candidates.seeds,
        ),
        identity(
            "one of them gives the figures and gaps of S6.1 as well",
            bool(as_well),
            f"{len(as_well)} of {len(lost)}; {len(without_gaps)} of {len(lost)} if no gap is asked "
            "for",
            printed_candidates,
            seeds=printed_candidates.seeds,
        ),
    ]


SEARCH_WEAKENED = (
    "Five runs on the official split, and of epochs 1\N{EN DASH}20 only 1, 5, 8, 9 and 10. A "
    "figure past the printed one at two of them is taken to be so in between, and a training "
    "figure that is past it after epoch 10, to stay so."
)


@claim("S3.1")
def sigmoid_as_printed(printed_search: Record, printed_candidates: Record) -> Judgement:
    """Can the printed listing give what is printed for sigmoid?"""
    return judge(
        by_listing(printed_search, "sigmoid"),
        also=[by_others(printed_search, "sigmoid"), *together(printed_candidates)],
        set_up=printed_search.set_up,
        weakened=SEARCH_WEAKENED,
    )


@claim("S3.2")
def relu_as_printed(printed_search: Record, printed_candidates: Record) -> Judgement:
    """Can the printed listing give what is printed for ReLU?"""
    return judge(
        by_listing(printed_search, "relu"),
        also=[
            recorded_of_listing(printed_search, "relu"),
            by_others(printed_search, "relu"),
            *together(printed_candidates),
        ],
        set_up=printed_search.set_up,
        weakened=SEARCH_WEAKENED,
    )
