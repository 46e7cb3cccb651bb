"""Resolve the data once for the whole build, and declare a stand-in or a quick build.

Every chapter runs in a kernel of its own. Without this extension each of them would look for the
data by itself: a slow network would be waited for once for each chapter, and two chapters could
end up with different data. So the build process looks once and hands its finding to the kernels
through the environment.
"""

import os

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

from lessons_src import data, settings

from .common import stop

LOGGER = logging.getLogger(__name__)
STAND_IN_NOTE = (
    "This copy of the book was built without Fashion-MNIST: its <strong>live figures and numbers "
    "come from a synthetic stand-in</strong>, not from Fashion-MNIST."
)
QUICK_NOTE = (
    "This is a <strong>quick build</strong> with fewer seeds, epochs and grid points: its live "
    "numbers are rough, and no verdict rests on them."
)


def resolve(app: Sphinx, config: Config) -> None:
    """Load the data, pin what was found for the kernels, and set the banner if there is need."""
    try:
        quick = settings.quick()
        found = data.load()
    except (OSError, ValueError) as error:  # DataError is a ValueError
        stop(error)  # the message already says what is wrong and the cure

    # From here on nothing may be resolved anew: a kernel gets this very source or fails.
    os.environ["FASHION_MNIST_SOURCE"] = found.source
    config["lessons_data"] = {
        "source": found.source,
        # Without the folder in brackets: nothing on the site names this machine's paths.
        "origin": found.origin.split(" (")[0],
        "source_line": found.source_line,
        "fingerprint": found.fingerprint,
    }
    config["lessons_quick"] = quick
    notes = [STAND_IN_NOTE] * (found.source != "real") + [QUICK_NOTE] * quick
    if notes:
        note = f'<div class="build-note">{" ".join(notes)}</div>'
        config["html_theme_options"] = config["html_theme_options"] | {"announcement": note}
    LOGGER.info("%s%s", found.source_line, " (quick build)" if quick else "")


def register(app: Sphinx) -> None:
    # "env": when the data or the switch changes, every page is read again.
    app.add_config_value("lessons_data", {}, "env", types=(dict,))
    app.add_config_value("lessons_quick", False, "env", types=(bool,))
    # Early, since the key of the execution cache is made from these values.
    app.connect("config-inited", resolve, priority=100)
