//! A newsletter in a temporary folder, and the program that runs in it.
//!
//! Every run is checked: the output must contain no email address of a subscriber
//! of the test, and no secret of the test.

mod mail;
mod run;

pub use mail::Mail;
pub use run::{Run, Running};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use super::fake_mailchimp;
use super::rendering::root;
use super::smtp_server::SmtpServer;

/// What every issue of the tests says, if it is to say nothing special.
pub const BODY: &str = "Something happened this week, and [it was told](https://example.org/it).\n";

/// A folder with a `postrider.toml`, and what the program may know of the world.
pub struct Newsletter {
    folder: tempfile::TempDir,
    settings: BTreeMap<&'static str, String>,
    environment: BTreeMap<String, String>,
    canaries: Mutex<Vec<String>>,
}

impl Newsletter {
    /// A folder in which there is no newsletter yet.
    pub fn empty() -> Self {
        let newsletter = Self::outbox();
        std::fs::remove_file(newsletter.path("postrider.toml")).unwrap();
        newsletter
    }

    /// Sends into the Maildir `outbox`, and wants no proof.
    pub fn outbox() -> Self {
        let settings = [
            ("newsletter.name", "\"The Test Weekly\""),
            ("newsletter.slug", "\"test-weekly\""),
            ("newsletter.from", "\"The Test Weekly <weekly@news.example.org>\""),
            ("newsletter.postal_address", "\"1 Coach Road, 9000 Ghent, Belgium\""),
            // A rehearsal on this machine: the server and the pages are both here.
            ("newsletter.public_url", "\"http://localhost:8025\""),
            ("proof.to", "[\"editor-one@example.org\", \"editor-two@example.org\"]"),
            ("proof.required", "false"),
            ("delivery.via", "\"outbox\""),
        ];
        let settings = settings.map(|(key, value)| (key, value.to_owned())).into();
        let newsletter = Self {
            folder: tempfile::tempdir().unwrap(),
            settings,
            environment: BTreeMap::new(),
            canaries: Mutex::default(),
        };
        newsletter.write_settings();
        newsletter
    }

    /// A copy of the newsletter that this repository is.
    pub fn sample() -> Self {
        let newsletter = Self::outbox();
        for folder in ["issues", "subscribers", "email-templates"] {
            copy_folder(&root().join(folder), &newsletter.path(folder));
        }
        std::fs::copy(root().join("postrider.toml"), newsletter.path("postrider.toml")).unwrap();
        newsletter
    }

    /// Sends over one connection to a server of the tests, and wants no proof.
    pub fn smtp(server: &SmtpServer) -> Self {
        Self::outbox()
            .set("delivery.via", "\"smtp\"")
            .set("smtp.url", &format!("\"{}\"", server.url()))
            .set("smtp.connections", "1")
    }

    /// Pushes to a Mailchimp of the tests.
    pub fn mailchimp(address: SocketAddr) -> Self {
        Self::outbox()
            .set("delivery.via", "\"mailchimp\"")
            .set("mailchimp.audience", &format!("\"{}\"", fake_mailchimp::LIST))
            .set("mailchimp.base_url", &format!("\"http://{address}\""))
            .secret("POSTRIDER_MAILCHIMP_API_KEY", fake_mailchimp::KEY)
    }

    /// Sets one key, such as `smtp.connections`, to a TOML value.
    pub fn set(mut self, key: &'static str, value: &str) -> Self {
        self.change(key, value);
        self
    }

    /// Changes one key of a newsletter that is in use.
    pub fn change(&mut self, key: &'static str, value: &str) {
        self.settings.insert(key, value.to_owned());
        self.write_settings();
    }

    /// Sets a variable whose value must never be seen.
    pub fn secret(mut self, variable: &str, value: &str) -> Self {
        self.canaries().push(value.to_owned());
        self.environment.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// Writes a list of these addresses, and imports it.
    pub fn subscribed<'a>(self, readers: impl IntoIterator<Item = &'a str>) -> Self {
        let rows: String = readers.into_iter().map(|reader| format!("{reader}\n")).collect();
        self.canaries().extend(rows.lines().map(str::to_owned));
        self.write("list.csv", format!("email\n{rows}"));
        let import = self.run(&["subscribers", "import", "list.csv"]);
        assert_eq!(import.code, 0, "{import}");
        self
    }

    /// Nothing that the program says may hold this.
    pub fn never_says(&self, canary: &str) {
        self.canaries().push(canary.to_owned());
    }

    /// The newsletter's folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the newsletter's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// The database.
    pub fn store(&self) -> PathBuf {
        self.path("subscribers/postrider.sqlite3")
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Writes `issues/NAME.md` with a title and [`BODY`]. Returns its path as it is typed.
    pub fn issue(&self, name: &str) -> String {
        self.issue_of(name, &format!("title: The week of {name}\n"), BODY)
    }

    /// Writes `issues/NAME.md` with this front matter and text.
    pub fn issue_of(&self, name: &str, front_matter: &str, text: &str) -> String {
        let issue = format!("issues/{name}.md");
        self.write(&issue, format!("---\n{front_matter}---\n\n{text}"));
        issue
    }

    /// The one issue that there is, as it is typed.
    pub fn only_issue(&self) -> String {
        let files = super::rendering::markdown_in(&self.path("issues"));
        assert_eq!(files.len(), 1);
        format!("issues/{}", files[0].file_name().unwrap().to_string_lossy())
    }

    /// Copies the embedded theme into the newsletter, to be changed there.
    pub fn copy_theme(&self) {
        copy_folder(&root().join("email-templates"), &self.path("email-templates"));
    }

    /// Replaces a text in a file that holds it once.
    pub fn edit(&self, name: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{name} holds `{old}` once");
        self.write(name, text.replace(old, new));
    }

    /// Runs the program to its end, in the newsletter's folder.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.start(arguments).finish()
    }

    /// Runs the program with other outputs than a test's, and returns how it ended.
    pub fn run_into(&self, arguments: &[&str], stdout: Stdio, stderr: Stdio) -> i32 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postrider"));
        command.args(arguments).current_dir(self.root()).env_clear().envs(&self.environment);
        let status = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).status().unwrap();
        status.code().unwrap_or(-1)
    }

    /// Runs the program, and expects it to end so.
    pub fn expect(&self, code: i32, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {run}");
        run
    }

    /// Runs the program for its JSON.
    pub fn json(&self, code: i32, arguments: &[&str]) -> serde_json::Value {
        let run = self.expect(code, &[arguments, &["--json"]].concat());
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
    }

    /// The program in this newsletter, by a clock that says `now`.
    pub fn at<'n>(&'n self, now: &'n str) -> ByGivenClock<'n> {
        ByGivenClock { newsletter: self, now }
    }

    /// Starts the program.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.root(), arguments, &self.environment, self.canaries().clone())
    }

    /// Runs the program as a user whom permissions bind; `None` where this one
    /// is bound by none and can become no other.
    pub fn run_as_nobody(&self, arguments: &[&str]) -> Option<Run> {
        let probe = self.write("probe", "");
        std::fs::set_permissions(&probe, std::fs::Permissions::from_mode(0o000)).unwrap();
        if std::fs::read(&probe).is_err() {
            return Some(self.run(arguments));
        }
        Running::as_nobody(self.root(), arguments, self.canaries().clone()).map(Running::finish)
    }

    /// The mail in the outbox.
    pub fn outbox_mail(&self) -> Vec<Mail> {
        let Ok(folder) = std::fs::read_dir(self.path("outbox/new")) else { return Vec::new() };
        let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| Mail::parse(std::fs::read(file).unwrap())).collect()
    }

    /// What `status` says about one issue.
    pub fn status(&self, issue: &str) -> serde_json::Value {
        self.json(0, &["status", issue])["campaigns"][0].clone()
    }

    fn canaries(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.canaries.lock().unwrap()
    }

    fn write_settings(&self) {
        let lines: String =
            self.settings.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        self.write("postrider.toml", lines);
    }
}

/// Runs the program by another clock than that of the machine.
#[derive(Clone, Copy)]
pub struct ByGivenClock<'n> {
    newsletter: &'n Newsletter,
    now: &'n str,
}

impl ByGivenClock<'_> {
    /// Starts the program.
    pub fn start(self, arguments: &[&str]) -> Running {
        let Newsletter { environment, .. } = self.newsletter;
        let canaries = self.newsletter.canaries().clone();
        Running::start_at(self.now, self.newsletter.root(), arguments, environment, canaries)
    }

    /// Runs the program, and expects it to end so.
    pub fn expect(self, code: i32, arguments: &[&str]) -> Run {
        let run = self.start(arguments).finish();
        assert_eq!(run.code, code, "{arguments:?} at {}: {run}", self.now);
        run
    }

    /// Runs the program for its JSON.
    pub fn json(self, code: i32, arguments: &[&str]) -> serde_json::Value {
        let run = self.expect(code, &[arguments, &["--json"]].concat());
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"))
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        let is_left_by_a_run = entry.path().to_string_lossy().contains("sqlite3");
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else if !is_left_by_a_run {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
