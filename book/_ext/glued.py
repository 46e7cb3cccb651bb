"""The values that a page's code has glued. Used by `figures`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


def glued(env: BuildEnvironment) -> dict[str, str]:
    """The values glued in the page that is being read, as plain text, by name."""
    docname = env.docname
    if not getattr(env, "nb_metadata", {}).get(docname, {}).get("glue"):
        return {}
    folder = Path(env.mystnb_config.output_folder)
    outputs = json.loads((folder / f"{docname}.glue.json").read_text(encoding="utf-8"))
    return {
        name: output["data"]["text/plain"]
        for name, output in outputs.items()
        if "text/plain" in output["data"]
    }
