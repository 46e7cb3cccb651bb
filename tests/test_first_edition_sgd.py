"""What the records say of gradient descent, on small records whose answer is known."""

import numpy as np
import pytest
from made_up import around, record

from book.claims import DOES_NOT_HOLD, HOLDS, NOT_MEASURED, Judgement
from book.findings.first_edition import sgd
from book.findings.first_edition._printed_figures import OF_SGD
from lessons_src.recorded import Record

FALLING = np.linspace(2, 1, 10)
RISING = np.concatenate([np.linspace(2, 1, 9), [1.1]])


def verdicts(outcomes) -> list[str]:
    return [outcome.verdict for outcome in outcomes]


# --- Rates -------------------------------------------------------------------


def series(at_ten: dict[str, float], at_fifty: dict[str, float], rough: str = "") -> Record:
    """Validation accuracies by rate; the loss of the rate `rough` rises once."""
    cases, settings = {}, {}
    for epochs, grid in ((10, at_ten), (50, at_fifty)):
        for rate, accuracy in grid.items():
            name = f"{rate}, {epochs} epochs"
            loss = RISING if rate == rough else FALLING
            cases[name] = {
                "val_accuracy": around(accuracy, 0.0001, 5),
                "val_loss_curve": [loss] * 5,
            }
            settings[name] = {"epochs": epochs}
    cases["0.01, batch 32"] = {
        "val_accuracy": around(0.99, 0.0001, 5),
        "val_loss_curve": [FALLING] * 5,
    }
    settings["0.01, batch 32"] = {"epochs": 10, "batch_size": 32}
    return record("series-rates", cases, settings=settings, first_seed=0)


def small_batches(scores: dict[float, float]) -> Record:
    names = {rate: "SGD 1e-02" if rate == 0.01 else f"SGD {rate:g}" for rate in scores}
    cases = {names[r]: {"val_accuracy": around(score, 0.0001, 5)} for r, score in scores.items()}
    settings = {names[r]: {"optimiser": "SGD", "learning_rate": r} for r in scores}
    cases["Adam"] = {"val_accuracy": around(0.99, 0.0001, 5)}
    settings["Adam"] = {"optimiser": "Adam", "learning_rate": 0.01}
    return record("learning-rates", cases, settings=settings, first_seed=0)


@pytest.mark.parametrize(
    ("best", "verdict"),
    [(0.71, HOLDS), (0.722, HOLDS), (0.724, DOES_NOT_HOLD), (0.85, DOES_NOT_HOLD)],
)
def test_a_rate_is_not_worse_within_the_margin_of_the_best(best: float, verdict: str) -> None:
    # 0.01 scores 0.72; batches of 32 score 0.99 and do not compete.
    rates = series({"0.001": 0.5, "0.01": 0.72, "0.3": best}, {"0.01": 0.9, "0.3": 0.8})
    plain = small_batches({0.01: 0.86, 0.1: 0.8})
    spot, worked = sgd.sweet_spot(rates), sgd.worked_best(rates, plain)
    assert spot.verdict == worked.verdict == verdict
    assert spot.provisional
    assert verdicts(spot.also)[0] == verdicts(worked.also)[0] == HOLDS


def test_fifty_epochs_and_small_batches_have_grids_of_their_own() -> None:
    rates = series({"0.01": 0.72, "0.3": 0.7}, {"0.01": 0.8, "0.3": 0.9})
    plain = small_batches({0.01: 0.86, 0.1: 0.88})
    spot, worked = sgd.sweet_spot(rates), sgd.worked_best(rates, plain)
    assert spot.verdict == worked.verdict == HOLDS
    assert verdicts(spot.also) == [DOES_NOT_HOLD, HOLDS]
    assert verdicts(worked.also) == [DOES_NOT_HOLD]


def test_a_rate_whose_loss_ever_rises_does_not_compete_among_the_calm() -> None:
    grid = {"0.01": 0.72, "0.1": 0.72, "0.3": 0.85}
    for rough, verdict in (("", DOES_NOT_HOLD), ("0.3", HOLDS), ("0.1", DOES_NOT_HOLD)):
        spot = sgd.sweet_spot(series(grid, {"0.01": 0.8}, rough))
        assert spot.verdict == DOES_NOT_HOLD
        assert spot.also[1].verdict == verdict


@pytest.mark.parametrize(
    ("hundredth", "verdict"), [(0.80, HOLDS), (0.868, HOLDS), (0.872, DOES_NOT_HOLD)]
)
def test_too_low_is_a_hundredth_of_the_best_rate(hundredth: float, verdict: str) -> None:
    scores = {0.001: hundredth, 0.0032: 0.5, 0.01: 0.87, 0.1: 0.88, 1.0: 0.1}
    judgement = sgd.too_high_too_low(small_batches(scores))
    low = judgement.headline[1]
    assert low.verdict == verdict
    assert low.interval.level == pytest.approx(0.975)  # one of two parts
    assert judgement.verdict == NOT_MEASURED  # for want of the loss by epoch


def test_a_grid_without_the_hundredth_is_refused() -> None:
    with pytest.raises(ValueError, match="hundredth"):
        sgd.too_high_too_low(small_batches({0.01: 0.87, 0.1: 0.88}))


# --- Batches -----------------------------------------------------------------

COUNTED = [10, 150, 1050, 1200, 1350, 1500, 3000]


def descents(ten_epochs: float, late: float, settled: float = 0.0) -> Record:
    """Batches of 32 score so much above the full batch at equal epochs and at equal updates."""

    def case(updates: list[int], accuracy: list[float], loss: float, trained: float = 0.9) -> dict:
        wobble = np.c_[around(0, 0.0001, 5)]
        return {
            "updates": [updates] * 5,
            "val_accuracy": np.array(accuracy) + wobble,
            "val_loss": np.full((5, len(updates)), loss),
            "train_accuracy": np.full((5, len(updates)), trained),
            "train_loss": np.full((5, len(updates)), 0.1),
        }

    cases = {}
    for size, rates in sgd.RATES.items():
        for rate in rates:
            own = rate == rates[1]  # the rate with the lowest loss; the others score better
            loss, more = (0.4, 0.0) if own else (0.5, 0.05 * (size == 32))
            if size == 1:
                cases[f"batch 1, {rate:g}"] = case([48_000], [0.8 + more], loss)
                continue
            at_ten, at_late = (0.8, 0.8) if size == 4800 else (0.8, 0.8 + late)
            at_1500 = 0.8 if size == 4800 else 0.8 + ten_epochs
            accuracy = [at_ten, 0.5, *[at_late] * 3, at_1500, 0.1]
            if size == 32:  # so that the mean of the last four is the lead that is asked for
                accuracy[2:5] = [0.8 + (4 * late - ten_epochs) / 3] * 3
            found = case(COUNTED, [a + more for a in accuracy], loss)
            cases[f"batch {size:,}, {rate:g}"] = found
    for name, trained in zip(sgd.TO_THE_END, (0.9 + settled, 0.9), strict=True):
        cases[name] = case([3000], [0.8], 0.4, trained)
    return record("full-batch", cases, first_seed=0)


def test_batches_at_equal_epochs_updates_and_at_the_end() -> None:
    judgement = sgd.minibatches(descents(0.02, -0.01))
    assert judgement.verdict == NOT_MEASURED
    epochs, updates, end, toy = judgement.also
    assert epochs.interval.estimate == pytest.approx(0.02)
    assert updates.interval.estimate == pytest.approx(-0.01)
    assert verdicts([epochs, updates, end, toy]) == [
        HOLDS,
        DOES_NOT_HOLD,
        DOES_NOT_HOLD,
        NOT_MEASURED,
    ]
    assert verdicts(sgd.minibatches(descents(-0.02, 0.01, 0.01)).also[:3]) == [
        DOES_NOT_HOLD,
        HOLDS,
        HOLDS,
    ]


# --- How fast ----------------------------------------------------------------


def test_first_is_between_two_epochs_by_a_straight_line() -> None:
    loss = np.array([[0.8, 0.5, 0.3, 0.45], [0.2, 0.1, 0.1, 0.1]])
    assert sgd.first(loss, 0.4) == pytest.approx([2.5, 1.0])
    values = np.array([[1.0, 2.0, 4.0, 9.0], [7.0, 8.0, 9.0, 9.0]])
    assert sgd.first(loss, 0.4, values) == pytest.approx([3.0, 7.0])
    with pytest.raises(ValueError, match="never"):
        sgd.first(loss, 0.15)


def race(epochs: dict[str, float], seconds: dict[str, float] | None = None) -> Record:
    """Losses that fall evenly from 1 after the first epoch to 0.2 after so many."""
    cases = {}
    for case, number in epochs.items():
        loss = np.clip(1 - 0.8 * np.arange(60) / (number - 1), 0.2, None)
        curves = np.array([loss + w for w in around(0, 0.001, 5)])
        cases[case] = {
            "val_loss": curves,
            "train_loss": curves,
            "val_accuracy": np.full((5, 60), 0.5) + np.c_[around(0, 0.001, 5)],
            "train_accuracy": np.full((5, 60), 0.5),
            "seconds_per_epoch": around((seconds or {}).get(case, 1.0), 0.001, 5),
        }
    return record("optimisers", cases, first_seed=0)


EVEN = {sgd.SGD: 41.0, sgd.TUNED: 41.0, sgd.MOMENTUM: 41.0, sgd.ADAM: 41.0}


def test_five_seeds_are_too_few_for_a_median() -> None:
    judgement = sgd.slower(race(EVEN | {sgd.ADAM: 5.0}))
    assert judgement.verdict == NOT_MEASURED
    assert verdicts(judgement.headline) == [NOT_MEASURED] * 2


def test_epochs_and_seconds_to_a_loss() -> None:
    # To 0.4, three quarters of the way: after 1 + 30 and after 1 + 15 epochs.
    fast = race(EVEN | {sgd.ADAM: 21.0}, {sgd.ADAM: 2.0})
    to_adam, _, to_momentum, _, seconds, _ = sgd.slower(fast).also
    assert to_adam.interval.estimate == pytest.approx(15, abs=0.1)
    assert seconds.interval.estimate == pytest.approx(31 / 32, abs=0.01)
    assert verdicts([to_adam, to_momentum, seconds]) == [HOLDS, DOES_NOT_HOLD, DOES_NOT_HOLD]
    slow = race(EVEN | {sgd.ADAM: 51.0, sgd.MOMENTUM: 21.0})
    to_adam, _, to_momentum, _, seconds, _ = sgd.slower(slow).also
    assert verdicts([to_adam, to_momentum, seconds]) == [DOES_NOT_HOLD, HOLDS, DOES_NOT_HOLD]


def cost(state: dict[str, int], operations: dict[str, int]) -> Record:
    cases = {n: {"state_bytes": [state[n]], "operations": [operations[n]]} for n in state}
    return record("optimiser-cost", cases)


STATE = {"SGD": 12, "momentum": 8, "RMSprop": 400, "Adam": 800}
OPERATIONS = {"SGD": 2, "momentum": 1, "RMSprop": 9, "Adam": 12}


@pytest.mark.parametrize(
    ("state", "operations", "holds", "verdict"),
    [
        ({}, {}, [HOLDS, HOLDS], HOLDS),  # momentum is no adaptive optimiser
        ({"RMSprop": 12}, {}, [DOES_NOT_HOLD, HOLDS], "holds in part"),
        ({}, {"Adam": 2}, [HOLDS, DOES_NOT_HOLD], "holds in part"),
        ({"Adam": 1}, {"RMSprop": 1}, [DOES_NOT_HOLD, DOES_NOT_HOLD], DOES_NOT_HOLD),
    ],
)
def test_sgd_is_light_against_every_adaptive_optimiser(state, operations, holds, verdict) -> None:
    judgement = sgd.light(cost(STATE | state, OPERATIONS | operations), race(EVEN))
    assert verdicts(judgement.headline) == holds
    assert judgement.verdict == verdict
    assert not judgement.provisional  # counted


def test_seconds_of_sgd_are_asked_about_and_do_not_decide() -> None:
    dear = race(EVEN, {sgd.SGD: 2.0, sgd.TUNED: 0.5})
    judgement = sgd.light(cost(STATE, OPERATIONS), dear)
    assert judgement.verdict == HOLDS
    assert verdicts(judgement.also) == [DOES_NOT_HOLD, DOES_NOT_HOLD, HOLDS]


# --- At equal training loss --------------------------------------------------


def at_equal_loss(tuned: float, untuned: float) -> Record:
    """Validation accuracies ahead of Adam's, which are level; the losses fall at unlike speeds."""
    cases = {}
    # Tilted, so that only the mean of the three losses gives the lead that is asked for.
    leads = ((sgd.TUNED, tuned, 0.25, 30), (sgd.SGD, untuned, 0.35, 59), (sgd.ADAM, 0, 0, 11))
    for case, lead, centre, epochs in leads:
        loss = np.clip(1 - 0.9 * np.arange(60) / epochs, 0.1, None)
        ahead = lead + 0.1 * (loss - centre) * bool(centre)
        cases[case] = {
            "train_loss": [loss] * 5,
            "val_accuracy": 0.8 + ahead + np.c_[around(0, 0.0001, 5)],
            "train_accuracy": np.full((5, 60), 0.9),
        }
    return record("optimisers", cases, first_seed=0)


def test_sgd_and_adam_at_equal_loss() -> None:
    judgement = sgd.generalises(at_equal_loss(0.004, 0.002))
    assert judgement.verdict == NOT_MEASURED
    assert verdicts(judgement.also) == [HOLDS, DOES_NOT_HOLD]
    assert judgement.also[0].interval.estimate == pytest.approx(0.004)
    assert verdicts(sgd.generalises(at_equal_loss(-0.004, 0.004)).also) == [DOES_NOT_HOLD, HOLDS]


def test_gap_at_equal_loss_is_that_of_adam_minus_that_of_sgd() -> None:
    found = sgd.tuned_gap(at_equal_loss(0.004, 0))
    assert found.estimate == pytest.approx(0.004)


# --- What the series printed -------------------------------------------------

SPLITS = ("official", "pooled")
NAMES = ("accuracy", "test_accuracy", "loss", "test_loss")
FAR = (0.5, 0.5, 1.5, 1.5)


def candidates(at: dict[int, tuple], sigmoid: tuple = FAR, spread: float = 0.002) -> Record:
    """ReLU on the official split, without dropout, gives these figures at these epochs."""

    def case(by_epoch: dict[int, tuple]) -> dict:
        rows = np.array([by_epoch.get(epoch, FAR) for epoch in (1, 5, 8, 9, 10, 11, 12)]).T
        found = dict(zip(NAMES, rows, strict=True))
        wobble = np.c_[around(0, spread)]
        return {
            f"{kind}{name}": found[name] + wobble
            for name in NAMES
            for kind in (("",) if name.startswith("test") else ("running_", "train_"))
        }

    cases, settings = {}, {}
    for activation, dropout in (("sigmoid", "0.0"), ("relu", "0.0"), ("relu", "0.2")):
        for split in SPLITS:
            name = f"{activation}, dropout {dropout}, {split}"
            gives = at if (activation, dropout, split) == ("relu", "0.0", "official") else {}
            cases[name] = case({10: sigmoid} if activation == "sigmoid" else gives)
            settings[name] = {"split": split}
    return record("printed-candidates", cases, settings=settings, first_seed=0)


def one_layer(figures: tuple = FAR, epoch: int = 10) -> Record:
    results, names = {}, ("train_accuracy", "val_accuracy", "train_loss", "val_loss")
    for name, value in zip(names, figures, strict=True):
        curve = np.full(30, 2.0)
        curve[epoch - 1] = value
        results[name] = [curve + w for w in around(0, 0.002, 5)]
    return record("optimisers", {sgd.SGD: results}, first_seed=0)


def beside(miss: float, which: int = 3) -> tuple:
    """The four figures, one of them missed by so much."""
    return tuple(f + miss * (i == which) for i, f in enumerate(OF_SGD))


def judged(at: dict[int, tuple], **more) -> Judgement:
    return sgd.printed_by_sgd(candidates(at, **more), one_layer())


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize(
    # the prediction interval of ten such runs, 0.0044 to each side, and the rounding of 0.005
    ("miss", "verdict"),
    [(0, HOLDS), (0.008, HOLDS), (-0.008, HOLDS), (0.011, DOES_NOT_HOLD), (-0.011, DOES_NOT_HOLD)],
)
def test_all_four_figures_have_to_fit_to_their_rounding(which, miss, verdict) -> None:
    assert judged({10: beside(miss, which)}).verdict == verdict


def test_figures_at_another_epoch_are_only_also_asked() -> None:
    for epoch, verdict, other in ((10, HOLDS, DOES_NOT_HOLD), (11, DOES_NOT_HOLD, HOLDS)):
        judgement = judged({epoch: beside(0)})
        assert judgement.verdict == verdict
        assert judgement.also[0].verdict == other
        assert judgement.provisional


def test_one_hidden_layer_is_a_set_up_too() -> None:
    far = candidates({})
    assert sgd.printed_by_sgd(far, one_layer(OF_SGD)).verdict == HOLDS
    at_nine = sgd.printed_by_sgd(far, one_layer(OF_SGD, 9))
    assert at_nine.verdict == DOES_NOT_HOLD
    assert at_nine.also[0].verdict == HOLDS


def test_one_set_up_for_all_figures_of_the_series() -> None:
    # Between the figures of part 7 and those of part 3 for ReLU, in the reach of wider intervals.
    relu, sigmoid = (0.768, 0.764, 0.692, 0.707), (0.5364, 0.5517, 2.1737, 2.1664)
    fits = judged({10: relu}, sigmoid=sigmoid, spread=0.01)
    assert verdicts([fits.headline[0], fits.also[1]]) == [HOLDS, HOLDS]
    assert judged({10: relu}, spread=0.01).also[1].verdict == DOES_NOT_HOLD  # sigmoid is far off
    wide = judged({10: relu}, sigmoid=sigmoid, spread=0.03)  # beyond 0.05 to each side
    assert verdicts([wide.headline[0], wide.also[1]]) == [HOLDS, DOES_NOT_HOLD]
