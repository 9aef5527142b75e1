//! Rejected rows, and the file that keeps them.

use std::io::{self, Write};

use super::MAX_ROW_BYTES;
use crate::domain::AddressError;

/// The longest name that is accepted, in characters.
pub(super) const MAX_NAME: usize = 200;

/// The columns that a rejects file has after those of the list.
pub(super) const REJECTS_COLUMNS: [&str; 2] = ["line", "reason"];

/// A row that could not become an entry. `Debug` shows no cell.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RejectedRow {
    /// The line on which it begins, from 1.
    pub(crate) line: u64,
    /// Why. It never holds the email address.
    pub(crate) reason: RejectReason,
    /// The cells as they are in the file, or their beginning if the row is too long.
    pub(crate) record: Vec<Vec<u8>>,
}

/// Why a row could not become an entry. Columns count from 1, and `lines` is how
/// many lines the row takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RejectReason {
    #[error("{0}")]
    Address(#[from] AddressError),
    #[error("the row has {found} cells, and the header has {expected}{}", unclosed_hint(*.lines))]
    Cells { found: usize, expected: usize, lines: u64 },
    #[error(
        "the row has more than {MAX_ROW_BYTES} bytes or 1024 cells, and only its beginning is \
         kept here{}", unclosed_hint(*.lines)
    )]
    TooLong { lines: u64 },
    #[error(
        "a quote is opened in this row and never closed, so that it takes all of the {lines} lines \
         to the end of the file"
    )]
    Unclosed { lines: u64 },
    #[error("the cell in column {column} is not UTF-8; save the file as UTF-8")]
    NotUtf8 { column: usize },
    /// A name holds a line break or another control character, or a cell holds a NUL.
    #[error(
        "column {column} holds a line break or another control character{}",
        unclosed_hint(*.lines)
    )]
    Control { column: usize, lines: u64 },
    #[error("the name in column {column} has more than {} characters", MAX_NAME)]
    LongName { column: usize },
    #[error(
        "the status is none of subscribed, enabled, unconfirmed, unsubscribed, disabled, cleaned, \
         blocklisted, complained"
    )]
    Status,
    #[error("the attributes are not a JSON object")]
    Attributes,
}

fn unclosed_hint(lines: u64) -> String {
    match lines {
        0 | 1 => String::new(),
        lines => format!(" (it runs over {lines} lines: a quote may be opened and never closed)"),
    }
}

impl std::fmt::Debug for RejectedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RejectedRow(line {}: {})", self.line, self.reason)
    }
}

/// Writes rejected rows as CSV: the columns of the file they came from, and
/// two more, `line` and `reason`.
pub(crate) struct RejectsWriter<W: Write> {
    writer: csv::Writer<W>,
    width: usize,
}

impl<W: Write> RejectsWriter<W> {
    /// Writes the header.
    pub(crate) fn new(file: W, header: &[String]) -> io::Result<Self> {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(file);
        writer.write_record(header.iter().map(String::as_str).chain(REJECTS_COLUMNS))?;
        Ok(Self { writer, width: header.len() })
    }

    /// Writes one row. Cells that are not UTF-8 keep their bytes.
    pub(crate) fn write(&mut self, row: &RejectedRow) -> io::Result<()> {
        for cell in &row.record {
            self.writer.write_field(cell)?;
        }
        for _ in row.record.len()..self.width {
            self.writer.write_field("")?;
        }
        self.writer.write_field(row.line.to_string())?;
        self.writer.write_field(row.reason.to_string())?;
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// Writes the rows that are still buffered.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
