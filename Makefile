# Two commands do everything on a fresh Debian machine with Rust: `make run` and `make test`.
# Build products go to $CARGO_TARGET_DIR, by default a cache outside the clone, so that a second clone builds nothing anew.

export CARGO_TARGET_DIR ?= $(HOME)/.cache/cairn/target
CAIRN := $(CARGO_TARGET_DIR)/release/cairn

.PHONY: help run build test crash faults fixture sim sim-shrink sim-campaign negative model tsan asan miri races churn fmt clippy doc tools test-tools torture fuzz fuzz-all corpus bench-build bench-peers bench-pgbench bench-index bench-log bench-engines bench-engine bench-keyvalue bench-tools bench-tpcc bench-tpch bench-recovery bench-quick bench-full

help:
	@echo "make run      installs what is missing, builds, starts a node (psql -p 4327)"
	@echo "make test     installs what is missing, builds, runs every test"
	@echo "make crash    1,000 times kill -9 and 100 cut logs under load (CAIRN_CRASHES=n for more or less)"
	@echo "make faults   500 errors of the disk, one at a time (CAIRN_FAULTS=n for more or less)"
	@echo "make fixture NAME=...  writes a data directory that later versions must open: see tests/fixtures/README.md"
	@echo "make torture  sends hostile input for about an hour"
	@echo "make fuzz TARGET=sql [SECONDS=60] [FILE=...]   runs one fuzzer (see docs/fuzzing.md)"
	@echo "make fuzz-all [MINUTES=30]         runs all of them, this long each in CPU time"
	@echo "make build    builds the server: $(CAIRN)"
	@echo "make sim SEED=7 [STEPS=1500]    one seed of the simulator; PRINT=print shows its trace"
	@echo "make sim-shrink SEED=7         makes a failing seed small"
	@echo "make sim-campaign [SEEDS=100000]  many of them"
	@echo "make negative shows that deliberate bugs turn the simulator's checks red"
	@echo "make model    explores memtx's threads under loom; make tsan, make asan: under a sanitizer (make miri where there is one)"
	@echo "make races [ROUNDS=100]     readers against a writer on memtx, every read checked"
	@echo "make churn [MINUTES=60]     memory after churn beside a fresh engine's"
	@echo "make fmt      checks the format"
	@echo "make clippy   runs the linter"
	@echo "make bench-quick    measures a little of everything in minutes and draws a page (make bench-full: hours)"
	@echo "make bench-pgbench  measures Cairn beside PostgreSQL under pgbench (an hour; OPTIONS=... for less)"
	@echo "make bench-index    measures memtx's tree beside other indexes"
	@echo "make bench-log      measures the write-ahead log beside a bare loop of write and sync"
	@echo "make bench-keyvalue beside Redis, Tarantool and SQLite too (make bench-tools installs DuckDB for make bench-tpch)"
	@echo "make doc      builds the documentation of all crates"

# What a plain Debian with Rust lacks. Says what it does; works as root and with sudo.
tools:
	@scripts/install-tools

# Also the clients and drivers that tests run.
test-tools:
	@scripts/install-tools test

build: tools
	cargo build --release -p cairn

run: build
	$(CAIRN) run

test: test-tools
	cargo build --release -p cairn
	CAIRN_BIN=$(CAIRN) cargo test --release --workspace --no-fail-fast

crash: export CAIRN_CRASHES ?= 1000
crash: tools
	cargo build --release -p cairn
	CAIRN_BIN=$(CAIRN) cargo test --release --workspace --test crash -- --nocapture --test-threads=1

faults: export CAIRN_FAULTS ?= 500
faults: tools
	cargo build --release -p cairn
	CAIRN_BIN=$(CAIRN) cargo test --release --workspace --test faults -- --nocapture --test-threads=1

fixture: tools
	cargo build --release -p cairn
	CAIRN_BIN=$(CAIRN) CAIRN_FIXTURE=$(NAME) cargo test --release --workspace --test fixture -- --ignored write_a_fixture

SEED ?= 1
SEEDS ?= 100000

sim:
	@cargo run --release -q -p cairn-sim -- run $(SEED) $(STEPS) $(PRINT) $(TRIM)

sim-shrink:
	@cargo run --release -q -p cairn-sim -- shrink $(SEED) $(STEPS) $(TRIM)

sim-campaign:
	@cargo run --release -q -p cairn-sim -- campaign $(SEEDS) $(FIRST)

# The long form of the tests with hostile input: a million messages, a hundred thousand texts. CAIRN_SEED=... repeats a run.
torture: test-tools
	cargo build --release -p cairn
	CAIRN_BIN=$(CAIRN) CAIRN_MUTATIONS=1000000 CAIRN_TEXTS=100000 \
		cargo test --release --workspace --test mutated_messages --test mutated_sql -- --nocapture --test-threads 1

negative:
	cargo test --release -p cairn-negative --features deliberate-bugs -- --nocapture

# Memory that threads share: docs/concurrency.md.
model tsan asan miri:
	@scripts/check-memory $@

ROUNDS ?= 100
MINUTES ?= 60

races:
	CAIRN_ROUNDS=$(ROUNDS) cargo test --release --workspace --test torture -- --nocapture

churn:
	CAIRN_CHURN_MINUTES=$(MINUTES) cargo test --release --workspace --test churn -- --nocapture

# Fuzzers need a nightly toolchain; cargo-fuzz is installed when it is missing.
TARGET ?= sql

fuzz: SECONDS ?= 60
fuzz:
	@scripts/fuzz $(TARGET) $(SECONDS) $(FILE)

fuzz-all: MINUTES = 30
fuzz-all:
	@scripts/fuzz all $$(( $(MINUTES) * 60 ))

fmt:
	cargo fmt --all --check

clippy: tools
	cargo clippy --release --workspace --all-targets -- -D warnings

doc: tools
	RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps

# Measurements: see bench-suite/README.md. OPTIONS go to the suite.
SUITE := $(CARGO_TARGET_DIR)/release/bench-suite
PEERS := $(CARGO_TARGET_DIR)/release/bench-peers

# Where `test-tools` puts pgbench when the machine has none. PostgreSQL's server, the peer, is not installed by itself.
bench-%: export PATH := $(PATH):$(or $(CAIRN_TOOLS),$(HOME)/.cache/cairn/tools)/bin

# Peers that no Debian package brings. Redis, Tarantool and PostgreSQL are not installed by themselves: their packages would
# start servers.
bench-tools:
	@scripts/install-tools bench

# Together with the server, so that RocksDB is compiled once for both.
bench-build: test-tools
	cargo build --release -p cairn -p cairn-bench-suite

bench-engines: bench-build
	$(SUITE) engines $(OPTIONS)

bench-engine: bench-peers
	$(PEERS) engine $(OPTIONS)

bench-keyvalue: bench-build bench-peers
	CAIRN_BIN=$(CAIRN) $(PEERS) keyvalue $(OPTIONS)

bench-log: bench-build
	$(SUITE) log $(OPTIONS)

bench-tpcc: bench-build
	CAIRN_BIN=$(CAIRN) $(SUITE) tpcc $(OPTIONS)

# OPTIONS: --queries 1,6 and so on; the scale factor is about gigabytes.
TPCH_SCALE ?= 1
TPCH_DATA := $(CARGO_TARGET_DIR)/tpch-$(TPCH_SCALE)

bench-tpch: bench-build bench-peers
	test -f $(TPCH_DATA)/lineitem || $(PEERS) tpch-data $(TPCH_DATA) --scale $(TPCH_SCALE)
	CAIRN_BIN=$(CAIRN) $(SUITE) tpch --data $(TPCH_DATA) $(OPTIONS)

bench-recovery: bench-build
	CAIRN_BIN=$(CAIRN) $(SUITE) recovery $(OPTIONS)

# Everything. The small form leaves its results beside the build; the full one where results are committed.
bench-quick: bench-build bench-peers
	@CAIRN_BIN=$(CAIRN) scripts/bench quick $(CARGO_TARGET_DIR)/bench-quick

bench-full: bench-build bench-peers
	@CAIRN_BIN=$(CAIRN) scripts/bench full bench-suite/results

# The crate that links competitors.
bench-peers:
	cargo build --release --manifest-path bench-suite/peers/Cargo.toml

bench-index: bench-peers
	$(PEERS) index $(OPTIONS)

bench-pgbench: bench-build
	CAIRN_BIN=$(CAIRN) $(SUITE) pgbench $(OPTIONS)
