//! Text of somebody else's server, made safe to show and to keep.
//!
//! Servers repeat the recipient's address in many refusals, and filters repeat
//! the link that they dislike, which may be the recipient's own unsubscribe
//! link. Their text reaches terminals, logs and the store.

mod local_part;

pub use local_part::without_local_part;

use super::header_text::turns_text;

/// The most characters of the result.
const LONGEST_TEXT: usize = 300;

/// The most characters that are read. The result needs no more of them.
const LONGEST_READ: usize = 16 * LONGEST_TEXT;

/// A longer word of base64url characters may be a secret: our own tokens have
/// 44, and a server may break one in two.
const LONGEST_WORD: usize = 23;

/// A longer part of a word is no word: no server speaks in such.
const LONGEST_PIECE: usize = 20;

/// One line of at most 300 characters. It has no invisible characters, no
/// local part of an email address, no path of a URL and no token: `…` stands
/// in their place.
pub fn safe_text(text: &str) -> String {
    let words = text.split_whitespace().flat_map(|word| std::iter::once(' ').chain(word.chars()));
    let line: String = words.filter(|c| !is_invisible(*c)).take(LONGEST_READ).collect();
    let masked = without_tokens(&without_addresses(&without_paths(line.trim())));
    masked.chars().take(LONGEST_TEXT).collect()
}

/// Control characters and all characters that steer the direction of text.
fn is_invisible(c: char) -> bool {
    c.is_control() || turns_text(c) || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Puts `…` in the place of whatever follows the host of a URL.
fn without_paths(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://").map(|at| at + 3) {
        let host = rest[start..].find(ends_a_host).map_or(rest.len(), |length| start + length);
        let end = rest[host..].find(ends_a_url).map_or(rest.len(), |length| host + length);
        shown.push_str(&rest[..host]);
        if host < end {
            shown.push_str("/…");
        }
        rest = &rest[end..];
    }
    shown + rest
}

fn ends_a_host(c: char) -> bool {
    matches!(c, '/' | '?' | '#' | '\\' | '%') || ends_a_url(c)
}

fn ends_a_url(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"')
}

/// Puts `…` in the place of words that may be tokens.
fn without_tokens(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(may_stand_in_a_token) {
        let length = rest[start..].find(|c| !may_stand_in_a_token(c));
        let end = length.map_or(rest.len(), |length| start + length);
        shown.push_str(&rest[..start]);
        let word = &rest[start..end];
        shown.push_str(if word.len() > LONGEST_WORD && !is_readable(word) { "…" } else { word });
        rest = &rest[end..];
    }
    shown + rest
}

/// Whether a long word is made of words, as `SubmissionQuotaExceededException`
/// and `user-does-not-exist-here` are, or `ANSWER_554_FROM_EUROPE_2026`. Servers
/// name the reason in such words. A random token has digits beside letters, or
/// capitals where no word begins.
fn is_readable(word: &str) -> bool {
    let pieces: Vec<&str> = word.split(['-', '_']).flat_map(humps).collect();
    pieces.iter().all(|piece| is_word_or_number(piece)) && word.len() >= 4 * pieces.len()
}

/// The parts of `QuotaExceeded`: each begins where a capital follows a small letter.
fn humps(text: &str) -> Vec<&str> {
    let is_start = |at: &usize| {
        let bytes = text.as_bytes();
        *at > 0 && bytes[*at].is_ascii_uppercase() && bytes[*at - 1].is_ascii_lowercase()
    };
    let starts = std::iter::once(0).chain((0..text.len()).filter(is_start));
    let ends = (0..text.len()).filter(is_start).chain(std::iter::once(text.len()));
    starts.zip(ends).map(|(start, end)| &text[start..end]).collect()
}

/// A word of one case, perhaps with one capital at its start, or a short number.
fn is_word_or_number(piece: &str) -> bool {
    let is_number = piece.len() <= 4 && piece.bytes().all(|b| b.is_ascii_digit());
    let has_vowel = piece.bytes().any(|b| b"aeiouyAEIOUY".contains(&b));
    let rest = piece.get(1..).unwrap_or_default();
    let is_word = piece.bytes().all(|b| b.is_ascii_alphabetic())
        && (rest.bytes().all(|b| b.is_ascii_lowercase())
            || piece.bytes().all(|b| b.is_ascii_uppercase()));
    is_number || (is_word && has_vowel && piece.len() <= LONGEST_PIECE)
}

fn may_stand_in_a_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// Puts `…` in the place of whatever stands before an `@`, also where the
/// `@` is written as in a URL.
fn without_addresses(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, length)) = first_at(rest) {
        let before = &rest[..at];
        let start = if before.ends_with('"') && before.len() > 1 {
            before[..at - 1].rfind('"').unwrap_or(0)
        } else {
            before
                .rfind(ends_an_address)
                .map_or(0, |found| found + before[found..].chars().next().map_or(0, char::len_utf8))
        };
        shown.push_str(&before[..start]);
        if start < at {
            shown.push('…');
        }
        shown.push('@');
        rest = &rest[at + length..];
    }
    shown + rest
}

fn first_at(text: &str) -> Option<(usize, usize)> {
    let sign = text.find('@').map(|place| (place, 1));
    let written = text.find("%40").map(|place| (place, 3));
    [sign, written].into_iter().flatten().min()
}

fn ends_an_address(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_masked() {
        for (text, expected) in [
            ("5.1.1 <reader@example.org>: unknown", "5.1.1 <…@example.org>: unknown"),
            ("reader@example.org unknown", "…@example.org unknown"),
            ("<a@b.example>,<c.d+e@f.example>", "<…@b.example>,<…@f.example>"),
            ("no \"odd name\"@example.org here", "no …@example.org here"),
            ("see https://x.example/?a=me%40example.org", "see https://x.example/…"),
            ("me%40example.org", "…@example.org"),
            ("bounce+me=example.org@list.example", "…@list.example"),
            ("\"@x", "…@x"),
            ("é@x @ y", "…@x @ y"),
            ("a@b@c", "…@…@c"),
            ("ok", "ok"),
        ] {
            assert_eq!(safe_text(text), expected);
        }
    }

    #[test]
    fn a_link_of_the_message_is_not_repeated() {
        let token = "AQAAAAAAAAABc2FtcGxlc2lnbmF0dXJlMTIzNDU2Nzg5";
        for (text, expected) in [
            (
                format!(
                    "5.7.1 blocked: URL in message https://example.org/unsubscribe/{token} (x)"
                ),
                "5.7.1 blocked: URL in message https://example.org/… (x)",
            ),
            (format!("<HTTPS://a.example?t={token}>, b"), "<HTTPS://a.example/…>, b"),
            (
                format!("https://a.example and http://b.example:81/{token}"),
                "https://a.example and http://b.example:81/…",
            ),
            (format!("a.example/unsubscribe/{token}."), "a.example/unsubscribe/…."),
            (format!("hxxps:\\/\\/a.example\\/{token}"), "hxxps:\\/\\/a.example\\/…"),
            (format!("=3D{token}= is listed"), "=…= is listed"),
            (format!("a.example/{} {}", &token[..12], &token[12..]), "a.example/AQAAAAAAAAAB …"),
            ("https://u:p@a.example/b".to_owned(), "https://u:…@a.example/…"),
            ("://".to_owned(), "://"),
            ("é://é/é".to_owned(), "é://é/…"),
        ] {
            assert_eq!(safe_text(&text), expected);
        }
    }

    #[test]
    fn a_long_word_of_words_stays() {
        for text in [
            "STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed",
            "MapiExceptionShutoffQuotaExceeded",
            "user-does-not-exist-here-anymore",
            "MAILBOX_UNAVAILABLE_OR_ACCESS_DENIED",
            "ANSWER_554_FROM_EUROPE_2026.example",
        ] {
            assert_eq!(safe_text(text), text);
        }
        for text in [
            "550e8400-e29b-41d4-a716-446655440000",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "CAD5yHMWnG6Xz0kLqPzRtVbN",
            "thequickbrownfoxjumpsoverthelazydog",
            "deadbeefcafedeadbeefcafe",
            "bcdfghjklmnpqrstvwxzbcdfg",
        ] {
            assert_eq!(safe_text(text), "…", "{text}");
        }
    }

    #[test]
    fn no_token_and_no_half_of_one_reads_as_a_word() {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut state = 1_u64;
        let mut token = || -> String {
            let next = |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(ALPHABET[usize::try_from(state >> 58).unwrap()])
            };
            (0..44).map(next).collect()
        };
        for token in (0..20_000).map(|_| token()) {
            for part in [&token[..], &token[..24], &token[20..], &token[7..37]] {
                assert_eq!(safe_text(part), "…", "{part}");
            }
        }
    }

    #[test]
    fn what_steers_a_terminal_goes_and_the_length_is_bounded() {
        assert_eq!(safe_text("\u{1b}[31mred\u{7}\r\n\t\u{202e}x\u{61c} "), "[31mred x");
        assert_eq!(safe_text("\u{7} a\u{2028}b"), "a b");
        assert_eq!(safe_text(&"é".repeat(10_000)).chars().count(), 300);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let safe = safe_text(&text);
            proptest::prop_assert!(safe.chars().count() <= 300);
        }
    }
}
