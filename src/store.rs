//! The store: subscribers, frozen campaigns and the ledger, in one SQLite file.
//!
//! In: a path and the machine's boot id. Out: a [`Store`], which implements
//! [`delivery::Ledger`](crate::delivery::Ledger) through [`SqliteLedger`] and
//! [`audience::Leaving`](crate::audience::Leaving). One connection writes and a
//! few read. Absent on purpose: the clock, CSV grammar, and every rule about
//! what an answer of a server means.

mod campaigns;
mod error;
mod freeze;
mod group;
mod import;
mod keys;
mod ledger;
mod open;
mod outcomes;
mod place;
mod proofs;
mod pushes;
mod sender_lock;
mod subscribers;
mod writer;

#[cfg(test)]
mod tests;

pub use campaigns::{CampaignSummary, EXAMPLE_ORIGIN, Forgotten, FrozenCampaign, LedgerRows};
pub use error::StoreError;
pub use freeze::FreezeError;
pub use import::{ImportError, ImportSummary};
pub use ledger::SqliteLedger;
pub use open::OpenMode;
pub use outcomes::OutcomeRow;
pub use proofs::Proof;
pub use pushes::StorePushRecord;
pub use sender_lock::SenderLock;
pub use subscribers::{ListStats, Listed};

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;

use crate::domain::Timestamp;
use place::Place;
use writer::{Durability, Writer};

/// How long a statement waits for another process before it gives up: longer
/// than freezing a million rows takes, because a reader who leaves meanwhile waits too.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// An open store. Cloning it is cheap and shares the connections.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    place: Place,
    boot_id: String,
    writer: Writer,
    readers: SqlitePool,
}

impl Store {
    /// Opens the store at `path`, and brings its tables up to date. `boot_id`
    /// changes when the machine starts anew (on Linux
    /// `/proc/sys/kernel/random/boot_id`); rows that are reserved carry it.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is changed in a file that is not ours or is newer.
    pub async fn open(path: &Path, mode: OpenMode, boot_id: &str) -> Result<Self, StoreError> {
        let (place, writer, readers) = open::open(path, mode).await?;
        let shared = Shared { place, boot_id: boot_id.to_owned(), writer, readers };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Where the store is.
    pub fn path(&self) -> &Path {
        self.shared.place.path()
    }

    /// Moves what stands in the write-ahead log into the store's one file, so
    /// that a copy of it is whole. Nothing is lost without it.
    pub async fn close(self) {
        self.readers().close().await;
        let mut turn = self.writer().turn().await;
        if let Ok(connection) = turn.connection(Durability::Power).await {
            // Another process may be reading for long; then the log stays for it to move.
            let move_log = "PRAGMA busy_timeout = 2000; PRAGMA wal_checkpoint(TRUNCATE)";
            let _ = sqlx::raw_sql(move_log).execute(connection).await;
        }
    }

    /// Sees that the file which was opened still stands where it was. Every
    /// write sees to that by itself.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], and then nothing written here counts any more.
    pub fn check_in_place(&self) -> Result<(), StoreError> {
        let replaced = |_| StoreError::Replaced { path: self.path().to_owned() };
        self.shared.place.check().map_err(replaced)
    }

    /// Becomes the one sender of this store.
    ///
    /// # Errors
    /// [`StoreError::HeldByAnother`] while another process, or another part of this one, sends.
    pub fn lock_for_sending(&self) -> Result<SenderLock, StoreError> {
        SenderLock::acquire(&self.shared.place)
    }

    fn boot_id(&self) -> &str {
        &self.shared.boot_id
    }

    fn readers(&self) -> &SqlitePool {
        &self.shared.readers
    }

    fn writer(&self) -> &Writer {
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
        move |error| StoreError::of_sqlx(attempted, self.path(), &error)
    }

    fn damaged(&self, attempted: &'static str, cause: impl Into<String>) -> StoreError {
        StoreError::Damaged { attempted, path: self.path().to_owned(), cause: cause.into() }
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

/// Every stored time came from [`to_millis`]; one outside jiff's range cannot have.
fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// What `json_each` takes apart again.
fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}
