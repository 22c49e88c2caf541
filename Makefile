# Every word of this project. `make help` lists them; each does all the set-up that it needs.
# Paths are relative on purpose: the folder's own path may hold a space.

PYTHON ?= python3
PORT ?= 8000
SUITE ?= ../shared/conformance/shacl
SAMPLE ?= 0
COUNT ?= 5000
SIZE ?= 1 190 2000 20000
GROWTH ?= 200 2000 10000
KILLS ?= 200
FAULTS ?= 500
SECONDS ?= 60
BASE ?= HEAD
TESTS ?= tests
BIN := .venv/bin
EXTRAS := pdf,postgresql,reasoner,remote,development

.DEFAULT_GOAL := help
.PHONY: help install run test whole crash faults attack load lint format fuzz queries workbooks damage bench wheel conformance pyshacl mutate oracle docs clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

install: .venv/installed ## Make .venv with the command `observance` and all that it can use

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 " + "install")'
	@echo "Installing into .venv (once; about a minute) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch .venv/installed

run: install ## Validate an example, show where each follow-up item stands, open the service
	@echo
	@echo "1. An example submission, validated (one with faults: queries/demo/faulty-timetable-interval.ttl):"
	@$(BIN)/observance validate shapes/examples/para-2-5-timetable.ttl
	@echo
	@echo "2. Where each follow-up item stands in the demo register, all of it invented: observance assess --brief"
	@$(BIN)/observance assess --brief
	@echo
	@echo "3. The service: observance serve --port $(PORT)"
	@exec $(BIN)/observance serve --port $(PORT)

test: install ## Run the tests, some on samples of their cases
	@$(BIN)/python -m pytest -q --numprocesses 2 --dist worksteal

whole: install ## Run every test on all its cases, also those that `make test` leaves out for their length (TESTS=tests)
	@OBSERVANCE_TEST_WHOLE=1 $(BIN)/python -m pytest -q --numprocesses 2 --dist worksteal $(TESTS)

crash: install ## Kill senders of messages at random moments (KILLS=n); nothing may be lost or doubled
	@OBSERVANCE_TEST_WHOLE=1 OBSERVANCE_TEST_KILLS=$(KILLS) $(BIN)/python -m pytest -q -s tests/observance/notifications/test_crash.py

faults: install ## Kill writers of a ledger at random moments, over SQLite and PostgreSQL (FAULTS=n); nothing may be lost or doubled
	@OBSERVANCE_TEST_WHOLE=1 OBSERVANCE_TEST_KILLS=$(FAULTS) $(BIN)/python -m pytest -q -s tests/observance/ledger/test_crash.py

attack: install ## Attack the service on loopback; none may succeed (SECONDS=n: all at once for so long)
	@$(BIN)/python tests/attack/run.py --seconds $(SECONDS)

load: install ## Time good clients beside a killer query a second, and requests a second beside Oxigraph's server
	@$(BIN)/python tests/bench/load.py

lint: install ## Check style, types and floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: install ## Put the Python files into their form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

fuzz: install ## Damage submissions and shapes; none may give anything but a report or a clear error (COUNT=n)
	@$(BIN)/python tests/fuzz/run.py --count $(COUNT)

queries: install ## Compare the prefilter of SPARQL constraints with Oxigraph on random queries (COUNT=n)
	@$(BIN)/python tests/fuzz/queries.py --count $(COUNT)

workbooks: install ## Damage workbooks; no value may be taken that is not certain, and no cell be told that is another (COUNT=n)
	@$(BIN)/python tests/fuzz/workbooks.py --count $(COUNT)

damage: install ## Damage the demo register; no answer may change without a warning that names the file (COUNT=n)
	@$(BIN)/python tests/damage/run.py --count $(COUNT)

bench: install ## Time this against that and other engines, side by side (SIZE="190 2000", GROWTH="200 2000": submissions)
	@$(BIN)/python tests/bench/run.py
	@$(BIN)/python tests/bench/validator.py
	@$(BIN)/python tests/bench/assessment.py
	@$(BIN)/python tests/bench/verdicts.py
	@$(BIN)/python tests/bench/ledger.py --sqlite-alone
	@$(BIN)/python tests/bench/service.py --sizes $(GROWTH)
	@$(BIN)/python tests/bench/growth.py
	@$(BIN)/python tests/bench/cold.py
	@$(BIN)/python tests/bench/jobs.py --count 2000
	@$(BIN)/python tests/bench/compare.py --sizes $(SIZE)

wheel: install ## Build the wheel and the source archive into dist/
	@$(BIN)/python -m build --outdir dist . > dist.log 2>&1 || (cat dist.log; exit 1)
	@rm -f dist.log && ls dist

docs: install ## Make the knowledge into HTML pages, in dist/docs
	@rm -rf dist/docs && mkdir -p dist
	@$(BIN)/observance document --output dist/docs

conformance: install ## Run the W3C suites of SHACL and of the SPARQL Protocol: make conformance SUITE=folder
	@$(BIN)/python tests/conformance/run.py "$(SUITE)"
	@$(BIN)/python tests/conformance/protocol.py "$(SUITE)/../sparql-protocol"

pyshacl: install ## Run pySHACL's own tests, downloaded from PyPI once, with our validate() in the place of pySHACL's
	@$(BIN)/python tests/conformance/pyshacl_suite.py

mutate: install ## Change shapes, rules and norms one by one; some case must notice (SAMPLE=n: only n of them)
	@$(BIN)/python tests/mutation/run.py --sample $(SAMPLE)

oracle: install ## Compare what the program answers with what it answered at a commit (BASE=commit; SAMPLE=n: n commands, n pages)
	@rm -rf .oracle && mkdir -p .oracle/tree && git archive $(BASE) | tar -x -C .oracle/tree
	@$(BIN)/python tests/oracle/run.py record .oracle/answers.jsonl.xz --tree .oracle/tree --sample $(SAMPLE)
	@$(BIN)/python tests/oracle/run.py compare .oracle/answers.jsonl.xz --sample $(SAMPLE)

clean: ## Remove what was built
	@rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .bench .oracle
