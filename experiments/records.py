"""The files of `book/experiments`: written whole, and checked without running anything."""

import functools
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from experiments.fingerprint import ROOT, fingerprint, functions
from lessons_src.data import real_fingerprint

RECORDS = ROOT / "book" / "experiments"
#: Records that are not whole yet; they can be committed, and the same command goes on with them.
PARTS = RECORDS / "parts"
WORK = ROOT / "_build" / "experiments"
VERDICTS = "verdicts"  # book/experiments/verdicts.json is of book.claims


@functools.cache
def code_of(name: str) -> str:
    """Hash of today's code of an experiment."""
    return fingerprint(functions()[name])


def digest(content: dict[str, Any]) -> str:
    """Hash of the results, which a number changed by hand no longer fits."""
    parts = [content[key] for key in ("name", "looks", "set_up", "cases")]
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def faults() -> dict[str, str]:
    """What is wrong with the records that there are, by experiment, each with its cure."""
    found = {}
    paths = {path.stem: path for path in RECORDS.glob("*.json") if path.stem != VERDICTS}
    try:
        known = functions()
    except ValueError as error:
        return dict.fromkeys(["experiments"], str(error))
    for name in sorted(paths):
        cure = f"run `make experiments NAME={name}`"
        if name not in known:
            found[name] = f"{paths[name]} is of no declared experiment: delete it"
        else:
            try:
                if fault := _fault(paths[name], code_of(name)):
                    found[name] = f"{paths[name]} {fault}: {cure}"
            except ValueError as error:
                found[name] = f"the code of the experiment {name} cannot be followed: {error}"
    return found


def missing() -> dict[str, str]:
    """The experiments that have no record, each with its cure."""
    return {
        name: f"the experiment {name} has no record: run `make experiments NAME={name}`"
        for name in sorted(functions())
        if not (RECORDS / f"{name}.json").is_file()
    }


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
        for case in content["cases"].values():
            lengths = {len(values) for values in case["results"].values()}
            if lengths != {len(case["seeds"])} or not case["seeds"]:
                return "does not have a result for every seed"
    except UnicodeDecodeError as error:  # of which repr would show all the file
        return f"is not in UTF-8 ({error})"
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"cannot be read as a record ({error!r})"
    return None


def write(path: Path, content: dict[str, Any]) -> None:
    """Write JSON, a case to a line, so that the file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    one_line = functools.partial(json.dumps, ensure_ascii=False)
    if "cases" in content:
        cases = ",\n".join(f"  {one_line(k)}: {one_line(v)}" for k, v in content["cases"].items())
        text = json.dumps({**content, "cases": None, "looks": None}, indent=1, ensure_ascii=False)
        text = text.replace('"cases": null', '"cases": {\n' + cases + "\n }")
        text = text.replace('"looks": null', f'"looks": {json.dumps(content["looks"])}')
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
