//! A theme or a configuration that cannot be used.

use std::os::unix::fs::symlink;

use crate::support::newsletter::Newsletter;

const LAYOUT: &str = "email-templates/weekly/layout.mjml.hbs";

/// A newsletter with a theme of its own, in which one text is replaced.
fn with_layout(old: &str, new: &str) -> (Newsletter, String) {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    newsletter.copy_theme();
    newsletter.edit(LAYOUT, old, new);
    let issue = newsletter.issue("one");
    (newsletter, issue)
}

/// Where a text stands in the layout, as messages say it.
fn place(newsletter: &Newsletter, text: &str) -> String {
    let layout = std::fs::read_to_string(newsletter.path(LAYOUT)).unwrap();
    let at = layout.find(text).unwrap();
    let line = layout[..at].lines().count();
    let column = at - layout[..at].rfind('\n').unwrap();
    format!("weekly/layout.mjml.hbs:{line}:{column}: ")
}

#[test]
fn a_fault_in_a_theme_is_shown_in_its_template() {
    for (old, new, at, wanted) in [
        ("{{article}}", "{{#if title}}{{article}}", "{{#if title}}", "{{#if}} is never closed"),
        ("{{article}}", "{{article}} {{sponsor}}", "{{sponsor}}", "nothing declares `sponsor`"),
        ("</mj-column>", "", "</mj-section>", "</mj-section> closes nothing: <mj-column> is open"),
        ("{{article}}", "{{article}}{{> nope}}", "{{> nope}}", "there is no partial `nope`"),
        (
            "{{> footer}}",
            "{{#if title}}x{{/each}}{{> footer}}",
            "",
            "\"if\" was opened, but \"each\"",
        ),
    ] {
        let (newsletter, issue) = with_layout(old, new);
        for command in ["send", "check", "preview"] {
            let run = newsletter.expect(3, &[command, &issue]);
            assert!(run.errors() <= 1, "{run}");
            assert!(run.both().contains("error[theme-fault]: "), "{run}");
            assert!(run.both().contains("^\n"), "the line has a caret: {run}");
            assert!(run.both().contains(wanted), "{wanted}: {run}");
            assert!(run.both().contains(&at_place(&newsletter, at)), "{wanted}: {run}");
        }
        assert!(newsletter.outbox_mail().is_empty());
    }
}

fn at_place(newsletter: &Newsletter, text: &str) -> String {
    match text {
        "" => "weekly/layout.mjml.hbs:".to_owned(),
        text => place(newsletter, text),
    }
}

#[test]
fn a_field_that_the_theme_does_not_declare_is_shown_where_it_is_set() {
    let newsletter = Newsletter::outbox();
    let issue = newsletter.issue_of("one", "title: One\nreasom: Because.\n", "Text.\n");
    let run = newsletter.expect(0, &["check", &issue]);
    let wanted =
        "issues/one.md:3:1: warning[unknown-field]: the theme weekly has no field `reasom`";
    assert!(run.stdout.starts_with(wanted), "{run}");
    assert!(run.stdout.contains("Is `reason` meant?"), "{run}");
}

#[test]
fn a_theme_does_not_read_outside_its_folder() {
    let newsletter = Newsletter::outbox();
    newsletter.copy_theme();
    newsletter.write("secret.hbs", "a secret");
    let issue = newsletter.issue("one");
    let inside = newsletter.path("email-templates/weekly/partials/evil.mjml.hbs");
    symlink(newsletter.path("secret.hbs"), &inside).unwrap();
    let run = newsletter.expect(3, &["preview", &issue]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    error: FOLDER/email-templates/weekly/partials/evil.mjml.hbs leads out of FOLDER/email-templates/weekly
    hint: Put a copy of it into the theme's folder.
    ");
    std::fs::remove_file(&inside).unwrap();
    let run = newsletter.set("newsletter.theme", "\"../weekly\"").expect(2, &["preview", &issue]);
    insta::assert_snapshot!(run.plain_stderr(), @r#"
    postrider.toml:7:20: error[bad-value]: `newsletter.theme` is not a slug: a slug is made of a-z, 0-9, '-', '_' and '.', begins with a letter or a digit, and has at most 100 characters
      7 | newsletter.theme = "../weekly"
        |                    ^^^^^^^^^^^
        = Write it as `weekly`.
    error: postrider.toml: one problem in the configuration
    "#);
}

#[test]
fn a_theme_that_is_not_there_is_named() {
    let newsletter = Newsletter::outbox().set("newsletter.theme", "\"weakly\"");
    let run = newsletter.run(&["preview", &newsletter.issue("one")]);
    assert!(matches!(run.code, 2 | 3), "{run}");
    insta::assert_snapshot!(run.plain_stderr(), @r"
    error: there is no theme `weakly`: FOLDER/email-templates/weakly does not exist, and the program has none of that name
    hint: Set `[newsletter] theme` to a folder that exists.
    ");
}

#[test]
fn a_wrong_configuration_is_refused_with_its_line_before_anything_is_done() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    let good = std::fs::read_to_string(newsletter.path("postrider.toml")).unwrap();
    let from = "newsletter.from = \"The Test Weekly <weekly@news.example.org>\"";
    let mut shown = String::new();
    for (old, new) in [
        (from, "newsletter.from = \"nobody\""),
        (from, "newsletter.form = \"a@example.org\""),
        (from, "newsletter.from = 7"),
        (from, "newsletter.from = \"a@example.org"),
        ("delivery.via = \"outbox\"", "delivery.via = \"outbax\""),
    ] {
        assert!(good.contains(old), "{good}");
        newsletter.write("postrider.toml", good.replace(old, new));
        let run = newsletter.expect(2, &["send", &issue]);
        assert_eq!(run.errors(), 1, "{run}");
        assert_eq!(newsletter.expect(2, &["check", &issue]).stderr, run.stderr);
        shown += &run.plain_stderr();
    }
    insta::assert_snapshot!(shown, @r#"
    postrider.toml:2:19: error[bad-value]: `newsletter.from` is not an email address: an email address has the form name@domain
      2 | newsletter.from = "nobody"
        |                   ^^^^^^^^
        = Write `news@example.org` or `Weekly News <news@example.org>`.
    error: postrider.toml: one problem in the configuration
    postrider.toml:2:1: error[missing-key]: `[newsletter]` lacks `from`
      2 | newsletter.form = "a@example.org"
        | ^^^^^^^^^^
        = Add `from = …`. The From address, as in `Weekly <news@example.org>`.
    postrider.toml:2:12: error[unknown-key]: `[newsletter]` has no key `form`
      2 | newsletter.form = "a@example.org"
        |            ^^^^
        = Did you mean `from`?
    error: postrider.toml: 2 problems in the configuration
    postrider.toml:2:19: error[wrong-type]: `newsletter.from` takes a text, and this is a whole number
      2 | newsletter.from = 7
        |                   ^
        = Put it in quotes, as in `"text"`.
    error: postrider.toml: one problem in the configuration
    postrider.toml:2:33: error[syntax]: this is not TOML: invalid basic string, expected `"`
      2 | newsletter.from = "a@example.org
        |                                 ^
        = Write it as https://toml.io describes.
    error: postrider.toml: one problem in the configuration
    postrider.toml:1:16: error[bad-value]: `delivery.via` is none of the choices
      1 | delivery.via = "outbax"
        |                ^^^^^^^^
        = Did you mean `outbox`? It may be `outbox`, `smtp`, `mailchimp`.
    error: postrider.toml: one problem in the configuration
    "#);
    let elsewhere = tempfile::tempdir().unwrap();
    let root = elsewhere.path().to_str().unwrap();
    let run = newsletter.expect(2, &["--root", root, "check", &issue]);
    assert_eq!(run.error(), format!("there is no postrider.toml in {root}, which --root names"));
    assert!(newsletter.outbox_mail().is_empty());
}
