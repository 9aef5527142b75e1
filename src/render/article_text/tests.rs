//! What the writer of the text does with every construct.

use unicode_width::UnicodeWidthStr;

use super::super::wrap::Room;
use super::*;
use crate::issue::Document;
use crate::render::flow::flow;
use crate::source::{Findings, SourceText};

fn text(markdown: &str) -> String {
    let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
    let document = Document::parse(&source, 0).unwrap();
    write(&flow(&document, &mut Findings::about(&source)))
}

#[test]
fn constructs_keep_their_shape() {
    let cases = [
        ("# A\n\nb *c* **d** `e`\nf", "A\n=\n\nb c d `e` f\n"),
        ("- a\n- b\n  - c\n- d\n\ne", "* a\n* b\n  * c\n* d\n\ne\n"),
        ("- a\n\n- b\n\n  c", "* a\n\n* b\n\n  c\n"),
        ("9. a\n10. b", "9. a\n10. b\n"),
        ("> a\n>\n> b\n\n-- c", "> a\n>\n> b\n-- c\n"),
        ("[a](https://x.example)", "a\n<https://x.example>\n"),
        ("- [a](https://x.example)\n- b", "* a\n  <https://x.example>\n* b\n"),
        (
            "[a](https://x.example), [b](https://y.example) and [c](https://x.example).",
            "a [1], b [2] and c [1].\n[1] <https://x.example>\n[2] <https://y.example>\n",
        ),
        ("<https://x.example> <a@example.org>", "<https://x.example> a@example.org\n"),
        ("![alt](https://x.example/i.png)", "alt\n<https://x.example/i.png>\n"),
        ("[![alt](https://x.example/i.png)](https://y.example)", "alt\n<https://y.example>\n"),
        (
            "a  \nb\n\n***\n\n```\nlet  x;\n\n  y\n```",
            "a\nb\n\n--------------------\n\n    let  x;\n\n      y\n",
        ),
        ("a<!-- no --> <small>b</small> Vec<T>", "a b Vec<T>\n"),
        ("> a\n>\n> — [b](https://x.example)", "> a\n> — b\n> <https://x.example>\n"),
        ("> a\n\nb\n\n— c", "> a\n\nb\n\n— c\n"),
        (
            "a[^x] [b](https://x.example)[^y]\n\n[^y]: Y [c](https://y.example)\n\n[^x]: X\n\n    - d",
            "a[^1] b[^2]\n<https://x.example>\n\n--------------------\n\n[^1] X\n\n     * d\n\n[^2] Y c\n     <https://y.example>\n",
        ),
        ("- [ ] a\n- [x] b\n\n1. [ ] c", "* ☐ a\n* ☑ b\n\n1. ☐ c\n"),
        (
            "a\n\n[Read *on*](https://x.example 'button')\n\n[Why?](https://y.example 'button')",
            "a\n\nRead on:\n<https://x.example>\n\nWhy?\n<https://y.example>\n",
        ),
        ("<details><summary>a</summary>\n\nb\n\n</details>\n\nc", "a\n\nb\n\nc\n"),
        ("~~a~~ x<sup>2</sup> H<sub>2</sub>O<br><small>b</small>", "~~a~~ x^2 H2O\nb\n"),
        ("1<sup>st</sup> 10<sup>-3</sup> <sup>1</sup> a<sup>[b](c)</sup>", "1st 10^-3 1 ab\n<c>\n"),
        ("# ![](https://x.example/i.png)", "<https://x.example/i.png>\n"),
        ("[a](#part) [b]()", "a b\n"),
        ("-\n- b", "*\n* b\n"),
        ("- > a\n  > b\n- ```\n  c\n  ```", "* > a b\n*     c\n"),
        ("<div>a</div><p>b</p>\n<ol><li>c<li>d</ol>", "a\n\nb\n\n1. c\n2. d\n"),
    ];
    for (markdown, expected) in cases {
        assert_eq!(text(markdown), expected, "{markdown}");
    }
}

#[test]
fn numbers_begin_anew_in_each_section() {
    let two = "[a](https://a.example) [b](https://b.example)\n\n";
    let shown = text(&format!("{two}{two}# B\n\n{two}"));
    assert_eq!(shown.matches("[4]").count(), 2);
    assert_eq!(shown.matches("a [1] b [2]").count(), 2);
}

#[test]
fn lines_are_short_unless_they_are_a_target() {
    let long = format!("https://x.example/{}", "a".repeat(100));
    let shown = text(&format!("> * {} [link]({long})", "word ".repeat(60)));
    assert!(shown.contains("> * word") && shown.contains(&format!(">   <{long}>\n")));
    for line in shown.lines().filter(|line| !line.contains("://")) {
        assert!(line.width() <= Room::WHOLE.width && line.trim_end() == line, "{line:?}");
    }
}

/// What no line of the text part may break, whatever the input.
fn obeys_the_rules(markdown: &str) {
    for line in text(markdown).lines() {
        let last = line.rsplit(' ').next().unwrap_or_default();
        let is_target = line.contains("://") || (last.starts_with('<') && last.ends_with('>'));
        assert!(line.width() <= Room::WHOLE.most || is_target, "{} {line}", line.width());
        assert!(!line.ends_with(char::is_whitespace), "{line:?}");
    }
}

#[test]
fn no_line_is_too_long_however_deep_or_endless() {
    let word = "a".repeat(300);
    let deep = |mark: &str| format!("{}{word} b\n", mark.repeat(90 / mark.len()));
    let cases = [
        deep("> "),
        deep("- "),
        format!("{}{word}", "1234567. ".repeat(40)),
        deep("> - "),
        format!("{}\n\n    {word}", deep("- ")),
        format!("# {word}\n\n## {}\n", "日".repeat(100)),
        format!("`{word}` [{word}]({word}) <mailto:{word}>\n"),
        format!("```\n\t\t{word} {word}\n{}x\n```\n", " ".repeat(200)),
        format!("|{word}|b|\n|-|-|\n|{word}|{word}|\n"),
        format!("|a|b|\n|-|-|\n|{}|c|\n", "👩\u{200d}👩\u{200d}👧".repeat(50)),
        format!("{}x{}", "<div><ul><li>".repeat(30), "<pre>".repeat(3)),
        format!(
            "- a\n{}- {word}\n",
            (0..40).map(|n| format!("{}- b\n", "  ".repeat(n + 1))).collect::<String>()
                + &"  ".repeat(41)
        ),
        format!("a[^x]\n\n[^x]: {word}\n"),
        format!("[{word}](https://x.example 'button')\n\n> a\n\n— {word}\n"),
    ];
    cases.iter().for_each(|markdown| obeys_the_rules(markdown));
}

#[test]
fn a_long_target_is_whole_even_in_code() {
    let url = format!("https://x.example/{}", "a-b".repeat(50));
    for markdown in [
        format!("```\ncurl --fail {url} | sh\n```\n"),
        format!("`{url}` {url}"),
        format!("|a|b|\n|-|-|\n|[c]({url})|{url}|\n"),
        format!("[{url}]({url})"),
        format!("> - <{url}>"),
    ] {
        assert!(text(&markdown).contains(&url), "{markdown}\n{}", text(&markdown));
        obeys_the_rules(&markdown);
    }
}
