//! What was asked of a provider: the intent before, and the result after.

use sqlx::FromRow;

use super::writer::Durability;
use super::{Store, StoreError, from_millis, to_millis};
use crate::domain::{CampaignKey, Digest, Timestamp};

/// How far a campaign has come at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PushState {
    /// A draft is about to be made or changed there.
    Drafting,
    /// The draft is there and reads back as what was frozen.
    Drafted,
    /// The provider is about to be told to send. Where this is the last word,
    /// nobody knows whether it did.
    Sending,
    /// The provider took the order.
    Sent,
    /// The answer to the order did not arrive.
    Unknown,
    /// The provider refused, and nothing was sent.
    Refused,
}

impl PushState {
    const ALL: [Self; 6] =
        [Self::Drafting, Self::Drafted, Self::Sending, Self::Sent, Self::Unknown, Self::Refused];

    /// The word kept in tables and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drafting => "drafting",
            Self::Drafted => "drafted",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
        }
    }

    /// Reads the word back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One step of a campaign at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// Which campaign.
    pub key: CampaignKey,
    /// Which provider.
    pub provider: String,
    /// What the provider calls the campaign, once it is known.
    pub remote_id: Option<String>,
    /// The digest of what is pushed.
    pub digest: Digest,
    /// How far it came.
    pub state: PushState,
    /// What the provider said, for people; without addresses.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

const PUSHES: &str = "read what was pushed";
const RECORD: &str = "record a push";

impl Store {
    /// Records one step. On the disk before it returns, so that an intent
    /// stands there before the provider hears of it.
    ///
    /// # Errors
    /// The store cannot be written; then the provider must not be asked.
    pub async fn record_push(&self, push: &Push) -> Result<(), StoreError> {
        let write = async {
            let mut turn = self.writer().turn().await;
            sqlx::query(
                "INSERT INTO provider_pushes (newsletter, slug, provider, remote_id, digest, state,
                                              note, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )
            .bind(push.key.newsletter.as_str())
            .bind(push.key.issue.as_str())
            .bind(&push.provider)
            .bind(&push.remote_id)
            .bind(push.digest.to_string())
            .bind(push.state.as_str())
            .bind(&push.note)
            .bind(to_millis(push.at))
            .execute(turn.connection(Durability::Power).await?)
            .await
        };
        write.await.map(drop).map_err(self.fault(RECORD))
    }

    /// Every step of a campaign at a provider, the newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn pushes(&self, key: &CampaignKey, provider: &str) -> Result<Vec<Push>, StoreError> {
        let rows: Vec<PushRow> = sqlx::query_as(
            "SELECT remote_id, digest, state, note, at FROM provider_pushes
             WHERE newsletter = ?1 AND slug = ?2 AND provider = ?3 ORDER BY id DESC",
        )
        .bind(key.newsletter.as_str())
        .bind(key.issue.as_str())
        .bind(provider)
        .fetch_all(self.readers())
        .await
        .map_err(self.fault(PUSHES))?;
        rows.into_iter()
            .map(|row| {
                let damaged = || self.damaged(PUSHES, "a push has no digest or no state");
                Ok(Push {
                    key: key.clone(),
                    provider: provider.to_owned(),
                    digest: Digest::parse(&row.digest).ok_or_else(damaged)?,
                    state: PushState::parse(&row.state).ok_or_else(damaged)?,
                    remote_id: row.remote_id,
                    note: row.note,
                    at: from_millis(row.at),
                })
            })
            .collect()
    }
}

#[derive(FromRow)]
struct PushRow {
    remote_id: Option<String>,
    digest: String,
    state: String,
    note: String,
    at: i64,
}
