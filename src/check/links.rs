//! Links without a target, with a wrong one, or shown as text by mistake.

mod target;

use pulldown_cmark::{Event, Tag, TagEnd};

use super::{Discovery, ENOUGH};
use crate::issue::{Issue, Link, LinkKind, template_field, template_field_in};
use crate::source::rules::{EMPTY_LINK, MALFORMED_LINK, PLACEHOLDER, UNDEFINED_REFERENCE};
use crate::source::{Rule, Span};
use target::Fault;

pub(super) fn discover(issue: &Issue<'_>) -> Vec<Discovery> {
    let links = issue.document.links();
    let of_links = links.iter().flat_map(judge_link);
    let title = issue.title.as_ref().and_then(|title| {
        let field = template_field_in(title.value.as_str())?;
        Some(Discovery::at(
            PLACEHOLDER,
            &title.span,
            format!("`{field}` is left of a template"),
            "Write the title of this issue.",
        ))
    });
    let undefined = issue.document.undefined.iter().map(|reference| {
        Discovery::at(
            UNDEFINED_REFERENCE,
            &reference.span,
            format!("`{}` is not defined, so this is shown as it stands", reference.name),
            if reference.name.starts_with('^') {
                format!("Add a line `[{}]: The note.`, or correct the name.", reference.name)
            } else {
                format!("Add a line `[{}]: https://...`, or correct the name.", reference.name)
            },
        )
    });
    title.into_iter().chain(of_links).chain(undefined).chain(links_shown_as_text(issue)).collect()
}

/// At most one discovery about the target, and one about the text.
fn judge_link(link: &Link) -> impl Iterator<Item = Discovery> {
    let discovery = |rule: Rule, (message, advice): (String, String)| {
        Discovery::at(rule, &link.span, message, advice)
    };
    let fault = target::fault(&link.target, link.kind);
    let about_target = fault.map(|fault| {
        let rule = match fault {
            Fault::Empty => EMPTY_LINK,
            Fault::Placeholder => PLACEHOLDER,
            _ => MALFORMED_LINK,
        };
        discovery(rule, fault.words(&link.target))
    });
    let about_text = match link.kind {
        LinkKind::Image => None,
        _ if fault == Some(Fault::Empty) => None,
        _ if !link.shows_something => Some(discovery(
            EMPTY_LINK,
            (
                format!("the link to `{}` has no text, so nobody can click it", link.target),
                "Write its text between the square brackets.".to_owned(),
            ),
        )),
        _ => template_field(&link.text).map(|field| {
            let advice = "Write the text that readers should see.".to_owned();
            discovery(PLACEHOLDER, (format!("`{field}` is left of a template"), advice))
        }),
    };
    about_target.into_iter().chain(about_text)
}

/// `[text] (target)` and other links that Markdown does not take for one. What
/// stands in code is meant to be shown.
fn links_shown_as_text(issue: &Issue<'_>) -> Vec<Discovery> {
    let source = issue.source.text();
    let mut discoveries = Vec::new();
    let mut in_code = false;
    for (event, span) in &issue.document.events {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(_) if !in_code => {}
            _ => continue,
        }
        let Event::Text(_) = event else { continue };
        for (at, _) in source[span.clone()].match_indices(']') {
            let at = span.start + at;
            let after = &source[at + 1..];
            let is_escaped = source[..at].ends_with('\\');
            if discoveries.len() == ENOUGH {
                return discoveries;
            }
            let is_link = after.starts_with('(') || target_follows(after);
            if is_link && !is_escaped {
                let span = around(source, at);
                discoveries.push(Discovery::at(
                    MALFORMED_LINK,
                    &span,
                    "this is shown as it stands, and not as a link",
                    "Write `[text](target)` without a space between, and none in the target; \
                     a bracket that is meant is written `\\[`.",
                ));
            }
        }
    }
    discoveries
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
