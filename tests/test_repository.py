"""What the site's links lead to, for each way in which GitHub starts a build."""

import json
from pathlib import Path

import pytest

from book._ext.repository import built_from, theme_options

SHA = "0123456789abcdef0123456789abcdef01234567"
ON_MAIN = {"repository": {"default_branch": "main"}}
HERE, FORK, GONE = (
    ON_MAIN | {"pull_request": {"head": {"repo": repo}}}
    for repo in ({"full_name": "Owner/Book"}, {"full_name": "guest/book"}, None)
)


@pytest.mark.parametrize(
    ("environ", "event", "branch", "published"),
    [
        ({"REF_NAME": "main"}, ON_MAIN, "main", True),
        ({"REF_NAME": "trunk"}, {"repository": {"default_branch": "trunk"}}, "trunk", True),
        ({"REF_NAME": "topic"}, ON_MAIN, "topic", False),
        ({"REF_NAME": "topic"}, None, "topic", True),
        ({"REF_NAME": "v1.0", "REF_TYPE": "tag"}, ON_MAIN, "", False),
        ({"REF_NAME": "gh-readonly-queue/main/pr-12-abc"}, ON_MAIN, "", False),
        ({"REF_NAME": "12/merge", "HEAD_REF": "a/b#c"}, HERE, "a/b#c", False),
        ({"REF_NAME": "12/merge", "HEAD_REF": "topic"}, None, "topic", False),
        ({"REF_NAME": "12/merge", "HEAD_REF": "main"}, FORK, "", False),
        ({"REF_NAME": "12/merge", "HEAD_REF": "main"}, GONE, "", False),
        ({"REF_NAME": "12/merge"}, ON_MAIN, "", False),  # a review of one
        # What is built for this event is the branch that the pull request is for.
        ({"REF_NAME": "main", "HEAD_REF": "topic"}, FORK, "main", True),
    ],
)
def test_links_name_the_commit_and_a_branch_that_exists(
    tmp_path: Path, environ: dict[str, str], event: dict | None, branch: str, published: bool
) -> None:
    environ = {f"GITHUB_{name}": value for name, value in environ.items()}
    environ |= {"GITHUB_REPOSITORY": "owner/book", "GITHUB_SHA": SHA}
    if event is not None:
        (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
        environ["GITHUB_EVENT_PATH"] = str(tmp_path / "event.json")
    here = built_from(environ)
    assert (here.branch, here.published) == (branch, published)
    assert here.package == f"lessons_src @ git+https://github.com/owner/book@{SHA}"
    options = theme_options(here)
    assert options["use_edit_page_button"] is bool(branch)
    assert options["use_source_button"] is not bool(branch)
    assert options["repository_branch"] == (branch.replace("#", "%23") or SHA)


def test_repository_alone_means_its_main_branch() -> None:
    here = built_from({"GITHUB_REPOSITORY": "owner/book"})
    assert (here.commit, here.branch, here.published) == ("main", "main", True)


@pytest.mark.parametrize("name", [None, ""])
def test_no_repository_is_known(name: str | None) -> None:
    assert built_from({} if name is None else {"GITHUB_REPOSITORY": name}) is None


@pytest.mark.parametrize("name", ["book", "https://github.com/owner/book", "owner/book/", "a b/c"])
def test_repository_that_is_no_owner_and_name_is_refused(name: str) -> None:
    with pytest.raises(SystemExit, match=r"GITHUB_REPOSITORY is '.*': set it to owner/name"):
        built_from({"GITHUB_REPOSITORY": name})
