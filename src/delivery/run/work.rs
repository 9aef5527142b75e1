//! What goes into a run, and what comes out while it runs.

use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use crate::delivery::{LedgerError, Mailer, SendRate};

/// The most rows that a worker reserves at a time.
const LARGEST_BATCH: usize = 64;

/// No worker reserves rows that it will not send within this time.
const SOON: Duration = Duration::from_secs(2);

/// What a run delivers, and how.
pub struct Work {
    /// The maker of each recipient's copy.
    pub mailer: Mailer,
    /// How many recipients the campaign was frozen for.
    pub audience: u64,
    /// How many connections may be open at a time; at least 1.
    pub connections: usize,
    /// The most messages that may leave in a time; `None` for no limit of ours.
    pub rate: Option<SendRate>,
    /// For how long after its first attempt a row is tried.
    pub lifetime: Duration,
    /// How long a run that is asked to stop waits for messages under way.
    pub drain: Duration,
    /// A run that would wait longer than this ends instead, so that others get
    /// their turn; `None` waits as long as it takes.
    pub longest_wait: Option<Duration>,
}

impl Work {
    /// How many rows a worker reserves at a time: few on a short list, so that
    /// no worker keeps rows that another could send, and few at a low rate, so that
    /// who unsubscribes in the meantime gets nothing. `rate` is in messages a second.
    pub(super) fn batch(&self, rate: f64) -> usize {
        let share = self.audience / (4 * self.connections.max(1) as u64);
        let soon = (rate * SOON.as_secs_f64()) as u64;
        usize::try_from(share.min(soon)).unwrap_or(LARGEST_BATCH).clamp(1, LARGEST_BATCH)
    }
}

/// How urgently a run should stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopWish {
    /// Not at all.
    GoOn,
    /// After the messages under way.
    Drain,
    /// At once: a message whose final dot was written becomes unknown.
    AtOnce,
}

/// Counts of this run, for a progress display.
#[derive(Debug, Default)]
pub struct DeliveryProgress {
    /// Messages handed over.
    pub sent: AtomicU64,
    /// Rows that reached any final state.
    pub settled: AtomicU64,
    /// Until when the run waits for recipients who are to be tried later, in
    /// seconds since 1970; 0 while it does not wait.
    pub waits_until: AtomicI64,
    /// When the server is dialled again after it could not be reached, in
    /// seconds since 1970; 0 while no worker waits for that.
    pub redials_at: AtomicI64,
    /// Until when nothing is sent because the server asked for patience, in
    /// seconds since 1970; 0 while it goes on.
    pub held_until: AtomicI64,
}

/// Why a run ended without a [`Summary`](crate::delivery::Summary).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The ledger could not be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A task that used a connection panicked: a fault of this program. The
    /// panic's own message may quote an email address, so it is not repeated.
    #[error("a delivery task panicked")]
    Panicked,
}
