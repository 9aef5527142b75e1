//! A newsletter for one campaign, in a temporary folder, and the commands that
//! the harness runs on it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::Trouble;
use crate::waybill::{configuration, issue};

/// The number of recipients of a campaign.
pub(crate) const AUDIENCE: usize = 1_000;
/// The number of connections that a sender may open.
pub(crate) const CONNECTIONS: usize = 4;
/// The one issue, below the newsletter's root.
pub(crate) const ISSUE: &str = "issues/waybill.md";

/// A newsletter with a list, on a disk.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    server: String,
}

/// What `status` reports about the campaign.
#[derive(Debug, Default)]
pub(crate) struct LedgerReport {
    /// The number of rows that the ledger has as sent.
    pub sent: u64,
    /// The number of rows in the ledger.
    pub total: u64,
    /// The recipients that it lists as in doubt.
    pub in_doubt: BTreeSet<String>,
}

impl Site {
    /// A newsletter with an imported list that has sent nothing yet.
    pub(crate) fn with_a_list() -> Result<Self, Trouble> {
        // Nothing listens on port 1, so nothing leaves before a sink is given.
        let server = "smtp+plain://127.0.0.1:1".to_owned();
        let site = Self { folder: tempfile::tempdir()?, server };
        fs::create_dir_all(site.root().join("issues"))?;
        fs::create_dir_all(site.root().join("subscribers"))?;
        fs::write(site.root().join(ISSUE), issue())?;
        site.configure()?;
        let list = site.root().join("list.csv");
        fs::write(&list, format!("email\n{}\n", Vec::from_iter(audience()).join("\n")))?;
        let mut import = site.postrider();
        let import = import.args(["subscribers", "import"]).arg(&list).output()?;
        expect_exit(&import, &[0], "importing the list")?;
        Ok(site)
    }

    /// Switches the timer on, and makes the issue due right after.
    pub(crate) fn switch_on(&self) -> Result<(), Trouble> {
        let due = self.postrider().arg("due").output()?;
        expect_exit(&due, &[0, 11], "switching the timer on")?;
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        let now = jiff::Timestamp::now();
        fs::write(self.root().join(ISSUE), format!("Send_at: {now:.0}\n{}", issue()))?;
        Ok(())
    }

    /// Sets or removes `draft: true`; an issue that was removed is there again.
    pub(crate) fn mark_as_draft(&self, draft: bool) -> Result<(), Trouble> {
        let kept = self.root().join("issue.kept");
        let path = self.root().join(ISSUE);
        if !kept.exists() {
            fs::copy(&path, &kept)?;
        }
        let text = fs::read_to_string(kept)?;
        fs::write(path, if draft { format!("Draft: true\n{text}") } else { text })?;
        Ok(())
    }

    /// Removes the issue's file.
    pub(crate) fn remove_issue(&self) -> Result<(), Trouble> {
        fs::rename(self.root().join(ISSUE), self.root().join("issue.kept"))?;
        Ok(())
    }

    /// A copy that sends to the server at `url`.
    pub(crate) fn copy(&self, url: &str) -> Result<Self, Trouble> {
        let copy = Self { folder: tempfile::tempdir()?, server: url.to_owned() };
        copy_folder(self.root(), copy.root())?;
        copy.configure()?;
        Ok(copy)
    }

    /// The newsletter's folder.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The server to which it sends.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// The real program, without the environment of this process.
    pub(crate) fn postrider(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postrider"));
        command.env_clear().arg("--root").arg(self.root());
        command.current_dir(self.root()).stdin(Stdio::null());
        command
    }

    /// The real program, about to send the issue.
    pub(crate) fn send(&self, more: &[&str]) -> Command {
        let mut command = self.postrider();
        command.args(["send", ISSUE, "--yes"]).args(more);
        command
    }

    /// The state of the ledger, read through the real program.
    pub(crate) fn ledger_report(&self) -> Result<LedgerReport, Trouble> {
        let output = self.postrider().args(["status", ISSUE, "--json"]).output()?;
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).map_err(|error| {
                format!("`status --json` wrote no JSON ({error}): {}", told(&output))
            })?;
        let campaign = &report["campaigns"][0];
        let tally = campaign["tally"].as_object().ok_or("`status --json` has no tally")?;
        let in_doubt = campaign["in_doubt"].as_array().ok_or("`status --json` lists no doubt")?;
        let address = |row: &serde_json::Value| row["address"].as_str().map(str::to_owned);
        Ok(LedgerReport {
            sent: tally.get("sent").and_then(serde_json::Value::as_u64).unwrap_or(0),
            total: tally.values().filter_map(serde_json::Value::as_u64).sum(),
            in_doubt: in_doubt.iter().filter_map(address).collect(),
        })
    }

    fn configure(&self) -> Result<(), Trouble> {
        Ok(fs::write(self.root().join("postrider.toml"), configuration(&self.server, CONNECTIONS))?)
    }
}

/// The path of the store of the newsletter in `root`.
pub(crate) fn store_in(root: &Path) -> PathBuf {
    root.join("subscribers/postrider.sqlite3")
}

/// The addresses on the list.
pub(crate) fn audience() -> BTreeSet<String> {
    (1..=AUDIENCE).map(|number| format!("reader{number:04}@example.org")).collect()
}

/// Fails with the output of the program if it ended in another way than expected.
pub(crate) fn expect_exit(output: &Output, codes: &[i32], attempted: &str) -> Result<(), Trouble> {
    if output.status.code().is_some_and(|code| codes.contains(&code)) {
        Ok(())
    } else {
        let status = output.status;
        Err(format!("{attempted}: {status} instead of {codes:?}:\n{}", told(output)).into())
    }
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Trouble> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
