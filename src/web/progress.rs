//! What one connection does at the moment: the part that its requests share
//! with the loop that lets connections in.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use tokio::sync::Notify;
use tokio::time::Instant;

const ANSWERING: u64 = u64::MAX;

/// Either the connection waits for its peer, which has to send or to receive
/// something, or the peer waits for an answer.
#[derive(Debug)]
pub(super) struct ConnectionProgress {
    /// When serving began.
    began: Instant,
    /// Since when it waits for its peer, in microseconds after that; [`ANSWERING`]
    /// if the peer waits.
    waiting: AtomicU64,
    /// An answer is ready, of which nothing was written yet.
    is_answered: AtomicBool,
    requests: AtomicU32,
    /// The peer has announced a chunk that is longer than any body may be.
    long_chunk: AtomicBool,
    chunk_announced: Notify,
    /// The peer is still writing what nobody reads.
    unread: AtomicBool,
}

impl ConnectionProgress {
    /// A connection that was just opened, of a server that began then.
    pub(super) fn new(began: Instant) -> Self {
        let progress = Self {
            began,
            waiting: AtomicU64::new(ANSWERING),
            is_answered: AtomicBool::new(false),
            requests: AtomicU32::new(0),
            long_chunk: AtomicBool::new(false),
            chunk_announced: Notify::new(),
            unread: AtomicBool::new(false),
        };
        progress.wait();
        progress
    }

    /// Since when the connection waits for its peer, in microseconds after the
    /// server began; `None` if the peer waits.
    pub(super) fn waiting_since(&self) -> Option<u64> {
        Some(self.waiting.load(Ordering::Relaxed)).filter(|since| *since != ANSWERING)
    }

    /// A request has arrived completely.
    pub(super) fn has_a_request(&self) {
        self.waiting.store(ANSWERING, Ordering::Relaxed);
    }

    /// The answer is ready, and can be written.
    pub(super) fn has_an_answer(&self) {
        self.long_chunk.store(false, Ordering::Relaxed);
        self.is_answered.store(true, Ordering::Relaxed);
    }

    /// All that can be written at the moment was written. If that is an answer,
    /// the connection waits for its peer again; not before, because an answer
    /// that was not written yet would be lost with its connection.
    pub(super) fn has_written(&self) {
        if self.is_answered.swap(false, Ordering::Relaxed) {
            self.wait();
        }
    }

    fn wait(&self) {
        self.waiting.store(micros_between(self.began, Instant::now()), Ordering::Relaxed);
    }

    /// Counts one more request.
    pub(super) fn count_request(&self) -> u32 {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn announce_long_chunk(&self) {
        self.long_chunk.store(true, Ordering::Relaxed);
        self.chunk_announced.notify_waiters();
    }

    /// Ready when the peer has announced a chunk that is too long.
    pub(super) async fn long_chunk(&self) {
        let announced = self.chunk_announced.notified();
        if !self.long_chunk.load(Ordering::Relaxed) {
            announced.await;
        }
    }

    /// The rest of a request's body is not read.
    pub(super) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    pub(super) fn leaves_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }
}

/// From one instant to a later one; 0 if it is earlier.
pub(super) fn micros_between(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(ANSWERING - 1)
}
