//! Imports: entries of a file become subscribers, a thousand at a time.

mod batch;

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use serde::Serialize;
use sqlx::SqliteConnection;

use super::history::{EventKind, NewEvent, record};
use super::writer::Durability;
use super::{Store, StoreError, to_json, to_millis};
use crate::audience::csv::{EntryStanding, ListEntry, ListFileError, ListReader, RejectedRow};
use crate::domain::{EmailAddress, SubscriptionStatus, SuppressionReason, Timestamp};
use batch::{Batch, BatchEnd};

/// How many rows of a file had which result. `rows` is the sum of the next four.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ImportSummary {
    /// Rows in the file, without the header.
    pub(crate) rows: u64,
    pub(crate) added: u64,
    /// On the list already, and something was added to what is known about them.
    pub(crate) merged: u64,
    /// On the list already, and nothing was new.
    pub(crate) unchanged: u64,
    /// Not usable; the caller got each of them.
    pub(crate) rejected: u64,
    /// How many addresses became suppressed. Their rows are counted above too.
    pub(crate) newly_suppressed: u64,
}

/// Why an import stopped. What was written before stays, and the same import
/// can be run again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(transparent)]
    File(#[from] ListFileError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot write the rejected row of line {line} to the rejects file: {cause}")]
    Rejects {
        line: u64,
        #[source]
        cause: std::io::Error,
    },
}

const IMPORT: &str = "import subscribers into";

impl Store {
    /// Imports a file in batches; each batch is written whole or not at all. An
    /// import subscribes nobody again who unsubscribed, and lifts no suppression.
    /// It keeps what is known about a subscriber, and adds what is missing. So a
    /// second import of the same file changes nothing. All is on the disk before
    /// this returns.
    ///
    /// # Errors
    /// The file, the store or `rejects` failed; see [`ImportError`].
    pub(crate) async fn import<R: Read>(
        &self,
        mut list: ListReader<R>,
        origin: &str,
        now: Timestamp,
        mut rejects: impl FnMut(&RejectedRow) -> std::io::Result<()>,
    ) -> Result<ImportSummary, ImportError> {
        let mut summary = ImportSummary::default();
        loop {
            let batch = Batch::read(&mut list, &mut rejects)?;
            // Flushing the last transaction flushes those before it.
            let durability = match &batch.end {
                BatchEnd::Full => Durability::Process,
                BatchEnd::List | BatchEnd::Fault(_) => Durability::Power,
            };
            summary.add(self.import_batch(batch.entries, origin, now, durability).await?);
            summary.add(ImportSummary::from_rejected(batch.rejected));
            match batch.end {
                BatchEnd::Full => {}
                BatchEnd::List => return Ok(summary),
                BatchEnd::Fault(error) => return Err(error.into()),
            }
        }
    }

    /// Imports a file by the rules of [`Self::import`], but all of it or nothing:
    /// the outbox takes a list for complete as soon as it has one subscriber.
    ///
    /// # Errors
    /// The file, the store or `rejects` failed. Then nobody was added.
    pub(crate) async fn import_whole<R: Read>(
        &self,
        mut list: ListReader<R>,
        origin: &str,
        now: Timestamp,
        mut rejects: impl FnMut(&RejectedRow) -> std::io::Result<()>,
    ) -> Result<ImportSummary, ImportError> {
        let mut summary = ImportSummary::default();
        let mut turn = self.writer().turn().await;
        let mut transaction = turn.begin(Durability::Power).await.map_err(self.fault(IMPORT))?;
        loop {
            let batch = Batch::read(&mut list, &mut rejects)?;
            let done = write_batch(&mut transaction, batch.entries, origin, now).await;
            summary.add(done.map_err(self.fault(IMPORT))?);
            summary.add(ImportSummary::from_rejected(batch.rejected));
            match batch.end {
                BatchEnd::Full => {}
                BatchEnd::List => break,
                BatchEnd::Fault(error) => return Err(error.into()),
            }
        }
        transaction.commit().await.map_err(self.fault(IMPORT))?;
        Ok(summary)
    }

    /// Adds one entry, by the rules of [`Self::import`].
    pub(crate) async fn add(
        &self,
        entry: ListEntry,
        origin: &str,
        now: Timestamp,
    ) -> Result<ImportSummary, StoreError> {
        self.import_batch(vec![entry], origin, now, Durability::Power).await
    }

    async fn import_batch(
        &self,
        entries: Vec<ListEntry>,
        origin: &str,
        now: Timestamp,
        durability: Durability,
    ) -> Result<ImportSummary, StoreError> {
        let write = async {
            let mut turn = self.writer().turn().await;
            let mut transaction = turn.begin(durability).await?;
            let done = write_batch(&mut transaction, entries, origin, now).await?;
            transaction.commit().await?;
            Ok(done)
        };
        write.await.map_err(self.fault(IMPORT))
    }
}

impl ImportSummary {
    fn from_rejected(rejected: u64) -> Self {
        Self { rows: rejected, rejected, ..Self::default() }
    }

    fn add(&mut self, more: Self) {
        self.rows += more.rows;
        self.added += more.added;
        self.merged += more.merged;
        self.unchanged += more.unchanged;
        self.rejected += more.rejected;
        self.newly_suppressed += more.newly_suppressed;
    }
}

async fn write_batch(
    connection: &mut SqliteConnection,
    entries: Vec<ListEntry>,
    origin: &str,
    now: Timestamp,
) -> Result<ImportSummary, sqlx::Error> {
    let keys = entries.iter().map(|entry| entry.address.key()).collect();
    let mut known = read_known(connection, keys).await?;
    let mut done = known.merge_all(entries);
    done.newly_suppressed = write_changes(connection, &known.rows, origin, to_millis(now)).await?;
    let events: Vec<_> =
        known.rows.iter().filter_map(|(key, subscriber)| subscriber.event(key)).collect();
    record(connection, &events, origin, now).await?;
    Ok(done)
}

/// The subscribers with the addresses of one batch, new ones in the order of the file.
#[derive(Default)]
struct KnownRows {
    rows: Vec<(String, KnownSubscriber)>,
    places: HashMap<String, usize>,
}

/// A subscriber while the entries of a batch are merged into it.
struct KnownSubscriber {
    known: ListEntry,
    /// The names of what an entry added to a subscriber who was on the list before.
    changed: BTreeSet<String>,
    is_on_list: bool,
    write_row: bool,
    write_suppression: bool,
}

impl KnownRows {
    fn insert(&mut self, key: String, known: KnownSubscriber) {
        self.places.insert(key.clone(), self.rows.len());
        self.rows.push((key, known));
    }

    fn merge_all(&mut self, entries: Vec<ListEntry>) -> ImportSummary {
        let mut summary = ImportSummary::default();
        for entry in entries {
            summary.rows += 1;
            let key = entry.address.key();
            match self.places.get(&key) {
                None => {
                    summary.added += 1;
                    self.insert(key, KnownSubscriber::new(entry));
                }
                Some(&place) => {
                    if self.rows[place].1.merge(entry) {
                        summary.merged += 1;
                    } else {
                        summary.unchanged += 1;
                    }
                }
            }
        }
        summary
    }
}

impl KnownSubscriber {
    fn new(entry: ListEntry) -> Self {
        Self {
            write_suppression: entry.standing.suppressed.is_some(),
            known: entry,
            changed: BTreeSet::new(),
            is_on_list: false,
            write_row: true,
        }
    }

    /// Adds what is missing, and returns whether anything was. An entry may move
    /// a subscriber forward from unconfirmed to subscribed to unsubscribed, and
    /// never back, so the order of the rows does not decide who gets mail.
    fn merge(&mut self, entry: ListEntry) -> bool {
        let known = &mut self.known;
        let mut row_changed = false;
        for (name, own, new) in [
            ("first_name", &mut known.first_name, entry.first_name),
            ("last_name", &mut known.last_name, entry.last_name),
        ] {
            if own.is_empty() && !new.is_empty() {
                *own = new;
                self.changed.insert(name.to_owned());
                row_changed = true;
            }
        }
        for (name, value) in entry.fields {
            if let std::collections::btree_map::Entry::Vacant(gap) = known.fields.entry(name) {
                self.changed.insert(gap.key().clone());
                gap.insert(value);
                row_changed = true;
            }
        }
        if finality(entry.standing.status) > finality(known.standing.status) {
            known.standing.status = entry.standing.status;
            self.changed.insert("status".to_owned());
            row_changed = true;
        }
        let suppresses = known.standing.suppressed.is_none() && entry.standing.suppressed.is_some();
        if suppresses {
            known.standing.suppressed = entry.standing.suppressed;
        }
        self.write_row |= row_changed;
        self.write_suppression |= suppresses;
        row_changed || suppresses
    }
}

impl KnownSubscriber {
    /// What the history keeps of this import, if the subscriber was on the list before.
    fn event<'k>(&self, key: &'k str) -> Option<NewEvent<'k>> {
        if !self.is_on_list || self.changed.is_empty() {
            return None;
        }
        let status = self.known.standing.status;
        let has_left =
            self.changed.contains("status") && status == SubscriptionStatus::Unsubscribed;
        let what = if has_left { EventKind::Unsubscribed } else { EventKind::Changed };
        let names = self.changed.iter().map(String::as_str).collect::<Vec<_>>();
        Some(NewEvent { key, what: what.as_str(), detail: names.join(", ") })
    }
}

fn finality(status: SubscriptionStatus) -> u8 {
    match status {
        SubscriptionStatus::Unconfirmed => 0,
        SubscriptionStatus::Subscribed => 1,
        SubscriptionStatus::Unsubscribed => 2,
    }
}

type KnownRow = (String, String, String, String, String, String, Option<String>);

async fn read_known(
    connection: &mut SqliteConnection,
    keys: Vec<String>,
) -> Result<KnownRows, sqlx::Error> {
    let rows: Vec<KnownRow> = sqlx::query_as(
        "SELECT s.address_key, s.address, s.first_name, s.last_name, s.status, s.fields, x.reason
         FROM json_each(?1) k
         JOIN subscribers s ON s.address_key = k.value
         LEFT JOIN suppressions x ON x.address_key = k.value",
    )
    .bind(to_json(&keys)?)
    .fetch_all(connection)
    .await?;
    let mut known = KnownRows::default();
    for row in rows {
        known.insert(row.0.clone(), read_known_row(row)?);
    }
    Ok(known)
}

fn read_known_row(row: KnownRow) -> Result<KnownSubscriber, sqlx::Error> {
    let (_, address, first_name, last_name, status, fields, reason) = row;
    let damaged =
        |what: &str| sqlx::Error::Decode(format!("a subscriber has no valid {what}").into());
    let known = ListEntry {
        address: EmailAddress::parse(&address).map_err(|_| damaged("address"))?,
        first_name,
        last_name,
        standing: EntryStanding {
            status: SubscriptionStatus::parse(&status).ok_or_else(|| damaged("status"))?,
            suppressed: reason
                .map(|word| SuppressionReason::parse(&word).ok_or_else(|| damaged("suppression")))
                .transpose()?,
        },
        fields: serde_json::from_str(&fields).map_err(|_| damaged("fields"))?,
    };
    Ok(KnownSubscriber {
        known,
        changed: BTreeSet::new(),
        is_on_list: true,
        write_row: false,
        write_suppression: false,
    })
}

/// Writes what changed, in two statements, and counts the new suppressions.
async fn write_changes(
    connection: &mut SqliteConnection,
    known: &[(String, KnownSubscriber)],
    origin: &str,
    now: i64,
) -> Result<u64, sqlx::Error> {
    let rows: Result<Vec<_>, sqlx::Error> = known
        .iter()
        .filter(|(_, subscriber)| subscriber.write_row)
        .map(|(key, KnownSubscriber { known, .. })| {
            Ok((
                known.address.as_str(),
                key,
                known.address.domain(),
                &known.first_name,
                &known.last_name,
                known.standing.status.as_str(),
                to_json(&known.fields)?,
            ))
        })
        .collect();
    let rows = rows?;
    if !rows.is_empty() {
        sqlx::query(
            "INSERT INTO subscribers (address, address_key, domain, first_name, last_name, status,
                                      fields, origin, created_at, updated_at)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
                    value ->> 6, ?2, ?3, ?3
             FROM json_each(?1) WHERE true
             ON CONFLICT (address_key) DO UPDATE SET
                first_name = excluded.first_name, last_name = excluded.last_name,
                status = excluded.status, fields = excluded.fields,
                origin = iif(subscribers.status = excluded.status, origin, excluded.origin),
                updated_at = excluded.updated_at",
        )
        .bind(to_json(&rows)?)
        .bind(origin)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    }
    let suppressions: Vec<_> = known
        .iter()
        .filter(|(_, subscriber)| subscriber.write_suppression)
        .filter_map(|(key, subscriber)| Some((key, subscriber.known.standing.suppressed?.as_str())))
        .collect();
    if suppressions.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query(
        "INSERT INTO suppressions (address_key, reason, origin, at)
         SELECT value ->> 0, value ->> 1, ?2, ?3 FROM json_each(?1) WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(to_json(&suppressions)?)
    .bind(origin)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
