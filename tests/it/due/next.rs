//! `due --next`, `status` and a dry run say what really would happen.

use serde_json::{Value, json};

use crate::support::newsletter::{BODY, Newsletter};

const NOON: &str = "2026-08-26T12:00:00Z";

/// A newsletter whose schedule was switched on at noon of 20 August, with two readers.
fn scheduled() -> Newsletter {
    let newsletter = Newsletter::outbox()
        .set("schedule.time", "\"17:00\"")
        .set("schedule.time_zone", "\"Europe/Brussels\"")
        .subscribed(["reader-one@example.org", "reader-two@example.org"]);
    newsletter.write("issues/README.md", "");
    newsletter.at("2026-08-20T12:00:00Z").expect(0, &["due"]);
    newsletter
}

fn issue(newsletter: &Newsletter, name: &str, front_matter: &str, text: &str) -> String {
    let front_matter = format!("title: {name}\n{front_matter}\n");
    newsletter.issue_of(name, &front_matter, &format!("{name}: {text}"))
}

#[test]
fn a_clock_that_was_wrong_when_scheduling_was_switched_on_can_be_mended() {
    let newsletter = Newsletter::outbox()
        .set("schedule.time", "\"17:00\"")
        .set("schedule.time_zone", "\"Europe/Brussels\"")
        .subscribed(["reader-one@example.org"]);
    issue(&newsletter, "before", "date: 2026-08-25", BODY);
    issue(&newsletter, "after", "date: 2026-08-26", BODY);
    // No battery: the machine has no time yet, and marks nothing.
    let unset = newsletter.at("1970-01-01T00:10:00Z").expect(11, &["due"]);
    assert!(unset.stderr.contains("it was not set since the machine started"), "{unset}");
    newsletter.at("1970-01-01T00:10:00Z").expect(11, &["due", "--switch-on"]);
    // Then the clock is decades ahead, and scheduling is switched on.
    newsletter.at("2106-02-07T06:28:00Z").expect(0, &["due"]);
    let refused = newsletter.at(NOON).expect(11, &["due"]);
    assert!(refused.stderr.contains("postrider due --switch-on"), "{refused}");
    let mended = newsletter.at(NOON).expect(0, &["due", "--switch-on"]);
    assert!(mended.stderr.contains("scheduling is on from 2026-08-26"), "{mended}");
    // What was due before stays history, and the next issue goes out.
    newsletter.at("2026-08-26T15:01:00Z").expect(0, &["due"]);
    let campaigns = newsletter.at(NOON).json(0, &["status"]);
    let sent: Vec<_> = campaigns["campaigns"].as_array().unwrap().iter().collect();
    assert_eq!(sent.len(), 1, "{campaigns}");
    assert_eq!(sent[0]["key"], "test-weekly/after", "{campaigns}");
}

#[test]
fn what_is_next_is_told_with_what_stands_in_its_way() {
    let newsletter = scheduled().set("proof.required", "true");
    issue(&newsletter, "missed", "date: 2026-08-21", BODY);
    issue(&newsletter, "soon", "date: 2026-08-26\ndraft: true", BODY);
    issue(&newsletter, "next", "date: 2026-09-02", "See [this](LINK_HERE).\n");
    issue(&newsletter, "after", "date: 2026-09-09", BODY);
    issue(&newsletter, "never", "number: 9", BODY);
    let next = newsletter.at(NOON).expect(0, &["due", "--next"]);
    insta::assert_snapshot!(next.plain_stdout(), @r"
    FOLDER/issues/soon.md is due at TIME Europe/Brussels
      in the way: it says `draft: true`
        Take that line out when it is ready.
    FOLDER/issues/next.md is due at TIME Europe/Brussels
      in the way: the checks found an error
        Fix the issue, or use `--allow RULE` for a rule that is wrong here.
    FOLDER/issues/missed.md was due at TIME Europe/Brussels, and it is now too late to send it by schedule
      Send it with `postrider send`, or set `draft: true` in its front matter.
    FOLDER/issues/never.md is never due: it has no date: add `date: 2026-08-26`, or `send_at`
    ");
    let status = newsletter.at(NOON).expect(0, &["status"]);
    assert_eq!(status.stdout, next.stdout, "{status}");
    let data = newsletter.at(NOON).json(0, &["due", "--next"]);
    assert!(data["switched_on_at"].as_str().unwrap().starts_with("2026-08-20T12:00:0"), "{data}");
    assert_eq!(kinds(&data["next"][0]), ["draft"]);
    assert_eq!(data["next"][1]["due_at"], "2026-09-02T15:00:00Z", "scripts get UTC");
    assert_eq!(kinds(&data["next"][1]), ["checks"]);
    assert_eq!(data["next"].as_array().unwrap().len(), 2);
    assert_eq!(data["missed"][0]["slug"], "missed");
    assert_eq!(newsletter.at(NOON).json(0, &["status"])["schedule"], data);
    // The first run is still to come.
    newsletter
        .write("issues/next.md", format!("---\ntitle: Next\ndate: 2026-09-02\n---\n\n{BODY}"));
    std::fs::remove_file(newsletter.store()).unwrap();
    let newsletter = newsletter.subscribed(["reader-one@example.org"]);
    let data = newsletter.at(NOON).json(0, &["due", "--next"]);
    assert_eq!((&data["switched_on_at"], &data["missed"]), (&Value::Null, &json!([])));
    assert_eq!(kinds(&data["next"][1]), ["proof"]);
}

fn kinds(issue: &Value) -> Vec<&str> {
    let obstacles = issue["in_the_way"].as_array().unwrap();
    obstacles.iter().map(|obstacle| obstacle["kind"].as_str().unwrap()).collect()
}

#[test]
fn a_dry_run_refuses_what_a_run_refuses() {
    let newsletter = scheduled().set("proof.required", "true");
    issue(&newsletter, "now", "send_at: 2026-08-26 13:00", BODY);
    let dry = newsletter.at(NOON).expect(11, &["due", "--dry-run"]);
    let real = newsletter.at(NOON).expect(11, &["due"]);
    assert_eq!(dry.stderr, real.stderr);
    assert!(dry.error().contains("no editor has received a proof"), "{dry}");
    newsletter.at(NOON).expect(0, &["proof", "issues/now.md"]);
    let dry = newsletter.at(NOON).expect(0, &["due", "--dry-run"]);
    insta::assert_snapshot!(dry.plain_stderr(), @"would send FOLDER/issues/now.md");
}

#[test]
fn a_run_that_sends_nothing_writes_one_object_too() {
    let newsletter = scheduled();
    issue(&newsletter, "later", "date: 2026-09-02", BODY);
    let nothing = newsletter.at(NOON).json(0, &["due"]);
    assert_eq!(
        (&nothing["campaign"], &nothing["ending"], &nothing["exit_code"], &nothing["action"]),
        (&Value::Null, &json!("nothing-sent"), &json!(0), &json!("wait"))
    );
    assert_eq!(nothing["next"][0]["slug"], "later");
    issue(&newsletter, "one", "send_at: 2026-08-26 13:00", BODY);
    issue(&newsletter, "two", "send_at: 2026-08-26 13:30", BODY);
    let refused = newsletter.at(NOON).json(11, &["due"]);
    assert_eq!((&refused["action"], &refused["exit_code"]), (&json!("refuse"), &json!(11)));
    assert_eq!(refused["in_the_way"][0]["kind"], "several-due");
    std::fs::remove_file(newsletter.path("issues/two.md")).unwrap();
    let sent = newsletter.at(NOON).json(0, &["due"]);
    assert_eq!(
        (&sent["campaign"], &sent["ending"]),
        (&json!("test-weekly/one"), &json!("complete"))
    );
}

#[test]
fn case_11_the_date_in_the_name_of_a_file_is_the_day_of_the_issue() {
    let newsletter = scheduled();
    newsletter.write("issues/2026-08-26-issue-12.md", format!("---\ntitle: Issue 12\n---\n{BODY}"));
    let run = newsletter.at("2026-08-26T15:01:00Z").expect(0, &["due"]);
    let campaigns = newsletter.at(NOON).json(0, &["status"]);
    assert_eq!(campaigns["campaigns"][0]["key"], "test-weekly/2026-08-26-issue-12", "{run}");
}
