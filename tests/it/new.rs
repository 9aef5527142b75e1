//! `new` creates a newsletter that works at once, and overwrites no file.

use crate::support::newsletter::Newsletter;

#[test]
fn a_new_newsletter_is_checked_previewed_and_sent_as_it_stands() {
    let place = Newsletter::empty();
    let made = place.expect(0, &["new", "my-weekly"]);
    let hint = made.stderr.lines().find_map(|line| line.strip_prefix("hint: ")).unwrap();
    let (folder, send) = hint.split_once(" && postrider ").unwrap();
    assert_eq!(folder, "cd my-weekly");
    let send: Vec<&str> = ["--root", "my-weekly"].into_iter().chain(send.split(' ')).collect();
    let issue = format!("my-weekly/{}", send[3]);
    let send = ["--root", "my-weekly", "send", &issue];

    let check = place.expect(0, &["--root", "my-weekly", "check", &issue]);
    insta::assert_snapshot!(check.plain_stderr(), @"1 issue checked: 0 errors, 0 warnings");
    place.expect(0, &["--root", "my-weekly", "preview", &issue]);
    assert!(place.path("my-weekly/preview").exists());
    place.expect(0, &send);
    let mails = std::fs::read_dir(place.path("my-weekly/outbox/new")).unwrap().count();
    assert!(mails > 0);
    let again = place.expect(0, &send);
    insta::assert_snapshot!(again.plain_stderr(), @"my-weekly/TIME-first-issue was sent: finished TIME UTC, 2 got it; nothing was sent now");
}

#[test]
fn a_change_of_the_scaffolded_theme_shows_in_the_mail() {
    let place = Newsletter::empty();
    place.expect(0, &["new", "my-weekly"]);
    let words = "my-weekly/email-templates/weekly/strings/en.toml";
    place.edit(words, "\"Unsubscribe\"", "\"Take me off\"");
    let issues: Vec<_> = std::fs::read_dir(place.path("my-weekly/issues")).unwrap().collect();
    let issue = issues[0].as_ref().unwrap().path();
    let issue = issue.to_str().unwrap();
    place.expect(0, &["--root", "my-weekly", "preview", issue, "--out", "shown"]);
    for part in ["shown/email.html", "shown/email.txt"] {
        let text = std::fs::read_to_string(place.path(part)).unwrap();
        assert!(text.contains("Take me off"), "{part}");
    }
}

#[test]
fn nothing_is_written_over_what_is_there() {
    let place = Newsletter::empty();
    place.expect(0, &["new", "my-weekly"]);
    let before = std::fs::read(place.path("my-weekly/postrider.toml")).unwrap();
    let refused = place.expect(2, &["new", "my-weekly"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot create FOLDER/my-weekly/.github/workflows/check-issues.yml: it exists already
    hint: Name a folder that does not exist yet.
    ");
    assert_eq!(std::fs::read(place.path("my-weekly/postrider.toml")).unwrap(), before);
    let refused = place.expect(2, &["new", "???"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot name a newsletter after the folder `???`
    hint: Use letters and digits, as in `postrider new my-weekly`.
    ");
    assert!(!place.path("???").exists());
}
