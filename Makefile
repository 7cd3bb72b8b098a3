# One command for everything: `make check` is what CI runs, `make help` says what else there is.
PYTHON ?= .venv/bin/python
RUN := $(PYTHON) -m
COMPILE := $(RUN) uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-strip-extras --no-emit-index-url --no-emit-find-links

EXTRAS := --extra auditor --extra postgresql --extra pkcs11 --extra ios --extra mdm --extra offline-windows

.PHONY: install help demo check test lint types contracts docs filled-docs locks assets catalog-table
.PHONY: coverage mutation bench storm fleet servers fuzz fuzz-intake fuzz-seeds audit

install: ## a virtual environment with everything that `make check` needs
	python3 -m venv .venv
	$(RUN) pip install -q -r requirements/dev.txt
	$(RUN) pip install -q --no-deps -e .

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## this machine and four recorded phones, appraised
	$(RUN) setapart_auditor demo

test: ## every test, as many files at a time as there are processors
	$(RUN) pytest -n logical --dist loadfile

lint: ## ruff's rules and format, and spelling
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) codespell_lib agent auditor tests docs config packaging bench README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md

types: ## mypy
	$(RUN) mypy

contracts: ## who may import whom
	.venv/bin/lint-imports

filled-docs: ## the parts of documents that are made from the code
	$(PYTHON) docs/fill.py

docs: ## the documents say what the programs do; their site, in build/site
	$(RUN) pytest tests/docs
	$(PYTHON) docs/build_site.py

check: lint types contracts test ## what CI runs

coverage: ## evidence, appraisal and policy: every branch
	$(RUN) pytest --cov=setapart_evidence --cov=setapart_auditor.appraisal --cov=setapart_auditor.policy \
		--cov-branch --cov-report=term-missing

bench: ## ratios against peers and limits measured in the same run
	$(PYTHON) bench/verify_appraise.py
	$(PYTHON) bench/agent_run.py
	$(PYTHON) bench/android_parse.py
	$(PYTHON) bench/collectors.py
	$(PYTHON) bench/sweep.py

storm: ## the intake killed 1000 times on each database: nothing acknowledged is lost
	SETAPART_KILLS=1000 $(RUN) pytest -s tests/integration/test_kill_storm.py -k killed

fleet: ## 5 000 devices over ten days, on each database: sweeps find what was planted, exactly
	SETAPART_FLEET=5000 $(RUN) pytest tests/integration/test_fleet_days.py

servers: ## 1 000 agents, nginx, two servers, PostgreSQL: restarts under load lose nothing acknowledged
	SETAPART_AGENTS=1000 $(RUN) pytest -s tests/integration/test_two_servers.py

fuzz: ## every parser with 100 000 broken files of its kind, another hundred thousand each day
	PYTHONPATH=tests $(RUN) fuzz.run --inputs 100000 --seed $$(date +%Y%m%d)
	PYTHONPATH=tests $(PYTHON) tests/big_backup.py --check --files 1000000

fuzz-intake: ## the intake with 100 000 broken messages, another hundred thousand each day
	PYTHONPATH=tests $(PYTHON) tests/fuzz_intake.py --inputs 100000 --seed $$(date +%Y%m%d)

fuzz-seeds: ## good files for the fuzzer to start from, out of the parsers' own tests
	PYTHONPATH=tests $(RUN) fuzz.harvest

mutation: ## do the tests notice when appraisal or open_report is changed?
	$(PYTHON) bench/mutation.py

assets: ## the tests' own recorded devices and vectors, made again
	$(PYTHON) tests/assets/build_vectors.py
	$(PYTHON) tests/assets/build_demo.py

catalog-table: ## the agent's table of identifiers, from config/catalog
	$(RUN) setapart_auditor.policy.agent_table

locks: ## pinned requirements with hashes and without addresses
	$(COMPILE) pyproject.toml -o requirements/agent.txt
	$(COMPILE) pyproject.toml --extra auditor -o requirements/auditor.txt
	$(COMPILE) pyproject.toml $(EXTRAS) requirements/test.in -o requirements/test.txt
	$(COMPILE) pyproject.toml $(EXTRAS) requirements/test.in requirements/dev.in -o requirements/dev.txt
	$(COMPILE) pyproject.toml --extra ios-usb -c requirements/dev.txt -o requirements/ios-usb.txt
	$(COMPILE) pyproject.toml --extra tpm -c requirements/dev.txt -o requirements/tpm.txt
	$(COMPILE) pyproject.toml --extra auditor --extra postgresql --extra pkcs11 -c requirements/dev.txt \
		-o packaging/auditor/requirements.txt
	$(COMPILE) requirements/packaging.in -c requirements/dev.txt -o requirements/packaging.txt
	$(COMPILE) requirements/docs.in -c requirements/dev.txt -o requirements/docs.txt
	$(COMPILE) requirements/audit.in -c requirements/dev.txt -o requirements/audit.txt

.PHONY: packages distribution agent-packages auditor-packages release
.PHONY: packages-test agent-packages-test auditor-packages-test

packages: distribution agent-packages auditor-packages ## what is installed elsewhere, into dist/, with sums, signed if SETAPART_RELEASE_KEY names a key
	PYTHONPATH=packaging/agent $(RUN) agent_packages.checksums --output dist

distribution: ## agent and auditor together, as pip installs them: a wheel, and its sources
	$(RUN) hatchling build -t wheel -t sdist -d dist

agent-packages: ## the agent as wheel, single file, deb and rpm, pkg for Macs and zip for Windows, with bills of materials
	PYTHONPATH=packaging/agent:agent $(RUN) agent_packages --output dist

auditor-packages: ## the auditor as deb, with a bill of materials
	PYTHONPATH=packaging/agent:packaging/auditor:agent:auditor $(RUN) auditor_packages --output dist

release: ## from a clean tree at its tag: every package, built twice and compared, signed, and looked into; into build/release
	PYTHONPATH=packaging/agent:packaging/release $(RUN) releasing $(RELEASE_OPTIONS)

audit: ## known vulnerabilities of what the locks name
	for lock in requirements/*.txt packaging/auditor/requirements.txt; do \
		$(RUN) pip_audit --progress-spinner off --disable-pip --require-hashes -r $$lock || exit 1; done

packages-test: agent-packages-test auditor-packages-test ## packages where they are installed: the two below

agent-packages-test: ## the agent's deb and rpm in clean trees that boot; as root, many minutes
	mkdir -p dist
	$(RUN) pytest -s -p no:cacheprovider tests/packaging/agent/trees.py > dist/packages-test.log 2>&1; \
		code=$$?; tail -40 dist/packages-test.log; exit $$code

auditor-packages-test: ## the auditor's deb and container, the same way
	mkdir -p dist
	$(RUN) pytest -s -p no:cacheprovider tests/packaging/auditor tests/packaging/auditor/trees.py \
		tests/packaging/auditor/container.py > dist/auditor-packages-test.log 2>&1; \
		code=$$?; tail -40 dist/auditor-packages-test.log; exit $$code
