//! How a run ends: a documented exit code, and a message for people.
//!
//! In: the typed errors of the rooms. Out: an [`Exit`] for scripts and a
//! [`Failure`] for people. Deliberately absent: printing, which
//! [`ui`](crate::ui) does, once.

mod exit;

use std::error::Error;

use crate::source::Finding;

pub use exit::Exit;

/// Why a run ended early. It is printed once, by
/// [`Ui::failure`](crate::ui::Ui::failure).
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    findings: Vec<Finding>,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    /// Its causes are failures of their own, and not reasons for one another.
    is_joined: bool,
}

impl Failure {
    /// A failure with a message: what was attempted, on what, and why it failed,
    /// in lower case and without a full stop.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        let (findings, causes, hints) = Default::default();
        Self { exit, findings, message: message.into(), causes, hints, is_joined: false }
    }

    /// A failure that an error explains: its message and its sources are the causes.
    pub fn from_error(exit: Exit, message: impl Into<String>, error: &(dyn Error + '_)) -> Self {
        let mut failure = Self::new(exit, message);
        let chain = std::iter::successors(Some(error), |&error| error.source());
        failure.causes = chain.map(ToString::to_string).collect();
        // Some libraries repeat the text of the cause in their own message.
        failure.causes.dedup_by(|inner, outer| outer.ends_with(inner.as_str()));
        failure
    }

    /// Several failures as one, so that people see all of them at once. The
    /// first gives the exit code.
    pub fn joined(first: Self, others: impl IntoIterator<Item = Self>) -> Self {
        let others: Vec<Self> = others.into_iter().collect();
        if others.is_empty() {
            return first;
        }
        let mut joined = Self { is_joined: true, ..Self::new(first.exit, "") };
        for failure in std::iter::once(first).chain(others) {
            if failure.is_joined {
                joined.causes.extend(failure.causes);
            } else {
                joined.causes.push(failure.in_one_line());
            }
            joined.findings.extend(failure.findings);
            joined.hints.extend(failure.hints);
        }
        joined.message = format!("there are {} problems to solve first", joined.causes.len());
        joined
    }

    /// Adds advice, in whole sentences.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds findings; they are shown with their lines before the message.
    #[must_use]
    pub fn with_findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings.extend(findings);
        self
    }

    /// The same failure, of another attempt.
    #[must_use]
    pub fn attempting(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
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

    /// What was attempted and why it failed, as one line.
    pub fn in_one_line(&self) -> String {
        [std::slice::from_ref(&self.message), &self.causes].concat().join(": ")
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
    fn a_failure_keeps_every_cause_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("opening the store: disk full")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("disk full"));
        let failure = Failure::from_error(Exit::StoreFault, "cannot import readers.csv", &error);
        assert_eq!(failure.causes(), ["opening the store: disk full"]);
    }
}
