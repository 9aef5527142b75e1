//! A slot: one connection's worth of the loop, one row after another.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Run;
use crate::campaign::CopyRecipient;
use crate::delivery::state::{self, Subject};
use crate::delivery::{
    Attempt, Closing, Connection, DoubtMark, Ending, Ledger, LedgerError, Outcome, Phase, Reserved,
    RowId, Transport,
};

/// How long a slot waits for its turn to dial.
const LONGEST_TURN: Duration = Duration::from_secs(5);

/// One connection's worth of work.
pub(super) struct Slot<L: Ledger, T: Transport> {
    run: Arc<Run<L, T>>,
    batch: VecDeque<Reserved>,
    connection: Option<T::Connection>,
    /// Whether the server has answered to a message over this connection.
    has_proved_itself: bool,
    /// The outcome of the last row, until the ledger has it.
    open: Option<Closing>,
    message: Vec<u8>,
}

impl<L: Ledger, T: Transport> Slot<L, T> {
    pub(super) fn new(run: Arc<Run<L, T>>) -> Self {
        Self {
            run,
            batch: VecDeque::new(),
            connection: None,
            has_proved_itself: false,
            open: None,
            message: Vec::new(),
        }
    }

    pub(super) async fn work(&mut self) -> Result<(), LedgerError> {
        while !self.run.is_stopping() && self.has_a_row().await? {
            if self.connection.is_none() {
                // A dial may take minutes, in which others can send these rows.
                self.give_back().await?;
                if !self.connect().await? {
                    break;
                }
                continue;
            }
            let Some(row) = self.batch.pop_front() else { continue };
            self.run.ledger.start(row.row, self.open.take()).await?;
            let (attempt, doubt) = self.hand_over(&row).await;
            self.judge(&row, attempt, doubt);
        }
        Ok(())
    }

    /// Leaves nothing behind: the last outcome is recorded, unused rows go
    /// back, and the server hears goodbye.
    pub(super) async fn close(&mut self) -> Result<(), LedgerError> {
        let given_back = self.give_back().await;
        if let Some(connection) = self.connection.take() {
            self.run.live.fetch_sub(1, Ordering::SeqCst);
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

    /// Records the last outcome, before the slot waits for anything.
    async fn record(&mut self) -> Result<(), LedgerError> {
        match self.open.take() {
            Some(closing) => self.run.ledger.close(closing).await,
            None => Ok(()),
        }
    }

    async fn has_a_row(&mut self) -> Result<bool, LedgerError> {
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

    /// Opens a connection. `false` when the slot should end.
    async fn connect(&mut self) -> Result<bool, LedgerError> {
        let run = Arc::clone(&self.run);
        // Whoever has waited this long for a turn dials without one: a server
        // that leaves one dial without an answer may still answer another.
        let turn = tokio::time::timeout(LONGEST_TURN, run.dialling.lock());
        let _turn = tokio::select! {
            turn = turn => turn.ok(),
            () = run.stopping() => return Ok(false),
        };
        while !run.is_stopping() {
            let troubles = run.troubles.load(Ordering::SeqCst);
            let Some(pause) = state::redial_after(troubles) else {
                run.end_with(Ending::Unstable(format!("{troubles} connections in a row broke")));
                return Ok(false);
            };
            run.pause(pause).await;
            if run.is_stopping() {
                return Ok(false);
            }
            let dialled = tokio::select! {
                dialled = run.transport.connect() => dialled,
                () = run.stopping() => return Ok(false),
            };
            match dialled {
                Ok(connection) => {
                    self.connection = Some(connection);
                    self.has_proved_itself = false;
                    run.live.fetch_add(1, Ordering::SeqCst);
                    run.connected.fetch_add(1, Ordering::SeqCst);
                    return Ok(true);
                }
                Err(error) if run.gives_up_on(&error) => return Ok(false),
                Err(_) => {}
            }
        }
        Ok(false)
    }

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
                Attempt::Lost { phase, cause: "stopped before the answer came".into() }
            }
        };
        (attempt, doubt.is_raised())
    }

    fn judge(&mut self, row: &Reserved, attempt: Attempt, was_in_doubt: bool) {
        let now = self.run.clock.now();
        let breaks = if attempt.breaks_connection() { self.run.count_break(row.row) } else { 0 };
        let verdict = state::judge(&attempt, row.attempts, breaks, now);
        debug_assert!(verdict.outcome != Outcome::Unknown || was_in_doubt);
        let note = attempt.to_string();
        let is_final = !matches!(verdict.outcome, Outcome::Pending | Outcome::Deferred(_));
        self.run.progress.settled.fetch_add(u64::from(is_final), Ordering::Relaxed);
        let is_sent = verdict.outcome == Outcome::Sent;
        self.run.progress.sent.fetch_add(u64::from(is_sent), Ordering::Relaxed);
        match verdict.about {
            // A connection that was of use may break for many good reasons.
            Subject::Connection if self.has_proved_itself => {}
            Subject::Connection => {
                self.run.troubles.fetch_add(1, Ordering::SeqCst);
            }
            _ => {
                self.has_proved_itself = true;
                self.run.troubles.store(0, Ordering::SeqCst);
            }
        }
        if self.connection.as_ref().is_some_and(|connection| !connection.is_usable()) {
            self.connection = None;
            self.run.live.fetch_sub(1, Ordering::SeqCst);
        }
        self.run.observe(&verdict, &note);
        self.open = Some(Closing { row: row.row, outcome: verdict.outcome, note, at: now });
    }
}
