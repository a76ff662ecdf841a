# Every target is one or two plain commands, which can be run without make.

# The seconds for each fuzz target.
SECONDS ?= 30

.PHONY: help demo test bench crash soak fuzz check fix docs tools librdkafka

help: ## lists the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

# Without Kafka, which the demo does not use and which takes two minutes to build.
demo: tools ## builds tubebell and runs its demo; options with ARGS="…"
	cargo build --locked --no-default-features
	@cargo run --locked --no-default-features --quiet -- demo $(ARGS)

# A test that would have to write a snapshot fails instead.
test: librdkafka ## runs the whole test suite, also on a Kafka and a Schema Registry that it starts (in Java)
	INSTA_UPDATE=no cargo test --locked --workspace -- --skip real:: --skip crash::kafka::
	INSTA_UPDATE=no tests/services/run cargo test --locked --workspace --test it -- real:: crash::kafka::
	cargo test --locked --manifest-path sim/serenity/Cargo.toml --target-dir target/serenity

# Figures of Kafka need one, which is started for them.
bench: librdkafka ## measures the load that docs/performance.md speaks of; one figure alone with ARGS=deliver_webhook
	$(if $(findstring kafka,$(or $(ARGS),kafka)),tests/services/run) cargo bench --locked --bench load -- $(ARGS)

# What breaks a law is kept in fuzz/artifacts, what reaches new code in fuzz/target/found; the corpus stays as it is.
fuzz: librdkafka ## searches for texts that break a law, each target for SECONDS=30
	@command -v cargo-fuzz >/dev/null || { \
	  echo "cargo-fuzz is missing (it also needs a C++ compiler): cargo install cargo-fuzz --locked" >&2; exit 1; }
	for target in $$(cargo fuzz list); do \
	  mkdir -p fuzz/target/found/$$target; \
	  cargo fuzz run -s none $$target fuzz/target/found/$$target fuzz/corpus/$$target -- \
	    -max_total_time=$(SECONDS) -max_len=4000 -print_final_stats=1 || exit 1; \
	done

crash: librdkafka ## kills the gateway 200 times amid fan-outs, and 50 to 200 amid all else, Kafka included; others with KILLS=… SEED=…
	CRASH_KILLS=$(or $(KILLS),200) $(if $(SEED),CRASH_SEED=$(SEED)) tests/services/run cargo test --locked --test it crash:: -- --nocapture

soak: librdkafka ## lives through ten days of a busy gateway in minutes; more with DAYS=…
	SOAK_DAYS=$(or $(DAYS),10) cargo test --locked --test it soak:: -- --nocapture

check: librdkafka ## everything that CI runs: format, lints, documentation, tests
	.ci/run

fix: librdkafka ## formats, and mends what lints can mend themselves
	cargo clippy --locked --all-targets --fix --allow-dirty --allow-staged
	cargo fmt

docs: librdkafka ## builds the documentation of the code
	cargo doc --locked --no-deps --document-private-items

tools:
	@command -v cargo >/dev/null || { \
	  echo "cargo is missing: install Rust 1.89 or newer from https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { \
	  echo "cc is missing: SQLite is built from source and needs a C compiler. Install one with" >&2; \
	  echo "  apt install build-essential | dnf install gcc | apk add build-base | xcode-select --install" >&2; exit 1; }

librdkafka: tools
	@tests/services/build-needs
