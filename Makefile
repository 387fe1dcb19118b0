# The front door. `make help` lists what there is; every target first installs what is missing.
MAKEFLAGS += --no-print-directory
export PATH := $(CURDIR)/.deps/venv/bin:$(PATH)
JOBS ?= $(shell nproc)

.PHONY: help setup build test sanitize demo bench bench-agent bench-store bench-outage bench-mesh bench-edge bench-query bench-population bench-ui soak lint format clean consistency interop

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install every dependency (done by all others too)
	@tools/setup

build: setup ## build the binary: build/clew
	@cmake --preset release > /dev/null
	@cmake --build --preset release -j $(JOBS) --target clew

demo: build ## start Envoys, shop, agents and store; CHECK=1: verify headless and exit; CHAOS=1: things go wrong; LAB=0: on loopback; MICROVM=1: payments in microVMs
	@$(if $(MICROVM),demo/microvm/prepare.py)
	@$(if $(filter-out 0,$(shell id -u)),:,cmake --build --preset release -j $(JOBS) --target clew_netlab)
	@$(if $(MICROVM),CLEW_DEMO_MICROVM=1) $(if $(LAB),CLEW_DEMO_LAB=$(LAB)) demo/clew-demo $(if $(CHECK),$(if $(CHAOS),chaos-check,check),up $(if $(CHAOS),--chaos))

test: setup ## unit tests, end-to-end tests, style; ends with the counts
	@tools/run-tests

sanitize: setup ## unit tests and fuzzers under address and undefined-behaviour sanitizers
	@tools/run-sanitizers

bench: build ## ingest benchmark on the documented workload, beside peers
	@bench/store/main.py --only ingest --spans 2000000 --grpc-spans 2000000 $(ARGS)

bench-agent: build ## all bars of the agent, beside the OpenTelemetry Collector; ARGS=--quick: small
	@bench/agent/main.py $(ARGS)

consistency: build ## three agents and the Collector keep the same of 1,000,000 traces, in each mode
	@.deps/venv/bin/python bench/consistency/main.py $(ARGS)

interop: build ## an agent and a Collector as each other's clients, compared field by field
	@.deps/venv/bin/python bench/interop/main.py $(ARGS)

bench-store: build ## all bars of the store, beside peers; half an hour; ARGS=--quick: three minutes
	@bench/store/main.py $(ARGS)

bench-outage: build ## an hour's worth of spans waits on disk and is caught up; ARGS=--quick: small
	@bench/soak/outage.py $(ARGS)

bench-query: build ## all bars of queries, on 20 million spans; ARGS=--quick: 600,000
	@bench/query/main.py $(ARGS)

bench-population: build ## 100,000 traces merged into one tree of calls; ARGS=--quick: 10,000
	@bench/population/main.py $(ARGS)

bench-ui: build ## the trace page with traces of 10,000 to 1,000,000 spans: first paint, frames, memory; ARGS='--spans 10000'
	@node bench/ui/main.mjs $(ARGS)

bench-mesh: build ## all bars of the control plane, with 5,060 simulated and 20 real Envoys; ARGS=--quick: small
	@cmake --build --preset release -j $(JOBS) --target clew_mesh_clients
	@bench/mesh/main.py $(ARGS)

bench-edge: build ## all bars of edges, in a lab of network namespaces, as root; ARGS=--quick: small
	@cmake --build --preset release -j $(JOBS) --target clew_netlab
	@bench/edge/main.py $(ARGS)

soak: build ## 15 minutes at 80 % of the most an agent takes: is memory flat; ARGS=--minutes=2: shorter
	@bench/soak/soak.py $(ARGS)

lint: setup ## style's hard edges, clang-format, clang-tidy, shell and UI checks
	@tools/lint

format: setup ## format all sources in place
	@git ls-files '*.cc' '*.h' | xargs clang-format-19 -i
	@cd ui && npm run --silent format
	@tools/format-scripts --write

clean: ## remove build outputs (not what setup installed)
	@rm -rf build ui/dist
