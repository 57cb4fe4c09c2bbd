# What people and CI call. Everything lands in .venv and var/ of this folder; nothing outside but Debian packages.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
BENCH_STAMP := $(VENV)/.installed-bench

.PHONY: run setup test check bench system system-test lock clean

run: system setup
	@$(BIN)/fengqiao run

setup: $(STAMP)

system:
	@.ci/system-packages run

system-test:
	@.ci/system-packages test

$(BIN)/python:
	@$(PYTHON) -m venv $(VENV)

$(STAMP): requirements.lock pyproject.toml | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@$(BIN)/python -m gis.geocode.warm
	@touch $@

$(DEV_STAMP): $(STAMP) requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

# the peers that benchmarks run beside; never needed to run or test
$(BENCH_STAMP): $(DEV_STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements-dev.lock -e '.[bench]'
	@touch $@

check: $(DEV_STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: system-test $(DEV_STAMP)
	@$(BIN)/python -m pytest

bench: system-test $(BENCH_STAMP)
	@$(BIN)/python -m benchmarks

lock: $(DEV_STAMP)
	@$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --output-file requirements.lock pyproject.toml
	@$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
