//! What a command needs of the machine: a runtime, signals, the boot.

use tokio::sync::watch;

use crate::delivery::StopWish;
use crate::error::{Exit, Failure};

/// Runs the asynchronous part of a command.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::of(Exit::Internal, "cannot start the runtime", &error))?;
    runtime.block_on(work)
}

/// Names the boot of this machine, which tells the death of a process from the
/// loss of power. Where the system has no such name, every restart counts as
/// another boot, which errs on the side of asking.
pub(super) fn boot_id(random: &dyn crate::domain::Random) -> String {
    match std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        Ok(id) if !id.trim().is_empty() => id.trim().to_owned(),
        _ => {
            let mut unique = [0; 16];
            random.fill(&mut unique);
            unique.iter().map(|byte| format!("{byte:02x}")).collect()
        }
    }
}

/// Listens for SIGINT and SIGTERM: the first is a wish to drain, the second to stop at once.
pub(super) fn listen_for_signals() -> Result<watch::Receiver<StopWish>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let cannot =
        |error: std::io::Error| Failure::of(Exit::Internal, "cannot listen for signals", &error);
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
        // The sender must live as long as anybody listens.
        wish.closed().await;
    });
    Ok(heard)
}

/// The commit that is checked out in a folder, read from git's own files:
/// provenance, so not knowing it is no fault.
pub(super) fn git_commit(folder: &std::path::Path) -> Option<String> {
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
