//! The only reader of HTML, and the only functions that escape text for it.
//!
//! In: the text of an HTML block, of one tag, or of a whole mail. Out: tags,
//! text and comments, each with its bytes. The rules are those of the HTML
//! standard's tokenizer, and the work is bounded whatever the text is.
//! Absent on purpose: nesting, and what an element means.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{Event, Parser};

/// A part of an HTML text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HtmlToken<'t> {
    /// The text between two tags, with its character references resolved.
    Text(Cow<'t, str>),
    /// `<name attributes>`.
    Open(OpenTag<'t>),
    /// `</name>`.
    Close {
        /// The name as it was written.
        name: &'t str,
    },
    /// A comment, a declaration or a processing instruction: no reader sees it.
    Comment,
}

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenTag<'t> {
    /// The name as it was written.
    pub(crate) name: &'t str,
    /// The attributes; of two with the same name the first, as browsers have it.
    pub(crate) attributes: Vec<Attribute<'t>>,
}

/// An attribute of a start tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attribute<'t> {
    /// The name in lower case.
    pub(crate) name: String,
    /// The value with its character references resolved.
    pub(crate) value: Cow<'t, str>,
    /// The bytes of the value in the text, without its quotes.
    pub(crate) span: Range<usize>,
}

/// The most bytes that are read again in search of the end of a tag that has none.
/// After that the rest is text: a hostile block must not take minutes.
const PATIENCE: usize = 64 * 1024 * 1024;

/// The most attributes that are read of one tag; further ones are ignored.
const MOST_ATTRIBUTES: usize = 64;

impl OpenTag<'_> {
    /// Finds an attribute by its name in lower case.
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute<'_>> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.attribute(name).map(|attribute| &*attribute.value)
    }
}

/// Writes a text for a place between tags onto the end of `out`.
pub(crate) fn escape_text(text: &str, out: &mut String) {
    escape(text, out, |byte| matches!(byte, b'&' | b'<' | b'>'));
}

/// Writes the value of an attribute, for a place between double quotes, onto
/// the end of `out`.
pub(crate) fn escape_attribute(value: &str, out: &mut String) {
    escape(value, out, |byte| matches!(byte, b'&' | b'<' | b'>' | b'"'));
}

/// Copies whole runs, as most text has nothing to escape.
fn escape(text: &str, out: &mut String, special: impl Fn(u8) -> bool) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| special(*byte)) {
        out.push_str(&text[from..at]);
        out.push_str(match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

/// The parts of an HTML text, each with its bytes in `text`.
pub(crate) fn tokens(text: &str) -> Vec<(HtmlToken<'_>, Range<usize>)> {
    let mut tokens = Vec::new();
    let mut text_start = 0;
    let mut at = 0;
    let mut patience = PATIENCE;
    while let Some(found) = text[at..].find('<').filter(|_| patience > 0) {
        let start = at + found;
        let Some((token, end)) = token_at(text, start) else {
            at = start + 1;
            patience = patience.saturating_sub(text.len() - start);
            continue;
        };
        if text_start < start {
            tokens.push((HtmlToken::Text(resolved(&text[text_start..start])), text_start..start));
        }
        at = end;
        text_start = end;
        tokens.push((token, start..end));
    }
    if text_start < text.len() {
        tokens.push((HtmlToken::Text(resolved(&text[text_start..])), text_start..text.len()));
    }
    tokens
}

/// The token that begins with the `<` at `start`, and the offset of its end;
/// `None` if that `<` is text.
pub(crate) fn token_at(text: &str, start: usize) -> Option<(HtmlToken<'_>, usize)> {
    let from = |at: usize, mark: &str| {
        text[at..].find(mark).map_or(text.len(), |found| at + found + mark.len())
    };
    let rest = &text[start + 1..];
    match rest.bytes().next()? {
        b'!' if rest.starts_with("!--") && !rest.starts_with("!-->") => {
            Some((HtmlToken::Comment, from(start + 4, "-->")))
        }
        b'!' | b'?' => Some((HtmlToken::Comment, from(start, ">"))),
        b'/' => {
            let name = name_of(&rest[1..])?;
            let end = start + text[start..].find('>')? + 1;
            Some((HtmlToken::Close { name }, end))
        }
        _ => {
            let name = name_of(rest)?;
            let mut attributes = Vec::new();
            let end = read_attributes(text, start + 1 + name.len(), &mut attributes)?;
            Some((HtmlToken::Open(OpenTag { name, attributes }), end))
        }
    }
}

/// A letter, and all up to white space, `/` or `>`.
fn name_of(text: &str) -> Option<&str> {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))?;
    Some(&text[..end])
}

/// Reads the attributes from `at` on, and returns the offset after the `>`.
fn read_attributes<'t>(
    text: &'t str,
    mut at: usize,
    attributes: &mut Vec<Attribute<'t>>,
) -> Option<usize> {
    let bytes = text.as_bytes();
    loop {
        while bytes.get(at).is_some_and(|b| b.is_ascii_whitespace() || *b == b'/') {
            at += 1;
        }
        if *bytes.get(at)? == b'>' {
            return Some(at + 1);
        }
        let ends_name = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'=');
        // An equals sign may begin a name, as the standard has it.
        let length = 1 + bytes[at + 1..].iter().position(ends_name)?;
        let name = text.get(at..at + length)?.to_ascii_lowercase();
        let (span, end) = value_span(text, at + length)?;
        at = end;
        if attributes.len() < MOST_ATTRIBUTES && !attributes.iter().any(|known| known.name == name)
        {
            attributes.push(Attribute { name, value: resolved(&text[span.clone()]), span });
        }
    }
}

/// The bytes of the value in `= value`, empty if no value follows, and the
/// offset after it.
fn value_span(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let bytes = text.as_bytes();
    let skip_space = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    };
    let equals = skip_space(at);
    if bytes.get(equals) != Some(&b'=') {
        return Some((at..at, at));
    }
    let start = skip_space(equals + 1);
    match *bytes.get(start)? {
        quote @ (b'"' | b'\'') => {
            let end = start + 1 + text[start + 1..].find(char::from(quote))?;
            Some((start + 1..end, end + 1))
        }
        _ => {
            let ends = |c: char| c.is_ascii_whitespace() || c == '>';
            let end = start + text[start..].find(ends)?;
            Some((start..end, end))
        }
    }
}

/// Resolves character references. CommonMark has the same list of names as
/// HTML, so its parser is asked.
fn resolved(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '#';
        let length = 1 + rest[1..].find(|c: char| !inside(c)).unwrap_or(rest.len() - 1);
        // The longest name of a character has 31 letters.
        let reference = if rest[length..].starts_with(';') && length <= 33 {
            &rest[..=length]
        } else {
            &rest[..1]
        };
        for event in Parser::new(reference) {
            if let Event::Text(text) = event {
                out.push_str(&text);
            }
        }
        rest = &rest[reference.len()..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let mut from = 0;
        let show = |(token, range): (HtmlToken<'_>, Range<usize>)| {
            assert_eq!(range.start, from, "the parts cover the text");
            from = range.end;
            match token {
                HtmlToken::Text(text) => format!("'{text}'"),
                HtmlToken::Open(tag) => {
                    let pairs = tag.attributes.iter().map(|a| (&a.name, &a.value));
                    format!("<{} {:?}", tag.name, pairs.collect::<Vec<_>>())
                }
                HtmlToken::Close { name } => format!("/{name}"),
                HtmlToken::Comment => "-".to_owned(),
            }
        };
        tokens(text).into_iter().map(show).collect()
    }

    #[test]
    fn html_is_taken_apart_as_the_standard_says() {
        assert_eq!(
            shown("a<br/>b <A hRef='x>y' t=1 u>c</a >"),
            [
                "'a'",
                "<br []",
                "'b '",
                "<A [(\"href\", \"x>y\"), (\"t\", \"1\"), (\"u\", \"\")]",
                "'c'",
                "/a"
            ]
        );
        assert_eq!(shown("1 < 2 <3 <-"), ["'1 < 2 <3 <-'"]);
        assert_eq!(
            shown("<!-- > <b> -->x<!-->y<!---->z<?p?><!D>"),
            ["-", "'x'", "-", "'y'", "-", "'z'", "-", "-"]
        );
        assert_eq!(shown("<!-- never closed <b>"), ["-"]);
        assert_eq!(shown("<b never closed"), ["'<b never closed'"]);
        assert_eq!(shown("&lt;T&gt; &copy; &#65; &nope; & &am"), ["'<T> © A &nope; & &am'"]);
        let many: String = (0..100_000).map(|n| format!(" a{n}")).collect();
        let many = format!("<b{many}>");
        let [(HtmlToken::Open(tag), _)] = &tokens(&many)[..] else { panic!("no tag") };
        assert_eq!(tag.attributes.len(), MOST_ATTRIBUTES);
        assert_eq!(shown("<a é='&quot;é&#58;'>"), ["<a [(\"é\", \"\\\"é:\")]"]);
    }
}
