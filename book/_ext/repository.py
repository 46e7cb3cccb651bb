"""From which repository the site is built, and at which state: what its links lead to.

The environment says so as GitHub's own runners set it, so that a fork's site leads to the fork.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from .common import stop


class Repository(NamedTuple):
    """A repository on GitHub and the state of it from which the site is built."""

    name: str  # owner/name
    commit: str  # what was built; without GITHUB_SHA the branch, or what GitHub shows first
    branch: str  # where a page can be edited; empty where no branch of this repository has it
    published: bool  # whether this is the site whose notebooks are on the branch of notebooks

    @property
    def url(self) -> str:
        return f"https://github.com/{self.name}"

    @property
    def package(self) -> str:
        """What pip installs: `lessons_src` as it was when the site was built."""
        return f"lessons_src @ git+{self.url}@{quote(self.commit)}"


def built_from(environ: Mapping[str, str] = os.environ) -> Repository | None:
    """The repository that the environment names; None where it names none.

    A pull request is built from a merge that is on no branch, named "12/merge", a tag is no branch,
    and neither is what a merge queue tries. The branch of a pull request is in this repository or
    in a fork, which the description of the event tells.

    Raises:
        SystemExit: where `GITHUB_REPOSITORY` is no owner/name.
    """
    name = environ.get("GITHUB_REPOSITORY", "")
    if not name:
        return None
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name, re.ASCII):
        stop(f"GITHUB_REPOSITORY is {name!r}: set it to owner/name, or leave it out")
    event = event_of(environ)
    branch = environ.get("GITHUB_REF_NAME", "") or "main"
    default = (event.get("repository") or {}).get("default_branch", branch)
    if re.fullmatch(r"\d+/(merge|head)", branch):
        head = (event.get("pull_request") or {}).get("head", {"repo": {"full_name": name}})
        home = (head["repo"] or {}).get("full_name", "")  # a fork may have been deleted since
        ours = home.lower() == name.lower()
        branch, published = environ.get("GITHUB_HEAD_REF", "") if ours else "", False
    elif environ.get("GITHUB_REF_TYPE") == "tag" or branch.startswith("gh-readonly-queue/"):
        branch, published = "", False
    else:
        published = branch == default
    commit = environ.get("GITHUB_SHA", "") or branch or environ["GITHUB_REF_NAME"]
    return Repository(name, commit, branch, published)


def event_of(environ: Mapping[str, str]) -> dict:
    """GitHub's description of what started the build; empty where there is none."""
    try:
        return json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    except (KeyError, OSError, ValueError):
        return {}


def theme_options(here: Repository) -> dict[str, str | bool]:
    """The theme's buttons: to edit the page on its branch, or else to see it at the commit."""
    return {
        "repository_url": here.url,
        "repository_branch": quote(here.branch or here.commit),
        "path_to_docs": "book",
        "use_repository_button": True,
        "use_edit_page_button": bool(here.branch),
        "use_source_button": not here.branch,
        "use_issues_button": True,
    }
