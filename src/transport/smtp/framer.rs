//! Cuts one reply after another from the bytes of a server (RFC 5321 section 4.2).
//!
//! In: bytes in pieces of any size. Out: one [`RawReply`] at a time; the bytes
//! after it are kept for the next. Tolerated: bare line feeds, lines
//! longer than the 512 bytes of the RFC, text outside UTF-8. Not tolerated:
//! more than [`LARGEST_REPLY`] bytes, lines that do not begin with a code, a
//! code that changes within one reply.

/// How many bytes one reply may have. RFC 5321 sets no limit to the number of
/// lines, but a server that never ends must not fill the memory.
pub(super) const LARGEST_REPLY: usize = 64 * 1024;

/// One whole reply of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawReply {
    /// 200 to 599.
    pub code: u16,
    /// The text of each line, without code and line end.
    pub lines: Vec<String>,
}

/// Why the bytes are not a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAReply {
    #[error("what the server sent is not an SMTP reply")]
    Form,
    #[error("the server changed the code within one reply")]
    ChangingCode,
    #[error("the server's reply is longer than {LARGEST_REPLY} bytes")]
    TooLong,
}

/// Holds the bytes that are not yet a whole reply.
#[derive(Debug, Default)]
pub(super) struct Framer {
    buffer: Vec<u8>,
    /// The number of bytes at the start of the buffer that hold no line end.
    searched: usize,
    /// The lines so far of a reply that is not complete.
    begun: Option<RawReply>,
    /// The bytes of those lines.
    begun_bytes: usize,
}

impl Framer {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether it holds no byte, not even of an incomplete reply.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.begun.is_none()
    }

    /// The next whole reply, or `None` if more bytes are needed.
    pub(super) fn next_reply(&mut self) -> Result<Option<RawReply>, NotAReply> {
        while let Some(line) = self.next_line()? {
            let (code, goes_on, text) = parse_line(&line).ok_or(NotAReply::Form)?;
            let reply = self.begun.get_or_insert(RawReply { code, lines: Vec::new() });
            if reply.code != code {
                return Err(NotAReply::ChangingCode);
            }
            reply.lines.push(text);
            if !goes_on {
                self.begun_bytes = 0;
                return Ok(self.begun.take());
            }
        }
        Ok(None)
    }

    fn next_line(&mut self) -> Result<Option<Vec<u8>>, NotAReply> {
        let found = memchr::memchr(b'\n', &self.buffer[self.searched..]);
        let length = match found {
            Some(offset) => self.searched + offset + 1,
            None => self.buffer.len(),
        };
        if self.begun_bytes + length > LARGEST_REPLY {
            return Err(NotAReply::TooLong);
        }
        if found.is_none() {
            self.searched = length;
            // A server of another protocol may never end its first line, so the code is
            // checked before the line is complete.
            let code = &self.buffer[..length.min(3)];
            return if code.iter().all(u8::is_ascii_digit) {
                Ok(None)
            } else {
                Err(NotAReply::Form)
            };
        }
        self.searched = 0;
        self.begun_bytes += length;
        Ok(Some(self.buffer.drain(..length).collect()))
    }
}

/// The code, whether the reply goes on, and the text of one line.
fn parse_line(line: &[u8]) -> Option<(u16, bool, String)> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (code, rest) = line.split_at_checked(3)?;
    if !matches!(code[0], b'2'..=b'5') || !code.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = code.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    match rest {
        [] => Some((code, false, String::new())),
        [b' ', rest @ ..] => Some((code, false, text(rest))),
        [b'-', rest @ ..] => Some((code, true, text(rest))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<(u16, String)>, NotAReply> {
        let mut framer = Framer::default();
        framer.push(bytes);
        let mut replies = Vec::new();
        while let Some(reply) = framer.next_reply()? {
            replies.push((reply.code, reply.lines.join("|")));
        }
        Ok(replies)
    }

    #[test]
    fn replies_are_cut_at_their_ends() {
        for (bytes, expected) in [
            (&b"250 ok\r\n"[..], vec![(250, "ok")]),
            (b"250\r\n", vec![(250, "")]),
            (b"250 \n", vec![(250, "")]),
            (b"250-a\r\n250-b\n250 c\r\n354 go\r\n", vec![(250, "a|b|c"), (354, "go")]),
            (b"250-a\r\n250\r\n", vec![(250, "a|")]),
            (b"250 ok\r\n25", vec![(250, "ok")]),
            (b"250-ok\r\n", vec![]),
            (b"550 caf\xe9\r\n", vec![(550, "caf\u{fffd}")]),
            (b"599 a\0b\r\n", vec![(599, "a\0b")]),
            (b"", vec![]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(c, t)| (c, t.to_owned())).collect();
            assert_eq!(all(bytes), Ok(expected), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for (bytes, expected) in [
            (&b"250-a\r\n550 b\r\n"[..], NotAReply::ChangingCode),
            (b"hello\r\n", NotAReply::Form),
            (b"\r\n", NotAReply::Form),
            (b"\x16\x03\x01\x02", NotAReply::Form),
            (b"199 a\r\n", NotAReply::Form),
            (b"650 a\r\n", NotAReply::Form),
            (b"2500 a\r\n", NotAReply::Form),
            (b"250_a\r\n", NotAReply::Form),
            (b"25\r\n", NotAReply::Form),
        ] {
            assert_eq!(all(bytes), Err(expected), "{bytes:?}");
        }
    }

    #[test]
    fn pieces_of_any_size_give_the_same_replies() {
        let bytes = b"220 hi\r\n250-a\r\n250-SIZE 10\n250 c\r\n550 5.1.1 no\r\n";
        let whole = all(bytes).unwrap();
        for size in 1..bytes.len() {
            let mut framer = Framer::default();
            let mut replies = Vec::new();
            for piece in bytes.chunks(size) {
                framer.push(piece);
                while let Some(reply) = framer.next_reply().unwrap() {
                    replies.push((reply.code, reply.lines.join("|")));
                }
            }
            assert_eq!(replies, whole, "{size}");
            assert!(framer.is_empty());
        }
    }

    #[test]
    fn a_reply_may_have_64_kilobytes_and_no_more() {
        let line = [b"250-", &[b'x'; 1994][..], b"\r\n"].concat();
        let lines = line.repeat(32);
        let last = |length: usize| [b"250 ", &vec![b'y'; length - 6][..], b"\r\n"].concat();
        let rest = LARGEST_REPLY - lines.len();
        assert!(all(&[&lines[..], &last(rest)].concat()).is_ok());
        assert_eq!(all(&[&lines[..], &last(rest + 1)].concat()), Err(NotAReply::TooLong));
        assert_eq!(all(&[b"250 ", &[b'x'; LARGEST_REPLY][..]].concat()), Err(NotAReply::TooLong));
        assert_eq!(all(&b"250-a\r\n".repeat(20_000)), Err(NotAReply::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = all(&bytes);
        }
    }
}
