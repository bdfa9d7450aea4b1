# Every target is a command of `python -m tasks`, which does the same where there is no make.
#
#   CIFAR10_DIR=…   a folder that holds cifar-10-batches-py's files
#   CIFAR10_URL=…   another address of the canonical archive
#   DATA=cifar10    refuse the generated stand-in;  DATA=stand-in  use it without looking further
#   COVERAGE=1      let `make test` measure which branches of the library the tests take, and ask for 95 of 100
#   AFRESH=1        let `make report` run every notebook, even those on which nothing has changed since they ran
#                   let `make lab` bring all notebooks to play/ anew; copies that were edited are kept beside it
#   ONLY="03 05"    let `make verify` run these notebooks alone
#   FAR=1           let `make verify` run what `make far` runs, instead of the report's notebooks
#   CASES=…         how many hostile inputs `make fuzz` tries
#   ARGS="…"        what else follows the command, as in make lab ARGS="--no-browser" or make install ARGS=torch

PYTHON ?= python3

report: OPTIONS = $(if $(DATA),--data $(DATA)) $(if $(AFRESH),--afresh)
verify: OPTIONS = $(if $(DATA),--data $(DATA)) $(if $(ONLY),--only $(ONLY)) $(if $(FAR),--far)
lab: OPTIONS = $(if $(AFRESH),--afresh)
test: OPTIONS = $(if $(COVERAGE),--coverage)
fuzz: OPTIONS = $(if $(CASES),--cases $(CASES))

TARGETS := report test lab far verify bench faults fuzz mutants install pins wheels clean
.PHONY: $(TARGETS)
$(TARGETS):
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or later, or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m tasks $@ $(OPTIONS) $(ARGS)
