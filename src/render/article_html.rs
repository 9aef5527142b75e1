//! The article as HTML.
//!
//! In: [`Node`]s, the [`Look`] of the theme, and which headings it links to.
//! Out: HTML in which every tag is closed, every attribute quoted, and every
//! image has an `alt`; and where in it each section begins. The theme's rules
//! reach everything through inheritance and element names, which halves the
//! mail; so there are no styles but on what breaks without them (code and
//! tables that would be wider than a phone, and buttons), and four
//! classes for what has no element of its own: `by` says who said a quote,
//! `button` is the table of a button, `notes` the list of footnotes, `top` a
//! heading with which the article begins. Code runs from left to right in every language; a paragraph
//! or heading that is wholly written the other way runs its own. End tags stay,
//! as some mail programs need them. The writer keeps its own stack, so no depth
//! can exhaust the program's. Absent on purpose: anchors from a footnote's mark
//! to the footnote, which are dead in Gmail on iOS and in Yahoo.

mod narrow;

use pulldown_cmark::Alignment;

use self::narrow::Narrow;
use super::headings::{self, heading_id};
use super::node::{Element, Node};
use crate::domain::Direction;

/// What the article takes from the theme, for the few places that must look
/// right in mail programs that drop every style sheet. Colours are `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// What a button is filled with.
    pub button: String,
    /// The words on a button.
    pub button_text: String,
    /// Which way the mail's script runs.
    pub direction: Direction,
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

/// In a mail from right to left, the cell around the article keeps to the right.
const PRE_FROM_LEFT: &str = "white-space:pre-wrap;text-align:left";

/// Makes room in tables where style sheets are dropped, and with them the padding.
const CELL_PADDING: &str = "4";

/// The type of a table that is too wide for a phone.
const SMALL: &str = "font-size:13px";

/// A theme's rules for the cells of tables must not reach the cell of a button.
const BUTTON_CELL: &str = "border:0;padding:0;border-radius:6px;mso-padding-alt:12px 24px";

/// The colour of the words follows.
const BUTTON_LINK: &str =
    "display:inline-block;padding:12px 24px;font-weight:bold;text-decoration:none;color:";

/// The colour stands here again, out of reach of a theme's rules for links.
const BUTTON_WORDS: &str = "color:";

impl Default for Look {
    fn default() -> Self {
        Self {
            button: "#1a5fb4".to_owned(),
            button_text: "#fafafa".to_owned(),
            direction: Direction::LeftToRight,
        }
    }
}

/// Writes the article. `linked` holds the indices of the headings that get an
/// id, in ascending order: those that something in the mail links to.
pub(crate) fn write(nodes: &[Node<'_>], look: &Look, linked: &[usize]) -> ArticleHtml {
    let mut out = String::with_capacity(nodes.len() * 24);
    let mut ends: Vec<End> = Vec::new();
    let mut offsets = Vec::new();
    let mut table: Option<Narrow> = None;
    for (at, node) in nodes.iter().enumerate() {
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
                if at == 0 {
                    attribute("class", "top", &mut out);
                }
                other_way(&nodes[at..], look.direction, &mut out);
                out.push('>');
                ends.push(End::Tag(name));
            }
            Node::Open(element @ (Element::Paragraph | Element::Attribution)) => {
                out.push_str("<p");
                if *element == Element::Attribution {
                    attribute("class", "by", &mut out);
                }
                other_way(&nodes[at..], look.direction, &mut out);
                out.push('>');
                ends.push(End::Tag("p"));
            }
            Node::Open(Element::Item) => {
                out.push_str("<li");
                // The box of a task stands where a bullet would.
                if is_task(&nodes[at + 1..]) {
                    attribute("style", "list-style-type:none", &mut out);
                }
                out.push('>');
                ends.push(End::Tag("li"));
            }
            Node::Open(element) => {
                match (element, &mut table) {
                    (Element::Table, _) => {
                        let margins = ends.iter().filter(|end| end.takes_a_margin()).count();
                        let narrow = Narrow::of(&nodes[at..], margins);
                        out.push_str("<table");
                        if narrow.is_wide {
                            attribute("style", SMALL, &mut out);
                        }
                        attribute("cellpadding", CELL_PADDING, &mut out);
                        table = Some(narrow);
                    }
                    (Element::TableHead | Element::TableRow, Some(table)) => table.begin_row(),
                    (Element::Cell { .. }, Some(table)) => table.begin_cell(),
                    _ => {}
                }
                ends.push(open(element, look, &mut out));
            }
            Node::Close => {
                let Some(end) = ends.pop() else { continue };
                close(&end, &mut out);
                if let (End::TableHead, Some(around)) = (&end, ends.last_mut()) {
                    *around = End::Tag("tbody></table");
                }
                if matches!(end, End::Tag("tbody></table" | "table")) {
                    table = None;
                }
                if ends.is_empty() {
                    out.push('\n');
                }
            }
            Node::Text(text) => write_words(text, &mut table, &mut out),
            Node::Code(text) => {
                out.push_str("<code");
                from_left(look, &mut out);
                out.push('>');
                write_words(text, &mut table, &mut out);
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
            Node::HardBreak => {
                out.push_str("<br>");
                if let Some(table) = &mut table {
                    table.end_word();
                }
            }
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

impl End {
    /// Whether the element takes room at the side.
    fn takes_a_margin(&self) -> bool {
        matches!(self, Self::Tag("ul" | "ol" | "blockquote"))
    }
}

/// Opens what is no heading.
fn open(element: &Element<'_>, look: &Look, out: &mut String) -> End {
    let (start, end) = match element {
        Element::Paragraph | Element::Attribution => ("<p>", "p"),
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
            pre(look, out);
            ("><code>", "code></pre")
        }
        Element::List { start: None, .. } => ("<ul>", "ul"),
        Element::List { start: Some(1), .. } => ("<ol>", "ol"),
        Element::List { start: Some(start), .. } => {
            out.push_str(&format!("<ol start=\"{start}\">"));
            ("", "ol")
        }
        Element::Item => ("<li>", "li"),
        Element::Table => (">", "table"),
        Element::TableHead => {
            out.push_str("<thead><tr>");
            return End::TableHead;
        }
        Element::TableRow => ("<tr>", "tr"),
        Element::Cell { heading, alignment } => {
            let (start, end) = if *heading { ("<th scope=\"col\"", "th") } else { ("<td", "td") };
            out.push_str(start);
            let alignment = match (alignment, heading, look.direction) {
                // Outlook on Windows centres a heading that does not say where it stands.
                (Alignment::None, true, Direction::LeftToRight) => &Alignment::Left,
                (Alignment::None, true, Direction::RightToLeft) => &Alignment::Right,
                (alignment, ..) => alignment,
            };
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
            match *name {
                "pre" => pre(look, out),
                "code" => from_left(look, out),
                _ => {}
            }
            (">", *name)
        }
    };
    out.push_str(start);
    End::Tag(end)
}

/// The attributes of a `<pre>`.
fn pre(look: &Look, out: &mut String) {
    from_left(look, out);
    let style = match look.direction {
        Direction::LeftToRight => PRE,
        Direction::RightToLeft => PRE_FROM_LEFT,
    };
    attribute("style", style, out);
}

/// Code among words that run from right to left says that it does not.
fn from_left(look: &Look, out: &mut String) {
    if look.direction == Direction::RightToLeft {
        attribute("dir", "ltr", out);
    }
}

/// Says that the paragraph or heading that begins here runs the other way, if no
/// letter in it runs the way of the mail.
fn other_way(nodes: &[Node<'_>], way: Direction, out: &mut String) {
    let mut depth = 0_usize;
    let mut other = None;
    for node in nodes {
        match node {
            Node::Open(_) => depth += 1,
            Node::Close if depth <= 1 => break,
            Node::Close => depth -= 1,
            Node::Text(text) => {
                for found in text.chars().filter_map(Direction::of_letter) {
                    if found == way {
                        return;
                    }
                    other = Some(found);
                }
            }
            _ => {}
        }
    }
    if let Some(other) = other {
        attribute("dir", other.as_str(), out);
        attribute("align", if other == Direction::RightToLeft { "right" } else { "left" }, out);
    }
}

/// Whether what begins here begins with the box of a task.
fn is_task(nodes: &[Node<'_>]) -> bool {
    let first = nodes.iter().find(|node| **node != Node::Open(Element::Paragraph));
    matches!(first, Some(Node::Text(text)) if matches!(&**text, "☐ " | "☑ "))
}

/// Writes a text, which may stand in a table.
fn write_words(text: &str, table: &mut Option<Narrow>, out: &mut String) {
    match table {
        Some(table) => table.write(text, out),
        None => escape_text(text, out),
    }
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
mod tests;
