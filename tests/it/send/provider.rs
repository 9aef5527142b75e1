//! The program gives a whole campaign to a provider.

use crate::support::fake_mailchimp::{FakeMailchimp, Fault};
use crate::support::newsletter::Newsletter;
use crate::support::smtp_server::{ServerOptions, SmtpServer};

/// The fake lives on a runtime of its own, so that the test may wait for the program.
struct Provider {
    fake: FakeMailchimp,
    _runtime: tokio::runtime::Runtime,
}

fn provider() -> Provider {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let fake = runtime.block_on(FakeMailchimp::start());
    Provider { fake, _runtime: runtime }
}

fn newsletter(provider: &Provider) -> Newsletter {
    let newsletter = Newsletter::mailchimp(provider.fake.address);
    newsletter.expect(0, &["subscribers", "add", "editor@example.org"]);
    newsletter
}

#[test]
fn a_campaign_is_pushed_and_sent_once() {
    let provider = provider();
    let newsletter = newsletter(&provider);
    let issue = newsletter.issue("one");
    let refused = newsletter.expect(2, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via mailchimp
      the provider keeps the list of subscribers
    error: nothing was sent: there is no terminal to ask at
    hint: Use `--yes` to send without a question.
    ");
    assert_eq!(provider.fake.campaigns(), 0);
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(provider.fake.sends(), 1);
    let again = newsletter.expect(0, &["send", &issue, "--yes"]);
    insta::assert_snapshot!(again.plain_stderr(), @"test-weekly/one was sent: finished TIME UTC; nothing was sent now");
    assert_eq!(provider.fake.sends(), 1);
    let state = provider.fake.state();
    assert!(state.campaigns[0].html.contains("*|UNSUB|*"), "the provider's own way to leave");
    assert!(state.campaigns[0].text.contains("*|UNSUB|*"));
}

#[test]
fn every_route_and_every_command_reports_in_one_json_shape() {
    let provider = provider();
    let server = SmtpServer::start(ServerOptions::default());
    let reader = ["reader-one@example.org"];
    let newsletters = [
        newsletter(&provider).set("proof.required", "false"),
        Newsletter::smtp(&server).subscribed(reader),
        Newsletter::outbox().subscribed(reader),
    ];
    for newsletter in newsletters {
        let issue = newsletter.issue("one");
        let proof = newsletter.json(0, &["proof", &issue, "--to", "editor-one@example.org"]);
        let first = newsletter.json(0, &["send", &issue, "--yes"]);
        let again = newsletter.json(0, &["send", &issue, "--yes"]);
        let endings = [&proof, &first, &again].map(|report| report["ending"].as_str().unwrap());
        assert_eq!((endings[0], endings[2]), ("proofed", "already-sent"));
        for report in [proof, first, again] {
            let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
            assert_eq!(
                keys,
                [
                    "attempt",
                    "audience",
                    "campaign",
                    "digest",
                    "editors",
                    "ending",
                    "exit_code",
                    "sent_now",
                    "standing",
                    "tally",
                    "via"
                ]
            );
        }
    }
}

#[test]
fn a_proof_makes_a_draft_and_the_send_uses_it() {
    let provider = provider();
    let newsletter = newsletter(&provider).set("proof.required", "true");
    let issue = newsletter.issue("one");
    newsletter.expect(5, &["send", &issue, "--yes"]);
    newsletter.expect(0, &["proof", &issue]);
    assert_eq!((provider.fake.campaigns(), provider.fake.sends()), (1, 0));
    assert!(!provider.fake.state().tests.is_empty());
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!((provider.fake.campaigns(), provider.fake.sends()), (1, 1));
}

#[test]
fn a_send_without_an_answer_is_unknown_and_never_repeated() {
    let provider = provider();
    let newsletter = newsletter(&provider);
    let issue = newsletter.issue("one");
    provider.fake.fail_next("POST …/actions/send", Fault::CutAfter);
    let first = newsletter.run(&["send", &issue, "--yes"]);
    let second = newsletter.run(&["send", &issue, "--yes"]);
    assert_eq!(provider.fake.sends(), 1, "{first}\n{second}");
    assert_eq!(second.code, 0, "asked again, the provider knows: {second}");
}

#[test]
fn a_wrong_key_is_told_without_being_shown() {
    let provider = provider();
    let newsletter =
        newsletter(&provider).secret("POSTRIDER_MAILCHIMP_API_KEY", "canary9999999-us6");
    let run = newsletter.expect(7, &["send", &newsletter.issue("one"), "--yes"]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via mailchimp
      the provider keeps the list of subscribers
    error: the campaign was not sent
      because Mailchimp: looking for the campaign (GET /campaigns): refused: 401 API Key Invalid: Your API key may be invalid. (instance 00000000-0000-0000-0000-000000000000)
    ");
    let missing = Newsletter::outbox()
        .set("delivery.via", "\"mailchimp\"")
        .set("mailchimp.audience", "\"a1b2c3d4e5\"");
    missing.expect(0, &["subscribers", "add", "editor@example.org"]);
    let run = missing.expect(2, &["send", &missing.issue("one"), "--yes"]);
    insta::assert_snapshot!(run.plain_stderr(), @"error: the Mailchimp API key is not set: give a systemd credential `mailchimp_api_key`, name a file in POSTRIDER_MAILCHIMP_API_KEY_FILE, or set POSTRIDER_MAILCHIMP_API_KEY");
}

#[test]
fn a_provider_is_not_asked_to_send_what_was_called_off_and_takes_nothing_back() {
    let provider = provider();
    let newsletter = newsletter(&provider);
    let issue = newsletter.issue("one");
    newsletter.expect(0, &["cancel", &issue]);
    newsletter.expect(11, &["send", &issue, "--yes"]);
    assert_eq!(provider.fake.sends(), 0);
    newsletter.expect(0, &["cancel", &issue, "--undo"]);
    newsletter.expect(0, &["send", &issue, "--yes"]);
    let late = newsletter.expect(0, &["cancel", &issue]);
    insta::assert_snapshot!(late.plain_stderr(), @"warning: test-weekly/one was sent before, and cannot be taken back");
    assert_eq!(newsletter.json(0, &["cancel", &issue])["state"], "too-late");
    assert_eq!(provider.fake.sends(), 1);
}
