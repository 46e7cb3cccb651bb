"""Keep the verdicts of the last build as those that later builds are compared with.

    make verdicts

Reads the site's `claims.json` and writes `book/experiments/verdicts.json`. The build has to be one
of the real data at full settings: elsewhere live claims are not judged.
"""

import json
import sys
from pathlib import Path

from lessons_src.claims import NOT_JUDGED

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write the file and tell what changed."""
    ledger = ROOT / "_build" / "html" / "claims.json"
    if not ledger.is_file():
        sys.exit(f"error: {ledger} is missing: run make book first")
    verdicts = {claim["id"]: claim["verdict"] for claim in json.loads(ledger.read_text("utf-8"))}
    if open_ := [claim for claim, verdict in verdicts.items() if verdict == NOT_JUDGED]:
        sys.exit(
            f"error: the last build did not judge {', '.join(open_)}: build on the real data, "
            "without LESSONS_QUICK, and try again"
        )
    path = ROOT / "book" / "experiments" / "verdicts.json"
    stored = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    for claim in sorted(stored.keys() | verdicts):
        old, new = stored.get(claim), verdicts.get(claim)
        if old != new:
            print(f"{claim}: {old or 'new'} -> {new or 'gone'}")
    path.write_text(json.dumps(verdicts, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
