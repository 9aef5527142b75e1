//! The errors of a provider, before a call and in one.

use std::fmt;

use super::Remote;

/// Why a campaign cannot be pushed to a provider as it is. Nothing was called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(pub String);

/// Why a method of a provider failed, after every repetition that is safe. No
/// message holds a key, and email addresses in a provider's texts are masked. A
/// `call` is the provider's name, the purpose, and the request without its query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant shows the meaning of its fields")]
pub enum ProviderError {
    /// No connection, or the provider stayed too busy. Nothing was done that may
    /// not be repeated; no send and no test was carried out.
    #[error("{call}: {cause}; nothing was sent, try again later")]
    Unreachable { call: String, cause: String },
    /// The provider refused, and did nothing.
    #[error("{call}: refused: {problem}")]
    Refused { call: String, problem: Box<Problem> },
    /// The call may have been carried out, and no answer says so.
    #[error("{call}: it is not known whether this was done: {cause}")]
    Unclear { call: String, cause: String },
    /// The answer could not be read.
    #[error("{call}: cannot read the answer: {cause}")]
    Unreadable { call: String, cause: String },
    /// More than one campaign has the key.
    #[error("{} campaigns have the title `{title}`: {}; delete or rename all but the right one \
             at the provider, then run this command again", found.len(), list(found))]
    Ambiguous { title: String, found: Vec<Remote> },
}

fn list(found: &[Remote]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A provider's refusal, its texts made safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status, 300 to 599.
    pub status: u16,
    /// The short description.
    pub title: String,
    /// The long description; may be empty.
    pub detail: String,
    /// The identifier that the provider's support asks for; may be empty.
    pub instance: String,
    /// Each field that the provider refused, and why.
    pub fields: Vec<(String, String)>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.title)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        for (field, message) in &self.fields {
            write!(f, "; {field}: {message}")?;
        }
        if self.instance.is_empty() { Ok(()) } else { write!(f, " (instance {})", self.instance) }
    }
}
