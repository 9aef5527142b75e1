//! The Markdown of an issue as a list of events that know their places.

use pulldown_cmark::{
    BrokenLink, BrokenLinkCallback, CowStr, Event, LinkType, OffsetIter, Options, Parser,
};

use crate::source::{SourceText, Span};

/// The parsed Markdown of an issue.
#[derive(Debug, Clone)]
pub struct Document<'s> {
    /// The events of CommonMark with tables and strike-through, in order.
    /// Spans are byte ranges of the whole source, front matter included.
    pub events: Vec<(Event<'s>, Span)>,
    /// References such as `[text][name]` whose definition is missing.
    pub undefined: Vec<UndefinedReference>,
}

/// A use of a link reference that nothing defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndefinedReference {
    /// The name that is not defined.
    pub name: String,
    /// The whole link in the source.
    pub span: Span,
}

/// What is understood besides CommonMark.
const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

impl<'s> Document<'s> {
    /// Parses what follows the front matter.
    pub(crate) fn parse(source: &'s SourceText, body_start: usize) -> Self {
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
        let events = collect(parser.into_offset_iter(), moved);
        undefined.sort_by_key(|reference| reference.span.start);
        undefined.dedup();
        Self { events, undefined }
    }
}

fn collect<'s>(
    events: OffsetIter<'s, impl BrokenLinkCallback<'s>>,
    moved: impl Fn(Span) -> Span,
) -> Vec<(Event<'s>, Span)> {
    events.map(|(event, span)| (event, moved(span))).collect()
}
