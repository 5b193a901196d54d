.DEFAULT_GOAL := help
.PHONY: help setup demo test lint kafka schemas fuzz bench chaos year appraisal lock clean

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
UV := 0.13.9
LOCK := --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --quiet --custom-compile-command "make lock"
PEERS := $(basename $(wildcard tests/bench/peers/*.in))

help: ## What can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: $(READY) ## Create .venv with the locked versions; leaves .venv/bin/crmpulse

$(READY): requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## A simulated sales organisation, live in the terminal; needs nothing but Python
	$(BIN)/crmpulse demo

test: lint ## Everything that CI checks; the real-Kafka tests where Java 17 and Maven are there
	$(BIN)/python -m pytest -q -n 3 --dist loadgroup

lint: setup ## Style, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

kafka: setup ## Run one real Apache Kafka node on KAFKA_PORT (9092) until Ctrl-C
	@$(BIN)/python -m tests.kafka

schemas: setup ## Write schemas/ anew from the event types
	$(BIN)/python -m streams.events.schema

fuzz: setup ## Ten times the generated input of `make test`, from a fresh seed
	CRMPULSE_FUZZ=200000 $(BIN)/python -m pytest -q -m fuzz
	$(BIN)/python -m pytest -q -n 2 --hypothesis-profile=nightly tests/property

bench: setup ## Time crm-pulse and its peers at one job, EVENTS from SEED on a real Kafka; ENGINES=a,b, PROCESSES=n, JSON=path
	@$(BIN)/python -m tests.bench

chaos: setup ## Kill, stop and pause workers and broker under load, ROUNDS times from SEED, EVENTS each; then recount
	@$(BIN)/python -m tests.chaos

year: setup ## Replay a year of SELLERS and CUSTOMERS, DAYS long, from SEED; recount every alert by a scan of each hour
	@$(BIN)/python -m tests.year

appraisal: setup ## Replay EMPLOYEES and CUSTOMERS, DAYS long, from SEED; recount every KPI of everybody in SQL
	@$(BIN)/python -m tests.appraisal

lock: setup ## Resolve the newest versions that pyproject.toml allows, for Python 3.11 to 3.13
	$(BIN)/python -m pip install --quiet uv==$(UV)
	$(BIN)/uv pip compile pyproject.toml $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml $(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock
	for peer in $(PEERS); do $(BIN)/uv pip compile $$peer.in $(LOCK) -o $$peer.lock || exit 1; done

clean: ## Remove .venv and everything generated
	rm -rf .venv .bench .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
	find streams tests -name __pycache__ -prune -exec rm -rf {} +
