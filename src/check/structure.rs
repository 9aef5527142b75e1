//! The title, and headings with nothing under them.

use crate::issue::Issue;
use crate::source::Findings;
use crate::source::rules::{EMPTY_ISSUE, EMPTY_SECTION, MISSING_TITLE};

pub(super) fn discover(issue: &Issue<'_>, findings: &mut Findings<'_>) {
    if issue.title.is_none() {
        findings.at(
            &(0..0),
            MISSING_TITLE,
            "the issue has no title, and so the mail would have no subject",
            "Begin the file with a line such as `Title: Weekly 12`, and an empty line after it.",
        );
    }
    if !issue.document.shows_something() {
        findings.overall(
            EMPTY_ISSUE,
            "the issue has no text that a reader would see",
            "Write something after the front matter.",
        );
    }
    // If all subsections of a section are empty, only the subsections are reported.
    let sections = issue.document.sections();
    let next_levels = sections.iter().skip(1).map(|section| Some(section.level)).chain([None]);
    for (section, next) in sections.iter().zip(next_levels) {
        if !section.shows_something && next.is_none_or(|next| next <= section.level) {
            findings.at(
                &section.span,
                EMPTY_SECTION,
                "nothing stands under this heading",
                "Write something there, or delete the heading.",
            );
        }
    }
}
