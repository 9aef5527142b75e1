//! The rows of a campaign, counted and listed for `status`.

use futures_util::TryStreamExt;
use sqlx::FromRow;

use super::{LedgerRows, Store, StoreError, from_millis};
use crate::delivery::{RowState, Tally};
use crate::domain::{CampaignKey, SubscriberId, Timestamp};

/// The outcome for one recipient. `Debug` masks the address.
#[derive(Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// The recipient.
    pub subscriber: SubscriberId,
    /// The address, for data on stdout; never for a message or a log.
    pub address: String,
    /// Why it was rejected or withdrawn, in one word; empty otherwise.
    pub class: String,
    /// The server's reply or the cause, without addresses.
    pub note: String,
    /// How many attempts were made.
    pub attempts: u32,
    /// When the state last changed.
    pub at: Timestamp,
}

impl OutcomeRow {
    /// The address without its local part, for messages.
    pub fn masked(&self) -> String {
        format!("…@{}", self.address.rsplit_once('@').map_or("", |(_, domain)| domain))
    }
}

impl std::fmt::Debug for OutcomeRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OutcomeRow({} {} {})", self.masked(), self.class, self.note)
    }
}

const COUNT: &str = "count the rows of a campaign in";
const LIST: &str = "list the rows of a campaign in";

impl Store {
    /// Counts the rows of a campaign by state.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn tally(&self, campaign: impl Into<LedgerRows>) -> Result<Tally, StoreError> {
        let LedgerRows { first, last, .. } = campaign.into();
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT state, count(*) FROM recipients WHERE id BETWEEN ?1 AND ?2 GROUP BY state",
        )
        .bind(first)
        .bind(last)
        .fetch_all(self.readers())
        .await
        .map_err(self.fault(COUNT))?;
        let mut tally = Tally::default();
        for (state, count) in rows {
            let state = RowState::parse(&state);
            let state = state.ok_or_else(|| self.damaged(COUNT, "a row has no valid state"))?;
            *tally.count_mut(state) = count as u64;
        }
        Ok(tally)
    }

    /// Calls `each` with every row of a campaign that is in `state`, in ledger
    /// order. Returns how many there were.
    ///
    /// # Errors
    /// There is no such campaign, the store cannot be read, or `each` cannot take a row.
    pub async fn outcomes<E: From<StoreError>>(
        &self,
        key: &CampaignKey,
        state: RowState,
        mut each: impl FnMut(OutcomeRow) -> Result<(), E>,
    ) -> Result<u64, E> {
        let LedgerRows { first, last, .. } = self.ledger_rows(key, LIST).await?;
        let mut rows = sqlx::query_as::<_, StoredOutcome>(
            "SELECT r.subscriber, coalesce(s.address, r.address_key) AS address, coalesce(r.class, '') AS class,
                    r.note, r.attempts, r.updated_at
             FROM recipients r LEFT JOIN subscribers s ON s.id = r.subscriber
             WHERE r.id BETWEEN ?1 AND ?2 AND r.state = ?3 ORDER BY r.id",
        )
        .bind(first)
        .bind(last)
        .bind(state.as_str())
        .fetch(self.readers());
        let mut count = 0;
        while let Some(row) = rows.try_next().await.map_err(self.fault(LIST))? {
            each(OutcomeRow {
                subscriber: SubscriberId(row.subscriber),
                address: row.address,
                class: row.class,
                note: row.note,
                attempts: row.attempts,
                at: from_millis(row.updated_at),
            })?;
            count += 1;
        }
        Ok(count)
    }
}

#[derive(FromRow)]
struct StoredOutcome {
    subscriber: i64,
    address: String,
    class: String,
    note: String,
    attempts: u32,
    updated_at: i64,
}
