# Everything a user or CI calls; `make help` lists it. Builds show their own progress.

SHELL := /bin/bash
SWIFT ?= swift
# The tools' caches and temporary files stay below .build: nothing outside this folder is touched.
export XDG_CACHE_HOME := $(CURDIR)/.build/xdg/cache
export XDG_CONFIG_HOME := $(CURDIR)/.build/xdg/config
export XDG_DATA_HOME := $(CURDIR)/.build/xdg/data
TEMPORARY := $(CURDIR)/.build/tmp
RUN_SWIFT := mkdir -p $(TEMPORARY) && TMPDIR=$(TEMPORARY) $(SWIFT)
# An import that Package.swift does not declare ends the build.
DEBUG_BUILD := $(RUN_SWIFT) build --build-tests --explicit-target-dependency-import-check error
RELEASE_BUILD := $(RUN_SWIFT) build -c release --explicit-target-dependency-import-check error

.PHONY: help packages programs build test check run demo bench bench-ota bench-kek bench-memory bench-idle bench-signed interop peers fuzz chaos clean format
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

packages: ## installs missing Debian packages (root or sudo)
	@deploy/packages

programs: packages ## debug build of the programs alone: what trying needs
	@$(RUN_SWIFT) build --explicit-target-dependency-import-check error

build: packages ## debug build of everything, tests too; undeclared imports are errors
	@began=$$(date +%s); $(DEBUG_BUILD) || exit 1; echo "Building took $$(($$(date +%s) - began)) s."

test: build ## installs what is missing, then all tests, the real executables among them
	@began=$$(date +%s); mkdir -p $(TEMPORARY) && TMPDIR=$(TEMPORARY) deploy/test; status=$$?; \
	echo "Tests took $$(($$(date +%s) - began)) s."; exit $$status

check: build ## formatting, product membership, explicit imports
	@$(RUN_SWIFT) format lint --strict --recursive --parallel --configuration .swift-format Package.swift Sources Tests
	TMPDIR=$(TEMPORARY) deploy/check-products

release: packages ## optimised build (a clean machine needs some ten minutes)
	@echo "Building release; the first time takes some ten minutes."
	@$(RELEASE_BUILD)

run: programs ## the whole platform on this machine until Ctrl-C, with a registered user and a verified signature
	@BIN_DIR=$${BIN_DIR:-.build/debug} exec deploy/demo/run

demo: programs ## the same once, then stops; exit code 0 only if the signature verified
	@BIN_DIR=$${BIN_DIR:-.build/debug} exec deploy/demo/run --once

bench: release ## signatures per second through everything, durable, beside what pgbench commits
	@exec deploy/bench

bench-ota: release ## packets to and from cards: sealed and opened a second, of one core
	@exec deploy/bench-ota

bench-kek: release ## what a KEK in a file and one in a PKCS#11 token take
	@exec deploy/bench-kek

bench-memory: release ## memory of a waiting transaction, with 50,000 of them in one home (COUNT)
	@exec deploy/bench-memory

bench-signed: release ## what a signature costs whose messages are signed as XML, beside a plain one
	@exec deploy/bench-signed

bench-idle: release ## what a provider notices of 10,000 idle connections and a swarm of slow ones (CONNECTIONS, SWARM)
	@exec deploy/bench-idle

# Those that need no Java and no message centre of others.
INTEROP := zeep schemathesis sslyze signxml

interop: build ## what application providers use, unmodified, against AE: a SOAP toolkit, requests made from openapi.json, XML signatures, a scanner of TLS
	@for peer in $(INTEROP); do deploy/peers/$$peer || exit 1; done

peers: build ## programs that others wrote read what ours write, and ours theirs (each of deploy/peers; PyPI once)
	@for peer in deploy/peers/*; do [ ! -f $$peer ] || [ ! -x $$peer ] || $$peer || exit 1; done

fuzz: packages ## what reads octets from outside, each FUZZ_SECONDS (20) under libFuzzer and AddressSanitizer
	@exec deploy/fuzz

chaos: release ## kills the home, or one of CHAOS_HOMES, 300 times under load (CHAOS_KILLS): nothing lost, nothing doubled, no counter back
	@exec deploy/chaos

format: ## formats every source
	@$(RUN_SWIFT) format --in-place --recursive --parallel --configuration .swift-format Package.swift Sources Tests

clean: ## removes .build and .run
	rm -rf .build .build-fuzz .run
