//! What is wrong with a theme, said so that its author can mend it.

use std::fmt;

use crate::source::{Finding, Place, RuleId, Severity};

/// A fault in a theme: what, where, and what to do about it.
///
/// Where the place is known, it is shown with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeFault {
    /// The file of the theme, as `weekly/layout.mjml.hbs`.
    pub file: String,
    /// Where in the file; `None` when it is about the whole file.
    pub place: Option<Box<Place>>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it, in one sentence.
    pub advice: String,
}

impl fmt::Display for ThemeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, message, advice } = self;
        let Some(place) = place else {
            return write!(f, "{file}: {message}\n{advice}");
        };
        writeln!(f, "{}:{}:{}: {message}", place.file, place.line, place.column)?;
        writeln!(f, "  {}", place.text.trim_end())?;
        f.write_str(advice)
    }
}

impl std::error::Error for ThemeFault {}

/// A theme cannot be used.
pub const THEME_FAULT: RuleId = RuleId("theme-fault");

impl From<ThemeFault> for Finding {
    fn from(fault: ThemeFault) -> Self {
        let ThemeFault { file, place, message, advice } = fault;
        let message = match &place {
            Some(_) => message,
            None => format!("{file}: {message}"),
        };
        let place = place.map(|place| *place);
        Self { rule: THEME_FAULT, severity: Severity::Error, place, message, advice }
    }
}

/// The name in `known` that differs from `word` by the fewest letters, if it
/// is near enough to be a slip.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let within = 1 + word.chars().count() / 3;
    known
        .map(|name| (distance(word, name), name))
        .filter(|(far, _)| *far <= within)
        .min()
        .map(|(_, name)| name)
}

/// How many letters must be added, dropped or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_a_slip_away() {
        let known = ["title", "preheader", "web_url"];
        assert_eq!(nearest("titel", known.into_iter()), Some("title"));
        assert_eq!(nearest("weburl", known.into_iter()), Some("web_url"));
        assert_eq!(nearest("sponsor", known.into_iter()), None);
    }
}
