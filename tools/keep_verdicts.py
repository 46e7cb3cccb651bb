"""Keep the verdicts on today's records as those that later builds are compared with.

    make verdicts

Writes `book/experiments/verdicts.json` from the findings, and tells what changed. No build is
needed: read the sentences around a claim whose verdict changed, and build afterwards.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # for the findings, which are no part of lessons_src

from book import findings  # noqa: E402


def verdicts() -> dict[str, str]:
    """The verdict on each claim that a finding judges, by the claim's id."""
    return {claim: findings.evaluate(f).value.verdict for claim, f in findings.claims().items()}


def main(path: Path = ROOT / "book" / "experiments" / "verdicts.json") -> None:
    """Write the file, and tell what changed.

    Raises:
        SystemExit: a finding fails; the message names it.
    """
    try:
        now = dict(sorted(verdicts().items()))
    except ValueError as error:
        sys.exit(f"error: {error}")
    stored = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    changed = [c for c in sorted(stored.keys() | now) if stored.get(c) != now.get(c)]
    for claim in changed:
        print(f"{claim}: {stored.get(claim, 'new')} -> {now.get(claim, 'gone')}")
    if not changed:
        print("No verdict has changed.")
    path.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
