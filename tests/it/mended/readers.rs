//! The list is changed by hand, and its history shows it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::newsletter::Newsletter;
use crate::support::smtp_server::{ServerOptions, SmtpServer};

/// Runs `subscribers` with these lines on standard input.
fn with_input(newsletter: &Newsletter, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postrider"));
    command.arg("subscribers").args(arguments).current_dir(newsletter.root()).env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn history(newsletter: &Newsletter, who: &str) -> Vec<Value> {
    let shown = newsletter.json(0, &["subscribers", "show", who]);
    shown["history"].as_array().unwrap().clone()
}

#[test]
fn a_reader_who_was_refused_wrongly_comes_back_and_gets_the_issue() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter =
        Newsletter::smtp(&server).subscribed(["reader-one@example.org", "permfail@example.org"]);
    let issue = newsletter.issue("one");
    newsletter.expect(9, &["send", &issue, "--yes"]);
    let lifted = newsletter.expect(0, &["subscribers", "unsuppress", "permfail@example.org"]);
    insta::assert_snapshot!(lifted.plain_stderr(), @r"
    not suppressed any more; it was since TIME UTC: refused as no mailbox, in test-weekly/one
    hint: A server had said that there is no such mailbox. If the next issue is refused in the same way, the email address is suppressed again.
    ");
    let again = newsletter.json(0, &["subscribers", "unsuppress", "permfail@example.org"]);
    assert_eq!((&again["result"], &again["suppressed"]), (&json!("not-suppressed"), &Value::Null));
    // Their address was misspelt: the right one gets the issue, under the same number.
    let edited = newsletter.json(
        0,
        &["subscribers", "edit", "permfail@example.org", "--new-address", "right@example.org"],
    );
    assert_eq!((&edited["result"], &edited["changed"]), (&json!("changed"), &json!(["address"])));
    newsletter.expect(0, &["send", &issue, "--yes", "--retry", "rejected"]);
    assert_eq!(server.mailed()["right@example.org"], 1);
    let history = history(&newsletter, "right@example.org");
    let what: Vec<_> = history.iter().map(|event| event["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["added", "suppressed", "unsuppressed", "address-changed"]);
    assert_eq!(history[0]["by"], "import of list.csv");
    assert_eq!(history[1]["by"], "refused as no mailbox, in test-weekly/one");
    assert_eq!(history[3]["detail"], "was permfail@example.org");
    let shown = newsletter.expect(0, &["subscribers", "show", "permfail@example.org"]);
    assert!(shown.stdout.contains("status      not on the list"), "{shown}");
    assert!(shown.stdout.contains("address-given-up (is right@example.org now): by hand"));
}

#[test]
fn an_unsubscribe_by_hand_is_as_final_as_a_link() {
    let newsletter =
        Newsletter::outbox().subscribed(["reader-one@example.org", "reader-two@example.org"]);
    let done = newsletter.json(0, &["subscribers", "unsubscribe", "reader-one@example.org"]);
    assert_eq!(
        (&done["result"], &done["status"]),
        (&json!("unsubscribed"), &json!("unsubscribed"))
    );
    newsletter.expect(0, &["subscribers", "unsubscribe", "reader-one@example.org"]);
    newsletter.expect(0, &["subscribers", "import", "list.csv"]);
    newsletter.expect(0, &["subscribers", "add", "reader-one@example.org"]);
    newsletter.expect(0, &["send", &newsletter.issue("one")]);
    let to: Vec<_> = newsletter.outbox_mail().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["reader-two@example.org"]);
    let last = history(&newsletter, "reader-one@example.org").pop().unwrap();
    assert_eq!(
        (&last["what"], &last["by"]),
        (&json!("unsubscribed"), &json!("unsubscribed by hand"))
    );
    // A typing error is told, and the others are done.
    let input = "nobody@example.org\nreader-two@example.org\n";
    let output = with_input(&newsletter, &["unsubscribe", "-"], input);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("not on the list, so nobody was unsubscribed"), "{stderr}");
    assert!(!stderr.contains("example.org"), "{stderr}");
    assert_eq!(history(&newsletter, "reader-two@example.org").len(), 2);
}

#[test]
fn edits_come_from_standard_input_so_that_no_process_list_shows_an_address() {
    let newsletter =
        Newsletter::outbox().subscribed(["reader-one@example.org", "reader-two@example.org"]);
    let pairs =
        "reader-one@example.org first@example.org\nreader-two@example.org, second@example.org\n";
    let output = with_input(&newsletter, &["edit", "-", "--new-address", "-"], pairs);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let both = "first@example.org\nsecond@example.org\n";
    let output = with_input(&newsletter, &["edit", "-", "--field", "city=Ghent"], both);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for who in ["first@example.org", "second@example.org"] {
        let shown = newsletter.json(0, &["subscribers", "show", who]);
        assert_eq!(shown["fields"]["city"], "Ghent", "{shown}");
    }
    // All lines or none: the second one is wrong.
    let wrong = "first@example.org third@example.org\nsecond@example.org\n";
    let output = with_input(&newsletter, &["edit", "-", "--new-address", "-"], wrong);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(newsletter.json(0, &["subscribers", "show", "third@example.org"])["on_list"], false);
    let one = "third@example.org\n";
    let output = with_input(&newsletter, &["edit", "first@example.org", "--new-address", "-"], one);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    newsletter.expect(2, &["subscribers", "edit", "third@example.org"]);
    newsletter.expect(2, &["subscribers", "edit", "third@example.org", "--field", "no-value"]);
    newsletter.expect(
        2,
        &["subscribers", "edit", "third@example.org", "--new-address", "second@example.org"],
    );
}

#[test]
fn a_new_address_of_a_reader_who_wanted_no_mail_is_a_warning() {
    let newsletter = Newsletter::outbox().subscribed(["first@example.org", "second@example.org"]);
    newsletter.expect(0, &["subscribers", "suppress", "first@example.org"]);
    let edit =
        |from, to| newsletter.expect(0, &["subscribers", "edit", from, "--new-address", to]).stderr;
    let warned = edit("first@example.org", "third@example.org");
    assert!(warned.contains("the old email address is suppressed (manual)"), "{warned}");
    let quiet = edit("second@example.org", "fourth@example.org");
    assert!(!quiet.contains("suppressed"), "{quiet}");
}
