//! One worker of a delivery run: it hands over one message after another over
//! one connection.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Run;
use crate::campaign::CopyRecipient;
use crate::delivery::connections::Dial;
use crate::delivery::state::ReplySubject;
use crate::delivery::{
    Attempt, Closing, Connection, DoubtMark, Ending, Ledger, LedgerError, Outcome, Phase, Reserved,
    RowId, Transport,
};
use crate::domain::without_local_part;

/// How long a worker waits for its turn to dial.
const LONGEST_TURN: Duration = Duration::from_secs(5);

/// One worker, with its connection and the rows that it has reserved.
pub(super) struct Worker<L: Ledger, T: Transport> {
    run: Arc<Run<L, T>>,
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
            batch: VecDeque::new(),
            connection: None,
            has_proved_itself: false,
            unrecorded: None,
            message: Vec::new(),
        }
    }

    /// Works until there is nothing to do or the run stops.
    pub(super) async fn work(&mut self) -> Result<(), LedgerError> {
        while !self.run.is_stopping() && self.reserve().await? {
            if self.connection.is_none() {
                // A dial may take minutes, in which others can send these rows.
                self.give_back().await?;
                if !self.connect().await {
                    break;
                }
                continue;
            }
            let Some(row) = self.batch.pop_front() else { continue };
            self.run.ledger.start(row.row, self.unrecorded.take()).await?;
            let (attempt, is_in_doubt) = self.hand_over(&row).await;
            self.judge(&row, &attempt, is_in_doubt);
        }
        Ok(())
    }

    /// Records the last outcome, returns unused rows, and closes the connection.
    pub(super) async fn close(&mut self) -> Result<(), LedgerError> {
        let given_back = self.give_back().await;
        if let Some(connection) = self.connection.take() {
            self.run.shared().connections.closed();
            connection.close().await;
        }
        given_back
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
            let claim = self.run.ledger.claim(self.run.work.batch(), self.run.clock.now()).await?;
            if claim.reserved.is_empty() && claim.withdrawn == 0 {
                return Ok(false);
            }
            self.run.progress.settled.fetch_add(claim.withdrawn, Ordering::Relaxed);
            self.batch.extend(claim.reserved);
        }
        Ok(true)
    }

    /// Opens a connection. `false` if the worker should end.
    async fn connect(&mut self) -> bool {
        let run = Arc::clone(&self.run);
        // After this wait the worker dials without a turn: a server that leaves
        // one dial without an answer may still answer another.
        let turn = tokio::time::timeout(LONGEST_TURN, run.dialling.lock());
        let _turn = tokio::select! {
            turn = turn => turn.ok(),
            () = run.stopping() => return false,
        };
        if run.is_stopping() {
            return false;
        }
        let mut next = run.shared().connections.next_dial();
        loop {
            match next {
                Dial::After(wait) => run.wait_to_dial(wait).await,
                Dial::LeaveToOthers => return false,
                Dial::EndRun(ending) => {
                    run.end_with(ending);
                    return false;
                }
            }
            if run.is_stopping() {
                return false;
            }
            let dialled = tokio::select! {
                dialled = run.transport.connect() => dialled,
                () = run.stopping() => return false,
            };
            match dialled {
                Ok(connection) => {
                    self.connection = Some(connection);
                    self.has_proved_itself = false;
                    run.shared().connections.opened();
                    return true;
                }
                Err(error) => next = run.shared().connections.failed(&error),
            }
        }
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
    fn judge(&mut self, row: &Reserved, attempt: &Attempt, was_in_doubt: bool) {
        let now = self.run.clock.now();
        let note = without_local_part(&attempt.to_string(), &row.address);
        let mut shared = self.run.shared();
        let judgement = shared.judge(row, attempt, self.has_proved_itself, now);
        if self.connection.as_ref().is_some_and(|connection| !connection.is_usable()) {
            self.connection = None;
            shared.connections.closed();
        }
        if let Some(trip) = shared.breaker.observe(&judgement, &note) {
            self.run.end_with(Ending::Tripped(trip));
        }
        drop(shared);
        self.has_proved_itself |= judgement.about != ReplySubject::Connection;
        debug_assert!(judgement.outcome != Outcome::Unknown || was_in_doubt);
        let is_final = !matches!(judgement.outcome, Outcome::Pending | Outcome::Deferred(_));
        self.run.progress.settled.fetch_add(u64::from(is_final), Ordering::Relaxed);
        let is_sent = judgement.outcome == Outcome::Sent;
        self.run.progress.sent.fetch_add(u64::from(is_sent), Ordering::Relaxed);
        self.unrecorded = Some(Closing { row: row.row, outcome: judgement.outcome, note, at: now });
    }
}
