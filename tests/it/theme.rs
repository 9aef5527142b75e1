//! Themes, as their authors and the newsletters use them.

use crate::support::newsletter::Newsletter;

#[test]
fn the_themes_of_the_program_are_without_finding() {
    let place = Newsletter::empty();
    let listed = place.expect(0, &["--json", "theme", "list"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    let themes: Vec<&str> =
        listed.as_array().unwrap().iter().map(|theme| theme["name"].as_str().unwrap()).collect();
    assert!(themes.contains(&"weekly"), "{themes:?}");
    for theme in themes {
        let run = place.expect(0, &["theme", "check", theme]);
        assert!(run.stderr.ends_with(": 0 errors, 0 warnings\n"), "{run}");
        assert!(!run.stderr.contains("error["), "{run}");
    }
    let run = place.expect(2, &["theme", "check"]);
    assert_eq!(run.error(), "cannot check the newsletter's theme: there is no newsletter here");
    // Who only makes themes needs no newsletter.
    place.expect(0, &["theme", "new", "mine"]);
    for named in ["mine", "email-templates/mine", "./email-templates/mine/"] {
        place.expect(0, &["theme", "check", named]);
    }
    assert!(place.expect(0, &["theme", "list"]).stdout.contains("mine    folder "));
    let run = place.expect(3, &["theme", "check", "yours"]);
    assert!(run.error().starts_with("there is no theme `yours`"), "{run}");
}

#[test]
fn a_new_theme_is_a_copy_that_can_be_used_at_once() {
    let newsletter = Newsletter::outbox();
    let made = newsletter.expect(0, &["theme", "new", "mine"]);
    assert!(made.stderr.contains("Set `theme = \"mine\"` under [newsletter]"), "{made}");
    let description =
        std::fs::read_to_string(newsletter.path("email-templates/mine/theme.toml")).unwrap();
    assert!(description.starts_with("# The theme `mine`, begun as a copy of `weekly`."));
    assert!(description.lines().take_while(|line| line.starts_with('#')).count() > 5);
    let newsletter = newsletter.set("newsletter.theme", "\"mine\"");
    newsletter.expect(0, &["theme", "check"]);
    newsletter.expect(0, &["preview", &newsletter.issue("one")]);

    let again = newsletter.expect(2, &["theme", "new", "mine"]);
    assert!(again.error().ends_with("it exists already"), "{again}");
    assert_eq!(
        std::fs::read_to_string(newsletter.path("email-templates/mine/theme.toml")).unwrap(),
        description
    );
    for (arguments, expected) in [
        (&["theme", "new", "../mine"][..], "a theme cannot be called `../mine`"),
        (&["theme", "new", "other", "--from", "nope"], "the program has no theme `nope` to copy"),
    ] {
        let run = newsletter.expect(2, arguments);
        assert!(run.error().starts_with(expected), "{run}");
    }
    let listed = newsletter.expect(0, &["theme", "list"]);
    assert!(listed.stdout.contains("mine    folder, used"), "{listed}");
}

#[test]
fn what_is_wrong_with_a_theme_is_told_at_its_own_lines() {
    let newsletter = Newsletter::outbox().set("newsletter.theme", "\"mine\"");
    let mine = |name: &str| format!("email-templates/mine/{name}");
    let begin = || {
        let _ = std::fs::remove_dir_all(newsletter.path("email-templates/mine"));
        newsletter.expect(0, &["theme", "new", "mine"]);
    };
    let append = |name: &str, text: &str| {
        let path = newsletter.path(&mine(name));
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        newsletter.write(&mine(name), format!("{old}{text}"));
    };
    let field = "\n[fields.sponsor]\ntype = \"text\"\ndefault = \"\"\ndoc = \"Who pays.\"\n";
    let colour = "\n[palette.faint]\nlight = \"#eeeeee\"\ndark = \"#222222\"\non = [\"background\"]\ndoc = \"Too faint.\"\n";
    let harsh = "\n[palette.ink]\nlight = \"#000000\"\ndark = \"#ffffff\"\non = [\"paper\"]\ndoc = \"Ink.\"\n\
                 [palette.paper]\nlight = \"#ffffff\"\ndark = \"#101010\"\ndoc = \"Paper.\"\n";
    let rules = format!("\n{}", ".w .n { color: inherit }\n".repeat(300));
    for (file, text, exit, expected) in [
        ("theme.toml", field, 0, "warning[unused]: no template shows the field `sponsor`"),
        ("theme.toml", colour, 4, "error[contrast]: `faint` (#eeeeee) on `background`"),
        (
            "theme.toml",
            harsh,
            0,
            "warning[pure-pair]: `ink` on `paper` is pure black and pure white",
        ),
        ("theme.toml", "\n[colours]\n", 3, "error[theme-fault]: unknown field `colours`"),
        (
            "text.txt.hbs",
            "{{#if (eq title \"other\")}}{{categry}}{{/if}}",
            4,
            "error[undeclared-name]: nothing declares `categry`",
        ),
        (
            "text.txt.hbs",
            "{{#if title}}{{titel}}{{/if}}",
            3,
            "error[theme-fault]: nothing declares `titel`",
        ),
        (
            "partials/a.mjml.hbs",
            "{{> a}}",
            3,
            "error[theme-fault]: the partial `a` includes itself",
        ),
        ("strings/sv.toml", "unsubscribe = \"Avsluta\"\n", 0, "the language `sv` has no words for"),
        ("partials/style.mjml.hbs", &rules, 0, "warning[style-bytes]: "),
        (
            "samples/second.md",
            "Title: T\n\n[](https://example.org)\n",
            4,
            "mine/samples/second.md:3:1: error[empty-link]",
        ),
    ] {
        begin();
        append(file, text);
        let run = newsletter.expect(exit, &["theme", "check"]);
        assert!(run.stdout.contains(expected), "{expected}: {run}");
        let json = newsletter.expect(exit, &["--json", "theme", "check", "email-templates/mine"]);
        let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(report["theme"], "mine");
        let findings = report["findings"].as_array().unwrap();
        assert!(!findings.is_empty(), "{json}");
        let errors = findings.iter().filter(|finding| finding["severity"] == "error").count();
        assert_eq!(report["errors"], errors, "{json}");
        assert!(!newsletter.store().exists(), "no store was made");
    }
}

#[test]
fn a_newsletter_changes_the_look_in_its_configuration() {
    let newsletter = Newsletter::outbox()
        .set("theme.palette.link", "\"#7a1f5c\"")
        .set("theme.palette.link", "{ light = \"#7a1f5c\", dark = \"#f0a6d8\" }")
        .set("theme.fonts.body", "\"Georgia, serif\"")
        .set("theme.fields.reason", "\"Because you asked.\"")
        .set("theme.strings.unsubscribe", "\"Leave us\"");
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["preview", &issue, "--out", "shown"]);
    let html = std::fs::read_to_string(newsletter.path("shown/email.html")).unwrap();
    for wanted in ["#7a1f5c", "#f0a6d8", "Georgia, serif", "Because you asked.", ">Leave us</a>"] {
        assert!(html.contains(wanted), "{wanted}: {html}");
    }
    let text = std::fs::read_to_string(newsletter.path("shown/email.txt")).unwrap();
    assert!(text.contains("Because you asked.") && text.contains("Leave us:\n<"), "{text}");
}

#[test]
fn what_a_newsletter_cannot_change_is_shown_in_its_configuration() {
    for (key, value, expected) in [
        (
            "theme.palette.lnik",
            "\"#7a1f5c\"",
            "error[unknown-key]: the theme weekly has no colour `lnik`",
        ),
        ("theme.palette.lnik", "\"#7a1f5c\"", "Did you mean `link`?"),
        ("theme.palette.link", "\"purple\"", "error[bad-value]: `theme.palette.link` is no colour"),
        (
            "theme.palette.link",
            "{ light = \"#9aa0a6\" }",
            "error[contrast]: `link` (#9aa0a6) on `background`",
        ),
        (
            "theme.palette.link",
            "{ light = \"#9aa0a6\" }",
            "The nearest shade of `link` with enough contrast is \"#",
        ),
        ("theme.fields.reasn", "\"x\"", "Did you mean `reason`?"),
        ("theme.strings.de.unsubscrib", "\"x\"", "Did you mean `unsubscribe`?"),
    ] {
        let newsletter = Newsletter::outbox().set(key, value);
        let issue = newsletter.issue("one");
        for command in ["check", "preview", "send"] {
            let run = newsletter.expect(2, &[command, &issue]);
            assert!(run.stderr.starts_with("postrider.toml:"), "{run}");
            assert!(run.stderr.contains(expected), "{expected}: {run}");
        }
    }
}

#[test]
fn a_theme_that_does_not_read_hinders_a_send_until_somebody_allows_it() {
    let newsletter = Newsletter::outbox()
        .set("newsletter.theme", "\"mine\"")
        .subscribed(["reader-one@example.org"]);
    newsletter.expect(0, &["theme", "new", "mine"]);
    let colour = "\n[palette.faint]\nlight = \"#eeeeee\"\ndark = \"#222222\"\non = [\"background\"]\ndoc = \"Too faint.\"\n";
    let description = newsletter.path("email-templates/mine/theme.toml");
    let text = std::fs::read_to_string(&description).unwrap();
    std::fs::write(&description, format!("{text}{colour}")).unwrap();
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["preview", &issue]);
    let run = newsletter.expect(4, &["check", &issue]);
    assert!(run.stdout.contains("mine/theme.toml:"), "{run}");
    assert!(run.stdout.contains("error[contrast]: `faint` (#eeeeee)"), "{run}");
    newsletter.expect(4, &["send", &issue]);
    newsletter.expect(0, &["check", &issue, "--allow", "contrast"]);
    newsletter.expect(0, &["send", &issue, "--allow", "contrast"]);
    assert_eq!(newsletter.outbox_mail().len(), 1);
}

#[test]
fn an_instant_is_dated_where_the_newsletter_is() {
    let newsletter = Newsletter::outbox();
    let issue = newsletter.issue_of("one", "title: One\ndate: 2026-08-12T22:30:00Z\n", "Text.\n");
    let shown = |newsletter: &Newsletter| {
        newsletter.expect(0, &["preview", &issue, "--out", "shown"]);
        std::fs::read_to_string(newsletter.path("shown/email.txt")).unwrap()
    };
    assert!(shown(&newsletter).contains("August 12, 2026"));
    let newsletter = newsletter.set("newsletter.time_zone", "\"Europe/Berlin\"");
    assert!(shown(&newsletter).contains("August 13, 2026"));
}
