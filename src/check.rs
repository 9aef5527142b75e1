//! What an editor should know before an issue is sent.
//!
//! In: an [`Issue`], or what was rendered of it. Out: findings, each with a
//! rule, a place and advice. Deliberately absent: deciding what to do about
//! them, and the findings that only `render` can make, such as those about raw HTML.

mod characters;
mod comments;
mod emphasis;
mod links;
mod mail;
pub mod mojibake;
mod structure;
pub mod theme;

pub use mail::{GMAIL_CLIP, Limits, Links, MAX_STYLE_BYTES, REFUSED_HTML_BYTES};

use crate::issue::Issue;
use crate::render::{Measures, Rendered};
use crate::source::{Findings, Rule, Span};
use comments::Comments;

/// Judges what the author wrote. Comments are invisible: only control
/// characters are looked for in them.
pub fn issue(issue: &Issue<'_>, findings: &mut Findings<'_>) {
    let comments = Comments::from_issue(issue);
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

/// Judges the mail that was rendered from an issue.
pub fn mail(
    rendered: &Rendered,
    measures: &Measures,
    limits: &Limits,
    findings: &mut Findings<'_>,
) {
    report(mail::discover(rendered, measures, limits), findings);
}

/// A check stops looking after so many places: the next one teaches nothing new
/// and costs time.
const ENOUGH: usize = 1_000;

/// Something that breaks a rule.
struct Discovery {
    rule: Rule,
    /// `None` when it is about the whole.
    span: Option<Span>,
    message: String,
    advice: String,
}

impl Discovery {
    fn at(rule: Rule, span: &Span, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { rule, span: Some(span.clone()), message: message.into(), advice: advice.into() }
    }

    fn overall(rule: Rule, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { rule, span: None, message: message.into(), advice: advice.into() }
    }

    fn covers(&self, at: usize) -> bool {
        self.span.as_ref().is_some_and(|span| span.contains(&at))
    }
}

fn report(discoveries: Vec<Discovery>, findings: &mut Findings<'_>) {
    for Discovery { rule, span, message, advice } in discoveries {
        match span {
            Some(span) => findings.at(&span, rule, message, advice),
            None => findings.overall(rule, message, advice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::Issue;
    use crate::source::rules::{
        CONTROL_CHARACTER, EMPTY_ISSUE, EMPTY_LINK, MISSING_TITLE, TURNED_TEXT, UNCLOSED_EMPHASIS,
    };
    use crate::source::{MOST_PLACES, RuleId, SourceText};
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
            assert_eq!(found.len(), MOST_PLACES + 1);
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
