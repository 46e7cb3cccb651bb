"""Hand results from a chapter's code to its sentences."""

import numpy as np


def note(**values: float | str) -> None:
    """Keep named results for the text around.

    After ``note(zeros=0.5)`` the page can say ``{glue:text}`zeros:.0%` ``. Numbers become plain
    Python numbers, since NumPy's print their type into the sentence. Outside the book's own
    environment, where no page is made, nothing happens.
    """
    try:
        from myst_nb import glue
    except ImportError:
        return
    for name, value in values.items():
        glue(name, value.item() if isinstance(value, np.generic) else value, display=False)
