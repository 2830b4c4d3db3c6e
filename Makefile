# `make run` and `make test` set up what they need: Python 3.11 or newer and make are enough.
# The first that runs: version managers leave names in the PATH that lead nowhere.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do $$python -c '' 2>/dev/null && echo $$python && break; done || echo python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check format bench lock clean

run: $(VENV)/run.stamp  ## set up and run this repository's own hub
	$(BIN)/feedhub run

test: $(VENV)/dev.stamp  ## set up and run the tests
	$(BIN)/python -m pytest

check: $(VENV)/dev.stamp  ## the other gates: lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/run.stamp  ## what intake costs, beside `reader`, which goes into a virtual environment of its own
	$(BIN)/python benchmarks/intake.py

lock:  ## resolve again what pyproject.toml asks for; needs uv
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -c requirements.lock -o requirements-dev.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("feedhub needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q feedhub  # where Python is told to write no bytecode, each start would compile all of it
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
