# `make help` lists what there is. Settings: PORT, VITRINE_HOME, VITRINE_MODEL (docs/settings.md has the rest).
SHELL := /bin/bash
export PORT ?= 8000
export VITRINE_HOME ?= $(CURDIR)/.vitrine
export VITRINE_MODEL ?= vitrine-s
# Where pip is told of wheels on disk, uv shall look there too.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
DEMO_OBJECTS ?= 200

PYTHON := .venv/bin/python
UV := .venv/bin/uv
COMPILE := $(UV) pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links
WEB := $(shell find web/src web/public web/index.html web/package.json web/package-lock.json web/vite.config.ts 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test test-modelling triton lint check bench requirements clean

help: ## List the commands.
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/serve.stamp web/dist/index.html ## Install what serving needs and build the page.

demo: setup ## A generated museum, indexed and served at http://127.0.0.1:$PORT.
	@scripts/demo $(DEMO_OBJECTS)

serve: setup ## Serve the catalogue that lies in VITRINE_HOME.
	@exec $(PYTHON) -m local

test: .venv/dev.stamp .venv-triton/stamp web/dist/index.html ## Everything but torch's and Compose's tests, with the servers it needs; ends with pytest's summary.
	@scripts/system-packages chromium rabbitmq mariadb
	$(MAKE) --no-print-directory lint
	cd web && PATH="$(CURDIR)/.venv/bin:$$PATH" npm test --silent
	$(PYTHON) -m pytest $(PYTEST)

test-modelling: .venv-modelling/stamp ## The tests that need torch: training, export, precision, the GPU's benchmark.
	.venv-modelling/bin/python -m pytest tests/unit/modelling tests/unit/test_gpu_benchmark.py $(PYTEST)

triton: .venv-triton/stamp ## Install the Triton that tests start (53 MB).

lint: .venv/dev.stamp web/node_modules/.stamp ## Style, types and import rules.
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	PYTHONPATH=. .venv/bin/lint-imports
	cd web && PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent lint

bench: .venv/dev.stamp ## The pipeline's benchmark (scripts/bench has the options).
	scripts/bench pipeline

# modelling.txt and export.txt are made by hand, for torch's sake: CONTRIBUTING.md.
requirements: .venv/serve.stamp ## Pin the newest versions anew, but for torch's.
	$(COMPILE) -U requirements/serve.in -o requirements/serve.txt
	for image in api worker indexer; do $(COMPILE) requirements/$$image.in -c requirements/serve.txt -o requirements/$$image.txt; done
	$(COMPILE) -U requirements/build.in -o requirements/build.txt
	$(COMPILE) -U requirements/triton.in -o requirements/triton.txt
	$(COMPILE) -U requirements/dali.in -c requirements/triton.txt -o requirements/dali.txt
	$(COMPILE) -U requirements/dev.in -c requirements/serve.txt -c requirements/build.txt -o requirements/dev.txt

clean: ## Remove what was built; the catalogue in VITRINE_HOME stays.
	rm -rf .venv .venv-triton .venv-modelling web/dist web/node_modules build .mypy_cache .ruff_cache .pytest_cache

.venv/serve.stamp: requirements/serve.txt requirements/build.txt
	@scripts/system-packages python
	test -x $(UV) || (python3 -m venv .venv && .venv/bin/pip install -q --disable-pip-version-check uv)
	$(UV) pip install -q -r requirements/serve.txt -r requirements/build.txt
	touch $@

.venv/dev.stamp: .venv/serve.stamp requirements/dev.txt
	$(UV) pip install -q -r requirements/dev.txt
	touch $@

.venv-triton/stamp: .venv/serve.stamp requirements/triton.txt requirements/triton-server.txt scripts/install-triton
	@scripts/install-triton

# Torch has no place in the environment that serves; what the tests need besides is found there.
.venv-modelling/stamp: .venv/dev.stamp requirements/export.txt
	test -d .venv-modelling || python3 -m venv .venv-modelling
	.venv-modelling/bin/pip install -q --disable-pip-version-check -r requirements/export.txt
	$(PYTHON) -c 'import site; print(site.getsitepackages()[0])' \
		> "$$(.venv-modelling/bin/python -c 'import site; print(site.getsitepackages()[0])')/serving.pth"
	touch $@

web/node_modules/.stamp: web/package-lock.json .venv/serve.stamp
	cd web && PATH="$(CURDIR)/.venv/bin:$$PATH" npm ci --silent --no-audit --no-fund
	touch $@

web/dist/index.html: $(WEB) web/node_modules/.stamp
	cd web && PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent build
	touch $@
