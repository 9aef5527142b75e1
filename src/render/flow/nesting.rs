//! Elements inside the elements where HTML allows them.
//!
//! In: an element's kind where it begins, and its children where it ends. Out:
//! the same words in elements that browsers and mail programs leave where they
//! are written. They end a paragraph where a block begins, a link where
//! another begins, and a heading where another begins; they put in front of a
//! table what is in none of its cells; and a cell without a table ends the
//! cell around the article, and with it the mail's own layout. Absent on
//! purpose: findings; `own_html` reports misplaced tags where it reads them.

use crate::render::node::{Element, ElementKind, Holds, Node};
use crate::render::raw_html;

/// The element right around a node, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parent {
    Table,
    /// The head, the body or the foot of a table.
    RowGroup,
    Row,
    List,
    Definitions,
    Other,
}

impl Parent {
    pub(super) fn from_kind(kind: &ElementKind<'_>) -> Self {
        match kind {
            ElementKind::Table | ElementKind::Raw { name: "table", .. } => Self::Table,
            ElementKind::Raw { name: "thead" | "tbody" | "tfoot", .. } => Self::RowGroup,
            ElementKind::TableHead
            | ElementKind::TableRow
            | ElementKind::Raw { name: "tr", .. } => Self::Row,
            ElementKind::List { .. } | ElementKind::Raw { name: "ul" | "ol", .. } => Self::List,
            ElementKind::Raw { name: "dl", .. } => Self::Definitions,
            _ => Self::Other,
        }
    }

    /// The kind that an element gets in this parent: a part of a table without
    /// its table becomes a `<div>`. A cell without its row gets one later.
    pub(super) fn fitted(self, kind: ElementKind<'_>) -> ElementKind<'_> {
        let fits = match &kind {
            ElementKind::Raw { name: "td" | "th", .. } => {
                matches!(self, Self::Table | Self::RowGroup | Self::Row)
            }
            ElementKind::Raw { name: "tr", .. } => matches!(self, Self::Table | Self::RowGroup),
            ElementKind::Raw { name: "thead" | "tbody" | "tfoot" | "caption", .. } => {
                self == Self::Table
            }
            _ => true,
        };
        match kind {
            ElementKind::Raw { mut attributes, .. } if !fits => {
                attributes.retain(|(name, _)| raw_html::allowed_attribute("div", name).is_some());
                ElementKind::Raw { name: "div", attributes }
            }
            kind => kind,
        }
    }

    /// The children as HTML allows them in this parent.
    pub(super) fn settled(self, children: Vec<Node<'_>>) -> Vec<Node<'_>> {
        let mut settled = Vec::with_capacity(children.len());
        for node in self.completed(children) {
            match node {
                Node::Element(element) => divide(element, &mut settled),
                node => settled.push(node),
            }
        }
        settled
    }

    /// Puts the children that need a row, a cell or a list into one.
    fn completed(self, mut children: Vec<Node<'_>>) -> Vec<Node<'_>> {
        if matches!(self, Self::Table | Self::RowGroup | Self::Row) {
            children.retain(|node| *node != Node::HardBreak);
        }
        match self {
            Self::Table => grouped(children, |kind| !kind.is_some_and(is_in_table), "tr"),
            Self::RowGroup => grouped(children, |kind| !kind.is_some_and(is_row), "tr"),
            Self::Row => grouped(children, |kind| !kind.is_some_and(is_cell), "td"),
            Self::List => grouped(children, |kind| kind.is_some_and(is_definition), "dl"),
            Self::Definitions => grouped(children, |kind| kind.is_some_and(is_item), "ul"),
            Self::Other => {
                let children = grouped(children, |kind| kind.is_some_and(is_item), "ul");
                grouped(children, |kind| kind.is_some_and(is_definition), "dl")
            }
        }
    }
}

fn is_item(kind: &ElementKind<'_>) -> bool {
    matches!(kind, ElementKind::Item | ElementKind::Raw { name: "li", .. })
}

fn is_definition(kind: &ElementKind<'_>) -> bool {
    matches!(kind, ElementKind::Raw { name: "dt" | "dd", .. })
}

fn is_cell(kind: &ElementKind<'_>) -> bool {
    matches!(kind, ElementKind::Cell { .. } | ElementKind::Raw { name: "td" | "th", .. })
}

fn is_row(kind: &ElementKind<'_>) -> bool {
    // The head of a table in Markdown is a group and its only row.
    matches!(
        kind,
        ElementKind::TableHead | ElementKind::TableRow | ElementKind::Raw { name: "tr", .. }
    )
}

fn is_in_table(kind: &ElementKind<'_>) -> bool {
    matches!(kind, ElementKind::Raw { name: "thead" | "tbody" | "tfoot" | "caption", .. })
        || is_row(kind)
}

fn is_blank(node: &Node<'_>) -> bool {
    match node {
        Node::Text(text) => text.bytes().all(|byte| byte.is_ascii_whitespace()),
        node => *node == Node::SoftBreak,
    }
}

/// Puts each run of the nodes that `belong` into an element of this name.
/// `belong` gets the kind of an element, and `None` for another node. Blank
/// text between nodes of a run is part of the run.
fn grouped<'d>(
    nodes: Vec<Node<'d>>,
    belong: fn(Option<&ElementKind<'d>>) -> bool,
    name: &'static str,
) -> Vec<Node<'d>> {
    let belongs = |node: &Node<'d>| !is_blank(node) && belong(node.kind());
    if !nodes.iter().any(belongs) {
        return nodes;
    }
    let group = |run: &mut Vec<Node<'d>>| {
        let kind = ElementKind::Raw { name, attributes: Vec::new() };
        let children = Parent::from_kind(&kind).settled(std::mem::take(run));
        Node::Element(Element::new(kind, children))
    };
    let mut out = Vec::with_capacity(nodes.len());
    let mut run: Vec<Node<'d>> = Vec::new();
    for node in nodes {
        if belongs(&node) || (!run.is_empty() && is_blank(&node)) {
            run.push(node);
            continue;
        }
        if !run.is_empty() {
            out.push(group(&mut run));
        }
        out.push(node);
    }
    if !run.is_empty() {
        out.push(group(&mut run));
    }
    out
}

/// Writes an element. One that cannot hold some of its children becomes several:
/// one around each run of the others, with those children between them.
fn divide<'d>(element: Element<'d>, out: &mut Vec<Node<'d>>) {
    let is_barred: fn(Holds) -> bool = match &element.kind {
        ElementKind::Paragraph | ElementKind::Raw { name: "p", .. } => |holds| holds.block,
        ElementKind::Heading { .. } => |holds| holds.heading,
        kind if kind.is_link() => |holds| holds.link,
        _ => |_| false,
    };
    if !element.children.iter().any(|node| is_barred(node.holds())) {
        return out.push(Node::Element(element));
    }
    match element.kind {
        // The attributes of the paragraph hold for all of it.
        ElementKind::Raw { name: "p", attributes } if !attributes.is_empty() => {
            let mut parts = Vec::new();
            write_runs(ElementKind::Paragraph, element.children, is_barred, &mut parts);
            let whole = ElementKind::Raw { name: "div", attributes };
            out.push(Node::Element(Element::new(whole, parts)));
        }
        kind => write_runs(kind, element.children, is_barred, out),
    }
}

fn write_runs<'d>(
    mut kind: ElementKind<'d>,
    children: Vec<Node<'d>>,
    is_barred: fn(Holds) -> bool,
    out: &mut Vec<Node<'d>>,
) {
    let mut run = Vec::new();
    let mut end = |run: &mut Vec<Node<'d>>, out: &mut Vec<Node<'d>>| {
        let run = std::mem::take(run);
        if run.iter().all(is_blank) {
            return out.extend(run);
        }
        out.push(Node::Element(Element::new(kind.clone(), run)));
        if let ElementKind::Raw { attributes, .. } = &mut kind {
            // A document has an id once.
            attributes.retain(|(name, _)| !matches!(*name, "id" | "name"));
        }
    };
    for node in children {
        if is_barred(node.holds()) {
            end(&mut run, out);
            out.push(node);
        } else {
            run.push(node);
        }
    }
    end(&mut run, out);
}

#[cfg(test)]
mod tests;
