//! What must be remembered of a push, so that no crash can repeat it.

use std::future::Future;

use crate::delivery::provider::RemoteId;
use crate::domain::{Digest, Timestamp};

/// What is remembered of one campaign's sends through one provider.
///
/// Only the send is written down: everything before it can be found again by
/// its key and done again without harm. An intent that was never settled *is*
/// the doubt, so there is no state in between to be written at a bad moment.
pub trait PushRecord: Send + Sync {
    /// What earlier runs left.
    fn past(&self) -> impl Future<Output = Result<PastSend, RecordError>> + Send;

    /// Writes that a send is about to be asked for, on the disk before it
    /// returns. It takes the place of an earlier intent.
    fn intend(&self, intent: &SendIntent) -> impl Future<Output = Result<(), RecordError>> + Send;

    /// Closes an intent, on the disk before it returns.
    fn settle(
        &self,
        intent: &SendIntent,
        end: SendEnd,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), RecordError>> + Send;
}

/// A send that is about to be asked for, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendIntent {
    /// The provider's name for the campaign.
    pub remote: RemoteId,
    /// What stood there.
    pub digest: Digest,
    /// When.
    pub at: Timestamp,
}

/// How a send ended, once that is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendEnd {
    /// The provider has taken it.
    Sent,
    /// The provider has not taken it, and will not.
    NotSent,
}

/// What earlier runs left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastSend {
    /// No send was asked for, or each one is known not to have been taken.
    Never,
    /// A send was asked for, and how it ended was not written.
    InDoubt(SendIntent),
    /// It was sent.
    Sent(SendIntent),
}

/// Why the record could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record of what was sent cannot be used: {0}")]
pub struct RecordError(pub String);
