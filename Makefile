# The tasks of wsx. All of them work in a private virtual environment, .venv; nothing else of the system is touched,
# but for the Debian packages that tools/system.sh names and installs when it may.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SECONDS ?= 60
LIMIT ?= 2.3
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CYTHON_SOURCES = $(wildcard wsx/*.pyx wsx/*.pxd wsx/*/*.pyx wsx/*/*.pxd)

.PHONY: help demo test kerberos bench bench-report instructions lint format build fuzz sanitize linear streams dist \
	docs clean

help:
	@echo "make demo    build, and send 1,000 purchase orders to a service on this machine"
	@echo "make test    build, and run the tests (PYTEST='-k name' passes arguments on)"
	@echo "make kerberos the tests of Kerberos with a password; compiles gssapi and krb5 for some minutes"
	@echo "make bench   build, and run the benchmarks into build/bench.json (BENCH='…' passes arguments on, BENCH=http measures calls)"
	@echo "make bench-report tables and plots of that (RUN=…) into docs/performance.md; with AFTER=… what changed"
	@echo "make instructions count instructions with callgrind; more than 5 % above the record fails (RENEW=1 renews it)"
	@echo "make fuzz    fuzz the core, SECONDS=60 for each target"
	@echo "make sanitize the unit tests with the core built for AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make linear  CPU time for documents of n and of 2n, for the shapes that attackers choose"
	@echo "make streams 10,000,000 records written and read in less than 64 MB (COUNT=… sets the number)"
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
	@tools/system.sh gsoap
	@tools/node_soap.sh
	@tools/system.sh squid
	@tools/system.sh realm
	@tools/system.sh nginx
	@tools/xml_suite.sh
	@$(BIN)/python -m pytest $(PYTEST)

# In a folder of their own: with them pyspnego leaves NTLM to the system, too, and the other tests are of its own.
kerberos: build $(VENV)/.test
	@tools/system.sh realm
	@tools/system.sh kerberos
	@[ -d $(VENV)/kerberos/krb5 ] || $(PIP) install --target $(VENV)/kerberos "gssapi>=1.9" "krb5>=0.7"
	@PYTHONPATH=$(VENV)/kerberos $(BIN)/python -m pytest -m kerberos $(PYTEST)

bench: build $(VENV)/.bench
	@tools/system.sh nginx
	@tools/system.sh native
	@$(BIN)/python -m benchmarks $(or $(BENCH),--json build/bench.json --growth)

# RUN=file.json reports that run; AFTER=other.json compares the two instead
bench-report: build $(VENV)/.bench
	@$(BIN)/python -m benchmarks.page $(or $(RUN),build/bench.json) $(AFTER)

# RENEW=1 writes the counts of this system to benchmarks/instructions.json
instructions: build $(VENV)/.bench
	@tools/system.sh valgrind
	@$(BIN)/python -m benchmarks.instructions --top 3 $(if $(RENEW),--renew)

fuzz: build
	@tools/system.sh fuzz
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(PIP) install --group fuzz || echo "Atheris cannot be installed here"
	@tools/fuzz.sh $(SECONDS)

sanitize: build $(VENV)/.test
	@tools/xml_suite.sh
	@tools/sanitize.sh $(PYTEST)

# Freed memory stays in the process, so that the page faults of large blocks do not count.
linear: build
	@MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=4294967296 $(BIN)/python -m tools.linear $(LIMIT)

streams: build
	@$(BIN)/python -m tools.streams $(COUNT)

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
