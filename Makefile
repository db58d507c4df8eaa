# Two commands: `make demo` shows what netc does, `make test` checks that it does it. Both set up what they need.

# PIP_ARGS passes options on to pip, for a machine with an index of its own.
PYTHON ?= $(shell .ci/find-python)
VENV   := .venv
BIN    := $(VENV)/bin
PLUGINS := .cache/cni-plugins
VM     := .cache/vm

.PHONY: demo test check bench clean

demo: $(VENV)/demo.stamp
	@.ci/demo $(BIN)/netc

test: $(VENV)/dev.stamp check
	@.ci/fetch-cni-plugins $(PLUGINS) || echo "no reference plugins: the tests that need them are skipped"
	@.ci/fetch-vm $(VM) || echo "no other kernel: the tests that boot one are skipped"
	NETC_CNI_BIN=$(abspath $(PLUGINS)) NETC_VM=$(abspath $(VM)) $(BIN)/pytest -q -n auto --dist loadfile

# What a machine can see without running netc: format, lint, types, layers.
check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/dev.stamp
	@.ci/fetch-cni-plugins $(PLUGINS)
	NETC_CNI_BIN=$(abspath $(PLUGINS)) $(BIN)/python -m bench

$(VENV)/bin/python:
	.ci/system-packages
	$(or $(PYTHON),$(error no Python 3.11 or newer: install python3)) -m venv $(VENV)

$(VENV)/demo.stamp: pyproject.toml $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -e .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -e '.[dev]'
	@touch $@ $(VENV)/demo.stamp

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
