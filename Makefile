# All commands run in the environment .venv, which is created on first use with the versions in constraints.txt. It contains
# all packages for the development. `make demo` installs only the packages for its example.
PYTHON ?= python3
WORKERS ?= auto
MUTANTS ?= 400
ENV := .venv
BIN := $(ENV)/bin
READY := $(ENV)/ready
DEMO := $(ENV)/ready-for-demo
PYTEST := $(BIN)/python -m pytest -p no:benchmark -n $(WORKERS) --dist loadfile

.PHONY: demo test test-all test-libraries interpreters extras mutants lint bench docs docs-test evidence dist clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(ENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(DEMO) $@

$(DEMO): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(ENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[examples]"
	touch $@

demo: $(DEMO)
	$(BIN)/python examples/ppo_cartpole.py

test: $(READY)
	$(PYTEST) -m "not slow"

test-all: $(READY)
	$(PYTEST)

# Creates and deletes an environment for each library. Each takes minutes and hundreds of MB.
test-libraries:
	$(PYTHON) -m tests.libraries $(ENV)/libraries

interpreters: $(READY)
	$(BIN)/python -m tests.interpreters $(ENV)/interpreters

mutants: $(READY)
	$(BIN)/python -m tests.mutants --count $(MUTANTS)

extras: $(READY)
	$(BIN)/python -m tests.extras $(ENV)/extras

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only --benchmark-disable-gc --benchmark-columns=min,median

docs: $(READY)
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	$(BIN)/python docs/playground/assemble.py site

# Needs Chromium. On Debian: apt-get install chromium.
docs-test: docs
	$(BIN)/python -m pytest -p no:benchmark tests/browser

# Takes about one and a half hours on two cores. Runs that are complete are not run again.
evidence: $(READY)
	$(BIN)/python docs/evidence/study.py

# What a release uploads. REPOSITORY_URL and SITE_URL are the addresses that its links lead to.
dist: $(READY)
	rm -rf dist
	$(BIN)/python -m build --no-isolation
	$(BIN)/python -m twine check --strict dist/*

clean:
	rm -rf $(ENV) .playground_cache site build dist
