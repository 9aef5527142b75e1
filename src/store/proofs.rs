//! Which bytes the editors have seen.

use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, StoreError, from_millis, to_millis};
use crate::domain::{CampaignKey, Digest, RouteKind, Timestamp};

/// A proof, and exactly which bytes it showed. Nothing reads `subject`, `editors`,
/// `attempt` and `at`: they are there for people who look into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) key: CampaignKey,
    pub(crate) digest: Digest,
    /// The canonical form of what was shown, to tell what changed since.
    pub(crate) manifest: String,
    /// The SHA-256 of the issue file's normalised text, in hexadecimal.
    pub(crate) source_hash: String,
    /// The SHA-256 over the theme's files, in hexadecimal.
    pub(crate) theme_hash: String,
    pub(crate) subject: String,
    pub(crate) via: RouteKind,
    /// How many editors got it.
    pub(crate) editors: u32,
    /// The number of this proof among those of its issue, from 1.
    pub(crate) attempt: u32,
    pub(crate) at: Timestamp,
}

const PROOFS: &str = "read the proofs in";
const RECORD: &str = "record a proof in";

impl Store {
    /// The number that the next proof of an issue has, from 1.
    pub(crate) async fn next_proof_attempt(&self, key: &CampaignKey) -> Result<u32, StoreError> {
        sqlx::query_scalar(
            "SELECT coalesce(max(attempt), 0) + 1 FROM proofs WHERE newsletter = ?1 AND slug = ?2",
        )
        .bind(key.newsletter.as_str())
        .bind(key.issue.as_str())
        .fetch_one(self.readers())
        .await
        .map_err(self.fault(PROOFS))
    }

    /// Records a proof that was sent. On the disk before it returns.
    pub(crate) async fn record_proof(&self, proof: &Proof) -> Result<(), StoreError> {
        let record = sqlx::query(
            "INSERT INTO proofs (newsletter, slug, digest, source_hash, theme_hash, subject, via,
                                 editors, attempt, at, manifest)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )
        .bind(proof.key.newsletter.as_str())
        .bind(proof.key.issue.as_str())
        .bind(proof.digest.to_string())
        .bind(&proof.source_hash)
        .bind(&proof.theme_hash)
        .bind(&proof.subject)
        .bind(proof.via.as_str())
        .bind(proof.editors)
        .bind(proof.attempt)
        .bind(to_millis(proof.at))
        .bind(&proof.manifest);
        self.execute(RECORD, record).await.map(drop)
    }

    /// Every proof of an issue, the newest first.
    pub(crate) async fn proofs(&self, key: &CampaignKey) -> Result<Vec<Proof>, StoreError> {
        let rows = sqlx::query(
            "SELECT digest, manifest, source_hash, theme_hash, subject, via, editors, attempt, at
             FROM proofs WHERE newsletter = ?1 AND slug = ?2 ORDER BY id DESC",
        )
        .bind(key.newsletter.as_str())
        .bind(key.issue.as_str())
        .fetch_all(self.readers())
        .await
        .map_err(self.fault(PROOFS))?;
        rows.iter().map(|row| self.read_proof(key, row)).collect()
    }

    fn read_proof(&self, key: &CampaignKey, row: &SqliteRow) -> Result<Proof, StoreError> {
        let text = |column| row.try_get::<String, _>(column).map_err(self.fault(PROOFS));
        let number = |column| row.try_get::<u32, _>(column).map_err(self.fault(PROOFS));
        let damaged = |what| self.damaged(PROOFS, what);
        Ok(Proof {
            key: key.clone(),
            digest: Digest::parse(&text("digest")?)
                .ok_or_else(|| damaged("a proof has no digest"))?,
            manifest: text("manifest")?,
            source_hash: text("source_hash")?,
            theme_hash: text("theme_hash")?,
            subject: text("subject")?,
            via: RouteKind::parse(&text("via")?)
                .ok_or_else(|| damaged("a proof has an unknown route"))?,
            editors: number("editors")?,
            attempt: number("attempt")?,
            at: from_millis(row.try_get("at").map_err(self.fault(PROOFS))?),
        })
    }
}
