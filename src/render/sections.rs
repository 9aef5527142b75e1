//! The sections of an article in the finished html, for weighing them.
//!
//! In: the headings, and where each begins in the html. Out: the bytes from
//! each heading to the next, with the heading's place in the source. Absent on
//! purpose: how much of it is too much; `check` says so.

use std::ops::Range;

use super::headings::Heading;
use crate::source::{SourceText, Span};

/// A heading and what follows it, up to the next heading of whatever level:
/// so no byte is counted twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedSection {
    /// The heading's text without marks.
    pub title: String,
    pub span: Span,
    /// The line of the heading in the source, from 1.
    pub line: usize,
    /// Its bytes in the html with example values in its slots.
    pub bytes: Range<usize>,
}

/// The sections of an article. `article` is its range of bytes in the html, and
/// `offsets` says where in the article each heading begins.
pub(crate) fn located(
    headings: Vec<Heading>,
    offsets: &[usize],
    article: Range<usize>,
    source: &SourceText,
) -> Vec<RenderedSection> {
    let starts = offsets.iter().map(|offset| article.start + offset);
    let ends = starts.clone().skip(1).chain([article.end]);
    let section = |(heading, (start, end)): (Heading, (usize, usize))| {
        let Heading { title, span, .. } = heading;
        let line = source.place(&span).line;
        RenderedSection { title, span, line, bytes: start..end }
    };
    headings.into_iter().zip(starts.zip(ends)).map(section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Document;
    use crate::render::article_html::{self, Look};
    use crate::render::flow::flow;
    use crate::render::headings;
    use crate::source::Findings;

    #[test]
    fn each_section_ends_where_the_next_begins_and_knows_its_line() {
        let text = "Before.\n\n# A\n\na\n\n## B & `b`\n\n<h2>A</h2>\n\n# A\n\nlast\n";
        let source = SourceText::new("a.md", text.as_bytes()).unwrap();
        let document = Document::parse(&source, 0).unwrap();
        let nodes = flow(&document, &mut Findings::about(&source));
        let article = article_html::write(&nodes, &Look::default(), &[]);
        let (place, html) = (100..100 + article.html.len(), article.html);
        let sections = located(headings::find(&nodes), &article.headings, place, &source);
        let seen: Vec<_> = sections
            .iter()
            .map(|section| {
                let bytes = section.bytes.start - 100..section.bytes.end - 100;
                (&*section.title, section.line, &html[bytes])
            })
            .collect();
        let expected = [
            ("A", 3, "<h2>A</h2>\n<p>a</p>\n"),
            ("B & b", 7, "<h3>B &amp; <code>b</code></h3>\n"),
            ("A", 9, "<h3>A</h3>\n\n"),
            ("A", 11, "<h2>A</h2>\n<p>last</p>\n"),
        ];
        assert_eq!(seen, expected);
    }
}
