//! Quoted-printable (RFC 2045 section 6.7), in pieces.
//!
//! A message is encoded in runs: a literal here, one reader's value there. A
//! run that begins at the start of a line can be encoded without knowing its
//! neighbours, so the encoder can be asked to end a run with a soft line break.
//! No encoded line begins with a dot, so nothing needs dot-stuffing, and none
//! begins with `From `, which old mailboxes mangle.

/// The longest encoded line, without its line break (RFC 2045 section 6.7, rule 5).
const MAX_LINE: usize = 76;

/// The bytes that represent themselves wherever no line begins or ends.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = byte != b'=';
        byte += 1;
    }
    plain[b'\t' as usize] = true;
    plain
};

/// Where encoded bytes go.
pub(crate) trait Body {
    fn put(&mut self, bytes: &[u8]);
}

/// A body of which only the length is wanted.
#[derive(Debug, Default)]
pub(crate) struct Length(pub(crate) usize);

/// Appends text to a body, keeping count of the column.
#[derive(Debug)]
pub(crate) struct Encoder<'o, B> {
    out: &'o mut B,
    column: usize,
}

impl Body for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Body for Length {
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

impl<'o, B: Body> Encoder<'o, B> {
    /// An encoder at the start of a line.
    pub(crate) fn at_line_start(out: &'o mut B) -> Self {
        Self { out, column: 0 }
    }

    pub(crate) fn body(&self) -> &B {
        self.out
    }

    /// Encodes text whose lines end in LF.
    pub(crate) fn text(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.line(&rest[..end], false);
            self.out.put(b"\r\n");
            self.column = 0;
            rest = &rest[end + 1..];
        }
        self.line(rest, true);
    }

    /// Ends the run with a soft line break, unless a line has just begun.
    pub(crate) fn break_softly(&mut self) {
        if self.column > 0 {
            self.out.put(b"=\r\n");
            self.column = 0;
        }
    }

    fn line(&mut self, line: &[u8], is_continued: bool) {
        let mut at = 0;
        while at < line.len() {
            at += self.plain_run(&line[at..line.len() - 1]);
            let rest = &line[at..];
            let ends_line = rest.len() == 1 && !is_continued;
            let mut stands_as_it_is = is_plain(rest, self.column == 0, ends_line);
            let width = if stands_as_it_is { 1 } else { 3 };
            // The last byte of a line needs no room for the `=` of a soft break.
            let limit = if ends_line { MAX_LINE } else { MAX_LINE - 1 };
            if self.column + width > limit {
                self.break_softly();
                stands_as_it_is = is_plain(rest, true, ends_line);
            }
            self.push(rest[0], stands_as_it_is);
            at += 1;
        }
    }

    /// Takes all bytes that represent themselves up to the end of the encoded line,
    /// as most bytes do. Where a line begins, each byte is looked at by itself.
    fn plain_run(&mut self, bytes: &[u8]) -> usize {
        if self.column == 0 {
            return 0;
        }
        let room = (MAX_LINE - 1).saturating_sub(self.column);
        let bytes = &bytes[..bytes.len().min(room)];
        let special = bytes.iter().position(|byte| !PLAIN[usize::from(*byte)]);
        let run = special.unwrap_or(bytes.len());
        self.out.put(&bytes[..run]);
        self.column += run;
        run
    }

    fn push(&mut self, byte: u8, stands_as_it_is: bool) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        if stands_as_it_is {
            self.out.put(&[byte]);
            self.column += 1;
            return;
        }
        let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
        self.out.put(&[b'=', high, low]);
        self.column += 3;
    }
}

/// Whether the first byte of `rest` represents itself.
fn is_plain(rest: &[u8], starts_line: bool, ends_line: bool) -> bool {
    match rest[0] {
        b' ' | b'\t' => !ends_line,
        b'.' => !starts_line,
        b'F' => !(starts_line && rest.starts_with(b"From ")),
        byte => PLAIN[usize::from(byte)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(text: &str) -> String {
        let mut out = Vec::new();
        Encoder::at_line_start(&mut out).text(text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_must_not_stand_as_it_is_does_not() {
        for (text, encoded) in [
            ("", ""),
            ("a=b", "a=3Db"),
            ("é", "=C3=A9"),
            (".\n..\n", "=2E\r\n=2E.\r\n"),
            ("From a\nFrom", "=46rom a\r\nFrom"),
            ("a \nb\t\n", "a=20\r\nb=09\r\n"),
            ("a ", "a "),
            ("\u{0}\u{7f}", "=00=7F"),
        ] {
            assert_eq!(encode(text), encoded, "{text:?}");
        }
    }

    #[test]
    fn a_line_of_76_needs_no_soft_break_and_one_of_77_does() {
        assert_eq!(encode(&format!("{}\n", "a".repeat(76))), format!("{}\r\n", "a".repeat(76)));
        let longer = encode(&format!("{}\n", "a".repeat(77)));
        assert_eq!(longer, format!("{}=\r\naa\r\n", "a".repeat(75)));
    }

    proptest! {
        #[test]
        fn it_decodes_to_the_same_text_within_the_limits(runs in prop::collection::vec("(\\PC|[ .=\n]){0,90}", 0..6)) {
            let mut out = Vec::new();
            let mut encoder = Encoder::at_line_start(&mut out);
            for run in &runs {
                encoder.text(run);
                encoder.break_softly();
            }
            encoder.text("the end");
            let mut length = Length::default();
            let mut counter = Encoder::at_line_start(&mut length);
            for run in &runs {
                counter.text(run);
                counter.break_softly();
            }
            counter.text("the end");
            prop_assert_eq!(length.0, out.len());
            for line in out.split(|b| *b == b'\n') {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                prop_assert!(line.len() <= MAX_LINE);
                prop_assert!(!line.starts_with(b".") && !line.starts_with(b"From "));
                prop_assert!(!line.ends_with(b" ") && line.is_ascii());
            }
            let decoded = quoted_printable::decode(&out, quoted_printable::ParseMode::Strict).unwrap();
            prop_assert_eq!(String::from_utf8(decoded).unwrap().replace("\r\n", "\n"), runs.concat() + "the end");
        }
    }
}
