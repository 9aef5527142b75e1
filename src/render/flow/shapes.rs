//! What an element is by what stands around it or in it: a list is loose, a
//! paragraph is who said the quote, a link is a button.

use crate::render::node::{Element, Node};

/// The title that makes a link a button, if it stands alone in its paragraph.
const BUTTON: &str = "button";

/// Finds out which lists are loose: those with a paragraph right in an item.
pub(super) fn loosen_lists(nodes: &mut [Node<'_>]) {
    let mut open: Vec<usize> = Vec::new();
    for at in 0..nodes.len() {
        match &nodes[at] {
            Node::Open(Element::Paragraph) => {
                let around = |up: usize| open.len().checked_sub(up).map(|index| open[index]);
                if let (Some(item), Some(list)) = (around(1), around(2))
                    && nodes[item] == Node::Open(Element::Item)
                    && let Node::Open(Element::List { tight, .. }) = &mut nodes[list]
                {
                    *tight = false;
                }
                open.push(at);
            }
            Node::Open(_) => open.push(at),
            Node::Close => {
                open.pop();
            }
            _ => {}
        }
    }
}

/// An element that is open, to [`part_last_lines`].
#[derive(Default)]
struct Around {
    is_quote: bool,
    /// It is a paragraph right in a quote: where it begins.
    paragraph: Option<usize>,
    /// The last line break right in it.
    line_break: Option<usize>,
    /// The line break in its last child, if a dash follows there.
    parted: Option<usize>,
}

/// Makes a paragraph of its own of the last line of a quote, if that begins
/// with a dash and the paragraph does not: many write who said it so.
pub(super) fn part_last_lines(nodes: &mut Vec<Node<'_>>) {
    let mut breaks = Vec::new();
    let mut open = vec![Around::default()];
    for at in 0..nodes.len() {
        let Some(around) = open.last_mut() else { return };
        match &nodes[at] {
            Node::Open(element) => {
                around.parted = None;
                let in_quote = around.is_quote && *element == Element::Paragraph;
                open.push(Around {
                    is_quote: *element == Element::Quote,
                    paragraph: in_quote.then_some(at),
                    ..Around::default()
                });
            }
            Node::Close => {
                let Some(closed) = open.pop() else { continue };
                if let (Some(begin), Some(last)) = (closed.paragraph, closed.line_break)
                    && begins_with_dash(&nodes[last + 1..])
                    && !begins_with_dash(&nodes[begin + 1..])
                    && let Some(quote) = open.last_mut()
                {
                    quote.parted = Some(last);
                }
                breaks.extend(closed.parted.filter(|_| closed.is_quote));
            }
            Node::SoftBreak | Node::HardBreak => around.line_break = Some(at),
            _ => {}
        }
    }
    if breaks.is_empty() {
        return;
    }
    breaks.sort_unstable();
    let mut breaks = breaks.into_iter().peekable();
    for (at, node) in std::mem::take(nodes).into_iter().enumerate() {
        match breaks.next_if_eq(&at) {
            Some(_) => nodes.extend([Node::Close, Node::Open(Element::Paragraph)]),
            None => nodes.push(node),
        }
    }
}

/// An element that is open, to [`find_attributions`].
#[derive(Default)]
struct Level {
    is_quote: bool,
    /// What was last closed in it is a quote.
    after_quote: bool,
    /// Its last child, if that is a paragraph.
    last_paragraph: Option<usize>,
    children: usize,
}

/// Finds the paragraphs that say who said a quote: those that begin with a
/// dash, right after the quote or at its end.
pub(super) fn find_attributions(nodes: &mut [Node<'_>]) {
    let mut open = vec![Level::default()];
    for at in 0..nodes.len() {
        match &nodes[at] {
            Node::Open(element) => {
                let is_paragraph = *element == Element::Paragraph;
                let is_quote =
                    matches!(element, Element::Quote | Element::Raw { name: "blockquote", .. });
                let after_quote = open.last_mut().is_some_and(|around| {
                    around.children += 1;
                    around.last_paragraph = is_paragraph.then_some(at);
                    std::mem::take(&mut around.after_quote)
                });
                if is_paragraph && after_quote && begins_with_dash(&nodes[at + 1..]) {
                    nodes[at] = Node::Open(Element::Attribution);
                }
                open.push(Level { is_quote, ..Level::default() });
            }
            Node::Close => {
                let Some(closed) = open.pop() else { continue };
                if let (true, Some(last)) = (closed.is_quote, closed.last_paragraph)
                    && closed.children > 1
                    && begins_with_dash(&nodes[last + 1..])
                {
                    nodes[last] = Node::Open(Element::Attribution);
                }
                if let Some(around) = open.last_mut() {
                    around.after_quote = closed.is_quote;
                }
            }
            Node::Text(text) if text.trim().is_empty() => {}
            Node::SoftBreak => {}
            _ => {
                if let Some(around) = open.last_mut() {
                    around.children += 1;
                    (around.after_quote, around.last_paragraph) = (false, None);
                }
            }
        }
    }
}

/// Whether the first text is a dash and a name. A minus before a digit and
/// an arrow are none.
fn begins_with_dash(nodes: &[Node<'_>]) -> bool {
    let Some(Node::Text(text)) = nodes.iter().find(|node| !matches!(node, Node::Open(_))) else {
        return false;
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

/// Finds the links that are buttons. An image cannot be a label, as many mail
/// programs show none.
pub(super) fn find_buttons(nodes: &mut [Node<'_>]) {
    for at in 1..nodes.len() {
        let (Node::Open(Element::Paragraph), Node::Open(Element::Link { target, relative, title })) =
            (&nodes[at - 1], &nodes[at])
        else {
            continue;
        };
        if !title.eq_ignore_ascii_case(BUTTON)
            || target.is_empty()
            || !holds_a_label_and_nothing_follows(&nodes[at..])
        {
            continue;
        }
        let (target, relative) = (target.clone(), relative.clone());
        nodes[at - 1] = Node::Open(Element::Button);
        nodes[at] = Node::Open(Element::ButtonLink { target, relative });
    }
}

/// Whether the link that begins here has words and is the last of what is around it.
fn holds_a_label_and_nothing_follows(nodes: &[Node<'_>]) -> bool {
    let mut depth = 0_usize;
    let mut has_words = false;
    for (at, node) in nodes.iter().enumerate() {
        match node {
            Node::Open(Element::Link { .. }) if depth > 0 => return false,
            Node::Open(_) => depth += 1,
            Node::Close if depth == 1 => {
                return has_words && nodes.get(at + 1) == Some(&Node::Close);
            }
            Node::Close => depth -= 1,
            Node::Text(text) | Node::Code(text) => has_words |= !text.trim().is_empty(),
            Node::SoftBreak => {}
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Document;
    use crate::render::flow::flow;
    use crate::source::{Findings, SourceText};

    /// How many elements of a kind a text has.
    fn count(markdown: &str, element: &Element<'_>) -> usize {
        let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
        let document = Document::parse(&source, 0).unwrap();
        let nodes = flow(&document, &mut Findings::about(&source));
        nodes.iter().filter(|node| **node == Node::Open(element.clone())).count()
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
            assert_eq!(count(markdown, &Element::Attribution), 1, "{markdown}");
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
            assert_eq!(count(markdown, &Element::Attribution), 0, "{markdown}");
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
            assert_eq!(count(markdown, &Element::Button), 1, "{markdown}");
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
            assert_eq!(count(markdown, &Element::Button), 0, "{markdown}");
        }
    }
}
