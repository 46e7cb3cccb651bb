r"""Mathematics as MathML, made by docutils while the book is built.

No script and no third party are needed to show a formula, and a screen reader can read it. What
docutils cannot convert is a warning that names the place.
"""

import re
from html import escape
from typing import Any, cast

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.domains.math import MathDomain
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)

# Environments that say no more than "a displayed formula, of several lines perhaps": docutils
# aligns several lines by itself.
DISPLAY = re.compile(r"\\(?:begin|end)\{(?:equation|align|gather|multi?line|displaymath)\*?\}")
SPLIT = re.compile(r"\\(begin|end)\{split\}")
# docutils sets \boldsymbol by a class, and loses the end of its argument before an exponent.
BOLD = re.compile(r"\\(?:boldsymbol|bm)\b")
# Bars that stand alone; those of \left and \right begin or end an mrow, and do stretch.
BARS = re.compile(r'(<mrow>\s*)?<mo(?: class="mathopen")?>([‖|])</mo>(\s*</mrow>)?')
# Around "log" and its like TeX leaves a thin space, but not before a bracket; MathML leaves none.
AFTER = re.compile(r"(<mo>&ApplyFunction;</mo>)(?!\s*(?:<mrow>\s*|<msu[bp]+>\s*)*<mo)")
BEFORE = re.compile(
    r"(</m(?:i|n|sub|sup|subsup)>\s*)(?=<mi[^>]*>\w{2,}</mi>\s*<mo>&ApplyFunction;)"
)
THIN = r'\1<mspace width="0.167em"></mspace>'
LABEL = re.compile(r"\\label\{([^}]+)\}\s*")


class ReadLabels(SphinxTransform):
    r"""Make a `\label{…}` inside an AMS environment a target for `{eq}`."""

    default_priority = 5

    def apply(self, **_: Any) -> None:
        """Replace the random label that MyST gave the equation."""
        domain = cast("MathDomain", self.env.get_domain("math"))
        for node in self.document.findall(nodes.math_block):
            found = LABEL.search(node.astext())
            if not found:
                continue
            node.children = [nodes.Text(LABEL.sub("", node.astext()))]
            number = domain.equations.pop(node.get("label"), None)
            if number is None:
                LOGGER.warning(r"mathml: \label in an unnumbered formula", location=node)
                continue
            domain.equations[found[1]] = number
            previous = node.parent[node.parent.index(node) - 1]
            previous["ids"] = [nodes.make_id(f"equation-{found[1]}")]
            node["label"] = found[1]


def to_mathml(tex: str, node: nodes.Element, *, display: bool) -> str:
    """The MathML of a formula; its TeX in `<code>`, and a warning, where it cannot be converted."""
    source = SPLIT.sub(r"\\\1{aligned}", DISPLAY.sub("", tex))
    source = BOLD.sub(r"\\mathbfit", source)
    try:
        mathml = tex2mathml(source.strip(), as_block=display)
    except (MathError, SyntaxError, AttributeError, IndexError, ValueError) as error:
        LOGGER.warning("mathml: %s Source: %s", error, tex.strip(), location=node)
        return f"<code>{escape(tex)}</code>"
    mathml = BEFORE.sub(THIN, AFTER.sub(THIN, mathml))
    return BARS.sub(lambda m: m[0] if m[1] or m[3] else f'<mo stretchy="false">{m[2]}</mo>', mathml)


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """A formula within a line."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(to_mathml(node.astext(), node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    """A formula of its own, with its number and a link to it where it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    self.body.append(to_mathml(node.astext(), node, display=True))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def register(app: Sphinx) -> None:
    app.add_transform(ReadLabels)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
