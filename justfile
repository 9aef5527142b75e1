# What people of this repository do, by name. `just` alone lists it.

_list:
    @just --list --unsorted

# Everything that must hold before a change goes in.
check:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings
    cargo test --locked
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked

# The tests, or those whose names hold a word.
test *WORDS:
    cargo test --locked {{WORDS}}

# The tests that need programs outside this repository, too.
judges:
    .ci/run

# Kills a sender at random moments, and proves what came of it: `just kill --kills 200`.
kill *OPTIONS:
    cargo test --locked --test kill -- {{OPTIONS}}

# Feeds the renderer any bytes for so many seconds (needs cargo-fuzz, no nightly).
fuzz SECONDS="60":
    tests/fuzz/run {{SECONDS}}

# Wall time and peak memory of a cold `preview`.
measure-preview ISSUE="issues/2026-11-18-hello-inbox.md":
    cargo build --release --locked
    tests/measure/preview.py {{ISSUE}} --beside-mjml

# The bytes of every sample and real issue, and the shape of its text part.
measure-sizes:
    cargo build --locked --bin postrider --example fragments
    tests/measure/sizes.py

# A section of our text part beside that of npm's html-to-text.
compare-text *NAME:
    cargo build --locked
    node tests/judges/text/compare.mjs {{NAME}}

# Pictures of the samples, or of issues: light, dark, without images, without styles.
screenshots *ISSUES:
    cargo build --locked
    node tests/judges/browser/screenshots.mjs target/screenshots $(POSTRIDER=target/debug/postrider node tests/judges/mails.mjs {{ISSUES}})

# Licences, sources and advisories of the dependencies (needs cargo-deny).
deny:
    cargo deny check

# Writes the parts of an issue; open preview/<issue>/index.html to see them.
preview ISSUE:
    cargo run --release --locked -- preview {{ISSUE}}

# Sends an issue of the newsletter in this folder, into its outbox.
send ISSUE:
    cargo run --release --locked -- send {{ISSUE}}

# Reads the whole documentation of the library.
doc:
    cargo doc --no-deps --locked --open
