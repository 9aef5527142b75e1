//! What a send was asked to do, by `send` or by `due`.

use std::time::Duration;

use crate::delivery::InDoubt;
pub(crate) use crate::store::RetryClass;

/// What one send was asked to do.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) given_by: OrderGiver,
    pub(crate) consent: Consent,
    pub(crate) proof: ProofRule,
    pub(crate) repeat: RepeatRule,
    /// Rules whose errors do not stop the send.
    pub(crate) allow: Vec<String>,
    /// What to do about recipients in doubt; `None` asks at a terminal.
    pub(crate) in_doubt: Option<InDoubt>,
    /// Those of a finished campaign to whom it is sent again; nobody else.
    pub(crate) retry: Vec<RetryClass>,
}

/// Whether a command does what it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Real,
    /// A dry run: it only says what a run would do.
    Shown,
}

/// Who ordered a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderGiver {
    /// Somebody who typed `send`, and waits for it.
    Person,
    /// A run of `due`, which serves the other issues, too.
    Timer,
}

impl OrderGiver {
    /// The longest time that a run waits for recipients whom the server put off.
    /// The timer ticks every few minutes, so a longer wait is for a later tick.
    pub(crate) fn longest_wait(self) -> Option<Duration> {
        match self {
            Self::Person => None,
            Self::Timer => Some(Duration::from_secs(30)),
        }
    }
}

/// Whether the program asks before people are mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// It asks; without a terminal nothing is sent.
    Ask,
    /// `--yes` was given, or the timer was set up, which is consent.
    Given,
}

/// Whether the editors must have seen the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProofRule {
    Required,
    Waived,
}

/// Whether an issue may be sent under a second slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RepeatRule {
    Refuse,
    AsNew,
}
