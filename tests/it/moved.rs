//! A store that is not where it was: nobody is mailed before that is known.

use std::path::Path;
use std::process::Command;

use crate::support::newsletter::Newsletter;
use crate::support::smtp_server::{ServerOptions, SmtpServer};

const READERS: [&str; 3] =
    ["reader-one@example.org", "hold-after-dot@example.org", "reader-three@example.org"];

/// A newsletter that has sent one issue.
fn in_use(server: &SmtpServer) -> Newsletter {
    server.release_held(1);
    let newsletter = Newsletter::smtp(server).subscribed(READERS);
    newsletter.expect(0, &["send", &newsletter.issue("one"), "--yes"]);
    newsletter
}

/// Another folder of the same newsletter, with a copy of the store's file alone.
fn elsewhere(newsletter: &Newsletter, server: &SmtpServer) -> Newsletter {
    let other = Newsletter::smtp(server);
    std::fs::create_dir_all(other.store().parent().unwrap()).unwrap();
    std::fs::copy(newsletter.store(), other.store()).unwrap();
    other
}

fn beside(newsletter: &Newsletter, suffix: &str) -> std::path::PathBuf {
    let mut name = newsletter.store().into_os_string();
    name.push(suffix);
    name.into()
}

/// Puts a copy in the place of the store, as the runbook says.
fn put_back(newsletter: &Newsletter, copy: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(newsletter, suffix));
    }
    std::fs::copy(copy, newsletter.store()).unwrap();
}

#[test]
fn a_copy_of_the_file_alone_that_was_made_while_it_was_in_use_is_refused() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = in_use(&server);
    let issue = newsletter.issue("two");
    let sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() == 5);

    let copy = elsewhere(&newsletter, &server);
    let issue = copy.issue("two");
    for command in [&["send", &issue, "--yes"][..], &["send", "issues/one.md", "--yes"]] {
        copy.issue("one");
        let refused = copy.expect(12, command);
        assert!(refused.error().contains("it was copied while it was in use"), "{refused}");
        assert!(refused.stderr.contains("`postrider adopt`"), "{refused}");
    }
    let status = copy.expect(0, &["status"]);
    assert!(status.stderr.contains("`send` and `due` refuse the store"), "{status}");
    server.release_held(1);
    assert_eq!(sending.finish().code, 0);
    assert!(server.mailed().values().all(|&mails| mails == 2), "{:?}", server.mailed());
}

#[test]
fn an_older_copy_is_refused_until_it_is_adopted() {
    let server = SmtpServer::start(ServerOptions::default());
    let mut newsletter = in_use(&server);
    let backup = newsletter.path("backup");
    std::fs::copy(newsletter.store(), &backup).unwrap();
    server.release_held(1);
    let two = newsletter.issue("two");
    newsletter.expect(0, &["send", &two, "--yes"]);
    newsletter.expect(0, &["status"]);

    put_back(&newsletter, &backup);
    let refused = newsletter.expect(12, &["send", &two, "--yes"]);
    insta::assert_snapshot!(refused.plain_stderr(), @r#"
    error: cannot send from the store FOLDER/subscribers/postrider.sqlite3: it does not know of the last messages that were sent from it, so it was restored from an older copy, or without its `-wal` file
    hint: Nobody was mailed. If another copy is still in use, use that one. If this is the right one, compare `postrider status` with the relay's log as "Restore" in deploy/runbook.md says, and then run `postrider adopt`.
    "#);
    let status = newsletter.expect(0, &["status"]);
    assert!(status.stderr.contains("`send` and `due` refuse the store"), "{status}");
    assert!(status.stderr.contains("`postrider adopt`"), "{status}");
    // A dry run refuses what the run itself refuses.
    let shown = newsletter.expect(12, &["send", &two, "--dry-run"]);
    assert_eq!(shown.error(), refused.error());
    newsletter.change("schedule.time", "\"17:00\"");
    newsletter.change("schedule.time_zone", "\"Europe/Brussels\"");
    let shown = newsletter.expect(12, &["due", "--dry-run"]);
    assert_eq!(shown.error(), refused.error());
    let next = newsletter.expect(0, &["due", "--next"]);
    assert!(next.stderr.contains("`postrider adopt`"), "{next}");
    assert!(server.mailed().values().all(|&mails| mails == 2), "{:?}", server.mailed());

    let adopted = newsletter.expect(0, &["adopt"]);
    assert!(adopted.stderr.contains("is now the store to send from;"), "{adopted}");
    let again = newsletter.expect(0, &["adopt"]);
    assert!(again.stderr.contains("nothing was changed"), "{again}");
    server.release_held(1);
    newsletter.expect(0, &["send", &two, "--yes"]);
    assert_eq!(newsletter.expect(0, &["status"]).stderr, "");
}

#[test]
fn a_store_without_the_log_of_a_killed_send_is_refused_and_with_it_resumes() {
    for with_log in [true, false] {
        let server = SmtpServer::start(ServerOptions::default());
        let newsletter = in_use(&server);
        let issue = newsletter.issue("two");
        let sending = newsletter.start(&["send", &issue, "--yes"]);
        server.wait_until(|log| log.messages.len() == 5);
        sending.signal("KILL");
        sending.finish();
        server.release_held(1);
        if with_log {
            // Another program merges the log, and removes it.
            newsletter.expect(0, &["status"]);
            newsletter.expect(10, &["send", &issue, "--yes"]);
            assert_eq!(server.mailed()["reader-one@example.org"], 2);
        } else {
            let copy = newsletter.path("copy");
            std::fs::copy(newsletter.store(), &copy).unwrap();
            put_back(&newsletter, &copy);
            let refused = newsletter.expect(12, &["send", &issue, "--yes"]);
            assert!(refused.error().contains("it does not know of the last messages"), "{refused}");
        }
    }
}

#[test]
fn a_store_that_was_closed_may_move() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = in_use(&server);
    let other = Newsletter::smtp(&server);
    std::fs::create_dir_all(other.store().parent().unwrap()).unwrap();
    for suffix in ["", ".witness"] {
        std::fs::copy(beside(&newsletter, suffix), beside(&other, suffix)).unwrap();
    }
    server.release_held(1);
    other.expect(0, &["send", &other.issue("two"), "--yes"]);
    // A store that was closed is whole in its one file.
    let third = elsewhere(&other, &server);
    server.release_held(1);
    third.expect(0, &["send", &third.issue("three"), "--yes"]);
    assert!(server.mailed().values().all(|&mails| mails == 3), "{:?}", server.mailed());
}

#[test]
fn another_store_in_the_place_of_one_that_was_sent_from_is_refused() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = in_use(&server);
    std::fs::remove_file(newsletter.store()).unwrap();
    let newsletter = newsletter.subscribed(READERS);
    let refused = newsletter.expect(12, &["send", &newsletter.issue("one"), "--yes"]);
    assert!(refused.error().contains("belongs to another store"), "{refused}");
}

#[test]
fn a_trial_needs_no_witness() {
    let newsletter = Newsletter::outbox().subscribed(READERS);
    newsletter.expect(0, &["send", &newsletter.issue("one"), "--yes"]);
    assert!(!beside(&newsletter, ".witness").exists());
}

/// Needs the right to mount, which a user namespace may give.
#[test]
fn a_file_that_is_mounted_by_itself_is_refused() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = in_use(&server);
    let other = elsewhere(&newsletter, &server);
    let run = |flags: &str, command: &str| {
        let script =
            format!("mount --bind \"$0\" \"$1\" || exit 99; exec \"$2\" --root \"$3\" {command}");
        Command::new("unshare")
            .args([flags, "sh", "-c", &script])
            .args([newsletter.store(), other.store()])
            .args([Path::new(env!("CARGO_BIN_EXE_postrider")), other.root()])
            .output()
    };
    for command in ["status", "serve"] {
        let tried = ["-m", "-rm"].map(|flags| run(flags, command));
        let Some(refused) =
            tried.into_iter().flatten().find(|run| !matches!(run.status.code(), Some(1 | 99)))
        else {
            eprintln!("skipped: this user may not mount");
            return;
        };
        let told = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(12), "{told}");
        assert!(told.contains("the file is mounted by itself"), "{told}");
    }
}
