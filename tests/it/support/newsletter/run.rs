//! One run of the real program.

mod plain;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::given_clock;

/// Longer than any run of a test takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(120);

/// How a run ended, and what it said.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    folder: PathBuf,
}

impl Run {
    /// Standard error for a snapshot: what differs from run to run is a word in capitals.
    pub fn plain_stderr(&self) -> String {
        plain::text(&self.stderr, &self.folder)
    }

    /// Standard output for a snapshot.
    pub fn plain_stdout(&self) -> String {
        plain::text(&self.stdout, &self.folder)
    }

    /// The first line that begins with `error: `, without that.
    pub fn error(&self) -> &str {
        let error = self.stderr.lines().find_map(|line| line.strip_prefix("error: "));
        error.unwrap_or_else(|| panic!("no error is told: {self}"))
    }

    /// Standard output, and standard error after it.
    pub fn both(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// How many errors are told.
    pub fn errors(&self) -> usize {
        self.stderr.lines().filter(|line| line.starts_with("error: ")).count()
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}\n{}\n{}", self.code, self.stdout, self.stderr)
    }
}

/// A run under way.
pub struct Running {
    child: Child,
    stdout: Receiver<String>,
    lines: Receiver<String>,
    heard: String,
    folder: PathBuf,
    canaries: Vec<String>,
}

impl Running {
    pub(super) fn start(
        folder: &Path,
        arguments: &[&str],
        environment: &BTreeMap<String, String>,
        canaries: Vec<String>,
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postrider"));
        command.args(arguments).current_dir(folder).env_clear().envs(environment);
        Self::spawn(command, folder, canaries)
    }

    /// Starts it by a clock that says `now`.
    pub(super) fn start_at(
        now: &str,
        folder: &Path,
        arguments: &[&str],
        environment: &BTreeMap<String, String>,
        canaries: Vec<String>,
    ) -> Self {
        let mut command = given_clock::program(now, arguments);
        command.current_dir(folder).envs(environment);
        Self::spawn(command, folder, canaries)
    }

    /// Starts it as the user `nobody`, in a folder that everybody may enter.
    pub(super) fn as_nobody(
        folder: &Path,
        arguments: &[&str],
        canaries: Vec<String>,
    ) -> Option<Self> {
        // The program may stand where nobody else may go, so a copy is run. Another
        // process copies it: a child that a test on another thread starts meanwhile
        // would inherit the open file, and a file open for writing cannot be run.
        let program = folder.join("postrider");
        let mut copy = Command::new("cp");
        copy.arg(env!("CARGO_BIN_EXE_postrider")).arg(&program);
        assert!(copy.status().unwrap().success());
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
        command.args(arguments).current_dir(folder).env_clear();
        let can = Command::new("setpriv").args(["--reuid=65534", "true"]).status();
        can.is_ok_and(|status| status.success()).then(|| Self::spawn(command, folder, canaries))
    }

    fn spawn(mut command: Command, folder: &Path, canaries: Vec<String>) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut output, error) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (whole, stdout) = channel();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            output.read_to_end(&mut bytes).unwrap();
            let _ = whole.send(String::from_utf8(bytes).unwrap());
        });
        let (line, lines) = channel();
        std::thread::spawn(move || {
            for said in BufReader::new(error).lines() {
                let _ = line.send(said.unwrap());
            }
        });
        Self { child, stdout, lines, heard: String::new(), folder: folder.to_owned(), canaries }
    }

    /// Waits until the program says a line that holds `wanted`, and returns it.
    pub fn wait_for(&mut self, wanted: &str) -> String {
        while let Some(line) = self.next_line() {
            if line.contains(wanted) {
                return line;
            }
        }
        panic!("it never said `{wanted}`: {}", self.heard)
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for the end.
    pub fn finish(mut self) -> Run {
        while self.next_line().is_some() {}
        let stdout = given_clock::output(&self.stdout.recv_timeout(LIMIT).unwrap());
        let status = self.child.wait().unwrap();
        let run = Run {
            code: status.code().unwrap_or(-1),
            stdout,
            stderr: std::mem::take(&mut self.heard),
            folder: std::mem::take(&mut self.folder),
        };
        for canary in &self.canaries {
            assert!(!run.stderr.contains(canary.as_str()), "it says `{canary}`: {run}");
        }
        assert!(!run.stderr.contains("panicked"), "{run}");
        run
    }

    fn next_line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(LIMIT) {
            Ok(line) => {
                self.heard.push_str(&line);
                self.heard.push('\n');
                Some(line)
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                panic!("it was silent for {LIMIT:?}: {}", self.heard)
            }
        }
    }
}

/// A test that fails leaves no process behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
