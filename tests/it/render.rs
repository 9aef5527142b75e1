//! Rendering an issue gives the two parts of a mail.

use std::collections::BTreeMap;

use postrider::render::{Measures, Slot, SlotValues};
use postrider::source::Finding;
use postrider::theme::{Theme, embedded};
use proptest::prelude::*;

use crate::support::mail_rules::{balanced, readable};
use crate::support::rendering::{corpus, rendered, root, weekly};

#[test]
fn every_construct_is_rendered_as_it_was_approved() {
    for name in ["constructs", "conventions"] {
        let issue = format!("{name}.md");
        let source = std::fs::read(root().join("tests/fixtures/issues").join(&issue)).unwrap();
        let (mail, findings) = rendered(&issue, &source, &weekly()).unwrap();
        let shown = |finding: &Finding| {
            let place = finding
                .place
                .as_ref()
                .map_or(String::new(), |place| format!("{}:{}: ", place.line, place.column));
            let elsewhere =
                finding.elsewhere().map_or(String::new(), |lines| format!(" ({lines})"));
            let Finding { rule, message, advice, .. } = finding;
            format!("{place}{}: {message}{elsewhere}. {advice}\n", rule.0)
        };
        let findings: String = findings.iter().map(shown).collect();
        approved(&format!("{name}.html"), &mail.html.fill(&SlotValues::EXAMPLE));
        approved(&format!("{name}.txt"), &mail.text.fill(&SlotValues::EXAMPLE));
        approved(&format!("{name}.findings.txt"), &findings);
    }
}

/// Compares with the file that somebody has read. Set `APPROVE=1` to write it,
/// and read it before it is committed.
fn approved(name: &str, found: &str) {
    let path = root().join("tests/fixtures/rendered").join(name);
    if std::env::var_os("APPROVE").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == found, "{name} differs from {}:\n{found}", path.display());
}

#[test]
fn the_way_out_is_near_the_top_and_at_the_end() {
    let long = format!("Title: T\n\n{}", "A paragraph of some words.\n\n".repeat(2000));
    let (mail, _) = rendered("a.md", long.as_bytes(), &weekly()).unwrap();
    let measures = Measures::from_rendered(&mail);
    assert!(measures.first_unsubscribe.unwrap() < 5_000, "{measures:?}");
    assert!(measures.last_unsubscribe.unwrap() > measures.html - 1_000, "{measures:?}");
    assert!(measures.styles < 4_096, "{measures:?}");
    let is_address = |slot: &Slot| matches!(slot, Slot::PostalAddress { .. });
    assert!(mail.html.has_slot(is_address) && mail.text.has_slot(is_address));
    assert!(mail.text.has_slot(|slot| *slot == Slot::UnsubscribeUrl));
}

#[test]
fn a_value_cannot_break_the_shell() {
    let nasty = "a\"b<c>&'d {{article}} \\u{1F600} \u{a0}\u{200d}";
    let source = format!("Title: {nasty}\nSummary: {nasty}\n\ntext {{{{slot \"x\"}}}} x0tkna\n");
    let (mail, _) = rendered("a.md", source.as_bytes(), &weekly()).unwrap();
    let html = mail.html.fill(&SlotValues::EXAMPLE);
    let text = "a\"b&lt;c&gt;&amp;'d {{article}} \\u{1F600} \u{a0}\u{200d}";
    assert!(html.contains(&format!("<title>{}</title>", text.trim())), "{html}");
    assert!(!html.contains("aria-label"), "{html}");
    assert!(html.contains("<p>text {{slot \"x\"}} x0tkna</p>"), "{html}");
    assert_eq!(html.matches("role=\"main\"").count(), 1);
    assert!(html.contains("<html lang=\"en\" dir=\"ltr\""));
    assert_eq!(html.matches("<h1").count(), 1);
}

#[test]
fn an_issue_without_a_title_is_named_after_the_newsletter() {
    let (mail, _) = rendered("a.md", b"Number: 3\n\ntext\n", &weekly()).unwrap();
    assert_eq!(mail.subject.as_str(), "Example & Weekly");
}

#[test]
fn a_fault_in_a_theme_is_shown_at_its_line() {
    let cases = [
        (
            "{{article}}",
            "{{article}}{{titel}}",
            "weekly/layout.mjml.hbs:20:49: nothing declares `titel`\n            <div role=\"main\" class=\"a\">{{article}}{{titel}}</div>\nDid you mean `title`? ",
        ),
        ("{{article}}", "", "weekly/layout.mjml.hbs: the layout holds the article 0 times"),
        ("{{> masthead}}", "{{> mastheda}}", "layout.mjml.hbs:19:"),
        (
            "</mj-column>",
            "</mj-colum>",
            "weekly/layout.mjml.hbs:23:7: </mj-colum> closes nothing: <mj-column> is open",
        ),
        ("<mj-column ", "<mj-colum></mj-colum><mj-column ", "mj-colum"),
        (
            "width=\"600px\"",
            "width=\"600px\" css-class='a\"b'",
            "the attribute css-class of <mj-body> holds '\"', which mrml cannot write",
        ),
        ("{{fonts.body}}", "Roboto", "a font would be fetched when the mail is opened"),
        (
            "<div role",
            "<div title={{title}} role",
            "mrml cannot read the MJML: invalid attribute\n            <div title=T role=\"main\" class=\"a\">{article}</div>",
        ),
        ("{{> style}}", "{{> style}}{{title}}", "is in a style, or in a tag outside of quotes"),
        (
            "<div role",
            "{{slot \"nickname\"}}<div role",
            "there is no slot `nickname`; the slots are first_name",
        ),
        ("<div role", "{{slot \"first_name\"}}<div role", "needs a default"),
        (
            "<div role",
            "{{format_date \"2026-08-12\" \"longer\"}}<div role",
            "layout.mjml.hbs:20:11: there is no date format `longer`; there are full, long, medium, short",
        ),
        ("{{light.text}}", "{{light.txt}}", "nothing declares `light.txt`\n          <mj-text"),
        (
            "{{light.text}}",
            "{{light.txt}}",
            "Did you mean `light.text`? The known names are light.accent, light.background,",
        ),
        (
            "{{light.text}}",
            "{{strings.isue}}",
            "Did you mean `strings.issue`? The known names are strings.contents,",
        ),
    ];
    for (from, to, expected) in cases {
        let mut files = embedded("weekly").unwrap();
        let layout = files["layout.mjml.hbs"].replacen(from, to, 1);
        files.insert("layout.mjml.hbs".into(), layout);
        let error = fault_of(&files);
        assert!(error.contains(expected), "{to}: {error}\n(expected {expected})");
    }
}

fn fault_of(files: &BTreeMap<String, String>) -> String {
    use postrider::{
        issue::Issue,
        render::{Illustration, render},
        source::SourceText,
    };
    let theme = match Theme::from_files("weekly", files) {
        Ok(theme) => theme,
        Err(fault) => return fault.to_string(),
    };
    let source = SourceText::new("a.md", b"Title: T\n\ntext\n").unwrap();
    let issue = Issue::parse(&source, "a").unwrap();
    match render(&issue, &theme, &crate::support::rendering::letterhead(), &Illustration::NONE) {
        Ok(_) => "no fault".into(),
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn a_fault_in_a_partial_is_shown_in_the_partial() {
    let mut files = embedded("weekly").unwrap();
    let header = files["partials/masthead.mjml.hbs"].replace("{{headline}}", "{{headlien}}");
    files.insert("partials/masthead.mjml.hbs".into(), header);
    let error = fault_of(&files);
    assert!(
        error.starts_with("weekly/partials/masthead.mjml.hbs:4:32: nothing declares"),
        "{error}"
    );
}

#[test]
fn a_theme_may_greet_each_reader() {
    let mut files = embedded("weekly").unwrap();
    let greeting = "Hello {{slot \"first_name\" default=title}}";
    let text =
        files["text.txt.hbs"].replace("{{article}}", &format!("{greeting}\n\n{{{{article}}}}"));
    let html = files["layout.mjml.hbs"]
        .replace("<div role", &format!("<p title=\"{greeting}\">{greeting}</p><div role"));
    files.insert("text.txt.hbs".into(), text);
    files.insert("layout.mjml.hbs".into(), html);
    let theme = Theme::from_files("weekly", &files).unwrap();
    let (mail, _) = rendered("a.md", b"Title: T & \"U\"\n\ntext\n", &theme).unwrap();
    let html = mail.html.fill(&SlotValues::EXAMPLE);
    assert!(
        html.contains("<p title=\"Hello T &amp; &quot;U&quot;\">Hello T &amp; \"U\"</p>"),
        "{html}"
    );
    let values = SlotValues { first_name: "A<b>\"", ..SlotValues::EXAMPLE };
    let html = mail.html.fill(&values);
    assert!(html.contains("<p title=\"Hello A&lt;b&gt;&quot;\">Hello A&lt;b&gt;\"</p>"), "{html}");
    assert!(mail.text.fill(&values).contains("\nHello A<b>\"\n\ntext\n"));
}

#[test]
fn a_script_may_run_from_right_to_left() {
    use postrider::{domain::Direction, issue::Issue, render::render, source::SourceText};
    let letterhead = postrider::render::Letterhead {
        direction: Direction::RightToLeft,
        ..crate::support::rendering::letterhead()
    };
    let source = SourceText::new("a.md", "Title: T\nlanguage: he\n\n> x\n".as_bytes()).unwrap();
    let issue = Issue::parse(&source, "a").unwrap();
    let (mail, _) =
        render(&issue, &weekly(), &letterhead, &postrider::render::Illustration::NONE).unwrap();
    let html = mail.html.fill(&SlotValues::EXAMPLE);
    assert_eq!(html.matches("lang=\"he\" dir=\"rtl\"").count(), 2, "{html}");
    assert!(html.contains("text-align:right") && html.contains("border-right:4px"), "{html}");
    assert!(!html.contains("direction:ltr"), "{html}");
}

#[test]
fn the_samples_of_the_theme_are_without_fault() {
    let theme = weekly();
    for (name, text) in &theme.samples {
        let (_, findings) = rendered(name, text.as_bytes(), &theme).unwrap();
        assert_eq!(findings, []);
    }
}

#[test]
fn a_field_is_set_by_the_issue_or_by_default() {
    let (mail, findings) =
        rendered("a.md", b"Title: T\nreason: Because & why\ndate_fromat: x\n\ntext\n", &weekly())
            .unwrap();
    let html = mail.html.fill(&SlotValues::EXAMPLE);
    assert!(html.contains("Because &amp; why") && html.contains("Read on the web"));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].advice, "Is `date_format` meant?");
}

#[test]
fn a_list_of_contents_links_to_headings_and_only_those_have_an_id() {
    let contents =
        "{{#each sections}}{{#if (eq level 2)}}<a href=\"{{href}}\">{{title}}</a>{{/if}}{{/each}}";
    let mut files = embedded("weekly").unwrap();
    let layout =
        files["layout.mjml.hbs"].replace("<div role", &format!("<p>{contents}</p><div role"));
    files.insert("layout.mjml.hbs".into(), layout);
    let text = "{{#each sections}}* {{title}}\n{{/each}}\n{{article}}";
    let text = files["text.txt.hbs"].replace("{{article}}", text);
    files.insert("text.txt.hbs".into(), text);
    let theme = Theme::from_files("weekly", &files).unwrap();
    let source = b"Title: T\n\n# One & *only*\n\nx\n\n## Below\n\nx\n\n# <b>\"Two\"</b>\n\nx\n";
    let (mail, _) = rendered("a.md", source, &theme).unwrap();
    let html = mail.html.fill(&SlotValues::EXAMPLE);
    assert!(
        html.contains("<p><a href=\"#s1\">One &amp; only</a><a href=\"#s3\">\"Two\"</a></p>"),
        "{html}"
    );
    assert!(
        html.contains("<h2 id=\"s1\" class=\"top\">") && html.contains("<h3>Below</h3>"),
        "{html}"
    );
    assert!(html.contains("<h2 id=\"s3\">"), "{html}");
    let text = mail.text.fill(&SlotValues::EXAMPLE);
    assert!(text.contains("* One & only\n* Below\n* \"Two\"\n"), "{text}");
    let (mail, _) = rendered("a.md", source, &weekly()).unwrap();
    assert!(!mail.html.fill(&SlotValues::EXAMPLE).contains(" id="));
}

#[test]
fn words_and_dates_are_in_the_issues_language() {
    let parts = |front_matter: &str| {
        let source = format!("Title: T\nNumber: 7\nDate: 2026-08-12\n{front_matter}\n\ntext\n");
        let (mail, findings) = rendered("a.md", source.as_bytes(), &weekly()).unwrap();
        let parts = [mail.html.fill(&SlotValues::EXAMPLE), mail.text.fill(&SlotValues::EXAMPLE)];
        (parts, findings.into_iter().map(|finding| finding.message).collect::<Vec<_>>())
    };
    for (front_matter, words) in [
        ("", ["Unsubscribe", "Issue 7", "August 12, 2026"]),
        ("lang: de", ["Abbestellen", "Ausgabe 7", "12. August 2026"]),
        ("lang: pt-BR", ["Cancelar inscrição", "Edição 7", "12 de agosto de 2026"]),
        ("lang: ja", ["配信停止", "第7号", "2026年8月12日"]),
        ("lang: ar", ["إلغاء الاشتراك", "العدد 7", "12 أغسطس 2026"]),
        ("lang: de\ndate_format: full", ["Abbestellen", "Ausgabe 7", "Mittwoch, 12. August 2026"]),
        ("date_format: '%d.%m.%y'", ["Unsubscribe", "Issue 7", "12.08.26"]),
    ] {
        let (parts, findings) = parts(&front_matter.replace('\'', ""));
        for (part, word) in parts.iter().flat_map(|part| words.map(|word| (part, word))) {
            assert!(part.contains(word), "{front_matter}: {word}: {part}");
        }
        assert_eq!(findings, Vec::<String>::new());
    }
    let (parts, findings) = parts("lang: xx");
    assert!(parts[0].contains("Unsubscribe") && parts[1].contains("2026-08-12"), "{}", parts[1]);
    assert_eq!(
        findings,
        [
            "the theme weekly has no words in `xx` for contents, issue, reason, unsubscribe, web_view; they are in English"
        ]
    );
}

#[test]
fn real_issues_stay_within_the_budget() {
    let corpus = corpus();
    if corpus.is_empty() {
        return eprintln!("skipped: no corpus beside the repository");
    }
    let theme = weekly();
    let mut sizes = Vec::new();
    for path in &corpus {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(path).unwrap();
        let (mail, findings) = match rendered(&name, &bytes, &theme) {
            Ok(rendered) => rendered,
            Err(refusal) => {
                println!("{name}: refused: {refusal}");
                continue;
            }
        };
        let measures = Measures::from_rendered(&mail);
        println!(
            "{name}: html {} encoded {} tracked {} style {} text {} findings {}",
            measures.html,
            measures.html_encoded,
            measures.html_encoded_tracked,
            measures.styles,
            measures.text,
            findings.len()
        );
        assert!(measures.html_encoded_tracked < 102_400, "{name}: {measures:?}");
        sizes.push(measures.html);
    }
    sizes.sort_unstable();
    println!("min {} median {} max {}", sizes[0], sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_renders_into_balanced_tags(
        markdown in proptest::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
    ) {
        let theme = weekly();
        let source = format!("Title: T\n\n{markdown}");
        if let Ok((mail, _)) = rendered("a.md", source.as_bytes(), &theme) {
            let html = mail.html.fill(&SlotValues::EXAMPLE);
            prop_assert_eq!(balanced(&html), Ok(()), "{}", html);
            prop_assert_eq!(forbidden(&html), None, "{}", html);
            let text = mail.text.fill(&SlotValues::EXAMPLE);
            prop_assert_eq!(readable(&text), Ok(()), "{}", text);
        }
    }

    #[test]
    fn no_target_is_lost(targets in proptest::collection::vec("[a-z]{1,8}(/[a-z0-9?&=#.%-]{0,60})?", 1..12)) {
        let links: Vec<String> =
            targets.iter().map(|target| format!("[word](https://{target}.example/{target})")).collect();
        let shapes = ["{}", "* {}", "> {}", "# {}", "1. *{}*", "|a|b|\n|-|-|\n|c|{}|"];
        let blocks = links.iter().enumerate().map(|(at, link)| shapes[at % shapes.len()].replace("{}", link));
        let joined = blocks.collect::<Vec<_>>().join("\n\n");
        let source = format!("Title: T\n\n{joined}\n\n{}", links.join(" and "));
        let (mail, _) = rendered("a.md", source.as_bytes(), &weekly()).unwrap();
        let html = mail.html.fill(&SlotValues::EXAMPLE);
        let text = mail.text.fill(&SlotValues::EXAMPLE);
        for target in targets {
            let target = format!("https://{target}.example/{target}");
            prop_assert!(text.contains(&format!("<{target}>")), "{} in {}", target, text);
            let attribute = format!("href=\"{}\"", target.replace('&', "&amp;"));
            prop_assert!(html.contains(&attribute), "{} in {}", attribute, html);
        }
    }
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,12}",
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        "(\\*|_|`|>|#|-|\\||\\[|\\]|\\(|\\)|!|~|<|&|\\\\|=){1,3}",
        "</?(b|small|div|T|li|td|table|script|p|br|img|a|details|h1|pre)( [a-z]{1,4}=\"?[a-z<>\"]{0,4}\"?)?/?>",
        "\\PC{0,6}",
        Just("<!-- ".to_owned()),
        Just(" -->".to_owned()),
        Just("\n* ".to_owned()),
        Just("\n> ".to_owned()),
        Just("|a|b|\n|-|:-|\n|c|d|\n".to_owned()),
        Just("[x](https://x.example)".to_owned()),
        Just("[x](JavaScript:y)".to_owned()),
        Just("<a href='java&#115;cript&colon;y' onclick=z>".to_owned()),
        Just("<img src=x onerror=y style=z>".to_owned()),
        Just("\u{0}\u{1}\u{2}\u{85}\u{FEFF}".to_owned()),
    ]
}

/// The first tag of the article that has no business in a mail.
fn forbidden(html: &str) -> Option<String> {
    let opening = "<div role=\"main\" class=\"a\">";
    let start = html.find(opening).unwrap() + opening.len();
    let article = &html[start..html.rfind("</div><div class=\"f n\"").unwrap()];
    let harmless = |tag: &&str| {
        let attributes = tag.split("=\"").map(|part| part.rsplit([' ', '"']).next().unwrap());
        let names: Vec<_> = attributes.collect();
        // Code wraps on a phone, even where style sheets are dropped.
        let names: Vec<_> = match name_of(tag) {
            "pre" => names.into_iter().filter(|name| *name != "style").collect(),
            _ => names,
        };
        let runs = tag.to_ascii_lowercase().contains("=\"javascript:");
        !runs
            && !matches!(name_of(tag), "script" | "style" | "form" | "iframe" | "input" | "t")
            && !names[..names.len() - 1].iter().any(|name| name.starts_with("on"))
            // The author's; the writer has styles of its own for code and buttons.
            && !tag.contains("style=\"z\"")
    };
    tags(article).into_iter().find(|tag| !harmless(tag)).map(str::to_owned)
}

fn name_of(tag: &str) -> &str {
    tag.trim_start_matches('/').split([' ', '/']).next().unwrap()
}

/// What stands between `<` and `>`, but for comments. Quoted values may hold a `>`.
fn tags(html: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if rest.starts_with("<!--") {
            rest = &rest[rest.find("-->").unwrap() + 3..];
            continue;
        }
        let mut quoted = false;
        let end = rest.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let end = end.unwrap_or(rest.len() - 1);
        tags.push(&rest[1..end]);
        rest = &rest[end + 1..];
    }
    tags
}
