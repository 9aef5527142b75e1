//! Frozen campaigns: found again, listed, and marked as paused or finished.

use sqlx::FromRow;

use super::freeze::number_to_integer;
use super::writer::Durability;
use super::{SenderLock, Store, StoreError, from_millis, to_millis};
use crate::campaign::{Campaign, Provenance};
use crate::domain::{CampaignKey, Digest, RouteKind, Slug, Timestamp};

/// A campaign as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenCampaign {
    /// What is sent.
    pub campaign: Campaign,
    /// Where it came from.
    pub provenance: Provenance,
    /// By which transport or provider it goes.
    pub via: RouteKind,
    /// How many rows its ledger has; 0 where a provider keeps the list.
    pub recipients: u64,
    /// When it was frozen.
    pub frozen_at: Timestamp,
    /// Since when, and why, it is paused.
    pub paused: Option<(Timestamp, String)>,
    /// When every row was final.
    pub finished_at: Option<Timestamp>,
    pub(super) id: i64,
    pub(super) rows: (i64, i64),
}

const READ: &str = "read the campaigns";
/// Where subscribers came from who are there for the outbox alone.
pub const EXAMPLE_ORIGIN: &str = "example for the outbox";

/// What [`Store::forget_trials`] took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten {
    /// Campaigns into the outbox.
    pub campaigns: u64,
    /// Subscribers from [`EXAMPLE_ORIGIN`].
    pub examples: u64,
}

const MARK: &str = "mark a campaign";
const FORGET: &str = "forget trials into the outbox";

impl Store {
    /// The campaign with this name, if it was ever frozen, with its images.
    ///
    /// # Errors
    /// The store cannot be read, or what stands there is not what was frozen.
    pub async fn campaign(&self, key: &CampaignKey) -> Result<Option<FrozenCampaign>, StoreError> {
        match self.campaign_without_images(key).await? {
            Some(frozen) => self.with_images(frozen).await.map(Some),
            None => Ok(None),
        }
    }

    async fn campaign_without_images(
        &self,
        key: &CampaignKey,
    ) -> Result<Option<FrozenCampaign>, StoreError> {
        sqlx::query_as::<_, CampaignRow>(
            "SELECT id, newsletter, slug, manifest, digest, provenance, via, frozen_at, first_row,
                    last_row, paused_at, pause_note, finished_at
             FROM campaigns WHERE newsletter = ?1 AND slug = ?2",
        )
        .bind(key.newsletter.as_str())
        .bind(key.issue.as_str())
        .fetch_optional(self.readers())
        .await
        .map_err(self.fault(READ))?
        .map(|row| self.thaw(row))
        .transpose()
    }

    pub(super) async fn with_images(
        &self,
        frozen: FrozenCampaign,
    ) -> Result<FrozenCampaign, StoreError> {
        if frozen.campaign.manifest().attachments.is_empty() {
            return Ok(frozen);
        }
        let contents: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT content FROM attachments WHERE campaign = ?1")
                .bind(frozen.id)
                .fetch_all(self.readers())
                .await
                .map_err(self.fault(READ))?;
        let campaign = frozen.campaign.with_contents(contents);
        let campaign = campaign.map_err(|error| self.damaged(READ, error.to_string()))?;
        Ok(FrozenCampaign { campaign, ..frozen })
    }

    /// A campaign that must be there, without its images.
    pub(super) async fn existing_campaign(
        &self,
        key: &CampaignKey,
        attempted: &'static str,
    ) -> Result<FrozenCampaign, StoreError> {
        let missing = || StoreError::NoSuchCampaign {
            attempted,
            path: self.path().to_owned(),
            campaign: key.clone(),
        };
        self.campaign_without_images(key).await?.ok_or_else(missing)
    }

    /// Every campaign, the newest first, without the bytes of their images:
    /// whoever makes a message of one asks for it by its name.
    ///
    /// # Errors
    /// As [`Self::campaign`].
    pub async fn campaigns(&self) -> Result<Vec<FrozenCampaign>, StoreError> {
        let rows = sqlx::query_as::<_, CampaignRow>(
            "SELECT id, newsletter, slug, manifest, digest, provenance, via, frozen_at, first_row,
                    last_row, paused_at, pause_note, finished_at
             FROM campaigns ORDER BY frozen_at DESC, id DESC",
        )
        .fetch_all(self.readers())
        .await
        .map_err(self.fault(READ))?;
        rows.into_iter().map(|row| self.thaw(row)).collect()
    }

    /// Under which other slugs of the same newsletter this issue was frozen,
    /// judged by its number, its source hash or its digest.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn already_sent_as(
        &self,
        key: &CampaignKey,
        provenance: &Provenance,
        digest: Digest,
    ) -> Result<Vec<CampaignKey>, StoreError> {
        let slugs: Vec<String> = sqlx::query_scalar(
            "SELECT slug FROM campaigns
             WHERE newsletter = ?1 AND slug <> ?2
               AND (number = ?3 OR source_hash = ?4 OR digest = ?5)
             ORDER BY frozen_at, id",
        )
        .bind(key.newsletter.as_str())
        .bind(key.issue.as_str())
        .bind(number_to_integer(provenance.number))
        .bind(&provenance.source_hash)
        .bind(digest.to_string())
        .fetch_all(self.readers())
        .await
        .map_err(self.fault(READ))?;
        let newsletter = &key.newsletter;
        slugs
            .iter()
            .map(|slug| match Slug::parse(slug) {
                Ok(issue) => Ok(CampaignKey { newsletter: newsletter.clone(), issue }),
                Err(_) => Err(self.damaged(READ, "a campaign has no valid slug")),
            })
            .collect()
    }

    /// Forgets the campaigns of a newsletter that went into the outbox, because
    /// they mailed nobody and must not count as sent, and the examples that
    /// were put onto the list for them. Says how many there were.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn forget_trials(
        &self,
        newsletter: &Slug,
        _lock: &SenderLock,
    ) -> Result<Forgotten, StoreError> {
        let write = async {
            let mut turn = self.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            sqlx::query(
                "DELETE FROM recipients WHERE campaign IN
                    (SELECT id FROM campaigns WHERE newsletter = ?1 AND via = 'outbox')",
            )
            .bind(newsletter.as_str())
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "DELETE FROM attachments WHERE campaign IN
                    (SELECT id FROM campaigns WHERE newsletter = ?1 AND via = 'outbox')",
            )
            .bind(newsletter.as_str())
            .execute(&mut *transaction)
            .await?;
            let gone =
                sqlx::query("DELETE FROM campaigns WHERE newsletter = ?1 AND via = 'outbox'")
                    .bind(newsletter.as_str())
                    .execute(&mut *transaction)
                    .await?;
            let examples = sqlx::query("DELETE FROM subscribers WHERE origin = ?1")
                .bind(EXAMPLE_ORIGIN)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Forgotten { campaigns: gone.rows_affected(), examples: examples.rows_affected() })
        };
        write.await.map_err(self.fault(FORGET))
    }

    /// Marks that a campaign waits for somebody, and why. The reason has no addresses.
    ///
    /// # Errors
    /// There is no such campaign, or the store cannot be written.
    pub async fn mark_paused(
        &self,
        key: &CampaignKey,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.mark_pause(key, Some(to_millis(now)), reason).await
    }

    /// Marks that a campaign goes on.
    ///
    /// # Errors
    /// There is no such campaign, or the store cannot be written.
    pub async fn mark_resumed(&self, key: &CampaignKey) -> Result<(), StoreError> {
        self.mark_pause(key, None, "").await
    }

    async fn mark_pause(
        &self,
        key: &CampaignKey,
        at: Option<i64>,
        reason: &str,
    ) -> Result<(), StoreError> {
        let frozen = self.existing_campaign(key, MARK).await?;
        let write = async {
            let mut turn = self.writer().turn().await;
            sqlx::query("UPDATE campaigns SET paused_at = ?2, pause_note = ?3 WHERE id = ?1")
                .bind(frozen.id)
                .bind(at)
                .bind(reason)
                .execute(turn.connection(Durability::Power).await?)
                .await
        };
        write.await.map(drop).map_err(self.fault(MARK))
    }

    /// Marks a campaign as finished, unless a row of its ledger is not final.
    /// Says whether it is finished now; the first time stays.
    ///
    /// # Errors
    /// There is no such campaign, or the store cannot be written.
    pub async fn mark_finished(
        &self,
        key: &CampaignKey,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let frozen = self.existing_campaign(key, MARK).await?;
        let write = async {
            let mut turn = self.writer().turn().await;
            sqlx::query(
                "UPDATE campaigns
                 SET finished_at = coalesce(finished_at, ?2), paused_at = NULL, pause_note = ''
                 WHERE id = ?1 AND NOT EXISTS (
                    SELECT 1 FROM recipients r
                    WHERE r.id BETWEEN ?3 AND ?4
                      AND r.state IN ('pending', 'reserved', 'started', 'deferred'))",
            )
            .bind(frozen.id)
            .bind(to_millis(now))
            .bind(frozen.rows.0)
            .bind(frozen.rows.1)
            .execute(turn.connection(Durability::Power).await?)
            .await
        };
        write.await.map(|done| done.rows_affected() > 0).map_err(self.fault(MARK))
    }

    fn thaw(&self, row: CampaignRow) -> Result<FrozenCampaign, StoreError> {
        let damaged = |cause: String| self.damaged(READ, cause);
        let (Ok(newsletter), Ok(issue)) = (Slug::parse(&row.newsletter), Slug::parse(&row.slug))
        else {
            return Err(damaged(format!("campaign {} has no valid name", row.id)));
        };
        let key = CampaignKey { newsletter, issue };
        let digest = Digest::parse(&row.digest)
            .ok_or_else(|| damaged(format!("campaign {key} has no valid digest")))?;
        let via = RouteKind::parse(&row.via).ok_or_else(|| {
            damaged(format!("campaign {key} has the unknown route `{}`", row.via))
        })?;
        let provenance = serde_json::from_str(&row.provenance)
            .map_err(|error| damaged(format!("the provenance of {key}: {error}")))?;
        let campaign = Campaign::thaw(key, row.manifest, digest)
            .map_err(|error| damaged(error.to_string()))?;
        Ok(FrozenCampaign {
            campaign,
            provenance,
            via,
            recipients: (row.last_row + 1 - row.first_row).max(0) as u64,
            frozen_at: from_millis(row.frozen_at),
            paused: row.paused_at.map(|at| (from_millis(at), row.pause_note)),
            finished_at: row.finished_at.map(from_millis),
            id: row.id,
            rows: (row.first_row, row.last_row),
        })
    }
}

#[derive(FromRow)]
struct CampaignRow {
    id: i64,
    newsletter: String,
    slug: String,
    manifest: String,
    digest: String,
    provenance: String,
    via: String,
    frozen_at: i64,
    first_row: i64,
    last_row: i64,
    paused_at: Option<i64>,
    pause_note: String,
    finished_at: Option<i64>,
}
