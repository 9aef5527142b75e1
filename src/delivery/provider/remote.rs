//! A campaign as a provider has it: its identifier, its state, its checklist.

use std::fmt;

/// A provider's identifier of a campaign: 1 to 64 letters, digits, `-` and `_`,
/// so that it is safe in a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoteId(String);

impl RemoteId {
    /// Parses an identifier from the provider or from the store.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned()))
    }

    /// The identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A campaign as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its identifier in calls.
    pub id: RemoteId,
    /// Its identifier on the provider's web pages, if that is another one.
    pub web_id: Option<u64>,
    /// Its state.
    pub state: RemoteState,
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        match self.web_id {
            Some(web_id) => write!(f, " (web id {web_id}, {})", self.state),
            None => write!(f, " ({})", self.state),
        }
    }
}

/// The state of a campaign at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the other states say it")]
pub enum RemoteState {
    Draft,
    Scheduled,
    Sending,
    /// Paused; some recipients may have it.
    Paused,
    /// Sent to all recipients.
    Sent,
    /// Cancelled; some recipients may have it.
    Cancelled,
    /// The provider has no such campaign.
    Gone,
    /// A state that this program does not know, as the provider names it.
    Other(String),
}

impl RemoteState {
    /// Whether the send has begun and cannot be taken back.
    pub fn is_on_its_way(&self) -> bool {
        matches!(self, Self::Sending | Self::Sent)
    }
}

impl fmt::Display for RemoteState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Sending => "sending",
            Self::Paused => "paused",
            Self::Sent => "sent",
            Self::Cancelled => "cancelled",
            Self::Gone => "gone",
            Self::Other(word) => word,
        })
    }
}

/// One item of a provider's checklist, ready to print.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PreflightItem {
    /// Its severity.
    pub level: PreflightLevel,
    /// What the provider checked.
    pub heading: String,
    /// What the provider found.
    pub details: String,
}

/// The severity of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PreflightLevel {
    /// As it should be.
    Success,
    /// The campaign can be sent nevertheless.
    Warning,
    /// The campaign cannot be sent.
    Error,
}
