//! Sending a finished campaign again, to exactly those who were rejected or expired.

use super::freeze::exclusion;
use super::writer::Durability;
use super::{LedgerRows, SenderLock, Store, StoreError};
use crate::delivery::{RejectClass, RowState};
use crate::domain::CampaignKey;

/// Which rejected rows are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryClass {
    /// A server refused them.
    Rejected,
    /// The campaign's lifetime ended before they were delivered.
    Expired,
}

impl RetryClass {
    /// The word that people give to `--retry`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}

/// To how many a retry would go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct RetryCount {
    /// All of them.
    pub(crate) rows: i64,
    /// Those among them who get nothing: suppressed or unsubscribed meanwhile.
    pub(crate) left_out: i64,
}

/// The rows that are asked for, by four values: `rejected`, `expired`, and whether
/// expired and other rows are.
macro_rules! is_asked_for {
    () => {
        "state = ?3 AND iif(coalesce(class, '') = ?4, ?5, ?6)"
    };
}

const RETRY: &str = "send a campaign again from";

impl Store {
    /// Counts the rows that [`Self::reopen`] would make pending.
    pub(crate) async fn count_retry(
        &self,
        rows: LedgerRows,
        asked: &[RetryClass],
    ) -> Result<RetryCount, StoreError> {
        sqlx::query_as(concat!(
            "SELECT count(*) AS rows, count(",
            exclusion!(),
            ") AS left_out
                 FROM recipients r LEFT JOIN subscribers s ON s.id = r.subscriber
                 WHERE r.id BETWEEN ?1 AND ?2 AND ",
            is_asked_for!()
        ))
        .bind(rows.first)
        .bind(rows.last)
        .bind(RowState::Rejected.as_str())
        .bind(RejectClass::Expired.as_str())
        .bind(asked.contains(&RetryClass::Expired))
        .bind(asked.contains(&RetryClass::Rejected))
        .fetch_one(self.readers())
        .await
        .map_err(self.fault(RETRY))
    }

    /// Makes rejected rows pending again, as if they had never been tried, and
    /// their campaign unfinished. Everybody else keeps their outcome.
    pub(crate) async fn reopen(
        &self,
        key: &CampaignKey,
        asked: &[RetryClass],
        _lock: &SenderLock,
    ) -> Result<u64, StoreError> {
        let rows = self.ledger_rows(key, RETRY).await?;
        let write = async {
            let mut turn = self.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            let reopened = sqlx::query(concat!(
                "UPDATE recipients
                 SET state = ?7, class = NULL, attempts = 0, first_at = NULL, due_at = 0
                 WHERE id BETWEEN ?1 AND ?2 AND ",
                is_asked_for!()
            ))
            .bind(rows.first)
            .bind(rows.last)
            .bind(RowState::Rejected.as_str())
            .bind(RejectClass::Expired.as_str())
            .bind(asked.contains(&RetryClass::Expired))
            .bind(asked.contains(&RetryClass::Rejected))
            .bind(RowState::Pending.as_str())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            // Some may have another address now; a refusal must be about that one.
            sqlx::query(
                "UPDATE OR IGNORE recipients SET address_key = s.address_key FROM subscribers s
                 WHERE recipients.id BETWEEN ?1 AND ?2 AND recipients.state = ?3
                   AND s.id = recipients.subscriber AND s.address_key <> recipients.address_key",
            )
            .bind(rows.first)
            .bind(rows.last)
            .bind(RowState::Pending.as_str())
            .execute(&mut *transaction)
            .await?;
            if reopened > 0 {
                sqlx::query("UPDATE campaigns SET finished_at = NULL WHERE id = ?1")
                    .bind(rows.campaign)
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await?;
            Ok(reopened)
        };
        write.await.map_err(self.fault(RETRY))
    }
}
