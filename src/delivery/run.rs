//! The delivery loop: as thin as it can be.
//!
//! Each connection is a *slot*. A slot reserves a batch of rows, and for each
//! of them has the ledger record "started" together with the outcome of the
//! row before, hands the message over, and asks [`state`] what
//! the answer means. So whatever moment the process dies at, at most one row a
//! slot is in doubt, and it is known which.

mod slot;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::state::{self, Breaker, Verdict};
use super::{ConnectError, Ending, Ledger, LedgerError, Mailer, RowId, Summary, Transport};
use crate::domain::{Clock, Timestamp};
use slot::Slot;

/// The most rows that a slot reserves at a time.
const LARGEST_BATCH: usize = 64;

/// What is to be delivered, and how.
pub struct Work {
    /// The maker of each recipient's copy.
    pub mailer: Mailer,
    /// How many people it was frozen for.
    pub audience: u64,
    /// How many connections may be open at a time; at least 1.
    pub connections: usize,
    /// When rows that are still open become expired.
    pub expires_at: Timestamp,
    /// How long a first wish to stop waits for messages under way.
    pub drain: Duration,
}

impl Work {
    /// How many rows a slot reserves at a time: few on a short list, so that
    /// no slot sits on rows that another could be sending.
    fn batch(&self) -> usize {
        let share = self.audience / (4 * self.connections.max(1) as u64);
        usize::try_from(share).unwrap_or(LARGEST_BATCH).clamp(1, LARGEST_BATCH)
    }
}

/// How urgently a run should stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopWish {
    /// Not at all.
    GoOn,
    /// When the messages under way are through.
    Drain,
    /// At once: what is past the dot becomes unknown.
    AtOnce,
}

/// Counts of this run, for a progress display.
#[derive(Debug, Default)]
pub struct Progress {
    /// Messages handed over.
    pub sent: AtomicU64,
    /// Rows that reached any final state.
    pub settled: AtomicU64,
    /// Until when the run waits for recipients who are to be tried later, in
    /// seconds since 1970; 0 while it does not wait.
    pub waits_until: AtomicI64,
    /// When the server is dialled again after it could not be reached, in
    /// seconds since 1970; 0 while nobody waits for that.
    pub redials_at: AtomicI64,
}

/// Why a run ended without a [`Summary`].
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

/// Delivers until no row is left, the wish to stop is heard, or it makes no
/// sense to go on.
///
/// # Errors
/// See [`RunError`]. What had left by then is in the ledger as started, and is
/// in doubt.
pub async fn run<L: Ledger, T: Transport>(
    ledger: Arc<L>,
    transport: Arc<T>,
    work: Arc<Work>,
    clock: Arc<dyn Clock>,
    stop: watch::Receiver<StopWish>,
    progress: Arc<Progress>,
) -> Result<Summary, RunError> {
    let (halt, halted) = watch::channel(None);
    let breaker = Mutex::new(Breaker::for_connections(work.connections));
    let run = Arc::new(Run {
        ledger,
        transport,
        work,
        clock,
        stop,
        halt,
        halted,
        progress,
        breaker,
        breaks: Mutex::default(),
        live: AtomicUsize::new(0),
        connected: AtomicU64::new(0),
        troubles: AtomicU32::new(0),
        dialling: tokio::sync::Mutex::default(),
    });
    let ending = run.until_settled().await?;
    Ok(Summary {
        tally: run.ledger.tally().await?,
        audience: run.work.audience,
        sent_now: run.progress.sent.load(Ordering::Relaxed),
        ending,
    })
}

struct Run<L, T> {
    ledger: Arc<L>,
    transport: Arc<T>,
    work: Arc<Work>,
    clock: Arc<dyn Clock>,
    stop: watch::Receiver<StopWish>,
    /// Set once, when a slot finds out that going on makes no sense.
    halt: watch::Sender<Option<Ending>>,
    halted: watch::Receiver<Option<Ending>>,
    progress: Arc<Progress>,
    breaker: Mutex<Breaker>,
    /// How often a connection broke under a row in this run.
    breaks: Mutex<HashMap<RowId, u32>>,
    /// Connections open at this moment.
    live: AtomicUsize,
    /// Connections opened in this run.
    connected: AtomicU64,
    /// Dials that failed, and connections that broke before they were of any
    /// use, since a server last answered.
    troubles: AtomicU32,
    /// Slots dial one after another, so that each knows what the server said
    /// to the one before.
    dialling: tokio::sync::Mutex<()>,
}

impl<L: Ledger, T: Transport> Run<L, T> {
    async fn until_settled(self: &Arc<Self>) -> Result<Ending, RunError> {
        loop {
            if self.clock.now() >= self.work.expires_at {
                self.ledger.expire(self.clock.now()).await?;
            }
            self.one_round().await?;
            if let Some(ending) = self.halted.borrow().clone() {
                return Ok(ending);
            }
            if *self.stop.borrow() > StopWish::GoOn {
                return Ok(Ending::Interrupted);
            }
            let tally = self.ledger.tally().await?;
            if tally.open() == 0 {
                return Ok(Ending::Complete);
            }
            match self.ledger.next_due().await? {
                _ if tally.pending > 0 => {}
                Some(due) => {
                    let due = due.min(self.work.expires_at);
                    self.progress.waits_until.store(due.as_second(), Ordering::Relaxed);
                    self.wait(until(self.clock.now(), due)).await;
                    self.progress.waits_until.store(0, Ordering::Relaxed);
                }
                None => return Ok(Ending::Unstable("rows are held by nobody".into())),
            }
        }
    }

    /// Runs all slots until none finds anything to do.
    async fn one_round(self: &Arc<Self>) -> Result<(), RunError> {
        let mut slots = tokio::task::JoinSet::new();
        for _ in 0..self.work.connections.max(1) {
            let run = Arc::clone(self);
            slots.spawn(async move {
                let mut slot = Slot::new(run);
                let worked = slot.work().await;
                let closed = slot.close().await;
                worked.and(closed)
            });
        }
        let mut result = Ok(());
        while let Some(ended) = slots.join_next().await {
            let ended = match ended {
                Ok(ended) => ended.map_err(RunError::Ledger),
                Err(_) => Err(RunError::Panicked),
            };
            if ended.is_err() && result.is_ok() {
                // The others hear of it and stop after the message under way.
                self.halt.send_replace(Some(Ending::Interrupted));
                result = ended;
            }
        }
        result
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow() > StopWish::GoOn || self.halted.borrow().is_some()
    }

    fn end_with(&self, ending: Ending) {
        self.halt.send_if_modified(|halt| {
            let is_first = halt.is_none();
            halt.get_or_insert(ending);
            is_first
        });
    }

    /// Waits, unless somebody wishes to stop.
    async fn wait(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.stopping() => {}
        }
    }

    /// Returns when messages under way must be given up: at once, or when the
    /// time for draining is over.
    async fn given_up(&self) {
        let mut stop = self.stop.clone();
        wished(&mut stop, StopWish::Drain).await;
        tokio::select! {
            () = tokio::time::sleep(self.work.drain) => {}
            () = wished(&mut stop, StopWish::AtOnce) => {}
        }
    }

    /// Waits before the next dial, and lets the progress display know.
    async fn pause(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        let until = self.clock.now().saturating_add(time).unwrap_or(Timestamp::MAX);
        self.progress.redials_at.store(until.as_second(), Ordering::Relaxed);
        self.wait(time).await;
        self.progress.redials_at.store(0, Ordering::Relaxed);
    }

    /// Returns when somebody wishes to stop, or it makes no sense to go on.
    async fn stopping(&self) {
        let (mut stop, mut halted) = (self.stop.clone(), self.halted.clone());
        tokio::select! {
            () = wished(&mut stop, StopWish::Drain) => {}
            _ = halted.wait_for(Option::is_some) => {}
        }
    }

    /// Whether a slot should end after a dial that failed.
    fn gives_up_on(&self, error: &ConnectError) -> bool {
        let is_busy = matches!(error, ConnectError::Refused { .. }) && error.may_pass();
        if is_busy && self.live.load(Ordering::SeqCst) > 0 {
            // The server takes fewer connections than were configured. Those
            // that it has taken carry on.
            return true;
        }
        let troubles = self.troubles.fetch_add(1, Ordering::SeqCst) + 1;
        let never_worked = self.connected.load(Ordering::SeqCst) == 0;
        if never_worked || !error.may_pass() || state::redial_after(troubles).is_none() {
            self.end_with(Ending::NoConnection(error.clone()));
            return true;
        }
        false
    }

    /// Counts that a connection broke under a row, and says how often one has.
    fn count_break(&self, row: RowId) -> u32 {
        let mut breaks = self.breaks.lock().unwrap_or_else(PoisonError::into_inner);
        let count = breaks.entry(row).or_default();
        *count += 1;
        *count
    }

    fn observe(&self, verdict: &Verdict, answer: &str) {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trip) = breaker.observe(verdict, answer) {
            self.end_with(Ending::Tripped(trip));
        }
    }
}

/// Waits for a wish at least that urgent; for ever, if nobody can wish any more.
async fn wished(stop: &mut watch::Receiver<StopWish>, wish: StopWish) {
    if stop.wait_for(|heard| *heard >= wish).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn until(now: Timestamp, due: Timestamp) -> Duration {
    Duration::try_from(due.duration_since(now)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests;
