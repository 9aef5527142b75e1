//! The one connection that writes.

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Sqlite, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use super::store_file::StoreFile;

/// The one writing connection. Tasks take turns at it.
pub(super) struct SharedWriter(Mutex<OpenWriter>);

/// A turn at the writing connection.
pub(super) struct Turn<'w>(MutexGuard<'w, OpenWriter>);

/// What a transaction survives once it has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// The death of this process: the pages are with the operating system.
    Process,
    /// The loss of power: the pages are on the disk, and so is everything written before.
    Power,
}

struct OpenWriter {
    connection: SqliteConnection,
    file: StoreFile,
    durability: Durability,
}

impl SharedWriter {
    /// Takes a connection whose `synchronous` is FULL, and the file that it writes.
    pub(super) fn new(connection: SqliteConnection, file: StoreFile) -> Self {
        Self(Mutex::new(OpenWriter { connection, file, durability: Durability::Power }))
    }

    /// Waits for the connection.
    pub(super) async fn turn(&self) -> Turn<'_> {
        Turn(self.0.lock().await)
    }
}

impl Turn<'_> {
    /// The connection, for one statement that commits by itself. It is refused
    /// once the path of the store names another file than the one that was opened.
    pub(super) async fn connection(
        &mut self,
        durability: Durability,
    ) -> Result<&mut SqliteConnection, sqlx::Error> {
        let writer = &mut *self.0;
        writer.file.check()?;
        if writer.durability != durability {
            let pragma = match durability {
                Durability::Process => "PRAGMA synchronous = NORMAL",
                Durability::Power => "PRAGMA synchronous = FULL",
            };
            sqlx::query(pragma).execute(&mut writer.connection).await?;
            writer.durability = durability;
        }
        Ok(&mut writer.connection)
    }

    /// A transaction that holds the write lock from its beginning, so that
    /// what it reads cannot change before it writes. Dropping it rolls back.
    pub(super) async fn begin(
        &mut self,
        durability: Durability,
    ) -> Result<Transaction<'_, Sqlite>, sqlx::Error> {
        self.connection(durability).await?.begin_with("BEGIN IMMEDIATE").await
    }
}

#[cfg(test)]
impl SharedWriter {
    /// 1 is NORMAL and 2 is FULL, as the last transaction had it.
    pub(super) async fn synchronous(&self) -> i64 {
        let connection = &mut self.0.lock().await.connection;
        sqlx::query_scalar("PRAGMA synchronous").fetch_one(connection).await.unwrap()
    }
}
