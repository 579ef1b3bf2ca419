# Every command a person runs. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run demo test test-fast fmt lint docs bench load fuzz crash
WEB = web/dist/index.html
# Most tests wait for something most of the time.
export RUST_TEST_THREADS ?= $(shell expr 2 '*' $$(nproc))

help: ## lists the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: $(WEB) ## builds and starts the server on http://127.0.0.1:8080
	cargo run --release -- serve

demo: $(WEB) ## the same with a seeded market and merchants who bid live
	cargo run --release -- demo

test: fmt-check lint docs servers tests/oidc/node_modules/.package-lock.json tests/outside/node_modules/.package-lock.json $(WEB) ## everything CI runs: format, lints, docs, all tests, benches compiled, 5 000 random calls
	cargo test --all-targets
	$(MAKE) test-mariadb
	cargo test --doc
	$(MAKE) page
	$(MAKE) fuzz

# A real OpenID provider for the tests of signing in with one.
tests/oidc/node_modules/.package-lock.json: tests/oidc/package-lock.json
	npm ci --prefix tests/oidc --no-audit --no-fund

# A real SMTP server and an independent reader of Web Push.
tests/outside/node_modules/.package-lock.json: tests/outside/package-lock.json
	npm ci --prefix tests/outside --no-audit --no-fund

# The web application. A release binary takes it in when it is compiled, and cargo does not see that there is a new one.
$(WEB): web/node_modules/.package-lock.json web/index.html web/vite.config.ts $(shell find web/src -type f)
	npm run --prefix web --silent build
	@touch $@ src/http/api/web.rs

web/node_modules/.package-lock.json: web/package-lock.json
	@npm --version 2>/dev/null | awk -F. '$$1 >= 11 { fine = 1 } END { exit !fine }' || \
	  { echo 'building the web application needs Node.js 20.19 or later with npm 11: npm install --global npm@11' >&2; exit 1; }
	npm ci --prefix web --no-audit --no-fund
	@touch $@

.PHONY: page chromium types
page: $(WEB) tests/oidc/node_modules/.package-lock.json chromium ## checks the page and tests it, also in a real Chromium; pictures of it go to web/screenshots
	cargo build
	npm run --prefix web --silent check
	npm run --prefix web --silent test

types: web/node_modules/.package-lock.json ## writes the page's types of the API anew, after the API has changed
	cargo build
	node web/scripts/types.mjs --from "$${CARGO_TARGET_DIR:-target}/debug/mazad"

# On a machine of ours that has none it is installed; elsewhere whoever runs this decides.
chromium:
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome google-chrome-stable chrome; do \
	  if [ -n "$$name" ] && command -v "$$name" >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo 'make page: no Chromium found; installing it with apt-get'; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else echo 'make page needs a Chromium: apt install chromium, or name one in CHROMIUM' >&2; exit 1; fi

# What lies in a file, starts its own server, knows both or needs none is left out: the run on a file has it.
.PHONY: test-mariadb
test-mariadb: servers tests/oidc/node_modules/.package-lock.json tests/outside/node_modules/.package-lock.json ## everything that starts the server, on MariaDB
	MAZAD_TEST_STORE=mariadb cargo test --test it -- --skip store:: --skip engine:: --skip disk:: --skip trouble:: \
	  --skip timing:: --skip outage:: --skip backup:: --skip channels:: --skip fleet:: --skip redis:: --skip deal::moved

# Real servers for the tests, which start their own and stop them. As with Chromium.
.PHONY: servers
servers:
	@need=; \
	PATH="$$PATH:/usr/sbin"; command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null || need='mariadb-server'; \
	command -v redis-server >/dev/null || need="$$need redis-server"; \
	if [ -z "$$need" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "make servers: installing $$need with apt-get"; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends $$need >/dev/null; \
	else echo "the tests need MariaDB 10.11 and Redis 7 or later: apt install $$need" >&2; exit 1; fi

test-fast: servers tests/oidc/node_modules/.package-lock.json tests/outside/node_modules/.package-lock.json ## the tests alone
	cargo test

fmt: ## formats the code
	cargo fmt

.PHONY: fmt-check
fmt-check:
	cargo fmt --check

lint: ## clippy, warnings are errors
	cargo clippy --all-targets -- -D warnings

docs: ## the code's documentation, broken links are errors
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

bench: ## the benches; figures land under target/criterion
	cargo bench

load: ## drives a running server; LOAD="--what bids --auctions 100"
	cargo run --release -- load $(LOAD)

fuzz: .venv/ready ## random calls against every operation as every role, N or more (default 5000); installs schemathesis
	cargo build
	.venv/bin/python tests/fuzz/fuzz.py "$${CARGO_TARGET_DIR:-target}/debug/mazad" --requests $(or $(N),5000) $(FUZZ)

.venv/ready: tests/fuzz/requirements.txt
	@python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'make fuzz needs Python 3.11 or later with venv (Debian: apt install python3-venv)' >&2; exit 1; }
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --requirement tests/fuzz/requirements.txt
	@touch $@

.PHONY: restarts
restarts: ## restarts the server while bidders bid, CYCLES times (default 50), and compares ledgers
	MAZAD_RESTART_CYCLES=$(or $(CYCLES),50) cargo test --release --test it drain -- --nocapture

crash: ## kills the server while bidders bid, CYCLES times (default 100), and compares ledgers
	MAZAD_CRASH_CYCLES=$(or $(CYCLES),100) cargo test --release --test it crash -- --nocapture
