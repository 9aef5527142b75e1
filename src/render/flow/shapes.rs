//! The kinds that depend on what is around an element or in it: a list is loose, a
//! paragraph is who said the quote, a link is a button.
//!
//! In: a tree in which elements are where HTML allows them. Out: the same
//! tree with these kinds. Absent on purpose: how they look.

use crate::render::node::{Element, ElementKind, Node};

/// The title that makes a link a button, if it is alone in its paragraph.
const BUTTON: &str = "button";

/// Finds loose lists, attributions and buttons.
pub(super) fn find(nodes: &mut [Node<'_>]) {
    mark_attributions(nodes, false);
    nodes.iter_mut().for_each(find_in);
}

fn find_in(node: &mut Node<'_>) {
    let Node::Element(element) = node else { return };
    match &mut element.kind {
        ElementKind::List { tight, .. } => {
            *tight = !element.children.iter().any(has_paragraph);
        }
        ElementKind::Quote => part_last_line(&mut element.children),
        ElementKind::Paragraph => turn_into_button(element),
        _ => {}
    }
    let is_quote = is_quote(&element.kind);
    mark_attributions(&mut element.children, is_quote);
    element.children.iter_mut().for_each(find_in);
}

fn is_quote(kind: &ElementKind<'_>) -> bool {
    matches!(kind, ElementKind::Quote | ElementKind::Raw { name: "blockquote", .. })
}

/// Whether a node is an item with a paragraph right in it, which makes its list loose.
fn has_paragraph(node: &Node<'_>) -> bool {
    matches!(node, Node::Element(Element { kind: ElementKind::Item, children, .. })
        if children.iter().any(|node| node.kind() == Some(&ElementKind::Paragraph)))
}

/// Makes a paragraph of its own of the last line of a quote, if that begins
/// with a dash and the paragraph does not: many write who said it so.
fn part_last_line(quote: &mut Vec<Node<'_>>) {
    let Some(at) = quote.iter().rposition(|node| node.kind().is_some()) else { return };
    let Node::Element(Element { kind: ElementKind::Paragraph, children, .. }) = &mut quote[at]
    else {
        return;
    };
    let is_break = |node: &Node<'_>| matches!(node, Node::SoftBreak | Node::HardBreak);
    let Some(last) = children.iter().rposition(is_break) else { return };
    if begins_with_dash(&children[last + 1..]) && !begins_with_dash(children) {
        let line = children.split_off(last + 1);
        children.pop();
        quote.insert(at + 1, Node::Element(Element::new(ElementKind::Paragraph, line)));
    }
}

/// Finds the paragraphs that say who said a quote: those that begin with a
/// dash, right after the quote or at its end. `in_quote` says whether the nodes
/// are the children of a quote.
fn mark_attributions(nodes: &mut [Node<'_>], in_quote: bool) {
    let mut after_quote = false;
    let mut seen = 0_usize;
    let mut last = None;
    for (at, node) in nodes.iter_mut().enumerate().filter(|(_, node)| !node.is_blank()) {
        seen += 1;
        last = Some(at);
        if after_quote {
            mark_attribution(node);
        }
        after_quote = node.kind().is_some_and(is_quote);
    }
    if let (true, Some(last)) = (in_quote && seen > 1, last) {
        mark_attribution(&mut nodes[last]);
    }
}

fn mark_attribution(node: &mut Node<'_>) {
    if let Node::Element(Element { kind: kind @ ElementKind::Paragraph, children, .. }) = node
        && begins_with_dash(children)
    {
        *kind = ElementKind::Attribution;
    }
}

/// Whether the first text is a dash and a name. A minus before a digit and
/// an arrow are none.
fn begins_with_dash(nodes: &[Node<'_>]) -> bool {
    let text = match nodes.first() {
        Some(Node::Element(element)) => return begins_with_dash(&element.children),
        Some(Node::Text(text)) => text,
        _ => return false,
    };
    let mut characters = text.trim_start().chars();
    match characters.next() {
        Some('\u{2012}'..='\u{2015}') => true,
        Some('-') => characters
            .next()
            .is_none_or(|c| c == '-' || c == '@' || c.is_alphabetic() || c.is_whitespace()),
        _ => false,
    }
}

/// Makes a button of a paragraph that holds one link, if the link asks for it.
/// An image cannot be a label, as many mail programs show none.
fn turn_into_button(paragraph: &mut Element<'_>) {
    let [Node::Element(link)] = paragraph.children.as_mut_slice() else { return };
    let ElementKind::Link { target, title, span } = &mut link.kind else { return };
    if title.eq_ignore_ascii_case(BUTTON)
        && !target.is_empty()
        && link.children.iter().all(fits_a_label)
        && link.children.iter().any(has_words)
    {
        link.kind = ElementKind::ButtonLink { target: std::mem::take(target), span: span.clone() };
        paragraph.kind = ElementKind::Button;
    }
}

fn fits_a_label(node: &Node<'_>) -> bool {
    match node {
        Node::Element(element) => {
            !matches!(element.kind, ElementKind::Link { .. })
                && element.children.iter().all(fits_a_label)
        }
        Node::Text(_) | Node::Code(_) | Node::SoftBreak => true,
        _ => false,
    }
}

fn has_words(node: &Node<'_>) -> bool {
    match node {
        Node::Element(element) => element.children.iter().any(has_words),
        Node::Text(text) | Node::Code(text) => !text.trim().is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Document;
    use crate::render::flow::flow;
    use crate::render::node::walk;
    use crate::source::{Findings, SourceText};

    /// How many elements of a kind a text has.
    fn count(markdown: &str, kind: &ElementKind<'_>) -> usize {
        let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
        let document = Document::parse(&source, 0).unwrap();
        let nodes = flow(&document, &mut Findings::about(&source));
        let mut count = 0;
        walk(&nodes, &mut |node| count += usize::from(node.kind() == Some(kind)));
        count
    }

    #[test]
    fn a_dash_after_a_quote_or_at_its_end_says_who_said_it() {
        let attributions = [
            "> a\n\n— b",
            "> a\n\n– [b](https://x.example)",
            "> a\n\n-- *b*",
            "> a\n\n-b",
            "> a\n\n**— b**",
            "> a\n\n<!-- c -->\n\n&mdash; b",
            "> a\n>\n> ― b",
            "- > a\n\n  — b",
            "<blockquote>a</blockquote>\n\n— b",
            "> a\n> -- b",
            "> a  \n> — [b](https://x.example)",
            "> a\n>\n> b\n> c\n> – d",
        ];
        for markdown in attributions {
            assert_eq!(count(markdown, &ElementKind::Attribution), 1, "{markdown}");
        }
        let others = [
            "> a\n\nb — c",
            "> a\n\nb\n\n— c",
            "> a\n\n- b",
            "> — a",
            "> — a\n> — b",
            "> a\n> — b\n> c",
            "> a\n> — b\n>\n> c",
            "> *a\n> — b*",
            "— a\n\n> b",
            "> a\n\n-5 degrees",
            "> a\n\n-> b",
            "> a\n\n# — b",
            "> a\n>\n> — b\n>\n> c",
        ];
        for markdown in others {
            assert_eq!(count(markdown, &ElementKind::Attribution), 0, "{markdown}");
        }
    }

    #[test]
    fn a_link_alone_with_the_title_button_is_a_button() {
        let buttons = [
            "[a *b* `c`](https://x.example \"button\")",
            "> [a](https://x.example 'button')",
            "- b\n\n  [a](https://x.example 'button')",
            "[a][r]\n\n[r]: https://x.example 'button'",
            "[a](https://x.example 'Button')",
        ];
        for markdown in buttons {
            assert_eq!(count(markdown, &ElementKind::Button), 1, "{markdown}");
        }
        let links = [
            "[a](https://x.example)",
            "[a](https://x.example 'button').",
            "x [a](https://x.example 'button')",
            "[![i](i.png)](https://x.example 'button')",
            "[](https://x.example 'button')",
            "[a](<> 'button')",
            "[a <a href='y'>b</a>](https://x.example 'button')",
            "[a](javascript:x 'button')",
            "- [a](https://x.example 'button')",
        ];
        for markdown in links {
            assert_eq!(count(markdown, &ElementKind::Button), 0, "{markdown}");
        }
    }
}
