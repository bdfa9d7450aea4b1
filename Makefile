# make report · make test · make lab · make bench · make clean; each sets up its own environment.
#
#   CIFAR10_DIR=…   a folder that holds cifar-10-batches-py's files
#   CIFAR10_URL=…   another address of the canonical archive
#   DATA=cifar10    refuse the generated stand-in;  DATA=stand-in  use it without looking further

PYTHON ?= python3
DATA ?= auto
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: report test lab bench clean

report: $(READY)
	@set -e; found=$$($(BIN)/python -m twolayer.data $(DATA)); \
	  name=$${found%%:*}; export CIFAR10_DIR="$${found#*:}"; \
	  $(BIN)/python -m notebook_report build report/report.toml --name "$$name"

test: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pytest -n auto

lab: $(READY)
	@[ -z "$$CIFAR10_DIR" ] || export CIFAR10_DIR="$$(cd "$$CIFAR10_DIR" && pwd)"; $(BIN)/jupyter lab notebooks

bench: $(READY)
	@$(BIN)/python -m benchmarks

clean:
	rm -rf build .pytest_cache .ruff_cache notebooks/.ruff_cache
	@echo "Removed what the builds left, the finished networks of the searches too; data/ and $(VENV)/ are kept (remove them by hand for a fresh start)."

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is too old or missing: install Python 3.11 or later, or name one: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (once; a minute or two) …"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
