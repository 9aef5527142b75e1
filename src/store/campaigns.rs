//! Frozen campaigns: found again, listed, and marked as paused or finished.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use super::freeze::number_to_integer;
use super::writer::Durability;
use super::{SenderLock, Store, StoreError, StoreFault, from_millis, to_json, to_millis};
use crate::campaign::due::{Rest, StopFault};
use crate::campaign::{Campaign, Provenance, UnsubscribeToken};
use crate::delivery::RowState;
use crate::domain::{CampaignKey, Digest, LanguageTag, RouteKind, Slug, Timestamp};

/// A frozen campaign with everything that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenCampaign {
    /// Its manifest, and its images.
    pub campaign: Campaign,
    /// The other columns of the store.
    pub summary: CampaignSummary,
}

/// What a list of campaigns shows. It is read without parsing the manifest, and
/// only [`Store::campaign`] compares the campaign with its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignSummary {
    pub(crate) key: CampaignKey,
    pub(crate) subject: String,
    pub(crate) digest: Digest,
    pub(crate) provenance: Provenance,
    pub(crate) via: RouteKind,
    /// How many rows its ledger has; 0 where a provider keeps the list.
    pub(crate) recipients: u64,
    /// When it was frozen.
    pub frozen_at: Timestamp,
    /// Since when, and why, it is paused.
    pub(crate) paused: Option<(Timestamp, String)>,
    /// For how long the timer leaves it alone.
    pub(crate) rest: Option<Rest>,
    /// How many runs in a row were stopped before anything was accepted.
    pub(crate) stops: u32,
    /// When somebody called it off.
    pub(crate) cancelled_at: Option<Timestamp>,
    /// When every row was final.
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) rows: LedgerRows,
}

/// How a campaign stands between two runs. The default is a campaign that is
/// being sent, or may go on at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standstill<'s> {
    /// Since when, and why, it is paused. The reason holds no email address.
    pub(crate) paused: Option<(Timestamp, &'s str)>,
    /// For how long the timer leaves it alone.
    pub(crate) rest: Option<Rest>,
    /// How many runs in a row were stopped before anything was accepted.
    pub(crate) stops: u32,
}

/// Which rows of the ledger belong to one campaign: their numbers have no gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub(crate) struct LedgerRows {
    pub(super) campaign: i64,
    pub(super) first: i64,
    pub(super) last: i64,
}

/// The `origin` of subscribers who are on the list only for trials.
pub(crate) const EXAMPLE_ORIGIN: &str = "example for the outbox";

/// What [`Store::forget_trials`] deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forgotten {
    pub(crate) campaigns: u64,
    /// Subscribers from [`EXAMPLE_ORIGIN`].
    pub(crate) examples: u64,
}

const READ: &str = "read the campaigns in";
const MARK: &str = "mark a campaign in";
const FORGET: &str = "forget the trials in";

/// The columns of a [`CampaignSummary`]. A manifest that is no JSON has no
/// subject, and then the campaign is reported as damaged.
macro_rules! summary_columns {
    () => {
        "id, newsletter, slug, digest, provenance, via, frozen_at, first_row, last_row, paused_at,
         pause_note, finished_at, cancelled_at, resume_at, stop_fault, stops,
         CASE WHEN json_valid(manifest) THEN manifest ->> '$.subject' END AS subject"
    };
}

impl Store {
    /// The campaign with this key, if it was ever frozen, with its images.
    ///
    /// # Errors
    /// The store cannot be read, or it does not hold what was frozen.
    pub async fn campaign(&self, key: &CampaignKey) -> Result<Option<FrozenCampaign>, StoreError> {
        let row = sqlx::query(concat!(
            "SELECT manifest, ",
            summary_columns!(),
            " FROM campaigns WHERE newsletter = ?1 AND slug = ?2"
        ))
        .bind(key.newsletter.as_str())
        .bind(key.issue.as_str())
        .fetch_optional(self.readers())
        .await
        .map_err(self.fault(READ))?;
        let Some(row) = row else { return Ok(None) };
        let manifest = row.try_get("manifest").map_err(self.fault(READ))?;
        let summary = self.read_summary(&row)?;
        let images = sqlx::query_scalar("SELECT content FROM attachments WHERE campaign = ?1")
            .bind(summary.rows.campaign)
            .fetch_all(self.readers())
            .await
            .map_err(self.fault(READ))?;
        let campaign = Campaign::thaw(summary.key.clone(), manifest, summary.digest)
            .and_then(|campaign| campaign.with_contents(images))
            .map_err(|error| self.damaged(READ, error.to_string()))?;
        Ok(Some(FrozenCampaign { campaign, summary }))
    }

    /// Every campaign, the newest first. [`Self::campaign`] has the rest of one.
    ///
    /// # Errors
    /// The store cannot be read, or a campaign in it is damaged.
    pub(crate) async fn campaign_summaries(&self) -> Result<Vec<CampaignSummary>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            summary_columns!(),
            " FROM campaigns ORDER BY frozen_at DESC, id DESC"
        ))
        .fetch_all(self.readers())
        .await
        .map_err(self.fault(READ))?;
        rows.iter().map(|row| self.read_summary(row)).collect()
    }

    /// The language of the campaign that tokens of links name so, if it was frozen.
    pub(super) async fn campaign_language(
        &self,
        short_digest: [u8; 6],
    ) -> Result<Option<LanguageTag>, StoreError> {
        let rows: Vec<(i64, String, String)> =
            sqlx::query_as("SELECT id, newsletter, slug FROM campaigns")
                .fetch_all(self.readers())
                .await
                .map_err(self.fault(READ))?;
        let is_it = |newsletter: &str, slug: &str| {
            let (newsletter, issue) = (Slug::parse(newsletter).ok()?, Slug::parse(slug).ok()?);
            let key = CampaignKey { newsletter, issue };
            (UnsubscribeToken::short_digest(&key) == short_digest).then_some(())
        };
        let found = rows.iter().find(|(_, newsletter, slug)| is_it(newsletter, slug).is_some());
        let Some((id, ..)) = found else { return Ok(None) };
        let language: Option<String> = sqlx::query_scalar(
            "SELECT CASE WHEN json_valid(manifest) THEN manifest ->> '$.language' END
             FROM campaigns WHERE id = ?1",
        )
        .bind(id)
        .fetch_optional(self.readers())
        .await
        .map_err(self.fault(READ))?
        .flatten();
        Ok(language.and_then(|language| LanguageTag::parse(&language).ok()))
    }

    /// The rows of a campaign that must be there.
    pub(super) async fn ledger_rows(
        &self,
        key: &CampaignKey,
        attempted: &'static str,
    ) -> Result<LedgerRows, StoreError> {
        let found = sqlx::query_as(
            "SELECT id AS campaign, first_row AS first, last_row AS last FROM campaigns
             WHERE newsletter = ?1 AND slug = ?2",
        )
        .bind(key.newsletter.as_str())
        .bind(key.issue.as_str())
        .fetch_optional(self.readers())
        .await
        .map_err(self.fault(attempted))?;
        let missing = StoreFault::NoSuchCampaign { campaign: key.clone() };
        found.ok_or_else(|| StoreError::new(attempted, self.path(), missing))
    }

    /// The campaigns of the same newsletter, under other slugs, that have this
    /// issue's number, source hash or digest. For a send over a route that reaches
    /// people, trials do not count.
    pub(crate) async fn already_sent_as(
        &self,
        key: &CampaignKey,
        provenance: &Provenance,
        digest: Digest,
        route: RouteKind,
    ) -> Result<Vec<CampaignKey>, StoreError> {
        let slugs: Vec<String> = sqlx::query_scalar(
            "SELECT slug FROM campaigns
             WHERE newsletter = ?1 AND slug <> ?2
               AND (number = ?3 OR source_hash = ?4 OR digest = ?5)
               AND (?6 IS NULL OR via <> ?6)
             ORDER BY frozen_at, id",
        )
        .bind(key.newsletter.as_str())
        .bind(key.issue.as_str())
        .bind(number_to_integer(provenance.number))
        .bind(&provenance.source_hash)
        .bind(digest.to_string())
        .bind(route.reaches_people().then_some(RouteKind::Outbox.as_str()))
        .fetch_all(self.readers())
        .await
        .map_err(self.fault(READ))?;
        let newsletter = &key.newsletter;
        slugs
            .iter()
            .map(|slug| match Slug::parse(slug) {
                Ok(issue) => Ok(CampaignKey { newsletter: newsletter.clone(), issue }),
                Err(_) => Err(self.damaged(READ, "a campaign has no valid key")),
            })
            .collect()
    }

    /// Deletes the trials of a newsletter, which mailed nobody and must not count
    /// as sent, and the subscribers who were put onto the list for them.
    pub(crate) async fn forget_trials(
        &self,
        newsletter: &Slug,
        _lock: &SenderLock,
    ) -> Result<Forgotten, StoreError> {
        let write = async {
            let mut turn = self.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            let mut campaigns = 0;
            // The campaigns go last, because the other tables refer to them.
            for statement in [
                "DELETE FROM recipients WHERE campaign IN
                    (SELECT id FROM campaigns WHERE newsletter = ?1 AND via = ?2)",
                "DELETE FROM attachments WHERE campaign IN
                    (SELECT id FROM campaigns WHERE newsletter = ?1 AND via = ?2)",
                "DELETE FROM campaigns WHERE newsletter = ?1 AND via = ?2",
            ] {
                let deleted = sqlx::query(statement)
                    .bind(newsletter.as_str())
                    .bind(RouteKind::Outbox.as_str())
                    .execute(&mut *transaction)
                    .await?;
                campaigns = deleted.rows_affected();
            }
            let examples = sqlx::query("DELETE FROM subscribers WHERE origin = ?1")
                .bind(EXAMPLE_ORIGIN)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(Forgotten { campaigns, examples: examples.rows_affected() })
        };
        write.await.map_err(self.fault(FORGET))
    }

    /// Records how a campaign stands between two runs.
    ///
    /// # Errors
    /// There is no such campaign, or the store cannot be written.
    pub(crate) async fn mark_standstill(
        &self,
        key: &CampaignKey,
        standstill: &Standstill<'_>,
    ) -> Result<(), StoreError> {
        let rows = self.ledger_rows(key, MARK).await?;
        let Standstill { paused, rest, stops } = standstill;
        let fault = rest.and_then(|rest| rest.fault);
        let mark = sqlx::query(
            "UPDATE campaigns SET paused_at = ?2, pause_note = ?3, resume_at = ?4, stop_fault = ?5,
                stops = ?6
             WHERE id = ?1",
        )
        .bind(rows.campaign)
        .bind(paused.map(|(at, _)| to_millis(at)))
        .bind(paused.map_or("", |(_, reason)| reason))
        .bind(rest.map(|rest| to_millis(rest.until)))
        .bind(fault.map(StopFault::as_str))
        .bind(stops);
        self.execute(MARK, mark).await.map(drop)
    }

    /// Marks a campaign as finished if no row of its ledger is open; a row in
    /// doubt is not open. Returns whether it is finished now. A second call does
    /// not change the time.
    ///
    /// # Errors
    /// There is no such campaign, or the store cannot be written.
    pub(crate) async fn mark_finished(
        &self,
        key: &CampaignKey,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let rows = self.ledger_rows(key, MARK).await?;
        let mark = sqlx::query(
            "UPDATE campaigns
             SET finished_at = coalesce(finished_at, ?2), paused_at = NULL, pause_note = '',
                resume_at = NULL, stop_fault = NULL, stops = 0
             WHERE id = ?1 AND NOT EXISTS (
                SELECT 1 FROM recipients r WHERE r.id BETWEEN ?3 AND ?4
                AND r.state IN (SELECT value FROM json_each(?5)))",
        )
        .bind(rows.campaign)
        .bind(to_millis(now))
        .bind(rows.first)
        .bind(rows.last)
        .bind(to_json(&RowState::OPEN).map_err(self.fault(MARK))?);
        Ok(self.execute(MARK, mark).await? > 0)
    }

    fn read_summary(&self, row: &SqliteRow) -> Result<CampaignSummary, StoreError> {
        let text = |column| row.try_get::<String, _>(column).map_err(self.fault(READ));
        let integer = |column| row.try_get::<i64, _>(column).map_err(self.fault(READ));
        let time = |column| {
            let at: Option<i64> = row.try_get(column).map_err(self.fault(READ))?;
            Ok(at.map(from_millis))
        };
        let rows = LedgerRows {
            campaign: integer("id")?,
            first: integer("first_row")?,
            last: integer("last_row")?,
        };
        let damaged = |what: &str| {
            self.damaged(READ, format!("campaign {} has no valid {what}", rows.campaign))
        };
        let slug = |column| Slug::parse(&text(column)?).map_err(|_| damaged("key"));
        let subject: Option<String> = row.try_get("subject").map_err(self.fault(READ))?;
        let provenance = text("provenance")?;
        let note = text("pause_note")?;
        let fault: Option<String> = row.try_get("stop_fault").map_err(self.fault(READ))?;
        let fault = fault.map(|word| StopFault::parse(&word).ok_or_else(|| damaged("fault")));
        let fault = fault.transpose()?;
        Ok(CampaignSummary {
            key: CampaignKey { newsletter: slug("newsletter")?, issue: slug("slug")? },
            subject: subject.ok_or_else(|| damaged("manifest"))?,
            digest: Digest::parse(&text("digest")?).ok_or_else(|| damaged("digest"))?,
            provenance: serde_json::from_str(&provenance).map_err(|_| damaged("provenance"))?,
            via: RouteKind::parse(&text("via")?).ok_or_else(|| damaged("route"))?,
            recipients: (rows.last + 1 - rows.first).max(0) as u64,
            frozen_at: from_millis(integer("frozen_at")?),
            paused: time("paused_at")?.map(|at| (at, note)),
            rest: time("resume_at")?.map(|until| Rest { until, fault }),
            stops: u32::try_from(integer("stops")?).unwrap_or(u32::MAX),
            cancelled_at: time("cancelled_at")?,
            finished_at: time("finished_at")?,
            rows,
        })
    }
}
