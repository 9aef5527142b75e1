//! How a push ends.

use super::RecordError;
use crate::delivery::provider::{
    PlanError, PreflightItem, PreflightLevel, ProviderError, Remote, RemoteId, RemoteState,
};
use crate::domain::Digest;

/// The result of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the other fields say it")]
pub enum Pushed {
    /// The provider accepted the send, now or in an earlier run that was interrupted.
    Sent {
        remote: RemoteId,
        /// The state that the provider reported; `None` if the state could not
        /// be read after the send.
        state: Option<RemoteState>,
    },
    /// It was sent before, and nothing was changed. This is a success. The digest
    /// is known if it was recorded.
    AlreadySent { remote: RemoteId, digest: Option<Digest> },
    /// It is neither a draft nor sent, but scheduled, paused or cancelled.
    /// Somebody did that at the provider, so nothing was changed.
    LeftAlone { remote: Remote },
    /// It is not known whether it was sent. It is not sent again.
    Unknown {
        remote: RemoteId,
        /// The state that the provider reported, or why it could not be read.
        seen: Result<RemoteState, ProviderError>,
    },
}

/// The result of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the other fields say it")]
pub enum Proofed {
    /// The provider has sent the tests. It may change their subject, and does
    /// not send our header with the digest.
    Tested {
        remote: Remote,
        /// The provider's checklist. An error in it does not prevent a test.
        checklist: Vec<PreflightItem>,
    },
    /// The campaign is no longer a draft, so no test was sent.
    LeftAlone { remote: Remote },
}

/// Why a push failed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the names of the other fields say it")]
pub enum PushError {
    /// The provider cannot carry this campaign.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A call failed. Nothing was sent.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The record could not be read or written. Nothing was sent.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The provider has another draft than was uploaded. Nothing was sent.
    #[error(
        "the campaign {remote} differs from what was uploaded: {difference}; \
             nothing was sent, and the draft was left as it is"
    )]
    Differs {
        remote: Remote,
        /// The first difference, for people.
        difference: String,
    },
    /// The provider's checklist has errors. Nothing was sent.
    #[error("the provider reports that the campaign {remote} is not ready: {}", errors(checklist))]
    NotReady { remote: Remote, checklist: Vec<PreflightItem> },
    /// Between the preparation and the send the draft was replaced or changed its state.
    #[error(
        "the draft {expected} was prepared, and now {} has its title; nothing was sent, \
             run this command again",
        now(found)
    )]
    Replaced {
        /// The draft that was prepared.
        expected: Remote,
        /// The campaign that has the title now.
        found: Option<Remote>,
    },
    /// A proof was asked for while a send is in doubt. It would change a campaign
    /// that may be on its way.
    #[error(
        "it is not known whether {remote} was sent, so its draft was not changed; \
             run `postrider send` again to settle that first"
    )]
    InDoubt { remote: RemoteId },
    /// The send ended, and that could not be recorded. The next run asks the provider.
    #[error("{source}; the provider was asked to send, and the next run asks it for the outcome")]
    Unrecorded { pushed: Pushed, source: RecordError },
}

fn errors(checklist: &[PreflightItem]) -> String {
    let errors = checklist.iter().filter(|item| item.level == PreflightLevel::Error);
    errors.map(|item| format!("{}: {}", item.heading, item.details)).collect::<Vec<_>>().join("; ")
}

fn now(found: &Option<Remote>) -> String {
    found.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
}
