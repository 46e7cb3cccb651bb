import sys

import numpy as np
import pytest

from lessons_src.report import note


@pytest.fixture
def glued(monkeypatch):
    """What `note` hands to MyST-NB, without a notebook around it."""
    found = {}
    myst_nb = pytest.importorskip("myst_nb", reason="MyST-NB comes with the extra `book`")
    monkeypatch.setattr(
        myst_nb, "glue", lambda name, value, display: found.update({name: (value, display)})
    )
    return found


def test_numbers_of_numpy_become_plain_ones(glued):
    note(share=np.float64(0.5), count=np.int64(7), worst="Shirt")
    assert glued == {"share": (0.5, False), "count": (7, False), "worst": ("Shirt", False)}
    assert type(glued["share"][0]) is float
    assert type(glued["count"][0]) is int


def test_without_myst_nb_nothing_happens(monkeypatch):
    monkeypatch.setitem(sys.modules, "myst_nb", None)  # makes the import fail
    note(share=0.5)
