//! The article as HTML.
//!
//! In: [`Node`]s, the [`Look`] of the theme, and which headings the mail links
//! to. Out: HTML in which every tag is closed, every attribute quoted, and
//! every image has an `alt`; and where in it each heading begins. The theme's
//! rules reach everything through inheritance and element names, which halves
//! the mail. So there are styles only on what breaks without them (code and
//! tables that would be wider than a phone, and buttons), and four classes for
//! what has no element of its own: `by` says who said a quote, `button` is the
//! table of a button, `notes` the list of footnotes, `top` a heading with which
//! the article begins. Code runs from left to right in every language; a
//! paragraph or heading that is wholly written the other way runs its own. End
//! tags stay, as some mail programs need them. Absent on purpose: anchors from
//! a footnote's mark to the footnote, which are dead in Gmail on iOS and in
//! Yahoo.

mod narrow;

use pulldown_cmark::Alignment;

use self::narrow::Narrow;
use super::headings::heading_id;
use super::node::{Element, ElementKind, Node};
use crate::domain::Direction;
use crate::source::html;

/// What the article takes from the theme, for the few places that must look
/// right in mail programs that drop every style sheet. Colours are `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    pub button: String,
    pub button_text: String,
    /// Which way the mail's script runs.
    pub direction: Direction,
}

/// The article, and where in it each heading begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArticleHtml {
    /// A fragment, for a place between tags.
    pub html: String,
    /// The first byte of each heading's tag, in the order of the headings.
    pub headings: Vec<usize>,
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

/// The style of a button's link; the colour of the label follows.
const BUTTON_LINK: &str =
    "display:inline-block;padding:12px 24px;font-weight:bold;text-decoration:none;color:";

impl Default for Look {
    fn default() -> Self {
        Self {
            button: "#1a5fb4".to_owned(),
            button_text: "#fafafa".to_owned(),
            direction: Direction::LeftToRight,
        }
    }
}

/// Room for the html of most articles.
const USUAL_BYTES: usize = 64 * 1024;

/// Writes the article. `linked` holds the indices of the headings that get an
/// id, in ascending order: those that something in the mail links to.
pub(crate) fn write(nodes: &[Node<'_>], look: &Look, linked: &[usize]) -> ArticleHtml {
    let out = String::with_capacity(USUAL_BYTES);
    let mut writer =
        HtmlWriter { look, linked, out, headings: Vec::new(), margins: 0, table: None };
    for (index, node) in nodes.iter().enumerate() {
        writer.node(node, index == 0);
        if node.kind().is_some() {
            writer.out.push('\n');
        }
    }
    ArticleHtml { html: writer.out, headings: writer.headings }
}

struct HtmlWriter<'w> {
    look: &'w Look,
    linked: &'w [usize],
    out: String,
    /// Where each heading begins.
    headings: Vec<usize>,
    /// How many open elements take room at the side.
    margins: usize,
    /// The table that is being written.
    table: Option<Narrow>,
}
impl HtmlWriter<'_> {
    fn node(&mut self, node: &Node<'_>, is_first: bool) {
        match node {
            Node::Element(element) => self.element(element, is_first),
            Node::Text(text) => self.words(text),
            Node::Code(text) => {
                self.out.push_str("<code");
                self.left_to_right();
                self.out.push('>');
                self.words(text);
                self.out.push_str("</code>");
            }
            Node::Image { source, alternative, attributes, .. } => {
                self.out.push_str("<img");
                self.attribute("src", source);
                self.attribute("alt", alternative);
                self.attributes(attributes);
                self.out.push('>');
            }
            Node::SoftBreak => self.out.push('\n'),
            Node::HardBreak => {
                self.out.push_str("<br>");
                if let Some(table) = &mut self.table {
                    table.word = 0;
                }
            }
            Node::Rule => self.out.push_str("<hr>"),
            Node::FootnoteMark(number) => self.out.push_str(&format!("<sup>[{number}]</sup>")),
        }
    }

    fn element(&mut self, element: &Element<'_>, is_first: bool) {
        let end = self.start(element, is_first);
        let margin = usize::from(matches!(end, "ul" | "ol" | "blockquote"));
        self.margins += margin;
        element.children.iter().for_each(|node| self.node(node, false));
        self.margins -= margin;
        self.out.push_str("</");
        self.out.push_str(end);
        self.out.push('>');
        if matches!(end, TABLE_WITH_HEAD | "table") {
            self.table = None;
        }
    }

    /// Writes the start of an element, and returns its end: the text between
    /// `</` and `>`.
    fn start(&mut self, element: &Element<'_>, is_first: bool) -> &'static str {
        let (start, end) = match &element.kind {
            ElementKind::Heading { level, .. } => {
                let name = heading_name(*level);
                let index = self.headings.len();
                self.headings.push(self.out.len());
                self.out.push('<');
                self.out.push_str(name);
                if self.linked.binary_search(&index).is_ok() {
                    self.attribute("id", &heading_id(index));
                }
                if is_first {
                    self.attribute("class", "top");
                }
                self.other_way(&element.children);
                (">", name)
            }
            kind @ (ElementKind::Paragraph | ElementKind::Attribution) => {
                self.out.push_str("<p");
                if *kind == ElementKind::Attribution {
                    self.attribute("class", "by");
                }
                self.other_way(&element.children);
                (">", "p")
            }
            ElementKind::Button => {
                self.out.push_str(
                    "<table class=\"button\" role=\"presentation\" border=\"0\" cellpadding=\"0\" \
                     cellspacing=\"0\" style=\"margin:16px 0\"><tr><td",
                );
                self.attribute("bgcolor", &self.look.button);
                // Mail programs that draw with Word know no padding of a link, and so get it
                // from the cell.
                self.attribute("style", BUTTON_CELL);
                (">", "td></tr></table")
            }
            ElementKind::ButtonLink { target, .. } => {
                self.out.push_str("<a");
                self.attribute("href", target);
                self.attribute("style", &format!("{BUTTON_LINK}{}", self.look.button_text));
                self.out.push_str("><span");
                // The colour is repeated where no theme's rule for links reaches it.
                self.attribute("style", &format!("color:{}", self.look.button_text));
                (">", "span></a")
            }
            ElementKind::Summary => ("<div><strong>", "strong></div"),
            ElementKind::Footnotes => ("<hr><ol class=\"notes\">", "ol"),
            ElementKind::Footnote(_) => ("<li>", "li"),
            ElementKind::Quote => ("<blockquote>", "blockquote"),
            ElementKind::CodeBlock => {
                self.out.push_str("<pre");
                self.keep_spaces();
                ("><code>", "code></pre")
            }
            ElementKind::List { start: None, .. } => ("<ul>", "ul"),
            ElementKind::List { start: Some(1), .. } => ("<ol>", "ol"),
            ElementKind::List { start: Some(start), .. } => {
                self.out.push_str(&format!("<ol start=\"{start}\""));
                (">", "ol")
            }
            // The box of a task takes the place of the bullet.
            ElementKind::Item if is_task(&element.children) => {
                ("<li style=\"list-style-type:none\">", "li")
            }
            ElementKind::Item => ("<li>", "li"),
            ElementKind::Table => {
                let table = Narrow::for_table(element, self.margins);
                self.out.push_str("<table");
                if table.is_wide {
                    self.attribute("style", SMALL);
                }
                self.attribute("cellpadding", CELL_PADDING);
                self.table = Some(table);
                let is_head = |node: &Node<'_>| node.kind() == Some(&ElementKind::TableHead);
                let has_head = element.children.iter().any(is_head);
                (">", if has_head { TABLE_WITH_HEAD } else { "table" })
            }
            kind @ (ElementKind::TableHead | ElementKind::TableRow) => {
                if let Some(table) = &mut self.table {
                    table.column = 0;
                }
                if *kind == ElementKind::TableHead {
                    ("<thead><tr>", "tr></thead><tbody")
                } else {
                    ("<tr>", "tr")
                }
            }
            ElementKind::Cell { heading, alignment } => {
                if let Some(table) = &mut self.table {
                    table.column += 1;
                    table.word = 0;
                }
                let (start, end) =
                    if *heading { ("<th scope=\"col\"", "th") } else { ("<td", "td") };
                self.out.push_str(start);
                (self.aligned(*heading, *alignment), end)
            }
            ElementKind::Emphasis => ("<em>", "em"),
            ElementKind::Strong => ("<strong>", "strong"),
            ElementKind::Strikethrough => ("<del>", "del"),
            ElementKind::Link { target, title, .. } => {
                self.out.push_str("<a");
                self.attribute("href", target);
                if !title.is_empty() {
                    self.attribute("title", title);
                }
                (">", "a")
            }
            ElementKind::Raw { name, attributes } => {
                self.out.push('<');
                self.out.push_str(name);
                self.attributes(attributes);
                match *name {
                    "pre" => self.keep_spaces(),
                    "code" => self.left_to_right(),
                    _ => {}
                }
                (">", *name)
            }
        };
        self.out.push_str(start);
        end
    }

    /// The end of a cell's start tag.
    fn aligned(&self, is_head: bool, alignment: Alignment) -> &'static str {
        match (alignment, is_head, self.look.direction) {
            (Alignment::None, false, _) => ">",
            // Outlook on Windows centres a heading without an alignment.
            (Alignment::None, true, Direction::LeftToRight) | (Alignment::Left, ..) => {
                " align=\"left\">"
            }
            (Alignment::None, true, Direction::RightToLeft) | (Alignment::Right, ..) => {
                " align=\"right\">"
            }
            (Alignment::Center, ..) => " align=\"center\">",
        }
    }

    /// The attributes of a `<pre>`.
    fn keep_spaces(&mut self) {
        self.left_to_right();
        let style = match self.look.direction {
            Direction::LeftToRight => PRE,
            Direction::RightToLeft => PRE_FROM_LEFT,
        };
        self.attribute("style", style);
    }

    /// Code among words that run from right to left says that it does not.
    fn left_to_right(&mut self) {
        if self.look.direction == Direction::RightToLeft {
            self.attribute("dir", "ltr");
        }
    }

    /// Says that a paragraph or heading runs the other way, if no letter in it
    /// runs the way of the mail.
    fn other_way(&mut self, children: &[Node<'_>]) {
        let mut other = None;
        if holds_letter(children, self.look.direction, &mut other) {
            return;
        }
        if let Some(other) = other {
            self.attribute("dir", other.as_str());
            let side = if other == Direction::RightToLeft { "right" } else { "left" };
            self.attribute("align", side);
        }
    }

    /// Writes a text, which may be in a table.
    fn words(&mut self, text: &str) {
        match &mut self.table {
            Some(table) => table.write(text, &mut self.out),
            None => html::escape_text(text, &mut self.out),
        }
    }

    fn attributes(&mut self, attributes: &[(&'static str, String)]) {
        attributes.iter().for_each(|(name, value)| self.attribute(name, value));
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        html::escape_attribute(value, &mut self.out);
        self.out.push('"');
    }
}

/// The end of a table that has a head, and so a body.
const TABLE_WITH_HEAD: &str = "tbody></table";

fn heading_name(level: u8) -> &'static str {
    match level {
        0..=2 => "h2",
        3 => "h3",
        4 => "h4",
        5 => "h5",
        _ => "h6",
    }
}

/// Whether a letter in some nodes runs this way; `other` gets another way that one runs.
fn holds_letter(nodes: &[Node<'_>], way: Direction, other: &mut Option<Direction>) -> bool {
    nodes.iter().any(|node| match node {
        Node::Element(element) => holds_letter(&element.children, way, other),
        Node::Text(text) => text.chars().filter_map(Direction::from_letter).any(|found| {
            if found != way {
                *other = Some(found);
            }
            found == way
        }),
        _ => false,
    })
}

/// Whether an item begins with the box of a task.
fn is_task(nodes: &[Node<'_>]) -> bool {
    match nodes.first() {
        Some(Node::Element(Element { kind: ElementKind::Paragraph, children, .. })) => {
            is_task(children)
        }
        Some(Node::Text(text)) => matches!(&**text, "☐ " | "☑ "),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
