//! The delivery loop.
//!
//! Each connection has a *worker*. A worker reserves a batch of rows. For each
//! of them it has the ledger record "started" together with the outcome of the
//! row before, hands the message over, and asks [`state`] what the reply means.
//! So at whatever moment the process dies, at most one row for each worker is
//! in doubt, and it is known which.

mod knowledge;
mod work;
mod worker;

pub use work::{DeliveryProgress, RunError, StopWish, Work};

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::connections::Dial;
use super::state;
use super::streak::{Held, Settlement, Streak, Trip};
use super::{Ending, Expiry, Ledger, LedgerError, Summary, Transport};
use crate::domain::{Clock, Timestamp};
use knowledge::RunState;
use worker::Worker;

/// How long a worker waits for its turn to dial.
const LONGEST_TURN: Duration = Duration::from_secs(5);

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
    let shared = Mutex::new(RunState::new(&work));
    let run = Arc::new(Run {
        ledger,
        transport,
        began: (clock.now(), clock.uptime()),
        clock,
        work,
        stop,
        halt: watch::Sender::new(None),
        progress,
        shared,
        room: Notify::new(),
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
    /// When the run began, by both clocks. From then on time is what has
    /// passed, so that a clock that is set meanwhile moves nothing.
    began: (Timestamp, Duration),
    stop: watch::Receiver<StopWish>,
    /// Set once, when a worker finds that going on makes no sense.
    halt: watch::Sender<Option<Ending>>,
    progress: Arc<DeliveryProgress>,
    shared: Mutex<RunState>,
    /// Tells workers that wait for their turn that there may be room for them.
    room: Notify,
    /// After a fault workers dial one after another, so that each knows what the
    /// server said to the one before.
    dialling: tokio::sync::Mutex<()>,
}

impl<L: Ledger, T: Transport> Run<L, T> {
    async fn until_settled(self: &Arc<Self>) -> Result<Ending, RunError> {
        let attempts = state::attempts_in(self.work.lifetime);
        loop {
            let now = self.now();
            let first_tried_by = now.saturating_sub(self.work.lifetime).unwrap_or(Timestamp::MIN);
            self.ledger.expire(Expiry { first_tried_by, attempts }, now).await?;
            self.one_round().await?;
            if let Some(ending) = self.halt.borrow().clone() {
                if matches!(ending, Ending::Tripped(_)) {
                    let restored = self.shared().streak.restore();
                    self.settle(restored).await?;
                }
                return Ok(ending);
            }
            if *self.stop.borrow() > StopWish::GoOn {
                return Ok(Ending::Interrupted);
            }
            let mut tally = self.ledger.tally().await?;
            if tally.pending == 0 && !self.shared().streak.is_empty() {
                if let Some(trip) = self.rest(tally.sent).await? {
                    return Ok(Ending::Tripped(trip));
                }
                tally = self.ledger.tally().await?;
            }
            if tally.open() == 0 {
                return Ok(Ending::Complete);
            }
            match self.ledger.next_due().await? {
                _ if tally.pending > 0 => {}
                Some(due) => {
                    let wait = due.duration_since(self.now()).try_into().unwrap_or(Duration::ZERO);
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

    /// Settles the refusals after the last acceptance when nothing else is left.
    async fn rest(&self, sent: u64) -> Result<Option<Trip>, LedgerError> {
        self.learn_domains(Streak::has_to_learn_domains_at_rest).await?;
        let (settled, trip) = {
            let mut shared = self.shared();
            let RunState { streak, last_refusal, .. } = &mut *shared;
            streak.rest(sent, self.work.audience, last_refusal)
        };
        self.settle(settled).await?;
        Ok(trip)
    }

    /// Decides what a refusal means for the run. The ledger has its row as deferred.
    async fn refused(&self, held: Held) -> Result<(), LedgerError> {
        self.shared().streak.refuse(held);
        self.learn_domains(Streak::has_to_learn_domains).await?;
        let trip = {
            let shared = self.shared();
            shared.streak.trip(&shared.last_refusal)
        };
        trip.into_iter().for_each(|trip| self.end_with(Ending::Tripped(trip)));
        Ok(())
    }

    /// Asks the ledger for other domains than the one of all refusals in a row,
    /// if that matters.
    async fn learn_domains(&self, matters: fn(&Streak) -> bool) -> Result<(), LedgerError> {
        let domain = {
            let shared = self.shared();
            let domain = shared.streak.one_domain().filter(|_| matters(&shared.streak));
            domain.map(str::to_owned)
        };
        if let Some(domain) = domain {
            let has_several = self.ledger.has_other_domain(&domain).await?;
            self.shared().streak.learn_domains(has_several);
        }
        Ok(())
    }

    /// The server accepted a message that was begun then: since then the run is healthy.
    async fn accepted(&self, domain: &str, begun: Duration) -> Result<(), LedgerError> {
        let (settled, trip) = {
            let mut shared = self.shared();
            if shared.accept(domain, self.elapsed()) {
                self.room.notify_waiters();
            }
            let RunState { streak, last_refusal, .. } = &mut *shared;
            streak.accept(begun, last_refusal)
        };
        self.settle(settled).await?;
        trip.into_iter().for_each(|trip| self.end_with(Ending::Tripped(trip)));
        Ok(())
    }

    /// Why the run ends instead of waiting for so long until the next message may begin.
    fn ending_instead_of_waiting(&self, wait: Duration) -> Option<Ending> {
        let shared = self.shared();
        let last = || shared.last_refusal.clone();
        let lifetime = self.work.lifetime;
        if shared
            .pace
            .stalled_since()
            .is_some_and(|since| self.elapsed().saturating_sub(since) >= lifetime)
        {
            let hours = lifetime.as_secs().div_ceil(3600);
            return Some(Ending::Tripped(Trip::Stalled { hours, last: last() }));
        }
        let is_held = shared.pace.held_until(self.elapsed()).is_some();
        let is_too_long = self.work.longest_wait.is_some_and(|longest| wait > longest);
        (is_held && is_too_long)
            .then(|| Ending::HeldBack { until: self.after(wait), reply: last() })
    }

    fn batch(&self) -> usize {
        self.work.batch(self.shared().pace.rate())
    }

    /// Waits until the next message may begin. The progress display hears of
    /// pauses, and not of the gaps that a rate leaves between messages.
    async fn wait_for_pace(&self, time: Duration) {
        let is_pause = self.shared().pace.held_until(self.elapsed()).is_some();
        let shown = if is_pause { self.after(time).as_second() } else { 0 };
        self.progress.held_until.store(shown, Ordering::Relaxed);
        self.wait(time).await;
        self.progress.held_until.store(0, Ordering::Relaxed);
    }

    async fn settle(&self, settled: Vec<Settlement>) -> Result<(), LedgerError> {
        if settled.is_empty() {
            return Ok(());
        }
        let rejected = settled.iter().filter(|settled| settled.is_final()).count();
        self.progress.settled.fetch_add(rejected as u64, Ordering::Relaxed);
        self.ledger.settle(settled, self.now()).await
    }

    /// The time that has passed since the run began.
    fn elapsed(&self) -> Duration {
        self.clock.uptime().saturating_sub(self.began.1)
    }

    /// The time of day, by what has passed since the run began.
    fn now(&self) -> Timestamp {
        self.after(Duration::ZERO)
    }

    fn after(&self, wait: Duration) -> Timestamp {
        let elapsed = self.elapsed().saturating_add(wait);
        self.began.0.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
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

    /// Opens a connection. `None` if the worker has to make room, or the run stops.
    async fn dial(self: Arc<Self>) -> Option<T::Connection> {
        let go_well = self.shared().connections.go_well();
        // After this wait the worker dials without a turn: a server that leaves
        // one dial without an answer may still answer another.
        let turn = tokio::time::timeout(LONGEST_TURN, self.dialling.lock());
        let _turn = tokio::select! {
            turn = turn, if !go_well => turn.ok(),
            () = std::future::ready(()), if go_well => None,
            () = self.stopping() => return None,
        };
        if self.is_stopping() {
            return None;
        }
        let mut next = self.shared().connections.next_dial();
        loop {
            match next {
                Dial::After(wait) => self.wait_to_dial(wait).await,
                Dial::LeaveToOthers => {
                    self.shared().narrow(self.elapsed());
                    return None;
                }
                Dial::EndRun(ending) => {
                    self.end_with(ending);
                    return None;
                }
            }
            if self.is_stopping() {
                return None;
            }
            let dialled = tokio::select! {
                dialled = self.transport.connect() => dialled,
                () = self.stopping() => return None,
            };
            match dialled {
                Ok(connection) => {
                    self.shared().connections.opened();
                    return Some(connection);
                }
                Err(error) => next = self.shared().connections.failed(&error),
            }
        }
    }

    /// Waits before the next dial, and lets the progress display know.
    async fn wait_to_dial(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        let until = self.after(time);
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

#[cfg(test)]
mod tests;
