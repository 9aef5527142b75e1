//! A message as it is sent after DATA (RFC 5321 section 4.5.2).

use std::borrow::Cow;

use memchr::memmem;

/// The bytes to send: content and terminator, in one write.
pub(super) struct Content<'m> {
    /// The message, with a second dot before each line that begins with one. It
    /// borrows the caller's bytes if no line does.
    pub stuffed: Cow<'m, [u8]>,
    /// The final dot, after a line end if the message has none.
    pub terminator: &'static [u8],
}

impl<'m> Content<'m> {
    pub(super) fn new(message: &'m [u8]) -> Self {
        let complete = message.is_empty() || message.ends_with(b"\r\n");
        let terminator: &[u8] = if complete { b".\r\n" } else { b"\r\n.\r\n" };
        Self { stuffed: stuffed(message), terminator }
    }

    pub(super) fn len(&self) -> usize {
        self.stuffed.len() + self.terminator.len()
    }
}

/// Doubles the dots at the starts of lines, also after a bare line feed: some
/// servers take that for a line end. The message could then end early, and its
/// rest be read as commands.
fn stuffed(message: &[u8]) -> Cow<'_, [u8]> {
    let mut dots = memmem::find_iter(message, b"\n.").map(|at| at + 1).peekable();
    let first = message.first() == Some(&b'.');
    if !first && dots.peek().is_none() {
        return Cow::Borrowed(message);
    }
    let mut stuffed = Vec::with_capacity(message.len() + message.len() / 64 + 16);
    if first {
        stuffed.push(b'.');
    }
    let mut copied = 0;
    for dot in dots {
        stuffed.extend_from_slice(&message[copied..dot]);
        stuffed.push(b'.');
        copied = dot;
    }
    stuffed.extend_from_slice(&message[copied..]);
    Cow::Owned(stuffed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(message: &[u8]) -> Vec<u8> {
        let content = Content::new(message);
        let wire = [&content.stuffed, content.terminator].concat();
        assert_eq!(wire.len(), content.len());
        wire
    }

    #[test]
    fn dots_at_line_starts_are_doubled_and_the_end_gains_no_line() {
        for (message, expected) in [
            (&b"a\r\n"[..], &b"a\r\n.\r\n"[..]),
            (b"a", b"a\r\n.\r\n"),
            (b"", b".\r\n"),
            (b".", b"..\r\n.\r\n"),
            (b".\r\n", b"..\r\n.\r\n"),
            (b"a\r\n.\r\nb.c\r\n", b"a\r\n..\r\nb.c\r\n.\r\n"),
            (b"a\r\n..b\r\n", b"a\r\n...b\r\n.\r\n"),
            (b"a\n.\nb\r\n", b"a\n..\nb\r\n.\r\n"),
            (b"a\r\n\r\n", b"a\r\n\r\n.\r\n"),
            (b"a\r", b"a\r\r\n.\r\n"),
        ] {
            assert_eq!(wire(message), expected, "{message:?}");
        }
    }

    #[test]
    fn a_message_without_such_dots_is_not_copied() {
        assert!(matches!(Content::new(b"a.b\r\nc\r\n").stuffed, Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn a_server_reads_back_what_was_given(lines in proptest::collection::vec("[.a]{0,4}", 0..20)) {
            let message: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let wire = String::from_utf8(wire(message.as_bytes())).unwrap();
            let mut read = String::new();
            let mut ended = false;
            for line in wire.split_terminator("\r\n") {
                proptest::prop_assert!(!ended);
                ended = line == ".";
                if !ended {
                    read += line.strip_prefix('.').unwrap_or(line);
                    read += "\r\n";
                }
            }
            proptest::prop_assert!(ended);
            proptest::prop_assert_eq!(read, message);
        }
    }
}
