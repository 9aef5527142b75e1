//! Text that goes into a message header, such as a subject or a name.

/// One line of text without control characters, so that nothing written into
/// a subject or a name can end the header and start another (RFC 5322
/// section 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderText(String);

/// Why a text cannot stand in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderTextError {
    /// Nothing but white space was given.
    #[error("the text is empty")]
    Empty,
    /// A line break, NUL or another control character stands inside.
    #[error("a control character (U+{0:04X}) cannot stand in a header")]
    Control(u32),
}

impl HeaderText {
    /// Takes one line of text. Surrounding white space is dropped.
    ///
    /// # Errors
    /// The text is empty, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, HeaderTextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HeaderTextError::Empty);
        }
        // U+2028 and U+2029 are line breaks too, to some mail programs.
        let breaks_lines = |c: &char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        match text.chars().find(breaks_lines) {
            Some(c) => Err(HeaderTextError::Control(c.into())),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_cannot_enter_a_header() {
        assert_eq!(HeaderText::parse("a\r\nBcc: b"), Err(HeaderTextError::Control(13)));
        assert_eq!(HeaderText::parse("a\u{2028}b"), Err(HeaderTextError::Control(0x2028)));
        assert_eq!(HeaderText::parse("  "), Err(HeaderTextError::Empty));
        assert_eq!(HeaderText::parse(" Héllo 🦀 ").unwrap().as_str(), "Héllo 🦀");
    }
}
