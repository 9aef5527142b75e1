//! The store is one file, which people back up, restore, link to and delete.

use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use crate::support::newsletter::{Mail, Newsletter};
use crate::support::serving::{ONE_CLICK, ask, serve};
use crate::support::smtp_server::{ServerOptions, SmtpServer};

fn assert_whole(newsletter: &Newsletter, after: &str) {
    let mut log = newsletter.store().into_os_string();
    log.push("-wal");
    let length = std::fs::metadata(&log).map_or(0, |log| log.len());
    assert_eq!(length, 0, "after {after}, a copy of the store alone is an older one");
}

#[test]
fn after_every_command_the_store_is_whole_in_its_one_file() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server)
        .set("schedule.time", "\"09:30\"")
        .set("schedule.time_zone", "\"UTC\"")
        .subscribed(["reader-one@example.org", "reader-two@example.org"]);
    assert_whole(&newsletter, "import");
    let issue = newsletter.issue("one");
    newsletter.write("broken.csv", "email\nreader-three@example.org\nnobody\n");
    for (code, arguments) in [
        (0, vec!["subscribers", "add", "reader-four@example.org"]),
        (0, vec!["subscribers", "suppress", "reader-four@example.org"]),
        (0, vec!["subscribers", "show", "reader-four@example.org"]),
        (0, vec!["subscribers", "export"]),
        (0, vec!["subscribers", "stats"]),
        // A command that fails closes the store, too.
        (3, vec!["subscribers", "import", "broken.csv", "--rejects", "no/where.csv"]),
        (0, vec!["proof", &issue]),
        (0, vec!["send", &issue, "--yes", "--dry-run"]),
        (0, vec!["send", &issue, "--yes"]),
        (0, vec!["due"]),
        (0, vec!["status"]),
        (3, vec!["status", "never-sent"]),
    ] {
        newsletter.expect(code, &arguments);
        assert_whole(&newsletter, &arguments.join(" "));
    }
    let (serving, _) = serve(&newsletter, &[]);
    serving.signal("TERM");
    assert_eq!(serving.finish().code, 0);
    assert_whole(&newsletter, "serve");

    // So a copy of that file records what was sent.
    let copy = std::fs::read(newsletter.store()).unwrap();
    std::fs::remove_dir_all(newsletter.path("subscribers")).unwrap();
    newsletter.write("subscribers/postrider.sqlite3", copy);
    newsletter.expect(0, &["send", &issue, "--yes"]);
    assert_eq!(server.mailed()["reader-one@example.org"], 1);
}

#[test]
fn a_first_import_that_is_killed_leaves_no_part_of_the_list() {
    let newsletter = Newsletter::outbox().set("outbox.subscribers", "\"example.csv\"");
    let issue = newsletter.issue("one");
    let list = newsletter.path("example.csv");
    assert!(Command::new("mkfifo").arg(&list).status().unwrap().success());
    let sending = newsletter.start(&["send", &issue]);
    let mut rows = std::fs::File::options().write(true).open(&list).unwrap();
    rows.write_all(b"email\n").unwrap();
    // A pipe holds far less than this, so some batches were read.
    for n in 0..20_000 {
        writeln!(rows, "reader-{n}@example.org").unwrap();
    }
    sending.signal("KILL");
    assert_eq!(sending.finish().code, -1);
    drop(rows);
    std::fs::remove_file(&list).unwrap();
    newsletter.write("example.csv", "email\nreader-one@example.org\nreader-two@example.org\n");
    newsletter.expect(0, &["send", &issue]);
    assert_eq!(newsletter.outbox_mail().len(), 2);
}

#[test]
fn nobody_is_told_that_they_unsubscribed_if_the_store_was_replaced() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).subscribed(["reader-one@example.org"]);
    newsletter.expect(0, &["send", &newsletter.issue("one"), "--yes"]);
    let link = Mail::parse(server.messages()[0].content.clone()).unsubscribe_link();
    let backup = std::fs::read(newsletter.store()).unwrap();

    let (serving, address) = serve(&newsletter, &[]);
    assert!(ask(&address, "GET", "/healthz", "").starts_with("HTTP/1.1 200"));
    newsletter.write("restored", backup);
    std::fs::rename(newsletter.path("restored"), newsletter.store()).unwrap();
    let answer = ask(&address, "POST", &link, ONE_CLICK);
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(ask(&address, "GET", "/healthz", "").starts_with("HTTP/1.1 503"));
    serving.signal("TERM");
    let served = serving.finish();
    insta::assert_snapshot!(served.plain_stderr(), @r#"
    listening on http://127.0.0.1:PORT
    TIME ERROR an unsubscribe could not be recorded; the reader was asked to retry cause="the list could not be written: cannot unsubscribe a subscriber in the store FOLDER/subscribers/postrider.sqlite3: it was replaced or removed while it was in use, and the file that is there now does not know what was done since"
    TIME ERROR health check failed cause=the store does not answer: cannot use the store FOLDER/subscribers/postrider.sqlite3: it was replaced or removed while it was in use, and the file that is there now does not know what was done since
    every request was answered
    "#);
    assert!(!served.stderr.contains(link.rsplit('/').next().unwrap()), "{served}");

    let (_serving, address) = serve(&newsletter, &[]);
    assert!(ask(&address, "POST", &link, ONE_CLICK).starts_with("HTTP/1.1 200"));
    assert_eq!(newsletter.json(0, &["subscribers", "stats"])["by_status"]["unsubscribed"], 1);
}

#[test]
fn a_send_whose_store_is_removed_stops_with_an_error() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server).subscribed([
        "reader-one@example.org",
        "hold-after-dot@example.org",
        "reader-three@example.org",
    ]);
    let sending = newsletter.start(&["send", &newsletter.issue("one"), "--yes"]);
    server.wait_until(|log| log.messages.len() == 2);
    std::fs::remove_file(newsletter.store()).unwrap();
    server.release_held(1);
    let stopped = sending.finish();
    assert_eq!(stopped.code, 12, "{stopped}");
    insta::assert_snapshot!(stopped.plain_stderr(), @r"
    test-weekly/one: The week of one
      digest DIGEST via smtp
      3 recipients, 3 to be sent now
             3 at example.org
      takes about a second, if the server accepts 10 messages a second
    error: the ledger in FOLDER/subscribers/postrider.sqlite3 could not be written: it was replaced or removed while it was in use, and the file that is there now does not know what was done since
    hint: Nothing more is sent. Repair the store and run the same command: it resumes.
    ");
    assert_eq!(server.messages().len(), 2, "nobody is mailed of whom no record is kept");
}

#[test]
fn a_store_behind_a_symbolic_link_has_one_sender_at_a_time() {
    let server = SmtpServer::start(ServerOptions::default());
    let first = Newsletter::smtp(&server).subscribed(["hold-after-dot@example.org"]);
    let second = Newsletter::smtp(&server);
    std::fs::create_dir(second.path("subscribers")).unwrap();
    symlink(first.store(), second.store()).unwrap();
    let sending = first.start(&["send", &first.issue("one"), "--yes"]);
    server.wait_until(|log| log.messages.len() == 1);
    second.expect(6, &["send", &second.issue("two"), "--yes"]);
    server.release_held(1);
    assert_eq!(sending.finish().code, 0);
    second.expect(0, &["send", &second.issue("one"), "--yes"]);
    assert_eq!(server.messages().len(), 1, "what the one sent, the other knows");
}

#[test]
fn too_few_open_files_are_an_error_and_no_panic() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    for limit in [5, 6, 7, 8, 10, 12, 16, 24, 34, 48, 64] {
        let sending = Command::new("sh")
            .args(["-c", "ulimit -n $1; exec $2 send $3", "sh", &limit.to_string()])
            .args([env!("CARGO_BIN_EXE_postrider"), &issue])
            .current_dir(newsletter.root())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .output()
            .unwrap();
        let said = String::from_utf8(sending.stderr).unwrap();
        match sending.status.code() {
            Some(0) => assert!(limit > 30, "{limit}: {said}"),
            Some(1) => assert!(said.contains("hint: Raise the limit with `ulimit -n"), "{said}"),
            code => panic!("{limit}: {code:?}: {said}"),
        }
    }
    assert_eq!(newsletter.outbox_mail().len(), 1);
}

#[test]
fn a_store_that_this_user_may_not_use_is_an_error_with_advice() {
    for (folder_mode, file_mode) in [(0o755, 0o000), (0o755, 0o444), (0o555, 0o444), (0o000, 0o644)]
    {
        let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
        let folder = newsletter.path("subscribers");
        let set = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            let is_store = file == newsletter.store();
            set(&file, if is_store { file_mode } else { 0o666 });
        }
        set(&folder, folder_mode);
        let run = newsletter.run_as_nobody(&["subscribers", "suppress", "nobody@example.org"]);
        set(&folder, 0o755);
        let Some(run) = run else {
            return eprintln!("skipped: this user can become nobody else, and may read everything");
        };
        assert_eq!(run.code, 12, "{folder_mode:o} {file_mode:o}: {run}");
        assert!(
            run.error().contains("it cannot be") && run.stderr.contains("for this user"),
            "{run}"
        );
    }
}

#[test]
fn a_missing_store_is_an_error_with_advice() {
    let newsletter = Newsletter::outbox();
    let mut shown = String::new();
    for arguments in [vec!["status"], vec!["subscribers", "stats"], vec!["serve"]] {
        let run = newsletter.expect(12, &arguments);
        shown += &run.plain_stderr();
    }
    insta::assert_snapshot!(shown, @r"
    error: cannot open the store FOLDER/subscribers/postrider.sqlite3: it does not exist
    hint: If it existed before, mount its volume or correct `[store] url` in postrider.toml; if not, make it with `postrider subscribers import FILE`. Only a send into the outbox makes one by itself.
    error: cannot open the store FOLDER/subscribers/postrider.sqlite3: it does not exist
    hint: If it existed before, mount its volume or correct `[store] url` in postrider.toml; if not, make it with `postrider subscribers import FILE`. Only a send into the outbox makes one by itself.
    error: cannot open the store FOLDER/subscribers/postrider.sqlite3: it does not exist
    hint: If it existed before, mount its volume or correct `[store] url` in postrider.toml; if not, make it with `postrider subscribers import FILE`. Only a send into the outbox makes one by itself.
    ");
}

#[test]
fn a_store_with_two_names_has_no_sender() {
    let newsletter = Newsletter::outbox().subscribed(["reader-one@example.org"]);
    let issue = newsletter.issue("one");
    let second = newsletter.path("second.sqlite3");
    std::fs::hard_link(newsletter.store(), &second).unwrap();
    let refused = newsletter.expect(12, &["send", &issue]);
    insta::assert_snapshot!(refused.plain_stderr(), @r"
    error: cannot send from the store FOLDER/subscribers/postrider.sqlite3: the file has 2 names (hard links), so another sender could not be seen
    hint: Remove all names but one, or use a symbolic link.
    ");
    assert_eq!(newsletter.outbox_mail().len(), 0);
    std::fs::remove_file(second).unwrap();
    newsletter.expect(0, &["send", &issue]);
    assert_eq!(newsletter.outbox_mail().len(), 1);
}
