# Every target is a short word for a command that also works by itself. CI runs the same ones.
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help

help: ## show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

setup: ## create the environment with the development tools
	python3 -m venv .venv && .venv/bin/pip install -r requirements-dev.txt

run: ## migrate, fill the demo world if empty, serve
	$(PYTHON) app.py

demo: ## start again with a fresh demo world
	rm -rf data && $(PYTHON) app.py

test: ## the whole suite
	$(PYTHON) -m pytest

test-postgres: ## the whole suite on a PostgreSQL it starts itself (half an hour)
	LIANRONG_TEST_DATABASE=postgresql $(PYTHON) -m pytest --timeout 900

journeys: ## only the browser journeys
	$(PYTHON) -m pytest -m journey

lint: ## style, types, import rules, templates
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/djlint templates --lint --quiet

translations: ## every sentence has its English
	$(PYTHON) -m pytest tests/architecture/test_translations.py -n 0

mutants: ## change the modules of rights, steps, releases and the ledger, place by place; tests must notice (hours)
	.venv/bin/mutmut run --max-children 2
	.venv/bin/mutmut results

migration: ## write a migration: make migration name=add_something
	$(PYTHON) -m flask --app app new-migration $(name)

.PHONY: help setup run demo test test-postgres journeys lint translations mutants migration
