use super::*;
use crate::audience::Exclusion;
use crate::campaign::SigningKey;
use crate::campaign::due::{Rest, StopFault};
use crate::delivery::provider::RemoteId;
use crate::delivery::push::{PastSend, PushRecord, SendEnd, SendIntent};
use crate::domain::{Random, RouteKind, SubscriberId, SuppressionReason};
use crate::store::writer::Durability;
use crate::store::{FreezeError, Proof, Standstill, StoreFault};

#[tokio::test]
async fn a_campaign_is_frozen_for_the_planned_audience_and_read_back_with_the_same_bytes() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let file = "email,status\na@x.example,\nb@x.example,\nc@y.example,\nd@y.example,disabled\n\
                e@y.example,pending\nf@y.example,cleaned\n";
    import(&store, file).await;
    let plan = store.plan_audience().await.unwrap();
    assert_eq!(plan.included, 3);
    assert_eq!(plan.domains, [("x.example".to_owned(), 2), ("y.example".to_owned(), 1)]);
    let excluded: Vec<_> = plan.excluded.into_iter().collect();
    assert_eq!(
        excluded,
        [(Exclusion::Unsubscribed, 1), (Exclusion::Unconfirmed, 1), (Exclusion::Suppressed, 1)]
    );
    let frozen = freeze(&store, "one").await;
    assert_eq!(frozen.summary.recipients, 3);
    assert_eq!(frozen.campaign, campaign("one"));
    assert_eq!(frozen.summary.provenance, provenance("one"));
    assert_eq!(store.tally(frozen.summary.rows).await.unwrap().pending, 3);
    let reopened = temporary.open().await;
    assert_eq!(reopened.campaign(&key("one")).await.unwrap(), Some(frozen));
    assert_eq!(reopened.campaign(&key("two")).await.unwrap(), None);
}

#[tokio::test]
async fn an_empty_audience_is_refused_and_leaves_nothing() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let (campaign, provenance) = (campaign("one"), provenance("one"));
    let freeze = || store.freeze(&campaign, &provenance, RouteKind::Smtp, at(0));
    let error = freeze().await.unwrap_err();
    assert!(error.to_string().contains("the list is empty"), "{error}");
    import(&store, "email,status\na@x.example,disabled\n").await;
    let error = freeze().await.unwrap_err();
    assert!(matches!(error, FreezeError::EmptyAudience { .. }));
    assert!(error.to_string().contains("1 unsubscribed"), "{error}");
    assert_eq!(store.campaign(&key("one")).await.unwrap(), None);
    let pushed = store.freeze(&campaign, &provenance, RouteKind::Mailchimp, at(0));
    assert_eq!(pushed.await.unwrap().summary.recipients, 0);
}

#[tokio::test]
async fn a_campaign_is_frozen_once() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(3)).await;
    let first = freeze(&store, "one").await;
    let again = store.freeze(&campaign("one"), &provenance("one"), RouteKind::Smtp, at(9)).await;
    assert!(matches!(again, Err(FreezeError::AlreadyFrozen { .. })));
    assert_eq!(store.campaign(&key("one")).await.unwrap(), Some(first));
    let (campaign, provenance) = (campaign("two"), provenance("two"));
    let (a, b) = tokio::join!(
        store.freeze(&campaign, &provenance, RouteKind::Smtp, at(9)),
        store.freeze(&campaign, &provenance, RouteKind::Smtp, at(9)),
    );
    assert!(a.is_ok() != b.is_ok());
}

#[tokio::test]
async fn the_database_refuses_a_second_row_for_an_address_in_a_ledger() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(3)).await;
    freeze(&store, "one").await;
    let mut turn = store.writer().turn().await;
    let again = sqlx::query(
        "INSERT INTO recipients (campaign, subscriber, address_key, state, updated_at)
         SELECT campaign, subscriber + 100, address_key, 'pending', 0 FROM recipients LIMIT 1",
    );
    let error = again.execute(turn.connection(Durability::Power).await.unwrap()).await.unwrap_err();
    assert!(error.as_database_error().unwrap().is_unique_violation());
}

#[tokio::test]
async fn a_frozen_campaign_that_was_changed_on_the_disk_is_refused() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(1)).await;
    freeze(&store, "one").await;
    let mut turn = store.writer().turn().await;
    for change in [
        "UPDATE campaigns SET manifest = replace(manifest, '<p>', '<b>')",
        "UPDATE campaigns SET manifest = substr(manifest, 1, 100)",
    ] {
        let connection = turn.connection(Durability::Power).await.unwrap();
        sqlx::query(change).execute(connection).await.unwrap();
        let error = store.campaign(&key("one")).await.unwrap_err();
        assert!(matches!(error.fault, StoreFault::Damaged { .. }), "{error:?}");
    }
    let error = store.campaign_summaries().await.unwrap_err();
    assert!(matches!(error.fault, StoreFault::Damaged { .. }), "{error:?}");
}

#[tokio::test]
async fn a_full_disk_freezes_all_or_nothing() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(5000)).await;
    opening::limit_pages(&store).await;
    let error = store
        .freeze(&campaign("one"), &provenance("one"), RouteKind::Smtp, at(0))
        .await
        .unwrap_err();
    let FreezeError::Store(error) = error else { panic!("{error:?}") };
    assert_eq!(error.fault, StoreFault::Full);
    assert_eq!(store.campaign(&key("one")).await.unwrap(), None);
}

#[tokio::test]
async fn a_frozen_campaign_keeps_its_images_until_it_is_forgotten() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(1)).await;
    let images = [b"first".to_vec(), vec![7; 1_000_000]];
    let one = campaign_with("one", &images);
    let frozen = store.freeze(&one, &provenance("one"), RouteKind::Outbox, at(0)).await.unwrap();
    assert_eq!(frozen.campaign, one);
    let two = campaign_with("two", &images);
    store.freeze(&two, &provenance("two"), RouteKind::Smtp, at(0)).await.unwrap();
    drop(store);
    let store = temporary.open().await;
    assert_eq!(store.campaign(&key("one")).await.unwrap().unwrap().campaign, one);
    let summaries = store.campaign_summaries().await.unwrap();
    assert_eq!([&summaries[0].key, &summaries[1].key], [&key("two"), &key("one")]);
    let summary = &summaries[1];
    assert_eq!((summary.subject.as_str(), summary.digest), ("Issue one", one.digest()));
    assert_eq!((summary.via, summary.recipients), (RouteKind::Outbox, 1));
    assert_eq!((&summary.provenance, summary.frozen_at), (&provenance("one"), at(0)));

    let lock = store.lock_for_sending().unwrap();
    assert_eq!(store.forget_trials(&key("one").newsletter, &lock).await.unwrap().campaigns, 1);
    assert_eq!(store.campaign(&key("two")).await.unwrap().unwrap().campaign, two);
    let mut turn = store.writer().turn().await;
    let connection = turn.connection(Durability::Power).await.unwrap();
    sqlx::query("UPDATE attachments SET content = x'00'").execute(connection).await.unwrap();
    drop(turn);
    let error = store.campaign(&key("two")).await.unwrap_err().to_string();
    assert!(error.contains("the stored images of weekly/two are not those"), "{error}");
}

/// A store that is older than embedded images lacks their table.
#[tokio::test]
async fn a_campaign_of_an_older_store_is_still_there() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(1)).await;
    let frozen = freeze(&store, "one").await;
    let mut turn = store.writer().turn().await;
    for statement in ["DROP TABLE attachments", "DELETE FROM _sqlx_migrations WHERE version = 2"] {
        let connection = turn.connection(Durability::Power).await.unwrap();
        sqlx::query(statement).execute(connection).await.unwrap();
    }
    drop(turn);
    drop(store);
    let store = temporary.open().await;
    assert_eq!(store.campaign(&key("one")).await.unwrap(), Some(frozen));
    let two = campaign_with("two", &[b"first".to_vec()]);
    let frozen = store.freeze(&two, &provenance("two"), RouteKind::Outbox, at(1)).await.unwrap();
    assert_eq!(frozen.campaign, two);
}

#[tokio::test]
async fn an_issue_that_went_out_under_another_slug_is_recognised() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(1)).await;
    let numbered = Provenance { number: Some(7), ..provenance("one") };
    store.freeze(&campaign("one"), &numbered, RouteKind::Smtp, at(0)).await.unwrap();
    store.freeze(&campaign("two"), &provenance("two"), RouteKind::Smtp, at(0)).await.unwrap();
    // A trial reached nobody.
    freeze(&store, "three").await;
    let trial = store
        .already_sent_as(
            &key("new"),
            &provenance("three"),
            campaign("new").digest(),
            RouteKind::Smtp,
        )
        .await;
    assert_eq!(trial.unwrap(), []);
    let digest = campaign("new").digest();
    let seen = |provenance, digest| {
        let store = store.clone();
        async move {
            store.already_sent_as(&key("new"), &provenance, digest, RouteKind::Smtp).await.unwrap()
        }
    };
    assert_eq!(seen(provenance("new"), digest).await, []);
    assert_eq!(seen(provenance("two"), digest).await, [key("two")]);
    assert_eq!(seen(provenance("new"), campaign("one").digest()).await, [key("one")]);
    let number = Provenance { number: Some(7), ..provenance("new") };
    assert_eq!(seen(number.clone(), digest).await, [key("one")]);
    let (own, digest) = (key("one"), campaign("one").digest());
    assert_eq!(store.already_sent_as(&own, &number, digest, RouteKind::Smtp).await.unwrap(), []);
}

#[tokio::test]
async fn a_campaign_is_finished_when_every_row_is_final() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(1)).await;
    freeze(&store, "one").await;
    let rest = Some(Rest { until: at(9), fault: Some(StopFault::Route) });
    let standstill = Standstill { paused: Some((at(1), "the breaker opened")), rest, stops: 3 };
    store.mark_standstill(&key("one"), &standstill).await.unwrap();
    assert!(!store.mark_finished(&key("one"), at(2)).await.unwrap());
    let frozen = store.campaign_summaries().await.unwrap().remove(0);
    let paused = Some((at(1), "the breaker opened".to_owned()));
    assert_eq!((frozen.finished_at, frozen.paused), (None, paused));
    assert_eq!((frozen.rest, frozen.stops), (rest, 3));
    let standstill = Standstill { stops: 2, ..Standstill::default() };
    store.mark_standstill(&key("one"), &standstill).await.unwrap();
    let frozen = store.campaign_summaries().await.unwrap().remove(0);
    assert_eq!((frozen.paused, frozen.rest, frozen.stops), (None, None, 2));
    store.unsubscribe(SubscriberId(1), "t", at(2)).await.unwrap();
    let ledger = store.ledger(&key("one"), &store.lock_for_sending().unwrap()).await.unwrap();
    crate::delivery::Ledger::claim(&ledger, 10, at(3)).await.unwrap();
    assert!(store.mark_finished(&key("one"), at(4)).await.unwrap());
    assert!(store.mark_finished(&key("one"), at(5)).await.unwrap());
    let frozen = store.campaign_summaries().await.unwrap().remove(0);
    assert_eq!((frozen.finished_at, frozen.paused), (Some(at(4)), None));
    assert_eq!((frozen.rest, frozen.stops), (None, 0));
    let missing = store.mark_finished(&key("two"), at(5)).await.unwrap_err();
    assert_eq!(missing.fault, StoreFault::NoSuchCampaign { campaign: key("two") });
}

#[tokio::test]
async fn a_hundred_thousand_rows_freeze_and_the_next_campaign_has_its_own() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(100_000)).await;
    let one = freeze(&store, "one").await;
    let some = address("reader5@example.org");
    store.suppress(&some, SuppressionReason::Complaint, "t", at(1)).await.unwrap();
    let two = freeze(&store, "two").await;
    assert_eq!((one.summary.recipients, two.summary.recipients), (100_000, 99_999));
    assert_eq!(store.tally(one.summary.rows).await.unwrap().pending, 100_000);
    assert_eq!(store.tally(two.summary.rows).await.unwrap().pending, 99_999);
}

#[tokio::test]
async fn proofs_read_back_the_newest_first_and_the_last_step_of_a_push_counts() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    assert_eq!(store.next_proof_attempt(&key("one")).await.unwrap(), 1);
    let proof = Proof {
        key: key("one"),
        digest: campaign("one").digest(),
        manifest: campaign("one").canonical().to_owned(),
        source_hash: "s".into(),
        theme_hash: "t".into(),
        subject: "Issue one".into(),
        via: RouteKind::Smtp,
        editors: 2,
        attempt: 1,
        at: at(1),
    };
    let second = Proof { attempt: 2, at: at(2), ..proof.clone() };
    store.record_proof(&proof).await.unwrap();
    store.record_proof(&second).await.unwrap();
    assert_eq!(store.next_proof_attempt(&key("one")).await.unwrap(), 3);
    assert_eq!(store.proofs(&key("one")).await.unwrap(), [second, proof]);

    let record = store.push_record(&key("one"), RouteKind::Mailchimp);
    assert_eq!(record.past().await.unwrap(), PastSend::Never);
    let remote = RemoteId::parse("c1").unwrap();
    let intent = SendIntent { remote, digest: campaign("one").digest(), at: at(1) };
    record.intend(&intent).await.unwrap();
    assert_eq!(record.past().await.unwrap(), PastSend::InDoubt(intent.clone()));
    record.settle(&intent, SendEnd::NotSent, at(2)).await.unwrap();
    assert_eq!(record.past().await.unwrap(), PastSend::Never);
    record.intend(&intent).await.unwrap();
    record.settle(&intent, SendEnd::Sent, at(3)).await.unwrap();
    let settled = SendIntent { at: at(3), ..intent };
    assert_eq!(record.past().await.unwrap(), PastSend::Sent(settled));
    let elsewhere = store.push_record(&key("one"), RouteKind::Smtp);
    assert_eq!(elsewhere.past().await.unwrap(), PastSend::Never);
}

struct Counting(std::sync::atomic::AtomicU8);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
    }
}

#[tokio::test]
async fn the_signing_key_is_made_once_and_a_retired_one_still_counts() {
    let temporary = Temporary::new();
    let random = Counting(1.into());
    let first = temporary.open().await.signing_keys(&random, at(0)).await.unwrap();
    let store = temporary.open().await;
    assert_eq!(store.signing_keys(&random, at(1)).await.unwrap(), first);
    let old = SigningKey { id: 1, secret: [1; 32] };
    assert_eq!(first.current, old);
    assert!(!format!("{first:?}").contains("1, 1"));
    let mut turn = store.writer().turn().await;
    let connection = turn.connection(Durability::Power).await.unwrap();
    sqlx::query("UPDATE signing_keys SET retired_at = 5").execute(connection).await.unwrap();
    drop(turn);
    let rotated = store.signing_keys(&random, at(2)).await.unwrap();
    assert_eq!((rotated.current.id, rotated.retired), (2, vec![old]));
}

#[tokio::test]
async fn scheduling_is_switched_on_once() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    assert_eq!(store.scheduled_since().await.unwrap(), None);
    assert_eq!(store.switch_schedule_on(at(1)).await.unwrap(), at(1));
    assert_eq!(store.switch_schedule_on(at(2)).await.unwrap(), at(1));
    assert_eq!(store.scheduled_since().await.unwrap(), Some(at(1)));
}

#[tokio::test]
async fn a_trial_into_the_outbox_is_forgotten_and_a_real_campaign_is_not() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, "email\na@x.example\nb@x.example\n").await;
    let lock = store.lock_for_sending().unwrap();
    for (slug, via) in
        [("one", RouteKind::Outbox), ("two", RouteKind::Smtp), ("three", RouteKind::Outbox)]
    {
        store.freeze(&campaign(slug), &provenance(slug), via, at(1)).await.unwrap();
    }
    let gone = store.forget_trials(&key("one").newsletter, &lock).await.unwrap();
    assert_eq!((gone.campaigns, gone.examples), (2, 0));
    let gone = store.forget_trials(&key("one").newsletter, &lock).await.unwrap();
    assert_eq!((gone.campaigns, gone.examples), (0, 0));
    assert!(store.campaign(&key("one")).await.unwrap().is_none());
    let real = store.campaign(&key("two")).await.unwrap().unwrap();
    assert_eq!(store.tally(real.summary.rows).await.unwrap().pending, 2);
    let again =
        store.freeze(&campaign("one"), &provenance("one"), RouteKind::Smtp, at(2)).await.unwrap();
    assert_eq!(store.tally(again.summary.rows).await.unwrap().pending, 2);
}
