//! What is decided without a call: whether a provider can carry a campaign,
//! and whether what stands there is what was put there.

use std::fmt;

use crate::campaign::{Campaign, Manifest};
use crate::delivery::provider::{Draft, Part, PlanError, Provider, ProviderLimit, Reach, ReadBack};
use crate::render::{Slot, Template};

/// The campaign in the provider's words, if it can carry all of it.
///
/// # Errors
/// Names the first thing that would be lost or changed on the way.
pub fn plan(provider: &impl Provider, campaign: &Campaign) -> Result<Draft, PlanError> {
    let (name, manifest) = (provider.name(), campaign.manifest());
    refuse_losses(name, provider.limits(), manifest)?;
    for (part, template) in [(Part::Html, &manifest.html), (Part::Text, &manifest.text)] {
        require_legal_slots(name, part, template)?;
    }
    provider.translate(campaign)
}

/// Whether the provider holds what was put there.
///
/// Line ends are made LF on both sides, as HTTP bodies and databases change
/// them without harm. Every other byte must be the same. The address is
/// compared as receivers do, without regard to case.
///
/// # Errors
/// Names the first difference.
pub fn compare(put: &Draft, found: &ReadBack) -> Result<(), Difference> {
    if found.reach != Reach::WholeList {
        return Err(Difference::Reach(found.reach));
    }
    if !put.reply_to.as_str().eq_ignore_ascii_case(&found.reply_to.0) {
        return Err(Difference::Address);
    }
    for (part, put, found) in [
        (Part::Subject, &put.subject, &found.subject),
        (Part::Preheader, &put.preheader, &found.preheader),
        (Part::FromName, &put.from_name, &found.from_name),
        (Part::Html, &put.html, &found.html),
        (Part::Text, &put.text, &found.text),
    ] {
        same(part, put, found)?;
    }
    Ok(())
}

/// How what stands at the provider differs from what was put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A text is another one.
    Text {
        /// Which.
        part: Part,
        /// The byte, from 0, at which they part, with LF line ends.
        offset: usize,
        /// What was put there, from a little before that byte.
        put: String,
        /// What stands there.
        found: String,
    },
    /// The address in `From` is another one.
    Address,
    /// It would not go to the whole list.
    Reach(Reach),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { part, offset, put, found } => {
                write!(f, "the {part} differs from byte {offset}: put {put:?}, and found {found:?}")
            }
            Self::Address => write!(f, "the {} is another one", Part::ReplyTo),
            Self::Reach(Reach::Segment) => {
                f.write_str("it would go to a segment of the list, and not to all of it")
            }
            Self::Reach(_) => f.write_str("it would go to another list"),
        }
    }
}

fn refuse_losses(
    provider: &'static str,
    limits: &[ProviderLimit],
    manifest: &Manifest,
) -> Result<(), PlanError> {
    let from = manifest.from.to_mailbox().ok_or(PlanError::From)?;
    for limit in limits {
        match limit {
            ProviderLimit::OwnTextPart => return Err(PlanError::TextPartLost { provider }),
            ProviderLimit::OneAddress => {
                let reply_to = manifest.reply_to.as_ref().and_then(|to| to.to_mailbox());
                if reply_to.is_some_and(|to| to.address.key() != from.address.key()) {
                    return Err(PlanError::ReplyToLost { provider });
                }
            }
            ProviderLimit::NoHeaders => {
                if let Some((header, _)) = manifest.headers.first() {
                    return Err(PlanError::HeaderLost { provider, header: header.clone() });
                }
            }
            ProviderLimit::FromNameRequired if from.name.is_none() => {
                return Err(PlanError::NoFromName { provider });
            }
            ProviderLimit::NoAttachments if !manifest.attachments.is_empty() => {
                let images = manifest.attachments.len();
                return Err(PlanError::AttachmentsLost { provider, images });
            }
            ProviderLimit::FromNameRequired | ProviderLimit::NoAttachments => {}
        }
    }
    Ok(())
}

/// Providers that find no way to leave or no postal address in a part append
/// a footer of their own, which nobody has proofed.
fn require_legal_slots(
    provider: &'static str,
    part: Part,
    template: &Template,
) -> Result<(), PlanError> {
    let missing = |missing, slot| PlanError::SlotMissing { provider, part, missing, slot };
    if !template.has_slot(|slot| matches!(slot, Slot::UnsubscribeUrl)) {
        return Err(missing("link to unsubscribe", "unsubscribe_url"));
    }
    if !template.has_slot(|slot| matches!(slot, Slot::PostalAddress { .. })) {
        return Err(missing("postal address", "postal_address"));
    }
    Ok(())
}

fn same(part: Part, put: &str, found: &str) -> Result<(), Difference> {
    let (put, found) = (with_lf(put), with_lf(found));
    if put == found {
        return Ok(());
    }
    let shared = put.bytes().zip(found.bytes()).take_while(|(a, b)| a == b).count();
    Err(Difference::Text {
        part,
        offset: shared,
        put: excerpt(&put, shared),
        found: excerpt(&found, shared),
    })
}

fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Up to 60 characters, from at most 20 bytes before `offset`.
fn excerpt(text: &str, offset: usize) -> String {
    let start = text.floor_char_boundary(offset.saturating_sub(20));
    text[start..].chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_do_not_count_and_every_other_byte_does() {
        assert_eq!(same(Part::Text, "a\r\nb\n", "a\nb\n"), Ok(()));
        assert_eq!(same(Part::Text, "a\rb", "a\nb"), Ok(()));
        let difference = same(Part::Html, "<p>Grüße, alle</p>\n", "<p>Grüsse, alle</p>\n");
        assert_eq!(
            difference.unwrap_err().to_string(),
            "the html part differs from byte 7: put \"<p>Grüße, alle</p>\\n\", \
             and found \"<p>Grüsse, alle</p>\\n\""
        );
        assert!(same(Part::Text, "a\n", "a").is_err(), "a lost last line end is a difference");
        assert!(same(Part::Text, "ä", "å").is_err(), "they part inside a character");
    }
}
