//! Which file a store was opened as, and whether its path still names that file.
//!
//! A file that was deleted or renamed can be written for as long as it is
//! open, and nobody ever reads it again. So every write asks here first.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A path, and the file that it named when the store was opened.
#[derive(Debug, Clone)]
pub(super) struct StoreFile {
    path: PathBuf,
    real_path: PathBuf,
    number: (u64, u64),
}

/// The path names another file by now, or none.
#[derive(Debug, thiserror::Error)]
#[error("the store was replaced or removed while it was in use")]
pub(super) struct ReplacedFile;

impl StoreFile {
    /// Remembers which file a path names.
    pub(super) fn from_path(path: &Path) -> std::io::Result<Self> {
        let real_path = path.canonicalize()?;
        let number = file_number(&std::fs::metadata(&real_path)?);
        Ok(Self { path: path.to_owned(), real_path, number })
    }

    /// The path as it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The path without symbolic links.
    pub(super) fn real_path(&self) -> &Path {
        &self.real_path
    }

    /// A file beside the store, such as its lock. A symbolic link to the store
    /// is no second store, so it is beside the file that the link leads to.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.real_path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// How many names the file has. The lock is beside one of them, so a
    /// process that opens another name (a hard link) does not see it.
    pub(super) fn names(&self) -> std::io::Result<u64> {
        Ok(std::fs::metadata(&self.real_path)?.nlink())
    }

    /// Checks that the path still names that file.
    pub(super) fn check(&self) -> Result<(), ReplacedFile> {
        match std::fs::metadata(&self.path) {
            Ok(found) if file_number(&found) == self.number => Ok(()),
            _ => Err(ReplacedFile),
        }
    }
}

/// The device and the inode. No other file of this machine has the same two at the same time.
fn file_number(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// Every write returns an error of the database already, so this becomes one.
impl From<ReplacedFile> for sqlx::Error {
    fn from(replaced: ReplacedFile) -> Self {
        Self::Io(std::io::Error::other(replaced))
    }
}

/// Whether an error is that of [`StoreFile::check`].
pub(super) fn is_replaced(error: &sqlx::Error) -> bool {
    let sqlx::Error::Io(error) = error else { return false };
    error.get_ref().is_some_and(|inner| inner.is::<ReplacedFile>())
}
