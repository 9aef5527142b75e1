//! The title, and whether there is something under every heading.

use super::Discovery;
use crate::issue::Issue;
use crate::source::rules::{EMPTY_ISSUE, EMPTY_SECTION, MISSING_TITLE};

pub(super) fn discover(issue: &Issue<'_>) -> Vec<Discovery> {
    let mut discoveries = Vec::new();
    if issue.title.is_none() {
        discoveries.push(Discovery::at(
            MISSING_TITLE,
            &(0..0),
            "the issue has no title, and so the mail would have no subject",
            "Begin the file with a line such as `Title: Weekly 12`, and an empty line after it.",
        ));
    }
    if !issue.document.shows_something() {
        discoveries.push(Discovery::overall(
            EMPTY_ISSUE,
            "the issue has no text that a reader would see",
            "Write something after the front matter.",
        ));
    }
    discoveries.extend(empty_sections(issue));
    discoveries
}

/// Of a section whose subsections are all empty, only those are told.
fn empty_sections(issue: &Issue<'_>) -> Vec<Discovery> {
    let sections = issue.document.sections();
    let next_levels = sections.iter().skip(1).map(|section| Some(section.level)).chain([None]);
    sections
        .iter()
        .zip(next_levels)
        .filter(|(section, next)| {
            !section.shows_something && next.is_none_or(|next| next <= section.level)
        })
        .map(|(section, _)| {
            Discovery::at(
                EMPTY_SECTION,
                &section.span,
                format!("nothing stands under the heading `{}`", section.text.trim()),
                "Write something there, or delete the heading.",
            )
        })
        .collect()
}
