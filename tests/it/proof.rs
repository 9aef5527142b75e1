//! `send` sends the bytes that the editors proofed.

use std::collections::BTreeSet;

use crate::support::newsletter::{Mail, Newsletter};
use crate::support::smtp_server::{ServerOptions, SmtpServer};

const EDITORS: [&str; 2] = ["editor-one@example.org", "editor-two@example.org"];

fn outbox() -> Newsletter {
    Newsletter::outbox().set("proof.required", "true").subscribed(["reader-one@example.org"])
}

#[test]
fn one_changed_byte_after_the_proof_is_refused_and_shown() {
    let newsletter = outbox();
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["proof", &issue]);
    newsletter.edit(&issue, "this week", "this weak");
    let refused = newsletter.expect(5, &["send", &issue]);
    assert!(
        refused.error().starts_with("test-weekly/one was not sent: the proof of 2"),
        "{refused}"
    );
    for part in ["text part was `", "html part was `"] {
        assert!(refused.error().contains(part), "{refused}");
    }
    assert!(refused.error().contains("this week") && refused.error().contains("this weak"));
    assert!(refused.stderr.contains("Run `postrider proof ISSUE`"), "{refused}");
    assert_eq!(newsletter.outbox_mail().len(), 2, "the proofs alone");
    newsletter.expect(5, &["send", &issue, "--dry-run"]);

    newsletter.edit(&issue, "this weak", "this week");
    newsletter.expect(0, &["send", &issue]);
    assert_eq!(newsletter.outbox_mail().len(), 3);
}

#[test]
fn an_issue_that_nobody_has_seen_is_not_sent_unless_somebody_says_so() {
    let newsletter = outbox();
    let issue = newsletter.issue("one");
    let refused = newsletter.expect(5, &["send", &issue]);
    assert_eq!(refused.error(), "test-weekly/one was not sent: nobody has seen a proof of it");
    newsletter.expect(0, &["send", &issue, "--unproofed"]);
    assert_eq!(newsletter.outbox_mail().len(), 1);
}

#[test]
fn a_changed_configuration_or_theme_is_named() {
    let mut newsletter = outbox();
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["proof", &issue]);
    newsletter.change("newsletter.reply_to", "\"answers@news.example.org\"");
    let refused = newsletter.expect(5, &["send", &issue]);
    let wanted = "Reply-To was `none` and is `answers@news.example.org`";
    assert!(refused.error().contains(wanted), "{refused}");
    assert!(!refused.error().contains("edited"), "neither file was: {refused}");

    newsletter.expect(0, &["proof", &issue]);
    newsletter.copy_theme();
    newsletter.edit("email-templates/weekly/strings/en.toml", "\"Unsubscribe\"", "\"Leave\"");
    let refused = newsletter.expect(5, &["send", &issue]);
    assert!(refused.error().contains("the theme was edited"), "{refused}");
    assert!(refused.error().contains("Leave"), "{refused}");

    newsletter.expect(0, &["proof", &issue]);
    newsletter.change("theme.strings.unsubscribe", "\"Go\"");
    let refused = newsletter.expect(5, &["send", &issue]);
    assert!(refused.error().contains("the theme was edited"), "{refused}");
    assert!(refused.error().contains("[theme]"), "{refused}");
}

#[test]
fn a_proof_over_the_relay_carries_the_bytes_that_are_sent() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server)
        .set("proof.required", "true")
        .subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    let told = newsletter.json(0, &["proof", &issue]);
    newsletter.expect(0, &["proof", &issue]);
    newsletter.expect(0, &["send", &issue, "--yes"]);

    let mail: Vec<Mail> =
        server.messages().into_iter().map(|message| Mail::parse(message.content)).collect();
    let to: Vec<&str> = mail.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to[..4], [EDITORS[0], EDITORS[1], EDITORS[0], EDITORS[1]]);
    let sent = &mail[4];
    for proof in &mail[..4] {
        assert_eq!(proof.header("X-Postrider-Proof"), told["digest"].as_str().unwrap());
        assert_eq!(plain(proof), plain(sent));
    }
    assert_eq!(sent.maybe_header("X-Postrider-Proof"), None);
    let ids: BTreeSet<_> = mail.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 5, "a second proof is not hidden as a copy of the first");
}

/// What must be the same in each copy: all but recipient, date, identity and link.
fn plain(mail: &Mail) -> String {
    let raw = String::from_utf8(mail.raw.clone()).unwrap();
    let (head, _) = raw.split_once("\r\n\r\n").unwrap();
    let own = ["To", "Date", "Message-ID", "X-Postrider-Proof", "List-Unsubscribe"];
    let names: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name)
        .filter(|name| !own.contains(name) && *name != "Content-Type")
        .collect();
    let fixed: String =
        names.iter().map(|name| format!("{name}: {}\n", mail.header(name))).collect();
    let link = mail.unsubscribe_link();
    fixed + &mail.text.replace(&link, "LINK") + &mail.html.replace(&link, "LINK")
}

#[test]
fn a_proof_into_the_outbox_does_not_count_where_people_are_mailed() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server)
        .set("proof.required", "true")
        .subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["proof", &issue, "--via", "outbox"]);
    let refused = newsletter.expect(5, &["send", &issue, "--yes"]);
    assert!(refused.stderr.contains("A proof into the outbox reaches nobody"), "{refused}");
    assert_eq!(server.log().sessions, 0);
}

#[test]
fn a_proof_that_did_not_reach_every_editor_is_not_recorded() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server)
        .set("proof.required", "true")
        .set("proof.to", "[\"editor-one@example.org\", \"permfail@example.org\"]")
        .subscribed(["reader-one@example.org"]);
    newsletter.never_says("permfail@example.org");
    let issue = newsletter.issue("one");
    let run = newsletter.expect(7, &["proof", &issue]);
    assert!(run.error().contains("did not reach 1 of 2 editors"), "{run}");
    assert!(run.error().contains("editor 2: RCPT TO: 550"), "{run}");
    newsletter.expect(5, &["send", &issue, "--yes"]);
}

#[test]
fn a_proof_goes_to_whoever_is_named_and_to_nobody_is_refused() {
    let newsletter = outbox().set("proof.to", "[]");
    let issue = newsletter.issue("one");
    let refused = newsletter.expect(2, &["proof", &issue]);
    assert_eq!(refused.error(), "there is nobody to send a proof to");
    newsletter.expect(2, &["proof", &issue, "--to", "nobody"]);
    newsletter.expect(0, &["proof", &issue, "--to", "editor-three@example.org"]);
    assert_eq!(newsletter.outbox_mail()[0].to, "editor-three@example.org");
}

#[test]
fn an_issue_with_errors_can_be_proofed_and_they_are_shown() {
    let newsletter = outbox();
    let issue = newsletter.issue_of("one", "title: One\n", "See [this](LINK_HERE).\n");
    let run = newsletter.expect(0, &["proof", &issue]);
    assert!(run.stderr.contains("error[placeholder-link]"), "{run}");
    newsletter.expect(4, &["send", &issue]);
}
