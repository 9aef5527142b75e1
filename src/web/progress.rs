//! What one connection does at the moment: the part that its requests share
//! with the loop that lets connections in.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::sync::Notify;
use tokio::time::Instant;

/// Either the connection waits for its peer, which has to send or to receive
/// something, or the peer waits for an answer.
#[derive(Debug)]
pub(super) struct ConnectionProgress {
    /// Since when it waits for its peer.
    waiting: Mutex<Option<Instant>>,
    requests: AtomicU32,
    /// The peer has announced a chunk that is longer than any body may be.
    long_chunk: AtomicBool,
    chunk_announced: Notify,
    /// The peer is still writing what nobody reads.
    unread: AtomicBool,
}

impl ConnectionProgress {
    /// A connection that was just opened.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            waiting: Mutex::new(Some(now)),
            requests: AtomicU32::new(0),
            long_chunk: AtomicBool::new(false),
            chunk_announced: Notify::new(),
            unread: AtomicBool::new(false),
        }
    }

    /// Since when the connection waits for its peer; `None` if the peer waits.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request has arrived completely.
    pub(super) fn has_a_request(&self) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The answer is ready, and the peer has to receive it.
    pub(super) fn has_an_answer(&self) {
        self.long_chunk.store(false, Ordering::Relaxed);
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
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
