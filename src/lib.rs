//! Postrider carries a newsletter issue from Markdown in git to the inbox.
//!
//! ```text
//! issue file ──▶ Issue ──▶ Rendered ──▶ findings
//!  (Markdown)   (parsed)  (html, text    (checks)
//!                          with slots) ──▶ Campaign ──▶ Audience ──▶ Ledger ◀──▶ Delivery ──▶ Transport (smtp, outbox)
//!                               ▲          (frozen,      (who, and   (a row per    (the loop)  └▶ Provider (mailchimp)
//!                        Theme (MJML +      digest)       why not)    recipient)      │
//!                        Handlebars)                                                  ▼ Summary
//! ```
//!
//! The modules stand in the order in which the data passes through them. The
//! core holds plain values and decisions: it opens no file and no socket, and
//! it is handed the clock and the random source. The shell implements the
//! traits that the core declares. The edge talks to people.

#![deny(missing_docs)]

// The core.
pub mod domain;
pub mod source;

pub mod issue;
pub mod theme;

pub mod render;

pub mod check;

pub mod campaign;

pub mod audience;

pub mod delivery;

// The shell.
pub mod provider;
pub mod store;
pub mod transport;
pub mod web;

// The edge.
pub mod cli;
pub(crate) mod commands;
pub(crate) mod config;
pub mod error;
pub(crate) mod host;
pub(crate) mod publish;
pub(crate) mod ui;
