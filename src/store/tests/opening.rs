use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::domain::{SubscriberId, SuppressionReason};
use crate::store::writer::Durability;
use crate::store::{StoreError, StoreFault};

#[tokio::test]
async fn a_new_store_is_readable_by_its_owner_alone() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(3)).await;
    let folder = temporary.path().parent().unwrap().to_owned();
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn a_send_never_makes_a_store() {
    let temporary = Temporary::new();
    let error = Store::open(&temporary.path(), OpenMode::MustExist, "boot").await.unwrap_err();
    assert!(matches!(error.fault, StoreFault::Missing));
    assert!(error.to_string().contains("it does not exist"), "{error}");
    assert!(!temporary.path().exists());
    std::fs::create_dir_all(temporary.path().parent().unwrap()).unwrap();
    std::fs::write(temporary.path(), "").unwrap();
    let error = Store::open(&temporary.path(), OpenMode::MustExist, "boot").await.unwrap_err();
    assert!(matches!(error.fault, StoreFault::Missing));
    let _made = temporary.open().await;
    Store::open(&temporary.path(), OpenMode::MustExist, "boot").await.unwrap();
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_left_alone() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let mut turn = store.writer().turn().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9000, 'of the future', true, x'00', 0)",
    )
    .execute(turn.connection(Durability::Power).await.unwrap())
    .await
    .unwrap();
    let error = Store::open(&temporary.path(), OpenMode::MustExist, "boot").await.unwrap_err();
    assert!(matches!(error.fault, StoreFault::Newer { version: 9000, .. }), "{error:?}");
    assert!(error.advice().contains("Upgrade"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_not_a_store_is_left_alone() {
    let temporary = Temporary::new();
    std::fs::create_dir_all(temporary.path()).unwrap();
    let refused = |error: StoreError| {
        assert!(matches!(error.fault, StoreFault::NotAStore { .. }), "{error:?}");
    };
    refused(Store::open(&temporary.path(), OpenMode::CreateIfMissing, "b").await.unwrap_err());

    let text = temporary.folder.path().join("text");
    std::fs::write(&text, "not a database, whatever its name says. ".repeat(100)).unwrap();
    refused(Store::open(&text, OpenMode::CreateIfMissing, "b").await.unwrap_err());
    assert!(std::fs::read(&text).unwrap().starts_with(b"not a database"));

    let other = temporary.folder.path().join("other.sqlite");
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(&other).create_if_missing(true);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::query("CREATE TABLE theirs (x)").execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let before = std::fs::read(&other).unwrap();
    refused(Store::open(&other, OpenMode::CreateIfMissing, "b").await.unwrap_err());
    assert_eq!(std::fs::read(&other).unwrap(), before);
}

#[tokio::test]
async fn two_processes_may_open_a_new_store_at_once() {
    let temporary = Temporary::new();
    let (a, b, c) = tokio::join!(temporary.open(), temporary.open(), temporary.open());
    import(&a, &readers(1)).await;
    assert_eq!(b.stats().await.unwrap().total, 1);
    assert_eq!(c.stats().await.unwrap().total, 1);
}

#[tokio::test]
async fn a_full_disk_is_named_and_what_was_written_stays() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(10)).await;
    limit_pages(&store).await;
    let list = ListReader::new(std::io::Cursor::new(readers(20_000))).unwrap();
    let error = store.import(list, "a test", at(1), |_| Ok(())).await.unwrap_err();
    let crate::store::ImportError::Store(error) = error else { panic!("{error:?}") };
    assert!(matches!(error.fault, StoreFault::Full), "{error:?}");
    assert!(error.advice().contains("Free some space"), "{error}");
    assert!(store.stats().await.unwrap().total >= 10);
    assert!(store.unsubscribe(SubscriberId(1), "a test", at(2)).await.unwrap());
}

/// Lets the database grow by 20 pages only, like a disk that is nearly full.
pub(super) async fn limit_pages(store: &Store) {
    let mut turn = store.writer().turn().await;
    let connection = turn.connection(Durability::Power).await.unwrap();
    let pages: i64 =
        sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *connection).await.unwrap();
    let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + 20));
    sqlx::query(limit).execute(connection).await.unwrap();
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_read_only() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let mut turn = store.writer().turn().await;
    let connection = turn.connection(Durability::Power).await.unwrap();
    sqlx::query("PRAGMA query_only = on").execute(connection).await.unwrap();
    drop(turn);
    let reader = address("secret@example.org");
    let reason = SuppressionReason::Manual;
    let error = store.suppress(&reader, reason, "a test", at(0)).await.unwrap_err();
    assert!(matches!(error.fault, StoreFault::ReadOnly), "{error:?}");
    assert!(!error.to_string().contains("secret"));
}

#[tokio::test]
async fn a_closed_store_is_whole_in_one_file() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(3)).await;
    store.close().await;
    let copy = temporary.folder.path().join("copy.sqlite");
    std::fs::copy(temporary.path(), &copy).unwrap();
    let copy = Store::open(&copy, OpenMode::MustExist, "boot").await.unwrap();
    assert_eq!(copy.stats().await.unwrap().total, 3);
}

#[tokio::test]
async fn one_sender_at_a_time() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let lock = store.lock_for_sending().unwrap();
    let second = temporary.open().await.lock_for_sending();
    let this_process = StoreFault::HeldByAnother { pid: Some(std::process::id()) };
    assert_eq!(second.unwrap_err().fault, this_process);
    drop(lock);
    store.lock_for_sending().unwrap();
}

#[tokio::test]
async fn a_store_that_another_process_keeps_locked_is_named() {
    let temporary = Temporary::new();
    let (store, other) = (temporary.open().await, temporary.open().await);
    let mut turn = store.writer().turn().await;
    let connection = turn.connection(Durability::Power).await.unwrap();
    sqlx::query("PRAGMA busy_timeout = 0").execute(connection).await.unwrap();
    drop(turn);
    let mut others_turn = other.writer().turn().await;
    let others = others_turn.begin(Durability::Power).await.unwrap();
    let error = store.unsubscribe(SubscriberId(1), "t", at(0)).await.unwrap_err();
    assert!(matches!(error.fault, StoreFault::Locked), "{error:?}");
    others.rollback().await.unwrap();
    assert!(!store.unsubscribe(SubscriberId(1), "t", at(0)).await.unwrap());
}

#[tokio::test]
async fn nothing_is_written_once_the_path_names_another_file() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    import(&store, &readers(1)).await;
    store.check_in_place().unwrap();
    let aside = temporary.folder.path().join("aside.sqlite");
    std::fs::rename(temporary.path(), &aside).unwrap();
    for what in [None, Some("another file")] {
        what.inspect(|content| std::fs::write(temporary.path(), content).unwrap());
        let error = store.unsubscribe(SubscriberId(1), "a test", at(1)).await.unwrap_err();
        assert!(matches!(error.fault, StoreFault::Replaced), "{error:?}");
        assert_eq!(store.check_in_place().unwrap_err().fault, StoreFault::Replaced);
    }
    std::fs::rename(&aside, temporary.path()).unwrap();
    assert!(store.unsubscribe(SubscriberId(1), "a test", at(1)).await.unwrap());
}

#[tokio::test]
async fn a_link_to_a_store_is_the_same_store() {
    let temporary = Temporary::new();
    let store = temporary.open().await;
    let link = temporary.folder.path().join("link.sqlite");
    std::os::unix::fs::symlink(temporary.path(), &link).unwrap();
    let linked = Store::open(&link, OpenMode::MustExist, "boot").await.unwrap();
    let _lock = store.lock_for_sending().unwrap();
    let refused = linked.lock_for_sending().unwrap_err();
    assert!(matches!(refused.fault, StoreFault::HeldByAnother { .. }), "{refused:?}");
    let beside_the_link = std::fs::read_dir(temporary.folder.path()).unwrap().count();
    assert_eq!(beside_the_link, 2, "the folder of the store, and the link");
}
