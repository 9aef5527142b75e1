//! What makes a theme unusable.

use crate::source::rules::THEME_FAULT;
use crate::source::{Finding, Place};

/// The finding that makes a theme unusable, about the rule `theme-fault`.
pub type ThemeFault = Box<Finding>;

/// A fault at a place, or in a file as a whole, for example `weekly/layout.mjml.hbs`.
pub(crate) fn theme_fault(
    file: &str,
    place: Option<Place>,
    message: impl Into<String>,
    advice: impl Into<String>,
) -> ThemeFault {
    Box::new(Finding::new(THEME_FAULT, place, message, advice).in_file(file))
}
