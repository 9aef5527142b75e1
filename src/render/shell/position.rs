//! Where in HTML a text has come to, which decides how a value is escaped there.

use crate::render::EscapeContext;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    Text,
    /// After a `<` and before its name is known to be whole.
    Name {
        style: bool,
        letters: usize,
    },
    /// In a tag, outside quotes.
    Tag {
        style: bool,
    },
    /// In quotes. A program or a style takes no value.
    Value {
        quote: u8,
        style: bool,
        takes_values: bool,
    },
    /// Between `<!--` and `-->`; Outlook reads HTML there.
    Comment {
        dashes: usize,
        quoted: bool,
        takes_values: bool,
    },
    Style,
}

impl Position {
    /// How a value is escaped here; `None` where it cannot be.
    pub(super) fn context(self) -> Option<EscapeContext> {
        match self {
            Self::Text => Some(EscapeContext::HtmlText),
            Self::Value { quote: b'"', takes_values: true, .. }
            | Self::Comment { quoted: true, takes_values: true, .. } => {
                Some(EscapeContext::HtmlAttribute)
            }
            _ => None,
        }
    }

    /// The position after some more text.
    pub(super) fn after(self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut position = self;
        for (at, byte) in bytes.iter().enumerate() {
            position = match (position, byte) {
                (Self::Text, b'<') if bytes[at..].starts_with(b"<!--") => {
                    Self::Comment { dashes: 0, quoted: false, takes_values: false }
                }
                (Self::Text, b'<') => Self::Name { style: true, letters: 0 },
                (Self::Name { style: true, .. } | Self::Tag { style: true }, b'>') => Self::Style,
                (Self::Name { .. } | Self::Tag { .. }, b'>') => Self::Text,
                (Self::Name { style, letters }, b' ' | b'\n' | b'\t' | b'/') => {
                    Self::Tag { style: style && letters == 5 }
                }
                (Self::Name { style, letters }, byte) => {
                    let expected = b"style".get(letters);
                    let same = expected == Some(&byte.to_ascii_lowercase());
                    Self::Name { style: style && same, letters: letters + 1 }
                }
                (Self::Tag { style }, b'"' | b'\'') => {
                    let takes_values = attribute_takes_values(&bytes[..at]);
                    Self::Value { quote: *byte, style, takes_values }
                }
                (Self::Value { quote, style, .. }, byte) if *byte == quote => Self::Tag { style },
                (Self::Comment { dashes, .. }, b'>') if dashes >= 2 => Self::Text,
                (Self::Comment { dashes, quoted, takes_values }, b'-') => {
                    Self::Comment { dashes: dashes + 1, quoted, takes_values }
                }
                (Self::Comment { quoted, .. }, b'"') => {
                    let takes_values = attribute_takes_values(&bytes[..at]);
                    Self::Comment { dashes: 0, quoted: !quoted, takes_values }
                }
                (Self::Comment { quoted, takes_values, .. }, _) => {
                    Self::Comment { dashes: 0, quoted, takes_values }
                }
                (Self::Style, b'<') if bytes[at..].starts_with(b"</style") => {
                    Self::Tag { style: false }
                }
                (unchanged, _) => unchanged,
            };
        }
        position
    }
}

/// Whether the attribute whose value begins after `before` is neither a style
/// nor a program.
fn attribute_takes_values(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let before = before.strip_suffix(b"=").unwrap_or(before).trim_ascii_end();
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
    let length = before.iter().rev().take_while(is_name).count();
    let name = before[before.len() - length..].to_ascii_lowercase();
    name != b"style" && !name.starts_with(b"on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_decides_how_to_escape() {
        use EscapeContext::{HtmlAttribute, HtmlText};
        let cases = [
            ("<p>", Some(HtmlText)),
            ("<title>", Some(HtmlText)),
            ("<a href=\"", Some(HtmlAttribute)),
            ("<a href=\"x\"", None),
            ("<a href='", None),
            ("<a style=\"color:", None),
            ("<a STYLE = \"color:", None),
            ("<a style=\"color:red\" title=\"", Some(HtmlAttribute)),
            ("<a onclick=\"", None),
            ("<!--[if mso]><a style=\"color:", None),
            ("<a href=", None),
            ("<style type=\"text/css\">a{", None),
            ("<style>a{}</style>", Some(HtmlText)),
            ("<styles>", Some(HtmlText)),
            ("<!-- x", None),
            ("<!--[if mso]><a href=\"", Some(HtmlAttribute)),
            ("<!--[if !mso]><!--><p>", Some(HtmlText)),
            ("<!--[if mso]><b><![endif]--><p>", Some(HtmlText)),
        ];
        for (text, expected) in cases {
            assert_eq!(Position::Text.after(text).context(), expected, "{text}");
        }
    }
}
