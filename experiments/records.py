"""The files of `book/experiments`: written whole, and checked without running anything."""

import functools
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from experiments.fingerprint import ROOT, fingerprint, functions
from lessons_src.data import real_fingerprint
from lessons_src.stats import Interval

RECORDS = ROOT / "book" / "experiments"
WORK = ROOT / "_build" / "experiments"
VERDICTS = "verdicts"  # book/experiments/verdicts.json is of lessons_src.claims


@functools.cache
def code_of(name: str) -> str:
    """Hash of today's code of an experiment."""
    return fingerprint(functions()[name])


def digest(cases: dict[str, Any]) -> str:
    """Hash of the results, which a number changed by hand no longer fits."""
    text = json.dumps(cases, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def faults() -> dict[str, str]:
    """What is wrong with the records, by experiment, each with the command that cures it."""
    found = {}
    paths = {path.stem: path for path in RECORDS.glob("*.json") if path.stem != VERDICTS}
    for name in sorted(functions().keys() | paths):
        cure = f"run `make experiments NAME={name}`"
        if name not in paths:
            found[name] = f"the experiment {name} has no record: {cure}"
        elif name not in functions():
            found[name] = f"{paths[name]} is of no declared experiment: delete it"
        elif fault := _fault(paths[name], code_of(name)):
            found[name] = f"{paths[name]} {fault}: {cure}"
    return found


def _fault(path: Path, code: str) -> str | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        made = content["made"]
        if made["code"] != code:
            return "is stale: the code or the settings that made it have changed since"
        if made["data"] != real_fingerprint():
            return "was not made with the official Fashion-MNIST"
        if made["results"] != digest(content["cases"]):
            return "was changed by hand: its results no longer fit their checksum"
    except (ValueError, KeyError, TypeError) as error:
        return f"cannot be read as a record ({error!r})"
    return None


def repetition_interval(values: np.ndarray, index: int, level: float = 0.99) -> Interval:
    """Where a repetition of run `index` lands, on any machine: a prediction interval around it.

    Elsewhere rounding differs, and training makes a different run of it; so the spread is that of
    the other seeds. It is not taken from the run itself, which may be the one that is wrong. On
    the machine that made the record, a repetition gives the recorded number.
    """
    others = np.delete(values, index)
    others = others[np.isfinite(others)]
    spread = others.std(ddof=1) if len(others) > 1 else 0.0
    half = stats.t.ppf((1 + level) / 2, max(len(others) - 1, 1)) * spread * np.sqrt(2)
    centre = float(values[index])
    half = float(max(half, 1e-3 * abs(centre)))  # equal values have no spread to go by
    return Interval(centre, centre - half, centre + half, level)


def write(path: Path, content: dict[str, Any]) -> None:
    """Write JSON, a case to a line, so that the file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    one_line = functools.partial(json.dumps, ensure_ascii=False)
    if "cases" in content:
        cases = ",\n".join(f"  {one_line(k)}: {one_line(v)}" for k, v in content["cases"].items())
        text = json.dumps({**content, "cases": None, "seeds": None}, indent=1, ensure_ascii=False)
        text = text.replace('"cases": null', '"cases": {\n' + cases + "\n }")
        text = text.replace('"seeds": null', f'"seeds": {json.dumps(content["seeds"])}')
    else:
        text = json.dumps(content)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.stem}-", delete=False, encoding="utf-8"
    ) as file:
        file.write(text + "\n")
    try:
        Path(file.name).chmod(0o644)
        os.replace(file.name, path)  # noqa: PTH105
    except OSError:
        Path(file.name).unlink(missing_ok=True)
        raise
