# The commands of this project, the same names for ever. Everything is installed into this checkout (.venv, browser/node_modules).
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
SAY := @>&2 printf '  %s\n'

.PHONY: help demo install build test check format bench trace messages lock clean soak package

help: ## say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: build ## install, build and serve a believable organisation on http://localhost:8000 (PORT=, DATABASE_URL=)
	@exec $(BIN)/python -m alongside demo --port $(PORT)

install: .stamps/test build ## everything that working on the code needs

build: .stamps/browser .stamps/catalogues ## browser scripts, styles, translations

package: build ## dist/: program, hashes and recipes for a server (WHEELS=yes: for one without internet)
	@rm -rf dist && mkdir dist
	@$(BIN)/python -m hatchling build -t wheel -d dist >/dev/null
	@cp requirements/run.txt dist/ && cp -r deploy/. dist/
	@test -z "$(WHEELS)" || $(BIN)/python -m pip download --quiet --require-hashes --only-binary :all: -r requirements/run.txt -d dist/wheels
	$(SAY) "Made dist/. On the server, as root: sh dist/install"

test: .stamps/test build ## everything that CI runs, on SQLite and PostgreSQL, with a real browser
	@$(BIN)/python -m tools.run_tests

check: .stamps/test build ## format, lint, types, contracts, fast tests: before each commit
	@$(BIN)/python -m tools.run_tests --quick

format: .stamps/test ## put the code in order
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

bench: .stamps/test build ## every figure of docs/performance.md, written to bench/results.json
	@$(BIN)/python -m bench

soak: .stamps/test build ## kill, pause, cheat and starve a running installation for 10 minutes, then account for everything (MINUTES=, ONLY=)
	@$(BIN)/python -m tools.soak --minutes $(or $(MINUTES),10) $(foreach one,$(ONLY),--only $(one))

trace: ## each requirement with the tests that name it, as JSON
	@$(PYTHON) tools/trace.py

messages: .stamps/test ## collect what is to be translated into French (needs GNU gettext)
	@cd alongside && PYTHONPATH=.. ALONGSIDE_DATA=$(CURDIR)/data ALONGSIDE_SECRET_KEY=$$(../$(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(48))') ../$(BIN)/python -m django makemessages \
	  --settings alongside.site.settings --locale fr --no-location --no-obsolete --verbosity 0

lock: ## write requirements/*.txt again: hashed, without any index address
	@$(BIN)/python -m pip install --quiet uv
	@for set in run build test; do extra=""; [ $$set = run ] || extra="--extra $$set -c requirements/run.txt"; \
	  $(BIN)/uv pip compile pyproject.toml $$extra --python-version 3.11 --universal --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate --quiet --upgrade -o requirements/$$set.txt; done

clean: ## take away what was built
	rm -rf .stamps .venv browser/node_modules alongside/site/static/build alongside/site/static_collected

.stamps/venv:
	$(SAY) 'Making a Python environment in .venv'
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Alongside needs Python 3.11 or newer.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@mkdir -p .stamps && touch $@

.stamps/run: requirements/run.txt | .stamps/venv
	$(SAY) 'Installing what the server needs'
	@$(PIP) -r requirements/run.txt
	@touch $@

.stamps/build: requirements/build.txt .stamps/run
	$(SAY) 'Installing what building needs (Node comes as a Python wheel)'
	@$(PIP) -r requirements/build.txt
	@touch $@

.stamps/test: requirements/test.txt .stamps/run
	$(SAY) 'Installing what tests need'
	@$(PIP) -r requirements/test.txt
	@touch $@

.stamps/node: browser/package-lock.json browser/package.json .stamps/build
	$(SAY) 'Installing the browser part'
	@cd browser && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

.stamps/browser: .stamps/node $(shell find browser/src browser/styles browser/build.mjs browser/scripts/icons.mjs alongside/site/static -maxdepth 9 -type f -not -path "*/static/build/*" 2>/dev/null)
	$(SAY) 'Building scripts and styles'
	@rm -rf alongside/site/static/build
	@cd browser && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build
	@ALONGSIDE_SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(48))') ALONGSIDE_DATA=$(CURDIR)/data $(BIN)/python -m django collectstatic --settings alongside.site.settings --no-input --clear -v 0
	@touch $@

.stamps/catalogues: .stamps/run $(shell find alongside/site/locale -name '*.po' 2>/dev/null)
	$(SAY) 'Compiling translations'
	@$(BIN)/pybabel --quiet compile --domain django --directory alongside/site/locale
	@touch $@
