use super::*;
use crate::issue::Document;
use crate::render::flow::flow;
use crate::source::{Findings, SourceText};

pub(super) fn shown(markdown: &str) -> String {
    shown_in(markdown, Direction::LeftToRight)
}

fn shown_in(markdown: &str, direction: Direction) -> String {
    let look = Look { direction, ..Look::default() };
    let source = SourceText::new("a.md", markdown.as_bytes()).unwrap();
    let document = Document::parse(&source, 0).unwrap();
    write(&flow(&document, &mut Findings::about(&source)), &look, &[]).html
}

#[test]
fn what_is_written_the_other_way_runs_its_own() {
    use Direction::{LeftToRight, RightToLeft};
    let hebrew = "שלום לכולם.";
    let cases = [
        (LeftToRight, "a", "<p>a</p>\n".to_owned()),
        (LeftToRight, hebrew, format!("<p dir=\"rtl\" align=\"right\">{hebrew}</p>\n")),
        (RightToLeft, hebrew, format!("<p>{hebrew}</p>\n")),
        (RightToLeft, "A b.", "<p dir=\"ltr\" align=\"left\">A b.</p>\n".to_owned()),
        (RightToLeft, "Rust היא שפה", "<p>Rust היא שפה</p>\n".to_owned()),
        (RightToLeft, "1, 2.", "<p>1, 2.</p>\n".to_owned()),
        (RightToLeft, "`a::b()`", "<p><code dir=\"ltr\">a::b()</code></p>\n".to_owned()),
        (
            RightToLeft,
            "    a",
            "<pre dir=\"ltr\" style=\"white-space:pre-wrap;text-align:left\"><code>a</code></pre>\n"
                .to_owned(),
        ),
    ];
    for (direction, markdown, expected) in cases {
        assert_eq!(shown_in(markdown, direction), expected, "{markdown}");
    }
    assert_eq!(shown("# שלום"), "<h2 class=\"top\" dir=\"rtl\" align=\"right\">שלום</h2>\n");
    assert!(shown_in("|a|\n|-|\n|b|", RightToLeft).contains("<th scope=\"col\" align=\"right\">a"));
}

#[test]
fn constructs_are_written() {
    let cases = [
        ("a & b < c \"d\"", "<p>a &amp; b &lt; c \"d\"</p>\n"),
        (
            "[a](https://x.example/?a=1&b=2 \"T\\\"t\")",
            "<p><a href=\"https://x.example/?a=1&amp;b=2\" title=\"T&quot;t\">a</a></p>\n",
        ),
        ("- a\n- b\n\n3. c", "<ul><li>a</li><li>b</li></ul>\n<ol start=\"3\"><li>c</li></ol>\n"),
        ("![](x.png)", "<p><img src=\"x.png\" alt=\"\"></p>\n"),
        (
            "```rust\nlet a = <T>;\n```",
            "<pre style=\"white-space:pre-wrap\"><code>let a = &lt;T&gt;;\n</code></pre>\n",
        ),
        (
            "|a|b|\n|-|-:|\n|c|d|",
            "<table cellpadding=\"4\"><thead><tr><th scope=\"col\" align=\"left\">a</th><th scope=\"col\" align=\"right\">b</th></tr></thead><tbody><tr><td>c</td><td align=\"right\">d</td></tr></tbody></table>\n",
        ),
        ("~~a~~ **b** *c*  \nd", "<p><del>a</del> <strong>b</strong> <em>c</em><br>d</p>\n"),
        (
            "{{slot \"unsubscribe_url\"}} a\\*|UNSUB|\\*",
            "<p>{{slot \"unsubscribe_url\"}} a*|UNSUB|*</p>\n",
        ),
        (
            "a[^x]\n\n[^x]: b\n\n    c",
            "<p>a<sup>[1]</sup></p>\n<hr><ol class=\"notes\"><li><p>b</p><p>c</p></li></ol>\n",
        ),
        (
            "- [ ] a\n- [x] b",
            "<ul><li style=\"list-style-type:none\">☐ a</li><li style=\"list-style-type:none\">☑ b</li></ul>\n",
        ),
        ("> a\n\n— b", "<blockquote><p>a</p></blockquote>\n<p class=\"by\">— b</p>\n"),
        (
            "<details open><summary>a</summary>\n\nb\n\n</details>",
            "<div><div><strong>a</strong></div>\n<p>b</p></div>\n",
        ),
        ("<pre>a</pre>", "<pre style=\"white-space:pre-wrap\">a</pre>\n"),
        ("Vec<T> <b title='a\"b'>x</b>", "<p>Vec&lt;T&gt; <b title=\"a&quot;b\">x</b></p>\n"),
    ];
    for (markdown, expected) in cases {
        assert_eq!(shown(markdown), expected, "{markdown}");
    }
}

#[test]
fn a_button_is_one_without_any_style_sheet() {
    let shown = shown("[Read *on*](https://x.example/?a&b \"button\")");
    let parts = [
        "<table class=\"button\" role=\"presentation\" border=\"0\" ",
        "<tr><td bgcolor=\"#1a5fb4\" style=\"border:0;",
        "<a href=\"https://x.example/?a&amp;b\" style=\"display:inline-block;padding:12px 24px;",
        "<span style=\"color:#fafafa\">Read <em>on</em></span></a></td></tr></table>\n",
    ];
    let mut from = 0;
    for part in parts {
        from += shown[from..].find(part).unwrap_or_else(|| panic!("{part} in {shown}"));
    }
    assert!(!shown.contains("title=") && !shown.contains("<p"), "{shown}");
}

#[test]
fn ten_thousand_levels_are_no_danger() {
    for markdown in ["[", "<b>", "<div>\n", "*a ", "![", "</b>"] {
        assert!(shown(&markdown.repeat(10_000)).len() < 100_000, "{markdown}");
    }
    for (first, again) in [("<div>\n<a b='", "<a c=\""), ("<div>\n", "</a"), ("<div>\n", "<T>")] {
        assert!(!shown(&format!("{first}{}>", again.repeat(100_000))).is_empty());
    }
}
