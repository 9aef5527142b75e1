//! The signing keys, and the mark of when scheduling was switched on.

use super::writer::Durability;
use super::{Store, StoreError, from_millis, to_millis};
use crate::campaign::{SigningKey, SigningKeys};
use crate::domain::{Random, Timestamp};

const KEYS: &str = "read the signing keys in";
const MARK: &str = "mark the schedule in";

impl Store {
    /// The keys that sign unsubscribe links. The first call makes one. It is on
    /// the disk before it is returned, because with a lost key the links in
    /// mail that was sent no longer work.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn signing_keys(
        &self,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<SigningKeys, StoreError> {
        let mut fresh = [0; 32];
        random.fill(&mut fresh);
        let write = async {
            let mut turn = self.writer().turn().await;
            let mut transaction = turn.begin(Durability::Power).await?;
            sqlx::query(
                "INSERT INTO signing_keys (secret, made_at)
                 SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE retired_at IS NULL)",
            )
            .bind(fresh.as_slice())
            .bind(to_millis(now))
            .execute(&mut *transaction)
            .await?;
            let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
                "SELECT id, secret FROM signing_keys
                 ORDER BY retired_at IS NOT NULL, id DESC",
            )
            .fetch_all(&mut *transaction)
            .await?;
            transaction.commit().await?;
            Ok(rows)
        };
        let rows = write.await.map_err(self.fault(KEYS))?;
        let keys: Option<Vec<_>> = rows
            .into_iter()
            .map(|(id, secret)| {
                Some(SigningKey { id: u16::try_from(id).ok()?, secret: secret.try_into().ok()? })
            })
            .collect();
        let mut keys = keys.unwrap_or_default().into_iter();
        match keys.next() {
            Some(current) => Ok(SigningKeys { current, retired: keys.collect() }),
            None => Err(self.damaged(KEYS, "a signing key does not have 32 bytes")),
        }
    }

    /// Since when issues are sent by schedule, if that was ever switched on.
    pub(crate) async fn scheduled_since(&self) -> Result<Option<Timestamp>, StoreError> {
        let mark: Option<i64> = sqlx::query_scalar("SELECT at FROM marks WHERE name = 'schedule'")
            .fetch_optional(self.readers())
            .await
            .map_err(self.fault(MARK))?;
        Ok(mark.map(from_millis))
    }

    /// Marks the time at which scheduling was switched on, and returns it. Later
    /// calls return the time of the first. Issues that were due before it are
    /// never sent by schedule.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn switch_schedule_on(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        let mark = sqlx::query(
            "INSERT INTO marks (name, at) VALUES ('schedule', ?1) ON CONFLICT DO NOTHING",
        );
        self.execute(MARK, mark.bind(to_millis(now))).await?;
        Ok(self.scheduled_since().await?.unwrap_or(now))
    }

    /// Moves the mark of [`Self::switch_schedule_on`] to now.
    ///
    /// # Errors
    /// The store cannot be written.
    pub(crate) async fn switch_schedule_on_anew(&self, now: Timestamp) -> Result<(), StoreError> {
        let mark = sqlx::query(
            "INSERT INTO marks (name, at) VALUES ('schedule', ?1)
             ON CONFLICT DO UPDATE SET at = excluded.at",
        );
        self.execute(MARK, mark.bind(to_millis(now))).await.map(drop)
    }
}
