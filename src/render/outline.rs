//! The headings of an article, for a list of contents.
//!
//! In: [`Node`]s. Out: each heading's words and level, in their order. Absent
//! on purpose: which of them a theme links to; only those get an `id`.

use super::node::{Element, Node};

/// A heading of the article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    /// Its words, without marks.
    pub(crate) title: String,
    /// 2 to 6; the title of the issue is 1.
    pub(crate) level: u8,
}

/// All headings.
pub(crate) fn headings(nodes: &[Node<'_>]) -> Vec<Heading> {
    let mut found: Vec<Heading> = Vec::new();
    // How many elements are open since the heading began, itself included.
    let mut depth = 0_usize;
    for node in nodes {
        match node {
            Node::Open(Element::Heading(level)) if depth == 0 => {
                found.push(Heading { title: String::new(), level: *level });
                depth = 1;
            }
            Node::Open(_) if depth > 0 => depth += 1,
            Node::Close => depth = depth.saturating_sub(1),
            _ if depth == 0 => {}
            node => {
                let Some(heading) = found.last_mut() else { continue };
                match node {
                    Node::Text(text) | Node::Code(text) => heading.title.push_str(text),
                    Node::Image { alternative, .. } => heading.title.push_str(alternative),
                    Node::SoftBreak | Node::HardBreak => heading.title.push(' '),
                    Node::Open(_) | Node::Close | Node::Rule => {}
                }
            }
        }
    }
    found
}

/// The `id` of a heading. It is short, as each byte may be there thirty times.
pub(crate) fn id(heading: usize) -> String {
    format!("s{}", heading + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Document;
    use crate::render::flow::flow;
    use crate::source::{Findings, SourceText};

    #[test]
    fn every_heading_is_found_with_its_words() {
        let markdown = "# A *word* and `code`\n\ntext\n\n> ## In [a quote](https://x.example)\n\n\
                        ## ![Alternative](x.png) &amp; <b>more</b>\n\n#\n";
        let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
        let document = Document::parse(&source, 0).unwrap();
        let found = headings(&flow(&document, &mut Findings::about(&source)));
        let shown: Vec<_> = found.iter().map(|h| (h.level, h.title.as_str())).collect();
        assert_eq!(
            shown,
            [(2, "A word and code"), (3, "In a quote"), (3, "Alternative & more"), (2, "")]
        );
    }
}
