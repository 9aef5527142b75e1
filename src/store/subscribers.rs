//! The subscribers, and the suppressed addresses.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use serde::Serialize;
use sqlx::{Row, sqlite::SqliteRow};

use super::history::record_unsubscribe;
use super::writer::Durability;
use super::{Store, StoreError, from_millis, to_millis};
use crate::audience::{ListUnavailable, PublicList};
use crate::domain::{
    EmailAddress, LanguageTag, Subscriber, SubscriberId, SubscriptionStatus, SuppressionReason,
    Timestamp,
};

/// The numbers of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ListStats {
    pub(crate) total: u64,
    pub(crate) by_status: BTreeMap<String, u64>,
    /// Suppressed addresses, on the list or not, by reason.
    pub(crate) suppressed: BTreeMap<String, u64>,
    /// The domains with the most subscribers, the largest first, at most 20.
    pub(crate) domains: Vec<(String, u64)>,
}

/// A subscriber, and why their address is suppressed, if it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ListedSubscriber {
    pub(crate) subscriber: Subscriber,
    pub(crate) suppressed: Option<SuppressionReason>,
}

impl ListedSubscriber {
    /// The columns of an export, which an import understands.
    pub(crate) const EXPORT_HEADER: [&'static str; 8] = [
        "email",
        "first_name",
        "last_name",
        "status",
        "suppressed",
        "attributes",
        "created_at",
        "updated_at",
    ];

    /// The cells under [`Self::EXPORT_HEADER`].
    pub(crate) fn export_cells(&self) -> [String; 8] {
        let subscriber = &self.subscriber;
        // An import keeps the `created_at` of another store's export as a field. That
        // is when they subscribed, and it stays so through any number of exports.
        let mut fields = subscriber.fields.clone();
        let since = fields.remove("created_at");
        [
            subscriber.address.as_str().to_owned(),
            subscriber.first_name.clone(),
            subscriber.last_name.clone(),
            subscriber.status.as_str().to_owned(),
            self.suppressed.map_or("", SuppressionReason::as_str).to_owned(),
            if fields.is_empty() {
                String::new()
            } else {
                // A map from text to text always has a JSON form.
                serde_json::to_string(&fields).unwrap_or_default()
            },
            since.unwrap_or_else(|| subscriber.created_at.to_string()),
            subscriber.updated_at.to_string(),
        ]
    }
}

macro_rules! select_list {
    () => {
        "SELECT s.id, s.address, s.first_name, s.last_name, s.status, s.origin, s.fields,
                s.created_at, s.updated_at, x.reason
         FROM subscribers s LEFT JOIN suppressions x USING (address_key)"
    };
}

const READ_LIST: &str = "read the subscribers in";
const SUPPRESS: &str = "suppress an address in";
const UNSUBSCRIBE: &str = "unsubscribe a subscriber in";

impl Store {
    /// Finds a subscriber by their address, whatever the case of its letters.
    pub(crate) async fn find(
        &self,
        address: &EmailAddress,
    ) -> Result<Option<ListedSubscriber>, StoreError> {
        sqlx::query(concat!(select_list!(), " WHERE s.address_key = ?1"))
            .bind(address.key())
            .fetch_optional(self.readers())
            .await
            .map_err(self.fault(READ_LIST))?
            .map(|row| self.read_list_row(&row))
            .transpose()
    }

    /// Why an address is suppressed, if it is, whether or not it is on the list.
    pub(crate) async fn suppression(
        &self,
        address: &EmailAddress,
    ) -> Result<Option<SuppressionReason>, StoreError> {
        let reason: Option<String> =
            sqlx::query_scalar("SELECT reason FROM suppressions WHERE address_key = ?1")
                .bind(address.key())
                .fetch_optional(self.readers())
                .await
                .map_err(self.fault(READ_LIST))?;
        self.read_reason(reason)
    }

    /// Suppresses an address, whether or not it is on the list. It is on the
    /// disk before this returns. Returns whether that is new. The first reason stays.
    pub(crate) async fn suppress(
        &self,
        address: &EmailAddress,
        reason: SuppressionReason,
        origin: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let suppress = sqlx::query(
            "INSERT INTO suppressions (address_key, reason, origin, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )
        .bind(address.key())
        .bind(reason.as_str())
        .bind(origin)
        .bind(to_millis(at));
        Ok(self.execute(SUPPRESS, suppress).await? > 0)
    }

    /// Unsubscribes a subscriber, on the disk before it returns. Returns whether
    /// they were on the list. `origin` is added to where they came from.
    pub(crate) async fn unsubscribe(
        &self,
        subscriber: SubscriberId,
        origin: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let write = async {
            let mut turn = self.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            let done = sqlx::query(
                "UPDATE subscribers SET status = ?4, origin = origin || '; ' || ?2, updated_at = ?3
                 WHERE id = ?1 AND status <> ?4",
            )
            .bind(subscriber.0)
            .bind(origin)
            .bind(to_millis(at))
            .bind(SubscriptionStatus::Unsubscribed.as_str())
            .execute(&mut *transaction)
            .await?;
            let is_new = done.rows_affected() > 0;
            if is_new {
                record_unsubscribe(&mut transaction, subscriber, origin, at).await?;
            }
            transaction.commit().await?;
            Ok(is_new)
        };
        write.await.map_err(self.fault(UNSUBSCRIBE))
    }

    pub(crate) async fn stats(&self) -> Result<ListStats, StoreError> {
        let fault = || self.fault(READ_LIST);
        let counted = |rows: Vec<(String, i64)>| rows.into_iter().map(|(word, n)| (word, n as u64));
        let by_status: Vec<(String, i64)> =
            sqlx::query_as("SELECT status, count(*) FROM subscribers GROUP BY status")
                .fetch_all(self.readers())
                .await
                .map_err(fault())?;
        let suppressed: Vec<(String, i64)> =
            sqlx::query_as("SELECT reason, count(*) FROM suppressions GROUP BY reason")
                .fetch_all(self.readers())
                .await
                .map_err(fault())?;
        let domains: Vec<(String, i64)> = sqlx::query_as(
            "SELECT domain, count(*) AS n FROM subscribers GROUP BY domain
             ORDER BY n DESC, domain LIMIT 20",
        )
        .fetch_all(self.readers())
        .await
        .map_err(fault())?;
        Ok(ListStats {
            total: by_status.iter().map(|(_, n)| *n as u64).sum(),
            by_status: counted(by_status).collect(),
            suppressed: counted(suppressed).collect(),
            domains: counted(domains).collect(),
        })
    }

    /// Calls `each` with every subscriber, in the order in which they joined, in
    /// the memory of one row. Returns how many there were.
    ///
    /// # Errors
    /// The store cannot be read, or `each` cannot take a row.
    pub(crate) async fn export<E: From<StoreError>>(
        &self,
        mut each: impl FnMut(ListedSubscriber) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut rows = sqlx::query(concat!(select_list!(), " ORDER BY s.id")).fetch(self.readers());
        let mut count = 0;
        while let Some(row) = rows.try_next().await.map_err(self.fault(READ_LIST))? {
            each(self.read_list_row(&row)?)?;
            count += 1;
        }
        Ok(count)
    }

    fn read_list_row(&self, row: &SqliteRow) -> Result<ListedSubscriber, StoreError> {
        let text = |column| row.try_get::<String, _>(column).map_err(self.fault(READ_LIST));
        let integer = |column| row.try_get::<i64, _>(column).map_err(self.fault(READ_LIST));
        let id = integer("id")?;
        let damaged =
            |what| self.damaged(READ_LIST, format!("subscriber {id} has no valid {what}"));
        let subscriber = Subscriber {
            id: SubscriberId(id),
            address: EmailAddress::parse(&text("address")?).map_err(|_| damaged("address"))?,
            first_name: text("first_name")?,
            last_name: text("last_name")?,
            status: SubscriptionStatus::parse(&text("status")?).ok_or_else(|| damaged("status"))?,
            origin: text("origin")?,
            fields: serde_json::from_str(&text("fields")?).map_err(|_| damaged("fields"))?,
            created_at: from_millis(integer("created_at")?),
            updated_at: from_millis(integer("updated_at")?),
        };
        let reason = row.try_get("reason").map_err(self.fault(READ_LIST))?;
        Ok(ListedSubscriber { subscriber, suppressed: self.read_reason(reason)? })
    }

    fn read_reason(&self, word: Option<String>) -> Result<Option<SuppressionReason>, StoreError> {
        let Some(word) = word else { return Ok(None) };
        match SuppressionReason::parse(&word) {
            Some(reason) => Ok(Some(reason)),
            None => Err(self.damaged(READ_LIST, "a suppression has no valid reason")),
        }
    }
}

impl PublicList for Store {
    async fn unsubscribe_by_link(
        &self,
        subscriber: SubscriberId,
        at: Timestamp,
    ) -> Result<(), ListUnavailable> {
        self.unsubscribe(subscriber, "left by their own link", at).await?;
        Ok(())
    }

    async fn language_of(&self, campaign: [u8; 6]) -> Option<LanguageTag> {
        let cause = match self.campaign_language(campaign).await {
            Ok(language) => return language,
            Err(error) => error.in_one_line(),
        };
        tracing::warn!(cause, "the language of a campaign could not be read");
        None
    }

    async fn check(&self) -> Result<(), ListUnavailable> {
        self.check_in_place()?;
        self.scheduled_since().await?;
        Ok(())
    }
}

impl From<StoreError> for ListUnavailable {
    fn from(error: StoreError) -> Self {
        Self(error.in_one_line())
    }
}
