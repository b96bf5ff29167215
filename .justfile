# One verb per task. `just` lists them.

_default:
    @just --list --unsorted

# Play a failover of a cluster and of an instance in the embedded region
demo *arguments:
    cargo run --bin writerlink -- demo {{ arguments }}

# Audit target groups, read-only: just audit --config writerlink.toml
audit *arguments:
    cargo run --bin writerlink -- audit {{ arguments }}

# Serve the embedded region on loopback to any AWS client
lab *arguments:
    cargo run --bin writerlink -- lab serve {{ arguments }}

# Play seeded histories of the engine in the embedded region: just simulate --seeds 10000
simulate *arguments:
    cargo run --bin writerlink -- lab simulate {{ arguments }}

# Play every scenario against the function and the baseline, with nine seeds and two of the rules
# that nobody has measured: hours. The report of seed 1 is target/grid.html
grid *arguments:
    cargo build --workspace
    target/debug/writerlink lab run --all --seeds 9 --leaving frozen --leaving live \
        --handler bootstrap --handler tests/baseline/run \
        --output markdown --report target/grid.html {{ arguments }}

# Run all tests
test *arguments:
    cargo test --workspace {{ arguments }}

# Run the checks that are too long for every test run, and write docs/deep-checks.md
deep *sections:
    .ci/deep {{ sections }}

# Check formatting and lints
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Format
fmt:
    cargo fmt --all

# Check the licences and sources of the dependencies (needs cargo-deny)
deny:
    cargo deny --config .config/deny.toml check bans licenses sources

# Build the documentation of the crates
doc:
    cargo doc --workspace --no-deps --document-private-items

# Build the Lambda binary for this machine: target/artifact/bootstrap
artifact:
    cargo build --profile artifact -p writerlink-lambda

# The release files are bootstrap-*.zip, checksums and components.
# Build the release files into target/package, for each architecture that this machine can build
package *arguments:
    infra/package {{ arguments }}

# Build a release, or what this machine can of it: just release 0.1.0 --dry-run --unreleased
release *arguments:
    .ci/release {{ arguments }}

# Generate infra/writerlink.yaml from the layers (needs PyYAML)
flatten:
    infra/flatten

# Run everything that a change must pass
ci:
    .ci/run
