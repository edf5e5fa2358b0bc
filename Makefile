# `make` alone lists what there is. Variables: PYTHON (python3), VENV (.venv), ARGS (more arguments for pytest or the
# bench); `make up` passes PORT, DATA_DIR and every other setting of docs/settings.md on from the environment.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
TEST_SETTINGS = DJANGO_SETTINGS_MODULE=controlplane.settings.test
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

export PYTHON

.DEFAULT_GOAL := help
.PHONY: help up test test-isolation check lock bench docs clean base dev

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: base ## Run everything on this machine (PORT=8000); APP=<folder> also develops that app, with live reload
	@exec $(BIN)/python -m controlplane.supervisor $(if $(APP),--app "$(APP)")

test: dev ## Run the whole suite against real services and a real browser
	@chromium=$$($(BIN)/python tests/browser/chromium.py) && CHROMIUM="$$chromium" exec $(BIN)/python -m pytest $(ARGS)

test-isolation: dev ## Attack a runtime's tenants at length (N=1000000 requests, SEED=any number)
	@exec $(BIN)/python -m tests.isolation $(or $(N),1000000) $(SEED)

check: dev ## Lint, types, import rules, missing migrations, locks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(TEST_SETTINGS) $(BIN)/python -W "ignore:Got an error checking" manage.py makemigrations --check --dry-run
	$(BIN)/python requirements/check_locks.py

lock: dev ## Choose the newest allowed versions and lock them with their hashes
	$(COMPILE) --upgrade requirements/bootstrap.in -o requirements/bootstrap.txt
	$(COMPILE) --upgrade requirements/base.in -o requirements/base.txt
	$(COMPILE) --upgrade --constraint requirements/base.txt requirements/dev.in -o requirements/dev.txt

bench: dev ## Measure against stock Chainlit and the budgets
	@exec $(BIN)/python -m bench $(ARGS)

docs: dev ## Check that what the documentation names exists
	@exec $(BIN)/python -m pytest tests/docs $(ARGS)

clean: ## Remove the environment, caches and artefacts; data stays
	rm -rf $(VENV) .artefacts .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

base dev:
	@requirements/environment.sh $(VENV) $@
