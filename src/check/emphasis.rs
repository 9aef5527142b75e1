//! Bold and struck text that begins and never ends, so that readers see its marks.
//!
//! Deliberately absent: single `*` and `_`, and `__`. Prose about software is
//! full of `*const T`, `snake_case` and `__m128i`, and none of it is a mistake.

use pulldown_cmark::{Event, Tag, TagEnd};

use super::{Discovery, ENOUGH};
use crate::issue::Issue;
use crate::source::Span;
use crate::source::rules::UNCLOSED_EMPHASIS;

pub(super) fn discover(issue: &Issue<'_>) -> Vec<Discovery> {
    let source = issue.source.text();
    let shown = |span: Span| {
        let mark = &source[span.clone()];
        Discovery::at(
            UNCLOSED_EMPHASIS,
            &span,
            format!("this `{mark}` is never closed, so readers see it"),
            format!(
                "Put `{mark}` right behind the last word that it is for, and no space or \
                 punctuation between; stars that are meant are written `\\*\\*`."
            ),
        )
    };
    let marks = runs_of_text(issue).flat_map(|span| openers(source, span));
    marks.take(ENOUGH).map(shown).collect()
}

/// The text outside code, with what the parser cut apart in one piece.
fn runs_of_text<'i>(issue: &'i Issue<'_>) -> impl Iterator<Item = Span> + 'i {
    let mut in_code = false;
    let mut runs: Vec<Span> = Vec::new();
    for (event, span) in &issue.document.events {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(_) if !in_code => match runs.last_mut() {
                Some(last) if last.end == span.start => last.end = span.end,
                _ => runs.push(span.clone()),
            },
            _ => {}
        }
    }
    runs.into_iter()
}

/// The marks in some text that could only have opened something: they stand
/// before a word, and not behind one.
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
        let marks = discover(&issue).into_iter().map(|found| found.span.unwrap());
        marks
            .map(|span| {
                source.text()[span.start..][..5.min(source.text().len() - span.start)].to_owned()
            })
            .collect()
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
