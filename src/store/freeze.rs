//! Freezing a campaign for its audience, and counting the audience before.

use sqlx::SqliteConnection;

use super::cancellations::is_called_off_unfrozen;
use super::writer::Durability;
use super::{EXAMPLE_ORIGIN, FrozenCampaign, LedgerRows, Store, StoreError, to_json, to_millis};
use crate::audience::{AudiencePlan, Exclusion};
use crate::campaign::{Campaign, Provenance};
use crate::delivery::RowState;
use crate::domain::{CampaignKey, RouteKind, Timestamp};

/// Why subscriber `s` gets no mail, as a word of [`Exclusion`], or NULL. The plan,
/// the freeze and every claim share this one rule. Every status but `subscribed`
/// excludes, so that nobody with a status that is new is mailed.
macro_rules! exclusion {
    () => {
        "CASE WHEN s.status <> 'subscribed' THEN s.status
              WHEN EXISTS (SELECT 1 FROM suppressions x WHERE x.address_key = s.address_key)
              THEN 'suppressed' END"
    };
}
pub(super) use exclusion;

/// Why a campaign could not be frozen. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FreezeError {
    #[error("cannot freeze {campaign}: it has no recipient: {}", in_words(excluded))]
    EmptyAudience { campaign: CampaignKey, excluded: AudiencePlan },
    /// It was frozen before, perhaps a moment ago by another process.
    #[error("cannot freeze {campaign}: it is frozen already")]
    AlreadyFrozen { campaign: CampaignKey },
    /// Somebody called it off, perhaps a moment ago.
    #[error("cannot freeze {campaign}: it was called off")]
    CalledOff { campaign: CampaignKey },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FreezeError {
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::EmptyAudience { .. } => {
                "Import subscribers, or look at `postrider subscribers stats`."
            }
            Self::AlreadyFrozen { .. } => "Send it again to resume it.",
            Self::CalledOff { .. } => {
                "If it is to be sent after all, use `postrider cancel ISSUE --undo` first."
            }
            Self::Store(error) => error.advice(),
        }
    }
}

const FREEZE: &str = "freeze a campaign in";
const PLAN: &str = "count the audience in";

impl Store {
    /// Counts who would get a campaign that is frozen now, and who would not.
    pub(crate) async fn plan_audience(&self) -> Result<AudiencePlan, StoreError> {
        self.plan(None).await
    }

    /// As [`Self::plan_audience`], after the trials were forgotten.
    pub(crate) async fn plan_audience_without_examples(&self) -> Result<AudiencePlan, StoreError> {
        self.plan(Some(EXAMPLE_ORIGIN)).await
    }

    async fn plan(&self, left_out: Option<&str>) -> Result<AudiencePlan, StoreError> {
        let plan = async {
            let mut connection = self.readers().acquire().await?;
            read_plan(&mut connection, left_out).await
        };
        plan.await.map_err(self.fault(PLAN))
    }

    /// Freezes a campaign for everybody who may get it now, with a pending row
    /// in the ledger for each. Where a provider keeps the list, the ledger gets no
    /// row. It writes all or nothing, on the disk before it returns.
    ///
    /// # Errors
    /// Nobody would get it, it is frozen already, or the store cannot be written.
    pub(crate) async fn freeze(
        &self,
        campaign: &Campaign,
        provenance: &Provenance,
        via: RouteKind,
        now: Timestamp,
    ) -> Result<FrozenCampaign, FreezeError> {
        self.freeze_over(None, campaign, provenance, via, now).await
    }

    /// As [`Self::freeze`], in the place of a campaign of which nobody has anything.
    /// The old one and its rows are deleted in the same transaction.
    ///
    /// # Errors
    /// As [`Self::freeze`]; [`FreezeError::AlreadyFrozen`] also if somebody has the
    /// old one, or may have it.
    pub(crate) async fn freeze_instead_of(
        &self,
        old: LedgerRows,
        campaign: &Campaign,
        provenance: &Provenance,
        via: RouteKind,
        now: Timestamp,
    ) -> Result<FrozenCampaign, FreezeError> {
        self.freeze_over(Some(old), campaign, provenance, via, now).await
    }

    async fn freeze_over(
        &self,
        old: Option<LedgerRows>,
        campaign: &Campaign,
        provenance: &Provenance,
        via: RouteKind,
        now: Timestamp,
    ) -> Result<FrozenCampaign, FreezeError> {
        let mut turn = self.writer().turn().await;
        let fault = self.fault(FREEZE);
        let mut transaction = turn.begin(Durability::Power).await.map_err(&fault)?;
        if is_called_off_unfrozen(&mut transaction, campaign.key()).await.map_err(&fault)? {
            return Err(FreezeError::CalledOff { campaign: campaign.key().clone() });
        }
        if let Some(old) = old
            && !delete_untouched(&mut transaction, old).await.map_err(&fault)?
        {
            return Err(FreezeError::AlreadyFrozen { campaign: campaign.key().clone() });
        }
        let id = insert_campaign(&mut transaction, campaign, provenance, via, now).await.map_err(
            |error| {
                if is_unique_violation(&error) {
                    FreezeError::AlreadyFrozen { campaign: campaign.key().clone() }
                } else {
                    fault(error).into()
                }
            },
        )?;
        insert_attachments(&mut transaction, id, campaign).await.map_err(&fault)?;
        if !via.is_provider() {
            let rows = insert_recipients(&mut transaction, id, now).await.map_err(&fault)?;
            if rows == 0 {
                let excluded = read_plan(&mut transaction, None).await.map_err(&fault)?;
                let campaign = campaign.key().clone();
                return Err(FreezeError::EmptyAudience { campaign, excluded });
            }
        }
        transaction.commit().await.map_err(&fault)?;
        drop(turn);
        // What was written is read back, and compared with its digest.
        let frozen = self.campaign(campaign.key()).await?;
        frozen.ok_or_else(|| self.damaged(FREEZE, "the campaign is not there").into())
    }
}

/// Deletes a campaign, unless somebody has it or may have it.
async fn delete_untouched(
    connection: &mut SqliteConnection,
    rows: LedgerRows,
) -> Result<bool, sqlx::Error> {
    let touched = [RowState::Reserved, RowState::Started, RowState::Sent, RowState::Unknown];
    let is_touched: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM recipients WHERE id BETWEEN ?1 AND ?2
                        AND state IN (SELECT value FROM json_each(?3)))",
    )
    .bind(rows.first)
    .bind(rows.last)
    .bind(to_json(&touched)?)
    .fetch_one(&mut *connection)
    .await?;
    if is_touched {
        return Ok(false);
    }
    // The campaign goes last, because the other tables refer to it.
    for statement in [
        "DELETE FROM recipients WHERE campaign = ?1",
        "DELETE FROM attachments WHERE campaign = ?1",
        "DELETE FROM campaigns WHERE id = ?1",
    ] {
        sqlx::query(statement).bind(rows.campaign).execute(&mut *connection).await?;
    }
    Ok(true)
}

async fn insert_campaign(
    connection: &mut SqliteConnection,
    campaign: &Campaign,
    provenance: &Provenance,
    via: RouteKind,
    now: Timestamp,
) -> Result<i64, sqlx::Error> {
    // Nothing reads `allowed`: the provenance has it too. The column takes no NULL.
    sqlx::query_scalar(
        "INSERT INTO campaigns (newsletter, slug, manifest, digest, provenance, source_hash, number,
                                via, allowed, frozen_at, first_row, last_row)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, 0) RETURNING id",
    )
    .bind(campaign.key().newsletter.as_str())
    .bind(campaign.key().issue.as_str())
    .bind(campaign.canonical())
    .bind(campaign.digest().to_string())
    .bind(to_json(provenance)?)
    .bind(&provenance.source_hash)
    .bind(number_to_integer(provenance.number))
    .bind(via.as_str())
    .bind(to_json(&provenance.allowed)?)
    .bind(to_millis(now))
    .fetch_one(connection)
    .await
}

async fn insert_attachments(
    connection: &mut SqliteConnection,
    id: i64,
    campaign: &Campaign,
) -> Result<(), sqlx::Error> {
    let missing = || sqlx::Error::Encode("the campaign came without its images".into());
    for (attachment, bytes) in campaign.attachments().ok_or_else(missing)? {
        sqlx::query("INSERT INTO attachments (campaign, sha256, content) VALUES (?1, ?2, ?3)")
            .bind(id)
            .bind(&attachment.sha256)
            .bind(bytes)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn insert_recipients(
    connection: &mut SqliteConnection,
    campaign: i64,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(concat!(
        "INSERT INTO recipients (campaign, subscriber, address_key, state, updated_at)
         SELECT ?1, s.id, s.address_key, ?3, ?2 FROM subscribers s WHERE (",
        exclusion!(),
        ") IS NULL ORDER BY s.id"
    ))
    .bind(campaign)
    .bind(to_millis(now))
    .bind(RowState::Pending.as_str())
    .execute(&mut *connection)
    .await?;
    // SQLite numbers a row one higher than the highest, and nothing else can write
    // meanwhile, so the numbers of these rows have no gap.
    let (rows, last) = (done.rows_affected(), done.last_insert_rowid());
    if rows > 0 {
        sqlx::query("UPDATE campaigns SET first_row = ?2, last_row = ?3 WHERE id = ?1")
            .bind(campaign)
            .bind(last + 1 - rows as i64)
            .bind(last)
            .execute(connection)
            .await?;
    }
    Ok(rows)
}

/// Counts the subscribers, those of the origin `left_out` left out.
async fn read_plan(
    connection: &mut SqliteConnection,
    left_out: Option<&str>,
) -> Result<AudiencePlan, sqlx::Error> {
    let rows: Vec<(Option<String>, String, i64)> = sqlx::query_as(concat!(
        "SELECT ",
        exclusion!(),
        " AS excluded, s.domain, count(*) FROM subscribers s
         WHERE ?1 IS NULL OR s.origin <> ?1
         GROUP BY excluded, s.domain ORDER BY count(*) DESC, s.domain"
    ))
    .bind(left_out)
    .fetch_all(connection)
    .await?;
    let mut plan = AudiencePlan::default();
    for (excluded, domain, count) in rows {
        let count = count as u64;
        match excluded.as_deref() {
            None => {
                plan.included += count;
                plan.domains.push((domain, count));
            }
            Some(word) => {
                let unknown = || sqlx::Error::Decode("an unknown word excludes subscribers".into());
                let exclusion = Exclusion::parse(word).ok_or_else(unknown)?;
                *plan.excluded.entry(exclusion).or_default() += count;
            }
        }
    }
    Ok(plan)
}

fn in_words(plan: &AudiencePlan) -> String {
    let words = plan.excluded.iter();
    let words = words.map(|(exclusion, count)| format!("{count} {}", exclusion.reason()));
    let words = words.collect::<Vec<_>>().join(", ");
    if words.is_empty() { "the list is empty".to_owned() } else { words }
}

/// SQLite's integers are signed; no newsletter reaches the limit, and the
/// provenance keeps the number itself.
pub(super) fn number_to_integer(number: Option<u64>) -> Option<i64> {
    number.map(|number| i64::try_from(number).unwrap_or(i64::MAX))
}

fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}
