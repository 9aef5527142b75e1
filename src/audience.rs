//! Who gets a campaign, who does not, and why not.
//!
//! In: the list, and CSV files. Out: an [`AudiencePlan`] that counts every
//! subscriber once, and the rows of the files as entries. Deliberately
//! absent: the database. The store selects the audience (`store/freeze.rs`).

pub(crate) mod csv;

use std::collections::BTreeMap;
use std::future::Future;

use crate::domain::{LanguageTag, SubscriberId, Timestamp};

/// Why a subscriber does not get a campaign. The first reason that applies counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Exclusion {
    Unsubscribed,
    Unconfirmed,
    Suppressed,
}

impl Exclusion {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Unconfirmed => "unconfirmed",
            Self::Suppressed => "suppressed",
        }
    }

    /// The reason, as the end of a sentence about subscribers.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Unconfirmed => "not confirmed",
            Self::Unsubscribed | Self::Suppressed => self.as_str(),
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Unsubscribed, Self::Unconfirmed, Self::Suppressed]
            .into_iter()
            .find(|exclusion| exclusion.as_str() == word)
    }
}

/// Every subscriber, counted once.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct AudiencePlan {
    pub(crate) included: u64,
    /// How many do not, by reason.
    pub(crate) excluded: BTreeMap<Exclusion, u64>,
    /// How many get it at each domain, the largest first.
    pub(crate) domains: Vec<(String, u64)>,
}

/// The list, as the public pages use it. The store implements it.
pub trait PublicList: Send + Sync + 'static {
    /// Unsubscribes a subscriber for good, on the disk before it returns. A
    /// second call changes nothing, and neither does a number that no
    /// subscriber has.
    fn unsubscribe_by_link(
        &self,
        subscriber: SubscriberId,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), ListUnavailable>> + Send;

    /// The language of the mail of a campaign, which the token of a link names by
    /// a part of its digest; `None` if it is not known.
    fn language_of(&self, campaign: [u8; 6]) -> impl Future<Output = Option<LanguageTag>> + Send {
        let _ = campaign;
        async { None }
    }

    /// Checks with one small query that the list can be read.
    fn check(&self) -> impl Future<Output = Result<(), ListUnavailable>> + Send;
}

/// Why the list could not be used. It is logged, and never shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ListUnavailable(pub String);
