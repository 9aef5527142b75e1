//! Who is on the list.

use std::collections::BTreeMap;

use super::{EmailAddress, Timestamp};

/// The number a subscriber has in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriberId(pub i64);

/// Somebody on the list. `Debug` shows the number alone.
#[derive(Clone, PartialEq)]
pub struct Subscriber {
    /// The number in the store.
    pub id: SubscriberId,
    /// Where their mail goes.
    pub address: EmailAddress,
    /// What themes may greet them by; empty when unknown.
    pub first_name: String,
    /// The family name; empty when unknown.
    pub last_name: String,
    /// Whether they get mail.
    pub status: SubscriptionStatus,
    /// Why the status is what it is, and where the row came from, in words.
    pub origin: String,
    /// Everything else an import knew of them, kept for the export.
    pub fields: BTreeMap<String, String>,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Subscriber({})", self.id.0)
    }
}

/// Whether a subscriber gets mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionStatus {
    /// They asked for it.
    Subscribed,
    /// They asked, and have not confirmed yet.
    Unconfirmed,
    /// They left.
    Unsubscribed,
}

impl SubscriptionStatus {
    /// The word kept in tables and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Unconfirmed => "unconfirmed",
            Self::Unsubscribed => "unsubscribed",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Subscribed, Self::Unconfirmed, Self::Unsubscribed]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// Why an address must never be mailed again, whatever the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressionReason {
    /// The mailbox does not exist, said the receiver.
    HardBounce,
    /// The reader called it spam.
    Complaint,
    /// An operator said so.
    Manual,
}

impl SuppressionReason {
    /// The word kept in tables and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HardBounce => "hard-bounce",
            Self::Complaint => "complaint",
            Self::Manual => "manual",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::HardBounce, Self::Complaint, Self::Manual]
            .into_iter()
            .find(|reason| reason.as_str() == text)
    }
}
