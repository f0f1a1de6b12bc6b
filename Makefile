# `make run` and `make test` include all set-up.

SETTINGS ?= gate.toml
export PORT ISSUER CLIENT_ID CLIENT_SECRET SCOPES USER_CLAIM GROUPS_CLAIM SAMPLE SLACK_SIGNING_SECRET SLACK_TEAM SLACK_BOT_TOKEN SLACK_USER

# Each start would else compile CDK, JupyterLab and AWS's library again, which takes longer than all the rest.
export PYTHONDONTWRITEBYTECODE =

PYTHON = .venv/bin/python
PYTEST = $(PYTHON) -m pytest -n 3 --dist=loadfile --no-loadscope-reorder

# uv does not read pip's variable for a package mirror.
ifneq ($(PIP_INDEX_URL),)
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

help: ## List the targets
	@grep -hE '^[a-z.-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: .venv/.ready node_modules/.ready ## Serve everything on this machine, without AWS (PORT, ISSUER, CLIENT_…, SCOPES, …_CLAIM, SAMPLE, SLACK_…)
	@PYTHONPATH=lambda:dev:. exec $(PYTHON) -m local

slack: .venv/.ready ## Act as a user of the local Slack workspace of `make run` (PORT, SLACK_USER)
	@PYTHONPATH=lambda:dev:. exec $(PYTHON) -m local.slack

slack-manifest: .venv/.ready ## Print the Slack app's manifest for your deployment (BASE_URL)
	@PYTHONPATH=lambda:dev:. $(PYTHON) -m cli.slack_manifest "$(BASE_URL)"

test: .venv/.dev node_modules/.ready .cache/browser .cache/provider/.ready .cache/rehearsal/.ready ## Check style and types, and run all tests (TESTS: files, or options of pytest)
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	PYTHONPATH=lambda:dev .venv/bin/lint-imports --no-logo
	$(PYTEST) $(TESTS)

test-one-address: .venv/.dev node_modules/.ready .cache/provider/.ready ## Test what `make run` serves where loopback has one address, as on macOS (Linux)
	scripts/one-address $(PYTEST) tests/dev/local

test-lowest: .cache/lowest/.ready node_modules/.ready ## Test function and template with the lowest Python and Node.js of the README
	PATH="$(CURDIR)/.cache/lowest/node_modules/.bin:$$PATH" .cache/lowest/bin/python -m pytest \
		-n 3 --dist=loadfile --no-loadscope-reorder tests/unit tests/infra

rehearse: .venv/.dev node_modules/.ready .cache/browser .cache/rehearsal/.ready ## Deploy to an AWS emulator, use what stands there, and destroy it (BREAK)
	@PYTHONPATH=lambda:dev:. exec $(PYTHON) -m rehearsal $(if $(BREAK),--break $(BREAK))
	$(if $(BREAK),,@PYTHONPATH=lambda:dev:. exec $(PYTHON) -m rehearsal --without-vpc)

release-archive: .venv/.dev ## Archive the committed source as a release, which rehearsals upgrade from (CONTRIBUTING.md, "Releasing")
	@PYTHONPATH=lambda:dev:. $(PYTHON) -m rehearsal.releases

bench: .cache/bench/.ready ## Compare the speed of the function with other implementations (about five minutes)
	@PYTHONPATH=lambda:dev:. .cache/bench/bin/python -m bench $(BENCH)

faults: .venv/.dev node_modules/.ready ## Inject every fault of every dependency at every endpoint (about ten minutes)
	@PYTHONPATH=lambda:dev:. $(PYTHON) -m trials faults

rush: .venv/.dev ## Simulate rushes, in which all users come at once (about ten minutes)
	@PYTHONPATH=lambda:dev:. $(PYTHON) -m trials rush

fuzz: .venv/.dev node_modules/.ready ## Try over a hundred thousand hostile inputs (about ten minutes)
	$(PYTHON) -m pytest -q --hypothesis-profile=fuzz -n auto --maxprocesses=4 --dist=worksteal tests/fuzz

pictures: .venv/.dev node_modules/.ready .cache/browser ## Take the screenshots of the documents again
	PICTURES=1 $(PYTHON) -m pytest -q tests/browser/test_pictures.py tests/browser/test_notebook.py::test_a_user_signs_in_and_runs_a_cell

reference: .venv/.dev ## Write the tables of settings, endpoints, commands and reasons in the documents again
	@PYTHONPATH=lambda:dev:. $(PYTHON) -m reference

audit: .venv/.dev ## Check the packages of the lock files for known vulnerabilities
	@scripts/audit

format: .venv/.dev ## Format the code
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

deploy: .venv/.ready node_modules/.ready ## Deploy gate.toml to the AWS account of your credentials (SETTINGS: another file)
	@name=$$(PYTHONPATH=lambda:. $(PYTHON) -m infra "$(SETTINGS)") && npx cdk deploy -c "settings=$(SETTINGS)" "$$name"

bundle: .venv/.ready ## Build the function's bundle, dist/function.zip, and print its hash; cdk deploy -c bundle=dist/function.zip deploys it
	@PYTHONPATH=lambda:. $(PYTHON) -m infra.prebuilt dist/function.zip

wheel: bundle ## Build the package for CDK apps of your own, with the function's bundle inside: dist/notebook_gate-….whl
	@.tools/bin/uv build --quiet --wheel --out-dir dist

clean: ## Delete everything that set-up and tests created
	rm -rf .venv .tools .cache node_modules cdk.out dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv: .venv/.ready
.venv/.ready: uv.lock pyproject.toml scripts/setup
	@scripts/setup python
	@touch $@

.venv/.dev: .venv/.ready
	@scripts/setup dev
	@touch $@

.cache/browser: scripts/setup
	@scripts/setup browser

.cache/lowest/.ready: uv.lock pyproject.toml scripts/setup .venv/.ready
	@scripts/setup lowest
	@touch $@

.cache/bench/.ready: uv.lock pyproject.toml scripts/setup .venv/.ready
	@scripts/setup bench
	@touch $@

.cache/provider/.ready: uv.lock pyproject.toml scripts/setup .venv/.ready
	@scripts/setup provider
	@touch $@

.cache/rehearsal/.ready: uv.lock pyproject.toml scripts/setup .venv/.ready
	@scripts/setup rehearsal
	@touch $@

node_modules/.ready: package-lock.json package.json scripts/setup
	@scripts/setup node
	@touch $@

.PHONY: help run slack slack-manifest test test-one-address test-lowest rehearse release-archive bench faults rush fuzz pictures reference audit format deploy bundle wheel clean .venv
