# Everything a developer or reviewer runs. Needs make and Python 3.11 or newer; no root.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
BIN = $(VENV)/bin
# Installing compiles them (hatch_build.py).
CATALOGUES = $(wildcard portald/locale/*/LC_MESSAGES/*.po)
# Tests sync every mail to disk, as the desk does; in memory that costs nothing.
SCRATCH := $(shell test -w /dev/shm && echo /dev/shm || echo $${TMPDIR:-/tmp})

.DEFAULT_GOAL := help
.PHONY: help venv check format test kill faults corpus bench completion messages pictures demo clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.product: $(BIN)/python pyproject.toml $(CATALOGUES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.development: $(BIN)/python pyproject.toml $(CATALOGUES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.product

venv: $(VENV)/.development  ## make .venv with the product and all tools

check: $(VENV)/.development  ## format, lint, types, import contracts, caps
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/test_house.py

format: $(VENV)/.development  ## format the code and sort its imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --select I --fix .

test: $(VENV)/.development  ## all tests; TESTS="tests/mail -k charset" for some
	TMPDIR=$(SCRATCH) $(BIN)/pytest -n $(WORKERS) $(TESTS)

kill: $(VENV)/.development  ## kill the import at every point it can be killed at
	TMPDIR=$(SCRATCH) KILL_POINTS=all $(BIN)/pytest -n $(WORKERS) -o faulthandler_timeout=0 -m kill tests/kill

faults: $(VENV)/.development  ## every fault case in its long form, with figures (docs/faults.md); an hour and more
	TMPDIR=$(SCRATCH) KILL_POINTS=all FAULTS=long $(BIN)/pytest -n $(WORKERS) -o faulthandler_timeout=0 tests/kill tests/faults
	$(BIN)/python -m bench storm big scale

corpus: $(VENV)/.development  ## how well real mail is read, as a table; HELPDESK_CORPUS=DIR names the folder of it
	@test -n "$(HELPDESK_CORPUS)" || { echo "HELPDESK_CORPUS is not set. Try: make corpus HELPDESK_CORPUS=DIR" >&2; exit 1; }
	TMPDIR=$(SCRATCH) HELPDESK_CORPUS=$(HELPDESK_CORPUS) $(BIN)/pytest -q -n $(WORKERS) tests/corpus

bench: $(VENV)/.development  ## measure against the floors of docs/performance.md
	$(BIN)/python -m bench $(BENCH_ARGS)

completion: $(VENV)/.product  ## write the table of the completion scripts, after a command changed
	$(BIN)/python -c 'from helpdeskctl.cli.completion import write_table; write_table()'

messages: $(VENV)/.development  ## bring the catalogues of the portal to what its pages say now
	@mkdir -p build
	$(BIN)/pybabel -q extract -F babel.cfg -k later -k _later -k _later_counted:1,2 -k t -k n:1,2 \
	  --no-location --sort-output --omit-header -o build/portal.pot .
	$(BIN)/pybabel -q update -D portal -d portald/locale -i build/portal.pot --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

pictures: $(VENV)/.development  ## take the pictures of the README anew; needs Chromium
	$(BIN)/python -m docs.pictures.take

demo: $(VENV)/.product  ## a throw-away desk with sample mail; DEMO_ARGS=--no-serve for scripts
	$(BIN)/helpdeskctl demo --no-tui $(DEMO_ARGS)

clean:  ## remove the virtual environment and all caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist build
