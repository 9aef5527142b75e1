//! Decisions that need no call: whether a provider can carry a campaign, and
//! whether it has the draft as it was uploaded.

use std::fmt;

use crate::campaign::{Campaign, Manifest};
use crate::delivery::provider::{Draft, Part, PlanError, Provider, ProviderLimit, Reach, ReadBack};
use crate::render::{Slot, Template};

/// The campaign as the provider's draft, if the provider can carry all of it.
///
/// # Errors
/// Names the first thing that would be lost or changed.
pub fn plan(provider: &impl Provider, campaign: &Campaign) -> Result<Draft, PlanError> {
    let (name, manifest) = (provider.name(), campaign.manifest());
    refuse_losses(name, provider.limits(), manifest)?;
    for (part, template) in [(Part::Html, &manifest.html), (Part::Text, &manifest.text)] {
        require_legal_slots(name, part, template)?;
    }
    provider.translate(campaign)
}

/// Checks that the provider has the draft as it was uploaded.
///
/// Line ends become LF on both sides, because HTTP and databases change them
/// without harm. Every other byte must be the same. The address is compared
/// without regard to case, as receivers do.
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

/// How the provider's draft differs from the one that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A text differs.
    Text {
        /// Which part.
        part: Part,
        /// The first byte, from 0, that differs, with LF line ends.
        offset: usize,
        /// What was uploaded, from a little before that byte.
        put: String,
        /// What the provider has.
        found: String,
    },
    /// The address in `From` differs.
    Address,
    /// The campaign would not go to the whole list.
    Reach(Reach),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { part, offset, put, found } => {
                write!(
                    f,
                    "the {part} differs from byte {offset}: uploaded {put:?}, found {found:?}"
                )
            }
            Self::Address => write!(f, "the {} differs", Part::ReplyTo),
            Self::Reach(Reach::Segment) => {
                f.write_str("it would go to a segment of the list and not to the whole list")
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

/// A provider that finds no unsubscribe link or no postal address in a part
/// appends its own footer, which nobody has proofed.
fn require_legal_slots(
    provider: &'static str,
    part: Part,
    template: &Template,
) -> Result<(), PlanError> {
    let missing = |missing, slot| PlanError::SlotMissing { provider, part, missing, slot };
    if !template.has_slot(|slot| matches!(slot, Slot::UnsubscribeUrl)) {
        return Err(missing("unsubscribe link", "unsubscribe_url"));
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
            "the html part differs from byte 7: uploaded \"<p>Grüße, alle</p>\\n\", \
             found \"<p>Grüsse, alle</p>\\n\""
        );
        assert!(same(Part::Text, "a\n", "a").is_err(), "a lost last line end is a difference");
        assert!(same(Part::Text, "ä", "å").is_err(), "they differ inside a character");
    }
}
