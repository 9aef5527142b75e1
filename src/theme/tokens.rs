//! Tokens: how values pass through a template untouched.
//!
//! In: values. Out: words of `a-z0-9` that neither Handlebars nor mrml changes,
//! and a text cut at those words. A token contains its value, so there is no
//! table, and the same value is always the same token. Deliberately absent:
//! escaping, which depends on the place of a token in the HTML; the caller of
//! `cut` does it.

use std::borrow::Cow;

/// Makes tokens that no given text contains by chance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    prefix: String,
}

/// What a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A value that is the same for every reader.
    Value(String),
    /// A template slot.
    Slot {
        /// Such as `first_name`.
        name: String,
        /// The text if the recipient has no such value.
        default: String,
    },
    /// The place of the article.
    Article,
    /// A link to a heading of the article, by its number among them.
    Anchor(usize),
}

/// A part of a text that was cut at its tokens.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut<'t> {
    /// What stood there.
    Text(&'t str),
    /// What a token stood for.
    Token(Token),
}

/// Ends a token; no hexadecimal digit.
const END: char = 'z';

impl Tokens {
    /// Tokens whose beginning occurs in none of `texts`.
    pub(crate) fn unlike<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Self {
        let mut number = 0_u64;
        loop {
            let prefix = format!("x{number}tkn");
            if !texts.clone().any(|text| text.contains(&prefix)) {
                return Self { prefix };
            }
            number += 1;
        }
    }

    /// The word that stands for `token`.
    pub(crate) fn write(&self, token: &Token) -> String {
        let (kind, payload) = match token {
            Token::Value(value) => ('v', Cow::Borrowed(value.as_str())),
            Token::Slot { name, default } => ('s', Cow::Owned(format!("{name}\0{default}"))),
            Token::Article => ('a', Cow::Borrowed("")),
            Token::Anchor(heading) => ('h', Cow::Owned(heading.to_string())),
        };
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut word = String::with_capacity(self.prefix.len() + 2 * payload.len() + 2);
        word.push_str(&self.prefix);
        word.push(kind);
        for byte in payload.bytes() {
            word.push(DIGITS[usize::from(byte >> 4)].into());
            word.push(DIGITS[usize::from(byte & 15)].into());
        }
        word.push(END);
        word
    }

    /// The value, if the whole text is one token of a value, or else the text.
    pub(super) fn resolve(&self, text: &str) -> String {
        match self.cut(text).as_slice() {
            [Cut::Token(Token::Value(value))] => value.clone(),
            _ => text.to_owned(),
        }
    }

    /// A text for people: values instead of tokens.
    pub(crate) fn readable(&self, text: &str) -> String {
        let cuts = self.cut(text).into_iter();
        cuts.map(|cut| match cut {
            Cut::Text(text) => text.to_owned(),
            Cut::Token(Token::Value(value)) => value,
            Cut::Token(Token::Slot { name, .. }) => format!("{{slot {name}}}"),
            Cut::Token(Token::Article) => "{article}".to_owned(),
            Cut::Token(Token::Anchor(_)) => "{href}".to_owned(),
        })
        .collect()
    }

    /// Cuts a text at its tokens.
    pub(crate) fn cut<'t>(&self, text: &'t str) -> Vec<Cut<'t>> {
        let mut cuts = Vec::new();
        let mut rest = text;
        let mut from = 0;
        while let Some(found) = rest[from..].find(&self.prefix) {
            let start = from + found;
            let Some((token, length)) = read(&rest[start + self.prefix.len()..]) else {
                from = start + self.prefix.len();
                continue;
            };
            if start > 0 {
                cuts.push(Cut::Text(&rest[..start]));
            }
            cuts.push(Cut::Token(token));
            rest = &rest[start + self.prefix.len() + length..];
            from = 0;
        }
        if !rest.is_empty() {
            cuts.push(Cut::Text(rest));
        }
        cuts
    }
}

/// Reads what follows the prefix: the token, and how many bytes it took.
fn read(text: &str) -> Option<(Token, usize)> {
    let end = text.find(END)?;
    let kind = text.chars().next()?;
    let digits = text.get(kind.len_utf8()..end)?;
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |pair: &[u8]| match *pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
    let payload = String::from_utf8(bytes?).ok()?;
    let token = match kind {
        'v' => Token::Value(payload),
        's' => {
            let (name, default) = payload.split_once('\0')?;
            Token::Slot { name: name.to_owned(), default: default.to_owned() }
        }
        'a' => Token::Article,
        'h' => Token::Anchor(payload.parse().ok()?),
        _ => return None,
    };
    Some((token, end + END.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_tokens_and_nowhere_else() {
        let tokens = Tokens::unlike(["x0tkn is taken"].into_iter());
        assert_eq!(tokens.prefix, "x1tkn");
        let value = Token::Value("é\" <b>\n".into());
        let slot = Token::Slot { name: "first_name".into(), default: "reader".into() };
        let text = format!("a{}{}x1tkn x1tknq b", tokens.write(&value), tokens.write(&slot));
        assert_eq!(
            tokens.cut(&text),
            [
                Cut::Text("a"),
                Cut::Token(value.clone()),
                Cut::Token(slot),
                Cut::Text("x1tkn x1tknq b")
            ]
        );
        assert_eq!(tokens.resolve(&tokens.write(&value)), "é\" <b>\n");
        assert_eq!(tokens.resolve("plain"), "plain");
    }
}
