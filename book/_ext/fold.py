"""Folds (`{fold}` … `{endfold}`) and predictions (`{predict}`), both without any JavaScript.

A code cell cannot stand inside a directive, so a fold cannot be one: MyST-NB would not see the
cell. Instead one directive opens the fold, another closes it, and all that stands between them,
code cells and their outputs included, is put into one `<details>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

KINDS = ("prediction", "solution", "further")


class Fold(nodes.General, nodes.Element):
    """A `<details>`; its first child is the Summary."""


class Summary(nodes.Part, nodes.TextElement):
    """The line of a fold that is always seen."""


class EndFold(nodes.Invisible, nodes.Element):
    """Where a fold ends; gone after the transform."""


class Predict(nodes.General, nodes.Element):
    """A `<fieldset>`: a question and its options."""


class Question(nodes.Part, nodes.TextElement):
    """The `<legend>` of a prediction."""


class Option(nodes.Part, nodes.Element):
    """One answer, with its radio button; `group` and `value` tell it from the others."""


class FoldDirective(SphinxDirective):
    """`{fold} Summary` with `:kind:`; open until the next `{endfold}`."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "kind": lambda value: directives.choice(value, KINDS),
        "name": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Leave an empty fold; FillFolds moves the content into it."""
        kind = self.options.get("kind", "further")
        children, messages = self.state.inline_text(self.arguments[0], self.lineno)
        fold = Fold("", Summary("", "", *children), classes=["fold", f"fold-{kind}"])
        self.set_source_info(fold)
        self.add_name(fold)
        return [fold, *messages]


class EndFoldDirective(SphinxDirective):
    """`{endfold}`."""

    def run(self) -> list[nodes.Node]:
        """Mark the end."""
        end = EndFold()
        self.set_source_info(end)
        return [end]


class FillFolds(SphinxTransform):
    """Move what stands between the two marks into the fold."""

    default_priority = 5  # before docutils moves targets and resolves references

    def apply(self, **_: Any) -> None:
        """Fill every fold of the page.

        Raises:
            SystemExit: for a fold without an end, or an end without a fold. A page with half of
                its text folded away must not be published, whether or not warnings are errors.
        """
        for end in list(self.document.findall(EndFold)):
            siblings = end.parent.children
            last = siblings.index(end)
            opened = [i for i in range(last) if isinstance(siblings[i], Fold)]
            # The innermost fold that is still empty (its only child is the summary).
            opened = [i for i in opened if len(siblings[i]) == 1]
            if not opened:
                self.stop(end, "{endfold} without a {fold} before it in the same section")
            fold = siblings[opened[-1]]
            inside = siblings[opened[-1] + 1 : last]
            for node in inside:
                end.parent.remove(node)
            end.parent.remove(end)
            fold.extend(inside or [nodes.comment()])
        for fold in self.document.findall(Fold):
            if len(fold) == 1:
                self.stop(fold, "{fold} without an {endfold} after it in the same section")

    def stop(self, node: nodes.Element, message: str) -> None:
        """End the build, naming the place."""
        raise SystemExit(f"The book was not built: {node.source}:{node.line}: {message}")


class PredictDirective(SphinxDirective):
    """`{predict} Question`, with the options as a bullet list (and text before it, if need be)."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Build the fieldset."""
        group = f"predict-{self.env.new_serialno('predict')}"
        question, messages = self.state.inline_text(self.arguments[0], self.lineno)
        content = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, content)
        predict = Predict("", Question("", "", *question), classes=["predict"])
        options = 0
        for child in content.children:
            if not isinstance(child, nodes.bullet_list):
                predict += child
                continue
            for item in child.children:
                paragraphs = [c for c in item.children if isinstance(c, nodes.paragraph)]
                inline = [part for paragraph in paragraphs for part in paragraph.children]
                predict += Option("", *inline, group=group, value=str(options))
                options += 1
        if options < 2:
            raise self.error("predict: at least two options are needed, as a bullet list")
        self.set_source_info(predict)
        return [predict, *messages]


def visit_fold(self: HTML5Translator, node: Fold) -> None:
    """Open the details."""
    self.body.append(self.starttag(node, "details"))


def visit_summary(self: HTML5Translator, node: Summary) -> None:
    """Open the summary."""
    self.body.append(self.starttag(node, "summary", ""))


def visit_predict(self: HTML5Translator, node: Predict) -> None:
    """Open the fieldset."""
    self.body.append(self.starttag(node, "fieldset"))


def visit_question(self: HTML5Translator, node: Question) -> None:
    """Open the legend."""
    self.body.append(self.starttag(node, "legend", ""))


def visit_option(self: HTML5Translator, node: Option) -> None:
    """The button stands inside its label, so that a press on the text chooses it."""
    button = self.emptytag(node, "input", "", type="radio", name=node["group"], value=node["value"])
    self.body.append(f"<label>{button.strip()} <span>")


def closing(tags: str) -> Any:
    """A depart function that closes `tags`."""

    def depart(self: HTML5Translator, node: nodes.Element) -> None:
        self.body.append(tags + "\n")

    return depart


def register(app: Sphinx) -> None:
    """Tell Sphinx what is here."""
    app.add_node(Fold, html=(visit_fold, closing("</details>")))
    app.add_node(Summary, html=(visit_summary, closing("</summary>")))
    app.add_node(EndFold)
    app.add_node(Predict, html=(visit_predict, closing("</fieldset>")))
    app.add_node(Question, html=(visit_question, closing("</legend>")))
    app.add_node(Option, html=(visit_option, closing("</span></label>")))
    app.add_directive("fold", FoldDirective)
    app.add_directive("endfold", EndFoldDirective)
    app.add_directive("predict", PredictDirective)
    app.add_transform(FillFolds)
