//! Opening the file, and bringing its tables up to date.

use std::path::Path;

use sqlx::ConnectOptions;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::sender_lock::open_private;
use super::store_file::StoreFile;
use super::witness::is_mounted_alone;
use super::writer::SharedWriter;
use super::{BUSY_TIMEOUT, StoreError, StoreFault};

/// Whether a store may be made where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Make it, with its folder, readable by its owner alone.
    CreateIfMissing,
    /// Refuse: an empty list in the place of a missing one would be wrong.
    MustExist,
}

const OPEN: &str = "open";
const MIGRATE: &str = "bring up to date";
const READERS: u32 = 4;

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations/sqlite");

pub(super) async fn open(
    path: &Path,
    mode: OpenMode,
) -> Result<(StoreFile, SharedWriter, SqlitePool), StoreError> {
    prepare_file(path, mode)?;
    let file =
        StoreFile::from_path(path).map_err(|error| StoreError::from_io(OPEN, path, error))?;
    if is_mounted_alone(file.real_path()) {
        return Err(StoreError::new(OPEN, path, StoreFault::MountedAlone));
    }
    let mut connection = connect_writer(path).await?;
    migrate(&file, &mut connection).await?;
    let options = options(path).pragma("query_only", "on");
    let readers = SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options);
    Ok((file.clone(), SharedWriter::new(connection, file), readers))
}

fn prepare_file(path: &Path, mode: OpenMode) -> Result<(), StoreError> {
    let refused = |fault| Err(StoreError::new(OPEN, path, fault));
    let failed = |error| StoreError::from_io(OPEN, path, error);
    let size = match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            return refused(StoreFault::NotAStore { found: "it is not a regular file" });
        }
        Ok(found) => found.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => return Err(failed(error)),
    };
    match (size, mode) {
        (1.., _) => Ok(()),
        (0, OpenMode::MustExist) => refused(StoreFault::Missing),
        (0, OpenMode::CreateIfMissing) => {
            make_folder(path).map_err(failed)?;
            open_private(path).map(drop).map_err(failed)
        }
    }
}

fn make_folder(path: &Path) -> std::io::Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging()
}

async fn connect_writer(path: &Path) -> Result<SqliteConnection, StoreError> {
    options(path)
        .synchronous(SqliteSynchronous::Full)
        // 16 MiB of pages, which is what the claims and groups of a large campaign touch.
        .pragma("cache_size", "-16384")
        // A checkpoint flushes twice; every 16 MiB of changes is often enough.
        .pragma("wal_autocheckpoint", "4096")
        .pragma("journal_size_limit", "67108864")
        .connect()
        .await
        .map_err(|error| StoreError::from_sqlx(OPEN, path, error))
}

/// sqlx's own migration lock does nothing on SQLite, so two processes that
/// open a new store at once take turns at a lock file instead.
async fn migrate(file: &StoreFile, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let path = file.path();
    let failed = |error| StoreError::from_io(MIGRATE, path, error);
    let lock = open_private(&file.beside(".lock")).map_err(failed)?;
    let locked = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await;
    let _lock = locked.map_err(std::io::Error::other).and_then(|lock| lock).map_err(failed)?;
    refuse_foreign_tables(path, connection).await?;
    sqlx::query("PRAGMA journal_mode = WAL")
        .execute(&mut *connection)
        .await
        .map_err(|error| StoreError::from_sqlx(OPEN, path, error))?;
    MIGRATIONS.run(&mut *connection).await.map_err(|error| migration_error(path, error))
}

async fn refuse_foreign_tables(
    path: &Path,
    connection: &mut SqliteConnection,
) -> Result<(), StoreError> {
    let (tables, ours): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE name = '_sqlx_migrations')
         FROM sqlite_schema WHERE type = 'table'",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(|error| StoreError::from_sqlx(OPEN, path, error))?;
    if tables > 0 && ours == 0 {
        let found = "it is a SQLite file of another program";
        return Err(StoreError::new(OPEN, path, StoreFault::NotAStore { found }));
    }
    Ok(())
}

fn migration_error(path: &Path, error: MigrateError) -> StoreError {
    let newer = |version| StoreFault::Newer {
        version,
        known: MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0),
    };
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            StoreError::from_sqlx(MIGRATE, path, error)
        }
        MigrateError::VersionMissing(version) => StoreError::new(OPEN, path, newer(version)),
        other => StoreError::new(MIGRATE, path, StoreFault::Damaged { what: other.to_string() }),
    }
}
