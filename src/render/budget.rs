//! How large a mail is, in the ways that decide whether it is read.
//!
//! Gmail cuts a message near 102,400 bytes, and whether it counts before or
//! after the transfer encoding is disputed; so both are measured, and once
//! more as a provider would send it that replaces every target by its own
//! for counting clicks. Absent on purpose: the limits; `check` has them.

use super::{Rendered, Slot, SlotValues, Template};

/// The sizes of a mail, above all of its `text/html` part. All are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Measures {
    /// The html as it is, with example values in its slots.
    pub html: usize,
    /// The html in quoted-printable, with CRLF line ends (RFC 2045).
    pub html_encoded: usize,
    /// The same after a provider has replaced every link by one of [`TRACKED_TARGET`] bytes.
    pub html_encoded_tracked: usize,
    /// What stands in `<style>` elements. Gmail drops them past 16 KB.
    pub styles: usize,
    /// The text as it is.
    pub text: usize,
    /// The pictures that the mail carries, in base64.
    pub attachments: usize,
    /// Both parts and the pictures, encoded. The headers, about 2 KB, are not counted.
    pub message: usize,
    /// Where in the html the first link to leave the list stands.
    pub first_unsubscribe: Option<usize>,
    /// Where in the html the last link to leave the list stands.
    pub last_unsubscribe: Option<usize>,
}

/// The length of a provider's click-counting link, in bytes.
pub const TRACKED_TARGET: usize = 114;

impl Measures {
    /// Measures both parts of a mail.
    pub fn of(rendered: &Rendered) -> Self {
        let html = rendered.html.fill(&SlotValues::EXAMPLE);
        let text = rendered.text.fill(&SlotValues::EXAMPLE);
        let offsets = unsubscribe_offsets(&rendered.html);
        let html_encoded = encoded_length(&html);
        let attached = rendered.attachments().map(|file| base64_length(file.bytes.len()));
        let attachments = attached.sum::<usize>();
        Self {
            html: html.len(),
            html_encoded,
            html_encoded_tracked: encoded_length(&tracked(&html)),
            styles: style_bytes(&html),
            text: text.len(),
            attachments,
            message: html_encoded + encoded_length(&text) + attachments,
            first_unsubscribe: offsets.first().copied(),
            last_unsubscribe: offsets.last().copied(),
        }
    }
}

fn unsubscribe_offsets(html: &Template) -> Vec<usize> {
    let mut offsets = Vec::new();
    let mut before = Template::default();
    let mut at = 0;
    for piece in &html.pieces {
        if let super::Piece::Hole { slot: Slot::UnsubscribeUrl, .. } = piece {
            offsets.push(at);
        }
        before.pieces.push(piece.clone());
        at += before.fill(&SlotValues::EXAMPLE).len();
        before.pieces.clear();
    }
    offsets
}

/// The length of a text in quoted-printable, with LF turned into CRLF
/// (RFC 2045 section 6.7).
pub fn encoded_length(text: &str) -> usize {
    text.split('\n').map(encoded_line_length).sum::<usize>() + 2 * text.matches('\n').count()
}

/// The length of so many bytes in base64, in lines of 76 characters that end
/// in CRLF (RFC 2045 section 6.8).
pub fn base64_length(bytes: usize) -> usize {
    let characters = bytes.div_ceil(3) * 4;
    characters + characters.div_ceil(76) * 2
}

/// A line has at most 76 characters, of which the last may be the `=` of a soft break.
fn encoded_line_length(line: &str) -> usize {
    let (mut total, mut column) = (0, 0);
    for (at, byte) in line.bytes().enumerate() {
        let last = at + 1 == line.len();
        let width = match byte {
            b' ' | b'\t' if last => 3,
            b'=' => 3,
            b' '..=b'~' | b'\t' => 1,
            _ => 3,
        };
        let room = if last { 76 } else { 75 };
        if column + width > room {
            total += 3;
            column = 0;
        }
        total += width;
        column += width;
    }
    total
}

/// The html with each `http` target replaced by one of [`TRACKED_TARGET`] bytes.
fn tracked(html: &str) -> String {
    let target = format!("https://{}", "a".repeat(TRACKED_TARGET - 8));
    let mut out = String::with_capacity(html.len() * 2);
    let mut rest = html;
    while let Some(at) = rest.find("href=\"http") {
        let start = at + 6;
        let Some(length) = rest[start..].find('"') else { break };
        out.push_str(&rest[..start]);
        out.push_str(&target);
        rest = &rest[start + length..];
    }
    out.push_str(rest);
    out
}

fn style_bytes(html: &str) -> usize {
    let mut total = 0;
    let mut rest = html;
    while let Some(at) = rest.find("<style") {
        rest = &rest[at..];
        let start = rest.find('>').map_or(rest.len(), |at| at + 1);
        let end = rest.find("</style").unwrap_or(rest.len());
        total += end.saturating_sub(start);
        rest = &rest[end.max(1)..];
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_is_counted() {
        let cases = [
            ("", 0),
            ("abc\n", 5),
            ("a=b", 5),
            ("é", 6),
            ("a \nb", 1 + 3 + 2 + 1),
            (&"a".repeat(76), 76),
            (&"a".repeat(77), 77 + 3),
            (&"é".repeat(13), 13 * 6 + 3),
        ];
        for (text, expected) in cases {
            assert_eq!(encoded_length(text), expected, "{text:?}");
        }
    }

    #[test]
    fn links_and_styles_are_measured() {
        let html = "<style>ab</style><a href=\"https://x.example\">x</a><a href=\"mailto:x\">y</a>";
        assert_eq!(style_bytes(html), 2);
        assert_eq!(tracked(html).len(), html.len() + TRACKED_TARGET - "https://x.example".len());
    }
}
