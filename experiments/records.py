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
VERDICTS = "verdicts"  # book/experiments/verdicts.json is of book.claims


@functools.cache
def code_of(name: str) -> str:
    """Hash of today's code of an experiment."""
    return fingerprint(functions()[name])


def digest(content: dict[str, Any]) -> str:
    """Hash of the results, which a number changed by hand no longer fits."""
    parts = [content[key] for key in ("name", "seeds", "set_up", "cases")]
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def faults() -> dict[str, str]:
    """What is wrong with the records, by experiment, each with the command that cures it."""
    found = {}
    paths = {path.stem: path for path in RECORDS.glob("*.json") if path.stem != VERDICTS}
    try:
        known = functions()
    except ValueError as error:
        return dict.fromkeys(["experiments"], str(error))
    for name in sorted(known.keys() | paths):
        cure = f"run `make experiments NAME={name}`"
        if name not in paths:
            found[name] = f"the experiment {name} has no record: {cure}"
        elif name not in known:
            found[name] = f"{paths[name]} is of no declared experiment: delete it"
        else:
            try:
                if fault := _fault(paths[name], code_of(name)):
                    found[name] = f"{paths[name]} {fault}: {cure}"
            except ValueError as error:
                found[name] = f"the code of the experiment {name} cannot be followed: {error}"
    return found


def _fault(path: Path, code: str) -> str | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        made = content["made"]
        if made["code"] != code:
            return "is stale: the code or the settings that made it have changed since"
        if made["data"] != real_fingerprint():
            return "was not made with the official Fashion-MNIST"
        if made["results"] != digest(content):
            return "was changed by hand: its results no longer fit their checksum"
        results = [case["results"] for case in content["cases"].values()]
        lengths = {len(values) for named in results for values in named.values()}
        if not all(results) or lengths != {len(content["seeds"])}:
            return "does not have a result for every seed"
    except UnicodeDecodeError as error:  # of which repr would show all the file
        return f"is not in UTF-8 ({error})"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"cannot be read as a record ({error!r})"
    return None


def repetition_interval(values: np.ndarray, index: int, level: float = 0.9999) -> Interval:
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
    file = tempfile.NamedTemporaryFile(  # noqa: SIM115
        "w", dir=path.parent, prefix=f".{path.stem}-", delete=False, encoding="utf-8"
    )
    try:
        with file:
            file.write(text + "\n")
        Path(file.name).chmod(0o644)
        os.replace(file.name, path)  # noqa: PTH105
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise
