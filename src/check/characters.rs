//! Invisible characters: control characters cut mails short, and some programs
//! refuse them; others turn around the text that follows them.

use pulldown_cmark::{Event, Tag};

use super::{Discovery, ENOUGH};
use crate::domain::turns_text;
use crate::issue::Issue;
use crate::source::rules::{CONTROL_CHARACTER, TURNED_TEXT};
use crate::source::{Span, holds_control, is_control};

/// Finds control characters in the whole file, comments and front matter
/// included, except those that `is_explained` accepts by their offset, and those
/// that a character reference such as `&#2;` makes.
pub(super) fn discover(issue: &Issue<'_>, is_explained: impl Fn(usize) -> bool) -> Vec<Discovery> {
    let text = issue.source.text();
    let mut runs: Vec<(Span, char)> = Vec::new();
    // Most issues have none, and then there is nothing to go through.
    let suspects = if holds_control(text) { text } else { "" };
    for (at, c) in suspects.char_indices().filter(|(_, c)| is_control(*c)) {
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
            CONTROL_CHARACTER,
            &span,
            message,
            "Delete it; it is invisible, and mail programs choke on it.",
        )
    });
    written.chain(made_by_references(issue)).collect()
}

fn made_by_references<'i>(issue: &'i Issue<'_>) -> impl Iterator<Item = Discovery> + 'i {
    understood(issue).filter_map(|(understood, span)| {
        let made =
            holds_control(understood).then(|| understood.chars().find(|c| is_control(*c)))??;
        let is_written = issue.source.text()[span.clone()].contains(made);
        let message = || {
            format!("a character reference makes a control character (U+{:04X})", u32::from(made))
        };
        (!is_written).then(|| {
            Discovery::at(CONTROL_CHARACTER, span, message(), "Delete the character reference.")
        })
    })
}

/// Texts and targets with their character references resolved, where there are any.
fn understood<'i>(issue: &'i Issue<'_>) -> impl Iterator<Item = (&'i str, &'i Span)> + 'i {
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

/// Finds what turns text around: each character that embeds or overrides a
/// direction, and each isolate that its line does not close. A closed isolate
/// is how a name is set into text of the other direction.
pub(super) fn turned(issue: &Issue<'_>, visible: impl Fn(&Span) -> bool) -> Vec<Discovery> {
    let text = issue.source.text();
    let mut discoveries = Vec::new();
    let mut open: Vec<(Span, char)> = Vec::new();
    let mut line_end = 0;
    for at in memchr::memchr_iter(TURNING, text.as_bytes()) {
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { continue };
        let span = at..at + c.len_utf8();
        if !turns_text(c) || !visible(&span) {
            continue;
        }
        if discoveries.len() + open.len() >= ENOUGH {
            break;
        }
        if at >= line_end {
            discoveries.extend(open.drain(..).map(|(span, c)| turning(&span, c)));
            line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        }
        match c {
            '\u{2066}'..='\u{2068}' => open.push((span, c)),
            '\u{2069}' if open.pop().is_some() => {}
            _ => discoveries.push(turning(&span, c)),
        }
    }
    discoveries.extend(open.into_iter().map(|(span, c)| turning(&span, c)));
    let made = understood(issue).filter_map(|(understood, span)| {
        memchr::memchr(TURNING, understood.as_bytes())?;
        let made = understood.chars().find(|c| turns_text(*c))?;
        let is_written = text[span.clone()].contains(made);
        (!is_written).then(|| turning(span, made))
    });
    discoveries.extend(made.take(ENOUGH));
    discoveries.truncate(ENOUGH);
    discoveries
}

fn turning(span: &Span, c: char) -> Discovery {
    let what = match c {
        '\u{202C}' => "ends text that is turned around",
        '\u{2069}' => "closes an isolate that nothing opened in its line",
        '\u{2066}'..='\u{2068}' => "turns text around and is not closed in its line",
        _ => "turns around the text that follows",
    };
    Discovery::at(
        TURNED_TEXT,
        span,
        format!("an invisible character (U+{:04X}) {what}", u32::from(c)),
        "Delete it, and write the text in the order in which it is read; the marks U+200E and \
         U+200F may stay.",
    )
}
