//! The Markdown of an issue, as a list of events with their places.

use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Options, Parser};

use crate::source::{SourceText, Span};

/// The parsed Markdown of an issue.
#[derive(Debug, Clone)]
pub(crate) struct Document<'s> {
    /// The events in order. Spans are byte ranges of the whole source, front matter
    /// included.
    pub(crate) events: Vec<(Event<'s>, Span)>,
    /// References such as `[text][name]` or `[^name]` whose definition is missing.
    pub(crate) undefined: Vec<UndefinedReference>,
}

/// A use of a link reference or of a footnote that nothing defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UndefinedReference {
    /// That of a footnote begins with `^`.
    pub(crate) name: String,
    /// The whole link or reference in the source.
    pub(crate) span: Span,
}

/// The most levels of quotes, lists, items, paragraphs and emphasis inside each
/// other. pulldown-cmark parses any depth in linear time without recursion, but the
/// text part repeats the marks of all levels on every line, and no mail program
/// shows a hundredth level. 667 real issues have fewer than 10.
pub(crate) const MAX_NESTING: usize = 100;

/// The extensions of CommonMark that git hosts show, too.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_TASKLISTS);

impl<'s> Document<'s> {
    /// Parses what follows the front matter, or gives the place where it nests
    /// deeper than [`MAX_NESTING`].
    pub(crate) fn parse(source: &'s SourceText, body_start: usize) -> Result<Self, Span> {
        let body = &source.text()[body_start..];
        let mut undefined = Vec::new();
        let moved = |span: Span| span.start + body_start..span.end + body_start;
        let mut note_undefined = |link: BrokenLink<'_>| -> Option<(CowStr<'s>, CowStr<'s>)> {
            // `[word]` alone is ordinary text far more often than a forgotten link.
            if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
                undefined.push(UndefinedReference {
                    name: link.reference.to_string(),
                    span: moved(link.span),
                });
            }
            None
        };
        let parser =
            Parser::new_with_broken_link_callback(body, OPTIONS, Some(&mut note_undefined));
        let mut events = Vec::with_capacity(body.len() / 16);
        let mut depth = 0_usize;
        let mut undefined_notes = Vec::new();
        for (event, span) in parser.into_offset_iter() {
            match event {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                _ => {}
            }
            if depth > MAX_NESTING {
                return Err(moved(span.start..span.start));
            }
            if matches!(&event, Event::Text(text) if &**text == "[") {
                undefined_notes.extend(undefined_footnote(body, &span));
            }
            events.push((event, moved(span)));
        }
        undefined.extend(undefined_notes.into_iter().map(|(name, span)| {
            let span = moved(span);
            UndefinedReference { name, span }
        }));
        undefined.sort_by_key(|reference| reference.span.start);
        undefined.dedup();
        Ok(Self { events, undefined })
    }
}

/// The name and the place of a `[^name]` that begins at `bracket` and is only
/// text, because nothing defines it.
fn undefined_footnote(body: &str, bracket: &Span) -> Option<(String, Span)> {
    let is_escaped = body[..bracket.start].ends_with('\\');
    let rest = body[bracket.start..].strip_prefix("[^").filter(|_| !is_escaped)?;
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let length = rest.find(|c| !in_name(c)).filter(|length| *length > 0)?;
    let is_whole = rest[length..].starts_with(']');
    is_whole.then(|| (format!("^{}", &rest[..length]), bracket.start..bracket.start + length + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_footnote_that_nothing_defines_is_known_with_its_place() {
        let text = "a[^1] b[^n-2] \\[^no] `[^no]` [^d] [^a|b] [^ no]\n\n    [^no]\n\n[^d]: x\n";
        let source = SourceText::new("a.md", text.as_bytes()).unwrap();
        let found = Document::parse(&source, 0).unwrap().undefined;
        let seen: Vec<_> = found.iter().map(|r| (&*r.name, &text[r.span.clone()])).collect();
        assert_eq!(seen, [("^1", "[^1]"), ("^n-2", "[^n-2]")]);
    }
}
