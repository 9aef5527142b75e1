//! Records of a CSV file, in bounded memory.

use std::io::{self, Chain, Cursor, Read};

use csv_core::ReadRecordResult;
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

/// The longest row that is read, in bytes of its cells. A longer row is
/// rejected, and only its beginning is kept.
pub(crate) const MAX_ROW_BYTES: usize = 256 * 1024;

const MAX_CELLS: usize = 1024;
const KEPT_OF_OVERLONG: usize = 4 * 1024;
const CHUNK: usize = 64 * 1024;

/// One row as it is in the file.
pub(super) struct Record {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    /// How many lines it takes.
    pub(super) lines: u64,
    /// Whether it was longer than [`MAX_ROW_BYTES`], so that only its beginning is here.
    pub(super) cut: bool,
    /// Whether the file ends inside a quote of this row.
    pub(super) unclosed: bool,
    is_utf16: bool,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Record {
    pub(super) fn cells(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.ends.len()).map(|n| self.cell(n).unwrap_or_default())
    }

    pub(super) fn cell(&self, n: usize) -> Option<&[u8]> {
        let start = if n == 0 { 0 } else { *self.ends.get(n - 1)? };
        self.bytes.get(start..*self.ends.get(n)?)
    }

    /// A cell as text; `None` if it is not UTF-8, or was not UTF-16.
    pub(super) fn text(&self, n: usize) -> Option<&str> {
        let text = std::str::from_utf8(self.cell(n).unwrap_or_default()).ok()?;
        // Half a character of UTF-16 was decoded to U+FFFD.
        (!self.is_utf16 || !text.contains(char::REPLACEMENT_CHARACTER)).then_some(text)
    }
}

pub(super) struct RecordReader<R> {
    source: DecodedSource<R>,
    is_utf16: bool,
    core: csv_core::Reader,
    chunk: Box<[u8]>,
    filled: usize,
    at: usize,
    has_ended: bool,
    output: Box<[u8]>,
    ends: Box<[usize]>,
}

/// A file without its byte order mark, with UTF-16 as UTF-8.
type DecodedSource<R> = DecodeReaderBytes<Chain<Cursor<Vec<u8>>, R>, Vec<u8>>;

impl<R: Read> RecordReader<R> {
    /// Reads until it knows which separator the header uses.
    pub(super) fn new(mut file: R) -> io::Result<Self> {
        let mut start = Vec::new();
        file.by_ref().take(2).read_to_end(&mut start)?;
        let is_utf16 = matches!(start[..], [0xFF, 0xFE] | [0xFE, 0xFF]);
        let mut source = DecodeReaderBytesBuilder::new()
            .utf8_passthru(true)
            .strip_bom(true)
            .build(Cursor::new(start).chain(file));
        let mut chunk = vec![0; CHUNK].into_boxed_slice();
        let mut filled = 0;
        while filled < CHUNK && !chunk[..filled].contains(&b'\n') {
            match read_some(&mut source, &mut chunk[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        let delimiter = sniff_delimiter(&chunk[..filled]);
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        let output = vec![0; MAX_ROW_BYTES].into_boxed_slice();
        let ends = vec![0; MAX_CELLS].into_boxed_slice();
        Ok(Self { source, is_utf16, core, chunk, filled, at: 0, has_ended: false, output, ends })
    }

    /// How many lines have been read.
    pub(super) fn line(&self) -> u64 {
        self.core.line()
    }

    /// The next row that is not an empty line.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        let (mut written, mut cells, mut cut) = (0, 0, false);
        let (mut line, mut unclosed) = (None, false);
        loop {
            if self.at == self.filled {
                self.at = 0;
                self.filled = read_some(&mut self.source, &mut self.chunk)?;
            }
            let is_end = self.filled == 0 && !self.has_ended;
            if is_end {
                // One more line break ends every row except one whose quote is
                // still open. There it becomes a part of the cell.
                (self.chunk[0], self.filled, self.has_ended) = (b'\n', 1, true);
            }
            if line.is_none() && !is_end {
                line = self.line_of_next_record();
            }
            let (result, read, wrote, ended) = self.core.read_record(
                &self.chunk[self.at..self.filled],
                &mut self.output[written..],
                &mut self.ends[cells..],
            );
            self.at += read;
            unclosed |= is_end && wrote > 0;
            written += wrote;
            cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => {
                    cut = true;
                    written = KEPT_OF_OVERLONG;
                }
                ReadRecordResult::OutputEndsFull => {
                    cut = true;
                    cells = 1;
                }
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => {
                    let (line, filled) = (line.unwrap_or(1), (written, cells));
                    return Ok(Some(self.take_record(line, filled, cut, unclosed)));
                }
            }
        }
    }

    /// Empty lines, and the LF of a CRLF, come before a record and do not belong to it.
    fn line_of_next_record(&self) -> Option<u64> {
        let rest = &self.chunk[self.at..self.filled];
        let skipped = rest.iter().position(|b| !matches!(b, b'\r' | b'\n'))?;
        let breaks = rest[..skipped].iter().filter(|b| **b == b'\n').count();
        Some(self.core.line() + breaks as u64)
    }

    fn take_record(
        &self,
        line: u64,
        (written, cells): (usize, usize),
        cut: bool,
        unclosed: bool,
    ) -> Record {
        let is_utf16 = self.is_utf16;
        if cut {
            let bytes = self.output[..written.min(KEPT_OF_OVERLONG)].to_vec();
            let lines = self.core.line().saturating_sub(line).max(1);
            let ends = vec![bytes.len()];
            return Record { line, lines, cut, unclosed, is_utf16, bytes, ends };
        }
        let (bytes, ends) = (self.output[..written].to_vec(), self.ends[..cells].to_vec());
        let breaks = |bytes: &[u8]| bytes.iter().filter(|b| **b == b'\n').count() as u64;
        // Line breaks at the end of the file end the last line of an unclosed cell.
        let lines = if unclosed { 1 + breaks(bytes.trim_ascii_end()) } else { 1 + breaks(&bytes) };
        Record { line, lines, cut, unclosed, is_utf16, bytes, ends }
    }
}

fn read_some(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// The separator that is most frequent in the first line, outside quotes.
fn sniff_delimiter(start: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(b, _)| b == byte).for_each(|(_, n)| *n += 1),
        }
    }
    let most = counts.iter().map(|(_, n)| *n).max().unwrap_or(0);
    counts.iter().find(|(_, n)| *n == most).map_or(b',', |(b, _)| *b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_an_editor_shows() {
        let file = "a,b\r\n\r\n1,\"x\ny\"\r\n2,z\n\n\n3,w";
        let mut reader = RecordReader::new(file.as_bytes()).unwrap();
        let mut seen = Vec::new();
        while let Some(record) = reader.next().unwrap() {
            seen.push((record.line, record.lines, record.cells().len()));
        }
        assert_eq!(seen, [(1, 1, 2), (3, 2, 2), (5, 1, 2), (8, 1, 2)]);
    }

    #[test]
    fn a_quote_is_open_at_the_end_of_the_file_only_if_it_was_never_closed() {
        for (file, unclosed) in [
            ("a,\"b\"", false),
            ("a,\"b\"\n", false),
            ("a,\"b\"\"\"", false),
            ("a,b\"", false),
            ("a,b", false),
            ("a,\"b", true),
            ("a,\"b\n", true),
            ("a,\"b\"\"", true),
            ("a,\"", true),
        ] {
            let mut reader = RecordReader::new(file.as_bytes()).unwrap();
            let record = reader.next().unwrap().unwrap();
            assert_eq!((record.unclosed, record.cells().len()), (unclosed, 2), "{file:?}");
            assert!(reader.next().unwrap().is_none(), "{file:?}");
        }
    }

    #[test]
    fn the_separator_is_read_from_the_header() {
        for (header, delimiter) in [
            ("email", b','),
            ("email,name", b','),
            ("email;name", b';'),
            ("email\tname\tx", b'\t'),
            ("\"a,b,c,d\";email;name", b';'),
            ("", b','),
        ] {
            assert_eq!(sniff_delimiter(header.as_bytes()), delimiter, "{header}");
        }
    }

    #[test]
    fn a_row_of_any_length_takes_bounded_memory() {
        let endless = io::repeat(b'x').take(50 * 1024 * 1024);
        let file = "email,n\n1,".as_bytes().chain(endless).chain(&b"\n2,y\n"[..]);
        let mut reader = RecordReader::new(file).unwrap();
        reader.next().unwrap().unwrap();
        let long = reader.next().unwrap().unwrap();
        assert!(long.cut && long.bytes.len() == KEPT_OF_OVERLONG);
        let after = reader.next().unwrap().unwrap();
        assert_eq!((after.line, after.cell(0), after.cut), (3, Some(&b"2"[..]), false));
        let many_cells = format!("a\n{}\nb\n", ",".repeat(100_000));
        let mut reader = RecordReader::new(many_cells.as_bytes()).unwrap();
        reader.next().unwrap().unwrap();
        assert!(reader.next().unwrap().unwrap().cut);
        assert_eq!(reader.next().unwrap().unwrap().cell(0), Some(&b"b"[..]));
    }
}
