//! Elements in what HTML lets them stand in.
//!
//! In: nodes that are properly nested. Out: the same words in elements that
//! browsers and mail programs leave where they are written. They end a
//! paragraph where a block begins, a link where another begins, and a heading
//! where another begins; they put in front of a table what stands in none of
//! its cells; and a cell without a table ends the cell around the article,
//! and with it the mail's own layout. Absent on purpose: findings, for which
//! the tags were looked at where they were read.

use crate::render::node::{Element, Node};
use crate::render::raw_html;

/// Elements of the author's HTML before which a paragraph ends.
const BLOCKS: [&str; 21] = [
    "blockquote",
    "caption",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// Puts elements that cannot stand where they are into what they can stand in,
/// and divides those that cannot hold what they hold.
pub(super) fn settle(nodes: &mut Vec<Node<'_>>) {
    let pieces = settled(pieces(std::mem::take(nodes)), Around::Anything);
    flatten(pieces, nodes);
}

enum Piece<'d> {
    Leaf(Node<'d>),
    Branch { element: Element<'d>, pieces: Vec<Piece<'d>>, holds: Holds },
}

/// What an element holds at whatever depth, or is.
#[derive(Clone, Copy, Default)]
struct Holds {
    block: bool,
    heading: bool,
    link: bool,
}

/// What is right around a piece, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Table,
    /// The head, the body or the foot of a table.
    RowGroup,
    Row,
    List,
    Definitions,
    Anything,
}

fn pieces(nodes: Vec<Node<'_>>) -> Vec<Piece<'_>> {
    let mut open: Vec<(Element<'_>, Vec<Piece<'_>>)> = Vec::new();
    let mut pieces = Vec::new();
    for node in nodes {
        match node {
            Node::Open(element) => open.push((element, std::mem::take(&mut pieces))),
            Node::Close => {
                let Some((element, before)) = open.pop() else { continue };
                let inner = std::mem::replace(&mut pieces, before);
                pieces.push(Piece::branch(element, inner));
            }
            leaf => pieces.push(Piece::Leaf(leaf)),
        }
    }
    pieces
}

fn flatten<'d>(pieces: Vec<Piece<'d>>, nodes: &mut Vec<Node<'d>>) {
    for piece in pieces {
        match piece {
            Piece::Leaf(node) => nodes.push(node),
            Piece::Branch { element, pieces, .. } => {
                nodes.push(Node::Open(element));
                flatten(pieces, nodes);
                nodes.push(Node::Close);
            }
        }
    }
}

/// The nesting of an article is limited, and so is the depth of this.
fn settled(pieces: Vec<Piece<'_>>, around: Around) -> Vec<Piece<'_>> {
    let mut out = Vec::with_capacity(pieces.len());
    for piece in around.completed(pieces) {
        match piece {
            Piece::Branch { element, pieces, .. } => {
                let element = around.fitting(element);
                let pieces = settled(pieces, Around::inside(&element));
                divide(element, pieces, &mut out);
            }
            leaf => out.push(leaf),
        }
    }
    out
}

impl<'d> Piece<'d> {
    fn branch(element: Element<'d>, pieces: Vec<Self>) -> Self {
        let own = Holds {
            block: is_block(&element),
            heading: matches!(element, Element::Heading(_)),
            link: is_link(&element),
        };
        let holds = pieces.iter().map(Self::holds).fold(own, |all, inner| Holds {
            block: all.block || inner.block,
            heading: all.heading || inner.heading,
            link: all.link || inner.link,
        });
        Self::Branch { element, pieces, holds }
    }

    fn holds(&self) -> Holds {
        match self {
            Self::Branch { holds, .. } => *holds,
            Self::Leaf(node) => Holds { block: *node == Node::Rule, ..Holds::default() },
        }
    }

    fn is_blank(&self) -> bool {
        match self {
            Self::Leaf(Node::Text(text)) => text.bytes().all(|byte| byte.is_ascii_whitespace()),
            Self::Leaf(Node::SoftBreak) => true,
            _ => false,
        }
    }

    /// Whether it is an element of which `test` holds.
    fn is(&self, test: impl FnOnce(&Element<'d>) -> bool) -> bool {
        matches!(self, Self::Branch { element, .. } if test(element))
    }
}

fn is_block(element: &Element<'_>) -> bool {
    match element {
        Element::Emphasis
        | Element::Strong
        | Element::Strikethrough
        | Element::Link { .. }
        | Element::ButtonLink { .. } => false,
        Element::Raw { name, .. } => BLOCKS.contains(name),
        _ => true,
    }
}

pub(super) fn is_link(element: &Element<'_>) -> bool {
    matches!(
        element,
        Element::Link { .. } | Element::ButtonLink { .. } | Element::Raw { name: "a", .. }
    )
}

fn is_item(element: &Element<'_>) -> bool {
    matches!(element, Element::Item | Element::Raw { name: "li", .. })
}

fn is_definition(element: &Element<'_>) -> bool {
    matches!(element, Element::Raw { name: "dt" | "dd", .. })
}

fn is_cell(element: &Element<'_>) -> bool {
    matches!(element, Element::Cell { .. } | Element::Raw { name: "td" | "th", .. })
}

fn is_row(element: &Element<'_>) -> bool {
    // The head of a table in Markdown is a group and its only row.
    matches!(element, Element::TableHead | Element::TableRow | Element::Raw { name: "tr", .. })
}

fn is_in_table(element: &Element<'_>) -> bool {
    let is_own =
        matches!(element, Element::Raw { name: "thead" | "tbody" | "tfoot" | "caption", .. });
    is_own || is_row(element)
}

fn raw(name: &'static str) -> Element<'static> {
    Element::Raw { name, attributes: Vec::new() }
}

impl Around {
    fn inside(element: &Element<'_>) -> Self {
        match element {
            Element::Table | Element::Raw { name: "table", .. } => Self::Table,
            Element::Raw { name: "thead" | "tbody" | "tfoot", .. } => Self::RowGroup,
            Element::TableHead | Element::TableRow | Element::Raw { name: "tr", .. } => Self::Row,
            Element::List { .. } | Element::Raw { name: "ul" | "ol", .. } => Self::List,
            Element::Raw { name: "dl", .. } => Self::Definitions,
            _ => Self::Anything,
        }
    }

    /// Gives pieces the row, the cell or the list that they cannot be without.
    fn completed(self, mut pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
        if matches!(self, Self::Table | Self::RowGroup | Self::Row) {
            pieces.retain(|piece| !matches!(piece, Piece::Leaf(Node::HardBreak)));
        }
        match self {
            Self::Table => grouped(pieces, |piece| !piece.is(is_in_table), "tr"),
            Self::RowGroup => grouped(pieces, |piece| !piece.is(is_row), "tr"),
            Self::Row => grouped(pieces, |piece| !piece.is(is_cell), "td"),
            Self::List => grouped(pieces, |piece| piece.is(is_definition), "dl"),
            Self::Definitions => grouped(pieces, |piece| piece.is(is_item), "ul"),
            Self::Anything => {
                let pieces = grouped(pieces, |piece| piece.is(is_item), "ul");
                grouped(pieces, |piece| piece.is(is_definition), "dl")
            }
        }
    }

    /// An element that may stand here: a part of a table without its table is a block.
    fn fitting(self, element: Element<'_>) -> Element<'_> {
        let fits = match &element {
            Element::Raw { name: "td" | "th", .. } => self == Self::Row,
            Element::Raw { name: "tr", .. } => matches!(self, Self::Table | Self::RowGroup),
            Element::Raw { name: "thead" | "tbody" | "tfoot" | "caption", .. } => {
                self == Self::Table
            }
            _ => true,
        };
        match element {
            Element::Raw { mut attributes, .. } if !fits => {
                attributes.retain(|(name, _)| raw_html::allowed_attribute("div", name).is_some());
                Element::Raw { name: "div", attributes }
            }
            element => element,
        }
    }
}

/// Puts each run of the pieces that `belong` into an element of their own.
/// Blank text between them goes with them.
fn grouped<'d>(
    pieces: Vec<Piece<'d>>,
    belongs: impl Fn(&Piece<'d>) -> bool,
    name: &'static str,
) -> Vec<Piece<'d>> {
    let belongs = |piece: &Piece<'d>| !piece.is_blank() && belongs(piece);
    if !pieces.iter().any(belongs) {
        return pieces;
    }
    let mut out = Vec::with_capacity(pieces.len());
    let mut run: Vec<Piece<'d>> = Vec::new();
    for piece in pieces {
        if belongs(&piece) || (!run.is_empty() && piece.is_blank()) {
            run.push(piece);
            continue;
        }
        if !run.is_empty() {
            out.push(Piece::branch(raw(name), std::mem::take(&mut run)));
        }
        out.push(piece);
    }
    if !run.is_empty() {
        out.push(Piece::branch(raw(name), run));
    }
    out
}

/// Writes an element; one that cannot hold some of its pieces is written
/// around each run of the others, and those stand between.
fn divide<'d>(element: Element<'d>, pieces: Vec<Piece<'d>>, out: &mut Vec<Piece<'d>>) {
    let is_barred: fn(Holds) -> bool = match &element {
        Element::Paragraph | Element::Raw { name: "p", .. } => |holds| holds.block,
        Element::Heading(_) => |holds| holds.heading,
        element if is_link(element) => |holds| holds.link,
        _ => |_| false,
    };
    if !pieces.iter().any(|piece| is_barred(piece.holds())) {
        return out.push(Piece::branch(element, pieces));
    }
    match element {
        // What the author said of the paragraph holds for all of it.
        Element::Raw { name: "p", attributes } if !attributes.is_empty() => {
            let mut parts = Vec::new();
            write_runs(Element::Paragraph, pieces, is_barred, &mut parts);
            out.push(Piece::branch(Element::Raw { name: "div", attributes }, parts));
        }
        element => write_runs(element, pieces, is_barred, out),
    }
}

fn write_runs<'d>(
    mut element: Element<'d>,
    pieces: Vec<Piece<'d>>,
    is_barred: fn(Holds) -> bool,
    out: &mut Vec<Piece<'d>>,
) {
    let mut run = Vec::new();
    let mut end = |run: &mut Vec<Piece<'d>>, out: &mut Vec<Piece<'d>>| {
        let run = std::mem::take(run);
        if run.iter().all(Piece::is_blank) {
            return out.extend(run);
        }
        out.push(Piece::branch(element.clone(), run));
        if let Element::Raw { attributes, .. } = &mut element {
            // A name of a place is given once.
            attributes.retain(|(name, _)| !matches!(*name, "id" | "name"));
        }
    };
    for piece in pieces {
        if is_barred(piece.holds()) {
            end(&mut run, out);
            out.push(piece);
        } else {
            run.push(piece);
        }
    }
    end(&mut run, out);
}

#[cfg(test)]
mod tests;
