# Every target is quiet, and quick when there is nothing to do.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := run
.PHONY: run install test check lock schema screenshots bench soak

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# How many test processes share the machine.
JOBS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK = 1

bin := .venv/bin
pip := $(bin)/python -m pip install -qq --require-hashes

run: .venv/runtime-installed
	@exec $(bin)/python manage.py serve --host $(HOST) --port $(PORT)

install: .venv/dev-installed node_modules/installed

# Hundreds of Pythons are started here; where bytecode is not kept, each compiles the whole site: half of a start.
test: export PYTHONDONTWRITEBYTECODE =
test: install
	@scripts/install-debian-packages chromium-headless-shell chromium nginx
	$(bin)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
	$(bin)/node --test --test-reporter=dot "tests/js/**/*.test.js"

# Checks read the settings; they must neither need nor leave a data directory in the tree.
check: install
	@umask 077
	export CHATSITE_DATA_DIR=$$(mktemp -d)
	trap 'rm -rf "$$CHATSITE_DATA_DIR"' EXIT
	$(bin)/ruff check --quiet .
	$(bin)/ruff format --quiet --check .
	$(bin)/lint-imports --no-logo > "$$CHATSITE_DATA_DIR/imports" || { cat "$$CHATSITE_DATA_DIR/imports"; exit 1; }
	$(bin)/mypy --no-error-summary
	$(bin)/node node_modules/typescript/bin/tsc --project jsconfig.json
	$(bin)/node node_modules/eslint/bin/eslint.js --max-warnings 0 static/chat tests/js
	$(bin)/python manage.py makemigrations --check --dry-run > /dev/null
	SECRET_KEY=$$($(bin)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	  ALLOWED_HOSTS=chat.example.org CSRF_TRUSTED_ORIGINS=https://chat.example.org \
	  $(bin)/python manage.py check --deploy --fail-level WARNING > /dev/null

# Three relays under load, into docs/benchmarks.md (some 20 minutes); first token latency of the whole path, one user;
# a long history; a long ledger; a browser's work; what a cache of prompts saves;
# what a crowd that signs in costs.
bench: install
	@$(bin)/python -m bench.relay --write
	$(bin)/python bench/first_token.py
	$(bin)/python bench/history.py
	$(bin)/python bench/usage.py
	$(bin)/python bench/page.py
	$(bin)/python bench/cache.py
	$(bin)/python bench/signin.py

# The long reliability runs at full size.
soak: install
	@$(bin)/python -m bench.soak --full

# The tables that a new SQLite database begins with, as the migrations leave them.
schema: install
	@$(bin)/python scripts/schema.py

# The README's pictures.
screenshots: install
	@scripts/install-debian-packages chromium-headless-shell
	$(bin)/python scripts/screenshots.py

lock: .venv/dev-installed
	@compile="$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header"
	$$compile pyproject.toml --output-file requirements/runtime.txt
	$$compile pyproject.toml --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt

.venv/created:
	@PYTHON=$(PYTHON) scripts/create-venv

.venv/runtime-installed: .venv/created requirements/runtime.txt
	@echo "Installing the locked packages into .venv, once."
	$(pip) --requirement requirements/runtime.txt
	touch $@

.venv/dev-installed: .venv/created requirements/dev.txt
	@echo "Installing the development environment into .venv, once."
	$(pip) --requirement requirements/dev.txt
	touch $@ .venv/runtime-installed

# npm runs on the Node.js that the development lock brings along.
node_modules/installed: package.json package-lock.json .venv/dev-installed
	@PATH="$$PWD/$(bin):$$PATH" npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@
