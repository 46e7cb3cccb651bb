"""Which comparisons need more seeds: those that a headline reads and that are not decided yet.

A comparison is looked at after 10, 20, 30 and 40 seeds, each time with an interval at 98.2 %, and
stops when it decides. The four looks together keep 95 % (simulated in `tests/test_looks.py`).
"""

from collections.abc import Mapping

from book import findings
from book.claims import UNDECIDED
from experiments import Experiment
from lessons_src.recorded import LOOKS, asked, recorded


def next_look(known: Mapping[str, Experiment]) -> dict[tuple[str, str], int]:
    """How many seeds cases are to have next, by experiment and case; empty where all is decided.

    Raises:
        FindingError: a finding fails on today's records.
    """
    recorded.cache_clear()  # records have been written since
    findings.evaluate.cache_clear()
    wanted: dict[tuple[str, str], int] = {}
    for made in findings.fresh_claims().values():
        try:
            records = {name: recorded(name) for name in made.records}
        except FileNotFoundError:  # not recorded yet: its first look is to come
            continue
        with asked() as read:
            judgement = findings.evaluate(made).value
        # Of the records behind an open part, all cases that the finding reads.
        behind = {
            record.name
            for part in judgement.headline
            if part.verdict == UNDECIDED
            for record in part.records
        }
        cases = {
            (name, case): len(next(iter(records[name].results[case].values())))
            for name, case in read
            if name in behind and extensible(known, name, case)
        }
        if not cases:
            continue
        now = min(cases.values())
        for place, count in cases.items():
            if count == now < LOOKS[-1]:
                wanted[place] = next(look for look in LOOKS if look > count)
    return wanted


def extensible(known: Mapping[str, Experiment], name: str, case: str) -> bool:
    """Whether a case may have more seeds."""
    return name in known and known[name].looks == LOOKS and case not in known[name].also
