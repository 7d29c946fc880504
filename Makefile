# Everything runs in an environment of its own, made from constraints.txt on first use.
PYTHON ?= python3
ENV := .venv
BIN := $(ENV)/bin
READY := $(ENV)/ready

.PHONY: demo test interpreters lint bench docs clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(ENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

demo: $(READY)
	$(BIN)/python examples/ppo_cartpole.py

test: $(READY)
	$(BIN)/python -m pytest

interpreters: $(READY)
	$(BIN)/python tests/interpreters.py $(ENV)/interpreters

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only --benchmark-disable-gc --benchmark-columns=min,median

docs: $(READY)
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:
	rm -rf $(ENV) site build dist
