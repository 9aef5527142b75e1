//! An edited issue is frozen anew while nobody has it, and `--retry` sends to exactly some.

use serde_json::json;

use crate::support::newsletter::Newsletter;
use crate::support::smtp_server::{ServerOptions, SmtpServer, Stage};

fn server() -> SmtpServer {
    SmtpServer::start(ServerOptions::default())
}

#[test]
fn an_edit_reaches_everybody_while_nobody_has_the_issue() {
    let server = server();
    let mut newsletter =
        Newsletter::smtp(&server).subscribed(["reader-one@example.org", "reader-two@example.org"]);
    let issue = newsletter.issue("one");
    newsletter.change("smtp.url", "\"smtp+plain://127.0.0.1:1\"");
    newsletter.expect(7, &["send", &issue, "--yes"]);
    newsletter.change("smtp.url", &format!("\"{}\"", server.url()));
    let before = newsletter.status(&issue)["digest"].clone();
    newsletter.edit(&issue, "Something happened", "Nothing happened");
    // It is a new issue, with the checks, the proof and the consent of one.
    newsletter.change("proof.required", "true");
    newsletter.expect(5, &["send", &issue, "--yes"]);
    newsletter.change("proof.required", "false");
    newsletter.expect(2, &["send", &issue]);
    assert_eq!(newsletter.status(&issue)["digest"], before, "nothing changed before consent");
    let anew = newsletter.expect(0, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(anew.plain_stderr(), @r"
    test-weekly/one was edited since it was frozen on TIME UTC, and nobody has it: it is frozen anew
    test-weekly/one: The week of one
      digest DIGEST via smtp
      2 recipients, 2 to be sent now
             2 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/one: 2 of 2 got it
    ");
    assert_eq!(server.mailed().len(), 2);
    for message in server.messages() {
        let content = String::from_utf8_lossy(&message.content).into_owned();
        assert!(content.contains("Nothing happened"), "{content}");
    }
    assert_ne!(newsletter.status(&issue)["digest"], before);
    let campaigns = newsletter.json(0, &["status"])["campaigns"].as_array().unwrap().len();
    assert_eq!(campaigns, 1);
}

#[test]
fn the_timer_freezes_an_edited_issue_anew_while_nobody_has_it() {
    let silent = SmtpServer::start(ServerOptions {
        silent_at: Some(Stage::Greeting),
        ..ServerOptions::default()
    });
    let server = server();
    let mut newsletter = Newsletter::smtp(&silent)
        .set("schedule.time", "\"17:00\"")
        .set("schedule.time_zone", "\"Europe/Brussels\"")
        .subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    let sending = newsletter.start(&["send", &issue, "--yes"]);
    silent.wait_until(|log| log.sessions == 1);
    sending.signal("TERM");
    assert_eq!(sending.finish().code, 8);
    newsletter.change("smtp.url", &format!("\"{}\"", server.url()));
    newsletter.edit(&issue, "Something happened", "Nothing happened");
    let dry = newsletter.expect(0, &["send", &issue, "--dry-run"]);
    assert!(dry.stderr.contains("nobody has it: it would be frozen anew"), "{dry}");
    newsletter.run(&["due"]);
    assert_eq!(server.mailed().len(), 1);
    let content = String::from_utf8_lossy(&server.messages()[0].content).into_owned();
    assert!(content.contains("Nothing happened"), "{content}");
}

#[test]
fn an_edit_reaches_nobody_once_somebody_is_in_doubt() {
    let server = server();
    let newsletter = Newsletter::smtp(&server)
        .subscribed(["hold-after-dot@example.org", "reader-two@example.org"]);
    let issue = newsletter.issue("one");
    let sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 1);
    sending.signal("KILL");
    sending.finish();
    newsletter.edit(&issue, "Something happened", "Nothing happened");
    newsletter.expect(10, &["send", &issue, "--yes"]);
    for message in server.messages() {
        assert!(String::from_utf8_lossy(&message.content).contains("Something happened"));
    }
    assert_eq!(server.mailed().len(), 2);
}

#[test]
fn a_retry_goes_to_exactly_those_who_were_rejected() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed([
        "permfail+1@example.org",
        "reader-one@example.org",
        "permfail+2@example.org",
        "reader-two@example.org",
    ]);
    let issue = newsletter.issue("one");
    newsletter.expect(11, &["send", &issue, "--yes", "--retry", "rejected"]);
    newsletter.expect(9, &["send", &issue, "--yes"]);
    let rejected = newsletter.status(&issue)["rejected"].as_array().unwrap().len();
    assert_eq!(rejected, 2);
    // Somebody who joined later, and those who have it, get nothing.
    newsletter.expect(0, &["subscribers", "add", "later@example.org"]);
    let none = newsletter.expect(0, &["send", &issue, "--yes", "--retry", "expired"]);
    assert!(none.stderr.contains("test-weekly/one has no recipients who are expired"), "{none}");
    let unasked = newsletter.expect(2, &["send", &issue, "--retry", "rejected,expired"]);
    assert!(unasked.stderr.contains("there is no terminal to ask at"), "{unasked}");
    // One of the two has another address now, which is not suppressed.
    let edit = ["subscribers", "edit", "permfail+1@example.org", "--new-address"];
    newsletter.expect(0, &[&edit[..], &["better@example.org"]].concat());
    let before = server.log().commands.len();
    let retried = newsletter.expect(0, &["send", &issue, "--yes", "--retry", "rejected,expired"]);
    assert!(retried.stderr.contains("is sent again to 2 recipients, and to nobody else"));
    assert!(retried.stderr.contains("1 of them are suppressed"), "{retried}");
    let asked: Vec<_> = server.log().commands[before..]
        .iter()
        .filter(|(_, line)| line.starts_with("RCPT"))
        .map(|(_, line)| line.clone())
        .collect();
    assert_eq!(asked, ["RCPT TO:<better@example.org>"]);
    let status = newsletter.status(&issue);
    let tally = &status["tally"];
    assert_eq!((&tally["sent"], &tally["withdrawn"]), (&json!(3), &json!(1)), "{tally}");
    assert_eq!(status["withdrawn"][0]["class"], "suppressed", "{status}");
}
