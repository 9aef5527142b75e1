//! The store: subscribers, frozen campaigns and the ledger, in one SQLite file.
//!
//! In: a path and the machine's boot id. Out: a [`Store`], which implements
//! [`delivery::Ledger`](crate::delivery::Ledger) through [`SqliteLedger`] and
//! [`audience::PublicList`](crate::audience::PublicList). One connection writes and
//! a few read. Absent on purpose: the clock, CSV grammar, and the meaning of a
//! server's replies.

mod campaigns;
mod cancellations;
mod edits;
mod error;
mod freeze;
mod group;
mod history;
mod import;
mod keys;
mod ledger;
mod open;
mod outcomes;
mod proofs;
mod pushes;
mod recovery;
mod retry;
mod sender_lock;
mod store_file;
mod subscribers;
mod witness;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use campaigns::Standstill;
pub use campaigns::{CampaignSummary, FrozenCampaign};
pub use error::StoreError;
pub use ledger::SqliteLedger;
pub use open::OpenMode;
pub use sender_lock::SenderLock;

pub(crate) use campaigns::{EXAMPLE_ORIGIN, LedgerRows};
pub(crate) use cancellations::{CallOff, CallOffUndone};
pub(crate) use edits::{Edited, LiftedSuppression, SubscriberEdit};
pub(crate) use error::StoreFault;
pub(crate) use freeze::FreezeError;
pub(crate) use history::ListEvent;
pub(crate) use import::{ImportError, ImportSummary};
pub(crate) use outcomes::OutcomeRow;
pub(crate) use proofs::Proof;
pub(crate) use pushes::StorePushRecord;
pub(crate) use retry::RetryClass;
pub(crate) use subscribers::{ListStats, ListedSubscriber};
pub(crate) use witness::MovedStore;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;

use crate::domain::Timestamp;
use store_file::StoreFile;
use witness::SendingWitness;
use writer::{Durability, SharedWriter};

/// How long a statement waits for another process before it gives up. Freezing a
/// million rows takes less, and an unsubscribe that comes meanwhile waits for it.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// An open store. Cloning it is cheap and shares the connections.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    file: StoreFile,
    boot_id: String,
    writer: SharedWriter,
    readers: SqlitePool,
    /// While a campaign is sent to people.
    witness: SendingWitness,
}

impl Store {
    /// Opens the store at `path`, and brings its tables up to date. `boot_id`
    /// changes when the machine starts again (on Linux it is
    /// `/proc/sys/kernel/random/boot_id`). Reserved rows keep it.
    ///
    /// # Errors
    /// See [`StoreError`]. A file of another program or of a newer version is not changed.
    pub async fn open(path: &Path, mode: OpenMode, boot_id: &str) -> Result<Self, StoreError> {
        let (file, writer, readers) = open::open(path, mode).await?;
        let shared = Shared {
            file,
            boot_id: boot_id.to_owned(),
            writer,
            readers,
            witness: SendingWitness::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Where the store is.
    pub(crate) fn path(&self) -> &Path {
        self.shared.file.path()
    }

    /// Moves the content of the write-ahead log into the store's one file, so
    /// that a copy of that file is whole. Without this call nothing is lost.
    pub async fn close(self) {
        self.end_sending().await;
        self.readers().close().await;
        self.merge_log("PRAGMA busy_timeout = 2000; PRAGMA wal_checkpoint(TRUNCATE)").await;
    }

    /// Moves what it can of the log into the store's one file. While another
    /// process reads for long, the log stays; that process moves it later.
    async fn merge_log(&self, merge: &'static str) {
        let mut turn = self.writer().turn().await;
        if let Ok(connection) = turn.connection(Durability::Power).await {
            let _ = sqlx::raw_sql(merge).execute(connection).await;
        }
    }

    /// Checks that the path of the store still names the file that was opened.
    /// Every write checks that by itself.
    ///
    /// # Errors
    /// [`StoreFault::Replaced`]. Nothing that is written after that counts.
    pub(crate) fn check_in_place(&self) -> Result<(), StoreError> {
        let replaced = |_| StoreError::new("use", self.path(), StoreFault::Replaced);
        self.shared.file.check().map_err(replaced)
    }

    /// Makes the caller the one sender of this store.
    ///
    /// # Errors
    /// Another process, or another part of this one, is sending from the store.
    pub fn lock_for_sending(&self) -> Result<SenderLock, StoreError> {
        SenderLock::acquire(&self.shared.file)
    }

    fn boot_id(&self) -> &str {
        &self.shared.boot_id
    }

    fn readers(&self) -> &SqlitePool {
        &self.shared.readers
    }

    fn writer(&self) -> &SharedWriter {
        &self.shared.writer
    }

    /// Runs one statement that commits by itself, on the disk before it
    /// returns. Returns how many rows it changed.
    async fn execute(
        &self,
        attempted: &'static str,
        statement: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<u64, StoreError> {
        let write = async {
            let mut turn = self.writer().turn().await;
            statement.execute(turn.connection(Durability::Power).await?).await
        };
        write.await.map(|done| done.rows_affected()).map_err(self.fault(attempted))
    }

    fn fault(&self, attempted: &'static str) -> impl Fn(sqlx::Error) -> StoreError + '_ {
        move |error| StoreError::from_sqlx(attempted, self.path(), error)
    }

    fn damaged(&self, attempted: &'static str, what: impl Into<String>) -> StoreError {
        StoreError::new(attempted, self.path(), StoreFault::Damaged { what: what.into() })
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.path().display())
    }
}

fn to_millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// Every stored time came from [`to_millis`], so none is outside jiff's range.
fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// The list that `json_each` reads in SQL.
fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}
