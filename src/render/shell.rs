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
mod inspect;
mod lint;
mod position;

use std::collections::BTreeSet;

use serde_json::Value;

use self::position::Position;
use super::outline;
use super::slots::{Context, Piece, Slot, Template};
use crate::source::{Place, SourceText};
use crate::theme::{Cut, HTML_LAYOUT, TEXT_LAYOUT, Theme, ThemeFault, Token};

/// Makes the `text/html` part.
pub(crate) fn html(
    theme: &Theme,
    values: &Value,
    article: impl FnOnce(&BTreeSet<usize>) -> String,
    postal_address: &str,
) -> Result<Template, ThemeFault> {
    let expanded = theme.expand(HTML_LAYOUT, values)?;
    // mrml takes blank text for an error where a line ends in CRLF.
    let expanded = SourceText::new(format!("{} (filled in)", name(theme)), expanded.as_bytes())
        .map_err(|error| fault(theme, None, error.to_string(), "Make the theme smaller."))?;
    lint::lint(theme, &expanded)?;
    let shell = engine::shell(theme, &expanded)?;
    inspect::inspect(theme, &shell)?;
    let mut parts = Parts { theme, postal_address, pieces: Vec::new() };
    let mut position = Position::Text;
    let mut articles = 0;
    let cuts = theme.tokens().cut(&shell);
    let anchor = |cut: &Cut<'_>| match cut {
        Cut::Token(Token::Anchor(heading)) => Some(*heading),
        _ => None,
    };
    let article = article(&cuts.iter().filter_map(anchor).collect());
    for cut in cuts {
        match cut {
            Cut::Text(text) => {
                position = position.after(text);
                parts.literal(text);
            }
            Cut::Token(Token::Article) if position == Position::Text => {
                articles += 1;
                parts.literal(&article);
            }
            Cut::Token(token) => parts.put(token, position.context())?,
        }
    }
    match articles {
        1 => Ok(Template { pieces: parts.pieces }),
        _ => Err(wrong_article(theme, HTML_LAYOUT, articles)),
    }
}

/// Makes the `text/plain` part.
pub(crate) fn text(
    theme: &Theme,
    values: &Value,
    article: &str,
    postal_address: &str,
) -> Result<Template, ThemeFault> {
    let expanded = theme.expand(TEXT_LAYOUT, values)?;
    let mut parts = Parts { theme, postal_address, pieces: Vec::new() };
    let mut articles = 0;
    for cut in theme.tokens().cut(expanded.trim_start()) {
        match cut {
            Cut::Text(text) => parts.literal(text),
            // A text has no places to jump to.
            Cut::Token(Token::Anchor(_)) => {}
            Cut::Token(Token::Article) => {
                articles += 1;
                parts.literal(article.trim_end_matches('\n'));
            }
            Cut::Token(token) => parts.put(token, Some(Context::PlainText))?,
        }
    }
    match articles {
        1 => Ok(Template { pieces: parts.pieces }),
        _ => Err(wrong_article(theme, TEXT_LAYOUT, articles)),
    }
}

/// The pieces of a part that is being put together.
struct Parts<'t> {
    theme: &'t Theme,
    postal_address: &'t str,
    pieces: Vec<Piece>,
}

impl Parts<'_> {
    fn literal(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Literal(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece::Literal(text.to_owned())),
        }
    }

    /// Puts what a token stands for; `None` where nothing can be escaped.
    fn put(&mut self, token: Token, context: Option<Context>) -> Result<(), ThemeFault> {
        let Some(context) = context else {
            let what = match &token {
                Token::Value(value) => format!("the value `{}`", value.trim()),
                Token::Slot { name, .. } => format!("the slot `{name}`"),
                Token::Article => "the article".to_owned(),
                Token::Anchor(_) => "a link to a heading".to_owned(),
            };
            let message = format!("{what} stands in a style, or in a tag outside quotes.");
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
                    "postal_address" => {
                        Slot::PostalAddress { default: self.postal_address.to_owned() }
                    }
                    _ => Slot::UnsubscribeUrl,
                };
                self.pieces.push(Piece::Hole { slot, context });
            }
            Token::Anchor(heading) => self.literal(&format!("#{}", outline::id(heading))),
            Token::Article => {
                let message = "the article stands inside a tag.".to_owned();
                let place = self.theme.find("article");
                return Err(fault(self.theme, place, message, "Put {{article}} between tags."));
            }
        }
        Ok(())
    }
}

/// Where a span of the filled-in layout came from: the template's own line, if
/// what stands around the span was written in one place only; or else the
/// filled-in line, with values instead of tokens.
fn filled_in_place(theme: &Theme, expanded: &SourceText, span: &std::ops::Range<usize>) -> Place {
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

fn wrong_article(theme: &Theme, layout: &str, articles: usize) -> ThemeFault {
    ThemeFault {
        file: format!("{}/{layout}", theme.name()),
        place: None,
        message: format!("the article stands in it {articles} times."),
        advice: "Write {{article}} once.".to_owned(),
    }
}

fn fault(theme: &Theme, place: Option<Place>, message: String, advice: &str) -> ThemeFault {
    let file = place.as_ref().map_or_else(|| name(theme), |place| place.file.clone());
    ThemeFault { file, place: place.map(Box::new), message, advice: advice.to_owned() }
}

fn name(theme: &Theme) -> String {
    format!("{}/{HTML_LAYOUT}", theme.name())
}
