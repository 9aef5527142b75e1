use super::*;
use crate::delivery::provider::RemoteId;
use crate::delivery::push::{PushRecord, SendEnd, SendIntent};
use crate::delivery::{Closing, Fate, InDoubt, Ledger, Outcome, RejectClass, Settlement, Tally};
use crate::store::retry::RetryCount;
use crate::store::{CallOff, CallOffUndone, FreezeError, RetryClass, SqliteLedger};

/// The configured route; campaigns of these tests are no trials for it.
const ROUTE: RouteKind = RouteKind::Outbox;

async fn tally(store: &Store) -> Tally {
    let frozen = store.campaign(&key("one")).await.unwrap().unwrap();
    store.tally(frozen.summary.rows).await.unwrap()
}

async fn begun(temporary: &Temporary, count: usize) -> (Store, SqliteLedger) {
    let store = temporary.open().await;
    import(&store, &readers(count)).await;
    freeze(&store, "one").await;
    let ledger = store.ledger(&key("one"), &store.lock_for_sending().unwrap()).await.unwrap();
    (store, ledger)
}

fn closing(row: crate::delivery::RowId, outcome: Outcome) -> Closing {
    Closing { row, outcome, note: "250 ok".into(), at: at(5) }
}

#[tokio::test]
async fn calling_off_beside_a_sender_withdraws_what_it_has_not_reserved() {
    let temporary = Temporary::new();
    let (store, ledger) = begun(&temporary, 8).await;
    let rows: Vec<_> =
        ledger.claim(4, at(1)).await.unwrap().reserved.iter().map(|row| row.row).collect();
    ledger.start(rows[0], None).await.unwrap();
    ledger.close(closing(rows[0], Outcome::Deferred(at(60)))).await.unwrap();
    ledger.start(rows[1], None).await.unwrap();
    // Another process, which does not hold the lock.
    let other = temporary.open().await;
    let called_off = other.call_off(&key("one"), ROUTE, at(9)).await.unwrap();
    assert_eq!(called_off, CallOff::Campaign { since: at(9), withdrawn: 5, under_way: 3 });
    let now = Tally { reserved: 2, started: 1, withdrawn: 5, ..Tally::default() };
    assert_eq!(tally(&store).await, now);
    // The sender gives back what it had reserved, and nothing of it is reserved again.
    ledger.close(closing(rows[1], Outcome::Sent)).await.unwrap();
    ledger.release(rows[2..].to_vec()).await.unwrap();
    let claim = ledger.claim(4, at(100)).await.unwrap();
    assert_eq!((claim.reserved.len(), claim.withdrawn), (0, 2));
    assert_eq!(ledger.claim(4, at(100)).await.unwrap().withdrawn, 0);
    assert!(store.finish_called_off(&key("one"), at(101)).await.unwrap());
    assert_eq!(tally(&store).await, Tally { sent: 1, withdrawn: 7, ..Tally::default() });
    let summary = store.campaign_summaries().await.unwrap().remove(0);
    assert_eq!((summary.cancelled_at, summary.finished_at), (Some(at(9)), Some(at(101))));
    // Said twice, it keeps its time.
    let again = other.call_off(&key("one"), ROUTE, at(200)).await.unwrap();
    assert_eq!(again, CallOff::Campaign { since: at(9), withdrawn: 0, under_way: 0 });
}

#[tokio::test]
async fn what_a_killed_sender_left_is_settled_by_whoever_has_the_lock_next() {
    let temporary = Temporary::new();
    let (_, ledger) = begun(&temporary, 5).await;
    let rows = ledger.claim(3, at(1)).await.unwrap().reserved;
    ledger.start(rows[0].row, None).await.unwrap();
    let store = temporary.open().await;
    let called_off = store.call_off(&key("one"), ROUTE, at(2)).await.unwrap();
    assert_eq!(called_off, CallOff::Campaign { since: at(2), withdrawn: 2, under_way: 3 });
    drop(ledger);
    let lock = store.lock_for_sending().unwrap();
    store.settle_called_off(&lock, at(3)).await.unwrap();
    assert_eq!(tally(&store).await, Tally { unknown: 1, withdrawn: 4, ..Tally::default() });
    assert_eq!(store.campaign_summaries().await.unwrap()[0].finished_at, Some(at(3)));
}

#[tokio::test]
async fn a_campaign_of_which_everything_was_under_way_was_called_off_too_late() {
    let temporary = Temporary::new();
    let (store, ledger) = begun(&temporary, 1).await;
    let row = ledger.claim(1, at(1)).await.unwrap().reserved[0].row;
    ledger.start(row, None).await.unwrap();
    store.call_off(&key("one"), ROUTE, at(2)).await.unwrap();
    ledger.close(closing(row, Outcome::Sent)).await.unwrap();
    assert!(!store.finish_called_off(&key("one"), at(3)).await.unwrap());
    assert_eq!(store.called_off_since(&key("one")).await.unwrap(), None);
    assert_eq!(store.call_off(&key("one"), ROUTE, at(4)).await.unwrap(), CallOff::TooLate);
    assert!(!store.finish_called_off(&key("one"), at(5)).await.unwrap());
}

#[tokio::test]
async fn undoing_brings_back_exactly_what_was_withdrawn_by_calling_off() {
    let temporary = Temporary::new();
    let (store, ledger) = begun(&temporary, 4).await;
    let some = address("reader0@example.org");
    store.suppress(&some, crate::domain::SuppressionReason::Manual, "t", at(1)).await.unwrap();
    let rows = ledger.claim(1, at(1)).await.unwrap().reserved;
    ledger.start(rows[0].row, None).await.unwrap();
    ledger.close(closing(rows[0].row, Outcome::Sent)).await.unwrap();
    drop(ledger);
    store.call_off(&key("one"), ROUTE, at(2)).await.unwrap();
    assert_eq!(tally(&store).await, Tally { sent: 1, withdrawn: 3, ..Tally::default() });
    let lock = store.lock_for_sending().unwrap();
    let undone = store.undo_calling_off(&key("one"), &lock).await.unwrap();
    assert_eq!(undone, CallOffUndone::Undone { pending: 2 });
    assert_eq!(
        tally(&store).await,
        Tally { sent: 1, pending: 2, withdrawn: 1, ..Tally::default() }
    );
    let summary = store.campaign_summaries().await.unwrap().remove(0);
    assert_eq!((summary.cancelled_at, summary.finished_at), (None, None));
    let again = store.undo_calling_off(&key("one"), &lock).await.unwrap();
    assert_eq!(again, CallOffUndone::Nothing);
}

#[tokio::test]
async fn an_issue_that_was_called_off_cannot_be_frozen_until_that_is_undone() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(1)).await;
    let before = CallOff::BeforeFreeze { since: at(1) };
    assert_eq!(store.call_off(&key("one"), ROUTE, at(1)).await.unwrap(), before);
    assert_eq!(store.call_off(&key("one"), ROUTE, at(2)).await.unwrap(), before);
    let freeze = || async {
        store.freeze(&campaign("one"), &provenance("one"), RouteKind::Smtp, at(3)).await
    };
    assert!(matches!(freeze().await, Err(FreezeError::CalledOff { .. })));
    let called_off = store.called_off_before_freeze(&key("one").newsletter).await.unwrap();
    assert_eq!(called_off.into_iter().collect::<Vec<_>>(), [key("one").issue]);
    let lock = store.lock_for_sending().unwrap();
    let undone = store.undo_calling_off(&key("one"), &lock).await.unwrap();
    assert_eq!(undone, CallOffUndone::Undone { pending: 0 });
    freeze().await.unwrap();
}

#[tokio::test]
async fn a_provider_is_not_asked_to_send_what_was_called_off() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let via = RouteKind::Mailchimp;
    store.freeze(&campaign("one"), &provenance("one"), via, at(0)).await.unwrap();
    let record = store.push_record(&key("one"), via);
    let remote = RemoteId::parse("abc").unwrap();
    let intent = SendIntent { remote, digest: campaign("one").digest(), at: at(2) };
    let lock = store.lock_for_sending().unwrap();
    let off = CallOff::Campaign { since: at(1), withdrawn: 0, under_way: 0 };
    assert_eq!(store.call_off(&key("one"), ROUTE, at(1)).await.unwrap(), off);
    let error = record.intend(&intent).await.unwrap_err();
    assert!(error.to_string().contains("was called off"), "{error}");
    store.undo_calling_off(&key("one"), &lock).await.unwrap();
    record.intend(&intent).await.unwrap();
    assert_eq!(
        store.call_off(&key("one"), ROUTE, at(3)).await.unwrap(),
        CallOff::PerhapsHandedOver
    );
    record.settle(&intent, SendEnd::Sent, at(4)).await.unwrap();
    assert_eq!(store.call_off(&key("one"), ROUTE, at(5)).await.unwrap(), CallOff::TooLate);
}

#[tokio::test]
async fn a_retry_makes_exactly_the_named_rows_pending_as_if_never_tried() {
    let temporary = Temporary::new();
    let (store, ledger) = begun(&temporary, 6).await;
    let rows: Vec<_> =
        ledger.claim(5, at(1)).await.unwrap().reserved.iter().map(|row| row.row).collect();
    let later = Outcome::Deferred(at(60));
    for (row, outcome) in rows.iter().zip([Outcome::Sent, Outcome::Unknown, later, later, later]) {
        ledger.start(*row, None).await.unwrap();
        ledger.close(closing(*row, outcome)).await.unwrap();
    }
    let settled = [(2, RejectClass::Mailbox), (3, RejectClass::Other), (4, RejectClass::Expired)];
    let settled =
        settled.map(|(row, class)| Settlement { row: rows[row], fate: Fate::Rejected(class) });
    ledger.settle(settled.into(), at(5)).await.unwrap();
    store.unsubscribe(crate::domain::SubscriberId(6), "t", at(6)).await.unwrap();
    ledger.claim(5, at(6)).await.unwrap();
    drop(ledger);
    assert!(store.mark_finished(&key("one"), at(7)).await.unwrap());
    let frozen = store.campaign(&key("one")).await.unwrap().unwrap();
    let count =
        async |asked: &[RetryClass]| store.count_retry(frozen.summary.rows, asked).await.unwrap();
    let (rejected, expired) = (RetryClass::Rejected, RetryClass::Expired);
    assert_eq!(count(&[expired]).await, RetryCount { rows: 1, left_out: 0 });
    assert_eq!(count(&[rejected]).await, RetryCount { rows: 2, left_out: 1 });
    assert_eq!(count(&[rejected, expired]).await, RetryCount { rows: 3, left_out: 1 });
    let lock = store.lock_for_sending().unwrap();
    assert_eq!(store.reopen(&key("one"), &[expired], &lock).await.unwrap(), 1);
    let ledger = store.ledger(&key("one"), &lock).await.unwrap();
    ledger.recover(InDoubt::Keep, at(8)).await.unwrap();
    let claim = ledger.claim(9, at(8)).await.unwrap();
    let claimed: Vec<_> = claim.reserved.iter().map(|row| (row.row, row.attempts)).collect();
    assert_eq!(claimed, [(rows[4], 0)]);
    assert_eq!(store.campaign_summaries().await.unwrap()[0].finished_at, None);
    let now = tally(&store).await;
    assert_eq!((now.sent, now.unknown, now.rejected, now.withdrawn), (1, 1, 2, 1));
    assert_eq!(now.expired, 0);
}

#[tokio::test]
async fn a_campaign_is_replaced_only_while_nobody_has_anything_of_it() {
    let temporary = Temporary::new();
    let (store, ledger) = begun(&temporary, 2).await;
    let old = store.campaign(&key("one")).await.unwrap().unwrap().summary.rows;
    import(&store, "email\nlater@example.org\n").await;
    let edited = campaign_with("one", &[b"new".to_vec()]);
    let anew = |old| {
        let (store, edited) = (store.clone(), edited.clone());
        async move {
            let provenance = provenance("one");
            store.freeze_instead_of(old, &edited, &provenance, RouteKind::Smtp, at(9)).await
        }
    };
    let row = ledger.claim(1, at(1)).await.unwrap().reserved[0].row;
    assert!(matches!(anew(old).await, Err(FreezeError::AlreadyFrozen { .. })));
    ledger.release(vec![row]).await.unwrap();
    let frozen = anew(old).await.unwrap();
    assert_eq!((frozen.summary.recipients, frozen.summary.via), (3, RouteKind::Smtp));
    assert_eq!(frozen.campaign, edited);
    assert_eq!(store.campaign_summaries().await.unwrap().len(), 1);
    assert_eq!(tally(&store).await, Tally { pending: 3, ..Tally::default() });
}
