//! The outbox is a Maildir that contains each message once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use postrider::delivery::{
    Attempt, ConnectError, Connection, DoubtMark, Envelope, Phase, Transport,
};
use postrider::domain::EmailAddress;
use postrider::transport::{OutboxConnection, OutboxTransport};

async fn deliver(connection: &mut OutboxConnection, id: &str, message: &[u8]) -> (Attempt, bool) {
    let address = EmailAddress::parse("reader@example.org").unwrap();
    let envelope = Envelope { sender: &address, recipient: &address, message_id: id };
    let doubt = DoubtMark::default();
    let attempt = connection.deliver(&envelope, message, &doubt).await;
    (attempt, doubt.is_raised())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_message_stands_in_new_as_it_was_given_and_private() {
    let root = tempfile::tempdir().unwrap();
    let maildir = root.path().join("a/outbox");
    let mut connection = OutboxTransport::new(&maildir).connect().await.unwrap();
    let message = b"Subject: x\r\n\r\n.dots stay\r\n";
    let (attempt, doubt) = deliver(&mut connection, "abc@example.org", message).await;
    assert!(matches!(attempt, Attempt::Accepted(reply) if reply.code == 250));
    assert!(doubt && connection.is_usable());
    let stored = files(&maildir.join("new"));
    assert_eq!(stored.len(), 1);
    assert_eq!(fs::read(&stored[0]).unwrap(), message);
    assert_eq!(mode(&stored[0]), 0o600);
    for folder in ["", "tmp", "new", "cur"] {
        assert_eq!(mode(&maildir.join(folder)), 0o700, "{folder}");
    }
    assert!(files(&maildir.join("tmp")).is_empty());
}

#[tokio::test]
async fn the_same_message_again_replaces_and_does_not_double() {
    let root = tempfile::tempdir().unwrap();
    let mut connection = OutboxTransport::new(root.path()).connect().await.unwrap();
    deliver(&mut connection, "a@example.org", b"one\r\n").await;
    deliver(&mut connection, "a@example.org", b"two\r\n").await;
    deliver(&mut connection, "b@example.org", b"three\r\n").await;
    let mut contents: Vec<_> =
        files(&root.path().join("new")).iter().map(|path| fs::read(path).unwrap()).collect();
    contents.sort();
    assert_eq!(contents, [b"three\r\n".to_vec(), b"two\r\n".to_vec()]);
}

#[tokio::test]
async fn a_message_that_was_read_is_left_where_it_is() {
    let root = tempfile::tempdir().unwrap();
    let outbox = OutboxTransport::new(root.path());
    let mut connection = outbox.connect().await.unwrap();
    deliver(&mut connection, "a@example.org", b"one\r\n").await;
    let stored = files(&root.path().join("new")).remove(0);
    let name = stored.file_name().unwrap().to_str().unwrap();
    fs::rename(&stored, root.path().join("cur").join(format!("{name}:2,S"))).unwrap();

    let mut connection = outbox.connect().await.unwrap();
    let (attempt, doubt) = deliver(&mut connection, "a@example.org", b"two\r\n").await;
    assert!(matches!(attempt, Attempt::Accepted(_)) && !doubt, "{attempt:?}");
    assert!(files(&root.path().join("new")).is_empty());
    assert_eq!(files(&root.path().join("cur")).len(), 1);
}

#[tokio::test]
async fn what_an_interrupted_run_left_is_replaced_and_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let outbox = OutboxTransport::new(root.path().join("outbox"));
    let mut connection = outbox.connect().await.unwrap();
    deliver(&mut connection, "a@example.org", b"one\r\n").await;
    let stored = files(&outbox.maildir().join("new")).remove(0);
    let draft = outbox.maildir().join("tmp").join(stored.file_name().unwrap());
    let elsewhere = root.path().join("elsewhere");
    fs::write(&elsewhere, "precious").unwrap();
    std::os::unix::fs::symlink(&elsewhere, &draft).unwrap();
    deliver(&mut connection, "a@example.org", b"two\r\n").await;
    assert_eq!(fs::read(&elsewhere).unwrap(), b"precious");
    assert_eq!(fs::read(&stored).unwrap(), b"two\r\n");
}

#[tokio::test]
async fn a_folder_that_takes_nothing_costs_the_message_and_leaves_no_remains() {
    for (folder, phase) in [("tmp", Phase::Content), ("new", Phase::Content)] {
        let root = tempfile::tempdir().unwrap();
        let mut connection = OutboxTransport::new(root.path()).connect().await.unwrap();
        fs::remove_dir(root.path().join(folder)).unwrap();
        fs::write(root.path().join(folder), "in the way").unwrap();
        let (attempt, _) = deliver(&mut connection, "a@example.org", b"one\r\n").await;
        let Attempt::Lost { phase: found, cause } = attempt else { panic!("{attempt:?}") };
        assert_eq!(found, phase);
        assert!(cause.contains(folder) && !cause.contains("reader"), "{cause}");
        if folder == "new" {
            assert!(files(&root.path().join("tmp")).is_empty());
        }
    }
}

#[tokio::test]
async fn a_maildir_that_cannot_be_made_is_refused_at_once() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), "").unwrap();
    let error = OutboxTransport::new(root.path().join("file")).connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable { phase: Phase::Connect, .. }), "{error}");
    assert!(error.to_string().contains("could not be made"), "{error}");
}

#[tokio::test]
#[ignore = "needs SMALL_DISK, a folder on a file system with less than 1 MB left"]
async fn a_full_disk_costs_the_message_and_leaves_no_remains() {
    let disk = std::env::var("SMALL_DISK").expect("SMALL_DISK is not set");
    let root = tempfile::tempdir_in(disk).unwrap();
    let mut connection = OutboxTransport::new(root.path()).connect().await.unwrap();
    let (attempt, doubt) = deliver(&mut connection, "a@example.org", &[b'x'; 1 << 20]).await;
    let Attempt::Lost { phase: Phase::Content, cause } = attempt else { panic!("{attempt:?}") };
    assert!(cause.contains("No space left") && !doubt, "{cause}");
    assert!(files(&root.path().join("tmp")).is_empty());
    assert!(files(&root.path().join("new")).is_empty());
    let (attempt, _) = deliver(&mut connection, "b@example.org", b"small\r\n").await;
    assert!(matches!(attempt, Attempt::Accepted(_)), "{attempt:?}");
}
