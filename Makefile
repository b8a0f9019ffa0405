# Everything a newcomer needs: `make lab` opens the workbench, `make test` proves it, `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PROMPTS ?=
LAB ?=
TORTURE ?= 4

.PHONY: help setup lab demo test torture check fix lessons screenshots clean

help: ## Say what each command does
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 14

setup: $(READY) ## Make .venv with everything in it

$(READY): pyproject.toml hatch_build.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "workbench needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

lab: $(READY) ## Open JupyterLab on the first lesson (LAB="--no-browser --port 8899" passes options on)
	$(BIN)/workbench lab $(LAB)

demo: $(READY) ## Run the main job in the terminal (PROMPTS=file.csv for prompts of your own)
	$(BIN)/workbench demo $(PROMPTS)

test: $(READY) ## Run every test: rooms, house, notebooks, and the real JupyterLab in a real Chromium
	$(BIN)/python tests/browser/chromium.py
	$(BIN)/python -m pytest
	$(BIN)/python -m pytest --nbval --nbval-sanitize-with tests/notebooks.cfg notebooks

torture: $(READY) ## Kill, cut the power, fail the disk, flip bits: the storage tests with long loops (TORTURE=20 lengthens them)
	WORKBENCH_TORTURE=$(TORTURE) $(BIN)/python -m pytest tests/storage tests/identity tests/house/test_faulty_disk.py \
		-o log_cli=true -o log_cli_level=INFO

check: $(READY) ## Format, lint, types, and the staircase of rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(READY) ## Let ruff mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lessons: $(READY) ## Run the notebooks anew and save what they print
	$(BIN)/python notebooks/renew.py

screenshots: $(READY) ## Take the README's pictures anew
	$(BIN)/python tests/browser/chromium.py
	$(BIN)/python tests/browser/screenshots.py

clean: ## Remove what was built; stores in data/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache artefacts
