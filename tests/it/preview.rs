//! `preview` writes the mail as files.

use crate::support::newsletter::{BODY, Mail, Newsletter};

const FILES: [&str; 5] = ["email.eml", "email.html", "email.txt", "index.html", "report.json"];

fn read(newsletter: &Newsletter, file: &str) -> Vec<u8> {
    std::fs::read(newsletter.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn text(newsletter: &Newsletter, file: &str) -> String {
    String::from_utf8(read(newsletter, file)).unwrap()
}

#[test]
fn the_sample_issue_becomes_five_files() {
    let newsletter = Newsletter::sample();
    let issue = newsletter.only_issue();
    let run = newsletter.expect(0, &["preview", &issue, "--out", "shown"]);
    assert_eq!(run.stdout.trim(), "shown/index.html");
    let mut files: Vec<String> = std::fs::read_dir(newsletter.path("shown"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, FILES);

    let mail = Mail::parse(read(&newsletter, "shown/email.eml"));
    let unified = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(unified(&mail.html), unified(&text(&newsletter, "shown/email.html")));
    assert_eq!(unified(&mail.text), unified(&text(&newsletter, "shown/email.txt")));

    let report: serde_json::Value =
        serde_json::from_slice(&read(&newsletter, "shown/report.json")).unwrap();
    assert_eq!(report["issue"], issue, "{report}");
    assert_eq!(report["subject"], mail.subject);
    assert_eq!(report["findings"], serde_json::json!([]), "the sample has no fault");
    assert_eq!(report["digest"].as_str().unwrap().len(), 64);

    // What is measured is what is sent.
    let raw = text(&newsletter, "shown/email.eml");
    let (_, html) = raw.split_once("Content-Type: text/html").unwrap();
    let (_, encoded) = html.split_once("\r\n\r\n").unwrap();
    let (encoded, _) = encoded.rsplit_once("\r\n--").unwrap();
    let measures = &report["measures"];
    assert_eq!(measures["html_encoded"], encoded.len());
    let way_out = measures["last_unsubscribe_encoded"].as_u64().unwrap() as usize;
    assert!(encoded[way_out..].starts_with("https://example.org/unsubscribe/example"), "{report}");
    assert_eq!(measures["html"], text(&newsletter, "shown/email.html").len());
    assert_eq!(measures["text"], text(&newsletter, "shown/email.txt").len());

    let index = text(&newsletter, "shown/index.html");
    let shown = |figure: &str, bytes: &serde_json::Value| {
        let bytes = postrider::domain::grouped(bytes.as_u64().unwrap() as usize);
        let row = format!("<tr><th scope=\"row\">{figure}</th><td>{bytes}</td>");
        assert!(index.contains(&row), "{row} in {index}");
    };
    shown("HTML, encoded", &measures["html_encoded"]);
    shown("text", &measures["text"]);
    shown("style sheets", &measures["styles"]);
    shown("first link to unsubscribe", &measures["first_unsubscribe"]);
    let heaviest = &measures["heaviest_sections"][0];
    let title = format!("section “{}”, encoded", heaviest["title"].as_str().unwrap());
    shown(&title, &heaviest["bytes"]);
    assert!(index.contains("src=\"email.html\"") && index.contains("<pre"), "both parts");
    assert!(index.contains(report["digest"].as_str().unwrap()));
    assert!(!index.contains("<script"));
    // No store, no outbox, nothing but the preview.
    assert!(!newsletter.store().exists() && !newsletter.path("outbox").exists());
}

#[test]
fn an_issue_over_its_budget_is_told_at_its_heaviest_section() {
    let text =
        format!("# Short\n\nWords.\n\n# Long\n\n{}", "[a](https://example.org/)\n".repeat(2000));
    let small = Newsletter::outbox().set("budget.refuse", "20000");
    let issue = small.issue_of("one", "title: One\n", &text);
    let run = small.expect(4, &["check", &issue]);
    assert!(run.stdout.contains("issues/one.md:9:1: error[budget]: the HTML part has "), "{run}");
    assert!(run.stdout.contains("20,000 are the limit"), "{run}");
    assert!(run.stdout.contains("its heaviest sections are `Long` (line 9, "), "{run}");
    let report = small.json(4, &["check", &issue]);
    assert_eq!(report["mails"][0]["measures"]["heaviest_sections"][0]["title"], "Long");
    // A provider's links are five times as long as these.
    let usual = Newsletter::outbox();
    let issue = usual.issue_of("one", "title: One\n", &text);
    let run = usual.expect(0, &["check", &issue]);
    assert!(!run.stdout.contains("[budget]"), "{run}");
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let provider = Newsletter::mailchimp(address);
    let issue = provider.issue_of("one", "title: One\n", &text);
    let run = provider.expect(4, &["check", &issue]);
    assert!(run.stdout.contains("with each link replaced by the provider's of 114 bytes"), "{run}");
}

#[test]
fn the_same_issue_gives_the_same_bytes_anywhere() {
    let (one, two) = (Newsletter::sample(), Newsletter::sample());
    let issue = one.only_issue();
    one.expect(0, &["preview", &issue, "--out", "shown"]);
    one.expect(0, &["preview", &issue, "--out", "again"]);
    let absolute = two.path(&issue);
    two.expect(0, &["preview", absolute.to_str().unwrap(), "--out", "shown"]);
    for file in FILES {
        let first = read(&one, &format!("shown/{file}"));
        assert!(first == read(&one, &format!("again/{file}")), "{file} in the same place");
        assert!(first == read(&two, &format!("shown/{file}")), "{file} in another place");
    }
}

#[test]
fn without_out_the_preview_stands_in_the_newsletter_and_json_goes_to_standard_output() {
    let newsletter = Newsletter::outbox();
    let issue = newsletter.issue("one");
    let report = newsletter.json(0, &["preview", &issue]);
    let written: serde_json::Value =
        serde_json::from_slice(&read(&newsletter, "preview/one/report.json")).unwrap();
    assert_eq!(report, written);
}

#[test]
fn an_issue_with_faults_is_shown_with_them() {
    let newsletter = Newsletter::outbox();
    let issue = newsletter.issue_of(
        "one",
        "title: \"<b>One</b>\"\n",
        "[x](LINK_HERE) <script>a</script>\n",
    );
    let run = newsletter.expect(0, &["preview", &issue, "--out", "shown"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    issues/one.md:5:1: error[placeholder-link]: `LINK_HERE` is a placeholder, not a target
      5 | [x](LINK_HERE) <script>a</script>
        | ^^^^^^^^^^^^^^
        = Write the target, or remove the link.
    issues/one.md:5:16: warning[raw-html]: <script> does not work in a mail; it is left out with all that it holds
      5 | [x](LINK_HERE) <script>a</script>
        |                ^^^^^^^^
        = Remove it, or link to a page that has it.
    ");
    let index = text(&newsletter, "shown/index.html");
    assert!(index.contains("<code>placeholder-link</code>"), "{index}");
    assert!(index.contains("&lt;b&gt;One&lt;/b&gt;") && !index.contains("<b>One</b>"), "{index}");
    assert!(!text(&newsletter, "shown/email.html").contains("<script"));
}

#[test]
fn a_folder_that_can_not_be_written_is_told() {
    let newsletter = Newsletter::outbox();
    let issue = newsletter.issue_of("one", "title: One\n", BODY);
    newsletter.write("taken", "a file");
    let refused = newsletter.expect(3, &["preview", &issue, "--out", "taken"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot write taken/email.html
      because File exists (os error NUMBER)
    hint: Choose a folder that can be written with `--out`.
    ");
}

#[test]
fn the_digest_is_of_what_a_reader_receives_and_of_nothing_else() {
    let digest = |newsletter: &Newsletter, issue: &str| {
        let report = newsletter.json(0, &["preview", issue, "--out", "shown"]);
        report["digest"].as_str().unwrap().to_owned()
    };
    let here = Newsletter::outbox();
    let there = Newsletter::outbox()
        .secret("TZ", "Pacific/Auckland")
        .secret("LC_ALL", "tr_TR.UTF-8")
        .set("outbox.path", "\"elsewhere\"");
    let issue = here.issue("one");
    there.issue("one");
    assert_ne!(here.root(), there.root());
    assert_eq!(digest(&here, &issue), digest(&there, &issue));
    for (key, value) in [
        ("newsletter.from", "\"Another <news@example.org>\""),
        ("newsletter.reply_to", "\"another@example.org\""),
        ("newsletter.postal_address", "\"2 Coach Road\""),
        ("newsletter.language", "\"de\""),
    ] {
        let changed = Newsletter::outbox().set(key, value);
        changed.issue("one");
        assert_ne!(digest(&here, &issue), digest(&changed, &issue), "{key}");
    }
    let before = digest(&here, &issue);
    here.edit(&issue, "The week of one", "The weel of one");
    assert_ne!(digest(&here, &issue), before);
}

#[test]
fn a_long_postal_address_is_wrapped_in_the_text() {
    let address = format!("\"{}End\"", "Coach Road, ".repeat(40));
    let newsletter = Newsletter::outbox().set("newsletter.postal_address", &address);
    newsletter.expect(0, &["preview", &newsletter.issue("one"), "--out", "out"]);
    let text = std::fs::read_to_string(newsletter.path("out/email.txt")).unwrap();
    assert_eq!(crate::support::mail_rules::readable(&text), Ok(()));
    let lines = text.lines().filter(|line| line.starts_with("Coach Road, Coach Road")).count();
    assert!(lines > 5 && text.contains(", End\n"), "{text}");
}
