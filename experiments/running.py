"""One job of an experiment: what every number of a record has gone through."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments import Experiment


def run(experiment: Experiment, case: str, seeds: tuple[int, ...]) -> dict[str, list]:
    """The results of one case for these seeds, as JSON takes them: six digits, None for NaN."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(v) for v in value]
        number = float(f"{value:.6g}")
        if not np.isfinite(number):
            return None
        return int(number) if number % 1 == 0 and abs(number) < 1e15 else number

    results = experiment.run(seeds=list(seeds), **experiment.cases[case])
    if not isinstance(results, Mapping) or not results:
        raise TypeError(f"it returned {results!r}, and not named results")
    if wrong := [k for k, value in results.items() if np.shape(value)[:1] != (len(seeds),)]:
        raise ValueError(f"the result {wrong[0]!r} has not one value for each seed")
    return {name: plain(np.asarray(value).tolist()) for name, value in results.items()}
