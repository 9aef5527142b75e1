//! The changes of all workers, written together.
//!
//! Each worker waits for its own change. If each change had a commit of its
//! own, the workers would wait for each other. So one task takes all changes
//! that wait and writes them with one statement. Those that arrive meanwhile
//! make the next group.

use std::collections::{HashSet, VecDeque};

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::writer::{Durability, Turn};
use super::{Store, to_json, to_millis};
use crate::delivery::{Closing, LedgerError, Outcome, RowId, RowState};

/// A row that goes from one state to the next.
#[derive(Serialize)]
pub(super) struct Change {
    row: i64,
    from: RowState,
    to: RowState,
    /// What is added to the number of attempts.
    attempts: i8,
    due_at: i64,
    /// Absent where the earlier note stays.
    note: Option<String>,
    /// Absent where the caller has no clock at hand.
    at: Option<i64>,
    /// Of a start that reaches people.
    number: Option<i64>,
}

/// The changes of one worker, which are written together or not at all.
pub(super) struct ChangeRequest {
    changes: Vec<Change>,
    written: oneshot::Sender<Result<(), LedgerError>>,
}

const QUEUE: usize = 1024;
const GROUP: usize = 256;

/// The `+` makes SQLite go to each row by its number instead of through the
/// campaign's index.
pub(super) const WRITE_CHANGES: &str = "
    UPDATE recipients
    SET state = c.state, attempts = attempts + c.counted, due_at = c.due_at, class = NULL,
        note = coalesce(c.note, recipients.note),
        updated_at = coalesce(c.at, recipients.updated_at),
        start_number = coalesce(c.number, recipients.start_number),
        first_at = iif(c.state = 'deferred', coalesce(first_at, c.at), first_at),
        boot_id = iif(c.state = 'started', boot_id, NULL)
    FROM (SELECT value ->> 'row' AS row, value ->> 'from' AS expected, value ->> 'to' AS state,
                 value ->> 'attempts' AS counted, value ->> 'due_at' AS due_at,
                 value ->> 'note' AS note, value ->> 'at' AS at,
                 value ->> 'number' AS number
          FROM json_each(?1)) c
    WHERE recipients.id = c.row AND +recipients.campaign = ?2 AND recipients.state = c.expected
    RETURNING recipients.id";

/// Starts the task. It ends when the last sender is dropped and all changes that
/// waited are written.
pub(super) fn spawn(store: Store, campaign: i64) -> mpsc::Sender<ChangeRequest> {
    let (sender, mut receiver) = mpsc::channel(QUEUE);
    tokio::spawn(async move {
        let mut waiting = VecDeque::new();
        while let Some(request) = receiver.recv().await {
            waiting.push_back(request);
            // Others may have arrived while the connection was busy.
            let mut turn = store.writer().turn().await;
            while waiting.len() < GROUP
                && let Ok(request) = receiver.try_recv()
            {
                waiting.push_back(request);
            }
            while !waiting.is_empty() {
                write_group(&store, &mut turn, campaign, take_group(&mut waiting)).await;
            }
        }
    });
    sender
}

impl ChangeRequest {
    /// The request, and the channel on which its result comes.
    pub(super) fn new(changes: Vec<Change>) -> (Self, oneshot::Receiver<Result<(), LedgerError>>) {
        let (written, result) = oneshot::channel();
        (Self { changes, written }, result)
    }
}

impl Change {
    pub(super) fn start(row: RowId) -> Self {
        Self { attempts: 1, ..Self::new(row, RowState::Reserved, RowState::Started) }
    }

    pub(super) fn release(row: RowId) -> Self {
        Self::new(row, RowState::Reserved, RowState::Pending)
    }

    pub(super) fn close(closing: Closing) -> Self {
        let change = |to| Self::new(closing.row, RowState::Started, to);
        let change = match closing.outcome {
            Outcome::Sent => change(RowState::Sent),
            Outcome::Deferred(until) => {
                Self { due_at: to_millis(until), ..change(RowState::Deferred) }
            }
            Outcome::Unknown => change(RowState::Unknown),
            // The row goes behind those that were not tried yet. Otherwise one recipient
            // at whom the server closes the connection would hold up all others.
            Outcome::Pending => {
                Self { attempts: -1, due_at: to_millis(closing.at), ..change(RowState::Pending) }
            }
        };
        Self { note: Some(closing.note), at: Some(to_millis(closing.at)), ..change }
    }

    fn new(row: RowId, from: RowState, to: RowState) -> Self {
        let (row, attempts, due_at) = (row.0, 0, 0);
        Self { row, from, to, attempts, due_at, note: None, at: None, number: None }
    }
}

/// Takes requests as long as no two change the same row, because one statement
/// changes a row once.
fn take_group(waiting: &mut VecDeque<ChangeRequest>) -> Vec<ChangeRequest> {
    let mut rows = HashSet::new();
    let mut group = Vec::new();
    while let Some(request) = waiting.pop_front() {
        let touched = |change: &Change| rows.contains(&change.row);
        if !group.is_empty() && request.changes.iter().any(touched) {
            waiting.push_front(request);
            break;
        }
        rows.extend(request.changes.iter().map(|change| change.row));
        group.push(request);
    }
    group
}

async fn write_group(
    store: &Store,
    turn: &mut Turn<'_>,
    campaign: i64,
    mut group: Vec<ChangeRequest>,
) {
    number_starts(store.shared.witness.next_number(), &mut group);
    let changes: Vec<_> = group.iter().flat_map(|request| &request.changes).collect();
    let written = write(turn, campaign, &changes).await;
    // Before a worker may write the message that it has started.
    let is_written = |row: i64| written.as_ref().is_ok_and(|rows| rows.contains(&row));
    let recorded = changes.iter().filter(|change| is_written(change.row));
    if let Some(number) = recorded.filter_map(|change| change.number).max() {
        store.shared.witness.record(number);
    }
    for request in group {
        let result = match &written {
            Err(error) => Err(store.ledger_fault("written", error)),
            Ok(rows) => request
                .changes
                .iter()
                .find(|change| !rows.contains(&change.row))
                .map_or(Ok(()), |change| Err(refused(store, change))),
        };
        // A worker that has ended needs no result. The change is written.
        let _ = request.written.send(result);
    }
}

/// Gives each start the next number, if starts are numbered.
fn number_starts(first: Option<i64>, group: &mut [ChangeRequest]) {
    let Some(first) = first else { return };
    let changes = group.iter_mut().flat_map(|request| &mut request.changes);
    let starts = changes.filter(|change| change.to == RowState::Started);
    for (start, number) in starts.zip(first..) {
        start.number = Some(number);
    }
}

fn refused(store: &Store, change: &Change) -> LedgerError {
    let (row, from, to) = (change.row, change.from.as_str(), change.to.as_str());
    let cause = format!("row {row} cannot become {to}, because it is not {from}");
    store.ledger_error("written", cause)
}

/// Makes every change whose row is in the state it expects, and returns those
/// rows. One statement is a transaction by itself, which costs a third of an
/// explicit one.
async fn write(
    turn: &mut Turn<'_>,
    campaign: i64,
    changes: &[&Change],
) -> Result<HashSet<i64>, sqlx::Error> {
    let rows: Vec<i64> = sqlx::query_scalar(WRITE_CHANGES)
        .bind(to_json(changes)?)
        .bind(campaign)
        .fetch_all(turn.connection(Durability::Process).await?)
        .await?;
    Ok(rows.into_iter().collect())
}
