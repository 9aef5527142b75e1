//! Which file a store was opened as, and whether it still stands there.
//!
//! A file that was deleted or renamed can be written to for as long as it is
//! open, and nobody ever reads it again. So who writes asks here first.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A path, and the file that it named when the store was opened.
#[derive(Debug, Clone)]
pub(super) struct Place {
    path: PathBuf,
    real_path: PathBuf,
    file: FileNumber,
}

/// What no other file of this machine has at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileNumber {
    device: u64,
    inode: u64,
}

/// The path names another file by now, or none.
#[derive(Debug, thiserror::Error)]
#[error("the store was replaced or removed while it was in use")]
pub(super) struct Replaced;

impl Place {
    /// Remembers which file a path names.
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let real_path = path.canonicalize()?;
        let file = FileNumber::of(&std::fs::metadata(&real_path)?);
        Ok(Self { path: path.to_owned(), real_path, file })
    }

    /// The path as it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A file beside the store, such as its lock. A symbolic link to the store
    /// is no second store, so it is beside the file that the link leads to.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.real_path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// How many names the file has. A lock stands beside one of them, and who
    /// comes by another (a hard link) does not see it.
    pub(super) fn names(&self) -> std::io::Result<u64> {
        Ok(std::fs::metadata(&self.real_path)?.nlink())
    }

    /// Sees that the path still names that file.
    pub(super) fn check(&self) -> Result<(), Replaced> {
        match std::fs::metadata(&self.path) {
            Ok(found) if FileNumber::of(&found) == self.file => Ok(()),
            _ => Err(Replaced),
        }
    }
}

impl FileNumber {
    fn of(file: &Metadata) -> Self {
        Self { device: file.dev(), inode: file.ino() }
    }
}

/// In the words of the database, whose errors every write has already.
impl From<Replaced> for sqlx::Error {
    fn from(replaced: Replaced) -> Self {
        Self::Io(std::io::Error::other(replaced))
    }
}

/// Whether an error is that of [`Place::check`].
pub(super) fn is_replaced(error: &sqlx::Error) -> bool {
    let sqlx::Error::Io(error) = error else { return false };
    error.get_ref().is_some_and(|inner| inner.is::<Replaced>())
}
