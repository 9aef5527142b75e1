//! The exit codes, and which error of a room ends with which of them.

use super::Failure;
use crate::delivery::push::PushError;
use crate::delivery::{LedgerError, RunError};
use crate::store::{FreezeError, ImportError, StoreError, StoreFault};

/// How a run ended. The numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Exit {
    /// Done, or there was nothing to do, or it was sent already.
    Done = 0,
    /// A fault of this program.
    Internal = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// An input cannot be read: an issue, a theme, a CSV file.
    InputUnreadable = 3,
    /// The checks refused the issue.
    ChecksRefused = 4,
    /// There is no proof, or one of other bytes; a `verify` that does not match, too.
    ProofMissing = 5,
    /// Another sender holds the campaign.
    Held = 6,
    /// A server, a provider or a database is unreachable, or refused us. Resumable.
    Unreachable = 7,
    /// Stopped by the breaker, a pause or a signal. Resumable.
    Stopped = 8,
    /// Finished, and some recipients were rejected.
    Rejections = 9,
    /// Some outcomes are unknown, and somebody has to decide about them.
    OutcomesUnknown = 10,
    /// Nothing can be sent until somebody acts, or the issue is overdue.
    BlockedOrOverdue = 11,
    /// The local store is missing, full, read-only, of a newer version, moved or restored.
    StoreFault = 12,
}

impl Exit {
    /// Which of these counts first where several apply.
    pub const PRECEDENCE: [Self; 5] = [
        Self::OutcomesUnknown,
        Self::StoreFault,
        Self::Unreachable,
        Self::Stopped,
        Self::Rejections,
    ];

    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The one to end with where several apply: those of [`Exit::PRECEDENCE`]
    /// in its order, then the first other failure; [`Exit::Done`] for none.
    pub fn strongest(exits: impl IntoIterator<Item = Self>) -> Self {
        let failures: Vec<Self> = exits.into_iter().filter(|exit| *exit != Self::Done).collect();
        let first = Self::PRECEDENCE.into_iter().find(|exit| failures.contains(exit));
        first.or(failures.first().copied()).unwrap_or(Self::Done)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match error.fault {
            StoreFault::HeldByAnother { .. } => Exit::Held,
            _ => Exit::StoreFault,
        };
        let failure = match std::error::Error::source(&error) {
            Some(cause) => Self::from_error(exit, error.to_string(), cause),
            None => Self::new(exit, error.to_string()),
        };
        failure.hint(error.advice())
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => error.into(),
            error => Self::new(Exit::InputUnreadable, error.to_string()),
        }
    }
}

impl From<FreezeError> for Failure {
    fn from(error: FreezeError) -> Self {
        let exit = match error {
            FreezeError::Store(error) => return error.into(),
            FreezeError::AlreadyFrozen { .. } => Exit::Held,
            FreezeError::EmptyAudience { .. } | FreezeError::CalledOff { .. } => {
                Exit::BlockedOrOverdue
            }
        };
        Self::new(exit, error.to_string()).hint(error.advice())
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::new(Exit::StoreFault, error.to_string())
            .hint("Nothing more is sent. Repair the store and run the same command: it resumes.")
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Ledger(error) => error.into(),
            RunError::Panicked => {
                Self::new(Exit::Internal, format!("nothing more is sent: {error}"))
                    .hint("The store is intact. Run the same command again: it resumes.")
            }
        }
    }
}

impl From<PushError> for Failure {
    fn from(error: PushError) -> Self {
        let exit = match &error {
            PushError::Plan(_) => Exit::ChecksRefused,
            PushError::Record(_) => Exit::StoreFault,
            PushError::Unrecorded { .. } | PushError::InDoubt { .. } => Exit::OutcomesUnknown,
            PushError::NotReady { .. } | PushError::Replaced { .. } => Exit::BlockedOrOverdue,
            PushError::Provider(_) | PushError::Differs { .. } => Exit::Unreachable,
        };
        Self::from_error(exit, "the campaign was not sent", &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_codes_are_the_documented_ones() {
        let codes = [
            (Exit::Done, 0),
            (Exit::Internal, 1),
            (Exit::Usage, 2),
            (Exit::InputUnreadable, 3),
            (Exit::ChecksRefused, 4),
            (Exit::ProofMissing, 5),
            (Exit::Held, 6),
            (Exit::Unreachable, 7),
            (Exit::Stopped, 8),
            (Exit::Rejections, 9),
            (Exit::OutcomesUnknown, 10),
            (Exit::BlockedOrOverdue, 11),
            (Exit::StoreFault, 12),
        ];
        for (exit, code) in codes {
            assert_eq!(exit.code(), code, "{exit:?}");
        }
    }

    #[test]
    fn where_several_apply_the_one_that_needs_people_counts() {
        let all = [9, 8, 7, 12, 10]
            .map(|code| *Exit::PRECEDENCE.iter().find(|exit| exit.code() == code).unwrap());
        for (length, expected) in [(1, 9), (2, 8), (3, 7), (4, 12), (5, 10)] {
            assert_eq!(Exit::strongest(all[..length].iter().copied()).code(), expected);
        }
        assert_eq!(Exit::strongest([Exit::Done, Exit::Held]), Exit::Held);
        assert_eq!(Exit::strongest([]), Exit::Done);
    }
}
