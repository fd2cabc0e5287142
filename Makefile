# make demo   the main job on what ships with the package, results shown      make test   the tests
# make check  what CI runs: linters, types, layers, tests                     make bench  speed, as ratios (not part of check)
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test lint check bench clean

help:
	@sed -n '1,2s/^# //p' Makefile

# Two stamps: the demo installs what a user needs, the tests what a developer needs; each goes stale with the files it came from.
.venv/.user: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("exapt needs Python 3.11 or newer: make PYTHON=python3.11 ..." if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing exapt and PyTorch into .venv (once, some minutes) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[adaptive,graph]'
	@touch $@

.venv/.developer: .venv/.user
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: .venv/.user
	@$(BIN)/exapt demo

test: .venv/.developer
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadgroup

lint: .venv/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

bench: .venv/.developer
	@$(BIN)/python -m benchmarks

clean:
	rm -rf .venv demo
