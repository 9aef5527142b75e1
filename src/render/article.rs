//! An issue's article by itself.
//!
//! In: an issue. Out: its article as each part of a mail shows it, for a
//! program that puts it into something other than a theme, or measures one
//! writer. Absent on purpose: colours and ids, which come from the theme.

use super::node::Node;
use super::{article_html, article_text, flow};
use crate::issue::Issue;
use crate::source::{Finding, Findings};

/// An issue's article without a theme around it.
#[derive(Debug)]
pub struct Article<'i> {
    nodes: Vec<Node<'i>>,
}

impl<'i> Article<'i> {
    /// The article of an issue, and what could not be kept of it.
    pub fn from_issue(issue: &'i Issue<'_>) -> (Self, Vec<Finding>) {
        let mut findings = Findings::about(issue.source);
        let nodes = flow::flow(&issue.document, &mut findings);
        (Self { nodes }, findings.into_sorted())
    }

    /// The article in the `text/html` part.
    pub fn html(&self) -> String {
        article_html::write(&self.nodes, &article_html::Look::default(), &[]).html
    }

    /// The article in the `text/plain` part.
    pub fn text(&self) -> String {
        article_text::write(&self.nodes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    #[test]
    fn an_article_needs_no_theme() {
        let source = SourceText::new("a.md", b"Title: x\n\nOne *word*.\n").unwrap();
        let issue = Issue::parse(&source, "a").unwrap();
        let (article, findings) = Article::from_issue(&issue);
        assert_eq!((article.html().trim(), findings.len()), ("<p>One <em>word</em>.</p>", 0));
        assert_eq!(article.text().trim(), "One word.");
    }
}
