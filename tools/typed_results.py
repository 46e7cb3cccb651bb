"""Find results that were typed by hand: what was measured has to come from the code that measured.

`lint_chapters` asks `typed_results` about every page. No rule can tell a result from every other
number, so an author can mark one:

    {cited}`83.5%`    a figure of the source that is cited beside it
    {given}`10%`      neither measured nor quoted: a setting, a definition, plain arithmetic

and in a cell, where there are no roles, with ``# given`` or ``# cited`` beside the string.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from page_words import Block, page_blocks, words

CURE = "quote a finding by {value}, or mark it as {cited} or {given}"
UNCITED = "needs its {cite} in the same paragraph, list item or table row"


class Typed(NamedTuple):
    """A suspected result: its line, counted from 1, the words around it, and what is wrong."""

    line: int
    excerpt: str
    why: str


# --- Numbers, in figures and in words ---------------------------------------
#
# `words` has made one sign of all minuses and dashes, x of the times sign, ' of the apostrophes and
# a plain space of all spaces.

UNITS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    "sixteen|seventeen|eighteen|nineteen"
)
TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
WORD = rf"(?:zero|{UNITS}|{TENS}|hundred|thousand|million|dozen)"
SAID = rf"\b{WORD}(?:(?:[\s-]+(?:and\s+)?|\s+point\s+){WORD})*(?:\s+and\s+a\s+half)?\b"
POWER = r"(?:e[+-]?\d+)?"
FIGURES = rf"(?<![\w.])(?:\d+(?:,\d{{3}})*(?:\.\d+)?|\.\d+){POWER}(?!\d|\.\d)"
DECIMAL = rf"(?<![\w.])(?:\d+(?:,\d{{3}})*)?\.\d+{POWER}(?!\w|\.\d)"
COUNT = r"(?<![\w.,])\d+(?:,\d{3})*(?!\d|\.\d)"
NUMBER = rf"(?:{FIGURES}|{SAID})"
PERCENT = r"[\s-]*(?:%|‰|per[\s-]*cent(?!i)|percentage|pp\b)"
TENTHS = rf"(?:(?<![\w.,-])\d\d|\b(?:{TENS})(?:-(?:{UNITS}))?)(?![\w-]|[.,]\d|\sx|{PERCENT})"

# --- What makes a result of a number ----------------------------------------

MEASURED = (
    r"\b(?:accurac(?:y|ies)|loss(?:es)?|cross-?entrop(?:y|ies)|precision|recall|f1|auc|"
    r"scor(?:es?|ed)|gaps?|(?<!standard )errors?|norms?|correlations?|variances?|deviations?|"
    r"averages?|medians?|shares?|mistakes?|(?:the|a)\s+mean|means?\s+(?:of|is|was))\b"
)
SCORE = (
    r"\b(?:accurac(?:y|ies)|precision|recall|f1|scor(?:es?|ed|ing)|reach\w*|attain\w*|achieve\w*)\b"
)
COMPARED = (
    r"\b(?:gain|los[et]|lost|loss|win|won|worth|drop|f[ae]ll|r[io]se|climb|improv|cost|add|better|"
    r"worse|higher|lower|more|less|above|below|ahead|behind|apart|separate|differ|beat|lead|by\b)"
)
MORE = (
    r"(?:more|less|fewer|better|worse|faster|slower|quicker|larger|bigger|smaller|higher|lower|"
    r"longer|shorter|cheaper|greater|heavier|stronger|weaker)"
)
ABOUT = r"(?:about|around|nearly|almost|only|just|over|above|below|under|roughly|up|down)"
ENDS = (
    r"\b(?:reach|attain|achieve|end|fall|fell|drop|ris|rose|climb|grow|grew|giv|gave|get|got|yield|"
    r"com|came|land|settl|stay|plateau|stop|improv|declin|sink|sank|peak|hit|jump|converg)"
    rf"(?:e|e?s|e?d|ing|ped|ting)?(?:\s+(?:{ABOUT}|to|at|from|by|of))*\s+[~≈+-]?"
)
PART = r"(?:third|quarter|fifth|sixth|seventh|eighth|ninth|tenth|hundredth)"
WRONG = r"(?:(?:the|all|its)\s+)?(?:mistake|error|gap|gain|loss|accurac|variance)"
OTHER = (
    r"(?!(?:,\s*\d+)*\s*(?:and\s+\d+\s+)?(?:\w+\s+)?"
    r"(?:images|epochs?|seeds|runs|classes|steps|units|layers|lines|folds)\b)"
)

# What the number looks like, the patterns, and what else has to stand in the sentence.
RULES: list[tuple[str, str, str]] = [
    ("a share", rf"{NUMBER}{PERCENT}", ""),
    (
        "a share",
        rf"{NUMBER}(?:\s+\w+){{0,2}}\s+(?:in|out\s+of)\s+(?:every\s+|an?\s+)?"
        r"(?:ten|hundred|thousand|10|100|1,?000|10,000)\b"
        r"(?![,.-]\d|\s*(?:epoch|second|minute|class|step|layer|line))",
        "",
    ),
    ("a share", rf"{NUMBER}\s+(?:in|out\s+of)\s+(?:every\s+)?(?!\d{{4}}\b|one\b){NUMBER}", ""),
    (
        "a share",
        rf"(?!one\b){NUMBER}\s+of\s+(?:(?:the|our|all|its|these|every)\s+)*{NUMBER}(?!\s+(?:by|x)\b)",
        "",
    ),
    ("a share", rf"\b{WORD}[\s-]+(?:halves|{PART}s)\b|[½⅓⅔¼¾⅕⅖⅗⅘⅙⅛]", ""),
    ("a share", rf"\b(?:half|(?:an?|one)[\s-]{PART})\s+(?:of\s+)?(?:{WRONG}|the\s+pixels)", ""),
    ("a share", rf"\bby\s+(?:{ABOUT}\s+)?(?:half|an?\s+{PART})\b", rf"{MEASURED}|\b{MORE}\b"),
    ("a share", rf"\b(?:half|an?\s+{PART})\s+{MORE}\b", ""),
    ("a factor", rf"{DECIMAL}[\s-]*times\b", ""),
    ("a factor", rf"{NUMBER}[\s-]*times\s+(?:as|that|what|the(?!\s+same)|{MORE})\b", ""),
    ("a factor", rf"\b(?:twice|thrice|half|double)\s+(?:as\s+\w+|{WRONG})", ""),
    ("a factor", rf"\b{WORD}-?fold\b|{FIGURES}-?fold\b", ""),
    ("a factor", r"(?<![\w.])[\d.]+\s*x\b(?!\s*[\d¤])|(?<=\s)x\d+\.\d+", ""),
    ("a factor", rf"\bfactor\s+(?:of\s+)?{NUMBER}|\b(?:an|{NUMBER})\s+orders?\s+of\s+mag", ""),
    (
        "a factor",
        rf"\b(?:halv|doubl|tripl|quadrupl)(?:es?|ed|ing)\s+{WRONG}|{WRONG}\w*\s+(?:halv|doubl|tripl)e",
        "",
    ),
    ("points", rf"{DECIMAL}[\s-]*points?\b|{NUMBER}-points?\b", ""),
    ("points", rf"{NUMBER}\s+(?:\w+\s+)?points?\b(?!\s+of\s+view)", rf"{COMPARED}|{MEASURED}"),
    ("points", rf"(?:{COMPARED}\w*|{ABOUT})\s+(?:half\s+)?an?\s+(?:\w+\s+)?point\b", ""),
    ("a time", rf"{NUMBER}[\s-]*(?:[mu]s|secs?|seconds|minutes?|mins?|hours?|millisec\w*)\b", ""),
    (
        "a time",
        rf"(?:{FIGURES}|\bone)[\s-]*second\b(?!-)|\b{WORD}-second\b|[\d.]+(?:\s+s|(?<!0)s)\b(?!')",
        "",
    ),
    ("a size", rf"{NUMBER}\s*(?:[kMGT]i?B|(?:kilo|mega|giga|mebi|gibi)bytes?)\b", ""),
    ("an interval", rf"{NUMBER}\s*(?:±|\+/-)\s*{NUMBER}", ""),
    ("an interval", rf"\[\s*[+-]?{FIGURES}\s*[,;-]\s*[+-]?{DECIMAL}\s*\]", ""),
    ("a score", rf"{SCORE}[\s:=]+(?:(?:of|is|was|now|then|{ABOUT})\s+)*{TENTHS}{OTHER}", ""),
    ("a score", rf"\b(?:from|to|by|at|is|was)\s+(?:{ABOUT}\s+)?{TENTHS}{OTHER}", SCORE),
    ("a count", rf"{COUNT}(?:\s+\w+){{0,2}}\s+(?:mistakes|errors|misclassified|wrong)\b", ""),
    ("a count", rf"\b(?:wrong|right|correct|misclassif\w+)\s+(?:(?:on|in|of)\s+)?{COUNT}", ""),
    ("an epoch", rf"\bepochs?\s+{NUMBER}", r"\b(?:best|highest|lowest|peak\w*|stopped)\b"),
    (  # a string that begins so is one of those that the code chooses from
        "a verdict",
        r"(?<![\"'])\b(?:the|this|that|its|both|whose)\s+(?:\w+\s+)?claims?\s+(?:(?:therefore|thus|so|then|clearly|"
        r"also|just|simply)\s+)*(?:holds?|fails?|stands?|falls?|(?:does|do|did)\s+not\s+(?:hold|stand)|"
        r"(?:is|are|was|were)\s+(?:not\s+)?(?:true|false|right|wrong|refuted|confirmed|undecided))\b",
        "",
    ),
    ("a measured value", rf"{ENDS}{DECIMAL}", ""),
    ("a measured value", DECIMAL, MEASURED),
    ("a measured value", rf"\bp\s*[<=>]\s*{DECIMAL}", ""),
    ("a measured value", rf"\b(?:{MORE}|differ\w*)\s+by(?:\s+\w+){{0,2}}\s+{DECIMAL}", ""),
    ("a measured value", r"(?<![\w.,])(?:0?\.[4-9]\d|[1-9]\d\.\d+)(?!\w|\.\d)", ""),  # 0.89, 88.1
    ("a measured value", r"(?<![\w.])\d*\.0*[1-9]\d{2,}(?!\w|\.\d)", ""),  # 0.8956, not 0.0005
]
COMPILED = [
    (why, re.compile(pattern, re.IGNORECASE), re.compile(sentence, re.IGNORECASE))
    for why, pattern, sentence in RULES
]

# --- What makes something else of it ----------------------------------------

SETTING = (
    r"(?:(?<!error )(?<!error-)(?<!success )(?<!hit )\b(?:learning[\s-])?rates?|dropout|momentum|"
    r"decay|penalt(?:y|ies)|factors|slopes?|alpha|beta\w*|epsilon|lambda|gamma|temperature|"
    r"thresholds?|margins?|patience|tolerance|divid\w+\s+by|(?:multiply|multiplied)\s+by)"
)
PLACE = r"(?:Python|Keras|NumPy|TensorFlow|versions?|section|chapter|figure|table|exercise)"
LINK = r"(?:(?:of|is|was|are|were|at|to|from|between|set|falls|drops|lowered|raised)\s+|[(:=]\s*)*"
LIST = rf"(?:±?{NUMBER}\s*(?:,|/|-|and\b|or\b|to\b)\s*)*±?"
INTRODUCED = re.compile(rf"(?:{SETTING}\s*{LINK})(?:{LIST})$", re.IGNORECASE)
FOLLOWED = re.compile(rf"^\s*{SETTING}", re.IGNORECASE)
PLACED = re.compile(rf"{PLACE}\s+{LIST}$", re.IGNORECASE)
# The level of an interval, and the margin beyond which the book calls a difference one.
LEVEL = re.compile(rf"(?:9[059]|99\.9|ninety-(?:five|nine)){PERCENT}", re.IGNORECASE)
KIND = r"(?:confidence|prediction|bootstrap|exact|paired|t|Wilson|Wilson's|Student's)"
OF_INTERVAL = re.compile(rf"^[\s-]*(?:{KIND}[\s-]+)*(?:interval|band|limit|level)", re.IGNORECASE)
AT_LEVEL = re.compile(r"(?:intervals?|level),?\s+(?:of|at|are|is)(?:\s+at)?\s+$", re.IGNORECASE)
MARGIN = re.compile(r"(?:±|\bbeyond\s+)$", re.IGNORECASE)


def exempt(why: str, number: str, before: str, after: str) -> bool:
    """Whether the words beside a number say that it is no result."""
    plain = why in ("a share", "a measured value")
    return bool(
        INTRODUCED.search(before)
        or (plain and FOLLOWED.search(after))
        or (why == "a measured value" and PLACED.search(before))
        or (LEVEL.fullmatch(number) and (OF_INTERVAL.search(after) or AT_LEVEL.search(before)))
        or (re.fullmatch(r"0\.3\s+points?", number) and MARGIN.search(before))
        or (why == "a time" and re.search(r"\bReading\b", before))
    )


# --- The check --------------------------------------------------------------

END = re.compile(r"[.!?][\"”')\s]*\s(?=\S)")
BARE = re.compile(r"[\s\d.,%()\[\]±≈~+-]*\d[\s\d.,%()\[\]±≈~+-]*")
RESULTS_BELOW = re.compile(rf"{MEASURED}|%|per cent|seconds|points|times|\bM?B\b", re.IGNORECASE)
SETTING_NAMED = re.compile(SETTING, re.IGNORECASE)


def pieces(block: Block) -> Iterator[tuple[int, str, str]]:
    """Each sentence or table cell: where it begins, its words, and what its column is about."""
    text = words(block.text)
    if block.heads is None:
        starts = [0, *(match.end() for match in END.finditer(text)), len(text)]
        for start, stop in pairwise(starts):
            yield start, text[start:stop], ""
        return
    start, row = 0, ""
    for column, cell in enumerate(text.split("|")):
        head = block.heads[column] if column < len(block.heads) else ""
        row = row or cell.strip()
        # A list of settings has their names on the left.
        yield start, cell, head if RESULTS_BELOW.search(head) else f"{head} {row}"
        start += len(cell) + 1


def suspects(piece: str, head: str) -> Iterator[tuple[int, int, str]]:
    """Where in a sentence or a cell a result seems to stand, and what it looks like."""
    if BARE.fullmatch(piece):
        if RESULTS_BELOW.search(head):
            yield 0, len(piece), "a measured value"
        if SETTING_NAMED.search(head):
            return
        if re.search(DECIMAL, piece):
            yield 0, len(piece), "a measured value"
    for why, pattern, sentence in COMPILED:
        for match in pattern.finditer(piece) if sentence.search(piece) else ():
            number = re.search(NUMBER, match[0])
            at = match.start() + (number.start() if number else 0)
            if not exempt(why, piece[at : match.end()], piece[:at], piece[match.end() :]):
                yield at, match.end(), why


def typed_results(text: str) -> Iterator[Typed]:
    """The suspected results of a page, and what is marked as cited without a citation."""
    for block in page_blocks(text):
        told: list[tuple[int, int]] = []
        for start, piece, head in pieces(block):
            for at, stop, why in suspects(piece, head):
                at, stop = start + at, start + stop
                if any(at < end and stop > begin for begin, end in told):
                    continue
                if guarded(block.text[start : start + len(piece)], block.text[at:stop]):
                    continue
                told.append((at, stop))
                at += len(block.text[at:stop]) - len(block.text[at:stop].lstrip())
                told_as = f"looks like {why} typed by hand: {CURE}"
                yield Typed(line_of(block, at), excerpt(block.text, at, stop), told_as)
        for match in re.finditer(r"\{cited\}`[^`]*`", block.text):
            if not re.search(r"\{cite(?::\w+)?\}`", block.text + block.beside):
                yield Typed(line_of(block, match.start()), match[0], UNCITED)


def guarded(sentence: str, number: str) -> bool:
    """Whether a finding expects what a sentence says in words; figures are quoted all the same."""
    return "{expect}`" in sentence and not any(sign.isdecimal() for sign in number)


def line_of(block: Block, at: int) -> int:
    """The line of the page on which a character of the block stands."""
    return block.line + block.text.count("\n", 0, at)


def excerpt(text: str, at: int, stop: int) -> str:
    """The suspect and a few words on either side."""
    while at and not text[at - 1].isspace():
        at -= 1
    while stop < len(text) and not text[stop].isspace():
        stop += 1
    around = [*text[:at].split()[-3:], *text[at:stop].split(), *text[stop:].split()[:3]]
    return " ".join(around)
