"""What only a front page has: the wardrobe, a question to begin with, and what was not expected.

    ```{wardrobe}
    :alt: Rows of clothes
    9083
    1754
    ```

Each digit is a class, and shows the next of its validation images.

    :::{garment-question} T-shirt or shirt?
    :garment: Shirt 5
    :choices: T-shirt, Shirt
    :alt: A dark top

    What is said to whoever has chosen.
    :::

The right choice is the class of the garment. No script is needed.

    :::{surprise} bars
    :values: relu-vs-sigmoid.lead:.0pt, …
    :labels: SGD | …
    :unit: points
    :alt: …

    **Nobody would have thought so.** And in a sentence, why.
    :::

A small picture and what it says, left out until there are records for it: `bars` and `hundred` draw
findings, which `values` names as the role `{value}` does, `shuffled` a `garment` and the same with
its pixels shuffled.
"""

import re
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book import findings
from book.formats import told

from . import drawings, garments, values
from .common import RECORDS
from .fold import Option, Predict, Question
from .roles import replace_roles

QUOTED = re.compile(r"\{(?:value|expect)\}`([^`]+)`")
KINDS = ("bars", "hundred", "shuffled")
MAGNIFIED = "garments-large"


class Drawn(SphinxDirective):
    """What these directives share: an alternative text, and faults with their line."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        try:
            if not self.options.get("alt"):
                raise ValueError("it needs :alt:, what is to be seen in words")
            return self.made()
        except (ValueError, OSError) as fault:
            raise self.error(f"{self.name}: {fault}") from None

    def made(self) -> list[nodes.Node]:
        raise NotImplementedError

    def alt(self) -> str:
        """The alternative text, with what its roles say."""
        return replace_roles(self.env, self.options["alt"], self.get_location())


class Wardrobe(Drawn):
    """`{wardrobe}`: rows of garments, as wide as the column."""

    def made(self) -> list[nodes.Node]:
        rows = [line.strip() for line in self.content if line.strip()]
        sheet = garments.wardrobe(rows)
        return [garments.picture(self.env, sheet, self.options["alt"], "wardrobe")]


class GarmentQuestion(Drawn):
    """`{garment-question} T-shirt or shirt?`: a garment, buttons, and an answer that waits."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        **Drawn.option_spec,
        "garment": directives.unchanged_required,
        "choices": directives.unchanged_required,
    }

    def made(self) -> list[nodes.Node]:
        wanted = self.options.get("garment", "")
        image = garments.garment(wanted)
        right = wanted.strip().rpartition(" ")[0]
        choices = [choice.strip() for choice in self.options.get("choices", "").split(",")]
        if right not in choices:
            raise ValueError(f"{right!r}, which it is, is none of the choices")
        group = f"garment-{self.env.new_serialno('garment')}"
        # A value that says which is right is all that the style sheet needs to tick it.
        buttons = [
            Option("", nodes.Text(c), group=group, value="right" if c == right else "wrong")
            for c in choices
        ]
        answer = nodes.container("", *self.parse_content_to_nodes(), classes=["garment-answer"])
        question = Question("", "", *self.state.inline_text(self.arguments[0], self.lineno)[0])
        picture = garments.picture(self.env, image, self.options["alt"], MAGNIFIED)
        asked = Predict("", question, *buttons, answer, classes=["choices"])
        return [nodes.container("", picture, asked, classes=["garment-question"])]


class Surprise(Drawn):
    """`{surprise} bars`: a small picture, and a sentence."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {
        **Drawn.option_spec,
        "garment": directives.unchanged_required,
        "values": directives.unchanged_required,
        "labels": directives.unchanged_required,
        "unit": directives.unchanged_required,
    }

    def made(self) -> list[nodes.Node]:
        (kind,) = self.arguments
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
        if not self.recorded():
            return []
        words = nodes.container("", *self.parse_content_to_nodes(), classes=["surprise-words"])
        drawn = self.of_garment() if kind == "shuffled" else self.of_values(kind)
        picture = nodes.container("", drawn, classes=["surprise-picture"])
        return [nodes.container("", picture, words, classes=["surprise"])]

    def recorded(self) -> bool:
        """Whether there are records for all that it quotes; what is not measured is not told."""
        quoted = QUOTED.findall("\n".join([*self.content, self.options["alt"]]))
        quoted += [part.strip() for part in self.options.get("values", "").split(",") if part]
        found = [values.quoted(self.env.docname, content)[0] for content in quoted]
        paths = {RECORDS / f"{record}.json" for made in found for record in made.records}
        for path in paths:
            self.env.note_dependency(str(path))
        return all(path.is_file() for path in paths)

    def of_garment(self) -> nodes.Node:
        """A garment, and beside it the same with its pixels shuffled."""
        image = garments.garment(self.options.get("garment", ""))
        pair = garments.tiled([image, garments.shuffled(image)], 2, gap=12)
        return garments.picture(self.env, pair, self.options["alt"], MAGNIFIED)

    def of_values(self, kind: str) -> nodes.Node:
        """Findings as a drawing."""
        quoted = [part.strip() for part in self.options.get("values", "").split(",")]
        labels = [part.strip() for part in self.options.get("labels", "").split("|")]
        if len(quoted) != len(labels):
            raise ValueError(f"{len(quoted)} values and {len(labels)} labels, divided by |")
        sizes, in_words = zip(*map(self.finding, quoted), strict=True)
        if kind == "bars":
            numbers = [f"{number} {self.options.get('unit', '')}".strip() for number in in_words]
            drawing = drawings.bars(sizes, labels, numbers, self.alt())
        else:
            named = [f"{number} {label}" for number, label in zip(in_words, labels, strict=True)]
            drawing = drawings.hundred(sizes, named, self.alt())
        return nodes.raw("", drawing, format="html")

    def finding(self, content: str) -> tuple[float, str]:
        """A finding as a number, and as it is told."""
        values.note(self.env, "value", content, self.get_location())
        made, spec = values.quoted(self.env.docname, content)
        value = findings.evaluate(made).value
        number = getattr(value, "estimate", value)
        if not isinstance(number, int | float):
            raise ValueError(f"{content} is no number")
        return float(number), told(value, spec)


def register(app: Sphinx) -> None:
    app.add_directive("wardrobe", Wardrobe)
    app.add_directive("garment-question", GarmentQuestion)
    app.add_directive("surprise", Surprise)
