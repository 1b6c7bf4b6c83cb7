# The two commands: `make run` and `make test`. Everything else is for those who change the program.
PYTHON ?= python3
PORT ?= 3000
DATA ?= data
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
# No build isolation: the build tool comes from the lock too.
INSTALL_SELF := $(BIN)/pip install --quiet --no-deps --no-build-isolation -e .

# Only what is installed is fetched.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Containers often set it. Then every process compiles its modules again: 0.2 s of each start of the program, and 8 s of
# each process of the tests, whose modules pytest rewrites.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run dev chaos worker test check lint types soak bench doctor lock ci-tools
.DEFAULT_GOAL := help

help:
	@echo "make run [PORT=3000] [DATA=data]   start everything, without keys or other services"
	@echo "make dev                           the same against made-up providers: every result is invented"
	@echo "make test                          run the tests"
	@echo "make check                         formatting, types, import rules, tests"
	@echo "make soak                          the tests with their full counts (long)"
	@echo "make chaos N=60 [DB=postgres]      run N meetings while things are killed, flushed and restarted"
	@echo "make lock                          rewrite the lock files (needs uv)"

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("CantoMeet Notes needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# The lock is whole, so pip has nothing to resolve. Left to resolve, it wants a hash for `granian[reload]`, which
# reflex asks for, as soon as a newer granian than the lock's exists, and then installs nothing.
LOCKED := install --quiet --no-deps --require-hashes -r

$(RUN_STAMP): requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip $(LOCKED) requirements.lock
	@$(BIN)/pip check
	$(INSTALL_SELF)
	@touch $@

$(DEV_STAMP): requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip $(LOCKED) requirements-dev.lock
	@$(BIN)/pip check
	$(INSTALL_SELF)
	@touch $@ $(RUN_STAMP)

run: $(RUN_STAMP)
	@CANTOMEET_PORT=$(PORT) CANTOMEET_DATA_DIR="$(DATA)" exec $(BIN)/cantomeet up

# The whole cloud path without a key: what the stand-ins answer is invented.
dev: $(RUN_STAMP)
	@CANTOMEET_PORT=$(PORT) CANTOMEET_DATA_DIR="$(DATA)" exec $(BIN)/cantomeet dev

worker: $(RUN_STAMP)
	@CANTOMEET_DATA_DIR="$(DATA)" exec scripts/start_worker.sh

doctor: $(RUN_STAMP)
	@CANTOMEET_PORT=$(PORT) CANTOMEET_DATA_DIR="$(DATA)" $(BIN)/cantomeet doctor

# Files side by side: most of the suite waits for processes and browsers, not for a core. In the order in which they
# are collected, the longest first: left to itself, xdist begins with the files that have the most tests.
AT_ONCE ?= -n 4 --dist loadfile --no-loadscope-reorder
test: $(DEV_STAMP)
	$(BIN)/python -m pytest -q $(AT_ONCE)

lint: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(DEV_STAMP)
	$(BIN)/mypy

check: lint types test

soak: $(DEV_STAMP)
	CANTOMEET_SOAK=1 $(BIN)/python -m pytest -q $(AT_ONCE)

N ?= 60
DB ?= sqlite
WORKERS ?= 1
SEED ?= $(shell date +%s)
chaos: $(DEV_STAMP)
	$(BIN)/python -m tests.faults.chaos --meetings $(N) --seed $(SEED) --database $(DB) --workers $(WORKERS)

UV_COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate
lock:
	$(UV_COMPILE) pyproject.toml build-requirements.in -o requirements.lock
	$(UV_COMPILE) --extra dev pyproject.toml build-requirements.in -c requirements.lock -o requirements-dev.lock
