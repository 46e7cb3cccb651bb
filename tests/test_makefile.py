"""The Makefile: what it makes of the caller's environment and folder, and its table in the README.

The programs that it runs are stubs that note what they get; nothing is installed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
MAKE = shutil.which("gmake") or shutil.which("make")
needs_make = pytest.mark.skipif(
    MAKE is None or sys.platform == "win32", reason="there is no GNU make here"
)
# As a Python it makes the environment that it is asked for, and pip puts programs in it.
STUB = """#!/bin/sh
exec "$STUB_PYTHON" -IS "$STUB_CODE" "$0" "$@"
"""
CODE = """
import json, os, pathlib, shutil, sys
with open(os.environ["NOTES"], "a", encoding="utf-8") as notes:
    print(json.dumps([sys.argv[1:], dict(os.environ)]), file=notes)
bin = pathlib.Path(".venv/bin")
made = ["python"] if "venv" in sys.argv else []
if "requirements.lock" in sys.argv and os.environ.get("INSTALLS") != "nothing":
    made = ["jupyter-book", "pytest", "jupyter", "ruff", "codespell"]
for name in made:
    bin.mkdir(parents=True, exist_ok=True)
    shutil.copy("stub", bin / name)
"""
# What would put packages elsewhere, take modules from elsewhere, or change what comes out.
HARMFUL = [
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV", "PIP_PYTHON"),
    *("PIP_DRY_RUN", "PIP_NO_DEPS", "PIP_CONSTRAINT", "PIP_PLATFORM", "PIP_NO_BINARY"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONINSPECT"),
    *("PYTHONOPTIMIZE", "PYTHONWARNINGS", "PYTHONSAFEPATH", "PYTHONPLATLIBDIR", "VIRTUAL_ENV"),
    *("KERAS_BACKEND", "MPLBACKEND", "JUPYTER_PATH", "IPYTHONDIR"),
]
NEEDED = [
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_PROXY"),
    *("PIP_CACHE_DIR", "PIP_CONFIG_FILE", "PIP_DEFAULT_TIMEOUT", "PIP_TRUSTED_HOST"),
    *("HTTPS_PROXY", "SSL_CERT_FILE", "FASHION_MNIST_DIR", "LESSONS_QUICK", "PYTHONUNBUFFERED"),
]
# Folders whose names a shell, make or an address could take for something else.
FOLDERS = ["plain", "a b", "Übung ß", "a#b", "50%d", "it's", "(a), b & c;", "~x*?[y]"]
REFUSED = ["a $b", 'a "b"', "a `b`", "a\\b", "a:b"]


def fresh(folder: Path) -> Path:
    """A clone as far as make needs one, with a stub for a Python."""
    (folder / "tools").mkdir(parents=True)
    (folder / "_build" / "html").mkdir(parents=True)
    for name in ("_build/html/index.html", "requirements.lock", "pyproject.toml"):
        (folder / name).touch()
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "stub").write_text(STUB, encoding="utf-8")
    (folder / "stub").chmod(0o755)
    (folder / "code.py").write_text(CODE, encoding="utf-8")
    return folder


def make(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run make there, with a stub for Python."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    clean |= {"NOTES": str(folder / "notes"), "STUB_CODE": str(folder / "code.py")}
    clean |= {"STUB_PYTHON": sys.executable, "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [MAKE, "PYTHON=./stub", *arguments],
        cwd=folder,
        env=clean | more,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def notes(folder: Path) -> list[tuple[list[str], dict[str, str]]]:
    """Every program that was run, with its arguments and its environment."""
    lines = (folder / "notes").read_text(encoding="utf-8").splitlines()
    return [tuple(json.loads(line)) for line in lines]


def targets() -> set[str]:
    """What the Makefile declares."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.search(r"^\.PHONY:(.*)$", text, re.MULTILINE)[1].split()) - {"force"}


@needs_make
@pytest.mark.parametrize("target", sorted(targets() - {"help", "clean", "distclean"}))
def test_environment_of_the_caller_changes_nothing(tmp_path: Path, target: str) -> None:
    folder = fresh(tmp_path / "clone")
    given = dict.fromkeys(HARMFUL, "/elsewhere") | dict.fromkeys(NEEDED, "wanted")
    result = make(folder, target, **given)
    assert result.returncode == 0, result.stderr
    run = notes(folder)
    installed = [argv for argv, _ in run if "install" in argv]
    assert len(installed) == 2
    for argv in installed:  # whatever a configuration file of pip's says
        assert {"--no-user", "--target="} <= set(argv)
    for argv, environ in run:
        passed = {name for name in HARMFUL if environ.get(name) == "/elsewhere"}
        assert passed == set(), argv
        assert {name: environ.get(name) for name in NEEDED} == dict.fromkeys(NEEDED, "wanted"), argv


@needs_make
def test_offline_cuts_off_what_make_starts(tmp_path: Path) -> None:
    folder = fresh(tmp_path / "clone")
    make(folder, "book", PYTHONPATH="/guard:/elsewhere", LESSONS_OFFLINE="/guard")
    assert {environ.get("PYTHONPATH") for _, environ in notes(folder)} == {"/guard"}


@needs_make
def test_install_elsewhere_is_told_in_a_line(tmp_path: Path) -> None:
    folder = fresh(tmp_path / "clone")
    result = make(folder, "setup", INSTALLS="nothing")
    assert result.returncode != 0
    assert "error: pip installed nothing in .venv." in result.stderr
    assert len(result.stderr.splitlines()) == 2  # and make's own


@needs_make
@pytest.mark.parametrize("name", FOLDERS)
def test_clone_may_lie_in_any_folder(tmp_path: Path, name: str) -> None:
    folder = fresh(tmp_path / name)
    assert make(folder, "setup").returncode == 0
    assert (folder / ".venv/.ready").read_text(encoding="utf-8").strip() == str(folder)
    for target in ("setup", "book", "test", "lint", "lab"):
        (folder / "notes").unlink(missing_ok=True)
        result = make(folder, target)
        assert result.returncode == 0, result.stderr
        if target == "setup":
            assert not (folder / "notes").exists(), "what is set up is not set up again"
    (lab,) = [argv for argv, _ in notes(folder)]
    assert f"--LabApp.app_settings_dir={folder}/tools/jupyterlab" in lab


@needs_make
@pytest.mark.parametrize("name", REFUSED)
def test_folder_that_programs_cannot_bear_is_refused(tmp_path: Path, name: str) -> None:
    folder = fresh(tmp_path / name)
    result = make(folder, "book")
    assert result.returncode != 0
    assert result.stderr.startswith("error: the path of this folder has one of")
    assert len(result.stderr.splitlines()) == 2
    assert not (folder / ".venv").exists()


# --- The same without make ------------------------------------------------------------------------


def table() -> dict[str, list[str]]:
    """The targets of the README's table, each with the commands that do the same without make."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `make (\w+)` \|.*\|(.*)\|$", text, re.MULTILINE)
    return {target: re.findall(r"`([^`]+)`", commands) for target, commands in rows}


def test_every_target_has_its_command_without_make() -> None:
    assert set(table()) == targets() - {"help"}, "the README's table, and .PHONY in the Makefile"


@needs_make
@pytest.mark.parametrize(
    "target", sorted(targets() - {"help", "setup", "clean", "distclean"} - {"experiments"})
)
def test_command_without_make_is_what_make_runs(tmp_path: Path, target: str) -> None:
    folder = fresh(tmp_path / "clone")
    assert make(folder, "setup").returncode == 0
    (folder / "notes").unlink()
    assert make(folder, target).returncode == 0
    run = [" ".join(argv).replace(f"{folder}/", "") for argv, _ in notes(folder)]
    run = [{*command.removeprefix(".venv/bin/").split()} for command in run]
    told = [{*command.split()} for command in table().get(target, [])]
    assert len(run) == len(told)
    for command, words in zip(run, told, strict=True):
        assert words <= command  # make may say more: how loud, and where settings are kept


def test_other_systems_build_the_book_by_the_commands_of_the_readme() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    job = jobs["elsewhere"]
    systems = {place["os"]: place["bin"] for place in job["strategy"]["matrix"]["include"]}
    assert systems == {"macos-latest": ".venv/bin", "windows-latest": ".venv/Scripts"}
    runs = "\n".join(step.get("run", "") for step in job["steps"])
    assert "make " not in runs
    runs = runs.replace("${{ matrix.bin }}", ".venv/bin")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (commands,) = re.findall(r"```sh\n(python3 -m venv .*?)```", text, re.DOTALL)
    for command in commands.replace("python3", "python").splitlines():
        assert command in runs
    (elsewhere,) = re.findall(r"```powershell\n(.*?)```", text, re.DOTALL)
    elsewhere = elsewhere.replace("py -3.12", "python3").replace("\\Scripts\\", "/bin/")
    assert elsewhere == commands
