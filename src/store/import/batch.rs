//! A file, read a thousand rows at a time.

use std::io::Read;

use super::ImportError;
use crate::audience::csv::{ListEntry, ListFileError, ListReader, RejectedRow};

const BATCH_ROWS: usize = 1000;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The rows that are written together.
pub(super) struct Batch {
    pub(super) entries: Vec<ListEntry>,
    /// How many rows among them were rejected.
    pub(super) rejected: u64,
    pub(super) end: BatchEnd,
}

/// Why a batch has no more rows.
pub(super) enum BatchEnd {
    Full,
    List,
    Fault(ListFileError),
}

impl Batch {
    /// Reads the next rows, and calls `rejects` with each rejected one.
    pub(super) fn read<R: Read>(
        list: &mut ListReader<R>,
        rejects: &mut impl FnMut(&RejectedRow) -> std::io::Result<()>,
    ) -> Result<Self, ImportError> {
        let mut entries = Vec::with_capacity(BATCH_ROWS);
        let (mut bytes, mut rejected) = (0, 0);
        let end = loop {
            if entries.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
                break BatchEnd::Full;
            }
            match list.next() {
                None => break BatchEnd::List,
                Some(Err(error)) => break BatchEnd::Fault(error),
                Some(Ok(Ok(entry))) => {
                    bytes += weight(&entry);
                    entries.push(entry);
                }
                Some(Ok(Err(row))) => {
                    rejects(&row)
                        .map_err(|cause| ImportError::Rejects { line: row.line, cause })?;
                    rejected += 1;
                }
            }
        };
        Ok(Self { entries, rejected, end })
    }
}

fn weight(entry: &ListEntry) -> usize {
    let fields = entry.fields.iter().map(|(name, value)| name.len() + value.len());
    200 + fields.sum::<usize>()
}
