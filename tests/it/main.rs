//! The promises of the program, kept against the outside: one binary, a file
//! for each feature.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

mod check;
mod deploy;
mod layering;
mod mailchimp;
mod outbox;
mod render;
mod render_judge;
mod smtp;
mod web;
