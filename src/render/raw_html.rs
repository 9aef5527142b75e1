//! HTML that the author wrote, taken apart.
//!
//! In: the text of an HTML block or of one inline tag. Out: tags, text, and
//! what nobody sees. And for each name of an element, what the mail makes of
//! it. The mail never gets a byte of the author's tags: what is allowed is
//! written anew from these parts, and all else is text or nothing.
//! Absent on purpose: nesting, which [`flow`](super::flow) puts in order.

use std::borrow::Cow;

use pulldown_cmark::{Event, Parser};

/// A part of the author's HTML. Offsets are bytes of the text that was given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    /// What stands between tags, with its character references resolved.
    Text(Cow<'t, str>),
    /// `<name attributes>`.
    Open(OpenTag<'t>),
    /// `</name>`.
    Close {
        /// As it was written.
        name: &'t str,
    },
    /// A comment, a declaration, a processing instruction.
    Unseen,
}

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenTag<'t> {
    /// As it was written.
    pub name: &'t str,
    /// Names in lower case, values with their character references resolved.
    pub attributes: Vec<(String, String)>,
}

/// What the mail makes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is written under this name.
    Kept(&'static str),
    /// The tag is left out, and what it holds is shown.
    Unwrapped,
    /// It is left out with all that it holds.
    Dropped,
    /// HTML has no such element, so it is text: a Rust generic, a placeholder.
    NotHtml,
}

/// Elements that mail programs show.
const KEPT: [&str; 61] = [
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];

/// Blocks that mean nothing in a mail, or cannot work there; a `div` takes their place.
const BLOCKS: [&str; 16] = [
    "address", "article", "aside", "body", "dialog", "fieldset", "footer", "form", "header",
    "hgroup", "legend", "main", "menu", "nav", "search", "section",
];

/// Elements of which only what they hold is shown.
const UNWRAPPED: [&str; 23] = [
    "acronym", "base", "button", "col", "colgroup", "data", "head", "html", "input", "label",
    "link", "map", "area", "meta", "meter", "nobr", "optgroup", "option", "progress", "rp", "rt",
    "ruby", "wbr",
];

/// Elements that are left out with all that they hold.
const DROPPED: [&str; 20] = [
    "applet", "audio", "canvas", "embed", "frame", "frameset", "iframe", "math", "noembed",
    "noframes", "noscript", "object", "script", "select", "style", "svg", "template", "textarea",
    "title", "video",
];

/// Elements that stand among words, and hold words.
const AMONG_WORDS: [&str; 29] = [
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
    "tt", "u", "var",
];

/// Elements that have no end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "source",
    "track", "wbr",
];

/// The attributes that any kept element may have.
const ANYWHERE: [&str; 5] = ["title", "lang", "dir", "align", "id"];

/// The attributes that one element may have. `href` and `src` are targets and
/// are looked at elsewhere.
const ATTRIBUTES: [(&str, &[&str]); 7] = [
    ("td", &["colspan", "rowspan", "valign"]),
    ("th", &["colspan", "rowspan", "valign", "scope", "abbr"]),
    ("ol", &["start", "type", "reversed"]),
    ("li", &["value"]),
    ("img", &["width", "height"]),
    ("time", &["datetime"]),
    ("a", &["name"]),
];

/// How many bytes may be read in vain, looking for the ends of tags that have
/// none. Past that, the rest is text: a hostile block must not take minutes.
const PATIENCE: usize = 64 * 1024 * 1024;

/// Nobody writes more attributes on one tag; what follows them is passed over.
const MOST_ATTRIBUTES: usize = 64;

/// What the mail makes of an element.
pub(crate) fn standing(name: &str) -> Standing {
    let name = name.to_ascii_lowercase();
    let named = |list: &[&'static str]| list.iter().copied().find(|known| *known == name);
    if let Some(name) = named(&KEPT) {
        return Standing::Kept(name);
    }
    if named(&BLOCKS).is_some() {
        return Standing::Kept("div");
    }
    if named(&UNWRAPPED).is_some() {
        return Standing::Unwrapped;
    }
    match named(&DROPPED) {
        Some(_) => Standing::Dropped,
        None => Standing::NotHtml,
    }
}

/// Whether an element stands among words, and holds words.
pub(crate) fn is_among_words(name: &str) -> bool {
    AMONG_WORDS.contains(&name)
}

/// Whether an element has no end tag.
pub(crate) fn is_void(name: &str) -> bool {
    VOID.iter().any(|void| void.eq_ignore_ascii_case(name))
}

/// The name of an attribute, if the element may have it.
pub(crate) fn allowed_attribute(element: &str, attribute: &str) -> Option<&'static str> {
    let of_element = ATTRIBUTES.iter().filter(|(name, _)| *name == element);
    let mut allowed = ANYWHERE.iter().chain(of_element.flat_map(|(_, names)| names.iter()));
    allowed.find(|name| **name == attribute).copied()
}

/// Takes HTML apart: each part with its bytes in `text`.
pub(crate) fn tokens(text: &str) -> Vec<(Token<'_>, std::ops::Range<usize>)> {
    let mut tokens = Vec::new();
    let mut text_start = 0;
    let mut at = 0;
    let mut patience = PATIENCE;
    while let Some(found) = text[at..].find('<').filter(|_| patience > 0) {
        let start = at + found;
        let Some((token, length)) = tag(&text[start..]) else {
            at = start + 1;
            patience = patience.saturating_sub(text.len() - start);
            continue;
        };
        if text_start < start {
            tokens.push((Token::Text(resolved(&text[text_start..start])), text_start..start));
        }
        at = start + length;
        text_start = at;
        tokens.push((token, start..at));
    }
    if text_start < text.len() {
        tokens.push((Token::Text(resolved(&text[text_start..])), text_start..text.len()));
    }
    tokens
}

/// Reads what begins with `<`: the token and its length, or nothing if the
/// `<` is text. The rules are those of the HTML standard's tokenizer.
fn tag(text: &str) -> Option<(Token<'_>, usize)> {
    let rest = &text[1..];
    let until = |mark: &str| text.find(mark).map_or(text.len(), |at| at + mark.len());
    match rest.bytes().next()? {
        b'!' if rest.starts_with("!-->") || rest.starts_with("!->") => {
            Some((Token::Unseen, until(">")))
        }
        b'!' if rest.starts_with("!--") => {
            let end = text[4..].find("-->").map_or(text.len(), |at| at + 7);
            Some((Token::Unseen, end))
        }
        b'!' | b'?' => Some((Token::Unseen, until(">"))),
        b'/' => {
            let name = name_of(&rest[1..])?;
            let end = text.find('>')? + 1;
            Some((Token::Close { name }, end))
        }
        _ => {
            let name = name_of(rest)?;
            let mut attributes = Vec::new();
            let end = read_attributes(text, 1 + name.len(), &mut attributes)?;
            Some((Token::Open(OpenTag { name, attributes }), end))
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

/// Reads attributes from `at` on; gives the offset after the `>`.
fn read_attributes(
    text: &str,
    mut at: usize,
    attributes: &mut Vec<(String, String)>,
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
        at += length;
        let (value, end) = read_value(text, at)?;
        at = end;
        if attributes.len() < MOST_ATTRIBUTES && !attributes.iter().any(|(known, _)| *known == name)
        {
            attributes.push((name, resolved(value).into_owned()));
        }
    }
}

/// Reads `= value`, if one follows.
fn read_value(text: &str, at: usize) -> Option<(&str, usize)> {
    let bytes = text.as_bytes();
    let skip_space = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    };
    let equals = skip_space(at);
    if bytes.get(equals) != Some(&b'=') {
        return Some(("", at));
    }
    let start = skip_space(equals + 1);
    match *bytes.get(start)? {
        quote @ (b'"' | b'\'') => {
            let length = text[start + 1..].find(char::from(quote))?;
            Some((&text[start + 1..start + 1 + length], start + length + 2))
        }
        _ => {
            let ends = |c: char| c.is_ascii_whitespace() || c == '>';
            let length = text[start..].find(ends)?;
            Some((&text[start..start + length], start + length))
        }
    }
}

/// Resolves character references. CommonMark has the same list of names as
/// HTML, so its parser is asked.
pub(crate) fn resolved(text: &str) -> Cow<'_, str> {
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
        let show = |(token, range): (Token<'_>, std::ops::Range<usize>)| {
            assert_eq!(range.start, from, "the parts cover the text");
            from = range.end;
            match token {
                Token::Text(text) => format!("'{text}'"),
                Token::Open(tag) => format!("<{} {:?}", tag.name, tag.attributes),
                Token::Close { name } => format!("/{name}"),
                Token::Unseen => "-".to_owned(),
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
        let [(Token::Open(tag), _)] = &tokens(&many)[..] else { panic!("no tag") };
        assert_eq!(tag.attributes.len(), MOST_ATTRIBUTES);
        assert_eq!(shown("<a é='&quot;é&#58;'>"), ["<a [(\"é\", \"\\\"é:\")]"]);
    }

    #[test]
    fn every_name_has_a_standing() {
        let cases = [
            ("SMALL", Standing::Kept("small")),
            ("section", Standing::Kept("div")),
            ("Script", Standing::Dropped),
            ("button", Standing::Unwrapped),
            ("T", Standing::NotHtml),
            ("output", Standing::NotHtml),
            ("dyn", Standing::NotHtml),
        ];
        for (name, expected) in cases {
            assert_eq!(standing(name), expected, "{name}");
        }
        assert_eq!(allowed_attribute("td", "colspan"), Some("colspan"));
        assert_eq!(allowed_attribute("p", "colspan"), None);
        assert_eq!(allowed_attribute("p", "onclick"), None);
    }
}
