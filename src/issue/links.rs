//! The links of a document, with their text, target and place.

use pulldown_cmark::{Event, LinkType, Tag, TagEnd};

use super::Document;
use crate::source::Span;

/// A link or an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The text without marks; an image's alternative text.
    pub(crate) text: String,
    /// Whether readers see text, code or an image that they can click.
    pub(crate) shows_something: bool,
    /// The target with its entities and escapes resolved.
    pub(crate) target: String,
    pub(crate) kind: LinkKind,
    /// The whole link in the source. For a reference, its use, not its definition.
    pub(crate) span: Span,
}

/// How a link was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkKind {
    /// `[text](target)`.
    Inline,
    /// `[text][name]`, `[name][]` or `[name]`, with a definition elsewhere.
    Reference,
    /// `<https://example.org>`, or `<editor@example.org>`.
    Autolink,
    /// `![text](target)` in any form.
    Image,
}

impl Document<'_> {
    /// Every link and image, in the order in which they begin. An image inside
    /// a link comes after that link.
    pub(crate) fn links(&self) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for (event, span) in &self.events {
            match event {
                Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                    open.push(links.len());
                    let kind = match link_type {
                        LinkType::Inline => LinkKind::Inline,
                        LinkType::Autolink | LinkType::Email => LinkKind::Autolink,
                        _ => LinkKind::Reference,
                    };
                    links.push(Link::begun(kind, dest_url, span));
                }
                Event::Start(Tag::Image { dest_url, .. }) => {
                    open.iter().for_each(|&at| links[at].shows_something = true);
                    open.push(links.len());
                    links.push(Link::begun(LinkKind::Image, dest_url, span));
                }
                Event::End(TagEnd::Link | TagEnd::Image) => {
                    open.pop();
                }
                Event::Text(text) | Event::Code(text) => {
                    open.iter().for_each(|&at| links[at].add(text));
                }
                Event::SoftBreak | Event::HardBreak => {
                    open.iter().for_each(|&at| links[at].add(" "));
                }
                _ => {}
            }
        }
        links
    }
}

impl Link {
    fn begun(kind: LinkKind, target: &str, span: &Span) -> Self {
        let (text, target, span) = (String::new(), target.to_owned(), span.clone());
        Self { text, shows_something: false, target, kind, span }
    }

    fn add(&mut self, text: &str) {
        self.text.push_str(text);
        self.shows_something |= !text.trim().is_empty();
    }
}

/// The scheme of a target in lower case (RFC 3986 section 3.1). Mail programs and
/// browsers ignore control characters and white space inside it, so this function
/// does too.
pub(crate) fn scheme(target: &str) -> Option<String> {
    let mut scheme = String::new();
    for c in target.chars().filter(|c| !c.is_control() && !c.is_whitespace()) {
        match c {
            ':' if !scheme.is_empty() => return Some(scheme),
            'a'..='z' | 'A'..='Z' => scheme.push(c.to_ascii_lowercase()),
            '0'..='9' | '+' | '-' | '.' if !scheme.is_empty() => scheme.push(c),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    #[test]
    fn every_way_to_write_a_link_is_known_with_its_place() {
        let text = "[a *b*](x) [r] <https://e.org> [![alt](i.png)](y) <!-- [no](z) --> `[no](z)` [ ](w)\n\n[r]: t\n";
        let source = SourceText::new("a.md", text.as_bytes()).unwrap();
        let links = Document::parse(&source, 0).unwrap().links();
        let seen: Vec<_> = links
            .iter()
            .map(|l| (l.kind, &*l.text, &*l.target, l.shows_something, &text[l.span.clone()]))
            .collect();
        assert_eq!(
            seen,
            [
                (LinkKind::Inline, "a b", "x", true, "[a *b*](x)"),
                (LinkKind::Reference, "r", "t", true, "[r]"),
                (LinkKind::Autolink, "https://e.org", "https://e.org", true, "<https://e.org>"),
                (LinkKind::Inline, "alt", "y", true, "[![alt](i.png)](y)"),
                (LinkKind::Image, "alt", "i.png", true, "![alt](i.png)"),
                (LinkKind::Inline, " ", "w", false, "[ ](w)"),
            ]
        );
    }
}
