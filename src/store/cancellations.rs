//! Issues that were called off: before they were frozen, while they are sent, or
//! after a run that stopped.
//!
//! The record is written beside a running sender, without its lock. Rows that the
//! sender has reserved or started stay with it; the sender, or whoever holds the
//! lock after it, settles them with [`Store::settle_called_off`].

use std::collections::BTreeSet;

use sqlx::{FromRow, SqliteConnection};

use super::writer::Durability;
use super::{SenderLock, Store, StoreError, from_millis, to_millis};
use crate::delivery::{InDoubt, Ledger, RowState};
use crate::domain::{CampaignKey, RouteKind, Slug, Timestamp};

/// The `class` of a row that was withdrawn because its campaign was called off.
pub(crate) const CANCELLED: &str = "cancelled";

/// What [`Store::call_off`] found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallOff {
    /// The issue was not frozen yet, and will not be.
    BeforeFreeze {
        /// When it was called off, perhaps earlier.
        since: Timestamp,
    },
    /// Nobody else gets the campaign.
    Campaign {
        /// When it was called off, perhaps earlier.
        since: Timestamp,
        /// Rows that were pending or deferred, and are withdrawn now.
        withdrawn: u64,
        /// Rows that another process has reserved or started, or left so.
        under_way: u64,
    },
    /// A provider may be sending it already: its reply was lost, or is awaited.
    PerhapsHandedOver,
    /// It was finished before, or handed over to a provider.
    TooLate,
}

/// What [`Store::undo_calling_off`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallOffUndone {
    /// It was not called off.
    Nothing,
    /// It is as if it had not been called off. So many rows are pending again.
    Undone { pending: u64 },
}

const CALL_OFF: &str = "call off an issue in";
const UNDO: &str = "undo calling off an issue in";
const READ: &str = "read what was called off in";

/// It repeats the condition of an index, so that no manifest is read.
pub(super) const HALF_CALLED_OFF: &str = "SELECT newsletter, slug, via FROM campaigns
    WHERE cancelled_at IS NOT NULL AND finished_at IS NULL";

#[derive(FromRow)]
struct Frozen {
    id: i64,
    first_row: i64,
    last_row: i64,
    via: String,
    finished_at: Option<i64>,
    cancelled_at: Option<i64>,
}

impl Frozen {
    async fn read(
        connection: &mut SqliteConnection,
        key: &CampaignKey,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, first_row, last_row, via, finished_at, cancelled_at FROM campaigns
             WHERE newsletter = ?1 AND slug = ?2",
        )
        .bind(key.newsletter.as_str())
        .bind(key.issue.as_str())
        .fetch_optional(connection)
        .await
    }

    fn is_trial_for(&self, route: RouteKind) -> bool {
        RouteKind::parse(&self.via).is_some_and(|via| via.is_trial_for(route))
    }

    fn is_at_a_provider(&self) -> bool {
        RouteKind::parse(&self.via).is_some_and(RouteKind::is_provider)
    }
}

impl Store {
    /// Calls an issue off, in one transaction that is on the disk before this
    /// returns. It needs no lock: a sender that runs reserves no row after that. A
    /// trial on another route than `route` does not count as frozen.
    pub(crate) async fn call_off(
        &self,
        key: &CampaignKey,
        route: RouteKind,
        now: Timestamp,
    ) -> Result<CallOff, StoreError> {
        let write = async {
            let mut turn = self.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            let frozen = Frozen::read(&mut transaction, key).await?;
            let Some(frozen) = frozen.filter(|frozen| !frozen.is_trial_for(route)) else {
                let since = insert_cancellation(&mut transaction, key, now).await?;
                transaction.commit().await?;
                return Ok(CallOff::BeforeFreeze { since });
            };
            let pushed = last_push(&mut transaction, key).await?;
            let pushed = pushed.as_deref().filter(|_| frozen.is_at_a_provider());
            let was_sent = frozen.finished_at.is_some() && frozen.cancelled_at.is_none();
            if was_sent || pushed == Some("sent") {
                return Ok(CallOff::TooLate);
            }
            let since = frozen.cancelled_at.unwrap_or(to_millis(now));
            sqlx::query(
                "UPDATE campaigns SET cancelled_at = ?2, paused_at = NULL, pause_note = '',
                        resume_at = NULL WHERE id = ?1",
            )
            .bind(frozen.id)
            .bind(since)
            .execute(&mut *transaction)
            .await?;
            let withdrawn = withdraw_open(&mut transaction, frozen.id, now).await?;
            let under_way = finish(&mut transaction, &frozen, now).await?;
            transaction.commit().await?;
            if pushed == Some("sending") {
                return Ok(CallOff::PerhapsHandedOver);
            }
            Ok(CallOff::Campaign { since: from_millis(since), withdrawn, under_way })
        };
        write.await.map_err(self.fault(CALL_OFF))
    }

    /// Settles the rows that a sender left in campaigns that were called off: what
    /// was only reserved is withdrawn, and what was started is in doubt.
    pub(crate) async fn settle_called_off(
        &self,
        lock: &SenderLock,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for key in self.half_called_off().await? {
            let ledger = self.ledger(&key, lock).await?;
            let recovered = ledger.recover(InDoubt::Keep, now).await;
            recovered.map_err(|error| self.damaged(CALL_OFF, error.cause))?;
            self.finish_called_off(&key, now).await?;
        }
        Ok(())
    }

    /// The campaigns that were called off, and whose sender died before it could
    /// settle the rows. At a provider there are no rows.
    pub(crate) async fn half_called_off(&self) -> Result<Vec<CampaignKey>, StoreError> {
        let found: Vec<(String, String, String)> = sqlx::query_as(HALF_CALLED_OFF)
            .fetch_all(self.readers())
            .await
            .map_err(self.fault(READ))?;
        let has_rows = |via: &str| !RouteKind::parse(via).is_some_and(RouteKind::is_provider);
        found
            .iter()
            .filter(|(.., via)| has_rows(via))
            .map(|(newsletter, slug, _)| {
                let damaged = |_| self.damaged(READ, "a campaign has no valid key");
                let newsletter = Slug::parse(newsletter).map_err(damaged)?;
                Ok(CampaignKey { newsletter, issue: Slug::parse(slug).map_err(damaged)? })
            })
            .collect()
    }

    /// Withdraws what is left of a campaign that was called off, after its run. A
    /// campaign of which nothing was left was called off too late, so it counts
    /// as sent. Returns whether it is called off.
    pub(crate) async fn finish_called_off(
        &self,
        key: &CampaignKey,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let write = async {
            let mut turn = self.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            let frozen = Frozen::read(&mut transaction, key).await?;
            let Some(frozen) = frozen.filter(|frozen| frozen.cancelled_at.is_some()) else {
                return Ok(false);
            };
            withdraw_open(&mut transaction, frozen.id, now).await?;
            let under_way = finish(&mut transaction, &frozen, now).await?;
            let cancelled: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM recipients
                 WHERE id BETWEEN ?1 AND ?2 AND state = ?3 AND class = ?4",
            )
            .bind(frozen.first_row)
            .bind(frozen.last_row)
            .bind(RowState::Withdrawn.as_str())
            .bind(CANCELLED)
            .fetch_one(&mut *transaction)
            .await?;
            let was_too_late = cancelled == 0 && under_way == 0 && !frozen.is_at_a_provider();
            if was_too_late {
                sqlx::query("UPDATE campaigns SET cancelled_at = NULL WHERE id = ?1")
                    .bind(frozen.id)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(!was_too_late)
        };
        write.await.map_err(self.fault(CALL_OFF))
    }

    /// Undoes [`Self::call_off`]. It needs the lock, because a sender that is
    /// still stopping would withdraw the rows again.
    pub(crate) async fn undo_calling_off(
        &self,
        key: &CampaignKey,
        _lock: &SenderLock,
    ) -> Result<CallOffUndone, StoreError> {
        let write = async {
            let mut turn = self.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            let forgotten =
                sqlx::query("DELETE FROM cancellations WHERE newsletter = ?1 AND slug = ?2")
                    .bind(key.newsletter.as_str())
                    .bind(key.issue.as_str())
                    .execute(&mut *transaction)
                    .await?;
            let frozen = Frozen::read(&mut transaction, key).await?;
            let Some(frozen) = frozen.filter(|frozen| frozen.cancelled_at.is_some()) else {
                transaction.commit().await?;
                return Ok(match forgotten.rows_affected() {
                    0 => CallOffUndone::Nothing,
                    _ => CallOffUndone::Undone { pending: 0 },
                });
            };
            let reopened = sqlx::query(
                "UPDATE recipients SET state = ?2, class = NULL
                 WHERE id BETWEEN ?1 AND ?5 AND state = ?3 AND class = ?4",
            )
            .bind(frozen.first_row)
            .bind(RowState::Pending.as_str())
            .bind(RowState::Withdrawn.as_str())
            .bind(CANCELLED)
            .bind(frozen.last_row)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "UPDATE campaigns SET cancelled_at = NULL,
                        finished_at = iif(?2 > 0, NULL, finished_at) WHERE id = ?1",
            )
            .bind(frozen.id)
            .bind(reopened.rows_affected() as i64)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await?;
            Ok(CallOffUndone::Undone { pending: reopened.rows_affected() })
        };
        write.await.map_err(self.fault(UNDO))
    }

    /// Since when an issue is called off, whether or not it was frozen.
    pub(crate) async fn called_off_since(
        &self,
        key: &CampaignKey,
    ) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = sqlx::query_scalar(
            "SELECT cancelled_at FROM campaigns
             WHERE newsletter = ?1 AND slug = ?2 AND cancelled_at IS NOT NULL
             UNION ALL SELECT at FROM cancellations WHERE newsletter = ?1 AND slug = ?2",
        )
        .bind(key.newsletter.as_str())
        .bind(key.issue.as_str())
        .fetch_optional(self.readers())
        .await
        .map_err(self.fault(READ))?;
        Ok(at.map(from_millis))
    }

    /// The issues of a newsletter that were called off before they were frozen.
    pub(crate) async fn called_off_before_freeze(
        &self,
        newsletter: &Slug,
    ) -> Result<BTreeSet<Slug>, StoreError> {
        let slugs: Vec<String> =
            sqlx::query_scalar("SELECT slug FROM cancellations WHERE newsletter = ?1")
                .bind(newsletter.as_str())
                .fetch_all(self.readers())
                .await
                .map_err(self.fault(READ))?;
        let damaged = |_| self.damaged(READ, "an issue that was called off has no valid slug");
        slugs.iter().map(|slug| Slug::parse(slug).map_err(damaged)).collect()
    }
}

async fn insert_cancellation(
    connection: &mut SqliteConnection,
    key: &CampaignKey,
    now: Timestamp,
) -> Result<Timestamp, sqlx::Error> {
    let at: i64 = sqlx::query_scalar(
        "INSERT INTO cancellations (newsletter, slug, at) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET at = at RETURNING at",
    )
    .bind(key.newsletter.as_str())
    .bind(key.issue.as_str())
    .bind(to_millis(now))
    .fetch_one(connection)
    .await?;
    Ok(from_millis(at))
}

/// The last step of an issue at its provider.
async fn last_push(
    connection: &mut SqliteConnection,
    key: &CampaignKey,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT state FROM provider_pushes WHERE newsletter = ?1 AND slug = ?2
         ORDER BY id DESC LIMIT 1",
    )
    .bind(key.newsletter.as_str())
    .bind(key.issue.as_str())
    .fetch_optional(connection)
    .await
}

/// Whether a campaign was called off, inside the transaction that claims its rows.
pub(super) async fn is_called_off(
    connection: &mut SqliteConnection,
    campaign: i64,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT cancelled_at IS NOT NULL FROM campaigns WHERE id = ?1")
        .bind(campaign)
        .fetch_one(connection)
        .await
}

/// Whether an issue was called off before it was frozen.
pub(super) async fn is_called_off_unfrozen(
    connection: &mut SqliteConnection,
    key: &CampaignKey,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM cancellations WHERE newsletter = ?1 AND slug = ?2)",
    )
    .bind(key.newsletter.as_str())
    .bind(key.issue.as_str())
    .fetch_one(connection)
    .await
}

/// Withdraws the rows that nobody has reserved. The note of an earlier attempt stays.
pub(super) async fn withdraw_open(
    connection: &mut SqliteConnection,
    campaign: i64,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE recipients SET state = ?3, class = ?4, due_at = 0, updated_at = ?2
         WHERE campaign = ?1 AND (state = 'pending' OR state = 'deferred')",
    )
    .bind(campaign)
    .bind(to_millis(now))
    .bind(RowState::Withdrawn.as_str())
    .bind(CANCELLED)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Marks a campaign as finished if nothing of it is under way, and returns how
/// many rows are. At a provider there are no rows, and `cancelled_at` says it all.
async fn finish(
    connection: &mut SqliteConnection,
    frozen: &Frozen,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let under_way: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM recipients WHERE id BETWEEN ?1 AND ?2 AND state IN (?3, ?4)",
    )
    .bind(frozen.first_row)
    .bind(frozen.last_row)
    .bind(RowState::Reserved.as_str())
    .bind(RowState::Started.as_str())
    .fetch_one(&mut *connection)
    .await?;
    if under_way == 0 && !frozen.is_at_a_provider() {
        sqlx::query("UPDATE campaigns SET finished_at = coalesce(finished_at, ?2) WHERE id = ?1")
            .bind(frozen.id)
            .bind(to_millis(now))
            .execute(connection)
            .await?;
    }
    Ok(under_way as u64)
}
