# Everything a newcomer types. Each command does its own set-up; `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PORT ?= 8080
export PORT

.PHONY: help run test test-python test-pages test-browser lint format train bench bench-nlu chaos fuzz lock sbom audit environment dev pages clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: environment pages ## serve everything at http://localhost:8080 (PORT=...); Ctrl-C stops it all
	@exec .venv/bin/xiaoer demo

test: test-python test-pages test-browser ## every test: rooms, tour, stories, pages, browser

test-python: dev pages ## the Python tests and the Rasa stories
	@.venv/bin/xiaoer train
	@.venv/bin/pytest -n 2 --dist loadfile

test-pages: dev ## the pages' unit tests and type check
	@scripts/pages.sh check
	@scripts/pages.sh test

test-browser: dev pages ## walks the running service in headless Chromium
	@CHROMIUM=$$(scripts/browser.sh) .venv/bin/python -m tests.browser

lint: dev ## ruff, mypy --strict, import-linter, and what is installed: declared, licensed, without known holes
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/python scripts/dependencies.py lint

format: dev ## let ruff mend what it can
	@.venv/bin/ruff check --fix . ; .venv/bin/ruff format .

train: environment ## train the model if its inputs changed
	@.venv/bin/xiaoer train

bench: environment ## how fast, how small, beside stock Rasa 3.6.21; ARGS="--only ours,rest" for parts
	@.venv/bin/python -m bench.serving $(ARGS)

bench-nlu: environment ## how well it understands, beside stock Rasa's DIET (long); ARGS="--only ours"
	@.venv/bin/python -m bench.nlu $(ARGS)

chaos: environment ## 20,000 messages while 200 processes are killed; ARGS="--messages 500 --kills 20 --seed 7" for less
	@.venv/bin/python -m chaos $(ARGS)

fuzz: dev ## 100,000 inputs that no client sends, at every door; ARGS="--inputs 5000 --seed 2" for others
	@scripts/fuzz.sh $(ARGS)

lock: environment ## renew the locked requirements from pyproject.toml
	@scripts/lock.sh

sbom: dev ## write var/sbom.cdx.json: every package of the locks, with hashes and licences (CycloneDX)
	@.venv/bin/python scripts/dependencies.py sbom var/sbom.cdx.json

audit: dev ## ask a public database whether holes are known in what is locked (needs the network)
	@.venv/bin/python scripts/dependencies.py lint
	@.venv/bin/python scripts/dependencies.py online

environment:
	@scripts/environment.sh

dev:
	@scripts/environment.sh dev

pages: environment
	@scripts/pages.sh

clean: ## forget everything that was built, trained or installed here
	rm -rf .venv var models web/dist web/node_modules .rasa .pytest_cache .mypy_cache .ruff_cache
