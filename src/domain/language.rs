//! Language tags (BCP 47).

use std::fmt;

use super::Direction;

/// A language tag such as `en`, `pt-BR` or `zh-Hant`, as it was written. Only
/// its shape is checked (RFC 5646 section 2.1): a language of two or three
/// letters, then subtags. A longer first subtag names no language of today;
/// `english` is no tag. No tag has more than 35 characters (section 4.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageTag(String);

/// Why a text is not a [`LanguageTag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a language tag")]
pub struct LanguageTagError;

impl LanguageTagError {
    /// What to do about it.
    pub const ADVICE: &str = "Write a tag such as `en`, `pt-BR` or `zh-Hant`.";
}

impl LanguageTag {
    /// Takes a tag as it is written.
    ///
    /// # Errors
    /// The text has not the shape of a tag.
    pub fn parse(text: &str) -> Result<Self, LanguageTagError> {
        let mut subtags = text.split('-');
        let language = subtags.next().unwrap_or_default();
        let is_subtag = |subtag: &str| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let is_tag = text.len() <= 35
            && (2..=3).contains(&language.len())
            && language.bytes().all(|b| b.is_ascii_alphabetic())
            && subtags.all(is_subtag);
        if is_tag { Ok(Self(text.to_owned())) } else { Err(LanguageTagError) }
    }

    /// `en`.
    pub fn english() -> Self {
        Self("en".to_owned())
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The direction of the language: that of its script subtag, or of the
    /// script in which it is commonly written.
    pub fn direction(&self) -> Direction {
        const SCRIPTS: [&str; 5] = ["arab", "hebr", "syrc", "thaa", "nkoo"];
        const LANGUAGES: [&str; 13] =
            ["ar", "arc", "ckb", "dv", "fa", "he", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"];
        let tag = self.0.to_ascii_lowercase();
        let mut subtags = tag.split('-');
        let first = subtags.next().unwrap_or_default();
        let script = subtags.next().filter(|subtag| subtag.len() == 4);
        let is_rtl = match script {
            Some(script) => SCRIPTS.contains(&script),
            None => LANGUAGES.contains(&first),
        };
        if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight }
    }
}

/// A tag in small letters, and each wider one whose words its readers can read:
/// `zh-hans-tw`, `zh-hans`, `zh`; but `zh-hant` alone for `zh-hant`.
pub(crate) fn readable_tags(tag: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag), |tag| tag.rsplit_once('-').map(|(wider, _)| wider))
        .filter(move |wider| !is_of_another_script(tag, wider))
}

/// Whether the words of a wider tag are in a script that readers of `tag` do not
/// read: `zh` alone means simplified characters.
fn is_of_another_script(tag: &str, wider: &str) -> bool {
    let mut subtags = tag.split('-').skip(1);
    let script = subtags.find_map(|subtag| match subtag {
        "hans" => Some(false),
        "hant" | "tw" | "hk" | "mo" => Some(true),
        _ => None,
    });
    wider == "zh" && script == Some(true)
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_begins_with_two_or_three_letters() {
        for text in ["en", "pt-BR", "zh-Hant-TW", "gsw", "de-CH-1996", "en-x-a"] {
            assert_eq!(LanguageTag::parse(text).unwrap().as_str(), text);
        }
        let long = format!("en{}", "-abcdefgh".repeat(4));
        for text in
            ["", "e", "english", "english language", "en_US", "en-", "12", "en\r\n", "é", &long]
        {
            assert_eq!(LanguageTag::parse(text), Err(LanguageTagError), "{text:?}");
        }
    }

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
        ] {
            let tag = LanguageTag::parse(language).unwrap();
            assert_eq!(tag.direction().as_str(), expected, "{language}");
        }
    }
}
