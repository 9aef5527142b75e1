//! What an editor should know before an issue is sent.
//!
//! In: an [`Issue`], or what was rendered of it. Out: findings, each with a
//! rule, a place and advice. Absent on purpose: deciding what to do about
//! them, and the findings that only the render room can make, about raw HTML.

mod characters;
mod comments;
mod emphasis;
mod links;
mod mail;
pub mod mojibake;
mod structure;
pub mod theme;

pub use mail::{GMAIL_CLIP, Limits, Links, MAX_STYLE_BYTES, REFUSED_HTML_BYTES};

use crate::issue::{self, Issue};
use crate::render::{
    IMAGE_FORMAT, IMAGE_SIZE, MISSING_ALT, MISSING_IMAGE, Measures, RELATIVE_TARGET, Rendered,
};
use crate::source::{Findings, RuleId, Severity, Span};
use comments::Comments;

/// One rule of the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Rule {
    /// Its name, as `--allow` takes it.
    pub id: RuleId,
    /// How bad it is to break it.
    pub severity: Severity,
    /// What it asks for, in one sentence.
    pub description: &'static str,
}

const fn error(id: &'static str, description: &'static str) -> Rule {
    Rule { id: RuleId(id), severity: Severity::Error, description }
}

const fn warning(id: &'static str, description: &'static str) -> Rule {
    Rule { id: RuleId(id), severity: Severity::Warning, description }
}

/// The text reads as it was meant.
pub const MOJIBAKE: Rule =
    error("mojibake", "No text is UTF-8 that was read as MacRoman, Windows-1252 or Latin-1.");
/// Nothing is left of a template.
pub const PLACEHOLDER: Rule = error(
    "placeholder-link",
    "No link target, link text or title is a placeholder such as LINK_HERE or {{name}}.",
);
/// Links lead somewhere.
pub const EMPTY_LINK: Rule = error("empty-link", "Every link has a target and something to click.");
/// Links are well formed.
pub const MALFORMED_LINK: Rule = warning(
    "malformed-link",
    "Every link is written as [text](target), and its target has a known scheme if it has one.",
);
/// References are defined.
pub const UNDEFINED_REFERENCE: Rule =
    warning("undefined-reference", "Every [text][name] has a definition of its name.");
/// Sections hold something.
pub const EMPTY_SECTION: Rule = warning("empty-section", "Something stands under every heading.");
/// Comments end.
pub const UNBALANCED_COMMENT: Rule =
    warning("unbalanced-comment", "Every <!-- has its --> and the other way round.");
/// Nothing invisible breaks the mail.
pub const CONTROL_CHARACTER: Rule = error(
    "control-character",
    "No control character stands in the file, tabs and line ends aside.",
);
/// Text reads in the order in which it is written.
pub const TURNED_TEXT: Rule = warning(
    "turned-text",
    "No invisible character embeds or overrides a direction, or isolates one past its line.",
);
/// Bold text ends.
pub const UNCLOSED_EMPHASIS: Rule =
    warning("unclosed-emphasis", "Every ** or ~~ before a word is closed in its paragraph.");
/// The subject exists.
pub const MISSING_TITLE: Rule = error("missing-title", "The front matter has a title.");
/// There is something to send.
pub const EMPTY_ISSUE: Rule = error("empty-issue", "A reader sees something in the issue.");
/// Readers can leave.
pub const UNSUBSCRIBE: Rule =
    error("unsubscribe", "Both parts of the mail hold the reader's link to unsubscribe.");
/// The sender can be written to.
pub const POSTAL_ADDRESS: Rule =
    error("postal-address", "Both parts of the mail hold the sender's postal address.");
/// Nobody is watched.
pub const PIXEL: Rule = error("pixel", "No image is too small to be seen.");
/// A relative target has a base. The render room finds what breaks this and
/// the next four rules, because it knows the bases and the files.
const RELATIVE: Rule = Rule {
    id: RELATIVE_TARGET,
    severity: Severity::Error,
    description: "Every relative target can be resolved: links from web_url, images from assets_url.",
};
/// Images are there.
const NO_IMAGE: Rule = Rule {
    id: MISSING_IMAGE,
    severity: Severity::Error,
    description: "Every image that is a file is there, inside the newsletter's folder.",
};
/// Images can be seen.
const FORMAT: Rule = Rule {
    id: IMAGE_FORMAT,
    severity: Severity::Error,
    description: "Every image is a PNG, JPEG or GIF, and its name ends accordingly.",
};
/// Images do not burst the mail.
const SIZE: Rule = Rule {
    id: IMAGE_SIZE,
    severity: Severity::Error,
    description: "The images in the mail have at most 7 MB together, and a known width.",
};
/// Images speak to those who do not see them.
const ALT: Rule = Rule {
    id: MISSING_ALT,
    severity: Severity::Warning,
    description: "Every image has a text in its place; `![ ](...)` says that it is mere decoration.",
};
/// The mail is not cut off.
pub const BUDGET: Rule = error(
    "budget",
    "The encoded HTML part stays under the limit of `[budget]`, and its style sheets under 16,000 bytes.",
);
/// Readers need not scroll to leave, or to read elsewhere.
pub const TOP_LINKS: Rule = warning(
    "top-links",
    "The mail's page on the web and a way to unsubscribe are linked at the top of the HTML part.",
);

/// The mail can be read.
pub const CONTRAST: Rule = Rule {
    id: crate::theme::CONTRAST,
    severity: Severity::Error,
    description: "Text has a contrast of 4.5:1 to what it stands on, in light and in dark.",
};

/// Every rule that judges an issue or a mail. `--allow` takes their names.
pub const RULES: [Rule; 23] = [
    MISSING_TITLE,
    EMPTY_ISSUE,
    MOJIBAKE,
    CONTROL_CHARACTER,
    PLACEHOLDER,
    EMPTY_LINK,
    MALFORMED_LINK,
    UNDEFINED_REFERENCE,
    EMPTY_SECTION,
    UNBALANCED_COMMENT,
    TURNED_TEXT,
    UNCLOSED_EMPHASIS,
    RELATIVE,
    NO_IMAGE,
    FORMAT,
    SIZE,
    ALT,
    UNSUBSCRIBE,
    POSTAL_ADDRESS,
    PIXEL,
    BUDGET,
    CONTRAST,
    TOP_LINKS,
];

/// The reasons for which a file is no issue. There is nothing to send then, so
/// none of them can be allowed.
pub const UNREADABLE: [RuleId; 7] = [
    issue::FRONT_MATTER,
    issue::FRONT_MATTER_DATE,
    issue::FRONT_MATTER_LANGUAGE,
    issue::FRONT_MATTER_NUMBER,
    issue::FRONT_MATTER_SLUG,
    issue::FRONT_MATTER_TITLE,
    issue::NESTING,
];

/// The rule of that name, if `--allow` may take it.
pub fn rule(name: &str) -> Option<&'static Rule> {
    static ALL: [Rule; RULES.len()] = RULES;
    ALL.iter().find(|rule| rule.id.0 == name)
}

/// Judges what the author wrote. Comments are invisible: only control
/// characters are looked for in them.
pub fn issue(issue: &Issue<'_>, findings: &mut Findings<'_>) {
    let comments = Comments::of(issue);
    let text = issue.source.text();
    let damaged = mojibake::discover(text, |span| !comments.cover(span));
    let is_damaged = |at: usize| damaged.iter().any(|d| d.covers(at));
    report(characters::discover(issue, is_damaged), findings);
    report(damaged, findings);
    report(characters::turned(issue, |span| !comments.cover(span)), findings);
    report(emphasis::discover(issue), findings);
    report(structure::discover(issue), findings);
    report(comments.discover(), findings);
    report(links::discover(issue), findings);
}

/// Judges what was made of it.
pub fn mail(
    rendered: &Rendered,
    measures: &Measures,
    limits: &Limits,
    findings: &mut Findings<'_>,
) {
    report(mail::discover(rendered, measures, limits), findings);
}

/// How many findings of one family are told one by one. Who has more has one
/// cause for all of them.
const MOST_TOLD: usize = 50;

/// After so many places there is nothing new to learn, and looking costs time.
const ENOUGH: usize = 1_000;

/// Something that breaks a rule.
struct Discovery {
    rule: &'static Rule,
    /// `None` when it is about the whole.
    span: Option<Span>,
    message: String,
    advice: String,
}

impl Discovery {
    fn at(
        rule: &'static Rule,
        span: &Span,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { rule, span: Some(span.clone()), message: message.into(), advice: advice.into() }
    }

    fn overall(rule: &'static Rule, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { rule, span: None, message: message.into(), advice: advice.into() }
    }

    fn covers(&self, at: usize) -> bool {
        self.span.as_ref().is_some_and(|span| span.contains(&at))
    }
}

/// Tells the first places of each rule and counts the others.
fn report(discoveries: Vec<Discovery>, findings: &mut Findings<'_>) {
    let mut counts = std::collections::BTreeMap::new();
    for Discovery { rule, span, message, advice } in discoveries {
        let how = (rule.id, rule.severity);
        let Some(span) = span else {
            findings.overall(how, message, advice);
            continue;
        };
        let count: &mut usize = counts.entry(rule.id).or_default();
        *count += 1;
        if *count <= MOST_TOLD {
            findings.at(&span, how, message, advice);
        }
    }
    for rule in RULES {
        let untold = counts.get(&rule.id).map_or(0, |count| count.saturating_sub(MOST_TOLD));
        if untold > 0 {
            findings.overall(
                (rule.id, rule.severity),
                format!("{untold} more places of this kind are not listed"),
                "Mend the first ones, and look again.",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Issue;
    use crate::source::SourceText;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<(RuleId, usize)> {
        let source = SourceText::new("a.md", text.as_bytes()).expect("short UTF-8");
        let Ok(issue) = Issue::parse(&source, "a") else { return Vec::new() };
        let mut findings = Findings::about(&source);
        super::issue(&issue, &mut findings);
        let line = |place: Option<crate::source::Place>| place.map_or(0, |place| place.line);
        findings.into_sorted().into_iter().map(|f| (f.rule, line(f.place))).collect()
    }

    #[test]
    fn an_empty_file_has_no_title_and_nothing_to_read() {
        let expected = vec![(MISSING_TITLE.id, 1), (EMPTY_ISSUE.id, 0)];
        assert_eq!(found(""), expected);
        assert_eq!(found("<!-- a comment -->\n"), expected);
    }

    #[test]
    fn comments_and_code_are_not_judged_but_for_control_characters() {
        let text = "Title: x\n\nA <!-- [a](URL) √± \u{1} --> b `[a](URL)`\n\n    [](URL) <!--\n";
        assert_eq!(found(text), [(CONTROL_CHARACTER.id, 3)]);
        assert_eq!(found("Title: x\n\n&#1; [a](x&#2;)\n")[0], (CONTROL_CHARACTER.id, 3));
    }

    #[test]
    fn text_that_is_turned_around_is_found_and_marks_are_let_through() {
        let cases = [
            ("a \u{202E}b", 1),
            ("a \u{202B}b\u{202C}", 2),
            ("a \u{2067}b", 1),
            ("a \u{2067}b\n\u{2069}", 2),
            ("a &#x202E;b", 1),
            ("`a \u{202E}b`", 1),
            ("[a](https://example.org/&#x202E;b)", 1),
            ("b <!-- \u{202E} --> a", 0),
            ("a \u{2067}b\u{2069} c \u{2068}\u{2066}d\u{2069}\u{2069}", 0),
            ("a\u{200E} \u{200F} \u{61C} 👩\u{200D}🚀 — … 한", 0),
        ];
        for (text, expected) in cases {
            let found = found(&format!("Title: x\n\n{text}\n"));
            assert_eq!(found.len(), expected, "{text:?}");
            assert!(found.iter().all(|(rule, line)| *rule == TURNED_TEXT.id && *line > 2));
        }
        let preheader = found("Title: x\nSummary: a \u{202E}b\n\ntext\n");
        assert_eq!(preheader, [(TURNED_TEXT.id, 2)]);
    }

    #[test]
    fn a_thousand_places_of_one_rule_are_told_in_short() {
        for (place, rule) in
            [("[]()\n", EMPTY_LINK), ("\u{202E}a\n", TURNED_TEXT), ("**a\n", UNCLOSED_EMPHASIS)]
        {
            let found = found(&format!("Title: x\n\nWords. {}", place.repeat(1_000)));
            assert_eq!(found.len(), MOST_TOLD + 1);
            assert_eq!(found.last(), Some(&(rule.id, 0)));
        }
    }

    #[test]
    fn a_million_places_of_one_rule_take_no_more_memory_than_a_thousand() {
        for (place, rule) in [
            ("\u{202E}a\n", TURNED_TEXT),
            ("\u{2066}", TURNED_TEXT),
            ("&#x202E;", TURNED_TEXT),
            ("**a\n", UNCLOSED_EMPHASIS),
        ] {
            let text = format!("Title: x\n\nWords. {}", place.repeat(300_000));
            let source = SourceText::new("a.md", text.as_bytes()).unwrap();
            let issue = Issue::parse(&source, "a").unwrap();
            let found = if rule.id == TURNED_TEXT.id {
                characters::turned(&issue, |_| true)
            } else {
                emphasis::discover(&issue)
            };
            assert!((1..=ENOUGH).contains(&found.len()), "{place:?}: {}", found.len());
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "((---|\\+\\+\\+)\n)?([ -~]|\n|[:>#\\[\\]()!`*<-]|√|±|â|€|\u{0}|é|🦀|title: |<!--|-->|\\]\\(|\\{\\{|```\n){0,60}((---|\\+\\+\\+)\n)?") {
            found(&text);
        }

        #[test]
        fn whatever_was_misread_is_never_made_worse(text in "([a-z ]|[À-ſ]|[А-я]|[—“”’…🦀✅]){0,40}") {
            if let Some(repaired) = mojibake::repair(&text) {
                prop_assert!(repaired.explained <= repaired.non_ascii);
                prop_assert!(repaired.text.chars().count() < text.chars().count());
            }
        }
    }
}
