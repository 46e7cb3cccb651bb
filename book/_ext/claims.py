"""The card of a claim (`{claim} S2.7`), and the check that no verdict changes unnoticed.

The claim's words come from `book/claims.toml`, the judgement from the page's code
(`lessons_src.claims.judge`). What was judged is written to `claims.json` beside the pages and
compared with `book/experiments/verdicts.json`, which `make verdicts` writes: a verdict that differs
is a warning, and so fails a build with -W.
"""

from __future__ import annotations

import json
import tomllib
from ast import literal_eval
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _glued import glued
from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from lessons_src.claims import NOT_JUDGED, NOT_TESTABLE

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

LOGGER = logging.getLogger(__name__)
#: In which order the verdicts under several conditions are told.
ORDER = ("holds", "undecided", "no difference seen", "does not hold")
ASPECTS = ("claimed", "measured", "set-up", "came from")


class ClaimCard(nodes.General, nodes.Element):
    """The place of a card; `claim` is its id. FillCards puts the judgement in."""


class ClaimDirective(SphinxDirective):
    """`{claim} S2.7`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write what was claimed, in our words; the rest is known when the page's code is."""
        claim = self.arguments[0]
        self.env.note_dependency(str(Path(self.env.srcdir) / "claims.toml"))
        known = claims_file(self.env.srcdir)
        if claim not in known["claims"]:
            raise self.error(f"claim: {claim!r} is not in claims.toml")
        card = ClaimCard("", claim=claim, classes=["claim-card"], ids=[anchor(claim)])
        card += self.parse_text_to_nodes(quoted(known, claim))
        self.set_source_info(card)
        return [card]


class FillCards(SphinxTransform):
    """Put the judgements of this page's code into its cards, and remember them."""

    default_priority = 8

    def apply(self, **_: Any) -> None:
        """Fill every card; a card without a judgement, or the reverse, is a fault of the page."""
        prefix = "claim "
        judged = {
            name.removeprefix(prefix): json.loads(literal_eval(value))
            for name, value in glued(self.env).items()
            if name.startswith(prefix)
        }
        shown = set()
        for card in self.document.findall(ClaimCard):
            place = f"{card.source}:{card.line}"
            claim = card["claim"]
            if claim not in judged:
                LOGGER.warning("claims: this page's code does not judge %s", claim, location=place)
                continue
            shown.add(claim)
            self.fill(card, judged[claim])
        for claim in sorted(judged.keys() - shown):
            told = "claims: %s is judged here, but the page does not show it: add {claim} %s"
            LOGGER.warning(told, claim, claim, location=self.env.docname)
        store(self.env)[self.env.docname] = judged

    def fill(self, card: ClaimCard, judgement: dict[str, Any]) -> None:
        """The header with the verdict, and a definition list."""
        claimed, measured = card.children, judgement["measured"]
        card["classes"].append(css(kind(judgement["verdict"])))
        first, *conditions = verdict(judgement)
        first.insert(0, nodes.inline("", f"Claim {card['claim']}", classes=["claim-id"]))
        first.insert(1, nodes.Text(" "))
        header = nodes.container("", first, *conditions, classes=["claim-verdict"])
        # What was recorded tells its seeds by itself.
        live = judgement["seeds"] and not judgement["records"]
        set_up = judgement["set_up"] + (f" {judgement['seeds']} seeds." if live else "")
        parts: dict[str, list[nodes.Node]] = {
            "claimed": list(claimed),
            "measured": [nodes.paragraph("", as_sentence(measured))],
            "set-up": [nodes.paragraph("", set_up)] if set_up else [],
            "came from": [nodes.paragraph("", "", *came_from(judgement))],
        }
        terms = nodes.definition_list()
        for aspect in ASPECTS:
            if parts[aspect]:
                terms += nodes.definition_list_item(
                    "", nodes.term("", aspect.capitalize()), nodes.definition("", *parts[aspect])
                )
        card.children = []
        card += [header, terms]


def verdict(judgement: dict[str, Any]) -> list[nodes.Element]:
    """The verdict as a paragraph, and what it depends on as lists under it, what holds first."""
    told = judgement["verdict"]
    groups: dict[str, list[str]] = {}
    for condition, found in judgement["conditions"].items():
        groups.setdefault(found, []).append(condition)
    parts: list[nodes.Element] = [nodes.paragraph("", "", nodes.strong("", kind(told)))]
    for found in sorted(groups, key=ORDER.index):
        if found == "holds":
            parts[0] += nodes.Text(" when")
        else:
            parts.append(nodes.paragraph("", f"{found} when"))
        items = (nodes.list_item("", nodes.paragraph("", text)) for text in groups[found])
        parts.append(nodes.bullet_list("", *items))
    return parts


def as_sentence(measured: str) -> str:
    """What was measured, as `judge` is told it, with a capital and a full stop."""
    return measured[:1].upper() + measured[1:] + "."


def kind(verdict: str) -> str:
    """What sort of verdict it is, without its conditions."""
    return verdict.partition(" when ")[0]


def css(name: str) -> str:
    """The class of a kind of verdict, which has its colour."""
    return f"verdict-{name.replace(' ', '-')}"


def tier(judgement: dict[str, Any]) -> str:
    """Where the numbers come from: "recorded", "live" or "cited"."""
    if judgement["records"]:
        return "recorded"
    return "cited" if judgement["verdict"] == NOT_TESTABLE else "live"


def came_from(judgement: dict[str, Any]) -> list[nodes.Node]:
    """Live or recorded, and the command that repeats it."""
    if tier(judgement) == "cited":
        return [nodes.Text("Cited: others' figures, not measured here.")]
    records = judgement["records"]
    if not records:
        return [nodes.Text("Live: the code of this page, run when the site was built.")]
    parts: list[nodes.Node] = [nodes.Text("Recorded; repeat it with ")]
    for i, name in enumerate(records):
        parts += [nodes.Text(" and ")] if i else []
        parts.append(nodes.literal("", f"make experiments NAME={name}"))
    return [*parts, nodes.Text(".")]


def anchor(claim: str) -> str:
    """Where on its page a claim's card is."""
    return nodes.make_id(f"claim-{claim}")


def claims_file(folder: str | Path) -> dict[str, dict[str, Any]]:
    """`claims.toml`: the sources by the letter of their ids, the ids by page, the claims by id.

    Raises:
        SystemExit: naming the file, if it is missing, broken, or a claim has no source.
    """
    path = Path(folder) / "claims.toml"
    try:
        known = tomllib.loads(path.read_text(encoding="utf-8"))
        if lost := [claim for claim in known["claims"] if claim[:1] not in known["sources"]]:
            raise ValueError(f"no source for {', '.join(lost)}")
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(f"The book was not built: {path} cannot be used: {error!r}") from None
    return known


def quoted(known: dict[str, dict[str, str]], claim: str) -> str:
    """The words of a claim with the citation of its source, as Markdown."""
    return f"{known['claims'][claim]} {{cite}}`{known['sources'][claim[0]]}`"


def known_claims(folder: str | Path) -> dict[str, str]:
    """The words of the claims by id."""
    return claims_file(folder)["claims"]


def store(env: BuildEnvironment) -> dict[str, dict[str, Any]]:
    """The judgements by page, then by claim."""
    if not hasattr(env, "lessons_claims"):
        env.lessons_claims = {}
    return env.lessons_claims


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Drop the judgements of a page that is read again or gone."""
    store(env).pop(docname, None)


def collect(env: BuildEnvironment) -> list[dict[str, Any]]:
    """All judgements in the order of claims.toml, each with its page, words and source."""
    pages = store(env)
    known = claims_file(env.srcdir)
    words, found = known["claims"], {}
    for page in sorted(pages):
        for claim, judgement in pages[page].items():
            if claim in found:
                told = (
                    "claims: %s is judged here and on %s: measure it in one place, glue elsewhere"
                )
                LOGGER.warning(told, claim, found[claim]["page"], location=page)
            found[claim] = {
                "id": claim,
                "source": known["sources"].get(claim[0], ""),
                "claimed": words.get(claim, ""),
                **{k: judgement[k] for k in ("measured", "interval", "seeds")},
                "setup": judgement["set_up"],
                "tier": tier(judgement),
                "records": judgement["records"],
                "verdict": judgement["verdict"],
                "conditions": judgement["conditions"],
                "page": f"{page}.html#{anchor(claim)}",
            }
    return [found[claim] for claim in words if claim in found]


def compare(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of verdicts that differ from the stored ones; those not judged now are not compared."""
    path = Path(app.srcdir) / "experiments" / "verdicts.json"
    try:
        stored = dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(f"The book was not built: {path} cannot be used: {error!r}") from None
    env.lessons_ledger = collect(env)
    for claim in env.lessons_ledger:
        name, now = claim["id"], claim["verdict"]
        if now not in (NOT_JUDGED, stored.get(name)):
            LOGGER.warning(
                "claims: the verdict on %s is now %r, and was %r. If that is right, and the text "
                "around it too, `make verdicts` keeps it",
                name,
                now,
                stored.get(name),
                location=claim["page"].partition(".html")[0],
            )
    places = {claim["id"]: claim["page"].partition(".html")[0] for claim in env.lessons_ledger}
    homes = claims_file(app.srcdir).get("homes", {})
    for page, owned in homes.items():
        for name in owned if page in env.found_docs else ():
            if places.get(name) != page:
                told = "claims: %s has to be judged on this page, by claims.toml"
                LOGGER.warning(told, name, location=page)
    for name in sorted(places.keys() - {name for owned in homes.values() for name in owned}):
        told = "claims: %s has no home in claims.toml: add it to the page's list"
        LOGGER.warning(told, name, location=places[name])
    for name in sorted(stored.keys() - {claim["id"] for claim in env.lessons_ledger}):
        told = "claims: there is a verdict on %s, which no page judges: `make verdicts` drops it"
        LOGGER.warning(told, name)


def remove_json(app: Sphinx) -> None:
    """Leave no ledger of an earlier build where this one fails."""
    (Path(app.outdir) / "claims.json").unlink(missing_ok=True)


def write_json(app: Sphinx, exception: Exception | None) -> None:
    """Write the ledger for programs."""
    if exception is None and app.builder.format == "html":
        text = json.dumps(app.env.lessons_ledger, indent=1, ensure_ascii=False)
        (Path(app.outdir) / "claims.json").write_text(text + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_node(
        ClaimCard,
        html=(
            lambda self, node: self.body.append(self.starttag(node, "div")),
            lambda self, node: self.body.append("</div>\n"),
        ),
    )
    app.add_directive("claim", ClaimDirective)
    app.add_transform(FillCards)
    app.connect("builder-inited", remove_json, priority=400)  # before stale records are refused
    app.connect("env-purge-doc", forget)
    app.connect("env-check-consistency", compare)
    app.connect("build-finished", write_json)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
