//! What stands at a provider: a campaign, its state, its checklist.

use std::fmt;

/// A provider's own name for a campaign: 1 to 64 letters, digits, `-` and `_`,
/// so that it is safe in a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoteId(String);

impl RemoteId {
    /// Takes an identifier as the provider, or the store, gave it.
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

/// A campaign that stands at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its name in calls.
    pub id: RemoteId,
    /// Its name on the provider's web pages, where that is another one.
    pub web_id: Option<u64>,
    /// In which state it is.
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
pub enum RemoteState {
    /// Written, and nothing else.
    Draft,
    /// Waiting for its time.
    Scheduled,
    /// On its way.
    Sending,
    /// Stopped on its way; some may have it.
    Paused,
    /// Gone to everybody.
    Sent,
    /// Called off; some may have it.
    Cancelled,
    /// There is no such campaign.
    Gone,
    /// A state this program does not know, in the provider's word.
    Other(String),
}

impl RemoteState {
    /// Whether nothing can hold it back any more.
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
    /// How grave it is.
    pub level: PreflightLevel,
    /// What was looked at.
    pub heading: String,
    /// What was found.
    pub details: String,
}

/// How grave an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PreflightLevel {
    /// As it should be.
    Success,
    /// It can be sent all the same.
    Warning,
    /// It cannot be sent.
    Error,
}

impl fmt::Display for PreflightItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            PreflightLevel::Success => "ok",
            PreflightLevel::Warning => "warning",
            PreflightLevel::Error => "error",
        };
        write!(f, "{level}: {}: {}", self.heading, self.details)
    }
}
