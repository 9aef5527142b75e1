//! What this product promises, feature by feature, through its public face.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod deploy;
mod web;
