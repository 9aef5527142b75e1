//! A newsletter with a list, in a temporary folder, and the program that sends it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Trouble;
use crate::relay::Relay;
use crate::waybill::{configuration, issue};

const ISSUE: &str = "issues/waybill.md";
const STORE: &str = "subscribers/postrider.sqlite3";

/// A newsletter whose list was imported and that has sent nothing.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Site {
    /// Imports a list of so many readers.
    pub(crate) fn with_readers(program: &Path, readers: usize) -> Result<Self, Trouble> {
        let site = Self { folder: tempfile::tempdir()?, program: program.to_owned() };
        fs::create_dir_all(site.path("issues"))?;
        fs::create_dir_all(site.path("subscribers"))?;
        fs::write(site.path(ISSUE), issue())?;
        site.configure("smtp+plain://127.0.0.1:1", 1)?;
        let mut list = "email\n".to_owned();
        for number in 0..readers {
            let _ = writeln!(list, "reader{number}@{}", DOMAINS[number % DOMAINS.len()]);
        }
        fs::write(site.path("list.csv"), list)?;
        let import = site.postrider().args(["subscribers", "import", "list.csv"]).output()?;
        if !import.status.success() {
            return Err(String::from_utf8_lossy(&import.stderr).into());
        }
        Ok(site)
    }

    /// Starts to send from a copy of this newsletter.
    pub(crate) fn start(&self, relay: &Relay, connections: usize) -> Result<Sending, Trouble> {
        let copy = Self { folder: tempfile::tempdir()?, program: self.program.clone() };
        for name in ["issues", "subscribers"] {
            fs::create_dir(copy.path(name))?;
        }
        for name in [ISSUE, STORE] {
            fs::copy(self.path(name), copy.path(name))?;
        }
        copy.configure(&relay.url(), connections)?;
        let mut send = copy.postrider();
        let began = Instant::now();
        let child = send.args(["--quiet", "send", ISSUE, "--yes"]).spawn()?;
        Ok(Sending { site: copy, child, began })
    }

    /// Sends to everybody. Returns how long that took.
    pub(crate) fn send(&self, relay: &Relay, connections: usize) -> Result<Duration, Trouble> {
        self.start(relay, connections)?.finish()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn postrider(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    fn configure(&self, url: &str, connections: usize) -> Result<(), Trouble> {
        Ok(fs::write(self.path("postrider.toml"), configuration(url, connections))?)
    }
}

/// A send under way. It ends with this value.
pub(crate) struct Sending {
    #[expect(dead_code, reason = "its folder stays while the program runs in it")]
    site: Site,
    child: Child,
    began: Instant,
}

impl Sending {
    /// Waits until everybody has the mail. Returns how long that took.
    pub(crate) fn finish(mut self) -> Result<Duration, Trouble> {
        let status = self.child.wait()?;
        let took = self.began.elapsed();
        if status.success() {
            return Ok(took);
        }
        let said = self.child.stderr.take().map(std::io::read_to_string).transpose()?;
        Err(format!("`send` ended with {status}: {}", said.unwrap_or_default()).into())
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const DOMAINS: [&str; 3] = ["example.org", "example.net", "example.com"];
