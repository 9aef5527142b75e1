//! One sender at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::StoreError;
use super::place::Place;

/// The right to send from a store. The operating system takes it back when
/// the process ends, however it ends.
#[derive(Debug, Clone)]
pub struct SenderLock {
    _file: Arc<File>,
}

impl SenderLock {
    pub(super) fn acquire(place: &Place) -> Result<Self, StoreError> {
        let attempted = "become the one sender";
        let fault = |error: std::io::Error| StoreError::of_io(attempted, place.path(), &error);
        match place.names().map_err(fault)? {
            1 => {}
            names => return Err(StoreError::ManyNames { path: place.path().to_owned(), names }),
        }
        let mut file = open_private(&place.beside(".sender.lock")).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::HeldByAnother {
                    path: place.path().to_owned(),
                    pid: holder(file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(fault(error)),
        }
        // The number only helps people; a full disk must not keep anybody from resuming.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { _file: Arc::new(file) })
    }
}

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
