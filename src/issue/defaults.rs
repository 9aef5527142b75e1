//! The number and the preheader of an issue whose author gave none.

use pulldown_cmark::{Event, Tag, TagEnd};

use super::{Document, Located};
use crate::domain::HeaderText;
use crate::source::SourceText;

/// The most characters of a preheader that is taken from the first paragraph. Mail
/// programs show between 35 and about 140.
const PREHEADER_CHARACTERS: usize = 140;

/// The only whole number of a title, if it stands after `#` or at the end. A year
/// at the end does not count.
pub(super) fn number_in(title: &Located<HeaderText>, source: &SourceText) -> Option<Located<u64>> {
    let text = title.value.as_str();
    let is_digit = |c: char| c.is_ascii_digit();
    let start = text.find(is_digit)?;
    let length = text[start..].find(|c| !is_digit(c)).unwrap_or(text.len() - start);
    let (digits, after) = text[start..].split_at(length);
    let value = digits.parse().ok()?;
    let marked = text[..start].ends_with('#');
    let last = after.is_empty() && text[..start].ends_with(' ') && !(1900..2100).contains(&value);
    if after.contains(is_digit) || !(marked || last) {
        return None;
    }
    let written = &source.text()[title.span.clone()];
    let span = match written.find(digits) {
        Some(at) => title.span.start + at..title.span.start + at + length,
        None => title.span.clone(),
    };
    Some(Located { value, span })
}

/// The first paragraph that is not in a list, quote, table or footnote, as plain text,
/// cut at a word.
pub(super) fn preheader_of(document: &Document<'_>) -> String {
    let mut depth = 0_usize;
    let mut reading = false;
    let mut text = String::new();
    for (event, _) in &document.events {
        match event {
            Event::Start(Tag::Paragraph) if depth == 0 => reading = true,
            Event::Start(
                Tag::BlockQuote(_) | Tag::List(_) | Tag::Table(_) | Tag::FootnoteDefinition(_),
            ) => depth += 1,
            Event::End(
                TagEnd::BlockQuote(_)
                | TagEnd::List(_)
                | TagEnd::Table
                | TagEnd::FootnoteDefinition,
            ) => depth -= 1,
            Event::End(TagEnd::Paragraph) if reading && !text.trim().is_empty() => break,
            Event::End(TagEnd::Paragraph) => reading = false,
            Event::Text(part) | Event::Code(part) if reading => text.push_str(part),
            Event::SoftBreak | Event::HardBreak if reading => text.push(' '),
            _ => {}
        }
    }
    cut_at_word(&one_line(&text))
}

/// The text with single spaces for white space and control characters.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn cut_at_word(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(PREHEADER_CHARACTERS) else {
        return text.to_owned();
    };
    let cut =
        if text[end..].starts_with(' ') { end } else { text[..end].rfind(' ').unwrap_or(end) };
    format!("{}…", text[..cut].trim_end_matches([' ', ',', ';', ':', '.', '-', '–', '—', '(']))
}
