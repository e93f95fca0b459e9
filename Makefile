# The stable commands. Each works on a fresh machine that has make and Python 3.11 or newer.
#   make run [PORT=8001]        make test [ARGS="-k orders"]        make check        make isolation
.DEFAULT_GOAL := help
.PHONY: help run test check isolation bypass venues canary e2e screens bench install

# python3 when it is new enough, else a newer one beside it. Asked only once, and by running it: a name may be an empty shim.
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.11 python3.12 python3.13 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
endif
ifeq ($(PYTHON),)
$(error Plumbline needs Python 3.11 or newer, and none was found. Install one (for instance: apt install python3.11 \
python3.11-venv) or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11)
endif

PORT ?= 8000
export PORT

# exec: a signal sent to the recipe must reach the launcher, not a shell in front of it.
WITH_SERVERS = exec $(PYTHON) -m deploy.local.with_servers

help:
	@echo 'make run        start Plumbline here: packages, database, demo, every process (PORT=8000)'
	@echo 'make test       the whole suite against throwaway servers (ARGS="-k name" for a part)'
	@echo 'make check      linters, import contracts, types, migrations, deployment settings'
	@echo 'make isolation  the sweep that one tenant never sees another'
	@echo 'make bypass     every way in, tried without the second factor'
	@echo 'make venues     the contract of every venue; writes its pass matrix into docs/venues.md'
	@echo 'make canary     marked keys through everything, and the search for where they turn up'
	@echo 'make e2e        journeys in Chromium, with an accessibility engine'
	@echo 'make screens    the pictures in docs/screens, taken anew'
	@echo 'make bench      figures beside their named alternatives, as JSON under benchmarks/results/'

run:
	@exec $(PYTHON) -m deploy.local.run

install:
	@exec $(PYTHON) -m deploy.local.install dev

test: install
	@$(WITH_SERVERS) python -m pytest -n 2 --dist loadgroup $(ARGS)

check: install
	@exec $(PYTHON) -m deploy.local.check $(ARGS)

isolation: install
	@$(WITH_SERVERS) python -m deploy.local.tally isolation -n 2 --dist loadgroup tests/isolation $(ARGS)

# A whole install each, and Chromium (CHROMIUM=/path, else the machine's).
e2e: install
	@$(WITH_SERVERS) python -m deploy.local.tally e2e -m e2e tests/e2e $(ARGS)

# Of an install of its own; needs Chromium. ARGS names some of them.
screens: install
	@$(WITH_SERVERS) python -m docs.screens.take $(ARGS)

# Every venue against one contract. A cell that fails stands in the page as FAILED, and no commit with it passes.
venues: install
	@export PLUMBLINE_WRITE_VENUES=1; $(WITH_SERVERS) python -m pytest -q -n 2 tests/venue_contract $(ARGS)

# Every way in, tried without the second factor, also with Redis flushed.
bypass: install
	@$(WITH_SERVERS) python -m deploy.local.tally bypass -n 2 --dist loadgroup tests/accounts/security $(ARGS)

# Marked keys through every path; the whole install at its most talkative, searched to the last file.
canary: install
	@$(WITH_SERVERS) python -m deploy.local.tally canary -n 2 --dist loadgroup tests/canary $(ARGS)

# Each figure on servers of its own; first_page clones the last commit, so commit before you measure.
bench: install
	@$(PYTHON) -m deploy.local.with_servers python benchmarks/key_rotation.py
	@$(PYTHON) -m deploy.local.with_servers python benchmarks/credential.py
	@$(PYTHON) -m deploy.local.with_servers python benchmarks/sockets.py
	@$(PYTHON) -m deploy.local.with_servers python benchmarks/data_export.py
	@$(PYTHON) -m deploy.local.with_servers python benchmarks/search.py
	@$(PYTHON) -m deploy.local.with_servers python benchmarks/candles.py
	@$(PYTHON) -m deploy.local.with_servers python benchmarks/import_rows.py
	@$(PYTHON) -m deploy.local.with_servers python benchmarks/serving.py
	@$(PYTHON) -m deploy.local.with_servers python benchmarks/live.py
	@$(PYTHON) -m deploy.local.with_servers python -m benchmarks.quality
	@$(PYTHON) -m deploy.local.with_servers python -m benchmarks.news_matching
	@$(PYTHON) -m deploy.local.with_servers python -m benchmarks.sentiment
	@$(PYTHON) benchmarks/first_page.py
	@$(PYTHON) benchmarks/sandbox_binance.py
	@$(PYTHON) benchmarks/sandbox_kite.py
	@$(PYTHON) benchmarks/sandbox.py
