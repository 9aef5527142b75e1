//! After a rehearsal in the outbox, a dry run shows the numbers of the real send,
//! and neither a dry run nor a send that is refused changes the store.

use crate::support::newsletter::{BODY, Newsletter};
use crate::support::smtp_server::{ServerOptions, SmtpServer};

/// A newsletter whose outbox has a list of three of its own.
fn with_examples(newsletter: Newsletter) -> Newsletter {
    let newsletter = newsletter.set("outbox.subscribers", "\"examples.csv\"");
    newsletter.write("examples.csv", "email\na@example.com\nb@example.com\nc@example.com\n");
    newsletter
}

fn total(newsletter: &Newsletter) -> u64 {
    newsletter.json(0, &["subscribers", "stats"])["total"].as_u64().unwrap()
}

#[test]
fn a_dry_run_creates_no_store_and_counts_whom_a_trial_would_reach() {
    let newsletter = with_examples(Newsletter::outbox());
    let issue = newsletter.issue("one");
    let plan = newsletter.json(0, &["send", &issue, "--dry-run"]);
    assert_eq!((&plan["included"], &plan["to_send"]), (&3.into(), &3.into()));
    assert!(!newsletter.store().exists() && !newsletter.store().parent().unwrap().exists());
    newsletter.expect(0, &["send", &issue]);
    assert_eq!(newsletter.outbox_mail().len(), 3);
}

#[test]
fn the_examples_of_the_outbox_do_not_count_for_the_real_send() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut newsletter = with_examples(Newsletter::smtp(&server));
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["send", &issue, "--via", "outbox"]);
    // Nobody else is on the list: the real send is refused, and forgets nothing.
    for arguments in [vec!["send", &issue, "--dry-run"], vec!["send", &issue, "--yes"]] {
        let refused = newsletter.expect(11, &arguments);
        assert!(refused.error().contains("it has no recipient"), "{refused}");
    }
    assert_eq!(total(&newsletter), 3);
    newsletter = newsletter.subscribed(["reader-one@example.org", "reader-two@example.org"]);
    let plan = newsletter.json(0, &["send", &issue, "--dry-run"]);
    assert_eq!((&plan["included"], &plan["to_send"]), (&2.into(), &2.into()));
    assert_eq!(total(&newsletter), 5, "a dry run forgets nothing");
    // The trial under another slug does not count as sent either.
    std::fs::rename(newsletter.path(&issue), newsletter.path("issues/renamed.md")).unwrap();
    newsletter.expect(0, &["send", "issues/renamed.md", "--dry-run"]);
    let sent = newsletter.expect(0, &["send", "issues/renamed.md", "--yes"]);
    insta::assert_snapshot!(sent.plain_stderr(), @r"
    test-weekly/renamed: The week of one
      digest DIGEST via smtp
      2 recipients, 2 to be sent now
             2 at example.org
      takes about a second, if the server accepts 10 messages a second
    from now on, campaigns into the outbox do not count as sent
    removed 3 example subscribers of the outbox from the list, which this newsletter needs no more
    test-weekly/renamed: 2 of 2 got it
    ");
    assert_eq!((server.messages().len(), total(&newsletter)), (2, 2));
}

#[test]
fn a_send_that_is_refused_imports_no_examples_and_forgets_no_trial() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = with_examples(Newsletter::smtp(&server));
    let draft = newsletter.issue_of("draft", "title: Draft\ndraft: true\n", BODY);
    newsletter.expect(11, &["send", &draft, "--via", "outbox"]);
    assert_eq!(total(&newsletter), 0);
    let trial = newsletter.issue("trial");
    newsletter.expect(0, &["send", &trial, "--via", "outbox"]);
    newsletter.expect(11, &["send", &draft, "--yes"]);
    assert_eq!(newsletter.status("trial")["tally"]["sent"], 3);
    assert_eq!(total(&newsletter), 3);
}
