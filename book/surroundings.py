"""The surroundings in which the book's code runs: the same ones, whatever a user has set up.

A user's settings of Matplotlib, Keras, IPython or TensorFlow would change figures and numbers
without a trace. So a chapter's kernel and a recorded experiment get of the environment only what a
process needs to run, to find the data and to reach the network, and settings that are the book's.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

# PYTHONPATH says what is imported, and a build's own process has imported by it already.
KEPT = re.compile(
    r"PATH|PYTHONPATH|HOME|USER|LOGNAME|TEMP|TMP|TMPDIR|XDG_CACHE_HOME|(DY)?LD_\w*PATH"
    r"|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|USERNAME|HOMEDRIVE|HOMEPATH"
    r"|(LOCAL)?APPDATA|PROGRAMDATA|NUMBER_OF_PROCESSORS|PROCESSOR_\w+"
    r"|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE"
    r"|FASHION_MNIST_\w+|LESSONS_\w+",
    re.IGNORECASE,
)

PINNED = {
    # One thread for each process: two with one thread each do more work than one with two, and one
    # thread always adds in the same order.
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
}

SETTINGS = {
    "matplotlib/matplotlibrc": "",
    "keras/keras.json": json.dumps(
        {
            "floatx": "float32",
            "epsilon": 1e-7,
            "backend": "tensorflow",
            "image_data_format": "channels_last",
        }
    ),
}
PLACES = ("FASHION_MNIST_DIR", "LESSONS_CACHE_DIR", "LESSONS_KERAS_HOME")
FOLDERS = {  # of settings, by the variable that names each
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter",
    "JUPYTER_DATA_DIR": "jupyter",
    "JUPYTER_RUNTIME_DIR": "jupyter",
    "KERAS_HOME": "keras",
    "MPLCONFIGDIR": "matplotlib",
}


def surroundings(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment for the book's code, from the user's; its settings are written to `folder`.

    Raises:
        OSError: the folder cannot be written to.
    """
    for name in FOLDERS.values():
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in SETTINGS.items():
        (folder / name).write_text(text, encoding="utf-8")
    kept = {name: value for name, value in environment.items() if KEPT.fullmatch(name)}
    # Where the user's Keras keeps data sets, `lessons_src.data` still looks for them.
    kept.setdefault("LESSONS_KERAS_HOME", environment.get("KERAS_HOME", "").strip() or "~/.keras")
    for name in PLACES:  # the code may run in another folder than this process
        if place := kept.get(name, "").strip():
            kept[name] = os.path.abspath(os.path.expanduser(place))  # noqa: PTH100, PTH111
    places = {name: str(folder.absolute() / part) for name, part in FOLDERS.items()}
    return {**kept, **PINNED, **places}
