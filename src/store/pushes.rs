//! The record of sends through a provider: the intent before, and the end after.

use super::{Store, StoreError, StoreFault, from_millis, to_millis};
use crate::delivery::provider::RemoteId;
use crate::delivery::push::{PastSend, PushRecord, RecordError, SendEnd, SendIntent};
use crate::domain::{CampaignKey, Digest, RouteKind, Timestamp};

/// The record of one campaign's sends through one provider.
#[derive(Clone)]
pub(crate) struct StorePushRecord {
    store: Store,
    key: CampaignKey,
    provider: RouteKind,
}

const READ: &str = "read the pushes in";
const RECORD: &str = "record a push in";

impl Store {
    /// The record of a campaign's sends through a provider.
    pub(crate) fn push_record(&self, key: &CampaignKey, provider: RouteKind) -> StorePushRecord {
        StorePushRecord { store: self.clone(), key: key.clone(), provider }
    }
}

impl StorePushRecord {
    /// Appends a step; the last one counts. A campaign that was called off, perhaps
    /// a moment ago, is not sent.
    async fn append(
        &self,
        intent: &SendIntent,
        state: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let record = sqlx::query(
            "INSERT INTO provider_pushes (newsletter, slug, provider, remote_id, digest, state, at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE ?6 <> 'sending' OR NOT EXISTS
                (SELECT 1 FROM campaigns
                 WHERE newsletter = ?1 AND slug = ?2 AND cancelled_at IS NOT NULL)",
        )
        .bind(self.key.newsletter.as_str())
        .bind(self.key.issue.as_str())
        .bind(self.provider.as_str())
        .bind(intent.remote.as_str())
        .bind(intent.digest.to_string())
        .bind(state)
        .bind(to_millis(at));
        match self.store.execute(RECORD, record).await? {
            0 => {
                let fault = StoreFault::CalledOff { campaign: self.key.clone() };
                Err(StoreError::new(RECORD, self.store.path(), fault))
            }
            _ => Ok(()),
        }
    }
}

impl PushRecord for StorePushRecord {
    async fn past(&self) -> Result<PastSend, RecordError> {
        let step: Option<(String, String, String, i64)> = sqlx::query_as(
            "SELECT remote_id, digest, state, at FROM provider_pushes
             WHERE newsletter = ?1 AND slug = ?2 AND provider = ?3 ORDER BY id DESC LIMIT 1",
        )
        .bind(self.key.newsletter.as_str())
        .bind(self.key.issue.as_str())
        .bind(self.provider.as_str())
        .fetch_optional(self.store.readers())
        .await
        .map_err(|error| record_error(self.store.fault(READ)(error)))?;
        let Some((remote_id, digest, state, at)) = step else { return Ok(PastSend::Never) };
        let damaged = || {
            record_error(self.store.damaged(READ, "a push has no valid remote id, digest or state"))
        };
        let intent = SendIntent {
            remote: RemoteId::parse(&remote_id).ok_or_else(damaged)?,
            digest: Digest::parse(&digest).ok_or_else(damaged)?,
            at: from_millis(at),
        };
        match state.as_str() {
            "sending" => Ok(PastSend::InDoubt(intent)),
            "sent" => Ok(PastSend::Sent(intent)),
            "not-sent" => Ok(PastSend::Never),
            _ => Err(damaged()),
        }
    }

    async fn intend(&self, intent: &SendIntent) -> Result<(), RecordError> {
        self.append(intent, "sending", intent.at).await.map_err(record_error)
    }

    async fn settle(
        &self,
        intent: &SendIntent,
        end: SendEnd,
        at: Timestamp,
    ) -> Result<(), RecordError> {
        let state = match end {
            SendEnd::Sent => "sent",
            SendEnd::NotSent => "not-sent",
        };
        self.append(intent, state, at).await.map_err(record_error)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn record_error(error: StoreError) -> RecordError {
    RecordError(error.in_one_line())
}
