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
    Comment {
        /// Whether its end stands in the text; if not, it reaches to the end of the text.
        is_ended: bool,
    },
}

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenTag<'t> {
    /// The name as it was written.
    pub(crate) name: &'t str,
    /// The attributes; of two with the same name the first, as browsers have it.
    pub(crate) attributes: Vec<Attribute<'t>>,
    /// It ends in `/>`.
    pub(crate) is_self_closing: bool,
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

/// Elements that hold text up to their own end tag, whatever tags and comments are in
/// it (HTML standard, section 13.2.5.2 to 13.2.5.5, with scripts switched off).
const RAW_TEXT: [&str; 8] =
    ["script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp"];

/// The parts of an HTML text, each with its bytes in `text`. An element of raw text
/// whose end tag is missing is an open tag only.
pub(crate) fn tokens(text: &str) -> Vec<(HtmlToken<'_>, Range<usize>)> {
    let mut tokens = Vec::new();
    let mut text_start = 0;
    let mut at = 0;
    let mut patience = PATIENCE;
    let mut never_ended = Vec::new();
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
        let raw_text = raw_text_of(&token).filter(|name| !never_ended.contains(name));
        tokens.push((token, start..end));
        let Some(name) = raw_text else { continue };
        let Some(length) = end_tag(&text[end..], name) else {
            never_ended.push(name);
            continue;
        };
        if length > 0 {
            let raw = &text[end..end + length];
            let is_resolved = matches!(name, "title" | "textarea");
            let raw = if is_resolved { resolved(raw) } else { Cow::Borrowed(raw) };
            tokens.push((HtmlToken::Text(raw), end..end + length));
        }
        (at, text_start) = (end + length, end + length);
    }
    if text_start < text.len() {
        tokens.push((HtmlToken::Text(resolved(&text[text_start..])), text_start..text.len()));
    }
    tokens
}

/// Whether a reader of a mail sees anything of an HTML text.
pub(crate) fn shows_something(text: &str) -> bool {
    let mut hidden_by: Option<&str> = None;
    for (token, _) in tokens(text) {
        match token {
            HtmlToken::Open(tag) if hidden_by.is_none() => {
                let is_one_of =
                    |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(tag.name));
                let has_source = tag.attribute("src").is_some() || tag.attribute("data").is_some();
                if is_one_of(&["img", "hr"]) || (has_source && !is_one_of(&["script"])) {
                    return true;
                }
                if is_one_of(&["script", "style", "title", "template", "svg"])
                    && !tag.is_self_closing
                {
                    hidden_by = Some(tag.name);
                }
            }
            HtmlToken::Close { name } => {
                hidden_by = hidden_by.filter(|hidden| !hidden.eq_ignore_ascii_case(name));
            }
            HtmlToken::Text(text) if hidden_by.is_none() && !text.trim().is_empty() => return true,
            _ => {}
        }
    }
    false
}

/// The element of raw text that a token begins. HTML ignores `/>`; where CommonMark ends
/// a block at the end tag alone (section 4.6), it is ignored here, too.
fn raw_text_of(token: &HtmlToken<'_>) -> Option<&'static str> {
    let HtmlToken::Open(OpenTag { name, is_self_closing, .. }) = token else { return None };
    let raw = RAW_TEXT.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
    (!is_self_closing || matches!(raw, "script" | "style" | "textarea")).then_some(raw)
}

/// Where the first end tag of an element begins, whatever is before it.
pub(crate) fn end_tag(text: &str, name: &str) -> Option<usize> {
    let is_end = |at: &usize| {
        let rest = &text.as_bytes()[at + 2..];
        let is_name =
            rest.get(..name.len()).is_some_and(|b| b.eq_ignore_ascii_case(name.as_bytes()));
        let after = rest.get(name.len());
        is_name && after.is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
    };
    memchr::memmem::find_iter(text.as_bytes(), b"</").find(is_end)
}

/// The token that begins with the `<` at `start`, and the offset of its end;
/// `None` if that `<` is text.
pub(crate) fn token_at(text: &str, start: usize) -> Option<(HtmlToken<'_>, usize)> {
    let comment = |end: Option<usize>| {
        Some((HtmlToken::Comment { is_ended: end.is_some() }, end.unwrap_or(text.len())))
    };
    let rest = &text[start + 1..];
    match rest.bytes().next()? {
        b'!' if rest.starts_with("!--") => comment(end_of_comment(text, start + 4)),
        b'!' | b'?' => comment(text[start..].find('>').map(|found| start + found + 1)),
        b'/' => {
            let name = name_of(&rest[1..])?;
            let end = start + text[start..].find('>')? + 1;
            Some((HtmlToken::Close { name }, end))
        }
        _ => {
            let name = name_of(rest)?;
            let mut attributes = Vec::new();
            let end = read_attributes(text, start + 1 + name.len(), &mut attributes)?;
            // In `<a href=x/>` the slash is part of the value.
            let in_value =
                attributes.last().is_some_and(|last: &Attribute<'_>| last.span.end == end - 1);
            let is_self_closing = text[..end].ends_with("/>") && !in_value;
            Some((HtmlToken::Open(OpenTag { name, attributes, is_self_closing }), end))
        }
    }
}

/// The end of a comment whose `<!--` ends at `at`: after `-->` or `--!>`. `<!-->` and
/// `<!--->` are comments too (HTML standard, section 13.2.5.43 and 13.2.5.44).
fn end_of_comment(text: &str, at: usize) -> Option<usize> {
    if let Some(mark) = [">", "->"].into_iter().find(|mark| text[at..].starts_with(mark)) {
        return Some(at + mark.len());
    }
    memchr::memmem::find_iter(&text.as_bytes()[at..], b"--").find_map(|dashes| {
        let after = at + dashes + 2;
        // Dashes may be more than two, as in `--->`.
        let more = text[after..].bytes().take_while(|b| *b == b'-').count();
        let mark = [">", "!>"].into_iter().find(|m| text[after + more..].starts_with(m))?;
        Some(after + more + mark.len())
    })
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
                HtmlToken::Comment { is_ended: true } => "-".to_owned(),
                HtmlToken::Comment { is_ended: false } => "-…".to_owned(),
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
        assert_eq!(shown("<!-- never closed <b>"), ["-…"]);
        assert_eq!(
            shown("<!--->a<!-- --!>b<!-- ---->c<?php"),
            ["-", "'a'", "-", "'b'", "-", "'c'", "-…"]
        );
        assert_eq!(shown("<b never closed"), ["'<b never closed'"]);
        assert_eq!(shown("&lt;T&gt; &copy; &#65; &nope; & &am"), ["'<T> © A &nope; & &am'"]);
        let many: String = (0..100_000).map(|n| format!(" a{n}")).collect();
        let many = format!("<b{many}>");
        let [(HtmlToken::Open(tag), _)] = &tokens(&many)[..] else { panic!("no tag") };
        assert_eq!(tag.attributes.len(), MOST_ATTRIBUTES);
        assert_eq!(shown("<a é='&quot;é&#58;'>"), ["<a [(\"é\", \"\\\"é:\")]"]);
    }
}
