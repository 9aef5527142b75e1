//! Every word that CommonMark and an HTML parser show is in both parts of the mail, or
//! an error names the place that hides it. `PROPTEST_CASES=100000` tries more inputs.

use postrider::render::SlotValues;
use postrider::source::rules::LOST_WORDS;
use proptest::prelude::*;

use crate::support::rendering::{corpus, rendered, weekly};
use crate::support::visible_words::missing;

/// Words between all that HTML can do to them.
fn fragments() -> impl Strategy<Value = Vec<String>> {
    let html = prop::sample::select(vec![
        "<iframe src=\"https://e.example/f\" />",
        "<iframe src=https://e.example/f>",
        "</iframe>",
        "<video controls>",
        "<source src='https://e.example/f'>",
        "</video>",
        "<audio/>",
        "<svg>",
        "<svg/>",
        "<text>",
        "</text>",
        "</svg>",
        "<math>",
        "<mi>",
        "</math>",
        "<script>",
        "<script src=x />",
        "</script>",
        "<style>",
        "</style>",
        "<title>",
        "</title>",
        "<title/>",
        "<textarea>",
        "</textarea>",
        "<select>",
        "<option>",
        "</select>",
        "<template>",
        "</template>",
        "<noscript>",
        "</noscript>",
        "<object data=x>",
        "</object>",
        "<canvas>",
        "</canvas>",
        "<embed src=https://e.example/f>",
        "<picture>",
        "</picture>",
        "<?php",
        "?>",
        "<!X",
        "<!DOCTYPE html>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<!-->",
        "<!--->",
        "--!>",
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<a href=\"x",
        "<a href='x'>",
        "</a>",
        "<table>",
        "<tr>",
        "<td>",
        "</td>",
        "</table>",
        "<li>",
        "<ul>",
        "<pre>",
        "</pre>",
        "<T>",
        "<br/>",
        "<hr>",
        "<form>",
        "<button>",
        "</button>",
        "<details>",
        "<summary>",
        "</summary>",
        "</details>",
        "<x-y>",
        "<",
        ">",
        "\"",
        "'",
        "=",
        "/>",
        "</",
        "&lt;",
        "&amp;",
        "`",
        "```\n",
        "    ",
        "**",
        "*",
        "[",
        "](x)",
        "# ",
        "- ",
        "> ",
        "| a | b |\n|---|---|\n",
        "[^1]",
        "\n[^1]: ",
    ]);
    let part = prop_oneof![
        3 => html.prop_map(str::to_owned),
        3 => (0_u16..2_000).prop_map(|n| format!("word{n} ")),
        2 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
    ];
    prop::collection::vec(part, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_500), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_word_is_shown_or_an_error_names_its_place(parts in fragments()) {
        let markdown = parts.concat();
        // In a text area that never ends, an HTML parser shows tags, too.
        let mut lost = lost(&markdown);
        lost.retain(|word| word.starts_with("word"));
        prop_assert_eq!(lost, Vec::<String>::new(), "{}", markdown);
    }
}

/// The words that both CommonMark and an HTML parser show, and the mail does not,
/// without an error that says so.
fn lost(markdown: &str) -> Vec<String> {
    let issue = format!("Title: t\n\n{markdown}");
    let Ok((mail, findings)) = rendered("a.md", issue.as_bytes(), &weekly()) else {
        return Vec::new();
    };
    if findings.iter().any(|finding| finding.rule == LOST_WORDS.id && finding.place.is_some()) {
        return Vec::new();
    }
    let (html, text) = (mail.html.fill(&SlotValues::EXAMPLE), mail.text.fill(&SlotValues::EXAMPLE));
    missing(markdown, &html, &text)
}

#[test]
fn no_word_of_a_real_issue_is_lost() {
    let corpus = corpus();
    if corpus.is_empty() {
        return println!("skipped: no corpus beside the repository");
    }
    let mut words = 0;
    for path in &corpus {
        let text = std::fs::read_to_string(path).unwrap();
        let body = text.replace('\r', "");
        let body = body.split_once("\n\n").map_or(&*body, |(_, body)| body);
        assert_eq!(lost(body), Vec::<String>::new(), "{}", path.display());
        words += body.split_whitespace().count();
    }
    println!("{words} words of {} issues", corpus.len());
}

#[test]
fn the_measure_sees_a_word_that_is_lost() {
    assert_eq!(
        missing(
            "alpha <b>beta</b> beta\n\n<script>gamma</script>",
            "<p>alpha beta",
            "alpha beta beta"
        ),
        ["beta"]
    );
    assert_eq!(missing("alpha `beta`", "<p>alpha<!-- beta -->", "alpha beta"), ["beta"]);
}
