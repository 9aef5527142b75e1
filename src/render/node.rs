//! The pieces of an article, between the reading of the Markdown and the two
//! writers. They come in the order of the text and are properly nested.

use std::borrow::Cow;

use pulldown_cmark::Alignment;

use crate::source::Span;

/// A piece of the article.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'d> {
    /// An element begins.
    Open(Element<'d>),
    /// The innermost open element ends.
    Close,
    /// Text to be shown.
    Text(Cow<'d, str>),
    /// Text that is code.
    Code(Cow<'d, str>),
    /// An image.
    Image {
        /// Where it is.
        source: String,
        /// What it shows, in words.
        alternative: String,
        /// Attributes that the author's HTML gave it, and its title.
        attributes: Vec<(&'static str, String)>,
        /// Where the author wrote it.
        place: Span,
    },
    /// The author's line break, which is only a space.
    SoftBreak,
    /// A line break.
    HardBreak,
    /// A line between two parts.
    Rule,
    /// A reference to the footnote of this number.
    FootnoteMark(usize),
}

/// What can hold other pieces.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Element<'d> {
    Paragraph,
    /// Who said what the quote before it, or around it, says.
    Attribution,
    /// A paragraph that is a button. It holds one [`Element::ButtonLink`].
    Button,
    /// The link of a button, and its label.
    ButtonLink {
        target: String,
        relative: Option<Span>,
    },
    /// What the content that follows is about: a `<summary>`, flattened.
    Summary,
    /// All footnotes, at the end.
    Footnotes,
    /// One footnote and its number. They come in the order of their numbers, from 1.
    Footnote(usize),
    /// Its level is 2 to 6.
    Heading(u8),
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
        /// Where the author wrote it, if it leads on from the page, or to
        /// another place in the mail.
        relative: Option<Span>,
        title: Cow<'d, str>,
    },
    /// An element of the author's HTML.
    Raw {
        name: &'static str,
        attributes: Vec<(&'static str, String)>,
    },
}
