//! What a push must record, so that no crash can repeat it.

use std::future::Future;

use crate::delivery::provider::RemoteId;
use crate::domain::{Digest, Timestamp};

/// The record of one campaign's sends through one provider.
///
/// Only the send is recorded: every step before it can be repeated without
/// harm. An intent that was never settled *is* the doubt, so no state in
/// between has to be written at a bad moment.
pub trait PushRecord: Send + Sync {
    /// The end of earlier runs.
    fn past(&self) -> impl Future<Output = Result<PastSend, RecordError>> + Send;

    /// Records that the provider is about to be asked to send. It replaces an
    /// earlier intent, and is on the disk before it returns.
    fn intend(&self, intent: &SendIntent) -> impl Future<Output = Result<(), RecordError>> + Send;

    /// Records the end of an intent. It is on the disk before it returns.
    fn settle(
        &self,
        intent: &SendIntent,
        end: SendEnd,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), RecordError>> + Send;
}

/// One request to send, made or about to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendIntent {
    /// The provider's identifier of the campaign.
    pub remote: RemoteId,
    /// The digest of the campaign.
    pub digest: Digest,
    /// The time of the request.
    pub at: Timestamp,
}

/// How a send ended, once that is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendEnd {
    /// The provider accepted it.
    Sent,
    /// The provider did not accept it, and will not send.
    NotSent,
}

/// The end of earlier runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastSend {
    /// No send was requested, or each one is known not to have been accepted.
    Never,
    /// A send was requested, and its end was not recorded.
    InDoubt(SendIntent),
    /// It was sent.
    Sent(SendIntent),
}

/// Why the record could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the record of what was sent: {0}")]
pub struct RecordError(pub String);
