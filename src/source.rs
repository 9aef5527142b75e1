//! Source text with lines and columns, and the findings that point into it.
//!
//! In: the bytes of a file and the name to show for it. Out: text with LF line
//! ends and no byte order mark, in which every byte range can be turned into
//! a line and a column; or the place of the first byte that is not UTF-8.
//! Absent on purpose: reading the file.

mod controls;
mod finding;
pub(crate) mod html;
pub mod rules;

pub(crate) use controls::{holds_control, is_control};
#[cfg(test)]
pub(crate) use finding::MOST_PLACES;
pub use finding::{Finding, Findings, RuleId, Severity};
pub use rules::Rule;

use std::ops::Range;

/// A range of bytes in a [`SourceText`].
pub type Span = Range<usize>;

/// The largest source that is read, in bytes. The largest issue of 667 real
/// ones has 41 KB, and a mail of more than 100 KB is cut by Gmail.
pub const MAX_SOURCE_BYTES: usize = 4 * 1024 * 1024;

/// The text of one file.
#[derive(Debug, Clone)]
pub struct SourceText {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

/// A position for people: lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Place {
    /// The file as it was named on the command line.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in Unicode scalar values, from 1.
    pub column: usize,
    /// The whole line as it stands in the file.
    pub text: String,
    /// How many characters from the column on are meant; at least 1.
    pub width: usize,
}

/// The reason why some bytes are not a source text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// A byte that UTF-8 does not allow at its place. The text is the whole message, with
    /// the line.
    #[error("{0}")]
    NotUtf8(String),
    /// More than [`MAX_SOURCE_BYTES`].
    #[error("{name}: the file has {bytes} bytes, and at most {MAX_SOURCE_BYTES} are read")]
    TooLarge {
        /// The file as it was named.
        name: String,
        /// Its size.
        bytes: u64,
    },
}

impl Place {
    /// The line and the column.
    pub(crate) fn position(&self) -> (usize, usize) {
        (self.line, self.column)
    }
}

impl SourceText {
    /// Takes the bytes of a file: UTF-8 only, a byte order mark dropped, CRLF
    /// and lone CR turned into LF.
    ///
    /// # Errors
    /// The bytes are not UTF-8, or too many.
    pub fn new(name: impl Into<String>, bytes: &[u8]) -> Result<Self, SourceError> {
        let name = name.into();
        if bytes.len() > MAX_SOURCE_BYTES {
            return Err(SourceError::TooLarge { name, bytes: bytes.len() as u64 });
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{FEFF}').unwrap_or(text),
            Err(error) => return Err(not_utf8(&name, bytes, error.valid_up_to())),
        };
        let text = if memchr::memchr(b'\r', text.as_bytes()).is_some() {
            text.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            text.to_owned()
        };
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        let line_starts = std::iter::once(0).chain(breaks).collect();
        Ok(Self { name, text, line_starts })
    }

    /// The file as it was named.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The normalised text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where a byte range stands. A range past the end stands at the end.
    pub fn place(&self, span: &Span) -> Place {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.floor_char_boundary(span.end.max(start));
        let line = self.line_starts.partition_point(|&s| s <= start) - 1;
        let line_start = self.line_starts[line];
        let line_end =
            self.text[line_start..].find('\n').map_or(self.text.len(), |n| line_start + n);
        let width = self.text[start..end.clamp(start, line_end.max(start))].chars().count();
        Place {
            file: self.name.clone(),
            line: line + 1,
            column: self.text[line_start..start].chars().count() + 1,
            text: self.text[line_start..line_end].to_owned(),
            width: width.max(1),
        }
    }
}

fn not_utf8(name: &str, bytes: &[u8], offset: usize) -> SourceError {
    let line_start = bytes[..offset].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let rest = &bytes[line_start..];
    let line_end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let shown = String::from_utf8_lossy(&rest[..line_end]).trim_end_matches('\r').to_owned();
    let hint = match bytes {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "it begins like UTF-16.",
        _ if bytes.contains(&0) => "it holds NUL bytes, so it may not be text at all.",
        _ => "it may be Latin-1 or Windows-1252.",
    };
    let shown: String = shown.chars().take(200).collect();
    let line = bytes[..offset].iter().filter(|b| **b == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&bytes[line_start..offset]).chars().count() + 1;
    let byte = bytes[offset];
    SourceError::NotUtf8(format!(
        "{name}:{line}:{column}: byte 0x{byte:02X} (offset {offset}) is not UTF-8\n  {shown}\n\
         Save the file as UTF-8; {hint}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_the_byte_order_mark_are_normalised() {
        let source = SourceText::new("a.md", "\u{FEFF}a\r\nb\rc\n".as_bytes()).unwrap();
        assert_eq!(source.text(), "a\nb\nc\n");
    }

    #[test]
    fn places_count_from_one_in_characters() {
        let source = SourceText::new("a.md", "é🦀x\nsecond".as_bytes()).unwrap();
        let x = source.text().find('x').unwrap();
        let place = source.place(&(x..x + 1));
        assert_eq!((place.line, place.column, place.width), (1, 3, 1));
        assert_eq!(place.text, "é🦀x");
        let end = source.place(&(1000..2000));
        assert_eq!((end.line, end.column), (2, 7));
        let inside_a_character = source.place(&(1..3));
        assert_eq!(inside_a_character.column, 1);
    }

    #[test]
    fn a_byte_that_is_not_utf8_is_shown_at_its_place() {
        let error = SourceText::new("a.md", b"ok\nna\xEFve\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.md:2:3: byte 0xEF (offset 5) is not UTF-8\n  na\u{FFFD}ve\n\
             Save the file as UTF-8; it may be Latin-1 or Windows-1252."
        );
    }
}
