use super::*;
use crate::audience::PublicList;
use crate::domain::{SubscriberId, SubscriptionStatus, SuppressionReason};
use crate::store::{ImportError, ImportSummary, ListedSubscriber, StoreError};

async fn status(store: &Store, of: &str) -> SubscriptionStatus {
    store.find(&address(of)).await.unwrap().unwrap().subscriber.status
}

async fn everybody(store: &Store) -> Vec<ListedSubscriber> {
    let mut rows = Vec::new();
    let each = |row| {
        rows.push(row);
        Ok::<_, StoreError>(())
    };
    store.export(each).await.unwrap();
    rows
}

#[tokio::test]
async fn the_counts_of_an_import_add_up_and_a_second_import_changes_nothing() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let mut file = readers(2500);
    file.push_str("READER7@example.org,Other\nreader2499@EXAMPLE.org,\nnobody,\n,x,y,z\n");
    let first = import(&store, &file).await;
    let expected = ImportSummary {
        rows: 2504,
        added: 2500,
        unchanged: 2,
        rejected: 2,
        ..ImportSummary::default()
    };
    assert_eq!(first, expected);
    let before = everybody(&store).await;
    assert_eq!(before.len(), 2500);
    assert_eq!(before[7].subscriber.address.as_str(), "reader7@example.org");
    assert_eq!(before[7].subscriber.first_name, "R7");
    let second = import(&store, &file).await;
    assert_eq!((second.added, second.merged, second.unchanged), (0, 0, 2502));
    assert_eq!(everybody(&store).await, before);
}

#[tokio::test]
async fn an_import_adds_what_is_missing_and_overwrites_nothing() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, "email,first_name,city\nr@example.org,,Town\n").await;
    let file = "email,first_name,last_name,city,tag\nR@example.org,Ada,,Village,new\n";
    assert_eq!(import(&store, file).await.merged, 1);
    let found = store.find(&address("r@EXAMPLE.org")).await.unwrap().unwrap().subscriber;
    assert_eq!((found.first_name.as_str(), found.last_name.as_str()), ("Ada", ""));
    assert_eq!((found.fields["city"].as_str(), found.fields["tag"].as_str()), ("Town", "new"));
    assert_eq!(found.address.as_str(), "r@example.org");
}

#[tokio::test]
async fn an_import_subscribes_nobody_again() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, "email\nleft@example.org\nbounced@example.org\n").await;
    store.unsubscribe(SubscriberId(1), "asked by mail", at(1)).await.unwrap();
    let bounced = address("bounced@example.org");
    store.suppress(&bounced, SuppressionReason::HardBounce, "a bounce", at(1)).await.unwrap();
    let again =
        import(&store, "email,status\nLEFT@example.org,subscribed\nbounced@example.org,enabled\n")
            .await;
    assert_eq!(again.unchanged, 2);
    assert_eq!(status(&store, "left@example.org").await, SubscriptionStatus::Unsubscribed);
    assert_eq!(store.suppression(&bounced).await.unwrap(), Some(SuppressionReason::HardBounce));
    let found = store.find(&address("left@example.org")).await.unwrap().unwrap();
    assert_eq!(found.subscriber.origin, "a test; asked by mail");
}

#[tokio::test]
async fn the_order_of_files_makes_no_difference_to_who_gets_mail() {
    let files = [
        "email,status\nr@example.org,unconfirmed\ns@example.org,subscribed\n",
        "email,status\nr@example.org,subscribed\ns@example.org,subscribed\n",
        "email,UNSUB_TIME\ns@example.org,2022-01-01\nr@example.org,\n",
        "email,CLEAN_TIME\nr@example.org,2022-01-01\n",
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let temporary = Temporary::new();
        let store = temporary.open().await;
        for n in order {
            import(&store, files[n]).await;
        }
        assert_eq!(status(&store, "r@example.org").await, SubscriptionStatus::Subscribed);
        assert_eq!(status(&store, "s@example.org").await, SubscriptionStatus::Unsubscribed);
        let suppressed = store.suppression(&address("r@example.org")).await.unwrap();
        assert_eq!(suppressed, Some(SuppressionReason::HardBounce));
    }
}

#[tokio::test]
async fn an_export_imports_to_the_same_list() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let head = "email,first_name,last_name,status,attributes\n";
    let rows = "a@example.org,\"A;B\",\"=1+1\",unconfirmed,\nb@example.org,,,blocklisted,\"{\"\"k\"\":\"\"é\"\"}\"\n";
    import(&store, &format!("{head}{rows}")).await;
    store.unsubscribe(SubscriberId(1), "a test", at(3)).await.unwrap();

    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(ListedSubscriber::EXPORT_HEADER).unwrap();
    let rows = everybody(&store).await;
    rows.iter().for_each(|row| writer.write_record(row.export_cells()).unwrap());
    let file = String::from_utf8(writer.into_inner().unwrap()).unwrap();

    let elsewhere = Temporary::new();
    let copy = elsewhere.open().await;
    assert_eq!(import(&copy, &file).await.added, 2);
    for (own, copied) in rows.iter().zip(everybody(&copy).await) {
        assert_eq!(own.subscriber.address, copied.subscriber.address);
        assert_eq!(own.subscriber.status, copied.subscriber.status);
        assert_eq!(own.subscriber.first_name, copied.subscriber.first_name);
        assert_eq!(own.subscriber.last_name, copied.subscriber.last_name);
        assert_eq!(own.suppressed, copied.suppressed);
        assert_eq!(own.subscriber.fields.get("k"), copied.subscriber.fields.get("k"));
    }
}

#[tokio::test]
async fn a_second_unsubscribe_changes_nothing_and_an_unknown_number_is_no_error() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(1)).await;
    store.unsubscribe_by_link(SubscriberId(1), at(1)).await.unwrap();
    store.unsubscribe_by_link(SubscriberId(1), at(2)).await.unwrap();
    store.unsubscribe_by_link(SubscriberId(99), at(2)).await.unwrap();
    let found = store.find(&address("reader0@example.org")).await.unwrap().unwrap().subscriber;
    assert_eq!((found.status, found.updated_at), (SubscriptionStatus::Unsubscribed, at(1)));
}

#[tokio::test]
async fn the_list_is_counted_by_status_reason_and_domain() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let file = "email,status\na@x.example,subscribed\nb@x.example,disabled\nc@y.example,cleaned\n";
    import(&store, file).await;
    let never = address("never@here.example");
    assert!(store.suppress(&never, SuppressionReason::Manual, "t", at(0)).await.unwrap());
    assert!(!store.suppress(&never, SuppressionReason::Complaint, "t", at(0)).await.unwrap());
    let stats = store.stats().await.unwrap();
    assert_eq!(stats.total, 3);
    assert_eq!((stats.by_status["subscribed"], stats.by_status["unsubscribed"]), (2, 1));
    assert_eq!((stats.suppressed["manual"], stats.suppressed["hard-bounce"]), (1, 1));
    assert_eq!(stats.domains, [("x.example".to_owned(), 2), ("y.example".to_owned(), 1)]);
}

#[tokio::test]
async fn a_rejects_file_that_cannot_be_written_stops_the_import() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let list = ListReader::new(&b"email\na@example.org\nnobody\nb@example.org\n"[..]).unwrap();
    let full = |_: &_| Err(std::io::Error::other("no room"));
    let error = store.import(list, "t", at(0), full).await.unwrap_err();
    assert!(matches!(error, ImportError::Rejects { line: 3, .. }), "{error:?}");
}

#[tokio::test]
async fn a_whole_import_adds_all_or_nobody() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let file = readers(2500);
    let broken = || Unplugged(std::io::Cursor::new(file.clone()));
    let whole = ListReader::new(broken()).unwrap();
    let error = store.import_whole(whole, "a test", at(0), |_| Ok(())).await.unwrap_err();
    assert!(matches!(error, ImportError::File(_)), "{error:?}");
    assert_eq!(store.stats().await.unwrap().total, 0);
    // An ordinary import keeps the batches that it wrote, and can be run again.
    let by_hand = ListReader::new(broken()).unwrap();
    store.import(by_hand, "a test", at(0), |_| Ok(())).await.unwrap_err();
    assert_eq!(store.stats().await.unwrap().total, 2500);
    let list = ListReader::new(file.as_bytes()).unwrap();
    let summary = store.import_whole(list, "a test", at(0), |_| Ok(())).await.unwrap();
    assert_eq!((summary.rows, summary.unchanged), (2500, 2500));
}

/// A file whose disk fails before its end.
struct Unplugged(std::io::Cursor<String>);

impl std::io::Read for Unplugged {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::Error::other("the disk has gone")),
            read => Ok(read),
        }
    }
}
