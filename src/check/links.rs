//! Links without a target, with a wrong one, or shown as text by mistake.

mod target;

use super::{ENOUGH, text_outside_code};
use crate::issue::{Issue, Link, LinkKind, UndefinedReference, template_field, template_field_in};
use crate::render::{Treatment, treatment};
use crate::source::html::{self, HtmlToken};
use crate::source::rules::{EMPTY_LINK, MALFORMED_LINK, PLACEHOLDER, UNDEFINED_REFERENCE};
use crate::source::{Findings, Span};
use pulldown_cmark::Event;
use target::Fault;

pub(super) fn discover(
    issue: &Issue<'_>,
    is_file: &dyn Fn(&str) -> bool,
    is_visible: impl Fn(&Span) -> bool,
    findings: &mut Findings<'_>,
) {
    if let Some(title) = &issue.title
        && let Some(field) = template_field_in(title.value.as_str())
    {
        let message = format!("`{field}` is left of a template");
        findings.at(&title.span, PLACEHOLDER, message, "Write the title of this issue.");
    }
    let links = issue.document.links();
    for link in &links {
        judge(link, issue.source.text(), is_file, findings);
    }
    for (target, span) in links_in_html(issue).filter(|(_, span)| is_visible(span)) {
        judge_target(&target, LinkKind::Inline, &span, is_file, findings);
    }
    let is_mistake = |reference: &&UndefinedReference| {
        !is_chain_of_tags(&reference.span, issue.source.text(), &links)
    };
    for reference in issue.document.undefined.iter().filter(is_mistake) {
        let name = &reference.name;
        let example = if name.starts_with('^') { "The note." } else { "https://..." };
        findings.at(
            &reference.span,
            UNDEFINED_REFERENCE,
            format!("`{name}` is not defined, so this is shown as it stands"),
            format!("Add a line `[{name}]: {example}`, or correct the name."),
        );
    }
    report_links_shown_as_text(issue, findings);
}

/// Whether brackets side by side are no reference to anything: tags before a link
/// that works, as in `[tag][Title](url)` and `[DE][EN] [Title](url)`; two words before
/// an item, as in `- [win][arm64] A fix`; or a part of a word, as in
/// `Bag[Mutable][Raw]Letter`.
fn is_chain_of_tags(reference: &Span, source: &str, links: &[Link]) -> bool {
    let (before, after) = (&source[..reference.start], &source[reference.end..]);
    let touches_a_word =
        before.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
    let end = reference.end + after.len() - after.trim_start_matches(' ').len();
    let next = links.partition_point(|link| link.span.start < reference.start);
    touches_a_word
        || begins_with_tags(before, &source[reference.clone()], after)
        || links.get(next).is_some_and(|link| link.span.start <= end)
}

/// Whether two short words in brackets, which are not the same word, begin an item.
fn begins_with_tags(before: &str, reference: &str, after: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let has_words =
        after.strip_prefix(' ').is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
    let is_item = has_words && matches!(line.trim(), "-" | "*" | "+");
    let words = reference.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let Some((text, name)) = words.and_then(|words| words.split_once("][")) else { return false };
    let is_tag = |word: &str| {
        (1..=12).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    is_item && is_tag(text) && is_tag(name) && !text.eq_ignore_ascii_case(name)
}

/// Reports at most one finding about the target, and one about the text.
fn judge(link: &Link, source: &str, is_file: &dyn Fn(&str) -> bool, findings: &mut Findings<'_>) {
    let fault = judge_target(&link.target, link.kind, &link.span, is_file, findings);
    if link.kind == LinkKind::Image || fault == Some(Fault::Empty) {
        return;
    }
    if !link.shows_something && !shows_a_tag(&source[link.span.clone()]) {
        let message = format!("the link to `{}` has no text, so nobody can click it", link.target);
        let advice = "Write its text between the square brackets.";
        findings.at(&link.span, EMPTY_LINK, message, advice);
    } else if let Some(field) = template_field(&link.text) {
        let message = format!("`{field}` is left of a template");
        findings.at(&link.span, PLACEHOLDER, message, "Write the text that readers should see.");
    }
}

fn judge_target(
    target: &str,
    kind: LinkKind,
    span: &Span,
    is_file: &dyn Fn(&str) -> bool,
    findings: &mut Findings<'_>,
) -> Option<Fault> {
    let fault = target::fault(target, kind)?;
    if fault.may_be_file() && is_file(target) {
        return None;
    }
    let rule = match fault {
        Fault::Empty => EMPTY_LINK,
        Fault::Placeholder => PLACEHOLDER,
        _ => MALFORMED_LINK,
    };
    let (message, advice) = fault.words(target);
    findings.at(span, rule, message, advice);
    Some(fault)
}

/// The targets of the links that are written as HTML, each with the place of its tag.
/// A tag over several lines of a block is left to `render`.
fn links_in_html<'i>(issue: &'i Issue<'_>) -> impl Iterator<Item = (String, Span)> + use<'i> {
    let html = issue.document.events.iter().filter_map(|(event, span)| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some((&**html, span.start)),
        _ => None,
    });
    html.filter(|(html, _)| html.contains("<a ") || html.contains("<A ")).flat_map(
        |(html, start)| {
            html::tokens(html).into_iter().filter_map(move |(token, at)| match token {
                HtmlToken::Open(tag) if tag.name.eq_ignore_ascii_case("a") => {
                    Some((tag.value("href")?.to_owned(), start + at.start..start + at.end))
                }
                _ => None,
            })
        },
    )
}

/// Whether a text holds a tag that readers see: an image, or one that HTML does not
/// have, such as `<Saddle />`, which is shown as it stands.
fn shows_a_tag(text: &str) -> bool {
    html::tokens(text).iter().any(|(token, _)| match token {
        HtmlToken::Open(tag) => match treatment(tag.name) {
            Treatment::NotHtml => true,
            Treatment::Kept(name) => name == "img",
            Treatment::Unwrapped | Treatment::Dropped => false,
        },
        _ => false,
    })
}

/// Reports `[text] (target)` and other text that looks like a link and is none in
/// Markdown.
fn report_links_shown_as_text(issue: &Issue<'_>, findings: &mut Findings<'_>) {
    let source = issue.source.text();
    let brackets = text_outside_code(issue)
        .flat_map(|span| source[span.clone()].match_indices(']').map(|(at, _)| span.start + at));
    let is_link = |at: &usize| {
        let after = &source[at + 1..];
        (after.starts_with('(') || target_follows(after)) && !source[..*at].ends_with('\\')
    };
    for at in brackets.filter(is_link).take(ENOUGH) {
        findings.at(
            &around(source, at),
            MALFORMED_LINK,
            "this is shown as it stands, and not as a link",
            "Write `[text](target)` without a space between, and none in the target; \
             a bracket that is meant is written `\\[`.",
        );
    }
}

/// From the opening square bracket to the closing round one, where they are near.
fn around(source: &str, closing: usize) -> Span {
    const NEAR: usize = 500;
    let near_start = source.floor_char_boundary(closing.saturating_sub(NEAR));
    let near_end = source.floor_char_boundary(closing + NEAR);
    let start =
        source[near_start..closing].rfind(['[', '\n']).map_or(closing, |at| near_start + at);
    let end =
        source[closing..near_end].find([')', '\n']).map_or(closing + 1, |at| closing + at + 1);
    start..end
}

/// Whether a target in round brackets follows after a space or a line end.
fn target_follows(after: &str) -> bool {
    let inside = after.trim_start_matches([' ', '\n']).strip_prefix('(');
    let gap = after.len() - after.trim_start_matches([' ', '\n']).len();
    gap <= 2
        && inside
            .is_some_and(|inside| ["http:", "https:", "www."].iter().any(|s| inside.starts_with(s)))
}
