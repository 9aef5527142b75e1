//! Creates the store of a release, which all later releases must open.

use std::path::Path;
use std::process::Command;

use crate::support::fake_mailchimp::FakeMailchimp;
use crate::support::newsletter::Newsletter;
use crate::support::smtp_server::{ServerOptions, SmtpServer};

const FIRST_LIST: &str = "\
email,first_name,last_name,status,City
policyfail@example.org,,,subscribed,
reader-one@example.org,Ada,Example,subscribed,Ghent
reader-two@example.org,Łucja,O'Example,subscribed,\"Łódź; \"\"old\"\" town\"
permfail@example.org,,,subscribed,
drop-after-dot@example.org,,,subscribed,
left@example.org,,,unsubscribed,
waiting@example.org,,,unconfirmed,
cleaned@example.org,,,cleaned,
complained@example.org,,,complained,
blocked@example.org,,,blocklisted,
";

const SECOND_LIST: &str = "\
email
tempfail@example.org
reader-three@example.org
permfail+three@example.org
hold-after-dot@example.org
reader-four@example.org
reader-five@example.org
reader-six@example.org
reader-seven@example.org
reader-eight@example.org
reader-nine@example.org
";

/// Runs this build through everything that a store can hold, and writes the
/// store as SQL, with what this build reports of it. Only with a name in
/// `POSTRIDER_STORE_NAME` it writes to the fixtures: see their README.
#[test]
#[ignore = "needs sqlite3"]
fn the_store_of_this_build_can_be_kept() {
    let scratch = tempfile::tempdir().unwrap();
    let (folder, name) = match std::env::var("POSTRIDER_STORE_NAME") {
        Ok(name) => (crate::support::rendering::root().join("tests/fixtures/stores"), name),
        Err(_) => (scratch.path().to_owned(), "scratch".to_owned()),
    };
    let server = SmtpServer::start(ServerOptions::default());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let provider = runtime.block_on(FakeMailchimp::start());
    let mut newsletter = super::with_issues(Newsletter::smtp(&server))
        .set("mailchimp.base_url", &format!("\"http://{}\"", provider.address));
    newsletter.write("first.csv", FIRST_LIST);
    newsletter.expect(0, &["subscribers", "import", "first.csv"]);
    newsletter.expect(0, &["subscribers", "suppress", "never@example.org"]);

    // Nobody listens there, so the campaign is paused.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    newsletter.change("smtp.url", &format!("\"smtp+plain://{closed}\""));
    let paused = newsletter.expect(7, &["send", "issues/paused.md", "--yes"]);
    assert!(newsletter.status("paused")["paused"].is_string(), "{paused}");
    newsletter.change("smtp.url", &format!("\"{}\"", server.url()));
    newsletter.expect(0, &["subscribers", "suppress", "policyfail@example.org"]);

    newsletter.expect(0, &["proof", "issues/finished.md"]);
    newsletter.expect(10, &["send", "issues/finished.md", "--yes"]);
    newsletter.expect(9, &["send", "issues/finished.md", "--yes", "--in-doubt", "skip"]);
    newsletter.expect(10, &["send", "issues/images.md", "--yes"]);
    newsletter.expect(0, &["send", "issues/pushed.md", "--yes", "--via", "mailchimp"]);

    newsletter.write("second.csv", SECOND_LIST);
    newsletter.expect(0, &["subscribers", "import", "second.csv"]);
    let sending = newsletter.start(&["send", "issues/interrupted.md", "--yes"]);
    server.wait_until(|log| {
        log.messages.last().is_some_and(|last| last.recipient.starts_with("hold-after-dot"))
    });
    sending.signal("KILL");
    sending.finish();
    newsletter.expect(0, &["subscribers", "suppress", "reader-eight@example.org"]);
    newsletter.expect(0, &["send", "issues/trial.md", "--via", "outbox"]);

    let status = newsletter.expect(0, &["status", "--json"]).stdout;
    let list = newsletter.expect(0, &["subscribers", "export"]).stdout;
    std::fs::write(folder.join(format!("{name}.status.json")), status).unwrap();
    std::fs::write(folder.join(format!("{name}.list.csv")), list).unwrap();
    std::fs::write(folder.join(format!("{name}.sql")), dump(&newsletter.store())).unwrap();
}

/// The store as SQL. The number of this machine's boot is not for others.
fn dump(store: &Path) -> String {
    let dump = Command::new("sqlite3").arg(store).arg(".dump").output().unwrap();
    assert!(dump.status.success(), "{dump:?}");
    let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    String::from_utf8(dump.stdout).unwrap().replace(boot_id.trim(), super::BOOT_ID)
}
