"""What the book may cost: the live training and the memory of its pages, by the build's report.

Training is counted in epochs of 784–128–10: the CPU seconds of a page's kernel in those of an
epoch in NumPy, which the same kernel measured (`book/_ext/measure.py`). What else the machine does
changes that far less than it changes seconds.
"""

import json
import runpy
import sys
from typing import Any

import pytest
from test_book_site import ROOT, SITE, unavailable

from book._ext import build_report

MIB = 2048  # for a page's kernel, at its peak
START = 7.0  # epochs' worth: Python, TensorFlow and the data, before anything is trained
LESSON = START + 25.0
BOOK = 600.0  # for all pages, without their starts; the goal, once all are written anew
# What pages took that are above their budget still, and half as much again, since processors differ
# in what they do fast. These may only fall.
PAGES_UNTIL_THEN = {
    "dataset": 650.0,
    "dense-design": 270.0,
    "relu-vs-sigmoid": 72.0,
    "tuning": 150.0,
    "splits": 230.0,
    "sgd": 190.0,
    "crossentropy": 150.0,
    "trial-and-error": 250.0,
    "from-scratch": 280.0,
    "searching": 350.0,
    "case-studies/leaky-relu": 55.0,
    "case-studies/two-hidden-layers": 100.0,
    "case-studies/tiny-networks": 70.0,
    "case-studies/regularised-network": 165.0,
}
BOOK_UNTIL_THEN = max(BOOK, 2800.0)
DRAW_RECORDS = ("evidence/", "case-studies/printed-figures")  # and have no use for TensorFlow


def breaches(report: dict[str, Any]) -> list[str]:
    """What is above the limits; training counts in full builds on the real data alone."""
    chapters = {chapter["page"]: chapter for chapter in report["chapters"]}
    found = [f"{page} has a ceiling and did not run" for page in PAGES_UNTIL_THEN.keys() - chapters]
    counted = report["source"] == "real" and not report["quick"]
    for page, chapter in chapters.items():
        epochs, ceiling = chapter["epochs"], PAGES_UNTIL_THEN.get(page, LESSON)
        if chapter["peak_mib"] > MIB:
            found.append(f"{page} took {chapter['peak_mib']} MiB, above {MIB}")
        if page.startswith(DRAW_RECORDS) and chapter["tensorflow"]:
            found.append(f"{page} imports TensorFlow")
        if epochs is None:
            found.append(f"{page} was not measured: make clean, and build again")
        elif counted and epochs > ceiling:
            found.append(f"{page} took {epochs} epochs' worth, above {ceiling}")
    total = sum(max(0.0, (chapter["epochs"] or 0.0) - START) for chapter in chapters.values())
    if counted and total > BOOK_UNTIL_THEN:
        found.append(f"the book took {total:.0f} epochs' worth, above {BOOK_UNTIL_THEN}")
    return found


@pytest.mark.site
def test_book_is_within_its_limits() -> None:
    path = SITE / "build-report.json"
    if not path.is_file():
        unavailable(f"no site has been built in {SITE}: run `make book`")
    assert breaches(json.loads(path.read_text(encoding="utf-8"))) == []


# --- The count itself -------------------------------------------------------

SOME, CEILING = next(iter(PAGES_UNTIL_THEN.items()))


def made_up(**changes: Any) -> dict[str, Any]:
    """A report on pages that are where they may be, but for what is changed of `lesson`."""
    pages = {page: 0.6 * ceiling for page, ceiling in PAGES_UNTIL_THEN.items()}
    pages |= {"lesson": LESSON, "evidence/lesson": 0.5 * START}
    chapters = [
        {"page": page, "epochs": epochs, "peak_mib": MIB, "tensorflow": page != "evidence/lesson"}
        for page, epochs in pages.items()
    ]
    chapters[-2] |= changes
    return {"source": "real", "quick": False, "chapters": chapters}


def test_report_within_the_limits_has_no_breach() -> None:
    assert breaches(made_up()) == []


@pytest.mark.parametrize(
    ("changes", "told", "whatever_the_data"),
    [
        ({"peak_mib": MIB + 1}, "lesson took 2049 MiB", True),
        ({"page": "evidence/new"}, "evidence/new imports TensorFlow", True),
        ({"epochs": None}, "lesson was not measured", True),
        ({"epochs": LESSON + 1}, f"lesson took {LESSON + 1} epochs' worth, above", False),
        ({"page": SOME, "epochs": CEILING + 1}, f"{SOME} took {CEILING + 1} epochs' worth", False),
        ({"epochs": 2 * BOOK_UNTIL_THEN}, "the book took", False),
    ],
)
def test_breach_is_told(changes: dict[str, Any], told: str, whatever_the_data: bool) -> None:
    report = made_up(**changes)
    assert any(breach.startswith(told) for breach in breaches(report))
    for other in ({"source": "synthetic"}, {"quick": True}):
        found = breaches(report | other)
        assert any(breach.startswith(told) for breach in found) == whatever_the_data


def test_ceiling_of_a_page_that_is_gone_is_told() -> None:
    report = made_up()
    report["chapters"] = [c for c in report["chapters"] if c["page"] != SOME]
    assert f"{SOME} has a ceiling and did not run" in breaches(report)


def test_kernel_measures_an_epoch_and_a_chapter_is_counted_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measure = runpy.run_path(str(ROOT / "book" / "_ext" / "measure.py"))["_lessons_measure"]
    found = measure()
    assert found["epoch_seconds"] > 0
    assert build_report.epochs(found | {"cpu_seconds": 3 * found["epoch_seconds"]}) == 3.0
    monkeypatch.delitem(sys.modules, "numpy")  # a page that has none computes nothing
    assert measure()["epoch_seconds"] is None
    assert build_report.epochs(measure()) is None
    assert build_report.epochs({}) is None  # kept since before an epoch was measured
