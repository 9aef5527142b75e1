//! What a send is asked to do, by `send` or by `due`.

use crate::delivery::InDoubt;
use crate::error::{Exit, Failure};
use crate::store::FreezeError;

/// Whether somebody is asked before people are mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// They are, and without a terminal nothing is sent.
    Ask,
    /// It was given on the command line, or by setting up the timer.
    Given,
}

/// What one send is asked to do.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) consent: Consent,
    pub(crate) proof: ProofRule,
    pub(crate) repeat: RepeatRule,
    pub(crate) allow: Vec<String>,
    pub(crate) in_doubt: Option<InDoubt>,
}

/// Whether the editors must have seen the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProofRule {
    Required,
    Waived,
}

/// Whether an issue may go out under a second slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RepeatRule {
    Refuse,
    AsNew,
}

/// Why a campaign was not frozen. Nothing was sent.
pub(crate) fn not_frozen(error: FreezeError) -> Failure {
    match error {
        FreezeError::Store(error) => error.into(),
        FreezeError::AlreadyFrozen { .. } => Failure::new(Exit::Held, error.to_string()),
        error => Failure::new(Exit::BlockedOrOverdue, error.to_string())
            .hint("It was not frozen, and nothing was sent."),
    }
}
