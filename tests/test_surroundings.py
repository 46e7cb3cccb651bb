"""What of the user's environment reaches the book's code."""

import json
from pathlib import Path

import pytest

from book.surroundings import FOLDERS, PINNED, surroundings


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "HOME", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "XDG_CACHE_HOME"),
        *("https_proxy", "NO_PROXY", "SSL_CERT_FILE", "FASHION_MNIST_SOURCE", "LESSONS_QUICK"),
        *("USERPROFILE", "AppData", "SystemRoot", "LOCALAPPDATA"),
    ],
)
def test_what_a_process_needs_is_passed_on(name: str, tmp_path: Path) -> None:
    assert surroundings({name: "as it was"}, tmp_path)[name] == "as it was"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "TF_ENABLE_ONEDNN_OPTS",
            "TF_XLA_FLAGS",
            "XLA_FLAGS",
            "KERAS_NNX_ENABLED",
            "NPY_PROMOTION",
        ),
        *("PYTHONSTARTUP", "PYTHONOPTIMIZE", "PYTHONWARNINGS", "PYTHONHOME", "JUPYTER_PATH"),
        *("MATPLOTLIBRC", "COLUMNS", "LC_ALL", "OPENBLAS_CORETYPE", "SKLEARN_WORKING_MEMORY"),
    ],
)
def test_no_other_setting_is(name: str, tmp_path: Path) -> None:
    assert name not in surroundings({name: "1"}, tmp_path)


def test_settings_are_the_books_own(tmp_path: Path) -> None:
    users = dict.fromkeys([*PINNED, *FOLDERS], "the user's")
    ours = surroundings(users, tmp_path / "settings")
    assert {name: ours[name] for name in PINNED} == PINNED
    assert {Path(ours[name]).parent for name in FOLDERS} == {tmp_path / "settings"}
    assert all(Path(ours[name]).is_dir() for name in FOLDERS)
    keras = json.loads(Path(ours["KERAS_HOME"], "keras.json").read_text(encoding="utf-8"))
    assert (keras["backend"], keras["floatx"]) == ("tensorflow", "float32")


def test_places_of_the_data_mean_the_same_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    users = {"FASHION_MNIST_DIR": "data", "LESSONS_CACHE_DIR": " ", "KERAS_HOME": "my keras"}
    ours = surroundings(users, Path("settings"))
    assert ours["FASHION_MNIST_DIR"] == str(tmp_path / "data")
    assert ours["LESSONS_CACHE_DIR"] == " "
    assert ours["LESSONS_KERAS_HOME"] == str(tmp_path / "my keras")
    assert ours["KERAS_HOME"] == str(tmp_path / "settings" / "keras")
    # Of surroundings within surroundings, the user's own Keras is still that of before.
    assert surroundings(ours, Path("inner"))["LESSONS_KERAS_HOME"] == str(tmp_path / "my keras")


def test_without_a_home_there_are_surroundings_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda place: place)  # as where nobody has one
    assert surroundings({}, tmp_path)["LESSONS_KERAS_HOME"].endswith("keras")
