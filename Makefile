# The commands of the project. `make run` and `make test` do all their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check bench drills screenshots advice lock migration format clean

PYTHON ?= python3
PORT ?= 8000
V := .venv/bin
STAMP := .venv/.locked

help:            ## Show what there is
	@grep -E '^[a-z]+: .*##|^[a-z]+:  +##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

.venv/.made: requirements/tool.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(V)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tool.lock
	@touch $@

.venv/.run: .venv/.made requirements/run.lock
	@$(V)/uv pip install --quiet --python $(V)/python --require-hashes -r requirements/run.lock
	@printf '%s\n' "$(CURDIR)" > "$$($(V)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/proficiency.pth"
	@printf '#!%s\nfrom proficiency.cli import main\nmain()\n' "$(CURDIR)/$(V)/python" > $(V)/proficiency && chmod +x $(V)/proficiency
	@touch $@

.venv/.test: .venv/.run requirements/test.lock
	@$(V)/uv pip install --quiet --python $(V)/python --require-hashes -r requirements/test.lock
	@touch $@

run: .venv/.run  ## Set up and start the demonstration on http://127.0.0.1:8000 (PORT changes it)
	@PROFICIENCY_DEMO=1 exec $(V)/proficiency serve --port $(PORT)

test: .venv/.test  ## Set up and run everything: quick checks, both databases, browser journeys
	@$(MAKE) --no-print-directory lint
	@$(V)/python -m tests.prepare
	@$(V)/python -m pytest -n 2 --dist loadscope

check: .venv/.test  ## The quick loop: lint, types, import contracts, rules and core tests
	@$(MAKE) --no-print-directory lint
	@$(V)/python -m pytest tests -k "rules or core" -m "not journey" -n 2

.PHONY: lint
lint: .venv/.test
	@$(V)/ruff check --quiet .
	@$(V)/ruff format --quiet --check .
	@$(V)/mypy
	@$(V)/lint-imports

bench: .venv/.test  ## Measure autosave and exam page on both databases; the last line is JSON
	@$(V)/python -m tests.bench

drills: .venv/.test  ## Kill, fill, cut off and trace a real server; writes docs/drills.md (ONLY="trace": those alone)
	@$(V)/python -m tests.drills $(if $(ONLY),--only "$(ONLY)" --to docs/drills.md)

screenshots: .venv/.test  ## Take the pictures of docs/screens.md from a running server
	@$(V)/python -m tests.screens

advice: .venv/.test  ## Measure the advice on cases anew and write docs/advice.md
	@$(V)/python -m tests.scenarios.advice_measure

lock: .venv/.made  ## Write the lock files anew: hashes, no addresses
	@for name in tool run test; do \
	  $(V)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate requirements/$$name.in -o requirements/$$name.lock; done

format: .venv/.test  ## Put all code into the one format
	@$(V)/ruff check --quiet --fix . ; $(V)/ruff format --quiet .

clean:           ## Remove the environment and everything this installation keeps
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find instance -mindepth 1 ! -name README.md -delete
