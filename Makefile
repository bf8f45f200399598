# camfleet: `make` lists what there is to do. Everything is built below build/; programs land in build/bin/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

build: ## a release build of camfleet and camfleet-sim
	@scripts/packages.sh build
	@scripts/build.sh release

run: build ## the gateway with 24 simulated cameras, and a link to its console
	@scripts/demo.sh

test: ## all tests: unit (with sanitizers), fuzz corpora, end to end, browser
	@scripts/packages.sh build test
	@scripts/build.sh release
	@scripts/build.sh check
	@scripts/test.sh

proof: test ## the long proofs: what is too slow for every change
	@scripts/proof.sh

deb: build ## build/camfleet_VERSION_ARCH.deb
	@scripts/deb.sh

bench: build ## the figures of docs/performance.md, each with its floor
	@scripts/bench.sh

format: ## clang-format over all of our code
	@scripts/format.sh

lint: ## clang-format as a check, clang-tidy with its coroutine checks
	@scripts/packages.sh build test
	@scripts/build.sh release
	@scripts/build.sh check
	@scripts/lint.sh

fuzz: ## every fuzz target for FUZZ_SECONDS (60) each
	@scripts/packages.sh build test
	@scripts/build.sh check
	@scripts/fuzz.sh

clean: ## forget build/
	rm -rf build

.PHONY: help build run test proof deb bench format lint fuzz clean
