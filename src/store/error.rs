//! What can go wrong with the store, by what has to happen next.

use std::error::Error;
use std::path::{Path, PathBuf};

use super::{MovedStore, store_file};
use crate::domain::CampaignKey;

/// Why the store could not be used. Unless another process is sending from it,
/// the cause is on this machine, and not at a server or in the issue.
#[derive(Debug, thiserror::Error)]
#[error("cannot {attempted} the store {}: {fault}", path.display())]
pub struct StoreError {
    /// What was attempted, as the words before "the store": `open`, `read the proofs in`.
    pub(crate) attempted: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) fault: StoreFault,
    /// The error of the system or the database, if one of them reported it.
    #[source]
    cause: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreFault {
    #[error("it does not exist")]
    Missing,
    #[error(
        "a newer postrider has changed it (it holds migration {version}, and this build knows \
         none after {known})"
    )]
    Newer { version: i64, known: i64 },
    #[error("it is not a postrider store: {found}")]
    NotAStore { found: &'static str },
    /// The disk, or the quota on it, is used up.
    #[error("the disk is full")]
    Full,
    #[error("it cannot be written")]
    ReadOnly,
    #[error("it cannot be opened")]
    Unopenable,
    /// The path names another file than the one that was opened, or none.
    #[error(
        "it was replaced or removed while it was in use, and the file that is there now does not \
         know what was done since"
    )]
    Replaced,
    /// The file has a second name, under which another sender could hold a lock of its own.
    #[error("the file has {names} names (hard links), so another sender could not be seen")]
    ManyNames { names: u64 },
    /// The file is a mount of its own.
    #[error("the file is mounted by itself, so its log and its locks are not beside it")]
    MountedAlone,
    #[error("{}", match moved {
        MovedStore::NoWitness => "it was copied while it was in use, and its `.witness` file is not beside it",
        MovedStore::OtherWitness => "the `.witness` file beside it belongs to another store",
        MovedStore::Older => "it does not know of the last messages that were sent from it, so it was \
                              restored from an older copy, or without its `-wal` file",
    })]
    Moved { moved: MovedStore },
    /// For longer than [`BUSY_TIMEOUT`](super::BUSY_TIMEOUT).
    #[error("another process keeps it locked")]
    Locked,
    #[error("{} is sending from it", pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")))]
    HeldByAnother { pid: Option<u32> },
    #[error("no campaign {campaign} is frozen there")]
    NoSuchCampaign { campaign: CampaignKey },
    #[error("campaign {campaign} was called off")]
    CalledOff { campaign: CampaignKey },
    #[error("it is damaged: {what}")]
    Damaged { what: String },
    #[error("the system reported a fault")]
    Failed,
}

impl StoreError {
    pub(super) fn new(attempted: &'static str, path: &Path, fault: StoreFault) -> Self {
        Self { attempted, path: path.to_owned(), fault, cause: None }
    }

    pub(super) fn from_sqlx(attempted: &'static str, path: &Path, error: sqlx::Error) -> Self {
        let fault = StoreFault::from_sqlx(&error);
        // The fault says all that there is to say about a replaced file.
        let cause = (fault != StoreFault::Replaced).then(|| error.into());
        Self { cause, ..Self::new(attempted, path, fault) }
    }

    pub(super) fn from_io(attempted: &'static str, path: &Path, error: std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let fault = match error.kind() {
            Kind::StorageFull | Kind::QuotaExceeded => StoreFault::Full,
            Kind::PermissionDenied => StoreFault::Unopenable,
            Kind::ReadOnlyFilesystem => StoreFault::ReadOnly,
            _ => StoreFault::Failed,
        };
        Self { cause: Some(error.into()), ..Self::new(attempted, path, fault) }
    }

    /// Whether another process is sending.
    pub(crate) fn is_held_by_another(&self) -> bool {
        matches!(self.fault, StoreFault::HeldByAnother { .. })
    }

    pub(crate) fn advice(&self) -> &'static str {
        self.fault.advice()
    }

    /// The message with its causes, for a log that has one line for it.
    pub(super) fn in_one_line(&self) -> String {
        let causes = std::iter::successors(self.source(), |&error| error.source());
        causes.fold(self.to_string(), |line, cause| format!("{line}: {cause}"))
    }
}

const SQLITE_IOERR_SHMSIZE: u32 = 4874;

impl StoreFault {
    /// What to do about it.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Missing => {
                "If it existed before, mount its volume or correct `[store] url` in postrider.toml; if \
                 not, make it with `postrider subscribers import FILE`. Only a send into the \
                 outbox makes one by itself."
            }
            Self::Newer { .. } => "Nothing was changed. Upgrade postrider on this machine.",
            Self::NotAStore { .. } => {
                "Nothing was changed. Correct `[store] url` in postrider.toml, or restore the file \
                 from a backup."
            }
            Self::Full => {
                "What was recorded before is kept. Free some space there and run the same command \
                 again."
            }
            Self::ReadOnly | Self::Unopenable => {
                "Make the file and its folder readable and writable for this user (SQLite keeps \
                 two files beside it) and run the same command again."
            }
            Self::Replaced => {
                "Nothing more is done. Stop every postrider that uses the store, put the right \
                 file in its place, and start again."
            }
            Self::ManyNames { .. } => "Remove all names but one, or use a symbolic link.",
            Self::MountedAlone => {
                "Mount the folder of the store instead of the file: SQLite keeps its log beside it."
            }
            Self::Moved { .. } => {
                "Nobody was mailed. If another copy is still in use, use that one. If this is the \
                 right one, compare `postrider status` with the relay's log as \"Restore\" in \
                 deploy/runbook.md says, and then run `postrider adopt`."
            }
            Self::Locked => {
                "Wait until that is done (an import, a backup, an open `sqlite3`) and run the same \
                 command again."
            }
            Self::HeldByAnother { .. } => {
                "Wait until it is done, or stop it; the lock ends with that process."
            }
            Self::NoSuchCampaign { .. } => "`postrider status` lists every campaign.",
            Self::CalledOff { .. } => {
                "If it is to be sent after all, use `postrider cancel ISSUE --undo` first."
            }
            Self::Damaged { .. } => "Restore the file from a backup; nothing was changed.",
            Self::Failed => "Check that the disk and the folder are there, and try again.",
        }
    }

    /// Sorts an error of the database. SQLite's messages name tables and
    /// columns, and never the values in them.
    pub(super) fn from_sqlx(error: &sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(|error| error.code())
            .and_then(|code| code.parse::<u32>().ok());
        // The low byte of an extended result code is the primary one (https://sqlite.org/rescode.html).
        match code.map(|code| code & 0xFF) {
            _ if store_file::is_replaced(error) => Self::Replaced,
            // The shared memory beside the store could not grow.
            _ if code == Some(SQLITE_IOERR_SHMSIZE) => Self::Full,
            Some(5 | 6) => Self::Locked,
            Some(8 | 3) => Self::ReadOnly,
            Some(11) => Self::Damaged { what: "SQLite cannot read a page of it".into() },
            Some(13) => Self::Full,
            Some(14) => Self::Unopenable,
            Some(26) => Self::NotAStore { found: "it is not a SQLite file" },
            _ if matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => {
                Self::Damaged { what: "a value is not what it should be".into() }
            }
            _ => Self::Failed,
        }
    }
}
