//! What the timer does about a campaign that waits, was stopped, or is paused,
//! by a given clock.

use crate::support::newsletter::{BODY, Newsletter};
use crate::support::smtp_server::{ServerOptions, SmtpServer};

/// A newsletter whose schedule was switched on at noon of 24 August.
fn scheduled(newsletter: Newsletter) -> Newsletter {
    let newsletter = newsletter
        .set("schedule.time", "\"17:00\"")
        .set("schedule.time_zone", "\"Europe/Brussels\"")
        .subscribed(["reader-one@example.org", "reader-two@example.org"]);
    newsletter.write("issues/README.md", "");
    newsletter.at("2026-08-24T12:00:00Z").expect(0, &["due"]);
    newsletter
}

fn issue(newsletter: &Newsletter, name: &str, send_at: &str) -> String {
    newsletter.issue_of(
        name,
        &format!("title: {name}\nsend_at: {send_at}\n"),
        &format!("{name}: {BODY}"),
    )
}

/// Nothing listens there: the port was given back.
fn closed_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("\"smtp+plain://localhost:{}\"", listener.local_addr().unwrap().port())
}

#[test]
fn one_reader_who_is_put_off_holds_neither_the_job_nor_the_next_issue() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = scheduled(Newsletter::smtp(&server)).subscribed(["greylist@example.org"]);
    issue(&newsletter, "one", "2026-08-26 12:05Z");
    issue(&newsletter, "two", "2026-08-26 12:06Z");
    issue(&newsletter, "missed", "2026-08-24 12:01Z");
    // An issue that was missed is an alarm also while a campaign waits.
    let first = newsletter.at("2026-08-26T12:05:10Z").expect(11, &["due"]);
    insta::assert_snapshot!(first.plain_stderr(), @r"
    warning: FOLDER/issues/missed.md was due at TIME Europe/Brussels, and it is now too late to send it by schedule
    hint: Send it with `postrider send`, or set `draft: true` in its front matter.
    test-weekly/one: one
      digest DIGEST via smtp
      3 recipients, 3 to be sent now
             3 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/one: 2 of 3 got it, 1 to be sent
    the server put off those who are left; the timer goes on with them from TIME Europe/Brussels on
    ");
    assert_eq!(server.messages().len(), 2);
    std::fs::remove_file(newsletter.path("issues/missed.md")).unwrap();
    let second = newsletter.at("2026-08-26T12:06:10Z").expect(0, &["due"]);
    insta::assert_snapshot!(second.plain_stderr(), @r"
    test-weekly/one goes on at TIME Europe/Brussels: the server put off the recipients who are left
    test-weekly/two: two
      digest DIGEST via smtp
      3 recipients, 3 to be sent now
             3 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/two: 3 of 3 got it
    ");
    let quiet = newsletter.at("2026-08-26T12:07:10Z").expect(0, &["due"]);
    insta::assert_snapshot!(quiet.plain_stderr(), @r"
    test-weekly/one goes on at TIME Europe/Brussels: the server put off the recipients who are left
    nothing is due
    ");
    newsletter.at("2026-08-26T12:20:00Z").expect(0, &["due"]);
    assert_eq!(server.messages().len(), 6);
    assert!(server.mailed().values().all(|times| *times == 2), "{:?}", server.mailed());
}

#[test]
fn a_server_that_cannot_be_reached_is_tried_less_and_less_often_until_a_person_sends() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut newsletter = scheduled(Newsletter::smtp(&server));
    let reachable = format!("\"{}\"", server.url());
    newsletter.change("smtp.url", &closed_port());
    issue(&newsletter, "one", "2026-08-26 12:00Z");
    let mut tries = Vec::new();
    let noon: jiff::Timestamp = "2026-08-26T12:00:00Z".parse().unwrap();
    for minutes in (0..300).step_by(5) {
        let now = (noon + jiff::Span::new().minutes(minutes)).to_string();
        let tick = newsletter.at(&now);
        let code = tick.start(&["due"]).finish().code;
        match code {
            7 => tries.push(minutes),
            code => assert_eq!(code, 11, "every tick is an alarm"),
        }
        if minutes == 5 {
            let alarm = tick.expect(11, &["due"]);
            insta::assert_snapshot!(alarm.plain_stderr(), @r"
            warning: test-weekly/one was stopped, and goes on at TIME Europe/Brussels: localhost:PORT: connecting: no connection to 127.0.0.1 (Connection refused (os error NUMBER))
            hint: `postrider send FOLDER/issues/one.md` goes on now; `postrider cancel one` ends it.
            nothing is due
            ");
        }
    }
    assert_eq!(tries, [0, 20, 55, 120, 245], "a rest begins when a run ends, so just after a tick");
    // The next issue would fare the same; it is not tried, and the alarm names it.
    issue(&newsletter, "two", "2026-08-26 16:00Z");
    let held = newsletter.at("2026-08-26T17:00:00Z").expect(11, &["due"]);
    insta::assert_snapshot!(held.plain_stderr(), @r"
    warning: test-weekly/one was stopped 5 times in a row, and goes on at TIME Europe/Brussels: localhost:PORT: connecting: no connection to 127.0.0.1 (Connection refused (os error NUMBER))
    hint: `postrider send FOLDER/issues/one.md` goes on now; `postrider cancel one` ends it.
    error: FOLDER/issues/two.md is due and was not sent, because another campaign was stopped; it is sent after that one, at TIME Europe/Brussels at the earliest
    hint: `postrider send` sends it now.
    ");
    newsletter.change("smtp.url", &reachable);
    newsletter.at("2026-08-26T17:05:00Z").expect(11, &["due"]);
    assert!(server.messages().is_empty(), "the timer keeps its word");
    newsletter.at("2026-08-26T17:06:00Z").expect(0, &["send", "issues/one.md", "--yes"]);
    newsletter.at("2026-08-26T17:10:00Z").expect(0, &["due"]);
    assert_eq!(server.messages().len(), 4);
}

#[test]
fn a_campaign_pauses_while_its_file_is_a_draft_or_gone_and_other_issues_go_out() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = scheduled(Newsletter::smtp(&server)).subscribed(["greylist@example.org"]);
    let one = issue(&newsletter, "one", "2026-08-26 12:00Z");
    newsletter.at("2026-08-26T12:00:10Z").expect(0, &["due"]);
    let text = std::fs::read_to_string(newsletter.path(&one)).unwrap();
    newsletter.write(&one, text.replace("title:", "draft: true\ntitle:"));
    let draft = newsletter.at("2026-08-26T13:00:00Z").expect(0, &["due"]);
    insta::assert_snapshot!(draft.plain_stderr(), @r"
    test-weekly/one is paused, because FOLDER/issues/one.md says `draft: true`
    nothing is due
    ");
    std::fs::remove_file(newsletter.path(&one)).unwrap();
    issue(&newsletter, "two", "2026-08-26 13:00Z");
    let gone = newsletter.at("2026-08-26T13:05:00Z").expect(11, &["due"]);
    insta::assert_snapshot!(gone.plain_stderr(), @r"
    warning: test-weekly/one is paused, because its file FOLDER/issues/one.md is gone
    hint: Put the file back and it goes on, or run `postrider cancel one`, which ends it.
    test-weekly/two: two
      digest DIGEST via smtp
      3 recipients, 3 to be sent now
             3 at example.org
      takes about a second, if the server accepts 10 messages a second
    test-weekly/two: 3 of 3 got it
    ");
    assert_eq!(server.messages().len(), 5);
    // A file of the same slug under another name is the issue.
    newsletter.write("issues/renamed.md", text.replace("title:", "slug: one\ntitle:"));
    newsletter.at("2026-08-26T13:10:00Z").expect(0, &["due"]);
    assert_eq!(server.messages().len(), 6);
    assert!(server.mailed().values().all(|times| *times == 2), "{:?}", server.mailed());
}

#[test]
fn a_signal_ends_the_whole_run_and_the_next_tick_goes_on_at_once() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = scheduled(Newsletter::smtp(&server))
        .subscribed(["hold-after-dot@example.org", "hold-after-dot@example.net"]);
    issue(&newsletter, "one", "2026-08-26 12:00Z");
    issue(&newsletter, "two", "2026-08-26 12:10Z");
    for (now, messages) in [("2026-08-26T12:00:00Z", 3), ("2026-08-26T12:10:00Z", 4)] {
        let mut sending = newsletter.at(now).start(&["due"]);
        server.wait_until(|log| log.messages.len() == messages);
        sending.signal("TERM");
        sending.wait_for("stopping:");
        server.release_held(1);
        let stopped = sending.finish();
        assert_eq!(stopped.code, 8, "{stopped}");
    }
    server.release_held(2);
    newsletter.at("2026-08-26T12:10:10Z").expect(0, &["due"]);
    assert!(server.mailed().values().all(|times| *times == 2), "{:?}", server.mailed());
}

#[test]
fn one_reader_who_is_refused_until_the_end_is_told_once_and_can_be_tried_again() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = scheduled(Newsletter::smtp(&server).set("delivery.lifetime", "\"2h\""))
        .subscribed(["policyfail@example.org"]);
    issue(&newsletter, "one", "2026-08-26 12:00Z");
    let noon: jiff::Timestamp = "2026-08-26T12:00:00Z".parse().unwrap();
    let mut told = Vec::new();
    for minutes in (0..240).step_by(15) {
        let now = (noon + jiff::Span::new().minutes(minutes)).to_string();
        let tick = newsletter.at(&now).start(&["due"]).finish();
        if tick.code != 0 {
            told.push((minutes, tick.code));
        }
        assert_eq!(server.messages().len(), 2, "the others have it from the first run on");
    }
    assert_eq!(told, [(180, 9)]);
    let status = newsletter.status("one");
    assert_eq!((&status["tally"]["expired"], &status["tally"]["rejected"]), (&1.into(), &0.into()));
    let stats = newsletter.json(0, &["subscribers", "stats"]);
    assert_eq!(stats["suppressed"], serde_json::json!({}), "{stats}");
    // Somebody has talked to that server, and only this reader gets it.
    for (class, to_send) in [("rejected", 0), ("expired", 1)] {
        let retry = format!("--retry={class}");
        let tick = newsletter.at("2026-08-26T17:00:00Z");
        let plan = tick.json(0, &["send", "issues/one.md", &retry, "--dry-run"]);
        assert_eq!(plan["to_send"], to_send, "{plan}");
    }
}
