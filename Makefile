# `make run` and `make test` need only Python 3.11 or newer; what else they need, they install into .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# A lock file, or the metadata of the project, that is newer than its stamp is installed again.
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
# Python that cron or an editor started before must not lead pip and pytest elsewhere.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench words lock tools clean

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: $(RUN_STAMP) ## set up, and do the main job once: collect, publish, mail
	@$(BIN)/rundbrief subscribers import examples/subscribers.csv --newsletter wochenblick --cadence immediate --confirmed
	@$(BIN)/rundbrief run
	@$(BIN)/rundbrief preview wochenblick --cadence immediate --no-open
	@printf '%s\n' '' 'Look at' \
	  '  feeds/alle/index.html    the feed as a page; atom.xml, rss.xml and feed.json are beside it' \
	  '  outbox/                  the messages, one file each (a Maildir: mutt -f outbox)' \
	  '  preview/wochenblick/     a message as HTML and text, to open in a browser' \
	  '  config.toml              what was done, and where to change it'

test: $(DEV_STAMP) tools lint ## lint, then all tests
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: $(DEV_STAMP) ## style, types and import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_STAMP) ## put the code into its form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(DEV_STAMP) tools ## measure what we claim about speed
	@command -v wrk >/dev/null || .ci/install wrk
	$(BIN)/python -m benchmarks

words: $(DEV_STAMP) ## collect what is said to readers for translators: templates/locale/messages.pot
	$(BIN)/pybabel -q extract -F templates/locale/babel.cfg --omit-header --no-location --sort-output -w 100 \
	  -o templates/locale/messages.pot .

lock: ## work the versions out anew; needs uv
	@command -v uv >/dev/null || { echo 'make lock needs uv: pip install uv' >&2; exit 2; }
	uv pip compile --group build $(LOCK_OPTIONS) --output-file requirements-build.txt
	uv pip compile pyproject.toml --group build --constraints requirements-build.txt $(LOCK_OPTIONS) --output-file requirements.txt
	uv pip compile pyproject.toml --group dev --constraints requirements.txt $(LOCK_OPTIONS) --output-file requirements-dev.txt

LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --upgrade --quiet \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

clean: ## take away what was installed and made, but not the store, the feeds and the outbox
	rm -rf $(VENV) dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Rundbrief needs Python 3.11 or newer, and `$(PYTHON)` is not that. Name another: make PYTHON=python3.12 …' >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/install python3-venv
	$(PYTHON) -m venv $(VENV)

# What builds is installed first, so that pip need not fetch a build tool that no hash vouches for (feedgen has no wheel).
$(RUN_STAMP): requirements.txt requirements-build.txt pyproject.toml | $(VENV)/bin/python
	$(PIP_INSTALL) --require-hashes -r requirements-build.txt
	$(PIP_INSTALL) --require-hashes --no-build-isolation --use-pep517 -r requirements.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	$(PIP_INSTALL) --require-hashes --no-build-isolation --use-pep517 -r requirements-dev.txt
	@touch $@

# Messages and pages are looked at in a browser, feeds in readers, the manual's snippets run in nginx, some tests set the
# clock of a process, and some kill one at an exact system call.
tools:
	@command -v chromium >/dev/null || .ci/install chromium
	@command -v strace >/dev/null || .ci/install strace
	@command -v faketime >/dev/null || .ci/install faketime
	@command -v newsboat >/dev/null && command -v sfeed >/dev/null && command -v curl >/dev/null || .ci/install newsboat sfeed curl
	@command -v node >/dev/null && command -v npm >/dev/null || .ci/install nodejs npm
	@PATH=$$PATH:/usr/sbin command -v nginx >/dev/null || .ci/install nginx-light
