//! A provider takes a whole campaign at once, and mails its own list. Who
//! implements it lives in [`provider`](crate::provider).
//!
//! In: a frozen campaign. Out: what stands at the provider, in words that fit
//! every provider. Only the verbs that [`push`](super::push) calls are here:
//! to schedule, to cancel and to fetch reports come with the commands that
//! need them.

use std::fmt;
use std::future::Future;

use crate::campaign::Campaign;
use crate::domain::{CampaignKey, EmailAddress};

/// A mailing-list provider, set up for one list of one account.
///
/// Every verb is tried as often as it may be tried without doing anything
/// twice; a [`ProviderError`] is what is left after that.
pub trait Provider: Send + Sync {
    /// What it can do, as data: planning refuses what it cannot.
    fn capabilities(&self) -> Capabilities;

    /// The campaign in the provider's own words, with its merge tags where the
    /// slots are. Nothing is sent anywhere.
    ///
    /// # Errors
    /// The campaign holds something that cannot be said in those words.
    fn translate(&self, campaign: &Campaign) -> Result<Draft, PlanError>;

    /// The campaign that bears exactly this key, in whatever state it is.
    fn find(
        &self,
        key: &CampaignKey,
    ) -> impl Future<Output = Result<Option<Remote>, ProviderError>> + Send;

    /// Creates the draft, or brings the settings of `existing` up to date.
    /// After a creation of which no answer came, it looks before it repeats.
    fn upsert_draft(
        &self,
        draft: &Draft,
        existing: Option<&Remote>,
    ) -> impl Future<Output = Result<Remote, ProviderError>> + Send;

    /// Puts both parts in one call.
    fn put_content(
        &self,
        id: &RemoteId,
        draft: &Draft,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// What stands there now.
    fn read_back(
        &self,
        id: &RemoteId,
    ) -> impl Future<Output = Result<ReadBack, ProviderError>> + Send;

    /// The provider's own checklist before a send.
    fn preflight(
        &self,
        id: &RemoteId,
    ) -> impl Future<Output = Result<Vec<PreflightItem>, ProviderError>> + Send;

    /// Sends both forms of the draft to these addresses. Never repeated once
    /// it may have been done.
    fn send_test(
        &self,
        id: &RemoteId,
        to: &[EmailAddress],
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// Sends the campaign to the whole list, now. Never repeated once it may
    /// have been done: then the error is [`ProviderError::Unclear`].
    fn send(&self, id: &RemoteId) -> impl Future<Output = Result<(), ProviderError>> + Send;

    /// In which state the campaign is.
    fn status(
        &self,
        id: &RemoteId,
    ) -> impl Future<Output = Result<RemoteState, ProviderError>> + Send;
}

/// What a provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Capabilities {
    /// Its name as people know it.
    pub provider: &'static str,
    /// What becomes of the text part.
    pub text_part: TextPart,
    /// Whether answers can go elsewhere than to the `From` address.
    pub reply_to: ReplyTo,
    /// What becomes of further fixed headers.
    pub headers: FixedHeaderSupport,
    /// Whether `From` needs a name beside the address.
    pub from_name: FromName,
}

/// What becomes of the text part at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextPart {
    /// It is sent as it was put.
    Own,
    /// The provider makes one out of the html.
    Derived,
}

/// Where answers can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyTo {
    /// To an address of their own.
    Separate,
    /// One address serves as `From` and as `Reply-To`.
    SameAsFrom,
}

/// What becomes of further fixed headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixedHeaderSupport {
    /// They are sent.
    Sent,
    /// There is no place for them.
    Absent,
}

/// Whether `From` needs a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FromName {
    /// The address alone will do.
    Optional,
    /// No campaign is sent without one.
    Required,
}

/// A campaign in a provider's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it is found by again.
    pub key: CampaignKey,
    /// The subject.
    pub subject: String,
    /// The line that mail programs show after the subject; may be empty.
    pub preheader: String,
    /// The name in `From`.
    pub from_name: String,
    /// The address in `From` and `Reply-To`.
    pub reply_to: EmailAddress,
    /// The html with merge tags.
    pub html: String,
    /// The text with merge tags, lines ending in LF.
    pub text: String,
}

/// What [`Provider::read_back`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBack {
    /// The subject.
    pub subject: String,
    /// The preheader.
    pub preheader: String,
    /// The name in `From`.
    pub from_name: String,
    /// The address in `From` and `Reply-To`, in the provider's spelling.
    pub reply_to: MaskedAddress,
    /// To whom it would go.
    pub reach: Reach,
    /// The html.
    pub html: String,
    /// The text.
    pub text: String,
}

/// To whom a draft would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// To the whole of the list that was configured.
    WholeList,
    /// To a part of that list.
    Segment,
    /// To another list.
    OtherList,
}

/// An address as a provider spells it, which need not be one. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct MaskedAddress(pub String);

impl fmt::Debug for MaskedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

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

/// A part of a campaign, to say where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The subject.
    Subject,
    /// The preheader.
    Preheader,
    /// The name in `From`.
    FromName,
    /// The address in `From` and `Reply-To`.
    ReplyTo,
    /// The html part.
    Html,
    /// The text part.
    Text,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subject => "subject",
            Self::Preheader => "preheader",
            Self::FromName => "name in From",
            Self::ReplyTo => "address in From",
            Self::Html => "html part",
            Self::Text => "text part",
        })
    }
}

/// Why a campaign cannot be pushed to a provider as it is. Nothing was called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The provider makes its own text part, and ours would be lost.
    #[error(
        "{provider} makes its own text part, so this issue's own would be lost; send it another way"
    )]
    TextPartLost {
        /// Which provider.
        provider: &'static str,
    },
    /// The provider has one address for `From` and `Reply-To`.
    #[error(
        "{provider} uses one address for From and Reply-To, and this newsletter has two; \
             leave reply_to out of the configuration, or make it the same address"
    )]
    ReplyToLost {
        /// Which provider.
        provider: &'static str,
    },
    /// The provider has no place for further headers.
    #[error("{provider} has no place for the header {header}; remove it, or send another way")]
    HeaderLost {
        /// Which provider.
        provider: &'static str,
        /// Which header.
        header: String,
    },
    /// There is no name beside the `From` address.
    #[error("{provider} needs a name beside the address; write from = \"Name <address>\"")]
    NoFromName {
        /// Which provider.
        provider: &'static str,
    },
    /// A part lacks what the provider wants to be there.
    #[error(
        "the {part} has no {missing}, and {provider} adds a footer of its own then; \
             put {slot} into the theme"
    )]
    SlotMissing {
        /// Which provider.
        provider: &'static str,
        /// Where.
        part: Part,
        /// What, in words.
        missing: &'static str,
        /// The name of the slot.
        slot: &'static str,
    },
    /// The issue's own text would be read as a merge tag.
    #[error(
        "the {part} holds the characters {marker}, which {provider} reads as a merge tag, \
             here: {excerpt}; write them in another way, with a space between for instance"
    )]
    ReadsAsTag {
        /// Which provider.
        provider: &'static str,
        /// Where.
        part: Part,
        /// What the tag begins or ends with.
        marker: &'static str,
        /// The text around it, on one line.
        excerpt: String,
    },
    /// The frozen campaign does not hold an address that reads back.
    #[error("the frozen campaign's From address cannot be read; freeze the issue again")]
    From,
}

/// One call, to say what was attempted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The provider's name.
    pub provider: &'static str,
    /// What it was for, such as `creating the draft`.
    pub purpose: &'static str,
    /// The HTTP method and the path, without its query.
    pub request: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.provider, self.purpose, self.request)
    }
}

/// Why a verb failed, after all that may be repeated was repeated. No message
/// holds a key, and addresses in a provider's words are masked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No connection, or too busy to the end of our patience. Nothing was done
    /// but what may be done again; of a send or a test, nothing at all.
    #[error("{call}: {cause}; nothing was sent, try again later")]
    Unreachable {
        /// What was attempted.
        call: Call,
        /// What happened.
        cause: String,
    },
    /// Nothing was done: the provider said no.
    #[error("{call}: refused: {problem}")]
    Refused {
        /// What was attempted.
        call: Call,
        /// What the provider said.
        problem: Problem,
    },
    /// It may have been done, and no answer says so.
    #[error("{call}: whether it was done is not known: {cause}")]
    Unclear {
        /// What was attempted.
        call: Call,
        /// What happened.
        cause: String,
    },
    /// The answer came, and could not be understood.
    #[error("{call}: the answer cannot be used: {cause}")]
    Unreadable {
        /// What was attempted.
        call: Call,
        /// Why.
        cause: String,
    },
    /// More than one campaign bears the key.
    #[error("{} campaigns have the title {title}: {}; delete or rename all but the right one \
             at the provider, then run this again", found.len(), list(found))]
    Ambiguous {
        /// The key as it is written at the provider.
        title: String,
        /// All of them.
        found: Vec<Remote>,
    },
}

fn list(found: &[Remote]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A provider's refusal, its texts made safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status, 300 to 599.
    pub status: u16,
    /// In short.
    pub title: String,
    /// At length; may be empty.
    pub detail: String,
    /// What the provider's support asks for; may be empty.
    pub instance: String,
    /// Field and complaint.
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
        match self.instance.is_empty() {
            true => Ok(()),
            false => write!(f, " (instance {})", self.instance),
        }
    }
}
