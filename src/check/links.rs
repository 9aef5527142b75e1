//! Links without a target, with a wrong one, or shown as text by mistake.

mod target;

use super::{ENOUGH, text_outside_code};
use crate::issue::{Issue, Link, LinkKind, template_field, template_field_in};
use crate::source::rules::{EMPTY_LINK, MALFORMED_LINK, PLACEHOLDER, UNDEFINED_REFERENCE};
use crate::source::{Findings, Span};
use target::Fault;

pub(super) fn discover(issue: &Issue<'_>, findings: &mut Findings<'_>) {
    if let Some(title) = &issue.title
        && let Some(field) = template_field_in(title.value.as_str())
    {
        let message = format!("`{field}` is left of a template");
        findings.at(&title.span, PLACEHOLDER, message, "Write the title of this issue.");
    }
    for link in issue.document.links() {
        judge(&link, findings);
    }
    for reference in &issue.document.undefined {
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

/// Reports at most one finding about the target, and one about the text.
fn judge(link: &Link, findings: &mut Findings<'_>) {
    let fault = target::fault(&link.target, link.kind);
    if let Some(fault) = fault {
        let rule = match fault {
            Fault::Empty => EMPTY_LINK,
            Fault::Placeholder => PLACEHOLDER,
            _ => MALFORMED_LINK,
        };
        let (message, advice) = fault.words(&link.target);
        findings.at(&link.span, rule, message, advice);
    }
    if link.kind == LinkKind::Image || fault == Some(Fault::Empty) {
        return;
    }
    if !link.shows_something {
        let message = format!("the link to `{}` has no text, so nobody can click it", link.target);
        let advice = "Write its text between the square brackets.";
        findings.at(&link.span, EMPTY_LINK, message, advice);
    } else if let Some(field) = template_field(&link.text) {
        let message = format!("`{field}` is left of a template");
        findings.at(&link.span, PLACEHOLDER, message, "Write the text that readers should see.");
    }
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
