//! The article as both parts of a mail show it.
//!
//! In: the events of a Markdown document. Out: a tree of [`Node`]s in which
//! targets are clean, control characters are gone, heading levels have no
//! gaps, footnotes are numbered at the end, and the author's HTML is either
//! an element that mail programs know, or text, or nothing. And a finding for
//! whatever the author may not have meant. Absent on purpose: how it looks,
//! which the two writers decide.

mod dropped;
mod footnotes;
mod image;
mod nesting;
mod own_html;
mod shapes;

pub(crate) use image::resolve;

use std::borrow::Cow;
use std::collections::HashSet;

use pulldown_cmark::{Alignment, Event, LinkType, Tag, TagEnd};

use self::dropped::Dropping;
use self::footnotes::Footnotes;
use self::nesting::Parent;
use super::node::{Element, ElementKind, Node};
use super::target;
use crate::issue::Document;
use crate::source::rules::{DEEP_NESTING, RAW_HTML, REFUSED_TARGET};
use crate::source::{Findings, Span, holds_control, is_control};

/// Elements of the author's HTML that are deeper are left out, and their
/// content is kept. Markdown that is as deep is refused by the parser.
const DEEPEST: usize = crate::issue::MAX_NESTING;

/// The level of the article's topmost headings: the mail's title has level 1.
const TOP_HEADING: u8 = 2;

/// Turns a document into a tree.
pub(crate) fn flow<'d>(document: &'d Document<'_>, findings: &mut Findings<'_>) -> Vec<Node<'d>> {
    let mut flow = Flow {
        nodes: Vec::new(),
        open: Vec::new(),
        levels: Vec::new(),
        alignments: Vec::new(),
        column: 0,
        in_table_head: false,
        image: None,
        html: None,
        dropping: None,
        events: &document.events,
        at: 0,
        never_ended: Vec::new(),
        film_without_source: false,
        footnotes: Footnotes::default(),
        ids: HashSet::new(),
        may_be_misplaced: false,
        too_deep: false,
        findings,
    };
    for (at, (event, span)) in document.events.iter().enumerate() {
        flow.at = at;
        flow.event(event, span);
    }
    while let Some(opened) = flow.open.pop() {
        flow.close_implied(opened);
    }
    flow.add_footnotes();
    let mut nodes = flow.children(0, Parent::Other);
    shapes::find(&mut nodes);
    nodes
}

struct Flow<'d, 'f, 's> {
    /// The nodes of all open elements: the children of each follow those of
    /// the element around it.
    nodes: Vec<Node<'d>>,
    open: Vec<Opened<'d>>,
    /// The author's levels of the headings around this place.
    levels: Vec<u8>,
    alignments: Vec<Alignment>,
    column: usize,
    in_table_head: bool,
    image: Option<OpenImage>,
    /// The HTML block that is being read, and where each of its lines is in it and in the source.
    html: Option<(String, Vec<(usize, Span)>)>,
    /// The author's element whose content is left out.
    dropping: Option<Dropping>,
    events: &'d [(Event<'d>, Span)],
    /// The event that is being read.
    at: usize,
    /// Elements that do not end before an event, so that nobody looks again.
    never_ended: Vec<(&'static str, usize)>,
    /// A film is open that has named no source yet.
    film_without_source: bool,
    footnotes: Footnotes<'d>,
    /// The ids that the author's HTML gives.
    ids: HashSet<String>,
    /// Whether the author's HTML, or a link in a link, may be where HTML does not allow it.
    may_be_misplaced: bool,
    too_deep: bool,
    findings: &'f mut Findings<'s>,
}

/// An element that is open, whether it is written or not.
struct Opened<'d> {
    by: Author,
    /// `None` if only what it holds is written.
    kind: Option<ElementKind<'d>>,
    /// Where in [`Flow::nodes`] its children begin.
    start: usize,
    /// What its children have around them.
    parent: Parent,
    is_link: bool,
}

/// How the author's HTML stands in the Markdown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A block of its own.
    Block,
    /// One tag among words.
    Inline,
}

enum Author {
    Markdown,
    Html { name: &'static str, span: Span, may_stay_open: bool },
}

struct OpenImage {
    source: Option<String>,
    title: String,
    alternative: String,
    depth: usize,
    span: Span,
}

impl Opened<'_> {
    /// The name of an element of the author's HTML.
    fn html_name(&self) -> Option<&'static str> {
        match self.by {
            Author::Html { name, .. } => Some(name),
            Author::Markdown => None,
        }
    }
}

impl<'d> Flow<'d, '_, '_> {
    fn event(&mut self, event: &'d Event<'_>, span: &Span) {
        if let Some(image) = &mut self.image {
            return match event {
                Event::Start(_) => image.depth += 1,
                Event::End(_) if image.depth > 0 => image.depth -= 1,
                Event::End(_) => self.end_image(),
                Event::Text(text) | Event::Code(text) => image.alternative.push_str(text),
                Event::SoftBreak | Event::HardBreak => image.alternative.push(' '),
                _ => {}
            };
        }
        match event {
            Event::Start(tag) => self.start(tag, span),
            Event::End(tag) => self.end(*tag),
            Event::Html(text) => {
                if let Some((html, lines)) = &mut self.html {
                    lines.push((html.len(), span.clone()));
                    html.push_str(text);
                }
            }
            Event::InlineHtml(text) => self.html(text, &[(0, span.clone())], Form::Inline),
            Event::Text(text) | Event::Code(text) if self.dropping.is_some() => {
                self.drop_text(text);
            }
            _ if self.dropping.is_some() => {}
            Event::Text(text) => self.text(clean(text)),
            Event::Code(text) => self.nodes.push(Node::Code(clean(text))),
            Event::SoftBreak => self.nodes.push(Node::SoftBreak),
            Event::HardBreak => self.nodes.push(Node::HardBreak),
            Event::Rule => self.nodes.push(Node::Rule),
            Event::FootnoteReference(label) => {
                let note = self.footnotes.referred_to(label);
                self.nodes.push(Node::FootnoteMark(note));
            }
            // Screen readers know both characters by name, in the reader's language.
            Event::TaskListMarker(true) => self.text(Cow::Borrowed("☑ ")),
            Event::TaskListMarker(false) => self.text(Cow::Borrowed("☐ ")),
            // Mathematics and metadata are not switched on.
            _ => {}
        }
    }

    fn start(&mut self, tag: &'d Tag<'_>, span: &Span) {
        let kind = match tag {
            Tag::HtmlBlock => {
                self.html = Some((String::new(), Vec::new()));
                return;
            }
            Tag::FootnoteDefinition(label) => {
                self.footnotes.begin(label, span);
                // The elements around a definition are not around its content.
                return self.open_unwritten(Parent::Other);
            }
            Tag::Paragraph => ElementKind::Paragraph,
            Tag::Heading { level, .. } => {
                ElementKind::Heading { level: self.level(*level as u8), span: span.clone() }
            }
            Tag::BlockQuote(_) => ElementKind::Quote,
            Tag::CodeBlock(_) => ElementKind::CodeBlock,
            Tag::List(start) => ElementKind::List { start: *start, tight: true },
            Tag::Item => ElementKind::Item,
            Tag::Table(alignments) => {
                self.alignments.clone_from(alignments);
                ElementKind::Table
            }
            Tag::TableHead => {
                (self.column, self.in_table_head) = (0, true);
                ElementKind::TableHead
            }
            Tag::TableRow => {
                (self.column, self.in_table_head) = (0, false);
                ElementKind::TableRow
            }
            Tag::TableCell => {
                let alignment = self.alignments.get(self.column).copied();
                self.column += 1;
                let alignment = alignment.unwrap_or(Alignment::None);
                ElementKind::Cell { heading: self.in_table_head, alignment }
            }
            Tag::Emphasis => ElementKind::Emphasis,
            Tag::Strong => ElementKind::Strong,
            Tag::Strikethrough => ElementKind::Strikethrough,
            Tag::Link { link_type, dest_url, title, .. } => {
                let address = match link_type {
                    LinkType::Email => Cow::Owned(format!("mailto:{dest_url}")),
                    _ => Cow::Borrowed(&**dest_url),
                };
                match self.target(&address, span) {
                    Some(target) => {
                        ElementKind::Link { target, title: clean(title), span: span.clone() }
                    }
                    None => return self.open_unwritten(self.parent()),
                }
            }
            Tag::Image { dest_url, title, .. } => {
                let source = self.target(dest_url, span);
                let title = clean(title).into_owned();
                let (alternative, span) = (String::new(), span.clone());
                self.image = Some(OpenImage { source, title, alternative, depth: 0, span });
                return;
            }
            // Not switched on. Their content is shown.
            _ => return self.open_unwritten(self.parent()),
        };
        self.open(kind, Author::Markdown, span);
    }

    fn end(&mut self, tag: TagEnd) {
        if tag == TagEnd::HtmlBlock {
            if let Some((html, lines)) = self.html.take() {
                self.html(&html, &lines, Form::Block);
            }
            return;
        }
        // What the author's HTML opened in here ends here.
        while let Some(opened) = self.open.pop_if(|opened| opened.html_name().is_some()) {
            self.close_implied(opened);
        }
        if let Some(opened) = self.open.pop() {
            if tag == TagEnd::FootnoteDefinition {
                let content = self.children(opened.start, opened.parent);
                self.footnotes.end(content);
            } else {
                self.close(opened);
            }
        }
    }

    fn open(&mut self, kind: ElementKind<'d>, by: Author, span: &Span) {
        let is_link = kind.is_link();
        if is_link && self.open.iter().any(|opened| opened.is_link) {
            self.may_be_misplaced = true;
            self.findings.at(
                span,
                RAW_HTML,
                "a link is inside another link".to_owned(),
                "End the first link before the second begins: HTML has no link inside a link.",
            );
        }
        let is_written = self.dropping.is_none() && self.open.len() < DEEPEST;
        if is_written {
            let kind = self.parent().fitted(kind);
            let (start, parent) = (self.nodes.len(), Parent::from_kind(&kind));
            return self.open.push(Opened { by, kind: Some(kind), start, parent, is_link });
        }
        if self.open.len() < DEEPEST || matches!(by, Author::Markdown) {
            let is_among_words = matches!(
                kind,
                ElementKind::Emphasis
                    | ElementKind::Strong
                    | ElementKind::Strikethrough
                    | ElementKind::Link { .. }
            );
            if self.dropping.is_none() && !is_among_words {
                self.nodes.push(Node::SoftBreak);
            }
            let (start, parent) = (self.nodes.len(), self.parent());
            return self.open.push(Opened { by, kind: None, start, parent, is_link });
        }
        if !std::mem::replace(&mut self.too_deep, true) {
            self.findings.at(
                span,
                DEEP_NESTING,
                format!("more than {DEEPEST} elements are nested here"),
                "Their text is kept, and their format is lost. Make the nesting flatter.",
            );
        }
    }

    /// Opens an element of Markdown that is not written.
    fn open_unwritten(&mut self, parent: Parent) {
        let start = self.nodes.len();
        self.open.push(Opened { by: Author::Markdown, kind: None, start, parent, is_link: false });
    }

    /// What the next node has around it.
    fn parent(&self) -> Parent {
        self.open.last().map_or(Parent::Other, |opened| opened.parent)
    }

    /// Ends an element that was popped from those that are open.
    fn close(&mut self, opened: Opened<'d>) {
        if let Some(kind) = opened.kind {
            let children = self.children(opened.start, opened.parent);
            self.nodes.push(Node::Element(Element::new(kind, children)));
        }
    }

    /// Ends an element whose end tag is missing.
    fn close_implied(&mut self, opened: Opened<'d>) {
        if let Author::Html { name, span, may_stay_open: false } = &opened.by {
            self.findings.at(
                span,
                RAW_HTML,
                format!("<{name}> is never closed"),
                format!("Add </{name}>, or write `<{name}>` as code if text was meant."),
            );
        }
        self.close(opened);
    }

    /// Takes the nodes from `start` on, which have `parent` around them.
    fn children(&mut self, start: usize, parent: Parent) -> Vec<Node<'d>> {
        let children: Vec<_> = self.nodes.drain(start..).collect();
        if self.may_be_misplaced { parent.settled(children) } else { children }
    }

    fn text(&mut self, text: Cow<'d, str>) {
        if !text.is_empty() {
            self.nodes.push(Node::Text(text));
        }
    }

    fn end_image(&mut self) {
        let Some(image) = self.image.take() else { return };
        if self.dropping.is_some() {
            return;
        }
        let alternative = clean(&image.alternative).into_owned();
        let Some(source) = image.source else {
            return self.text(Cow::Owned(alternative));
        };
        let title = (!image.title.is_empty()).then_some(("title", image.title));
        let attributes = title.into_iter().collect();
        self.nodes.push(Node::Image { source, alternative, attributes, span: image.span });
    }

    fn target(&mut self, written: &str, span: &Span) -> Option<String> {
        let target = target::written(written).map(Cow::into_owned);
        if target.is_none() {
            let scheme = target::scheme(written).unwrap_or_default();
            self.findings.at(
                span,
                REFUSED_TARGET,
                format!("a target that begins with `{scheme}:` is not allowed in a mail"),
                "Link to a page with `https:` instead. Only the text is kept.",
            );
        }
        target
    }

    /// The level that a heading has in the mail. The headings before it decide:
    /// the first is [`TOP_HEADING`], and no level is skipped.
    fn level(&mut self, author: u8) -> u8 {
        while self.levels.last().is_some_and(|around| *around >= author) {
            self.levels.pop();
        }
        self.levels.push(author);
        (TOP_HEADING - 1 + self.levels.len() as u8).min(6)
    }
}

/// Drops what no mail program shows as text: control characters but for line
/// breaks and tabs, and the byte order mark, which is only one at the start
/// of a file. `check` reports them.
fn clean<'t>(text: &'t str) -> Cow<'t, str> {
    const BYTE_ORDER_MARK: u8 = 0xEF;
    let unwanted = |c: char| is_control(c) || c == '\u{FEFF}';
    let is_suspect =
        holds_control(text) || memchr::memchr(BYTE_ORDER_MARK, text.as_bytes()).is_some();
    if is_suspect && text.contains(unwanted) {
        Cow::Owned(text.replace(unwanted, ""))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests;
