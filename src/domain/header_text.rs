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
    /// It holds a line break, NUL or another control character.
    #[error("a control character (U+{0:04X}) cannot stand in a header")]
    Control(u32),
    /// A character that turns the order of what follows it.
    #[error("an invisible character that turns text around (U+{0:04X}) cannot stand in a header")]
    Turning(u32),
}

impl HeaderText {
    /// Takes one line of text. Surrounding white space is dropped.
    ///
    /// # Errors
    /// The text is empty, or holds a control character or one that [`turns_text`].
    pub fn parse(text: &str) -> Result<Self, HeaderTextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HeaderTextError::Empty);
        }
        if let Some(c) = text.chars().find(|c| ends_line(*c)) {
            return Err(HeaderTextError::Control(c.into()));
        }
        match text.chars().find(|c| turns_text(*c)) {
            Some(c) => Err(HeaderTextError::Turning(c.into())),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a character is a control character or ends a line. Some mail
/// programs end one at U+2028 and U+2029 too.
pub fn ends_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a character embeds, overrides or isolates a direction (UAX #9,
/// section 2), so that what follows is shown in another order than it is
/// written: `moc.elpmaxe` may then read `example.com`. The marks U+200E,
/// U+200F and U+061C are none of these: Arabic and Hebrew text needs them.
pub fn turns_text(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
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

    #[test]
    fn nothing_in_a_header_turns_text_around() {
        for code in (0x202A..=0x202E).chain(0x2066..=0x2069) {
            let c = char::from_u32(code).unwrap();
            let refused = HeaderText::parse(&format!("news{c}elpmaxe"));
            assert_eq!(refused, Err(HeaderTextError::Turning(code)));
            assert!(refused.unwrap_err().to_string().contains(&format!("(U+{code:04X})")));
        }
        for text in ["عدد\u{200F} 12\u{200E}", "\u{61C}א 1", "👩\u{200D}🚀", "می\u{200C}خواهم"]
        {
            assert_eq!(HeaderText::parse(text).unwrap().as_str(), text);
        }
    }
}
