//! Invisible characters: control characters cut mails short, and some programs
//! refuse them; others turn around the text that follows them.

use pulldown_cmark::{Event, Tag};

use super::ENOUGH;
use crate::domain::turns_text;
use crate::issue::Issue;
use crate::source::rules::{CONTROL_CHARACTER, TURNED_TEXT};
use crate::source::{Findings, Span, holds_control, is_control};

/// Reports control characters in the whole file, comments and front matter
/// included, except those at an offset that `is_explained` accepts, and those that
/// a character reference such as `&#2;` makes.
pub(super) fn discover(
    issue: &Issue<'_>,
    is_explained: impl Fn(usize) -> bool,
    findings: &mut Findings<'_>,
) {
    let text = issue.source.text();
    let mut runs: Vec<(Span, char)> = Vec::new();
    // Most issues have none. The test of the bytes is much faster than the loop.
    let suspects = if holds_control(text) { text } else { "" };
    for (at, c) in suspects.char_indices().filter(|(_, c)| is_control(*c)) {
        match runs.last_mut() {
            _ if is_explained(at) => {}
            Some((span, _)) if span.end == at => span.end += c.len_utf8(),
            _ => runs.push((at..at + c.len_utf8(), c)),
        }
    }
    for (span, c) in runs {
        let code = u32::from(c);
        let message = match text[span.clone()].chars().count() {
            1 => format!("a control character is in the text (U+{code:04X})"),
            count => {
                format!("{count} control characters are in the text, the first is U+{code:04X}")
            }
        };
        let advice = "Delete it; it is invisible, and some mail programs cut the mail there.";
        findings.at(&span, CONTROL_CHARACTER, message, advice);
    }
    for (resolved, span) in resolved_texts(issue).filter(|(text, _)| holds_control(text)) {
        let made = resolved.chars().find(|c| is_control(*c));
        if let Some(made) = made.filter(|c| !text[span.clone()].contains(*c)) {
            let code = u32::from(made);
            let message = format!("a character reference makes a control character (U+{code:04X})");
            findings.at(span, CONTROL_CHARACTER, message, "Delete the character reference.");
        }
    }
}

/// Texts and targets, with their character references resolved.
fn resolved_texts<'i>(issue: &'i Issue<'_>) -> impl Iterator<Item = (&'i str, &'i Span)> + 'i {
    issue.document.events.iter().filter_map(|(event, span)| match event {
        Event::Text(text) => Some((&**text, span)),
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some((&**dest_url, span))
        }
        _ => None,
    })
}

/// In UTF-8, every character that turns text around begins with this byte.
const TURNING: u8 = 0xE2;

/// Reports characters that turn text around: each one that embeds or overrides a
/// direction, and each isolate that its line does not close. A closed isolate
/// is the correct way to set a name into text of the other direction.
pub(super) fn discover_turning(
    issue: &Issue<'_>,
    is_visible: impl Fn(&Span) -> bool,
    findings: &mut Findings<'_>,
) {
    let text = issue.source.text();
    let mut found: Vec<(Span, char)> = Vec::new();
    let mut open: Vec<(Span, char)> = Vec::new();
    let mut line_end = 0;
    for at in memchr::memchr_iter(TURNING, text.as_bytes()) {
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { continue };
        let span = at..at + c.len_utf8();
        if !turns_text(c) || !is_visible(&span) {
            continue;
        }
        if found.len() + open.len() >= ENOUGH {
            break;
        }
        if at >= line_end {
            found.append(&mut open);
            line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        }
        match c {
            '\u{2066}'..='\u{2068}' => open.push((span, c)),
            '\u{2069}' if open.pop().is_some() => {}
            _ => found.push((span, c)),
        }
    }
    found.append(&mut open);
    let made = resolved_texts(issue).filter_map(|(resolved, span)| {
        memchr::memchr(TURNING, resolved.as_bytes())?;
        let made = resolved.chars().find(|c| turns_text(*c))?;
        (!text[span.clone()].contains(made)).then(|| (span.clone(), made))
    });
    found.extend(made.take(ENOUGH));
    for (span, c) in found.into_iter().take(ENOUGH) {
        let what = match c {
            '\u{202C}' => "ends text that is turned around",
            '\u{2069}' => "closes an isolate that nothing opened in its line",
            '\u{2066}'..='\u{2068}' => "turns text around and is not closed in its line",
            _ => "turns around the text that follows",
        };
        findings.at(
            &span,
            TURNED_TEXT,
            format!("an invisible character (U+{:04X}) {what}", u32::from(c)),
            "Delete it, and write the text in the order in which it is read; the marks U+200E and \
             U+200F may stay.",
        );
    }
}
