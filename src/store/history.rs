//! What happened to a subscriber or an address. Additions and suppressions are
//! recorded by triggers of the store itself, because several statements make them.

use serde::Serialize;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{Store, StoreError, from_millis, to_json, to_millis};
use crate::domain::{EmailAddress, SubscriberId, Timestamp};

/// One event.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ListEvent {
    pub(crate) at: Timestamp,
    pub(crate) what: EventKind,
    /// The status of an addition, the reason of a suppression, the names of the
    /// values that changed, the other address.
    pub(crate) detail: String,
    /// By what it happened: an import, the reader's link, a campaign, a person.
    pub(crate) by: String,
}

impl std::fmt::Debug for ListEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The detail may be an address.
        write!(f, "ListEvent({} {} by {})", self.at, self.what.as_str(), self.by)
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EventKind {
    Added,
    /// Names, fields or the status changed.
    Changed,
    Unsubscribed,
    Suppressed,
    Unsuppressed,
    /// The subscriber has another address since.
    AddressChanged,
    /// The address was a subscriber's, who has another one since.
    AddressGivenUp,
}

impl EventKind {
    const ALL: [Self; 7] = [
        Self::Added,
        Self::Changed,
        Self::Unsubscribed,
        Self::Suppressed,
        Self::Unsuppressed,
        Self::AddressChanged,
        Self::AddressGivenUp,
    ];

    /// The word for it in the store and in JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unsubscribed => "unsubscribed",
            Self::Suppressed => "suppressed",
            Self::Unsuppressed => "unsuppressed",
            Self::AddressChanged => "address-changed",
            Self::AddressGivenUp => "address-given-up",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// An event that is about to be recorded, with others of the same time and origin.
#[derive(Serialize)]
pub(super) struct NewEvent<'e> {
    /// The key of an address. If it is on the list, the event is the subscriber's.
    pub(super) key: &'e str,
    pub(super) what: &'static str,
    pub(super) detail: String,
}

/// Records events inside the transaction in which they happen.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    events: &[NewEvent<'_>],
    origin: &str,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO list_events (at, subscriber, address_key, what, detail, origin)
         SELECT ?3, s.id, e.value ->> 'key', e.value ->> 'what', e.value ->> 'detail', ?2
         FROM json_each(?1) e LEFT JOIN subscribers s ON s.address_key = e.value ->> 'key'",
    )
    .bind(to_json(events)?)
    .bind(origin)
    .bind(to_millis(at))
    .execute(connection)
    .await?;
    Ok(())
}

/// Records that a subscriber unsubscribed.
pub(super) async fn record_unsubscribe(
    connection: &mut SqliteConnection,
    subscriber: SubscriberId,
    origin: &str,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO list_events (at, subscriber, address_key, what, origin)
         SELECT ?3, id, address_key, ?4, ?2 FROM subscribers WHERE id = ?1",
    )
    .bind(subscriber.0)
    .bind(origin)
    .bind(to_millis(at))
    .bind(EventKind::Unsubscribed.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

const READ_HISTORY: &str = "read the history of an address in";

impl Store {
    /// What happened to an address, and to the subscriber who has it now, the
    /// oldest first. What happened before this table existed is not there.
    pub(crate) async fn history(
        &self,
        address: &EmailAddress,
    ) -> Result<Vec<ListEvent>, StoreError> {
        let fault = self.fault(READ_HISTORY);
        let rows = sqlx::query(
            "SELECT id, at, what, detail, origin FROM list_events
             WHERE subscriber = (SELECT id FROM subscribers WHERE address_key = ?1)
             UNION ALL
             SELECT id, at, what, detail, origin FROM list_events
             WHERE subscriber IS NULL AND address_key = ?1
             ORDER BY id",
        )
        .bind(address.key())
        .fetch_all(self.readers())
        .await
        .map_err(&fault)?;
        let read = |row: &SqliteRow| {
            let word: String = row.try_get("what").map_err(&fault)?;
            let what = EventKind::parse(&word);
            Ok(ListEvent {
                at: from_millis(row.try_get("at").map_err(&fault)?),
                what: what
                    .ok_or_else(|| self.damaged(READ_HISTORY, "an event has no valid kind"))?,
                detail: row.try_get("detail").map_err(&fault)?,
                by: row.try_get("origin").map_err(&fault)?,
            })
        };
        rows.iter().map(read).collect()
    }
}
