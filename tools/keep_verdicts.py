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


def main(root: Path = ROOT) -> None:
    """Write the file of the book in `root`, and tell what changed.

    Raises:
        SystemExit: there is no build, or it is not one whose verdicts count.
    """
    site = root / "_build" / "html"
    ledger, report = site / "claims.json", site / "build-report.json"
    for path in (ledger, report):
        if not path.is_file():
            sys.exit(f"error: {path} is missing: run make book first")
    verdicts = {claim["id"]: claim["verdict"] for claim in json.loads(ledger.read_text("utf-8"))}
    cure = "build on the real data, without LESSONS_QUICK, and try again"
    about = json.loads(report.read_text("utf-8"))
    if about["source"] != "real" or about["quick"]:
        sys.exit(f"error: the last build was quick or on the stand-in: {cure}")
    if open_ := [claim for claim, verdict in verdicts.items() if verdict == NOT_JUDGED]:
        sys.exit(f"error: the last build did not judge {', '.join(open_)}: {cure}")
    path = root / "book" / "experiments" / "verdicts.json"
    stored = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    changed = [c for c in sorted(stored.keys() | verdicts) if stored.get(c) != verdicts.get(c)]
    for claim in changed:
        print(f"{claim}: {stored.get(claim, 'new')} -> {verdicts.get(claim, 'gone')}")
    if not changed:
        print("No verdict has changed.")
    path.write_text(json.dumps(verdicts, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
