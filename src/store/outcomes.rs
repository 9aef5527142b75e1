//! The rows of a campaign, counted and listed for `status`.

use serde::Serialize;
use sqlx::{Row, sqlite::SqliteRow};

use super::{LedgerRows, Store, StoreError, from_millis};
use crate::delivery::{RejectClass, RowState, Tally};
use crate::domain::{SubscriberId, Timestamp};

/// The outcome for one recipient. `Debug` masks the address.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OutcomeRow {
    #[serde(skip)]
    pub(crate) subscriber: SubscriberId,
    /// The address, for data on stdout; never for a message or a log.
    pub(crate) address: String,
    /// Why it was rejected or withdrawn, in one word; empty otherwise.
    pub(crate) class: String,
    /// The server's reply or the cause, without addresses.
    pub(crate) note: String,
    pub(crate) attempts: u32,
    /// When the state last changed.
    pub(crate) at: Timestamp,
}

impl std::fmt::Debug for OutcomeRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let domain = self.address.rsplit_once('@').map_or("", |(_, domain)| domain);
        write!(f, "OutcomeRow(…@{domain} {} {})", self.class, self.note)
    }
}

const COUNT: &str = "count the rows of a campaign in";
const LIST: &str = "list the rows of a campaign in";

impl Store {
    /// Counts the rows of a campaign by state.
    pub(crate) async fn tally(&self, rows: LedgerRows) -> Result<Tally, StoreError> {
        let counts: Vec<(String, i64)> = sqlx::query_as(
            "SELECT iif(class = ?3, class, state) AS word, count(*) FROM recipients
             WHERE id BETWEEN ?1 AND ?2 GROUP BY word",
        )
        .bind(rows.first)
        .bind(rows.last)
        .bind(RejectClass::Expired.as_str())
        .fetch_all(self.readers())
        .await
        .map_err(self.fault(COUNT))?;
        let mut tally = Tally::default();
        for (word, count) in counts {
            if word == RejectClass::Expired.as_str() {
                tally.expired = count as u64;
                continue;
            }
            let state = RowState::parse(&word);
            let state = state.ok_or_else(|| self.damaged(COUNT, "a row has no valid state"))?;
            *tally.count_mut(state) = count as u64;
        }
        Ok(tally)
    }

    /// Every row of a campaign that is in `state`, in ledger order.
    pub(crate) async fn outcomes(
        &self,
        rows: LedgerRows,
        state: RowState,
    ) -> Result<Vec<OutcomeRow>, StoreError> {
        sqlx::query(
            "SELECT r.subscriber, coalesce(s.address, r.address_key) AS address,
                    coalesce(r.class, '') AS class, r.note, r.attempts, r.updated_at
             FROM recipients r LEFT JOIN subscribers s ON s.id = r.subscriber
             WHERE r.id BETWEEN ?1 AND ?2 AND r.state = ?3 ORDER BY r.id",
        )
        .bind(rows.first)
        .bind(rows.last)
        .bind(state.as_str())
        .try_map(|row: SqliteRow| {
            Ok(OutcomeRow {
                subscriber: SubscriberId(row.try_get("subscriber")?),
                address: row.try_get("address")?,
                class: row.try_get("class")?,
                note: row.try_get("note")?,
                attempts: row.try_get("attempts")?,
                at: from_millis(row.try_get("updated_at")?),
            })
        })
        .fetch_all(self.readers())
        .await
        .map_err(self.fault(LIST))
    }
}
