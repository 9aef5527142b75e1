//! `due` runs a newsletter by its schedule, and never sends an issue that is not due.

mod next;
mod rests;

use jiff::{Span, Timestamp};
use postrider::store::{OpenMode, Store};

use crate::support::newsletter::{BODY, Newsletter};
use crate::support::smtp_server::{ServerOptions, SmtpServer};

fn scheduled(newsletter: Newsletter) -> Newsletter {
    newsletter.set("schedule.time", "\"17:00\"").set("schedule.time_zone", "\"Europe/Brussels\"")
}

fn outbox() -> Newsletter {
    scheduled(Newsletter::outbox()).subscribed(["reader-one@example.org", "reader-two@example.org"])
}

/// An issue that is due in so many seconds.
fn issue(newsletter: &Newsletter, name: &str, seconds: i64) -> String {
    let at = Timestamp::now() + Span::new().seconds(seconds);
    newsletter.issue_of(name, &format!("title: {name}\nsend_at: {at:.0}\n"), BODY)
}

/// Switches scheduling on, with a mark of a week ago.
fn switched_on_a_week_ago(newsletter: &Newsletter) {
    let then = Timestamp::now() - Span::new().hours(7 * 24);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&newsletter.store(), OpenMode::MustExist, "boot").await.unwrap();
        assert_eq!(store.switch_schedule_on(then).await.unwrap().as_second(), then.as_second());
        store.close().await;
    });
}

#[test]
fn the_first_run_marks_the_moment_and_sends_nothing_old() {
    let newsletter = outbox();
    newsletter.issue_of("old", "title: Old\nsend_at: 2026-08-23 23:59\n", BODY);
    let first = newsletter.at("2026-08-24T12:00:00Z").expect(0, &["due"]);
    insta::assert_snapshot!(first.plain_stderr(), @r"
    scheduling is on from TIME Europe/Brussels: what was due before is not sent by schedule
    nothing is due
    ");
    let second = newsletter.at("2026-08-24T12:05:00Z").expect(0, &["due"]);
    assert!(!second.stderr.contains("scheduling is on from"), "{second}");
    assert!(newsletter.outbox_mail().is_empty());
}

#[test]
fn what_was_due_earlier_on_the_day_of_the_first_run_is_named_once() {
    let newsletter = outbox();
    newsletter.issue_of("today", "title: Today\ndate: 2026-08-24\n", BODY);
    // In Brussels it is 17:01.
    newsletter.expect(0, &["subscribers", "add", "reader-one@example.org"]);
    let next = newsletter.at("2026-08-24T15:01:00Z").expect(0, &["due", "--next"]);
    insta::assert_snapshot!(next.plain_stdout(), @r"
    scheduling is not on yet: the first run of `postrider due` switches it on
    no issue is planned
    FOLDER/issues/today.md was due at TIME Europe/Brussels, before scheduling was switched on, so the timer never sends it
      Send it with `postrider send`, or set `draft: true` in its front matter.
    ");
    let first = newsletter.at("2026-08-24T15:01:00Z").expect(11, &["due"]);
    insta::assert_snapshot!(first.plain_stderr(), @r"
    scheduling is on from TIME Europe/Brussels: what was due before is not sent by schedule
    warning: FOLDER/issues/today.md was due at TIME Europe/Brussels, before scheduling was switched on, so the timer never sends it
    hint: Send it with `postrider send`, or set `draft: true` in its front matter.
    nothing is due
    ");
    newsletter.at("2026-08-24T15:05:00Z").expect(0, &["due"]);
    assert!(newsletter.outbox_mail().is_empty());
}

#[test]
fn without_a_schedule_due_is_refused() {
    let run = Newsletter::outbox().expect(2, &["due"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    error: postrider.toml has no `[schedule]`
    hint: Set `[schedule] time` and `time_zone` in postrider.toml.
    ");
}

#[test]
fn the_issue_that_is_due_is_sent_once_and_drafts_are_passed_over() {
    let newsletter = outbox();
    switched_on_a_week_ago(&newsletter);
    issue(&newsletter, "now", -60);
    issue(&newsletter, "tomorrow", 86_400);
    let at = Timestamp::now();
    newsletter.issue_of("unready", &format!("title: U\nsend_at: {at:.0}\ndraft: true\n"), BODY);
    let plan = newsletter.expect(0, &["due", "--dry-run"]);
    insta::assert_snapshot!(plan.plain_stderr(), @"would send FOLDER/issues/now.md");
    assert!(newsletter.outbox_mail().is_empty());
    newsletter.expect(0, &["due"]);
    assert_eq!(newsletter.outbox_mail().len(), 2);
    let again = newsletter.expect(0, &["due"]);
    insta::assert_snapshot!(again.plain_stderr(), @"nothing is due; next FOLDER/issues/tomorrow.md at TIME Europe/Brussels");
    assert_eq!(newsletter.outbox_mail().len(), 2);
}

#[test]
fn two_issues_that_are_due_are_refused_by_name() {
    let newsletter = outbox();
    switched_on_a_week_ago(&newsletter);
    issue(&newsletter, "one", -60);
    issue(&newsletter, "two", -30);
    let refused = newsletter.expect(11, &["due"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: nothing was sent: more than one issue is due: FOLDER/issues/one.md, FOLDER/issues/two.md
    hint: Send one of them with `postrider send`, or set `draft: true` in the others.
    ");
    assert!(newsletter.outbox_mail().is_empty());
    newsletter.expect(0, &["send", "issues/one.md"]);
    newsletter.expect(0, &["due"]);
    assert_eq!(newsletter.outbox_mail().len(), 4);
}

#[test]
fn the_second_of_two_issues_of_one_slug_raises_an_alarm() {
    let newsletter = outbox();
    switched_on_a_week_ago(&newsletter);
    let at = |seconds| Timestamp::now() + Span::new().seconds(seconds);
    let week = |name: &str, seconds, text: &str| {
        let due = format!("title: {name}\nslug: same\nsend_at: {:.0}\n", at(seconds));
        newsletter.issue_of(name, &due, text)
    };
    week("week1", -120, BODY);
    newsletter.expect(0, &["due"]);
    assert_eq!(newsletter.outbox_mail().len(), 2);
    newsletter.expect(0, &["due"]);
    week("week2", -60, "Another text.\n");
    let mut shown = String::new();
    for arguments in [vec!["due", "--dry-run"], vec!["due"]] {
        let run = newsletter.expect(11, &arguments);
        shown += &run.plain_stderr();
    }
    insta::assert_snapshot!(shown, @r"
    error: nothing was sent: these files have the same slug: FOLDER/issues/week1.md, FOLDER/issues/week2.md
    hint: Give each its own `slug`.
    error: nothing was sent: these files have the same slug: FOLDER/issues/week1.md, FOLDER/issues/week2.md
    hint: Give each its own `slug`.
    ");
    // A renamed file is the same issue.
    std::fs::remove_file(newsletter.path("issues/week1.md")).unwrap();
    newsletter.expect(0, &["due"]);
    assert_eq!(newsletter.outbox_mail().len(), 2);
}

#[test]
fn an_issue_that_was_missed_is_listed_as_overdue_and_not_sent() {
    let newsletter = outbox();
    switched_on_a_week_ago(&newsletter);
    issue(&newsletter, "missed", -2 * 86_400 - 60);
    let run = newsletter.expect(11, &["due"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    warning: FOLDER/issues/missed.md was due at TIME Europe/Brussels, and it is now too late to send it by schedule
    hint: Send it with `postrider send`, or set `draft: true` in its front matter.
    nothing is due
    ");
    assert!(newsletter.outbox_mail().is_empty());
    // After a person has decided, the alarm ends.
    newsletter.expect(0, &["send", "issues/missed.md"]);
    newsletter.expect(0, &["due"]);
}

#[test]
fn an_issue_that_the_checks_refuse_or_nobody_proofed_raises_an_alarm() {
    let newsletter = outbox();
    switched_on_a_week_ago(&newsletter);
    let at = Timestamp::now();
    let front_matter = format!("title: One\nsend_at: {at:.0}\n");
    let issue = newsletter.issue_of("one", &front_matter, "See [this](LINK_HERE).\n");
    let refused = newsletter.expect(11, &["due"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    FOLDER/issues/one.md:6:5: error[placeholder-link]: `LINK_HERE` is a placeholder, not a target
      6 | See [this](LINK_HERE).
        |     ^^^^^^^^^^^^^^^^^
        = Write the target, or remove the link.
    error: test-weekly/one was not sent: the checks found an error
    hint: Fix the issue, or use `--allow RULE` for a rule that is wrong here.
    ");
    newsletter.issue_of("one", &front_matter, BODY);
    let newsletter = newsletter.set("proof.required", "true");
    let refused = newsletter.expect(11, &["due"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: test-weekly/one was not sent: no editor has received a proof of it
    hint: Run `postrider proof ISSUE`, and read the mail; or run `postrider send ISSUE --unproofed`.
    ");
    newsletter.expect(0, &["proof", &issue]);
    newsletter.expect(0, &["due"]);
    assert_eq!(newsletter.outbox_mail().len(), 4, "two proofs and two readers");
}

#[test]
fn a_file_that_is_no_issue_raises_an_alarm_and_the_one_that_is_due_still_goes_out() {
    let newsletter = outbox();
    switched_on_a_week_ago(&newsletter);
    issue(&newsletter, "now", -60);
    newsletter.write("issues/broken.md", "---\nnever closed\n");
    newsletter.expect(11, &["due"]);
    assert_eq!(newsletter.outbox_mail().len(), 2);
    newsletter.write("issues/README.txt", "no issue at all");
    newsletter.write("issues/README.md", "---\nnor is this, whatever it begins with\n");
    std::fs::remove_file(newsletter.path("issues/broken.md")).unwrap();
    newsletter.expect(0, &["due"]);
}

#[test]
fn what_was_interrupted_is_resumed_first() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = scheduled(Newsletter::smtp(&server)).subscribed([
        "reader-one@example.org",
        "hold-after-dot@example.org",
        "reader-three@example.org",
    ]);
    switched_on_a_week_ago(&newsletter);
    issue(&newsletter, "one", -60);
    let mut sending = newsletter.start(&["due"]);
    server.wait_until(|log| log.messages.len() == 2);
    sending.signal("TERM");
    sending.wait_for("stopping:");
    server.release_held(1);
    assert_eq!(sending.finish().code, 8);
    let resumed = newsletter.expect(0, &["due"]);
    insta::assert_snapshot!(resumed.plain_stderr(), @r"
    test-weekly/one was begun on TIME Europe/Brussels: 2 of 3 got it; resuming
    test-weekly/one: 3 of 3 got it
    nothing is due
    ");
    assert!(server.mailed().values().all(|times| *times == 1), "{:?}", server.mailed());
}

#[test]
fn over_a_relay_due_makes_no_store() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = scheduled(Newsletter::smtp(&server));
    newsletter.expect(12, &["due"]);
    assert!(!newsletter.store().exists());
}

#[test]
fn another_issue_under_a_sent_slug_raises_an_alarm_even_when_the_first_file_has_gone() {
    let newsletter = Newsletter::outbox()
        .subscribed(["reader-one@example.org"])
        .set("schedule.time", "\"09:30\"")
        .set("schedule.time_zone", "\"UTC\"");
    let first = newsletter.issue_of("one", "title: One\nnumber: 1\nslug: same\n", "Text.\n");
    newsletter.expect(0, &["send", &first]);
    newsletter.expect(0, &["due"]);
    std::fs::remove_file(newsletter.path(&first)).unwrap();
    let second = newsletter.issue_of("two", "title: Two\nnumber: 2\nslug: same\n", "More.\n");
    let alarm = newsletter.expect(11, &["due"]);
    insta::assert_snapshot!(alarm.plain_stderr(), @r"
    nothing is due
    warning: FOLDER/issues/two.md has number 2 and the slug `same`, under which number 1 was sent; give it a slug of its own
    ");
    newsletter.expect(11, &["send", &second]);
}
