# The tasks of wsx. All of them work in a private virtual environment, .venv; nothing else of the system is touched,
# but for the Debian packages that tools/system.sh names and installs when it may.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CYTHON_SOURCES = $(wildcard wsx/*.pyx wsx/*.pxd)

.PHONY: help demo test bench lint format build dist docs clean

help:
	@echo "make demo    build, and send 1,000 purchase orders to a service on this machine"
	@echo "make test    build, and run the tests (PYTEST='-k name' passes arguments on)"
	@echo "make bench   build, and run the benchmarks (BENCH='…' passes arguments on)"
	@echo "make lint    formatting, lint rules and types of Python and Cython"
	@echo "make format  apply the formatting"
	@echo "make build   compile the core in place (WSX_DEBUG=1, WSX_SANITIZE=1 or WSX_COVERAGE=1 for special builds)"
	@echo "make dist    source distribution and wheel under dist/"
	@echo "make docs    the documentation as a site under build/site"
	@echo "make clean   remove what was built, and .venv"

demo: build
	@$(BIN)/wsx demo

test: build $(VENV)/.test
	@tools/system.sh php
	@$(BIN)/python -m pytest $(PYTEST)

bench: build $(VENV)/.bench
	@$(BIN)/python -m benchmarks $(BENCH)

lint: build $(VENV)/.lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@echo $(BIN)/cython-lint $(CYTHON_SOURCES)
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/cython-lint $(CYTHON_SOURCES) # it runs pycodestyle by name

format: $(VENV)/.lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

build: $(VENV)/.core
	@$(BIN)/python setup.py --quiet build_ext --inplace

dist: $(VENV)/.core
	@$(PIP) install build
	@$(BIN)/python -m build

docs: $(VENV)/.docs
	@$(BIN)/mkdocs build --strict

clean:
	rm -rf build dist $(VENV) *.egg-info wsx/_*.so wsx/_*.pyd

# Each file in .venv named here stands for one finished step.
$(VENV)/.made:
	@PYTHON=$(PYTHON) tools/system.sh build
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/.core: pyproject.toml $(VENV)/.made
	@echo "Building wsx into $(VENV)"
	@$(PIP) install --group build
	@$(PIP) --quiet install --no-build-isolation --editable '.[cli]'
	@touch $@

$(VENV)/.test $(VENV)/.lint $(VENV)/.bench $(VENV)/.docs: $(VENV)/.%: pyproject.toml $(VENV)/.made
	@echo "Installing the packages for '$*'"
	@$(PIP) install --group $*
	@touch $@
