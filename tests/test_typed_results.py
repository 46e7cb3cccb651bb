"""The tool that finds results typed by hand: it is shown planted ones, and what is no result."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from pages import chapters  # noqa: E402
from typed_results import UNCITED, typed_results  # noqa: E402

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
PLANTED = r"""
The network has an accuracy of 88.1% on the validation images.
It is right on 88 per cent of them.
It is right on eighty-eight per cent of them.
Eighty-eight point one percent of the images are recognised.
An 88-per-cent score.
The score is 88.1&nbsp;%, and more.
The score is **87.9**% by now.
The score is `87.9%` by now.
The score is $87.9\%$ by now.
The score is $87.9 \pm 0.2\,\%$ by now.
The score is {strong}`87.9%` by now.
The score is [87.9%](dataset.md) by now.
Between 87–88% were right.
With Keras, 88% are right.
The error rate is 12%.
It gains 2 pp.
The wider network gains 1.5 points.
Dropout changes it by −0.4 points.
It gains 0.3 points.
The wider network wins by 3 points.
The wider network is three points ahead.
It costs half a point.
It is a 3-point gain.
It trains 2.4 times as fast.
It is 2.4× faster.
It reaches 0.8956 in the end.
It reaches 0.89 in the end.
The loss falls to 0.35.
The loss is .35 by then.
The loss is 3.5e-1 by then.
A loss of $0.35$.
The recall of the shirt is 0.7.
F1=0.87
It ends at 3.2.
The gap is 2.1 at a learning rate of 0.01.
With a dropout of 0.2 the loss was 0.35.
The mean is 0.87 ± 0.01.
It lies in [1.2, 1.8].
It is 0.8956, to be exact.
Adam: 0.89; SGD: 0.85.
A result of 88.1.
They differ by less than 0.2.
A chance of p < 0.01.
An epoch takes 0.36 s.
The chapter needs 1.5 GiB.
""".strip().split("\n")
NO_RESULT = r"""
28 × 28 pixels, 60,000 images, 10,000 for the test, ten classes, grey levels 0 to 255.
The dense network 784–128–10 has 101,770 parameters. Its points are 1,234.
It trains for ten epochs with a batch size of 32; the loss of 20 seeds, with 48,000 images.
Each bracket is a 95% interval; intervals, at 95%, are over seeds; a 95% Wilson interval.
The brackets are 95% {term}`intervals <confidence interval>`.
The learning rate is 0.001, and dropout 0.2. The loss at a rate of 0.02 is not shown.
The loss at learning rates of 0.3, 0.2 and 0.1, with a momentum of 0.9, or a dropout of 20%.
A difference counts when its interval lies beyond 0.3 points, not inside ±0.3 points.
It needs Python 3.11 to 3.13. In Keras 3.10 the loss is another one.
The interval is 2.78 standard errors wide. From more than one point of view. Two points.
I divided the pixels by 127.5 and subtracted 1, so that they lie in [−1, 1].
Accuracy ends at {glue:text}`a:.1%`, {value}`b:.1f` times as many as {glue:text}`c`.
It calls `fit(images, validation_split=0.2)`, where the loss falls; `f'{x:.1%}'`.
The loss is $-\log p$, and $\eta = 0.25$. $$L = 0.35$$ See {cite}`a` and {eq}`a-1.5`.
The mean of {numref}`fig-1.5` is {term}`x <0.1234>`.
See [the page](https://example.org/88%25/0.8956) and <https://example.org/0.8956>.
Guessing gives {given}`10%` and they report {cited}`83.5%` {cite}`one2020`.
It ends about a point behind{expect}`lost`, nearly ten per cent.
""".strip().split("\n")


def found(text: str) -> list[tuple[int, str]]:
    return [(typed.line, typed.excerpt) for typed in typed_results(text)]


@pytest.mark.parametrize(
    "page", chapters(), ids=lambda page: page.relative_to(ROOT).as_posix().replace("/", "-")
)
def test_pages_of_the_book_have_no_typed_results(page: Path) -> None:
    assert found(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("sentence", PLANTED)
def test_typed_results_are_found(sentence: str) -> None:
    assert found(sentence)
    assert found(f"# A page\n\n:::{{note}}\nOnce.\n\n* {sentence}\n:::\n")[0][0] == 6
    assert found(CELL % ("Nothing.", sentence, "x = 1"))[0][0] == 11, "alt text"
    assert found(CELL % (sentence, "Nothing.", "x = 1"))[0][0] == 8, "caption"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Eighty-eight\nper cent were\nright, or 88%.", 1),
        ("# It reaches 88.1%\n", 1),
        ("| | accuracy |\n|:--|--:|\n| wide | **87.9%** |\n", 3),
        ("| | accuracy, % |\n|:--|--:|\n| wide | 88 |\n", 3),
        ("| rate | accuracy |\n|--|--|\n| 0.02 | 0.7 |\n", 3),
        ("```{list-table}\n:header-rows: 1\n\n* - width\n  - score\n* - wide\n  - 0.77\n```\n", 7),
        ("```{fold} It gains 1.5 points\n:kind: solution\n```\n\n```{endfold}\n```\n", 1),
        ("```{fold} Solution\n:kind: solution\n```\n\nIt is 88%.\n\n```{endfold}\n```\n", 5),
        ("```{predict} Does it pass 90%?\n- yes\n- no\n```\n", 1),
        ("```{predict} Does it?\nIt had 88%.\n\n- yes\n- no\n```\n", 2),
        ("```{predict} Does it?\n- yes\n- no\n```\n\n- It had 88%.\n", 6),
        ("::::{grid} 1\n\n:::{card} It has 88%\nWords.\n:::\n::::\n", 3),
        ("```{figure} x.svg\n:alt: It ends at 91%\n\nWords.\n```\n", 2),
        ("![It ends at 91%](x.svg)\n", 1),
        (CELL % ("Nothing.", "Nothing.\n      It ends at 91%.", "x = 1"), 12),
        (CELL % ("Nothing.", "From {low:.1%} to 91%.", "x = 1"), 11),
        (CELL % ("x", "x", 'note(\n    words="The network "\n    "wins by 3 points.",\n)'), 14),
        (CELL % ("x", "x", 'note(words=f"From {low:.1%} to 91%")'), 13),
        (CELL % ("x", "x", "note(words=f\"{'it has 91%' if won else ''}\")"), 13),
        (CELL % ("x", "x", 'note(words="91\\u202f%")'), 13),
        (CELL % ("x", "x", '%%time\nprint("it takes 1.2 seconds")'), 14),
        ("```{code-cell} python\n:tags: [remove-cell]\n\nnote(words='91%')\n```\n", 4),
        ("```python\nx = 1\n```\n\nIt has 91%.\n", 5),
    ],
)
def test_typed_results_are_found_wherever_a_reader_meets_words(text: str, line: int) -> None:
    assert [line for line, _ in found(text)][:1] == [line]


@pytest.mark.parametrize(
    "text",
    [
        *NO_RESULT,
        "<!-- The old build had 88.1%. -->\n% and 0.8956\n(label-0.8956)=\n",
        "---\ntitle: 88.1%\n---\n",
        "| rate | dropout |\n|--|--|\n| 0.02 | 0.2 |\n",
        "```{predict} Does it?\n- It gains 1.5 points,\n  or 88%.\n- 0.8956\n```\n",
        "```{fold} Solution\n:width: 80%\n```\n\n```{endfold}\n```\n",
        "```sh\necho 88.1% 0.8956\n```\n",
        "```{math}\nL = 0.8956\n```\n",
        CELL % ("x", "From {low:.1%} to {high:{width}}", "x = 0.8956  # measured before"),
        CELL % ("x", "x", 'f"{x:.1%} of 10,000 in {seconds:.0f} s" + "{:.1%}"'),
        CELL % ("x", "x", 'said = "guessing gives 10%"  # given: one class of ten'),
        CELL % ("{cited}`83.5%` {cite}`one2020`", "x {cited}`83.5%`", "x = 1"),
    ],
)
def test_what_is_no_result_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("They report\n{cited}`83.5%`.\n\nSee {cite}`one2020`.", 2),
        ("* {cited}`83.5%`\n* {cite}`one2020`", 1),
        ("| a | b |\n|--|--|\n| {cited}`83.5%` | |\n| | {cite}`one2020` |\n", 3),
        (CELL % ("Nothing.", "{cited}`83.5%`", "x = 1"), 11),
    ],
)
def test_cited_figure_needs_its_citation_beside_it(text: str, line: int) -> None:
    assert [(typed.line, typed.why) for typed in typed_results(text)] == [(line, UNCITED)]


@pytest.mark.parametrize("guarded", ["It ends 1.2 points behind{expect}`lost`.",
    "It ends about a point behind. The other is level{expect}`lost`."])  # fmt: skip
def test_finding_guards_the_words_of_its_own_sentence_and_no_figures(guarded: str) -> None:
    assert found(guarded)


def test_summary_of_the_front_matter_is_read() -> None:
    summary = "summary: >-\n  The network\n  is right on 88% of them.\n"
    page = f"---\ntest_label_reads: 0\n{summary}---\n\n# A page\n"
    assert [line for line, *_ in typed_results(page)] == [3]  # where it begins, since YAML folds it
    assert [*typed_results(page.replace("88%", "{value}`a.b:.0%`"))] == []
