//! A campaign is pushed to Mailchimp at most once, or is reported as in doubt.

mod world;

use postrider::campaign::FixedHeaders;
use postrider::delivery::InDoubt;
use postrider::delivery::provider::{PreflightLevel, ProviderError, RemoteId, RemoteState};
use postrider::delivery::push::{
    PastSend, Prepared, Proofed, Push, PushError, PushRecord, Pushed, SendIntent,
};
use postrider::domain::{EmailAddress, HeaderText, Mailbox, Timestamp};
use postrider::provider::mailchimp::ApiKey;
use postrider::render::{Piece, Slot, Template};

use crate::support::fake_mailchimp::{FakeMailchimp, Fault, KEY};
use world::{Broken, Log, PATIENCE, World, editors, frozen, headers, issue, mailchimp, rendered};

const TITLE: &str = "postrider:weekly/2026-08-12";
const CREATE: &str = "POST /3.0/campaigns";
const LIST_CALL: &str = "GET /3.0/campaigns";
const SEND: &str = "POST …/actions/send";
const TEST: &str = "POST …/actions/test";

#[tokio::test]
async fn an_issue_is_sent_once_and_a_second_run_makes_no_call() {
    let world = World::new().await;
    let ready = world.ready(&issue()).await;
    assert_eq!(ready.checklist.last().unwrap().level, PreflightLevel::Warning);
    assert_eq!(world.fake.count(SEND), 0, "to prepare is not to send");

    let pushed = world.push().send(ready).await.unwrap();
    assert!(matches!(pushed, Pushed::Sent { state: Some(RemoteState::Sending), .. }), "{pushed:?}");
    {
        let state = world.fake.state();
        assert_eq!((state.sends.len(), state.campaigns.len()), (1, 1));
        let campaign = &state.campaigns[0];
        assert_eq!(campaign.settings["title"], TITLE);
        assert_eq!(campaign.settings["subject_line"], "Issue 612: one borrow");
        assert_eq!(campaign.settings["reply_to"], "news@example.org");
        assert!(campaign.html.contains("<a href=\"*|UNSUB|*\">"), "{}", campaign.html);
        assert!(campaign.html.contains("*|HTML:LIST_ADDRESS_HTML|*"), "{}", campaign.html);
        assert!(campaign.text.contains("*|LIST:ADDRESS|*"), "{}", campaign.text);
        assert!(campaign.text.starts_with("Hello *|IF:FNAME|*"), "{}", campaign.text);
    }

    let calls = world.fake.state().calls.len();
    let again = world.prepare(&issue()).await.unwrap();
    let Prepared::Settled(Pushed::AlreadySent { digest, .. }) = again else { panic!("{again:?}") };
    assert_eq!(digest, Some(issue().digest()));
    assert_eq!(world.fake.state().calls.len(), calls);
}

#[tokio::test]
async fn its_own_draft_is_found_among_two_thousand_and_among_similar_titles() {
    let world = World::new().await;
    for number in 0..2100 {
        world.fake.plant(&format!("postrider:weekly/other-{number}"), "sent");
    }
    for similar in ["weekly/2026-08-12", "POSTRIDER:weekly/2026-08-12"] {
        world.fake.plant(similar, "save");
    }
    world.fake.plant(&format!("{TITLE}-2"), "save");
    world.fake.plant(&format!("Copy of {TITLE}"), "save");
    let own = world.fake.plant(TITLE, "save");
    world.fake.plant(&format!("{TITLE} "), "save");

    let ready = world.ready(&issue()).await;
    assert_eq!(ready.remote.id.as_str(), own);
    assert_eq!((world.fake.count(CREATE), world.fake.count(LIST_CALL)), (0, 3));
    let state = world.fake.state();
    let touched = state.campaigns.iter().filter(|campaign| !campaign.html.is_empty());
    assert_eq!(touched.map(|campaign| campaign.id.as_str()).collect::<Vec<_>>(), [own.as_str()]);
}

#[tokio::test]
async fn two_campaigns_of_one_title_are_shown_and_neither_is_touched() {
    let world = World::new().await;
    let ids = [world.fake.plant(TITLE, "save"), world.fake.plant(TITLE, "sent")];
    let error = world.prepare(&issue()).await.unwrap_err();
    for id in &ids {
        assert!(error.to_string().contains(id.as_str()), "{error}");
    }
    assert!(error.to_string().contains("delete or rename"), "{error}");
    assert!(world.only_read());
}

#[tokio::test]
async fn a_campaign_that_is_no_draft_is_never_changed() {
    for (status, is_sent) in
        [("sent", true), ("sending", true), ("schedule", false), ("paused", false)]
    {
        let world = World::new().await;
        world.fake.plant(TITLE, status);
        let prepared = world.prepare(&issue()).await.unwrap();
        match (&prepared, is_sent) {
            (Prepared::Settled(Pushed::AlreadySent { digest: None, .. }), true) => {}
            (Prepared::Settled(Pushed::LeftAlone { .. }), false) => {}
            _ => panic!("{status}: {prepared:?}"),
        }
        let proofed = world.push().proof(&issue(), &editors()).await.unwrap();
        assert!(matches!(proofed, Proofed::LeftAlone { .. }), "{status}: {proofed:?}");
        assert!(world.only_read(), "{status}");
    }
}

#[tokio::test]
async fn a_send_whose_answer_is_lost_is_found_out_and_not_repeated() {
    for fault in [Fault::CutAfter, Fault::BrokenAfter, Fault::Redirect] {
        let world = World::new().await;
        let ready = world.ready(&issue()).await;
        world.fake.fail_next(SEND, fault);
        let pushed = world.push().send(ready).await.unwrap();
        assert!(matches!(pushed, Pushed::Sent { .. }), "{fault:?}: {pushed:?}");
        assert_eq!((world.fake.sends(), world.fake.count(SEND)), (1, 1), "{fault:?}");
        assert!(matches!(world.record.past().await, Ok(PastSend::Sent(_))), "{fault:?}");
    }
}

#[tokio::test]
async fn a_send_that_may_not_have_arrived_stays_unknown_until_somebody_decides() {
    let world = World::new().await;
    let ready = world.ready(&issue()).await;
    world.fake.fail_next(SEND, Fault::CutBefore);
    let pushed = world.push().send(ready).await.unwrap();
    let unknown =
        |pushed: &Pushed| matches!(pushed, Pushed::Unknown { seen: Ok(RemoteState::Draft), .. });
    assert!(unknown(&pushed), "{pushed:?}");
    assert_eq!((world.fake.sends(), world.fake.count(SEND)), (0, 1));

    let again = world.prepare(&issue()).await.unwrap();
    assert!(matches!(&again, Prepared::Settled(pushed) if unknown(pushed)), "{again:?}");
    assert!(matches!(
        world.push().proof(&issue(), &editors()).await,
        Err(PushError::InDoubt { .. })
    ));
    assert_eq!((world.fake.sends(), world.fake.count(SEND)), (0, 1));

    let decided = world.push().prepare(&issue(), InDoubt::Resend).await.unwrap();
    let Prepared::Ready(ready) = decided else { panic!("{decided:?}") };
    let pushed = world.push().send(ready).await.unwrap();
    assert!(matches!(pushed, Pushed::Sent { .. }), "{pushed:?}");
    assert_eq!((world.fake.sends(), world.fake.campaigns()), (1, 1));
}

#[tokio::test]
async fn a_send_after_which_nothing_answers_is_settled_by_the_next_run() {
    let world = World::new().await;
    let ready = world.ready(&issue()).await;
    world.fake.fail_next(SEND, Fault::DeadAfter);
    let pushed = world.push().send(ready).await.unwrap();
    let cannot_tell = |pushed: &Pushed| {
        matches!(pushed, Pushed::Unknown { seen: Err(ProviderError::Unreachable { .. }), .. })
    };
    assert!(cannot_tell(&pushed), "{pushed:?}");

    // Even with `SendAgain` there is no second send while the state is not known.
    let again = world.push().prepare(&issue(), InDoubt::Resend).await.unwrap();
    assert!(matches!(&again, Prepared::Settled(pushed) if cannot_tell(pushed)), "{again:?}");

    world.fake.state().is_dead = false;
    let again = world.push().prepare(&issue(), InDoubt::Resend).await.unwrap();
    assert!(matches!(again, Prepared::Settled(Pushed::Sent { .. })), "{again:?}");
    assert_eq!((world.fake.sends(), world.fake.count(SEND)), (1, 1));
}

#[tokio::test]
async fn too_many_calls_are_waited_for_even_on_a_send_because_nothing_was_done() {
    for fault in [Fault::TooMany, Fault::BareForbidden] {
        let world = World::new().await;
        for call in [LIST_CALL, CREATE, "PUT …/content", "GET …/content", "GET …/send-checklist"]
        {
            world.fake.fail_next(call, fault);
        }
        let ready = world.ready(&issue()).await;
        world.fake.fail_next(SEND, fault);
        let pushed = world.push().send(ready).await.unwrap();
        assert!(matches!(pushed, Pushed::Sent { .. }), "{fault:?}: {pushed:?}");
        assert_eq!((world.fake.sends(), world.fake.count(SEND)), (1, 2), "{fault:?}");
        assert_eq!(world.fake.unmet_faults(), 0);
    }
}

#[tokio::test]
async fn a_send_refused_for_good_is_not_sent_and_may_be_tried_by_the_next_run() {
    let world = World::new().await;
    let ready = world.ready(&issue()).await;
    for _ in 0..PATIENCE.tries {
        world.fake.fail_next(SEND, Fault::TooMany);
    }
    let error = world.push().send(ready).await.unwrap_err();
    assert!(matches!(error, PushError::Provider(ProviderError::Unreachable { .. })), "{error:?}");
    let ready = world.ready(&issue()).await;
    world.fake.state().list_is_empty = true;
    let error = world.push().send(ready).await.unwrap_err();
    assert!(error.to_string().contains("not ready to send"), "{error}");
    assert_eq!(world.fake.sends(), 0);
    assert!(matches!(world.record.past().await, Ok(PastSend::Never)));

    world.fake.state().list_is_empty = false;
    let ready = world.ready(&issue()).await;
    world.push().send(ready).await.unwrap();
    assert_eq!(world.fake.sends(), 1);
}

#[tokio::test]
async fn a_creation_is_looked_for_before_it_is_repeated() {
    for (fault, creations) in
        [(Fault::CutAfter, 1), (Fault::BrokenAfter, 1), (Fault::Huge, 1), (Fault::CutBefore, 2)]
    {
        let world = World::new().await;
        world.fake.fail_next(CREATE, fault);
        world.ready(&issue()).await;
        assert_eq!(world.fake.campaigns(), 1, "{fault:?}");
        assert_eq!(world.fake.count(CREATE), creations, "{fault:?}");
    }
}

#[tokio::test]
async fn what_stands_there_must_be_what_was_put_there() {
    let world = World::new().await;
    world.fake.state().rewrite_html = Some(|html| html.replace("<p>", "<p class=\"x\">"));
    let error = world.prepare(&issue()).await.unwrap_err();
    assert!(error.to_string().contains("the html part differs from byte"), "{error}");
    let PushError::Differs { difference, .. } = error else { panic!("{error:?}") };
    let words = "the html part differs from byte 2: uploaded \"<p>One";
    assert!(difference.starts_with(words), "{difference}");
    assert!(difference.contains("found \"<p class"), "{difference}");

    // A text with other line ends is the same text.
    world.fake.state().rewrite_html = Some(|html| html.replace('\n', "\r\n"));
    world.ready(&issue()).await;
    assert_eq!(world.fake.count(SEND), 0);
}

#[tokio::test]
async fn a_draft_that_somebody_changed_after_it_was_approved_is_not_sent() {
    type Change = fn(&FakeMailchimp);
    let changes: [(&str, Change); 5] = [
        ("its text", |fake| fake.state().campaigns[0].text.push_str("one more word")),
        ("its subject", |fake| {
            fake.state().campaigns[0].settings["subject_line"] = "Another".into();
        }),
        ("its readers", |fake| {
            fake.state().campaigns[0].recipients["segment_opts"] =
                serde_json::json!({ "saved_segment_id": 7 });
        }),
        ("its number", |fake| drop(fake.plant(TITLE, "save"))),
        ("its title", |fake| fake.state().campaigns[0].settings["title"] = "Mine now".into()),
    ];
    for (what, change) in changes {
        let world = World::new().await;
        let ready = world.ready(&issue()).await;
        change(&world.fake);
        let error = world.push().send(ready).await.expect_err(what);
        assert_eq!(world.fake.count(SEND), 0, "{what}: {error}");
        assert!(matches!(world.record.past().await, Ok(PastSend::Never)), "{what}");
    }
}

#[tokio::test]
async fn an_error_on_the_checklist_stops_and_shows_all_of_it() {
    let world = World::new().await;
    world.fake.state().list_is_empty = true;
    let error = world.prepare(&issue()).await.unwrap_err();
    let PushError::NotReady { checklist, .. } = &error else { panic!("{error:?}") };
    assert_eq!(checklist.len(), 4);
    assert!(error.to_string().contains("List: the list has recipients"), "{error}");
    assert_eq!(world.fake.count(SEND), 0);
}

#[tokio::test]
async fn a_proof_goes_to_the_editors_in_both_forms_and_to_nobody_else() {
    let world = World::new().await;
    let proofed = world.push().proof(&issue(), &editors()).await.unwrap();
    assert!(matches!(proofed, Proofed::Tested { .. }), "{proofed:?}");
    let to = vec!["editor@example.org".to_owned()];
    {
        let state = world.fake.state();
        assert_eq!(state.tests, [("html".to_owned(), to.clone()), ("plaintext".to_owned(), to)]);
        assert_eq!((state.sends.len(), state.campaigns.len()), (0, 1));
    }
    // The draft that was proofed is the one that is sent.
    let ready = world.ready(&issue()).await;
    world.push().send(ready).await.unwrap();
    assert_eq!((world.fake.sends(), world.fake.campaigns()), (1, 1));
}

#[tokio::test]
async fn a_test_that_may_have_gone_out_is_not_repeated() {
    for fault in [Fault::CutAfter, Fault::CutBefore, Fault::BrokenAfter] {
        let world = World::new().await;
        world.fake.fail_next(TEST, fault);
        let error = world.push().proof(&issue(), &editors()).await.unwrap_err();
        assert!(
            matches!(error, PushError::Provider(ProviderError::Unclear { .. })),
            "{fault:?}: {error:?}"
        );
        assert_eq!(world.fake.count(TEST), 1, "{fault:?}");
        assert!(world.fake.state().tests.len() <= 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_run_that_died_around_its_send_never_sends_again_by_itself() {
    for (status, is_sent) in
        [("sending", true), ("sent", true), ("save", false), ("canceled", false)]
    {
        let world = World::new().await;
        let remote = RemoteId::parse(&world.fake.plant(TITLE, status)).unwrap();
        let intent = SendIntent { remote, digest: issue().digest(), at: Timestamp::UNIX_EPOCH };
        world.record.intend(&intent).await.unwrap();
        let prepared = world.prepare(&issue()).await.unwrap();
        match (&prepared, is_sent) {
            (Prepared::Settled(Pushed::Sent { .. }), true) => {}
            (Prepared::Settled(Pushed::Unknown { .. }), false) => {}
            _ => panic!("{status}: {prepared:?}"),
        }
        assert!(world.only_read(), "{status}");
    }
}

#[tokio::test]
async fn without_a_record_on_the_disk_nothing_is_sent() {
    let world = World::new().await;
    let ready = world.ready(&issue()).await;
    world.record.break_it(Broken::Intend);
    let error = world.push().send(ready).await.unwrap_err();
    assert!(matches!(error, PushError::Record(_)), "{error:?}");
    assert_eq!(world.fake.count(SEND), 0);

    world.record.break_it(Broken::Settle);
    let ready = world.ready(&issue()).await;
    let error = world.push().send(ready).await.unwrap_err();
    assert!(
        matches!(error, PushError::Unrecorded { pushed: Pushed::Sent { .. }, .. }),
        "{error:?}"
    );
    world.record.break_it(Broken::Nothing);
    let again = world.prepare(&issue()).await.unwrap();
    assert!(matches!(again, Prepared::Settled(Pushed::Sent { .. })), "{again:?}");
    assert_eq!((world.fake.sends(), world.fake.count(SEND)), (1, 1));
}

#[tokio::test]
async fn what_mailchimp_cannot_carry_is_refused_before_the_first_call() {
    let world = World::new().await;
    let rendered = rendered();
    let without = |template: &Template, unwanted: fn(&Slot) -> bool| Template {
        pieces: template
            .pieces
            .iter()
            .filter(|piece| !matches!(piece, Piece::Hole { slot, .. } if unwanted(slot)))
            .cloned()
            .collect(),
    };
    let is_unsubscribe: fn(&Slot) -> bool = |slot| matches!(slot, Slot::UnsubscribeUrl);
    let mut no_way_out = rendered.clone();
    no_way_out.text = without(&no_way_out.text, is_unsubscribe);
    let mut no_address = rendered.clone();
    no_address.html = without(&no_address.html, |slot| matches!(slot, Slot::PostalAddress { .. }));
    let mut tag_in_code = rendered.clone();
    tag_in_code.text.pieces.push(Piece::Literal("\nlet all = *|MC_LIST|*;\n".into()));
    let mut tag_in_subject = rendered.clone();
    tag_in_subject.subject = HeaderText::parse("About *|FNAME|*").unwrap();
    for (rendered, words) in [
        (no_way_out, "the text part has no unsubscribe link"),
        (no_address, "the html part has no postal address"),
        (tag_in_code, "let all = *|MC_LIST|*;"),
        (tag_in_subject, "the subject has the characters `*|`"),
    ] {
        let error = world.prepare(&frozen(&rendered, headers())).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    let elsewhere = Mailbox::parse("Answers <answers@example.org>").unwrap();
    let two = FixedHeaders { reply_to: Some(elsewhere), ..headers() };
    let error = world.prepare(&frozen(&rendered, two)).await.unwrap_err();
    assert!(error.to_string().contains("remove `reply_to` from postrider.toml"), "{error:?}");
    let nameless = Mailbox::parse("news@example.org").unwrap();
    let nameless = FixedHeaders { from: nameless, ..headers() };
    let error = world.prepare(&frozen(&rendered, nameless)).await.unwrap_err();
    assert!(error.to_string().contains("needs a name beside the address"), "{error:?}");
    assert_eq!(world.fake.state().calls.len(), 0);
}

#[tokio::test]
async fn an_answer_of_any_size_is_survived() {
    let world = World::new().await;
    world.fake.fail_next(LIST_CALL, Fault::Huge);
    let error = world.prepare(&issue()).await.unwrap_err();
    assert!(error.to_string().contains("larger than 4 MB"), "{error}");
    assert_eq!(world.fake.count(CREATE), 0);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_the_call() {
    let fake = FakeMailchimp::start().await;
    let address = fake.address;
    drop(fake);
    tokio::task::yield_now().await;
    let world = World::at(address, FakeMailchimp::start().await);
    let error = world.prepare(&issue()).await.unwrap_err();
    assert!(matches!(error, PushError::Provider(ProviderError::Unreachable { .. })), "{error:?}");
    assert!(error.to_string().contains("looking for the campaign (GET /campaigns)"), "{error}");
}

#[tokio::test]
async fn the_key_and_addresses_appear_in_no_log_and_no_error() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // With a single subscriber, tracing decides about a call site once, on the first
    // thread that reaches it. That may be the thread of another test.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let guard = tracing::subscriber::set_default(subscriber);
    let world = World::new().await;
    let mut said = format!("{:?}", ApiKey::parse(&KEY.into()).unwrap());
    for _ in 0..PATIENCE.tries {
        world.fake.fail_next(LIST_CALL, Fault::Leaky);
    }
    let error = world.prepare(&issue()).await.unwrap_err();
    said.push_str(&format!("{error} {error:?}"));
    assert!(said.contains("500 for … and …@example.org"), "{said}");
    let wrong = ApiKey::parse(&"othercanary99-us6".into()).unwrap();
    let wrong = mailchimp(wrong, world.fake.address);
    let push = Push { provider: &wrong, ..world.push() };
    let error = push.prepare(&issue(), InDoubt::Keep).await.unwrap_err();
    assert!(error.to_string().contains("401 API Key Invalid"), "{error}");
    said.push_str(&format!("{error} {error:?}"));
    let editor = EmailAddress::parse("secret.editor@example.org").unwrap();
    let proofed = world.push().proof(&issue(), &[editor]).await.unwrap();
    said.push_str(&format!("{proofed:?}"));
    let ready = world.ready(&issue()).await;
    said.push_str(&format!("{ready:?}"));
    said.push_str(&format!("{:?}", world.push().send(ready).await));
    drop(guard);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("actions/send") && log.contains("status=204"), "the log is a log: {log}");
    for secret in ["canary", "secret.editor", "cG9zdHJpZGVyOm", "one borrow"] {
        assert!(!log.contains(secret), "{secret} in the log");
    }
    for secret in ["canary", "secret.editor"] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}
