//! `status` shows the state of every campaign.

use serde_json::json;

use crate::support::newsletter::Newsletter;
use crate::support::smtp_server::{ServerOptions, SmtpServer};

#[test]
fn every_campaign_is_listed_with_numbers_that_add_up() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).subscribed([
        "reader-one@example.org",
        "permfail@example.org",
        "drop-after-dot@example.org",
    ]);
    newsletter.expect(10, &["send", &newsletter.issue("one"), "--yes"]);
    newsletter.expect(10, &["send", &newsletter.issue("two"), "--yes"]);
    let report = newsletter.json(0, &["status"]);
    let campaigns = report["campaigns"].as_array().unwrap();
    let keys: Vec<_> = campaigns.iter().map(|campaign| campaign["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["test-weekly/two", "test-weekly/one"], "the newest first");
    for campaign in campaigns {
        let tally = campaign["tally"].as_object().unwrap();
        let total: u64 = tally.values().map(|number| number.as_u64().unwrap()).sum();
        assert_eq!(total, campaign["audience"].as_u64().unwrap(), "{campaign}");
    }
    // The dead mailbox was suppressed by the first, so the second left it out.
    assert_eq!((&campaigns[1]["audience"], &campaigns[0]["audience"]), (&json!(3), &json!(2)));
}

#[test]
fn one_campaign_is_told_in_full_by_its_file_or_by_its_slug() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).subscribed([
        "reader-one@example.org",
        "permfail@example.org",
        "drop-after-dot@example.org",
    ]);
    let issue = newsletter.issue("one");
    newsletter.expect(10, &["send", &issue, "--yes"]);
    let by_file = newsletter.expect(0, &["status", &issue]).stdout;
    std::fs::remove_file(newsletter.path(&issue)).unwrap();
    let by_slug = newsletter.expect(0, &["status", "one"]).stdout;
    assert_eq!(by_file, by_slug);
    for line in [
        "test-weekly/one  finished 2",
        "  1 sent, 1 rejected, 1 unknown",
        "  in doubt: drop-after-dot@example.org",
        "@news.example.org> mailbox RCPT TO: 550 5.1.1",
    ] {
        assert!(by_file.contains(line), "{line} in {by_file}");
    }
    // An answer of a server may repeat an address; it is masked.
    assert_eq!(by_file.matches("permfail@example.org").count(), 1, "{by_file}");
    let refused = newsletter.expect(3, &["status", "never-sent"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: there is no campaign test-weekly/never-sent: nothing of it was sent yet
    hint: `postrider status` lists every campaign, and `postrider due --next` shows what is next.
    ");
    let refused = newsletter.expect(3, &["status", "issues/gone.md"]);
    insta::assert_snapshot!(refused.plain_stderr(), @"error: issues/gone.md is neither an issue file nor a slug");
}

#[test]
fn before_the_first_campaign_there_is_nothing_to_tell() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    let run = newsletter.expect(0, &["status"]);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", "Nothing was sent yet.\n"));
}
