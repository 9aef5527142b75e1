//! Where links and images may point, and how a target is written.
//!
//! In: a target as the author wrote it. Out: the same in the form that both
//! parts of the mail show, or nothing if it would carry a program. Absent on
//! purpose: whether the target exists, or was forgotten; `check` asks that.

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub(crate) use crate::issue::scheme;

/// Schemes that carry a program or a file instead of naming a place. These
/// are the ones that CommonMark renderers refuse, and their relatives. Other
/// schemes stay: an unknown one is a mistake that `check` reports, not a danger.
/// `cid` and `mid` name parts of the mail itself, which only the program does.
const REFUSED: [&str; 9] =
    ["javascript", "vbscript", "data", "file", "blob", "view-source", "livescript", "cid", "mid"];

/// The target as it goes into the mail; `None` when its scheme is refused.
///
/// Control characters are dropped, and what RFC 3986 has no place for is
/// percent-encoded, but for letters in the host, which are left as they are.
pub(crate) fn written(target: &str) -> Option<Cow<'_, str>> {
    let target = target.trim_matches(|c: char| c.is_control() || c == ' ');
    if scheme(target).is_some_and(|scheme| REFUSED.contains(&scheme.as_str())) {
        return None;
    }
    let is_plain = target.bytes().all(|b| b.is_ascii_graphic() && !must_be_encoded(b));
    Some(if is_plain { Cow::Borrowed(target) } else { Cow::Owned(encoded(target)) })
}

/// Whether a target means nothing without the page or the mail that holds it.
pub(crate) fn leads_from_here(target: &str) -> bool {
    !target.is_empty() && scheme(target).is_none()
}

fn must_be_encoded(byte: u8) -> bool {
    matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

fn encoded(target: &str) -> String {
    let host = host_of(target);
    let mut out = String::with_capacity(target.len() + 16);
    for (at, c) in target.char_indices().filter(|(_, c)| !c.is_control()) {
        let plain = c.is_ascii_graphic() && !must_be_encoded(c as u8);
        if plain || (host.contains(&at) && c.is_alphanumeric()) {
            out.push(c);
            continue;
        }
        out.extend(utf8_percent_encode(c.encode_utf8(&mut [0; 4]), NON_ALPHANUMERIC));
    }
    out
}

/// The bytes between `//` and the next `/`, `?` or `#`.
fn host_of(target: &str) -> std::ops::Range<usize> {
    let Some(slashes) = target.find("//") else { return 0..0 };
    let start = slashes + 2;
    let length = target[start..].find(['/', '?', '#']).unwrap_or(target.len() - start);
    start..start + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_written_or_refused() {
        let cases = [
            ("https://example.org/a?b=c&d#e", Some("https://example.org/a?b=c&d#e")),
            ("\u{2}https://example.org/", Some("https://example.org/")),
            (" a b|{x}\"<>", Some("a%20b%7C%7Bx%7D%22%3C%3E")),
            ("https://bücher.example/ü", Some("https://bücher.example/%C3%BC")),
            ("#part", Some("#part")),
            ("", Some("")),
            ("irc://irc.example.org/a", Some("irc://irc.example.org/a")),
            ("hhttps://example.org", Some("hhttps://example.org")),
            ("javascript:alert(1)", None),
            (" JaVa\tScRiPt\n:alert(1)", None),
            ("\u{1}java\u{0}script:x", None),
            ("vbscript:x", None),
            ("data:text/html,x", None),
            ("cid:x@image", None),
            ("a/javascript:x", Some("a/javascript:x")),
        ];
        for (target, expected) in cases {
            assert_eq!(written(target).as_deref(), expected, "{target:?}");
        }
    }
}
