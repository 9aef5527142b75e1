//! The headings of an article, for a list of contents.
//!
//! In: the article's [`Node`]s. Out: each heading as plain text, with its
//! level, its index and its place in the source. Absent on purpose: where a
//! heading is in the html; the writer reports that.

use super::node::{Element, ElementKind, Node, walk};
use crate::source::Span;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    /// Its words, without marks, on one line.
    pub title: String,
    /// From 2 to 6: the mail's title has level 1.
    pub level: u8,
    /// Which heading of the article it is, from 0.
    pub index: usize,
    pub span: Span,
}

/// The headings, in their order. An empty one is among them, so that indices
/// are the same everywhere.
pub(crate) fn find(nodes: &[Node<'_>]) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    walk(nodes, &mut |node| {
        if let Node::Element(Element {
            kind: ElementKind::Heading { level, span }, children, ..
        }) = node
        {
            let (title, index) = (plain_text(children), headings.len());
            headings.push(Heading { title, level: *level, index, span: span.clone() });
        }
    });
    headings
}

/// The words of some nodes, on one line.
fn plain_text(nodes: &[Node<'_>]) -> String {
    let mut text = String::new();
    walk(nodes, &mut |node| match node {
        Node::Text(words) | Node::Code(words) => text.push_str(words),
        Node::Image { alternative, .. } => text.push_str(alternative),
        Node::SoftBreak | Node::HardBreak | Node::Rule => text.push(' '),
        Node::Element(_) | Node::FootnoteMark(_) => {}
    });
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The id that a heading has in the html if something links to it.
pub(crate) fn heading_id(index: usize) -> String {
    format!("s{}", index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Document;
    use crate::render::article_html::{self, Look};
    use crate::render::flow::flow;
    use crate::source::{Findings, SourceText};

    #[test]
    fn a_heading_is_its_words_and_the_html_says_where_it_begins() {
        let markdown =
            "Words.\n\n# A *b*\n`c` ![d](d.png)\n===\n\n#\n\n> ## E\n\n# F <h3>g</h3> h\n";
        let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
        let document = Document::parse(&source, 0).unwrap();
        let nodes = flow(&document, &mut Findings::about(&source));
        let found = find(&nodes);
        let seen: Vec<_> = found.iter().map(|h| (h.index, &*h.title)).collect();
        let expected = [(0, "A b"), (1, "c d"), (2, ""), (3, "E"), (4, "F"), (5, "g"), (6, "h")];
        assert_eq!(seen, expected);
        let levels: Vec<_> = found.iter().map(|heading| heading.level).collect();
        assert_eq!(levels, [2, 2, 2, 3, 2, 3, 2]);
        let article = article_html::write(&nodes, &Look::default(), &[1, 3]);
        for (heading, offset) in found.iter().zip(&article.headings) {
            let id = match heading.index {
                1 | 3 => format!(" id=\"{}\"", heading_id(heading.index)),
                _ => String::new(),
            };
            let start = format!("<h{}{id}>", heading.level);
            assert!(article.html[*offset..].starts_with(&start), "{start}");
        }
        assert_eq!((article.headings.len(), article.html.matches("id=").count()), (7, 2));
    }
}
