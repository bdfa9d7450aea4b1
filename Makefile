# make report · verify · test · faults · fuzz · mutants · lab · bench · clean; each sets up its own environment.
#
#   CIFAR10_DIR=…   a folder that holds cifar-10-batches-py's files
#   CIFAR10_URL=…   another address of the canonical archive
#   DATA=cifar10    refuse the generated stand-in;  DATA=stand-in  use it without looking further
#   COVERAGE=1      let `make test` measure which branches of the library the tests take, and ask for 95 of 100
#   AFRESH=1        let `make report` run every notebook, even those on which nothing has changed since they ran

PYTHON ?= python3
DATA ?= auto
CASES ?= 100000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

# Tests of a file share what is costly, so they stay with one worker.
FILE_BY_FILE := --dist loadfile --no-loadscope-reorder

.PHONY: report verify test faults fuzz mutants lab bench clean

report: $(READY)
	@set -e; found=$$($(BIN)/python -m twolayer.data $(DATA)); \
	  name=$${found%%:*}; export CIFAR10_DIR="$${found#*:}"; \
	  $(BIN)/python -m notebook_report build report/report.toml --name "$$name" $(if $(AFRESH),--afresh); \
	  [ "$$name" != report ] || readme="--readme README.md"; \
	  $(BIN)/python -m twolayer.publish "report/$$name.json" $$readme

# In a copy of its own, so that nothing of an earlier run is found and the committed report stays as it is. A run that
# stops, at a claim that a changed setting breaks, has left its numbers: they are compared all the same.
verify: $(READY)
	@set -e; found=$$($(BIN)/python -m twolayer.data $(DATA)); export CIFAR10_DIR="$${found#*:}"; \
	  [ -f "report/$${found%%:*}.json" ] || { echo "report/$${found%%:*}.json, to compare with, is missing: make report first."; exit 1; }; \
	  rm -rf build/verify; mkdir -p build/verify/report; cp -R notebooks lib build/verify; \
	  cp report/report.toml report/*.csv report/*.bib build/verify/report; \
	  $(BIN)/python -m notebook_report run build/verify/report/report.toml --work build/verify/run || true; \
	  $(BIN)/python -m twolayer.verify "report/$${found%%:*}.json" build/verify/build

test: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pytest -n auto $(FILE_BY_FILE) $(if $(COVERAGE),--cov)

# Thirty builds killed at random moments: ten minutes. `make test` kills three.
faults: $(READY)
	@FAULTS=30 $(BIN)/pytest -n auto tests/faults/test_kills.py

# So many hostile notebooks, files and settings; `make test` tries some.
fuzz: $(READY)
	@FUZZ_CASES=$(CASES) $(BIN)/pytest -n auto tests/fuzz

# One small mistake at a time in the mathematics, the schedule and the training, in a copy: two minutes.
MUTANTS := build/mutants
MUTANTS_MEET := $(patsubst %,tests/test_%.py,network schedule training descent gradcheck classifier)
mutants: $(READY)
	@set -e; rm -rf $(MUTANTS); mkdir -p $(MUTANTS)/tests; cp -R lib/twolayer pyproject.toml $(MUTANTS); \
	  cp tests/conftest.py $(MUTANTS_MEET) $(MUTANTS)/tests; cd $(MUTANTS); \
	  $(CURDIR)/$(BIN)/mutmut run; $(CURDIR)/$(BIN)/mutmut results

lab: $(READY)
	@if [ -n "$$CIFAR10_DIR" ]; then \
	  [ -d "$$CIFAR10_DIR" ] || { echo "CIFAR10_DIR names $$CIFAR10_DIR, which is not a folder: correct it or unset it."; exit 1; }; \
	  export CIFAR10_DIR="$$(cd "$$CIFAR10_DIR" && pwd)"; fi; \
	$(BIN)/jupyter lab notebooks

bench: $(READY)
	@$(BIN)/python -m benchmarks

clean:
	rm -rf build .coverage* .pytest_cache .mypy_cache .ruff_cache notebooks/.ruff_cache
	@echo "Removed what the builds left, the finished networks of the searches too; data/ and $(VENV)/ are kept (remove them by hand for a fresh start)."

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is too old or missing: install Python 3.11 or later, or name one: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (once; a minute or two) …"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
