//! The way of an issue from its file to readers or editors: the workflow that
//! `send`, `due` and `proof` have in common.
//!
//! In: a [`Context`], the newsletter's folder, an issue
//! file. Out: campaigns that were delivered or handed over, and a report. This
//! is the only room that joins a store to a transport or a provider.
//! Deliberately absent: parsing of arguments, which
//! [`commands`](crate::commands) does.

pub(crate) mod cancel;
mod decide;
mod deliver;
mod differences;
mod dry_run;
pub(crate) mod due;
mod halt;
pub(crate) mod identity;
pub(crate) mod issue_file;
pub(crate) mod newsletter;
pub(crate) mod order;
mod plan;
mod proofs;
mod push;
mod refusal;
mod report;
mod route;
mod send;
mod standstill;
pub(crate) mod store_access;

use jiff::tz::TimeZone;

use crate::domain::RouteKind;
use crate::host::Context;
use crate::store::Store;
use newsletter::Newsletter;

/// Sends the issues of one newsletter from one store.
pub(crate) struct Publisher<'p> {
    pub(crate) context: &'p Context,
    pub(crate) newsletter: &'p Newsletter,
    pub(crate) store: &'p Store,
}

impl Publisher<'_> {
    /// The route that is configured.
    fn route(&self) -> RouteKind {
        self.newsletter.config.delivery.via.kind()
    }

    /// The time zone in which people read times.
    fn zone(&self) -> &TimeZone {
        &self.newsletter.config.newsletter.time_zone
    }
}
