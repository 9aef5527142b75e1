//! The checks before an issue is sent.
//!
//! In: an [`Issue`], or the mail rendered from it. Out: findings, each with a
//! rule, a place and advice. Absent on purpose: deciding what to do about them,
//! and the findings that only `render` can make, such as those about raw HTML.

mod backquotes;
mod characters;
mod comments;
mod emphasis;
mod links;
mod mail;
mod mojibake;
mod structure;
pub(crate) mod theme;

pub use mail::{GMAIL_CLIP, Limits, Links, MAX_STYLE_BYTES, REFUSED_HTML_BYTES};

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::issue::Issue;
use crate::source::{Findings, Span};
use comments::Comments;
pub use mail::discover as mail;

/// Checks the text of the author, of which no relative link leads to a file.
pub fn issue(issue: &Issue<'_>, findings: &mut Findings<'_>) {
    issue_among(issue, &|_| false, findings);
}

/// Checks the text of the author. `is_file` says whether a relative target leads to a
/// file of the newsletter; it is asked about targets that are odd otherwise. Comments
/// are invisible: only control characters are reported in them.
pub(crate) fn issue_among(
    issue: &Issue<'_>,
    is_file: &dyn Fn(&str) -> bool,
    findings: &mut Findings<'_>,
) {
    let comments = Comments::from_issue(issue, findings);
    let is_visible = |span: &Span| !comments.cover(span);
    let damaged = mojibake::discover(issue.source.text(), is_visible, findings);
    let is_damaged = |at: usize| damaged.iter().any(|place| place.span.contains(&at));
    characters::discover(issue, is_damaged, findings);
    characters::discover_turning(issue, is_visible, findings);
    emphasis::discover(issue, findings);
    structure::discover(issue, findings);
    backquotes::discover(issue, findings);
    links::discover(issue, is_file, is_visible, findings);
}

/// A check stops after so many places: further ones teach nothing new and cost time.
const ENOUGH: usize = 1_000;

/// The places of text outside code blocks. Code in a line is not text for the parser.
fn text_outside_code<'i>(issue: &'i Issue<'_>) -> impl Iterator<Item = &'i Span> {
    let mut in_code = false;
    issue.document.events.iter().filter_map(move |(event, span)| {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(_) if !in_code => return Some(span),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::rules::{
        CONTROL_CHARACTER, EMPTY_ISSUE, EMPTY_LINK, MALFORMED_LINK, MISSING_TITLE, PLACEHOLDER,
        TURNED_TEXT, UNCLOSED_EMPHASIS, UNDEFINED_REFERENCE,
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
    fn case_15_tags_before_links_that_work_are_no_references() {
        for text in [
            "[merge][Allow two saddles](https://e.example/1)",
            "- [DE][EN] [A bag for letters](https://e.example/2)",
            "- [win][arm64] A lock for winter",
            "A type such as `x` and Bag[Mutable][Raw]Letter, Raw[a][b]",
        ] {
            assert_eq!(found(&format!("Title: x\n\n{text}\n")), [], "{text}");
        }
        for text in ["See [the inn][inn], and [more](https://e.example).", "- [Inn][inn] is open"] {
            let forgotten = found(&format!("Title: x\n\n{text}\n"));
            assert_eq!(forgotten, [(UNDEFINED_REFERENCE.id, 3)], "{text}");
        }
    }

    #[test]
    fn case_17_a_link_that_shows_a_tag_has_a_text() {
        for shown in ["<Saddle />", "<img src='https://e.example/a.png' alt='a'>", "<b>x</b>"] {
            let text = format!("Title: x\n\nTry [{shown}](https://e.example/saddle) today.\n");
            assert_eq!(found(&text), [], "{shown}");
        }
        for hidden in ["<!-- x -->", "<b></b>", "<span>", " "] {
            let text = format!("Title: x\n\nTry [{hidden}](https://e.example/saddle) today.\n");
            assert!(found(&text).contains(&(EMPTY_LINK.id, 3)), "{hidden}");
        }
    }

    #[test]
    fn case_20_a_host_without_a_scheme_is_no_page() {
        let text =
            "Title: x\n\nThe [riders](riders.example.org) met at [the inn](example.com/inn).\n";
        assert_eq!(found(text), [(MALFORMED_LINK.id, 3), (MALFORMED_LINK.id, 3)]);
        let html = "Title: x\n\n<p>The <a href=\"riders.example.org\">riders</a></p>\n\nb <a href='TODO'>c</a>\n";
        assert_eq!(found(html), [(MALFORMED_LINK.id, 3), (PLACEHOLDER.id, 5)]);
        assert_eq!(found("Title: x\n\n<!--\n<a href='TODO'>c</a>\n-->\n\nb <a id=x>c</a>\n"), []);
        let pages = "[a](/about/) [b](../2026/x) [c](page.html) [d](posts/x.md) [e](?page=2)";
        assert_eq!(found(&format!("Title: x\n\n{pages}\n")), []);
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
    fn a_thousand_places_of_one_cause_are_one_finding() {
        for (place, rule) in
            [("[]()\n", EMPTY_LINK), ("\u{202E}a\n", TURNED_TEXT), ("**a\n", UNCLOSED_EMPHASIS)]
        {
            let found = found(&format!("Title: x\n\nWords. {}", place.repeat(1_000)));
            assert_eq!(found, [(rule.id, 3)]);
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
            let mut findings = Findings::about(&source);
            if rule.id == TURNED_TEXT.id {
                characters::discover_turning(&issue, |_| true, &mut findings);
            } else {
                emphasis::discover(&issue, &mut findings);
            }
            let found = findings.into_sorted();
            let seen = (found.len(), found[0].places, found[0].listed_places().count());
            assert_eq!(seen, (1, ENOUGH, MOST_PLACES), "{place:?}");
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
