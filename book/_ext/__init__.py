"""The book's own Sphinx extension: one `setup()`, and a module for each purpose.

Nothing here knows the name of a page, and nothing but `_config.yml` knows of Jupyter Book. What a
module tells Sphinx stands in its `register(app)`.
"""

import hashlib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import (
    build_report,
    builds,
    cards,
    contents,
    data_source,
    execution,
    figures,
    fold,
    front,
    garments,
    glued,
    ledger,
    light,
    math_font,
    mathml,
    notebooks,
    records,
    replications,
    roles,
    site_tidy,
    values,
)

# Handlers of one event run by their priority, and those of one priority in this order.
PURPOSES = (
    builds,
    data_source,
    execution,
    build_report,
    notebooks,
    cards,
    contents,
    figures,
    glued,
    values,
    fold,
    front,
    garments,
    ledger,
    light,
    math_font,
    mathml,
    roles,
    records,
    replications,
    site_tidy,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx; the one entry point."""
    for purpose in PURPOSES:
        purpose.register(app)
    # A change in any of these files makes Sphinx read all pages again.
    sources = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    version = hashlib.sha256(sources).hexdigest()
    return {"env_version": version, "parallel_read_safe": True, "parallel_write_safe": True}
