//! The theme's shell around an article.
//!
//! In: a theme and the values of an issue. Out: the two parts with their
//! slots. mrml never sees a value: each goes through it as a token and is
//! put in its place afterwards, escaped for that place. So nothing an author
//! writes can break the shell, and mrml's attribute writer, which prints
//! quotes and line breaks as Rust would, has nothing to spoil. What the theme
//! itself writes into attributes is looked at before. Absent on purpose: the
//! article, which comes in whole.

mod engine;
mod frame;
mod inspect;
mod leftovers;
mod lint;
mod position;

use std::ops::Range;

use serde_json::Value;

use self::position::Position;
use super::article_html::ArticleHtml;
use super::headings::heading_id;
use super::slots::{EscapeContext, Piece, Slot, SlotValues, Template};
use crate::source::{Place, SourceText};
use crate::theme::{Cut, HTML_LAYOUT, TEXT_LAYOUT, Theme, ThemeFault, Token, theme_fault};

pub(crate) struct HtmlPart {
    pub(crate) template: Template,
    /// The bytes of the article when the slots before it hold example values.
    pub(crate) article: Range<usize>,
    /// Where in the article each of its headings begins.
    pub(crate) headings: Vec<usize>,
}

/// Makes the `text/html` part. `article` gets the indices of the headings that
/// the shell links to.
pub(crate) fn html(
    theme: &Theme,
    values: &Value,
    article: impl FnOnce(&[usize]) -> ArticleHtml,
    postal_address: &str,
) -> Result<HtmlPart, ThemeFault> {
    let expanded = theme.expand(HTML_LAYOUT, values)?;
    // mrml takes blank text for an error where a line ends in CRLF.
    let expanded = SourceText::new(format!("{} (filled in)", name(theme)), expanded.as_bytes())
        .map_err(|error| fault(theme, None, error.to_string(), "Make the theme smaller."))?;
    lint::lint(theme, &expanded)?;
    let shell = engine::shell(theme, &expanded)?;
    inspect::inspect(theme, &shell)?;
    let mut parts = Parts::new(theme, postal_address);
    let mut position = Position::Text;
    let cuts = theme.tokens().cut(&shell);
    let link = |cut: &Cut<'_>| match cut {
        Cut::Token(Token::Anchor(heading)) => Some(*heading),
        _ => None,
    };
    let linked: Vec<usize> = cuts.iter().filter_map(link).collect();
    let ArticleHtml { mut html, headings } = article(&linked);
    let length = html.len();
    let mut article_at = 0..0;
    for cut in cuts {
        match cut {
            Cut::Text(text) => {
                position = position.after(text);
                parts.literal(text);
            }
            Cut::Token(Token::Article) if position == Position::Text => {
                let before = example_length(&parts.pieces);
                article_at = before..before + length;
                parts.article(std::mem::take(&mut html));
            }
            Cut::Token(token) => parts.put(token, position.context())?,
        }
    }
    Ok(HtmlPart { template: parts.finished(HTML_LAYOUT)?, article: article_at, headings })
}

/// Makes the `text/plain` part.
pub(crate) fn text(
    theme: &Theme,
    values: &Value,
    mut article: String,
    postal_address: &str,
) -> Result<Template, ThemeFault> {
    article.truncate(article.trim_end_matches('\n').len());
    let expanded = theme.expand(TEXT_LAYOUT, values)?;
    let mut parts = Parts::new(theme, postal_address);
    let mut article_at = None;
    for cut in theme.tokens().cut(expanded.trim_start()) {
        match cut {
            Cut::Text(text) => parts.literal(text),
            // A text has no places to jump to.
            Cut::Token(Token::Anchor(_)) => {}
            Cut::Token(Token::Article) => {
                // An empty article leaves no piece.
                article_at = (!article.is_empty()).then_some(parts.pieces.len());
                parts.article(std::mem::take(&mut article));
            }
            Cut::Token(Token::Value(value)) => {
                let mut clean = String::with_capacity(value.len());
                EscapeContext::PlainText.escape_into(&value, &mut clean);
                let shown = frame::value_after(parts.open_text(), &clean);
                parts.literal(&shown);
            }
            Cut::Token(token) => parts.put(token, Some(EscapeContext::PlainText))?,
        }
    }
    for (at, piece) in parts.pieces.iter_mut().enumerate() {
        if let Piece::Literal(text) = piece
            && Some(at) != article_at
        {
            *text = frame::without_gaps(text);
        }
    }
    parts.finished(TEXT_LAYOUT)
}

/// The pieces of a part that is being put together.
struct Parts<'t> {
    theme: &'t Theme,
    postal_address: &'t str,
    pieces: Vec<Piece>,
    /// How many times the layout holds the article.
    articles: usize,
    /// Whether the last piece is the article, which nothing is appended to.
    is_closed: bool,
}

impl<'t> Parts<'t> {
    fn new(theme: &'t Theme, postal_address: &'t str) -> Self {
        Self { theme, postal_address, pieces: Vec::new(), articles: 0, is_closed: false }
    }

    /// Takes the article as a piece of its own, without a copy.
    fn article(&mut self, text: String) {
        self.articles += 1;
        if !text.is_empty() {
            self.pieces.push(Piece::Literal(text));
            self.is_closed = true;
        }
    }

    fn finished(self, layout: &str) -> Result<Template, ThemeFault> {
        if self.articles == 1 {
            return Ok(Template { pieces: self.pieces });
        }
        let file = format!("{}/{layout}", self.theme.name);
        let message = format!("the layout holds the article {} times", self.articles);
        Err(theme_fault(&file, None, message, "Write {{article}} once."))
    }

    /// The text that the next literal continues.
    fn open_text(&self) -> &str {
        match self.pieces.last() {
            Some(Piece::Literal(text)) if !self.is_closed => text,
            _ => "",
        }
    }

    fn literal(&mut self, text: &str) {
        let is_closed = !text.is_empty() && std::mem::take(&mut self.is_closed);
        match self.pieces.last_mut() {
            Some(Piece::Literal(before)) if !is_closed => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece::Literal(text.to_owned())),
        }
    }

    /// Puts in what a token represents; `context` is `None` where nothing can be escaped.
    fn put(&mut self, token: Token, context: Option<EscapeContext>) -> Result<(), ThemeFault> {
        let Some(context) = context else {
            let what = match &token {
                Token::Value(value) => format!("the value `{}`", value.trim()),
                Token::Slot { name, .. } => format!("the slot `{name}`"),
                Token::Article => "the article".to_owned(),
                Token::Anchor(_) => "a link to a heading".to_owned(),
            };
            let message = format!("{what} is in a style, or in a tag outside of quotes");
            let advice = "Put it between tags, or into an attribute between double quotes.";
            return Err(fault(self.theme, None, message, advice));
        };
        match token {
            Token::Value(value) => {
                let mut escaped = String::with_capacity(value.len());
                context.escape_into(&value, &mut escaped);
                self.literal(&escaped);
            }
            Token::Slot { name, default } => {
                let slot = match name.as_str() {
                    "first_name" => Slot::FirstName { default },
                    "last_name" => Slot::LastName { default },
                    "postal_address" if context == EscapeContext::PlainText => {
                        let lines = frame::value_after(self.open_text(), self.postal_address);
                        Slot::PostalAddress { default: lines }
                    }
                    "postal_address" => {
                        Slot::PostalAddress { default: self.postal_address.to_owned() }
                    }
                    _ => Slot::UnsubscribeUrl,
                };
                self.pieces.push(Piece::Hole { slot, context });
            }
            Token::Anchor(heading) => self.literal(&format!("#{}", heading_id(heading))),
            Token::Article => {
                let message = "the article is inside a tag".to_owned();
                let place = self.theme.find("article");
                return Err(fault(self.theme, place, message, "Put {{article}} between tags."));
            }
        }
        Ok(())
    }
}

/// How long some pieces are with example values in their holes.
fn example_length(pieces: &[Piece]) -> usize {
    let mut scratch = String::new();
    pieces.iter().map(|piece| piece.filled(&SlotValues::EXAMPLE, &mut scratch).len()).sum()
}

/// Where a span of the filled-in layout came from: the template's own line, if
/// the text around the span was written in one place only; or else the
/// filled-in line, with values instead of tokens.
fn filled_in_place(theme: &Theme, expanded: &SourceText, span: &Range<usize>) -> Place {
    let mut place = expanded.place(span);
    let at = place.text.char_indices().nth(place.column - 1).map_or(place.text.len(), |(at, _)| at);
    let mut start = 0;
    for cut in theme.tokens().cut(&place.text) {
        let length = match &cut {
            Cut::Text(text) => text.len(),
            Cut::Token(token) => theme.tokens().write(token).len(),
        };
        let around = start..start + length;
        start += length;
        let (Cut::Text(text), true) = (cut, around.contains(&at)) else { continue };
        if let Some(written) = theme.find(text.trim_end()) {
            let before = text[..at - around.start].chars().count();
            return Place { column: written.column + before, width: place.width, ..written };
        }
    }
    place.text = theme.tokens().readable(&place.text);
    place
}

fn fault(theme: &Theme, place: Option<Place>, message: String, advice: &str) -> ThemeFault {
    theme_fault(&name(theme), place, message, advice)
}

fn name(theme: &Theme) -> String {
    format!("{}/{HTML_LAYOUT}", theme.name)
}
