//! Control characters: they cut mails short, and some programs refuse them.

use pulldown_cmark::{Event, Tag};

use super::{CONTROL_CHARACTER, Discovery};
use crate::issue::Issue;
use crate::source::Span;

/// Finds control characters in the whole file, comments and front matter
/// included, except those that `is_explained` accepts by their offset, and those
/// that a character reference such as `&#2;` makes.
pub(super) fn discover(issue: &Issue<'_>, is_explained: impl Fn(usize) -> bool) -> Vec<Discovery> {
    let text = issue.source.text();
    let mut runs: Vec<(Span, char)> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| is_forbidden(*c)) {
        match runs.last_mut() {
            _ if is_explained(at) => {}
            Some((span, _)) if span.end == at => span.end += c.len_utf8(),
            _ => runs.push((at..at + c.len_utf8(), c)),
        }
    }
    let written = runs.into_iter().map(|(span, c)| {
        let message = match text[span.clone()].chars().count() {
            1 => format!("a control character stands here (U+{:04X})", u32::from(c)),
            count => format!(
                "{count} control characters stand here, the first is U+{:04X}",
                u32::from(c)
            ),
        };
        Discovery::at(
            &CONTROL_CHARACTER,
            &span,
            message,
            "Delete it; it is invisible, and mail programs choke on it.",
        )
    });
    written.chain(made_by_references(issue)).collect()
}

fn is_forbidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n')
}

fn made_by_references<'i>(issue: &'i Issue<'_>) -> impl Iterator<Item = Discovery> + 'i {
    issue.document.events.iter().filter_map(|(event, span)| {
        let understood = match event {
            Event::Text(text) => text,
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => dest_url,
            _ => return None,
        };
        let made = understood.chars().find(|c| is_forbidden(*c))?;
        let is_written = issue.source.text()[span.clone()].contains(made);
        let message = || {
            format!("a character reference makes a control character (U+{:04X})", u32::from(made))
        };
        (!is_written).then(|| {
            Discovery::at(&CONTROL_CHARACTER, span, message(), "Delete the character reference.")
        })
    })
}
