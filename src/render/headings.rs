//! The headings of an article, for a list of contents.
//!
//! In: [`Node`]s. Out: each heading as plain text, with its level and its
//! index. Absent on purpose: where a heading stands in the html; the writer
//! tells that.

use super::node::{Element, Node};

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    /// Its words, without marks, on one line.
    pub title: String,
    /// From 2 to 6: the mail's title has level 1.
    pub level: u8,
    /// Which heading of the article it is, from 0.
    pub index: usize,
}

/// The headings, in their order. An empty one is among them, so that indices
/// are the same everywhere.
pub(crate) fn of(nodes: &[Node<'_>]) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    // How many elements are open inside of the heading, itself included.
    let mut depth = 0_usize;
    for node in nodes {
        match node {
            Node::Open(Element::Heading(level)) => {
                depth += 1;
                let index = headings.len();
                headings.push(Heading { title: String::new(), level: *level, index });
            }
            _ if depth == 0 => {}
            Node::Open(_) => depth += 1,
            Node::Close => depth -= 1,
            Node::Text(text) | Node::Code(text) => add(&mut headings, text),
            Node::Image { alternative, .. } => add(&mut headings, alternative),
            Node::FootnoteMark(_) => {}
            Node::SoftBreak | Node::HardBreak | Node::Rule => add(&mut headings, " "),
        }
    }
    for heading in &mut headings {
        let words: Vec<&str> = heading.title.split_whitespace().collect();
        heading.title = words.join(" ");
    }
    headings
}

/// The id that a heading has in the html if something links to it.
pub(crate) fn heading_id(index: usize) -> String {
    format!("s{}", index + 1)
}

fn add(headings: &mut [Heading], text: &str) {
    if let Some(heading) = headings.last_mut() {
        heading.title.push_str(text);
    }
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
        let found = of(&nodes);
        let seen: Vec<_> = found.iter().map(|h| (h.index, &*h.title)).collect();
        let expected = [(0, "A b"), (1, "c d"), (2, ""), (3, "E"), (4, "F"), (5, "g"), (6, "h")];
        assert_eq!(seen, expected);
        let levels: Vec<_> = found.iter().map(|heading| heading.level).collect();
        assert_eq!(levels, [2, 2, 2, 3, 2, 3, 2]);
        let article = article_html::write(&nodes, &Look::default(), &[1, 3]);
        for (heading, section) in found.iter().zip(&article.sections) {
            assert_eq!((&section.title, section.level), (&heading.title, heading.level));
            let id = match heading.index {
                1 | 3 => format!(" id=\"{}\"", heading_id(heading.index)),
                _ => String::new(),
            };
            let start = format!("<h{}{id}>", heading.level);
            assert!(article.html[section.offset..].starts_with(&start), "{start}");
        }
        assert_eq!((article.sections.len(), article.html.matches("id=").count()), (7, 2));
    }
}
