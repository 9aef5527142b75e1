//! HTML comments, which readers never see.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::issue::Issue;
use crate::source::rules::UNBALANCED_COMMENT;
use crate::source::{Findings, Span};

/// The comments of an issue, as CommonMark sees them: marks in code are no comments.
pub(super) struct Comments {
    spans: Vec<Span>,
}

impl Comments {
    /// Finds the comments, and reports marks without a counterpart.
    pub(super) fn from_issue(issue: &Issue<'_>, findings: &mut Findings<'_>) -> Self {
        let source = issue.source.text();
        let mut spans = Vec::new();
        let mut in_code = false;
        for (event, span) in &issue.document.events {
            match event {
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => {
                    read_html(source, span, &mut spans);
                }
                Event::Text(_) if !in_code => report_marks(source, span.start, findings),
                _ => {}
            }
        }
        Self { spans }
    }

    /// Whether `span` lies in a comment.
    pub(super) fn cover(&self, span: &Span) -> bool {
        let after = self.spans.partition_point(|comment| comment.end <= span.start);
        self.spans.get(after).is_some_and(|comment| comment.start <= span.start)
    }
}

/// Adds the comments in a piece of HTML to `spans`.
fn read_html(source: &str, span: &Span, spans: &mut Vec<Span>) {
    let mut at = span.start;
    while let Some(open) = source[at..span.end].find("<!--").map(|open| at + open) {
        let inside = open + "<!--".len();
        let Some(close) = source[inside..span.end].find("-->") else {
            // `render` reports the words that readers do not see.
            return spans.push(open..span.end);
        };
        at = inside + close + "-->".len();
        spans.push(open..at);
    }
}

/// Reports a mark of a comment that readers see as text.
fn report_marks(source: &str, start: usize, findings: &mut Findings<'_>) {
    let (before, after) = source.split_at(start);
    if after.starts_with("<!--") && !before.ends_with('\\') {
        findings.at(
            &(start..start + 4),
            UNBALANCED_COMMENT,
            "this comment is never closed, so readers see it",
            "Put `-->` where the comment ends, before the next empty line.",
        );
    }
    let before = before.trim_end_matches([' ', '\t', '>']);
    if (before.is_empty() || before.ends_with('\n')) && after.starts_with("-->") {
        findings.at(
            &(start..start + 3),
            UNBALANCED_COMMENT,
            "this `-->` closes no comment, so readers see it",
            "Delete it, or open the comment with `<!--`.",
        );
    }
}
