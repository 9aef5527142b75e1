//! The result of one attempt to hand over one message, as a transport reports it.

use std::fmt;

/// How far a session, and in it a message, had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "`Display` says what the others are")]
pub enum Phase {
    Resolve,
    Connect,
    Greeting,
    /// STARTTLS and the TLS handshake.
    Tls,
    Hello,
    Auth,
    MailFrom,
    RcptTo,
    /// DATA, up to and with its 354.
    Data,
    /// Writing the content, before the write that holds its final dot.
    Content,
    /// From the first byte of the write that could complete the message until
    /// the reply to it: whether the server has the message is not known.
    Dot,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "looking up the host",
            Self::Connect => "connecting",
            Self::Greeting => "waiting for the greeting",
            Self::Tls => "setting up TLS",
            Self::Hello => "EHLO",
            Self::Auth => "AUTH",
            Self::MailFrom => "MAIL FROM",
            Self::RcptTo => "RCPT TO",
            Self::Data => "DATA",
            Self::Content => "sending the content",
            Self::Dot => "waiting for the reply to the content",
        })
    }
}

/// A server's reply (RFC 5321 section 4.2), its text made safe to show.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reply {
    /// The three digits, 200 to 599.
    pub code: u16,
    /// The enhanced status code (RFC 3463), if the text begins with one.
    pub enhanced: Option<EnhancedCode>,
    /// The text with its lines joined, made safe by
    /// [`safe_text`](crate::domain::safe_text).
    pub text: String,
}

/// An enhanced status code such as 5.1.1 (RFC 3463 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct EnhancedCode {
    /// 2, 4 or 5.
    pub class: u8,
    /// The subject: 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// The detail within the subject.
    pub detail: u16,
}

impl EnhancedCode {
    /// Reads the code at the beginning of a reply's text, if there is one.
    pub fn parse_prefix(text: &str) -> Option<Self> {
        let word = text.split_ascii_whitespace().next()?;
        let mut parts = word.split('.');
        let class = parts.next()?.parse().ok().filter(|class| matches!(class, 2 | 4 | 5))?;
        let mut number = || {
            let part = parts.next().filter(|part| (1..=3).contains(&part.len()))?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten()
        };
        let (subject, detail) = (number()?, number()?);
        parts.next().is_none().then_some(Self { class, subject, detail })
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// The result of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the fields say it")]
pub enum Attempt {
    /// The server accepted the message.
    Accepted(Reply),
    /// The server refused.
    Refused { phase: Phase, reply: Reply },
    /// No reply came: the connection broke, or the phase ran out of time.
    Lost { phase: Phase, cause: String },
}

impl Attempt {
    /// How far an attempt came that was not accepted.
    pub(super) fn phase(&self) -> Option<Phase> {
        match self {
            Self::Accepted(_) => None,
            Self::Refused { phase, .. } | Self::Lost { phase, .. } => Some(*phase),
        }
    }

    /// Whether the connection ended and the reply says nothing about the
    /// message: no reply came, or 421 (RFC 5321 section 3.8).
    pub fn breaks_connection(&self) -> bool {
        match self {
            Self::Accepted(_) => false,
            Self::Refused { reply, .. } => reply.code == 421,
            Self::Lost { .. } => true,
        }
    }
}

/// The result for people; masked, as the reply is.
impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(reply) => reply.fmt(f),
            Self::Refused { phase, reply } => write!(f, "{phase}: {reply}"),
            Self::Lost { phase, cause } => write!(f, "{phase}: {cause}"),
        }
    }
}

/// Why a recipient will not get this campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectClass {
    /// The mailbox does not exist or is closed: suppress the address.
    Mailbox,
    /// Refused permanently for another reason, such as a full mailbox.
    Other,
    /// Still open when the campaign's lifetime ended.
    Expired,
}

impl RejectClass {
    /// The word kept in tables and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mailbox => "mailbox",
            Self::Other => "other",
            Self::Expired => "expired",
        }
    }
}
