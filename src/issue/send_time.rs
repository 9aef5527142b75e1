//! The time that `send_at` in the front matter gives.

use jiff::{Timestamp, civil};

/// When an issue is due, instead of on its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendTime {
    /// A time in the time zone of `[schedule]`.
    Local(civil::DateTime),
    /// A time that was written with an offset.
    WithOffset(Timestamp),
}

impl SendTime {
    /// Reads `2026-08-26 17:00`, with or without seconds and `T`, or a time with an
    /// offset (RFC 3339).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if is_local(text) {
            text.parse().ok().map(Self::Local)
        } else {
            text.parse().ok().map(Self::WithOffset)
        }
    }
}

/// Whether a time has no offset. The parser of a civil time would ignore an
/// offset, and the issue would be sent at another hour than the author wrote.
fn is_local(text: &str) -> bool {
    let is_form = matches!(text.len(), 16 | 19)
        && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'-' | b':' | b' ' | b'T'));
    // Without seconds, 19 characters leave room for an offset such as `-05`.
    is_form && text[11..].bytes().all(|b| b != b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_day_with_a_time_is_read() {
        for text in [
            "",
            "tomorrow",
            "17:00",
            "2026-08-26",
            "26.08.2026 17:00",
            "2026-02-30 17:00",
            "2026-08-26 25:00",
            "2026-08-26 17:00:61",
            "2026-08-26 17:00 CEST",
            "2026-08-26T17:00:00+99:00",
            "2026-08-26 17:00\0",
            "２０２６-08-26 17:00",
        ] {
            assert_eq!(SendTime::parse(text), None, "{text}");
        }
    }
}
