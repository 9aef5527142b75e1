//! Reading a file that somebody else chose.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads a regular file. A folder, a pipe or a device is refused, because
/// reading it may never end.
///
/// # Errors
/// It is not there, no regular file, not readable, or longer than `limit` bytes.
pub(crate) fn read_at_most(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for a writer, so the kind is looked at first.
    let kind = path.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is not a regular file, but a pipe, a socket or a device"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        Err(io::Error::other(format!("it is longer than {limit} bytes")))
    } else {
        Ok(bytes)
    }
}
