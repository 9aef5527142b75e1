//! The article as a tree, between the reading of the Markdown and the two writers.

use std::borrow::Cow;

use pulldown_cmark::Alignment;

use crate::source::Span;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'d> {
    Element(Element<'d>),
    Text(Cow<'d, str>),
    Code(Cow<'d, str>),
    Image {
        /// Its URL, or its path.
        source: String,
        alternative: String,
        /// Attributes that the author's HTML gave it, and its title.
        attributes: Vec<(&'static str, String)>,
        span: Span,
    },
    /// The author's line break, which is only a space.
    SoftBreak,
    HardBreak,
    /// A line between two parts.
    Rule,
    /// A reference to the footnote of this number.
    FootnoteMark(usize),
}

/// A node with children. Elements are at most
/// [`MAX_NESTING`](crate::issue::MAX_NESTING) deep inside each other, so a
/// function may call itself for the children.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element<'d> {
    pub(crate) kind: ElementKind<'d>,
    pub(crate) children: Vec<Node<'d>>,
    pub(crate) holds: Holds,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ElementKind<'d> {
    Paragraph,
    /// The paragraph that says who said the quote before it, or around it.
    Attribution,
    /// A paragraph that is a button. It holds one [`ElementKind::ButtonLink`].
    Button,
    /// The link of a button. It holds the label.
    ButtonLink {
        target: String,
        span: Span,
    },
    /// A `<summary>`: what the content after it is about.
    Summary,
    /// All footnotes, at the end.
    Footnotes,
    /// One footnote and its number. They come in the order of their numbers, from 1.
    Footnote(usize),
    Heading {
        /// From 2 to 6: the mail's title has level 1.
        level: u8,
        span: Span,
    },
    Quote,
    CodeBlock,
    /// A tight list has no paragraphs in its items.
    List {
        start: Option<u64>,
        tight: bool,
    },
    Item,
    Table,
    TableHead,
    TableRow,
    Cell {
        heading: bool,
        alignment: Alignment,
    },
    Emphasis,
    Strong,
    Strikethrough,
    Link {
        target: String,
        title: Cow<'d, str>,
        span: Span,
    },
    /// An element of the author's HTML.
    Raw {
        name: &'static str,
        attributes: Vec<(&'static str, String)>,
    },
}

/// What an element is, or holds at any depth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Holds {
    pub(crate) block: bool,
    pub(crate) heading: bool,
    pub(crate) link: bool,
}

/// Elements of the author's HTML before which a paragraph ends.
const BLOCKS: &str = "blockquote caption center dd div dl dt figcaption figure li ol p pre table tbody td \
    tfoot th thead tr ul";

impl<'d> Element<'d> {
    pub(crate) fn new(kind: ElementKind<'d>, children: Vec<Node<'d>>) -> Self {
        let mut holds = Holds {
            block: kind.is_block(),
            heading: matches!(kind, ElementKind::Heading { .. }),
            link: kind.is_link(),
        };
        for inner in children.iter().map(Node::holds) {
            holds.block |= inner.block;
            holds.heading |= inner.heading;
            holds.link |= inner.link;
        }
        Self { kind, children, holds }
    }
}

impl<'d> ElementKind<'d> {
    fn is_block(&self) -> bool {
        match self {
            Self::Emphasis
            | Self::Strong
            | Self::Strikethrough
            | Self::Link { .. }
            | Self::ButtonLink { .. } => false,
            Self::Raw { name, .. } => BLOCKS.split(' ').any(|block| block == *name),
            _ => true,
        }
    }

    pub(crate) fn is_link(&self) -> bool {
        matches!(self, Self::Link { .. } | Self::ButtonLink { .. } | Self::Raw { name: "a", .. })
    }
}

impl<'d> Node<'d> {
    /// What the node is, or holds at any depth.
    pub(crate) fn holds(&self) -> Holds {
        match self {
            Self::Element(element) => element.holds,
            node => Holds { block: *node == Self::Rule, ..Holds::default() },
        }
    }

    /// Whether a reader sees nothing of it but space.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            node => *node == Self::SoftBreak,
        }
    }

    pub(crate) fn kind(&self) -> Option<&ElementKind<'d>> {
        match self {
            Self::Element(element) => Some(&element.kind),
            _ => None,
        }
    }
}

/// Calls `see` with every node, an element before its children.
pub(crate) fn walk<'n, 'd>(nodes: &'n [Node<'d>], see: &mut impl FnMut(&'n Node<'d>)) {
    for node in nodes {
        see(node);
        if let Node::Element(element) = node {
            walk(&element.children, see);
        }
    }
}

/// Calls `change` with every node, an element before its children.
pub(crate) fn walk_mut<'d>(nodes: &mut [Node<'d>], change: &mut impl FnMut(&mut Node<'d>)) {
    for node in nodes {
        change(node);
        if let Node::Element(element) = node {
            walk_mut(&mut element.children, change);
        }
    }
}
