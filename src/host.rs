//! The machine and the process that a command runs in.
//!
//! In: nothing. Out: a [`Context`] that commands hand on, a runtime, the
//! signals, the boot id. Deliberately absent: rules.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use crate::config::Environment;
use crate::delivery::StopWish;
use crate::domain::{Clock, Random};
use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// Everything outside the program that a command may use.
pub(crate) struct Context {
    pub(crate) ui: Ui,
    pub(crate) environment: Environment,
    pub(crate) clock: Arc<dyn Clock>,
    /// Unguessable bytes.
    pub(crate) random: Arc<dyn Random>,
    /// The newsletter's folder, if `--root` names one.
    pub(crate) root: Option<PathBuf>,
    pub(crate) format: OutputFormat,
}

/// The form in which a command writes its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    Human,
    Json,
}

/// Runs the asynchronous part of a command.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    refuse_too_few_descriptors()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::from_error(Exit::Internal, "cannot start the runtime", &error))?;
    runtime.block_on(work)
}

/// How many files and sockets a command needs at least: for the runtime, for
/// the store with its log and its lock, and for a connection.
const DESCRIPTORS: usize = 32;

/// How many files and sockets this process may have open; `None` means any number.
pub(crate) fn open_file_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Tries to open that many files before the work begins: the runtime would
/// panic without them, and SQLite would only report that it cannot open a file.
fn refuse_too_few_descriptors() -> Result<(), Failure> {
    use std::os::fd::AsFd;
    let stderr = std::io::stderr();
    let tried: Result<Vec<_>, _> =
        (0..DESCRIPTORS).map(|_| stderr.as_fd().try_clone_to_owned()).collect();
    tried.map(drop).map_err(|error| {
        let what = format!("this process may not open {DESCRIPTORS} more files");
        Failure::from_error(Exit::Internal, what, &error)
            .hint("Raise the limit with `ulimit -n 1024`, or `LimitNOFILE=` in a systemd unit.")
    })
}

/// An identifier of this boot of the machine. It tells a process that died from
/// a loss of power. Where the system has no such identifier, each process makes
/// one up: then every resume treats reserved rows as in doubt, which is safe.
pub(crate) fn boot_id(random: &dyn Random) -> String {
    match std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        Ok(id) if !id.trim().is_empty() => id.trim().to_owned(),
        _ => {
            let mut unique = [0; 16];
            random.fill(&mut unique);
            unique.iter().map(|byte| format!("{byte:02x}")).collect()
        }
    }
}

/// Listens for SIGINT and SIGTERM: the first signal asks to drain, the second to stop at once.
pub(crate) fn listen_for_signals() -> Result<watch::Receiver<StopWish>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let cannot = |error: std::io::Error| {
        Failure::from_error(Exit::Internal, "cannot listen for signals", &error)
    };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let (wish, heard) = watch::channel(StopWish::GoOn);
    tokio::spawn(async move {
        for next in [StopWish::Drain, StopWish::AtOnce] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            wish.send_replace(next);
        }
        // The channel closes with its sender, so keep the sender until nobody listens.
        wish.closed().await;
    });
    Ok(heard)
}

/// The commit that is checked out in a folder, read from git's own files. It
/// is only provenance, so `None` is not an error.
pub(crate) fn git_commit(folder: &std::path::Path) -> Option<String> {
    let git = folder.ancestors().map(|folder| folder.join(".git")).find(|git| git.is_dir())?;
    let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else {
        return Some(head.trim().to_owned());
    };
    if let Ok(commit) = std::fs::read_to_string(git.join(reference)) {
        return Some(commit.trim().to_owned());
    }
    let packed = std::fs::read_to_string(git.join("packed-refs")).ok()?;
    let line = packed.lines().find(|line| line.ends_with(&format!(" {reference}")))?;
    line.split(' ').next().map(str::to_owned)
}
