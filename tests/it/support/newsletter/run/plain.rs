//! Output without the parts that differ from run to run, for snapshots.

use std::path::Path;

/// A number after one of these texts differs from run to run.
const NUMBERS: [(&str, &str); 6] = [
    ("127.0.0.1:", "PORT"),
    ("localhost:", "PORT"),
    ("process ", "ID"),
    ("os error ", "NUMBER"),
    ("the message has ", "NUMBER"),
    ("this build knows none after ", "NUMBER"),
];
/// As many characters of a digest as messages show at least.
const DIGEST: usize = 12;

/// Replaces the newsletter's folder, times, numbers and digests.
pub(super) fn text(text: &str, folder: &Path) -> String {
    let text = text.replace(&*folder.to_string_lossy(), "FOLDER");
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some(next) = rest.chars().next() {
        let number = NUMBERS.iter().find(|(before, _)| plain.ends_with(before));
        let is_in_word = plain.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
        let digits = count(rest, |c| c.is_ascii_digit());
        let hex = count(rest, |c| c.is_ascii_hexdigit());
        let time = length_of_time(rest);
        let (length, word) = match number {
            Some((_, word)) if digits > 0 => (digits, *word),
            _ if time > 0 => (time, "TIME"),
            _ if hex >= DIGEST && !is_in_word => (hex, "DIGEST"),
            _ => (next.len_utf8(), &rest[..next.len_utf8()]),
        };
        plain.push_str(word);
        rest = &rest[length..];
    }
    plain
}

fn count(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

/// A date with a time, or the date at the beginning of a slug; 0 for anything else.
fn length_of_time(text: &str) -> usize {
    let begins_like = |pattern: &str| {
        let mut pairs = text.bytes().zip(pattern.bytes());
        let fits = |(byte, like): (u8, u8)| byte == like || (like == b'0' && byte.is_ascii_digit());
        text.len() >= pattern.len() && pairs.all(fits)
    };
    let date = "0000-00-00";
    if ["T00:00", " 00:00"].iter().any(|time| begins_like(&format!("{date}{time}"))) {
        let end = count(&text[date.len() + 1..], |c| c.is_ascii_digit() || ":.Z".contains(c));
        text[..date.len() + 1 + end].trim_end_matches([':', '.']).len()
    } else if begins_like(&format!("{date}-")) {
        date.len()
    } else {
        0
    }
}
