"""Find percentages, points and decimals that were typed by hand: a result comes from its record.

`lint_chapters` asks `typed_results` about every page. No rule can tell a result from every other
number, so an author can mark one:

    {cited}`83.5%`    a figure of the source that is cited beside it
    {given}`10%`      neither measured nor quoted: a setting, a definition, plain arithmetic

and in a cell, where there are no roles, with ``# given`` or ``# cited`` beside the string. Shares,
factors, times and counts in whole numbers or in words, and verdicts, are left to the reader's eye.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from pages import EXPECTED, Words, page_words

CURE = "quote a finding by {value}, or mark it as {cited} or {given}"
UNCITED = "needs its {cite} in the same paragraph, list item or table row"

FIGURE = r"(?<![\w.,])\.?\d(?:[\d.,]*\d)?"
WORD = (
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|"
    r"forty|fifty|sixty|seventy|eighty|ninety|hundred)"
)
KINDS = {
    "a share": re.compile(rf"(?:{FIGURE}|{WORD})[\s-]*(?:%|‰|per[\s-]*cent|percentage|pp\b)", re.I),
    "points": re.compile(
        rf"(?:{FIGURE}|{WORD}|\b(?:about|nearly|almost|by|costs|gains|loses)\s+(?:half\s+)?an?)"
        r"[\s-]+(?:\w+\s+)?points?\b(?! of view)",
        re.IGNORECASE,
    ),
    "a measured value": re.compile(r"(?<![\w.])(?:\d+(?:,\d{3})*)?\.\d+(?:e[+-]?\d+)?(?!\w|\.\d)"),
}
# A share always looks like a result, and so does 0.89, 88.1 or 0.8956; but 0.2 or 1.5, and any
# number of points, only in a sentence, or below the head of a column, with one of these words.
EXACT = re.compile(r"0?\.[4-9]\d|[1-9]\d+\.\d+|\d*\.0*[1-9]\d{2,}")
MEASURED = re.compile(
    r"\b(?:accurac|loss|lost|precision\b|recall\b|f1\b|auc\b|scor|gaps?\b|(?<!standard )errors?\b|"
    r"mistake|correlation|mean (?:of|is|was)|reach|attain|achieve|ends?\b|ended|fall|fell|r[io]se|"
    r"drop(?!out)|climb|gain|improv|win|won|worth|costs\b|better|worse|higher|lower|ahead|behind|"
    r"differ|by\b|times\b|tak(?:es|ing)\b|took\b|needs\b)|\bp [<=>]|[±\[×]",
    re.IGNORECASE,
)
BARE = re.compile(r"[\s\d.,±+-]*\d[\s\d.,±+-]*")  # below a head with %, a share as well
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2013"), "-")

# What makes something else of a number: the setting or the version that it belongs to, alone or in
# a list; the level of an interval; the margin beyond which the book calls a difference one; a power
# of ten, which is a learning rate.
SETTING = re.compile(
    r"(?:(?<!error )\brates?|dropout|momentum|decay|penalt(?:y|ies)|factors?|divided (?:\w+ )*by|"
    r"Python|Keras|version|chapter|table)\s+(?:(?:of|is|was|at|from|to)\s+)?"
    r"(?:±?[\d.]+%?(?:,| and| or| to)\s+)*±?$",
    re.IGNORECASE,
)
LEVEL = re.compile(r"(?:90|95|99|99\.9)\s*%")
INTERVAL = re.compile(r"interval|band|limit|level", re.IGNORECASE)
MARGIN = re.compile(r"(?:±|\b(?:than|beyond|within|margin of))\s*$")
STEP = re.compile(r"0?\.0*1")


class Typed(NamedTuple):
    """A suspected result: its line, counted from 1, the words around it, and what is wrong."""

    line: int
    excerpt: str
    why: str


def typed_results(text: str) -> Iterator[Typed]:
    """The suspected results of a page, and what is marked as cited without a citation."""
    for words in page_words(text):
        told = 0
        for start, stop, kind in sorted(suspects(words), key=lambda s: (s[0], -s[1])):
            if start >= told:
                why = f"looks like {kind} typed by hand: {CURE}"
                line = words.line + words.text.count("\n", 0, start)
                yield Typed(line, excerpt(words.text, start, stop), why)
            told = max(told, stop)
        for match in re.finditer(r"\{cited\}`[^`]*`", words.source):
            if not re.search(r"\{cite(?::\w+)?\}`", words.beside):
                line = words.line + words.source.count("\n", 0, match.start())
                yield Typed(line, match[0], UNCITED)


def suspects(words: Words) -> Iterator[tuple[int, int, str]]:
    """Where in a piece a result seems to stand, and what it looks like."""
    if "%" in words.head and BARE.fullmatch(words.text):
        yield 0, len(words.text), "a share"
    text = words.text.translate(DASHES)
    ends = [match.end() for match in re.finditer(r"[.!?][\"”')\s]*\s(?=\S)", text)]
    for begin, end in pairwise([0, *ends, len(text)]):
        sentence = text[begin:end]
        measured = MEASURED.search(f"{words.head} {sentence}")
        for kind, pattern in KINDS.items():
            for match in pattern.finditer(sentence):
                likely = kind == "a share" or measured or EXACT.fullmatch(match[0])
                in_words = not any(sign.isdecimal() for sign in match[0])
                guarded = in_words and EXPECTED in sentence  # a finding expects what it says
                if likely and not guarded and not exempt(match):
                    yield begin + match.start(), begin + match.end(), kind


def exempt(match: re.Match[str]) -> bool:
    """Whether the words beside a number say that it is no result."""
    before, after = match.string[: match.start()], match.string[match.start() :]
    return bool(
        SETTING.search(before)
        or (MARGIN.search(before) and re.match(r"0\.3\s+points?", after))
        or (LEVEL.match(after) and INTERVAL.search(before[-20:] + after[:30]))
        or (STEP.fullmatch(match[0]) and not re.search(r"\bp\s*[<=>]\s*$", before))
    )


def excerpt(text: str, start: int, stop: int) -> str:
    """The suspect and a few words on either side."""
    while start and not text[start - 1].isspace():
        start -= 1
    while stop < len(text) and not text[stop].isspace():
        stop += 1
    around = [*text[:start].split()[-3:], *text[start:stop].split(), *text[stop:].split()[:3]]
    return " ".join(around)
