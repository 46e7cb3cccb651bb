"""Keep the verdicts on today's records as those that later builds are compared with.

    make verdicts

Writes `book/experiments/verdicts.json` from the findings, and tells what changed. No build is
needed: read the sentences around a claim whose verdict changed, and build afterwards.
"""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # book is no part of the installation

from book import findings, readings


def main(path: Path = readings.VERDICTS) -> None:
    """Write the file, and tell what changed.

    Raises:
        SystemExit: a finding fails, or the file is broken; the message names it.
    """
    try:
        now = {claim: readings.judged(claim).value.verdict for claim in sorted(findings.claims())}
        stored = readings.kept(path)
    except ValueError as error:
        sys.exit(f"error: {error}")
    changed = [c for c in sorted(stored.keys() | now) if stored.get(c) != now.get(c)]
    for claim in changed:
        print(f"{claim}: {stored.get(claim, 'new')} -> {now.get(claim, 'gone')}")
    if not changed:
        print("No verdict has changed.")
    path.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
