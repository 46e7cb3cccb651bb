# GNU make 3.81 or later, on Linux, macOS or WSL. On Windows, see the steps without make in README.md.
#
#   make book PYTHON=python3.12        with another Python, if python3 is not 3.11 to 3.13
#   make book BOOK_ARGS="-W -n"        further arguments for jupyter-book
#   make test PYTEST_ARGS="-x -k data" further arguments for pytest
#   make experiments NAME=width        only this experiment, whether or not its record is up to date
#   make serve PORT=8001               another port, 8000 unless told

PYTHON = python3
PORT = 8000
BOOK_ARGS =
PYTEST_ARGS =
NAME =
AGAIN =
LAB_ARGS =

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UNFINISHED := $(VENV)/.unfinished
SITE := _build/html
LAB_HOME := $(CURDIR)/$(VENV)/jupyter

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup book test experiments verdicts serve lab lint format clean distclean force

help:
	@echo 'make book       build the site into $(SITE), from index.html on'
	@echo 'make test       run the tests'
	@echo 'make experiments  run what no record is up to date of; real data only'
	@echo 'make verdicts   keep the verdicts on today'\''s records'
	@echo 'make serve      show the site on http://127.0.0.1:$(PORT)'
	@echo 'make lab        open the chapters as notebooks in JupyterLab'
	@echo 'make lint       check the code, the code and the numbers in the chapters, and the spelling'
	@echo 'make format     put right what the tools can put right by themselves'
	@echo 'make clean      remove the site and its execution cache'
	@echo 'make distclean  the same, and the environment $(VENV) too'
	@echo
	@echo 'The first of them to run also makes $(VENV) (make setup).'

# --- What is not taken from the caller's environment ------------------------
#
# Of pip's variables only those pass that say how to reach an index and what to
# show, of Python's those that change no result: others put packages or modules
# elsewhere, or take them from there, drop the assertions, or wait for a prompt.
# A build and the experiments guard themselves (book/surroundings.py); in the
# tests and in JupyterLab, MPLBACKEND would leave the chapters without figures,
# KERAS_BACKEND without TensorFlow, and Jupyter's bring settings from elsewhere.

PASSED := PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_NO_INDEX PIP_TRUSTED_HOST \
    PIP_CERT PIP_CLIENT_CERT PIP_PROXY PIP_KEYRING_PROVIDER PIP_USE_FEATURE PIP_USE_DEPRECATED \
    PIP_TIMEOUT PIP_DEFAULT_TIMEOUT PIP_RETRIES PIP_RESUME_RETRIES PIP_CONFIG_FILE PIP_CACHE_DIR \
    PIP_NO_CACHE_DIR PIP_NO_INPUT PIP_NO_COLOR PIP_PROGRESS_BAR PIP_QUIET PIP_VERBOSE PIP_LOG \
    PIP_DISABLE_PIP_VERSION_CHECK PIP_ROOT_USER_ACTION \
    PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX PYTHONUNBUFFERED PYTHONUTF8 PYTHON_COLORS
unexport $(filter-out $(PASSED),$(filter PIP_% PYTHON%,$(.VARIABLES))) \
    JUPYTER_PATH JUPYTER_CONFIG_PATH JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_NO_CONFIG \
    JUPYTER_PREFER_ENV_PATH IPYTHONDIR KERAS_BACKEND MPLBACKEND MATPLOTLIBRC VIRTUAL_ENV

# tools/offline.py cuts Python off by a module in this folder.
ifdef LESSONS_OFFLINE
export PYTHONPATH := $(LESSONS_OFFLINE)
endif

# --- The environment --------------------------------------------------------
#
# $(READY) is written last and holds the folder's name, so that a set-up which
# was cut short, or a folder which was moved, is noticed and done afresh; a
# change of the lock or of pyproject.toml brings the environment up to date.

ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
$(READY): force
endif

setup: $(READY)

# The last two stand against a configuration file of pip's that says "user" or "target".
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --no-user --target=

$(READY): requirements.lock pyproject.toml
	@rm -f $@
	@case "$$(pwd -P)" in *[\"\$$\`\\:]*) \
	    echo 'error: the path of this folder has one of " $$ ` \ : in it, which programs in' \
	         '$(VENV) cannot bear; move the folder.' >&2; exit 1;; esac
	@if [ -e $(UNFINISHED) ]; then \
	    echo 'The last set-up was cut short; $(VENV) is made afresh.'; rm -rf $(VENV); \
	elif [ -e $(VENV) ] && ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	    echo '$(VENV) has no pip that runs; it is made afresh.'; rm -rf $(VENV); \
	elif [ -e $(VENV) ] && ! grep -qF "$(CURDIR)/$(VENV)" $(BIN)/activate $(VENV)/pyvenv.cfg; then \
	    echo '$(VENV) belongs to another folder; it is made afresh.'; rm -rf $(VENV); \
	fi
	@python="$(PYTHON)"; if [ -e $(VENV) ]; then python="$(BIN)/python"; fi; \
	    if ! command -v "$$python" >/dev/null 2>&1; then \
	        echo "error: there is no \"$$python\" here. Install Python 3.11, 3.12 or 3.13," \
	             "or name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; fi; \
	    "$$python" tools/check_python.py "make $(MAKECMDGOALS)"
	@if [ ! -e $(VENV) ]; then \
	    mkdir $(VENV) && touch $(UNFINISHED) && \
	    echo 'Making $(VENV); the first time takes a few minutes.' && \
	    { "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; }; fi
	@touch $(UNFINISHED)
	$(INSTALL) --require-hashes -r requirements.lock
	@if [ ! -x $(BIN)/jupyter-book ]; then \
	    echo 'error: pip installed nothing in $(VENV). What tells it to install elsewhere, such as' \
	         'prefix, root or dry-run, stands in: $(BIN)/python -m pip config list' >&2; exit 1; fi
	$(INSTALL) --quiet --no-deps --no-build-isolation -e .
	@rm $(UNFINISHED)
	@echo "$(CURDIR)" > $@

# --- What one wants ---------------------------------------------------------

# With the environment's folder first in PATH, as when it is activated.

book: $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" jupyter-book build book $(BOOK_ARGS)

# Two processes, whatever the machine: each of them takes more than a gigabyte. A file of tests stays
# in one; they begin in the files' order, with the two that take longest.
TWO_AT_ONCE := -n 2 --dist loadfile --no-loadscope-reorder

test: $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" pytest $(TWO_AT_ONCE) $(PYTEST_ARGS)

# CLUSTER is the address of a scheduler, where not this machine alone is to run them.
# A name means that one again; without a name, what is missing or stale, or all with AGAIN=1.
experiments: $(READY)
	$(BIN)/python -m experiments $(NAME) $(if $(NAME)$(AGAIN),--again) $(if $(CLUSTER),--cluster $(CLUSTER))

verdicts: $(READY)
	$(BIN)/python tools/keep_verdicts.py

serve: $(READY)
	@if [ ! -f $(SITE)/index.html ]; then \
	    echo 'error: there is no site yet; run: make book' >&2; exit 1; fi
	@echo 'The site: http://127.0.0.1:$(PORT)/  (Ctrl+C ends it)'
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(SITE) $(PORT)

# JupyterLab keeps its settings and histories in $(LAB_HOME), so that nothing
# of the reader's own is read or changed.
lab: $(READY)
	@echo 'A double click on a chapter, in the folder book, opens it as a notebook.'
	PATH="$(CURDIR)/$(BIN):$$PATH" \
	JUPYTER_CONFIG_DIR="$(LAB_HOME)/config" JUPYTER_DATA_DIR="$(LAB_HOME)/data" \
	JUPYTERLAB_SETTINGS_DIR="$(LAB_HOME)/settings" \
	JUPYTERLAB_WORKSPACES_DIR="$(LAB_HOME)/workspaces" IPYTHONDIR="$(LAB_HOME)/ipython" \
	jupyter lab --LabApp.app_settings_dir="$(CURDIR)/tools/jupyterlab" $(LAB_ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/lint_chapters.py
	$(BIN)/codespell

format: $(READY)
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/python tools/lint_chapters.py --fix || true

# --- Tidying up -------------------------------------------------------------

# What "jupyter-book clean ." removes, and the execution cache with it; needs no
# environment.
clean:
	rm -rf _build _build-kept

distclean: clean
	rm -rf $(VENV) lessons_src.egg-info .pytest_cache .ruff_cache .hypothesis
