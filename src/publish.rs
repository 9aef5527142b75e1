//! The way of an issue from its file to readers or editors: the workflow that
//! `send`, `due` and `proof` have in common.
//!
//! In: a [`Context`](crate::host::Context), the newsletter's folder, an issue
//! file. Out: campaigns that were delivered or handed over, and a report. This
//! is the only room that joins a store to a transport or a provider.
//! Deliberately absent: parsing of arguments, which
//! [`commands`](crate::commands) does.

pub(crate) mod approval;
pub(crate) mod identity;
pub(crate) mod issue_file;
pub(crate) mod newsletter;
pub(crate) mod order;
pub(crate) mod plan;
pub(crate) mod provider;
pub(crate) mod relay;
pub(crate) mod report;
pub(crate) mod store_access;
