"""Values that a page has glued for itself; the way of chapters that do not yet quote findings."""

from typing import Any

from docutils import nodes
from myst_nb.ext.glue.crossref import read_glue_cache
from myst_nb.ext.glue.utils import PendingGlueReference
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


def glued(env: BuildEnvironment, page: str) -> dict[str, str]:
    """The values glued in a page, as plain text, by name."""
    if not NbMetadataCollector.get_doc_data(env)[page].get("glue"):
        return {}  # what lies in the folder is of an earlier build
    outputs = read_glue_cache(env.mystnb_config.output_folder, page)
    return {n: o["data"]["text/plain"] for n, o in outputs.items() if "text/plain" in o["data"]}


class RefuseOtherPages(SphinxTransform):
    """Warn where a page shows what another one has glued: it would change without being read."""

    default_priority = 5

    def apply(self, **_: Any) -> None:
        for node in list(self.document.findall(PendingGlueReference)):
            told = "glued: %s is a value of the page %s: quote a finding by {value} instead"
            LOGGER.warning(told, node.key, node.refdoc, location=node)
            node.replace_self(nodes.Text(f"[{node.key}]"))


def register(app: Sphinx) -> None:
    app.add_transform(RefuseOtherPages)
