//! What can go wrong at a provider, before a call and in one.

use std::fmt;

use super::Remote;

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
    /// The provider takes no images with the mail.
    #[error(
        "{provider} cannot carry images in the mail, and this one has {images}; \
         link to them with mode = \"link\" in [images], or send another way"
    )]
    AttachmentsLost {
        /// Which provider.
        provider: &'static str,
        /// How many images there are.
        images: usize,
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
        problem: Box<Problem>,
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
        if self.instance.is_empty() { Ok(()) } else { write!(f, " (instance {})", self.instance) }
    }
}
