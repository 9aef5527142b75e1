//! What makes a theme unusable.

use crate::source::rules::THEME_FAULT;
use crate::source::{Finding, Place};

/// The finding that makes a theme unusable, about the rule `theme-fault`.
pub type ThemeFault = Box<Finding>;

/// A fault at a place. If the place is not known, the message begins with the
/// name of the file, for example `weekly/layout.mjml.hbs`.
pub(crate) fn theme_fault(
    file: &str,
    place: Option<Place>,
    message: impl Into<String>,
    advice: impl Into<String>,
) -> ThemeFault {
    let message = message.into();
    let message = if place.is_some() { message } else { format!("{file}: {message}") };
    Box::new(Finding::new(THEME_FAULT, place, message, advice))
}
