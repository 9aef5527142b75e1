//! Quoted-printable (RFC 2045 section 6.7), in pieces.
//!
//! A message is encoded in runs: a literal here, one reader's value there. A
//! run that begins at the start of a line can be encoded without knowing its
//! neighbours, so the encoder can be asked to end a run with a soft line break.
//! No encoded line begins with a dot, so nothing needs dot-stuffing, and none
//! begins with `From `, which old mailboxes mangle.

/// The longest encoded line, without its line break (RFC 2045 section 6.7, rule 5).
const MAX_LINE: usize = 76;

/// Appends text to a body, keeping count of the column.
#[derive(Debug)]
pub(super) struct Encoder<'o> {
    out: &'o mut Vec<u8>,
    column: usize,
}

impl<'o> Encoder<'o> {
    /// An encoder at the start of a line.
    pub(super) fn at_line_start(out: &'o mut Vec<u8>) -> Self {
        Self { out, column: 0 }
    }

    /// Encodes text whose lines end in LF.
    pub(super) fn text(&mut self, text: &str) {
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let is_last = lines.peek().is_none();
            self.line(line.as_bytes(), is_last);
            if !is_last {
                self.out.extend_from_slice(b"\r\n");
                self.column = 0;
            }
        }
    }

    /// Ends the run with a soft line break, unless a line has just begun.
    pub(super) fn break_softly(&mut self) {
        if self.column > 0 {
            self.out.extend_from_slice(b"=\r\n");
            self.column = 0;
        }
    }

    fn line(&mut self, line: &[u8], is_continued: bool) {
        for at in 0..line.len() {
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
        }
    }

    fn push(&mut self, byte: u8, stands_as_it_is: bool) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        if stands_as_it_is {
            self.out.push(byte);
            self.column += 1;
            return;
        }
        let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
        self.out.extend_from_slice(&[b'=', high, low]);
        self.column += 3;
    }
}

/// Whether the first byte of `rest` stands for itself.
fn is_plain(rest: &[u8], starts_line: bool, ends_line: bool) -> bool {
    match rest[0] {
        b' ' | b'\t' => !ends_line,
        b'.' => !starts_line,
        b'F' => !(starts_line && rest.starts_with(b"From ")),
        b'=' => false,
        byte => byte.is_ascii_graphic(),
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
            ("\u{0}", "=00"),
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
