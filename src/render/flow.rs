//! The article as both parts of a mail show it.
//!
//! In: the events of a Markdown document. Out: [`Node`]s that are always
//! properly nested, in which targets are clean, control characters are gone,
//! heading levels have no gaps, and the author's HTML is either an element
//! that mail programs know, or text, or nothing. And a finding for whatever
//! the author may not have meant. Absent on purpose: how it looks, which the
//! two writers decide.

mod image;
mod own_html;

pub(crate) use image::{Target, resolve};

use std::borrow::Cow;

use pulldown_cmark::{Alignment, Event, LinkType, Tag, TagEnd};

use super::node::{Element, Node};
use super::target;
use crate::issue::Document;
use crate::source::{Findings, RuleId, Severity, Span};

/// A tag that HTML does not have was shown as text.
pub const PSEUDO_TAG: RuleId = RuleId("pseudo-tag");
/// HTML that does not reach the mail, or not as it was written.
pub const RAW_HTML: RuleId = RuleId("raw-html");
/// The target of a link or an image was refused.
pub const REFUSED_TARGET: RuleId = RuleId("refused-target");
/// Quotes, lists or tags stand too deep inside each other.
pub const DEEP_NESTING: RuleId = RuleId("deep-nesting");

/// Deeper elements of the author's HTML are left out, and what they hold is
/// kept. Markdown that deep was refused before.
const DEEPEST: usize = crate::issue::MAX_NESTING;

/// How many findings are shown with their places.
const MOST_FINDINGS: usize = 50;

/// The level of the article's topmost headings: the mail's title has level 1.
const TOP_HEADING: u8 = 2;

/// Turns a document into nodes.
#[cfg(test)]
pub(crate) fn flow<'d>(document: &'d Document<'_>, findings: &mut Findings<'_>) -> Vec<Node<'d>> {
    flow_and_targets(document, findings).0
}

/// Turns a document into nodes, and tells which of them have a target that
/// [`resolve`] has to look at: pictures, and links that are relative.
pub(crate) fn flow_and_targets<'d>(
    document: &'d Document<'_>,
    findings: &mut Findings<'_>,
) -> (Vec<Node<'d>>, Vec<Target>) {
    let mut flow = Flow {
        nodes: Vec::with_capacity(document.events.len()),
        open: Vec::new(),
        levels: Vec::new(),
        alignments: Vec::new(),
        column: 0,
        in_table_head: false,
        image: None,
        html: None,
        targets: Vec::new(),
        dropping: None,
        too_deep: false,
        reported: 0,
        findings,
    };
    for (event, span) in &document.events {
        flow.event(event, span);
    }
    while let Some(opened) = flow.open.pop() {
        flow.closed(&opened);
    }
    flow.report_the_rest();
    loosen_lists(&mut flow.nodes);
    (flow.nodes, flow.targets)
}

struct Flow<'d, 'f, 's> {
    nodes: Vec<Node<'d>>,
    open: Vec<Opened>,
    /// The author's levels of the headings around this place.
    levels: Vec<u8>,
    alignments: Vec<Alignment>,
    column: usize,
    in_table_head: bool,
    image: Option<OpenImage>,
    /// The lines of the HTML block that is being read, and where each stands.
    html: Option<(String, Vec<(usize, Span)>)>,
    /// What [`resolve`] has to look at.
    targets: Vec<Target>,
    /// The author's element whose content is left out.
    dropping: Option<String>,
    too_deep: bool,
    reported: usize,
    findings: &'f mut Findings<'s>,
}

/// An element that is open, whether it was written or not.
struct Opened {
    by: Author,
    written: bool,
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
            Event::InlineHtml(text) => self.html(text.to_string(), &[(0, span.clone())]),
            _ if self.dropping.is_some() => {}
            Event::Text(text) => self.text(clean(text)),
            Event::Code(text) => self.nodes.push(Node::Code(clean(text))),
            Event::SoftBreak => self.nodes.push(Node::SoftBreak),
            Event::HardBreak => self.nodes.push(Node::HardBreak),
            Event::Rule => self.nodes.push(Node::Rule),
            // Footnotes, tasks, mathematics and metadata are not switched on.
            _ => {}
        }
    }

    fn start(&mut self, tag: &'d Tag<'_>, span: &Span) {
        let element = match tag {
            Tag::HtmlBlock => {
                self.html = Some((String::new(), Vec::new()));
                return;
            }
            Tag::Paragraph => Element::Paragraph,
            Tag::Heading { level, .. } => Element::Heading(self.level(*level as u8)),
            Tag::BlockQuote(_) => Element::Quote,
            Tag::CodeBlock(_) => Element::CodeBlock,
            Tag::List(start) => Element::List { start: *start, tight: true },
            Tag::Item => Element::Item,
            Tag::Table(alignments) => {
                self.alignments.clone_from(alignments);
                Element::Table
            }
            Tag::TableHead => {
                (self.column, self.in_table_head) = (0, true);
                Element::TableHead
            }
            Tag::TableRow => {
                (self.column, self.in_table_head) = (0, false);
                Element::TableRow
            }
            Tag::TableCell => {
                let alignment = self.alignments.get(self.column).copied();
                self.column += 1;
                let alignment = alignment.unwrap_or(Alignment::None);
                Element::Cell { heading: self.in_table_head, alignment }
            }
            Tag::Emphasis => Element::Emphasis,
            Tag::Strong => Element::Strong,
            Tag::Strikethrough => Element::Strikethrough,
            Tag::Link { link_type, dest_url, title, .. } => {
                let address = match link_type {
                    LinkType::Email => Cow::Owned(format!("mailto:{dest_url}")),
                    _ => Cow::Borrowed(&**dest_url),
                };
                match self.target(&address, span) {
                    Some(target) => Element::Link { target, title: clean(title) },
                    None => return self.open.push(Opened { by: Author::Markdown, written: false }),
                }
            }
            Tag::Image { dest_url, title, .. } => {
                let source = self.target(dest_url, span);
                let title = clean(title).into_owned();
                self.image = Some(OpenImage {
                    source,
                    title,
                    alternative: String::new(),
                    depth: 0,
                    span: span.clone(),
                });
                return;
            }
            // Not switched on; what they hold is shown.
            _ => return self.open.push(Opened { by: Author::Markdown, written: false }),
        };
        self.open(element, Author::Markdown, span);
    }

    fn end(&mut self, tag: TagEnd) {
        if tag == TagEnd::HtmlBlock {
            if let Some((html, lines)) = self.html.take() {
                self.html(html, &lines);
            }
            return;
        }
        // What the author's HTML opened in here ends here.
        while let Some(opened) = self.open.pop() {
            self.closed(&opened);
            match opened.by {
                Author::Markdown => break,
                Author::Html { .. } => {}
            }
        }
        // A script that is never closed ends with the block it stands in, at the latest.
        if self.open.is_empty() {
            self.dropping = None;
        }
    }

    fn open(&mut self, element: Element<'d>, by: Author, span: &Span) {
        if self.open.len() < DEEPEST || matches!(by, Author::Markdown) {
            let written = self.dropping.is_none() && self.open.len() < DEEPEST;
            let within_words = matches!(
                element,
                Element::Emphasis | Element::Strong | Element::Strikethrough | Element::Link { .. }
            );
            if written {
                if matches!(&element, Element::Link { target, .. } if target::is_relative(target)) {
                    self.targets.push(Target { node: self.nodes.len(), span: span.clone() });
                }
                self.nodes.push(Node::Open(element));
            } else if self.dropping.is_none() && !within_words {
                self.nodes.push(Node::SoftBreak);
            }
            return self.open.push(Opened { by, written });
        }
        if !std::mem::replace(&mut self.too_deep, true) {
            self.report(
                span,
                (DEEP_NESTING, Severity::Warning),
                format!("More than {DEEPEST} elements stand inside each other here."),
                "Their text is kept, and their shape is lost; make the nesting flatter.",
            );
        }
    }

    fn closed(&mut self, opened: &Opened) {
        if opened.written {
            self.nodes.push(Node::Close);
        }
        if let Author::Html { name, span, may_stay_open: false } = &opened.by {
            self.report(
                span,
                (RAW_HTML, Severity::Warning),
                format!("<{name}> is never closed."),
                format!("Add </{name}>, or write `<{name}>` as code if text was meant."),
            );
        }
    }

    /// Adds a finding. A file that has hundreds of them is not read by anybody,
    /// and each holds its whole line.
    fn report(
        &mut self,
        span: &Span,
        rule: (RuleId, Severity),
        message: String,
        advice: impl Into<String>,
    ) {
        self.reported += 1;
        if self.reported <= MOST_FINDINGS {
            self.findings.at(span, rule, message, advice);
        }
    }

    fn report_the_rest(&mut self) {
        let more = self.reported.saturating_sub(MOST_FINDINGS);
        if more > 0 {
            self.findings.overall(
                (RAW_HTML, Severity::Warning),
                format!("There are {more} more findings about HTML like these."),
                "Mend these, and look again.",
            );
        }
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
        self.targets.push(Target { node: self.nodes.len(), span: image.span });
        self.nodes.push(Node::Image { source, alternative, attributes });
    }

    fn target(&mut self, written: &str, span: &Span) -> Option<String> {
        let target = target::written(written).map(Cow::into_owned);
        if target.is_none() {
            let scheme = target::scheme(written).unwrap_or_default();
            self.report(
                span,
                (REFUSED_TARGET, Severity::Warning),
                format!("A target that begins with {scheme}: does not go into a mail."),
                "Point to a page with https: instead; only the text is kept.",
            );
        }
        target
    }

    /// The level that a heading has in the mail: those around it decide, so
    /// that the first is [`TOP_HEADING`] and none is skipped.
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
    let unwanted = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{FEFF}';
    match text.contains(unwanted) {
        true => Cow::Owned(text.replace(unwanted, "")),
        false => Cow::Borrowed(text),
    }
}

/// Finds out which lists are loose: those with a paragraph right in an item.
fn loosen_lists(nodes: &mut [Node<'_>]) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    /// The nodes in short, and the findings as `line:column rule`.
    fn outline(markdown: &str) -> (String, Vec<String>) {
        let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
        let document = Document::parse(&source, 0).unwrap();
        let mut findings = Findings::about(&source);
        let mut out = String::new();
        for node in flow(&document, &mut findings) {
            match node {
                Node::Open(Element::Raw { name, attributes }) => {
                    out.push_str(&format!("({name}"));
                    attributes.iter().for_each(|(k, v)| out.push_str(&format!(" {k}={v}")));
                    out.push(' ');
                }
                Node::Open(Element::Link { target, .. }) => {
                    out.push_str(&format!("(link {target} "));
                }
                Node::Open(Element::Heading(level)) => out.push_str(&format!("(h{level} ")),
                Node::Open(element) => {
                    let name = format!("{element:?}");
                    out.push_str(&format!("({} ", name.split([' ', '(']).next().unwrap()));
                }
                Node::Close => out.push(')'),
                Node::Text(text) => out.push_str(&text),
                Node::Code(text) => out.push_str(&format!("`{text}`")),
                Node::Image { source, alternative, attributes } => {
                    out.push_str(&format!("[{alternative}|{source}|{attributes:?}]"));
                }
                Node::SoftBreak => out.push('~'),
                Node::HardBreak => out.push('/'),
                Node::Rule => out.push('-'),
            }
        }
        let place = |f: &crate::source::Finding| f.place.clone().map(|p| (p.line, p.column));
        let found = findings.into_sorted();
        let short = |f: &crate::source::Finding| {
            let (line, column) = place(f).unwrap_or_default();
            format!("{line}:{column} {}", f.rule.0)
        };
        (out, found.iter().map(short).collect())
    }

    #[test]
    fn raw_html_is_put_in_order() {
        let cases: [(&str, &str, &[&str]); 16] = [
            ("a <small>b</small> c", "(Paragraph a (small b) c)", &[]),
            ("a <small>b", "(Paragraph a (small b))", &["1:3 raw-html"]),
            (
                "*a <u>b* c</u>",
                "(Paragraph (Emphasis a (u b)) c)",
                &["1:4 raw-html", "1:11 raw-html"],
            ),
            ("x<br>y<BR/>z", "(Paragraph x/y/z)", &[]),
            ("`x` Vec<T> y", "(Paragraph `x` Vec<T> y)", &["1:8 pseudo-tag"]),
            ("<T>\n*a*", "<T>\n*a*", &["1:1 pseudo-tag"]),
            ("a\n\n<T>\n\nb", "(Paragraph a)<T>\n(Paragraph b)", &["3:1 pseudo-tag"]),
            ("a<!-- b -->c\n\n<!-- x\n\ny -->\n", "(Paragraph ac)\n", &[]),
            ("<script>alert(1)</script>x", "x", &["1:1 raw-html"]),
            ("a<script>b*c*</script>d", "(Paragraph ad)", &["1:2 raw-html"]),
            ("a<script>b\n\nc", "(Paragraph a)(Paragraph c)", &["1:2 raw-html"]),
            (
                "<details open>\n<summary>s</summary>\n\n*b*\n\n</details>",
                "(details \n(summary s)\n(Paragraph (Emphasis b)))",
                &["1:1 raw-html"],
            ),
            (
                "<a href='https://x.example' onclick='y'>t</a>",
                "(Paragraph (link https://x.example t))",
                &["1:1 raw-html"],
            ),
            ("<a href='java&#115;cript:y'>t</a>", "(Paragraph (a t))", &["1:1 refused-target"]),
            (
                "[t](javascript:y) ![i](data:x)",
                "(Paragraph t i)",
                &["1:1 refused-target", "1:19 refused-target"],
            ),
            ("<img src=a.png><button>b</button>", "(Paragraph [|a.png|[]]b)", &["1:16 raw-html"]),
        ];
        for (markdown, expected, found) in cases {
            let (nodes, findings) = outline(markdown);
            assert_eq!(nodes, expected, "{markdown}");
            assert_eq!(findings, found, "{markdown}");
        }
    }

    #[test]
    fn a_place_inside_a_block_of_html_is_exact() {
        let (_, findings) = outline("> <div>\n> é <T> x\n> </div>\n");
        assert_eq!(findings, ["2:5 pseudo-tag"]);
    }

    #[test]
    fn headings_begin_at_two_and_skip_nothing() {
        let (nodes, _) = outline("# a\n### b\n#### c\n## d\n# e\n");
        assert_eq!(nodes, "(h2 a)(h3 b)(h4 c)(h3 d)(h2 e)");
        assert_eq!(outline("### a\n# b\n").0, "(h2 a)(h2 b)");
        assert_eq!(
            outline("# a\n## b\n### c\n#### d\n##### e\n###### f\n").0.matches("h6").count(),
            2
        );
    }

    #[test]
    fn depth_is_bounded() {
        let (nodes, findings) = outline(&format!("{}x", "<b>".repeat(500)));
        assert_eq!(nodes.matches("(b ").count(), DEEPEST - 1);
        assert!(nodes.contains('x'));
        assert!(findings.contains(&"1:298 deep-nesting".to_owned()), "{findings:?}");
        assert_eq!(findings.len(), MOST_FINDINGS + 1);
    }

    #[test]
    fn images_and_addresses_are_read() {
        assert_eq!(
            outline("![a *b* `c`](x.png 'T') <a@example.org>").0,
            "(Paragraph [a b c|x.png|[(\"title\", \"T\")]] (link mailto:a@example.org a@example.org))"
        );
    }
}
