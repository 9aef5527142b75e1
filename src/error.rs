//! How a run ends: a documented exit code, and what people are told.
//!
//! In: the typed errors of the rooms. Out: an [`Exit`] for scripts and a
//! [`Failure`] for people. Absent on purpose: printing, which
//! [`ui`](crate::ui) does, once.

use std::error::Error;

use crate::source::Finding;

/// How a run ended. The numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Exit {
    /// Done, or there was nothing to do, or it was sent already.
    Done = 0,
    /// A fault of this program.
    Internal = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// An input cannot be read: an issue, a theme, a CSV file.
    InputUnreadable = 3,
    /// The checks refused the issue.
    ChecksRefused = 4,
    /// There is no proof, or one of other bytes; a `verify` that does not match, too.
    ProofMissing = 5,
    /// Another sender holds the campaign.
    Held = 6,
    /// A server, a provider or a database is unreachable, or refused us. Resumable.
    Unreachable = 7,
    /// Stopped by the breaker, a pause or a signal. Resumable.
    Stopped = 8,
    /// Finished, and some recipients were rejected.
    Rejections = 9,
    /// Some outcomes are unknown, and somebody has to decide about them.
    OutcomesUnknown = 10,
    /// Nothing can be sent until somebody acts, or the issue is overdue.
    BlockedOrOverdue = 11,
    /// The local store is full, read-only, or of a newer version.
    StoreFault = 12,
}

impl Exit {
    /// Which of these counts first where several apply.
    pub const PRECEDENCE: [Self; 5] = [
        Self::OutcomesUnknown,
        Self::StoreFault,
        Self::Unreachable,
        Self::Stopped,
        Self::Rejections,
    ];

    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The one to end with where several apply: those of [`Exit::PRECEDENCE`]
    /// in its order, then the first other failure; [`Exit::Done`] for none.
    pub fn strongest(exits: impl IntoIterator<Item = Self>) -> Self {
        let failures: Vec<Self> = exits.into_iter().filter(|exit| *exit != Self::Done).collect();
        let first = Self::PRECEDENCE.into_iter().find(|exit| failures.contains(exit));
        first.or(failures.first().copied()).unwrap_or(Self::Done)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// What ended a run before it was done. It is printed once, by
/// [`Ui::failure`](crate::ui::Ui::failure).
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    findings: Vec<Finding>,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl Failure {
    /// What was attempted, on what, and that it failed: one sentence without
    /// a capital or a full stop.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        let (findings, causes, hints) = Default::default();
        Self { exit, findings, message: message.into(), causes, hints }
    }

    /// A failure that an error explains: its message and its sources are the causes.
    pub fn of(exit: Exit, message: impl Into<String>, error: &(dyn Error + '_)) -> Self {
        let mut failure = Self::new(exit, message);
        let chain = std::iter::successors(Some(error), |&error| error.source());
        failure.causes = chain.map(ToString::to_string).collect();
        // Some libraries repeat the cause in the message around it.
        failure.causes.dedup_by(|inner, outer| outer.ends_with(inner.as_str()));
        failure
    }

    /// What to do next: one sentence. There may be several.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Findings to be shown with their lines, before the message.
    #[must_use]
    pub fn with_findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings.extend(findings);
        self
    }

    /// The same failure, ending the process otherwise.
    #[must_use]
    pub fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// How the process ends.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What to show with lines and carets.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What was attempted.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Why it failed, the outermost reason first.
    pub fn causes(&self) -> &[String] {
        &self.causes
    }

    /// What to do next.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_codes_are_the_documented_ones() {
        let codes = [
            (Exit::Done, 0),
            (Exit::Internal, 1),
            (Exit::Usage, 2),
            (Exit::InputUnreadable, 3),
            (Exit::ChecksRefused, 4),
            (Exit::ProofMissing, 5),
            (Exit::Held, 6),
            (Exit::Unreachable, 7),
            (Exit::Stopped, 8),
            (Exit::Rejections, 9),
            (Exit::OutcomesUnknown, 10),
            (Exit::BlockedOrOverdue, 11),
            (Exit::StoreFault, 12),
        ];
        for (exit, code) in codes {
            assert_eq!(exit.code(), code, "{exit:?}");
        }
    }

    #[test]
    fn where_several_apply_the_one_that_needs_people_counts() {
        let all = [9, 8, 7, 12, 10]
            .map(|code| *Exit::PRECEDENCE.iter().find(|exit| exit.code() == code).unwrap());
        for (length, expected) in [(1, 9), (2, 8), (3, 7), (4, 12), (5, 10)] {
            assert_eq!(Exit::strongest(all[..length].iter().copied()).code(), expected);
        }
        assert_eq!(Exit::strongest([Exit::Done, Exit::Held]), Exit::Held);
        assert_eq!(Exit::strongest([]), Exit::Done);
    }

    #[test]
    fn a_failure_keeps_every_cause_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("opening the store: disk full")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("disk full"));
        let failure = Failure::of(Exit::StoreFault, "cannot import readers.csv", &error);
        assert_eq!(failure.causes(), ["opening the store: disk full"]);
    }
}
