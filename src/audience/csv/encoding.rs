//! UTF-8 out of what spreadsheets save.

use std::io::{self, Read};

/// Drops a byte order mark, and turns UTF-16 into UTF-8. Everything else passes as it is.
pub(super) struct Utf8Reader<R> {
    inner: R,
    form: Form,
    /// Bytes that are ready, from `at` on.
    ready: Vec<u8>,
    at: usize,
    /// The first half of a code unit, or a high surrogate, that waits for the rest.
    half: Option<u8>,
    high: Option<u16>,
    at_end: bool,
}

#[derive(Clone, Copy)]
enum Form {
    Bytes,
    Utf16(fn([u8; 2]) -> u16),
}

impl<R: Read> Utf8Reader<R> {
    pub(super) fn new(mut inner: R) -> io::Result<Self> {
        let mut first = [0; 3];
        let mut filled = 0;
        while filled < first.len() {
            match inner.read(&mut first[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let (form, mark) = match &first[..filled] {
            [0xEF, 0xBB, 0xBF] => (Form::Bytes, 3),
            [0xFF, 0xFE, ..] => (Form::Utf16(u16::from_le_bytes), 2),
            [0xFE, 0xFF, ..] => (Form::Utf16(u16::from_be_bytes), 2),
            _ => (Form::Bytes, 0),
        };
        let mut reader =
            Self { inner, form, ready: Vec::new(), at: 0, half: None, high: None, at_end: false };
        let rest = &first[mark..filled];
        match form {
            Form::Bytes => reader.ready.extend_from_slice(rest),
            Form::Utf16(unit) => rest.iter().for_each(|byte| reader.push_byte(*byte, unit)),
        }
        Ok(reader)
    }

    fn refill(&mut self, unit: fn([u8; 2]) -> u16) -> io::Result<()> {
        let mut raw = [0; 16 * 1024];
        self.ready.clear();
        self.at = 0;
        while self.ready.is_empty() && !self.at_end {
            let read = self.inner.read(&mut raw)?;
            raw[..read].iter().for_each(|byte| self.push_byte(*byte, unit));
            if read == 0 {
                self.at_end = true;
                if self.half.take().is_some() | self.high.take().is_some() {
                    self.ready.push(NEVER_UTF8);
                }
            }
        }
        Ok(())
    }
}

/// Stands for half a character, so that its row is rejected and not guessed at.
const NEVER_UTF8: u8 = 0xFF;

impl<R> Utf8Reader<R> {
    fn push_byte(&mut self, byte: u8, unit: fn([u8; 2]) -> u16) {
        match self.half.take() {
            None => self.half = Some(byte),
            Some(first) => self.push_unit(unit([first, byte])),
        }
    }

    fn push_unit(&mut self, unit: u16) {
        if let Some(high) = self.high.take() {
            if let Some(Ok(c)) = char::decode_utf16([high, unit]).next() {
                return self.push_char(c);
            }
            self.ready.push(NEVER_UTF8);
        }
        match unit {
            0xD800..=0xDBFF => self.high = Some(unit),
            0xDC00..=0xDFFF => self.ready.push(NEVER_UTF8),
            _ => self.push_char(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER)),
        }
    }

    fn push_char(&mut self, c: char) {
        self.ready.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() {
            match self.form {
                Form::Bytes => return self.inner.read(buffer),
                Form::Utf16(unit) => self.refill(unit)?,
            }
        }
        let rest = &self.ready[self.at..];
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.at += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        Utf8Reader::new(bytes).unwrap().read_to_end(&mut out).unwrap();
        out
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        format!("\u{FEFF}{text}").encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn every_usual_encoding_gives_the_same_text() {
        let text = "email,name\né@example.org,🦀\n";
        assert_eq!(decoded(text.as_bytes()), text.as_bytes());
        assert_eq!(decoded(format!("\u{FEFF}{text}").as_bytes()), text.as_bytes());
        assert_eq!(decoded(&utf16(text, u16::to_le_bytes)), text.as_bytes());
        assert_eq!(decoded(&utf16(text, u16::to_be_bytes)), text.as_bytes());
        assert_eq!(decoded(b""), b"");
        assert_eq!(decoded(b"a"), b"a");
    }

    #[test]
    fn half_a_character_never_becomes_text() {
        for broken in [
            &[0xFF, 0xFE, 0x00, 0xD8, b'a', 0][..],
            &[0xFF, 0xFE, 0x00, 0xDC][..],
            &[0xFF, 0xFE, b'a', 0, b'b'][..],
            &[0xFF, 0xFE, 0x00, 0xD8][..],
        ] {
            assert!(std::str::from_utf8(&decoded(broken)).is_err(), "{broken:?}");
        }
    }
}
