# The two commands: `make run` and `make test`. What they do beyond one line is in tools/.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help run test drill cover bench check format shots pins clean

help:
	@echo "make run     everything on this machine: pages, databases, worker (HOST, PORT, PUBLIC_URL, SUPPLYHUB_HOME)"
	@echo "make test    lint, types, contracts, tests, browser journeys"
	@echo "make cover   the tests, with coverage by branch (slower)"
	@echo "make drill   what takes long: every page by axe, many examples of each rule, benches, races and faults at each step"
	@echo "make bench   how many orders a second this machine takes (some minutes; a throw-away database)"
	@echo "make check   only lint, types, contracts"
	@echo "make format  lay the code out"
	@echo "make shots   a picture of every page, in shots/"
	@echo "make pins    renew constraints*.txt"
	@echo "make clean   remove what was set up and built; data folders stay"

run: .venv/ready-local
	@exec $(BIN)/supplyhub dev

test: .venv/ready-dev .venv/ready-browser .venv/ready-frontend .venv/ready-wrk
	@tools/check
	@$(BIN)/python -m compileall -qq supplyhub workers  # once, not in each of the processes that the tests start
	@$(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

drill: .venv/ready-dev .venv/ready-browser .venv/ready-frontend
	@DRILL=1 $(BIN)/python -m pytest -n 2 --dist load tests/rules tests/journeys tests/races tests/faults \
	  tests/house/test_dev.py tests/house/test_bench.py tests/house/test_bench_batch.py \
	  tests/commands tests/web/test_openapi.py

cover: .venv/ready-dev .venv/ready-browser .venv/ready-frontend .venv/ready-wrk
	@$(BIN)/python -m pytest -n 2 --dist loadscope --cov --cov-branch

bench: .venv/ready-dev .venv/ready-wrk
	@$(BIN)/supplyhub bench orders

check: .venv/ready-dev
	@tools/check

format: .venv/ready-dev
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format .

shots: .venv/ready-dev .venv/ready-browser .venv/ready-frontend
	@$(BIN)/python -m pytest -n 0 tests/journeys/shots.py
	@echo "the pictures are in shots/"

pins: .venv/ready-dev
	@tools/pins

.venv/ready-local: pyproject.toml constraints.txt tools/install
	@tools/install local $(PYTHON)

.venv/ready-dev: pyproject.toml constraints-dev.txt tools/install
	@tools/install dev $(PYTHON)

.venv/ready-browser: tools/browser
	@tools/browser

.venv/ready-frontend: tools/frontend tools/packages/files.sha512
	@tools/frontend
	@touch $@

.venv/ready-wrk: tools/wrk
	@tools/wrk

clean:
	@rm -rf .venv .cache supplyhub/web/static/vendor node_modules shots dist build .coverage* htmlcov .mypy_cache .ruff_cache .pytest_cache \
	  .import_linter_cache .hypothesis *.egg-info
