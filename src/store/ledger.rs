//! The ledger of one campaign, in SQLite.
//!
//! Claims and recoveries are flushed to the disk. Starts and outcomes go through
//! one [`group`], which writes those of all workers together.
//!
//! Where a query should use the index of pending and deferred rows, it names
//! these states literally: SQLite uses a partial index only if the query repeats
//! its condition. All other states are bound.

use std::collections::HashSet;

use serde::Serialize;
use sqlx::{FromRow, SqliteConnection};
use tokio::sync::mpsc;

use super::cancellations::{is_called_off, withdraw_open};
use super::freeze::exclusion;
use super::group::{self, Change, ChangeRequest};
use super::recovery;
use super::writer::Durability;
use super::{
    LedgerRows, SenderLock, Store, StoreError, StoreFault, from_millis, to_json, to_millis,
};
use crate::delivery::{
    Claim, Closing, Doubt, Expiry, Fate, InDoubt, Ledger, LedgerError, RejectClass, Reserved,
    RowId, RowState, Settlement, Tally,
};
use crate::domain::{CampaignKey, EmailAddress, SubscriberId, SuppressionReason, Timestamp};

/// The ledger of one campaign. It holds the right to send until it is dropped.
pub struct SqliteLedger {
    store: Store,
    rows: LedgerRows,
    changes: mpsc::Sender<ChangeRequest>,
    /// Why an address that this campaign found dead is suppressed.
    origin: String,
    _lock: SenderLock,
}

const OPEN: &str = "open the ledger of a campaign in";

pub(super) const NEXT_DUE: &str =
    "SELECT min(due_at) FROM recipients WHERE campaign = ?1 AND state = 'deferred'";

pub(super) const EXPIRE: &str = "
    UPDATE recipients
    SET state = ?5, class = ?2, due_at = 0, updated_at = ?3,
        note = iif(note = '', ?4, ?4 || '; before: ' || note)
    WHERE campaign = ?1 AND state = 'deferred' AND attempts >= ?6
      AND coalesce(first_at, updated_at) <= ?7";

/// The note stays, for `status`. An attempt that says nothing about the recipient does not count.
pub(super) const SETTLE: &str = "
    UPDATE recipients
    SET state = s.state, class = s.class, due_at = 0, updated_at = ?2,
        first_at = iif(s.state = 'pending' AND attempts <= 1, NULL, first_at),
        attempts = attempts - (s.state = 'pending' AND attempts > 0)
    FROM (SELECT value ->> 'row' AS row, value ->> 'state' AS state, value ->> 'class' AS class
          FROM json_each(?1)) s
    WHERE recipients.id = s.row AND +recipients.campaign = ?3 AND recipients.state = 'deferred'
    RETURNING recipients.id";

pub(super) const CLAIM_DUE: &str = concat!(
    "SELECT r.id, r.subscriber, r.attempts, s.address, s.first_name, s.last_name, ",
    exclusion!(),
    " AS excluded
    FROM recipients r LEFT JOIN subscribers s ON s.id = r.subscriber
    WHERE r.campaign = ?1 AND r.state = 'deferred' AND r.due_at <= ?2
    ORDER BY r.due_at, r.id LIMIT ?3"
);

pub(super) const CLAIM_PENDING: &str = concat!(
    "SELECT r.id, r.subscriber, r.attempts, s.address, s.first_name, s.last_name, ",
    exclusion!(),
    " AS excluded
    FROM recipients r LEFT JOIN subscribers s ON s.id = r.subscriber
    WHERE r.campaign = ?1 AND r.state = 'pending'
    ORDER BY r.due_at, r.id LIMIT ?2"
);

impl Store {
    /// Opens the ledger of a frozen campaign for the holder of the lock.
    ///
    /// # Errors
    /// There is no such campaign, or the store cannot be read.
    pub async fn ledger(
        &self,
        key: &CampaignKey,
        lock: &SenderLock,
    ) -> Result<SqliteLedger, StoreError> {
        let rows = self.ledger_rows(key, OPEN).await?;
        let changes = group::spawn(self.clone(), rows.campaign);
        let origin = format!("refused as no mailbox, in {key}");
        Ok(SqliteLedger { store: self.clone(), rows, changes, origin, _lock: lock.clone() })
    }
}

impl SqliteLedger {
    async fn change(&self, changes: Vec<Change>) -> Result<(), LedgerError> {
        let gone = || self.store.ledger_error("written", "the task that writes it has ended");
        let (request, written) = ChangeRequest::new(changes);
        self.changes.send(request).await.map_err(|_| gone())?;
        written.await.map_err(|_| gone())?
    }

    fn cannot_write(&self) -> impl Fn(sqlx::Error) -> LedgerError + '_ {
        |error| self.store.ledger_fault("written", &error)
    }
}

impl Ledger for SqliteLedger {
    async fn recover(&self, in_doubt: InDoubt, now: Timestamp) -> Result<Doubt, LedgerError> {
        let boot_id = self.store.boot_id();
        let recover = async {
            let mut turn = self.store.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            let doubt =
                recovery::recover(&mut transaction, self.rows, in_doubt, boot_id, now).await?;
            transaction.commit().await?;
            Ok(doubt)
        };
        recover.await.map_err(self.cannot_write())
    }

    async fn claim(&self, limit: usize, now: Timestamp) -> Result<Claim, LedgerError> {
        let claim = async {
            let mut turn = self.store.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            let mut claim = Claim::default();
            if is_called_off(&mut transaction, self.rows.campaign).await? {
                claim.withdrawn = withdraw_open(&mut transaction, self.rows.campaign, now).await?;
                transaction.commit().await?;
                return Ok(claim);
            }
            // Withdrawn rows are replaced by others, so that an empty claim
            // always means that no row is left to claim.
            while claim.reserved.len() < limit {
                let wanted = limit - claim.reserved.len();
                let candidates =
                    read_candidates(&mut transaction, self.rows.campaign, wanted, now).await?;
                if candidates.is_empty() {
                    break;
                }
                let (reserved, withdrawn) = decide(candidates);
                let boot_id = self.store.boot_id();
                reserve(&mut transaction, &reserved, boot_id, now).await?;
                withdraw(&mut transaction, &withdrawn, now).await?;
                claim.withdrawn += withdrawn.len() as u64;
                claim.reserved.extend(reserved);
            }
            transaction.commit().await?;
            self.store.shared.witness.record_durable();
            Ok(claim)
        };
        claim.await.map_err(self.cannot_write())
    }

    async fn start(&self, row: RowId, previous: Option<Closing>) -> Result<(), LedgerError> {
        let changes = previous.map(Change::close).into_iter().chain([Change::start(row)]);
        self.change(changes.collect()).await
    }

    async fn close(&self, closing: Closing) -> Result<(), LedgerError> {
        self.change(vec![Change::close(closing)]).await
    }

    async fn release(&self, rows: Vec<RowId>) -> Result<(), LedgerError> {
        self.change(rows.into_iter().map(Change::release).collect()).await
    }

    async fn tally(&self) -> Result<Tally, LedgerError> {
        let tally = self.store.tally(self.rows).await;
        tally.map_err(|error| self.store.ledger_error("read", error.in_one_line()))
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, LedgerError> {
        let due: Option<i64> = sqlx::query_scalar(NEXT_DUE)
            .bind(self.rows.campaign)
            .fetch_one(self.store.readers())
            .await
            .map_err(|error| self.store.ledger_fault("read", &error))?;
        Ok(due.map(from_millis))
    }

    async fn settle(&self, settled: Vec<Settlement>, now: Timestamp) -> Result<(), LedgerError> {
        let settle = async {
            let mut turn = self.store.writer().turn().await;
            let mut transaction = turn.begin(Durability::Process).await?;
            let rows: Vec<SettledRow> = settled.iter().map(SettledRow::new).collect();
            let changed: HashSet<i64> = sqlx::query_scalar(SETTLE)
                .bind(to_json(&rows)?)
                .bind(to_millis(now))
                .bind(self.rows.campaign)
                .fetch_all(&mut *transaction)
                .await?
                .into_iter()
                .collect();
            let is_dead = |row: &&Settlement| {
                row.fate == Fate::Rejected(RejectClass::Mailbox) && changed.contains(&row.row.0)
            };
            let dead: Vec<_> = settled.iter().filter(is_dead).map(|row| row.row.0).collect();
            suppress(&mut transaction, &dead, &self.origin, now).await?;
            transaction.commit().await
        };
        settle.await.map_err(self.cannot_write())
    }

    async fn has_other_domain(&self, domain: &str) -> Result<bool, LedgerError> {
        let suffix = format!("@{domain}");
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM recipients WHERE id BETWEEN ?1 AND ?2
                            AND substr(address_key, -length(?3)) <> ?3)",
        )
        .bind(self.rows.first)
        .bind(self.rows.last)
        .bind(suffix)
        .fetch_one(self.store.readers())
        .await
        .map_err(|error| self.store.ledger_fault("read", &error))
    }

    async fn expire(&self, expiry: Expiry, now: Timestamp) -> Result<u64, LedgerError> {
        let expire = async {
            let mut turn = self.store.writer().turn().await;
            sqlx::query(EXPIRE)
                .bind(self.rows.campaign)
                .bind(RejectClass::Expired.as_str())
                .bind(to_millis(now))
                .bind("tried until its time was over")
                .bind(RowState::Rejected.as_str())
                .bind(expiry.attempts)
                .bind(to_millis(expiry.first_tried_by))
                .execute(turn.connection(Durability::Power).await?)
                .await
        };
        expire.await.map(|done| done.rows_affected()).map_err(self.cannot_write())
    }
}

/// What SQL reads of a [`Settlement`].
#[derive(Serialize)]
struct SettledRow {
    row: i64,
    state: RowState,
    class: Option<&'static str>,
}

impl SettledRow {
    fn new(settled: &Settlement) -> Self {
        let (state, class) = match settled.fate {
            Fate::Rejected(class) => (RowState::Rejected, Some(class.as_str())),
            Fate::RejectedOnce => (RowState::Rejected, Some(RejectClass::Mailbox.as_str())),
            Fate::Restored => (RowState::Pending, None),
        };
        Self { row: settled.row.0, state, class }
    }
}

async fn suppress(
    connection: &mut SqliteConnection,
    rows: &[i64],
    origin: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO suppressions (address_key, reason, origin, at)
         SELECT r.address_key, ?3, ?2, ?4
         FROM json_each(?1) d JOIN recipients r ON r.id = d.value WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(to_json(rows)?)
    .bind(origin)
    .bind(SuppressionReason::HardBounce.as_str())
    .bind(to_millis(now))
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// An error of the database as one of the ledger.
    pub(super) fn ledger_fault(&self, attempted: &'static str, error: &sqlx::Error) -> LedgerError {
        let cause = match StoreFault::from_sqlx(error) {
            StoreFault::Failed => error.to_string(),
            fault => fault.to_string(),
        };
        self.ledger_error(attempted, cause)
    }

    pub(super) fn ledger_error(
        &self,
        attempted: &'static str,
        cause: impl Into<String>,
    ) -> LedgerError {
        LedgerError { store: self.path().display().to_string(), attempted, cause: cause.into() }
    }
}

/// A row that can be claimed, if its recipient still gets mail.
#[derive(FromRow)]
struct Candidate {
    id: i64,
    subscriber: i64,
    attempts: u32,
    /// Absent when the subscriber was erased.
    address: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    excluded: Option<String>,
}

/// Deferred rows that are due go before those that wait for their first attempt.
async fn read_candidates(
    connection: &mut SqliteConnection,
    campaign: i64,
    wanted: usize,
    now: Timestamp,
) -> Result<Vec<Candidate>, sqlx::Error> {
    let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
    let due: Vec<Candidate> = sqlx::query_as(CLAIM_DUE)
        .bind(campaign)
        .bind(to_millis(now))
        .bind(wanted)
        .fetch_all(&mut *connection)
        .await?;
    let rest = wanted - due.len() as i64;
    if rest == 0 {
        return Ok(due);
    }
    let pending: Vec<Candidate> =
        sqlx::query_as(CLAIM_PENDING).bind(campaign).bind(rest).fetch_all(connection).await?;
    Ok(due.into_iter().chain(pending).collect())
}

/// A row that is withdrawn, and the reason in one word.
#[derive(Serialize)]
struct Withdrawn(i64, String);

fn decide(candidates: Vec<Candidate>) -> (Vec<Reserved>, Vec<Withdrawn>) {
    let (mut reserved, mut withdrawn) = (Vec::new(), Vec::new());
    for row in candidates {
        let address = match (row.excluded, row.address) {
            (Some(excluded), _) => Err(excluded),
            (None, None) => Err("erased".to_owned()),
            (None, Some(text)) => {
                EmailAddress::parse(&text).map_err(|_| "invalid-address".to_owned())
            }
        };
        match address {
            Err(reason) => withdrawn.push(Withdrawn(row.id, reason)),
            Ok(address) => reserved.push(Reserved {
                row: RowId(row.id),
                subscriber: SubscriberId(row.subscriber),
                address,
                first_name: row.first_name.unwrap_or_default(),
                last_name: row.last_name.unwrap_or_default(),
                attempts: row.attempts,
            }),
        }
    }
    (reserved, withdrawn)
}

async fn reserve(
    connection: &mut SqliteConnection,
    rows: &[Reserved],
    boot_id: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE recipients SET state = ?4, boot_id = ?2, due_at = 0, updated_at = ?3
         WHERE id IN (SELECT value FROM json_each(?1))",
    )
    .bind(to_json(&rows.iter().map(|row| row.row.0).collect::<Vec<_>>())?)
    .bind(boot_id)
    .bind(to_millis(now))
    .bind(RowState::Reserved.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

async fn withdraw(
    connection: &mut SqliteConnection,
    rows: &[Withdrawn],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE recipients
         SET state = ?3, class = w.reason, due_at = 0, updated_at = ?2
         FROM (SELECT value ->> 0 AS id, value ->> 1 AS reason FROM json_each(?1)) w
         WHERE recipients.id = w.id",
    )
    .bind(to_json(rows)?)
    .bind(to_millis(now))
    .bind(RowState::Withdrawn.as_str())
    .execute(connection)
    .await?;
    Ok(())
}
