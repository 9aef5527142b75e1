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
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: test-weekly/one was not sent: the proof of TIME UTC has the digest DIGEST, and the issue now has DIGEST: the preheader was `Something happened this week, and it was told.` and is `Something happened this weak, and it was told.`; line 7 of the text part was `…ing happened this week, and it was told.` and is `…ing happened this weak, and it was told.`; line 62 of the html part was `…ing happened this week, and it was told.</div><div aria-role` and is `…ing happened this weak, and it was told.</div><div aria-role`; the issue file was edited
    hint: Run `postrider proof ISSUE`, and read the mail; or run `postrider send ISSUE --unproofed`.
    ");
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
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: test-weekly/one was not sent: no editor has received a proof of it
    hint: Run `postrider proof ISSUE`, and read the mail; or run `postrider send ISSUE --unproofed`.
    ");
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
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: test-weekly/one was not sent: the proof of TIME UTC has the digest DIGEST, and the issue now has DIGEST: Reply-To was `none` and is `answers@news.example.org`
    hint: Run `postrider proof ISSUE`, and read the mail; or run `postrider send ISSUE --unproofed`.
    ");
    assert!(!refused.error().contains("edited"), "neither file was: {refused}");

    newsletter.expect(0, &["proof", &issue]);
    newsletter.copy_theme();
    newsletter.edit("email-templates/weekly/strings/en.toml", "\"Unsubscribe\"", "\"Leave\"");
    let refused = newsletter.expect(5, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r#"
    error: test-weekly/one was not sent: the proof of TIME UTC has the digest DIGEST, and the issue now has DIGEST: line 15 of the text part was `Unsubscribe:` and is `Leave:`; line 62 of the html part was `…nsubscribe/example">Unsubscribe</a></small></p><p class="t" ` and is `…nsubscribe/example">Leave</a></small></p><p class="t" dir="a`; the theme was edited, or `[theme]` in postrider.toml
    hint: Run `postrider proof ISSUE`, and read the mail; or run `postrider send ISSUE --unproofed`.
    "#);

    newsletter.expect(0, &["proof", &issue]);
    newsletter.change("theme.strings.unsubscribe", "\"Go\"");
    let refused = newsletter.expect(5, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r#"
    error: test-weekly/one was not sent: the proof of TIME UTC has the digest DIGEST, and the issue now has DIGEST: line 15 of the text part was `Leave:` and is `Go:`; line 62 of the html part was `…nsubscribe/example">Leave</a></small></p><p class="t" dir="a` and is `…nsubscribe/example">Go</a></small></p><p class="t" dir="auto`; the theme was edited, or `[theme]` in postrider.toml
    hint: Run `postrider proof ISSUE`, and read the mail; or run `postrider send ISSUE --unproofed`.
    "#);
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
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: test-weekly/one was not sent: no editor has received a proof of it
    hint: A proof into the outbox reaches no editor, so it does not count.
    hint: Run `postrider proof ISSUE`, and read the mail; or run `postrider send ISSUE --unproofed`.
    ");
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
    insta::assert_snapshot!(run.plain_stderr(), @r"
    error: the proof did not reach 1 of 2 editors, and was not recorded: editor 2: RCPT TO: 550 5.1.1 <…@example.org>: no such user
    hint: Editors are numbered as in `[proof] to`. Fix the cause and run `proof` again.
    ");
    newsletter.expect(5, &["send", &issue, "--yes"]);
}

#[test]
fn a_proof_goes_to_whoever_is_named_and_to_nobody_is_refused() {
    let newsletter = outbox().set("proof.to", "[]");
    let issue = newsletter.issue("one");
    let refused = newsletter.expect(2, &["proof", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: there is no editor to send a proof to
    hint: Set `[proof] to` in postrider.toml, or use `--to EMAIL`.
    ");
    newsletter.expect(2, &["proof", &issue, "--to", "nobody"]);
    newsletter.expect(0, &["proof", &issue, "--to", "editor-three@example.org"]);
    assert_eq!(newsletter.outbox_mail()[0].to, "editor-three@example.org");
}

#[test]
fn an_issue_with_errors_can_be_proofed_and_they_are_shown() {
    let newsletter = outbox();
    let issue = newsletter.issue_of("one", "title: One\n", "See [this](LINK_HERE).\n");
    let run = newsletter.expect(0, &["proof", &issue]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    issues/one.md:5:5: error[placeholder-link]: `LINK_HERE` is a placeholder, not a target
      5 | See [this](LINK_HERE).
        |     ^^^^^^^^^^^^^^^^^
        = Write the target, or remove the link.
    proof 1 of test-weekly/one went to 2 editors via outbox, digest DIGEST
    ");
    newsletter.expect(4, &["send", &issue]);
}
