//! A store, a disk or a pipe that fails.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::support::newsletter::Newsletter;
use crate::support::small_disk::SmallDisk;
use crate::support::smtp_server::{ServerOptions, SmtpServer};

fn newsletter() -> Newsletter {
    Newsletter::outbox().subscribed(["reader-one@example.org", "reader-two@example.org"])
}

fn sql(newsletter: &Newsletter, statement: &'static str) {
    use sqlx::ConnectOptions;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(newsletter.store());
        let mut connection = options.connect().await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    });
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let newsletter = newsletter();
    sql(
        &newsletter,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9000, 'of the future', true, x'00', 0)",
    );
    let issue = newsletter.issue("one");
    let run = newsletter.expect(12, &["send", &issue]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    error: cannot open the store FOLDER/subscribers/postrider.sqlite3: a newer postrider has changed it (it holds migration 9000, and this build knows none after NUMBER)
    hint: Nothing was changed. Upgrade postrider on this machine.
    ");
    for arguments in [vec!["status"], vec!["subscribers", "stats"]] {
        assert_eq!(newsletter.expect(12, &arguments).stderr, run.stderr);
    }
    assert!(newsletter.outbox_mail().is_empty());
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let newsletter = Newsletter::outbox();
    newsletter.write("subscribers/postrider.sqlite3", "my diary");
    let run = newsletter.expect(12, &["send", &newsletter.issue("one")]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    error: cannot open the store FOLDER/subscribers/postrider.sqlite3: it is not a postrider store: it is not a SQLite file
      because error returned from database: (code: 26) file is not a database
    hint: Nothing was changed. Correct `[store] url` in postrider.toml, or restore the file from a backup.
    ");
    assert_eq!(std::fs::read(newsletter.store()).unwrap(), b"my diary");
}

#[test]
fn a_store_that_can_not_be_written_is_told_and_nobody_is_mailed() {
    // Who may write everything would not be hindered, so another user tries.
    let newsletter = newsletter();
    let issue = newsletter.issue("one");
    let folder = newsletter.path("subscribers");
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o444)).unwrap();
    }
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let run = newsletter.run_as_nobody(&["send", &issue]);
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let Some(run) = run else {
        return eprintln!("skipped: this user can become nobody else, and may write everything");
    };
    assert_eq!(run.code, 12, "{run}");
    // SQLite finds out when it opens the file or when it first writes, by turns.
    assert!(run.stderr.contains("the file and its folder"), "{run}");
    assert!(newsletter.outbox_mail().is_empty());
}

#[test]
fn an_outbox_that_can_not_be_written_is_told_and_the_campaign_resumes() {
    let newsletter = newsletter();
    let issue = newsletter.issue("one");
    newsletter.write("outbox", "a file where the folder should be");
    let run = newsletter.expect(7, &["send", &issue]);
    insta::assert_snapshot!(run.plain_stderr(), @r"
    test-weekly/one: 0 of 2 got it, 2 to be sent
    warning: stopped before the end: FOLDER/outbox: connecting: the folder tmp could not be made: Not a directory (os error NUMBER)
    hint: Run the same command again to send to the others; no recipient is lost.
    ");
    std::fs::remove_file(newsletter.path("outbox")).unwrap();
    newsletter.expect(0, &["send", &issue]);
    assert_eq!(newsletter.outbox_mail().len(), 2);
}

#[test]
fn a_reader_of_standard_output_may_go_away() {
    let newsletter = newsletter();
    let rows: String = (0..20_000).map(|n| format!("reader-{n}@example.org\n")).collect();
    newsletter.write("many.csv", format!("email\n{rows}"));
    newsletter.expect(0, &["subscribers", "import", "many.csv"]);
    for arguments in [["subscribers", "export"], ["check", "--help"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_postrider"))
            .args(arguments)
            .current_dir(newsletter.root())
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // As `| head -0` does.
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert_eq!(said, "", "{arguments:?}");
    }
}

/// A pipe whose reader has gone.
fn unheard() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_check_whose_output_is_cut_after_one_line_ends_quietly() {
    let newsletter = Newsletter::outbox();
    // More than a pipe holds, so that the program writes after the reader has gone.
    let faults = "See [this](LINK_HERE).\n\n".repeat(40);
    for number in 0..40 {
        newsletter.issue_of(&format!("issue-{number}"), &format!("title: {number}\n"), &faults);
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_postrider"))
        .args(["--quiet", "check", "issues"])
        .current_dir(newsletter.root())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut reader = BufReader::with_capacity(128, child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert!(first.contains("error[placeholder-link]"), "{first}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(4), "the findings still decide the exit code");
}

#[test]
fn how_a_run_ends_does_not_depend_on_who_listens() {
    let newsletter = newsletter();
    let bad = newsletter.issue_of("bad", "title: Bad\n", "See [this](LINK_HERE).\n");
    for (code, arguments) in [
        (4, vec!["check", "--json", &bad]),
        (4, vec!["check", "--format", "github", &bad]),
        (3, vec!["check", "--json", "issues/missing.md"]),
        (2, vec!["sned"]),
        (0, vec!["--help"]),
    ] {
        assert_eq!(
            newsletter.run_into(&arguments, unheard(), Stdio::null()),
            code,
            "{arguments:?}"
        );
        assert_eq!(newsletter.run_into(&arguments, unheard(), unheard()), code, "{arguments:?}");
        let full = || Stdio::from(std::fs::File::options().write(true).open("/dev/full").unwrap());
        assert_eq!(newsletter.run_into(&arguments, Stdio::null(), full()), code, "{arguments:?}");
    }
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server)
        .subscribed(["drop-after-dot@example.org", "reader-one@example.org"]);
    let issue = newsletter.issue("one");
    for _ in ["sent now", "sent already"] {
        let arguments = ["send", &issue, "--yes", "--json"];
        assert_eq!(newsletter.run_into(&arguments, unheard(), unheard()), 10);
    }
}

#[test]
#[ignore = "needs root for a tmpfs"]
fn a_full_disk_is_told_and_after_some_space_is_freed_everybody_has_it_once() {
    let server = SmtpServer::start(ServerOptions::default());
    let newsletter = Newsletter::smtp(&server);
    let disk = SmallDisk::mount(newsletter.path("subscribers"), "48m");
    let rows: String = (0..2_000).map(|n| format!("reader-{n}@example.org\n")).collect();
    newsletter.write("many.csv", format!("email\n{rows}"));
    newsletter.expect(0, &["subscribers", "import", "many.csv"]);
    let issue = newsletter.issue("one");

    disk.fill();
    let run = newsletter.expect(12, &["send", &issue, "--yes"]);
    assert!(run.stderr.contains("the disk is full"), "{run}");
    assert!(server.mailed().is_empty());

    // Full in the midst of it: what was sent is known, and the rest is sent later.
    disk.free();
    let sending = newsletter.start(&["send", &issue, "--yes"]);
    server.wait_until(|log| log.messages.len() > 20);
    disk.fill();
    let stopped = sending.finish();
    disk.free();
    assert_eq!(stopped.code, 12, "{stopped}");
    assert!(stopped.stderr.contains("the disk is full"), "{stopped}");
    let in_doubt = newsletter.status(&issue)["in_doubt"].as_array().unwrap().len();
    let code = if in_doubt == 0 { 0 } else { 10 };
    let resumed = newsletter.expect(code, &["send", &issue, "--yes"]);
    let tally = &newsletter.status(&issue)["tally"];
    let (sent, unknown) = (tally["sent"].as_u64().unwrap(), tally["unknown"].as_u64().unwrap());
    assert_eq!(sent + unknown, 2_000, "{stopped}\n{resumed}");
    assert!(unknown <= 1, "one connection leaves one in doubt at most");
    assert!(server.mailed().values().all(|times| *times == 1));
    assert!(server.mailed().len() as u64 >= sent);
}
