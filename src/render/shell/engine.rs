//! mrml, with guards around it.
//!
//! In: filled-in MJML that was looked at before. Out: HTML, or what mrml says
//! against it at the line where it says so. Absent on purpose: the network and
//! the file system; `<mj-include>` finds the theme's own files and nothing else.

use std::ops::Range;
use std::sync::Arc;

use mrml::prelude::parser::loader::{IncludeLoader, IncludeLoaderError};
use mrml::prelude::parser::{Error, Origin, ParserOptions};
use mrml::prelude::render::RenderOptions;

use super::{fault, filled_in_place, leftovers};
use crate::render::raw_html;
use crate::source::html::{self, HtmlToken};
use crate::source::{Place, SourceText};
use crate::theme::{Includes, Theme, ThemeFault};

/// The HTML that mrml makes of a layout, without mrml's leftovers: fixes for
/// mail programs that are gone, and rules that the inline styles repeat.
pub(super) fn shell(theme: &Theme, expanded: &SourceText) -> Result<String, ThemeFault> {
    let options = ParserOptions { include_loader: Box::new(OwnFiles(Arc::clone(&theme.includes))) };
    let text = with_spaces(expanded.text());
    let parsed = mrml::parse_with_options(&text, &options).map_err(|error| {
        // mrml's messages cite offsets in the filled template, which the author never sees.
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let said = source.unwrap_or_else(|| error.to_string());
        let said = [" in root template", " in template from", " at "]
            .into_iter()
            .fold(said.as_str(), |said, end| said.split(end).next().unwrap_or_default());
        let message = format!("mrml cannot read the MJML: {said}");
        let advice = "Close each tag, put each attribute between double quotes, write `<` as \
                      `&lt;`, and look the element up in the documentation of MJML.";
        fault(theme, place(theme, expanded, &text, &error), message, advice)
    })?;
    let html = parsed.element.render(&RenderOptions::default());
    html.map(|html| leftovers::without(&html)).map_err(|error| {
        let message = format!("mrml cannot render the MJML: {error}");
        fault(theme, None, message, "Look the element up in the documentation of MJML.")
    })
}

/// mrml drops blank text between two elements if it begins with a line break,
/// and the words in them would run together. A space in the place of
/// that line break saves it, and no byte moves.
fn with_spaces(text: &str) -> String {
    let mut with_spaces = text.to_owned();
    let tokens = html::tokens(text);
    let name = |token: &HtmlToken<'_>| match token {
        HtmlToken::Open(tag) => tag.name == "img" || raw_html::is_among_words(tag.name),
        HtmlToken::Close { name } => raw_html::is_among_words(name),
        HtmlToken::Text(_) | HtmlToken::Comment { .. } => false,
    };
    for three in tokens.windows(3) {
        let [(before, _), (HtmlToken::Text(_), range), (after, _)] = three else { continue };
        let blank = &text[range.clone()];
        if blank.starts_with('\n') && blank.trim().is_empty() && name(before) && name(after) {
            with_spaces.replace_range(range.start..=range.start, " ");
        }
    }
    with_spaces
}

/// Finds the files of a theme for mrml.
#[derive(Debug)]
struct OwnFiles(Arc<Includes>);

impl IncludeLoader for OwnFiles {
    fn resolve(&self, path: &str) -> Result<String, IncludeLoaderError> {
        let file = self.0.get(path).ok_or_else(|| IncludeLoaderError::not_found(path))?;
        Ok(with_spaces(file.text()))
    }
}

/// Where mrml complains. `text` is what it was given, as long as `expanded`.
fn place(theme: &Theme, expanded: &SourceText, text: &str, error: &Error) -> Option<Place> {
    let (origin, span) = match error {
        Error::UnexpectedElement { origin, position }
        | Error::UnexpectedToken { origin, position }
        | Error::MissingAttribute { origin, position, .. }
        | Error::InvalidAttribute { origin, position }
        | Error::InvalidFormat { origin, position }
        | Error::IncludeLoaderError { origin, position, .. } => {
            (origin, Ok(position.start..position.end))
        }
        Error::ParserError { origin, source } => (origin, Err(source.to_string())),
        _ => return None,
    };
    let span_in = |text: &str| span.map_or_else(|said| tokenizer_span(&said, text), Some);
    match origin {
        Origin::Root => Some(filled_in_place(theme, expanded, &span_in(text)?)),
        Origin::Include { path } => {
            let file = theme.includes.get(path)?;
            Some(file.place(&span_in(file.text())?))
        }
    }
}

/// The place that mrml's tokenizer reports as `at LINE:COLUMN` at the end of its message.
fn tokenizer_span(said: &str, text: &str) -> Option<Range<usize>> {
    let (line, column) = said.split(" at ").last()?.split_once(':')?;
    let digits = column.find(|c: char| !c.is_ascii_digit()).unwrap_or(column.len());
    let (line, column) = (line.parse::<usize>().ok()?, column[..digits].parse::<usize>().ok()?);
    let lines = text.split_inclusive('\n').take(line.checked_sub(1)?);
    let at = lines.map(str::len).sum::<usize>() + column.saturating_sub(1);
    Some(at..at + 1)
}
