"""The tool that finds results typed by hand: it is shown planted ones, and what is no result."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from lint_chapters import chapters  # noqa: E402
from typed_results import UNCITED, typed_results  # noqa: E402

DATASET = (ROOT / "book" / "dataset.md").read_text(encoding="utf-8")
CELL = """\
```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-one
    caption: |
      The first line of the caption.
      %s
  image:
    alt: >-
      %s
---
%s
```
"""


def found(text: str) -> list[tuple[int, str]]:
    return [(typed.line, typed.excerpt) for typed in typed_results(text)]


@pytest.mark.parametrize(
    "page", chapters(), ids=lambda page: page.relative_to(ROOT).as_posix().replace("/", "-")
)
def test_pages_of_the_book_have_no_typed_results(page: Path) -> None:
    assert found(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "sentence",
    [
        # Verdicts
        "So the claim holds.",
        "With five seeds this claim does not hold.",
        "Its second claim is undecided.",
        # Shares
        "The network has an accuracy of 88.1% on the validation images.",
        "It is right on 88 per cent of them.",
        "It is right on eighty-eight per cent of them.",
        "Eighty-eight point one percent of the images are recognised.",
        "Eighty-eight\nper cent were right.",
        "An 88-per-cent score.",
        "The score is 88.1\u00a0%, and more.",
        "The score is 88.1\u202f%, and more.",
        "The score is 88.1&nbsp;%, and more.",
        "The score is **87.9%** by now.",
        "The score is **87.9**% by now.",
        "The score is `87.9%` by now.",
        r"The score is $87.9\%$ by now.",
        r"The score is $87.9 \pm 0.2\,\%$ by now.",
        "The score is {strong}`87.9%` by now.",
        "The score is [87.9%](dataset.md) by now.",
        "Between 87–88% were right.",
        "It is right on nearly nine in ten images.",
        "It is right on nine images in ten.",
        "It knows 88 out of 100 shirts.",
        "It knows 88 in a hundred.",
        "In seven of the ten classes it got worse.",
        "It makes two thirds of the mistakes.",
        "It makes half the mistakes.",
        "A share of ½ was right.",
        "One in four shirts is taken for something else.",
        "A third of the mistakes are shirts.",
        "88 of every 100 shirts are recognised.",
        "It cuts the errors by a third.",
        "The loss was about a tenth lower.",
        # Differences
        "The wider network gains 1.5 points.",
        "Dropout changes it by −0.4 points.",
        "Dropout changes it by \u22120.4\u202fpercentage points.",
        "The wider network wins by 3 points.",
        "The wider network is three points ahead.",
        "It costs half a point.",
        "It is a 3-point gain.",
        "It gains 2 pp.",
        # Factors
        "It trains six times faster.",
        "It trains 2.4 times as fast.",
        "It makes three times as many mistakes.",
        "It makes twice as many mistakes.",
        "It is 2.4× faster.",
        "It is 6x faster.",
        "A ratio of 2.4 times.",
        "A sixfold gain.",
        "It is faster by a factor of six.",
        "It halves the loss.",
        "Its accuracy doubles.",
        # Values
        "It reaches 0.8956 in the end.",
        "It reaches 0.89 in the end.",
        "The loss falls to 0.35.",
        "The loss is .35 by then.",
        "The loss is 3.5e-1 by then.",
        "A loss of $0.35$.",
        "The recall of the shirt is 0.7.",
        "F1=0.87",
        "It ends at 3.2.",
        "The gap is 2.1 at a learning rate of 0.01.",
        "With a learning rate of 0.01 it reached 0.89.",
        "With a dropout of 0.2 the loss was 0.35.",
        "The mean is 0.87 ± 0.01.",
        "It lies in [1.2, 1.8].",
        "The accuracy rose from 87 to 91.",
        "It reaches an accuracy of 88.",
        "The accuracy of the wider network went up from 87.",
        "It is 0.8956, to be exact.",
        "Adam: 0.89; SGD: 0.85.",
        "A result of 88.1.",
        "The wider one is better by 1.5, and they differ by less than 0.1.",
        "A chance of p < 0.01.",
        "It was 88 ± 1 for all.",
        "It made 1,123 mistakes.",
        "It was wrong on 1,123 images.",
        "It was best after epoch 7.",
        "With Keras, 88% are right.",
        "The error rate is 12%.",
        # Times and sizes
        "The training takes 12 seconds.",
        "The training takes twelve seconds.",
        "Twelve-second epochs.",
        "An epoch takes 0.36 s.",
        "An epoch takes 12s.",
        "A step takes 3 ms.",
        "The search took forty minutes.",
        "The chapter needs 1.5 GiB.",
        "The images take 47 MB.",
    ],
)
def test_typed_results_are_found(sentence: str) -> None:
    assert found(sentence)
    assert found(f"# A page\n\n:::{{note}}\nOnce.\n\n* {sentence}\n:::\n")[0][0] >= 6
    one_line = sentence.replace("\n", " ")
    assert found(CELL % ("Nothing.", one_line, "x = 1")), "alt text"
    assert found(CELL % (one_line, "Nothing.", "x = 1")), "caption"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# It reaches 88.1%\n", 1),
        ("| | accuracy |\n|:--|--:|\n| wide | 0.7654 |\n", 3),
        ("| | accuracy |\n|:--|--:|\n| wide | **87.9%** |\n", 3),
        ("| | accuracy, % |\n|:--|--:|\n| wide | 88 |\n", 3),
        ("width | accuracy\n--|--\n128 | 0.88\n", 3),
        ("| rate | accuracy |\n|--|--|\n| 0.01 | 0.88 |\n", 3),
        ("- 0.7654\n", 1),
        ("```{list-table}\n:header-rows: 1\n\n* - width\n  - score\n* - wide\n  - 0.77\n```\n", 7),
        ("```{fold} It gains 1.5 points\n:kind: solution\n```\n\n```{endfold}\n```\n", 1),
        ("```{fold} Solution\n:kind: solution\n```\n\nIt is 88%.\n\n```{endfold}\n```\n", 5),
        ("```{predict} Does it pass 90%?\n- yes\n- no\n```\n", 1),
        ("```{predict} Does it?\nIt had 88%.\n\n- yes\n- no\n```\n", 2),
        ("```{predict} Does it?\n- yes\n- no\n```\n\n- It had 88%.\n", 6),
        ("::::{grid} 1\n\n:::{card} It has 88%\nWords.\n:::\n::::\n", 3),
        ("```{figure} x.svg\n:alt: It ends at 91%\n\nWords.\n```\n", 2),
        ("![It ends at 91%](x.svg)\n", 1),
        (CELL % ("It ends at 91%.", "Nothing.", "x = 1"), 8),
        (CELL % ("Nothing.", "Nothing.\n      It ends at 91%.", "x = 1"), 12),
        (CELL % ("Nothing.", "From {low:.1%} to 91%.", "x = 1"), 11),
        (CELL % ("x", "x", 'note(words="The network wins by 3 points.")'), 13),
        (CELL % ("x", "x", 'note(\n    words="The network "\n    "wins by 3 points.",\n)'), 15),
        (CELL % ("x", "x", 'said = "wins by 3 " "points" if won else ""\nnote(said=said)'), 13),
        (CELL % ("x", "x", 'note(words=f"From {low:.1%} to 91%")'), 13),
        (CELL % ("x", "x", "note(words=f\"{'it has 91%' if won else ''}\")"), 13),
        (CELL % ("x", "x", 'note(words="91\\u202f%")'), 13),
        (CELL % ("x", "x", '%%time\nprint("it takes 12 seconds")'), 14),
        ("```{code-cell} python\n:tags: [remove-cell]\n\nnote(words='91%')\n```\n", 4),
        ("```python\nx = 1\n```\n\nIt has 91%.\n", 5),
    ],
)
def test_typed_results_are_found_wherever_a_reader_meets_words(text: str, line: int) -> None:
    assert [line for line, _ in found(text)] == [line]


@pytest.mark.parametrize(
    "text",
    [
        "A claim that does not hold is the normal price; the claim says {glue:text}`words`.",
        "28 × 28 pixels, 60,000 images, 10,000 for the test, ten classes, grey levels 0 to 255.",
        "The dense network 784–128–10 has 101,770 parameters.",
        "It trains for ten epochs with a batch size of 32, over three seeds.",
        "We train three times, with the same seeds; 48,000 images and 128 units.",
        "The accuracy after 10 epochs, with 64 units and over 20 seeds, on 12,000 images.",
        "Each bracket is a 95% interval; intervals, at 95%, are over seeds.",
        "The brackets are 95% {term}`intervals <confidence interval>`. A 95% Wilson interval.",
        "The learning rate is 0.001, and dropout 0.2. The loss at a rate of 0.01 is not shown.",
        "The loss at learning rates of 0.1, 0.01 and 0.001, with a momentum of 0.9.",
        "A dropout of 20% or a 0.2 dropout changes the accuracy.",
        "A difference counts when its interval lies beyond 0.3 points, not inside ±0.3 points.",
        "It needs Python 3.11 to 3.13. Version 1.0.4 was published in 2017, and scores well.",
        "In Keras 3.10 the loss is another one. Chapter 4 has the scores, table 2.1 the errors.",
        "An hour with the data saves days. Reading takes twenty to thirty minutes.",
        "Accuracy is compared at 32, 64 and 128 units, with 16 filters of 5 by 5.",
        "The interval is 2.78 standard errors wide. From more than one point of view.",
        "Adam keeps running means, with factors of 0.9 and 0.999, and an L2 penalty of 0.01.",
        "Two points with intervals. In the 1990s, one in every class was a second look.",
        "I divided the pixels by 127.5 and subtracted 1, so that they lie in [−1, 1].",
        "Accuracy ends at {glue:text}`a:.1%`, {glue:text}`b:.1f` times as many as {glue:text}`c`.",
        "It calls `fit(images, validation_split=0.2)`, where the loss falls; `f'{x:.1%}'`.",
        r"The loss is $-\log p$, and $\eta = 0.01$. $$L = 0.35$$ See {cite}`a` and {eq}`a-1.5`.",
        "The pixels are scaled to [0, 1]. The mean of {numref}`fig-1.5` is {term}`x <0.1234>`.",
        "See [the page](https://example.org/88%25/0.8956) and <https://example.org/0.8956>.",
        "<!-- The old build had 88.1%. -->\n% and 0.8956\n(label-0.8956)=\n",
        "---\ntitle: 88.1%\n---\n",
        "Guessing gives {given}`10%` and they report {cited}`83.5%` {cite}`one2020`.",
        "| rate | dropout |\n|--|--|\n| 0.01 | 0.2 |\n",
        "| setting | value |\n|--|--|\n| learning rate | 0.01 |\n| dropout | 0.2 |\n",
        "```{predict} Does it?\n- It gains 1.5 points,\n  or 88%.\n- 0.8956\n```\n",
        "```{fold} Solution\n:width: 80%\n```\n\n```{endfold}\n```\n",
        "```sh\necho 88.1% 0.8956\n```\n",
        "```{math}\nL = 0.8956\n```\n",
        CELL % ("x", "From {low:.1%} to {high:{width}}", "x = 0.8956  # measured before"),
        CELL % ("x", "x", 'f"{x:.1%} of 10,000 in {seconds:.0f} s"'),
        CELL % ("x", "x", 'said = "guessing gives 10%"  # given: one class of ten'),
        CELL % ("{cited}`83.5%` {cite}`one2020`", "x {cited}`83.5%`", "x = 1"),
    ],
)
def test_what_is_no_result_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "They report {cited}`83.5%`.\n\nSee {cite}`one2020`.",
        "* {cited}`83.5%`\n* {cite}`one2020`",
        "| a | b |\n|--|--|\n| {cited}`83.5%` | |\n| | {cite}`one2020` |\n",
        CELL % ("Nothing.", "{cited}`83.5%`", "x = 1"),
    ],
)
def test_cited_figure_needs_its_citation_beside_it(text: str) -> None:
    assert [typed.why for typed in typed_results(text)] == [UNCITED]


@pytest.mark.parametrize(
    ("where", "planted"),
    [
        (r"^## .*\n\n(?=\w)", "The network reaches 88.1%. "),
        (r"^    caption: \|\n      .*\n      ", "It has 88.1%. "),
        (r"^    alt: >-\n      .*\n      ", "It ends at 91%. "),
        (r"^## What we found\n\n", "| a | b |\n|:--|:--|\n| it | takes 12 seconds |\n\n"),
        (r"^:kind: solution\n```\n\n", "Eighty-eight per cent. "),
        (r"^:kind: prediction\n```\n\n", "It gains 1.5 points.\n\n"),
        (r"^note\(\n", '    words="nearly "\n    "nine in ten",\n'),
    ],
    ids=["paragraph", "caption", "alt", "table", "solution", "prediction", "words by code"],
)
def test_result_planted_in_a_chapter_is_told_with_its_line(where: str, planted: str) -> None:
    place = re.search(where, DATASET, re.MULTILINE).end()
    spoilt = DATASET[:place] + planted + DATASET[place:]
    line = spoilt[: place + len(planted.rstrip())].count("\n") + 1
    assert [line for line, _ in found(spoilt)] == [line]


def test_words_that_a_finding_expects_need_no_mark_and_figures_do() -> None:
    guarded = (
        "It ends about a point behind{expect}`lost`, and a tenth of them differ{expect}`part`."
    )
    assert found(guarded) == []
    assert found("It ends about a point behind.") != []
    assert found("It ends 1.2 points behind{expect}`lost`.") != []
    assert found("It ends about a point behind. The other is level{expect}`lost`.") != []
