//! `cancel` ends a campaign in any state.

use postrider::store::{OpenMode, Store};
use serde_json::json;

use crate::support::newsletter::{BODY, Newsletter};
use crate::support::smtp_server::{ServerOptions, SmtpServer};

const THREE: [&str; 3] =
    ["reader-one@example.org", "hold-after-dot@example.org", "reader-three@example.org"];

fn server() -> SmtpServer {
    SmtpServer::start(ServerOptions::default())
}

/// A campaign that was frozen, and of which nothing was sent: the server was away.
fn frozen(server: &SmtpServer) -> (Newsletter, String) {
    let mut newsletter = Newsletter::smtp(server).subscribed(THREE);
    let issue = newsletter.issue("one");
    newsletter.change("smtp.url", "\"smtp+plain://127.0.0.1:1\"");
    newsletter.expect(7, &["send", &issue, "--yes"]);
    newsletter.change("smtp.url", &format!("\"{}\"", server.url()));
    (newsletter, issue)
}

#[test]
fn a_send_that_is_called_off_meanwhile_sends_nothing_more() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed(THREE);
    let issue = newsletter.issue("one");
    let mut sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    let cancelling = newsletter.start(&["cancel", "one"]);
    sending.wait_for("stopping, because it was called off");
    server.release_held(1);
    let stopped = sending.finish();
    assert_eq!(stopped.code, 8, "{stopped}");
    assert!(stopped.stderr.contains("2 of 3 got it, 1 withdrawn"), "{stopped}");
    assert!(stopped.stderr.contains("stopped before the end: it was called off"), "{stopped}");
    let cancelled = cancelling.finish();
    insta::assert_snapshot!(cancelled.plain_stderr(), @r"
    test-weekly/one is called off: 2 of 3 got it, 1 withdrawn
    hint: If it is to be sent after all, run `postrider cancel one --undo`.
    ");
    assert_eq!(cancelled.code, 0);
    assert_eq!(server.messages().len(), 2);
    let status = newsletter.status(&issue);
    assert_eq!(status["tally"]["withdrawn"], 1, "{status}");
    assert_eq!(status["withdrawn"][0]["class"], "cancelled", "{status}");
    assert!(status["cancelled_at"].is_string() && status["finished_at"].is_string(), "{status}");

    let refused = newsletter.expect(11, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: test-weekly/one was not sent: it was called off on TIME UTC
    hint: If it is to be sent after all, run `postrider cancel ISSUE --undo` first. Nobody who has it gets it again.
    ");
    newsletter.expect(11, &["send", &issue, "--dry-run"]);
    // It may be said twice.
    let again = newsletter.json(0, &["cancel", &issue]);
    assert_eq!((&again["state"], &again["tally"]["sent"]), (&json!("cancelled"), &json!(2)));
    assert_eq!(again["since"], status["cancelled_at"]);

    let undone = newsletter.expect(0, &["cancel", &issue, "--undo"]);
    insta::assert_snapshot!(undone.plain_stderr(), @r"
    test-weekly/one is not called off any more
    hint: Nothing was sent. `send` sends it, and so does `due` when it is due.
    ");
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed().len(), 3);
    assert!(server.mailed().values().all(|times| *times == 1), "{:?}", server.mailed());
    let late = newsletter.expect(0, &["cancel", &issue]);
    insta::assert_snapshot!(late.plain_stderr(), @"warning: test-weekly/one was sent before, and cannot be taken back: 3 of 3 got it");
    assert_eq!(newsletter.status(&issue)["cancelled_at"], json!(null));
}

#[test]
fn a_message_that_was_under_way_when_its_sender_died_is_in_doubt_after_a_cancel() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed(THREE);
    let issue = newsletter.issue("one");
    let sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    sending.signal("KILL");
    sending.finish();
    let cancelled = newsletter.expect(10, &["cancel", &issue]);
    insta::assert_snapshot!(cancelled.plain_stderr(), @r"
    test-weekly/one is called off: 1 of 3 got it, 1 withdrawn, 1 unknown
    warning: 1 recipient in doubt: the message may or may not have arrived; `postrider status one` lists them
    hint: To leave it at that, run `postrider send ISSUE --in-doubt skip`.
    hint: If it is to be sent after all, run `postrider cancel one --undo`.
    ");
    newsletter.expect(11, &["send", &issue, "--yes", "--in-doubt", "resend"]);
    newsletter.expect(0, &["send", &issue, "--in-doubt", "skip"]);
    assert_eq!(server.messages().len(), 2);
    let tally = newsletter.status(&issue)["tally"].clone();
    assert_eq!((&tally["sent"], &tally["withdrawn"]), (&json!(1), &json!(2)), "{tally}");
}

#[test]
fn what_was_frozen_and_not_sent_is_called_off_by_its_slug_without_its_file_or_theme() {
    let server = server();
    let (mut newsletter, issue) = frozen(&server);
    std::fs::remove_file(newsletter.path(&issue)).unwrap();
    newsletter.change("newsletter.theme", "\"no-such-theme\"");
    let report = newsletter.json(0, &["cancel", &issue]);
    assert_eq!((&report["tally"]["withdrawn"], &report["audience"]), (&json!(3), &json!(3)));
    newsletter.change("newsletter.theme", "\"weekly\"");
    newsletter.issue("one");
    newsletter.expect(11, &["send", &issue, "--yes"]);
    newsletter.edit(&issue, "Something", "Nothing");
    newsletter.expect(11, &["send", &issue, "--yes"]);
    assert_eq!(server.messages().len(), 0);
}

#[test]
fn an_issue_that_was_never_frozen_is_called_off_until_that_is_undone() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    let cancelled = newsletter.expect(0, &["cancel", &issue]);
    insta::assert_snapshot!(cancelled.plain_stderr(), @r"
    test-weekly/one is called off: nobody has it
    hint: If it is to be sent after all, run `postrider cancel one --undo`.
    ");
    let refused = newsletter.expect(11, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: test-weekly/one was not sent: it was called off
    hint: If it is to be sent after all, run `postrider cancel ISSUE --undo` first. Nobody who has it gets it again.
    ");
    newsletter.expect(11, &["send", &issue, "--dry-run"]);
    assert!(newsletter.outbox_mail().is_empty());
    assert_eq!(newsletter.json(0, &["cancel", "one", "--undo"])["state"], "undone");
    assert_eq!(newsletter.json(0, &["cancel", "one", "--undo"])["state"], "not-cancelled");
    newsletter.expect(0, &["send", &issue]);
    assert_eq!(newsletter.outbox_mail().len(), 1);
}

#[test]
fn an_issue_of_which_there_was_a_trial_is_called_off_for_the_readers() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["send", &issue, "--via", "outbox"]);
    let cancelled = newsletter.expect(0, &["cancel", &issue]);
    assert!(cancelled.stderr.contains("is called off: nobody has it"), "{cancelled}");
    newsletter.expect(11, &["send", &issue, "--yes"]);
    assert_eq!(server.log().sessions, 0);
    newsletter.expect(0, &["cancel", &issue, "--undo"]);
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.messages().len(), 1);
}

#[test]
fn a_name_that_no_issue_has_is_refused() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    newsletter.issue("one");
    let refused = newsletter.expect(3, &["cancel", "onne"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot call off test-weekly/onne: there is no issue of that name
    hint: Name its file, or its slug as `postrider status` shows it.
    ");
    newsletter.expect(3, &["cancel", "issues/gone.md"]);
}

#[test]
fn the_timer_does_not_send_what_was_called_off() {
    let server = server();
    let newsletter = Newsletter::smtp(&server)
        .set("schedule.time", "\"17:00\"")
        .set("schedule.time_zone", "\"Europe/Brussels\"")
        .subscribed(["reader-one@example.org"]);
    switched_on_a_week_ago(&newsletter);
    let due = jiff::Timestamp::now() - jiff::Span::new().seconds(60);
    newsletter.issue_of("one", &format!("title: One\nsend_at: {due:.0}\n"), BODY);
    newsletter.expect(0, &["cancel", "issues/one.md"]);
    newsletter.expect(0, &["due"]);
    assert_eq!(server.messages().len(), 0);
    newsletter.expect(0, &["cancel", "one", "--undo"]);
    newsletter.expect(0, &["due"]);
    assert_eq!(server.messages().len(), 1);
}

#[test]
fn the_timer_leaves_a_campaign_that_was_called_off_after_it_stopped() {
    let server = server();
    let mut newsletter = Newsletter::smtp(&server)
        .set("schedule.time", "\"17:00\"")
        .set("schedule.time_zone", "\"Europe/Brussels\"")
        .subscribed(THREE);
    switched_on_a_week_ago(&newsletter);
    let due = jiff::Timestamp::now() - jiff::Span::new().seconds(60);
    let issue = newsletter.issue_of("one", &format!("title: One\nsend_at: {due:.0}\n"), BODY);
    newsletter.change("smtp.url", "\"smtp+plain://127.0.0.1:1\"");
    newsletter.expect(7, &["due"]);
    newsletter.expect(0, &["cancel", &issue]);
    newsletter.change("smtp.url", &format!("\"{}\"", server.url()));
    newsletter.expect(0, &["due"]);
    assert_eq!(server.log().sessions, 0);
}

/// Switches scheduling on, with a mark of a week ago.
fn switched_on_a_week_ago(newsletter: &Newsletter) {
    let then = jiff::Timestamp::now() - jiff::Span::new().hours(7 * 24);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&newsletter.store(), OpenMode::MustExist, "boot").await.unwrap();
        store.switch_schedule_on(then).await.unwrap();
        store.close().await;
    });
}
