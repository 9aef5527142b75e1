//! The sections of an article in the finished html, for weighing them.
//!
//! In: where each heading begins in the article, and the issue. Out: what
//! stands from each heading to the next, with the heading's place in the
//! source. Absent on purpose: how much of it is too much; `check` says so.

use std::ops::Range;

use super::article_html::SectionMark;
use crate::issue::{Issue, Section};
use crate::source::Span;

/// A heading and what follows it, up to the next heading of whatever level:
/// so no byte is counted twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedSection {
    /// The heading's text without marks.
    pub title: String,
    /// The heading's level in the mail, 2 to 6.
    pub level: u8,
    /// Where the heading stands in the source, if that is known.
    pub heading: Option<SourceHeading>,
    /// Its bytes in the html with example values in its slots.
    pub bytes: Range<usize>,
}

/// A heading in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceHeading {
    /// Its bytes.
    pub span: Span,
    /// Its line, from 1.
    pub line: usize,
}

/// The sections of an article that stands at some bytes of the html.
pub(crate) fn located(
    marks: Vec<SectionMark>,
    article: Range<usize>,
    issue: &Issue<'_>,
) -> Vec<RenderedSection> {
    let headings = issue.document.sections();
    let mut rest = headings.as_slice();
    let ends: Vec<usize> = marks.iter().skip(1).map(|mark| mark.offset).collect();
    let ends = ends.into_iter().map(|end| article.start + end).chain([article.end]);
    let place = |mark: SectionMark, end: usize, rest: &mut &[Section]| {
        let span = take_heading(rest, &mark.title);
        let heading = span.map(|span| {
            let line = issue.source.place(&span).line;
            SourceHeading { span, line }
        });
        let bytes = article.start + mark.offset..end;
        RenderedSection { title: mark.title, level: mark.level, heading, bytes }
    };
    marks.into_iter().zip(ends).map(|(mark, end)| place(mark, end, &mut rest)).collect()
}

/// How many headings of the source may be missing from the mail one after
/// another, or be written in HTML there, before a place is given up.
const NEAR: usize = 16;

/// Takes the next heading of that title, and those before it.
fn take_heading(rest: &mut &[Section], title: &str) -> Option<Span> {
    let at = rest.iter().take(NEAR).position(|section| same(&section.text, title))?;
    let span = rest[at].span.clone();
    *rest = &rest[at + 1..];
    Some(span)
}

/// The mail may have broken a line elsewhere, or dropped a control character.
fn same(one: &str, other: &str) -> bool {
    let letters = |text: &str| {
        let shown = |c: &char| !c.is_whitespace() && !c.is_control();
        text.chars().filter(shown).collect::<Vec<_>>()
    };
    one == other || letters(one) == letters(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    #[test]
    fn each_section_ends_where_the_next_begins_and_knows_its_line() {
        let text = "Title: x\n\nBefore.\n\n# A\n\na\n\n## B & `b`\n\n# A\n\nlast\n";
        let source = SourceText::new("a.md", text.as_bytes()).unwrap();
        let issue = Issue::parse(&source, "a").unwrap();
        let article = "<p>Before.</p>\n<h2>A</h2>\n<p>a</p>\n<h3>B &amp; <code>b</code></h3>\n\
                       <h2 id=\"x\">Only here</h2>\n<h2>A</h2>\n<p>last</p>\n";
        let mark = |title: &str, level: u8, html: &str| SectionMark {
            title: title.to_owned(),
            level,
            offset: article.find(html).unwrap(),
        };
        let last = SectionMark { offset: article.rfind("<h2>A").unwrap(), ..mark("A", 2, "<h2>A") };
        let marks = vec![
            mark("A", 2, "<h2>A"),
            mark("B & b", 3, "<h3>"),
            mark("Only here", 2, "<h2 id"),
            last,
        ];
        let sections = located(marks, 100..100 + article.len(), &issue);
        let seen: Vec<_> = sections
            .iter()
            .map(|section| {
                let bytes = section.bytes.start - 100..section.bytes.end - 100;
                let line = section.heading.as_ref().map(|heading| heading.line);
                (&*section.title, section.level, line, &article[bytes])
            })
            .collect();
        let expected = [
            ("A", 2, Some(5), "<h2>A</h2>\n<p>a</p>\n"),
            ("B & b", 3, Some(9), "<h3>B &amp; <code>b</code></h3>\n"),
            ("Only here", 2, None, "<h2 id=\"x\">Only here</h2>\n"),
            ("A", 2, Some(11), "<h2>A</h2>\n<p>last</p>\n"),
        ];
        assert_eq!(seen, expected);
    }
}
