//! What one run of the loop came to.

use super::{Completion, ConnectError, Tally, Trip};

/// What one run came to. The tally adds up to the frozen audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// All rows by state, as the ledger counts them after the run.
    pub tally: Tally,
    /// How many people the campaign was frozen for.
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
    /// Somebody asked it to stop.
    Interrupted,
    /// No connection could be had.
    NoConnection(ConnectError),
    /// Connections broke again and again.
    Unstable(String),
    /// The breaker stopped it.
    Tripped(Trip),
}

impl Summary {
    /// Where the campaign stands now.
    pub fn completion(&self) -> Completion {
        self.tally.completion()
    }

    /// Whether the states add up to the frozen audience.
    pub fn adds_up(&self) -> bool {
        self.tally.total() == self.audience
    }
}
