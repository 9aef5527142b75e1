//! A send reports recipients in doubt, and waits for a person's decision about them.

use serde_json::{Value, json};

use crate::support::newsletter::Newsletter;
use crate::support::smtp_server::{ServerOptions, SmtpServer};

/// Three readers, and a process killed while the second's answer is held back.
fn killed_past_the_dot() -> (SmtpServer, Newsletter, String) {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).subscribed([
        "reader-one@example.org",
        "hold-after-dot@example.org",
        "reader-three@example.org",
    ]);
    let issue = newsletter.issue("one");
    let sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    sending.signal("KILL");
    assert_eq!(sending.finish().code, -1);
    // The answer to the dead process: nobody hears it.
    server.release_held(1);
    (server, newsletter, issue)
}

fn only(value: &Value) -> &Value {
    assert_eq!(value.as_array().unwrap().len(), 1, "{value}");
    &value[0]
}

#[test]
fn a_connection_lost_after_the_dot_leaves_one_reader_in_doubt_and_the_others_served() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server)
        .subscribed(["drop-after-dot@example.org", "reader-one@example.org"]);
    let issue = newsletter.issue("one");
    let run = newsletter.expect(10, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      2 recipients, 2 to be sent now
             2 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/one: 1 of 2 got it, 1 unknown
    warning: 1 recipient in doubt: the message may or may not have arrived; `postrider status ISSUE` lists them
    hint: Look for the Message-IDs in the relay's log, or decide: `--in-doubt resend` may send a message twice, `--in-doubt skip` may leave a recipient without one.
    ");
    let status = newsletter.status(&issue);
    assert_eq!(only(&status["in_doubt"])["address"], "drop-after-dot@example.org");
    assert_eq!(status["standing"], "finished-in-doubt", "{status}");
    // Nobody decided, so it stays, and is said again.
    newsletter.expect(10, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed()["drop-after-dot@example.org"], 1);
    newsletter.expect(0, &["send", &issue, "--yes", "--in-doubt", "skip"]);
    assert_eq!(server.mailed()["drop-after-dot@example.org"], 1);
    let status = newsletter.status(&issue);
    assert_eq!(status["in_doubt"], json!([]), "{status}");
    assert_eq!(status["standing"], "finished", "{status}");
    newsletter.expect(0, &["send", &issue, "--yes"]);
}

#[test]
fn after_a_kill_the_resume_sends_to_the_rest_and_lists_the_one_in_doubt() {
    let (server, newsletter, issue) = killed_past_the_dot();
    let status = newsletter.status(&issue);
    assert_eq!(only(&status["in_doubt"])["address"], "hold-after-dot@example.org", "{status}");
    let resumed = newsletter.expect(10, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(resumed.plain_stderr(), @r"
    test-weekly/one was begun on TIME UTC: 1 of 3 got it; resuming
    test-weekly/one: 2 of 3 got it, 1 unknown
    warning: 1 recipient in doubt: the message may or may not have arrived; `postrider status ISSUE` lists them
    hint: Look for the Message-IDs in the relay's log, or decide: `--in-doubt resend` may send a message twice, `--in-doubt skip` may leave a recipient without one.
    ");
    assert!(server.mailed().values().all(|times| *times == 1), "{:?}", server.mailed());
    assert_eq!(server.mailed().len(), 3);
}

#[test]
fn what_is_in_doubt_is_sent_again_when_somebody_says_so() {
    let (server, newsletter, issue) = killed_past_the_dot();
    server.release_held(1);
    let resumed = newsletter.expect(0, &["send", &issue, "--yes", "--in-doubt", "resend"]);
    insta::assert_snapshot!(resumed.plain_stderr(), @r"
    test-weekly/one was begun on TIME UTC: 1 of 3 got it; resuming
    test-weekly/one: 3 of 3 got it
    ");
    let twice: Vec<_> = server.mailed().into_iter().filter(|(_, times)| *times == 2).collect();
    assert_eq!(twice, [("hold-after-dot@example.org".to_owned(), 2)]);
    let ids: std::collections::BTreeSet<String> = server
        .messages()
        .iter()
        .filter(|message| message.recipient.starts_with("hold"))
        .map(|message| String::from_utf8_lossy(&message.content).into_owned())
        .map(|text| text.lines().find(|l| l.starts_with("Message-ID")).unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 1, "a mailbox that knows Message-IDs can tell that they are one");
}

#[test]
fn what_is_in_doubt_is_left_alone_when_somebody_says_so() {
    let (server, newsletter, issue) = killed_past_the_dot();
    let resumed = newsletter.json(0, &["send", &issue, "--yes", "--in-doubt", "skip"]);
    assert_eq!(resumed["standing"], "finished", "{resumed}");
    assert_eq!(resumed["sent_now"], 1, "{resumed}");
    assert!(server.mailed().values().all(|times| *times == 1), "{:?}", server.mailed());
}
