//! What can go wrong with the store, by what has to happen next.

use std::path::{Path, PathBuf};

use super::place;

/// Why the store could not be used. Every variant but [`HeldByAnother`](Self::HeldByAnother)
/// is a fault of this machine, not of a server or of the issue.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no store, and none may be made.
    #[error(
        "tried to open the store {}, and there is none. If there was one, mount its volume or \
         correct [store] url in postrider.toml; if not, make it with \
         `postrider subscribers import FILE`. Only a send into the outbox makes one by itself",
        path.display()
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A newer version of this program has changed the tables.
    #[error(
        "tried to open the store {}, and a newer postrider has changed it (it holds migration \
         {version}, and this build knows none after {known}). Nothing was changed. Upgrade \
         postrider on this machine",
        path.display()
    )]
    Newer {
        /// Which store.
        path: PathBuf,
        /// The first migration in the file that this build does not know.
        version: i64,
        /// The last migration that this build knows.
        known: i64,
    },
    /// The file is something else.
    #[error(
        "tried to open the store {}, and it is not a postrider store: {cause}. Nothing was \
         changed. Correct [store] url in postrider.toml, or restore the file from a backup",
        path.display()
    )]
    NotAStore {
        /// Which file.
        path: PathBuf,
        /// What was found instead.
        cause: String,
    },
    /// The disk, or the quota on it, is used up.
    #[error(
        "tried to {attempted} in the store {}, and the disk is full. What was recorded before is \
         kept. Free some space there and run the same command again",
        path.display()
    )]
    Full {
        /// What was attempted.
        attempted: &'static str,
        /// Which store.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error(
        "tried to {attempted} in the store {}, and it cannot be written: {cause}. Make the file \
         and its folder writable for this user (SQLite keeps two files beside it) and run the \
         same command again",
        path.display()
    )]
    ReadOnly {
        /// What was attempted.
        attempted: &'static str,
        /// Which store.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// The file cannot be opened at all.
    #[error(
        "tried to open the store {}, and it cannot be opened: {cause}. See that this user may read \
         and write the file and its folder (SQLite keeps two files beside it), and run the same \
         command again",
        path.display()
    )]
    Unopenable {
        /// Which store.
        path: PathBuf,
        /// What the database said.
        cause: String,
    },
    /// The path names another file than the one that was opened, or none.
    #[error(
        "the store {} was replaced or removed while it was in use, and what stands there now does \
         not know what was done since. Nothing more is done. Stop every postrider that uses it, see \
         that the right file stands there, and start again",
        path.display()
    )]
    Replaced {
        /// Which store.
        path: PathBuf,
    },
    /// The file has a second name, under which another sender could hold a lock of its own.
    #[error(
        "tried to become the one sender of the store {}, and the file has {names} names (hard \
         links), so another sender could not be seen. Remove all names but one, or use a \
         symbolic link",
        path.display()
    )]
    ManyNames {
        /// Which store.
        path: PathBuf,
        /// How many names its file has.
        names: u64,
    },
    /// Another process keeps the database locked for longer than [`BUSY_TIMEOUT`](super::BUSY_TIMEOUT).
    #[error(
        "tried to {attempted} in the store {}, and another process keeps it locked. Wait until \
         that is done (an import, a backup, an open `sqlite3`) and run the same command again",
        path.display()
    )]
    Locked {
        /// What was attempted.
        attempted: &'static str,
        /// Which store.
        path: PathBuf,
    },
    /// Another process is sending from this store.
    #[error(
        "tried to send from the store {}, and {} is sending from it. Wait until it is done, or \
         stop it; the lock goes with that process",
        path.display(),
        pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
    )]
    HeldByAnother {
        /// Which store.
        path: PathBuf,
        /// The other process, if it left its number.
        pid: Option<u32>,
    },
    /// No campaign has this name.
    #[error("tried to {attempted} in the store {}, and no campaign {campaign} is frozen there", path.display())]
    NoSuchCampaign {
        /// What was attempted.
        attempted: &'static str,
        /// Which store.
        path: PathBuf,
        /// The name.
        campaign: crate::domain::CampaignKey,
    },
    /// What stands in the file is not what was written.
    #[error(
        "tried to {attempted} in the store {}, and what stands there is damaged: {cause}. Restore \
         the file from a backup; nothing was changed",
        path.display()
    )]
    Damaged {
        /// What was attempted.
        attempted: &'static str,
        /// Which store.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// Anything else that the system or the database said.
    #[error("tried to {attempted} in the store {}: {cause}. See that the disk and the folder are there, and try again", path.display())]
    Failed {
        /// What was attempted.
        attempted: &'static str,
        /// Which store.
        path: PathBuf,
        /// What was said.
        cause: String,
    },
}

const SQLITE_IOERR_SHMSIZE: u32 = 4874;

impl StoreError {
    /// Sorts what the database said. SQLite's messages name tables and columns,
    /// and never the values in them.
    pub(super) fn of_sqlx(attempted: &'static str, path: &Path, error: &sqlx::Error) -> Self {
        let path = path.to_owned();
        let cause = error.to_string();
        let code = error
            .as_database_error()
            .and_then(|error| error.code())
            .and_then(|code| code.parse::<u32>().ok());
        // The low byte of an extended result code is the primary one (https://sqlite.org/rescode.html).
        match code.map(|code| code & 0xFF) {
            _ if place::is_replaced(error) => Self::Replaced { path },
            // The shared memory beside the store could not grow.
            _ if code == Some(SQLITE_IOERR_SHMSIZE) => Self::Full { attempted, path },
            Some(5 | 6) => Self::Locked { attempted, path },
            Some(8 | 3) => Self::ReadOnly { attempted, path, cause },
            Some(11) => Self::Damaged { attempted, path, cause },
            Some(13) => Self::Full { attempted, path },
            Some(14) => Self::Unopenable { path, cause },
            Some(26) => Self::NotAStore { path, cause },
            _ if matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => {
                Self::Damaged { attempted, path, cause }
            }
            _ => Self::Failed { attempted, path, cause },
        }
    }

    /// Sorts what the operating system said.
    pub(super) fn of_io(attempted: &'static str, path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let path = path.to_owned();
        match error.kind() {
            Kind::StorageFull | Kind::QuotaExceeded => Self::Full { attempted, path },
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem => {
                Self::ReadOnly { attempted, path, cause: error.to_string() }
            }
            _ => Self::Failed { attempted, path, cause: error.to_string() },
        }
    }
}
