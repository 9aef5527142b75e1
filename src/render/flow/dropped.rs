//! Elements that a mail cannot show, and comments: what takes their place, where they
//! end, and the words that readers would lose.
//!
//! An element ends at `/>` or at its end tag. An HTML parser ignores `/>` and looks for
//! the end tag in the whole document, so one `<iframe />` can hide the rest of an issue.
//! Here the end tag must be in the same block, or in the blocks beside it; without one
//! the element is text, as `Vec<T>` is, or only the link to its source.

use std::borrow::Cow;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::own_html::{Written, hides};
use super::{Author, Flow, Form};
use crate::render::node::{Element, ElementKind, Node};
use crate::render::raw_html;
use crate::render::target;
use crate::source::Span;
use crate::source::html::{self, OpenTag};
use crate::source::rules::{LOST_WORDS, RAW_HTML};

/// An element that is being left out with all that it holds.
pub(super) struct Dropping {
    name: String,
    span: Span,
    /// It ends with its block, at the latest: a comment may hold its end tag.
    until_end_of_block: bool,
    /// Words of Markdown count, unless the element holds code.
    counts_markdown: bool,
    /// Words of its own block count, because readers of the web see them.
    counts_html: bool,
    /// An element in it that is never shown.
    hidden: Option<String>,
    words: usize,
}

impl Dropping {
    /// Notes a tag in the element.
    pub(super) fn open(&mut self, tag: &OpenTag<'_>) {
        const HIDDEN: [&str; 6] = ["title", "desc", "metadata", "style", "script", "annotation"];
        let is_hidden = HIDDEN.iter().any(|name| name.eq_ignore_ascii_case(tag.name));
        if is_hidden && self.hidden.is_none() && !tag.is_self_closing {
            self.hidden = Some(tag.name.to_owned());
        }
    }

    fn count(&mut self, text: &str) {
        if self.hidden.is_none() {
            self.words += words_of(text);
        }
    }
}

/// Where an element ends that begins here.
#[derive(PartialEq, Eq)]
enum End {
    /// In the same piece of HTML.
    Here,
    /// In a later one of the same paragraph, or of the blocks beside this one.
    Later,
    Missing,
}

impl<'d> Flow<'d, '_, '_> {
    /// Leaves an element out with all that it holds.
    pub(super) fn drop_element(&mut self, tag: &OpenTag<'_>, written: Written<'_>, span: &Span) {
        let name = tag.name.to_ascii_lowercase();
        let is_code = raw_html::is_code_for_programs(&name);
        // CommonMark ends the block of a script at its end tag alone (section 4.6), so
        // what follows `/>` is no Markdown any more.
        let is_block_of_code = is_code && name != "template" && written.form == Form::Block;
        let is_whole = raw_html::is_void(&name) || tag.is_self_closing && !is_block_of_code;
        let end = if is_whole { End::Here } else { self.end_of(&name, written) };
        let has_link = raw_html::is_film(&name) && self.link_to_source(tag, written.form, span);
        let is_lost = end == End::Missing && is_code && written.form == Form::Block;
        if end == End::Missing && !has_link && !is_lost && !has_source(tag) {
            return self.pseudo_tag(written.text, span);
        }
        if is_lost {
            self.report_never_closed(&name, written, span);
        } else if !has_link && !is_code && has_source(tag) || is_code && name != "template" {
            self.report_left_out(&name, "is left out with all that it holds", span);
        }
        if is_whole || (end == End::Missing && !is_lost) {
            return;
        }
        let is_picture = matches!(&*name, "svg" | "math");
        self.dropping = Some(Dropping {
            until_end_of_block: is_lost || end == End::Here,
            counts_markdown: !is_code && (is_picture || end == End::Later || name == "title"),
            counts_html: is_picture,
            hidden: None,
            words: 0,
            span: span.clone(),
            name,
        });
    }

    /// Leaves a tag out and shows what the element holds. One that is mentioned in a
    /// sentence is text.
    pub(super) fn unwrap_element(&mut self, tag: &OpenTag<'_>, written: Written<'_>, span: &Span) {
        let name = tag.name.to_ascii_lowercase();
        let is_whole = tag.is_self_closing || raw_html::is_void(&name);
        if written.form == Form::Inline && tag.attributes.is_empty() && name != "wbr" {
            let is_mentioned = if is_whole {
                name != "source" && !tag.is_self_closing
            } else {
                self.end_of(&name, written) == End::Missing
            };
            if is_mentioned {
                return self.pseudo_tag(written.text, span);
            }
        }
        // The rest of the file is its text, for CommonMark and for HTML.
        if name == "textarea"
            && written.form == Form::Block
            && self.end_of(&name, written) == End::Missing
        {
            self.report_never_closed(&name, written, span);
        }
        if raw_html::is_film(&name) && (name != "source" || self.film_without_source) {
            let has_link = self.link_to_source(tag, written.form, span);
            self.film_without_source = !has_link && !is_whole;
            if has_link {
                return;
            }
        }
        if raw_html::is_missed(&name) && !raw_html::is_film(&name) {
            self.report_left_out(&name, "is left out, and its text is kept", span);
        }
    }

    fn report_never_closed(&mut self, name: &str, written: Written<'_>, span: &Span) {
        self.report_lost(
            span,
            &format!("<{name}> is never closed"),
            words_of(written.rest),
            &format!("Add </{name}> where it ends, or write `<{name}>` as code if text was meant."),
        );
    }

    /// Writes a link to the source of a film, if readers would have seen the film.
    fn link_to_source(&mut self, tag: &OpenTag<'_>, form: Form, span: &Span) -> bool {
        let Some(source) = source_of(tag).filter(|_| is_seen(tag)) else { return false };
        let is_web = |source: &str| {
            target::scheme(source).is_none_or(|scheme| matches!(&*scheme, "http" | "https"))
        };
        let source = if source.starts_with("//") { format!("https:{source}") } else { source };
        let written =
            target::written(&source).filter(|target| !target.is_empty() && is_web(target));
        let Some(target) = written.map(Cow::into_owned) else { return false };
        let title = tag.value("title").or_else(|| tag.value("aria-label"));
        let label = title.map(str::trim).filter(|title| !title.is_empty());
        let label = super::clean(label.unwrap_or(&target)).into_owned();
        let kind = ElementKind::Link { target, title: Cow::Borrowed(""), span: span.clone() };
        if form == Form::Block {
            self.may_be_misplaced = true;
            self.open(ElementKind::Paragraph, Author::Markdown, span);
        }
        self.nodes.push(Node::Element(Element::new(kind, vec![Node::Text(Cow::Owned(label))])));
        if form == Form::Block
            && let Some(opened) = self.open.pop()
        {
            self.close(opened);
        }
        self.findings.at(
            span,
            RAW_HTML,
            format!(
                "<{}> does not work in a mail; a link to its source takes its place",
                tag.name.to_ascii_lowercase()
            ),
            "Write a link of your own if readers should know what it shows.",
        );
        true
    }

    /// Where the element that was just begun ends.
    fn end_of(&mut self, name: &str, written: Written<'_>) -> End {
        if html::end_tag(written.rest, name).is_some() {
            return End::Here;
        }
        let known = raw_html::dropped_or_unwrapped(name);
        if self.never_ended.iter().any(|(other, before)| *other == known && self.at < *before) {
            return End::Missing;
        }
        let mut depth = 0_usize;
        let mut at = self.at + 1;
        while let Some((event, _)) = self.events.get(at) {
            match event {
                Event::Start(tag) if written.form == Form::Inline && !is_among_words(tag) => break,
                Event::End(tag) if written.form == Form::Inline && !ends_among_words(*tag) => break,
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 && written.form == Form::Block => break,
                Event::End(_) => depth = depth.saturating_sub(1),
                Event::Html(html) | Event::InlineHtml(html) => match first_tag(html, name) {
                    Some(FirstTag::End) => return End::Later,
                    Some(FirstTag::Start) => break,
                    None => {}
                },
                _ => {}
            }
            at += 1;
        }
        self.never_ended.retain(|(other, _)| *other != known);
        self.never_ended.push((known, at));
        End::Missing
    }

    /// Counts the words of Markdown that an element hides.
    pub(super) fn drop_text(&mut self, text: &str) {
        if let Some(dropping) = self.dropping.as_mut().filter(|dropping| dropping.counts_markdown) {
            dropping.count(text);
        }
    }

    /// Counts the words of HTML that an element hides.
    pub(super) fn drop_text_of_html(&mut self, text: &str) {
        if let Some(dropping) = self.dropping.as_mut().filter(|dropping| dropping.counts_html) {
            dropping.count(text);
        }
    }

    /// Ends the element that is being left out, if this is its end tag.
    pub(super) fn close_dropped(&mut self, name: &str) {
        let Some(dropping) = &mut self.dropping else { return };
        dropping.hidden =
            dropping.hidden.take().filter(|hidden| !hidden.eq_ignore_ascii_case(name));
        if dropping.name.eq_ignore_ascii_case(name) {
            self.end_dropped();
        }
    }

    fn end_dropped(&mut self) {
        if let Some(Dropping { name, span, words, .. }) = self.dropping.take() {
            self.report_lost(
                &span,
                &format!("<{name}> does not work in a mail"),
                words,
                &format!("Move the words out of <{name}>, or delete it."),
            );
        }
    }

    /// Ends what ends with a piece of HTML.
    pub(super) fn end_of_html(&mut self) {
        if self.dropping.as_ref().is_some_and(|dropping| dropping.until_end_of_block) {
            self.end_dropped();
        }
    }

    /// A comment, a declaration or an instruction. Among words it is text, unless it is a
    /// comment. In a block, one that does not end, or that ends by chance, hides words.
    pub(super) fn comment(&mut self, written: &str, is_ended: bool, form: Form, span: &Span) {
        if self.dropping.is_some() {
            return;
        }
        let is_instruction = !written.starts_with("<!--");
        if is_instruction && form == Form::Inline {
            return self.pseudo_tag(written, span);
        }
        let is_usual = if is_instruction {
            let is_doctype = written.get(..9).is_some_and(|s| s.eq_ignore_ascii_case("<!doctype"));
            let is_known = is_doctype || written.starts_with("<?") && written.ends_with("?>");
            is_known && !(is_doctype && written.contains("\n\n"))
        } else {
            true
        };
        if is_ended && is_usual {
            return;
        }
        let mark = if is_instruction { &written[..2] } else { "<!--" };
        let (what, advice) = if is_instruction {
            (
                format!("`{mark}` begins an instruction for a program"),
                "Delete it, or put it between backquotes, as code.",
            )
        } else {
            ("this comment is never closed".to_owned(), "Put `-->` where the comment ends.")
        };
        let words = words_of(&written[mark.len()..]);
        self.report_lost(&(span.start..span.start + mark.len()), &what, words, advice);
    }

    fn report_lost(&mut self, span: &Span, what: &str, words: usize, advice: &str) {
        let words = match words {
            0 => return,
            1 => "one word".to_owned(),
            words => format!("{words} words"),
        };
        self.findings.at(
            span,
            LOST_WORDS,
            format!("{what}, so readers do not see {words}"),
            advice,
        );
    }

    fn report_left_out(&mut self, name: &str, how: &str, span: &Span) {
        self.findings.at(
            span,
            RAW_HTML,
            format!("<{name}> does not work in a mail; it {how}"),
            "Remove it, or link to a page that has it.",
        );
    }
}

enum FirstTag {
    Start,
    End,
}

/// The first tag of an element of this name in a piece of HTML.
fn first_tag(html: &str, name: &str) -> Option<FirstTag> {
    memchr::memchr_iter(b'<', html.as_bytes()).find_map(|at| {
        let rest = &html.as_bytes()[at + 1..];
        let (rest, tag) = match rest.strip_prefix(b"/") {
            Some(rest) => (rest, FirstTag::End),
            None => (rest, FirstTag::Start),
        };
        let is_name = rest.get(..name.len())?.eq_ignore_ascii_case(name.as_bytes());
        let ends = rest.get(name.len()).is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'-');
        (is_name && ends).then_some(tag)
    })
}

fn is_among_words(tag: &Tag<'_>) -> bool {
    matches!(
        tag,
        Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
    )
}

fn ends_among_words(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image
    )
}

/// What a film shows. Many pages load it late, from `data-src`.
fn source_of(tag: &OpenTag<'_>) -> Option<String> {
    let named = ["src", "data", "data-src"].into_iter().find_map(|name| tag.value(name));
    named.map(|source| source.trim().to_owned()).filter(|source| !source.is_empty())
}

fn has_source(tag: &OpenTag<'_>) -> bool {
    source_of(tag).is_some()
}

/// Whether a film is large enough to be seen: programs that count visits are not.
fn is_seen(tag: &OpenTag<'_>) -> bool {
    let is_tiny = |name| {
        tag.value(name).is_some_and(|value| matches!(value.trim_end_matches("px"), "0" | "1"))
    };
    let is_hidden = tag.attribute("hidden").is_some() || tag.value("style").is_some_and(hides);
    !is_hidden && !is_tiny("width") && !is_tiny("height")
}

fn words_of(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count()
}
