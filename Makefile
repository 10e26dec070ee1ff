# `make demo` and `make test` need nothing but Python ≥ 3.11; both set up .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint bio bm3d bench docs setup clean

setup: .venv/ready

.venv/ready: setup.cfg constraints.txt pyproject.toml
	$(PYTHON) -c "import sys; assert sys.version_info >= (3, 11), 'Python 3.11 or newer is needed'"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	rm -rf *.egg-info  # an older one would hide plugins that are new
	$(BIN)/python -m pip install -q -c constraints.txt --upgrade setuptools wheel
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[test]'
	touch $@

demo: .venv/ready
	$(BIN)/bench compare --datasets samples --save-images --out results/demo
	$(BIN)/bench report --results results/demo --out results/demo/report.html
	@echo "The table is in results/demo/table.txt; open results/demo/report.html to see the images."

# A process for each core, with one thread of torch each.
test: .venv/ready lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

lint: .venv/ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Installs bm3d (for non-commercial use only) in an environment of its own and runs what needs it;
# `.venv-bm3d/bin/python -m pytest -m "bm3d and slow"` measures its figures, in half an hour.
bm3d: .venv-bm3d/ready
	.venv-bm3d/bin/python -m pytest -m "bm3d and not slow"

.venv-bm3d/ready: setup.cfg constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv-bm3d
	.venv-bm3d/bin/python -m pip install -q -c constraints.txt --upgrade setuptools wheel
	.venv-bm3d/bin/python -m pip install -q -c constraints.txt -e '.[test,bm3d]'
	touch $@

# Installs the readers of bioio, some forty packages, in an environment of their own and runs what
# needs them.
bio: .venv-bio/ready
	.venv-bio/bin/python -m pytest tests/denoisebench/image_files/test_bio.py

.venv-bio/ready: setup.cfg constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv-bio
	.venv-bio/bin/python -m pip install -q -c constraints.txt --upgrade setuptools wheel
	.venv-bio/bin/python -m pip install -q -c constraints.txt -e '.[test,bio]'
	touch $@

# The docs as a site that opens without a server and without a network: docs/_build/html/index.html.
# A warning, such as a link to a page that does not exist, is an error.
SITE ?= docs/_build
docs: .venv/docs-ready
	$(BIN)/python -m sphinx -W --keep-going -q -b html -c docs -d $(SITE)/doctrees . $(SITE)/html
	@echo "The site is in $(SITE)/html; open index.html."

.venv/docs-ready: .venv/ready
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[docs]'
	touch $@

bench: .venv/ready
	$(BIN)/python -m pytest benches --benchmark-only --benchmark-sort=name

clean:
	rm -rf .venv .venv-bio .venv-bm3d build dist *.egg-info results docs/_build
