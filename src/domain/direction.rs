//! Which way a language is written.

/// Which way a language is written.
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

    /// The way in which a language (BCP 47) is written, by its script subtag or its usual script.
    pub fn of_language(language: &str) -> Self {
        const SCRIPTS: [&str; 5] = ["arab", "hebr", "syrc", "thaa", "nkoo"];
        const LANGUAGES: [&str; 13] =
            ["ar", "arc", "ckb", "dv", "fa", "he", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"];
        let tag = language.to_ascii_lowercase();
        let mut subtags = tag.split('-');
        let first = subtags.next().unwrap_or_default();
        let script = subtags.next().filter(|subtag| subtag.len() == 4);
        let is_rtl = match script {
            Some(script) => SCRIPTS.contains(&script),
            None => LANGUAGES.contains(&first),
        };
        if is_rtl { Self::RightToLeft } else { Self::LeftToRight }
    }

    /// The way in which a letter runs; `None` for what goes with its neighbours,
    /// such as digits and marks.
    pub fn of_letter(c: char) -> Option<Self> {
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
        [Self::LeftToRight, Self::RightToLeft].into_iter().find(|way| way.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_decides_and_else_the_language() {
        for (language, expected) in [
            ("en", "ltr"),
            ("ar-EG", "rtl"),
            ("he", "rtl"),
            ("fa-IR", "rtl"),
            ("az-Arab", "rtl"),
            ("ar-Latn", "ltr"),
            ("arn", "ltr"),
            ("", "ltr"),
        ] {
            assert_eq!(Direction::of_language(language).as_str(), expected, "{language}");
        }
    }
}
