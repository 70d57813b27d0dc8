# make study: set everything up and run the quickstart study on simulated domains.
# make test:  set everything up, then lint, types, the documentation and all tests.
# make check: lint, types and the fast unit tests, for use while you work.
# make docs:  set everything up and build the documentation in build/site.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# Not --quiet: MkDocs counts the warnings that `strict` forbids only where it prints them.
MKDOCS = NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
# Nothing wider than AVX2, as on most processors: other kernels, which round differently.
AVX2 := ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 MKL_ENABLE_INSTRUCTIONS=AVX2 CROSSWEAR_KERNELS=avx2

# To collect all tests again would take longer than these.
ROUNDING = $(shell grep -l -r --include='test_*.py' 'mark\.rounding' tests)

# Some containers forbid Python to keep bytecode. Then every process of the tests compiles its modules
# again, which takes as long as importing them.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: study test check docs clean

study: $(INSTALLED)
	$(BIN)/crosswear study run

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(MKDOCS)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --dist worksteal
	OMP_NUM_THREADS=1 $(AVX2) $(BIN)/pytest -n auto --dist worksteal -m rounding $(ROUNDING)

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/pytest -q -n auto --dist worksteal -m "not slow and not real" tests/unit

docs: $(INSTALLED)
	$(MKDOCS)

$(INSTALLED): pyproject.toml setup.py constraints.txt $(wildcard src/crosswear/networks/kernels/*.[ch]pp)
	$(PYTHON) -c 'import sys; sys.exit("crosswear needs Python 3.11 or newer: make PYTHON=python3.11 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf build src/crosswear/networks/kernels/*.so .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
