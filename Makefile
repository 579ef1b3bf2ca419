# Every command a person runs. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run demo test test-fast fmt lint docs bench load crash

help: ## lists the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: ## builds and starts the server on http://127.0.0.1:8080
	cargo run --release -- serve

demo: ## the same with a seeded market and merchants who bid live
	cargo run --release -- demo

test: fmt-check lint docs tests/oidc/node_modules/.package-lock.json ## everything CI runs: format, lints, docs, all tests, benches compiled
	cargo test --all-targets
	cargo test --doc
	node --test tests/web/*.test.mjs

# A real OpenID provider for the tests of signing in with one.
tests/oidc/node_modules/.package-lock.json: tests/oidc/package-lock.json
	npm ci --prefix tests/oidc --no-audit --no-fund

test-fast: tests/oidc/node_modules/.package-lock.json ## the tests alone
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

crash: ## kills the server while bidders bid, CYCLES times (default 100), and compares ledgers
	MAZAD_CRASH_CYCLES=$(or $(CYCLES),100) cargo test --release --test it crash -- --nocapture
