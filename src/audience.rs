//! Who gets a campaign, who does not, and why not.
//!
//! In: the list. Out: an [`AudiencePlan`] in which everybody on the list is
//! counted once, and the rows of CSV files read into subscribers. Absent on
//! purpose: the database; the store selects, by the rules that stand here.

pub mod csv;

use std::collections::BTreeMap;
use std::future::Future;

use crate::domain::{SubscriberId, Timestamp};

/// Why somebody on the list does not get a campaign. The first that applies counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exclusion {
    /// They left the list.
    Unsubscribed,
    /// They have not confirmed.
    Unconfirmed,
    /// Their address is suppressed.
    Suppressed,
}

/// Everybody on the list, counted once.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct AudiencePlan {
    /// How many get it.
    pub included: u64,
    /// How many do not, by reason.
    pub excluded: BTreeMap<Exclusion, u64>,
    /// How many get it at each domain, the largest first.
    pub domains: Vec<(String, u64)>,
}

/// How a reader leaves. The public pages call it, and the store implements it.
pub trait Leaving: Send + Sync + 'static {
    /// Takes a subscriber off the list for good, on the disk before it
    /// returns. Leaving twice is leaving once; a number nobody has is fine.
    fn leave(
        &self,
        subscriber: SubscriberId,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), LeavingError>> + Send;
}

/// Why the wish to leave could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the list could not be written: {0}")]
pub struct LeavingError(pub String);
