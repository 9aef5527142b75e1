//! The direction in which text is written.

/// The direction in which text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// As English.
    #[default]
    LeftToRight,
    /// As Arabic and Hebrew.
    RightToLeft,
}

impl Direction {
    /// The value of html's `dir`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }

    /// The direction of a letter; `None` for a character that takes the direction of its
    /// neighbours, such as a digit or a mark.
    pub fn from_letter(c: char) -> Option<Self> {
        match c {
            '\u{590}'..='\u{8FF}'
            | '\u{FB1D}'..='\u{FDFF}'
            | '\u{FE70}'..='\u{FEFC}'
            | '\u{10800}'..='\u{10FFF}'
            | '\u{1E800}'..='\u{1EFFF}' => c.is_alphabetic().then_some(Self::RightToLeft),
            _ => c.is_alphabetic().then_some(Self::LeftToRight),
        }
    }

    /// Reads the value of html's `dir` back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::LeftToRight, Self::RightToLeft]
            .into_iter()
            .find(|direction| direction.as_str() == text)
    }
}
