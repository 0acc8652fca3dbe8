# make app     installs what is needed and starts the app
# make test    installs what is needed and runs every test
# make format  puts the code into its usual form
# make wheel   builds the package into dist/; make space stages a hosted Space in build/space/
#
# Needs Python 3.10 to 3.12 with pip; name it where python3 is another: make PYTHON=python3.12 app

PYTHON ?= python3
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE # where it is set, each of the many processes that the tests start would compile all packages anew

.PHONY: help app test lint types tests editor-tests format wheel space constraints clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

app: .venv/installed-app,synth
	@$(call system_package,$(HAS_FLUIDSYNTH),libfluidsynth3,SoundFonts cannot be played)
	$(BIN)/python app.py

test: lint types tests editor-tests

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-test
	$(BIN)/pyrefly check

tests: .venv/installed-test
	@$(call system_package,$(HAS_FLUIDSYNTH),libfluidsynth3,tests of SoundFonts are left out)
ifneq ($(wildcard tests/browser),)
	@$(call system_package,$(HAS_CHROMIUM),chromium,tests in a browser are left out)
endif
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal

editor-tests:
ifneq ($(wildcard tests/editor),)
	@$(call system_package,command -v node,nodejs,tests of the editor cannot run)
	node --test $(wildcard tests/editor/*.test.* tests/learn/*.test.*)
endif

format: .venv/installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: .venv/bin/python
	$(FIND_UV) && $$uv build --quiet --wheel

# What is pushed to a hosted Space: its own README, requirements and starter beside the package and its assets.
space:
	rm -rf build/space && mkdir -p build/space
	cp -r spaces_config/. n2n assets LICENSE build/space/
	find build/space -name __pycache__ -prune -exec rm -r {} +

# Exact versions from the ranges in pyproject.toml; versions already in the file stay where they can.
constraints: .venv/bin/python
	$(FIND_UV) && $$uv pip compile --quiet --universal --python-version 3.10 --all-extras --no-header --no-annotate \
		--no-emit-index-url --output-file constraints.txt pyproject.toml

clean:
	rm -rf .venv build dist

# --- Installing: uv does it in seconds, and comes by pip; where it fails, pip does it alone. ---

FIND_UV = uv=$$(command -v $(BIN)/uv || command -v uv)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' \
		|| { echo "$(PYTHON) is not Python 3.10 to 3.12: name one that is, as in  make PYTHON=python3.12 app" >&2; exit 1; }
	$(PYTHON) -m venv .venv >/dev/null \
		|| { rm -rf .venv; $(PYTHON) -m venv --without-pip .venv; $(PYTHON) -m pip --python .venv/bin/python install --quiet pip; }
	$(BIN)/python -m pip install --quiet uv || echo "uv cannot be installed: pip alone will do, but slower"

.venv/installed-%: .venv/bin/python pyproject.toml constraints.txt
	{ $(FIND_UV) && $$uv pip install --python $(BIN)/python --constraint constraints.txt --editable '.[$*]'; } \
		|| $(BIN)/python -m pip install --constraint constraints.txt --editable '.[$*]'
	touch $@

HAS_FLUIDSYNTH = $(PYTHON) -c 'import ctypes.util; assert ctypes.util.find_library("fluidsynth")'
HAS_CHROMIUM = command -v chromium || command -v chromium-browser || command -v google-chrome

# $(call system_package,a command that succeeds where it is here,its name in Debian and Ubuntu,what is lost without it)
define system_package
{ $(1); } >/dev/null 2>&1 || { \
	echo "installing the system package $(2)"; \
	root=$$([ "$$(id -u)" = 0 ] || echo "sudo -n"); \
	command -v apt-get >/dev/null && $$root apt-get update -qq \
		&& $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; \
} || echo "CANNOT INSTALL $(2): $(3). Install it by hand (Debian, Ubuntu: apt-get install $(2))." >&2
endef
