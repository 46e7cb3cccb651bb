"""Judgements on two hidden layers, on small records whose right answer is known by hand."""

from typing import Any

import numpy as np
import pytest
from made_up import around, record

from book.claims import Judgement
from book.findings import expectations
from book.findings.first_edition import two_hidden_layers as two
from lessons_src.recorded import Record

TRAIN, VAL = 0.9584, 0.8956  # as published


def curves(name: str, case: str, epochs: int = 30, **own: Any) -> Record:
    """Ten runs whose training accuracy is as published in epoch 20, and passes it later.

    The loss on training images falls by 0.01 in each epoch, that on the others stays.
    """
    scatter = np.linspace(-0.001, 0.001, 10)[:, None]
    climb = 0.002 * (np.arange(1, epochs + 1) - 20)
    flat = {
        "accuracy_curve": TRAIN + climb + scatter,
        "val_accuracy_curve": np.full((10, epochs), VAL) + scatter,
        "loss_curve": 0.5 - 0.01 * np.arange(epochs) + 0 * scatter,
        "val_loss_curve": np.full((10, epochs), 0.3) + 0 * scatter,
    }
    return record(name, {case: flat | own})


def fast(epochs: int = 20, **own: Any) -> Record:
    """Runs at a rate of 0.1, which end far below the published figure unless told otherwise."""
    low = {"accuracy_curve": np.full((10, epochs), 0.93) + np.zeros((10, 1))}
    return curves("source-curves", "0.1", epochs, **(low | own))


def slow(epochs: int = 30, **own: Any) -> Record:
    """Runs at a rate of 0.01."""
    return curves("source-default", "0.01", epochs, **own)


def wishes(epochs: int = 30, **cases: Any) -> Record:
    """The wish list: no case differs from the baseline, apart from what is said of it.

    A key is a case, with underscores for spaces.
    """
    plain = {
        "accuracy_curve": np.full((10, epochs), 0.93),
        "val_accuracy_curve": np.full((10, epochs), 0.89),
        "val_loss_curve": np.full((10, epochs), 0.3),
        "train_accuracy": around(0.93, 0.001),
        "val_accuracy": around(0.89, 0.0),
    }
    names = ("baseline", "L2", "dropout", "Adam", "flip and zoom", "all together")
    own = {case.replace("_", " "): results for case, results in cases.items()}
    return record("wish-list", {name: plain | own.get(name, {}) for name in names})


def ended(accuracy: float, epochs: int = 30) -> dict[str, np.ndarray]:
    """A curve whose last fifth has this accuracy, and no other epoch."""
    curve = np.full((10, epochs), 0.5)
    curve[:, -epochs // 5 :] = np.array(around(accuracy, 0.0005))[:, None]
    return {"val_accuracy_curve": curve}


def losses(rise: float, epochs: int = 30) -> dict[str, np.ndarray]:
    """A validation loss that ends so far above its lowest three epochs."""
    curve = np.full((10, epochs), 0.3 + rise)
    curve[:, :3], curve[:, 9:12] = 0.6, 0.3
    return {"val_loss_curve": curve + np.linspace(-0.001, 0.001, 10)[:, None]}


def found(judgement: Judgement) -> list[str]:
    """The verdicts of a headline's parts."""
    return [part.verdict for part in judgement.headline]


# --- Which settings give both figures ---------------------------------------------------------


def test_epoch_fits_where_both_figures_lie_in_its_intervals() -> None:
    assert two.fitting(slow(), "0.01").tolist() == [19, 20, 21]
    far = slow(val_accuracy_curve=np.full((10, 30), 0.88) + np.linspace(-1, 1, 10)[:, None] / 1000)
    assert two.fitting(far, "0.01").tolist() == []
    assert two.matching(slow(), "0.01") == 20
    assert two.matching(far, "0.01") is None


def test_interval_is_wide_enough_for_99_percent() -> None:
    off = slow(accuracy_curve=np.array(around(TRAIN + 0.0018, 0.001))[:, None] + np.zeros((10, 30)))
    assert two.fitting(off, "0.01").size == 30  # at 95 % the half-width is 0.0015


@pytest.mark.parametrize("fits", ["slow", "wish list", "fast"])
def test_figures_are_given_if_one_allowed_set_up_gives_them(fits: str) -> None:
    matching = slow()("0.01", "accuracy_curve")
    matching = {
        "accuracy_curve": matching,
        "val_accuracy_curve": slow()("0.01", "val_accuracy_curve"),
    }
    low = {"accuracy_curve": np.full((10, 30), 0.93)}
    judgement = two.both_figures(
        fast(30, **matching) if fits == "fast" else fast(),
        slow() if fits == "slow" else slow(**low),
        wishes(baseline=matching) if fits == "wish list" else wishes(),
    )
    assert judgement.verdict == "holds"
    assert judgement.headline[0].number.startswith(f"3 of {90 if fits == 'fast' else 80} epochs")
    given = [part.verdict for part in judgement.also if part.seeds]
    assert given.count("holds") == 1
    assert given.count("does not hold") == 2


def test_search_that_was_cut_short_refutes_nothing() -> None:
    low = {"accuracy_curve": np.full((10, 30), 0.93)}
    assert two.both_figures(fast(), slow(**low), wishes()).verdict == "not yet measured"


# --- Overfitting ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rise", "told"), [(0.02, "holds"), (0.005, "does not hold"), (0.0, "does not hold")]
)
def test_network_overfits_when_its_loss_has_risen_by_a_hundredth(rise: float, told: str) -> None:
    judgement = two.overfits_and_levels_off(fast(**losses(0.05, 20)), slow(**losses(rise)))
    assert judgement.headline[0].verdict == told
    assert judgement.also[0].verdict == "holds"  # at the other rate


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (0.004, "holds"),  # in four epochs, while the training loss falls by 0.01 in each
        (-0.004, "holds"),
        (0.006, "does not hold"),
        (-0.006, "does not hold"),
    ],
)
def test_levelling_off_is_measured_by_the_training_loss(step: float, told: str) -> None:
    scatter = np.linspace(-1e-4, 1e-4, 10)[:, None]
    curve = np.zeros((10, 30)) + 0.3
    curve[:, :10] = 0.9  # long before the match
    curve[:, 10:] = 0.3 + (step + scatter) * np.arange(20)
    curve[:, 20:] = 0.9  # and after it
    judgement = two.overfits_and_levels_off(fast(), slow(val_loss_curve=curve))
    assert judgement.headline[1].interval.estimate == pytest.approx(step / 0.01)
    assert judgement.headline[1].verdict == told


def test_levelling_off_needs_a_match() -> None:
    low = {"accuracy_curve": np.full((10, 30), 0.93)}
    assert found(two.overfits_and_levels_off(fast(), slow(**low)))[1] == "not yet measured"


def test_scaling_was_not_recorded() -> None:
    judgement = two.scaling_helps()
    assert judgement.verdict == "not yet measured"
    assert not judgement.records


# --- Wishes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rise", "accuracy", "told"),
    [
        (0.02, 0.889, "holds"),  # a tenth of a point is not worse
        (0.02, 0.88, "does not hold"),
        (0.045, 0.91, "does not hold"),  # by 0.005 smaller only
        (0.06, 0.91, "does not hold"),
    ],
)
def test_dropout_is_to_calm_the_loss_and_cost_no_accuracy(
    rise: float, accuracy: float, told: str
) -> None:
    made = wishes(
        baseline={**ended(0.89), **losses(0.05)}, dropout={**ended(accuracy), **losses(rise)}
    )
    assert found(two.wishes_help(made))[2] == told


@pytest.mark.parametrize(
    ("accuracy", "told"), [(0.90, "holds"), (0.892, "does not hold"), (0.88, "does not hold")]
)
def test_flip_and_zoom_are_to_gain_accuracy(accuracy: float, told: str) -> None:
    made = wishes(baseline=ended(0.89), flip_and_zoom=ended(accuracy))
    assert found(two.wishes_help(made))[4] == told


@pytest.mark.parametrize(
    ("adam", "told"), [(2, "holds"), (9, "does not hold"), (12, "does not hold")]
)
def test_adam_is_to_need_fewer_epochs(adam: int, told: str) -> None:
    def reached(epoch: int) -> dict[str, np.ndarray]:
        return {
            "val_accuracy_curve": np.where(np.arange(1, 31) < epoch, 0.8, 0.89) + np.zeros((10, 1))
        }

    part = two.wishes_help(wishes(baseline=reached(9), Adam=reached(adam))).headline[3]
    assert part.interval.estimate == 9 - adam
    assert part.verdict == told


def test_five_seeds_give_no_median_of_epochs() -> None:
    made = wishes()
    few = {case: {n: v[:5] for n, v in results.items()} for case, results in made.results.items()}
    assert found(two.wishes_help(record("wish-list", few)))[3] == "not yet measured"


def test_stop_and_penalty_are_not_judged_and_gains_are_asked_besides() -> None:
    judgement = two.wishes_help(wishes(Adam=ended(0.90), all_together=ended(0.88)))
    assert found(judgement)[:2] == ["not yet measured"] * 2
    gains = {part.asked: part.interval.estimate for part in judgement.also if part.interval}
    assert [round(found, 6) for found in gains.values()] == [0, 0, 0.01, -0.01]


# --- One dimension or more --------------------------------------------------------------------


def axes(accepted: int, moved: int) -> Record:
    """What the layer made of images that were not flattened."""
    results = {
        "accepted": [accepted],
        "output": [[100, 28, 10] if accepted else [0, 0, 0]],
        "parameters": [290 * accepted],
        "moved": [moved],
    }
    return record("dense-axes", {"Dense(10)": results})


@pytest.mark.parametrize(
    ("accepted", "moved", "told", "rows"),
    [
        (1, 1, "does not hold", "holds"),
        (1, 28, "does not hold", "does not hold"),
        (0, 0, "holds", "does not hold"),
    ],
)
def test_claim_falls_where_the_layer_takes_the_images(
    accepted: int, moved: int, told: str, rows: str
) -> None:
    judgement = two.one_dimension_only(axes(accepted, moved))
    assert judgement.verdict == told
    assert judgement.also[0].verdict == rows
    assert not judgement.provisional


# --- Sentences --------------------------------------------------------------------------------


def test_sentences_on_the_wishes_are_guarded() -> None:
    plain = {
        "baseline": ended(0.89),
        "L2": ended(0.89),
        "dropout": ended(0.90),
        "Adam": {
            "val_accuracy_curve": np.array(around(0.8935, 0.002))[:, None] + np.zeros((10, 30))
        },
        "flip_and_zoom": ended(0.89),
        "all_together": ended(0.88),
    }
    stopped = np.full((10, 30), 0.3)
    stopped[:, 25:] = 0.2  # the last fifth is never seen by a patience of three
    with expectations() as unmet:
        made = wishes(**plain | {"baseline": {**ended(0.89), "val_loss_curve": stopped}})
        assert two.dropout_gain(made).estimate == pytest.approx(0.01)
        assert two.together_loss(made).estimate == pytest.approx(-0.01)
    assert len(unmet) == 1  # the stop keeps the first epoch, and is far behind
    with expectations() as unmet:
        two.dropout_gain(wishes(**plain | {"dropout": ended(0.88), "L2": ended(0.88)}))
    assert len(unmet) >= 3


def test_early_stopping_keeps_the_lowest_epoch_that_it_sees() -> None:
    curve = np.full((10, 12), 0.5)
    curve[:, [2, 9]] = 0.3, 0.1
    made = wishes(12, baseline={"val_loss_curve": curve})
    assert two.kept(made) == [3] * 10


def test_rises_are_taken_from_the_lowest_five_epochs() -> None:
    blocks = np.repeat([0.4, 0.2, 0.22, 0.24], 5)
    made = fast(val_loss_curve=blocks + np.zeros((10, 1)))
    assert two.risen_fast(made).estimate == pytest.approx(0.2)
    assert two.changed_late_fast(made).estimate == pytest.approx(0.24 / 0.22 - 1)
