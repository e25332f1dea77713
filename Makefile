# make run [DATA=path] [RECIPE=name] [OUT=folder]   the whole job: teacher, student, probes, report
# make test | test-fast | fuzz | faults             all tests; the quick ones in a minute; readers on many damaged files;
#                                                   commands killed, interrupted, without room, damaged: fifty times each
# make coverage                                     all tests, and which lines and branches of the package none of them runs
# make browser                                      the page that recognizes in the browser alone, in build/browser
# make lint | types | docs                          style, types, and the documentation in build/docs
# make hashes | licenses | audit-packages           requirements/hashes.txt, docs/licenses.md, known weaknesses of the packages
# make mutants                                      changes to the source that no test notices
# Each makes the environment that it needs in .venv, from the exact versions in requirements/constraints.txt,
# which also hold where pip builds the package apart from it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip
RECIPE ?= first_run
DATA ?=
# The faces' own name, so that a run on other faces stands beside the sample's and not in its way.
OUT ?= runs/$(RECIPE)$(if $(DATA),-$(basename $(notdir $(patsubst %/,%,$(DATA)))))
ARGS ?=
JOBS ?= auto

.PHONY: run environment developer test test-fast fuzz faults coverage lint types docs browser clean

environment: $(VENV)/.ready
developer: $(VENV)/.ready-developer

$(VENV)/.ready: pyproject.toml requirements/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "asdcfer needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet -c requirements/constraints.txt --upgrade pip
	$(PIP) install --quiet -c requirements/constraints.txt --build-constraint requirements/constraints.txt -e '.[all]'
	@touch $@

# The tools of developers: the group `dev` of pyproject.toml.
$(VENV)/.ready-developer: $(VENV)/.ready
	$(PIP) install --quiet -c requirements/constraints.txt --group dev
	@touch $@

run: environment
	$(BIN)/asdcfer run --recipe $(RECIPE) $(if $(DATA),--data '$(DATA)') --out '$(OUT)' --resume $(ARGS)

# One process a core, each on one thread; JOBS=0 runs all in this one.
test: developer
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile $(ARGS)

# FUZZ_TIMES: how many times as many cases as in the suite, which tries two thousand.
FUZZ_TIMES ?= 50
fuzz: developer
	FUZZ_TIMES=$(FUZZ_TIMES) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS) --timeout=0 -m fuzz tests $(ARGS)

# FAULT_TIMES: how often each command is killed, interrupted and damaged; three times in the suite.
FAULT_TIMES ?= 50
faults: developer
	FAULT_TIMES=$(FAULT_TIMES) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -s --timeout=0 -m faults tests/faults $(ARGS)

test-fast: developer
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile -m 'not slow and not fuzz' $(ARGS)

# Prints a row for each file that is not run whole, and the share of all; ARGS="tests/losses" for a part.
coverage: developer
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile --cov --cov-report=term-missing $(ARGS)

lint: developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: developer
	$(BIN)/mypy

# Built from the files of this folder alone; a warning is an error.
docs: developer
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# Files for any server of files; onnxruntime-web is fetched by npm once, in the version of browser/onnxruntime_web.json.
browser: environment
	$(BIN)/python -m browser.build $(ARGS)

# Both are written anew from requirements/constraints.txt, after a version in it has changed.
hashes: developer
	$(BIN)/python .ci/hash_requirements.py

licenses: developer
	$(BIN)/python .ci/license_table.py

# Asks a database of known weaknesses about each version: the one target that uses the network for more than installing.
# Strict, since a package that the database could not be asked about is passed over otherwise, and all of them are well.
audit-packages: requirements/hashes.txt
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/pip install --quiet pip-audit
	$(VENV)-audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/hashes.txt

# ARGS="--only losses/info_nce.py --count 5" for a part.
mutants: developer
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/mutants.py --out docs/results $(ARGS)

clean:
	rm -rf $(VENV) $(VENV)-audit build dist src/*.egg-info .mypy_cache .ruff_cache .coverage
