//! `send` delivers an issue to each recipient once.

mod doubt;
mod provider;
mod rehearsal;
mod relay;

use std::collections::BTreeSet;

use crate::support::newsletter::{BODY, Mail, Newsletter};

const TWO: [&str; 2] = ["reader-one@example.org", "reader-two@example.org"];

fn recipients(newsletter: &Newsletter) -> Vec<String> {
    let mut recipients: Vec<_> = newsletter.outbox_mail().into_iter().map(|mail| mail.to).collect();
    recipients.sort();
    recipients
}

#[test]
fn the_sample_newsletter_reaches_each_example_subscriber_once() {
    let newsletter = Newsletter::sample();
    let list = std::fs::read_to_string(newsletter.path("subscribers/example.csv")).unwrap();
    let subscribed: Vec<&str> = list.lines().filter(|row| row.ends_with(",subscribed")).collect();
    assert!(subscribed.len() > 3, "{list}");
    let issue = newsletter.only_issue();

    let first = newsletter.expect(0, &["send", &issue]);
    let mail = newsletter.outbox_mail();
    assert_eq!(mail.len(), subscribed.len(), "{first}");
    let to: BTreeSet<_> = mail.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to.len(), mail.len(), "nobody has it twice");
    for row in subscribed {
        let address = row.split(',').next().unwrap().replace("bücher", "xn--bcher-kva");
        assert!(to.contains(address.as_str()), "{address} is not among {to:?}");
    }
    let links: BTreeSet<_> = mail.iter().map(|mail| mail.unsubscribe_link()).collect();
    assert_eq!(links.len(), mail.len(), "everybody leaves by a link of their own");

    let second = newsletter.expect(0, &["send", &issue]);
    insta::assert_snapshot!(second.plain_stderr(), @"weekly-waybill/TIME-hello-inbox was sent: finished TIME UTC, 6 got it; nothing was sent now");
    assert_eq!(newsletter.outbox_mail().len(), mail.len());
}

#[test]
fn the_sample_newsletter_has_its_list_after_a_proof_and_after_a_first_try_that_failed() {
    let newsletter = Newsletter::sample();
    let issue = newsletter.only_issue();
    let list = newsletter.path("subscribers/example.csv");
    let example = std::fs::read(&list).unwrap();
    newsletter.expect(0, &["proof", &issue]);
    let proofs = newsletter.outbox_mail().len();
    std::fs::remove_file(&list).unwrap();
    let refused = newsletter.expect(3, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot import FOLDER/subscribers/example.csv
      because No such file or directory (os error NUMBER)
    ");
    std::fs::write(&list, example).unwrap();
    let sent = newsletter.expect(0, &["send", &issue]);
    insta::assert_snapshot!(sent.plain_stderr(), @r"
    imported 8 subscribers from FOLDER/subscribers/example.csv into FOLDER/subscribers/postrider.sqlite3
    weekly-waybill/TIME-hello-inbox: 6 of 6 got it
    ");
    assert_eq!(newsletter.outbox_mail().len(), proofs + 6, "{sent}");
}

#[test]
fn what_the_preview_shows_is_what_a_reader_gets() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["preview", &issue, "--out", "shown"]);
    newsletter.expect(0, &["send", &issue]);
    let got = newsletter.outbox_mail().remove(0);
    let shown = Mail::parse(std::fs::read(newsletter.path("shown/email.eml")).unwrap());
    assert_eq!(shown.subject, got.subject);
    let (shown_link, got_link) = (shown.unsubscribe_link(), got.unsubscribe_link());
    for (name, got) in [("email.txt", got.text), ("email.html", got.html)] {
        let shown = std::fs::read_to_string(newsletter.path("shown").join(name)).unwrap();
        assert_eq!(without_link(&got, &got_link), without_link(&shown, &shown_link));
    }
}

fn without_link(text: &str, link: &str) -> String {
    assert!(text.contains(link), "{link} is not in\n{text}");
    text.replace(link, "LINK").replace("\r\n", "\n").trim_end().to_owned()
}

#[test]
fn an_issue_edited_after_it_was_sent_is_not_sent_again() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["send", &issue]);
    newsletter.edit(&issue, "Something happened", "Nothing happened");
    let again = newsletter.expect(0, &["send", &issue]);
    insta::assert_snapshot!(again.plain_stderr(), @r#"
    warning: test-weekly/one was edited since it was frozen on TIME UTC, and readers get what was frozen: the preheader was `Something happened this week, and it was told.` and is `Nothing happened this week, and it was told.`; line 7 of the text part was `Something happened this week, and it was told.` and is `Nothing happened this week, and it was told.`; line 62 of the html part was `…0;overflow:hidden;">Something happened this week, and it was` and is `…0;overflow:hidden;">Nothing happened this week, and it was t`
    test-weekly/one was sent: finished TIME UTC, 2 got it; nothing was sent now
    "#);
    assert_eq!(newsletter.outbox_mail().len(), 2);
    assert!(newsletter.outbox_mail()[0].text.contains("Something happened"));
}

#[test]
fn an_issue_that_can_not_be_read_any_more_still_counts_as_sent() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["send", &issue]);
    newsletter.write(&issue, "---\nnever closed");
    let again = newsletter.expect(0, &["send", &issue]);
    insta::assert_snapshot!(again.plain_stderr(), @r"
    issues/one.md:1:1: error[front-matter]: the front matter that begins with `---` is never closed
      1 | ---
        | ^^^
        = Put a line `---` after its last field.
    warning: issues/one.md is not an issue
    warning: the file of test-weekly/one cannot be used any more; readers get what was frozen on TIME UTC
    test-weekly/one was sent: finished TIME UTC, 2 got it; nothing was sent now
    ");
    assert_eq!(newsletter.outbox_mail().len(), 2);
}

#[test]
fn a_file_that_is_not_there_is_no_campaign_of_the_same_name() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["send", &issue]);
    std::fs::remove_file(newsletter.path(&issue)).unwrap();
    let mut shown = String::new();
    for gone in ["/nonexistent/one.md", "one.md", &issue] {
        let run = newsletter.expect(3, &["send", gone]);
        shown += &run.plain_stderr();
    }
    insta::assert_snapshot!(shown, @r"
    error: cannot read /nonexistent/one.md
      because No such file or directory (os error NUMBER)
    hint: `postrider status one` shows the campaign of that name.
    error: cannot read one.md
      because No such file or directory (os error NUMBER)
    hint: `postrider status one` shows the campaign of that name.
    error: cannot read issues/one.md
      because No such file or directory (os error NUMBER)
    hint: `postrider status one` shows the campaign of that name.
    ");
    let run = newsletter.expect(3, &["send", "issues/two.md"]);
    assert!(!run.stderr.contains("postrider status"), "{run}");
}

#[test]
fn an_unfinished_campaign_is_resumed_from_its_own_file_alone() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    let issue = newsletter.issue("one");
    newsletter.write("outbox", "a file where the folder should be");
    newsletter.expect(7, &["send", &issue]);
    std::fs::remove_file(newsletter.path("outbox")).unwrap();
    let broken = "---\ntitle: Another\ndate: soon\n---\n\nText.\n";
    newsletter.write("drafts/one.md", broken);
    let run = newsletter.expect(3, &["send", "drafts/one.md"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    drafts/one.md:3:7: error[front-matter-date]: `soon` is not a date
      3 | date: soon
        |       ^^^^
        = Write it as year, month and day: `2026-08-26`.
    error: drafts/one.md is not an issue
    ");
    newsletter.expect(3, &["send", "drafts/gone/one.md"]);
    assert!(newsletter.outbox_mail().is_empty());
    newsletter.write(&issue, broken);
    let run = newsletter.expect(0, &["send", &issue]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    issues/one.md:3:7: error[front-matter-date]: `soon` is not a date
      3 | date: soon
        |       ^^^^
        = Write it as year, month and day: `2026-08-26`.
    warning: issues/one.md is not an issue
    warning: the file of test-weekly/one cannot be used any more; readers get what was frozen on TIME UTC
    test-weekly/one was begun on TIME UTC: 0 of 2 got it; resuming
    test-weekly/one: 2 of 2 got it
    ");
    assert_eq!(recipients(&newsletter), TWO);
}

#[test]
fn an_unfinished_campaign_is_resumed_although_its_file_has_gone() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    let issue = newsletter.issue("one");
    newsletter.write("outbox", "a file where the folder should be");
    newsletter.expect(7, &["send", &issue]);
    std::fs::remove_file(newsletter.path("outbox")).unwrap();
    std::fs::remove_file(newsletter.path(&issue)).unwrap();
    let run = newsletter.expect(0, &["send", &issue]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    warning: cannot read issues/one.md: No such file or directory (os error NUMBER)
    warning: the file of test-weekly/one cannot be used any more; readers get what was frozen on TIME UTC
    test-weekly/one was begun on TIME UTC: 0 of 2 got it; resuming
    test-weekly/one: 2 of 2 got it
    ");
    assert_eq!(recipients(&newsletter), TWO);
}

#[test]
fn a_title_that_looks_encoded_or_never_ends_is_read_as_it_was_written() {
    let newsletter = Newsletter::outbox().subscribed(["reader@example.org"]);
    let long = "x".repeat(1500);
    let mut titles = ["A =?utf-8?q?x?= fake", &long];
    for (name, title) in ["one", "two"].iter().zip(titles) {
        let issue = newsletter.issue_of(name, &format!("title: '{title}'\n"), name);
        newsletter.expect(0, &["send", &issue]);
    }
    let files = std::fs::read_dir(newsletter.path("outbox/new")).unwrap();
    let mails = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let mut subjects: Vec<String> = mails
        .inspect(|mail| assert!(mail.lines().all(|line| line.len() <= 998), "{mail}"))
        .map(|mail| {
            let read = mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap();
            read.subject().unwrap().to_owned()
        })
        .collect();
    subjects.sort();
    titles.sort_unstable();
    assert_eq!(subjects, titles);
}

#[test]
fn a_dry_run_counts_everybody_and_sends_nothing() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    newsletter.write(
        "more.csv",
        "email,status\nleft@example.org,unsubscribed\nnot-yet@example.net,unconfirmed\n\
         gone@example.com,subscribed\n",
    );
    newsletter.expect(0, &["subscribers", "import", "more.csv"]);
    newsletter.expect(0, &["subscribers", "suppress", "gone@example.com"]);
    let issue = newsletter.issue("one");
    let plan = newsletter.json(0, &["send", &issue, "--dry-run"]);
    assert_eq!(plan["included"], 2, "{plan}");
    assert_eq!(plan["to_send"], 2, "{plan}");
    let excluded = plan["excluded"].as_object().unwrap();
    assert_eq!(excluded.values().map(|n| n.as_u64().unwrap()).collect::<Vec<_>>(), [1, 1, 1]);
    let stats = newsletter.json(0, &["subscribers", "stats"]);
    assert_eq!(stats["total"], 5, "{stats}");
    let domains = plan["domains"].as_array().unwrap();
    assert_eq!(domains.iter().map(|pair| pair[1].as_u64().unwrap()).sum::<u64>(), 2, "{plan}");
    assert_eq!(newsletter.outbox_mail().len(), 0);
    let told = newsletter.expect(0, &["send", &issue, "--dry-run"]);
    insta::assert_snapshot!(told.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via outbox
      2 recipients, 2 to be sent now
      1 excluded: unsubscribed
      1 excluded: not confirmed
      1 excluded: suppressed
             2 at example.org
      takes about a second
    this was a dry run: nothing was sent
    ");
    newsletter.expect(0, &["send", &issue]);
    assert_eq!(recipients(&newsletter), TWO);
}

#[test]
fn an_issue_under_another_slug_is_recognised_and_wants_as_new() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    newsletter.expect(0, &["send", &newsletter.issue_of("one", "title: One\nnumber: 7\n", BODY)]);
    let renamed = newsletter.issue_of("renamed", "title: One\nnumber: 7\n", BODY);
    let numbered = newsletter.issue_of("other", "title: Other\nnumber: 7\n", "Other text.\n");
    let mut shown = String::new();
    for issue in [&renamed, &numbered] {
        let refused = newsletter.expect(11, &["send", issue]);
        shown += &refused.plain_stderr();
        newsletter.expect(11, &["send", issue, "--dry-run"]);
    }
    insta::assert_snapshot!(shown, @r"
    error: test-weekly/renamed was not sent: an issue of the same number, text or digest was sent as test-weekly/one
    hint: If the file was renamed, set `slug` in its front matter to the old one.
    hint: If it really is another issue, use `--as-new`.
    error: test-weekly/other was not sent: an issue of the same number, text or digest was sent as test-weekly/one
    hint: If the file was renamed, set `slug` in its front matter to the old one.
    hint: If it really is another issue, use `--as-new`.
    ");
    assert_eq!(newsletter.outbox_mail().len(), 2);
    newsletter.expect(0, &["send", &numbered, "--as-new"]);
    assert_eq!(newsletter.outbox_mail().len(), 4);
}

#[test]
fn the_second_of_two_issues_of_one_slug_is_refused_and_not_taken_for_sent() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    newsletter.expect(0, &["send", &newsletter.issue_of("one", "title: One\nslug: same\n", BODY)]);
    let second = newsletter.issue_of("two", "title: Two\nslug: same\n", "Another text.\n");
    let mut shown = String::new();
    for arguments in [vec!["send", &second], vec!["send", &second, "--dry-run"]] {
        let refused = newsletter.expect(11, &arguments);
        shown += &refused.plain_stderr();
    }
    insta::assert_snapshot!(shown, @r"
    error: issues/two.md was not sent: its slug is `same`, and issues/one.md was frozen under that slug
    hint: Give issues/two.md a `slug` of its own in its front matter.
    error: issues/two.md was not sent: its slug is `same`, and issues/one.md was frozen under that slug
    hint: Give issues/two.md a `slug` of its own in its front matter.
    ");
    assert_eq!(newsletter.outbox_mail().len(), 2);
    // A file that was renamed is the same issue.
    std::fs::remove_file(newsletter.path("issues/one.md")).unwrap();
    newsletter.expect(0, &["send", &second]);
    assert_eq!(newsletter.outbox_mail().len(), 2);
}

#[test]
fn an_error_of_a_check_refuses_and_an_allowed_rule_is_recorded() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    let issue = newsletter.issue_of("one", "title: One\n", "See [this](LINK_HERE).\n");
    let refused = newsletter.expect(4, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    issues/one.md:5:5: error[placeholder-link]: `LINK_HERE` is a placeholder, not a target
      5 | See [this](LINK_HERE).
        |     ^^^^^^^^^^^^^^^^^
        = Write the target, or remove the link.
    error: test-weekly/one was not sent: the checks found an error
    hint: Fix the issue, or use `--allow RULE` for a rule that is wrong here.
    ");
    newsletter.expect(2, &["send", &issue, "--allow", "no-such-rule"]);
    assert_eq!(newsletter.outbox_mail().len(), 0);
    newsletter.expect(0, &["send", &issue, "--allow", "placeholder-link"]);
    assert_eq!(newsletter.outbox_mail().len(), 2);
    assert_eq!(newsletter.status(&issue)["allowed"], serde_json::json!(["placeholder-link"]));
}

#[test]
fn a_campaign_for_nobody_is_refused() {
    let newsletter = Newsletter::outbox();
    let issue = newsletter.issue("one");
    let refused = newsletter.expect(11, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot freeze test-weekly/one: it has no recipient: the list is empty
    hint: Import subscribers, or look at `postrider subscribers stats`.
    ");
    newsletter.write("left.csv", "email,status\nleft@example.org,unsubscribed\n");
    newsletter.expect(0, &["subscribers", "import", "left.csv"]);
    let refused = newsletter.expect(11, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot freeze test-weekly/one: it has no recipient: 1 unsubscribed
    hint: Import subscribers, or look at `postrider subscribers stats`.
    ");
    assert_eq!(newsletter.json(0, &["status"])["campaigns"], serde_json::json!([]));
}

#[test]
fn a_name_or_a_subject_adds_no_header() {
    let newsletter = Newsletter::outbox();
    newsletter.write(
        "list.csv",
        "email,first_name\nreader@example.org,\"A\r\nBcc: victim@example.org\"\n",
    );
    newsletter.expect(0, &["subscribers", "import", "list.csv"]);
    let issue = newsletter.issue_of("one", "title: \"Hello\\r\\nBcc: victim@example.org\"\n", BODY);
    let run = newsletter.run(&["send", &issue]);
    for mail in newsletter.outbox_mail() {
        assert_eq!(mail.maybe_header("Bcc"), None, "{run}");
    }
}

#[test]
fn a_draft_is_shown_and_never_sent() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    let issue = newsletter.issue_of("one", "title: One\ndraft: true\n", BODY);
    newsletter.expect(0, &["preview", &issue, "--out", "shown"]);
    let refused = newsletter.expect(11, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: test-weekly/one was not sent: its front matter says `draft: true`
    hint: Remove that line when the issue is ready.
    ");
    newsletter.expect(11, &["send", &issue, "--dry-run"]);
    assert_eq!(recipients(&newsletter), Vec::<String>::new());
    newsletter.edit(&issue, "draft: true", "draft: false");
    newsletter.expect(0, &["send", &issue]);
    assert_eq!(recipients(&newsletter), TWO);
}

#[test]
fn a_mail_that_would_tell_on_its_readers_is_refused() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    newsletter.copy_theme();
    let footer = "email-templates/weekly/partials/footer.mjml.hbs";
    let text = std::fs::read_to_string(newsletter.path(footer)).unwrap();
    let pixel = "<img src=\"https://t.example.org/p.gif\" width=\"1\" height=\"1\" alt=\"\" />";
    newsletter.write(footer, format!("{text}<p>{pixel}</p>"));
    let issue = newsletter.issue("one");
    let refused = newsletter.expect(4, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    issues/one.md: error[pixel]: the image `https://t.example.org/p.gif` is too small to be seen
       = Remove it: it would only report to its server who reads the mail, and when.
    error: test-weekly/one was not sent: the checks found an error
    hint: Fix the issue, or use `--allow RULE` for a rule that is wrong here.
    ");
    assert_eq!(recipients(&newsletter), Vec::<String>::new());
}

#[test]
fn an_issue_is_found_in_the_newsletter_s_folder_from_anywhere() {
    let newsletter = Newsletter::outbox().subscribed(TWO);
    let issue = newsletter.issue("one");
    let root = newsletter.root().to_str().unwrap().to_owned();
    let elsewhere = Newsletter::empty();
    elsewhere.expect(0, &["--root", &root, "check", &issue]);
    elsewhere.expect(0, &["--root", &root, "check", "issues"]);
    elsewhere.expect(0, &["--root", &root, "send", &issue]);
    assert_eq!(recipients(&newsletter), TWO);
}
