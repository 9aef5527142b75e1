//! Bold and struck text that begins and never ends, so that readers see its marks.
//!
//! Absent on purpose: single `*` and `_`, and `__`. Prose about software has many
//! names such as `*const T`, `snake_case` and `__m128i`, and they are no mistakes.

use super::{ENOUGH, text_outside_code};
use crate::issue::Issue;
use crate::source::rules::UNCLOSED_EMPHASIS;
use crate::source::{Findings, Span};

pub(super) fn discover(issue: &Issue<'_>, findings: &mut Findings<'_>) {
    let source = issue.source.text();
    let marks = runs_of_text(issue).into_iter().flat_map(|span| openers(source, span));
    for span in marks.take(ENOUGH) {
        let mark = &source[span.clone()];
        findings.at(
            &span,
            UNCLOSED_EMPHASIS,
            format!("this `{mark}` is never closed, so readers see it"),
            format!(
                "Put `{mark}` directly after the last word, without a space or punctuation \
                 before it. To show the marks to readers, write a `\\` before each."
            ),
        );
    }
}

/// The text outside code. The parser splits text at each mark; this joins the parts.
fn runs_of_text(issue: &Issue<'_>) -> Vec<Span> {
    let mut runs: Vec<Span> = Vec::new();
    for span in text_outside_code(issue) {
        match runs.last_mut() {
            Some(last) if last.end == span.start => last.end = span.end,
            _ => runs.push(span.clone()),
        }
    }
    runs
}

/// The marks in some text that can only open emphasis: a word follows them, and
/// no word is before them.
fn openers(source: &str, span: Span) -> Vec<Span> {
    let text = &source[span.clone()];
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = memchr::memchr2(b'*', b'~', &text.as_bytes()[at..]).map(|n| at + n) {
        let mark = text.as_bytes()[start];
        let run = text.as_bytes()[start..].iter().take_while(|byte| **byte == mark).count();
        at = start + run;
        let before = source[..span.start + start].chars().next_back();
        let after = text[at..].chars().next();
        let begins_a_word = after.is_some_and(char::is_alphanumeric)
            && before.is_none_or(|c| c != '\\' && !c.is_alphanumeric());
        if begins_a_word && (run == 2 || (run == 3 && mark == b'*')) {
            found.push(span.start + start..span.start + at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceText;

    fn found(text: &str) -> Vec<String> {
        let source = SourceText::new("a.md", format!("Title: x\n\n{text}").as_bytes()).unwrap();
        let issue = Issue::parse(&source, "a").unwrap();
        let mut findings = Findings::about(&source);
        discover(&issue, &mut findings);
        let places = findings.into_sorted().into_iter().map(|found| found.place.unwrap());
        places.map(|place| place.text.chars().skip(place.column - 1).take(5).collect()).collect()
    }

    #[test]
    fn bold_text_that_never_ends_is_found() {
        for (text, expected) in [
            ("a **bold word and no end", "**bol"),
            ("**bold *and* [more](https://x.example)", "**bol"),
            ("**bold **", "**bol"),
            ("[**bold **](https://x.example)", "**bol"),
            ("(**bold)", "**bol"),
            ("***both", "***bo"),
            ("~~gone", "~~gon"),
            ("**one paragraph\n\nand another**", "**one"),
            ("* **item\n* more", "**ite"),
        ] {
            assert_eq!(found(text), [expected], "{text}");
        }
    }

    #[test]
    fn stars_that_are_meant_are_let_through() {
        for text in [
            "**bold** and ***both*** and **b *c* d** and ~~gone~~",
            "2 ** 3, x**2, f**k, *** and **",
            "\\*\\*kwargs, \\**kwargs, `**kwargs`",
            "```\n**kwargs\n```",
            "*const T, **, ~100, a price** and\n\n** with VAT",
            "<!-- **never shown -->",
            "",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
