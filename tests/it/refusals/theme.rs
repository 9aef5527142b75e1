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
        ("{{article}}", "{{#if title}}{{article}}", "{{#if title}}", "{{#if}} is never closed."),
        ("{{article}}", "{{article}} {{sponsor}}", "{{sponsor}}", "nothing declares `sponsor`."),
        (
            "</mj-column>",
            "",
            "</mj-section>",
            "</mj-section> stands here, and <mj-column> is open.",
        ),
        ("{{article}}", "{{article}}{{> nope}}", "{{> nope}}", "there is no partial `nope`."),
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
        "issues/one.md:3:1: warning[unknown-field]: The theme weekly has no field `reasom`";
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
    assert!(run.error().contains("partials/evil.mjml.hbs leads out of"), "{run}");
    std::fs::remove_file(&inside).unwrap();
    let run = newsletter.set("newsletter.theme", "\"../weekly\"").expect(2, &["preview", &issue]);
    assert!(run.stderr.contains("newsletter.theme"), "{run}");
}

#[test]
fn a_theme_that_is_not_there_is_named() {
    let newsletter = Newsletter::outbox().set("newsletter.theme", "\"weakly\"");
    let run = newsletter.run(&["preview", &newsletter.issue("one")]);
    assert!(matches!(run.code, 2 | 3), "{run}");
    assert!(run.error().contains("weakly"), "{run}");
}

#[test]
fn a_wrong_configuration_is_refused_with_its_line_before_anything_is_done() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    let good = std::fs::read_to_string(newsletter.path("postrider.toml")).unwrap();
    let from = "newsletter.from = \"The Test Weekly <weekly@news.example.org>\"";
    for (old, new, wanted) in [
        (from, "newsletter.from = \"nobody\"", "bad-value]: `newsletter.from` is not an address"),
        (
            from,
            "newsletter.form = \"a@example.org\"",
            "unknown-key]: `[newsletter]` has no key `form`",
        ),
        (from, "newsletter.from = 7", "`newsletter.from`"),
        (from, "newsletter.from = \"a@example.org", "postrider.toml:"),
        ("delivery.via = \"outbox\"", "delivery.via = \"outbax\"", "`delivery.via`"),
    ] {
        assert!(good.contains(old), "{good}");
        newsletter.write("postrider.toml", good.replace(old, new));
        for arguments in [["send", &issue], ["check", &issue]] {
            let run = newsletter.expect(2, &arguments);
            assert!(run.stderr.contains(wanted), "{wanted}: {run}");
            assert!(run.stderr.starts_with("postrider.toml:"), "{run}");
            assert_eq!(run.errors(), 1, "{run}");
        }
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let root = elsewhere.path().to_str().unwrap();
    let run = newsletter.expect(2, &["--root", root, "check", &issue]);
    assert_eq!(run.error(), format!("there is no postrider.toml in {root}, which --root names"));
    assert!(newsletter.outbox_mail().is_empty());
}
