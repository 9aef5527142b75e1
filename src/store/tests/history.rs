use super::*;
use crate::delivery::{Closing, Fate, Ledger, Outcome, RejectClass, RowId, Settlement};
use crate::domain::{SubscriberId, SubscriptionStatus, SuppressionReason};
use crate::store::{Edited, SqliteLedger, SubscriberEdit};

/// What happened, in one line for each event.
async fn told(store: &Store, who: &str) -> Vec<String> {
    let history = store.history(&address(who)).await.unwrap();
    let line = |event: &crate::store::ListEvent| {
        format!("{} {} by {}", event.what.as_str(), event.detail, event.by)
    };
    history.iter().map(line).collect()
}

#[tokio::test]
async fn everything_that_happens_to_a_subscriber_is_kept_with_its_cause() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, "email,status\nann@x.example,pending\nbob@x.example,\n").await;
    let list =
        ListReader::new("email,first_name,city\nann@x.example,Ann,Ghent\n".as_bytes()).unwrap();
    store.import(list, "import of b.csv", at(1), |_| Ok(())).await.unwrap();
    // The same again changes nothing, so nothing happened.
    let list =
        ListReader::new("email,first_name,city\nann@x.example,Ann,Ghent\n".as_bytes()).unwrap();
    store.import(list, "import of c.csv", at(2), |_| Ok(())).await.unwrap();
    store
        .suppress(&address("ann@x.example"), SuppressionReason::Manual, "by hand", at(3))
        .await
        .unwrap();
    store.unsuppress(&address("ann@x.example"), "by hand", at(4)).await.unwrap();
    store.unsubscribe(SubscriberId(1), "left by their own link", at(5)).await.unwrap();
    store.unsubscribe(SubscriberId(1), "left by their own link", at(6)).await.unwrap();
    assert_eq!(
        told(&store, "ANN@x.example").await,
        [
            "added unconfirmed by a test",
            "changed city, first_name, status by import of b.csv",
            "suppressed manual by by hand",
            "unsuppressed manual by by hand",
            "unsubscribed  by left by their own link",
        ]
    );
    assert_eq!(store.history(&address("ann@x.example")).await.unwrap()[4].at, at(5));
    assert_eq!(told(&store, "bob@x.example").await, ["added subscribed by a test"]);
    assert!(!format!("{:?}", store.history(&address("bob@x.example")).await).contains("bob"));
    // An address that was never on the list has a history too.
    store
        .suppress(&address("eve@x.example"), SuppressionReason::Complaint, "by hand", at(7))
        .await
        .unwrap();
    assert_eq!(told(&store, "eve@x.example").await, ["suppressed complaint by by hand"]);
    let list = ListReader::new("email,status\nbob@x.example,disabled\n".as_bytes()).unwrap();
    store.import(list, "import of d.csv", at(8), |_| Ok(())).await.unwrap();
    assert_eq!(told(&store, "bob@x.example").await[1], "unsubscribed status by import of d.csv");
}

#[tokio::test]
async fn a_suppression_by_a_refusal_names_its_campaign_and_can_be_lifted() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(1)).await;
    freeze(&store, "one").await;
    let ledger = store.ledger(&key("one"), &store.lock_for_sending().unwrap()).await.unwrap();
    let row = ledger.claim(1, at(1)).await.unwrap().reserved[0].row;
    ledger.start(row, None).await.unwrap();
    reject(&ledger, row, at(2)).await;
    let who = address("reader0@example.org");
    assert_eq!(
        told(&store, "reader0@example.org").await[1],
        "suppressed hard-bounce by refused as no mailbox, in weekly/one"
    );
    let lifted = store.unsuppress(&who, "by hand", at(3)).await.unwrap().unwrap();
    assert_eq!((lifted.reason, lifted.at), (SuppressionReason::HardBounce, at(2)));
    assert_eq!(lifted.origin, "refused as no mailbox, in weekly/one");
    assert_eq!(store.suppression(&who).await.unwrap(), None);
    assert_eq!(store.unsuppress(&who, "by hand", at(4)).await.unwrap(), None);
    assert_eq!(store.plan_audience().await.unwrap().included, 1);
}

#[tokio::test]
async fn an_edit_keeps_the_number_and_moves_what_is_not_sent_yet() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, "email,first_name,city\nann@x.example,Ann,Ghent\nbob@x.example,,\n").await;
    store
        .suppress(&address("dead@x.example"), SuppressionReason::HardBounce, "t", at(1))
        .await
        .unwrap();
    freeze(&store, "one").await;
    let edit = async |who: &str, edit: SubscriberEdit| {
        store.edit(&address(who), &edit, "by hand", at(9)).await.unwrap()
    };
    let moved =
        |new: &str| SubscriberEdit { address: Some(address(new)), ..SubscriberEdit::default() };
    let named = SubscriberEdit {
        last_name: Some("Lee".into()),
        fields: [("city".into(), None), ("club".into(), Some("A".into()))].into(),
        ..SubscriberEdit::default()
    };
    assert_eq!(edit("eve@x.example", moved("new@x.example")).await, Edited::NotOnList);
    assert_eq!(edit("ann@x.example", moved("BOB@x.example")).await, Edited::AddressTaken);
    let dead = Edited::AddressSuppressed(SuppressionReason::HardBounce);
    assert_eq!(edit("ann@x.example", moved("dead@x.example")).await, dead);
    let names = ["last_name", "city", "club"].map(String::from).to_vec();
    assert_eq!(edit("ann@x.example", named.clone()).await, Edited::Changed(names));
    assert_eq!(edit("ann@x.example", named).await, Edited::Changed(Vec::new()));
    let changed = Edited::Changed(vec!["address".into()]);
    assert_eq!(edit("ann@x.example", moved("Ann@y.example")).await, changed);
    let ann = store.find(&address("ann@y.example")).await.unwrap().unwrap().subscriber;
    assert_eq!((ann.id, ann.address.as_str()), (SubscriberId(1), "Ann@y.example"));
    assert_eq!((ann.first_name.as_str(), ann.last_name.as_str()), ("Ann", "Lee"));
    assert_eq!(ann.fields.into_iter().collect::<Vec<_>>(), [("club".into(), "A".into())]);
    assert_eq!((ann.status, ann.updated_at), (SubscriptionStatus::Subscribed, at(9)));
    assert_eq!(
        told(&store, "ann@y.example").await,
        [
            "added subscribed by a test",
            "changed last_name, city, club by by hand",
            "address-changed was ann@x.example by by hand",
        ]
    );
    assert_eq!(
        told(&store, "ann@x.example").await,
        ["address-given-up is Ann@y.example now by by hand"]
    );
    // Another spelling of the same address is no other address.
    assert_eq!(edit("ann@y.example", moved("ANN@y.example")).await, changed);
    // What was frozen before goes to the new address, and a refusal is about that one.
    let ledger = store.ledger(&key("one"), &store.lock_for_sending().unwrap()).await.unwrap();
    let reserved = ledger.claim(9, at(10)).await.unwrap().reserved;
    assert_eq!(reserved[0].address.as_str(), "ANN@y.example");
    ledger.start(reserved[0].row, None).await.unwrap();
    reject(&ledger, reserved[0].row, at(11)).await;
    assert!(store.suppression(&address("ann@y.example")).await.unwrap().is_some());
    assert!(store.suppression(&address("ann@x.example")).await.unwrap().is_none());
}

#[tokio::test]
async fn the_history_of_examples_goes_with_them() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let list = ListReader::new("email\nann@x.example\n".as_bytes()).unwrap();
    store.import(list, crate::store::EXAMPLE_ORIGIN, at(0), |_| Ok(())).await.unwrap();
    assert_eq!(told(&store, "ann@x.example").await.len(), 1);
    let lock = store.lock_for_sending().unwrap();
    store.forget_trials(&key("one").newsletter, &lock).await.unwrap();
    import(&store, "email\nbob@x.example\n").await;
    assert_eq!(told(&store, "bob@x.example").await, ["added subscribed by a test"]);
    assert_eq!(told(&store, "ann@x.example").await, Vec::<String>::new());
}

/// A started row whose mailbox does not exist, as later acceptances confirm.
async fn reject(ledger: &SqliteLedger, row: RowId, at: Timestamp) {
    let closing = Closing { row, outcome: Outcome::Deferred(at), note: "550".into(), at };
    ledger.close(closing).await.unwrap();
    let fate = Fate::Rejected(RejectClass::Mailbox);
    ledger.settle(vec![Settlement { row, fate }], at).await.unwrap();
}
