# The tasks of this repository. `just` alone lists them.

_list:
    @just --list --unsorted

# Checks that a change must pass: format, lints, tests, documentation.
check:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings
    cargo test --locked
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked

# Runs the tests, or those whose names contain a word.
test *WORDS:
    cargo test --locked {{WORDS}}

# Runs all checks, also those that need programs outside this repository.
judges:
    .ci/run

# Kills a sender at random moments, and judges the results: `just kill --kills 200`.
kill *OPTIONS:
    cargo test --locked --test kill -- {{OPTIONS}}

# Feeds arbitrary bytes to the renderer for SECONDS (needs cargo-fuzz, no nightly).
fuzz SECONDS="60":
    tests/fuzz/run {{SECONDS}}

# Measures wall time and peak memory of a cold `preview`.
measure-preview ISSUE="issues/2026-11-18-hello-inbox.md":
    cargo build --release --locked
    tests/measure/preview.py {{ISSUE}} --beside-mjml

# Measures the sizes of every sample and real issue, and checks their text parts.
measure-sizes:
    cargo build --locked --bin postrider --example fragments
    tests/measure/sizes.py

# Measures `send` to relays that allow a rate, are busy, or break off: `just measure-relays rate`.
measure-relays *SCENES:
    cargo build --release --locked
    cargo run --locked --example relays -- {{SCENES}}

# Compares a section of our text part with that of npm's html-to-text.
compare-text *NAME:
    cargo build --locked
    node tests/judges/text/compare.mjs {{NAME}}

# Makes screenshots of the samples, or of issues: light, dark, without images, without styles.
screenshots *ISSUES:
    cargo build --locked
    node tests/judges/browser/screenshots.mjs target/screenshots $(POSTRIDER=target/debug/postrider node tests/judges/mails.mjs {{ISSUES}})

# Checks licences, sources and advisories of the dependencies (needs cargo-deny).
deny:
    cargo deny check

# Writes the parts of an issue; open preview/<issue>/index.html to see them.
preview ISSUE:
    cargo run --release --locked -- preview {{ISSUE}}

# Sends an issue of this repository's newsletter into its outbox.
send ISSUE:
    cargo run --release --locked -- send {{ISSUE}}

# Builds and opens the documentation of the library.
doc:
    cargo doc --no-deps --document-private-items --locked --open
