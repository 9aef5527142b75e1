//! The article as HTML.
//!
//! In: [`Node`]s, the [`Look`] of the theme, and which headings it links to.
//! Out: HTML in which every tag is closed, every attribute quoted, and every
//! image has an `alt`; and where in it each section begins. The theme's rules
//! reach everything through inheritance and element names, which halves the
//! mail; so there are no styles but on what breaks without them (code, which
//! would be wider than a phone, and buttons), and three classes for what has
//! no element of its own: `by` says who said a quote, `button` is the table
//! of a button, `notes` the list of footnotes. End tags stay, as some mail
//! programs need them. The writer keeps its own stack, so no depth can
//! exhaust the program's. Absent on purpose: anchors from a footnote's mark to
//! the footnote, which are dead in Gmail on iOS and in Yahoo.

use pulldown_cmark::Alignment;

use super::headings::{self, heading_id};
use super::node::{Element, Node};

/// What the article takes from the theme, for the few places that must look
/// right in mail programs that drop every style sheet. Colours are `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// What a button is filled with.
    pub button: String,
    /// The words on a button.
    pub button_text: String,
}

/// The article, and its sections in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArticleHtml {
    /// A fragment, for a place between tags.
    pub html: String,
    /// One for each heading.
    pub sections: Vec<SectionMark>,
}

/// Where a section begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SectionMark {
    /// The words of the heading.
    pub title: String,
    /// From 2 to 6.
    pub level: u8,
    /// The first byte of the heading's tag in the html.
    pub offset: usize,
}

/// Code wraps, even where style sheets are dropped: a line that makes a mail
/// wider than the phone makes all of its text small. That long words break is
/// inherited from the cell around the article.
const PRE: &str = "white-space:pre-wrap";

/// A theme's rules for the cells of tables must not reach the cell of a button.
const BUTTON_CELL: &str = "border:0;padding:0;border-radius:6px;mso-padding-alt:12px 24px";

/// The colour of the words follows.
const BUTTON_LINK: &str =
    "display:inline-block;padding:12px 24px;font-weight:bold;text-decoration:none;color:";

/// The colour stands here again, out of reach of a theme's rules for links.
const BUTTON_WORDS: &str = "color:";

impl Default for Look {
    fn default() -> Self {
        Self { button: "#1a5fb4".to_owned(), button_text: "#fafafa".to_owned() }
    }
}

/// Writes the article. `linked` holds the indices of the headings that get an
/// id, in ascending order: those that something in the mail links to.
pub(crate) fn write(nodes: &[Node<'_>], look: &Look, linked: &[usize]) -> ArticleHtml {
    let mut out = String::with_capacity(nodes.len() * 24);
    let mut ends: Vec<End> = Vec::new();
    let mut offsets = Vec::new();
    for node in nodes {
        match node {
            Node::Open(Element::Heading(level)) => {
                let index = offsets.len();
                offsets.push(out.len());
                let name = heading_name(*level);
                out.push('<');
                out.push_str(name);
                if linked.binary_search(&index).is_ok() {
                    attribute("id", &heading_id(index), &mut out);
                }
                out.push('>');
                ends.push(End::Tag(name));
            }
            Node::Open(element) => ends.push(open(element, look, &mut out)),
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
            Node::Image { source, alternative, attributes, .. } => {
                out.push_str("<img");
                attribute("src", source, &mut out);
                attribute("alt", alternative, &mut out);
                attributes.iter().for_each(|(name, value)| attribute(name, value, &mut out));
                out.push('>');
            }
            Node::SoftBreak => out.push('\n'),
            Node::HardBreak => out.push_str("<br>"),
            Node::Rule => out.push_str("<hr>"),
            Node::FootnoteMark(number) => {
                out.push_str(&format!("<sup>[{number}]</sup>"));
            }
        }
    }
    while let Some(end) = ends.pop() {
        close(&end, &mut out);
    }
    let marked = headings::of(nodes).into_iter().zip(offsets);
    let mark = |(heading, offset): (headings::Heading, usize)| SectionMark {
        title: heading.title,
        level: heading.level,
        offset,
    };
    ArticleHtml { html: out, sections: marked.map(mark).collect() }
}

fn heading_name(level: u8) -> &'static str {
    match level {
        0..=2 => "h2",
        3 => "h3",
        4 => "h4",
        5 => "h5",
        _ => "h6",
    }
}

/// How an element ends.
enum End {
    /// With one end tag, or more: what stands between `</` and `>`.
    Tag(&'static str),
    /// A table's head is followed by its body.
    TableHead,
}

/// Opens what is no heading.
fn open(element: &Element<'_>, look: &Look, out: &mut String) -> End {
    let (start, end) = match element {
        Element::Paragraph => ("<p>", "p"),
        Element::Attribution => ("<p class=\"by\">", "p"),
        Element::Button => {
            button(look, out);
            ("", "td></tr></table")
        }
        Element::ButtonLink { target, .. } => {
            out.push_str("<a");
            attribute("href", target, out);
            attribute("style", &format!("{BUTTON_LINK}{}", look.button_text), out);
            out.push_str("><span");
            attribute("style", &format!("{BUTTON_WORDS}{}", look.button_text), out);
            (">", "span></a")
        }
        Element::Summary => ("<div><strong>", "strong></div"),
        Element::Footnotes => ("<hr><ol class=\"notes\">", "ol"),
        Element::Footnote(_) => ("<li>", "li"),
        Element::Quote => ("<blockquote>", "blockquote"),
        Element::CodeBlock => {
            out.push_str("<pre");
            attribute("style", PRE, out);
            ("><code>", "code></pre")
        }
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
        Element::Link { target, title, .. } => {
            out.push_str("<a");
            attribute("href", target, out);
            if !title.is_empty() {
                attribute("title", title, out);
            }
            (">", "a")
        }
        Element::Heading(level) => return End::Tag(heading_name(*level)),
        Element::Raw { name, attributes } => {
            out.push('<');
            out.push_str(name);
            attributes.iter().for_each(|(name, value)| attribute(name, value, out));
            if *name == "pre" {
                attribute("style", PRE, out);
            }
            (">", *name)
        }
    };
    out.push_str(start);
    End::Tag(end)
}

/// The table of a button, up to its link. Mail programs that draw with Word
/// know no padding of a link, and so get it from the cell.
fn button(look: &Look, out: &mut String) {
    out.push_str("<table class=\"button\" role=\"presentation\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\"");
    attribute("style", "margin:16px 0", out);
    out.push_str("><tr><td");
    attribute("bgcolor", &look.button, out);
    attribute("style", BUTTON_CELL, out);
    out.push('>');
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
        write(&flow(&document, &mut Findings::about(&source)), &Look::default(), &[]).html
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
            (
                "```rust\nlet a = <T>;\n```",
                "<pre style=\"white-space:pre-wrap\"><code>let a = &lt;T&gt;;\n</code></pre>\n",
            ),
            (
                "|a|b|\n|-|-:|\n|c|d|",
                "<table><thead><tr><th scope=\"col\">a</th><th scope=\"col\" align=\"right\">b</th></tr></thead><tbody><tr><td>c</td><td align=\"right\">d</td></tr></tbody></table>\n",
            ),
            ("~~a~~ **b** *c*  \nd", "<p><del>a</del> <strong>b</strong> <em>c</em><br>d</p>\n"),
            (
                "{{slot \"unsubscribe_url\"}} a\\*|UNSUB|\\*",
                "<p>{{slot \"unsubscribe_url\"}} a*|UNSUB|*</p>\n",
            ),
            (
                "a[^x]\n\n[^x]: b\n\n    c",
                "<p>a<sup>[1]</sup></p>\n<hr><ol class=\"notes\"><li><p>b</p><p>c</p></li></ol>\n",
            ),
            ("- [ ] a\n- [x] b", "<ul><li>☐ a</li><li>☑ b</li></ul>\n"),
            ("> a\n\n— b", "<blockquote><p>a</p></blockquote>\n<p class=\"by\">— b</p>\n"),
            (
                "<details open><summary>a</summary>\n\nb\n\n</details>",
                "<div><div><strong>a</strong></div>\n<p>b</p></div>\n",
            ),
            ("<pre>a</pre>", "<pre style=\"white-space:pre-wrap\">a</pre>\n"),
            ("Vec<T> <b title='a\"b'>x</b>", "<p>Vec&lt;T&gt; <b title=\"a&quot;b\">x</b></p>\n"),
        ];
        for (markdown, expected) in cases {
            assert_eq!(html(markdown), expected, "{markdown}");
        }
    }

    #[test]
    fn a_button_is_one_without_any_style_sheet() {
        let shown = html("[Read *on*](https://x.example/?a&b \"button\")");
        let parts = [
            "<table class=\"button\" role=\"presentation\" border=\"0\" ",
            "<tr><td bgcolor=\"#1a5fb4\" style=\"border:0;",
            "<a href=\"https://x.example/?a&amp;b\" style=\"display:inline-block;padding:12px 24px;",
            "<span style=\"color:#fafafa\">Read <em>on</em></span></a></td></tr></table>\n",
        ];
        let mut from = 0;
        for part in parts {
            from += shown[from..].find(part).unwrap_or_else(|| panic!("{part} in {shown}"));
        }
        assert!(!shown.contains("title=") && !shown.contains("<p"), "{shown}");
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
