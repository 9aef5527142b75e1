//! The promises of the program, kept against the outside: one file a feature.

mod support;

mod outbox;
mod smtp;
