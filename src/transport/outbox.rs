//! Delivery into a Maildir: mail programs can open it, and no mail leaves the machine.
//!
//! In: a folder. Out: one file per message in `new/`, named after the
//! message's identity, so that delivering the same message again replaces the
//! file and does not make a second. Files are written with blocking calls:
//! each takes microseconds, and handing it to another thread would cost more
//! than it frees. Absent on purpose: flags, subfolders, and flushing to the
//! disk, because an outbox is looked at and not relied on.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::delivery::{
    Attempt, ConnectError, Connection, DoubtMark, EnhancedCode, Envelope, Phase, Reply, Transport,
};
use crate::domain::Digest;

/// A Maildir that takes the messages.
#[derive(Debug, Clone)]
pub struct OutboxTransport {
    maildir: PathBuf,
}

impl OutboxTransport {
    /// An outbox in `maildir`. The folder is made, with mode 0700, when the
    /// first connection is opened.
    pub fn new(maildir: impl Into<PathBuf>) -> Self {
        Self { maildir: maildir.into() }
    }

    /// Where the messages go.
    pub fn maildir(&self) -> &Path {
        &self.maildir
    }
}

impl Transport for OutboxTransport {
    type Connection = OutboxConnection;

    async fn connect(&self) -> Result<OutboxConnection, ConnectError> {
        for folder in ["tmp", "new", "cur"] {
            let path = self.maildir.join(folder);
            let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
            made.map_err(|error| {
                self.unreachable(&format!("the folder {folder} could not be made"), &error)
            })?;
        }
        let read = names(&self.maildir.join("cur"))
            .map_err(|error| self.unreachable("the folder cur could not be read", &error))?;
        Ok(OutboxConnection { maildir: self.maildir.clone(), read })
    }
}

impl OutboxTransport {
    fn unreachable(&self, what: &str, error: &io::Error) -> ConnectError {
        ConnectError::Unreachable {
            server: self.maildir.display().to_string(),
            phase: Phase::Connect,
            cause: format!("{what}: {error}"),
        }
    }
}

/// An outbox whose folders exist.
#[derive(Debug)]
pub struct OutboxConnection {
    maildir: PathBuf,
    /// What a mail program had opened, and so moved to `cur/`, when the
    /// connection was opened. Looking again for each message would read the
    /// whole folder each time.
    read: HashSet<String>,
}

impl Connection for OutboxConnection {
    async fn deliver(
        &mut self,
        envelope: &Envelope<'_>,
        message: &[u8],
        doubt: &DoubtMark,
    ) -> Attempt {
        let name = file_name(envelope.message_id);
        if self.read.contains(&name) {
            return accepted("already there, and opened by a mail program");
        }
        let draft = self.maildir.join("tmp").join(&name);
        if let Err(error) = write_private(&draft, message) {
            let _ = fs::remove_file(&draft);
            return self.lost(Phase::Content, "tmp", &error);
        }
        doubt.raise();
        match fs::rename(&draft, self.maildir.join("new").join(&name)) {
            Ok(()) => accepted("stored"),
            // A rename happens whole or not at all, so nothing is in doubt.
            Err(error) => {
                let _ = fs::remove_file(&draft);
                self.lost(Phase::Content, "new", &error)
            }
        }
    }

    fn is_usable(&self) -> bool {
        true
    }

    async fn close(self) {}
}

impl OutboxConnection {
    fn lost(&self, phase: Phase, folder: &str, error: &io::Error) -> Attempt {
        let folder = self.maildir.join(folder);
        Attempt::Lost { phase, cause: format!("{}: {error}", folder.display()) }
    }
}

/// A name that is the same for the same message, and safe on any file system.
/// The digest keeps apart what the safe letters would run together.
fn file_name(message_id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.@".contains(c) { c } else { '_' };
    let shown: String = message_id.chars().take(100).map(safe).collect();
    format!("{}.{}", Digest::new(message_id.as_bytes()).short(), shown)
}

/// The names in a folder of a Maildir, without the flags that follow a colon.
fn names(folder: &Path) -> io::Result<HashSet<String>> {
    let name = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.split(':').next().unwrap_or_default().to_owned()
    };
    fs::read_dir(folder)?.map(|entry| entry.map(name)).collect()
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What an interrupted run left under this name is replaced, not followed.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

fn accepted(text: &str) -> Attempt {
    let enhanced = EnhancedCode { class: 2, subject: 0, detail: 0 };
    let text = format!("{enhanced} {text}");
    Attempt::Accepted(Reply { code: 250, enhanced: Some(enhanced), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_and_tells_messages_apart() {
        let name = file_name("abc.1@example.org");
        assert!(name.ends_with(".abc.1@example.org"), "{name}");
        assert_eq!(name, file_name("abc.1@example.org"));
        for odd in ["../../etc/passwd", "a/b", "", "\0", "a:2,S", "é\n"] {
            let name = file_name(odd);
            assert!(!name.contains(['/', ':', '\0', '\n']) && !name.starts_with('.'), "{name}");
            assert!(name.is_ascii() && name.len() < 128, "{name}");
        }
        assert_ne!(file_name("a/b"), file_name("a:b"));
        assert_ne!(file_name(&"x".repeat(200)), file_name(&"x".repeat(201)));
    }
}
