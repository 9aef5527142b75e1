//! Stores of earlier builds are opened, read and sent from.

mod maker;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use sqlx::{Connection, SqliteConnection};

use crate::images::{images, png};
use crate::support::fake_mailchimp::{KEY, LIST};
use crate::support::newsletter::{Mail, Newsletter};
use crate::support::rendering::root;
use crate::support::smtp_server::{ServerOptions, SmtpServer};

/// Stands in the stores for the boot in which their rows were reserved.
const BOOT_ID: &str = "the boot of another machine";

#[test]
fn every_campaign_and_every_subscriber_is_still_there() {
    for store in stores() {
        let newsletter = store.newsletter(&SmtpServer::start(ServerOptions::default()), BOOT_ID);
        let now = newsletter.expect(0, &["status", "--json"]).stdout;
        let then: Value = serde_json::from_str(&store.file("status.json")).unwrap();
        assert_holds(&serde_json::from_str(&now).unwrap(), &then, "status");
        let list = newsletter.expect(0, &["subscribers", "export"]).stdout;
        assert_eq!(list, store.file("list.csv"));
    }
}

#[test]
fn an_interrupted_campaign_is_resumed_to_its_end_and_nobody_is_mailed_twice() {
    let this_boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    // After a loss of power a row that was only reserved is in doubt, too.
    let cases = [(this_boot.trim(), "after a kill"), (BOOT_ID, "after a loss of power")];
    for store in stores() {
        for (boot_id, case) in cases {
            let server = obedient_server();
            let newsletter = store.newsletter(&server, boot_id);
            newsletter.expect(10, &["send", "issues/interrupted.md", "--yes"]);
            let mut mailed = vec!["reader-nine", "reader-seven", "reader-six", "tempfail"];
            let mut unknown = 4;
            if boot_id != BOOT_ID {
                mailed.extend(["reader-five", "reader-four"]);
                unknown = 2;
            }
            assert_eq!(server.mailed(), once(&mailed), "{case}");
            let tally = tally(&newsletter, "interrupted");
            let sent = 3 + mailed.len() as u64;
            assert_eq!((tally["sent"], tally["unknown"]), (sent, unknown), "{case}");
            assert_eq!((tally["rejected"], tally["withdrawn"]), (1, 1), "{case}");
            assert_eq!(tally.values().sum::<u64>(), 13, "{case}");

            let skip = ["send", "issues/interrupted.md", "--yes", "--in-doubt", "skip"];
            newsletter.expect(9, &skip);
            assert_eq!(server.mailed(), once(&mailed), "{case}");
            assert_eq!(newsletter.status("interrupted")["standing"], "finished", "{case}");
        }
    }
}

#[test]
fn a_paused_campaign_goes_on_and_what_is_in_doubt_can_be_sent_again() {
    for store in stores() {
        let server = obedient_server();
        let newsletter = store.newsletter(&server, BOOT_ID);
        newsletter.expect(0, &["send", "issues/paused.md", "--yes"]);
        assert_eq!(server.mailed(), once(&["drop-after-dot", "reader-one", "reader-two"]));
        let tally = tally(&newsletter, "paused");
        assert_eq!((tally["sent"], tally["withdrawn"]), (3, 2));

        newsletter.expect(0, &["send", "issues/images.md", "--yes", "--in-doubt", "resend"]);
        let last = server.messages().pop().unwrap();
        assert_eq!(last.recipient, "drop-after-dot@example.org");
        assert_eq!(images(&Mail::parse(last.content))[0].1, png(600, 400, 300));
    }
}

#[test]
fn what_was_sent_is_not_sent_again_and_a_trial_can_be() {
    for store in stores() {
        let server = obedient_server();
        let newsletter = store.newsletter(&server, BOOT_ID);
        newsletter.expect(0, &["send", "issues/finished.md", "--yes"]);
        newsletter.expect(0, &["send", "issues/pushed.md", "--yes", "--via", "mailchimp"]);
        assert_eq!(server.mailed(), once(&[]));
        newsletter.expect(0, &["send", "issues/trial.md", "--yes"]);
        assert_eq!(server.mailed().len(), 11);
    }
}

/// A store that a build left in `tests/fixtures/stores`.
struct OldStore {
    sql: PathBuf,
}

fn stores() -> Vec<OldStore> {
    let folder = std::fs::read_dir(root().join("tests/fixtures/stores")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    let stores: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|sql| OldStore { sql })
        .collect();
    assert!(!stores.is_empty());
    stores
}

impl OldStore {
    /// What the build reported of its store.
    fn file(&self, extension: &str) -> String {
        std::fs::read_to_string(self.sql.with_extension(extension)).unwrap()
    }

    /// A newsletter with this store. Its reserved rows are of the boot `boot_id`,
    /// and its deferred rows are due, whatever the clock of this machine says.
    fn newsletter(&self, server: &SmtpServer, boot_id: &str) -> Newsletter {
        let newsletter = with_issues(Newsletter::smtp(server));
        let mut sql = self.file("sql").replace(BOOT_ID, boot_id);
        sql.push_str("UPDATE recipients SET due_at = 1 WHERE state = 'deferred';");
        let path = newsletter.write("subscribers/postrider.sqlite3", "");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let url = format!("sqlite://{}", path.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
        newsletter
    }
}

/// Writes the issues of which the stores hold campaigns.
fn with_issues(newsletter: Newsletter) -> Newsletter {
    for name in ["paused", "finished", "pushed", "interrupted", "trial"] {
        newsletter.issue(name);
    }
    newsletter.write("issues/chart.png", png(600, 400, 300));
    newsletter.issue_of("images", "title: The week of images\n", "![A chart](chart.png)\n");
    newsletter
        .set("images.mode", "\"embed\"")
        .set("mailchimp.audience", &format!("\"{LIST}\""))
        .secret("POSTRIDER_MAILCHIMP_API_KEY", KEY)
}

/// A server that accepts the addresses which were refused before.
fn obedient_server() -> SmtpServer {
    SmtpServer::start(ServerOptions { accepts_everybody: true, ..ServerOptions::default() })
}

fn once(readers: &[&str]) -> BTreeMap<String, usize> {
    readers.iter().map(|reader| (format!("{reader}@example.org"), 1)).collect()
}

fn tally(newsletter: &Newsletter, slug: &str) -> BTreeMap<String, u64> {
    serde_json::from_value(newsletter.status(slug)["tally"].clone()).unwrap()
}

/// `--json` may gain fields. None may vanish or change.
fn assert_holds(now: &Value, then: &Value, place: &str) {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            for (name, then) in then {
                assert_holds(&now[name], then, &format!("{place}.{name}"));
            }
        }
        (Value::Array(now), Value::Array(then)) => {
            assert_eq!(now.len(), then.len(), "{place}");
            for (n, (now, then)) in now.iter().zip(then).enumerate() {
                assert_holds(now, then, &format!("{place}[{n}]"));
            }
        }
        _ => assert_eq!(now, then, "{place}"),
    }
}
