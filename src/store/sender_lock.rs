//! One sender at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::store_file::StoreFile;
use super::{StoreError, StoreFault};

/// The right to send from a store. The operating system takes it back when
/// the process ends, however it ends.
#[derive(Debug, Clone)]
pub struct SenderLock {
    _file: Arc<File>,
}

impl SenderLock {
    pub(super) fn acquire(store: &StoreFile) -> Result<Self, StoreError> {
        let refused = |fault| StoreError::new(SEND, store.path(), fault);
        let failed = |error| StoreError::from_io(SEND, store.path(), error);
        match store.names().map_err(failed)? {
            1 => {}
            names => return Err(refused(StoreFault::ManyNames { names })),
        }
        let mut file = open_private(&store.beside(".sender.lock")).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(refused(StoreFault::HeldByAnother { pid: holder(file) }));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // The number only helps people. A full disk must not stop a resume.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: Arc::new(file) })
    }
}

const SEND: &str = "send from";

/// Opens or makes a file that only its owner may read.
pub(super) fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn holder(file: File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
