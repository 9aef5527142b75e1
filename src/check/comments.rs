//! HTML comments: what readers never see.

use pulldown_cmark::{Event, Tag, TagEnd};

use super::Discovery;
use crate::issue::Issue;
use crate::source::Span;
use crate::source::rules::UNBALANCED_COMMENT;

/// The comments of an issue, as CommonMark sees them: marks in code are no comments.
pub(super) struct Comments {
    spans: Vec<Span>,
    unbalanced: Vec<Discovery>,
}

impl Comments {
    pub(super) fn from_issue(issue: &Issue<'_>) -> Self {
        let source = issue.source.text();
        let mut comments = Self { spans: Vec::new(), unbalanced: Vec::new() };
        let mut in_code = false;
        for (event, span) in &issue.document.events {
            match event {
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Start(Tag::HtmlBlock) => comments.read_html(source, span),
                Event::InlineHtml(_) => comments.read_html(source, span),
                Event::Text(_) if !in_code => comments.look_for_marks(source, span),
                _ => {}
            }
        }
        comments
    }

    /// Whether `span` lies in a comment.
    pub(super) fn cover(&self, span: &Span) -> bool {
        let after = self.spans.partition_point(|comment| comment.end <= span.start);
        self.spans.get(after).is_some_and(|comment| comment.start <= span.start)
    }

    /// What is wrong with the comments.
    pub(super) fn discover(self) -> Vec<Discovery> {
        self.unbalanced
    }

    /// Finds the comments in a piece of HTML.
    fn read_html(&mut self, source: &str, span: &Span) {
        let mut at = span.start;
        while let Some(open) = source[at..span.end].find("<!--").map(|open| at + open) {
            let inside = open + "<!--".len();
            let Some(close) = source[inside..span.end].find("-->") else {
                self.spans.push(open..span.end);
                self.unbalanced.push(Discovery::at(
                    UNBALANCED_COMMENT,
                    &(open..inside),
                    "this comment is never closed and swallows the rest",
                    "Put `-->` where the comment ends.",
                ));
                return;
            };
            at = inside + close + "-->".len();
            self.spans.push(open..at);
        }
    }

    /// Comment marks that readers see as text.
    fn look_for_marks(&mut self, source: &str, span: &Span) {
        if source[span.start..].starts_with("<!--") && !is_escaped(source, span.start) {
            self.unbalanced.push(Discovery::at(
                UNBALANCED_COMMENT,
                &(span.start..span.start + 4),
                "this comment is never closed, so readers see it",
                "Put `-->` where the comment ends, before the next empty line.",
            ));
        }
        let before = source[..span.start].trim_end_matches([' ', '\t', '>']);
        let begins_a_line = before.is_empty() || before.ends_with('\n');
        if begins_a_line && source[span.start..].starts_with("-->") {
            self.unbalanced.push(Discovery::at(
                UNBALANCED_COMMENT,
                &(span.start..span.start + 3),
                "this `-->` closes no comment, so readers see it",
                "Delete it, or open the comment with `<!--`.",
            ));
        }
    }
}

fn is_escaped(source: &str, at: usize) -> bool {
    source[..at].ends_with('\\')
}
