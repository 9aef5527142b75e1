//! Both parts of a mail contain every word and every target of an article, and
//! follow the rules for all mails.

mod generated;

use postrider::render::SlotValues;
use proptest::prelude::*;

use self::generated::{Source, blocks};
use crate::support::any_bytes::try_as_an_issue;
use crate::support::mail_rules::{balanced, readable};
use crate::support::rendering::{corpus, rendered, root, weekly};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_word_and_target_is_in_both_parts(blocks in blocks()) {
        let source = Source::of(&blocks);
        let (mail, _) = rendered("a.md", source.markdown.as_bytes(), &weekly()).unwrap();
        let html = mail.html.fill(&SlotValues::EXAMPLE);
        let text = mail.text.fill(&SlotValues::EXAMPLE);
        prop_assert_eq!(balanced(&html), Ok(()), "{}\n{}", source.markdown, html);
        prop_assert_eq!(readable(&text), Ok(()), "{}\n{}", source.markdown, text);
        let seen = without_tags(&html);
        for word in &source.words {
            prop_assert!(seen.contains(word), "{} in {}\n{}", word, source.markdown, html);
            prop_assert!(text.contains(word), "{} in {}\n{}", word, source.markdown, text);
        }
        for target in &source.targets {
            let attribute = format!("href=\"{}\"", target.replace('&', "&amp;"));
            prop_assert!(html.contains(&attribute), "{} in {}\n{}", target, source.markdown, html);
            prop_assert!(text.contains(&format!("<{target}>")), "{} in {}\n{}", target, source.markdown, text);
        }
    }
}

/// What a reader sees, and comments.
fn without_tags(html: &str) -> String {
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_text_of_real_issues_is_readable_and_no_target_is_broken() {
    let corpus = corpus();
    if corpus.is_empty() {
        return println!("skipped: no corpus beside the repository");
    }
    let theme = weekly();
    let (mut targets, mut largest) = (0, 0);
    for path in &corpus {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok((mail, _)) = rendered(&name, &std::fs::read(path).unwrap(), &theme) else {
            println!("{name} is no issue");
            continue;
        };
        let html = mail.html.fill(&SlotValues::EXAMPLE);
        let text = mail.text.fill(&SlotValues::EXAMPLE);
        assert_eq!(balanced(&html), Ok(()), "{name}");
        assert_eq!(readable(&text), Ok(()), "{name}");
        for target in targets_of(&html) {
            let address = target.strip_prefix("mailto:").unwrap_or("\0");
            let is_there = text.contains(&format!("<{target}>")) || text.contains(address);
            assert!(is_there, "{name}: {target} is not whole in the text");
            targets += 1;
        }
        largest = largest.max(text.len());
    }
    println!("{targets} targets are whole; the largest text has {largest} bytes");
    assert!(targets > 0);
}

/// The targets of links, as a browser reads them. A place in the mail itself,
/// and nowhere, are none.
fn targets_of(html: &str) -> Vec<String> {
    let values = html.split(" href=\"").skip(1).filter_map(|part| part.split('"').next());
    let values = values.filter(|value| !value.is_empty() && !value.starts_with('#'));
    values
        .map(|value| value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        .collect()
}

/// What made the renderer panic, hang, or break a rule, and a seed of ours.
#[test]
fn what_the_fuzzer_found_stays_mended() {
    let folder = root().join("tests/fixtures/fuzz");
    let mut tried = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(try_as_an_issue(&bytes), Ok(()), "{}", path.display());
        tried += 1;
    }
    assert!(tried > 0, "{} is empty", folder.display());
}

#[test]
fn the_rules_catch_what_breaks_them() {
    let sound =
        "<!doctype html><p a=\"b&amp;c\">d &lt; e<br>f</p><hr /><!-- <b> --><style>a>b</style>";
    assert_eq!(balanced(sound), Ok(()));
    let broken = [
        "<p>",
        "</p>",
        "<b><i></b></i>",
        "<p a=b></p>",
        "<p a=\"b\"c=\"d\"></p>",
        "<p a=\"b\" a=\"c\"></p>",
        "<p a=\"<\"></p>",
        "<p a=\"b&c\"></p>",
        "a & b",
        "a < b",
        "a > b",
        "<p/>",
        "<T></T>",
        "<!-- a",
        "<br></br>",
        "<p>a<ul></ul></p>",
        "<p>a<b><hr></b></p>",
        "<h2><h3></h3></h2>",
        "<a><p><a></a></p></a>",
        "<div><td></td></div>",
        "<table>a</table>",
        "<table><tr><p></p></tr></table>",
        "<li></li>",
        "<ul><li><div><li></li></div></li></ul>",
    ];
    for html in broken {
        assert!(balanced(html).is_err(), "{html}");
    }
    let long = "a".repeat(79);
    let fine = [&long[1..], &format!("https://{long}"), &format!("[1] <{long}>"), "a\n\nb"];
    fine.iter().for_each(|text| assert_eq!(readable(text), Ok(()), "{text}"));
    for text in [&*long, "a \nb", "a\u{a0}", "a\tb", &"日".repeat(40)] {
        assert!(readable(text).is_err(), "{text:?}");
    }
}
