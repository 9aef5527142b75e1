//! `draft: true`, or a file that was removed, pauses a send.

use crate::support::newsletter::{BODY, Newsletter};
use crate::support::smtp_server::{ServerOptions, SmtpServer};

/// Two messages arrive, and the second one is held.
fn begun(server: &SmtpServer) -> Newsletter {
    Newsletter::smtp(server).subscribed([
        "reader-one@example.org",
        "hold-after-dot@example.org",
        "reader-three@example.org",
    ])
}

#[test]
fn a_draft_pauses_the_send_and_goes_on_when_it_is_none_any_more() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = begun(&server);
    let issue = newsletter.issue("one");
    let mut sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    newsletter.issue_of("one", "title: The week of one\ndraft: true\n", BODY);
    sending.wait_for("stopping, because its front matter says `draft: true`");
    server.release_held(1);
    let paused = sending.finish();
    assert_eq!(paused.code, 8, "{paused}");
    let status = newsletter.status(&issue);
    assert_eq!(status["paused"], "its front matter says `draft: true`", "{status}");
    assert_eq!(status["tally"]["pending"], 1, "{status}");
    let refused = newsletter.expect(11, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: test-weekly/one was not sent: its front matter says `draft: true`
    hint: Remove that line when the issue is ready.
    hint: To end the campaign for good, run `postrider cancel one`.
    ");
    newsletter.issue("one");
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed().len(), 3);
    assert!(server.mailed().values().all(|times| *times == 1), "{:?}", server.mailed());
}

#[test]
fn a_removed_file_pauses_the_send_and_a_person_resumes_it_without_the_file() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = begun(&server);
    let issue = newsletter.issue("one");
    let mut sending = newsletter.start(&["send", &issue, "--yes", "--json"]);
    server.wait_until(|log| log.messages.len() == 2);
    std::fs::remove_file(newsletter.path(&issue)).unwrap();
    sending.wait_for("stopping, because its issue file was removed");
    server.release_held(1);
    let paused = sending.finish();
    assert_eq!(paused.code, 8, "{paused}");
    let report: serde_json::Value = serde_json::from_str(&paused.stdout).unwrap();
    assert_eq!(
        (report["ending"].as_str(), report["exit_code"].as_u64()),
        (Some("paused"), Some(8))
    );
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed().len(), 3);
}
