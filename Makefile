# `make results` and `make test` do all their set-up themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
READY := $(VENV)/ready
SCALE ?= quick
CORES ?= all

.PHONY: results test lint slow benchmarks clean

results: $(READY)  ## every table and figure at SCALE (quick by default), into results/
	PATH="$(BIN):$$PATH" snakemake --cores $(CORES) --config scale=$(SCALE)

test: $(READY)  ## the fast tests
	$(BIN)/pytest -n auto -m "not slow"

slow: $(READY)  ## the tests that take minutes
	$(BIN)/pytest -m slow

lint: $(READY)  ## formatting, types, and the workflow's own linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check -l 120 Snakefile workflow
	PATH="$(BIN):$$PATH" snakemake --lint

benchmarks: $(READY)  ## speeds as ratios against named peers, into benchmarks/README.md
	$(BIN)/pip install --quiet -e ".[benchmarks]"
	$(BIN)/python -m benchmarks

clean:  ## remove the environment, never a result
	rm -rf $(VENV)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Quartet needs Python 3.11 or newer: make PYTHON=python3.11 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet torch==2.13.0
	$(BIN)/pip install --quiet -r requirements.lock
	$(BIN)/pip install --quiet --no-deps -e .
	@touch $(READY)
