//! The program sends over a relay: consent, one sender at a time, and faulty servers.

use crate::support::newsletter::Newsletter;
use crate::support::smtp_server::{Account, Identity, Protection, ServerOptions, SmtpServer};

const THREE: [&str; 3] =
    ["reader-one@example.org", "hold-after-dot@example.org", "reader-three@example.org"];

fn server() -> SmtpServer {
    SmtpServer::start(ServerOptions::default())
}

fn server_with(change: impl FnOnce(&mut ServerOptions)) -> SmtpServer {
    let mut options = ServerOptions::default();
    change(&mut options);
    SmtpServer::start(options)
}

#[test]
fn nobody_is_mailed_without_consent() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    let refused = newsletter.expect(2, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      1 recipient, 1 to be sent now
             1 at example.org
      takes about a second, if the server accepts 10 messages a second
    error: nothing was sent: there is no terminal to ask at
    hint: Use `--yes` to send without a question.
    ");
    assert_eq!(server.log().sessions, 0);
    assert_eq!(newsletter.json(0, &["status"])["campaigns"], serde_json::json!([]));
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed().len(), 1);
}

#[test]
fn a_server_that_the_configuration_accepts_for_a_password_is_dialled() {
    let newsletter = Newsletter::smtp(&server())
        .set("smtp.url", "\"smtp+plain://mail.localhost:1\"")
        .set("smtp.user", "\"weekly\"")
        .secret("POSTRIDER_SMTP_PASSWORD", "right horse")
        .subscribed(["reader-one@example.org"]);
    let run = newsletter.expect(7, &["proof", &newsletter.issue("one")]);
    // The cause depends on the name service of the machine.
    assert!(run.stderr.contains("because mail.localhost:1: "), "{run}");
}

#[test]
fn a_send_that_was_asked_to_stop_resumes_with_those_who_are_left() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed(THREE);
    let issue = newsletter.issue("one");
    let mut sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    sending.signal("TERM");
    sending.wait_for("stopping: messages under way have 30 s");
    server.release_held(1);
    let stopped = sending.finish();
    assert_eq!(stopped.code, 8, "{stopped}");
    insta::assert_snapshot!(stopped.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      3 recipients, 3 to be sent now
             3 at example.org
      takes about a second, if the server accepts 10 messages a second
    stopping: messages under way have 30 s; a second signal stops at once
    test-weekly/one: 2 of 3 got it, 1 to be sent
    warning: stopped before the end: a signal asked the program to stop
    hint: Run the same command again to send to the others; no recipient is lost.
    ");
    let status = newsletter.status(&issue);
    assert_eq!(status["standing"], "unfinished", "{status}");
    assert!(status["paused"].is_string(), "{status}");

    newsletter.edit(&issue, "Something happened", "Nothing happened");
    let resumed = newsletter.expect(0, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(resumed.plain_stderr(), @r#"
    warning: test-weekly/one was edited since it was frozen on TIME UTC, and readers get what was frozen: the preheader was `Something happened this week, and it was told.` and is `Nothing happened this week, and it was told.`; line 7 of the text part was `Something happened this week, and it was told.` and is `Nothing happened this week, and it was told.`; line 62 of the html part was `…0;overflow:hidden;">Something happened this week, and it was` and is `…0;overflow:hidden;">Nothing happened this week, and it was t`
    test-weekly/one was begun on TIME UTC: 2 of 3 got it; resuming
    test-weekly/one: 3 of 3 got it
    "#);
    assert!(server.mailed().values().all(|times| *times == 1), "{:?}", server.mailed());
    assert_eq!(server.mailed().len(), 3);
    let last = server.messages().pop().unwrap();
    assert!(String::from_utf8_lossy(&last.content).contains("Something happened"));
    assert_eq!(newsletter.status(&issue)["paused"], serde_json::Value::Null);
}

#[test]
fn a_second_signal_stops_at_once_and_leaves_the_message_in_doubt() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed(THREE);
    let issue = newsletter.issue("one");
    let mut sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    sending.signal("TERM");
    sending.wait_for("stopping:");
    sending.signal("INT");
    let stopped = sending.finish();
    assert_eq!(stopped.code, 10, "{stopped}");
    let status = newsletter.status(&issue);
    assert_eq!(status["in_doubt"][0]["address"], "hold-after-dot@example.org", "{status}");
    assert_eq!(status["tally"]["pending"], 1, "{status}");
}

#[test]
fn a_second_sender_is_refused_while_the_first_sends() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed(THREE);
    let issue = newsletter.issue("one");
    let sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    let second = newsletter.expect(6, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(second.plain_stderr(), @r"
    error: cannot send from the store FOLDER/subscribers/postrider.sqlite3: process ID is sending from it
    hint: Wait until it is done, or stop it; the lock ends with that process.
    ");
    let other = newsletter.issue("two");
    newsletter.expect(6, &["send", &other, "--yes"]);
    server.release_held(1);
    assert_eq!(sending.finish().code, 0);
    assert!(server.mailed().values().all(|times| *times == 1));
}

#[test]
fn over_a_relay_no_store_is_made() {
    let server = server();
    let newsletter = Newsletter::smtp(&server);
    let issue = newsletter.issue("one");
    let refused = newsletter.expect(12, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot open the store FOLDER/subscribers/postrider.sqlite3: it does not exist
    hint: If it existed before, mount its volume or correct `[store] url` in postrider.toml; if not, make it with `postrider subscribers import FILE`. Only a send into the outbox makes one by itself.
    ");
    assert!(!newsletter.store().exists());
    assert!(!newsletter.path("subscribers").exists());
    newsletter.expect(12, &["status"]);
    newsletter.expect(12, &["send", &issue, "--dry-run"]);
}

#[test]
fn a_campaign_is_finished_by_the_way_on_which_it_began() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed(THREE);
    let issue = newsletter.issue("one");
    let mut sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    sending.signal("TERM");
    sending.wait_for("stopping:");
    server.release_held(1);
    assert_eq!(sending.finish().code, 8);
    let refused = newsletter.expect(11, &["send", &issue, "--via", "outbox"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: test-weekly/one was begun via smtp, and cannot be finished via outbox
    hint: Finish it with `--via smtp`.
    ");
    assert!(newsletter.outbox_mail().is_empty());
}

#[test]
fn a_dead_mailbox_is_rejected_and_suppressed_and_the_others_have_it() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed([
        "reader-one@example.org",
        "permfail@example.org",
        "permfail+two@example.org",
        "reader-two@example.org",
    ]);
    let issue = newsletter.issue("one");
    let run = newsletter.expect(9, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      4 recipients, 4 to be sent now
             4 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/one: 2 of 4 got it, 2 rejected
    hint: `postrider status one` says why. If the server was wrong about them, `postrider send issues/one.md --retry rejected` sends it again to exactly them.
    ");
    let status = newsletter.status(&issue);
    let rejected = status["rejected"].as_array().unwrap();
    let classes: Vec<_> = rejected.iter().map(|row| row["class"].as_str().unwrap()).collect();
    assert_eq!(classes, ["mailbox", "mailbox"], "{status}");
    let stats = newsletter.json(0, &["subscribers", "stats"]);
    let suppressed: u64 =
        stats["suppressed"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(suppressed, 2, "{stats}");
    // Run again, it is finished.
    newsletter.expect(0, &["send", &issue, "--yes"]);
    let next = newsletter.json(0, &["send", &newsletter.issue("two"), "--dry-run"]);
    assert_eq!(next["included"], 2, "{next}");
}

#[test]
fn a_refusal_of_policy_stops_the_campaign_and_suppresses_nobody() {
    let server = server();
    let readers: Vec<_> = (0..30).map(|n| format!("policyfail+{n}@example.org")).collect();
    let newsletter = Newsletter::smtp(&server).subscribed(readers.iter().map(String::as_str));
    let issue = newsletter.issue("one");
    let run = newsletter.expect(7, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      30 recipients, 30 to be sent now
            30 at example.org
      takes about 3 seconds, if the server accepts 10 messages a second
    test-weekly/one: 0 of 30 got it, 30 to be sent
    warning: stopped before the end: the server refuses this campaign: RCPT TO: 550 5.7.1 not wanted here
    hint: Run the same command again to send to the others; no recipient is lost.
    ");
    assert!(server.mailed().is_empty());
    let stats = newsletter.json(0, &["subscribers", "stats"]);
    assert_eq!(stats["suppressed"], serde_json::json!({}), "{stats}");
    let status = newsletter.status(&issue);
    assert_eq!(status["standing"], "unfinished");
    assert_eq!(status["tally"]["pending"], 30, "nobody is put off: {status}");
}

#[test]
fn a_server_that_is_down_is_told_and_the_campaign_resumes() {
    let server = server();
    let mut newsletter = Newsletter::smtp(&server).subscribed(["reader-one@example.org"]);
    let nobody_listens = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    newsletter.change("smtp.url", &format!("\"smtp+plain://{nobody_listens}\""));
    let issue = newsletter.issue("one");
    let run = newsletter.expect(7, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      1 recipient, 1 to be sent now
             1 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/one: 0 of 1 got it, 1 to be sent
    warning: stopped before the end: 127.0.0.1:PORT: connecting: no connection to 127.0.0.1 (Connection refused (os error NUMBER))
    hint: Run the same command again to send to the others; no recipient is lost.
    ");
    let proof = newsletter.expect(7, &["proof", &issue]);
    assert_eq!(proof.errors(), 1, "{proof}");
    newsletter.change("smtp.url", &format!("\"{}\"", server.url()));
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed().len(), 1);
}

#[test]
fn a_refused_password_is_the_campaign_s_fault_and_never_shown() {
    let account = Account { mechanism: "PLAIN", user: "postrider", password: "right-password" };
    let identity = Identity::of("localhost");
    let server = server_with(|options| {
        options.protection = Protection::StartTls(identity.clone());
        options.auth = Some(account);
    });
    let newsletter = Newsletter::smtp(&server)
        .set("smtp.user", "\"postrider\"")
        .set("smtp.ca_file", "\"ca.pem\"")
        .secret("POSTRIDER_SMTP_PASSWORD", "wrong-password")
        .subscribed(["reader-one@example.org"]);
    newsletter.write("ca.pem", identity.certificate_pem());
    let issue = newsletter.issue("one");
    let run = newsletter.expect(7, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      1 recipient, 1 to be sent now
             1 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/one: 0 of 1 got it, 1 to be sent
    warning: stopped before the end: localhost:PORT: AUTH: the server replied 535 (text withheld, because it repeats what was sent)
    hint: Run the same command again to send to the others; no recipient is lost.
    ");
    assert_eq!(newsletter.status(&issue)["standing"], "unfinished");
    let newsletter = newsletter.secret("POSTRIDER_SMTP_PASSWORD", "right-password");
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed().len(), 1);
}

#[test]
fn a_missing_password_is_told_before_anything_is_frozen() {
    let server = server();
    let newsletter = Newsletter::smtp(&server)
        .set("smtp.user", "\"postrider\"")
        .subscribed(["reader-one@example.org"]);
    let run = newsletter.expect(2, &["send", &newsletter.issue("one"), "--yes"]);
    insta::assert_snapshot!(run.plain_stderr(), @"error: the SMTP password is not set: give a systemd credential `smtp_password`, name a file in POSTRIDER_SMTP_PASSWORD_FILE, or set POSTRIDER_SMTP_PASSWORD");
    assert_eq!(newsletter.json(0, &["status"])["campaigns"], serde_json::json!([]));
}

#[test]
fn a_certificate_of_another_name_and_a_server_without_tls_get_no_mail() {
    let other = Identity::of("other.example.org");
    let stranger = server_with(|o| o.protection = Protection::ImplicitTls(other.clone()));
    let plain = server();
    let plain_port = plain.address().port();
    let mut shown = String::new();
    for url in [stranger.url(), format!("smtp://localhost:{plain_port}")] {
        let newsletter = Newsletter::smtp(&plain)
            .set("smtp.url", &format!("\"{url}\""))
            .set("smtp.ca_file", "\"ca.pem\"")
            .subscribed(["reader-one@example.org"]);
        newsletter.write("ca.pem", other.certificate_pem());
        let issue = newsletter.issue("one");
        let run = newsletter.expect(7, &["send", &issue, "--yes"]);
        shown += &run.plain_stderr();
        assert_eq!(newsletter.status(&issue)["tally"]["pending"], 1);
    }
    insta::assert_snapshot!(shown, @r#"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      1 recipient, 1 to be sent now
             1 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/one: 0 of 1 got it, 1 to be sent
    warning: stopped before the end: localhost:PORT: setting up TLS: the server's certificate is not accepted for "localhost" (certificate not valid for name "localhost"; certificate is only valid for DnsName("other.example.org")); give the host by the name in its certificate, or the authority that signed it
    hint: Run the same command again to send to the others; no recipient is lost.
    test-weekly/one: The week of one
      digest DIGEST via smtp
      1 recipient, 1 to be sent now
             1 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/one: 0 of 1 got it, 1 to be sent
    warning: stopped before the end: localhost:PORT: setting up TLS: the server does not offer STARTTLS; if it speaks TLS from the start, write `smtps://localhost:PORT`; if it is on this machine or on a network that you trust, and needs no TLS, write `smtp+plain://localhost:PORT`
    hint: Run the same command again to send to the others; no recipient is lost.
    "#);
    assert!(stranger.mailed().is_empty() && plain.mailed().is_empty());
}

#[test]
fn a_message_too_large_for_the_server_costs_nobody_their_place() {
    let server = server_with(|options| options.size = Some(500));
    let newsletter = Newsletter::smtp(&server).subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    let run = newsletter.expect(7, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      1 recipient, 1 to be sent now
             1 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/one: 0 of 1 got it, 1 to be sent
    warning: stopped before the end: the server refuses this campaign: MAIL FROM: 552 5.3.4 not sent: the server takes at most 500 bytes, the message has NUMBER
    hint: Run the same command again to send to the others; no recipient is lost.
    ");
    assert_eq!(newsletter.status(&issue)["standing"], "unfinished");
    let stats = newsletter.json(0, &["subscribers", "stats"]);
    assert_eq!(stats["suppressed"], serde_json::json!({}));
}

#[test]
fn who_is_deferred_is_waited_for_and_the_wait_is_told_and_can_be_ended() {
    let server = server();
    let newsletter =
        Newsletter::smtp(&server).subscribed(["greylist@example.org", "reader-one@example.org"]);
    let issue = newsletter.issue("one");
    let mut sending = newsletter.start(&["send", &issue, "--yes"]);
    let told = sending.wait_for("the server put off the recipients");
    assert!(told.contains("next attempt at 2"), "{told}");
    sending.signal("TERM");
    let stopped = sending.finish();
    assert_eq!(stopped.code, 8, "{stopped}");
    // Whether it still reports the wait or the signal depends on the moment.
    assert!(stopped.stderr.contains("1 of 2 got it, 1 to be sent"), "{stopped}");
    let tally = &newsletter.status(&issue)["tally"];
    assert_eq!((tally["sent"].as_u64(), tally["deferred"].as_u64()), (Some(1), Some(1)));
}

#[test]
fn who_is_suppressed_or_joins_while_it_is_sent_is_treated_by_what_was_frozen() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed(THREE);
    let issue = newsletter.issue("one");
    let sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    newsletter.expect(0, &["subscribers", "suppress", "reader-three@example.org"]);
    newsletter.expect(0, &["subscribers", "add", "reader-four@example.org"]);
    server.release_held(1);
    let sent = sending.finish();
    assert_eq!(sent.code, 0, "{sent}");
    insta::assert_snapshot!(sent.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      3 recipients, 3 to be sent now
             3 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/one: 2 of 3 got it, 1 withdrawn
    ");
    assert_eq!(server.mailed().len(), 2, "{:?}", server.mailed());
}

#[test]
fn a_connection_that_breaks_before_the_dot_costs_a_new_one_and_nobody_is_in_doubt() {
    let server = server_with(|options| options.messages_per_session = Some(1));
    let newsletter = Newsletter::smtp(&server).subscribed([
        "reader-one@example.org",
        "drop-after-250@example.org",
        "reader-two@example.org",
    ]);
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed().len(), 3);
    assert!(server.mailed().values().all(|times| *times == 1), "{:?}", server.mailed());
    assert!(server.log().sessions >= 3);
}

#[test]
fn a_trial_into_the_outbox_does_not_keep_anybody_from_the_mail() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["send", &issue, "--via", "outbox"]);
    assert_eq!(newsletter.outbox_mail().len(), 1);
    let plan = newsletter.json(0, &["send", &issue, "--dry-run"]);
    assert_eq!(plan["to_send"], 1, "{plan}");
    newsletter.expect(0, &["send", &issue, "--yes"]);
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed()["reader-one@example.org"], 1);
    // What people have cannot be forgotten by another trial.
    newsletter.expect(0, &["send", &issue, "--via", "outbox"]);
    assert_eq!(newsletter.outbox_mail().len(), 1);
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed()["reader-one@example.org"], 1);
}

#[test]
fn one_recipient_on_whom_the_server_hangs_up_keeps_nobody_else_from_the_mail() {
    let server = server();
    let newsletter = Newsletter::smtp(&server).subscribed([
        "closing@example.org",
        "reader-one@example.org",
        "reader-two@example.org",
    ]);
    let issue = newsletter.issue("one");
    let sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    sending.signal("TERM");
    let stopped = sending.finish();
    assert_eq!(stopped.code, 8, "{stopped}");
    // Whether it still reports the wait or the signal depends on the moment.
    assert!(stopped.stderr.contains("2 of 3 got it, 1 to be sent"), "{stopped}");
}

#[test]
fn the_plan_counts_with_the_rate_that_is_configured() {
    let server = server();
    let mut newsletter =
        Newsletter::smtp(&server).subscribed(["reader-one@example.org", "reader-two@example.org"]);
    newsletter.change("smtp.rate", "\"1/min\"");
    let plan = newsletter.run(&["send", &newsletter.issue("one"), "--dry-run"]);
    let pace = "takes about 2 minutes at the rate of `[smtp] rate`";
    assert!(plan.plain_stderr().contains(pace), "{plan}");
}
