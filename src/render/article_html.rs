//! The article as HTML.
//!
//! In: [`Node`]s. Out: HTML in which every tag is closed, every attribute
//! quoted, and every image has an `alt`. There are no classes and no styles:
//! the theme's rules reach everything through inheritance and element names,
//! which halves the mail. A heading has an `id` only if the theme links to it. End tags stay, as some mail programs need them.
//! The writer keeps its own stack, so no depth can exhaust the program's.

use std::collections::BTreeSet;

use pulldown_cmark::Alignment;

use super::node::{Element, Node};
use super::outline;

/// Writes the article. The headings whose numbers are in `anchored` get an `id`.
pub(crate) fn write(nodes: &[Node<'_>], anchored: &BTreeSet<usize>) -> String {
    let mut out = String::with_capacity(nodes.len() * 24);
    let mut ends: Vec<End> = Vec::new();
    let mut headings = 0;
    for node in nodes {
        match node {
            Node::Open(element) => {
                ends.push(open(element, &mut out));
                if matches!(element, Element::Heading(_)) {
                    if anchored.contains(&headings) {
                        // Into the start tag that was just written.
                        out.pop();
                        attribute("id", &outline::id(headings), &mut out);
                        out.push('>');
                    }
                    headings += 1;
                }
            }
            Node::Close => {
                let Some(end) = ends.pop() else { continue };
                close(&end, &mut out);
                if let (End::TableHead, Some(table)) = (&end, ends.last_mut()) {
                    *table = End::Tag("tbody></table");
                }
                if ends.is_empty() {
                    out.push('\n');
                }
            }
            Node::Text(text) => escape_text(text, &mut out),
            Node::Code(text) => {
                out.push_str("<code>");
                escape_text(text, &mut out);
                out.push_str("</code>");
            }
            Node::Image { source, alternative, attributes } => {
                out.push_str("<img");
                attribute("src", source, &mut out);
                attribute("alt", alternative, &mut out);
                attributes.iter().for_each(|(name, value)| attribute(name, value, &mut out));
                out.push('>');
            }
            Node::SoftBreak => out.push('\n'),
            Node::HardBreak => out.push_str("<br>"),
            Node::Rule => out.push_str("<hr>"),
        }
    }
    while let Some(end) = ends.pop() {
        close(&end, &mut out);
    }
    out
}

/// How an element ends.
enum End {
    /// With one end tag, or more: what stands between `</` and `>`.
    Tag(&'static str),
    /// A table's head is followed by its body.
    TableHead,
}

fn open(element: &Element<'_>, out: &mut String) -> End {
    let (start, end) = match element {
        Element::Paragraph => ("<p>", "p"),
        Element::Heading(2) => ("<h2>", "h2"),
        Element::Heading(3) => ("<h3>", "h3"),
        Element::Heading(4) => ("<h4>", "h4"),
        Element::Heading(5) => ("<h5>", "h5"),
        Element::Heading(_) => ("<h6>", "h6"),
        Element::Quote => ("<blockquote>", "blockquote"),
        Element::CodeBlock => ("<pre><code>", "code></pre"),
        Element::List { start: None, .. } => ("<ul>", "ul"),
        Element::List { start: Some(1), .. } => ("<ol>", "ol"),
        Element::List { start: Some(start), .. } => {
            out.push_str(&format!("<ol start=\"{start}\">"));
            ("", "ol")
        }
        Element::Item => ("<li>", "li"),
        Element::Table => ("<table>", "table"),
        Element::TableHead => {
            out.push_str("<thead><tr>");
            return End::TableHead;
        }
        Element::TableRow => ("<tr>", "tr"),
        Element::Cell { heading, alignment } => {
            let (start, end) = match heading {
                true => ("<th scope=\"col\"", "th"),
                false => ("<td", "td"),
            };
            out.push_str(start);
            out.push_str(match alignment {
                Alignment::None => ">",
                Alignment::Left => " align=\"left\">",
                Alignment::Center => " align=\"center\">",
                Alignment::Right => " align=\"right\">",
            });
            ("", end)
        }
        Element::Emphasis => ("<em>", "em"),
        Element::Strong => ("<strong>", "strong"),
        Element::Strikethrough => ("<del>", "del"),
        Element::Link { target, title } => {
            out.push_str("<a");
            attribute("href", target, out);
            if !title.is_empty() {
                attribute("title", title, out);
            }
            (">", "a")
        }
        Element::Raw { name, attributes } => {
            out.push('<');
            out.push_str(name);
            attributes.iter().for_each(|(name, value)| attribute(name, value, out));
            (">", *name)
        }
    };
    out.push_str(start);
    End::Tag(end)
}

fn close(end: &End, out: &mut String) {
    out.push_str("</");
    out.push_str(match end {
        End::Tag(names) => names,
        End::TableHead => "tr></thead><tbody",
    });
    out.push('>');
}

fn attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(value, out, |byte| matches!(byte, b'&' | b'<' | b'>' | b'"'));
    out.push('"');
}

fn escape_text(text: &str, out: &mut String) {
    escape(text, out, |byte| matches!(byte, b'&' | b'<' | b'>'));
}

/// Copies whole runs, as most text has nothing to escape.
fn escape(text: &str, out: &mut String, special: impl Fn(u8) -> bool) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| special(*byte)) {
        out.push_str(&text[from..at]);
        out.push_str(match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Document;
    use crate::render::flow::flow;
    use crate::source::{Findings, SourceText};

    fn html(markdown: &str) -> String {
        let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
        let document = Document::parse(&source, 0).unwrap();
        write(&flow(&document, &mut Findings::about(&source)), &BTreeSet::new())
    }

    #[test]
    fn constructs_are_written() {
        let cases = [
            ("a & b < c \"d\"", "<p>a &amp; b &lt; c \"d\"</p>\n"),
            (
                "[a](https://x.example/?a=1&b=2 \"T\\\"t\")",
                "<p><a href=\"https://x.example/?a=1&amp;b=2\" title=\"T&quot;t\">a</a></p>\n",
            ),
            (
                "- a\n- b\n\n3. c",
                "<ul><li>a</li><li>b</li></ul>\n<ol start=\"3\"><li>c</li></ol>\n",
            ),
            ("![](x.png)", "<p><img src=\"x.png\" alt=\"\"></p>\n"),
            ("```rust\nlet a = <T>;\n```", "<pre><code>let a = &lt;T&gt;;\n</code></pre>\n"),
            (
                "|a|b|\n|-|-:|\n|c|d|",
                "<table><thead><tr><th scope=\"col\">a</th><th scope=\"col\" align=\"right\">b</th></tr></thead><tbody><tr><td>c</td><td align=\"right\">d</td></tr></tbody></table>\n",
            ),
            ("~~a~~ **b** *c*  \nd", "<p><del>a</del> <strong>b</strong> <em>c</em><br>d</p>\n"),
            (
                "{{slot \"unsubscribe_url\"}} a\\*|UNSUB|\\*",
                "<p>{{slot \"unsubscribe_url\"}} a*|UNSUB|*</p>\n",
            ),
            ("Vec<T> <b title='a\"b'>x</b>", "<p>Vec&lt;T&gt; <b title=\"a&quot;b\">x</b></p>\n"),
        ];
        for (markdown, expected) in cases {
            assert_eq!(html(markdown), expected, "{markdown}");
        }
    }

    #[test]
    fn ten_thousand_levels_are_no_danger() {
        for markdown in ["[", "<b>", "<div>\n", "*a ", "![", "</b>"] {
            assert!(html(&markdown.repeat(10_000)).len() < 100_000, "{markdown}");
        }
        for (first, again) in [("<div>\n<a b='", "<a c=\""), ("<div>\n", "</a"), ("<div>\n", "<T>")]
        {
            assert!(!html(&format!("{first}{}>", again.repeat(100_000))).is_empty());
        }
    }
}
