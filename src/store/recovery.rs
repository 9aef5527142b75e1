//! What becomes of the rows that an earlier process left behind.

use sqlx::{FromRow, SqliteConnection};

use super::{LedgerRows, to_json, to_millis};
use crate::delivery::{Doubt, InDoubt, RowState};
use crate::domain::Timestamp;

/// A row that was deferred under a clock that was ahead waits as long as it was
/// meant to, from now on.
pub(super) const SET_CLOCK_BACK: &str = "
    UPDATE recipients
    SET due_at = ?2 + max(due_at - updated_at, 0), updated_at = ?2,
        first_at = min(coalesce(first_at, ?2), ?2)
    WHERE campaign = ?1 AND state = 'deferred' AND updated_at > ?2";

/// Settles the rows of a campaign before a run, as [`Ledger::recover`](crate::delivery::Ledger::recover) says.
pub(super) async fn recover(
    connection: &mut SqliteConnection,
    rows: LedgerRows,
    in_doubt: InDoubt,
    boot_id: &str,
    now: Timestamp,
) -> Result<Doubt, sqlx::Error> {
    let interrupted = read_interrupted(connection, rows).await?;
    let (untouched, doubtful): (Vec<_>, Vec<_>) =
        interrupted.into_iter().partition(|row| row.was_only_reserved_in(boot_id));
    settle(connection, &untouched, &UNTOUCHED, now).await?;
    settle(connection, &doubtful, DoubtSettlement::for_doubt(in_doubt), now).await?;
    sqlx::query(SET_CLOCK_BACK)
        .bind(rows.campaign)
        .bind(to_millis(now))
        .execute(connection)
        .await?;
    Ok(Doubt { in_doubt: doubtful.len() as u64, returned: untouched.len() as u64 })
}

/// A row that an earlier process left reserved, started or in doubt.
#[derive(FromRow)]
struct Interrupted {
    id: i64,
    state: String,
    boot_id: Option<String>,
}

impl Interrupted {
    /// A start is written before its message can leave. After the death of a
    /// process it is there. After a loss of power it may be lost, so a row
    /// of another boot is in doubt even if it looks reserved.
    fn was_only_reserved_in(&self, boot_id: &str) -> bool {
        self.state == RowState::Reserved.as_str() && self.boot_id.as_deref() == Some(boot_id)
    }
}

/// What an interrupted row becomes.
struct DoubtSettlement {
    state: RowState,
    class: Option<&'static str>,
    note: &'static str,
}

const UNTOUCHED: DoubtSettlement =
    DoubtSettlement { state: RowState::Pending, class: None, note: "" };

impl DoubtSettlement {
    fn for_doubt(in_doubt: InDoubt) -> &'static Self {
        match in_doubt {
            InDoubt::Keep => &Self {
                state: RowState::Unknown,
                class: None,
                note: "interrupted while it was handed over: the server may have it",
            },
            InDoubt::Resend => &Self {
                state: RowState::Pending,
                class: None,
                note: "was in doubt, and is sent again by decision",
            },
            InDoubt::Skip => &Self {
                state: RowState::Withdrawn,
                class: Some("in-doubt"),
                note: "was in doubt, and is not sent again by decision",
            },
        }
    }
}

async fn read_interrupted(
    connection: &mut SqliteConnection,
    rows: LedgerRows,
) -> Result<Vec<Interrupted>, sqlx::Error> {
    let states = [RowState::Reserved, RowState::Started, RowState::Unknown];
    sqlx::query_as(
        "SELECT id, state, boot_id FROM recipients
         WHERE id BETWEEN ?1 AND ?2 AND state IN (SELECT value FROM json_each(?3))",
    )
    .bind(rows.first)
    .bind(rows.last)
    .bind(to_json(&states)?)
    .fetch_all(connection)
    .await
}

async fn settle(
    connection: &mut SqliteConnection,
    rows: &[Interrupted],
    settlement: &DoubtSettlement,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE recipients
         SET state = ?2, class = ?3, note = iif(?4 = '', note, ?4), due_at = 0, boot_id = NULL,
             updated_at = ?5
         WHERE id IN (SELECT value FROM json_each(?1)) AND state <> ?2",
    )
    .bind(to_json(&rows.iter().map(|row| row.id).collect::<Vec<_>>())?)
    .bind(settlement.state.as_str())
    .bind(settlement.class)
    .bind(settlement.note)
    .bind(to_millis(now))
    .execute(connection)
    .await?;
    Ok(())
}
