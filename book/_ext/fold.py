"""Folds (`{fold}` … `{endfold}`) and predictions (`{predict}`), both without any JavaScript.

A code cell cannot stand inside a directive, so a fold cannot be one: MyST-NB would not see the
cell. Instead one directive opens the fold, another closes it, and all that stands between them,
code cells and their outputs included, is put into one `<details>`.
"""

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from .common import stop, texts

KINDS = ("prediction", "solution", "further")


class Fold(nodes.General, nodes.Element):
    """Its first child is the summary."""

    tag = "details"


class Summary(nodes.Part, nodes.TextElement):
    """The line of a fold that is always seen."""

    tag = "summary"


class Predict(nodes.General, nodes.Element):
    """A question and its options."""

    tag = "fieldset"


class Question(nodes.Part, nodes.TextElement):
    """Of a prediction."""

    tag = "legend"


class Option(nodes.Part, nodes.Element):
    """One answer, with its radio button; `group` and `value` tell it from the others."""


class EndFold(nodes.Invisible, nodes.Element):
    """Where a fold ends; gone after the transform."""


def folded(summary: list[str | nodes.Node], *content: nodes.Node, classes: str) -> Fold:
    """A fold that is made whole by code."""
    return Fold("", Summary("", "", *texts(*summary)), *content, classes=classes.split())


class FoldDirective(SphinxDirective):
    """`{fold} Summary` with `:kind:`; stays empty until FillFolds moves the content into it."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "kind": lambda value: directives.choice(value, KINDS),
        "name": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        kind = self.options.get("kind", "further")
        children, messages = self.state.inline_text(self.arguments[0], self.lineno)
        fold = folded(children, classes=f"fold fold-{kind}")
        self.set_source_info(fold)
        self.add_name(fold)
        return [fold, *messages]


class EndFoldDirective(SphinxDirective):
    """`{endfold}`."""

    def run(self) -> list[nodes.Node]:
        end = EndFold()
        self.set_source_info(end)
        return [end]


class FillFolds(SphinxTransform):
    """Move what stands between the two marks into the fold.

    A fold without an end, or an end without a fold, stops the build: a page with half of its text
    folded away must not be published, whether or not warnings are errors.
    """

    default_priority = 5  # before docutils moves targets and resolves references

    def apply(self, **_: Any) -> None:
        for end in list(self.document.findall(EndFold)):
            siblings = end.parent.children
            last = siblings.index(end)
            # The innermost fold that is still empty (its only child is the summary).
            opened = [i for i in range(last) if is_empty_fold(siblings[i])]
            if not opened:
                stop(f"{place(end)}: {{endfold}} without a {{fold}} before it in the same section")
            fold = siblings[opened[-1]]
            inside = siblings[opened[-1] + 1 : last]
            for node in [*inside, end]:
                end.parent.remove(node)
            fold.extend(inside or [nodes.comment()])
        for fold in self.document.findall(is_empty_fold):
            stop(f"{place(fold)}: {{fold}} without an {{endfold}} after it in the same section")


def is_empty_fold(node: nodes.Node) -> bool:
    """Whether a fold is still to be filled."""
    return isinstance(node, Fold) and len(node) == 1


def place(node: nodes.Node) -> str:
    """File and line."""
    return f"{node.source}:{node.line}"


class PredictDirective(SphinxDirective):
    """`{predict} Question`, with the options as a bullet list (and text before it, if need be)."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        group = f"predict-{self.env.new_serialno('predict')}"
        question, messages = self.state.inline_text(self.arguments[0], self.lineno)
        predict = Predict("", Question("", "", *question), classes=["predict"])
        options: list[nodes.Node] = []
        for child in self.parse_content_to_nodes():
            if not isinstance(child, nodes.bullet_list):
                predict += child
                continue
            for item in child.children:
                paragraphs = [c for c in item.children if isinstance(c, nodes.paragraph)]
                inline = [part for paragraph in paragraphs for part in paragraph.children]
                options.append(Option("", *inline, group=group, value=str(len(options))))
        predict += options
        if len(options) < 2:
            raise self.error("predict: at least two options are needed, as a bullet list")
        self.set_source_info(predict)
        return [predict, *messages]


def visit_tag(self: HTML5Translator, node: nodes.Element) -> None:
    suffix = "" if isinstance(node, nodes.TextElement) else "\n"
    self.body.append(self.starttag(node, node.tag, suffix))


def depart_tag(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append(f"</{node.tag}>\n")


def visit_option(self: HTML5Translator, node: Option) -> None:
    """The button stands inside its label, so that a press on the text chooses it."""
    button = self.emptytag(node, "input", "", type="radio", name=node["group"], value=node["value"])
    self.body.append(f"<label>{button.strip()} <span>")


def depart_option(self: HTML5Translator, node: Option) -> None:
    self.body.append("</span></label>\n")


def register(app: Sphinx) -> None:
    for node in (Fold, Summary, Predict, Question):
        app.add_node(node, html=(visit_tag, depart_tag))
    app.add_node(Option, html=(visit_option, depart_option))
    app.add_node(EndFold)
    app.add_directive("fold", FoldDirective)
    app.add_directive("endfold", EndFoldDirective)
    app.add_directive("predict", PredictDirective)
    app.add_transform(FillFolds)
