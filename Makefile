# `make` or `make help` lists the targets. Variables: PYTHON=… (which interpreter), KEEP=1 (demo), EVAL_DATA=… (bench-quality).

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
EVAL_DATA ?= ../shared/data
WINDOWS ?= 10000,100000
COMPOSE_DEMO := docker compose -f docker-compose.yml -f deploy/demo.yml

.DEFAULT_GOAL := help
.PHONY: $(shell awk -F : '/^[a-z-]+:.*## / { print $$1 }' Makefile)

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.developer ## Create .venv with the locked versions of everything, tools included.

demo: $(VENV)/.runtime ## Show it at work on a small newsroom of its own (KEEP=1 leaves it running).
	@$(BIN)/copytaster demo $(if $(KEEP),--keep)

test: $(VENV)/.developer ## Run the whole test suite; tests that need Docker run where an engine answers.
	@$(BIN)/pytest

check: lint ## Lint and run the unit tests: under a minute, for every save.
	@$(BIN)/pytest -q -m "not slow and not docker and not data" tests/unit

lint: $(VENV)/.developer ## Check style, format, spelling and the directions of imports.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell
	@$(BIN)/lint-imports --no-cache >$(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

types: $(VENV)/.developer ## Check the types, those of the tests too.
	@$(BIN)/mypy

format: $(VENV)/.developer ## Put the code into the one format and mend what can be mended by itself.
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --custom-compile-command "make lock" \
	--no-emit-index-url --no-emit-package copytaster --no-emit-package copytaster-schemas

lock: $(VENV)/.developer ## Bring the lock files up to date with pyproject.toml (UPGRADE=1: to the newest versions).
	@$(BIN)/$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra all --group build --output-file requirements.lock
	@$(BIN)/$(COMPILE) $(if $(UPGRADE),--upgrade) --group dev --constraints requirements.lock --output-file requirements-dev.lock

schemas: $(VENV)/.developer ## Generate JSON Schemas, AsyncAPI document, TypeScript types and examples from the event models.
	@$(BIN)/python -m copytaster_schemas.generate schemas
	@$(BIN)/python -m tests.contract.write_examples

image: ## Build the images of all services.
	@$(COMPOSE_DEMO) build

up: ## Start Redis and the services in Docker (feeds: feeds.toml; settings: .env).
	@docker compose up --detach --build

down: ## Stop them; the data stay in their volume.
	@docker compose down

bench-quality: $(VENV)/.developer ## Measure linking and extraction over EVAL_DATA into benchmarks/results/.
	@$(BIN)/python -m benchmarks.quality --data $(EVAL_DATA) --out benchmarks/results

bench-extract: $(VENV)/.developer ## Measure the CPU per page of the extraction beside trafilatura's own call, over EVAL_DATA.
	@$(BIN)/python -m benchmarks.extraction_cost --data $(EVAL_DATA) --out benchmarks/results

bench-scheduling: $(VENV)/.developer ## Compare how feeds are scheduled with other pollers, and measure their queue in Redis.
	@$(BIN)/python -m benchmarks.scheduling --data $(EVAL_DATA) --out benchmarks/results

bench-linking-quality: $(VENV)/.developer ## Measure pair decisions by set, language and relation, with the worst mistakes.
	@$(BIN)/python -m benchmarks.linking_quality --data $(EVAL_DATA) --out benchmarks/results

bench-linking-times: $(VENV)/.developer ## Cluster the wire set undated and with late copies, topics unseen.
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.training.times --data $(EVAL_DATA) --out benchmarks/results

train-linker: $(VENV)/.developer ## Learn the linking policy from EVAL_DATA anew.
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.training.make_policy --data $(EVAL_DATA) --out services/copytaster/deduplicator/policy-v2.json

bench-feeds: $(VENV)/.developer ## Compare how feeds are read with other readers, over EVAL_DATA.
	@$(BIN)/python -m benchmarks.feeds --data $(EVAL_DATA) --out benchmarks/results

bench-delivery: $(VENV)/.developer ## Compare the speed of delivery with a hand-written loop and with FastStream's idiom.
	@$(BIN)/python -m benchmarks.delivery --out benchmarks/results

bench-failover: $(VENV)/.developer ## Kill the master under Sentinel five times, with a load on; the result goes into benchmarks/results/.
	@$(BIN)/python -m tests.chaos.failover

bench-fetch: $(VENV)/.developer ## Measure what polling costs beside httpx and feedparser, with the real feeds of EVAL_DATA.
	@$(BIN)/python -m benchmarks.fetching --data $(EVAL_DATA) --out benchmarks/results

newsday: $(VENV)/.developer ## Poll 2,000 feeds of 200 hosts through kills and restarts for ten minutes; the result goes into benchmarks/results/.
	@$(BIN)/python -m tests.newsday

chaos: $(VENV)/.developer ## Ride a long storm on Valkey, on redis:8 and over the compose stack; the results go into benchmarks/results/
	@for server in valkey redis compose; do $(BIN)/python -m tests.chaos --server $$server || exit 1; done

bench-sizing: $(VENV)/.developer ## Measure the bytes that a feed, a page, a story, a link and a cluster take in Redis.
	@$(BIN)/python -m benchmarks.sizing --data $(EVAL_DATA) --out benchmarks/results

bench-pressure: $(VENV)/.developer ## Flood a small Redis for ten minutes while the extractor is stopped, then let it drain.
	@$(BIN)/python -m tests.stack.pressure

order: $(VENV)/.developer ## Cluster the same stories in 200 orders, with duplicates, kills and one to four linkers.
	@$(BIN)/python -m tests.order --out benchmarks/results

clean: ## Remove .venv and all caches.
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is newer than what it was made from, so that a second run costs nothing.

$(VENV)/.python:
	@python=$$(.ci/find-python) || exit 1; \
	echo "Setting up .venv with $$($$python --version)" && $$python -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.python requirements.lock pyproject.toml schemas/pyproject.toml
	@echo "Installing the locked requirements; this can take a minute."
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable ./schemas --editable .
	@touch $@

$(VENV)/.developer: $(VENV)/.runtime requirements-dev.lock
	@echo "Installing the developers' tools."
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@
