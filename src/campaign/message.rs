//! The MIME message of a campaign: compiled once, spliced for each recipient.
//!
//! It is multipart/alternative with the text first (RFC 2046 section 5.1.4), both
//! parts in quoted-printable, with CRLF and in ASCII, so that every server takes
//! it. Images in the mail are beside the html in a multipart/related (RFC 2387),
//! so that no mail program lists them as files.

use super::{Campaign, LinkPurpose, UnsubscribeToken, attached, header_line};
use crate::domain::{Digest, EmailAddress, SubscriberId, Timestamp};
use crate::render::quoted_printable::Encoder;
use crate::render::{EscapeContext, Piece, Slot, SlotValues, Template};

/// A campaign's message: the bytes that all copies share, with holes for the rest.
#[derive(Debug, Clone)]
pub struct MessageForm {
    segments: Vec<Segment>,
    /// Every Message-ID is made of the hash over this and the subscriber's number.
    message_id_seed: String,
    message_id_domain: String,
    /// The unsubscribe token, but for the subscriber.
    token: UnsubscribeToken,
}

/// Why a message is made. It changes `Date`, `Message-ID` and one header, and
/// no byte of the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessagePurpose {
    /// A copy for each recipient.
    Campaign,
    /// A copy for each editor.
    Proof {
        /// The number of the proof of these bytes, from 1.
        attempt: u32,
    },
}

/// The person whom one copy of the message is for.
#[derive(Debug, Clone, Copy)]
pub struct CopyRecipient<'a> {
    /// The number on the list. The editors of a proof have the numbers -1, -2, ...
    pub subscriber: SubscriberId,
    /// The address in `To`.
    pub address: &'a EmailAddress,
    /// Empty when unknown.
    pub first_name: &'a str,
    /// Empty when unknown.
    pub last_name: &'a str,
}

/// Why a campaign cannot become a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant shows the meaning of its fields")]
pub enum MessageError {
    /// A stored email address does not parse.
    #[error("the frozen `{header}` of the campaign is not an email address")]
    Mailbox { header: &'static str },
    /// The images of a stored campaign were not read with it.
    #[error("the frozen campaign was read without its images")]
    NoContents,
    /// Servers would cut or refuse a header line (RFC 5322 section 2.1.1).
    #[error("the header `{header}` has a line of {bytes} bytes, and {MAX_HEADER_LINE} are allowed")]
    LongHeader { header: String, bytes: usize },
}

/// The longest line of a message, in bytes without its line end (RFC 5322
/// section 2.1.1). Quoted-printable keeps those of the body far shorter.
const MAX_HEADER_LINE: usize = 998;

#[derive(Debug, Clone)]
enum Segment {
    Literal(Vec<u8>),
    To,
    MessageId,
    UnsubscribeUrl,
    Value { slot: Slot, context: EscapeContext },
}

impl MessageForm {
    /// Compiles a campaign. `date` becomes the `Date` of every copy.
    ///
    /// # Errors
    /// The frozen `From` or `Reply-To` is not an email address, a header has a
    /// line that is too long, or the campaign was read without its images.
    pub fn compile(
        campaign: &Campaign,
        purpose: MessagePurpose,
        date: Timestamp,
    ) -> Result<Self, MessageError> {
        let manifest = campaign.manifest();
        let attachments: Vec<_> = campaign.attachments().ok_or(MessageError::NoContents)?.collect();
        let from = manifest.from.to_mailbox().ok_or(MessageError::Mailbox { header: "From" })?;
        let mut segments = Segments::default();
        segments.line(&header_line::mailbox("From", &from));
        if let Some(reply_to) = &manifest.reply_to {
            let mailbox =
                reply_to.to_mailbox().ok_or(MessageError::Mailbox { header: "Reply-To" })?;
            segments.line(&header_line::mailbox("Reply-To", &mailbox));
        }
        segments.line(&header_line::unstructured("Subject", &manifest.subject));
        segments.line(&format!("Date: {}\r\n", rfc5322_date(date)));
        segments.line("To: ");
        segments.0.push(Segment::To);
        segments.line("\r\nMessage-ID: <");
        segments.0.push(Segment::MessageId);
        segments.line(&format!(">\r\nList-Id: <{}>\r\nList-Unsubscribe: <", manifest.list_id));
        segments.0.push(Segment::UnsubscribeUrl);
        segments
            .line(">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nPrecedence: bulk\r\n");
        if let MessagePurpose::Proof { .. } = purpose {
            segments.line(&format!("X-Postrider-Proof: {}\r\n", campaign.digest()));
        }
        for (name, value) in &manifest.headers {
            segments.line(&format!("{name}: {value}\r\n"));
        }
        // `=_` occurs in no quoted-printable text, so neither does the boundary.
        let boundary = format!("=_{}", &campaign.digest().to_string()[..32]);
        segments.line(&format!(
            "Content-Language: {}\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n",
            manifest.language
        ));
        segments.refuse_long_lines()?;
        segments.text(&boundary, "plain", &manifest.text);
        match attachments.as_slice() {
            [] => segments.text(&boundary, "html", &manifest.html),
            files => {
                let inner = format!("=_r{}", &campaign.digest().to_string()[..32]);
                segments.line(&format!(
                    "--{boundary}\r\nContent-Type: multipart/related; type=\"text/html\"; \
                     boundary=\"{inner}\"\r\n\r\n"
                ));
                segments.text(&inner, "html", &manifest.html);
                for (attachment, bytes) in files {
                    attached::write(&inner, attachment, bytes, segments.open_literal());
                }
                segments.line(&format!("--{inner}--\r\n"));
            }
        }
        segments.line(&format!("--{boundary}--\r\n"));
        let (link_purpose, purpose) = match purpose {
            MessagePurpose::Campaign => (LinkPurpose::Campaign, "campaign".to_owned()),
            MessagePurpose::Proof { attempt } => (LinkPurpose::Proof, format!("proof {attempt}")),
        };
        Ok(Self {
            segments: segments.0,
            message_id_seed: format!("{} {} {purpose} ", campaign.key(), campaign.digest()),
            message_id_domain: from.address.domain().to_owned(),
            token: UnsubscribeToken::new(link_purpose, campaign.key(), SubscriberId(0)),
        })
    }

    /// Replaces the content of `out` by one recipient's message: a whole RFC 5322
    /// message with CRLF line ends, in ASCII. Returns its Message-ID.
    pub fn splice(
        &self,
        to: &CopyRecipient<'_>,
        unsubscribe_url: &str,
        out: &mut Vec<u8>,
    ) -> String {
        out.clear();
        let message_id = self.message_id(to.subscriber);
        let values =
            SlotValues { unsubscribe_url, first_name: to.first_name, last_name: to.last_name };
        let mut escaped = String::new();
        for segment in &self.segments {
            match segment {
                Segment::Literal(bytes) => out.extend_from_slice(bytes),
                Segment::To => out.extend_from_slice(to.address.as_str().as_bytes()),
                Segment::MessageId => out.extend_from_slice(message_id.as_bytes()),
                Segment::UnsubscribeUrl => out.extend_from_slice(unsubscribe_url.as_bytes()),
                Segment::Value { slot, context } => {
                    escaped.clear();
                    slot.write(*context, &values, &mut escaped);
                    let mut encoder = Encoder::at_line_start(out);
                    encoder.text(&escaped);
                    encoder.break_softly();
                }
            }
        }
        message_id
    }

    /// What the recipient's unsubscribe link carries.
    pub fn unsubscribe_token(&self, subscriber: SubscriberId) -> UnsubscribeToken {
        UnsubscribeToken { subscriber, ..self.token }
    }

    /// The Message-ID of a copy, without angle brackets. It is the same on every
    /// attempt, so that a receiver may notice a repeated message (RFC 5322
    /// section 3.6.4). It reveals nothing of the address.
    pub fn message_id(&self, subscriber: SubscriberId) -> String {
        let digest = Digest::new(format!("{}{}", self.message_id_seed, subscriber.0).as_bytes());
        format!("{}@{}", &digest.to_string()[..32], self.message_id_domain)
    }
}

/// Segments that are being written. Neighbouring literals become one.
#[derive(Default)]
struct Segments(Vec<Segment>);

impl Segments {
    fn line(&mut self, text: &str) {
        self.open_literal().extend_from_slice(text.as_bytes());
    }

    /// One part of text, with the boundary before it.
    fn text(&mut self, boundary: &str, subtype: &str, part: &Template) {
        self.line(&format!(
            "--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        ));
        self.part(part);
        self.line("\r\n");
    }

    /// Only literals are checked: the slots of headers take email addresses and
    /// unsubscribe links, whose length is limited elsewhere.
    fn refuse_long_lines(&self) -> Result<(), MessageError> {
        let mut header = "";
        for segment in &self.0 {
            let Segment::Literal(bytes) = segment else { continue };
            for line in std::str::from_utf8(bytes).unwrap_or_default().split("\r\n") {
                if !line.starts_with(' ') {
                    header = line.split(':').next().unwrap_or_default();
                }
                if line.len() > MAX_HEADER_LINE {
                    return Err(MessageError::LongHeader {
                        header: header.to_owned(),
                        bytes: line.len(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Every hole begins at the start of an encoded line and ends with a soft
    /// line break, so that its value may have any length.
    fn part(&mut self, template: &Template) {
        let mut pieces = template.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Literal(text) => {
                    let mut encoder = Encoder::at_line_start(self.open_literal());
                    encoder.text(text);
                    if pieces.peek().is_some() {
                        encoder.break_softly();
                    }
                }
                Piece::Hole { slot, context } => {
                    self.0.push(Segment::Value { slot: slot.clone(), context: *context });
                }
            }
        }
        // Encoded text may not end with a soft line break.
        if let Some(Piece::Hole { .. }) = template.pieces.last() {
            self.line("\r\n");
        }
    }

    fn open_literal(&mut self) -> &mut Vec<u8> {
        if !matches!(self.0.last(), Some(Segment::Literal(_))) {
            self.0.push(Segment::Literal(Vec::new()));
        }
        match self.0.last_mut() {
            Some(Segment::Literal(bytes)) => bytes,
            _ => unreachable!("a literal was just pushed"),
        }
    }
}

/// A date in the form of RFC 5322 section 3.3, in UTC.
fn rfc5322_date(date: Timestamp) -> String {
    date.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests;
