//! How a push ends.

use super::{Difference, RecordError};
use crate::delivery::provider::{
    PlanError, PreflightItem, PreflightLevel, ProviderError, Remote, RemoteId, RemoteState,
};
use crate::domain::Digest;

/// What became of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushed {
    /// The provider has taken it, just now or in an earlier run that was cut short.
    Sent {
        /// Its name there.
        remote: RemoteId,
        /// In which state it was seen; `None` when the send was accepted and
        /// the state could not be read since.
        state: Option<RemoteState>,
    },
    /// It had been sent before, and nothing was changed. This is a success.
    AlreadySent {
        /// Its name there.
        remote: RemoteId,
        /// What was sent, if the record knows.
        digest: Option<Digest>,
    },
    /// It is neither a draft nor sent (scheduled, paused, cancelled...), and
    /// that is somebody's doing: nothing was changed.
    LeftAlone {
        /// As it stands there.
        remote: Remote,
    },
    /// Whether it was sent is not known. It is not sent again.
    Unknown {
        /// Its name there.
        remote: RemoteId,
        /// What the provider said when it was asked.
        seen: Result<RemoteState, ProviderError>,
    },
}

/// What became of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proofed {
    /// The provider has sent the tests. It may put a mark into their subject,
    /// and cannot carry a header of ours.
    Tested {
        /// The draft, as it stands there.
        remote: Remote,
        /// The provider's checklist: an error in it does not hinder a test.
        checklist: Vec<PreflightItem>,
    },
    /// The campaign is no draft any more, so no test can be made of it.
    LeftAlone {
        /// As it stands there.
        remote: Remote,
    },
}

/// Why a push came to nothing.
#[derive(Debug, thiserror::Error)]
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
    /// What stands there is not what was put there. Nothing was sent.
    #[error(
        "the campaign {remote} does not hold what was put there: {difference}; \
             nothing was sent, and the draft is left for you to look at"
    )]
    Differs {
        /// Which.
        remote: Remote,
        /// Where.
        difference: Difference,
    },
    /// The provider's checklist has errors. Nothing was sent.
    #[error("the campaign {remote} is not ready, says the provider: {}", errors(checklist))]
    NotReady {
        /// Which.
        remote: Remote,
        /// All of the checklist.
        checklist: Vec<PreflightItem>,
    },
    /// Between the preparation and the send the draft was replaced or changed its state.
    #[error(
        "the draft {expected} was prepared, and now {} bears its title; nothing was sent, \
             run this again",
        now(found)
    )]
    Replaced {
        /// What was prepared.
        expected: Remote,
        /// What is there now.
        found: Option<Remote>,
    },
    /// A proof was asked for while a send is in doubt: it would change what may be under way.
    #[error(
        "whether {remote} was sent is not known, so its draft is not touched; \
             run send again to settle that first"
    )]
    InDoubt {
        /// Which.
        remote: RemoteId,
    },
    /// The send ended, and that could not be written. The next run asks the provider.
    #[error(
        "{source}; the provider was asked to send, and the next run will ask it what became of that"
    )]
    Unrecorded {
        /// How it ended.
        pushed: Pushed,
        /// What failed.
        source: RecordError,
    },
}

fn errors(checklist: &[PreflightItem]) -> String {
    let errors = checklist.iter().filter(|item| item.level == PreflightLevel::Error);
    errors.map(|item| format!("{}: {}", item.heading, item.details)).collect::<Vec<_>>().join("; ")
}

fn now(found: &Option<Remote>) -> String {
    found.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
}
