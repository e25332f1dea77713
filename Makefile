# make run [DATA=path] [RECIPE=name] [OUT=folder]   the whole job: teacher, student, probes, report
# make test                                         all tests
# Both make their own environment in .venv from the exact versions in constraints.txt, which also hold where pip builds the package apart from it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RECIPE ?= sample
DATA ?=
# The faces' own name, so that a run on other faces stands beside the sample's and not in its way.
OUT ?= runs/$(RECIPE)$(if $(DATA),-$(basename $(notdir $(patsubst %/,%,$(DATA)))))
ARGS ?=

.PHONY: run test environment clean

environment: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "asdcfer needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt --build-constraint constraints.txt -e '.[all]'
	@touch $@

run: environment
	$(BIN)/asdcfer run --recipe $(RECIPE) $(if $(DATA),--data '$(DATA)') --out '$(OUT)' --resume $(ARGS)

test: environment
	$(BIN)/python -m pytest -q $(ARGS)

clean:
	rm -rf $(VENV) build dist src/*.egg-info
