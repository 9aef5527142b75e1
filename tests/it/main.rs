//! The integration tests: one binary, a file for each feature.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod layering;
