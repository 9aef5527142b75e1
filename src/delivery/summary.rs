//! The result of one run of the delivery loop.

use super::{ConnectError, Tally, Trip};
use crate::domain::Timestamp;

/// The result of one run. The tally adds up to the frozen audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// All rows by state, as the ledger counts them after the run.
    pub tally: Tally,
    /// How many recipients the campaign was frozen for.
    pub audience: u64,
    /// How many messages this run handed over.
    pub sent_now: u64,
    /// Why the run ended.
    pub ending: Ending,
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// No row is left to send.
    Complete,
    /// What is left is to be tried later than this run may wait: see
    /// [`Work::longest_wait`](super::Work::longest_wait).
    Waiting {
        /// When the next recipient is due.
        until: Timestamp,
    },
    /// The server asked for patience, for longer than this run may wait.
    HeldBack {
        /// When the next message may begin.
        until: Timestamp,
        /// The server's last reply of that kind, masked.
        reply: String,
    },
    /// It was asked to stop.
    Interrupted,
    /// No connection could be opened.
    NoConnection(ConnectError),
    /// Connections broke again and again.
    Unstable(String),
    /// The breaker stopped it.
    Tripped(Trip),
}

impl Summary {
    /// Whether the states add up to the frozen audience.
    pub fn adds_up(&self) -> bool {
        self.tally.total() == self.audience
    }
}
