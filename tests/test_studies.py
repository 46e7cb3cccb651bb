"""Which studies and journals the search takes for its own, mends or refuses; nothing is trained."""

import json
from pathlib import Path
from types import SimpleNamespace

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from lessons_src import search

NAME = "autumn"


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A journal's file in an empty folder, on data with a fingerprint of their own."""
    monkeypatch.setattr(search, "load", lambda: SimpleNamespace(fingerprint="these"))
    monkeypatch.chdir(tmp_path)
    return "searches.journal"


def made_by_others(place: str, **settings: object) -> optuna.Study:
    storage = JournalStorage(JournalFileBackend(place, JournalFileOpenLock(place)))
    return optuna.create_study(study_name=NAME, storage=storage, **settings)


def tried(study: optuna.Study, value: float = 0.5) -> None:
    study.add_trial(optuna.create_trial(value=value))


# --- Studies ----------------------------------------------------------------------------------


def test_study_is_begun_and_found_again(place: str) -> None:
    tried(search.open_study(NAME, place), 0.25)
    found = search.open_study(NAME, place)
    assert [trial.value for trial in found.trials] == [0.25]
    assert found.direction == optuna.study.StudyDirection.MAXIMIZE
    assert found.user_attrs["data"] == "these"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "is told to minimize"),
        ({"direction": "minimize"}, "is told to minimize"),
        ({"directions": ["maximize", "minimize"]}, "is told to maximize and minimize"),
        ({"directions": ["maximize", "maximize"]}, "is told to maximize and maximize"),
    ],
)
def test_study_with_another_direction_is_refused(
    place: str, settings: dict[str, object], told: str
) -> None:
    made_by_others(place, **settings)
    before = Path(place).read_bytes()
    with pytest.raises(ValueError, match=f"study {NAME} {told}.* Cure: name another --study"):
        search.open_study(NAME, place)
    assert b"op_code" in before
    assert all(b"user_attr" not in line for line in Path(place).read_bytes().splitlines())


def test_empty_study_that_maximizes_is_taken(place: str) -> None:
    made_by_others(place, direction="maximize")
    assert search.open_study(NAME, place).user_attrs["data"] == "these"


def test_trials_of_another_program_are_refused(place: str) -> None:
    tried(made_by_others(place, direction="maximize"))
    with pytest.raises(ValueError, match="has trials that this search did not make"):
        search.open_study(NAME, place)


@pytest.mark.parametrize("change", ["epochs", "range", "choices", "scored", "data"])
def test_study_of_other_settings_is_refused(
    place: str, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    search.open_study(NAME, place)

    def wider(trial: optuna.trial.BaseTrial) -> None:
        trial.suggest_int("units", 32, 512, log=True)

    def fewer(trial: optuna.trial.BaseTrial) -> None:
        trial.suggest_categorical("batch_size", [64, 128])

    if change == "epochs":
        monkeypatch.setattr(search, "EPOCHS", search.EPOCHS + 1)
    elif change == "scored":
        monkeypatch.setattr(search, "SEARCHED", slice(None, 3000))
    elif change == "data":
        monkeypatch.setattr(search, "load", lambda: SimpleNamespace(fingerprint="others"))
    else:
        other = {"range": wider, "choices": fewer}[change]
        monkeypatch.setattr(search, "suggest", other)
    with pytest.raises(ValueError, match=r"was begun with other (data|searches): .* Cure: name"):
        search.open_study(NAME, place)


# --- Journals ---------------------------------------------------------------------------------


def journal_of_two(place: str) -> bytes:
    """A journal with a study and two trials, as it is on disk."""
    study = search.open_study(NAME, place)
    tried(study, 0.25)
    tried(study, 0.75)
    return Path(place).read_bytes()


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_line_that_was_cut_short_is_taken_off(
    place: str, capsys: pytest.CaptureFixture[str], cut: int
) -> None:
    Path(place).write_bytes(journal_of_two(place)[:-cut])
    study = search.open_study(NAME, place)
    lost = cut > 1  # where only the end of the line is missing, nothing is
    assert [trial.value for trial in study.trials] == [0.25] + [0.75] * (not lost)
    assert ("cut short" in capsys.readouterr().err) == lost
    tried(study, 0.5)  # the next line begins on one of its own
    assert search.open_study(NAME, place).trials[-1].value == 0.5
    assert all(json.loads(line) for line in Path(place).read_bytes().splitlines())


def test_broken_line_within_is_named(place: str) -> None:
    lines = journal_of_two(place).splitlines(keepends=True)
    lines[2] = lines[2][:20] + lines[3]
    Path(place).write_bytes(b"".join(lines))
    with pytest.raises(ValueError, match=f"{place}:3: this line .* Cure: end all workers"):
        search.open_study(NAME, place)
    assert Path(place).read_bytes() == b"".join(lines)


@pytest.mark.parametrize("content", [b"a poem\n", b"a poem", b'{"a": 1}\n', b"[]\n", b"\xff\n"])
def test_other_file_is_no_journal_and_stays_as_it_is(place: str, content: bytes) -> None:
    Path(place).write_bytes(content)
    with pytest.raises(ValueError, match="is no journal: give --storage another file"):
        search.open_study(NAME, place)
    assert Path(place).read_bytes() == content


def test_empty_file_is_a_journal(place: str) -> None:
    Path(place).touch()
    assert search.open_study(NAME, place).trials == []
