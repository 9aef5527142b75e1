//! Integration tests of the library and the program: one binary, one file per feature.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![allow(unreachable_pub, reason = "one binary has no outside")]
#![allow(clippy::print_stdout, reason = "a test says what it skipped, and a judge what it counted")]
#![allow(clippy::disallowed_methods, reason = "tests are configured by their environment")]

mod support;

mod article;
mod browser_judge;
mod check;
mod cli;
mod deploy;
mod due;
mod golden;
mod images;
mod layering;
mod leave;
mod mailchimp;
mod mended;
mod moved;
mod mrml;
mod new;
mod old_stores;
mod outbox;
mod postfix;
mod preview;
mod proof;
mod refusals;
mod render;
mod render_judge;
mod send;
mod smtp;
mod status;
mod store;
mod subscribers;
mod theme;
mod web;
mod words;
