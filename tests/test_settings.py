import pytest

from lessons_src import settings


@pytest.mark.parametrize(("value", "expected"), [(None, 10), ("", 10), ("0", 10), ("1", 2)])
def test_quick_chooses_the_small_number(monkeypatch, value, expected):
    monkeypatch.delenv("LESSONS_QUICK", raising=False)
    if value is not None:
        monkeypatch.setenv("LESSONS_QUICK", value)
    assert settings.choose(10, 2) == expected


def test_a_mistyped_switch_is_refused(monkeypatch):
    monkeypatch.setenv("LESSONS_QUICK", "yes")
    with pytest.raises(ValueError, match=r"LESSONS_QUICK is 'yes'.*set it to 1"):
        settings.quick()
