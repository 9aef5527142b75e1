//! The author's own HTML in the flow: each tag becomes an element that mail
//! programs know, or text, or nothing.

use std::borrow::Cow;

use super::{Author, Flow, Form, Opened, clean};
use crate::render::node::{ElementKind, Node};
use crate::render::raw_html::{self, Treatment};
use crate::source::Span;
use crate::source::html::{self, Attribute, HtmlToken, OpenTag};
use crate::source::rules::{MARKDOWN_IN_HTML, PSEUDO_TAG, RAW_HTML};

impl<'d> Flow<'d, '_, '_> {
    /// Reads an HTML block, or an inline tag. `lines` holds for offsets in
    /// `html` the bytes in the source of the text from there on.
    pub(super) fn html(&mut self, html: &str, lines: &[(usize, Span)], form: Form) {
        for (token, range) in html::tokens(html) {
            let span = located(lines, &range);
            match token {
                HtmlToken::Comment { is_ended } => {
                    self.comment(&html[range], is_ended, form, &span);
                }
                HtmlToken::Text(text) if self.dropping.is_some() => self.drop_text_of_html(&text),
                HtmlToken::Text(text) => {
                    if form == Form::Block {
                        self.report_markdown(&text, &span);
                    }
                    self.text(Cow::Owned(clean(&text).into_owned()));
                }
                HtmlToken::Open(tag) => {
                    let rest = &html[range.end..];
                    self.open_tag(&tag, Written { text: &html[range], rest, form }, &span);
                }
                HtmlToken::Close { name } => self.close_tag(name, &html[range], &span),
            }
        }
        self.end_of_html();
    }

    fn open_tag(&mut self, tag: &OpenTag<'_>, written: Written<'_>, span: &Span) {
        if let Some(dropping) = &mut self.dropping {
            return dropping.open(tag);
        }
        match raw_html::treatment(tag.name) {
            Treatment::NotHtml => self.pseudo_tag(written.text, span),
            Treatment::Unwrapped => self.unwrap_element(tag, written, span),
            Treatment::Dropped => self.drop_element(tag, written, span),
            Treatment::Kept("br") => self.nodes.push(Node::HardBreak),
            Treatment::Kept("hr") => {
                self.may_be_misplaced = true;
                self.nodes.push(Node::Rule);
            }
            Treatment::Kept("img") => self.raw_image(tag, span),
            Treatment::Kept(name) => {
                self.end_before(name);
                // Elements among words are allowed anywhere, and most issues write no others.
                self.may_be_misplaced |= !raw_html::is_among_words(name);
                self.report_outside_table(name, span);
                let element = self.raw_element(name, tag, span);
                let may_stay_open = matches!(name, "p" | "li" | "dt" | "dd" | "tr" | "td" | "th")
                    || matches!(name, "thead" | "tbody" | "tfoot");
                let by = Author::Html { name, span: span.clone(), may_stay_open };
                self.open(element, by, span);
            }
        }
    }

    /// Reports Markdown that readers see as it was written.
    fn report_markdown(&mut self, text: &str, span: &Span) {
        let in_code = |opened: &Opened<'_>| {
            matches!(opened.html_name(), Some("pre" | "code" | "samp" | "tt"))
        };
        if shows_markdown(text) && !self.open.iter().any(in_code) {
            self.findings.at(
                span,
                MARKDOWN_IN_HTML,
                "Markdown in a block of HTML is shown as it was written",
                "Put an empty line after the tag before it, or write it as HTML.",
            );
        }
    }

    /// Reports a part of a table outside the larger part that it belongs to.
    fn report_outside_table(&mut self, name: &str, span: &Span) {
        let (around, place): (&[&str], &str) = match name {
            "td" | "th" => (&["tr", "table", "thead", "tbody", "tfoot"], "<tr>"),
            "tr" => (&["table", "thead", "tbody", "tfoot"], "<table>"),
            "thead" | "tbody" | "tfoot" | "caption" => (&["table"], "<table>"),
            _ => return,
        };
        let parent = self.open.last().and_then(Opened::html_name);
        if !parent.is_some_and(|parent| around.contains(&parent)) {
            self.findings.at(
                span,
                RAW_HTML,
                format!("<{name}> is outside of {place}; it is shown as a block"),
                format!("Put it directly into {place}, or write the table in Markdown."),
            );
        }
    }

    /// Ends what ends where `name` begins, as HTML has it for items and cells.
    fn end_before(&mut self, name: &str) {
        let ended: &[&str] = match name {
            "li" => &["li"],
            "p" => &["p"],
            "dt" | "dd" => &["dt", "dd"],
            "td" | "th" => &["td", "th"],
            "tr" => &["td", "th", "tr"],
            "thead" | "tbody" | "tfoot" => &["td", "th", "tr", "thead", "tbody", "tfoot"],
            _ => return,
        };
        let ends =
            |opened: &Opened<'_>| opened.html_name().is_some_and(|open| ended.contains(&open));
        while let Some(opened) = self.open.pop_if(|opened| ends(opened)) {
            self.close_implied(opened);
        }
    }

    fn close_tag(&mut self, name: &str, written: &str, span: &Span) {
        if self.dropping.is_some() {
            return self.close_dropped(name);
        }
        if raw_html::is_film(name) {
            self.film_without_source = false;
        }
        let name = match raw_html::treatment(name) {
            Treatment::NotHtml => return self.pseudo_tag(written, span),
            Treatment::Kept("br") => return self.nodes.push(Node::HardBreak),
            Treatment::Kept(name) => name,
            Treatment::Unwrapped | Treatment::Dropped => return,
        };
        let mut within = self.open.iter().rev().map_while(Opened::html_name);
        let Some(inner) = within.position(|open| open == name) else {
            return self.findings.at(
                span,
                RAW_HTML,
                format!("</{name}> closes nothing here"),
                format!("Remove it, or open <{name}> in the same paragraph."),
            );
        };
        for _ in 0..inner {
            if let Some(opened) = self.open.pop() {
                self.close_implied(opened);
            }
        }
        if let Some(opened) = self.open.pop() {
            self.close(opened);
        }
    }

    fn raw_element(
        &mut self,
        name: &'static str,
        tag: &OpenTag<'_>,
        span: &Span,
    ) -> ElementKind<'d> {
        let attributes = self.attributes(name, tag, span);
        let href = tag.value("href").filter(|_| name == "a");
        if let Some(target) = href.and_then(|href| self.target(href, span)) {
            let title = attributes.into_iter().find(|(key, _)| *key == "title");
            let title = Cow::Owned(title.unwrap_or_default().1);
            return ElementKind::Link { target, title, span: span.clone() };
        }
        match name {
            // Few mail programs can fold content, so it is always open in a mail.
            "details" => ElementKind::Raw { name: "div", attributes },
            "summary" => ElementKind::Summary,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let level = self.level(name.as_bytes()[1] - b'0');
                ElementKind::Heading { level, span: span.clone() }
            }
            _ => ElementKind::Raw { name, attributes },
        }
    }

    fn raw_image(&mut self, tag: &OpenTag<'_>, span: &Span) {
        let value = |name: &str| tag.value(name).map(|value| clean(value).into_owned());
        // A decoration has an empty `alt` in HTML, and a space in Markdown.
        let alternative = match value("alt") {
            Some(alternative) if alternative.is_empty() => " ".to_owned(),
            alternative => alternative.unwrap_or_default(),
        };
        match value("src").and_then(|source| self.target(&source, span)) {
            None => self.text(Cow::Owned(alternative)),
            Some(source) => {
                let attributes = self.attributes("img", tag, span);
                let span = span.clone();
                self.nodes.push(Node::Image { source, alternative, attributes, span });
            }
        }
    }

    fn attributes(
        &mut self,
        element: &'static str,
        tag: &OpenTag<'_>,
        span: &Span,
    ) -> Vec<(&'static str, String)> {
        let mut kept = Vec::new();
        for Attribute { name, value, .. } in &tag.attributes {
            if name == "id" && !self.is_free(value) {
                self.findings.at(
                    span,
                    RAW_HTML,
                    format!("another element of the mail already has the id {}", one_line(value)),
                    "Give this element another id, or none.",
                );
                continue;
            }
            match raw_html::allowed_attribute(element, name) {
                Some(name) => kept.push((name, clean(value).into_owned())),
                None if name == "hidden" || name == "style" && hides(value) => self.findings.at(
                    span,
                    RAW_HTML,
                    format!("<{element}> is hidden on the web, and the mail shows what it holds"),
                    "Delete it, or put it into a comment.",
                ),
                // The theme decides how elements look, and scripts do not run.
                None => {}
            }
        }
        kept
    }

    /// Whether an id is new here and none that a heading may get.
    fn is_free(&mut self, id: &str) -> bool {
        let of_heading = id.strip_prefix('s').is_some_and(|rest| rest.parse::<u32>().is_ok());
        !of_heading && self.ids.insert(id.to_owned())
    }

    pub(super) fn pseudo_tag(&mut self, written: &str, span: &Span) {
        self.findings.at(
            span,
            PSEUDO_TAG,
            format!("{} is shown as text", one_line(written)),
            "Put it between backquotes, as code.",
        );
        self.text(Cow::Owned(clean(written).into_owned()));
    }
}

/// A tag as it was written, and what follows it in its block.
#[derive(Clone, Copy)]
pub(super) struct Written<'t> {
    pub(super) text: &'t str,
    pub(super) rest: &'t str,
    pub(super) form: Form,
}

/// Whether a style hides its element.
pub(super) fn hides(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    style.to_ascii_lowercase().contains("display:none")
}

/// Whether a text holds a link, bold words or a heading in Markdown.
fn shows_markdown(text: &str) -> bool {
    let is_link = |line: &str| {
        line.find("](").is_some_and(|at| line[..at].contains('[') && line[at..].contains(')'))
    };
    let is_bold = |line: &str| {
        let mut parts = line.split("**");
        parts.next();
        let inside = parts.next().zip(parts.next());
        inside.is_some_and(|(words, _)| {
            words.starts_with(char::is_alphanumeric) && !words.ends_with(char::is_whitespace)
        })
    };
    let is_heading = |line: &str| {
        let text = line.trim_start().trim_start_matches('#');
        text.len() < line.trim_start().len() && text.starts_with(' ')
    };
    memchr::memchr3(b'[', b'*', b'#', text.as_bytes()).is_some()
        && text.lines().any(|line| is_link(line) || is_bold(line) || is_heading(line))
}

/// The bytes in the source of a part of an HTML block.
fn located(lines: &[(usize, Span)], range: &std::ops::Range<usize>) -> Span {
    let line = lines.partition_point(|(start, _)| *start <= range.start).saturating_sub(1);
    match lines.get(line) {
        Some((start, span)) => {
            let from = span.start + (range.start - start);
            from..from + range.len()
        }
        None => range.clone(),
    }
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
