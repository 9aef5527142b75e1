//! The delivery loop.
//!
//! Each connection has a *worker*. A worker reserves a batch of rows. For each
//! of them it has the ledger record "started" together with the outcome of the
//! row before, hands the message over, and asks [`state`] what the reply means.
//! So at whatever moment the process dies, at most one row for each worker is
//! in doubt, and it is known which.

mod worker;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::connections::Connections;
use super::state::{self, Breaker, Judgement, ReplySubject};
use super::{Attempt, Ending, Ledger, LedgerError, Mailer, Reserved, RowId, Summary, Transport};
use crate::domain::{Clock, Timestamp};
use worker::Worker;

/// The most rows that a worker reserves at a time.
const LARGEST_BATCH: usize = 64;

/// What a run delivers, and how.
pub struct Work {
    /// The maker of each recipient's copy.
    pub mailer: Mailer,
    /// How many recipients the campaign was frozen for.
    pub audience: u64,
    /// How many connections may be open at a time; at least 1.
    pub connections: usize,
    /// When rows that are still open are rejected as expired.
    pub expires_at: Timestamp,
    /// How long a run that is asked to stop waits for messages under way.
    pub drain: Duration,
    /// A run that would wait longer than this ends instead, so that others get
    /// their turn; `None` waits as long as it takes.
    pub longest_wait: Option<Duration>,
}

impl Work {
    /// How many rows a worker reserves at a time: few on a short list, so that
    /// no worker keeps rows that another could send.
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

/// Delivers until no row is left, the run is asked to stop, or it makes no
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
    progress: Arc<DeliveryProgress>,
) -> Result<Summary, RunError> {
    let shared = Mutex::new(RunState {
        breaker: Breaker::for_connections(work.connections),
        breaks: HashMap::new(),
        connections: Connections::default(),
    });
    let run = Arc::new(Run {
        ledger,
        transport,
        work,
        clock,
        stop,
        halt: watch::Sender::new(None),
        progress,
        shared,
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
    /// Set once, when a worker finds that going on makes no sense.
    halt: watch::Sender<Option<Ending>>,
    progress: Arc<DeliveryProgress>,
    shared: Mutex<RunState>,
    /// Workers dial one after another, so that each knows what the server said
    /// to the one before.
    dialling: tokio::sync::Mutex<()>,
}

/// What all workers know together.
struct RunState {
    breaker: Breaker,
    /// How often a connection broke under a row in this run.
    breaks: HashMap<RowId, u32>,
    connections: Connections,
}

impl RunState {
    /// Judges an attempt and counts what it says about the connections.
    fn judge(
        &mut self,
        row: &Reserved,
        attempt: &Attempt,
        has_proved_itself: bool,
        now: Timestamp,
    ) -> Judgement {
        let mut breaks = 0;
        if attempt.breaks_connection() {
            let count = self.breaks.entry(row.row).or_default();
            *count += 1;
            breaks = *count;
        }
        let judgement = state::judge(attempt, row.attempts, breaks, now);
        match judgement.about {
            // A connection that was of use may break for many good reasons.
            ReplySubject::Connection if has_proved_itself => {}
            ReplySubject::Connection => self.connections.broke_early(),
            _ => self.connections.answered(),
        }
        judgement
    }
}

impl<L: Ledger, T: Transport> Run<L, T> {
    async fn until_settled(self: &Arc<Self>) -> Result<Ending, RunError> {
        loop {
            if self.clock.now() >= self.work.expires_at {
                self.ledger.expire(self.clock.now()).await?;
            }
            self.one_round().await?;
            if let Some(ending) = self.halt.borrow().clone() {
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
                    let wait = until(self.clock.now(), due);
                    if self.work.longest_wait.is_some_and(|longest| wait > longest) {
                        return Ok(Ending::Waiting { until: due });
                    }
                    self.progress.waits_until.store(due.as_second(), Ordering::Relaxed);
                    self.wait(wait).await;
                    self.progress.waits_until.store(0, Ordering::Relaxed);
                }
                None => {
                    return Ok(Ending::Unstable(
                        "rows are reserved, and no worker has them".into(),
                    ));
                }
            }
        }
    }

    /// Runs all workers until none finds anything to do.
    async fn one_round(self: &Arc<Self>) -> Result<(), RunError> {
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..self.work.connections.max(1) {
            let run = Arc::clone(self);
            workers.spawn(async move {
                let mut worker = Worker::new(run);
                let worked = worker.work().await;
                let closed = worker.close().await;
                worked.and(closed)
            });
        }
        let mut result = Ok(());
        while let Some(ended) = workers.join_next().await {
            let ended = match ended {
                Ok(ended) => ended.map_err(RunError::Ledger),
                Err(_) => Err(RunError::Panicked),
            };
            if ended.is_err() && result.is_ok() {
                // The other workers stop after the message under way.
                self.halt.send_replace(Some(Ending::Interrupted));
                result = ended;
            }
        }
        result
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow() > StopWish::GoOn || self.halt.borrow().is_some()
    }

    fn shared(&self) -> MutexGuard<'_, RunState> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the run, unless another worker has ended it already.
    fn end_with(&self, ending: Ending) {
        self.halt.send_if_modified(|halt| {
            let is_first = halt.is_none();
            halt.get_or_insert(ending);
            is_first
        });
    }

    /// Waits, or returns early when the run should stop.
    async fn wait(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.stopping() => {}
        }
    }

    /// Returns when messages under way must be given up.
    async fn given_up(&self) {
        let mut stop = self.stop.clone();
        wished(&mut stop, StopWish::Drain).await;
        tokio::select! {
            () = tokio::time::sleep(self.work.drain) => {}
            () = wished(&mut stop, StopWish::AtOnce) => {}
        }
    }

    /// Waits before the next dial, and lets the progress display know.
    async fn wait_to_dial(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        let until = self.clock.now().saturating_add(time).unwrap_or(Timestamp::MAX);
        self.progress.redials_at.store(until.as_second(), Ordering::Relaxed);
        self.wait(time).await;
        self.progress.redials_at.store(0, Ordering::Relaxed);
    }

    /// Returns when the run should stop.
    async fn stopping(&self) {
        let (mut stop, mut halted) = (self.stop.clone(), self.halt.subscribe());
        tokio::select! {
            () = wished(&mut stop, StopWish::Drain) => {}
            _ = halted.wait_for(Option::is_some) => {}
        }
    }
}

/// Waits for a wish at least that urgent; for ever, if no sender is left.
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
