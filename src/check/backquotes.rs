//! Backquotes that begin code and never end it, so that readers see them.
//!
//! The parser has taken out code first and escapes next, so a backquote that is
//! still text is the odd one of its paragraph, item or cell. Absent on purpose: two
//! odd ones of one paragraph, which pair up and make code of the words between them.

use super::{ENOUGH, text_outside_code};
use crate::issue::Issue;
use crate::source::rules::ODD_BACKQUOTE;
use crate::source::{Findings, Span};

pub(super) fn discover(issue: &Issue<'_>, findings: &mut Findings<'_>) {
    let source = issue.source.text();
    for span in text_outside_code(issue).flat_map(|span| odd_ones(source, span)).take(ENOUGH) {
        findings.at(
            &span,
            ODD_BACKQUOTE,
            "this backquote has no second one, so readers see it",
            "Put one after the code as well; to show it to readers, write a `\\` before it.",
        );
    }
}

/// A backquote between two of them is shown on purpose.
const QUOTES: [char; 8] = ['"', '\'', '“', '”', '„', '‘', '’', '«'];

/// The runs of backquotes in some text that are neither escaped nor a sign of their own.
fn odd_ones<'t>(source: &'t str, text: &Span) -> impl Iterator<Item = Span> + use<'t> {
    let Span { start, end } = *text;
    let found = memchr::memchr_iter(b'`', &source.as_bytes()[start..end]);
    found.map(move |at| start + at).filter_map(move |at| {
        let before = &source[..at];
        let after = source[at..].trim_start_matches('`');
        let run = at..source.len() - after.len();
        let is_first = !before.ends_with(['`', '\\']);
        let is_shown = before.ends_with(QUOTES) && after.starts_with(QUOTES);
        (is_first
            && !is_shown
            && !is_apostrophe(before, after)
            && !is_quote(&source[run.clone()], after))
        .then_some(run)
    })
}

/// As in `o`zbek`, where it is a letter, and in `don`t`.
fn is_apostrophe(before: &str, after: &str) -> bool {
    before.ends_with(char::is_alphabetic) && after.starts_with(char::is_alphabetic)
}

/// As in `` `word' `` and ``` ``two words'' ```, which manuals of GNU and TeX write.
fn is_quote(run: &str, after: &str) -> bool {
    let mark = match run.len() {
        1 => "'",
        2 => "''",
        _ => return false,
    };
    let near = after.split("\n\n").next().unwrap_or_default();
    near.match_indices(mark).any(|(at, _)| {
        let (quoted, rest) = (&near[..at], &near[at + mark.len()..]);
        !quoted.is_empty()
            && !quoted.ends_with(char::is_whitespace)
            && !rest.starts_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    fn found(text: &str) -> Vec<usize> {
        let source = SourceText::new("a.md", format!("Title: x\n\n{text}").as_bytes()).unwrap();
        let issue = Issue::parse(&source, "a").unwrap();
        let mut findings = Findings::about(&source);
        discover(&issue, &mut findings);
        let found = findings.into_sorted();
        found
            .iter()
            .flat_map(|finding| finding.listed_places())
            .map(|place| place.line - 2)
            .collect()
    }

    #[test]
    fn case_19_an_odd_backquote_is_found_in_its_item() {
        for (text, lines) in [
            (
                "- [Make `Saddle::new const](https://example.org/1)\n- A `list` of `things\n",
                vec![1, 2],
            ),
            ("# A `heading\n\nand `more` text", vec![1]),
            ("| a | b |\n|---|---|\n| `x | y` |\n", vec![3, 3]),
            ("a ``b` c", vec![1, 1]),
            ("`is it `that`?", vec![1]),
            ("the end`", vec![1]),
            ("fenced```", vec![1]),
        ] {
            assert_eq!(found(text), lines, "{text}");
        }
    }

    #[test]
    fn backquotes_that_are_meant_are_let_through() {
        for text in [
            "`code` and ``code with ` inside`` and a \\` escaped, \\`\\`twice\\`",
            "```\n`\n```\n\n    `\n\n<!-- ` -->",
            "o`zbek tilida, don`t",
            "GNU's `word' and ``two words'', even\n`over lines'.",
            "a stray \"`\" and a “`”",
            "&#96; [a](https://example.org/`x)",
            "",
        ] {
            assert_eq!(found(text), Vec::<usize>::new(), "{text}");
        }
    }
}
