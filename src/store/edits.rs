//! Changes of the list by hand, each recorded in the history.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::SqliteConnection;

use super::history::{EventKind, NewEvent, record};
use super::writer::Durability;
use super::{Store, StoreError, from_millis, to_json, to_millis};
use crate::delivery::RowState;
use crate::domain::{EmailAddress, SubscriberId, SuppressionReason, Timestamp};

/// Why an address was suppressed, until now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LiftedSuppression {
    pub(crate) reason: SuppressionReason,
    /// By what it was suppressed.
    pub(crate) origin: String,
    pub(crate) at: Timestamp,
}

/// What to change of a subscriber. What is absent stays.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct SubscriberEdit {
    pub(crate) address: Option<EmailAddress>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    /// Fields to set, or to remove where there is no value.
    pub(crate) fields: BTreeMap<String, Option<String>>,
}

/// What came of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Edited {
    /// The names of what changed; none, if everything was so already.
    Changed(Vec<String>),
    NotOnList,
    /// The new address is another subscriber's.
    AddressTaken,
    /// The new address is suppressed.
    AddressSuppressed(SuppressionReason),
}

const UNSUPPRESS: &str = "lift the suppression of an address in";
const EDIT: &str = "edit a subscriber in";

impl Store {
    /// Lifts the suppression of an address. Returns what it was, if there was one.
    pub(crate) async fn unsuppress(
        &self,
        address: &EmailAddress,
        origin: &str,
        at: Timestamp,
    ) -> Result<Option<LiftedSuppression>, StoreError> {
        let write = async {
            let mut turn = self.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            let lifted: Option<(String, String, i64)> = sqlx::query_as(
                "DELETE FROM suppressions WHERE address_key = ?1 RETURNING reason, origin, at",
            )
            .bind(address.key())
            .fetch_optional(&mut *transaction)
            .await?;
            let Some((reason, before, since)) = lifted else { return Ok(None) };
            let damaged = || sqlx::Error::Decode("a suppression has no valid reason".into());
            let event = NewEvent {
                key: &address.key(),
                what: EventKind::Unsuppressed.as_str(),
                detail: reason.clone(),
            };
            record(&mut transaction, &[event], origin, at).await?;
            let reason = SuppressionReason::parse(&reason).ok_or_else(damaged)?;
            transaction.commit().await?;
            Ok(Some(LiftedSuppression { reason, origin: before, at: from_millis(since) }))
        };
        write.await.map_err(self.fault(UNSUPPRESS))
    }

    /// Edits a subscriber, whose number stays, so that the links in old mails go
    /// on working. A campaign that is being sent goes to the new address, if it
    /// has not gone to the old one yet.
    pub(crate) async fn edit(
        &self,
        who: &EmailAddress,
        edit: &SubscriberEdit,
        origin: &str,
        at: Timestamp,
    ) -> Result<Edited, StoreError> {
        let mut turn = self.writer().turn().await;
        let fault = self.fault(EDIT);
        let mut transaction = turn.begin(Durability::Power).await.map_err(&fault)?;
        // The writing connection is busy, and a reader sees the same, because
        // nobody else can write meanwhile.
        let Some(listed) = self.find(who).await? else { return Ok(Edited::NotOnList) };
        let before = listed.subscriber;
        if let Some(new) = edit.address.as_ref().filter(|new| new.key() != who.key()) {
            if let Some(reason) = self.suppression(new).await? {
                return Ok(Edited::AddressSuppressed(reason));
            }
            if self.find(new).await?.is_some() {
                return Ok(Edited::AddressTaken);
            }
        }
        let mut after = before.clone();
        let mut changed = Vec::new();
        for (name, own, new) in [
            ("first_name", &mut after.first_name, &edit.first_name),
            ("last_name", &mut after.last_name, &edit.last_name),
        ] {
            if let Some(new) = new.as_ref().filter(|new| *new != own) {
                own.clone_from(new);
                changed.push(name.to_owned());
            }
        }
        for (name, value) in &edit.fields {
            let old = match value {
                Some(value) => after.fields.insert(name.clone(), value.clone()),
                None => after.fields.remove(name),
            };
            if old != *value {
                changed.push(name.clone());
            }
        }
        let moved = edit.address.as_ref().filter(|new| **new != before.address);
        let write = async {
            let event =
                |key, what: EventKind, detail| NewEvent { key, what: what.as_str(), detail };
            let (old, new) = (&before.address, moved.unwrap_or(&before.address));
            let (old_key, new_key) = (old.key(), new.key());
            if !changed.is_empty() {
                let event = event(&old_key, EventKind::Changed, changed.join(", "));
                record(&mut transaction, &[event], origin, at).await?;
            }
            sqlx::query(
                "UPDATE subscribers SET address = ?2, address_key = ?3, domain = ?4,
                        first_name = ?5, last_name = ?6, fields = ?7, updated_at = ?8
                 WHERE id = ?1",
            )
            .bind(before.id.0)
            .bind(new.as_str())
            .bind(&new_key)
            .bind(new.domain())
            .bind(&after.first_name)
            .bind(&after.last_name)
            .bind(to_json(&after.fields)?)
            .bind(to_millis(at))
            .execute(&mut *transaction)
            .await?;
            if moved.is_some() {
                let was = format!("was {}", old.as_str());
                let event = event(&new_key, EventKind::AddressChanged, was);
                record(&mut transaction, &[event], origin, at).await?;
            }
            if new_key != old_key {
                let event =
                    event(&old_key, EventKind::AddressGivenUp, format!("is {} now", new.as_str()));
                record(&mut transaction, &[event], origin, at).await?;
                rename_in_ledgers(&mut transaction, before.id, &old_key, &new_key).await?;
            }
            transaction.commit().await
        };
        write.await.map_err(&fault)?;
        changed.extend(moved.map(|_| "address".to_owned()));
        Ok(Edited::Changed(changed))
    }
}

/// Gives the open rows of a subscriber the new address: a server that refuses it
/// must suppress that one. Where the campaign has the address already, it had
/// another subscriber then.
async fn rename_in_ledgers(
    connection: &mut SqliteConnection,
    subscriber: SubscriberId,
    old_key: &str,
    new_key: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE OR IGNORE recipients SET address_key = ?3
         WHERE campaign IN (SELECT id FROM campaigns WHERE finished_at IS NULL)
           AND address_key = ?2 AND subscriber = ?1
           AND state IN (SELECT value FROM json_each(?4))",
    )
    .bind(subscriber.0)
    .bind(old_key)
    .bind(new_key)
    .bind(to_json(&[RowState::Pending, RowState::Deferred])?)
    .execute(connection)
    .await?;
    Ok(())
}
