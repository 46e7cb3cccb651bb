"""Recorded experiment of the chapter on searching: every network of a small space, trained."""

from typing import Any

import keras

from experiments import cases_of, experiment
from experiments.common import constant_rate, public
from lessons_src.models import dense
from lessons_src.training import repeat, score

RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)


@experiment(
    cases=cases_of(
        "{units} units, dropout {dropout}, batch {batch_size}",
        units=(8, 16, 32, 64),
        dropout=(0.0, 0.2),
        batch_size=(64, 256),
    ),
    seeds=5,
)
def search_table(seeds: list[int], units: int, dropout: float, batch_size: int) -> dict[str, Any]:
    """784–units–10, Adam with six learning rates, 6 epochs on 48,000 images of the public split."""
    data = public(0)  # the same for all seeds
    searched, kept = slice(None, 6000), slice(6000, None)

    def accuracy(model: keras.Model) -> dict[str, float]:
        return {"kept_accuracy": score(model, data.held_x[kept], data.held_y[kept])["accuracy"]}

    rates = iter(RATES * len(seeds))
    runs = repeat(
        lambda: dense(units, dropout=dropout),
        data.x,
        data.y,
        seeds=[100 * seed + i for seed in seeds for i in range(len(RATES))],
        callbacks=lambda: [constant_rate(next(rates))],
        measure=accuracy,
        batch_size=batch_size,
        epochs=6,
        validation_data=(data.held_x[searched], data.held_y[searched]),
        verbose=False,
    )
    by_seed = {"search_curve": runs.history["val_accuracy"], **runs.measured}
    return {name: v.reshape(len(seeds), len(RATES), *v.shape[1:]) for name, v in by_seed.items()}
