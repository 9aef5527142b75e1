//! What is wrong with a theme, said so that its author can mend it.

use std::fmt;

use crate::source::rules::THEME_FAULT;
use crate::source::{Finding, Place};

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

impl From<ThemeFault> for Finding {
    fn from(fault: ThemeFault) -> Self {
        let ThemeFault { file, place, message, advice } = fault;
        let message = match &place {
            Some(_) => message,
            None => format!("{file}: {message}"),
        };
        let place = place.map(|place| *place);
        Self::new(THEME_FAULT, place, message, advice)
    }
}
