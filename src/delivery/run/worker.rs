//! One worker of a delivery run: it hands over one message after another over
//! one connection.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Run;
use crate::campaign::CopyRecipient;
use crate::delivery::pace::{LONGEST_ALONE, Permit};
use crate::delivery::state::ReplySubject;
use crate::delivery::streak::{Held, Trip};
use crate::delivery::{
    Attempt, Closing, Connection, DoubtMark, Ending, Ledger, LedgerError, Outcome, Phase, Reserved,
    RowId, Transport,
};
use crate::domain::without_local_part;

/// A worker that waits for longer gives its rows back, so that others can send them.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// A worker that waits for longer closes its connection, before the server does.
const IDLE_TIME: Duration = Duration::from_secs(20);

/// One worker, with its connection and the rows that it has reserved.
pub(super) struct Worker<L: Ledger, T: Transport> {
    run: Arc<Run<L, T>>,
    is_at_work: bool,
    batch: VecDeque<Reserved>,
    connection: Option<T::Connection>,
    /// Whether the server has answered to a message over this connection.
    has_proved_itself: bool,
    /// The outcome of the last row, until the ledger has it.
    unrecorded: Option<Closing>,
    message: Vec<u8>,
}

impl<L: Ledger, T: Transport> Worker<L, T> {
    pub(super) fn new(run: Arc<Run<L, T>>) -> Self {
        Self {
            run,
            is_at_work: false,
            batch: VecDeque::new(),
            connection: None,
            has_proved_itself: false,
            unrecorded: None,
            message: Vec::new(),
        }
    }

    /// Works until there is nothing to do or the run stops.
    pub(super) async fn work(&mut self) -> Result<(), LedgerError> {
        while self.take_turn().await? && self.reserve().await? {
            if self.connection.is_none() {
                if !self.connect().await? {
                    self.close().await?;
                }
                continue;
            }
            if !self.keep_pace().await? {
                continue;
            }
            let Some(row) = self.batch.pop_front() else { continue };
            self.run.ledger.start(row.row, self.unrecorded.take()).await?;
            let begun = self.run.elapsed();
            let (attempt, is_in_doubt) = self.hand_over(&row).await;
            self.conclude(&row, &attempt, is_in_doubt, begun).await?;
        }
        Ok(())
    }

    /// Records the last outcome, returns unused rows, and closes the connection.
    pub(super) async fn close(&mut self) -> Result<(), LedgerError> {
        let given_back = self.give_back().await;
        self.hang_up().await;
        self.leave_work();
        given_back
    }

    /// Waits until this worker may be at work beside the others. `false` if the run stops.
    async fn take_turn(&mut self) -> Result<bool, LedgerError> {
        let run = Arc::clone(&self.run);
        if self.is_at_work {
            let is_one_too_many = {
                let shared = run.shared();
                shared.at_work > shared.pace.width(run.elapsed())
            };
            if !is_one_too_many {
                return Ok(!run.is_stopping());
            }
            self.close().await?;
        }
        loop {
            let mut room = pin!(run.room.notified());
            // From here on no notice is missed.
            room.as_mut().enable();
            if run.is_stopping() {
                return Ok(false);
            }
            if run.shared().let_in(run.elapsed()) {
                self.is_at_work = true;
                return Ok(true);
            }
            tokio::select! {
                () = room => {}
                () = tokio::time::sleep(LONGEST_ALONE) => {}
                () = run.stopping() => {}
            }
        }
    }

    fn leave_work(&mut self) {
        if std::mem::take(&mut self.is_at_work) {
            self.run.shared().at_work -= 1;
            self.run.room.notify_waiters();
        }
    }

    /// Waits until a message may begin. `false` if the worker has given its rows
    /// back meanwhile, or the run stops.
    async fn keep_pace(&mut self) -> Result<bool, LedgerError> {
        let run = Arc::clone(&self.run);
        loop {
            if run.is_stopping() {
                return Ok(false);
            }
            let now = run.elapsed();
            let Permit::At(at) = run.shared().pace.ask(now) else { return Ok(true) };
            let wait = at - now;
            if let Some(ending) = run.ending_instead_of_waiting(wait) {
                run.end_with(ending);
                return Ok(false);
            }
            if wait > SHORT_WAIT {
                self.give_back().await?;
            } else {
                self.record().await?;
            }
            if wait > IDLE_TIME {
                self.hang_up().await;
            }
            run.wait_for_pace(wait).await;
            if self.batch.is_empty() || self.connection.is_none() {
                return Ok(false);
            }
        }
    }

    async fn hang_up(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.run.shared().connections.closed();
            connection.close().await;
        }
    }

    /// Records the last outcome and returns the rows that are still reserved.
    async fn give_back(&mut self) -> Result<(), LedgerError> {
        let recorded = self.record().await;
        let unused: Vec<RowId> = self.batch.drain(..).map(|row| row.row).collect();
        if unused.is_empty() {
            recorded
        } else {
            recorded.and(self.run.ledger.release(unused).await)
        }
    }

    /// Records the last outcome, before the worker waits for anything.
    async fn record(&mut self) -> Result<(), LedgerError> {
        match self.unrecorded.take() {
            Some(closing) => self.run.ledger.close(closing).await,
            None => Ok(()),
        }
    }

    /// Reserves rows if the worker has none. `false` if no row is left.
    async fn reserve(&mut self) -> Result<bool, LedgerError> {
        while self.batch.is_empty() {
            self.record().await?;
            let claim = self.run.ledger.claim(self.run.batch(), self.run.now()).await?;
            if claim.reserved.is_empty() && claim.withdrawn == 0 {
                return Ok(false);
            }
            self.run.progress.settled.fetch_add(claim.withdrawn, Ordering::Relaxed);
            self.batch.extend(claim.reserved);
        }
        Ok(true)
    }

    /// Opens a connection. `false` if the worker has to make room, or the run stops.
    async fn connect(&mut self) -> Result<bool, LedgerError> {
        let mut dialling = pin!(Arc::clone(&self.run).dial());
        let dialled = match tokio::time::timeout(SHORT_WAIT, &mut dialling).await {
            Ok(dialled) => dialled,
            Err(_) => {
                // A dial may take minutes, in which others can send these rows.
                self.give_back().await?;
                dialling.await
            }
        };
        self.has_proved_itself = false;
        self.connection = dialled;
        Ok(self.connection.is_some())
    }

    /// Delivers one message. Also returns whether the server may have it.
    async fn hand_over(&mut self, row: &Reserved) -> (Attempt, bool) {
        let Some(connection) = self.connection.as_mut() else {
            let cause = "there is no connection".to_owned();
            return (Attempt::Lost { phase: Phase::Connect, cause }, false);
        };
        let to = CopyRecipient {
            subscriber: row.subscriber,
            address: &row.address,
            first_name: &row.first_name,
            last_name: &row.last_name,
        };
        let (mailer, doubt) = (&self.run.work.mailer, DoubtMark::default());
        let attempt = tokio::select! {
            attempt = mailer.deliver(connection, &to, &mut self.message, &doubt) => attempt,
            () = self.run.given_up() => {
                let phase = if doubt.is_raised() { Phase::Dot } else { Phase::Content };
                Attempt::Lost { phase, cause: "stopped before the reply came".into() }
            }
        };
        (attempt, doubt.is_raised())
    }

    /// Draws every conclusion from one attempt.
    async fn conclude(
        &mut self,
        row: &Reserved,
        attempt: &Attempt,
        was_in_doubt: bool,
        begun: Duration,
    ) -> Result<(), LedgerError> {
        let run = Arc::clone(&self.run);
        let now = run.now();
        let note = without_local_part(&attempt.to_string(), &row.address);
        let judgement = {
            let mut shared = run.shared();
            let times = (begun, run.elapsed());
            let judgement = shared.judge(row, attempt, self.has_proved_itself, times, now);
            if self.connection.as_ref().is_some_and(|connection| !connection.is_usable()) {
                self.connection = None;
                shared.connections.closed();
            }
            if shared.silences >= shared.too_many_silences {
                run.end_with(Ending::Tripped(Trip::Silence(shared.silences)));
            }
            if judgement.about != ReplySubject::Nothing {
                shared.last_refusal.clone_from(&note);
            }
            if !matches!(judgement.about, ReplySubject::Refusal(_)) {
                shared.streak.forget(row.row);
            }
            judgement
        };
        self.has_proved_itself |= judgement.about != ReplySubject::Connection;
        debug_assert!(judgement.outcome != Outcome::Unknown || was_in_doubt);
        let is_final = matches!(judgement.outcome, Outcome::Sent | Outcome::Unknown);
        run.progress.settled.fetch_add(u64::from(is_final), Ordering::Relaxed);
        let outcome = judgement.outcome;
        self.unrecorded = Some(Closing { row: row.row, outcome, note, at: now });
        match judgement.about {
            ReplySubject::Nothing => {
                run.progress.sent.fetch_add(1, Ordering::Relaxed);
                run.accepted(row.address.domain(), begun).await
            }
            ReplySubject::Refusal(refusal) => {
                // The ledger has the row as deferred before it counts, because others settle it.
                self.record().await?;
                let domain = row.address.domain().to_ascii_lowercase();
                let (attempts, at) = (row.attempts, run.elapsed());
                let held = Held { row: row.row, domain, refusal, attempts, at };
                run.refused(held).await
            }
            ReplySubject::Pace(_) => {
                run.room.notify_waiters();
                Ok(())
            }
            ReplySubject::Recipient | ReplySubject::Connection => Ok(()),
        }
    }
}
