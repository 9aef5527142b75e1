//! The errors of a provider, before a call and in one.

use std::fmt;

use super::Remote;

/// A part of a campaign, for error messages.
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
            Self::FromName => "name in `From`",
            Self::ReplyTo => "address in `From`",
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
        "{provider} makes its own text part, so the one of this issue would be lost; \
             use another route"
    )]
    TextPartLost {
        /// Which provider.
        provider: &'static str,
    },
    /// The provider has one address for `From` and `Reply-To`.
    #[error(
        "{provider} uses one address for `From` and `Reply-To`, and this newsletter has two; \
             remove `reply_to` from postrider.toml, or set it to the same address"
    )]
    ReplyToLost {
        /// Which provider.
        provider: &'static str,
    },
    /// The provider sends no further headers.
    #[error("{provider} cannot send the header `{header}`; remove it, or use another route")]
    HeaderLost {
        /// Which provider.
        provider: &'static str,
        /// Which header.
        header: String,
    },
    /// The provider sends no images in the mail.
    #[error(
        "{provider} cannot carry images in the mail, and this one has {images}; \
         link to them with `mode = \"link\"` in `[images]`, or use another route"
    )]
    AttachmentsLost {
        /// Which provider.
        provider: &'static str,
        /// How many images there are.
        images: usize,
    },
    /// There is no name beside the `From` address.
    #[error("{provider} needs a name beside the address; write `from = \"Name <address>\"`")]
    NoFromName {
        /// Which provider.
        provider: &'static str,
    },
    /// A part lacks something that the provider demands.
    #[error(
        "the {part} has no {missing}, so {provider} would add its own footer; \
             put `{slot}` into the theme"
    )]
    SlotMissing {
        /// Which provider.
        provider: &'static str,
        /// Which part.
        part: Part,
        /// What is missing, in words.
        missing: &'static str,
        /// The name of the slot.
        slot: &'static str,
    },
    /// The issue's own text would be read as a merge tag.
    #[error(
        "the {part} has the characters `{marker}`, which {provider} reads as a merge tag, \
             in: {excerpt}; write them in another way, for instance with a space between them"
    )]
    ReadsAsTag {
        /// Which provider.
        provider: &'static str,
        /// Which part.
        part: Part,
        /// The characters that begin or end a tag.
        marker: &'static str,
        /// The text around it, on one line.
        excerpt: String,
    },
    /// The `From` address of the frozen campaign does not parse.
    #[error("cannot read the `From` address of the frozen campaign")]
    From,
}

/// One call, for error messages.
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

/// Why a method of a provider failed, after every repetition that is safe. No
/// message holds a key, and email addresses in a provider's texts are masked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No connection, or the provider stayed too busy. Nothing was done that may
    /// not be repeated; no send and no test was carried out.
    #[error("{call}: {cause}; nothing was sent, try again later")]
    Unreachable {
        /// The call.
        call: Call,
        /// The reason.
        cause: String,
    },
    /// The provider refused, and did nothing.
    #[error("{call}: refused: {problem}")]
    Refused {
        /// The call.
        call: Call,
        /// The provider's reason.
        problem: Box<Problem>,
    },
    /// The call may have been carried out, and no answer says so.
    #[error("{call}: it is not known whether this was done: {cause}")]
    Unclear {
        /// The call.
        call: Call,
        /// The reason.
        cause: String,
    },
    /// The answer could not be read.
    #[error("{call}: cannot read the answer: {cause}")]
    Unreadable {
        /// The call.
        call: Call,
        /// The reason.
        cause: String,
    },
    /// More than one campaign has the key.
    #[error("{} campaigns have the title `{title}`: {}; delete or rename all but the right one \
             at the provider, then run this command again", found.len(), list(found))]
    Ambiguous {
        /// The key, as the provider has it.
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
